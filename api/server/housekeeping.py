"""What is done by itself while the server runs."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from api.server.services import Services
from data.accounts import By
from data.erasure import apply_retention, forget_old
from data.problem_list import raise_overdue
from data.schema import answered

_SECONDS = 3600.0


async def keep_house(services: Services) -> None:
    """Look every hour, until cancelled; a database that is away for a while is looked at later."""
    while True:
        for look in (forget_answers, forget_people, raise_problems):
            with suppress(SQLAlchemyError):
                await run_in_threadpool(look, services, services.now())
        await asyncio.sleep(_SECONDS)


def forget_answers(services: Services, now: datetime) -> int:
    """Remove answers that were kept long enough for requests sent again; returns how many."""
    with services.database.write() as c:
        old = answered.c.at < now - services.settings.answers_kept
        return c.execute(delete(answered).where(old)).rowcount


def forget_people(services: Services, now: datetime) -> int:
    """Forget what is kept for a while only, and whoever's time has passed; returns how many people."""
    settings = services.settings
    with services.database.write() as c:
        forget_old(c, now, settings.submissions_kept)
    if settings.retention_days is None:
        return 0
    published = services.published.standing()
    by = By("retention", now)
    return apply_retention(services.database, services.keys, published, by, settings.retention_days)


def raise_problems(services: Services, now: datetime) -> int:
    """Raise by a level what is overdue on the problem list; returns how many."""
    with services.database.write() as c:
        return raise_overdue(c, By("housekeeping", now))
