"""What trips and riders take beside seats: vehicles, rooms, vacancies, budgets."""

from __future__ import annotations

import numpy as np

from optimizer.instance import (
    BONUS,
    BUDGET,
    CONCESSION,
    END_VEHICLE,
    ENTERPRISE,
    FIRST_VEHICLE,
    NEED,
    NIGHT_FROM,
    NIGHT_UNTIL,
    NIGHTS,
    REACH,
    REACH_END,
    REACH_FEN,
    REACH_PICKUP,
    SINGLE,
    SINGLE_LIST,
    SIZE,
    TWIN,
    TWIN_LIST,
    VACANCY,
    VACANCY_END,
    WAIT_FROM,
    WEIGHT,
)
from optimizer.kernels import bare
from optimizer.search import (
    COST,
    COUNT,
    DROPS,
    FIRST,
    FLEET,
    I_DROP,
    I_OPTION,
    I_PICKUP,
    LENGTH,
    LOAD,
    LONE,
    PAIRS,
    PICKUPS,
    STOPS,
    VEHICLE,
)


@bare
def free_vehicle(a, s, fleet, first, days, t):
    """A vehicle of the fleet that is free on these days, counting trip t's own days as free; -1: none."""
    if first + days > s.vehicle_taken.shape[1]:
        return -1
    own, own_first, own_end = -1, 0, 0
    if t >= 0:
        own, own_first = s.trips[t, VEHICLE], s.trips[t, FIRST]
        own_end = own_first + s.trips[t, LENGTH]
    if t < 0 or fleet != s.trips[t, FLEET]:
        for day in range(first, first + days):
            if s.fleet_free[fleet, day] == 0:
                return -1
    low, high = a.fleet_whole[fleet, FIRST_VEHICLE], a.fleet_whole[fleet, END_VEHICLE]
    for turn in range(low - 1, high):
        v = turn
        if turn == low - 1:
            if not low <= own < high:
                continue
            v = own
        free = True
        for day in range(first, first + days):
            if s.vehicle_taken[v, day] and not (v == own and own_first <= day < own_end):
                free = False
                break
        if free:
            return v
    return -1


@bare
def set_vehicle(s, t, taken):
    """Take or give back the days of a trip's vehicle."""
    row = s.trips[t]
    for day in range(row[FIRST], row[FIRST] + row[LENGTH]):
        s.vehicle_taken[row[VEHICLE], day] = taken
        s.fleet_free[row[FLEET], day] += -1 if taken else 1


@bare
def fleet_open(s, fleet, first, until):
    """Whether the fleet has a free vehicle on some day of first … until - 1."""
    for day in range(first, until):
        if s.fleet_free[fleet, day] > 0:
            return True
    return False


@bare
def free_rooms(a, s, hotel, kind, arrival, nights):
    """Rooms of a kind that are free from check-in to the next possible check-in."""
    if arrival < a.hotel_whole[hotel, NIGHT_FROM] or arrival + nights - 1 > a.hotel_whole[hotel, NIGHT_UNTIL]:
        return 0
    if arrival + nights + a.turnover > s.rooms_free.shape[2]:
        return 0
    least = 1 << 30
    for n in range(arrival, arrival + nights + a.turnover):
        least = min(least, s.rooms_free[hotel, kind, n])
    return least


@bare
def room_mode(a, s, hotel, arrival, nights, size):
    """The cheapest free rooms for a party: (fen, twins with two, twins with one); inf: none."""
    singles = free_rooms(a, s, hotel, 0, arrival, nights)
    twins = free_rooms(a, s, hotel, 1, arrival, nights)
    best, pairs, lone = np.inf, 0, 0
    for x in range(min(size // 2, twins) + 1):
        for y in range(min(size - 2 * x, twins - x) + 1):
            rest = size - 2 * x - y
            if rest > singles:
                continue
            fen = nights * ((x + y) * a.hotel_fen[hotel, TWIN] + rest * a.hotel_fen[hotel, SINGLE])
            if fen < best:
                best, pairs, lone = fen, x, y
    return best, pairs, lone


@bare
def hotel_open(a, s, hotel, first, last, nights, size):
    """Whether a party could stay in a hotel from some day of first … last."""
    for day in range(first, last + 1):
        twins = free_rooms(a, s, hotel, 1, day, nights)
        if free_rooms(a, s, hotel, 0, day, nights) + twins + min(twins, size // 2) >= size:
            return True
    return False


@bare
def take_rooms(a, s, u, arrival, sign):
    """Take (1) or give back (-1) the rooms of an item that arrives on a day."""
    hotel = s.item[u, I_DROP] - a.hotel0
    twins = s.item[u, PAIRS] + s.item[u, LONE]
    singles = a.item[u, SIZE] - 2 * s.item[u, PAIRS] - s.item[u, LONE]
    for n in range(arrival, arrival + a.item[u, NIGHTS] + a.turnover):
        s.rooms_free[hotel, 1, n] -= sign * twins
        s.rooms_free[hotel, 0, n] -= sign * singles


@bare
def drop_of(a, s, t, u):
    """Which of trip t's drops is item u's."""
    row = s.trips[t]
    for i in range(row[DROPS]):
        if row[STOPS + row[PICKUPS] + i] == s.item[u, I_DROP]:
            return i
    return -1


@bare
def move_rooms(a, s, w, t, skip, really):
    """Whether trip t's riders keep their rooms if its drops are reached on ``w.days``; moves them if so.

    Drop number ``skip`` of the route in ``w`` is not one of the trip's (-1: none).  Unless
    ``really``, and where they do not fit, the rooms are as before afterwards.
    """
    row = s.trips[t]
    riders = STOPS + a.max_pickups + 2 * a.max_drops
    old_days = STOPS + a.max_pickups + a.max_drops
    done = 0
    fits = True
    for turn in range(3):  # give back the old, take the new as far as they fit, restore
        if turn == 2 and fits and really:
            break
        for j in range(row[COUNT]):
            u = row[riders + j]
            i = drop_of(a, s, t, u)
            old, new = row[old_days + i], w.days[i if skip < 0 or i < skip else i + 1]
            if old == new:
                continue
            if turn == 0:
                take_rooms(a, s, u, old, -1)
            elif turn == 1 and fits:
                hotel, n = s.item[u, I_DROP] - a.hotel0, a.item[u, NIGHTS]
                twins = s.item[u, PAIRS] + s.item[u, LONE]
                singles = a.item[u, SIZE] - 2 * s.item[u, PAIRS] - s.item[u, LONE]
                if (singles and free_rooms(a, s, hotel, 0, new, n) < singles) or (
                    twins and free_rooms(a, s, hotel, 1, new, n) < twins
                ):
                    fits = False
                else:
                    take_rooms(a, s, u, new, 1)
                    done = j + 1
            elif turn == 2:
                if j < done:
                    take_rooms(a, s, u, new, -1)
                take_rooms(a, s, u, old, 1)
    return fits


@bare
def option_open(a, s, option):
    """Whether the vacancies that an option would take are left."""
    low, high = a.option_whole[option, VACANCY], a.option_whole[option, VACANCY_END]
    for i in range(low, high):
        need = 0
        for j in range(low, high):
            need += a.option_vacancy[j] == a.option_vacancy[i]
        if s.counts[a.option_vacancy[i]] < need:
            return False
    return True


@bare
def reward_of(a, s, option, size):
    """What serving a party is worth in fen: its weight, and that of a restart it completes."""
    e = a.option_whole[option, ENTERPRISE]
    weight = a.option_fen[option, WEIGHT]
    back, need = s.counts[a.vacancies + e], a.enterprise[e, NEED]
    if back < need <= back + size:
        weight += a.enterprise[e, BONUS]
    return a.big * weight


@bare
def count_item(a, s, u, sign):
    """Book what an item takes beside trip and rooms: vacancies, its enterprise's headcount; its weight."""
    o = s.item[u, I_OPTION]
    e = a.option_whole[o, ENTERPRISE]
    need, before = a.enterprise[e, NEED], s.counts[a.vacancies + e]
    after = before + sign * a.item[u, SIZE]
    s.counts[a.vacancies + e] = after
    s.weight[0] += sign * a.option_fen[o, WEIGHT]
    if need > 0 and (before >= need) != (after >= need):
        s.weight[0] += sign * a.enterprise[e, BONUS]
    for i in range(a.option_whole[o, VACANCY], a.option_whole[o, VACANCY_END]):
        s.counts[a.option_vacancy[i]] -= sign


@bare
def rider_fen(a, s, u):
    """Access, rooms and transfers of an item that has its place, in fen, less the waiting before day 0."""
    o, n = s.item[u, I_OPTION], a.item[u, NIGHTS]
    fen = -a.option_fen[o, WAIT_FROM]
    for r in range(a.item[u, REACH], a.item[u, REACH_END]):
        if a.reach[r, REACH_PICKUP] == s.item[u, I_PICKUP]:
            fen += a.reach[r, REACH_FEN]
    if n > 0:
        h = s.item[u, I_DROP] - a.hotel0
        twins = s.item[u, PAIRS] + s.item[u, LONE]
        singles = a.item[u, SIZE] - 2 * s.item[u, PAIRS] - s.item[u, LONE]
        way = a.km[s.item[u, I_DROP], a.drop0 + a.option_whole[o, ENTERPRISE]]
        fen += n * (twins * a.hotel_fen[h, TWIN] + singles * a.hotel_fen[h, SINGLE])
        fen += a.item[u, SIZE] * a.transfer_fen_km * way
    return fen


@bare
def part_of_trip(a, part):
    """What the enterprise pays of a worker's part of a trip."""
    worker = min(a.rates[0] * part, a.rates[1])
    return part - worker - min(a.rates[2] * part, a.rates[3], part - worker)


@bare
def parts_of_room(a, hotel, part, nights):
    """(enterprise, government) of a worker's part of a stay."""
    waived = a.hotel_fen[hotel, CONCESSION] * part
    worker = min(a.rates[4] * nights, part - waived)
    left = part - waived - worker
    government = min(a.rates[5] * part, a.rates[6] * nights, left)
    return left - government, government


@bare
def parts_of_stay(a, hotel, u, option, pairs, lone):
    """(enterprise, government) of a party's rooms and transfers, in fen."""
    n, size = a.item[u, NIGHTS], a.item[u, SIZE]
    transfer = a.transfer_fen_km * a.km[a.hotel0 + hotel, a.drop0 + a.option_whole[option, ENTERPRISE]]
    fen, government = size * transfer, 0.0
    for kind in range(3):
        many = 2 * pairs if kind == 0 else lone if kind == 1 else size - 2 * pairs - lone
        price = a.hotel_fen[hotel, SINGLE_LIST if kind == 2 else TWIN_LIST]
        if kind == 0:
            price /= 2
        e, g = parts_of_room(a, hotel, n * price, n)
        fen += many * e
        government += many * g
    return fen, government


@bare
def affordable(a, s, hotel, u, option, pairs, lone, trip_part):
    """Whether an enterprise with a budget could pay for one more party, as far as known now."""
    e = a.option_whole[option, ENTERPRISE]
    fen = a.item[u, SIZE] * part_of_trip(a, trip_part)
    if hotel >= 0:
        fen += parts_of_stay(a, hotel, u, option, pairs, lone)[0]
    return s.spent[e, 0] + fen <= a.enterprise[e, BUDGET]


@bare
def bill_rider(a, s, u, t, sharing, spent, sign):
    """Add what is paid for an item to ``spent`` if so many workers share the cost of its trip t.

    A few fen a rider are kept aside for rounding.
    """
    o, size = s.item[u, I_OPTION], a.item[u, SIZE]
    e = a.option_whole[o, ENTERPRISE]
    part = s.money[t, COST] / sharing + 1.0
    enterprise = part_of_trip(a, part)
    spent[e, 0] += sign * size * (enterprise + 2.0)
    spent[e, 1] += sign * size * (part - enterprise - min(a.rates[0] * part, a.rates[1]))
    if a.item[u, NIGHTS] > 0:
        h = s.item[u, I_DROP] - a.hotel0
        stay, government = parts_of_stay(a, h, u, o, s.item[u, PAIRS], s.item[u, LONE])
        spent[e, 0] += sign * (stay + 3.0 * size)
        spent[e, 1] += sign * government


@bare
def bill_trip(a, s, t, spent, sign):
    """Add what is paid for all riders of a trip to ``spent``, or take it off."""
    riders = STOPS + a.max_pickups + 2 * a.max_drops
    for j in range(s.trips[t, COUNT]):
        bill_rider(a, s, s.trips[t, riders + j], t, s.trips[t, LOAD], spent, sign)


@bare
def overspent(a, spent):
    """The fen by which budgets are broken.

    The government pays every entitlement; what its own budget lacks must fit into what the
    enterprises have left.
    """
    over, spare, total = 0.0, 0.0, 0.0
    for e in range(len(a.enterprise)):
        total += spent[e, 1]
        over += max(0.0, spent[e, 0] - a.enterprise[e, BUDGET])
        spare += min(spent[e, 1], max(0.0, a.enterprise[e, BUDGET] - spent[e, 0]))
    return over + max(0.0, total - a.government - spare)
