"""Trips as columns of the programme: what they cost, who rides, and what they take of vehicles and rooms."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from optimizer.instance import (
    ENTERPRISE,
    NIGHTS,
    REACH,
    REACH_END,
    REACH_FEN,
    REACH_PICKUP,
    SIZE,
    WAIT,
    WAIT_FROM,
    Arrays,
)
from optimizer.lodging import Lodging
from optimizer.master import Column, resources
from optimizer.search import (
    COST,
    COUNT,
    DROPS,
    FIRST,
    FLEET,
    I_DROP,
    I_OPTION,
    I_PICKUP,
    LENGTH,
    LONE,
    PAIRS,
    PICKUPS,
    STOPS,
)

Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]


def column_of(
    a: Arrays,
    lodging: Lodging,
    fen: float,
    items: Whole,
    vehicle: tuple[int, int, int],
    nights: int = 0,
    guests: tuple[Whole, Whole, Whole, Whole] | None = None,
) -> Column:
    """A column from a trip.

    Args:
        fen: of the trip and of its riders, rooms left out.
        vehicle: fleet, first day, days.
        guests: by item: hotel, day of arrival, single rooms, twins.
    """
    first_room, (_, days), (_, kinds, until) = resources(a)
    fleet, first, length = vehicle
    taken = [fleet * days + np.arange(first, min(first + length, days))]
    counts = [np.ones(len(taken[0]))]
    if guests is not None:
        hotel, day, single, twin = guests
        fen += float(lodging.list_fen(hotel, nights, single, twin).sum())
        night = day[:, None] + np.arange(nights + a.turnover)
        for kind, rooms in enumerate((single, twin)):
            used = (night < until) & (rooms[:, None] > 0)
            at = first_room + (hotel[:, None] * kinds + kind) * until + night
            taken.append(at[used])
            counts.append(np.broadcast_to(rooms[:, None], night.shape)[used].astype(float))
    uses, at = np.unique(np.concatenate(taken), return_inverse=True)
    return Column(fen, items, uses, np.bincount(at, np.concatenate(counts), len(uses)).astype(float))


def trips_of(
    a: Arrays, lodging: Lodging, trips: Whole, money: Floats, item: Whole, seen: set[bytes]
) -> tuple[list[Column], Floats]:
    """A search's trips that are not ``seen`` yet as columns, and each item's equal part of its trip."""
    columns: list[Column] = []
    share = np.zeros(len(a.item))
    days_at, riders_at = STOPS + a.max_pickups + a.max_drops, STOPS + a.max_pickups + 2 * a.max_drops
    for t in np.nonzero(trips[:, COUNT])[0]:
        row = trips[t]
        items = row[riders_at : riders_at + row[COUNT]]
        fen = float(money[t, COST])
        share[items] = fen * a.item[items, SIZE] / a.item[items, SIZE].sum()
        riders = np.sort(items)
        key = row[[FLEET, FIRST, LENGTH]].tobytes() + riders.tobytes() + item[riders, I_PICKUP:].tobytes()
        if key in seen:
            continue
        seen.add(key)
        first_drop = STOPS + row[PICKUPS]
        reached = {int(row[first_drop + i]): int(row[days_at + i]) for i in range(row[DROPS])}
        drop, option = item[items, I_DROP], item[items, I_OPTION]
        day = np.array([reached[int(d)] for d in drop], np.int64)
        for u in items:
            reach = a.reach[a.item[u, REACH] : a.item[u, REACH_END]]
            fen += float(reach[reach[:, REACH_PICKUP] == item[u, I_PICKUP], REACH_FEN][0])
        fen += float((a.option_fen[option, WAIT] * day - a.option_fen[option, WAIT_FROM]).sum())
        vehicle = int(row[FLEET]), int(row[FIRST]), int(row[LENGTH])
        nights = int(a.item[items[0], NIGHTS])
        guests = None
        if nights:
            place = a.drop0 + a.option_whole[option, ENTERPRISE]
            fen += float((a.item[items, SIZE] * a.transfer_fen_km * a.km[drop, place]).sum())
            twin = item[items, PAIRS] + item[items, LONE]
            single = a.item[items, SIZE] - 2 * item[items, PAIRS] - item[items, LONE]
            guests = drop - a.hotel0, day, single, twin
        columns.append(column_of(a, lodging, fen, items.copy(), vehicle, nights, guests))
    return columns, share
