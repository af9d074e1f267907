"""What can be wrong with a scenario or a plan file: one catalogue of codes, in Chinese and English.

A code never changes its meaning; ``docs/formats.md`` lists them all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from workforce.fault_kinds import FaultKind, Severity, Text
from workforce.faults_of_scenarios import OF_SCENARIOS
from workforce.faults_of_use import OF_USE

__all__ = ["CATALOGUE", "Fault", "Severity", "Text", "Unusable", "fault"]

CATALOGUE: Mapping[str, FaultKind] = {**OF_SCENARIOS, **OF_USE}


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault of the input.

    Attributes:
        code: key of ``CATALOGUE``.
        table: a table, ``policy``, or a file of a plan; None: the scenario or the plan as a whole.
        row: as a spreadsheet numbers it, where the header usually is row 1.
        column: the column's English name, or the dotted key of the policy.
    """

    code: str
    severity: Severity
    message: Text
    remedy: Text
    table: str | None = None
    row: int | None = None
    column: str | None = None

    @property
    def is_error(self) -> bool:
        return self.severity is Severity.ERROR

    @property
    def place(self) -> str:
        """Where it is: ``workers, row 5, arrive_by``, with what is known of it."""
        row = f"row {self.row}" if self.row else None
        return ", ".join(part for part in (self.table, row, self.column) if part)

    def __str__(self) -> str:
        place = f"{self.place}: " if self.place else ""
        return (
            f"{self.severity} {self.code} {place}{self.message.zh}{self.remedy.zh} "
            f"{self.message.en} {self.remedy.en}"
        )


class Unusable(ValueError):
    """Input from which nothing can be made; ``faults`` says why, in both languages."""

    def __init__(self, faults: Iterable[Fault]) -> None:
        self.faults = tuple(faults)
        super().__init__("\n".join(map(str, self.faults)))


_LONGEST_SHOWN = 80


def fault(
    code: str, table: str | None = None, row: int | None = None, column: str | None = None, **values: object
) -> Fault:
    """The fault of a code at a place; the values fill its templates, a ``Text`` in either language."""
    kind = CATALOGUE[code]

    def filled(template: str, language: str) -> str:
        texts = (getattr(v, language) if isinstance(v, Text) else str(v) for v in values.values())
        return template.format(**dict(zip(values, map(_shown, texts), strict=True)))

    def both(templates: Text) -> Text:
        return Text(filled(templates.zh, "zh"), filled(templates.en, "en"))

    return Fault(code, kind.severity, both(kind.message), both(kind.remedy), table, row, column)


def _shown(text: str) -> str:
    one_line = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    half = _LONGEST_SHOWN // 2  # of a path, the end is what tells
    return one_line if len(one_line) <= _LONGEST_SHOWN else f"{one_line[:half]}…{one_line[1 - half :]}"
