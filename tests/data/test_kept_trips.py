"""Trips that a later plan keeps are told by the plan that told them first, with all that was reported."""

from __future__ import annotations

from collections import Counter

from sqlalchemy import select

from data.accounts import By
from data.daily_ledger import daily_ledger
from data.loop_states import find_run
from data.presences import tracks
from data.published import PublishedPlans
from data.schema import item
from data.silences import ask_about_silences
from data.trip_log import Refusal, events
from tests.builders import day, make_plan, make_scenario, with_seat
from tests.data.followers import follow, keeping
from tests.data.loop import Loop, at, coach
from workforce.closed_loop import Flag
from workforce.rosters import Roster
from workforce.triplog import Kind

SCENARIO, PLAN = make_scenario(), make_plan()
DAY, NEXT_DAY = "2020-03-02", "2020-03-03"  # all trips of the base plan run on the first


def told(loop: Loop) -> list[tuple[str, set[str]]]:
    """The published plans with the trips that each tells; nobody has two seats in them."""
    plans = PublishedPlans(loop.database).standing()
    seats = Counter(seat.worker_id for one in plans for seat in one.plan.seats)
    assert set(seats.values()) <= {1}
    for one in plans:
        riders = {seat.worker_id for seat in one.plan.seats}
        for rows in (one.plan.stays, one.plan.shares, one.plan.placements):
            assert {row.worker_id for row in rows} <= riders
    return [(one.plan_id, set(one.plan.trip_by_id)) for one in plans]


def roster_of(loop: Loop) -> Roster:
    with loop.database.read() as c:
        return loop.rosters.now(c)


def test_a_kept_trip_stays_with_the_first_plan_and_the_others_are_the_followers(loop: Loop) -> None:
    second = follow(loop, SCENARIO, keeping(PLAN, "T1"), DAY)
    assert told(loop) == [(loop.plan_id, {"T1"}), (second, {"T2"})]
    roster = roster_of(loop)
    assert roster.teller(second, "T1") == roster.teller(loop.plan_id, "T1") == (loop.plan_id, "T1")
    kept = roster.trip(second, "T1")
    assert kept is not None and kept.plan_id == loop.plan_id and kept is roster.trip(loop.plan_id, "T1")
    assert roster.trip(loop.plan_id, "T2") is None and roster.teller(second, "T2") == (second, "T2")
    expected = {worker_id: one.plan_id for worker_id, one in roster.workers}
    assert (expected["W1"], expected["Q1"]) == (loop.plan_id, second)


def test_a_trip_that_is_kept_twice_stays_with_the_first_plan(loop: Loop) -> None:
    second = follow(loop, SCENARIO, keeping(PLAN, "T1"), DAY)
    third = follow(loop, SCENARIO, keeping(PLAN, "T1", "T2"), DAY)
    assert told(loop) == [(loop.plan_id, {"T1"}), (second, {"T2"}), (third, set())]
    roster = roster_of(loop)
    assert roster.teller(third, "T1") == (loop.plan_id, "T1")
    assert roster.teller(third, "T2") == (second, "T2")


def test_a_kept_trip_that_a_later_plan_plans_anew_is_that_plans(loop: Loop) -> None:
    follow(loop, SCENARIO, keeping(PLAN, "T1", "T2"), DAY)
    third = follow(loop, SCENARIO, keeping(PLAN, "T2"), DAY)
    fourth = follow(loop, SCENARIO, keeping(PLAN, "T1", "T2"), DAY)
    assert [trips for _, trips in told(loop)] == [{"T2"}, set(), {"T1"}, set()]
    roster = roster_of(loop)
    assert roster.trip(loop.plan_id, "T1") is None
    assert roster.teller(fourth, "T1") == (third, "T1")


def test_a_kept_trip_that_has_left_stays_though_the_next_plan_has_it_no_more(loop: Loop) -> None:
    second = follow(loop, SCENARIO, keeping(PLAN, "T1", left_out=("T2",)), DAY)
    third = follow(loop, SCENARIO, keeping(PLAN, left_out=("T1", "T2")), NEXT_DAY)
    assert told(loop) == [(loop.plan_id, {"T1"}), (second, set()), (third, set())]
    assert roster_of(loop).teller(second, "T1") == (loop.plan_id, "T1")


def test_a_trip_that_was_changed_is_another_one_whatever_its_id(loop: Loop) -> None:
    changed = with_seat(PLAN, "W1", seat=7)  # as of a draft, of which a plan may keep trips, too
    second = follow(loop, SCENARIO, keeping(changed, "T1", "T2"), DAY)
    assert told(loop) == [(loop.plan_id, {"T2"}), (second, {"T1"})]
    never_there = follow(loop, SCENARIO, keeping(PLAN, "T2", "T9"), DAY)
    assert told(loop) == [(loop.plan_id, {"T2"}), (second, set()), (never_there, {"T1"})]


def test_a_past_moment_is_told_as_it_was(loop: Loop) -> None:
    second = follow(loop, SCENARIO, keeping(PLAN, "T1", "T2"), DAY)
    then = loop.now
    follow(loop, SCENARIO, keeping(PLAN), DAY)
    with loop.database.read() as c:
        roster_at = loop.rosters.history(c)
        assert loop.rosters.now(c).trip(loop.plan_id, "T1") is None
    was = roster_at(then).trip(second, "T1")
    assert was is not None and was.plan_id == loop.plan_id


def test_what_was_reported_goes_on_under_either_plan(loop: Loop) -> None:
    reports = coach(loop)
    loop.take(*reports[:6])
    second = follow(loop, SCENARIO, keeping(PLAN, "T1"), DAY)
    rest = [r._replace(plan_id=second) if r.trip_id else r for r in reports[6:]]
    flags = [raised.flag for one in loop.take(*rest) for raised in one.raised]
    assert flags == [Flag.NO_SHOW]  # nothing seems strange: no plate is missing, nobody is on the wrong coach
    again = loop.take(*rest, *(r for r in reports[6:]))
    assert all(one.known for one in again)  # under whichever plan it is sent again
    with loop.database.read() as c:
        run = find_run(c, loop.plan_id, "T1")
        assert {one.event.plan_id for one in events(c) if one.event.trip_id} == {loop.plan_id}
        assert find_run(c, second, "T1").at == ""
    assert (run.plate, run.stop, set(run.alighted), set(run.absent)) == ("蒙C12345", 4, {"W1"}, {"W2"})
    # A late report has all be folded anew, by what was published when each was recorded.
    loop.take(loop.report(Kind.DELAYED, "08:10", trip="T1", says={"minutes": 5}))
    assert loop.codes() == set()


def test_a_report_that_names_no_trip_is_known_again_wherever_its_worker_is_by_now(loop: Loop) -> None:
    says, details = {"where": "home"}, {"temperature": "36.5"}
    home = loop.report(Kind.MEASURED, "05:00", worker_id="W1", says=says, details=details)
    [first] = loop.take(home)
    follow(loop, SCENARIO, keeping(PLAN), DAY)
    assert loop.take(home)[0][:3] == (home.nonce, first.seq, True)
    loop.take(loop.report(Kind.BOARDED, "08:40", trip="T2", worker_id="W1"))
    assert loop.take(home)[0].known
    assert loop.take(home._replace(worker_id="W2"))[0].refused is Refusal.NONCE_REUSED


def test_who_boards_before_and_after_is_on_one_coach(loop: Loop) -> None:
    reports = {r.worker_id: r for r in coach(loop) if r.kind is Kind.BOARDED}
    loop.take(reports["W1"])
    second = follow(loop, SCENARIO, keeping(PLAN, "T1"), DAY)
    loop.take(reports["J1"]._replace(plan_id=second))
    with loop.database.read() as c:
        coaches = {(track[-1].place_id, track[-1].unit) for track in tracks(c, ["W1", "J1"]).values()}
    assert coaches == {(loop.plan_id, "T1")}


def test_a_silence_is_asked_once_for_a_trip_that_goes_on(loop: Loop) -> None:
    def silent(hour: int) -> list[str]:
        ask_about_silences(loop.database, By("housekeeping", at(f"{hour}:00")), loop.rosters)
        with loop.database.read() as c:
            return sorted(c.execute(select(item.c.subject).where(item.c.settled_at.is_(None))).scalars())

    assert silent(20) == [f"{loop.plan_id}/T1", f"{loop.plan_id}/T2"]
    second = follow(loop, SCENARIO, keeping(PLAN, "T1"), DAY)
    assert silent(21) == sorted([f"{loop.plan_id}/T1", f"{second}/T2"])


def test_the_ledger_counts_everybody_once(loop: Loop) -> None:
    loop.take(*coach(loop))
    with loop.database.read() as c:
        before = daily_ledger(c, loop.rosters, day(DAY)).total.counts
    follow(loop, SCENARIO, keeping(PLAN, "T1"), DAY)
    with loop.database.read() as c:
        assert daily_ledger(c, loop.rosters, day(DAY)).total.counts == before
    assert (before.planned, before.departed, before.returned) == (len(PLAN.seats), 2, 1)
