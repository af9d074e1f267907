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

import numpy as np

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
    SIZE,
)
from optimizer.kernels import inner, kernel
from optimizer.least_clock import FAR, NEVER_DAYS, least_clock, least_day
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
from optimizer.pickup_sets import pickup_way
from optimizer.routes import LATES, ROUTINGS, days_price, price_drops
from optimizer.timetable import DAY

WAITING = 1 << 18  # sets that can wait to be taken up
THOROUGH = -1
GOOD = 0.995  # the ratio below which a trip is worth finding
GLANCES = 10  # sets that are refused at a glance in the time of one whose routes are tried


@inner
def _least_way(a, sets, chosen, n, k):
    """(km, minutes of the ride, minutes out) that no trip of a fleet there has less of."""
    depot = a.fleet0 + k
    km, ride, out = np.inf, np.int64(FAR), np.int64(FAR)
    for i in range(n):
        for j in range(n):
            if (i == j) != (n == 1):
                continue
            km = min(km, pickup_way(a.km, depot, chosen, i, j, n) + sets.homeward[k, chosen[j]])
            way = np.int64(0)
            if n > 1:
                way = pickup_way(a.minutes, chosen[i], chosen, i, j, n)
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
    owners = np.unique(np.append(sets.owner, -1))
    whose = np.searchsorted(owners, sets.owner)
    owned = np.zeros((len(owners), pickups, LAMBDAS))  # the same of one owner's people
    # Sets of one pickup come first, then those of two.
    for s in range(len(sets.pickup)):
        if sets.pickup[s, 2] >= 0:
            break
        x, y = np.int64(sets.pickup[s, 0]), np.int64(sets.pickup[s, 1])
        chosen[0], chosen[1] = x, y
        day = first + sets.day[s]
        day_of[x, max(x, y)], day_of[max(x, y), x] = day, day
        if y < 0:
            united(a, book, desk, top, day, first, chosen, 1, -1, lambdas, tops, sums[x])
            for n in range(1, len(owners)):
                united(a, book, desk, top, day, first, chosen, 1, owners[n], lambdas, tops, owned[n, x])
        elif sums[x, 0] > 0 and sums[y, 0] > 0:
            if sets.quarantined and not sets.shared[x, y] and day_of[x, x] == day and day_of[y, y] == day:
                for j in range(LAMBDAS):
                    pairs[x, y, j] = sums[x, j] + sums[y, j]
            else:
                united(a, book, desk, top, day, first, chosen, 2, -1, lambdas, tops, pairs[x, y])
            pairs[y, x] = pairs[x, y]
    # [kind, days] the least price of a vehicle for so many days; inf where there is none.
    price = np.full((len(sets.kinds), NEVER_DAYS + 1), np.inf)
    for k in range(len(a.fleet_fen)):
        if a.fleet_whole[k, FIRST_VEHICLE] < a.fleet_whole[k, END_VEHICLE]:
            for days in range(NEVER_DAYS + 1):
                c = sets.kind[k]
                price[c, days] = min(price[c, days], days_price(prices, k, first, days))

    goal = 1.0 if tries == THOROUGH else GOOD
    waiting, ratio = np.empty(WAITING, np.int64), np.empty(WAITING)
    seats = np.unique(sets.kinds)
    size = np.searchsorted(seats, sets.kinds)
    bound = np.empty((len(owners), len(seats)))
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
            for n in range(len(owners)):
                if n > 0:
                    total = owned[n, x, j]
                    if y >= 0:
                        total += owned[n, y, j]
                    if z >= 0:
                        total += owned[n, z, j]
                for i in range(len(seats)):
                    bound[n, i] = min(bound[n, i], seats[i] * lambdas[j] + total)
        kept = count  # with few tries only the most promising kind of each set waits
        for c in range(len(sets.kinds)):
            most = bound[whose[c], size[c]]
            cost = sets.fen[s, c]
            if cost >= most * goal:
                continue
            cost += price[c, sets.days[s, c]]
            if cost >= most * goal:
                continue
            if tries == THOROUGH or kept == count:
                ratio[count] = np.inf
                count += 1
            if cost / most < ratio[count - 1]:
                waiting[count - 1], ratio[count - 1] = s * len(sets.kinds) + c, cost / most
        if count > WAITING - len(sets.kinds):
            _take_up(
                a, book, prices, sets, least, clocks, desk, found, first, tries, turns, goal, waiting,
                ratio, count, top, lambdas, tops, price,
            )  # fmt: skip
            count = 0
    _take_up(
        a, book, prices, sets, least, clocks, desk, found, first, tries, turns, goal, waiting, ratio,
        count, top, lambdas, tops, price,
    )  # fmt: skip


@inner
def _take_up(
    a, book, prices, sets, least, clocks, desk, found, first, tries, turns, goal, waiting, ratio,
    count, top, lambdas, tops, price,
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
        if found.halt[0]:
            return
        if tries == THOROUGH and found.haste[0]:
            most, m = _most_of(a, book, sets, desk, first, chosen, n, c, day, top, lambdas, tops)
            cost = sets.fen[s, c] + price[c, sets.days[s, c]]
            if cost < most:
                _shrink(desk, top, day, m, cost / most)
            continue
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
            if turn == turns:
                _shrink(desk, top, day, m, got)
                continue
            for j in range(m):
                u = desk.listed[j]
                desk.down[u] += desk.excess[u]


@inner
def _shrink(desk, top, day, m, part):
    """Take the listed items down so that each is worth no more than a part of the most it may be worth."""
    for j in range(m):
        u = desk.listed[j]
        most = top[u, min(day, top.shape[1] - 1)] - desk.near[u]
        desk.down[u] += (1.0 - part * (1.0 - 1e-9)) * max(0.0, most)


@inner
def _most_of(a, book, sets, desk, first, chosen, n, c, day, top, lambdas, tops):
    """(bound, items): what a load of a kind of coach from these pickups is worth at most; lists the items."""
    m = united(
        a, book, desk, top, day, first, chosen, n, sets.owner[c], lambdas, tops, desk.totals
    )  # fmt: skip
    most = np.inf
    for j in range(len(lambdas)):
        most = min(most, sets.kinds[c] * lambdas[j] + desk.totals[j])
    return most, m


@inner
def _price_set(
    a, book, prices, sets, least, clocks, desk, found, first, chosen, n, c, goal, day, top, lambdas,
    tops,
):  # fmt: skip
    """(ratio, items): the least ratio of any trip with these pickups by a kind of coach, or ``goal``.

    ``items`` is how many ``desk.listed`` has; ``desk.excess`` belongs to the trip of that ratio.
    """
    cap = sets.kinds[c]
    most, m = _most_of(a, book, sets, desk, first, chosen, n, c, day, top, lambdas, tops)
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
