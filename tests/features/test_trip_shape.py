"""What a trip looks like: its rows, its places, who boards and alights."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import (
    Row,
    broken,
    leave_behind,
    make_enterprise,
    make_pickup,
    make_plan,
    make_plan_of_one,
    make_scenario,
    settle,
    with_policy,
    with_seat,
    with_stop,
    with_trip,
)
from workforce.plan import Plan, Reason, Seat, Stop

SCENARIO = make_scenario()
PLAN = make_plan(SCENARIO)
REST_ON_THE_ROAD: tuple[Row, ...] = (
    ("depart", "F1", "08:00"),
    ("rest", None, "08:20", "08:50"),
    ("pickup", "P1", "09:10"),
    ("drop", "E1", "11:20"),
    ("return", "F1", "12:00"),
)


def _stops(plan: Plan, trip_id: str = "T1") -> tuple[Stop, ...]:
    return plan.trip_by_id[trip_id].stops


def test_trip_shape() -> None:
    assert broken(SCENARIO, PLAN) == []
    rested = make_plan_of_one(SCENARIO, REST_ON_THE_ROAD, [("W1", "P1", "E1")])
    assert broken(SCENARIO, rested) == []

    assert broken(SCENARIO, with_stop(rested, "T1", 2, place_id="P2")) == ["trip-shape"]
    renumbered = tuple(replace(stop, seq=2 * stop.seq) for stop in _stops(PLAN))
    assert broken(SCENARIO, with_trip(PLAN, "T1", stops=renumbered)) == ["trip-shape"]


def test_trip_shape_boards_nobody_after_the_first_alighting() -> None:
    rows: list[Row] = [
        ("depart", "F1", "08:00"),
        ("pickup", "P1", "08:40"),
        ("drop", "E1", "10:50"),
        ("pickup", "P2", "14:00"),
        ("drop", "E2", "18:00"),
        ("return", "F1", "18:40"),
    ]
    plan = make_plan(SCENARIO)
    mixed = settle(SCENARIO, with_trip(plan, "T1", stops=_retimed(rows)))
    assert "trip-shape" in broken(SCENARIO, mixed)


def _retimed(rows: list[Row]) -> tuple[Stop, ...]:
    return make_plan_of_one(SCENARIO, rows, [("W1", "P1", "E1")]).trips[0].stops


@pytest.mark.parametrize("missing", ["depart", "return", "pickup", "drop", "all"])
def test_trip_shape_misses_no_row(missing: str) -> None:
    left = tuple(stop for stop in _stops(PLAN) if missing not in ("all", stop.kind))
    found = broken(SCENARIO, with_trip(PLAN, "T1", stops=left))
    assert "trip-shape" in found


def test_trip_depot() -> None:
    assert broken(SCENARIO, PLAN) == []
    assert "trip-depot" in broken(SCENARIO, with_stop(PLAN, "T1", 1, place_id="P1"))
    assert "trip-depot" in broken(SCENARIO, with_stop(PLAN, "T1", 6, place_id=None))


def test_trip_fleet() -> None:
    assert broken(SCENARIO, PLAN) == []
    assert "trip-fleet" in broken(SCENARIO, with_trip(PLAN, "T1", fleet_id="F9"))


@pytest.mark.parametrize(("seq", "place"), [(2, "E1"), (2, "nowhere"), (4, "P1"), (5, "F1"), (5, None)])
def test_trip_place(seq: int, place: str | None) -> None:
    assert broken(SCENARIO, PLAN) == []
    assert "trip-place" in broken(SCENARIO, with_stop(PLAN, "T1", seq, place_id=place))


def test_trip_once() -> None:
    assert broken(SCENARIO, PLAN) == []
    assert "trip-once" in broken(SCENARIO, with_stop(PLAN, "T1", 3, place_id="P1"))


def test_max_pickups() -> None:
    two = with_policy(SCENARIO, trips={"max_pickups": 2})
    one = with_policy(SCENARIO, trips={"max_pickups": 1})
    assert broken(two, PLAN) == []
    assert broken(one, PLAN) == ["max-pickups"]


def test_max_drops() -> None:
    two = with_policy(SCENARIO, trips={"max_drops": 2})
    one = with_policy(SCENARIO, trips={"max_drops": 1})
    assert broken(two, PLAN) == []
    assert broken(one, PLAN) == ["max-drops"]


def test_empty_trip() -> None:
    assert broken(SCENARIO, PLAN) == []
    nobody = PLAN
    for worker_id in ("Q1", "Q2", "Q3"):
        nobody = leave_behind(nobody, worker_id, Reason.NO_SEAT)
    found = broken(SCENARIO, settle(SCENARIO, nobody))
    assert found == ["empty-trip", "idle-stop", "idle-stop"]


def test_idle_stop() -> None:
    assert broken(SCENARIO, PLAN) == []
    moved = with_seat(PLAN, "W2", pickup_id="P1")
    reach = with_policy(SCENARIO, trips={"max_access_km": 100.0})
    assert broken(reach, settle(reach, moved)) == ["idle-stop"]


def test_counts() -> None:
    assert broken(SCENARIO, PLAN) == []
    assert broken(SCENARIO, with_stop(PLAN, "T1", 2, boarding=1)) == ["counts"]
    assert broken(SCENARIO, with_stop(PLAN, "T1", 4, alighting=3)) == ["counts"]
    assert broken(SCENARIO, with_stop(PLAN, "T1", 6, boarding=1)) == ["counts"]


def test_seat_stop() -> None:
    assert broken(SCENARIO, PLAN) == []
    third = make_scenario(
        pickups=[*SCENARIO.pickups.values(), make_pickup("P3")],
        enterprises=[*SCENARIO.enterprises.values(), make_enterprise("E3")],
    )
    elsewhere = settle(third, with_seat(PLAN, "W1", pickup_id="P3"))
    assert broken(third, elsewhere) == ["seat-stop"]
    # Who is never dropped never arrives; the drop is not the enterprise either.
    nowhere = settle(third, with_seat(PLAN, "W1", drop_id="E3"))
    assert broken(third, nowhere) == ["drop", "seat-stop"]


def test_unknown_trip() -> None:
    assert broken(SCENARIO, PLAN) == []
    astray = replace(PLAN, seats=(*PLAN.seats, Seat("T9", 1, "X1", "P1", "E2")), unserved=())
    assert "unknown-trip" in broken(SCENARIO, settle(SCENARIO, astray))
