"""Empty databases of either kind."""

from __future__ import annotations

import itertools
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from data.database import Database

TEMPLATE = "guicheng_template"  # a database of today's tables, which new ones are copied from
NO_TABLES = "template0"  # PostgreSQL's own

_NUMBERS = itertools.count()


def address_of(postgres: str, database: str | None = None) -> str:
    """The address by which we reach a database of a PostgreSQL server, given that of its maintenance."""
    address = make_url(postgres).set(drivername="postgresql+psycopg")
    return address.set(database=database or address.database).render_as_string(hide_password=False)


@cache
def _sqlite_template() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "template.sqlite"
        database = Database(f"sqlite:///{file}")
        database.migrate()
        database.close()
        with closing(sqlite3.connect(file)) as c:  # all of it is in the one file then
            c.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return file.read_bytes()


@contextmanager
def fresh_database(
    kind: str, folder: Path, request: pytest.FixtureRequest, template: str = TEMPLATE
) -> Iterator[str]:
    """The address of a database without rows, which has its tables already."""
    if kind == "sqlite":
        if template == TEMPLATE:
            (folder / "guicheng.sqlite").write_bytes(_sqlite_template())
        yield f"sqlite:///{folder / 'guicheng.sqlite'}"
        return
    postgres = request.getfixturevalue("postgres")
    name = f"test_{os.getpid()}_{next(_NUMBERS)}"
    admin = create_engine(address_of(postgres), isolation_level="AUTOCOMMIT")
    with admin.connect() as c:
        c.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    yield address_of(postgres, name)
    with admin.connect() as c:
        c.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()
