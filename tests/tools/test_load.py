"""``make load``, with few clients and for a moment: its requests are ones that the server takes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_nothing_is_refused_and_nothing_lost() -> None:
    done = subprocess.run(
        [sys.executable, "tools/load.py", "--clients", "2", "--seconds", "1"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(" 0 lost, 0 errors") == 2
