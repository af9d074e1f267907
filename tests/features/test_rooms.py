"""Quarantine: nights, hotels, rooms and who shares them."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.builders import (
    DAY,
    DEFAULT_ROADS,
    MEDIUM_ADCODE,
    broken,
    change,
    day,
    make_busy,
    make_hotel,
    make_plan,
    make_scenario,
    make_stay,
    make_worker,
    settle,
    with_policy,
    with_stay,
)
from workforce.plan import Plan, Seat
from workforce.scenario import Scenario

SCENARIO = make_scenario()
PLAN = make_plan(SCENARIO)


def test_stay_missing() -> None:
    assert broken(SCENARIO, PLAN) == []
    outdoors = replace(PLAN, stays=PLAN.stays[:2])
    assert broken(SCENARIO, settle(SCENARIO, outdoors)) == ["stay-missing"]


def test_stay_needless() -> None:
    """Neither for who has no nights to spend, nor for who does not travel."""
    assert broken(SCENARIO, PLAN) == []
    for worker_id in ("W1", "X1"):
        more = replace(PLAN, stays=(*PLAN.stays, make_stay(worker_id, "S2")))
        assert "stay-needless" in broken(SCENARIO, settle(SCENARIO, more))


def test_stay_hotel() -> None:
    roads = {**DEFAULT_ROADS, ("H2", "E1"): (3.0, 5)}
    two = make_scenario(hotels=[make_hotel("H1"), make_hotel("H2")], roads=roads)
    assert broken(two, PLAN) == []
    assert broken(two, settle(two, with_stay(PLAN, "Q3", hotel_id="H2"))) == ["stay-hotel"]


def test_stay_dates() -> None:
    """Three nights from the day of arrival, 2 March."""
    assert broken(SCENARIO, PLAN) == []
    for check_in, check_out in (
        ("2020-03-02", "2020-03-04"),
        ("2020-03-02", "2020-03-06"),
        ("2020-03-03", "2020-03-06"),
        ("2020-03-02", "2020-03-02"),
    ):
        other = with_stay(PLAN, "Q3", check_in=day(check_in), check_out=day(check_out))
        assert broken(SCENARIO, settle(SCENARIO, other)) == ["stay-dates"]


@pytest.mark.parametrize(
    "room", ["S0", "S3", "T3", "S01", "S", "1", "X1", "s1", "S1 ", "T-1", "S" + "9" * 5000]
)
def test_room_unknown(room: str) -> None:
    """Two singles and two twins."""
    for known in ("S1", "S2", "T2"):
        assert broken(SCENARIO, settle(SCENARIO, with_stay(PLAN, "Q3", room=known))) == []
    assert "room-unknown" in broken(SCENARIO, with_stay(PLAN, "Q3", room=room))


def test_room_unknown_counts_singles_and_twins_apart() -> None:
    more_singles = change(SCENARIO, "hotels", "H1", single_rooms=3)
    for room, found in (("S3", []), ("T3", ["room-unknown"])):
        assert broken(more_singles, settle(more_singles, with_stay(PLAN, "Q3", room=room))) == found
    more_twins = change(SCENARIO, "hotels", "H1", twin_rooms=3)
    for room, found in (("S3", ["room-unknown"]), ("T3", [])):
        assert broken(more_twins, settle(more_twins, with_stay(PLAN, "Q3", room=room))) == found


def test_room_unknown_in_an_unknown_hotel() -> None:
    assert "room-unknown" in broken(SCENARIO, with_stay(PLAN, "Q3", hotel_id="H9"))


def test_room_shared() -> None:
    """A twin by two of one party for the same nights; a single by nobody."""
    assert broken(SCENARIO, PLAN) == []
    in_a_single = with_stay(with_stay(PLAN, "Q1", room="S2"), "Q2", room="S2")
    assert broken(SCENARIO, settle(SCENARIO, in_a_single)) == ["room-shared"]
    strangers = with_stay(with_stay(PLAN, "Q2", room="T2"), "Q3", room="T2")
    assert broken(SCENARIO, settle(SCENARIO, strangers)) == ["room-shared"]
    three = make_scenario(
        workers=[replace(w, party_id="A") if w.worker_id == "Q3" else w for w in SCENARIO.workers.values()]
    )
    assert broken(three, PLAN) == []
    assert broken(three, settle(three, with_stay(PLAN, "Q3", room="T1"))) == ["room-shared"]


def test_room_shared_by_two_without_a_party() -> None:
    loners = make_scenario(
        workers=[
            replace(w, party_id=None) if w.worker_id in ("Q1", "Q2") else w for w in SCENARIO.workers.values()
        ]
    )
    assert broken(loners, PLAN) == ["room-shared"]


def _next_guest(days_later: int, turnover_days: int) -> tuple[Scenario, Plan]:
    """Q4 comes some days after Q3 and takes the same room."""
    scenario = with_policy(
        make_scenario(
            workers=[
                *SCENARIO.workers.values(),
                make_worker("Q4", adcode=MEDIUM_ADCODE, arrive_by=day("2020-03-30")),
            ]
        ),
        turnover_days=turnover_days,
    )
    arrival = DAY + timedelta(days=days_later)
    shift = timedelta(days=days_later)
    stops = tuple(replace(s, arrive=s.arrive + shift, depart=s.depart + shift) for s in PLAN.trips[1].stops)
    plan = replace(
        PLAN,
        trips=(*PLAN.trips, replace(PLAN.trips[1], trip_id="T3", vehicle_no=3, stops=stops)),
        seats=(*PLAN.seats, Seat("T3", 1, "Q4", "P1", "H1")),
        stays=(*PLAN.stays, make_stay("Q4", "S1", check_in=arrival, check_out=arrival + timedelta(days=3))),
    )
    return scenario, settle(scenario, plan)


@pytest.mark.parametrize(
    ("days_later", "turnover_days", "found"),
    [
        (3, 0, []),
        (3, 1, ["room-turnover"]),
        (4, 1, []),
        (4, 2, ["room-turnover"]),
        (5, 2, []),
        (2, 0, ["room-turnover"]),
    ],
)
def test_room_turnover(days_later: int, turnover_days: int, found: list[str]) -> None:
    """Q3 checks out three days after arriving."""
    assert broken(*_next_guest(days_later, turnover_days)) == found


def test_room_turnover_after_the_longest_stay() -> None:
    """A short stay inside a long one does not hide the long one from the next guest."""
    scenario, plan = _next_guest(4, 1)
    plan = replace(plan, stays=(*plan.stays, make_stay("X1", "S1", check_out=day("2020-03-03"))))
    long = with_stay(plan, "Q3", check_out=day("2020-03-06"))
    assert broken(scenario, long).count("room-turnover") == 2


@pytest.mark.parametrize(
    ("first", "last", "turnover_days", "found"),
    [
        ("2020-03-04", "2020-03-04", 0, ["room-busy"]),  # the last night of Q3
        ("2020-03-05", "2020-03-07", 0, []),
        ("2020-03-05", "2020-03-07", 1, ["room-busy"]),
        ("2020-03-06", "2020-03-07", 1, []),
        ("2020-02-20", "2020-03-01", 0, []),
        ("2020-02-20", "2020-03-01", 1, ["room-busy"]),  # the night of 1 March ends on the 2nd
        ("2020-02-20", "2020-02-29", 1, []),
        ("2020-02-20", "2020-03-20", 0, ["room-busy"]),
    ],
)
def test_room_busy(first: str, last: str, turnover_days: int, found: list[str]) -> None:
    taken = with_policy(make_scenario(busy=[make_busy("H1", "S1", first, last)]), turnover_days=turnover_days)
    assert broken(taken, PLAN) == found
    elsewhere = make_scenario(busy=[make_busy("H1", "S2", first, last)])
    assert broken(elsewhere, PLAN) == []


def test_hotel_days() -> None:
    """The nights are those of 2, 3 and 4 March."""
    exactly = change(SCENARIO, "hotels", "H1", first_night=DAY, last_night=day("2020-03-04"))
    assert broken(exactly, PLAN) == []
    opens_late = change(SCENARIO, "hotels", "H1", first_night=day("2020-03-03"))
    closes_early = change(SCENARIO, "hotels", "H1", last_night=day("2020-03-03"))
    for scenario in (opens_late, closes_early):
        assert broken(scenario, PLAN) == ["hotel-days"] * 2  # two rooms


def test_hotel_reserved() -> None:
    assert broken(change(SCENARIO, "hotels", "H1", reserved_for="E1"), PLAN) == []
    assert broken(change(SCENARIO, "hotels", "H1", reserved_for="E2"), PLAN) == ["hotel-reserved"] * 3
