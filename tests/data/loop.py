"""The closed loop without a server: a database with the base plan published, and reports to it."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, update

from data.accounts import By
from data.archives import packed, zipped_folder
from data.checkpoints import Publisher
from data.database import Database
from data.log_parts import Places
from data.plan_store import store
from data.published import PublishedPlans
from data.reading import write_scenario
from data.reports import take
from data.rosters import Rosters
from data.schema import plan as plan_table
from data.signed_notes import Checkpoint
from data.snapshots import Snapshot, store_scenario
from data.trip_log import Report, Taken
from data.vault import KeyRing, Vault
from data.verification import Outcome, alone, examine
from tests.builders import make_plan, make_scenario
from workforce.closed_loop import BEIJING
from workforce.triplog import Kind

DAY = datetime(2020, 3, 2, tzinfo=BEIJING)


def at(clock: str, days: int = 0) -> datetime:
    """A local time on the day of the base plan's trips, or some days later."""
    hours, minutes = map(int, clock.split(":"))
    return DAY + timedelta(days=days, hours=hours, minutes=minutes)


@dataclass
class Loop:
    """The log of the base plan, whose two trips run on 2 March.

    Attributes:
        now: when reports are recorded: later each time.
    """

    database: Database
    folder: Path
    keys: KeyRing
    rosters: Rosters
    publisher: Publisher
    plan_id: str
    now: datetime = field(default=DAY.astimezone(UTC))
    nonces: Iterator[int] = field(default_factory=itertools.count)

    @property
    def vault(self) -> Vault:
        return self.keys.current()

    def report(self, kind: Kind, clock: str, days: int = 0, trip: str | None = None, **told: Any) -> Report:
        plan_id = self.plan_id if trip else None
        nonce = told.pop("nonce", f"nonce-{next(self.nonces):06d}")
        return Report(kind, nonce, at(clock, days), plan_id, trip, **told)

    def take(self, *reports: Report, by: str = "tests", device: str | None = None) -> list[Taken]:
        self.now = max([self.now + timedelta(seconds=1), *(r.happened_at.astimezone(UTC) for r in reports)])
        with self.database.write() as c:
            return take(c, self.vault, By(by, self.now), reports, self.rosters, device)

    def publish(self) -> Checkpoint | None:
        return self.publisher.publish(self.database, self.now)

    def examine(self, c: Connection) -> Outcome:
        places = Places(c, self.rosters, self.vault)
        return examine(c, alone(places), self.publisher, self.publisher.public_keys())

    def codes(self) -> set[str]:
        """What a look through the log finds."""
        with self.database.read() as c:
            return {one.code for one in self.examine(c).findings}


def make_loop(url: str, folder: Path) -> Loop:
    folder.mkdir(parents=True, exist_ok=True)
    database = Database(url)
    database.migrate()
    scenario = make_scenario()
    by = By("tests", DAY - timedelta(days=5))
    write_scenario(scenario, folder / "scenario")
    shot = Snapshot("s_base", scenario, zipped_folder(folder / "scenario"), ())
    with database.write() as c:
        store_scenario(c, by, shot, "base", by.at.date())
        plan_id = store(c, by, shot.scenario_id, packed(make_plan(scenario)), [])
        values = {"published_at": by.at, "published_by": "tests", "published_for": shot.scenario_id}
        c.execute(update(plan_table).where(plan_table.c.id == plan_id).values(values))
    publisher = Publisher(folder / "checkpoints", folder / "log-key.txt")
    rosters = Rosters(PublishedPlans(database))
    return Loop(database, folder, KeyRing(folder / "keys.json"), rosters, publisher, plan_id)


def coach(loop: Loop) -> Sequence[Report]:
    """What is reported of the trip T1 and its riders, from the plate to the works."""
    r, warm = loop.report, {"temperature": "36.5"}
    reports = [
        r(
            Kind.VEHICLE_NAMED,
            "06:00",
            trip="T1",
            says={"plate": "蒙C12345"},
            details={"driver_names": ["王一"]},
        ),
        r(Kind.DESTINATION_CONFIRMED, "06:10", trip="T1", place_id="E1", says={"heads": 2}),
        r(Kind.DESTINATION_CONFIRMED, "06:11", trip="T1", place_id="E2", says={"heads": 1}),
        r(Kind.KITS_RECEIVED, "06:12", place_id="F1", says={"kit": "mask", "count": 50}),
        r(Kind.ROSTER_CLOSED, "06:30", trip="T1", says={"riders": 3}),
        r(Kind.LEFT, "08:00", trip="T1", place_id="F1", says={"stop": 1}),
        r(Kind.REACHED, "08:40", trip="T1", place_id="P1", says={"stop": 2}),
    ]
    for worker, minute in (("W1", 42), ("J1", 45)):
        reports.append(
            r(
                Kind.MEASURED,
                f"08:{minute}",
                trip="T1",
                worker_id=worker,
                says={"where": "door"},
                details=warm,
            )
        )
        reports.append(r(Kind.BOARDED, f"08:{minute + 1}", trip="T1", worker_id=worker))
    reports += [
        r(Kind.LEFT, "09:00", trip="T1", place_id="P1", says={"stop": 2}),
        r(Kind.REACHED, "09:30", trip="T1", place_id="P2", says={"stop": 3}),
        r(
            Kind.MISSING,
            "09:45",
            trip="T1",
            worker_id="W2",
            says={"why": "no_show"},
            details={"note": "没来"},
        ),
        r(Kind.LEFT, "09:50", trip="T1", place_id="P2", says={"stop": 3}),
        r(Kind.REACHED, "11:10", trip="T1", place_id="E1", says={"stop": 4}),
        r(Kind.ALIGHTED, "11:15", trip="T1", worker_id="W1", place_id="E1"),
        r(Kind.COUNTED, "11:20", trip="T1", place_id="E1", says={"heads": 1}),
        r(Kind.SIGNED, "11:21", trip="T1", place_id="E1", says={"side": "carrier"}, details={"name": "张三"}),
        r(
            Kind.SIGNED,
            "11:22",
            trip="T1",
            place_id="E1",
            says={"side": "receiver"},
            details={"name": "李四"},
        ),
        r(Kind.ARRIVED, "11:30", worker_id="W1", place_id="E1"),
    ]
    return reports


def lodging(loop: Loop) -> Sequence[Report]:
    """What is reported of the trip T2, and of Q1 and Q3 in their rooms."""
    r = loop.report
    reports = [r(Kind.BOARDED, f"08:4{n}", trip="T2", worker_id=w) for n, w in enumerate(("Q1", "Q2", "Q3"))]
    reports += [
        r(Kind.ALIGHTED, f"10:4{n}", trip="T2", worker_id=w, place_id="H1")
        for n, w in enumerate(("Q1", "Q2", "Q3"))
    ]
    for worker, room in (("Q1", "T1"), ("Q3", "S1")):
        reports.append(r(Kind.CHECKED_IN, "11:00", worker_id=worker, place_id="H1", says={"room": room}))
        for days in (1, 2):
            for clock in ("08:00", "20:00"):
                reports.append(
                    r(
                        Kind.MEASURED,
                        clock,
                        days,
                        worker_id=worker,
                        place_id="H1",
                        says={"where": "hotel"},
                        details={"temperature": "36.4"},
                    )
                )
        reports.append(r(Kind.RELEASED, "09:00", 3, worker_id=worker))
        reports.append(r(Kind.ARRIVED, "10:00", 3, worker_id=worker, place_id="E1"))
    return reports


def filled(loop: Loop, checkpoints: int = 4) -> None:
    """A log of some sixty events in batches, one of them voided, under several checkpoints."""
    reports = [*coach(loop), *sorted(lodging(loop), key=lambda r: r.happened_at)]
    size = -(-len(reports) // checkpoints)
    for i in range(0, len(reports), size):
        loop.take(*reports[i : i + size], device="d_1")
        if i == size:
            loop.take(loop.report(Kind.VOIDED, "12:00", says={"event": 9}, details={"note": "误报"}))
        loop.publish()
