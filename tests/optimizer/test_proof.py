"""The proof of the cost: tight where a plan is easy to prove, and absent where none can be had."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from data.generate import KINDS, generate_with_witness
from optimizer.bounds import floor_of
from optimizer.instance import build
from optimizer.lodging import Lodging
from optimizer.options import Options
from optimizer.proof import Proof, provable, trips_of
from optimizer.rounds import Search
from optimizer.solve import solve
from tests.brute_force import Best, best_plan
from tests.builders import make_hotel, make_policy, make_scenario, make_worker, with_policy
from tests.optimizer.tiny import tiny
from workforce.scenario import Scenario

ROUNDING_FEN = 20


def test_a_lone_worker_is_proved_to_the_rounding() -> None:
    alone = make_scenario(workers=[make_worker("W1")], roads={})
    summary = solve(alone, Options(time_limit=None, work_limit=20)).summary
    assert summary.served == 1
    assert 0 <= summary.cost.total - summary.cost_bound_fen <= ROUNDING_FEN


def proved_fen(scenario: Scenario, best: Best) -> float:
    """What the proof alone says of plans of the best weight, not cut off at any plan's cost."""
    instance = build(scenario)
    arrays = instance.arrays
    floor = floor_of(arrays, tables_are_metric=not scenario.roads)
    proof = Proof(arrays, floor.weight, 1)
    weight = float(best.weight * instance.weight_scale) - floor.restarts
    proof.run(lambda: weight, lambda: 0.0, lambda: proof.passes / 30)
    return proof.least_fen(weight)


@pytest.mark.parametrize("seed", range(24))
def test_no_plan_of_the_best_weight_is_cheaper_than_proved(seed: int) -> None:
    scenario = tiny(seed)
    if not provable(build(scenario).arrays):
        return
    best = best_plan(scenario)
    assert proved_fen(scenario, best) <= best.cost_fen + ROUNDING_FEN


def test_nothing_is_proved_before_the_first_pass() -> None:
    arrays = build(make_scenario()).arrays
    proof = Proof(arrays, floor_of(arrays, tables_are_metric=True).weight, 1)
    assert proof.least_fen(0.0) == -np.inf


def test_a_halted_proof_ends_without_a_pass() -> None:
    arrays = build(make_scenario()).arrays
    proof = Proof(arrays, floor_of(arrays, tables_are_metric=True).weight, 1)
    proof.halt()
    proof.run(lambda: 1.0, lambda: 0.0, lambda: 0.0)
    assert proof.passes == 0


def test_trips_of_many_pickups_are_not_gone_through() -> None:
    scenario = make_scenario()
    assert provable(build(scenario).arrays)
    many = with_policy(scenario, trips={"max_pickups": 4})
    assert not provable(build(many).arrays)


def test_stays_cost_list_price_less_concession_plus_prices() -> None:
    scenario = make_scenario(hotels=[make_hotel()], policy=make_policy())
    hotel, arrays = scenario.hotels["H1"], build(scenario).arrays
    lodging = Lodging(arrays)
    free = lodging.rooms(np.zeros(arrays.rooms_free.shape), 3)
    dear = lodging.rooms(np.full(arrays.rooms_free.shape, 10.0), 3)
    nights = 3 + arrays.turnover
    open_days = np.isfinite(free[0, 0, :5])
    assert open_days.any()
    assert np.allclose((dear - free)[0, 0, :5][open_days], 10.0 * nights)
    assert free[0, 0, -1] == pytest.approx(3 * hotel.single_fen * float(1 - hotel.concession))


@pytest.mark.parametrize("kind", ["plain", "tight-rooms", "families", "distances", "seekers"])
def test_no_trip_of_a_search_is_worth_more_than_it_costs_at_the_proved_prices(kind: str) -> None:
    scenario = generate_with_witness(replace(KINDS[kind], workers=60)).scenario
    arrays = build(scenario).arrays
    floor = floor_of(arrays, tables_are_metric=not scenario.roads)
    search, proof = Search(arrays, 1), Proof(arrays, floor.weight, 1)
    tables = []
    for heat in [1e6] * 20 + [1e5] * 20:
        search.run(20, heat)
        tables.append(search.trips)
    proof.offer(*tables[-1])
    proof.run(lambda: search.weight - floor.restarts, lambda: 0.0, lambda: proof.passes / 12)
    assert proof.proved is not None
    vehicle, room = proof.proved.vehicle.ravel(), proof.proved.room.ravel()
    price = np.concatenate([vehicle, room])
    seen: set[bytes] = set()
    columns = [c for table in tables for c in trips_of(arrays, Lodging(arrays), *table, seen)[0]]
    assert len(columns) > 30
    for column in columns:
        cost = column.fen + float((price[column.uses] * column.counts).sum())
        assert float(proof.proved.item[column.items].sum()) <= cost * (1 + 1e-9) + 1
