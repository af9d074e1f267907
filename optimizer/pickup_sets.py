"""The sets of pickups where a trip may stop, with the least that any trip there costs."""

from __future__ import annotations

from math import comb
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.instance import (
    END_VEHICLE,
    FIRST_VEHICLE,
    FLEET_RESERVED,
    KM_FEN,
    REACH,
    REACH_END,
    REACH_PICKUP,
    RISK,
    Arrays,
)
from optimizer.kernels import inner, kernel
from optimizer.least_clock import FAR, NEVER_DAYS, least_clock, least_day
from optimizer.loads import MOST
from optimizer.references import Reference
from optimizer.routes import ORDERS

MOST_APART = 60_000_000  # sets times fleets, up to which each fleet's trips there are reckoned apart


class Sets(NamedTuple):
    """The sets of pickups where riders of one risk could board."""

    pickup: NDArray[np.int16]  # [set, 3] ascending; -1 where there are fewer
    fen: NDArray[np.float32]  # [set, kind] the least that a trip there costs, rounded down; inf: none
    days: NDArray[np.int8]  # [set, kind] the least that it takes
    day: NDArray[np.int8]  # [set] when its first drop is reached at the earliest, 0 the day of leaving
    kinds: NDArray[np.int64]  # [kind] seats
    owner: NDArray[np.int64]  # [kind] the enterprise that alone it carries, or -1
    kind: NDArray[np.int64]  # [fleet] which kind: each is one, or those of so many seats and that owner are
    risk: int
    quarantined: bool
    drop0: int  # number of the first drop
    drops: int
    ride: NDArray[np.int64]  # [pickup] minutes to the nearest drop
    home: NDArray[np.int64]  # [fleet] minutes from the nearest drop
    homeward: NDArray[np.float64]  # [fleet, pickup] km by the best drop to the depot
    shared: NDArray[np.bool_]  # [pickup, pickup] whether somebody could board at either


def sets_of(
    a: Arrays, arrays: Reference, least: Reference, risk: int, nights: int, halt: NDArray[np.int64]
) -> Sets:
    """All sets of pickups of one risk that some coach can visit."""
    quarantined = nights > 0
    drop0 = a.hotel0 if quarantined else a.drop0
    drops = len(a.hotel_fen) if quarantined else len(a.enterprise)
    ends = slice(drop0, drop0 + drops)
    coaches = np.stack([a.cap[:, a.risk_factor[risk]], a.fleet_whole[:, FLEET_RESERVED]])
    kind = np.arange(len(a.fleet_fen))
    mine = np.nonzero(a.item[:, RISK] == risk)[0]
    reach = [a.reach[a.item[u, REACH] : a.item[u, REACH_END], REACH_PICKUP] for u in mine]
    pickups = np.unique(np.concatenate(reach).astype(np.int64))
    most = min(MOST, a.max_pickups)
    if sum(comb(len(pickups), n) for n in range(1, most + 1)) * len(kind) > MOST_APART:
        coaches, kind = np.unique(coaches, axis=1, return_inverse=True)
    boards = np.zeros((len(mine), a.drop0), np.float32)
    for row, at in zip(boards, reach, strict=True):
        row[at.astype(np.int64)] = 1.0
    sets = Sets(
        pickup=np.zeros((0, MOST), np.int16),
        fen=np.zeros((0, coaches.shape[1]), np.float32),
        days=np.zeros((0, coaches.shape[1]), np.int8),
        day=np.zeros(0, np.int8),
        kinds=coaches[0].astype(np.int64),
        owner=coaches[1].astype(np.int64),
        kind=kind.reshape(-1).astype(np.int64),
        risk=risk,
        quarantined=quarantined,
        drop0=drop0,
        drops=drops,
        ride=a.minutes[: a.drop0, ends].min(axis=1, initial=FAR),
        home=a.minutes[ends, a.fleet0 :].min(axis=0, initial=FAR),
        homeward=np.stack(
            [
                (a.km[: a.drop0, ends] + a.km[ends, a.fleet0 + k][None, :]).min(axis=1, initial=np.inf)
                for k in range(len(a.fleet_fen))
            ]
        ),
        shared=boards.T @ boards > 0,
    )
    pickup, fen, days, day = _fill_sets(arrays, least, Reference(sets), pickups, most, halt)
    return sets._replace(pickup=pickup, fen=fen, days=days, day=day)


@kernel
def _fill_sets(a, least, sets, pickups, most, halt):
    n = len(pickups)
    count = n + (n * (n - 1) // 2 if most > 1 else 0) + (n * (n - 1) * (n - 2) // 6 if most > 2 else 0)
    pickup = np.empty((count, MOST), np.int16)
    fen = np.empty((count, len(sets.kinds)), np.float32)
    days = np.empty((count, len(sets.kinds)), np.int8)
    day = np.empty(count, np.int8)
    chosen, row, at = np.empty(MOST, np.int64), np.empty(len(sets.kinds)), 0
    ends, way = np.empty((ORDERS, 2), np.int64), np.empty(ORDERS)
    nearest = np.array([a.minutes[a.fleet0 :, p].min() for p in range(a.drop0)])
    for size in range(1, most + 1):
        for x in range(n):
            if halt[0]:
                return pickup[:0].copy(), fen[:0].copy(), days[:0].copy(), day[:0].copy()
            chosen[0] = pickups[x]
            for y in range(x + 1 if size > 1 else x, n if size > 1 else x + 1):
                chosen[1] = pickups[y]
                for z in range(y + 1 if size > 2 else y, n if size > 2 else y + 1):
                    chosen[2] = pickups[z]
                    ride, near = np.int64(FAR), np.int64(FAR)
                    orders = 0
                    for i in range(size):
                        near = min(near, nearest[chosen[i]])
                        for j in range(size):
                            if (i == j) == (size == 1):
                                ends[orders, 0], ends[orders, 1] = chosen[i], chosen[j]
                                minutes = np.int64(0)
                                way[orders] = 0.0
                                if size > 1:
                                    way[orders] = pickup_way(a.km, chosen[i], chosen, i, j, size)
                                    minutes = pickup_way(a.minutes, chosen[i], chosen, i, j, size)
                                ride = min(ride, minutes + sets.ride[chosen[j]])
                                orders += 1
                    row[:] = np.inf
                    days[at] = NEVER_DAYS
                    for k in range(len(a.fleet_fen)):
                        if a.fleet_whole[k, FIRST_VEHICLE] == a.fleet_whole[k, END_VEHICLE]:
                            continue
                        km = np.inf
                        for i in range(orders):
                            km = min(
                                km, a.km[a.fleet0 + k, ends[i, 0]] + way[i] + sets.homeward[k, ends[i, 1]]
                            )
                        cost = km * a.fleet_fen[k, KM_FEN]
                        out = np.int64(FAR)
                        for i in range(size):
                            out = min(out, a.minutes[a.fleet0 + k, chosen[i]])
                        least_fen, least_days = least_clock(a, least, k, out, ride, sets.home[k])
                        c = sets.kind[k]
                        row[c] = min(row[c], cost + least_fen)
                        days[at, c] = min(np.int64(days[at, c]), least_days)
                    if row.min() == np.inf:
                        continue
                    day[at] = least_day(a, least, near, ride)
                    for i in range(MOST):
                        pickup[at, i] = chosen[i] if i < size else -1
                    for c in range(len(row)):
                        fen[at, c] = row[c] * (1 - 1e-6)  # a rounding of 32 bits upward is less than that
                    at += 1
    return pickup[:at].copy(), fen[:at].copy(), days[:at].copy(), day[:at].copy()


@inner
def pickup_way(table, one, chosen, i, j, n):
    """The way from place ``one`` through the chosen pickups, the i-th first and the j-th last."""
    way = table[one, chosen[i]]
    if n == 2:
        way += table[chosen[i], chosen[j]]
    elif n == 3:
        mid = chosen[3 - i - j]
        way += table[chosen[i], mid] + table[mid, chosen[j]]
    return way
