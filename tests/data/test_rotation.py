"""Keys are changed in steps, each of which may be the last before a kill."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from data import rotation
from data.accounts import By
from data.database import Database, sqlite_url
from data.people import Claim, claim_all, personal_of
from data.rotation import OLD_KEYS_STAY, SEALED, answer_about, rotate
from data.schema import answered, event, event_detail, metadata, person, submission
from data.vault import KeyRing, read_vault

NOW = datetime(2020, 3, 1, 8, tzinfo=UTC)
BY = By("tests", NOW)
LATER = By("tests", NOW + OLD_KEYS_STAY)


class Killed(Exception):
    """The process ends here."""


@pytest.fixture
def ring(tmp_path: Path) -> Path:
    return tmp_path / "keys.json"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    it = Database(sqlite_url(tmp_path))
    it.migrate()
    yield it
    it.close()


def fill(database: Database, ring: Path, people: int = 3) -> None:
    """A row of everything that is sealed, and some people."""
    vault = KeyRing(ring).current()
    with database.write() as c:
        claims = [Claim(f"r{n}", {}, {"name": f"name {n}"}) for n in range(people)]
        (first, *_) = claim_all(c, vault, BY, "E1", claims)
        worker_id = first.worker_id
        sealed = {"key_id": vault.newest}
        c.execute(
            insert(submission).values(
                id="s_1",
                account_id="a",
                kind="workers",
                at=NOW,
                dry_run=False,
                taken=True,
                counts={},
                rows=vault.seal(["row"], "s_1"),
                **sealed,
            )
        )
        c.execute(
            insert(answered).values(
                account_id="a",
                key="k",
                request_hash=b"",
                status=200,
                headers={},
                at=NOW,
                body=vault.seal("body", answer_about("a", "k")),
                **sealed,
            )
        )
        reading = {"seq": 1, "content": b"{}", "leaf": b"", "nonce": "n", "kind": "measured"}
        c.execute(insert(event).values(**reading, happened_at=NOW, worker_id=worker_id))
        content = vault.seal({"salt": "", "details": {"temperature": "36.5"}}, "1")
        c.execute(insert(event_detail).values(seq=1, sealed=content, **sealed))


def opened(database: Database, ring: Path) -> list[object]:
    """Everything that is sealed, opened with the ring of the file."""
    vault = read_vault(ring)
    with database.read() as c:
        return [
            vault.unseal(getattr(row, one.content.name), row.key_id, one.about(row))
            for one in SEALED
            for row in c.execute(select(one.table).order_by(*one.table.primary_key.columns))
        ]


def keys_used(database: Database) -> set[str]:
    with database.read() as c:
        return {key for one in SEALED for key in c.execute(select(one.table.c.key_id)).scalars()}


def test_every_sealed_column_is_known() -> None:
    """Whatever has a key beside it is sealed anew with the rest."""
    assert {one.table.name for one in SEALED} == {t.name for t in metadata.tables.values() if "key_id" in t.c}


def test_everything_is_sealed_anew_and_the_old_key_goes_when_nobody_can_need_it(
    database: Database, ring: Path
) -> None:
    fill(database, ring)
    before, old = opened(database, ring), read_vault(ring)
    waited: list[None] = []
    assert rotate(database, ring, BY, wait=lambda: waited.append(None)) == NOW + OLD_KEYS_STAY
    assert waited == [None]  # between the new key and its first use
    assert set(read_vault(ring).keys) > set(old.keys)
    assert opened(database, ring) == before and keys_used(database) == {read_vault(ring).newest}
    assert rotate(database, ring, By("tests", NOW + OLD_KEYS_STAY - timedelta(seconds=1))) is not None
    assert rotate(database, ring, LATER) is None
    new = read_vault(ring)
    assert set(new.keys) == {new.newest} and new.newest not in old.keys and new.index == old.index
    assert opened(database, ring) == before


def test_with_the_server_stopped_it_is_done_at_once(database: Database, ring: Path) -> None:
    fill(database, ring)
    before = opened(database, ring)
    assert rotate(database, ring, BY, at_once=True) is None
    assert len(read_vault(ring).keys) == 1 and opened(database, ring) == before


@pytest.mark.parametrize("batches", range(5))
def test_a_change_that_was_killed_goes_on_where_it_was(
    database: Database, ring: Path, monkeypatch: pytest.MonkeyPatch, batches: int
) -> None:
    fill(database, ring, people=4)
    before, left = opened(database, ring), [batches]
    real = rotation.seal_anew

    def killed_soon(*arguments: object) -> int:
        if not left[0]:
            raise Killed
        left[0] -= 1
        return real(*arguments)  # type: ignore[arg-type]

    with monkeypatch.context() as patch:
        patch.setattr(rotation, "BATCH", 2)
        patch.setattr(rotation, "seal_anew", killed_soon)
        with pytest.raises(Killed):
            rotate(database, ring, BY)
    begun = read_vault(ring).newest
    assert opened(database, ring) == before
    assert rotate(database, ring, LATER) is None
    assert read_vault(ring).newest == begun and opened(database, ring) == before


def test_what_a_server_sealed_with_the_old_key_meanwhile_is_sealed_anew_before_the_key_goes(
    database: Database, ring: Path
) -> None:
    fill(database, ring)
    late = KeyRing(ring).current()
    rotate(database, ring, BY)
    with database.write() as c:
        (answer,) = claim_all(c, late, BY, "E2", [Claim("late", {}, {"name": "late"})])
    assert rotate(database, ring, LATER) is None
    with database.read() as c:
        assert personal_of(c, read_vault(ring), [answer.worker_id])[answer.worker_id] == {"name": "late"}


def test_a_running_server_reads_the_keys_again(database: Database, ring: Path) -> None:
    running = KeyRing(ring)
    fill(database, ring)
    rotate(database, ring, BY)
    with database.read() as c:
        ids = c.execute(select(person.c.worker_id)).scalars().all()
        assert len(personal_of(c, running.current(), ids)) == 3


def test_nobody_erased_is_looked_at(database: Database, ring: Path) -> None:
    fill(database, ring)
    with database.write() as c:
        c.execute(person.update().values(sealed=None, key_id=None))
    assert rotate(database, ring, BY, at_once=True) is None
