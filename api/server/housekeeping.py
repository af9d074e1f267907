"""What is thrown away by itself while the server runs."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import datetime

from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from api.server.services import Services
from data.schema import answered

_SECONDS = 3600.0


async def keep_house(services: Services) -> None:
    """Look every hour, until cancelled; a database that is away for a while is looked at later."""
    while True:
        with suppress(SQLAlchemyError):
            await run_in_threadpool(forget_answers, services, services.now())
        await asyncio.sleep(_SECONDS)


def forget_answers(services: Services, now: datetime) -> int:
    """Remove answers that were kept long enough for requests sent again; returns how many."""
    with services.database.write() as c:
        old = answered.c.at < now - services.settings.answers_kept
        return c.execute(delete(answered).where(old)).rowcount
