"""Scenarios out of the registry: a frozen copy of what is known on a day.

A snapshot is the scenario's files as a zip; its id begins the SHA-256 of their content and of the
plan in force, so that the same state is the same scenario.  Names, identity numbers and telephones,
of workers and of enterprises' contacts, are not in it: they are added when somebody who may see
them exports it.

Trips of published plans that leave before the scenario's horizon are facts: what they hold is
``busy``, whom they carry is left out.  Trips of the plan in force that leave later are still open;
a job keeps them unless it is told otherwise (see ``kept_by_default``).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from data.accounts import By
from data.archives import digest_of, unpacked, unzip, zipped
from data.liaisons import contacts
from data.paging import newest
from data.people import personal_of
from data.plan_store import published_plans
from data.reading import read_scenario, write_scenario
from data.registry import Entry, as_of, end_of
from data.return_plans import not_ready
from data.schema import scenario as scenario_table
from data.tables import TABLES, Table
from data.vault import Vault
from workforce.carried import after_trips
from workforce.faults import Unusable
from workforce.plan import Plan
from workforce.scenario import Scenario

POLICY_KIND, POLICY_KEY = "policy", "policy"
UNNAMED = "—"  # in the place of a name that a snapshot does not hold


@dataclass(frozen=True, slots=True)
class Known:
    """What the registry knew on a day, and the published plans, first to last.

    Attributes:
        changed: when each enterprise's row was last written.
    """

    files: Mapping[str, bytes]
    changed: Mapping[str, datetime]
    published: tuple[Row[Any], ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A scenario, its files zipped, and the plan that was in force."""

    scenario_id: str
    scenario: Scenario
    content: bytes
    based_on: tuple[str, ...]


def known_on(c: Connection, day: date) -> Known:
    """What a scenario is made of, as the registry stood at the end of a day (UTC)."""
    moment = end_of(day)
    tables = {name: list(as_of(c, name, moment)) for name in TABLES}
    _leave_out(tables, not_ready(c, moment))
    files = {}
    changed: dict[str, datetime] = {}
    for table in TABLES.values():
        found = tables[table.name]
        rows = ([_cell(table, e.body, column.name) for column in table.columns] for e in found)
        files[f"{table.name}.csv"] = _csv([column.name for column in table.columns], rows)
        if table.name == "enterprises":
            changed = {e.key: e.changed_at for e in found if e.changed_at is not None}
    for e in as_of(c, POLICY_KIND, moment):
        files["policy.toml"] = str(e.body["toml"]).encode()
    return Known(files, changed, tuple(published_plans(c)))


def snapshot(known: Known) -> Snapshot:
    """The scenario of what is known; takes time and no connection.

    Raises:
        Unusable: with the faults that keep it from being one.
    """
    files = dict(known.files)
    with TemporaryDirectory() as parent:
        folder = Path(parent) / "scenario"
        unzip(zipped(files), folder)
        reading = read_scenario(folder)
        if reading.scenario is None:
            raise Unusable(reading.faults)
        scenario = _without_facts(reading.scenario, known)
        if scenario is not reading.scenario:
            write_scenario(scenario, folder)
            files = {path.name: path.read_bytes() for path in folder.iterdir()}
    based_on = tuple(row.id for row in known.published[-1:])
    told = {**files, "based_on": " ".join(based_on).encode()} if based_on else files
    return Snapshot(digest_of(told)[:16], scenario, zipped(files), based_on)


def _without_facts(scenario: Scenario, known: Known) -> Scenario:
    """Without what trips that leave before the horizon did.

    A trip of an older plan is a fact if it left before the horizon of the plan that followed; later
    ones were open then, and that plan has those which were kept.
    """
    horizons = [*(date.fromisoformat(row.first_day) for row in known.published), scenario.policy.first_day]
    for row, follower in zip(known.published, horizons[1:], strict=True):
        plan = unpacked(row.content)
        facts = frozenset(t.trip_id for t in plan.trips if t.first_day < follower)
        if facts:
            counted_on = {e: at.date() for e, at in known.changed.items() if at > row.published_at}
            scenario = after_trips(scenario, plan, facts, counted_on)
    return scenario


def kept_by_default(scenario: Scenario, plan: Plan) -> frozenset[str]:
    """The trips of the plan in force that are no facts in a scenario: people have been told of them."""
    return frozenset(t.trip_id for t in plan.trips if t.first_day >= scenario.policy.first_day)


def store_scenario(c: Connection, by: By, shot: Snapshot, name: str, day: date) -> bool:
    """Keep a snapshot.  False: it is there already, under the name that it got then."""
    if find_scenario(c, shot.scenario_id) is not None:
        return False
    s = shot.scenario
    counts = {"workers": len(s.workers), "enterprises": len(s.enterprises), "vacancies": len(s.vacancies)}
    c.execute(
        insert(scenario_table).values(
            id=shot.scenario_id,
            name=name,
            day=day.isoformat(),
            made_at=by.at,
            account_id=by.account_id,
            counts=counts,
            first_day=s.policy.first_day.isoformat(),
            last_day=s.policy.last_day.isoformat(),
            content=shot.content,
            based_on=list(shot.based_on),
        )
    )
    return True


def find_scenario(c: Connection, scenario_id: str) -> Row[Any] | None:
    return c.execute(select(scenario_table).where(scenario_table.c.id == scenario_id)).one_or_none()


def newest_scenarios(c: Connection, after: str | None, limit: int) -> list[Row[Any]]:
    """Scenarios without their files, from the newest on; ``after``: only those behind this one."""
    told = [column for column in scenario_table.c if column is not scenario_table.c.content]
    return newest(c, select(*told), scenario_table.c.made_at, scenario_table.c.id, after, limit)


@lru_cache(maxsize=4)
def frozen(content: bytes) -> Scenario:
    """The scenario of a stored snapshot, nobody named."""
    with TemporaryDirectory() as folder:
        unzip(content, Path(folder))
        reading = read_scenario(Path(folder))
    if reading.scenario is None:
        raise Unusable(reading.faults)
    return reading.scenario


def named(c: Connection, vault: Vault, scenario: Scenario) -> Scenario:
    """The scenario with what names its workers and contacts.  Whoever calls this records the reading."""
    workers, firms = dict(scenario.workers), dict(scenario.enterprises)
    for key, told in personal_of(c, vault, workers).items():
        name, id_number, phone = told.get("name", UNNAMED), told.get("id_number"), told.get("phone")
        workers[key] = replace(workers[key], name=name, id_number=id_number, phone=phone)
    for key, told in contacts(c, vault, firms).items():
        firms[key] = replace(firms[key], contact=told.get("contact"), phone=told.get("phone"))
    return replace(scenario, workers=workers, enterprises=firms)


def _leave_out(tables: dict[str, list[Entry]], drafts: set[str]) -> None:
    """Without the workers of return plans that are not submitted, and without what speaks of nobody."""
    tables["workers"] = [e for e in tables["workers"] if e.body.get("return_plan") not in drafts]
    workers, vacancies = ({e.key for e in tables[name]} for name in ("workers", "vacancies"))
    tables["intentions"] = [
        e
        for e in tables["intentions"]
        if e.body["worker_id"] in workers and e.body["vacancy_id"] in vacancies
    ]


def _cell(table: Table, body: Mapping[str, Any], column: str) -> str:
    if table.name == "workers" and column == "name":
        return UNNAMED
    return str(body.get(column, ""))


def _csv(header: list[str], rows: Iterable[list[str]]) -> bytes:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode()
