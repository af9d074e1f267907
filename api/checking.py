"""The steps of ``guicheng check``: what the files say of themselves, every rule, what had to be kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import typer

from api.console import BROKEN, Screen, fault_rows, fault_table, money, print_json, violation_table
from api.keeping import Kept
from data.plan_files import Verbatim, rewritten_rows
from data.plan_json import summary_faults
from workforce.check import check
from workforce.faults import Fault
from workforce.money import to_yuan
from workforce.plan import Plan
from workforce.scenario import Scenario
from workforce.verdict import Verdict


def check_folder(
    scenario: Scenario, plan: Plan, folder: Path, kept: Kept | None, screen: Screen, as_json: bool
) -> None:
    """Judge a plan that was read from a folder, and print what is wrong with it.

    Raises:
        typer.Exit: it breaks a rule.
    """
    faults = list(summary_faults(folder))
    if kept:
        faults += rewritten_rows(Verbatim(kept.folder, kept.trip_ids), folder)
        verdict = check(scenario, plan, kept.plan, kept.trip_ids)
    else:
        verdict = check(scenario, plan)
    holds = verdict.holds and not faults
    if as_json:
        print_json(_row(verdict, faults, holds, kept))
    else:
        _print(verdict, faults, holds, kept, screen)
    if not holds:
        raise typer.Exit(BROKEN)


def _row(verdict: Verdict, faults: Sequence[Fault], holds: bool, kept: Kept | None) -> dict[str, Any]:
    return {
        "holds": holds,
        "faults": fault_rows(faults),
        "violations": [
            {
                "rule": v.rule,
                "subject": v.subject,
                "message": {"zh": v.zh, "en": v.en},
                "figures": dict(v.figures),
                "kept": v.kept,
            }
            for v in verdict.violations
        ],
        "kept": sorted(kept.trip_ids) if kept else None,
        "served": verdict.served,
        "restarted": verdict.restarted,
        "weight": float(verdict.weight),
        "cost_yuan": {part: float(to_yuan(fen)) for part, fen in asdict(verdict.cost).items()},
    }


def _print(verdict: Verdict, faults: Sequence[Fault], holds: bool, kept: Kept | None, screen: Screen) -> None:
    words = screen.words
    if faults:
        screen.out.print(fault_table(faults, words))
    if verdict.violations:
        title = words("{n} rules are broken", n=len(verdict.violations))
        screen.out.print(violation_table(verdict.violations, words, title))
    if kept:
        screen.say("{n} trips of {folder} had to be kept.", n=len(kept.trip_ids), folder=kept.folder)
    if holds:
        screen.say("The plan keeps every rule.")
    screen.say(
        "Recomputed: {served} workers, {restarted} enterprises restarted, weight {weight}, {cost} yuan.",
        served=verdict.served,
        restarted=verdict.restarted,
        weight=verdict.weight,
        cost=money(verdict.cost.total),
    )
