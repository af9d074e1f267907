"""The problem list over HTTP: levels, owners, due times, histories, and what comes to be on it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from api.server.housekeeping import raise_problems
from data.accounts import By
from data.problem_list import ask
from data.publishing import list_unserved
from tests.api.server.conftest import Server
from tests.api.server.lists import submit, worker
from tests.api.server.world import PLAN_ID, World, seeded
from workforce.plan import Reason, Unserved
from workforce.problems import Category
from workforce.roles import Role


@pytest.fixture
def world(server: Server) -> World:
    return seeded(server)


def put(
    world: World, code: str = "late", category: Category = Category.TRANSPORT, firm: str | None = None
) -> str:
    server = world.server
    with server.services.database.write() as c:
        found = ask(
            c, By("tests", server.clock()), category, code, f"{code}-{firm}", firm, {"worker_id": "WA1"}
        )
    assert found is not None
    return found


def read(world: World, item_id: str, who: dict[str, str]) -> Any:
    answer = world.server.client.get(f"/v1/items/{item_id}", headers=who)
    assert answer.status_code == 200, answer.text
    return answer.json()


def act(world: World, item_id: str, what: str, body: Any, who: dict[str, str], version: int = 1) -> Any:
    headers = {**who, "If-Match": f'"{version}"', "Accept-Language": "en"}
    return world.server.client.post(f"/v1/items/{item_id}/{what}", json=body, headers=headers)


def listed(world: World, who: dict[str, str], **query: Any) -> list[str]:
    rows = world.server.client.get("/v1/items", headers=who, params=query).json()["items"]
    return [row["item_id"] for row in rows]


def test_what_is_overdue_rises_one_level_once_and_its_history_says_so(world: World) -> None:
    server, planner = world.server, world.server.role(Role.PLANNER)
    fever, late = put(world, "fever", Category.HEALTH), put(world)
    raise_problems(server.services, server.clock())
    assert [read(world, i, planner)["level"] for i in (fever, late)] == ["county", "county"]
    server.clock.pass_by(timedelta(hours=3))  # a fever has two hours, all else a day
    assert raise_problems(server.services, server.clock()) == 1
    told = read(world, fever, planner)
    assert told["level"] == "prefecture" and told["overdue"]
    assert [(h["action"], h["after"]) for h in told["history"]] == [("overdue", {"level": "prefecture"})]
    assert listed(world, planner, overdue=True) == [fever] == listed(world, planner, level="prefecture")
    assert act(world, fever, "level", {"level": "county"}, planner, told["version"]).status_code == 200
    assert raise_problems(server.services, server.clock()) == 0
    assert read(world, late, planner)["level"] == "county"


def test_an_item_has_a_history_of_who_did_what(world: World) -> None:
    item_id, planner = put(world, firm="ENT-A"), world.server.role(Role.PLANNER)
    firm = world.server.role(Role.ENTERPRISE, "ENT-A")
    assert act(world, item_id, "notes", {"text": "called the carrier"}, firm).status_code == 201
    mine = world.server.client.get("/v1/me", headers=planner).json()["account_id"]
    assert act(world, item_id, "assign", {"account_id": mine}, planner).json()["owner"] == mine
    assert act(world, item_id, "level", {"level": "prefecture"}, planner, 2).json()["level"] == "prefecture"
    assert act(world, item_id, "settle", {"decision": "another coach"}, planner, 3).status_code == 200
    assert act(world, item_id, "assign", {"account_id": None}, planner, 4).json()["code"] == "over"
    told = read(world, item_id, planner)["history"]
    assert [h["action"] for h in told] == ["noted", "assigned", "raised", "settled"]
    assert told[0]["after"] == {"note": "called the carrier"} and all(h["by"] for h in told)
    assert [h["by"] is None for h in read(world, item_id, firm)["history"]] == [False, True, True, True]


def test_what_an_item_speaks_of_has_a_name(world: World) -> None:
    server, planner = world.server, world.server.role(Role.PLANNER)
    firm, item_id = server.role(Role.ENTERPRISE, "ENT-A"), put(world, firm="ENT-A")
    mine = server.client.get("/v1/me", headers=planner).json()
    assert act(world, item_id, "assign", {"account_id": mine["account_id"]}, planner).status_code == 200
    called = {"ENT-A": world.scenario.enterprises["ENT-A"].name}
    whole = {**called, mine["account_id"]: mine["name"]}
    assert read(world, item_id, planner)["names"] == whole
    assert server.client.get("/v1/items", headers=planner).json()["names"] == whole
    assert read(world, item_id, firm)["names"] == called  # who of the bureau looks after it is not told


def test_who_owns_an_item_must_be_able_to_see_it(world: World) -> None:
    item_id, planner = put(world, firm="ENT-A"), world.server.role(Role.PLANNER)
    for role, subject in ((Role.ENTERPRISE, "ENT-B"), (Role.HEALTH, None), (Role.HOTEL, "HOT-A")):
        other = world.server.client.get("/v1/me", headers=world.server.role(role, subject)).json()
        answer = act(world, item_id, "assign", {"account_id": other["account_id"]}, planner)
        assert (answer.status_code, answer.json()["code"]) == (422, "owner_unfit")
    assert act(world, item_id, "assign", {"account_id": "a_none"}, planner).json()["code"] == "owner_unfit"
    assert act(world, item_id, "assign", {"account_id": None}, planner, 7).status_code == 412


def test_mine_is_what_was_given_to_me_or_falls_to_me_by_itself(world: World) -> None:
    server = world.server
    planner, officer = server.role(Role.PLANNER), server.role(Role.HEALTH)
    firm = server.role(Role.ENTERPRISE, "ENT-A")
    of_firm, of_bureau, of_health = put(world, firm="ENT-A"), put(world), put(world, "fever", Category.HEALTH)
    assert listed(world, firm, mine=True) == [of_firm]
    assert listed(world, planner, mine=True) == [of_bureau]
    assert listed(world, officer, mine=True) == [of_health]
    mine = server.client.get("/v1/me", headers=planner).json()["account_id"]
    act(world, of_firm, "assign", {"account_id": mine}, planner)
    assert (
        set(listed(world, planner, mine=True)) == {of_bureau, of_firm}
        and listed(world, firm, mine=True) == []
    )
    assert listed(world, firm, category="health") == [] == listed(world, officer, category="transport")
    counts = server.client.get("/v1/items/counts", headers=planner).json()["items"]
    assert {c["category"]: (c["raised"], c["settled"], c["overdue"]) for c in counts} == {
        "health": (1, 0, 0), "transport": (2, 0, 0),
    }  # fmt: skip


def test_refused_rows_of_a_submission_are_one_item_of_its_enterprise(world: World) -> None:
    firm = world.server.role(Role.ENTERPRISE, "ENT-A")
    rows = [worker(1), worker(2, 住址=""), worker(3, 住址="")]
    tried = submit(world.server, firm, rows, mode="good", dry_run=True)
    assert tried.status_code == 200 and listed(world, firm) == []
    told = submit(world.server, firm, rows, mode="good")
    (item_id,) = listed(world, firm)
    item = read(world, item_id, firm)
    assert (item["code"], item["values"]["rows"]) == ("rows_refused", 2)
    assert item["values"]["submission_id"] == told.json()["submission_id"]


def test_whom_a_published_plan_leaves_behind_is_one_item_by_enterprise_and_reason(world: World) -> None:
    server, planner = world.server, world.server.role(Role.PLANNER)

    def publish(plan_id: str, *unserved: tuple[str, Reason]) -> list[Any]:
        left = tuple(Unserved(w, reason, "detail") for w, reason in unserved)
        plan = replace(world.plan, unserved=left)
        with server.services.database.write() as c:
            list_unserved(c, By("tests", server.clock()), plan_id, plan, world.scenario)
        rows = server.client.get("/v1/items?open=true", headers=planner).json()["items"]
        return sorted((i["enterprise_id"], i["values"]["reason"], i["values"]["worker_ids"]) for i in rows)

    assert publish(PLAN_ID, ("WA2", Reason.NO_SEAT), ("WA3", Reason.NO_SEAT), ("WB3", Reason.NO_ROOM)) == [
        ("ENT-A", "no_seat", ["WA2", "WA3"]),
        ("ENT-B", "no_room", ["WB3"]),
    ]
    assert publish("p_next", ("WA3", Reason.NO_SEAT)) == [("ENT-A", "no_seat", ["WA3"])]
    (gone,) = server.client.get("/v1/items?open=false", headers=planner).json()["items"]
    assert (gone["enterprise_id"], gone["decision"]) == ("ENT-B", "explained")


def test_owners_to_choose_from_are_those_who_may_be_given_the_item(world: World) -> None:
    server, planner = world.server, world.server.role(Role.PLANNER)
    for role, subject in (
        (Role.ENTERPRISE, "ENT-A"), (Role.ENTERPRISE, "ENT-B"), (Role.HEALTH, None), (Role.HOTEL, "HOT-A"),
    ):  # fmt: skip
        server.role(role, subject)
    link = {"role": "receiver", "place_id": "ENT-A"}
    path = f"/v1/trips/{PLAN_ID}/T1/links"
    assert server.client.post(path, json=link, headers=planner).status_code == 201
    fever = put(world, "fever", Category.HEALTH)
    for item_id, expected in (
        (put(world, firm="ENT-A"), {("planner", None), ("enterprise", "ENT-A")}),
        (fever, {("planner", None), ("health", None)}),
    ):
        answer = server.client.get(f"/v1/items/{item_id}/owners", headers=planner)
        found = answer.json()["items"]
        assert {(one["role"], one["subject"]) for one in found} == expected
        assert all(one["name"] for one in found)
    for one in found:
        version = read(world, fever, planner)["version"]
        told = act(world, fever, "assign", {"account_id": one["account_id"]}, planner, version)
        assert told.status_code == 200, told.text
