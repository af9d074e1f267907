"""The recipe: from a scenario to a plan with proven bounds."""

from __future__ import annotations

import time
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from optimizer.bounds import floor_of
from optimizer.explain import unserved_rows
from optimizer.instance import NIGHTS, SIZE, Instance, build
from optimizer.options import Options, Progress, Stage
from optimizer.result import Carried, carried, reckon
from optimizer.rooms import stays_of
from optimizer.rounds import copy_into, mend, one_round, recreate, take_out, worth
from optimizer.search import COUNT, DROPS, I_DROP, PICKUPS, SLOT, STOPS, State, empty_state, scratch_for
from workforce.plan import Plan, Status, Stay, Summary
from workforce.scenario import Scenario


def solve(scenario: Scenario, options: Options) -> Plan:
    """Plan a scenario.

    Args:
        scenario: without faults.
        options: limits, seed, what to keep, whom to tell.

    Returns:
        The best plan found, with bounds that hold for every plan.
    """
    run = _Run(options, len(scenario.workers))
    run.tell(Stage.PREPARE)
    instance = build(scenario, options.keep)
    state = _search(instance, options, run)
    run.tell(Stage.FINISH)
    stays = _house(instance, state, options)
    done = carried(instance, state, stays, options.keep)
    weight, restarted, cost = reckon(scenario, done)
    served = {seat.worker_id for seat in done.seats}
    behind = [w for w in scenario.workers.values() if w.worker_id not in served]
    floor = floor_of(instance.arrays, tables_are_metric=not scenario.roads)
    kept_weight, kept_fen = _of_kept(instance, done, options)
    weight_bound = max(weight, Decimal(round(floor.most_weight)) / instance.weight_scale + kept_weight)
    need = float((weight - kept_weight) * instance.weight_scale)
    cost_bound = min(cost.total, int(floor.least_fen(need) * (1 - 1e-9)) - len(served) + kept_fen)
    summary = Summary(
        scenario=scenario.policy.name,
        status=Status.FEASIBLE,
        workers=len(scenario.workers),
        served=len(served),
        restarted=restarted,
        weight=weight,
        weight_bound=weight_bound,
        cost=cost,
        cost_bound_fen=max(0, cost_bound),
        seconds=round(run.seconds, 1),
        seed=options.seed,
        planner=f"guicheng {_version()}",
        kept=tuple(sorted(options.keep.trip_ids)) if options.keep else None,
    )
    return Plan(
        done.trips,
        done.seats,
        done.stays,
        done.placements,
        done.shares,
        unserved_rows(instance, state, behind),
        summary,
    )


def _house(instance: Instance, s: State, options: Options) -> list[Stay]:
    """Number the rooms; who has none although the counts say so goes elsewhere or stays behind."""
    a = instance.arrays
    stays, homeless = stays_of(instance, s, options.keep)
    b, w, saved = empty_state(a, len(s.trips), 0), scratch_for(a), np.zeros(len(s.trips), bool)
    while homeless:
        for u in homeless:
            if s.item[u, SLOT] < 0:
                continue  # fell out with another one's trip
            row, hotel = s.trips[s.item[u, SLOT]], s.item[u, I_DROP] - a.hotel0
            drops = row[STOPS + row[PICKUPS] : STOPS + row[PICKUPS] + row[DROPS]].tolist()
            day = row[STOPS + a.max_pickups + a.max_drops + drops.index(s.item[u, I_DROP])]
            # The counts of these days promised too much.
            s.rooms_free[hotel, :, day : day + a.item[u, NIGHTS] + a.turnover] -= 1
            take_out(a, s, b, w, saved, u)
        free = np.nonzero(s.item[:, SLOT] < 0)[0]
        recreate(a, s, b, w, saved, free, len(free), 0.0)
        mend(a, s, b, w, saved)
        stays, homeless = stays_of(instance, s, options.keep)
    return stays


def _of_kept(instance: Instance, done: Carried, options: Options) -> tuple[Decimal, int]:
    """Weight of the workers on kept trips, restarts apart, and the cost of those trips."""
    if options.keep is None:
        return Decimal(0), 0
    ids = options.keep.trip_ids
    seats = tuple(s for s in done.seats if s.trip_id in ids)
    riding = {s.worker_id for s in seats}
    kept = Carried(
        tuple(t for t in done.trips if t.trip_id in ids),
        seats,
        tuple(s for s in done.stays if s.worker_id in riding),
        tuple(p for p in done.placements if p.worker_id in riding),
        tuple(s for s in done.shares if s.worker_id in riding),
    )
    weight, _, cost = reckon(instance.scenario, kept, restarts=False)
    return weight, cost.total


class _Run:
    """The clock of a run and whom it tells."""

    def __init__(self, options: Options, workers: int) -> None:
        self._options, self._workers, self._start = options, workers, time.monotonic()

    @property
    def seconds(self) -> float:
        return time.monotonic() - self._start

    @property
    def left(self) -> float:
        limit = self._options.time_limit
        return float("inf") if limit is None else limit - self.seconds

    @property
    def over(self) -> bool:
        return self._options.stopped() or self.left <= 0

    def tell(self, stage: Stage, **figures: Any) -> None:
        limit = self._options.time_limit
        self._options.report(
            Progress(
                stage, self.seconds, None if limit is None else max(0.0, self.left), self._workers, **figures
            )
        )


def _search(instance: Instance, options: Options, run: _Run) -> State:
    """Construct a plan, then improve it until time or work is up."""
    a = instance.arrays
    people = int(a.item[:, SIZE].sum())
    slots = max(1, min(len(a.item), 40 + 4 * people // max(1, int(a.cap.max(initial=1)))))
    s, best, spare = (empty_state(a, slots, options.seed) for _ in range(3))
    if not len(a.item) or not len(a.fleet_fen):
        return best
    w = scratch_for(a)
    saved, free = np.zeros(slots, bool), np.zeros(len(a.item) + 1, np.int64)
    now, heat, rounds, told = 0.0, 0.0, 0, 0.0
    top = np.inf
    while not run.over and (options.work_limit is None or rounds < options.work_limit):
        if options.work_limit is not None:
            done = rounds / options.work_limit
        else:
            done = run.seconds / options.time_limit if options.time_limit else 0.5
        now = one_round(a, s, spare, w, saved, free, now, heat * 300.0**-done)
        rounds += 1
        if rounds == 1:
            trips = s.money[s.trips[:, COUNT] > 0, 0]
            heat = 0.15 * float(trips.mean()) if len(trips) else 1.0
        if now < top - 1e-3:
            top = now
            copy_into(s, best)
        if run.seconds - told > 0.25:
            told = run.seconds
            weight, fen = worth(a, best)
            served = int(a.item[best.item[:, SLOT] >= 0, SIZE].sum())
            run.tell(
                Stage.CONSTRUCT if rounds < 2 else Stage.IMPROVE,
                served=served,
                weight=Decimal(round(weight)) / instance.weight_scale,
                cost_fen=round(fen),
            )
    return best


def _version() -> str:
    try:
        return version("guicheng")
    except PackageNotFoundError:
        return "0"
