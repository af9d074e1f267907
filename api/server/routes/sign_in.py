"""Signing in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from api.server.asks import SESSION_COOKIE, Asking, services_of
from api.server.problems import Problem
from api.server.services import Services
from data.accounts import By, end_session, must_wait, note_failed, open_session, password_fits

router = APIRouter(tags=["account 账号"])


class SignIn(BaseModel):
    login: str = Field(max_length=200, examples=["li.planner"])
    password: str = Field(max_length=1000, examples=["correct horse battery staple"])


class Me(BaseModel):
    account_id: str
    role: str
    name: str
    subject: str | None
    scopes: list[str]


@router.post("/session", name="sign_in", status_code=204)
def sign_in(asked: SignIn, request: Request, services: Annotated[Services, Depends(services_of)]) -> Response:
    """Sign in with a password; the answer sets the session's cookie."""
    now, request_id = services.now(), request.state.request_id
    address = request.client.host if request.client else "-"
    with services.database.read() as c:
        wait = must_wait(c, asked.login, address, now)
        if wait.total_seconds() > 0:
            seconds = int(wait.total_seconds()) + 1
            raise Problem("wait", headers={"Retry-After": str(seconds)}, seconds=seconds)
        account_id = password_fits(c, asked.login, asked.password)
    if account_id is None:
        with services.database.write() as c:
            note_failed(c, asked.login, address, now, request_id)
        raise Problem("wrong_password")
    lasts = services.settings.session_lasts
    with services.database.write() as c:
        secret = open_session(c, By(account_id, now, request_id), lasts)
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
