"""What is flagged, as items of the problem list."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from data.problem_list import EXPLAINED, ITEMS
from data.registry import history
from data.schema import item
from data.trip_log import Report
from tests.data.loop import Loop
from workforce.triplog import Kind

EXPLAINS = {"decision": EXPLAINED}


def listed(loop: Loop) -> list[tuple[str, str | int]]:
    with loop.database.read() as c:
        rows = c.execute(select(item.c.code, item.c["values"]).order_by(item.c.opened_at, item.c.event_seq))
        return [(code, values.get("cost_fen") or values["place_id"]) for code, values in rows]


def receives(loop: Loop, clock: str, heads: int) -> Report:
    return loop.report(Kind.DESTINATION_CONFIRMED, clock, trip="T1", place_id="E1", says={"heads": heads})


def settle_all(loop: Loop) -> None:
    with loop.database.write() as c:
        values = {"settled_at": loop.now, "settled_by": "tests", "decision": "another hotel"}
        c.execute(item.update().where(item.c.settled_at.is_(None)).values(**values))


def fewer(loop: Loop) -> list[tuple[bool, list[tuple[str, Any]]]]:
    """Of each item for a destination that receives fewer: whether it is open, and its history."""
    with loop.database.read() as c:
        query = select(item).where(item.c.code == "confirmed_fewer").order_by(item.c.opened_at)
        return [
            (row.settled_at is None, [(one.action, one.after) for one in history(c, ITEMS, row.id)])
            for row in c.execute(query)
        ]


def test_each_drop_that_receives_fewer_is_asked_about(loop: Loop) -> None:
    for place in ("E1", "E2", "E1"):
        fewer = loop.report(Kind.DESTINATION_CONFIRMED, "06:00", trip="T1", place_id=place, says={"heads": 0})
        loop.take(fewer)
    assert listed(loop) == [("confirmed_fewer", "E1"), ("confirmed_fewer", "E2")]


def test_whoever_withdrew_is_not_missed_by_a_destination(loop: Loop) -> None:
    loop.take(loop.report(Kind.WITHDREW, "05:00", worker_id="W1"))
    confirmed = loop.report(Kind.DESTINATION_CONFIRMED, "06:00", trip="T1", place_id="E1", says={"heads": 1})
    [told] = loop.take(confirmed)
    assert told.raised == () and loop.codes() == set()


def test_each_substitute_that_is_charged_is_asked_about(loop: Loop) -> None:
    for clock, fen in (("09:00", 100), ("10:00", 900_000)):
        says = {"plate": "蒙C1", "cost_fen": fen}
        loop.take(loop.report(Kind.VEHICLE_CHANGED, clock, trip="T1", says=says))
    assert listed(loop) == [("substitute_cost", 100), ("substitute_cost", 900_000)]


def test_a_destination_that_receives_more_explains_its_item(loop: Loop) -> None:
    said = [loop.take(receives(loop, f"06:0{n}", heads))[0].seq for n, heads in enumerate((1, 0, 0, 2))]
    told = {"heads": 0, "riders": 2, "event": said[1]}
    over = [("updated", told), ("settled", {**EXPLAINS, "event": said[3]})]
    assert fewer(loop) == [(False, over)]
    # What comes late and happened before changes nothing; a lower number is asked about anew.
    loop.take(receives(loop, "05:00", 0))
    loop.take(loop.report(Kind.DELAYED, "05:30", trip="T1", says={"minutes": 10}))
    assert fewer(loop) == [(False, over)]
    loop.take(receives(loop, "07:00", 1))
    assert fewer(loop) == [(False, over), (True, [])] and loop.codes() == set()


def test_a_destination_receives_all_once_enough_have_withdrawn(loop: Loop) -> None:
    loop.take(receives(loop, "06:00", 0))
    loop.take(loop.report(Kind.WITHDREW, "06:10", worker_id="W1"))
    [last] = loop.take(loop.report(Kind.WITHDREW, "06:20", worker_id="W2"))
    [(is_open, (updated, settled))] = fewer(loop)
    assert (is_open, settled) == (False, ("settled", {**EXPLAINS, "event": last.seq}))
    assert updated[1]["riders"] == 1
    # Who withdrew by mistake comes after all.
    loop.take(loop.report(Kind.VOIDED, "06:30", says={"event": last.seq}, details={"note": "误报"}))
    assert [is_open for is_open, _ in fewer(loop)] == [False, True]


def test_a_destination_that_declines_has_one_problem(loop: Loop) -> None:
    loop.take(receives(loop, "06:00", 1))
    loop.take(loop.report(Kind.DESTINATION_DECLINED, "06:10", trip="T1", place_id="E1"))
    with loop.database.read() as c:
        assert c.execute(select(item.c.code).where(item.c.settled_at.is_(None))).scalars().all() == [
            "destination_declined"
        ]


def test_what_somebody_settled_of_a_destination_is_asked_again_once_it_says_so(loop: Loop) -> None:
    loop.take(receives(loop, "06:00", 0))
    loop.take(receives(loop, "06:05", 1))
    settle_all(loop)
    loop.take(loop.report(Kind.DELAYED, "05:30", trip="T1", says={"minutes": 10}))
    loop.take(loop.report(Kind.WITHDREW, "06:10", worker_id="J1"))  # who gets off elsewhere
    assert [is_open for is_open, _ in fewer(loop)] == [False]
    loop.take(receives(loop, "06:15", 0))
    assert [is_open for is_open, _ in fewer(loop)] == [False, True]


def test_who_withdrew_and_boards_all_the_same_is_one_too_many_till_they_are_missing(loop: Loop) -> None:
    loop.take(loop.report(Kind.WITHDREW, "05:00", worker_id="W1"))
    loop.take(receives(loop, "06:00", 1))
    assert fewer(loop) == []
    seat = {"seat": 1}
    loop.take(loop.report(Kind.BOARDED, "07:00", trip="T1", worker_id="W1", place_id="P1", says=seat))
    assert [is_open for is_open, _ in fewer(loop)] == [True]
    missing = loop.report(Kind.MISSING, "08:00", trip="T1", worker_id="W2", says={"why": "no_show"})
    [taken] = loop.take(missing)
    [(is_open, [settled])] = fewer(loop)
    assert (is_open, settled) == (False, ("settled", {**EXPLAINS, "event": taken.seq}))


def test_who_comes_after_all_to_a_destination_that_said_nothing_is_asked_about(loop: Loop) -> None:
    for worker_id in ("W1", "W2"):
        loop.take(loop.report(Kind.WITHDREW, "05:00", worker_id=worker_id))
    loop.take(loop.report(Kind.BOARDED, "07:00", trip="T1", worker_id="W1", place_id="P1", says={"seat": 1}))
    assert [is_open for is_open, _ in fewer(loop)] == [True]
    loop.take(receives(loop, "07:30", 1))
    assert [is_open for is_open, _ in fewer(loop)] == [False]
