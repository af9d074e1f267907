"""Papers as plain documents: facts, tables, a QR code, lines to sign; as page, PDF or spreadsheet alike.

Papers carry both languages side by side, because those who read them do not choose.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import segno
import xlsxwriter

from workforce.faults import Text

_SAFE = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would take for a formula


@dataclass(frozen=True, slots=True)
class Grid:
    """A table; ``right`` are the columns that hold numbers, ``widths`` their shares of the page."""

    title: Text
    columns: tuple[Text, ...]
    rows: tuple[tuple[str, ...], ...]
    right: frozenset[int] = frozenset()
    widths: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A paper.

    Attributes:
        name: of the file, without an ending.
        facts: label and value, shown in two columns.
        code: what a QR code says; None: there is none.
        listed: which of the tables is the one that a CSV file holds.
        mark: large letters across the paper, such as that it is not valid.
        signs: who signs at the end.
    """

    name: str
    title: Text
    facts: tuple[tuple[Text, str], ...]
    grids: tuple[Grid, ...] = ()
    code: str | None = None
    mark: Text | None = None
    signs: tuple[Text, ...] = ()
    notes: tuple[Text, ...] = ()
    listed: int = -1


def both(text: Text) -> str:
    return f"{text.zh} {text.en}"


def qr_svg(content: str) -> str:
    """An SVG element without a declaration, to stand in a page."""
    return segno.make(content, error="m").svg_inline(scale=4, border=2)


def qr_png(content: str) -> bytes:
    out = io.BytesIO()
    segno.make(content, error="m").save(out, kind="png", scale=6, border=2)
    return out.getvalue()


def csv_of(grid: Grid) -> bytes:
    """UTF-8 with a mark that spreadsheets know it by."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([both(column) for column in grid.columns])
    for row in grid.rows:
        writer.writerow([_plain(cell, i in grid.right) for i, cell in enumerate(row)])
    return out.getvalue().encode("utf-8-sig")


def xlsx_of(document: Document) -> bytes:
    """A sheet of facts, and one for each table; identifiers stay text."""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    head = book.add_format({"bold": True, "bg_color": "#e8eef4", "text_wrap": True, "valign": "top"})
    sheet = book.add_worksheet("概要 Summary")
    sheet.set_column(0, 0, 30)
    sheet.set_column(1, 1, 60)
    sheet.write_string(0, 0, both(document.title), head)
    for i, (label, value) in enumerate(document.facts, 1):
        sheet.write_string(i, 0, both(label))
        sheet.write_string(i, 1, value)
    for number, grid in enumerate(document.grids, 1):
        sheet = book.add_worksheet(f"{number} {grid.title.zh}"[:31])
        sheet.freeze_panes(1, 0)
        for j, column in enumerate(grid.columns):
            sheet.write_string(0, j, both(column), head)
            longest = max((len(row[j]) for row in grid.rows[:200]), default=0)
            sheet.set_column(j, j, min(max(longest + 2, 12), 50))
        for i, row in enumerate(grid.rows, 1):
            for j, cell in enumerate(row):
                _write(sheet, i, j, cell, j in grid.right)
        if grid.rows:
            sheet.autofilter(0, 0, len(grid.rows), len(grid.columns) - 1)
    book.close()
    return out.getvalue()


def _write(sheet: Any, row: int, column: int, cell: str, is_number: bool) -> None:
    plain = cell.replace(",", "").removeprefix("¥")
    if is_number and _is_number(plain):
        sheet.write_number(row, column, float(plain))
    else:
        sheet.write_string(row, column, cell)


def _plain(cell: str, is_number: bool) -> str:
    if is_number and _is_number(cell.replace(",", "")):
        return cell.replace(",", "")
    return f"'{cell}" if cell.startswith(_SAFE) else cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def grid(
    title: Text,
    columns: Sequence[tuple[str, str]],
    rows: Sequence[Sequence[object]],
    right: Sequence[int] = (),
    widths: Sequence[int] = (),
) -> Grid:
    """A table of its parts; None becomes a blank."""
    cells = tuple(tuple("" if cell is None else str(cell) for cell in row) for row in rows)
    return Grid(title, tuple(Text(*column) for column in columns), cells, frozenset(right), tuple(widths))
