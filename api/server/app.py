"""The one place where the server is put together."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException

from api.server import pages
from api.server.access import ACCESS, OPEN
from api.server.asks import Repeated
from api.server.edge import Edge, Meters
from api.server.problems import Problem, problem_response
from api.server.routes import (
    items,
    operations,
    people,
    plans,
    proposals,
    records,
    return_plans,
    scenarios,
    sign_in,
    submissions,
    vacancies,
)
from api.server.services import Services
from api.server.settings import Settings
from api.server.supervisor import Supervisor
from data.database import Database
from data.registry import Stale
from data.vault import read_vault
from workforce.faults import Fault, Severity, Text, Unusable

TITLE = "Guicheng 归程"


def now_utc() -> datetime:
    return datetime.now(UTC)


def services_for(settings: Settings, now: Callable[[], datetime] = now_utc) -> Services:
    """Open what the settings name; the database is brought to its newest form."""
    database = Database(settings.database_url)
    database.migrate()
    return Services(settings, database, read_vault(settings.keys_file), now)


def create_app(services: Services) -> FastAPI:
    """The application over what ``services_for`` opened."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        supervisor = Supervisor(services)
        supervisor.start()
        yield
        supervisor.stop()
        services.database.close()

    app = FastAPI(title=TITLE, version="1", lifespan=lifespan)
    app.state.services, app.state.meters = services, Meters()
    app.include_router(operations.router)
    app.include_router(pages.router)
    intake = (submissions.router, people.router, vacancies.router, items.router, proposals.router)
    for router in (
        sign_in.router,
        records.router,
        *intake,
        return_plans.router,
        scenarios.router,
        plans.router,
    ):
        app.include_router(router, prefix="/v1")
    app.add_middleware(Edge, settings=services.settings, meters=app.state.meters)
    _require_access(app)
    _answer_problems(app)
    return app


def _require_access(app: FastAPI) -> None:
    names = {r.name for r in app.routes if isinstance(r, APIRoute) and r.include_in_schema}
    unknown = names - OPEN - set(ACCESS)
    if unknown:
        raise RuntimeError(f"no line in api/server/access.py for {sorted(unknown)}")


def _answer_problems(app: FastAPI) -> None:
    @app.exception_handler(Problem)
    def problem(request: Request, error: Problem) -> Response:
        return problem_response(request, error)

    @app.exception_handler(Repeated)
    def repeated(request: Request, error: Repeated) -> Response:
        return error.response

    @app.exception_handler(Stale)
    def stale(request: Request, error: Stale) -> Response:
        return problem_response(request, Problem("stale", version=error.version))

    @app.exception_handler(RequestValidationError)
    def invalid(request: Request, error: RequestValidationError) -> Response:
        return problem_response(request, Problem("invalid", map(_field_fault, error.errors())))

    @app.exception_handler(HTTPException)
    def http(request: Request, error: HTTPException) -> Response:
        codes = {404: "not_found", 405: "method_not_allowed"}
        code = codes.get(error.status_code, "invalid")
        return problem_response(request, Problem(code, headers=error.headers, method=request.method))

    @app.exception_handler(Exception)
    def failed(request: Request, error: Exception) -> Response:
        return problem_response(request, Problem("internal"))

    @app.exception_handler(Unusable)
    def unusable(request: Request, error: Unusable) -> Response:
        return problem_response(request, Problem("invalid", error.faults))


def _field_fault(error: Any) -> Fault:
    """A fault of the request's form; the value itself is not repeated."""
    field = ".".join(str(part) for part in error["loc"][1:])
    message = Text(f"字段不符合要求（{error['type']}）。", f"The field is not as it must be: {error['msg']}.")
    remedy = Text("格式见 /docs。", "See /docs for its form.")
    return Fault("field_invalid", Severity.ERROR, message, remedy, None, None, field or str(error["loc"][0]))
