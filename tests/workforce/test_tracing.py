"""Whom a case met: by hand, and against a plain search over every pair of minutes in small worlds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import change, make_busy, make_closure, make_plan, make_scenario, make_stay
from tests.workforce.loop import RULES, START, hour, there
from workforce.loop_rules import Contact as ContactRule
from workforce.loop_rules import LoopRules
from workforce.plan import Stay
from workforce.presence import Ground, Presence, Track
from workforce.quarantine import days_of, free_singles, nights, seats_to_leave, without_room
from workforce.rosters import Roster
from workforce.tracing import (
    Closeness,
    Contact,
    Level,
    Order,
    crews,
    find_contacts,
    orders,
    rows_between,
)
from workforce.views import Published

COACH, ROOM, PICKUP = Ground.COACH, Ground.ROOM, Ground.PICKUP
ROWS = replace(RULES, contact=ContactRule.ROWS)


def contacts(
    world: Sequence[Presence],
    since: float = 0,
    now: float = 100,
    rules: LoopRules = RULES,
    steps: int = 1,
    case: str = "A",
) -> list[Contact]:
    """The contacts of a case in a world of presences."""
    tracks: dict[str, Track] = defaultdict(tuple)
    for p in sorted(world, key=lambda p: p.begin):
        tracks[p.worker_id] += (p,)

    def of(ids: Collection[str]) -> dict[str, Track]:
        return {w: tracks[w] for w in ids if w in tracks}

    closeness = Closeness(rules, lambda plan_id, trip_id: 4)
    return find_contacts(case, hour(since), hour(now), steps, closeness, of, lambda spells: world)


def levels(found: Sequence[Contact]) -> dict[str, str]:
    return {one.worker_id: str(one.closest.level) for one in found}


def aboard(worker_id: str, seat: int | None = 1, begin: float = 8, end: float | None = 12) -> Presence:
    return there(worker_id, COACH, "T1", begin, end, seat)


@pytest.mark.parametrize(
    ("seat", "other", "rows"),
    [(1, 4, 0), (1, 5, 1), (4, 5, 1), (16, 17, 1), (1, 13, 3), (1, 16, 3), (1, 17, 4), (20, 1, 4)],
)
def test_rows_are_counted_by_seat_numbers(seat: int, other: int, rows: int) -> None:
    assert rows_between(seat, other, 4) == rows == rows_between(other, seat, 4)
    assert rows_between(None, other, 4) is None


def test_on_a_coach_everybody_or_the_rows_around() -> None:
    world = [aboard("A", 1), aboard("B", 16), aboard("C", 17), aboard("D", None)]
    assert levels(contacts(world)) == {"B": "close", "C": "close", "D": "close"}
    assert levels(contacts(world, rules=ROWS)) == {"B": "close", "C": "general", "D": "close"}
    wider = replace(ROWS, contact_rows=4)
    assert levels(contacts(world, rules=wider))["C"] == "close"


def test_a_change_of_seats_counts_for_as_long_as_it_lasted() -> None:
    world = [aboard("A", 1), aboard("B", 40, 8, 10), aboard("B", 2, 10, 12)]
    (found,) = contacts(world, rules=ROWS)
    assert [(m.level, m.rows, m.minutes) for m in found.meetings] == [("close", 0, 120), ("general", 9, 120)]
    assert found.closest.seats == (1, 2)


def test_the_look_back_begins_to_the_minute() -> None:
    """Who left when it begins is no contact; who stayed a minute longer is."""
    world = [aboard("A"), aboard("B", 2, 8, 10), aboard("C", 3, 8, 10 + 1 / 60)]
    (found,) = contacts(world, since=10)
    assert (found.worker_id, found.closest.minutes, found.closest.begin) == ("C", 1, hour(10))


def test_nobody_is_met_who_came_when_the_other_had_left() -> None:
    assert contacts([aboard("A", 1, 8, 10), aboard("B", 1, 10, 12)]) == []
    assert contacts([aboard("A"), there("B", COACH, "T2", 8, 12, 1)]) == []
    assert contacts([aboard("A"), aboard("B")._replace(place_id="other plan")]) == []


def test_room_mates_are_close_whatever_the_policy_of_coaches() -> None:
    world = [
        there("A", ROOM, "T1", 8, None),
        there("B", ROOM, "T1", 9, None),
        there("C", ROOM, "T2", 9, None),
    ]
    (found,) = contacts(world, rules=ROWS, now=10)
    assert (found.worker_id, found.closest.level, found.closest.minutes) == ("B", Level.CLOSE, 60)


def test_who_moved_away_was_met_until_then() -> None:
    world = [
        there("A", ROOM, "T1", 0, None),
        there("B", ROOM, "T1", 0, 5),
        there("B", ROOM, "S1", 5, None),
    ]
    (found,) = contacts(world)
    assert (found.closest.begin, found.closest.end) == (hour(0), hour(5))
    (order,) = orders([found], 14)
    assert order == Order("B", hour(5), date(2020, 3, 16))


def test_the_same_pickup_is_a_general_contact_unless_they_ride_together() -> None:
    waits = [there(w, PICKUP, "", 7.5, 8, place="P1") for w in "ABC"]
    found = contacts([*waits, aboard("A"), aboard("B", 2)])
    assert levels(found) == {"B": "close", "C": "general"}
    assert [m.kind for m in found[0].meetings] == [COACH, PICKUP]
    assert [o.worker_id for o in orders(found, 14)] == ["B"]


def test_a_day_of_release_is_local() -> None:
    """17:00 in Greenwich is the next day here."""
    (found,) = contacts([aboard("A", 1, 8, 17), aboard("B", 2, 8, 17)])
    assert orders([found], 14)[0].until == date(2020, 3, 17)


def test_crews_are_named_once_for_each_coach() -> None:
    own = (aboard("A", 1, 8, 9), aboard("A", 2, 9, 12), there("A", COACH, "T2", 13, None, 1))
    found = crews(own, hour(8.5), hour(20))
    assert [(c.trip_id, c.begin, c.end) for c in found] == [
        ("T1", hour(8.5), hour(12)),
        ("T2", hour(13), hour(20)),
    ]


def test_a_further_step_begins_at_the_first_meeting() -> None:
    world = [
        aboard("A", 1, 8, 10),
        aboard("B", 2, 8, 10),
        there("B", ROOM, "R1", 11, 12),
        there("C", ROOM, "R1", 11, 12),
        there("D", ROOM, "R0", 5, 7),
        there("B", ROOM, "R0", 5, 7),  # before they could have caught it
    ]
    assert levels(contacts(world)) == {"B": "close"}
    further = contacts(world, steps=2)
    assert [(c.worker_id, c.step, c.closest.by_id) for c in further] == [("B", 1, "A"), ("C", 2, "B")]
    assert [o.worker_id for o in orders(further, 14)] == ["B"]


def test_general_contacts_lead_no_further() -> None:
    world = [
        there("A", PICKUP, "", 7, 8),
        there("B", PICKUP, "", 7, 8),
        there("B", ROOM, "R1", 9, 10),
        there("C", ROOM, "R1", 9, 10),
    ]
    assert levels(contacts(world, steps=3)) == {"B": "general"}


def test_who_could_have_caught_it_earlier_by_others_is_followed_from_then_on() -> None:
    world = [
        there("A", ROOM, "R1", 1, 2),
        there("B", ROOM, "R1", 1, 2),
        there("B", ROOM, "R2", 3, 4),
        there("C", ROOM, "R2", 3, 4),
        there("C", ROOM, "R3", 5, 6),
        there("D", ROOM, "R3", 5, 6),
        there("A", ROOM, "R4", 7, 8),
        there("C", ROOM, "R4", 7, 8),  # in the first step, too, but later
    ]
    assert "D" not in levels(contacts(world, steps=2))
    assert levels(contacts(world, steps=3))["D"] == "close"


# Against a plain search: minute by minute, who is where.

_MINUTES = 12


@st.composite
def worlds(draw: st.DrawFn) -> list[Presence]:
    """Up to six people who move between a few places, minute by minute."""
    found = []
    places = st.sampled_from([(COACH, "T1"), (COACH, "T2"), (ROOM, "R1"), (PICKUP, ""), None])
    for worker_id in "ABCDEF"[: draw(st.integers(2, 6))]:
        cuts = sorted(draw(st.sets(st.integers(0, _MINUTES), min_size=2, max_size=5)))
        for begin, end in pairwise(cuts):
            place = draw(places)
            if place is None:
                continue
            seat = draw(st.integers(1, 24)) if place[0] is COACH else None
            still = end == cuts[-1] and draw(st.booleans())
            found.append(there(worker_id, *place, begin / 60, None if still else end / 60, seat))
    return found


def _close_by_minute(world: Sequence[Presence], minute: int, rules: LoopRules) -> dict[tuple[str, str], bool]:
    """Who is with whom in a minute, and whether closely."""
    at = START + timedelta(minutes=minute)
    here = [p for p in world if p.begin <= at and (p.end is None or at < p.end)]
    pairs = {}
    for p in here:
        for q in here:
            if p.worker_id != q.worker_id and (p.kind, p.unit) == (q.kind, q.unit):
                apart = abs((p.seat - 1) // 4 - (q.seat - 1) // 4) if p.seat and q.seat else 0
                near = rules.contact is ContactRule.COACH or apart <= rules.contact_rows
                pairs[p.worker_id, q.worker_id] = p.kind is ROOM or (p.kind is COACH and near)
    return pairs


@settings(max_examples=300, deadline=None)
@given(worlds(), st.integers(0, _MINUTES - 1), st.integers(1, 3), st.sampled_from([RULES, ROWS]))
def test_contacts_are_those_of_a_plain_search(
    world: list[Presence], since: int, steps: int, rules: LoopRules
) -> None:
    now = _MINUTES + 3
    by_minute = [_close_by_minute(world, m, rules) for m in range(now)]
    exposed, step_of = {"A": since}, {"A": 0}
    for step in range(1, steps + 1):
        known = dict(exposed)
        for minute in range(since, now):
            for (p, q), close in by_minute[minute].items():
                if q != "A" and p in known and minute >= known[p]:
                    step_of.setdefault(q, step)
                    if close:
                        exposed[q] = min(exposed.get(q, minute), minute)
    found = contacts(world, since / 60, now / 60, rules, steps)
    assert {one.worker_id: one.step for one in found} == {w: s for w, s in step_of.items() if w != "A"}
    for one in found:
        if one.step == 1:
            met = [by_minute[m].get(("A", one.worker_id)) for m in range(since, now)]
            assert sum(m.minutes for m in one.meetings) == sum(m is not None for m in met)
            assert (one.closest.level is Level.CLOSE) is any(met)
    until = {o.worker_id: o.last_exposure for o in orders(found, 14)}
    for worker_id, last in until.items():
        close = [m for m in range(since, now) if by_minute[m].get(("A", worker_id))]
        assert last == START + timedelta(minutes=close[-1] + 1)


# What follows.

TODAY = date(2020, 3, 2)


def order(worker_id: str, days: int = 2) -> Order:
    return Order(worker_id, hour(0), TODAY + timedelta(days=days))


def test_rooms_needed_are_counted_by_night() -> None:
    to_begin = [order("Q1", 2), order("Q2", 3), order("Q3", 1)]
    days = days_of(to_begin, TODAY)
    assert days == [TODAY + timedelta(days=i) for i in range(3)]
    own = [make_stay("Q1", "S1"), make_stay("Q2", "T1"), replace(make_stay("Q3", "S2"), check_in=days[1])]
    found = nights(to_begin, days, own, {})
    assert [(n.needed, n.held) for n in found] == [(3, 1), (2, 1), (1, 0)]
    assert without_room(to_begin, TODAY, own) == ["Q2"]
    assert days_of([order("Q1", 0)], TODAY) == [] and without_room([order("X", 0)], TODAY, []) == []


def _free(stays: Sequence[Stay] = (), **changes: object) -> list[int]:
    """The free single rooms of H1, which has two, over four nights from the base day on."""
    scenario = make_scenario()
    busy, closures = changes.pop("busy", ()), changes.pop("closures", ())
    scenario = replace(change(scenario, "hotels", "H1", **changes), busy=busy, closures=closures)
    days = [TODAY + timedelta(days=i) for i in range(4)]
    found = free_singles(days, scenario.hotels.values(), stays, scenario)["H1"]
    return [found.get(day, 0) for day in days]


def test_a_single_room_is_free_when_nobody_has_it_and_it_is_turned_over() -> None:
    later = Stay("Z", "H1", "S2", TODAY + timedelta(days=3), TODAY + timedelta(days=9))
    assert _free() == [2, 2, 2, 2]
    assert _free([make_stay("Q3", "S1")]) == [1, 1, 1, 1]  # three nights, and a day to turn it over
    assert _free([Stay("Q3", "H1", "S1", TODAY, TODAY + timedelta(days=1))]) == [1, 1, 2, 2]
    assert _free([later]) == [2, 2, 1, 1]
    assert _free([later, Stay("Y", "H1", "S2", TODAY, TODAY + timedelta(days=1))]) == [1, 1, 1, 1]
    assert _free([make_stay("Q1", "T1"), make_stay("Q2", "S9")]) == [2, 2, 2, 2]


def test_a_hotel_takes_nobody_while_it_is_busy_closed_or_not_open() -> None:
    assert _free(busy=(make_busy("H1", "S1", "2020-03-02", "2020-03-02"),)) == [1, 1, 2, 2]
    assert _free(closures=(make_closure("H1", "2020-03-03", "2020-03-03"),)) == [2, 0, 2, 2]
    assert _free(first_night=date(2020, 3, 3), last_night=date(2020, 3, 4)) == [0, 2, 2, 0]


def test_seats_to_leave_are_those_of_coaches_that_have_not_left() -> None:
    roster = Roster([Published("p", make_scenario(), make_plan())])
    before, after = hour(0.9), hour(1.1)  # W1's coach leaves P1 at nine in the morning here
    (seat,) = seats_to_leave([order("W1"), order("nobody")], roster, before)
    assert (seat.plan_id, seat.trip_id, seat.seat, seat.leaves) == ("p", "T1", 1, hour(1))
    assert seats_to_leave([order("W1")], roster, after) == []
    assert seats_to_leave([order("W1", 0)], roster, before) == []  # released by then
