"""The km, the minutes and the cost of a trip."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tests.builders import (
    DEFAULT_ROADS,
    Row,
    broken,
    make_plan,
    make_plan_of_one,
    make_scenario,
    settle,
    with_policy,
    with_stop,
    with_trip,
)

SCENARIO = make_scenario()
PLAN = make_plan(SCENARIO)


def test_leg_km() -> None:
    """Two decimals, rounded half up."""
    assert broken(SCENARIO, PLAN) == []
    assert PLAN.trip_by_id["T2"].stops[3].km == Decimal("15.13")  # the road is 15.125
    for km in ("15.12", "15.125", "15.14", "-15.13"):
        assert broken(SCENARIO, with_stop(PLAN, "T2", 4, km=Decimal(km))) == ["leg-km"]
    assert broken(SCENARIO, with_stop(PLAN, "T2", 1, km=Decimal(1))) == ["leg-km"]


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("10.00", "40.00", []),
        ("0.00", "50.00", []),
        ("10.01", "40.00", []),  # each of the two rows is rounded
        ("10.00", "40.02", ["leg-km"]),
        ("51.00", "-1.00", ["leg-km"]),
    ],
)
def test_leg_km_around_a_rest_adds_up_to_the_road(first: str, second: str, found: list[str]) -> None:
    rows: list[Row] = [
        ("depart", "F1", "08:00"),
        ("rest", None, "08:10", "08:30"),
        ("pickup", "P1", "09:00"),
        ("drop", "E1", "11:10"),
        ("return", "F1", "11:50"),
    ]
    plan = make_plan_of_one(SCENARIO, rows, [("W1", "P1", "E1")])
    plan = with_stop(with_stop(plan, "T1", 2, km=Decimal(first)), "T1", 3, km=Decimal(second))
    assert broken(SCENARIO, plan) == found


def test_leg_minutes() -> None:
    """At least the road's minutes; longer is legal."""
    assert broken(SCENARIO, PLAN) == []
    slower = make_scenario(roads={**DEFAULT_ROADS, ("F1", "P1"): (50, 41)})
    quicker = make_scenario(roads={**DEFAULT_ROADS, ("F1", "P1"): (50, 39)})
    assert broken(slower, PLAN) == ["leg-minutes", "leg-minutes"]
    assert broken(quicker, PLAN) == []


def test_leg_minutes_around_a_rest_leave_the_rest_out() -> None:
    def rows(pickup: str) -> list[Row]:
        return [
            ("depart", "F1", "08:00"),
            ("rest", None, "08:10", "08:30"),
            ("pickup", "P1", pickup),
            ("drop", "E1", "11:10"),
            ("return", "F1", "11:50"),
        ]

    riders = [("W1", "P1", "E1")]
    assert broken(SCENARIO, make_plan_of_one(SCENARIO, rows("09:00"), riders)) == []
    assert broken(SCENARIO, make_plan_of_one(SCENARIO, rows("08:59"), riders)) == ["leg-minutes"]


def test_road_of_a_geodesic() -> None:
    """Without a row in the table the road is the geodesic with its detour, minutes rounded up.

    P2 (38.75 N, 106.35 E) and E1 (39.70 N, 106.80 E) are 112.3 km apart, 146 km by road,
    117 minutes at 75 km/h: the base plan's 80 minutes are too short.
    """
    roads = {pair: road for pair, road in DEFAULT_ROADS.items() if pair != ("P2", "E1")}
    scenario = make_scenario(roads=roads)
    plan = settle(scenario, PLAN)
    assert broken(scenario, plan) == ["leg-minutes"]
    faster = with_policy(scenario, speed_kmh=130.0)
    assert broken(faster, plan) == []
    farther = with_policy(faster, detour_factor=1.31)
    assert broken(farther, plan) == ["leg-km", "trip-cost", "trip-km"]


def test_trip_km() -> None:
    assert broken(SCENARIO, PLAN) == []
    for km in ("210.74", "210.76", "210.755"):
        assert broken(SCENARIO, with_trip(PLAN, "T1", km=Decimal(km))) == ["trip-km"]


def test_trip_cost() -> None:
    """1 day × 1,000 + 210.75 km × 5 = 2,053.75 yuan; T2: 1,000 + 185.125 × 5 = 1,925.625, half up .63."""
    assert PLAN.trip_by_id["T1"].cost_fen == 205_375
    assert PLAN.trip_by_id["T2"].cost_fen == 192_563
    assert broken(SCENARIO, PLAN) == []
    assert "trip-cost" in broken(SCENARIO, with_trip(PLAN, "T1", cost_fen=205_376))
    assert "trip-cost" in broken(SCENARIO, with_trip(PLAN, "T2", cost_fen=192_562))


def test_trip_cost_of_more_drivers_and_days() -> None:
    """2 days × 1,000 + 200 km × 5 + (3 − 1) × 2 days × 600 = 5,400 yuan."""
    scenario = with_policy(SCENARIO, driving={"max_drivers": 3})
    rows: list[Row] = [
        ("depart", "F1", "20:00"),
        ("pickup", "P1", "20:40"),
        ("drop", "E1", "22:50"),
        ("rest", None, "23:20", "3T00:10"),
        ("return", "F1", "3T00:20"),
    ]
    plan = make_plan_of_one(scenario, rows, [("W1", "P1", "E1")], drivers=3)
    assert plan.trips[0].cost_fen == 540_000
    assert broken(scenario, plan) == []
    assert "trip-cost" in broken(scenario, with_trip(plan, "T1", drivers=2))


def test_dear_trip() -> None:
    """T1 costs 2,053.75 yuan for three riders, 684.5833… each; T2 641.88 each."""
    assert broken(with_policy(SCENARIO, trips={"max_fen_per_worker": 68_459}), PLAN) == []
    assert broken(with_policy(SCENARIO, trips={"max_fen_per_worker": 68_458}), PLAN) == ["dear-trip"]


def test_a_trip_may_cost_the_limit_to_the_fen() -> None:
    """1 day × 1,000 + 200 km × 5 for one rider."""
    rows: list[Row] = [
        ("depart", "F1", "08:00"),
        ("pickup", "P1", "08:40"),
        ("drop", "E1", "10:50"),
        ("return", "F1", "11:30"),
    ]
    plan = make_plan_of_one(SCENARIO, rows, [("W1", "P1", "E1")])
    assert broken(with_policy(SCENARIO, trips={"max_fen_per_worker": 200_000}), plan) == []
    assert broken(with_policy(SCENARIO, trips={"max_fen_per_worker": 199_999}), plan) == ["dear-trip"]
