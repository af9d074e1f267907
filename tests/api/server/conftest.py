"""A server over either database, with an account for each role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient

from api.server.app import create_app, services_for
from api.server.services import Services
from api.server.settings import settings_for
from data import passwords
from data.accounts import By, add_account, add_key
from workforce.roles import Role


class Clock:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.at = datetime(2020, 2, 20, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, span: timedelta) -> None:
        self.at += span


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords are hashed with argon2, but without what makes it slow."""
    passwords._nobody.cache_clear()
    monkeypatch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


@dataclass(frozen=True)
class Server:
    """A running application, its clock, and a client for each account asked for."""

    services: Services
    clock: Clock
    client: TestClient
    role: Callable[..., dict[str, str]]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real browser, where there is one."""
    from tests.api.server.browsers import NAMES, chromium, launched  # which needs the server of this file

    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if chromium() is None:
        pytest.skip(f"no chromium is installed (looked for {NAMES})")
    with playwright.sync_playwright() as p:
        one = launched(p)
        yield one
        one.close()


@pytest.fixture
def server(database_url: str, tmp_path: Path) -> Iterator[Server]:
    with running(database_url, tmp_path) as it:
        yield it


@contextmanager
def running(database_url: str, folder: Path, **limits: int) -> Iterator[Server]:
    """A server that plans nothing, over a database."""
    clock = Clock()
    environment = {"GUICHENG_DATABASE_URL": database_url}
    services = services_for(settings_for(folder, environment, planners=0, **limits), clock)

    def role(
        role: Role, subject: str | None = None, scopes: tuple[str, ...] = ("read", "write")
    ) -> dict[str, str]:
        """The headers of a new account's key."""
        by = By("tests", clock())
        with services.database.write() as c:
            account_id = add_account(c, by, role, f"{role} {subject or ''}".strip(), subject)
            _, key = add_key(c, by, account_id, "tests", scopes, None)
        return {"Authorization": f"Bearer {key}"}

    with TestClient(create_app(services), raise_server_exceptions=False) as client:
        yield Server(services, clock, client, role)
