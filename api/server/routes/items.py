"""Items: what somebody must decide, such as whose a worker is whom two enterprises claim."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Row

from api.server.asks import Asking, Asks, etag
from api.server.paging import Cursor, Limit, Next
from api.server.problems import Problem
from data.items import NoChoice, Settled, decision_for, find_item, list_items, settle, values_for
from data.personal import HEALTH
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
    opened_at: datetime
    settled_at: datetime | None
    settled_by: str | None = Field(description="To the bureau: the account.")
    decision: str | None = Field(
        description="An enterprise is told `yours`, `not_yours`, `agreed` or `withdrawn`.", examples=["E1"]
    )
    version: int


class Items(BaseModel):
    items: list[Item]
    next: Next


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
    after: Cursor = "",
    limit: Limit = 100,
) -> Items:
    """What is to be decided, newest first; an enterprise sees what concerns it."""
    with asks.read() as c:
        rows = list_items(c, asks.enterprise, open, after, limit + 1, _category(asks))
    more = rows[limit - 1].id if len(rows) > limit else None
    return Items(items=[_item(asks, row) for row in rows[:limit]], next=more)


@router.get("/items/{item_id}", name="read_item", response_model=Item)
def read_one(item_id: ItemId, asks: Asking, response: Response) -> Item:
    """One item; its ETag is needed to settle it."""
    with asks.read() as c:
        row = find_item(c, item_id, asks.enterprise, _category(asks))
    if row is None:
        raise Problem("not_found")
    response.headers.update(etag(row.version))
    return _item(asks, row)


@router.post("/items/{item_id}/settle", name="settle_item", response_model=Item)
def decide(item_id: ItemId, asked: Decision, asks: Asking) -> Response:
    """Decide it; the decision is kept with who took it and when. Needs If-Match."""
    version = asks.expected_version()
    with asks.write() as c:
        if find_item(c, item_id, category=_category(asks)) is None:
            raise Problem("not_found")
        try:
            settle(c, asks.by, item_id, asked.decision, version)
        except Settled:
            raise Problem("over", state="settled") from None
        except NoChoice as refused:
            choices = ", ".join(refused.choices)
            raise Problem("no_choice", decision=asked.decision, choices=choices) from None
        row = find_item(c, item_id)
        assert row is not None
        return asks.answer(c, _item(asks, row), 200, etag(row.version))


def _category(asks: Asks) -> str | None:
    """A health officer decides about health alone."""
    return HEALTH if asks.caller.role is Role.HEALTH else None


def _item(asks: Asks, row: Row[Any]) -> Item:
    return Item(
        item_id=row.id,
        category=row.category,
        code=row.code,
        values=values_for(row, asks.enterprise),
        opened_at=row.opened_at,
        settled_at=row.settled_at,
        settled_by=None if asks.enterprise is not None else row.settled_by,
        decision=decision_for(row, asks.enterprise),
        version=row.version,
    )
