"""Signing in and out, one's own password and sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from api.server.asks import SESSION_COOKIE, Asking, require_same_origin, services_of
from api.server.problems import Problem
from api.server.services import Services
from data.accounts import By, find_account, hashed, set_password
from data.passwords import LONGEST, hashed_password, is_weak, password_fits
from data.sessions import (
    Attempt,
    begin_attempt,
    end_named,
    end_session,
    note_failed,
    open_session,
    open_sessions,
    session_name,
    succeed,
)

router = APIRouter(tags=["account 账号"])


class SignIn(BaseModel):
    login: str = Field(max_length=200, examples=["li.planner"])
    password: str = Field(max_length=LONGEST, examples=["correct horse battery staple"])


class Me(BaseModel):
    account_id: str
    role: str
    name: str
    subject: str | None
    scopes: list[str]


class NewPassword(BaseModel):
    old: str = Field(max_length=LONGEST, examples=["correct horse battery staple"])
    new: str = Field(max_length=LONGEST, examples=["seven quiet coaches at dawn"])


class Session(BaseModel):
    session_id: str
    address: str
    created_at: datetime
    expires_at: datetime
    this_one: bool = Field(description="The one that asks. 当前会话。")


@router.post("/session", name="sign_in", status_code=204)
def sign_in(asked: SignIn, request: Request, services: Annotated[Services, Depends(services_of)]) -> Response:
    """Sign in with a password; the answer sets the session's cookie."""
    require_same_origin(request, services)  # nobody is to be signed in as somebody else unawares
    tried = _try(request, services, asked.login, asked.password)
    assert tried.row is not None
    by = By(tried.row.id, services.now(), request.state.request_id)
    lasts = services.settings.session_lasts
    with services.database.write() as c:
        if not succeed(c, tried):
            raise Problem("wrong_password")
        secret = open_session(c, by, lasts, _address(request))
    response = Response(status_code=204)
    response.set_cookie(
        SESSION_COOKIE,
        secret,
        max_age=int(lasts.total_seconds()),
        secure=services.settings.is_https,
        httponly=True,
        samesite="strict",
    )
    return response


@router.delete("/session", name="sign_out", status_code=204)
def sign_out(asks: Asking) -> Response:
    """End the session."""
    secret = asks.request.cookies.get(SESSION_COOKIE)
    if secret:
        with asks.write() as c:
            end_session(c, asks.by, secret)
    response = Response(status_code=204)
    response.delete_cookie(SESSION_COOKIE)
    return response


@router.get("/me", name="who_am_i", response_model=Me)
def who_am_i(asks: Asking) -> Me:
    """The account that asks."""
    caller = asks.caller
    return Me(
        account_id=caller.account_id,
        role=caller.role,
        name=caller.name,
        subject=caller.subject,
        scopes=sorted(caller.scopes),
    )


@router.put("/me/password", name="change_password", status_code=204)
def change_password(asked: NewPassword, asks: Asking) -> Response:
    """Change one's own password; every session ends, this one too."""
    with asks.read() as c:
        me = find_account(c, asks.caller.account_id)
    if me is None or me.login is None:
        raise Problem("conflict", why_zh="该账号没有密码", why_en="the account has no password")
    tried = _try(asks.request, asks.services, me.login, asked.old)
    if is_weak(asked.new, me.login):
        raise Problem("password_weak")
    password_hash = hashed_password(asked.new)
    with asks.write() as c:
        if not succeed(c, tried):
            raise Problem("wrong_password")
        set_password(c, asks.by, me.id, password_hash)
    return Response(status_code=204)


@router.get("/me/sessions", name="list_sessions", response_model=list[Session])
def list_sessions(asks: Asking) -> list[Session]:
    """Where one is signed in."""
    with asks.read() as c:
        rows = open_sessions(c, asks.caller.account_id, asks.services.now())
    this = hashed(asks.request.cookies.get(SESSION_COOKIE, ""))
    return [
        Session(
            session_id=session_name(row.secret_hash),
            address=row.address,
            created_at=row.created_at,
            expires_at=row.expires_at,
            this_one=row.secret_hash == this,
        )
        for row in rows
    ]


@router.delete("/me/sessions/{session_id}", name="end_session", status_code=204)
def end_one(session_id: str, asks: Asking) -> Response:
    """Sign out elsewhere."""
    with asks.write() as c:
        if not end_named(c, asks.by, asks.caller.account_id, session_id):
            raise Problem("not_found")
    return Response(status_code=204)


def _try(request: Request, services: Services, login: str, password: str) -> Attempt:
    """Look at a password, as often as that is allowed.

    Raises:
        Problem: it must wait, or login or password is wrong; the answer does not tell which.
    """
    now, address = services.now(), _address(request)
    with services.database.write() as c:
        tried = begin_attempt(c, login, address, now)
    if tried.seq is None:
        seconds = int(tried.wait.total_seconds()) + 1
        raise Problem("wait", headers={"Retry-After": str(seconds)}, seconds=seconds)
    if not password_fits(tried.row.password_hash if tried.row is not None else None, password):
        with services.database.write() as c:
            note_failed(c, tried, address, now, request.state.request_id)
        raise Problem("wrong_password")
    return tried


def _address(request: Request) -> str:
    return request.client.host if request.client else "-"
