"""Where the command line writes, and its tables."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, NoReturn, TextIO

import typer
from rich import box
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from api.changes import Change, Kind, Ride
from api.language import LABELS, Language, Words
from api.names import Names
from data.submitted import FORMS
from data.tables import TABLES
from workforce.faults import Fault, Unusable, fault
from workforce.money import to_yuan
from workforce.plan import Plan
from workforce.scenario import Scenario
from workforce.verdict import Violation

BROKEN, UNUSABLE, NOT_WRITTEN = 1, 2, 3  # exit status; 0 is done
COLUMNS_OF_A_FILE = 120
CHANGES_SHOWN = 30


class GivenUp(BaseException):
    """A signal ended the command before its work was done; no handler of errors on the way may hold it up."""


class Screen:
    """Standard output for results, standard error for everything else, both in the reader's language."""

    def __init__(self, words: Words) -> None:
        self.words = words
        self.out, self.err = _console(sys.stdout), _console(sys.stderr)

    def say(self, message: str, **values: object) -> None:
        """A sentence on standard output."""
        self.out.print(Text(self.words(message, **values)), soft_wrap=True)

    def tell(self, message: str, **values: object) -> None:
        """A sentence on standard error."""
        self.err.print(Text(self.words(message, **values)), soft_wrap=True)

    def refuse(self, status: int, message: str, **values: object) -> NoReturn:
        """Say why nothing was done, and end.

        Raises:
            typer.Exit: with that status.
        """
        self.tell(message, **values)
        raise typer.Exit(status)

    def refuse_for(self, *faults: Fault, status: int = UNUSABLE) -> NoReturn:
        """Show faults, and end.

        Raises:
            typer.Exit: with that status.
        """
        self.err.print(fault_table(faults, self.words))
        raise typer.Exit(status)

    @contextmanager
    def refusing(self, status: int, code: str, path: Path | None = None) -> Iterator[None]:
        """Turn what a user can mend into words: unusable input, and what the operating system refuses.

        Args:
            status, code: of what the operating system refuses.
            path: what is named where the system names nothing, as on a full disk.
        """
        try:
            yield
        except Unusable as error:
            self.refuse_for(*error.faults)
        except OSError as error:
            why = error.strerror or str(error)
            self.refuse_for(fault(code, path=error.filename or path or "", why=why), status=status)


def _console(stream: TextIO) -> Console:
    wide = None if stream.isatty() or "COLUMNS" in os.environ else COLUMNS_OF_A_FILE
    return Console(file=stream, width=wide, highlight=False)


def table(title: str, *columns: str, rows: Iterable[Sequence[object]], right: Iterable[int] = ()) -> Group:
    """A table of plain text; ``right`` are the positions of the columns that hold numbers."""
    found = Table(box=box.SIMPLE_HEAD)
    for i, column in enumerate(columns):
        found.add_column(column, justify="right" if i in right else "left", overflow="fold")
    for row in rows:
        found.add_row(*(Text(str(cell)) for cell in row))
    return Group(Text(title, style="bold"), found)


def money(fen: int) -> str:
    """Fen as yuan with separators, to the fen."""
    return f"{Decimal(to_yuan(fen)):,}"


def percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def fault_table(faults: Sequence[Fault], words: Words) -> Group:
    """Every fault; rows that say the same are told together, or one spoiled column would hide all else."""
    errors = sum(fault.is_error for fault in faults)
    title = words("errors: {errors}, warnings: {warnings}", errors=errors, warnings=len(faults) - errors)
    rows_of: dict[Fault, list[int]] = {}
    for one in faults:
        rows_of.setdefault(replace(one, row=None), []).extend([one.row] if one.row else [])
    return table(
        title,
        words("where"),
        words("code"),
        words("what is wrong, and what to do"),
        rows=(
            (
                _place(one, rows, words),
                f"{words(LABELS[one.severity])}\n{one.code}",
                _said(one, words),
            )
            for one, rows in rows_of.items()
        ),
    )


def _said(one: Fault, words: Words) -> str:
    """What is wrong and what to do; once, where a server told it in one language only."""
    if one.message.zh == one.message.en:
        return f"{one.message.zh}{' ' * (words.language is Language.EN)}{one.remedy.zh}"
    return words.pick(f"{one.message.zh}{one.remedy.zh}", f"{one.message.en} {one.remedy.en}")


def fault_rows(faults: Iterable[Fault]) -> list[dict[str, Any]]:
    """Faults as JSON has them."""
    return [asdict(fault) for fault in faults]


def print_json(value: object) -> None:
    typer.echo(json.dumps(value, ensure_ascii=False, indent=2, default=str))


def _place(fault: Fault, rows: Sequence[int], words: Words) -> str:
    """Table, rows and column, with the Chinese names that a sheet and its header may have."""
    found = TABLES.get(fault.table or "")
    forms = (form for form in (found, FORMS.get(fault.table or "")) if form)
    column = next(
        (form.by_name[name] for form in forms if (name := fault.column or "") in form.by_name), None
    )
    names = [(found.chinese[0] if found else None, fault.table), (column and column.chinese[0], fault.column)]
    told = [f"{zh} {en}" if zh and words.language is not Language.EN else en for zh, en in names]
    spans = _spans(rows)
    if len(rows) > 1:
        told.insert(1, words("rows {rows}", rows=spans))
    elif rows:
        told.insert(1, words("row {row}", row=spans))
    return ", ".join(part for part in told if part)


def _spans(numbers: Iterable[int]) -> str:
    """2, 3, 4 and 7 as ``2–4, 7``."""
    spans: list[list[int]] = []
    for number in sorted(set(numbers)):
        if spans and number == spans[-1][-1] + 1:
            spans[-1][1:] = [number]
        else:
            spans.append([number])
    return ", ".join("–".join(map(str, span)) for span in spans)


def violation_table(violations: Sequence[Violation], words: Words, title: str) -> Group:
    return table(
        title,
        words("rule"),
        words("about"),
        words("what is wrong"),
        rows=(
            (
                f"{v.rule}\n({words('kept')})" if v.kept else v.rule,
                v.subject,
                words.pick(f"{v.zh}。", f"{v.en}."),
            )
            for v in violations
        ),
    )


def summary_table(plan: Plan, words: Words) -> Group:
    """The figures of a plan; the gap of the cost never stands without that of the weight."""
    summary, cost = plan.summary, plan.summary.cost
    rows = [
        (words("state"), words(LABELS[summary.status])),
        (words("workers brought back"), f"{summary.served:,} / {summary.workers:,}"),
        (words("enterprises restarted"), f"{summary.restarted:,}"),
        (words("trips"), f"{len(plan.trips):,}"),
        (words("weight, and its proven bound"), f"{summary.weight:,} ≤ {summary.weight_bound:,}"),
        (words("weight gap"), percent(summary.weight_gap)),
        (
            words("cost in yuan, and its proven bound"),
            f"{money(cost.total)} ≥ {money(summary.cost_bound_fen)}",
        ),
        (words("cost gap"), percent(summary.gap)),
        (words("cost gap over trips alone"), percent(summary.trip_gap)),
        (words("cost of trips"), money(cost.trips)),
        (words("cost of rooms, less what hotels waive"), money(cost.rooms)),
        (words("cost of transfers"), money(cost.transfers)),
        (words("access and waiting (nobody pays)"), money(cost.access + cost.waiting)),
        (words("enterprises pay"), money(sum(s.enterprise_fen for s in plan.shares))),
        (words("the government pays"), money(sum(s.government_fen for s in plan.shares))),
        (words("workers pay"), money(sum(s.worker_fen for s in plan.shares))),
        (words("hotels waive"), money(sum(s.hotel_fen for s in plan.shares))),
        (words("seconds"), f"{summary.seconds:.1f}"),
    ]
    if summary.kept is not None:
        rows.append((words("trips kept"), f"{len(summary.kept):,}"))
    return table(summary.scenario, words("figure"), words("value"), rows=rows, right=(1,))


def reason_table(plan: Plan, words: Words) -> Group | None:
    """How many stay behind for which reason; None where nobody does."""
    counts: dict[str, int] = {}
    for row in plan.unserved:
        counts[row.reason] = counts.get(row.reason, 0) + 1
    if not counts:
        return None
    rows = [(words(LABELS[reason]), f"{n:,}") for reason, n in sorted(counts.items(), key=lambda kv: -kv[1])]
    return table(words("Who stays behind, and why"), words("reason"), words("workers"), rows=rows, right=(1,))


def ride_text(ride: Ride | None, names: Names) -> str:
    if ride is None:
        return ""
    return (
        f"{ride.boards:%m-%d %H:%M} {names.place(ride.pickup_id)}\n"
        f"{ride.alights:%m-%d %H:%M} {names.place(ride.drop_id)}\n"
        f"{names.place(ride.fleet_id)} / {ride.vehicle_no}"
    )


def change_tables(found: Sequence[Change], scenario: Scenario, words: Words) -> Iterable[RenderableType]:
    """Who moved, joined and fell out: the counts, then the first of each kind."""
    names = Names(scenario)
    kinds = {kind: [change for change in found if change.kind is kind] for kind in Kind}
    yield table(
        words("Against the plan before"),
        words("change"),
        words("workers"),
        rows=[(words(LABELS[kind]), f"{len(some):,}") for kind, some in kinds.items()],
        right=(1,),
    )
    for kind, some in kinds.items():
        if some:
            yield table(
                words(LABELS[kind]),
                words("worker"),
                words("before"),
                words("now"),
                rows=(
                    (names.worker(c.worker_id), ride_text(c.before, names), _now(c, names, words))
                    for c in some[:CHANGES_SHOWN]
                ),
            )
        if len(some) > CHANGES_SHOWN:
            yield words("… and {n} more in changes.csv", n=len(some) - CHANGES_SHOWN)


def _now(change: Change, names: Names, words: Words) -> str:
    if change.after:
        return ride_text(change.after, names)
    return words(LABELS[change.reason]) if change.reason else words("no longer in the scenario")
