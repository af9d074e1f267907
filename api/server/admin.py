"""``guicheng admin``: accounts, keys, retention; back-ups are in ``api/server/commands.py``."""

from __future__ import annotations

import getpass
import sys
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TypeAlias

import typer
from sqlalchemy import Connection, Row
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from api.console import Screen
from api.language import Words, language_of_environment
from api.server.settings import settings_for
from data import accounts
from data.accounts import By
from data.erasure import apply_retention, due
from data.passwords import SHORTEST, hashed_password, is_weak
from data.rotation import rotate
from data.subjects import subject_fault
from workforce.faults import Fault, Severity, Text
from workforce.roles import Role

if TYPE_CHECKING:
    from api.server.services import Services

Folder: TypeAlias = Annotated[
    Path,
    typer.Option(
        "--data",
        metavar="DIR",
        envvar="GUICHENG_DATA",
        help="Folder of the database and its keys. 数据库和密钥所在文件夹。",
    ),
]
Login: TypeAlias = Annotated[
    str, typer.Argument(help="The name to sign in with, or an account's id. 登录名或账号编号。")
]
DEFAULT_FOLDER = Path("guicheng-data")
_SCOPES = ("read", "write")
_SETTLE_SECONDS = 5.0  # for requests that read the keys before a new one was among them

admin = typer.Typer(
    name="admin",
    no_args_is_help=True,
    help="Look after the server: accounts, keys, back-ups. 管理服务器：账号、密钥、备份。",
)


@admin.command("create", epilog="Example 示例: guicheng admin create administrator li --name 李明")
def create(
    role: Annotated[Role, typer.Argument(help="What it may do. 角色。")],
    login: Annotated[str, typer.Argument(help="The name to sign in with. 登录名。")],
    name: Annotated[str, typer.Option(help="The person's name. 姓名。")] = "",
    subject: Annotated[
        str | None, typer.Option(help="Enterprise, hotel, operator … that it is about. 所属企业、酒店等。")
    ] = None,
    key: Annotated[bool, typer.Option("--key", help="Also make an API key. 同时生成 API 密钥。")] = False,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Add an account; asks for its password. 新增账号并设置密码。

    The password is read from the terminal, or from standard input where there is none.
    密码从终端读取；没有终端时从标准输入读取。
    """
    services = opened(folder)
    _require_new(services, role, login, subject)
    password_hash = hashed_password(_asked_password(login))
    try:
        with services.database.write() as c:
            account_id = accounts.add_account(
                c, by_of(services), role, name or login, subject, login, password_hash
            )
            secret = key and accounts.add_key(c, by_of(services), account_id, "admin", _SCOPES, None)[1]
    except IntegrityError:  # somebody else was first
        _refuse("login_taken", login=login)
    typer.echo(f"{account_id} {role} {login}")
    if secret:
        typer.echo(secret)


@admin.command("key", epilog="Example 示例: guicheng admin key li --name export --scope read --days 90")
def make_key(
    login: Login,
    name: Annotated[str, typer.Option(help="What the key is for. 用途。")] = "admin",
    scope: Annotated[
        list[str] | None, typer.Option(help="read, write; repeatable. 权限，可重复；默认两者。")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="How long it works; else for ever. 有效天数。")
    ] = None,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Make an API key for an account; it is shown this once. 生成 API 密钥，仅显示一次。"""
    scopes = sorted(set(scope or _SCOPES))
    if not set(scopes) <= set(_SCOPES):
        _refuse("scope_unknown")
    services = opened(folder)
    by = by_of(services)
    with services.database.write() as c:
        row = _account(c, login)
        if row.disabled_at is not None:
            _refuse("account_disabled", login=login)
        until = None if days is None else by.at + timedelta(days=days)
        _, secret = accounts.add_key(c, by, row.id, name, scopes, until)
    typer.echo(secret)


@admin.command("list", epilog="Example 示例: guicheng admin list")
def list_accounts(folder: Folder = DEFAULT_FOLDER) -> None:
    """List the accounts and their keys. 列出账号及密钥。"""
    services, words = opened(folder), Words(language_of_environment())
    now = services.now()
    with services.database.read() as c:
        for row in accounts.list_accounts(c):
            ended = "" if row.disabled_at is None else words.pick("已停用", "disabled")
            typer.echo("\t".join((row.id, row.role, row.login or "-", row.subject or "-", row.name, ended)))
            for one in accounts.list_keys(c, row.id):
                until = "" if one.expires_at is None else f"→ {one.expires_at:%Y-%m-%d}"
                gone = one.revoked_at is not None or (one.expires_at is not None and one.expires_at <= now)
                state = words.pick("失效", "no longer works") if gone else ""
                typer.echo("\t".join(("", one.id, one.name, " ".join(one.scopes), until, state)))


@admin.command("password", epilog="Example 示例: guicheng admin password li")
def password(login: Login, folder: Folder = DEFAULT_FOLDER) -> None:
    """Give an account a new password; its sessions end. 重设密码，原会话失效。"""
    services = opened(folder)
    with services.database.read() as c:
        row = _account(c, login)
    if row.login is None:
        _refuse("no_login", login=login)
    password_hash = hashed_password(_asked_password(row.login))
    with services.database.write() as c:
        accounts.set_password(c, by_of(services), row.id, password_hash)
    _say("密码已重设。", "The password is set.")


@admin.command("disable", epilog="Example 示例: guicheng admin disable li")
def disable(login: Login, folder: Folder = DEFAULT_FOLDER) -> None:
    """End an account with its keys and sessions. 停用账号及其密钥和会话。"""
    services = opened(folder)
    with services.database.write() as c:
        row = _account(c, login)
        if accounts.active_administrators(c) == {row.id}:
            _refuse("last_administrator", login=login)
        accounts.disable_account(c, by_of(services), row.id)
    _say(f"{row.id} 已停用。", f"{row.id} is disabled.")


@admin.command("revoke", epilog="Example 示例: guicheng admin revoke k_0123456789ab")
def revoke(
    key_id: Annotated[str, typer.Argument(help="The key's id, as listed. 密钥编号。")],
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """End an API key at once. 立即作废 API 密钥。"""
    services = opened(folder)
    with services.database.write() as c:
        owner = accounts.owner_of(c, key_id)
        if owner is None or not accounts.revoke_key(c, by_of(services), owner, key_id):
            _refuse("no_such_key", key_id=key_id)
    _say(f"{key_id} 已作废。", f"{key_id} is revoked.")


@admin.command("rotate-keys", epilog="Example 示例: guicheng admin rotate-keys")
def rotate_keys(
    stopped: Annotated[
        bool, typer.Option("--server-is-stopped", help="Drop the old keys at once. 立即删除旧密钥。")
    ] = False,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Seal all personal data anew with a new key, then drop the old one. 更换个人信息的加密密钥。

    Servers may run meanwhile; the old keys then go ten minutes later, when the command is run again.
    A run that was killed is taken up by the next. 可在服务器运行时执行；中断后再次执行即可继续。
    """
    services = opened(folder)
    wait = (lambda: None) if stopped else (lambda: time.sleep(_SETTLE_SECONDS))
    try:
        rest_at = rotate(services.database, services.settings.keys_file, by_of(services), stopped, wait)
    except (OSError, ValueError) as failure:
        _refuse("keys_unusable", folder=folder, why=type(failure).__name__)
    if rest_at is None:
        _say("密钥已更换，旧密钥已删除。", "The key is changed and the old one dropped.")
    else:
        zh = f"数据已用新密钥加密。请在 {rest_at:%H:%M} (UTC) 后再次执行，以删除旧密钥。"
        en = f"Everything is sealed anew. Run this again after {rest_at:%H:%M} UTC to drop the old keys."
        _say(zh, en)


@admin.command("retention", epilog="Example 示例: guicheng admin retention --days 180 --dry-run")
def retention(
    days: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=36500,
            envvar="GUICHENG_RETENTION_DAYS",
            help="Days after the last arrival. 最后到达后的保存天数。",
        ),
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count. 仅统计。")] = False,
    folder: Folder = DEFAULT_FOLDER,
) -> None:
    """Erase people whose last arrival lies long enough back. 删除超过保存期限的个人信息。"""
    if days is None:
        _refuse("days_missing")
    services = opened(folder)
    published = services.published.standing()
    if dry_run:
        with services.database.read() as c:
            n = len(due(c, published, services.now().date(), days))
        _say(f"将删除 {n} 人的个人信息。", f"{n} people would be erased.")
    else:
        n = apply_retention(services.database, services.keys, published, by_of(services), days)
        _say(f"已删除 {n} 人的个人信息。", f"{n} people were erased.")


def opened(folder: Path) -> Services:
    from api.server.app import services_for

    try:
        return services_for(settings_for(folder))
    except OSError as failure:
        _refuse("folder_unusable", folder=folder, why=failure.strerror)
    except (ValueError, SQLAlchemyError) as failure:
        # Not the failure's text: an address of a database holds its password.
        _refuse("server_not_set_up", folder=folder, why=type(failure).__name__)


def by_of(services: Services) -> By:
    return By("admin", services.now())


def _account(c: Connection, login: str) -> Row[Any]:
    row = accounts.find_login(c, login) or accounts.find_account(c, login)
    if row is None:
        _refuse("no_such_account", login=login)
    return row


def _require_new(services: Services, role: Role, login: str, subject: str | None) -> None:
    trips = [f"{p.plan_id}/{t.trip_id}" for p in services.published.standing() for t in p.plan.trips]
    with services.database.read() as c:
        if accounts.find_login(c, login) is not None:
            _refuse("login_taken", login=login)
        why = subject_fault(c, role, subject, trips)
    if why is not None:
        _refuse("subject_invalid", role=role, why=why)


def _asked_password(login: str) -> str:
    """A new password: twice from a terminal, else the first line of standard input."""
    if sys.stdin.isatty():
        try:
            given = getpass.getpass("Password 密码: ")
            if getpass.getpass("Once more 再输一次: ") != given:
                _refuse("passwords_differ")
        except (EOFError, KeyboardInterrupt):
            typer.echo(err=True)
            _refuse("password_missing")
    else:
        given = sys.stdin.readline().rstrip("\r\n")
        if not given:
            _refuse("password_missing")
    if is_weak(given, login):
        _refuse("password_weak", n=SHORTEST)
    return given


def _say(zh: str, en: str) -> None:
    typer.echo(Words(language_of_environment()).pick(zh, en))


# Refusals: what is wrong, and what to do; templates over named values.
_REFUSALS: Mapping[str, tuple[Text, Text]] = {
    "folder_unusable": (
        Text("无法使用文件夹 {folder}（{why}）。", "The folder {folder} cannot be used ({why})."),
        Text("请检查路径和权限，或用 --data 指定。", "Check its path and rights, or give another --data."),
    ),
    "server_not_set_up": (
        Text("无法打开数据库或密钥（{why}）。", "The database or its keys cannot be opened ({why})."),
        Text("请检查 {folder} 和 GUICHENG_DATABASE_URL。", "Check {folder} and GUICHENG_DATABASE_URL."),
    ),
    "no_such_account": (
        Text("没有账号“{login}”。", "There is no account {login}."),
        Text("用 guicheng admin list 查看。", "See guicheng admin list."),
    ),
    "account_disabled": (
        Text("账号“{login}”已停用。", "The account {login} is disabled."),
        Text("请新建账号。", "Create another one."),
    ),
    "no_login": (
        Text("账号“{login}”没有登录名。", "The account {login} has no login."),
        Text("这类账号使用密钥：guicheng admin key。", "Such an account uses keys: guicheng admin key."),
    ),
    "login_taken": (
        Text("登录名“{login}”已被使用。", "Somebody has the login {login}."),
        Text("请换一个。", "Choose another one."),
    ),
    "subject_invalid": (
        Text("角色 {role} 的 --subject 不合适：{why}。", "--subject does not fit the role {role}: {why}."),
        Text(
            "企业、酒店、工人填编号，承运方填名称，输出地填区划代码，带队人员填“计划/车次”。",
            "Give an enterprise's, hotel's or worker's id, a carrier's name, adcodes, or PLAN/TRIP.",
        ),
    ),
    "scope_unknown": (
        Text("--scope 只能是 read 或 write。", "--scope is read or write."),
        Text("可重复给出。", "Repeat it for both."),
    ),
    "no_such_key": (
        Text("没有有效的密钥 {key_id}。", "There is no key {key_id} that works."),
        Text("用 guicheng admin list 查看。", "See guicheng admin list."),
    ),
    "password_missing": (
        Text("没有输入密码。", "No password was given."),
        Text("在终端输入，或经标准输入传入一行。", "Type it, or hand it over as a line of standard input."),
    ),
    "passwords_differ": (
        Text("两次输入的密码不同。", "The two passwords differ."),
        Text("请重新执行。", "Run it again."),
    ),
    "password_weak": (
        Text(
            "密码过弱：须 {n} 个字符以上、不少于 5 个不同字符，且不含登录名。",
            "The password is weak: it needs {n} characters, 5 different ones, and must not hold the login.",
        ),
        Text("可用几个不相关的词组成一句。", "A few words that have nothing to do with each other do well."),
    ),
    "last_administrator": (
        Text("“{login}”是最后一名管理员。", "{login} is the last administrator."),
        Text("请先新建另一名管理员。", "Create another one first."),
    ),
    "keys_unusable": (
        Text("密钥文件无法读写（{why}）。", "The key file cannot be read or written ({why})."),
        Text("请检查 {folder} 的权限和磁盘空间。", "Check the rights of {folder} and the disk's space."),
    ),
    "days_missing": (
        Text("没有给出保存天数。", "It is not said how many days."),
        Text("请给出 --days 或设置 GUICHENG_RETENTION_DAYS。", "Give --days or GUICHENG_RETENTION_DAYS."),
    ),
}


def _refuse(code: str, **values: object) -> NoReturn:
    """Say what is wrong and what to do, and end."""

    def filled(text: Text) -> Text:
        zh = {k: v.zh if isinstance(v, Text) else v for k, v in values.items()}
        en = {k: v.en if isinstance(v, Text) else v for k, v in values.items()}
        return Text(text.zh.format(**zh), text.en.format(**en))

    message, remedy = map(filled, _REFUSALS[code])
    Screen(Words(language_of_environment())).refuse_for(Fault(code, Severity.ERROR, message, remedy))
