"""The registry: rows of a scenario's tables as the bureau knows them today, with every change.

An entry's body holds its cells by column, as a CSV file would write them.  Nothing is ever
overwritten silently: each change says who, when, what before, so that any past day can be asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, delete, func, insert, select, update

from data.accounts import By
from data.bulk import found, insert_all
from data.schema import change, entry

Body = Mapping[str, Any]
_NAMED = {("vacancies", "created"): "posted", ("vacancies", "updated"): "changed"}  # else as the outcome


class Outcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"


class Stale(Exception):
    """The entry is no longer in the version that the change was made for; ``version`` is its own, 0: gone."""

    def __init__(self, version: int) -> None:
        self.version = version


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the registry.

    Attributes:
        enterprise_id: whose it is; None: the bureau's.
        version: counts the changes, from 1.
    """

    kind: str
    key: str
    body: Body
    enterprise_id: str | None = None
    state: str | None = None
    version: int = 1
    changed_at: datetime | None = None


def find(c: Connection, kind: str, key: str) -> Entry | None:
    row = c.execute(select(entry).where(entry.c.kind == kind, entry.c.key == key)).one_or_none()
    return None if row is None else _entry(row)


def find_all(c: Connection, kind: str, keys: Iterable[str]) -> Iterator[Entry]:
    """Those entries of these keys that there are, in no order."""
    yield from map(_entry, found(c, select(entry).where(entry.c.kind == kind), entry.c.key, keys))


def names_of_places(c: Connection, ids: Iterable[str | None]) -> dict[str, str]:
    """What enterprises, hotels, pickups and depots are called; of those that there are."""
    keys = sorted({one for one in ids if one})
    called = {"enterprises": "name", "hotels": "name", "pickups": "name", "fleets": "operator"}
    return {e.key: str(e.body[name]) for kind, name in called.items() for e in find_all(c, kind, keys)}


def entries(
    c: Connection, kind: str, enterprise_id: str | None = None, after: str = "", limit: int | None = None
) -> list[Entry]:
    """Entries in the order of their keys.

    Args:
        enterprise_id: only those of this enterprise.
        after: only keys beyond this one.
    """
    query = select(entry).where(entry.c.kind == kind, entry.c.key > after).order_by(entry.c.key).limit(limit)
    if enterprise_id is not None:
        query = query.where(entry.c.enterprise_id == enterprise_id)
    return [_entry(row) for row in c.execute(query)]


def put(c: Connection, by: By, new: Entry, action: str | None = None, version: int | None = None) -> Outcome:
    """Write one entry.

    Args:
        action: what the change is called; else ``created`` or ``updated``, of a vacancy ``posted``
            or ``changed``.
        version: the version that it is meant to replace, 0 for none; None: whichever there is.

    Raises:
        Stale: it has another version.
    """
    before = find(c, new.kind, new.key)
    _require(before, version)
    return put_all(c, by, [new], action)[0]


def put_all(c: Connection, by: By, new: Sequence[Entry], action: str | None = None) -> list[Outcome]:
    """Write many entries of different keys; those that say nothing new leave no trace."""
    kinds = {e.kind for e in new}
    known = {
        (e.kind, e.key): e
        for kind in kinds
        for e in find_all(c, kind, (n.key for n in new if n.kind == kind))
    }
    outcomes: list[Outcome] = []
    created: list[dict[str, Any]] = []
    updated: list[dict[str, Any]] = []
    changes: list[dict[str, Any]] = []
    for one in new:
        before = known.get((one.kind, one.key))
        if before is not None and _told(before) == _told(one):
            outcomes.append(Outcome.UNCHANGED)
            continue
        outcome = Outcome.CREATED if before is None else Outcome.UPDATED
        outcomes.append(outcome)
        values = {"enterprise_id": one.enterprise_id, "state": one.state, "body": dict(one.body)}
        if before is None:
            created.append({"kind": one.kind, "key": one.key, **values, "version": 1, "changed_at": by.at})
        else:
            updated.append(
                {
                    "the_kind": one.kind,
                    "the_key": one.key,
                    **values,
                    "version": before.version + 1,
                    "changed_at": by.at,
                }
            )
        name = action or _NAMED.get((one.kind, outcome.value), outcome)
        changes.append(_change(by, one.kind, one.key, name, before, one))
    insert_all(c, entry, created)
    if updated:
        it = and_(entry.c.kind == bindparam("the_kind"), entry.c.key == bindparam("the_key"))
        names = ("enterprise_id", "state", "body", "version", "changed_at")
        c.execute(update(entry).where(it).values({name: bindparam(name) for name in names}), updated)
    insert_all(c, change, changes)
    return outcomes


def remove(
    c: Connection, by: By, kind: str, key: str, action: str = "removed", version: int | None = None
) -> bool:
    """Take an entry out of today's registry; its history stays.  False: there was none.

    Raises:
        Stale: it has another version than the one given.
    """
    before = find(c, kind, key)
    _require(before, version)
    if before is None:
        return False
    c.execute(delete(entry).where(entry.c.kind == kind, entry.c.key == key))
    c.execute(insert(change), [_change(by, kind, key, action, before, None)])
    return True


def note(
    c: Connection,
    by: By,
    kind: str,
    key: str,
    action: str,
    before: Body | None = None,
    after: Body | None = None,
) -> None:
    """Keep a change of something that is no entry: who, when, what before."""
    told = {
        "before": None if before is None else dict(before),
        "after": None if after is None else dict(after),
    }
    values = {"kind": kind, "key": key, "action": action, "request_id": by.request_id}
    c.execute(insert(change).values(at=by.at, account_id=by.account_id, **values, **told))


def refers_to(c: Connection, enterprise_id: str) -> bool:
    """Whether a vacancy or a worker of the enterprise is in today's registry."""
    theirs = entry.c.kind.in_(("vacancies", "workers")), entry.c.enterprise_id == enterprise_id
    return c.execute(select(entry.c.key).where(*theirs).limit(1)).first() is not None


def end_of(day: date) -> datetime:
    """The last moment of a day (UTC)."""
    return datetime.combine(day + timedelta(days=1), time(), UTC) - timedelta(microseconds=1)


def as_of(c: Connection, kind: str, moment: datetime, after: str = "") -> Iterator[Entry]:
    """The entries of a kind as they stood at a moment, in the order of their keys.

    Args:
        after: only keys beyond this one.
    """
    last = (
        select(change.c.key, func.max(change.c.seq).label("seq"))
        .where(change.c.kind == kind, change.c.at <= moment, change.c.key > after)
        .group_by(change.c.key)
        .subquery()
    )
    rows = c.execute(select(change).join(last, change.c.seq == last.c.seq).order_by(change.c.key))
    for row in rows:
        if row.after is not None:
            yield _from_change(row)


def history(c: Connection, kind: str, key: str) -> list[Row[Any]]:
    """The changes of an entry, first to last."""
    query = select(change).where(change.c.kind == kind, change.c.key == key).order_by(change.c.seq)
    return list(c.execute(query))


def _require(before: Entry | None, version: int | None) -> None:
    has = 0 if before is None else before.version
    if version is not None and version != has:
        raise Stale(has)


def _told(e: Entry) -> dict[str, Any]:
    """What history keeps of an entry."""
    return {"body": dict(e.body), "enterprise_id": e.enterprise_id, "state": e.state}


def _change(
    by: By, kind: str, key: str, action: str, before: Entry | None, after: Entry | None
) -> dict[str, Any]:
    return {
        "at": by.at,
        "account_id": by.account_id,
        "kind": kind,
        "key": key,
        "action": str(action),
        "before": None if before is None else _told(before),
        "after": None if after is None else _told(after),
        "request_id": by.request_id,
    }


def _entry(row: Row[Any]) -> Entry:
    return Entry(row.kind, row.key, row.body, row.enterprise_id, row.state, row.version, row.changed_at)


def _from_change(row: Row[Any]) -> Entry:
    told = row.after
    return Entry(row.kind, row.key, told["body"], told["enterprise_id"], told["state"], changed_at=row.at)
