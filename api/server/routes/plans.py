"""Planning jobs and plans."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool

from api.server.asks import Asking, etag
from api.server.problems import Problem
from data import jobs
from data.plan_store import Published, find_plan, publish
from data.schema import job as job_table
from data.schema import plan as plan_table
from data.schema import scenario as scenario_table

router = APIRouter(tags=["plans 计划"])
_POLL_SECONDS = 0.5


class NewJob(BaseModel):
    scenario_id: str = Field(max_length=40, examples=["0123456789abcdef"])
    time_limit: float | None = Field(60.0, ge=1, le=86_400, description="Seconds of planning.")
    work_limit: int | None = Field(None, ge=0, le=10**9, description="Rounds of search, in place of a time.")
    seed: int = Field(0, ge=0, lt=2**31)


class Job(BaseModel):
    job_id: str
    scenario_id: str
    state: str
    attempts: int
    created_at: datetime
    ended_at: datetime | None
    plan_id: str | None
    failure: dict[str, Any] | None
    progress: dict[str, Any] | None = Field(None, description="Stage, served, cost, bound, gap.")


class PlanSummary(BaseModel):
    plan_id: str
    scenario_id: str
    job_id: str | None
    made_at: datetime
    version: int
    published_at: datetime | None
    summary: dict[str, Any]
    violations: int


@router.post("/plans", name="start_job", status_code=202, response_model=Job)
def start_job(asked: NewJob, asks: Asking) -> Response:
    """Plan a scenario in the background; follow the job at `Location`."""
    with asks.write() as c:
        known = c.execute(
            select(scenario_table.c.id).where(scenario_table.c.id == asked.scenario_id)
        ).one_or_none()
        if known is None:
            raise Problem("not_found")
        options = asked.model_dump(exclude={"scenario_id"})
        if asked.work_limit is not None and "time_limit" not in asked.model_fields_set:
            options["time_limit"] = None
        job_id = jobs.add_job(c, asks.by, asked.scenario_id, options)
        row = jobs.find_job(c, job_id)
        return asks.answer(c, _job(row, None), 202, {"Location": f"/v1/jobs/{job_id}"})


@router.get("/jobs", name="list_jobs", response_model=list[Job])
def list_jobs(asks: Asking) -> list[Job]:
    """The jobs, newest first."""
    with asks.read() as c:
        rows = c.execute(select(job_table).order_by(job_table.c.created_at.desc()).limit(200)).all()
    return [_job(row, None) for row in rows]


@router.get("/jobs/{job_id}", name="read_job", response_model=Job)
def read_job(job_id: str, asks: Asking) -> Job:
    """A job, with how far it is."""
    with asks.read() as c:
        row = jobs.find_job(c, job_id)
        if row is None:
            raise Problem("not_found")
        told = [e.body for e in jobs.events(c, job_id) if "stage" in e.body]
    return _job(row, told[-1] if told else None)


@router.get("/jobs/{job_id}/events", name="follow_job", response_class=StreamingResponse)
async def follow_job(
    job_id: str, asks: Asking, last_event_id: Annotated[str | None, Header()] = None
) -> StreamingResponse:
    """Server-sent events of a job until it ends; `Last-Event-ID` goes on after that one."""

    def look(after: int) -> tuple[list[Any], bool]:
        with asks.read() as c:
            row = jobs.find_job(c, job_id)
            if row is None:
                raise Problem("not_found")
            return jobs.events(c, job_id, after), row.state in jobs.ENDED

    after = int(last_event_id) if last_event_id and last_event_id.isdecimal() else 0
    found, ended = await run_in_threadpool(look, after)

    async def stream() -> AsyncIterator[str]:
        nonlocal found, ended, after
        while True:
            for e in found:
                after = e.seq
                yield f"id: {e.seq}\nevent: {e.body['state']}\ndata: {json.dumps(e.body)}\n\n"
            if ended:
                return
            await asyncio.sleep(_POLL_SECONDS)
            found, ended = await run_in_threadpool(look, after)
            if not found:
                yield ": still here\n\n"

    return StreamingResponse(stream(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


@router.post("/jobs/{job_id}/cancel", name="cancel_job", status_code=202, response_model=Job)
def cancel_job(job_id: str, asks: Asking) -> Response:
    """End a job early; what runs already ends with the best plan so far."""
    with asks.write() as c:
        if jobs.cancel(c, job_id, asks.services.now()) is None:
            raise Problem("not_found")
        return asks.answer(c, _job(jobs.find_job(c, job_id), None), 202)


@router.get("/plans", name="list_plans", response_model=list[PlanSummary])
def list_plans(asks: Asking) -> list[PlanSummary]:
    """The plans, newest first."""
    with asks.read() as c:
        rows = c.execute(select(plan_table).order_by(plan_table.c.made_at.desc()).limit(200)).all()
    return [_plan(row) for row in rows]


@router.get("/plans/{plan_id}", name="read_plan", response_model=PlanSummary)
def read_plan(plan_id: str, asks: Asking, response: Response) -> PlanSummary:
    """One plan's figures."""
    with asks.read() as c:
        row = find_plan(c, plan_id)
    if row is None:
        raise Problem("not_found")
    response.headers.update(etag(row.version))
    return _plan(row)


@router.post("/plans/{plan_id}/publish", name="publish_plan", response_model=PlanSummary)
def publish_plan(plan_id: str, asks: Asking) -> Response:
    """Make a plan the one that is carried out; it is frozen then."""
    version = asks.expected_version()
    with asks.write() as c:
        row = find_plan(c, plan_id)
        if row is None:
            raise Problem("not_found")
        try:
            publish(c, asks.by, plan_id, version)
        except Published:
            raise Problem(
                "conflict",
                why_zh="该方案已发布了另一份计划",
                why_en="another plan of the scenario is published",
            ) from None
        return asks.answer(c, _plan(find_plan(c, plan_id)), 200, etag(row.version))


def _job(row: Any, progress: dict[str, Any] | None) -> Job:
    return Job(
        job_id=row.id,
        scenario_id=row.scenario_id,
        state=row.state,
        attempts=row.attempts,
        created_at=row.created_at,
        ended_at=row.ended_at,
        plan_id=row.plan_id,
        failure=row.failure,
        progress=progress,
    )


def _plan(row: Any) -> PlanSummary:
    return PlanSummary(
        plan_id=row.id,
        scenario_id=row.scenario_id,
        job_id=row.job_id,
        made_at=row.made_at,
        version=row.version,
        published_at=row.published_at,
        summary=row.summary,
        violations=sum(not v["kept"] for v in row.violations),
    )
