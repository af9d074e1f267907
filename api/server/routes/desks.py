"""Desks: what a hotel, an enterprise, a health officer and whoever runs a trip has to do now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, Field
from sqlalchemy import Connection, tuple_

from api.server.asks import Asking, Asks
from api.server.local_time import LocalTime
from api.server.paging import Limit
from api.server.problems import Problem
from data.certificates import next_certificate
from data.kit_moves import moves, stock
from data.loop_states import find_journey, find_run, journeys, runs
from data.people import personal_of
from data.personal import shown
from data.registry import entries, find, names_of_places
from data.schema import journey, run
from data.trip_log import events, parts, voided_among
from workforce.closed_loop import Course, Journey, Run, Way, local_day
from workforce.desks import IN_ROOMS, STAYED_AWAY, Guest, awaited, coming, guest, guests, may_arrive
from workforce.kits import kits_for
from workforce.roles import Role
from workforce.rosters import Roster
from workforce.runs import expected_times
from workforce.stages import OF_PEOPLE, Duty, Standing, stages_of
from workforce.triplog import Kind, Kit, Stage
from workforce.views import NAMING, Naming, Viewer, may_see, trip_view

router = APIRouter(tags=["desks 工作台"])
PathId = Annotated[str, Path(max_length=100)]


class TripComing(BaseModel):
    plan_id: str
    trip_id: str
    state: Course
    plate: str | None
    stop: int
    planned: LocalTime
    expected: LocalTime | None = Field(description="null: it was there. 现在预计；空为已到。")
    riders: list[str] = Field(
        description="Who gets off here; who withdrew or did not come is left out. "
        "在此下车的人员，不含已放弃和未到的。"
    )
    confirmed: bool = Field(description="All of them will be received. 全部接收。")
    receives: int | None = Field(description="How many will be received. 可接收人数。")
    declined: bool
    counted: int | None
    signed: list[str]


class GuestTold(BaseModel):
    worker_id: str
    name: str | None
    hotel_id: str | None
    hotel: str | None = Field(description="Its name. 酒店名称。")
    state: Way
    room: str | None
    check_in: str | None
    until: str | None
    today: int = Field(description="Temperatures taken today. 今日已测次数。")
    lacks_today: int
    missing: list[str] = Field(description="Days with too few of them. 漏测日期。")
    due: bool = Field(description="To be released today. 今日应解除隔离。")


class ToCheckIn(BaseModel):
    worker_id: str
    name: str | None
    state: Way
    trip_id: str
    room: str | None = Field(description="As planned. 计划房间。")


class HotelDesk(BaseModel):
    hotel_id: str
    name: str
    now: datetime
    certificate: str = Field(description="What a release without a number is given next. 下一张证明的编号。")
    coming: list[TripComing]
    to_check_in: list[ToCheckIn]
    guests: list[GuestTold]


class Awaited(BaseModel):
    worker_id: str
    name: str | None
    state: Way
    place_id: str | None
    place: str | None = Field(description="Its name. 所在地点名称。")
    until: str | None
    may_arrive: bool = Field(description="One tap says that they are at work. 可一键登记到岗。")


class EnterpriseDesk(BaseModel):
    enterprise_id: str
    name: str
    now: datetime
    coming: list[TripComing]
    awaited: list[Awaited]
    stayed_away: list[Awaited] = Field(description="Withdrew, did not come or left. 已放弃、未到或已离开。")


class HealthDesk(BaseModel):
    now: datetime
    observed: list[GuestTold]
    readings_missing: list[GuestTold]
    due: list[GuestTold]


class TaskTold(BaseModel):
    duty: Duty
    done: int
    of: int
    lacks: list[str] = Field(description="Places, kits or workers. 尚缺的地点、物资或人员。")


class StageTold(BaseModel):
    stage: Stage
    standing: Standing
    tasks: list[TaskTold]


class RiderTold(BaseModel):
    worker_id: str
    name: str | None
    seat: int
    state: Way
    drop_id: str


class Stages(BaseModel):
    plan_id: str
    trip_id: str
    state: Course
    plate: str | None
    delay_minutes: int
    depot: str
    kits: dict[Kit, int] = Field(description="How much the trip takes along. 应配发数量。")
    ahead: list[LocalTime]
    stages: list[StageTold]
    riders: list[RiderTold]


class StockOf(BaseModel):
    place_id: str
    kit: Kit
    count: int


class MoveOf(BaseModel):
    seq: int
    place_id: str
    kit: Kit
    count: int = Field(description="Below 0: given out. 负数为发放。")
    at: datetime
    plan_id: str | None
    trip_id: str | None


class PlaceOf(BaseModel):
    place_id: str
    name: str


class Kits(BaseModel):
    places: list[PlaceOf] = Field(description="Depots and hotels that may have kits. 可入库的车场和酒店。")
    stock: list[StockOf]
    moves: list[MoveOf]
    next: int | None = Field(description="Pass it as `before`. 作为 before 传入。")


class StepTold(BaseModel):
    seq: int
    kind: Kind
    at: datetime
    place_id: str | None
    place: str | None = Field(description="Its name. 地点名称。")
    room: str | None


class Steps(BaseModel):
    state: Way
    items: list[StepTold]


@router.get("/hotels/{hotel_id}/desk", name="hotel_desk", response_model=HotelDesk)
def hotel_desk(hotel_id: PathId, asks: Asking) -> HotelDesk:
    """A hotel's day: who comes and when, who lacks a temperature, whose quarantine is over."""
    if asks.own not in (None, hotel_id):
        raise Problem("not_found")
    now = asks.services.now()
    with asks.read() as c:
        hotel = find(c, "hotels", hotel_id)
        if hotel is None:
            raise Problem("not_found")
        roster = asks.services.rosters.now(c)
        due = coming(hotel_id, roster, _runs(c, roster, hotel_id), now)
        planned = {w: e.stay for w, e in roster.workers if e.stay is not None and e.stay.hotel_id == hotel_id}
        ways = _ways(c, planned)
        ways |= {way.worker_id: way for way in journeys(c, journey.c.place_id == hotel_id)}
        here = guests(hotel_id, ways.values(), roster.rules.readings_per_day, local_day(now))
        waiting = [(t, ways.get(w, Journey(w))) for t in due for w in t.riders]
        waiting = [(t, way) for t, way in waiting if way.state in (Way.EXPECTED, Way.ABOARD, Way.HANDED_OVER)]
        names = _names(asks, c, [g.worker_id for g in here] + [way.worker_id for _, way in waiting])
        number = next_certificate(c, hotel_id, now)
    rooms = {w: stay.room for w, stay in planned.items() if stay is not None}
    return HotelDesk(
        hotel_id=hotel_id,
        name=str(hotel.body["name"]),
        now=now,
        certificate=number,
        coming=[TripComing(**asdict(one)) for one in due],
        to_check_in=[
            ToCheckIn(
                worker_id=way.worker_id,
                name=names[way.worker_id],
                state=way.state,
                trip_id=t.trip_id,
                room=rooms.get(way.worker_id),
            )
            for t, way in waiting
        ],
        guests=[_guest(one, hotel_id, str(hotel.body["name"]), names) for one in here],
    )


@router.get("/enterprises/{enterprise_id}/desk", name="enterprise_desk", response_model=EnterpriseDesk)
def enterprise_desk(enterprise_id: PathId, asks: Asking) -> EnterpriseDesk:
    """An enterprise's day: the trips that come, and who is still on the way."""
    if asks.own not in (None, enterprise_id):
        raise Problem("not_found")
    now = asks.services.now()
    with asks.read() as c:
        firm = find(c, "enterprises", enterprise_id)
        if firm is None:
            raise Problem("not_found")
        roster = asks.services.rosters.now(c)
        due = coming(enterprise_id, roster, _runs(c, roster, enterprise_id), now)
        theirs = [w for w, e in roster.workers if e.enterprise_id == enterprise_id]
        people = awaited(enterprise_id, roster, _ways(c, theirs))
        places = names_of_places(c, (way.place_id for way in people))
        names = _names(asks, c, [way.worker_id for way in people])

    def told(way: Journey) -> Awaited:
        return Awaited(
            worker_id=way.worker_id,
            name=names[way.worker_id],
            state=way.state,
            place_id=way.place_id,
            place=places.get(way.place_id or ""),
            until=way.until,
            may_arrive=may_arrive(way, enterprise_id),
        )

    return EnterpriseDesk(
        enterprise_id=enterprise_id,
        name=str(firm.body["name"]),
        now=now,
        coming=[TripComing(**asdict(one)) for one in due],
        awaited=[told(way) for way in people if way.state not in STAYED_AWAY],
        stayed_away=[told(way) for way in people if way.state in STAYED_AWAY],
    )


@router.get("/health/desk", name="health_desk", response_model=HealthDesk)
def health_desk(asks: Asking) -> HealthDesk:
    """A health officer's day: who is under observation, who lacks temperatures, whose quarantine is over.
    Fevers are on the problem list."""
    now = asks.services.now()
    with asks.read() as c:
        per_day = asks.services.rosters.now(c).rules.readings_per_day
        found = list(journeys(c, journey.c.state.in_(sorted(IN_ROOMS))))
        told = [(guest(way, per_day, local_day(now)), way.place_id) for way in found]
        names = _names(asks, c, [way.worker_id for way in found])
        hotels = names_of_places(c, (place_id for _, place_id in told))
    here = [(one, _guest(one, place_id, hotels.get(place_id or ""), names)) for one, place_id in told]
    return HealthDesk(
        now=now,
        observed=[g for one, g in here if one.state is Way.UNDER_OBSERVATION],
        readings_missing=[g for one, g in here if one.missing],
        due=[g for one, g in here if one.due],
    )


@router.get("/trips/{plan_id}/{trip_id}/stages", name="read_stages", response_model=Stages)
def read_stages(plan_id: PathId, trip_id: PathId, asks: Asking) -> Stages:
    """The five stages of a trip with what each lacks, and how far its riders are."""
    now = asks.services.now()
    with asks.read() as c:
        roster = asks.services.rosters.now(c)
        plan_id, trip_id = roster.teller(plan_id, trip_id)
        published, planned = roster.plans.get(plan_id), roster.trip(plan_id, trip_id)
        viewer = Viewer(asks.caller.role, asks.caller.subject)
        if published is None or planned is None or trip_view(viewer, published, trip_id) is None:
            raise Problem("not_found")
        course = find_run(c, plan_id, trip_id)
        seats = [s for s in published.plan.riders.get(trip_id, ()) if may_see(viewer, published, s)]
        ways = _ways(c, {*planned.seat_of, *course.seats, *course.alighted})
        names = _names(asks, c, [s.worker_id for s in seats])
    told = stages_of(course, planned, ways, now)
    seen = {s.worker_id for s in seats}
    return Stages(
        plan_id=plan_id,
        trip_id=trip_id,
        state=course.state,
        plate=course.plate,
        delay_minutes=course.delay,
        depot=planned.trip.fleet_id,
        kits={Kit(kit): n for kit, n in kits_for(planned.trip, len(planned.seat_of), planned.rules).items()},
        ahead=[arrive for _, arrive, _ in expected_times(course, planned)],
        stages=[
            StageTold(
                stage=one.stage,
                standing=one.standing,
                tasks=[
                    TaskTold(
                        duty=task.duty,
                        done=task.done,
                        of=task.of,
                        lacks=[x for x in task.lacks if task.duty not in OF_PEOPLE or x in seen],
                    )
                    for task in one.tasks
                ],
            )
            for one in told
        ],
        riders=[
            RiderTold(
                worker_id=s.worker_id,
                name=names[s.worker_id],
                seat=s.seat,
                state=ways.get(s.worker_id, Journey(s.worker_id)).state,
                drop_id=s.drop_id,
            )
            for s in seats
        ],
    )


@router.get("/kits", name="list_kits", response_model=Kits)
def list_kits(
    asks: Asking, before: Annotated[int | None, Query(ge=1, le=2**53)] = None, limit: Limit = 100
) -> Kits:
    """Masks, thermometers and disinfectant: stock by depot and hotel, and what came and went."""
    with asks.read() as c:
        places = None if asks.own is None else _places(asks, c)
        here, found = stock(c, places), moves(c, places, before, limit + 1)
        known = {one.key: str(one.body["operator"]) for one in entries(c, "fleets")}
        known |= {one.key: str(one.body["name"]) for one in entries(c, "hotels")}
    return Kits(
        places=[PlaceOf(place_id=k, name=name) for k, name in known.items() if places is None or k in places],
        stock=[StockOf(place_id=place_id, kit=Kit(kit), count=count) for place_id, kit, count in here],
        moves=[
            MoveOf(
                seq=row.seq,
                place_id=row.place_id,
                kit=Kit(row.kit),
                count=row._mapping["count"],
                at=row.happened_at,
                plan_id=row.plan_id,
                trip_id=row.trip_id,
            )
            for row in found[:limit]
        ],
        next=found[limit - 1].seq if len(found) > limit else None,
    )


@router.get("/journeys/{worker_id}/steps", name="list_steps", response_model=Steps)
def list_steps(worker_id: PathId, asks: Asking) -> Steps:
    """A worker's way with its times, first to last; what was voided is left out."""
    with asks.read() as c:
        roster = asks.services.rosters.now(c)
        way, expected = find_journey(c, worker_id), roster.expected(worker_id)
        if not _is_theirs(asks, roster, way) or (not way.at and expected is None):
            raise Problem("not_found")
        found = [one for one in events(c, worker_id=worker_id) if one.event.kind is not Kind.VOIDED]
        gone = voided_among(c, (one.seq for one in found))
        # Where somebody came from is no business of a hotel's.
        at_hotel = asks.caller.role is Role.HOTEL
        seen = {one.event.place_id for one in found if not at_hotel or one.event.place_id == asks.own}
        places = names_of_places(c, seen)
    return Steps(
        state=way.state,
        items=[
            StepTold(
                seq=one.seq,
                kind=one.event.kind,
                at=one.event.happened_at,
                place_id=one.event.place_id if one.event.place_id in seen else None,
                place=places.get(one.event.place_id or ""),
                room=one.event.says.get("room"),
            )
            for one in sorted(found, key=lambda one: (one.event.happened_at, one.seq))
            if one.seq not in gone
        ],
    )


def _is_theirs(asks: Asks, roster: Roster, way: Journey) -> bool:
    if asks.own is None or (asks.caller.role is Role.HOTEL and way.place_id == asks.own):
        return True
    expected = roster.expected(way.worker_id)
    if expected is None:
        return False
    published = roster.plans[expected.plan_id]
    seat = published.plan.seat_of[way.worker_id]
    return may_see(Viewer(asks.caller.role, asks.caller.subject), published, seat)


def _places(asks: Asks, c: Connection) -> list[str]:
    """The depots and hotels of the one who asks."""
    if asks.caller.role is Role.CARRIER:
        return [one.key for one in entries(c, "fleets") if one.body.get("operator") == asks.own]
    return [asks.own or ""]


def _runs(c: Connection, roster: Roster, place_id: str) -> dict[tuple[str, str], Run]:
    """The courses of the trips that stop at a place."""
    there = [one.key for one in roster.trips if place_id in one.drops]
    found = (runs(c, tuple_(run.c.plan_id, run.c.trip_id).in_(part)) for part in parts(there))
    return {(one.plan_id, one.trip_id): one for ones in found for one in ones}


def _ways(c: Connection, worker_ids: Iterable[str]) -> dict[str, Journey]:
    found: dict[str, Journey] = {}
    for part in parts(sorted(worker_ids)):
        found |= {way.worker_id: way for way in journeys(c, journey.c.worker_id.in_(part))}
    return found


def _names(asks: Asks, c: Connection, worker_ids: Sequence[str]) -> dict[str, str | None]:
    """Names, masked: whole ones are on papers and manifests, whose reading is logged."""
    found = personal_of(c, asks.services.vault, worker_ids)
    naming = Naming.NONE if NAMING[asks.caller.role] is Naming.NONE else Naming.MASKED
    return {w: shown(found.get(w, {}), naming)["name"] for w in worker_ids}


def _guest(one: Guest, hotel_id: str | None, hotel: str | None, names: Mapping[str, str | None]) -> GuestTold:
    return GuestTold(name=names[one.worker_id], hotel_id=hotel_id, hotel=hotel, **asdict(one))
