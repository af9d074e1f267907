"""What the summary says of the plan: counts, weight, cost, bounds."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.builders import (
    Row,
    broken,
    change,
    day,
    make_plan,
    make_plan_of_one,
    make_scenario,
    settle,
    with_policy,
    with_summary,
)
from workforce.check import check
from workforce.plan import Cost, Plan, Status

SCENARIO = make_scenario()
PLAN = make_plan(SCENARIO)
TOTAL = PLAN.summary.cost.total


def _cost(**changes: int) -> Plan:
    return with_summary(PLAN, cost=replace(PLAN.summary.cost, **changes))


def test_summary_scenario() -> None:
    assert broken(SCENARIO, PLAN) == []
    assert broken(SCENARIO, with_summary(PLAN, scenario="another")) == ["summary-scenario"]


@pytest.mark.parametrize(("name", "value"), [("workers", 7), ("served", 6), ("restarted", 1)])
def test_summary_count(name: str, value: int) -> None:
    assert getattr(PLAN.summary, name) == value
    assert broken(SCENARIO, PLAN) == []
    assert broken(SCENARIO, with_summary(PLAN, **{name: value + 1})) == ["summary-count"]


def test_summary_weight() -> None:
    """Five of E1 at 8, one of E2 at 1, and 20 × 1 for E2, which restarts: 61."""
    assert check(SCENARIO, PLAN).weight == 61
    assert broken(SCENARIO, PLAN) == []
    for weight in (Decimal(60), Decimal("61.5")):
        assert broken(SCENARIO, with_summary(PLAN, weight=weight)) == ["summary-weight"]


def test_summary_weight_follows_the_suppliers() -> None:
    """E2 supplies E1 and so has priority 1: 6 × 8 + 20 × 8; a chain works as well."""
    supplies = make_scenario(suppliers=[("E2", "E1")])
    assert check(supplies, settle(supplies, PLAN)).weight == 208
    assert "summary-weight" in broken(supplies, PLAN)
    buys = make_scenario(suppliers=[("E1", "E2")])
    assert broken(buys, PLAN) == []


@pytest.mark.parametrize(
    ("workforce", "present", "share", "restarts"),
    [
        (10, 4, "0.5", True),
        (10, 3, "0.5", False),  # one worker is not enough
        (10, 5, "0.5", False),  # it runs already
        (9, 4, "0.5", True),  # 4.5 are needed: 4 are too few, 5 enough
        (9, 3, "0.5", False),  # … and 3 + 1 too few
        (10, 2, "0.3", True),  # exactly 3, which binary fractions would miss
        (3, 0, "0.0", False),
    ],
)
def test_restarts_are_counted_exactly(workforce: int, present: int, share: str, restarts: bool) -> None:
    scenario = change(
        SCENARIO, "enterprises", "E2", workforce=workforce, present=present, restart_share=Decimal(share)
    )
    assert check(scenario, PLAN).restarted == restarts
    assert (broken(scenario, PLAN) == []) is restarts


def test_summary_cost() -> None:
    assert broken(SCENARIO, PLAN) == []
    for part in ("trips", "rooms", "transfers", "access", "waiting"):
        for fen in (-1, 1):
            other = _cost(**{part: getattr(PLAN.summary.cost, part) + fen})
            assert broken(SCENARIO, other) == ["summary-cost"]


def test_cost_by_hand() -> None:
    """Trips 2,053.75 + 1,925.63; rooms 225.02 − 33.75 + 225.01 − 33.75 + 360 − 54; transfers 3 × 4.18.

    Access: J1 5.551 km and W2 7.059 km at 0.2 yuan; waiting: five of E1 a day at 40, J1 one at 5.
    """
    assert check(SCENARIO, PLAN).cost == Cost(
        trips=397_938, rooms=68_853, transfers=1_254, access=252, waiting=20_500
    )


def test_waiting_counts_from_the_later_of_availability_and_horizon() -> None:
    from_the_2nd = change(SCENARIO, "workers", "W1", available_from=day("2020-03-02"))
    assert check(from_the_2nd, PLAN).cost.waiting == 16_500
    # W2 has been available since February and waits from the first day of the horizon.
    earlier = with_policy(SCENARIO, first_day=day("2020-02-28"))
    assert check(earlier, PLAN).cost.waiting == 20_500 + 2 * 4_000


def test_waiting_ends_on_the_day_of_arrival() -> None:
    rows: list[Row] = [
        ("depart", "F1", "21:00"),
        ("rest", None, "21:30", "3T06:00"),
        ("pickup", "P1", "3T06:10"),
        ("drop", "E1", "3T08:20"),
        ("return", "F1", "3T09:00"),
    ]
    plan = make_plan_of_one(SCENARIO, rows, [("W1", "P1", "E1")])
    assert broken(SCENARIO, plan) == []
    assert plan.summary.cost.waiting == 8_000


def test_weight_bound() -> None:
    assert broken(SCENARIO, with_summary(PLAN, weight_bound=Decimal(61))) == []
    assert broken(SCENARIO, with_summary(PLAN, weight_bound=Decimal("60.9"))) == ["weight-bound"]


def test_cost_bound() -> None:
    assert broken(SCENARIO, with_summary(PLAN, cost_bound_fen=TOTAL)) == []
    assert broken(SCENARIO, with_summary(PLAN, cost_bound_fen=TOTAL + 1)) == ["cost-bound"]


def test_optimal() -> None:
    """Both bounds are met, to the fen."""
    met = with_summary(PLAN, weight_bound=Decimal(61), cost_bound_fen=TOTAL)
    assert broken(SCENARIO, met) == []
    assert broken(SCENARIO, with_summary(met, status=Status.OPTIMAL)) == []
    for short in ({"weight_bound": Decimal(62)}, {"cost_bound_fen": TOTAL - 1}):
        assert broken(SCENARIO, with_summary(met, status=Status.OPTIMAL, **short)) == ["optimal"]


def test_figure() -> None:
    """Figures that cannot be added up are told and counted as 0."""
    assert broken(SCENARIO, PLAN) == []
    absurd = [10**400, -(10**12), Decimal("NaN"), Decimal("-Infinity"), Decimal("1E+999999")]
    for value in absurd:
        found = broken(SCENARIO, with_summary(PLAN, weight_bound=value))
        assert found == ["figure", "weight-bound"]
    assert "figure" in broken(SCENARIO, with_summary(PLAN, seconds=float("nan")))
    assert "figure" in broken(SCENARIO, _cost(access=10**400))
