"""Signing in: failures slowed down and logged, strangers who lock nobody out, pages of other sites."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import select

from api.server.routes import sign_in as routes
from data.accounts import By, add_account, disable_account, set_password
from data.passwords import hashed_password, is_weak, password_fits
from data.schema import account, attempt, audit
from data.sessions import FREE_OF_ADDRESS, FREE_OF_LOGIN, FREE_OF_PAIR, network
from tests.api.server.conftest import Server
from workforce.roles import Role

PASSWORD = "correct horse battery staple"
HERE, ELSEWHERE = "192.0.2.10", "198.51.100.7"


def add_person(server: Server, login: str = "li", role: Role = Role.PLANNER) -> str:
    with server.services.database.write() as c:
        return add_account(
            c, By("tests", server.clock()), role, login, None, login, hashed_password(PASSWORD)
        )


@contextmanager
def browser(server: Server, address: str = HERE) -> Iterator[TestClient]:
    """Another client of the same server, with cookies of its own."""
    yield TestClient(server.client.app, client=(address, 50000), raise_server_exceptions=False)


def sign_in(client: TestClient, login: str = "li", password: str = PASSWORD, **headers: str) -> Response:
    return client.post("/v1/session", json={"login": login, "password": password}, headers=headers)


def fail(client: TestClient, times: int, login: str = "li") -> list[int]:
    return [sign_in(client, login, "wrong").status_code for _ in range(times)]


def test_a_session_opens_and_ends(server: Server) -> None:
    add_person(server)
    with browser(server) as it:
        opened = sign_in(it)
        assert opened.status_code == 204
        cookie = opened.headers["set-cookie"].lower()
        assert "httponly" in cookie and "samesite=strict" in cookie
        assert it.get("/v1/me").json()["role"] == "planner"
        assert it.delete("/v1/session").status_code == 204
        assert it.get("/v1/me").status_code == 401


def test_a_session_that_was_copied_ends_with_it(server: Server) -> None:
    add_person(server)
    with browser(server) as it:
        sign_in(it)
        cookie = {"Cookie": "; ".join(f"{k}={v}" for k, v in it.cookies.items())}
        assert server.client.get("/v1/me", headers=cookie).status_code == 200
        it.delete("/v1/session")
        assert server.client.get("/v1/me", headers=cookie).status_code == 401


def test_a_session_ends_by_itself(server: Server) -> None:
    add_person(server)
    with browser(server) as it:
        sign_in(it)
        server.clock.pass_by(server.services.settings.session_lasts)
        assert it.get("/v1/me").status_code == 401


def test_an_answer_does_not_tell_whether_the_login_or_the_password_was_wrong(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = add_person(server, "gone")
    add_person(server)
    with server.services.database.write() as c:
        c.execute(account.update().where(account.c.id == gone).values(disabled_at=server.clock()))
    looked_at: list[str] = []
    from api.server.routes import sign_in as routes

    real = routes.password_fits
    monkeypatch.setattr(
        routes,
        "password_fits",
        lambda h, p: looked_at.append(p) or real(h, p),
    )
    answers = []
    with browser(server) as it:
        for login, password in (("li", "wrong"), ("nobody", PASSWORD), ("gone", PASSWORD)):
            answer = sign_in(it, login, password)
            content = {k: v for k, v in answer.json().items() if k != "request_id"}
            answers.append((answer.status_code, content))
    assert answers[0][0] == 401 and answers[0] == answers[1] == answers[2]
    assert len(looked_at) == 3  # a hash is looked at whether there is an account or not


def test_failures_wait_longer_and_longer_whether_there_is_an_account_or_not(server: Server) -> None:
    add_person(server)
    for login in ("li", "nobody"):
        with browser(server) as it:
            assert fail(it, FREE_OF_PAIR, login) == [401] * FREE_OF_PAIR
            told = sign_in(it, login, "wrong")
            assert told.status_code == 429 and told.json()["code"] == "wait"
            assert told.headers["Retry-After"] == "2"
            server.clock.pass_by(timedelta(seconds=1))
            assert fail(it, 2, login) == [401, 429]
            assert sign_in(it, login, "wrong").headers["Retry-After"] == "3"


def test_the_right_password_must_wait_too_and_then_is_free_again(server: Server) -> None:
    add_person(server)
    with browser(server) as it:
        fail(it, FREE_OF_PAIR)
        assert sign_in(it).status_code == 429
        server.clock.pass_by(timedelta(minutes=16))
        assert sign_in(it).status_code == 204
        assert fail(it, FREE_OF_PAIR) == [401] * FREE_OF_PAIR


def test_a_stranger_elsewhere_does_not_lock_out_whoever_signed_in_here_before(server: Server) -> None:
    add_person(server)
    with browser(server, HERE) as owner, browser(server, ELSEWHERE) as stranger:
        assert sign_in(owner).status_code == 204
        for _ in range(FREE_OF_LOGIN + 5):
            fail(stranger, 1)
            server.clock.pass_by(timedelta(seconds=1))
        assert fail(stranger, 1) == [429]
        assert sign_in(owner).status_code == 204


def test_many_strangers_make_a_new_address_wait_a_minute_at_most(server: Server) -> None:
    add_person(server)
    for n in range(FREE_OF_LOGIN + 10):
        with browser(server, f"203.0.113.{n}") as stranger:
            fail(stranger, 1)
            server.clock.pass_by(timedelta(seconds=61))
    with browser(server, ELSEWHERE) as owner:
        assert sign_in(owner).status_code == 204


def test_one_address_cannot_try_one_password_with_many_logins(server: Server) -> None:
    with browser(server) as it:
        codes = [sign_in(it, f"user{n}", "Passw0rd2020").status_code for n in range(FREE_OF_ADDRESS + 1)]
    assert codes == [401] * FREE_OF_ADDRESS + [429]


def test_guesses_that_are_made_at_once_are_all_counted(server: Server) -> None:
    """Each is taken down before its password is looked at."""
    add_person(server)
    from data.sessions import begin_attempt

    now, waits = server.clock(), []
    for _ in range(FREE_OF_PAIR + 1):  # none of them has been answered
        with server.services.database.write() as c:
            waits.append(begin_attempt(c, "li", HERE, now).wait > timedelta(0))
    assert waits == [False] * FREE_OF_PAIR + [True]


def test_failures_are_logged_without_what_was_typed(server: Server) -> None:
    account_id = add_person(server)
    with browser(server) as it:
        fail(it, 1)
        sign_in(it, "my password in the wrong field", "x")
    with server.services.database.read() as c:
        rows = c.execute(select(audit).where(audit.c.action == "sign_in_failed").order_by(audit.c.seq)).all()
    assert [(row.subject, row.reason) for row in rows] == [(account_id, HERE), (None, HERE)]


def test_attempts_are_forgotten_after_a_while(server: Server) -> None:
    with browser(server) as it:
        fail(it, 3)
        server.clock.pass_by(timedelta(minutes=31))
        fail(it, 1)
    with server.services.database.read() as c:
        rows = c.execute(select(attempt)).all()
    assert len(rows) == 1


@pytest.mark.parametrize(
    ("address", "told"),
    [
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("192.0.2.1", "192.0.2.1"),
        ("testclient", "testclient"),
    ],
)
def test_an_ipv6_subscriber_is_one_address(address: str, told: str) -> None:
    assert network(address) == told


FOREIGN: list[dict[str, str]] = [
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Origin": "http://testserver.evil.example"},
    {"Origin": "https://testserver"},  # another scheme is another origin
    {"Origin": "http://testserver:81"},
    {"Origin": ""},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
]


@pytest.mark.parametrize("headers", FOREIGN, ids=str)
def test_a_page_of_another_site_changes_nothing_with_the_session(
    server: Server, headers: dict[str, str]
) -> None:
    add_person(server)
    with browser(server) as it:
        assert sign_in(it).status_code == 204
        refused = it.post("/v1/scenarios", json={"name": "forged"}, headers=headers)
        assert refused.status_code == 403 and refused.json()["code"] == "foreign_origin"
        assert it.delete("/v1/session", headers=headers).status_code == 403
        assert it.get("/v1/me").status_code == 200
        assert sign_in(it, **headers).status_code == 403  # nor does it sign anybody in


@pytest.mark.parametrize(
    "headers", [{"Origin": "http://testserver"}, {"Origin": "http://127.0.0.1:8000"}, {}], ids=str
)
def test_own_pages_and_programs_do(server: Server, headers: dict[str, str]) -> None:
    add_person(server)
    with browser(server) as it:
        assert sign_in(it, **headers).status_code == 204
        assert it.delete("/v1/session", headers=headers).status_code == 204


def test_a_key_needs_no_origin(server: Server) -> None:
    planner = server.role(Role.PLANNER)
    answer = server.client.post(
        "/v1/plans", json={"scenario_id": "none"}, headers={**planner, "Origin": "https://system.example"}
    )
    assert answer.status_code == 404


def test_a_body_that_a_form_of_another_site_can_send_signs_nobody_in(server: Server) -> None:
    add_person(server)
    body = '{"login": "li", "password": "' + PASSWORD + '"}'
    answer = server.client.post("/v1/session", content=body, headers={"Content-Type": "text/plain"})
    assert answer.status_code in (415, 422)


def test_ones_own_password_is_changed_with_the_old_one_and_ends_all_sessions(server: Server) -> None:
    add_person(server)
    new = "seven quiet coaches at dawn"
    with browser(server) as it, browser(server, ELSEWHERE) as other:
        sign_in(it), sign_in(other)
        assert it.put("/v1/me/password", json={"old": "wrong", "new": new}).status_code == 401
        weak = it.put("/v1/me/password", json={"old": PASSWORD, "new": "short"})
        assert weak.status_code == 422 and weak.json()["code"] == "password_weak"
        assert it.put("/v1/me/password", json={"old": PASSWORD, "new": new}).status_code == 204
        assert it.get("/v1/me").status_code == other.get("/v1/me").status_code == 401
        assert sign_in(it).status_code == 401
        assert sign_in(it, password=new).status_code == 204


def test_the_old_password_cannot_be_guessed_through_a_session(server: Server) -> None:
    add_person(server)
    with browser(server) as it:
        sign_in(it)
        body = {"old": "wrong", "new": "seven quiet coaches at dawn"}
        codes = [it.put("/v1/me/password", json=body).status_code for _ in range(FREE_OF_PAIR + 1)]
    assert codes == [401] * FREE_OF_PAIR + [429]


def test_sessions_are_listed_and_ended_one_by_one(server: Server) -> None:
    add_person(server)
    add_person(server, "wang")
    with browser(server) as it, browser(server, ELSEWHERE) as other, browser(server) as wang:
        sign_in(it), sign_in(other), sign_in(wang, "wang")
        listed: list[dict[str, Any]] = it.get("/v1/me/sessions").json()
        assert [(s["address"], s["this_one"]) for s in listed] == [(HERE, True), (ELSEWHERE, False)]
        assert wang.delete(f"/v1/me/sessions/{listed[1]['session_id']}").status_code == 404
        assert it.delete(f"/v1/me/sessions/{listed[1]['session_id']}").status_code == 204
        assert other.get("/v1/me").status_code == 401 and it.get("/v1/me").status_code == 200


@pytest.mark.parametrize(
    ("password", "weak"),
    [
        ("elevenchars", True),
        ("twelve chars", False),
        ("aaaaaaaaaaaaaaaa", True),
        ("li.planner2020!", True),
        ("归程归程归程归程归程归程", True),
        ("春风又绿江南岸明月何时照我还", False),
    ],
)
def test_what_a_weak_password_is(password: str, weak: bool) -> None:
    assert is_weak(password, "Li.Planner") is weak


@pytest.mark.parametrize("happens", ["password", "end"])
def test_a_password_that_is_changed_while_it_is_looked_at_opens_nothing(
    server: Server, monkeypatch: pytest.MonkeyPatch, happens: str
) -> None:
    account_id = add_person(server)
    by = By("tests", server.clock())

    def slowly(known: str | None, given: str) -> bool:
        with server.services.database.write() as c:
            if happens == "password":
                set_password(c, by, account_id, hashed_password("seven quiet coaches at dawn"))
            else:
                disable_account(c, by, account_id)
        return password_fits(known, given)

    monkeypatch.setattr(routes, "password_fits", slowly)
    with browser(server) as it:
        answer = sign_in(it)
        assert (answer.status_code, answer.json()["code"]) == (401, "wrong_password")
        assert "set-cookie" not in answer.headers


def test_what_was_typed_as_a_login_is_not_kept(server: Server) -> None:
    with browser(server) as it:
        assert sign_in(it, "my password, in the wrong field", "wrong").status_code == 401
    with server.services.database.read() as c:
        (row,) = c.execute(select(attempt)).all()
    assert "password" not in str(row)
