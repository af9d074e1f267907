"""What nobody reported is put on the problem list, and taken off it once somebody does.

Who is not at work is listed by enterprise and day, in one item for all of them; see ``_groups``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from data.accounts import By
from data.database import Database
from data.flagged import new_item
from data.loop_states import journeys, runs
from data.problem_list import EXPLAINED, New, ask_all, explain, list_workers
from data.rosters import Rosters
from data.schema import item, journey
from workforce.closed_loop import Flag, Way
from workforce.problems import category_of
from workforce.silences import SILENT, silences

_OF = ("day", "plan_id", "trip_id")  # what was settled is not asked again of the same


@dataclass
class _Found:
    """What is to be asked, the items that are explained, and those of which others are missed now."""

    asked: list[New] = field(default_factory=list)
    over: list[str] = field(default_factory=list)
    workers: dict[str, list[str]] = field(default_factory=dict)


def ask_about_silences(database: Database, by: By, rosters: Rosters) -> int:
    """Bring the list up to date with what is silent by now; returns how many items are new.

    What somebody settled is not asked again, unless it is about another day or another trip.
    """
    # All ways are read; whoever reports meanwhile does not wait for that.
    with database.read() as c:
        found = _found(c, by, rosters)
    if found == _Found():
        return 0
    with database.write() as c:
        for item_id in found.over:
            explain(c, by, item_id)
        for item_id, worker_ids in found.workers.items():
            list_workers(c, by, item_id, worker_ids)
        return len(ask_all(c, by, found.asked))


def _found(c: Connection, by: By, rosters: Rosters) -> _Found:
    roster = rosters.now(c)
    courses = {(one.plan_id, one.trip_id): one for one in runs(c)}
    ways = {one.worker_id: one for one in journeys(c, journey.c.state != Way.RETURNED)}
    silent = [new_item(None, one, roster) for one in silences(roster, courses, ways, by.at)]
    counts = or_(item.c.settled_at.is_(None), item.c.decision != EXPLAINED)
    rows = c.execute(select(item).where(item.c.code.in_(sorted(SILENT)), counts)).all()
    found = _Found()
    grouped = Flag.NOT_AT_WORK
    _single(
        [one for one in silent if one.code != grouped], [row for row in rows if row.code != grouped], found
    )
    _groups(
        [one for one in silent if one.code == grouped], [row for row in rows if row.code == grouped], found
    )
    return found


def _single(silent: Sequence[New], rows: Sequence[Row[Any]], found: _Found) -> None:
    """What has an item of its own."""
    still = {(one.code, one.subject) for one in silent}
    there, settled = set(), set()
    for row in rows:
        if row.settled_at is not None:
            settled.add((row.code, row.subject, *map(_values(row).get, _OF)))
        elif (row.code, row.subject) in still:
            there.add((row.code, row.subject))
        else:
            found.over.append(row.id)
    found.asked += [
        one
        for one in silent
        if (one.code, one.subject) not in there
        and (one.code, one.subject, *map(one.values.get, _OF)) not in settled
    ]


def _groups(silent: Sequence[New], rows: Sequence[Row[Any]], found: _Found) -> None:
    """Who is not at work, by enterprise and day.

    An open item lists those who are missed by now: whoever is reported after all comes off it, others are
    added, and it is explained once nobody is left.  Settling it settles each whom it lists, for that day;
    whoever is missed later of the same enterprise and day is asked about in another item.
    """
    settled = {(w, _day(row)) for row in rows if row.settled_at is not None for w in _listed(row)}
    missed: dict[tuple[str | None, str], list[str]] = {}
    for one in silent:
        worker_id, day = one.values["worker_id"], one.values["day"]
        if (worker_id, day) not in settled:
            missed.setdefault((one.enterprise_id, day), []).append(worker_id)
    for row in rows:
        if row.settled_at is None:
            now = missed.pop((row.enterprise_id, _day(row)), [])
            if not now:
                found.over.append(row.id)
            elif set(now) != set(_listed(row)):
                found.workers[row.id] = sorted(now)
    for (firm, day), worker_ids in missed.items():
        values = {"day": day, "worker_ids": sorted(worker_ids)}
        flag = Flag.NOT_AT_WORK
        found.asked.append(New(category_of(flag), flag, f"{firm or ''} {day}", values, firm))


def _values(row: Row[Any]) -> dict[str, Any]:
    return dict(row._mapping["values"])


def _day(row: Row[Any]) -> str:
    return str(_values(row).get("day"))


def _listed(row: Row[Any]) -> Sequence[str]:
    return list(_values(row).get("worker_ids", ()))
