"""Write a plan as the files of ``docs/formats.md``, all or nothing, and read one back strictly."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.cells import Refused
from data.plan_folder import PLAN_JSON, new_plan_folder, settle
from data.plan_json import read_summary, summary_text
from data.plan_tables import PLAN_TABLES, PlanTable
from data.sources import decoded, file_bytes
from workforce.faults import Fault, Unusable, fault
from workforce.plan import Placement, Plan, Seat, Share, Stay, Stop, Trip, Unserved

WORKBOOK, REPORT, CHANGES = "plan.xlsx", "report.html", "changes.csv"
_OURS = frozenset({*(f"{name}.csv" for name in PLAN_TABLES), PLAN_JSON, WORKBOOK, REPORT, CHANGES})


@dataclass(frozen=True, slots=True)
class Verbatim:
    """The folder of an older plan, and the trips of it whose rows are copied as they stand."""

    folder: Path
    trip_ids: frozenset[str]


def write_plan(
    plan: Plan,
    folder: Path,
    verbatim: Verbatim | None = None,
    extras: Iterable[Callable[[Path], object]] = (),
) -> None:
    """Write a plan into a folder, in place of the plan that is there.

    Args:
        verbatim: trips of an older plan that this one keeps: their rows, and those of their
            riders, have the same bytes as before.  The older plan may be the one replaced.
        extras: each is called with the folder while nobody sees it yet, to add a file of its
            own, such as ``plan.xlsx`` and ``report.html``.

    Raises:
        Unusable: the folder has files and is no plan, or the older plan cannot be read.
        ValueError: a kept row says something else than the plan does.
        OSError: a file cannot be written.
    """
    kept = _kept_lines(verbatim) if verbatim else {}
    with new_plan_folder(folder, _OURS) as part:
        for table in PLAN_TABLES.values():
            with (part / f"{table.name}.csv").open("w", encoding="utf-8", newline="") as file:
                file.write(",".join(table.header) + "\n")
                for values in sorted(plan_rows(plan, table), key=table.key):
                    file.write(_line(table, values, kept) + "\n")
        if kept:
            raise ValueError(f"the plan lacks rows that are to be kept: {sorted(map(str, kept))[:5]}")
        (part / PLAN_JSON).write_text(summary_text(plan.summary), encoding="utf-8")
        for add in extras:
            add(part)


def plan_rows(plan: Plan, table: PlanTable) -> Iterator[dict[str, Any]]:
    """The rows of one of the plan's files, each by the field names of the records."""
    names = [column.field for column in table.columns]
    if table.name == "stops":
        for trip in plan.trips:
            for stop in trip.stops:
                yield {"trip_id": trip.trip_id, **{name: getattr(stop, name) for name in names[1:]}}
        return
    for record in getattr(plan, "stays" if table.name == "rooms" else table.name):
        yield {name: getattr(record, name) for name in names}


def read_plan(folder: Path) -> Plan:
    """Read a plan's files, written by the planner or edited by hand.

    Raises:
        Unusable: with every fault that keeps it from being read.
    """
    settle(folder)
    faults: list[Fault] = []
    if not folder.is_dir():
        code = "plan_file_missing" if folder.exists() else "path_missing"
        raise Unusable([fault(code, path=folder, file=PLAN_JSON)])
    if not any((folder / name).exists() for name in _OURS):
        raise Unusable([fault("plan_file_missing", PLAN_JSON, path=folder, file=PLAN_JSON)])
    rows = {name: [row.values for row in _file_rows(folder, t, faults)] for name, t in PLAN_TABLES.items()}
    summary = read_summary(folder, faults)
    stops: dict[str, list[Stop]] = defaultdict(list)
    for row in rows["stops"]:
        stops[row.pop("trip_id")].append(Stop(**row))
    trips: dict[str, Trip] = {}
    for row in rows["trips"]:
        trip = row["trip_id"]
        if trip in trips:
            faults.append(fault("id_twice", "trips.csv", None, "trip_id", value=trip, first="–"))
        trips[trip] = Trip(**row, stops=tuple(sorted(stops.pop(trip, ()), key=lambda stop: stop.seq)))
    for trip in stops:
        faults.append(
            fault("id_unknown", "stops.csv", None, "trip_id", value=trip, tables="trips.csv", guess="")
        )
    if faults or summary is None:
        raise Unusable(faults)
    return Plan(
        trips=tuple(trips.values()),
        seats=tuple(Seat(**row) for row in rows["seats"]),
        stays=tuple(Stay(**row) for row in rows["rooms"]),
        placements=tuple(Placement(**row) for row in rows["placements"]),
        shares=tuple(Share(**row) for row in rows["shares"]),
        unserved=tuple(Unserved(**row) for row in rows["unserved"]),
        summary=summary,
    )


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of a plan's file: its number, its values by field, and its text as it stands."""

    number: int
    values: dict[str, Any]
    text: str


def _file_rows(folder: Path, table: PlanTable, faults: list[Fault]) -> list[_Row]:
    name = f"{table.name}.csv"
    rows: list[_Row] = []
    try:
        for number, cells, text in _records(folder, name):
            if number == 1:
                if cells != table.header:
                    raise Refused("plan_columns", expected=",".join(table.header))
            elif len(cells) != len(table.columns):
                count, expected = len(cells), len(table.columns)
                faults.append(fault("plan_row_width", name, number, count=count, expected=expected))
            else:
                values = {}
                for column, cell in zip(table.columns, cells, strict=True):
                    try:
                        values[column.field] = column.parse(cell)
                    except Refused as refused:
                        faults.append(fault(refused.code, name, number, column.name, **refused.values))
                if len(values) == len(cells):
                    rows.append(_Row(number, values, text))
    except Refused as refused:
        faults.append(fault(refused.code, name, **refused.values))
    return rows


def _records(folder: Path, name: str) -> Iterator[tuple[int, list[str], str]]:
    """(row number, cells, text without its line end) of each row that is not blank; the header is row 1."""
    if not (folder / name).is_file():
        raise Refused("plan_file_missing", path=folder, file=name)
    lines = list(io.StringIO(decoded(file_bytes(folder / name), name), newline=""))
    reader = csv.reader(lines, strict=True)
    start = number = 0
    try:
        for cells in reader:
            text = "".join(lines[start : reader.line_num]).rstrip("\r\n")
            start = reader.line_num
            number += 1
            if number == 1 or any(cells):
                yield number, cells, text
    except csv.Error as failure:
        raise Refused("csv_broken", file=name, line=reader.line_num, why=failure) from failure
    if not number:
        raise Refused("header_missing")


_Key = tuple[str, tuple[Any, ...]]


def _kept_lines(verbatim: Verbatim) -> dict[_Key, _Row]:
    """The rows of the kept trips and of their riders, by table and key."""
    settle(verbatim.folder)
    faults: list[Fault] = []
    rows = {name: _file_rows(verbatim.folder, table, faults) for name, table in PLAN_TABLES.items()}
    if faults:
        raise Unusable(faults)
    trips = verbatim.trip_ids
    riders = {row.values["worker_id"] for row in rows["seats"] if row.values["trip_id"] in trips}
    return {
        (name, table.key(row.values)): row
        for name, table in PLAN_TABLES.items()
        if name != "unserved"
        for row in rows[name]
        if (row.values["trip_id"] in trips if "trip_id" in row.values else row.values["worker_id"] in riders)
    }


def rewritten_rows(kept: Verbatim, folder: Path) -> tuple[Fault, ...]:
    """Kept rows that a newer plan has in other bytes; whether they say something else is for the checker.

    Raises:
        Unusable: one of the two plans cannot be read.
    """
    before = _kept_lines(kept)
    faults: list[Fault] = []
    rewritten = []
    for name, table in PLAN_TABLES.items():
        for row in _file_rows(folder, table, faults):
            old = before.get((name, table.key(row.values)))
            if old and old.values == row.values and old.text != row.text:
                rewritten.append(
                    fault("kept_row_rewritten", f"{name}.csv", row.number, before=old.text, now=row.text)
                )
    if faults:
        raise Unusable(faults)
    return tuple(rewritten)


def _line(table: PlanTable, values: dict[str, Any], kept: dict[_Key, _Row]) -> str:
    old = kept.pop((table.name, table.key(values)), None)
    if old is not None:
        if old.values != values:
            raise ValueError(f"{table.name}: a kept row says {old.text!r}, the plan says {values}")
        return old.text
    line = io.StringIO()
    cells = (column.write(values[column.field]) for column in table.columns)
    csv.writer(line, lineterminator="").writerow(cells)
    return line.getvalue()
