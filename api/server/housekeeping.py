"""What is done by itself while the server runs: old things are thrown away, checkpoints are made,
what is overdue is raised."""

from __future__ import annotations

import asyncio
from datetime import datetime

import structlog
from sqlalchemy import delete
from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool

from api.server.services import Services
from data.accounts import By
from data.erasure import apply_retention, forget_old
from data.problem_list import raise_overdue
from data.schema import answered
from data.silences import ask_about_silences
from workforce.faults import Unusable

_SECONDS = 3600.0
_SECONDS_OF_CHECKPOINTS = 5.0
_LOG = structlog.get_logger()


async def keep_house(services: Services) -> None:
    """Look every hour, until cancelled; what fails is told in the log and looked at again later.

    So a database that is away, or a disk that was full for a while, does not end retention for good.
    """
    while True:
        for look in (forget_answers, forget_people, ask_for_silences, raise_problems):
            try:
                await run_in_threadpool(look, services, services.now())
            except (OSError, SQLAlchemyError, Unusable) as failure:
                # Not its text: it may name a person.
                _LOG.error("housekeeping_failed", look=look.__name__, kind=type(failure).__name__)
        await asyncio.sleep(_SECONDS)


async def keep_checkpoints(services: Services) -> None:
    """Look every few seconds whether a checkpoint of the trip log is due, until cancelled."""
    while True:
        await run_in_threadpool(make_checkpoint, services, services.now())
        await asyncio.sleep(_SECONDS_OF_CHECKPOINTS)


def make_checkpoint(services: Services, now: datetime) -> bool:
    """Make a checkpoint where one is due; False: it could not be made, which the server's log tells."""
    try:
        with services.database.read() as c:
            due = services.publisher.due(c, now)
        if due:
            services.publisher.publish(services.database, now)
    except Unusable as refusal:
        _LOG.error("checkpoint_refused", code=refusal.faults[0].code)
        return False
    except (OSError, SQLAlchemyError) as failure:
        _LOG.error("checkpoint_failed", kind=type(failure).__name__)
        return False
    return True


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


def ask_for_silences(services: Services, now: datetime) -> int:
    """Put on the problem list what should long have been reported; returns how many items are new."""
    return ask_about_silences(services.database, By("housekeeping", now), services.rosters)


def raise_problems(services: Services, now: datetime) -> int:
    """Raise by a level what is overdue on the problem list; returns how many."""
    with services.database.write() as c:
        return raise_overdue(c, By("housekeeping", now))
