"""The trip log: what people report from the road, and what follows of trips and workers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import Connection

from api.server.asks import Asking, Asks
from api.server.local_time import LocalTime
from api.server.paging import Limit
from api.server.problems import Problem, told_of
from data.accounts import find_account
from data.field_links import lets_void
from data.loop_states import find_journey, find_run, journeys
from data.reports import take
from data.schema import journey as journey_table
from data.trip_log import Logged, Report, Taken, event_at, events
from workforce.closed_loop import Course, Flag, Journey, Way
from workforce.plan import StopKind
from workforce.recorders import MAY_RECORD, is_own, may_say, may_take_back
from workforce.roles import Role
from workforce.rosters import Roster
from workforce.runs import expected_times
from workforce.triplog import Event, Kind, wrong_with
from workforce.views import TripView, Viewer, may_see, trip_view

router = APIRouter(tags=["trip log 行程日志"])
Id = Annotated[str, Field(min_length=1, max_length=100)]
PathId = Annotated[str, Path(max_length=100)]
Nonce = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
MOST = 1000  # reports of a request


class NewEvent(BaseModel):
    """What happened; which values a kind needs is in the formats of the trip log."""

    kind: Kind = Field(examples=["boarded"])
    nonce: Nonce = Field(
        description="Chosen by who reports; the same with every retry. 由上报方生成，重发时不变。",
        examples=["6f1d2c3b-0001"],
    )
    at: AwareDatetime = Field(
        description="When it happened. 发生时间。", examples=["2020-03-02T08:41:00+08:00"]
    )
    plan_id: Id | None = None
    trip_id: Id | None = None
    worker_id: Id | None = None
    place_id: Id | None = None
    says: dict[str, Any] = Field({}, max_length=10, examples=[{"seat": 7}])
    details: dict[str, Any] = Field({}, max_length=10, description="The personal part. 个人信息部分。")


class NewEvents(BaseModel):
    events: list[NewEvent] = Field(min_length=1, max_length=MOST)


class Outcome(BaseModel):
    nonce: str
    outcome: str = Field(
        description="recorded, known or refused. 已记录、早已记录或拒收。", examples=["recorded"]
    )
    seq: int | None = Field(description="Its number in the log. 日志中的编号。")
    flags: list[Flag] = Field(description="What somebody will look at. 须有人处理的情况。")
    seat: Annotated[
        int | None,
        Field(description="The observation seat to move to, because of a fever. 发热后应换到的观察座位。"),
    ] = None
    certificate: Annotated[str | None, Field(description="The number of a release. 解除隔离证明的编号。")] = (
        None
    )
    code: Annotated[str | None, Field(description="Why it was refused. 拒收的原因。")] = None
    title: str | None = None
    remedy: str | None = None


class Outcomes(BaseModel):
    items: list[Outcome]


class LogEvent(BaseModel):
    seq: int
    kind: Kind
    at: datetime
    recorded_at: datetime
    by: str
    device: str | None
    plan_id: str | None
    trip_id: str | None
    worker_id: str | None
    place_id: str | None
    says: dict[str, Any]


class LogEvents(BaseModel):
    items: list[LogEvent]
    next: int | None = Field(description="Pass it as `after`. 作为 after 传入。")


class StopAhead(BaseModel):
    seq: int
    kind: StopKind
    place_id: str | None
    planned: LocalTime
    arrive: LocalTime = Field(description="As expected now. 现在预计的时间。")
    depart: LocalTime


class TripCourse(BaseModel):
    plan_id: str
    trip_id: str
    state: Course
    plate: str | None
    delay_minutes: int
    stop: int = Field(description="The stop reached last; 0: none yet. 最近到达的停靠点。")
    ahead: list[StopAhead]


class WayOf(BaseModel):
    worker_id: str
    state: Way
    plan_id: str | None
    trip_id: str | None
    seat: int | None
    place_id: str | None
    room: str | None
    check_in: str | None
    until: str | None


class Ways(BaseModel):
    items: list[WayOf]
    next: str | None


@router.post("/events", name="record_events", response_model=Outcomes)
def record(asked: NewEvents, asks: Asking) -> Response:
    """Report what happened. Each report stands alone: a faulty one does not keep the others out, and
    one that was taken before changes nothing. What breaks a rule is taken and flagged."""
    with asks.write() as c:
        return asks.answer(c, Outcomes(items=outcomes_of(asks, c, asked.events)))


@router.get("/events", name="list_events", response_model=LogEvents)
def list_all(
    asks: Asking,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Limit = 100,
    worker: Annotated[str | None, Query(max_length=100)] = None,
) -> LogEvents:
    """The log, from its beginning; of one worker where one is named."""
    with asks.read() as c:
        return _page(events(c, after, limit + 1, worker_id=worker), limit)


@router.get("/trips/{plan_id}/{trip_id}/events", name="list_trip_events", response_model=LogEvents)
def list_of_trip(
    plan_id: PathId,
    trip_id: PathId,
    asks: Asking,
    after: Annotated[int, Query(ge=0, le=2**53)] = 0,
    limit: Limit = 100,
) -> LogEvents:
    """What was reported of a trip."""
    with asks.read() as c:
        view = _require_trip(asks, asks.services.rosters.now(c), plan_id, trip_id)
        return _page(events(c, after, limit + 1, trip=(view.plan_id, view.trip_id)), limit)


@router.get("/trips/{plan_id}/{trip_id}/course", name="read_course", response_model=TripCourse)
def read_course(plan_id: PathId, trip_id: PathId, asks: Asking) -> TripCourse:
    """How far a trip is, and when it is expected at the stops that are the account's to see."""
    with asks.read() as c:
        roster = asks.services.rosters.now(c)
        view = _require_trip(asks, roster, plan_id, trip_id)
        now = find_run(c, view.plan_id, view.trip_id)
    planned = roster.trip(plan_id, trip_id)
    assert planned is not None
    seen = {(s.kind, s.place_id, s.arrive) for s in view.stops}
    ahead = [
        StopAhead(
            seq=stop.seq,
            kind=stop.kind,
            place_id=stop.place_id,
            planned=stop.arrive,
            arrive=arrive,
            depart=depart,
        )
        for stop, arrive, depart in expected_times(now, planned)
        if (stop.kind, stop.place_id, stop.arrive) in seen
    ]
    return TripCourse(
        plan_id=now.plan_id,
        trip_id=now.trip_id,
        state=now.state,
        plate=now.plate,
        delay_minutes=now.delay,
        stop=now.stop,
        ahead=ahead,
    )


@router.get("/journeys", name="list_journeys", response_model=Ways)
def list_ways(
    asks: Asking,
    state: Way | None = None,
    after: Annotated[str, Query(max_length=100)] = "",
    limit: Limit = 100,
) -> Ways:
    """How far the workers are of whom something was reported, by their ids."""
    where = [journey_table.c.worker_id > after]
    if state is not None:
        where.append(journey_table.c.state == state)
    found: list[WayOf] = []
    with asks.read() as c:
        roster = asks.services.rosters.now(c)
        for one in journeys(c, *where):
            if _may_see(asks, roster, one):
                found.append(_way(one))
            if len(found) > limit:
                break
    return Ways(items=found[:limit], next=found[limit - 1].worker_id if len(found) > limit else None)


@router.get("/journeys/{worker_id}", name="read_journey", response_model=WayOf)
def read_way(worker_id: PathId, asks: Asking) -> WayOf:
    """How far a worker is."""
    with asks.read() as c:
        roster = asks.services.rosters.now(c)
        one = find_journey(c, worker_id)
        if not _may_see(asks, roster, one) or (not one.at and roster.expected(worker_id) is None):
            raise Problem("not_found")
    return _way(one)


def outcomes_of(asks: Asks, c: Connection, asked: Sequence[NewEvent]) -> list[Outcome]:
    """Take reports, as far as they may come from whoever asks, and say what became of each."""
    roster, phone = asks.services.rosters.now(c), asks.caller.phone
    if phone is not None:  # what it reports is of its trip unless it says otherwise, which is refused
        of_trip = {"plan_id": phone.plan_id, "trip_id": phone.trip_id}
        asked = [one.model_copy(update=of_trip) if one.trip_id is None else one for one in asked]
    refused = {i: code for i, one in enumerate(asked) if (code := _refusal(asks, c, roster, one))}
    good = [i for i in range(len(asked)) if i not in refused]
    reports = [_report(asked[i]) for i in good]
    device = phone.device if phone is not None else None
    done = take(c, asks.services.vault, asks.by, reports, asks.services.rosters, device)
    taken = dict(zip(good, done, strict=True))
    return [
        _refused(asks, one.nonce, *refused[i]) if i in refused else _outcome(asks, taken[i])
        for i, one in enumerate(asked)
    ]


def _refusal(
    asks: Asks, c: Connection, roster: Roster, one: NewEvent
) -> tuple[str, Mapping[str, Any]] | None:
    """The code of a problem and its values, where a report cannot be taken from this account."""
    if one.kind not in MAY_RECORD.get(asks.caller.role, frozenset()):
        return "not_allowed", {}
    names = {"trip": one.trip_id and one.plan_id, "worker": one.worker_id, "place": one.place_id}
    wrong = wrong_with(one.kind, frozenset(n for n, v in names.items() if v), one.says, one.details)
    if wrong:
        return "report_faulty", {"fields": ", ".join(wrong)}
    if not may_say(asks.caller.role, one.kind, one.says):
        return "not_allowed", {}
    numbers = [name for name, v in names.items() if v and asks.services.vault.reference(v) != v]
    if numbers:  # the public part of the log stays for good: nobody's number may be in it
        return "report_names_person", {"fields": ", ".join(numbers)}
    if one.kind is Kind.VOIDED:
        return _void_refusal(asks, c, roster, one.says["event"])
    return None if _is_own(asks, roster, one) else ("not_found", {})


def _void_refusal(
    asks: Asks, c: Connection, roster: Roster, seq: int
) -> tuple[str, Mapping[str, Any]] | None:
    """One may void what one might have reported; one side of a trip, what that side reported."""
    old = event_at(c, seq)
    if old is None:
        return None  # refused as nothing to void
    role, subject, reporter = asks.caller.role, asks.caller.subject, find_account(c, old.by)
    known = old.kind in MAY_RECORD[role] and _is_own(asks, roster, old)
    by = (reporter.role, reporter.subject) if reporter is not None else (None, None)
    known = known and may_take_back(role, subject, *by) and lets_void(c, asks.caller.account_id, old.by)
    return None if known else ("not_found", {})


def _is_own(asks: Asks, roster: Roster, one: NewEvent | Event) -> bool:
    expected = roster.expected(one.worker_id)
    key = (one.plan_id or "", one.trip_id or "")
    if one.trip_id is None and expected is not None:
        key = (expected.plan_id, expected.trip_id)
    key, planned = roster.teller(*key), roster.trip(*key)
    phone = asks.caller.phone
    if phone is not None and key != (phone.plan_id, phone.trip_id):
        return False
    of_trip = roster.plans[planned.plan_id].scenario.fleets.get(planned.trip.fleet_id) if planned else None
    return is_own(
        asks.caller.role,
        asks.caller.subject,
        "/".join(key),
        planned,
        expected,
        one.worker_id,
        one.place_id,
        of_trip.operator if of_trip is not None else None,
    )


def _report(one: NewEvent) -> Report:
    told = one.model_dump(exclude={"at"})
    return Report(happened_at=one.at, **told)


def _outcome(asks: Asks, taken: Taken) -> Outcome:
    if taken.refused is not None:
        return _refused(asks, taken.nonce, str(taken.refused), {})
    outcome = "known" if taken.known else "recorded"
    return Outcome(
        nonce=taken.nonce,
        outcome=outcome,
        seq=taken.seq,
        flags=[r.flag for r in taken.raised],
        seat=taken.seat,
        certificate=taken.certificate,
    )


def _refused(asks: Asks, nonce: str, code: str, values: Mapping[str, Any]) -> Outcome:
    title, remedy = told_of(code, asks.language, values)
    return Outcome(nonce=nonce, outcome="refused", seq=None, flags=[], code=code, title=title, remedy=remedy)


def _require_trip(asks: Asks, roster: Roster, plan_id: str, trip_id: str) -> TripView:
    plan_id, trip_id = roster.teller(plan_id, trip_id)
    published = roster.plans.get(plan_id)
    view = trip_view(_viewer(asks), published, trip_id) if published is not None else None
    if view is None:
        raise Problem("not_found")
    return view


def _may_see(asks: Asks, roster: Roster, one: Journey) -> bool:
    viewer, expected = _viewer(asks), roster.expected(one.worker_id)
    if viewer.role is Role.HOTEL and one.place_id == viewer.subject:
        return True
    if expected is None:
        return asks.own is None
    published = roster.plans[expected.plan_id]
    return may_see(viewer, published, published.plan.seat_of[one.worker_id])


def _viewer(asks: Asks) -> Viewer:
    return Viewer(asks.caller.role, asks.caller.subject)


def _page(found: Sequence[Logged], limit: int) -> LogEvents:
    items = [_told(one) for one in found[:limit]]
    return LogEvents(items=items, next=items[-1].seq if len(found) > limit else None)


def _told(one: Logged) -> LogEvent:
    e = one.event
    return LogEvent(
        seq=one.seq,
        kind=e.kind,
        at=e.happened_at,
        recorded_at=e.recorded_at,
        by=e.by,
        device=e.device,
        plan_id=e.plan_id,
        trip_id=e.trip_id,
        worker_id=e.worker_id,
        place_id=e.place_id,
        says=dict(e.says),
    )


def _way(one: Journey) -> WayOf:
    told = asdict(one)
    return WayOf(**{name: told[name] for name in WayOf.model_fields})
