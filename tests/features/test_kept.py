"""Planning again: what had to be kept stands unchanged, and its faults are not the new plan's."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.builders import (
    broken,
    change,
    day,
    leave_behind,
    make_busy,
    make_closure,
    make_plan,
    make_scenario,
    make_worker,
    settle,
    with_policy,
    with_seat,
    with_share,
    with_summary,
    with_trip,
)
from workforce.check import check
from workforce.entities import Risk
from workforce.plan import Item, Plan, Reason, Seat, Unserved
from workforce.policy import Zone

SCENARIO = make_scenario()
OLD = make_plan(SCENARIO)
NEW = with_summary(OLD, kept=("T1",))


def test_kept_named() -> None:
    assert broken(SCENARIO, NEW, OLD, {"T1"}) == []
    assert broken(SCENARIO, NEW, OLD, {"T1", "T2"}) == ["kept-named"]
    assert broken(SCENARIO, NEW, OLD, set()) == ["kept-named"]
    assert broken(SCENARIO, OLD, OLD, {"T1"}) == ["kept-named"]
    assert broken(SCENARIO, OLD, OLD, set()) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"trips": with_trip(NEW, "T1", vehicle_no=3).trips},
        {"seats": with_seat(NEW, "W1", seat=7).seats},
        {"seats": (*NEW.seats, Seat("T1", 7, "X1", "P1", "E2")), "unserved": ()},
        {"placements": ()},
        {"shares": with_share(NEW, "W1", Item.TRIP, government_fen=0).shares},
        {"shares": NEW.shares[1:]},
    ],
)
def test_kept_changed(changes: dict[str, Any]) -> None:
    assert broken(SCENARIO, NEW, OLD, {"T1"}) == []
    assert "kept-changed" in broken(SCENARIO, replace(NEW, **changes), OLD, {"T1"})


def test_kept_changed_by_leaving_it_out() -> None:
    without = replace(NEW, trips=NEW.trips[1:])
    assert "kept-changed" in broken(SCENARIO, without, OLD, {"T1"})
    never_there = with_summary(OLD, kept=("T7",))
    assert broken(SCENARIO, never_there, OLD, {"T7"}) == ["kept-changed"]


def test_kept_rooms_stand_too() -> None:
    both = with_summary(OLD, kept=("T1", "T2"))
    moved = replace(both, stays=(*both.stays[:2], replace(both.stays[2], room="S2")))
    assert broken(SCENARIO, both, OLD, {"T1", "T2"}) == []
    assert broken(SCENARIO, moved, OLD, {"T1", "T2"}) == ["kept-changed"]


def test_what_is_not_kept_may_change() -> None:
    other_room = settle(SCENARIO, replace(NEW, stays=(*NEW.stays[:2], replace(NEW.stays[2], room="S2"))))
    assert broken(SCENARIO, other_room, OLD, {"T1"}) == []


@pytest.mark.parametrize(
    ("scenario", "rule"),
    [
        (make_scenario(closures=[make_closure("P2", "2020-03-02", "2020-03-02")]), "closure"),
        (make_scenario(busy=[make_busy("F1", "1", "2020-03-02", "2020-03-02")]), "vehicle-busy"),
        (change(SCENARIO, "workers", "W1", arrive_by=day("2020-03-01")), "arrive-by"),
        (change(SCENARIO, "vacancies", "V1", headcount=0), "headcount"),
        (change(SCENARIO, "enterprises", "E2", budget_fen=0), "enterprise-budget"),
        (with_policy(SCENARIO, trips={"max_fen_per_worker": 65_000}), "dear-trip"),
    ],
)
def test_a_kept_trip_that_has_become_illegal_is_reported_and_kept(scenario: Any, rule: str) -> None:
    verdict = check(scenario, NEW, OLD, frozenset({"T1"}))
    assert [(v.rule, v.kept) for v in verdict.violations] == [(rule, True)]
    assert verdict.holds
    assert not check(scenario, NEW).holds  # for a plan that keeps nothing it is a fault


@pytest.mark.parametrize(
    ("scenario", "rules"),
    [
        (change(SCENARIO, "hotels", "H1", reserved_for="E2"), {"hotel-reserved"}),
        (change(SCENARIO, "hotels", "H1", last_night=day("2020-03-03")), {"hotel-days"}),
        (change(SCENARIO, "hotels", "H1", twin_rooms=0), {"room-unknown"}),
        (make_scenario(busy=[make_busy("H1", "S1", "2020-03-03", "2020-03-03")]), {"room-busy"}),
        (with_policy(SCENARIO, zones={Risk.MEDIUM: Zone(True, 4, Decimal("0.5"))}), {"stay-dates"}),
        (
            with_policy(SCENARIO, zones={Risk.MEDIUM: Zone(True, 0, Decimal("0.5"))}),
            {"stay-needless", "drop"},
        ),
        (with_policy(SCENARIO, zones={Risk.MEDIUM: Zone(True, 3, Decimal("0.1"))}), {"load"}),
        (change(SCENARIO, "fleets", "F1", reserved_for="E2"), {"fleet-reserved"}),
        # The rooms cost what was agreed, whatever the hotel asks now.
        (change(SCENARIO, "hotels", "H1", concession=Decimal("0.2")), {"share-hotel"}),
        (change(SCENARIO, "hotels", "H1", twin_fen=19_001), {"share-total"}),
    ],
)
def test_kept_rooms_that_have_become_illegal_are_reported_and_kept(scenario: Any, rules: set[str]) -> None:
    alone = OLD
    for worker_id in ("W1", "W2", "J1"):
        alone = leave_behind(alone, worker_id, Reason.NO_SEAT)
    old = settle(SCENARIO, replace(alone, trips=alone.trips[1:]))
    new = with_summary(old, kept=("T2",))
    verdict = check(scenario, new, old, frozenset({"T2"}))
    assert {v.rule for v in verdict.violations} == rules
    assert all(v.kept for v in verdict.violations)


def test_a_new_trip_gets_around_the_kept_ones() -> None:
    """T2 is new and takes the vehicle of T1: that could have been avoided."""
    clash = with_trip(NEW, "T2", vehicle_no=1)
    verdict = check(SCENARIO, clash, OLD, frozenset({"T1"}))
    assert [(v.rule, v.kept) for v in verdict.violations] == [("vehicle-overlap", False)]
    assert not verdict.holds


def test_vehicles_of_kept_trips_are_reported_and_kept() -> None:
    fewer = change(SCENARIO, "fleets", "F1", vehicles=1)
    both = with_summary(OLD, kept=("T1", "T2"))
    verdict = check(fewer, both, OLD, frozenset({"T1", "T2"}))
    assert [(v.rule, v.subject, v.kept) for v in verdict.violations] == [("vehicle-number", "T2", True)]
    clashing = with_trip(OLD, "T2", vehicle_no=1)
    both = with_summary(clashing, kept=("T1", "T2"))
    verdict = check(SCENARIO, both, clashing, frozenset({"T1", "T2"}))
    assert [(v.rule, v.kept) for v in verdict.violations] == [("vehicle-overlap", True)]


def test_a_changed_trip_has_no_excuse() -> None:
    closed = make_scenario(closures=[make_closure("P2", "2020-03-02", "2020-03-02")])
    moved = with_seat(NEW, "W1", seat=7)
    verdict = check(closed, moved, OLD, frozenset({"T1"}))
    assert [(v.rule, v.kept) for v in verdict.violations] == [("kept-changed", False), ("closure", False)]


def _newcomer(plan: Plan, on_a_trip: bool) -> Plan:
    if on_a_trip:
        return replace(plan, seats=(*plan.seats, Seat("T3", 1, "W3", "P2", "E1")))
    return replace(plan, unserved=(*plan.unserved, Unserved("W3", Reason.PARTY_SPLIT, "detail")))


def test_a_party_that_grew_after_its_trip_was_told() -> None:
    """The new member cannot board the kept trip any more, and may not take another."""
    grown = change(SCENARIO, "workers", "W2", party_id="B")
    grown = replace(grown, workers={**grown.workers, "W3": make_worker("W3", party_id="B")})
    stays_behind = settle(grown, _newcomer(NEW, on_a_trip=False))
    stays_behind = replace(stays_behind, shares=OLD.shares)
    verdict = check(grown, stays_behind, OLD, frozenset({"T1"}))
    assert [(v.rule, v.kept) for v in verdict.violations] == [("party", True)]
    verdict = check(grown, settle(grown, _newcomer(NEW, on_a_trip=True)), OLD, frozenset({"T1"}))
    assert ("party", False) in [(v.rule, v.kept) for v in verdict.violations]


def test_a_rider_who_has_left_the_scenario() -> None:
    gone = replace(SCENARIO, workers={w: row for w, row in SCENARIO.workers.items() if w != "W1"})
    summary = replace(NEW.summary, workers=6, served=5, weight=NEW.summary.weight - 8)
    cost = replace(summary.cost, waiting=summary.cost.waiting - 4_000)
    plan = replace(NEW, summary=replace(summary, cost=cost, cost_bound_fen=0))
    verdict = check(gone, plan, OLD, frozenset({"T1"}))
    assert {(v.rule, v.kept) for v in verdict.violations} == {("unknown-worker", True)}
    assert verdict.holds


def test_the_government_pays_the_rest_from_what_the_kept_leave() -> None:
    """An old plan was short of 343.01 yuan for T2; now there are 300 more, and they go to T1."""
    old = make_plan(with_policy(SCENARIO, government_fen=50_000))
    kept_shares = [s for s in old.shares if s.worker_id.startswith("Q")]
    assert sum(s.government_fen for s in kept_shares) == 50_000
    alone = OLD
    for worker_id in ("Q1", "Q2", "Q3"):
        alone = leave_behind(alone, worker_id, Reason.NO_SEAT)
    thirty = with_policy(SCENARIO, government_fen=30_000)
    new_shares = settle(thirty, replace(alone, trips=alone.trips[:1])).shares
    new = replace(OLD, shares=(*new_shares, *kept_shares), summary=replace(OLD.summary, kept=("T2",)))

    rich, richer = (with_policy(SCENARIO, government_fen=fen) for fen in (80_000, 80_001))
    assert broken(rich, new, old, {"T2"}) == []
    assert broken(richer, new, old, {"T2"}) == ["government-exact"]
    poorer = with_policy(SCENARIO, government_fen=79_999)
    assert broken(poorer, new, old, {"T2"}) == ["government-budget", "government-exact"]


def test_kept_shares_short_of_their_entitlement_are_not_made_good() -> None:
    """With the old plan given, only the rest must be paid in full; without it, everything."""
    old = make_plan(with_policy(SCENARIO, government_fen=30_000))
    new_t2 = [s for s in OLD.shares if s.worker_id.startswith("Q")]
    kept_t1 = [s for s in old.shares if not s.worker_id.startswith("Q")]
    new = replace(OLD, shares=(*kept_t1, *new_t2), summary=replace(OLD.summary, kept=("T1",)))
    assert broken(SCENARIO, new, old, {"T1"}) == []
    assert broken(SCENARIO, new) == ["government-exact"]
