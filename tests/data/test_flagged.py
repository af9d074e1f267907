"""What is flagged, as items of the problem list."""

from __future__ import annotations

from sqlalchemy import select

from data.schema import item
from tests.data.loop import Loop
from workforce.triplog import Kind


def listed(loop: Loop) -> list[tuple[str, str | int]]:
    with loop.database.read() as c:
        rows = c.execute(select(item.c.code, item.c["values"]).order_by(item.c.opened_at, item.c.event_seq))
        return [(code, values.get("cost_fen") or values["place_id"]) for code, values in rows]


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
