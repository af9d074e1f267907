"""From the grid of a table to its columns of values: headers found, blank rows skipped, every cell parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from data.cells import FORMULA_ERRORS, Refused
from data.sheet_xml import MOST_CELLS
from data.sources import HEADER_WITHIN, Cells, Grid, Report, guess
from data.tables import Column, Table, folded
from workforce.faults import Fault, fault

MOST_COLUMNS = 1_000  # up to the last title of a table
_SHEET_COLUMNS = 16_384


@dataclass(frozen=True, slots=True)
class Rows:
    """A table by column: values in the order of the rows, None where blank or faulty.

    Attributes:
        numbers: of each row, as a spreadsheet counts them.
        columns: by name; an optional column that is absent holds nothing but None.
    """

    table: Table
    numbers: Sequence[int]
    columns: dict[str, list[Any]]

    def __getitem__(self, column: str) -> list[Any]:
        return self.columns[column]

    def each(self, *columns: str) -> Iterator[tuple[Any, ...]]:
        """(row number, values of these columns …) of each row."""
        return zip(self.numbers, *(self.columns[column] for column in columns), strict=True)

    def records(self) -> Iterator[dict[str, Any]]:
        """Each row by the field names of the domain's record."""
        names = [column.field for column in self.table.columns]
        for _, *values in self.each(*self.columns):
            yield dict(zip(names, values, strict=True))


def no_rows(table: Table) -> Rows:
    return Rows(table, [], {column.name: [] for column in table.columns})


def read_rows(table: Table, grid: Grid, report: Report) -> Rows:
    """The table's values; every fault within a cell, a row or the header is reported."""
    titles = _titles(table)
    widest = max(map(len, grid.rows[:HEADER_WITHIN]), default=0)
    if widest > _SHEET_COLUMNS:  # no sheet has them
        report(_too_wide(table, grid, widest))
        return no_rows(table)
    top = header_row(table, grid.rows)
    if top is None:
        report(fault("header_missing", table.name))
        return no_rows(table)
    header = grid.rows[top]
    width = 1 + max(i for i, cell in enumerate(header) if not _blank(cell))
    if width > MOST_COLUMNS or width * len(grid.rows) > MOST_CELLS:
        report(_too_wide(table, grid, width))
        return no_rows(table)
    numbers: list[int] = []
    body: list[Cells] = []
    for number, row in enumerate(grid.rows[top + 1 :], top + 2):
        if all(map(_blank, row)):
            continue
        beyond = [cell for cell in row[width:] if not _blank(cell)]
        if beyond:
            report(fault("row_too_wide", table.name, number, value=beyond[0]))
        numbers.append(number)
        body.append(row[:width] + [""] * (width - len(row)))
    cells = list(zip(*body, strict=True)) or [()] * width

    given: dict[str, int] = {}
    strange: list[str] = []
    for i, cell in enumerate(header[:width]):
        title = str(cell).strip()
        column = _column_of(title, titles)
        if column is None:
            if title or not all(map(_blank, cells[i])):
                strange.append(title)
        elif column.name in given:
            first = header[given[column.name]]
            report(fault("column_twice", table.name, top + 1, column.name, first=first, second=title))
        else:
            given[column.name] = i
    _report_header(table, top + 1, given, strange, report)
    columns = {
        column.name: _values(table, column, numbers, cells[given[column.name]], report)
        if column.name in given
        else [None] * len(numbers)
        for column in table.columns
    }
    return Rows(table, numbers, columns)


def _too_wide(table: Table, grid: Grid, columns: int) -> Fault:
    return fault("sheet_too_large", table.name, sheet=grid.source, rows=len(grid.rows), columns=columns)


def _blank(cell: object) -> bool:
    return cell is None or (isinstance(cell, str) and not cell.strip())


def columns_named(table: Table, header: Cells) -> set[str]:
    """The table's columns that a header has."""
    titles = _titles(table)
    return {c.name for cell in header if (c := _column_of(str(cell), titles))}


def _titles(table: Table) -> dict[str, Column]:
    return {folded(title): c for c in table.columns for title in (c.name, *c.chinese)}


def header_row(table: Table, rows: list[Cells]) -> int | None:
    """Index of the row among the first few that names the most columns, or else of the first with content."""
    named = {
        i: len(columns_named(table, row))
        for i, row in enumerate(rows[:HEADER_WITHIN])
        if not all(map(_blank, row))
    }
    most = max(named.values(), default=0)
    # Merged headings are filled down, so that of two equal rows the lower one is the header.
    found = [i for i, count in named.items() if count == most]
    return (found[-1] if most else found[0]) if found else None


def _column_of(title: str, titles: dict[str, Column]) -> Column | None:
    """The column of ``姓名``, ``Worker ID*``, ``name / 姓名`` or ``预算（元）``; its known parts mean one."""
    parts = [title, *re.split(r"[\n/|]", title)]
    parts += [re.sub(r"[(（\[【].*", "", part) for part in parts]
    found = {c.name: c for part in parts if (c := titles.get(folded(part)))}
    return next(iter(found.values())) if len(found) == 1 else None


def _report_header(table: Table, row: int, given: dict[str, int], strange: list[str], report: Report) -> None:
    for column in table.columns:
        if column.required and column.name not in given:
            near = guess(column.name, strange)
            zh = column.chinese[0]
            report(
                fault(
                    "column_missing", table.name, row, column.name, title=column.name, chinese=zh, guess=near
                )
            )
    missing = [title for c in table.columns if c.name not in given for title in (c.name, *c.chinese)]
    for title in strange:
        report(
            fault("column_unknown", table.name, row, title or None, title=title, guess=guess(title, missing))
        )


def _values(
    table: Table, column: Column, numbers: Sequence[int], cells: Sequence[Any], report: Report
) -> list[Any]:
    parse = column.kind.parse
    known: dict[str, Any] = {}  # days, codes and ids come again and again
    values = []
    for number, cell in zip(numbers, cells, strict=True):
        value = known.get(cell) if type(cell) is str else None
        if value is None:
            try:
                if _blank(cell):
                    if column.required:
                        raise Refused("value_missing")
                elif cell in FORMULA_ERRORS:
                    raise Refused("formula_error", value=cell)
                else:
                    value = known[cell] = parse(cell)
            except Refused as refused:
                report(fault(refused.code, table.name, number, column.name, **refused.values))
        values.append(value)
    return values
