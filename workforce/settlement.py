"""Settlement: what happened decides who pays.

Each rider's part of a trip, each stay and each transfer becomes a line with what was planned and what
is due.  As long as nothing changed, the plan's own division stands to the fen.  What changed is
divided by the contract's rule: the worker's and the government's parts grow or shrink by what the
rule gives for the new amount less what it gives for the old one, and the enterprise bears the rest.
Budgets bind plans, not settlements.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType

from workforce.closed_loop import PlannedTrip, local_day
from workforce.entities import Hotel
from workforce.loop_rules import NoShow
from workforce.money import Parts, room_parts, split_evenly, trip_parts
from workforce.plan import Item, Share, Stay
from workforce.policy import Policy
from workforce.triplog import Event, Kind, Missing


class Why(StrEnum):
    """What made an amount what it is."""

    AS_PLANNED = "as_planned"
    NO_SHOW = "no_show"  # the seat stayed empty
    SHARED = "shared"  # empty seats are borne by all who rode
    SUBSTITUTE = "substitute"  # another vehicle had to come
    CANCELLED = "cancelled"
    OTHER_NIGHTS = "other_nights"  # released early, stayed longer, moved to another kind of room
    NOT_USED = "not_used"


@dataclass(frozen=True, slots=True)
class Amounts:
    """Who pays how much, in fen."""

    enterprise: int = 0
    worker: int = 0
    hotel: int = 0
    government: int = 0

    @property
    def total(self) -> int:
        return self.enterprise + self.worker + self.hotel + self.government

    def less(self, other: Amounts) -> Amounts:
        return Amounts(
            self.enterprise - other.enterprise,
            self.worker - other.worker,
            self.hotel - other.hotel,
            self.government - other.government,
        )


@dataclass(frozen=True, slots=True)
class Line:
    """One amount to settle.

    Attributes:
        payee: the operator or hotel that is paid; None: a transfer, which whoever drove it is paid.
        part: 0, or the number of the substitute vehicle that is paid.
        evidence: the events of the trip log that it rests on.
    """

    item: Item
    worker_id: str
    enterprise_id: str | None
    trip_id: str | None
    hotel_id: str | None
    payee: str | None
    planned: Amounts
    due: Amounts
    why: Why
    evidence: tuple[int, ...]
    part: int = 0


@dataclass(frozen=True, slots=True)
class Told:
    """An event with its number in the log."""

    seq: int
    event: Event


def amounts_of(share: Share | None) -> Amounts:
    if share is None:
        return Amounts()
    return Amounts(share.enterprise_fen, share.worker_fen, share.hotel_fen, share.government_fen)


# Trips


def trip_lines(
    planned: PlannedTrip,
    operator: str,
    shares: Mapping[str, Share],
    log: Iterable[Told],
    policy: Policy,
    elsewhere: Mapping[str, int] = MappingProxyType({}),
) -> list[Line]:
    """A trip that was carried out or cancelled; empty while neither is the case.

    Args:
        shares: by rider, the planned part of the trip.
        log: the trip's events that are not void.
        elsewhere: by worker who was on another coach, the event that says so.
    """
    events = sorted(log, key=lambda told: (told.event.happened_at, told.seq))
    stops = [(t.seq, t.event.says["stop"]) for t in events if t.event.kind in (Kind.LEFT, Kind.REACHED)]
    departed = [seq for seq, _ in stops][:1]
    cancelled = [t.seq for t in events if t.event.kind is Kind.TRIP_CANCELLED]
    off = {t.event.worker_id: t.seq for t in events if t.event.kind is Kind.ALIGHTED}
    on = {t.event.worker_id: t.seq for t in events if t.event.kind is Kind.BOARDED}
    missing = {t.event.worker_id: t for t in events if t.event.kind is Kind.MISSING}
    arrived = any(stop >= planned.last_drop for _, stop in stops)
    # Before that, whoever is still to board would seem not to have come.
    over = arrived or all(w in off or w in missing or w in elsewhere for w in planned.seat_of)
    if not (over if departed else cancelled):
        return []
    seen = {**off, **on}  # a boarding that nobody reported was one all the same
    lines = []
    for worker_id in planned.seat_of:
        share = shares.get(worker_id)
        known = missing.get(worker_id)
        other_coach = known is not None and known.event.says["why"] == Missing.OTHER_COACH
        rode = seen.get(worker_id, elsewhere.get(worker_id))
        proof = [rode] if rode is not None else [known.seq] if known is not None else []
        line = Line(
            item=Item.TRIP,
            worker_id=worker_id,
            enterprise_id=share.enterprise_id if share is not None else None,
            trip_id=planned.trip.trip_id,
            hotel_id=None,
            payee=operator,
            planned=amounts_of(share),
            due=amounts_of(share),
            why=Why.AS_PLANNED,
            evidence=tuple(sorted({*departed, *proof})),
        )
        if not departed:
            line = replace(line, due=Amounts(), why=Why.CANCELLED, evidence=tuple(cancelled))
        elif rode is None and not other_coach:
            # Their own enterprise keeps the seat that it ordered.
            line = replace(line, due=Amounts(enterprise=line.planned.total), why=Why.NO_SHOW)
        lines.append(line)
    if departed and planned.rules.no_show == NoShow.SHARED:
        lines = _shared(lines, planned, policy)
    return [*lines, *_substitutes(lines, events, policy)] if departed else lines


def _shared(lines: Sequence[Line], planned: PlannedTrip, policy: Policy) -> list[Line]:
    """Empty seats are borne by all who rode; where nobody did, each enterprise bears its own."""
    rode = [line.worker_id for line in lines if line.why is not Why.NO_SHOW]
    if not rode or len(rode) == len(lines):
        return list(lines)
    parts = split_evenly(planned.trip.cost_fen, rode)
    return [
        replace(line, due=Amounts())
        if line.why is Why.NO_SHOW
        else replace(line, due=_grown(line.planned, parts[line.worker_id], policy), why=Why.SHARED)
        for line in lines
    ]


def _substitutes(lines: Sequence[Line], events: Sequence[Told], policy: Policy) -> list[Line]:
    """What a substitute vehicle costs on top, divided among those who rode."""
    rode = [line for line in lines if line.why is not Why.NO_SHOW] or list(lines)
    found: list[Line] = []
    before = {line.worker_id: line.due for line in rode}
    changes = [t for t in events if t.event.kind is Kind.VEHICLE_CHANGED and t.event.says.get("cost_fen")]
    for number, told in enumerate(changes, 1):
        parts = split_evenly(told.event.says["cost_fen"], (line.worker_id for line in rode))
        for line in rode:
            was = before[line.worker_id]
            now = _grown(was, was.total + parts[line.worker_id], policy)
            before[line.worker_id] = now
            found.append(
                replace(
                    line,
                    payee=told.event.says.get("operator", line.payee),
                    planned=Amounts(),
                    due=now.less(was),
                    why=Why.SUBSTITUTE,
                    evidence=tuple(sorted({*line.evidence, told.seq})),
                    part=number,
                )
            )
    return found


def _grown(was: Amounts, total: int, policy: Policy) -> Amounts:
    """A part of a trip that became another amount."""
    return _moved(was, trip_parts(was.total, policy.trip_shares), trip_parts(total, policy.trip_shares))


def _moved(was: Amounts, old: Parts, new: Parts) -> Amounts:
    """What was paid, moved by the difference that the rule makes; nobody pays less than nothing."""
    hotel = max(was.hotel + new.hotel - old.hotel, 0)
    worker = min(max(was.worker + new.worker - old.worker, 0), new.total - hotel)
    government = min(max(was.government + new.government - old.government, 0), new.total - hotel - worker)
    return Amounts(new.total - hotel - worker - government, worker, hotel, government)


# Stays


@dataclass(frozen=True, slots=True)
class Lodged:
    """A time in a room: the nights from ``first`` to before ``end``; None: they are in it still."""

    worker_id: str
    hotel_id: str
    room: str
    first: date
    end: date | None
    evidence: tuple[int, ...]


def lodgings(worker_id: str, log: Iterable[Told]) -> list[Lodged]:
    """The rooms that a worker had, by days; the last one has no end while they are in it.

    Args:
        log: the worker's events that are not void.
    """
    found: list[Lodged] = []
    here: tuple[str, str, date, int] | None = None
    for told in sorted(log, key=lambda t: (t.event.happened_at, t.seq)):
        e = told.event
        if e.kind not in _ENDS:
            continue
        if here is not None:
            hotel_id, room, first, seq = here
            found.append(Lodged(worker_id, hotel_id, room, first, local_day(e.happened_at), (seq, told.seq)))
            here = None
        if e.kind in (Kind.CHECKED_IN, Kind.ROOM_MOVED):
            here = (e.place_id or "", e.says["room"], local_day(e.happened_at), told.seq)
    found = [one for one in found if one.end is not None and one.end > one.first]
    if here is not None:
        hotel_id, room, first, seq = here
        found.append(Lodged(worker_id, hotel_id, room, first, None, (seq,)))
    return found


_ENDS = frozenset(
    {Kind.CHECKED_IN, Kind.ROOM_MOVED, Kind.HOTEL_LEFT, Kind.RELEASED, Kind.TRANSFERRED, Kind.ARRIVED}
)


def stay_lines(
    lodged: Iterable[Lodged],
    hotels: Mapping[str, Hotel],
    stays: Mapping[str, Stay],
    shares: Mapping[str, Share],
    employers: Mapping[str, str | None],
    policy: Policy,
) -> list[Line]:
    """All that some hotels are due for stays of those who are in no room any more.

    A room's nights with the same guests cost nights x list price, divided equally among them.

    Args:
        lodged: of all guests of these hotels, so that those who shared a room are known.
        stays, shares: by worker, as planned.
    """
    lodged = list(lodged)
    staying = {one.worker_id for one in lodged if one.end is None}
    last = max((one.end for one in lodged if one.end is not None), default=date.min)
    guests: dict[tuple[str, str, date], set[str]] = defaultdict(set)
    proof: dict[tuple[str, str], set[int]] = defaultdict(set)
    for one in lodged:
        proof[one.worker_id, one.hotel_id] |= set(one.evidence)
        for n in range(((one.end or last) - one.first).days):
            guests[one.hotel_id, one.room, one.first + timedelta(days=n)].add(one.worker_id)
    nights: dict[tuple[str, str, frozenset[str]], int] = defaultdict(int)
    for (hotel_id, room, _), who in guests.items():
        nights[hotel_id, room, frozenset(who)] += 1
    parts: dict[tuple[str, str], int] = defaultdict(int)
    slept: dict[tuple[str, str], int] = defaultdict(int)
    for (hotel_id, room, together), count in nights.items():
        hotel = hotels[hotel_id]
        price = hotel.single_fen if room.startswith("S") else hotel.twin_fen
        for worker_id, fen in split_evenly(count * price, together).items():
            parts[worker_id, hotel_id] += fen
            slept[worker_id, hotel_id] += count
    lines = []
    for (worker_id, hotel_id), fen in sorted(parts.items()):
        if worker_id in staying:
            continue
        stay = stays.get(worker_id)
        here = stay is not None and stay.hotel_id == hotel_id
        share = shares.get(worker_id) if here else None
        planned = amounts_of(share)
        as_planned = (
            here
            and stay is not None
            and planned.total == fen
            and (stay.check_out - stay.check_in).days == slept[worker_id, hotel_id]
        )
        concession, rule = hotels[hotel_id].concession, policy.room_shares
        old_nights = (stay.check_out - stay.check_in).days if stay is not None and here else 0
        due = planned
        if not as_planned:
            old = room_parts(planned.total, old_nights, concession, rule)
            due = _moved(planned, old, room_parts(fen, slept[worker_id, hotel_id], concession, rule))
        lines.append(
            Line(
                item=Item.ROOM,
                worker_id=worker_id,
                enterprise_id=share.enterprise_id if share is not None else employers.get(worker_id),
                trip_id=None,
                hotel_id=hotel_id,
                payee=hotel_id,
                planned=planned,
                due=due,
                why=Why.AS_PLANNED if as_planned else Why.OTHER_NIGHTS,
                evidence=tuple(sorted(proof[worker_id, hotel_id])),
            )
        )
    return lines


def unused_stay(worker_id: str, stay: Stay, share: Share, evidence: Sequence[int]) -> Line:
    """The room of somebody who will not come: nobody pays for it."""
    planned = amounts_of(share)
    return Line(
        Item.ROOM,
        worker_id,
        share.enterprise_id,
        None,
        stay.hotel_id,
        stay.hotel_id,
        planned,
        Amounts(),
        Why.NOT_USED,
        tuple(evidence),
    )


def transfer_line(worker_id: str, stay: Stay, share: Share, evidence: Sequence[int], driven: bool) -> Line:
    """The way from the hotel to work: due as planned if it was made."""
    planned = amounts_of(share)
    due, why = (planned, Why.AS_PLANNED) if driven else (Amounts(), Why.NOT_USED)
    return Line(
        Item.TRANSFER,
        worker_id,
        share.enterprise_id,
        None,
        stay.hotel_id,
        None,
        planned,
        due,
        why,
        tuple(evidence),
    )
