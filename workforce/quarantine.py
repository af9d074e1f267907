"""What follows for those who must begin their quarantine again: single rooms by night, seats they leave."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from workforce.closed_loop import BEIJING
from workforce.entities import Hotel
from workforce.plan import Stay, StopKind
from workforce.rosters import Roster
from workforce.scenario import Scenario
from workforce.tracing import Order

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Night:
    """A night, the evening of ``day``.

    Attributes:
        needed: how many must be alone in a room.
        held: how many of them are, or will be by the plan.
        free: by hotel, single rooms that nobody has.
    """

    day: date
    needed: int
    held: int
    free: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class SeatToLeave:
    """A seat of a plan in force on a coach that has not left yet."""

    worker_id: str
    plan_id: str
    trip_id: str
    seat: int
    leaves: datetime


def is_single(room: str) -> bool:
    """Whether a room is one for a single person, by its number as plans have it."""
    return room.startswith("S")


def seats_to_leave(orders: Iterable[Order], roster: Roster, now: datetime) -> list[SeatToLeave]:
    """Seats on coaches that leave the pickup later than now, and before the quarantine ends."""
    found = []
    for order in orders:
        expected = roster.expected(order.worker_id)
        planned = roster.trip(expected.plan_id, expected.trip_id) if expected is not None else None
        if expected is None or planned is None:
            continue
        boards = [s for s in planned.trip.stops if s.kind is StopKind.PICKUP]
        leaves = min((s.depart for s in boards if s.place_id == expected.pickup_id), default=boards[0].depart)
        at = leaves.replace(tzinfo=BEIJING)
        if at > now and leaves.date() < order.until:
            seat = SeatToLeave(order.worker_id, expected.plan_id, expected.trip_id, expected.seat, at)
            found.append(seat)
    return found


def without_room(orders: Iterable[Order], today: date, of_contacts: Iterable[Stay]) -> list[str]:
    """Who must be alone in a room and has none, nor will have by the plan."""
    housed = {b.worker_id for b in of_contacts if is_single(b.room)}
    return [o.worker_id for o in orders if o.until > today and o.worker_id not in housed]


def days_of(orders: Iterable[Order], today: date) -> list[date]:
    """The nights, from tonight on, in which somebody is in quarantine."""
    end = max((order.until for order in orders), default=today)
    return [today + i * _DAY for i in range((end - today).days)]


def nights(
    orders: Sequence[Order],
    days: Sequence[date],
    of_contacts: Iterable[Stay],
    free: Mapping[str, Mapping[date, int]],
) -> list[Night]:
    """The nights for which somebody needs a single room, and where there are free ones.

    Args:
        of_contacts: the rooms of those who must begin again.
        free: as ``free_singles`` has it.
    """
    until = {order.worker_id: order.until for order in orders}
    singles = [b for b in of_contacts if is_single(b.room)]
    found = []
    for day in days:
        held = {b.worker_id for b in singles if b.check_in <= day < min(b.check_out, until[b.worker_id])}
        needed = sum(day < order.until for order in orders)
        found.append(Night(day, needed, len(held), {h: n[day] for h, n in free.items() if n.get(day)}))
    return found


def free_singles(
    days: Sequence[date], hotels: Iterable[Hotel], stays: Iterable[Stay], scenario: Scenario
) -> dict[str, dict[date, int]]:
    """By hotel and day, how many single rooms are free; a room is not while it is turned over.

    Args:
        stays: all rooms that are somebody's; those of other hotels do not matter.
    """
    if not days:
        return {}
    begin, end, pause = days[0], days[-1] + _DAY, scenario.policy.turnover_days * _DAY
    of_hotel = {hotel.hotel_id: hotel for hotel in hotels}
    taken: dict[tuple[str, str], set[date]] = {}

    def take(hotel_id: str, room: str, first: date, until: date) -> None:
        one, last = max(first - pause, begin), min(until + pause, end)
        blocked = (one + i * _DAY for i in range((last - one).days))
        taken.setdefault((hotel_id, room), set()).update(blocked)

    after, before = begin - pause, end + pause
    for stay in stays:
        if stay.check_out > after and stay.check_in < before and stay.hotel_id in of_hotel:
            take(stay.hotel_id, stay.room, stay.check_in, stay.check_out)
    for busy in scenario.busy:
        if busy.place_id in of_hotel:
            take(busy.place_id, busy.unit, busy.first_day, busy.last_day + _DAY)
    found = {
        hotel_id: {day: hotel.single_rooms for day in days if _open(hotel, day, scenario)}
        for hotel_id, hotel in of_hotel.items()
    }
    for (hotel_id, room), blocked_days in taken.items():
        known = is_single(room) and room[1:].isdecimal() and int(room[1:]) <= of_hotel[hotel_id].single_rooms
        for day in blocked_days & found[hotel_id].keys() if known else ():
            found[hotel_id][day] -= 1
    return found


def _open(hotel: Hotel, day: date, scenario: Scenario) -> bool:
    if (hotel.first_night and day < hotel.first_night) or (hotel.last_night and day > hotel.last_night):
        return False
    return not any(first <= day <= last for first, last in scenario.closed_days.get(hotel.hotel_id, ()))
