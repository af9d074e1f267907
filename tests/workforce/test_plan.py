"""A plan's ways of looking itself up, and the gaps of its summary."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from tests.builders import make_plan, with_seat, with_summary
from workforce.plan import Cost, Item, Plan

PLAN = make_plan()


def test_riders_by_trip_in_order_of_seat() -> None:
    swapped = with_seat(with_seat(PLAN, "W1", seat=3), "J1", seat=1)
    assert [seat.worker_id for seat in swapped.riders["T1"]] == ["J1", "W2", "W1"]
    assert [seat.worker_id for seat in swapped.riders["T2"]] == ["Q1", "Q2", "Q3"]


def test_look_ups_by_id() -> None:
    assert PLAN.trip_by_id["T2"].fleet_id == "F1"
    assert PLAN.seat_of["J1"].drop_id == "E2"
    assert PLAN.stay_of["Q3"].room == "S1"
    assert PLAN.placement_of == {"J1": "V1"}
    assert [share.item for share in PLAN.shares_of["Q1"]] == [Item.TRIP, Item.ROOM, Item.TRANSFER]
    assert "X1" not in PLAN.seat_of


def test_a_changed_copy_does_not_remember_the_old_look_ups() -> None:
    assert "W1" in PLAN.seat_of
    assert "W1" not in replace(PLAN, seats=PLAN.seats[1:]).seat_of


def test_total_cost_is_the_sum_of_its_parts() -> None:
    assert Cost(trips=1, rooms=20, transfers=300, access=4_000, waiting=50_000).total == 54_321
    assert Cost().total == 0


def _summary(cost: Cost, bound: int, weight: int = 10, weight_bound: int = 10) -> Plan:
    return with_summary(
        PLAN, cost=cost, cost_bound_fen=bound, weight=Decimal(weight), weight_bound=Decimal(weight_bound)
    )


@pytest.mark.parametrize(
    ("bound", "gap", "trip_gap"), [(100, 0.0, 0.0), (90, 0.1, 0.25), (0, 1.0, 2.5), (101, -0.01, -0.025)]
)
def test_gap_over_all_cost_and_over_trips(bound: int, gap: float, trip_gap: float) -> None:
    summary = _summary(Cost(trips=40, rooms=60), bound).summary
    assert summary.gap == pytest.approx(gap)
    assert summary.trip_gap == pytest.approx(trip_gap)


def test_gaps_of_nothing_are_nothing() -> None:
    summary = _summary(Cost(), 0, 0, 0).summary
    assert (summary.gap, summary.trip_gap, summary.weight_gap) == (0.0, 0.0, 0.0)


def test_weight_gap_is_over_the_bound() -> None:
    assert _summary(Cost(), 0, 60, 80).summary.weight_gap == pytest.approx(0.25)
