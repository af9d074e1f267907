"""The command ``guicheng``: each subcommand reads, asks one thing of the floors below, and prints."""

from __future__ import annotations

import io
import math
import os
import signal
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from types import FrameType
from typing import Annotated, NoReturn, TypeAlias

import typer

from api.console import (
    NOT_WRITTEN,
    UNUSABLE,
    GivenUp,
    Screen,
    fault_rows,
    fault_table,
    print_json,
)
from api.keeping import Kept, kept_trips, unknown
from api.language import Language, Words, language_of_environment
from api.start import GIVEN_UP
from api.usage import usage_fault, wrong_usage
from data.plan_files import read_plan
from data.reading import read_scenario
from optimizer.options import Options
from workforce.faults import Fault, Text, Unusable, fault
from workforce.kept import contradictions
from workforce.plan import Plan
from workforce.scenario import Scenario

DEFAULT_SECONDS = 60.0

app = typer.Typer(
    name="guicheng",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,  # they would print the values of variables, and so names of workers
    help="Bring workers back by charter coach: plan, prove, check, show. 归程：包车返岗的计划与核对。",
    epilog=(
        "Exit status: 0 done; 1 a plan breaks rules; 2 unusable input or wrong usage; 3 output not written; "
        "130 given up. 退出码：0 完成；1 计划违反规则；2 输入不可用或用法有误；3 无法写出；130 中途放弃。"
    ),
)

ScenarioPath: TypeAlias = Annotated[
    Path,
    typer.Argument(
        metavar="SCENARIO", help="Folder of CSVs with policy.toml, or one .xlsx. 方案文件夹或 .xlsx。"
    ),
]
PlanPath: TypeAlias = Annotated[Path, typer.Argument(metavar="PLAN", help="Folder of a plan. 计划文件夹。")]
OutFolder: TypeAlias = Annotated[
    Path, typer.Option("--out", metavar="DIR", help="Folder to write the plan into. 写入计划的文件夹。")
]
Lang: TypeAlias = Annotated[
    Language | None, typer.Option("--lang", help="Language; else that of LANG. 语言，默认按环境变量 LANG。")
]
AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Print JSON. 输出 JSON。")]
TimeLimit: TypeAlias = Annotated[
    float | None,
    typer.Option(
        "--time-limit",
        metavar="S",
        min=1.0,
        help=f"Seconds of planning; {DEFAULT_SECONDS:.0f} unless --work-limit is given. 时限（秒）。",
    ),
]
WorkLimit: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--work-limit",
        metavar="N",
        min=0,
        help="Rounds of search: same limit and seed, same plan. 搜索轮数上限。",
    ),
]
Seed: TypeAlias = Annotated[
    int, typer.Option("--seed", metavar="N", min=0, help="Seed of the random choices. 随机种子。")
]
Processes: TypeAlias = Annotated[
    int | None,
    typer.Option(
        "--processes", metavar="N", min=1, help="Processes; else one a core. 进程数，默认等于核数。"
    ),
]
KeepBefore: TypeAlias = Annotated[
    str,
    typer.Option(
        "--keep-before",
        metavar="DAY",
        help="Keep every trip that leaves its depot before this day. 保留此日之前出车的车次。",
    ),
]
KeepTrip: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--keep-trip", metavar="T", help="Keep this trip, too; repeatable. 另保留此车次，可重复。"),
]


def _screen(lang: Language | None) -> Screen:
    return Screen(Words(lang or language_of_environment()))


def _print_version(wanted: bool) -> None:
    if wanted:
        try:
            typer.echo(f"guicheng {version('guicheng')}")
        except PackageNotFoundError:  # run from its source
            typer.echo("guicheng")
        raise typer.Exit


def main() -> None:
    """The command line, once it is loaded."""
    _add_server()
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a terminal without Chinese is no reason to fail
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _give_up)
    screen = Screen(Words(Language.BOTH))
    try:
        sys.exit(app(sys.argv[1:] or ["--help"], standalone_mode=False))
    except typer.TyperException as error:
        screen.err.print(fault_table([usage_fault(error)], screen.words))
        sys.exit(UNUSABLE)
    except GivenUp:
        screen.tell("Given up.")
        sys.exit(GIVEN_UP)


def _give_up(number: int, frame: FrameType | None) -> NoReturn:
    """What a signal does; without it the command would end with the status of a plan that breaks rules."""
    raise GivenUp


@app.callback()
def before_any(
    show_version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print the version. 显示版本。"
        ),
    ] = False,
) -> None:
    """Has only the option that stands before a subcommand."""


@app.command(epilog="Example 示例: guicheng validate spring.xlsx --lang zh")
def validate(scenario: ScenarioPath, as_json: AsJson = False, lang: Lang = None) -> None:
    """Find every fault of a scenario at once. 一次找出方案的全部问题。

    Exit status 退出码: 0 usable 可用, 2 not usable 不可用.
    """
    screen = _screen(lang)
    reading = read_scenario(scenario)
    if as_json:
        print_json({"usable": reading.scenario is not None, "faults": fault_rows(reading.faults)})
    elif reading.faults:
        screen.out.print(fault_table(reading.faults, screen.words))
    else:
        screen.say("No faults: the scenario can be planned.")
    if reading.scenario is not None and not as_json:
        found = reading.scenario
        counts = {"workers": len(found.workers), "enterprises": len(found.enterprises)}
        coaches = sum(fleet.vehicles for fleet in found.fleets.values())
        screen.say(
            "{workers} workers, {enterprises} enterprises, {coaches} coaches.", coaches=coaches, **counts
        )
    if reading.scenario is None:
        raise typer.Exit(UNUSABLE)


@app.command(epilog="Example 示例: guicheng template spring.xlsx")
def template(
    out: Annotated[Path, typer.Argument(metavar="OUT.xlsx", help="File to write. 要写的文件。")],
    lang: Lang = None,
) -> None:
    """Write an empty workbook to fill in. 写出待填写的空白工作簿。"""
    from data.workbook import write_template

    screen = _screen(lang)
    if out.suffix.lower() != ".xlsx":
        why = Text("文件名须以 .xlsx 结尾", "the name of the file must end in .xlsx")
        screen.refuse_for(wrong_usage("template", why))
    if out.exists():
        screen.refuse_for(fault("file_exists", path=out))
    with screen.refusing(NOT_WRITTEN, "cannot_write"):
        write_template(out)
    screen.say("The empty workbook is in {path}.", path=out)


@app.command(epilog="Example 示例: guicheng plan spring.xlsx --out plans/spring --time-limit 120")
def plan(
    scenario: ScenarioPath,
    out: OutFolder,
    time_limit: TimeLimit = None,
    work_limit: WorkLimit = None,
    seed: Seed = 0,
    processes: Processes = None,
    lang: Lang = None,
) -> None:
    """Plan a scenario; Ctrl-C stops with the best plan so far. 编制计划；按 Ctrl-C 停止并保留最好的计划。

    Writes the plan's CSV files, plan.xlsx and report.html, all or nothing.
    写出计划的各 CSV 文件、plan.xlsx 和 report.html，要么全部写出，要么什么都不写。
    """
    from api.planning import make_plan  # the optimizer takes a second to load; other commands need none of it

    screen = _screen(lang)
    options = _options(time_limit, work_limit, seed, processes, screen)
    make_plan(_scenario(scenario, screen), out, options, screen)


@app.command(
    epilog="Example 示例: guicheng replan spring.xlsx plans/1 --keep-before 2020-02-26 --out plans/2"
)
def replan(
    scenario: ScenarioPath,
    old_plan: Annotated[
        Path, typer.Argument(metavar="OLD_PLAN", help="Folder of the plan before. 上一计划的文件夹。")
    ],
    keep_before: KeepBefore,
    out: OutFolder,
    keep_trip: KeepTrip = None,
    time_limit: TimeLimit = None,
    work_limit: WorkLimit = None,
    seed: Seed = 0,
    processes: Processes = None,
    lang: Lang = None,
) -> None:
    """Plan again around trips that stay as they are. 保留部分车次，重新计划。

    Tells who moved, who joined and who fell out (all of them in changes.csv).
    列出谁有变动、谁新加入、谁落下（全部写入 changes.csv）。
    """
    from api.planning import make_plan

    screen = _screen(lang)
    options = _options(time_limit, work_limit, seed, processes, screen)
    old = _plan(old_plan, screen)
    kept = Kept(old_plan, old, kept_trips(old, keep_before, keep_trip or (), screen))
    changed = _scenario(scenario, screen)
    _require_pair(changed, old, screen)
    damage = contradictions(old, kept.trip_ids)
    if damage:
        screen.refuse_for(*damage)
    make_plan(changed, out, options, screen, kept)


@app.command(
    epilog="Examples 示例: guicheng check spring.xlsx plans/2 · "
    "guicheng check spring.xlsx plans/2 --kept plans/1 --keep-before 2020-02-26"
)
def check(
    scenario: ScenarioPath,
    plan_folder: PlanPath,
    kept: Annotated[
        Path | None,
        typer.Option(
            "--kept",
            metavar="OLD_PLAN",
            help="The plan before, whose kept trips must stand to the byte: those that plan.json names, "
            "unless the next two options say which. "
            "上一计划，其保留车次须一字不动；默认为 plan.json 所列车次。",
        ),
    ] = None,
    keep_before: Annotated[
        str | None,
        typer.Option(
            "--keep-before",
            metavar="DAY",
            help="Every trip that leaves its depot before this day had to be kept. "
            "此日之前出车的车次应已保留。",
        ),
    ] = None,
    keep_trip: Annotated[
        list[str] | None,
        typer.Option(
            "--keep-trip",
            metavar="T",
            help="This trip had to be kept, too; repeatable. 此车次也应已保留，可重复。",
        ),
    ] = None,
    as_json: AsJson = False,
    lang: Lang = None,
) -> None:
    """Check every rule of a plan, also one edited by hand. 核对计划的每条规则，包括手工改过的计划。

    Exit status 退出码: 0 it holds 合规, 1 it breaks rules 违规, 2 unreadable 无法读取.
    """
    from api.checking import check_folder

    screen = _screen(lang)
    chosen = keep_before is not None or bool(keep_trip)
    if chosen and kept is None:
        why = Text(
            "使用 --keep-before、--keep-trip 时须以 --kept 指明上一计划",
            "--keep-before and --keep-trip speak of an older plan; name it with --kept",
        )
        screen.refuse_for(wrong_usage("check", why))
    checked = _scenario(scenario, screen, as_json)
    found = _plan(plan_folder, screen, as_json)
    older = None
    if kept:
        old = _plan(kept, screen, as_json)
        named = kept_trips(old, keep_before, keep_trip or (), screen)
        older = Kept(kept, old, named if chosen else frozenset(found.summary.kept or ()))
    check_folder(checked, found, plan_folder, older, screen, as_json)


@app.command(
    epilog="Examples 示例: guicheng show plans/1 · guicheng show plans/1 T0001 --scenario spring.xlsx"
)
def show(
    plan_folder: PlanPath,
    which: Annotated[
        str | None, typer.Argument(metavar="TRIP|WORKER", help="Id of a trip or a worker. 车次或人员编号。")
    ] = None,
    scenario: Annotated[
        Path | None,
        typer.Option(
            "--scenario", metavar="PATH", help="Show names, not only ids. 给出方案则显示名称，否则只有编号。"
        ),
    ] = None,
    lang: Lang = None,
) -> None:
    """Show a plan, a trip's timetable and riders, or one worker's whole way. 展示计划、车次或某人的全程。"""
    from api.show import show_plan, show_trip, show_worker

    screen = _screen(lang)
    found = _plan(plan_folder, screen)
    named = _scenario(scenario, screen) if scenario else None
    if named:
        _require_pair(named, found, screen)
    if which is None:
        parts = show_plan(found, named, screen.words)
    elif which in found.trip_by_id:
        parts = show_trip(found, which, named, screen.words)
    else:
        workers = found.seat_of.keys() | {row.worker_id for row in found.unserved}
        if which not in workers:
            unknown(which, found.trip_by_id.keys() | workers, screen)
        parts = show_worker(found, which, named, screen.words)
    for part in parts:
        screen.out.print(part)


def _add_server() -> None:
    """The commands of the server, where the extra ``server`` is installed."""
    try:
        from api.server.admin import admin
        from api.server.commands import serve
        from api.server.drill_command import drill
        from api.server.log_commands import log
        from api.server.remote import remote
    except ModuleNotFoundError as missing:
        if missing.name and missing.name.partition(".")[0] in ("api", "data"):
            raise
        return
    app.command(epilog="Example 示例: guicheng serve --data /srv/guicheng --port 8000")(serve)
    app.command(epilog="Example 示例: guicheng drill plans/wuhai --faults many --seed 7")(drill)
    app.add_typer(admin)
    app.add_typer(log)
    app.add_typer(remote)


def _scenario(path: Path, screen: Screen, as_json: bool = False) -> Scenario:
    """The scenario, or its faults and the end."""
    reading = read_scenario(path)
    if reading.scenario is None:
        _end_with(reading.faults, screen, as_json)
    if reading.faults and not as_json:
        screen.tell("{n} warnings in the scenario; guicheng validate shows them.", n=len(reading.faults))
    return reading.scenario


def _plan(folder: Path, screen: Screen, as_json: bool = False) -> Plan:
    """The plan, or its faults and the end."""
    with screen.refusing(UNUSABLE, "cannot_read"):
        try:
            return read_plan(folder)
        except Unusable as error:
            _end_with(error.faults, screen, as_json)


def _require_pair(scenario: Scenario, plan: Plan, screen: Screen) -> None:
    """End where a plan was made for another scenario: the same ids would mean other people."""
    made_for, given = plan.summary.scenario, scenario.policy.name
    if made_for != given:
        screen.refuse_for(fault("plan_of_another_scenario", made_for=made_for, given=given))


def _end_with(faults: Sequence[Fault], screen: Screen, as_json: bool) -> NoReturn:
    if as_json:
        print_json({"usable": False, "faults": fault_rows(faults)})
    else:
        screen.refuse_for(*faults)
    raise typer.Exit(UNUSABLE)


def _options(
    time_limit: float | None, work_limit: int | None, seed: int, processes: int | None, screen: Screen
) -> Options:
    if time_limit is None and work_limit is None:
        time_limit = DEFAULT_SECONDS
    if time_limit is not None and not math.isfinite(time_limit):
        why = Text("--time-limit 是秒数，例如 120", "--time-limit is a number of seconds, for example 120")
        screen.refuse_for(wrong_usage("plan", why))
    return Options(
        time_limit=time_limit, work_limit=work_limit, seed=seed, processes=processes or os.cpu_count() or 1
    )
