"""Planning jobs: who has the lease, what survives, what is told; no planner runs here."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import ExitStack, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import pytest
from sqlalchemy import select, update

from api.server.problems import Problem
from api.server.supervisor import Supervisor, _planner
from data import jobs
from data.accounts import By, list_keys, record, revoke_key
from data.archives import packed
from data.jobs import LEASE, MOST_ATTEMPTS, Leased
from data.schema import job
from tests.api.server.conftest import Server, running
from tests.api.server.planning import freeze, keep_plan, take_in
from tests.api.server.test_edge import scope_of
from tests.builders import make_plan, make_scenario
from tests.databases import fresh_database
from workforce.roles import Role

Begun = tuple[dict[str, str], str, str]


@pytest.fixture
def begun(server: Server) -> Begun:
    """The headers of a planner, a scenario's id and a job's."""
    planner = {**server.role(Role.PLANNER), "Accept-Language": "en"}
    take_in(server, make_scenario(), planner)
    scenario_id = freeze(server, planner)["scenario_id"]
    return planner, scenario_id, start(server, planner, scenario_id)


def start(server: Server, planner: dict[str, str], scenario_id: str, **options: Any) -> str:
    answer = server.client.post("/v1/plans", json={"scenario_id": scenario_id, **options}, headers=planner)
    assert answer.status_code == 202, answer.text
    assert answer.headers["Location"] == f"/v1/jobs/{answer.json()['job_id']}"
    job_id: str = answer.json()["job_id"]
    return job_id


def take(server: Server, owner: str) -> Leased | None:
    with server.services.database.write() as c:
        return jobs.take_job(c, owner, server.clock())


def told(server: Server, planner: dict[str, str], job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = server.client.get(f"/v1/jobs/{job_id}", headers=planner).json()
    return found


def test_a_job_has_one_owner_until_its_lease_runs_out(server: Server, begun: Begun) -> None:
    planner, _, job_id = begun
    first = take(server, "a")
    assert first is not None and first.job_id == job_id and first.attempt == 1
    assert take(server, "b") is None
    server.clock.pass_by(LEASE / 2)
    with server.services.database.write() as c:
        assert jobs.renew(c, first, server.clock(), {"stage": "improve", "served": 5}, b"zip", 12) is False
    server.clock.pass_by(LEASE * 0.9)
    assert take(server, "b") is None
    server.clock.pass_by(LEASE)
    second = take(server, "b")
    assert second is not None
    assert (second.incumbent, second.seconds_used, second.attempt) == (b"zip", 12, 2)
    with server.services.database.write() as c:
        assert jobs.renew(c, first, server.clock()) is None  # whoever lost it changes nothing
        assert not jobs.holds(c, first)
        jobs.fail(c, first, server.clock(), {"code": "planner_failed", "what": "X"})
    shown = told(server, planner, job_id)
    assert (shown["state"], shown["attempts"]) == ("running", 2)
    assert shown["progress"] == {"stage": "improve", "served": 5}


def test_a_server_that_stops_in_good_order_is_not_held_against_the_job(server: Server, begun: Begun) -> None:
    planner, _, job_id = begun
    for _ in range(2 * MOST_ATTEMPTS):
        leased = take(server, "a")
        assert leased is not None and not leased.exhausted
        with server.services.database.write() as c:
            jobs.give_back(c, leased, server.clock(), died=False)
    assert told(server, planner, job_id)["state"] == "queued"


def test_a_job_that_ends_every_planner_is_given_up(server: Server, begun: Begun) -> None:
    for attempt in range(1, MOST_ATTEMPTS + 2):
        leased = take(server, "a")
        assert leased is not None and leased.attempt == attempt
        assert leased.exhausted is (attempt > MOST_ATTEMPTS)
        with server.services.database.write() as c:
            jobs.give_back(c, leased, server.clock(), died=True)


@pytest.mark.parametrize(("language", "word"), [("en", "ended 5 times"), ("zh", "5 次")])
def test_a_failure_is_told_in_both_languages(server: Server, begun: Begun, language: str, word: str) -> None:
    planner, _, job_id = begun
    leased = take(server, "a")
    assert leased is not None
    with server.services.database.write() as c:
        jobs.fail(c, leased, server.clock(), {"code": "planner_died", "attempts": 5})
    failure = told(server, {**planner, "Accept-Language": language}, job_id)["failure"]
    assert failure["code"] == "planner_died" and word in failure["message"] and failure["remedy"]


def test_a_job_that_has_not_begun_is_cancelled_at_once(server: Server, begun: Begun) -> None:
    planner, _, job_id = begun
    answer = server.client.post(f"/v1/jobs/{job_id}/cancel", headers=planner)
    assert answer.status_code == 202 and answer.json()["state"] == "cancelled"
    assert take(server, "a") is None


def test_a_job_that_runs_is_asked_to_end_with_the_best_so_far(server: Server, begun: Begun) -> None:
    planner, _, job_id = begun
    leased = take(server, "a")
    assert leased is not None
    assert server.client.post(f"/v1/jobs/{job_id}/cancel", headers=planner).json()["state"] == "running"
    with server.services.database.write() as c:
        assert jobs.renew(c, leased, server.clock(), None, b"zip") is True
        jobs.give_back(c, leased, server.clock(), died=True)
    # Between two planners it has a best so far: it is not thrown away.
    assert server.client.post(f"/v1/jobs/{job_id}/cancel", headers=planner).json()["state"] == "queued"
    assert take(server, "b") is not None
    assert server.client.post("/v1/jobs/j_none/cancel", headers=planner).status_code == 404


def test_events_go_on_behind_the_last_one_seen(server: Server, begun: Begun) -> None:
    planner, _, job_id = begun
    leased = take(server, "a")
    assert leased is not None
    with server.services.database.write() as c:
        for served in (1, 2, 3):
            jobs.renew(c, leased, server.clock(), {"stage": "improve", "served": served})
        jobs.fail(c, leased, server.clock(), {"code": "planner_failed", "what": "ValueError"})
    at = f"/v1/jobs/{job_id}/events"
    whole = server.client.get(at, headers=planner).text
    ids = [line.removeprefix("id: ") for line in whole.splitlines() if line.startswith("id: ")]
    assert len(ids) == 6 and "ValueError" in whole and '"remedy"' in whole
    rest = server.client.get(at, headers={**planner, "Last-Event-ID": ids[3]}).text
    assert whole.endswith(rest) and rest.count("id: ") == 2
    for odd in ("", "x", "-1", "9" * 40, "１２"):
        answer = server.client.get(at, headers={**planner, "Last-Event-ID": odd.encode()})
        assert answer.status_code == 200
    assert server.client.get("/v1/jobs/j_none/events", headers=planner).status_code == 404


async def follow(app: Any, job_id: str, headers: dict[str, str], seen: Callable[[], None]) -> list[Any]:
    """What comes of a stream that is read until the server ends it; ``seen``: an event has come."""
    sent: list[Any] = []
    told = iter([{"type": "http.request", "body": b"", "more_body": False}])

    async def receive() -> Any:
        return next(told, None) or await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)
        if message["type"] == "http.response.body" and message["body"]:
            await asyncio.to_thread(seen)

    scope = scope_of("GET", f"/v1/jobs/{job_id}/events", headers)
    await asyncio.wait_for(
        app(scope, receive, send), 60.0
    )  # far longer than it takes, so that only what never ends fails
    return sent


def test_a_stream_ends_with_the_right_to_read_it(
    server: Server, begun: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.server.routes.jobs._RIGHTS_SECONDS", 0.0)
    auditor = server.role(Role.AUDITOR)
    account_id = server.client.get("/v1/me", headers=auditor).json()["account_id"]

    def revoke() -> None:
        by = By("tests", server.clock())
        with server.services.database.write() as c:
            (key,) = list_keys(c, account_id)
            revoke_key(c, by, account_id, key.id)

    sent = asyncio.run(follow(server.client.app, begun[2], auditor, revoke))
    assert sent[0]["status"] == 200 and b"event: queued" in sent[1]["body"]
    assert sent[-1] == {"type": "http.response.body", "body": b"", "more_body": False}


def test_there_are_only_so_many_streams_of_an_account_and_in_all(server: Server, begun: Begun) -> None:
    planner, _, job_id = begun
    app: Any = server.client.app
    limits = app.state.followers
    with ExitStack() as others:
        for _ in range(20):
            others.enter_context(limits.one("somebody"))
        with pytest.raises(Problem, match="too_many_followers"):
            others.enter_context(limits.one("somebody"))
        for n in range(80):
            others.enter_context(limits.one(f"account {n}"))
        answer = server.client.get(f"/v1/jobs/{job_id}/events", headers=planner)
        assert (answer.status_code, answer.json()["code"]) == (429, "too_many_followers")
        assert answer.headers["Retry-After"] == "15"
    server.client.post(f"/v1/jobs/{job_id}/cancel", headers=planner)
    for _ in range(21):  # those that have ended no longer count
        assert server.client.get(f"/v1/jobs/{job_id}/events", headers=planner).status_code == 200


def test_jobs_are_listed_in_parts_newest_first(server: Server, begun: Begun) -> None:
    planner, scenario_id, first = begun
    made = [first]
    for seed in range(4):
        if seed % 2:
            server.clock.pass_by(timedelta(minutes=1))
        made.append(start(server, planner, scenario_id, seed=seed))
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        page = server.client.get(f"/v1/jobs?limit=2&after={after}", headers=planner).json()
        seen += [row["job_id"] for row in page["items"]]
        after = page["next"]
    assert sorted(seen) == sorted(made) and seen[0] == made[-1]
    strange = server.client.get("/v1/jobs?after=j_none", headers=planner)
    assert strange.status_code == 422 and strange.json()["code"] == "invalid"


def test_what_is_to_be_kept_is_settled_when_the_job_is_asked_for(server: Server, begun: Begun) -> None:
    planner, scenario_id, _ = begun
    older = keep_plan(server, scenario_id, make_scenario(), make_plan())

    def ask(**options: Any) -> Any:
        body = {"scenario_id": scenario_id, **options}
        return server.client.post("/v1/plans", json=body, headers=planner)

    assert ask(based_on=older).json()["keeps"]["trip_ids"] == ["T1", "T2"]
    assert ask(based_on=older, keep_before="2020-03-02").json()["keeps"] is None
    assert ask(based_on=older, keep_before="2020-03-02", keep_trips=["T2"]).json()["keeps"]["trip_ids"] == [
        "T2"
    ]
    assert ask(keep_trips=["T1"]).json()["code"] == "nothing_to_keep"
    assert ask(based_on="p_none").status_code == 404
    unknown = ask(based_on=older, keep_trips=["T3"]).json()
    assert [f["code"] for f in unknown["faults"]] == ["not_in_plan"]
    assert ask(scenario_id="none").status_code == 404


def test_asking_twice_with_one_key_is_one_job(server: Server, begun: Begun) -> None:
    planner, scenario_id, _ = begun
    once = {**planner, "Idempotency-Key": "k1"}
    body = {"scenario_id": scenario_id, "seed": 3}
    first = server.client.post("/v1/plans", json=body, headers=once)
    again = server.client.post("/v1/plans", json=body, headers=once)
    assert first.json() == again.json() and again.headers["Idempotent-Replayed"] == "true"
    other = server.client.post("/v1/plans", json={**body, "seed": 4}, headers=once)
    assert other.status_code == 422 and other.json()["code"] == "key_reused"


def test_no_job_keeps_all_others_waiting_for_good(server: Server, begun: Begun) -> None:
    planner, scenario_id, _ = begun
    for asked, limits in (({"time_limit": None}, (86_400, None)), ({"work_limit": 5}, (None, 5))):
        job_id = start(server, planner, scenario_id, **asked)
        with server.services.database.read() as c:
            options = c.execute(select(job.c.options).where(job.c.id == job_id)).scalar_one()
        assert (options["time_limit"], options["work_limit"]) == limits


def test_a_plan_is_stored_once_whoever_comes_late(server: Server, begun: Begun) -> None:
    planner, _, job_id = begun
    first = take(server, "a")
    assert first is not None
    server.clock.pass_by(LEASE * 2)
    second = take(server, "b")
    assert second is not None
    supervisor = Supervisor(server.services)
    for leased in (first, second, second):
        supervisor._store(leased, packed(make_plan()), [])
    plans = server.client.get("/v1/plans", headers=planner).json()["items"]
    assert [p["job_id"] for p in plans] == [job_id]
    assert told(server, planner, job_id)["plan_id"] == plans[0]["plan_id"]


def test_a_renewal_that_comes_late_keeps_the_lease_or_finds_it_lost(server: Server, begun: Begun) -> None:
    planner, _, job_id = begun
    supervisor = Supervisor(server.services)
    first = take(server, "a")
    assert first is not None

    def renewed() -> bool | None:
        with server.services.database.write_row() as c:
            return jobs.renew(c, first, server.clock())

    server.clock.pass_by(LEASE * 2)
    assert renewed() is False and take(server, "b") is None  # nobody was quicker
    server.clock.pass_by(LEASE * 2)
    second = take(server, "b")
    assert second is not None and renewed() is None
    supervisor._store(first, packed(make_plan()), [])
    assert server.client.get("/v1/plans", headers=planner).json()["items"] == []
    supervisor._store(second, packed(make_plan()), [])
    plans = server.client.get("/v1/plans", headers=planner).json()["items"]
    assert [p["job_id"] for p in plans] == [job_id]


def test_a_renewal_does_not_wait_for_a_long_write(request: pytest.FixtureRequest, tmp_path: Path) -> None:
    with fresh_database("postgresql", tmp_path, request) as url, running(url, tmp_path) as server:
        planner = server.role(Role.PLANNER)
        take_in(server, make_scenario(), planner)
        start(server, planner, freeze(server, planner)["scenario_id"])
        leased = take(server, "a")
        assert leased is not None
        database = server.services.database
        with database.write() as long, database.write_row() as c:
            record(long, By("tests", server.clock()), "something")
            c.exec_driver_sql("SET LOCAL lock_timeout = '30s'")
            assert jobs.renew(c, leased, server.clock(), {"stage": "improve"}) is False


def test_a_process_does_not_take_up_what_it_carries_out_itself(
    server: Server, begun: Begun, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, job_id = begun
    supervisor = Supervisor(server.services)
    leased = take(server, "a")  # by a clock that is long past: its lease has run out
    assert leased is not None
    taken: list[Leased | None] = []

    def meanwhile(_: Leased) -> None:
        taken.append(supervisor._take())
        taken.append(Supervisor(server.services)._take())

    monkeypatch.setattr(supervisor, "_see_through", meanwhile)
    supervisor._carry_out(leased)
    assert taken[0] is None
    assert taken[1] is not None and taken[1].job_id == job_id


def test_a_server_whose_clock_is_fast_takes_nothing_away(server: Server, begun: Begun) -> None:
    first = Supervisor(server.services)._take()
    assert first is not None
    server.clock.at = datetime.now(UTC) + timedelta(hours=1)
    assert Supervisor(server.services)._take() is None


def test_a_job_whose_best_so_far_cannot_be_stored_fails_in_the_end(server: Server, begun: Begun) -> None:
    planner, _, job_id = begun
    for _ in range(MOST_ATTEMPTS):
        leased = take(server, "a")
        assert leased is not None
        with server.services.database.write() as c:
            jobs.renew(c, leased, server.clock(), None, b"no zip")
            jobs.give_back(c, leased, server.clock(), died=True)
    supervisor = Supervisor(server.services)
    for _ in range(10):
        given_up = supervisor._take()
        if given_up is not None:
            with suppress(BadZipFile):
                supervisor._carry_out(given_up)
            with server.services.database.write() as c:
                c.execute(update(job).values(lease_until=server.clock()))
    shown = told(server, planner, job_id)
    assert shown["state"] == "failed" and shown["failure"]["code"] == "best_unusable"
    assert shown["attempts"] <= MOST_ATTEMPTS + 3


def test_a_planner_is_not_told_how_the_server_is_set_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GUICHENG_DATABASE_URL", "postgresql://bureau:secret@127.0.0.1/guicheng")
    monkeypatch.setenv("GUICHENG_CACHE", str(tmp_path))
    with _planner(tmp_path) as process:
        told = b""
        while not told and process.poll() is None:  # it is empty until the program has begun
            told = Path(f"/proc/{process.pid}/environ").read_bytes()
    assert b"secret" not in told and str(tmp_path).encode() in told
