"""Accounts, their API keys, and the record of what was done with rights.

A key is a random secret of 256 bits; the database holds its SHA-256, which cannot be turned round,
and a slow hash would add nothing to so many bits.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, insert, select, update

from data.schema import account, api_key, audit, session
from workforce.roles import Role

KEY_PREFIX = "gk_"


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
    password_hash: str | None = None,
) -> str:
    """Returns the new account's id.

    Args:
        password_hash: of ``data.passwords.hashed_password``, made before the transaction begins.

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
            password_hash=password_hash,
            created_at=by.at,
        )
    )
    record(c, by, "account_added", account_id, role)
    return account_id


def find_account(c: Connection, account_id: str) -> Row[Any] | None:
    return c.execute(select(account).where(account.c.id == account_id)).one_or_none()


def find_login(c: Connection, login: str) -> Row[Any] | None:
    return c.execute(select(account).where(account.c.login == login)).one_or_none()


def list_accounts(c: Connection, after: str = "", limit: int | None = None) -> list[Row[Any]]:
    """Accounts in the order of their ids; only ids beyond ``after``."""
    return list(c.execute(select(account).where(account.c.id > after).order_by(account.c.id).limit(limit)))


def active_administrators(c: Connection) -> set[str]:
    """The ids of the administrators who can act."""
    query = select(account.c.id).where(account.c.role == Role.ADMINISTRATOR, account.c.disabled_at.is_(None))
    return set(c.execute(query).scalars())


def disable_account(c: Connection, by: By, account_id: str) -> None:
    """End an account with its keys and sessions; what it did stays on record."""
    of_it = account.c.id == account_id, account.c.disabled_at.is_(None)
    if c.execute(update(account).where(*of_it).values(disabled_at=by.at)).rowcount:
        c.execute(
            update(api_key)
            .where(api_key.c.account_id == account_id, api_key.c.revoked_at.is_(None))
            .values(revoked_at=by.at)
        )
        end_sessions(c, by, account_id)
        record(c, by, "account_disabled", account_id)


def set_password(c: Connection, by: By, account_id: str, password_hash: str) -> None:
    """Also ends the account's sessions."""
    c.execute(update(account).where(account.c.id == account_id).values(password_hash=password_hash))
    end_sessions(c, by, account_id)
    record(c, by, "password_set", account_id)


def end_sessions(c: Connection, by: By, account_id: str) -> int:
    """Returns how many were open."""
    open_ones = session.c.account_id == account_id, session.c.expires_at > by.at
    ended = c.execute(update(session).where(*open_ones).values(expires_at=by.at)).rowcount
    if ended:
        record(c, by, "sessions_ended", account_id)
    return ended


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


def list_keys(c: Connection, account_id: str) -> list[Row[Any]]:
    """An account's keys, oldest first, without anything of the secret."""
    columns = [column for column in api_key.c if column.name != "secret_hash"]
    query = select(*columns).where(api_key.c.account_id == account_id)
    return list(c.execute(query.order_by(api_key.c.created_at, api_key.c.id)))


def revoke_key(c: Connection, by: By, account_id: str, key_id: str) -> bool:
    """False: the account has no such key, or it was revoked before."""
    it = api_key.c.id == key_id, api_key.c.account_id == account_id, api_key.c.revoked_at.is_(None)
    if not c.execute(update(api_key).where(*it).values(revoked_at=by.at)).rowcount:
        return False
    record(c, by, "key_revoked", key_id)
    return True


def owner_of(c: Connection, key_id: str) -> str | None:
    """The account whose key this is."""
    return c.execute(select(api_key.c.account_id).where(api_key.c.id == key_id)).scalar_one_or_none()


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
    return caller(row, row.scopes)


def caller(row: Row[Any], scopes: Sequence[str]) -> Caller:
    return Caller(row.id, Role(row.role), row.name, row.subject, frozenset(scopes))


def names_of(c: Connection, account_ids: Iterable[str | None], of: str | None = None) -> dict[str, str]:
    """What accounts are called, by their ids.

    Args:
        of: only those of this enterprise.
    """
    query = select(account.c.id, account.c.name).where(account.c.id.in_(set(account_ids) - {None}))
    if of is not None:
        query = query.where(account.c.role == Role.ENTERPRISE, account.c.subject == of)
    return {row.id: row.name for row in c.execute(query)}


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


def audit_trail(c: Connection, before: int | None, action: str | None, limit: int) -> list[Row[Any]]:
    """What was recorded, newest first; only rows older than the one numbered ``before``."""
    query = select(audit).order_by(audit.c.seq.desc()).limit(limit)
    if before is not None:
        query = query.where(audit.c.seq < before)
    if action is not None:
        query = query.where(audit.c.action == action)
    return list(c.execute(query))
