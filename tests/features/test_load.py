"""Who may share a coach, and how many: risks, load limits, seats."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.builders import (
    HIGH_ADCODE,
    MEDIUM_ADCODE,
    Row,
    broken,
    change,
    make_plan,
    make_plan_of_one,
    make_scenario,
    make_worker,
    settle,
    with_policy,
    with_seat,
    with_trip,
)
from workforce.entities import Risk
from workforce.plan import Plan
from workforce.policy import Zone
from workforce.scenario import Scenario

SCENARIO = make_scenario()
PLAN = make_plan(SCENARIO)
ROWS: list[Row] = [
    ("depart", "F1", "08:00"),
    ("pickup", "P1", "08:40"),
    ("drop", "E1", "10:50"),
    ("return", "F1", "11:30"),
]


def _full(scenario: Scenario, riders: int) -> Plan:
    return make_plan_of_one(scenario, ROWS, [(f"W{n}", "P1", "E1") for n in range(1, riders + 1)])


def _crowd(seats: int = 12, factor: str = "1.0", observation: int = 2, drop: str | None = None) -> Scenario:
    scenario = make_scenario(workers=[make_worker(f"W{n}") for n in range(1, 16)])
    scenario = change(scenario, "fleets", "F1", seats=seats)
    scenario = change(scenario, "enterprises", "E1", adcode=drop)
    zones = {Risk.LOW: Zone(True, 0, Decimal(factor))}
    return with_policy(scenario, zones=zones, trips={"observation_seats": observation})


def test_risk_mixing() -> None:
    assert broken(SCENARIO, PLAN) == []
    # Risks meet on T1; the low worker among the quarantined only lacks the right drop.
    mixed = settle(SCENARIO, with_seat(PLAN, "Q3", trip_id="T1", seat=4))
    assert "risk-mixing" in broken(SCENARIO, mixed)


def test_trip_risk() -> None:
    assert broken(SCENARIO, PLAN) == []
    assert broken(SCENARIO, with_trip(PLAN, "T1", risk=Risk.MEDIUM)) == ["trip-risk"]
    assert broken(SCENARIO, with_trip(PLAN, "T2", risk=Risk.HIGH)) == ["trip-risk"]


@pytest.mark.parametrize(
    ("seats", "factor", "observation", "drop", "limit"),
    [
        (12, "1.0", 2, None, 10),  # the observation seats bind
        (12, "0.5", 2, None, 6),  # the load factor binds
        (13, "0.5", 2, None, 6),  # rounded down
        (10, "0.7", 0, None, 7),  # exactly 7: a binary 0.7 × 10 must not fall below
        (12, "1.0", 2, MEDIUM_ADCODE, 6),  # the stricter end counts
        (12, "0.25", 2, MEDIUM_ADCODE, 3),
        (12, "1.0", 2, HIGH_ADCODE, 6),
    ],
)
def test_load(seats: int, factor: str, observation: int, drop: str | None, limit: int) -> None:
    scenario = _crowd(seats, factor, observation, drop)
    assert broken(scenario, _full(scenario, limit)) == []
    # One rider more may also have to take an observation seat.
    assert "load" in broken(scenario, _full(scenario, limit + 1))


def test_load_where_seats_are_free() -> None:
    scenario = _crowd(12, "0.5")
    assert broken(scenario, _full(scenario, 7)) == ["load"]


def test_seat_number() -> None:
    assert broken(SCENARIO, with_seat(PLAN, "W1", seat=10)) == []
    for seat in (0, -1, 13):
        assert broken(SCENARIO, with_seat(PLAN, "W1", seat=seat)) == ["seat-number"]


def test_observation_seat() -> None:
    """The last two of the twelve seats stay free."""
    assert broken(SCENARIO, with_seat(PLAN, "W1", seat=10)) == []
    assert broken(SCENARIO, with_seat(PLAN, "W1", seat=11)) == ["observation-seat"]


def test_seat_twice() -> None:
    assert broken(SCENARIO, PLAN) == []
    assert broken(SCENARIO, with_seat(PLAN, "W1", seat=2)) == ["seat-twice"]
