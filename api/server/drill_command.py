"""``guicheng drill``: play a plan as everybody who carries it out would, and check what comes of it."""

from __future__ import annotations

import logging
import tempfile
from contextlib import ExitStack
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from api.console import BROKEN, UNUSABLE, Screen, table
from api.language import Language, Words, language_of_environment
from data.plan_files import read_plan
from data.reading import read_scenario
from workforce.check import check
from workforce.closed_loop import BEIJING
from workforce.drill import Rates, script_of
from workforce.faults import Unusable
from workforce.rosters import rules_of
from workforce.views import Published


class Faults(StrEnum):
    """How much goes wrong."""

    NONE = "none"
    FEW = "few"
    MANY = "many"


_FACTOR = {Faults.NONE: 0.0, Faults.FEW: 1.0, Faults.MANY: 8.0}
_WUHAI = Path(__file__).parents[2] / "data" / "scenarios" / "wuhai"


def drill(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="Folder of a plan. 计划文件夹。")],
    scenario: Annotated[
        Path, typer.Option(metavar="SCENARIO", help="What the plan was made from. 计划所依据的方案。")
    ] = _WUHAI,
    speed: Annotated[
        float,
        typer.Option(
            min=0, metavar="N", help="Minutes played in a minute; 0: as fast as it goes. 演练倍速，0 为最快。"
        ),
    ] = 0.0,
    faults: Annotated[
        Faults, typer.Option(help="How much goes wrong, on the road and in the net. 故障多少。")
    ] = Faults.FEW,
    seed: Annotated[int, typer.Option(metavar="N", help="Draws the faults. 随机种子。")] = 0,
    data: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="New folder to keep the drill in. 保留演练数据的新文件夹。"),
    ] = None,
    lang: Annotated[
        Language | None,
        typer.Option("--lang", help="Language; else that of LANG. 语言，默认按环境变量 LANG。"),
    ] = None,
) -> None:
    """Play a plan from departure to the last return, and check that the log is whole. 演练一份计划。

    A server of the drill's own is used, so that nothing of it enters a real log.
    """
    import structlog

    from api.server.drill import Net, played
    from api.server.drill_checks import invariants

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    screen = Screen(Words(lang or language_of_environment()))
    with screen.refusing(UNUSABLE, "cannot_read"):
        reading = read_scenario(scenario)
        if reading.scenario is None:
            raise Unusable(reading.faults)
        found = read_plan(plan)
        if data is not None:
            data.mkdir(mode=0o700)
    broken = [v for v in check(reading.scenario, found).violations if not v.kept]
    if broken:
        screen.refuse(BROKEN, "The plan breaks {n} rules: see guicheng check.", n=len(broken))
    rules = rules_of(Published("", reading.scenario, found))
    script = script_of(found, reading.scenario, rules, seed, Rates().times(_FACTOR[faults]))
    if not script.steps:
        screen.refuse(UNUSABLE, "The plan has no trips.")
    net = Net(0, 0, 0) if faults is Faults.NONE else Net()
    screen.say(
        "{steps} reports of {trips} trips, {faults} faults on purpose.",
        steps=len(script.steps),
        trips=len(found.trips),
        faults=len(script.faults),
    )
    with ExitStack() as stack:
        folder = data or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="guicheng-drill-")))
        columns = (BarColumn(), TextColumn("{task.completed}/{task.total}  {task.fields[clock]}"))
        bar = stack.enter_context(
            Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=screen.err)
        )
        task = bar.add_task("", total=len(script.steps), clock="")

        def progress(sent: int, of: int, at: datetime) -> None:
            clock = at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M")
            bar.update(task, completed=sent, total=of, clock=clock)

        done = stack.enter_context(
            played(folder, reading.scenario, found, script, seed, net, speed, progress)
        )
        bar.stop()
        with done.services.database.read() as c:
            held = list(invariants(c, done))
    named = {one: screen.words.pick(one.name.zh, one.name.en) for one in held}
    screen.out.print(
        table(
            screen.words("What must hold"),
            screen.words("Rule"),
            screen.words("Checked"),
            screen.words("Broken"),
            rows=[(named[one], one.checked, len(one.broken)) for one in held],
            right=(1, 2),
        )
    )
    for one in held:
        for case in one.broken[:5]:
            screen.tell("{rule}: {case}", rule=named[one], case=case)
    screen.say(
        "{n} reports sent, {again} of them again; {requests} requests.",
        n=done.told.sent,
        again=done.told.again,
        requests=len(done.told.milliseconds),
    )
    if any(one.broken for one in held):
        raise typer.Exit(BROKEN)
