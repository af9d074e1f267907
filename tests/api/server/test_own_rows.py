"""What an enterprise writes by itself must not touch others, and must not keep the bureau from planning."""

from __future__ import annotations

import pytest
from httpx2 import Response

from tests.api.server.conftest import Server
from tests.api.server.world import COUNTIES, MEDIUM, seeded, submitted_row
from workforce.roles import Role

NEW = {"If-None-Match": "*"}


def _post(key: str, owner: str) -> dict[str, object]:
    return {
        "vacancy_id": key,
        "enterprise_id": owner,
        "occupation": "welder",
        "headcount": 4,
        "fill_by": "2020-03-08",
    }


def _scenario(server: Server) -> Response:
    planner = server.role(Role.PLANNER)
    return server.client.post("/v1/scenarios", json={"name": "next"}, headers=planner)


@pytest.mark.parametrize("key", ["VAC-B", "VAC-NOBODYS", "ENT-B-1"])
def test_ids_of_others_are_answered_alike_whether_they_are_there_or_not(server: Server, key: str) -> None:
    seeded(server)
    own = server.role(Role.ENTERPRISE, "ENT-A")
    at = f"/v1/records/vacancies/{key}"
    for head in (NEW, {"If-Match": '"1"'}):
        answer = server.client.put(at, json=_post(key, "ENT-A"), headers={**own, **head})
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found")


def test_no_row_is_left_that_speaks_of_an_enterprise_nobody_knows(server: Server) -> None:
    seeded(server)
    own, stranger = server.role(Role.ENTERPRISE, "ENT-A"), server.role(Role.ENTERPRISE, "NEW")
    removed = server.client.delete("/v1/records/enterprises/ENT-A", headers={**own, "If-Match": '"1"'})
    assert (removed.status_code, removed.json()["code"]) == (409, "conflict")
    posted = server.client.put(
        "/v1/records/vacancies/NEW-1", json=_post("NEW-1", "NEW"), headers={**stranger, **NEW}
    )
    assert (posted.status_code, posted.json()["code"]) == (409, "enterprise_unregistered")
    assert _scenario(server).status_code in (200, 201)


def test_what_was_filled_stays_filled_when_a_vacancy_is_written(server: Server) -> None:
    seeded(server)
    own, at = server.role(Role.ENTERPRISE, "ENT-A"), "/v1/records/vacancies/VAC-A"
    read = server.client.get(at, headers=own)
    filled = server.client.post(
        "/v1/vacancies/VAC-A/fill", json={"count": 1}, headers={**own, "If-Match": read.headers["ETag"]}
    )
    assert filled.json()["state"] == "filled"
    put = server.client.put(
        at, json=filled.json()["cells"], headers={**own, "If-Match": filled.headers["ETag"]}
    )
    assert put.status_code == 200, put.text
    assert (put.json()["state"], put.json()["cells"]) == ("filled", filled.json()["cells"])


def test_an_enterprise_account_without_an_enterprise_writes_for_nobody(server: Server) -> None:
    seeded(server)
    nobody = server.role(Role.ENTERPRISE, None)
    said = {"title": "x", "enterprise_id": "ENT-A", "liaison": {"name": "李芳", "phone": "0473-2998888"}}
    assert server.client.post("/v1/return-plans", json=said, headers=nobody).status_code == 404
    sent = server.client.post("/v1/submissions/workers", json=[submitted_row("A", 5)], headers=nobody)
    assert sent.status_code == 409 and sent.json()["code"] == "enterprise_unregistered"


def test_a_party_that_is_sent_in_parts_is_no_more_mixed_than_one_sent_whole(server: Server) -> None:
    seeded(server)
    own, at = server.role(Role.ENTERPRISE, "ENT-A"), "/v1/submissions/workers?mode=good"
    low, medium = ({**submitted_row("A", n), "同行组": "甲", "区划代码": COUNTIES["A"]} for n in (5, 6))
    medium["区划代码"] = MEDIUM["A"]
    assert server.client.post(at, json=[low], headers=own).json()["counts"]["created"] == 1
    refused = server.client.post(at, json=[medium], headers=own).json()["rows"][0]
    assert [f["code"] for f in refused["faults"]] == ["party_differs"]
    assert _scenario(server).status_code in (200, 201)
    # All of it moved, or the same list again, is nobody's fault.
    moved = [{**row, "区划代码": MEDIUM["A"]} for row in (low, medium)]
    for _ in range(2):
        assert server.client.post(at, json=moved, headers=own).json()["counts"]["refused"] == 0
    assert _scenario(server).status_code in (200, 201)
