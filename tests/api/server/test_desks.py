"""Desks over HTTP: a hotel's day, kits, arrivals at an enterprise, stages of a trip, a worker's way."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import select

from data.schema import item
from tests.api.server.carried_out import carry_out
from tests.api.server.conftest import Server
from tests.api.server.world import PLAN_ID, World, seeded
from workforce.roles import Role

_NONCES = itertools.count()
HOTEL, GUEST = "HOT-A", "WA2"


@pytest.fixture
def world(server: Server) -> World:
    return seeded(server)


def say(world: World, who: Mapping[str, str], kind: str, **told: Any) -> list[str]:
    """Report something that happens now; returns its flags."""
    details, says = told.pop("details", {}), told.pop("says", {})
    one = {"kind": kind, "nonce": f"desk-{next(_NONCES):08}", "at": world.server.clock().isoformat()}
    body = {"events": [{**one, "says": says, "details": details, **told}]}
    (outcome,) = world.server.client.post("/v1/events", json=body, headers=who).json()["items"]
    assert outcome["outcome"] == "recorded", outcome
    return list(outcome["flags"])


def get(world: World, path: str, who: Mapping[str, str]) -> Any:
    answer = world.server.client.get(f"/v1/{path}", headers=who)
    assert answer.status_code == 200, answer.text
    return answer.json()


def at(world: World, day: int, hour: int) -> None:
    """Move the clock to an hour (UTC) of March 2020."""
    world.server.clock.at = datetime(2020, 3, day, hour, tzinfo=UTC)


def test_a_guest_is_expected_checked_in_measured_and_released(world: World) -> None:
    hotel, path = world.server.role(Role.HOTEL, HOTEL), f"hotels/{HOTEL}/desk"
    stay = world.plan.stay_of[GUEST]
    at(world, 2, 0)
    before = get(world, path, hotel)
    assert [(t["trip_id"], t["riders"], t["confirmed"]) for t in before["coming"]] == [("T2", [GUEST], False)]
    assert before["coming"][0]["expected"] == before["coming"][0]["planned"]
    assert [(w["worker_id"], w["room"]) for w in before["to_check_in"]] == [(GUEST, stay.room)]
    assert before["to_check_in"][0]["name"].endswith("*")
    trip = {"plan_id": PLAN_ID, "trip_id": "T2"}
    say(world, hotel, "destination_confirmed", place_id=HOTEL, says={"heads": 1}, **trip)
    say(world, world.server.role(Role.PLANNER), "delayed", says={"minutes": 90}, **trip)
    late = get(world, path, hotel)["coming"][0]
    assert late["confirmed"] and late["expected"] > late["planned"]
    at(world, 2, 10)
    here = {"worker_id": GUEST, "place_id": HOTEL}
    assert say(world, hotel, "checked_in", says={"room": stay.room}, **here) == []
    at(world, 4, 1)
    desk = get(world, path, hotel)
    assert desk["to_check_in"] == []
    (guest,) = desk["guests"]
    assert (guest["lacks_today"], guest["missing"], guest["due"]) == (2, ["2020-03-03"], False)
    fever = {"where": "hotel"}, {"temperature": "37.3"}
    assert say(world, hotel, "measured", says=fever[0], details=fever[1], **here) == ["fever"]
    assert get(world, path, hotel)["guests"][0]["lacks_today"] == 1
    officer = world.server.role(Role.HEALTH)
    say(world, officer, "observation_began", worker_id=GUEST)
    told = get(world, "health/desk", officer)
    assert (
        [g["worker_id"] for g in told["observed"]]
        == [GUEST]
        == [g["worker_id"] for g in told["readings_missing"]]
    )
    say(world, officer, "observation_ended", worker_id=GUEST)
    world.server.clock.at = datetime(
        stay.check_out.year, stay.check_out.month, stay.check_out.day, 1, tzinfo=UTC
    )
    due = get(world, path, hotel)
    assert due["guests"][0]["due"] and due["certificate"] == f"{HOTEL}-{stay.check_out:%Y%m%d}-001"
    say(world, hotel, "released", says={"certificate": due["certificate"]}, **here)
    assert get(world, path, hotel)["certificate"] == f"{HOTEL}-{stay.check_out:%Y%m%d}-002"


def test_a_coach_that_is_back_is_not_awaited_again(world: World) -> None:
    carry_out(world)
    at(world, 2, 9)
    for path, role, own in (
        ("hotels/HOT-A", Role.HOTEL, HOTEL),
        ("enterprises/ENT-A", Role.ENTERPRISE, "ENT-A"),
    ):
        (one,) = get(world, f"{path}/desk", world.server.role(role, own))["coming"]
        assert (one["state"], one["confirmed"], one["signed"]) == ("ended", True, ["carrier", "receiver"])
        assert one["expected"] is None
    at(world, 3, 9)
    assert get(world, f"hotels/{HOTEL}/desk", world.server.role(Role.HOTEL, HOTEL))["coming"] == []


def test_a_destination_is_asked_for_those_who_come(world: World) -> None:
    hotel, planner = world.server.role(Role.HOTEL, HOTEL), world.server.role(Role.PLANNER)
    trip = {"plan_id": PLAN_ID, "trip_id": "T2"}
    at(world, 2, 0)

    def asked() -> tuple[list[str], bool, int | None]:
        (one,) = get(world, f"hotels/{HOTEL}/desk", hotel)["coming"]
        return one["riders"], one["confirmed"], one["receives"]

    assert asked() == ([GUEST], False, None)
    assert say(world, hotel, "destination_confirmed", place_id=HOTEL, says={"heads": 0}, **trip) == [
        "confirmed_fewer"
    ]
    assert asked() == ([GUEST], False, 0)
    say(world, planner, "withdrew", worker_id=GUEST)
    assert asked() == ([], True, 0)


@pytest.mark.parametrize(("language", "word"), [("zh", "自动编号"), ("en", "gives the next one")])
def test_of_two_tablets_with_one_number_the_second_is_told_what_to_do(
    world: World, language: str, word: str
) -> None:
    hotel = world.server.role(Role.HOTEL, HOTEL)
    at(world, 2, 10)

    def release(worker: str, nonce: str, **says: str) -> Any:
        one = {"kind": "released", "worker_id": worker, "place_id": HOTEL, "says": says}
        body = {"events": [{**one, "nonce": nonce, "at": world.server.clock().isoformat()}]}
        headers = {**hotel, "Accept-Language": language}
        return world.server.client.post("/v1/events", json=body, headers=headers).json()["items"][0]

    number = get(world, f"hotels/{HOTEL}/desk", hotel)["certificate"]
    assert release(GUEST, "of-tablet-1", certificate=number)["certificate"] == number
    refused = release("WB2", "of-tablet-2", certificate=number)
    assert (refused["outcome"], refused["code"]) == ("refused", "certificate_taken")
    assert refused["title"] and word in refused["remedy"]
    taken = release("WB2", "of-tablet-3")
    assert taken["outcome"] == "recorded" and taken["certificate"] == f"{number[:-1]}2"


def test_a_fever_on_the_way_is_answered_with_the_seat_to_move_to(world: World) -> None:
    at(world, 2, 1)
    told = []
    for role, kind, more in (
        (Role.COORDINATOR, "boarded", {"plan_id": PLAN_ID, "trip_id": "T2"}),
        (Role.HEALTH, "measured", {"says": {"where": "road"}, "details": {"temperature": "38.2"}}),
    ):
        who = world.server.role(role, f"{PLAN_ID}/T2" if role is Role.COORDINATOR else None)
        one = {"kind": kind, "nonce": f"of-fever-{kind}", "at": world.server.clock().isoformat()}
        body = {"events": [{**one, "worker_id": GUEST, **more}]}
        told += world.server.client.post("/v1/events", json=body, headers=who).json()["items"]
    assert [one["flags"] for one in told] == [[], ["fever"]] and told[0]["seat"] is None
    riders = get(world, f"journeys/{GUEST}", world.server.role(Role.PLANNER))
    assert riders["seat"] == told[1]["seat"] is not None


def test_nobody_says_what_is_the_other_sides_to_say(world: World) -> None:
    at(world, 2, 6)
    trip = {"plan_id": PLAN_ID, "trip_id": "T2"}

    def asked(who: Mapping[str, str], kind: str, **told: Any) -> str:
        one = {"kind": kind, "nonce": f"side-{next(_NONCES):08}", "at": world.server.clock().isoformat()}
        body = {"events": [{**one, **told}]}
        (outcome,) = world.server.client.post("/v1/events", json=body, headers=who).json()["items"]
        return str(outcome["code"] or outcome["outcome"])

    hotel, worker = world.server.role(Role.HOTEL, HOTEL), world.server.role(Role.WORKER, GUEST)
    for side, becomes in (("carrier", "not_allowed"), ("receiver", "recorded")):
        signs = {"place_id": HOTEL, "says": {"side": side}, "details": {"name": "李四"}}
        assert asked(hotel, "signed", **trip, **signs) == becomes
    for where, becomes in (("hotel", "not_allowed"), ("door", "not_allowed"), ("home", "recorded")):
        says = {"says": {"where": where}, "details": {"temperature": "36.5"}}
        assert asked(worker, "measured", worker_id=GUEST, **says) == becomes


def test_a_bed_that_others_have_is_flagged(world: World) -> None:
    hotel = world.server.role(Role.HOTEL, HOTEL)
    at(world, 2, 10)
    assert say(world, hotel, "checked_in", worker_id="WA2", place_id=HOTEL, says={"room": "S1"}) in (
        [],
        ["unexpected_room"],
    )
    flags = say(world, hotel, "checked_in", worker_id="WA1", place_id=HOTEL, says={"room": "S1"})
    assert "room_taken" in flags
    assert say(world, hotel, "room_moved", worker_id="WA1", place_id=HOTEL, says={"room": "S2"}) == []


def test_health_problems_are_not_told_to_enterprises(world: World) -> None:
    hotel = world.server.role(Role.HOTEL, HOTEL)
    at(world, 3, 1)
    say(
        world,
        hotel,
        "measured",
        worker_id=GUEST,
        place_id=HOTEL,
        says={"where": "hotel"},
        details={"temperature": "38.0"},
    )
    with world.server.services.database.read() as c:
        (row,) = c.execute(select(item)).all()
    assert (row.code, row.category, row.enterprise_id) == ("fever", "health", None)
    assert get(world, "items", world.server.role(Role.ENTERPRISE, "ENT-A"))["items"] == []


def test_kits_are_a_ledger_and_giving_out_more_than_there_is_is_flagged(world: World) -> None:
    hotel, planner = world.server.role(Role.HOTEL, HOTEL), world.server.role(Role.PLANNER)
    masks = {"kit": "mask", "count": 100}
    assert say(world, hotel, "kits_received", place_id=HOTEL, says=masks) == []
    assert say(world, hotel, "kits_issued", place_id=HOTEL, says={"kit": "mask", "count": 60}) == []
    assert say(world, hotel, "kits_issued", place_id=HOTEL, says={"kit": "mask", "count": 60}) == [
        "stock_short"
    ]
    say(world, planner, "kits_received", place_id="FL-A", says={"kit": "thermometer", "count": 2})
    told = get(world, "kits", hotel)
    assert [p["place_id"] for p in told["places"]] == [HOTEL]
    assert told["stock"] == [{"place_id": HOTEL, "kit": "mask", "count": -20}]
    assert [m["count"] for m in told["moves"]] == [-60, -60, 100]
    assert [s["place_id"] for s in get(world, "kits", world.server.role(Role.CARRIER, "车队A"))["stock"]] == [
        "FL-A"
    ]
    page = get(world, "kits?limit=1", planner)
    assert len(get(world, f"kits?before={page['next']}", planner)["moves"]) == 3
    say(world, planner, "voided", says={"event": told["moves"][0]["seq"]}, details={"note": "twice"})
    assert get(world, "kits", hotel)["stock"][0]["count"] == 40


def test_one_side_of_a_trip_takes_back_what_it_reported_itself(world: World) -> None:
    planner, trip = world.server.role(Role.PLANNER), {"plan_id": PLAN_ID, "trip_id": "T2"}
    carrier, colleague = (world.server.role(Role.CARRIER, "车队A") for _ in range(2))
    hotel = world.server.role(Role.HOTEL, HOTEL)

    def last() -> int:
        return int(get(world, "events?limit=1000", planner)["items"][-1]["seq"])

    def void(who: Mapping[str, str], seq: int) -> str:
        one = {"kind": "voided", "nonce": f"void-{next(_NONCES):08}", "at": world.server.clock().isoformat()}
        body = {"events": [{**one, "says": {"event": seq}, "details": {"note": "mistake"}}]}
        (outcome,) = world.server.client.post("/v1/events", json=body, headers=who).json()["items"]
        return str(outcome["code"] or outcome["outcome"])

    say(world, carrier, "delayed", says={"minutes": 90}, **trip)
    assert void(colleague, last()) == "recorded"
    say(world, planner, "delayed", says={"minutes": 90}, **trip)  # the coach is late, whatever it says
    assert void(carrier, last()) == "not_found"
    say(world, hotel, "kits_received", place_id=HOTEL, says={"kit": "mask", "count": 100})
    assert void(carrier, last()) == "not_found"
    signed = {"place_id": HOTEL, "says": {"side": "carrier"}, "details": {"name": "李四"}}
    say(world, planner, "signed", **signed, **trip)
    assert void(hotel, last()) == "not_found"  # which signs for those who receive
    assert void(planner, last()) == "recorded"


def test_an_enterprise_sees_its_own_arrive(world: World) -> None:
    firm, planner = world.server.role(Role.ENTERPRISE, "ENT-A"), world.server.role(Role.PLANNER)
    at(world, 2, 0)
    desk = get(world, "enterprises/ENT-A/desk", firm)
    assert {w["worker_id"] for w in desk["awaited"]} >= {"WA1", "WA2"}
    assert [t["riders"] for t in desk["coming"]] == [["WA1"]]
    trip = {"plan_id": PLAN_ID, "trip_id": "T1", "worker_id": "WA1"}
    say(world, planner, "boarded", **trip)
    say(world, planner, "alighted", place_id="ENT-A", **trip)
    assert [
        w["may_arrive"]
        for w in get(world, "enterprises/ENT-A/desk", firm)["awaited"]
        if w["worker_id"] == "WA1"
    ] == [True]
    say(world, firm, "arrived", worker_id="WA1", place_id="ENT-A")
    assert "WA1" not in {w["worker_id"] for w in get(world, "enterprises/ENT-A/desk", firm)["awaited"]}
    say(world, planner, "withdrew", worker_id=GUEST)
    desk = get(world, "enterprises/ENT-A/desk", firm)
    assert [(w["worker_id"], w["state"]) for w in desk["stayed_away"]] == [(GUEST, "withdrawn")]
    assert GUEST not in {w["worker_id"] for w in desk["awaited"]}
    steps = get(world, "journeys/WA1/steps", firm)
    name = world.scenario.enterprises["ENT-A"].name
    assert [s["place"] for s in steps["items"]] == [None, name, name]
    assert steps["state"] == "returned" and [s["kind"] for s in steps["items"]] == [
        "boarded",
        "alighted",
        "arrived",
    ]


def test_a_carrier_is_told_what_a_stage_lacks_but_nobodys_name(world: World) -> None:
    carrier, planner = world.server.role(Role.CARRIER, "车队A"), world.server.role(Role.PLANNER)
    at(world, 2, 0)
    say(world, planner, "boarded", plan_id=PLAN_ID, trip_id="T2", worker_id=GUEST)
    whole, part = (get(world, f"trips/{PLAN_ID}/T2/stages", who) for who in (planner, carrier))
    tasks = {t["duty"]: t for s in whole["stages"] for t in s["tasks"]}
    assert tasks["door_checks"]["lacks"] == [GUEST] and tasks["confirmed"]["lacks"] == [HOTEL]
    assert [r["state"] for r in whole["riders"]] == ["aboard"] and part["riders"] == []
    assert GUEST not in str(part) and len(part["stages"]) == 5
    assert {t["duty"]: t["done"] for s in part["stages"] for t in s["tasks"]} == {
        d: t["done"] for d, t in tasks.items()
    }


def test_a_worker_is_told_when_the_coach_is_expected_now_and_its_plate(world: World) -> None:
    planner, mine = world.server.role(Role.PLANNER), world.server.role(Role.WORKER, GUEST)
    at(world, 2, 0)
    trip = {"plan_id": PLAN_ID, "trip_id": "T2"}
    say(world, planner, "vehicle_named", says={"plate": "蒙C12345"}, details={"driver_names": ["甲"]}, **trip)
    say(world, planner, "delayed", says={"minutes": 45}, **trip)
    ride = get(world, "my/trip", mine)["ride"]
    assert ride["vehicle"] == "蒙C12345" and ride["boards_expected"] > ride["boards_at"]
