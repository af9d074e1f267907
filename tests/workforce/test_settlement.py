"""What happened decides who pays: by hand, and in balance whatever happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import make_hotel, make_plan, make_scenario
from tests.workforce.test_closed_loop import happened
from workforce.closed_loop import PlannedTrip
from workforce.loop_rules import NoShow
from workforce.money import split_evenly, trip_parts
from workforce.plan import Item, Share, Stay
from workforce.policy import RoomShares, TripShares
from workforce.rosters import Roster
from workforce.settlement import (
    Amounts,
    Line,
    Told,
    Why,
    amounts_of,
    lodgings,
    stay_lines,
    transfer_line,
    trip_lines,
    unused_stay,
)
from workforce.triplog import Event, Kind
from workforce.views import Published

SCENARIO = make_scenario()
PLAN = make_plan(SCENARIO)
ROSTER = Roster([Published("P", SCENARIO, PLAN)])
POLICY = SCENARIO.policy
TRIP = "T1"
SHARES = {s.worker_id: s for s in PLAN.shares if s.item is Item.TRIP}


def planned(no_show: NoShow = NoShow.OWN) -> PlannedTrip:
    found = ROSTER.trip("P", TRIP)
    assert found is not None
    return replace(found, rules=replace(found.rules, no_show=no_show))


RIDERS = tuple(planned().seat_of)
COST = planned().trip.cost_fen


def log(*events: Event) -> list[Told]:
    return [Told(n, event) for n, event in enumerate(events, 1)]


def ridden(*absent: str, why: str = "no_show") -> list[Event]:
    """A trip with everybody but some, as far as its last drop."""
    left = happened(Kind.LEFT, "02 08:00", TRIP, stop=1)
    on = [happened(Kind.BOARDED, "02 09:00", TRIP, w) for w in RIDERS if w not in absent]
    off = [happened(Kind.MISSING, "02 09:00", TRIP, w, why=why) for w in absent]
    return [left, *on, *off, happened(Kind.REACHED, "02 12:00", TRIP, stop=planned().last_drop)]


def lines(*events: Event, no_show: NoShow = NoShow.OWN) -> list[Line]:
    return trip_lines(planned(no_show), "carrier", SHARES, log(*events), POLICY)


def test_as_long_as_all_goes_as_planned_the_plan_stands() -> None:
    found = lines(*ridden())
    assert {line.worker_id: line.due for line in found} == {w: amounts_of(SHARES[w]) for w in RIDERS}
    assert {line.why for line in found} == {Why.AS_PLANNED}
    assert sum(line.due.total for line in found) == COST
    assert all(len(line.evidence) == 2 for line in found)


def test_nothing_is_due_before_a_trip_is_over_nor_when_it_is_cancelled() -> None:
    assert lines(happened(Kind.BOARDED, "02 09:00", TRIP, RIDERS[0])) == []
    # On the way nobody has failed to come: they may still board.
    assert lines(*ridden(*RIDERS)[:1]) == lines(*ridden(RIDERS[0])[:-1]) == []
    cancelled = lines(happened(Kind.TRIP_CANCELLED, "01 09:00", TRIP))
    assert [line.due for line in cancelled] == [Amounts()] * len(RIDERS)
    assert {line.why for line in cancelled} == {Why.CANCELLED}


def test_the_seat_of_somebody_who_did_not_come_is_their_enterprises() -> None:
    gone, *others = RIDERS
    found = {line.worker_id: line for line in lines(*ridden(gone))}
    assert found[gone].due == Amounts(enterprise=SHARES[gone].total_fen)
    assert found[gone].why is Why.NO_SHOW
    assert all(found[w].due == amounts_of(SHARES[w]) for w in others)


def test_where_the_policy_says_so_all_who_rode_share_an_empty_seat() -> None:
    gone, *others = RIDERS
    found = {line.worker_id: line for line in lines(*ridden(gone), no_show=NoShow.SHARED)}
    assert found[gone].due == Amounts()
    assert {w: found[w].due.total for w in others} == split_evenly(COST, others)
    nobody = lines(*ridden(*RIDERS), no_show=NoShow.SHARED)
    assert {line.worker_id: line.due.enterprise for line in nobody} == {
        w: SHARES[w].total_fen for w in RIDERS
    }


def test_whoever_took_another_coach_pays_as_planned() -> None:
    found = lines(*ridden(RIDERS[0], why="other_coach"))
    assert {line.why for line in found} == {Why.AS_PLANNED}


def test_whoever_boarded_another_coach_unexplained_pays_as_planned() -> None:
    gone = RIDERS[0]
    events = [e for e in ridden(gone) if e.worker_id != gone]
    assert [line.worker_id for line in lines(*events) if line.why is Why.NO_SHOW] == [gone]
    found = trip_lines(planned(), "carrier", SHARES, log(*events), POLICY, {gone: 99})
    assert {line.why for line in found} == {Why.AS_PLANNED}
    assert [line.evidence for line in found if line.worker_id == gone] == [(1, 99)]


def test_whoever_got_off_was_aboard_though_nobody_reported_it() -> None:
    events = [e for e in ridden() if e.kind is not Kind.BOARDED]
    off = [happened(Kind.ALIGHTED, "02 12:00", TRIP, w, place="E1") for w in RIDERS]
    assert {line.why for line in lines(*events, *off)} == {Why.AS_PLANNED}
    assert {line.why for line in lines(*events)} == {Why.NO_SHOW}


def test_a_trip_is_over_too_when_everybody_is_accounted_for() -> None:
    off = [happened(Kind.ALIGHTED, "02 12:00", TRIP, w, place="E1") for w in RIDERS[1:]]
    events = [*ridden(RIDERS[0])[:-1], *off]
    assert len(lines(*events)) == len(RIDERS) and lines(*events[:-1]) == []


def test_a_substitute_is_divided_among_those_who_rode() -> None:
    gone, *others = RIDERS
    change = happened(Kind.VEHICLE_CHANGED, "02 10:00", TRIP, plate="B1", cost_fen=1001, operator="other")
    found = [line for line in lines(*ridden(gone), change) if line.part]
    assert {line.worker_id: line.due.total for line in found} == split_evenly(1001, others)
    assert {(line.payee, line.why, line.planned) for line in found} == {("other", Why.SUBSTITUTE, Amounts())}


def test_what_changed_is_divided_by_the_contracts_rule() -> None:
    rule = TripShares(Decimal("0.1"), 10**9, Decimal("0.5"), 10**9)
    policy = replace(POLICY, trip_shares=rule)
    shares = {w: _share(w, s.total_fen, rule) for w, s in SHARES.items()}
    change = happened(Kind.VEHICLE_CHANGED, "02 10:00", TRIP, plate="B1", cost_fen=30_000)
    found = trip_lines(planned(), "carrier", shares, log(*ridden(), change), policy)
    for worker in RIDERS:
        both = [line.due for line in found if line.worker_id == worker]
        whole = trip_parts(sum(due.total for due in both), rule)
        assert sum(due.worker for due in both) == whole.worker
        assert sum(due.government for due in both) == whole.government


def _share(worker: str, total: int, rule: TripShares) -> Share:
    parts = trip_parts(total, rule)
    paid = (parts.enterprise, parts.worker, parts.hotel, parts.government)
    return Share(worker, Item.TRIP, SHARES[worker].enterprise_id, total, *paid)


@given(
    absent=st.sets(st.sampled_from(RIDERS)),
    costs=st.lists(st.integers(1, 10**6), max_size=3),
    no_show=st.sampled_from(NoShow),
    rates=st.tuples(st.integers(0, 100), st.integers(0, 10**5), st.integers(0, 100), st.integers(0, 10**5)),
)
def test_whatever_happens_the_trip_is_paid_to_the_fen(
    absent: set[str], costs: list[int], no_show: NoShow, rates: tuple[int, int, int, int]
) -> None:
    rule = TripShares(Decimal(rates[0]) / 100, rates[1], Decimal(rates[2]) / 100, rates[3])
    policy = replace(POLICY, trip_shares=rule)
    shares = {w: _share(w, s.total_fen, rule) for w, s in SHARES.items()}
    changes = [
        happened(Kind.VEHICLE_CHANGED, f"02 1{n}:00", TRIP, plate="B1", cost_fen=c)
        for n, c in enumerate(costs)
    ]
    found = trip_lines(planned(no_show), "carrier", shares, log(*ridden(*absent), *changes), policy)
    assert sum(line.due.total for line in found) == COST + sum(costs)
    assert sum(line.due.total for line in found if not line.part) == COST
    for worker in RIDERS:
        whole = [line.due for line in found if line.worker_id == worker]
        for name in ("enterprise", "worker", "hotel", "government"):
            assert sum(getattr(due, name) for due in whole) >= 0


# Stays

HOTEL = make_hotel("H", single_fen=10_000, twin_fen=15_001, concession=Decimal("0.2"))
ROOM_RULE = RoomShares(2_000, Decimal("0.3"), 6_000)
BY_ROOM = replace(POLICY, room_shares=ROOM_RULE)


def stayed(worker: str, *events: tuple[str, Kind, Mapping[str, Any]]) -> Any:
    return lodgings(worker, log(*(happened(kind, at, None, worker, **says) for at, kind, says in events)))


def test_a_stay_counts_from_the_check_in_to_the_release_room_by_room() -> None:
    there = {"place": "H", "room": "S1"}
    found = stayed(
        "Q",
        ("02 12:00", Kind.CHECKED_IN, there),
        ("05 10:00", Kind.ROOM_MOVED, {"place": "H", "room": "S2"}),
        ("06 10:00", Kind.HOTEL_LEFT, {}),
        ("06 15:00", Kind.CHECKED_IN, {"place": "H", "room": "S2"}),
        ("09 09:00", Kind.RELEASED, {}),
        ("09 10:00", Kind.TRANSFERRED, {}),
    )
    days = [(one.room, one.first.day, one.end.day) for one in found]
    assert days == [("S1", 2, 5), ("S2", 5, 6), ("S2", 6, 9)]
    [here] = stayed("Q", ("02 12:00", Kind.CHECKED_IN, there))
    assert (here.first.day, here.end) == (2, None)


def room(worker: str, first: int, end: int, name: str = "S1") -> Any:
    checked_in = (f"{first:02} 12:00", Kind.CHECKED_IN, {"place": "H", "room": name})
    return stayed(worker, checked_in, (f"{end:02} 09:00", Kind.RELEASED, {}))


def room_share(worker: str, total: int, *paid: int) -> Share:
    return Share(worker, Item.ROOM, "E1", total, *paid)


@pytest.mark.parametrize(("end", "nights"), [(5, 3), (4, 2), (7, 5)])
def test_other_nights_than_planned_cost_what_they_cost(end: int, nights: int) -> None:
    stay = Stay("Q", "H", "S1", date(2020, 3, 2), date(2020, 3, 5))
    # Three nights at 100 yuan: the hotel waives 60, the worker pays 60, the government 90.
    share = room_share("Q", 30_000, 9_000, 6_000, 6_000, 9_000)
    [line] = stay_lines(room("Q", 2, end), {"H": HOTEL}, {"Q": stay}, {"Q": share}, {"Q": "E1"}, BY_ROOM)
    assert line.due.total == nights * 10_000
    assert line.due == Amounts(nights * 3_000, nights * 2_000, nights * 2_000, nights * 3_000)
    assert line.why is (Why.AS_PLANNED if nights == 3 else Why.OTHER_NIGHTS)


def test_a_plan_short_of_government_money_stays_so_where_nothing_changed() -> None:
    stay = Stay("Q", "H", "S1", date(2020, 3, 2), date(2020, 3, 5))
    short = room_share("Q", 30_000, 18_000, 6_000, 6_000, 0)
    [line] = stay_lines(room("Q", 2, 5), {"H": HOTEL}, {"Q": stay}, {"Q": short}, {}, BY_ROOM)
    assert line.due == amounts_of(short)


def test_who_shares_a_room_divides_the_nights_they_shared() -> None:
    lodged = [*room("A", 2, 5, "T1"), *room("B", 2, 4, "T1")]
    found = stay_lines(lodged, {"H": HOTEL}, {}, {}, {"A": "E1", "B": "E2"}, BY_ROOM)
    assert {line.worker_id: line.due.total for line in found} == {"A": 15_001 + 15_001, "B": 15_001}
    assert {line.enterprise_id for line in found} == {"E1", "E2"}


def test_whoever_goes_first_pays_half_of_a_room_in_which_the_other_stays_on() -> None:
    there = ("02 12:00", Kind.CHECKED_IN, {"place": "H", "room": "T1"})
    lodged = [*stayed("A", there), *room("B", 2, 5, "T1")]
    [line] = stay_lines(lodged, {"H": HOTEL}, {}, {}, {}, BY_ROOM)
    assert line.worker_id == "B"
    both = stay_lines([*room("A", 2, 7, "T1"), *room("B", 2, 5, "T1")], {"H": HOTEL}, {}, {}, {}, BY_ROOM)
    assert line.due == next(one.due for one in both if one.worker_id == "B")


def test_nobody_pays_for_a_room_or_a_way_that_was_not_used() -> None:
    stay = Stay("Q", "H", "S1", date(2020, 3, 2), date(2020, 3, 5))
    share = room_share("Q", 30_000, 9_000, 6_000, 6_000, 9_000)
    assert unused_stay("Q", stay, share, [7]).due == Amounts()
    way = Share("Q", Item.TRANSFER, "E1", 500, 500, 0, 0, 0)
    assert transfer_line("Q", stay, way, [8], driven=True).due == Amounts(enterprise=500)
    assert transfer_line("Q", stay, way, [8], driven=False).due == Amounts()
