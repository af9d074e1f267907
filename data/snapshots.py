"""Scenarios out of the registry and into it: a frozen copy of what is known on a day, and imports.

A snapshot is the scenario's files as a zip; its id begins the SHA-256 of their content, so that the
same state of the registry is the same scenario.  Names, identity numbers and telephones are not in
it: they are added when somebody who may see them exports it.
"""

from __future__ import annotations

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection

from data.accounts import By
from data.people import BUREAU, PERSONAL, Claim, claim_all
from data.policy_file import policy_toml
from data.reading import Reading, read_scenario, table_rows
from data.registry import Entry, as_of, end_of, put_all, remove
from data.return_plans import not_ready
from data.tables import TABLES, Table
from data.vault import Vault
from workforce.scenario import Scenario

POLICY_KIND, POLICY_KEY = "policy", "policy"
UNNAMED = "—"  # in the place of a name that a snapshot does not hold


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A scenario as its files, zipped."""

    scenario_id: str
    content: bytes


def key_of(table: Table, body: Mapping[str, Any]) -> str:
    """How the registry knows a row: its id, or the columns that tell it from others, joined."""
    if table.key:
        return str(body[table.key])
    names = [c.name for c in table.columns if c.name not in ("km", "minutes", "last_day")]
    return "|".join(str(body[name]) for name in names)


def import_scenario(c: Connection, vault: Vault, by: By, scenario: Scenario) -> dict[str, int]:
    """Make the registry say what a scenario says of its tables; returns how many rows changed by table.

    Rows of those tables that the scenario lacks are removed; enterprises' own claims of workers stay.
    """
    changed: dict[str, int] = {}
    for table in TABLES.values():
        rows = [_body(table, row) for row in table_rows(scenario, table)]
        if table.name == "workers":
            answers = claim_all(c, vault, by, BUREAU, [_claim(row) for row in rows])
            changed[table.name] = sum(a.outcome != "unchanged" for a in answers)
            continue
        new = [Entry(table.name, key_of(table, row), row, _owner(table, row, scenario)) for row in rows]
        keys = {e.key for e in new}
        gone = [e.key for e in as_of(c, table.name, by.at) if e.key not in keys]
        for key in gone:
            remove(c, by, table.name, key)
        changed[table.name] = sum(o != "unchanged" for o in put_all(c, by, new)) + len(gone)
    policy = Entry(POLICY_KIND, POLICY_KEY, {"toml": policy_toml(scenario.policy)})
    changed[POLICY_KIND] = sum(o != "unchanged" for o in put_all(c, by, [policy]))
    return changed


def snapshot(c: Connection, day: date) -> Snapshot:
    """The scenario as the registry stands at the end of a day (UTC)."""
    moment = end_of(day)
    tables = {name: list(as_of(c, name, moment)) for name in TABLES}
    _leave_out(tables, not_ready(c, moment))
    files = {}
    for table in TABLES.values():
        rows = ([_cell(table, e.body, column.name) for column in table.columns] for e in tables[table.name])
        files[f"{table.name}.csv"] = _csv([column.name for column in table.columns], rows)
    for e in as_of(c, POLICY_KIND, moment):
        files["policy.toml"] = str(e.body["toml"]).encode()
    return zipped(files)


def zipped(files: Mapping[str, bytes]) -> Snapshot:
    """A zip that is the same, to the byte, for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name), files[name], zipfile.ZIP_DEFLATED)
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\n{len(files[name])}\n".encode() + files[name])
    return Snapshot(digest.hexdigest()[:16], buffer.getvalue())


def unzip(content: bytes, folder: Path) -> None:
    """Put a snapshot's files into a folder."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)


def read_snapshot(content: bytes, personal: Mapping[str, Mapping[str, str]] | None = None) -> Reading:
    """The scenario of a snapshot.

    Args:
        personal: what names its workers, where the reader may see it.
    """
    with TemporaryDirectory() as folder:
        unzip(content, Path(folder))
        reading = read_scenario(Path(folder))
    if reading.scenario is None or personal is None:
        return reading
    workers = {
        w.worker_id: replace(w, **personal.get(w.worker_id, {})) for w in reading.scenario.workers.values()
    }
    return Reading(replace(reading.scenario, workers=workers), reading.faults)


def _leave_out(tables: dict[str, list[Entry]], drafts: set[str]) -> None:
    """Without the workers of return plans that are not submitted, and without what speaks of nobody."""
    tables["workers"] = [e for e in tables["workers"] if e.body.get("return_plan") not in drafts]
    workers, vacancies = ({e.key for e in tables[name]} for name in ("workers", "vacancies"))
    tables["intentions"] = [
        e
        for e in tables["intentions"]
        if e.body["worker_id"] in workers and e.body["vacancy_id"] in vacancies
    ]


def _body(table: Table, row: list[Any]) -> dict[str, str]:
    pairs = zip(table.columns, row, strict=True)
    return {column.name: column.kind.write(value) for column, value in pairs if value is not None}


def _claim(row: dict[str, str]) -> Claim:
    body = {name: value for name, value in row.items() if name not in (*PERSONAL, "worker_id")}
    personal = {name: row[name] for name in PERSONAL if name in row}
    return Claim(row["worker_id"], body, personal, worker_id=row["worker_id"])


def _owner(table: Table, row: Mapping[str, str], scenario: Scenario) -> str | None:
    if table.name == "intentions":
        return scenario.vacancies[row["vacancy_id"]].enterprise_id
    return row["enterprise_id"] if table.name in ("enterprises", "vacancies") else None


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
