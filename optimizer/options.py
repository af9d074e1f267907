"""What a caller tells the optimizer, and what the optimizer tells while it works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum

from workforce.plan import Plan


class Stage(StrEnum):
    """The stages of a planning run, in their order."""

    PREPARE = "prepare"
    CONSTRUCT = "construct"
    IMPROVE = "improve"
    BOUND = "bound"
    FINISH = "finish"


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a run stands; what is not known yet is None.  Money in fen, time in seconds."""

    stage: Stage
    seconds: float
    time_left: float | None
    workers: int
    served: int = 0
    weight: Decimal | None = None
    weight_bound: Decimal | None = None
    cost_fen: int | None = None
    cost_bound_fen: int | None = None

    @property
    def gap(self) -> float | None:
        if not self.cost_fen or self.cost_bound_fen is None:
            return None
        return (self.cost_fen - self.cost_bound_fen) / self.cost_fen


@dataclass(frozen=True, slots=True)
class Keep:
    """An older plan and the trips of it that stay as they are."""

    plan: Plan
    trip_ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Options:
    """How long and how to search.

    Attributes:
        time_limit: seconds for the whole run; None: no limit but the work limit.
        work_limit: rounds of search; with it the plan is a function of scenario and seed.
        seed: of every random choice.
        processes: how many cores to use; the plan under a work limit does not depend on it.
        keep: trips of an older plan that must stand.
        start: a plan of this scenario that the new one may not be worse than.
        save: given the best plan so far now and then; the search goes on from there, so that with it a
            plan depends on the pace of the machine.
        seconds_between_saves: at least; the first comes after a tenth of that.
        stopped: asked now and then; once it says True the best plan so far is returned.
        report: told how the run goes.
    """

    time_limit: float | None = 60.0
    work_limit: int | None = None
    seed: int = 0
    processes: int = 1
    keep: Keep | None = None
    start: Plan | None = None
    save: Callable[[Plan], None] | None = None
    seconds_between_saves: float = 30.0
    stopped: Callable[[], bool] = lambda: False
    report: Callable[[Progress], None] = lambda progress: None
