"""Scenarios of every hard kind that nothing was tuned on, and what may change while one is carried out.

A generated scenario is one draw of a seed; what the generator has no word for is changed in it afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import time, timedelta
from decimal import Decimal
from typing import Any

from data.generate import KINDS, generate
from tests.builders import with_policy
from workforce.entities import Busy, Closure, Risk
from workforce.plan import Plan, StopKind
from workforce.policy import Zone
from workforce.scenario import Scenario

Draw = Callable[[int], Scenario]


def _kind(name: str, workers: int, **spec: Any) -> Draw:
    return lambda seed: generate(replace(KINDS[name], workers=workers, seed=seed, **spec))


def _but(draw: Draw, *changes: Callable[[Scenario], Scenario]) -> Draw:
    def changed(seed: int) -> Scenario:
        scenario = draw(seed)
        for change in changes:
            scenario = change(scenario)
        return scenario

    return changed


def _every(table: str, change: Callable[[Any, int], Any]) -> Callable[[Scenario], Scenario]:
    """Changes each record of a table; the change is told its number."""

    def changed(scenario: Scenario) -> Scenario:
        rows = {key: change(row, n) for n, (key, row) in enumerate(getattr(scenario, table).items())}
        return replace(scenario, **{table: rows})

    return changed


def _places_closed_in_the_middle(scenario: Scenario) -> Scenario:
    """Each second enterprise, hotel and pickup is closed for two days, on one or other day of the horizon."""
    places = [*scenario.enterprises, *scenario.hotels, *scenario.pickups]
    first, days = scenario.policy.first_day, (scenario.policy.last_day - scenario.policy.first_day).days
    closures = []
    for n, place in enumerate(places[::2]):
        day = first + timedelta(days=n % days)
        closures.append(Closure(place, day, day + timedelta(days=1)))
    return replace(scenario, closures=(*scenario.closures, *closures))


def _units_taken_in_the_middle(scenario: Scenario) -> Scenario:
    """Most vehicles and rooms are taken for a few days in the middle."""
    first, found = scenario.policy.first_day, []
    for n, fleet in enumerate(scenario.fleets.values()):
        for unit in range(1, fleet.vehicles + 1, 2):
            day = first + timedelta(days=(n + unit) % 8)
            found.append(Busy(fleet.fleet_id, str(unit), day, day + timedelta(days=2)))
    for n, hotel in enumerate(scenario.hotels.values()):
        for kind, rooms in (("S", hotel.single_rooms), ("T", hotel.twin_rooms)):
            for unit in range(1, rooms + 1):
                day = first + timedelta(days=(3 * n + 5 * unit) % 13)
                found.append(Busy(hotel.hotel_id, f"{kind}{unit}", day, day + timedelta(days=unit % 3)))
    return replace(scenario, busy=tuple(found))


def _only_high_risk(scenario: Scenario) -> Scenario:
    return replace(scenario, zones={w.adcode: Risk.HIGH for w in scenario.workers.values()})


def _nothing_without_a_room(scenario: Scenario) -> Scenario:
    """Everybody owes nights of quarantine."""
    zones = {**scenario.policy.zones, Risk.LOW: Zone(True, 7, Decimal("0.75"))}
    return with_policy(scenario, zones=zones)


# Prices and weights that are no round numbers: what is rounded once too often shows.
_ODD: dict[str, Any] = {
    "transfer_yuan_per_km": Decimal("0.3333"),
    "priority_weights": (Decimal("8.25"), Decimal("4.1"), Decimal("1.7"), Decimal("0.3")),
    "restart_bonus": Decimal("12.5"),
    "government_fen": 4_321_987,
}
_STRICT: dict[str, Any] = {
    "trips": {
        "max_pickups": 1,
        "max_drops": 1,
        "stop_minutes": 45,
        "max_ride_minutes": 900,
        "leave_depot": (time(7, 15), time(9, 40)),
        "reception": (time(8, 5), time(20, 55)),
        "max_fen_per_worker": 1500_00,
        "observation_seats": 3,
    },
    "driving": {"break_after_minutes": 119, "break_minutes": 31, "night_ban": (time(22), time(6, 30))},
}
_LOOSE: dict[str, Any] = {
    "trips": {
        "max_pickups": 8,
        "max_drops": 6,
        "leave_depot": (time(0), time(23, 59)),
        "reception": (time(0), time(23, 59)),
    },
    "driving": {"night_ban": None, "max_drivers": 4},
}

SCENARIOS: Mapping[str, Draw] = {
    "tight rooms": _kind("tight-rooms", 300),
    "hardly a room": _but(_kind("tight-rooms", 200, rooms=0.15, medium=0.9), _units_taken_in_the_middle),
    "tight budgets": _kind("tight-budgets", 300),
    "a poor government": _kind("plain", 250, government=0.15),
    "poor enterprises": _kind("plain", 250, budgets=0.4, budgeted=1.0),
    "few coaches": _kind("few-coaches", 300),
    "hardly a coach": _but(_kind("few-coaches", 200, coaches=0.1), _units_taken_in_the_middle),
    "closures": _kind("closures", 300),
    "everything closed at times": _but(_kind("closures", 200, closed=0.6), _places_closed_in_the_middle),
    "seven nights with turnover": _kind("turnover", 300),
    "turnover and tight rooms": _kind("turnover", 250, rooms=0.4, medium=0.9),
    "everybody in quarantine": _but(_kind("plain", 150), _nothing_without_a_room),
    "only job seekers": _kind("seekers", 300),
    "seekers and hardly a post": _kind("seekers", 200, posts=0.3, agreed=(0.8, 0.6)),
    "four in five in families": _kind("families", 300),
    "families of seekers in quarantine": _kind("families", 200, seekers=0.7, medium=0.8, rooms=0.6),
    "one worker": _kind("one", 1),
    "1,800 km": _kind("far", 120),
    "a table of distances": _kind("distances", 150),
    "odd prices": _but(
        _kind("plain", 200),
        lambda s: with_policy(s, **_ODD),
        _every(
            "fleets", lambda f, n: replace(f, km_yuan=f.km_yuan + Decimal("0.01237"), day_fen=f.day_fen + 33)
        ),
        _every("hotels", lambda h, n: replace(h, concession=Decimal("0.1234"), twin_fen=h.twin_fen + n)),
    ),
    "strict rules": _but(_kind("plain", 200), lambda s: with_policy(s, **_STRICT)),
    "loose rules": _but(_kind("plain", 200), lambda s: with_policy(s, **_LOOSE)),
    "reserved coaches": _but(
        _kind("plain", 200),
        _every("fleets", lambda f, n: replace(f, reserved_for="E001") if n % 2 else f),
        _every("hotels", lambda h, n: replace(h, reserved_for="E002") if n % 3 == 0 else h),
    ),
    "no zone admitted": _but(_kind("plain", 60), _only_high_risk),
    "no vehicle": _but(_kind("plain", 60, busy=0), _every("fleets", lambda f, n: replace(f, vehicles=0))),
    "no money": _but(_kind("plain", 60), _every("enterprises", lambda e, n: replace(e, budget_fen=0))),
    "dearer than anybody is worth": _but(
        _kind("plain", 60), lambda s: with_policy(s, trips={"max_fen_per_worker": 1_00})
    ),
}
NOBODY_SERVED = ("no zone admitted", "no vehicle", "no money", "dearer than anybody is worth")


# What changes between two plans.  Each is told the trips that are kept.


def workers_gone_and_new(scenario: Scenario, kept: Plan) -> Scenario:
    """Every sixth worker who has not left yet is gone, whole families or some of one; others are new."""
    gone = {w for n, w in enumerate(scenario.workers) if n % 6 == 0 and w not in kept.seat_of}
    workers = {w: row for w, row in scenario.workers.items() if w not in gone}
    for worker, row in list(scenario.workers.items())[3::8]:
        workers[f"N{worker}"] = replace(
            row, worker_id=f"N{worker}", party_id=None, id_number=None, phone=None, name=f"{row.name}二"
        )
    agreed = {w: v for w, v in scenario.intentions.items() if w not in gone}
    return replace(scenario, workers=workers, intentions=agreed)


def fewer_vehicles(scenario: Scenario, kept: Plan) -> Scenario:
    """Fleets shrink to the vehicles that kept trips or bookings need, every second fleet."""
    need: dict[str, int] = {}
    for trip in kept.trips:
        need[trip.fleet_id] = max(need.get(trip.fleet_id, 0), trip.vehicle_no)
    for busy in scenario.busy:
        if busy.place_id in scenario.fleets:
            need[busy.place_id] = max(need.get(busy.place_id, 0), int(busy.unit))
    fleets = {
        f: replace(row, vehicles=need.get(f, 0)) if n % 2 else row
        for n, (f, row) in enumerate(scenario.fleets.items())
    }
    return replace(scenario, fleets=fleets)


def fewer_rooms(scenario: Scenario, kept: Plan) -> Scenario:
    """Hotels shrink to the rooms that kept stays or bookings need, every second hotel."""
    need: dict[tuple[str, str], int] = {}
    taken = [(stay.hotel_id, stay.room) for stay in kept.stays]
    for place, room in [
        *taken,
        *((b.place_id, b.unit) for b in scenario.busy if b.place_id in scenario.hotels),
    ]:
        need[place, room[0]] = max(need.get((place, room[0]), 0), int(room[1:]))
    hotels = {
        h: replace(row, single_rooms=need.get((h, "S"), 0), twin_rooms=need.get((h, "T"), 0))
        if n % 2
        else row
        for n, (h, row) in enumerate(scenario.hotels.items())
    }
    return replace(scenario, hotels=hotels)


def a_closure(scenario: Scenario, kept: Plan) -> Scenario:
    """From its third day on every second pickup is closed, but where a kept trip stops."""
    used = {stop.place_id for trip in kept.trips for stop in trip.stops if stop.kind is StopKind.PICKUP}
    first, last = scenario.policy.first_day + timedelta(days=2), scenario.policy.last_day
    places = [place for place in list(scenario.pickups)[::2] if place not in used]
    closed = tuple(Closure(place, first, last + timedelta(days=9)) for place in places)
    return replace(scenario, closures=(*scenario.closures, *closed))


def a_poorer_government(scenario: Scenario, kept: Plan) -> Scenario:
    """The budget is what the kept trips were promised, and little more."""
    promised = sum(share.government_fen for share in kept.shares)
    return with_policy(scenario, government_fen=promised + 1_234_567)


def all_of_it(scenario: Scenario, kept: Plan) -> Scenario:
    for change in (workers_gone_and_new, fewer_vehicles, fewer_rooms, a_closure):
        scenario = change(scenario, kept)
    return scenario


CHANGES: tuple[Callable[[Scenario, Plan], Scenario], ...] = (
    workers_gone_and_new,
    fewer_vehicles,
    fewer_rooms,
    a_closure,
    a_poorer_government,
    all_of_it,
)


def a_disaster(scenario: Scenario, kept: Plan) -> Scenario:
    """What the kept trips need is gone itself: a rider, a vehicle, a room, a pickup."""
    rider = min(kept.seat_of)
    trip = min(kept.trips, key=lambda t: t.trip_id)
    pickup = next(stop.place_id or "" for stop in trip.stops if stop.kind is StopKind.PICKUP)
    scenario = replace(
        scenario,
        workers={w: row for w, row in scenario.workers.items() if w != rider},
        intentions={w: v for w, v in scenario.intentions.items() if w != rider},
        closures=(*scenario.closures, Closure(pickup, trip.first_day, trip.last_day)),
        busy=(
            *(b for b in scenario.busy if b.place_id != trip.fleet_id),
            Busy(trip.fleet_id, str(trip.vehicle_no), trip.first_day, trip.first_day),
        ),
    )
    if kept.stays:
        stay = min(kept.stays, key=lambda s: s.worker_id)
        busy = Busy(stay.hotel_id, stay.room, stay.check_in, stay.check_in)
        scenario = replace(scenario, busy=(*scenario.busy, busy))
    return scenario


def a_changed_world(scenario: Scenario, kept: Plan) -> Scenario:
    """What the kept trips name says something else now, or is gone from its table."""
    trip = min(kept.trips, key=lambda t: t.trip_id)
    pickup = next(stop.place_id for stop in trip.stops if stop.kind is StopKind.PICKUP)
    moved = next((w for w in sorted(kept.seat_of) if scenario.workers[w].enterprise_id), None)
    workers = dict(scenario.workers)
    if moved:
        other = next(e for e in scenario.enterprises if e != workers[moved].enterprise_id)
        party = scenario.parties.get(workers[moved].party_id or "", (moved,))
        workers |= {w: replace(workers[w], enterprise_id=other) for w in party}
    lost = {p.vacancy_id for p in kept.placements[:1]}
    agreed = {w: v - lost for w, v in scenario.intentions.items() if v - lost}
    hotels = {h: replace(row, single_fen=row.single_fen + 101) for h, row in scenario.hotels.items()}
    hotels.pop(min((stay.hotel_id for stay in kept.stays), default=""), None)
    named = {trip.fleet_id, pickup} | (scenario.hotels.keys() - hotels.keys())
    return replace(
        scenario,
        workers=workers,
        vacancies={v: row for v, row in scenario.vacancies.items() if v not in lost},
        intentions=agreed,
        hotels=hotels,
        fleets={f: row for f, row in scenario.fleets.items() if f != trip.fleet_id},
        pickups={p: row for p, row in scenario.pickups.items() if p != pickup},
        roads={pair: road for pair, road in scenario.roads.items() if not named & {*pair}},
        busy=tuple(b for b in scenario.busy if b.place_id not in named),
        closures=tuple(c for c in scenario.closures if c.place_id not in named),
    )
