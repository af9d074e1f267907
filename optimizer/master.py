"""The linear programme over the trips met so far, and its prices.

People share rows by groups, which makes their prices alike: an item earns its own least cost
plus a price a seat that is its group's.  Prices settle sooner so; where a group's items turn
out to be carried unevenly it is split.  Rows of vehicles and rooms join when they are short.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt.python import mathopt

from optimizer.instance import SIZE, Arrays

Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]
UNIT = 1e4  # fen in a unit of the objective, so that tolerances are those of a yuan or so
RAISES = 6  # how often guesses are doubled
MANY = 3000  # columns from which on those that are far from use are dropped
FAR = 0.15  # of a column's own cost: a reduced cost that is far from use


class Column(NamedTuple):
    """A trip with its riders, and what they take of vehicles and rooms (see ``resources``)."""

    fen: float  # of the trip and of its riders, resources' prices apart
    items: Whole
    uses: Whole  # numbers of resources
    counts: Floats


def resources(a: Arrays) -> tuple[int, tuple[int, int], tuple[int, int, int]]:
    """How resources are numbered: fleet and day first; from a number on, hotel, kind and night."""
    vehicles, rooms = (len(a.fleet_fen), a.vehicle_taken.shape[1]), a.rooms_free.shape
    return vehicles[0] * vehicles[1], vehicles, (rooms[0], rooms[1], rooms[2])


@dataclass(frozen=True)
class Duals:
    """Prices in fen: by item; by fleet and day; by hotel, kind of room and night."""

    item: Floats
    vehicle: Floats
    room: Floats

    def toward(self, other: Duals, part: float) -> Duals:
        """A part of the way to others."""
        ends = ((self.item, other.item), (self.vehicle, other.vehicle), (self.room, other.room))
        return Duals(*(here + part * (there - here) for here, there in ends))


def proven_fen(at: Duals, weight: Floats, allowance: float, vehicles: Floats, rooms: Whole) -> float:
    """What prices that no trip beats prove: a plan costs no less, in fen, if no more weight stays behind.

    That is the sum of the items' prices less the resources' and less the dearest items that may stay.

    Args:
        weight: [item]; ``allowance`` of it may stay behind.
        vehicles: [fleet, day] how many there are; ``rooms`` by hotel, kind and night.
    """
    earned = np.maximum(0.0, at.item)
    total = float(earned.sum()) - float((at.vehicle * vehicles).sum() + (at.room * rooms).sum())
    free = weight <= 0
    total -= float(earned[free].sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        order = np.argsort(np.where(free, np.inf, -earned / weight))
    weights = np.where(free, 0.0, weight)[order]
    before = np.concatenate([[0.0], np.cumsum(weights)[:-1]])
    part = np.clip((allowance - before) / np.where(weights > 0, weights, np.inf), 0.0, 1.0)
    return total - float((part * earned[order]).sum())


@dataclass(frozen=True)
class Solved:
    """A solution of the programme."""

    fen: float  # what no proof from these groups can exceed once every trip is a column
    duals: Duals
    carried: Floats  # [item] how often
    guessed: bool  # whether guesses stand in for trips


class Master:
    """The linear programme."""

    def __init__(
        self,
        a: Arrays,
        vehicles: Floats,
        own: Floats,
        weight: Floats,
        allowance: float,
        group: Whole,
        guess: Floats,
    ) -> None:
        """Build it without trips.

        Args:
            vehicles: [fleet, day] how many there are.
            own: [item] the least that it weighs beside its trip, in fen.
            weight: [item]; ``allowance`` of it may stay behind.
            group: [item] which row it starts in.
            guess: [item] fen a seat at which a seat can be had without a trip, as long as none is better.
        """
        self._own, self._weight = own, weight
        self._allowance, self._guess = allowance, guess.copy()
        self._group = group.astype(np.int64).copy()
        self._size = a.item[:, SIZE].astype(float)
        self._first_room, self._vehicle_shape, self._room_shape = resources(a)
        self._capacity = np.concatenate([vehicles.ravel(), a.rooms_free.ravel()]).astype(float)
        self._columns: list[Column] = []
        self._is_limited = np.zeros(len(self._capacity), bool)
        self._spare = np.zeros(0)
        self._raised = 0
        self._rebuild()

    @property
    def groups(self) -> int:
        return int(self._group.max()) + 1

    def _rebuild(self) -> None:
        seats = np.bincount(self._group, self._size, self.groups)
        guess = np.bincount(self._group, self._guess * self._size, self.groups) / seats
        if len(self._columns) > MANY and len(self._spare) == len(self._columns):
            near = np.nonzero(self._spare <= FAR)[0]
            self._columns = [self._columns[i] for i in near]
        model = self._model = mathopt.Model(name="trips")
        self._cover = [model.add_linear_constraint(lb=float(n)) for n in seats]
        limited = np.nonzero(self._is_limited)[0]
        self._limits = {n: model.add_linear_constraint(ub=float(self._capacity[n])) for n in limited}
        self._stand_ins = []
        for row, fen in zip(self._cover, guess, strict=True):
            x = model.add_variable(lb=0.0)
            model.objective.set_linear_coefficient(x, fen / UNIT)
            row.set_coefficient(x, 1.0)
            self._stand_ins.append(x)
        # Who weighs nothing may always stay behind.
        behind = self._behind = model.add_linear_constraint(ub=self._allowance)
        for u in np.nonzero(self._weight <= self._allowance)[0]:
            x = model.add_variable(lb=0.0, ub=1.0)
            model.objective.set_linear_coefficient(x, -self._own[u] / UNIT)
            self._cover[self._group[u]].set_coefficient(x, self._size[u])
            behind.set_coefficient(x, self._weight[u])
        self._variables: list[mathopt.Variable] = []
        for column in self._columns:
            self._enter(column)
        self._solver = mathopt.IncrementalSolver(model, mathopt.SolverType.GLOP)

    def add(self, column: Column) -> None:
        """Let a trip be used."""
        self._columns.append(column)
        self._enter(column)

    def _enter(self, column: Column) -> None:
        items = column.items
        x = self._model.add_variable(lb=0.0)
        fen = column.fen - float(self._own[items].sum())
        self._model.objective.set_linear_coefficient(x, fen / UNIT)
        groups, at = np.unique(self._group[items], return_inverse=True)
        for g, seats in zip(groups, np.bincount(at, self._size[items]), strict=True):
            self._cover[g].set_coefficient(x, float(seats))
        self._variables.append(x)
        limited = self._is_limited[column.uses]
        for n, count in zip(column.uses[limited], column.counts[limited], strict=True):
            self._limits[n].set_coefficient(x, float(count))

    def solve(self) -> Solved | None:
        """Solve it; rows of what is overused join until nothing is. None: the solver gave up."""
        while True:
            result = self._result()
            if result is None:  # it may do better from the start
                self._rebuild()
                result = self._result()
            if result is None:
                return None
            values = np.array(result.variable_values(self._variables))
            chosen = np.nonzero(values > 1e-9)[0]
            used = np.zeros(len(self._capacity))
            for i in chosen:
                np.add.at(used, self._columns[i].uses, values[i] * self._columns[i].counts)
            short = (used > self._capacity + 1e-6) & ~self._is_limited
            if not short.any():
                break
            self._is_limited |= short
            for n in np.nonzero(short)[0]:
                self._limits[n] = self._model.add_linear_constraint(ub=float(self._capacity[n]))
            for x, column in zip(self._variables, self._columns, strict=True):
                mine = short[column.uses]
                for n, count in zip(column.uses[mine], column.counts[mine], strict=True):
                    self._limits[n].set_coefficient(x, float(count))
        y = result.dual_values()
        seat = np.array([max(0.0, y[row]) * UNIT for row in self._cover])
        price = np.zeros(len(self._capacity))
        for n, row in self._limits.items():
            price[n] = max(0.0, -y[row]) * UNIT
        spare = np.array(result.reduced_costs(self._variables)) * UNIT
        self._spare = spare / np.maximum(1.0, np.array([c.fen for c in self._columns]))
        carried = np.zeros(len(self._group))
        for i in chosen:
            carried[self._columns[i].items] += values[i]
        guessed = max(result.variable_values(self._stand_ins)) > 1e-6
        duals = Duals(
            self._own + self._size * seat[self._group],
            price[: self._first_room].reshape(self._vehicle_shape),
            price[self._first_room :].reshape(self._room_shape),
        )
        return Solved(result.objective_value() * UNIT + float(self._own.sum()), duals, carried, guessed)

    def allow(self, allowance: float) -> None:
        """Let so much weight stay behind."""
        self._allowance = allowance
        self._behind.upper_bound = allowance

    def _result(self) -> mathopt.SolveResult | None:
        try:
            result = self._solver.solve()
        except (AttributeError, RuntimeError):  # what the solver's errors arrive as
            return None
        return result if result.termination.reason == mathopt.TerminationReason.OPTIMAL else None

    def raise_guesses(self) -> bool:
        """Make the guesses dearer; False once they are so dear that it is no use."""
        if self._raised == RAISES:
            return False
        self._raised += 1
        self._guess *= 2.0
        self._rebuild()
        return True

    def split(self, carried: Floats) -> int:
        """Part the groups whose items are carried most unevenly; returns how many."""
        groups = self.groups
        seats = np.bincount(self._group, self._size, groups)
        mean = np.bincount(self._group, carried * self._size, groups) / seats
        uneven = np.bincount(self._group, np.abs(carried - 1.0) * self._size, groups)
        parted = 0
        for g in np.argsort(-uneven)[: max(4, groups // 3)]:
            mine = np.nonzero(self._group == g)[0]
            low = mine[carried[mine] < mean[g]]
            if uneven[g] > 0.5 and 0 < len(low) < len(mine):
                self._group[low] = groups + parted
                parted += 1
        if parted:
            self._rebuild()
        return parted
