import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import api

# A finder that sends this very process a signal when a module is first asked for.
HIT_WHILE_LOADING = """
import os, sys

class Hit:
    def find_spec(self, name, path=None, target=None):
        if name == MODULE:
            os.kill(os.getpid(), NUMBER)

sys.meta_path.insert(0, Hit())
from api.start import main
main()
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("module", ["api.cli", "typer", "optimizer.solve"])
def test_a_signal_while_loading_gives_up(
    scenario_folder: Path, tmp_path: Path, module: str, number: signal.Signals
) -> None:
    code = f"MODULE, NUMBER = {module!r}, {int(number)}{HIT_WHILE_LOADING}"
    result = subprocess.run(
        [sys.executable, "-c", code, "plan", str(scenario_folder), "--out", str(tmp_path / "plan")],
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONUTF8": "1", "PYTHONPATH": str(Path(api.__file__ or "").parents[1])},
    )
    assert result.returncode == 130
    assert result.stderr == "已放弃。\nGiven up.\n"
    assert result.stdout == ""
    assert {path.name for path in tmp_path.iterdir()} == {"scenario"}
