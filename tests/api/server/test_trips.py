"""Trips, rooms and money of published plans over HTTP."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from sqlalchemy import insert

from data.archives import zipped_folder
from data.published import only
from data.reading import write_scenario
from data.schema import scenario as scenario_table
from tests.api.server.conftest import Server
from tests.api.server.world import PLAN_ID, publish_as, seeded
from tests.builders import day, make_plan, make_scenario
from workforce.roles import Role


@pytest.mark.parametrize("path", ["trips", "stays", "costs"])
def test_before_anything_is_published_there_is_nothing(server: Server, path: str) -> None:
    answer = server.client.get(f"/v1/{path}", headers=server.role(Role.PLANNER))
    assert answer.status_code == 200 and answer.json() == {"items": [], "next": None}


def test_an_enterprise_is_told_its_part_of_a_pooled_trip(server: Server) -> None:
    world = seeded(server)
    told = server.client.get(f"/v1/trips/{PLAN_ID}/T1", headers=server.role(Role.ENTERPRISE, "ENT-A")).json()
    assert (told["fleet_id"], told["vehicle_no"], told["riders"]) == ("FL-A", 1, 2)
    assert [stop["place_id"] for stop in told["stops"]] == ["PU-A", "ENT-A"]
    assert [(r["worker_id"], r["name"], r["seat"]) for r in told["people"]] == [("WA1", "阿***", 1)]
    (share,) = world.plan.shares_of["WA1"]
    assert told["own_yuan"] == share.total_fen / 100
    assert told["own_pays_yuan"] == share.enterprise_fen / 100
    assert told["cost_yuan"] is None


def test_rooms_bear_the_hotels_name(server: Server) -> None:
    seeded(server)
    for role, subject in ((Role.HOTEL, "HOT-A"), (Role.ENTERPRISE, "ENT-A")):
        (stay,) = server.client.get("/v1/stays", headers=server.role(role, subject)).json()["items"]
        assert (stay["hotel_id"], stay["hotel"]) == ("HOT-A", "阿尔法旅馆")


def test_costs_add_up_to_the_plans_shares(server: Server) -> None:
    world = seeded(server)

    def total(role: Role, subject: str | None = None) -> float:
        rows = server.client.get("/v1/costs", headers=server.role(role, subject)).json()["items"]
        return round(sum(row["total_yuan"] for row in rows), 2)

    whole = sum(share.total_fen for share in world.plan.shares) / 100
    assert total(Role.PLANNER) == whole
    assert round(total(Role.ENTERPRISE, "ENT-A") + total(Role.ENTERPRISE, "ENT-B"), 2) == whole
    of_fleet = sum(t.cost_fen for t in world.plan.trips if t.fleet_id == "FL-A") / 100
    assert total(Role.CARRIER, "车队A") == of_fleet


@pytest.mark.parametrize("path", ["trips", "stays", "costs"])
def test_lists_come_in_pages(server: Server, path: str) -> None:
    seeded(server)
    planner = server.role(Role.PLANNER)
    whole = server.client.get(f"/v1/{path}", headers=planner).json()["items"]
    found: list[Any] = []
    after: str | None = ""
    while after is not None:
        told = server.client.get(f"/v1/{path}?limit=1&after={after}", headers=planner).json()
        found += told["items"]
        after = told["next"]
    assert found == whole and len(whole) > 1


@pytest.mark.parametrize("hours", [1, -1])
def test_what_a_later_plan_planned_anew_is_told_by_that_plan_alone(server: Server, hours: int) -> None:
    """The follower's horizon begins on 2 March, when all of the first plan's trips run.

    It follows by its scenario, even where the clock was set back before it was published.
    """
    world = seeded(server)
    planner = server.role(Role.PLANNER)
    server.clock.pass_by(timedelta(hours=hours))
    policy = replace(world.scenario.policy, first_day=day("2020-03-02"))
    with server.services.database.write() as c:
        row = c.execute(scenario_table.select()).one()._mapping
        follower = {**row, "id": "follower", "content": _with_policy(world, policy), "based_on": [PLAN_ID]}
        c.execute(insert(scenario_table).values(**follower))
    plan = replace(world.plan, trips=world.plan.trips[:1], seats=world.plan.seats[:2], stays=())
    publish_as(server, plan, "follower", "p_next")
    listed = server.client.get("/v1/trips", headers=planner).json()["items"]
    assert [(t["plan_id"], t["trip_id"]) for t in listed] == [("p_next", "T1")]
    assert server.client.get(f"/v1/trips/{PLAN_ID}/T2", headers=planner).status_code == 404


def _with_policy(world: Any, policy: Any) -> bytes:
    with TemporaryDirectory() as folder:
        write_scenario(replace(world.scenario, policy=policy), Path(folder))
        return zipped_folder(Path(folder))


def test_a_part_of_a_plan_has_all_that_hangs_on_its_trips() -> None:
    plan = make_plan(make_scenario())
    assert only(plan, {"T1", "T2"}) is plan
    none = only(plan, set())
    assert (none.trips, none.seats, none.stays, none.shares, none.placements) == ((), (), (), (), ())
    one = only(plan, {"T1"})
    assert {s.worker_id for s in one.seats} == {"W1", "W2", "J1"} == {s.worker_id for s in one.shares}
    assert (one.stays, one.placements) == ((), plan.placements)


def test_contacts_are_masked_in_lists_and_history(server: Server) -> None:
    seeded(server)

    def contact(role: Role, subject: str | None = None) -> list[Any]:
        headers = server.role(role, subject)
        cells = server.client.get("/v1/records/enterprises/ENT-A", headers=headers).json()["cells"]
        told = server.client.get("/v1/records/enterprises/ENT-A/history", headers=headers).text
        return [cells["contact"], cells["phone"], "13900000001" in told, "13900000001"[-4:] in told]

    for role, subject in ((Role.PLANNER, None), (Role.ENTERPRISE, "ENT-A"), (Role.AUDITOR, None)):
        assert contact(role, subject) == ["阿****", "*******0001", False, True]
