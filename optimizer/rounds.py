"""Ruin and recreate: takes trips and riders out of a plan and puts them back cheaper.

One round takes out some neighbouring trips or riders, puts every free item back where it
costs least (or opens a trip), retunes coach and day of the trips it touched, and keeps the
result by the rule of simulated annealing.

Source of the scheme: Schrimpf et al. 2000 (ruin and recreate); Christiaens and Vanden Berghe
2020 (insertion with blinks).
"""

from __future__ import annotations

import numpy as np

from optimizer.instance import (
    AVAILABLE,
    BUDGET,
    ENTERPRISE,
    LATEST,
    OPTION,
    REACH,
    REACH_PICKUP,
    RISK,
    SEATS,
    SIZE,
    WEIGHT,
    Arrays,
)
from optimizer.kernels import inner, kernel
from optimizer.search import (
    COUNT,
    I_OPTION,
    I_PICKUP,
    LOAD,
    PICKUPS,
    SLOT,
    STOPS,
    T_RISK,
    Place,
    Scratch,
    State,
    best_in_trip,
    best_new_trip,
    chance,
    clear_trip,
    count_item,
    draw,
    keep_riders,
    least_detour,
    put,
    reckon_budgets,
    retune,
    set_resources,
    value,
)


@inner
def snapshot(a, s, b, t, saved):
    """Save a trip and its riders before its first change in a round."""
    if not saved[t]:
        saved[t] = True
        b.trips[t] = s.trips[t]
        b.money[t] = s.money[t]
        riders = STOPS + a.max_pickups + 2 * a.max_drops
        for j in range(s.trips[t, COUNT]):
            b.item[s.trips[t, riders + j]] = s.item[s.trips[t, riders + j]]


@kernel
def undo(a, s, b, saved):
    """Take a round back: the trips that were saved are put as they were."""
    riders = STOPS + a.max_pickups + 2 * a.max_drops
    for t in range(len(saved)):
        if saved[t] and s.trips[t, COUNT]:
            clear_trip(a, s, t, True)
    for t in range(len(saved)):
        if saved[t] and b.trips[t, COUNT]:
            s.trips[t] = b.trips[t]
            s.money[t] = b.money[t]
            for j in range(s.trips[t, COUNT]):
                u = s.trips[t, riders + j]
                s.item[u] = b.item[u]
                count_item(a, s, u, 1)
            set_resources(a, s, t, True)


@kernel
def ruin(a, s, b, w, saved, free):
    """Take trips or riders out around a random trip; returns how many items wait in ``free``."""
    saved[:] = False
    riders = STOPS + a.max_pickups + 2 * a.max_drops
    n_free = 0
    for u in range(len(s.item)):
        if s.item[u, SLOT] < 0:
            free[n_free] = u
            n_free += 1
    used = np.nonzero(s.trips[:, COUNT])[0]
    if len(used) == 0:
        return n_free
    if n_free > 60:  # of many unserved ones try some a round
        for i in range(60):
            j = i + draw(s.random, n_free - i)
            free[i], free[j] = free[j], free[i]
        n_free = 60
    seed = used[draw(s.random, len(used))]
    place = s.trips[seed, STOPS + draw(s.random, s.trips[seed, PICKUPS])]
    # How far a trip is from the place of the seed, with some chance in it.
    apart = np.full(len(used), np.inf)
    for i in range(len(used)):
        t = used[i]
        if s.trips[t, T_RISK] == s.trips[seed, T_RISK]:
            for j in range(s.trips[t, PICKUPS]):
                apart[i] = min(apart[i], a.km[s.trips[t, STOPS + j], place])
            apart[i] = (apart[i] + 20.0) * (0.3 + chance(s.random)) * (t != seed)
    style = draw(s.random, 4)
    wanted = 1 + draw(s.random, 3) if style == 0 else 2 + draw(s.random, 5)
    share = chance(s.random)
    for n in range(wanted):
        i = np.argmin(apart)
        if not np.isfinite(apart[i]):
            break
        apart[i] = np.inf
        t = used[i]
        snapshot(a, s, b, t, saved)
        many = s.trips[t, COUNT]
        stay = np.zeros(many, np.bool_)
        if style == 1 and n > 0:
            for j in range(many):
                stay[j] = chance(s.random) > share
        elif style >= 2 and n > (style == 3):
            for j in range(many):
                stay[j] = a.km[s.item[s.trips[t, riders + j], I_PICKUP], place] > 120.0 * share
        for j in range(many):
            if not stay[j]:
                free[n_free] = s.trips[t, riders + j]
                n_free += 1
        if stay.all():
            continue
        if not stay.any():
            clear_trip(a, s, t, True)
            continue
        keep_riders(a, s, w, t, stay)
        if s.trips[t, COUNT] == 0:  # the others fell out too
            for j in range(many):
                if stay[j]:
                    free[n_free] = b.trips[t, riders + j]
                    n_free += 1
    return n_free


@kernel
def order_free(a, s, free, n):
    """Sort the free items by a random one of several keys."""
    key = np.empty(n)
    how = draw(s.random, 6)
    large_first = draw(s.random, 2) == 0
    for i in range(n):
        u = free[i]
        p = np.int64(a.reach[a.item[u, REACH], REACH_PICKUP])
        o = a.item[u, OPTION]
        e = a.option_whole[o, ENTERPRISE]
        if how == 0:
            key[i] = chance(s.random) - 1e3 * a.option_fen[o, WEIGHT] / a.item[u, SIZE]
        elif how == 1:
            key[i] = -a.km[p, a.drop0 + e] + 5 * chance(s.random)
        elif how == 2:
            key[i] = p + 0.0001 * e
        elif how == 3:
            key[i] = e + 0.0001 * p
        elif how == 4:
            key[i] = a.option_whole[o, LATEST] - a.item[u, AVAILABLE] + chance(s.random)
        else:
            key[i] = chance(s.random)
        if large_first and how != 2:
            key[i] -= 1e7 * a.item[u, SIZE]
    order = np.argsort(key, kind="mergesort")
    out = free[:n].copy()
    for i in range(n):
        free[i] = out[order[i]]


@kernel
def recreate(a, s, b, w, saved, free, n_free, blink):
    """Put the free items back one by one; those that fit nowhere stay unserved."""
    largest = a.fleet_whole[:, SEATS].max()
    slots = np.empty(len(s.trips), np.int64)
    detour = np.empty(len(s.trips))
    for i in range(n_free):
        u = free[i]
        many = 0
        for t in range(len(s.trips)):
            if s.trips[t, COUNT] == 0 or s.trips[t, T_RISK] != a.item[u, RISK]:
                continue
            if blink > 0 and chance(s.random) < blink:
                continue
            slots[many] = t
            detour[many] = least_detour(a, s, t, u)
            many += 1
        # The most promising first, so that most others need no clock.
        best = Place(0.0, -1, -1, -1, -1, 0, 0, -1, -1, -1, -1)
        for n in np.argsort(detour[:many]):
            found = best_in_trip(a, s, w, slots[n], u, best.fen)
            if found.option >= 0:
                best = found
        least = best.fen
        seats = largest if draw(s.random, 4) else a.fleet_whole[draw(s.random, len(a.fleet_whole)), SEATS]
        found = best_new_trip(a, s, w, u, least, seats, chance(s.random))
        if found.option >= 0:
            best = found
        if best.option < 0:
            continue
        if best.trip >= 0:
            snapshot(a, s, b, best.trip, saved)
        else:
            for t in range(len(s.trips)):
                if s.trips[t, COUNT] == 0:
                    snapshot(a, s, b, t, saved)
                    break
        put(a, s, w, u, best)


@kernel
def mend(a, s, b, w, saved):
    """Retune the touched trips, dissolve those dearer than the policy allows, keep to the budgets."""
    riders = STOPS + a.max_pickups + 2 * a.max_drops
    for t in range(len(saved)):
        if saved[t] and s.trips[t, COUNT]:
            retune(a, s, w, t)
            if s.money[t, 0] > a.max_per_worker * s.trips[t, LOAD] - 1.0:
                clear_trip(a, s, t, True)
    if not a.has_budgets and not np.isfinite(a.government):
        return
    while reckon_budgets(a, s) > 0:
        worst, by = -1, 0.0
        for e in range(len(a.enterprise)):
            if s.spent[e] - a.enterprise[e, BUDGET] > by:
                worst, by = e, s.spent[e] - a.enterprise[e, BUDGET]
        # The rider who pays most for the weight; of any enterprise if the government alone is short.
        most, chosen = -1.0, -1
        for u in range(len(s.item)):
            t, o = s.item[u, SLOT], s.item[u, I_OPTION]
            if t >= 0 and (worst < 0 or a.option_whole[o, ENTERPRISE] == worst):
                dear = s.money[t, 0] / s.trips[t, LOAD] * a.item[u, SIZE] / max(1e-9, a.option_fen[o, WEIGHT])
                if dear > most:
                    most, chosen = dear, u
        if chosen < 0:
            return
        t = s.item[chosen, SLOT]
        snapshot(a, s, b, t, saved)
        stay = np.ones(s.trips[t, COUNT], np.bool_)
        for j in range(s.trips[t, COUNT]):
            stay[j] = s.trips[t, riders + j] != chosen
        keep_riders(a, s, w, t, stay)
        if s.trips[t, COUNT] and s.money[t, 0] > a.max_per_worker * s.trips[t, LOAD] - 1.0:
            clear_trip(a, s, t, True)


@kernel
def take_out(a, s, b, w, saved, u):
    """Take one item off its trip."""
    t = s.item[u, SLOT]
    if t < 0:
        return
    snapshot(a, s, b, t, saved)
    riders = STOPS + a.max_pickups + 2 * a.max_drops
    stay = np.ones(s.trips[t, COUNT], np.bool_)
    for j in range(s.trips[t, COUNT]):
        stay[j] = s.trips[t, riders + j] != u
    keep_riders(a, s, w, t, stay)


@kernel
def worth(a, s):
    """(weight, cost in fen) of a state."""
    return value(a, s)


def copy_into(s: State, to: State) -> None:
    """Make state ``to`` equal to ``s`` (all but the random state)."""
    for name in State._fields:
        if name != "random":
            np.copyto(getattr(to, name), getattr(s, name))


def one_round(a: Arrays, s: State, b: State, w: Scratch, saved, free, now: float, heat: float) -> float:
    """One round; returns big x weight less cost of the state it leaves, negated.

    Args:
        b: a state of the same shape to save trips in.
        now: the value before the round.
        heat: temperature in fen.
    """
    n = ruin(a, s, b, w, saved, free)
    order_free(a, s, free, n)
    recreate(a, s, b, w, saved, free, n, 0.01)
    mend(a, s, b, w, saved)
    weight, fen = worth(a, s)
    then = fen - a.big * weight
    u = (int(s.random[0]) >> 20) % (1 << 30) / (1 << 30)
    if then <= now - heat * np.log(max(1e-12, u)):
        return then
    undo(a, s, b, saved)
    return now
