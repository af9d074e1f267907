"""What must hold of the plan of any generated scenario, whatever the search found."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from api.language import halves
from data.generate import KINDS, Generated, generate_with_witness
from data.plan_files import write_plan
from data.reading import write_scenario
from optimizer.options import Keep, Options
from optimizer.solve import solve
from tests.acceptance.verifier import verify
from tests.builders import broken, day, make_fleet, make_policy, make_scenario, make_worker
from workforce.check import check
from workforce.entities import Closure
from workforce.plan import Plan, Reason, StopKind
from workforce.scenario import Scenario

SIZES = {"one": 1, "tiny": 6, "far": 40, "distances": 60}
CASES = [(kind, SIZES.get(kind, 60)) for kind in KINDS]
CASES += [("tight-budgets", 150), ("families", 120), ("turnover", 150)]
PLANS_AGAIN = ("plain", "tight-rooms", "families", "seekers")


@cache
def made(kind: str, workers: int) -> Generated:
    return generate_with_witness(replace(KINDS[kind], workers=workers))


@cache
def planned(kind: str, workers: int) -> Plan:
    return _solve(made(kind, workers).scenario)


def _solve(scenario: Scenario, keep: Keep | None = None) -> Plan:
    return solve(scenario, Options(time_limit=None, work_limit=30, seed=7, keep=keep))


@pytest.mark.parametrize(
    ("kind", "workers"),
    CASES,
)
def test_plan_is_legal_and_reasons_are_in_both_languages(kind: str, workers: int) -> None:
    plan = planned(kind, workers)
    assert broken(made(kind, workers).scenario, plan) == []
    for one in plan.unserved:
        zh, en = halves(one.detail)
        assert zh != en, one.detail


@pytest.mark.parametrize(("kind", "workers"), CASES)
def test_outside_verifier_accepts(kind: str, workers: int, tmp_path: Path) -> None:
    write_scenario(made(kind, workers).scenario, tmp_path / "scenario")
    write_plan(planned(kind, workers), tmp_path / "plan")
    judgement = verify(tmp_path / "scenario", tmp_path / "plan")
    assert judgement.holds, judgement.text


@pytest.mark.parametrize(("kind", "workers"), CASES)
def test_bounds_are_bounds(kind: str, workers: int) -> None:
    """The witness is a legal plan, so no bound may exclude it."""
    summary, witness = planned(kind, workers).summary, made(kind, workers).witness.summary
    assert summary.weight_bound >= max(summary.weight, witness.weight)
    assert 0 <= summary.cost_bound_fen <= summary.cost.total
    if witness.weight >= summary.weight:
        assert summary.cost_bound_fen <= witness.cost.total


@pytest.mark.parametrize("kind", ["plain", "tight-rooms", "tight-budgets", "seekers", "families"])
def test_same_seed_and_work_give_the_same_plan(kind: str) -> None:
    first, second = planned(kind, 60), _solve(made(kind, 60).scenario)
    assert replace(first, summary=replace(first.summary, seconds=0.0)) == replace(
        second, summary=replace(second.summary, seconds=0.0)
    )


def test_nobody_can_travel() -> None:
    """Zone, reach, vacancies and road each bar somebody; the plan is empty and says why."""
    far = make_policy(driving={"max_minutes_per_driver": 30, "max_drivers": 1})
    scenario = make_scenario(
        policy=far,
        workers=[
            make_worker("W1", adcode="420106"),
            make_worker("W2", lat=10.0),
            make_worker("W3", enterprise_id=None, occupation="diver"),
            make_worker("W4"),
        ],
        fleets=[make_fleet()],
    )
    plan = _solve(scenario)
    assert (plan.trips, plan.seats, plan.shares, plan.summary.cost.total) == ((), (), (), 0)
    assert {row.worker_id: row.reason for row in plan.unserved} == {
        "W1": Reason.ZONE_NOT_ADMITTED,
        "W2": Reason.NO_PICKUP_IN_REACH,
        "W3": Reason.NO_VACANCY,
        "W4": Reason.TOO_FAR,
    }
    assert broken(scenario, plan) == []


def test_no_worker_no_fleet() -> None:
    for scenario in (make_scenario(workers=[]), make_scenario(fleets=[], roads={})):
        plan = _solve(scenario)
        assert plan.seats == () and len(plan.unserved) == len(scenario.workers)
        assert plan.summary.cost.total == 0 == plan.summary.cost_bound_fen


def _without_workers(scenario: Scenario, kept: Plan) -> Scenario:
    """Every fifth worker is gone, of those who have not left yet."""
    gone = {w for n, w in enumerate(scenario.workers) if n % 5 == 0 and w not in kept.seat_of}
    workers = {w: row for w, row in scenario.workers.items() if w not in gone}
    agreed = {w: v for w, v in scenario.intentions.items() if w not in gone}
    return replace(scenario, workers=workers, intentions=agreed)


def _with_workers(scenario: Scenario, kept: Plan) -> Scenario:
    new = {
        f"new-{w}": replace(row, worker_id=f"new-{w}", party_id=None)
        for w, row in list(scenario.workers.items())[:8]
    }
    return replace(scenario, workers={**scenario.workers, **new})


def _with_closure(scenario: Scenario, kept: Plan) -> Scenario:
    """A pickup that the kept trips do not use is closed for the whole time."""
    used = {stop.place_id for trip in kept.trips for stop in trip.stops if stop.kind is StopKind.PICKUP}
    place = next(p for p in scenario.pickups if p not in used)
    closure = Closure(place, scenario.policy.first_day, day("2020-12-31"))
    return replace(scenario, closures=(*scenario.closures, closure))


def _with_fewer_vehicles(scenario: Scenario, kept: Plan) -> Scenario:
    """Each fleet has one vehicle less, but for those that kept trips need."""
    needed = {(trip.fleet_id, trip.vehicle_no) for trip in kept.trips}
    taken = {(busy.place_id, busy.unit) for busy in scenario.busy}
    fleets = {
        f: replace(row, vehicles=row.vehicles - 1)
        if row.vehicles > 1 and (f, row.vehicles) not in needed and (f, str(row.vehicles)) not in taken
        else row
        for f, row in scenario.fleets.items()
    }
    assert fleets != scenario.fleets
    return replace(scenario, fleets=fleets)


@pytest.mark.parametrize(
    "change", [_without_workers, _with_workers, _with_closure, _with_fewer_vehicles], ids=lambda f: f.__name__
)
@pytest.mark.parametrize("kind", PLANS_AGAIN)
def test_planning_again(kind: str, change: Callable[[Scenario, Plan], Scenario], tmp_path: Path) -> None:
    old = planned(kind, 60)
    before = sorted(trip.first_day for trip in old.trips)[len(old.trips) // 2]
    kept_ids = frozenset(trip.trip_id for trip in old.trips if trip.first_day < before)
    kept = _only(old, kept_ids)
    changed = change(made(kind, 60).scenario, kept)
    plan = _solve(changed, Keep(old, kept_ids))

    verdict = check(changed, plan, old, kept_ids)
    assert [v.rule for v in verdict.violations if not v.kept] == []
    assert {trip.trip_id for trip in plan.trips} >= kept_ids
    assert plan.summary.kept == tuple(sorted(kept_ids))
    write_scenario(changed, tmp_path / "scenario")
    write_plan(old, tmp_path / "old")
    write_plan(plan, tmp_path / "new")
    options = ("--kept", str(tmp_path / "old"), "--before", before.isoformat())
    judgement = verify(tmp_path / "scenario", tmp_path / "new", *options)
    assert judgement.holds, judgement.text


def _only(plan: Plan, trip_ids: frozenset[str]) -> Plan:
    return replace(
        plan,
        trips=tuple(trip for trip in plan.trips if trip.trip_id in trip_ids),
        seats=tuple(seat for seat in plan.seats if seat.trip_id in trip_ids),
    )
