"""What happens to every request before a route sees it: an id, limits, a log line, counters."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import time

import structlog
from limits import RateLimitItem, RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from sqlalchemy.exc import OperationalError
from sqlalchemy.exc import TimeoutError as NoConnection
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.server.asks import caller_of
from api.server.problems import Problem, problem_response
from api.server.settings import Settings
from api.server.uploads import SMALL, Upload, Uploads

# Long enough for a UUID or a trace id, too long for somebody's number to be passed into the log.
_REQUEST_ID = re.compile(r"[0-9a-fA-F-]{32,36}")
_IDEMPOTENCY_KEY = re.compile(r"[\x21-\x7e]{1,200}")
_NUL_IN_JSON = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_STATIC_HEADERS = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"no-referrer")]


class Meters:
    """The figures of ``/metrics``."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("operation", "method", "status")
        self.requests = Counter("guicheng_requests", "Requests", labels, registry=self.registry)
        self.seconds = Histogram(
            "guicheng_request_seconds", "Time to answer", ("operation",), registry=self.registry
        )
        self.jobs = Gauge("guicheng_jobs", "Planning jobs", ("state",), registry=self.registry)


class Edge:
    """Pure ASGI, so that streams pass through."""

    def __init__(self, app: ASGIApp, settings: Settings, meters: Meters) -> None:
        self._app, self._settings, self._meters = app, settings, meters
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._of_account = RateLimitItemPerMinute(settings.requests_per_minute)
        self._of_address = RateLimitItemPerMinute(settings.requests_per_minute_of_address)
        self._uploads = Uploads(settings.upload_bytes, settings.upload_bytes_of_address)
        self._log = structlog.get_logger("guicheng.request")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answer = _Answer(scope, send)
        # HEAD is answered as GET without its body, so that every page and list knows it.
        request = Request({**scope, "method": "GET"} if scope["method"] == "HEAD" else scope)
        given = request.headers.get("x-request-id", "")
        answer.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(16)
        request.state.request_id = answer.request_id
        begun = time.perf_counter()
        try:
            await self._handle(request, receive, answer)
        except ClientDisconnect:
            answer.status = answer.status or 499  # nobody is there to be answered
        except Exception as error:
            # Not left to the server above: it would log the error's text, which may name a person.
            self._log.error("request failed", request_id=answer.request_id, exc_info=error)
            if not answer.status:
                gone = isinstance(error, (OperationalError, NoConnection))
                problem = Problem("not_ready", headers={"Retry-After": "5"}) if gone else Problem("internal")
                await problem_response(request, problem)(request.scope, receive, answer.send)
        finally:
            self._note(request, scope["method"], answer.status, time.perf_counter() - begun)

    async def _handle(self, request: Request, receive: Receive, answer: _Answer) -> None:
        with self._uploads.of(_address(request)) as upload:
            try:
                self._limit_rate(request)
                self._look_at_head(request)
                body = await self._body(request, receive, upload)
            except Problem as problem:
                await problem_response(request, problem)(request.scope, receive, answer.send)
                return
            await self._pass_on(request, body, receive, answer)

    async def _pass_on(self, request: Request, body: bytes, receive: Receive, answer: _Answer) -> None:
        told = False

        async def again() -> Message:
            nonlocal told
            if told:
                return await receive()
            told = True
            return {"type": "http.request", "body": body, "more_body": False}

        await self._app(request.scope, again, answer.send)

    def _limit_rate(self, request: Request) -> None:
        address = _address(request)
        self._hit(self._of_address, f"address {address}")
        who = request.headers.get("authorization") or request.cookies.get("guicheng_session")
        # Not the secret itself: the limiter's store is no place for it.
        self._hit(self._of_account, hashlib.sha256(who.encode()).hexdigest() if who else address)

    def _hit(self, rate: RateLimitItem, name: str) -> None:
        if self._limiter.hit(rate, name):
            return
        reset = self._limiter.get_window_stats(rate, name).reset_time
        seconds = max(1, round(reset - time.time()))
        raise Problem("too_many_requests", headers={"Retry-After": str(seconds)}, seconds=seconds)

    def _look_at_head(self, request: Request) -> None:
        key = request.headers.get("idempotency-key")
        if key is not None and not _IDEMPOTENCY_KEY.fullmatch(key):
            raise Problem("idempotency_key_form")
        if "\0" in request.url.path or "\0" in request.scope["path"] or "%00" in request.url.query:
            raise Problem("text_form")
        if _length(request) > self._settings.max_body_bytes:
            raise self._too_large()

    async def _body(self, request: Request, receive: Receive, upload: Upload) -> bytes:
        """The body within the limits; the hash tells a repeated request from another one.

        Raises:
            ClientDisconnect: it was not sent to its end; a part of it must do nothing.
        """
        parts: list[bytes] = []
        size, more = 0, True
        await self._admit(request, upload, _length(request))
        try:
            async with asyncio.timeout(self._settings.body_seconds):
                while more:
                    message = await receive()
                    if message["type"] == "http.disconnect":
                        raise ClientDisconnect
                    parts.append(message.get("body", b""))
                    size, more = size + len(parts[-1]), message.get("more_body", False)
                    if size > self._settings.max_body_bytes:
                        raise self._too_large()
                    await self._admit(request, upload, size)
        except TimeoutError:
            raise Problem(
                "too_slow", headers={"Connection": "close"}, seconds=int(self._settings.body_seconds)
            ) from None
        body = b"".join(parts)
        parts.clear()
        kind = request.headers.get("content-type", "")
        # A zero byte, too: JSON in UTF-16 has them, and would hide the other.
        if _holds_json(kind) and (b"\0" in body or _NUL_IN_JSON.search(body)):
            raise Problem("text_form")
        head = f"{request.method} {request.url.path}?{request.url.query}\n{kind}\n".encode()
        digest = hashlib.sha256(head)
        digest.update(body)
        request.state.request_hash = digest.digest()
        return body

    async def _admit(self, request: Request, upload: Upload, size: int) -> None:
        """Refuse a large body of somebody unknown, and one for which there is no room, before it is read."""
        if size <= max(SMALL, upload.size):
            return
        if not upload.size and await run_in_threadpool(caller_of, request) is None:
            raise Problem("not_signed_in", headers={"WWW-Authenticate": "Bearer"})
        upload.grow(size)

    def _too_large(self) -> Problem:
        return Problem("too_large", headers={"Connection": "close"}, limit=self._settings.max_body_bytes)

    def _note(self, request: Request, method: str, status: int, seconds: float) -> None:
        route = request.scope.get("route")
        operation = getattr(route, "name", None) or "-"
        method = method if method in _METHODS else "other"
        self._meters.requests.labels(operation, method, str(status)).inc()
        self._meters.seconds.labels(operation).observe(seconds)
        # The operation, not the path: ids of workers are nobody's business in a log.
        self._log.info(
            "request",
            request_id=request.state.request_id,
            operation=operation,
            method=method,
            status=status,
            milliseconds=round(1000 * seconds, 1),
            account=getattr(request.state, "account_id", None),
        )


def _address(request: Request) -> str:
    return request.client.host if request.client else "-"


def _holds_json(content_type: str) -> bool:
    media = content_type.partition(";")[0].strip().lower()
    return not media or media == "application/json" or media.endswith("+json")


def _length(request: Request) -> int:
    """Of the body, as far as it is told beforehand."""
    told = request.headers.get("content-length", "")
    return int(told) if told.isascii() and told.isdecimal() else 0


class _Answer:
    """Passes an answer on, with the headers that every answer has; of a HEAD only its head."""

    def __init__(self, scope: Scope, send: Send) -> None:
        self._send, self._only_head = send, scope["method"] == "HEAD"
        self.status, self.request_id = 0, ""

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            own = (b"x-request-id", self.request_id.encode())
            message["headers"] = [*message["headers"], own, *_STATIC_HEADERS]
        elif self._only_head and message["type"] == "http.response.body":
            endless = message.get("more_body", False)
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
            if endless:
                raise ClientDisconnect  # a stream need not go on for whoever wants none of it
            return
        await self._send(message)
