"""Accounts, their API keys and sessions, failed sign-ins, and the record of what was done with rights.

A key or a session is a random secret of 256 bits; the database holds its SHA-256, which cannot be
turned round, and a slow hash would add nothing to so many bits.  Passwords are people's own and
are hashed with argon2.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Row, func, insert, select, update

from data.schema import account, api_key, attempt, audit, session
from workforce.roles import Role

KEY_PREFIX = "gk_"
FREE_ATTEMPTS = 5  # failed sign-ins before each further one must wait
ATTEMPTS_COUNT = timedelta(minutes=30)
LONGEST_WAIT = timedelta(minutes=15)
_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash("nobody")  # so that an unknown login takes as long as a known one


@dataclass(frozen=True, slots=True)
class By:
    """Who does something, when, and in which request."""

    account_id: str
    at: datetime
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, as far as rights go.

    Attributes:
        scopes: what a key is good for: ``read`` and ``write``.
    """

    account_id: str
    role: Role
    name: str
    subject: str | None
    scopes: frozenset[str]


def new_secret() -> str:
    return secrets.token_urlsafe(32)


def hashed(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def new_id(prefix: str) -> str:
    return prefix + secrets.token_hex(6)


def add_account(
    c: Connection,
    by: By,
    role: Role,
    name: str,
    subject: str | None = None,
    login: str | None = None,
    password: str | None = None,
) -> str:
    """Returns the new account's id.

    Raises:
        sqlalchemy.exc.IntegrityError: somebody has the login.
    """
    account_id = new_id("a_")
    c.execute(
        insert(account).values(
            id=account_id,
            role=role,
            name=name,
            subject=subject,
            login=login,
            password_hash=None if password is None else _HASHER.hash(password),
            created_at=by.at,
        )
    )
    record(c, by, "account_added", account_id, role)
    return account_id


def find_account(c: Connection, account_id: str) -> Row[Any] | None:
    return c.execute(select(account).where(account.c.id == account_id)).one_or_none()


def disable_account(c: Connection, by: By, account_id: str) -> None:
    """End an account with its keys and sessions; what it did stays on record."""
    c.execute(update(account).where(account.c.id == account_id).values(disabled_at=by.at))
    record(c, by, "account_disabled", account_id)


def set_password(c: Connection, by: By, account_id: str, password: str) -> None:
    """Also ends the account's sessions."""
    c.execute(update(account).where(account.c.id == account_id).values(password_hash=_HASHER.hash(password)))
    c.execute(update(session).where(session.c.account_id == account_id).values(expires_at=by.at))
    record(c, by, "password_set", account_id)


# Signing in


def must_wait(c: Connection, login: str, address: str, at: datetime) -> timedelta:
    """How long until the next sign-in with this login, or from this address, is looked at."""
    longest = timedelta(0)
    for column, value in ((attempt.c.login, login), (attempt.c.address, address)):
        failed, last = c.execute(
            select(func.count(), func.max(attempt.c.at)).where(
                column == value, attempt.c.at > at - ATTEMPTS_COUNT
            )
        ).one()
        if failed >= FREE_ATTEMPTS and last is not None:
            wait = min(LONGEST_WAIT, timedelta(seconds=2.0 ** min(20, failed - FREE_ATTEMPTS)))
            longest = max(longest, last + wait - at)
    return longest


def password_fits(c: Connection, login: str, password: str) -> str | None:
    """The account's id, None if login or password is wrong."""
    row = c.execute(
        select(account.c.id, account.c.password_hash).where(
            account.c.login == login, account.c.disabled_at.is_(None)
        )
    ).one_or_none()
    try:
        _HASHER.verify(row.password_hash if row and row.password_hash else _NOBODY, password)
    except (VerificationError, InvalidHashError):
        return None
    return str(row.id) if row and row.password_hash else None


def note_failed(c: Connection, login: str, address: str, at: datetime, request_id: str | None) -> None:
    c.execute(insert(attempt).values(at=at, login=login, address=address))
    c.execute(
        insert(audit).values(
            at=at, action="sign_in_failed", subject=login, reason=address, request_id=request_id
        )
    )


def open_session(c: Connection, by: By, lasts: timedelta) -> str:
    """Returns the secret that the browser keeps."""
    secret = new_secret()
    c.execute(
        insert(session).values(
            secret_hash=hashed(secret), account_id=by.account_id, created_at=by.at, expires_at=by.at + lasts
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
    return None if row is None else _caller(row, ("read", "write"))


# Keys


def add_key(
    c: Connection, by: By, account_id: str, name: str, scopes: Sequence[str], expires_at: datetime | None
) -> tuple[str, str]:
    """Returns the key's id and the key itself, which is nowhere to be had again."""
    key_id, secret = new_id("k_"), new_secret()
    c.execute(
        insert(api_key).values(
            id=key_id,
            account_id=account_id,
            name=name,
            secret_hash=hashed(secret),
            scopes=list(scopes),
            created_at=by.at,
            expires_at=expires_at,
        )
    )
    record(c, by, "key_added", key_id)
    return key_id, f"{KEY_PREFIX}{key_id[2:]}_{secret}"


def revoke_key(c: Connection, by: By, key_id: str) -> None:
    c.execute(
        update(api_key).where(api_key.c.id == key_id, api_key.c.revoked_at.is_(None)).values(revoked_at=by.at)
    )
    record(c, by, "key_revoked", key_id)


def by_key(c: Connection, key: str, at: datetime) -> Caller | None:
    """Whose key this is; None if it is none, has expired or was revoked."""
    name, _, secret = key.removeprefix(KEY_PREFIX).partition("_")
    row = c.execute(
        select(account, api_key.c.secret_hash, api_key.c.scopes, api_key.c.expires_at)
        .join(api_key, api_key.c.account_id == account.c.id)
        .where(api_key.c.id == f"k_{name}", api_key.c.revoked_at.is_(None), account.c.disabled_at.is_(None))
    ).one_or_none()
    if row is None or not secrets.compare_digest(row.secret_hash, hashed(secret)):
        return None
    if row.expires_at is not None and row.expires_at <= at:
        return None
    return _caller(row, row.scopes)


def _caller(row: Row[Any], scopes: Sequence[str]) -> Caller:
    return Caller(row.id, Role(row.role), row.name, row.subject, frozenset(scopes))


def record(c: Connection, by: By, action: str, subject: str | None = None, reason: str | None = None) -> None:
    """Add to the audit."""
    c.execute(
        insert(audit).values(
            at=by.at,
            account_id=by.account_id,
            action=action,
            subject=subject,
            reason=reason,
            request_id=by.request_id,
        )
    )
