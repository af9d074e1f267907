"""When a trip may run: windows, stops, closures, riding time, and the days of horizon and fleet."""

from __future__ import annotations

from dataclasses import replace
from datetime import time

from tests.builders import (
    DAY,
    Row,
    at,
    broken,
    change,
    day,
    make_closure,
    make_plan,
    make_plan_of_one,
    make_scenario,
    with_policy,
    with_stop,
    with_trip,
)
from workforce.plan import Plan
from workforce.scenario import Scenario

SCENARIO = make_scenario()
PLAN = make_plan(SCENARIO)
W1 = [("W1", "P1", "E1")]


def _one(rows: list[Row], scenario: Scenario = SCENARIO) -> Plan:
    return make_plan_of_one(scenario, rows, W1)


def _rows(leaves: str, pickup: str, drop: str, back: str) -> list[Row]:
    return [("depart", "F1", leaves), ("pickup", "P1", pickup), ("drop", "E1", drop), ("return", "F1", back)]


def test_clock() -> None:
    assert broken(SCENARIO, PLAN) == []
    assert "clock" in broken(SCENARIO, with_stop(PLAN, "T1", 3, depart=at("09:29")))
    assert "clock" in broken(SCENARIO, with_stop(PLAN, "T1", 3, arrive=at("08:59")))


def test_clock_at_the_depot_is_one_moment() -> None:
    assert broken(SCENARIO, with_stop(PLAN, "T1", 1, arrive=at("07:59"))) == ["clock"]
    assert broken(SCENARIO, with_stop(PLAN, "T1", 6, depart=at("12:21"))) == ["clock"]


def test_leave_depot() -> None:
    """Both ends of the window count."""
    for window in ((time(8), time(9)), (time(7), time(8))):
        assert broken(with_policy(SCENARIO, trips={"leave_depot": window}), PLAN) == []
    for window in ((time(8, 1), time(9)), (time(7), time(7, 59))):
        found = broken(with_policy(SCENARIO, trips={"leave_depot": window}), PLAN)
        assert found == ["leave-depot", "leave-depot"]


def test_reception() -> None:
    """The arrival counts, not the departure; both ends of the window count."""
    for window in ((time(10, 40), time(23)), (time(6), time(11, 40))):
        assert broken(with_policy(SCENARIO, trips={"reception": window}), PLAN) == []
    early = with_policy(SCENARIO, trips={"reception": (time(10, 41), time(23))})
    late = with_policy(SCENARIO, trips={"reception": (time(6), time(11, 39))})
    assert broken(early, PLAN) == ["reception"]
    assert broken(late, PLAN) == ["reception"]


def test_stop_minutes() -> None:
    assert broken(with_policy(SCENARIO, trips={"stop_minutes": 20}), PLAN) == []
    found = broken(with_policy(SCENARIO, trips={"stop_minutes": 21}), PLAN)
    assert found == ["stop-minutes"] * 6


def test_closure() -> None:
    """Days around the stop may be closed, the day of the stop may not; a depot has no closures."""
    around = [make_closure("P1", "2020-03-01", "2020-03-01"), make_closure("P1", "2020-03-03", "2020-03-09")]
    assert broken(make_scenario(closures=around), PLAN) == []
    for place, times in (("P1", 2), ("E1", 1), ("H1", 1)):
        closed = make_scenario(closures=[make_closure(place, "2020-03-02", "2020-03-02")])
        assert broken(closed, PLAN) == ["closure"] * times


def test_closure_counts_every_day_that_a_stop_touches() -> None:
    rows: list[Row] = [
        ("depart", "F1", "21:00"),
        ("pickup", "P1", "21:40", "3T00:00"),
        ("drop", "E1", "3T06:00"),
        ("return", "F1", "3T06:40"),
    ]
    night = with_policy(SCENARIO, driving={"night_ban": None, "break_after_minutes": 480})
    for first, last, found in (
        ("2020-03-01", "2020-03-01", []),
        ("2020-03-02", "2020-03-02", ["closure"]),
        ("2020-03-03", "2020-03-04", ["closure"]),
        ("2020-03-04", "2020-03-04", []),
    ):
        closed = replace(night, closures=(make_closure("P1", first, last),))
        assert broken(closed, _one(rows, closed)) == found


def test_closure_counts_a_rest_at_the_place() -> None:
    """Rows with no driving between them are one stop; a rest some way off is another."""
    rest_there: list[Row] = [
        ("depart", "F1", "21:00"),
        ("rest", None, "21:40", "3T06:00"),
        ("pickup", "P1", "3T06:00"),
        ("drop", "E1", "3T08:30"),
        ("return", "F1", "3T09:10"),
    ]
    rest_before = [*rest_there[:1], ("rest", None, "21:39", "3T05:59"), *rest_there[2:]]
    closed = make_scenario(closures=[make_closure("P1", "2020-03-02", "2020-03-02")])
    assert broken(closed, _one(rest_before, closed)) == []
    assert broken(closed, _one(rest_there, closed)) == ["closure"]


def test_ride() -> None:
    """From the arrival at the first pickup (08:40) to the arrival at the last drop (11:40)."""
    assert broken(with_policy(SCENARIO, trips={"max_ride_minutes": 180}), PLAN) == []
    assert broken(with_policy(SCENARIO, trips={"max_ride_minutes": 179}), PLAN) == ["ride"]


def test_trip_days() -> None:
    assert broken(SCENARIO, PLAN) == []
    assert broken(SCENARIO, with_trip(PLAN, "T1", last_day=day("2020-03-03"))) == ["trip-days"]
    assert broken(SCENARIO, with_trip(PLAN, "T1", first_day=day("2020-03-01"))) == ["trip-days"]


def test_horizon() -> None:
    """It bounds the day of leaving only: returns and stays may run past it."""
    first_day = with_policy(SCENARIO, first_day=DAY)
    assert broken(first_day, make_plan(first_day)) == []
    last_day = with_policy(SCENARIO, last_day=DAY)
    overnight: list[Row] = [
        ("depart", "F1", "20:00"),
        ("pickup", "P1", "20:40"),
        ("drop", "E1", "22:50"),
        ("rest", None, "3T00:00", "3T06:00"),
        ("return", "F1", "3T07:00"),
    ]
    assert broken(last_day, _one(overnight, last_day)) == []
    assert broken(last_day, make_plan(last_day)) == []
    over = with_policy(SCENARIO, last_day=day("2020-03-01"))
    assert broken(over, make_plan(over)) == ["horizon", "horizon"]
    later = with_policy(SCENARIO, first_day=day("2020-03-03"))
    assert broken(later, make_plan(later)) == ["horizon", "horizon"]


def test_fleet_days() -> None:
    """First and last day bound the whole trip, the way back included."""
    serves = change(SCENARIO, "fleets", "F1", first_day=DAY, last_day=DAY)
    assert broken(serves, PLAN) == []
    starts_late = change(SCENARIO, "fleets", "F1", first_day=day("2020-03-03"))
    assert broken(starts_late, PLAN) == ["fleet-days", "fleet-days"]
    back_late = _one(
        [
            *_rows("20:00", "20:40", "22:50", "23:30")[:3],
            ("rest", None, "23:20", "3T00:10"),
            ("return", "F1", "3T00:20"),
        ],
        serves,
    )
    assert broken(serves, back_late) == ["fleet-days"]
