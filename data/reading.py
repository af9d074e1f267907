"""Read a scenario from a folder or a workbook, with every fault of it at once; write one as a folder."""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.checks import Draft, check
from data.policy_file import policy_of, policy_toml, read_policy
from data.rows import Rows, no_rows, read_rows
from data.sources import read_source
from data.tables import TABLES, Table
from workforce.entities import Busy, Closure, Enterprise, Fleet, Hotel, Pickup, Road, Vacancy, Worker
from workforce.faults import Fault, fault
from workforce.policy import Policy
from workforce.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Reading:
    """A scenario, or None where a fault is an error; errors come first."""

    scenario: Scenario | None
    faults: tuple[Fault, ...]


def read_scenario(path: Path) -> Reading:
    """Read a folder of CSV tables with ``policy.toml``, or one ``.xlsx`` workbook.

    Nothing is raised for what the files hold: every fault is in the result.
    """
    faults: list[Fault] = []
    source = read_source(path, faults.append)
    broken, tables = set(source.unreadable), {}
    for table in TABLES.values():
        if table.name in source.grids:
            tables[table.name] = read_rows(table, source.grids[table.name], faults.append)
            continue
        tables[table.name] = no_rows(table)
        if table.required and table.name not in source.unreadable:
            broken.add(table.name)
            chinese, file = table.chinese[0], f"{table.name}.csv"
            faults.append(fault("table_missing", table.name, name=table.name, chinese=chinese, file=file))
    policy = read_policy(source, faults.append)
    check(Draft(tables, frozenset(broken), policy), faults.append)
    order = {name: i for i, name in enumerate((None, *TABLES))}
    faults.sort(key=lambda f: (not f.is_error, order.get(f.table, len(order)), f.row or 0))
    if policy is None or any(f.is_error for f in faults):
        return Reading(None, tuple(faults))
    return Reading(_scenario(policy_of(policy), tables), tuple(faults))


def _scenario(policy: Policy, tables: Mapping[str, Rows]) -> Scenario:
    def keyed(name: str, record: type) -> dict[str, Any]:
        return {values[TABLES[name].key or ""]: record(**values) for values in tables[name].records()}

    intentions = defaultdict(set)
    for _, worker, vacancy in tables["intentions"].each("worker_id", "vacancy_id"):
        intentions[worker].add(vacancy)
    return Scenario(
        policy=policy,
        enterprises=keyed("enterprises", Enterprise),
        workers=keyed("workers", Worker),
        pickups=keyed("pickups", Pickup),
        fleets=keyed("fleets", Fleet),
        hotels=keyed("hotels", Hotel),
        vacancies=keyed("vacancies", Vacancy),
        suppliers=tuple(
            dict.fromkeys((a, b) for _, a, b in tables["suppliers"].each("supplier_id", "buyer_id"))
        ),
        intentions={worker: frozenset(vacancies) for worker, vacancies in intentions.items()},
        zones={adcode: risk for _, adcode, risk in tables["zones"].each("adcode", "risk")},
        busy=tuple(Busy(**values) for values in tables["busy"].records()),
        roads={
            (a, b): Road(km, minutes)
            for _, a, b, km, minutes in tables["distances"].each("from_id", "to_id", "km", "minutes")
        },
        closures=tuple(Closure(**values) for values in tables["closures"].records()),
    )


def table_rows(scenario: Scenario, table: Table) -> Iterator[list[Any]]:
    """The values of a table's rows in the order of its columns; None where blank."""
    match table.name:
        case "suppliers":
            yield from map(list, scenario.suppliers)
        case "intentions":
            for worker, vacancies in scenario.intentions.items():
                yield from ([worker, vacancy] for vacancy in sorted(vacancies))
        case "zones":
            yield from map(list, scenario.zones.items())
        case "distances":
            yield from ([*pair, road.km, road.minutes] for pair, road in scenario.roads.items())
        case _:
            rows = getattr(scenario, table.name)
            for record in rows.values() if isinstance(rows, Mapping) else rows:
                yield [getattr(record, column.field) for column in table.columns]


def write_scenario(scenario: Scenario, folder: Path) -> None:
    """Write every table as CSV, and ``policy.toml``, into a folder.

    Raises:
        OSError: the folder cannot be made or written.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for table in TABLES.values():
        with (folder / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(column.name for column in table.columns)
            kinds = [column.kind for column in table.columns]
            for row in table_rows(scenario, table):
                writer.writerow("" if v is None else k.write(v) for k, v in zip(kinds, row, strict=True))
    (folder / "policy.toml").write_text(policy_toml(scenario.policy), encoding="utf-8")
