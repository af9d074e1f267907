"""A scenario on disk, the command, and an optimizer that knows the plan beforehand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

import api.running
from api.cli import app
from data.reading import write_scenario
from optimizer.options import Options, Progress, Stage
from tests.builders import make_plan, make_scenario
from workforce.plan import Plan
from workforce.scenario import Scenario

Guicheng = Callable[..., Result]
Solve = Callable[[Scenario, Options], Plan]


@pytest.fixture
def guicheng(monkeypatch: pytest.MonkeyPatch) -> Guicheng:
    """Runs the command in English unless --lang says otherwise."""
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    monkeypatch.setenv("COLUMNS", "240")  # no word is broken over two lines
    runner = CliRunner()
    return lambda *words: runner.invoke(app, [str(word) for word in words])


@pytest.fixture
def scenario_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "scenario"
    write_scenario(make_scenario(), folder)
    return folder


@pytest.fixture
def solves(monkeypatch: pytest.MonkeyPatch) -> Callable[[Solve], None]:
    """Puts a function in the place of the optimizer."""
    return lambda solve: monkeypatch.setattr(api.running, "solve", solve)


@pytest.fixture
def known_plan(solves: Callable[[Solve], None]) -> None:
    """The optimizer reports twice and finds the base plan."""

    def solve(scenario: Scenario, options: Options) -> Plan:
        progress = Progress(Stage.CONSTRUCT, 0.5, 9.5, len(scenario.workers))
        options.report(progress)
        plan = make_plan(scenario)
        summary = plan.summary
        options.report(
            replace(
                progress,
                stage=Stage.IMPROVE,
                served=summary.served,
                weight=summary.weight,
                weight_bound=summary.weight_bound,
                cost_fen=summary.cost.total,
                cost_bound_fen=summary.cost_bound_fen,
            )
        )
        return plan

    solves(solve)


@pytest.fixture
def plan_folder(guicheng: Guicheng, scenario_folder: Path, known_plan: None) -> Path:
    folder = scenario_folder.parent / "plan"
    assert guicheng("plan", scenario_folder, "--out", folder).exit_code == 0
    return folder
