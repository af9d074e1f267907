"""The live progress of a planning run on the command line."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from types import TracebackType

from rich.console import Console, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from api.console import money, percent
from api.language import LABELS, Words
from optimizer.options import Progress

SECONDS_BETWEEN_LINES = 5.0


class ProgressDisplay:
    """Shows how a run goes: redrawn in place on a terminal, else a line now and then."""

    def __init__(self, console: Console, words: Words, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._words, self._clock = console, words, clock
        self._progress: Progress | None = None
        self._reported = self._printed = clock() - SECONDS_BETWEEN_LINES
        self._stopping = False
        self._spinner = Spinner("dots")
        self._live = Live(self, console=console, transient=True) if console.is_terminal else None

    def __enter__(self) -> ProgressDisplay:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live:
            self._live.stop()

    def report(self, progress: Progress) -> None:
        """Take note of how far the run is; any thread may call it."""
        before, self._reported = self._progress, self._clock()
        if before and progress.weight is None:  # a stage that tells no figures has not lost them
            stage, seconds, left = progress.stage, progress.seconds, progress.time_left
            progress = replace(before, stage=stage, seconds=seconds, time_left=left)
        self._progress = progress
        due = self._reported - self._printed >= SECONDS_BETWEEN_LINES
        if not self._live and (due or before is None or before.stage is not progress.stage):
            self._printed = self._reported
            line = "; ".join(f"{name} {value}" for name, value in self._figures(progress))
            self._console.print(
                Text(f"[{progress.seconds:7.1f} s] {self._words(LABELS[progress.stage])}: {line}"),
                soft_wrap=True,
            )

    def stopping(self) -> None:
        """Say that the search ends with the best plan so far."""
        self._stopping = True
        if not self._live:
            self._console.print(Text(self._stop_text()), soft_wrap=True)

    def __rich__(self) -> RenderableType:
        grid = Table.grid(padding=(0, 2))
        if self._progress is None:
            grid.add_row(self._spinner, self._words("starting"))
            return grid
        grid.add_row(self._spinner, Text(self._words(LABELS[self._progress.stage]), style="bold"))
        since = self._clock() - self._reported
        for name, value in self._figures(self._progress, since):
            grid.add_row("", Text(name), Text(value))
        grid.add_row(
            "", Text(self._stop_text() if self._stopping else self._words("Ctrl-C: stop, keep the best"))
        )
        return grid

    def _stop_text(self) -> str:
        return self._words("Stopping; the best plan so far will be written. Press Ctrl-C again to give up.")

    def _figures(self, p: Progress, since: float = 0.0) -> Iterable[tuple[str, str]]:
        words = self._words
        yield words("workers brought back"), f"{p.served:,} / {p.workers:,}"
        if p.weight is not None:
            bound = "" if p.weight_bound is None else f" ≤ {p.weight_bound:,}"
            yield words("weight"), f"{p.weight:,}{bound}"
        if p.weight is not None and p.weight_bound:
            yield words("weight gap"), percent(float((p.weight_bound - p.weight) / p.weight_bound))
        if p.cost_fen is not None:
            bound = "" if p.cost_bound_fen is None else f" ≥ {money(p.cost_bound_fen)}"
            yield words("cost"), f"{money(p.cost_fen)}{bound}"
        if p.gap is not None:
            yield words("cost gap"), percent(p.gap)
        if p.time_left is not None:
            yield words("time left"), f"{max(0.0, p.time_left - since):.0f} s"
