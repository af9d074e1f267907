"""Jobs carried out by a real server and its planner processes."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from data.archives import unpacked
from data.schema import job
from tests.api.server.live import PATIENCE, Live, events, planners_of
from tests.api.server.planning import ZIP, zip_of
from tests.builders import make_scenario
from tests.databases import fresh_database


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Real servers take long to start: those on PostgreSQL are for ``make faults``, but for one."""
    with fresh_database(request.param, tmp_path, request) as url:
        yield url


@pytest.fixture
def live(database_url: str, tmp_path: Path) -> Iterator[Live]:
    server = Live(tmp_path / "data", database_url)
    server.start()
    server.ready()
    answer = server.client.post("/v1/imports", content=zip_of(make_scenario()), headers={"Content-Type": ZIP})
    assert answer.status_code == 200, answer.text
    yield server
    server.close()


def scenario_of(live: Live) -> str:
    made = live.client.post("/v1/scenarios", json={"name": "base"}).json()
    scenario_id: str = made["scenario_id"]
    return scenario_id


def start(live: Live, **options: Any) -> str:
    body = {"scenario_id": scenario_of(live), **options}
    job_id: str = live.client.post("/v1/plans", json=body).json()["job_id"]
    return job_id


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
def test_a_job_becomes_a_plan_that_keeps_every_rule(live: Live) -> None:
    job_id = start(live, work_limit=20)
    ended = live.wait_for(job_id, "done", "failed")
    assert ended["state"] == "done", ended
    plan = live.client.get(f"/v1/plans/{ended['plan_id']}").json()
    assert plan["violations"] == 0 and plan["job_id"] == job_id
    with live.client.stream("GET", f"/v1/jobs/{job_id}/events") as stream:
        told = list(events(stream.iter_lines()))
    states = [body["state"] for _, body in told]
    assert states[0] == "queued" and states[-1] == "done" and "running" in states
    assert any(body.get("served") for _, body in told), "no progress was told"
    # The next one keeps what is published.
    version = {"If-Match": f'"{plan["version"]}"'}
    published = live.client.post(f"/v1/plans/{plan['plan_id']}/publish", headers=version)
    assert published.status_code == 200, published.text
    again = live.wait_for(start(live, work_limit=20), "done", "failed")
    assert again["state"] == "done" and again["keeps"]["plan_id"] == plan["plan_id"]
    compared = live.client.get(f"/v1/plans/{again['plan_id']}/compare?with={plan['plan_id']}").json()
    assert (compared["counts"]["moved"], compared["counts"]["fell_out"]) == (0, 0)
    kept = live.client.get(f"/v1/plans/{again['plan_id']}").json()
    assert kept["violations"] == 0 and kept["kept_from"] == plan["plan_id"]


def test_a_trip_that_a_job_keeps_goes_on_with_what_was_reported_of_it(live: Live) -> None:
    def publish(job_id: str) -> str:
        ended = live.wait_for(job_id, "done", "failed")
        plan_id: str = ended["plan_id"]
        version = {"If-Match": live.client.get(f"/v1/plans/{plan_id}").headers["ETag"]}
        answer = live.client.post(f"/v1/plans/{plan_id}/publish", headers=version)
        assert answer.status_code == 200, answer.text
        return plan_id

    def report(plan_id: str, nonce: str, kind: str, **told: Any) -> None:
        trip = {"plan_id": plan_id, "trip_id": kept, "at": "2020-03-02T08:00:00+08:00"}
        body = {"events": [{"kind": kind, "nonce": nonce, **trip, **told}]}
        [outcome] = live.client.post("/v1/events", json=body).json()["items"]
        assert outcome["outcome"] == "recorded", outcome

    def trips() -> list[tuple[str, str]]:
        listed = live.client.get("/v1/trips").json()["items"]
        return [(one["plan_id"], one["trip_id"]) for one in listed]

    first = publish(start(live, work_limit=20))
    kept, *others = (trip_id for _, trip_id in trips())
    assert others
    plate = {"says": {"plate": "蒙C12345"}, "details": {"driver_names": ["王一"]}}
    report(first, "plate-0001", "vehicle_named", **plate)
    report(first, "left-00001", "left", place_id="F1", says={"stop": 1})
    second = publish(start(live, work_limit=20, keep_trips=[kept]))
    assert trips().count((first, kept)) == 1 and {plan for plan, trip in trips() if trip != kept} == {second}
    report(second, "late-00001", "delayed", says={"minutes": 25})
    courses = [live.client.get(f"/v1/trips/{plan}/{kept}/course").json() for plan in (first, second)]
    assert courses[0] == courses[1]
    told = courses[0]
    assert (told["plan_id"], told["plate"], told["state"]) == (first, "蒙C12345", "on_the_way")
    assert told["delay_minutes"] == 25
    seated = live.client.get("/v1/costs?limit=1000").json()["items"]
    assert len({(one["worker_id"], one["item"]) for one in seated}) == len(seated)


def test_a_cancelled_job_ends_with_the_best_so_far(live: Live) -> None:
    job_id = start(live, time_limit=3600)
    until(lambda: bool((live.job(job_id)["progress"] or {}).get("served")))
    live.client.post(f"/v1/jobs/{job_id}/cancel")
    ended = live.wait_for(job_id, "done", "failed", "cancelled")
    assert ended["state"] == "done"
    assert live.client.get(f"/v1/plans/{ended['plan_id']}").json()["violations"] == 0
    assert planners_of(live) == []


def test_a_planner_that_is_killed_is_followed_by_another_from_its_best_so_far(live: Live) -> None:
    job_id = start(live, time_limit=3600)

    def incumbent() -> bytes | None:
        with live.services.database.read() as c:
            found: bytes | None = c.execute(select(job.c.incumbent).where(job.c.id == job_id)).scalar_one()
            return found

    until(lambda: incumbent() is not None)
    best = unpacked(incumbent() or b"").summary
    (planner,) = planners_of(live)
    os.kill(planner, signal.SIGKILL)
    until(lambda: live.job(job_id)["attempts"] == 2 and live.job(job_id)["state"] == "running")
    live.client.post(f"/v1/jobs/{job_id}/cancel")
    ended = live.wait_for(job_id, "done", "failed")
    plan = live.client.get(f"/v1/plans/{ended['plan_id']}").json()
    assert plan["violations"] == 0 and plan["summary"]["weight"] >= best.weight
    if plan["summary"]["weight"] == best.weight:
        assert plan["summary"]["cost_yuan"]["total"] <= best.cost.total / 100
    assert incumbent() is None  # the plan has taken its place


def test_a_server_that_stops_gives_its_job_back_and_its_planner_ends(live: Live) -> None:
    job_id = start(live, time_limit=3600)
    until(lambda: len(planners_of(live)) == 1)
    assert live.stop() == 0
    assert planners_of(live) == [] and not any(live.scratch.glob("*/"))
    live.start()
    live.ready()
    taken = live.wait_for(job_id, "running")
    assert taken["attempts"] == 1  # a stop in good order is not held against it
    live.client.post(f"/v1/jobs/{job_id}/cancel")
    assert live.wait_for(job_id, "done", "failed")["state"] == "done"


def test_an_orphaned_planner_ends_itself(live: Live) -> None:
    start(live, time_limit=3600)
    until(lambda: len(planners_of(live)) == 1)
    live.kill()
    until(lambda: planners_of(live) == [])
    until(lambda: not any(live.scratch.glob("*/guicheng-job-*")))
    live.start()
    live.ready()
    assert len(list(live.scratch.glob("*/"))) == 1  # the new server's own, not that of the one before


def test_followers_that_go_away_leave_nothing_behind(live: Live) -> None:
    job_id = start(live, time_limit=3600)
    assert live.process is not None
    process = Path(f"/proc/{live.process.pid}")

    def open_sockets() -> int:
        found = 0
        for entry in (process / "fd").iterdir():
            with suppress(FileNotFoundError):  # closed since it was listed
                found += "socket" in os.readlink(entry)
        return found

    live.job(job_id)
    before = open_sockets()
    for _ in range(30):
        with live.client.stream("GET", f"/v1/jobs/{job_id}/events") as stream:
            next(events(stream.iter_lines()))
    until(lambda: open_sockets() <= before + 1)
    threads = len(list((process / "task").iterdir()))
    for _ in range(30):
        with live.client.stream("GET", f"/v1/jobs/{job_id}/events") as stream:
            next(events(stream.iter_lines()))
    until(lambda: len(list((process / "task").iterdir())) <= threads + 2)
    live.client.post(f"/v1/jobs/{job_id}/cancel")
    live.wait_for(job_id, "done", "cancelled")  # without a plan yet


def test_a_follower_goes_on_where_it_was_cut_off(live: Live) -> None:
    job_id = start(live, work_limit=20)
    at = f"/v1/jobs/{job_id}/events"
    with live.client.stream("GET", at) as stream:
        first, _ = next(events(stream.iter_lines()))
    with live.client.stream("GET", at, headers={"Last-Event-ID": str(first)}) as stream:
        rest = list(events(stream.iter_lines()))
    assert rest[0][0] > first and rest[-1][1]["state"] == "done"
    with live.client.stream("GET", at) as stream:
        assert [number for number, _ in events(stream.iter_lines())] == [first, *(n for n, _ in rest)]


def test_a_stop_does_not_wait_for_followers(live: Live) -> None:
    job_id = start(live, time_limit=3600)
    with live.client.stream("GET", f"/v1/jobs/{job_id}/events") as stream:
        next(events(stream.iter_lines()))
        assert live.stop() == 0
