"""Scenarios: frozen snapshots of the registry, and imports into it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, Field
from sqlalchemy import insert, select

from api.server.asks import Asking
from api.server.problems import Problem
from data.reading import Reading, read_scenario
from data.schema import scenario as scenario_table
from data.snapshots import import_scenario, read_snapshot, snapshot, unzip

router = APIRouter(tags=["scenarios 方案"])

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP = "application/zip"


class NewScenario(BaseModel):
    name: str = Field(max_length=200, examples=["Wuhai, first week"])
    day: date | None = Field(None, description="As the registry stood at the end of this day; else now.")


class Scenario(BaseModel):
    scenario_id: str
    name: str
    day: str
    made_at: datetime
    counts: dict[str, int]


@router.post("/imports", name="import_scenario")
async def import_files(asks: Asking, request: Request) -> Response:
    """Take a whole scenario into the registry: its folder as a zip, or one workbook, as the body."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip()
    if kind not in (ZIP, XLSX):
        raise Problem("media_type", given=kind or "-", known=f"{ZIP}, {XLSX}")
    body = await request.body()
    from starlette.concurrency import run_in_threadpool

    def work() -> Response:
        reading = _read(kind, body)
        if reading.scenario is None:
            raise Problem("invalid", reading.faults)
        with asks.write() as c:
            changed = import_scenario(c, asks.services.vault, asks.by, reading.scenario)
            return asks.answer(c, {"changed": changed})

    return await run_in_threadpool(work)


@router.post("/scenarios", name="make_scenario", response_model=Scenario, status_code=201)
def make_scenario(asked: NewScenario, asks: Asking) -> Response:
    """Freeze the registry as a scenario; the same state is the same scenario."""
    now = asks.services.now()
    day = asked.day or now.date()
    with asks.write() as c:
        shot = snapshot(c, day)
        known = c.execute(select(scenario_table).where(scenario_table.c.id == shot.scenario_id)).one_or_none()
        if known is not None:
            return asks.answer(c, _scenario(known), 200, _location(known.id))
        reading = read_snapshot(shot.content)
        if reading.scenario is None:
            raise Problem("invalid", reading.faults)
        s = reading.scenario
        counts = {"workers": len(s.workers), "enterprises": len(s.enterprises), "vacancies": len(s.vacancies)}
        values: dict[str, Any] = {
            "id": shot.scenario_id, "name": asked.name, "day": day.isoformat(), "made_at": now,
            "account_id": asks.caller.account_id, "counts": counts, "content": shot.content, "based_on": [],
        }  # fmt: skip
        c.execute(insert(scenario_table).values(values))
        made = c.execute(select(scenario_table).where(scenario_table.c.id == shot.scenario_id)).one()
        return asks.answer(c, _scenario(made), 201, _location(made.id))


@router.get("/scenarios", name="list_scenarios", response_model=list[Scenario])
def list_scenarios(asks: Asking) -> list[Scenario]:
    """The scenarios, newest first."""
    with asks.read() as c:
        rows = c.execute(select(scenario_table).order_by(scenario_table.c.made_at.desc()))
        return [_scenario(row) for row in rows]


@router.get("/scenarios/{scenario_id}", name="read_scenario", response_model=Scenario)
def read_one(scenario_id: str, asks: Asking) -> Scenario:
    """One scenario."""
    with asks.read() as c:
        row = c.execute(select(scenario_table).where(scenario_table.c.id == scenario_id)).one_or_none()
    if row is None:
        raise Problem("not_found")
    return _scenario(row)


def _read(kind: str, body: bytes) -> Reading:
    with TemporaryDirectory() as parent:
        if kind == XLSX:
            path = Path(parent) / "scenario.xlsx"
            path.write_bytes(body)
        else:
            path = Path(parent) / "scenario"
            path.mkdir()
            unzip(body, path)
            inner = [p for p in path.iterdir() if p.is_dir()]
            if len(inner) == 1 and not (path / "policy.toml").exists():
                path = inner[0]
        return read_scenario(path)


def _scenario(row: Any) -> Scenario:
    return Scenario(scenario_id=row.id, name=row.name, day=row.day, made_at=row.made_at, counts=row.counts)


def _location(scenario_id: str) -> dict[str, str]:
    return {"Location": f"/v1/scenarios/{scenario_id}"}
