"""The proof of the cost: tight where a plan is easy to prove, and absent where none can be had."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from math import cos, radians, sin

import numpy as np
import pytest

from data.generate import KINDS, generate_with_witness
from optimizer.bounds import floor_of
from optimizer.columns import trips_of
from optimizer.instance import LATEST, OPTION, REACH_FEN, build
from optimizer.lodging import Lodging
from optimizer.master import Duals
from optimizer.options import Options
from optimizer.pricing import THOROUGH
from optimizer.proof import Proof, provable
from optimizer.rounds import Search
from optimizer.solve import solve
from tests.brute_force import Best, best_plan
from tests.builders import (
    make_enterprise,
    make_fleet,
    make_hotel,
    make_pickup,
    make_policy,
    make_scenario,
    make_worker,
    with_policy,
)
from tests.optimizer.tiny import tiny
from workforce.entities import Risk
from workforce.policy import Zone
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
    proof = Proof(arrays, floor.weight, not scenario.roads, 1)
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
    proof = Proof(arrays, floor_of(arrays, tables_are_metric=True).weight, True, 1)
    assert proof.least_fen(0.0) == -np.inf


def test_a_halted_proof_ends_without_a_pass() -> None:
    arrays = build(make_scenario()).arrays
    proof = Proof(arrays, floor_of(arrays, tables_are_metric=True).weight, True, 1)
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
    search, proof = Search(arrays, 1), Proof(arrays, floor.weight, not scenario.roads, 1)
    tables = []
    for heat in [1e6] * 20 + [1e5] * 20:
        search.run(20, heat)
        tables.append(search.trips)
    proof.offer(*tables[-1])
    proof.run(lambda: search.weight - floor.restarts, lambda: 0.0, lambda: proof.passes / 40)
    assert proof.proved is not None
    vehicle, room = proof.proved.vehicle.ravel(), proof.proved.room.ravel()
    price = np.concatenate([vehicle, room])
    seen: set[bytes] = set()
    columns = [c for table in tables for c in trips_of(arrays, Lodging(arrays), *table, seen)[0]]
    assert len(columns) > 30
    for column in columns:
        cost = column.fen + float((price[column.uses] * column.counts).sum())
        assert float(proof.proved.item[column.items].sum()) <= cost * (1 + 1e-9) + 1


def test_a_detour_that_is_shorter_than_the_road_is_known_to_the_proof() -> None:
    roads = {
        ("F1", "P1"): (10, 8), ("P1", "E1"): (10, 8), ("E1", "E2"): (10, 10), ("E2", "F1"): (50, 40),
        ("P1", "E2"): (300, 240), ("E1", "F1"): (300, 240), ("E2", "E1"): (10, 10), ("F1", "P2"): (50, 40),
        ("P2", "E1"): (50, 40), ("P2", "E2"): (50, 40), ("P1", "P2"): (300, 240), ("P2", "P1"): (300, 240),
    }  # fmt: skip
    one_day = {"first_day": date(2020, 3, 1), "last_day": date(2020, 3, 1)}
    scenario = make_scenario(
        policy=make_policy(**one_day, trips={"observation_seats": 0}, wait_fen_per_day=(0, 0, 0, 0)),
        workers=[make_worker("W0", enterprise_id="E1"), make_worker("W1", enterprise_id="E2")],
        pickups=[make_pickup("P1"), make_pickup("P2")],
        fleets=[make_fleet(seats=12, day_fen=10_000)],
        hotels=[make_hotel()],
        enterprises=[make_enterprise("E1"), make_enterprise("E2", lat=39.75, lon=106.85)],
        vacancies=[],
        suppliers=[],
        roads=roads,
    )
    arrays = build(scenario).arrays
    floor = floor_of(arrays, tables_are_metric=False)
    proof = Proof(arrays, floor.weight, False, 1)
    weight = floor.most_weight - floor.restarts
    proof.run(lambda: weight, lambda: 0.0, lambda: proof.passes / 40)
    round_by_both = 10_000 + 80 * 500 + float(arrays.reach[:, REACH_FEN].sum())  # F1, P1, E1, E2, F1
    assert 0 < proof.least_fen(weight) <= round_by_both + 1


def test_riders_whom_only_a_lone_pickup_brings_in_time_hide_no_trip_of_three() -> None:
    """A trip to one pickup arrives on the day of leaving, one to two or three a day later."""
    angles = (-0.4, 0.0, 0.4)
    places = [(39.6 - 1.3 * cos(t), 106.75 + 1.3 * sin(t) / cos(radians(38.3))) for t in angles]
    quarantine = Zone(True, 2, Decimal(1))
    one_day = {"first_day": date(2020, 3, 1), "last_day": date(2020, 3, 1)}
    narrow = {"max_pickups": 3, "max_drops": 1, "observation_seats": 0, "max_access_km": 5.0}
    scenario = make_scenario(
        policy=make_policy(
            **one_day,
            zones={Risk.LOW: quarantine, Risk.MEDIUM: quarantine},
            trips={**narrow, "reception": (time(6), time(11))},
            wait_fen_per_day=(0, 0, 0, 0),
        ),
        workers=[
            make_worker(
                f"W{i}{j}",
                lat=lat,
                lon=lon,
                available_from=date(2020, 3, 1),
                arrive_by=date(2020, 3, 3 if j < 4 else 1),
            )
            for i, (lat, lon) in enumerate(places)
            for j in range(10)
        ],
        pickups=[make_pickup(f"P{i}", lat=lat, lon=lon) for i, (lat, lon) in enumerate(places)],
        fleets=[make_fleet(seats=12)],
        hotels=[make_hotel(lat=39.6, lon=106.75, single_rooms=60)],
        enterprises=[make_enterprise()],
        vacancies=[],
        suppliers=[],
        roads={},
    )
    arrays = build(scenario).arrays
    proof = Proof(arrays, np.ones(len(arrays.item)), True, 1)
    sets = proof.sets(0)
    assert sets.day.tolist() == [0, 0, 0, 1, 1, 1, 1]
    seat = float(sets.fen[-1, 0]) / 11  # twelve who may come late pay for it, eleven would
    may_be_late = arrays.option_whole[arrays.item[:, OPTION], LATEST] > 0
    earned = proof.own + np.where(may_be_late, seat, 0.3 * seat)
    free = np.zeros(proof.vehicles.shape), np.zeros(arrays.rooms_free.shape)
    down, _ = proof.price(Duals(earned, *free), np.zeros(len(earned)), THOROUGH)
    late = np.nonzero(may_be_late)[0]
    assert (earned - down - proof.own)[late[:12]].sum() <= 11 * seat * (1 + 1e-6)


@pytest.mark.parametrize("kind", ["plain", "tight-rooms", "seekers"])
def test_a_pass_in_haste_takes_prices_further_down_so_that_no_trip_beats_them(kind: str) -> None:
    scenario = generate_with_witness(replace(KINDS[kind], workers=60)).scenario
    arrays = build(scenario).arrays
    search = Search(arrays, 1)
    proof = Proof(arrays, floor_of(arrays, tables_are_metric=True).weight, True, 1)
    columns, seen = [], set[bytes]()
    share = np.zeros(len(arrays.item))
    for heat in [1e6] * 20 + [1e5] * 20:
        search.run(20, heat)
        more, now = trips_of(arrays, Lodging(arrays), *search.trips, seen)
        columns.extend(more)
        share = np.maximum(share, now)
    free = np.zeros(proof.vehicles.shape), np.zeros(arrays.rooms_free.shape)
    dear = Duals(proof.own + share, *free)

    def beaten_by(prices: np.ndarray) -> int:
        return sum(float(prices[c.items].sum()) > c.fen * (1 + 1e-9) + 1 for c in columns)

    down, _ = proof.price(dear, np.zeros(len(share)), THOROUGH, seconds=0.0)
    assert len(columns) > 30
    assert beaten_by(dear.item) > 0
    assert beaten_by(np.maximum(proof.own, dear.item - down)) == 0
    looked_into, _ = proof.price(dear, np.zeros(len(share)), THOROUGH)
    assert looked_into.sum() < down.sum()
