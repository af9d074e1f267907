"""Scenarios: frozen snapshots of the registry, and whole scenarios into it and out of it."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from api.server.asks import Asking
from api.server.exports import XLSX, ZIP, Why, attachment, with_people, written
from api.server.paging import Cursor, Limit, Next
from api.server.problems import FaultBody, Problem, fault_json
from data.archives import measured, unzip_foreign, zipped_folder
from data.imports import import_scenario
from data.reading import read_scenario, write_scenario
from data.snapshots import find_scenario, frozen, known_on, newest_scenarios, snapshot, store_scenario
from data.workbook import write_scenario_workbook
from workforce.scenario import Scenario as Scenery

router = APIRouter(tags=["scenarios 方案"])


class NewScenario(BaseModel):
    name: str = Field(max_length=200, examples=["Wuhai, first week"])
    day: date | None = Field(None, description="As the registry stood at the end of this day; else now.")


class Scenario(BaseModel):
    scenario_id: str
    name: str
    day: str
    made_at: datetime
    counts: dict[str, int]
    first_day: date
    last_day: date
    based_on: list[str] = Field(description="The plan that was in force: its trips are busy or can be kept.")


class Scenarios(BaseModel):
    items: list[Scenario]
    next: Next


class Imported(BaseModel):
    changed: dict[str, int] = Field(description="How many rows of each table were added, changed or removed.")
    notes: list[FaultBody] = Field(
        description="What the registry has kept although the scenario lacks it, and what is to be settled."
    )


class Format(StrEnum):
    ZIP = "zip"
    XLSX = "xlsx"


@router.post(
    "/imports",
    name="import_scenario",
    response_model=Imported,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {kind: {"schema": {"type": "string", "format": "binary"}} for kind in (ZIP, XLSX)},
        }
    },
)
async def import_files(asks: Asking, request: Request) -> Response:
    """Take a whole scenario into the registry: its folder as a zip, or one workbook, as the body.

    The tables it has replace those of the registry; all of it is taken or, with any error, nothing.
    What was posted or changed in the pool stays and is told in the notes; a blank contact changes nothing.
    Intentions of a scenario are the bureau's word that both sides have agreed.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind not in (ZIP, XLSX):
        raise Problem("media_type", given=kind or "-", known=f"{ZIP}, {XLSX}")
    body = await request.body()

    def work() -> Response:
        scenario = _read(kind, body)
        with asks.write() as c:
            done = import_scenario(c, asks.services.vault, asks.by, scenario)
            notes = [fault_json(f, asks.language) for f in done.notes]
            return asks.answer(c, {"changed": done.changed, "notes": notes})

    return await run_in_threadpool(work)


@router.post(
    "/scenarios",
    name="make_scenario",
    response_model=Scenario,
    status_code=201,
    responses={
        200: {"model": Scenario, "description": "It was there already, under the name that it got then."}
    },
)
def make_scenario(asked: NewScenario, asks: Asking) -> Response:
    """Freeze the registry as a scenario; the same state is the same scenario, and keeps its first name.

    What published plans hold is in it by itself: trips that leave before the horizon's first day are
    busy vehicles and rooms, and their riders are left out; later trips are kept by the next job.
    """
    day = asked.day or asks.services.now().date()
    with asks.read() as c:
        known = known_on(c, day)
    shot = snapshot(known)
    with asks.write() as c:
        new = store_scenario(c, asks.by, shot, asked.name, day)
        told = _scenario(find_scenario(c, shot.scenario_id))
        where = {"Location": f"/v1/scenarios/{shot.scenario_id}"}
        return asks.answer(c, told, 201 if new else 200, where)


@router.get("/scenarios", name="list_scenarios", response_model=Scenarios)
def list_scenarios(asks: Asking, after: Cursor = "", limit: Limit = 100) -> Scenarios:
    """The scenarios, newest first."""
    with asks.read() as c:
        rows = newest_scenarios(c, after or None, limit + 1)
    more = rows[limit - 1].id if len(rows) > limit else None
    return Scenarios(items=[_scenario(row) for row in rows[:limit]], next=more)


@router.get("/scenarios/{scenario_id}", name="read_scenario", response_model=Scenario)
def read_one(scenario_id: str, asks: Asking) -> Scenario:
    """One scenario."""
    with asks.read() as c:
        return _scenario(find_scenario(c, scenario_id))


@router.get(
    "/scenarios/{scenario_id}/export",
    name="export_scenario",
    response_class=Response,
    responses={200: {"content": {ZIP: {}, XLSX: {}}}},
)
def export_scenario(
    scenario_id: str, asks: Asking, format: Format = Format.ZIP, reason: Why = None
) -> Response:
    """A scenario as the planner's folder, zipped, or as a workbook: both can be imported again."""
    with asks.read() as c:
        row = find_scenario(c, scenario_id)
    if row is None:
        raise Problem("not_found")
    scenario = with_people(asks, frozen(row.content), f"scenario {scenario_id}", reason)
    name = f"scenario-{scenario_id}.{format}"
    if format is Format.XLSX:
        return attachment(written(name, lambda path: write_scenario_workbook(scenario, path)), XLSX, name)
    with TemporaryDirectory() as parent:
        write_scenario(scenario, Path(parent))
        return attachment(zipped_folder(Path(parent)), ZIP, name)


def _read(kind: str, body: bytes) -> Scenery:
    with TemporaryDirectory() as parent:
        if kind == XLSX:
            path = Path(parent) / "scenario.xlsx"
            path.write_bytes(measured(body))
        else:
            path = unzip_foreign(body, Path(parent))
        reading = read_scenario(path)
    if reading.scenario is None:
        raise Problem("invalid", reading.faults)
    return reading.scenario


def _scenario(row: Any) -> Scenario:
    if row is None:
        raise Problem("not_found")
    return Scenario(
        scenario_id=row.id,
        name=row.name,
        day=row.day,
        made_at=row.made_at,
        counts=row.counts,
        first_day=row.first_day,
        last_day=row.last_day,
        based_on=row.based_on,
    )
