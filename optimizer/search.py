"""The state of the search, and its moves: where an item may go, and what that costs.

A state is a set of trips with their riders, rooms and vehicles, always legal; items that no
trip carries are unserved.  A trip is one row of whole numbers: the columns below, then its
stops (pickups, then drops) in the order of the ride, the day on which each drop is reached,
and its riders (items).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.instance import (
    AVAILABLE,
    BONUS,
    BUDGET,
    CONCESSION,
    DAY_FEN,
    END_VEHICLE,
    ENTERPRISE,
    FIRST_VEHICLE,
    FLEET_RESERVED,
    HOTEL_RESERVED,
    KM_FEN,
    LATEST,
    NEED,
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
    SEATS,
    SINGLE,
    SINGLE_LIST,
    SIZE,
    TWIN,
    TWIN_LIST,
    VACANCY,
    VACANCY_END,
    WAIT,
    WAIT_FROM,
    WEIGHT,
    Arrays,
)
from optimizer.kernels import inner
from optimizer.timetable import DAY, clock_of

FAR = 1 << 30

# Columns of a trip's row.
COUNT, LOAD, T_RISK, FLEET, VEHICLE, FIRST, LENGTH, DRIVERS, WAY, PICKUPS, DROPS, FROM = range(12)
STOPS = 12  # where the stops begin
# Columns of an item's row.
SLOT, I_PICKUP, I_DROP, I_OPTION, PAIRS, LONE = range(6)  # twins for two of a party, twins for one


class State(NamedTuple):
    trips: NDArray[np.int64]  # [slot, …]; a slot with COUNT 0 is free
    money: NDArray[np.float64]  # [slot, 2] what the trip costs; what its riders weigh beside it
    item: NDArray[np.int64]  # [item, 6]; SLOT -1: unserved
    vehicle_taken: NDArray[np.bool_]
    rooms_free: NDArray[np.int64]
    counts: NDArray[np.int64]  # vacancies left, then served by enterprise
    spent: NDArray[np.float64]  # [enterprise] fen, with the government paying all that it may
    random: NDArray[np.uint64]  # [1]


class Scratch(NamedTuple):
    """Room to work in; a search has one."""

    route: NDArray[np.int64]
    late: NDArray[np.int64]  # by drop
    wait: NDArray[np.float64]
    days: NDArray[np.int64]
    late2: NDArray[np.int64]
    wait2: NDArray[np.float64]
    legs: NDArray[np.int64]
    closed: NDArray[np.int64]
    stop_late: NDArray[np.int64]
    stop_wait: NDArray[np.float64]
    minutes: NDArray[np.int64]
    minutes2: NDArray[np.int64]


class Place(NamedTuple):
    """Where an item could go: a trip, or (trip -1) a new one of a fleet and day; stops and rooms."""

    fen: float
    trip: int
    pickup: int
    drop: int
    option: int  # -1: nowhere
    pairs: int
    lone: int
    pickup_at: int  # position of a new pickup in the ride, -1: the trip stops there already
    drop_at: int
    fleet: int
    first: int


def empty_state(a: Arrays, slots: int, seed: int) -> State:
    """No trips; every item is unserved."""
    riders = max(1, int(a.cap.max(initial=1)))
    item = np.full((len(a.item), 6), -1, np.int64)
    return State(
        trips=np.zeros((slots, STOPS + a.max_pickups + 2 * a.max_drops + riders), np.int64),
        money=np.zeros((slots, 2)),
        item=item,
        vehicle_taken=a.vehicle_taken.copy(),
        rooms_free=a.rooms_free.copy(),
        counts=a.counts.copy(),
        spent=np.zeros(len(a.enterprise)),
        random=np.array([88172645463325252 + 2654435761 * seed], np.uint64),
    )


def scratch_for(a: Arrays) -> Scratch:
    stops = a.max_pickups + a.max_drops + 2
    whole = lambda: np.zeros(stops, np.int64)  # noqa: E731
    return Scratch(
        whole(), whole(), np.zeros(stops), whole(), whole(), np.zeros(stops),
        whole(), whole(), whole(), np.zeros(stops), whole(), whole(),
    )  # fmt: skip


@inner
def draw(random, n):
    """A whole number from 0 to n - 1 (xorshift)."""
    x = random[0]
    x ^= x << np.uint64(13)
    x ^= x >> np.uint64(7)
    x ^= x << np.uint64(17)
    random[0] = x
    return np.int64(x >> np.uint64(11)) % n


@inner
def chance(random):
    return draw(random, 1 << 30) / (1 << 30)


@inner
def trip_clock(a, w, fleet, first, pickups, drops):
    """Money, drivers, way and days of the best clock of the route in ``w.route`` from day ``first``.

    ``w.late`` and ``w.wait`` are by drop (last day, fen a day); ``w.days`` gets the day on
    which each drop is reached.  The money is inf where no clock is legal.
    """
    stops = pickups + drops
    depot = a.fleet0 + fleet
    km = a.km[depot, w.route[0]] + a.km[w.route[stops - 1], depot]
    for i in range(stops):
        place = w.route[i]
        if i < stops - 1:
            w.legs[i] = a.minutes[place, w.route[i + 1]]
            km += a.km[place, w.route[i + 1]]
        w.closed[i] = 0
        if a.closed[place, 0]:
            for day in range(min(40, a.closed.shape[1] - 1 - first)):
                if a.closed[place, 1 + first + day]:
                    w.closed[i] |= 1 << day
        w.stop_late[i] = FAR
        w.stop_wait[i] = 0.0
        if i >= pickups:
            w.stop_late[i] = w.late[i - pickups] - first
            w.stop_wait[i] = w.wait[i - pickups]
    cost, drivers, way, days = clock_of(
        a.minutes[depot, w.route[0]], w.legs, a.minutes[w.route[stops - 1], depot], stops, pickups, w.closed,
        w.stop_late, w.stop_wait, a.fleet_fen[fleet, DAY_FEN], a.extra_fen, a.rules, w.minutes, w.minutes2,
    )  # fmt: skip
    if not np.isfinite(cost):
        return np.inf, 0, 0, 0
    for i in range(drops):
        w.days[i] = first + w.minutes2[pickups + i] // DAY
    return (
        days * (a.fleet_fen[fleet, DAY_FEN] + (drivers - 1) * a.extra_fen) + km * a.fleet_fen[fleet, KM_FEN],
        drivers,
        way,
        days,
    )


@inner
def load_route(a, s, w, t):
    """Put trip t's stops into ``w.route``, its drops' last days and waiting rates into w.late, w.wait."""
    row = s.trips[t]
    pickups, drops = row[PICKUPS], row[DROPS]
    for i in range(pickups + drops):
        w.route[i] = row[STOPS + i]
    for i in range(drops):
        w.late[i] = FAR
        w.wait[i] = 0.0
    riders = STOPS + a.max_pickups + 2 * a.max_drops
    for j in range(row[COUNT]):
        u = row[riders + j]
        o = s.item[u, I_OPTION]
        for i in range(drops):
            if w.route[pickups + i] == s.item[u, I_DROP]:
                w.late[i] = min(w.late[i], a.option_whole[o, LATEST])
                w.wait[i] += a.option_fen[o, WAIT]


@inner
def free_vehicle(a, s, fleet, first, days, t):
    """A vehicle of the fleet that is free on these days, counting trip t's own days as free; -1: none."""
    if first + days > s.vehicle_taken.shape[1]:
        return -1
    own, own_first, own_end = -1, 0, 0
    if t >= 0:
        own, own_first = s.trips[t, VEHICLE], s.trips[t, FIRST]
        own_end = own_first + s.trips[t, LENGTH]
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


@inner
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


@inner
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


@inner
def take_rooms(a, s, u, arrival, sign):
    """Take (1) or give back (-1) the rooms of an item that arrives on a day."""
    hotel = s.item[u, I_DROP] - a.hotel0
    twins = s.item[u, PAIRS] + s.item[u, LONE]
    singles = a.item[u, SIZE] - 2 * s.item[u, PAIRS] - s.item[u, LONE]
    for n in range(arrival, arrival + a.item[u, NIGHTS] + a.turnover):
        s.rooms_free[hotel, 1, n] -= sign * twins
        s.rooms_free[hotel, 0, n] -= sign * singles


@inner
def set_resources(a, s, t, taken):
    """Take or give back the vehicle and the rooms of a trip."""
    row = s.trips[t]
    for day in range(row[FIRST], row[FIRST] + row[LENGTH]):
        s.vehicle_taken[row[VEHICLE], day] = taken
    riders = STOPS + a.max_pickups + 2 * a.max_drops
    if row[COUNT] and a.item[row[riders], NIGHTS] > 0:
        drop0 = STOPS + row[PICKUPS]
        days = STOPS + a.max_pickups + a.max_drops
        for j in range(row[COUNT]):
            u = row[riders + j]
            for i in range(row[DROPS]):
                if row[drop0 + i] == s.item[u, I_DROP]:
                    take_rooms(a, s, u, row[days + i], 1 if taken else -1)


@inner
def rooms_fit(a, s, w, t, skip):
    """Whether trip t's riders keep their rooms if its drops are reached on ``w.days``.

    The trip's vehicle and rooms are taken when this is called, and afterwards.  Drop number
    ``skip`` of the route in ``w`` is not one of the trip's (-1: none).
    """
    row = s.trips[t]
    riders = STOPS + a.max_pickups + 2 * a.max_drops
    old_days = STOPS + a.max_pickups + a.max_drops
    drop0 = STOPS + row[PICKUPS]
    done = 0
    fits = True
    for turn in range(3):  # give back the old, take the new as far as they fit, restore
        for j in range(row[COUNT]):
            u = row[riders + j]
            for i in range(row[DROPS]):
                if row[drop0 + i] != s.item[u, I_DROP]:
                    continue
                new = w.days[i if skip < 0 or i < skip else i + 1]
                if turn == 0:
                    take_rooms(a, s, u, row[old_days + i], -1)
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
                    take_rooms(a, s, u, row[old_days + i], 1)
    return fits


@inner
def part_of_trip(a, part):
    """What the enterprise pays of a worker's part of a trip."""
    worker = min(a.rates[0] * part, a.rates[1])
    return part - worker - min(a.rates[2] * part, a.rates[3], part - worker)


@inner
def parts_of_room(a, hotel, part, nights):
    """(enterprise, government) of a worker's part of a stay."""
    waived = a.hotel_fen[hotel, CONCESSION] * part
    worker = min(a.rates[4] * nights, part - waived)
    left = part - waived - worker
    government = min(a.rates[5] * part, a.rates[6] * nights, left)
    return left - government, government


@inner
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


@inner
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


@inner
def reward_of(a, s, option, size):
    """What serving a party is worth in fen: its weight, and that of a restart it completes."""
    e = a.option_whole[option, ENTERPRISE]
    weight = a.option_fen[option, WEIGHT]
    back, need = s.counts[a.vacancies + e], a.enterprise[e, NEED]
    if back < need <= back + size:
        weight += a.enterprise[e, BONUS]
    return a.big * weight


@inner
def affordable(a, s, hotel, u, option, pairs, lone, trip_part):
    """Whether an enterprise with a budget could pay for one more party, as far as known now."""
    e = a.option_whole[option, ENTERPRISE]
    fen = a.item[u, SIZE] * part_of_trip(a, trip_part)
    if hotel >= 0:
        fen += parts_of_stay(a, hotel, u, option, pairs, lone)[0]
    return s.spent[e] + fen <= a.enterprise[e, BUDGET]


@inner
def best_in_trip(a, s, w, t, u, least):
    """The cheapest way to take an item along on trip t, if it is under ``least``."""
    best = Place(least, -1, -1, -1, -1, 0, 0, -1, -1, -1, -1)
    row = s.trips[t]
    k, size = row[FLEET], a.item[u, SIZE]
    load, pickups, drops = row[LOAD] + size, row[PICKUPS], row[DROPS]
    if load > a.cap[k, a.risk_factor[row[T_RISK]]]:
        return best
    factor = a.risk_factor[row[T_RISK]]
    for i in range(drops):
        factor = min(factor, a.factor[row[STOPS + pickups + i]])
    if load > a.cap[k, factor]:
        return best
    depot, owner, nights = a.fleet0 + k, a.fleet_whole[k, FLEET_RESERVED], a.item[u, NIGHTS]
    km_fen = a.fleet_fen[k, KM_FEN]
    day0 = STOPS + a.max_pickups + a.max_drops
    loaded = False
    hotels = len(a.hotel_fen)
    for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
        e = a.option_whole[o, ENTERPRISE]
        if (owner >= 0 and owner != e) or not option_open(a, s, o):
            continue
        reward = reward_of(a, s, o, size)
        latest, rate = a.option_whole[o, LATEST], a.option_fen[o, WAIT]
        for h in range(hotels if nights > 0 else 1):
            d = a.drop0 + e
            stay = cheapest = 0.0
            if nights > 0:
                d = a.hotel0 + h
                if a.hotel_whole[h, HOTEL_RESERVED] >= 0 and a.hotel_whole[h, HOTEL_RESERVED] != e:
                    continue
                stay = size * a.transfer_fen_km * a.km[d, a.drop0 + e]
                cheapest = nights * size * min(a.hotel_fen[h, SINGLE], a.hotel_fen[h, TWIN] / 2)
                if stay + cheapest - reward - a.option_fen[o, WAIT_FROM] + rate * row[FIRST] >= best.fen:
                    continue
                if not np.isfinite(room_mode(a, s, h, row[day0], nights, size)[0]):
                    continue
            at = -1
            for i in range(drops):
                if row[STOPS + pickups + i] == d:
                    at = i
            drop_at, drop_km = -1, 0.0
            if at < 0:
                if drops >= a.max_drops or load > a.cap[k, min(factor, a.factor[d])]:
                    continue
                drop_km = np.inf
                for i in range(drops + 1):
                    one = row[STOPS + pickups + i - 1]
                    two = row[STOPS + pickups + i] if i < drops else depot
                    more = a.km[one, d] + a.km[d, two] - a.km[one, two]
                    if more < drop_km:
                        drop_km, drop_at = more, i
            for r in range(a.item[u, REACH], a.item[u, REACH_END]):
                p = np.int64(a.reach[r, REACH_PICKUP])
                known = False
                for i in range(pickups):
                    known = known or row[STOPS + i] == p
                pickup_at, pickup_km = -1, 0.0
                if not known:
                    if pickups >= a.max_pickups:
                        continue
                    pickup_km = np.inf
                    for i in range(pickups + 1):
                        one = row[STOPS + i - 1] if i else depot
                        two = row[STOPS + i]
                        more = a.km[one, p] + a.km[p, two] - a.km[one, two]
                        if more < pickup_km:
                            pickup_km, pickup_at = more, i
                first = max(row[FIRST], a.item[u, AVAILABLE])
                fen = a.reach[r, REACH_FEN] + stay - reward - a.option_fen[o, WAIT_FROM]
                if fen + cheapest + (pickup_km + drop_km) * km_fen + rate * first >= best.fen:
                    continue
                if known and at >= 0 and first == row[FIRST] and row[day0 + at] <= latest:
                    arrival = row[day0 + at]
                    fen += rate * arrival
                else:
                    if not loaded:
                        load_route(a, s, w, t)
                        for i in range(drops):
                            w.late2[i], w.wait2[i] = w.late[i], w.wait[i]
                        loaded = True
                    n = 0
                    for i in range(pickups + drops):
                        if i == pickup_at or (i == pickups and pickup_at == pickups):
                            w.route[n] = p
                            n += 1
                        if i - pickups == drop_at and drop_at >= 0:
                            w.route[n] = d
                            n += 1
                        w.route[n] = row[STOPS + i]
                        n += 1
                    if drop_at == drops:
                        w.route[n] = d
                    where = at
                    for i in range(drops):
                        to = i if drop_at < 0 or i < drop_at else i + 1
                        w.late[to], w.wait[to] = w.late2[i], w.wait2[i]
                    if drop_at >= 0:
                        where = drop_at
                        w.late[where], w.wait[where] = FAR, 0.0
                    w.late[where] = min(w.late[where], latest)
                    w.wait[where] += rate
                    # Whose time ends earlier may draw the trip to an earlier day.
                    slack = latest - row[day0 + (at if at >= 0 else drops - 1)]
                    if slack < 0:
                        first = max(max(row[FROM], a.item[u, AVAILABLE]), first + slack)
                    if first >= a.horizon:
                        continue
                    money, _, _, length = trip_clock(
                        a, w, k, first, pickups + (not known), drops + (drop_at >= 0)
                    )
                    if not np.isfinite(money):
                        continue
                    arrival = w.days[where]
                    fen += money - s.money[t, 0] + rate * arrival
                    moved = False
                    for i in range(drops):
                        later = w.days[i if drop_at < 0 or i < drop_at else i + 1] - row[day0 + i]
                        fen += w.wait2[i] * later
                        moved = moved or later != 0
                    if fen + cheapest >= best.fen:
                        continue
                    if (first != row[FIRST] or length != row[LENGTH]) and free_vehicle(
                        a, s, k, first, length, t
                    ) < 0:
                        continue
                    if moved and nights > 0 and not rooms_fit(a, s, w, t, drop_at):
                        continue
                pairs = lone = 0
                if nights > 0:
                    rooms, pairs, lone = room_mode(a, s, h, arrival, nights, size)
                    fen += rooms
                if fen < best.fen and (
                    not a.has_budgets
                    or affordable(a, s, h if nights > 0 else -1, u, o, pairs, lone, s.money[t, 0] / load)
                ):
                    best = Place(fen, t, p, d, o, pairs, lone, pickup_at, drop_at, k, first)
    return best


@inner
def least_detour(a, s, t, u):
    """Fen that taking an item along on trip t adds at least: its way to a pickup, and the road to it."""
    row = s.trips[t]
    depot = a.fleet0 + row[FLEET]
    best = np.inf
    for r in range(a.item[u, REACH], a.item[u, REACH_END]):
        p = np.int64(a.reach[r, REACH_PICKUP])
        more = np.inf
        for i in range(row[PICKUPS]):
            two = row[STOPS + i]
            if two == p:
                more = 0.0
                break
            if row[PICKUPS] < a.max_pickups:
                one = row[STOPS + i - 1] if i else depot
                more = min(more, a.km[one, p] + a.km[p, two] - a.km[one, two])
                if i == row[PICKUPS] - 1:
                    one, two = two, row[STOPS + i + 1]
                    more = min(more, a.km[one, p] + a.km[p, two] - a.km[one, two])
        best = min(best, a.reach[r, REACH_FEN] + more * a.fleet_fen[row[FLEET], KM_FEN])
    return best


@inner
def best_new_trip(a, s, w, u, least, seats, hope):
    """The cheapest trip for an item alone with a coach of these seats (any coach if there is none).

    ``hope`` is the part of the free seats (0 to 1) that others are expected to take, who would
    share the cost; it matters to budgets only.
    """
    best = Place(least, -1, -1, -1, -1, 0, 0, -1, -1, -1, -1)
    size, nights = a.item[u, SIZE], a.item[u, NIGHTS]
    hotels, fleets = len(a.hotel_fen), len(a.fleet_fen)
    for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
        e = a.option_whole[o, ENTERPRISE]
        if not option_open(a, s, o):
            continue
        reward = reward_of(a, s, o, size)
        latest, rate = a.option_whole[o, LATEST], a.option_fen[o, WAIT]
        for h in range(hotels if nights > 0 else 1):
            d = a.drop0 + e
            stay = cheapest = 0.0
            if nights > 0:
                d = a.hotel0 + h
                if a.hotel_whole[h, HOTEL_RESERVED] >= 0 and a.hotel_whole[h, HOTEL_RESERVED] != e:
                    continue
                stay = size * a.transfer_fen_km * a.km[d, a.drop0 + e]
                cheapest = nights * size * min(a.hotel_fen[h, SINGLE], a.hotel_fen[h, TWIN] / 2)
                if not np.isfinite(room_mode(a, s, h, a.item[u, AVAILABLE] + 1, nights, size)[0]):
                    continue
            factor = min(a.factor[d], a.risk_factor[a.item[u, RISK]])
            for r in range(a.item[u, REACH], a.item[u, REACH_END]):
                p = np.int64(a.reach[r, REACH_PICKUP])
                w.route[0], w.route[1] = p, d
                w.late[0], w.wait[0] = latest, rate
                changing = a.closed[p, 0] or a.closed[d, 0]
                found = 0
                for turn in range(2 * fleets):
                    k = a.fleet_order[p, turn % fleets]
                    if (a.fleet_whole[k, SEATS] == seats) != (turn < fleets):
                        continue
                    if found >= 3 or (turn >= fleets and found):
                        break
                    if a.cap[k, factor] < size:
                        continue
                    if a.fleet_whole[k, FLEET_RESERVED] >= 0 and a.fleet_whole[k, FLEET_RESERVED] != e:
                        continue
                    depot = a.fleet0 + k
                    km = a.km[depot, p] + a.km[p, d] + a.km[d, depot]
                    base = a.reach[r, REACH_FEN] + stay - reward - a.option_fen[o, WAIT_FROM]
                    if (
                        base + cheapest + km * a.fleet_fen[k, KM_FEN] + a.fleet_fen[k, DAY_FEN]
                        + rate * a.item[u, AVAILABLE] >= best.fen
                    ):  # fmt: skip
                        continue
                    money, length, offset = np.inf, 0, 0
                    for first in range(a.item[u, AVAILABLE], min(a.horizon, latest + 1)):
                        if changing or length == 0:
                            money, _, _, length = trip_clock(a, w, k, first, 1, 1)
                            offset = w.days[0] - first
                        if not np.isfinite(money) or first + offset > latest:
                            if changing:
                                continue
                            break
                        fen = base + money + rate * (first + offset)
                        if fen + cheapest >= best.fen:
                            break
                        if free_vehicle(a, s, k, first, length, -1) < 0:
                            continue
                        found += 1
                        pairs = lone = 0
                        if nights > 0:
                            rooms, pairs, lone = room_mode(a, s, h, first + offset, nights, size)
                            fen += rooms
                            if not np.isfinite(rooms):
                                found -= 1
                                continue  # a later arrival may find one
                        if fen < best.fen and (
                            not a.has_budgets
                            or affordable(
                                a, s, h if nights > 0 else -1, u, o, pairs, lone,
                                money / (size + hope * (a.cap[k, factor] - size)),
                            )
                        ):  # fmt: skip
                            best = Place(fen, -1, p, d, o, pairs, lone, 0, 0, k, first)
                        break
    return best


@inner
def rider_weighs(a, s, t, u):
    """Access, waiting, rooms and transfers of one item of trip t, in fen."""
    row = s.trips[t]
    o, n = s.item[u, I_OPTION], a.item[u, NIGHTS]
    fen = 0.0
    for r in range(a.item[u, REACH], a.item[u, REACH_END]):
        if a.reach[r, REACH_PICKUP] == s.item[u, I_PICKUP]:
            fen += a.reach[r, REACH_FEN]
    for i in range(row[DROPS]):
        if row[STOPS + row[PICKUPS] + i] == s.item[u, I_DROP]:
            day = row[STOPS + a.max_pickups + a.max_drops + i]
            fen += a.option_fen[o, WAIT] * day - a.option_fen[o, WAIT_FROM]
    if n > 0:
        h = s.item[u, I_DROP] - a.hotel0
        twins = s.item[u, PAIRS] + s.item[u, LONE]
        singles = a.item[u, SIZE] - 2 * s.item[u, PAIRS] - s.item[u, LONE]
        fen += n * (twins * a.hotel_fen[h, TWIN] + singles * a.hotel_fen[h, SINGLE])
        fen += (
            a.item[u, SIZE]
            * a.transfer_fen_km
            * a.km[s.item[u, I_DROP], a.drop0 + a.option_whole[o, ENTERPRISE]]
        )
    return fen


@inner
def count_item(a, s, u, sign):
    """Book what an item takes beside trip and rooms: vacancies, and its enterprise's headcount."""
    o = s.item[u, I_OPTION]
    s.counts[a.vacancies + a.option_whole[o, ENTERPRISE]] += sign * a.item[u, SIZE]
    for i in range(a.option_whole[o, VACANCY], a.option_whole[o, VACANCY_END]):
        s.counts[a.option_vacancy[i]] -= sign


@inner
def clear_trip(a, s, t, held):
    """Take a whole trip out; its items become unserved.  ``held``: its vehicle and rooms are still taken."""
    if held:
        set_resources(a, s, t, False)
    riders = STOPS + a.max_pickups + 2 * a.max_drops
    for j in range(s.trips[t, COUNT]):
        u = s.trips[t, riders + j]
        count_item(a, s, u, -1)
        s.item[u, SLOT] = -1
    s.trips[t, COUNT] = 0
    s.money[t] = 0.0


@inner
def settle(a, s, w, t, fleet, first):
    """Give a trip whose vehicle and rooms are given back its clock, vehicle, rooms and figures.

    Where that cannot be had (fewer stops may make a clock best whose days are not free) the
    trip is dissolved.
    """
    load_route(a, s, w, t)
    row = s.trips[t]
    money, drivers, way, length = trip_clock(a, w, fleet, first, row[PICKUPS], row[DROPS])
    row[LENGTH] = 0
    vehicle = free_vehicle(a, s, fleet, first, length, t) if np.isfinite(money) else -1
    if vehicle < 0:
        clear_trip(a, s, t, False)
        return
    row[VEHICLE], row[FLEET], row[FIRST] = vehicle, fleet, first
    row[LENGTH], row[DRIVERS], row[WAY] = length, drivers, way
    for i in range(row[DROPS]):
        row[STOPS + a.max_pickups + a.max_drops + i] = w.days[i]
    riders = STOPS + a.max_pickups + 2 * a.max_drops
    s.money[t, 0] = money
    s.money[t, 1] = 0.0
    for j in range(row[COUNT]):
        s.money[t, 1] += rider_weighs(a, s, t, row[riders + j])
    set_resources(a, s, t, True)


@inner
def insert_stop(s, t, position, place):
    row = s.trips[t]
    for i in range(row[PICKUPS] + row[DROPS], position, -1):
        row[STOPS + i] = row[STOPS + i - 1]
    row[STOPS + position] = place


@inner
def put(a, s, w, u, place):
    """Carry out a Place; returns the trip's slot, -1 where all slots are taken."""
    t = place.trip
    if t < 0:
        for slot in range(len(s.trips)):
            if s.trips[slot, COUNT] == 0:
                t = slot
                break
        if t < 0:
            return -1
        s.trips[t] = 0
        s.trips[t, T_RISK] = a.item[u, RISK]
        s.trips[t, VEHICLE] = -1
    else:
        set_resources(a, s, t, False)
    row = s.trips[t]
    if place.pickup_at >= 0:
        insert_stop(s, t, place.pickup_at, place.pickup)
        row[PICKUPS] += 1
    if place.drop_at >= 0:
        insert_stop(s, t, row[PICKUPS] + place.drop_at, place.drop)
        row[DROPS] += 1
    row[STOPS + a.max_pickups + 2 * a.max_drops + row[COUNT]] = u
    row[COUNT] += 1
    row[LOAD] += a.item[u, SIZE]
    row[FROM] = max(row[FROM], a.item[u, AVAILABLE])
    s.item[u, SLOT], s.item[u, I_PICKUP], s.item[u, I_DROP] = t, place.pickup, place.drop
    s.item[u, I_OPTION], s.item[u, PAIRS], s.item[u, LONE] = place.option, place.pairs, place.lone
    count_item(a, s, u, 1)
    settle(a, s, w, t, place.fleet, place.first)
    return t


@inner
def keep_riders(a, s, w, t, stay):
    """Take the riders out of a trip for whom ``stay`` is False, and the stops that nobody needs."""
    row = s.trips[t]
    riders = STOPS + a.max_pickups + 2 * a.max_drops
    set_resources(a, s, t, False)
    left = 0
    row[LOAD] = row[FROM] = 0
    for j in range(row[COUNT]):
        u = row[riders + j]
        if stay[j]:
            row[riders + left] = u
            left += 1
            row[LOAD] += a.item[u, SIZE]
            row[FROM] = max(row[FROM], a.item[u, AVAILABLE])
        else:
            count_item(a, s, u, -1)
            s.item[u, SLOT] = -1
    row[COUNT] = left
    if left == 0:
        s.money[t] = 0.0
        return
    kept = 0
    pickups = 0
    for i in range(row[PICKUPS] + row[DROPS]):
        column = I_PICKUP if i < row[PICKUPS] else I_DROP
        for j in range(left):
            if s.item[row[riders + j], column] == row[STOPS + i]:
                row[STOPS + kept] = row[STOPS + i]
                kept += 1
                pickups += column == I_PICKUP
                break
    row[PICKUPS], row[DROPS] = pickups, kept - pickups
    settle(a, s, w, t, row[FLEET], row[FIRST])


@inner
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
    best, rate = s.money[t, 0], 0.0
    for i in range(drops):
        best += w.wait[i] * row[day0 + i]
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
        money, length, shift = np.inf, 0, 0
        for first in range(row[FROM], a.horizon):
            late = False
            if changing or length == 0:
                money, _, _, length = trip_clock(a, w, k, first, pickups, drops)
                shift = 0
            else:
                shift += 1
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
            if not same and a.item[row[riders], NIGHTS] > 0 and not rooms_fit(a, s, w, t, -1):
                continue
            best, best_fleet, best_first = fen, k, first
            break
    if best_fleet >= 0:
        set_resources(a, s, t, False)
        settle(a, s, w, t, best_fleet, best_first)


@inner
def value(a, s):
    """(weight, cost in fen) of a state."""
    weight, fen = 0.0, 0.0
    for e in range(len(a.enterprise)):
        if 0 < a.enterprise[e, NEED] <= s.counts[a.vacancies + e]:
            weight += a.enterprise[e, BONUS]
    for u in range(len(s.item)):
        if s.item[u, SLOT] >= 0:
            weight += a.option_fen[s.item[u, I_OPTION], WEIGHT]
    for t in range(len(s.trips)):
        if s.trips[t, COUNT]:
            fen += s.money[t, 0] + s.money[t, 1]
    return weight, fen


@inner
def reckon_budgets(a, s):
    """What each enterprise pays, into ``s.spent``; returns the fen by which budgets are broken.

    The government pays every entitlement; what its own budget lacks must fit into what the
    enterprises have left.  A few fen a rider are kept aside for rounding.
    """
    entitled = np.zeros(len(a.enterprise))
    s.spent[:] = 0.0
    for u in range(len(s.item)):
        t = s.item[u, SLOT]
        if t < 0:
            continue
        o, size = s.item[u, I_OPTION], a.item[u, SIZE]
        e = a.option_whole[o, ENTERPRISE]
        part = s.money[t, 0] / s.trips[t, LOAD] + 1.0
        enterprise = part_of_trip(a, part)
        s.spent[e] += size * (enterprise + 2.0)
        entitled[e] += size * (part - enterprise - min(a.rates[0] * part, a.rates[1]))
        if a.item[u, NIGHTS] > 0:
            h = s.item[u, I_DROP] - a.hotel0
            stay, government = parts_of_stay(a, h, u, o, s.item[u, PAIRS], s.item[u, LONE])
            s.spent[e] += stay + 3.0 * size
            entitled[e] += government
    over, spare, total = 0.0, 0.0, 0.0
    for e in range(len(a.enterprise)):
        total += entitled[e]
        over += max(0.0, s.spent[e] - a.enterprise[e, BUDGET])
        spare += min(entitled[e], max(0.0, a.enterprise[e, BUDGET] - s.spent[e]))
    return over + max(0.0, total - a.government - spare)
