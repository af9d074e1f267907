"""Checkpoints: when they are made and refused, what is published, and what survives a fault in a file."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion
from sqlalchemy import text

from data.checkpoints import EVENTS, EVERY, Publisher, checkpoints, newest
from data.durable import write_new, write_whole
from data.signed_notes import (
    NotSound,
    checkpoint_of,
    new_signing_key,
    public_key_of,
    signed_by,
    signing_key_of,
)
from data.trip_log import subtrees
from tests.data.loop import Loop, coach, filled
from workforce.faults import Unusable
from workforce.merkle import (
    consistency_holds,
    consistency_proof,
    inclusion_holds,
    inclusion_proof,
    leaf_hash,
    root,
    subtrees_of,
)
from workforce.triplog import Kind


class Killed(BaseException):
    """The process ends here: nothing after it is carried out."""


def refusal(loop: Loop) -> str:
    with pytest.raises(Unusable) as refused:
        loop.publish()
    return refused.value.faults[0].code


def noted(loop: Loop, n: int = 1) -> None:
    loop.take(*(loop.report(Kind.NOTED, "07:00", details={"note": "x"}) for _ in range(n)))


# Hashing, against an implementation by others


@pytest.mark.parametrize("seed", range(12))
def test_roots_and_proofs_are_those_of_an_independent_implementation(seed: int) -> None:
    chance = Random(seed)
    size = chance.randint(1, 700)
    contents = [chance.randbytes(chance.randint(0, 90)) for _ in range(size)]
    theirs = InmemoryTree(algorithm="sha256")
    for content in contents:
        theirs.append_entry(content)
    leaves = [leaf_hash(content) for content in contents]
    tree = subtrees_of(leaves)
    for new in {size, chance.randint(1, size), chance.randint(1, size)}:
        assert root(tree, new) == theirs.get_root(new)
        index, old = chance.randrange(new), chance.randint(1, new)
        ours = inclusion_proof(tree, index, new)
        proof = theirs.prove_inclusion(index + 1, new)
        verify_inclusion(leaves[index], theirs.get_root(new), proof)
        assert ours == [bytes.fromhex(h) for h in proof.serialize()["path"][1:]]
        assert inclusion_holds(leaves[index], index, new, ours, theirs.get_root(new))
        verify_consistency(theirs.get_root(old), theirs.get_root(new), theirs.prove_consistency(old, new))
        path = consistency_proof(tree, old, new)
        assert consistency_holds(old, new, path, theirs.get_root(old), theirs.get_root(new))


# Signed notes


def test_a_checkpoint_is_read_as_it_was_signed() -> None:
    key = new_signing_key()
    one = key.sign(12, bytes(range(32)), at_noon())
    lines = one.note.split("\n")
    assert lines[:4] == [key.origin, "12", base64.b64encode(one.root).decode(), "2020-03-02T12:00:00.000Z"]
    assert checkpoint_of(one.note) == one and signed_by(one, [key.public]) == key.public
    assert signing_key_of(key.line).line == key.line and public_key_of(key.public.line) == key.public
    other = new_signing_key(key.origin)
    assert signed_by(one, [other.public]) is None
    assert signed_by(one, [other.public, key.public]) == key.public


def test_a_checkpoint_in_other_words_is_none_or_unsigned() -> None:
    key = new_signing_key()
    note = key.sign(12, bytes(range(32)), at_noon()).note
    for i in range(len(note)):
        for spoiled in (note[:i] + note[i + 1 :], note[:i] + chr(ord(note[i]) ^ 1) + note[i + 1 :]):
            try:
                assert signed_by(checkpoint_of(spoiled), [key.public]) is None, i
            except NotSound:
                continue


def at_noon() -> datetime:
    return datetime(2020, 3, 2, 12, tzinfo=UTC)


# When they are made


def test_a_checkpoint_is_due_when_the_log_grew_and_a_minute_passed(loop: Loop) -> None:
    def due(after: timedelta) -> bool:
        with loop.database.read() as c:
            return loop.publisher.due(c, loop.now + after)

    assert not due(EVERY) and loop.publish() is None
    noted(loop)
    assert due(timedelta())
    first = loop.publish()
    assert first is not None and first.size == 1 and not due(EVERY)
    assert loop.publish() == first
    noted(loop)
    assert not due(EVERY - timedelta(seconds=5)) and due(EVERY + timedelta(seconds=5))


def test_a_checkpoint_is_due_sooner_when_much_was_reported(
    loop: Loop, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert EVENTS > 1
    noted(loop)
    loop.publish()
    monkeypatch.setattr("data.checkpoints.EVENTS", 3)
    for size in (2, 3, 4):
        noted(loop)
        with loop.database.read() as c:
            assert loop.publisher.due(c, loop.now) is (size == 4)


def test_it_is_in_the_database_and_in_a_file_that_anybody_can_check(loop: Loop) -> None:
    filled(loop)
    with loop.database.read() as c:
        known = checkpoints(c)
        tree = subtrees(c)
        assert [one.root for one in known] == [root(tree, one.size) for one in known]
    keys = loop.publisher.public_keys()
    assert [one for _, one in loop.publisher.published()] == known
    assert all(signed_by(one, keys) for one in known) and len(known) == 4
    assert (loop.publisher.key_file.stat().st_mode & 0o777) == 0o600
    assert loop.codes() == set()
    secret = loop.publisher.key_file.read_text()
    for path in loop.publisher.folder.iterdir():
        assert secret.split("+", 4)[-1].strip() not in path.read_text("utf-8")


def test_another_key_signs_under_the_same_name(loop: Loop) -> None:
    noted(loop)
    loop.publish()
    loop.publisher.new_key(loop.now)
    noted(loop)
    loop.publish()
    one, other = loop.publisher.public_keys()
    assert one.origin == other.origin and one.line != other.line
    assert loop.codes() == set()


# When they are refused


def unguarded(loop: Loop, *statements: str) -> None:
    """Change the database as somebody could who owns it."""
    with loop.database.write() as c:
        for table in ("event", "tree_node", "checkpoint"):
            if loop.database.is_sqlite:
                query = "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :table"
                for name in c.execute(text(query), {"table": table}).scalars().all():
                    c.execute(text(f"DROP TRIGGER {name}"))
            else:
                c.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        for statement in statements:
            c.execute(text(statement))


def test_none_is_made_of_a_log_that_lost_events(loop: Loop) -> None:
    noted(loop, 20)
    loop.publish()
    unguarded(loop, "DELETE FROM event_detail WHERE seq > 18", "DELETE FROM event WHERE seq > 18")
    assert refusal(loop) == "log_shrunk"
    unguarded(loop, "DELETE FROM checkpoint")
    assert refusal(loop) == "log_shrunk"  # the published file tells


def test_none_is_made_of_a_log_that_was_rewritten(loop: Loop) -> None:
    noted(loop, 20)
    loop.publish()
    other = "X'00'" if loop.database.is_sqlite else r"'\x00'"
    unguarded(loop, f"UPDATE event SET leaf = {other} WHERE seq = 20", "DELETE FROM checkpoint")
    noted(loop)
    assert refusal(loop) == "log_rewritten"
    with loop.database.read() as c:
        assert newest(c) is None


def test_none_is_made_without_the_key_that_signed_the_last(loop: Loop) -> None:
    noted(loop)
    loop.publish()
    noted(loop)
    away = loop.publisher.key_file.rename(loop.folder / "away")
    assert refusal(loop) == "log_key_missing"
    loop.publisher.key_file.write_text("no key")
    assert refusal(loop) == "log_key_unusable"
    loop.publisher.key_file.write_text(new_signing_key().line)
    assert refusal(loop) == "log_key_unusable"
    away.rename(loop.publisher.key_file)
    assert loop.publish() is not None and loop.codes() == set()


def test_a_published_file_that_is_none_is_told(loop: Loop) -> None:
    noted(loop)
    loop.publish()
    next(loop.publisher.folder.glob("*.checkpoint")).write_text("nothing")
    assert refusal(loop) == "checkpoint_unreadable"
    assert loop.codes() == {"checkpoint_unsound"}


def test_checkpoints_behind_the_published_ones_are_published_by_the_next_call(loop: Loop) -> None:
    filled(loop)
    files = sorted(loop.publisher.folder.glob("*.checkpoint"))
    files[-1].unlink()
    assert loop.codes() == set()
    files[1].unlink()
    assert loop.codes() == {"checkpoint_unpublished"}
    loop.publish()
    assert files[-1].exists()


# Faults of the file system

_CALLS = ("open", "write", "fsync", "replace", "link")


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, call: str, number: int, error: BaseException) -> Iterator[None]:
    """The n-th such call fails; of a kill, nothing is carried out afterwards either."""
    left, over = [number], []
    real = {name: getattr(os, name) for name in (*_CALLS, "unlink", "close")}
    real_fdopen = os.fdopen

    def doubled(name: str) -> Callable[..., Any]:
        def run(*arguments: Any, **options: Any) -> Any:
            if over:
                raise Killed
            if name == call:
                left[0] -= 1
                if left[0] == 0:
                    if isinstance(error, Killed):
                        over.append(True)
                    raise error
            return real[name](*arguments, **options)

        return run

    def fdopen(handle: int, *arguments: Any, **options: Any) -> Any:
        file = real_fdopen(handle, *arguments, **options)
        write = file.write

        class Spied:
            def __enter__(self) -> Any:
                return self

            def __exit__(self, *_: Any) -> None:
                file.close()

            def write(self, content: bytes) -> int:
                try:
                    doubled("write")()
                except (OSError, Killed):
                    write(content[: len(content) // 2])
                    raise
                return int(write(content))

            def flush(self) -> None:
                file.flush()

            def fileno(self) -> int:
                return int(file.fileno())

        return Spied()

    real["write"] = lambda: None
    with monkeypatch.context() as patch:
        for name in real:
            if name not in ("write", "close"):
                patch.setattr(os, name, doubled(name))
        patch.setattr(os, "fdopen", fdopen)
        yield


FAULTS = [(call, number) for call in _CALLS for number in ((1, 2) if call in ("open", "fsync") else (1,))]


@pytest.mark.parametrize("write", [write_whole, write_new])
@pytest.mark.parametrize(("call", "number"), FAULTS)
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), Killed()])
def test_a_file_is_whole_or_as_it_was_whatever_fails(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    write: Callable[[Path, bytes], None],
    call: str,
    number: int,
    error: BaseException,
) -> None:
    path = tmp_path / "file"
    if write is write_whole:
        path.write_bytes(b"what was there")
    used = call != ("link" if write is write_whole else "replace")
    if used:
        with failing(monkeypatch, call, number, error), pytest.raises(type(error)):
            write(path, b"what comes in its place")
    before = [b"what was there"] if write is write_whole else []
    found = [path.read_bytes()] if path.exists() else []
    assert found in (before, [b"what comes in its place"])
    if not found:
        write(path, b"what comes in its place")
    else:
        write_whole(path, b"what comes in its place")
    assert path.read_bytes() == b"what comes in its place"


@pytest.mark.parametrize(("call", "number"), [(c, n) for c in _CALLS for n in range(1, 7)])
@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), Killed()])
def test_a_checkpoint_that_could_not_be_published_is_by_the_next_call(
    loop: Loop, monkeypatch: pytest.MonkeyPatch, call: str, number: int, error: BaseException
) -> None:
    """Whether the first, with the keys, or a later one."""
    noted(loop, 3)
    if number % 2:
        loop.publish()
        noted(loop, 2)
    before = dict(loop.publisher.published())
    with failing(monkeypatch, call, number, error), suppress(OSError, Killed):
        loop.publish()
    after = dict(loop.publisher.published())
    assert None not in after.values() and before.items() <= after.items()
    assert loop.codes() == set()
    again = Publisher(loop.publisher.folder, loop.publisher.key_file)
    done = again.publish(loop.database, loop.now)
    assert done is not None and done in dict(again.published()).values()
    assert loop.codes() == set()


def test_the_whole_way_is_under_its_checkpoint(loop: Loop) -> None:
    reports = coach(loop)
    loop.take(*reports)
    one = loop.publish()
    assert one is not None and one.size == len(reports)
