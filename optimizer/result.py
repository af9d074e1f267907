"""From the state of the search to a plan in the words of the contract."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from optimizer.instance import ENTERPRISE, VACANCY, VACANCY_END, Instance
from optimizer.options import Keep
from optimizer.search import (
    COUNT,
    DRIVERS,
    DROPS,
    FIRST,
    FLEET,
    I_DROP,
    I_OPTION,
    I_PICKUP,
    PICKUPS,
    STOPS,
    VEHICLE,
    WAY,
    State,
)
from optimizer.timetable_rows import DEPART, DROP, PICKUP, REST, RETURN, rows_of
from workforce.entities import Fleet
from workforce.geodesy import geodesic_km
from workforce.money import Claim, Parts, divide_government, half_up, room_parts, split_evenly, trip_parts
from workforce.plan import (
    Cost,
    Item,
    Placement,
    Seat,
    Share,
    Stay,
    Stop,
    StopKind,
    Trip,
)
from workforce.scenario import Scenario

KINDS = {
    DEPART: StopKind.DEPART,
    PICKUP: StopKind.PICKUP,
    DROP: StopKind.DROP,
    REST: StopKind.REST,
    RETURN: StopKind.RETURN,
}
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Carried:
    """What a plan does for those it serves; the rest of a plan follows from it."""

    trips: tuple[Trip, ...]
    seats: tuple[Seat, ...]
    stays: tuple[Stay, ...]
    placements: tuple[Placement, ...]
    shares: tuple[Share, ...]


def kept_of(keep: Keep) -> Carried:
    """What the trips do that stay as they are."""
    old = keep.plan
    seats = tuple(x for x in old.seats if x.trip_id in keep.trip_ids)
    riding = {x.worker_id for x in seats}
    return Carried(
        tuple(t for t in old.trips if t.trip_id in keep.trip_ids),
        seats,
        tuple(x for x in old.stays if x.worker_id in riding),
        tuple(x for x in old.placements if x.worker_id in riding),
        tuple(x for x in old.shares if x.worker_id in riding),
    )


def carried(instance: Instance, s: State, stays: Sequence[Stay], keep: Keep | None) -> Carried:
    """Trips, seats, rooms, placements and shares of a state, with those of the kept trips."""
    scenario = instance.scenario
    kept = kept_of(keep) if keep else Carried((), (), (), (), ())

    slots = [int(t) for t in np.nonzero(s.trips[:, COUNT])[0]]
    slots.sort(key=lambda t: (*(int(x) for x in s.trips[t, [FIRST, FLEET, VEHICLE]]),))
    trips: list[Trip] = []
    seats: list[Seat] = []
    placements: list[Placement] = []
    taken_ids = {t.trip_id for t in kept.trips}
    names = (name for n in range(1, 10**9) if (name := f"T{n:04d}") not in taken_ids)
    enterprise_of: dict[str, str] = {}
    for slot, trip_id in zip(slots, names, strict=False):
        trip, riders = _trip(instance, s, slot, trip_id)
        trips.append(trip)
        seats.extend(_seats(scenario, trip, riders))
        for rider in riders:
            enterprise_of.update(dict.fromkeys(rider.workers, rider.enterprise_id))
            placements.extend(
                Placement(w, v) for w, v in zip(rider.workers, rider.vacancies, strict=bool(rider.vacancies))
            )
    shares = _shares(scenario, trips, seats, stays, enterprise_of, kept.shares)
    return Carried(
        (*kept.trips, *trips),
        (*kept.seats, *seats),
        tuple(sorted((*kept.stays, *stays), key=lambda x: x.worker_id)),
        tuple(sorted((*kept.placements, *placements), key=lambda x: x.worker_id)),
        (*kept.shares, *shares),
    )


@dataclass(frozen=True, slots=True)
class _Rider:
    """An item on its trip."""

    workers: tuple[str, ...]
    pickup_id: str
    drop_id: str
    enterprise_id: str
    vacancies: tuple[str, ...]


def _trip(instance: Instance, s: State, slot: int, trip_id: str) -> tuple[Trip, list[_Rider]]:
    a, scenario = instance.arrays, instance.scenario
    row = s.trips[slot]
    pickups, drops = int(row[PICKUPS]), int(row[DROPS])
    fleet_number = int(row[FLEET])
    depot = a.fleet0 + fleet_number
    route = [depot, *(int(x) for x in row[STOPS : STOPS + pickups + drops]), depot]
    legs = [int(a.minutes[x, y]) for x, y in pairwise(route)]
    first = instance.first_day + timedelta(days=int(row[FIRST]))
    closed = np.array(
        [
            sum(1 << d for d in range(40) if first_closed(a.closed, place, int(row[FIRST]) + d))
            for place in route[1:-1]
        ],
        np.int64,
    )
    rows = rows_of(
        legs[0],
        np.array(legs[1:-1], np.int64),
        legs[-1],
        pickups,
        closed,
        int(row[DRIVERS]),
        int(row[WAY]),
        a.rules,
    )

    start = STOPS + a.max_pickups + 2 * a.max_drops
    riders = []
    for u in row[start : start + row[COUNT]]:
        item, o = s.item[u], int(s.item[u, I_OPTION])
        chosen = a.option_vacancy[a.option_whole[o, VACANCY] : a.option_whole[o, VACANCY_END]]
        riders.append(
            _Rider(
                instance.items[u],
                instance.places[item[I_PICKUP]],
                instance.places[item[I_DROP]],
                instance.places[a.drop0 + a.option_whole[o, ENTERPRISE]],
                tuple(instance.vacancies[v] for v in chosen),
            )
        )
    riders.sort(key=lambda r: (pickup_order(route, instance, r), r.drop_id, r.workers))
    fleet = scenario.fleets[instance.places[depot]]
    stops = _stop_rows(instance, rows, route, legs, riders, first)
    roads = [
        Decimal(repr(scenario.road(instance.places[x], instance.places[y]).km)) for x, y in pairwise(route)
    ]
    km = sum(roads, Decimal(0))
    last = stops[-1].arrive.date()
    days = (last - first).days + 1
    trip = Trip(
        trip_id=trip_id,
        fleet_id=fleet.fleet_id,
        vehicle_no=instance.vehicles[int(row[VEHICLE])][1],
        risk=scenario.risk_of(scenario.workers[riders[0].workers[0]].adcode),
        drivers=int(row[DRIVERS]),
        first_day=first,
        last_day=last,
        km=km.quantize(CENT, ROUND_HALF_UP),
        cost_fen=trip_cost_fen(scenario, fleet, days, int(row[DRIVERS]), km),
        stops=tuple(stops),
    )
    return trip, riders


def first_closed(closed: NDArray[np.bool_], place: int, day: int) -> bool:
    return 1 + day < closed.shape[1] and bool(closed[place, 1 + day])


def pickup_order(route: Sequence[int], instance: Instance, rider: _Rider) -> int:
    return next(i for i, place in enumerate(route) if instance.places[place] == rider.pickup_id)


def trip_cost_fen(scenario: Scenario, fleet: Fleet, days: int, drivers: int, km: Decimal) -> int:
    """The contract's cost of a trip, rounded half up to the fen; ``km`` is the exact sum of the roads."""
    extra = scenario.policy.driving.extra_driver_fen_per_day
    return half_up(days * fleet.day_fen + km * fleet.km_yuan * 100 + (drivers - 1) * days * extra)


def _stop_rows(
    instance: Instance,
    rows: NDArray[np.int64],
    route: Sequence[int],
    legs: Sequence[int],
    riders: Sequence[_Rider],
    first: date,
) -> list[Stop]:
    """The rows of stops.csv; a leg that is broken by rests shares its km by driving time."""
    scenario = instance.scenario
    midnight = datetime.combine(first, datetime.min.time())
    boarding: dict[str | None, int] = defaultdict(int)
    alighting: dict[str | None, int] = defaultdict(int)
    for rider in riders:
        boarding[rider.pickup_id] += len(rider.workers)
        alighting[rider.drop_id] += len(rider.workers)
    stops: list[Stop] = []
    at = 0  # index of the place last reached
    on_leg, shown = 0, Decimal(0)  # minutes driven of the leg, km shown of it
    for kind, arrive, depart, wheel in rows:
        place, km = None, Decimal("0.00")
        if kind != DEPART:
            road = scenario.road(instance.places[route[at]], instance.places[route[at + 1]]).km
            on_leg += int(wheel)
            whole = Decimal(repr(road)).quantize(CENT, ROUND_HALF_UP)
            if kind == REST:
                # A leg may be driven for longer than its road.
                part = (whole * min(on_leg, legs[at]) / max(1, legs[at])).quantize(CENT, ROUND_HALF_UP)
                km, shown = part - shown, part
            else:
                km, on_leg, shown = whole - shown, 0, Decimal(0)
                at += 1
        if kind != REST:
            place = instance.places[route[at]]
        stops.append(
            Stop(
                seq=len(stops) + 1,
                kind=KINDS[int(kind)],
                place_id=place,
                arrive=midnight + timedelta(minutes=int(arrive)),
                depart=midnight + timedelta(minutes=int(depart)),
                km=km,
                boarding=boarding[place] if kind == PICKUP else 0,
                alighting=alighting[place] if kind == DROP else 0,
            )
        )
    return stops


def _seats(scenario: Scenario, trip: Trip, riders: Sequence[_Rider]) -> list[Seat]:
    """Parties side by side from the front; where there is room for it, a seat stays free between."""
    free = scenario.fleets[trip.fleet_id].seats - scenario.policy.trips.observation_seats
    load = sum(len(r.workers) for r in riders)
    spaced = load + len(riders) - 1 <= free
    seats, number = [], 1
    for rider in riders:
        for worker in rider.workers:
            seats.append(Seat(trip.trip_id, number, worker, rider.pickup_id, rider.drop_id))
            number += 1
        number += spaced
    return seats


def _shares(
    scenario: Scenario,
    trips: Sequence[Trip],
    seats: Sequence[Seat],
    stays: Sequence[Stay],
    enterprise_of: Mapping[str, str],
    kept: Sequence[Share],
) -> list[Share]:
    policy = scenario.policy
    parts: dict[tuple[str, Item], Parts] = {}
    on_trip = defaultdict(list)
    for seat in seats:
        on_trip[seat.trip_id].append(seat.worker_id)
    for trip in trips:
        for worker, part in split_evenly(trip.cost_fen, on_trip[trip.trip_id]).items():
            parts[worker, Item.TRIP] = trip_parts(part, policy.trip_shares)
    together = defaultdict(list)
    for stay in stays:
        together[stay.hotel_id, stay.room, stay.check_in, stay.check_out].append(stay.worker_id)
    for (hotel_id, room, check_in, check_out), workers in together.items():
        hotel, n = scenario.hotels[hotel_id], (check_out - check_in).days
        price = n * (hotel.single_fen if room.startswith("S") else hotel.twin_fen)
        for worker, part in split_evenly(price, workers).items():
            parts[worker, Item.ROOM] = room_parts(part, n, hotel.concession, policy.room_shares)
            km = Decimal(repr(scenario.road(hotel_id, enterprise_of[worker]).km))
            fen = half_up(policy.transfer_yuan_per_km * 100 * km)
            parts[worker, Item.TRANSFER] = Parts(fen, 0, 0, 0)
    order = {Item.TRIP: "0", Item.ROOM: "1", Item.TRANSFER: "2"}
    keys = sorted(parts, key=lambda key: (key[0], order[key[1]]))
    claims = [
        Claim(e := enterprise_of[w], scenario.effective_priority[e], (w, order[i]), parts[w, i].government)
        for w, i in keys
    ]
    paid = [c.entitled_fen for c in claims]
    if policy.government_fen is not None:
        left = max(0, policy.government_fen - sum(s.government_fen for s in kept))
        if sum(paid) > left:
            paid = divide_government(claims, left, _spare(scenario, keys, parts, enterprise_of, kept))
    return [
        Share(w, i, enterprise_of[w], p.total, p.enterprise + p.government - g, p.worker, p.hotel, g)
        for (w, i), g in zip(keys, paid, strict=True)
        for p in (parts[w, i],)
    ]


def _spare(
    scenario: Scenario,
    keys: Sequence[tuple[str, Item]],
    parts: Mapping[tuple[str, Item], Parts],
    enterprise_of: Mapping[str, str],
    kept: Sequence[Share],
) -> dict[str, int]:
    """What each enterprise with a budget could still pay, every claim of its own met."""
    spare = {e: row.budget_fen for e, row in scenario.enterprises.items() if row.budget_fen is not None}
    for w, i in keys:
        if enterprise_of[w] in spare:
            spare[enterprise_of[w]] -= parts[w, i].enterprise
    for share in kept:
        if share.enterprise_id in spare:
            spare[share.enterprise_id] -= share.enterprise_fen
    return spare


def reckon(scenario: Scenario, done: Carried, restarts: bool = True) -> tuple[Decimal, int, Cost]:
    """(weight, restarted enterprises, cost) of what is carried, by the contract's objective.

    A kept trip may name workers, vacancies and places that the scenario has lost: these weigh nothing.
    """
    policy = scenario.policy
    placed = {p.worker_id: scenario.vacancies.get(p.vacancy_id) for p in done.placements}
    arrival = {
        (t.trip_id, stop.place_id): stop.arrive.date()
        for t in done.trips
        for stop in t.stops
        if stop.kind is StopKind.DROP
    }
    weight, waiting = Decimal(0), 0
    back: dict[str, int] = defaultdict(int)
    homes, pickups = [], []
    for seat in done.seats:
        worker, vacancy = scenario.workers.get(seat.worker_id), placed.get(seat.worker_id)
        if worker is None:
            continue
        if seat.pickup_id in scenario.pickups:
            homes.append((worker.lat, worker.lon))
            pickups.append(scenario.coordinates[seat.pickup_id])
        e = worker.enterprise_id or (vacancy.enterprise_id if vacancy else None)
        if e is None or e not in scenario.enterprises:
            continue
        back[e] += 1
        weight += Decimal(scenario.weight_of(e))
        start = max(policy.first_day, worker.available_from)
        rate = policy.wait_fen_per_day[scenario.effective_priority[e] - 1]
        waiting += rate * (arrival[seat.trip_id, seat.drop_id] - start).days
    restarted = 0
    for e, row in scenario.enterprises.items():
        if restarts and row.restarts_with is not None and back[e] >= row.restarts_with:
            restarted += 1
            weight += Decimal(policy.restart_bonus) * Decimal(scenario.weight_of(e))
    access = 0
    if homes:
        a, b = np.array(homes), np.array(pickups)
        km = float(geodesic_km(a[:, 0], a[:, 1], b[:, 0], b[:, 1]).sum())
        access = half_up(km * float(policy.trips.access_yuan_per_km) * 100)
    by_item: dict[Item, int] = defaultdict(int)
    for share in done.shares:
        by_item[share.item] += share.total_fen - (share.hotel_fen if share.item is Item.ROOM else 0)
    return (
        weight,
        restarted,
        Cost(
            trips=sum(t.cost_fen for t in done.trips),
            rooms=by_item[Item.ROOM],
            transfers=by_item[Item.TRANSFER],
            access=access,
            waiting=waiting,
        ),
    )
