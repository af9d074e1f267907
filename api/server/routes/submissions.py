"""Submissions: lists of workers, vacancies and intentions, as JSON, CSV or a workbook."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import AllowInfNan, BaseModel, Field, TypeAdapter, ValidationError
from sqlalchemy import Connection
from starlette.concurrency import run_in_threadpool

from api.language import Language
from api.server.asks import Asking, Asks
from api.server.paging import Cursor, Limit, Next
from api.server.problems import Problem, fault_json
from data.accounts import record
from data.registry import find
from data.return_plans import find_plan, review_of, state_of
from data.submissions import Asked, Mode, RowOutcome, Taken, find_submission, list_submissions, take
from data.submitted import (
    CSV,
    FORMS,
    JSON,
    MEDIA,
    XLSX,
    Submittable,
    Submitted,
    judge_worker,
    read_submitted,
)
from data.workbook import write_form, write_refused
from workforce.faults import Fault
from workforce.return_plans import takes_workers

router = APIRouter(tags=["submissions 提交"])

_FAULTS_TOLD = 100  # of a body that is no list of rows
_Cell = str | int | Annotated[float, AllowInfNan(False)] | bool | None
_ROWS: TypeAdapter[list[dict[str, _Cell]]] = TypeAdapter(list[dict[str, _Cell]])

_EXAMPLE = [
    {
        "工号": "1001",
        "姓名": "王小明",
        "身份证号": "11010519491231002X",
        "手机号": "13800138000",
        "住址": "甘肃省兰州市城关区",
        "最早出发日期": "2020-02-24",
        "最迟到达日期": "2020-03-08",
    }
]
_CSV_EXAMPLE = "\n".join(
    (
        "工号,姓名,手机号,住址,最早出发日期,最迟到达日期",
        "1001,王小明,13800138000,甘肃省兰州市城关区,2020-02-24,2020-03-08",
    )
)
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            JSON: {
                "schema": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "additionalProperties": {
                            "anyOf": [{"type": kind} for kind in ("string", "number", "boolean", "null")]
                        },
                    },
                },
                "example": _EXAMPLE,
            },
            CSV: {"schema": {"type": "string"}, "example": _CSV_EXAMPLE},
            XLSX: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}
_FILE: dict[int | str, dict[str, Any]] = {
    200: {"content": {XLSX: {"schema": {"type": "string", "format": "binary"}}}}
}


class RowFault(BaseModel):
    """A fault of a row; a warning leaves the row good."""

    field: str | None = Field(examples=["arrive_by"])
    code: str = Field(examples=["not_a_date"])
    severity: str = Field(examples=["error"])
    message: str = Field(examples=["“明天”不是日期。"])
    remedy: str = Field(examples=["请写成 2020-03-01（四位年份）。"])


class RowResult(BaseModel):
    """What came of a row."""

    row: int = Field(description="As the sheet counts it; of JSON the first is 1.", examples=[2])
    client_ref: str | None = Field(description="The submitter's own name of the row.", examples=["1001"])
    key: str | None = Field(description="The registry's id of it.", examples=["W0123456789ab"])
    outcome: RowOutcome = Field(examples=["created"])
    faults: list[RowFault]


class SubmissionSummary(BaseModel):
    submission_id: str = Field(examples=["s_0123456789ab"])
    table: str = Field(examples=["workers"])
    enterprise_id: str | None = Field(examples=["E1"])
    at: datetime
    dry_run: bool
    taken: bool = Field(description="Whether the rows were taken in; not those of a dry run.")
    counts: dict[str, int] = Field(description="Rows by outcome.", examples=[{"created": 1, "refused": 0}])


class SubmissionResult(SubmissionSummary):
    mode: Mode
    return_plan: str | None
    notes: list[RowFault] = Field(description="What is to be said of the table as a whole.")
    rows: list[RowResult]


class Submissions(BaseModel):
    items: list[SubmissionSummary]
    next: Next


@router.post(
    "/submissions/{table}",
    name="submit",
    response_model=SubmissionResult,
    status_code=201,
    responses={200: {"model": SubmissionResult, "description": "Nothing was taken in"}},
    openapi_extra=_BODY,
)
async def submit(
    table: Submittable,
    asks: Asking,
    request: Request,
    dry_run: Annotated[bool, Query(description="Only say what would come of it.")] = False,
    mode: Annotated[Mode, Query(description="`all`: one refused row keeps all out.")] = Mode.ALL,
    enterprise: Annotated[
        str | None, Query(max_length=100, description="Whose list it is, where a planner submits.")
    ] = None,
    return_plan: Annotated[
        str | None, Query(max_length=100, description="The return plan that the workers belong to.")
    ] = None,
    reason: Annotated[
        str | None,
        Query(
            min_length=2,
            max_length=300,
            description="Of intentions: why the bureau knows that the seekers have agreed; it is kept.",
            examples=["signed at the job fair"],
        ),
    ] = None,
) -> Response:
    """Submit a list: the bureau's form, or a sheet of one's own with Chinese headers.

    An intention that an enterprise submits is its half: the seeker is asked, and once they accept it counts
    as agreed.  The bureau enters what both have agreed on with a reason.

    Each row is answered with its number, its own reference and every fault.  The same list sent again
    changes nothing.  Refused rows come back as a workbook that can be mended and sent as it is.
    """
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media not in MEDIA:
        raise Problem("media_type", given=media or "-", known=", ".join(MEDIA))
    owner = enterprise if asks.enterprise is None else asks.enterprise
    if asks.enterprise is not None and enterprise not in (None, asks.enterprise):
        raise Problem("not_found")
    _require_reason(asks, table, owner, reason)
    asked = Asked(table.value, owner, dry_run, mode, return_plan, reason)
    body = await request.body()

    def work() -> Response:
        submitted = _read(table, media, body)
        with asks.write() as c:
            _allowed(c, asks, asked)
            done = take(c, asks.services.vault, asks.by, asked, submitted)
            told = json.dumps(_told(done, asks.language), ensure_ascii=False).encode()
            location = {"Location": f"/v1/submissions/{done.submission_id}"}
            return asks.answer(c, told, 201 if done.taken else 200, location)

    return await run_in_threadpool(work)


@router.get(
    "/submissions/{table}/form.xlsx",
    name="submission_form",
    response_class=Response,
    responses=_FILE,
)
def form(table: Submittable, asks: Asking) -> Response:
    """The bureau's form of a list: an empty workbook with notes on every column."""
    return _workbook(lambda path: write_form(FORMS[table], path), f"{table}.xlsx")


@router.get("/submissions", name="list_submissions", response_model=Submissions)
def list_all(asks: Asking, after: Cursor = "", limit: Limit = 100) -> Submissions:
    """What was submitted, newest first."""
    with asks.read() as c:
        rows = list_submissions(c, asks.enterprise, after, limit + 1)
    items = [
        SubmissionSummary(
            submission_id=row.id,
            table=row.kind,
            enterprise_id=row.enterprise_id,
            at=row.at,
            dry_run=row.dry_run,
            taken=row.taken,
            counts=row.counts,
        )
        for row in rows[:limit]
    ]
    return Submissions(items=items, next=items[-1].submission_id if len(rows) > limit else None)


@router.get("/submissions/{submission_id}", name="read_submission", response_model=SubmissionResult)
def read_one(submission_id: str, asks: Asking) -> Response:
    """What came of a submission, row by row."""
    with asks.read() as c:
        done = _own(c, asks, submission_id)
    return Response(json.dumps(_told(done, asks.language), ensure_ascii=False), media_type=JSON)


@router.get(
    "/submissions/{submission_id}/refused.xlsx",
    name="refused_rows",
    response_class=Response,
    responses=_FILE,
)
def refused(submission_id: str, asks: Asking) -> Response:
    """The refused rows as a workbook, in the submitter's own columns, with the faults beside them.

    Mend it and send it again as it is.
    """
    with asks.write() as c:
        done = _own(c, asks, submission_id)
        record(c, asks.by, "personal_read", submission_id, "refused rows")
    faults = {row.number: [f for f in row.faults if f.is_error] for row in done.rows}
    english = asks.language is Language.EN

    def texts(found: Sequence[Fault]) -> tuple[str, str]:
        told = [fault_json(f, asks.language) for f in found]
        sep = " " if english else ""
        named = [f"{t['field'] or ''}{sep}{t['message']}" for t in told]
        return "\n".join(named), "\n".join(dict.fromkeys(t["remedy"] for t in told))

    rows = [(cells, *texts(faults[number])) for number, cells in done.refused.items()]
    table = FORMS[done.asked.kind]
    return _workbook(lambda path: write_refused(table, done.header, rows, path), "refused.xlsx")


def _read(table: Submittable, media: str, body: bytes) -> Submitted:
    content: Any = body
    if media == JSON:
        try:
            content = _ROWS.validate_json(body)
        except ValidationError as failure:
            found = failure.errors(include_url=False, include_input=False, include_context=False)
            raise RequestValidationError(
                [{**e, "loc": ("body", *e["loc"])} for e in found[:_FAULTS_TOLD]]
            ) from None
    submitted = read_submitted(table, media, content)
    if table is Submittable.WORKERS:
        for row in submitted.rows:
            judge_worker(row)
    return submitted


def _require_reason(asks: Asks, table: Submittable, owner: str | None, reason: str | None) -> None:
    """Only the bureau says that seekers have agreed, and why it knows.

    Raises:
        Problem: so it is not.
    """
    if reason is not None and (table is not Submittable.INTENTIONS or asks.enterprise is not None):
        raise Problem("not_allowed")
    if table is Submittable.INTENTIONS and owner is None and not (reason or "").strip():
        raise Problem("agreement_unfounded")


def _allowed(c: Connection, asks: Asks, asked: Asked) -> None:
    """Refuse what is not theirs to submit, or not now."""
    if asked.enterprise_id is not None and find(c, "enterprises", asked.enterprise_id) is None:
        raise Problem("enterprise_unregistered", enterprise=asked.enterprise_id)
    if asked.return_plan is None:
        return
    plan = find_plan(c, asked.return_plan)
    if plan is None or plan.enterprise_id != asked.enterprise_id:
        raise Problem("not_found")
    state, review = state_of(plan), review_of(c)
    if not takes_workers(state, review):
        raise Problem("not_now", state=state, review=review)


def _own(c: Connection, asks: Asks, submission_id: str) -> Taken:
    done = find_submission(c, asks.services.vault, submission_id)
    if done is None or (asks.enterprise is not None and done.asked.enterprise_id != asks.enterprise):
        raise Problem("not_found")
    return done


def _told(done: Taken, language: Language) -> dict[str, Any]:
    return {
        "submission_id": done.submission_id,
        "table": done.asked.kind,
        "enterprise_id": done.asked.enterprise_id,
        "at": done.at.isoformat(),
        "dry_run": done.asked.dry_run,
        "taken": done.taken,
        "counts": dict(done.counts),
        "mode": done.asked.mode,
        "return_plan": done.asked.return_plan,
        "notes": [_fault(f, language) for f in done.notes],
        "rows": [
            {
                "row": row.number,
                "client_ref": row.client_ref,
                "key": row.key,
                "outcome": row.outcome,
                "faults": [_fault(f, language) for f in row.faults],
            }
            for row in done.rows
        ],
    }


def _fault(f: Fault, language: Language) -> dict[str, Any]:
    told = fault_json(f, language)
    return {name: told[name] for name in ("field", "code", "severity", "message", "remedy")}


def _workbook(write: Any, name: str) -> Response:
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        write(path)
        content = path.read_bytes()
    return Response(
        content, media_type=XLSX, headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
