"""Settlement and ledger by the API: who sees what, corrections, statements, the day's numbers."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select, update
from sqlalchemy.exc import DBAPIError

from data.schema import item, settlement_entry
from tests.api.server.carried_out import carry_out
from tests.api.server.conftest import Server
from tests.api.server.world import PLAN_ID, World, seeded
from workforce.drill import Rates
from workforce.plan import Item
from workforce.roles import Role


@pytest.fixture
def world(server: Server) -> World:
    return seeded(server)


def settle(world: World) -> Any:
    answer = world.server.client.post("/v1/settlements", headers=world.server.role(Role.PLANNER))
    assert answer.status_code == 200, answer.text
    return answer.json()


def get(world: World, address: str, role: Role, subject: str | None = None) -> Any:
    return world.server.client.get(f"/v1/{address}", headers=world.server.role(role, subject))


def report(world: World, kind: str, nonce: str, **more: Any) -> None:
    at = world.server.clock().isoformat()
    body = {"events": [{"kind": kind, "nonce": nonce, "at": at, **more}]}
    answer = world.server.client.post("/v1/events", json=body, headers=world.server.role(Role.PLANNER))
    assert answer.json()["items"][0]["outcome"] == "recorded", answer.text


def test_a_smooth_plan_settles_as_planned_and_once(world: World) -> None:
    assert settle(world)["entries"] == 0
    carry_out(world)
    assert settle(world) == {"entries": len(world.plan.shares), "corrections": 0, "overruns": []}
    assert settle(world)["entries"] == 0
    found = get(world, "settlements?limit=500", Role.AUDITOR).json()["items"]
    planned = {(s.item, s.worker_id): s.total_fen / 100 for s in world.plan.shares}
    assert {(one["item"], one["worker_id"]): one["yuan"] for one in found} == planned
    assert all(one["evidence"] for one in found)


def test_each_party_sees_what_it_pays_or_is_paid(world: World) -> None:
    carry_out(world)
    settle(world)
    shares = world.plan.shares
    for side in ("A", "B"):
        firm = get(world, "settlements", Role.ENTERPRISE, f"ENT-{side}").json()["items"]
        assert {one["enterprise_id"] for one in firm} == {f"ENT-{side}"}
        due = sum(s.enterprise_fen for s in shares if s.enterprise_id == f"ENT-{side}")
        assert round(sum(one["yuan"] for one in firm) * 100) == due
        hotel = get(world, "settlements", Role.HOTEL, f"HOT-{side}").json()["items"]
        rooms = [s for s in shares if s.item is Item.ROOM and s.worker_id == f"W{side}2"]
        got = sum(s.total_fen - s.hotel_fen for s in rooms)
        assert round(sum(one["yuan"] for one in hotel) * 100) == got
    carrier = get(world, "settlements", Role.CARRIER, "车队A").json()["items"]
    cost = sum(t.cost_fen for t in world.plan.trips if t.fleet_id == "FL-A")
    assert round(sum(one["yuan"] for one in carrier) * 100) == cost


def test_a_late_report_is_a_correction_and_changes_no_entry(world: World) -> None:
    carry_out(world, but=frozenset({"boarded", "alighted"}))
    settle(world)
    with world.server.services.database.read() as c:
        before = c.execute(select(settlement_entry).order_by(settlement_entry.c.seq)).all()
    assert {row.why for row in before if row.item == "trip"} == {"no_show"}
    at = "2020-03-02T08:45:00+08:00"
    for n, seat in enumerate(world.plan.seats):
        body = {"kind": "boarded", "nonce": f"late-{n:05}", "at": at, "worker_id": seat.worker_id}
        told = {"events": [{**body, "plan_id": PLAN_ID, "trip_id": seat.trip_id}]}
        key = world.server.role(Role.PLANNER)
        assert world.server.client.post("/v1/events", json=told, headers=key).is_success
    done = settle(world)
    assert done["entries"] == done["corrections"] > 0
    with world.server.services.database.read() as c:
        after = c.execute(select(settlement_entry).order_by(settlement_entry.c.seq)).all()
    assert after[: len(before)] == before
    trips = [row for row in after if row.item == "trip"]
    assert sum(r.enterprise_fen + r.worker_fen + r.government_fen for r in trips) == sum(
        t.cost_fen for t in world.plan.trips
    )
    paid = {s.worker_id: s.government_fen for s in world.plan.shares if s.item is Item.TRIP}
    for worker, fen in paid.items():
        assert sum(row.government_fen for row in trips if row.worker_id == worker) == fen


def test_an_entry_tells_what_was_planned_and_a_correction_nothing(world: World) -> None:
    carry_out(world, but=frozenset({"boarded", "alighted"}))
    settle(world)
    seat = world.plan.seats[0]
    (share,) = (s for s in world.plan.shares_of[seat.worker_id] if s.item is Item.TRIP)
    trip = {"plan_id": PLAN_ID, "trip_id": seat.trip_id}
    report(world, "boarded", "planned-0001", worker_id=seat.worker_id, **trip)
    settle(world)
    found = get(world, "settlements?limit=500", Role.AUDITOR).json()["items"]
    firm = get(world, "settlements?limit=500", Role.ENTERPRISE, share.enterprise_id).json()["items"]
    for items, planned in ((found, share.total_fen), (firm, share.enterprise_fen)):
        told = [one for one in items if (one["worker_id"], one["item"]) == (seat.worker_id, "trip")]
        assert [one["planned_yuan"] for one in told] == [planned / 100, None]
        assert [one["why"] for one in told] == ["no_show", "as_planned"]


def test_entries_are_only_ever_added(world: World) -> None:
    carry_out(world)
    settle(world)
    for change in (update(settlement_entry).values(worker_fen=0), settlement_entry.delete()):
        with pytest.raises(DBAPIError), world.server.services.database.write() as c:
            c.execute(change)


def test_whoever_pays_more_than_the_budget_is_on_the_problem_list(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    carry_out(world)
    plan = world.plan
    firm = "ENT-A"
    published = world.server.services.published.standing()[0].scenario
    paid = sum(s.enterprise_fen for s in plan.shares if s.enterprise_id == firm)
    assert published.enterprises[firm].budget_fen is None
    budget = {"budget_fen": paid - 1}
    assert isinstance(published.enterprises, dict)
    monkeypatch.setitem(published.enterprises, firm, replace(published.enterprises[firm], **budget))
    assert settle(world)["overruns"] == [firm]
    settle(world)
    with world.server.services.database.read() as c:
        [row] = c.execute(select(item).where(item.c.code == "budget_overrun")).all()
    assert (row.subject, row.category, row.values) == (firm, "money", {**budget, "due_fen": paid})


@pytest.mark.parametrize(
    ("address", "role", "subject"),
    [
        ("enterprise/ENT-A", Role.ENTERPRISE, "ENT-A"),
        ("hotel/HOT-A", Role.HOTEL, "HOT-A"),
        ("carrier/车队A", Role.CARRIER, "车队A"),
        ("government/*", Role.PLANNER, None),
    ],
)
def test_statements_name_their_evidence(world: World, address: str, role: Role, subject: str | None) -> None:
    carry_out(world)
    settle(world)
    told = get(world, f"settlements/statements/{address}.csv", role, subject)
    assert told.status_code == 200, told.text
    head, *rows = csv.reader(io.StringIO(told.text.removeprefix("\ufeff")))
    assert head[-1] == "日志依据 Evidence in the log"
    assert rows and all(row[-1] for row in rows)
    planned, due = (head.index(name) for name in ("计划（元） Planned, yuan", "金额（元） Yuan"))
    assert [row[planned] for row in rows] == [row[due] for row in rows]
    for form, start in (("pdf", b"%PDF"), ("xlsx", b"PK"), ("html", b"<!DOCTYPE")):
        assert get(world, f"settlements/statements/{address}.{form}", role, subject).content.startswith(start)


def test_the_ledger_tells_each_day_how_far_everybody_is(world: World) -> None:
    carry_out(world, Rates().times(0))
    world.server.clock.pass_by(timedelta(days=1))
    before, on, after = (
        get(world, f"ledger/{day}.json", Role.PLANNER).json()
        for day in ("2020-03-01", "2020-03-02", "2020-03-31")
    )
    assert before["total"] | {"opened": None, "at_work": None} == {
        "planned": 0, "departed": 0, "arrived": 0, "in_quarantine": 0, "returned": 0,
        "opened": None, "at_work": None,
    }  # fmt: skip
    seats, stays = len(world.plan.seats), len(world.plan.stays)
    assert (on["total"]["departed"], on["total"]["arrived"]) == (seats, seats)
    assert (on["total"]["in_quarantine"], on["total"]["returned"]) == (stays, seats - stays)
    assert (after["total"]["in_quarantine"], after["total"]["returned"]) == (0, seats)
    work = sum(e.workforce for e in world.scenario.enterprises.values())
    assert after["total"]["at_work"]["among"] == work
    for form, start in (("pdf", b"%PDF"), ("xlsx", b"PK"), ("html", b"<!DOCTYPE")):
        assert get(world, f"ledger/2020-03-02.{form}", Role.PLANNER).content.startswith(start)


def test_the_ledger_as_csv_lists_the_enterprises_and_names_their_counties(world: World) -> None:
    told = get(world, "ledger/2020-03-02.json", Role.PLANNER).json()
    text = get(world, "ledger/2020-03-02.csv", Role.PLANNER).text.removeprefix("\ufeff")
    _, *rows, total = csv.reader(io.StringIO(text))
    names = {**told["names"], None: ""}
    assert [(row[0], row[2]) for row in rows] == [
        (one["name"], names[one["adcode"]]) for one in told["enterprises"]
    ]
    assert total[0] == "合计 Total"


def test_every_party_on_the_list_has_a_statement(world: World) -> None:
    found = get(world, "settlements/parties", Role.PLANNER).json()["items"]
    assert {"enterprise", "hotel", "carrier"} == {one["party"] for one in found}
    assert {"ENT-A", "HOT-B", "车队A"} <= {one["subject"] for one in found}
    for one in found:
        path = f"settlements/statements/{one['party']}/{one['subject']}.html"
        page = get(world, path, Role.PLANNER)
        assert page.status_code == 200 and one["name"] in page.text
