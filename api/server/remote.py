"""``guicheng remote``: submit, plan, watch and export on a server."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import secrets
import threading
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, NoReturn, TypeAlias

import typer

from api.console import BROKEN, NOT_WRITTEN, UNUSABLE, Screen, fault_table, money, percent
from api.language import Language, Words, language_of_environment
from api.server.client import ENDED, Client, Refused, Unreachable, Untrusted
from api.usage import wrong_usage
from data.submitted import CSV, JSON, XLSX, Submittable
from workforce.faults import CATALOGUE, Fault, Severity, Text, fault

ZIP = "application/zip"
FORMATS = (".zip", ".xlsx", ".html")
MEDIA_OF = {".xlsx": XLSX, ".csv": CSV, ".json": JSON}

_URL = re.compile(r"https?://[^\s/?#@]+(/\S*)?", re.IGNORECASE)
_KEY = re.compile(r"[\x21-\x7e]+")

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


@remote.command(
    epilog="Examples 示例: guicheng remote submit spring.xlsx --server https://bureau.example · "
    "guicheng remote submit list.xlsx --table workers --good-rows --refused mend.xlsx"
)
def submit(
    sent: Annotated[
        Path,
        typer.Argument(
            metavar="PATH",
            help="A list (.xlsx, .csv, .json) with --table; else a whole scenario: a folder, .zip or .xlsx. "
            "加 --table 为名单，否则为整个方案。",
        ),
    ],
    table: Annotated[
        Submittable | None, typer.Option("--table", help="What the list holds. 名单的内容。")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what would come of the list. 只检查，不收下。")
    ] = False,
    good_rows: Annotated[
        bool,
        typer.Option("--good-rows", help="Take the good rows; else all or none. 只收无误的行。"),
    ] = False,
    refused: Annotated[
        Path | None,
        typer.Option(
            "--refused",
            metavar="FILE",
            help="Write the refused rows to this .xlsx, to be mended and submitted. 把被拒的行写入此 .xlsx。",
        ),
    ] = None,
    enterprise: Annotated[
        str | None,
        typer.Option(
            "--enterprise", metavar="ID", help="Whose list it is, for a bureau's key. 名单所属企业。"
        ),
    ] = None,
    return_plan: Annotated[
        str | None,
        typer.Option("--return-plan", metavar="ID", help="That the workers belong to. 人员所属的返岗计划。"),
    ] = None,
    server: Server = None,
    key_file: KeyFile = None,
    ca: Authority = None,
    lang: Lang = None,
) -> None:
    """Submit an enterprise's list, each row answered; or a whole scenario, all or nothing.

    提交企业名单，逐行答复；或把整个方案提交到登记库，要么全部收下，要么不变。

    Status 2 says that rows were refused. 有行被拒时返回 2。
    """
    screen = _screen(lang)
    if table is None and (dry_run or good_rows or refused or enterprise or return_plan):
        _wrong("submit", Text("这些选项须配合 --table", "these options need --table"), screen)
    if table is None and sent.suffix.lower() in (".csv", ".json"):
        _wrong(
            "submit",
            Text("名单须用 --table 指明内容", "a list needs --table, which says what it holds"),
            screen,
        )
    if table is not None and sent.suffix.lower() not in MEDIA_OF:
        endings = " / ".join(MEDIA_OF)
        why = Text(f"名单须是 {endings} 文件", f"a list is a file whose name ends in {endings}")
        _wrong("submit", why, screen)
    if refused is not None:
        _require_new(refused, "submit", (".xlsx",), screen)
    with screen.refusing(UNUSABLE, "cannot_read"):
        content, media = (
            _packed(sent) if table is None else (sent.read_bytes(), MEDIA_OF[sent.suffix.lower()])
        )
    with _client(server, key_file, ca, screen) as client:
        if table is None:
            _take_scenario(client, content, media, screen)
            return
        asked = {"dry_run": str(dry_run).lower(), "mode": "good" if good_rows else "all"}
        given = {"enterprise": enterprise, "return_plan": return_plan}
        asked |= {name: value for name, value in given.items() if value is not None}
        at, headers = f"/v1/submissions/{table}", {"Content-Type": media}
        told = client.post(at, params=asked, content=content, headers=headers).json()
        _tell_rows(told, screen)
        if not told["counts"]["refused"]:
            return
        if refused is not None:
            book = client.get(f"/v1/submissions/{told['submission_id']}/refused.xlsx").content
            with screen.refusing(NOT_WRITTEN, "cannot_write", refused):
                _write(refused, book)
            screen.say("The refused rows are in {out}: mend them and submit that file.", out=refused)
    raise typer.Exit(UNUSABLE)


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
    _require_new(out, "export", FORMATS, screen)
    asked = {"format": out.suffix.lower().removeprefix(".")} | ({} if reason is None else {"reason": reason})
    with _client(server, key_file, ca, screen) as client:
        content = client.get(f"/v1/plans/{plan_id}/export", **asked).content
    with screen.refusing(NOT_WRITTEN, "cannot_write", out):
        _write(out, content)
    screen.say("The plan is in {out}.", out=out)


@contextlib.contextmanager
def _client(url: str | None, key_file: Path | None, ca: Path | None, screen: Screen) -> Iterator[Client]:
    """The server, with its refusals told in words."""
    with screen.refusing(UNUSABLE, "cannot_read"):
        text = key_file.read_text("utf-8", "replace") if key_file else os.environ.get("GUICHENG_KEY", "")
    key = text.strip()
    if not url:
        screen.refuse_for(fault("server_not_given", what=Text("网址", "address")))
    if not key:
        screen.refuse_for(fault("server_not_given", what=Text("密钥", "key")))
    if not _URL.fullmatch(url):
        screen.refuse_for(fault("server_address", url=url))
    if not _KEY.fullmatch(key):
        screen.refuse_for(fault("server_key_form"))
    language = "en" if screen.words.language is Language.EN else "zh"

    def wait(seconds: float, why: str) -> None:
        screen.tell("No answer yet ({why}); trying again in {n} s.", why=why, n=round(seconds))
        time.sleep(seconds)

    try:
        with screen.refusing(UNUSABLE, "cannot_read", ca):
            client = Client(url, key, language, ca, wait)
        yield client
    except Refused as refused:
        screen.refuse_for(*_refusal(refused.problem))
    except Untrusted as error:
        screen.refuse_for(fault("server_untrusted", url=url, why=error))
    except Unreachable as error:
        screen.refuse_for(fault("server_unreachable", url=url, why=error))


def _refusal(problem: dict[str, Any]) -> Iterator[Fault]:
    """The server's refusal at its full length, then the faults that it lists."""
    kind = CATALOGUE["server_refused"]
    what = {"refusal": problem["code"], "what": problem.get("title", "")}
    message = Text(kind.message.zh.format(**what), kind.message.en.format(**what))
    remedy = problem.get("remedy", "")
    yield Fault("server_refused", kind.severity, message, Text(remedy, remedy))
    yield from map(_fault, problem.get("faults") or ())


def _take_scenario(client: Client, content: bytes, media: str, screen: Screen) -> None:
    try:
        told = client.post("/v1/imports", content=content, headers={"Content-Type": media}).json()
    except Refused as refused:
        if refused.problem["code"] == "not_allowed":
            screen.tell("Without --table it is a whole scenario; a list is submitted with --table.")
        raise
    notes = [_fault(each) for each in told["notes"]]
    if notes:
        screen.err.print(fault_table(notes, screen.words))
    changed = sum(told["changed"].values())
    screen.say("The server has taken it in; {n} rows are new or changed.", n=changed)


def _fault(told: dict[str, Any]) -> Fault:
    """A fault as the server told it, in its one language."""
    message, remedy = (Text(told[name], told[name]) for name in ("message", "remedy"))
    severity = Severity(told["severity"])
    return Fault(told["code"], severity, message, remedy, told.get("table"), told.get("row"), told["field"])


def _tell_rows(told: dict[str, Any], screen: Screen) -> None:
    """What came of a submitted list: its faults, then the counts."""
    named = {"table": told["table"]}
    faults = [_fault({**each, **named}) for each in told["notes"]]
    for row in told["rows"]:
        faults += [_fault({**each, **named, "row": row["row"]}) for each in row["faults"]]
    if faults:
        screen.err.print(fault_table(faults, screen.words))
    screen.say(
        "Rows: {created} created, {updated} updated, {unchanged} unchanged, {refused} refused, "
        "{held} held back.",
        **told["counts"],
    )
    if told["dry_run"]:
        screen.say("It was a dry run: nothing was taken in.")
    elif not told["taken"]:
        screen.say("Nothing was taken in: mend the refused rows, or take the good ones with --good-rows.")
    screen.say("The submission is {submission}.", submission=told["submission_id"])


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
        while last.get("state") not in ENDED:
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
        for event in client.job_events(job):
            said.put(event)
    except Exception as error:
        said.put(error)


def _progress(event: dict[str, Any]) -> Any:
    from optimizer.options import Progress, Stage

    def number(name: str) -> Decimal | None:
        told = event.get(name)
        if told is None:
            return None
        return Decimal(int(told)) if told == int(told) else Decimal(str(told))

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


def _wrong(command: str, why: Text, screen: Screen) -> NoReturn:
    screen.refuse_for(wrong_usage(f"remote {command}", why))


def _require_new(out: Path, command: str, endings: tuple[str, ...], screen: Screen) -> None:
    """End where a file to be written has the wrong ending, or is there already."""
    if out.suffix.lower() not in endings:
        told = " / ".join(endings)
        why = Text(f"“{out.name}”须以 {told} 结尾", f"the name “{out.name}” must end in {told}")
        _wrong(command, why, screen)
    if out.exists():
        screen.refuse_for(fault("file_exists", path=out))


def _packed(scenario: Path) -> tuple[bytes, str]:
    from data.archives import zipped_folder

    if scenario.is_dir():
        return zipped_folder(scenario), ZIP
    return scenario.read_bytes(), ZIP if scenario.suffix.lower() == ".zip" else XLSX


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
