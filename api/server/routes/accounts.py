"""Accounts and their keys, for administrators; the audit trail, for auditors, too."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection, Row

from api.server.asks import Asking, Asks
from api.server.paging import Cursor, Limit, Next
from api.server.problems import Problem
from data import accounts
from data.passwords import LONGEST, hashed_password, is_weak
from data.subjects import subject_fault
from workforce.roles import Role

router = APIRouter(tags=["account 账号"])


class NewAccount(BaseModel):
    role: Role = Field(examples=[Role.ENTERPRISE])
    name: str = Field(min_length=1, max_length=200, examples=["Zhao, liaison of E1"])
    subject: str | None = Field(None, min_length=1, max_length=2000, examples=["E1"])
    login: str | None = Field(None, min_length=1, max_length=200, examples=["zhao.e1"])
    password: str | None = Field(None, max_length=LONGEST, examples=["seven quiet coaches at dawn"])


class Account(BaseModel):
    account_id: str
    role: str
    name: str
    subject: str | None
    login: str | None
    created_at: datetime
    disabled_at: datetime | None


class Accounts(BaseModel):
    items: list[Account]
    next: Next


class Password(BaseModel):
    password: str = Field(max_length=LONGEST, examples=["seven quiet coaches at dawn"])


class NewKey(BaseModel):
    name: str = Field(min_length=1, max_length=200, examples=["payroll export"])
    scopes: list[Literal["read", "write"]] = Field(["read"], min_length=1, examples=[["read"]])
    expires_at: datetime | None = Field(None, description="With its offset; blank: never. 含时区。")


class Key(BaseModel):
    key_id: str
    name: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class ShownKey(Key):
    key: str = Field(description="Shown this once. 仅显示这一次。")


class Audited(BaseModel):
    seq: int
    at: datetime
    account_id: str | None
    account_name: str | None
    action: str
    subject: str | None
    subject_name: str | None = Field(description="Where it is about an account.")
    reason: str | None
    request_id: str | None


class Trail(BaseModel):
    items: list[Audited]
    next: Next


@router.get("/accounts", name="list_accounts", response_model=Accounts)
def list_accounts(asks: Asking, after: Cursor = "", limit: Limit = 100) -> Accounts:
    """All accounts, those disabled, too."""
    with asks.read() as c:
        rows = accounts.list_accounts(c, after, limit + 1)
    more = rows[limit - 1].id if len(rows) > limit else None
    return Accounts(items=[_account(row) for row in rows[:limit]], next=more)


@router.post("/accounts", name="create_account", response_model=Account, status_code=201)
def create_account(asked: NewAccount, asks: Asking) -> Response:
    """Add an account; with a login and password for a person, without for systems that use keys."""
    if (asked.login is None) != (asked.password is None):
        raise Problem(
            "conflict",
            why_zh="登录名和密码须一并填写",
            why_en="login and password go together",
        )
    if asked.password is not None and is_weak(asked.password, asked.login):
        raise Problem("password_weak")
    password_hash = None if asked.password is None else hashed_password(asked.password)
    trips = _trips(asks) if asked.role is Role.COORDINATOR and asked.subject else []
    with asks.write() as c:
        why = subject_fault(c, asked.role, asked.subject, trips)
        if why is not None:
            raise Problem("subject_invalid", role=asked.role, why_zh=why.zh, why_en=why.en)
        if asked.login is not None and accounts.find_login(c, asked.login) is not None:
            raise Problem("login_taken")
        account_id = accounts.add_account(
            c, asks.by, asked.role, asked.name, asked.subject, asked.login, password_hash
        )
        made = _account(_found(c, account_id))
        return asks.answer(c, made, 201, {"Location": f"/v1/accounts/{account_id}"})


@router.get("/accounts/{account_id}", name="read_account", response_model=Account)
def read_account(account_id: str, asks: Asking) -> Account:
    """One account."""
    with asks.read() as c:
        return _account(_found(c, account_id))


@router.post("/accounts/{account_id}/disable", name="disable_account", response_model=Account)
def disable_account(account_id: str, asks: Asking) -> Response:
    """End an account with its keys and sessions; what it did stays on record."""
    with asks.write() as c:
        row = _found(c, account_id)
        if accounts.active_administrators(c) == {row.id}:
            raise Problem("conflict", why_zh="这是最后一名管理员", why_en="this is the last administrator")
        accounts.disable_account(c, asks.by, account_id)
        return asks.answer(c, _account(_found(c, account_id)))


@router.put("/accounts/{account_id}/password", name="set_password", status_code=204)
def set_password(account_id: str, asked: Password, asks: Asking) -> Response:
    """Give an account a new password; its sessions end."""
    with asks.read() as c:
        row = _found(c, account_id)
    if row.login is None:
        raise Problem("conflict", why_zh="该账号没有登录名", why_en="the account has no login")
    if is_weak(asked.password, row.login):
        raise Problem("password_weak")
    password_hash = hashed_password(asked.password)
    with asks.write() as c:
        accounts.set_password(c, asks.by, account_id, password_hash)
    return Response(status_code=204)


@router.delete("/accounts/{account_id}/sessions", name="end_sessions", status_code=204)
def end_sessions(account_id: str, asks: Asking) -> Response:
    """Sign an account out everywhere."""
    with asks.write() as c:
        _found(c, account_id)
        accounts.end_sessions(c, asks.by, account_id)
    return Response(status_code=204)


@router.get("/accounts/{account_id}/keys", name="list_keys", response_model=list[Key])
def list_keys(account_id: str, asks: Asking) -> list[Key]:
    """An account's keys, those revoked, too; never the keys themselves."""
    with asks.read() as c:
        _found(c, account_id)
        return [_key(row) for row in accounts.list_keys(c, account_id)]


@router.post("/accounts/{account_id}/keys", name="create_key", response_model=ShownKey, status_code=201)
def create_key(account_id: str, asked: NewKey, asks: Asking) -> Response:
    """Add a key; it is shown this once."""
    at = asked.expires_at
    if at is not None and (at.tzinfo is None or at <= asks.services.now()):
        raise Problem(
            "conflict",
            why_zh="到期时间须带时区且在将来",
            why_en="the expiry must have an offset and lie in the future",
        )
    with asks.write() as c:
        if _found(c, account_id).disabled_at is not None:
            raise Problem("conflict", why_zh="该账号已停用", why_en="the account is disabled")
        scopes = sorted(set(asked.scopes))
        key_id, secret = accounts.add_key(c, asks.by, account_id, asked.name, scopes, at)
        (row,) = (row for row in accounts.list_keys(c, account_id) if row.id == key_id)
        return asks.answer(c, ShownKey(**_key(row).model_dump(), key=secret), 201)


@router.delete("/accounts/{account_id}/keys/{key_id}", name="revoke_key", status_code=204)
def revoke_key(account_id: str, key_id: str, asks: Asking) -> Response:
    """End a key at once."""
    with asks.write() as c:
        if not accounts.revoke_key(c, asks.by, account_id, key_id):
            raise Problem("not_found")
    return Response(status_code=204)


@router.get("/audit", name="list_audit", response_model=Trail)
def list_audit(
    asks: Asking,
    action: Annotated[str | None, Query(max_length=100, examples=["personal_read"])] = None,
    after: Cursor = "",
    limit: Limit = 100,
) -> Trail:
    """What was done with rights, newest first; `action=personal_read` is the log of readings."""
    before = int(after) if after.isdecimal() and after.isascii() and len(after) < 19 else None
    if after and before is None:
        return Trail(items=[], next=None)
    with asks.read() as c:
        rows = accounts.audit_trail(c, before, action, limit + 1)
        names = accounts.names_of(c, [name for row in rows for name in (row.account_id, row.subject)])
    more = str(rows[limit - 1].seq) if len(rows) > limit else None
    items = [
        Audited(**row._mapping, account_name=names.get(row.account_id), subject_name=names.get(row.subject))
        for row in rows[:limit]
    ]
    return Trail(items=items, next=more)


def _found(c: Connection, account_id: str) -> Row[Any]:
    row = accounts.find_account(c, account_id)
    if row is None:
        raise Problem("not_found")
    return row


def _trips(asks: Asks) -> list[str]:
    return [f"{p.plan_id}/{t.trip_id}" for p in asks.services.published.standing() for t in p.plan.trips]


def _account(row: Row[Any]) -> Account:
    return Account(
        account_id=row.id,
        role=row.role,
        name=row.name,
        subject=row.subject,
        login=row.login,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
    )


def _key(row: Row[Any]) -> Key:
    return Key(
        key_id=row.id,
        name=row.name,
        scopes=row.scopes,
        created_at=row.created_at,
        expires_at=row.expires_at,
        revoked_at=row.revoked_at,
    )
