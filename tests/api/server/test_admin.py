"""``guicheng admin``: accounts, keys, a change of keys, retention, and wrong use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import Result
from sqlalchemy import select
from typer.testing import CliRunner

from api.server import admin as commands
from api.server.app import services_for
from api.server.settings import settings_for
from data.accounts import By, by_key
from data.passwords import password_fits
from data.people import Claim, claim_all
from data.schema import account, person
from data.vault import read_vault
from workforce.roles import Role

PASSWORD = "correct horse battery staple"
Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs ``guicheng admin`` on a data folder, in both languages."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "GUICHENG_DATABASE_URL", "GUICHENG_RETENTION_DAYS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.setattr(commands, "_SETTLE_SECONDS", 0.0)

    def run(*arguments: str, typed: str = "") -> Result:
        return CliRunner().invoke(commands.admin, [*arguments, "--data", str(tmp_path)], input=typed)

    return run


def refusal(result: Result, code: str) -> str:
    assert result.exit_code == 2, result.output
    assert code in result.output
    return result.output


def test_the_first_administrator_is_made_with_a_password_from_a_pipe(run: Run, tmp_path: Path) -> None:
    made = run("create", "administrator", "li", "--name", "李明", typed=PASSWORD + "\n")
    assert made.exit_code == 0 and PASSWORD not in made.output
    with services_for(settings_for(tmp_path)).database.read() as c:
        row = c.execute(select(account)).one()
    assert (row.role, row.login, row.name) == ("administrator", "li", "李明")
    assert PASSWORD not in row.password_hash and password_fits(row.password_hash, PASSWORD)
    listed = run("list").output
    assert "administrator" in listed and "李明" in listed


def test_a_login_is_taken_once(run: Run) -> None:
    run("create", "administrator", "li", typed=PASSWORD + "\n")
    told = refusal(run("create", "planner", "li", typed=PASSWORD + "\n"), "login_taken")
    assert "登录名" in told and "Somebody has the login li" in told


@pytest.mark.parametrize(
    ("typed", "code"),
    [("", "password_missing"), ("\n", "password_missing"), ("short\n", "password_weak")],
)
def test_a_password_that_is_missing_or_weak_makes_no_account(
    run: Run, tmp_path: Path, typed: str, code: str
) -> None:
    refusal(run("create", "administrator", "li", typed=typed), code)
    with services_for(settings_for(tmp_path)).database.read() as c:
        assert c.execute(select(account)).all() == []


def at_a_terminal(monkeypatch: pytest.MonkeyPatch, *typed: str | type[BaseException]) -> None:
    answers = iter(typed)

    def ask(prompt: str) -> str:
        answer = next(answers)
        if isinstance(answer, str):
            return answer
        raise answer

    monkeypatch.setattr(commands, "sys", SimpleNamespace(stdin=SimpleNamespace(isatty=lambda: True)))
    monkeypatch.setattr(commands.getpass, "getpass", ask)


def test_at_a_terminal_a_password_is_typed_twice(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    at_a_terminal(monkeypatch, PASSWORD, PASSWORD)
    assert run("create", "administrator", "li").exit_code == 0


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ((PASSWORD, "another long password"), "passwords_differ"),
        ((EOFError,), "password_missing"),
        ((KeyboardInterrupt,), "password_missing"),
    ],
)
def test_at_a_terminal_mistakes_are_told(
    run: Run, monkeypatch: pytest.MonkeyPatch, typed: tuple[str | type[BaseException], ...], code: str
) -> None:
    at_a_terminal(monkeypatch, *typed)
    refusal(run("create", "administrator", "li"), code)


@pytest.mark.parametrize(
    ("role", "subject"),
    [("enterprise", None), ("enterprise", "E9"), ("planner", "E1"), ("origin", "61"), ("coordinator", "T1")],
)
def test_a_subject_must_fit_the_role_and_exist(run: Run, role: str, subject: str | None) -> None:
    given = [] if subject is None else ["--subject", subject]
    refusal(run("create", role, "zhao", *given, typed=PASSWORD + "\n"), "subject_invalid")


def test_keys_are_made_shown_once_and_revoked(run: Run, tmp_path: Path) -> None:
    run("create", "planner", "li", typed=PASSWORD + "\n")
    secret = run("key", "li", "--name", "export", "--scope", "read", "--days", "90").output.strip()
    services = services_for(settings_for(tmp_path))

    def caller() -> object:
        with services.database.read() as c:
            return by_key(c, secret, datetime.now(UTC))

    known = caller()
    assert known is not None and known.scopes == {"read"}
    listed = run("list").output
    key_id = "k_" + secret.split("_")[1]
    assert key_id in listed and "export" in listed and secret not in listed
    assert run("revoke", key_id).exit_code == 0 and caller() is None
    refusal(run("revoke", key_id), "no_such_key")
    refusal(run("key", "nobody"), "no_such_account")
    refusal(run("key", "li", "--scope", "all"), "scope_unknown")


def test_an_account_and_a_key_are_made_at_once(run: Run, tmp_path: Path) -> None:
    made = run("create", "planner", "li", "--key", typed=PASSWORD + "\n").output.split()
    with services_for(settings_for(tmp_path)).database.read() as c:
        known = by_key(c, made[-1], datetime.now(UTC))
    assert known is not None and known.role is Role.PLANNER


def test_the_last_administrator_cannot_be_disabled(run: Run) -> None:
    run("create", "administrator", "li", typed=PASSWORD + "\n")
    refusal(run("disable", "li"), "last_administrator")
    run("create", "administrator", "wang", typed=PASSWORD + "\n")
    assert run("disable", "li").exit_code == 0
    assert "disabled" in run("list").output
    refusal(run("key", "li"), "account_disabled")
    refusal(run("disable", "wang"), "last_administrator")


def test_a_password_is_set_anew(run: Run, tmp_path: Path) -> None:
    run("create", "planner", "li", typed=PASSWORD + "\n")
    assert run("password", "li", typed="seven quiet coaches at dawn\n").exit_code == 0
    with services_for(settings_for(tmp_path)).database.read() as c:
        row = c.execute(select(account)).one()
    assert password_fits(row.password_hash, "seven quiet coaches at dawn")
    refusal(run("password", "nobody", typed=PASSWORD + "\n"), "no_such_account")


def test_keys_are_rotated_and_the_old_one_dropped(run: Run, tmp_path: Path) -> None:
    run("list")  # makes the ring
    old = read_vault(tmp_path / "keys.json").newest
    first = run("rotate-keys")
    assert first.exit_code == 0 and "Run this again after" in first.output
    assert old in read_vault(tmp_path / "keys.json").keys
    assert "old one dropped" in run("rotate-keys", "--server-is-stopped").output
    assert old not in read_vault(tmp_path / "keys.json").keys


def test_retention_counts_then_erases(run: Run, tmp_path: Path) -> None:
    services = services_for(settings_for(tmp_path))
    with services.database.write() as c:
        body = {"arrive_by": "2020-03-08"}
        by = By("tests", datetime(2020, 3, 1, tzinfo=UTC))
        claim_all(c, services.vault, by, "E1", [Claim("1", body, {"name": "王小明"})])

    def erased() -> bool:
        with services.database.read() as c:
            return c.execute(select(person.c.erased_at)).scalar_one() is not None

    refusal(run("retention"), "days_missing")
    assert "1 people would be erased" in run("retention", "--days", "30", "--dry-run").output
    assert not erased()
    assert "1 people were erased" in run("retention", "--days", "30").output
    assert erased()


def test_a_folder_that_cannot_be_used_and_a_database_that_is_none(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("x")
    refusal(CliRunner().invoke(commands.admin, ["list", "--data", str(tmp_path / "file")]), "folder_unusable")
    monkeypatch.setenv("GUICHENG_DATABASE_URL", "postgresql://li:secret@127.0.0.1:1/none")
    assert "secret" not in refusal(run("list"), "server_not_set_up")


@pytest.mark.parametrize(
    "name", ["create", "key", "list", "password", "disable", "revoke", "rotate-keys", "retention"]
)
def test_every_command_has_help_with_an_example(name: str) -> None:
    told = CliRunner().invoke(commands.admin, [name, "--help"])
    assert told.exit_code == 0 and f"guicheng admin {name}" in told.output
