"""Planning jobs: begin, follow, end early."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Mapping
from datetime import date, datetime
from difflib import get_close_matches
from typing import Annotated, Any

from fastapi import APIRouter, Header, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool
from starlette.types import Receive, Scope, Send

from api.language import Language
from api.server.asks import Asking, Asks, who_asks
from api.server.followers import Followers
from api.server.paging import Cursor, Limit, Next
from api.server.problems import Problem, picked
from data import jobs
from data.archives import unpacked
from data.loop_states import departed
from data.plan_store import Keeps, find_plan
from data.snapshots import find_scenario, frozen, kept_by_default
from workforce.faults import Text, fault
from workforce.kept import contradictions

router = APIRouter(tags=["jobs 编制任务"])
_LOOK_SECONDS = 0.5
_RIGHTS_SECONDS = 5.0
_STILL_HERE_SECONDS = 15.0  # proxies give up a stream on which nothing comes for longer

# Why a job failed, and what to do; the code is the API's.
FAILURES: Mapping[str, tuple[Text, Text]] = {
    "planner_died": (
        Text("编制进程 {attempts} 次中途终止。", "The planner's process ended {attempts} times on its way."),
        Text(
            "多为内存不足：请减小方案或增加内存后重新提交。",
            "Mostly memory ran short: plan a smaller scenario or give it more, and start again.",
        ),
    ),
    "best_unusable": (
        Text(
            "编制进程 {attempts} 次中途终止，此前最好的计划也未能保存。",
            "The planner's process ended {attempts} times on its way, and the best plan so far could not be "
            "stored either.",
        ),
        Text(
            "请导出该方案并报告此问题；日志中有详情。",
            "Export the scenario and report it; the server's log has the details.",
        ),
    ),
    "planner_failed": (
        Text("编制程序出错（{what}）。", "The planner failed ({what})."),
        Text(
            "请导出该方案并报告此问题；日志中有详情。",
            "Export the scenario and report it; the server's log has the details.",
        ),
    ),
}


_A_DAY = 86_400  # seconds


class NewJob(BaseModel):
    scenario_id: str = Field(max_length=40, examples=["0123456789abcdef"])
    time_limit: float | None = Field(
        60.0, ge=1, le=_A_DAY, description="Seconds of planning; without any limit a day."
    )
    work_limit: int | None = Field(None, ge=0, le=10**9, description="Rounds of search, in place of a time.")
    seed: int = Field(0, ge=0, lt=2**31)
    based_on: str | None = Field(
        None,
        max_length=40,
        description="The plan of which trips are kept; else the one in force when the scenario was made.",
    )
    keep_before: date | None = Field(
        None,
        description="Keep its trips that leave their depot before this day; "
        "without this and keep_trips: all that have not left before the horizon. What was reported to have "
        "left is kept in any case.",
    )
    keep_trips: list[str] = Field([], max_length=10_000, description="Keep these trips, too.")


class Failure(BaseModel):
    code: str
    message: str
    remedy: str


class Job(BaseModel):
    job_id: str
    scenario_id: str
    state: str
    attempts: int
    created_at: datetime
    ended_at: datetime | None
    plan_id: str | None
    keeps: dict[str, Any] | None = Field(description="The older plan and the trips of it that stay.")
    failure: Failure | None
    progress: dict[str, Any] | None = Field(description="The last: stage, served, cost, bound, gap.")


class Jobs(BaseModel):
    items: list[Job]
    next: Next


@router.post("/plans", name="start_job", status_code=202, response_model=Job)
def start_job(asked: NewJob, asks: Asking) -> Response:
    """Plan a scenario in the background; follow the job at `Location`."""
    keeps = _keeps(asked, asks)
    options = asked.model_dump(include={"time_limit", "work_limit", "seed"})
    if asked.work_limit is not None and "time_limit" not in asked.model_fields_set:
        options["time_limit"] = None
    elif asked.time_limit is None and asked.work_limit is None:
        options["time_limit"] = float(_A_DAY)  # others wait behind it
    if keeps is not None:
        options["keeps"] = keeps.as_json()
    with asks.write() as c:
        job_id = jobs.add_job(c, asks.by, asked.scenario_id, options)
        told = _job(jobs.find_job(c, job_id), asks.language)
        return asks.answer(c, told, 202, {"Location": f"/v1/jobs/{job_id}"})


@router.get("/jobs", name="list_jobs", response_model=Jobs)
def list_jobs(asks: Asking, after: Cursor = "", limit: Limit = 100) -> Jobs:
    """The jobs, newest first."""
    with asks.read() as c:
        rows = jobs.newest_jobs(c, after or None, limit + 1)
    more = rows[limit - 1].id if len(rows) > limit else None
    return Jobs(items=[_job(row, asks.language) for row in rows[:limit]], next=more)


@router.get("/jobs/{job_id}", name="read_job", response_model=Job)
def read_job(job_id: str, asks: Asking) -> Job:
    """A job, with how far it is."""
    with asks.read() as c:
        return _job(jobs.find_job(c, job_id), asks.language)


@router.get(
    "/jobs/{job_id}/events",
    name="follow_job",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {}}}},
)
async def follow_job(
    job_id: str, asks: Asking, last_event_id: Annotated[str | None, Header()] = None
) -> StreamingResponse:
    """Server-sent events of a job until it ends; `Last-Event-ID` goes on after that one.

    Whoever may no longer read the job (signed out, key revoked) is told nothing more.
    """
    plain = last_event_id is not None and last_event_id.isascii() and last_event_id.isdecimal()
    after = int(last_event_id[:18]) if last_event_id is not None and plain else 0

    def look(after: int) -> tuple[list[Any], bool]:
        with asks.read() as c:
            row = jobs.find_job(c, job_id)
            if row is None:
                raise Problem("not_found")
            return jobs.events(c, job_id, after), row.state in jobs.ENDED

    found, ended = await run_in_threadpool(look, after)

    async def stream() -> AsyncIterator[str]:
        nonlocal found, ended, after
        said_at = asked_at = time.monotonic()
        while True:
            for e in found:
                after = e.seq
                yield _event(e, asks.language)
            if found:
                said_at = time.monotonic()
            if ended:
                return
            if time.monotonic() - said_at >= _STILL_HERE_SECONDS:
                said_at = time.monotonic()
                yield ": still here\n\n"
            await asyncio.sleep(_LOOK_SECONDS)
            if time.monotonic() - asked_at >= _RIGHTS_SECONDS:
                asked_at = time.monotonic()
                try:
                    await run_in_threadpool(who_asks, asks.request)
                except Problem:  # whoever comes again is told which
                    return
            found, ended = await run_in_threadpool(look, after)

    followers: Followers = asks.request.app.state.followers
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return _Stream(followers, asks.caller.account_id, stream(), headers)


class _Stream(StreamingResponse):
    """Counted from its first byte to its last, however it ends."""

    def __init__(
        self, followers: Followers, account_id: str, content: AsyncIterator[str], headers: Mapping[str, str]
    ) -> None:
        super().__init__(content, media_type="text/event-stream", headers=headers)
        self._followers, self._account_id = followers, account_id

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with self._followers.one(self._account_id):
            await super().__call__(scope, receive, send)


@router.post("/jobs/{job_id}/cancel", name="cancel_job", status_code=202, response_model=Job)
def cancel_job(job_id: str, asks: Asking) -> Response:
    """End a job early; what has begun ends with the best plan so far."""
    with asks.write() as c:
        jobs.cancel(c, job_id, asks.services.now())
        return asks.answer(c, _job(jobs.find_job(c, job_id), asks.language), 202)


def _keeps(asked: NewJob, asks: Asks) -> Keeps | None:
    """Which trips of which older plan the job has to keep.

    Raises:
        Problem: there is no such scenario, plan or trip, or the trips cannot be kept.
    """
    with asks.read() as c:
        of = find_scenario(c, asked.scenario_id)
        if of is None:
            raise Problem("not_found")
        plan_id = asked.based_on or (of.based_on[0] if of.based_on else None)
        row = None if plan_id is None else find_plan(c, plan_id)
        roster, left = asks.services.rosters.now(c), departed(c)
    if plan_id is None:
        if asked.keep_before is not None or asked.keep_trips:
            raise Problem("nothing_to_keep")
        return None
    if row is None:
        raise Problem("not_found")
    scenario, plan = frozen(of.content), unpacked(row.content)
    open_trips = frozenset(plan.trip_by_id)
    if plan_id in of.based_on:
        open_trips = kept_by_default(scenario, plan)
    elif plan.summary.scenario != scenario.policy.name:
        made_for, given = plan.summary.scenario, scenario.policy.name
        raise Problem("invalid", [fault("plan_of_another_scenario", made_for=made_for, given=given)])
    unknown = [t for t in asked.keep_trips if t not in plan.trip_by_id]
    if unknown:
        raise Problem("invalid", [_unknown_trip(t, plan.trip_by_id) for t in unknown])
    for trip_id in asked.keep_trips:
        if trip_id not in open_trips:
            raise Problem("trip_has_left", trip=trip_id)
    kept = open_trips
    if asked.keep_before is not None or asked.keep_trips:
        last = asked.keep_before or date.min
        early = {t for t in open_trips if plan.trip_by_id[t].first_day < last}
        on_way = {t for t in open_trips if roster.teller(plan_id, t) in left}
        kept = frozenset(early | on_way | set(asked.keep_trips))
    damage = contradictions(plan, kept)
    if damage:
        raise Problem("invalid", damage)
    return Keeps(plan_id, kept) if kept else None


def _unknown_trip(wanted: str, known: Mapping[str, Any]) -> Any:
    near = ", ".join(get_close_matches(wanted, known, n=3))
    guess = Text(f"是否想写 {near}？", f"Did you mean {near}? ") if near else Text("", "")
    return fault("not_in_plan", wanted=wanted, guess=guess)


def _job(row: Any, language: Language) -> Job:
    if row is None:
        raise Problem("not_found")
    return Job(
        job_id=row.id,
        scenario_id=row.scenario_id,
        state=row.state,
        attempts=row.attempts,
        created_at=row.created_at,
        ended_at=row.ended_at,
        plan_id=row.plan_id,
        keeps=row.options.get("keeps"),
        failure=_failure(row.failure, language),
        progress=row.progress,
    )


def _failure(told: Mapping[str, Any] | None, language: Language) -> Failure | None:
    if told is None:
        return None
    message, remedy = (picked(text, language).format(**told) for text in FAILURES[told["code"]])
    return Failure(code=told["code"], message=message, remedy=remedy)


def _event(e: Any, language: Language) -> str:
    body = dict(e.body)
    if body.get("failure") is not None:
        failure = _failure(body["failure"], language)
        body["failure"] = None if failure is None else failure.model_dump()
    body["at"] = e.at.isoformat()
    return f"id: {e.seq}\nevent: {body['state']}\ndata: {json.dumps(body, ensure_ascii=False)}\n\n"
