"""What should long have been reported and was not: that a coach left or came, a guest's day, an arrival.

Each is told as a flag, as if it had been raised by an event, from the policy's ``problems.silent_hours`` on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from workforce.closed_loop import (
    BEIJING,
    Course,
    Expected,
    Flag,
    Journey,
    PlannedTrip,
    Raised,
    Run,
    Way,
    local_day,
)
from workforce.desks import IN_ROOMS
from workforce.journeys import readings_missing
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
        key = planned.plan_id, planned.trip.trip_id
        flag = _of_trip(runs.get(key, Run(*key)), planned, now)
        if flag is not None:
            yield Raised(flag, plan_id=planned.plan_id, trip_id=planned.trip.trip_id)
    for worker_id, way in ways.items():
        found = _of_worker(way, roster, runs, now)
        if found is not None:
            flag, values = found
            yield Raised(flag, worker_id, way.plan_id, way.trip_id, way.place_id, values)


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
) -> tuple[Flag, Mapping[str, str]] | None:
    """The flag, with the day that it is about."""
    at, today = datetime.fromisoformat(way.at), local_day(now)
    silent = at <= now - timedelta(hours=roster.rules.silent_hours)
    expected = roster.expected(way.worker_id)
    if way.state is Way.ABSENT:
        run = runs.get((way.plan_id or "", way.trip_id or ""))
        elsewhere = run is not None and run.absent.get(way.worker_id) == Missing.OTHER_COACH
        return (Flag.OTHER_COACH_UNKNOWN, NOTHING) if elsewhere and silent else None
    if way.state in IN_ROOMS:
        missing = readings_missing(way, today, roster.rules.readings_per_day)
        if way.until is not None and way.until < today.isoformat():
            return Flag.RELEASE_OVERDUE, {"day": way.until}
        return (Flag.READINGS_OVERDUE, {"day": missing[-1]}) if missing else None
    if way.state is Way.HANDED_OVER and _has_room(way, expected):
        return (Flag.CHECK_IN_UNREPORTED, NOTHING) if silent else None
    if way.state in (Way.HANDED_OVER, Way.RELEASED, Way.IN_TRANSFER) and at <= now - _TO_WORK:
        return Flag.NOT_AT_WORK, NOTHING
    return None


def _has_room(way: Journey, expected: Expected | None) -> bool:
    return expected is not None and expected.stay is not None and expected.stay.hotel_id == way.place_id
