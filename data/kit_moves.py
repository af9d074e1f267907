"""Masks, thermometers and disinfectant: what each depot and hotel has, as its reports say."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select

from data.schema import kit_move
from data.trip_log import Logged
from workforce.closed_loop import Flag, Raised
from workforce.triplog import Kind


def book(c: Connection, new: Sequence[Logged]) -> dict[int, list[Raised]]:
    """Keep the ledger up to date with new events; returns by event what was given out beyond the stock."""
    raised: dict[int, list[Raised]] = {}
    for one in new:
        e = one.event
        if e.kind is Kind.VOIDED:
            c.execute(delete(kit_move).where(kit_move.c.seq == e.says["event"]))
        if e.kind not in (Kind.KITS_RECEIVED, Kind.KITS_ISSUED):
            continue
        place_id, kit, count = e.place_id or "", e.says["kit"], e.says["count"]
        issued = e.kind is Kind.KITS_ISSUED
        c.execute(
            insert(kit_move).values(
                seq=one.seq,
                place_id=place_id,
                kit=kit,
                count=-count if issued else count,
                happened_at=e.happened_at,
                plan_id=e.plan_id,
                trip_id=e.trip_id,
            )
        )
        if issued:
            here = kit_move.c.place_id == place_id, kit_move.c.kit == kit
            left = c.execute(select(func.sum(kit_move.c.count)).where(*here)).scalar_one()
            if left < 0:
                about = {"kit": kit, "short": -int(left)}
                raised[one.seq] = [Raised(Flag.STOCK_SHORT, None, e.plan_id, e.trip_id, e.place_id, about)]
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
