"""What was settled: entries that are only ever added to.

Settling works out what is due from the trip log (``workforce/settlement.py``) and writes the difference
to what stands already.  So it may be done as often as one likes, and a late report becomes a correction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import astuple, dataclass, fields
from typing import Any, TypeAlias

from sqlalchemy import Connection, Row, insert, select

from data.accounts import By
from data.loop_states import journeys
from data.problem_list import ask
from data.rosters import Rosters
from data.schema import event, journey, settlement_entry, voided
from workforce.closed_loop import Journey, Way
from workforce.plan import Item, Share
from workforce.problems import Category
from workforce.rosters import Roster
from workforce.settlement import (
    Amounts,
    Line,
    Told,
    Why,
    lodgings,
    stay_lines,
    transfer_line,
    trip_lines,
    unused_stay,
)
from workforce.triplog import Kind, event_of

_OF_TRIPS = (
    Kind.LEFT,
    Kind.REACHED,
    Kind.TRIP_CANCELLED,
    Kind.BOARDED,
    Kind.ALIGHTED,
    Kind.MISSING,
    Kind.VEHICLE_CHANGED,
)
_OF_STAYS = (
    Kind.CHECKED_IN,
    Kind.ROOM_MOVED,
    Kind.HOTEL_LEFT,
    Kind.RELEASED,
    Kind.TRANSFERRED,
    Kind.ARRIVED,
)
_NOT_COMING = frozenset({Way.ABSENT, Way.WITHDRAWN, Way.LEFT_ON_WAY})
OVERRUN = "budget_overrun"
GOVERNMENT = "*"  # the subject of an overrun of the government's budget
_AMOUNTS = tuple(f.name for f in fields(Amounts))

# By what an amount goes on being the same one: item, part, worker, enterprise, trip, hotel, payee.
Key: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Settled:
    """What a settlement did.

    Attributes:
        overruns: the enterprises, and ``*`` for the government, that pay more than their budget.
    """

    entries: int
    corrections: int
    overruns: tuple[str, ...]


def settle(c: Connection, by: By, rosters: Rosters) -> Settled:
    """Enter what is due by now of trips and stays that are over, and how it differs from what was entered."""
    roster = rosters.now(c)
    standing = _standing(c)
    new: list[dict[str, Any]] = []
    for plan_id in roster.plans:
        due: dict[Key, Line] = {_key(line): line for line in lines_of(c, roster, plan_id)}
        stands = standing.get(plan_id, {})
        for key, line in due.items():
            last, was = stands.get(key, (None, Amounts()))
            if last is None or was != line.due:
                new.append(_row(by, plan_id, line, line.due.less(was), last))
        for key, (last, was) in stands.items():
            if key not in due and was != Amounts():
                new.append(_reversal(c, by, plan_id, last, was))
    if new:
        c.execute(insert(settlement_entry), new)
    return Settled(len(new), sum(one["corrects"] is not None for one in new), _overruns(c, by, roster))


def lines_of(c: Connection, roster: Roster, plan_id: str) -> Iterator[Line]:
    """What is due by now of a published plan."""
    published = roster.plans[plan_id]
    plan, scenario = published.plan, published.scenario
    shares: dict[Item, dict[str, Share]] = defaultdict(dict)
    for share in plan.shares:
        shares[share.item][share.worker_id] = share
    of_trip: dict[str, list[Told]] = defaultdict(list)
    of_worker: dict[str, list[Told]] = defaultdict(list)
    boarded: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for told in _events(c, plan_id):
        if told.event.kind is Kind.BOARDED:
            boarded[told.event.worker_id or ""].append((told.event.trip_id or "", told.seq))
        if told.event.kind in _OF_TRIPS:
            of_trip[told.event.trip_id or ""].append(told)
        elif told.event.worker_id is not None:
            of_worker[told.event.worker_id].append(told)
    for trip in plan.trips:
        planned = roster.trip(plan_id, trip.trip_id)
        assert planned is not None
        fleet = scenario.fleets.get(trip.fleet_id)
        operator = fleet.operator if fleet is not None else trip.fleet_id
        parts = shares[Item.TRIP]
        elsewhere = {
            w: seq for w in planned.seat_of for other, seq in boarded.get(w, ()) if other != trip.trip_id
        }
        yield from trip_lines(planned, operator, parts, of_trip[trip.trip_id], scenario.policy, elsewhere)
    ways = {one.worker_id: one for one in journeys(c, journey.c.plan_id == plan_id)}
    employers = {worker_id: expected.enterprise_id for worker_id, expected in roster.workers}
    every = [one for worker_id, log in of_worker.items() for one in lodgings(worker_id, log)]
    known = [one for one in every if one.hotel_id in scenario.hotels]
    stays, rooms = plan.stay_of, shares[Item.ROOM]
    yield from stay_lines(known, scenario.hotels, stays, rooms, employers, scenario.policy)
    slept = {(one.worker_id, one.hotel_id) for one in known}
    for worker_id, stay in stays.items():
        way, room = ways.get(worker_id, Journey(worker_id)), rooms.get(worker_id)
        proof = [told.seq for told in of_worker[worker_id]]
        over = way.state in _NOT_COMING or (way.released and (worker_id, stay.hotel_id) not in slept)
        if over and room is not None and (worker_id, stay.hotel_id) not in slept:
            yield unused_stay(worker_id, stay, room, proof)
        transfer = shares[Item.TRANSFER].get(worker_id)
        driven = [t.seq for t in of_worker[worker_id] if t.event.kind is Kind.TRANSFERRED]
        if transfer is not None and (driven or over or way.state is Way.RETURNED):
            yield transfer_line(worker_id, stay, transfer, driven or proof, bool(driven))


def _events(c: Connection, plan_id: str) -> Iterator[Told]:
    kinds = [str(kind) for kind in (*_OF_TRIPS, *_OF_STAYS)]
    gone = select(voided.c.seq)
    query = select(event.c.seq, event.c.content).where(
        event.c.plan_id == plan_id, event.c.kind.in_(kinds), event.c.seq.not_in(gone)
    )
    for row in c.execute(query.order_by(event.c.seq)):
        yield Told(row.seq, event_of(row.content))


def _standing(c: Connection) -> dict[str, dict[Key, tuple[int, Amounts]]]:
    """By plan and amount, the last entry and what all entries come to."""
    found: dict[str, dict[Key, tuple[int, Amounts]]] = defaultdict(dict)
    for row in c.execute(select(settlement_entry).order_by(settlement_entry.c.seq)):
        key = _key_of(row)
        _, was = found[row.plan_id].get(key, (0, Amounts()))
        found[row.plan_id][key] = row.seq, _sum(was, amounts(row))
    return found


def amounts(row: Row[Any]) -> Amounts:
    return Amounts(*(getattr(row, f"{name}_fen") for name in _AMOUNTS))


def _sum(one: Amounts, other: Amounts) -> Amounts:
    return Amounts(*(a + b for a, b in zip(astuple(one), astuple(other), strict=True)))


def _key(line: Line) -> Key:
    who = (line.worker_id, line.enterprise_id)
    return (str(line.item), line.part, *who, line.trip_id, line.hotel_id, line.payee)


def _key_of(row: Row[Any]) -> Key:
    who = (row.worker_id, row.enterprise_id)
    return (row.item, row.part, *who, row.trip_id, row.hotel_id, row.payee)


def _row(by: By, plan_id: str, line: Line, change: Amounts, last: int | None) -> dict[str, Any]:
    return {
        "at": by.at,
        "account_id": by.account_id,
        "plan_id": plan_id,
        "item": str(line.item),
        "part": line.part,
        "worker_id": line.worker_id,
        "enterprise_id": line.enterprise_id,
        "trip_id": line.trip_id,
        "hotel_id": line.hotel_id,
        "payee": line.payee,
        **{f"{name}_fen": getattr(change, name) for name in _AMOUNTS},
        "why": str(line.why),
        "evidence": list(line.evidence),
        "corrects": last,
    }


def _reversal(c: Connection, by: By, plan_id: str, last: int, was: Amounts) -> dict[str, Any]:
    """What stands for an amount that is due no longer is taken back."""
    row = c.execute(select(settlement_entry).where(settlement_entry.c.seq == last)).one()
    same = {name: value for name, value in row._mapping.items() if name != "seq"}
    back = {f"{name}_fen": -getattr(was, name) for name in _AMOUNTS}
    return {
        **same,
        **back,
        "at": by.at,
        "account_id": by.account_id,
        "plan_id": plan_id,
        "why": str(Why.NOT_USED),
        "corrects": last,
    }


def _overruns(c: Connection, by: By, roster: Roster) -> tuple[str, ...]:
    """Whoever is to pay more than their budget; each becomes an item."""
    paid: dict[str, int] = defaultdict(int)
    for row in c.execute(select(settlement_entry)):
        paid[row.enterprise_id or ""] += row.enterprise_fen
        paid[GOVERNMENT] += row.government_fen
    if not roster.plans:
        return ()
    scenario = list(roster.plans.values())[-1].scenario
    budgets = {e.enterprise_id: e.budget_fen for e in scenario.enterprises.values()}
    budgets[GOVERNMENT] = scenario.policy.government_fen
    over = {e: (budget, paid[e]) for e, budget in budgets.items() if budget is not None and paid[e] > budget}
    for subject, (budget, fen) in over.items():
        firm = None if subject == GOVERNMENT else subject
        ask(c, by, Category.MONEY, OVERRUN, subject, firm, {"budget_fen": budget, "due_fen": fen})
    return tuple(sorted(over))


def entries(
    c: Connection,
    after: int = 0,
    limit: int | None = None,
    enterprise_id: str | None = None,
    payee: str | None = None,
) -> list[Row[Any]]:
    """Entries in the order in which they were made, of one enterprise or payee where it is given."""
    query = select(settlement_entry).where(settlement_entry.c.seq > after)
    if enterprise_id is not None:
        query = query.where(settlement_entry.c.enterprise_id == enterprise_id)
    if payee is not None:
        query = query.where(settlement_entry.c.payee == payee)
    return list(c.execute(query.order_by(settlement_entry.c.seq).limit(limit)))


def totals(rows: Iterable[Row[Any]]) -> Amounts:
    found = Amounts()
    for row in rows:
        found = _sum(found, amounts(row))
    return found
