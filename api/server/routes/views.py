"""What each role sees of published plans: trips, rooms, money."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any, TypeVar

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.server.asks import Asking, Asks
from api.server.local_time import LocalTime
from api.server.paging import Cursor, Limit, Next
from api.server.problems import Problem
from data.accounts import record
from data.people import personal_of
from data.personal import shown
from workforce.entities import Risk
from workforce.plan import Item, StopKind
from workforce.views import (
    NAMING,
    CostView,
    Naming,
    TripView,
    Viewer,
    cost_views,
    stay_views,
    trip_view,
    trip_views,
)

router = APIRouter(tags=["trips 车次"])
T = TypeVar("T")


class Stop(BaseModel):
    kind: StopKind
    place_id: str | None
    name: str | None
    arrive: LocalTime = Field(description="Local time. 当地时间。")
    depart: LocalTime
    boarding: int
    alighting: int


class Person(BaseModel):
    """Somebody as the one who asks may see them."""

    worker_id: str
    name: str | None
    id_number: str | None
    phone: str | None


class Rider(Person):
    seat: int
    pickup_id: str
    drop_id: str
    enterprise_id: str | None
    adcode: str | None
    risk: Risk


class Trip(BaseModel):
    plan_id: str
    trip_id: str
    fleet_id: str
    operator: str
    vehicle_no: int
    risk: Risk
    leaves: LocalTime
    back: LocalTime
    riders: int = Field(description="How many are aboard; for a hotel, how many come to it. 乘坐人数。")
    stops: list[Stop] = Field(description="Those that concern the one who asks. 与查询者有关的停靠点。")
    own_yuan: float | None = Field(description="What one's own riders' parts come to. 本方人员的分摊合计。")
    own_pays_yuan: float | None = Field(description="What oneself pays of it. 本方承担部分。")
    cost_yuan: float | None


class TripWithRiders(Trip):
    people: list[Rider]


class Stay(Person):
    plan_id: str
    hotel_id: str
    hotel: str | None = Field(description="Its name. 酒店名称。")
    room: str
    check_in: date
    check_out: date
    enterprise_id: str | None


class Cost(BaseModel):
    plan_id: str
    item: Item
    trip_id: str | None
    worker_id: str | None
    hotel_id: str | None
    enterprise_id: str | None
    total_yuan: float
    enterprise_yuan: float | None
    worker_yuan: float | None
    hotel_yuan: float | None
    government_yuan: float | None


class Trips(BaseModel):
    items: list[Trip]
    next: Next


class Stays(BaseModel):
    items: list[Stay]
    next: Next


class Costs(BaseModel):
    items: list[Cost]
    next: Next


@router.get("/trips", name="list_trips", response_model=Trips)
def list_trips(asks: Asking, after: Cursor = "", limit: Limit = 100) -> Trips:
    """The trips of published plans that are the account's to see."""
    found = [view for p in asks.services.published.standing() for view in trip_views(_viewer(asks), p)]
    shown_ones, more = _part(found, lambda v: (v.plan_id, v.trip_id), after, limit)
    return Trips(items=[Trip(**_trip(view)) for view in shown_ones], next=more)


@router.get("/trips/{plan_id}/{trip_id}", name="read_trip", response_model=TripWithRiders)
def read_trip(plan_id: str, trip_id: str, asks: Asking) -> TripWithRiders:
    """One trip with those of its riders who are the account's to see."""
    with asks.read() as c:
        roster = asks.services.rosters.now(c)
    plan_id, trip_id = roster.teller(plan_id, trip_id)
    published = roster.plans.get(plan_id)
    view = trip_view(_viewer(asks), published, trip_id) if published is not None else None
    if view is None:
        raise Problem("not_found")
    people = _people(asks, [rider.worker_id for rider in view.people], f"{plan_id}/{trip_id}", "roster")
    riders = [Rider(**{**asdict(rider), **people[rider.worker_id]}) for rider in view.people]
    return TripWithRiders(**_trip(view), people=riders)


@router.get("/stays", name="list_stays", response_model=Stays)
def list_stays(asks: Asking, after: Cursor = "", limit: Limit = 100) -> Stays:
    """Quarantine rooms of published plans that are the account's to see."""
    found = [view for p in asks.services.published.standing() for view in stay_views(_viewer(asks), p)]
    part, more = _part(found, lambda v: (v.plan_id, v.worker_id), after, limit)
    people = _people(asks, [view.worker_id for view in part], asks.caller.subject, "stays")
    return Stays(items=[Stay(**{**asdict(view), **people[view.worker_id]}) for view in part], next=more)


@router.get("/costs", name="list_costs", response_model=Costs)
def list_costs(asks: Asking, after: Cursor = "", limit: Limit = 100) -> Costs:
    """What the account pays or is paid for published plans."""
    found = [view for p in asks.services.published.standing() for view in cost_views(_viewer(asks), p)]
    part, more = _part(found, lambda v: (v.plan_id, v.trip_id or "", v.worker_id or "", v.item), after, limit)
    return Costs(items=[_cost(view) for view in part], next=more)


def _viewer(asks: Asks) -> Viewer:
    return Viewer(asks.caller.role, asks.caller.subject)


def _part(
    found: Iterable[T], key: Callable[[T], tuple[str, ...]], after: str, limit: int
) -> tuple[Sequence[T], str | None]:
    """A page of what is at hand, and the key of its last row if there is more."""
    keyed = sorted(((" ".join(key(one)), one) for one in found), key=lambda pair: pair[0])
    rows = [pair for pair in keyed if pair[0] > after]
    more = rows[limit - 1][0] if len(rows) > limit else None
    return [one for _, one in rows[:limit]], more


def _people(
    asks: Asks, worker_ids: Sequence[str], about: str | None, listed: str
) -> dict[str, dict[str, str | None]]:
    """Names as the caller's role may see them; a reading of whole names is logged."""
    naming = NAMING[asks.caller.role]
    if naming is Naming.NONE:
        return {worker_id: shown({}, naming) for worker_id in worker_ids}
    if naming is Naming.ROSTER and worker_ids:
        with asks.write() as c:
            found = personal_of(c, asks.services.vault, worker_ids)
            record(c, asks.by, "personal_read", about, listed)
    else:
        with asks.read() as c:
            found = personal_of(c, asks.services.vault, worker_ids)
    return {worker_id: shown(found.get(worker_id, {}), naming) for worker_id in worker_ids}


def _trip(view: TripView) -> dict[str, Any]:
    own_yuan, own_pays_yuan = map(_yuan, view.own_fen or (None, None))
    told = {name: value for name, value in asdict(view).items() if name not in ("people", "own_fen")}
    return {**told, "own_yuan": own_yuan, "own_pays_yuan": own_pays_yuan, "cost_yuan": _yuan(view.cost_fen)}


def _cost(view: CostView) -> Cost:
    told = asdict(view)
    amounts = {f"{name[:-4]}_yuan": _yuan(told.pop(name)) for name in list(told) if name.endswith("_fen")}
    return Cost(**{**told, **amounts})


def _yuan(fen: int | None) -> float | None:
    return None if fen is None else fen / 100
