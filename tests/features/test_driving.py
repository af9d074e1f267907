"""What the drivers may do: breaks, duties, the night ban, and riders who may not wait."""

from __future__ import annotations

from datetime import time, timedelta
from typing import Any

import pytest

from tests.builders import (
    DEFAULT_ROADS,
    Row,
    at,
    broken,
    make_plan,
    make_plan_of_one,
    make_scenario,
    settle,
    with_policy,
    with_trip,
)
from workforce.check_trips import touches
from workforce.plan import Plan
from workforce.scenario import Scenario

SCENARIO = make_scenario()
# P1 to E1 takes 400 minutes; the way out 40, the way back 20.
LONG = make_scenario(roads={**DEFAULT_ROADS, ("P1", "E1"): (500, 400)})
WIDE = {"break_after_minutes": 600, "max_minutes_per_driver": 600}


def _one(scenario: Scenario, rows: list[Row], **trip_changes: Any) -> Plan:
    return make_plan_of_one(scenario, rows, [("W1", "P1", "E1")], **trip_changes)


def _rests(*rests: tuple[str, str], drop: str = "16:00", back: str = "16:40") -> list[Row]:
    """A trip of LONG that boards from 08:40 to 09:00 and rests at these times on the way."""
    return [
        ("depart", "F1", "08:00"),
        ("pickup", "P1", "08:40"),
        *(("rest", None, *rest) for rest in rests),
        ("drop", "E1", drop),
        ("return", "F1", back),
    ]


def test_drivers() -> None:
    plan = make_plan(SCENARIO)
    pair = settle(SCENARIO, with_trip(plan, "T1", drivers=2))
    assert broken(SCENARIO, pair) == []
    assert broken(with_policy(SCENARIO, driving={"max_drivers": 1}), pair) == ["drivers"]
    nobody = settle(SCENARIO, with_trip(plan, "T1", drivers=0))
    assert "drivers" in broken(SCENARIO, nobody)


def test_break() -> None:
    """At most 240 minutes of driving since the last stop of 20, whoever drives."""
    assert broken(LONG, _one(LONG, _rests(("13:00", "13:20")))) == []
    assert broken(LONG, _one(LONG, _rests(("13:01", "13:21")))) == ["break"]
    assert broken(LONG, _one(LONG, _rests(("13:00", "13:19")))) == ["break"]
    assert broken(LONG, _one(LONG, _rests(("13:01", "13:21")), drivers=2)) == ["break"]


def test_break_at_a_pickup_counts() -> None:
    """A stop to board is a stop: 40 minutes out and 240 on are two stretches."""
    short = with_policy(LONG, trips={"stop_minutes": 19})
    rows = _rests(("13:00", "13:20"))
    boards_briefly: list[Row] = [rows[0], ("pickup", "P1", "08:41", "09:00"), *rows[2:]]
    assert broken(short, _one(short, rows)) == []
    assert broken(short, _one(short, boards_briefly)) == ["break"]


def test_break_of_two_rows_without_driving_between_them() -> None:
    """Rows with no driving between them are one stop."""
    assert broken(LONG, _one(LONG, _rests(("13:00", "13:10"), ("13:10", "13:20")))) == []
    assert broken(LONG, _one(LONG, _rests(("12:59", "13:09"), ("13:10", "13:20")))) == ["break"]


def test_duty() -> None:
    """460 minutes are driven in all."""
    plan = _one(LONG, _rests(("13:00", "13:20")))
    assert broken(with_policy(LONG, driving={"max_minutes_per_driver": 460}), plan) == []
    assert broken(with_policy(LONG, driving={"max_minutes_per_driver": 459}), plan) == ["duty"]


def test_duty_grows_with_the_drivers() -> None:
    pair = _one(LONG, _rests(("13:00", "13:20")), drivers=2)
    assert broken(with_policy(LONG, driving={"max_minutes_per_driver": 230}), pair) == []
    assert broken(with_policy(LONG, driving={"max_minutes_per_driver": 229}), pair) == ["duty"]


def test_duty_may_be_used_to_the_last_minute_and_no_further() -> None:
    """40 + 400 minutes to the drop, and the way back is driven in the same duty."""
    plan = _one(LONG, _rests(("13:00", "13:20")))
    assert broken(with_policy(LONG, driving={"max_minutes_per_driver": 440}), plan) == ["duty"]


@pytest.mark.parametrize(("until", "found"), [("16:30", []), ("16:29", ["duty"])])
def test_duty_ends_with_a_rest(until: str, found: list[str]) -> None:
    """30 minutes, a rest of 480 minutes or one less, then 140 more to the drop and back."""
    rows: list[Row] = [
        ("depart", "F1", "08:00"),
        ("rest", None, "08:30", until),
        ("pickup", "P1", "16:40"),
        ("drop", "E1", "18:50"),
        ("return", "F1", "19:30"),
    ]
    scenario = with_policy(SCENARIO, driving={"max_minutes_per_driver": 140})
    assert broken(scenario, _one(scenario, rows)) == found


def test_night_ban() -> None:
    """No wheel turns from 02:00 to 05:00, but it may be driven up to and from."""
    scenario = with_policy(LONG, driving=WIDE, trips={"max_ride_minutes": 900})

    def night(halts: str, goes: str) -> list[Row]:
        return [
            ("depart", "F1", "21:00"),
            ("pickup", "P1", "21:40"),
            ("rest", None, halts, goes),
            ("drop", "E1", "3T08:00"),
            ("return", "F1", "3T08:40"),
        ]

    assert broken(scenario, _one(scenario, night("3T02:00", "3T05:00"))) == []
    assert broken(scenario, _one(scenario, night("3T02:01", "3T05:00"))) == ["night-ban"]
    assert broken(scenario, _one(scenario, night("3T02:00", "3T04:59"))) == ["night-ban"]
    free = with_policy(scenario, driving={"night_ban": None})
    assert broken(free, _one(free, night("3T02:01", "3T04:59"))) == []


def test_night_ban_over_midnight() -> None:
    scenario = with_policy(
        LONG,
        driving={**WIDE, "night_ban": (time(23), time(4))},
        trips={"max_ride_minutes": 900},
    )

    def night(halts: str, goes: str) -> list[Row]:
        return [
            ("depart", "F1", "19:00"),
            ("pickup", "P1", "19:40"),
            ("rest", None, halts, goes),
            ("drop", "E1", "3T08:20"),
            ("return", "F1", "3T09:00"),
        ]

    assert broken(scenario, _one(scenario, night("23:00", "3T04:00"))) == []
    assert broken(scenario, _one(scenario, night("23:01", "3T04:00"))) == ["night-ban"]
    assert broken(scenario, _one(scenario, night("23:00", "3T03:59"))) == ["night-ban"]


@pytest.mark.parametrize(
    ("start", "end", "ban", "touched"),
    [
        ("01:00", "02:00", ("02:00", "05:00"), False),
        ("05:00", "06:00", ("02:00", "05:00"), False),
        ("01:00", "02:01", ("02:00", "05:00"), True),
        ("04:59", "05:10", ("02:00", "05:00"), True),
        ("03:00", "03:30", ("02:00", "05:00"), True),
        ("03:00", "03:00", ("02:00", "05:00"), False),
        ("06:00", "3T01:00", ("02:00", "05:00"), False),
        ("06:00", "3T03:00", ("02:00", "05:00"), True),
        ("04:00", "23:00", ("23:00", "04:00"), False),
        ("03:59", "04:30", ("23:00", "04:00"), True),
        ("23:30", "23:40", ("23:00", "04:00"), True),
        ("00:00", "00:10", ("23:00", "04:00"), True),
        ("05:00", "9T05:00", ("02:00", "05:00"), True),
        ("00:00", "2020-03-03T00:00", ("00:00", "00:01"), True),
    ],
)
def test_driving_touches_the_ban(start: str, end: str, ban: tuple[str, str], touched: bool) -> None:
    assert touches(at(start), at(end), (time.fromisoformat(ban[0]), time.fromisoformat(ban[1]))) is touched


def test_riders_rest() -> None:
    """With riders aboard every stop is shorter than a rest of 480 minutes."""
    scenario = with_policy(LONG, trips={"max_ride_minutes": 1440, "reception": (time(6), time(23, 59))})
    waits = _rests(("13:00", "20:59"), drop="23:39", back="3T00:19")
    rests = _rests(("13:00", "21:00"), drop="23:40", back="3T00:20")
    assert broken(scenario, _one(scenario, waits)) == []
    assert broken(scenario, _one(scenario, rests)) == ["riders-rest"]


def test_riders_rest_begins_when_they_board() -> None:
    """Whoever rests first writes a rest row before the pickup."""
    scenario = with_policy(SCENARIO, trips={"max_ride_minutes": 1440})
    ends: list[Row] = [("drop", "E1", "18:50"), ("return", "F1", "19:30")]
    rests_first: list[Row] = [
        ("depart", "F1", "08:00"),
        ("rest", None, "08:40", "16:40"),
        ("pickup", "P1", "16:40"),
        *ends,
    ]
    boards_first: list[Row] = [
        ("depart", "F1", "08:00"),
        ("pickup", "P1", "08:40"),
        ("rest", None, "09:00", "17:00"),
        *ends,
    ]
    one_long_row: list[Row] = [("depart", "F1", "08:00"), ("pickup", "P1", "08:40", "17:00"), *ends]
    assert broken(scenario, _one(scenario, rests_first)) == []
    assert broken(scenario, _one(scenario, boards_first)) == ["riders-rest"]
    assert broken(scenario, _one(scenario, one_long_row)) == ["riders-rest"]


@pytest.mark.parametrize(("rests", "found"), [(459, []), (460, ["riders-rest"])])
def test_riders_rest_goes_on_while_others_board(rests: int, found: list[str]) -> None:
    """The rider from P1 waits out the rest at P2 and the 20 minutes of boarding there."""
    scenario = with_policy(SCENARIO, trips={"max_ride_minutes": 1440})
    boards = (at("09:30") + timedelta(minutes=rests)).isoformat()
    rows: list[Row] = [
        ("depart", "F1", "08:00"),
        ("pickup", "P1", "08:40"),
        ("rest", None, "09:30", boards),
        ("pickup", "P2", boards),
        ("drop", "E1", "19:00"),
        ("return", "F1", "19:40"),
    ]
    both = [("W1", "P1", "E1"), ("W2", "P2", "E1")]
    assert broken(scenario, make_plan_of_one(scenario, rows, both)) == found


def test_riders_rest_ends_when_they_alight() -> None:
    """The empty vehicle may rest at the last drop; with somebody aboard it may not rest at the first."""
    rest_last: list[Row] = [
        ("depart", "F1", "08:00"),
        ("pickup", "P1", "08:40"),
        ("drop", "E1", "10:50", "18:50"),
        ("return", "F1", "19:10"),
    ]
    assert broken(SCENARIO, _one(SCENARIO, rest_last)) == []
    rest_between: list[Row] = [
        ("depart", "F1", "05:00"),
        ("pickup", "P1", "05:40"),
        ("drop", "E1", "07:50", "15:50"),
        ("drop", "E2", "16:00"),
        ("return", "F1", "16:40"),
    ]
    scenario = with_policy(SCENARIO, trips={"max_ride_minutes": 1440})
    both = [("W1", "P1", "E1"), ("X1", "P1", "E2")]
    assert broken(scenario, make_plan_of_one(scenario, rest_between, both)) == ["riders-rest"]
