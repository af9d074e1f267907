"""Which trips of an older plan stay as they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from difflib import get_close_matches
from pathlib import Path
from typing import NoReturn

from api.console import Screen
from workforce.faults import Text, fault
from workforce.plan import Plan


@dataclass(frozen=True, slots=True)
class Kept:
    """An older plan, its folder, and the trips of it that stay as they are."""

    folder: Path
    plan: Plan
    trip_ids: frozenset[str]


def kept_trips(old: Plan, before: str | None, named: Sequence[str], screen: Screen) -> frozenset[str]:
    """The trips of a plan that leave their depot before a day, and those named.

    Raises:
        typer.Exit: the day is none, or the plan has no such trip.
    """
    found = set(named)
    for trip_id in named:
        if trip_id not in old.trip_by_id:
            unknown(trip_id, old.trip_by_id, screen)
    if before is not None:
        try:
            day = date.fromisoformat(before)
        except ValueError:
            screen.refuse_for(fault("not_plain_date", "--keep-before", value=before))
        found |= {trip.trip_id for trip in old.trips if trip.first_day < day}
    return frozenset(found)


def unknown(wanted: str, known: Iterable[str], screen: Screen) -> NoReturn:
    """Say that a plan has no such id, with a guess at what was meant, and end."""
    near = ", ".join(get_close_matches(wanted, known, n=3))
    guess = Text(f"是否想写 {near}？", f"Did you mean {near}? ") if near else ""
    screen.refuse_for(fault("not_in_plan", wanted=wanted, guess=guess))
