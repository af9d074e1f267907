"""The looks of ``data/verification.py`` at a part of the log: a range of events, a range of states.

Everything is read as the database's driver has it, not as the schema would like it: whoever changes
the file may put anything anywhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from itertools import groupby
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidTag
from sqlalchemy import Connection, Row, TextClause, text

from data.loop_states import journey_row, run_row
from data.rosters import Rosters
from data.trip_log import STORED_LEVELS, Logged
from data.vault import Vault
from workforce.closed_loop import Journey, Run
from workforce.journeys import OF_WORKERS, advance_journey
from workforce.log_findings import Finding
from workforce.merkle import leaf_hash, node_hash
from workforce.presence import MOVES, Track, track_after
from workforce.rosters import Roster
from workforce.runs import OF_TRIPS, advance_run
from workforce.triplog import Event, Kind, Unsound, canonical, commitment_to, event_of, read_event, written

EVENTS_A_PART = 1 << 14  # a full subtree of the hash tree
_ROWS_AT_ONCE = 1000  # that are fetched


class Places(NamedTuple):
    """Where a look finds what it needs."""

    c: Connection
    rosters: Rosters
    vault: Vault | None


@dataclass(slots=True)
class Part:
    """What a look at a range of events saw.

    Attributes:
        hashes: of its full subtrees of the lowest stored level.
        voiding: an event that is voided, and the one that voids it.
    """

    first: int
    findings: list[Finding] = field(default_factory=list)
    hashes: list[bytes] = field(default_factory=list)
    voiding: list[tuple[int, int]] = field(default_factory=list)
    first_recorded: str = ""
    last_recorded: str = ""
    opened: int = 0
    erased: int = 0


_EVENTS = text(
    "SELECT e.seq, e.content, e.leaf, e.nonce, e.kind, e.happened_at, e.plan_id, e.trip_id, e.worker_id, "
    "d.seq AS detail, d.sealed, d.key_id FROM event e LEFT JOIN event_detail d ON d.seq = e.seq "
    "WHERE e.seq > :first AND e.seq <= :last ORDER BY e.seq"
)


def events_part(places: Places, first: int, last: int) -> Part:
    """Look at the events after ``first`` up to ``last``."""
    part = Part(first + 1)
    leaves: list[bytes] = []
    recorded = ""
    for row in _rows(places.c, _EVENTS, {"first": first, "last": last}):
        seq, stored, leaf, nonce, kind, happened_at, plan_id, trip_id, worker_id, *_ = row
        for lost in range(first + len(leaves) + 1, seq):
            part.findings.append(Finding("event_missing", str(lost)))
            leaves.append(b"")
        where = str(seq)
        content = stored if isinstance(stored, bytes) else b""
        leaves.append(leaf_hash(content))
        if leaf != leaves[-1]:
            part.findings.append(Finding("leaf_differs", where))
        try:
            event = event_of(content)
        except Unsound:
            part.findings.append(Finding("event_unsound", where))
            continue
        if (nonce, kind, plan_id, trip_id, worker_id) != (
            event.nonce,
            event.kind,
            event.plan_id,
            event.trip_id,
            event.worker_id,
        ) or moment_text(happened_at) != stored_moment(event.happened_at):
            part.findings.append(Finding("event_column_differs", where))
        at = written(event.recorded_at)
        if at < recorded:
            part.findings.append(Finding("recorded_backwards", where))
        part.first_recorded, recorded = part.first_recorded or at, at
        if event.kind is Kind.VOIDED:
            part.voiding.append((event.says.get("event", 0), seq))
        _look_at_detail(places.vault, row, event, part)
    for seq in range(first + len(leaves) + 1, last + 1):
        part.findings.append(Finding("event_missing", str(seq)))
        leaves.append(b"")
    part.last_recorded = recorded
    width = 1 << STORED_LEVELS
    for i in range(0, len(leaves) - len(leaves) % width, width):
        hashes = leaves[i : i + width]
        while len(hashes) > 1:
            hashes = [node_hash(hashes[j], hashes[j + 1]) for j in range(0, len(hashes), 2)]
        part.hashes += hashes
    return part


def stored_moment(moment: datetime) -> str:
    """A moment as SQLite keeps it."""
    return moment.replace(tzinfo=None).isoformat(" ", "microseconds")


def moment_text(told: Any) -> Any:
    """A stored moment in that form: PostgreSQL has it as a moment."""
    return told.isoformat(" ", "microseconds") if isinstance(told, datetime) else told


def _rows(c: Connection, query: TextClause, values: Mapping[str, Any]) -> Iterator[Row[*tuple[Any, ...]]]:
    """As many rows as there may be, of which few are in memory at a time."""
    rows = c.execute(query, values, execution_options={"yield_per": _ROWS_AT_ONCE})
    for part in rows.partitions(_ROWS_AT_ONCE):
        yield from part


def _look_at_detail(vault: Vault | None, row: Any, event: Event, part: Part) -> None:
    if event.commitment is None or row.detail is None:
        if (event.commitment is None) != (row.detail is None):
            code = "detail_missing" if row.detail is None else "detail_extra"
            part.findings.append(Finding(code, str(row.seq)))
        return
    if row.sealed is None:
        part.erased += 1
        return
    if vault is None:
        return
    try:
        told = vault.unseal(row.sealed, row.key_id, str(row.seq))
        holds = commitment_to(told["details"], bytes.fromhex(told["salt"])) == event.commitment
    except (KeyError, TypeError, ValueError, InvalidTag):
        part.findings.append(Finding("detail_unreadable", str(row.seq)))
        return
    if holds:
        part.opened += 1
    else:
        part.findings.append(Finding("detail_differs", str(row.seq)))


@dataclass(frozen=True, slots=True)
class States:
    """A table of states.

    Attributes:
        kinds: of the events that it follows from.
        others: what a row holds besides.
        beside: a table with some of its key, which follows from the same events.
    """

    table: str
    key: tuple[str, ...]
    kinds: frozenset[Kind]
    others: tuple[str, ...] = ()
    beside: str | None = None

    @property
    def keys_query(self) -> str:
        key = ", ".join(self.key)
        there = " AND ".join(f"{name} IS NOT NULL" for name in self.key)
        events = f"SELECT DISTINCT {key} FROM event WHERE {there}"
        stored = (f"SELECT {key} FROM {table}" for table in self.tables)
        # In the order of the database, which need not be that of Python.
        return " UNION ".join([events, *stored]) + f" ORDER BY {key}"

    @property
    def tables(self) -> tuple[str, ...]:
        return (self.table, self.beside) if self.beside else (self.table,)

    @property
    def of_kinds(self) -> str:
        return f"kind IN ({', '.join(repr(str(kind)) for kind in sorted(self.kinds))})"

    @property
    def between(self) -> str:
        names = ", ".join(self.key)
        low, high = (", ".join(f":{end}{i}" for i in range(len(self.key))) for end in ("a", "b"))
        return f"({names}) >= ({low}) AND ({names}) <= ({high})"


JOURNEYS = States("journey", ("worker_id",), OF_WORKERS, ("plan_id", "trip_id", "place_id"), "presence")
RUNS = States("run", ("plan_id", "trip_id"), OF_TRIPS)


def states_part(
    places: Places, states: States, first: tuple[str, ...], last: tuple[str, ...]
) -> list[Finding]:
    """Fold the events of a range of keys anew, and compare with the stored states."""
    ends = {f"a{i}": v for i, v in enumerate(first)} | {f"b{i}": v for i, v in enumerate(last)}
    names = ", ".join((*states.key, "state", "body", *states.others))
    rows = _rows(places.c, text(f"SELECT {names} FROM {states.table} WHERE {states.between}"), ends)
    stored = {tuple(map(str, row[: len(states.key)])): row for row in rows}
    been = _presences(places.c, ends) if states.beside else {}
    at = places.rosters.history(places.c)
    findings = []
    for found, events in events_by_key(places.c, states, ends):
        row: dict[str, Any] | None = None  # an event may say what none of its kind can
        tracked: list[tuple[Any, ...]] = []
        with suppress(LookupError, TypeError, ValueError, AttributeError):
            tracked = track_of(events, at) if states.beside else []
            row = row_of(states, found, events, at)
        if row is None or _told(stored.pop(found, None)) != row:
            findings.append(Finding(f"{states.table}_differs", "/".join(found)))
        if been.pop(found[0], []) != tracked:
            findings.append(Finding(f"{states.beside}_differs", found[0]))
    # What is left follows from no event.
    findings += [Finding(f"{states.table}_differs", "/".join(found)) for found in stored]
    findings += [Finding(f"{states.beside}_differs", found) for found in been]
    return sorted(findings, key=lambda one: one.where)


_PRESENCES = text(
    f"SELECT worker_id, number, kind, place_id, unit, seat, begin_at, end_at FROM presence WHERE "
    f"{JOURNEYS.between} ORDER BY worker_id, number"
)


def _presences(c: Connection, ends: Mapping[str, str]) -> dict[str, list[tuple[Any, ...]]]:
    """By worker, the stored rows."""
    found: dict[str, list[tuple[Any, ...]]] = {}
    for row in _rows(c, _PRESENCES, ends):
        one = (*row[1:6], moment_text(row.begin_at), moment_text(row.end_at))
        found.setdefault(str(row.worker_id), []).append(one)
    return found


def track_of(events: Iterable[Logged], at: Callable[[datetime], Roster]) -> list[tuple[Any, ...]]:
    """Where the events of a worker say that they were, as rows that the table should have."""
    track: Track = ()
    for one in events:
        if one.event.kind not in MOVES:
            continue
        roster = at(one.event.recorded_at)
        track = track_after(track, one.event, roster.expected(one.event.worker_id), roster.rules)
    return [
        (n, p.kind, p.place_id, p.unit, p.seat, stored_moment(p.begin), p.end and stored_moment(p.end))
        for n, p in enumerate(track, 1)
    ]


def events_by_key(
    c: Connection, states: States, ends: Mapping[str, str]
) -> Iterator[tuple[tuple[str, ...], list[Logged]]]:
    """The events of each key that stand, in the order in which they happened."""
    key = ", ".join(states.key)
    where = f"{states.between} AND {states.of_kinds}"
    query = f"SELECT {key}, seq, content FROM event WHERE {where} ORDER BY {key}, seq"
    width = len(states.key)
    for found, rows in groupby(_rows(c, text(query), ends), key=lambda row: tuple(map(str, row[:width]))):
        events = []
        for row in rows:
            try:
                events.append(Logged(row.seq, read_event(row.content)))
            except (Unsound, TypeError, AttributeError):
                continue  # the look at its range tells of it
        # Whatever voids an event is about what that event is about.
        gone = {one.event.says.get("event") for one in events if one.event.kind is Kind.VOIDED}
        standing = [one for one in events if one.seq not in gone and one.event.kind is not Kind.VOIDED]
        yield found, sorted(standing, key=lambda one: (one.event.happened_at, one.seq))


def row_of(
    states: States, key: tuple[str, ...], events: list[Logged], at: Callable[[datetime], Roster]
) -> dict[str, Any]:
    if states == JOURNEYS:
        way = Journey(key[0])
        for one in events:
            roster = at(one.event.recorded_at)
            advance_journey(way, one.event, roster.expected(one.event.worker_id), roster.rules)
        row = journey_row(way)
    else:
        course = Run(key[0], key[1])
        for one in events:
            roster = at(one.event.recorded_at)
            planned = roster.trip(one.event.plan_id, one.event.trip_id)
            advance_run(course, one.event, planned, roster.drop_of(one.event.worker_id))
        row = run_row(course)
    return {**row, "body": canonical(row["body"])}


def _told(row: Any) -> dict[str, Any] | None:
    """A stored row as ``row_of`` makes one; something else where it is none."""
    if row is None:
        return None
    body = row.body
    try:
        body = json.loads(body) if isinstance(body, str | bytes) else body
    except ValueError:
        body = None
    return {**row._mapping, "body": canonical(body)}
