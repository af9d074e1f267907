"""Tracing over the tables: whom a case met, what follows, and what was done about it.

A trace is kept, sealed, as it was answered: what is applied is what an officer has seen.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from data.accounts import By, new_id, record
from data.flagged import open_all
from data.presences import at_place, singles_held, tracks
from data.reports import take
from data.rosters import Rosters
from data.schema import journey, person, trace
from data.trip_log import Report, parts
from data.vault import Vault
from workforce.closed_loop import Flag, Raised, local_day
from workforce.plan import Stay
from workforce.presence import Ground, Presence, Track
from workforce.quarantine import (
    Night,
    SeatToLeave,
    days_of,
    free_singles,
    nights,
    seats_to_leave,
    without_room,
)
from workforce.rosters import Roster
from workforce.tracing import (
    Closeness,
    Contact,
    Crew,
    Meeting,
    Order,
    clipped,
    crews,
    find_contacts,
    orders,
)
from workforce.triplog import Kind

_WAIT = timedelta(minutes=240)  # the policy allows no longer waiting at a pickup or a hand-over
_DAY = timedelta(days=1)
MOST_HOTELS = 20  # of which an answer tells how many rooms they have


@dataclass(frozen=True, slots=True)
class Asked:
    """Whom a health officer asks about.

    Attributes:
        look_back_days: before the first symptoms; None: as the policy has it.
        steps: 1: whom the case met; 2: and whom these met; …
    """

    worker_id: str
    symptoms_at: datetime
    look_back_days: int | None = None
    steps: int = 1


@dataclass(frozen=True, slots=True)
class Traced:
    """The answer; ``way``: where the case was between ``since`` and ``at``."""

    asked: Asked
    since: datetime
    at: datetime
    way: tuple[Presence, ...]
    contacts: tuple[Contact, ...]
    crews: tuple[Crew, ...]
    orders: tuple[Order, ...]
    seats: tuple[SeatToLeave, ...]
    nights: tuple[Night, ...]
    without_room: tuple[str, ...]


def traced(c: Connection, asked: Asked, roster: Roster, now: datetime) -> Traced:
    """Whom a worker met since some days before the first symptoms, and what follows of it."""
    rules = roster.rules
    back = rules.look_back_days if asked.look_back_days is None else asked.look_back_days
    since = asked.symptoms_at - timedelta(days=back)

    def per_row(plan_id: str, trip_id: str) -> int:
        planned = roster.trip(plan_id, trip_id)
        return (planned.rules if planned is not None else rules).seats_per_row

    found = find_contacts(
        asked.worker_id,
        since,
        now,
        asked.steps,
        Closeness(rules, per_row),
        lambda ids: tracks(c, ids),
        lambda spells: _beside(c, spells),
    )
    own: Track = tracks(c, [asked.worker_id]).get(asked.worker_id, ())
    to_begin = orders(found, rules.quarantine_days)
    return Traced(
        asked,
        since,
        now,
        tuple(clipped(own, since, now)),
        tuple(found),
        tuple(crews(own, since, now)),
        tuple(to_begin),
        tuple(seats_to_leave(to_begin, roster, now)),
        *_rooms(c, to_begin, roster, now),
    )


def _beside(c: Connection, spells: Sequence[Presence]) -> Iterator[Presence]:
    windows: dict[tuple[Ground, str, str], tuple[datetime, datetime]] = {}
    for p in spells:
        assert p.end is not None  # they are clipped
        key = (p.kind, p.place_id, p.unit)
        begin, end = windows.get(key, (p.begin, p.end))
        windows[key] = min(begin, p.begin), max(end, p.end)
    for (kind, place_id, unit), (begin, end) in windows.items():
        # Many thousands may have passed through a station, but each for a short time only.
        earliest = begin - _WAIT if kind in (Ground.PICKUP, Ground.HAND_OVER) else None
        yield from at_place(c, kind, place_id, unit, begin, end, earliest)


def _rooms(
    c: Connection, to_begin: Sequence[Order], roster: Roster, now: datetime
) -> tuple[tuple[Night, ...], tuple[str, ...]]:
    today = local_day(now)
    days = days_of(to_begin, today)
    ids = {order.worker_id for order in to_begin}
    until, ways = _until(c, ids), tracks(c, ids)
    own = [b for w in sorted(ids) for b in _room_of(w, ways.get(w, ()), until.get(w), roster, today)]
    by_night = nights(to_begin, days, own, _free(c, days, ids, roster))
    return tuple(by_night), tuple(without_room(to_begin, today, own))


def _free(
    c: Connection, days: Sequence[date], worker_ids: Collection[str], roster: Roster
) -> dict[str, dict[date, int]]:
    """Free single rooms of the hotels that have most of them by the plan, without those taken in fact."""
    published = list(roster.plans.values())
    if not published or not days:
        return {}
    scenario = published[-1].scenario
    firms = {e.enterprise_id for e in map(roster.expected, worker_ids) if e is not None}
    open_to = [h for h in scenario.hotels.values() if h.reserved_for is None or h.reserved_for in firms]
    stays = [stay for one in published for stay in one.plan.stays]
    by_plan = free_singles(days, open_to, stays, scenario)
    most = sorted(open_to, key=lambda h: (-sum(by_plan[h.hotel_id].values()), h.hotel_id))[:MOST_HOTELS]
    names = {hotel.hotel_id for hotel in most}
    for worker_id, hotel_id, room, last in singles_held(c, names):
        stays.append(Stay(worker_id, hotel_id, room, days[0], _end(last, days[0])))
    return free_singles(days, most, stays, scenario)


def _until(c: Connection, worker_ids: Collection[str]) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    for part in parts(sorted(worker_ids)):
        query = select(journey.c.worker_id, journey.c.body["until"].as_string())
        found |= {row[0]: row[1] for row in c.execute(query.where(journey.c.worker_id.in_(part)))}
    return found


def _room_of(worker_id: str, track: Track, until: str | None, roster: Roster, today: date) -> list[Stay]:
    """The room where a worker is; who has been in none yet, the one that the plan has for them."""
    last = track[-1] if track else None
    if last is not None and last.kind is Ground.ROOM and last.end is None:
        return [Stay(worker_id, last.place_id, last.unit, today, _end(until, today))]
    expected = roster.expected(worker_id)
    stay = expected.stay if expected is not None else None
    if stay is None or any(p.kind is Ground.ROOM for p in track):
        return []
    return [Stay(worker_id, stay.hotel_id, stay.room, stay.check_in, stay.check_out)]


def _end(until: str | None, today: date) -> date:
    """Who is in a room stays there tonight, whatever was planned."""
    return max(date.fromisoformat(until) if until else today, today + _DAY)


# Kept traces


def known_worker(c: Connection, worker_id: str) -> bool:
    """Whether there is such a person, not erased, or the log saw somebody of whom no more is known."""
    erased_at = c.execute(select(person.c.erased_at).where(person.c.worker_id == worker_id)).one_or_none()
    return erased_at[0] is None if erased_at is not None else bool(tracks(c, [worker_id]))


def keep_trace(c: Connection, vault: Vault, by: By, found: Traced) -> str:
    """Keep an answer; the reading is recorded."""
    trace_id, worker_id = new_id("t_"), found.asked.worker_id
    sealed = vault.seal(told(found), trace_id)
    row = {"id": trace_id, "at": by.at, "account_id": by.account_id, "worker_id": worker_id}
    c.execute(insert(trace).values(**row, sealed=sealed, key_id=vault.newest))
    record(c, by, "traced", worker_id, trace_id)
    return trace_id


def find_trace(c: Connection, vault: Vault, trace_id: str) -> tuple[Row[Any], dict[str, Any]] | None:
    """A kept trace with its answer; None: there is none, or its case was erased."""
    it = trace.c.id == trace_id, trace.c.sealed.is_not(None)
    row = c.execute(select(trace).where(*it)).one_or_none()
    return None if row is None else (row, vault.unseal(row.sealed, row.key_id, row.id))


def list_traces(c: Connection, after: str, limit: int) -> list[Row[Any]]:
    """Kept traces by their ids."""
    query = select(trace).where(trace.c.id > after, trace.c.sealed.is_not(None))
    return list(c.execute(query.order_by(trace.c.id).limit(limit)))


def apply(
    c: Connection, vault: Vault, by: By, trace_id: str, answer: Mapping[str, Any], rosters: Rosters
) -> None:
    """Have the close contacts begin again: an event for each, and items for what somebody must see to.

    What was applied before is left as it is.
    """
    done = update(trace).where(trace.c.id == trace_id, trace.c.applied_at.is_(None))
    if not c.execute(done.values(applied_at=by.at, applied_by=by.account_id)).rowcount:
        return
    reports = [
        Report(
            Kind.QUARANTINE_EXTENDED,
            f"{trace_id}-{number}",
            by.at,
            worker_id=one["worker_id"],
            says={"until": one["until"]},
        )
        for number, one in enumerate(answer["orders"], 1)
    ]
    taken = take(c, vault, by, reports, rosters) if reports else []
    seq_of: dict[str | None, int | None] = {r.worker_id: t.seq for r, t in zip(reports, taken, strict=True)}
    roster = rosters.now(c)
    raised = [Raised(Flag.SEAT_TO_LEAVE, s["worker_id"], s["plan_id"], s["trip_id"]) for s in answer["seats"]]
    raised += [Raised(Flag.ROOM_NEEDED, worker_id) for worker_id in answer["without_room"]]
    raised += [Raised(Flag.CREW_EXPOSED, None, crew["plan_id"], crew["trip_id"]) for crew in answer["crews"]]
    open_all(c, by, [(seq_of.get(one.worker_id), one) for one in raised], roster)


def told(found: Traced) -> dict[str, Any]:
    """The answer as JSON."""
    until = {one.worker_id: one for one in found.orders}
    return {
        "worker_id": found.asked.worker_id,
        "symptoms_at": found.asked.symptoms_at.isoformat(),
        "steps": found.asked.steps,
        "since": found.since.isoformat(),
        "until": found.at.isoformat(),
        "way": [_spell(p) for p in found.way],
        "contacts": [_contact(one, until.get(one.worker_id)) for one in found.contacts],
        "crews": [_plain(one) for one in found.crews],
        "orders": [_plain(one) for one in found.orders],
        "seats": [_plain(one) for one in found.seats],
        "nights": [_plain(one) for one in found.nights],
        "without_room": list(found.without_room),
    }


def _plain(one: Any) -> dict[str, Any]:
    return _spelt({f.name: getattr(one, f.name) for f in fields(one)})


def _spelt(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: v.isoformat() if isinstance(v, date) else v for name, v in values.items()}


def _spell(p: Presence) -> dict[str, Any]:
    told = _spelt(p._asdict())
    del told["worker_id"]
    return told


def _contact(one: Contact, order: Order | None) -> dict[str, Any]:
    return {
        "worker_id": one.worker_id,
        "step": one.step,
        "level": one.closest.level,
        "until": order.until.isoformat() if order is not None else None,
        "closest": _meeting(one.closest),
        "meetings": [_meeting(m) for m in one.meetings],
    }


def _meeting(one: Meeting) -> dict[str, Any]:
    told = _plain(one)
    own, other = told.pop("seats")
    del told["worker_id"]
    return {**told, "minutes": one.minutes, "by_seat": own, "seat": other}
