"""Return plans: their states, their liaison officer, and whose workers are planned."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from data.accounts import By
from data.registry import Entry, put
from data.schema import audit
from data.snapshots import known_on
from tests.api.server.conftest import Server
from tests.api.server.lists import enterprise, submit, worker
from workforce.roles import Role

NEW = {"title": "第一批返岗", "liaison": {"name": "李芳", "phone": "0473-2998888"}}


def test_a_plan_goes_its_way(server: Server) -> None:
    one, planner = enterprise(server, "E1"), server.role(Role.PLANNER)
    plan = _made(server, one)
    assert (plan["state"], plan["version"], plan["submitted_on"]) == ("draft", 1, None)
    assert _step(server, planner, plan, "advance", {"step": "plan"}).json()["code"] == "not_now"
    plan = _step(server, one, plan, "submit").json()
    assert (plan["state"], plan["submitted_on"]) == ("submitted", "2020-02-20")
    assert _step(server, planner, plan, "approve").json()["code"] == "not_now"  # nothing is approved here
    for step, state in (("plan", "planned"), ("set_out", "under_way"), ("finish", "done")):
        assert plan["steps"] == [step]
        plan = _step(server, planner, plan, "advance", {"step": step}).json()
        assert plan["state"] == state
    assert plan["steps"] == []
    stale = _step(server, planner, {**plan, "version": 2}, "advance", {"step": "plan"})
    assert stale.status_code == 409


def test_where_plans_are_approved(server: Server) -> None:
    one, planner = enterprise(server, "E1"), server.role(Role.PLANNER)
    _review(server, "approve")
    plan = _step(server, one, _made(server, one), "submit").json()
    assert _step(server, one, plan, "approve").status_code == 403
    assert plan["steps"] == ["approve", "send_back"]
    assert _edit(server, one, plan, {"says": {"title": "x"}}).json()["code"] == "not_now"
    assert submit(server, one, [worker(0)], return_plan=plan["return_plan_id"]).json()["code"] == "not_now"
    plan = _step(server, planner, plan, "send-back", {"reason": "请补充宿舍安排"}).json()
    assert (plan["state"], plan["reason"]) == ("sent_back", "请补充宿舍安排")
    assert submit(server, one, [worker(0)], return_plan=plan["return_plan_id"]).status_code == 201
    plan = _edit(server, one, plan, {"says": {"title": "第一批", "remarks": "宿舍 20 间"}}).json()
    plan = _step(server, one, plan, "submit").json()
    assert plan["reason"] is None and plan["workers"] == 1
    assert _step(server, planner, plan, "approve").json()["state"] == "approved"
    history = server.client.get("/v1/return-plans", headers=one).json()["items"]
    assert [p["title"] for p in history] == ["第一批"]


@pytest.mark.parametrize(
    ("review", "planned"),
    [("none", {"draft": 1, "submitted": 2}), ("file", {"draft": 1, "submitted": 2}),
     ("approve", {"draft": 1, "submitted": 1, "approved": 2})],
)  # fmt: skip
def test_workers_of_a_draft_are_left_out(server: Server, review: str, planned: dict[str, int]) -> None:
    one, planner = enterprise(server, "E1"), server.role(Role.PLANNER)
    _review(server, review)
    plan = _made(server, one)
    submit(server, one, [worker(0)])
    submit(server, one, [worker(1)], return_plan=plan["return_plan_id"])
    seen = {plan["state"]: _planned(server)}
    plan = _step(server, one, plan, "submit").json()
    seen[plan["state"]] = _planned(server)
    if review == "approve":
        plan = _step(server, planner, plan, "approve").json()
        seen[plan["state"]] = _planned(server)
    assert seen == planned
    # A list sent again without naming the plan leaves the worker where it was.
    submit(server, one, [worker(1, 工种="焊工")])
    assert server.client.get(f"/v1/return-plans/{plan['return_plan_id']}", headers=one).json()["workers"] == 1


def test_the_liaison_officer_is_sealed_and_the_reading_logged(server: Server) -> None:
    one, planner = enterprise(server, "E1"), server.role(Role.PLANNER)
    plan = _made(server, one)
    assert plan["liaison"] == {"name": "李*", "phone": "********8888"}
    with server.services.database.read() as c:
        bodies = "".join(str(row) for row in c.exec_driver_sql("SELECT body FROM entry"))
    assert "李芳" not in bodies and "2998888" not in bodies
    at = f"/v1/return-plans/{plan['return_plan_id']}/liaison"
    assert server.client.get(at, headers=planner).status_code == 422
    told = server.client.get(at, params={"reason": "核对名单"}, headers=planner)
    assert {name: told.json()[name] for name in ("name", "phone")} == NEW["liaison"]
    with server.services.database.read() as c:
        reasons = c.execute(select(audit.c.reason).where(audit.c.action == "personal_read")).scalars().all()
    assert reasons == ["核对名单"]
    plan = _step(server, one, plan, "submit").json()
    changed = _edit(server, one, plan, {"liaison": {"name": "赵敏", "phone": "13800138000"}})
    assert changed.json()["liaison"]["name"] == "赵*"
    same = _edit(server, one, changed.json(), {"liaison": {"name": "赵敏", "phone": "13800138000"}})
    assert same.json()["version"] == changed.json()["version"]


def test_a_plan_is_its_enterprises_own(server: Server) -> None:
    one, two = enterprise(server, "E1"), enterprise(server, "E2")
    planner = server.role(Role.PLANNER)
    plan = _made(server, one)
    at = f"/v1/return-plans/{plan['return_plan_id']}"
    assert server.client.get(at, headers=two).status_code == 404
    assert server.client.get(f"{at}/liaison?reason=x", headers=two).status_code == 404
    assert _step(server, two, plan, "submit").status_code == 404
    assert _edit(server, two, plan, {"says": {"title": "x"}}).status_code == 404
    assert server.client.get("/v1/return-plans", headers=two).json()["items"] == []
    assert submit(server, two, [worker(0)], return_plan=plan["return_plan_id"]).status_code == 404
    foreign = {**NEW, "enterprise_id": "E2"}
    assert server.client.post("/v1/return-plans", json=foreign, headers=one).status_code == 404
    by_bureau = server.client.post("/v1/return-plans", json=foreign, headers=planner)
    assert by_bureau.status_code == 201 and by_bureau.json()["enterprise_id"] == "E2"
    assert len(server.client.get("/v1/return-plans?limit=1", headers=planner).json()["items"]) == 1


def _made(server: Server, who: dict[str, str]) -> dict[str, Any]:
    answer = server.client.post("/v1/return-plans", json=NEW, headers=who)
    assert answer.status_code == 201, answer.text
    plan: dict[str, Any] = answer.json()
    assert answer.headers["Location"] == f"/v1/return-plans/{plan['return_plan_id']}"
    return plan


def _step(server: Server, who: dict[str, str], plan: dict[str, Any], step: str, body: Any = None) -> Any:
    headers = {**who, "If-Match": f'"{plan["version"]}"'}
    return server.client.post(f"/v1/return-plans/{plan['return_plan_id']}/{step}", json=body, headers=headers)


def _edit(server: Server, who: dict[str, str], plan: dict[str, Any], body: Any) -> Any:
    headers = {**who, "If-Match": f'"{plan["version"]}"'}
    return server.client.patch(f"/v1/return-plans/{plan['return_plan_id']}", json=body, headers=headers)


def _review(server: Server, review: str) -> None:
    with server.services.database.write() as c:
        put(c, By("tests", server.clock()), Entry("settings", "review", {"value": review}))


def _planned(server: Server) -> int:
    """How many workers the scenario of today has."""
    with server.services.database.read() as c:
        files = known_on(c, date(2020, 2, 20)).files
    return len(files["workers.csv"].decode().splitlines()) - 1
