"""Write a plan as one formatted workbook: a summary, then the tables of its files with names beside ids."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from data.plan_files import plan_rows
from data.plan_json import plain_number
from data.plan_tables import PLAN_TABLES, REASONS, PlanTable
from data.workbook import Styles, fitting, new_workbook, printable
from workforce.faults import Text
from workforce.identity import masked
from workforce.plan import Plan, Reason, Status, Summary
from workforce.scenario import Scenario

_SAMPLE = 200  # rows that the widths of columns are taken from

_STATUS = {Status.OPTIMAL: Text("最优", "optimal"), Status.FEASIBLE: Text("可行", "feasible")}


def write_plan_workbook(plan: Plan, scenario: Scenario, path: Path) -> None:
    """Write the workbook; who or what the scenario does not know any more has a blank name.

    Raises:
        OSError: the file cannot be written.
    """
    beside = _names(scenario)
    with new_workbook(path) as (book, styles):
        _summary_sheet(book.add_worksheet("概要 Summary"), plan.summary, styles)
        for table in PLAN_TABLES.values():
            sheet = book.add_worksheet(f"{table.title.zh} {table.title.en}")
            _table_sheet(sheet, table, plan, beside, styles)


class _Percent(float):
    """A number that is shown as a percentage."""


_Beside = Mapping[str, tuple[tuple[Text, Callable[[Any], str]], ...]]


def _names(scenario: Scenario) -> _Beside:
    """What is shown beside a column: for each a title and the text for a value."""
    places = {
        key: row.name
        for rows in (scenario.pickups, scenario.hotels, scenario.enterprises)
        for key, row in rows.items()
    }
    places |= {key: fleet.operator for key, fleet in scenario.fleets.items()}

    def place(key: str | None) -> str:
        return places.get(key or "", "")

    def worker(field: str) -> Callable[[str], str]:
        return lambda key: getattr(scenario.workers.get(key), field, None) or ""

    def identity(key: str) -> str:
        return masked(worker("id_number")(key))

    def vacancy(key: str) -> str:
        found = scenario.vacancies.get(key)
        return f"{place(found.enterprise_id)} · {found.occupation}" if found else ""

    def reason(key: Reason) -> str:
        return f"{REASONS[key].zh} / {REASONS[key].en}"

    name = Text("名称", "name")
    return {
        "fleet_id": ((Text("承运企业", "operator"), place),),
        **dict.fromkeys(("place_id", "pickup_id", "drop_id", "hotel_id", "enterprise_id"), ((name, place),)),
        "vacancy_id": ((Text("企业和工种", "enterprise and occupation"), vacancy),),
        "worker_id": ((Text("姓名", "name"), worker("name")), (Text("身份证号", "id_number"), identity)),
        "reason": ((Text("含义", "meaning"), reason),),
    }


def _table_sheet(sheet: Any, table: PlanTable, plan: Plan, beside: _Beside, styles: Styles) -> None:
    titles: list[Text] = []
    for column in table.columns:
        titles += [Text(column.chinese, column.name), *(title for title, _ in beside.get(column.name, ()))]
    widths = [[title.zh, title.en + "    "] for title in titles]  # room for the filter's button
    rows = sorted(plan_rows(plan, table), key=table.key)
    for number, row in enumerate(rows, 1):
        cells: list[Any] = []
        for column in table.columns:
            value = row[column.field]
            cells.append(Decimal(value) / 100 if column.field.endswith("_fen") else value)
            cells += [text_of(value) for _, text_of in beside.get(column.name, ())]
        for i, cell in enumerate(cells):
            _put(sheet, number, i, cell, styles)
            if number <= _SAMPLE:
                widths[i].append(f"{cell:%Y-%m-%d %H:%M}" if isinstance(cell, datetime) else str(cell))
    printable(sheet)
    sheet.freeze_panes(1, 1)
    sheet.set_row(0, 34)
    sheet.autofilter(0, 0, max(len(rows), 1), len(titles) - 1)
    for i, title in enumerate(titles):
        sheet.write_string(0, i, f"{title.en}\n{title.zh}", styles.required)
        sheet.set_column(i, i, fitting(widths[i]))


def _summary_sheet(sheet: Any, summary: Summary, styles: Styles) -> None:
    cost = summary.cost
    lines: tuple[tuple[Text, Any], ...] = (
        (Text("方案", "scenario"), summary.scenario),
        (Text("状态", "status"), f"{_STATUS[summary.status].zh} {_STATUS[summary.status].en}"),
        (Text("登记人数", "workers"), summary.workers),
        (Text("安排人数", "served"), summary.served),
        (Text("复工企业数", "enterprises restarted"), summary.restarted),
        (Text("权重", "weight"), plain_number(summary.weight)),
        (Text("权重上界", "upper bound of the weight"), plain_number(summary.weight_bound)),
        (Text("权重差距", "weight gap"), _Percent(summary.weight_gap)),
        (Text("车费（元）", "trips, yuan"), _yuan(cost.trips)),
        (Text("住宿（元，扣除让利）", "rooms less concession, yuan"), _yuan(cost.rooms)),
        (Text("接送（元）", "transfers, yuan"), _yuan(cost.transfers)),
        (Text("到上车点（权重）", "access, in the objective only"), _yuan(cost.access)),
        (Text("等待（权重）", "waiting, in the objective only"), _yuan(cost.waiting)),
        (Text("合计（元）", "total, yuan"), _yuan(cost.total)),
        (Text("费用下界（元）", "lower bound of the cost, yuan"), _yuan(summary.cost_bound_fen)),
        (Text("费用差距", "gap"), _Percent(summary.gap)),
        (Text("用时（秒）", "seconds"), Decimal(str(round(summary.seconds, 2)))),
        (Text("随机种子", "seed"), summary.seed),
        (Text("程序", "planner"), summary.planner),
        *(() if summary.kept is None else ((Text("保留的车次", "trips kept"), ", ".join(summary.kept)),)),
    )
    printable(sheet)
    sheet.set_column(0, 0, 26)
    sheet.set_column(1, 1, 32)
    sheet.set_column(2, 2, 26)
    sheet.write_string(0, 0, "返岗计划 Plan", styles.title)
    for number, (title, value) in enumerate(lines, 2):
        sheet.write_string(number, 0, title.zh)
        sheet.write_string(number, 1, title.en)
        _put(sheet, number, 2, value, styles)


def _yuan(fen: int) -> Decimal:
    return Decimal(fen) / 100


def _put(sheet: Any, row: int, column: int, value: Any, styles: Styles) -> None:
    match value:
        case None:
            return
        case datetime():
            sheet.write_datetime(row, column, value, styles.minute)
        case date():
            sheet.write_datetime(row, column, value, styles.day)
        case _Percent():
            sheet.write_number(row, column, value, styles.percent)
        case Decimal():
            sheet.write_number(row, column, float(value), styles.amount)
        case int() | float():
            sheet.write_number(row, column, value)
        case _:
            sheet.write_string(row, column, str(value))
