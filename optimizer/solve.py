"""The recipe: from a scenario to a plan with proven bounds."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, replace
from decimal import Decimal
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from optimizer.again import around_old_trips, better
from optimizer.bounds import Floor, floor_of, shortened
from optimizer.explain import unserved_rows
from optimizer.full_coach import FullCoach
from optimizer.instance import NIGHTS, SINGLE, SIZE, TWIN, Instance, build
from optimizer.options import Keep, Options, Progress, Stage
from optimizer.proof import Proof, provable
from optimizer.result import carried, kept_of, reckon
from optimizer.rooms import stays_of
from optimizer.rounds import Search
from optimizer.search import DROPS, I_DROP, LONE, PAIRS, PICKUPS, SLOT, STOPS
from workforce.plan import Plan, Status, Stay, Summary
from workforce.scenario import Scenario

SEARCH_ALONE = 0.6  # the search's part of the time where the proof has to follow it
SEARCH_MOST = 0.95  # the same where only full coaches are reckoned with
PROVE_FROM = 0.03  # of the time, when a proof beside the search begins
TELL = 0.02  # of the time, between trips of the search that the proof is told of
PASSES = 24  # of the proof where only work is limited
COOLING = 300.0  # the first temperature of the search over the last
# Of the time; rooms are numbered then, so that the search can mend what their counts promised too much.
HOUSE_AT = (0.5, 0.75, 0.9)


def solve(scenario: Scenario, options: Options) -> Plan:
    """Plan a scenario.

    Args:
        scenario: without faults.
        options: limits, seed, what to keep, where to start, whom to tell.

    Returns:
        The best plan found, with bounds that hold for every plan.  It is no worse than what is still
        legal of the trips of ``options.start`` or, without one, of the plan that ``options.keep`` names.
    """
    keep = options.keep
    if options.start is not None:
        keep = Keep(options.start, keep.trip_ids if keep else frozenset())
    if keep is None:
        return _plan(scenario, options)
    begun = time.monotonic()
    old = around_old_trips(scenario, options, keep, _plan)
    if options.time_limit is not None:
        left = options.time_limit - (time.monotonic() - begun)
        options = replace(options, time_limit=max(0.0, left))
    if old is not None and options.save is not None:
        save, least = options.save, old
        options = replace(options, save=lambda plan: save(better(plan, least)))
    new = _plan(scenario, options)
    new = replace(new, summary=replace(new.summary, seconds=round(time.monotonic() - begun, 1)))
    return better(new, old) if old else new


def _plan(scenario: Scenario, options: Options) -> Plan:
    run = _Run(options, len(scenario.workers))
    run.tell(Stage.PREPARE)
    instance = build(scenario, options.keep)
    floor = floor_of(instance.arrays, tables_are_metric=not scenario.roads)
    kept = _Kept.of(scenario, options.keep)
    prover = _Prover(instance, floor, options, run, kept)
    search = _search(instance, options, run, prover, kept)
    prover.finish(search)
    _tell(Stage.FINISH, search, instance, run, prover, kept)
    return _written(instance, search, options, run, prover, kept)


def _written(
    instance: Instance, search: Search, options: Options, run: _Run, prover: _Prover, kept: _Kept
) -> Plan:
    """The best plan of a search, which goes back to it."""
    scenario = instance.scenario
    state = search.settle()
    stays = _house(instance, search, options)
    done = carried(instance, state, stays, options.keep)
    weight, restarted, cost = reckon(scenario, done)
    served = {seat.worker_id for seat in done.seats}
    behind = [w for w in scenario.workers.values() if w.worker_id not in served]
    need = float((weight - kept.weight) * instance.weight_scale)
    summary = Summary(
        scenario=scenario.policy.name,
        status=Status.FEASIBLE,
        workers=len(scenario.workers),
        served=len(scenario.workers) - len(behind),
        restarted=restarted,
        weight=weight,
        weight_bound=max(weight, prover.most_weight),
        cost=cost,
        cost_bound_fen=min(cost.total, prover.cost_bound_fen(need)),
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


def _house(instance: Instance, search: Search, options: Options) -> list[Stay]:
    """Number the rooms; who has none although the counts say so goes elsewhere or stays behind."""
    a, s = instance.arrays, search.state
    stays, homeless = stays_of(instance, s, options.keep)
    while homeless:
        for u in homeless:
            row, hotel = s.trips[s.item[u, SLOT]], s.item[u, I_DROP] - a.hotel0
            drops = row[STOPS + row[PICKUPS] : STOPS + row[PICKUPS] + row[DROPS]].tolist()
            day = row[STOPS + a.max_pickups + a.max_drops + drops.index(s.item[u, I_DROP])]
            # The counts of these days promised too much.
            twins = s.item[u, PAIRS] + s.item[u, LONE]
            singles = a.item[u, SIZE] - 2 * s.item[u, PAIRS] - s.item[u, LONE]
            for kind, used in ((SINGLE, singles), (TWIN, twins)):
                s.rooms_free[hotel, kind, day : day + a.item[u, NIGHTS] + a.turnover] -= used > 0
        search.rehouse(homeless)
        stays, homeless = stays_of(instance, s, options.keep)
    return stays


@dataclass(frozen=True, slots=True)
class _Kept:
    """What the kept trips bring, restarts apart: workers, weight and cost."""

    served: int
    weight: Decimal
    fen: int

    @classmethod
    def of(cls, scenario: Scenario, keep: Keep | None) -> _Kept:
        if keep is None:
            return cls(0, Decimal(0), 0)
        kept = kept_of(keep)
        weight, _, cost = reckon(scenario, kept, restarts=False)
        return cls(sum(s.worker_id in scenario.workers for s in kept.seats), weight, cost.total)


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
    def part(self) -> float:
        """How much of the time is over; without a limit: none."""
        limit = self._options.time_limit
        return self.seconds / max(1e-9, limit) if limit is not None else 0.0

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


class _Prover:
    """Sees to the proof: beside the search where there is a core for it, else after it."""

    def __init__(self, instance: Instance, floor: Floor, options: Options, run: _Run, kept: _Kept) -> None:
        self._instance, self._floor, self._options, self._run = instance, floor, options, run
        self._kept = kept
        self._thread: threading.Thread | None = None
        self._tell_at = 0.0
        self._failure: BaseException | None = None
        a = shortened(instance.arrays) if instance.scenario.roads else instance.arrays
        self._beside = options.time_limit is not None and options.processes > 1
        self._full = FullCoach(a, floor.weight) if len(a.item) and len(a.fleet_fen) else None
        self._proof = None
        if self._full is not None and provable(a):
            lanes = max(1, options.processes - 1)
            self._proof = Proof(a, floor.weight, True, lanes, self._full.clocks)

    @property
    def search_until(self) -> float:
        """The part of the time that is the search's."""
        if self._beside or self._full is None:
            return 1.0
        return SEARCH_MOST if self._proof is None else SEARCH_ALONE

    @property
    def most_weight(self) -> Decimal:
        """The most that any plan weighs, what is kept included."""
        return Decimal(round(self._floor.most_weight)) / self._instance.weight_scale + self._kept.weight

    def cost_bound_fen(self, weight: float) -> int:
        """The least cost of plans of at least this weight, what is kept included in the cost alone."""
        least = self._known(weight)
        if self._proof is not None:
            least = max(least, self._proof.least_fen(weight - self._floor.restarts))
        # A worker's parts are rounded to the fen, each by half a fen at most.
        rounding = 4 * len(self._instance.scenario.workers)
        return max(0, int(least * (1 - 1e-9)) - rounding + self._kept.fen)

    def _known(self, weight: float) -> float:
        """The same without a look at trips."""
        least = self._floor.least_fen(weight)
        if self._full is not None:
            least = max(least, self._full.least_fen(weight - self._floor.restarts))
        return least

    def beside(self, search: Search, done: float) -> None:
        """Begin, once there is a plan to begin with; tell the proof of the search's trips now and then."""
        if self._full is None or done < PROVE_FROM:
            return
        if self._proof is not None and done >= self._tell_at:
            self._tell_at = done + TELL
            self._proof.offer(*search.trips)
        if self._beside and self._thread is None:
            self._start(search)

    def _start(self, search: Search) -> None:
        full, proof, run, options = self._full, self._proof, self._run, self._options
        assert full is not None
        if proof is not None:
            proof.offer(*search.trips)
        begun = run.seconds

        def part_done() -> float:
            if options.time_limit is None:
                return proof.passes / PASSES if proof is not None else 1.0
            return (run.seconds - begun) / max(1e-9, options.time_limit - begun)

        def weight() -> float:
            return search.weight - self._floor.restarts

        def known() -> float:
            return self._known(search.weight)

        def work() -> None:
            try:
                # What the search serves by now says little of what it will.
                full.run(self._floor.most_weight - self._floor.restarts)
                if proof is not None:
                    proof.run(weight, known, part_done, full.best, lambda: run.left, full.prices)
            except BaseException as failure:
                self._failure = failure

        self._thread = threading.Thread(target=work, name="proof", daemon=True)
        self._thread.start()

    def finish(self, search: Search) -> None:
        """Wait for the proof as long as the run may last."""
        if self._full is None or (self._run.over and self._thread is None):
            return
        if self._thread is None:
            self._start(search)
        assert self._thread is not None
        while self._thread.is_alive():
            if self._run.over:
                self._full.halt()
                if self._proof is not None:
                    self._proof.halt()
            self._thread.join(0.1)
        if self._failure is not None:
            raise self._failure


def _search(instance: Instance, options: Options, run: _Run, prover: _Prover, kept: _Kept) -> Search:
    """Construct a plan, also if time is up already, then improve it until time or work is up."""
    a = instance.arrays
    search = Search(a, options.seed)
    if not len(a.item) or not len(a.fleet_fen):
        return search
    limit, told, batch = options.work_limit, -1.0, 1
    save_at = run.seconds + options.seconds_between_saves / 10  # the first one soon
    house_at = list(HOUSE_AT)
    while limit is None or search.rounds < limit:
        if search.rounds and (run.over or run.part >= prover.search_until):
            break
        if limit is not None:
            done, expected = search.rounds / limit, float(limit)
            batch = min(64 if search.rounds else 1, limit - search.rounds)
        else:
            done = min(1.0, run.part / prover.search_until)
            expected = search.rounds / max(1e-9, done)
        before = run.seconds
        heat = search.start_heat(expected) if search.rounds else 0.0
        search.run(batch, heat * COOLING**-done)
        if run.seconds - before < 0.02:
            batch = min(2 * batch, 1 << 20)
        elif run.seconds - before > 0.1:
            batch = max(1, batch // 2)
        prover.beside(search, done)
        if house_at and done >= house_at[0]:
            del house_at[0]
            search.settle()
            _house(instance, search, options)
        if options.save is not None and run.seconds > save_at:
            options.save(_written(instance, search, options, run, prover, kept))
            save_at = run.seconds + options.seconds_between_saves
        if run.seconds - told > 0.25:
            told = run.seconds
            stage = Stage.CONSTRUCT if search.rounds < 2 else Stage.IMPROVE
            _tell(stage, search, instance, run, prover, kept)
    return search


def _tell(stage: Stage, search: Search, instance: Instance, run: _Run, prover: _Prover, kept: _Kept) -> None:
    """Tell the stage with the figures of the best plan so far, if there is one."""
    if search.weight < 0:
        run.tell(stage)
        return
    run.tell(
        stage,
        served=search.served + kept.served,
        weight=Decimal(round(search.weight)) / instance.weight_scale + kept.weight,
        weight_bound=prover.most_weight,
        cost_fen=round(search.fen) + kept.fen,
        cost_bound_fen=prover.cost_bound_fen(search.weight),
    )


def _version() -> str:
    try:
        return version("guicheng")
    except PackageNotFoundError:
        return "0"
