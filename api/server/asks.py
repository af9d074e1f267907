"""Who asks, whether they may, and the one transaction in which a request does its work."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, Request, Response
from fastapi.encoders import jsonable_encoder
from sqlalchemy import Connection, delete, insert, select

from api.language import Language
from api.server.access import ACCESS, READ_ENOUGH, Grant
from api.server.problems import Problem, language_of
from api.server.services import Services
from data.accounts import By, Caller, by_key
from data.rotation import answer_about
from data.schema import answered
from data.sessions import by_session
from workforce.roles import Role

SESSION_COOKIE = "guicheng_session"


class Repeated(Exception):
    """The request was answered before; ``response`` is that answer."""

    def __init__(self, response: Response) -> None:
        self.response = response


@dataclass(frozen=True, slots=True)
class Asks:
    """A request of somebody who may make it.

    Attributes:
        grant: ``OWN``: the route must look only at what belongs to ``caller.subject``.
    """

    request: Request
    services: Services
    caller: Caller
    grant: Grant

    @property
    def language(self) -> Language:
        return language_of(self.request)

    @property
    def by(self) -> By:
        return By(self.caller.account_id, self.services.now(), self.request.state.request_id)

    @property
    def own(self) -> str | None:
        """The subject to which the answer is limited; None: no limit."""
        # An account that has none sees nothing, not everything.
        return (self.caller.subject or "") if self.grant is Grant.OWN else None

    @property
    def enterprise(self) -> str | None:
        """The enterprise to which the answer is limited; None: no limit."""
        return self.own if self.caller.role is Role.ENTERPRISE else None

    def read(self) -> Any:
        return self.services.database.read()

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """The request's one transaction.

        Raises:
            Repeated: the request's Idempotency-Key has an answer already.
            Problem: it was used for another request.
        """
        with self.services.database.write() as c:
            key = self.request.headers.get("idempotency-key")
            if key and self.request.method == "POST":
                self._look_up(c, key)
            yield c

    def _look_up(self, c: Connection, key: str) -> None:
        old = answered.c.at < self.services.now() - self.services.settings.answers_kept
        mine = (answered.c.account_id == self.caller.account_id, answered.c.key == key)
        c.execute(delete(answered).where(*mine, old))
        row = c.execute(select(answered).where(*mine)).one_or_none()
        if row is None:
            return
        if row.request_hash != self.request.state.request_hash:
            raise Problem("key_reused")
        if row.body is None:
            raise Problem("answer_erased")
        body = self.services.vault.unseal(row.body, row.key_id, answer_about(row.account_id, key))
        headers = {**row.headers, "Idempotent-Replayed": "true"}
        raise Repeated(Response(body, row.status, headers))

    def answer(
        self, c: Connection, content: Any, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> Response:
        """The answer of a change; kept in its transaction where the request has an Idempotency-Key.

        It is kept sealed: a new key's secret or somebody's name may be in it.

        Args:
            content: bytes are JSON already.
        """
        ready = isinstance(content, bytes)
        body = content if ready else json.dumps(jsonable_encoder(content), ensure_ascii=False).encode()
        told = {"Content-Type": "application/json", **(headers or {})}
        key = self.request.headers.get("idempotency-key")
        if key and self.request.method == "POST":
            vault, account_id = self.services.vault, self.caller.account_id
            c.execute(
                insert(answered).values(
                    account_id=account_id,
                    key=key,
                    request_hash=self.request.state.request_hash,
                    status=status,
                    headers=told,
                    body=vault.seal(body.decode(), answer_about(account_id, key)),
                    key_id=vault.newest,
                    at=self.services.now(),
                )
            )
        return Response(body, status, told)

    def expected_version(self) -> int:
        """The version that If-Match names.

        Raises:
            Problem: there is no If-Match, or it is no version.
        """
        given = self.request.headers.get("if-match")
        if given is None:
            raise Problem("if_match_missing")
        plain = given.strip().removeprefix("W/").strip('"')
        return int(plain) if plain.isdecimal() and plain.isascii() and len(plain) < 10 else -1


def etag(version: int) -> dict[str, str]:
    return {"ETag": f'"{version}"'}


def services_of(request: Request) -> Services:
    services: Services = request.app.state.services
    return services


def caller_of(request: Request) -> Caller | None:
    """Whoever the request's key, personal link or session belongs to.

    Raises:
        Problem: a page of another site sent the session along.
    """
    services = services_of(request)
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    with services.database.read() as c:
        if scheme.lower() == "bearer":
            return by_key(c, key.strip(), services.now())
        secret = request.cookies.get(SESSION_COOKIE)
        caller = by_session(c, secret, services.now()) if secret else None
    if caller is not None and request.method not in ("GET", "HEAD"):
        require_same_origin(request, services)
    return caller


def require_same_origin(request: Request, services: Services) -> None:
    """Refuse what a page of another site has a browser send; programs send no such headers.

    Raises:
        Problem: it comes from elsewhere.
    """
    origin = request.headers.get("origin")
    if origin is None:
        same = request.headers.get("sec-fetch-site") in (None, "same-origin", "none")
    else:
        ours = (services.settings.public_url, str(request.base_url))
        same = origin.lower().rstrip("/") in (url.lower().rstrip("/") for url in ours)
    if not same:
        raise Problem("foreign_origin")


def who_asks(request: Request) -> Asks:
    """Refuse whoever may not use the route at all.

    Raises:
        Problem: nobody is signed in, or their role or key does not cover it.
    """
    caller = caller_of(request)
    if caller is None:
        raise Problem("not_signed_in", headers={"WWW-Authenticate": "Bearer"})
    request.state.account_id = caller.account_id
    operation = request.scope["route"].name
    grant = ACCESS[operation].of(caller.role)
    if grant is Grant.NO:
        raise Problem("not_allowed")
    scope = "read" if request.method in ("GET", "HEAD") or operation in READ_ENOUGH else "write"
    if scope not in caller.scopes:
        raise Problem("scope_missing", scope=scope)
    return Asks(request, services_of(request), caller, grant)


Asking = Annotated[Asks, Depends(who_asks)]
