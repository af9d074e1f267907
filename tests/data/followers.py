"""Plans that follow the base plan, published one after the other, for tests of trips that they keep."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, update

from data.accounts import By
from data.archives import packed, zipped_folder
from data.plan_store import published_ids, store
from data.reading import write_scenario
from data.schema import plan as plan_table
from data.snapshots import Snapshot, store_scenario
from tests.builders import day, with_policy, with_summary
from tests.data.loop import Loop
from workforce.plan import Plan
from workforce.scenario import Scenario


def keeping(plan: Plan, *kept: str, left_out: tuple[str, ...] = ()) -> Plan:
    """A plan as one that keeps these of its trips from the plan before it."""
    seats = tuple(seat for seat in plan.seats if seat.trip_id not in left_out)
    riders = {seat.worker_id for seat in seats}
    return replace(
        with_summary(plan, kept=kept),
        trips=tuple(trip for trip in plan.trips if trip.trip_id not in left_out),
        seats=seats,
        stays=tuple(stay for stay in plan.stays if stay.worker_id in riders),
        shares=tuple(share for share in plan.shares if share.worker_id in riders),
        placements=tuple(p for p in plan.placements if p.worker_id in riders),
    )


def follow(loop: Loop, scenario: Scenario, plan: Plan, first_day: str) -> str:
    """Publish a plan after those that are published, with a horizon of its own; returns its id."""
    loop.now += timedelta(minutes=1)
    with loop.database.write() as c:
        return followed(c, By("tests", loop.now), with_policy(scenario, first_day=day(first_day)), plan)


def followed(c: Connection, by: By, scenario: Scenario, plan: Plan) -> str:
    before = published_ids(c)[-1]
    with TemporaryDirectory() as folder:
        write_scenario(scenario, Path(folder) / "scenario")
        content = zipped_folder(Path(folder) / "scenario")
    shot = Snapshot(f"s_{before}", scenario, content, (before,))
    store_scenario(c, by, shot, "follower", by.at.date())
    plan_id = store(c, by, shot.scenario_id, packed(plan), [])
    values = {"published_at": by.at, "published_by": "tests", "published_for": shot.scenario_id}
    c.execute(update(plan_table).where(plan_table.c.id == plan_id).values(values))
    return plan_id
