"""Vehicles: their numbers, one trip a day each, and whom they may carry."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from tests.builders import (
    DAY,
    T1_ROWS,
    T2_ROWS,
    broken,
    change,
    make_busy,
    make_fleet,
    make_plan,
    make_scenario,
    make_stay,
    make_trip,
    settle,
    with_trip,
)
from workforce.entities import Risk
from workforce.plan import Plan

SCENARIO = make_scenario()
PLAN = make_plan(SCENARIO)


def _second_trip_on(days_later: int, vehicle_no: int = 1) -> Plan:
    rows = tuple((kind, place, f"{2 + days_later}T{clock}") for kind, place, clock, *_ in T2_ROWS)
    stays = [
        make_stay(worker, room, check_in=arrival, check_out=arrival + timedelta(days=3))
        for arrival in [DAY + timedelta(days=days_later)]
        for worker, room in (("Q1", "T1"), ("Q2", "T1"), ("Q3", "S1"))
    ]
    second = make_trip("T2", rows, vehicle_no=vehicle_no, risk=Risk.MEDIUM)
    return make_plan(SCENARIO, trips=(make_trip("T1", T1_ROWS), second), stays=tuple(stays))


def test_vehicle_number() -> None:
    assert broken(SCENARIO, with_trip(PLAN, "T1", vehicle_no=3)) == []
    for number in (0, -1, 4):
        assert broken(SCENARIO, with_trip(PLAN, "T1", vehicle_no=number)) == ["vehicle-number"]


def test_vehicle_overlap() -> None:
    """A vehicle makes one trip on each calendar day, however short."""
    assert broken(SCENARIO, PLAN) == []
    assert broken(SCENARIO, _second_trip_on(1)) == []
    assert broken(SCENARIO, with_trip(PLAN, "T2", vehicle_no=1)) == ["vehicle-overlap"]
    two_fleets = make_scenario(fleets=[make_fleet("F1"), make_fleet("F2")])
    elsewhere = with_trip(with_trip(PLAN, "T2", vehicle_no=1), "T2", fleet_id="F2")
    stops = elsewhere.trip_by_id["T2"].stops
    moved = (replace(stops[0], place_id="F2"), *stops[1:-1], replace(stops[-1], place_id="F2"))
    assert "vehicle-overlap" not in broken(two_fleets, with_trip(elsewhere, "T2", stops=moved))


def test_vehicle_overlap_with_a_trip_that_returns_the_next_day() -> None:
    rows = (
        *T1_ROWS[:-1],
        ("rest", None, "12:10", "3T06:00"),
        ("return", "F1", "3T06:10"),
    )
    long = settle(SCENARIO, with_trip(_second_trip_on(1), "T1", stops=make_trip("T1", rows).stops))
    assert broken(SCENARIO, long) == ["vehicle-overlap"]
    later = settle(SCENARIO, with_trip(_second_trip_on(2), "T1", stops=make_trip("T1", rows).stops))
    assert broken(SCENARIO, later) == []


def test_vehicle_busy() -> None:
    free = [
        make_busy("F1", "1", "2020-03-01", "2020-03-01"),
        make_busy("F1", "1", "2020-03-03", "2020-03-04"),
        make_busy("F1", "3", "2020-03-02", "2020-03-02"),
        make_busy("H1", "S2", "2020-03-02", "2020-03-02"),
    ]
    assert broken(make_scenario(busy=free), PLAN) == []
    taken = make_scenario(busy=[make_busy("F1", "1", "2020-03-02", "2020-03-05")])
    assert broken(taken, PLAN) == ["vehicle-busy"]


def test_fleet_reserved() -> None:
    """F1 carries only workers of E1: three on T2 and two on T1 may go, the seeker placed with E2 may not."""
    anybody = change(SCENARIO, "fleets", "F1", reserved_for=None)
    assert broken(anybody, PLAN) == []
    reserved = change(SCENARIO, "fleets", "F1", reserved_for="E1")
    assert broken(reserved, PLAN) == ["fleet-reserved"]
    other = change(SCENARIO, "fleets", "F1", reserved_for="E2")
    assert broken(other, PLAN) == ["fleet-reserved"] * 5
