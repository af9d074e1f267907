"""How many events a second the trip log takes, and how long ``log verify`` needs for all of them.

Whole journeys of invented workers are reported, trips side by side as on a busy day.  A batch is what one
request of ``POST /v1/events`` may hold, taken by the function that the request calls (``data.reports.take``)
in one durable transaction on SQLite with ``synchronous=FULL``; garbage is collected as in the server, nonces
are random as those of phones.
Beside it, in turns with it, the same rows are written into a table of their own without the log: no hash,
no tree, no sealed part, no states.  Processor seconds are those of these processes, which tell more than the
clock where others use the machine.  Everything lies in a folder that is removed.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import secrets
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as clock
from heapq import merge
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import JSON, Column, Integer, MetaData, String, Table, insert, update

from data.accounts import By
from data.archives import packed, zipped_folder
from data.bulk import collect_rarely
from data.checkpoints import Publisher
from data.database import Database, sqlite_url
from data.generate import KINDS, generate_with_witness
from data.plan_store import store
from data.published import PublishedPlans
from data.reading import write_scenario
from data.reports import take
from data.rosters import Rosters
from data.schema import plan as plan_table
from data.snapshots import Snapshot, store_scenario
from data.trip_log import Report
from data.vault import KeyRing
from data.verification import verify
from workforce.closed_loop import BEIJING
from workforce.kits import kits_for
from workforce.loop_rules import LoopRules
from workforce.plan import Plan, StopKind, Trip
from workforce.triplog import Kind, Side, Where

BEGIN = datetime(2020, 2, 1, tzinfo=UTC)  # the plan is published; some weeks before its first trip
DAYS_AT_HOME = 14  # with a temperature each, before a worker sets out
PLAIN = Table(
    "plain_report",
    MetaData(),
    Column("seq", Integer, primary_key=True),
    Column("nonce", String, nullable=False, unique=True),
    Column("kind", String),
    Column("happened_at", String),
    Column("plan_id", String),
    Column("trip_id", String),
    Column("worker_id", String, index=True),
    Column("place_id", String),
    Column("says", JSON),
    Column("details", JSON),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--events", type=int, default=1_000_000)
    parser.add_argument("--batch", type=int, default=1000, help="events of a request and transaction")
    parser.add_argument("--workers", type=int, default=32_000)
    parser.add_argument("--processes", type=int, default=2, help="of log verify")
    parser.add_argument("--json", metavar="FILE", help="also write the figures there")
    asked = parser.parse_args()
    collect_rarely()
    with TemporaryDirectory() as folder:
        told = measure(Path(folder), asked.events, asked.batch, asked.workers, asked.processes)
    print(f"a batch: {asked.batch:,} events of many trips, as a request of POST /v1/events, one transaction")
    for name, value in told.items():
        print(f"{name:40} {value:>14,.1f}" if isinstance(value, float) else f"{name:40} {value:>14,}")
    if asked.json:
        Path(asked.json).write_text(json.dumps(told, indent=1))


def measure(folder: Path, events: int, batch: int, workers: int, processes: int) -> dict[str, float]:
    database, plain = Database(sqlite_url(folder)), Database(f"sqlite:///{folder / 'plain.sqlite'}")
    database.migrate()
    PLAIN.create(plain.engine)
    keys = KeyRing(folder / "keys.json")
    plan_id, plan = publish(database, folder, workers)
    rosters = Rosters(PublishedPlans(database))
    with database.read() as c:
        roster = rosters.now(c)
    publisher = Publisher(folder / "checkpoints", folder / "log-key.txt")
    reports = islice(journeys(plan_id, plan, roster.rules), events)
    seconds = {"log": 0.0, "plain": 0.0}
    cpu = plain_cpu = 0.0
    slowest = 0.0
    done, now = 0, BEGIN
    while part := list(islice(reports, batch)):
        part = [one._replace(nonce=secrets.token_hex(16)) for one in part]
        now = max(now, part[-1].happened_at + timedelta(minutes=1))
        begun, worked = time.perf_counter(), time.process_time()
        with database.write() as c:
            take(c, keys.current(), By("bench", now), part, rosters)
        took = time.perf_counter() - begun
        cpu += time.process_time() - worked
        slowest = max(slowest, took)
        seconds["log"] += took
        rows = plain_rows(part, done)
        begun, worked = time.perf_counter(), time.process_time()
        with plain.write() as c:
            c.execute(insert(PLAIN), rows)
        seconds["plain"] += time.perf_counter() - begun
        plain_cpu += time.process_time() - worked
        done += len(part)
        if done % (100 * batch) == 0:
            publisher.publish(database, now)
            rates = f"{done / seconds['log']:,.0f} a second, {done / cpu:,.0f} of processor time"
            print(f"{done:,} events: {rates}; load {os.getloadavg()[0]:.1f}", flush=True)
    publisher.publish(database, now)
    load_before, peak = os.getloadavg()[0], peak_mb(resource.RUSAGE_SELF)
    begun, worked = time.perf_counter(), processor_seconds()
    outcome = verify(database, publisher, publisher.public_keys(), keys.current(), processes)
    verified, processor = time.perf_counter() - begun, processor_seconds() - worked
    for finding in outcome.findings[:10]:
        print(finding.code, finding.where, finding.text.en)
    database.close()
    plain.close()
    return {
        "events": done,
        "batch": batch,
        "events a second": done / seconds["log"],
        "events a second of processor time": done / cpu,
        "slowest batch, seconds": slowest,
        "plain rows a second": done / seconds["plain"],
        "plain rows a second of processor time": done / plain_cpu,
        "times slower than plain rows": seconds["log"] / seconds["plain"],
        "log verify, seconds": verified,
        "log verify, processor seconds": processor,
        "log verify, MB of this process at most": peak_mb(resource.RUSAGE_SELF),
        "log verify, MB of another at most": peak_mb(resource.RUSAGE_CHILDREN),
        "MB of this process before": peak,
        "load of the machine before log verify": load_before,
        "findings": len(outcome.findings),
        "MB of database": sum(f.stat().st_size for f in folder.glob("guicheng.sqlite*")) / 1e6,
    }


def processor_seconds() -> float:
    """Of this process and of those that it waited for."""
    own, others = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + others.ru_utime + others.ru_stime


def peak_mb(whose: int) -> float:
    """The most memory that this process or one of those that it waited for has had."""
    return resource.getrusage(whose).ru_maxrss / 1e3


def plain_rows(part: Sequence[Report], done: int) -> list[dict[str, object]]:
    return [
        {
            "seq": done + n,
            "nonce": r.nonce,
            "kind": str(r.kind),
            "happened_at": r.happened_at.isoformat(),
            "plan_id": r.plan_id,
            "trip_id": r.trip_id,
            "worker_id": r.worker_id,
            "place_id": r.place_id,
            "says": dict(r.says),
            "details": dict(r.details),
        }
        for n, r in enumerate(part, 1)
    ]


def publish(database: Database, folder: Path, workers: int) -> tuple[str, Plan]:
    """An invented scenario of that size with its plan, as a published one."""
    scenario, plan = generate_with_witness(replace(KINDS["wuhai"], workers=workers))
    by = By("bench", BEGIN)
    write_scenario(scenario, folder / "scenario")
    shot = Snapshot("s_bench", scenario, zipped_folder(folder / "scenario"), ())
    with database.write() as c:
        store_scenario(c, by, shot, "bench", BEGIN.date())
        plan_id = store(c, by, shot.scenario_id, packed(plan), [])
        values = {"published_at": BEGIN, "published_by": "bench", "published_for": shot.scenario_id}
        c.execute(update(plan_table).where(plan_table.c.id == plan_id).values(values))
    return plan_id, plan


def journeys(plan_id: str, plan: Plan, rules: LoopRules) -> Iterator[Report]:
    """What is reported of a plan that goes as planned, all trips side by side."""
    streams = [_trip(plan_id, plan, trip, rules) for trip in plan.trips]
    return merge(*streams, key=lambda report: report.happened_at)


def _trip(plan_id: str, plan: Plan, trip: Trip, rules: LoopRules) -> Iterator[Report]:
    """A trip from the days before it to the arrival of its last rider, in order."""
    riders = plan.riders.get(trip.trip_id, ())
    departs = _utc(trip.stops[0].depart)
    at = departs - timedelta(days=DAYS_AT_HOME + 1)
    number = 0

    def report(kind: Kind, **told: object) -> Report:
        nonlocal at, number
        at, number = at + timedelta(seconds=1), number + 1
        nonce = f"{trip.trip_id}-{number:06d}"
        return Report(kind, nonce, at, plan_id, trip.trip_id, **told)  # type: ignore[arg-type]

    def measured(worker_id: str, where: Where, place_id: str | None = None) -> Report:
        told = {"temperature": "36.5"}
        return report(
            Kind.MEASURED, worker_id=worker_id, place_id=place_id, says={"where": where}, details=told
        )

    for day in range(DAYS_AT_HOME):
        at = max(at, departs - timedelta(days=DAYS_AT_HOME - day, hours=2))
        for rider in riders:
            yield measured(rider.worker_id, Where.HOME)
    at = departs - timedelta(hours=1)
    crew = {"driver_names": ["王一", "李二"]}
    yield report(Kind.VEHICLE_NAMED, says={"plate": "蒙C12345"}, details=crew)
    for stop in trip.stops:
        if stop.kind is StopKind.DROP:
            heads = {"heads": stop.alighting}
            yield report(Kind.DESTINATION_CONFIRMED, place_id=stop.place_id, says=heads)
    for kit, count in kits_for(trip, len(riders), rules).items():
        yield report(Kind.KITS_ISSUED, place_id=trip.fleet_id, says={"kit": kit, "count": count})
    yield report(Kind.ROSTER_CLOSED, says={"riders": len(riders)})
    for stop in trip.stops:
        if stop.kind is StopKind.REST:
            continue
        at = _utc(stop.arrive)
        if stop.kind is not StopKind.DEPART:
            yield report(Kind.REACHED, place_id=stop.place_id, says={"stop": stop.seq})
        for rider in riders:
            if stop.kind is StopKind.PICKUP and rider.pickup_id == stop.place_id:
                yield measured(rider.worker_id, Where.DOOR)
                yield report(Kind.BOARDED, worker_id=rider.worker_id, says={"seat": rider.seat})
            if stop.kind is StopKind.DROP and rider.drop_id == stop.place_id:
                yield report(Kind.ALIGHTED, worker_id=rider.worker_id, place_id=stop.place_id)
        if stop.kind is StopKind.DROP:
            yield report(Kind.COUNTED, place_id=stop.place_id, says={"heads": stop.alighting})
            for side in Side:
                name = {"name": "张三"}
                yield report(Kind.SIGNED, place_id=stop.place_id, says={"side": side}, details=name)
        if stop.kind is not StopKind.RETURN:
            at = max(at, _utc(stop.depart))
            yield report(Kind.LEFT, place_id=stop.place_id, says={"stop": stop.seq})
    staying = [s for rider in riders if (s := plan.stay_of.get(rider.worker_id)) is not None]
    for stay in staying:
        room = {"room": stay.room}
        yield report(Kind.CHECKED_IN, worker_id=stay.worker_id, place_id=stay.hotel_id, says=room)
    last = max((s.check_out for s in staying), default=None)
    first = trip.last_day + timedelta(days=1)
    for day in range((last - first).days if last else 0):
        for hour in (8, 20):
            at = max(at, _utc(datetime.combine(first + timedelta(days=day), clock(hour))))
            for stay in staying:
                if first + timedelta(days=day) < stay.check_out:
                    yield measured(stay.worker_id, Where.HOTEL, stay.hotel_id)
    if last:
        at = max(at, _utc(datetime.combine(last, clock(9))))
    for stay in staying:
        yield report(Kind.RELEASED, worker_id=stay.worker_id)
    for rider in riders:
        share = plan.shares_of.get(rider.worker_id)
        place = share[0].enterprise_id if share else rider.drop_id
        yield report(Kind.ARRIVED, worker_id=rider.worker_id, place_id=place)


def _utc(local: datetime) -> datetime:
    return local.replace(tzinfo=BEIJING).astimezone(UTC)


if __name__ == "__main__":
    main()
