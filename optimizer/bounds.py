"""Bounds that hold for every plan: the most weight, and the least cost of at least a given weight.

The weight bound is that of most_weight.py, from the least that any trip would take.

The cost bound gives every item a part of its trip.  A trip that carries item u costs at least
``least(u)``, the cheapest coach that comes to one of u's pickups, goes to one of u's drops and
home; and it carries at most ``cap`` workers.  So the sum over its riders of
size(u) x least(u) / cap is at most what the trip costs, whoever rides along.  To that come each
item's cheapest way to a pickup, waiting, room and transfer.  What must be served to reach the
weight is relaxed to a fractional knapsack.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optimizer.instance import (
    AVAILABLE,
    DAY_FEN,
    END_VEHICLE,
    ENTERPRISE,
    FIRST_VEHICLE,
    FLEET_RESERVED,
    HOTEL_RESERVED,
    KM_FEN,
    LATEST,
    NIGHTS,
    OPTION,
    OPTION_END,
    REACH,
    REACH_END,
    REACH_FEN,
    REACH_PICKUP,
    RISK,
    SINGLE,
    SIZE,
    TWIN,
    WAIT,
    WAIT_FROM,
    WEIGHT,
    Arrays,
)
from optimizer.most_weight import Least, most_weight
from optimizer.road_rules import DAY

FAR = 1 << 30
LONGEST = 30  # days of a trip; what takes longer is reckoned as this


@dataclass(frozen=True)
class Floor:
    """What every plan obeys, by item: the most weight and the least fen of serving it."""

    weight: NDArray[np.float64]
    fen: NDArray[np.float64]
    restarts: float  # the most that restarts weigh together
    most_weight: float

    def least_fen(self, weight: float) -> float:
        """The least cost of any plan with at least this weight, in fen."""
        need = weight - self.restarts
        served = self.weight > 0
        order = np.argsort(np.where(served, self.fen / np.where(served, self.weight, 1.0), np.inf))
        before = np.concatenate([[0.0], np.cumsum(self.weight[order])[:-1]])
        part = np.clip((need - before) / np.where(self.weight[order] > 0, self.weight[order], 1.0), 0.0, 1.0)
        return float((part * self.fen[order] * served[order]).sum())


def floor_of(a: Arrays, tables_are_metric: bool) -> Floor:
    """The bounds' figures by item.

    Args:
        tables_are_metric: no detour is shorter than the road (true of geodesics); if not
            given, the shortest ways are worked out first.
    """
    km, minutes = (a.km, a.minutes) if tables_are_metric else (shortest(a.km), shortest(a.minutes))
    items = len(a.item)
    weight, fen = np.zeros(items), np.zeros(items)
    least = Least.of_none(len(a.option_whole))
    starts, fleets = _starts(a), np.arange(len(a.cap))
    longest, last_day = starts.shape[1] - 1, starts.shape[2] - 1
    for u in range(items):
        row = a.item[u]
        pickups = a.reach[row[REACH] : row[REACH_END], REACH_PICKUP].astype(np.int64)
        access = a.reach[row[REACH] : row[REACH_END], REACH_FEN]
        best = np.inf
        for o in range(row[OPTION], row[OPTION_END]):
            e = a.option_whole[o, ENTERPRISE]
            drops, stay = _drops(a, row, int(e))
            if not len(drops):
                continue
            # [pickup, drop, fleet]
            way = km[a.fleet0 :, pickups].T[:, None, :] + km[np.ix_(pickups, drops)][:, :, None]
            way = way + km[drops, a.fleet0 :][None, :, :]
            time = minutes[a.fleet0 :, pickups].T[:, None, :] + minutes[np.ix_(pickups, drops)][:, :, None]
            arrival = (a.rules.leave_from + time) // DAY
            days = (a.rules.leave_from + time + minutes[drops, a.fleet0 :][None, :, :]) // DAY + 1
            cap = a.cap[:, np.minimum(a.factor[drops], a.risk_factor[row[RISK]])].T[None, :, :]
            reserved = a.fleet_whole[:, FLEET_RESERVED]
            usable = (cap >= row[SIZE]) & ((reserved < 0) | (reserved == e))[None, None, :]
            part = (way * a.fleet_fen[:, KM_FEN] + days * a.fleet_fen[:, DAY_FEN]) / np.maximum(1, cap)
            leaves = starts[fleets, np.minimum(days, longest), min(row[AVAILABLE], last_day)]
            reached = leaves + arrival
            usable = usable & (reached <= a.option_whole[o, LATEST])
            total = (
                row[SIZE] * part
                + access[:, None, None]
                + stay[None, :, None]
                + a.option_fen[o, WAIT] * reached
                - a.option_fen[o, WAIT_FROM]
            )
            if usable.any():
                best = min(best, float(total[usable].min()))
                weight[u] = max(weight[u], a.option_fen[o, WEIGHT])
                least.possible[o] = True
                least.part_fen[o] = part[usable].min()
                least.ride[o], least.days[o] = arrival[usable].min(), days[usable].min()
                least.arrival[o] = reached[usable].min()
        fen[u] = best if np.isfinite(best) else 0.0
    return Floor(weight, fen, most_weight(a, least, restarts_only=True), most_weight(a, least))


def _drops(a: Arrays, row: NDArray[np.int64], e: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Where an item may alight for an enterprise, and the least fen of staying there and going on."""
    if row[NIGHTS] == 0:
        return np.array([a.drop0 + e]), np.zeros(1)
    reserved = a.hotel_whole[:, HOTEL_RESERVED]
    hotels = np.nonzero((reserved < 0) | (reserved == e))[0]
    night = np.minimum(a.hotel_fen[hotels, SINGLE], a.hotel_fen[hotels, TWIN] / (2 if row[SIZE] > 1 else 1))
    transfer = a.transfer_fen_km * a.km[a.hotel0 + hotels, a.drop0 + e]
    return a.hotel0 + hotels, row[SIZE] * (row[NIGHTS] * night + transfer)


def _starts(a: Arrays) -> NDArray[np.int64]:
    """[fleet, days, day] the first day from that day on when a vehicle can leave for so many days."""
    starts = np.full((len(a.cap), LONGEST + 1, a.vehicle_taken.shape[1]), FAR)
    for k, (low, high) in enumerate(a.fleet_whole[:, [FIRST_VEHICLE, END_VEHICLE]]):
        run = np.zeros(high - low, np.int64)
        for day in reversed(range(a.vehicle_taken.shape[1])):
            run = np.where(a.vehicle_taken[low:high, day], 0, run + 1)  # free days in a row
            can = (np.arange(LONGEST + 1) <= run.max(initial=0)) & (day < a.horizon) & (high > low)
            later = starts[k, :, day + 1] if day + 1 < starts.shape[2] else FAR
            starts[k, :, day] = np.where(can, day, later)
    return starts


def shortest(table: NDArray[Any]) -> NDArray[Any]:
    """The shortest ways over any places between (Floyd and Warshall)."""
    way = table.copy()
    for via in range(len(way)):
        np.minimum(way, way[:, via, None] + way[None, via, :], out=way)
    return way


def shortened(a: Arrays) -> Arrays:
    """The arrays with the shortest ways, where a detour may be shorter than the road."""
    return a._replace(km=shortest(a.km), minutes=shortest(a.minutes))
