"""What happens to every request before a route sees it: an id, limits, a log line, counters."""

from __future__ import annotations

import hashlib
import re
import secrets
import time

import structlog
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter
from prometheus_client import CollectorRegistry, Counter, Histogram
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.server.problems import Problem, problem_response
from api.server.settings import Settings

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")


class Meters:
    """The figures of ``/metrics``."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        labels = ("operation", "method", "status")
        self.requests = Counter("guicheng_requests", "Requests", labels, registry=self.registry)
        self.seconds = Histogram(
            "guicheng_request_seconds", "Time to answer", ("operation",), registry=self.registry
        )


class Edge:
    """Pure ASGI, so that streams pass through."""

    def __init__(self, app: ASGIApp, settings: Settings, meters: Meters) -> None:
        self._app, self._settings, self._meters = app, settings, meters
        self._limiter = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._rate = RateLimitItemPerMinute(settings.requests_per_minute)
        self._log = structlog.get_logger("guicheng.request")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        given = request.headers.get("x-request-id", "")
        request.state.request_id = given if _REQUEST_ID.fullmatch(given) else secrets.token_hex(8)
        begun, status = time.perf_counter(), 500

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [
                    *message["headers"],
                    (b"x-request-id", request.state.request_id.encode()),
                    (b"x-content-type-options", b"nosniff"),
                    (b"referrer-policy", b"no-referrer"),
                ]
            await send(message)

        try:
            refusal = self._rate_refusal(request)
            if refusal is None:
                refusal, receive = await self._body(request, receive)
            await (self._app if refusal is None else refusal)(scope, receive, sending)
        finally:
            self._note(request, status, time.perf_counter() - begun)

    def _rate_refusal(self, request: Request) -> Response | None:
        who = request.headers.get("authorization") or request.cookies.get("guicheng_session")
        address = request.client.host if request.client else "-"
        # Not the secret itself: the limiter's store is no place for it.
        name = hashlib.sha256(who.encode()).hexdigest() if who else address
        if self._limiter.hit(self._rate, name):
            return None
        reset = self._limiter.get_window_stats(self._rate, name).reset_time
        seconds = max(1, round(reset - time.time()))
        problem = Problem("too_many_requests", headers={"Retry-After": str(seconds)}, seconds=seconds)
        return problem_response(request, problem)

    async def _body(self, request: Request, receive: Receive) -> tuple[Response | None, Receive]:
        """Read the body within the limit; the hash tells a repeated request from another one."""
        limit = self._settings.max_body_bytes
        parts: list[bytes] = []
        size, more = 0, True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                break
            parts.append(message.get("body", b""))
            size, more = size + len(parts[-1]), message.get("more_body", False)
            if size > limit:
                return problem_response(request, Problem("too_large", limit=limit)), receive
        body = b"".join(parts)
        head = f"{request.method} {request.url.path}?{request.url.query}\n".encode()
        request.state.request_hash = hashlib.sha256(head + body).digest()
        told = False

        async def again() -> Message:
            nonlocal told
            if told:
                return await receive()
            told = True
            return {"type": "http.request", "body": body, "more_body": False}

        return None, again

    def _note(self, request: Request, status: int, seconds: float) -> None:
        route = request.scope.get("route")
        operation = getattr(route, "name", "-")
        self._meters.requests.labels(operation, request.method, str(status)).inc()
        self._meters.seconds.labels(operation).observe(seconds)
        # The path template, not the path: ids of workers are nobody's business in a log.
        self._log.info(
            "request",
            request_id=request.state.request_id,
            operation=operation,
            method=request.method,
            path=getattr(route, "path", None),
            status=status,
            milliseconds=round(1000 * seconds, 1),
            account=getattr(request.state, "account_id", None),
        )
