"""``guicheng remote`` against a server that answers in this process, and over TLS."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from typer.testing import CliRunner, Result

import api.server.remote as commands
from api.cli import app as command_line
from api.server.client import Client, Refused, Unreachable
from data import jobs
from data.accounts import By
from data.archives import packed, zipped_folder
from data.plan_store import store
from data.reading import write_scenario
from tests.api.server.conftest import Server
from tests.builders import make_plan, make_scenario
from workforce.roles import Role

URL = "http://bureau.test"
Guicheng = Callable[..., Result]


class Line(httpx2.BaseTransport):
    """The line to the application in this process; it breaks as told.

    ``breaks`` holds, for each request from now on, ``None``, an error instead of sending it
    (``"before"``) or instead of the answer (``"after"``), or a status in place of the answer.
    """

    def __init__(self, server: Server) -> None:
        self.server, self.breaks, self.sent = server, [], []  # type: Server, list[Any], list[httpx2.Request]

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        how = self.breaks.pop(0) if self.breaks else None
        if how == "before":
            raise httpx2.ConnectError("refused")
        if isinstance(how, int):
            return httpx2.Response(how, headers={"Retry-After": "7"})
        self.sent.append(request)
        answer = self.server.client.request(
            request.method, request.url.raw_path.decode(), content=request.read(), headers=request.headers
        )
        if how == "after":
            raise httpx2.RemoteProtocolError("the line broke")
        headers = {k: v for k, v in answer.headers.items() if k.lower() != "content-length"}
        return httpx2.Response(answer.status_code, headers=headers, content=answer.content)


@pytest.fixture
def line(server: Server) -> Line:
    return Line(server)


@pytest.fixture
def key(server: Server) -> str:
    return server.role(Role.PLANNER)["Authorization"].removeprefix("Bearer ")


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def client(line: Line, key: str, waits: list[float]) -> Client:
    return Client(URL, key, "en", sleep=waits.append, transport=line)


@pytest.fixture
def guicheng(
    monkeypatch: pytest.MonkeyPatch, line: Line, key: str, waits: list[float], scenario_folder: Path
) -> Guicheng:
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    monkeypatch.setenv("COLUMNS", "240")
    monkeypatch.setenv("GUICHENG_SERVER", URL)
    monkeypatch.setenv("GUICHENG_KEY", key)

    def connect(url: str, key: str, language: str, authority: Path | None) -> Client:
        return Client(url, key, language, authority, waits.append, line)

    monkeypatch.setattr(commands, "Client", connect)
    if not any(group.name == "remote" for group in command_line.registered_groups):
        command_line.add_typer(commands.remote)
    runner = CliRunner()
    return lambda *words: runner.invoke(command_line, ["remote", *map(str, words)])


@pytest.fixture
def scenario_folder(tmp_path: Path) -> Path:
    write_scenario(make_scenario(), tmp_path / "scenario")
    return tmp_path / "scenario"


@pytest.fixture
def planner(server: Server) -> Iterator[None]:
    """Carries out the jobs with a plan known beforehand."""
    over = threading.Event()

    def work() -> None:
        while not over.wait(0.05):
            with server.services.database.write() as c:
                leased = jobs.take_job(c, "tests", server.clock())
            if leased is None:
                continue
            told = {"stage": "improve", "seconds": 1.0, "time_left": 9.0, "workers": 4, "served": 3}
            with server.services.database.write() as c:
                jobs.renew(c, leased, server.clock(), told)
            plan = make_plan(make_scenario())
            with server.services.database.write() as c:
                by = By(leased.account_id, server.clock())
                plan_id = store(c, by, leased.scenario_id, packed(plan), [], leased.job_id)
                jobs.finish(c, leased, server.clock(), plan_id)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    over.set()
    thread.join()


def test_submit_plan_watch_export(
    guicheng: Guicheng, scenario_folder: Path, planner: None, tmp_path: Path
) -> None:
    taken = guicheng("submit", scenario_folder)
    assert taken.exit_code == 0, taken.output
    assert "taken it in" in taken.stdout
    planned = guicheng("plan", "--name", "first week")
    assert planned.exit_code == 0, planned.output
    assert "3 / 4" in planned.stderr  # as it went
    [job] = [word for word in planned.stdout.replace(".", " ").split() if word.startswith("j_")]
    assert "The plan is p_" in guicheng("watch", job).stdout
    [plan_id] = {word.strip(":") for word in planned.stdout.split() if word.startswith("p_")}
    for name in ("plan.zip", "plan.xlsx", "plan.html"):
        assert guicheng("export", plan_id, "--out", tmp_path / name).exit_code == 0
        assert (tmp_path / name).stat().st_size > 1000
    assert (tmp_path / "plan.zip").read_bytes()[:2] == b"PK"
    again = guicheng("export", plan_id, "--out", tmp_path / "plan.zip")
    assert again.exit_code == 2 and "file_exists" in again.stderr


def test_a_workbook_or_what_is_none(guicheng: Guicheng, tmp_path: Path) -> None:
    (tmp_path / "no.xlsx").write_bytes(b"hello")
    told = guicheng("submit", tmp_path / "no.xlsx")
    assert told.exit_code == 2 and "server_refused" in told.stderr and "zip_damaged" in told.stderr
    told = guicheng("submit", tmp_path / "none.xlsx")
    assert told.exit_code == 2 and "cannot_read" in told.stderr


def test_refusals_are_told_with_their_codes(guicheng: Guicheng, tmp_path: Path) -> None:
    told = guicheng("watch", "j_none")
    assert told.exit_code == 2 and "server_refused" in told.stderr and "not_found" in told.stderr
    told = guicheng("watch", "j_none", "--lang", "zh")
    assert "没有这样的内容" in told.stderr
    told = guicheng("export", "p_none", "--out", tmp_path / "plan.doc")
    assert told.exit_code == 2 and "must end in .zip" in told.stderr


def test_what_is_not_given(guicheng: Guicheng, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("GUICHENG_KEY")
    told = guicheng("watch", "j")
    assert told.exit_code == 2 and "server_not_given" in told.stderr and "key" in told.stderr
    (tmp_path / "key").write_text("gk_wrong\n")
    assert "not_signed_in" in guicheng("watch", "j", "--key-file", tmp_path / "key").stderr
    monkeypatch.delenv("GUICHENG_SERVER")
    assert "server_not_given" in guicheng("watch", "j").stderr


def test_a_server_that_is_not_there(guicheng: Guicheng, line: Line, waits: list[float]) -> None:
    line.breaks = ["before"] * 20
    told = guicheng("plan", "--name", "x")
    assert told.exit_code == 2 and "server_unreachable" in told.stderr
    assert sum(waits) <= 60


def test_a_job_that_failed(guicheng: Guicheng, server: Server, scenario_folder: Path) -> None:
    assert guicheng("submit", scenario_folder).exit_code == 0
    begun = guicheng("plan", "--no-wait")
    [job] = [word for word in begun.stdout.replace(".", " ").split() if word.startswith("j_")]
    with server.services.database.write() as c:
        leased = jobs.take_job(c, "tests", server.clock())
        assert leased is not None
        jobs.fail(c, leased, server.clock(), {"code": "planner_failed", "what": "ValueError"})
    told = guicheng("watch", job)
    assert told.exit_code == 2 and "job_failed" in told.stderr and "ValueError" in told.stderr


def test_a_job_that_was_cancelled_before_it_began(
    guicheng: Guicheng, server: Server, scenario_folder: Path
) -> None:
    guicheng("submit", scenario_folder)
    begun = guicheng("plan", "--no-wait")
    [job] = [word for word in begun.stdout.replace(".", " ").split() if word.startswith("j_")]
    with server.services.database.write() as c:
        jobs.cancel(c, job, server.clock())
    assert "cancelled before it began" in guicheng("watch", job).stderr


def test_a_request_whose_answer_was_lost_is_done_once(
    client: Client, line: Line, server: Server, scenario_folder: Path, waits: list[float]
) -> None:

    zipped = {"Content-Type": "application/zip"}
    client.post("/v1/imports", content=zipped_folder(scenario_folder), headers=zipped)
    scenario_id = client.post("/v1/scenarios", json={"name": "x"}).json()["scenario_id"]
    line.sent.clear()
    line.breaks = ["after", 503, "after", "before"]
    told = client.post("/v1/plans", json={"scenario_id": scenario_id})
    assert told.headers["Idempotent-Replayed"] == "true"
    assert len({request.headers["Idempotency-Key"] for request in line.sent}) == 1
    assert [job["job_id"] for job in client.get("/v1/jobs").json()["items"]] == [told.json()["job_id"]]
    assert waits == [1.0, 7.0, 14.0, 28.0]  # never sooner than the server asked for


def test_refusals_are_not_sent_again(client: Client, line: Line) -> None:
    with pytest.raises(Refused) as refused:
        client.post("/v1/plans", json={"scenario_id": "none"})
    assert refused.value.problem["code"] == "not_found" and len(line.sent) == 1


def test_a_stream_goes_on_behind_the_last_event_where_it_broke() -> None:
    asked: list[str | None] = []

    class Breaking(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b'id: 4\nevent: running\ndata: {"n": 4}\n\n: still here\n\nid: 5\ndata: {"n": '
            raise httpx2.ReadError("the line broke")

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.headers.get("Last-Event-ID"))
        if len(asked) == 1:
            return httpx2.Response(200, stream=Breaking())
        return httpx2.Response(200, text='id: 5\ndata: {"n": 5}\n\n')

    client = Client(URL, "k", "en", sleep=lambda s: None, transport=httpx2.MockTransport(answer))
    assert [event["n"] for event in client.events("/events")] == [4, 5]
    assert asked == [None, "4"]


def test_an_answer_that_is_not_the_servers(waits: list[float]) -> None:
    def proxy(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(404, text="<html>nothing here</html>")

    client = Client(URL, "k", "en", sleep=waits.append, transport=httpx2.MockTransport(proxy))
    with pytest.raises(Unreachable, match="HTTP 404"):
        client.get("/v1/me")
