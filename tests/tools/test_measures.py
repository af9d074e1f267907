"""The measures of the trip log go on to run, and their own judgement is a good one, at a small size."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.api.server.browsers import chromium

ROOT = Path(__file__).parents[2]
pytestmark = pytest.mark.slow


def said(tool: str, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / tool), *words],
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_cases_are_traced_in_a_log_that_grows() -> None:
    told = said("trace_speed.py", "--events", "2000", "--cases", "3")
    rows = [line.split() for line in told.splitlines() if line.lstrip()[:1].isdigit()]
    assert [int(row[2]) for row in rows] == [1, 3, 1, 3]
    assert all(float(row[3]) > 0 for row in rows), "nobody was met"


def test_phones_lose_no_tap() -> None:
    if chromium() is None:
        pytest.skip("no chromium is installed")
    told = said("phones.py", "--phones", "8", "--minutes", "10", "--taps", "6")
    assert told.startswith("6 simulated phones: 36 taps")
    assert told.endswith("every tap arrived exactly once\n")


def test_the_log_is_timed_and_verified() -> None:
    rows = dict(line.rsplit(None, 1) for line in said("log_speed.py", "--events", "3000").splitlines()[1:])
    assert (rows["events"], rows["findings"]) == ("3,000", "0")
