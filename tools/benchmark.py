"""Plan the scenarios of a folder, verify each plan, and print how good they are as a Markdown table.

usage: python tools/benchmark.py FOLDER [NAME…] [--time-limit S] [--seed N] [--processes N] [--out DIR]

FOLDER holds one scenario a folder, or is one itself.  If it has a ``best_known.csv`` with the columns
scenario, best_known_cost and status, published costs stand beside those of the plans.  Each plan is judged
by the project's checker, and by the outside verifier where GUICHENG_VERIFIER names one.

Exit status: 0 all plans hold and no bound lies above a published cost; 1 otherwise; 2 nothing to plan.

为一个文件夹中的各方案编制计划、逐一核对，并以 Markdown 表格列出结果；
若有 best_known.csv，则与已发表的最好值比较。
"""

from __future__ import annotations

import argparse
import csv
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import NamedTuple

from data.plan_files import write_plan
from data.reading import read_scenario
from optimizer.options import Options
from optimizer.solve import solve
from workforce.check import check
from workforce.plan import Plan
from workforce.scenario import Scenario

HEADER = (
    "scenario 方案",
    "served 返岗",
    "weight gap 权重差距",
    "cost 费用",
    "bound 下界",
    "gap 差距",
    "gap over trips 对车费",
    "published 已发表",
    "above it 高出",
    "seconds 秒",
    "holds 合规",
)


class Published(NamedTuple):
    yuan: Decimal
    status: str


def main() -> int:
    options = _arguments()
    folders = _scenarios(options.folder, options.names)
    if not folders:
        print(f"没有可计划的方案。 There is no scenario to plan in {options.folder}.", file=sys.stderr)
        return 2
    known = _published(options.folder)
    print(_row(HEADER))
    print("| --- |" + " ---: |" * (len(HEADER) - 2) + " --- |", flush=True)
    fine = True
    for folder in folders:
        reading = read_scenario(folder)
        if reading.scenario is None:
            print(f"{folder}: {len(reading.faults)} faults; guicheng validate shows them.", file=sys.stderr)
            fine = False
            continue
        start = time.monotonic()
        plan = solve(
            reading.scenario,
            Options(time_limit=options.time_limit, seed=options.seed, processes=options.processes),
        )
        seconds = time.monotonic() - start
        write_plan(plan, options.out / folder.name)
        wrong = _wrong(reading.scenario, plan, folder, options.out / folder.name)
        best = known.get(folder.name)
        if best and plan.summary.cost_bound_fen > best.yuan * 100 and not plan.summary.weight_gap:
            wrong.append("bound above the published cost")
        print(_row(_figures(folder.name, plan, best, seconds, wrong)), flush=True)
        fine = fine and not wrong
    return 0 if fine else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter, usage=argparse.SUPPRESS
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--time-limit", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--out", type=Path, default=Path("plans/benchmarks"))
    return parser.parse_intermixed_args()


def _scenarios(folder: Path, names: Sequence[str]) -> list[Path]:
    if (folder / "policy.toml").is_file():
        return [folder]
    found = sorted(path.parent for path in folder.glob("*/policy.toml"))
    return [path for path in found if not names or path.name in names]


def _published(folder: Path) -> Mapping[str, Published]:
    path = folder / "best_known.csv"
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {
            row["scenario"]: Published(Decimal(row["best_known_cost"]), row["status"])
            for row in csv.DictReader(file)
        }


def _wrong(scenario: Scenario, plan: Plan, scenario_folder: Path, plan_folder: Path) -> list[str]:
    """The rules that a plan breaks, by either judge."""
    found = sorted({violation.rule for violation in check(scenario, plan).violations})
    verifier = os.environ.get("GUICHENG_VERIFIER")
    if verifier:
        run = subprocess.run(
            [sys.executable, verifier, str(scenario_folder), str(plan_folder)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            env={**os.environ, "PYTHONIOENCODING": "utf-8"},
            check=False,
        )
        if run.returncode:
            print(run.stdout + run.stderr, file=sys.stderr)
            found.append("outside verifier")
    return found


def _figures(
    name: str, plan: Plan, best: Published | None, seconds: float, wrong: Iterable[str]
) -> list[str]:
    summary = plan.summary
    cost = Decimal(summary.cost.total) / 100
    return [
        name,
        f"{summary.served:,} / {summary.workers:,}",
        f"{summary.weight_gap:.2%}",
        f"{cost:,.2f}",
        f"{Decimal(summary.cost_bound_fen) / 100:,.2f}",
        f"{summary.gap:.2%}",
        f"{summary.trip_gap:.2%}",
        f"{best.yuan:,.2f} ({best.status})" if best else "",
        f"{cost / best.yuan - 1:+.2%}" if best else "",
        f"{seconds:.0f}",
        ", ".join(wrong) or "yes 是",
    ]


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    sys.exit(main())
