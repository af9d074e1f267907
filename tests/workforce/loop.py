"""Small builders for tests of what happens on the way."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from workforce.closed_loop import Expected
from workforce.loop_rules import LoopRules
from workforce.plan import Stay
from workforce.presence import Ground, Presence, Track, track_after
from workforce.triplog import Event, Kind

START = datetime(2020, 3, 2, 0, 0, tzinfo=UTC)
RULES = LoopRules()


def hour(hours: float) -> datetime:
    """So many hours after the beginning of the base day."""
    return START + timedelta(hours=hours)


def happened(kind: Kind, hours: float, worker_id: str = "A", place: str | None = None, **says: Any) -> Event:
    """An event of a worker on trip T1 of the plan p."""
    trip = says.pop("trip", "T1")
    at = hour(hours)
    nonce = f"{worker_id}-{kind}-{hours}"
    return Event(kind, nonce, at, at, "tests", None, "p", trip, worker_id, place, says)


def expected_of(trip: str = "T1", seat: int = 1, stay: Stay | None = None) -> Expected:
    return Expected("p", trip, seat, "P1", "H1", "E1", stay)


def track_of(
    events: Iterable[Event], expected: Expected | None = None, rules: LoopRules = RULES
) -> list[tuple[str, str, str, int | None, float, float | None]]:
    """The presences that follow: kind, place, unit, seat, and the hours from and to."""
    track: Track = ()
    for event in sorted(events, key=lambda e: e.happened_at):
        track = track_after(track, event, expected, rules)
    return [
        (str(p.kind), p.place_id, p.unit, p.seat, _hours(p.begin), p.end and _hours(p.end)) for p in track
    ]


def _hours(moment: datetime) -> float:
    return (moment - START) / timedelta(hours=1)


def there(
    worker_id: str,
    kind: Ground,
    unit: str,
    begin: float,
    end: float | None,
    seat: int | None = None,
    place: str = "X",
) -> Presence:
    last = None if end is None else hour(end)
    return Presence(worker_id, kind, place, unit, seat, hour(begin), last)
