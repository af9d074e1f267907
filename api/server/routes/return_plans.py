"""Return plans: what an enterprise tells the bureau of its people's way back, with a liaison officer."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.server.asks import Asking, Asks, etag
from api.server.paging import Cursor, Limit, Next
from api.server.problems import Problem
from data import return_plans as plans
from data.liaisons import shown
from data.people import personal_of
from data.personal import read_person
from data.registry import Entry, find
from workforce.return_plans import State, Step, after

router = APIRouter(tags=["return plans 返岗计划"])
PlanId = Annotated[str, Path(max_length=100, examples=["rp_0123456789ab"])]


class Liaison(BaseModel):
    """The officer who speaks for the enterprise (一企一员)."""

    name: str = Field(min_length=1, max_length=100, pattern=r"^[^\x00]+$", examples=["李芳"])
    phone: str = Field(min_length=3, max_length=30, pattern=r"^[0-9+() \-]+$", examples=["0473-2998888"])


class KnownLiaison(Liaison):
    liaison_id: str = Field(description="By it they can be erased.", examples=["L0123456789ab"])


class Says(BaseModel):
    title: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]+$", examples=["第一批返岗"])
    first_day: date | None = Field(None, description="From when people come back.", examples=["2020-02-24"])
    last_day: date | None = Field(None, description="Until when.", examples=["2020-03-08"])
    remarks: str | None = Field(None, max_length=4000, pattern=r"^[^\x00]*$", examples=["宿舍可住 120 人"])


class NewReturnPlan(Says):
    enterprise_id: str | None = Field(
        None, max_length=100, description="Whose it is, where a planner makes it.", examples=["E1"]
    )
    liaison: Liaison


class EditedReturnPlan(BaseModel):
    """What is left out stays as it is."""

    says: Says | None = None
    liaison: Liaison | None = None


class SentBack(BaseModel):
    reason: str = Field(min_length=1, max_length=1000, pattern=r"^[^\x00]+$", examples=["请补充宿舍安排"])


class Advance(StrEnum):
    PLAN = "plan"
    SET_OUT = "set_out"
    FINISH = "finish"


class Advanced(BaseModel):
    step: Advance = Field(examples=["set_out"])


class ReturnPlan(BaseModel):
    return_plan_id: str = Field(examples=["rp_0123456789ab"])
    enterprise_id: str = Field(examples=["E1"])
    state: State = Field(examples=["draft"])
    version: int
    changed_at: datetime | None
    title: str = Field(examples=["第一批返岗"])
    first_day: date | None
    last_day: date | None
    remarks: str | None
    submitted_on: date | None = Field(description="Since when it is on the bureau's file.")
    reason: str | None = Field(description="Why it was sent back.")
    liaison: dict[str, str] = Field(
        description="Masked.", examples=[{"name": "李*", "phone": "********8888"}]
    )
    workers: int = Field(description="How many workers were submitted for it.", examples=[120])
    steps: list[Step] = Field(description="What can be done with it now, by whose role covers it.")


class ReturnPlans(BaseModel):
    items: list[ReturnPlan]
    next: Next


@router.get("/return-plans", name="list_return_plans", response_model=ReturnPlans)
def list_all(asks: Asking, after: Cursor = "", limit: Limit = 100) -> ReturnPlans:
    """Return plans in the order of their ids; an enterprise sees its own."""
    with asks.read() as c:
        found = plans.list_plans(c, asks.enterprise, after, limit + 1)
        told = _told(c, asks, found[:limit])
    return ReturnPlans(items=told, next=found[limit - 1].key if len(found) > limit else None)


@router.post("/return-plans", name="make_return_plan", response_model=ReturnPlan, status_code=201)
def make(asked: NewReturnPlan, asks: Asking) -> Response:
    """Begin a return plan, a draft until it is submitted."""
    owner = asked.enterprise_id if asks.enterprise is None else asks.enterprise
    if owner is None or asked.enterprise_id not in (None, owner):
        raise Problem("not_found")
    with asks.write() as c:
        if find(c, "enterprises", owner) is None:
            raise Problem("enterprise_unregistered", enterprise=owner)
        says = _says(Says(**asked.model_dump(exclude={"enterprise_id", "liaison"})))
        plan = plans.make(c, asks.services.vault, asks.by, owner, says, asked.liaison.model_dump())
        return _answer(c, asks, plan, 201, {"Location": f"/v1/return-plans/{plan.key}"})


@router.get("/return-plans/{plan_id}", name="read_return_plan", response_model=ReturnPlan)
def read_one(plan_id: PlanId, asks: Asking, response: Response) -> ReturnPlan:
    """One return plan; its ETag is needed to change it."""
    with asks.read() as c:
        plan = _own(c, asks, plan_id)
        told = _told(c, asks, [plan])[0]
    response.headers.update(etag(plan.version))
    return told


@router.get("/return-plans/{plan_id}/liaison", name="read_liaison", response_model=KnownLiaison)
def read_liaison(
    plan_id: PlanId,
    asks: Asking,
    reason: Annotated[
        str, Query(min_length=1, max_length=200, description="Why; it is kept.", examples=["核对名单"])
    ],
) -> KnownLiaison:
    """Name and telephone of the liaison officer; the reading is logged with its reason."""
    with asks.write() as c:
        liaison_id = _own(c, asks, plan_id).body["liaison"]
        told = read_person(c, asks.services.vault, asks.by, liaison_id, reason)
        if told is None:
            raise Problem("not_found")
    return KnownLiaison(liaison_id=liaison_id, **told)


@router.patch("/return-plans/{plan_id}", name="edit_return_plan", response_model=ReturnPlan)
def edit(plan_id: PlanId, asked: EditedReturnPlan, asks: Asking) -> Response:
    """Change a draft, or one that was sent back; the liaison officer at any time. Needs If-Match."""
    version = asks.expected_version()
    with asks.write() as c:
        says = None if asked.says is None else _says(asked.says)
        liaison = None if asked.liaison is None else asked.liaison.model_dump()
        try:
            plan = plans.edit(c, asks.services.vault, asks.by, _own(c, asks, plan_id), says, liaison, version)
        except plans.NotNow as refused:
            raise Problem("not_now", state=refused.state, review=refused.review) from None
        return _answer(c, asks, plan)


@router.post("/return-plans/{plan_id}/submit", name="submit_return_plan", response_model=ReturnPlan)
def submit(plan_id: PlanId, asks: Asking) -> Response:
    """Hand it in: from now on or, where the bureau approves, after that its workers are planned.

    Needs If-Match.
    """
    return _step(asks, plan_id, Step.SUBMIT)


@router.post("/return-plans/{plan_id}/approve", name="approve_return_plan", response_model=ReturnPlan)
def approve(plan_id: PlanId, asks: Asking) -> Response:
    """Approve it, where the bureau's settings say that plans are. Needs If-Match."""
    return _step(asks, plan_id, Step.APPROVE)


@router.post("/return-plans/{plan_id}/send-back", name="send_back_return_plan", response_model=ReturnPlan)
def send_back(plan_id: PlanId, asked: SentBack, asks: Asking) -> Response:
    """Send it back with a reason, where the bureau's settings say that plans are approved. Needs If-Match."""
    return _step(asks, plan_id, Step.SEND_BACK, asked.reason)


@router.post("/return-plans/{plan_id}/advance", name="advance_return_plan", response_model=ReturnPlan)
def advance(plan_id: PlanId, asked: Advanced, asks: Asking) -> Response:
    """Say that its people are planned for, have set out, or are all back. Needs If-Match."""
    return _step(asks, plan_id, Step(asked.step))


def _step(asks: Asks, plan_id: str, step: Step, reason: str | None = None) -> Response:
    version = asks.expected_version()
    with asks.write() as c:
        try:
            plan = plans.step(c, asks.by, _own(c, asks, plan_id), step, version, reason)
        except plans.NotNow as refused:
            raise Problem("not_now", state=refused.state, review=refused.review) from None
        return _answer(c, asks, plan)


def _own(c: Connection, asks: Asks, plan_id: str) -> Entry:
    plan = plans.find_plan(c, plan_id)
    if plan is None or (asks.enterprise is not None and plan.enterprise_id != asks.enterprise):
        raise Problem("not_found")
    return plan


def _answer(
    c: Connection, asks: Asks, plan: Entry, status: int = 200, headers: dict[str, str] | None = None
) -> Response:
    return asks.answer(c, _told(c, asks, [plan])[0], status, {**etag(plan.version), **(headers or {})})


def _says(says: Says) -> dict[str, Any]:
    return says.model_dump(mode="json", exclude_none=True)


def _told(c: Connection, asks: Asks, found: list[Entry]) -> list[ReturnPlan]:
    named = personal_of(c, asks.services.vault, [plan.body["liaison"] for plan in found])
    counts, review = plans.worker_counts(c, [plan.key for plan in found]), plans.review_of(c)
    told = []
    for plan in found:
        says: dict[str, Any] = {
            name: plan.body.get(name) for name in (*Says.model_fields, "submitted_on", "reason")
        }
        told.append(
            ReturnPlan(
                return_plan_id=plan.key,
                enterprise_id=plan.enterprise_id or "",
                state=plans.state_of(plan),
                version=plan.version,
                changed_at=plan.changed_at,
                liaison=shown(named.get(plan.body["liaison"], {})),
                workers=counts.get(plan.key, 0),
                steps=[step for step in Step if after(plans.state_of(plan), step, review) is not None],
                **says,
            )
        )
    return told
