"""Many rows at once are what SQLAlchemy writes and reads one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Connection, insert, select

from data.bulk import found, insert_all
from data.database import Database
from data.schema import change, person


@pytest.fixture
def c(database_url: str) -> Iterator[Connection]:
    database = Database(database_url)
    database.migrate()
    with database.write() as connection:
        yield connection
    database.close()


def test_rows_are_as_they_are_written_one_by_one(c: Connection) -> None:
    moments = [
        datetime(2020, 2, 20, 8, tzinfo=UTC),
        datetime(2020, 2, 20, 8, tzinfo=timezone(timedelta(hours=8))),
    ]
    rows = [
        {
            "at": at,
            "account_id": "a",
            "kind": "k",
            "key": "100%",
            "action": "x",
            "before": before,
            "after": after,
        }
        for at in moments
        for before in (None, {"名": "王'\"\\"}, {})
        for after in (None, {"n": 1.5, "deep": [None, True, {"a": []}]})
    ]
    insert_all(c, change, rows)
    for row in rows:
        c.execute(insert(change).values(row))
    told = [tuple(row)[1:] for row in c.execute(select(change).order_by(change.c.seq))]
    assert told[: len(rows)] == told[len(rows) :] and len(told) == 2 * len(rows)
    insert_all(c, change, [])


def test_rows_are_found_by_any_number_of_values(c: Connection) -> None:
    keys = [f"W{n}" for n in range(1300)]
    insert_all(c, person, [{"worker_id": k, "identity_hash": k.encode(), "sealed": None} for k in keys])
    asked = [*(k.encode() for k in keys[::2]), None, b"W0", b"none"]
    told = [row.worker_id for row in found(c, select(person), person.c.identity_hash, asked)]
    assert sorted(told) == sorted(keys[::2])
    assert list(found(c, select(person), person.c.worker_id, [])) == []
