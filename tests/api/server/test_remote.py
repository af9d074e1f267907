"""``guicheng remote`` against a server that answers in this process, and over TLS."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import pytest
import typer
from python_calamine import CalamineWorkbook
from typer.testing import CliRunner, Result

import api.server.remote as commands
from api.cli import app as command_line
from api.server.client import ENDED, PATIENCE_SECONDS, Client, Refused, Unreachable, Wait, wait_silently
from data import jobs
from data.accounts import By, add_account, add_key
from data.archives import packed, zipped_folder
from data.plan_store import store
from data.reading import write_scenario
from data.submissions import list_submissions
from tests.api.server.conftest import Server
from tests.api.server.lists import as_csv, enterprise, post, worker
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
        self.server = server
        self.breaks: list[Any] = []
        self.sent: list[httpx2.Request] = []

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
    return Client(URL, key, "en", wait=lambda seconds, why: waits.append(seconds), transport=line)


@pytest.fixture
def guicheng(
    monkeypatch: pytest.MonkeyPatch, line: Line, key: str, waits: list[float], scenario_folder: Path
) -> Guicheng:
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    monkeypatch.setenv("COLUMNS", "240")
    monkeypatch.setenv("GUICHENG_SERVER", URL)
    monkeypatch.setenv("GUICHENG_KEY", key)

    def connect(url: str, key: str, language: str, authority: Path | None, wait: Wait) -> Client:
        return Client(url, key, language, authority, wait, line)

    monkeypatch.setattr(commands, "Client", connect)
    monkeypatch.setattr(commands.time, "sleep", waits.append)
    runner = CliRunner()
    return lambda *words: runner.invoke(_with_remote(), ["remote", *map(str, words)])


@cache
def _with_remote() -> typer.Typer:
    """The command line with the commands that speak to a server; each group is read again at each call."""
    command_line.add_typer(commands.remote)
    return command_line


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
            told |= {"weight": 2.0, "weight_bound": 2.5}
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
    assert "3 / 4; weight 2 ≤ 2.5;" in planned.stderr  # as it went
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
    assert told.exit_code == 2 and "server_unreachable" in told.stderr and "refused" in told.stderr
    assert told.stderr.count("trying again in") == len(waits) > 3 and sum(waits) <= PATIENCE_SECONDS


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


@pytest.mark.parametrize("at_the_break", ["the line breaks", "the stream ends", "the server says later"])
def test_a_stream_goes_on_behind_the_last_event_where_it_broke(at_the_break: str, waits: list[float]) -> None:
    asked: list[str | None] = []

    class Breaking(httpx2.SyncByteStream):
        def __iter__(self) -> Iterator[bytes]:
            yield b'id: 4\nevent: running\ndata: {"n": 4}\n\n: still here\n\nid: 5\ndata: {"n": '
            if at_the_break == "the line breaks":
                raise httpx2.ReadError("the line broke")

    def answer(request: httpx2.Request) -> httpx2.Response:
        asked.append(request.headers.get("Last-Event-ID"))
        if len(asked) == 1:
            return httpx2.Response(200, stream=Breaking())
        if len(asked) == 2 and at_the_break == "the server says later":
            return httpx2.Response(429, headers={"Retry-After": "9"})
        return httpx2.Response(200, text='id: 5\ndata: {"n": 5, "state": "done"}\n\n')

    client = _answering(answer, waits)
    assert [event["n"] for event in client.job_events("j")] == [4, 5]
    if at_the_break == "the server says later":
        assert asked == [None, "4", "4"] and waits == [1.0, 9.0]
    else:
        assert asked == [None, "4"] and waits == [1.0]


def test_a_stream_that_never_comes_is_given_up(waits: list[float]) -> None:
    client = _answering(lambda request: httpx2.Response(200, text=""), waits)
    with pytest.raises(Unreachable, match="ended before the job"):
        list(client.job_events("j"))
    assert len(waits) > 3 and sum(waits) <= PATIENCE_SECONDS


def test_a_job_ends_for_the_client_when_it_ends_for_the_server() -> None:
    assert set(ENDED) == set(jobs.ENDED)


def test_a_limit_of_rate_is_waited_for_as_long_as_the_server_says(waits: list[float]) -> None:
    later = [httpx2.Response(429, headers={"Retry-After": "60"}), httpx2.Response(200, json={"n": 1})]
    assert _answering(lambda request: later.pop(0), waits).get("/v1/me").json() == {"n": 1}
    assert waits == [60.0]


def test_a_limit_of_rate_that_is_too_long_is_told_at_once(waits: list[float]) -> None:
    problem = {"code": "too_many_requests", "title": "There are too many requests."}
    client = _answering(
        lambda request: httpx2.Response(429, headers={"Retry-After": "3600"}, json=problem), waits
    )
    with pytest.raises(Refused, match="too_many_requests"):
        client.get("/v1/me")
    assert waits == []


def test_an_answer_that_is_not_the_servers(waits: list[float]) -> None:
    client = _answering(lambda request: httpx2.Response(404, text="<html>nothing here</html>"), waits)
    with pytest.raises(Unreachable, match="HTTP 404"):
        client.get("/v1/me")


def _answering(answer: Callable[[httpx2.Request], httpx2.Response], waits: list[float]) -> Client:
    return Client(
        URL,
        "k",
        "en",
        wait=lambda seconds, why: waits.append(seconds),
        transport=httpx2.MockTransport(answer),
    )


@pytest.mark.parametrize("url", ["bureau.example:8000", "ftp://bureau.example", "https://", "http://a b"])
def test_an_address_that_is_none(guicheng: Guicheng, url: str, waits: list[float]) -> None:
    told = guicheng("watch", "j", "--server", url)
    assert told.exit_code == 2 and "server_address" in told.stderr and waits == []
    assert "不是服务器网址" in guicheng("watch", "j", "--server", url, "--lang", "zh").stderr


@pytest.mark.parametrize("content", [b"two words", "钥匙".encode(), b"\xff\xfe\x00g"])
def test_a_key_file_that_holds_none(guicheng: Guicheng, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "key").write_bytes(content)
    told = guicheng("watch", "j", "--key-file", tmp_path / "key")
    assert told.exit_code == 2 and "server_key_form" in told.stderr


def test_a_key_that_has_expired(guicheng: Guicheng, server: Server, tmp_path: Path) -> None:
    by = By("tests", server.clock())
    with server.services.database.write() as c:
        account_id = add_account(c, by, Role.PLANNER, "short")
        _, key = add_key(c, by, account_id, "tests", ("read",), server.clock() + timedelta(hours=1))
    (tmp_path / "key").write_text(f"{key}\n")
    asked = ("export", "p_none", "--out", tmp_path / "plan.zip", "--key-file", tmp_path / "key")
    assert "not_found" in guicheng(*asked).stderr
    server.clock.pass_by(timedelta(hours=2))
    told = guicheng(*asked)
    assert told.exit_code == 2 and "not_signed_in" in told.stderr and "has not expired" in told.stderr
    assert "未过期的 API 密钥" in guicheng(*asked, "--lang", "zh").stderr


def test_an_authority_that_is_none(guicheng: Guicheng, tmp_path: Path) -> None:
    told = guicheng("watch", "j", "--ca", tmp_path / "none.pem")
    assert told.exit_code == 2 and "cannot_read" in told.stderr and "none.pem" in "".join(told.stderr.split())
    (tmp_path / "ca.pem").write_text("hello")
    told = guicheng("watch", "j", "--ca", tmp_path / "ca.pem")
    assert told.exit_code == 2 and "cannot_read" in told.stderr and "ca.pem" in "".join(told.stderr.split())


def test_a_server_that_is_another_is_not_asked_again(
    guicheng: Guicheng, monkeypatch: pytest.MonkeyPatch, line: Line, waits: list[float]
) -> None:
    def not_it(request: httpx2.Request) -> httpx2.Response:
        raise httpx2.ConnectError("handshake") from ssl.SSLCertVerificationError("no such authority")

    monkeypatch.setattr(line, "handle_request", not_it)
    told = guicheng("watch", "j")
    assert told.exit_code == 2 and "server_untrusted" in told.stderr and waits == []
    assert "no such authority" in told.stderr and "--ca" in told.stderr


@pytest.fixture
def key_of_e1(server: Server, tmp_path: Path) -> Path:
    path = tmp_path / "e1.key"
    path.write_text(enterprise(server, "E1")["Authorization"].removeprefix("Bearer "))
    return path


@pytest.fixture
def submits(guicheng: Guicheng, key_of_e1: Path, tmp_path: Path) -> Callable[..., Result]:
    """Submits rows as the enterprise E1: of a CSV file, or of another as its bytes are."""

    def submit(rows: list[dict[str, Any]] | bytes, *words: object, name: str = "list.csv") -> Result:
        path = tmp_path / name
        path.write_bytes(rows if isinstance(rows, bytes) else as_csv(rows, "gb18030"))
        return guicheng("submit", path, "--table", "workers", "--key-file", key_of_e1, *words)

    return submit


def test_an_enterprise_submits_its_list(submits: Callable[..., Result], guicheng: Guicheng) -> None:
    rows = [worker(0), worker(1)]
    tried = submits(rows, "--dry-run")
    assert tried.exit_code == 0 and "2 created" in tried.stdout and "dry run" in tried.stdout
    first = submits(rows)
    assert first.exit_code == 0, first.output
    assert "2 created" in first.stdout and "s_" in first.stdout and first.stderr == ""
    again = submits(json.dumps(rows).encode(), name="list.json")
    assert again.exit_code == 0 and "2 unchanged" in again.stdout
    assert "未变 2" in submits(rows, "--lang", "zh").stdout


def test_refused_rows_are_told_and_come_back_as_a_workbook(
    submits: Callable[..., Result], server: Server, tmp_path: Path
) -> None:
    rows = [worker(0), worker(1, 最迟到达日期="明天"), worker(2, 姓名="")]
    book = tmp_path / "mend.xlsx"
    held = submits(rows, "--refused", book)
    assert held.exit_code == 2 and "2 refused, 1 held back" in held.stdout
    assert "Nothing was taken in" in held.stdout and str(book) in held.stdout
    assert "workers, row 3, arrive_by" in held.stderr and "not_a_date" in held.stderr
    assert "workers, row 4, name" in held.stderr and "Fill it in." in held.stderr
    sheet = CalamineWorkbook.from_path(book).get_sheet_by_index(0).to_python()
    assert [row[1] for row in sheet] == ["姓名", "王1", ""] and "明天" in str(sheet[1])
    unmended = submits(book.read_bytes(), "--good-rows", "--lang", "zh", name="mended.xlsx")
    assert unmended.exit_code == 2 and "拒绝 2" in unmended.stdout and "不是日期。请写成" in unmended.stderr
    good = submits(rows, "--good-rows")
    assert good.exit_code == 2 and "1 created" in good.stdout and "2 refused" in good.stdout
    assert "Nothing was taken in" not in good.stdout


def test_a_warning_is_told_and_refuses_nothing(submits: Callable[..., Result]) -> None:
    told = submits([worker(0, 手机号="12", 备注="夜班")])
    assert told.exit_code == 0 and "1 created" in told.stdout
    assert "phone_implausible" in told.stderr and "column_unknown" in told.stderr


def test_a_column_that_only_lists_have_is_named(submits: Callable[..., Result]) -> None:
    told = submits([worker(0, 住址="城关区")], "--lang", "zh")
    assert told.exit_code == 2 and "第 2 行, 住址 address" in told.stderr


def test_a_list_that_cannot_be_read_at_all(submits: Callable[..., Result]) -> None:
    told = submits([{"姓名": "王"}])
    assert told.exit_code == 2 and "server_refused" in told.stderr and "column_missing" in told.stderr


def test_a_planner_submits_for_an_enterprise(
    guicheng: Guicheng, server: Server, key_of_e1: Path, tmp_path: Path
) -> None:
    (tmp_path / "posts.csv").write_bytes(as_csv([post(1), post(2)]))
    told = guicheng("submit", tmp_path / "posts.csv", "--table", "vacancies", "--enterprise", "E1")
    assert told.exit_code == 0 and "2 created" in told.stdout, told.output
    told = guicheng("submit", tmp_path / "posts.csv", "--table", "vacancies", "--enterprise", "E9")
    assert told.exit_code == 2 and "enterprise_unregistered" in told.stderr
    (tmp_path / "list.csv").write_bytes(as_csv([worker(0)]))
    people = (tmp_path / "list.csv", "--table", "workers", "--enterprise", "E1")
    told = guicheng("submit", *people, "--return-plan", "none")
    assert told.exit_code == 2 and "not_found" in told.stderr


def test_an_enterprise_submits_no_scenario(
    guicheng: Guicheng, key_of_e1: Path, scenario_folder: Path
) -> None:
    told = guicheng("submit", scenario_folder, "--key-file", key_of_e1)
    assert told.exit_code == 2 and "not_allowed" in told.stderr and "with --table" in told.stderr


def test_a_list_whose_answer_was_lost_is_taken_once(
    submits: Callable[..., Result], server: Server, line: Line
) -> None:
    line.breaks = ["after", "before"]
    told = submits([worker(0)])
    assert told.exit_code == 0 and "1 created" in told.stdout and "trying again" in told.stderr
    with server.services.database.read() as c:
        assert len(list_submissions(c)) == 1


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("list.doc", "--table", "workers"), "ends in .xlsx / .csv / .json"),
        (("list.csv", "--dry-run"), "need --table"),
        (("list.csv",), "needs --table"),
        (("list.csv", "--table", "workers", "--refused", "mend.csv"), "must end in .xlsx"),
        (("list.csv", "--table", "people"), "people"),
    ],
)
def test_a_list_that_is_submitted_wrongly(guicheng: Guicheng, words: tuple[str, ...], why: str) -> None:
    told = guicheng("submit", *words)
    assert told.exit_code == 2 and why in told.output


def test_a_workbook_of_refused_rows_over_a_file(submits: Callable[..., Result], tmp_path: Path) -> None:
    (tmp_path / "mend.xlsx").write_bytes(b"work of hours")
    told = submits([worker(0, 姓名="")], "--refused", tmp_path / "mend.xlsx")
    assert told.exit_code == 2 and "file_exists" in told.stderr
    assert (tmp_path / "mend.xlsx").read_bytes() == b"work of hours"


def test_what_an_import_has_kept_is_told(
    guicheng: Guicheng, key_of_e1: Path, scenario_folder: Path, tmp_path: Path
) -> None:
    assert guicheng("submit", scenario_folder).exit_code == 0
    (tmp_path / "posts.csv").write_bytes(as_csv([post(1)]))
    posted = guicheng("submit", tmp_path / "posts.csv", "--table", "vacancies", "--key-file", key_of_e1)
    assert posted.exit_code == 0, posted.output
    told = guicheng("submit", scenario_folder)
    assert told.exit_code == 0 and "taken it in" in told.stdout and "vacancy_kept" in told.stderr


def test_a_scenario_that_is_zipped_already(guicheng: Guicheng, scenario_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "spring.zip").write_bytes(zipped_folder(scenario_folder))
    told = guicheng("submit", tmp_path / "spring.zip")
    assert told.exit_code == 0 and "taken it in" in told.stdout, told.output


def test_a_refusal_is_told_once_and_at_its_full_length(
    guicheng: Guicheng, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = "很长的说明" * 30
    problem = {"code": "not_now", "title": long, "remedy": "请稍候。"}
    monkeypatch.setattr(line, "handle_request", lambda request: httpx2.Response(409, json=problem))
    monkeypatch.setenv("COLUMNS", "1000")
    told = guicheng("watch", "j", "--lang", "zh")
    assert long in told.stderr and told.stderr.count("请稍候") == 1


@pytest.mark.parametrize("command", ["submit", "plan", "watch", "export"])
def test_every_command_shows_how_it_is_used(guicheng: Guicheng, command: str) -> None:
    told = guicheng(command, "--help").stdout
    assert "示例" in told and f"guicheng remote {command}" in told and "--server" in told


def test_waiting_silently_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    waited: list[float] = []
    monkeypatch.setattr("time.sleep", waited.append)
    wait_silently(3.0, "why")
    assert waited == [3.0]
