"""The problem list 问题清单: what was flagged becomes an item that stays open until somebody settles it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, insert, select, update

from data.accounts import By, new_id
from data.loop_states import Folded
from data.registry import note
from data.schema import item
from data.trip_log import parts
from workforce.closed_loop import FLAGS_OF_TRIPS, FLAGS_OF_WORKERS, Raised
from workforce.problems import Category, category_of
from workforce.rosters import Roster

EXPLAINED = "explained"  # the decision of an item that a later report settled


def open_problems(c: Connection, by: By, folded: Folded, roster: Roster) -> list[str]:
    """Bring the list up to date with what was folded; returns the ids of the items that are new.

    Each flag becomes an item, unless the same is open already.  Where reports that came late show that
    there was no problem, its item is settled as explained; where they show one, it is opened.
    """
    opened = [open_one(c, by, seq, one, roster) for seq, flags in folded.new.items() for one in flags]
    known = _known(c, [*folded.of_workers, *folded.of_trips])
    for again, codes in ((folded.of_workers, FLAGS_OF_WORKERS), (folded.of_trips, FLAGS_OF_TRIPS)):
        for seq, flags in again.items():
            there = {code: item_id for code, item_id in known.get(seq, {}).items() if code in codes}
            opened += [open_one(c, by, seq, one, roster) for one in flags if one.flag not in there]
            now = {one.flag for one in flags}
            for code, item_id in there.items():
                if code not in now:
                    _explain(c, by, item_id)
    return [item_id for item_id in opened if item_id is not None]


def ask(
    c: Connection,
    by: By,
    category: Category,
    code: str,
    subject: str,
    enterprise_id: str | None,
    values: Mapping[str, Any],
    event_seq: int | None = None,
) -> str | None:
    """Put something on the list; returns the item's id, None: the same is open already."""
    same = item.c.subject == subject, item.c.code == code, item.c.settled_at.is_(None)
    if c.execute(select(item.c.id).where(*same)).first() is not None:
        return None
    item_id = new_id("i_")
    c.execute(
        insert(item).values(
            id=item_id,
            category=category,
            code=code,
            values=dict(values),
            enterprise_id=enterprise_id,
            subject=subject,
            event_seq=event_seq,
            opened_at=by.at,
            version=1,
        )
    )
    return item_id


def _known(c: Connection, seqs: list[int]) -> dict[int, dict[str, str]]:
    """By event, the items that it led to: by code, the id."""
    found: dict[int, dict[str, str]] = {}
    for part in parts(seqs):
        query = select(item.c.event_seq, item.c.code, item.c.id).where(item.c.event_seq.in_(part))
        for row in c.execute(query):
            found.setdefault(row.event_seq, {})[row.code] = row.id
    return found


def open_one(c: Connection, by: By, seq: int | None, one: Raised, roster: Roster) -> str | None:
    """Put a flag on the list; returns the item's id, None: the same is open already.

    Args:
        seq: the event that raised it; None: none did.
    """
    subject = one.worker_id or (f"{one.plan_id}/{one.trip_id}" if one.trip_id else one.place_id) or ""
    expected = roster.expected(one.worker_id)
    firm = expected.enterprise_id if expected is not None else None
    about = {"worker_id": one.worker_id, "plan_id": one.plan_id, "trip_id": one.trip_id}
    told = {**about, "place_id": one.place_id, "event": seq, **one.values}
    values = {name: value for name, value in told.items() if value is not None}
    return ask(c, by, category_of(one.flag), one.flag, subject, firm, values, seq)


def _explain(c: Connection, by: By, item_id: str) -> None:
    open_one = item.c.id == item_id, item.c.settled_at.is_(None)
    values = {"settled_at": by.at, "settled_by": by.account_id, "decision": EXPLAINED}
    if c.execute(update(item).where(*open_one).values(**values, version=item.c.version + 1)).rowcount:
        note(c, by, "items", item_id, "settled", None, {"decision": EXPLAINED})
