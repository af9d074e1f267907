"""The daily ledger from the trip log, and the problem list's own rate."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection, func, select

from data.rosters import Rosters
from data.schema import event, item, voided
from workforce.closed_loop import BEIJING, local_day
from workforce.daily_ledger import COUNTED, Days, Ledger, Rate, days_after, ledger_of
from workforce.triplog import Kind


def daily_ledger(c: Connection, rosters: Rosters, day: date) -> Ledger:
    """How far everybody was at the end of a local day."""
    roster = rosters.now(c)
    end = _end_of(day)
    days: dict[str, Days] = {}
    query = (
        select(event.c.worker_id, event.c.kind, event.c.happened_at)
        .where(event.c.kind.in_(sorted(COUNTED)), event.c.happened_at < end)
        .where(event.c.seq.not_in(select(voided.c.seq)))
        .order_by(event.c.happened_at, event.c.seq)
    )
    for row in c.execute(query):
        known = days.get(row.worker_id, Days())
        days[row.worker_id] = days_after(known, Kind(row.kind), local_day(row.happened_at))
    # The last plan's scenario knows today's enterprises; earlier ones those that are gone.
    enterprises = {e.enterprise_id: e for p in roster.plans.values() for e in p.scenario.enterprises.values()}
    return ledger_of(day, roster, enterprises.values(), days, roster.rules.large_workforce)


def problems_settled(c: Connection, day: date) -> Rate:
    """Problems settled by the end of a local day, of those raised by then."""
    end = _end_of(day)
    raised = select(func.count()).where(item.c.opened_at < end)
    settled = raised.where(item.c.settled_at < end)
    return Rate(c.execute(settled).scalar_one(), c.execute(raised).scalar_one())


def _end_of(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), time(), BEIJING)
