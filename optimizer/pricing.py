"""Pricing: which trips are worth their cost at given prices, none left out.

For prices of items, rooms, vehicles and so on this module goes through every set of pickups,
every leaving day and every fleet, and gives a lower bound on the reduced cost of any trip
there, together with trips that come near it.  What makes the enumeration short:

* For a number L >= 0, a trip of capacity C is worth at most C L + the sum over its riders'
  parties of max(0, value - L size): the dual of a fractional knapsack.  For a fixed L this
  adds up over pickups, which discards almost every set of pickups by a few additions.
* A set that survives gets its exact riders, drops and roads.
"""

from __future__ import annotations

from typing import NamedTuple

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
    NIGHT_FROM,
    NIGHT_UNTIL,
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
    Arrays,
)
from optimizer.kernels import inner, kernel
from optimizer.search import FAR, trip_clock
from optimizer.timetable import DAY, clock_of

LAMBDAS = 6


class Prices(NamedTuple):
    """Dual values, in fen; all at least 0."""

    item: NDArray[np.float64]  # what carrying an item earns
    option: NDArray[np.float64]  # what an option takes off that (weight lost, vacancies, restarts)
    vehicle: NDArray[np.float64]  # [fleet, day]
    room: NDArray[np.float64]  # [hotel, single or twin, day]


class Book(NamedTuple):
    """Items by pickup: entries of pickup p are at first[p] … first[p + 1]."""

    first: NDArray[np.int64]
    item: NDArray[np.int64]
    fen: NDArray[np.float64]


def book_of(a: Arrays) -> Book:
    pickups = a.drop0
    owner = np.repeat(np.arange(len(a.item)), a.item[:, REACH_END] - a.item[:, REACH])
    at = a.reach[:, REACH_PICKUP].astype(np.int64)
    order = np.lexsort((owner, at))
    first = np.searchsorted(at[order], np.arange(pickups + 1))
    return Book(first.astype(np.int64), owner[order], np.ascontiguousarray(a.reach[order, REACH_FEN]))


@inner
def stay_fen(a, prices, hotel, arrival, nights, size):
    """The cheapest stay of a party at prices: (fen, twins with two, twins with one)."""
    if arrival < a.hotel_whole[hotel, NIGHT_FROM] or arrival + nights - 1 > a.hotel_whole[hotel, NIGHT_UNTIL]:
        return np.inf, 0, 0
    single, twin = nights * a.hotel_fen[hotel, SINGLE], nights * a.hotel_fen[hotel, TWIN]
    for n in range(arrival, min(arrival + nights + a.turnover, prices.room.shape[2])):
        single += prices.room[hotel, 0, n]
        twin += prices.room[hotel, 1, n]
    best, pairs, lone = np.inf, 0, 0
    for x in range(size // 2 + 1):
        for y in range(size - 2 * x + 1):
            fen = (x + y) * twin + (size - 2 * x - y) * single
            if fen < best:
                best, pairs, lone = fen, x, y
    return best, pairs, lone


class Desk(NamedTuple):
    """Scratch of the pricing, and the columns that it finds (one row a bucket)."""

    value: NDArray[np.float64]  # [item] best so far in this set of pickups
    at: NDArray[np.int64]  # [item] pickup of that
    option: NDArray[np.int64]
    mark: NDArray[np.int64]
    listed: NDArray[np.int64]  # the items of this set of pickups
    by_drop: NDArray[np.float64]  # [hotel or enterprise, item] value if dropped there
    drop_value: NDArray[np.float64]  # [hotel or enterprise]
    useful: NDArray[np.int64]  # drops that are worth a stop
    best_drops: NDArray[np.int64]
    reach: NDArray[np.float64]  # [item] weight of the way to its pickup
    pick: NDArray[np.int64]  # [item] its drop
    spare: NDArray[np.int64]  # a column's riders while they are gathered
    # columns
    reduced: NDArray[np.float64]  # [bucket] reduced cost, 0: none
    cost: NDArray[np.float64]  # [bucket] all that the trip and its riders weigh
    head: NDArray[np.int64]  # [bucket, risk fleet first days pickups drops riders]
    stops: NDArray[np.int64]  # [bucket, place]
    riders: NDArray[np.int64]  # [bucket, rider, item option pickup drop pairs lone]


C_RISK, C_FLEET, C_FIRST, C_DAYS, C_PICKUPS, C_DROPS, C_RIDERS = range(7)
R_ITEM, R_OPTION, R_PICKUP, R_DROP, R_PAIRS, R_LONE = range(6)


def desk_for(a: Arrays, buckets: int) -> Desk:
    items, drops = len(a.item), max(len(a.enterprise), len(a.hotel_fen), 1)
    most = max(1, int(a.cap.max(initial=1)))
    return Desk(
        np.zeros(items), np.zeros(items, np.int64), np.zeros(items, np.int64), np.full(items, -1, np.int64),
        np.zeros(items, np.int64), np.zeros((drops, items)), np.zeros(drops),
        np.zeros(drops, np.int64), np.zeros(3, np.int64), np.zeros(items), np.zeros(items, np.int64),
        np.zeros((most, 6), np.int64),
        np.zeros(buckets), np.zeros(buckets), np.zeros((buckets, 7), np.int64),
        np.zeros((buckets, a.max_pickups + a.max_drops), np.int64), np.zeros((buckets, most, 6), np.int64),
    )  # fmt: skip


@inner
def option_value(a, prices, item, option, arrival):
    """What carrying an item by one of its options earns at prices, before pickup, rooms and trip."""
    if arrival > a.option_whole[option, LATEST]:
        return -np.inf
    return (
        prices.item[item] - prices.option[option] + a.option_fen[option, WAIT_FROM]
        - a.option_fen[option, WAIT] * arrival
    )  # fmt: skip


@inner
def best_stay(a, prices, item, arrival):
    """The best (option, hotel) value of a quarantined item on a day of arrival, over all hotels."""
    best = -np.inf
    for o in range(a.item[item, OPTION], a.item[item, OPTION_END]):
        e = a.option_whole[o, ENTERPRISE]
        base = option_value(a, prices, item, o, arrival)
        if base <= best:
            continue
        for h in range(len(a.hotel_fen)):
            if a.hotel_whole[h, HOTEL_RESERVED] >= 0 and a.hotel_whole[h, HOTEL_RESERVED] != e:
                continue
            fen = stay_fen(a, prices, h, arrival, a.item[item, NIGHTS], a.item[item, SIZE])[0]
            fen += a.item[item, SIZE] * a.transfer_fen_km * a.km[a.hotel0 + h, a.drop0 + e]
            best = max(best, base - fen)
    return best


@inner
def knapsack_dual(desk, m, size, cap):
    """min over L >= 0 of cap L + sum max(0, value - L size) for the listed items; returns (bound, L)."""
    low, high = 0.0, 0.0
    for j in range(m):
        i = desk.listed[j]
        high = max(high, desk.value[i] / size[i])
    if high <= 0.0:
        return 0.0, 0.0
    for _ in range(40):
        mid = (low + high) / 2
        load = 0
        for j in range(m):
            i = desk.listed[j]
            if desk.value[i] > mid * size[i]:
                load += size[i]
        if load > cap:
            low = mid
        else:
            high = mid
    total = cap * high
    for j in range(m):
        i = desk.listed[j]
        total += max(0.0, desk.value[i] - high * size[i])
    return total, high


@inner
def drops_km(a, last, drops, n, depot, order):
    """The shortest road from the last pickup through 1 to 3 drops to the depot; ``order`` gets it."""
    if n == 1:
        order[0] = drops[0]
        return a.km[last, drops[0]] + a.km[drops[0], depot]
    best = np.inf
    for x in range(n):
        for y in range(n):
            if y == x:
                continue
            km = a.km[last, drops[x]] + a.km[drops[x], drops[y]]
            end = drops[y]
            z = 3 - x - y
            if n == 3:
                km += a.km[drops[y], drops[z]]
                end = drops[z]
            km += a.km[end, depot]
            if km < best:
                best = km
                order[0], order[1] = drops[x], drops[y]
                if n == 3:
                    order[2] = end
    return best


@inner
def fleet_days(a, prices, k, first, days):
    """The price of a vehicle on these days; inf where the fleet does not work."""
    fen = 0.0
    for day in range(first, first + days):
        fen += prices.vehicle[k, day]
    return fen


@inner
def _share(book, desk, entry, one, two):
    """Whether two pickups have an item in common."""
    for e in range(book.first[one], book.first[one + 1]):
        desk.mark[book.item[e]] = 1
    shared = False
    for e in range(book.first[two], book.first[two + 1]):
        shared = shared or (desk.mark[book.item[e]] > 0 and entry[e] > 0)
    for e in range(book.first[one], book.first[one + 1]):
        desk.mark[book.item[e]] = -1
    return shared


@inner
def _united(a, book, desk, entry, one, two, rate, tops):
    """The sum of max(0, value - rate size) over two pickups' items, at the ``tops`` best enterprises."""
    m = 0
    for turn in range(1 if one == two else 2):
        p = one if turn == 0 else two
        for e in range(book.first[p], book.first[p + 1]):
            if entry[e] > 0:
                u = book.item[e]
                if desk.mark[u] < 0:
                    desk.mark[u] = 1
                    desk.listed[m] = u
                    desk.value[u] = entry[e]
                    m += 1
                else:
                    desk.value[u] = max(desk.value[u], entry[e])
    total = 0.0
    few = tops < len(desk.drop_value)
    if few:
        desk.drop_value[:] = 0.0
    for j in range(m):
        u = desk.listed[j]
        desk.mark[u] = -1
        gain = desk.value[u] - rate * a.item[u, SIZE]
        if gain <= 0:
            continue
        total += gain
        if few:
            for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
                e = a.option_whole[o, ENTERPRISE]
                if o > a.item[u, OPTION] and a.option_whole[o - 1, ENTERPRISE] == e:
                    continue
                desk.drop_value[e] += gain
    if not few:
        return total
    best = np.zeros(3)
    for d in range(len(desk.drop_value)):
        worth = desk.drop_value[d]
        for i in range(tops):
            if worth > best[i]:
                worth, best[i] = best[i], worth
    return min(total, best.sum())


@kernel
def price_day(a, book, prices, desk, w, memo, risk, first, threshold, greed):
    """Go through all trips of one risk that leave on one day (max_pickups and max_drops up to 3).

    Args:
        threshold: sets of pickups whose bound on the reduced cost is at least this are passed over.
        greed: 1 to pass over all that does not beat the least so far; less gathers more columns.
        memo: [slots, 4] of clocks that do not depend on the day; keep it between calls.

    Returns:
        A lower bound on the reduced cost of every such trip (at most ``threshold``); the desk
        gets, by first pickup, the trip of least reduced cost that was met.
    """
    pickups, fleets, hotels = a.drop0, len(a.fleet_fen), len(a.hotel_fen)
    size = a.item[:, SIZE]
    desk.reduced[:] = 0.0
    quarantined = False
    riders = 0
    for i in range(len(a.item)):
        if a.item[i, RISK] == risk:
            riders += 1
            quarantined = a.item[i, NIGHTS] > 0
    if riders == 0 or fleets == 0:
        return threshold
    drop0 = a.hotel0 if quarantined else a.drop0
    drops = hotels if quarantined else len(a.enterprise)
    if drops == 0:
        return threshold

    # The earliest a pickup's riders can arrive, over all fleets and drops.
    near_km = np.full(pickups, np.inf)
    offset = np.zeros(pickups, np.int64)
    for p in range(pickups):
        ride, out = 1 << 40, 1 << 40
        for d in range(drops):
            ride = min(ride, a.minutes[p, drop0 + d])
            near_km[p] = min(near_km[p], a.km[p, drop0 + d])
        for k in range(fleets):
            out = min(out, a.minutes[a.fleet0 + k, p])
        offset[p] = (a.rules.leave_from + out + ride) // DAY

    # Entries' values, and sums of max(0, value - L size) by pickup for a few L.
    entry = np.full(len(book.item), -np.inf)
    for p in range(pickups):
        for n in range(book.first[p], book.first[p + 1]):
            i = book.item[n]
            if a.item[i, RISK] != risk or a.item[i, AVAILABLE] > first:
                continue
            best = -np.inf
            if quarantined:
                for arrival in range(first + offset[p], first + offset[p] + 3):
                    best = max(best, best_stay(a, prices, i, arrival))
            else:
                for o in range(a.item[i, OPTION], a.item[i, OPTION_END]):
                    best = max(best, option_value(a, prices, i, o, first + offset[p]))
            entry[n] = best - book.fen[n]
    density = np.empty(len(entry))
    many = 0
    for n in range(len(entry)):
        if entry[n] > 0:
            density[many] = entry[n] / size[book.item[n]]
            many += 1
    if many == 0:
        return threshold
    ordered = np.sort(density[:many])
    lambdas = np.zeros(LAMBDAS)
    for j in range(1, LAMBDAS):
        lambdas[j] = ordered[min(many - 1, many * j // LAMBDAS)]
    tops = a.max_drops if not quarantined else 1 << 30
    sums = np.zeros((pickups, LAMBDAS))
    for p in range(pickups):
        for j in range(LAMBDAS):
            sums[p, j] = _united(a, book, desk, entry, p, p, lambdas[j], tops)
    active = np.nonzero(sums[:, 0] > 0)[0]
    pairs = np.empty((len(active), len(active), LAMBDAS))
    for x in range(len(active)):
        pairs[x, x] = sums[active[x]]
        for y in range(x + 1, len(active)):
            apart = not _share(book, desk, entry, active[x], active[y])
            for j in range(LAMBDAS):
                if apart and tops >= drops:
                    pairs[x, y, j] = sums[active[x], j] + sums[active[y], j]
                else:
                    pairs[x, y, j] = _united(a, book, desk, entry, active[x], active[y], lambdas[j], tops)
                pairs[y, x, j] = pairs[x, y, j]

    # Fleets: the price of coming to a pickup and going home from the nearest drop, by kind of coach.
    home_km = np.full(fleets, np.inf)
    home_min = np.full(fleets, 1 << 40)
    for k in range(fleets):
        for d in range(drops):
            home_km[k] = min(home_km[k], a.km[drop0 + d, a.fleet0 + k])
            home_min[k] = min(home_min[k], a.minutes[drop0 + d, a.fleet0 + k])
    kinds = np.unique(a.cap[:, a.risk_factor[risk]])
    kind = np.searchsorted(kinds, a.cap[:, a.risk_factor[risk]])
    come = np.full((len(kinds), pickups), np.inf)
    rate = np.full(len(kinds), np.inf)
    for k in range(fleets):
        if a.fleet_whole[k, FIRST_VEHICLE] < a.fleet_whole[k, END_VEHICLE]:
            rate[kind[k]] = min(rate[kind[k]], a.fleet_fen[k, KM_FEN])
    for k in range(fleets):
        fen = a.fleet_fen[k, DAY_FEN] + fleet_days(a, prices, k, first, 1)
        for p in range(pickups):
            km = a.km[a.fleet0 + k, p] + home_km[k]
            come[kind[k], p] = min(come[kind[k], p], fen + km * a.fleet_fen[k, KM_FEN])

    least = threshold
    chosen = np.empty(3, np.int64)
    for x in range(len(active)):
        for y in range(x, len(active)):
            if y > x and a.max_pickups < 2:
                break
            for z in range(y, len(active)):
                # x = y = z: one pickup; y = z > x: two; x < y < z: three.
                if x == y and z > y:
                    break
                if z > y and a.max_pickups < 3:
                    break
                chosen[0], n = active[x], 1
                if y > x:
                    chosen[1], n = active[y], 2
                if z > y:
                    chosen[2], n = active[z], 3
                for c in range(len(kinds)):
                    bound = np.inf
                    for j in range(LAMBDAS):
                        if n < 3:
                            total = pairs[x, y, j]
                        else:
                            total = min(
                                pairs[x, y, j] + sums[chosen[2], j],
                                pairs[x, z, j] + sums[chosen[1], j],
                                pairs[y, z, j] + sums[chosen[0], j],
                            )
                            if quarantined:  # the union's worth is submodular
                                total = min(
                                    total,
                                    pairs[x, y, j] + pairs[x, z, j] - sums[chosen[0], j],
                                    pairs[x, y, j] + pairs[y, z, j] - sums[chosen[1], j],
                                    pairs[x, z, j] + pairs[y, z, j] - sums[chosen[2], j],
                                )
                        bound = min(bound, kinds[c] * lambdas[j] + total)
                    cost = np.inf
                    for i in range(n):
                        for j in range(n):
                            if (i == j) != (n == 1):
                                continue
                            km = near_km[chosen[j]]
                            if n == 2:
                                km += a.km[chosen[i], chosen[j]]
                            elif n == 3:
                                mid = chosen[3 - i - j]
                                km += a.km[chosen[i], mid] + a.km[mid, chosen[j]]
                            cost = min(cost, come[c, chosen[i]] + rate[c] * km)
                    if cost - bound >= least * greed:
                        continue
                    found = _price_set(
                        a, book, prices, desk, w, memo, risk, first, chosen, n, c, kind, entry, quarantined,
                        drop0, drops, home_km, home_min, least * greed,
                    )  # fmt: skip
                    least = min(least, found)
    return least


@inner
def _least_clock(a, w, memo, k, chosen, n, ride, home):
    """Least (fen of the days and drivers, days, day of arrival) of any order of these pickups.

    ``ride`` and ``home`` are the minutes of the shortest ways to a drop and home, so no trip of
    the fleet with these pickups does better in any of the three.  fen is inf where none is legal.
    """
    key = np.int64(k)
    for i in range(3):
        key = key * (a.drop0 + 1) + (chosen[i] + 1 if i < n else 0)
    slot = (key * 2654435761) % len(memo)
    if memo[slot, 0] == key + 1:
        return memo[slot, 1], np.int64(memo[slot, 2]), np.int64(memo[slot, 3])
    fen, days, arrival = np.inf, 1 << 40, 1 << 40
    stops = n + 1
    w.closed[:stops] = 0
    w.stop_late[:stops] = FAR
    for i in range(n):
        for j in range(n):
            if (i == j) != (n == 1):
                continue
            w.legs[n - 1] = ride
            if n == 2:
                w.legs[0] = a.minutes[chosen[i], chosen[j]]
            elif n == 3:
                mid = chosen[3 - i - j]
                w.legs[0], w.legs[1] = a.minutes[chosen[i], mid], a.minutes[mid, chosen[j]]
            out = a.minutes[a.fleet0 + k, chosen[i]]
            for turn in range(3):
                # The cheapest days and drivers; the fewest days; the earliest arrival.
                w.stop_wait[:stops] = 0.0
                if turn == 2:
                    w.stop_wait[n] = 1e9
                cost, _, _, length = clock_of(
                    out, w.legs, home, stops, n, w.closed, w.stop_late, w.stop_wait,
                    a.fleet_fen[k, DAY_FEN] if turn == 0 else 1.0, a.extra_fen if turn == 0 else 0.0,
                    a.rules, w.minutes, w.minutes2,
                )  # fmt: skip
                if not np.isfinite(cost):
                    break
                if turn == 0:
                    fen = min(fen, cost)
                elif turn == 1:
                    days = min(days, length)
                else:
                    arrival = min(arrival, w.minutes2[n] // DAY)
    memo[slot, 0], memo[slot, 1] = key + 1, fen
    memo[slot, 2], memo[slot, 3] = days, arrival
    return fen, np.int64(days), np.int64(arrival)


@inner
def _drop_values(a, prices, desk, m, arrival, owner, quarantined, drops):
    """Fill ``desk.by_drop`` for the listed items: what each earns at each drop on a day of arrival."""
    for j in range(m):
        u = desk.listed[j]
        for d in range(drops):
            desk.by_drop[d, u] = -np.inf
        for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
            e = a.option_whole[o, ENTERPRISE]
            if owner >= 0 and owner != e:
                continue
            base = option_value(a, prices, u, o, arrival) - desk.reach[u]
            if not quarantined:
                desk.by_drop[e, u] = max(desk.by_drop[e, u], base)
                continue
            for h in range(drops):
                if a.hotel_whole[h, HOTEL_RESERVED] >= 0 and a.hotel_whole[h, HOTEL_RESERVED] != e:
                    continue
                fen = stay_fen(a, prices, h, arrival, a.item[u, NIGHTS], a.item[u, SIZE])[0]
                fen += a.item[u, SIZE] * a.transfer_fen_km * a.km[a.hotel0 + h, a.drop0 + e]
                desk.by_drop[h, u] = max(desk.by_drop[h, u], base - fen)


@inner
def _best_of(desk, u, picked, n):
    """The best value of an item over the picked drops, and which."""
    best, where = -np.inf, -1
    for i in range(n):
        if desk.by_drop[picked[i], u] > best:
            best, where = desk.by_drop[picked[i], u], picked[i]
    return best, where


@inner
def _load_worth(a, desk, m, picked, n, cap):
    """The most that a load of the listed items may earn at the picked drops (fractional knapsack)."""
    high = 0.0
    for j in range(m):
        u = desk.listed[j]
        desk.value[u] = _best_of(desk, u, picked, n)[0]
        high = max(high, desk.value[u] / a.item[u, SIZE])
    if high <= 0.0:
        return 0.0
    return knapsack_dual(desk, m, a.item[:, SIZE], cap)[0]


@inner
def _price_set(
    a, book, prices, desk, w, memo, risk, first, chosen, n, c, kind, entry, quarantined, drop0, drops,
    home_km, home_min, threshold,
):  # fmt: skip
    """A set of pickups in full: the least bound on the reduced cost over fleets of a kind and drops."""
    least = threshold
    m = 0
    for i in range(n):
        p = chosen[i]
        for e in range(book.first[p], book.first[p + 1]):
            if entry[e] > 0:
                u = book.item[e]
                if desk.mark[u] < 0:
                    desk.mark[u] = 1
                    desk.value[u], desk.at[u], desk.reach[u] = entry[e], p, book.fen[e]
                    desk.listed[m] = u
                    m += 1
                else:
                    desk.value[u] = max(desk.value[u], entry[e])
                    if book.fen[e] < desk.reach[u]:
                        desk.at[u], desk.reach[u] = p, book.fen[e]
    for j in range(m):
        desk.mark[desk.listed[j]] = -1
    size = a.item[:, SIZE]
    picked, order, stops = np.empty(3, np.int64), np.empty(3, np.int64), np.empty(3, np.int64)
    first_bound = np.inf
    for k in range(len(a.fleet_fen)):
        if kind[k] != c or a.fleet_whole[k, FIRST_VEHICLE] == a.fleet_whole[k, END_VEHICLE]:
            continue
        depot, per_km, owner = a.fleet0 + k, a.fleet_fen[k, KM_FEN], a.fleet_whole[k, FLEET_RESERVED]
        best_km = np.inf
        for i in range(n):
            for j in range(n):
                if (i == j) != (n == 1):
                    continue
                ride = np.inf
                for d in range(drops):
                    ride = min(ride, a.km[chosen[j], drop0 + d] + a.km[drop0 + d, depot])
                km = a.km[depot, chosen[i]] + ride
                if n == 2:
                    km += a.km[chosen[i], chosen[j]]
                elif n == 3:
                    mid = chosen[3 - i - j]
                    km += a.km[chosen[i], mid] + a.km[mid, chosen[j]]
                best_km = min(best_km, km)
        cap = a.cap[k, a.risk_factor[risk]]
        if not np.isfinite(first_bound):
            first_bound = knapsack_dual(desk, m, size, cap)[0]
        price = best_km * per_km + a.fleet_fen[k, DAY_FEN] + fleet_days(a, prices, k, first, 1)
        if price - first_bound >= least:
            continue
        ride_min = 1 << 40
        for i in range(n):
            for d in range(drops):
                ride_min = min(ride_min, a.minutes[chosen[i], drop0 + d])
        fen, days, arrival = _least_clock(a, w, memo, k, chosen, n, ride_min, home_min[k])
        if not np.isfinite(fen):
            continue
        fen += fleet_days(a, prices, k, first, days)
        if fen + best_km * per_km - first_bound >= least:
            continue
        arrival += first
        _drop_values(a, prices, desk, m, arrival, owner, quarantined, drops)

        # One L for all sets of drops: that of the load without a limit on drops.
        for j in range(m):
            u = desk.listed[j]
            desk.value[u] = -np.inf
            for d in range(drops):
                desk.value[u] = max(desk.value[u], desk.by_drop[d, u])
        bound, rate = knapsack_dual(desk, m, size, cap)
        if fen + best_km * per_km - bound >= least:
            continue
        if not quarantined:
            rate = _rate_for_drops(a, desk, m, drops, cap, rate)
        useful = 0
        for d in range(drops):
            total = 0.0
            for j in range(m):
                u = desk.listed[j]
                total += max(0.0, desk.by_drop[d, u] - rate * size[u])
            desk.drop_value[d] = total
            if total > 0:
                desk.useful[useful] = d
                useful += 1
        # By falling worth, so that the loops below can stop early.
        for i in range(1, useful):
            d = desk.useful[i]
            j = i
            while j > 0 and desk.drop_value[desk.useful[j - 1]] < desk.drop_value[d]:
                desk.useful[j] = desk.useful[j - 1]
                j -= 1
            desk.useful[j] = d
        base = fen + best_km * per_km - cap * rate
        best_rc, best_n = np.inf, 0
        for x in range(useful):
            worth_x = desk.drop_value[desk.useful[x]]
            if base - worth_x * min(3, a.max_drops) >= least:
                break
            for y in range(x, useful):
                worth_y = worth_x + (desk.drop_value[desk.useful[y]] if y > x else 0.0)
                if y > x and (
                    a.max_drops < 2
                    or base - worth_y - (a.max_drops > 2) * desk.drop_value[desk.useful[y]] >= least
                ):
                    break
                for z in range(y, useful):
                    if z > y and (x == y or a.max_drops < 3):
                        break
                    worth = worth_y + (desk.drop_value[desk.useful[z]] if z > y else 0.0)
                    if base - worth >= least:
                        if z > y:
                            break
                        continue
                    picked[0], r = desk.useful[x], 1
                    if y > x:
                        picked[1], r = desk.useful[y], 2
                    if z > y:
                        picked[2], r = desk.useful[z], 3
                    factor = a.risk_factor[risk]
                    for i in range(r):
                        factor = min(factor, a.factor[drop0 + picked[i]])
                        stops[i] = drop0 + picked[i]
                    km = np.inf
                    for i in range(n):
                        for j in range(n):
                            if (i == j) != (n == 1):
                                continue
                            way = a.km[depot, chosen[i]] + drops_km(a, chosen[j], stops, r, depot, order)
                            if n == 2:
                                way += a.km[chosen[i], chosen[j]]
                            elif n == 3:
                                mid = chosen[3 - i - j]
                                way += a.km[chosen[i], mid] + a.km[mid, chosen[j]]
                            km = min(km, way)
                    if fen + km * per_km - a.cap[k, factor] * rate - worth >= least:
                        continue
                    rc = fen + km * per_km - _load_worth(a, desk, m, picked, r, a.cap[k, factor])
                    if rc < best_rc:
                        best_rc, best_n = rc, r
                        for i in range(r):
                            desk.best_drops[i] = picked[i]
                    least = min(least, rc)
        if best_n and best_rc < desk.reduced[chosen[0]]:
            _write_column(a, prices, desk, w, risk, first, k, chosen, n, best_n, m, drop0, quarantined)
    return least


@inner
def _rate_for_drops(a, desk, m, drops, cap, start):
    """The L that makes cap L + the best max_drops drops at L least (ternary search of a convex function)."""
    low, high = 0.0, 0.0
    for j in range(m):
        u = desk.listed[j]
        high = max(high, desk.value[u] / a.item[u, SIZE])
    high = min(high, start) if start > 0 else high
    for _ in range(18):
        one, two = low + (high - low) / 3, high - (high - low) / 3
        if _drops_worth(a, desk, m, drops, cap, one) <= _drops_worth(a, desk, m, drops, cap, two):
            high = two
        else:
            low = one
    return (low + high) / 2


@inner
def _drops_worth(a, desk, m, drops, cap, rate):
    desk.drop_value[:drops] = 0.0
    for j in range(m):
        u = desk.listed[j]
        for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
            e = a.option_whole[o, ENTERPRISE]
            desk.drop_value[e] += max(0.0, desk.by_drop[e, u] - rate * a.item[u, SIZE])
    best = np.zeros(3)
    for d in range(drops):
        worth = desk.drop_value[d]
        for i in range(a.max_drops):
            if worth > best[i]:
                worth, best[i] = best[i], worth
    return cap * rate + best.sum()


@inner
def _write_column(a, prices, desk, w, risk, first, k, chosen, n, r, m, drop0, quarantined):
    """Fill a coach with the best riders and, if the real trip pays, put it into the bucket of its pickup."""
    depot = a.fleet0 + k
    stops, order = np.empty(3, np.int64), np.empty(3, np.int64)
    factor = a.risk_factor[risk]
    for i in range(r):
        stops[i] = drop0 + desk.best_drops[i]
        factor = min(factor, a.factor[stops[i]])
    # The route: the shortest order of pickups with the shortest of drops.
    best = np.inf
    for i in range(n):
        for j in range(n):
            if (i == j) != (n == 1):
                continue
            way = a.km[depot, chosen[i]] + drops_km(a, chosen[j], stops, r, depot, order)
            if n == 2:
                way += a.km[chosen[i], chosen[j]]
            elif n == 3:
                mid = chosen[3 - i - j]
                way += a.km[chosen[i], mid] + a.km[mid, chosen[j]]
            if way < best:
                best = way
                w.route[0], w.route[n - 1] = chosen[i], chosen[j]
                if n == 3:
                    w.route[1] = chosen[3 - i - j]
                for d in range(r):
                    w.route[n + d] = order[d]
    for d in range(r):
        w.late[d], w.wait[d] = FAR, 0.0
    money, _, _, days = trip_clock(a, w, k, first, n, r)
    if not np.isfinite(money):
        return
    total = money + fleet_days(a, prices, k, first, days)
    # Fill by value a seat; the arrival is that of the real route.
    for j in range(m):
        u = desk.listed[j]
        desk.value[u], where = _best_of(desk, u, desk.best_drops, r)
        desk.pick[u] = where
    density = np.empty(m)
    for j in range(m):
        u = desk.listed[j]
        density[j] = -desk.value[u] / a.item[u, SIZE]
    room, count = a.cap[k, factor], 0
    cost = money
    bucket = chosen[0]
    reduced = total
    for j in np.argsort(density):
        u = desk.listed[j]
        if desk.value[u] <= 0:
            break
        if a.item[u, SIZE] > room:
            continue
        d = drop0 + desk.pick[u]
        arrival = FAR
        for i in range(r):
            if w.route[n + i] == d:
                arrival = w.days[i]
        gain, option, fen = -np.inf, -1, 0.0
        pairs = lone = 0
        for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
            e = a.option_whole[o, ENTERPRISE]
            if (not quarantined and a.drop0 + e != d) or not (
                a.fleet_whole[k, FLEET_RESERVED] < 0 or a.fleet_whole[k, FLEET_RESERVED] == e
            ):
                continue
            worth = option_value(a, prices, u, o, arrival) - desk.reach[u]
            own = desk.reach[u] + a.option_fen[o, WAIT] * arrival - a.option_fen[o, WAIT_FROM]
            x = y = 0
            if quarantined:
                h = d - a.hotel0
                if a.hotel_whole[h, HOTEL_RESERVED] >= 0 and a.hotel_whole[h, HOTEL_RESERVED] != e:
                    continue
                priced, x, y = stay_fen(a, prices, h, arrival, a.item[u, NIGHTS], a.item[u, SIZE])
                transfer = a.item[u, SIZE] * a.transfer_fen_km * a.km[d, a.drop0 + e]
                worth -= priced + transfer
                own += transfer + a.item[u, NIGHTS] * (
                    (x + y) * a.hotel_fen[h, TWIN] + (a.item[u, SIZE] - 2 * x - y) * a.hotel_fen[h, SINGLE]
                )
            if worth > gain:
                gain, option, fen, pairs, lone = worth, o, own, x, y
        if gain <= 0:
            continue
        room -= a.item[u, SIZE]
        reduced -= gain
        cost += fen
        row = desk.spare[count]
        row[R_ITEM], row[R_OPTION], row[R_PICKUP], row[R_DROP] = u, option, desk.at[u], d
        row[R_PAIRS], row[R_LONE] = pairs, lone
        count += 1
    if count == 0 or reduced >= desk.reduced[bucket]:
        return
    desk.reduced[bucket], desk.cost[bucket] = reduced, cost
    head = desk.head[bucket]
    head[C_RISK], head[C_FLEET], head[C_FIRST], head[C_DAYS] = risk, k, first, days
    head[C_PICKUPS], head[C_DROPS], head[C_RIDERS] = n, r, count
    for i in range(n + r):
        desk.stops[bucket, i] = w.route[i]
    for i in range(count):
        desk.riders[bucket, i] = desk.spare[i]
