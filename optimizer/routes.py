"""The trips of a set of pickups: its sets of drops, its routes with their clocks, and who rides."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.instance import DAY_FEN, FLEET_RESERVED, KM_FEN, SIZE, Arrays
from optimizer.kernels import inner
from optimizer.least_clock import FAR, soon
from optimizer.loads import MOST, PARTS, best_load, fractional, note_excess, take_best_of, value_in, value_of
from optimizer.road_rules import DAY
from optimizer.timetable import clock_of

ORDERS = 6  # of three stops
LATES = 2  # days by which a trip may come late on purpose that are told apart
BUCKETS = 1024
ROUTINGS = 30  # sets of drops, one route each, that a set of pickups is tried with, if not thoroughly


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
    haste: NDArray[np.int64]  # [1] not 0: take prices down by bounds on trips, without a look at each


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
        haste=np.zeros(1, np.int64),
    )


@inner
def days_price(prices, k, first, days):
    """The price of a vehicle of a fleet on these days; what lies past the table is free."""
    return prices.vehicle[k, min(first + days, prices.vehicle.shape[1] - 1)] - prices.vehicle[k, first]


@inner
def price_drops(
    a, prices, sets, clocks, desk, found, first, chosen, n, cap, k, m,
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
                        a, prices, sets, clocks, desk, found, first, chosen, n, seats, k, m,
                        low, least_days, picked, r, goal, late,
                    )  # fmt: skip
    return goal


@inner
def _price_routes(
    a, prices, sets, clocks, desk, found, first, chosen, n, cap, k, m,
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
        fen += km * per_km + days_price(prices, k, first, days)
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
        price = days_price(prices, k, first, days)
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
            note_excess(a, desk, m, cap, cost + price)
            _write(
                a, prices, sets, clocks, desk, found, first, cap, k, n, r, m, stops, slot, days, cost,
                goal, late,
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
    a, prices, sets, clocks, desk, found, first, cap, k, n, r, m, stops, slot, days, cost, ratio,
    late,
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
        found.rider_fen[bucket, count] = prices.item[u] - best + desk.near[u] - desk.down[u]
        count += best > -np.inf
    head = found.head[bucket]
    head[C_FLEET], head[C_DAYS], head[C_RIDERS] = k, days, count
