"""The database: its migrations, what it promises of transactions, what its errors tell."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text
from sqlalchemy.exc import IntegrityError

from data.accounts import By, add_account
from data.database import Database, migrate
from data.schema import account, metadata
from tests.api.server.conftest import Clock
from tests.databases import NO_TABLES, fresh_database
from workforce.roles import Role

RELEASES = ["0001", "0002", "0003"]  # the revision of each release's tables


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A database without even tables."""
    with fresh_database(request.param, tmp_path, request, NO_TABLES) as url:
        yield url


@pytest.fixture
def database(database_url: str) -> Database:
    return Database(database_url)


def differences(database: Database) -> list[object]:
    with database.read() as c:
        return list(compare_metadata(MigrationContext.configure(c, opts={"compare_type": True}), metadata))


def test_the_migrations_make_the_tables_of_the_schema(database: Database) -> None:
    assert differences(database) != []
    database.migrate()
    assert differences(database) == []
    with database.read() as c:
        for table in metadata.sorted_tables:
            unique = {tuple(u["column_names"]) for u in inspect(c).get_unique_constraints(table.name)}
            wanted = {
                tuple(column.name for column in constraint.columns)
                for constraint in table.constraints
                if constraint.__visit_name__ == "unique_constraint"
            }
            assert unique == wanted, table.name


@pytest.mark.parametrize("revision", RELEASES)
def test_every_release_is_brought_to_the_newest_form(database: Database, revision: str) -> None:
    with database.write() as c:
        migrate(c, revision)
    database.migrate()
    assert differences(database) == []


def test_bringing_it_to_the_newest_form_again_keeps_what_is_there(database: Database) -> None:
    database.migrate()
    with database.write() as c:
        add_account(c, By("tests", Clock()()), Role.PLANNER, "li")
    database.migrate()
    with database.read() as c:
        assert c.execute(select(account.c.name)).scalar_one() == "li"


def test_several_processes_may_do_it_at_once(database: Database, database_url: str) -> None:
    code = "import sys; from data.database import Database; Database(sys.argv[1]).migrate()"
    running = [subprocess.Popen([sys.executable, "-c", code, database_url]) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert differences(database) == []


def test_a_migration_that_fails_leaves_nothing(database: Database) -> None:
    with suppress(RuntimeError), database.write() as c:
        migrate(c)
        raise RuntimeError
    with database.read() as c:
        assert inspect(c).get_table_names() == []


def test_sqlite_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'a.sqlite'}")
    for block in (database.read, database.write):
        with block() as c:
            assert c.execute(text("PRAGMA journal_mode")).scalar_one() == "wal"
            assert c.execute(text("PRAGMA synchronous")).scalar_one() == 2  # FULL
            assert c.execute(text("PRAGMA foreign_keys")).scalar_one() == 1


def test_a_reader_sees_one_state(database: Database) -> None:
    database.migrate()
    by = By("tests", Clock()())
    with database.read() as c:
        assert c.execute(select(account)).all() == []
        with database.write() as other:
            add_account(other, by, Role.PLANNER, "li")
        assert c.execute(select(account)).all() == []
    with database.read() as c:
        assert len(c.execute(select(account)).all()) == 1


def test_errors_do_not_repeat_the_values_of_a_statement(database: Database) -> None:
    database.migrate()
    by = By("tests", Clock()())
    with database.write() as c:
        add_account(c, by, Role.PLANNER, "王小明", login="li")
    with pytest.raises(IntegrityError) as failed, database.write() as c:
        add_account(c, by, Role.PLANNER, "王小明", login="li")
    assert "王小明" not in str(failed.value)
