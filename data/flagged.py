"""What was flagged becomes an item of the problem list, which stays open until somebody settles it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlalchemy import Connection, select

from data.accounts import By
from data.loop_states import Folded
from data.problem_list import New, ask_all, explain
from data.schema import item
from data.trip_log import parts
from workforce.closed_loop import Flag, Raised
from workforce.journeys import FLAGS_OF_WORKERS
from workforce.problems import Category, category_of
from workforce.rosters import Roster
from workforce.runs import FLAGS_OF_TRIPS

_OF_DROPS = frozenset({Flag.CONFIRMED_FEWER, Flag.DESTINATION_DECLINED, Flag.HEADS_DIFFER})
_STAYS_OPEN = frozenset({Flag.FEVER, Flag.NO_OBSERVATION_SEAT})  # till a health officer has looked


def open_problems(c: Connection, by: By, folded: Folded, roster: Roster, gone: Sequence[int]) -> None:
    """Bring the list up to date with what was folded.

    Each flag becomes an item, unless the same is open already.  Where reports that came late show that
    there was no problem, its item is settled as explained; where they show one, it is opened.
    What a destination receives is not looked at here: see ``data.destinations``.

    Args:
        gone: events that were voided, with what they were flagged for.
    """
    known = _known(c, [*folded.of_workers, *folded.of_trips, *gone])
    for seq in gone:
        for code, item_id in known.get(seq, {}).items():
            if code not in _STAYS_OPEN:
                explain(c, by, item_id)
    new = [(seq, one) for seq, flags in folded.new.items() for one in flags]
    for again, codes in ((folded.of_workers, FLAGS_OF_WORKERS), (folded.of_trips, FLAGS_OF_TRIPS)):
        for seq, flags in again.items():
            there = {code: item_id for code, item_id in known.get(seq, {}).items() if code in codes}
            new += [(seq, one) for one in flags if one.flag not in there]
            now = {one.flag for one in flags}
            for code, item_id in there.items():
                if code not in now:
                    explain(c, by, item_id)
    # Only now, for what was explained of one event may still hold of another.
    open_all(c, by, [(seq, one) for seq, one in new if one.flag is not Flag.CONFIRMED_FEWER], roster)


def _known(c: Connection, seqs: list[int]) -> dict[int, dict[str, str]]:
    """By event, the items that it led to: by code, the id."""
    found: dict[int, dict[str, str]] = {}
    for part in parts(seqs):
        of_them = item.c.event_seq.in_(part), item.c.code != Flag.CONFIRMED_FEWER
        query = select(item.c.event_seq, item.c.code, item.c.id).where(*of_them)
        for row in c.execute(query):
            found.setdefault(row.event_seq, {})[row.code] = row.id
    return found


def open_all(c: Connection, by: By, raised: Iterable[tuple[int | None, Raised]], roster: Roster) -> list[str]:
    """Put flags on the list that are not open on it already; returns the ids of the items.

    Args:
        raised: each with the event that raised it; None: none did.
    """
    return ask_all(c, by, [new_item(seq, one, roster) for seq, one in raised])


def new_item(seq: int | None, one: Raised, roster: Roster) -> New:
    """What a flag asks of somebody; see ``open_all``."""
    expected, category = roster.expected(one.worker_id), category_of(one.flag)
    # How somebody is is for health officers alone.
    firm = expected.enterprise_id if expected is not None and category is not Category.HEALTH else None
    about = {"worker_id": one.worker_id, "plan_id": one.plan_id, "trip_id": one.trip_id}
    told = {**about, "place_id": one.place_id, "event": seq, **one.values}
    values = {name: value for name, value in told.items() if value is not None}
    return New(category, one.flag, subject_of(seq, one), values, firm, seq)


def subject_of(seq: int | None, one: Raised) -> str:
    """What an item is about: while it is open, the same flag of the same subject is not asked again."""
    if one.worker_id or not one.trip_id:
        return one.worker_id or one.place_id or ""
    trip = f"{one.plan_id}/{one.trip_id}"
    if one.flag is Flag.SUBSTITUTE_COST:
        return f"{trip} {seq}"  # each is charged
    return f"{trip} {one.place_id}" if one.flag in _OF_DROPS else trip
