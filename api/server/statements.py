"""Statements of what was settled, and the daily ledger, as documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from enum import StrEnum
from typing import Any

from sqlalchemy import Row

from api.server.documents import Document, grid
from data.settlements import GOVERNMENT, totals
from workforce.daily_ledger import Ledger, Rate, Restart
from workforce.daily_ledger import Row as LedgerRow
from workforce.faults import Text
from workforce.loop_words import SETTLED_FOR
from workforce.money import to_yuan
from workforce.plan import Item
from workforce.settlement import Amounts, Why, amounts_of
from workforce.views import Published


class Party(StrEnum):
    """For whom a statement is."""

    ENTERPRISE = "enterprise"
    HOTEL = "hotel"
    CARRIER = "carrier"
    GOVERNMENT = "government"  # the subsidy programme


_TITLES = {
    Party.ENTERPRISE: Text("企业结算单", "Statement of an enterprise"),
    Party.HOTEL: Text("隔离酒店结算单", "Statement of a hotel"),
    Party.CARRIER: Text("承运企业结算单", "Statement of a carrier"),
    Party.GOVERNMENT: Text("财政补贴结算单", "Statement of the subsidy programme"),
}
_ITEMS = {
    Item.TRIP: Text("车费", "trip"),
    Item.ROOM: Text("住宿", "room"),
    Item.TRANSFER: Text("接送", "transfer"),
}
_RESTARTS = {
    Restart.RUNNING: Text("在运行", "running"),
    Restart.RESTARTED: Text("已复工", "restarted"),
    Restart.SHORT: Text("缺员", "short of hands"),
}
_SIZES = {
    "large": Text("规模以上", "above the statistical size"),
    "small": Text("规模以下", "below the statistical size"),
}


def owed(party: Party, amounts: Amounts) -> int:
    """What an amount means to a party, in fen: what an enterprise or the government pays, what others get.

    A hotel is paid its list price less what it waives.
    """
    if party is Party.ENTERPRISE:
        return amounts.enterprise
    if party is Party.GOVERNMENT:
        return amounts.government
    return amounts.total - amounts.hotel


def planned_of(rows: Iterable[Row[Any]], plans: Iterable[Published]) -> dict[int, Amounts]:
    """By entry, what the plan had for it; what corrects an entry or comes on top of the plan has nothing."""
    known = {published.plan_id: published.plan for published in plans}
    found: dict[int, Amounts] = {}
    told: set[tuple[str, str, str]] = set()
    for row in rows:
        plan, key = known.get(row.plan_id), (row.plan_id, row.item, row.worker_id)
        if plan is None or row.part or row.corrects is not None or key in told:
            continue
        stay = plan.stay_of.get(row.worker_id)
        share = next((s for s in plan.shares_of.get(row.worker_id, ()) if s.item == row.item), None)
        if share is not None and (row.item != Item.ROOM or (stay and stay.hotel_id == row.hotel_id)):
            found[row.seq] = amounts_of(share)
            told.add(key)
    return found


def statement(
    party: Party,
    subject: str,
    name: str,
    rows: Sequence[tuple[Row[Any], Amounts]],
    planned: Mapping[int, Amounts],
    on: date,
) -> Document:
    """All entries of a party, each with what was planned and the events of the log that it rests on."""
    lines = [
        (
            row.seq,
            row.at.date(),
            f"{_ITEMS[Item(row.item)].zh} {_ITEMS[Item(row.item)].en}",
            row.trip_id or row.hotel_id,
            row.worker_id,
            f"{SETTLED_FOR[Why(row.why)].zh} {SETTLED_FOR[Why(row.why)].en}",
            to_yuan(owed(party, planned[row.seq])) if row.seq in planned else "",
            to_yuan(owed(party, amounts)),
            row.corrects or "",
            " ".join(map(str, row.evidence)),
        )
        for row, amounts in rows
    ]
    columns = [
        ("编号", "Entry"),
        ("日期", "Day"),
        ("项目", "Item"),
        ("车次或酒店", "Trip or hotel"),
        ("人员", "Worker"),
        ("缘由", "Why"),
        ("计划（元）", "Planned, yuan"),
        ("金额（元）", "Yuan"),
        ("更正", "Corrects"),
        ("日志依据", "Evidence in the log"),
    ]
    whole = totals(row for row, _ in rows)
    facts = (
        (Text("单位", "Party"), f"{name} ({subject})" if subject not in (name, GOVERNMENT) else name),
        (Text("截至", "As of"), on.isoformat()),
        (Text("笔数", "Entries"), str(len(rows))),
        (Text("计划合计（元）", "Planned, yuan"), to_yuan(sum(owed(party, one) for one in planned.values()))),
        (Text("合计（元）", "Total, yuan"), to_yuan(owed(party, whole))),
    )
    widths = (7, 10, 10, 14, 14, 14, 11, 11, 8, 16)
    table = grid(Text("明细", "Entries"), columns, lines, right=[0, 6, 7, 8], widths=widths)
    note = Text(
        "更正另列一笔，原笔不改；日志依据可用 guicheng log prove 取证。",
        "A correction is an entry of its own; guicheng log prove gives the evidence.",
    )
    return Document(
        f"statement-{party}-{subject if subject.isascii() else 'all'}",
        _TITLES[party],
        facts,
        (table,),
        signs=(Text("制表", "Made by"), Text("确认", "Agreed by")),
        notes=(note,),
    )


def ledger_document(ledger: Ledger, problems: Rate, counties: Mapping[str, str]) -> Document:
    """The day's ledger: totals and rates, then by enterprise, sector, county and size."""
    total = ledger.total
    facts = (
        (Text("日期", "Day"), ledger.day.isoformat()),
        (Text("企业开工率", "Enterprises opened"), _rate(total.opened)),
        (Text("员工返岗率", "Workers at work"), _rate(total.at_work)),
        (Text("问题办结率", "Problems settled"), _rate(problems)),
    )
    numbers = [
        ("应出发", "Planned"),
        ("已出发", "Departed"),
        ("已到达", "Arrived"),
        ("隔离中", "In quarantine"),
        ("已返岗", "Returned"),
        ("开工", "Opened"),
        ("在岗", "At work"),
    ]
    firms = [
        (
            one.enterprise.name,
            one.enterprise.sector,
            counties.get(one.enterprise.adcode or "", one.enterprise.adcode),
            f"{_RESTARTS[one.restart].zh} {_RESTARTS[one.restart].en}",
            *_cells(one.row),
        )
        for one in ledger.enterprises
    ]
    heads = [("企业", "Enterprise"), ("行业", "Sector"), ("区划", "County"), ("复工状态", "Restart")]
    firms.append(("合计 Total", "", "", "", *_cells(total)))
    grids = [grid(Text("企业", "Enterprises"), [*heads, *numbers], firms, right=range(4, 11))]
    groups: tuple[tuple[Text, Mapping[str, LedgerRow], Mapping[str, str]], ...] = (
        (Text("行业", "Sectors"), ledger.sectors, {}),
        (Text("区县", "Counties"), ledger.counties, counties),
        (Text("规模", "Sizes"), ledger.sizes, {k: f"{t.zh} {t.en}" for k, t in _SIZES.items()}),
    )
    for title, group, names in groups:
        rows = [(names.get(key, key) or "—", *_cells(row)) for key, row in sorted(group.items())]
        grids.append(grid(title, [(title.zh, title.en), *numbers], rows, right=range(1, 8)))
    name = f"ledger-{ledger.day}"
    return Document(name, Text("返岗复工台账", "Daily ledger"), facts, tuple(grids), listed=0)


def _cells(row: LedgerRow) -> tuple[str, ...]:
    c = row.counts
    counts = (c.planned, c.departed, c.arrived, c.in_quarantine, c.returned)
    return (*map(str, counts), _rate(row.opened), _rate(row.at_work))


def _rate(rate: Rate) -> str:
    """A rate is never shown without what it is a rate of."""
    percent = f" ({rate.of / rate.among:.1%})" if rate.among else ""
    return f"{rate.of}/{rate.among}{percent}"
