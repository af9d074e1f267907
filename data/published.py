"""Published plans as they stand today, with their scenarios.

Each published plan follows the one before: what leaves on or after the first day of the follower's
horizon was planned anew, and is the follower's to tell.  But a trip that the follower kept stays
told by the plan that told it first, so that what was reported of it goes on.
"""

from __future__ import annotations

import threading
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from itertools import pairwise, zip_longest

from sqlalchemy import select

from data.archives import unpacked
from data.database import Database
from data.plan_store import published_ids
from data.schema import plan as plan_table
from data.schema import scenario as scenario_table
from data.snapshots import frozen
from workforce.kept import changed_tables
from workforce.plan import Plan
from workforce.views import Published


class PublishedPlans:
    """Reads them; what was read is remembered, for a published plan never changes.

    What is remembered grows with the people who travel, not with the plans: a rider is told by one plan.
    """

    def __init__(self, database: Database) -> None:
        self._database, self._lock = database, threading.Lock()
        self._told: dict[tuple[str, str | None], Published] = {}  # by plan and follower
        self._last: tuple[tuple[str, ...], list[Published]] = (), []  # what was asked for last

    def standing(self) -> list[Published]:
        """All of them, first to last, each without what earlier ones tell and later ones planned anew.

        The scenario of one that is followed has only the riders of its workers, and no roads.
        """
        with self._database.read() as c:
            ids = published_ids(c)
        return self.standing_of(ids)

    def standing_of(self, ids: Sequence[str]) -> list[Published]:
        """The same of these plans, given from first to last; none in between may be left out."""
        asked = tuple(ids)
        with self._lock:  # whoever comes meanwhile waits for what is being read, and reads nothing
            if asked != self._last[0]:
                self._last = asked, _standing(self._chain(asked))
            return list(self._last[1])

    def _chain(self, ids: Sequence[str]) -> list[Published]:
        """Each plan with what its follower left to it, whatever became of that later."""
        chain: list[Published] = []
        for plan_id, follower in zip_longest(ids, ids[1:]):
            one = self._told.get((plan_id, follower)) or self._told.get((plan_id, None))
            one = one or _own(self._read(plan_id), chain)
            if chain:
                chain[-1] = self._followed(chain[-1], one)
            chain.append(one)
        # The last one of a past moment is followed by now: it is not remembered.
        if chain and not any(known == ids[-1] for known, _ in self._told):
            self._told[ids[-1], None] = chain[-1]
        return chain

    def _followed(self, one: Published, follower: Published) -> Published:
        link = one.plan_id, follower.plan_id
        if link not in self._told:
            self._told.pop((one.plan_id, None), None)
            self._told[link] = _left(one, follower)
        return self._told[link]

    def _read(self, plan_id: str) -> Published:
        with self._database.read() as c:
            row = c.execute(
                select(plan_table.c.content, scenario_table.c.content.label("scenario"))
                .join(scenario_table, scenario_table.c.id == plan_table.c.scenario_id)
                .where(plan_table.c.id == plan_id)
            ).one()
        return Published(plan_id, frozen(row.scenario), unpacked(row.content))


def _own(one: Published, earlier: Sequence[Published]) -> Published:
    """A published plan without the trips that it keeps, which earlier ones tell.

    A trip that was changed is another one, whatever its id: a plan may keep trips of a draft, too.

    Args:
        earlier: the published plans before it, first to last.
    """
    if not earlier:
        return one
    plan, last, of = one.plan, earlier[-1], {each.plan_id: each.plan for each in earlier}
    tellers = {trip_id: last.told_before.get(trip_id, last.plan_id) for trip_id in plan.summary.kept or ()}
    told = {
        trip_id: teller
        for trip_id, teller in tellers.items()
        if trip_id in of[teller].trip_by_id and not changed_tables(of[teller], plan, trip_id)
    }
    return replace(one, plan=only(plan, plan.trip_by_id.keys() - told), told_before=told)


def _left(one: Published, follower: Published) -> Published:
    """A published plan with what its follower left to it: trips that leave before, and those that it kept."""
    day, kept = follower.scenario.policy.first_day, follower.told_before
    stay = {t.trip_id for t in one.plan.trips if t.first_day < day or kept.get(t.trip_id) == one.plan_id}
    plan, known = only(one.plan, stay), one.scenario.workers
    riders = {seat.worker_id: known[seat.worker_id] for seat in plan.seats if seat.worker_id in known}
    return replace(one, plan=plan, scenario=replace(one.scenario, workers=riders, roads={}))


def _standing(chain: Sequence[Published]) -> list[Published]:
    """A chain of plans without the trips that one of them kept and a later one planned anew."""
    of = {one.plan_id: one for one in chain}
    gone: dict[str, set[str]] = defaultdict(set)
    for one, follower in pairwise(chain):
        for trip_id, teller in one.told_before.items():
            trip = of[teller].plan.trip_by_id[trip_id]
            is_open = trip.first_day >= follower.scenario.policy.first_day
            if is_open and follower.told_before.get(trip_id) != teller:
                gone[teller].add(trip_id)
    return [
        replace(one, plan=only(one.plan, one.plan.trip_by_id.keys() - gone[one.plan_id])) for one in chain
    ]


def only(plan: Plan, trip_ids: Collection[str]) -> Plan:
    """The plan with these of its trips, and with all that hangs on them."""
    if all(trip.trip_id in trip_ids for trip in plan.trips):
        return plan
    trips = tuple(trip for trip in plan.trips if trip.trip_id in trip_ids)
    seats = tuple(seat for seat in plan.seats if seat.trip_id in trip_ids)
    riders = {seat.worker_id for seat in seats}
    return replace(
        plan,
        trips=trips,
        seats=seats,
        stays=tuple(s for s in plan.stays if s.worker_id in riders),
        placements=tuple(p for p in plan.placements if p.worker_id in riders),
        shares=tuple(s for s in plan.shares if s.worker_id in riders),
    )
