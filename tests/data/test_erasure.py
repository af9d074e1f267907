"""Who is forgotten when, and what a row keeps of somebody forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from data.accounts import By
from data.database import Database, sqlite_url
from data.erasure import Names, apply_retention, due, erase, forget_old, scrub
from data.people import Claim, claim_all, personal_of
from data.registry import entries, history
from data.schema import audit, claim, person, submission
from data.vault import KeyRing
from tests.builders import make_plan, make_scenario
from workforce.views import Published

NOW = datetime(2020, 6, 1, 8, tzinfo=UTC)
BY = By("tests", NOW)


@pytest.fixture
def keys(tmp_path: Path) -> KeyRing:
    return KeyRing(tmp_path / "keys.json")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    it = Database(sqlite_url(tmp_path))
    it.migrate()
    yield it
    it.close()


def submit(database: Database, keys: KeyRing, ref: str, arrive_by: str, worker_id: str | None = None) -> str:
    personal = {"name": f"名{ref}", "phone": f"1380000{ref:0>4}"}
    with database.write() as c:
        body = {"available_from": "2020-03-01", "arrive_by": arrive_by}
        one = Claim(ref, body, personal, worker_id=worker_id)
        (answer,) = claim_all(c, keys.current(), BY, "E1", [one])
    return answer.worker_id


def test_people_are_due_some_days_after_they_wished_to_arrive(database: Database, keys: KeyRing) -> None:
    early = submit(database, keys, "1", "2020-03-08")
    submit(database, keys, "2", "2020-03-09")
    with database.read() as c:
        assert due(c, [], date(2020, 3, 18), 10) == []
        assert due(c, [], date(2020, 3, 19), 10) == [early]


def test_whoever_travels_later_or_is_still_in_a_room_is_kept_longer(
    database: Database, keys: KeyRing
) -> None:
    """T1 and T2 run on 2 March; Q1 leaves the hotel on 5 March."""
    scenario = make_scenario()
    published = [Published("p", scenario, make_plan(scenario))]
    for worker_id in ("W1", "Q1"):
        submit(database, keys, worker_id, "2020-03-01", worker_id)
    with database.read() as c:
        assert due(c, published, date(2020, 3, 12), 10) == []
        assert due(c, published, date(2020, 3, 13), 10) == ["W1"]
        assert due(c, published, date(2020, 3, 16), 10) == ["Q1", "W1"]


def test_retention_forgets_whoever_is_due_and_nobody_twice(database: Database, keys: KeyRing) -> None:
    gone, stays = submit(database, keys, "1", "2020-03-08"), submit(database, keys, "2", "2020-05-31")
    assert apply_retention(database, keys, [], BY, days=30) == 1
    assert apply_retention(database, keys, [], BY, days=30) == 0
    with database.read() as c:
        assert set(personal_of(c, keys.current(), [gone, stays])) == {stays}
        (told,) = c.execute(select(audit).where(audit.c.action == "person_erased")).all()
        assert (told.subject, told.reason) == (gone, "保存期满 30 天 kept for 30 days")
        assert [e.key for e in entries(c, "workers")] == [stays]
        assert [row.action for row in history(c, "workers", gone)] == ["created", "withdrawn"]


def test_nothing_is_left_by_which_somebody_could_be_found_again(database: Database, keys: KeyRing) -> None:
    worker_id = submit(database, keys, "1", "2020-03-08")
    with database.write() as c:
        assert erase(c, keys.current(), BY, [worker_id, "nobody"], "asked", keys.erased) == [worker_id]
        assert erase(c, keys.current(), BY, [worker_id], "asked", keys.erased) == []
    with database.read() as c:
        row = c.execute(select(person)).one()
        assert (row.sealed, row.key_id, row.identity_hash, row.erased_at) == (None, None, None, NOW)
        row = c.execute(select(claim)).one()
        assert (row.client_ref, row.contact_hash, row.state) == (None, None, "withdrawn")
    assert submit(database, keys, "1", "2020-03-08") != worker_id


def test_a_submission_forgets_the_rows_of_one_person_only(database: Database, keys: KeyRing) -> None:
    worker_id = submit(database, keys, "1", "2020-03-08")
    rows = {
        "rows": [
            {"number": 2, "client_ref": "1", "cells": ["名1", "13800000001", "焊工"]},
            {"number": 3, "client_ref": "2", "cells": ["名1", "13800000002", "焊工"]},
        ]
    }
    with database.write() as c:
        vault = keys.current()
        c.execute(
            insert(submission).values(
                id="s_1",
                account_id="a",
                kind="workers",
                at=NOW,
                dry_run=False,
                taken=True,
                counts={},
                rows=vault.seal(rows, "s_1"),
                key_id=vault.newest,
            )
        )
        erase(c, vault, BY, [worker_id], "asked", keys.erased)
        row = c.execute(select(submission)).one()
        left = vault.unseal(row._mapping["rows"], row.key_id, "s_1")["rows"]
    assert left[0] == {"number": 2, "client_ref": "", "cells": ["", "", "焊工"]}
    assert left[1] == rows["rows"][1]  # a namesake


def test_old_submissions_go_with_their_rows(database: Database, keys: KeyRing) -> None:
    vault = keys.current()
    with database.write() as c:
        for n, at in enumerate((NOW - timedelta(days=61), NOW)):
            c.execute(
                insert(submission).values(
                    id=f"s_{n}",
                    account_id="a",
                    kind="workers",
                    at=at,
                    dry_run=False,
                    taken=True,
                    counts={},
                    rows=vault.seal([], f"s_{n}"),
                    key_id=vault.newest,
                )
            )
        forget_old(c, NOW, timedelta(days=60))
        assert c.execute(select(submission.c.id)).scalars().all() == ["s_1"]


def test_scrubbing_touches_rows_with_a_mark_and_nothing_else() -> None:
    marks = {"W1": Names(frozenset({"王小明", "13800000001"}))}
    content = {
        "title": "王小明",
        "rows": [
            {"worker": "W1", "note": "王小明 (13800000001) 迟到", "more": {"name": "王小明"}},
            {"worker": "W11", "note": "王小明"},
        ],
    }
    assert scrub(content, marks) == {
        "title": "王小明",
        "rows": [
            {"worker": "W1", "note": " () 迟到", "more": {"name": ""}},
            {"worker": "W11", "note": "王小明"},
        ],
    }
    assert scrub("王小明", marks) == "王小明" and scrub([1, None, True], marks) == [1, None, True]


def test_rows_as_submissions_keep_them_are_scrubbed_one_by_one() -> None:
    marks = {"13800000001": Names(frozenset({"王小明", "13800000001"}), frozenset({"1"}))}
    others = [3, ["11", "王小明", "13911111111", "2020-03-01"]]
    for given in (13800000001, 13800000001.0, "138-0000 0001", "+8613800000001"):
        content = {"rows": [[2, "1", "W1", "refused", []]], "refused": [[2, ["1", "王小明", given]], others]}
        left = scrub(content, marks)
        assert left["rows"] == content["rows"] and left["refused"][1] == others
        assert left["refused"][0][1][:2] == ["", ""] and left["refused"][0][1][2] in ("", "+")
    # A row is left as it is but for what names the person: the number 1 is in its id and its day, too.
    by_ref = {"1": Names(frozenset({"王小明"}), frozenset({"1"}))}
    assert scrub([[1, "1", "W1", "created", []]], by_ref) == [[1, "", "W1", "created", []]]
    assert scrub(["1", "2020-03-01", "王小明"], by_ref) == ["", "2020-03-01", ""]
