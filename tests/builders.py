"""Small builders for tests: records with sensible defaults, one small legal scenario and its plan.

The base scenario has two pickups (P1, P2), two enterprises (E1 of priority 1, E2 of priority 4,
short of workers), a hotel (H1), a fleet of three coaches (F1) and seven workers:

* W1 and W2 of E1, low risk;
* J1, a welder of low risk without an enterprise, for whom E2 has the vacancy V1;
* Q1 and Q2, a party of medium risk of E1, who owe three nights of quarantine; Q3 alike, alone;
* X1 of E2, for whom there is no seat.

The base plan carries the first three on trip T1 and the quarantined on T2.  ``settle`` fills in
all that follows from clocks, seats, stays and placements, so that a test can change one thing
and break one rule.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from workforce.check import check
from workforce.entities import (
    Busy,
    Closure,
    Enterprise,
    Fleet,
    Hotel,
    Pickup,
    Risk,
    Road,
    Vacancy,
    Worker,
)
from workforce.geodesy import geodesic_km
from workforce.money import Claim, divide_government, half_up, room_parts, split_evenly, trip_parts
from workforce.plan import (
    Cost,
    Item,
    Placement,
    Plan,
    Reason,
    Seat,
    Share,
    Status,
    Stay,
    Stop,
    StopKind,
    Summary,
    Trip,
    Unserved,
)
from workforce.policy import Driving, Policy, RoomShares, TripRules, TripShares, Zone
from workforce.scenario import Scenario

DAY = date(2020, 3, 2)  # on which the base plan's trips run
LOW_ADCODE, MEDIUM_ADCODE, HIGH_ADCODE = "640402", "610702", "420106"
DEFAULT_ROADS: Mapping[tuple[str, str], tuple[float, int]] = {
    ("F1", "P1"): (50, 40),
    ("F1", "P2"): (45, 40),
    ("P1", "P2"): (30.5, 30),
    ("P1", "E1"): (130, 110),
    ("P2", "E1"): (100.25, 80),
    ("E1", "E2"): (10, 10),
    ("E1", "F1"): (20, 20),
    ("E2", "F1"): (20, 20),
    ("P1", "H1"): (120, 100),
    ("P2", "H1"): (100, 90),
    ("H1", "F1"): (15.125, 15),
    ("H1", "E1"): (8.35, 10),
}


def day(text: str) -> date:
    return date.fromisoformat(text)


def at(text: str) -> datetime:
    """``08:40`` on the base day, ``3T08:40`` on that day of its month, or a full ISO time."""
    if "-" in text:
        return datetime.fromisoformat(text)
    number, _, clock = text.rpartition("T")
    return datetime.combine(DAY.replace(day=int(number)) if number else DAY, time.fromisoformat(clock))


def make_enterprise(enterprise_id: str = "E1", **changes: Any) -> Enterprise:
    made = Enterprise(
        enterprise_id=enterprise_id,
        name=f"works {enterprise_id}",
        priority=1,
        lat=39.70,
        lon=106.80,
        workforce=10,
        present=8,
        restart_share=Decimal("0.5"),
    )
    return replace(made, **changes)


def make_vacancy(vacancy_id: str = "V1", **changes: Any) -> Vacancy:
    return replace(Vacancy(vacancy_id, "E2", "welder", 1, day("2020-03-06")), **changes)


def make_worker(worker_id: str = "W1", **changes: Any) -> Worker:
    made = Worker(
        worker_id=worker_id,
        name=f"worker {worker_id}",
        adcode=LOW_ADCODE,
        lat=38.50,
        lon=106.20,
        available_from=day("2020-03-01"),
        arrive_by=day("2020-03-08"),
        enterprise_id="E1",
    )
    return replace(made, **changes)


def make_pickup(pickup_id: str = "P1", **changes: Any) -> Pickup:
    return replace(Pickup(pickup_id, f"town {pickup_id}", LOW_ADCODE, 38.50, 106.20), **changes)


def make_fleet(fleet_id: str = "F1", **changes: Any) -> Fleet:
    made = Fleet(
        fleet_id=fleet_id,
        operator=f"coaches {fleet_id}",
        lat=39.60,
        lon=106.75,
        seats=12,
        vehicles=3,
        day_fen=100_000,
        km_yuan=Decimal("5"),
    )
    return replace(made, **changes)


def make_hotel(hotel_id: str = "H1", **changes: Any) -> Hotel:
    made = Hotel(
        hotel_id=hotel_id,
        name=f"hotel {hotel_id}",
        lat=39.68,
        lon=106.82,
        single_rooms=2,
        twin_rooms=2,
        single_fen=12_000,
        twin_fen=15_001,
        concession=Decimal("0.15"),
    )
    return replace(made, **changes)


def make_policy(**changes: Any) -> Policy:
    """A policy; a dict given for ``trips``, ``driving`` … changes single keys of that section."""
    made = Policy(
        name="small case",
        first_day=day("2020-03-01"),
        last_day=day("2020-03-07"),
        detour_factor=1.3,
        speed_kmh=75.0,
        zones={
            Risk.LOW: Zone(True, 0, Decimal("1.0")),
            Risk.MEDIUM: Zone(True, 3, Decimal("0.5")),
            Risk.HIGH: Zone(False, 14, Decimal("0.5")),
        },
        trips=TripRules(
            max_pickups=2,
            max_drops=2,
            stop_minutes=20,
            max_access_km=40.0,
            access_yuan_per_km=Decimal("0.2"),
            max_ride_minutes=600,
            leave_depot=(time(5), time(22)),
            reception=(time(6), time(23)),
            observation_seats=2,
        ),
        driving=Driving(
            max_minutes_per_driver=480,
            break_after_minutes=240,
            break_minutes=20,
            rest_minutes=480,
            extra_driver_fen_per_day=60_000,
            night_ban=(time(2), time(5)),
        ),
        turnover_days=1,
        transfer_yuan_per_km=Decimal("0.5"),
        trip_shares=TripShares(Decimal("0.1"), 5_000, Decimal("0.5"), 20_000),
        room_shares=RoomShares(2_000, Decimal("0.3"), 6_000),
        priority_weights=(8, 4, 2, 1),
        restart_bonus=20,
        wait_fen_per_day=(4_000, 2_000, 1_000, 500),
    )
    return _with_sections(made, changes)


def _with_sections(policy: Policy, changes: Mapping[str, Any]) -> Policy:
    for name, value in changes.items():
        if isinstance(value, dict):
            section: Any = getattr(policy, name)
            value = {**section, **value} if isinstance(section, Mapping) else replace(section, **value)
        policy = replace(policy, **{name: value})
    return policy


def _keyed(rows: Iterable[Any]) -> dict[str, Any]:
    """By the id, which is the first field of each table's record."""
    return {getattr(row, fields(row)[0].name): row for row in rows}


def make_scenario(**tables: Any) -> Scenario:
    """The base scenario; each table given (a sequence of records, roads as a mapping) replaces its own."""
    base: dict[str, Any] = {
        "policy": make_policy(),
        "enterprises": [
            make_enterprise("E1"),
            make_enterprise("E2", priority=4, lat=39.75, lon=106.85, present=4),
        ],
        "vacancies": [make_vacancy()],
        "workers": [
            make_worker("W1"),
            make_worker("W2", lat=38.70, lon=106.30, available_from=day("2020-02-20")),
            make_worker("J1", lat=38.55, enterprise_id=None, occupation="welder"),
            make_worker("Q1", adcode=MEDIUM_ADCODE, party_id="A"),
            make_worker("Q2", adcode=MEDIUM_ADCODE, party_id="A"),
            make_worker("Q3", adcode=MEDIUM_ADCODE),
            make_worker("X1", enterprise_id="E2"),
        ],
        "pickups": [make_pickup("P1"), make_pickup("P2", lat=38.75, lon=106.35)],
        "fleets": [make_fleet()],
        "hotels": [make_hotel()],
        "zones": {MEDIUM_ADCODE: Risk.MEDIUM, HIGH_ADCODE: Risk.HIGH},
        "roads": DEFAULT_ROADS,
    }
    base |= tables
    keyed = ("enterprises", "vacancies", "workers", "pickups", "fleets", "hotels")
    made: dict[str, Any] = {name: _keyed(rows) if name in keyed else rows for name, rows in base.items()}
    made["roads"] = {pair: Road(float(km), minutes) for pair, (km, minutes) in base["roads"].items()}
    made["busy"], made["closures"] = tuple(base.get("busy", ())), tuple(base.get("closures", ()))
    made["suppliers"] = tuple(base.get("suppliers", ()))
    return Scenario(**made)


def change(scenario: Scenario, table: str, row_id: str, **changes: Any) -> Scenario:
    """The scenario with some columns of one row changed."""
    rows = getattr(scenario, table)
    changed: dict[str, Any] = {table: {**rows, row_id: replace(rows[row_id], **changes)}}
    return replace(scenario, **changed)


def with_policy(scenario: Scenario, **changes: Any) -> Scenario:
    """The scenario with some keys of its policy changed, as in ``make_policy``."""
    return replace(scenario, policy=_with_sections(scenario.policy, changes))


def make_busy(place_id: str, unit: str, first_day: str, last_day: str) -> Busy:
    return Busy(place_id, unit, day(first_day), day(last_day))


def make_closure(place_id: str, first_day: str, last_day: str) -> Closure:
    return Closure(place_id, day(first_day), day(last_day))


Row = tuple[str, str | None, str] | tuple[str, str | None, str, str]


def make_stops(rows: Sequence[Row], stop_minutes: int = 20) -> tuple[Stop, ...]:
    """Stops from (kind, place, arrive[, depart]); pickups and drops last ``stop_minutes`` unless told."""
    stops = []
    for seq, row in enumerate(rows, 1):
        kind, arrive = StopKind(row[0]), at(row[2])
        stays = timedelta(minutes=stop_minutes if kind in (StopKind.PICKUP, StopKind.DROP) else 0)
        depart = at(row[3]) if len(row) == 4 else arrive + stays
        stops.append(Stop(seq, kind, row[1], arrive, depart, Decimal(0)))
    return tuple(stops)


def make_trip(trip_id: str = "T1", rows: Sequence[Row] = (), **changes: Any) -> Trip:
    """A trip of vehicle 1 of F1; days, km and cost are 0 until ``settle`` fills them in."""
    made = Trip(trip_id, "F1", 1, Risk.LOW, 1, DAY, DAY, Decimal(0), 0, make_stops(rows))
    return replace(made, **changes)


T1_ROWS: tuple[Row, ...] = (
    ("depart", "F1", "08:00"),
    ("pickup", "P1", "08:40"),
    ("pickup", "P2", "09:30"),
    ("drop", "E1", "11:10"),
    ("drop", "E2", "11:40"),
    ("return", "F1", "12:20"),
)
T2_ROWS: tuple[Row, ...] = (
    ("depart", "F1", "08:00"),
    ("pickup", "P1", "08:40"),
    ("drop", "H1", "10:40"),
    ("return", "F1", "11:15"),
)


def make_stay(worker_id: str, room: str, **changes: Any) -> Stay:
    return replace(Stay(worker_id, "H1", room, DAY, DAY + timedelta(days=3)), **changes)


def make_plan(scenario: Scenario | None = None, **tables: Any) -> Plan:
    """The base plan, settled; each table given replaces its own."""
    scenario = scenario or make_scenario()
    base: dict[str, Any] = {
        "trips": (make_trip("T1", T1_ROWS), make_trip("T2", T2_ROWS, vehicle_no=2, risk=Risk.MEDIUM)),
        "seats": (
            Seat("T1", 1, "W1", "P1", "E1"),
            Seat("T1", 2, "W2", "P2", "E1"),
            Seat("T1", 3, "J1", "P1", "E2"),
            Seat("T2", 1, "Q1", "P1", "H1"),
            Seat("T2", 2, "Q2", "P1", "H1"),
            Seat("T2", 3, "Q3", "P1", "H1"),
        ),
        "stays": (make_stay("Q1", "T1"), make_stay("Q2", "T1"), make_stay("Q3", "S1")),
        "placements": (Placement("J1", "V1"),),
        "unserved": (Unserved("X1", Reason.NO_SEAT, "F1 2020-03-02"),),
    }
    base |= tables
    return settle(scenario, Plan(**base, shares=(), summary=EMPTY_SUMMARY))


EMPTY_SUMMARY = Summary("", Status.FEASIBLE, 0, 0, 0, Decimal(0), Decimal(0), Cost(), 0, 0.0, 0, "builder 1")


def settle(scenario: Scenario, plan: Plan) -> Plan:
    """The plan with counts, km, days, costs, shares and summary as they follow from its other rows."""
    plan = replace(plan, trips=tuple(_settle_trip(scenario, plan, trip) for trip in plan.trips))
    plan = replace(plan, shares=_shares(scenario, plan))
    return replace(plan, summary=_summary(scenario, plan))


def _settle_trip(scenario: Scenario, plan: Plan, trip: Trip) -> Trip:
    riders = plan.riders.get(trip.trip_id, ())
    ups, downs = Counter(s.pickup_id for s in riders), Counter(s.drop_id for s in riders)
    places = [stop.place_id for stop in trip.stops if stop.kind is not StopKind.REST]
    roads = [scenario.road(a or "", b or "").km for a, b in pairwise(places)]
    # The whole road is driven before the first rest of a leg: any division of it is legal.
    ahead = iter(roads)
    stops, told = [], False
    for i, stop in enumerate(trip.stops):
        km = Decimal(0)
        if i and not told:
            km, told = _cents(Decimal(str(next(ahead)))), True
        if stop.kind is not StopKind.REST:
            told = False
        up = ups[stop.place_id or ""] if stop.kind is StopKind.PICKUP else 0
        down = downs[stop.place_id or ""] if stop.kind is StopKind.DROP else 0
        stops.append(replace(stop, km=km, boarding=up, alighting=down))
    first, last = stops[0].depart.date(), stops[-1].arrive.date()
    days, km = (last - first).days + 1, sum((Decimal(str(road)) for road in roads), Decimal(0))
    fleet = scenario.fleets[trip.fleet_id]
    crew = (trip.drivers - 1) * days * scenario.policy.driving.extra_driver_fen_per_day
    cost = half_up(days * fleet.day_fen + km * fleet.km_yuan * 100 + crew)
    return replace(trip, first_day=first, last_day=last, km=_cents(km), cost_fen=cost, stops=tuple(stops))


def _cents(km: Decimal) -> Decimal:
    return Decimal(half_up(km * 100)) / 100


def _enterprises(scenario: Scenario, plan: Plan) -> dict[str, str]:
    found = {}
    for worker_id in plan.seat_of:
        worker = scenario.workers[worker_id]
        vacancy = scenario.vacancies.get(plan.placement_of.get(worker_id, ""))
        enterprise_id = worker.enterprise_id or (vacancy.enterprise_id if vacancy else None)
        if enterprise_id:
            found[worker_id] = enterprise_id
    return found


def _shares(scenario: Scenario, plan: Plan) -> tuple[Share, ...]:
    policy, enterprise_of = scenario.policy, _enterprises(scenario, plan)
    parts = []
    for trip in plan.trips:
        riders = [seat.worker_id for seat in plan.riders.get(trip.trip_id, ())]
        for worker_id, part in (split_evenly(trip.cost_fen, riders) if riders else {}).items():
            parts.append((worker_id, Item.TRIP, trip_parts(part, policy.trip_shares)))
    together = defaultdict(list)
    for stay in plan.stays:
        together[stay.hotel_id, stay.room, stay.check_in, stay.check_out].append(stay.worker_id)
    for (hotel_id, room, check_in, check_out), workers in together.items():
        hotel, nights = scenario.hotels[hotel_id], (check_out - check_in).days
        price = nights * (hotel.single_fen if room[0] == "S" else hotel.twin_fen)
        for worker_id, part in split_evenly(price, workers).items():
            rule = room_parts(part, nights, hotel.concession, policy.room_shares)
            parts.append((worker_id, Item.ROOM, rule))
            if worker_id in enterprise_of:
                km = Decimal(str(scenario.road(hotel_id, enterprise_of[worker_id]).km))
                fen = half_up(km * policy.transfer_yuan_per_km * 100)
                parts.append(
                    (worker_id, Item.TRANSFER, replace(rule, total=fen, worker=0, hotel=0, government=0))
                )
    parts = [row for row in parts if row[0] in enterprise_of]
    claims = [
        Claim(
            enterprise_of[worker_id],
            scenario.effective_priority[enterprise_of[worker_id]],
            (worker_id, item),
            part.government,
        )
        for worker_id, item, part in parts
    ]
    entitled = sum(claim.entitled_fen for claim in claims)
    budget = entitled if policy.government_fen is None else policy.government_fen
    paid = divide_government(claims, budget, {})
    return tuple(
        Share(
            worker_id,
            item,
            enterprise_of[worker_id],
            part.total,
            part.total - part.worker - part.hotel - government,
            part.worker,
            part.hotel,
            government,
        )
        for (worker_id, item, part), government in zip(parts, paid, strict=True)
    )


def _summary(scenario: Scenario, plan: Plan) -> Summary:
    policy, enterprise_of = scenario.policy, _enterprises(scenario, plan)
    back = Counter(enterprise_of.values())
    restarted = [
        e
        for e in scenario.enterprises.values()
        if e.restarts_with is not None and back[e.enterprise_id] >= e.restarts_with
    ]
    weight = sum(n * scenario.weight_of(e) for e, n in back.items())
    weight += sum(policy.restart_bonus * scenario.weight_of(e.enterprise_id) for e in restarted)
    arrivals = {(t.trip_id, stop.place_id): stop.arrive.date() for t in plan.trips for stop in t.stops}
    access_km, waiting = 0.0, 0
    for worker_id, enterprise_id in enterprise_of.items():
        worker, seat = scenario.workers[worker_id], plan.seat_of[worker_id]
        pickup = scenario.pickups[seat.pickup_id]
        access_km += float(geodesic_km(worker.lat, worker.lon, pickup.lat, pickup.lon))
        ready = max(worker.available_from, policy.first_day)
        arrival = arrivals.get((seat.trip_id, seat.drop_id), ready)
        priority = scenario.effective_priority[enterprise_id]
        waiting += policy.wait_fen_per_day[priority - 1] * (arrival - ready).days
    totals = {item: [s for s in plan.shares if s.item is item] for item in Item}
    cost = Cost(
        trips=sum(trip.cost_fen for trip in plan.trips),
        rooms=sum(s.total_fen - s.hotel_fen for s in totals[Item.ROOM]),
        transfers=sum(s.total_fen for s in totals[Item.TRANSFER]),
        access=half_up(Decimal(str(access_km)) * policy.trips.access_yuan_per_km * 100),
        waiting=waiting,
    )
    return replace(
        plan.summary,
        scenario=policy.name,
        workers=len(scenario.workers),
        served=len(plan.seat_of),
        restarted=len(restarted),
        weight=Decimal(str(weight)),
        weight_bound=Decimal(str(weight)) + 1,
        cost=cost,
        cost_bound_fen=cost.total - 1,
    )


def make_plan_of_one(
    scenario: Scenario, rows: Sequence[Row], riders: Sequence[tuple[str, str, str]], **trip_changes: Any
) -> Plan:
    """A settled plan of one trip; riders are (worker, pickup, drop), everybody else stays behind."""
    aboard = {worker_id for worker_id, _, _ in riders}
    left = tuple(
        Unserved(worker_id, Reason.SEARCH_ENDED, "detail")
        for worker_id in scenario.workers
        if worker_id not in aboard
    )
    return make_plan(
        scenario,
        trips=(make_trip("T1", rows, **trip_changes),),
        seats=tuple(Seat("T1", n, *rider) for n, rider in enumerate(riders, 1)),
        stays=(),
        placements=(),
        unserved=left,
    )


def broken(
    scenario: Scenario, plan: Plan, kept: Plan | None = None, kept_trips: Iterable[str] = ()
) -> list[str]:
    """The codes of the rules that a plan breaks, sorted, once for each violation."""
    verdict = check(scenario, plan, kept, frozenset(kept_trips))
    return sorted(violation.rule for violation in verdict.violations)


def with_trip(plan: Plan, trip_id: str, **changes: Any) -> Plan:
    trips = tuple(replace(t, **changes) if t.trip_id == trip_id else t for t in plan.trips)
    return replace(plan, trips=trips)


def with_stop(plan: Plan, trip_id: str, seq: int, **changes: Any) -> Plan:
    stops = plan.trip_by_id[trip_id].stops
    return with_trip(plan, trip_id, stops=tuple(replace(s, **changes) if s.seq == seq else s for s in stops))


def with_seat(plan: Plan, worker_id: str, **changes: Any) -> Plan:
    seats = tuple(replace(s, **changes) if s.worker_id == worker_id else s for s in plan.seats)
    return replace(plan, seats=seats)


def with_stay(plan: Plan, worker_id: str, **changes: Any) -> Plan:
    stays = tuple(replace(s, **changes) if s.worker_id == worker_id else s for s in plan.stays)
    return replace(plan, stays=stays)


def with_share(plan: Plan, worker_id: str, item: Item, **changes: Any) -> Plan:
    shares = tuple(
        replace(s, **changes) if (s.worker_id, s.item) == (worker_id, item) else s for s in plan.shares
    )
    return replace(plan, shares=shares)


def with_summary(plan: Plan, **changes: Any) -> Plan:
    return replace(plan, summary=replace(plan.summary, **changes))


def leave_behind(plan: Plan, worker_id: str, reason: Reason, detail: str = "detail") -> Plan:
    """The plan without a worker's seat, stay and placement, who is unserved instead."""
    return replace(
        plan,
        seats=tuple(s for s in plan.seats if s.worker_id != worker_id),
        stays=tuple(s for s in plan.stays if s.worker_id != worker_id),
        placements=tuple(p for p in plan.placements if p.worker_id != worker_id),
        unserved=(
            *(u for u in plan.unserved if u.worker_id != worker_id),
            Unserved(worker_id, reason, detail),
        ),
    )
