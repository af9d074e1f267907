"""Signing in: attempts, slowed down where they fail, and the sessions of those who succeed.

An attempt counts as failed until it has succeeded, so that guesses made at the same moment are
counted, too.  What is slowed down:

* a login from one network address, soon and for long;
* a network address, whatever the logins, later;
* a login from anywhere, later and at most ``LOGIN_WAIT``; not where its owner signed in before, so
  that a stranger who keeps failing elsewhere never locks its owner out.
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, delete, func, insert, select, update

from data.accounts import By, Caller, caller, hashed, new_secret, record
from data.schema import account, attempt, audit, session

COUNTED = timedelta(minutes=30)
LONGEST_WAIT = timedelta(minutes=15)
LOGIN_WAIT = timedelta(minutes=1)
FREE_OF_PAIR, FREE_OF_ADDRESS, FREE_OF_LOGIN = 5, 40, 20  # failures before a wait begins
KNOWN_FOR = timedelta(days=90)  # an address after a session was opened from it


@dataclass(frozen=True, slots=True)
class Attempt:
    """A sign-in that is being looked at, or that must wait.

    Attributes:
        wait: until the next one is looked at; zero: this one is.
        seq: its row, which ``succeed`` removes.
        row: the account of the login; None: there is none that can act.
    """

    wait: timedelta
    seq: int | None = None
    row: Row[Any] | None = None


def network(address: str) -> str:
    """The address as attempts are counted: one IPv6 subscriber has a whole /64."""
    try:
        known = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(known, ipaddress.IPv6Address):
        if known.ipv4_mapped:
            return str(known.ipv4_mapped)
        return str(ipaddress.ip_network((known, 64), strict=False))
    return str(known)


def begin_attempt(c: Connection, login: str, address: str, at: datetime) -> Attempt:
    """Take an attempt down as failed, or say how long it must wait."""
    origin, typed = network(address), _typed(login)
    c.execute(delete(attempt).where(attempt.c.at <= at - COUNTED))
    row = c.execute(
        select(account).where(account.c.login == login, account.c.disabled_at.is_(None))
    ).one_or_none()
    wait = _wait(c, typed, origin, at, known=row is not None and _known(c, row.id, origin, at))
    if wait > timedelta(0):
        return Attempt(wait)
    made = c.execute(insert(attempt).values(at=at, login=typed, address=origin).returning(attempt.c.seq))
    return Attempt(timedelta(0), made.scalar_one(), row)


def note_failed(c: Connection, tried: Attempt, address: str, at: datetime, request_id: str | None) -> None:
    """Log a failure; not the login as typed, which may be a password in the wrong field."""
    account_id = tried.row.id if tried.row is not None else None
    c.execute(
        insert(audit).values(
            at=at, action="sign_in_failed", subject=account_id, reason=network(address), request_id=request_id
        )
    )


def succeed(c: Connection, tried: Attempt) -> bool:
    """The attempt has succeeded: the failures before it from there no longer count.

    False: while the password was looked at, the account got another one, or was ended.
    """
    assert tried.row is not None
    same = account.c.id == tried.row.id, account.c.password_hash == tried.row.password_hash
    if c.execute(select(account.c.id).where(*same, account.c.disabled_at.is_(None))).first() is None:
        return False
    row = c.execute(select(attempt).where(attempt.c.seq == tried.seq)).one_or_none()
    if row is not None:
        c.execute(delete(attempt).where(attempt.c.login == row.login, attempt.c.address == row.address))
    return True


def open_session(c: Connection, by: By, lasts: timedelta, address: str = "-") -> str:
    """Returns the secret that the browser keeps."""
    secret = new_secret()
    c.execute(
        insert(session).values(
            secret_hash=hashed(secret),
            account_id=by.account_id,
            address=network(address),
            created_at=by.at,
            expires_at=by.at + lasts,
        )
    )
    record(c, by, "signed_in", by.account_id)
    return secret


def end_session(c: Connection, by: By, secret: str) -> None:
    c.execute(update(session).where(session.c.secret_hash == hashed(secret)).values(expires_at=by.at))
    record(c, by, "signed_out", by.account_id)


def by_session(c: Connection, secret: str, at: datetime) -> Caller | None:
    row = c.execute(
        select(account)
        .join(session, session.c.account_id == account.c.id)
        .where(
            session.c.secret_hash == hashed(secret),
            session.c.expires_at > at,
            account.c.disabled_at.is_(None),
        )
    ).one_or_none()
    return None if row is None else caller(row, ("read", "write"))


def open_sessions(c: Connection, account_id: str, at: datetime) -> list[Row[Any]]:
    """The sessions of an account that have not ended, oldest first."""
    mine = session.c.account_id == account_id, session.c.expires_at > at
    return list(c.execute(select(session).where(*mine).order_by(session.c.created_at)))


def session_name(secret_hash: bytes) -> str:
    """What a session is called in lists: says nothing of its secret."""
    return secret_hash.hex()[:16]


def end_named(c: Connection, by: By, account_id: str, name: str) -> bool:
    """End one session of an account; False: it has none of that name."""
    for row in open_sessions(c, account_id, by.at):
        if session_name(row.secret_hash) == name:
            c.execute(
                update(session).where(session.c.secret_hash == row.secret_hash).values(expires_at=by.at)
            )
            record(c, by, "session_ended", account_id)
            return True
    return False


def _typed(login: str) -> str:
    """What tells a login from others: what was typed may be a password in the wrong field."""
    return hashed(login).hex()


def _known(c: Connection, account_id: str, origin: str, at: datetime) -> bool:
    of_it = session.c.account_id == account_id, session.c.address == origin
    query = select(func.count()).where(*of_it, session.c.created_at > at - KNOWN_FOR)
    return bool(c.execute(query).scalar_one())


def _wait(c: Connection, login: str, origin: str, at: datetime, known: bool) -> timedelta:
    of_login, of_origin = attempt.c.login == login, attempt.c.address == origin
    waits = [
        _one_wait(c, and_(of_login, of_origin), FREE_OF_PAIR, LONGEST_WAIT, at),
        _one_wait(c, of_origin, FREE_OF_ADDRESS, LONGEST_WAIT, at),
    ]
    if not known:
        waits.append(_one_wait(c, of_login, FREE_OF_LOGIN, LOGIN_WAIT, at))
    return max(timedelta(0), *waits)


def _one_wait(
    c: Connection, which: ColumnElement[bool], free: int, longest: timedelta, at: datetime
) -> timedelta:
    failed, last = c.execute(
        select(func.count(), func.max(attempt.c.at)).where(which, attempt.c.at > at - COUNTED)
    ).one()
    if failed < free or last is None:
        return timedelta(0)
    waits: timedelta = last + min(longest, timedelta(seconds=2.0 ** min(20, failed - free))) - at
    return waits
