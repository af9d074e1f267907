"""What a seat costs at least where every coach is full: by pickup, drop, day and days until arrival.

Whoever rides from p to d rides on a trip that costs no less than one from the depot to p, d and
home, and that carries no more than its load limit there.  A seat is that part of the cheapest such
trip, at prices of vehicles; an item's price is its cheapest way to be served with such seats.
"""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

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
    SIZE,
    WAIT,
    WAIT_FROM,
    Arrays,
)
from optimizer.kernels import kernel
from optimizer.least_clock import least_clock, least_day
from optimizer.references import Reference

Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]
LATER = 2  # days by which a trip may come later than the soonest that are told apart
NOBODY = -1  # whom a fleet is reserved for

# How an item is served: whose coaches (row of ``Seats.fen``), pickup, drop, day of leaving, days until
# arrival, day of arrival, option.
OWNER, FROM, TO, LEAVES, DAYS, ARRIVES, CHOICE = range(7)


class Lone(NamedTuple):
    """The least that a trip of a fleet by a pickup and a drop takes; rounded down."""

    used: NDArray[np.bool_]  # [pickup, drop] whether anybody might ride there
    fen: NDArray[np.float32]  # [pickup, drop, fleet] of days and drivers; inf: there is none
    km_fen: NDArray[np.float32]
    days: NDArray[np.int8]
    reached: NDArray[np.int8]  # days after leaving


class Ways(NamedTuple):
    """The items of one risk and how they may travel."""

    mine: Whole
    risk: int
    nights: int
    drop0: int
    owners: tuple[int, ...]  # NOBODY first: whose coaches have rows of their own
    row: Whole  # [enterprise] that row, or 0
    lone: Lone
    longest: int  # the most days until arrival that are told apart


class Seats(NamedTuple):
    """Prices of seats."""

    fen: Floats  # [owner, pickup, drop, day of leaving, days until arrival]
    fleet: NDArray[np.int16]  # the same: which gives it


def ways_of(a: Arrays, arrays: Reference, least: Reference, risk: int) -> Ways:
    """How the items of a risk may travel, with what lone trips take."""
    mine = np.nonzero(a.item[:, RISK] == risk)[0]
    nights = int(a.item[mine[0], NIGHTS])
    drop0, drops = (a.hotel0, a.fleet0 - a.hotel0) if nights else (a.drop0, a.hotel0 - a.drop0)
    shape = (a.drop0, drops, len(a.fleet_fen))
    lone = Lone(
        np.zeros(shape[:2], bool),
        np.full(shape, np.inf, np.float32),
        np.zeros(shape, np.float32),
        np.zeros(shape, np.int8),
        np.zeros(shape, np.int8),
    )
    for row in a.item[mine]:
        pickups = a.reach[row[REACH] : row[REACH_END], REACH_PICKUP].astype(np.int64)
        if nights:
            lone.used[pickups] = True
        else:
            lone.used[np.ix_(pickups, a.option_whole[row[OPTION] : row[OPTION_END], ENTERPRISE])] = True
    _fill_lone(arrays, least, risk, drop0, Reference(lone))
    reserved = np.unique(a.fleet_whole[:, FLEET_RESERVED])
    # Without nights a drop is an enterprise, so that its own coaches go into the same row.
    owners = (NOBODY, *(int(e) for e in reserved[reserved >= 0])) if nights else (NOBODY,)
    place = np.zeros(drop0 - a.drop0 if nights else drops, np.int64)
    for n, owner in enumerate(owners[1:], 1):
        place[owner] = n
    return Ways(mine, risk, nights, drop0, owners, place, lone, int(lone.reached.max(initial=0)) + LATER)


@kernel
def _fill_lone(a, least, risk, drop0, lone):
    for p in range(lone.used.shape[0]):
        for d in range(lone.used.shape[1]):
            if not lone.used[p, d]:
                continue
            drop = drop0 + d
            factor = min(a.risk_factor[risk], a.factor[drop])
            for k in range(len(a.fleet_fen)):
                if a.cap[k, factor] == 0 or a.fleet_whole[k, FIRST_VEHICLE] == a.fleet_whole[k, END_VEHICLE]:
                    continue
                depot = a.fleet0 + k
                out, ride, home = a.minutes[depot, p], a.minutes[p, drop], a.minutes[drop, depot]
                fen, days = least_clock(a, least, k, out, ride, home)
                if fen == np.inf:
                    continue
                km = a.km[depot, p] + a.km[p, drop] + a.km[drop, depot]
                # A rounding of 32 bits upward is less than that.
                lone.fen[p, d, k] = fen * (1 - 1e-6)
                lone.km_fen[p, d, k] = km * a.fleet_fen[k, KM_FEN] * (1 - 1e-6)
                lone.days[p, d, k] = days
                lone.reached[p, d, k] = least_day(a, least, out, ride)


def seats_of(a: Arrays, arrays: Reference, ways: Ways, vehicle: Floats) -> Seats:
    """Prices of seats at prices of vehicles ([fleet, day], summed over the days before)."""
    shape = (len(ways.owners), *ways.lone.used.shape, a.horizon, ways.longest + 1)
    seats = Seats(np.full(shape, np.inf), np.zeros(shape, np.int16))
    lone = Reference(ways.lone)
    for n, owner in enumerate(ways.owners):
        _fill_seats(
            arrays, ways.risk, ways.drop0, ways.nights > 0, owner, lone, vehicle, seats.fen[n], seats.fleet[n]
        )
    return seats


@kernel
def _fill_seats(a, risk, drop0, quarantined, owner, lone, vehicle, fen, fleet):
    until, longest = vehicle.shape[1] - 1, fen.shape[3] - 1
    for p in range(fen.shape[0]):
        for d in range(fen.shape[1]):
            if not lone.used[p, d]:
                continue
            factor = min(a.risk_factor[risk], a.factor[drop0 + d])
            for k in range(len(a.fleet_fen)):
                mine = a.fleet_whole[k, FLEET_RESERVED]
                if lone.fen[p, d, k] == np.inf or (mine != owner and (quarantined or mine != d)):
                    continue
                part = 1.0 / a.cap[k, factor]
                for j in range(lone.reached[p, d, k], longest + 1):
                    days = max(np.int64(lone.days[p, d, k]), j + 1)
                    cost = max(np.float64(lone.fen[p, d, k]), days * a.fleet_fen[k, DAY_FEN])
                    cost += lone.km_fen[p, d, k]
                    for t in range(fen.shape[2]):
                        price = (cost + vehicle[k, min(t + days, until)] - vehicle[k, t]) * part
                        if price < fen[p, d, t, j]:
                            fen[p, d, t, j] = price
                            fleet[p, d, t, j] = k


@kernel
def serve(a, mine, quarantined, row, fen, stay, price, how):
    """``price`` [item]: the least that serving it costs with such seats, inf where it cannot be.

    Args:
        fen: of ``Seats``.
        stay: [size, hotel, day of arrival] prices of stays.
        how: [item, (OWNER … CHOICE)] gets how that is.
    """
    longest, until = fen.shape[4] - 1, stay.shape[2] - 1
    for u in mine:
        price[u] = np.inf
        size = a.item[u, SIZE]
        for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
            e, latest = a.option_whole[o, ENTERPRISE], a.option_whole[o, LATEST]
            first, last = (0, stay.shape[1]) if quarantined else (e, e + 1)
            for x in range(a.item[u, REACH], a.item[u, REACH_END]):
                p = np.int64(a.reach[x, REACH_PICKUP])
                for d in range(first, last):
                    fixed = a.reach[x, REACH_FEN] - a.option_fen[o, WAIT_FROM]
                    if quarantined:
                        if a.hotel_whole[d, HOTEL_RESERVED] >= 0 and a.hotel_whole[d, HOTEL_RESERVED] != e:
                            continue
                        fixed += size * a.transfer_fen_km * a.km[a.hotel0 + d, a.drop0 + e]
                    for n in range(2 if row[e] > 0 else 1):
                        owner = row[e] * n
                        for t in range(a.item[u, AVAILABLE], fen.shape[3]):
                            for j in range(longest + 1):
                                if t + j > latest:
                                    break
                                seat = fixed + size * fen[owner, p, d, t, j]
                                if seat >= price[u]:
                                    continue
                                # With the most days that are told apart it may come on any later day.
                                end = t + j + 1
                                if quarantined and j == longest:
                                    end = max(end, min(latest, until) + 1)
                                for day in range(t + j, end):
                                    total = seat + a.option_fen[o, WAIT] * day
                                    if quarantined:
                                        total += stay[size, d, min(day, until)]
                                    if total < price[u]:
                                        price[u] = total
                                        how[u, OWNER], how[u, FROM], how[u, TO] = owner, p, d
                                        how[u, LEAVES], how[u, DAYS], how[u, ARRIVES] = t, j, day
                                        how[u, CHOICE] = o
