"""A worker's way, from home to the enterprise, taken on by each event that names them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

from workforce.closed_loop import Expected, Flag, Journey, Raised, Way, local_day
from workforce.loop_rules import LoopRules
from workforce.triplog import Event, Kind, Missing, Where, written


def advance_journey(way: Journey, event: Event, expected: Expected | None, rules: LoopRules) -> list[Raised]:
    """Take a way on by an event that names the worker; returns what it raises.

    Args:
        expected: what the plans published when the event was recorded say of the worker.
    """
    flags: list[Flag] = []
    way.at = written(event.happened_at)
    was = way.state, way.plan_id, way.trip_id
    step = _JOURNEY.get(event.kind)
    if step is not None:
        step(way, event, expected, flags, rules)
    if was != (way.state, way.plan_id, way.trip_id):
        way.since = way.at
    if not flags:
        return []
    about = (event.worker_id, event.plan_id, event.trip_id, event.place_id)
    return [Raised(flag, *about) for flag in flags]


def _boarded(way: Journey, event: Event, expected: Expected | None, flags: list[Flag], _: LoopRules) -> None:
    seat = event.says.get("seat")
    if expected is None:
        flags.append(Flag.BOARDED_WITHOUT_SEAT)
    elif (expected.plan_id, expected.trip_id) != (event.plan_id, event.trip_id):
        flags.append(Flag.WRONG_COACH)
    elif seat is None:
        seat = expected.seat
    if way.state in _BEYOND_BOARDING:
        flags.append(Flag.CONTRADICTED)
    way.state, way.plan_id, way.trip_id = Way.ABOARD, event.plan_id, event.trip_id
    way.seat, way.place_id = seat, None


def _seated(way: Journey, event: Event, *_: Any) -> None:
    way.seat = event.says["seat"]


def _missing(way: Journey, event: Event, _: Any, flags: list[Flag], __: Any) -> None:
    why = event.says["why"]
    elsewhere = way.state is Way.ABOARD and way.trip_id != event.trip_id
    if why == Missing.LEFT_ON_WAY and not elsewhere and way.state not in _BEYOND_THE_COACH:
        flags.append(Flag.LEFT_ON_WAY)
        way.state = Way.LEFT_ON_WAY
    elif way.state not in (Way.EXPECTED, Way.ABSENT, Way.WITHDRAWN):
        # Somebody else saw them: that stands, and somebody must look at it.
        if why != Missing.OTHER_COACH:
            flags.append(Flag.CONTRADICTED)
    else:
        flags += {Missing.NO_SHOW: [Flag.NO_SHOW], Missing.OTHER: [Flag.ABSENT_OTHERWISE]}.get(why, [])
        way.state, way.plan_id, way.trip_id = Way.ABSENT, event.plan_id, event.trip_id


def _withdrew(way: Journey, event: Event, _: Any, flags: list[Flag], __: Any) -> None:
    flags.append(Flag.WITHDREW)
    if way.state in (Way.EXPECTED, Way.ABSENT):
        way.state = Way.WITHDRAWN


def _alighted(way: Journey, event: Event, expected: Expected | None, flags: list[Flag], _: Any) -> None:
    place = event.place_id or (expected.drop_id if expected is not None else None)
    observed_aboard = way.state is Way.UNDER_OBSERVATION and way.before is Way.ABOARD
    if (way.state is not Way.ABOARD and not observed_aboard) or way.trip_id != event.trip_id:
        flags.append(Flag.NOT_ABOARD)
    if expected is None or place != expected.drop_id:
        flags.append(Flag.ALIGHTED_ELSEWHERE)
    way.state, way.place_id = Way.HANDED_OVER, place
    way.plan_id, way.trip_id = event.plan_id, event.trip_id


def _checked_in(way: Journey, event: Event, expected: Expected | None, flags: list[Flag], _: Any) -> None:
    stay = expected.stay if expected is not None else None
    room, day = event.says["room"], local_day(event.happened_at)
    if stay is None or (stay.hotel_id, stay.room) != (event.place_id, room):
        flags.append(Flag.UNEXPECTED_ROOM)
    was = way.state
    way.state, way.place_id, way.room = Way.IN_QUARANTINE, event.place_id, room
    if way.check_in is not None and not way.released:  # back in a room: the days go on
        return
    nights = (stay.check_out - stay.check_in).days if stay is not None else 0
    ordered = way.until if way.until is not None and not way.released else ""
    if ordered and was in _SET_FREE:  # the planned nights are over, these are another quarantine
        nights = 0
    way.check_in, way.until = day.isoformat(), max((day + timedelta(days=nights)).isoformat(), ordered)
    way.released = False


def _day_of(event: Event) -> str:
    return local_day(event.happened_at).isoformat()


def _room_moved(way: Journey, event: Event, *_: Any) -> None:
    way.place_id, way.room = event.place_id, event.says["room"]


def _measured(way: Journey, event: Event, *_: Any) -> None:
    where = event.says["where"]
    way.measured[where] = way.at
    if where in (Where.HOME, Where.HOTEL):
        taken, day = way.checks if where == Where.HOME else way.readings, _day_of(event)
        taken[day] = taken.get(day, 0) + 1


def _observation_began(way: Journey, event: Event, _: Any, flags: list[Flag], __: Any) -> None:
    flags.append(Flag.OBSERVED)
    if way.state is not Way.UNDER_OBSERVATION:
        way.state, way.before = Way.UNDER_OBSERVATION, way.state


def _observation_ended(way: Journey, *_: Any) -> None:
    if way.state is Way.UNDER_OBSERVATION:
        way.state, way.before = way.before or Way.EXPECTED, None


def _hotel_left(way: Journey, event: Event, _: Any, flags: list[Flag], __: Any) -> None:
    if not way.released:  # else they may go
        flags.append(Flag.LEFT_HOTEL)
        way.state = Way.LEFT_HOTEL


def _extended(way: Journey, event: Event, *_: Any) -> None:
    if way.released:  # another quarantine, which begins with another check-in
        way.check_in = None
    way.until, way.released = max(event.says["until"], way.until or ""), False


def owes_nights(way: Journey, expected: Expected | None) -> bool:
    """Whether there is a quarantine that nobody has ended: planned, begun, or ordered for a contact."""
    planned = expected is not None and expected.stay is not None
    return not way.released and (planned or way.check_in is not None or way.until is not None)


def _released(
    way: Journey, event: Event, expected: Expected | None, flags: list[Flag], rules: LoopRules
) -> None:
    day = local_day(event.happened_at)
    never_began = way.check_in is None and owes_nights(way, expected)
    if never_began or (way.until is not None and day.isoformat() < way.until):
        flags.append(Flag.RELEASED_EARLY)
    if readings_missing(way, day, rules.readings_per_day):
        flags.append(Flag.READINGS_MISSING)
    way.state, way.released, way.certificate = Way.RELEASED, True, event.says.get("certificate")


def _transferred(way: Journey, event: Event, expected: Expected | None, flags: list[Flag], _: Any) -> None:
    if owes_nights(way, expected):
        flags.append(Flag.NOT_RELEASED)
    way.state, way.room = Way.IN_TRANSFER, None


def _arrived(way: Journey, event: Event, expected: Expected | None, flags: list[Flag], _: Any) -> None:
    if expected is not None and event.place_id != expected.enterprise_id:
        flags.append(Flag.OTHER_ENTERPRISE)
    if owes_nights(way, expected):
        flags.append(Flag.NOT_RELEASED)
    way.state, way.place_id, way.room = Way.RETURNED, event.place_id, None


_SET_FREE = frozenset({Way.RELEASED, Way.IN_TRANSFER, Way.RETURNED})
# Where somebody is who cannot be leaving a coach.
_BEYOND_THE_COACH = _SET_FREE | {Way.IN_QUARANTINE, Way.LEFT_HOTEL}
_BEYOND_BOARDING = _SET_FREE | {Way.HANDED_OVER, Way.IN_QUARANTINE, Way.UNDER_OBSERVATION}
_JOURNEY: Mapping[Kind, Any] = {
    Kind.BOARDED: _boarded,
    Kind.SEATED: _seated,
    Kind.MISSING: _missing,
    Kind.WITHDREW: _withdrew,
    Kind.ALIGHTED: _alighted,
    Kind.CHECKED_IN: _checked_in,
    Kind.ROOM_MOVED: _room_moved,
    Kind.MEASURED: _measured,
    Kind.OBSERVATION_BEGAN: _observation_began,
    Kind.OBSERVATION_ENDED: _observation_ended,
    Kind.HOTEL_LEFT: _hotel_left,
    Kind.QUARANTINE_EXTENDED: _extended,
    Kind.RELEASED: _released,
    Kind.TRANSFERRED: _transferred,
    Kind.ARRIVED: _arrived,
}
OF_WORKERS = frozenset({*_JOURNEY, Kind.VOIDED})  # the kinds that a worker's way follows from
FLAGS_OF_WORKERS = frozenset(
    {
        Flag.BOARDED_WITHOUT_SEAT,
        Flag.WRONG_COACH,
        Flag.NO_SHOW,
        Flag.LEFT_ON_WAY,
        Flag.ABSENT_OTHERWISE,
        Flag.CONTRADICTED,
        Flag.WITHDREW,
        Flag.NOT_ABOARD,
        Flag.ALIGHTED_ELSEWHERE,
        Flag.UNEXPECTED_ROOM,
        Flag.OBSERVED,
        Flag.LEFT_HOTEL,
        Flag.RELEASED_EARLY,
        Flag.READINGS_MISSING,
        Flag.NOT_RELEASED,
        Flag.OTHER_ENTERPRISE,
    }
)


def readings_missing(journey: Journey, today: date, per_day: int) -> list[str]:
    """The whole days of the quarantine, before today, with too few temperatures."""
    if journey.check_in is None:
        return []
    first, end = date.fromisoformat(journey.check_in) + timedelta(days=1), today
    days = (first + timedelta(days=i) for i in range(max((end - first).days, 0)))
    return [d.isoformat() for d in days if journey.readings.get(d.isoformat(), 0) < per_day]
