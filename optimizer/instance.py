"""A scenario as arrays: what the search and the bounds work on.

Days are whole numbers from the horizon's first day, money is fen, places are numbered by
table (pickups; drops: enterprises, then hotels; fleets).  Workers who move as one are one
*item*: a party, or somebody alone.  An item has the pickups that all its members reach and
*options*: the enterprises it may go to (one, except for job seekers), each with the
vacancies it would take.
"""

from __future__ import annotations

import itertools
import math
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from optimizer.options import Keep
from optimizer.road_rules import Rules, rules_of
from workforce.entities import Fleet, Risk, Worker
from workforce.geodesy import geodesic_km
from workforce.scenario import Scenario

MAX_PLACEMENTS = 48  # ways tried to place a party of seekers with one enterprise
RISKS = tuple(Risk)
SPARE_DAYS = 16  # days after the horizon that trips may still run


# Columns of the tables below.
SEATS, FLEET_RESERVED, FIRST_VEHICLE, END_VEHICLE = range(4)  # fleet_whole
DAY_FEN, KM_FEN = range(2)  # fleet_fen
NEED, BONUS, BUDGET = range(3)  # enterprise
NIGHT_FROM, NIGHT_UNTIL, HOTEL_RESERVED = range(3)  # hotel_whole
SINGLE, TWIN, SINGLE_LIST, TWIN_LIST, CONCESSION = range(5)  # hotel_fen
SIZE, RISK, NIGHTS, AVAILABLE, REACH, REACH_END, OPTION, OPTION_END = range(8)  # item
REACH_PICKUP, REACH_FEN = range(2)  # reach
ENTERPRISE, LATEST, VACANCY, VACANCY_END = range(4)  # option_whole
WEIGHT, WAIT, WAIT_FROM = range(3)  # option_fen


class Arrays(NamedTuple):
    """The instance as the compiled kernels see it; few and wide, which compiles much faster.

    A place has one number: pickups come first, then drops (enterprises, then hotels), then
    fleets.  Shapes stand in brackets.
    """

    rules: Rules
    horizon: int  # days on which a trip may leave
    max_pickups: int
    max_drops: int
    turnover: int
    extra_fen: float  # a driver beyond the first, a day
    max_per_worker: float  # a trip's cost is at most this x riders (inf: no limit)
    transfer_fen_km: float
    big: float  # fen that one unit of weight outweighs
    has_budgets: bool
    government: float  # its budget
    drop0: int  # number of the first enterprise
    hotel0: int  # of the first hotel
    fleet0: int  # of the first fleet
    km: NDArray[np.float64]  # [place, place]
    minutes: NDArray[np.int64]  # [place, place]
    closed: NDArray[np.bool_]  # [place, 1 + day]; column 0: ever
    factor: NDArray[np.int64]  # [place] index of a drop's load factor, 0 the strictest
    risk_factor: NDArray[np.int64]  # [risk]
    cap: NDArray[np.int64]  # [fleet, factor] riders
    fleet_whole: NDArray[np.int64]
    fleet_fen: NDArray[np.float64]
    fleet_order: NDArray[np.int64]  # [pickup, fleet] fleets by how cheaply they come
    vehicle_taken: NDArray[np.bool_]  # [vehicle, day]
    enterprise: NDArray[np.float64]  # need 0: it runs already or never restarts
    counts: NDArray[np.int64]  # [vacancies left …, served by kept trips by enterprise …]
    vacancies: int
    rooms_free: NDArray[np.int64]  # [hotel, single or twin, day from check-in to the next one]
    hotel_whole: NDArray[np.int64]
    hotel_fen: NDArray[np.float64]  # a night's weight (list price less concession), its list price
    item: NDArray[np.int64]
    reach: NDArray[np.float64]  # pickup number, weight of the way there of all members
    option_whole: NDArray[np.int64]
    option_fen: NDArray[np.float64]  # weight; fen a day waited; fen to take off (rate x first day)
    option_vacancy: NDArray[np.int64]  # one entry a member
    rates: NDArray[
        np.float64
    ]  # trip: worker rate, cap, government rate, cap; room: worker, government rate, cap


@dataclass(frozen=True)
class Instance:
    """The arrays, and the names behind their numbers."""

    scenario: Scenario
    arrays: Arrays
    weight_scale: int  # weights in the arrays are the policy's times this: whole numbers
    first_day: date
    places: tuple[str, ...]  # pickups, enterprises, hotels, fleets
    vacancies: tuple[str, ...]
    items: tuple[tuple[str, ...], ...]  # worker ids
    vehicles: tuple[tuple[str, int], ...]  # (fleet, vehicle_no)
    barred: frozenset[str]  # workers who cannot be items: not admitted, out of reach, no vacancy …
    reach: dict[tuple[float, float], dict[int, float]]  # by home: geodesic km to the pickups in reach


def build(scenario: Scenario, keep: Keep | None = None) -> Instance:
    """Arrays of a scenario, less what the kept trips take."""
    policy, first = scenario.policy, scenario.policy.first_day
    horizon = (policy.last_day - first).days + 1
    days = horizon + SPARE_DAYS
    max_nights = max((z.quarantine_nights for z in policy.zones.values()), default=0)
    nights_known = days + max_nights + policy.turnover_days + 1

    pickups, fleets = tuple(scenario.pickups), tuple(scenario.fleets)
    enterprises, hotels = tuple(scenario.enterprises), tuple(scenario.hotels)
    drops = enterprises + hotels
    vacancies = tuple(scenario.vacancies)
    vacancy_number = {name: i for i, name in enumerate(vacancies)}
    weights = [Decimal(w) for w in (*policy.priority_weights, policy.restart_bonus)]
    decimals = max(0, *(-int(w.normalize().as_tuple().exponent) for w in weights))
    scale = 10 ** (2 * decimals)  # a restart weighs bonus x weight: the decimals of both

    places = pickups + drops + fleets
    number = {name: i for i, name in enumerate(places)}
    enterprise_number = {name: i for i, name in enumerate(enterprises)}
    drop0, hotel0, fleet0 = len(pickups), len(pickups) + len(enterprises), len(pickups) + len(drops)
    km, minutes = _roads(scenario, places)
    riding = _kept_workers(scenario, keep)
    items, barred, found = _items(scenario, number, riding)
    factors = sorted({z.load_factor for z in policy.zones.values()})
    factor = np.full(len(places), len(factors) - 1)
    for i, d in enumerate(drops):
        code = scenario.drop_adcode(d)
        if code:
            factor[drop0 + i] = factors.index(policy.zones[scenario.risk_of(code)].load_factor)
    free_seats = policy.trips.observation_seats
    cap = np.array(
        [
            [min(int(f * fleet.seats // 1), fleet.seats - free_seats) for f in factors]
            for fleet in scenario.fleets.values()
        ],
        np.int64,
    ).reshape(len(fleets), len(factors))

    closed = np.zeros((len(places), 1 + days + 64), bool)
    for place, spans in scenario.closed_days.items():
        for shut, until in spans:
            closed[number[place], max(1, 1 + (shut - first).days) : max(1, 2 + (until - first).days)] = True
    closed[:, 0] = closed[:, 1:].any(axis=1)

    vehicles = tuple((f, n) for f in fleets for n in range(1, scenario.fleets[f].vehicles + 1))
    vehicle_number = {v: i for i, v in enumerate(vehicles)}
    taken = np.zeros((len(vehicles), days + 64), bool)
    taken[:, days:] = True
    for i, (f, _) in enumerate(vehicles):
        fleet = scenario.fleets[f]
        if fleet.first_day:
            taken[i, : max(0, (fleet.first_day - first).days)] = True
        if fleet.last_day:
            taken[i, max(0, (fleet.last_day - first).days + 1) :] = True
    rooms = np.zeros((len(hotels), 2, nights_known), np.int64)
    for i, h in enumerate(hotels):
        rooms[i, 0], rooms[i, 1] = scenario.hotels[h].single_rooms, scenario.hotels[h].twin_rooms
    rooms_of = rooms[:, :, 0].copy()
    room_taken: dict[tuple[str, str], set[int]] = defaultdict(set)
    for busy in scenario.busy:
        a, b = (busy.first_day - first).days, (busy.last_day - first).days + 1
        if busy.place_id in scenario.fleets:
            v = vehicle_number.get((busy.place_id, int(busy.unit)))
            if v is not None:
                taken[v, max(0, a) : max(0, b)] = True
        else:
            room_taken[busy.place_id, busy.unit].update(range(max(0, a), max(0, b + policy.turnover_days)))
    back = np.zeros(len(enterprises), np.int64)
    vacancy_left = np.array([scenario.vacancies[v].headcount for v in vacancies], np.int64)
    budget = np.array(
        [np.inf if e.budget_fen is None else e.budget_fen for e in scenario.enterprises.values()], float
    )
    government = np.inf if policy.government_fen is None else float(policy.government_fen)
    if keep:
        plan = keep.plan
        for t in keep.trip_ids:
            trip = plan.trip_by_id[t]
            v = vehicle_number.get((trip.fleet_id, trip.vehicle_no))
            if v is not None:
                taken[v, max(0, (trip.first_day - first).days) : max(0, (trip.last_day - first).days + 1)] = (
                    True
                )
        for w in riding:
            stay = plan.stay_of.get(w)
            if stay:
                a, b = (stay.check_in - first).days, (stay.check_out - first).days
                room_taken[stay.hotel_id, stay.room].update(
                    range(max(0, a), max(0, b + policy.turnover_days))
                )
            vacancy = plan.placement_of.get(w)
            if vacancy in vacancy_number:
                vacancy_left[vacancy_number[vacancy]] = max(0, vacancy_left[vacancy_number[vacancy]] - 1)
            shares = plan.shares_of.get(w, ())
            for share in shares:
                if share.enterprise_id in scenario.enterprises:
                    budget[enterprise_number[share.enterprise_id]] -= share.enterprise_fen
                government -= share.government_fen
            if shares and shares[0].enterprise_id in scenario.enterprises:
                back[enterprise_number[shares[0].enterprise_id]] += 1
    for (h, unit), nights in room_taken.items():
        kind, count = int(not unit.startswith("S")), int(unit[1:])
        # A hotel of the old plan may be gone, or have fewer rooms.
        if h in scenario.hotels and count <= rooms_of[number[h] - hotel0, kind]:
            known = [n for n in nights if n < nights_known]
            rooms[number[h] - hotel0, kind, known] -= 1
    rooms = np.maximum(rooms, 0)

    enterprise = np.zeros((len(enterprises), 3))
    enterprise[:, BUDGET] = budget
    for i, (e, row) in enumerate(scenario.enterprises.items()):
        if row.restarts_with is not None:
            enterprise[i, NEED] = row.restarts_with
            enterprise[i, BONUS] = float(
                Decimal(policy.restart_bonus) * Decimal(scenario.weight_of(e)) * scale
            )

    item_rows: list[tuple[int, ...]] = []
    reach_rows: list[tuple[float, ...]] = []
    option_rows: list[tuple[int, ...]] = []
    option_fen: list[tuple[float, ...]] = []
    option_vacancy: list[int] = []
    access_fen = float(policy.trips.access_yuan_per_km) * 100
    for members, options, reached in zip(items, found.options, found.reach, strict=True):
        people = [scenario.workers[w] for w in members]
        zone = scenario.zone_of(people[0])
        reach_from, option_from = len(reach_rows), len(option_rows)
        reach_rows.extend((p, distance * access_fen) for p, distance in reached)
        for enterprise_id, latest, chosen in options:
            rate = policy.wait_fen_per_day[scenario.effective_priority[enterprise_id] - 1]
            vacancy_from = len(option_vacancy)
            option_vacancy.extend(vacancy_number[v] for v in chosen)
            option_rows.append(
                (enterprise_number[enterprise_id], (latest - first).days, vacancy_from, len(option_vacancy))
            )
            option_fen.append(
                (
                    float(Decimal(scenario.weight_of(enterprise_id)) * scale) * len(people),
                    rate * len(people),
                    sum(rate * max(0, (p.available_from - first).days) for p in people),
                )
            )
        item_rows.append(
            (
                len(people),
                RISKS.index(scenario.risk_of(people[0].adcode)),
                zone.quarantine_nights,
                max(0, *((p.available_from - first).days for p in people)),
                reach_from,
                len(reach_rows),
                option_from,
                len(option_rows),
            )
        )

    fleet_rows = list(scenario.fleets.values())
    vehicle_at = [0, *itertools.accumulate(f.vehicles for f in fleet_rows)]
    hotel_rows = list(scenario.hotels.values())
    least = min((row[WEIGHT] for row in option_fen if row[WEIGHT] > 0), default=1.0)
    ts, rs = policy.trip_shares, policy.room_shares

    def table(rows: Sequence[tuple[float, ...]], columns: int, kind: type = float) -> NDArray[Any]:
        return np.array(rows, kind).reshape(-1, columns)

    arrays = Arrays(
        rules=rules_of(policy),
        horizon=horizon,
        max_pickups=policy.trips.max_pickups,
        max_drops=policy.trips.max_drops,
        turnover=policy.turnover_days,
        extra_fen=float(policy.driving.extra_driver_fen_per_day),
        max_per_worker=math.inf
        if policy.trips.max_fen_per_worker is None
        else float(policy.trips.max_fen_per_worker),
        transfer_fen_km=float(policy.transfer_yuan_per_km) * 100,
        big=1e8 / least,
        has_budgets=bool(np.isfinite(budget).any()),
        government=government,
        drop0=drop0,
        hotel0=hotel0,
        fleet0=fleet0,
        km=km,
        minutes=minutes,
        closed=closed,
        factor=factor.astype(np.int64),
        risk_factor=np.array(
            [factors.index(policy.zones[r].load_factor) if r in policy.zones else 0 for r in RISKS], np.int64
        ),
        cap=cap,
        fleet_whole=table(
            [
                (
                    f.seats,
                    enterprise_number[f.reserved_for] if f.reserved_for else -1,
                    vehicle_at[i],
                    vehicle_at[i + 1],
                )
                for i, f in enumerate(fleet_rows)
            ],
            4,
            np.int64,
        ),
        fleet_fen=table([(float(f.day_fen), float(f.km_yuan * 100)) for f in fleet_rows], 2),
        fleet_order=_fleet_order(km, drop0, fleet0, fleet_rows),
        vehicle_taken=taken,
        enterprise=enterprise,
        counts=np.concatenate([vacancy_left, back]).astype(np.int64),
        vacancies=len(vacancies),
        rooms_free=rooms,
        hotel_whole=table(
            [
                (
                    (h.first_night - first).days if h.first_night else -10_000,
                    (h.last_night - first).days if h.last_night else 1_000_000,
                    enterprise_number[h.reserved_for] if h.reserved_for else -1,
                )
                for h in hotel_rows
            ],
            3,
            np.int64,
        ),
        hotel_fen=table(
            [
                (
                    h.single_fen * float(1 - h.concession),
                    h.twin_fen * float(1 - h.concession),
                    h.single_fen,
                    h.twin_fen,
                    float(h.concession),
                )
                for h in hotel_rows
            ],
            5,
        ),
        item=table(item_rows, 8, np.int64),
        reach=table(reach_rows, 2),
        option_whole=table(option_rows, 4, np.int64),
        option_fen=table(option_fen, 3),
        option_vacancy=np.array(option_vacancy, np.int64),
        rates=np.array(
            [
                float(ts.worker_rate),
                ts.worker_cap_fen,
                float(ts.government_rate),
                ts.government_cap_fen,
                rs.worker_fen_per_night,
                float(rs.government_rate),
                rs.government_cap_fen_per_night,
            ],
            float,
        ),
    )
    return Instance(scenario, arrays, scale, first, places, vacancies, items, vehicles, barred, found.by_home)


def _roads(scenario: Scenario, places: tuple[str, ...]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """(km, minutes) between all places; rows of ``distances`` come first."""
    policy = scenario.policy
    where = np.array([scenario.coordinates[p] for p in places]).reshape(-1, 2)
    lat, lon = where[:, 0], where[:, 1]
    km = policy.detour_factor * geodesic_km(lat[:, None], lon[:, None], lat[None, :], lon[None, :])
    minutes = np.ceil(km / policy.speed_kmh * 60 - 1e-6).astype(np.int64)
    number = {name: i for i, name in enumerate(places)}
    for (a, b), road in scenario.roads.items():
        km[number[a], number[b]] = road.km
        minutes[number[a], number[b]] = road.minutes
    np.fill_diagonal(km, 0.0)
    np.fill_diagonal(minutes, 0)
    return km, minutes


def _fleet_order(km: NDArray[np.float64], drop0: int, fleet0: int, fleets: list[Fleet]) -> NDArray[np.int64]:
    """By pickup: the fleets in order of what a trip from there to the nearest drop would roughly cost."""
    out, back = km[fleet0:, :drop0], km[drop0:fleet0, fleet0:]
    ride = km[:drop0, drop0:fleet0].min(axis=1, initial=np.inf)
    ways = out.T + ride[:, None] + back.min(axis=0, initial=np.inf)[None, :]
    rate = np.array([float(f.km_yuan * 100) for f in fleets])
    day = np.array([float(f.day_fen) for f in fleets])
    return np.ascontiguousarray(
        np.argsort(np.nan_to_num(ways) * (rate + day / 900)[None, :], axis=1, kind="stable")
    )


def _kept_workers(scenario: Scenario, keep: Keep | None) -> frozenset[str]:
    if keep is None:
        return frozenset()
    return frozenset(s.worker_id for s in keep.plan.seats if s.trip_id in keep.trip_ids)


Choice: TypeAlias = tuple[str, date, tuple[str, ...]]  # (enterprise, last arrival, vacancies)


class _Choices(NamedTuple):
    by_home: dict[tuple[float, float], dict[int, float]]
    reach: list[list[tuple[int, float]]]  # by item: (pickup, km of all members)
    options: list[list[Choice]]


def _items(
    scenario: Scenario, number: dict[str, int], riding: frozenset[str]
) -> tuple[tuple[tuple[str, ...], ...], frozenset[str], _Choices]:
    """The items, the workers who can be none, and the items' reach and options."""
    reach = _reach(scenario, number)
    items, places, options = [], [], []
    barred: set[str] = set()
    alone = [(w.worker_id,) for w in scenario.workers.values() if not w.party_id]
    for members in sorted([*alone, *scenario.parties.values()]):
        if any(w in riding for w in members):
            barred.update(w for w in members if w not in riding)
            continue
        people = [scenario.workers[w] for w in members]
        common = set.intersection(*(set(reach[p.lat, p.lon]) for p in people))
        found = options_of(scenario, people) if all(scenario.zone_of(p).admit for p in people) else []
        if not common or not found:
            barred.update(members)
            continue
        items.append(members)
        places.append([(p, sum(reach[x.lat, x.lon][p] for x in people)) for p in sorted(common)])
        options.append(found)
    return tuple(items), frozenset(barred), _Choices(reach, places, options)


def _reach(scenario: Scenario, number: dict[str, int]) -> dict[tuple[float, float], dict[int, float]]:
    """By home: the pickups within max_access_km, with the geodesic km."""
    most = scenario.policy.trips.max_access_km
    homes = sorted({(w.lat, w.lon) for w in scenario.workers.values()})
    places = np.array([(p.lat, p.lon) for p in scenario.pickups.values()]).reshape(-1, 2)
    found: dict[tuple[float, float], dict[int, float]] = {h: {} for h in homes}
    for start in range(0, len(homes), 2000):
        block = np.array(homes[start : start + 2000])
        # A degree of latitude is 110.5 to 111.7 km: a box that no geodesic in reach leaves.
        near = np.abs(block[:, None, 0] - places[None, :, 0]) * 110.0 <= most + 0.001
        i, j = np.nonzero(near)
        km = geodesic_km(block[i, 0], block[i, 1], places[j, 0], places[j, 1])
        for a, b, d in zip(i[km <= most], j[km <= most], km[km <= most], strict=True):
            found[homes[start + a]][int(b)] = float(d)
    return found


def options_of(scenario: Scenario, people: list[Worker]) -> list[Choice]:
    """(enterprise, last day of arrival, vacancy of each member) for each way to place these people."""
    latest = min(p.arrive_by for p in people)
    if people[0].enterprise_id:
        return [(people[0].enterprise_id, latest, ())]
    nights = scenario.zone_of(people[0]).quarantine_nights
    fits: list[dict[str, list[str]]] = []
    for person in people:
        by_enterprise = defaultdict(list)
        for v in scenario.vacancies.values():
            agreed = scenario.intentions.get(person.worker_id)
            if v.headcount and (v.vacancy_id in agreed if agreed else v.occupation == person.occupation):
                by_enterprise[v.enterprise_id].append(v.vacancy_id)
        fits.append(by_enterprise)
    options = []
    for enterprise in sorted(set.intersection(*(set(f) for f in fits))):
        ways = itertools.islice(itertools.product(*(f[enterprise] for f in fits)), MAX_PLACEMENTS)
        for chosen in ways:
            if any(chosen.count(v) > scenario.vacancies[v].headcount for v in chosen):
                continue
            fill_by = min(scenario.vacancies[v].fill_by for v in chosen)
            last = min(latest, date.fromordinal(max(1, fill_by.toordinal() - nights)))
            if last >= max(p.available_from for p in people):
                options.append((enterprise, last, chosen))
    return options
