"""The table of who was where: read for tracing, and kept by the fold of the trip log."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, select

from data.bulk import found, put_all
from data.schema import journey, presence
from data.trip_log import parts
from workforce.presence import Ground, Presence, Track

_COLUMNS = (
    presence.c.worker_id,
    presence.c.kind,
    presence.c.place_id,
    presence.c.unit,
    presence.c.seat,
    presence.c.begin_at,
    presence.c.end_at,
)


def tracks(c: Connection, worker_ids: Collection[str]) -> dict[str, Track]:
    """By worker, where they were; who was nowhere is left out."""
    been: dict[str, list[Presence]] = {}
    query = select(*_COLUMNS).order_by(presence.c.worker_id, presence.c.number)
    for row in found(c, query, presence.c.worker_id, worker_ids):
        been.setdefault(row.worker_id, []).append(_presence(row))
    return {worker_id: tuple(ones) for worker_id, ones in been.items()}


def at_place(
    c: Connection,
    kind: Ground,
    place_id: str,
    unit: str,
    begin: datetime,
    end: datetime,
    earliest: datetime | None = None,
) -> list[Presence]:
    """Who was at a place some time between two moments.

    Args:
        earliest: before which nobody came who was still there then; None: that is not known.
    """
    here = presence.c.kind == kind, presence.c.place_id == place_id, presence.c.unit == unit
    stays = presence.c.end_at.is_(None) | (presence.c.end_at > begin)
    query = select(*_COLUMNS).where(*here, presence.c.begin_at < end, stays)
    if earliest is not None:
        query = query.where(presence.c.begin_at >= earliest)
    return [_presence(row) for row in c.execute(query)]


def singles_held(c: Connection, hotel_ids: Collection[str]) -> list[tuple[str, str, str, str | None]]:
    """Who is in a single room of these hotels: worker, hotel, room, and the day of release if it is known."""
    until = journey.c.body["until"].as_string()
    query = (
        select(presence.c.worker_id, presence.c.place_id, presence.c.unit, until)
        .join(journey, journey.c.worker_id == presence.c.worker_id)
        .where(presence.c.end_at.is_(None), presence.c.kind == Ground.ROOM, presence.c.unit.startswith("S"))
    )
    return [
        (row[0], row[1], row[2], row[3])
        for part in parts(sorted(hotel_ids))
        for row in c.execute(query.where(presence.c.place_id.in_(part)))
    ]


def keep(c: Connection, been: Mapping[str, Track], now: Mapping[str, Track]) -> None:
    """Put workers' presences in the place of those that the table has.

    Args:
        been: those of the table, as ``tracks`` reads them.
    """
    rows: list[dict[str, Any]] = []
    for worker_id, track in now.items():
        was = been.get(worker_id, ())
        if len(track) < len(was):
            beyond = presence.c.worker_id == worker_id, presence.c.number > len(track)
            c.execute(delete(presence).where(*beyond))
        same = 0  # as many at the beginning stay as they are
        while same < min(len(was), len(track)) and was[same] == track[same]:
            same += 1
        rows += presence_rows([track])[same:]
    put_all(c, presence, rows)


def presence_rows(found: Iterable[Track]) -> list[dict[str, Any]]:
    return [
        {
            "worker_id": one.worker_id,
            "number": number,
            "kind": str(one.kind),
            "place_id": one.place_id,
            "unit": one.unit,
            "seat": one.seat,
            "begin_at": one.begin,
            "end_at": one.end,
        }
        for track in found
        for number, one in enumerate(track, 1)
    ]


def _presence(row: Any) -> Presence:
    worker_id, kind, place_id, unit, seat, begin, end = row
    return Presence(worker_id, Ground(kind), place_id, unit, seat, begin, end)
