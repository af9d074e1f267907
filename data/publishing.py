"""Publishing: a plan becomes the one that is carried out, and what follows from that.

Published plans are a chain: a plan may be published only if its scenario knows the plan in force,
so that no vehicle, room or seat is given away twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import Connection, select, update

from data.accounts import By
from data.archives import unpacked
from data.loop_states import departed
from data.people import ClaimState
from data.plan_store import plan_in_force
from data.problem_list import ITEMS, New, add, explain
from data.proposals import propose
from data.registry import Stale, note, put_all
from data.return_plans import find_plan as find_return_plan
from data.return_plans import review_of, state_of
from data.rosters import Rosters
from data.schema import claim, item
from data.schema import plan as plan_table
from data.schema import scenario as scenario_table
from data.trip_log import last_recorded
from workforce.kept import changed_tables
from workforce.plan import Plan
from workforce.problems import UNSERVED, Category, unserved_groups
from workforce.return_plans import State, Step, after
from workforce.rosters import Roster
from workforce.scenario import Scenario

_BATCH = 400  # workers a query asks for at once
_MOMENT = timedelta(milliseconds=1)


class Hindrance(StrEnum):
    """Why a plan cannot be published."""

    BREAKS_RULES = "plan_breaks_rules"
    ANOTHER = "another_published"
    OVERTAKEN = "scenario_overtaken"
    LEFT_OUT = "departed_not_kept"


class NotPublishable(Exception):
    def __init__(self, why: Hindrance, trips: Sequence[str] = ()) -> None:
        super().__init__(why)
        self.why, self.trips = why, trips


def publish(c: Connection, by: By, plan_id: str, version: int, scenario: Scenario, rosters: Rosters) -> None:
    """Make a plan the one that is carried out; from then on it is frozen.

    Seekers whom it places without an intention, and the enterprises, are asked whether they agree.

    Args:
        scenario: the plan's; reading it takes longer than a transaction should.

    Raises:
        Stale: it was edited since.
        NotPublishable: it breaks rules, its scenario has a published plan, or was made before the
            plan that is in force now, or trips that have left by now are not kept.
    """
    row = c.execute(select(plan_table).where(plan_table.c.id == plan_id)).one()
    if row.published_at is not None:
        return
    if row.version != version:
        raise Stale(row.version)
    if not all(v["kept"] for v in row.violations):
        raise NotPublishable(Hindrance.BREAKS_RULES)
    taken = c.execute(select(plan_table.c.id).where(plan_table.c.published_for == row.scenario_id)).first()
    if taken is not None:
        raise NotPublishable(Hindrance.ANOTHER)
    of = c.execute(select(scenario_table).where(scenario_table.c.id == row.scenario_id)).one()
    in_force = plan_in_force(c)
    if of.based_on != ([] if in_force is None else [in_force]):
        raise NotPublishable(Hindrance.OVERTAKEN)
    plan = unpacked(row.content)
    left_out = _left_out(c, rosters.now(c), scenario, plan)
    if left_out:
        raise NotPublishable(Hindrance.LEFT_OUT, left_out)
    # What was reported while this waited for its turn did not know the plan, nor may it seem to have.
    at = max([by.at, *(last + _MOMENT for last in [last_recorded(c)] if last is not None)])
    c.execute(
        update(plan_table)
        .where(plan_table.c.id == plan_id)
        .values(published_at=at, published_by=by.account_id, published_for=row.scenario_id)
    )
    _mark_return_plans(c, by, plan)
    known = [p for p in plan.placements if p.vacancy_id in scenario.vacancies]  # a kept trip may name others
    propose(c, by, plan_id, known, scenario)
    list_unserved(c, by, plan_id, plan, scenario)


def _left_out(c: Connection, roster: Roster, scenario: Scenario, plan: Plan) -> list[str]:
    """The trips that a plan does not keep although they have left: their riders are on the way, or there."""
    first_day, named, left = scenario.policy.first_day, frozenset(plan.summary.kept or ()), departed(c)
    found = []
    for one in roster.trips:
        trip_id, before = one.trip.trip_id, roster.plans[one.plan_id].plan
        if one.key in left and one.trip.first_day >= first_day:
            kept = trip_id in named and not changed_tables(before, plan, trip_id)
            found += [] if kept else [trip_id]
    return sorted(found)


def list_unserved(c: Connection, by: By, plan_id: str, plan: Plan, scenario: Scenario) -> None:
    """Put on the problem list whom the plan leaves behind; whom only the plan before left is served now."""
    groups = {
        f"{firm or '*'} {r}": (firm, told) for (firm, r), told in unserved_groups(plan, scenario).items()
    }
    waiting = item.c.code == UNSERVED, item.c.settled_at.is_(None)
    for row in c.execute(select(item.c.id, item.c.subject).where(*waiting)).all():
        if row.subject not in groups:
            explain(c, by, row.id)
            continue
        _, told = groups.pop(row.subject)
        values = {"plan_id": plan_id, **told}
        c.execute(update(item).where(item.c.id == row.id).values(values=values, version=item.c.version + 1))
        note(c, by, ITEMS, row.id, "updated", None, values)
    new = [
        New(Category.WORKERS, UNSERVED, subject, {"plan_id": plan_id, **told}, firm)
        for subject, (firm, told) in sorted(groups.items())
    ]
    add(c, by, new)


def _mark_return_plans(c: Connection, by: By, plan: Plan) -> None:
    """The return plans with a rider of the plan are planned now."""
    riders = sorted(plan.seat_of)
    keys: set[str] = set()
    for i in range(0, len(riders), _BATCH):
        query = select(claim.c.return_plan).distinct()
        part = claim.c.worker_id.in_(riders[i : i + _BATCH])
        keys |= set(c.execute(query.where(part, claim.c.state == ClaimState.STANDING)).scalars())
    review = review_of(c)
    found = [e for key in sorted(k for k in keys if k) if (e := find_return_plan(c, key)) is not None]
    waiting = [e for e in found if after(state_of(e), Step.PLAN, review) is State.PLANNED]
    put_all(c, by, [replace(e, state=State.PLANNED) for e in waiting], Step.PLAN)
