"""The one place where the server is put together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from functools import cache
from typing import Any

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DataError
from starlette.exceptions import HTTPException
from starlette.routing import BaseRoute

from api.server import field_pages, pages
from api.server.access import ACCESS, OPEN
from api.server.asks import Repeated
from api.server.edge import Edge, Meters
from api.server.followers import Followers
from api.server.housekeeping import keep_checkpoints, keep_house
from api.server.openapi import TITLE, api_routes, document
from api.server.problems import Problem, problem_response
from api.server.routes import (
    accounts,
    checkpoints,
    desks,
    field,
    items,
    jobs,
    money,
    operations,
    papers,
    passes,
    people,
    personal,
    plans,
    proposals,
    records,
    return_plans,
    scenarios,
    sign_in,
    submissions,
    traces,
    trip_log,
    vacancies,
    views,
    worker,
)
from api.server.services import Services
from api.server.settings import Settings
from api.server.supervisor import Supervisor
from data.checkpoints import Publisher
from data.database import Database
from data.published import PublishedPlans
from data.registry import Stale
from data.rosters import Rosters
from data.vault import KeyRing
from workforce.faults import Fault, Severity, Text, Unusable


def now_utc() -> datetime:
    return datetime.now(UTC)


def services_for(settings: Settings, now: Callable[[], datetime] = now_utc) -> Services:
    """Open what the settings name; the database is brought to its newest form."""
    database = Database(settings.database_url)
    database.migrate()
    published = PublishedPlans(database)
    publisher = Publisher(settings.checkpoints, settings.log_key_file)
    keys = KeyRing(settings.keys_file)
    return Services(settings, database, keys, published, Rosters(published), publisher, now)


class Application(FastAPI):
    """Makes its document when that is first asked for, which takes longer than all else of a start."""

    def openapi(self) -> dict[str, Any]:
        if self.openapi_schema is None:
            self.openapi_schema = document(self)
        return self.openapi_schema


def create_app(services: Services) -> FastAPI:
    """The application over what ``services_for`` opened."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        supervisor = Supervisor(services)
        supervisor.start()
        tasks = [asyncio.create_task(keep(services)) for keep in (keep_house, keep_checkpoints)]
        yield
        for task in tasks:
            task.cancel()
        supervisor.stop()
        services.database.close()

    app = Application(
        title=TITLE,
        version="1",
        lifespan=lifespan,
        docs_url=None,  # those pages load scripts from elsewhere
        redoc_url=None,
        routes=_routes(),
    )
    app.state.services, app.state.meters = services, Meters()
    app.state.followers = Followers(services.settings.followers, services.settings.followers_of_account)
    app.add_middleware(Edge, settings=services.settings, meters=app.state.meters)
    _require_access(app)
    _answer_problems(app)
    return app


@cache
def _routes() -> list[BaseRoute]:
    """Every route; made once for all applications of a process, since FastAPI takes long to work them out."""
    router = APIRouter(generate_unique_id_function=lambda route: route.name)
    router.include_router(operations.router)
    router.include_router(operations.pages)
    router.include_router(pages.router)
    router.include_router(field_pages.router)
    router.include_router(passes.pages)
    for versioned in (
        sign_in.router,
        accounts.router,
        records.router,
        submissions.router,
        people.router,
        personal.router,
        vacancies.router,
        items.router,
        proposals.router,
        return_plans.router,
        scenarios.router,
        jobs.router,
        plans.router,
        views.router,
        trip_log.router,
        traces.router,
        papers.router,
        passes.router,
        desks.router,
        money.router,
        checkpoints.router,
        field.router,
        worker.router,
    ):
        router.include_router(versioned, prefix="/v1")
    return router.routes


def _require_access(app: FastAPI) -> None:
    names = {route.name for _, route in api_routes(app) if route.include_in_schema}
    unknown = names - OPEN - set(ACCESS)
    if unknown:
        raise RuntimeError(f"no line in api/server/access.py for {sorted(unknown)}")


_HTTP = {404: "not_found", 405: "method_not_allowed"}


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
        code = _HTTP.get(error.status_code, "bad_request")
        return problem_response(request, Problem(code, headers=error.headers, method=request.method))

    # What the database's driver refuses to write: text that is no Unicode, numbers beyond 64 bits.
    @app.exception_handler(DataError)
    @app.exception_handler(UnicodeEncodeError)
    @app.exception_handler(OverflowError)
    def unwritable(request: Request, error: Exception) -> Response:
        return problem_response(request, Problem("text_form"))

    @app.exception_handler(Unusable)
    def unusable(request: Request, error: Unusable) -> Response:
        return problem_response(request, Problem("invalid", error.faults))


def _field_fault(error: Any) -> Fault:
    """A fault of the request's form; the value itself is not repeated."""
    field = ".".join(str(part) for part in error["loc"][1:])
    message = Text(f"字段不符合要求（{error['type']}）。", f"The field is not as it must be: {error['msg']}.")
    remedy = Text("格式见 /docs。", "See /docs for its form.")
    return Fault("field_invalid", Severity.ERROR, message, remedy, None, None, field or str(error["loc"][0]))
