"""Many rows at once are what SQLAlchemy writes and reads one by one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import Connection, insert, select

from data.bulk import change_all, found, insert_all, put_all
from data.database import Database
from data.schema import change, journey, person, run


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


def test_rows_are_put_in_the_place_of_those_with_their_keys(c: Connection) -> None:
    rows = [
        {"plan_id": plan, "trip_id": trip, "state": "planned", "body": {"名": f"{plan}{trip}"}}
        for plan in ("p", "q")
        for trip in ("T1", "T2")
    ]
    put_all(c, run, rows[:3])
    rows[1] = {**rows[1], "state": "ended", "body": {}}
    put_all(c, run, rows[1:])
    told = [row._asdict() for row in c.execute(select(run).order_by(run.c.plan_id, run.c.trip_id))]
    assert told == rows
    put_all(c, run, [])


def test_columns_are_changed_by_key(c: Connection) -> None:
    row = {"state": "expected", "plan_id": None, "trip_id": "T1", "place_id": "100%", "body": {}}
    put_all(c, journey, [{"worker_id": worker, **row} for worker in ("W1", "W2", "W3")])
    change_all(c, journey, [{"worker_id": w, "body": {"seat": n}} for n, w in enumerate(("W3", "W1", "W9"))])
    told = {row.worker_id: row._asdict() for row in c.execute(select(journey))}
    assert told == {
        "W1": {"worker_id": "W1", **row, "body": {"seat": 1}},
        "W2": {"worker_id": "W2", **row},
        "W3": {"worker_id": "W3", **row, "body": {"seat": 0}},
    }
    change_all(c, run, [{"plan_id": "p", "trip_id": "T1", "body": {}}])
    change_all(c, run, [])
    assert c.execute(select(run)).all() == []
