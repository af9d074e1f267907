"""What riders are worth at given prices, and the best load of a coach.

An item is worth what carrying it earns, less its way to the pickup, its waiting, its room and its
transfer.  For every L >= 0 a load of at most C seats is worth at most C L + the sum over its
riders of max(0, value - L size): the dual of a fractional knapsack.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.instance import (
    AVAILABLE,
    ENTERPRISE,
    HOTEL_RESERVED,
    LATEST,
    OPTION,
    OPTION_END,
    REACH,
    REACH_END,
    REACH_FEN,
    REACH_PICKUP,
    SIZE,
    WAIT,
    WAIT_FROM,
    Arrays,
)
from optimizer.kernels import inner, kernel
from optimizer.references import Reference

MOST = 3  # pickups, and drops, of a trip that can be priced
LAMBDAS = 8  # values of L that are tried for many trips at once
PARTS = (1.0, 0.0, 0.4, 0.7, 1.4)  # of the best L: those that sets of drops are tried with
ROUTES = 36  # orders of three pickups and three drops
MARGIN = 1e-3  # of a trip's price, so that the next to it need not be taken down as well


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
    row: NDArray[np.int64]  # [item] where it stands in the next two
    on: NDArray[np.float64]  # [row, hotel, day] ``value_of`` of who has nights to spend
    later: NDArray[np.float64]  # [row, hotel, day] the best of that day and all after it


class Desk(NamedTuple):
    """Scratch: the items that could ride on a trip, and what they are worth."""

    listed: NDArray[np.int64]  # the items of the chosen pickups
    mark: NDArray[np.int64]  # [item] -1: not listed
    value: NDArray[np.float64]  # [item]
    near: NDArray[np.float64]  # [item] weight of the way to its pickup among the chosen, and ``down``
    at: NDArray[np.int64]  # [item] that pickup
    down: NDArray[np.float64]  # [item] how far its price is taken down
    excess: NDArray[np.float64]  # [item] of ``note_excess``
    by_drop: NDArray[np.float64]  # [hotel or enterprise, item] value if it alights there
    drop_value: NDArray[np.float64]  # [L, hotel or enterprise] the sum over items of value less L size
    tally: NDArray[np.float64]  # [enterprise] zeros between calls
    useful: NDArray[np.int64]  # drops that are worth a stop, best first
    totals: NDArray[np.float64]  # of ``united``
    sums: NDArray[np.float64]  # knapsack by seats
    taken: NDArray[np.bool_]  # [item, seats]
    route: NDArray[np.int64]  # orders of stops
    route_fen: NDArray[np.float64]
    route_km: NDArray[np.float64]


def book_of(a: Arrays) -> Book:
    owner = np.repeat(np.arange(len(a.item)), a.item[:, REACH_END] - a.item[:, REACH])
    at = a.reach[:, REACH_PICKUP].astype(np.int64)
    order = np.lexsort((owner, at))
    first = np.searchsorted(at[order], np.arange(a.drop0 + 1))
    return Book(first.astype(np.int64), owner[order], np.ascontiguousarray(a.reach[order, REACH_FEN]))


def desk_for(a: Arrays) -> Desk:
    items, drops = len(a.item), max(len(a.enterprise), len(a.hotel_fen), 1)
    seats = max(1, int(a.cap.max(initial=1)))
    return Desk(
        listed=np.zeros(items, np.int64),
        mark=np.full(items, -1, np.int64),
        value=np.zeros(items),
        near=np.zeros(items),
        at=np.zeros(items, np.int64),
        down=np.zeros(items),
        excess=np.zeros(items),
        by_drop=np.full((drops, items), -np.inf),
        drop_value=np.zeros((len(PARTS), drops)),
        tally=np.zeros(drops),
        useful=np.zeros(drops, np.int64),
        totals=np.zeros(LAMBDAS),
        sums=np.zeros(seats + 1),
        taken=np.zeros((items, seats + 1), bool),
        route=np.zeros(ROUTES, np.int64),
        route_fen=np.zeros(ROUTES),
        route_km=np.zeros(ROUTES),
    )


@inner
def value_of(a, prices, u, drop, owner, arrival, quarantined):
    """What item u is worth at a drop reached on a day, before the way to its pickup; -inf: may not.

    ``owner`` is the enterprise that the coach is reserved for, or -1.
    """
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


@inner
def value_in(a, prices, u, drop, owner, low, high, quarantined):
    """The most that item u is worth at a drop reached on one of the days low … high (of workers: on low)."""
    if not quarantined:
        return value_of(a, prices, u, drop, owner, low, False)
    last = prices.on.shape[2] - 1
    best = -np.inf
    if owner >= 0:
        for day in range(low, high + 1):
            best = max(best, value_of(a, prices, u, drop, owner, day, True))
        return best
    row = prices.row[u]
    if high >= last:
        return prices.later[row, drop, min(low, last)]
    for day in range(low, high + 1):
        best = max(best, prices.on[row, drop, day])
    return best


@kernel
def _worth_by_day(a, prices, mine):
    on = np.empty((len(mine), prices.stay.shape[1], prices.stay.shape[2]))
    later = np.empty_like(on)
    for n in range(len(mine)):
        for d in range(on.shape[1]):
            best = -np.inf
            for day in range(on.shape[2] - 1, -1, -1):
                on[n, d, day] = value_of(a, prices, mine[n], d, -1, day, True)
                best = max(best, on[n, d, day])
                later[n, d, day] = best
    return on, later


def prices_of(
    a: Arrays,
    arrays: Reference,
    earned: NDArray[np.float64],
    vehicle: NDArray[np.float64],
    stay: NDArray[np.float64],
    mine: NDArray[np.int64],
    quarantined: bool,
) -> Reference:
    """Prices for the items ``mine``, all of one risk, for kernels; the fields as in ``Prices``."""
    row = np.full(len(a.item), -1)
    row[mine] = np.arange(len(mine))
    prices = Prices(earned, vehicle, stay, row, np.zeros((0, 0, 0)), np.zeros((0, 0, 0)))
    if quarantined:
        on, later = _worth_by_day(arrays, Reference(prices), mine)
        prices = prices._replace(on=on, later=later)
    return Reference(prices)


@kernel
def tops_of(a, prices, mine, quarantined, until):
    """[item, day]: the most that an item of ``mine`` is worth if it arrives on that day or later."""
    top = np.full((len(a.item), until + 1), -np.inf)
    for u in mine:
        for day in range(until - 1, a.item[u, AVAILABLE] - 1, -1):
            top[u, day] = top[u, day + 1]
            if quarantined:
                for d in range(prices.on.shape[1]):
                    top[u, day] = max(top[u, day], prices.on[prices.row[u], d, day])
            else:
                for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
                    e = a.option_whole[o, ENTERPRISE]
                    top[u, day] = max(top[u, day], value_of(a, prices, u, e, -1, day, False))
    return top


@inner
def works_at(a, u, e):
    """Whether item u may go to an enterprise."""
    for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
        if a.option_whole[o, ENTERPRISE] == e:
            return True
    return False


@inner
def list_items(a, book, desk, top, day, first, chosen, n, owner):
    """List who could board at the chosen pickups and arrive on a day, each where it is nearest.

    The trip leaves on day ``first``; ``desk.value`` gets what each is worth at most (see ``tops_of``).
    Returns how many they are.  Where there is an ``owner`` (not -1), only who may work there.
    """
    m = 0
    day = min(day, top.shape[1] - 1)
    for i in range(n):
        p = chosen[i]
        for e in range(book.first[p], book.first[p + 1]):
            u = book.item[e]
            near = book.fen[e] + desk.down[u]
            worth = top[u, day] - near
            if worth <= 0 or a.item[u, AVAILABLE] > first or (owner >= 0 and not works_at(a, u, owner)):
                continue
            if desk.mark[u] < 0:
                desk.mark[u] = 1
                desk.at[u], desk.near[u], desk.value[u] = p, near, worth
                desk.listed[m] = u
                m += 1
            elif near < desk.near[u]:
                desk.at[u], desk.near[u], desk.value[u] = p, near, worth
    for j in range(m):
        desk.mark[desk.listed[j]] = -1
    return m


@inner
def fractional(a, desk, m, cap):
    """(bound, L): min over L >= 0 of cap L + sum max(0, value - L size) over the listed items."""
    low, high, load, total = 0.0, 0.0, 0, 0.0
    for j in range(m):
        u = desk.listed[j]
        if desk.value[u] > 0:
            high = max(high, desk.value[u] / a.item[u, SIZE])
            load += a.item[u, SIZE]
            total += desk.value[u]
    if load <= cap:
        return total, 0.0
    for _ in range(12):
        mid = (low + high) / 2
        load = 0
        for j in range(m):
            u = desk.listed[j]
            if desk.value[u] > mid * a.item[u, SIZE]:
                load += a.item[u, SIZE]
        if load > cap:
            low = mid
        else:
            high = mid
    total = cap * high
    for j in range(m):
        u = desk.listed[j]
        total += max(0.0, desk.value[u] - high * a.item[u, SIZE])
    return total, high


@inner
def best_load(a, desk, m, cap):
    """The worth of the best load of the listed items; ``desk.taken`` tells who rides."""
    desk.sums[: cap + 1] = 0.0
    for j in range(m):
        u = desk.listed[j]
        s, v = a.item[u, SIZE], desk.value[u]
        for c in range(cap, -1, -1):
            better = v > 0 and c >= s and desk.sums[c - s] + v > desk.sums[c]
            desk.taken[j, c] = better
            if better:
                desk.sums[c] = desk.sums[c - s] + v
    return desk.sums[cap]


@inner
def note_excess(a, desk, m, cap, price):
    """``desk.excess``: what listed items are worth above a ceiling a seat.

    With the ceiling the load in ``desk.taken`` is worth a little less than its price; and so is
    any other at the same stops, for those who could replace its riders are under the ceiling too.
    """
    high = 0.0
    for j in range(m):
        u = desk.listed[j]
        desk.excess[u] = 0.0
        high = max(high, desk.value[u] / a.item[u, SIZE])
    low = 0.0
    for _ in range(20):
        mid = (low + high) / 2
        room, total = cap, 0.0
        for j in range(m - 1, -1, -1):
            if desk.taken[j, room]:
                u = desk.listed[j]
                room -= a.item[u, SIZE]
                total += min(desk.value[u], mid * a.item[u, SIZE])
        if total > price * (1.0 - MARGIN):
            high = mid
        else:
            low = mid
    for j in range(m):
        u = desk.listed[j]
        desk.excess[u] = max(0.0, desk.value[u] - low * a.item[u, SIZE])


@inner
def fill_by_drop(a, prices, desk, m, owner, low, high, quarantined, drops):
    """``desk.by_drop``: the most that listed items are worth at each drop, reached on days low … high.

    ``desk.value`` gets the best of them.  (Where an enterprise is none of an item's it stays at -inf.)
    """
    for j in range(m):
        u = desk.listed[j]
        desk.value[u] = -np.inf
        if not quarantined:
            for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
                e = a.option_whole[o, ENTERPRISE]
                desk.by_drop[e, u] = value_of(a, prices, u, e, owner, low, False) - desk.near[u]
                desk.value[u] = max(desk.value[u], desk.by_drop[e, u])
            continue
        for d in range(drops):
            desk.by_drop[d, u] = value_in(a, prices, u, d, owner, low, high, True) - desk.near[u]
            desk.value[u] = max(desk.value[u], desk.by_drop[d, u])


@inner
def take_best_of(desk, m, picked, r):
    """``desk.value``: what the listed items are worth at the best of the picked drops."""
    for j in range(m):
        u = desk.listed[j]
        desk.value[u] = desk.by_drop[picked[0], u]
        for i in range(1, r):
            desk.value[u] = max(desk.value[u], desk.by_drop[picked[i], u])


@inner
def united(a, book, desk, top, day, first, chosen, n, owner, lambdas, tops, out):
    """``out[j]``: the sum of max(0, value - L size) over the pickups' items for the j-th L.

    Where only ``tops`` enterprises can be served, of the best so many.  Lists the items; returns how many.
    """
    m = list_items(a, book, desk, top, day, first, chosen, n, owner)
    worth_under(a, desk, m, np.inf, lambdas, tops, out)
    return m


@inner
def worth_under(a, desk, m, ceiling, lambdas, tops, out):
    """``united`` of the listed items if none were worth more than the ceiling a seat."""
    out[:] = 0.0
    for j in range(m):
        u = desk.listed[j]
        size = a.item[u, SIZE]
        value = min(desk.value[u], ceiling * size)
        for x in range(len(lambdas)):
            out[x] += max(0.0, value - lambdas[x] * size)
    if tops >= len(a.enterprise):
        return
    best = np.zeros(MOST)
    for x in range(len(lambdas)):
        for j in range(m):
            u = desk.listed[j]
            gain = min(desk.value[u], ceiling * a.item[u, SIZE]) - lambdas[x] * a.item[u, SIZE]
            if gain <= 0:
                continue
            before = -1
            for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
                e = a.option_whole[o, ENTERPRISE]
                if e != before:
                    desk.tally[e] += gain
                before = e
        best[:] = 0.0
        for j in range(m):
            u = desk.listed[j]
            for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
                e = a.option_whole[o, ENTERPRISE]
                worth, desk.tally[e] = desk.tally[e], 0.0
                for i in range(tops):
                    if worth > best[i]:
                        worth, best[i] = best[i], worth
        out[x] = min(out[x], best.sum())


@inner
def gains_of(a, desk, m, lambdas, out):
    """``out[j, e]``: for the j-th L, the sum of max(0, value - L size) over the listed items of enterprise e.

    The last of a row is the sum over all.
    """
    for j in range(m):
        u = desk.listed[j]
        for x in range(len(lambdas)):
            gain = desk.value[u] - lambdas[x] * a.item[u, SIZE]
            if gain <= 0:
                continue
            out[x, len(a.enterprise)] += gain
            before = -1
            for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
                e = a.option_whole[o, ENTERPRISE]
                if e != before:
                    out[x, e] += gain
                before = e


@inner
def most_gain(one, two, three, tops):
    """What pickups' items are worth at most above L a seat, by the row of ``gains_of`` of each of three.

    That is what ``united`` says where nobody could board at two of them.
    """
    last = len(one) - 1
    best, second, third = 0.0, 0.0, 0.0
    for e in range(last):
        worth = one[e] + two[e] + three[e]
        if worth > third:
            if worth > second:
                third = second
                if worth > best:
                    second, best = best, worth
                else:
                    second = worth
            else:
                third = worth
    most = best
    if tops > 1:
        most += second
    if tops > 2:
        most += third
    return min(one[last] + two[last] + three[last], most)


@inner
def drops_worth(a, desk, m, cap, rate, tops):
    """cap L + the best ``tops`` enterprises' sums of max(0, value - L size), by ``desk.by_drop``."""
    for j in range(m):
        u = desk.listed[j]
        before = -1
        for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
            e = a.option_whole[o, ENTERPRISE]
            if e != before:
                desk.tally[e] += max(0.0, desk.by_drop[e, u] - rate * a.item[u, SIZE])
            before = e
    best = np.zeros(MOST)
    for j in range(m):
        u = desk.listed[j]
        for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
            e = a.option_whole[o, ENTERPRISE]
            worth, desk.tally[e] = desk.tally[e], 0.0
            for i in range(tops):
                if worth > best[i]:
                    worth, best[i] = best[i], worth
    return cap * rate + best.sum()


@inner
def best_rate(a, desk, m, cap, high, tops):
    """The L that makes ``drops_worth`` least (a ternary search of a convex function)."""
    low = 0.0
    for _ in range(10):
        one, two = low + (high - low) / 3, high - (high - low) / 3
        if drops_worth(a, desk, m, cap, one, tops) <= drops_worth(a, desk, m, cap, two, tops):
            high = two
        else:
            low = one
    return (low + high) / 2
