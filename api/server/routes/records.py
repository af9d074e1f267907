"""The registry over HTTP: rows of a scenario's tables, one by one, with their history."""

from __future__ import annotations

from datetime import date, datetime
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.server.asks import Asking, Asks, etag
from api.server.paging import Cursor, Limit, Next
from api.server.problems import Problem
from data.accounts import names_of, record
from data.cells import Refused
from data.imports import key_of
from data.liaisons import ENTERPRISES, sealed_row, shown_rows
from data.registry import Entry, as_of, end_of, entries, find, history, put, refers_to, remove
from data.tables import TABLES, Table
from data.vacancies import FILLED, may_be_named, rewritten
from workforce.faults import Fault, fault

router = APIRouter(tags=["registry 登记"])

OF_ENTERPRISES = frozenset({"enterprises", "vacancies"})  # tables that an enterprise may change for itself
_LOWEST_PRIORITY = "4"
TableName = Annotated[
    str, Path(description="A table of a scenario, such as `pickups`.", examples=["pickups"])
]
Key = Annotated[str, Path(description="Its id.", examples=["P1"])]


class Record(BaseModel):
    """A row; ``cells`` are as a CSV file would have them."""

    key: str
    version: int
    changed_at: datetime | None
    state: str | None
    cells: dict[str, Any]


class Records(BaseModel):
    items: list[Record]
    next: Next


class Change(BaseModel):
    at: datetime
    by: str
    by_name: str | None = Field(description="An enterprise is told its own people's names alone.")
    action: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@router.get("/records/{table}", name="list_records", response_model=Records)
def list_records(
    table: TableName,
    asks: Asking,
    after: Cursor = "",
    limit: Limit = 100,
    on: Annotated[date | None, Query(description="As they stood at the end of this day (UTC).")] = None,
) -> Records:
    """Rows of a table in the order of their keys, today or on any past day."""
    kind = _table(table).name
    with asks.read() as c:
        if on is None:
            found = entries(c, kind, asks.enterprise, after, limit + 1)
        else:
            past = as_of(c, kind, end_of(on), after)
            theirs = (e for e in past if asks.enterprise in (None, e.enterprise_id))
            found = list(islice(theirs, limit + 1))
        shown = _shown(c, asks, found[:limit])
    return Records(items=shown, next=found[limit - 1].key if len(found) > limit else None)


@router.get("/records/{table}/{key}", name="read_record", response_model=Record)
def read_record(table: TableName, key: Key, asks: Asking, response: Response) -> Record:
    """One row; its ETag is needed to change it."""
    with asks.read() as c:
        one = own_record(asks, find(c, _table(table).name, key))
        shown = _shown(c, asks, [one])[0]
    response.headers.update(etag(one.version))
    return shown


@router.get("/records/{table}/{key}/history", name="read_history", response_model=list[Change])
def read_history(table: TableName, key: Key, asks: Asking) -> list[Change]:
    """Every change of a row: who, when, what before."""
    with asks.read() as c:
        if asks.enterprise is not None:
            own_record(asks, find(c, _table(table).name, key))
        rows = history(c, _table(table).name, key)
        names = names_of(c, {r.account_id for r in rows}, asks.enterprise)
        told = [_theirs(c, asks, table, side) for r in rows for side in (r.before, r.after)]
    if not rows:
        raise Problem("not_found")
    return [
        Change(
            at=r.at,
            by=r.account_id,
            by_name=names.get(r.account_id),
            action=r.action,
            before=before,
            after=after,
        )
        for r, before, after in zip(rows, told[::2], told[1::2], strict=True)
        if before is not None or after is not None
    ]


@router.put("/records/{table}/{key}", name="put_record", response_model=Record)
def put_record(
    table: TableName,
    key: Key,
    cells: dict[str, Any],
    asks: Asking,
    reason: Annotated[
        str | None,
        Query(
            min_length=2,
            max_length=300,
            description="Of an intention: why the bureau knows that both have agreed; it is kept.",
            examples=["signed at the job fair"],
        ),
    ] = None,
) -> Response:
    """Write a row: with If-Match for one that is there, with `If-None-Match: *` for a new one."""
    the_table = _written(table)
    if the_table.name == "intentions" and asks.enterprise is None and not (reason or "").strip():
        raise Problem("agreement_unfounded")
    new = asks.request.headers.get("if-none-match") == "*"
    version = 0 if new else asks.expected_version()
    body = _parsed(the_table, cells)
    if key_of(the_table, body) != key:
        raise Problem("not_found")
    owner = body["enterprise_id"] if the_table.name in OF_ENTERPRISES else None
    with asks.write() as c:
        if asks.enterprise is not None:
            if the_table.name not in OF_ENTERPRISES or owner != asks.enterprise:
                raise Problem("not_found")
            _require_place(c, asks.enterprise, the_table.name, key)
            if not new:
                own_record(asks, find(c, the_table.name, key))
        before = find(c, the_table.name, key)
        if asks.enterprise is not None and the_table.name == ENTERPRISES:
            _require_same_priority(before, body)
        written = Entry(the_table.name, key, body, owner)
        if the_table.name == "vacancies":
            written = rewritten(body, before)
        elif the_table.name == ENTERPRISES:
            written = Entry(ENTERPRISES, key, sealed_row(c, asks.services.vault, body, before), owner)
        put(c, asks.by, written, version=version)
        if the_table.name == "intentions":
            record(c, asks.by, "intention_entered", key, reason)
        one = find(c, the_table.name, key)
        assert one is not None
        return asks.answer(c, _shown(c, asks, [one])[0], 201 if new else 200, etag(one.version))


@router.delete("/records/{table}/{key}", name="remove_record", status_code=204)
def remove_record(table: TableName, key: Key, asks: Asking) -> Response:
    """Take a row out; its history stays."""
    the_table = _written(table)
    version = asks.expected_version()
    with asks.write() as c:
        one = own_record(asks, find(c, the_table.name, key))
        if one.kind == "enterprises" and refers_to(c, key):  # no scenario could be made any more
            raise Problem(
                "conflict",
                why_zh="该企业名下还有人员或岗位",
                why_en="workers or vacancies of the enterprise are still there",
            )
        remove(c, asks.by, one.kind, one.key, version=version)
    return Response(status_code=204)


def _require_place(c: Connection, enterprise_id: str, table: str, key: str) -> None:
    """Whether an enterprise may write a row under this key, there or not; others' keys are none of its.

    Raises:
        Problem: so it is.
    """
    one = find(c, table, key)
    if one is not None and one.enterprise_id != enterprise_id:
        raise Problem("not_found")
    if table == "vacancies" and one is None and not may_be_named(key, enterprise_id):
        raise Problem("not_found")
    if table == "vacancies" and find(c, "enterprises", enterprise_id) is None:
        raise Problem("enterprise_unregistered", enterprise=enterprise_id)


def _require_same_priority(before: Entry | None, body: dict[str, str]) -> None:
    """Who comes first, and is relieved first, is for the bureau to say, not for the enterprise itself.

    Raises:
        Problem: it says something else.
    """
    given = _LOWEST_PRIORITY if before is None else before.body["priority"]
    if body["priority"] != given:
        raise Problem(
            "conflict",
            why_zh=f"优先级由复工办确定，现为 {given}",
            why_en=f"the bureau sets the priority of an enterprise; it is {given}",
        )


def _theirs(c: Connection, asks: Asks, table: str, told: dict[str, Any] | None) -> dict[str, Any] | None:
    """What history says, but for the time when the row was somebody else's."""
    if told is None or asks.enterprise not in (None, told["enterprise_id"]):
        return None
    if table == ENTERPRISES:
        return {**told, "body": shown_rows(c, asks.services.vault, [told["body"]])[0]}
    return told


def _table(name: str) -> Table:
    if name not in TABLES:
        raise Problem("not_found")
    return TABLES[name]


def _written(name: str) -> Table:
    """A table whose rows may be written one by one.

    Raises:
        Problem: what names a person goes through the vault, and a person may have several claims.
    """
    if name == "workers":
        raise Problem("by_submission")
    return _table(name)


def own_record(asks: Asks, one: Entry | None) -> Entry:
    if one is None or (asks.enterprise is not None and one.enterprise_id != asks.enterprise):
        raise Problem("not_found")
    return one


def _shown(c: Connection, asks: Asks, found: list[Entry]) -> list[Record]:
    """Rows with what names an enterprise's contact masked."""
    bodies = [e.body for e in found if e.kind == ENTERPRISES]
    masked = iter(shown_rows(c, asks.services.vault, bodies))
    return [
        record_of(e).model_copy(update={"cells": next(masked)}) if e.kind == ENTERPRISES else record_of(e)
        for e in found
    ]


def record_of(e: Entry) -> Record:
    return Record(key=e.key, version=e.version, changed_at=e.changed_at, state=e.state, cells=dict(e.body))


def _parsed(table: Table, cells: dict[str, Any]) -> dict[str, str]:
    """The row as the registry keeps it.

    Raises:
        Problem: with every fault of it.
    """
    faults: list[Fault] = []
    body: dict[str, str] = {}
    counted = {FILLED} if table.name == "vacancies" else set()  # by filling it; read and put back unread
    for name in cells.keys() - table.by_name.keys() - counted:
        faults.append(fault("column_unknown", table.name, None, name, title=name, guess=""))
    for column in table.columns:
        cell = cells.get(column.name)
        try:
            if cell is None or (isinstance(cell, str) and not cell.strip()):
                if column.required:
                    raise Refused("value_missing")
                continue
            body[column.name] = column.kind.write(column.kind.parse(cell))
        except Refused as refused:
            faults.append(fault(refused.code, table.name, None, column.name, **refused.values))
    if faults:
        raise Problem("invalid", faults)
    return body
