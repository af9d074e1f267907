"""Enterprises' contacts over HTTP: sealed, masked, read one by one for a reason, erased."""

from __future__ import annotations

import io
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from api.server.housekeeping import forget_people
from data.rotation import rotate
from data.schema import metadata, person, scenario
from data.vault import read_vault
from tests.api.server.conftest import Server
from tests.api.server.planning import ZIP, freeze
from tests.api.server.test_personal import REASON, everything
from tests.api.server.world import World, seeded
from workforce.roles import Role

NAME, PHONE = "阿尔法联络", "13900000001"
AT = "/v1/records/enterprises/ENT-A"


@pytest.fixture
def world(server: Server) -> World:
    return seeded(server)


def at_rest(server: Server) -> str:
    """All that the database says to whoever has no key, scenarios unpacked."""
    told = []
    with server.services.database.read() as c:
        for table in metadata.sorted_tables:
            told += [str(tuple(row)) for row in c.execute(select(table))]
        for content in c.execute(select(scenario.c.content)).scalars():
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                told += [archive.read(name).decode() for name in archive.namelist()]
    return "\n".join(told)


def put(server: Server, headers: dict[str, str], **changes: Any) -> Any:
    found = server.client.get(AT, headers=headers)
    cells = {**found.json()["cells"], **changes}
    sent = {**headers, "If-Match": found.headers["ETag"]}
    return server.client.put(AT, json={k: v for k, v in cells.items() if v is not None}, headers=sent)


def contact(server: Server, headers: dict[str, str]) -> Any:
    return server.client.get("/v1/enterprises/ENT-A/contact", params=REASON, headers=headers)


def test_a_contact_lies_nowhere_unsealed(world: World) -> None:
    server = world.server
    own = server.role(Role.ENTERPRISE, "ENT-A")
    assert put(server, own, contact="陈联络", phone="13900000009").status_code == 200
    told = at_rest(server)
    assert not [word for word in (NAME, PHONE, "陈联络", "13900000009") if word in told]


def test_it_is_read_for_a_reason_that_is_logged(world: World) -> None:
    server = world.server
    own, other = (server.role(Role.ENTERPRISE, name) for name in ("ENT-A", "ENT-B"))
    assert server.client.get("/v1/enterprises/ENT-A/contact", headers=own).status_code == 422
    assert contact(server, other).status_code == 404
    told = contact(server, own).json()
    assert (told["name"], told["phone"]) == (NAME, PHONE)
    auditor = server.role(Role.AUDITOR)
    (logged,) = server.client.get("/v1/audit?action=personal_read", headers=auditor).json()["items"]
    assert (logged["subject"], logged["reason"]) == (told["liaison_id"], REASON["reason"])


def test_a_row_that_is_put_back_as_it_was_shown_keeps_its_contact(world: World) -> None:
    server, own = world.server, world.server.role(Role.ENTERPRISE, "ENT-A")
    before = contact(server, own).json()
    assert put(server, own, present=9).json()["cells"]["contact"] == "阿****"
    assert contact(server, own).json() == before
    assert put(server, own, phone="13900000009").status_code == 200
    assert (contact(server, own).json()["name"], contact(server, own).json()["phone"]) == (
        NAME,
        "13900000009",
    )
    assert put(server, own, contact=None, phone=None).status_code == 200
    assert contact(server, own).status_code == 404


def test_an_export_without_a_reason_comes_in_again_and_loses_no_name(world: World) -> None:
    server, planner = world.server, world.server.role(Role.PLANNER)
    at = f"/v1/scenarios/{world.scenario_id}/export"
    content = server.client.get(at, headers=planner).content
    assert NAME.encode() not in b"".join(
        zipfile.ZipFile(io.BytesIO(content)).read(n) for n in zipfile.ZipFile(io.BytesIO(content)).namelist()
    )
    done = server.client.post("/v1/imports", content=content, headers={**planner, "Content-Type": ZIP})
    assert set(done.json()["changed"].values()) == {0}
    assert contact(server, planner).json()["phone"] == PHONE
    read = server.client.get("/v1/workers/WA1/personal", params=REASON, headers=planner).json()
    assert read["name"] == world.personal["WA1"]["name"]
    named = server.client.get(at, params=REASON, headers=planner).content
    with zipfile.ZipFile(io.BytesIO(named)) as archive:
        assert PHONE in archive.read("enterprises.csv").decode()


def test_keys_are_changed_for_contacts_too(world: World) -> None:
    from data.accounts import By

    server, planner = world.server, world.server.role(Role.PLANNER)
    ring = server.services.settings.keys_file
    assert rotate(server.services.database, ring, By("tests", server.clock()), at_once=True) is None
    with server.services.database.read() as c:
        assert {*c.execute(select(person.c.key_id)).scalars()} == {read_vault(ring).newest}
    assert contact(server, planner).json()["phone"] == PHONE


def test_whoever_is_erased_is_a_contact_no_more_and_no_link_is_made_for_a_contact(world: World) -> None:
    server, planner = world.server, world.server.role(Role.PLANNER)
    liaison_id = contact(server, planner).json()["liaison_id"]
    assert server.client.post(f"/v1/workers/{liaison_id}/link", json={}, headers=planner).status_code == 404
    erased = server.client.post(f"/v1/workers/{liaison_id}/erase", json=REASON, headers=planner)
    assert erased.status_code == 200
    assert contact(server, planner).status_code == 404
    assert "contact" not in server.client.get(AT, headers=planner).json()["cells"]
    told = everything(server)
    assert NAME not in told and PHONE not in told and "贝塔联络" in told
    freeze(server, planner)


def test_retention_reaches_contacts_and_officers_when_nobody_of_theirs_is_expected(world: World) -> None:
    server, planner = world.server, world.server.role(Role.PLANNER)
    own = server.role(Role.ENTERPRISE, "ENT-A")
    liaison = {"name": "李专员", "phone": "13900000008"}
    made = server.client.post("/v1/return-plans", json={"title": "一", "liaison": liaison}, headers=own)
    at = f"/v1/return-plans/{made.json()['return_plan_id']}"
    object.__setattr__(server.services.settings, "retention_days", 30)
    server.clock.pass_by(timedelta(days=31))  # 22 March: people were expected until the eighth
    assert forget_people(server.services, server.clock()) == 0
    server.clock.pass_by(timedelta(days=17))
    assert forget_people(server.services, server.clock()) > 0
    assert contact(server, planner).status_code == 404
    assert server.client.get(f"{at}/liaison", params=REASON, headers=own).status_code == 404
    assert server.client.get(at, headers=own).json()["liaison"] == {}
    assert "李专员" not in everything(server)
