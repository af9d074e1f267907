"""What was settled: entries that are only ever added to.

Settling works out what is due from the trip log (``workforce/settlement.py``) and writes the difference
to what stands already.  So it may be done as often as one likes, and a late report becomes a correction.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import astuple, dataclass, fields
from datetime import date
from itertools import groupby
from operator import attrgetter
from typing import Any, TypeAlias

from sqlalchemy import Column, Connection, Row, Select, insert, select

from data.accounts import By
from data.bulk import found
from data.loop_states import journey_of
from data.problem_list import ask
from data.rosters import Rosters
from data.schema import event, journey, settlement_entry, voided
from workforce.closed_loop import Journey, Way
from workforce.entities import Hotel
from workforce.plan import Item, Plan, Share
from workforce.problems import Category
from workforce.rosters import Roster
from workforce.settlement import (
    Amounts,
    Line,
    Lodged,
    Told,
    Why,
    lodgings,
    stay_lines,
    transfer_line,
    trip_lines,
    unused_stay,
)
from workforce.triplog import Kind, event_of
from workforce.views import Published

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
_ROWS_AT_ONCE = 1000  # that are fetched
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


@dataclass(frozen=True, slots=True)
class _Guest:
    """What was reported of a worker's stay and the way to work.

    Attributes:
        plan_id: by which it is settled.
        reports, driven: numbers of all these events, and of those of the transfer.
    """

    plan_id: str | None
    lodged: tuple[Lodged, ...] = ()
    reports: tuple[int, ...] = ()
    driven: tuple[int, ...] = ()


def settle(c: Connection, by: By, rosters: Rosters) -> Settled:
    """Enter what is due by now of trips and stays that are over, and how it differs from what was entered."""
    roster = rosters.now(c)
    standing, strayed, guests = _standing(c), _strayed(c, roster), _guests(c, roster)
    # Guests may be moved to a hotel that only a later plan knows.
    hotels = {h: hotel for one in roster.plans.values() for h, hotel in one.scenario.hotels.items()}
    new: list[dict[str, Any]] = []
    for plan_id, published in roster.plans.items():
        lines = (*_of_trips(c, roster, published, strayed), *_of_stays(c, roster, published, guests, hotels))
        due: dict[Key, Line] = {_key(line): line for line in lines}
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


def _of_trips(
    c: Connection, roster: Roster, published: Published, strayed: Mapping[str, int]
) -> Iterator[Line]:
    """What is due by now of the trips that a published plan tells."""
    plan, scenario = published.plan, published.scenario
    shares = _shares(plan, Item.TRIP)
    log: dict[str, list[Told]] = defaultdict(list)
    query = _reports(_OF_TRIPS, event.c.seq, event.c.content).where(event.c.plan_id == published.plan_id)
    for row in c.execute(query.order_by(event.c.seq)):
        told = Told(row.seq, event_of(row.content))
        log[told.event.trip_id or ""].append(told)
    for trip in plan.trips:
        planned = roster.trip(published.plan_id, trip.trip_id)
        assert planned is not None
        fleet = scenario.fleets.get(trip.fleet_id)
        operator = fleet.operator if fleet is not None else trip.fleet_id
        elsewhere = {w: strayed[w] for w in planned.seat_of if w in strayed}
        yield from trip_lines(planned, operator, shares, log[trip.trip_id], scenario.policy, elsewhere)


def _of_stays(
    c: Connection,
    roster: Roster,
    published: Published,
    guests: Mapping[str, _Guest],
    every_hotel: Mapping[str, Hotel],
) -> Iterator[Line]:
    """What is due by now of stays and transfers of a published plan's riders, whatever coach they took."""
    plan_id, plan, policy = published.plan_id, published.plan, published.scenario.policy
    hotels = {**every_hotel, **published.scenario.hotels}
    employers = {worker_id: expected.enterprise_id for worker_id, expected in roster.workers}
    own = [guest for guest in guests.values() if guest.plan_id == plan_id]
    known = [one for guest in own for one in guest.lodged if one.hotel_id in hotels]
    rooms = {(one.hotel_id, one.room) for one in known}
    # Guests whom other plans settle bear their part of the nights that they shared.
    others = (one for guest in guests.values() if guest.plan_id != plan_id for one in guest.lodged)
    beside = [one for one in others if (one.hotel_id, one.room) in rooms]
    stays, shares = plan.stay_of, _shares(plan, Item.ROOM)
    for line in stay_lines([*known, *beside], hotels, stays, shares, employers, policy):
        if guests[line.worker_id].plan_id == plan_id:
            yield line
    slept = {(one.worker_id, one.hotel_id) for one in known}
    transfers = _shares(plan, Item.TRANSFER)
    ways = {
        row.worker_id: journey_of(row.body) for row in found(c, select(journey), journey.c.worker_id, stays)
    }
    for worker_id, stay in stays.items():
        way, room = ways.get(worker_id, Journey(worker_id)), shares.get(worker_id)
        guest = guests.get(worker_id, _Guest(plan_id))
        missed = way.state in _NOT_COMING and way.plan_id == plan_id
        over = missed or (way.released and (worker_id, stay.hotel_id) not in slept)
        if over and room is not None and (worker_id, stay.hotel_id) not in slept:
            yield unused_stay(worker_id, stay, room, guest.reports)
        transfer = transfers.get(worker_id)
        if transfer is not None and (guest.driven or over or way.state is Way.RETURNED):
            evidence = guest.driven or guest.reports
            yield transfer_line(worker_id, stay, transfer, evidence, bool(guest.driven))


def _shares(plan: Plan, item: Item) -> dict[str, Share]:
    return {share.worker_id: share for share in plan.shares if share.item is item}


def _reports(kinds: Iterable[Kind], *columns: Column[Any]) -> Select[Any]:
    """The events of some kinds that are not void."""
    query = select(*columns).where(event.c.kind.in_([str(kind) for kind in kinds]))
    return query.where(event.c.seq.not_in(select(voided.c.seq)))


def _strayed(c: Connection, roster: Roster) -> dict[str, int]:
    """By worker who got on another coach than theirs, also one of another plan, the event that says so."""
    strayed = {}
    told = event.c.seq, event.c.worker_id, event.c.plan_id, event.c.trip_id
    for row in c.execute(_reports([Kind.BOARDED], *told).order_by(event.c.seq)):
        expected = roster.expected(row.worker_id)
        if expected is not None and (expected.plan_id, expected.trip_id) != (row.plan_id, row.trip_id):
            strayed[row.worker_id] = row.seq
    return strayed


def _guests(c: Connection, roster: Roster) -> dict[str, _Guest]:
    """By worker, what was reported of their stay; it is settled by the plan that has their seat."""
    guests = {}
    query = _reports(_OF_STAYS, event.c.worker_id, event.c.seq, event.c.content)
    query = query.where(event.c.worker_id.is_not(None)).order_by(event.c.worker_id, event.c.seq)
    rows = c.execute(query, execution_options={"yield_per": _ROWS_AT_ONCE})
    for worker_id, ones in groupby(rows, key=attrgetter("worker_id")):
        log = [Told(row.seq, event_of(row.content)) for row in ones]
        expected = roster.expected(worker_id)
        guests[worker_id] = _Guest(
            log[0].event.plan_id if expected is None else expected.plan_id,
            tuple(lodgings(worker_id, log)),
            tuple(told.seq for told in log),
            tuple(told.seq for told in log if told.event.kind is Kind.TRANSFERRED),
        )
    return guests


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
    left = {e.enterprise_id: e.budget_fen for e in scenario.enterprises.values()}
    left[GOVERNMENT] = scenario.policy.government_fen
    gone = _subtracted(roster, scenario.policy.first_day)
    budgets = {e: fen + gone[e] for e, fen in left.items() if fen is not None}
    over = {e: (budget, paid[e]) for e, budget in budgets.items() if paid[e] > budget}
    for subject, (budget, fen) in over.items():
        firm = None if subject == GOVERNMENT else subject
        ask(c, by, Category.MONEY, OVERRUN, subject, firm, {"budget_fen": budget, "due_fen": fen})
    return tuple(sorted(over))


def _subtracted(roster: Roster, first_day: date) -> Counter[str]:
    """By payer, what trips were planned to cost that left before a horizon: its budgets do without it."""
    gone: Counter[str] = Counter()
    for one in roster.plans.values():
        for worker_id, seat in one.plan.seat_of.items():
            if one.plan.trip_by_id[seat.trip_id].first_day < first_day:
                for share in one.plan.shares_of.get(worker_id, ()):
                    gone[share.enterprise_id] += share.enterprise_fen
                    gone[GOVERNMENT] += share.government_fen
    return gone


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
