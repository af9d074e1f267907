"""Tracing: whom a case met, what follows of it, and having it done."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints
from sqlalchemy import Connection, Row

from api.server.asks import Asking, Asks
from api.server.exports import XLSX, attachment, written
from api.server.paging import Cursor, Limit, Next
from api.server.problems import Problem
from api.server.trace_picture import picture
from data.accounts import record
from data.people import personal_of
from data.personal import shown
from data.registry import names_of_places
from data.trace_files import line_list, write_line_list
from data.tracing import Asked, apply, find_trace, keep_trace, known_worker, list_traces, traced
from workforce.presence import Ground
from workforce.roles import Role
from workforce.tracing import MOST_STEPS, Level
from workforce.views import NAMING

router = APIRouter(tags=["tracing 追踪"])
TraceId = Annotated[str, Path(max_length=100)]
_AHEAD = timedelta(minutes=10)  # a clock of somebody who asks may be wrong by so much
CSV, SVG = "text/csv; charset=utf-8", "image/svg+xml"
Why = Annotated[
    Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=300)] | None,
    Query(
        description="Why names and telephones are needed; it is logged. Without it they are masked. "
        "需要姓名和电话的理由，将记录在案；不填则打码。",
        examples=["电话通知密切接触者"],
    ),
]


class NewTrace(BaseModel):
    worker_id: str = Field(min_length=1, max_length=100, examples=["W1"])
    symptoms_at: AwareDatetime = Field(
        description="When symptoms began. 发病时间。", examples=["2020-02-19T20:00:00+08:00"]
    )
    look_back_days: int | None = Field(
        None, ge=0, le=60, description="As the policy has it, if blank. 向前追溯几天，不填按政策。"
    )
    steps: int = Field(
        1, ge=1, le=MOST_STEPS, description="1: whom the case met; 2: whom these met; … 追溯层级。"
    )


class Spell(BaseModel):
    kind: Ground
    place_id: str = Field(description="A hotel, pickup, enterprise, or the plan of a trip. 地点或计划。")
    unit: str = Field(description="The room or the trip. 房间或车次。")
    seat: int | None
    begin: datetime
    end: datetime


class Meeting(Spell):
    by_id: str = Field(description="Whom they met: the case or one of its contacts. 与谁接触。")
    by_seat: int | None
    minutes: int
    rows: int | None = Field(description="Rows between the two on a coach. 车上相隔几排。")
    level: Level


class Contact(BaseModel):
    worker_id: str
    name: str | None
    phone: str | None
    step: int
    level: Level
    until: date | None = Field(description="Must begin again until then. 重新隔离至。")
    closest: Meeting
    meetings: list[Meeting]


class Crew(BaseModel):
    plan_id: str
    trip_id: str
    begin: datetime
    end: datetime


class Order(BaseModel):
    worker_id: str
    last_exposure: datetime
    until: date


class SeatToLeave(BaseModel):
    worker_id: str
    plan_id: str
    trip_id: str
    seat: int
    leaves: datetime


class Night(BaseModel):
    day: date
    needed: int = Field(description="Who must be alone in a room. 需要单人间的人数。")
    held: int = Field(description="Of these, who is or will be. 其中已有单人间的人数。")
    free: dict[str, int] = Field(description="Free single rooms by hotel, the most first. 各酒店空余单人间。")


class Counts(BaseModel):
    contacts: int
    close: int
    begin_again: int
    without_room: int
    seats_to_leave: int
    crews: int


class Case(BaseModel):
    """Who is the case and whom they met: for health officers alone."""

    worker_id: str
    symptoms_at: datetime
    since: datetime
    steps: int
    way: list[Spell]
    contacts: list[Contact]
    crews: list[Crew]
    begin_again: list[Order]
    seats_to_leave: list[SeatToLeave]
    without_room: list[str]


class Trace(BaseModel):
    trace_id: str
    at: datetime
    applied_at: datetime | None
    counts: Counts
    nights: list[Night]
    names: dict[str, str] = Field(description="What its places are called. 所涉地点的名称。")
    case: Case | None = Field(description="For health officers alone. 仅卫健人员可见。")


class OfTraces(BaseModel):
    trace_id: str
    at: datetime
    applied_at: datetime | None
    worker_id: str | None = Field(description="For health officers alone. 仅卫健人员可见。")


class Traces(BaseModel):
    items: list[OfTraces]
    next: Next


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


@router.post("/traces", name="make_trace", response_model=Trace, status_code=201)
def make(asked: NewTrace, asks: Asking) -> Response:
    """Find whom a worker met since some days before the first symptoms; the reading is logged."""
    now = asks.services.now()
    if asked.symptoms_at > now + _AHEAD:
        raise Problem("symptoms_ahead")
    with asks.write() as c:
        if not known_worker(c, asked.worker_id):
            raise Problem("not_found")
        about = Asked(asked.worker_id, asked.symptoms_at, asked.look_back_days, asked.steps)
        found = traced(c, about, asks.services.rosters.now(c), now)
        trace_id = keep_trace(c, asks.services.vault, asks.by, found)
        told = _told(asks, c, *_kept(asks, c, trace_id), None)
        return asks.answer(c, told, 201, {"Location": f"/v1/traces/{trace_id}"})


@router.get("/traces", name="list_traces", response_model=Traces)
def list_all(asks: Asking, after: Cursor = "", limit: Limit = 100) -> Traces:
    """Traces that were made, by their ids."""
    with asks.read() as c:
        rows = list_traces(c, after, limit + 1)
    items = [
        OfTraces(
            trace_id=row.id,
            at=row.at,
            applied_at=row.applied_at,
            worker_id=row.worker_id if _sees_people(asks) else None,
        )
        for row in rows[:limit]
    ]
    return Traces(items=items, next=items[-1].trace_id if len(rows) > limit else None)


@router.get("/traces/{trace_id}", name="read_trace", response_model=Trace)
def read(trace_id: TraceId, asks: Asking, reason: Why = None) -> Trace:
    """A trace as it was answered; the planner is told counts and rooms. The reading is logged."""
    with asks.write() as c:
        return _told(asks, c, *_kept(asks, c, trace_id), reason)


@router.get(
    "/traces/{trace_id}/contacts",
    name="export_contacts",
    response_class=Response,
    responses={200: {"content": {"text/csv": {}, XLSX: {}}}},
)
def export(trace_id: TraceId, asks: Asking, format: Format = Format.CSV, reason: Why = None) -> Response:
    """The contacts as a line list; names and telephones are masked unless a reason is given."""
    name = f"contacts-{trace_id}.{format}"
    with asks.write() as c:
        _, answer = _kept(asks, c, trace_id)
        people = _people(asks, c, trace_id, answer, reason)
        place = _places(asks, c)
    if format is Format.XLSX:
        return attachment(
            written(name, lambda path: write_line_list(answer, people, place, path)), XLSX, name
        )
    # The mark of UTF-8 is what has a spreadsheet read Chinese.
    return attachment(b"\xef\xbb\xbf" + line_list(answer, people, place).encode(), CSV, name)


@router.get(
    "/traces/{trace_id}/picture",
    name="trace_picture",
    response_class=Response,
    responses={200: {"content": {SVG: {}}}},
)
def show(trace_id: TraceId, asks: Asking) -> Response:
    """Where the case was and whom they met there, as SVG; people by their ids. The reading is logged."""
    with asks.write() as c:
        _, answer = _kept(asks, c, trace_id)
        record(c, asks.by, "trace_read", trace_id)
        drawn = picture(answer, _places(asks, c))
    return Response(drawn, media_type=SVG, headers={"Cache-Control": "no-store"})


@router.post("/traces/{trace_id}/apply", name="apply_trace", response_model=Trace)
def apply_it(trace_id: TraceId, asks: Asking) -> Response:
    """Have close contacts begin their quarantine again, and put before somebody which seats they leave, who
    has no room and which crews were exposed. Applying it again changes nothing."""
    with asks.write() as c:
        _, answer = _kept(asks, c, trace_id)
        apply(c, asks.services.vault, asks.by, trace_id, answer, asks.services.rosters)
        return asks.answer(c, _told(asks, c, *_kept(asks, c, trace_id), None))


def _sees_people(asks: Asks) -> bool:
    return asks.caller.role is Role.HEALTH


def _kept(asks: Asks, c: Connection, trace_id: str) -> tuple[Row[Any], dict[str, Any]]:
    found = find_trace(c, asks.services.vault, trace_id)
    if found is None:
        raise Problem("not_found")
    return found


def _told(asks: Asks, c: Connection, row: Row[Any], answer: Mapping[str, Any], reason: str | None) -> Trace:
    counts = Counts(
        contacts=len(answer["contacts"]),
        close=sum(one["level"] == Level.CLOSE for one in answer["contacts"]),
        begin_again=len(answer["orders"]),
        without_room=len(answer["without_room"]),
        seats_to_leave=len(answer["seats"]),
        crews=len(answer["crews"]),
    )
    case = None
    if _sees_people(asks):
        people = _people(asks, c, row.id, answer, reason)
        contacts = [{**one, **people[one["worker_id"]]} for one in answer["contacts"]]
        renamed = {"begin_again": answer["orders"], "seats_to_leave": answer["seats"], "contacts": contacts}
        case = Case.model_validate({**answer, **renamed})
    nights = [Night.model_validate(one) for one in answer["nights"]]
    places = [hotel for night in nights for hotel in night.free]
    if case is not None:
        places += [met.place_id for one in case.contacts for met in one.meetings]
    return Trace(
        trace_id=row.id,
        at=row.at,
        applied_at=row.applied_at,
        counts=counts,
        nights=nights,
        names=names_of_places(c, places),
        case=case,
    )


def _people(
    asks: Asks, c: Connection, trace_id: str, answer: Mapping[str, Any], reason: str | None
) -> dict[str, dict[str, str | None]]:
    """Names and telephones of contacts, whole where it is said why; who was forgotten has none."""
    record(c, asks.by, "trace_read" if reason is None else "personal_read", trace_id, reason)
    ids = [one["worker_id"] for one in answer["contacts"]]
    found = personal_of(c, asks.services.vault, ids)
    naming = NAMING[asks.caller.role]
    told = {w: shown(found.get(w, {}), naming) if reason is None else found.get(w, {}) for w in ids}
    return {w: {"name": one.get("name") or None, "phone": one.get("phone")} for w, one in told.items()}


def _places(asks: Asks, c: Connection) -> Callable[[str], str]:
    """What a place is called: its name, as the plan in force has it, with its id."""
    plans = list(asks.services.rosters.now(c).plans.values())
    known: dict[str, str] = {}
    for one in plans:
        s = one.scenario
        for rows in (s.hotels, s.pickups, s.enterprises):
            known |= {key: f"{row.name} {key}" for key, row in rows.items()}
    return lambda place_id: known.get(place_id, place_id)
