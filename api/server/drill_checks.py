"""What must hold after a drill, read from the database without the code that brought it there."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import Connection, or_, select

from api.server.drill import Played
from data.evidence import as_bytes, evidence
from data.evidence_check import check_evidence
from data.loop_states import journeys
from data.observation import BY_SERVER, move_nonce
from data.problem_list import EXPLAINED
from data.schema import item
from data.settlements import entries
from data.trip_log import Logged, events
from data.verification import verify
from workforce.closed_loop import Flag, Way
from workforce.faults import Text
from workforce.plan import Item
from workforce.triplog import Kind, written

_PAGE = 20_000
_PROVED = 50  # riders whose evidence is checked
# Flags that faults of the drill may raise besides their own.
_FOLLOWS = frozenset({Flag.UNEXPECTED_ROOM, Flag.NO_OBSERVATION_SEAT})


@dataclass(frozen=True, slots=True)
class Held:
    """An invariant, and the first cases in which it does not hold."""

    name: Text
    checked: int
    broken: tuple[str, ...]


def invariants(c: Connection, done: Played) -> Iterator[Held]:
    """Each invariant of a drill that was played to its end."""
    log = _whole_log(c)
    yield _each_once(log, done)
    yield _everybody_somewhere(c, done)
    yield _faults_are_listed(c, done)
    yield _no_seat_twice(log)
    yield _no_bed_twice(log)
    yield _no_kit_twice(log)
    yield _money_in_balance(c, done)
    yield _the_log_is_whole(done)
    yield _ways_can_be_proved(c, done)


def _whole_log(c: Connection) -> list[Logged]:
    found: list[Logged] = []
    while page := events(c, after=found[-1].seq if found else 0, limit=_PAGE):
        found += page
    return found


def _each_once(log: Sequence[Logged], done: Played) -> Held:
    """Every step is in the log, once, as it was reported; and nothing else is."""
    broken = list(done.told.refused)
    counts = Counter(one.event.nonce for one in log)
    broken += [f"{nonce} ×{counts[nonce]}" for nonce in done.nonces if counts[nonce] != 1]
    moves = {move_nonce(nonce) for nonce in done.nonces}  # which the server adds after a fever
    broken += [nonce for nonce in counts if nonce not in done.nonces and nonce not in moves]
    for one in log:
        step = done.nonces.get(one.event.nonce)
        if step is not None:
            e = one.event
            same = (e.kind, written(e.happened_at), e.worker_id, e.place_id, dict(e.says)) == (
                step.kind,
                written(step.at),
                step.worker_id,
                step.place_id,
                dict(step.says),
            )
            broken += [] if same else [f"{e.nonce} says something else"]
    return _held("每条上报恰好入账一次", "every report is in the log exactly once", len(done.nonces), broken)


def _everybody_somewhere(c: Connection, done: Played) -> Held:
    """Every rider has returned, but those who stay behind by design."""
    roster = done.services.rosters.now(c)
    ways = {one.worker_id: one.state for one in journeys(c)}
    ended = (Way.ABSENT, Way.WITHDRAWN, Way.LEFT_ON_WAY)
    broken = []
    for worker_id, _ in roster.workers:
        state = ways.get(worker_id, Way.EXPECTED)
        right = state in ended if worker_id in done.script.staying_behind else state is Way.RETURNED
        broken += [] if right else [f"{worker_id} {state}"]
    return _held(
        "每人恰在一个状态，且有始有终", "everybody is in one state, and at an end", len(ways), broken
    )


def _faults_are_listed(c: Connection, done: Played) -> Held:
    """Every fault is on the problem list, open or settled, and nothing is that was no fault."""
    was_none = item.c.decision == EXPLAINED  # a late report showed that there was no problem
    rows = c.execute(select(item.c.code, item.c.subject).where(or_(item.c.decision.is_(None), ~was_none)))
    # Behind a blank: which drop of the trip, or which report.
    listed = {(row.code, row.subject.partition(" ")[0]) for row in rows}
    known = {str(flag) for flag in Flag}
    wanted = set()
    for fault in done.script.faults:
        wanted.add((str(fault.flag), fault.worker_id or f"{done.plan_id}/{fault.trip_id}"))
    broken = [f"{code} {subject} is not listed" for code, subject in sorted(wanted - listed)]
    beyond = {(code, subject) for code, subject in listed - wanted if code in known and code not in _FOLLOWS}
    troubled = {fault.trip_id for fault in done.script.faults if fault.worker_id is None}
    for code, subject in sorted(beyond):
        late = code == Flag.LATE and subject.partition("/")[2] in troubled
        broken += [] if late else [f"{code} {subject} was no fault"]
    return _held("每个问题都在清单上", "every fault is on the problem list", len(wanted), broken)


def _no_seat_twice(log: Sequence[Logged]) -> Held:
    """At no time do two sit on one seat of a trip."""
    taken: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for one in _in_time(log):
        e = one.event
        trip = f"{e.plan_id}/{e.trip_id}"
        if e.kind in (Kind.BOARDED, Kind.SEATED) and e.says.get("seat"):
            taken[trip].append(("on", e.worker_id or "", e.says["seat"]))
        elif e.kind in (Kind.ALIGHTED, Kind.MISSING):
            taken[trip].append(("off", e.worker_id or "", 0))
    broken = []
    for trip, moves in taken.items():
        seats: dict[str, int] = {}
        for what, worker, seat in moves:
            if what == "off":
                seats.pop(worker, None)
                continue
            broken += [f"{trip} {seat}" for w, s in seats.items() if s == seat and w != worker]
            seats[worker] = seat
    return _held("没有座位重复", "no seat twice", len(taken), broken)


def _no_bed_twice(log: Sequence[Logged]) -> Held:
    """A single room has one guest at a time, a twin room two."""
    nights: dict[tuple[str, str], list[tuple[str, str, str]]] = defaultdict(list)
    here: dict[str, tuple[str, str, str]] = {}
    for one in _in_time(log):
        e = one.event
        worker, at = e.worker_id or "", written(e.happened_at)
        if e.kind in (Kind.CHECKED_IN, Kind.ROOM_MOVED, Kind.RELEASED, Kind.HOTEL_LEFT) and worker in here:
            hotel, room, since = here.pop(worker)
            nights[hotel, room].append((since, at, worker))
        if e.kind in (Kind.CHECKED_IN, Kind.ROOM_MOVED):
            here[worker] = (e.place_id or "", e.says["room"], at)
    broken = []
    for (hotel, room), stays in nights.items():
        beds = 1 if room.startswith("S") else 2
        moves = sorted([(s, 1, w) for s, _, w in stays] + [(t, -1, w) for _, t, w in stays])
        level = 0
        for _, change, _ in moves:
            level += change
            if level > beds:
                broken.append(f"{hotel} {room}")
                break
    return _held("没有床位重复", "no bed twice", len(nights), broken)


def _no_kit_twice(log: Sequence[Logged]) -> Held:
    """No place gives out more of a kit than it has."""
    stock: Counter[tuple[str, str]] = Counter()
    broken = []
    for one in _in_time(log):
        e = one.event
        if e.kind in (Kind.KITS_RECEIVED, Kind.KITS_ISSUED):
            key = (e.place_id or "", e.says["kit"])
            stock[key] += e.says["count"] if e.kind is Kind.KITS_RECEIVED else -e.says["count"]
            broken += [f"{key[0]} {key[1]}"] if stock[key] < 0 else []
    return _held("物资不超发", "no kit twice", len(stock), broken)


def _money_in_balance(c: Connection, done: Played) -> Held:
    """What is settled of each trip is what it cost, and of each night in a room its price."""
    roster = done.services.rosters.now(c)
    published = roster.plans[done.plan_id]
    trips: Counter[str] = Counter()
    rooms: Counter[tuple[str, str]] = Counter()
    for row in entries(c):
        total = row.enterprise_fen + row.worker_fen + row.hotel_fen + row.government_fen
        if row.item == Item.TRIP:
            trips[row.trip_id] += total
        elif row.item == Item.ROOM:
            rooms[row.hotel_id, row.worker_id] += total
    broken = []
    extra: Counter[str] = Counter()
    for step in done.script.steps:
        extra[step.trip_id or ""] += step.says.get("cost_fen", 0)
    for trip in published.plan.trips:
        cost = trip.cost_fen + extra[trip.trip_id]
        broken += [] if trips[trip.trip_id] == cost else [f"{trip.trip_id} {trips[trip.trip_id]} {cost}"]
    moved = {s.worker_id for s in done.script.steps if s.kind in (Kind.ROOM_MOVED, Kind.HOTEL_LEFT)}
    apart = {  # whoever shares a room with somebody whose stay went otherwise pays otherwise, too
        (s.hotel_id, s.room)
        for s in published.plan.stays
        if s.worker_id in moved or s.worker_id in done.script.staying_behind
    }
    for worker_id, stay in published.plan.stay_of.items():
        share = next(s for s in published.plan.shares_of[worker_id] if s.item is Item.ROOM)
        due = 0 if worker_id in done.script.staying_behind else share.total_fen
        if (stay.hotel_id, stay.room) not in apart and rooms[stay.hotel_id, worker_id] != due:
            broken.append(f"{worker_id} {rooms[stay.hotel_id, worker_id]} {due}")
    return _held("账目分毫不差", "the money is in balance", len(trips) + len(rooms), broken)


def _the_log_is_whole(done: Played) -> Held:
    """Everything derives again from the stored bytes, under a signed checkpoint."""
    publisher, database = done.services.publisher, done.services.database
    told = verify(database, publisher, publisher.public_keys(), done.services.vault)
    broken = [f"{one.code} {one.where}" for one in told.findings]
    broken += [f"{told.unproved} events under no checkpoint"] if told.unproved else []
    return _held("日志完整，可从原始字节重算", "the log is whole, by its bytes", told.events, broken)


def _ways_can_be_proved(c: Connection, done: Played) -> Held:
    """The evidence of some riders convinces somebody who has nothing but the file and the public key."""
    keys = done.services.publisher.public_keys()
    riders = [worker_id for worker_id, _ in done.services.rosters.now(c).workers]
    some = riders[:: max(len(riders) // _PROVED, 1)]
    broken = []
    with TemporaryDirectory() as folder:
        for worker_id in some:
            path = Path(folder) / "evidence.json"
            path.write_bytes(as_bytes(evidence(c, keys, worker_id, None)))
            verdict = check_evidence(path, keys)
            told = sum(s.worker_id == worker_id for s in done.script.steps)
            told += sum(one.event.by == BY_SERVER for one in events(c, worker_id=worker_id))
            complete = len(verdict.shown) == told
            broken += [f"{worker_id} {code} {about}" for code, about in verdict.wrong]
            broken += [] if complete else [f"{worker_id} is shown in part"]
    return _held("每人的行程可以证明", "everybody's way can be proved", len(some), broken)


def _in_time(log: Sequence[Logged]) -> list[Logged]:
    return sorted(log, key=lambda one: (one.event.happened_at, one.seq))


def _held(zh: str, en: str, checked: int, broken: Sequence[str]) -> Held:
    return Held(Text(zh, en), checked, tuple(broken))
