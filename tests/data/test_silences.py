"""Silences on the problem list: asked once, explained by what comes later, not asked again once settled."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import select

from data.accounts import By
from data.problem_list import EXPLAINED, ITEMS, list_workers
from data.registry import history
from data.schema import item
from data.silences import ask_about_silences
from tests.data.loop import Loop, at
from workforce.closed_loop import Flag
from workforce.triplog import Kind


def asked(loop: Loop, clock: str, days: int = 0) -> int:
    return ask_about_silences(loop.database, By("housekeeping", at(clock, days)), loop.rosters)


def listed(loop: Loop, code: Flag) -> list[tuple[str, str | None]]:
    with loop.database.read() as c:
        query = select(item.c.subject, item.c.decision).where(item.c.code == code).order_by(item.c.opened_at)
        return [(row.subject, row.decision) for row in c.execute(query)]


def test_it_is_asked_once_and_explained_by_whoever_reports_late(loop: Loop) -> None:
    trips = [f"{loop.plan_id}/T1", f"{loop.plan_id}/T2"]
    assert asked(loop, "09:00") == 0
    assert asked(loop, "20:00") == 2 and asked(loop, "21:00") == 0
    assert sorted(listed(loop, Flag.DEPARTURE_UNREPORTED)) == [(trip, None) for trip in trips]
    loop.take(loop.report(Kind.LEFT, "08:00", trip="T1", place_id="F1", says={"stop": 1}))
    assert asked(loop, "22:00") == 1
    assert sorted(listed(loop, Flag.DEPARTURE_UNREPORTED)) == [(trips[0], EXPLAINED), (trips[1], None)]
    assert listed(loop, Flag.ARRIVAL_UNREPORTED) == [(trips[0], None)]


def test_what_somebody_settled_is_asked_again_for_another_day_only(loop: Loop) -> None:
    r = loop.report
    loop.take(
        r(Kind.BOARDED, "08:40", trip="T2", worker_id="Q1"),
        r(Kind.ALIGHTED, "10:40", trip="T2", worker_id="Q1", place_id="H1"),
        r(Kind.CHECKED_IN, "11:00", worker_id="Q1", place_id="H1", says={"room": "T1"}),
    )

    def settle() -> None:
        with loop.database.write() as c:
            values = {
                "settled_at": loop.now + timedelta(days=1),
                "decision": "settled",
                "settled_by": "tests",
            }
            c.execute(item.update().where(item.c.settled_at.is_(None)).values(**values))

    asked(loop, "08:00", 2)
    assert listed(loop, Flag.READINGS_OVERDUE) == [("Q1", None)]
    settle()
    assert asked(loop, "09:00", 2) == 0
    assert asked(loop, "05:00", 3) == 0
    assert asked(loop, "06:00", 3) == 1
    assert listed(loop, Flag.READINGS_OVERDUE) == [("Q1", "settled"), ("Q1", None)]


def test_what_comes_meanwhile_explains_nothing(loop: Loop) -> None:
    """A guest without a check-in whose temperature is taken is asked about once, not at every look."""
    r = loop.report
    loop.take(
        r(Kind.BOARDED, "08:40", trip="T2", worker_id="Q1"),
        r(Kind.ALIGHTED, "10:40", trip="T2", worker_id="Q1", place_id="H1"),
    )
    asked(loop, "17:00")
    loop.take(r(Kind.MEASURED, "18:00", worker_id="Q1", says={"where": "hotel"}))
    asked(loop, "19:00")
    asked(loop, "02:00", 1)
    assert listed(loop, Flag.CHECK_IN_UNREPORTED) == [("Q1", None)]


def test_a_worker_whose_only_report_was_voided_does_not_stop_the_look(loop: Loop) -> None:
    [boarded] = loop.take(loop.report(Kind.BOARDED, "08:40", trip="T2", worker_id="Q1"))
    loop.take(loop.report(Kind.VOIDED, "08:45", says={"event": boarded.seq}, details={"note": "mistake"}))
    assert asked(loop, "20:00") == 2


def test_who_is_not_at_work_is_asked_about_together_and_each_is_settled(loop: Loop) -> None:
    r, code = loop.report, Flag.NOT_AT_WORK

    def missed() -> list[tuple[str, list[str], str | None]]:
        with loop.database.read() as c:
            rows = c.execute(select(item).where(item.c.code == code).order_by(item.c.opened_at)).all()
        return [(row.subject, row._mapping["values"]["worker_ids"], row.decision) for row in rows]

    def off(*workers: str) -> None:
        for worker in workers:
            drop = "E2" if worker == "J1" else "E1"
            loop.take(
                r(Kind.BOARDED, "08:42", trip="T1", worker_id=worker),
                r(Kind.ALIGHTED, "11:15", trip="T1", worker_id=worker, place_id=drop),
            )

    off("W1", "W2", "J1")
    asked(loop, "18:00", 1)
    one, other = "E1 2020-03-03", "E2 2020-03-03"
    assert sorted(missed()) == [(one, ["W1", "W2"], None), (other, ["J1"], None)]
    arrived = r(Kind.ARRIVED, "12:00", worker_id="W1", place_id="E1")
    [seen] = loop.take(arrived)
    asked(loop, "19:00", 1)
    assert sorted(missed())[0] == (one, ["W2"], None)
    mistaken = r(Kind.VOIDED, "12:05", says={"event": seen.seq}, worker_id="W1", details={"note": "mistake"})
    loop.take(mistaken)
    asked(loop, "20:00", 1)
    assert sorted(missed())[0] == (one, ["W1", "W2"], None)
    with loop.database.write() as c:
        item_id = c.execute(select(item.c.id).where(item.c.subject == one)).scalar_one()
        actions = [row.action for row in history(c, ITEMS, item_id)]
        assert actions == ["dropped", "added"]
        list_workers(c, By("tests", loop.now), item_id, ["W2"])
        settled = {"settled_at": loop.now, "decision": "dealt with", "settled_by": "tests"}
        c.execute(item.update().where(item.c.id == item_id).values(**settled))
        list_workers(c, By("tests", loop.now), item_id, ["W1", "W2"])  # comes too late
    assert asked(loop, "21:00", 1) == 1 and asked(loop, "22:00", 1) == 0
    assert [told for told in missed() if told[0] == one] == [(one, ["W2"], "dealt with"), (one, ["W1"], None)]
    loop.take(arrived._replace(nonce="arrived-at-last"))
    asked(loop, "23:00", 1)
    assert [told for told in missed() if told[0] == one][1] == (one, ["W1"], EXPLAINED)
