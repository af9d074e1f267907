"""What somebody must decide: listed, settled, and kept with its decision."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    case,
    exists,
    func,
    not_,
    or_,
    select,
    update,
)

from data.accounts import By, Caller
from data.people import AGREED, CLAIMED_TWICE, WINDOWS_DIFFER, WITHDRAWN, ClaimState, stand
from data.problem_list import ITEMS, Settled
from data.registry import Stale, history, note
from data.schema import claim, entry, item
from data.vault import Vault
from workforce.problems import Category
from workforce.roles import Role

OF_CLAIMS = (CLAIMED_TWICE, WINDOWS_DIFFER)


class NoChoice(Exception):
    """The decision is none of ``choices``."""

    def __init__(self, choices: Sequence[str]) -> None:
        self.choices = choices


def list_items(
    c: Connection,
    enterprise_id: str | None = None,
    is_open: bool | None = None,
    after: str = "",
    limit: int | None = None,
    category: str | None = None,
    level: str | None = None,
    late_at: datetime | None = None,
    owner: Caller | None = None,
) -> list[Row[Any]]:
    """Items, newest first.

    Args:
        enterprise_id: only those that concern this enterprise.
        after: only those beyond the one with this id.
        category, level: only those of it.
        late_at: only those that are open and overdue at this moment.
        owner: only those that are this account's to look after.
    """
    query = _concerning(enterprise_id).order_by(item.c.opened_at.desc(), item.c.id.desc()).limit(limit)
    for column, value in ((item.c.category, category), (item.c.level, level)):
        if value is not None:
            query = query.where(column == value)
    if late_at is not None:
        query = query.where(item.c.settled_at.is_(None), item.c.due_at < late_at)
    if owner is not None:
        query = query.where(_owned_by(owner))
    if is_open is not None:
        query = query.where(item.c.settled_at.is_(None) if is_open else item.c.settled_at.is_not(None))
    if after:
        last = c.execute(select(item.c.opened_at, item.c.id).where(item.c.id == after)).one_or_none()
        if last is None:
            return []
        same = and_(item.c.opened_at == last.opened_at, item.c.id < last.id)
        query = query.where(or_(item.c.opened_at < last.opened_at, same))
    return list(c.execute(query))


def find_item(
    c: Connection, item_id: str, enterprise_id: str | None = None, category: str | None = None
) -> Row[Any] | None:
    query = _concerning(enterprise_id).where(item.c.id == item_id)
    if category is not None:
        query = query.where(item.c.category == category)
    return c.execute(query).one_or_none()


def counts(
    c: Connection, at: datetime, enterprise_id: str | None = None, category: str | None = None
) -> dict[str, tuple[int, int, int]]:
    """By category how many are on the list, how many of them settled, and how many overdue."""
    found = _concerning(enterprise_id).subquery()
    settled = case((found.c.settled_at.is_not(None), 1), else_=0)
    late = case((and_(found.c.settled_at.is_(None), found.c.due_at < at), 1), else_=0)
    query = select(found.c.category, func.count(), func.sum(settled), func.sum(late))
    if category is not None:
        query = query.where(found.c.category == category)
    rows = c.execute(query.group_by(found.c.category).order_by(found.c.category))
    return {name: (int(everything), int(done), int(overdue)) for name, everything, done, overdue in rows}


def history_for(c: Connection, row: Row[Any], enterprise_id: str | None, account_id: str) -> list[Row[Any]]:
    """What was done about an item, first to last; of claims an enterprise is told what it did itself."""
    changes = history(c, ITEMS, row.id)
    if enterprise_id is None or row.code not in OF_CLAIMS:
        return changes
    return [one for one in changes if one.account_id == account_id]


def values_for(row: Row[Any], enterprise_id: str | None) -> dict[str, Any]:
    """What an item says to an enterprise: nothing of others; None: the bureau, which sees all."""
    values = dict(row._mapping["values"])
    if enterprise_id is not None and row.code in OF_CLAIMS:
        return {"worker_id": values["worker_id"]}
    return values


def decision_for(row: Row[Any], enterprise_id: str | None) -> str | None:
    """As ``values_for``: an enterprise learns whether its own claim stands."""
    if row.decision is None or enterprise_id is None or row.code not in OF_CLAIMS:
        return None if row.decision is None else str(row.decision)
    if row.decision in (AGREED, WITHDRAWN):
        return str(row.decision)
    return "yours" if row.decision == enterprise_id else "not_yours"


def settle(c: Connection, vault: Vault, by: By, item_id: str, decision: str, version: int) -> None:
    """Decide an item; of a worker who is claimed twice the decision names the claimant who stands.

    Raises:
        Stale: it was changed since it was read.
        Settled: it needs no decision any more.
        NoChoice: nobody of that name claims the worker.
    """
    row = c.execute(select(item).where(item.c.id == item_id)).one()
    if row.settled_at is not None:
        raise Settled
    if row.version != version:
        raise Stale(row.version)
    if row.code in OF_CLAIMS:
        if not stand(c, vault, by, row.subject, decision):
            live = (ClaimState.STANDING, ClaimState.DISPUTED)
            claims = select(claim.c.claimant).where(claim.c.worker_id == row.subject, claim.c.state.in_(live))
            raise NoChoice(sorted(c.execute(claims).scalars()))
        return
    c.execute(
        update(item)
        .where(item.c.id == item_id)
        .values(settled_at=by.at, settled_by=by.account_id, decision=decision, version=row.version + 1)
    )
    note(c, by, ITEMS, item_id, "settled", None, {"decision": decision})


def _owned_by(owner: Caller) -> ColumnElement[bool]:
    """Items given to an account, or to nobody and of that account's enterprise, field or bureau."""
    own = item.c.owner == owner.account_id
    if owner.role is Role.ENTERPRISE:
        return or_(own, and_(item.c.owner.is_(None), item.c.enterprise_id == owner.subject))
    of_health = item.c.category == Category.HEALTH
    mine = of_health if owner.role is Role.HEALTH else and_(item.c.enterprise_id.is_(None), not_(of_health))
    return or_(own, and_(item.c.owner.is_(None), mine))


def _concerning(enterprise_id: str | None) -> Select[Any]:
    query = select(item)
    if enterprise_id is None:
        return query
    claimed = exists().where(claim.c.worker_id == item.c.subject, claim.c.claimant == enterprise_id)
    told_by_bureau = exists().where(
        entry.c.kind == "workers", entry.c.key == item.c.subject, entry.c.enterprise_id == enterprise_id
    )
    of_claims = and_(item.c.code.in_(OF_CLAIMS), or_(claimed, told_by_bureau))
    return query.where(or_(item.c.enterprise_id == enterprise_id, of_claims))
