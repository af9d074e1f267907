"""The registry over HTTP: versions, history, what an enterprise sees."""

from __future__ import annotations

from datetime import timedelta

from tests.api.server.conftest import Server
from workforce.roles import Role

PICKUP = {"pickup_id": "P1", "name": "汽车站", "adcode": "620102", "lat": 36.06, "lon": 103.84}


def test_a_change_needs_the_version_it_was_made_for(server: Server) -> None:
    planner = server.role(Role.PLANNER)
    at = "/v1/records/pickups/P1"
    assert server.client.put(at, json=PICKUP, headers=planner).status_code == 428
    made = server.client.put(at, json=PICKUP, headers={**planner, "If-None-Match": "*"})
    assert made.status_code == 201 and made.headers["ETag"] == '"1"'
    moved = {**PICKUP, "name": "火车站"}
    server.clock.pass_by(timedelta(days=1))
    assert server.client.put(at, json=moved, headers={**planner, "If-Match": '"1"'}).status_code == 200
    late = server.client.put(at, json=PICKUP, headers={**planner, "If-Match": '"1"'})
    assert late.status_code == 412 and late.json()["code"] == "stale"
    told = server.client.get(f"{at}/history", headers=planner).json()
    assert [change["action"] for change in told] == ["created", "updated"]
    assert told[1]["before"]["body"]["name"] == "汽车站"
    assert told[1]["by_name"] == "planner"  # as the account is called


def test_faulty_cells_are_all_told_with_their_codes(server: Server) -> None:
    planner = server.role(Role.PLANNER)
    faulty = {**PICKUP, "lat": 99, "adcode": "62", "colour": "red"}
    answer = server.client.put(
        "/v1/records/pickups/P1",
        json=faulty,
        headers={**planner, "If-None-Match": "*", "Accept-Language": "en"},
    )
    assert answer.status_code == 422
    assert {f["field"]: f["code"] for f in answer.json()["faults"]} == {
        "lat": "out_of_range",
        "adcode": "adcode_form",
        "colour": "column_unknown",
    }
    assert server.client.get("/v1/records/pickups", headers=planner).json()["items"] == []


def test_an_enterprise_sees_and_changes_only_its_own(server: Server) -> None:
    planner = server.role(Role.PLANNER)
    new = {"If-None-Match": "*"}
    for name in ("E1", "E2"):
        cells = {"enterprise_id": name, "name": name, "priority": 1, "lat": 39.6, "lon": 106.8,
                 "workforce": 10, "present": 0, "restart_share": 0.5}  # fmt: skip
        server.client.put(f"/v1/records/enterprises/{name}", json=cells, headers={**planner, **new})
    one = server.role(Role.ENTERPRISE, "E1")
    seen = server.client.get("/v1/records/enterprises", headers=one).json()["items"]
    assert [r["key"] for r in seen] == ["E1"]
    assert server.client.get("/v1/records/enterprises/E2", headers=one).status_code == 404
    assert server.client.get("/v1/records/enterprises/E2/history", headers=one).status_code == 404
    post = {
        "vacancy_id": "E1-1",
        "enterprise_id": "E2",
        "occupation": "焊工",
        "headcount": 1,
        "fill_by": "2020-03-01",
    }
    at = "/v1/records/vacancies/E1-1"
    assert server.client.put(at, json=post, headers={**one, **new}).status_code == 404
    assert (
        server.client.put(at, json={**post, "enterprise_id": "E1"}, headers={**one, **new}).status_code == 201
    )
    (own,) = server.client.get(f"{at}/history", headers=one).json()
    (bureaus,) = server.client.get("/v1/records/enterprises/E1/history", headers=one).json()
    assert (own["by_name"], bureaus["by_name"]) == ("enterprise E1", None)


def test_an_enterprise_does_not_say_how_urgent_it_is(server: Server) -> None:
    cells = {"enterprise_id": "E1", "name": "E1", "priority": 3, "lat": 39.6, "lon": 106.8,
             "workforce": 10, "present": 0, "restart_share": 0.5}  # fmt: skip
    at, planner = "/v1/records/enterprises/E1", server.role(Role.PLANNER)
    server.client.put(at, json=cells, headers={**planner, "If-None-Match": "*"})
    own = {**server.role(Role.ENTERPRISE, "E1"), "Accept-Language": "en"}
    first = server.client.put(at, json={**cells, "priority": 1}, headers={**own, "If-Match": '"1"'})
    assert (first.status_code, first.json()["code"]) == (409, "conflict")
    assert "it is 3" in first.json()["title"]
    present = server.client.put(at, json={**cells, "present": 4}, headers={**own, "If-Match": '"1"'})
    assert present.status_code == 200
    assert (
        server.client.put(
            at, json={**cells, "priority": 1}, headers={**planner, "If-Match": '"2"'}
        ).status_code
        == 200
    )
    server.client.delete(at, headers={**planner, "If-Match": '"3"'})
    again = server.client.put(at, json={**cells, "priority": 1}, headers={**own, "If-None-Match": "*"})
    assert again.status_code == 409  # nor by coming back
