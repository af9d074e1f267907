"""Clocks that no trip beats, looked up by three times: the way out, the ride, the way home.

A trip relaxes to one with a lone pickup and a lone drop whose ride takes as long as all its legs
together: where the coach stopped between it may rest on the road.  Longer ways are never quicker,
so times are rounded down to a step.  An entry is reckoned when it is first asked for.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.instance import DAY_FEN, Arrays
from optimizer.kernels import bare, inner
from optimizer.road_rules import DAY, soonest
from optimizer.timetable import clock_of

STEP = 15  # minutes at least
WIDEST = 120  # entries by one of the times
UNKNOWN, NEVER_DAYS = -1, 100
FAR = 1 << 30


class LeastClocks(NamedTuple):
    step: int
    lone: NDArray[np.int8]  # [out, ride, home] days with one driver; UNKNOWN, NEVER_DAYS
    least: NDArray[np.int8]  # the same with any number of drivers
    reached: NDArray[np.int8]  # [out, ride] the earliest day at the drop, 0 that of leaving
    legs: NDArray[np.int64]  # scratch
    closed: NDArray[np.int64]
    late: NDArray[np.int64]
    wait: NDArray[np.float64]
    minutes: NDArray[np.int64]
    minutes2: NDArray[np.int64]


def least_clocks(a: Arrays) -> LeastClocks:
    """An empty table for an instance."""
    longest = max(int(a.minutes.max(initial=0)), a.rules.max_ride)
    step = max(STEP, -(-longest // (WIDEST - 2)))
    empty = int(a.minutes.max(initial=0)) // step + 1
    ride = a.rules.max_ride // step + 2
    shape = (empty, ride, empty)
    return LeastClocks(
        step=step,
        lone=np.full(shape, UNKNOWN, np.int8),
        least=np.full(shape, UNKNOWN, np.int8),
        reached=np.full(shape[:2], UNKNOWN, np.int8),
        legs=np.zeros(2, np.int64),
        closed=np.zeros(2, np.int64),
        late=np.full(2, FAR, np.int64),
        wait=np.zeros(2),
        minutes=np.zeros(2, np.int64),
        minutes2=np.zeros(2, np.int64),
    )


@inner
def _reckon(a, clocks, out, ride, home, day_fen, extra_fen, wait):
    """(drivers, days, day reached) of the cheapest lone trip; drivers 0: there is none."""
    clocks.legs[0] = ride * clocks.step
    clocks.wait[1] = wait
    _, drivers, _, days = clock_of(
        out * clocks.step, clocks.legs, home * clocks.step, 2, 1, clocks.closed, clocks.late, clocks.wait,
        day_fen, extra_fen, a.rules, clocks.minutes, clocks.minutes2,
    )  # fmt: skip
    return drivers, days, clocks.minutes2[1] // DAY


@inner
def least_clock(a, clocks, k, out, ride, home):
    """(fen of days and drivers, days) that no trip of a fleet with such ways has less of; inf: none can be.

    ``out`` and ``home`` are minutes of the empty ways, ``ride`` those of all legs between.
    """
    x, z = out // clocks.step, home // clocks.step
    y = min(ride // clocks.step, clocks.lone.shape[1] - 1)
    least = clocks.least[x, y, z]
    if least == UNKNOWN:
        drivers, days, _ = _reckon(a, clocks, x, y, z, 1.0, 1e6, 0.0)
        clocks.lone[x, y, z] = min(days, NEVER_DAYS) if drivers == 1 else NEVER_DAYS
        drivers, days, _ = _reckon(a, clocks, x, y, z, 1.0, 0.0, 0.0)
        least = min(days, NEVER_DAYS) if drivers > 0 else NEVER_DAYS
        clocks.least[x, y, z] = least
    if least >= NEVER_DAYS:
        return np.inf, np.int64(NEVER_DAYS)
    fen = least * (a.fleet_fen[k, DAY_FEN] + a.extra_fen)
    if clocks.lone[x, y, z] < NEVER_DAYS:
        fen = min(fen, clocks.lone[x, y, z] * a.fleet_fen[k, DAY_FEN])
    return fen, np.int64(least)


@inner
def least_day(a, clocks, out, ride):
    """The day, 0 that of leaving, before which no drop at the end of such ways is reached."""
    x = out // clocks.step
    y = min(ride // clocks.step, clocks.lone.shape[1] - 1)
    day = clocks.reached[x, y]
    if day == UNKNOWN:
        drivers, _, reached = _reckon(a, clocks, x, y, 0, 1e-3, 0.0, 1.0)
        day = min(reached, NEVER_DAYS) if drivers > 0 else NEVER_DAYS
        clocks.reached[x, y] = day
    return np.int64(day)


@bare
def soon(a, k, out, legs, back, stops, pickups, minutes, earliest):
    """(fen of days and drivers, days) that no clock of a route has less of; inf: none can be.

    ``legs`` are the minutes between its stops; ``earliest`` gets minutes before which no stop is
    reached.  Quicker to reckon than a clock, and seldom less than the cheapest.
    """
    fen, days = np.inf, np.int64(NEVER_DAYS)
    ride = np.int64(0)
    for i in range(stops - 1):
        ride += legs[i]
    for i in range(stops):
        earliest[i] = FAR
    if ride + (stops - 1) * a.rules.stop > a.rules.max_ride:
        return fen, days
    for drivers in range(1, a.rules.max_drivers + 1):
        if ride > drivers * a.rules.duty:
            continue
        end, _ = soonest(out, legs, back, stops, pickups, drivers * a.rules.duty, a.rules, minutes)
        length = np.int64(end // DAY + 1)
        fen = min(fen, length * (a.fleet_fen[k, DAY_FEN] + (drivers - 1) * a.extra_fen))
        days = min(days, length)
        for i in range(stops):
            earliest[i] = min(earliest[i], minutes[i])
    return fen, days
