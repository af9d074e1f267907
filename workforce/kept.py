"""Trips that are kept: whether the older plan says one thing of them, and whether they are as they were.

People act on those rows again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from workforce.faults import Fault, Text, fault
from workforce.plan import Item, Plan, StopKind, Trip


def contradictions(plan: Plan, trip_ids: Iterable[str]) -> tuple[Fault, ...]:
    """Where the rows of these trips and their riders do not fit each other, whatever the scenario says."""
    return tuple(
        fault("kept_trip_damaged", trip=trip_id, what=what)
        for trip_id in sorted(trip_ids)
        for what in _of_trip(plan, plan.trip_by_id[trip_id])
    )


def changed_tables(old: Plan, new: Plan, trip_id: str) -> list[str]:
    """Where a trip of an older plan and what its riders have of that plan are not as they were."""
    riders = {seat.worker_id for seat in old.riders.get(trip_id, ())}
    before, after = _rows_of(old, trip_id, riders), _rows_of(new, trip_id, riders)
    return [table for table in before if before[table] != after[table]]


def _rows_of(plan: Plan, trip_id: str, riders: Iterable[str]) -> Mapping[str, object]:
    trip = plan.trip_by_id.get(trip_id)
    return {
        "trips": trip and replace(trip, stops=()),
        "stops": trip and trip.stops,
        "seats": frozenset(plan.riders.get(trip_id, ())),
        "rooms": {worker_id: plan.stay_of.get(worker_id) for worker_id in riders},
        "placements": {worker_id: plan.placement_of.get(worker_id) for worker_id in riders},
        "shares": {worker_id: frozenset(plan.shares_of.get(worker_id, ())) for worker_id in riders},
    }


def _of_trip(plan: Plan, trip: Trip) -> Iterator[Text]:
    riders = plan.riders.get(trip.trip_id, ())
    stops = trip.stops
    whole = stops and (stops[0].kind, stops[-1].kind) == (StopKind.DEPART, StopKind.RETURN)
    if not whole or [stop.seq for stop in stops] != list(range(1, len(stops) + 1)):
        yield Text("stops 中的行不完整", "stops lacks rows of it")
        return
    up, down = Counter(s.pickup_id for s in riders), Counter(s.drop_id for s in riders)
    boarding = {s.place_id: s.boarding for s in stops if s.kind is StopKind.PICKUP}
    alighting = {s.place_id: s.alighting for s in stops if s.kind is StopKind.DROP}
    if not riders or boarding != up or alighting != down:
        yield Text("stops 的上下车人数与 seats 不符", "the counts of stops are not those of seats")
        return
    paid = {}
    for seat in riders:
        worker = seat.worker_id
        items = {share.item: share for share in plan.shares_of.get(worker, ())}
        stay = plan.stay_of.get(worker)
        due = {Item.TRIP} if stay is None else {Item.TRIP, Item.ROOM, Item.TRANSFER}
        if set(items) != due:
            yield Text(f"{worker} 的 shares 与 rooms 不符", f"shares and rooms of {worker} do not fit")
            return
        if stay and stay.hotel_id != seat.drop_id:
            yield Text(f"{worker} 不住在下车的酒店", f"{worker} does not stay at the hotel of the drop")
        paid[worker] = items[Item.TRIP].total_fen
    if sum(paid.values()) != trip.cost_fen:
        yield Text("shares 的车费合计不等于其费用", "the shares of it do not add up to its cost")
