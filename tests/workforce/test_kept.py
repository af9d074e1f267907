from dataclasses import replace

import pytest

from tests.builders import make_plan, with_seat, with_share, with_stop, with_trip
from workforce.kept import contradictions
from workforce.plan import Item, Plan

PLAN = make_plan()
BOTH = {"T1", "T2"}


def test_a_sound_plan_says_one_thing() -> None:
    assert contradictions(PLAN, BOTH) == ()


@pytest.mark.parametrize(
    ("plan", "trip", "what"),
    [
        (with_trip(PLAN, "T1", stops=PLAN.trip_by_id["T1"].stops[1:]), "T1", "lacks rows"),
        (with_trip(PLAN, "T1", stops=()), "T1", "lacks rows"),
        (replace(PLAN, seats=PLAN.seats[1:]), "T1", "counts"),
        (with_seat(PLAN, "W1", pickup_id="P2"), "T1", "counts"),
        (with_stop(PLAN, "T1", 2, boarding=9), "T1", "counts"),
        (replace(PLAN, stays=()), "T2", "shares and rooms of Q1"),
        (replace(PLAN, shares=PLAN.shares[:-1]), "T2", "shares and rooms of Q3"),
        (with_share(PLAN, "W1", Item.TRIP, total_fen=1), "T1", "add up"),
        (with_trip(PLAN, "T1", cost_fen=1), "T1", "add up"),
    ],
)
def test_each_contradiction_is_found_where_the_trip_is_kept(plan: Plan, trip: str, what: str) -> None:
    (found,) = contradictions(plan, BOTH)
    assert found.code == "kept_trip_damaged"
    assert f"“{trip}”" in found.message.en and what in found.message.en
    assert contradictions(plan, BOTH - {trip}) == ()
