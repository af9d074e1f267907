"""The linear programme over the trips met so far, and its prices.

People share rows by groups, which makes their prices alike: an item earns its own least cost
plus a price a seat that is its group's.  Prices settle sooner so; where a group's items turn
out to be carried unevenly it is split.  Rows of vehicles and rooms join when they are short.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from ortools.math_opt.python import mathopt

from optimizer.instance import SIZE, Arrays

Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]
Uses: TypeAlias = dict[tuple[int, ...], float]  # (fleet, day) or (hotel, kind, night): how many
Column: TypeAlias = tuple[float, Whole, Uses]  # fen of the trip and of its riders, items, resources
UNIT = 1e4  # fen in a unit of the objective, so that tolerances are those of a yuan or so
RAISES = 6  # how often guesses are doubled
FINE = 3  # a programme is fine enough to go on once it has this many times the groups of its start


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


@dataclass(frozen=True)
class Solved:
    """A solution of the programme."""

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
        self._a, self._vehicles, self._own, self._weight = a, vehicles, own, weight
        self._allowance, self._guess = allowance, guess.copy()
        self._group = group.astype(np.int64).copy()
        self._first_groups = int(self._group.max()) + 1
        self._size = a.item[:, SIZE].astype(float)
        self._columns: list[Column] = []
        self._limited: set[tuple[int, ...]] = set()
        self._raised = 0
        self._rebuild()

    @property
    def fine(self) -> bool:
        return int(self._group.max()) + 1 >= min(FINE * self._first_groups, len(self._group))

    def _rebuild(self) -> None:
        groups = int(self._group.max()) + 1
        seats = np.bincount(self._group, self._size, groups)
        guess = np.bincount(self._group, self._guess * self._size, groups) / seats
        model = self._model = mathopt.Model(name="trips")
        self._cover = [model.add_linear_constraint(lb=float(n)) for n in seats]
        self._limits = {key: model.add_linear_constraint(ub=self._capacity(key)) for key in self._limited}
        self._stand_ins = []
        for row, fen in zip(self._cover, guess, strict=True):
            x = model.add_variable(lb=0.0)
            model.objective.set_linear_coefficient(x, fen / UNIT)
            row.set_coefficient(x, 1.0)
            self._stand_ins.append(x)
        # Who weighs nothing may always stay behind.
        behind = model.add_linear_constraint(ub=self._allowance)
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
        fen, items, uses = column
        x = self._model.add_variable(lb=0.0)
        self._model.objective.set_linear_coefficient(x, (fen - float(self._own[items].sum())) / UNIT)
        groups = self._group[items]
        for g in np.unique(groups):
            self._cover[g].set_coefficient(x, float(self._size[items[groups == g]].sum()))
        for key, count in uses.items():
            if key in self._limits:
                self._limits[key].set_coefficient(x, count)
        self._variables.append(x)

    def _capacity(self, key: tuple[int, ...]) -> float:
        return float(self._vehicles[key] if len(key) == 2 else self._a.rooms_free[key])

    def solve(self) -> Solved | None:
        """Solve it; rows of what is overused join until nothing is. None: the solver gave up."""
        while True:
            try:
                result = self._solver.solve()
            except (AttributeError, RuntimeError):  # what the solver's errors arrive as
                return None
            if result.termination.reason != mathopt.TerminationReason.OPTIMAL:
                return None
            values = np.array(result.variable_values(self._variables))
            chosen = np.nonzero(values > 1e-9)[0]
            used: Uses = defaultdict(float)
            for i in chosen:
                for key, count in self._columns[i][2].items():
                    used[key] += values[i] * count
            short = [k for k, v in used.items() if k not in self._limits and v > self._capacity(k) + 1e-6]
            if not short:
                break
            self._limited.update(short)
            for key in short:
                self._limits[key] = self._model.add_linear_constraint(ub=self._capacity(key))
            for x, (_, _, uses) in zip(self._variables, self._columns, strict=True):
                for key in short:
                    if key in uses:
                        self._limits[key].set_coefficient(x, uses[key])
        y = result.dual_values()
        seat = np.array([max(0.0, y[row]) * UNIT for row in self._cover])
        vehicle, room = np.zeros(self._vehicles.shape), np.zeros(self._a.rooms_free.shape)
        for key, row in self._limits.items():
            (vehicle if len(key) == 2 else room)[key] = max(0.0, -y[row]) * UNIT
        carried = np.zeros(len(self._group))
        for i in chosen:
            carried[self._columns[i][1]] += values[i]
        guessed = max(result.variable_values(self._stand_ins)) > 1e-6
        return Solved(Duals(self._own + self._size * seat[self._group], vehicle, room), carried, guessed)

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
        groups = int(self._group.max()) + 1
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
