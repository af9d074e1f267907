"""Runs the outside verifier, a script that judges a plan without knowing this project.

It is named by the environment variable GUICHENG_VERIFIER, else looked for beside the repository.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

BESIDE = Path(__file__).parents[2].parent / "shared" / "acceptance" / "verify_plan.py"


@dataclass(frozen=True, slots=True)
class Judgement:
    """``holds`` is the verifier's verdict, ``rules`` the names it gives to what is broken."""

    holds: bool
    rules: frozenset[str]
    text: str


@cache
def verifier() -> Path | None:
    named = os.environ.get("GUICHENG_VERIFIER")
    path = Path(named) if named else BESIDE
    return path if path.is_file() else None


def verify(scenario: Path, plan: Path, *options: str) -> Judgement:
    """Judge a plan's folder; skips the test where there is no verifier.

    Args:
        scenario: a folder of CSV tables.
        options: further arguments, such as ``--kept OLD --before DAY``.

    Raises:
        RuntimeError: the verifier could not read the folders.
    """
    script = verifier()
    if script is None:
        pytest.skip("no outside verifier: set GUICHENG_VERIFIER to the path of verify_plan.py")
    run = subprocess.run(
        [sys.executable, str(script), str(scenario), str(plan), *options],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    if run.returncode not in (0, 1):
        raise RuntimeError(run.stderr)
    rules = frozenset(re.findall(r"^BROKEN ([\w-]+):", run.stdout, re.MULTILINE))
    return Judgement(run.returncode == 0, rules, run.stdout)
