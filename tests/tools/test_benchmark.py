"""The table of benchmarks: figures beside published ones, and a status that tells whether all is well."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from data.generate import KINDS, generate
from data.reading import write_scenario

ROOT = Path(__file__).parents[2]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_scenario(generate(replace(KINDS["plain"], workers=20)), tmp_path / "cases" / "small")
    return tmp_path / "cases"


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"}
    environment.pop("GUICHENG_VERIFIER", None)
    return subprocess.run(
        [
            sys.executable,
            str(ROOT / "tools/benchmark.py"),
            str(folder),
            "--out",
            str(folder / "plans"),
            *words,
        ],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env=environment,
        check=False,
    )


def cells(text: str) -> list[str]:
    (row,) = [line for line in text.splitlines() if line.startswith("| small")]
    return [cell.strip() for cell in row.strip("|").split("|")]


def test_without_published_figures(folder: Path) -> None:
    done = run(folder, "--time-limit", "1")
    assert done.returncode == 0, done.stderr
    row = cells(done.stdout)
    assert (row[7], row[8], row[10]) == ("", "", "yes 是")
    assert (folder / "plans" / "small" / "plan.json").is_file()


def test_a_published_cost_stands_beside_and_no_bound_lies_above_it(folder: Path) -> None:
    """Nobody can carry out a plan for one yuan, so a bound above that is told as a defect."""
    table = "scenario,best_known_cost,status\nsmall,1.00,invented\n"
    (folder / "best_known.csv").write_text(table, encoding="utf-8")
    done = run(folder, "small", "--time-limit", "1")
    row = cells(done.stdout)
    assert row[7] == "1.00 (invented)" and row[8].startswith("+")
    assert done.returncode == 1
    assert row[10] == "bound above the published cost"


def test_nothing_to_plan(folder: Path) -> None:
    done = run(folder, "elsewhere")
    assert done.returncode == 2
    assert "没有可计划的方案" in done.stderr
