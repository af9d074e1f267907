"""The least that a plan can cost if every coach were full: prices of vehicles and rooms, and who bears what.

At any prices of vehicles and rooms, an item's price may be the least that serving it costs with the
seats of seats.py: then no trip's riders are worth more than it costs, whatever it is, so that these
prices prove a cost without a look at any trip.  Only the resources' prices are sought, by a programme
that blends the ways in which groups of items were served at the prices so far.  That takes seconds
at any size, and trips may have any number of stops; that coaches are seldom full is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt.python import mathopt

from optimizer.instance import (
    END_VEHICLE,
    FIRST_VEHICLE,
    REACH,
    REACH_END,
    REACH_FEN,
    REACH_PICKUP,
    RISK,
    SIZE,
    Arrays,
)
from optimizer.least_clock import least_clocks
from optimizer.lodging import Lodging
from optimizer.master import Duals, proven_fen, resources
from optimizer.references import Reference
from optimizer.seats import ARRIVES, DAYS, FROM, LEAVES, OWNER, TO, Seats, Ways, seats_of, serve, ways_of

Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]
SHUT = 1e13  # fen: the price of a vehicle that there is not
NEVER = 1e11  # fen: nobody who can be served costs that much
GROUPS = 200  # of items, that are blended apart
ROUNDS = 80
SETTLED = 1e-3  # of the bound: how near the best blend is near enough
STEP = 0.4  # the part of the way from the best prices to those of the blend
OVER_FEN = 2e5  # what a vehicle's day or a room's night costs at first beyond those that there are
DEARER, DEAREST = 8.0, 1e6  # how that grows as long as some are used
UNIT = 1e4  # fen in a unit of the programme


def vehicles_of(a: Arrays) -> Floats:
    """[fleet, day] how many vehicles there are."""
    spans = a.fleet_whole[:, [FIRST_VEHICLE, END_VEHICLE]]
    return np.array([(~a.vehicle_taken[low:high]).sum(axis=0) for low, high in spans], float)


@dataclass(frozen=True)
class _Use:
    """What items take of resources: entries of item, resource, count."""

    item: Whole
    resource: Whole
    count: Floats


class FullCoach:
    """Looks for prices of vehicles and rooms that prove much; may run in a thread beside the search."""

    def __init__(self, a: Arrays, weight: Floats) -> None:
        """Prepare.

        Args:
            a: with ways that no detour is shorter than.
            weight: [item] the most that serving it weighs.
        """
        self._a, self._arrays = a, Reference(a)
        self._weight = weight
        self._lodging = Lodging(a)
        self._ways: list[Ways] = []
        self._vehicles = vehicles_of(a)
        self.clocks = Reference(least_clocks(a))  # that no trip beats; reckoned as they are asked for
        self._halted = False
        self.best: Duals | None = None

    def halt(self) -> None:
        """Let a run end soon."""
        self._halted = True

    def least_fen(self, weight: float) -> float:
        """The least cost, in fen, of any plan whose items weigh at least this; -inf: nothing proved yet."""
        best = self.best  # another thread may replace it
        return -np.inf if best is None else self._value(best, float(self._weight.sum()) - weight)

    def run(self, weight: float) -> None:
        """Improve the prices for plans of this weight until they are settled or it is halted."""
        for risk in np.unique(self._a.item[:, RISK]):
            if self._halted:
                return
            self._ways.append(ways_of(self._a, self._arrays, self.clocks, int(risk)))
        allowance = max(0.0, float(self._weight.sum()) - weight)
        first_room, vehicles, rooms = resources(self._a)
        capacity = np.concatenate([self._vehicles.ravel(), self._a.rooms_free.ravel(), [allowance]])
        blend = _Blend(self._groups(), self._weight, capacity)
        price, centre = np.zeros(len(capacity) - 1), np.zeros(len(capacity) - 1)
        best = -np.inf
        for _ in range(ROUNDS):
            at = Duals(np.zeros(0), price[:first_room].reshape(vehicles), price[first_room:].reshape(rooms))
            served = self._served(at)
            if served is None:
                break
            item, use = served
            at = Duals(item, at.vehicle, at.room)
            value = self._value(at, allowance)
            if value > best:
                best, centre, self.best = value, price, at
            blend.add(item, use, price, self._behind(item, allowance))
            outer = blend.solve()
            if outer is None or (outer.fen - best < SETTLED * best and not blend.dearer(outer)):
                break
            price = centre + STEP * (outer.price[:-1] - centre)

    def prices(self, vehicle: Floats, room: Floats) -> Floats:
        """[item] prices that no trip beats at these of resources; all 0 once it is halted."""
        served = self._served(Duals(np.zeros(0), vehicle, room))
        return np.zeros(len(self._a.item)) if served is None else served[0]

    def _groups(self) -> Whole:
        """[item] which group it is of, by risk and nearest pickup."""
        a = self._a
        nearest = [
            a.reach[row[REACH] + np.argmin(a.reach[row[REACH] : row[REACH_END], REACH_FEN]), REACH_PICKUP]
            for row in a.item
        ]
        _, group = np.unique(np.stack([a.item[:, RISK], nearest]), axis=1, return_inverse=True)
        group = group.reshape(-1)
        count = int(group.max()) + 1
        return group * min(count, GROUPS) // count

    def _served(self, at: Duals) -> tuple[Floats, _Use] | None:
        """[item] its price at those of resources, and what is used so; None: halted."""
        a = self._a
        vehicle = np.zeros((len(a.fleet_fen), a.vehicle_taken.shape[1] + 1))
        np.cumsum(np.where(self._vehicles > 0, at.vehicle, SHUT), axis=1, out=vehicle[:, 1:])
        price, how = np.zeros(len(a.item)), np.zeros((len(a.item), 7), np.int64)
        uses = [_Use(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))]
        for ways in self._ways:
            if self._halted:
                return None
            seats = seats_of(a, self._arrays, ways, vehicle)
            rooms = self._lodging.rooms(at.room, ways.nights)
            stay = self._lodging.stays(rooms)
            serve(self._arrays, ways.mine, ways.nights > 0, ways.row, seats.fen, stay, price, how)
            never = ways.mine[price[ways.mine] >= NEVER]
            price[never] = 0.0
            uses.extend(self._uses(ways, seats, np.setdiff1d(ways.mine, never), how, rooms))
        use = _Use(
            np.concatenate([some.item for some in uses]),
            np.concatenate([some.resource for some in uses]),
            np.concatenate([some.count for some in uses]),
        )
        return price, use

    def _uses(self, ways: Ways, seats: Seats, items: Whole, how: Whole, rooms: Floats) -> list[_Use]:
        """What the items take of vehicles and rooms."""
        a = self._a
        first_room, (_, days), (_, kinds, until) = resources(a)
        owner, pickup, drop = how[items, OWNER], how[items, FROM], how[items, TO]
        leaves, late, arrives = how[items, LEAVES], how[items, DAYS], how[items, ARRIVES]
        fleet = seats.fleet[owner, pickup, drop, leaves, late].astype(np.int64)
        length = np.maximum(ways.lone.days[pickup, drop, fleet], late + 1)
        factor = np.minimum(a.risk_factor[ways.risk], a.factor[ways.drop0 + drop])
        part = a.item[items, SIZE] / a.cap[fleet, factor]
        uses = []
        for day in range(int(length.max(initial=0))):
            on = (day < length) & (leaves + day < days)
            uses.append(_Use(items[on], (fleet * days + leaves + day)[on], part[on]))
        if ways.nights:
            at = a.item[items, SIZE], drop, np.minimum(arrives, self._lodging.until)
            for kind, count in enumerate(self._lodging.ways(rooms)):
                for night in range(ways.nights + a.turnover):
                    on = (count[at] > 0) & (arrives + night < until)
                    resource = first_room + (drop * kinds + kind) * until + arrives + night
                    uses.append(_Use(items[on], resource[on], count[at][on].astype(float)))
        return uses

    def _behind(self, item: Floats, allowance: float) -> NDArray[np.bool_]:
        """[item] who stays behind at these prices."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio = np.where(self._weight > 0, item / self._weight, np.inf)
        order = np.argsort(-ratio)
        over = np.nonzero(np.cumsum(self._weight[order]) > allowance)[0]
        rate = float(ratio[order[over[0]]]) if len(over) else 0.0
        return ratio > rate

    def _value(self, at: Duals, allowance: float) -> float:
        return proven_fen(at, self._weight, allowance, self._vehicles, self._a.rooms_free)


@dataclass(frozen=True)
class _Outer:
    """A solution of a blend."""

    fen: float
    price: Floats  # of resources
    over: bool  # whether more are used than there are


class _Blend:
    """The programme: a part of each way in which a group was served, within what there is."""

    def __init__(self, group: Whole, weight: Floats, capacity: Floats) -> None:
        self._group, self._weight, self._capacity = group, weight, capacity
        self._over_fen = OVER_FEN
        model = self._model = mathopt.Model(name="blend")
        self._whole = [model.add_linear_constraint(lb=1.0, ub=1.0) for _ in range(int(group.max()) + 1)]
        self._rows: dict[int, mathopt.LinearConstraint] = {}
        self._over: list[mathopt.Variable] = []
        self._ways: list[mathopt.Variable] = []
        self._takes: list[tuple[Whole, Floats]] = []  # by way: resources and counts
        self._solver = mathopt.IncrementalSolver(model, mathopt.SolverType.GLOP)

    def add(self, item: Floats, use: _Use, price: Floats, behind: NDArray[np.bool_]) -> None:
        """Let groups be served in a way; the last resource is the weight that stays behind.

        Args:
            item: prices of items at prices of resources; ``use`` is what they take at these.
            behind: [item] whether it stays behind.
        """
        groups, last = len(self._whole), len(self._capacity) - 1
        served = ~behind[use.item]
        who, what, count = use.item[served], use.resource[served], use.count[served]
        fen = np.where(behind, 0.0, item)
        np.subtract.at(fen, who, count * price[what])
        total = np.bincount(self._group, fen, groups)
        gone = np.nonzero(behind)[0]
        key = np.concatenate([self._group[who] * (last + 1) + what, self._group[gone] * (last + 1) + last])
        key, at = np.unique(key, return_inverse=True)
        counts = np.bincount(at, np.concatenate([count, self._weight[gone]]), len(key))
        ends = np.searchsorted(key, np.arange(groups + 1) * (last + 1))
        for g in range(groups):
            takes = key[ends[g] : ends[g + 1]] % (last + 1), counts[ends[g] : ends[g + 1]].astype(float)
            x = self._model.add_variable(lb=0.0)
            self._model.objective.set_linear_coefficient(x, total[g] / UNIT)
            self._whole[g].set_coefficient(x, 1.0)
            for n, units in zip(*takes, strict=True):
                if int(n) in self._rows:
                    self._rows[int(n)].set_coefficient(x, float(units))
            self._ways.append(x)
            self._takes.append(takes)

    def solve(self) -> _Outer | None:
        """Solve it; rows of what is overused join until nothing is. None: the solver gave up."""
        while True:
            try:
                result = self._solver.solve()
            except (AttributeError, RuntimeError):  # what the solver's errors arrive as
                return None
            if result.termination.reason != mathopt.TerminationReason.OPTIMAL:
                return None
            parts = np.array(result.variable_values(self._ways))
            used = np.zeros(len(self._capacity))
            for i in np.nonzero(parts > 1e-9)[0]:
                used[self._takes[i][0]] += parts[i] * self._takes[i][1]
            short = [int(n) for n in np.nonzero(used > self._capacity + 1e-6)[0] if n not in self._rows]
            if not short:
                break
            for n in short:
                self._limit(n)
        y = result.dual_values()
        price = np.zeros(len(self._capacity))
        for n, row in self._rows.items():
            price[n] = max(0.0, -y[row]) * UNIT
        over = bool(self._over) and max(result.variable_values(self._over)) > 1e-6
        return _Outer(result.objective_value() * UNIT, price, over)

    def _limit(self, n: int) -> None:
        over = self._model.add_variable(lb=0.0)
        self._model.objective.set_linear_coefficient(over, self._over_fen / UNIT)
        row = self._rows[n] = self._model.add_linear_constraint(ub=float(self._capacity[n]))
        row.set_coefficient(over, -1.0)
        self._over.append(over)
        for x, (resources_of, counts) in zip(self._ways, self._takes, strict=True):
            at = np.searchsorted(resources_of, n)
            if at < len(resources_of) and resources_of[at] == n:
                row.set_coefficient(x, float(counts[at]))

    def dearer(self, outer: _Outer) -> bool:
        """Make what is used beyond what there is dearer; False where nothing is, or it is no use."""
        if not outer.over or self._over_fen > DEAREST:
            return False
        self._over_fen *= DEARER
        for x in self._over:
            self._model.objective.set_linear_coefficient(x, self._over_fen / UNIT)
        return True
