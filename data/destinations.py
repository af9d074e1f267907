"""A destination that receives fewer than come: one item, which follows what is said till it receives all."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, or_, select

from data.accounts import By
from data.bulk import found
from data.flagged import new_item, subject_of
from data.loop_states import Folded
from data.problem_list import EXPLAINED, ask_all, explain, retell
from data.schema import item
from data.trip_log import Logged
from workforce.closed_loop import Flag, Raised
from workforce.rosters import Roster
from workforce.runs import received_fewer
from workforce.triplog import Kind

_SAID = frozenset({Kind.DESTINATION_CONFIRMED, Kind.DESTINATION_DECLINED})
_CHANGES_IT = _SAID | {Kind.WITHDREW, Kind.MISSING, Kind.VOIDED}


def follow_destinations(c: Connection, by: By, new: Sequence[Logged], folded: Folded, roster: Roster) -> None:
    """Bring the list up to date with what destinations receive and who comes to them, after new events.

    An open item says the newest numbers, and is explained once they are enough or the destination declines.
    What somebody settled is asked again only where the destination says once more that it receives fewer.
    """
    about: dict[str, tuple[Logged, Raised | None]] = {}
    for one in new:
        e = one.event
        # Whoever comes after all is flagged for it where there is no room for them.
        flagged = {r.place_id: r for r in folded.new.get(one.seq, ()) if r.flag is Flag.CONFIRMED_FEWER}
        if e.kind not in _CHANGES_IT and not flagged:
            continue
        run, planned = folded.runs.get((e.plan_id or "", e.trip_id or "")), roster.trip(e.plan_id, e.trip_id)
        if run is None or planned is None:
            continue
        for place_id in [e.place_id] if e.kind in _SAID and e.place_id else planned.drops:
            subject = subject_of(one.seq, Raised(Flag.CONFIRMED_FEWER, None, *planned.key, place_id))
            said = place_id in run.receives
            about[subject] = one, received_fewer(run, planned, place_id) if said else flagged.get(place_id)
    counts = or_(item.c.settled_at.is_(None), item.c.decision != EXPLAINED)
    query = select(item).where(item.c.code == Flag.CONFIRMED_FEWER, counts).order_by(item.c.opened_at)
    rows = {row.subject: row for row in found(c, query, item.c.subject, about)}
    asked = []
    for subject, (one, fewer) in about.items():
        row = rows.get(subject)
        if row is not None and row.settled_at is None:
            if fewer is None:
                explain(c, by, row.id, one.seq)
            elif any(row._mapping["values"][name] != count for name, count in fewer.values.items()):
                retell(c, by, row, {**fewer.values, "event": one.seq})
        elif fewer is not None and (row is None or one.event.kind is Kind.DESTINATION_CONFIRMED):
            asked.append(new_item(one.seq, fewer, roster))
    ask_all(c, by, asked)
