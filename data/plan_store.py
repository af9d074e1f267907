"""Plans in the database: stored as their files, published once for a scenario, never changed after."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from data.accounts import By, new_id
from data.plan_files import read_plan, write_plan
from data.plan_json import summary_text
from data.registry import Stale
from data.schema import plan as plan_table
from data.snapshots import unzip, zipped
from workforce.plan import Plan
from workforce.verdict import Violation


class Published(Exception):
    """The plan, or another one of its scenario, is published."""


def packed(plan: Plan) -> bytes:
    """The plan's files, zipped."""
    with TemporaryDirectory() as parent:
        folder = Path(parent) / "plan"
        write_plan(plan, folder)
        return zipped({path.name: path.read_bytes() for path in folder.iterdir()}).content


def unpacked(content: bytes) -> Plan:
    """The plan of its zipped files.

    Raises:
        workforce.faults.Unusable: they are no plan.
    """
    with TemporaryDirectory() as folder:
        unzip(content, Path(folder))
        return read_plan(Path(folder))


def store(
    c: Connection,
    by: By,
    scenario_id: str,
    plan: Plan,
    content: bytes,
    violations: Iterable[Violation],
    job_id: str | None = None,
    edited_from: str | None = None,
) -> str:
    """Returns the plan's id."""
    plan_id = new_id("p_")
    c.execute(
        insert(plan_table).values(
            id=plan_id,
            scenario_id=scenario_id,
            job_id=job_id,
            edited_from=edited_from,
            made_at=by.at,
            account_id=by.account_id,
            version=1,
            summary=json.loads(summary_text(plan.summary)),
            violations=[_told(v) for v in violations],
            content=content,
        )
    )
    return plan_id


def find_plan(c: Connection, plan_id: str) -> Row[Any] | None:
    return c.execute(select(plan_table).where(plan_table.c.id == plan_id)).one_or_none()


def publish(c: Connection, by: By, plan_id: str, version: int) -> None:
    """Make a plan the one that is carried out; from then on it is frozen.

    Raises:
        Stale: it was edited since.
        Published: its scenario has a published plan.
    """
    row = c.execute(select(plan_table).where(plan_table.c.id == plan_id)).one()
    if row.published_at is not None:
        return
    if row.version != version:
        raise Stale(row.version)
    taken = c.execute(
        select(plan_table.c.id).where(plan_table.c.published_for == row.scenario_id)
    ).one_or_none()
    if taken is not None:
        raise Published
    c.execute(
        update(plan_table)
        .where(plan_table.c.id == plan_id)
        .values(published_at=by.at, published_by=by.account_id, published_for=row.scenario_id)
    )


def _told(v: Violation) -> dict[str, Any]:
    return {"rule": v.rule, "subject": v.subject, "zh": v.zh, "en": v.en, "kept": v.kept}
