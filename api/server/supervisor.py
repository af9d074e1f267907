"""Carries out planning jobs: takes their leases, runs their planners, stores what they leave."""

from __future__ import annotations

import contextlib
import json
import queue
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog
from sqlalchemy import select

from api.server.services import Services
from data import jobs
from data.accounts import By
from data.jobs import Leased
from data.plan_files import read_plan
from data.plan_store import packed, store
from data.reading import read_scenario
from data.schema import scenario as scenario_table
from data.snapshots import unzip
from workforce.check import check

LOOK_SECONDS = 0.5
RENEW_SECONDS = 3.0
_LOG = structlog.get_logger("guicheng.jobs")


class Supervisor:
    """Threads of a server, one for each job that it may plan at the same time."""

    def __init__(self, services: Services) -> None:
        self._services, self._stop = services, threading.Event()
        self._threads = [
            threading.Thread(target=self._work, name=f"planner-{n}", daemon=True)
            for n in range(services.settings.planners)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """End the planners; their jobs are taken up by whoever comes next."""
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        while not self._stop.wait(LOOK_SECONDS):
            try:
                with self._services.database.write() as c:
                    leased = jobs.take_job(c, secrets.token_hex(8), self._services.now())
                if leased is not None:
                    self._carry_out(leased)
            except Exception:
                _LOG.exception("a job could not be carried out")

    def _carry_out(self, leased: Leased) -> None:
        _LOG.info("job begins", job=leased.job_id)
        with TemporaryDirectory(prefix="guicheng-job-") as parent:
            folder = Path(parent)
            self._lay_out(leased, folder)
            with _planner(folder) as process:
                failure = self._follow(leased, process)
            if failure == _LOST:
                _LOG.warning("job lost", job=leased.job_id)
            elif failure is None and (folder / "plan" / "plan.json").exists():
                self._store(leased, folder)
            elif failure:
                with self._services.database.write() as c:
                    jobs.fail(c, leased, self._services.now(), failure)
            else:
                with self._services.database.write() as c:
                    jobs.give_back(c, leased, self._services.now())

    def _lay_out(self, leased: Leased, folder: Path) -> None:
        with self._services.database.read() as c:
            content = c.execute(
                select(scenario_table.c.content).where(scenario_table.c.id == leased.scenario_id)
            ).scalar_one()
        unzip(content, folder / "scenario")
        if leased.incumbent is not None:
            unzip(leased.incumbent, folder / "incumbent")
        options = dict(leased.options)
        if options.get("time_limit") is not None:
            options["time_limit"] = max(1.0, options["time_limit"] - leased.seconds_used)
        options["processes"] = self._services.settings.planner_processes
        (folder / "options.json").write_text(json.dumps(options), "utf-8")

    def _follow(self, leased: Leased, process: subprocess.Popen[str]) -> dict[str, Any] | None:
        """Hand on what the planner says until it ends; returns why it failed."""
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=_read, args=(process, lines), daemon=True).start()
        begun, renewed_at, asked_to_end = time.monotonic(), -RENEW_SECONDS, False
        progress: dict[str, Any] | None = None
        failure: dict[str, Any] | None = None
        while True:
            try:
                line = lines.get(timeout=RENEW_SECONDS / 3)
            except queue.Empty:
                line = ""
            if line is None:
                return failure
            if line:
                said = json.loads(line)
                progress, failure = said.get("progress", progress), said.get("failure", failure)
            if time.monotonic() - renewed_at < RENEW_SECONDS and not line:
                continue
            if self._stop.is_set():
                return None
            renewed_at = time.monotonic()
            with self._services.database.write() as c:
                used = leased.seconds_used + int(time.monotonic() - begun)
                cancelled = jobs.renew(c, leased, self._services.now(), progress, seconds_used=used)
            progress = None
            if cancelled is None:
                return _LOST
            if cancelled and not asked_to_end:
                asked_to_end = True
                assert process.stdin is not None
                process.stdin.write("end\n")
                process.stdin.flush()

    def _store(self, leased: Leased, folder: Path) -> None:
        plan = read_plan(folder / "plan")
        scenario = read_scenario(folder / "scenario").scenario
        assert scenario is not None
        verdict, content = check(scenario, plan), packed(plan)
        now = self._services.now()
        with self._services.database.write() as c:
            if jobs.holds(c, leased):
                by = By(leased.account_id, now)
                plan_id = store(c, by, leased.scenario_id, plan, content, verdict.violations, leased.job_id)
                jobs.finish(c, leased, now, plan_id)
        _LOG.info("job ends", job=leased.job_id)


_LOST: dict[str, Any] = {"code": "lease_lost"}


@contextlib.contextmanager
def _planner(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A planner's process, killed when the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "api.server.planner", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
    )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        assert process.stdin is not None and process.stdout is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        process.stdout.close()


def _read(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    with contextlib.suppress(ValueError):  # closed by the block above
        for line in process.stdout:
            lines.put(line)
    lines.put(None)
