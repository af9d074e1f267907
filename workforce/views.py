"""What each role may see of a published plan's trips, rooms and money.

A viewer sees people by their ids alone; how much of a name goes with an id is ``NAMING``.  On a
pooled trip an enterprise sees the vehicle, its times, the number of riders and its own people's
rows; whatever belongs to others is left out, not blanked, so that nothing tells that it was there.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum

from workforce.entities import Risk
from workforce.plan import Item, Plan, Seat, Share, Stop, StopKind, Trip
from workforce.roles import Role, lies_in
from workforce.scenario import Scenario


class Naming(StrEnum):
    """How a person is named to a role."""

    NONE = "none"
    MASKED = "masked"  # the first character, the last digits
    ROSTER = "roster"  # the name, the last digits


NAMING: Mapping[Role, Naming] = {
    Role.PLANNER: Naming.MASKED,
    Role.ADMINISTRATOR: Naming.MASKED,
    Role.ENTERPRISE: Naming.MASKED,
    Role.COORDINATOR: Naming.ROSTER,  # who calls the roll must know whom
    Role.HOTEL: Naming.MASKED,
    Role.CARRIER: Naming.NONE,
    Role.HEALTH: Naming.MASKED,
    Role.AUDITOR: Naming.MASKED,
    Role.ORIGIN: Naming.MASKED,
    Role.WORKER: Naming.NONE,
}

_SEE_ALL = frozenset({Role.PLANNER, Role.ADMINISTRATOR, Role.HEALTH, Role.AUDITOR})
_SEE_ROUTE = _SEE_ALL | {Role.COORDINATOR, Role.CARRIER}
_SEE_HOME = _SEE_ALL | {Role.ORIGIN, Role.ENTERPRISE}
_SEE_EMPLOYER = _SEE_ALL | {Role.COORDINATOR, Role.ENTERPRISE, Role.ORIGIN}
_SEE_COST = frozenset({Role.PLANNER, Role.ADMINISTRATOR, Role.AUDITOR, Role.CARRIER})


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks; ``subject`` as ``Role`` describes it."""

    role: Role
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Published:
    """A published plan with its scenario.

    Attributes:
        told_before: by trip that it keeps, the earlier plan that tells it; ``plan`` leaves these out.
    """

    plan_id: str
    scenario: Scenario
    plan: Plan
    told_before: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StopView:
    """A stop; the counts are of those whom the viewer may see, for who sees the route of everybody."""

    kind: StopKind
    place_id: str | None
    name: str | None
    arrive: datetime
    depart: datetime
    boarding: int
    alighting: int


@dataclass(frozen=True, slots=True)
class RiderView:
    worker_id: str
    seat: int
    pickup_id: str
    drop_id: str
    enterprise_id: str | None  # None: not for this viewer
    adcode: str | None  # of the home; None: not for this viewer
    risk: Risk


@dataclass(frozen=True, slots=True)
class TripView:
    """A trip as a viewer may know it.

    Attributes:
        riders: how many are aboard; for a hotel, how many come to it.
        own_fen: what the viewer's riders' parts of the trip come to and what the viewer pays of
            it; None: not for this viewer.
        cost_fen: of the whole trip; None: not for this viewer.
    """

    plan_id: str
    trip_id: str
    fleet_id: str
    operator: str
    vehicle_no: int
    risk: Risk
    leaves: datetime
    back: datetime
    riders: int
    stops: tuple[StopView, ...]
    people: tuple[RiderView, ...]
    own_fen: tuple[int, int] | None
    cost_fen: int | None


@dataclass(frozen=True, slots=True)
class StayView:
    plan_id: str
    worker_id: str
    hotel_id: str
    hotel: str | None  # its name
    room: str
    check_in: date
    check_out: date
    enterprise_id: str | None  # None: not for this viewer


@dataclass(frozen=True, slots=True)
class CostView:
    """An amount that somebody pays; None: not for this viewer."""

    plan_id: str
    item: Item
    trip_id: str | None
    worker_id: str | None
    hotel_id: str | None
    enterprise_id: str | None
    total_fen: int
    enterprise_fen: int | None = None
    worker_fen: int | None = None
    hotel_fen: int | None = None
    government_fen: int | None = None


def employer(plan: Plan, worker_id: str) -> str | None:
    """The enterprise that a rider returns to or is placed with; it pays, so the shares name it."""
    shares = plan.shares_of.get(worker_id)
    return shares[0].enterprise_id if shares else None


def trip_view(viewer: Viewer, published: Published, trip_id: str) -> TripView | None:
    """A trip as the viewer may know it; None: there is none, or it is none of theirs."""
    trip = published.plan.trip_by_id.get(trip_id)
    if trip is None:
        return None
    scenario, plan = published.scenario, published.plan
    aboard = plan.riders.get(trip_id, ())
    own = tuple(seat for seat in aboard if may_see(viewer, published, seat))
    if not own and not _concerns(viewer, published, trip):
        return None
    shown = () if viewer.role is Role.CARRIER else own
    return TripView(
        plan_id=published.plan_id,
        trip_id=trip_id,
        fleet_id=trip.fleet_id,
        operator=_operator(scenario, trip),
        vehicle_no=trip.vehicle_no,
        risk=trip.risk,
        leaves=trip.stops[0].depart,
        back=trip.stops[-1].arrive,
        riders=len(own) if viewer.role is Role.HOTEL else len(aboard),
        stops=tuple(_stops(viewer, scenario, trip, own)),
        people=tuple(_rider(viewer, published, seat) for seat in shown),
        own_fen=_own_fen(plan, own) if viewer.role is Role.ENTERPRISE else None,
        cost_fen=trip.cost_fen if viewer.role in _SEE_COST else None,
    )


def trip_views(viewer: Viewer, published: Published) -> Iterator[TripView]:
    """The viewer's trips, in the order of their ids."""
    for trip_id in sorted(published.plan.trip_by_id):
        view = trip_view(viewer, published, trip_id)
        if view is not None:
            yield view


def stay_views(viewer: Viewer, published: Published) -> Iterator[StayView]:
    """The viewer's rooms, in the order of hotel, room and night."""
    plan = published.plan
    for stay in sorted(plan.stays, key=lambda s: (s.hotel_id, s.room, s.check_in, s.worker_id)):
        seat = plan.seat_of.get(stay.worker_id)
        if seat is None or viewer.role is Role.CARRIER or not may_see(viewer, published, seat):
            continue
        firm = employer(plan, stay.worker_id) if viewer.role in _SEE_EMPLOYER else None
        yield StayView(
            published.plan_id,
            stay.worker_id,
            stay.hotel_id,
            _name(published.scenario, stay.hotel_id),
            stay.room,
            stay.check_in,
            stay.check_out,
            firm,
        )


def cost_views(viewer: Viewer, published: Published) -> Iterator[CostView]:
    """What the viewer pays or is paid: an enterprise's shares, a carrier's trips, a hotel's rooms."""
    plan = published.plan
    if viewer.role is Role.CARRIER:
        for view in trip_views(viewer, published):
            assert view.cost_fen is not None
            yield CostView(view.plan_id, Item.TRIP, view.trip_id, None, None, None, view.cost_fen)
        return
    for share in sorted(plan.shares, key=lambda s: (s.worker_id, s.item)):
        seat, stay = plan.seat_of.get(share.worker_id), plan.stay_of.get(share.worker_id)
        if seat is None or not may_see(viewer, published, seat):
            continue
        if viewer.role is Role.HOTEL and share.item is not Item.ROOM:
            continue
        yield _cost(viewer, published.plan_id, share, seat, stay.hotel_id if stay else None)


def _cost(viewer: Viewer, plan_id: str, share: Share, seat: Seat, hotel_id: str | None) -> CostView:
    trip_id = seat.trip_id if share.item is Item.TRIP else None
    at = hotel_id if share.item is not Item.TRIP else None
    if viewer.role is Role.HOTEL:
        return CostView(
            plan_id, share.item, None, share.worker_id, at, None, share.total_fen, hotel_fen=share.hotel_fen
        )
    return CostView(
        plan_id,
        share.item,
        trip_id,
        share.worker_id,
        at,
        share.enterprise_id,
        share.total_fen,
        share.enterprise_fen,
        share.worker_fen,
        share.hotel_fen,
        share.government_fen,
    )


def may_see(viewer: Viewer, published: Published, seat: Seat) -> bool:
    """Whether the rider of a seat is one of the viewer's."""
    subject = viewer.subject or ""
    own: Mapping[Role, Callable[[], bool]] = {
        Role.ENTERPRISE: lambda: employer(published.plan, seat.worker_id) == viewer.subject,
        Role.COORDINATOR: lambda: (
            viewer.subject is None or f"{published.plan_id}/{seat.trip_id}" in subject.split()
        ),
        Role.HOTEL: lambda: seat.drop_id == viewer.subject,
        Role.CARRIER: lambda: False,
        Role.ORIGIN: lambda: lies_in(_home(published, seat), subject),
        Role.WORKER: lambda: seat.worker_id == viewer.subject,
    }
    return viewer.role in _SEE_ALL or own[viewer.role]()


def _concerns(viewer: Viewer, published: Published, trip: Trip) -> bool:
    """Whether a trip without a rider of the viewer's is theirs all the same."""
    scenario = published.scenario
    if viewer.role is Role.CARRIER:
        return bool(viewer.subject) and _operator(scenario, trip) == viewer.subject
    return viewer.role is Role.ORIGIN and any(
        stop.kind is StopKind.PICKUP and _leaves_from(viewer, scenario, stop) for stop in trip.stops
    )


def _operator(scenario: Scenario, trip: Trip) -> str:
    fleet = scenario.fleets.get(trip.fleet_id)
    return fleet.operator if fleet else ""


def _leaves_from(viewer: Viewer, scenario: Scenario, stop: Stop) -> bool:
    pickup = scenario.pickups.get(stop.place_id or "")
    return pickup is not None and lies_in(pickup.adcode, viewer.subject or "")


def _stops(viewer: Viewer, scenario: Scenario, trip: Trip, own: tuple[Seat, ...]) -> Iterator[StopView]:
    whole = viewer.role in _SEE_ROUTE
    boards, alights = Counter(s.pickup_id for s in own), Counter(s.drop_id for s in own)
    for stop in trip.stops:
        place = stop.place_id or ""
        up = boards[place] if stop.kind is StopKind.PICKUP else 0
        down = alights[place] if stop.kind is StopKind.DROP else 0
        if viewer.role is Role.HOTEL:
            up = 0
        if (
            viewer.role is Role.ORIGIN
            and stop.kind is StopKind.PICKUP
            and _leaves_from(viewer, scenario, stop)
        ):
            up = stop.boarding
        if whole:
            up, down = stop.boarding, stop.alighting
        if whole or up or down:
            name = _name(scenario, stop.place_id)
            yield StopView(stop.kind, stop.place_id, name, stop.arrive, stop.depart, up, down)


def _name(scenario: Scenario, place_id: str | None) -> str | None:
    place = (
        scenario.pickups.get(place_id or "")
        or scenario.hotels.get(place_id or "")
        or scenario.enterprises.get(place_id or "")
    )
    return place.name if place else None


def _rider(viewer: Viewer, published: Published, seat: Seat) -> RiderView:
    role = viewer.role
    firm = employer(published.plan, seat.worker_id) if role in _SEE_EMPLOYER else None
    home = _home(published, seat)
    # A pickup tells where somebody comes from: a hotel has no use for that.
    pickup = "" if role is Role.HOTEL else seat.pickup_id
    risk = published.plan.trip_by_id[seat.trip_id].risk
    shown = home if role in _SEE_HOME else None
    return RiderView(seat.worker_id, seat.seat, pickup, seat.drop_id, firm, shown or None, risk)


def _home(published: Published, seat: Seat) -> str:
    """The adcode of a rider's home; a kept trip may carry somebody whom the scenario no longer knows."""
    worker = published.scenario.workers.get(seat.worker_id)
    return worker.adcode if worker else ""


def _own_fen(plan: Plan, own: tuple[Seat, ...]) -> tuple[int, int]:
    shares = [s for seat in own for s in plan.shares_of.get(seat.worker_id, ()) if s.item is Item.TRIP]
    return sum(s.total_fen for s in shares), sum(s.enterprise_fen for s in shares)
