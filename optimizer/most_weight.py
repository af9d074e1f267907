"""The most weight of any plan: a programme in whole numbers over what all trips share.

Its columns are who is served (parties that are alike in all that counts here make one column), the
day on which rides and stays begin, what the government pays, and the restarts; its rows are
vacancies, seats on a day, rooms in a night, and money.  Coaches are thrown together, and so are
hotels, and of everything a party takes the least that any trip would cost it.  All that only
relaxes what a plan must keep, so whoever a plan serves is a solution of the programme.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from ortools.sat.python import cp_model

from optimizer.instance import (
    AVAILABLE,
    BUDGET,
    CONCESSION,
    END_VEHICLE,
    ENTERPRISE,
    FIRST_VEHICLE,
    FLEET_RESERVED,
    HOTEL_RESERVED,
    LATEST,
    NIGHT_FROM,
    NIGHT_UNTIL,
    NIGHTS,
    OPTION,
    OPTION_END,
    RISK,
    SINGLE_LIST,
    SIZE,
    TWIN_LIST,
    VACANCY,
    VACANCY_END,
    WEIGHT,
    Arrays,
)

Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]
Row: TypeAlias = Hashable
Uses: TypeAlias = dict[Row, float]

WORK = 2.0  # of the solver, in its own measure, which is the same on every machine
FINE = 1000.0  # of what is no whole number, such parts are counted
STEP_FEN = 500.0  # money is counted in such steps, so that more parties are alike
MUCH_FEN = 1e13  # more than any budget
SLACK_FEN = 4.0  # what roundings may save an enterprise of a worker's trip, and of a stay


@dataclass(frozen=True)
class Least:
    """By option of an item, the least of any trip that could carry it; nothing of one that none could."""

    possible: NDArray[np.bool_]
    arrival: Whole  # day at the drop
    ride: Whole  # days from leaving to the drop
    days: Whole  # of the vehicle
    part_fen: Floats  # a worker's part of the trip's cost

    @classmethod
    def of_none(cls, options: int) -> Least:
        arrival, ride, days = np.zeros((3, options), np.int64)
        return cls(np.zeros(options, bool), arrival, ride, days, np.zeros(options))


class _Programme:
    """Columns, what they are worth and take, and what there is of each row."""

    def __init__(self) -> None:
        self._worth: list[float] = []
        self._most: list[float] = []
        self._uses: list[Uses] = []
        self._has: defaultdict[Row, float] = defaultdict(float)

    def has(self, row: Row, much: float) -> None:
        self._has[row] += much

    def column(self, worth: float, most: float, uses: Uses) -> None:
        """At most so many times: a worth, and what each time takes of rows (less than 0: gives)."""
        self._worth.append(worth)
        self._most.append(most)
        self._uses.append(uses)

    def bound(self) -> float:
        """A number that no choice of columns is worth more than; their worths are whole numbers."""
        number = {row: i for i, row in enumerate({row: None for uses in self._uses for row in uses})}
        column = np.repeat(np.arange(len(self._uses)), np.array([len(uses) for uses in self._uses], np.int64))
        row = np.array([number[r] for uses in self._uses for r in uses], np.int64)
        much = np.array([x for uses in self._uses for x in uses.values()])
        has = np.array([self._has[r] for r in number])
        most, worth = np.array(self._most).astype(np.int64), np.rint(self._worth).astype(np.int64)
        fine = np.ones(len(has))
        fine[row[much != np.floor(much)]] = FINE
        # Rounded so that more can be done.
        takes = np.floor(much * fine[row] + 1e-9).astype(np.int64)
        limit = np.ceil(has * fine - 1e-9).astype(np.int64)
        model = cp_model.CpModel()
        columns = [model.new_int_var(0, int(u), "") for u in most]
        order = np.argsort(row, kind="stable")
        for mine in np.split(order, np.flatnonzero(np.diff(row[order])) + 1) if len(row) else ():
            here = int(limit[row[mine[0]]])
            if (np.maximum(0, takes[mine]) * most[column[mine]]).sum() > here:
                chosen = [columns[i] for i in column[mine]]
                model.add(cp_model.LinearExpr.weighted_sum(chosen, takes[mine].tolist()) <= here)
        model.maximize(cp_model.LinearExpr.weighted_sum(columns, worth.tolist()))
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.linearization_level = 2
        solver.parameters.max_deterministic_time = WORK
        solver.parameters.catch_sigint_signal = False  # its handler would swallow Ctrl-C
        known = solver.solve(model) in (cp_model.OPTIMAL, cp_model.FEASIBLE)
        everything = float((most * worth).sum())
        return min(everything, float(np.floor(solver.best_objective_bound + 1e-6))) if known else everything


@dataclass(frozen=True, slots=True)
class _Stay:
    """What parties must share who stay equally long, within the same days and in the same hotels."""

    nights: int
    size: int
    first: int  # days of arrival
    last: int
    owner: int  # the enterprise that has hotels of its own; -1: none


@dataclass(frozen=True, slots=True)
class _Ride:
    """What riders share whose trips leave within the same days, take equally long and fill alike."""

    first: int
    last: int
    days: int
    owner: int  # the enterprise that has coaches of its own; -1: none
    part: float  # of a coach's seats without any limit, what all riders take together


@dataclass(frozen=True, slots=True)
class _Option:
    """One way to serve a party."""

    enterprise: int
    weight: float
    vacancies: tuple[int, ...]
    ride: _Ride
    stay: _Stay | None
    enterprise_fen: float  # what its members cost the enterprise, at least
    public_fen: float  # the enterprise and the government together


def most_weight(a: Arrays, least: Least, restarts_only: bool = False) -> float:
    """An upper bound on the weight of any plan, in the instance's whole numbers.

    Args:
        least: what each option takes at least.
        restarts_only: bound the weight of the restarts alone.
    """
    programme, option_of = _Programme(), _Options(a, least)
    parties: Counter[tuple[int, tuple[_Option, ...]]] = Counter()
    for row in a.item:
        ways = (o for o in range(row[OPTION], row[OPTION_END]) if least.possible[o])
        parties[int(row[SIZE]), tuple(option_of(row, o) for o in ways)] += 1
    rides: Counter[_Ride] = Counter()
    stays: Counter[_Stay] = Counter()
    reachable = a.counts[a.vacancies :].astype(float)
    for (size, options), many in parties.items():
        alike = ("party", size, options)
        programme.has(alike, many)
        for option in options:
            e = option.enterprise
            uses: Uses = {alike: 1.0, option.ride: 1.0, ("restart", e): -float(size)}
            for v in option.vacancies:
                uses["vacancy", v] = uses.get(("vacancy", v), 0.0) + 1.0
            if option.stay:
                uses[option.stay] = 1.0
            if np.isfinite(a.enterprise[e, BUDGET]):
                uses["enterprise", e] = option.enterprise_fen
                uses["public", e] = option.public_fen
            programme.column(0.0 if restarts_only else option.weight, many, uses)
        rides.update(dict.fromkeys({option.ride for option in options}, many))
        stays.update(dict.fromkeys({option.stay for option in options if option.stay}, many))
        reachable[list({option.enterprise for option in options})] += size * many
    for v in range(a.vacancies):
        programme.has(("vacancy", v), a.counts[v])
    sure = _restarts(a, programme, reachable)
    _money(a, programme)
    _rides(a, programme, rides)
    _stays(a, programme, stays)
    return sure + programme.bound()


def _restarts(a: Arrays, programme: _Programme, reachable: Floats) -> float:
    """Columns of restarts that enough workers could bring about; the weight of those that are sure."""
    sure = 0.0
    for e, (need, bonus, _) in enumerate(a.enterprise):
        missing = need - a.counts[a.vacancies + e]
        if need > 0 and missing <= 0:
            sure += bonus
        elif need > 0 and need <= reachable[e]:
            programme.column(bonus, 1.0, {("restart", e): missing})
    return float(sure)


def _money(a: Arrays, programme: _Programme) -> None:
    """Budgets; what the government has goes to whom it helps most."""
    steps = max(0.0, min(a.government, MUCH_FEN)) // STEP_FEN
    for e, budget in enumerate(a.enterprise[:, BUDGET]):
        if np.isfinite(budget):
            programme.has(("enterprise", e), max(0.0, budget // STEP_FEN))
            programme.has(("public", e), max(0.0, budget // STEP_FEN))
            programme.has("government", 1.0)  # for rounding the steps that it pays of
            programme.column(0.0, steps, {("public", e): -1.0, "government": 1.0})
    programme.has("government", steps)


def _rides(a: Arrays, programme: _Programme, rides: Counter[_Ride]) -> None:
    """The day on which rides begin, in a coach for all or the enterprise's own, and the seats on a day.

    A ride of some days takes no seat of a vehicle that is free for fewer days in a row.
    """
    fleet = np.repeat(np.arange(len(a.cap)), a.fleet_whole[:, END_VEHICLE] - a.fleet_whole[:, FIRST_VEHICLE])
    most_seats, owners = a.cap.max(axis=1, initial=0)[fleet], a.fleet_whole[fleet, FLEET_RESERVED]
    in_a_row = _in_a_row(~a.vehicle_taken)
    lengths = sorted({ride.days for ride in rides})
    days = range(a.vehicle_taken.shape[1])
    for owner in np.unique(owners).tolist():
        for length in lengths:
            free = in_a_row[owners == owner] >= length
            for day, seats in zip(days, most_seats[owners == owner] @ free, strict=True):
                programme.has(("seats", owner, length, day), seats)
    for ride, most in rides.items():
        for owner in {-1, ride.owner}:
            for first in range(ride.first, ride.last + 1):
                uses: Uses = {ride: -1.0}
                for day in range(first, min(first + ride.days, len(days))):
                    uses |= {("seats", owner, n, day): ride.part for n in lengths if n <= ride.days}
                programme.column(0.0, most, uses)


def _in_a_row(free: NDArray[np.bool_]) -> Whole:
    """[unit, day] of how many free days in a row each day is one."""
    found = np.zeros(free.shape, np.int64)
    for unit, days in enumerate(free):
        ends = np.flatnonzero(np.diff(np.concatenate([[0], days, [0]])))
        for first, end in ends.reshape(-1, 2):
            found[unit, first:end] = end - first
    return found


def _stays(a: Arrays, programme: _Programme, stays: Counter[_Stay]) -> None:
    """The day on which stays begin, in a hotel for all or in the enterprise's own; the rooms in a night."""
    until = a.rooms_free.shape[2]
    night = np.arange(until)
    lets = (night >= a.hotel_whole[:, [NIGHT_FROM]]) & (night <= a.hotel_whole[:, [NIGHT_UNTIL]] + a.turnover)
    owners = a.hotel_whole[:, HOTEL_RESERVED]
    for owner in np.unique(owners):
        single, twin = (a.rooms_free * lets[:, None])[owners == owner].sum(axis=0)
        for day in range(until):
            programme.has(("rooms", int(owner), day), single[day] + twin[day])
            programme.has(("twins", int(owner), day), twin[day])
    for stay, most in stays.items():
        for owner in {-1, stay.owner}:
            for first in range(stay.first, min(stay.last, until) + 1):  # beyond, nothing is known of rooms
                for pairs in range(stay.size // 2 + 1):
                    uses: Uses = {stay: -1.0}
                    for day in range(first, min(first + stay.nights + a.turnover, until)):
                        uses["rooms", owner, day] = stay.size - pairs
                        uses["twins", owner, day] = pairs
                    programme.column(0.0, most, uses)


class _Options:
    """What an option takes, so coarsely that many parties are alike."""

    def __init__(self, a: Arrays, least: Least) -> None:
        self._a, self._least = a, least
        self._hotel_owners = set(a.hotel_whole[:, HOTEL_RESERVED].tolist())
        self._coach_owners = set(a.fleet_whole[:, FLEET_RESERVED].tolist())
        best = np.maximum(1, a.cap.max(axis=1, initial=1))
        # [factor] the most that riders can be of those whom a coach takes without a limit
        self._fills = (a.cap / best[:, None]).max(axis=0, initial=0.0)

    def __call__(self, row: Whole, o: int) -> _Option:
        a, least = self._a, self._least
        e, latest = int(a.option_whole[o, ENTERPRISE]), int(a.option_whole[o, LATEST])
        nights, size, available = int(row[NIGHTS]), int(row[SIZE]), int(row[AVAILABLE])
        taken = a.option_vacancy[a.option_whole[o, VACANCY] : a.option_whole[o, VACANCY_END]]
        arrival, ride_days = int(least.arrival[o]), int(least.ride[o])
        part = size / float(self._fills[a.risk_factor[row[RISK]]])
        stay = None
        if nights:
            last = min(latest, a.rooms_free.shape[2])
            stay = _Stay(nights, size, arrival, last, e if e in self._hotel_owners else -1)
        enterprise_fen = public_fen = 0.0
        if np.isfinite(a.enterprise[e, BUDGET]):
            enterprise_fen, public_fen = self._fen(nights, size, e, float(least.part_fen[o]))
        return _Option(
            enterprise=e,
            weight=float(a.option_fen[o, WEIGHT]),
            vacancies=tuple(sorted(taken.tolist())),
            ride=_Ride(
                first=available,
                last=min(latest - ride_days, a.horizon - 1),
                days=int(least.days[o]),
                owner=e if e in self._coach_owners else -1,
                part=part,
            ),
            stay=stay,
            enterprise_fen=enterprise_fen,
            public_fen=public_fen,
        )

    def _fen(self, nights: int, size: int, e: int, part: float) -> tuple[float, float]:
        """What a party costs its enterprise at least, and the enterprise and the government together."""
        a = self._a
        part = max(0.0, part - SLACK_FEN)
        public = part - min(a.rates[0] * part, a.rates[1])
        enterprise = public - min(a.rates[2] * part, a.rates[3], public)
        if nights:
            hotels = np.nonzero(np.isin(a.hotel_whole[:, HOTEL_RESERVED], (-1, e)))[0]
            price = np.stack(
                [a.hotel_fen[hotels, SINGLE_LIST], a.hotel_fen[hotels, TWIN_LIST] / min(size, 2)]
            )
            stay = nights * price
            transfer = a.transfer_fen_km * a.km[a.hotel0 + hotels, a.drop0 + e]
            left = (1 - a.hotel_fen[hotels, CONCESSION]) * stay
            left = np.maximum(0.0, left - a.rates[4] * nights) + transfer
            helped = np.minimum(a.rates[5] * stay, a.rates[6] * nights)
            public += left.min()
            enterprise += np.maximum(transfer, left - helped).min()
        less = 2 * SLACK_FEN
        return tuple(max(0.0, size * (fen - less) // STEP_FEN) for fen in (enterprise, public))
