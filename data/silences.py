"""What nobody reported is put on the problem list, and taken off it once somebody does."""

from __future__ import annotations

from sqlalchemy import Connection, or_, select

from data.accounts import By
from data.database import Database
from data.flagged import new_item
from data.loop_states import journeys, runs
from data.problem_list import EXPLAINED, New, ask_all, explain
from data.rosters import Rosters
from data.schema import item, journey
from workforce.closed_loop import Way
from workforce.silences import SILENT, silences

_OF = ("day", "plan_id", "trip_id")  # what was settled is not asked again of the same


def ask_about_silences(database: Database, by: By, rosters: Rosters) -> int:
    """Bring the list up to date with what is silent by now; returns how many items are new.

    What somebody settled is not asked again, unless it is about another day or another trip.
    """
    # All ways are read; whoever reports meanwhile does not wait for that.
    with database.read() as c:
        silent, over = _found(c, by, rosters)
    if not silent and not over:
        return 0
    with database.write() as c:
        for item_id in over:
            explain(c, by, item_id)
        return len(ask_all(c, by, silent))


def _found(c: Connection, by: By, rosters: Rosters) -> tuple[list[New], list[str]]:
    """What is to be asked, and the items that are explained."""
    roster = rosters.now(c)
    courses = {(one.plan_id, one.trip_id): one for one in runs(c)}
    ways = {one.worker_id: one for one in journeys(c, journey.c.state != Way.RETURNED)}
    silent = [new_item(None, one, roster) for one in silences(roster, courses, ways, by.at)]
    still = {(one.code, one.subject) for one in silent}
    over, open_ones, settled = [], set(), set()
    counts = or_(item.c.settled_at.is_(None), item.c.decision != EXPLAINED)
    query = select(item.c.id, item.c.code, item.c.subject, item.c["values"], item.c.settled_at)
    for item_id, code, subject, values, settled_at in c.execute(
        query.where(item.c.code.in_(sorted(SILENT)), counts)
    ):
        if settled_at is not None:
            settled.add((code, subject, *map(values.get, _OF)))
        elif (code, subject) in still:
            open_ones.add((code, subject))
        else:
            over.append(item_id)
    asked = [
        one
        for one in silent
        if (one.code, one.subject) not in open_ones
        and (one.code, one.subject, *map(one.values.get, _OF)) not in settled
    ]
    return asked, over
