"""A data folder in which every example of the OpenAPI document finds what it names."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import patch

from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import update

from api.server.app import create_app, services_for
from api.server.openapi import BODY_EXAMPLES, PATH_EXAMPLES
from api.server.services import Services
from api.server.settings import settings_for
from data import jobs
from data.accounts import By, add_account, add_key
from data.archives import packed, zipped_folder
from data.plan_store import store
from data.reading import write_scenario
from data.schema import scenario
from tests.builders import make_plan, make_scenario
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
    """Files of a seeded server, a key for each role, and what some bodies are made of."""

    folder: Path
    keys: dict[Role, str]
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
    by, keys = By("tests", NOW), {}
    with services.database.write() as c:
        for role in Role:
            login = SIGN_IN["login"] if role is Role.PLANNER else None
            account = add_account(
                c, by, role, str(role), SUBJECTS.get(role), login, SIGN_IN["password"] if login else None
            )
            _, keys[role] = add_key(c, by, account, "tests", ("read", "write"), None)
    write_scenario(make_scenario(), folder / "scenario")
    plan = packed(make_plan(make_scenario()))
    found = Seed(folder / "data", keys, zipped_folder(folder / "scenario"), plan)
    client, headers = TestClient(create_app(services)), found.headers(Role.PLANNER)
    zipped = {**headers, "Content-Type": "application/zip"}
    assert client.post("/v1/imports", content=found.scenario, headers=zipped).status_code == 200
    pickup = BODY_EXAMPLES["put_record"]
    as_it_is = client.get("/v1/records/pickups/P1", headers=headers).headers["ETag"]
    client.put("/v1/records/pickups/P1", json=pickup, headers={**headers, "If-Match": as_it_is})
    made = client.post("/v1/scenarios", json={"name": "first"}, headers=headers).json()["scenario_id"]
    scenario_id = PATH_EXAMPLES["scenario_id"]
    with (
        patch("data.jobs.new_id", lambda prefix: PATH_EXAMPLES["job_id"]),
        patch("data.plan_store.new_id", lambda prefix: PATH_EXAMPLES["plan_id"]),
        services.database.write() as c,
    ):
        c.execute(update(scenario).where(scenario.c.id == made).values(id=scenario_id))
        job_id = jobs.add_job(c, by, scenario_id, {"time_limit": 60.0, "work_limit": None, "seed": 0})
        leased = jobs.take_job(c, "tests", NOW)
        assert leased is not None
        jobs.finish(c, leased, NOW, store(c, by, scenario_id, plan, [], job_id))
    services.database.close()
    return found


def _services(folder: Path, **settings: Any) -> Services:
    return services_for(settings_for(folder, {}, planners=0, **settings), lambda: NOW)
