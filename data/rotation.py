"""What is sealed, and how it is sealed anew with another key.

A change of keys has three steps, and may be killed after any of them: a new key is added to the
ring, everything is sealed anew with it, the old keys are dropped.  It may be done while servers
run: they read the ring again when its file changes, and the old keys stay long enough for any
request that began with them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Connection, Row, Table, bindparam, select, update

from data.accounts import By, record
from data.database import Database
from data.schema import answered, event_detail, field_link, person, submission, trace, trip_code
from data.vault import read_vault, write_vault

BATCH = 500
OLD_KEYS_STAY = timedelta(minutes=10)  # longer than any request takes


@dataclass(frozen=True)
class Sealed:
    """A column of sealed content, beside a column ``key_id``.

    Attributes:
        about: what a row's content is bound to.
    """

    table: Table
    content: Column[Any]
    about: Callable[[Row[Any]], str]


SEALED: Sequence[Sealed] = (
    Sealed(person, person.c.sealed, lambda row: str(row.worker_id)),
    Sealed(submission, submission.c.rows, lambda row: str(row.id)),
    Sealed(answered, answered.c.body, lambda row: answer_about(row.account_id, row.key)),
    Sealed(event_detail, event_detail.c.sealed, lambda row: str(row.seq)),
    Sealed(trace, trace.c.sealed, lambda row: str(row.id)),
    Sealed(trip_code, trip_code.c.sealed, lambda row: f"{row.plan_id}/{row.trip_id}"),
    Sealed(field_link, field_link.c.sealed, lambda row: str(row.id)),
)


def answer_about(account_id: str, key: str) -> str:
    """What a kept answer is bound to."""
    return f"{account_id} {key}"


def rotate(
    database: Database,
    ring: Path,
    by: By,
    at_once: bool = False,
    wait: Callable[[], None] = lambda: None,
) -> datetime | None:
    """Take a change of keys as far as it goes; returns when the rest can be done, None: it is done.

    Args:
        at_once: no server runs, so that the old keys may go now.
        wait: lets requests end that read the ring before the new key was in it.

    Raises:
        OSError, ValueError: the ring cannot be read or written.
    """
    vault = read_vault(ring)
    if vault.since is None:
        vault = vault.with_new_key(by.at)
        with database.write() as c:
            record(c, by, "key_ring_extended", vault.newest)
        write_vault(ring, vault)
        wait()
    while True:
        with database.write() as c:
            if not seal_anew(c, ring, BATCH):
                break
    assert vault.since is not None
    if not at_once and by.at < vault.since + OLD_KEYS_STAY:
        return vault.since + OLD_KEYS_STAY
    with database.write() as c:
        while seal_anew(c, ring, BATCH):
            pass
        record(c, by, "old_keys_dropped", vault.newest)
    write_vault(ring, vault.without_old_keys())
    return None


def seal_anew(c: Connection, ring: Path, limit: int) -> int:
    """Seal some rows with the newest key that are sealed with an older one; returns how many."""
    vault = read_vault(ring)
    done = 0
    for one in SEALED:
        old = one.table.c.key_id != vault.newest
        rows = c.execute(select(one.table).where(old, one.content.is_not(None)).limit(limit - done)).all()
        keys = list(one.table.primary_key.columns)
        changes = []
        for row in rows:
            about = one.about(row)
            content = vault.unseal(getattr(row, one.content.name), row.key_id, about)
            it = {f"it_{column.name}": getattr(row, column.name) for column in keys}
            changes.append({**it, "content": vault.seal(content, about)})
        if changes:
            query = update(one.table).where(*(k == bindparam(f"it_{k.name}") for k in keys))
            c.execute(query.values({one.content.name: bindparam("content"), "key_id": vault.newest}), changes)
        done += len(changes)
        if done >= limit:
            break
    return done
