"""From a folder or a workbook to the grids of its tables, whatever the encoding; nothing is judged yet."""

from __future__ import annotations

import csv
import difflib
import io
import re
import tomllib
import zipfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from python_calamine import CalamineWorkbook, SheetTypeEnum

from data.cells import Refused
from data.plan_folder import PLAN_JSON
from data.sheet_xml import inspected
from data.tables import NOTES_SHEETS, POLICY, POLICY_CHINESE, TABLES, folded
from workforce.faults import Fault, Text, fault

Report = Callable[[Fault], None]
Cells = list[Any]

HEADER_WITHIN = 5  # lines; titles and merged group headings may stand above the header

_MOST_BYTES = 200 * 2**20
_MOST_UNPACKED = 2**30
_OLE = b"\xd0\xcf\x11\xe0"  # old .xls files and encrypted workbooks begin so

_CONTROL = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f]")

_NAMES = {folded(name): table.name for table in TABLES.values() for name in (table.name, *table.chinese)} | {
    folded(name): POLICY for name in (POLICY, *POLICY_CHINESE)
}


@dataclass(frozen=True, slots=True)
class Grid:
    """The cells of a file or sheet by row, as it has them; row 1 is the first."""

    source: str
    rows: list[Cells]


@dataclass(slots=True)
class Source:
    """What was found: a grid by table (and perhaps the policy's), or the policy's TOML values."""

    grids: dict[str, Grid] = field(default_factory=dict)
    policy: Mapping[str, Any] | None = None
    unreadable: set[str] = field(default_factory=set)  # tables that are there and could not be read


def read_source(path: Path, report: Report) -> Source:
    """All tables of a scenario's folder or workbook; what cannot be read is reported and left out."""
    if (path / PLAN_JSON).is_file() and not (path / "policy.toml").exists():
        report(fault("plan_as_scenario", path=path))
        return Source(unreadable={*TABLES, POLICY})
    if path.is_dir():
        return _folder(path, report)
    if not path.exists():
        report(fault("path_missing", path=path))
    elif path.suffix.lower() in (".xlsx", ".xlsm", ".xls"):
        return _workbook(path, report)
    else:
        report(fault("not_a_scenario", path=path))
    return Source(unreadable={*TABLES, POLICY})


def guess(name: str, known: Iterable[str]) -> Text:
    """A question for what was probably meant, or nothing."""
    by_fold = {folded(candidate): candidate for candidate in known}
    near = difflib.get_close_matches(folded(name), by_fold, 1, 0.6)
    if not near:
        return Text("", "")
    return Text(f"是否指“{by_fold[near[0]]}”？", f"Did you mean “{by_fold[near[0]]}”? ")


def file_bytes(path: Path) -> bytes:
    """The content of a file.

    Raises:
        Refused: it cannot be read, or is too large.
    """
    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise Refused("file_too_large", file=path.name, size=size >> 20, most=_MOST_BYTES >> 20)
        return path.read_bytes()
    except OSError as failure:
        raise Refused("file_unreadable", file=path.name, why=failure.strerror or failure) from failure


def decoded(raw: bytes, name: str) -> str:
    """Text in UTF-16 with a byte order mark, UTF-8 with or without one, or GB18030.

    Raises:
        Refused: in none of them, or no text at all.
    """
    utf16 = raw[:2] in (b"\xff\xfe", b"\xfe\xff")
    for encoding in ("utf-16",) if utf16 else ("utf-8-sig", "gb18030"):
        try:
            text = raw.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _CONTROL.search(text):
            raise Refused("file_binary", file=name)
        return text
    raise Refused("file_encoding", file=name)


def csv_rows(text: str, name: str, most: int | None = None) -> list[list[str]]:
    """The rows of a CSV text, separated by comma, tab or semicolon as its first lines show.

    Args:
        most: rows that are read; of what is behind them nothing is said.

    Raises:
        Refused: quotes do not match, or a cell is larger than any cell can be.
    """
    first_lines = text.split("\n", HEADER_WITHIN)[:HEADER_WITHIN]
    separator = max(",\t;", key=lambda mark: max(line.count(mark) for line in first_lines))
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        return list(islice(reader, most))
    except csv.Error as failure:
        raise Refused("csv_broken", file=name, line=reader.line_num, why=failure) from failure


def table_named(title: str) -> str | None:
    """The table that a sheet or file of this title holds; None: its title does not say."""
    return _NAMES.get(folded(title))


def _folder(path: Path, report: Report) -> Source:
    source = Source()
    origin: dict[str, str] = {}
    try:
        files = sorted(f for f in path.iterdir() if f.is_file() and not f.name.startswith((".", "~")))
    except OSError as failure:
        report(fault("file_unreadable", file=path.name, why=failure.strerror or failure))
        return Source(unreadable={*TABLES, POLICY})
    for file in files:
        name, suffix = _NAMES.get(folded(file.stem)), file.suffix.lower()
        if suffix not in (".csv", ".toml") or (suffix == ".toml" and name not in (POLICY, None)):
            continue
        if name is None:
            report(fault("table_unknown", name=file.name, guess=guess(file.stem, _NAMES)))
        elif name in origin:
            report(fault("table_twice", name, first=origin[name], second=file.name))
        else:
            origin[name] = file.name
            try:
                text = decoded(file_bytes(file), file.name)
                if suffix == ".toml":
                    source.policy = _toml(text)
                else:
                    source.grids[name] = Grid(file.name, csv_rows(text, file.name))
            except Refused as refused:
                report(fault(refused.code, name, **refused.values))
                source.unreadable.add(name)
    if not origin:
        report(fault("folder_empty", path=path))
        source.unreadable |= {*TABLES, POLICY}
    return source


def _toml(text: str) -> Mapping[str, Any]:
    try:
        return tomllib.loads(text, parse_float=Decimal)
    except (ValueError, ArithmeticError, RecursionError) as failure:
        raise Refused("policy_syntax", why=failure) from failure


def _workbook(path: Path, report: Report) -> Source:
    source = Source()
    try:
        sheets = workbook_sheets(file_bytes(path), path.name)
    except Refused as refused:
        report(fault(refused.code, **refused.values))
        return Source(unreadable={*TABLES, POLICY})
    for title, rows in sheets.items():
        name = _NAMES.get(folded(title))
        if name is None:
            if folded(title) not in NOTES_SHEETS and any(any(cell != "" for cell in row) for row in rows):
                report(fault("table_unknown", name=title, guess=guess(title, _NAMES)))
        elif name in source.grids:
            report(fault("table_twice", name, first=source.grids[name].source, second=title))
        else:
            source.grids[name] = Grid(title, rows)
    return source


def workbook_sheets(raw: bytes, name: str, most: int = _MOST_UNPACKED) -> dict[str, list[Cells]]:
    """The cells of each sheet, with merged cells filled down and formula errors as their text.

    Args:
        most: bytes that it may hold unpacked.

    Raises:
        Refused: it is damaged, too large, or no ``.xlsx`` workbook.
    """
    if raw.startswith(_OLE):
        raise Refused("workbook_old", file=name)
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
            if unpacked > most:
                raise Refused("file_too_large", file=name, size=unpacked >> 20, most=most >> 20)
            entries = dict(_sheet_entries(archive))
            texts = {title: archive.read(entry) for title, entry in entries.items()}
            others = {*archive.namelist()} - {*entries.values()}
            told = inspected(texts, lambda: map(archive.read, sorted(others)))
        texts.clear()
        book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        sheets = {}
        for meta in book.sheets_metadata:
            if meta.typ is not SheetTypeEnum.WorkSheet:
                continue
            sheet = book.get_sheet_by_name(meta.name)
            rows: list[Cells] = sheet.to_python(skip_empty_area=False)
            width = len(rows[0]) if rows else 0
            for (top, left), (bottom, _) in sheet.merged_cell_ranges or ():
                for row in rows[top + 1 : bottom + 1] if left < width else ():
                    row[left] = rows[top][left]
            for row_index, column, text in told[meta.name].errors:
                if row_index < len(rows) and column < width:
                    rows[row_index][column] = text
            sheets[meta.name] = rows
        return sheets
    except (Refused, KeyboardInterrupt, SystemExit, MemoryError):
        raise
    except BaseException as failure:  # a damaged file can make the parser panic, which is no Exception
        raise Refused("workbook_damaged", file=name, why=failure) from failure


def _sheet_entries(archive: zipfile.ZipFile) -> Iterator[tuple[str, str]]:
    """Which file of the zip holds each sheet, by its title.

    Raises:
        ValueError: two have the same title: the reader might take the one that was not looked at.
    """
    seen: set[str] = set()
    relations = ElementTree.fromstring(archive.read("xl/_rels/workbook.xml.rels"))
    targets = {node.get("Id"): node.get("Target", "") for node in relations}
    for node in ElementTree.fromstring(archive.read("xl/workbook.xml")).iter():
        if node.tag.endswith("}sheet"):
            relation = next(value for key, value in node.items() if key.endswith("}id"))
            target = targets[relation]
            entry = target.removeprefix("/") if target.startswith("/") else f"xl/{target}"
            title = node.get("name", "")
            if title in seen:
                raise ValueError(title)
            seen.add(title)
            yield title, entry
