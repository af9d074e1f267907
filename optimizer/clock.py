"""The clock of a route as the search asks for it: by itself, at a glance, or from memory."""

from __future__ import annotations

import numpy as np

from optimizer.instance import DAY_FEN, KM_FEN
from optimizer.kernels import bare
from optimizer.least_clock import soon
from optimizer.road_rules import DAY
from optimizer.timetable import clock_of

FAR = 1 << 30
CHEAPEST, EARLIEST = range(2)  # what is remembered of a route's clocks
DRAWERS = 3  # columns of clock_whole before the days: drivers, way, length


@bare
def trip_clock(a, w, fleet, first, pickups, drops):
    """Money, drivers, way and days of the best clock of the route in ``w.route`` from day ``first``.

    ``w.late`` and ``w.wait`` are by drop (last day, fen a day); ``w.days`` gets the day on
    which each drop is reached.  The money is inf where no clock is legal.
    """
    stops = pickups + drops
    depot = a.fleet0 + fleet
    km = a.km[depot, w.route[0]] + a.km[w.route[stops - 1], depot]
    for i in range(stops):
        place = w.route[i]
        if i < stops - 1:
            w.legs[i] = a.minutes[place, w.route[i + 1]]
            km += a.km[place, w.route[i + 1]]
        w.closed[i] = 0
        if a.closed[place, 0]:
            for day in range(min(40, a.closed.shape[1] - 1 - first)):
                if a.closed[place, 1 + first + day]:
                    w.closed[i] |= 1 << day
        w.stop_late[i] = FAR
        w.stop_wait[i] = 0.0
        if i >= pickups:
            w.stop_late[i] = w.late[i - pickups] - first
            w.stop_wait[i] = w.wait[i - pickups]
    cost, drivers, way, days = clock_of(
        a.minutes[depot, w.route[0]], w.legs, a.minutes[w.route[stops - 1], depot], stops, pickups, w.closed,
        w.stop_late, w.stop_wait, a.fleet_fen[fleet, DAY_FEN], a.extra_fen, a.rules, w.minutes, w.minutes2,
    )  # fmt: skip
    if not np.isfinite(cost):
        return np.inf, 0, 0, 0
    for i in range(drops):
        w.days[i] = first + w.minutes2[pickups + i] // DAY
    return (
        days * (a.fleet_fen[fleet, DAY_FEN] + (drivers - 1) * a.extra_fen) + km * a.fleet_fen[fleet, KM_FEN],
        drivers,
        way,
        days,
    )


@bare
def mix(key, number):
    """A hash of what was hashed before and one more whole number."""
    key = (key ^ np.uint64(number)) * np.uint64(0x9E3779B97F4A7C15)
    return key ^ (key >> np.uint64(29))


@bare
def quick_clock(a, w, fleet, first, pickups, drops):
    """``trip_clock``, and the minutes at the wheel of a trip that needs none (-1: it needs one).

    Of a route's clocks the cheapest and the earliest are remembered, and the better one for
    the riders' dates and waiting is taken.
    """
    stops = pickups + drops
    depot = a.fleet0 + fleet
    one = depot
    wheel, km, changing = 0, 0.0, False
    # The length comes first: else a fleet and a stop may stand for each other.
    key = mix(mix(mix(np.uint64(0x243F6A8885A308D3), stops), fleet), drops)
    for i in range(stops):
        two = w.route[i]
        wheel += a.minutes[one, two]
        km += a.km[one, two]
        changing = changing or a.closed[two, 0]
        key = mix(key, two)
        one = two
    wheel += a.minutes[one, depot]
    km += a.km[one, depot]
    on_the_way = wheel + stops * a.rules.stop
    if (
        w.plain[0]
        and not changing
        and wheel <= w.plain[1]
        and a.rules.leave_from + on_the_way <= w.plain[2]
        and on_the_way <= a.rules.max_ride
    ):
        for i in range(drops):
            w.days[i] = first
            if w.late[i] < first:
                return np.inf, 0, 0, 0, wheel
        return a.fleet_fen[fleet, DAY_FEN] + km * a.fleet_fen[fleet, KM_FEN], 1, 0, 1, wheel
    if changing:
        key = mix(key, first + 1)
    key |= np.uint64(1)
    at = np.int64(key >> np.uint64(40)) & (len(w.clock_key) - 1)
    if w.clock_key[at] != key:
        _remember(a, w, at, key, fleet, first, pickups, drops)
    chosen, least = -1, np.inf
    for x in range(CHEAPEST, EARLIEST + 1):
        fen = w.clock_fen[at, x]
        for i in range(drops):
            day = first + w.clock_whole[at, x, DRAWERS + i]
            if day > w.late[i]:
                fen = np.inf
            fen += w.wait[i] * day
        if fen < least:
            chosen, least = x, fen
    if chosen < 0:
        return np.inf, 0, 0, 0, -1
    known = w.clock_whole[at, chosen]
    for i in range(drops):
        w.days[i] = first + known[DRAWERS + i]
    return w.clock_fen[at, chosen], known[0], known[1], known[2], -1


@bare
def _remember(a, w, at, key, fleet, first, pickups, drops):
    """Reckon a route's cheapest and earliest clocks for riders without dates."""
    for i in range(drops):
        w.late3[i], w.wait3[i] = w.late[i], w.wait[i]
    w.clock_key[at] = key
    for x in range(CHEAPEST, EARLIEST + 1):
        for i in range(drops):
            w.late[i], w.wait[i] = FAR, (0.001 if x == CHEAPEST else 1e10)
        money, drivers, way, length = trip_clock(a, w, fleet, first, pickups, drops)
        w.clock_fen[at, x] = money
        known = w.clock_whole[at, x]
        known[0], known[1], known[2] = drivers, way, length
        for i in range(drops):
            known[DRAWERS + i] = w.days[i] - first
        if x == CHEAPEST and (not np.isfinite(money) or _none_earlier(a, w, fleet, first, pickups, drops)):
            w.clock_fen[at, EARLIEST] = np.inf
            break
    for i in range(drops):
        w.late[i], w.wait[i] = w.late3[i], w.wait3[i]


@bare
def _none_earlier(a, w, fleet, first, pickups, drops):
    """Whether no clock of the route that was reckoned last reaches a drop before ``w.days``."""
    stops = pickups + drops
    depot = a.fleet0 + fleet
    out, back = a.minutes[depot, w.route[0]], a.minutes[w.route[stops - 1], depot]
    soon(a, fleet, out, w.legs, back, stops, pickups, w.minutes, w.minutes2)
    for i in range(drops):
        if first + w.minutes2[pickups + i] // DAY < w.days[i]:
            return False
    return True
