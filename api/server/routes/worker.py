"""What a worker does with a personal link: look at the own trip, tell of one's health, answer."""

from __future__ import annotations

import secrets
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Response
from pydantic import BaseModel, Field, StringConstraints

from api.server.asks import Asking, Asks
from api.server.local_time import LocalTime
from api.server.paging import Cursor, Limit, Next
from api.server.problems import Problem
from data.answers import KIND, Said, answer
from data.links import Refusal, open_link
from data.loop_states import find_run
from data.people import personal_of
from data.personal import exists
from data.registry import Entry, entries, find
from data.reports import take
from data.sessions import network
from data.trip_log import Report
from workforce.closed_loop import Run
from workforce.health import is_fever
from workforce.plan import Reason
from workforce.rosters import Roster
from workforce.runs import expected_times
from workforce.triplog import Kind, Where
from workforce.views import Published

router = APIRouter(tags=["my trip 我的行程"])

Symptom = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)]


class Place(BaseModel):
    place_id: str
    name: str | None
    lat: float | None
    lon: float | None


class Ride(BaseModel):
    plan_id: str
    trip_id: str
    plate: str = Field(description="Fleet and vehicle number. 车队与车号。", examples=["F1-3"])
    operator: str
    seat: int
    pickup: Place
    vehicle: str | None = Field(
        description="The number plate, once it is named. 车牌号。", examples=["蒙C12345"]
    )
    boards_at: LocalTime = Field(description="Local time. 当地时间。")
    boards_expected: LocalTime | None = Field(
        description="As it looks now; null: it was there. 现在预计；空为已过。"
    )
    drop: Place
    arrives_at: LocalTime
    arrives_expected: LocalTime | None


class Room(BaseModel):
    hotel: Place
    room: str
    check_in: date
    check_out: date


class MyTrip(BaseModel):
    worker_id: str
    ride: Ride | None = Field(description="null: no seat yet. 尚未安排。")
    room: Room | None
    pays_yuan: float
    reason: Reason | None = Field(description="Why there is no seat in the plan. 未安排的原因。")
    answer: Said | None


class Digits(BaseModel):
    digits: str = Field(
        pattern=r"^[0-9]{3}[0-9Xx]$",
        description="The last four of the identity number or, where the bureau has none, of the telephone. "
        "身份证号后四位；未登记身份证号的填手机号后四位。",
        examples=["8002"],
    )


class Opened(BaseModel):
    key: str = Field(description="Answers as the worker; shown this once. 可以本人身份答复，仅显示这一次。")
    expires_at: datetime | None


class NewHealthCheck(BaseModel):
    temperature: Decimal = Field(ge=34, le=43, max_digits=3, decimal_places=1, examples=[36.5])
    symptoms: list[Symptom] = Field([], max_length=20, examples=[["cough"]])


class Taken(BaseModel):
    at: datetime
    fever: bool


class NewAnswer(BaseModel):
    answer: Said = Field(examples=["accept"])


class Answer(BaseModel):
    worker_id: str
    answer: Said
    plan_id: str | None
    trip_id: str | None
    at: datetime | None


class Answers(BaseModel):
    items: list[Answer]
    next: Next


@router.get("/my/trip", name="my_trip", response_model=MyTrip)
def my_trip(asks: Asking) -> MyTrip:
    """One's own way back: coach, place, time, seat, room, what to pay."""
    me = asks.own or ""
    published = _of(asks, me)
    with asks.read() as c:
        said = find(c, KIND, me)
        seat = published.plan.seat_of.get(me) if published is not None else None
        course = find_run(c, published.plan_id, seat.trip_id) if published is not None and seat else None
        roster = asks.services.rosters.now(c)
    mine = MyTrip(
        worker_id=me,
        ride=None,
        room=None,
        pays_yuan=0,
        reason=None,
        answer=Said(said.body["said"]) if said is not None else None,
    )
    if published is None:
        return mine
    plan = published.plan
    if course is None:
        mine.reason = next((u.reason for u in plan.unserved if u.worker_id == me), None)
        return mine
    mine.ride, mine.room = _ride(published, me, course, roster), _room(published, me)
    mine.pays_yuan = sum(share.worker_fen for share in plan.shares_of.get(me, ())) / 100
    return mine


@router.post("/my/opening", name="open_link", response_model=Opened, status_code=201)
def open_my_link(asked: Digits, asks: Asking) -> Response:
    """Open one's personal link, once: its own key only reads, the one given here also tells and answers.

    After five wrong tries the link ends; each is on record.
    """
    client = asks.request.client
    with asks.write() as c:
        personal = personal_of(c, asks.services.vault, [asks.own or ""]).get(asks.own or "", {})
        address = network(client.host) if client else "-"
        done = open_link(c, asks.by, personal, asked.digits, address)
        if done.refusal is None:
            return asks.answer(c, Opened(key=done.key or "", expires_at=done.expires_at), 201)
    seconds = int(done.wait.total_seconds()) + 1
    headers = {"Retry-After": str(seconds)} if done.refusal is Refusal.WAIT else {}
    at = f"{done.opened_at:%Y-%m-%d %H:%M}" if done.opened_at else ""
    raise Problem(done.refusal, headers=headers, seconds=seconds, at=at)


@router.post("/my/health", name="my_health", response_model=Taken, status_code=201)
def my_health(asked: NewHealthCheck, asks: Asking) -> Response:
    """Tell today's temperature and how one feels; from 37.3 °C on a health officer is asked to call."""
    with asks.write() as c:
        me = _myself(asks, exists(c, asks.own or ""))
        details = {"temperature": f"{asked.temperature:.1f}", "symptoms": asked.symptoms}
        nonce, says = f"my-{secrets.token_hex(16)}", {"where": Where.HOME}
        report = Report(Kind.MEASURED, nonce, asks.services.now(), worker_id=me, says=says, details=details)
        take(c, asks.services.vault, asks.by, [report], asks.services.rosters)
        fever = is_fever(asked.temperature)
        return asks.answer(c, Taken(at=asks.services.now(), fever=fever), 201)


@router.post("/my/answer", name="my_answer", response_model=Answer)
def my_answer(asked: NewAnswer, asks: Asking) -> Response:
    """Accept the own trip, or withdraw."""
    me = asks.own or ""
    published = _of(asks, me)
    seat = published.plan.seat_of.get(me) if published is not None else None
    if asked.answer is Said.ACCEPT and seat is None:
        raise Problem("conflict", why_zh="尚未安排车次", why_en="there is no trip to accept")
    plan_id = published.plan_id if published is not None and seat is not None else None
    with asks.write() as c:
        _myself(asks, exists(c, me))
        trip_id = seat.trip_id if seat is not None else None
        placed = published.plan.placement_of.get(me) if published is not None else None
        vault, rosters = asks.services.vault, asks.services.rosters
        withdrawn = answer(c, vault, asks.by, me, asked.answer, plan_id, trip_id, placed)
        if withdrawn and trip_id is not None:
            nonce = f"my-{secrets.token_hex(16)}"
            left = Report(Kind.WITHDREW, nonce, asks.services.now(), plan_id, trip_id, worker_id=me)
            take(c, vault, asks.by, [left], rosters)
        one = find(c, KIND, me)
        assert one is not None
        return asks.answer(c, _answer(one))


@router.get("/answers", name="list_answers", response_model=Answers)
def list_answers(asks: Asking, after: Cursor = "", limit: Limit = 100) -> Answers:
    """What workers have answered, by their ids."""
    with asks.read() as c:
        found = entries(c, KIND, asks.enterprise, after, limit + 1)
    more = found[limit - 1].key if len(found) > limit else None
    return Answers(items=[_answer(one) for one in found[:limit]], next=more)


def _myself(asks: Asks, known: bool) -> str:
    if not known:
        raise Problem("not_found")
    return asks.own or ""


def _of(asks: Asks, worker_id: str) -> Published | None:
    """The last published plan that says something of a worker."""
    for published in reversed(asks.services.published.standing()):
        plan = published.plan
        if worker_id in plan.seat_of or any(u.worker_id == worker_id for u in plan.unserved):
            return published
    return None


def _ride(published: Published, worker_id: str, course: Run, roster: Roster) -> Ride:
    seat = published.plan.seat_of[worker_id]
    trip = published.plan.trip_by_id[seat.trip_id]
    boards = next(stop for stop in trip.stops if stop.place_id == seat.pickup_id)
    leaves = next(stop for stop in trip.stops if stop.place_id == seat.drop_id)
    fleet = published.scenario.fleets.get(trip.fleet_id)
    planned = roster.trip(published.plan_id, trip.trip_id)
    ahead = (
        {stop.seq: at for stop, at, _ in expected_times(course, planned) if stop.seq > course.stop}
        if planned
        else {}
    )
    return Ride(
        plan_id=published.plan_id,
        trip_id=trip.trip_id,
        plate=f"{trip.fleet_id}-{trip.vehicle_no}",
        operator=fleet.operator if fleet is not None else "",
        seat=seat.seat,
        pickup=_place(published, seat.pickup_id),
        vehicle=course.plate,
        boards_at=boards.arrive,
        boards_expected=ahead.get(boards.seq),
        drop=_place(published, seat.drop_id),
        arrives_at=leaves.arrive,
        arrives_expected=ahead.get(leaves.seq),
    )


def _room(published: Published, worker_id: str) -> Room | None:
    stay = published.plan.stay_of.get(worker_id)
    if stay is None:
        return None
    hotel = _place(published, stay.hotel_id)
    return Room(hotel=hotel, room=stay.room, check_in=stay.check_in, check_out=stay.check_out)


def _place(published: Published, place_id: str) -> Place:
    s = published.scenario
    found = s.pickups.get(place_id) or s.hotels.get(place_id) or s.enterprises.get(place_id)
    if found is None:
        return Place(place_id=place_id, name=None, lat=None, lon=None)
    return Place(place_id=place_id, name=found.name, lat=found.lat, lon=found.lon)


def _answer(one: Entry) -> Answer:
    return Answer(
        worker_id=one.key,
        answer=Said(one.body["said"]),
        plan_id=one.body["plan_id"] or None,
        trip_id=one.body["trip_id"] or None,
        at=one.changed_at,
    )
