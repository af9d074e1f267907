"""Copies of the database: whole, the same on either database, and without keys unless asked for."""

from __future__ import annotations

import json
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from data.accounts import By, add_account
from data.backup import LOG_KEY, back_up, restore
from data.database import Database
from data.erasure import erase
from data.people import Claim, claim_all
from data.registry import Entry, history, put, remove
from data.schema import audit, metadata, person
from data.vault import read_vault
from tests.databases import NO_TABLES, fresh_database
from workforce.faults import Unusable
from workforce.roles import Role

AT = datetime(2020, 2, 20, 8, 30, 15, 123456, tzinfo=UTC)
BY = By("tests", AT)
NAME, IDENTITY = "王小明", "110101199003074477"


@pytest.fixture
def filled(database_url: str, tmp_path: Path) -> Database:
    """A database with rows of every kind of column, and ``keys.json`` beside it."""
    database = Database(database_url)
    database.migrate()
    with database.write() as c:
        add_account(c, BY, Role.PLANNER, "李明", login="li", password_hash="$argon2")
        put(c, BY, Entry("pickups", "P1", {"name": "汽车站", "lat": "36.06"}))
        remove(c, BY, "pickups", "P1")
        person = Claim("r1", {"adcode": "620102"}, {"name": NAME, "id_number": IDENTITY})
        claim_all(c, read_vault(tmp_path / "keys.json"), BY, "E1", [person])
    return database


def fresh(tmp_path: Path, name: str = "other") -> Database:
    (tmp_path / name).mkdir()
    return Database(f"sqlite:///{tmp_path / name / 'guicheng.sqlite'}")


def content(database: Database) -> dict[str, list[tuple[object, ...]]]:
    with database.read() as c:
        return {
            table.name: sorted((tuple(row) for row in c.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
        }


def refusal(database: Database, path: Path, keys: Path) -> str:
    with pytest.raises(Unusable) as refused:
        restore(database, path, keys, AT)
    return refused.value.faults[0].code


def test_what_is_restored_is_what_was_copied(filled: Database, tmp_path: Path) -> None:
    copy, keys = tmp_path / "copy.zip", tmp_path / "keys.json"
    rows = back_up(filled, copy, AT, keys)
    assert copy.stat().st_mode & 0o777 == 0o600
    other = fresh(tmp_path)
    assert restore(other, copy, keys, AT) == (rows, 0) and rows == sum(map(len, content(filled).values()))
    assert content(other) == content(filled)
    with other.read() as c:
        told = history(c, "pickups", "P1")
    assert [change.action for change in told] == ["created", "removed"] and told[1].after is None


def test_whoever_was_erased_since_is_erased_again(filled: Database, tmp_path: Path) -> None:
    copy, keys, erased = tmp_path / "copy.zip", tmp_path / "keys.json", tmp_path / "erased.txt"
    back_up(filled, copy, AT, keys)
    with filled.write() as c:
        (worker_id,) = c.execute(select(person.c.worker_id)).scalars()
        erase(c, read_vault(keys), BY, [worker_id], "asked", erased)
    assert worker_id not in erased.read_text() and erased.stat().st_mode & 0o777 == 0o600
    other = fresh(tmp_path)
    rows, again = restore(other, copy, keys, AT)
    assert (rows > 0, again) == (True, 1)
    with other.read() as c:
        (row,) = c.execute(select(person)).all()
        assert (row.worker_id, row.sealed, row.identity_hash) == (worker_id, None, None)
        (told,) = c.execute(select(audit).where(audit.c.action == "person_erased")).all()
        assert told.account_id == "restore"
    assert len(erased.read_text().split()) == 1  # nobody is on it twice
    later = tmp_path / "later.zip"
    back_up(filled, later, AT, keys)
    assert restore(fresh(tmp_path, "third"), later, keys, AT)[1] == 0


def test_a_copy_moves_to_the_other_database_and_is_written_on(
    filled: Database, database_url: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """From either database to SQLite and back into an empty one of the first kind."""
    keys, there = tmp_path / "keys.json", tmp_path / "there.zip"
    back_up(filled, there, AT, keys)
    before = content(filled)
    other = fresh(tmp_path)
    restore(other, there, keys, AT)
    again = tmp_path / "again.zip"
    back_up(other, again, AT, keys)
    (tmp_path / "back").mkdir()
    with fresh_database(
        database_url.partition("+")[0].partition(":")[0], tmp_path / "back", request, NO_TABLES
    ) as url:
        back = Database(url)
        restore(back, again, keys, AT)
        assert content(back) == before
        with back.write() as c:  # the next row gets a number of its own
            c.execute(insert(audit).values(at=AT, action="after"))
        assert len(content(back)["audit"]) == len(before["audit"]) + 1
        back.close()


def test_a_copy_is_taken_while_somebody_writes(filled: Database, tmp_path: Path) -> None:
    with filled.write() as c:
        put(c, BY, Entry("pickups", "P2", {"name": "unfinished"}))
        back_up(filled, tmp_path / "copy.zip", AT, tmp_path / "keys.json")
    other = fresh(tmp_path)
    restore(other, tmp_path / "copy.zip", tmp_path / "keys.json", AT)
    assert content(other)["entry"] == [row for row in content(filled)["entry"] if row[1] != "P2"]


def test_a_copy_without_keys_shows_no_name_and_needs_them(filled: Database, tmp_path: Path) -> None:
    copy, keys = tmp_path / "copy.zip", tmp_path / "keys.json"
    back_up(filled, copy, AT, keys)
    with zipfile.ZipFile(copy) as archive:
        text = b"".join(map(archive.read, archive.namelist()))
        assert "keys.json" not in archive.namelist()
    ring = json.loads(keys.read_text("utf-8"))
    assert not [
        secret
        for secret in (NAME, IDENTITY, ring["index"], *ring["keys"].values())
        if secret.encode() in text
    ]
    other = fresh(tmp_path)
    elsewhere = tmp_path / "other" / "keys.json"
    assert refusal(other, copy, elsewhere) == "backup_without_keys"
    read_vault(elsewhere)  # makes another ring
    assert refusal(other, copy, elsewhere) == "backup_of_other_keys"


def test_a_copy_with_keys_brings_them(filled: Database, tmp_path: Path) -> None:
    copy, keys = tmp_path / "copy.zip", tmp_path / "keys.json"
    back_up(filled, copy, AT, keys, with_keys=True)
    other, elsewhere = fresh(tmp_path), tmp_path / "other" / "keys.json"
    restore(other, copy, elsewhere, AT)
    assert read_vault(elsewhere) == read_vault(keys) and elsewhere.stat().st_mode & 0o777 == 0o600
    [(worker_id, _, sealed, key_id, _)] = content(other)["person"]
    assert read_vault(elsewhere).unseal(sealed, key_id, worker_id)["name"] == NAME  # type: ignore[arg-type]


def test_a_copy_with_keys_brings_the_one_that_signs_checkpoints(filled: Database, tmp_path: Path) -> None:
    copy, keys, there = tmp_path / "copy.zip", tmp_path / "keys.json", tmp_path / "there"
    (tmp_path / LOG_KEY).write_text("the signing key")
    back_up(filled, copy, AT, keys, with_keys=True)
    there.mkdir()
    restore(fresh(tmp_path), copy, there / "keys.json", AT)
    assert (there / LOG_KEY).read_text() == "the signing key"
    assert (there / LOG_KEY).stat().st_mode & 0o777 == 0o600
    plain = tmp_path / "plain.zip"
    back_up(filled, plain, AT, keys)
    assert b"the signing key" not in plain.read_bytes()
    with zipfile.ZipFile(plain) as archive:
        assert LOG_KEY not in archive.namelist()


def test_a_database_that_holds_something_is_left_alone(filled: Database, tmp_path: Path) -> None:
    copy, keys = tmp_path / "copy.zip", tmp_path / "keys.json"
    back_up(filled, copy, AT, keys)
    before = content(filled)
    assert refusal(filled, copy, keys) == "database_not_empty"
    assert content(filled) == before


def test_a_damaged_copy_is_refused_whole(filled: Database, tmp_path: Path) -> None:
    copy, keys = tmp_path / "copy.zip", tmp_path / "keys.json"
    back_up(filled, copy, AT, keys)
    whole = copy.read_bytes()
    other = fresh(tmp_path)
    for n, broken in enumerate((whole[:-200], b"", b"hello", whole.replace(b"PK\x01\x02", b"PK\x01\x03"))):
        (tmp_path / f"{n}.zip").write_bytes(broken)
        assert refusal(other, tmp_path / f"{n}.zip", keys) == "backup_damaged"
    changed = tmp_path / "changed.zip"
    with zipfile.ZipFile(copy) as old, zipfile.ZipFile(changed, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace("汽车站".encode(), "火车站".encode()))
    assert refusal(other, changed, keys) == "backup_damaged"
    newer = tmp_path / "newer.zip"
    with zipfile.ZipFile(copy) as old, zipfile.ZipFile(newer, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b'"revision": "', b'"revision": "9'))
    assert refusal(other, newer, keys) == "backup_newer"
    restore(other, copy, keys, AT)


def test_a_copy_that_cannot_be_written_leaves_the_old_one(
    filled: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy, keys = tmp_path / "copy.zip", tmp_path / "keys.json"
    back_up(filled, copy, AT, keys)
    before = copy.read_bytes()

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="space"):
        back_up(filled, copy, AT, keys)
    assert copy.read_bytes() == before and list(tmp_path.glob(".copy*")) == []
