"""What whoever runs or calls the server looks at: is it well, and what does it answer."""

from __future__ import annotations

from functools import cache
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import HTMLResponse, PlainTextResponse
from jinja2 import Environment, PackageLoader, select_autoescape
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from api.server.asks import services_of
from api.server.problems import KINDS, Problem
from api.server.services import Services
from data.jobs import JobState
from data.schema import job
from workforce.faults import CATALOGUE

router = APIRouter(tags=["operations 运维"])
pages = APIRouter(include_in_schema=False)
Opened = Annotated[Services, Depends(services_of)]


class Health(BaseModel):
    status: str


class Figures(PlainTextResponse):
    media_type = CONTENT_TYPE_LATEST


@router.get("/healthz", name="healthz", response_model=Health)
def healthz() -> Health:
    """The process answers."""
    return Health(status="ok")


@router.get("/readyz", name="readyz", response_model=Health)
def readyz(services: Opened) -> Health:
    """The database answers, too."""
    try:
        with services.database.read() as c:
            c.execute(text("SELECT 1"))
    except SQLAlchemyError:
        raise Problem("not_ready", headers={"Retry-After": "5"}) from None
    return Health(status="ready")


@router.get("/metrics", name="metrics", response_class=Figures)
def metrics(request: Request, services: Opened) -> Response:
    """Figures for Prometheus; no personal data is in them."""
    meters = request.app.state.meters
    jobs = select(job.c.state, func.count().label("n")).group_by(job.c.state)
    with services.database.read() as c:
        found = {row.state: row.n for row in c.execute(jobs)}
    for state in JobState:
        meters.jobs.labels(state).set(found.get(state, 0))
    return Figures(generate_latest(meters.registry))


@pages.get("/docs", name="docs")
def docs(request: Request) -> Response:
    """The API for people: read off the OpenAPI document, without a script."""
    return _html("docs.html", api=request.app.openapi())


@pages.get("/problems", name="problems")
def list_problems() -> Response:
    """Every code that a refusal or a fault can bear."""
    return _html("problems.html", kinds=_kinds())


@pages.get("/problems/{code}", name="problem")
def problem(code: str) -> Response:
    """What ``type`` of a problem leads to."""
    kinds = {name: kind for name, kind in _kinds().items() if name == code}
    if not kinds:
        raise Problem("not_found")
    return _html("problems.html", kinds=kinds)


@cache
def _kinds() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {
        code: {"status": kind.status, "what": kind.title, "remedy": kind.remedy}
        for code, kind in KINDS.items()
    }
    for code, fault in CATALOGUE.items():
        found.setdefault(code, {"status": None, "what": fault.message, "remedy": fault.remedy})
    return found


@cache
def _templates() -> Environment:
    return Environment(loader=PackageLoader("api.server"), autoescape=select_autoescape())


def _html(name: str, **values: object) -> Response:
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'"}
    return HTMLResponse(_templates().get_template(name).render(values), headers=headers)
