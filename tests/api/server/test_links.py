"""Personal links: whoever made one cannot answer with it unseen; another firm's worker has none of before."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from data.schema import audit
from tests.api.server.conftest import Server
from tests.api.server.lists import enterprise, submit, worker
from tests.api.server.world import World, seeded
from workforce.roles import Role


@pytest.fixture
def world(server: Server) -> World:
    return seeded(server)


def link(server: Server, worker_id: str, maker: dict[str, str]) -> dict[str, str]:
    made = server.client.post(f"/v1/workers/{worker_id}/link", json={}, headers=maker)
    assert made.status_code == 201, made.text
    return {"Authorization": "Bearer " + made.json()["url"].partition("#")[2]}


def open_(server: Server, mine: dict[str, str], digits: str) -> Any:
    return server.client.post("/v1/my/opening", json={"digits": digits}, headers=mine)


def answers(server: Server, mine: dict[str, str]) -> Any:
    return server.client.post("/v1/my/answer", json={"answer": "accept"}, headers=mine)


def test_a_link_only_reads_until_its_worker_has_opened_it(world: World) -> None:
    server, digits = world.server, world.personal["WA2"]["id_number"][-4:]
    maker = server.role(Role.ENTERPRISE, "ENT-A")
    mine = link(server, "WA2", maker)
    assert server.client.get("/v1/my/trip", headers=mine).status_code == 200
    refused = answers(server, mine)
    assert refused.status_code == 403 and refused.json()["code"] == "scope_missing"
    opened = open_(server, mine, digits)
    assert opened.status_code == 201
    own = {"Authorization": f"Bearer {opened.json()['key']}"}
    assert answers(server, own).status_code == 200
    # The maker still has the link, and knows the digits.
    assert answers(server, mine).status_code == 403
    again = open_(server, mine, digits)
    assert again.status_code == 409 and again.json()["code"] == "link_opened"
    with server.services.database.read() as c:
        (told,) = c.execute(select(audit).where(audit.c.action == "link_opened")).all()
    assert told.at == server.clock() and told.reason
    # A new link ends both keys of the one before.
    link(server, "WA2", maker)
    assert answers(server, own).status_code == 401 == answers(server, mine).status_code


def test_wrong_digits_are_slowed_down_logged_and_end_the_link(world: World) -> None:
    server, mine = world.server, link(world.server, "WA2", world.server.role(Role.PLANNER))
    right = world.personal["WA2"]["id_number"][-4:]
    wrong = "0000" if right != "0000" else "1111"
    for tried in range(5):
        told = open_(server, mine, wrong)
        assert told.status_code == 403 and told.json()["code"] == "link_digits"
        if tried < 4:
            soon = open_(server, mine, right)
            assert soon.status_code == 429 and soon.json()["code"] == "link_waits"
            wait = int(soon.headers["Retry-After"])
            assert wait >= 10 * 2**tried
            server.clock.pass_by(timedelta(seconds=wait))
    server.clock.pass_by(timedelta(hours=1))
    assert open_(server, mine, right).status_code == 401
    with server.services.database.read() as c:
        logged = c.execute(select(audit).where(audit.c.action == "link_refused")).all()
    assert len(logged) == 5 and wrong not in str(logged)


def test_whose_number_is_not_known_cannot_open_and_a_telephone_will_do(server: Server) -> None:
    one = enterprise(server, "E1")
    rows = [worker(1, 身份证号=None, 手机号=None), worker(2, 身份证号=None)]
    unknown, by_phone = (row["key"] for row in submit(server, one, rows).json()["rows"])
    told = open_(server, link(server, unknown, one), "0002")
    assert told.status_code == 409 and told.json()["code"] == "link_unproven"
    assert open_(server, link(server, by_phone, one), "0002").status_code == 201
    assert open_(server, server.role(Role.WORKER, unknown), "0002").status_code == 404  # not by a link


def test_a_settlement_for_another_firm_ends_the_link_that_was_made_before(server: Server) -> None:
    one, two, planner = enterprise(server, "E1"), enterprise(server, "E2"), server.role(Role.PLANNER)
    (row,) = submit(server, one, [worker(1)]).json()["rows"]
    mine = link(server, row["key"], one)
    own = {"Authorization": f"Bearer {open_(server, mine, worker(1)['身份证号'][-4:]).json()['key']}"}
    submit(server, two, [worker(1)])
    (item,) = server.client.get("/v1/items", headers=planner).json()["items"]
    settle = f"/v1/items/{item['item_id']}/settle"
    assert server.client.get("/v1/my/trip", headers=own).status_code == 200
    decided = server.client.post(settle, json={"decision": "E2"}, headers={**planner, "If-Match": '"1"'})
    assert decided.status_code == 200
    for headers in (mine, own):
        assert server.client.get("/v1/my/trip", headers=headers).status_code == 401
    assert server.client.post(f"/v1/workers/{row['key']}/link", json={}, headers=one).status_code == 404
    assert server.client.get("/v1/my/trip", headers=link(server, row["key"], two)).status_code == 200


def test_a_settlement_for_the_same_firm_leaves_the_link(server: Server) -> None:
    one, two, planner = enterprise(server, "E1"), enterprise(server, "E2"), server.role(Role.PLANNER)
    (row,) = submit(server, one, [worker(1)]).json()["rows"]
    mine = link(server, row["key"], one)
    submit(server, two, [worker(1)])
    (item,) = server.client.get("/v1/items", headers=planner).json()["items"]
    settle, match = f"/v1/items/{item['item_id']}/settle", {**planner, "If-Match": '"1"'}
    assert server.client.post(settle, json={"decision": "E1"}, headers=match).status_code == 200
    assert server.client.get("/v1/my/trip", headers=mine).status_code == 200


def test_a_worker_who_is_withdrawn_and_submitted_by_another_firm_has_no_old_link(server: Server) -> None:
    one, two = enterprise(server, "E1"), enterprise(server, "E2")
    (row,) = submit(server, one, [worker(1)]).json()["rows"]
    mine = link(server, row["key"], one)
    assert server.client.post(f"/v1/workers/{row['key']}/withdraw", headers=one).status_code == 204
    (again,) = submit(server, two, [worker(1)]).json()["rows"]
    assert again["key"] == row["key"]
    assert server.client.get("/v1/my/trip", headers=mine).status_code == 401
