"""Papers say what their reader may see, and are withheld until they are true."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from python_calamine import CalamineWorkbook

from tests.api.server.carried_out import carry_out
from tests.api.server.conftest import Server
from tests.api.server.world import NAMES, PLAN_ID, TRIP, World, seeded
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
    assert paper(world, release, Role.WORKER, "WB2").status_code == 404
    later = paper(world, "hotels/HOT-A/papers/rooms.csv?day=2020-04-02", Role.HOTEL, "HOT-A").text
    assert len(later.splitlines()) == 1
    assert TRIP["A"] == "T2"
