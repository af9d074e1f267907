"""What nobody reported is put on the problem list, and taken off it once somebody does."""

from __future__ import annotations

from sqlalchemy import Connection, select

from data.accounts import By
from data.flagged import new_item
from data.loop_states import journeys, runs
from data.problem_list import EXPLAINED, ask_all, explain
from data.rosters import Rosters
from data.schema import item, journey
from workforce.closed_loop import Way
from workforce.silences import SILENT, silences


def ask_about_silences(c: Connection, by: By, rosters: Rosters) -> int:
    """Bring the list up to date with what is silent by now; returns how many items are new.

    What somebody settled is not asked again, unless it is about another day.
    """
    roster = rosters.now(c)
    courses = {(one.plan_id, one.trip_id): one for one in runs(c)}
    ways = {one.worker_id: one for one in journeys(c, journey.c.state != Way.RETURNED)}
    silent = [new_item(None, one, roster) for one in silences(roster, courses, ways, by.at)]
    still = {(one.code, one.subject) for one in silent}
    answered = set()
    for row in c.execute(select(item).where(item.c.code.in_(sorted(SILENT)))).mappings().all():
        if row["settled_at"] is None and (row["code"], row["subject"]) not in still:
            explain(c, by, row["id"])
        elif row["settled_at"] is not None and row["decision"] != EXPLAINED:
            answered.add((row["code"], row["subject"], row["values"].get("day")))
    asked = [one for one in silent if (one.code, one.subject, one.values.get("day")) not in answered]
    return len(ask_all(c, by, asked))
