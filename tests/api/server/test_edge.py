"""What holds for every request: limits, ids, problem details, what the log and the metrics tell."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from collections.abc import Callable
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient
from markupsafe import escape

from api.server.app import create_app, services_for
from api.server.logs import set_up_logs
from api.server.problems import KINDS, MEDIA_TYPE
from api.server.settings import settings_for
from tests.api.server.conftest import Server, running
from workforce.faults import CATALOGUE
from workforce.roles import Role

PICKUP = {"pickup_id": "P1", "name": "汽车站", "adcode": "620102", "lat": 36.06, "lon": 103.84}


@pytest.fixture
def limited(tmp_path: Any) -> Callable[..., TestClient]:
    """A client of a server with limits of its own."""

    def make(**limits: Any) -> TestClient:
        app = create_app(services_for(settings_for(tmp_path, {}, planners=0, **limits)))
        return TestClient(app, raise_server_exceptions=False)

    return make


@pytest.mark.parametrize(
    ("accepted", "told"),
    [("", "zh"), ("en", "en"), ("en;q=0.2, zh;q=0.9", "zh"), ("fr, en-GB; q=0.5", "en"), ("en;q=0", "zh"),
     ("en;q=nan", "zh"), ("en;q=,;;", "zh")],
)  # fmt: skip
def test_a_refusal_is_in_the_language_asked_for(server: Server, accepted: str, told: str) -> None:
    answer = server.client.get("/v1/nothing", headers={"Accept-Language": accepted})
    assert answer.status_code == 404 and answer.headers["Content-Type"] == MEDIA_TYPE
    assert answer.headers["Content-Language"] == told
    kind = KINDS["not_found"]
    assert answer.json()["title"] == (kind.title.zh if told == "zh" else kind.title.en)
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"]


def test_the_type_of_a_problem_is_a_page_in_both_languages(server: Server) -> None:
    texts = {code: kind.remedy for code, kind in KINDS.items()}
    for code, text in {**texts, "not_a_date": CATALOGUE["not_a_date"].remedy}.items():
        page = server.client.get(f"/problems/{code}")
        assert page.status_code == 200 and page.headers["Content-Type"].startswith("text/html")
        assert escape(text.zh) in page.text and escape(text.en) in page.text
    assert server.client.get("/problems/none").status_code == 404


def test_the_type_of_a_problem_is_an_address_below_the_public_url(limited: Callable[..., TestClient]) -> None:
    client = limited(public_url="https://bureau.example/")
    assert client.get("/v1/me").json()["type"] == "https://bureau.example/problems/not_signed_in"


@pytest.mark.parametrize("path", ["/docs", "/problems"])
def test_pages_load_nothing_from_elsewhere(server: Server, path: str) -> None:
    page = server.client.get(path)
    assert page.status_code == 200 and "<script" not in page.text and "src=" not in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    if path == "/docs":
        assert "start_job" in page.text


def test_a_method_that_an_address_does_not_know(server: Server) -> None:
    answer = server.client.patch("/healthz")
    assert answer.status_code == 405 and answer.headers["Allow"] == "GET"
    assert answer.json()["code"] == "method_not_allowed"


def test_head_is_get_without_its_body(server: Server) -> None:
    whole, head = server.client.get("/healthz"), server.client.head("/healthz")
    assert head.status_code == 200 and head.content == b""
    assert head.headers["Content-Length"] == whole.headers["Content-Length"]
    assert server.client.head("/v1/jobs/none", headers=server.role(Role.PLANNER)).status_code == 404


def test_too_many_requests_of_an_account_are_told_when_to_come_again(
    limited: Callable[..., TestClient],
) -> None:
    client = limited(requests_per_minute=3)
    with_key = {"Authorization": "Bearer one"}
    answers = [client.get("/healthz", headers=with_key) for _ in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    assert client.get("/healthz", headers={"Authorization": "Bearer two"}).status_code == 200


def test_another_key_for_each_request_does_not_pass_by_the_limit(limited: Callable[..., TestClient]) -> None:
    client = limited(requests_per_minute_of_address=3)
    answers = [client.get("/healthz", headers={"Authorization": f"Bearer {n}"}) for n in range(4)]
    assert [a.status_code for a in answers] == [200, 200, 200, 429]


def test_a_large_body_is_refused_whether_or_not_it_says_its_length(
    limited: Callable[..., TestClient],
) -> None:
    client = limited(max_body_bytes=100)
    assert client.post("/v1/session", content=b"x" * 101).status_code == 413
    assert client.post("/v1/session", content=iter([b"x" * 60, b"x" * 60])).status_code == 413
    assert client.post("/v1/session", content=b"x" * 100).status_code == 422


def scope_of(method: str, path: str, headers: dict[str, str], address: str = "127.0.0.1") -> dict[str, Any]:
    return {
        "type": "http", "asgi": {"version": "3.0", "spec_version": "2.4"}, "http_version": "1.1",
        "method": method, "path": path, "raw_path": path.encode(), "query_string": b"", "scheme": "http",
        "root_path": "", "server": ("test", 80), "client": (address, 1),
        "headers": [(k.lower().replace("_", "-").encode(), v.encode()) for k, v in headers.items()],
    }  # fmt: skip


def asgi(app: Any, method: str, path: str, messages: list[Any], **headers: str) -> list[Any]:
    """What an application sends when it receives these messages; a number is a pause in seconds."""
    sent: list[Any] = []
    waiting = iter(messages)

    async def receive() -> Any:
        message = next(waiting, {"type": "http.disconnect"})
        if isinstance(message, float):
            await asyncio.sleep(message)
            return await receive()
        return message

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(app(scope_of(method, path, headers), receive, send))
    return sent


def test_a_large_body_of_somebody_unknown_is_not_read(server: Server) -> None:
    app, at = server.client.app, "/v1/submissions/workers"
    told = asgi(app, "POST", at, [], Content_Type="text/csv", Content_Length="1000000")
    assert told[0]["status"] == 401 and json.loads(told[1]["body"])["code"] == "not_signed_in"
    part = {"type": "http.request", "body": b"x" * 40_000, "more_body": True}
    told = asgi(app, "POST", at, [part, part], Content_Type="text/csv", Authorization="Bearer gk_1_x")
    assert told[0]["status"] == 401  # nor the rest of one that does not say its length
    small = {"type": "http.request", "body": b"x" * 40_000, "more_body": False}
    assert asgi(app, "POST", at, [small], Content_Type="text/csv")[0]["status"] == 401


def test_no_more_is_taken_in_at_once_than_there_is_room_for(database_url: str, tmp_path: Any) -> None:
    with running(database_url, tmp_path, max_body_bytes=100_000) as server:
        asyncio.run(_upload_at_once(server.client.app, server.role(Role.PLANNER)))


async def _upload_at_once(app: Any, key: dict[str, str]) -> None:
    """Two of one address and two of another fill the room; when they have ended it is free again."""
    go_on = asyncio.Event()
    answers: dict[str, list[Any]] = {}

    async def upload(name: str, address: str) -> None:
        sent = answers[name] = []
        begun[name] = asyncio.Event()

        async def receive() -> Any:
            begun[name].set()
            await go_on.wait()
            return {"type": "http.request", "body": b"x" * 100_000, "more_body": False}

        async def send(message: Any) -> None:
            sent.append(message)

        headers = {**key, "Content-Type": "text/plain", "Content-Length": "100000"}
        await app(scope_of("POST", "/v1/submissions/workers", headers, address), receive, send)

    begun: dict[str, asyncio.Event] = {}
    async with asyncio.TaskGroup() as tasks:
        for name, address in (("a", "1"), ("b", "1"), ("c", "2"), ("d", "2")):
            tasks.create_task(upload(name, address))
            while name not in begun:
                await asyncio.sleep(0)
            await begun[name].wait()
            if name == "b":
                await upload("one too many of the address", "1")
        await upload("one too many", "3")
        go_on.set()
    await upload("later", "1")
    told = {name: (sent[0]["status"], json.loads(sent[1]["body"])["code"]) for name, sent in answers.items()}
    assert told.pop("one too many of the address") == (429, "too_much_at_once")
    assert told.pop("one too many") == (503, "too_busy")
    assert set(told.values()) == {(415, "media_type")} and len(told) == 5
    for name in ("one too many of the address", "one too many"):
        assert (b"retry-after", b"5") in answers[name][0]["headers"]


def test_an_upload_that_breaks_off_does_nothing(server: Server) -> None:
    planner = server.role(Role.PLANNER)
    body = json.dumps(PICKUP).encode()
    part = {"type": "http.request", "body": body, "more_body": True}
    headers = {**planner, "Content_Type": "application/json", "If_None_Match": "*"}
    app = server.client.app
    assert asgi(app, "PUT", "/v1/records/pickups/P1", [part], **headers) == []
    assert server.client.get("/v1/records/pickups", headers=planner).json()["items"] == []
    whole = [{"type": "http.request", "body": body, "more_body": False}]
    assert asgi(app, "PUT", "/v1/records/pickups/P1", whole, **headers)[0]["status"] == 201


def test_an_upload_that_takes_too_long_is_ended(limited: Callable[..., TestClient]) -> None:
    app = limited(body_seconds=0.05).app
    part = {"type": "http.request", "body": b"{", "more_body": True}
    sent = asgi(app, "POST", "/v1/session", [part, 5.0])
    assert sent[0]["status"] == 408 and json.loads(sent[1]["body"])["code"] == "too_slow"


def test_what_no_database_keeps_is_refused(server: Server) -> None:
    planner = {**server.role(Role.PLANNER), "If-None-Match": "*"}
    for name in ("\0", "\ud800"):
        content = json.dumps({**PICKUP, "name": name})
        answer = server.client.put(
            "/v1/records/pickups/P1", content=content, headers={**planner, "Content-Type": "application/json"}
        )
        assert answer.status_code == 422, answer.text
    assert server.client.get("/v1/records/pickups/%00", headers=planner).status_code == 422
    assert server.client.get("/v1/records/pickups?after=%00", headers=planner).status_code == 422
    fine = json.dumps({**PICKUP, "name": r"\u0000"})  # these six characters, not the one that they name
    answer = server.client.put(
        "/v1/records/pickups/P1", content=fine, headers={**planner, "Content-Type": "application/json"}
    )
    assert answer.status_code == 201


def test_the_metrics_count_requests_and_jobs_by_state(server: Server) -> None:
    server.client.get("/healthz")
    server.client.request("X1102", "/healthz")
    told = server.client.get("/metrics").text
    assert 'guicheng_requests_total{method="GET",operation="healthz",status="200"} 1.0' in told
    assert 'guicheng_jobs{state="queued"} 0.0' in told
    assert "X1102" not in told


SECRETS = ("王小明", "110101199003074477", "13912345678")


@pytest.fixture
def log(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    stream = io.StringIO()
    monkeypatch.setattr("sys.stderr", stream)
    structlog.reset_defaults()
    set_up_logs()
    return stream


def test_the_log_has_the_request_id_and_no_personal_data(server: Server, log: io.StringIO) -> None:
    name, identity, phone = SECRETS
    headers = {**server.role(Role.PLANNER), "X-Request-ID": identity}
    app = create_app(server.services)

    @app.get("/fails/{name}", name="fails")
    def fails(name: str) -> None:
        raise ValueError(name + phone)

    client = TestClient(app, raise_server_exceptions=False)
    row = {"worker_id": "W1", "name": name, "id_number": identity, "phone": phone}
    client.put("/v1/records/workers/W1", json=row, headers=headers)
    client.get(f"/v1/records/workers/{identity}?after={name}", headers=headers)
    client.post("/v1/session", json={"login": phone, "password": name})
    failed = client.get(f"/fails/{name}")
    assert failed.status_code == 500 and failed.json()["code"] == "internal"
    assert phone not in failed.text and name not in failed.text
    logging.getLogger("uvicorn.error").error("from a library", exc_info=ValueError(identity))
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    told = next(line for line in lines if line["event"] == "request failed")
    assert told["request_id"] == failed.json()["request_id"] and told["error"] == ["ValueError"]
    assert any("test_edge.py" in place for place in told["places"])
    assert len([line for line in lines if line["event"] == "request"]) == 4
    assert any(line["event"] == "from a library" and line["error"] == ["ValueError"] for line in lines)
    assert not [secret for secret in SECRETS if secret in log.getvalue()]


@pytest.mark.parametrize(
    "media", ["application/json", "Application/JSON; charset=utf-8", "application/x+json"]
)
@pytest.mark.parametrize("coding", ["utf-8", "utf-16", "utf-32"])
def test_no_json_brings_a_character_that_a_database_cannot_hold(
    server: Server, media: str, coding: str
) -> None:
    body = json.dumps({**PICKUP, "name": "车\0站"}).encode(coding)
    headers = {**server.role(Role.PLANNER), "If-None-Match": "*", "Content-Type": media}
    answer = server.client.put("/v1/records/pickups/P1", content=body, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (422, "text_form")
