"""Whether a travel pass is good: for an officer at a road block, who has no account and scans its QR code."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import BaseModel, Field

from api.server.asks import services_of
from api.server.local_time import LocalTime
from api.server.pages import POLICY, TEMPLATES
from api.server.papers import STOP_KINDS, place_name
from api.server.problems import Problem
from api.server.services import Services
from data.loop_states import find_run
from data.passes import drivers_of, trip_of_pass
from workforce.closed_loop import BEIJING
from workforce.faults import Text
from workforce.passes import PassState, pass_state, validity
from workforce.plan import Stop, StopKind
from workforce.scenario import Scenario

router = APIRouter(tags=["papers 单据"])
pages = APIRouter(include_in_schema=False)
Token = Annotated[str, Path(max_length=100)]
Opened = Annotated[Services, Depends(services_of)]

WORDS: Mapping[PassState, Text] = {
    PassState.VALID: Text("有效", "valid"),
    PassState.WITHDRAWN: Text("无效：该车次已不在计划内", "not valid: the trip is planned no longer"),
    PassState.CANCELLED: Text("无效：车次已取消", "not valid: the trip was cancelled"),
    PassState.NOT_CONFIRMED: Text(
        "无效：目的地尚未全部确认接收", "not valid: not every destination has confirmed that it will receive"
    ),
    PassState.NO_PLATE: Text("无效：尚未登记车牌", "not valid: no plate was named"),
    PassState.NOT_YET: Text("尚未生效", "not valid yet"),
    PassState.OVER: Text("已过期", "no longer valid"),
}
_UNKNOWN = Text("查无此证：没有这样的通行证", "unknown: there is no such pass")


class PassStop(BaseModel):
    kind: StopKind
    name: str | None
    arrive: LocalTime
    depart: LocalTime


class PassCheck(BaseModel):
    """What the pass says, as it stands now; it names nobody."""

    valid: bool
    state: PassState
    plan_id: str
    trip_id: str
    operator: str | None
    plate: str | None = Field(description="Compare it with the coach's. 请与车辆核对。")
    drivers: int = Field(description="How many were named. 已登记驾驶员人数。")
    valid_from: LocalTime | None
    valid_until: LocalTime | None
    checked_at: LocalTime
    stops: list[PassStop]


@router.get("/passes/{token}", name="check_pass", response_model=PassCheck)
def check_pass(token: Token, services: Opened) -> PassCheck:
    """Whether the travel pass whose QR code was scanned is good now; needs no account."""
    found = _check(services, token)
    if found is None:
        raise Problem("not_found")
    return found


@pages.get("/pass/{token}", name="page_pass")
def page(token: Token, request: Request) -> Response:
    """The same as a page in both languages, because whoever stops a coach does not choose one."""
    found = _check(services_of(request), token)
    told = {
        "found": found,
        "words": _UNKNOWN if found is None else WORDS[found.state],
        "kinds": STOP_KINDS,
    }
    html = TEMPLATES.get_template("pass.html").render(told)
    headers = {"Content-Security-Policy": POLICY, "Cache-Control": "no-store", "X-Robots-Tag": "noindex"}
    return HTMLResponse(html, 404 if found is None else 200, headers)


def _check(services: Services, token: str) -> PassCheck | None:
    at = services.now()
    with services.database.read() as c:
        trip = trip_of_pass(c, token)
        if trip is None:
            return None
        roster, run = services.rosters.now(c), find_run(c, *trip)
        planned = roster.trip(*trip)
        drivers = drivers_of(c, services.vault, trip)
    state = pass_state(planned, run, at)
    scenario = roster.plans[planned.plan_id].scenario if planned is not None else None
    fleet = scenario.fleets.get(planned.trip.fleet_id) if scenario is not None and planned else None
    begin, end = validity(planned, run) if planned is not None else (None, None)
    return PassCheck(
        valid=state is PassState.VALID,
        state=state,
        plan_id=trip[0],
        trip_id=trip[1],
        operator=fleet.operator if fleet is not None else None,
        plate=run.plate,
        drivers=len(drivers),
        valid_from=_local(begin),
        valid_until=_local(end),
        checked_at=at.astimezone(BEIJING).replace(tzinfo=None),
        stops=[_stop(stop, scenario) for stop in planned.trip.stops] if planned and scenario else [],
    )


def _stop(stop: Stop, scenario: Scenario) -> PassStop:
    name = place_name(scenario, stop.place_id) if stop.place_id else None
    return PassStop(kind=stop.kind, name=name, arrive=stop.arrive, depart=stop.depart)


def _local(moment: datetime | None) -> datetime | None:
    return None if moment is None else moment.astimezone(BEIJING).replace(tzinfo=None)
