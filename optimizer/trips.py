"""Changes of trips: riders come and go, trips get other coaches and days, or end."""

from __future__ import annotations

import numpy as np

from optimizer.booking import (
    bill_rider,
    count_item,
    drop_of,
    fleet_open,
    free_vehicle,
    move_rooms,
    rider_fen,
    set_vehicle,
    take_rooms,
)
from optimizer.clock import FAR, quick_clock, trip_clock
from optimizer.instance import (
    AVAILABLE,
    DAY_FEN,
    ENTERPRISE,
    FLEET_RESERVED,
    KM_FEN,
    LATEST,
    NIGHTS,
    RISK,
    SIZE,
    WAIT,
)
from optimizer.kernels import bare
from optimizer.search import (
    COST,
    COUNT,
    DRIVERS,
    DROPS,
    FIRST,
    FLEET,
    FROM,
    I_DROP,
    I_OPTION,
    I_PICKUP,
    LENGTH,
    LOAD,
    LONE,
    PAIRS,
    PICKUPS,
    RIDERS,
    SLOT,
    STOPS,
    T_RISK,
    TRIPS,
    UNSERVED,
    VEHICLE,
    WAITING,
    WAY,
    WHEEL,
)


@bare
def open_slot(s, t):
    """Count slot t among those with a trip."""
    n, at = s.many[TRIPS], s.used_at[t]
    other = s.used[n]
    s.used[n], s.used[at] = t, other
    s.used_at[t], s.used_at[other] = n, at
    s.many[TRIPS] = n + 1


@bare
def close_slot(s, t):
    n, at = s.many[TRIPS] - 1, s.used_at[t]
    other = s.used[n]
    s.used[n], s.used[at] = t, other
    s.used_at[t], s.used_at[other] = n, at
    s.many[TRIPS] = n


@bare
def swap_waiting(s, i, j):
    u, v = s.waiting[i], s.waiting[j]
    s.waiting[i], s.waiting[j] = v, u
    s.waiting_at[v], s.waiting_at[u] = i, j


@bare
def board(a, s, u):
    """Item u waits no more: it is counted as served."""
    n = s.many[UNSERVED] - 1
    swap_waiting(s, s.waiting_at[u], n)
    s.many[UNSERVED] = n
    count_item(a, s, u, 1)


@bare
def leave(a, s, u):
    """Item u is unserved, the last of those that wait."""
    swap_waiting(s, s.waiting_at[u], s.many[UNSERVED])
    s.many[UNSERVED] += 1
    count_item(a, s, u, -1)
    s.item[u, SLOT] = -1


@bare
def set_spare(a, s, t):
    """Reckon the seats that trip t has left."""
    row = s.trips[t]
    factor = a.risk_factor[row[T_RISK]]
    for i in range(row[DROPS]):
        factor = min(factor, a.factor[row[STOPS + row[PICKUPS] + i]])
    s.spare[row[T_RISK], t] = a.cap[row[FLEET], factor] - row[LOAD]


@bare
def set_waiting(a, s, t):
    row = s.trips[t]
    fen = 0.0
    for i in range(row[DROPS]):
        fen += s.rate[t, i] * row[STOPS + a.max_pickups + a.max_drops + i]
    s.money[t, WAITING] = fen


@bare
def load_route(a, s, w, t):
    """Put trip t's stops into ``w.route``, its drops' last days and waiting rates into w.late, w.wait."""
    row = s.trips[t]
    for i in range(row[PICKUPS] + row[DROPS]):
        w.route[i] = row[STOPS + i]
    for i in range(row[DROPS]):
        w.late[i], w.wait[i] = s.due[t, i], s.rate[t, i]


@bare
def clear_trip(a, s, t):
    """Take a whole trip out; its items become unserved."""
    row = s.trips[t]
    riders = STOPS + a.max_pickups + 2 * a.max_drops
    for j in range(row[COUNT]):
        u = row[riders + j]
        if a.item[u, NIGHTS] > 0:
            take_rooms(a, s, u, row[STOPS + a.max_pickups + a.max_drops + drop_of(a, s, t, u)], -1)
        if a.has_budgets:
            bill_rider(a, s, u, t, row[LOAD], s.spent, -1.0)
        leave(a, s, u)
    set_vehicle(s, t, False)
    s.spare[row[T_RISK], t] = -1
    row[COUNT] = 0
    close_slot(s, t)


@bare
def reclock(a, s, w, t, fleet, first):
    """Give a trip the clock, vehicle, rooms and figures of its stops, a fleet and a day.

    Where that cannot be had (fewer stops may make a clock best whose days are not free) the
    trip is dissolved; returns whether it stands.
    """
    load_route(a, s, w, t)
    row = s.trips[t]
    money, drivers, way, length, wheel = quick_clock(a, w, fleet, first, row[PICKUPS], row[DROPS])
    day0 = STOPS + a.max_pickups + a.max_drops
    vehicle = -1
    if np.isfinite(money):
        if fleet == row[FLEET] and first == row[FIRST] and length == row[LENGTH]:
            vehicle = row[VEHICLE]
        else:
            vehicle = free_vehicle(a, s, fleet, first, length, t)
    if vehicle >= 0 and row[COUNT] and a.item[row[day0 + a.max_drops], NIGHTS] > 0:
        moved = False
        for i in range(row[DROPS]):
            moved = moved or w.days[i] != row[day0 + i]
        if moved and not move_rooms(a, s, w, t, -1, True):
            vehicle = -1
    if vehicle < 0:
        clear_trip(a, s, t)
        return False
    set_vehicle(s, t, False)
    row[VEHICLE], row[FLEET], row[FIRST], row[LENGTH] = vehicle, fleet, first, length
    row[DRIVERS], row[WAY], row[WHEEL] = drivers, way, wheel
    for i in range(row[DROPS]):
        row[day0 + i] = w.days[i]
    set_vehicle(s, t, True)
    s.money[t, COST] = money
    set_waiting(a, s, t)
    set_spare(a, s, t)
    return True


@bare
def insert_stop(a, s, t, position, place):
    """Make a place the pickup (or, after them, drop) of that position in trip t's ride."""
    row = s.trips[t]
    for i in range(row[PICKUPS] + row[DROPS], position, -1):
        row[STOPS + i] = row[STOPS + i - 1]
    row[STOPS + position] = place


@bare
def put(a, s, w, u, place):
    """Carry out a Place; returns the trip's slot, -1 where all slots are taken or it fails."""
    t = place.trip
    day0 = STOPS + a.max_pickups + a.max_drops
    new = t < 0
    if new:
        if s.many[TRIPS] == len(s.used):
            return -1
        t = s.used[s.many[TRIPS]]
        open_slot(s, t)
        row = s.trips[t]
        for i in range(STOPS):
            row[i] = 0
        row[T_RISK], row[VEHICLE], row[FLEET] = a.item[u, RISK], -1, -1
        s.money[t, COST] = s.money[t, RIDERS] = s.money[t, WAITING] = 0.0
    row = s.trips[t]
    if place.pickup_at >= 0:
        insert_stop(a, s, t, place.pickup_at, place.pickup)
        row[PICKUPS] += 1
    if place.drop_at >= 0:
        insert_stop(a, s, t, row[PICKUPS] + place.drop_at, place.drop)
        for i in range(row[DROPS], place.drop_at, -1):
            row[day0 + i] = row[day0 + i - 1]
            s.due[t, i], s.rate[t, i] = s.due[t, i - 1], s.rate[t, i - 1]
        row[day0 + place.drop_at] = 0
        s.due[t, place.drop_at], s.rate[t, place.drop_at] = FAR, 0.0
        row[DROPS] += 1
    s.item[u, I_PICKUP], s.item[u, I_DROP], s.item[u, I_OPTION] = place.pickup, place.drop, place.option
    s.item[u, PAIRS], s.item[u, LONE] = place.pairs, place.lone
    i = drop_of(a, s, t, u)
    s.due[t, i] = min(s.due[t, i], a.option_whole[place.option, LATEST])
    s.rate[t, i] += a.option_fen[place.option, WAIT]
    row[LOAD] += a.item[u, SIZE]
    row[FROM] = max(row[FROM], a.item[u, AVAILABLE])
    late = row[day0 + i] > s.due[t, i]  # an earlier clock of the same day was found
    changed = place.pickup_at >= 0 or place.drop_at >= 0
    if changed or late or place.first != row[FIRST] or place.fleet != row[FLEET]:
        if not reclock(a, s, w, t, place.fleet, place.first):
            return -1
    else:
        set_waiting(a, s, t)
        s.spare[row[T_RISK], t] -= a.item[u, SIZE]
    row[day0 + a.max_drops + row[COUNT]] = u
    row[COUNT] += 1
    s.item[u, SLOT] = t
    s.item_fen[u] = rider_fen(a, s, u)
    s.money[t, RIDERS] += s.item_fen[u]
    board(a, s, u)
    if a.item[u, NIGHTS] > 0:
        take_rooms(a, s, u, row[day0 + i], 1)
    if a.has_budgets:
        # Others may yet come: what it costs in the end is reckoned at the end of the round.
        bill_rider(a, s, u, t, row[LOAD] + s.spare[row[T_RISK], t], s.spent, 1.0)
    return t


@bare
def keep_riders(a, s, w, t, stay):
    """Take the riders out of a trip for whom ``stay`` is False, and the stops that nobody needs."""
    row = s.trips[t]
    day0 = STOPS + a.max_pickups + a.max_drops
    riders = day0 + a.max_drops
    some = False
    for j in range(row[COUNT]):
        some = some or stay[j]
    if not some:
        clear_trip(a, s, t)
        return
    if a.has_budgets:
        for j in range(row[COUNT]):
            if not stay[j]:
                bill_rider(a, s, row[riders + j], t, row[LOAD], s.spent, -1.0)
    left = 0
    row[LOAD] = row[FROM] = 0
    s.money[t, RIDERS] = 0.0
    for j in range(row[COUNT]):
        u = row[riders + j]
        if stay[j]:
            row[riders + left] = u
            left += 1
            row[LOAD] += a.item[u, SIZE]
            row[FROM] = max(row[FROM], a.item[u, AVAILABLE])
            s.money[t, RIDERS] += s.item_fen[u]
        else:
            if a.item[u, NIGHTS] > 0:
                take_rooms(a, s, u, row[day0 + drop_of(a, s, t, u)], -1)
            leave(a, s, u)
    row[COUNT] = left
    kept = pickups = 0
    for i in range(row[PICKUPS] + row[DROPS]):
        column = I_PICKUP if i < row[PICKUPS] else I_DROP
        for j in range(left):
            if s.item[row[riders + j], column] == row[STOPS + i]:
                if column == I_DROP:
                    row[day0 + kept - pickups] = row[day0 + i - row[PICKUPS]]
                else:
                    pickups += 1
                row[STOPS + kept] = row[STOPS + i]
                kept += 1
                break
    fewer = kept < row[PICKUPS] + row[DROPS]
    row[PICKUPS], row[DROPS] = pickups, kept - pickups
    for i in range(row[DROPS]):
        s.due[t, i], s.rate[t, i] = FAR, 0.0
    for j in range(left):
        u = row[riders + j]
        i, o = drop_of(a, s, t, u), s.item[u, I_OPTION]
        s.due[t, i] = min(s.due[t, i], a.option_whole[o, LATEST])
        s.rate[t, i] += a.option_fen[o, WAIT]
    if fewer:
        reclock(a, s, w, t, row[FLEET], row[FIRST])
    else:
        set_waiting(a, s, t)
        set_spare(a, s, t)


@bare
def copy_trip(a, source, to, t):
    """Copy trip t and its riders between a state and a store of saved trips."""
    day0 = STOPS + a.max_pickups + a.max_drops
    row = source.trips[t]
    for i in range(day0 + a.max_drops + row[COUNT]):
        to.trips[t, i] = row[i]
    if row[COUNT] == 0:
        return
    for i in range(row[DROPS]):
        to.due[t, i], to.rate[t, i] = source.due[t, i], source.rate[t, i]
    for i in range(3):
        to.money[t, i] = source.money[t, i]
    for j in range(row[COUNT]):
        u = row[day0 + a.max_drops + j]
        for i in range(6):
            to.item[u, i] = source.item[u, i]
        to.item_fen[u] = source.item_fen[u]


@bare
def put_back(a, s, b, t):
    """Put a saved trip, whose riders wait, back as it was."""
    copy_trip(a, b, s, t)
    open_slot(s, t)
    day0 = STOPS + a.max_pickups + a.max_drops
    row = s.trips[t]
    for j in range(row[COUNT]):
        u = row[day0 + a.max_drops + j]
        board(a, s, u)
        if a.item[u, NIGHTS] > 0:
            take_rooms(a, s, u, row[day0 + drop_of(a, s, t, u)], 1)
    set_vehicle(s, t, True)
    set_spare(a, s, t)


@bare
def retune(a, s, w, t):
    """Give a trip its cheapest coach and day."""
    row = s.trips[t]
    riders = STOPS + a.max_pickups + 2 * a.max_drops
    day0 = STOPS + a.max_pickups + a.max_drops
    pickups, drops = row[PICKUPS], row[DROPS]
    load_route(a, s, w, t)
    owner = a.option_whole[s.item[row[riders], I_OPTION], ENTERPRISE]
    for j in range(1, row[COUNT]):
        if a.option_whole[s.item[row[riders + j], I_OPTION], ENTERPRISE] != owner:
            owner = -1
    factor = a.risk_factor[row[T_RISK]]
    ride_km = 0.0
    changing = False
    for i in range(pickups + drops):
        changing = changing or a.closed[w.route[i], 0]
        if i >= pickups:
            factor = min(factor, a.factor[w.route[i]])
        if i:
            ride_km += a.km[w.route[i - 1], w.route[i]]
    best, rate = s.money[t, COST] + s.money[t, WAITING], 0.0
    for i in range(drops):
        rate += w.wait[i]
    best_fleet, best_first = -1, -1
    for k in range(len(a.fleet_fen)):
        reserved = a.fleet_whole[k, FLEET_RESERVED]
        if (reserved >= 0 and reserved != owner) or a.cap[k, factor] < row[LOAD]:
            continue
        depot = a.fleet0 + k
        km = a.km[depot, w.route[0]] + ride_km + a.km[w.route[pickups + drops - 1], depot]
        least = km * a.fleet_fen[k, KM_FEN] + a.fleet_fen[k, DAY_FEN]
        if least + rate * row[FROM] >= best - 1e-3:
            continue
        if k != row[FLEET] and not fleet_open(s, k, row[FROM], a.horizon):
            continue
        money, length = np.inf, 0
        for first in range(row[FROM], a.horizon):
            late = False
            if changing or length == 0:
                money, _, _, length, _ = quick_clock(a, w, k, first, pickups, drops)
            else:
                for i in range(drops):
                    w.days[i] += 1
                    late = late or w.days[i] > w.late[i]
            if not np.isfinite(money) or late:
                if changing:
                    continue
                break
            fen = money
            same = True
            for i in range(drops):
                fen += w.wait[i] * w.days[i]
                same = same and w.days[i] == row[day0 + i]
            if fen >= best - 1e-3:
                break
            if free_vehicle(a, s, k, first, length, t) < 0:
                continue
            if not same and a.item[row[riders], NIGHTS] > 0 and not move_rooms(a, s, w, t, -1, False):
                continue
            best, best_fleet, best_first = fen, k, first
            break
    if best_fleet >= 0:
        reclock(a, s, w, t, best_fleet, best_first)


@bare
def write_clock(a, s, w, t):
    """Give a trip whose clock needed no reckoning the drivers and the way of its clock."""
    row = s.trips[t]
    if row[WHEEL] >= 0:
        load_route(a, s, w, t)
        _, row[DRIVERS], row[WAY], _ = trip_clock(a, w, row[FLEET], row[FIRST], row[PICKUPS], row[DROPS])


@bare
def trip_fen(s, t):
    return s.money[t, COST] + s.money[t, RIDERS] + s.money[t, WAITING]
