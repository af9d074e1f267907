"""``guicheng serve`` and ``guicheng admin``: run the server, and look after it."""

from __future__ import annotations

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, TypeAlias

import typer

from api.console import NOT_WRITTEN, UNUSABLE, GivenUp, Screen
from api.language import Language, Words, language_of_environment
from api.server.admin import DEFAULT_FOLDER, Folder, admin
from api.server.settings import Settings, settings_for

Lang: TypeAlias = Annotated[
    Language | None, typer.Option("--lang", help="Language; else that of LANG. 语言，默认按环境变量 LANG。")
]


def serve(
    folder: Folder = DEFAULT_FOLDER,
    host: Annotated[str, typer.Option(help="Address to listen on. 监听地址。")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, help="Port. 端口。")] = 8000,
    public_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="How others reach it; links and QR codes use it. 对外网址。"),
    ] = None,
    tls_cert: Annotated[Path | None, typer.Option(metavar="FILE", help="TLS certificate. TLS 证书。")] = None,
    tls_key: Annotated[Path | None, typer.Option(metavar="FILE", help="Its key. 证书的私钥。")] = None,
    planners: Annotated[
        int, typer.Option(min=0, max=64, help="Jobs planned at the same time. 同时编制的任务数。")
    ] = 1,
) -> None:
    """Run the server. 运行服务器。"""
    import uvicorn

    from api.server.app import create_app, services_for
    from api.server.logs import set_up_logs
    from api.server.scratch import scratch
    from data.bulk import collect_rarely

    scheme = "https" if tls_cert else "http"
    settings = settings_for(folder, public_url=public_url or f"{scheme}://{host}:{port}", planners=planners)
    set_up_logs()
    collect_rarely()
    # It ends in good order, then raises the signal again.
    with contextlib.suppress(GivenUp), scratch(settings.scratch):
        uvicorn.run(
            create_app(services_for(settings)),
            host=host,
            port=port,
            ssl_certfile=tls_cert,
            ssl_keyfile=tls_key,
            log_config=None,
            access_log=False,
            timeout_graceful_shutdown=5,  # who follows a job's events comes back by itself
            timeout_keep_alive=75,  # longer than proxies do, so that none is closed under a request
        )


@admin.command("backup", epilog="Example 示例: guicheng admin backup /safe/2020-03-01.zip")
def backup(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="File to write. 要写的文件。")],
    with_keys: Annotated[
        bool,
        typer.Option(
            "--with-keys", help="Also the keys: whoever has the file can read names. 同时备份密钥。"
        ),
    ] = False,
    folder: Folder = DEFAULT_FOLDER,
    lang: Lang = None,
) -> None:
    """Copy the whole database into a file; the server may run. 备份整个数据库，服务器可照常运行。"""
    from data.backup import back_up
    from data.database import Database

    settings, screen = _settings(folder), _screen(lang)
    with screen.refusing(NOT_WRITTEN, "cannot_write"):
        rows = back_up(
            Database(settings.database_url), file, datetime.now(UTC), settings.keys_file, with_keys
        )
    screen.say("{n} rows are in {file}.", n=rows, file=file)


@admin.command("restore", epilog="Example 示例: guicheng admin restore /safe/2020-03-01.zip --data new")
def restore(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A back-up. 备份文件。")],
    folder: Folder = DEFAULT_FOLDER,
    lang: Lang = None,
) -> None:
    """Fill an empty database with a back-up, all or nothing. 将备份恢复到空数据库，要么全部，要么不变。"""
    from data.backup import restore as fill
    from data.database import Database

    settings, screen = _settings(folder), _screen(lang)
    with screen.refusing(UNUSABLE, "cannot_read"):
        rows, again = fill(Database(settings.database_url), file, settings.keys_file, datetime.now(UTC))
    screen.say("{n} rows were restored.", n=rows)
    if again:
        screen.say("{n} people who were erased since are erased again.", n=again)


def _settings(folder: Path) -> Settings:
    return settings_for(folder)


def _screen(lang: Language | None) -> Screen:
    return Screen(Words(lang or language_of_environment()))
