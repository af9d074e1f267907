"""Talking to a server of Guicheng: requests that are sent again where the line broke."""

from __future__ import annotations

import json
import ssl
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import httpx2

PATIENCE_SECONDS = 90.0  # longer than the minute for which a limit of rate may last
_ANSWER_SECONDS = 120.0  # the server looks through a whole workbook before it answers
_CONNECT_SECONDS = 10.0
_QUIET_SECONDS = 40.0  # a stream on which nothing has come for so long is dead
_LATER = (429, 502, 503, 504)
ENDED = ("done", "failed", "cancelled")  # states of a job behind which no event comes


class Refused(Exception):
    """The server's refusal; ``problem`` is as RFC 9457 has it."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem.get("code"))
        self.problem = problem


class Unreachable(Exception):
    """No answer came, or none that can be made out; its text says why."""


class Untrusted(Exception):
    """It cannot be told over TLS that the server is who it should be; its text says why."""


Wait: TypeAlias = Callable[[float, str], None]  # seconds until the next attempt, and why there is one


def wait_silently(seconds: float, why: str) -> None:
    time.sleep(seconds)


class Client:
    """A server, and the key to it."""

    def __init__(
        self,
        url: str,
        key: str,
        language: str,
        authority: Path | None = None,
        wait: Wait = wait_silently,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """Send nothing yet.

        Args:
            authority: the certificate that vouches for the server; else those that the system trusts.

        Raises:
            OSError: it cannot be read.
        """
        trusted = ssl.create_default_context(cafile=None if authority is None else str(authority))
        self._wait = wait
        self._http = httpx2.Client(
            base_url=url.rstrip("/"),
            headers={"Authorization": f"Bearer {key}", "Accept-Language": language},
            timeout=httpx2.Timeout(_ANSWER_SECONDS, connect=_CONNECT_SECONDS),
            verify=trusted,
            transport=transport,
        )

    def get(self, path: str, **query: str) -> httpx2.Response:
        return self._ask("GET", path, params=query)

    def post(self, path: str, **sent: Any) -> httpx2.Response:
        """Send it until it is answered; however often, the server does it once.

        Args:
            sent: ``json``, or ``content`` with its ``headers``; ``params``.
        """
        headers = {**sent.pop("headers", {}), "Idempotency-Key": str(uuid.uuid4())}
        return self._ask("POST", path, headers=headers, **sent)

    def job_events(self, job_id: str) -> Iterator[dict[str, Any]]:
        """The events of a job until it has ended; goes on behind the last one where the line broke."""
        last, patience = "", _Patience(self._wait)
        timeout = httpx2.Timeout(_QUIET_SECONDS, connect=_CONNECT_SECONDS)
        while True:
            headers = {"Last-Event-ID": last} if last else {}
            broken: httpx2.Response | httpx2.TransportError
            try:
                with self._http.stream(
                    "GET", f"/v1/jobs/{job_id}/events", headers=headers, timeout=timeout
                ) as answer:
                    broken = answer
                    if answer.is_error:
                        answer.read()
                    if answer.status_code not in _LATER:
                        if answer.is_error:
                            raise _refusal(answer)
                        for event_id, event in _events(answer.iter_lines()):
                            last, patience = event_id or last, _Patience(self._wait)
                            yield event
                            if event.get("state") in ENDED:
                                return
                        # A server or a proxy that stops ends its streams in good order.
                        broken = httpx2.RemoteProtocolError("the stream ended before the job")
            except httpx2.TransportError as error:
                broken = error
            patience.wait_after(broken)

    def _ask(self, method: str, path: str, **sent: Any) -> httpx2.Response:
        patience = _Patience(self._wait)
        while True:
            try:
                answer = self._http.request(method, path, **sent)
            except httpx2.TransportError as error:
                patience.wait_after(error)
                continue
            if answer.status_code in _LATER:
                patience.wait_after(answer)
                continue
            if answer.is_error:
                raise _refusal(answer)
            return answer


class _Patience:
    """Ever longer pauses between attempts, never shorter than the server asks for, and not for ever."""

    def __init__(self, wait: Wait) -> None:
        self._wait, self._pause, self._waited = wait, 1.0, 0.0

    def wait_after(self, broken: httpx2.Response | httpx2.TransportError) -> None:
        """Wait before the next attempt.

        Raises:
            Refused, Unreachable, Untrusted: it would be in vain, or one has waited long enough.
        """
        if isinstance(broken, httpx2.Response):
            why, failure = f"HTTP {broken.status_code}", _refusal(broken)
            told = broken.headers.get("Retry-After", "")
            self._pause = max(self._pause, float(told)) if told.isdecimal() else self._pause
        else:
            why = str(broken) or type(broken).__name__
            tls = _of_tls(broken)
            if tls is not None:
                raise Untrusted(_in_words(tls)) from None
            failure = Unreachable(why)
        if self._waited + self._pause > PATIENCE_SECONDS:
            raise failure from None
        self._wait(self._pause, why)
        self._waited, self._pause = self._waited + self._pause, 2 * self._pause


def _events(lines: Iterator[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each event with its id."""
    last = data = ""
    for line in lines:
        field, _, value = line.partition(":")
        if field == "id":
            last = value.strip()
        elif field == "data":
            data += value.strip()
        elif not line and data:
            yield last, json.loads(data)
            data = ""


def _refusal(answer: httpx2.Response) -> Exception:
    try:
        problem = answer.json()
        if isinstance(problem, dict) and "code" in problem:
            return Refused(problem)
    except ValueError:
        pass
    return Unreachable(f"HTTP {answer.status_code}")


def _of_tls(error: BaseException | None) -> ssl.SSLError | None:
    """What went wrong as the two sides made themselves known, if that is the cause."""
    while error is not None and not isinstance(error, ssl.SSLError):
        error = error.__cause__ or error.__context__
    return error


def _in_words(error: ssl.SSLError) -> str:
    return getattr(error, "verify_message", "") or str(error)
