"""Pricing: which trips are worth more than they cost at given prices, none left out.

The *ratio* of a trip is its cost (vehicle, road, drivers, and the price of the vehicle's days)
over the worth of its riders.  If no ratio is below 1, the prices are dual feasible; and where they
are not, prices are taken down until they are.  ``price_day`` goes through all trips of one risk
that leave on one day, takes prices down where trips beat them and returns such trips:

* ``sets_of`` reckons once, for each set of pickups, the least that any trip there costs.
* On a day, what a set's riders are worth at most is added up from pairs of pickups, for a few L.
  Sets whose ratio could be low enough by these two figures are taken up, the lowest first, each
  at the prices that those before it left: prices only fall, so what is settled stays so.
* A set that is taken up gets its exact riders, then its drops, then its roads and clocks.

Roads must be metric (no detour is shorter), so that a stop that nobody needs never pays.  Every
relaxation errs to the side of a smaller ratio: a clock that could start earlier, a room
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
    KM_FEN,
    OPTION,
    OPTION_END,
    REACH,
    REACH_END,
    REACH_PICKUP,
    RISK,
    SIZE,
    Arrays,
)
from optimizer.kernels import inner, kernel
from optimizer.least_clock import FAR, least_clock, least_day
from optimizer.loads import (
    LAMBDAS,
    MOST,
    PARTS,
    best_rate,
    drops_worth,
    fill_by_drop,
    fractional,
    united,
)
from optimizer.references import Reference
from optimizer.routes import LATES, ORDERS, ROUTINGS, days_price, price_drops
from optimizer.timetable import DAY

WAITING = 1 << 18  # sets that can wait to be taken up
THOROUGH = -1
GOOD = 0.995  # the ratio below which a trip is worth finding
GLANCES = 10  # sets that are refused at a glance in the time of one whose routes are tried


class Sets(NamedTuple):
    """The sets of pickups where riders of one risk could board."""

    pickup: NDArray[np.int16]  # [set, 3] ascending; -1 where there are fewer
    fen: NDArray[np.float32]  # [set, kind] the least that a trip there costs, rounded down; inf: none
    day: NDArray[np.int8]  # [set] when its first drop is reached at the earliest, 0 the day of leaving
    kinds: NDArray[np.int64]  # [kind] seats
    kind: NDArray[np.int64]  # [fleet] which kind
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
    kinds, kind = np.unique(a.cap[:, a.risk_factor[risk]], return_inverse=True)
    mine = np.nonzero(a.item[:, RISK] == risk)[0]
    reach = [a.reach[a.item[u, REACH] : a.item[u, REACH_END], REACH_PICKUP] for u in mine]
    pickups = np.unique(np.concatenate(reach).astype(np.int64))
    boards = np.zeros((len(mine), a.drop0), np.float32)
    for row, at in zip(boards, reach, strict=True):
        row[at.astype(np.int64)] = 1.0
    sets = Sets(
        pickup=np.zeros((0, MOST), np.int16),
        fen=np.zeros((0, len(kinds)), np.float32),
        day=np.zeros(0, np.int8),
        kinds=kinds.astype(np.int64),
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
    pickup, fen, day = _fill_sets(arrays, least, Reference(sets), pickups, min(MOST, a.max_pickups), halt)
    return sets._replace(pickup=pickup, fen=fen, day=day)


@kernel
def _fill_sets(a, least, sets, pickups, most, halt):
    n = len(pickups)
    count = n + (n * (n - 1) // 2 if most > 1 else 0) + (n * (n - 1) * (n - 2) // 6 if most > 2 else 0)
    pickup = np.empty((count, MOST), np.int16)
    fen = np.empty((count, len(sets.kinds)), np.float32)
    day = np.empty(count, np.int8)
    chosen, row, at = np.empty(MOST, np.int64), np.empty(len(sets.kinds)), 0
    ends, way = np.empty((ORDERS, 2), np.int64), np.empty(ORDERS)
    nearest = np.array([a.minutes[a.fleet0 :, p].min() for p in range(a.drop0)])
    for size in range(1, most + 1):
        for x in range(n):
            if halt[0]:
                return pickup[:0].copy(), fen[:0].copy(), day[:0].copy()
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
                                    way[orders] = _pickup_way(a.km, chosen[i], chosen, i, j, size)
                                    minutes = _pickup_way(a.minutes, chosen[i], chosen, i, j, size)
                                ride = min(ride, minutes + sets.ride[chosen[j]])
                                orders += 1
                    row[:] = np.inf
                    for k in range(len(a.fleet_fen)):
                        if a.fleet_whole[k, FIRST_VEHICLE] == a.fleet_whole[k, END_VEHICLE]:
                            continue
                        km = np.inf
                        for i in range(orders):
                            km = min(
                                km, a.km[a.fleet0 + k, ends[i, 0]] + way[i] + sets.homeward[k, ends[i, 1]]
                            )
                        cost = km * a.fleet_fen[k, KM_FEN]
                        if cost + a.fleet_fen[k, DAY_FEN] < row[sets.kind[k]]:
                            out = np.int64(FAR)
                            for i in range(size):
                                out = min(out, a.minutes[a.fleet0 + k, chosen[i]])
                            cost += least_clock(a, least, k, out, ride, sets.home[k])[0]
                            row[sets.kind[k]] = min(row[sets.kind[k]], cost)
                    if row.min() == np.inf:
                        continue
                    day[at] = least_day(a, least, near, ride)
                    for i in range(MOST):
                        pickup[at, i] = chosen[i] if i < size else -1
                    for c in range(len(row)):
                        fen[at, c] = row[c] * (1 - 1e-6)  # a rounding of 32 bits upward is less than that
                    at += 1
    return pickup[:at].copy(), fen[:at].copy(), day[:at].copy()


@inner
def _pickup_way(table, one, chosen, i, j, n):
    """The way from place ``one`` through the chosen pickups, the i-th first and the j-th last."""
    way = table[one, chosen[i]]
    if n == 2:
        way += table[chosen[i], chosen[j]]
    elif n == 3:
        mid = chosen[3 - i - j]
        way += table[chosen[i], mid] + table[mid, chosen[j]]
    return way


@inner
def _least_way(a, sets, chosen, n, k):
    """(km, minutes of the ride, minutes out) that no trip of a fleet there has less of."""
    depot = a.fleet0 + k
    km, ride, out = np.inf, np.int64(FAR), np.int64(FAR)
    for i in range(n):
        for j in range(n):
            if (i == j) != (n == 1):
                continue
            km = min(km, _pickup_way(a.km, depot, chosen, i, j, n) + sets.homeward[k, chosen[j]])
            way = np.int64(0)
            if n > 1:
                way = _pickup_way(a.minutes, chosen[i], chosen, i, j, n)
            ride = min(ride, way + sets.ride[chosen[j]])
            out = min(out, a.minutes[depot, chosen[i]])
    return km, ride, out


@kernel
def price_day(a, book, prices, top, sets, least, clocks, desk, found, first, tries, turns):
    """Go through all trips of one risk that leave on one day (at most 3 pickups and 3 drops).

    ``desk.down`` [item] is how far prices are taken down; it grows as trips are met that are worth
    more than they cost, until that trip is not, and after a thorough pass no trip of the day is.

    Args:
        top: of ``tops_of`` at the prices before they are taken down.
        tries: the routes of so many sets of pickups at most are tried: this finds many trips soon
            but proves nothing.  THOROUGH: no set is passed over of which a trip might be worth more
            than it costs.
        turns: so many times the riders of a set's best trip are taken down, and it is priced anew;
            then all who could board there are.

    ``found`` gets trips that were met.
    """
    pickups = a.drop0
    found.ratio[:] = np.inf
    if sets.drops == 0 or len(sets.pickup) == 0:
        return
    density = np.empty(len(book.item))
    many = 0
    for p in range(pickups):
        day = min(first + (a.rules.leave_from + sets.ride[p]) // DAY, top.shape[1] - 1)
        for n in range(book.first[p], book.first[p + 1]):
            u = book.item[n]
            worth = top[u, day] - book.fen[n] - desk.down[u]
            if a.item[u, AVAILABLE] <= first and worth > 0:
                density[many] = worth / a.item[u, SIZE]
                many += 1
    if many == 0:
        return
    ordered = np.sort(density[:many])
    lambdas = np.zeros(LAMBDAS)
    for j in range(1, LAMBDAS):
        lambdas[j] = ordered[min(many - 1, many * j // LAMBDAS)]
    tops = a.max_drops if not sets.quarantined else 1 << 30
    chosen = np.empty(MOST, np.int64)
    sums = np.zeros((pickups, LAMBDAS))
    pairs = np.zeros((pickups, pickups, LAMBDAS))
    day_of = np.zeros((pickups, pickups), np.int64)  # of arrival, for which these are reckoned
    # Sets of one pickup come first, then those of two.
    for s in range(len(sets.pickup)):
        if sets.pickup[s, 2] >= 0:
            break
        x, y = np.int64(sets.pickup[s, 0]), np.int64(sets.pickup[s, 1])
        chosen[0], chosen[1] = x, y
        day = first + sets.day[s]
        day_of[x, max(x, y)], day_of[max(x, y), x] = day, day
        if y < 0:
            united(a, book, desk, top, day, first, chosen, 1, lambdas, tops, sums[x])
        elif sums[x, 0] > 0 and sums[y, 0] > 0:
            if sets.quarantined and not sets.shared[x, y] and day_of[x, x] == day and day_of[y, y] == day:
                for j in range(LAMBDAS):
                    pairs[x, y, j] = sums[x, j] + sums[y, j]
            else:
                united(a, book, desk, top, day, first, chosen, 2, lambdas, tops, pairs[x, y])
            pairs[y, x] = pairs[x, y]
    # The least price of a day of a vehicle, by kind; inf where there is none.
    price = np.full(len(sets.kinds), np.inf)
    for k in range(len(a.fleet_fen)):
        if a.fleet_whole[k, FIRST_VEHICLE] < a.fleet_whole[k, END_VEHICLE]:
            price[sets.kind[k]] = min(price[sets.kind[k]], days_price(prices, k, first, 1))

    goal = 1.0 if tries == THOROUGH else GOOD
    waiting, ratio = np.empty(WAITING, np.int64), np.empty(WAITING)
    bound = np.empty(len(sets.kinds))
    count = 0
    for s in range(len(sets.pickup)):
        x, y, z = sets.pickup[s, 0], sets.pickup[s, 1], sets.pickup[s, 2]
        if sums[x, 0] <= 0 or (y >= 0 and sums[y, 0] <= 0) or (z >= 0 and sums[z, 0] <= 0):
            continue
        bound[:] = np.inf
        for j in range(LAMBDAS):
            if y < 0:
                total = sums[x, j]
            elif z < 0:
                total = pairs[x, y, j]
            else:
                one, two, three = pairs[x, y, j], pairs[x, z, j], pairs[y, z, j]
                sx, sy, sz = sums[x, j], sums[y, j], sums[z, j]
                total = min(one + sz, two + sy, three + sx)
                if sets.quarantined:
                    # What the union is worth on one day is submodular, and later no more.
                    if day_of[x, x] >= max(day_of[x, y], day_of[x, z]):
                        total = min(total, one + two - sx)
                    if day_of[y, y] >= max(day_of[x, y], day_of[y, z]):
                        total = min(total, one + three - sy)
                    if day_of[z, z] >= max(day_of[x, z], day_of[y, z]):
                        total = min(total, two + three - sz)
            for c in range(len(bound)):
                bound[c] = min(bound[c], sets.kinds[c] * lambdas[j] + total)
        for c in range(len(bound)):
            cost = sets.fen[s, c] + price[c]
            if cost < bound[c] * goal:
                waiting[count], ratio[count] = s * len(bound) + c, cost / bound[c]
                count += 1
        if count > WAITING - len(bound):
            _take_up(
                a, book, prices, sets, least, clocks, desk, found, first, tries, turns, goal, waiting,
                ratio, count, top, lambdas, tops,
            )  # fmt: skip
            count = 0
    _take_up(
        a, book, prices, sets, least, clocks, desk, found, first, tries, turns, goal, waiting, ratio,
        count, top, lambdas, tops,
    )  # fmt: skip


@inner
def _take_up(
    a, book, prices, sets, least, clocks, desk, found, first, tries, turns, goal, waiting, ratio,
    count, top, lambdas, tops,
):  # fmt: skip
    """Price the sets that wait, those first whose ratio may be lowest, and take prices down."""
    chosen = np.empty(MOST, np.int64)
    effort, hits = 0, 0
    for at in np.argsort(ratio[:count]):
        s, c = waiting[at] // len(sets.kinds), waiting[at] % len(sets.kinds)
        n = 1 + (sets.pickup[s, 1] >= 0) + (sets.pickup[s, 2] >= 0)
        for i in range(n):
            chosen[i] = sets.pickup[s, i]
        day = first + sets.day[s]
        for turn in range(turns + 1):
            if found.halt[0] or (tries != THOROUGH and effort >= GLANCES * tries):
                return
            found.at[0] = hits % len(found.ratio)
            left = ROUTINGS if tries != THOROUGH else 1 << 40
            found.left[0] = left
            got, m = _price_set(
                a, book, prices, sets, least, clocks, desk, found, first, chosen, n, c, goal, day, top,
                lambdas, tops,
            )  # fmt: skip
            effort += GLANCES if found.left[0] < left else 1
            if got >= goal:
                break
            hits += 1
            for j in range(m):
                u = desk.listed[j]
                if turn < turns:
                    desk.down[u] += desk.excess[u]
                else:
                    most = top[u, min(day, top.shape[1] - 1)] - desk.near[u]
                    desk.down[u] += (1.0 - got * (1.0 - 1e-9)) * max(0.0, most)


@inner
def _price_set(
    a, book, prices, sets, least, clocks, desk, found, first, chosen, n, c, goal, day, top, lambdas,
    tops,
):  # fmt: skip
    """(ratio, items): the least ratio of any trip with these pickups by a kind of coach, or ``goal``.

    ``items`` is how many ``desk.listed`` has; ``desk.excess`` belongs to the trip of that ratio.
    """
    cap = sets.kinds[c]
    m = united(a, book, desk, top, day, first, chosen, n, lambdas, tops, desk.totals)
    most = np.inf
    for j in range(len(lambdas)):
        most = min(most, cap * lambdas[j] + desk.totals[j])
    filled_low, filled_high, filled_owner = -1, -1, -2
    all_bound, all_rate, useful = 0.0, 0.0, 0
    for k in range(len(a.fleet_fen)):
        if found.left[0] <= 0:
            break
        if sets.kind[k] != c or a.fleet_whole[k, FIRST_VEHICLE] == a.fleet_whole[k, END_VEHICLE]:
            continue
        km, ride, out = _least_way(a, sets, chosen, n, k)
        road = km * a.fleet_fen[k, KM_FEN]
        if a.fleet_fen[k, DAY_FEN] + road >= most * goal:
            continue
        fen, days = least_clock(a, least, k, out, ride, sets.home[k])
        if fen + road + days_price(prices, k, first, days) >= most * goal:
            continue
        owner = a.fleet_whole[k, FLEET_RESERVED]
        arrival = least_day(a, least, out, ride)
        low = first + arrival
        for late in range(LATES + 1 if sets.quarantined else 1):
            # Trips whose last drop is reached at most late + 1 days after the earliest, in the end
            # whenever (of riders who go straight to work: at once, for later is never better for them).
            length = days if late == 0 else max(days, arrival + late + 2)
            base = max(fen, length * a.fleet_fen[k, DAY_FEN]) + days_price(prices, k, first, length)
            if base + road >= most * goal:
                break
            high = low
            if sets.quarantined:
                high = low + late + 1 if late < LATES else max(low, prices.stay.shape[2] - 1)
            if low != filled_low or high != filled_high or owner != filled_owner:
                filled_low, filled_high, filled_owner = low, high, owner
                fill_by_drop(a, prices, desk, m, owner, low, high, sets.quarantined, sets.drops)
                all_bound, all_rate, useful = _rank_drops(a, desk, m, sets, cap)
            if base + road < all_bound * goal:
                goal = price_drops(
                    a, prices, sets, clocks, desk, found, first, chosen, n, cap, k, m,
                    base + road, low, days, useful, all_rate, goal, late,
                )  # fmt: skip
    return goal, m


@inner
def _rank_drops(a, desk, m, sets, cap):
    """(bound of a load's worth, its L, how many drops are worth a stop), by ``desk.by_drop``."""
    bound, rate = fractional(a, desk, m, cap)
    if not sets.quarantined:
        high = 0.0
        for j in range(m):
            u = desk.listed[j]
            high = max(high, desk.value[u] / a.item[u, SIZE])
        rate = best_rate(a, desk, m, cap, high, a.max_drops)
        bound = min(bound, drops_worth(a, desk, m, cap, rate, a.max_drops))
    desk.drop_value[:, : sets.drops] = 0.0
    for j in range(m):
        u = desk.listed[j]
        if sets.quarantined:
            for d in range(sets.drops):
                _tally(a, desk, d, u, rate)
        else:
            before = -1
            for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
                if a.option_whole[o, ENTERPRISE] != before:
                    before = a.option_whole[o, ENTERPRISE]
                    _tally(a, desk, before, u, rate)
    useful = 0
    best = desk.drop_value[0]
    for d in range(sets.drops):
        if desk.drop_value[1, d] > 0:
            at = useful
            while at > 0 and best[desk.useful[at - 1]] < best[d]:
                desk.useful[at] = desk.useful[at - 1]
                at -= 1
            desk.useful[at] = d
            useful += 1
    return bound, rate, useful


@inner
def _tally(a, desk, d, u, rate):
    """Add an item to what a drop is worth, for each L."""
    for i in range(len(PARTS)):
        desk.drop_value[i, d] += max(0.0, desk.by_drop[d, u] - PARTS[i] * rate * a.item[u, SIZE])
