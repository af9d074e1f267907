"""Plans in the database: stored as their files, with what they were made from; frozen once published."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from data.accounts import By, new_id
from data.archives import unpacked
from data.paging import newest
from data.plan_folder import PLAN_JSON
from data.registry import Stale
from data.schema import plan as plan_table
from data.schema import scenario as scenario_table
from workforce.plan import Seat, Trip


class Frozen(Exception):
    """The plan is published."""


@dataclass(frozen=True, slots=True)
class Keeps:
    """Trips of an older plan that a plan has to have."""

    plan_id: str
    trip_ids: frozenset[str]

    def as_json(self) -> dict[str, Any]:
        return {"plan_id": self.plan_id, "trip_ids": sorted(self.trip_ids)}


def keeps_of(told: Mapping[str, Any] | None) -> Keeps | None:
    return None if told is None else Keeps(told["plan_id"], frozenset(told["trip_ids"]))


def store(
    c: Connection,
    by: By,
    scenario_id: str,
    content: bytes,
    violations: Sequence[Mapping[str, Any]],
    job_id: str | None = None,
    keeps: Keeps | None = None,
) -> str:
    """Keep a plan of its zipped files, with what the checker says of it; returns its id."""
    plan_id = new_id("p_")
    c.execute(
        insert(plan_table).values(
            id=plan_id,
            scenario_id=scenario_id,
            job_id=job_id,
            keeps=None if keeps is None else keeps.as_json(),
            made_at=by.at,
            account_id=by.account_id,
            version=1,
            **_content(content, violations),
        )
    )
    return plan_id


# A plan's row without its files.
_LISTED = [column for column in plan_table.c if column is not plan_table.c.content]


def newest_plans(c: Connection, scenario_id: str | None, after: str | None, limit: int) -> list[Row[Any]]:
    """Plans without their files from the newest on; ``after``: only those behind this one."""
    query = select(*_LISTED)
    if scenario_id is not None:
        query = query.where(plan_table.c.scenario_id == scenario_id)
    return newest(c, query, plan_table.c.made_at, plan_table.c.id, after, limit)


def find_plan(c: Connection, plan_id: str) -> Row[Any] | None:
    return c.execute(select(plan_table).where(plan_table.c.id == plan_id)).one_or_none()


def replace_content(
    c: Connection,
    by: By,
    plan_id: str,
    version: int,
    content: bytes,
    violations: Sequence[Mapping[str, Any]],
) -> str:
    """Put an edited plan in the place of a stored one, which stays as a plan of its own.

    Returns:
        The id under which the plan as it was before is found from now on.

    Raises:
        Stale: it was edited since.
        Frozen: it is published.
    """
    row = c.execute(select(plan_table).where(plan_table.c.id == plan_id)).one()
    if row.published_at is not None:
        raise Frozen
    if row.version != version:
        raise Stale(row.version)
    before = new_id("p_")
    # The job's result is the plan that goes by its id; what was before is known by the edited one.
    c.execute(insert(plan_table).values({**row._mapping, "id": before, "job_id": None}))
    c.execute(
        update(plan_table)
        .where(plan_table.c.id == plan_id)
        .values(
            version=version + 1,
            edited_from=before,
            account_id=by.account_id,
            **_content(content, violations),
        )
    )
    return before


def published_plans(c: Connection) -> list[Row[Any]]:
    """Published plans, first to last, with the first day of their horizons; the last is in force."""
    return _in_order(c.execute(_published(plan_table, scenario_table.c.first_day)))


def published_ids(c: Connection) -> list[str]:
    """The ids of the published plans, first to last."""
    return [plan_id for plan_id, _ in publications(c)]


def publications(c: Connection) -> list[tuple[str, datetime]]:
    """The ids of the published plans, first to last, with the moments of their publication."""
    rows = c.execute(_published(plan_table.c.id, plan_table.c.published_at))
    return [(str(row.id), row.published_at) for row in _in_order(rows)]


def plan_in_force(c: Connection) -> str | None:
    """The id of the plan that was published last."""
    ids = published_ids(c)
    return ids[-1] if ids else None


def _published(*columns: Any) -> Select[Any]:
    query = select(*columns, scenario_table.c.based_on)
    query = query.join(scenario_table, scenario_table.c.id == plan_table.c.scenario_id)
    return query.where(plan_table.c.published_at.is_not(None))


def _in_order(rows: Iterable[Row[Any]]) -> list[Row[Any]]:
    """Each after the one that its scenario was based on: clocks may be set back, this cannot."""
    follower = {row.based_on[0] if row.based_on else None: row for row in rows}
    chain: list[Row[Any]] = []
    last = None
    while last in follower:
        chain.append(follower[last])
        last = chain[-1].id
    return chain


def trips_of(row: Row[Any]) -> list[tuple[Trip, tuple[Seat, ...]]]:
    """The trips of a stored plan with their riders, by id."""
    plan = unpacked(row.content)
    return [(t, plan.riders.get(t.trip_id, ())) for t in sorted(plan.trips, key=lambda t: t.trip_id)]


def _content(content: bytes, violations: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        summary = json.loads(archive.read(PLAN_JSON))
    return {"summary": summary, "violations": list(violations), "content": content}
