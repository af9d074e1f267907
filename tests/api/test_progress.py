import io
from collections.abc import Iterator
from decimal import Decimal

from rich.console import Console

from api.language import Language, Words
from api.progress import ProgressDisplay
from optimizer.options import Progress, Stage


def seconds() -> Iterator[float]:
    """A clock that moves on by two seconds each time it is read."""
    now = 0.0
    while True:
        yield now
        now += 2.0


def progress(stage: Stage, served: int) -> Progress:
    return Progress(stage, 1.0, 30.0, 10, served, Decimal(90), Decimal(100), 50_000, 40_000)


def test_lines_come_with_a_new_stage_and_now_and_then() -> None:
    clock, file = seconds(), io.StringIO()
    with ProgressDisplay(Console(file=file, width=200), Words(Language.EN), lambda: next(clock)) as display:
        display.report(progress(Stage.IMPROVE, 1))
        for served in range(2, 6):
            display.report(progress(Stage.IMPROVE, served))
        display.report(progress(Stage.BOUND, 6))
        display.stopping()
    lines = file.getvalue().splitlines()
    assert [line.split("]")[1].split(";")[0].strip() for line in lines[:-1]] == [
        "improving: workers brought back 1 / 10",
        "improving: workers brought back 4 / 10",
        "proving the bound: workers brought back 6 / 10",
    ]
    for figure in (
        "weight 90 ≤ 100",
        "weight gap 10.00 %",
        "cost 500.00 ≥ 400.00",
        "cost gap 20.00 %",
        "time left 30 s",
    ):
        assert figure in lines[0]
    assert "best plan so far" in lines[-1]


def test_a_terminal_is_redrawn_in_place() -> None:
    clock, file = seconds(), io.StringIO()
    console = Console(file=file, width=120, force_terminal=True)
    with ProgressDisplay(console, Words(Language.ZH), lambda: next(clock)) as display:
        display.report(progress(Stage.IMPROVE, 7))
        console.print(display)
        display.stopping()
        console.print(display)
    shown = file.getvalue()
    assert "改进" in shown
    assert "7 / 10" in shown
    assert "再按一次 Ctrl-C" in shown


def test_a_stage_without_figures_keeps_those_before() -> None:
    file = io.StringIO()
    with ProgressDisplay(Console(file=file, width=200), Words(Language.EN)) as display:
        display.report(progress(Stage.IMPROVE, 7))
        display.report(Progress(Stage.FINISH, 2.0, 29.0, 10))
    last = file.getvalue().splitlines()[-1]
    assert "finishing: workers brought back 7 / 10; weight 90 ≤ 100" in last
    assert last.endswith("time left 29 s")


def test_nothing_is_shown_of_what_is_not_known() -> None:
    file = io.StringIO()
    with ProgressDisplay(Console(file=file, width=200), Words(Language.EN)) as display:
        display.report(Progress(Stage.PREPARE, 0.0, None, 10))
    assert file.getvalue().strip().endswith("preparing: workers brought back 0 / 10")
