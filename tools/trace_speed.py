"""How long it takes to trace a case, by how many events the trip log has.

A world of charter coaches grows day by day: 300 coaches a day with 20 to 45 riders each, six at a time
alike but for their people and places; every fifth six go to hotels, where riders have single and twin
rooms for 14 nights with two temperatures a day.  Events, journeys and presences are made by the code of
the server (``Event.content``, ``advance_journey``, ``track_after``) and written as rows in batches,
through the log's own triggers; the hash tree and sealed personal parts, which tracing never reads, are
left out.  Presences of a batch are shuffled, as those of many coaches come mixed.  At each size, random
workers are traced from a random moment of their way on, each in a transaction of its own, with a roster
of the last two weeks' rooms; then the same with two steps further.  ``cpu`` is the processor time of
this process, which tells more than the clock where others use the machine.  Everything lies in a folder
that is removed.
"""

from __future__ import annotations

import argparse
import random
import shutil
import statistics
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import func, insert, select

from data.database import Database, sqlite_url
from data.loop_states import journey_row
from data.presences import presence_rows
from data.reading import read_scenario
from data.schema import journey, presence
from data.tracing import Asked, told, traced
from workforce.closed_loop import BEIJING, Expected, Journey
from workforce.entities import Hotel
from workforce.journeys import advance_journey
from workforce.loop_rules import LoopRules
from workforce.merkle import leaf_hash
from workforce.plan import Cost, Plan, Status, Stay, Summary
from workforce.presence import Track, track_after
from workforce.rosters import Roster
from workforce.triplog import Event, Kind, event_of
from workforce.views import Published

SIZES = (1_000, 100_000, 1_000_000, 10_000_000)
COACHES_A_DAY, ALIKE, HOTELS, SINGLES, TWINS, PICKUPS, FIRMS, NIGHTS = 300, 6, 300, 80, 20, 40, 200, 14
FIRST = datetime(2020, 2, 24, 6, 0, tzinfo=BEIJING)
BATCH = 200_000  # events
RULES = LoopRules()


@dataclass
class World:
    """What the generator remembers of all that it made.

    Attributes:
        log: whether events are written, too.
        stays: of the last two weeks.
        sample: some workers, each with the moments between which they were on their way.
        now: the latest moment of the log.
        given: by hotel, how many rooms were given to somebody so far.
    """

    dice: random.Random
    log: bool = True
    workers: int = 0
    events: int = 0
    stays: deque[Stay] = field(default_factory=deque)
    sample: list[tuple[str, datetime, datetime]] = field(default_factory=list)
    now: datetime = FIRST
    given: Counter[str] = field(default_factory=Counter)


@dataclass
class Batch:
    """Rows of the table of events but for their numbers, and what follows from them."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    journeys: list[Journey] = field(default_factory=list)
    tracks: list[Track] = field(default_factory=list)
    stays: list[Stay] = field(default_factory=list)
    times: tuple[datetime, datetime] = (FIRST, FIRST)  # of departure, and of the last event


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=SIZES[-1], help="the largest log")
    parser.add_argument("--cases", type=int, default=300, help="traced at each size")
    parser.add_argument("--seed", type=int, default=4)
    parser.add_argument("--without-log", action="store_true", help="write what follows from events only")
    parser.add_argument("--folder", type=Path, help="where the database lies while it runs")
    asked = parser.parse_args()
    sizes = [size for size in SIZES if size < asked.events] + [asked.events]
    with TemporaryDirectory(dir=asked.folder) as folder:
        needed = 900 * asked.events
        if shutil.disk_usage(folder).free < needed:
            sys.exit(f"needs about {needed / 1e9:.0f} GB in {folder}")
        database = Database(sqlite_url(Path(folder)))
        database.migrate()
        world = World(random.Random(asked.seed), log=not asked.without_log)
        coaches = _coaches(world)
        heads = ("presences", "steps", "contacts", "p50 ms", "p95 ms", "max ms", "cpu p50", "cpu p95")
        print(f"{'events':>12}", *(f"{head:>9}" for head in heads), flush=True)
        for size in sizes:
            begun = time.perf_counter()
            while world.events < size:
                _write(database, coaches, min(BATCH, size - world.events), world)
            filled = time.perf_counter() - begun
            for steps in (1, 3):
                _measure(database, world, steps, asked.cases)
            print(f"{'':>12} filled in {filled:.0f} s", flush=True)
        database.close()


# Growing


def _coaches(world: World) -> Iterator[Batch]:
    """Coaches without an end, day by day, each with all that its riders will go through."""
    number, hotels, day = 0, 0, FIRST
    while True:
        leaves = sorted(world.dice.randrange(0, 600) for _ in range(COACHES_A_DAY // ALIKE))
        for minute in leaves:
            number += ALIKE
            quarantined = number // ALIKE % 5 == 0
            pickup, firm = world.dice.randrange(PICKUPS), world.dice.randrange(FIRMS)
            hotel = f"H{hotels % HOTELS}" if quarantined else None
            at, plan_id = day + timedelta(minutes=minute), f"p_{day:%Y%m%d}"
            first = _coach(world, plan_id, f"C{number}", at, f"P{pickup}", f"E{firm}", hotel)
            yield first
            for i in range(1, ALIKE):
                places = {f"C{number}": f"C{number + i}", f"P{pickup}": f"P{(pickup + 7 * i) % PICKUPS}"}
                places[f"E{firm}"] = f"E{(firm + 11 * i) % FIRMS}"
                if quarantined:
                    places[f"H{hotels % HOTELS}"] = f"H{(hotels + i) % HOTELS}"
                yield _alike(world, first, places)
            hotels += ALIKE * quarantined
        while world.stays and world.stays[0].check_out < day.date():
            world.stays.popleft()
        day += timedelta(days=1)


def _coach(
    world: World, plan_id: str, trip_id: str, leaves: datetime, pickup: str, firm: str, hotel: str | None
) -> Batch:
    """What the riders of a coach go through; they share it all but when they board and their rooms.

    What is shared is written and folded for the first rider, and is the same for the others but for the id.
    """
    dice, batch = world.dice, Batch()
    riders = dice.randint(20, 45)
    arrives = leaves + timedelta(minutes=dice.randint(240, 1200))
    rooms = _rooms(world, hotel, riders) if hotel is not None else [""] * riders
    ids = [f"W{world.workers + i:012x}" for i in range(1, riders + 1)]
    world.workers += riders
    shared: list[Event] = []
    for seat, (worker_id, room) in enumerate(zip(ids, rooms, strict=True), 1):
        stay = None
        if hotel is not None:
            stay = Stay(worker_id, hotel, room, arrives.date(), arrives.date() + timedelta(days=NIGHTS))
            batch.stays.append(stay)
        expected = Expected(plan_id, trip_id, seat, pickup, hotel or firm, firm, stay)
        of_rider: list[Event] = []
        for number, (kind, at, place, says) in enumerate(_way(expected, leaves, arrives)):
            if kind is Kind.BOARDED:
                at += timedelta(seconds=20 * seat)
            if not shared or kind in (Kind.BOARDED, Kind.CHECKED_IN):
                nonce, about = f"{worker_id}-{number:02}", (plan_id, trip_id, worker_id, place)
                of_rider.append(Event(kind, nonce, at, at, "a_0123456789ab", None, *about, says))
                batch.rows.append(_event_row(of_rider[-1]))
                continue
            batch.rows.append(_like(batch.rows[number], {ids[0]: worker_id}))
            if kind is not Kind.MEASURED:  # which tells nothing of places
                of_rider.append(shared[number]._replace(worker_id=worker_id))
        track: Track = ()
        for one in of_rider:
            track = track_after(track, one, expected, RULES)
        batch.tracks.append(track)
        if not shared:
            shared, journey_of_first = of_rider, Journey(worker_id)
            for one in of_rider:
                advance_journey(journey_of_first, one, expected, RULES)
        batch.journeys.append(replace(journey_of_first, worker_id=worker_id, seat=seat))
    batch.times = leaves, shared[-1].happened_at
    return batch


def _alike(world: World, first: Batch, places: Mapping[str, str]) -> Batch:
    """The same of other riders on another coach, from and to other places."""
    ids = {one.worker_id: f"W{world.workers + i:012x}" for i, one in enumerate(first.journeys, 1)}
    world.workers += len(ids)
    to = {**places, **ids}
    rows = first.rows
    if world.log:
        rows = [_like(row, {**places, row["worker_id"]: ids[row["worker_id"]]}) for row in rows]
    return Batch(
        rows,
        [replace(one, worker_id=ids[one.worker_id], trip_id=to[one.trip_id or ""]) for one in first.journeys],
        [
            tuple(
                p._replace(
                    worker_id=ids[p.worker_id],
                    place_id=to.get(p.place_id, p.place_id),
                    unit=to.get(p.unit, p.unit),
                )
                for p in track
            )
            for track in first.tracks
        ],
        [replace(s, worker_id=ids[s.worker_id], hotel_id=to[s.hotel_id]) for s in first.stays],
        first.times,
    )


def _way(
    expected: Expected, leaves: datetime, arrives: datetime
) -> Iterator[tuple[Kind, datetime, str, dict[str, Any]]]:
    door = leaves - timedelta(minutes=20)
    yield Kind.MEASURED, door, expected.pickup_id, {"where": "door"}
    yield Kind.BOARDED, door, expected.pickup_id, {"seat": expected.seat}
    at = leaves + timedelta(hours=4)
    while at < arrives:
        yield Kind.MEASURED, at, expected.pickup_id, {"where": "road"}
        at += timedelta(hours=4)
    yield Kind.ALIGHTED, arrives, expected.drop_id, {}
    if expected.stay is not None:
        at, hotel = arrives + timedelta(minutes=20), expected.stay.hotel_id
        yield Kind.CHECKED_IN, at, hotel, {"room": expected.stay.room}
        for half in range(1, 2 * NIGHTS + 1):
            yield Kind.MEASURED, at + half * timedelta(hours=11), hotel, {"where": "hotel"}
        arrives = at + timedelta(days=NIGHTS)
        yield Kind.RELEASED, arrives, hotel, {}
        yield Kind.TRANSFERRED, arrives + timedelta(minutes=30), hotel, {}
    yield Kind.ARRIVED, arrives + timedelta(minutes=90), expected.enterprise_id or "", {}


def _rooms(world: World, hotel: str, riders: int) -> list[str]:
    """Rooms of a hotel for so many, one after the other, so that those are taken that are free longest."""
    found: list[str] = []
    while len(found) < riders:
        room = world.given[hotel] % (SINGLES + TWINS)
        world.given[hotel] += 1
        found += [f"S{room + 1}"] if room < SINGLES else [f"T{room - SINGLES + 1}"] * 2
    return found[:riders]


def _write(database: Database, coaches: Iterator[Batch], events: int, world: World) -> None:
    """Another batch of whole coaches, of so many events or a few more."""
    rows: list[dict[str, Any]] = []
    journeys, tracks = [], []
    while len(rows) < events:
        one = next(coaches)
        rows += one.rows
        journeys += one.journeys
        tracks += one.tracks
        world.stays.extend(one.stays)
        world.now = max(world.now, one.times[1])
        ids = [each.worker_id for each in one.journeys]
        chosen = ids if len(world.sample) < 20_000 else [world.dice.choice(ids)]
        world.sample += [(worker_id, *one.times) for worker_id in chosen]
    for row in world.dice.sample(rows, 20):
        assert event_of(row["content"]).nonce == row["nonce"]
    been = presence_rows(tracks)
    world.dice.shuffle(been)
    with database.write() as c:
        values = ([world.events + i, *row.values()] for i, row in enumerate(rows, 1))
        if world.log:
            c.connection.driver_connection.executemany(_INSERT, values)
        c.execute(insert(journey), [journey_row(one) for one in journeys])
        c.execute(insert(presence), been)
    world.events += len(rows)


_INSERT = (
    "INSERT INTO event (seq, content, leaf, nonce, kind, happened_at, plan_id, trip_id, worker_id) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)


def _event_row(one: Event) -> dict[str, Any]:
    """A row but for its number, as the database keeps it."""
    content = one.content()
    told = {"content": content, "leaf": leaf_hash(content), "nonce": one.nonce, "kind": str(one.kind)}
    at = one.happened_at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    about = {"plan_id": one.plan_id, "trip_id": one.trip_id, "worker_id": one.worker_id}
    return {**told, "happened_at": at, **about}


def _like(row: dict[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """The same with other names."""
    content = row["content"]
    nonce = row["nonce"]
    for old, new in names.items():
        content = content.replace(f'"{old}'.encode(), f'"{new}'.encode())
        nonce = nonce.replace(old, new)
    about = {name: names.get(row[name], row[name]) for name in ("trip_id", "worker_id")}
    return {**row, "content": content, "leaf": leaf_hash(content), "nonce": nonce, **about}


# Measuring


def _measure(database: Database, world: World, steps: int, cases: int) -> None:
    roster = _roster(world)
    seconds, busy, contacts = [], [], []
    for worker_id, begun, ended in world.dice.choices(world.sample, k=cases):
        at = begun + world.dice.random() * (ended - begun)
        clock, worked = time.perf_counter(), time.process_time()
        with database.read() as c:
            found = traced(c, Asked(worker_id, at, steps=steps), roster, world.now)
        answer = told(found)
        seconds.append(time.perf_counter() - clock)
        busy.append(time.process_time() - worked)
        contacts.append(len(answer["contacts"]))
    with database.read() as c:
        rows = c.execute(select(func.count()).select_from(presence)).scalar_one()
    spans = [statistics.median(seconds), _p95(seconds), max(seconds), statistics.median(busy), _p95(busy)]
    told_ms = (f"{1000 * span:9.1f}" for span in spans)
    print(f"{world.events:>12,} {rows:>9,} {steps:>9} {statistics.mean(contacts):9.0f}", *told_ms, flush=True)


def _p95(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=20)[-1]


def _roster(world: World) -> Roster:
    scenario = read_scenario(Path(__file__).parents[1] / "data/scenarios/wuhai").scenario
    assert scenario is not None
    hotels = {
        f"H{i}": Hotel(f"H{i}", f"hotel {i}", 39.7, 106.8, SINGLES, TWINS, 12_000, 15_000, Decimal(0))
        for i in range(HOTELS)
    }
    summary = Summary("", Status.FEASIBLE, 0, 0, 0, Decimal(0), Decimal(0), Cost(), 0, 0.0, 0, "")
    plan = Plan((), (), tuple(world.stays), (), (), (), summary)
    return Roster([Published("p_now", replace(scenario, hotels=hotels, busy=()), plan)])


if __name__ == "__main__":
    main()
