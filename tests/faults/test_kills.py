"""``kill -9`` of a real server at random moments of imports and jobs, over and over.

Nothing that was acknowledged is lost, nothing is there twice, every job ends once.  Clients do what
clients should: whatever was not acknowledged is sent again with the same Idempotency-Key.
"""

from __future__ import annotations

import os
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import func, select

from data.jobs import ENDED, JobState
from data.registry import as_of, history
from data.schema import job, job_event, plan
from tests.api.server.live import PATIENCE, Live, planners_of
from tests.api.server.planning import ZIP, zip_of
from tests.builders import make_enterprise, make_scenario, make_worker

SEED = int(os.environ.get("GUICHENG_SEED", "11"))
KILLS = int(os.environ.get("GUICHENG_KILLS", "100"))
_LONGEST = 2.5  # seconds from a start, or from the first answer, to the kill
_JOBS_A_KILL = 0.15


class Client:
    """Sends a request until it is acknowledged."""

    def __init__(self, live: Live, name: str) -> None:
        self._name, self._sent = name, 0
        self._client = httpx.Client(base_url=live.client.base_url, headers=live.headers, timeout=30.0)

    def post(self, path: str, **content: Any) -> dict[str, Any]:
        self._sent += 1
        headers = {"Idempotency-Key": f"{self._name}-{self._sent}", **content.pop("headers", {})}
        while True:
            try:
                answer = self._client.post(path, headers=headers, **content)
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            assert answer.status_code < 300, answer.text
            told: dict[str, Any] = answer.json()
            return told


def imports(live: Live, over: threading.Event) -> int:
    """Send ever longer lists; returns how many were acknowledged."""
    client, count = Client(live, "imports"), 0
    while not over.is_set() or count == 0:
        count += 1
        workers = [make_worker(f"N{n}") for n in range(count)]
        enterprises = [
            make_enterprise("E1", workforce=10**6, present=count),
            make_enterprise("E2", lat=39.75),
        ]
        body = zip_of(make_scenario(enterprises=enterprises, workers=[make_worker("J1"), *workers]))
        told = client.post("/v1/imports", content=body, headers={"Content-Type": ZIP})
        assert told["changed"]["enterprises"] >= 1
    return count


def jobs(live: Live, over: threading.Event, most: int) -> list[str]:
    """Ask for plans now and then; returns the acknowledged jobs."""
    client, found = Client(live, "jobs"), []
    while len(found) < most and not (over.is_set() and found):
        scenario_id = client.post("/v1/scenarios", json={"name": "any"})["scenario_id"]
        asked = {"scenario_id": scenario_id, "work_limit": 3, "seed": len(found)}
        found.append(client.post("/v1/plans", json=asked)["job_id"])
        over.wait(0.5)
    return found


def killed(live: Live, chance: Random) -> None:
    """Start the server and kill it at a random moment, sometimes a planner before it."""
    live.start()
    if chance.random() < 0.8:
        live.ready()
    if chance.random() < 0.4:
        live.ready()
        until_a_job_moves(live, JobState.RUNNING if chance.random() < 0.5 else JobState.DONE)
    time.sleep(chance.uniform(0, _LONGEST))
    if chance.random() < 0.2:
        for planner in planners_of(live):
            os.kill(planner, signal.SIGKILL)
    live.kill()


def until_a_job_moves(live: Live, to: JobState) -> None:
    """Wait until a job tells its progress, or ends, so that kills come there too; or until none is left."""
    with live.services.database.read() as c:
        seen = c.execute(select(func.max(job_event.c.seq))).scalar_one() or 0
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        time.sleep(0.05)
        with live.services.database.read() as c:
            bodies = c.execute(select(job_event.c.body).where(job_event.c.seq > seen)).scalars().all()
            left = c.execute(select(job.c.id).where(job.c.state.not_in(ENDED)).limit(1)).first()
        if left is None or any(b["state"] == to and (to in ENDED or "stage" in b) for b in bodies):
            return


def storm(database_url: str, folder: Path, kills: int) -> None:
    live = Live(folder, database_url)
    try:
        body = zip_of(make_scenario(enterprises=[make_enterprise("E1"), make_enterprise("E2", lat=39.75)]))
        live.start()
        live.ready()
        assert live.client.post("/v1/imports", content=body, headers={"Content-Type": ZIP}).status_code == 200
        live.kill()
        over, results = threading.Event(), {}
        most = max(2, round(_JOBS_A_KILL * kills))
        threads = [
            _thread(results, "imports", lambda: imports(live, over)),
            _thread(results, "jobs", lambda: jobs(live, over, most)),
        ]
        chance = Random(SEED)
        for _ in range(kills):
            killed(live, chance)
        live.start()
        live.ready()
        over.set()
        for thread in threads:
            thread.join()
        assert set(results) == {"imports", "jobs"}, "a client was refused"
        for job_id in results["jobs"]:
            live.wait_for(job_id, *ENDED)
        assert live.stop() == 0
        nothing_lost(live, results["imports"])
        ended_once(live, results["jobs"])
    finally:
        live.close()


def _thread(results: dict[str, Any], name: str, work: Callable[[], Any]) -> threading.Thread:
    def run() -> None:
        results[name] = work()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


def nothing_lost(live: Live, acknowledged: int) -> None:
    """Each import took effect once, in its order, and the last one stands."""
    with live.services.database.read() as c:
        told = [row.after["body"]["present"] for row in history(c, "enterprises", "E1")]
        first = history(c, "workers", f"N{acknowledged - 1}")
        moment = max(row.at for row in history(c, "enterprises", "E1"))
        workers = {e.key for e in as_of(c, "workers", moment)}
    assert told[1:] == [str(n) for n in range(1, acknowledged + 1)]
    assert [row.action for row in first] == ["created"]
    assert {f"N{n}" for n in range(acknowledged)} <= workers


def ended_once(live: Live, acknowledged: list[str]) -> None:
    with live.services.database.read() as c:
        rows = {row.id: row for row in c.execute(select(job.c.id, job.c.state, job.c.failure, job.c.plan_id))}
        plans = Counter(c.execute(select(plan.c.job_id)).scalars())
        total = c.execute(select(func.count()).select_from(plan)).scalar_one()
        ends = Counter(
            row.job_id
            for row in c.execute(select(job_event.c.job_id, job_event.c.body))
            if row.body["state"] in ENDED
        )
        broken = [v for found in c.execute(select(plan.c.violations)).scalars() for v in found]
    assert sorted(rows) == sorted(acknowledged)
    assert ends == Counter(acknowledged)
    done = [row.id for row in rows.values() if row.state == JobState.DONE]
    given_up = [row for row in rows.values() if row.state == JobState.FAILED]
    assert len(done) + len(given_up) == len(rows) and done
    assert {row.failure["code"] for row in given_up} <= {"planner_died"}
    assert plans == Counter(done) and total == len(done)
    assert broken == []


@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
def test_a_kill(database_url: str, tmp_path: Path) -> None:
    storm(database_url, tmp_path / "data", 1)


@pytest.mark.slow
def test_a_hundred_kills(database_url: str, tmp_path: Path) -> None:
    storm(database_url, tmp_path / "data", KILLS)
