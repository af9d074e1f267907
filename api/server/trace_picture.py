"""A trace as a picture: time from left to right, a lane for each place, a bar for each person."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from api.server.pages import TEMPLATES
from data.trace_files import GROUNDS, LEVELS
from workforce.closed_loop import BEIJING
from workforce.presence import Ground
from workforce.tracing import Level

WIDTH, LEFT, BAR, GAP, HEAD = 1200, 320, 12, 4, 56
_TICKS = 10  # so many on the axis at most
_HOUR = timedelta(hours=1)
_STEPS = (1, 2, 3, 6, 12, 24, 48, 120, 240, 480)  # hours between two ticks
CASE, CLOSE, GENERAL = "#c62828", "#ef8e19", "#7a93ab"
_COLOURS = {Level.CLOSE: CLOSE, Level.GENERAL: GENERAL}


@dataclass(frozen=True, slots=True)
class Bar:
    """A person at a place; lengths are in pixels from the left and the top."""

    x: float
    y: int
    width: float
    colour: str
    label: str
    told: str  # shown when pointed at


@dataclass(frozen=True, slots=True)
class Lane:
    y: int
    height: int
    title: str
    note: str
    bars: tuple[Bar, ...]


def picture(answer: Mapping[str, Any], place: Callable[[str], str]) -> str:
    """SVG of where the case was and whom they met there; contacts of contacts are not in it."""
    spells = [(p["kind"], p["place_id"], p["unit"], p) for p in answer["way"]]
    places = list(dict.fromkeys(spell[:3] for spell in spells))
    begins = [_time(p["begin"]) for p in answer["way"]]
    first = min(begins, default=_time(answer["since"]))
    last = max((_time(p["end"]) for p in answer["way"]), default=_time(answer["until"]))
    across = (WIDTH - LEFT - 20) / max((last - first).total_seconds(), 1)

    def x(moment: datetime) -> float:
        return round(LEFT + (moment - first).total_seconds() * across, 1)

    lanes, top = [], HEAD
    for kind, place_id, unit in places:
        rows = list(_rows(answer, kind, place_id, unit))
        bars = []
        for number, (who, colour, parts) in enumerate(rows):
            for part in parts:
                begin, end = _time(part["begin"]), _time(part["end"])
                y = top + GAP + number * (BAR + GAP)
                width = max(round(x(end) - x(begin), 1), 2)
                told = f"{who} {_clock(begin)} – {_clock(end)}"
                bars.append(Bar(x(begin), y, width, colour, who if part is parts[0] else "", told))
        height = 2 * GAP + len(rows) * (BAR + GAP)
        height = max(height, 36)
        title = unit if kind == Ground.COACH else f"{place(place_id)} {unit}".strip()
        lanes.append(Lane(top, height, title, _both(GROUNDS[Ground(kind)]), tuple(bars)))
        top += height + GAP
    legend = [(CASE, "病例 case"), *((_COLOURS[level], _both(text)) for level, text in LEVELS.items())]
    symptoms = _time(answer["symptoms_at"])
    return TEMPLATES.get_template("trace.svg").render(
        width=WIDTH,
        height=top + 20,
        left=LEFT,
        bar=BAR,
        lanes=lanes,
        ticks=[(x(at), f"{at:%m-%d %H:%M}") for at in _ticks(first, last)],
        symptoms=x(symptoms) if first <= symptoms <= last else None,
        title=f"{answer['worker_id']}  {_clock(_time(answer['since']))} – {_clock(_time(answer['until']))}",
        legend=legend,
        empty=None if lanes else "这段时间没有记录 nothing is known of this time",
    )


def _rows(
    answer: Mapping[str, Any], kind: str, place_id: str, unit: str
) -> Iterator[tuple[str, str, list[Mapping[str, Any]]]]:
    """Who was at a place, the case first: label, colour, and the times."""

    def here(spell: Mapping[str, Any]) -> bool:
        return (spell["kind"], spell["place_id"], spell["unit"]) == (kind, place_id, unit)

    own = [p for p in answer["way"] if here(p)]
    yield _label(answer["worker_id"], own[0]["seat"]), CASE, own
    for one in answer["contacts"]:
        parts = [m for m in one["meetings"] if one["step"] == 1 and here(m)]
        if parts:
            near = Level.CLOSE if any(m["level"] == Level.CLOSE for m in parts) else Level.GENERAL
            parts.sort(key=lambda m: str(m["begin"]))
            yield _label(one["worker_id"], parts[0]["seat"]), _COLOURS[near], parts


def _label(worker_id: str, seat: int | None) -> str:
    return worker_id if seat is None else f"{worker_id} · {seat}"


def _both(text: Any) -> str:
    return f"{text.zh} {text.en}"


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(BEIJING)


def _clock(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _ticks(first: datetime, last: datetime) -> list[datetime]:
    hours = (last - first) / _HOUR
    step = next((s for s in _STEPS if hours / s <= _TICKS), _STEPS[-1])
    at = first.replace(hour=0, minute=0, second=0, microsecond=0)
    found = []
    while at <= last:
        if at >= first:
            found.append(at)
        at += step * _HOUR
    return found[: 4 * _TICKS]
