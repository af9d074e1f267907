"""Pricing: which trips are worth more than they cost at given prices, none left out.

The *ratio* of a trip is its cost (vehicle, road, drivers, and the price of the vehicle's days)
over the worth of its riders.  If no ratio is below 1, the prices are dual feasible; and where they
are not, taking items' earnings down by the least ratio of any trip that could carry them makes
them so.  ``price_day`` goes through all trips of one risk that leave on one day, lowers those
least ratios by pickup and returns trips that come near them:

* ``sets_of`` reckons once, for each set of pickups, the least that any trip there costs.
* On a day, what a set's riders are worth at most is added up from pairs of pickups, for a few L.
  Sets whose ratio could be low enough by these two figures are taken up, the lowest first.
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
from optimizer.least_clock import FAR, least_clock, least_day, soon
from optimizer.loads import (
    LAMBDAS,
    MOST,
    PARTS,
    best_load,
    best_rate,
    drops_worth,
    fill_by_drop,
    fractional,
    take_best_of,
    united,
    value_in,
    value_of,
)
from optimizer.references import Reference
from optimizer.timetable import DAY, clock_of

ORDERS = 6  # of three stops
LATES = 2  # days by which a trip may come late on purpose that are told apart
WAITING = 1 << 18  # sets that can wait to be taken up
THOROUGH = -1
BUCKETS = 1024
GOOD = 0.995  # the ratio below which a trip is worth finding
ROUTINGS = 30  # sets of drops, one route each, that a set of pickups is tried with, if not thoroughly
ENOUGH = 4  # trips that a pickup needs on a day


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


class Clocks(NamedTuple):
    """Clocks of routes met before, and scratch."""

    key: NDArray[np.int64]
    row: NDArray[np.float64]  # fen of the cheapest clock; bounds: fewest days, earliest day at each drop
    legs: NDArray[np.int64]
    closed: NDArray[np.int64]
    late: NDArray[np.int64]
    wait: NDArray[np.float64]
    minutes: NDArray[np.int64]
    minutes2: NDArray[np.int64]


class Found(NamedTuple):
    """The trips that were met, the best of each bucket."""

    ratio: NDArray[np.float64]  # [bucket]; inf: none
    head: NDArray[np.int64]  # [bucket, (fleet, days, riders)]
    fen: NDArray[np.float64]  # [bucket] of the trip alone
    riders: NDArray[np.int64]  # [bucket, rider, (item, drop, day of arrival)]
    rider_fen: NDArray[np.float64]  # [bucket, rider] beside the trip, with the price of the stay
    at: NDArray[np.int64]  # [1] the bucket that is being filled
    left: NDArray[np.int64]  # [1] sets of drops and clocks that a set of pickups may still be tried with
    halt: NDArray[np.int64]  # [1] not 0: end as soon as may be


C_FLEET, C_DAYS, C_RIDERS = range(3)
R_ITEM, R_DROP, R_DAY = range(3)


def clocks_for(memory: int = 1 << 18) -> Clocks:
    stops = 2 * MOST
    return Clocks(
        key=np.zeros(memory, np.int64),
        row=np.zeros((memory, 2 + MOST)),
        legs=np.zeros(stops, np.int64),
        closed=np.zeros(stops, np.int64),
        late=np.full(stops, FAR, np.int64),
        wait=np.zeros(stops),
        minutes=np.zeros(stops, np.int64),
        minutes2=np.zeros(stops, np.int64),
    )


def found_for(a: Arrays, halt: NDArray[np.int64]) -> Found:
    buckets, seats = max(BUCKETS, a.drop0 * len(np.unique(a.cap))), max(1, int(a.cap.max(initial=1)))
    return Found(
        ratio=np.full(buckets, np.inf),
        head=np.zeros((buckets, 3), np.int64),
        fen=np.zeros(buckets),
        riders=np.zeros((buckets, seats, 3), np.int64),
        rider_fen=np.zeros((buckets, seats)),
        at=np.zeros(1, np.int64),
        left=np.zeros(1, np.int64),
        halt=halt,
    )


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


@inner
def _days_price(prices, k, first, days):
    """The price of a vehicle of a fleet on these days; what lies past the table is free."""
    return prices.vehicle[k, min(first + days, prices.vehicle.shape[1] - 1)] - prices.vehicle[k, first]


@inner
def _goal(theta, met, chosen, n, tries):
    """The ratio that a trip must stay below; 0 where the set need not be taken up."""
    goal, fewest = theta[chosen[0]], met[chosen[0]]
    for i in range(1, n):
        goal = max(goal, theta[chosen[i]])
        fewest = min(fewest, met[chosen[i]])
    if tries == THOROUGH:
        return goal
    return GOOD if fewest < ENOUGH else 0.0


@kernel
def price_day(a, book, prices, top, sets, least, clocks, desk, found, first, tries, theta):
    """Go through all trips of one risk that leave on one day (at most 3 pickups and 3 drops).

    Args:
        top: of ``tops_of`` at these prices.
        tries: so many sets of pickups at most are taken up, and none whose pickups have all had
            some trips: this finds many trips soon but proves nothing.
            THOROUGH: only those are passed over that can lower the least ratio of no pickup.
        theta: [pickup] the least ratio met so far, at most 1.  Lowered in place, after a thorough
            pass to no more than the ratio of any trip on which a rider of some worth boards there.

    ``found`` gets the trips of least ratio that were met.
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
            if a.item[u, AVAILABLE] <= first and top[u, day] > book.fen[n]:
                density[many] = (top[u, day] - book.fen[n]) / a.item[u, SIZE]
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
            united(a, book, desk, top, day, first, chosen, 2, lambdas, tops, pairs[x, y])
            pairs[y, x] = pairs[x, y]
    # The least price of a day of a vehicle, by kind; inf where there is none.
    price = np.full(len(sets.kinds), np.inf)
    for k in range(len(a.fleet_fen)):
        if a.fleet_whole[k, FIRST_VEHICLE] < a.fleet_whole[k, END_VEHICLE]:
            price[sets.kind[k]] = min(price[sets.kind[k]], _days_price(prices, k, first, 1))

    met = np.zeros(pickups, np.int64)
    waiting, ratio = np.empty(WAITING, np.int64), np.empty(WAITING)
    count = 0
    for s in range(len(sets.pickup)):
        x, y, z = sets.pickup[s, 0], sets.pickup[s, 1], sets.pickup[s, 2]
        if sums[x, 0] <= 0 or (y >= 0 and sums[y, 0] <= 0) or (z >= 0 and sums[z, 0] <= 0):
            continue
        n = 1 + (y >= 0) + (z >= 0)
        for i in range(n):
            chosen[i] = sets.pickup[s, i]
        goal = _goal(theta, met, chosen, n, tries)
        for c in range(len(sets.kinds)):
            bound = np.inf
            for j in range(LAMBDAS):
                if n == 1:
                    total = sums[x, j]
                elif n == 2:
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
                bound = min(bound, sets.kinds[c] * lambdas[j] + total)
            cost = sets.fen[s, c] + price[c]
            if cost < bound * goal:
                waiting[count], ratio[count] = s * len(sets.kinds) + c, cost / bound
                count += 1
        if count > WAITING - len(sets.kinds):
            _take_up(
                a, book, prices, sets, least, clocks, desk, found, first, tries, theta, met,
                waiting, ratio, count, top, lambdas, tops,
            )  # fmt: skip
            count = 0
    _take_up(
        a, book, prices, sets, least, clocks, desk, found, first, tries, theta, met, waiting, ratio, count,
        top, lambdas, tops,
    )  # fmt: skip


@inner
def _take_up(
    a, book, prices, sets, least, clocks, desk, found, first, tries, theta, met, waiting,
    ratio, count, top,
    lambdas, tops,
):  # fmt: skip
    """Price the sets that wait, those first whose ratio may be lowest."""
    chosen = np.empty(MOST, np.int64)
    tried = 0
    for at in np.argsort(ratio[:count]):
        if found.halt[0] or tried == tries:
            return
        s, c = waiting[at] // len(sets.kinds), waiting[at] % len(sets.kinds)
        n = 1 + (sets.pickup[s, 1] >= 0) + (sets.pickup[s, 2] >= 0)
        for i in range(n):
            chosen[i] = sets.pickup[s, i]
        goal = _goal(theta, met, chosen, n, tries)
        if ratio[at] >= goal:
            continue
        found.at[0] = tried % len(found.ratio) if tries != THOROUGH else c * a.drop0 + chosen[0]
        found.left[0] = ROUTINGS if tries != THOROUGH else 1 << 40
        tried += 1
        got = _price_set(
            a, book, prices, sets, least, clocks, desk, found, first, chosen, n, c, goal,
            first + sets.day[s], top, lambdas, tops,
        )  # fmt: skip
        if got < goal:
            for i in range(n):
                theta[chosen[i]] = min(theta[chosen[i]], got)
                met[chosen[i]] += 1


@inner
def _price_set(
    a, book, prices, sets, least, clocks, desk, found, first, chosen, n, c, goal, day, top, lambdas,
    tops,
):  # fmt: skip
    """The least ratio of any trip with these pickups by a kind of coach, if it is below ``goal``."""
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
        if fen + road + _days_price(prices, k, first, days) >= most * goal:
            continue
        owner = a.fleet_whole[k, FLEET_RESERVED]
        arrival = least_day(a, least, out, ride)
        low = first + arrival
        for late in range(LATES + 1 if sets.quarantined else 1):
            # Trips whose last drop is reached at most late + 1 days after the earliest, in the end
            # whenever (of riders who go straight to work: at once, for later is never better for them).
            length = days if late == 0 else max(days, arrival + late + 2)
            base = max(fen, length * a.fleet_fen[k, DAY_FEN]) + _days_price(prices, k, first, length)
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
                goal = _price_drops(
                    a, prices, sets, clocks, desk, found, first, chosen, n, c, cap, k, m,
                    base + road, low, days, useful, all_rate, goal, late,
                )  # fmt: skip
    return goal


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


@inner
def _price_drops(
    a, prices, sets, clocks, desk, found, first, chosen, n, c, cap, k, m,
    fixed, low, least_days, useful, rate, goal, late,
):  # fmt: skip
    """Go through the sets of drops; ``desk.by_drop`` tells what items are worth there."""
    picked = np.empty(MOST, np.int64)
    best = desk.drop_value[0]
    for r in range(1, min(a.max_drops, MOST) + 1):
        for x in range(useful):
            first_worth = best[desk.useful[x]]
            if fixed >= (cap * rate + r * first_worth) * goal:
                break
            for y in range(x + 1 if r > 1 else x, useful if r > 1 else x + 1):
                second_worth = best[desk.useful[y]] if r > 1 else 0.0
                if fixed >= (cap * rate + first_worth + (r - 1) * second_worth) * goal:
                    break
                for z in range(y + 1 if r > 2 else y, useful if r > 2 else y + 1):
                    third_worth = best[desk.useful[z]] if r > 2 else 0.0
                    if fixed >= (cap * rate + first_worth + second_worth + third_worth) * goal:
                        break
                    if found.left[0] <= 0:
                        return goal
                    picked[0], picked[1], picked[2] = desk.useful[x], desk.useful[y], desk.useful[z]
                    factor = a.risk_factor[sets.risk]
                    for i in range(r):
                        factor = min(factor, a.factor[sets.drop0 + picked[i]])
                    seats = a.cap[k, factor]
                    worth = np.inf
                    for i in range(len(PARTS)):
                        total = seats * PARTS[i] * rate
                        for j in range(r):
                            total += desk.drop_value[i, picked[j]]
                        worth = min(worth, total)
                    if fixed >= worth * goal:
                        continue
                    if r > 1 and sets.quarantined:
                        worth = seats * rate
                        for j in range(m):
                            u = desk.listed[j]
                            most = desk.by_drop[picked[0], u]
                            for i in range(1, r):
                                most = max(most, desk.by_drop[picked[i], u])
                            worth += max(0.0, most - rate * a.item[u, SIZE])
                        if fixed >= worth * goal:
                            continue
                    goal = _price_routes(
                        a, prices, sets, clocks, desk, found, first, chosen, n, c, seats, k, m,
                        low, least_days, picked, r, goal, late,
                    )  # fmt: skip
    return goal


@inner
def _price_routes(
    a, prices, sets, clocks, desk, found, first, chosen, n, c, cap, k, m,
    low, least_days, picked, r, goal, late,
):  # fmt: skip
    """Every order of the pickups and of the drops, with its own road, clock and days of arrival."""
    found.left[0] -= 1
    depot, per_km, day_fen = a.fleet0 + k, a.fleet_fen[k, KM_FEN], a.fleet_fen[k, DAY_FEN]
    take_best_of(desk, m, picked, r)
    worth = fractional(a, desk, m, cap)[0]
    stops = np.empty(2 * MOST, np.int64)
    count = 0
    for order in range(ORDERS * ORDERS):
        if not _arrange(sets, chosen, n, picked, r, order, stops):
            continue
        km = a.km[depot, stops[0]] + a.km[stops[n + r - 1], depot]
        for s in range(n + r - 1):
            km += a.km[stops[s], stops[s + 1]]
            clocks.legs[s] = a.minutes[stops[s], stops[s + 1]]
        if day_fen + km * per_km >= worth * goal:
            continue
        out, back = a.minutes[depot, stops[0]], a.minutes[stops[n + r - 1], depot]
        fen, days = soon(a, k, out, clocks.legs, back, n + r, n, clocks.minutes, clocks.minutes2)
        if late > 0:
            days = max(days, low - first + late + 2)
            fen = max(fen, days * day_fen)
        fen += km * per_km + _days_price(prices, k, first, days)
        if fen < worth * goal:
            desk.route[count], desk.route_fen[count], desk.route_km[count] = order, fen, km
            count += 1
    exact, fresh = False, False
    for _ in range(count if found.left[0] > ROUTINGS else min(count, 1)):
        at = 0
        for i in range(1, count):
            if desk.route_fen[i] < desk.route_fen[at]:
                at = i
        if desk.route_fen[at] >= worth * goal:
            break
        if not exact:
            worth, exact, fresh = best_load(a, desk, m, cap), True, True
            if desk.route_fen[at] >= worth * goal:
                break
        desk.route_fen[at] = np.inf
        _arrange(sets, chosen, n, picked, r, desk.route[at], stops)
        slot = _route_clock(a, sets, clocks, k, stops, n, r)
        fen, days = clocks.row[slot, 0], np.int64(clocks.row[slot, 1])
        if fen == np.inf:
            continue
        if late > 0:
            days = max(days, low - first + late + 2)
            fen = max(fen, days * day_fen)
        cost = fen + desk.route_km[at] * per_km
        price = _days_price(prices, k, first, days)
        if cost + price >= worth * goal:
            continue
        # The days on which this route reaches its drops.
        later = False
        for s in range(r):
            later = later or first + np.int64(clocks.row[slot, 2 + s]) != low
        own = worth
        if later:
            own = _worth_on(a, prices, sets, clocks, desk, first, m, k, stops, n, r, slot, cap, late)
            fresh = False
        elif not fresh:
            best_load(a, desk, m, cap)
            fresh = True
        if cost + price < own * goal:
            goal = (cost + price) / own
            _write(
                a, prices, sets, clocks, desk, found, first, chosen, c, cap, k, n, r, m, stops, slot,
                days, cost, goal, late,
            )  # fmt: skip
        if later:
            take_best_of(desk, m, picked, r)
    return goal


@inner
def _arrange(sets, chosen, n, picked, r, order, stops):
    """Fill ``stops`` with an order of the pickups and one of the drops; False where it is a double."""
    x, y = order // ORDERS, order % ORDERS
    if (n < MOST and x >= n) or (r < MOST and y >= r):
        return False
    for i in range(n):
        stops[i] = chosen[_place(x, i, n)]
    for i in range(r):
        stops[n + i] = sets.drop0 + picked[_place(y, i, r)]
    return True


@inner
def _place(order, i, n):
    """Which of n stops is the i-th in an order: the first orders turn them round, the others backward."""
    turned = (order + i) % n
    return n - 1 - turned if order >= MOST else turned


@inner
def _route_clock(a, sets, clocks, k, stops, n, r):
    """Where ``clocks.row`` has the clock of a route of n pickups and r drops.

    Closures are left out, so the clocks hold on every day.
    """
    depot = a.fleet0 + k
    key = np.int64(k)
    for s in range(MOST):
        key = key * (a.drop0 + 1) + (stops[s] + 1 if s < n else 0)
    for s in range(MOST):
        key = key * (a.fleet0 - a.drop0 + 1) + (stops[n + s] - a.drop0 + 1 if s < r else 0)
    slot = (key * np.int64(2654435761)) % len(clocks.key)
    if slot < 0:
        slot += len(clocks.key)
    if clocks.key[slot] == key + 1:
        return slot
    for s in range(n + r - 1):
        clocks.legs[s] = a.minutes[stops[s], stops[s + 1]]
    out, back = a.minutes[depot, stops[0]], a.minutes[stops[n + r - 1], depot]
    row = clocks.row[slot]
    # Other clocks than the cheapest may be shorter or come earlier.
    _, row[1] = soon(a, k, out, clocks.legs, back, n + r, n, clocks.minutes, clocks.minutes2)
    for s in range(r):
        row[2 + s] = clocks.minutes2[n + s] // DAY
    row[0], _, _, _ = clock_of(
        out, clocks.legs, back, n + r, n, clocks.closed, clocks.late, clocks.wait, a.fleet_fen[k, DAY_FEN],
        a.extra_fen, a.rules, clocks.minutes, clocks.minutes2,
    )  # fmt: skip
    clocks.key[slot] = key + 1
    return slot


@inner
def _span(sets, clocks, first, slot, s, late, until):
    """First and last day on which the s-th drop may be reached."""
    day = first + np.int64(clocks.row[slot, 2 + s])
    if not sets.quarantined:
        return day, day
    return day, day + late + 1 if late < LATES else max(day, until)


@inner
def _worth_on(a, prices, sets, clocks, desk, first, m, k, stops, n, r, slot, cap, late):
    """The best load for a route's own days of arrival."""
    owner = a.fleet_whole[k, FLEET_RESERVED]
    for j in range(m):
        u = desk.listed[j]
        desk.value[u] = -np.inf
        for s in range(r):
            low, high = _span(sets, clocks, first, slot, s, late, prices.stay.shape[2] - 1)
            worth = value_in(a, prices, u, stops[n + s] - sets.drop0, owner, low, high, sets.quarantined)
            desk.value[u] = max(desk.value[u], worth - desk.near[u])
    return best_load(a, desk, m, cap)


@inner
def _write(
    a, prices, sets, clocks, desk, found, first, chosen, c, cap, k, n, r, m, stops, slot, days, cost,
    ratio, late,
):  # fmt: skip
    """Keep a trip whose load is in ``desk.taken``, if it is the best of its bucket."""
    bucket = found.at[0]
    if ratio >= found.ratio[bucket]:
        return
    owner = a.fleet_whole[k, FLEET_RESERVED]
    found.ratio[bucket], found.fen[bucket] = ratio, cost
    room, count = cap, 0
    for j in range(m - 1, -1, -1):
        if not desk.taken[j, room]:
            continue
        u = desk.listed[j]
        room -= a.item[u, SIZE]
        best = -np.inf
        for s in range(r):
            low, high = _span(sets, clocks, first, slot, s, late, prices.stay.shape[2] - 1)
            for day in range(low, high + 1):
                drop = stops[n + s] - sets.drop0
                worth = value_of(a, prices, u, drop, owner, day, sets.quarantined)
                if worth > best:
                    best = worth
                    found.riders[bucket, count, R_DROP], found.riders[bucket, count, R_DAY] = drop, day
        found.riders[bucket, count, R_ITEM] = u
        found.rider_fen[bucket, count] = prices.item[u] - best + desk.near[u]
        count += best > -np.inf
    head = found.head[bucket]
    head[C_FLEET], head[C_DAYS], head[C_RIDERS] = k, days, count
