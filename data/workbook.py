"""Write a scenario, or the empty form of one, as an ``.xlsx`` workbook that ``data.reading`` reads."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import xlsxwriter

from data.cells import DAY, Kind
from data.policy_file import policy_texts
from data.policy_keys import KEYS
from data.reading import table_rows
from data.submitted import PROBLEM, REMEDY
from data.tables import POLICY, POLICY_HEADERS, TABLES, Column, Table
from workforce.faults import Text
from workforce.scenario import Scenario

_MOST_ROWS = 1_048_576
_FORM_ROWS = 5_000  # as far down the form offers its drop-downs
_WIDEST = 42

_HOW_TO = (
    Text("填表说明", "How to fill in this workbook"),
    Text(
        "每张工作表对应一张表；从列名下面一行填起，空行会被跳过。",
        "One sheet a table; fill it in from row 2 on, blank rows are skipped.",
    ),
    Text(
        "深色列名必填，浅色列名可以留空；鼠标停在列名上可看说明。",
        "Dark headers are required, light ones may stay blank; hover over a header for its note.",
    ),
    Text(
        "身份证号、电话和各种编号已设为文本格式；改成数字会丢失末几位。",
        "Identity numbers, telephones and ids are kept as text: as numbers they lose digits.",
    ),
    Text(
        "必填的表：企业、工人、上车点、车队、酒店和政策；其余可以不填。",
        "Required sheets: enterprises, workers, pickups, fleets, hotels and policy.",
    ),
    Text(
        "政策表里的数值是例子，请按本地规定修改。",
        "The values of the sheet policy are examples; put your own rules there.",
    ),
    Text("填好后用 guicheng validate 检查。", "Then check it with guicheng validate."),
)


_FORM_NOTES = (
    Text("填表说明", "How to fill in this list"),
    Text(
        "也可以直接提交本单位自己的表：列名用中文或英文均可，表头上方可以有标题。",
        "A sheet of your own will do as well, with Chinese or English headers and titles above them.",
    ),
    Text(
        "同一张表可以反复提交：没有变化的行不会改动任何内容。",
        "The same list may be sent again and again: rows that say nothing new change nothing.",
    ),
    Text(
        "不会根据身份证号推断住址：请填写现居住地的区划代码或住址。",
        "Where somebody lives is never taken from the identity number: give the code or the address.",
    ),
)


@dataclass(frozen=True, slots=True)
class Styles:
    """The formats of one workbook."""

    required: Any
    optional: Any
    text: Any
    day: Any
    minute: Any
    amount: Any
    percent: Any
    plain: Any
    title: Any
    wrapped: Any


@contextmanager
def new_workbook(path: Path) -> Iterator[tuple[xlsxwriter.Workbook, Styles]]:
    """A workbook that appears at ``path`` whole or not at all.

    Raises:
        OSError: the file cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.part")
    book = xlsxwriter.Workbook(part)
    head = {"bold": True, "border": 1, "text_wrap": True, "valign": "vcenter", "align": "center"}
    styles = Styles(
        required=book.add_format({**head, "bg_color": "#1F4E79", "font_color": "#FFFFFF"}),
        optional=book.add_format({**head, "bg_color": "#DDEBF7"}),
        text=book.add_format({"num_format": 49}),  # built in; a format of our own is not always taken as text
        day=book.add_format({"num_format": "yyyy-mm-dd"}),
        minute=book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        amount=book.add_format({"num_format": "#,##0.00"}),
        percent=book.add_format({"num_format": "0.00%"}),
        plain=book.add_format({}),
        title=book.add_format({"bold": True, "font_size": 14}),
        wrapped=book.add_format({"text_wrap": True, "valign": "top"}),
    )
    try:
        yield book, styles
        book.close()
        part.replace(path)
    except xlsxwriter.exceptions.FileCreateError as failure:
        raise OSError(str(failure)) from failure
    finally:
        part.unlink(missing_ok=True)


def write_scenario_workbook(scenario: Scenario, path: Path) -> None:
    """Write every table as a sheet, and the policy.

    Raises:
        OSError: the file cannot be written.
        ValueError: a table has more rows than a sheet can hold.
    """
    with new_workbook(path) as (book, styles):
        for table in TABLES.values():
            sheet = book.add_worksheet(table.name)
            rows = list(table_rows(scenario, table))
            if len(rows) >= _MOST_ROWS:
                raise ValueError(f"{table.name}: {len(rows)} rows are more than a sheet holds")
            kinds = [column.kind for column in table.columns]
            _header(sheet, table.columns, styles, rows[:200])
            for number, row in enumerate(rows, 1):
                for i, (kind, value) in enumerate(zip(kinds, row, strict=True)):
                    put(sheet, number, i, kind, value, styles)
        _policy_sheet(book, policy_texts(scenario.policy), styles)


def write_template(path: Path) -> None:
    """Write the empty form: notes in both languages, columns kept as text, drop-downs, an example policy.

    Raises:
        OSError: the file cannot be written.
    """
    with new_workbook(path) as (book, styles):
        guide = book.add_worksheet("说明")
        printable(guide)
        guide.set_column(0, 1, 70)
        for number, text in enumerate(_HOW_TO):
            style = styles.plain if number else styles.title
            guide.write_string(number, 0, text.zh, style)
            guide.write_string(number, 1, text.en, style)
        for number, table in enumerate(TABLES.values(), len(_HOW_TO) + 1):
            note = table.note
            guide.write_string(number, 0, f"{table.name}（{table.chinese[0]}）：{note.zh}", styles.plain)
            guide.write_string(number, 1, f"{table.name}: {note.en}", styles.plain)
        for table in TABLES.values():
            sheet = book.add_worksheet(table.name)
            _header(sheet, table.columns, styles, ())
            for i, column in enumerate(table.columns):
                _drop_down(sheet, i, column)
        _policy_sheet(book, {key.name: key.example for key in KEYS}, styles)


def write_form(table: Table, path: Path) -> None:
    """Write the empty form of one table that is submitted.

    Raises:
        OSError: the file cannot be written.
    """
    with new_workbook(path) as (book, styles):
        sheet = book.add_worksheet(table.chinese[0])
        _header(sheet, table.columns, styles, ())
        for i, column in enumerate(table.columns):
            _drop_down(sheet, i, column)
        guide = book.add_worksheet("说明")
        printable(guide)
        guide.set_column(0, 1, 70)
        told = [*_FORM_NOTES, *(_explained(column) for column in table.columns)]
        for number, text in enumerate(told):
            style = styles.plain if number else styles.title
            guide.write_string(number, 0, text.zh, style)
            guide.write_string(number, 1, text.en, style)


def write_refused(
    table: Table, header: Sequence[str], rows: Iterable[tuple[Sequence[Any], str, str]], path: Path
) -> None:
    """Write refused rows in the submitter's own columns, with what is wrong and how to mend it beside them.

    Args:
        rows: the cells, the faults and the remedies.

    Raises:
        OSError: the file cannot be written.
    """
    with new_workbook(path) as (book, styles):
        sheet = book.add_worksheet(table.chinese[0])
        printable(sheet)
        sheet.freeze_panes(1, 0)
        titles = [*header, PROBLEM, REMEDY]
        for i, title in enumerate(titles):
            sheet.write_string(0, i, title, styles.optional if i < len(header) else styles.required)
        # Text throughout: whoever mends an identity number must not lose its last digits again.
        sheet.set_column(0, max(0, len(header) - 1), 18, styles.text)
        sheet.set_column(len(header), len(header) + 1, _WIDEST)
        for number, (cells, problem, remedy) in enumerate(rows, 1):
            for i, cell in enumerate(cells):
                if isinstance(cell, bool):
                    sheet.write_boolean(number, i, cell)
                elif isinstance(cell, int | float):
                    sheet.write_number(number, i, cell)
                elif cell:
                    sheet.write_string(number, i, cell, styles.text)
            sheet.write_string(number, len(header), problem, styles.wrapped)
            sheet.write_string(number, len(header) + 1, remedy, styles.wrapped)


def _explained(column: Column) -> Text:
    need = Text("必填", "required") if column.required else Text("可空", "may be blank")
    zh = f"{column.chinese[0]}（{need.zh}）：{column.note.zh}；{column.kind.name.zh}"
    return Text(zh, f"{column.name} ({need.en}): {column.note.en}; {column.kind.name.en}")


def put(sheet: Any, row: int, column: int, kind: Kind, value: Any, styles: Styles) -> None:
    """Write a value so that it is read back as the same, as a number or date of the sheet where it can."""
    if value is None:
        return
    if isinstance(value, date):
        sheet.write_datetime(row, column, value, styles.day)
    elif isinstance(value, int | float | Decimal) and not kind.as_text and not kind.choices:
        text = kind.write(value)
        stored = float(f"{float(text):.16G}")  # a sheet keeps no more digits
        if kind.parse(stored) == value:
            sheet.write_number(row, column, stored)
        else:
            sheet.write_string(row, column, text)
    else:
        sheet.write_string(row, column, kind.write(value), styles.text)


def shown_width(text: str) -> int:
    """Columns that a text takes on a screen; a Chinese character takes two."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def fitting(texts: Iterable[str]) -> int:
    """The width of a sheet's column in which these texts can be read."""
    return min(_WIDEST, 3 + max(map(shown_width, texts), default=8))


def _header(sheet: Any, columns: Sequence[Column], styles: Styles, sample: Sequence[Sequence[Any]]) -> None:
    printable(sheet)
    sheet.freeze_panes(1, 1)
    sheet.set_row(0, 34)
    for i, column in enumerate(columns):
        style = styles.required if column.required else styles.optional
        sheet.write_string(0, i, f"{column.name}\n{column.chinese[0]}", style)
        sheet.write_comment(0, i, _note(column), {"x_scale": 2.2, "y_scale": 1.4})
        texts = [column.name, column.chinese[0], *(str(row[i]) for row in sample if row[i] is not None)]
        kept = styles.text if column.kind.as_text else styles.day if column.kind is DAY else None
        sheet.set_column(i, i, fitting(texts), kept)


def printable(sheet: Any) -> None:
    """Landscape, as wide as a page, the header on each."""
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)
    sheet.repeat_rows(0)


def _note(column: Column) -> str:
    need = Text("必填", "required") if column.required else Text("可空", "may be blank")
    lines = [
        f"{column.note.zh}（{need.zh}）：{column.kind.name.zh}",
        f"{column.note.en} ({need.en}): {column.kind.name.en}",
    ]
    if column.refers:
        lines.append(f"→ {', '.join(column.refers)}")
    return "\n".join(lines)


def _drop_down(sheet: Any, i: int, column: Column) -> None:
    rule: dict[str, Any]
    if column.kind.choices:
        rule = {"validate": "list", "source": list(column.kind.choices)}
    elif len(column.refers) == 1:
        # Only a warning: an id may be typed before its row is there.
        rule = {
            "validate": "list",
            "source": f"={column.refers[0]}!$A$2:$A${_FORM_ROWS}",
            "error_type": "warning",
        }
    else:
        return
    sheet.data_validation(1, i, _FORM_ROWS, i, rule)


def _policy_sheet(book: xlsxwriter.Workbook, texts: dict[str, str], styles: Styles) -> None:
    sheet = book.add_worksheet(POLICY)
    printable(sheet)
    sheet.freeze_panes(1, 1)
    for i, (name, (chinese, *_)) in enumerate(POLICY_HEADERS.items()):
        sheet.write_string(0, i, f"{name}\n{chinese}", styles.required)
    sheet.set_row(0, 34)
    sheet.set_column(0, 0, 44)
    sheet.set_column(1, 1, 26)
    sheet.set_column(2, 2, 100)
    for number, key in enumerate((k for k in KEYS if k.name in texts), 1):
        sheet.write_string(number, 0, key.name)
        put(sheet, number, 1, key.kind, key.kind.parse(texts[key.name]), styles)
        absent = "" if key.required else "（可空 may be absent）"
        sheet.write_string(number, 2, f"{key.note.zh}{absent} / {key.note.en}")
        if key.kind.choices:
            sheet.data_validation(
                number, 1, number, 1, {"validate": "list", "source": list(key.kind.choices)}
            )
