"""The problem list 问题清单: what somebody must decide or settle, whose it is, and until when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection, Row

from api.server.asks import Asking, Asks, etag
from api.server.paging import Cursor, Limit, Next
from api.server.problems import Problem
from data.accounts import names_of
from data.items import (
    OF_CLAIMS,
    NoChoice,
    counts,
    decision_for,
    find_item,
    history_for,
    list_items,
    settle,
    values_for,
)
from data.problem_list import Settled, UnfitOwner, assign, owners_for, remark, set_level
from data.registry import names_of_places
from workforce.problems import Category, Level
from workforce.roles import Role

router = APIRouter(tags=["items 待办"])
ItemId = Annotated[str, Path(max_length=100, examples=["i_0123456789ab"])]


class Item(BaseModel):
    item_id: str = Field(examples=["i_0123456789ab"])
    category: str = Field(examples=["workers"])
    code: str = Field(description="What is to be decided.", examples=["claimed_twice"])
    values: dict[str, Any] = Field(
        description="What it is about; an enterprise is told nothing of others.",
        examples=[{"worker_id": "W0123456789ab", "claimants": ["E1", "E2"]}],
    )
    enterprise_id: str | None = Field(description="Whose liaison looks after it. 由哪家企业的联络员负责。")
    level: Level = Field(description="County or prefecture. 县级或市级。", examples=["county"])
    owner: str | None = Field(
        description="The account it was given to; null: the enterprise's liaison, or the bureau. "
        "指定的负责账号；空为企业联络员或主管部门。"
    )
    due_at: datetime
    overdue: bool
    opened_at: datetime
    settled_at: datetime | None
    settled_by: str | None = Field(description="To the bureau: the account.")
    decision: str | None = Field(
        description="An enterprise is told `yours`, `not_yours`, `agreed` or `withdrawn`.", examples=["E1"]
    )
    version: int


class Change(BaseModel):
    at: datetime
    by: str | None = Field(description="The account; an enterprise is told only its own. 操作账号。")
    action: str = Field(examples=["noted"])
    before: dict[str, Any] | None
    after: dict[str, Any] | None


Names = Annotated[
    dict[str, str],
    Field(description="What its enterprises, places and accounts are called. 所涉单位、地点和账号的名称。"),
]


class ItemWithHistory(Item):
    history: list[Change] = Field(description="First to last. 从先到后。")
    names: Names


class Items(BaseModel):
    items: list[Item]
    next: Next
    names: Names


class Count(BaseModel):
    category: Category
    raised: int = Field(description="In all. 提出总数。")
    settled: int
    overdue: int


class Counts(BaseModel):
    items: list[Count]


class Remark(BaseModel):
    text: str = Field(min_length=1, max_length=1000, examples=["已联系酒店，今晚腾出两间"])


class Owner(BaseModel):
    account_id: str | None = Field(
        max_length=100, description="null: to whom it falls by itself. 空为默认负责方。", examples=[None]
    )


class PossibleOwner(BaseModel):
    account_id: str
    name: str
    role: Role
    subject: str | None


class Owners(BaseModel):
    items: list[PossibleOwner]


class NewLevel(BaseModel):
    level: Level = Field(examples=["prefecture"])


class Decision(BaseModel):
    decision: str = Field(
        min_length=1,
        max_length=200,
        description="Of a worker who is claimed twice, or whose days differ: the claimant who stands.",
        examples=["E1"],
    )


@router.get("/items", name="list_items", response_model=Items)
def list_all(
    asks: Asking,
    open: Annotated[bool | None, Query(description="Only those that are open, or settled.")] = None,
    category: Category | None = None,
    level: Level | None = None,
    overdue: Annotated[bool, Query(description="Only what is open and late. 仅逾期未办结。")] = False,
    mine: Annotated[bool, Query(description="Only what I look after. 仅本人负责。")] = False,
    after: Cursor = "",
    limit: Limit = 100,
) -> Items:
    """What is to be decided or settled, newest first; an enterprise sees what concerns it."""
    wanted, only = category, _category(asks)
    if only is not None and wanted not in (None, only):
        return Items(items=[], next=None, names={})
    late_at = asks.services.now() if overdue else None
    owner = asks.caller if mine else None
    with asks.read() as c:
        rows = list_items(c, asks.enterprise, open, after, limit + 1, only or wanted, level, late_at, owner)
        told = [_item(asks, row) for row in rows[:limit]]
        names = _names(asks, c, told)
    return Items(items=told, next=rows[limit - 1].id if len(rows) > limit else None, names=names)


@router.get("/items/counts", name="count_items", response_model=Counts)
def count(asks: Asking) -> Counts:
    """By category how many were raised, settled, and are overdue."""
    with asks.read() as c:
        found = counts(c, asks.services.now(), asks.enterprise, _category(asks))
    return Counts(
        items=[
            Count(category=Category(name), raised=n, settled=done, overdue=late)
            for name, (n, done, late) in found.items()
        ]
    )


@router.get("/items/{item_id}", name="read_item", response_model=ItemWithHistory)
def read_one(item_id: ItemId, asks: Asking, response: Response) -> ItemWithHistory:
    """One item with its history; its ETag is needed to change it."""
    with asks.read() as c:
        row = _require(asks, c, item_id)
        told = [
            Change(
                at=one.at,
                by=one.account_id
                if asks.enterprise is None or one.account_id == asks.caller.account_id
                else None,
                action=one.action,
                before=one.before,
                after=one.after,
            )
            for one in history_for(c, row, asks.enterprise, asks.caller.account_id)
        ]
        names = _names(asks, c, [_item(asks, row)], told)
    response.headers.update(etag(row.version))
    return ItemWithHistory(**_item(asks, row).model_dump(), history=told, names=names)


@router.post("/items/{item_id}/notes", name="note_item", response_model=Item, status_code=201)
def add_note(item_id: ItemId, asked: Remark, asks: Asking) -> Response:
    """Say what was done about it, or is in the way."""
    with asks.write() as c:
        row = _require(asks, c, item_id)
        remark(c, asks.by, item_id, asked.text)
        return asks.answer(c, _item(asks, row), 201, etag(row.version))


@router.get("/items/{item_id}/owners", name="list_owners", response_model=Owners)
def list_owners(item_id: ItemId, asks: Asking) -> Owners:
    """The accounts that an item may be given to."""
    with asks.read() as c:
        found = owners_for(c, _require(asks, c, item_id))
    return Owners(
        items=[
            PossibleOwner(account_id=one.id, name=one.name, role=one.role, subject=one.subject)
            for one in found
        ]
    )


@router.post("/items/{item_id}/assign", name="assign_item", response_model=Item)
def give(item_id: ItemId, asked: Owner, asks: Asking) -> Response:
    """Give it to an account that may see it. Needs If-Match."""
    version = asks.expected_version()
    with asks.write() as c:
        _require(asks, c, item_id)
        try:
            assign(c, asks.by, item_id, asked.account_id, version)
        except Settled:
            raise Problem("over", state="settled") from None
        except UnfitOwner:
            raise Problem("owner_unfit") from None
        return _changed(asks, c, item_id)


@router.post("/items/{item_id}/level", name="level_item", response_model=Item)
def put_level(item_id: ItemId, asked: NewLevel, asks: Asking) -> Response:
    """Raise it to the prefecture, or give it back to the county. Needs If-Match."""
    version = asks.expected_version()
    with asks.write() as c:
        _require(asks, c, item_id)
        try:
            set_level(c, asks.by, item_id, asked.level, version)
        except Settled:
            raise Problem("over", state="settled") from None
        return _changed(asks, c, item_id)


@router.post("/items/{item_id}/settle", name="settle_item", response_model=Item)
def decide(item_id: ItemId, asked: Decision, asks: Asking) -> Response:
    """Decide it; the decision is kept with who took it and when. Needs If-Match."""
    version = asks.expected_version()
    with asks.write() as c:
        _require(asks, c, item_id)
        try:
            settle(c, asks.services.vault, asks.by, item_id, asked.decision, version)
        except Settled:
            raise Problem("over", state="settled") from None
        except NoChoice as refused:
            choices = ", ".join(refused.choices)
            raise Problem("no_choice", decision=asked.decision, choices=choices) from None
        return _changed(asks, c, item_id)


def _category(asks: Asks) -> Category | None:
    """A health officer decides about health alone."""
    return Category.HEALTH if asks.caller.role is Role.HEALTH else None


def _require(asks: Asks, c: Connection, item_id: str) -> Row[Any]:
    """An item that the account may see.

    Raises:
        Problem: there is none.
    """
    row = find_item(c, item_id, asks.enterprise, _category(asks))
    if row is None:
        raise Problem("not_found")
    return row


def _names(
    asks: Asks, c: Connection, items: Sequence[Item], changes: Sequence[Change] = ()
) -> dict[str, str]:
    """What is called how of what they tell; accounts have names for the bureau alone."""
    places, people = [one.enterprise_id for one in items], [one.by for one in changes]
    for one in items:
        places += [one.values.get("place_id"), *one.values.get("claimants", ())]
        people += [one.owner, one.settled_by]
    for told in (told for one in changes for told in (one.before, one.after) if told):
        people.append(told.get("owner"))
    return names_of_places(c, places) | (names_of(c, filter(None, people)) if asks.enterprise is None else {})


def _changed(asks: Asks, c: Connection, item_id: str) -> Response:
    row = _require(asks, c, item_id)
    return asks.answer(c, _item(asks, row), 200, etag(row.version))


def _item(asks: Asks, row: Row[Any]) -> Item:
    return Item(
        item_id=row.id,
        category=row.category,
        code=row.code,
        values=values_for(row, asks.enterprise),
        enterprise_id=row.enterprise_id if asks.enterprise is None or row.code not in OF_CLAIMS else None,
        level=row.level,
        owner=row.owner if asks.enterprise is None or row.owner == asks.caller.account_id else None,
        due_at=row.due_at,
        overdue=row.settled_at is None and row.due_at < asks.services.now(),
        opened_at=row.opened_at,
        settled_at=row.settled_at,
        settled_by=None if asks.enterprise is not None else row.settled_by,
        decision=decision_for(row, asks.enterprise),
        version=row.version,
    )
