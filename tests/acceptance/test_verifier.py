"""The project's checker and the outside verifier come to the same verdict."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from data.plan_files import write_plan
from data.reading import write_scenario
from tests.acceptance.verifier import Judgement, verify
from tests.builders import (
    at,
    broken,
    day,
    leave_behind,
    make_busy,
    make_closure,
    make_plan,
    make_scenario,
    settle,
    with_policy,
    with_seat,
    with_share,
    with_stay,
    with_stop,
    with_summary,
    with_trip,
)
from workforce.entities import Risk
from workforce.plan import Item, Plan, Reason
from workforce.scenario import Scenario

SCENARIO = make_scenario()
PLAN = make_plan(SCENARIO)
WITHOUT_TABLE = with_policy(make_scenario(roads={}), speed_kmh=300.0)


def _judged(folder: Path, scenario: Scenario, plan: Plan, *options: str) -> Judgement:
    write_scenario(scenario, folder / "scenario")
    write_plan(plan, folder / "plan")
    return verify(folder / "scenario", folder / "plan", *options)


@pytest.mark.parametrize(
    "scenario",
    [
        SCENARIO,
        WITHOUT_TABLE,
        with_policy(SCENARIO, government_fen=50_000),
        make_scenario(suppliers=[("E2", "E1")]),
    ],
    ids=["base", "geodesic roads", "short budget", "suppliers"],
)
def test_both_accept(tmp_path: Path, scenario: Scenario) -> None:
    plan = settle(scenario, PLAN)
    assert broken(scenario, plan) == []
    judgement = _judged(tmp_path, scenario, plan)
    assert judgement.holds, judgement.text


CLOSED = make_scenario(closures=[make_closure("P1", "2020-03-02", "2020-03-02")])
BUSY = make_scenario(
    busy=[
        make_busy("F1", "1", "2020-03-02", "2020-03-02"),
        make_busy("H1", "S1", "2020-03-05", "2020-03-05"),
    ]
)


@pytest.mark.parametrize(
    ("scenario", "plan", "ours", "theirs"),
    [
        (SCENARIO, with_stop(PLAN, "T1", 3, arrive=at("09:29")), {"leg-minutes"}, {"leg-minutes"}),
        (SCENARIO, with_stop(PLAN, "T1", 3, km=Decimal(31)), {"leg-km"}, {"leg-km"}),
        (CLOSED, PLAN, {"closure"}, {"closure"}),
        (BUSY, PLAN, {"vehicle-busy", "room-busy"}, {"vehicle-busy", "room-busy"}),
        (SCENARIO, with_trip(PLAN, "T2", vehicle_no=1), {"vehicle-overlap"}, {"vehicle-busy"}),
        (SCENARIO, with_seat(PLAN, "W1", seat=11), {"observation-seat"}, {"seat"}),
        (SCENARIO, with_trip(PLAN, "T1", risk=Risk.MEDIUM), {"trip-risk"}, {"risk-mixing"}),
        (
            SCENARIO,
            settle(SCENARIO, leave_behind(PLAN, "Q1", Reason.NO_ROOM)),
            {"party"},
            {"party"},
        ),
        (
            SCENARIO,
            settle(SCENARIO, with_stay(PLAN, "Q3", room="T1")),
            {"room-shared"},
            {"room-shared"},
        ),
        (
            SCENARIO,
            with_share(PLAN, "W1", Item.TRIP, worker_fen=4_999, enterprise_fen=43_459),
            {"share-worker"},
            {"share-rule"},
        ),
        (
            with_policy(SCENARIO, government_fen=100),
            PLAN,
            {"government-budget", "government-exact"},
            {"government-budget"},
        ),
        (SCENARIO, with_summary(PLAN, weight=Decimal(60)), {"summary-weight"}, {"summary", "gap"}),
        (
            SCENARIO,
            leave_behind(PLAN, "X1", Reason.NO_PICKUP_IN_REACH),
            {"reason-false"},
            {"reason"},
        ),
        (SCENARIO, replace(PLAN, unserved=()), {"unaccounted"}, {"everyone"}),
    ],
)
def test_both_refuse(
    tmp_path: Path, scenario: Scenario, plan: Plan, ours: set[str], theirs: set[str]
) -> None:
    assert set(broken(scenario, plan)) == ours
    judgement = _judged(tmp_path, scenario, plan)
    assert judgement.rules == theirs, judgement.text


def test_both_accept_a_kept_trip_and_refuse_a_changed_one(tmp_path: Path) -> None:
    later = settle(SCENARIO, _on_the_next_day(PLAN, "T2"))
    write_plan(later, tmp_path / "old")
    options = ("--kept", str(tmp_path / "old"), "--before", "2020-03-03")
    kept = with_summary(later, kept=("T1",))
    assert broken(SCENARIO, kept, later, {"T1"}) == []
    judgement = _judged(tmp_path / "kept", SCENARIO, kept, *options)
    assert judgement.holds, judgement.text

    moved = with_seat(kept, "W1", seat=9)
    assert broken(SCENARIO, moved, later, {"T1"}) == ["kept-changed"]
    assert _judged(tmp_path / "moved", SCENARIO, moved, *options).rules == {"kept"}


def _on_the_next_day(plan: Plan, trip_id: str) -> Plan:
    shift = day("2020-03-03") - day("2020-03-02")
    stops = plan.trip_by_id[trip_id].stops
    moved = tuple(replace(s, arrive=s.arrive + shift, depart=s.depart + shift) for s in stops)
    stays = tuple(replace(s, check_in=s.check_in + shift, check_out=s.check_out + shift) for s in plan.stays)
    return replace(with_trip(plan, trip_id, stops=moved), stays=stays)
