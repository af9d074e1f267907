"""Workers and seekers found by name or number: by whom, among whom, and where no trace of it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

from data.accounts import By
from data.rotation import rotate
from data.schema import audit
from tests.api.server.conftest import Server
from tests.api.server.lists import enterprise, identity, submit, worker
from tests.api.server.test_personal import everything
from tests.api.server.world import World, seeded
from workforce.roles import Role

WORKERS, PEOPLE = "/v1/workers/search", "/v1/people/search"


def search(server: Server, who: Mapping[str, str], find: str, at: str = WORKERS, **page: Any) -> Any:
    answer = server.client.post(at, json={"find": find}, headers=dict(who), params=page)
    assert answer.status_code == 200, answer.text
    return answer.json()


def ids(found: Any) -> list[str]:
    return [one["worker_id"] for one in found["items"]]


def names(server: Server, who: Mapping[str, str], *rows: dict[str, Any]) -> dict[str, str]:
    """Submits these rows; the workers' ids by their names."""
    answer = submit(server, who, rows)
    assert answer.status_code == 201, answer.text
    return {row["姓名"]: told["key"] for row, told in zip(rows, answer.json()["rows"], strict=True)}


@pytest.mark.parametrize("at", [WORKERS, PEOPLE])
def test_a_person_is_found_by_name_by_whole_number_and_by_its_last_four(server: Server, at: str) -> None:
    firm, planner = enterprise(server, "E1"), server.role(Role.PLANNER)
    by_name = names(server, firm, worker(1, 姓名="王小明"), worker(2, 姓名="李小红"), worker(3, 姓名="赵明"))
    names(server, planner, worker(4, 姓名="孙明明", 身份证号=None, 工号=None))  # who seeks work
    for find, who in (
        ("小明", ["王小明"]),
        ("小", ["王小明", "李小红"]),
        (identity(2).lower(), ["李小红"]),
        (identity(3)[-4:], ["赵明"]),
        ("138 0000 0001", ["王小明"]),
        ("0002", ["李小红"]),
        ("钱", []),
        (identity(9), []),
        (identity(2)[:10], []),
    ):
        for asks in (firm, planner):
            assert sorted(ids(search(server, asks, find, at))) == sorted(by_name[name] for name in who), find
    (seeker,) = search(server, planner, "孙明", at)["items"]
    assert seeker.get("masked", seeker)["phone"] == "*" * 7 + "0004"
    assert ids(search(server, firm, "孙明", at)) == []
    assert server.client.post(at, json={"find": "  "}, headers=planner).status_code == 422


@pytest.mark.parametrize("at", [WORKERS, PEOPLE])
def test_what_is_found_comes_in_pages(server: Server, at: str) -> None:
    firm = enterprise(server, "E1")
    known = names(server, firm, *(worker(n, 姓名=f"王{n}") for n in range(7)), worker(8, 姓名="李八"))
    seen, after = [], ""
    for size in (3, 3, 1):
        page = search(server, firm, "王", at, limit=3, after=after)
        assert len(page["items"]) == size
        seen, after = seen + ids(page), page["next"]
    assert after is None and seen == sorted(known[f"王{n}"] for n in range(7))


def test_an_enterprise_finds_its_own_and_a_claim_that_waits_opens_nothing(server: Server) -> None:
    one, two, planner = enterprise(server, "E1"), enterprise(server, "E2"), server.role(Role.PLANNER)
    mine = names(server, one, worker(1, 姓名="王小明"))["王小明"]
    submit(server, two, [worker(1, 姓名="某某", 手机号=None)])  # whoever knows a number may claim
    told = ("王小明", "小明", identity(1), identity(1)[-4:], "13800000001", "0001")
    for find in told:
        assert ids(search(server, one, find)) == ids(search(server, planner, find)) == [mine], find
        for at in (WORKERS, PEOPLE):
            assert ids(search(server, two, find, at)) == [], find
    assert server.client.post(f"/v1/workers/{mine}/withdraw", headers=one).status_code == 204
    assert ids(search(server, one, "小明")) == []


def test_who_reads_no_whole_names_finds_by_what_the_list_shows(server: Server) -> None:
    world = seeded(server)
    told = world.personal["WA2"]
    shown, whole = (told["name"][0], told["phone"][-4:]), (told["name"][:2], *told.values())
    subjects = {Role.ENTERPRISE: "ENT-A", Role.ORIGIN: "620000 150000 610000"}
    for role in (Role.PLANNER, Role.HEALTH, Role.ENTERPRISE):
        who = server.role(role, subjects.get(role))
        assert all("WA2" in ids(search(server, who, find, PEOPLE)) for find in shown + whole), role
    for role in (Role.ADMINISTRATOR, Role.AUDITOR, Role.ORIGIN):
        who = server.role(role, subjects.get(role))
        listed = server.client.get("/v1/people", headers=who).json()
        assert "WA2" in ids(listed)
        assert all("WA2" in ids(search(server, who, find, PEOPLE)) for find in shown), role
        assert not any(ids(search(server, who, find, PEOPLE)) for find in whole), role


def test_an_origin_bureau_finds_only_who_sets_out_from_its_counties(server: Server) -> None:
    world = seeded(server)
    home = world.scenario.workers["WA2"].adcode
    origin = server.role(Role.ORIGIN, home)
    found = {w for n in (2, 12) for w in ids(search(server, origin, f"00{n:02}", PEOPLE))}
    assert found == {"WA2"}


def test_it_is_on_record_that_somebody_searched_but_nowhere_what_for(world: World) -> None:
    server, planner = world.server, world.server.role(Role.PLANNER)
    me = server.client.get("/v1/me", headers=planner).json()["account_id"]
    finds = ("张三丰寻", "13912345678", "610702199001019995", world.personal["WA2"]["id_number"], "阿尔法")
    with capture_logs() as logs:
        for find in finds:
            for at in (WORKERS, PEOPLE):
                once = {**planner, "Idempotency-Key": f"search-{at[4:6]}-{finds.index(find)}"}
                search(server, once, find, at)
    assert [log["operation"] for log in logs] == ["search_workers", "search_people"] * len(finds)
    text, stored = str(logs), everything(server)
    with server.services.database.read() as c:
        rows = c.execute(select(audit).where(audit.c.action == "people_searched").order_by(audit.c.seq)).all()
    trail = "".join(map(str, rows))
    for find in finds:
        assert find not in text and find not in trail
    assert not [find for find in finds[:3] if find in stored]
    assert [row.account_id for row in rows] == [me] * 2 * len(finds)
    assert [row.subject for row in rows[::2]] == ["0", "0", "0", "WA2", "0"]
    assert all(row.reason is None for row in rows)


def test_who_was_erased_is_found_no_more_and_who_was_sealed_anew_is(world: World) -> None:
    server, planner = world.server, world.server.role(Role.PLANNER)
    finds = [text[-4:] for text in world.personal["WA2"].values()]
    ring = server.services.settings.keys_file
    rotate(server.services.database, ring, By("tests", server.clock()), at_once=True)
    assert all("WA2" in ids(search(server, planner, find)) for find in finds)
    reason = {"reason": "asked in writing"}
    assert server.client.post("/v1/workers/WA2/erase", json=reason, headers=planner).status_code == 200
    for at in (WORKERS, PEOPLE):
        assert not any("WA2" in ids(search(server, planner, find, at)) for find in finds)


@pytest.fixture
def world(server: Server) -> World:
    return seeded(server)
