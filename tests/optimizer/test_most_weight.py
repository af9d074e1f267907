"""The bound on weight: never below what some plan weighs, and lower where something is short."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import numpy as np
import pytest

from data.generate import KINDS, generate
from optimizer.bounds import floor_of
from optimizer.instance import build
from optimizer.rounds import Search
from tests.brute_force import best_plan
from tests.builders import (
    MEDIUM_ADCODE,
    make_enterprise,
    make_fleet,
    make_hotel,
    make_policy,
    make_scenario,
    make_vacancy,
    make_worker,
)
from tests.optimizer.tiny import tiny
from workforce.entities import Risk
from workforce.policy import Zone
from workforce.scenario import Scenario

FIRST, SOON = date(2020, 3, 1), date(2020, 3, 3)


def most_weight(scenario: Scenario) -> Decimal:
    instance = build(scenario)
    floor = floor_of(instance.arrays, tables_are_metric=not scenario.roads)
    return Decimal(round(floor.most_weight)) / instance.weight_scale


@pytest.mark.parametrize("seed", range(36))
def test_it_is_at_least_the_best_weight(seed: int) -> None:
    assert most_weight(tiny(seed)) >= best_plan(tiny(seed)).weight


@pytest.mark.parametrize("kind", ["tight-rooms", "tight-budgets", "few-coaches", "seekers", "families"])
def test_no_search_beats_it(kind: str) -> None:
    scenario = generate(replace(KINDS[kind], workers=60))
    arrays = build(scenario).arrays
    search = Search(arrays, 1)
    search.run(100, 1e4)
    assert 0 < search.weight <= floor_of(arrays, tables_are_metric=True).most_weight


SHORT: dict[str, dict[str, Any]] = {
    "rooms": {
        "workers": [make_worker(f"W{n}", adcode=MEDIUM_ADCODE, arrive_by=SOON) for n in range(4)],
        "hotels": [make_hotel(single_rooms=2, twin_rooms=0)],
    },
    "twins for parties alone": {
        "workers": [make_worker(f"W{n}", adcode=MEDIUM_ADCODE, arrive_by=SOON) for n in range(4)],
        "hotels": [make_hotel(single_rooms=0, twin_rooms=2)],
    },
    "vacancies": {
        "workers": [make_worker(f"W{n}", enterprise_id=None, occupation="welder") for n in range(4)],
        "vacancies": [make_vacancy("V1", headcount=2)],
    },
    "seats": {
        "policy": make_policy(restart_bonus=0, last_day=FIRST, trips={"observation_seats": 0}),
        "workers": [make_worker(f"W{n}") for n in range(4)],
        "fleets": [make_fleet(seats=2, vehicles=1)],
    },
    "money": {
        "workers": [make_worker(f"W{n}", enterprise_id=f"E{1 + n % 2}") for n in range(4)],
        "enterprises": [make_enterprise("E1", budget_fen=0), make_enterprise("E2")],
    },
}


@pytest.mark.parametrize("what", SHORT)
def test_what_is_enough_for_two_of_four_bounds_it(what: str) -> None:
    """Each of the four could travel alone: the sum over them would be twice that."""
    tables = {"policy": make_policy(restart_bonus=0), "roads": {}, **SHORT[what]}
    instance = build(make_scenario(**tables))
    floor = floor_of(instance.arrays, tables_are_metric=True)
    assert np.count_nonzero(floor.weight) == 4
    assert floor.most_weight == floor.weight.sum() / 2


def test_a_restart_needs_whole_workers_who_can_come() -> None:
    """Two enterprises lack two workers each, and there are rooms for three of four."""
    lacking = {"workforce": 10, "present": 3}
    ends = [make_enterprise("E1", **lacking), make_enterprise("E2", **lacking)]
    workers = [
        make_worker(f"W{n}", adcode=MEDIUM_ADCODE, enterprise_id=f"E{1 + n % 2}", available_from=FIRST)
        for n in range(4)
    ]
    hotels = [make_hotel(single_rooms=3, twin_rooms=0)]
    week = make_policy(zones={Risk.MEDIUM: Zone(True, 7, Decimal("0.5"))})
    scenario = make_scenario(policy=week, enterprises=ends, workers=workers, hotels=hotels, roads={})
    assert most_weight(scenario) == 3 * 8 + 20 * 8


def test_a_coach_that_comes_too_late_counts_for_nobody() -> None:
    worker = make_worker("W1", arrive_by=date(2020, 3, 3))
    late = make_fleet(first_day=date(2020, 3, 5))
    assert most_weight(make_scenario(workers=[worker], fleets=[late], roads={})) == 0
