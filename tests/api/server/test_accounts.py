"""Accounts and keys over HTTP: policy, subjects, secrets shown once, ends that end everything."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api.server.access import ACCESS, Grant
from data.accounts import by_key
from data.schema import api_key
from tests.api.server.conftest import Server
from tests.api.server.test_sign_in import PASSWORD, browser, sign_in
from tests.api.server.world import seeded
from workforce.roles import Role


def create(server: Server, headers: dict[str, str], **asked: Any) -> Any:
    body = {"role": "planner", "name": "Li", **asked}
    return server.client.post("/v1/accounts", json=body, headers=headers)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"login": "li", "password": "short"}, "password_weak"),
        ({"login": "li"}, "conflict"),
        ({"password": PASSWORD}, "conflict"),
        ({"role": "enterprise"}, "subject_invalid"),
        ({"role": "enterprise", "subject": "ENT-X"}, "subject_invalid"),
        ({"role": "planner", "subject": "ENT-A"}, "subject_invalid"),
        ({"role": "hotel", "subject": "ENT-A"}, "subject_invalid"),
        ({"role": "carrier", "subject": "FL-A"}, "subject_invalid"),
        ({"role": "worker", "subject": "WX9"}, "subject_invalid"),
        ({"role": "origin", "subject": "6107"}, "subject_invalid"),
        ({"role": "coordinator", "subject": "p_world/T9"}, "subject_invalid"),
        ({"role": "king"}, "invalid"),
    ],
)
def test_what_is_no_account_is_refused_in_both_languages(
    server: Server, asked: dict[str, str], code: str
) -> None:
    seeded(server)
    administrator = server.role(Role.ADMINISTRATOR)
    titles = set()
    for language in ("zh", "en"):
        answer = create(server, {**administrator, "Accept-Language": language}, **asked)
        assert answer.json()["code"] == code, answer.text
        titles.add(answer.json()["title"])
    assert len(titles) == 2


@pytest.mark.parametrize(
    ("role", "subject"),
    [
        ("enterprise", "ENT-A"),
        ("hotel", "HOT-A"),
        ("carrier", "车队A"),
        ("worker", "WA1"),
        ("origin", "610700 620102"),
        ("coordinator", "p_world/T1 p_world/T2"),
        ("coordinator", None),
        ("auditor", None),
    ],
)
def test_an_account_is_about_what_there_is(server: Server, role: str, subject: str | None) -> None:
    seeded(server)
    made = create(server, server.role(Role.ADMINISTRATOR), role=role, subject=subject)
    assert made.status_code == 201 and made.json()["subject"] == subject
    assert "password" not in made.text


def test_a_person_signs_in_with_what_the_administrator_set_and_no_longer_once_disabled(
    server: Server,
) -> None:
    administrator = server.role(Role.ADMINISTRATOR)
    made = create(server, administrator, login="li", password=PASSWORD).json()
    at = f"/v1/accounts/{made['account_id']}"
    assert create(server, administrator, login="li", password=PASSWORD).json()["code"] == "login_taken"
    key = server.client.post(f"{at}/keys", json={"name": "export"}, headers=administrator).json()["key"]
    with browser(server) as it:
        assert sign_in(it).status_code == 204
        assert server.client.delete(f"{at}/sessions", headers=administrator).status_code == 204
        assert it.get("/v1/me").status_code == 401
        new = {"password": "seven quiet coaches at dawn"}
        assert sign_in(it).status_code == 204
        assert server.client.put(f"{at}/password", json=new, headers=administrator).status_code == 204
        assert it.get("/v1/me").status_code == 401 and sign_in(it).status_code == 401
        assert sign_in(it, password=new["password"]).status_code == 204
        assert server.client.post(f"{at}/disable", headers=administrator).json()["disabled_at"]
        assert it.get("/v1/me").status_code == 401
        assert sign_in(it, password=new["password"]).status_code == 401
    bearer = {"Authorization": f"Bearer {key}"}
    assert server.client.get("/v1/me", headers=bearer).status_code == 401
    assert server.client.post(f"{at}/keys", json={"name": "x"}, headers=administrator).status_code == 409


def test_a_key_is_shown_once_reads_only_expires_and_is_revoked(server: Server) -> None:
    administrator = {**server.role(Role.ADMINISTRATOR), "Idempotency-Key": "k"}
    planner = create(server, server.role(Role.ADMINISTRATOR)).json()["account_id"]
    until = server.clock() + timedelta(days=1)
    asked = {"name": "export", "scopes": ["read"], "expires_at": until.isoformat()}
    made = server.client.post(f"/v1/accounts/{planner}/keys", json=asked, headers=administrator)
    key = made.json()["key"]
    again = server.client.post(f"/v1/accounts/{planner}/keys", json=asked, headers=administrator)
    assert again.json() == made.json()  # sent again, the same key, not a second one
    listed = server.client.get(f"/v1/accounts/{planner}/keys", headers=administrator)
    assert len(listed.json()) == 1 and key not in listed.text and "secret" not in listed.text
    bearer = {"Authorization": f"Bearer {key}"}
    assert server.client.get("/v1/scenarios", headers=bearer).status_code == 200
    refused = server.client.post("/v1/scenarios", json={"name": "x"}, headers=bearer)
    assert refused.json()["code"] == "scope_missing"
    server.clock.pass_by(timedelta(days=1))
    assert server.client.get("/v1/scenarios", headers=bearer).status_code == 401
    key_id = made.json()["key_id"]
    path = f"/v1/accounts/{planner}/keys/{key_id}"
    other = create(server, server.role(Role.ADMINISTRATOR)).json()["account_id"]
    wrong = f"/v1/accounts/{other}/keys/{key_id}"
    assert server.client.delete(wrong, headers=administrator).status_code == 404
    assert server.client.delete(path, headers=administrator).status_code == 204
    assert server.client.delete(path, headers=administrator).status_code == 404
    with server.services.database.read() as c:
        row = c.execute(select(api_key).where(api_key.c.id == key_id)).one()
        assert by_key(c, key, server.clock()) is None
    assert key.rpartition("_")[2].encode() not in bytes(row.secret_hash)


@pytest.mark.parametrize("expires_at", ["2020-02-20T08:00:00Z", "2030-01-01T00:00:00", "tomorrow"])
def test_an_expiry_has_an_offset_and_lies_ahead(server: Server, expires_at: str) -> None:
    administrator = server.role(Role.ADMINISTRATOR)
    me = server.client.get("/v1/me", headers=administrator).json()["account_id"]
    asked = {"name": "x", "expires_at": expires_at}
    answer = server.client.post(f"/v1/accounts/{me}/keys", json=asked, headers=administrator)
    assert answer.status_code in (409, 422)


def test_the_last_administrator_stays(server: Server) -> None:
    administrator = server.role(Role.ADMINISTRATOR)
    me = server.client.get("/v1/me", headers=administrator).json()["account_id"]
    assert server.client.post(f"/v1/accounts/{me}/disable", headers=administrator).status_code == 409
    second = server.role(Role.ADMINISTRATOR)
    assert server.client.post(f"/v1/accounts/{me}/disable", headers=administrator).status_code == 200
    assert server.client.get("/v1/me", headers=administrator).status_code == 401
    assert server.client.get("/v1/me", headers=second).status_code == 200


def test_lists_come_in_pages_newest_first_in_the_trail(server: Server) -> None:
    administrator = server.role(Role.ADMINISTRATOR)
    for n in range(4):
        create(server, administrator, name=f"n{n}")

    def pages(path: str, key: str) -> list[Any]:
        found, after = [], ""
        while after is not None:
            told = server.client.get(f"{path}?limit=2&after={after}", headers=administrator).json()
            assert len(told["items"]) <= 2
            found += [row[key] for row in told["items"]]
            after = told["next"]
        return found

    ids = pages("/v1/accounts", "account_id")
    assert len(ids) == len(set(ids)) == 5 and ids == sorted(ids)
    seqs = pages("/v1/audit", "seq")
    assert len(seqs) >= 5 and seqs == sorted(set(seqs), reverse=True)
    newest = server.client.get("/v1/audit?limit=1", headers=administrator).json()["items"][0]
    assert (newest["action"], newest["account_name"]) == ("account_added", "administrator")
    assert newest["subject_name"] == "n3"


def test_an_account_without_the_subject_that_its_role_needs_sees_nothing(server: Server) -> None:
    """It cannot be made through the doors; were it there, no limit must not mean everything."""
    seeded(server)
    for role in (Role.ENTERPRISE, Role.HOTEL, Role.CARRIER, Role.ORIGIN):
        headers = server.role(role, None)
        for path in (
            "trips",
            "stays",
            "costs",
            "people",
            "workers",
            "records/workers",
            "items",
            "submissions",
        ):
            answer = server.client.get(f"/v1/{path}", headers=headers)
            assert answer.status_code == 403 or answer.json()["items"] == [], (role, path)


def test_every_role_may_do_something_and_nobody_everything() -> None:
    for role in Role:
        grants = {ACCESS[name].of(role) for name in ACCESS}
        assert Grant.NO in grants and len(grants) > 1
