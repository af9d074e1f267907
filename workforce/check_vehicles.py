"""The rules of vehicles: their numbers, and one trip a day each."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from workforce.check_case import Case, days_of
from workforce.plan import Trip


def check_vehicles(case: Case) -> None:
    used: dict[tuple[str, int], list[Trip]] = defaultdict(list)
    for trip in case.plan.trips:
        fleet = case.scenario.fleets.get(trip.fleet_id)
        if fleet and not 1 <= trip.vehicle_no <= fleet.vehicles:
            kept = trip.trip_id in case.kept
            case.broken("vehicle-number", trip.trip_id, kept, fleet=fleet.fleet_id, vehicle=trip.vehicle_no)
        used[trip.fleet_id, trip.vehicle_no].append(trip)
    for (fleet_id, vehicle), trips in used.items():
        for earlier, trip in _overlaps(trips):
            case.broken(
                "vehicle-overlap",
                trip.trip_id,
                {earlier.trip_id, trip.trip_id} <= case.kept,
                fleet=fleet_id,
                vehicle=vehicle,
                other=earlier.trip_id,
            )
        for trip in trips:
            leaves, back = days_of(trip)
            for busy in case.busy.get((fleet_id, str(vehicle)), ()):
                if leaves <= busy.last_day and busy.first_day <= back:
                    case.broken(
                        "vehicle-busy",
                        trip.trip_id,
                        trip.trip_id in case.kept,
                        fleet=fleet_id,
                        vehicle=vehicle,
                        first=busy.first_day,
                        last=busy.last_day,
                    )


def _overlaps(trips: Sequence[Trip]) -> Iterator[tuple[Trip, Trip]]:
    """Each trip of one vehicle that starts while an earlier one is still out, with that one."""
    ordered = sorted(trips, key=lambda trip: (days_of(trip), trip.trip_id))
    if not ordered:
        return
    longest = ordered[0]
    for trip in ordered[1:]:
        if days_of(trip)[0] <= days_of(longest)[1]:
            yield longest, trip
        longest = max(longest, trip, key=lambda t: days_of(t)[1])
