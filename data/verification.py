"""The trip log derived again from its stored bytes, and compared with everything that is kept of it.

Parts of the log are looked at side by side by several processes; each part is read in one state of
the database, so that a server may go on adding events meanwhile.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import repeat
from multiprocessing import get_context
from typing import Any, TypeAlias

from sqlalchemy import Connection, text

from data.bulk import collect_rarely
from data.checkpoints import Publisher
from data.database import Database
from data.log_parts import (
    EVENTS_A_PART,
    JOURNEYS,
    RUNS,
    Places,
    States,
    events_part,
    moment_text,
    states_part,
    stored_moment,
)
from data.published import PublishedPlans
from data.rosters import Rosters
from data.signed_notes import Checkpoint, NotSound, PublicKey, checkpoint_of, signed_by
from data.trip_log import STORED_LEVELS
from data.vault import Vault
from workforce.log_findings import Finding
from workforce.merkle import Subtree, node_hash, root

_FEW = 20_000  # events for which other processes are not worth their start
_KEYS_A_PART = 2_000
_WIDTH = 1 << STORED_LEVELS


@dataclass(slots=True)
class Outcome:
    """What there is, and what is wrong with it.

    Attributes:
        unproved: events behind the newest checkpoint.
        opened, erased: personal parts that hold their commitment, and that are forgotten.
    """

    events: int = 0
    checkpoints: int = 0
    published: int = 0
    unproved: int = 0
    opened: int = 0
    erased: int = 0
    findings: list[Finding] = field(default_factory=list)


Task: TypeAlias = Callable[..., Any]
Runner: TypeAlias = Callable[[Task, Iterable[tuple[Any, ...]]], Iterator[Any]]


def verify(
    database: Database,
    publisher: Publisher,
    trusted: Sequence[PublicKey],
    vault: Vault | None,
    processes: int = 1,
    told: Callable[[int, int], None] = lambda done, of: None,
) -> Outcome:
    """Look through the whole log.

    Args:
        trusted: the keys whose signatures count.
        vault: opens personal parts; None: those are left alone.
        told: is called with parts done and parts in all.
    """
    with database.read() as c:
        size = _size(c)
    with _runner(database, vault, processes if size > _FEW else 1) as run, database.read() as c:
        return examine(c, run, publisher, trusted, told)


def examine(
    c: Connection,
    run: Runner,
    publisher: Publisher,
    trusted: Sequence[PublicKey],
    told: Callable[[int, int], None] = lambda done, of: None,
) -> Outcome:
    """The same over a connection; ``run`` looks at the parts."""
    found = Outcome(events=_size(c))
    ranges = [(a, min(a + EVENTS_A_PART, found.events)) for a in range(0, found.events, EVENTS_A_PART)]
    spans = [(states, *span) for states in (JOURNEYS, RUNS) for span in _spans(c, states, found)]
    parts, done = len(ranges) + len(spans), 0
    hashes: list[bytes] = []
    voiding: list[tuple[int, int]] = []
    last = ""
    for part in run(events_part, ranges):
        found.findings += part.findings
        found.opened, found.erased = found.opened + part.opened, found.erased + part.erased
        hashes += part.hashes
        voiding += part.voiding
        if part.first_recorded < last:
            found.findings.append(Finding("recorded_backwards", str(part.first)))
        last = part.last_recorded
        told(done := done + 1, parts)
    found.findings += _tree(c, found.events, hashes)
    found.findings += _voided(c, voiding)
    for findings in run(states_part, spans):
        found.findings += findings
        told(done := done + 1, parts)
    _compare_checkpoints(c, found, _subtrees(c, hashes), publisher, trusted)
    return found


def alone(places: Places) -> Runner:
    """Looks at the parts one after another, over one connection."""
    return lambda task, asked: (task(places, *arguments) for arguments in asked)


@contextmanager
def _runner(database: Database, vault: Vault | None, processes: int) -> Iterator[Runner]:
    if processes == 1:
        with database.read() as c:
            yield alone(Places(c, Rosters(PublishedPlans(database)), vault))
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), collect_rarely) as pool:

        def run(task: Task, asked: Iterable[tuple[Any, ...]]) -> Iterator[Any]:
            return pool.map(_in_worker, repeat(database.url), repeat(vault), repeat(task), asked)

        yield run


def _in_worker(url: str, vault: Vault | None, task: Task, arguments: tuple[Any, ...]) -> Any:
    database, rosters = _opened(url)
    with database.read() as c:
        return task(Places(c, rosters, vault), *arguments)


@lru_cache(maxsize=1)
def _opened(url: str) -> tuple[Database, Rosters]:
    database = Database(url)
    return database, Rosters(PublishedPlans(database))


def _size(c: Connection) -> int:
    return int(c.execute(text("SELECT COALESCE(MAX(seq), 0) FROM event")).scalar_one())


def _spans(c: Connection, states: States, found: Outcome) -> list[tuple[tuple[str, ...], tuple[str, ...]]]:
    """First and last key of each part, over whatever is in the log or among the states."""
    for table in states.tables:  # no query for a key finds one that is no text
        rows = c.execute(text(f"SELECT DISTINCT {', '.join(states.key)} FROM {table}"))
        odd = ["/".join(map(str, row)) for row in rows if not _is_text(row)]
        found.findings += [Finding(f"{table}_differs", key) for key in odd]
    keys = [tuple(row) for row in c.execute(text(states.keys_query)) if _is_text(row)]
    return [(keys[i], keys[min(i + _KEYS_A_PART, len(keys)) - 1]) for i in range(0, len(keys), _KEYS_A_PART)]


def _is_text(key: Iterable[Any]) -> bool:
    return all(isinstance(part, str) for part in key)


def _tree(c: Connection, size: int, hashes: Sequence[bytes]) -> Iterator[Finding]:
    """Compare the stored nodes above those that the parts have looked at, and count them all.

    Args:
        hashes: of the full subtrees of the lowest stored level, as the events give them.
    """
    wanted, level = list(hashes), STORED_LEVELS
    levels = {}
    while wanted:
        levels[level] = len(wanted)
        query = text("SELECT position, hash FROM tree_node WHERE level = :level ORDER BY position")
        stored = {row.position: row.hash for row in c.execute(query, {"level": level})}
        for position, expected in enumerate(wanted):
            if position not in stored:
                yield Finding("node_missing", f"{level}/{position}")
            elif stored[position] != expected:
                yield Finding("node_differs", f"{level}/{position}")
        yield from (Finding("node_extra", f"{level}/{p}") for p in sorted(stored) if not 0 <= p < len(wanted))
        full = len(wanted) // _WIDTH
        wanted = [_joined(wanted[i * _WIDTH : (i + 1) * _WIDTH]) for i in range(full)]
        level += STORED_LEVELS
    for row in c.execute(text("SELECT level, MIN(position) AS position FROM tree_node GROUP BY level")):
        if row.level not in levels:
            yield Finding("node_extra", f"{row.level}/{row.position}")


def _joined(hashes: Sequence[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]


def _subtrees(c: Connection, hashes: Sequence[bytes]) -> Subtree:
    """The tree over what the parts found; leaves have been compared with their events by then."""

    def subtree(level: int, position: int) -> bytes:
        if level == STORED_LEVELS and position < len(hashes):
            return hashes[position]
        if level:
            return node_hash(subtree(level - 1, 2 * position), subtree(level - 1, 2 * position + 1))
        leaf = c.execute(text("SELECT leaf FROM event WHERE seq = :seq"), {"seq": position + 1}).scalar()
        return leaf if isinstance(leaf, bytes) else b""

    return lru_cache(maxsize=1 << 16)(subtree)


def _voided(c: Connection, voiding: Sequence[tuple[int, int]]) -> Iterator[Finding]:
    stored = {row.seq: row.by_seq for row in c.execute(text("SELECT seq, by_seq FROM voided"))}
    wanted: dict[int, int] = {}
    for seq, by_seq in voiding:
        if wanted.setdefault(seq, by_seq) != by_seq or not 0 < seq < by_seq:
            yield Finding("voided_differs", str(by_seq))
    for seq in sorted({*stored, *wanted}):
        if stored.get(seq) != wanted.get(seq):
            yield Finding("voided_differs", str(seq))


def _compare_checkpoints(
    c: Connection, found: Outcome, subtree: Subtree, publisher: Publisher, trusted: Sequence[PublicKey]
) -> None:
    known: dict[int, Checkpoint] = {}
    for row in c.execute(text("SELECT size, root, made_at, note FROM checkpoint ORDER BY size")):
        found.checkpoints += 1
        try:
            one = checkpoint_of(row.note)
        except (NotSound, TypeError):
            found.findings.append(Finding("checkpoint_unsound", str(row.size)))
            continue
        if (one.size, one.root, stored_moment(one.at)) != (row.size, row.root, moment_text(row.made_at)):
            found.findings.append(Finding("checkpoint_unsound", str(row.size)))
        known[one.size] = one
        found.findings += _of_checkpoint(one, found.events, subtree, trusted, str(one.size))
    found.unproved = found.events - max(known, default=0)
    _compare_published(found, known, subtree, publisher, trusted)


def _compare_published(
    found: Outcome,
    known: dict[int, Checkpoint],
    subtree: Subtree,
    publisher: Publisher,
    trusted: Sequence[PublicKey],
) -> None:
    published: dict[int, Checkpoint] = {}
    for path, outside in publisher.published():
        found.published += 1
        if outside is None or outside.size in published:
            found.findings.append(Finding("checkpoint_unsound", path.name))
            continue
        published[outside.size] = outside
        inside = known.get(outside.size)
        if inside is None:
            found.findings.append(Finding("checkpoint_missing", path.name))
            found.findings += _of_checkpoint(outside, found.events, subtree, trusted, path.name)
        elif inside.note != outside.note:
            found.findings.append(Finding("checkpoint_differs", path.name))
            found.findings += _of_checkpoint(outside, found.events, subtree, trusted, path.name)
    # Those behind the last published one are published by the next call.
    last = max(published, default=0)
    missing = [size for size in known if size < last and size not in published]
    found.findings += [Finding("checkpoint_unpublished", str(size)) for size in missing]


def _of_checkpoint(
    one: Checkpoint, events: int, subtree: Subtree, trusted: Sequence[PublicKey], where: str
) -> Iterator[Finding]:
    if signed_by(one, trusted) is None:
        yield Finding("checkpoint_unsigned", where)
    if one.size > events:
        yield Finding("checkpoint_beyond", where)
    elif root(subtree, one.size) != one.root:
        yield Finding("checkpoint_root_differs", where)
