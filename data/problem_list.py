"""The problem list 问题清单: all on it has a level, an owner, a due time and a history till it is settled.

Without an account of its own an item is the business of its enterprise's liaison, or else the bureau's.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from data.accounts import By, new_id
from data.bulk import found, insert_all
from data.registry import Stale, find, note
from data.schema import account, field_link, item
from workforce.loop_rules import LoopRules
from workforce.problems import Category, Level, hours_for
from workforce.roles import Role

ITEMS = "items"  # what their changes are kept under
EXPLAINED = "explained"  # the decision of an item that something later settled


class Settled(Exception):
    """The item is settled already."""


class UnfitOwner(Exception):
    """There is no such account, or it may not see the item."""


@dataclass(frozen=True, slots=True)
class New:
    """Something to be put on the list."""

    category: Category
    code: str
    subject: str
    values: Mapping[str, Any] = field(default_factory=dict)
    enterprise_id: str | None = None
    event_seq: int | None = None


def ask(
    c: Connection,
    by: By,
    category: Category,
    code: str,
    subject: str,
    enterprise_id: str | None,
    values: Mapping[str, Any],
) -> str | None:
    """Put something on the list; returns the item's id, None: the same is open already."""
    return next(iter(ask_all(c, by, [New(category, code, subject, values, enterprise_id)])), None)


def ask_all(c: Connection, by: By, new: Sequence[New]) -> list[str]:
    """Put on the list what is not open on it already; returns the ids of the items."""
    query = select(item.c.subject, item.c.code).where(item.c.settled_at.is_(None))
    there = {(row.subject, row.code) for row in found(c, query, item.c.subject, (one.subject for one in new))}
    missing = {(one.subject, str(one.code)): one for one in reversed(new)}  # of the same the first
    return add(c, by, [one for key, one in reversed(missing.items()) if key not in there])


def add(c: Connection, by: By, new: Sequence[New]) -> list[str]:
    """Put on the list what is not on it yet; returns the ids of the items."""
    if not new:
        return []
    usual = _due_hours(c)
    rows = [
        {
            "id": new_id("i_"),
            "category": str(one.category),
            "code": str(one.code),
            "values": dict(one.values),
            "enterprise_id": one.enterprise_id,
            "subject": one.subject,
            "event_seq": one.event_seq,
            "opened_at": by.at,
            "level": str(Level.COUNTY),
            "due_at": by.at + timedelta(hours=hours_for(one.code, usual)),
            "version": 1,
        }
        for one in new
    ]
    insert_all(c, item, rows)
    return [str(row["id"]) for row in rows]


def explain(c: Connection, by: By, item_id: str, event_seq: int | None = None) -> None:
    """Settle an item of which something later shows that there is nothing left to do.

    Args:
        event_seq: the event that shows it, for the item's history; None: no single one does.
    """
    open_one = item.c.id == item_id, item.c.settled_at.is_(None)
    values = {"settled_at": by.at, "settled_by": by.account_id, "decision": EXPLAINED}
    if c.execute(update(item).where(*open_one).values(**values, version=item.c.version + 1)).rowcount:
        told = {"decision": EXPLAINED, **({} if event_seq is None else {"event": event_seq})}
        note(c, by, ITEMS, item_id, "settled", None, told)


def retell(c: Connection, by: By, row: Row[Any], said: Mapping[str, Any]) -> None:
    """Have an open item say something else; its history tells what it said before."""
    values = row._mapping["values"]
    changed = {"values": {**values, **said}, "version": row.version + 1}
    c.execute(update(item).where(item.c.id == row.id).values(changed))
    note(c, by, ITEMS, row.id, "updated", {name: values.get(name) for name in said}, said)


def list_workers(c: Connection, by: By, item_id: str, worker_ids: Sequence[str]) -> None:
    """Have an open item list these workers; its history tells who was added and who came off."""
    row = c.execute(select(item).where(item.c.id == item_id, item.c.settled_at.is_(None))).one_or_none()
    if row is None:  # settled meanwhile
        return
    values = dict(row._mapping["values"])
    before, values["worker_ids"] = values["worker_ids"], list(worker_ids)
    c.execute(update(item).where(item.c.id == item_id).values(values=values, version=row.version + 1))
    for action, these in (
        ("added", set(worker_ids) - set(before)),
        ("dropped", set(before) - set(worker_ids)),
    ):
        if these:
            note(c, by, ITEMS, item_id, action, None, {"worker_ids": sorted(these)})


def remark(c: Connection, by: By, item_id: str, text: str) -> None:
    """Add a remark to an item's history."""
    note(c, by, ITEMS, item_id, "noted", None, {"note": text})


def assign(c: Connection, by: By, item_id: str, account_id: str | None, version: int) -> None:
    """Give an item to an account; None: to whom it falls by itself.

    Raises:
        Stale, Settled, UnfitOwner: see there.
    """
    row = _open_row(c, item_id, version)
    if account_id is not None:
        owner = c.execute(select(account).where(account.c.id == account_id)).one_or_none()
        if owner is None or owner.disabled_at is not None or not _sees(owner, row):
            raise UnfitOwner
    _change(c, by, row, "assigned", "owner", account_id)


def owners_for(c: Connection, row: Row[Any]) -> list[Row[Any]]:
    """The accounts that an item may be given to, by role and name; phones and personal links are none."""
    named = c.execute(
        select(account)
        .where(
            account.c.disabled_at.is_(None), account.c.role.in_([Role.PLANNER, Role.ENTERPRISE, Role.HEALTH])
        )
        .where(account.c.id.not_in(select(field_link.c.account_id)))
        .order_by(account.c.role, account.c.name, account.c.id)
    )
    return [one for one in named if _sees(one, row)]


def set_level(c: Connection, by: By, item_id: str, level: Level, version: int) -> None:
    """Raise or lower an item.

    Raises:
        Stale, Settled: see there.
    """
    row = _open_row(c, item_id, version)
    if row.level != level:
        _change(c, by, row, "raised" if level is Level.PREFECTURE else "lowered", "level", str(level))


def raise_overdue(c: Connection, by: By) -> int:
    """Raise by a level what is overdue, each item once; returns how many."""
    late = item.c.settled_at.is_(None), item.c.due_at < by.at, item.c.raised_at.is_(None)
    rows = c.execute(select(item).where(*late, item.c.level == Level.COUNTY).order_by(item.c.due_at)).all()
    for row in rows:
        c.execute(update(item).where(item.c.id == row.id).values(raised_at=by.at))
        _change(c, by, row, "overdue", "level", str(Level.PREFECTURE))
    return len(rows)


def _due_hours(c: Connection) -> int:
    """Within which a problem must be settled, by the bureau's policy."""
    policy = find(c, "policy", "policy")
    told = tomllib.loads(str(policy.body["toml"])) if policy is not None else {}
    return int(told.get("problems", {}).get("due_hours", LoopRules().due_hours))


def _open_row(c: Connection, item_id: str, version: int) -> Row[Any]:
    row = c.execute(select(item).where(item.c.id == item_id)).one()
    if row.settled_at is not None:
        raise Settled
    if row.version != version:
        raise Stale(row.version)
    return row


def _sees(owner: Row[Any], row: Row[Any]) -> bool:
    of_firm = owner.role == Role.ENTERPRISE and owner.subject == row.enterprise_id is not None
    of_health = owner.role == Role.HEALTH and row.category == Category.HEALTH
    return bool(owner.role == Role.PLANNER or of_firm or of_health)


def _change(c: Connection, by: By, row: Row[Any], action: str, name: str, value: str | None) -> None:
    c.execute(update(item).where(item.c.id == row.id).values({name: value, "version": row.version + 1}))
    note(c, by, ITEMS, row.id, action, {name: getattr(row, name)}, {name: value})
