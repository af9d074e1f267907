"""The steps of ``guicheng plan`` and ``replan``: read, search, write, check, tell."""

from __future__ import annotations

import csv
import errno
import os
import sys
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from api.changes import Change, Ride, changes
from api.console import (
    BROKEN,
    NOT_WRITTEN,
    GivenUp,
    Screen,
    change_tables,
    reason_table,
    summary_table,
    violation_table,
)
from api.keeping import Kept
from api.progress import ProgressDisplay
from api.report import write_report
from api.running import end_children, solve_stoppably, stopping_on_signals
from api.start import GIVEN_UP
from data.plan_files import CHANGES, REPORT, WORKBOOK, Verbatim, write_plan
from data.plan_folder import require_plan_folder
from data.plan_workbook import write_plan_workbook
from optimizer.kernels import compile_all, compiled
from optimizer.options import Keep, Options
from workforce.check import check
from workforce.plan import Plan
from workforce.scenario import Scenario


def make_plan(
    scenario: Scenario, out: Path, options: Options, screen: Screen, kept: Kept | None = None
) -> None:
    """Plan a scenario into a folder and print what came of it.

    Raises:
        typer.Exit: whatever ends the command with a status other than 0.
    """
    words = screen.words
    with screen.refusing(NOT_WRITTEN, "cannot_write", out):
        _require_writable(out)
    if not compiled():
        screen.tell("The first run of a version compiles its kernels: some minutes, once. It does not count.")
        compile_all()
    if kept:
        options = replace(options, keep=Keep(kept.plan, kept.trip_ids))
    display = ProgressDisplay(screen.err, words)
    try:
        with stopping_on_signals(display.stopping) as stop:
            with display:
                plan = solve_stoppably(scenario, replace(options, report=display.report), stop)
            found = list(changes(kept.plan, plan)) if kept else None
            with screen.refusing(NOT_WRITTEN, "cannot_write", out):
                _write(plan, scenario, out, kept, found)
    except GivenUp:
        screen.tell("Given up; nothing was written.")
        end_children()
        sys.stderr.flush()
        os._exit(GIVEN_UP)  # the search's thread would keep an ordinary exit waiting
    screen.out.print(summary_table(plan, words))
    reasons = reason_table(plan, words)
    if reasons:
        screen.out.print(reasons)
    for part in change_tables(found, scenario, words) if found is not None else ():
        screen.out.print(part)
    screen.say("The plan is in {folder}; open {report} in a browser.", folder=out, report=out / REPORT)
    _judge(plan, scenario, kept, screen)


def _require_writable(folder: Path) -> None:
    """Fail before the search where the folder could not be written after it."""
    require_plan_folder(folder)
    beside = folder.resolve().parent
    nearest = next(path for path in (beside, *beside.parents) if path.exists())
    if not nearest.is_dir():
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), str(nearest))
    with TemporaryDirectory(prefix=".guicheng-", dir=nearest):  # rights alone do not tell it
        pass


def _write(
    plan: Plan, scenario: Scenario, folder: Path, kept: Kept | None, found: Sequence[Change] | None
) -> None:
    extras = [
        lambda part: write_plan_workbook(plan, scenario, part / WORKBOOK),
        lambda part: write_report(plan, scenario, part / REPORT),
    ]
    if found is not None:
        extras.append(partial(_write_changes, found))
    write_plan(plan, folder, Verbatim(kept.folder, kept.trip_ids) if kept else None, extras)


def _write_changes(found: Iterable[Change], folder: Path) -> None:
    def ride(told: Ride | None) -> list[object]:
        if told is None:
            return [""] * 6
        times = [moment.isoformat(timespec="minutes") for moment in (told.boards, told.alights)]
        return [told.fleet_id, told.vehicle_no, told.pickup_id, times[0], told.drop_id, times[1]]

    columns = ("fleet_id", "vehicle_no", "pickup_id", "boards", "drop_id", "alights")
    with (folder / CHANGES).open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(
            ["worker_id", "change", *(f"{when}_{c}" for when in ("before", "now") for c in columns), "reason"]
        )
        for c in found:
            rows.writerow([c.worker_id, c.kind.value, *ride(c.before), *ride(c.after), c.reason or ""])


def _judge(plan: Plan, scenario: Scenario, kept: Kept | None, screen: Screen) -> None:
    """Have the checker look at what was written, whatever the optimizer believes."""
    words = screen.words
    verdict = check(scenario, plan, kept.plan, kept.trip_ids) if kept else check(scenario, plan)
    told = [violation for violation in verdict.violations if violation.kept]
    if told:
        screen.err.print(violation_table(told, words, words("Kept trips that the scenario no longer allows")))
    wrong = [violation for violation in verdict.violations if not violation.kept]
    if wrong:
        screen.err.print(violation_table(wrong, words, words("The plan breaks rules")))
        screen.refuse(
            BROKEN,
            "This is a defect of the planner: do not carry the plan out, and report it with the scenario.",
        )
    screen.say("Checked: the plan keeps every rule.")
