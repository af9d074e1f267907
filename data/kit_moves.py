"""Masks, thermometers and disinfectant: what each depot and hotel has, as its reports say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select

from data.bulk import insert_all
from data.schema import kit_move
from data.trip_log import Logged
from workforce.closed_loop import Flag, Raised
from workforce.triplog import Kind


def book(c: Connection, new: Sequence[Logged]) -> dict[int, list[Raised]]:
    """Keep the ledger up to date with new events; returns by event what was given out beyond the stock."""
    kits = [one for one in new if one.event.kind in (Kind.KITS_RECEIVED, Kind.KITS_ISSUED)]
    for one in new:
        if one.event.kind is Kind.VOIDED:  # what an earlier request told
            c.execute(delete(kit_move).where(kit_move.c.seq == one.event.says["event"]))
    raised: dict[int, list[Raised]] = {}
    if not kits:
        return raised
    left = {(place, kit): count for place, kit, count in stock(c, {one.event.place_id or "" for one in kits})}
    rows = []
    for one in kits:
        e = one.event
        place_id, kit = e.place_id or "", str(e.says["kit"])
        count = -e.says["count"] if e.kind is Kind.KITS_ISSUED else e.says["count"]
        now = left[place_id, kit] = left.get((place_id, kit), 0) + count
        row = {"seq": one.seq, "place_id": place_id, "kit": kit, "count": count}
        rows.append({**row, "happened_at": e.happened_at, "plan_id": e.plan_id, "trip_id": e.trip_id})
        if now < 0 and e.kind is Kind.KITS_ISSUED:
            short = {"kit": kit, "short": -now}
            raised[one.seq] = [Raised(Flag.STOCK_SHORT, None, e.plan_id, e.trip_id, e.place_id, short)]
    insert_all(c, kit_move, rows)
    return raised


def stock(c: Connection, places: Iterable[str] | None = None) -> list[tuple[str, str, int]]:
    """By place and kit how many there are; None: of every place."""
    query = select(kit_move.c.place_id, kit_move.c.kit, func.sum(kit_move.c.count))
    if places is not None:
        query = query.where(kit_move.c.place_id.in_(list(places)))
    rows = c.execute(
        query.group_by(kit_move.c.place_id, kit_move.c.kit).order_by(kit_move.c.place_id, kit_move.c.kit)
    )
    return [(place_id, kit, int(count)) for place_id, kit, count in rows]


def moves(
    c: Connection, places: Iterable[str] | None = None, before: int | None = None, limit: int | None = None
) -> list[Row[Any]]:
    """What came in and was given out, the newest first.

    Args:
        before: only what was reported before this event.
    """
    query = select(kit_move).order_by(kit_move.c.seq.desc()).limit(limit)
    if places is not None:
        query = query.where(kit_move.c.place_id.in_(list(places)))
    if before is not None:
        query = query.where(kit_move.c.seq < before)
    return list(c.execute(query))
