"""From plain rides to a whole plan: what of them a scenario still allows, who pays, what it is worth."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal

from data.invention.plain_plan import Ride
from workforce.entities import Closure, Worker
from workforce.geodesy import geodesic_km
from workforce.money import Claim, Parts, divide_government, half_up, room_parts, split_evenly, trip_parts
from workforce.plan import Cost, Item, Placement, Plan, Reason, Share, Status, StopKind, Summary, Unserved
from workforce.scenario import Scenario


def witness(scenario: Scenario, rides: Iterable[Ride]) -> Plan:
    """The legal plan of those rides that the scenario has coaches, rooms and money for.

    The riders' dates and vacancies must allow the rides already.  Its bounds are the trivial ones, and
    the reason given for those who stay behind is that the search ended, but for zones that send nobody.
    """
    kept = tuple(_affordable(scenario, [r for r in rides if _has_place(scenario, r)]))
    placements = tuple(sorted(_placements(kept), key=lambda p: p.worker_id))
    seats = tuple(seat for ride in kept for seat in ride.seats)
    riding = {seat.worker_id for seat in seats}
    unserved = tuple(
        _left_behind(scenario, w) for w in scenario.workers.values() if w.worker_id not in riding
    )
    shares = tuple(_shares(scenario, kept))
    return Plan(
        trips=tuple(ride.trip for ride in kept),
        seats=seats,
        stays=tuple(stay for ride in kept for stay in ride.stays),
        placements=placements,
        shares=shares,
        unserved=unserved,
        summary=_summary(scenario, kept, shares),
    )


def entitled_fen(scenario: Scenario, rides: Iterable[Ride]) -> int:
    """What the government would pay for the rides with no limit to its budget."""
    return sum(parts.government for _, _, _, parts in _parts(scenario, rides))


def spent_fen(scenario: Scenario, rides: Iterable[Ride]) -> Mapping[str, int]:
    """What each enterprise pays for the rides when the government pays all it is entitled to."""
    spent: Counter[str] = Counter()
    for _, _, enterprise, parts in _parts(scenario, rides):
        spent[enterprise] += parts.enterprise
    return spent


def _has_place(scenario: Scenario, ride: Ride) -> bool:
    """Whether there are the vehicle and the rooms, no stop is closed and no rider pays too dear a trip."""
    trip, dearest = ride.trip, scenario.policy.trips.max_fen_per_worker
    fleet = scenario.fleets.get(trip.fleet_id)
    if fleet is None or trip.vehicle_no > fleet.vehicles:
        return False
    if dearest is not None and trip.cost_fen > dearest * len(ride.seats):
        return False
    if _taken(scenario, trip.fleet_id, str(trip.vehicle_no), trip.first_day, trip.last_day, 0):
        return False
    for stay in ride.stays:
        hotel, last_night = scenario.hotels[stay.hotel_id], stay.check_out - timedelta(days=1)
        if int(stay.room[1:]) > (hotel.single_rooms if stay.room[0] == "S" else hotel.twin_rooms):
            return False
        if _taken(
            scenario, hotel.hotel_id, stay.room, stay.check_in, last_night, scenario.policy.turnover_days
        ):
            return False
    return not any(
        _touches(closure, stop.arrive.date(), stop.depart.date())
        for stop in trip.stops
        for closure in scenario.closures
        if closure.place_id == stop.place_id and stop.kind in (StopKind.PICKUP, StopKind.DROP)
    )


def _taken(scenario: Scenario, place: str, unit: str, first: date, last: date, gap_days: int) -> bool:
    gap = timedelta(days=gap_days)
    return any(
        busy.first_day <= last + gap and first <= busy.last_day + gap
        for busy in scenario.busy
        if (busy.place_id, busy.unit) == (place, unit)
    )


def _touches(closure: Closure, first: date, last: date) -> bool:
    return closure.first_day <= last and first <= closure.last_day


def _affordable(scenario: Scenario, rides: Sequence[Ride]) -> Iterator[Ride]:
    """Rides in their order, without those that could take an enterprise over its budget.

    Where the government's money does not cover all claims, nobody's is counted on.
    """
    limit = scenario.policy.government_fen
    short = limit is not None and entitled_fen(scenario, rides) > limit
    left = {e.enterprise_id: e.budget_fen for e in scenario.enterprises.values() if e.budget_fen is not None}
    for ride in rides:
        due: Counter[str] = Counter()
        for _, _, enterprise, parts in _parts(scenario, [ride]):
            due[enterprise] += parts.enterprise + (parts.government if short else 0)
        if all(due[e] <= left[e] for e in due if e in left):
            for enterprise in due.keys() & left.keys():
                left[enterprise] -= due[enterprise]
            yield ride


def _parts(scenario: Scenario, rides: Iterable[Ride]) -> Iterator[tuple[str, Item, str, Parts]]:
    """(worker, item, enterprise, who pays) of every share."""
    policy = scenario.policy
    for ride in rides:
        enterprise = {w: group.enterprise_id for group in ride.groups for w in group.workers}
        for worker, part in split_evenly(ride.trip.cost_fen, enterprise).items():
            yield worker, Item.TRIP, enterprise[worker], trip_parts(part, policy.trip_shares)
        guests = defaultdict(list)
        for stay in ride.stays:
            guests[stay.hotel_id, stay.room, stay.check_in, stay.check_out].append(stay.worker_id)
        for (hotel_id, room, check_in, check_out), workers in guests.items():
            hotel, nights = scenario.hotels[hotel_id], (check_out - check_in).days
            price = nights * (hotel.single_fen if room[0] == "S" else hotel.twin_fen)
            for worker, part in split_evenly(price, workers).items():
                shares = room_parts(part, nights, hotel.concession, policy.room_shares)
                yield worker, Item.ROOM, enterprise[worker], shares
                km = Decimal(str(scenario.road(hotel_id, enterprise[worker]).km))
                fen = half_up(policy.transfer_yuan_per_km * km * 100)
                yield worker, Item.TRANSFER, enterprise[worker], Parts(fen, 0, 0, 0)


def _shares(scenario: Scenario, rides: Sequence[Ride]) -> Iterator[Share]:
    parts = sorted(_parts(scenario, rides), key=lambda p: (p[0], p[1]))
    paid = [p.government for *_, p in parts]
    limit = scenario.policy.government_fen
    if limit is not None and sum(paid) > limit:
        spent = spent_fen(scenario, rides)
        budgets = {e.enterprise_id: e.budget_fen for e in scenario.enterprises.values()}
        spare = {e: budget - spent.get(e, 0) for e, budget in budgets.items() if budget is not None}
        claims = [
            Claim(enterprise, scenario.effective_priority[enterprise], (worker, item), p.government)
            for worker, item, enterprise, p in parts
        ]
        paid = divide_government(claims, limit, spare)
    for (worker, item, enterprise, p), government in zip(parts, paid, strict=True):
        rest = p.total - p.worker - p.hotel - government
        yield Share(worker, item, enterprise, p.total, rest, p.worker, p.hotel, government)


def _left_behind(scenario: Scenario, worker: Worker) -> Unserved:
    if scenario.zone_of(worker).admit:
        return Unserved(
            worker.worker_id, Reason.SEARCH_ENDED, "朴素计划不作搜索 a plain plan does not search"
        )
    zone = f"{worker.adcode}: {scenario.risk_of(worker.adcode)}"
    return Unserved(worker.worker_id, Reason.ZONE_NOT_ADMITTED, zone)


def _placements(rides: Iterable[Ride]) -> Iterator[Placement]:
    for ride in rides:
        for group in ride.groups:
            for worker, vacancy in zip(group.workers, group.vacancies, strict=True):
                if vacancy is not None:
                    yield Placement(worker, vacancy)


def _summary(scenario: Scenario, rides: Sequence[Ride], shares: Sequence[Share]) -> Summary:
    policy = scenario.policy
    back = Counter(g.enterprise_id for ride in rides for g in ride.groups for _ in g.workers)
    restarted = [
        e.enterprise_id
        for e in scenario.enterprises.values()
        if (need := e.restarts_with) is not None and back[e.enterprise_id] >= need
    ]
    weight = sum((n * _weight(scenario, e) for e, n in back.items()), Decimal(0))
    weight += sum((policy.restart_bonus * _weight(scenario, e) for e in restarted), Decimal(0))
    most = Decimal(max(policy.priority_weights)) * len(scenario.workers)
    most += sum((policy.restart_bonus * _weight(scenario, e) for e in scenario.enterprises), Decimal(0))
    waiting, access_km = 0, 0.0
    for ride in rides:
        enterprise = {w: g.enterprise_id for g in ride.groups for w in g.workers}
        arrivals = ride.arrivals
        for seat in ride.seats:
            worker = scenario.workers[seat.worker_id]
            pickup = scenario.pickups[seat.pickup_id]
            access_km += float(geodesic_km(worker.lat, worker.lon, pickup.lat, pickup.lon))
            days = (arrivals[seat.worker_id] - max(policy.first_day, worker.available_from)).days
            waiting += (
                days * policy.wait_fen_per_day[scenario.effective_priority[enterprise[seat.worker_id]] - 1]
            )
    return Summary(
        scenario=policy.name,
        status=Status.FEASIBLE,
        workers=len(scenario.workers),
        served=sum(back.values()),
        restarted=len(restarted),
        weight=weight,
        weight_bound=most,
        cost=Cost(
            trips=sum(ride.trip.cost_fen for ride in rides),
            rooms=sum(s.total_fen - s.hotel_fen for s in shares if s.item is Item.ROOM),
            transfers=sum(s.total_fen for s in shares if s.item is Item.TRANSFER),
            access=half_up(Decimal(str(access_km)) * policy.trips.access_yuan_per_km * 100),
            waiting=waiting,
        ),
        cost_bound_fen=0,
        seconds=0.0,
        seed=0,
        planner="plain plan",
    )


def _weight(scenario: Scenario, enterprise_id: str) -> Decimal:
    return Decimal(scenario.weight_of(enterprise_id))
