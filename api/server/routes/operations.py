"""What whoever runs the server looks at: is it alive, is it ready, how is it doing."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from api.server.asks import services_of
from api.server.problems import Problem
from api.server.services import Services

router = APIRouter(tags=["operations 运维"])


@router.get("/healthz", name="healthz")
def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz", name="readyz")
def readyz(services: Annotated[Services, Depends(services_of)]) -> dict[str, str]:
    """The database answers, too."""
    try:
        with services.database.read() as c:
            c.execute(text("SELECT 1"))
    except SQLAlchemyError:
        raise Problem("not_ready") from None
    return {"status": "ready"}


@router.get("/metrics", name="metrics", response_class=Response)
def metrics(request: Request) -> Response:
    """Counters for Prometheus; no personal data is in them."""
    return Response(generate_latest(request.app.state.meters.registry), media_type=CONTENT_TYPE_LATEST)
