"""Where an item may go, and what that costs: the cheapest seat on a trip, the cheapest new trip.

What cannot beat the best place known is left out by its kilometres, rooms and access alone;
only what is left needs a clock.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from optimizer.booking import (
    affordable,
    fleet_open,
    free_vehicle,
    hotel_open,
    move_rooms,
    option_open,
    reward_of,
    room_mode,
)
from optimizer.clock import FAR, quick_clock
from optimizer.instance import (
    AVAILABLE,
    DAY_FEN,
    ENTERPRISE,
    FLEET_RESERVED,
    HOTEL_RESERVED,
    KM_FEN,
    LATEST,
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
    SIZE,
    TWIN,
    WAIT,
    WAIT_FROM,
)
from optimizer.kernels import bare
from optimizer.randomness import chance
from optimizer.search import (
    COST,
    DROPS,
    FIRST,
    FLEET,
    FROM,
    LENGTH,
    LOAD,
    PICKUPS,
    STOPS,
    TRIPS,
    WHEEL,
)
from optimizer.trips import load_route


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


@bare
def least_detour(a, s, t, u):
    """Fen that taking an item along on trip t adds at least: its way to a pickup, and the road to it."""
    row = s.trips[t]
    depot = a.fleet0 + row[FLEET]
    pickups = row[PICKUPS]
    best = np.inf
    for r in range(a.item[u, REACH], a.item[u, REACH_END]):
        p = np.int64(a.reach[r, REACH_PICKUP])
        more = np.inf
        one = depot
        for i in range(pickups + 1):
            two = row[STOPS + i]
            if two == p and i < pickups:
                more = 0.0
                break
            if pickups < a.max_pickups:
                more = min(more, a.km[one, p] + a.km[p, two] - a.km[one, two])
            one = two
        best = min(best, a.reach[r, REACH_FEN] + more * a.fleet_fen[row[FLEET], KM_FEN])
    return best


@bare
def least_stay(a, s, h, e, u):
    """Fen that an item's stay in hotel h weighs at least; inf where it may not stay there."""
    owner = a.hotel_whole[h, HOTEL_RESERVED]
    if owner >= 0 and owner != e:
        return np.inf
    size = a.item[u, SIZE]
    room = a.item[u, NIGHTS] * min(a.hotel_fen[h, SINGLE], a.hotel_fen[h, TWIN] / 2)
    return size * (room + a.transfer_fen_km * a.km[a.hotel0 + h, a.drop0 + e])


@bare
def least_beside(a, s, w, u):
    """Fen that serving an item weighs at least, without trip and access: rooms, waiting, its reward."""
    least = np.inf
    for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
        e = a.option_whole[o, ENTERPRISE]
        if not option_open(a, s, o):
            continue
        fen = a.option_fen[o, WAIT] * a.item[u, AVAILABLE] - a.option_fen[o, WAIT_FROM]
        fen -= reward_of(a, s, o, a.item[u, SIZE])
        if a.item[u, NIGHTS] > 0:
            stay = np.inf
            for h in range(len(a.hotel_fen)):
                stay = min(stay, least_stay(a, s, h, e, u))
            fen += stay
        least = min(least, fen)
    return least


@bare
def best_in_trips(a, s, w, u, blink, least):
    """The cheapest way to take an item along on a trip, if it is under ``least``.

    With the chance ``blink`` a trip, or a position of its stops, is overlooked.
    """
    best = Place(least, -1, -1, -1, -1, 0, 0, -1, -1, -1, -1)
    size, nights, risk = a.item[u, SIZE], a.item[u, NIGHTS], a.item[u, RISK]
    beside = least_beside(a, s, w, u)
    if beside >= least:
        return best
    many = 0
    for i in range(s.many[TRIPS]):
        t = s.used[i]
        if s.spare[risk, t] < size:
            continue
        bound = beside + least_detour(a, s, t, u)
        if bound < least:
            w.chosen[many], w.bound[many] = t, bound
            many += 1
    day0 = STOPS + a.max_pickups + a.max_drops
    while many > 0:
        x = 0
        for i in range(1, many):
            if w.bound[i] < w.bound[x]:
                x = i
        if w.bound[x] >= best.fen:
            break
        t = w.chosen[x]
        many -= 1
        w.chosen[x], w.bound[x] = w.chosen[many], w.bound[many]
        if blink > 0 and chance(s.random) < blink:
            continue
        row = s.trips[t]
        k, load, pickups, drops = row[FLEET], row[LOAD] + size, row[PICKUPS], row[DROPS]
        depot, owner, km_fen = a.fleet0 + k, a.fleet_whole[k, FLEET_RESERVED], a.fleet_fen[k, KM_FEN]
        loaded = False
        for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
            e = a.option_whole[o, ENTERPRISE]
            if (owner >= 0 and owner != e) or not option_open(a, s, o):
                continue
            latest, rate = a.option_whole[o, LATEST], a.option_fen[o, WAIT]
            first0 = max(row[FIRST], a.item[u, AVAILABLE])
            fixed = -reward_of(a, s, o, size) - a.option_fen[o, WAIT_FROM]
            hotels = w.hotels.shape[1] if nights > 0 else 1
            for x in range(hotels):
                d = a.drop0 + e
                h = -1
                stay = cheapest = 0.0
                if nights > 0:
                    h = w.hotels[e, x]
                    d = a.hotel0 + h
                    cheapest = least_stay(a, s, h, e, u)
                    if fixed + cheapest + rate * row[FROM] >= best.fen:
                        continue
                    stay = size * a.transfer_fen_km * a.km[d, a.drop0 + e]
                    cheapest -= stay
                at = -1
                for i in range(drops):
                    if row[STOPS + pickups + i] == d:
                        at = i
                drop_at, drop_km = -1, 0.0
                if at < 0:
                    if drops >= a.max_drops or load > a.cap[k, min(a.risk_factor[risk], a.factor[d])]:
                        continue
                    drop_km = np.inf
                    one = row[STOPS + pickups - 1]
                    for i in range(drops + 1):
                        two = row[STOPS + pickups + i] if i < drops else depot
                        more = a.km[one, d] + a.km[d, two] - a.km[one, two]
                        if more < drop_km:
                            drop_km, drop_at = more, i
                        one = two
                    if fixed + stay + cheapest + drop_km * km_fen >= best.fen:
                        continue
                if nights > 0 and not np.isfinite(
                    room_mode(a, s, h, row[day0 + max(0, at)], nights, size)[0]
                ):
                    continue
                for r in range(a.item[u, REACH], a.item[u, REACH_END]):
                    p = np.int64(a.reach[r, REACH_PICKUP])
                    fen = fixed + stay + a.reach[r, REACH_FEN]
                    if fen + cheapest >= best.fen:
                        continue
                    known = False
                    for i in range(pickups):
                        known = known or row[STOPS + i] == p
                    pickup_at, pickup_km = -1, 0.0
                    if not known:
                        if pickups >= a.max_pickups or w.shut[p]:
                            continue
                        pickup_km = np.inf
                        one = depot
                        for i in range(pickups + 1):
                            two = row[STOPS + i]
                            more = a.km[one, p] + a.km[p, two] - a.km[one, two]
                            if more < pickup_km and not (blink > 0 and chance(s.random) < blink):
                                pickup_km, pickup_at = more, i
                            one = two
                        if pickup_at < 0:
                            continue
                    first = first0
                    added = (pickup_km + drop_km) * km_fen
                    if fen + cheapest + added + rate * first >= best.fen:
                        continue
                    if known and at >= 0 and first == row[FIRST] and row[day0 + at] <= latest:
                        arrival = row[day0 + at]
                        fen += rate * arrival
                    elif (
                        row[WHEEL] >= 0
                        and first == row[FIRST]
                        and latest >= first
                        and (at >= 0 or pickup_at < pickups)
                        and _stays_plain(a, w, row, p, d, pickup_at, drop_at)
                    ):
                        arrival = first
                        fen += added + rate * first
                    else:
                        if not loaded:
                            load_route(a, s, w, t)
                            for i in range(drops):
                                w.late2[i], w.wait2[i] = w.late[i], w.wait[i]
                            loaded = True
                        n = 0
                        for i in range(pickups + drops):
                            if i == pickup_at:
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
                        money, _, _, length, _ = quick_clock(
                            a, w, k, first, pickups + (not known), drops + (drop_at >= 0)
                        )
                        if not np.isfinite(money):
                            continue
                        arrival = w.days[where]
                        fen += money - s.money[t, COST] + rate * arrival
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
                        if moved and nights > 0 and not move_rooms(a, s, w, t, drop_at, False):
                            continue
                    pairs = lone = 0
                    if nights > 0:
                        rooms, pairs, lone = room_mode(a, s, h, arrival, nights, size)
                        fen += rooms
                    if fen < best.fen and (
                        not a.has_budgets or affordable(a, s, h, u, o, pairs, lone, s.money[t, COST] / load)
                    ):
                        best = Place(fen, t, p, d, o, pairs, lone, pickup_at, drop_at, k, first)
    return best


@bare
def _stays_plain(a, w, row, p, d, pickup_at, drop_at):
    """Whether a trip that needs no clock needs none with a new pickup p, a new drop d, or both."""
    depot, pickups = a.fleet0 + row[FLEET], row[PICKUPS]
    wheel, stops = row[WHEEL], pickups + row[DROPS]
    if pickup_at >= 0:
        one = row[STOPS + pickup_at - 1] if pickup_at else depot
        two = row[STOPS + pickup_at]
        wheel += a.minutes[one, p] + a.minutes[p, two] - a.minutes[one, two]
        stops += 1
    if drop_at >= 0:
        one = row[STOPS + pickups + drop_at - 1]
        two = row[STOPS + pickups + drop_at] if drop_at < row[DROPS] else depot
        wheel += a.minutes[one, d] + a.minutes[d, two] - a.minutes[one, two]
        stops += 1
    on_the_way = wheel + stops * a.rules.stop
    return (
        wheel <= w.plain[1]
        and a.rules.leave_from + on_the_way <= w.plain[2]
        and on_the_way <= a.rules.max_ride
        and not a.closed[p, 0]
        and not a.closed[d, 0]
    )


@bare
def best_new_trip(a, s, w, u, least, seats, hope):
    """The cheapest trip for an item alone with a coach of these seats (any coach if there is none).

    ``hope`` is the part of the free seats (0 to 1) that others are expected to take, who would
    share the cost; it matters to budgets only.
    """
    best = Place(least, -1, -1, -1, -1, 0, 0, -1, -1, -1, -1)
    size, nights, available = a.item[u, SIZE], a.item[u, NIGHTS], a.item[u, AVAILABLE]
    fleets = len(a.fleet_fen)
    for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
        e = a.option_whole[o, ENTERPRISE]
        if not option_open(a, s, o):
            continue
        latest, rate = a.option_whole[o, LATEST], a.option_fen[o, WAIT]
        fixed = -reward_of(a, s, o, size) - a.option_fen[o, WAIT_FROM]
        until = min(a.horizon, latest + 1)
        for k in range(fleets):
            owner = a.fleet_whole[k, FLEET_RESERVED]
            w.open[k] = (owner < 0 or owner == e) and fleet_open(s, k, available, until)
        hotels = w.hotels.shape[1] if nights > 0 else 1
        for x in range(hotels):
            d = a.drop0 + e
            h = -1
            stay = cheapest = 0.0
            if nights > 0:
                h = w.hotels[e, x]
                d = a.hotel0 + h
                cheapest = least_stay(a, s, h, e, u)
                if fixed + cheapest + rate * available >= best.fen:
                    continue
                stay = size * a.transfer_fen_km * a.km[d, a.drop0 + e]
                cheapest -= stay
                if not hotel_open(a, s, h, available, latest, nights, size):
                    continue
            factor = min(a.factor[d], a.risk_factor[a.item[u, RISK]])
            for r in range(a.item[u, REACH], a.item[u, REACH_END]):
                p = np.int64(a.reach[r, REACH_PICKUP])
                base = fixed + stay + a.reach[r, REACH_FEN]
                if w.shut[p] or base + cheapest + rate * available + w.least_trip[p, d - a.drop0] >= best.fen:
                    continue
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
                    if a.cap[k, factor] < size or not w.open[k]:
                        continue
                    depot = a.fleet0 + k
                    km = a.km[depot, p] + a.km[p, d] + a.km[d, depot]
                    if (
                        base + cheapest + km * a.fleet_fen[k, KM_FEN] + a.fleet_fen[k, DAY_FEN]
                        + rate * available >= best.fen
                    ):  # fmt: skip
                        continue
                    money, length, offset = np.inf, 0, 0
                    for first in range(available, until):
                        if changing or length == 0:
                            money, _, _, length, _ = quick_clock(a, w, k, first, 1, 1)
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
                        pairs = lone = 0
                        if nights > 0:
                            rooms, pairs, lone = room_mode(a, s, h, first + offset, nights, size)
                            fen += rooms
                            if not np.isfinite(rooms):
                                continue  # a later arrival may find one
                        found += 1
                        if fen < best.fen and (
                            not a.has_budgets
                            or affordable(
                                a, s, h, u, o, pairs, lone,
                                money / (size + hope * (a.cap[k, factor] - size)),
                            )
                        ):  # fmt: skip
                            best = Place(fen, -1, p, d, o, pairs, lone, 0, 0, k, first)
                        break
    return best
