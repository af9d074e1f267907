"""Everybody is accounted for once, with a reason that holds and comes first."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.builders import (
    HIGH_ADCODE,
    broken,
    change,
    day,
    make_plan,
    make_scenario,
    make_vacancy,
    make_worker,
    settle,
)
from workforce.plan import Item, Placement, Reason, Seat, Share, Unserved
from workforce.scenario import Scenario

SCENARIO = make_scenario()
PLAN = make_plan(SCENARIO)


def test_unaccounted() -> None:
    assert broken(SCENARIO, PLAN) == []
    assert broken(SCENARIO, replace(PLAN, unserved=())) == ["unaccounted"]


def test_seated_and_unserved() -> None:
    assert broken(SCENARIO, PLAN) == []
    both = (*PLAN.unserved, Unserved("W1", Reason.NO_SEAT, "detail"))
    assert broken(SCENARIO, replace(PLAN, unserved=both)) == ["seated-and-unserved"]


@pytest.mark.parametrize("table", ["trips", "seats", "stays", "placements", "shares", "unserved"])
def test_twice(table: str) -> None:
    assert broken(SCENARIO, PLAN) == []
    rows = getattr(PLAN, table)
    repeated: dict[str, Any] = {table: (*rows, rows[0])}
    assert "twice" in broken(SCENARIO, replace(PLAN, **repeated))


def test_twice_in_two_seats() -> None:
    other = Seat("T1", 5, "Q1", "P1", "E1")
    assert "twice" in broken(SCENARIO, settle(SCENARIO, replace(PLAN, seats=(*PLAN.seats, other))))


@pytest.mark.parametrize(
    "rows",
    [
        {"seats": Seat("T1", 5, "ghost", "P1", "E1")},
        {"placements": Placement("ghost", "V1")},
        {"unserved": Unserved("ghost", Reason.NO_SEAT, "detail")},
        {"shares": Share("ghost", Item.TRIP, "E1", 0, 0, 0, 0, 0)},
        {"stays": replace(PLAN.stays[0], worker_id="ghost", room="S2")},
    ],
)
def test_unknown_worker(rows: dict[str, Any]) -> None:
    assert broken(SCENARIO, PLAN) == []
    added: dict[str, Any] = {table: (*getattr(PLAN, table), row) for table, row in rows.items()}
    assert "unknown-worker" in broken(SCENARIO, replace(PLAN, **added))


def test_reason_detail() -> None:
    assert broken(SCENARIO, PLAN) == []
    for detail in ("", "  "):
        blank = (Unserved("X1", Reason.NO_SEAT, detail),)
        assert broken(SCENARIO, replace(PLAN, unserved=blank)) == ["reason-detail"]


def _alone(reason: Reason, scenario: Scenario | None = None, **worker: Any) -> list[str]:
    """What is broken if one more worker stays behind for this reason."""
    scenario = scenario or SCENARIO
    scenario = replace(scenario, workers={**scenario.workers, "Y1": make_worker("Y1", **worker)})
    plan = replace(PLAN, unserved=(*PLAN.unserved, Unserved("Y1", reason, "detail")))
    return broken(scenario, settle(scenario, plan))


FAR: dict[str, Any] = {"lat": 45.0, "lon": 126.0}
SEEKER: dict[str, Any] = {"enterprise_id": None, "occupation": "cook"}  # there is no vacancy for a cook


def test_reason_false() -> None:
    """A reason that the scenario proves must hold."""
    assert _alone(Reason.ZONE_NOT_ADMITTED, adcode=HIGH_ADCODE) == []
    assert _alone(Reason.NO_PICKUP_IN_REACH, **FAR) == []
    assert _alone(Reason.NO_VACANCY, **SEEKER) == []
    for reason in (Reason.ZONE_NOT_ADMITTED, Reason.NO_PICKUP_IN_REACH, Reason.NO_VACANCY):
        assert _alone(reason) == ["reason-false"]


@pytest.mark.parametrize(
    ("worker", "first"),
    [
        ({"adcode": HIGH_ADCODE, **FAR, **SEEKER}, Reason.ZONE_NOT_ADMITTED),
        ({**FAR, **SEEKER}, Reason.NO_PICKUP_IN_REACH),
        (SEEKER, Reason.NO_VACANCY),
    ],
)
def test_reason_order(worker: dict[str, Any], first: Reason) -> None:
    """The first reason that holds is the one to give."""
    assert _alone(first, **worker) == []
    later = [reason for reason in Reason if list(Reason).index(reason) > list(Reason).index(first)]
    assert later
    for reason in later:
        assert _alone(reason, **worker) == ["reason-order"]


def test_reasons_are_in_the_order_of_the_format() -> None:
    order = """
        zone_not_admitted no_pickup_in_reach no_vacancy too_far dates_too_tight party_split
        no_seat no_room over_budget not_worth_it search_ended
    """
    assert [reason.value for reason in Reason] == order.split()


def test_reason_reach_is_a_distance_on_the_ellipsoid() -> None:
    """Due north of P2 a degree of latitude is 111.0 km here: 39.11 N is 39.97 km away, 39.12 N 41.08."""
    home: dict[str, Any] = {"lon": 106.35}
    assert _alone(Reason.NO_PICKUP_IN_REACH, lat=39.12, **home) == []
    assert _alone(Reason.NO_SEAT, lat=39.12, **home) == ["reason-order"]
    assert _alone(Reason.NO_PICKUP_IN_REACH, lat=39.11, **home) == ["reason-false"]
    assert _alone(Reason.NO_SEAT, lat=39.11, **home) == []


def test_reason_no_vacancy_asks_occupation_headcount_day_and_agreement() -> None:
    welder: dict[str, Any] = {"enterprise_id": None, "occupation": "welder"}
    assert _alone(Reason.NO_VACANCY, **welder) == ["reason-false"]
    assert _alone(Reason.NO_SEAT, **welder) == []
    roomless = make_scenario(
        vacancies=[make_vacancy("V1"), make_vacancy("V2", headcount=0, occupation="cook")]
    )
    assert _alone(Reason.NO_VACANCY, roomless, **SEEKER) == []
    agreed_and_taken = replace(roomless, intentions={"Y1": frozenset({"V2"})})
    assert _alone(Reason.NO_VACANCY, agreed_and_taken, **welder) == []
    agreed = make_scenario(
        vacancies=[make_vacancy("V1"), make_vacancy("V2", occupation="driver")],
        intentions={"Y1": frozenset({"V2"})},
    )
    assert _alone(Reason.NO_VACANCY, agreed, **SEEKER) == ["reason-false"]
    late: dict[str, Any] = {"available_from": day("2020-03-04"), "arrive_by": day("2020-03-20")}
    assert _alone(Reason.NO_VACANCY, **welder, **late, adcode="610702") == []  # 4 + 3 nights is past 6 March
    assert _alone(Reason.NO_VACANCY, **welder, **late) == ["reason-false"]
    just = {**late, "available_from": day("2020-03-03")}  # 3 + 3 nights is 6 March
    assert _alone(Reason.NO_VACANCY, **welder, **just, adcode="610702") == ["reason-false"]


def test_reason_no_vacancy_asks_the_days_of_the_seeker_not_of_the_trips() -> None:
    """Available on 20 February, filled by 28 February: that no trip leaves before March comes later."""
    cook = make_vacancy("V2", occupation="cook", fill_by=day("2020-02-28"))
    scenario = make_scenario(vacancies=[make_vacancy("V1"), cook])
    early: dict[str, Any] = {"available_from": day("2020-02-20")}
    assert _alone(Reason.NO_VACANCY, scenario, **SEEKER, **early) == ["reason-false"]
    assert _alone(Reason.DATES_TOO_TIGHT, scenario, **SEEKER, **early) == []
    assert _alone(Reason.DATES_TOO_TIGHT, scenario, **SEEKER) == ["reason-order"]


def test_reason_that_cannot_be() -> None:
    """No party to split, no nights to spend, no budget to exceed."""
    for reason in (Reason.PARTY_SPLIT, Reason.NO_ROOM, Reason.OVER_BUDGET):
        assert _alone(reason) == ["reason-false"]
    assert _alone(Reason.NO_ROOM, adcode="610702") == []
    assert _alone(Reason.OVER_BUDGET, change(SCENARIO, "enterprises", "E1", budget_fen=10**9)) == []
    pair = replace(SCENARIO, workers={**SCENARIO.workers, "Y2": make_worker("Y2", party_id="C")})
    plan_of_two = replace(PLAN, unserved=(*PLAN.unserved, Unserved("Y2", Reason.NO_SEAT, "detail")))
    both = replace(pair, workers={**pair.workers, "Y1": make_worker("Y1", party_id="C")})
    plan_of_two = replace(
        plan_of_two, unserved=(*plan_of_two.unserved, Unserved("Y1", Reason.PARTY_SPLIT, "detail"))
    )
    assert broken(both, settle(both, plan_of_two)) == []


def test_nobody_served_is_a_plan() -> None:
    scenario = make_scenario()
    nobody = make_plan(
        scenario,
        trips=(),
        seats=(),
        stays=(),
        placements=(),
        unserved=tuple(Unserved(w, Reason.SEARCH_ENDED, "detail") for w in scenario.workers),
    )
    assert broken(scenario, nobody) == []
