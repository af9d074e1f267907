"""What a code of a fault stands for: how grave it is, and what is told in both languages."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """A scenario with an error is not planned; a warning leaves it usable."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Text:
    """One text in both languages."""

    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class FaultKind:
    """The entry of a code: its texts are templates over named values."""

    severity: Severity
    message: Text
    remedy: Text


def error(zh: str, en: str, remedy_zh: str, remedy_en: str) -> FaultKind:
    return FaultKind(Severity.ERROR, Text(zh, en), Text(remedy_zh, remedy_en))


def warning(zh: str, en: str, remedy_zh: str, remedy_en: str) -> FaultKind:
    return FaultKind(Severity.WARNING, Text(zh, en), Text(remedy_zh, remedy_en))
