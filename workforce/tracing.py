"""Whom a case met: from the presences of workers to their contacts.

Two people meet where they are in one room, on one coach, at one pickup or at one hand-over at a time.
How close that is, is the policy's word (docs/tracing.md has the table).  A contact's own contacts count
from the moment at which they themselves could first have caught it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import TypeAlias

from workforce.closed_loop import local_day
from workforce.loop_rules import Contact as ContactRule
from workforce.loop_rules import LoopRules
from workforce.presence import Ground, Presence, Track

MOST_STEPS = 3  # the contacts of a case, and two steps further


class Level(StrEnum):
    """How close a contact is."""

    CLOSE = "close"  # 密切接触
    GENERAL = "general"  # 一般接触


@dataclass(frozen=True, slots=True)
class Meeting:
    """Two people at one place.

    Attributes:
        worker_id: who was met.
        by_id: who met them: the case, or a contact of the case.
        seats: of both on a coach, ``by_id``'s first; None: it is not known.
        rows: between them; None: not on a coach, or not known.
    """

    worker_id: str
    by_id: str
    kind: Ground
    place_id: str
    unit: str
    begin: datetime
    end: datetime
    seats: tuple[int | None, int | None]
    rows: int | None
    level: Level

    @property
    def minutes(self) -> int:
        return int((self.end - self.begin).total_seconds() // 60)


@dataclass(frozen=True, slots=True)
class Contact:
    """Somebody whom the case met, or whom contacts met.

    Attributes:
        step: 1: met the case; 2: met a contact of the case; …
        meetings: with people of earlier steps; the closest first.
    """

    worker_id: str
    step: int
    meetings: tuple[Meeting, ...]

    @property
    def closest(self) -> Meeting:
        return self.meetings[0]


@dataclass(frozen=True, slots=True)
class Crew:
    """Drivers, who are no workers: those of a coach on which the case was.  They are close contacts."""

    plan_id: str
    trip_id: str
    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Order:
    """A close contact whose days of quarantine begin again; ``until`` is the local day of release."""

    worker_id: str
    last_exposure: datetime
    until: date


@dataclass(frozen=True, slots=True)
class Closeness:
    """The policy's word on who is a close contact; ``per_row``: seats in a row of a plan's trip."""

    rules: LoopRules
    per_row: Callable[[str, str], int]


Tracks: TypeAlias = Callable[[Collection[str]], Mapping[str, Track]]
# Everybody who was at the place of one of these presences while it lasted; others may be among them.
Beside: TypeAlias = Callable[[Sequence[Presence]], Iterable[Presence]]


def clipped(track: Track, since: datetime, until: datetime) -> list[Presence]:
    """The presences between two moments; all of them have an end."""
    found = (p._replace(begin=max(p.begin, since), end=min(p.end or until, until)) for p in track)
    return [p for p in found if p.end is not None and p.begin < p.end]


def find_contacts(
    case_id: str,
    since: datetime,
    now: datetime,
    steps: int,
    closeness: Closeness,
    tracks: Tracks,
    beside: Beside,
) -> list[Contact]:
    """Everybody whom the case met between two moments, and further steps: the closest first.

    A further step goes from close contacts alone.  Everybody is in the step in which they were reached
    first; who is reached again by a way on which they could have caught it earlier is followed again.
    """
    exposed = {case_id: since}
    step_of = {case_id: 0}
    met: dict[tuple[str, str], list[Meeting]] = {}
    reached: Collection[str] = [case_id]
    for step in range(1, steps + 1):
        ways = tracks(reached)
        spells = [p for w in reached for p in clipped(ways.get(w, ()), exposed[w], now)]
        found = _meetings(spells, beside(spells), now, closeness)
        earlier: dict[str, datetime] = {}
        for (by_id, worker_id), ones in found.items():
            if worker_id == case_id:
                continue
            met[by_id, worker_id] = ones
            step_of.setdefault(worker_id, step)
            for one in ones:
                before = earlier.get(worker_id) or exposed.get(worker_id)
                if one.level is Level.CLOSE and (before is None or one.begin < before):
                    earlier[worker_id] = one.begin
        exposed |= earlier
        reached = sorted(earlier)
    of_worker: dict[str, list[Meeting]] = defaultdict(list)
    for (by_id, worker_id), ones in met.items():
        if step_of[by_id] < step_of[worker_id]:
            of_worker[worker_id] += ones
    contacts = [
        Contact(
            worker_id, step_of[worker_id], tuple(sorted(ones, key=lambda m: (step_of[m.by_id], *_rank(m))))
        )
        for worker_id, ones in of_worker.items()
    ]
    return sorted(contacts, key=lambda one: (one.step, *_rank(one.closest), one.worker_id))


def crews(case: Track, since: datetime, now: datetime) -> list[Crew]:
    """The coaches whose crew the case met; a change of seats makes no second one."""
    found: dict[tuple[str, str], Crew] = {}
    for p in clipped(case, since, now):
        if p.kind is Ground.COACH:
            end = p.end or now
            first = found.get((p.place_id, p.unit))
            found[p.place_id, p.unit] = Crew(p.place_id, p.unit, first.begin if first else p.begin, end)
    return list(found.values())


def orders(contacts: Iterable[Contact], quarantine_days: int) -> list[Order]:
    """Who must begin the quarantine again: whoever met the case closely."""
    found = []
    for one in contacts:
        ends = [m.end for m in one.meetings if m.level is Level.CLOSE]
        if one.step == 1 and ends:
            last = max(ends)
            found.append(Order(one.worker_id, last, local_day(last) + timedelta(days=quarantine_days)))
    return found


def rows_between(seat: int | None, other: int | None, per_row: int) -> int | None:
    """How many rows lie from one seat to another: 0 in one row.  Seats are numbered row by row."""
    if seat is None or other is None:
        return None
    return abs((seat - 1) // per_row - (other - 1) // per_row)


def _meetings(
    spells: Sequence[Presence], others: Iterable[Presence], now: datetime, closeness: Closeness
) -> dict[tuple[str, str], list[Meeting]]:
    """By who met and who was met."""
    here = defaultdict(set)
    for other in others:
        here[other.kind, other.place_id, other.unit].add(other)
    found = defaultdict(list)
    for spell in spells:
        for other in here[spell.kind, spell.place_id, spell.unit]:
            begin, end = max(spell.begin, other.begin), min(spell.end or now, other.end or now)
            if other.worker_id != spell.worker_id and begin < end:
                one = _meeting(spell, other, begin, end, closeness)
                found[spell.worker_id, other.worker_id].append(one)
    return found


def _meeting(
    spell: Presence, other: Presence, begin: datetime, end: datetime, closeness: Closeness
) -> Meeting:
    rows = None
    if spell.kind is Ground.COACH:
        rows = rows_between(spell.seat, other.seat, closeness.per_row(spell.place_id, spell.unit))
    return Meeting(
        other.worker_id,
        spell.worker_id,
        spell.kind,
        spell.place_id,
        spell.unit,
        begin,
        end,
        (spell.seat, other.seat),
        rows,
        level_of(spell.kind, rows, closeness.rules),
    )


def level_of(kind: Ground, rows: int | None, rules: LoopRules) -> Level:
    """How close a meeting is; where the distance on a coach is not known, it is taken to be small."""
    if kind is Ground.ROOM:
        return Level.CLOSE
    if kind is Ground.COACH:
        near = rules.contact is ContactRule.COACH or rows is None or rows <= rules.contact_rows
        return Level.CLOSE if near else Level.GENERAL
    return Level.GENERAL


_NEARER = tuple(Ground)


def _rank(one: Meeting) -> tuple[bool, int, int, timedelta, datetime]:
    """Meetings by how close they were."""
    far = one.level is not Level.CLOSE
    return far, _NEARER.index(one.kind), one.rows or 0, one.begin - one.end, one.begin
