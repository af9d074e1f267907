"""Whether an older plan says one thing of the trips that are to be kept: people act on those rows again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from workforce.faults import Fault, Text, fault
from workforce.plan import Item, Plan, StopKind, Trip


def contradictions(plan: Plan, trip_ids: Iterable[str]) -> tuple[Fault, ...]:
    """Where the rows of these trips and their riders do not fit each other, whatever the scenario says."""
    return tuple(
        fault("kept_trip_damaged", trip=trip_id, what=what)
        for trip_id in sorted(trip_ids)
        for what in _of_trip(plan, plan.trip_by_id[trip_id])
    )


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
