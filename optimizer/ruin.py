"""Ruin: which trips and riders a round takes out.

All of them lie around one rider's pickup, on trips that are near by some measure: what is put
back together should be able to change places.  The styles: short strings of riders who board
one after the other, from many trips (Christiaens and Vanden Berghe 2020); a few whole trips;
one whole trip and part of others; everybody who boards within a radius; everybody who boards
at one stop, which then stays shut for the round.

Every trip has the smallest coach that its riders fit into, and a full coach takes nobody; so a
round also gives a few trips near by a larger one, for those that were taken out.
"""

from __future__ import annotations

import numpy as np

from optimizer.booking import free_vehicle
from optimizer.instance import (
    AVAILABLE,
    DAY_FEN,
    ENTERPRISE,
    FLEET_RESERVED,
    KM_FEN,
    LATEST,
    OPTION,
    REACH,
    REACH_END,
    REACH_PICKUP,
    RISK,
    SIZE,
    WEIGHT,
)
from optimizer.kernels import bare
from optimizer.randomness import chance, draw
from optimizer.search import (
    COUNT,
    DROPS,
    FIRST,
    FLEET,
    I_PICKUP,
    LENGTH,
    PICKUPS,
    SLOT,
    STOPS,
    T_RISK,
    TRIPS,
    UNSERVED,
)
from optimizer.trips import clear_trip, copy_trip, keep_riders, reclock, swap_waiting

STRINGS, WHOLE, PART, RADIUS, STOP = range(5)
TAKEN = 10.0  # riders whom the strings of a round take out, on average
LONGEST = 10  # string
WIDENED = 3  # trips at most that get a larger coach for a round
FEW, MANY = 3, 60  # of those that were unserved before, so many a round tries


@bare
def mark(a, s, b, t):
    """Save a trip and its riders before its first change in a round."""
    if not b.marked[t]:
        b.marked[t] = True
        b.slots[b.many[0]] = t
        b.many[0] += 1
        copy_trip(a, s, b, t)


@bare
def ruin(a, s, b, w):
    """Take riders out; returns how many items are to be put back, listed in ``w.free``."""
    before = s.many[UNSERVED]
    trips = s.many[TRIPS]
    if trips == 0:
        for i in range(before):
            w.free[i] = s.waiting[i]
        return before
    riders = STOPS + a.max_pickups + 2 * a.max_drops
    if before > 0 and draw(s.random, 5) == 0:
        u = s.waiting[draw(s.random, before)]
        place = _some_pickup(a, s, u)
    else:
        t = s.used[draw(s.random, trips)]
        u = s.trips[t, riders + draw(s.random, s.trips[t, COUNT])]
        place = s.item[u, I_PICKUP]
    risk = a.item[u, RISK]
    tried = _waiting_near(a, s, place)
    style = 1 + draw(s.random, 4)
    # Strings are for rides of many stops.
    slot = s.item[u, SLOT]
    if draw(s.random, 10) < (5 if slot >= 0 and s.trips[slot, PICKUPS] > 3 else 2):
        style = STRINGS
    _measure(a, s, w, place, risk, a.item[u, AVAILABLE], style)
    if style == STRINGS:
        _strings(a, s, b, w, place, trips)
    else:
        _parts(a, s, b, w, place, trips, style)
    _widen(a, s, b, w, trips)
    free = 0
    for i in range(tried):
        w.free[free] = s.waiting[i]
        free += 1
    for i in range(before, s.many[UNSERVED]):
        w.free[free] = s.waiting[i]
        free += 1
    return free


@bare
def _some_pickup(a, s, u):
    first = a.item[u, REACH]
    return np.int64(a.reach[first + draw(s.random, a.item[u, REACH_END] - first), REACH_PICKUP])


@bare
def _waiting_near(a, s, place):
    """Bring some unserved items, rather near ones, to the head of those that wait; returns how many."""
    before = s.many[UNSERVED]
    tried = min(before, MANY if draw(s.random, 2) else FEW)
    for i in range(tried):
        best, nearest = i, np.inf
        for _ in range(8):
            j = i + draw(s.random, before - i)
            km = a.km[np.int64(a.reach[a.item[s.waiting[j], REACH], REACH_PICKUP]), place]
            if km < nearest:
                best, nearest = j, km
        swap_waiting(s, i, best)
    return tried


@bare
def _measure(a, s, w, place, risk, day, style):
    """How far each trip is from a pickup, in ``w.apart``; inf for trips of another risk."""
    by_day = 0.0
    noise = 0.1
    if style != STRINGS:
        noise = 1.0
        if draw(s.random, 3) == 0:
            by_day = 60.0 * chance(s.random)
    for i in range(s.many[TRIPS]):
        t = s.used[i]
        row = s.trips[t]
        w.chosen[i] = t
        km = np.inf
        if row[T_RISK] == risk:
            for j in range(row[PICKUPS]):
                km = min(km, a.km[row[STOPS + j], place])
            km = (km + noise * 20.0 + by_day * abs(row[FIRST] - day)) * (1.0 + noise * chance(s.random))
        w.apart[i] = km


@bare
def _next_trip(w, trips):
    """The nearest trip that was not taken yet, -1 if there is none."""
    best = 0
    for i in range(1, trips):
        if w.apart[i] < w.apart[best]:
            best = i
    if not np.isfinite(w.apart[best]):
        return -1
    w.apart[best] = np.inf
    return w.chosen[best]


@bare
def _remove(a, s, b, w, t):
    """Take out the riders of a trip for whom ``w.stay`` is False."""
    count = s.trips[t, COUNT]
    leaving = 0
    for j in range(count):
        leaving += not w.stay[j]
    if leaving == 0:
        return
    mark(a, s, b, t)
    if leaving == count:
        clear_trip(a, s, t)
    else:
        keep_riders(a, s, w, t, w.stay)


@bare
def _strings(a, s, b, w, place, trips):
    served = len(s.item) - s.many[UNSERVED]
    longest = min(float(LONGEST), served / trips)
    many = 4.0 * TAKEN / (1.0 + longest) - 1.0
    many = np.int64(1.0 + chance(s.random) * many)
    riders = STOPS + a.max_pickups + 2 * a.max_drops
    for _ in range(many):
        t = _next_trip(w, trips)
        if t < 0:
            break
        row = s.trips[t]
        count = row[COUNT]
        length = min(count, np.int64(1.0 + chance(s.random) * min(longest, float(count))))
        # Riders in the order of boarding, those of one stop from any one on.
        n, near, nearest = 0, 0, np.inf
        for i in range(row[PICKUPS]):
            turn = draw(s.random, count)
            here = n
            for x in range(count):
                j = x + turn - count if x + turn >= count else x + turn
                if s.item[row[riders + j], I_PICKUP] == row[STOPS + i]:
                    w.order[n] = j
                    n += 1
            if a.km[row[STOPS + i], place] < nearest:
                nearest = a.km[row[STOPS + i], place]
                near = here + draw(s.random, n - here)
        spared = 0  # a string with some of its riders left aboard
        if length > 1 and length < count and draw(s.random, 2):
            while length + spared < count and chance(s.random) > 0.5:
                spared += 1
        span = length + spared
        low = max(0, near - span + 1)
        start = low + draw(s.random, min(near, count - span) - low + 1)
        skip = start + (draw(s.random, length) if spared else 0)
        for j in range(count):
            w.stay[j] = True
        for x in range(start, start + span):
            if not (spared and skip <= x < skip + spared):
                w.stay[w.order[x]] = False
        _remove(a, s, b, w, t)


@bare
def _parts(a, s, b, w, place, trips, style):
    riders = STOPS + a.max_pickups + 2 * a.max_drops
    wanted = 1 + draw(s.random, 4) if style == WHOLE else 2 + draw(s.random, 5)
    share = chance(s.random)
    if style == STOP:
        w.shut[place] = True
    whole = wanted if style == WHOLE else 0 if style == STOP else 1 + draw(s.random, 2)
    taken = 0
    for n in range(wanted):
        t = _next_trip(w, trips)
        if t < 0 or taken > 150:
            break
        count = s.trips[t, COUNT]
        for j in range(count):
            p = s.item[s.trips[t, riders + j], I_PICKUP]
            if n < whole:
                w.stay[j] = False
            elif style == RADIUS:
                w.stay[j] = a.km[p, place] > 120.0 * share
            elif style == STOP:
                w.stay[j] = p != place and chance(s.random) > 0.3 * share
            else:
                w.stay[j] = chance(s.random) > share
            taken += not w.stay[j]
        _remove(a, s, b, w, t)


@bare
def _widen(a, s, b, w, trips):
    """Give some of the nearest trips that nobody was taken from a larger coach for the round."""
    for _ in range(1 + draw(s.random, WIDENED)):
        t = _next_trip(w, trips)
        if t < 0:
            return
        fleet = _larger(a, s, t)
        if fleet >= 0:
            mark(a, s, b, t)
            reclock(a, s, w, t, fleet, s.trips[t, FIRST])


@bare
def _larger(a, s, t):
    """A fleet with more seats and a vehicle free on trip t's days, rather a cheap one; -1: none."""
    row = s.trips[t]
    factor = a.risk_factor[row[T_RISK]]
    for i in range(row[DROPS]):
        factor = min(factor, a.factor[row[STOPS + row[PICKUPS] + i]])
    one, two = row[STOPS], row[STOPS + row[PICKUPS] + row[DROPS] - 1]
    best, least = -1, np.inf
    for k in range(len(a.fleet_fen)):
        if a.cap[k, factor] <= a.cap[row[FLEET], factor] or a.fleet_whole[k, FLEET_RESERVED] >= 0:
            continue
        if free_vehicle(a, s, k, row[FIRST], row[LENGTH], t) < 0:
            continue
        depot = a.fleet0 + k
        km = a.km[depot, one] + a.km[one, two] + a.km[two, depot]
        fen = km * a.fleet_fen[k, KM_FEN] + row[LENGTH] * a.fleet_fen[k, DAY_FEN]
        fen *= 1.0 + 0.3 * chance(s.random)
        if fen < least:
            best, least = k, fen
    return best


@bare
def order_free(a, s, w, n):
    """Sort the free items by a random one of several keys."""
    how = draw(s.random, 7)
    large_first = draw(s.random, 2) == 0
    for i in range(n):
        u = w.free[i]
        p = np.int64(a.reach[a.item[u, REACH], REACH_PICKUP])
        o = a.item[u, OPTION]
        e = a.option_whole[o, ENTERPRISE]
        if how == 0:
            key = chance(s.random) - 1e3 * a.option_fen[o, WEIGHT] / a.item[u, SIZE]
        elif how == 1:
            key = -a.km[p, a.drop0 + e] + 5 * chance(s.random)
        elif how == 2:
            key = p + 0.0001 * e
        elif how == 3:
            key = e + 0.0001 * p
        elif how == 4:
            key = a.option_whole[o, LATEST] - a.item[u, AVAILABLE] + chance(s.random)
        elif how == 5:
            key = a.item[u, REACH_END] - a.item[u, REACH] + chance(s.random)
        else:
            key = chance(s.random)
        if large_first and how != 2:
            key -= 1e7 * a.item[u, SIZE]
        w.key[i] = key
    # A merge of runs that double in length.
    run = 1
    while run < n:
        for low in range(0, n, 2 * run):
            mid, high = min(low + run, n), min(low + 2 * run, n)
            i, j = low, mid
            for x in range(low, high):
                if j >= high or (i < mid and w.key[i] <= w.key[j]):
                    w.key2[x], w.free2[x] = w.key[i], w.free[i]
                    i += 1
                else:
                    w.key2[x], w.free2[x] = w.key[j], w.free[j]
                    j += 1
        for x in range(n):
            w.key[x], w.free[x] = w.key2[x], w.free2[x]
        run *= 2
