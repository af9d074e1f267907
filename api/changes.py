"""What a new plan changes for the people of an older one: who moved, who joined, who fell out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from workforce.plan import Plan, Reason


class Kind(StrEnum):
    MOVED = "moved"
    JOINED = "joined"
    FELL_OUT = "fell_out"


@dataclass(frozen=True, slots=True)
class Ride:
    """What a worker was told: when to board what coach where, and when it arrives where."""

    fleet_id: str
    vehicle_no: int
    pickup_id: str
    boards: datetime
    drop_id: str
    alights: datetime


@dataclass(frozen=True, slots=True)
class Change:
    """One worker whose ride differs; ``reason`` is why one fell out, None for one whom the scenario lost."""

    worker_id: str
    kind: Kind
    before: Ride | None
    after: Ride | None
    reason: Reason | None = None


def changes(old: Plan, new: Plan) -> Iterator[Change]:
    """By kind and worker id: everybody whose ride is not what the older plan said.

    Another seat on the same coach, another trip id or another room of the hotel is no change here.
    """
    before, after = dict(_rides(old)), dict(_rides(new))
    reasons = {row.worker_id: row.reason for row in new.unserved}
    for worker in sorted(before.keys() & after.keys()):
        if before[worker] != after[worker]:
            yield Change(worker, Kind.MOVED, before[worker], after[worker])
    for worker in sorted(after.keys() - before.keys()):
        yield Change(worker, Kind.JOINED, None, after[worker])
    for worker in sorted(before.keys() - after.keys()):
        yield Change(worker, Kind.FELL_OUT, before[worker], None, reasons.get(worker))


def _rides(plan: Plan) -> Iterator[tuple[str, Ride]]:
    arrivals = {(t.trip_id, stop.place_id): stop.arrive for t in plan.trips for stop in t.stops}
    for seat in plan.seats:
        trip = plan.trip_by_id.get(seat.trip_id)
        boards = arrivals.get((seat.trip_id, seat.pickup_id))
        alights = arrivals.get((seat.trip_id, seat.drop_id))
        if trip and boards and alights:  # a plan edited by hand may lack one of them
            ride = Ride(trip.fleet_id, trip.vehicle_no, seat.pickup_id, boards, seat.drop_id, alights)
            yield seat.worker_id, ride
