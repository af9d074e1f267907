"""What is settled where a later plan follows: its hotels, and the budgets that it has left."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Row, select

from data.accounts import By
from data.schema import settlement_entry
from data.settlements import Settled, settle
from tests.builders import make_hotel, make_plan, make_scenario
from tests.data.followers import follow, keeping
from tests.data.loop import Loop, coach, lodging
from workforce.triplog import Kind

SCENARIO, PLAN = make_scenario(), make_plan()
DAY, NEXT_DAY = "2020-03-02", "2020-03-03"  # all trips of the base plan run on the first


def settled(loop: Loop) -> tuple[Settled, list[Row[tuple[object, ...]]]]:
    with loop.database.write() as c:
        done = settle(c, By("tests", loop.now), loop.rosters)
        return done, list(c.execute(select(settlement_entry)).all())


def test_a_hotel_that_only_a_later_plan_knows_is_paid(loop: Loop) -> None:
    hotels = {**SCENARIO.hotels, "H2": make_hotel("H2")}
    follow(loop, replace(SCENARIO, hotels=hotels), keeping(PLAN, "T1", "T2"), DAY)
    here = {("Q3", Kind.CHECKED_IN): "H2"}
    loop.take(*(r._replace(place_id=here.get((r.worker_id, r.kind), r.place_id)) for r in lodging(loop)))
    paid = {row.worker_id: row.plan_id for row in settled(loop)[1] if row.payee == "H2"}
    assert paid == {"Q3": loop.plan_id}


def test_what_a_later_budget_does_without_is_no_overrun(loop: Loop) -> None:
    """Of the budget nothing is left but what both trips, which have left by then, were planned to cost."""
    firm = replace(SCENARIO.enterprises["E1"], budget_fen=0)
    scenario = replace(SCENARIO, enterprises={**SCENARIO.enterprises, "E1": firm})
    over = loop.report(Kind.REACHED, "11:40", trip="T1", place_id="E2", says={"stop": 5})
    loop.take(*coach(loop), over)
    follow(loop, scenario, keeping(PLAN, left_out=("T1", "T2")), NEXT_DAY)
    done, entries = settled(loop)
    assert entries and done.overruns == ()
    substitute = {"plate": "蒙C2", "cost_fen": 900_000}
    loop.take(loop.report(Kind.VEHICLE_CHANGED, "10:00", trip="T1", says=substitute))
    assert settled(loop)[0].overruns == ("E1",)
