"""Forgetting people: on request, and when the time for which their data is kept has passed.

What names a person goes: the sealed record, the claimants' names of the row, health checks, and
whatever submissions and kept answers say of them.  The worker's id stays, and with it every figure
of scenarios, plans, changes and logs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, TypeAlias

from sqlalchemy import Connection, delete, select, update

from data.accounts import By, disable_account, record
from data.database import Database
from data.people import personal_of, withdraw
from data.proposals import lapse
from data.rotation import answer_about
from data.schema import account, answered, attempt, claim, health_check, person, session, submission, trace
from data.vault import PERSONAL_NUMBER, KeyRing, Vault, plain_number
from workforce.roles import Role
from workforce.views import Published

_BATCH = 400  # ids a query asks for at once
_AT_A_TIME = 2000  # people a transaction forgets: each looks through all submissions
# By what a row may tell that it is somebody's: what in that row names them.
Marks: TypeAlias = Mapping[str, "Names"]


class Names(NamedTuple):
    """What names people in a row: ``parts`` wherever they stand, ``whole`` where a cell says nothing else.

    A submitter's own name of a row may be as short as ``1``, which is in many a date.
    """

    parts: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()


def erase(c: Connection, vault: Vault, by: By, worker_ids: Sequence[str], reason: str) -> list[str]:
    """Forget people; returns those of whom something was known until now."""
    known = [
        worker_id
        for part in _parts(worker_ids)
        for worker_id in c.execute(
            select(person.c.worker_id).where(person.c.worker_id.in_(part), person.c.erased_at.is_(None))
        ).scalars()
    ]
    if not known:
        return []
    marks = _marks(c, vault, known)
    for part in _parts(known):
        c.execute(
            update(person)
            .where(person.c.worker_id.in_(part))
            .values(sealed=None, key_id=None, identity_hash=None, erased_at=by.at)
        )
        c.execute(update(claim).where(claim.c.worker_id.in_(part)).values(client_ref=None, contact_hash=None))
        c.execute(
            update(health_check).where(health_check.c.worker_id.in_(part)).values(sealed=None, key_id=None)
        )
        c.execute(update(trace).where(trace.c.worker_id.in_(part)).values(sealed=None, key_id=None))
        of_them = account.c.role == Role.WORKER, account.c.subject.in_(part)
        c.execute(update(account).where(*of_them).values(name=account.c.subject))
        for account_id in c.execute(select(account.c.id).where(*of_them)).scalars().all():
            disable_account(c, by, account_id)
    for worker_id in known:
        withdraw(c, by, worker_id, None)
        lapse(c, by, worker_id=worker_id)
        record(c, by, "person_erased", worker_id, reason)
    _scrub_submissions(c, vault, marks)
    _blank_answers(c, vault, marks)
    return known


def due(c: Connection, published: Iterable[Published], today: date, days: int) -> list[str]:
    """The people whose last arrival, or whose wish to arrive, lies more than ``days`` back."""
    last: dict[str, date] = {}

    def told(worker_id: str, day: date) -> None:
        last[worker_id] = max(day, last.get(worker_id, day))

    for row in c.execute(select(claim.c.worker_id, claim.c.body)):
        if row.body.get("arrive_by"):
            told(row.worker_id, date.fromisoformat(row.body["arrive_by"]))
    for one in published:
        for seat in one.plan.seats:
            told(seat.worker_id, one.plan.trip_by_id[seat.trip_id].last_day)
        for stay in one.plan.stays:
            told(stay.worker_id, stay.check_out)
    end = today - timedelta(days=days)
    here = c.execute(select(person.c.worker_id).where(person.c.erased_at.is_(None))).scalars()
    return sorted(worker_id for worker_id in here if worker_id in last and last[worker_id] < end)


def apply_retention(
    database: Database, keys: KeyRing, published: Sequence[Published], by: By, days: int
) -> int:
    """Erase everybody who is due, some at a time; returns how many."""
    with database.read() as c:
        ids = due(c, published, by.at.date(), days)
    done = 0
    for i in range(0, len(ids), _AT_A_TIME):
        with database.write() as c:
            done += len(erase(c, keys.current(), by, ids[i : i + _AT_A_TIME], f"retention: {days} days"))
    return done


def forget_old(c: Connection, at: datetime, submissions_kept: timedelta) -> None:
    """Drop what is kept for a while only: old submissions with their rows, attempts, ended sessions."""
    c.execute(delete(submission).where(submission.c.at < at - submissions_kept))
    # An ended session is kept a while longer: it tells from where its owner signs in.
    c.execute(delete(session).where(session.c.expires_at < at - timedelta(days=90)))
    c.execute(delete(attempt).where(attempt.c.at < at - timedelta(days=1)))


def _marks(c: Connection, vault: Vault, worker_ids: Sequence[str]) -> Marks:
    found: dict[str, Names] = {}
    refs: dict[str, list[str]] = {}
    for part in _parts(worker_ids):
        of_them = select(claim.c.worker_id, claim.c.client_ref).where(claim.c.worker_id.in_(part))
        for worker_id, ref in c.execute(of_them):
            refs.setdefault(worker_id, []).extend([ref] if ref else [])
    personal = personal_of(c, vault, worker_ids)
    for worker_id in worker_ids:
        told, own_refs = personal.get(worker_id, {}), refs.get(worker_id, [])
        numbers = [told[name] for name in ("id_number", "phone") if told.get(name)]
        plain = [plain_number(number) for n in numbers for number in PERSONAL_NUMBER.findall(n)]
        parts, whole = frozenset([*filter(None, told.values()), *plain]), frozenset(own_refs) - {worker_id}
        for mark in (worker_id, *numbers, *own_refs, *plain):
            before = found.get(mark, Names())
            found[mark] = Names(before.parts | parts, before.whole | whole)
    return found


def _scrub_submissions(c: Connection, vault: Vault, marks: Marks) -> None:
    keys = c.execute(select(submission.c.id)).scalars().all()
    for key in keys:  # one at a time: a submission may be large
        row = c.execute(select(submission).where(submission.c.id == key)).one()
        content = vault.unseal(row.rows, row.key_id, row.id)
        scrubbed = scrub(content, marks)
        if scrubbed != content:
            c.execute(
                update(submission)
                .where(submission.c.id == key)
                .values(rows=vault.seal(scrubbed, row.id), key_id=vault.newest)
            )


def _blank_answers(c: Connection, vault: Vault, marks: Marks) -> None:
    keys = c.execute(select(answered.c.account_id, answered.c.key).where(answered.c.body.is_not(None))).all()
    for account_id, key in keys:
        it = answered.c.account_id == account_id, answered.c.key == key
        row = c.execute(select(answered).where(*it)).one()
        text = vault.unseal(row.body, row.key_id, answer_about(account_id, key))
        if text and scrub(json.loads(text), marks) != json.loads(text):
            c.execute(update(answered).where(*it).values(body=None, key_id=None))


def scrub(content: Any, marks: Marks) -> Any:
    """JSON content without what names some people."""
    if not isinstance(content, dict | list):
        return content
    if not _lists_rows(content):
        names = [marks[text] for text in _leaves(content) if text in marks]
        if names:
            parts = frozenset().union(*(one.parts for one in names))
            return _without(content, Names(parts, frozenset().union(*(one.whole for one in names))))
    if isinstance(content, list):
        return [scrub(part, marks) for part in content]
    return {key: scrub(part, marks) for key, part in content.items()}


def _lists_rows(content: Any) -> bool:
    """Whether it is a list of rows, each of which may be of another person."""
    return isinstance(content, list) and all(isinstance(part, dict | list) for part in content)


def _leaves(content: Any) -> Iterator[str]:
    """The texts in some content and the numbers in them, but not those of rows listed in it."""
    if isinstance(content, str):
        yield content
        yield from map(plain_number, PERSONAL_NUMBER.findall(content))
    elif _is_number(content):
        yield _digits(content)
    elif isinstance(content, dict):
        for part in content.values():
            yield from _leaves(part)
    elif isinstance(content, list) and not _lists_rows(content):
        for part in content:
            yield from _leaves(part)


def _without(content: Any, names: Names) -> Any:
    if _is_number(content):
        return "" if _digits(content) in names.parts else content
    if isinstance(content, str):
        if content in names.whole:
            return ""
        content = PERSONAL_NUMBER.sub(lambda m: "" if plain_number(m[0]) in names.parts else m[0], content)
        for name in sorted(names.parts, key=len, reverse=True):
            content = content.replace(name, "")
        return content
    if isinstance(content, list):
        return [_without(part, names) for part in content]
    if isinstance(content, dict):
        return {key: _without(part, names) for key, part in content.items()}
    return content


def _is_number(content: Any) -> bool:
    """Whether a cell holds a number that may be a telephone's: a sheet's own numbers have fewer digits."""
    return isinstance(content, int | float) and not isinstance(content, bool) and content >= 10**10


def _digits(content: float) -> str:
    return plain_number(f"{content:.0f}")


def _parts(values: Sequence[str]) -> Iterator[Sequence[str]]:
    return (values[i : i + _BATCH] for i in range(0, len(values), _BATCH))
