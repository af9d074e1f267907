"""``guicheng remote``: submit, plan, watch and export on a server."""

from __future__ import annotations

import contextlib
import os
import queue
import secrets
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, TypeAlias

import typer

from api.console import BROKEN, NOT_WRITTEN, UNUSABLE, Screen, money, percent
from api.language import Language, Words, language_of_environment
from api.server.client import Client, Refused, Unreachable
from api.usage import wrong_usage
from workforce.faults import Fault, Severity, Text, fault

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
ZIP = "application/zip"
FORMATS = ("zip", "xlsx", "html")

remote = typer.Typer(
    name="remote",
    no_args_is_help=True,
    help="Work with a server: submit, plan, watch, export. 使用服务器：提交、编制、查看进度、导出。",
)

Server: TypeAlias = Annotated[
    str | None,
    typer.Option("--server", metavar="URL", envvar="GUICHENG_SERVER", help="The server. 服务器网址。"),
]
KeyFile: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--key-file",
        metavar="FILE",
        help="File with the API key; else GUICHENG_KEY. 密钥文件，默认用环境变量 GUICHENG_KEY。",
    ),
]
Authority: TypeAlias = Annotated[
    Path | None,
    typer.Option(
        "--ca",
        metavar="FILE",
        envvar="GUICHENG_CA",
        help="Certificate that vouches for the server. 用于验证服务器的证书。",
    ),
]
Lang: TypeAlias = Annotated[
    Language | None, typer.Option("--lang", help="Language; else that of LANG. 语言，默认按环境变量 LANG。")
]


@remote.command(epilog="Example 示例: guicheng remote submit spring.xlsx --server https://bureau.example")
def submit(
    scenario: Annotated[
        Path, typer.Argument(metavar="SCENARIO", help="Folder or .xlsx. 方案文件夹或 .xlsx。")
    ],
    server: Server = None,
    key_file: KeyFile = None,
    ca: Authority = None,
    lang: Lang = None,
) -> None:
    """Take a whole scenario into the server's registry, all or nothing.

    把整个方案提交到服务器的登记库，要么全部收下，要么不变。
    """
    screen = _screen(lang)
    with screen.refusing(UNUSABLE, "cannot_read"):
        content, kind = _packed(scenario)
    with _client(server, key_file, ca, screen) as client:
        told = client.post("/v1/imports", content=content, headers={"Content-Type": kind}).json()
    changed = sum(told["changed"].values())
    screen.say("The server has taken it in; {n} rows are new or changed.", n=changed)


@remote.command(epilog="Example 示例: guicheng remote plan --name 'first week' --time-limit 120")
def plan(
    name: Annotated[str, typer.Option(help="Name of the scenario. 方案名称。")] = "",
    scenario: Annotated[
        str | None,
        typer.Option(metavar="ID", help="A scenario of the server; else its registry now. 服务器上的方案。"),
    ] = None,
    time_limit: Annotated[
        float | None, typer.Option("--time-limit", metavar="S", min=1.0, help="Seconds. 时限（秒）。")
    ] = None,
    work_limit: Annotated[
        int | None, typer.Option("--work-limit", metavar="N", min=0, help="Rounds of search. 搜索轮数上限。")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, help="Seed of the random choices. 随机种子。")] = 0,
    wait: Annotated[bool, typer.Option(help="Watch until it ends. 是否等到结束。")] = True,
    server: Server = None,
    key_file: KeyFile = None,
    ca: Authority = None,
    lang: Lang = None,
) -> None:
    """Freeze the registry as a scenario and plan it; Ctrl-C stops with the best plan so far.

    把登记库固定为方案并编制计划；按 Ctrl-C 停止并保留最好的计划。
    """
    screen = _screen(lang)
    with _client(server, key_file, ca, screen) as client:
        if scenario is None:
            scenario = client.post("/v1/scenarios", json={"name": name}).json()["scenario_id"]
            screen.say("The scenario is {scenario}.", scenario=scenario)
        asked: dict[str, Any] = {"scenario_id": scenario, "seed": seed}
        limits = {"time_limit": time_limit, "work_limit": work_limit}
        asked |= {key: value for key, value in limits.items() if value is not None}
        job = client.post("/v1/plans", json=asked).json()["job_id"]
        screen.say("The job is {job}.", job=job)
        if wait:
            _watch(client, job, screen)


@remote.command(epilog="Example 示例: guicheng remote watch j_0123456789ab")
def watch(
    job: Annotated[str, typer.Argument(metavar="JOB", help="Id of a job. 任务编号。")],
    server: Server = None,
    key_file: KeyFile = None,
    ca: Authority = None,
    lang: Lang = None,
) -> None:
    """Show how a job goes until it ends; Ctrl-C stops it with the best plan so far.

    显示任务进度直至结束；按 Ctrl-C 停止并保留最好的计划。
    """
    screen = _screen(lang)
    with _client(server, key_file, ca, screen) as client:
        _watch(client, job, screen)


@remote.command(epilog="Example 示例: guicheng remote export p_0123456789ab --out spring.xlsx")
def export(
    plan_id: Annotated[str, typer.Argument(metavar="PLAN", help="Id of a plan. 计划编号。")],
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="File to write: .zip, .xlsx or .html. 要写的文件。")
    ],
    reason: Annotated[
        str | None, typer.Option(help="Why names are needed; without it there are none. 需要姓名的理由。")
    ] = None,
    server: Server = None,
    key_file: KeyFile = None,
    ca: Authority = None,
    lang: Lang = None,
) -> None:
    """Write a plan as its files, as a workbook or as the report. 把计划导出为文件、工作簿或报告。"""
    screen = _screen(lang)
    format = out.suffix.lower().removeprefix(".")
    if format not in FORMATS:
        why = Text(
            "文件名须以 .zip、.xlsx 或 .html 结尾", "the name of the file must end in .zip, .xlsx or .html"
        )
        screen.refuse_for(wrong_usage("remote export", why))
    if out.exists():
        screen.refuse_for(fault("file_exists", path=out))
    asked = {"format": format} | ({} if reason is None else {"reason": reason})
    with _client(server, key_file, ca, screen) as client:
        content = client.get(f"/v1/plans/{plan_id}/export", **asked).content
    with screen.refusing(NOT_WRITTEN, "cannot_write"):
        _write(out, content)
    screen.say("The plan is in {out}.", out=out)


@contextlib.contextmanager
def _client(url: str | None, key_file: Path | None, ca: Path | None, screen: Screen) -> Iterator[Client]:
    """The server, with its refusals told in words."""
    with screen.refusing(UNUSABLE, "cannot_read"):
        key = key_file.read_text("utf-8").strip() if key_file else os.environ.get("GUICHENG_KEY", "")
    if not url:
        screen.refuse_for(fault("server_not_given", what=Text("网址", "address")))
    if not key:
        screen.refuse_for(fault("server_not_given", what=Text("密钥", "key")))
    language = "en" if screen.words.language is Language.EN else "zh"
    try:
        with screen.refusing(UNUSABLE, "cannot_read"):
            client = Client(url, key, language, ca)
        yield client
    except Refused as refused:
        problem = refused.problem
        told = [_fault(each) for each in problem.get("faults") or ()]
        what, remedy = problem.get("title", ""), problem.get("remedy", "")
        screen.refuse_for(fault("server_refused", refusal=problem["code"], what=what, remedy=remedy), *told)
    except Unreachable as error:
        screen.refuse_for(fault("server_unreachable", url=url, why=str(error)))


def _fault(told: dict[str, Any]) -> Fault:
    """A fault as the server told it, in its one language."""
    message, remedy = (Text(told[name], told[name]) for name in ("message", "remedy"))
    severity = Severity(told["severity"])
    return Fault(told["code"], severity, message, remedy, told["table"], told["row"], told["field"])


def _watch(client: Client, job: str, screen: Screen) -> None:
    """Show the job until it ends, then its plan."""
    from api.progress import ProgressDisplay
    from api.running import SECONDS_BETWEEN_LOOKS, stopping_on_signals

    display = ProgressDisplay(screen.err, screen.words)
    said: queue.Queue[dict[str, Any] | Exception] = queue.Queue()
    asked_to_end = False
    last: dict[str, Any] = {}
    with stopping_on_signals(display.stopping) as stop, display:
        # In a thread of its own: a signal would wait for the next event.
        threading.Thread(target=_listen, args=(client, job, said), daemon=True).start()
        while last.get("state") not in ("done", "failed", "cancelled"):
            if stop.is_set() and not asked_to_end:
                asked_to_end = True
                client.post(f"/v1/jobs/{job}/cancel")
            try:
                event = said.get(timeout=SECONDS_BETWEEN_LOOKS)
            except queue.Empty:
                continue
            if isinstance(event, Exception):
                raise event
            last = event
            if "stage" in event:
                display.report(_progress(event))
    if last["state"] == "failed":
        failure = last.get("failure") or {}
        why = failure.get("message") or failure.get("code", "")
        screen.refuse_for(fault("job_failed", job=job, why=str(why).rstrip("。.")))
    if last["state"] == "cancelled":
        screen.refuse(UNUSABLE, "The job was cancelled before it began.")
    _tell(client.get(f"/v1/plans/{last['plan_id']}").json(), screen)


def _listen(client: Client, job: str, said: queue.Queue[dict[str, Any] | Exception]) -> None:
    try:
        for event in client.events(f"/v1/jobs/{job}/events"):
            said.put(event)
        said.put(Unreachable("the stream ended before the job"))
    except Exception as error:
        said.put(error)


def _progress(event: dict[str, Any]) -> Any:
    from optimizer.options import Progress, Stage

    def number(name: str) -> Decimal | None:
        return None if event.get(name) is None else Decimal(str(event[name]))

    def fen(name: str) -> int | None:
        return None if event.get(name) is None else round(100 * event[name])

    return Progress(
        stage=Stage(event["stage"]),
        seconds=event["seconds"],
        time_left=event["time_left"],
        workers=event["workers"],
        served=event["served"],
        weight=number("weight"),
        weight_bound=number("weight_bound"),
        cost_fen=fen("cost_yuan"),
        cost_bound_fen=fen("cost_bound_yuan"),
    )


def _tell(told: dict[str, Any], screen: Screen) -> None:
    figures = told["summary"]
    screen.say(
        "The plan is {plan}: {served} of {workers} workers, weight gap {weight_gap}, "
        "{cost} yuan, cost gap {gap}.",
        plan=told["plan_id"],
        served=figures["served"],
        workers=figures["workers"],
        weight_gap=percent(figures["weight_gap"]),
        cost=money(round(100 * figures["cost_yuan"]["total"])),
        gap=percent(figures["gap"]),
    )
    if told["violations"]:
        screen.refuse(BROKEN, "It breaks {n} rules.", n=told["violations"])


def _packed(scenario: Path) -> tuple[bytes, str]:
    from data.archives import zipped_folder

    if scenario.is_dir():
        return zipped_folder(scenario), ZIP
    return scenario.read_bytes(), XLSX


def _write(out: Path, content: bytes) -> None:
    """All of the file or nothing."""
    part = out.with_name(f".{out.name}.{secrets.token_hex(8)}")
    try:
        part.write_bytes(content)
        os.link(part, out)  # fails where somebody else has written it since
    finally:
        part.unlink(missing_ok=True)


def _screen(lang: Language | None) -> Screen:
    return Screen(Words(lang or language_of_environment()))
