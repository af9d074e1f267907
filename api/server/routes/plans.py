"""Plans: read, compare, check, export, edit by hand, publish."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from api.changes import changes
from api.report import render_report
from api.server import plan_views as views
from api.server.asks import Asking, Asks, etag
from api.server.exports import HTML, XLSX, ZIP, Why, attachment, with_people, written
from api.server.paging import Cursor, Limit, Next
from api.server.problems import Problem
from data.archives import unpacked, unzip, unzip_foreign, zipped
from data.plan_files import Verbatim, read_plan, rewritten_rows
from data.plan_folder import PLAN_JSON
from data.plan_json import summary_text, violation_row
from data.plan_store import Frozen, find_plan, keeps_of, newest_plans, replace_content, trips_of
from data.plan_tables import PLAN_TABLES
from data.plan_workbook import write_plan_workbook
from data.publishing import NotPublishable, publish
from data.snapshots import find_scenario, frozen
from workforce.check import check
from workforce.plan import Plan
from workforce.scenario import Scenario
from workforce.verdict import Verdict

router = APIRouter(tags=["plans 计划"])


class PlanSummary(BaseModel):
    plan_id: str
    scenario_id: str
    job_id: str | None
    edited_from: str | None = Field(description="The plan as it was before the last edit by hand.")
    made_at: datetime
    version: int
    published_at: datetime | None
    summary: dict[str, Any]
    kept_from: str | None = Field(description="The older plan of which trips had to stand.")
    violations: int = Field(description="Broken rules, kept trips apart.")


class OnePlan(PlanSummary):
    broken_rules: list[views.BrokenRule]


class Plans(BaseModel):
    items: list[PlanSummary]
    next: Next


class Format(StrEnum):
    ZIP = "zip"
    XLSX = "xlsx"
    HTML = "html"


@router.get("/plans", name="list_plans", response_model=Plans)
def list_plans(
    asks: Asking,
    scenario: Annotated[str | None, Query(max_length=40, description="Only those of this scenario.")] = None,
    after: Cursor = "",
    limit: Limit = 100,
) -> Plans:
    """The plans, newest first."""
    with asks.read() as c:
        rows = newest_plans(c, scenario, after or None, limit + 1)
    more = rows[limit - 1].id if len(rows) > limit else None
    return Plans(items=[_summary(row) for row in rows[:limit]], next=more)


@router.get("/plans/{plan_id}", name="read_plan", response_model=OnePlan)
def read_one(plan_id: str, asks: Asking, response: Response) -> OnePlan:
    """One plan's figures and the rules that it breaks; its ETag is needed to change or publish it."""
    row = _row(asks, plan_id)
    response.headers.update(etag(row.version))
    return _one(row, asks)


@router.get("/plans/{plan_id}/trips", name="list_plan_trips", response_model=views.Trips)
def list_trips(plan_id: str, asks: Asking, after: Cursor = "", limit: Limit = 100) -> views.Trips:
    """The trips in the order of their ids."""
    row = _row(asks, plan_id)
    found = [(trip, riders) for trip, riders in trips_of(row) if trip.trip_id > after]
    kept = frozenset(row.summary.get("kept") or ())
    items = [views.trip(trip, len(riders), kept) for trip, riders in found[:limit]]
    return views.Trips(items=items, next=items[-1].trip_id if len(found) > limit else None)


@router.get("/plans/{plan_id}/trips/{trip_id}", name="read_plan_trip", response_model=views.OneTrip)
def read_trip(plan_id: str, trip_id: str, asks: Asking) -> views.OneTrip:
    """A trip with its timetable and its riders."""
    row = _row(asks, plan_id)
    for trip, riders in trips_of(row):
        if trip.trip_id == trip_id:
            return views.one_trip(trip, riders, frozenset(row.summary.get("kept") or ()))
    raise Problem("not_found")


@router.get("/plans/{plan_id}/unserved", name="list_unserved", response_model=views.AllUnserved)
def list_unserved(plan_id: str, asks: Asking, after: Cursor = "", limit: Limit = 100) -> views.AllUnserved:
    """Who stays behind, with the reason and what was short, by worker."""
    rows = sorted(unpacked(_row(asks, plan_id).content).unserved, key=lambda u: u.worker_id)
    found = [u for u in rows if u.worker_id > after]
    items = [views.unserved(u, asks.language) for u in found[:limit]]
    reasons = views.reason_counts(rows, asks.language)
    return views.AllUnserved(
        reasons=reasons, items=items, next=items[-1].worker_id if len(found) > limit else None
    )


@router.get("/plans/{plan_id}/check", name="check_plan", response_model=views.Judgement)
def check_plan(plan_id: str, asks: Asking) -> views.Judgement:
    """What the checker says of the plan, every rule recomputed."""
    row = _row(asks, plan_id)
    verdict = _verdict(asks, row, unpacked(row.content))
    return views.judgement(verdict, asks.language)


@router.get("/plans/{plan_id}/compare", name="compare_plan", response_model=views.Comparison)
def compare_plan(
    plan_id: str,
    asks: Asking,
    older: Annotated[str, Query(alias="with", max_length=40, description="The plan to compare with.")],
    after: Cursor = "",
    limit: Limit = 100,
) -> views.Comparison:
    """What this plan changes over another: who moved, joined or fell out, and what it costs more."""
    new, old = (unpacked(_row(asks, one).content) for one in (plan_id, older))
    return views.comparison(plan_id, older, old, new, list(changes(old, new)), after, limit)


@router.get(
    "/plans/{plan_id}/export",
    name="export_plan",
    response_class=Response,
    responses={200: {"content": {ZIP: {}, XLSX: {}, "text/html": {}}}},
)
def export_plan(plan_id: str, asks: Asking, format: Format = Format.ZIP, reason: Why = None) -> Response:
    """A plan as its files, zipped, as a workbook, or as the report; the files name workers by id only."""
    row = _row(asks, plan_id)
    name = f"plan-{plan_id}.{format}"
    if format is Format.ZIP:
        return attachment(row.content, ZIP, name)
    plan = unpacked(row.content)
    scenario = with_people(asks, _scenario(asks, row.scenario_id), f"plan {plan_id}", reason)
    if format is Format.HTML:
        return attachment(render_report(plan, scenario, asks.language).encode(), HTML, name)
    return attachment(written(name, lambda path: write_plan_workbook(plan, scenario, path)), XLSX, name)


@router.put(
    "/plans/{plan_id}/content",
    name="put_plan",
    response_model=OnePlan,
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {ZIP: {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def put_plan(plan_id: str, asks: Asking, request: Request) -> Response:
    """Put a plan that was edited by hand: its files as a zip, as exported.  It is checked, not refused.

    The plan as it was before stays as a plan of its own, named by `edited_from`.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != ZIP:
        raise Problem("media_type", given=kind or "-", known=ZIP)
    version = asks.expected_version()
    body = await request.body()

    def work() -> Response:
        row = _row(asks, plan_id)
        if row.published_at is not None:
            raise Problem("plan_frozen")
        content, plan = _edited(asks, row, body)
        verdict = _verdict(asks, row, plan)
        try:
            with asks.write() as c:
                rows = [violation_row(v) for v in verdict.violations]
                replace_content(c, asks.by, plan_id, version, content, rows)
                return asks.answer(c, _one(find_plan(c, plan_id), asks), 200, etag(version + 1))
        except Frozen:
            raise Problem("plan_frozen") from None

    return await run_in_threadpool(work)


@router.post("/plans/{plan_id}/publish", name="publish_plan", response_model=OnePlan)
def publish_plan(plan_id: str, asks: Asking) -> Response:
    """Make a plan the one that is carried out; it is frozen then.  Needs If-Match."""
    version = asks.expected_version()
    scenario = _scenario(asks, _row(asks, plan_id).scenario_id)
    with asks.write() as c:
        row = find_plan(c, plan_id)
        assert row is not None, "plans stay"
        try:
            publish(c, asks.by, plan_id, version, scenario, asks.services.rosters)
        except NotPublishable as hindered:
            trips = ", ".join(hindered.trips)
            raise Problem(hindered.why, violations=_count(row), trips=trips) from None
        return asks.answer(c, _one(find_plan(c, plan_id), asks), 200, etag(row.version))


def _row(asks: Asks, plan_id: str) -> Any:
    with asks.read() as c:
        row = find_plan(c, plan_id)
    if row is None:
        raise Problem("not_found")
    return row


def _scenario(asks: Asks, scenario_id: str) -> Scenario:
    with asks.read() as c:
        row = find_scenario(c, scenario_id)
    assert row is not None, "a plan's scenario stays"
    return frozen(row.content)


def _verdict(asks: Asks, row: Any, plan: Plan) -> Verdict:
    scenario, keeps = _scenario(asks, row.scenario_id), keeps_of(row.keeps)
    if keeps is None:  # then it may name no trip as kept
        return check(scenario, plan, plan, frozenset())
    return check(scenario, plan, unpacked(_row(asks, keeps.plan_id).content), keeps.trip_ids)


def _edited(asks: Asks, row: Any, body: bytes) -> tuple[bytes, Plan]:
    """The files of an edited plan as they are, but for totals and gaps, which follow from the rest.

    Raises:
        Unusable: they cannot be read.
        Problem: they write rows of kept trips in another way.
    """
    keeps = keeps_of(row.keeps)
    with TemporaryDirectory() as parent:
        (Path(parent) / "edited").mkdir()
        folder = unzip_foreign(body, Path(parent) / "edited")
        plan = read_plan(folder)
        files = {f"{name}.csv": (folder / f"{name}.csv").read_bytes() for name in PLAN_TABLES}
        if keeps is not None:
            kept = Path(parent) / "kept"
            unzip(_row(asks, keeps.plan_id).content, kept)
            faults = rewritten_rows(Verbatim(kept, keeps.trip_ids), folder)
            if faults:
                raise Problem("invalid", faults)
    return zipped({**files, PLAN_JSON: summary_text(plan.summary).encode()}), plan


def _count(row: Any) -> int:
    return sum(not v["kept"] for v in row.violations)


def _one(row: Any, asks: Asks) -> OnePlan:
    rules = [views.broken_rule(v, asks.language) for v in row.violations]
    return OnePlan(**_summary(row).model_dump(), broken_rules=rules)


def _summary(row: Any) -> PlanSummary:
    return PlanSummary(
        plan_id=row.id,
        scenario_id=row.scenario_id,
        job_id=row.job_id,
        edited_from=row.edited_from,
        made_at=row.made_at,
        version=row.version,
        published_at=row.published_at,
        summary=row.summary,
        kept_from=row.keeps["plan_id"] if row.keeps else None,
        violations=_count(row),
    )
