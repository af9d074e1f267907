"""The measure of tracing goes on to run: it makes a log, and answers cases from it at each size."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_cases_are_traced_in_a_log_that_grows() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools/trace_speed.py"), "--events", "2000", "--cases", "3"],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines() if line.lstrip()[:1].isdigit()]
    assert [int(row[2]) for row in rows] == [1, 3, 1, 3]
    assert all(float(row[3]) > 0 for row in rows), "nobody was met"
