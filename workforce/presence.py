"""Where each worker was, and when: intervals that follow from the events of their way.

A worker is at one place at a time: waiting at a pickup, on a coach, where a coach set them down, or
in a room.  What the log does not say is not made up: somebody of whom no boarding was reported was on
no coach.  Only public parts of events are looked at, so that forgetting a person changes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from workforce.closed_loop import Expected
from workforce.loop_rules import LoopRules
from workforce.triplog import Event, Kind, Missing


class Ground(StrEnum):
    """A kind of place; the comment says what ``place_id`` and ``unit`` of a presence name there."""

    ROOM = "room"  # a hotel and its room
    COACH = "coach"  # a plan and its trip
    PICKUP = "pickup"  # a pickup
    HAND_OVER = "hand_over"  # a hotel or an enterprise


class Presence(NamedTuple):
    """A worker at a place, from ``begin`` until ``end``; None: as far as is known they are still there."""

    worker_id: str
    kind: Ground
    place_id: str
    unit: str
    seat: int | None
    begin: datetime
    end: datetime | None


# The kinds of events that say where somebody is.
MOVES = frozenset(
    {
        Kind.BOARDED,
        Kind.SEATED,
        Kind.MISSING,
        Kind.ALIGHTED,
        Kind.CHECKED_IN,
        Kind.ROOM_MOVED,
        Kind.HOTEL_LEFT,
        Kind.RELEASED,
        Kind.TRANSFERRED,
        Kind.ARRIVED,
    }
)
Track: TypeAlias = tuple[Presence, ...]  # the presences of a worker, in the order of time


def track_after(was: Track, event: Event, expected: Expected | None, rules: LoopRules) -> Track:
    """The presences after an event of the worker, which happened after all those before.

    Args:
        expected: what the plans published when the event was recorded say of the worker.
    """
    if event.kind not in MOVES:
        return was
    worker_id, at, place = event.worker_id or "", event.happened_at, event.place_id or ""
    last = was[-1] if was and was[-1].end is None else None
    aboard = last if last is not None and last.kind is Ground.COACH else None
    here = aboard is not None and (aboard.place_id, aboard.unit) == (event.plan_id, event.trip_id)
    known = expected if _is_of(expected, event) else None
    match event.kind:
        case Kind.BOARDED if aboard is not None and here:
            return _seated(was, aboard, event.says.get("seat", aboard.seat), at)
        case Kind.BOARDED:
            seat = event.says.get("seat", known.seat if known is not None else None)
            before = _waited(_ended(was, at), event, place or (known.pickup_id if known else ""), rules)
            on = Presence(worker_id, Ground.COACH, event.plan_id or "", event.trip_id or "", seat, at, None)
            return (*before, on)
        case Kind.SEATED if aboard is not None and here:
            return _seated(was, aboard, event.says["seat"], at)
        case Kind.MISSING if here and event.says["why"] == Missing.LEFT_ON_WAY:
            return _ended(was, at)
        case Kind.ALIGHTED if aboard is not None:
            where, until = place or (known.drop_id if known else ""), at + _waiting(rules)
            return _with(_ended(was, at), Presence(worker_id, Ground.HAND_OVER, where, "", None, at, until))
        case Kind.CHECKED_IN | Kind.ROOM_MOVED:
            room = event.says["room"]
            if last is not None and (last.kind, last.place_id, last.unit) == (Ground.ROOM, place, room):
                return was
            return (*_ended(was, at), Presence(worker_id, Ground.ROOM, place, room, None, at, None))
        case Kind.HOTEL_LEFT | Kind.RELEASED if last is not None and last.kind is Ground.ROOM:
            return _ended(was, at)
        case Kind.TRANSFERRED | Kind.ARRIVED:
            return _ended(was, at)
    return was


def _is_of(expected: Expected | None, event: Event) -> bool:
    return expected is not None and (expected.plan_id, expected.trip_id) == (event.plan_id, event.trip_id)


def _waiting(rules: LoopRules) -> timedelta:
    return timedelta(minutes=rules.waiting_minutes)


def _ended(was: Track, at: datetime) -> Track:
    """Nowhere any more from a moment on."""
    if not was or (was[-1].end is not None and was[-1].end <= at):
        return was
    return _with(was[:-1], was[-1]._replace(end=at))


def _with(was: Track, one: Presence) -> Track:
    """With another, unless it lasts no time at all or is nowhere."""
    lasts = one.end is None or one.end > one.begin
    return (*was, one) if lasts and one.place_id else was


def _seated(was: Track, aboard: Presence, seat: int | None, at: datetime) -> Track:
    if seat == aboard.seat:
        return was
    return (*_ended(was, at), aboard._replace(seat=seat, begin=at))


def _waited(was: Track, event: Event, pickup_id: str, rules: LoopRules) -> Track:
    """Before boarding; nobody waits while they are somewhere else."""
    at = event.happened_at
    begin = max(at - _waiting(rules), was[-1].end or at) if was else at - _waiting(rules)
    return _with(was, Presence(event.worker_id or "", Ground.PICKUP, pickup_id, "", None, begin, at))
