"""Temporary files: in a folder of the process's own, which outlives nobody for long."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import pytest

from api.server.commands import serve
from api.server.exports import written
from api.server.scratch import scratch

KEEPS = """
import sys, tempfile
from pathlib import Path
from api.server.scratch import scratch
with scratch(Path(sys.argv[1])):
    (Path(tempfile.mkdtemp()) / "names.xlsx").write_text("x")
    print("there", flush=True)
    sys.stdin.read()
"""


def test_what_a_killed_server_left_is_cleared_away_and_what_another_uses_is_not(tmp_path: Path) -> None:
    def names() -> int:
        return len(list(tmp_path.rglob("names.xlsx")))

    command = [sys.executable, "-c", KEEPS, str(tmp_path / "tmp")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None and other.stdout.readline() == b"there\n"
        with scratch(tmp_path / "tmp"):
            assert names() == 1
        other.kill()
    assert names() == 1
    with scratch(tmp_path / "tmp") as own:
        assert names() == 0 and own.exists()
    assert not own.exists()


def test_a_server_writes_temporary_files_into_its_data_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Path] = []

    def run(application: Any, **_: Any) -> None:
        assert written("names.xlsx", lambda path: seen.append(path) or path.write_text("x")) == b"x"
        seen.append(Path(tempfile.gettempdir()))

    monkeypatch.setattr("uvicorn.run", run)
    monkeypatch.setattr("api.server.logs.set_up_logs", lambda: None)
    before = tempfile.gettempdir()
    serve(folder=tmp_path / "data", planners=0)
    assert all(path.is_relative_to(tmp_path / "data" / "tmp") for path in seen) and len(seen) == 2
    assert (tmp_path / "data" / "tmp").stat().st_mode & 0o777 == 0o700
    assert tempfile.gettempdir() == before and not seen[1].exists()
