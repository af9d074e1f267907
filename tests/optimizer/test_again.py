"""Planning again: no worse than the old trips that are still legal."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from data.generate import KINDS, generate
from optimizer.options import Keep, Options
from optimizer.solve import solve
from workforce.check import check
from workforce.entities import Closure
from workforce.plan import Plan, StopKind


@pytest.mark.parametrize("kind", ["tight-rooms", "tight-budgets"])
def test_an_unchanged_scenario_is_planned_again_no_worse(kind: str) -> None:
    scenario = generate(replace(KINDS[kind], workers=40))
    old = solve(scenario, Options(time_limit=None, work_limit=300))
    days = sorted(trip.first_day for trip in old.trips)
    keep = Keep(old, frozenset(t.trip_id for t in old.trips if t.first_day < days[len(days) // 2]))
    new = solve(scenario, Options(time_limit=None, work_limit=1, keep=keep))
    assert (new.summary.weight, -new.summary.cost.total) >= (old.summary.weight, -old.summary.cost.total)
    assert new.summary.served >= old.summary.served
    assert new.summary.kept == tuple(sorted(keep.trip_ids))
    assert not [v for v in check(scenario, new, old, keep.trip_ids).violations if not v.kept]


def test_old_trips_that_became_illegal_are_made_anew() -> None:
    scenario = generate(replace(KINDS["plain"], workers=30))
    old = solve(scenario, Options(time_limit=None, work_limit=100))
    trip = max(old.trips, key=lambda t: (t.first_day, t.trip_id))
    pickup = next(stop.place_id for stop in trip.stops if stop.kind is StopKind.PICKUP) or ""
    closed = Closure(pickup, trip.first_day, trip.first_day + timedelta(days=2))
    changed = replace(scenario, closures=(*scenario.closures, closed))
    new = solve(changed, Options(time_limit=None, work_limit=1, keep=Keep(old, frozenset())))
    assert check(changed, new, old, frozenset()).violations == ()
    assert new.summary.served > 0


def test_a_plan_to_start_from_is_a_floor_and_leaves_no_trace() -> None:
    scenario = generate(replace(KINDS["plain"], workers=30))
    good = solve(scenario, Options(time_limit=None, work_limit=300))
    again = solve(scenario, Options(time_limit=None, work_limit=1, start=good))
    assert (again.summary.weight, -again.summary.cost.total) >= (
        good.summary.weight,
        -good.summary.cost.total,
    )
    assert again.summary.kept is None
    assert check(scenario, again).violations == ()


def test_the_best_so_far_is_saved_as_a_whole_plan() -> None:
    scenario = generate(replace(KINDS["tight-rooms"], workers=30))
    saved: list[Plan] = []
    options = Options(
        time_limit=None, work_limit=300, processes=1, save=saved.append, seconds_between_saves=0.0
    )
    last = solve(scenario, options)
    assert len(saved) > 2
    for plan in saved:
        assert check(scenario, plan).violations == ()
        assert (plan.summary.weight, -plan.summary.cost.total) <= (
            last.summary.weight,
            -last.summary.cost.total,
        )
