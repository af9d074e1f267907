"""Settlement and the daily ledger: what happened, in money and in numbers."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection, Row

from api.server.asks import Asking
from api.server.paging import Limit
from api.server.problems import Problem
from api.server.routes.papers import FORMS, Form, answer
from api.server.statements import Party, ledger_document, owed, planned_of, statement
from data.daily_ledger import daily_ledger, problems_settled
from data.gazetteer import counties
from data.registry import names_of_places
from data.settlements import GOVERNMENT, amounts, entries, settle
from workforce.closed_loop import local_day
from workforce.daily_ledger import Ledger, Rate, Restart
from workforce.daily_ledger import Row as LedgerRow
from workforce.plan import Item
from workforce.roles import Role
from workforce.scenario import Scenario
from workforce.settlement import Amounts, Why

router = APIRouter(tags=["money and ledger 结算与台账"])


class Done(BaseModel):
    entries: int = Field(description="New entries, corrections among them. 新增笔数（含更正）。")
    corrections: int
    overruns: list[str] = Field(description="Whose budget is exceeded; * the government's. 超预算的单位。")


class PartyOf(BaseModel):
    party: Party
    subject: str
    name: str


class Parties(BaseModel):
    items: list[PartyOf]


class Entry(BaseModel):
    entry: int
    at: datetime
    plan_id: str
    item: Item
    worker_id: str
    enterprise_id: str | None
    trip_id: str | None
    hotel_id: str | None
    payee: str | None
    yuan: float = Field(description="What it means to the one who asks. 对查询方的金额。")
    why: Why
    evidence: list[int] = Field(description="Numbers of events in the trip log. 行程日志编号。")
    planned_yuan: float | None = Field(
        description="As planned; null: a correction or an addition. 计划金额。"
    )
    corrects: int | None


class Entries(BaseModel):
    items: list[Entry]
    next: int | None
    names: dict[str, str] = Field(description="What hotels and enterprises are called. 酒店和企业的名称。")


class RateOf(BaseModel):
    of: int
    among: int


class Numbers(BaseModel):
    planned: int
    departed: int
    arrived: int
    in_quarantine: int
    returned: int
    opened: RateOf
    at_work: RateOf


class OfEnterprise(Numbers):
    enterprise_id: str
    name: str
    sector: str | None
    adcode: str | None
    restart: Restart


class LedgerOf(BaseModel):
    day: date
    total: Numbers
    problems: RateOf
    enterprises: list[OfEnterprise]
    sectors: dict[str, Numbers]
    counties: dict[str, Numbers]
    sizes: dict[str, Numbers]
    names: dict[str, str] = Field(description="What the counties are called. 区县名称。")


class LedgerForm(StrEnum):
    JSON = "json"
    HTML = "html"
    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"


@router.post("/settlements", name="settle", response_model=Done)
def settle_now(asks: Asking) -> Response:
    """Enter what is due by now. May be done at any time: what changed becomes corrections."""
    with asks.write() as c:
        done = settle(c, asks.by, asks.services.rosters)
        told = Done(entries=done.entries, corrections=done.corrections, overruns=list(done.overruns))
        return asks.answer(c, told)


@router.get("/settlements", name="list_settlements", response_model=Entries)
def list_all(asks: Asking, after: Annotated[int, Query(ge=0, le=2**53)] = 0, limit: Limit = 100) -> Entries:
    """What was settled, in the order of entry; enterprises, hotels and carriers see their own."""
    party = _PARTY.get(asks.caller.role, Party.GOVERNMENT)
    with asks.read() as c:
        own = asks.own
        rows = entries(c, after, limit + 1) if own is None else _of(c, party, own, after, limit + 1)
        planned = planned_of(rows, asks.services.rosters.now(c).plans.values())
        names = names_of_places(c, (place for row in rows for place in (row.hotel_id, row.enterprise_id)))

    def fen(one: Amounts) -> int:
        return one.total if own is None else owed(party, one)

    items = [
        _entry(row, fen(amounts(row)), fen(planned[row.seq]) if row.seq in planned else None) for row in rows
    ]
    return Entries(
        items=items[:limit], next=items[limit - 1].entry if len(rows) > limit else None, names=names
    )


@router.get("/settlements/parties", name="list_parties", response_model=Parties)
def list_parties(asks: Asking) -> Parties:
    """Those for whom a statement can be had: enterprises, hotels and carriers of published plans."""
    with asks.read() as c:
        plans = list(asks.services.rosters.now(c).plans.values())
    found: dict[tuple[Party, str], str] = {}
    for published in plans:
        s = published.scenario
        found |= {(Party.ENTERPRISE, one.enterprise_id): one.name for one in s.enterprises.values()}
        found |= {(Party.HOTEL, one.hotel_id): one.name for one in s.hotels.values()}
        found |= {(Party.CARRIER, one.operator): one.operator for one in s.fleets.values()}
    told = [PartyOf(party=party, subject=subject, name=name) for (party, subject), name in found.items()]
    return Parties(items=sorted(told, key=lambda one: (one.party, one.name, one.subject)))


@router.get(
    "/settlements/statements/{party}/{subject}.{form}",
    name="read_statement",
    response_class=Response,
    responses=FORMS,
)
def read_statement(
    party: Party, subject: Annotated[str, Path(max_length=200)], form: Form, asks: Asking
) -> Response:
    """A statement of an enterprise, hotel, carrier, or (`*`) the subsidy programme."""
    if asks.own is not None and (_PARTY.get(asks.caller.role), asks.own) != (party, subject):
        raise Problem("not_found")
    with asks.read() as c:
        rows = _of(c, party, subject)
        plans = list(asks.services.rosters.now(c).plans.values())
    name = next(filter(None, (_name(p.scenario, party, subject) for p in reversed(plans))), None)
    if name is None:
        raise Problem("not_found")
    told = [(row, amounts(row)) for row in rows]
    on = local_day(asks.services.now())
    return answer(statement(party, subject, name, told, planned_of(rows, plans), on), form)


@router.get(
    "/ledger/{day}.{form}",
    name="read_ledger",
    response_model=LedgerOf,
    responses=FORMS,
)
def read_ledger(day: date, form: LedgerForm, asks: Asking) -> Any:
    """The daily ledger 台账 at the end of a day: by enterprise, sector, county and size."""
    with asks.read() as c:
        ledger = daily_ledger(c, asks.services.rosters, day)
        problems = problems_settled(c, day)
    names = {county.adcode: county.name for county in counties() if county.adcode in ledger.counties}
    if form is LedgerForm.JSON:
        return _ledger(ledger, problems, names)
    return answer(ledger_document(ledger, problems, names), Form(form))


_PARTY = {
    Role.ENTERPRISE: Party.ENTERPRISE,
    Role.HOTEL: Party.HOTEL,
    Role.CARRIER: Party.CARRIER,
}


def _name(scenario: Scenario, party: Party, subject: str) -> str | None:
    """How a party of a published plan is called; None: the plan does not know it."""
    if party is Party.GOVERNMENT:
        return "财政补贴 Government" if subject == GOVERNMENT else None
    if party is Party.CARRIER:
        return subject if any(f.operator == subject for f in scenario.fleets.values()) else None
    found = (scenario.enterprises if party is Party.ENTERPRISE else scenario.hotels).get(subject)
    return None if found is None else found.name


def _of(
    c: Connection, party: Party, subject: str, after: int = 0, limit: int | None = None
) -> list[Row[Any]]:
    if party is Party.GOVERNMENT:
        return [row for row in entries(c, after, limit) if row.government_fen]
    if party is Party.ENTERPRISE:
        return entries(c, after, limit, enterprise_id=subject)
    return entries(c, after, limit, payee=subject)


def _entry(row: Row[Any], fen: int, planned: int | None) -> Entry:
    same = {name: value for name, value in row._mapping.items() if name in Entry.model_fields}
    return Entry(
        **same, entry=row.seq, yuan=fen / 100, planned_yuan=None if planned is None else planned / 100
    )


def _ledger(ledger: Ledger, problems: Rate, names: Mapping[str, str]) -> LedgerOf:
    firms = [
        OfEnterprise(
            **_numbers(one.row).model_dump(),
            enterprise_id=one.enterprise.enterprise_id,
            name=one.enterprise.name,
            sector=one.enterprise.sector,
            adcode=one.enterprise.adcode,
            restart=one.restart,
        )
        for one in ledger.enterprises
    ]
    groups = {
        name: {key: _numbers(row) for key, row in getattr(ledger, name).items()}
        for name in ("sectors", "counties", "sizes")
    }
    return LedgerOf(
        day=ledger.day,
        total=_numbers(ledger.total),
        problems=RateOf(of=problems.of, among=problems.among),
        enterprises=firms,
        names=dict(names),
        **groups,
    )


def _numbers(row: LedgerRow) -> Numbers:
    counts = {name: getattr(row.counts, name) for name in row.counts.__slots__}
    return Numbers(
        **counts,
        opened=RateOf(of=row.opened.of, among=row.opened.among),
        at_work=RateOf(of=row.at_work.of, among=row.at_work.among),
    )
