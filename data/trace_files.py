"""A trace as a line list: a row for each contact, as CSV, or with all meetings and rooms as a workbook."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any

from data.workbook import Styles, fitting, new_workbook, printable
from workforce.closed_loop import BEIJING
from workforce.faults import Text
from workforce.presence import Ground
from workforce.tracing import Level

LEVELS = {Level.CLOSE: Text("密切接触", "close"), Level.GENERAL: Text("一般接触", "general")}
GROUNDS = {
    Ground.ROOM: Text("同住一室", "same room"),
    Ground.COACH: Text("同车", "same coach"),
    Ground.PICKUP: Text("同一上车点候车", "same pickup"),
    Ground.HAND_OVER: Text("同一下车点交接", "same hand-over"),
}
_MEETING = (
    Text("接触方式", "how"),
    Text("地点", "place"),
    Text("房间或车次", "room or trip"),
    Text("开始", "from"),
    Text("结束", "to"),
    Text("分钟", "minutes"),
    Text("相隔排数", "rows between"),
    Text("座位", "seat"),
    Text("对方", "met"),
    Text("对方座位", "their seat"),
)
_CONTACT = (
    Text("层级", "step"),
    Text("编号", "worker"),
    Text("姓名", "name"),
    Text("电话", "phone"),
    Text("级别", "level"),
    Text("重新隔离至", "quarantine until"),
)
Row = tuple[Any, ...]
Place = Callable[[str], str]  # an id and, where it is known, the name


def line_list(answer: Mapping[str, Any], people: Mapping[str, Mapping[str, str | None]], place: Place) -> str:
    """CSV with a row for each contact and their closest meeting.

    Args:
        people: names and telephones as they may be shown, by worker.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(f"{title.zh} {title.en}" for title in (*_CONTACT, *_MEETING))
    for row in _contacts(answer, people, place):
        writer.writerow(_plain(cell) for cell in row)
    return text.getvalue()


def write_line_list(
    answer: Mapping[str, Any], people: Mapping[str, Mapping[str, str | None]], place: Place, path: Path
) -> None:
    """The same as a workbook, with sheets of all meetings and of the rooms needed by night.

    Raises:
        OSError: it cannot be written.
    """
    meetings = [
        (one["worker_id"], *_meeting(m, place)) for one in answer["contacts"] for m in one["meetings"]
    ]
    nights = [
        (date.fromisoformat(n["day"]), n["needed"], n["held"], place(hotel), free)
        for n in answer["nights"]
        for hotel, free in (n["free"] or {"": None}).items()
    ]
    with new_workbook(path) as (book, styles):
        of_contacts = list(_contacts(answer, people, place))
        _sheet(book.add_worksheet("接触者 Contacts"), (*_CONTACT, *_MEETING), of_contacts, styles)
        _sheet(book.add_worksheet("全部接触 Meetings"), (_CONTACT[1], *_MEETING), meetings, styles)
        heads = (
            Text("夜晚", "night"),
            Text("需单人间", "single rooms needed"),
            Text("其中已有", "of these there are"),
            Text("酒店", "hotel"),
            Text("空余单人间", "free single rooms"),
        )
        _sheet(book.add_worksheet("单人间 Rooms"), heads, nights, styles)


def _contacts(
    answer: Mapping[str, Any], people: Mapping[str, Mapping[str, str | None]], place: Place
) -> Iterable[Row]:
    for one in answer["contacts"]:
        told, level = people.get(one["worker_id"], {}), LEVELS[Level(one["level"])]
        until = date.fromisoformat(one["until"]) if one["until"] else None
        about = (one["step"], one["worker_id"], told.get("name"), told.get("phone"), f"{level.zh} {level.en}")
        yield (*about, until, *_meeting(one["closest"], place))


def _meeting(told: Mapping[str, Any], place: Place) -> Row:
    how = GROUNDS[Ground(told["kind"])]
    begin, end = (
        datetime.fromisoformat(told[name]).astimezone(BEIJING).replace(tzinfo=None)
        for name in ("begin", "end")
    )
    where = "" if told["kind"] == Ground.COACH else place(told["place_id"])
    spent = (told["minutes"], told["rows"], told["seat"], told["by_id"], told["by_seat"])
    return (f"{how.zh} {how.en}", where, told["unit"], begin, end, *spent)


def _plain(cell: Any) -> str:
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    text = "" if cell is None else str(cell)
    # What a spreadsheet would take for a formula stays text.
    return "'" + text if text[:1] in ("=", "+", "-", "@", "\t", "\r") else text


def _sheet(sheet: Any, titles: Sequence[Text], rows: Sequence[Row], styles: Styles) -> None:
    for number, row in enumerate(rows, 1):
        for i, cell in enumerate(row):
            match cell:
                case None:
                    continue
                case datetime():
                    sheet.write_datetime(number, i, cell, styles.minute)
                case date():
                    sheet.write_datetime(number, i, cell, styles.day)
                case int():
                    sheet.write_number(number, i, cell)
                case _:
                    sheet.write_string(number, i, str(cell))
    printable(sheet)
    sheet.freeze_panes(1, 2)
    sheet.autofilter(0, 0, max(len(rows), 1), len(titles) - 1)
    for i, title in enumerate(titles):
        sheet.write_string(0, i, f"{title.en}\n{title.zh}", styles.required)
        sheet.set_column(
            i, i, fitting([title.zh, title.en + "    ", *(_plain(row[i]) for row in rows[:200])])
        )
