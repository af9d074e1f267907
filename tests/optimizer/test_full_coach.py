"""The cost if every coach were full: below every plan, and more than the floor where things are short."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

import numpy as np
import pytest

from data.generate import KINDS, generate_with_witness
from optimizer.bounds import floor_of, shortened
from optimizer.columns import trips_of
from optimizer.full_coach import FullCoach
from optimizer.instance import NIGHTS, build
from optimizer.lodging import Lodging
from optimizer.options import Options
from optimizer.proof import provable
from optimizer.rounds import Search
from optimizer.solve import solve
from tests.brute_force import best_plan
from tests.builders import MEDIUM_ADCODE, make_fleet, make_hotel, make_scenario, make_worker, with_policy
from tests.optimizer.tiny import tiny
from workforce.scenario import Scenario

ROUNDING_FEN = 20


def full_coach(scenario: Scenario) -> tuple[FullCoach, np.ndarray]:
    """With the most that items weigh."""
    arrays = build(scenario).arrays
    weight = floor_of(arrays, tables_are_metric=not scenario.roads).weight
    return FullCoach(shortened(arrays) if scenario.roads else arrays, weight), weight


@pytest.mark.parametrize("seed", range(24))
def test_no_plan_of_the_best_weight_is_cheaper_than_full_coaches(seed: int) -> None:
    scenario = tiny(seed)
    instance, best = build(scenario), best_plan(scenario)
    if not len(instance.arrays.item):
        return
    floor = floor_of(instance.arrays, tables_are_metric=not scenario.roads)
    weight = float(best.weight * instance.weight_scale) - floor.restarts
    full, _ = full_coach(scenario)
    full.run(weight)
    assert full.least_fen(weight) <= best.cost_fen + ROUNDING_FEN


@pytest.mark.parametrize("kind", ["plain", "tight-rooms", "families", "distances", "seekers"])
def test_no_trip_of_a_search_is_worth_more_than_it_costs_at_these_prices(kind: str) -> None:
    scenario = generate_with_witness(replace(KINDS[kind], workers=60)).scenario
    arrays = build(scenario).arrays
    full, weight = full_coach(scenario)
    full.run(float(weight.sum()))
    assert full.best is not None
    price = np.concatenate([full.best.vehicle.ravel(), full.best.room.ravel()])
    search, columns, seen = Search(arrays, 1), [], set[bytes]()
    for heat in [1e6] * 20 + [1e5] * 20:
        search.run(20, heat)
        columns.extend(trips_of(arrays, Lodging(arrays), *search.trips, seen)[0])
    assert len(columns) > 30
    for column in columns:
        cost = column.fen + float((price[column.uses] * column.counts).sum())
        assert float(full.best.item[column.items].sum()) <= cost * (1 + 1e-9) + 1


def test_of_two_guests_and_one_cheap_room_one_pays_for_the_dear_one() -> None:
    day = date(2020, 3, 1)
    scenario = make_scenario(
        workers=[
            make_worker(f"W{i}", adcode=MEDIUM_ADCODE, available_from=day, arrive_by=day) for i in range(2)
        ],
        hotels=[
            make_hotel("H1", single_rooms=1, twin_rooms=0, single_fen=10_000, concession=Decimal(0)),
            make_hotel("H2", single_rooms=9, twin_rooms=0, single_fen=30_000, concession=Decimal(0)),
        ],
        roads={},
    )
    arrays = build(scenario).arrays
    nights = int(arrays.item[0, NIGHTS])
    floor = floor_of(arrays, tables_are_metric=True)
    full, weight = full_coach(scenario)
    full.run(float(weight.sum()))
    more = full.least_fen(float(weight.sum())) - floor.least_fen(floor.most_weight)
    assert nights > 0
    assert more >= 0.9 * nights * 20_000


def test_a_halted_run_proves_nothing() -> None:
    full, weight = full_coach(make_scenario())
    full.halt()
    full.run(float(weight.sum()))
    assert full.least_fen(float(weight.sum())) == -np.inf


def test_trips_of_many_stops_are_bounded_too() -> None:
    scenario = with_policy(make_scenario(workers=[make_worker("W1")], roads={}), trips={"max_pickups": 9})
    assert not provable(build(scenario).arrays)
    full, weight = full_coach(scenario)
    full.run(float(weight.sum()))
    summary = solve(scenario, Options(time_limit=None, work_limit=20)).summary
    assert summary.served == 1
    assert 0 < full.least_fen(float(weight.sum())) <= summary.cost.total + ROUNDING_FEN
    assert summary.cost_bound_fen >= full.least_fen(float(weight.sum())) - ROUNDING_FEN


def test_a_coach_that_is_reserved_makes_no_seat_of_others_cheap() -> None:
    scenario = make_scenario(
        workers=[make_worker("W1", enterprise_id="E2")],
        fleets=[make_fleet("F1"), make_fleet("F2", day_fen=100, km_yuan=Decimal(0), reserved_for="E1")],
        roads={},
    )
    alone = replace(scenario, fleets={"F1": scenario.fleets["F1"]})
    bounds = []
    for one in (scenario, alone):
        full, weight = full_coach(one)
        full.run(float(weight.sum()))
        bounds.append(full.least_fen(float(weight.sum())))
    assert bounds[0] == pytest.approx(bounds[1])
    assert bounds[0] > 0
