"""Forgetting people: on request, and when the time for which their data is kept has passed.

What names a person goes: the sealed record, the claimants' names of the row, health checks, the
personal parts of the trip log, where exactly they live, and whatever submissions, kept answers and
texts that staff typed say of them.  The worker's id stays, and with it every figure of scenarios,
plans, changes and logs.

Older back-ups know the person still.  So a list outside the database (``data/erased.py``) says by a
keyed hash who was forgotten, and restoring a back-up forgets them again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import Column, Connection, Table, delete, select, update

from data.accounts import By, disable_account, record
from data.database import Database
from data.erased import add_erased, erased_among
from data.gazetteer import by_code
from data.liaisons import last_days
from data.people import personal_of, withdraw
from data.proposals import lapse
from data.rotation import answer_about
from data.schema import (
    account,
    answered,
    attempt,
    audit,
    change,
    claim,
    entry,
    event,
    event_detail,
    item,
    person,
    scenario,
    session,
    submission,
    trace,
)
from data.trip_log import details_of
from data.vault import PERSONAL_NUMBER, KeyRing, Vault, plain_number
from workforce.roles import Role
from workforce.views import Published

_T = TypeVar("_T")
_BATCH = 400  # ids a query asks for at once
_AT_A_TIME = 2000  # people a transaction forgets: each looks through all submissions
STRUCK = "□"  # in the place of a name or number that a text had
# Where staff type texts: which rows of which table.
_OF_TEXTS = change.c.kind.in_(("return_plans", "items"))
_TYPED: Sequence[tuple[Table, Column[Any], Sequence[Any]]] = (
    (audit, audit.c.reason, ()),
    (item, item.c.decision, ()),
    (entry, entry.c.body, (entry.c.kind == "return_plans",)),
    (change, change.c.before, (_OF_TEXTS,)),
    (change, change.c.after, (_OF_TEXTS,)),
    (scenario, scenario.c.name, ()),
)
# By what a row may tell that it is somebody's: what in that row names them.
Marks: TypeAlias = Mapping[str, "Names"]


class Names(NamedTuple):
    """What names people in a row: ``parts`` wherever they stand, ``whole`` where a cell says nothing else.

    A submitter's own name of a row may be as short as ``1``, which is in many a date.
    """

    parts: frozenset[str] = frozenset()
    whole: frozenset[str] = frozenset()


def erase(
    c: Connection, vault: Vault, by: By, worker_ids: Sequence[str], reason: str, erased: Path
) -> list[str]:
    """Forget people, or liaisons; returns those of whom something was known until now.

    Args:
        erased: the list outside the database.
    """
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
        c.execute(update(trace).where(trace.c.worker_id.in_(part)).values(sealed=None, key_id=None))
        of_them = account.c.role == Role.WORKER, account.c.subject.in_(part)
        c.execute(update(account).where(*of_them).values(name=account.c.subject))
        for account_id in c.execute(select(account.c.id).where(*of_them)).scalars().all():
            disable_account(c, by, account_id)
    for worker_id in known:
        withdraw(c, vault, by, worker_id, None)
        lapse(c, by, worker_id=worker_id)
        record(c, by, "person_erased", worker_id, reason)
    _coarsen_homes(c, known)
    _forget_in_trip_log(c, vault, known, marks)
    _scrub_submissions(c, vault, marks)
    _blank_answers(c, vault, marks)
    strike_out(c, (name for one in marks.values() for name in one.parts))
    # Before the rows are kept: whoever is on the list but not erased is asked for again at worst.
    add_erased(erased, vault, known)
    return known


def erase_again(c: Connection, vault: Vault, by: By, erased: Path) -> int:
    """Forget whom the list names and the database still knows: it is of an older back-up."""
    alive = c.execute(select(person.c.worker_id).where(person.c.erased_at.is_(None))).scalars().all()
    gone = erased_among(erased, vault, alive)
    return len(erase(c, vault, by, gone, "erased before the back-up was restored", erased))


def due(c: Connection, published: Iterable[Published], today: date, days: int) -> list[str]:
    """The people whose last arrival, or whose wish to arrive, lies more than ``days`` back.

    Liaisons, too: of them that counts until when somebody of their enterprise was expected.
    """
    last: dict[str, date] = {}

    def told(worker_id: str, day: date) -> None:
        last[worker_id] = max(day, last.get(worker_id, day))

    firm: dict[str, set[str]] = {}
    for row in c.execute(select(claim.c.worker_id, claim.c.claimant, claim.c.body)):
        firm.setdefault(row.worker_id, set()).update((row.claimant, row.body.get("enterprise_id", "")))
        if row.body.get("arrive_by"):
            told(row.worker_id, date.fromisoformat(row.body["arrive_by"]))
    for one in published:
        for seat in one.plan.seats:
            told(seat.worker_id, one.plan.trip_by_id[seat.trip_id].last_day)
        for stay in one.plan.stays:
            told(stay.worker_id, stay.check_out)
    of_enterprise: dict[str, date] = {}
    for worker_id, day in last.items():
        for enterprise_id in firm.get(worker_id, ()):
            of_enterprise[enterprise_id] = max(day, of_enterprise.get(enterprise_id, day))
    last.update(last_days(c, of_enterprise))
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
            part, reason = ids[i : i + _AT_A_TIME], f"保存期满 {days} 天 kept for {days} days"
            done += len(erase(c, keys.current(), by, part, reason, keys.erased))
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


def _forget_in_trip_log(c: Connection, vault: Vault, worker_ids: Sequence[str], marks: Marks) -> None:
    """Drop the personal parts of events about people, and of their trips' events that speak of them.

    The salts go, too: what the log holds of them then is a hash that nobody can guess at.
    """
    names = {part for one in marks.values() for part in one.parts if len(part) > 1}
    gone: set[int] = set()
    trips: set[tuple[str, str]] = set()
    for part in _parts(worker_ids):
        query = select(event.c.seq, event.c.plan_id, event.c.trip_id).where(event.c.worker_id.in_(part))
        for row in c.execute(query):
            gone.add(row.seq)
            trips.add((row.plan_id, row.trip_id))
    for trip in sorted(t for t in trips if None not in t):
        of_trip = event.c.plan_id == trip[0], event.c.trip_id == trip[1], event.c.worker_id.is_(None)
        seqs = c.execute(select(event.c.seq).where(*of_trip)).scalars().all()
        for seq, (_, told) in details_of(c, vault, seqs).items():
            if any(name in text for text in _leaves(told) for name in names):
                gone.add(seq)
    for seqs in _parts(sorted(gone)):
        c.execute(update(event_detail).where(event_detail.c.seq.in_(seqs)).values(sealed=None, key_id=None))


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


def _coarsen_homes(c: Connection, worker_ids: Sequence[str]) -> None:
    """Where somebody lived is about their county's seat from now on, in what stands and in history."""
    for part in _parts(worker_ids):
        keys = list(part)
        for row in c.execute(select(claim).where(claim.c.worker_id.in_(part))).all():
            it = claim.c.worker_id == row.worker_id, claim.c.claimant == row.claimant
            c.execute(update(claim).where(*it).values(body=_coarse(row.body)))
            keys.append(f"{row.worker_id}|{row.claimant}")
        of_them = change.c.kind.in_(("workers", "claims")), change.c.key.in_(keys)
        for row in c.execute(select(change).where(*of_them)).all():
            told = {side: _coarse(getattr(row, side)) for side in ("before", "after")}
            c.execute(update(change).where(change.c.seq == row.seq).values(told))


def _coarse(content: Any) -> Any:
    if not isinstance(content, dict):
        return content
    if "lat" not in content:
        return {name: _coarse(part) for name, part in content.items()}
    county = by_code().get(content.get("adcode", ""))
    lat, lon = (county.lat, county.lon) if county else (float(content["lat"]), float(content["lon"]))
    return {**content, "lat": f"{lat:.1f}", "lon": f"{lon:.1f}"}


def strike_out(c: Connection, names: Iterable[str]) -> None:
    """Take names and numbers out of the texts that staff typed: reasons, remarks, decisions."""
    parts = frozenset(name for name in names if len(name) > 1)  # one character is in many a word
    for table, column, which in _TYPED:
        query = select(*table.primary_key.columns, column).where(column.is_not(None), *which)
        for row in c.execute(query).all():
            *key, content = row
            clean = _struck(content, parts)
            if clean != content:
                it = (k == v for k, v in zip(table.primary_key.columns, key, strict=True))
                c.execute(update(table).where(*it).values({column.name: clean}))


def _struck(content: Any, parts: frozenset[str]) -> Any:
    if isinstance(content, dict):
        return {name: _struck(part, parts) for name, part in content.items()}
    if not isinstance(content, str):
        return content
    text = PERSONAL_NUMBER.sub(lambda m: STRUCK if plain_number(m[0]) in parts else m[0], content)
    sizes = sorted({len(part) for part in parts}, reverse=True)
    clean, i = [], 0
    while i < len(text):  # a retention strikes out thousands of names at once: no search for each
        size = next((n for n in sizes if text[i : i + n] in parts), 0)
        clean.append(STRUCK if size else text[i])
        i += size or 1
    return "".join(clean)


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


def _parts(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    return (values[i : i + _BATCH] for i in range(0, len(values), _BATCH))
