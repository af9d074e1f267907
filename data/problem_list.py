"""The problem list 问题清单: what was flagged becomes an item that stays open until somebody settles it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, insert, select

from data.accounts import By, new_id
from data.schema import item
from workforce.closed_loop import Raised
from workforce.problems import category_of
from workforce.rosters import Roster


def open_problems(c: Connection, by: By, raised: Mapping[int, Sequence[Raised]], roster: Roster) -> list[str]:
    """Open an item for each flag, unless the same is open already; returns the ids of the new ones.

    Args:
        raised: by the event that raised them; 0: none did.
    """
    opened = []
    for seq, flags in raised.items():
        for one in flags:
            subject = one.worker_id or f"{one.plan_id}/{one.trip_id}"
            same = item.c.subject == subject, item.c.code == one.flag, item.c.settled_at.is_(None)
            if c.execute(select(item.c.id).where(*same)).first() is not None:
                continue
            expected = roster.expected(one.worker_id)
            told = {"worker_id": one.worker_id, "plan_id": one.plan_id, "trip_id": one.trip_id}
            values = {**told, "place_id": one.place_id, "event": seq or None, **one.values}
            item_id = new_id("i_")
            c.execute(
                insert(item).values(
                    id=item_id,
                    category=category_of(one.flag),
                    code=one.flag,
                    values={name: value for name, value in values.items() if value is not None},
                    enterprise_id=expected.enterprise_id if expected is not None else None,
                    subject=subject,
                    opened_at=by.at,
                    version=1,
                )
            )
            opened.append(item_id)
    return opened
