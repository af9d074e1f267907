"""Vacancies of the pool: what becomes of one after it was posted."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.server.asks import Asking, Asks, etag
from api.server.problems import Problem
from api.server.routes.records import Record, own_record, record_of
from data.registry import Entry, find
from data.vacancies import KIND, TooMany, fill, withdraw_vacancy

router = APIRouter(tags=["vacancies 岗位"])
VacancyId = Annotated[str, Path(max_length=200, examples=["E1-3"])]


class Filled(BaseModel):
    count: int = Field(ge=1, le=100_000, description="How many of its posts are taken.", examples=[2])


@router.post("/vacancies/{vacancy_id}/fill", name="fill_vacancy", response_model=Record)
def fill_posts(vacancy_id: VacancyId, asked: Filled, asks: Asking) -> Response:
    """Posts were filled from elsewhere; the rest stays open. Needs If-Match."""
    version = asks.expected_version()
    with asks.write() as c:
        try:
            now = fill(c, asks.by, _own(c, asks, vacancy_id), asked.count, version)
        except TooMany as refused:
            raise Problem("too_many_filled", open=refused.open) from None
        return asks.answer(c, record_of(now), 200, etag(now.version))


@router.post("/vacancies/{vacancy_id}/withdraw", name="withdraw_vacancy", status_code=204)
def take_back(vacancy_id: VacancyId, asks: Asking) -> Response:
    """Take a vacancy out of the pool; the history stays. Needs If-Match."""
    version = asks.expected_version()
    with asks.write() as c:
        withdraw_vacancy(c, asks.by, _own(c, asks, vacancy_id), version)
        return asks.answer(c, b"", 204)


def _own(c: Connection, asks: Asks, vacancy_id: str) -> Entry:
    return own_record(asks, find(c, KIND, vacancy_id))
