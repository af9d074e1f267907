"""The clock of the search: every timetable legal, none better to be had.

The checker judges the rows; the brute clock, which knows only the rules of driving, tells what is
possible.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from random import Random

import numpy as np
import pytest

from optimizer.kernels import kernel
from optimizer.road_rules import rules_of
from optimizer.timetable import clock_of
from optimizer.timetable_rows import rows_of
from tests.brute_clock import DAY, Call, Clock, step_for
from tests.builders import (
    Row,
    broken,
    make_enterprise,
    make_pickup,
    make_plan_of_one,
    make_policy,
    make_scenario,
    make_worker,
)
from workforce.entities import Closure
from workforce.policy import Policy

KINDS = ("depart", "pickup", "drop", "rest", "return")
FIRST = date(2020, 3, 1)
NIGHT = (time(2), time(5))


@dataclass(frozen=True)
class Route:
    """A route on its first day, as the planner asks for its clock.

    Attributes:
        roads: minutes from the depot through all stops back to the depot.
        closed: by stop, days on which it is closed.
        latest, wait_fen: by drop, the last day and the price of a day.
    """

    policy: Policy
    pickups: int
    roads: Sequence[int]
    closed: Sequence[frozenset[int]]
    latest: Sequence[int]
    wait_fen: Sequence[int]
    day_fen: int = 100_000
    extra_fen: int = 60_000

    @property
    def places(self) -> list[str]:
        drops = len(self.roads) - 1 - self.pickups
        return [*(f"P{n + 1}" for n in range(self.pickups)), *(f"E{n + 1}" for n in range(drops))]


def a_route(policy: Policy, *roads: int, pickups: int = 1, last: int = 4) -> Route:
    """A route with nothing closed, one deadline and no price of waiting."""
    drops = len(roads) - 1 - pickups
    closed = [frozenset[int]()] * (pickups + drops)
    return Route(policy, pickups, roads, closed, [last] * drops, [0] * drops)


@dataclass(frozen=True)
class Found:
    cost: float
    drivers: int
    days: tuple[int, ...]  # on which the drops are reached
    way: int = 0


@kernel  # type: ignore[untyped-decorator, unused-ignore]
def _clock(out, legs, back, stops, pickups, closed, latest, wait, day, extra, rules, scratch, reached):  # type: ignore[no-untyped-def]
    return clock_of(
        out, legs, back, stops, pickups, closed, latest, wait, day, extra, rules, scratch, reached
    )


def planned(route: Route) -> Found:
    stops, first_drop = len(route.roads) - 1, route.pickups
    reached = np.zeros(stops, np.int64)
    cost, drivers, way, _ = _clock(
        route.roads[0],
        np.array(route.roads[1:-1], np.int64),
        route.roads[-1],
        stops,
        route.pickups,
        _masks(route),
        np.array([1 << 30] * first_drop + list(route.latest), np.int64),
        np.array([0] * first_drop + list(route.wait_fen), float),
        float(route.day_fen),
        float(route.extra_fen),
        rules_of(route.policy),
        np.zeros(stops, np.int64),
        reached,
    )
    return Found(cost, drivers, tuple(int(m) // DAY for m in reached[first_drop:]), way)


def _masks(route: Route) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([sum(1 << day for day in days) for days in route.closed], np.int64)


def possible(route: Route, within: int = 5) -> Found:
    """The cheapest of all legal timetables that reach every drop within so many days."""
    clock = Clock(route.policy, within, step_for(route.policy, route.roads))
    calls = tuple(
        Call(road, n >= route.pickups, closed)
        for n, (road, closed) in enumerate(zip(route.roads, route.closed, strict=False))
    )
    best = Found(math.inf, 0, ())
    for drivers in range(1, route.policy.driving.max_drivers + 1):
        for days, length in clock.timetables(calls, route.roads[-1], drivers).items():
            cost = length * (route.day_fen + (drivers - 1) * route.extra_fen)
            cost += sum(fen * day for fen, day in zip(route.wait_fen, days, strict=True))
            in_time = all(day <= last for day, last in zip(days, route.latest, strict=True))
            if in_time and cost < best.cost:
                best = Found(cost, drivers, days)
    return best


def rules_broken_by(route: Route, found: Found) -> list[str]:
    """What the checker says of the rows that the planner writes for a clock."""
    rows = rows_of(
        route.roads[0],
        np.array(route.roads[1:-1], np.int64),
        route.roads[-1],
        route.pickups,
        _masks(route),
        found.drivers,
        found.way,
        rules_of(route.policy),
    )
    names = route.places
    loop = ["F1", *names, "F1"]
    ups, downs = names[: route.pickups], names[route.pickups :]
    riders = [
        (f"W{n}", ups[min(n, len(ups) - 1)], downs[min(n, len(downs) - 1)])
        for n in range(max(len(ups), len(downs)))
    ]
    scenario = make_scenario(
        policy=route.policy,
        enterprises=[make_enterprise(name) for name in downs],
        vacancies=[],
        workers=[make_worker(w, enterprise_id=drop, arrive_by=FIRST + timedelta(9)) for w, _, drop in riders],
        pickups=[make_pickup(name) for name in ups],
        roads={(a, b): (m, m) for a, b, m in zip(loop, loop[1:], route.roads, strict=False)},
        closures=[
            Closure(name, FIRST + timedelta(day), FIRST + timedelta(day))
            for name, days in zip(names, route.closed, strict=True)
            for day in days
        ],
    )
    stops: list[Row] = []
    places = iter(loop)
    midnight = datetime.combine(FIRST, time())
    for kind, arrive, depart, _ in rows:
        name = KINDS[kind]
        place = None if name == "rest" else next(places)
        moments = [(midnight + timedelta(minutes=int(m))).isoformat() for m in (arrive, depart)]
        ends = name in ("depart", "return")
        stops.append((name, place, moments[0]) if ends else (name, place, moments[0], moments[1]))
    return broken(scenario, make_plan_of_one(scenario, stops, riders, drivers=found.drivers))


def usual(seed: int) -> Route:
    """Rules as they are in the field, by the hour; one or two pickups and drops."""
    chance = Random(seed)
    policy = make_policy(
        first_day=FIRST,
        trips={
            "stop_minutes": chance.choice([0, 60]),
            "max_ride_minutes": chance.choice([600, 1440]),
            "leave_depot": (time(5), time(22)),
            "reception": (time(6), time(chance.choice([18, 23]))),
        },
        driving={
            "break_minutes": 60,
            "max_drivers": chance.randint(1, 2),
            "night_ban": chance.choice([None, NIGHT, (time(23), time(5))]),
        },
    )
    return _random_route(chance, policy, longest=600)


def odd(seed: int) -> Route:
    """Any rules: a ban at noon or all evening, short duties and rests, stops shorter than a break."""
    chance = Random(seed)

    def hours(low: int, high: int) -> int:
        return 60 * chance.randint(low, high)

    leave_from, open_from = chance.randint(0, 10), chance.randint(0, 10)
    ban_from = chance.randint(0, 23)
    policy = make_policy(
        first_day=FIRST,
        trips={
            "stop_minutes": chance.choice([0, 60]),
            "max_ride_minutes": hours(5, 30),
            "leave_depot": (time(leave_from), time(chance.randint(leave_from, 23))),
            "reception": (time(open_from), time(chance.randint(open_from + 1, 23))),
        },
        driving={
            "max_minutes_per_driver": hours(3, 10),
            "break_after_minutes": hours(1, 5),
            "break_minutes": hours(1, 2),
            "rest_minutes": hours(5, 11),
            "max_drivers": chance.randint(1, 3),
            "night_ban": chance.choice(
                [None, (time(ban_from), time((ban_from + chance.randint(1, 9)) % 24))]
            ),
        },
    )
    return _random_route(chance, policy, longest=720)


def _random_route(chance: Random, policy: Policy, longest: int) -> Route:
    pickups, drops = chance.randint(1, 2), chance.randint(1, 2)
    reach = chance.choice([120, 300, longest])
    last = chance.randint(0, 4)
    return Route(
        policy,
        pickups,
        [60 * chance.randint(1, reach // 60) for _ in range(pickups + drops + 1)],
        [frozenset()] * (pickups + drops),
        [last for _ in range(drops)],
        [chance.choice([0, 100, 5_000]) for _ in range(drops)],
        extra_fen=chance.choice([0, 60_000]),
    )


@pytest.mark.parametrize("start", [0, 10, 34, 70, 107])
def test_usual_rules_give_the_best_legal_clock(start: int) -> None:
    for seed in range(start, start + 4):
        route = usual(seed)
        found, best = planned(route), possible(route)
        assert found.cost == best.cost, seed
        if math.isfinite(found.cost):
            assert rules_broken_by(route, found) == [], seed


@pytest.mark.parametrize("start", range(0, 400, 50))
def test_odd_rules_give_a_legal_clock(start: int) -> None:
    found = [(seed, route := odd(seed), planned(route)) for seed in range(start, start + 50)]
    legal = [(seed, route, clock) for seed, route, clock in found if math.isfinite(clock.cost)]
    assert len(legal) >= 15  # or the routes are too hard to tell anything
    for seed, route, clock in legal:
        assert rules_broken_by(route, clock) == [], seed
        assert all(day <= last for day, last in zip(clock.days, route.latest, strict=True)), seed


@pytest.mark.parametrize("start", range(0, 20, 5))
def test_odd_rules_give_the_best_legal_clock(start: int) -> None:
    for seed in range(start, start + 5):
        route = odd(seed)
        assert planned(route).cost == possible(route).cost, seed


def by_the_minute(seed: int) -> Route:
    """Odd rules and roads that are no whole hours, with closed days now and then."""
    chance, route = Random(seed), odd(seed)
    roads = [max(1, road - chance.randint(0, 59)) for road in route.roads]
    closed = [frozenset(chance.sample(range(3), chance.choice([0, 0, 0, 1, 2]))) for _ in route.closed]
    return replace(route, roads=roads, closed=closed)


def test_no_shorter_road_costs_more() -> None:
    for seed in range(1500):
        route, chance = by_the_minute(seed), Random(seed)
        roads = [chance.choice([road, chance.randint(1, road)]) for road in route.roads]
        assert planned(replace(route, roads=roads)).cost <= planned(route).cost, (seed, roads)


def test_clocks_by_the_minute_are_legal() -> None:
    for seed in range(400):
        route = by_the_minute(seed)
        found = planned(route)
        if math.isfinite(found.cost):
            assert rules_broken_by(route, found) == [], seed


MINUTES = make_policy(
    first_day=FIRST,
    trips={"stop_minutes": 7, "max_ride_minutes": 131},
    driving={
        "max_drivers": 1,
        "max_minutes_per_driver": 83,
        "break_after_minutes": 41,
        "break_minutes": 11,
        "rest_minutes": 307,
    },
)


@pytest.mark.parametrize(
    "route",
    [
        a_route(MINUTES, 17, 29, 23),
        a_route(MINUTES, 17, 53, 23),
        a_route(MINUTES, 71, 19, 13),
        a_route(MINUTES, 13, 11, 37, 19, pickups=2),
    ],
    ids=["short", "a break", "a rest before boarding", "two pickups"],
)
def test_uneven_minutes(route: Route) -> None:
    """The brute clock walks by the minute here."""
    found = planned(route)
    assert found.cost == possible(route, within=1).cost < math.inf
    assert rules_broken_by(route, found) == []


def rules(
    leave: tuple[int, int], reception: tuple[int, int], ban: tuple[int, int] | None = None, **figures: int
) -> Policy:
    """A policy by the hour; figures are minutes of ``trips`` and ``driving``."""

    def window(hours: tuple[int, int]) -> tuple[time, time]:
        return time(hours[0]), time(hours[1])

    of_trips = {"stop_minutes", "max_ride_minutes"}
    return make_policy(
        first_day=FIRST,
        trips={
            "leave_depot": window(leave),
            "reception": window(reception),
            **{name: figures[name] for name in figures if name in of_trips},
        },
        driving={
            "night_ban": ban and window(ban),
            **{name: figures[name] for name in figures if name not in of_trips},
        },
    )


# What is easily missed: the names tell what makes the timetable cheaper.
SUBTLE = {
    "a wait aboard counts from boarding, not from when the coach came": a_route(
        rules((5, 22), (6, 18), (2, 5), stop_minutes=60, break_minutes=60, max_drivers=1),
        *(180, 60, 300, 300),
        pickups=2,
    ),
    "boarding later avoids a ban as long as a rest": a_route(
        rules(
            (7, 7), (1, 7), (22, 6), stop_minutes=0, max_ride_minutes=1320, break_after_minutes=180,
            break_minutes=60, max_minutes_per_driver=540,
        ),
        *(240, 480, 120, 120),
        pickups=2,
    ),
    "the stop at the first pickup is part of the rest before it": a_route(
        rules(
            (4, 21), (2, 16), stop_minutes=60, max_ride_minutes=660, break_after_minutes=120,
            break_minutes=60,
        ),
        *(360, 360, 480),
    ),
    "a break on the road, not at the stop, may fall together with a rest later": a_route(
        rules((5, 22), (6, 12), (2, 5), stop_minutes=0, max_ride_minutes=900, break_minutes=60),
        *(180, 180, 180),
    ),
    "a wait on the road in two parts": a_route(
        rules(
            (4, 5), (9, 10), stop_minutes=0, max_ride_minutes=2880, break_after_minutes=180,
            break_minutes=60, max_minutes_per_driver=540, rest_minutes=600,
        ),
        *(120, 660, 180, 120),
    ),
}  # fmt: skip


def with_closed_days(seed: int) -> Route:
    chance, route = Random(seed), usual(seed)
    closed = [frozenset(chance.sample(range(3), chance.choice([0, 1, 1, 2]))) for _ in route.closed]
    return replace(route, closed=closed)


def test_closed_days_give_the_best_legal_clock() -> None:
    for seed in range(20):
        route = with_closed_days(seed)
        found = planned(route)
        assert found.cost == possible(route).cost, seed
        if math.isfinite(found.cost):
            assert rules_broken_by(route, found) == [], seed


@pytest.mark.parametrize("route", SUBTLE.values(), ids=SUBTLE.keys())
def test_a_cheaper_clock(route: Route) -> None:
    found = planned(route)
    assert found.cost == possible(route).cost
    assert rules_broken_by(route, found) == []


def test_no_wait_at_a_closed_door() -> None:
    route = replace(a_route(make_policy(first_day=FIRST), 60, 120, 60), closed=[frozenset({0}), frozenset()])
    found = planned(route)
    assert found.cost == possible(route).cost < math.inf
    assert rules_broken_by(route, found) == []


def test_no_clock_where_riders_would_ride_too_long() -> None:
    def within(minutes: int) -> Found:
        policy = make_policy(first_day=FIRST, trips={"max_ride_minutes": minutes})
        return planned(a_route(policy, 60, 200, 60))

    assert within(219).cost == math.inf  # 20 minutes of stop, 200 of road
    assert within(220).cost == 100_000


def test_no_clock_after_the_last_day() -> None:
    policy = make_policy(first_day=FIRST, trips={"leave_depot": (time(20), time(22))})
    late = a_route(policy, 300, 240, 60)
    assert planned(late).days == (1,)
    assert planned(a_route(policy, 300, 240, 60, last=0)).cost == math.inf


def test_a_second_driver_where_that_saves_a_day() -> None:
    policy = make_policy(first_day=FIRST)
    found = planned(a_route(policy, 120, 360, 360))
    assert (found.cost, found.drivers) == (160_000, 2)
    alone = make_policy(first_day=FIRST, driving={"max_drivers": 1})
    assert planned(a_route(alone, 120, 360, 360)).cost == 200_000
