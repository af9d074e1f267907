"""The server's database: SQLite in one file, or PostgreSQL by its address.

One writer at a time on either: SQLite knows no other way, and on PostgreSQL an advisory lock gives
the same, so that a rule between rows needs to be thought through once.  Readers never wait.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import orjson
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, Engine, create_engine, event, func, select
from sqlalchemy.engine import make_url

from data.json_text import json_text

BUSY_SECONDS = 60.0
_WRITERS = 7463  # the number of the advisory lock
# Connections are for requests that read; the server answers some forty at a time.  Errors do not
# repeat the values of a statement: they may name a person.
_POOL: Mapping[str, Any] = {
    "pool_size": 40,
    "max_overflow": 5,
    "hide_parameters": True,
    "json_serializer": json_text,
    "json_deserializer": orjson.loads,
}


class Database:
    """Connections for reading and for writing."""

    def __init__(self, url: str) -> None:
        """Open it.

        Args:
            url: ``sqlite:///FILE`` or ``postgresql+psycopg://…``.
        """
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self.is_sqlite else create_engine(url, **_POOL)
        # PostgreSQL's own default lets each statement of a transaction see another state.
        steady: Any = {} if self.is_sqlite else {"isolation_level": "REPEATABLE READ"}
        self._readers = self.engine.execution_options(**steady)
        self._writer = threading.Lock()

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the database."""
        with self._readers.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction: all of it is kept when the block ends, nothing when it raises."""
        with self._writer, self.engine.connect() as connection:
            connection = connection.execution_options(writes=True)
            with connection.begin():
                if not self.is_sqlite:
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITERS})")
                yield connection

    @contextmanager
    def write_row(self) -> Iterator[Connection]:
        """As ``write``, for statements of which each asks by itself for all that it depends on.

        On PostgreSQL it waits for nobody but who writes the same row.
        """
        if self.is_sqlite:
            with self.write() as connection:
                yield connection
        else:
            with self.engine.begin() as connection:
                yield connection

    def now(self, connection: Connection) -> datetime:
        """The moment by the one clock that all servers over this database have in common."""
        if self.is_sqlite:  # all of them are on this machine
            return datetime.now(UTC)
        told: datetime = connection.execute(select(func.clock_timestamp())).scalar_one()
        return told.astimezone(UTC)

    def migrate(self) -> None:
        """Bring the tables to the newest form; safe to call by several processes at once."""
        with self.write() as connection:
            migrate(connection)

    def close(self) -> None:
        self.engine.dispose()


def migrate(connection: Connection, revision: str = "head") -> None:
    """Bring the tables to a revision, in the transaction of the connection."""
    config = Config()
    # A percent sign in a folder's name would be taken for a placeholder.
    config.set_main_option("script_location", str(files("data").joinpath("migrations")).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def sqlite_url(folder: Path) -> str:
    return f"sqlite:///{folder.resolve() / 'guicheng.sqlite'}"


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "isolation_level": None}, **_POOL)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, _: Any) -> None:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")  # NORMAL may lose what was committed
        connection.execute("PRAGMA foreign_keys=ON")
        # By default what a batch of events touches is more than fits the cache, and each batch is followed
        # by a checkpoint, which waits for the disk twice more.
        connection.execute("PRAGMA cache_size=-64000")  # KiB
        connection.execute("PRAGMA wal_autocheckpoint=16000")  # pages: 64 MB

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine
