"""Ruin and recreate: takes riders out of a plan and puts them back cheaper.

One round takes out some neighbouring riders, puts every free item back where it costs least
(or opens a trip), retunes coach and day of the trips it touched, and keeps the result by the
rule of simulated annealing.

Source of the scheme: Schrimpf et al. 2000 (ruin and recreate); Christiaens and Vanden Berghe
2020 (strings, insertion with blinks).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from optimizer.booking import bill_trip, overspent
from optimizer.insertion import best_in_trips, best_new_trip
from optimizer.instance import BUDGET, ENTERPRISE, REACH, REACH_END, REACH_PICKUP, SEATS, SIZE, WEIGHT, Arrays
from optimizer.kernels import bare, bare_kernel
from optimizer.randomness import chance, draw
from optimizer.references import Reference
from optimizer.ruin import mark, order_free, ruin
from optimizer.search import (
    COST,
    COUNT,
    I_OPTION,
    LOAD,
    SLOT,
    STOPS,
    TRIPS,
    UNSERVED,
    State,
    empty_state,
    saved_for,
    scratch_for,
    slots_for,
)
from optimizer.trips import clear_trip, copy_trip, keep_riders, put, put_back, retune, trip_fen, write_clock

BLINK = 0.01
HEAT = 0.15  # the first temperature over the mean cost of a trip, given enough rounds a trip
ENOUGH = 5000.0
EXACTLY = 1000  # after so many rounds the sum of all costs is taken anew


@bare
def copy_spent(source, to):
    for e in range(len(source.spent)):
        to.spent[e, 0], to.spent[e, 1] = source.spent[e, 0], source.spent[e, 1]


@bare
def undo(a, s, b):
    """Take a round back: the trips that were marked are put as they were."""
    for i in range(b.many[0]):
        if s.trips[b.slots[i], COUNT]:
            clear_trip(a, s, b.slots[i])
    for i in range(b.many[0]):
        if b.trips[b.slots[i], COUNT]:
            put_back(a, s, b, b.slots[i])
    copy_spent(b, s)


@bare
def unmark(b):
    for i in range(b.many[0]):
        b.marked[b.slots[i]] = False
    b.many[0] = 0


@bare
def recreate(a, s, b, w, n, anew):
    """Put the first n free items back one by one; those that fit nowhere stay unserved.

    New trips are opened only if ``anew``.
    """
    largest = 0
    for k in range(len(a.fleet_whole)):
        largest = max(largest, a.fleet_whole[k, SEATS])
    shut = False
    for turn in range(2):
        for i in range(n):
            u = w.free[i]
            if s.item[u, SLOT] >= 0:
                continue
            if turn == 0:
                for r in range(a.item[u, REACH], a.item[u, REACH_END]):
                    shut = shut or w.shut[np.int64(a.reach[r, REACH_PICKUP])]
            place = best_in_trips(a, s, w, u, BLINK, 0.0)
            seats = largest if draw(s.random, 4) else a.fleet_whole[draw(s.random, len(a.fleet_whole)), SEATS]
            if anew:
                found = best_new_trip(a, s, w, u, place.fen, seats, chance(s.random))
                if found.option >= 0:
                    place = found
            if place.option < 0:
                continue
            if place.trip >= 0:
                mark(a, s, b, place.trip)
            elif s.many[TRIPS] < len(s.used):
                mark(a, s, b, s.used[s.many[TRIPS]])
            put(a, s, w, u, place)
        for p in range(len(w.shut)):
            w.shut[p] = False
        if not shut:
            break


@bare
def dissolve(a, s, b, w):
    """Retune the marked trips and take out those dearer than the policy allows."""
    for i in range(b.many[0]):
        t = b.slots[i]
        if s.trips[t, COUNT]:
            retune(a, s, w, t)
        if s.trips[t, COUNT] and s.money[t, COST] > a.max_per_worker * s.trips[t, LOAD] - 1.0:
            clear_trip(a, s, t)


@bare
def mend(a, s, b, w):
    """See that all trips are worth their money and that all budgets are kept."""
    waiting = s.many[UNSERVED]
    dissolve(a, s, b, w)
    n = s.many[UNSERVED] - waiting
    if n > 0:
        for i in range(n):
            w.free[i] = s.waiting[waiting + i]
        recreate(a, s, b, w, n, False)
        dissolve(a, s, b, w)
    if not a.has_budgets and not np.isfinite(a.government):
        return
    riders = STOPS + a.max_pickups + 2 * a.max_drops
    while True:
        reckon_spent(a, s, b)
        if overspent(a, s.spent) <= 0:
            return
        worst, by = -1, 0.0
        for e in range(len(a.enterprise)):
            if s.spent[e, 0] - a.enterprise[e, BUDGET] > by:
                worst, by = e, s.spent[e, 0] - a.enterprise[e, BUDGET]
        # The rider of a marked trip who pays most for the weight; of any enterprise if the
        # government alone is short.
        most, chosen = -1.0, -1
        for i in range(b.many[0]):
            t = b.slots[i]
            for j in range(s.trips[t, COUNT]):
                u = s.trips[t, riders + j]
                o = s.item[u, I_OPTION]
                if worst < 0 or a.option_whole[o, ENTERPRISE] == worst:
                    dear = (
                        s.money[t, COST]
                        / s.trips[t, LOAD]
                        * a.item[u, SIZE]
                        / max(1e-9, a.option_fen[o, WEIGHT])
                    )
                    if dear > most:
                        most, chosen = dear, u
        if chosen < 0:
            return
        take_out(a, s, w, chosen)


@bare
def reckon_spent(a, s, b):
    """What is paid by everybody: as before the round, but for the marked trips, which are billed anew."""
    copy_spent(b, s)
    for i in range(b.many[0]):
        if b.trips[b.slots[i], COUNT]:
            bill_trip(a, b, b.slots[i], s.spent, -1.0)
    for i in range(b.many[0]):
        if s.trips[b.slots[i], COUNT]:
            bill_trip(a, s, b.slots[i], s.spent, 1.0)


@bare
def take_out(a, s, w, u):
    """Take one item off its trip."""
    t = s.item[u, SLOT]
    riders = STOPS + a.max_pickups + 2 * a.max_drops
    for j in range(s.trips[t, COUNT]):
        w.stay[j] = s.trips[t, riders + j] != u
    keep_riders(a, s, w, t, w.stay)
    if s.trips[t, COUNT] and s.money[t, COST] > a.max_per_worker * s.trips[t, LOAD] - 1.0:
        clear_trip(a, s, t)


@bare
def total_fen(s):
    fen = 0.0
    for i in range(s.many[TRIPS]):
        fen += trip_fen(s, s.used[i])
    return fen


@bare
def keep_best(a, s, best):
    """Bring the store of the best plan up to the state; the trips changed since are marked in it."""
    for i in range(best.many[0]):
        copy_trip(a, s, best, best.slots[i])
    for i in range(s.many[UNSERVED]):
        best.item[s.waiting[i], SLOT] = -1
    unmark(best)


@bare_kernel
def improve(a, s, b, best, w, value, rounds, heat, homeless):
    """Some rounds from state ``s``.

    Args:
        b: a store of saved trips, for undoing.
        best: the store of the best plan; the trips are marked that have changed since.
        value: [5] fen and weight of the state, fen and weight of the best, rounds done.
        heat: temperature in fen.
        homeless: items to be taken out; if there are any, one round puts them and all others
            that are unserved back as best it can, and its result is kept whatever it is.
    """
    for _ in range(rounds):
        if value[4] % EXACTLY == 0:
            value[0] = total_fen(s)
        value[4] += 1
        copy_spent(s, b)
        if len(homeless):
            for u in homeless:
                if s.item[u, SLOT] >= 0:
                    mark(a, s, b, s.item[u, SLOT])
                    take_out(a, s, w, u)
            n = s.many[UNSERVED]
            for i in range(n):
                w.free[i] = s.waiting[i]
        else:
            n = ruin(a, s, b, w)
        order_free(a, s, w, n)
        recreate(a, s, b, w, n, True)
        mend(a, s, b, w)
        fen, weight = value[0], s.weight[0]
        for i in range(b.many[0]):
            t = b.slots[i]
            if b.trips[t, COUNT]:
                fen -= trip_fen(b, t)
            if s.trips[t, COUNT]:
                fen += trip_fen(s, t)
        worse = fen - value[0] - a.big * (weight - value[1])
        if len(homeless) or worse <= -heat * np.log(max(1e-12, chance(s.random))):
            value[0], value[1] = fen, weight
            for i in range(b.many[0]):
                t = b.slots[i]
                if not best.marked[t]:
                    best.marked[t] = True
                    best.slots[best.many[0]] = t
                    best.many[0] += 1
            if len(homeless) or weight > value[3] or (weight == value[3] and fen < value[2] - 1e-3):
                value[2], value[3] = fen, weight
                keep_best(a, s, best)
        else:
            undo(a, s, b)
        unmark(b)


@bare_kernel
def settle(a, s, best, w, value):
    """Make the state the best plan, every clock of it written out."""
    while s.many[TRIPS]:
        clear_trip(a, s, s.used[0])
    for e in range(len(s.spent)):
        s.spent[e, 0] = s.spent[e, 1] = 0.0
    for t in range(len(s.trips)):
        if best.trips[t, COUNT]:
            put_back(a, s, best, t)
            write_clock(a, s, w, t)
            bill_trip(a, s, t, s.spent, 1.0)
    unmark(best)
    value[0], value[1] = total_fen(s), s.weight[0]


class Search:
    """A state that is improved round by round, and the best it has been."""

    def __init__(self, a: Arrays, seed: int) -> None:
        slots = slots_for(a)
        self._a, self._best = a, saved_for(a, slots)
        self._value = np.array([0.0, 0.0, np.inf, -1.0, 0.0])
        self.state: State = empty_state(a, slots, seed)
        tables = (a, self.state, saved_for(a, slots), self._best, scratch_for(a))
        self._references = tuple(Reference(table) for table in tables)

    @property
    def rounds(self) -> int:
        return int(self._value[4])

    @property
    def fen(self) -> float:
        """Cost of the best plan."""
        return float(self._value[2])

    @property
    def weight(self) -> float:
        """Weight of the best plan, in the instance's whole numbers."""
        return float(self._value[3])

    @property
    def served(self) -> int:
        """Workers whom the best plan serves."""
        return int(self._a.item[self._best.item[:, SLOT] >= 0, SIZE].sum())

    @property
    def trips(self) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
        """Copies of the state's trips, their money and the items."""
        return self.state.trips.copy(), self.state.money.copy(), self.state.item.copy()

    def start_heat(self, rounds: float) -> float:
        """The temperature to begin with if so many rounds are expected, in fen: a part of a trip's cost."""
        trips = self.state.money[self.state.used[: self.state.many[TRIPS]], COST]
        if not len(trips):
            return 1.0
        return HEAT * float(trips.mean()) * min(1.0, rounds / len(trips) / ENOUGH)

    def run(self, rounds: int, heat: float) -> None:
        """Some rounds at a temperature in fen; the first of all constructs a plan."""
        self._improve(rounds, heat, ())

    def settle(self) -> State:
        """Go back to the best plan; every figure of the state is ready to be written."""
        a, s, _, best, w = self._references
        settle(a, s, best, w, self._value)
        return self.state

    def rehouse(self, homeless: Sequence[int]) -> State:
        """Take these items out, and put them and all others that wait back where they fit."""
        self._improve(1, 0.0, homeless)
        return self.settle()

    def _improve(self, rounds: int, heat: float, homeless: Sequence[int]) -> None:
        improve(*self._references, self._value, rounds, heat, np.array(homeless, np.int64))
