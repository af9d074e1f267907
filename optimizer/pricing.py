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
    gains_of,
    most_gain,
    united,
    worth_under,
)
from optimizer.pickup_sets import pickup_way
from optimizer.road_rules import DAY
from optimizer.routes import LATES, ROUTINGS, days_price, price_drops

WAITING = 1 << 18  # sets that can wait to be taken up
THOROUGH = -1
GOOD = 0.995  # the ratio below which a trip is worth finding
BISECTIONS = 12
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
    # The same by enterprise, and in all (the last), where trips serve few of them.
    gains = np.zeros((pickups if tops < len(a.enterprise) else 0, LAMBDAS, len(a.enterprise) + 1))
    nobody = np.zeros(len(a.enterprise) + 1)
    # Sets of one pickup come first, then those of two.
    for s in range(len(sets.pickup)):
        if sets.pickup[s, 2] >= 0:
            break
        x, y = np.int64(sets.pickup[s, 0]), np.int64(sets.pickup[s, 1])
        chosen[0], chosen[1] = x, y
        day = first + sets.day[s]
        day_of[x, max(x, y)], day_of[max(x, y), x] = day, day
        if y < 0:
            m = united(a, book, desk, top, day, first, chosen, 1, -1, lambdas, tops, sums[x])
            if len(gains):
                gains_of(a, desk, m, lambdas, gains[x])
            for n in range(1, len(owners)):
                united(a, book, desk, top, day, first, chosen, 1, owners[n], lambdas, tops, owned[n, x])
        elif sums[x, 0] > 0 and sums[y, 0] > 0:
            if sets.shared[x, y] or day_of[x, x] != day or day_of[y, y] != day:
                united(a, book, desk, top, day, first, chosen, 2, -1, lambdas, tops, pairs[x, y])
            elif len(gains):
                for j in range(LAMBDAS):
                    pairs[x, y, j] = most_gain(gains[x, j], gains[y, j], nobody, tops)
            else:
                for j in range(LAMBDAS):
                    pairs[x, y, j] = sums[x, j] + sums[y, j]
            pairs[y, x] = pairs[x, y]
    # [kind, days] the least price of a vehicle for so many days; inf where there is none.
    price = np.full((len(sets.kinds), NEVER_DAYS + 1), np.inf)
    for k in range(len(a.fleet_fen)):
        if a.fleet_whole[k, FIRST_VEHICLE] < a.fleet_whole[k, END_VEHICLE]:
            for days in range(NEVER_DAYS + 1):
                c = sets.kind[k]
                price[c, days] = min(price[c, days], days_price(prices, k, first, days))

    goal = 1.0 if tries == THOROUGH else GOOD
    seats = np.unique(sets.kinds)
    coaches = _Coaches(owners, whose, seats, np.searchsorted(seats, sets.kinds), price)
    waiting, ratio = np.empty(WAITING, np.int64), np.empty(WAITING)
    bound, lowest = np.empty((len(owners), len(seats))), np.empty(len(owners))
    nearest = np.zeros(len(seats), np.int64)  # which L gives the bound of anybody's coaches
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
                    if seats[i] * lambdas[j] + total < bound[n, i]:
                        bound[n, i] = seats[i] * lambdas[j] + total
                        if n == 0:
                            nearest[i] = j
        if not _ratios(sets, coaches, s, bound, goal, lowest):
            continue
        if z >= 0 and len(gains):
            for i in range(len(seats)):
                j = nearest[i]
                most = seats[i] * lambdas[j] + most_gain(gains[x, j], gains[y, j], gains[z, j], tops)
                bound[0, i] = min(bound[0, i], most)
            if not _ratios(sets, coaches, s, bound, goal, lowest):
                continue
        kept = count  # with few tries only the most promising coaches of each set wait
        for n in range(len(owners)):
            if lowest[n] < goal:
                if tries == THOROUGH or kept == count:
                    ratio[count] = np.inf
                    count += 1
                if lowest[n] < ratio[count - 1]:
                    waiting[count - 1], ratio[count - 1] = s * len(owners) + n, lowest[n]
        if count > WAITING - len(owners):
            _take_up(
                a, book, prices, sets, least, clocks, desk, found, first, tries, turns, goal, waiting,
                ratio, count, top, lambdas, tops, coaches,
            )  # fmt: skip
            count = 0
    _take_up(
        a, book, prices, sets, least, clocks, desk, found, first, tries, turns, goal, waiting, ratio,
        count, top, lambdas, tops, coaches,
    )  # fmt: skip


class _Coaches(NamedTuple):
    """The kinds of coaches, and what a vehicle of each is priced at on a day."""

    owners: NDArray[np.int64]  # enterprises that alone some carry; -1, the first: anybody
    whose: NDArray[np.int64]  # [kind] which of them
    seats: NDArray[np.int64]  # different numbers
    size: NDArray[np.int64]  # [kind] which of them
    price: NDArray[np.float64]  # [kind, days] the least for so many days; inf where there is none


@inner
def _ratios(sets, coaches, s, bound, goal, lowest):
    """Whether a trip of a set may have a ratio below ``goal``; ``lowest`` gets the least by owner."""
    lowest[:] = np.inf
    some = False
    for c in range(len(sets.kinds)):
        most = bound[coaches.whose[c], coaches.size[c]]
        cost = sets.fen[s, c]
        if cost < most * goal:
            cost += coaches.price[c, sets.days[s, c]]
            if cost < most * goal:
                some = True
                lowest[coaches.whose[c]] = min(lowest[coaches.whose[c]], cost / most)
    return some


@inner
def _take_up(
    a, book, prices, sets, least, clocks, desk, found, first, tries, turns, goal, waiting, ratio,
    count, top, lambdas, tops, coaches,
):  # fmt: skip
    """Price the sets that wait, those first whose ratio may be lowest, and take prices down."""
    chosen = np.empty(MOST, np.int64)
    bound, turn_of = np.empty(len(coaches.seats)), np.empty(len(a.fleet_fen))
    effort, hits = 0, 0
    for at in np.argsort(ratio[:count]):
        s, owner = waiting[at] // len(coaches.owners), waiting[at] % len(coaches.owners)
        n = 1 + (sets.pickup[s, 1] >= 0) + (sets.pickup[s, 2] >= 0)
        for i in range(n):
            chosen[i] = sets.pickup[s, i]
        day = first + sets.day[s]
        if found.halt[0]:
            return
        if tries == THOROUGH and found.haste[0]:
            m = united(
                a, book, desk, top, day, first, chosen, n, coaches.owners[owner], lambdas, tops, desk.totals
            )  # fmt: skip
            if not _covered(sets, coaches, s, owner, lambdas, desk.totals, np.inf):
                _lower(a, sets, coaches, desk, m, s, owner, lambdas, tops)
            continue
        for turn in range(turns + 1):
            if found.halt[0] or (tries != THOROUGH and effort >= GLANCES * tries):
                return
            found.at[0] = hits % len(found.ratio)
            left = ROUTINGS if tries != THOROUGH else 1 << 40
            found.left[0] = left
            got, m = _price_set(
                a, book, prices, sets, least, clocks, desk, found, first, chosen, n, s, owner, goal, day,
                top, lambdas, tops, coaches, bound, turn_of,
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
def _covered(sets, coaches, s, owner, lambdas, totals, ceiling):
    """Whether no load of a set's items is worth more than the least that its trip costs, by ``totals``."""
    for c in range(len(sets.kinds)):
        if coaches.whose[c] != owner:
            continue
        most = np.inf
        if ceiling < np.inf:
            most = sets.kinds[c] * ceiling
        for j in range(len(lambdas)):
            most = min(most, sets.kinds[c] * lambdas[j] + totals[j])
        if sets.fen[s, c] + coaches.price[c, sets.days[s, c]] < most:
            return False
    return True


@inner
def _lower(a, sets, coaches, desk, m, s, owner, lambdas, tops):
    """Take the listed items down to a ceiling a seat under which each load is worth no more than its trip."""
    low, high = 0.0, 0.0
    for j in range(m):
        u = desk.listed[j]
        high = max(high, desk.value[u] / a.item[u, SIZE])
    for _ in range(BISECTIONS):
        mid = (low + high) / 2
        worth_under(a, desk, m, mid, lambdas, tops, desk.totals)
        if _covered(sets, coaches, s, owner, lambdas, desk.totals, mid):
            low = mid
        else:
            high = mid
    for j in range(m):
        u = desk.listed[j]
        desk.down[u] += max(0.0, desk.value[u] - low * (1.0 - 1e-9) * a.item[u, SIZE])


@inner
def _price_set(
    a, book, prices, sets, least, clocks, desk, found, first, chosen, n, s, owner, goal, day, top, lambdas,
    tops, coaches, bound, turn_of,
):  # fmt: skip
    """(ratio, items): the least ratio of any trip with a set's pickups by an owner's coaches, or ``goal``.

    ``items`` is how many ``desk.listed`` has; ``desk.excess`` belongs to the trip of that ratio.
    """
    mine = coaches.owners[owner]
    m = united(a, book, desk, top, day, first, chosen, n, mine, lambdas, tops, desk.totals)
    for i in range(len(bound)):
        bound[i] = np.inf
        for j in range(len(lambdas)):
            bound[i] = min(bound[i], coaches.seats[i] * lambdas[j] + desk.totals[j])
    # The fleets in the order of the ratios that they may have.
    for k in range(len(a.fleet_fen)):
        c = sets.kind[k]
        turn_of[k] = np.inf
        if coaches.whose[c] == owner and a.fleet_whole[k, FIRST_VEHICLE] < a.fleet_whole[k, END_VEHICLE]:
            turn_of[k] = (sets.fen[s, c] + coaches.price[c, sets.days[s, c]]) / bound[coaches.size[c]]
    filled_low, filled_high, filled_cap = -1, -1, -1
    all_bound, all_rate, useful = 0.0, 0.0, 0
    while found.left[0] > 0:
        k = np.argmin(turn_of)
        if turn_of[k] >= goal:
            break
        turn_of[k] = np.inf
        cap, most = sets.kinds[sets.kind[k]], bound[coaches.size[sets.kind[k]]]
        km, ride, out = _least_way(a, sets, chosen, n, k)
        road = km * a.fleet_fen[k, KM_FEN]
        if a.fleet_fen[k, DAY_FEN] + road >= most * goal:
            continue
        fen, days = least_clock(a, least, k, out, ride, sets.home[k])
        if fen + road + days_price(prices, k, first, days) >= most * goal:
            continue
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
            if low != filled_low or high != filled_high or cap != filled_cap:
                filled_low, filled_high, filled_cap = low, high, cap
                fill_by_drop(a, prices, desk, m, mine, low, high, sets.quarantined, sets.drops)
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
