"""The terms that a scenario derives from its tables."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import (
    HIGH_ADCODE,
    MEDIUM_ADCODE,
    change,
    make_closure,
    make_enterprise,
    make_fleet,
    make_scenario,
    make_worker,
    with_policy,
)
from workforce.entities import Risk
from workforce.scenario import minutes_of

SCENARIO = make_scenario()


@pytest.mark.parametrize(
    ("adcode", "risk"),
    [
        ("640402", Risk.LOW),  # its own row, against its prefecture's
        ("640403", Risk.MEDIUM),  # its prefecture's
        ("640502", Risk.HIGH),  # its province's
        ("650502", Risk.LOW),  # no row at all
    ],
)
def test_risk_is_that_of_the_longest_match(adcode: str, risk: Risk) -> None:
    zones = {"640000": Risk.HIGH, "640400": Risk.MEDIUM, "640402": Risk.LOW}
    assert replace(SCENARIO, zones=zones).risk_of(adcode) is risk


def test_zone_of_a_worker() -> None:
    assert SCENARIO.zone_of(make_worker(adcode=MEDIUM_ADCODE)).quarantine_nights == 3
    assert not SCENARIO.zone_of(make_worker(adcode=HIGH_ADCODE)).admit


def _priorities(own: dict[str, int], suppliers: list[tuple[str, str]]) -> dict[str, int]:
    enterprises = [make_enterprise(e, priority=priority) for e, priority in own.items()]
    return dict(make_scenario(enterprises=enterprises, suppliers=suppliers).effective_priority)


def test_effective_priority_is_the_best_of_all_that_it_supplies() -> None:
    own = {"a": 4, "b": 3, "c": 1, "d": 2}
    assert _priorities(own, []) == own
    assert _priorities(own, [("a", "b")]) == {**own, "a": 3}
    assert _priorities(own, [("b", "a")]) == own
    assert _priorities(own, [("a", "b"), ("b", "c")]) == {**own, "a": 1, "b": 1}
    assert _priorities(own, [("a", "b"), ("a", "d")]) == {**own, "a": 2}


def test_effective_priority_of_suppliers_in_a_circle() -> None:
    own = {"a": 4, "b": 3, "c": 2}
    assert _priorities(own, [("a", "b"), ("b", "c"), ("c", "a"), ("a", "a")]) == {"a": 2, "b": 2, "c": 2}


def test_weight_of_an_enterprise_is_that_of_its_effective_priority() -> None:
    supplies = make_scenario(suppliers=[("E2", "E1")])
    assert [SCENARIO.weight_of(e) for e in ("E1", "E2")] == [8, 1]
    assert supplies.weight_of("E2") == 8


def test_parties_in_order_of_id() -> None:
    workers = [make_worker(w, party_id="A") for w in ("W9", "W10")] + [make_worker("W1")]
    assert make_scenario(workers=workers).parties == {"A": ("W10", "W9")}


def test_road_by_table_or_geodesic() -> None:
    assert (SCENARIO.road("F1", "P1").km, SCENARIO.road("F1", "P1").minutes) == (50.0, 40)
    # The table gives one direction: the way back is 1.3 × the geodesic at 75 km/h.
    back = SCENARIO.road("P1", "F1")
    assert back.km == pytest.approx(1.3 * 131.0, rel=0.01)
    assert back.minutes == math.ceil(back.km / 75 * 60)
    assert SCENARIO.road("P1", "P1").km == 0


def test_a_road_of_no_length_in_the_table_is_taken() -> None:
    level = make_scenario(roads={("F1", "P1"): (0, 0)})
    assert (level.road("F1", "P1").km, level.road("F1", "P1").minutes) == (0.0, 0)


@pytest.mark.parametrize(
    ("km", "minutes"), [(0.0, 0), (75.0, 60), (75.0000000001, 60), (75.01, 61), (1.25, 1), (1.26, 2)]
)
def test_minutes_are_rounded_up(km: float, minutes: int) -> None:
    assert minutes_of(km, 75.0) == minutes


@pytest.mark.parametrize(
    ("seats", "factor", "observation", "drops", "limit"),
    [
        (49, "1.0", 8, ("E1",), 41),
        (49, "0.5", 8, ("E1",), 24),
        (10, "0.7", 0, ("E1",), 7),
        (49, "1.0", 0, ("E1", "E2"), 24),  # E2 lies in a medium zone
        (49, "1.0", 0, ("E2",), 24),
        (49, "1.0", 0, ("H1",), 49),  # the hotel tells no zone
    ],
)
def test_load_limit(seats: int, factor: str, observation: int, drops: tuple[str, ...], limit: int) -> None:
    scenario = change(SCENARIO, "enterprises", "E2", adcode=MEDIUM_ADCODE)
    low = replace(SCENARIO.policy.zones[Risk.LOW], load_factor=Decimal(factor))
    scenario = with_policy(scenario, zones={Risk.LOW: low}, trips={"observation_seats": observation})
    assert scenario.load_limit(make_fleet(seats=seats), Risk.LOW, drops) == limit


def test_closed_days_by_place() -> None:
    spans = [make_closure("P1", "2020-03-01", "2020-03-02"), make_closure("P1", "2020-03-09", "2020-03-09")]
    closed = make_scenario(closures=spans).closed_days
    assert set(closed) == {"P1"}
    assert [first.day for first, _ in closed["P1"]] == [1, 9]


def test_coordinates_of_every_place() -> None:
    assert set(SCENARIO.coordinates) == {"P1", "P2", "F1", "H1", "E1", "E2"}


@pytest.mark.parametrize(
    ("workforce", "present", "share", "needed"),
    [
        (10, 4, "0.5", 1),
        (10, 5, "0.5", None),
        (10, 3, "0.5", 2),
        (9, 3, "0.5", 2),  # 4.5 are needed
        (9, 4, "0.5", 1),
        (10, 0, "0.3", 3),  # exactly 3, which 0.3 × 10 in binary exceeds or misses
        (7, 0, "1", 7),
        (7, 0, "0", None),
        (3, 0, "0.0001", 1),
    ],
)
def test_restarts_with(workforce: int, present: int, share: str, needed: int | None) -> None:
    firm = make_enterprise(workforce=workforce, present=present, restart_share=Decimal(share))
    assert firm.restarts_with == needed


@given(st.integers(0, 500), st.integers(0, 500), st.decimals(0, 1, places=3))
def test_restarts_with_is_the_least_that_is_enough(workforce: int, present: int, share: Decimal) -> None:
    firm = make_enterprise(workforce=workforce, present=present, restart_share=share)
    enough = [n for n in range(502) if present + n >= share * workforce]
    assert firm.restarts_with == (enough[0] or None)
