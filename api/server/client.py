"""Talking to a server of Guicheng: requests that are sent again where the line broke."""

from __future__ import annotations

import json
import ssl
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2

PATIENCE_SECONDS = 60.0
_ANSWER_SECONDS = 120.0  # the server looks through a whole workbook before it answers
_QUIET_SECONDS = 40.0  # a stream on which nothing has come for so long is dead
_LATER = (429, 502, 503, 504)


class Refused(Exception):
    """The server's refusal; ``problem`` is as RFC 9457 has it."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(problem.get("code"))
        self.problem = problem


class Unreachable(Exception):
    """No answer came, or none that can be made out; its text says why."""


class Client:
    """A server, and the key to it."""

    def __init__(
        self,
        url: str,
        key: str,
        language: str,
        authority: Path | None = None,
        sleep: Callable[[float], None] = time.sleep,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        """Send nothing yet.

        Args:
            authority: the certificate that vouches for the server; else those that the system trusts.

        Raises:
            OSError: it cannot be read.
        """
        trusted = ssl.create_default_context(cafile=None if authority is None else str(authority))
        self._sleep = sleep
        self._http = httpx2.Client(
            base_url=url.rstrip("/"),
            headers={"Authorization": f"Bearer {key}", "Accept-Language": language},
            timeout=httpx2.Timeout(_ANSWER_SECONDS, connect=10.0),
            verify=trusted,
            transport=transport,
        )

    def get(self, path: str, **query: str) -> httpx2.Response:
        return self._ask("GET", path, params=query)

    def post(self, path: str, **sent: Any) -> httpx2.Response:
        """Send it until it is answered; however often, the server does it once.

        Args:
            sent: ``json``, or ``content`` with its ``headers``.
        """
        headers = {**sent.pop("headers", {}), "Idempotency-Key": str(uuid.uuid4())}
        return self._ask("POST", path, headers=headers, **sent)

    def events(self, path: str) -> Iterator[dict[str, Any]]:
        """The events of a stream to its end; goes on behind the last one where the line broke."""
        last, broken = "", 0
        while True:
            headers = {"Last-Event-ID": last} if last else {}
            timeout = httpx2.Timeout(_QUIET_SECONDS, connect=10.0)
            try:
                with self._http.stream("GET", path, headers=headers, timeout=timeout) as answer:
                    if answer.status_code in _LATER:
                        raise httpx2.TransportError(f"HTTP {answer.status_code}")
                    if answer.is_error:
                        answer.read()
                        raise _refusal(answer)
                    for event_id, event in _events(answer.iter_lines()):
                        last, broken = event_id or last, 0
                        yield event
                    return
            except httpx2.TransportError as error:
                broken += 1
                if 2.0 ** (broken - 1) > PATIENCE_SECONDS:
                    raise Unreachable(_why(error)) from None
                self._sleep(2.0 ** (broken - 1))

    def _ask(self, method: str, path: str, **sent: Any) -> httpx2.Response:
        pause, waited = 1.0, 0.0
        while True:
            answer: httpx2.Response | None = None
            try:
                answer = self._http.request(method, path, **sent)
                if answer.status_code not in _LATER:
                    break
                why = f"HTTP {answer.status_code}"
                told = answer.headers.get("Retry-After", "")
                pause = max(pause, float(told)) if told.isdecimal() else pause
            except httpx2.TransportError as error:
                why = _why(error)
            if waited + pause > PATIENCE_SECONDS:
                if answer is None:
                    raise Unreachable(why)
                break
            self._sleep(pause)
            waited, pause = waited + pause, 2 * pause
        if answer.is_error:
            raise _refusal(answer)
        return answer


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


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__
