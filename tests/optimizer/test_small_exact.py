"""Tiny scenarios, planned and solved by brute force: bounds hold, plans are the best, reasons are true."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from functools import cache

import pytest

from optimizer.options import Options
from optimizer.solve import solve
from tests.brute_force import Best, best_plan, proven_reasons
from tests.builders import broken
from tests.optimizer.tiny import tiny
from workforce.plan import Plan, Reason, Status
from workforce.scenario import Scenario

PROVEN = list(Reason)[: list(Reason).index(Reason.PARTY_SPLIT) + 1]
SEEDS = range(36)


@dataclass(frozen=True)
class Solved:
    scenario: Scenario
    plan: Plan
    best: Best
    reasons: dict[str, Reason]


@cache
def solved(seed: int) -> Solved:
    scenario = tiny(seed)
    plan = solve(scenario, Options(time_limit=None, work_limit=200, seed=seed))
    return Solved(scenario, plan, best_plan(scenario), proven_reasons(scenario))


@pytest.mark.parametrize("seed", SEEDS)
def test_bounds_hold(seed: int) -> None:
    summary, best = solved(seed).plan.summary, solved(seed).best
    assert summary.weight <= best.weight <= summary.weight_bound
    # A plan of less weight than the best may be cheaper: its bound is for that weight.
    if summary.weight == best.weight:
        assert summary.cost_bound_fen <= best.cost_fen <= summary.cost.total
    else:
        assert summary.cost_bound_fen <= best.cost_fen
    if summary.status is Status.OPTIMAL:
        assert (summary.weight, summary.cost.total) == (best.weight, best.cost_fen)


@pytest.mark.parametrize("seed", SEEDS)
def test_plan_is_legal(seed: int) -> None:
    assert broken(solved(seed).scenario, solved(seed).plan) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_proven_reasons_are_those_of_the_scenario(seed: int) -> None:
    rows = solved(seed).plan.unserved
    assert {row.worker_id: row.reason for row in rows if row.reason in PROVEN} == solved(seed).reasons


def test_search_finds_nearly_all_optima() -> None:
    missed = [seed for seed in SEEDS if _worth(solved(seed).plan) != _best(solved(seed).best)]
    assert len(missed) <= 1, missed


def _worth(plan: Plan) -> tuple[Decimal, int]:
    return plan.summary.weight, plan.summary.cost.total


def _best(best: Best) -> tuple[Decimal, int]:
    return best.weight, best.cost_fen


def test_scenarios_are_not_all_alike() -> None:
    """Some serve everybody, some leave people behind, each reason but a few occurs."""
    served = [len(solved(seed).best.served) for seed in SEEDS]
    everybody = [len(solved(seed).scenario.workers) for seed in SEEDS]
    assert sum(n == m for n, m in zip(served, everybody, strict=True)) >= 4
    assert sum(0 < n < m for n, m in zip(served, everybody, strict=True)) >= 8
    reasons = {reason for seed in SEEDS for reason in solved(seed).reasons.values()}
    assert len(reasons) >= 5
