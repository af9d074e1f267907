"""A data folder in which every example of the OpenAPI document finds what it names."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import patch

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import select, update

from api.server.app import create_app, services_for
from api.server.openapi import ADDRESS_EXAMPLES, BODY_EXAMPLES
from api.server.services import Services
from api.server.settings import settings_for
from data import jobs
from data.accounts import By, add_account, add_key, new_id
from data.archives import packed, zipped_folder
from data.links import make_link
from data.passes import pass_token
from data.passwords import hashed_password
from data.plan_store import store
from data.publishing import publish
from data.reading import write_scenario
from data.schema import scenario
from data.snapshots import frozen
from tests.builders import change, make_plan, make_scenario
from workforce.roles import WITH_SUBJECT, Role

NOW = datetime(2020, 2, 20, 8, 0, tzinfo=UTC)
SIGN_IN = {"login": "li.planner", "password": "correct horse battery staple"}
SUBJECTS = {
    Role.ENTERPRISE: "E1", Role.HOTEL: "H1", Role.CARRIER: "carrier", Role.ORIGIN: "610000",
    Role.WORKER: "W1",
}  # fmt: skip
assert SUBJECTS.keys() == WITH_SUBJECT


@dataclass(frozen=True)
class Seed:
    """Files of a seeded server, a key for each role, and what some bodies are made of.

    Attributes:
        ids: of what is there, by the name that parts of paths have.
    """

    folder: Path
    keys: dict[Role, str]
    ids: dict[str, str]
    scenario: bytes
    plan: bytes

    @contextmanager
    def server(self, folder: Path, **settings: Any) -> Iterator[tuple[FastAPI, TestClient]]:
        """A server over a copy in this folder."""
        shutil.copytree(self.folder, folder)
        app = create_app(_services(folder, **settings))
        with TestClient(app, raise_server_exceptions=False) as client:
            yield app, client

    def headers(self, role: Role) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.keys[role]}"}


def seed(folder: Path) -> Seed:
    services = _services(folder / "data")
    by, keys, ids = (
        By("tests", NOW),
        {},
        {name: told for name, told in ADDRESS_EXAMPLES.items() if name != "table"},
    )
    password_hash = hashed_password(SIGN_IN["password"])
    with services.database.write() as c:
        for role in Role:
            signs_in = (SIGN_IN["login"], password_hash) if role is Role.PLANNER else ()
            account = add_account(c, by, role, str(role), SUBJECTS.get(role), *signs_in)
            _, keys[role] = add_key(c, by, account, "tests", ("read", "write"), None)
        other = add_account(c, by, Role.ENTERPRISE, "the other enterprise", "E2")
        key_id, other_key = add_key(c, by, other, "tests", ("read", "write"), None)
        ids |= {"account_id": other, "key_id": key_id}
    known = change(make_scenario(), "enterprises", "E1", contact="王敏", phone="0473-2998888")
    write_scenario(change(known, "workers", "W1", phone="13800138002"), folder / "scenario")
    plan = packed(make_plan(make_scenario()))
    found = Seed(folder / "data", keys, ids, zipped_folder(folder / "scenario"), plan)
    client, headers = TestClient(create_app(services)), found.headers(Role.PLANNER)

    def ask(method: str, path: str, key: str = keys[Role.PLANNER], **sent: Any) -> Any:
        sent["headers"] = {"Authorization": f"Bearer {key}", **sent.pop("headers", {})}
        answer = client.request(method, path, **sent)
        assert answer.is_success, (path, answer.text)
        return answer.json() if answer.content else None

    ask("POST", "/v1/imports", content=found.scenario, headers={"Content-Type": "application/zip"})
    first = ask("POST", "/v1/scenarios", json={"name": "first"})["scenario_id"]
    as_it_is = client.get("/v1/records/pickups/P1", headers=headers).headers["ETag"]
    ask("PUT", "/v1/records/pickups/P1", json=BODY_EXAMPLES["put_record"], headers={"If-Match": as_it_is})
    second = ask("POST", "/v1/scenarios", json={"name": "second"})["scenario_id"]
    ids["published"] = _store_plans(services, by, plan, first, second)

    vacancy = {"vacancy_id": "V9", "enterprise_id": "E1", "occupation": "焊工", "headcount": 5}
    ask("PUT", "/v1/records/vacancies/V9", json={**vacancy, "fill_by": "2020-03-10"},
        headers={"If-None-Match": "*"})  # fmt: skip
    worker = {"工号": "1", "姓名": "王小明", "身份证号": "110101199003074477", "住址": "甘肃省兰州市城关区",
              "最早出发日期": "2020-02-24", "最迟到达日期": "2020-03-08"}  # fmt: skip
    for key in (keys[Role.ENTERPRISE], other_key):  # both claim this person
        ids["submission_id"] = ask("POST", "/v1/submissions/workers", key, json=[worker])["submission_id"]
    with services.database.write() as c:
        make_link(c, by, "W1", NOW + timedelta(days=30))
    ids["item_id"] = ask("GET", "/v1/items")["items"][0]["item_id"]
    ids["worker_id"], ids["vacancy_id"] = "W1", "V9"
    says = {"title": "第一批返岗", "liaison": {"name": "李芳", "phone": "0473-2998888"}}
    made = ask("POST", "/v1/return-plans", keys[Role.ENTERPRISE], json=says)
    ids["return_plan_id"] = made["return_plan_id"]
    traced = {"worker_id": "W1", "symptoms_at": "2020-02-19T20:00:00+08:00"}
    ids["trace_id"] = ask("POST", "/v1/traces", keys[Role.HEALTH], json=traced)["trace_id"]
    noted = {"kind": "noted", "nonce": "seeded-note", "at": NOW.isoformat(), "details": {"note": "一切就绪"}}
    ask("POST", "/v1/events", json={"events": [noted]})
    services.publisher.publish(services.database, NOW)
    with (
        patch("data.field_links.new_id", lambda prefix: ADDRESS_EXAMPLES["link_id"]),
        patch(
            "data.accounts.new_id",
            lambda prefix: ADDRESS_EXAMPLES["device"] if prefix == "k_" else new_id(prefix),
        ),
    ):
        path = f"/v1/trips/{ids['published']}/T1"
        link = ask("POST", f"{path}/links", json={})
        code = ask("GET", f"{path}/code")["code"]
        bound = client.post("/field/" + link["url"].rpartition("/")[2], data={"code": code})
        assert bound.history, bound.text
    with services.database.write() as c:
        ids["token"] = pass_token(c, (ids["published"], "T1"))
    ask("POST", "/v1/session", json=SIGN_IN)
    ids["session_id"] = client.get("/v1/me/sessions").json()[0]["session_id"]
    services.database.close()
    return found


def _store_plans(services: Services, by: By, plan: bytes, first: str, second: str) -> str:
    """A published plan, whose id it returns, and one that may still be changed, with its job."""
    scenario_id = ADDRESS_EXAMPLES["scenario_id"]
    with (
        patch("data.jobs.new_id", lambda prefix: ADDRESS_EXAMPLES["job_id"]),
        patch("data.plan_store.new_id", lambda prefix: ADDRESS_EXAMPLES["plan_id"]),
        services.database.write() as c,
    ):
        c.execute(update(scenario).where(scenario.c.id == second).values(id=scenario_id))
        job_id = jobs.add_job(c, by, scenario_id, {"time_limit": 60.0, "work_limit": None, "seed": 0})
        leased = jobs.take_job(c, "tests", NOW)
        assert leased is not None
        jobs.finish(c, leased, NOW, store(c, by, scenario_id, plan, [], job_id))
    with services.database.write() as c:
        published = store(c, by, first, plan, [])
        content = c.execute(select(scenario.c.content).where(scenario.c.id == first)).scalar_one()
        publish(c, by, published, 1, frozen(content), services.rosters)
    return published


def _services(folder: Path, **settings: Any) -> Services:
    return services_for(settings_for(folder, {}, planners=0, **settings), lambda: NOW)
