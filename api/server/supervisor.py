"""Carries out planning jobs: takes their leases, runs their planners, stores what they leave."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import secrets
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from enum import Enum, auto
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import structlog
from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection

from api.server.job_files import INCUMBENT, PLAN, VIOLATIONS
from api.server.services import Services
from data import jobs
from data.accounts import By
from data.archives import unpacked, unzip
from data.jobs import MOST_ATTEMPTS, Leased
from data.plan_json import violation_row
from data.plan_store import find_plan, keeps_of, store
from data.schema import scenario as scenario_table
from data.snapshots import find_scenario, frozen
from workforce.check import check

LOOK_SECONDS = 0.5
RENEW_SECONDS = 3.0
_MOST_ENDINGS = 2  # tries to store the best so far of a job that is given up
_LOG = structlog.get_logger("guicheng.jobs")


class Supervisor:
    """Threads of a server, one for each job that it may plan at the same time."""

    def __init__(self, services: Services) -> None:
        self._services, self._stop = services, threading.Event()
        self._carried: set[str] = set()  # jobs that this process carries out
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
                leased = self._take()
                if leased is not None:
                    self._carry_out(leased)
            except Exception:
                # Its lease runs out, and it is tried again until it is given up for good.
                _LOG.exception("a job could not be carried out")

    def _take(self) -> Leased | None:
        """A job to carry out.

        Not one of this process's own: where its renewal waits behind a long write, its lease has
        run out and it is carried out all the same.
        """
        database = self._services.database
        with database.read() as c:
            if not jobs.any_job(c, database.now(c), frozenset(self._carried)):
                return None
        with database.write() as c:
            return jobs.take_job(c, secrets.token_hex(8), database.now(c), frozenset(self._carried))

    def _carry_out(self, leased: Leased) -> None:
        self._carried.add(leased.job_id)
        try:
            self._see_through(leased)
        finally:
            self._carried.discard(leased.job_id)

    def _see_through(self, leased: Leased) -> None:
        _LOG.info("job begins", job=leased.job_id, attempt=leased.attempt)
        if leased.exhausted:
            self._give_up(leased)
            return
        with TemporaryDirectory(prefix="guicheng-job-") as parent:
            folder = Path(parent)
            self._lay_out(leased, folder)
            with _planner(folder) as process:
                end, failure = self._follow(leased, process, folder)
            plan = folder / PLAN
            if end is _End.LOST:
                _LOG.warning("job lost", job=leased.job_id)
            elif plan.exists():
                self._store(leased, plan.read_bytes(), json.loads((folder / VIOLATIONS).read_bytes()))
            else:
                with self._services.database.write() as c:
                    now = self._services.now()
                    if failure is not None:
                        jobs.fail(c, leased, now, failure)
                    else:
                        jobs.give_back(c, leased, now, died=end is _End.GONE)

    def _lay_out(self, leased: Leased, folder: Path) -> None:
        options = dict(leased.options)
        keeps = keeps_of(options.pop("keeps", None))
        with self._services.database.read() as c:
            content = c.execute(
                select(scenario_table.c.content).where(scenario_table.c.id == leased.scenario_id)
            ).scalar_one()
            kept = None if keeps is None else find_plan(c, keeps.plan_id)
        unzip(content, folder / "scenario")
        if keeps is not None and kept is not None:
            unzip(kept.content, folder / "kept")
        if leased.incumbent is not None:
            (folder / INCUMBENT).write_bytes(leased.incumbent)
        if options.get("time_limit") is not None:
            options["time_limit"] = max(1.0, options["time_limit"] - leased.seconds_used)
        options["processes"] = self._services.settings.planner_processes
        options["kept_trips"] = [] if keeps is None else sorted(keeps.trip_ids)
        (folder / "options.json").write_text(json.dumps(options), "utf-8")

    def _follow(
        self, leased: Leased, process: subprocess.Popen[str], folder: Path
    ) -> tuple[_End, dict[str, Any] | None]:
        """Hand on what the planner says until it ends; returns how it ended and why it failed, if it did."""
        lines: queue.Queue[str | None] = queue.Queue()
        threading.Thread(target=_read, args=(process, lines), daemon=True).start()
        begun, renewed_at, asked_to_end = time.monotonic(), -RENEW_SECONDS, False
        incumbents = _Incumbents(folder / INCUMBENT)
        failure: dict[str, Any] | None = None
        newer: bytes | None = None
        while True:
            try:
                line = lines.get(timeout=LOOK_SECONDS)
            except queue.Empty:
                line = ""
            if line is None:
                return _End.GONE, failure
            if self._stop.is_set():
                return _End.STOPPED, None
            said = json.loads(line) if line else {}
            failure = said.get("failure", failure)
            progress = said.get("progress")
            if progress is None and time.monotonic() - renewed_at < RENEW_SECONDS:
                continue
            renewed_at = time.monotonic()
            used = leased.seconds_used + int(renewed_at - begun)
            database, newer = self._services.database, incumbents.newer() or newer
            try:
                with database.write_row() as c:
                    cancelled = jobs.renew(c, leased, database.now(c), progress, newer, used)
            except (OperationalError, NoConnection):  # away for a moment; whoever is in time keeps the lease
                _LOG.warning("lease not renewed", job=leased.job_id)
                continue
            newer = None
            if cancelled is None:
                return _End.LOST, None
            if cancelled and not asked_to_end:
                asked_to_end = True
                assert process.stdin is not None
                with contextlib.suppress(BrokenPipeError):  # it has ended by itself
                    process.stdin.write("end\n")
                    process.stdin.flush()

    def _give_up(self, leased: Leased) -> None:
        """End a job whose planners all died: with the best so far, where there is one that can be stored."""
        failure = {"code": "planner_died", "attempts": MOST_ATTEMPTS}
        tried = leased.attempt > MOST_ATTEMPTS + _MOST_ENDINGS
        if leased.incumbent is None or tried:
            with self._services.database.write() as c:
                told = {**failure, "code": "best_unusable"} if tried else failure
                jobs.fail(c, leased, self._services.now(), told)
            _LOG.error("job given up", job=leased.job_id, code=told["code"])
            return
        keeps = keeps_of(leased.options.get("keeps"))
        with self._services.database.read() as c:
            scenario = find_scenario(c, leased.scenario_id)
            kept = None if keeps is None else find_plan(c, keeps.plan_id)
        assert scenario is not None
        verdict = check(
            frozen(scenario.content),
            unpacked(leased.incumbent),
            None if kept is None else unpacked(kept.content),
            frozenset() if keeps is None else keeps.trip_ids,
        )
        self._store(leased, leased.incumbent, [violation_row(v) for v in verdict.violations], failure)

    def _store(
        self,
        leased: Leased,
        content: bytes,
        violations: list[dict[str, Any]],
        failure: dict[str, Any] | None = None,
    ) -> None:
        now = self._services.now()
        keeps = keeps_of(leased.options.get("keeps"))
        with self._services.database.write() as c:
            if jobs.holds(c, leased):
                by = By(leased.account_id, now)
                plan_id = store(c, by, leased.scenario_id, content, violations, leased.job_id, keeps)
                jobs.finish(c, leased, now, plan_id, failure)
        _LOG.info("job ends", job=leased.job_id)


class _End(Enum):
    """How a planner came to its end."""

    GONE = auto()  # by itself, with or without a plan
    STOPPED = auto()  # the server stops
    LOST = auto()  # somebody else has the lease


class _Incumbents:
    """The plans that a planner leaves now and then at a path."""

    def __init__(self, path: Path) -> None:
        self._path, self._seen = path, self._stamp(path)

    def newer(self) -> bytes | None:
        """The plan there, if it is another one than at the last call."""
        stamp = self._stamp(self._path)
        if stamp == self._seen:
            return None
        self._seen = stamp
        return self._path.read_bytes()

    @staticmethod
    def _stamp(path: Path) -> tuple[int, int] | None:
        try:
            stat = path.stat()
        except FileNotFoundError:
            return None
        return stat.st_ino, stat.st_mtime_ns


@contextlib.contextmanager
def _planner(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """A planner's process, killed when the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "api.server.planner", str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        encoding="utf-8",
        env={**_environment(), "TMPDIR": str(folder)},  # whoever clears the folder away has it all
        start_new_session=True,  # a Ctrl-C at the server's terminal is the server's
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


def _environment() -> dict[str, str]:
    """What a planner need not know is not told: how the server is set up, the database's password in it."""
    ours = {name for name in os.environ if name.startswith("GUICHENG_")} - {"GUICHENG_CACHE"}
    return {name: value for name, value in os.environ.items() if name not in ours}


def _read(process: subprocess.Popen[str], lines: queue.Queue[str | None]) -> None:
    assert process.stdout is not None
    with contextlib.suppress(ValueError):  # closed by the block above
        for line in process.stdout:
            lines.put(line)
    lines.put(None)
