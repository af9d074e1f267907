"""Pricing: which trips are worth more than they cost at given prices, none left out.

At prices of items, rooms and vehicles a trip is worth the sum of its riders' values: what
carrying each earns, less its way to the pickup, its waiting, its room and its transfer.  The
*ratio* of a trip is its cost (vehicle, road, drivers, and the price of the vehicle's days) over
its worth.  If no ratio is below 1, the prices are dual feasible; and where they are not, taking
items' earnings down by the least ratio of any trip that could carry them makes them so.
``price_day`` goes through all trips of one risk that leave on one day and returns those least
ratios by pickup, with trips that come near them.  What makes the enumeration short:

* For every L >= 0 a load of at most C seats is worth at most C L + the sum over its riders of
  max(0, value - L size), the dual of a fractional knapsack.  For a few L this is added up by
  pickups beforehand, so that nearly every set of pickups falls by a few additions.
* A set that survives gets its exact riders, then its drops, then its roads and clocks.

Every relaxation errs to the side of a smaller ratio: a clock that could start earlier, a room
at the cheapest of the nights on which a rider might arrive, half a party.
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
from optimizer.kernels import inner, kernel
from optimizer.timetable import DAY, clock_of

MOST = 3  # pickups, and drops, of a trip that can be priced
LAMBDAS = 6
LATES = 5  # days by which a trip may come late on purpose that are told apart
NO_DAY = 1 << 30


class Book(NamedTuple):
    """Who boards where: entries of pickup p are at first[p] … first[p + 1]."""

    first: NDArray[np.int64]
    item: NDArray[np.int64]
    fen: NDArray[np.float64]


class Prices(NamedTuple):
    """Dual values, in fen; all at least 0."""

    item: NDArray[np.float64]  # what carrying an item earns
    vehicle: NDArray[np.float64]  # [fleet, day] summed over the days before
    stay: NDArray[np.float64]  # [size, hotel, day of arrival] the cheapest stay of such a party; or inf


class Desk(NamedTuple):
    """Scratch of the pricing, and the trips that it finds (one row a bucket)."""

    value: NDArray[np.float64]  # [item]
    near: NDArray[np.float64]  # [item] weight of the way to its pickup among the chosen
    at: NDArray[np.int64]  # [item] that pickup
    mark: NDArray[np.int64]  # [item]
    halt: NDArray[np.int64]  # [1] not 0: end as soon as may be
    listed: NDArray[np.int64]  # the items of the chosen pickups
    by_drop: NDArray[np.float64]  # [hotel or enterprise, item] value if it alights there
    drop_value: NDArray[np.float64]  # [hotel or enterprise]
    useful: NDArray[np.int64]  # drops that are worth a stop
    legs: NDArray[np.int64]
    zeros: NDArray[np.int64]
    lates: NDArray[np.int64]
    waits: NDArray[np.float64]
    minutes: NDArray[np.int64]
    minutes2: NDArray[np.int64]
    sums: NDArray[np.float64]  # knapsack by seats
    taken: NDArray[np.bool_]  # [item, seats]
    memo_key: NDArray[np.int64]  # clocks met before
    memo: NDArray[np.float64]
    ratio: NDArray[np.float64]  # [bucket] of the trip in it; inf: none
    head: NDArray[np.int64]  # [bucket, (fleet, days, pickups, drops, riders)]
    cost: NDArray[np.float64]  # [bucket] fen of the trip alone
    stops: NDArray[np.int64]  # [bucket, stop]
    riders: NDArray[np.int64]  # [bucket, rider, (item, pickup, drop, day of arrival)]


C_FLEET, C_DAYS, C_PICKUPS, C_DROPS, C_RIDERS = range(5)
R_ITEM, R_PICKUP, R_DROP, R_DAY = range(4)


def book_of(a: Arrays) -> Book:
    owner = np.repeat(np.arange(len(a.item)), a.item[:, REACH_END] - a.item[:, REACH])
    at = a.reach[:, REACH_PICKUP].astype(np.int64)
    order = np.lexsort((owner, at))
    first = np.searchsorted(at[order], np.arange(a.drop0 + 1))
    return Book(first.astype(np.int64), owner[order], np.ascontiguousarray(a.reach[order, REACH_FEN]))


def desk_for(a: Arrays, halt: NDArray[np.int64], memo: int = 1 << 19) -> Desk:
    items, drops = len(a.item), max(len(a.enterprise), len(a.hotel_fen), 1)
    seats = max(1, int(a.cap.max(initial=1)))
    buckets = a.drop0 * len(np.unique(a.cap))
    stops = 2 * MOST
    return Desk(
        value=np.zeros(items),
        near=np.zeros(items),
        at=np.zeros(items, np.int64),
        mark=np.full(items, -1, np.int64),
        halt=halt,
        listed=np.zeros(items, np.int64),
        by_drop=np.zeros((drops, items)),
        drop_value=np.zeros(drops),
        useful=np.zeros(drops, np.int64),
        legs=np.zeros(stops, np.int64),
        zeros=np.zeros(stops, np.int64),
        lates=np.full(stops, NO_DAY, np.int64),
        waits=np.zeros(stops),
        minutes=np.zeros(stops, np.int64),
        minutes2=np.zeros(stops, np.int64),
        sums=np.zeros(seats + 1),
        taken=np.zeros((items, seats + 1), bool),
        memo_key=np.zeros(memo, np.int64),
        memo=np.zeros((memo, 2 + MOST)),
        ratio=np.full(buckets, np.inf),
        head=np.zeros((buckets, 5), np.int64),
        cost=np.zeros(buckets),
        stops=np.zeros((buckets, stops), np.int64),
        riders=np.zeros((buckets, seats, 4), np.int64),
    )


@inner
def _days_price(prices, k, first, days):
    """The price of a vehicle of a fleet on these days; what lies past the table is free."""
    return prices.vehicle[k, min(first + days, prices.vehicle.shape[1] - 1)] - prices.vehicle[k, first]


@inner
def _value(a, prices, u, drop, owner, arrival, quarantined):
    """What item u earns at a drop reached on a day, before the way to its pickup; -inf: may not."""
    best = -np.inf
    size = a.item[u, SIZE]
    for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
        e = a.option_whole[o, ENTERPRISE]
        if arrival > a.option_whole[o, LATEST] or (owner >= 0 and owner != e):
            continue
        worth = prices.item[u] + a.option_fen[o, WAIT_FROM] - a.option_fen[o, WAIT] * arrival
        if quarantined:
            if a.hotel_whole[drop, HOTEL_RESERVED] >= 0 and a.hotel_whole[drop, HOTEL_RESERVED] != e:
                continue
            worth -= prices.stay[size, drop, min(arrival, prices.stay.shape[2] - 1)]
            worth -= size * a.transfer_fen_km * a.km[a.hotel0 + drop, a.drop0 + e]
        elif drop != e:
            continue
        best = max(best, worth)
    return best


@kernel
def tops_of(a, prices, risk, quarantined, until):
    """[item, day]: the most that an item of this risk earns if it arrives on that day or later."""
    top = np.full((len(a.item), until + 1), -np.inf)
    drops = len(a.hotel_fen) if quarantined else len(a.enterprise)
    for u in range(len(a.item)):
        if a.item[u, RISK] != risk:
            continue
        for day in range(until - 1, a.item[u, AVAILABLE] - 1, -1):
            top[u, day] = top[u, day + 1]
            if quarantined:
                for d in range(drops):
                    top[u, day] = max(top[u, day], _value(a, prices, u, d, -1, day, True))
            else:
                for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
                    e = a.option_whole[o, ENTERPRISE]
                    top[u, day] = max(top[u, day], _value(a, prices, u, e, -1, day, False))
    return top


@inner
def _knapsack(desk, m, size, cap):
    """min over L >= 0 of cap L + sum max(0, value - L size) for the listed items: (bound, L)."""
    low, high = 0.0, 0.0
    load, total = 0, 0.0
    for j in range(m):
        u = desk.listed[j]
        if desk.value[u] > 0:
            high = max(high, desk.value[u] / size[u])
            load += size[u]
            total += desk.value[u]
    if load <= cap:
        return total, 0.0
    for _ in range(24):
        mid = (low + high) / 2
        load = 0
        for j in range(m):
            u = desk.listed[j]
            if desk.value[u] > mid * size[u]:
                load += size[u]
        if load > cap:
            low = mid
        else:
            high = mid
    total = cap * high
    for j in range(m):
        u = desk.listed[j]
        total += max(0.0, desk.value[u] - high * size[u])
    return total, high


@inner
def _load(desk, m, size, cap):
    """The exact best load of the listed items; ``desk.taken`` tells who rides."""
    desk.sums[: cap + 1] = 0.0
    for j in range(m):
        u = desk.listed[j]
        s, v = size[u], desk.value[u]
        for c in range(cap, -1, -1):
            better = v > 0 and c >= s and desk.sums[c - s] + v > desk.sums[c]
            desk.taken[j, c] = better
            if better:
                desk.sums[c] = desk.sums[c - s] + v
    return desk.sums[cap]


@inner
def _clock(a, desk, key, k, out, legs, stops, pickups, back, least_days, least_day):
    """Where ``desk.memo`` has the clocks of a route whose legs are in ``desk.legs``.

    Its row: fen of days and drivers of the cheapest clock, fewest days, earliest day at each drop.
    ``least_days`` and ``least_day`` are bounds of the last two that end the search for better; they
    must be a function of ``key``, for what they leave out is remembered.  Closures are left out, so
    the clocks hold on every day.
    """
    slot = (key * np.int64(2654435761)) % len(desk.memo_key)
    if slot < 0:
        slot += len(desk.memo_key)
    if desk.memo_key[slot] == key + 1:
        return slot
    row = desk.memo[slot]
    row[0] = np.inf
    # The cheapest clock; where it is not the shortest and earliest too, those of other clocks.
    for turn in range(2 + stops - pickups):
        last = pickups + turn - 2
        if turn > 1 and row[2 + last - pickups] <= least_day:
            continue
        for i in range(stops):
            desk.waits[i] = 1e-3 if turn == 0 and i >= pickups else 0.0
        if turn > 1:
            desk.waits[last] = 1e9
        fen, _, _, days = clock_of(
            out, legs, back, stops, pickups, desk.zeros, desk.lates, desk.waits,
            a.fleet_fen[k, DAY_FEN] if turn == 0 else 1.0, a.extra_fen if turn == 0 else 0.0, a.rules,
            desk.minutes, desk.minutes2,
        )  # fmt: skip
        if turn == 0:
            row[0], row[1] = fen, days
            if not np.isfinite(fen):
                break
            exact = days <= least_days
            for i in range(pickups, stops):
                row[2 + i - pickups] = desk.minutes2[i] // DAY
                exact = exact and row[2 + i - pickups] <= least_day
            if exact:
                break
        elif turn == 1:
            row[1] = min(row[1], days)
        else:
            row[2 + last - pickups] = min(row[2 + last - pickups], desk.minutes2[last] // DAY)
    desk.memo_key[slot] = key + 1
    return slot


@inner
def _pickup_way(table, one, first, mid, last, n):
    """Road from place ``one`` through the pickups, in this order."""
    way = table[one, first]
    if n == 2:
        way += table[first, last]
    elif n == 3:
        way += table[first, mid] + table[mid, last]
    return way


@inner
def _set_clock(a, desk, k, chosen, n, ride, home, quarantined, least_days, least_day):
    """The best clock of any trip of a fleet with these pickups, whatever its drops: (fen, days, arrival)."""
    key = np.int64(k)
    for i in range(MOST):
        key = key * (a.drop0 + 1) + (chosen[i] + 1 if i < n else 0)
    depot = a.fleet0 + k
    key = (key * 2 + quarantined) * 2
    slot = (key * np.int64(2654435761)) % len(desk.memo_key)
    if slot < 0:
        slot += len(desk.memo_key)
    if desk.memo_key[slot] == key + 1:
        return desk.memo[slot, 0], np.int64(desk.memo[slot, 1]), np.int64(desk.memo[slot, 2])
    fen, days, arrival = np.inf, NO_DAY, NO_DAY
    for i in range(n):
        for j in range(n):
            if (i == j) != (n == 1):
                continue
            mid = chosen[3 - i - j] if n == 3 else 0
            desk.legs[n - 1] = ride
            if n == 2:
                desk.legs[0] = a.minutes[chosen[i], chosen[j]]
            elif n == 3:
                desk.legs[0], desk.legs[1] = a.minutes[chosen[i], mid], a.minutes[mid, chosen[j]]
            order = (key * 16 + i * 4 + j) * 2 + 1
            at = _clock(
                a,
                desk,
                order,
                k,
                a.minutes[depot, chosen[i]],
                desk.legs,
                n + 1,
                n,
                home,
                least_days,
                least_day,
            )
            if desk.memo[at, 0] < np.inf:
                fen = min(fen, desk.memo[at, 0])
                days = min(days, np.int64(desk.memo[at, 1]))
                arrival = min(arrival, np.int64(desk.memo[at, 2]))
    desk.memo_key[slot] = key + 1
    desk.memo[slot, 0], desk.memo[slot, 1], desk.memo[slot, 2] = fen, days, arrival
    return fen, np.int64(days), np.int64(arrival)


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
    best = np.zeros(MOST)
    for d in range(len(desk.drop_value)):
        worth = desk.drop_value[d]
        for i in range(tops):
            if worth > best[i]:
                worth, best[i] = best[i], worth
    return min(total, best.sum())


class Way(NamedTuple):
    """What holds for one risk on one day."""

    alone_fen: NDArray[np.float64]  # [fleet, pickup] of the best clock of a trip that stops there only
    alone_days: NDArray[np.int64]
    alone_day: NDArray[np.int64]  # of arrival
    risk: int
    quarantined: bool
    first: int
    drop0: int
    drops: int
    metric: bool  # no detour is shorter than the road
    ride: NDArray[np.int64]  # [pickup] minutes to the nearest drop
    home: NDArray[np.int64]  # [fleet] minutes from the nearest drop
    homeward: NDArray[np.float64]  # [fleet, pickup] km by the best drop to the depot
    kind: NDArray[np.int64]  # [fleet] which of the seats
    entry: NDArray[np.float64]  # as the book: value


@kernel
def price_day(a, book, prices, top, desk, risk, quarantined, first, metric, most, theta):
    """Go through all trips of one risk that leave on one day (at most 3 pickups and 3 drops).

    Args:
        top: of ``tops_of`` at these prices.
        metric: no detour is shorter than the road.
        most: pickups of a trip.
        theta: [pickup] the least ratio met so far, at most 1; sets of pickups that cannot
            lower any of theirs are passed over.  Lowered in place.

    The desk gets, by the cheapest pickup of a set and kind of coach, the trip of least ratio that was met.
    """
    pickups, fleets = a.drop0, len(a.fleet_fen)
    size = a.item[:, SIZE]
    desk.ratio[:] = np.inf
    drop0 = a.hotel0 if quarantined else a.drop0
    drops = len(a.hotel_fen) if quarantined else len(a.enterprise)
    if drops == 0 or fleets == 0:
        return
    ride = np.full(pickups, np.int64(NO_DAY))
    offset = np.zeros(pickups, np.int64)
    home = np.full(fleets, np.int64(NO_DAY))
    homeward = np.full((fleets, pickups), np.inf)
    near_km = np.full(pickups, np.inf)
    for p in range(pickups):
        out = np.int64(NO_DAY)
        for d in range(drop0, drop0 + drops):
            ride[p] = min(ride[p], a.minutes[p, d])
            near_km[p] = min(near_km[p], a.km[p, d])
            for k in range(fleets):
                homeward[k, p] = min(homeward[k, p], a.km[p, d] + a.km[d, a.fleet0 + k])
                home[k] = min(home[k], a.minutes[d, a.fleet0 + k])
        for k in range(fleets):
            out = min(out, a.minutes[a.fleet0 + k, p])
        offset[p] = (a.rules.leave_from + out + ride[p]) // DAY
    kinds = np.unique(a.cap[:, a.risk_factor[risk]])
    kind = np.searchsorted(kinds, a.cap[:, a.risk_factor[risk]])

    entry = np.full(len(book.item), -np.inf)
    density = np.empty(len(entry))
    many = 0
    for p in range(pickups):
        day = min(first + offset[p], top.shape[1] - 1)
        for n in range(book.first[p], book.first[p + 1]):
            u = book.item[n]
            if a.item[u, RISK] != risk or a.item[u, AVAILABLE] > first:
                continue
            entry[n] = top[u, day] - book.fen[n]
            if entry[n] > 0:
                density[many] = entry[n] / size[u]
                many += 1
    if many == 0:
        return
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

    # The price of coming to a pickup first and of the days, by kind; and of a km.
    alone_fen = np.full((fleets, pickups), np.inf)
    alone_days = np.full((fleets, pickups), np.int64(NO_DAY))
    alone_day = np.full((fleets, pickups), np.int64(NO_DAY))
    way = Way(
        alone_fen,
        alone_days,
        alone_day,
        risk,
        quarantined,
        first,
        drop0,
        drops,
        metric,
        ride,
        home,
        homeward,
        kind,
        entry,
    )
    come = np.full((len(kinds), pickups), np.inf)
    rate = np.full(len(kinds), np.inf)
    alone = np.empty(MOST, np.int64)
    for k in range(fleets):
        if a.fleet_whole[k, FIRST_VEHICLE] == a.fleet_whole[k, END_VEHICLE]:
            continue
        rate[kind[k]] = min(rate[kind[k]], a.fleet_fen[k, KM_FEN])
        back = np.inf
        for d in range(drop0, drop0 + drops):
            back = min(back, a.km[d, a.fleet0 + k])
        for p in active:
            fen, days = a.fleet_fen[k, DAY_FEN], np.int64(1)
            if metric:
                alone[0] = p
                fen, days, day = _set_clock(a, desk, k, alone, 1, ride[p], home[k], quarantined, 1, 0)
                alone_fen[k, p], alone_days[k, p], alone_day[k, p] = fen, days, day
                if fen == np.inf:
                    continue
            fen += _days_price(prices, k, first, days)
            km = a.km[a.fleet0 + k, p] + back
            come[kind[k], p] = min(come[kind[k], p], fen + km * a.fleet_fen[k, KM_FEN])

    pairs = np.zeros((len(active), len(active), LAMBDAS))
    chosen = np.empty(MOST, np.int64)
    bound = np.empty(len(kinds))
    for n in range(1, min(a.max_pickups, most) + 1):
        for x in range(len(active)):
            if desk.halt[0]:
                return
            chosen[0] = active[x]
            for y in range(x + 1 if n > 1 else x, len(active) if n > 1 else x + 1):
                chosen[1] = active[y]
                if n == 2:
                    for j in range(LAMBDAS):
                        pairs[x, y, j] = _united(a, book, desk, entry, active[x], active[y], lambdas[j], tops)
                        pairs[y, x, j] = pairs[x, y, j]
                for z in range(y + 1 if n > 2 else y, len(active) if n > 2 else y + 1):
                    chosen[2] = active[z]
                    goal = theta[chosen[0]]
                    for i in range(1, n):
                        goal = max(goal, theta[chosen[i]])
                    for c in range(len(kinds)):
                        bound[c] = np.inf
                    for j in range(LAMBDAS):
                        if n == 1:
                            total = sums[active[x], j]
                        elif n == 2:
                            total = pairs[x, y, j]
                        else:
                            one, two, three = pairs[x, y, j], pairs[x, z, j], pairs[y, z, j]
                            sx, sy, sz = sums[active[x], j], sums[active[y], j], sums[active[z], j]
                            total = min(one + sz, two + sy, three + sx)
                            if quarantined:  # what the union is worth is submodular
                                total = min(total, one + two - sx, one + three - sy, two + three - sz)
                        for c in range(len(kinds)):
                            bound[c] = min(bound[c], kinds[c] * lambdas[j] + total)
                    for c in range(len(kinds)):
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
                        if cost >= bound[c] * goal:
                            continue
                        found = _price_set(a, book, prices, desk, way, chosen, n, c, kinds[c], goal)
                        if found < goal:
                            for i in range(n):
                                theta[chosen[i]] = min(theta[chosen[i]], found)
                            goal = theta[chosen[0]]
                            for i in range(1, n):
                                goal = max(goal, theta[chosen[i]])


@inner
def _fill_by_drop(a, prices, desk, way, m, owner, low, high):
    """``desk.by_drop``: the most that each listed item earns at each drop, reached on days low … high."""
    for j in range(m):
        u = desk.listed[j]
        for d in range(way.drops):
            desk.by_drop[d, u] = -np.inf
        if not way.quarantined:
            for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
                e = a.option_whole[o, ENTERPRISE]
                desk.by_drop[e, u] = _value(a, prices, u, e, owner, low, False) - desk.near[u]
            continue
        for d in range(way.drops):
            for day in range(low, high + 1):
                worth = _value(a, prices, u, d, owner, day, True) - desk.near[u]
                desk.by_drop[d, u] = max(desk.by_drop[d, u], worth)


@inner
def _rate_for_drops(a, desk, m, drops, cap, high):
    """The L that makes cap L + the best max_drops drops at L least (ternary search of a convex function)."""
    low = 0.0
    for _ in range(14):
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
            if o > a.item[u, OPTION] and a.option_whole[o - 1, ENTERPRISE] == e:
                continue
            desk.drop_value[e] += max(0.0, desk.by_drop[e, u] - rate * a.item[u, SIZE])
    best = np.zeros(MOST)
    for d in range(drops):
        worth = desk.drop_value[d]
        for i in range(a.max_drops):
            if worth > best[i]:
                worth, best[i] = best[i], worth
    return cap * rate + best.sum()


@inner
def _price_set(a, book, prices, desk, way, chosen, n, c, cap, goal):
    """The least ratio of any trip with these pickups by a kind of coach, if it is below ``goal``."""
    size = a.item[:, SIZE]
    m = 0
    for i in range(n):
        p = chosen[i]
        for e in range(book.first[p], book.first[p + 1]):
            if way.entry[e] > 0:
                u = book.item[e]
                if desk.mark[u] < 0:
                    desk.mark[u] = 1
                    desk.at[u], desk.near[u] = p, book.fen[e]
                    desk.value[u] = way.entry[e]
                    desk.listed[m] = u
                    m += 1
                else:
                    desk.value[u] = max(desk.value[u], way.entry[e])
                    if book.fen[e] < desk.near[u]:
                        desk.at[u], desk.near[u] = p, book.fen[e]
    for j in range(m):
        desk.mark[desk.listed[j]] = -1
    most = _knapsack(desk, m, size, cap)[0]
    ride = np.int64(NO_DAY)
    for i in range(n):
        ride = min(ride, way.ride[chosen[i]])
    filled_low, filled_high, filled_owner = -1, -1, -2
    all_bound, all_rate, useful = 0.0, 0.0, 0
    picked = np.empty(MOST, np.int64)
    two = np.empty(2, np.int64)
    for k in range(len(a.fleet_fen)):
        if way.kind[k] != c or a.fleet_whole[k, FIRST_VEHICLE] == a.fleet_whole[k, END_VEHICLE]:
            continue
        depot, per_km, owner = a.fleet0 + k, a.fleet_fen[k, KM_FEN], a.fleet_whole[k, FLEET_RESERVED]
        km = np.inf
        for i in range(n):
            for j in range(n):
                if (i == j) != (n == 1):
                    continue
                mid = chosen[3 - i - j] if n == 3 else 0
                km = min(
                    km, _pickup_way(a.km, depot, chosen[i], mid, chosen[j], n) + way.homeward[k, chosen[j]]
                )
        price = _days_price(prices, k, way.first, 1)
        if km * per_km + a.fleet_fen[k, DAY_FEN] + price >= most * goal:
            continue
        if way.metric:
            # A trip with more stops is no better than one that leaves some out.
            fen, days, arrival = 0.0, np.int64(0), np.int64(0)
            for i in range(n):
                fen = max(fen, way.alone_fen[k, chosen[i]])
                days = max(days, way.alone_days[k, chosen[i]])
                arrival = max(arrival, way.alone_day[k, chosen[i]])
        else:
            fen, days, arrival = _set_clock(a, desk, k, chosen, n, ride, way.home[k], way.quarantined, 1, 0)
        if not np.isfinite(fen):
            continue
        low = way.first + arrival
        for late in range(LATES + 1):
            # Trips whose last drop is reached at most late + 1 days after the earliest, in the end
            # whenever (of riders who go straight to work: at once, for later is never better for them).
            length = days if late == 0 else max(days, arrival + late + 2)
            base = max(fen, length * a.fleet_fen[k, DAY_FEN])
            base += _days_price(prices, k, way.first, length)
            if base + km * per_km >= most * goal:
                break
            high = low
            if way.quarantined:
                high = low + late + 1 if late < LATES else max(low, prices.stay.shape[2] - 1)
            if low != filled_low or high != filled_high or owner != filled_owner:
                filled_low, filled_high, filled_owner = low, high, owner
                _fill_by_drop(a, prices, desk, way, m, owner, low, high)
                for j in range(m):
                    u = desk.listed[j]
                    desk.value[u] = -np.inf
                    for d in range(way.drops):
                        desk.value[u] = max(desk.value[u], desk.by_drop[d, u])
                all_bound, all_rate = _knapsack(desk, m, size, cap)
                if not way.quarantined:
                    high_rate = 0.0
                    for j in range(m):
                        u = desk.listed[j]
                        high_rate = max(high_rate, desk.value[u] / size[u])
                    all_rate = _rate_for_drops(a, desk, m, way.drops, cap, high_rate)
                    all_bound = min(all_bound, _drops_worth(a, desk, m, way.drops, cap, all_rate))
                useful = 0
                for d in range(way.drops):
                    total = 0.0
                    for j in range(m):
                        u = desk.listed[j]
                        total += max(0.0, desk.by_drop[d, u] - all_rate * size[u])
                    desk.drop_value[d] = total
                    if total > 0 or (all_rate > 0 and total == 0):
                        at = useful
                        while at > 0 and desk.drop_value[desk.useful[at - 1]] < total:
                            desk.useful[at] = desk.useful[at - 1]
                            at -= 1
                        desk.useful[at] = d
                        useful += 1
            if n > 1 and way.metric and base + km * per_km < all_bound * goal:
                for i in range(n - 1):
                    for j in range(i + 1, n):
                        two[0], two[1] = chosen[i], chosen[j]
                        near = min(way.ride[two[0]], way.ride[two[1]])
                        fen2, days2, _ = _set_clock(
                            a, desk, k, two, 2, near, way.home[k], way.quarantined,
                            max(way.alone_days[k, two[0]], way.alone_days[k, two[1]]),
                            max(way.alone_day[k, two[0]], way.alone_day[k, two[1]]),
                        )  # fmt: skip
                        length = max(length, days2)
                        fen2 = max(fen2, length * a.fleet_fen[k, DAY_FEN])
                        base = max(base, fen2 + _days_price(prices, k, way.first, length))
            if base + km * per_km >= all_bound * goal:
                if not way.quarantined:
                    break
                continue
            goal = _price_drops(
                a,
                prices,
                desk,
                way,
                chosen,
                n,
                c,
                cap,
                k,
                m,
                base,
                km,
                low,
                days,
                useful,
                all_rate,
                picked,
                goal,
                late,
            )
            if not way.quarantined:
                break
    return goal


@inner
def _price_drops(
    a, prices, desk, way, chosen, n, c, cap, k, m, base, km, low, least_days, useful, rate, picked, goal, late
):  # fmt: skip
    """Go through the sets of drops; ``desk.by_drop`` tells what items earn there."""
    size = a.item[:, SIZE]
    per_km = a.fleet_fen[k, KM_FEN]
    fixed = base + km * per_km
    stops = np.empty(2, np.int64)
    for r in range(1, min(a.max_drops, MOST) + 1):
        for x in range(useful):
            first_worth = desk.drop_value[desk.useful[x]]
            if fixed >= (cap * rate + r * first_worth) * goal:
                break
            for y in range(x + 1 if r > 1 else x, useful if r > 1 else x + 1):
                second_worth = desk.drop_value[desk.useful[y]] if r > 1 else 0.0
                if fixed >= (cap * rate + first_worth + (r - 1) * second_worth) * goal:
                    break
                for z in range(y + 1 if r > 2 else y, useful if r > 2 else y + 1):
                    third_worth = desk.drop_value[desk.useful[z]] if r > 2 else 0.0
                    if fixed >= (cap * rate + first_worth + second_worth + third_worth) * goal:
                        break
                    picked[0], picked[1], picked[2] = desk.useful[x], desk.useful[y], desk.useful[z]
                    factor = a.risk_factor[way.risk]
                    for i in range(r):
                        factor = min(factor, a.factor[way.drop0 + picked[i]])
                    seats = a.cap[k, factor]
                    worth = seats * rate
                    if r == 1 or not way.quarantined:
                        worth += first_worth + second_worth + third_worth
                    else:
                        for j in range(m):
                            u = desk.listed[j]
                            most = desk.by_drop[picked[0], u]
                            for i in range(1, r):
                                most = max(most, desk.by_drop[picked[i], u])
                            worth += max(0.0, most - rate * size[u])
                    if fixed >= worth * goal:
                        continue
                    if way.metric:
                        # No better than the worst of its pickups alone with one of its drops.
                        fen, days = 0.0, least_days
                        for i in range(n):
                            stops[0] = chosen[i]
                            for j in range(r):
                                stops[1] = way.drop0 + picked[j]
                                slot = _route_clock(
                                    a, desk, way, k, stops, 1, 1,
                                    way.alone_days[k, chosen[i]], way.alone_day[k, chosen[i]],
                                )  # fmt: skip
                                fen = max(fen, desk.memo[slot, 0])
                                days = max(days, np.int64(desk.memo[slot, 1]))
                        if fen == np.inf:
                            continue
                        if late > 0:
                            days = max(days, low - way.first + late + 2)
                            fen = max(fen, days * a.fleet_fen[k, DAY_FEN])
                        own = max(base, fen + _days_price(prices, k, way.first, days))
                        if own + km * per_km >= worth * goal:
                            continue
                    else:
                        own = base
                    goal = _price_routes(
                        a,
                        prices,
                        desk,
                        way,
                        chosen,
                        n,
                        c,
                        seats,
                        k,
                        m,
                        own,
                        low,
                        least_days,
                        picked,
                        r,
                        goal,
                        late,
                    )
    return goal


@inner
def _value_at(desk, m, picked, r):
    """``desk.value``: the best of the picked drops."""
    for j in range(m):
        u = desk.listed[j]
        desk.value[u] = desk.by_drop[picked[0], u]
        for i in range(1, r):
            desk.value[u] = max(desk.value[u], desk.by_drop[picked[i], u])


@inner
def _route_clock(a, desk, way, k, stops, n, r, least_days, least_day):
    """Where ``desk.memo`` has the clock of a route of n pickups and r drops."""
    depot = a.fleet0 + k
    key = np.int64(k)
    for s in range(MOST):
        key = key * (a.drop0 + 1) + (stops[s] + 1 if s < n else 0)
    for s in range(MOST):
        key = key * (way.drops + 1) + (stops[n + s] - way.drop0 + 1 if s < r else 0)
    for s in range(n + r - 1):
        desk.legs[s] = a.minutes[stops[s], stops[s + 1]]
    return _clock(
        a, desk, -2 - (key * 2 + way.quarantined), k, a.minutes[depot, stops[0]], desk.legs,
        n + r, n, a.minutes[stops[n + r - 1], depot], least_days, least_day,
    )  # fmt: skip


@inner
def _price_routes(
    a, prices, desk, way, chosen, n, c, cap, k, m, base, low, least_days, picked, r, goal, late
):
    """Every order of the pickups and of the drops, with its own roads, clock and days of arrival."""
    size = a.item[:, SIZE]
    depot, per_km, owner = a.fleet0 + k, a.fleet_fen[k, KM_FEN], a.fleet_whole[k, FLEET_RESERVED]
    worth, exact, fresh = -1.0, False, False
    stops = np.empty(2 * MOST, np.int64)
    for i in range(n):
        for j in range(n):
            if (i == j) != (n == 1):
                continue
            mid = chosen[3 - i - j] if n == 3 else 0
            stops[0], stops[n - 1] = chosen[i], chosen[j]
            if n == 3:
                stops[1] = mid
            out_km = _pickup_way(a.km, depot, chosen[i], mid, chosen[j], n)
            for x in range(r):
                for y in range(r):
                    if (x == y) != (r == 1):
                        continue
                    stops[n], stops[n + r - 1] = way.drop0 + picked[x], way.drop0 + picked[y]
                    if r == 3:
                        stops[n + 1] = way.drop0 + picked[3 - x - y]
                    km = out_km + a.km[stops[n - 1], stops[n]] + a.km[stops[n + r - 1], depot]
                    for s in range(n, n + r - 1):
                        km += a.km[stops[s], stops[s + 1]]
                    if worth < 0:
                        _value_at(desk, m, picked, r)
                        worth = _knapsack(desk, m, size, cap)[0]
                    if base + km * per_km >= worth * goal:
                        continue
                    if not exact:
                        worth, exact, fresh = _load(desk, m, size, cap), True, True
                        if base + km * per_km >= worth * goal:
                            continue
                    slot = _route_clock(a, desk, way, k, stops, n, r, least_days, low - way.first)
                    fen, days = desk.memo[slot, 0], np.int64(desk.memo[slot, 1])
                    if fen == np.inf:
                        continue
                    if late > 0:
                        days = max(days, low - way.first + late + 2)
                        fen = max(fen, days * a.fleet_fen[k, DAY_FEN])
                    cost = fen + km * per_km
                    price = _days_price(prices, k, way.first, days)
                    if cost + price >= worth * goal:
                        continue
                    # The days on which this route reaches its drops.
                    later = False
                    for s in range(r):
                        later = later or way.first + np.int64(desk.memo[slot, 2 + s]) != low
                    own = worth
                    if later:
                        own, fresh = (
                            _worth_on(a, prices, desk, way, m, owner, stops, n, r, slot, cap, late),
                            False,
                        )
                        _value_at(desk, m, picked, r)
                        if cost + price >= own * goal:
                            continue
                    elif not fresh:
                        _load(desk, m, size, cap)
                        fresh = True
                    goal = (cost + price) / own
                    _write(
                        a, prices, desk, way, chosen, c, cap, k, n, r, m, stops, slot, days, cost, goal, late
                    )
    return goal


@inner
def _span(way, slot_row, s, late):
    """First and last day on which the s-th drop may be reached."""
    day = way.first + np.int64(slot_row[2 + s])
    if not way.quarantined:
        return day, day
    return day, day + late + 1


@inner
def _worth_on(a, prices, desk, way, m, owner, stops, n, r, slot, cap, late):
    """The best load for a route's own days of arrival."""
    for j in range(m):
        u = desk.listed[j]
        desk.value[u] = -np.inf
        for s in range(r):
            low, high = _span(way, desk.memo[slot], s, late)
            if late == LATES:
                high = max(high, prices.stay.shape[2] - 1)
            for day in range(low, high + 1):
                worth = _value(a, prices, u, stops[n + s] - way.drop0, owner, day, way.quarantined)
                desk.value[u] = max(desk.value[u], worth - desk.near[u])
    return _load(desk, m, a.item[:, SIZE], cap)


@inner
def _write(a, prices, desk, way, chosen, c, cap, k, n, r, m, stops, slot, days, cost, ratio, late):
    """Keep a trip whose load is in ``desk.taken``, if it is the best of its bucket."""
    bucket = c * a.drop0 + chosen[0]
    if ratio >= desk.ratio[bucket]:
        return
    owner = a.fleet_whole[k, FLEET_RESERVED]
    desk.ratio[bucket], desk.cost[bucket] = ratio, cost
    head = desk.head[bucket]
    head[C_FLEET], head[C_DAYS], head[C_PICKUPS], head[C_DROPS] = k, days, n, r
    for s in range(n + r):
        desk.stops[bucket, s] = stops[s]
    room, count = cap, 0
    for j in range(m - 1, -1, -1):
        if not desk.taken[j, room]:
            continue
        u = desk.listed[j]
        room -= a.item[u, SIZE]
        best = -np.inf
        row = desk.riders[bucket, count]
        row[R_ITEM], row[R_PICKUP] = u, desk.at[u]
        for s in range(r):
            low, high = _span(way, desk.memo[slot], s, late)
            for day in range(low, high + 1):
                drop = stops[n + s] - way.drop0
                worth = _value(a, prices, u, drop, owner, day, way.quarantined)
                if worth > best:
                    best = worth
                    row[R_DROP], row[R_DAY] = drop, day
        count += best > -np.inf
    head[C_RIDERS] = count
