"""Long lists in parts: a page goes on behind the last row of the page before, whatever was added since."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, or_, select


def newest(
    c: Connection,
    query: Select[Any],
    moment: ColumnElement[Any],
    key: ColumnElement[Any],
    after: str | None,
    limit: int,
) -> list[Row[Any]]:
    """Rows from the newest on, those of one moment by key.

    Args:
        moment: when a row was made; it never changes.
        after: only rows behind the one with this key; there are none if nothing has it.
    """
    if after is not None:
        last = c.execute(select(moment).where(key == after)).scalar_one_or_none()
        if last is None:
            return []
        query = query.where(or_(moment < last, and_(moment == last, key > after)))
    return list(c.execute(query.order_by(moment.desc(), key).limit(limit)))
