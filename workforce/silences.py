"""What should long have been reported and was not: that a coach left or came, a guest's day, an arrival.

Each is told as a flag, as if it had been raised by an event, from the policy's ``problems.silent_hours`` on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from workforce.closed_loop import (
    BEIJING,
    Course,
    Flag,
    Journey,
    PlannedTrip,
    Raised,
    Run,
    Way,
    local_day,
)
from workforce.desks import IN_ROOMS
from workforce.journeys import owes_nights, readings_missing
from workforce.rosters import Roster
from workforce.triplog import NOTHING, Missing

SILENT = frozenset(
    {
        Flag.DEPARTURE_UNREPORTED,
        Flag.ARRIVAL_UNREPORTED,
        Flag.HANDOVER_UNSIGNED,
        Flag.OTHER_COACH_UNKNOWN,
        Flag.CHECK_IN_UNREPORTED,
        Flag.READINGS_OVERDUE,
        Flag.RELEASE_OVERDUE,
        Flag.NOT_AT_WORK,
    }
)
_WAITED_FOR = frozenset({Way.ABSENT, Way.HANDED_OVER, Way.RELEASED, Way.IN_TRANSFER})
_TO_WORK = timedelta(days=1)  # from a release, or from the coach, to the first day at work


def silences(
    roster: Roster, runs: Mapping[tuple[str, str], Run], ways: Mapping[str, Journey], now: datetime
) -> Iterator[Raised]:
    """All that is silent by now.

    Args:
        runs: the courses of which something was reported, by plan and trip.
        ways: by worker of whom something was reported; who is back at work may be left out.
        now: the moment for which it is asked, aware.
    """
    for planned in roster.trips:
        flag = _of_trip(runs.get(planned.key, Run(*planned.key)), planned, now)
        if flag is not None:
            yield Raised(flag, plan_id=planned.plan_id, trip_id=planned.trip.trip_id)
    for way in ways.values():
        for flag, values in _of_worker(way, roster, runs, now):
            yield Raised(flag, way.worker_id, way.plan_id, way.trip_id, way.place_id, values)


def _of_trip(run: Run, planned: PlannedTrip, now: datetime) -> Flag | None:
    stops, late = planned.trip.stops, timedelta(minutes=run.delay)
    since = now - timedelta(hours=planned.rules.silent_hours)
    arrives = next(s.arrive for s in stops if s.seq == planned.last_drop).replace(tzinfo=BEIJING) + late
    if run.state is Course.CANCELLED:
        return None
    if run.departed_at is None:
        left = stops[0].depart.replace(tzinfo=BEIJING) + late
        return Flag.DEPARTURE_UNREPORTED if left <= since else None
    if arrives > since:
        return None
    if run.state in (Course.ON_THE_WAY, Course.HALTED):
        return Flag.ARRIVAL_UNREPORTED
    signed = all(len(run.signed.get(drop, ())) == 2 for drop in planned.drops)
    return None if signed else Flag.HANDOVER_UNSIGNED


def _of_worker(
    way: Journey, roster: Roster, runs: Mapping[tuple[str, str], Run], now: datetime
) -> Iterator[tuple[Flag, Mapping[str, str]]]:
    """The flags, with the day that each is about."""
    late = now - timedelta(hours=roster.rules.silent_hours)
    if way.state in IN_ROOMS:
        if not way.released:  # who is observed after the release has no nights to spend
            yield from _of_guest(way, local_day(late), roster.rules.readings_per_day)
        return
    # Not when the last was heard: a temperature taken meanwhile tells of no check-in, and of no work.
    since = way.since or way.at
    if way.state not in _WAITED_FOR or datetime.fromisoformat(since) > late:
        return
    if way.state is Way.ABSENT:
        run = runs.get((way.plan_id or "", way.trip_id or ""))
        if run is not None and run.absent.get(way.worker_id) == Missing.OTHER_COACH:
            yield Flag.OTHER_COACH_UNKNOWN, NOTHING
    elif way.state is not Way.IN_TRANSFER and owes_nights(way, roster.expected(way.worker_id)):
        yield Flag.CHECK_IN_UNREPORTED, NOTHING
    elif datetime.fromisoformat(since) <= late - _TO_WORK:
        yield Flag.NOT_AT_WORK, {"day": local_day(datetime.fromisoformat(since) + _TO_WORK).isoformat()}


def _of_guest(way: Journey, day: date, per_day: int) -> Iterator[tuple[Flag, Mapping[str, str]]]:
    """Of somebody in a room, by the days before ``day``."""
    # Nobody is released while a health officer looks.
    if way.state is Way.IN_QUARANTINE and way.until is not None and way.until < day.isoformat():
        yield Flag.RELEASE_OVERDUE, {"day": way.until}
    missing = readings_missing(way, day, per_day)
    if missing:
        yield Flag.READINGS_OVERDUE, {"day": missing[-1]}
