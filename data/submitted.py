"""What somebody submits: one table as JSON, CSV or a workbook, in the bureau's form or a sheet of their own.

Every row is judged by itself here, as far as that needs no database; ``data/submissions.py`` takes it in.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time
from enum import StrEnum
from typing import Any

from data.archives import MOST_BYTES
from data.cells import TEXT, Refused
from data.gazetteer import by_code, county_of
from data.rows import MOST_COLUMNS, columns_named, header_row, read_rows
from data.sources import Cells, Grid, csv_rows, decoded, table_named, workbook_sheets
from data.tables import NOTES_SHEETS, TABLES, Column, Table, folded
from workforce.faults import Fault, Text, Unusable, fault
from workforce.identity import masked, phone_plausible, resident_form, resident_valid

JSON, CSV = "application/json", "text/csv"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MEDIA = (JSON, CSV, XLSX)

PROBLEM, REMEDY = "问题 problem", "改法 remedy"  # the columns of ours beside refused rows
_OURS = frozenset(map(folded, (PROBLEM, REMEDY)))

MOST_ROWS = 50_000  # of one submission; each may have a fault in every column

_MOST_EXACT = 10**15  # a sheet holds no more digits of a number
_ABOVE = 10  # rows that titles and the header may take
_LONG_NUMBER = re.compile(r"[0-9]{10,}[0-9Xx]")


def _of(table: Table, name: str, optional: bool = True, also: str = "", note: Text | None = None) -> Column:
    """A column of a scenario's table as a form asks for it."""
    column = table.by_name[name]
    return replace(
        column,
        required=not optional,
        refers=(),
        chinese=(*column.chinese, *also.split()),
        note=note or column.note,
    )


_W, _V, _I = TABLES["workers"], TABLES["vacancies"], TABLES["intentions"]
_OWN_NUMBER = Text(
    "本单位自己的编号，每次提交保持不变；没有则按身份证号或姓名加手机号识别",
    "your own number, the same each time; without one the identity number or name and telephone are used",
)
_OWN_FIRM = Text("企业自己提交时可以留空", "may be blank where the enterprise itself submits")
_BY_ADDRESS = Text(
    "现居住地区划代码；可以改填住址。没有经纬度时按县城位置计",
    "administrative code of the home, or give the address; without coordinates the county's seat counts",
)


class Submittable(StrEnum):
    """The tables that can be submitted."""

    WORKERS = "workers"
    VACANCIES = "vacancies"
    INTENTIONS = "intentions"


FORMS: Mapping[str, Table] = {
    Submittable.WORKERS: replace(
        _W,
        columns=(
            _of(_W, "worker_id", note=_OWN_NUMBER),
            _of(_W, "name", optional=False, also="员工姓名 工人姓名"),
            _of(_W, "id_number"),
            _of(_W, "phone", also="手机号/电话 联系方式 本人电话"),
            _of(_W, "sex"),
            _of(_W, "adcode", note=_BY_ADDRESS),
            Column(
                "address",
                TEXT,
                ("住址", "家庭住址", "现住址", "居住地", "现居住地", "居住地址", "所在县区", "出发地"),
                Text(
                    "住址，写明省、市、县，例如 甘肃省兰州市城关区；只用来确定是哪个县，不保存",
                    "address with province, city and county; it only tells the county and is not kept",
                ),
                False,
                (),
                "address",
            ),
            _of(_W, "lat"),
            _of(_W, "lon"),
            _of(_W, "enterprise_id", also="企业名称 单位名称 企业", note=_OWN_FIRM),
            _of(_W, "occupation", also="岗位"),
            _of(_W, "available_from", optional=False),
            _of(_W, "arrive_by", optional=False),
            _of(_W, "party_id"),
        ),
    ),
    Submittable.VACANCIES: replace(
        _V,
        columns=(
            _of(_V, "vacancy_id", note=_OWN_NUMBER),
            _of(_V, "enterprise_id", also="企业名称 单位名称 企业", note=_OWN_FIRM),
            _of(_V, "occupation", optional=False, also="岗位"),
            _of(_V, "headcount", optional=False),
            _of(_V, "fill_by", optional=False),
        ),
    ),
    Submittable.INTENTIONS: replace(
        _I, columns=(_of(_I, "worker_id", optional=False), _of(_I, "vacancy_id", optional=False))
    ),
}


@dataclass(slots=True)
class Row:
    """A submitted row.

    Attributes:
        number: as the sheet counts it; of JSON the first is 1.
        cells: what it says, as a CSV file would write it; blank and faulty cells are left out.
    """

    number: int
    cells: dict[str, str]
    faults: list[Fault] = field(default_factory=list)

    @property
    def good(self) -> bool:
        return not any(f.is_error for f in self.faults)

    def refuse(self, code: str, table: str, column: str | None = None, **values: object) -> None:
        self.faults.append(fault(code, table, self.number, column, **values))


@dataclass(frozen=True, slots=True)
class Submitted:
    """A table that somebody sent.

    Attributes:
        header: the titles as they wrote them.
        notes: what is to be said of the table as a whole.
    """

    table: Table
    header: list[str]
    rows: list[Row]
    notes: tuple[Fault, ...]
    _grid: list[Cells]
    _kept: list[int]
    _above: int

    def given(self, number: int) -> list[Any]:
        """The cells of a row under these titles, as JSON can hold them."""
        cells = self._grid[number + self._above - 1]
        return [_plain(cells[i]) if i < len(cells) else "" for i in self._kept]


def read_submitted(kind: str, media: str, content: bytes | Sequence[Mapping[str, Any]]) -> Submitted:
    """Read a table.

    Args:
        kind: a key of ``FORMS``.
        media: one of ``MEDIA``.
        content: the file, or of JSON the rows.

    Raises:
        Unusable: it cannot be read at all, or lacks a required column.
    """
    table = FORMS[kind]
    try:
        grid = _grid(table, media, content)
    except Refused as refused:
        raise Unusable([fault(refused.code, kind, **refused.values)]) from None
    if len(grid.rows) > MOST_ROWS + _ABOVE:
        raise Unusable([fault("rows_too_many", kind, rows=len(grid.rows), most=MOST_ROWS)])
    if not grid.rows and media == JSON:
        return Submitted(table, [], [], (), [], [], 0)
    above = 1 if media == JSON else 0  # JSON has no header row that would be counted
    faults: list[Fault] = []
    read = read_rows(table, grid, faults.append)
    numbers = set(read.numbers)
    whole = [f for f in faults if f.row not in numbers]
    broken = [f for f in whole if f.is_error]
    if broken:
        raise Unusable(broken)
    of_row: dict[int | None, list[Fault]] = defaultdict(list)
    for f in faults:
        of_row[f.row].append(f)
    writers = [(column.name, column.kind.write, read[column.name]) for column in table.columns]
    rows = []
    for i, number in enumerate(read.numbers):
        cells = {name: write(values[i]) for name, write, values in writers if values[i] is not None}
        found = [replace(f, row=number - above) for f in of_row.get(number, ())]
        rows.append(Row(number - above, cells, found))
    top = header_row(table, grid.rows) or 0
    titles = [str(cell) for cell in grid.rows[top]]
    kept = [i for i, title in enumerate(titles) if folded(title) not in _OURS]
    while kept and not titles[kept[-1]].strip():
        kept.pop()
    notes = tuple(f for f in whole if folded(f.column or "") not in _OURS)
    return Submitted(table, [titles[i] for i in kept], rows, notes, grid.rows, kept, above)


def judge_worker(row: Row) -> None:
    """Find where a worker lives, and what is doubtful."""
    cells = row.cells
    number, phone = cells.get("id_number"), cells.get("phone")
    faulty = {f.column for f in row.faults}
    if not any(name in cells or name in faulty for name in ("worker_id", "id_number", "phone")):
        row.refuse("nobody_named", "workers", "id_number")
    if number and not resident_valid(number):
        code = "identity_checksum" if resident_form(number) else "identity_form"
        row.refuse(code, "workers", "id_number", value=masked(number))
    if phone and not phone_plausible(phone):
        row.refuse("phone_implausible", "workers", "phone", value=masked(phone))
    first, last = cells.get("available_from"), cells.get("arrive_by")
    if first and last and last < first:
        row.refuse("dates_crossed", "workers", "arrive_by", first=first, last=last)
    _find_home(row)


def hide_numbers(faults: Iterable[Fault]) -> list[Fault]:
    """The faults without long numbers that a shifted cell may have brought into their texts."""

    def hidden(text: Text) -> Text:
        zh, en = (_LONG_NUMBER.sub(lambda m: masked(m[0]), part) for part in (text.zh, text.en))
        return Text(zh, en)

    return [replace(f, message=hidden(f.message), remedy=hidden(f.remedy)) for f in faults]


def _find_home(row: Row) -> None:
    cells, faulty = row.cells, {f.column for f in row.faults if f.is_error}
    address = cells.pop("address", None)
    if faulty & {"adcode", "lat", "lon", "address"}:
        return
    if ("lat" in cells) != ("lon" in cells):
        row.refuse("value_missing", "workers", "lon" if "lat" in cells else "lat")
        return
    if "adcode" in cells and "lat" in cells:
        return
    told = cells.get("adcode") or address
    if told is None:
        row.refuse("home_missing", "workers", "adcode")
        return
    county = by_code().get(cells["adcode"]) if "adcode" in cells else county_of(told)
    if county is None and address and "adcode" in cells:
        county = county_of(address)
    if county is None:
        row.refuse("home_unknown", "workers", "adcode" if "adcode" in cells else "address", value=told)
        return
    cells.setdefault("adcode", county.adcode)
    if "lat" not in cells:
        cells["lat"], cells["lon"] = repr(county.lat), repr(county.lon)


def _grid(table: Table, media: str, content: Any) -> Grid:
    if media == JSON:
        titles = list(dict.fromkeys(title for row in content for title in row))
        if len(content) > MOST_ROWS:
            raise Refused("rows_too_many", rows=len(content), most=MOST_ROWS)
        if len(titles) > MOST_COLUMNS:  # each is a cell of each row
            raise Refused("sheet_too_large", sheet=table.name, rows=len(content), columns=len(titles))
        rows: list[Cells] = [[row.get(title) for title in titles] for row in content]
        return Grid(table.name, [list(titles), *rows] if titles else [])
    name = f"{table.name}.{'csv' if media == CSV else 'xlsx'}"
    if media == CSV:
        return Grid(name, csv_rows(decoded(content, name), name, MOST_ROWS + _ABOVE + 1))
    return _sheet(table, workbook_sheets(content, name, MOST_BYTES))


def _sheet(table: Table, sheets: Mapping[str, list[Cells]]) -> Grid:
    """The sheet that is named like the table, else the one whose header is the table's.

    Raises:
        Refused: several might be meant; to take one of them would lose the rows of the others.
    """
    by_name = [title for title in sheets if table_named(title) == table.name]
    required = {column.name for column in table.columns if column.required}
    by_header = [title for title, rows in sheets.items() if _has(table, rows, required)]
    meant = by_name or by_header
    if len(meant) > 1:
        raise Refused("table_twice", first=meant[0], second=meant[1])
    if not meant:
        meant = [title for title, rows in sheets.items() if rows and folded(title) not in NOTES_SHEETS][:1]
    return Grid(meant[0], sheets[meant[0]]) if meant else Grid(table.name, [])


def _has(table: Table, rows: list[Cells], required: set[str]) -> bool:
    top = header_row(table, rows)
    return top is not None and required <= columns_named(table, rows[top])


def _plain(cell: Any) -> Any:
    """A cell as JSON can hold it, and as it would be read again."""
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    if isinstance(cell, date):
        return cell.isoformat()
    whole = isinstance(cell, int) and abs(cell) < _MOST_EXACT
    return cell if cell is None or whole or isinstance(cell, str | float) else str(cell)
