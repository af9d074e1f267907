"""Phones in tests: links made by the desk, and phones that are bound to them over HTTP."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from fastapi.testclient import TestClient
from httpx2 import Response

from tests.api.server.conftest import Server
from tests.api.server.world import PLAN_ID, TRIP

TRIP_DAY = datetime(2020, 3, 2, 0, 30, tzinfo=UTC)  # 08:30 in Beijing, when T2 is on its way to its pickup
BACK = datetime(2020, 3, 2, 3, 15, tzinfo=UTC)  # of T2 and T3
_NONCES = itertools.count()


def links_of(trip: str = TRIP["A"]) -> str:
    return f"/v1/trips/{PLAN_ID}/{trip}/links"


def make_link(server: Server, desk: dict[str, str], trip: str = TRIP["A"], **asked: Any) -> dict[str, Any]:
    """The made link, with its secret and the code of the paper manifest."""
    made = server.client.post(links_of(trip), json=asked, headers=desk)
    assert made.status_code == 201, made.text
    code = server.client.get(f"/v1/trips/{PLAN_ID}/{trip}/code", headers=desk).json()["code"]
    return {**made.json(), "secret": made.json()["url"].rpartition("/")[2], "code": code}


@dataclass
class Phone:
    """A browser without scripts, with cookies of its own."""

    server: Server
    link: dict[str, Any]
    client: TestClient

    @property
    def path(self) -> str:
        return f"/field/{self.link['secret']}"

    @property
    def headers(self) -> dict[str, str]:
        return {"X-Field-Link": self.link["link_id"]}

    def bind(self, code: str | None = None) -> Response:
        fields = {"code": self.link["code"] if code is None else code}
        return self.client.post(self.path, data=fields, follow_redirects=False)

    def manifest(self, **query: Any) -> Response:
        return self.client.get("/v1/field/manifest", params=query, headers=self.headers)

    def report(self, *events: dict[str, Any]) -> Response:
        return self.client.post("/v1/events", json={"events": list(events)}, headers=self.headers)

    def told(self, *events: dict[str, Any]) -> list[dict[str, Any]]:
        answer = self.report(*events)
        assert answer.status_code == 200, answer.text
        items: list[dict[str, Any]] = answer.json()["items"]
        return items

    def send(self, **fields: Any) -> Response:
        """A plain form, as a browser would send it."""
        nonce = fields.pop("nonce", None) or f"form-{next(_NONCES):08d}"
        return self.client.post(f"{self.path}/plain", data={"nonce": nonce, **fields}, follow_redirects=False)

    def state(self, worker: str) -> tuple[str, int | None]:
        riders = self.manifest(names=False).json()["riders"]
        return next((r["state"], r["seat"]) for r in riders if r["worker_id"] == worker)


def phone(server: Server, link: dict[str, Any], bound: bool = True) -> Phone:
    one = Phone(server, link, TestClient(server.client.app, raise_server_exceptions=False))
    if bound:
        assert one.bind().status_code == 303
    return one


def event(kind: str, **values: Any) -> dict[str, Any]:
    """A report of a fresh nonce."""
    at = values.pop("at", TRIP_DAY).isoformat()
    return {"kind": kind, "nonce": values.pop("nonce", f"test-{next(_NONCES):08d}"), "at": at, **values}


def nonces_of(page: Response) -> list[str]:
    return re.findall(r'name="nonce" value="([0-9a-f]+)"', page.text)
