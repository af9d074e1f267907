"""Published plans as they stand today, with their scenarios.

Each published plan follows the one before: what leaves on or after the first day of the follower's
horizon was planned anew, and is the follower's to tell.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
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

_REMEMBERED = 8


class PublishedPlans:
    """Reads them; what was read is remembered, for a published plan never changes."""

    def __init__(self, database: Database) -> None:
        self._database, self._lock = database, threading.Lock()
        self._read: OrderedDict[str, Published] = OrderedDict()

    def standing(self) -> list[Published]:
        """All of them, first to last, each without the trips that its follower planned anew."""
        with self._database.read() as c:
            ids = published_ids(c)
        return self.standing_of(ids)

    def standing_of(self, ids: Sequence[str]) -> list[Published]:
        """The same of these plans, given from first to last."""
        found = self._all(ids)
        followed_on = [*(one.scenario.policy.first_day for one in found), date.max][1:]
        return [replace(one, plan=before(one.plan, day)) for one, day in zip(found, followed_on, strict=True)]

    def _all(self, ids: Sequence[str]) -> list[Published]:
        with self._lock:
            return [self._one(plan_id) for plan_id in ids]

    def _one(self, plan_id: str) -> Published:
        if plan_id in self._read:
            self._read.move_to_end(plan_id)
            return self._read[plan_id]
        with self._database.read() as c:
            row = c.execute(
                select(plan_table.c.content, scenario_table.c.content.label("scenario"))
                .join(scenario_table, scenario_table.c.id == plan_table.c.scenario_id)
                .where(plan_table.c.id == plan_id)
            ).one()
        one = Published(plan_id, frozen(row.scenario), unpacked(row.content))
        self._read[plan_id] = one
        while len(self._read) > _REMEMBERED:
            self._read.popitem(last=False)
        return one


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
