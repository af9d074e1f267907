"""The tables of a plan: the columns of its CSV files, and how each value is written and strictly read."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from data.cells import Refused
from workforce.entities import Risk
from workforce.faults import Text
from workforce.money import to_fen, to_yuan
from workforce.plan import Item, Reason, StopKind

_WHOLE = re.compile("0|[1-9][0-9]{0,14}")
_DECIMAL = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,15})?")
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MINUTE = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}")


@dataclass(frozen=True, slots=True)
class PlanColumn:
    """A column of a plan's file; ``parse`` raises ``Refused``, ``field`` is its name in the record."""

    name: str
    chinese: str
    parse: Callable[[str], Any]
    write: Callable[[Any], str]
    field: str


@dataclass(frozen=True, slots=True)
class PlanTable:
    """A file of a plan; its rows are sorted by ``order``, whose columns tell them apart."""

    name: str
    title: Text
    columns: tuple[PlanColumn, ...]
    order: tuple[str, ...]

    @property
    def header(self) -> list[str]:
        return [column.name for column in self.columns]

    def key(self, row: Mapping[str, Any]) -> tuple[Any, ...]:
        """What sorts a row, from its values by field."""
        return tuple(row[field] for field in self.order)


def _text(cell: str) -> str:
    if not cell:
        raise Refused("value_missing")
    return cell


def _whole(cell: str) -> int:
    if not _WHOLE.fullmatch(cell):
        raise Refused("not_plain_whole", value=cell)
    return int(cell)


def _count(cell: str) -> int:
    return _whole(cell) if cell else 0


def _number(cell: str) -> Decimal:
    if not _DECIMAL.fullmatch(cell):
        raise Refused("not_a_number", value=cell)
    return Decimal(cell)


def _money(cell: str) -> int:
    number = _number(cell)
    try:
        return to_fen(number)
    except ValueError:
        raise Refused("money_decimals", value=cell) from None


def _day(cell: str) -> date:
    try:
        if _DAY.fullmatch(cell):
            return date.fromisoformat(cell)
    except ValueError:
        pass
    raise Refused("not_plain_date", value=cell)


def _minute(cell: str) -> datetime:
    try:
        if _MINUTE.fullmatch(cell):
            return datetime.fromisoformat(cell)
    except ValueError:
        pass
    raise Refused("not_plain_minute", value=cell)


def _one_of(words: type[StrEnum]) -> Callable[[str], StrEnum]:
    def parse(cell: str) -> StrEnum:
        try:
            return words(cell)
        except ValueError:
            raise Refused("not_a_choice", value=cell, choices=", ".join(words)) from None

    return parse


def _column(
    name: str,
    chinese: str,
    parse: Callable[[str], Any] = _text,
    write: Callable[[Any], str] = str,
    field: str | None = None,
) -> PlanColumn:
    return PlanColumn(name, chinese, parse, write, field or name)


def _yuan_column(of: str, chinese: str) -> PlanColumn:
    return _column(f"{of}_yuan", chinese, _money, to_yuan, f"{of}_fen")


_TRIP, _WORKER = _column("trip_id", "车次"), _column("worker_id", "人员编号")
_KM = _column("km", "公里", _number, "{:.2f}".format)

_TABLES = (
    PlanTable(
        "trips",
        Text("车次", "Trips"),
        (
            _TRIP,
            _column("fleet_id", "车队"),
            _column("vehicle_no", "车号", _whole),
            _column("risk", "风险等级", _one_of(Risk)),
            _column("drivers", "驾驶员数", _whole),
            _column("first_day", "首日", _day, date.isoformat),
            _column("last_day", "末日", _day, date.isoformat),
            _KM,
            _yuan_column("cost", "费用（元）"),
        ),
        ("trip_id",),
    ),
    PlanTable(
        "stops",
        Text("停靠", "Stops"),
        (
            _TRIP,
            _column("seq", "顺序", _whole),
            _column("kind", "类别", _one_of(StopKind)),
            _column("place_id", "地点", lambda cell: cell or None, lambda place: place or ""),
            _column("arrive", "到达", _minute, "{:%Y-%m-%dT%H:%M}".format),
            _column("depart", "出发", _minute, "{:%Y-%m-%dT%H:%M}".format),
            _KM,
            _column("boarding", "上车人数", _count),
            _column("alighting", "下车人数", _count),
        ),
        ("trip_id", "seq"),
    ),
    PlanTable(
        "seats",
        Text("座位", "Seats"),
        (
            _TRIP,
            _column("seat", "座位号", _whole),
            _WORKER,
            _column("pickup_id", "上车点"),
            _column("drop_id", "下车点"),
        ),
        ("trip_id", "seat", "worker_id"),
    ),
    PlanTable(
        "rooms",
        Text("房间", "Rooms"),
        (
            _WORKER,
            _column("hotel_id", "酒店"),
            _column("room", "房号"),
            _column("check_in", "入住", _day, date.isoformat),
            _column("check_out", "退房", _day, date.isoformat),
        ),
        ("worker_id",),
    ),
    PlanTable(
        "placements",
        Text("岗位安排", "Placements"),
        (_WORKER, _column("vacancy_id", "岗位")),
        ("worker_id",),
    ),
    PlanTable(
        "shares",
        Text("费用分担", "Shares"),
        (
            _WORKER,
            _column("item", "项目", _one_of(Item)),
            _column("enterprise_id", "企业"),
            _yuan_column("total", "合计（元）"),
            _yuan_column("enterprise", "企业承担（元）"),
            _yuan_column("worker", "个人承担（元）"),
            _yuan_column("hotel", "酒店让利（元）"),
            _yuan_column("government", "政府补贴（元）"),
        ),
        ("worker_id", "item"),
    ),
    PlanTable(
        "unserved",
        Text("未安排", "Unserved"),
        (_WORKER, _column("reason", "原因", _one_of(Reason)), _column("detail", "说明", str)),
        ("worker_id",),
    ),
)  # fmt: skip
PLAN_TABLES: Mapping[str, PlanTable] = {table.name: table for table in _TABLES}

REASONS: Mapping[Reason, Text] = {
    Reason.ZONE_NOT_ADMITTED: Text("所在地区不得外出", "nobody may travel from this zone"),
    Reason.NO_PICKUP_IN_REACH: Text("附近没有上车点", "no pickup is in reach of the home"),
    Reason.NO_VACANCY: Text("没有合适的岗位", "no vacancy fits"),
    Reason.TOO_FAR: Text("路程超出驾驶时限", "too far for the drivers' hours"),
    Reason.DATES_TOO_TIGHT: Text("可行日期太紧", "the dates are too tight"),
    Reason.PARTY_SPLIT: Text("同行组无法同行", "the party cannot travel together"),
    Reason.NO_SEAT: Text("座位不足", "no seat was left"),
    Reason.NO_ROOM: Text("房间不足", "no room was left"),
    Reason.OVER_BUDGET: Text("超出预算", "a budget was used up"),
    Reason.NOT_WORTH_IT: Text("代价过高", "only at too high a price"),
    Reason.SEARCH_ENDED: Text("搜索结束时尚未安排", "the search ended before"),
}
