"""A real server: ``guicheng serve`` as a process of its own, reached over the loopback."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2 as httpx

from api.server.app import services_for
from api.server.settings import settings_for
from data.accounts import By, add_account, add_key
from workforce.roles import Role

_ROOT = Path(__file__).parents[3]
PATIENCE = 300.0  # seconds; far more than anything takes, so that only what never comes fails


class Live:
    """A server that can be started, killed and started again over the same data."""

    def __init__(self, folder: Path, database_url: str, planners: int = 1) -> None:
        self.folder, self._planners = folder, planners
        self.scratch = folder / "tmp"
        self._environment = {
            **os.environ,
            "GUICHENG_DATABASE_URL": database_url,
            "PYTHONPATH": str(_ROOT),
        }
        self.services = services_for(settings_for(folder, self._environment, planners=0), _now)
        by = By("tests", _now())
        with self.services.database.write() as c:
            account_id = add_account(c, by, Role.PLANNER, "planner")
            _, key = add_key(c, by, account_id, "tests", ["read", "write"], None)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.headers = {"Authorization": f"Bearer {key}", "Accept-Language": "en"}
        self.process: subprocess.Popen[bytes] | None = None
        self.client = httpx.Client(
            base_url=f"http://127.0.0.1:{self.port}", headers=self.headers, timeout=PATIENCE
        )

    def start(self) -> None:
        command = [sys.executable, "-c", "from api.cli import main; main()", "serve"]
        command += ["--data", str(self.folder)]
        command += ["--port", str(self.port), "--planners", str(self._planners)]
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(command, env=self._environment, cwd=_ROOT, stdout=log, stderr=log)

    def ready(self) -> None:
        """Wait until it answers."""
        assert self.process is not None
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            assert self.process.poll() is None, (self.folder / "server.log").read_text()[-3000:]
            try:
                if self.client.get("/readyz").status_code == 200:
                    return
            except httpx.TransportError:
                time.sleep(0.05)
        raise AssertionError("the server does not answer")

    def kill(self) -> None:
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """End it in good order; returns its exit status."""
        return self._end(signal.SIGTERM)

    def _end(self, how: signal.Signals) -> int:
        assert self.process is not None
        self.process.send_signal(how)
        status = self.process.wait(PATIENCE)
        self.process = None
        return status

    def close(self) -> None:
        if self.process is not None:
            self.kill()
        self.client.close()
        self.services.database.close()

    def job(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.get(f"/v1/jobs/{job_id}").json()
        return found

    def wait_for(self, job_id: str, *states: str) -> dict[str, Any]:
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = self.job(job_id)
            if found["state"] in states:
                return found
            time.sleep(0.1)
        raise AssertionError(f"{job_id} is {found['state']}, not {states}")


def events(lines: Iterator[str]) -> Iterator[tuple[int, dict[str, Any]]]:
    """(id, data) of server-sent events."""
    number = 0
    for line in lines:
        if line.startswith("id: "):
            number = int(line.removeprefix("id: "))
        if line.startswith("data: "):
            yield number, json.loads(line.removeprefix("data: "))


def planners_of(live: Live) -> list[int]:
    """Process ids of the planners that are alive and work for this server."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                command = (entry / "cmdline").read_bytes()
            except OSError:
                continue
            if b"api.server.planner" in command and os.fsencode(live.scratch) in command:
                found.append(int(entry.name))
    return found


def _now() -> datetime:
    return datetime.now(UTC)
