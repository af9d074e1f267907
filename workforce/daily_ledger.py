"""The daily ledger 台账: by enterprise, sector and county, how far everybody is at the end of a day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any

from workforce.entities import Enterprise
from workforce.rosters import Roster
from workforce.triplog import Kind


class Restart(StrEnum):
    """Whether an enterprise has hands enough to run."""

    RUNNING = "running"  # before anybody returned
    RESTARTED = "restarted"
    SHORT = "short"


@dataclass(frozen=True, slots=True)
class Days:
    """The local days on which a worker got so far; None: not yet.  ``lodged``: they are in a room now."""

    boarded: date | None = None
    alighted: date | None = None
    checked_in: date | None = None
    arrived: date | None = None
    lodged: bool = False


# Which day an event of a kind tells; of several the last counts.
_DAY_OF: Mapping[Kind, str] = {
    Kind.BOARDED: "boarded",
    Kind.ALIGHTED: "alighted",
    Kind.CHECKED_IN: "checked_in",
    Kind.ARRIVED: "arrived",
}
_OUT_OF_ROOMS = frozenset({Kind.HOTEL_LEFT, Kind.RELEASED, Kind.TRANSFERRED, Kind.ARRIVED})
COUNTED = frozenset(_DAY_OF) | _OUT_OF_ROOMS  # the kinds that the ledger follows from


@dataclass(frozen=True, slots=True)
class Counts:
    """Workers at the end of a day, all but ``in_quarantine`` counted since the beginning."""

    planned: int = 0  # on trips that leave by then
    departed: int = 0
    arrived: int = 0  # at a hotel or at their enterprise
    in_quarantine: int = 0
    returned: int = 0

    def plus(self, other: Counts) -> Counts:
        return Counts(
            self.planned + other.planned,
            self.departed + other.departed,
            self.arrived + other.arrived,
            self.in_quarantine + other.in_quarantine,
            self.returned + other.returned,
        )


@dataclass(frozen=True, slots=True)
class Rate:
    """A part of a whole, with both."""

    of: int
    among: int

    def plus(self, other: Rate) -> Rate:
        return Rate(self.of + other.of, self.among + other.among)


@dataclass(frozen=True, slots=True)
class Row:
    """An enterprise, or all of a sector, county or size, at the end of a day.

    Attributes:
        opened: enterprises that run, of all.
        at_work: workers present or returned, of the headcount needed.
    """

    counts: Counts
    opened: Rate
    at_work: Rate

    def plus(self, other: Row) -> Row:
        return Row(
            self.counts.plus(other.counts), self.opened.plus(other.opened), self.at_work.plus(other.at_work)
        )


@dataclass(frozen=True, slots=True)
class OfEnterprise:
    enterprise: Enterprise
    restart: Restart
    row: Row


@dataclass(frozen=True)
class Ledger:
    """A day; the groups go by sector, county (adcode), and ``large`` or ``small``."""

    day: date
    enterprises: tuple[OfEnterprise, ...]
    sectors: Mapping[str, Row]
    counties: Mapping[str, Row]
    sizes: Mapping[str, Row]
    total: Row


_NOTHING = Row(Counts(), Rate(0, 0), Rate(0, 0))


def days_after(was: Days, kind: Kind, day: date) -> Days:
    """The days after an event of one of the kinds that count, which happened after all those before."""
    told: dict[str, Any] = {_DAY_OF[kind]: day} if kind in _DAY_OF else {}
    if kind is Kind.CHECKED_IN or kind in _OUT_OF_ROOMS:
        told["lodged"] = kind is Kind.CHECKED_IN
    return replace(was, **told)


def ledger_of(
    day: date,
    roster: Roster,
    enterprises: Iterable[Enterprise],
    days: Mapping[str, Days],
    large_workforce: int,
) -> Ledger:
    """The ledger of a day.

    Args:
        days: by worker, what events up to the end of the day tell.
        large_workforce: from this headcount on an enterprise counts as one above the statistical size.
    """
    counts: dict[str, Counts] = defaultdict(Counts)
    for worker_id, expected in roster.workers:
        planned = roster.trip(expected.plan_id, expected.trip_id)
        leaves = planned is not None and planned.trip.first_day <= day
        told = _counts(days.get(worker_id, Days()), leaves)
        counts[expected.enterprise_id or ""] = counts[expected.enterprise_id or ""].plus(told)
    rows = []
    groups: tuple[dict[str, Row], ...] = ({}, {}, {})
    total = _NOTHING
    for e in sorted(enterprises, key=lambda e: e.enterprise_id):
        restart = _restart(e, counts[e.enterprise_id].returned)
        opened = Rate(int(restart is not Restart.SHORT), 1)
        at_work = Rate(e.present + counts[e.enterprise_id].returned, e.workforce)
        row = Row(counts[e.enterprise_id], opened, at_work)
        rows.append(OfEnterprise(e, restart, row))
        total = total.plus(row)
        size = "large" if e.workforce >= large_workforce else "small"
        for group, name in zip(groups, (e.sector or "", e.adcode or "", size), strict=True):
            group[name] = group.get(name, _NOTHING).plus(row)
    sectors, counties, sizes = groups
    return Ledger(day, tuple(rows), sectors, counties, sizes, total)


def _counts(told: Days, leaves: bool) -> Counts:
    arrived = told.alighted is not None or told.checked_in is not None or told.arrived is not None
    return Counts(
        planned=int(leaves),
        departed=int(told.boarded is not None or told.alighted is not None),
        arrived=int(arrived),
        in_quarantine=int(told.lodged),
        returned=int(told.arrived is not None),
    )


def _restart(e: Enterprise, returned: int) -> Restart:
    needed = e.restarts_with
    if needed is None:
        return Restart.RUNNING
    return Restart.RESTARTED if returned >= needed else Restart.SHORT
