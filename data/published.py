"""Published plans as they stand today, with their scenarios.

Each published plan follows the one before: what leaves on or after the first day of the follower's
horizon was planned anew, and is the follower's to tell.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from sqlalchemy import select

from data.archives import unpacked
from data.database import Database
from data.plan_store import published_ids
from data.schema import plan as plan_table
from data.schema import scenario as scenario_table
from data.snapshots import frozen
from workforce.plan import Plan
from workforce.views import Published


class PublishedPlans:
    """Reads them; what was read is remembered, for a published plan never changes.

    What is remembered grows with the people who travel, not with the plans: a rider is told by one plan.
    """

    def __init__(self, database: Database) -> None:
        self._database, self._lock = database, threading.Lock()
        self._told: dict[tuple[str, str | None], Published] = {}  # by plan and follower

    def standing(self) -> list[Published]:
        """All of them, first to last, each without the trips that its follower planned anew.

        The scenario of one that is followed has only the riders of its workers, and no roads.
        """
        with self._database.read() as c:
            ids = published_ids(c)
        return self.standing_of(ids)

    def standing_of(self, ids: Sequence[str]) -> list[Published]:
        """The same of these plans, given from first to last."""
        told: list[Published] = []
        follower: Published | None = None
        with self._lock:  # whoever comes meanwhile waits for what is being read, and reads nothing
            for plan_id in reversed(ids):
                follower = self._one(plan_id, follower)
                told.append(follower)
        return told[::-1]

    def _one(self, plan_id: str, follower: Published | None) -> Published:
        link = (plan_id, None if follower is None else follower.plan_id)
        if link not in self._told:
            one = self._told.pop((plan_id, None), None) or self._read(plan_id)
            if follower is not None:
                one = _left(one, follower.scenario.policy.first_day)
            elif any(known == plan_id for known, _ in self._told):
                return one  # a past moment, when it was the last, is asked for
            self._told[link] = one
        return self._told[link]

    def _read(self, plan_id: str) -> Published:
        with self._database.read() as c:
            row = c.execute(
                select(plan_table.c.content, scenario_table.c.content.label("scenario"))
                .join(scenario_table, scenario_table.c.id == plan_table.c.scenario_id)
                .where(plan_table.c.id == plan_id)
            ).one()
        return Published(plan_id, frozen(row.scenario), unpacked(row.content))


def _left(one: Published, day: date) -> Published:
    """What a published plan tells, followed by another whose horizon begins on a day."""
    plan, known = before(one.plan, day), one.scenario.workers
    riders = {seat.worker_id: known[seat.worker_id] for seat in plan.seats if seat.worker_id in known}
    return replace(one, plan=plan, scenario=replace(one.scenario, workers=riders, roads={}))


def before(plan: Plan, day: date) -> Plan:
    """The plan's trips that leave before a day, with all that hangs on them."""
    if all(trip.first_day < day for trip in plan.trips):
        return plan
    trips = tuple(trip for trip in plan.trips if trip.first_day < day)
    kept = {trip.trip_id for trip in trips}
    seats = tuple(seat for seat in plan.seats if seat.trip_id in kept)
    riders = {seat.worker_id for seat in seats}
    return replace(
        plan,
        trips=trips,
        seats=seats,
        stays=tuple(s for s in plan.stays if s.worker_id in riders),
        placements=tuple(p for p in plan.placements if p.worker_id in riders),
        shares=tuple(s for s in plan.shares if s.worker_id in riders),
    )
