"""Lists in pages: an opaque cursor says where the next page begins, whatever was added since."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query
from pydantic import BaseModel, Field
from sqlalchemy import Column, Connection, Row, Select, literal, tuple_

from api.server.problems import Problem

T = TypeVar("T")
After = Annotated[
    str,
    Query(max_length=1000, description="`next` of the page before; blank: from the first. 上一页的 next。"),
]
Limit = Annotated[int, Query(ge=1, le=1000, description="At most so many. 每页条数。")]


class Page(BaseModel, Generic[T]):
    items: list[T]
    next: str | None = Field(description="Pass it as `after`; null: this is the last page. 末页为空。")


def cursor(*values: object) -> str:
    """The place in a list just behind these values of its order."""
    told = [v.isoformat() if isinstance(v, datetime) else v for v in values]
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def place(after: str, *kinds: type) -> list[Any] | None:
    """The values that ``cursor`` was given; None: the list begins.

    Raises:
        Problem: it is no cursor of a list with an order of these kinds.
    """
    if not after:
        return None
    try:
        told = json.loads(base64.b64decode(after + "=" * (-len(after) % 4), altchars=b"-_", validate=True))
        if not isinstance(told, list) or len(told) != len(kinds):
            raise ValueError
        values = [datetime.fromisoformat(v) if k is datetime else v for v, k in zip(told, kinds, strict=True)]
    except (ValueError, TypeError, RecursionError):
        raise Problem("cursor_form") from None
    for value, kind in zip(values, kinds, strict=True):
        in_range = not isinstance(value, int) or abs(value) < 2**63
        aware = not isinstance(value, datetime) or value.tzinfo is not None
        if type(value) is not kind or not in_range or not aware or "\0" in str(value):
            raise Problem("cursor_form")
    return values


def page(
    c: Connection,
    query: Select[Any],
    order: Sequence[Column[Any]],
    after: str,
    limit: int,
    *,
    newest_first: bool = False,
) -> tuple[Sequence[Row[Any]], str | None]:
    """Rows of a page, and the cursor of the next one.

    Args:
        query: selects the columns of ``order`` among others, and orders nothing itself.
        order: columns that together differ from row to row, such as a moment and an id.
    """
    values = place(after, *(column.type.python_type for column in order))
    if values is not None:
        here = tuple_(*(literal(v, column.type) for v, column in zip(values, order, strict=True)))
        query = query.where(tuple_(*order) < here if newest_first else tuple_(*order) > here)
    query = query.order_by(*(column.desc() if newest_first else column for column in order))
    rows = c.execute(query.limit(limit + 1)).all()
    if len(rows) <= limit:
        return rows, None
    last = rows[limit - 1]
    return rows[:limit], cursor(*(last._mapping[column] for column in order))
