"""The OpenAPI document tells the truth: what routes ask for and answer, with examples that run."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from api.server import openapi
from api.server.access import ACCESS, OPEN, SEARCHES, Grant
from api.server.openapi import api_routes
from api.server.problems import MEDIA_TYPE
from tests.api.server.seeded import SIGN_IN, Seed, seed
from workforce.roles import Role


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Seed:
    return seed(tmp_path_factory.mktemp("seed"))


@pytest.fixture(scope="module")
def app(seeded: Seed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with seeded.server(tmp_path_factory.mktemp("app") / "data") as (app, _):
        yield app


def operations(app: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield path, method, operation


def test_operations_are_those_of_the_table_of_access(app: Any) -> None:
    assert {operation["operationId"] for _, _, operation in operations(app)} == set(ACCESS) | OPEN


def test_every_operation_says_what_it_is_and_who_may_ask(app: Any) -> None:
    for path, _, operation in operations(app):
        [tag] = operation["tags"]
        assert tag.isascii() is False, path
        assert operation["description"], path
        free = operation["operationId"] in OPEN
        assert operation["security"] == ([] if free else [{"key": []}, {"session": []}])


def test_every_refusal_is_a_problem(app: Any) -> None:
    refusals = app.openapi()["components"]["responses"]
    for path, _, operation in operations(app):
        for status, answer in operation["responses"].items():
            if status >= "400":
                told = refusals[answer["$ref"].rpartition("/")[2]]
                assert list(told["content"]) == [MEDIA_TYPE], path
        assert operation["operationId"] in OPEN or {"401", "403", "429"} <= operation["responses"].keys()
    assert "HTTPValidationError" not in str(app.openapi())


def test_headers_are_documented_where_routes_use_them(app: Any) -> None:
    """Told from the text of each route, so that a new one is not forgotten."""
    text = {
        route.name: inspect.getsource(route.endpoint)
        for _, route in api_routes(app)
        if route.include_in_schema
    }
    for words, told in (
        (("expected_version", "_step("), openapi.CONDITIONAL),
        (("etag(", "_step(", "_answer(c, asks", "_changed(asks"), openapi.VERSIONED),
        (('"Location"',), openapi.LOCATED),
    ):
        assert {n for n, source in text.items() if any(word in source for word in words)} == told, words


def test_every_post_takes_an_idempotency_key(app: Any) -> None:
    for path, method, operation in operations(app):
        named = {parameter["name"] for parameter in operation["parameters"]}
        free = operation["operationId"] in OPEN | SEARCHES
        assert ("Idempotency-Key" in named) is (method == "post" and not free), path


# Whether they can be done depends on what was done before; of a fresh server they ask too much.
OF_A_STATE = frozenset(
    [
        "publish_plan",
        "set_password",
        "approve_return_plan",
        "send_back_return_plan",
        "advance_return_plan",
        "release_paper",
    ]
)
# Of proposals, which only a plan with a placed seeker has; tests/api/server/test_proposals.py sends these.
NOT_SEEDED = frozenset({"read_proposal", "accept_proposal", "decline_proposal"})
# Only a bound phone is answered; tests/api/server/test_field.py has one.
OF_A_PHONE = frozenset({"read_manifest"})
BODIES = {"import_scenario": "scenario", "put_plan": "plan"}


def example(seeded: Seed, path: str, operation: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """The address and the parts of a request as the document's examples have them."""
    name = operation["operationId"]
    query, headers = {}, {}
    for parameter in operation["parameters"]:
        told = parameter.get("example") or (parameter["schema"].get("examples") or [None])[0]
        told = None if parameter["in"] == "query" and not parameter.get("required") else told
        if parameter["in"] == "path":
            assert told is not None, f"no example of {parameter['name']} in {name}"
            word = parameter["name"]
            if word == "plan_id":
                word = {"return-plans": "return_plan_id", "trips": "published"}.get(path.split("/")[2], word)
            path = path.replace(f"{{{parameter['name']}}}", seeded.ids.get(word, told))
        elif parameter["in"] == "query" and told is not None:
            query[parameter["name"]] = told
        elif parameter["in"] == "header" and parameter["name"] == "If-Match":
            headers["If-Match"] = told
    if name not in OPEN:
        roles = [role for role in Role if ACCESS[name].of(role) is Grant.ALL]
        roles += [role for role in Role if ACCESS[name].of(role) is Grant.OWN]
        headers |= seeded.headers(roles[0])
    parts: dict[str, Any] = {"params": query, "headers": headers}
    content = operation.get("requestBody", {}).get("content", {})
    if "application/json" in content:
        told = content["application/json"].get("example")
        assert told is not None, f"no example of the body of {name}"
        parts["json"] = told
    elif content:
        parts["content"] = getattr(seeded, BODIES[name])
        headers["Content-Type"] = next(iter(content))
    return path, parts


def at_its_version(client: Any, path: str, parts: dict[str, Any]) -> None:
    """The example's If-Match is of a thing that nobody has changed; here it may have been."""
    if "If-Match" in parts["headers"]:
        thing = path.rpartition("/")[0].replace("/v1/vacancies", "/v1/records/vacancies")
        for of in (path, thing):
            seen = client.get(of, headers={k: v for k, v in parts["headers"].items() if k != "If-Match"})
            if "ETag" in seen.headers:
                parts["headers"]["If-Match"] = seen.headers["ETag"]
                return


def in_a_good_order(app: Any) -> list[tuple[str, str, dict[str, Any]]]:
    """Readers first, and last what takes away that which others ask for."""
    last = (
        "import",
        "withdraw",
        "erase",
        "disable",
        "settle",
        "cancel",
        "end_",
        "revoke",
        "remove",
        "sign_out",
    )

    def rank(one: tuple[str, str, dict[str, Any]]) -> int:
        _, method, operation = one
        name = operation["operationId"]
        if name in (
            "change_password",
            "disable_account",
            "erase_worker",
            "revoke_field_link",
        ):  # they end what others ask for
            return 3
        return 0 if method == "get" else 2 if method == "delete" or name.startswith(last) else 1

    return sorted(operations(app), key=rank)


def test_every_example_runs_and_is_answered_as_documented(app: Any, seeded: Seed, tmp_path: Path) -> None:
    failures: list[tuple[str, str]] = []
    with seeded.server(tmp_path / "data") as (_, client):
        for path, method, operation in in_a_good_order(app):
            name = operation["operationId"]
            if name in NOT_SEEDED | OF_A_PHONE:
                continue
            address, parts = example(seeded, path, operation)
            at_its_version(client, address, parts)
            answer = client.request(method, address, **parts)
            if name in OF_A_STATE and answer.status_code == 409:
                continue
            if not answer.is_success:
                failures.append((name, answer.text))
                continue
            documented = operation["responses"][str(answer.status_code)]
            kinds = documented.get("content", {})
            if kinds:
                told = answer.headers["Content-Type"].partition(";")[0]
                assert told in {kind.partition(";")[0] for kind in kinds}, name
            for header, about in documented.get("headers", {}).items():
                assert header in answer.headers or not about.get("required"), (name, header)
            undocumented = {"etag", "location"} & {header.lower() for header in answer.headers} - {
                header.lower() for header in documented["headers"]
            }
            assert undocumented == set(), name
    assert not failures, failures


def test_a_post_sent_again_is_answered_again_and_done_once(app: Any, seeded: Seed, tmp_path: Path) -> None:
    failures: list[tuple[str, str]] = []
    with seeded.server(tmp_path / "data") as (_, client):
        for path, method, operation in in_a_good_order(app):
            name = operation["operationId"]
            if method != "post" or name in OPEN | SEARCHES | NOT_SEEDED:
                continue
            address, parts = example(seeded, path, operation)
            at_its_version(client, address, parts)
            parts["headers"]["Idempotency-Key"] = f"of-{name}"
            first, second = (client.request(method, address, **parts) for _ in range(2))
            if name in OF_A_STATE and first.status_code == 409:
                continue
            if (first.status_code, first.content) != (second.status_code, second.content):
                failures.append((name, f"{first.text} {second.text}"))
                continue
            kept = {"ETag", "Location", "Content-Type"}
            assert all(first.headers.get(header) == second.headers.get(header) for header in kept), name
            parts["params"] = {**parts["params"], "another": "request"}
            other = client.request(method, address, **parts)
            if second.headers.get("Idempotent-Replayed") != "true" or other.json()["code"] != "key_reused":
                failures.append((name, "was done again"))
    assert not failures, failures


def test_the_example_of_signing_in_is_the_seeds(app: Any) -> None:
    body = app.openapi()["paths"]["/v1/session"]["post"]["requestBody"]
    assert body["content"]["application/json"]["example"] == SIGN_IN
