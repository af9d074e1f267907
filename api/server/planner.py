"""The process that plans one job: reads a folder, tells its progress by lines, leaves a plan.

It knows neither the database nor the web and may be killed at any moment.  The folder holds
``scenario/`` and ``options.json``, perhaps ``incumbent/``; the plan appears as ``plan/`` and, now
and then, the best so far as ``incumbent/``, each whole or not at all.  It ends with the best plan
so far when a line comes in, and at once when its standard input closes: whoever began it is gone.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from data.plan_files import write_plan
from data.reading import read_scenario
from optimizer.options import Options, Progress
from optimizer.solve import solve

_SECONDS_BETWEEN_TELLINGS = 0.5


def main(folder: Path) -> None:
    stop = threading.Event()
    threading.Thread(target=_listen, args=(stop,), daemon=True).start()
    asked = json.loads((folder / "options.json").read_text("utf-8"))
    reading = read_scenario(folder / "scenario")
    if reading.scenario is None:
        _say(
            {
                "failure": {
                    "code": "scenario_unusable",
                    "faults": [str(f) for f in reading.faults if f.is_error],
                }
            }
        )
        return
    options = Options(
        time_limit=asked.get("time_limit"),
        work_limit=asked.get("work_limit"),
        seed=asked["seed"],
        processes=asked["processes"],
        stopped=stop.is_set,
        report=_Teller(),
    )
    plan = solve(reading.scenario, options)
    write_plan(plan, folder / "plan")
    _say({"done": True})


class _Teller:
    """Says how a run goes, not too often."""

    def __init__(self) -> None:
        self._told_at, self._stage = -1.0, ""

    def __call__(self, p: Progress) -> None:
        if p.stage == self._stage and p.seconds - self._told_at < _SECONDS_BETWEEN_TELLINGS:
            return
        self._told_at, self._stage = p.seconds, p.stage
        told: dict[str, Any] = {
            "stage": p.stage,
            "seconds": round(p.seconds, 1),
            "time_left": None if p.time_left is None else round(p.time_left, 1),
            "workers": p.workers,
            "served": p.served,
            "cost_yuan": None if p.cost_fen is None else p.cost_fen / 100,
            "cost_bound_yuan": None if p.cost_bound_fen is None else p.cost_bound_fen / 100,
            "gap": p.gap,
        }
        _say({"progress": told})


def _say(content: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(content) + "\n")
    sys.stdout.flush()


def _listen(stop: threading.Event) -> None:
    for _ in sys.stdin:
        stop.set()
    os._exit(1)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
