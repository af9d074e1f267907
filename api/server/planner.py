"""The process that plans one job: reads a folder, tells its progress by lines, leaves a plan.

It knows neither the database nor the web and may be killed at any moment.  The folder holds
``scenario/`` and ``options.json``, perhaps ``incumbent.zip`` to begin with and ``kept/``, an older
plan of which trips must stand.  The best so far appears as ``incumbent.zip`` now and then; at the
end ``violations.json`` and, last, ``plan.zip``, each whole or not at all.  It ends with the best
plan so far when a line comes in, and at once when its standard input closes: whoever began it is
gone.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from api.server.job_files import INCUMBENT, PLAN, VIOLATIONS
from data.archives import packed, unpacked
from data.plan_files import Verbatim, read_plan
from data.plan_json import violation_row
from data.reading import read_scenario
from optimizer.options import Keep, Options, Progress
from optimizer.solve import solve
from workforce.check import check
from workforce.plan import Plan

_LEAST_SECONDS = 0.5  # between two tellings; longer in a long run, so that its trace stays short
_PART_OF_RUN = 0.01


def main(folder: Path) -> None:
    stop = threading.Event()
    threading.Thread(target=_listen, args=(stop, folder), daemon=True).start()
    try:
        _plan(folder, stop.is_set)
    except Exception as failure:
        traceback.print_exc()
        _say({"failure": {"code": "planner_failed", "what": type(failure).__name__}})


def _plan(folder: Path, stopped: Callable[[], bool]) -> None:
    asked = json.loads((folder / "options.json").read_text("utf-8"))
    scenario = read_scenario(folder / "scenario").scenario
    assert scenario is not None, "a scenario is stored only if it can be read"
    options = Options(
        time_limit=asked.get("time_limit"),
        work_limit=asked.get("work_limit"),
        seed=asked["seed"],
        processes=asked["processes"],
        stopped=stopped,
        report=_Teller(),
    )
    verbatim, old, trip_ids = None, None, frozenset(asked["kept_trips"])
    if (folder / "kept").exists():
        old, verbatim = read_plan(folder / "kept"), Verbatim(folder / "kept", trip_ids)
        options = replace(options, keep=Keep(old, trip_ids))

    def save(best: Plan) -> None:
        _put(folder / INCUMBENT, packed(best, verbatim))

    if (folder / INCUMBENT).exists():
        options = replace(options, start=unpacked((folder / INCUMBENT).read_bytes()))
    if options.work_limit is None:  # else the plan would no longer be a function of the limit
        options = replace(options, save=save)
    plan = solve(scenario, options)
    verdict = check(scenario, plan, old, trip_ids)
    _put(folder / VIOLATIONS, json.dumps([violation_row(v) for v in verdict.violations]).encode())
    _put(folder / PLAN, packed(plan, verbatim))


class _Teller:
    """Says how a run goes, not too often."""

    def __init__(self) -> None:
        self._told_at, self._stage = -1.0, ""

    def __call__(self, p: Progress) -> None:
        pause = max(_LEAST_SECONDS, _PART_OF_RUN * p.seconds)
        if p.stage == self._stage and p.seconds - self._told_at < pause:
            return
        self._told_at, self._stage = p.seconds, p.stage
        told: dict[str, Any] = {
            "stage": p.stage,
            "seconds": round(p.seconds, 1),
            "time_left": None if p.time_left is None else round(p.time_left, 1),
            "workers": p.workers,
            "served": p.served,
            "weight": None if p.weight is None else float(p.weight),
            "weight_bound": None if p.weight_bound is None else float(p.weight_bound),
            "cost_yuan": None if p.cost_fen is None else p.cost_fen / 100,
            "cost_bound_yuan": None if p.cost_bound_fen is None else p.cost_bound_fen / 100,
            "gap": p.gap,
        }
        _say({"progress": told})


def _put(path: Path, content: bytes) -> None:
    part = path.with_name(f".{path.name}")
    part.write_bytes(content)
    part.replace(path)


def _say(content: dict[str, Any]) -> None:
    _LINES.write(json.dumps(content) + "\n")
    _LINES.flush()


def _listen(stop: threading.Event, folder: Path) -> None:
    for _ in sys.stdin:
        stop.set()
    shutil.rmtree(folder, ignore_errors=True)  # whoever would have done it is gone
    os._exit(1)


if __name__ == "__main__":
    _LINES = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # whatever a library prints is no line of ours
    main(Path(sys.argv[1]))
