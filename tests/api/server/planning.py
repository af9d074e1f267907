"""Builders for tests of scenarios, jobs and plans: the base scenario and its plan inside a server."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from data.accounts import By
from data.archives import packed, zipped_folder
from data.plan_json import violation_row
from data.plan_store import Keeps, store
from data.reading import write_scenario
from tests.api.server.conftest import Server
from workforce.check import check
from workforce.plan import Plan
from workforce.scenario import Scenario

ZIP = "application/zip"


def zip_of(scenario: Scenario) -> bytes:
    with TemporaryDirectory() as folder:
        write_scenario(scenario, Path(folder))
        return zipped_folder(Path(folder))


def take_in(server: Server, scenario: Scenario, planner: dict[str, str]) -> dict[str, int]:
    """Import a scenario over HTTP."""
    headers = {**planner, "Content-Type": ZIP}
    answer = server.client.post("/v1/imports", content=zip_of(scenario), headers=headers)
    assert answer.status_code == 200, answer.text
    changed: dict[str, int] = answer.json()["changed"]
    return changed


def freeze(server: Server, planner: dict[str, str]) -> dict[str, Any]:
    """Make a scenario of the registry."""
    answer = server.client.post("/v1/scenarios", json={"name": "base"}, headers=planner)
    assert answer.status_code in (200, 201), answer.text
    made: dict[str, Any] = answer.json()
    return made


def keep_plan(
    server: Server, scenario_id: str, scenario: Scenario, plan: Plan, keeps: Keeps | None = None
) -> str:
    """Store a plan as a job would have left it."""
    rows = [violation_row(v) for v in check(scenario, plan).violations]
    with server.services.database.write() as c:
        by = By("tests", server.clock())
        return store(c, by, scenario_id, packed(plan), rows, keeps=keeps)


def publish(server: Server, plan_id: str, planner: dict[str, str], version: int = 1) -> Any:
    headers = {**planner, "If-Match": f'"{version}"'}
    return server.client.post(f"/v1/plans/{plan_id}/publish", headers=headers)
