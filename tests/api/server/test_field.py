"""Phones in the field: links, codes, binding, what a bound phone may do, and when that ends."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any
from urllib.parse import unquote_to_bytes

import pytest
from sqlalchemy import select

from data.accounts import By
from data.field_links import code_of
from data.rotation import rotate
from data.schema import audit, trip_code
from tests.api.server.conftest import Server
from tests.api.server.phones import BACK, TRIP_DAY, Phone, event, links_of, make_link, phone
from tests.api.server.world import PLAN_ID, World, seeded
from workforce.field import FREE_TRIES, GRACE, MOST_TRIES
from workforce.roles import Role

DESK = f"{PLAN_ID}/T2"


@pytest.fixture
def world(server: Server) -> World:
    found = seeded(server)
    server.clock.at = TRIP_DAY
    return found


@pytest.fixture
def desk(world: World) -> dict[str, str]:
    return world.server.role(Role.COORDINATOR, DESK)


def test_a_link_comes_with_its_qr_code(server: Server, desk: dict[str, str]) -> None:
    made = make_link(server, desk)
    assert made["url"].startswith("http://127.0.0.1:8000/field/") and len(made["secret"]) > 40
    svg, png = (made[name].partition(",")[2] for name in ("qr_svg", "qr_png"))
    assert b"<svg" in unquote_to_bytes(svg) and base64.b64decode(png).startswith(b"\x89PNG")
    [listed] = server.client.get(links_of(), headers=desk).json()["items"]
    assert (listed["state"], listed["role"], listed["bound"], listed["phones"]) == (
        "open",
        "coordinator",
        [],
        2,
    )
    assert made["secret"] not in str(listed)


def test_a_phone_is_bound_by_the_code_and_reports_with_its_device(
    server: Server, world: World, desk: dict[str, str]
) -> None:
    one = phone(server, make_link(server, desk), bound=False)
    assert one.manifest().status_code == 401
    asked = one.client.get(one.path)
    assert asked.status_code == 200 and 'name="code"' in asked.text and "X-Keep" not in asked.headers
    answer = one.bind()
    assert answer.status_code == 303
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie and "samesite=lax" in cookie
    page = one.client.get(one.path)
    assert "/static/field.js" in page.text and page.headers["X-Keep"] == "yes"
    manifest = one.manifest().json()
    last = world.personal["WA2"]["id_number"][-4:]
    assert [(r["worker_id"], r["name"], r["id_number"]) for r in manifest["riders"]] == [
        ("WA2", "阿工2号", "*" * 14 + last)
    ]
    [told] = one.told(event("boarded", worker_id="WA2"))
    assert told["outcome"] == "recorded"
    planner = server.role(Role.PLANNER)
    [logged] = server.client.get("/v1/events", headers=planner).json()["items"]
    [listed] = server.client.get(links_of(), headers=desk).json()["items"]
    assert logged["device"] == listed["bound"][0]["device"]
    assert (logged["plan_id"], logged["trip_id"], logged["worker_id"]) == (PLAN_ID, "T2", "WA2")
    assert one.state("WA2") == ("aboard", 1)


def test_names_are_told_only_where_they_are_asked_for_and_that_is_logged(
    server: Server, desk: dict[str, str]
) -> None:
    one = phone(server, make_link(server, desk))

    def readings() -> int:
        with server.services.database.read() as c:
            return len(c.execute(select(audit).where(audit.c.action == "personal_read")).all())

    before = readings()
    assert one.manifest(names=False).json()["riders"][0]["name"] is None
    assert readings() == before
    assert one.manifest(names=True).json()["riders"][0]["name"] == "阿工2号"
    assert readings() == before + 1


def test_a_receiver_sees_its_own_drop_and_masked_names(server: Server, desk: dict[str, str]) -> None:
    link = make_link(server, desk, role="receiver", place_id="HOT-A")
    one = phone(server, link)
    told = one.manifest().json()
    assert (told["role"], told["place_id"], [s["place_id"] for s in told["stops"]]) == (
        "hotel",
        "HOT-A",
        ["HOT-A"],
    )
    assert [(r["name"], r["pickup_id"], r["enterprise"], r["room"]) for r in told["riders"]] == [
        ("阿***", "", None, "S1")
    ]
    outcomes = one.told(
        event("counted", place_id="HOT-A", says={"heads": 1}),
        event("signed", place_id="HOT-A", says={"side": "receiver"}, details={"name": "前台"}),
        event("checked_in", worker_id="WA2", place_id="HOT-A", says={"room": "S1"}),
        event("boarded", worker_id="WA2"),
    )
    assert [o["outcome"] for o in outcomes] == ["recorded"] * 3 + ["refused"]


def test_a_receiver_is_at_a_drop_of_the_trip(server: Server, desk: dict[str, str]) -> None:
    for place in (None, "ENT-A", "HOT-B", "PU-A"):
        answer = server.client.post(links_of(), json={"role": "receiver", "place_id": place}, headers=desk)
        assert answer.status_code == 422 and answer.json()["code"] == "not_a_drop"


def test_another_trip_is_not_there_for_a_phone(server: Server, desk: dict[str, str]) -> None:
    one = phone(server, make_link(server, desk))
    outcomes = one.told(
        event("left", plan_id=PLAN_ID, trip_id="T3", says={"stop": 1}),
        event("boarded", plan_id=PLAN_ID, trip_id="T3", worker_id="WB2"),
        event("reached", plan_id=PLAN_ID, trip_id="T9", says={"stop": 1}),
    )
    assert [(o["outcome"], o["code"]) for o in outcomes] == [("refused", "not_found")] * 3
    # What else a coordinator may do with an account is nothing for a phone.
    for path in ("/v1/trips", f"/v1/trips/{PLAN_ID}/T2", "/v1/stays", "/v1/journeys", "/v1/me", links_of()):
        answer = one.client.get(path, headers=one.headers)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_allowed"), path
    assert one.client.post(links_of(), json={}, headers=one.headers).status_code == 403
    other = make_link(server, server.role(Role.COORDINATOR, f"{PLAN_ID}/T3"), trip="T3")
    assert one.client.get("/v1/field/manifest", headers={"X-Field-Link": other["link_id"]}).status_code == 401
    assert server.client.post(links_of("T3"), json={}, headers=desk).status_code == 404


def test_a_phone_voids_only_what_is_of_its_trip(server: Server, desk: dict[str, str]) -> None:
    mine = phone(server, make_link(server, desk))
    theirs = phone(server, make_link(server, server.role(Role.COORDINATOR, f"{PLAN_ID}/T3"), trip="T3"))
    [far] = theirs.told(event("boarded", worker_id="WB2"))
    [near] = mine.told(event("boarded", worker_id="WA2"))
    hotel = phone(server, make_link(server, desk, role="receiver", place_id="HOT-A"))

    def void(one: Phone, seq: int) -> dict[str, Any]:
        return one.told(event("voided", says={"event": seq}, details={"note": "mistake"}))[0]

    assert void(mine, far["seq"])["code"] == "not_found"
    assert void(hotel, near["seq"])["code"] == "not_found"  # it might not have reported that
    assert void(mine, near["seq"])["outcome"] == "recorded"
    assert (mine.state("WA2")[0], theirs.state("WB2")[0]) == ("expected", "aboard")
    assert void(mine, near["seq"])["code"] == "nothing_to_void"


def test_a_phone_on_a_carriers_link_voids_what_that_side_reported(
    server: Server, desk: dict[str, str]
) -> None:
    carrier = server.role(Role.CARRIER, "车队A")
    code = make_link(server, desk)["code"]  # which no carrier is told

    def bound(made_by: dict[str, str], **asked: Any) -> Phone:
        link = server.client.post(links_of(), json=asked, headers=made_by).json()
        return phone(server, {**link, "secret": link["url"].rpartition("/")[2], "code": code})

    receiver = {"role": "receiver", "place_id": "HOT-A"}
    mine, other, theirs = bound(carrier), bound(carrier), bound(desk)
    hotels, carriers_hotel = bound(desk, **receiver), bound(carrier, **receiver)

    def void(one: Phone, seq: int) -> str:
        told = one.told(event("voided", says={"event": seq}, details={"note": "mistake"}))[0]
        return str(told["code"] or told["outcome"])

    def late(one: Phone) -> int:
        return int(one.told(event("delayed", says={"minutes": 50}))[0]["seq"])

    def counted(one: Phone) -> int:
        return int(one.told(event("counted", place_id="HOT-A", says={"heads": 1}))[0]["seq"])

    body = {"events": [event("delayed", plan_id=PLAN_ID, trip_id="T2", says={"minutes": 70})]}
    own = server.client.post("/v1/events", json=body, headers=carrier).json()["items"][0]["seq"]
    assert [void(mine, seq) for seq in (late(mine), late(other), own)] == ["recorded"] * 3
    assert [void(mine, seq) for seq in (late(theirs), counted(hotels))] == ["not_found"] * 2
    assert void(mine, counted(carriers_hotel)) == "not_found"  # which speaks for those who receive
    assert void(carriers_hotel, counted(hotels)) == "not_found"
    assert void(carriers_hotel, counted(carriers_hotel)) == "recorded"
    assert void(theirs, late(mine)) == "recorded"


def test_walk_ins_and_wrong_coaches_are_taken_down_but_nobodys_number(
    server: Server, desk: dict[str, str]
) -> None:
    one = phone(server, make_link(server, desk))
    wrong, unknown, number = one.told(
        event("boarded", worker_id="WB2"),
        event("boarded", worker_id="walk-in-1"),
        event("boarded", worker_id="13800000012"),
    )
    assert wrong["flags"] == ["wrong_coach"] and unknown["flags"] == ["boarded_without_seat"]
    assert number["code"] == "report_names_person"
    assert set(one.manifest().json()["besides"]) == {"WB2", "walk-in-1"}


def test_two_phones_at_one_door_do_not_undo_one_another(server: Server, desk: dict[str, str]) -> None:
    link = make_link(server, desk)
    first, second = phone(server, link), phone(server, link)
    assert first.told(event("boarded", worker_id="WA2"))[0]["outcome"] == "recorded"
    stale = event("missing", worker_id="WA2", says={"why": "no_show"}, at=TRIP_DAY + timedelta(minutes=2))
    assert second.told(stale)[0]["flags"] == ["contradicted"]
    assert second.state("WA2")[0] == first.state("WA2")[0] == "aboard"


# Codes


def test_wrong_codes_are_slowed_down_for_all_links_of_the_trip_together(
    server: Server, desk: dict[str, str]
) -> None:
    links = [make_link(server, desk) for _ in range(2)]
    wrong = f"{(int(links[0]['code']) + 1) % 10_000:04d}"
    phones = [phone(server, link, bound=False) for link in links]
    for n in range(FREE_TRIES):
        assert phones[n % 2].bind(wrong).status_code == 403
    assert phones[0].bind().status_code == phones[1].bind().status_code == 429  # the right one must wait, too
    server.clock.pass_by(timedelta(seconds=2))
    assert phones[1].bind().status_code == 303
    with server.services.database.read() as c:
        failed = c.execute(select(trip_code.c.failed)).scalar_one()
        logged = c.execute(select(audit).where(audit.c.action == "field_code_wrong")).all()
    assert failed == 0 and len(logged) == FREE_TRIES and wrong not in str(logged)


def test_a_code_that_was_guessed_at_too_often_is_spent_until_the_desk_makes_another(
    server: Server, desk: dict[str, str]
) -> None:
    link = make_link(server, desk)
    one = phone(server, link, bound=False)
    for n in range(MOST_TRIES):
        server.clock.pass_by(timedelta(minutes=16) if n >= FREE_TRIES else timedelta(0))
        assert one.bind("no").status_code == 403
    server.clock.pass_by(timedelta(minutes=16))
    spent = one.bind()
    assert spent.status_code == 403 and "已停用" in spent.text
    code = server.client.post(f"/v1/trips/{PLAN_ID}/T2/code", headers=desk).json()["code"]
    assert len(code) == 4 and one.bind(code).status_code == 303


def test_a_carrier_hands_links_on_but_does_not_know_the_code(server: Server, world: World) -> None:
    carrier = server.role(Role.CARRIER, "车队A")
    assert server.client.post(links_of(), json={}, headers=carrier).status_code == 201
    assert server.client.get(f"/v1/trips/{PLAN_ID}/T2/code", headers=carrier).status_code == 403
    assert server.client.post(links_of("T3"), json={}, headers=carrier).status_code == 404


def test_the_code_lies_sealed_and_outlives_a_change_of_keys(server: Server, desk: dict[str, str]) -> None:
    code = make_link(server, desk)["code"]
    services = server.services
    with services.database.read() as c:
        assert code.encode() not in c.execute(select(trip_code.c.sealed)).scalar_one()
    rotate(services.database, services.settings.keys_file, By("tests", server.clock()), at_once=True)
    with services.database.write() as c:
        assert code_of(c, services.vault, PLAN_ID, "T2") == code


# Ends


def test_a_link_takes_as_many_phones_as_the_desk_allows(server: Server, desk: dict[str, str]) -> None:
    link = make_link(server, desk, phones=2)
    phones = [phone(server, link) for _ in range(2)]
    third = phone(server, link, bound=False)
    assert third.bind().status_code == 409
    [listed] = server.client.get(links_of(), headers=desk).json()["items"]
    device = listed["bound"][0]["device"]
    address = f"{links_of()}/{link['link_id']}/phones/{device}"
    assert server.client.delete(address, headers=desk).status_code == 204
    assert server.client.delete(address, headers=desk).status_code == 404
    assert sorted(p.manifest().status_code for p in phones) == [200, 401]
    assert third.bind().status_code == 303 and third.manifest().status_code == 200


def test_a_revoked_link_ends_its_phones_at_once(server: Server, desk: dict[str, str]) -> None:
    link = make_link(server, desk)
    one, other = phone(server, link), phone(server, make_link(server, desk))
    address = f"{links_of()}/{link['link_id']}"
    assert server.client.delete(address, headers=desk).status_code == 204
    assert server.client.delete(address, headers=desk).status_code == 404
    assert one.report(event("boarded", worker_id="WA2")).status_code == 401
    assert one.client.get(one.path).status_code == one.client.get(one.path + "/plain").status_code == 404
    assert one.send(kind="boarded", worker_id="WA2").status_code == 404
    assert one.bind().status_code == 404
    assert other.manifest().status_code == 200
    states = {i["link_id"]: i["state"] for i in server.client.get(links_of(), headers=desk).json()["items"]}
    assert states == {link["link_id"]: "revoked", other.link["link_id"]: "open"}


def test_a_link_is_over_a_day_after_its_trip_however_late_that_is(
    server: Server, desk: dict[str, str]
) -> None:
    one = phone(server, make_link(server, desk))
    server.clock.at = BACK + GRACE - timedelta(seconds=1)
    assert one.manifest().status_code == 200
    [told] = one.told(event("delayed", says={"minutes": 90}, at=server.clock.at))
    assert told["outcome"] == "recorded"
    server.clock.at = BACK + GRACE + timedelta(minutes=89)
    assert one.manifest().status_code == 200
    server.clock.at = BACK + GRACE + timedelta(minutes=90)
    assert one.manifest().status_code == one.report(event("left", says={"stop": 1})).status_code == 401
    assert one.client.get(one.path).status_code == 404
    [listed] = server.client.get(links_of(), headers=desk).json()["items"]
    assert listed["state"] == "over"


def test_a_page_of_another_site_neither_binds_nor_reports(server: Server, desk: dict[str, str]) -> None:
    one = phone(server, make_link(server, desk))
    foreign = {"Origin": "http://elsewhere.example", **one.headers}
    fields = {"kind": "boarded", "nonce": "f" * 32, "worker_id": "WA2"}
    for answer in (
        one.client.post(one.path, data={"code": one.link["code"]}, headers=foreign),
        one.client.post(one.path + "/plain", data=fields, headers=foreign),
        one.client.post("/v1/events", json={"events": [event("boarded", worker_id="WA2")]}, headers=foreign),
    ):
        assert answer.status_code == 403 and answer.json()["code"] == "foreign_origin"
    assert one.state("WA2")[0] == "expected"
