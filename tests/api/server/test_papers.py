"""Papers say what their reader may see, and are withheld until they are true."""

from __future__ import annotations

import csv
import io
import re
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select, update

from api.server.routes import papers as routes
from api.server.routes.passes import WORDS
from data.schema import audit
from data.schema import plan as plan_table
from tests.api.server.carried_out import carry_out
from tests.api.server.conftest import Server
from tests.api.server.phones import links_of, make_link
from tests.api.server.world import NAMES, PLAN_ID, TRIP, World, seeded
from workforce.closed_loop import BEIJING
from workforce.roles import Role

POOLED = "T1"


@pytest.fixture
def world(server: Server) -> World:
    return seeded(server)


def paper(world: World, address: str, role: Role, subject: str | None = None) -> Any:
    return world.server.client.get(f"/v1/{address}", headers=world.server.role(role, subject))


def of_trip(trip: str, name: str) -> str:
    return f"trips/{PLAN_ID}/{trip}/papers/{name}"


def test_a_manifest_names_its_riders_and_the_last_four_digits(world: World) -> None:
    mine = f"{PLAN_ID}/{POOLED}"
    page = paper(world, of_trip(POOLED, "manifest.html"), Role.COORDINATOR, mine).text
    for worker in world.plan.riders[POOLED]:
        personal = world.personal[worker.worker_id]
        assert personal["name"] in page
        assert personal["id_number"] not in page and personal["id_number"][-4:] in page
    pdf = paper(world, of_trip(POOLED, "manifest.pdf"), Role.COORDINATOR, mine)
    assert pdf.content.startswith(b"%PDF") and pdf.headers["content-type"] == "application/pdf"
    sheet = paper(world, of_trip(POOLED, "manifest.xlsx"), Role.COORDINATOR, mine)
    book = CalamineWorkbook.from_filelike(io.BytesIO(sheet.content))
    assert len(book.sheet_names) == 3
    rows = list(csv.reader(io.StringIO(paper(world, of_trip(POOLED, "manifest.csv"), Role.PLANNER).text)))
    assert len(rows) == 1 + len(world.plan.riders[POOLED])
    digits = {world.personal[worker.worker_id]["id_number"][-4:] for worker in world.plan.riders[POOLED]}
    assert {row[2] for row in rows} == {"证件末四位 Id, last four", *digits}


def test_the_device_code_stands_on_the_manifest_of_those_who_bind_phones(world: World) -> None:
    mine, address = f"{PLAN_ID}/{POOLED}", of_trip(POOLED, "manifest.html")
    code = paper(world, f"trips/{PLAN_ID}/{POOLED}/code", Role.PLANNER).json()["code"]
    for role, subject in ((Role.COORDINATOR, mine), (Role.PLANNER, None)):
        page = paper(world, address, role, subject).text
        assert f"设备码 Device code</dt><dd>{code}</dd>" in page
        assert "新建链接" in page and "/field/" not in page  # there is no link yet
    for role, subject in ((Role.ENTERPRISE, "ENT-A"), (Role.HOTEL, "HOT-A")):
        told = paper(world, address, role, subject)
        assert "设备码" not in told.text and "新建链接" not in told.text, role
    with world.server.services.database.read() as c:
        read = c.execute(select(audit.c.subject).where(audit.c.action == "field_code_read")).scalars().all()
    assert read == [mine] * 3


def test_the_manifest_leads_to_the_newest_link_that_works(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    monkeypatch.setattr(routes, "paper_page", lambda document: made.append(document) or "")
    planner = world.server.role(Role.PLANNER)

    def leads_to(role: Role = Role.PLANNER, subject: str | None = None) -> str | None:
        assert paper(world, of_trip(POOLED, "manifest.html"), role, subject).status_code == 200
        code: str | None = made[-1].code
        told = [value for label, value in made[-1].facts if label.en == "Page for phones"]
        assert told == ([] if code is None else [code])
        return code

    first = make_link(world.server, planner, trip=POOLED)
    world.server.clock.pass_by(timedelta(minutes=1))
    second = make_link(world.server, planner, trip=POOLED)
    make_link(world.server, planner, trip=POOLED, role="receiver", place_id="ENT-A")
    assert leads_to() == leads_to(Role.COORDINATOR, f"{PLAN_ID}/{POOLED}") == second["url"]
    assert world.server.client.get(urlsplit(second["url"]).path).status_code == 200
    assert leads_to(Role.ENTERPRISE, "ENT-A") is None
    world.server.client.delete(f"{links_of(POOLED)}/{second['link_id']}", headers=planner)
    assert leads_to() == first["url"]
    world.server.clock.pass_by(timedelta(days=60))
    assert leads_to() is None
    assert paper(world, of_trip(POOLED, "manifest.pdf"), Role.PLANNER).content.startswith(b"%PDF")


def test_an_enterprise_sees_its_own_riders_alone(world: World) -> None:
    for name in ("manifest.html", "roster.html", "seats.html"):
        page = paper(world, of_trip(POOLED, name), Role.ENTERPRISE, "ENT-A").text
        assert world.personal["WA1"]["name"] in page
        assert world.personal["WB1"]["name"] not in page and "WB1" not in page


def test_whole_numbers_are_for_the_planner_and_for_a_reason(world: World) -> None:
    whole = world.personal["WA1"]["id_number"]
    address = of_trip(POOLED, "roster.html")
    assert whole not in paper(world, address, Role.PLANNER).text
    assert whole in paper(world, f"{address}?why=checkpoint asks", Role.PLANNER).text
    assert paper(world, f"{address}?why=curious", Role.ENTERPRISE, "ENT-A").status_code == 403
    audit = paper(world, "audit", Role.AUDITOR).json()["items"]
    assert "checkpoint asks" in {one["reason"] for one in audit if one["action"] == "personal_read"}


def test_a_carrier_sees_the_pass_and_no_people(world: World) -> None:
    for name in ("manifest.html", "roster.html", "seats.html"):
        assert paper(world, of_trip(POOLED, name), Role.CARRIER, "车队A").status_code == 403
    carry_out(world)
    page = paper(world, of_trip(POOLED, "pass.html"), Role.CARRIER, "车队A").text
    assert "驾驶员1" in page and "蒙C" in page
    assert not any(personal["name"] in page for personal in world.personal.values())


def at_local(moment: str) -> datetime:
    return datetime.fromisoformat(moment).replace(tzinfo=BEIJING)


def say(world: World, kind: str, says: dict[str, Any], details: Any = None, **about: str) -> None:
    report = {
        "kind": kind, "at": world.server.clock.at.isoformat(),
        "nonce": "-".join(["of-pass", kind, *about.values()]),
        "plan_id": PLAN_ID, "trip_id": POOLED, "says": says, "details": details or {},
        **{f"{name}_id": value for name, value in about.items()},
    }  # fmt: skip
    planner = world.server.role(Role.PLANNER)
    told = world.server.client.post("/v1/events", json={"events": [report]}, headers=planner).json()
    assert told["items"][0]["outcome"] == "recorded", told


def scanned(world: World) -> str:
    """Where the QR code of the pass leads."""
    document: list[Any] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(routes, "paper_page", lambda one: document.append(one) or "")
        assert paper(world, of_trip(POOLED, "pass.html"), Role.PLANNER).status_code == 200
    return urlsplit(document[0].code).path


def checked(world: World, path: str) -> Any:
    """What an officer without an account sees; page and API say the same."""
    page = world.server.client.get(path)
    told = world.server.client.get(path.replace("/pass/", "/v1/passes/")).json()
    assert page.status_code == 200 and page.headers["cache-control"] == "no-store"
    words = {state: words for state, words in WORDS.items() if words.zh in page.text}
    assert told["state"] in words and words[told["state"]].en in page.text
    assert ('class="verdict good"' in page.text) is told["valid"] is (told["state"] == "valid")
    return told


def test_whoever_scans_the_pass_is_told_whether_it_is_good(world: World) -> None:
    clock = world.server.clock
    for side in ("A", "B"):
        say(world, "destination_confirmed", {"heads": 1}, place=f"ENT-{side}")
    path = scanned(world)
    assert re.fullmatch(r"/pass/[\w-]{22}", path) and scanned(world) == path
    assert checked(world, path)["state"] == "no_plate"
    say(world, "vehicle_named", {"plate": "蒙C12345"}, {"driver_names": ["驾驶员甲", "驾驶员乙"]})
    told = checked(world, path)
    assert told["state"] == "not_yet"
    clock.at += timedelta(days=30)
    assert checked(world, path)["state"] == "over"
    begin, end = told["valid_from"], told["valid_until"]
    clock.at = at_local(begin)
    told = checked(world, path)
    assert (told["valid"], told["plate"], told["drivers"], told["trip_id"]) == (True, "蒙C12345", 2, POOLED)
    assert [s["name"] for s in told["stops"] if s["kind"] == "drop"]
    clock.at = at_local(end) - timedelta(seconds=1)
    assert checked(world, path)["valid"]
    clock.at = at_local(end)
    assert checked(world, path)["state"] == "over"
    clock.at = at_local(begin)
    say(world, "destination_declined", {}, place="ENT-A")
    assert checked(world, path)["state"] == "not_confirmed"
    say(world, "trip_cancelled", {})
    assert checked(world, path)["state"] == "cancelled"
    with world.server.services.database.write() as c:
        c.execute(update(plan_table).values(published_at=None))
    assert checked(world, path)["state"] == "withdrawn"


def test_a_checked_pass_names_nobody_and_cannot_be_guessed(world: World) -> None:
    carry_out(world)
    path = scanned(world)
    for address in (path, path.replace("/pass/", "/v1/passes/")):
        told = world.server.client.get(address).text
        assert "驾驶员1" not in told
        for worker, personal in world.personal.items():
            assert not [word for word in (worker, *personal.values()) if word in told]
    for token in ("x", path.rpartition("/")[2][:-1], PLAN_ID):
        page = world.server.client.get(f"/pass/{token}")
        assert page.status_code == 404 and "查无此证" in page.text and "there is no such pass" in page.text
        assert world.server.client.get(f"/v1/passes/{token}").json()["code"] == "not_found"


def test_the_pass_is_withheld_until_every_destination_has_confirmed(world: World) -> None:
    address = of_trip(POOLED, "pass.pdf")
    refused = paper(world, address, Role.PLANNER)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_confirmed")

    def confirm(side: str) -> None:
        report = {
            "kind": "destination_confirmed", "nonce": f"confirm-{side}", "at": "2020-02-20T08:00:00Z",
            "plan_id": PLAN_ID, "trip_id": POOLED, "place_id": f"ENT-{side}", "says": {"heads": 1},
        }  # fmt: skip
        headers = world.server.role(Role.ENTERPRISE, f"ENT-{side}")
        assert world.server.client.post("/v1/events", json={"events": [report]}, headers=headers).is_success

    confirm("A")
    assert paper(world, address, Role.PLANNER).status_code == 409
    confirm("B")
    assert paper(world, address, Role.PLANNER).content.startswith(b"%PDF")


def test_a_destination_to_which_nobody_comes_is_not_waited_for(world: World) -> None:
    say(world, "destination_confirmed", {"heads": 1}, place="ENT-A")
    say(world, "vehicle_named", {"plate": "蒙C12345"}, {"driver_names": ["驾驶员甲"]})
    assert paper(world, of_trip(POOLED, "pass.csv"), Role.PLANNER).status_code == 409
    say(world, "withdrew", {}, worker="WB1")
    page = paper(world, of_trip(POOLED, "pass.html"), Role.PLANNER)
    confirmed = page.text.partition("Confirmed by")[2].partition("</tr>")[0]
    assert f"{NAMES['A']}厂" in confirmed and f"{NAMES['B']}厂" not in confirmed


def test_a_room_list_and_a_certificate_of_release(world: World) -> None:
    guests = paper(world, "hotels/HOT-A/papers/rooms.html?day=2020-03-02", Role.HOTEL, "HOT-A").text
    assert world.personal["WA2"]["name"] in guests and f"{NAMES['A']}旅馆" in guests
    assert paper(world, "hotels/HOT-B/papers/rooms.html", Role.HOTEL, "HOT-A").status_code == 404
    release = "journeys/WA2/papers/release.pdf"
    refused = paper(world, release, Role.HEALTH)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_released")
    carry_out(world)
    assert paper(world, release, Role.HEALTH).content.startswith(b"%PDF")
    page = paper(world, "journeys/WA2/papers/release.html", Role.WORKER, "WA2").text
    assert "HOT-A-WA2" in page and "2020-03-02" in page
    assert f"{NAMES['A']}旅馆" in page  # where they were, not where they are
    assert f"last four</dt><dd>{world.personal['WA2']['id_number'][-4:]}</dd>" in page
    assert paper(world, release, Role.WORKER, "WB2").status_code == 404
    later = paper(world, "hotels/HOT-A/papers/rooms.csv?day=2020-04-02", Role.HOTEL, "HOT-A").text
    assert len(later.splitlines()) == 1
    assert TRIP["A"] == "T2"


def report(world: World, kind: str, at: str, worker: str, **told: Any) -> int:
    one = {"kind": kind, "nonce": f"{kind}-{worker}-{at[:13]}", "at": at, "worker_id": worker, **told}
    body = {"events": [one]}
    answer = world.server.client.post("/v1/events", json=body, headers=world.server.role(Role.PLANNER))
    (outcome,) = answer.json()["items"]
    assert outcome["outcome"] == "recorded", outcome
    return int(outcome["seq"])


def test_a_room_list_names_who_is_there_in_fact(world: World) -> None:
    def rooms() -> list[list[str]]:
        text = paper(world, "hotels/HOT-A/papers/rooms.csv?day=2020-03-03", Role.HOTEL, "HOT-A").text
        return [row[:2] for row in list(csv.reader(io.StringIO(text)))[1:]]

    world.server.clock.at = datetime(2020, 3, 3, 12, tzinfo=BEIJING)
    (planned, name), other = rooms()[0], world.personal["WB2"]["name"]
    assert (planned, name) == (world.plan.stay_of["WA2"].room, world.personal["WA2"]["name"])
    at = "2020-03-02T18:00:00+08:00"
    report(world, "checked_in", at, "WB2", place_id="HOT-A", says={"room": "301"})
    assert sorted(rooms()) == sorted([[planned, name], ["301", other]])
    report(world, "checked_in", at, "WA2", place_id="HOT-B", says={"room": "S2"})
    assert rooms() == [["301", other]]


def test_an_early_release_is_recorded_and_gets_no_certificate(world: World) -> None:
    world.server.clock.at = datetime(2020, 4, 1, 12, tzinfo=BEIJING)
    stay = world.plan.stay_of["WA2"]
    report(
        world, "checked_in", f"{stay.check_in}T18:00:00+08:00", "WA2", place_id="HOT-A", says={"room": "S1"}
    )
    report(world, "released", f"{stay.check_in + timedelta(days=1)}T09:00:00+08:00", "WA2", place_id="HOT-A")
    release = "journeys/WA2/papers/release.html"
    refused = paper(world, release, Role.HEALTH)
    assert (refused.status_code, refused.json()["code"]) == (409, "released_early")
    assert stay.check_out.isoformat() in refused.text
    in_time = f"{stay.check_out}T09:00:00+08:00"
    seq = report(world, "released", in_time, "WA2", place_id="HOT-A", says={"certificate": "C-7"})
    assert "C-7" in paper(world, release, Role.HEALTH).text
    # One that is voided proves nothing.
    report(world, "voided", in_time, "WA2", says={"event": seq}, details={"note": "误登"})
    assert paper(world, release, Role.HEALTH).json()["code"] == "released_early"
