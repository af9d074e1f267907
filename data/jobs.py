"""Planning jobs: a queue in the database, with leases so that each job is carried out once.

A job belongs to whoever holds its lease.  A server that is killed renews nothing; when the lease
has run out another one, or the same one started again, takes the job up from its last incumbent.
Every write of a job asks for the lease in the same transaction, so that somebody who lost it
without noticing changes nothing: clocks decide when a job is taken up again, never whose plan is
stored.  ``at`` of a lease is by the clock that all servers have in common (``Database.now``).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, and_, insert, or_, select, update

from data.accounts import By, new_id
from data.paging import newest
from data.schema import job, job_event

LEASE = timedelta(seconds=20)
MOST_ATTEMPTS = 5  # a job whose planner or server died so often is given up


class JobState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"  # before it began; once it runs, cancelling it ends in a plan


ENDED = (JobState.DONE, JobState.FAILED, JobState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Leased:
    """A job that this owner is to carry out."""

    job_id: str
    owner: str
    scenario_id: str
    account_id: str
    options: Mapping[str, Any]
    seconds_used: int
    incumbent: bytes | None
    attempt: int

    @property
    def exhausted(self) -> bool:
        """It has ended too many planners: nobody is to try again."""
        return self.attempt > MOST_ATTEMPTS


# A job's row without the incumbent, which may be large.
_TOLD = [column for column in job.c if column is not job.c.incumbent]


def add_job(c: Connection, by: By, scenario_id: str, options: Mapping[str, Any]) -> str:
    job_id = new_id("j_")
    c.execute(
        insert(job).values(
            id=job_id,
            scenario_id=scenario_id,
            account_id=by.account_id,
            options=dict(options),
            state=JobState.QUEUED,
            attempts=0,
            cancelled=False,
            created_at=by.at,
            seconds_used=0,
        )
    )
    _tell(c, job_id, by.at, {"state": JobState.QUEUED})
    return job_id


def find_job(c: Connection, job_id: str) -> Row[Any] | None:
    """Its row without the incumbent."""
    return c.execute(select(*_TOLD).where(job.c.id == job_id)).one_or_none()


def newest_jobs(c: Connection, after: str | None, limit: int) -> list[Row[Any]]:
    """Jobs from the newest on; ``after``: only those behind this one."""
    return newest(c, select(*_TOLD), job.c.created_at, job.c.id, after, limit)


def any_job(c: Connection, at: datetime, but: Collection[str] = frozenset()) -> bool:
    """Whether ``take_job`` would find one: asked without a writer's lock."""
    free = select(job.c.id).where(_free(at), job.c.id.not_in(but))
    return c.execute(free.limit(1)).one_or_none() is not None


def take_job(c: Connection, owner: str, at: datetime, but: Collection[str] = frozenset()) -> Leased | None:
    """The oldest job that waits or whose lease has run out; None: there is none.

    Args:
        but: jobs that are known to be carried out.
    """
    free = and_(_free(at), job.c.id.not_in(but))
    row = c.execute(select(job).where(free).order_by(job.c.created_at, job.c.id).limit(1)).one_or_none()
    if row is None:
        return None
    taken = c.execute(
        update(job)
        .where(job.c.id == row.id, free)  # a renewal may have come in between
        .values(state=JobState.RUNNING, attempts=row.attempts + 1, lease_owner=owner, lease_until=at + LEASE)
    )
    if not taken.rowcount:
        return None
    _tell(c, row.id, at, {"state": JobState.RUNNING, "attempt": row.attempts + 1})
    return Leased(
        job_id=row.id,
        owner=owner,
        scenario_id=row.scenario_id,
        account_id=row.account_id,
        options=row.options,
        seconds_used=row.seconds_used,
        incumbent=row.incumbent,
        attempt=row.attempts + 1,
    )


def renew(
    c: Connection,
    leased: Leased,
    at: datetime,
    progress: Mapping[str, Any] | None = None,
    incumbent: bytes | None = None,
    seconds_used: int | None = None,
) -> bool | None:
    """Keep the lease, and tell how far it is; ``Database.write_row`` is enough for it.

    Returns:
        True: somebody asked to end it; None: the lease is lost.
    """
    values: dict[str, Any] = {"lease_until": at + LEASE}
    if incumbent is not None:
        values["incumbent"] = incumbent
    if seconds_used is not None:
        values["seconds_used"] = seconds_used
    if progress is not None:
        values["progress"] = dict(progress)
    kept = update(job).where(_mine(leased)).values(values).returning(job.c.cancelled)
    row = c.execute(kept).one_or_none()
    if row is None:
        return None
    # The row is locked until the end of the transaction, so that a job's events are seen in their order.
    if progress is not None:
        _tell(c, leased.job_id, at, {"state": JobState.RUNNING, **progress})
    return bool(row.cancelled)


def holds(c: Connection, leased: Leased) -> bool:
    return c.execute(select(job.c.id).where(_mine(leased))).one_or_none() is not None


def give_back(c: Connection, leased: Leased, at: datetime, died: bool) -> None:
    """Let the job be taken up again at once.

    Args:
        died: its planner ended without a word; else the server stops in good order, which is not
            held against the job.
    """
    if holds(c, leased):
        attempts = leased.attempt if died else leased.attempt - 1
        values = {"state": JobState.QUEUED, "lease_owner": None, "lease_until": None, "attempts": attempts}
        c.execute(update(job).where(_mine(leased)).values(values))
        _tell(c, leased.job_id, at, {"state": JobState.QUEUED})


def finish(
    c: Connection, leased: Leased, at: datetime, plan_id: str, failure: Mapping[str, Any] | None = None
) -> None:
    """The job's plan is stored; call it in the transaction that stored it, after ``holds``."""
    _end(c, leased.job_id, at, JobState.DONE, plan_id, failure)


def fail(c: Connection, leased: Leased, at: datetime, failure: Mapping[str, Any]) -> None:
    if holds(c, leased):
        _end(c, leased.job_id, at, JobState.FAILED, failure=failure)


def cancel(c: Connection, job_id: str, at: datetime) -> JobState | None:
    """Ask a job to end with the best plan so far; returns its state, None: there is no such job."""
    started = or_(job.c.attempts > 0, job.c.incumbent.is_not(None)).label("started")
    row = c.execute(select(job.c.state, started).where(job.c.id == job_id)).one_or_none()
    if row is None:
        return None
    if row.state == JobState.QUEUED and not row.started:
        _end(c, job_id, at, JobState.CANCELLED)
        return JobState.CANCELLED
    if row.state not in ENDED:
        c.execute(update(job).where(job.c.id == job_id).values(cancelled=True))
    return JobState(row.state)


def events(c: Connection, job_id: str, after: int = 0) -> list[Row[Any]]:
    query = select(job_event).where(job_event.c.job_id == job_id, job_event.c.seq > after)
    return list(c.execute(query.order_by(job_event.c.seq)))


def _free(at: datetime) -> Any:
    return or_(job.c.state == JobState.QUEUED, and_(job.c.state == JobState.RUNNING, job.c.lease_until < at))


def _mine(leased: Leased) -> Any:
    return and_(job.c.id == leased.job_id, job.c.state == JobState.RUNNING, job.c.lease_owner == leased.owner)


def _end(
    c: Connection,
    job_id: str,
    at: datetime,
    state: JobState,
    plan_id: str | None = None,
    failure: Mapping[str, Any] | None = None,
) -> None:
    told = None if failure is None else dict(failure)
    c.execute(
        update(job)
        .where(job.c.id == job_id)
        .values(state=state, ended_at=at, lease_owner=None, lease_until=None, incumbent=None)
        .values(plan_id=plan_id, failure=told)
    )
    _tell(c, job_id, at, {"state": state, "plan_id": plan_id, "failure": told})


def _tell(c: Connection, job_id: str, at: datetime, body: Mapping[str, Any]) -> None:
    c.execute(insert(job_event).values(job_id=job_id, at=at, body=dict(body)))
