"""Over HTTP, a trip that the next plan keeps goes on as it was: reports, phones, papers, money, evidence."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Row, select
from typer.testing import CliRunner

from api.server.log_commands import log
from data.accounts import By
from data.passes import pass_token
from data.schema import settlement_entry
from tests.api.server.carried_out import carry_out, play
from tests.api.server.conftest import Server
from tests.api.server.phones import TRIP_DAY, event, make_link, phone
from tests.api.server.world import PLAN_ID, World, seeded
from tests.builders import make_hotel, with_policy
from tests.data.followers import followed, keeping
from workforce.drill import Actor, Rates, Script, script_of
from workforce.entities import Hotel
from workforce.loop_rules import LoopRules
from workforce.plan import Item
from workforce.roles import Role
from workforce.triplog import Kind

KEPT = ("T1", "T2")  # T3 was planned anew, by chance as it was
BEFORE = f"{PLAN_ID}/T2"


@pytest.fixture
def world(server: Server) -> World:
    found = seeded(server)
    server.clock.at = TRIP_DAY
    return found


def follow(world: World, **hotels: Hotel) -> str:
    """Publish a plan that keeps two trips, from the day on which all trips run; returns its id.

    Args:
        hotels: that are new, by id.
    """
    world.server.clock.pass_by(timedelta(minutes=1))
    known = replace(world.scenario, hotels={**world.scenario.hotels, **hotels})
    scenario = with_policy(known, first_day=world.plan.trips[0].first_day)
    by = By("tests", world.server.clock())
    with world.server.services.database.write() as c:
        plan_id = followed(c, by, scenario, keeping(world.plan, *KEPT))
    world.server.clock.pass_by(timedelta(minutes=1))
    return plan_id


def get(world: World, address: str, role: Role = Role.PLANNER, subject: str | None = None) -> Any:
    return world.server.client.get(f"/v1/{address}", headers=world.server.role(role, subject))


def report(world: World, trip: str, *events: dict[str, Any]) -> list[dict[str, Any]]:
    """What becomes of a planner's reports of a trip, given as PLAN/TRIP."""
    plan_id, _, trip_id = trip.partition("/")
    told = [{**one, "plan_id": plan_id, "trip_id": trip_id} for one in events]
    headers = world.server.role(Role.PLANNER)
    items: list[dict[str, Any]] = world.server.client.post(
        "/v1/events", json={"events": told}, headers=headers
    ).json()["items"]
    return items


def test_a_trip_goes_on_under_either_plan(world: World) -> None:
    plate = event("vehicle_named", says={"plate": "蒙C12345"}, details={"driver_names": ["王一"]})
    report(world, BEFORE, plate, event("left", place_id="FL-A", says={"stop": 1}))
    after = f"{follow(world)}/T2"
    [known, new] = report(world, after, plate, event("boarded", worker_id="WA2"))
    assert (known["outcome"], new["outcome"], new["flags"]) == ("known", "recorded", [])
    for part in ("", "/course", "/events", "/stages", "/links", "/code"):
        one, other = (get(world, f"trips/{trip}{part}") for trip in (BEFORE, after))
        assert one.status_code == 200 and one.json() == other.json(), part
    course = get(world, f"trips/{after}/course").json()
    assert (course["plan_id"], course["state"], course["plate"]) == (PLAN_ID, "on_the_way", "蒙C12345")
    assert len(get(world, f"trips/{after}/events").json()["items"]) == 3


def test_lists_have_each_trip_seat_and_room_once(world: World) -> None:
    def ids(path: str, name: str) -> Counter[str]:
        return Counter(one[name] for one in get(world, f"{path}?limit=1000").json()["items"])

    paths = (("trips", "trip_id"), ("stays", "worker_id"), ("costs", "worker_id"))
    before = [ids(*path) for path in paths]
    plan_id = follow(world)
    assert [ids(*path) for path in paths] == before
    trips = {one["trip_id"]: one["plan_id"] for one in get(world, "trips").json()["items"]}
    assert trips == {"T1": PLAN_ID, "T2": PLAN_ID, "T3": plan_id}
    mine = get(world, "my/trip", Role.WORKER, "WA2").json()
    assert (mine["ride"]["plan_id"], mine["room"]["room"]) == (PLAN_ID, "S1")


def test_phones_papers_and_passes_of_before_are_still_good(world: World) -> None:
    server, desk = world.server, world.server.role(Role.COORDINATOR, BEFORE)
    report(
        world,
        BEFORE,
        event("vehicle_named", says={"plate": "蒙C12345"}, details={"driver_names": ["王一"]}),
        event("destination_confirmed", place_id="HOT-A", says={"heads": 1}),
    )
    one = phone(server, make_link(server, desk))
    later = phone(server, make_link(server, desk), bound=False)
    assert one.told(event("left", place_id="FL-A", says={"stop": 1}))[0]["outcome"] == "recorded"
    passed = get(world, f"trips/{BEFORE}/papers/pass.csv")
    assert passed.status_code == 200
    after = f"{follow(world)}/T2"
    boarded = one.told(event("boarded", worker_id="WA2"))
    named = one.told({**event("measured", worker_id="WA2", says={"where": "door"}), "plan_id": after[:-3],
                      "trip_id": "T2", "details": {"temperature": "36.5"}})  # fmt: skip
    assert [told["outcome"] for told in boarded + named] == ["recorded"] * 2
    assert one.state("WA2") == ("aboard", 1) and one.manifest().json()["plate"] == "蒙C12345"
    assert later.bind().status_code == 303
    assert len(server.client.get(f"/v1/trips/{after}/links", headers=desk).json()["items"]) == 2
    code = server.client.get(f"/v1/trips/{after}/code", headers=desk).json()
    assert (code["plan_id"], code["code"]) == (PLAN_ID, one.link["code"])
    for paper in ("manifest.html", "seats.html", "roster.html", "pass.html"):
        old, new = (get(world, f"trips/{trip}/papers/{paper}") for trip in (BEFORE, after))
        assert old.status_code == 200 and old.text == new.text, paper


def test_what_happens_to_a_coach_that_was_planned_anew_on_its_way_is_taken_down(world: World) -> None:
    server, desk = world.server, world.server.role(Role.COORDINATOR, f"{PLAN_ID}/T3")
    one = phone(server, make_link(server, desk, trip="T3"))
    left = event("left", place_id="FL-B", says={"stop": 1})
    assert one.told(left)[0]["outcome"] == "recorded"
    plan_id = follow(world)
    known, new = one.told(left, event("boarded", worker_id="WB2"))
    assert (known["outcome"], new["outcome"]) == ("known", "recorded")
    assert new["flags"] == ["wrong_coach", "unknown_trip"]
    [other] = one.told({**event("boarded", worker_id="WB2"), "plan_id": plan_id, "trip_id": "T3"})
    assert other["code"] == "not_found"  # which is another coach


def test_a_pass_stays_valid_and_that_of_a_trip_planned_anew_does_not(world: World) -> None:
    tokens = {}
    for trip, hotel in (("T2", "HOT-A"), ("T3", "HOT-B")):
        report(
            world,
            f"{PLAN_ID}/{trip}",
            event("vehicle_named", says={"plate": "蒙C12345"}, details={"driver_names": ["王一"]}),
            event("destination_confirmed", place_id=hotel, says={"heads": 1}),
        )
        assert get(world, f"trips/{PLAN_ID}/{trip}/papers/pass.html").status_code == 200
        with world.server.services.database.write() as c:
            tokens[trip] = pass_token(c, (PLAN_ID, trip))
    follow(world)
    states = {trip: get(world, f"passes/{token}").json()["state"] for trip, token in tokens.items()}
    assert states == {"T2": "valid", "T3": "withdrawn"}


def test_a_certificate_names_a_hotel_that_only_the_later_plan_knows(world: World) -> None:
    plan_id = follow(world, NEW=make_hotel("NEW", name="新开酒店"))
    steps = [
        replace(
            step, actor=Actor(Role.PLANNER), place_id="NEW" if step.place_id == "HOT-A" else step.place_id
        )
        for step in script_for(world).steps
        if step.worker_id == "WA2"
    ]
    play(world, steps, plan_id)
    page = get(world, "journeys/WA2/papers/release.html")
    assert page.status_code == 200 and "新开酒店" in page.text


def test_evidence_of_a_trip_is_found_by_either_plan(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    report(world, BEFORE, event("left", place_id="FL-A", says={"stop": 1}))
    after = f"{follow(world)}/T2"
    report(world, after, event("boarded", worker_id="WA2"))
    services = world.server.services
    monkeypatch.setattr("api.server.log_commands.opened", lambda folder: services)
    proofs = []
    for n, trip in enumerate((BEFORE, after)):
        out = tmp_path / f"{n}.json"
        done = CliRunner().invoke(log, ["prove", "--trip", trip, "--out", str(out)])
        assert done.exit_code == 0, done.output
        proofs.append(json.loads(out.read_text()))
    assert proofs[0]["events"] == proofs[1]["events"] and len(proofs[0]["events"]) == 2


# Money


def settled(world: World) -> list[Row[Any]]:
    """All entries once everything that is over is settled."""
    headers = world.server.role(Role.PLANNER)
    assert world.server.client.post("/v1/settlements", headers=headers).status_code == 200
    with world.server.services.database.read() as c:
        return list(c.execute(select(settlement_entry)).all())


def total(row: Row[Any]) -> int:
    return int(row.enterprise_fen + row.worker_fen + row.hotel_fen + row.government_fen)


def script_for(world: World) -> Script:
    return script_of(world.plan, world.scenario, LoopRules(), 1, Rates().times(0))


def as_planned(world: World) -> dict[tuple[str, str], int]:
    return {(str(s.item), s.worker_id): s.total_fen for s in world.plan.shares}


def test_what_was_settled_before_stands_and_the_rest_is_settled_once(world: World) -> None:
    carry_out(world)
    before = settled(world)
    follow(world)
    kept = {seat.worker_id for seat in world.plan.seats if seat.trip_id in KEPT}
    corrections = settled(world)[len(before) :]
    # Of the trip that was planned anew nothing was reported under its new plan.
    assert {row.worker_id for row in corrections if row.item == Item.TRIP} == {"WB2"}
    assert not kept & {row.worker_id for row in corrections}


def test_a_trip_that_is_kept_on_its_way_is_settled_once(world: World) -> None:
    steps = script_for(world).steps
    early = [step for step in steps if step.at <= TRIP_DAY + timedelta(minutes=30) and step.trip_id in KEPT]
    play(world, early, PLAN_ID)
    assert any(step.kind is Kind.BOARDED for step in early)
    plan_id = follow(world)
    play(world, [step for step in steps if step not in early], plan_id)
    entries = settled(world)
    assert {(row.item, row.worker_id): total(row) for row in entries} == as_planned(world)
    assert len(entries) == len(world.plan.shares)
    of = {"WB2": plan_id}
    assert all(row.plan_id == of.get(row.worker_id, PLAN_ID) for row in entries)
    assert len(settled(world)) == len(entries)


@pytest.mark.parametrize("same_room", [False, True])
def test_a_worker_who_strayed_to_a_kept_trip_is_settled_once(world: World, same_room: bool) -> None:
    """WB2 of the new plan's T3 takes T2, and perhaps shares the room of WA2, who is of the plan before."""
    plan_id = follow(world)

    def strays(step: Any) -> Any:
        if step.worker_id != "WB2":
            return step
        if step.kind in (Kind.BOARDED, Kind.ALIGHTED):
            return replace(step, trip_id="T2", place_id="HOT-A" if step.kind is Kind.ALIGHTED else None)
        if not same_room or step.actor != Actor(Role.HOTEL, "HOT-B"):
            return step
        return replace(step, actor=Actor(Role.PLANNER), place_id=step.place_id and "HOT-A")

    play(world, [strays(step) for step in script_for(world).steps], plan_id)
    entries = settled(world)
    due, planned = {(r.item, r.worker_id, r.hotel_id): total(r) for r in entries}, as_planned(world)
    assert len(due) == len(entries) and {r.plan_id for r in entries if r.worker_id == "WB2"} == {plan_id}
    trips = {worker: fen for (item, worker, _), fen in due.items() if item == Item.TRIP}
    assert trips == {worker: fen for (item, worker), fen in planned.items() if item == Item.TRIP}
    if same_room:  # both pay for one room, and nobody for the other
        room = planned[Item.ROOM, "WA2"]
        assert due[Item.ROOM, "WA2", "HOT-A"] + due[Item.ROOM, "WB2", "HOT-A"] == room
        assert due[Item.ROOM, "WB2", "HOT-B"] == 0
    else:
        assert {(item, worker): fen for (item, worker, _), fen in due.items()} == planned
