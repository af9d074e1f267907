"""Phones at the doors of a trip: how long a link to it works, and how often its code may be guessed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from workforce.closed_loop import BEIJING, PlannedTrip, Run
from workforce.rosters import Roster

GRACE = timedelta(hours=24)  # after the trip's end
MOST_PHONES = 20  # of a link
FREE_TRIES = 3  # of a code, before a wait begins
MOST_TRIES = 20  # then the code is spent: 20 of 10,000 is the most that anybody can guess
LONGEST_WAIT = timedelta(minutes=15)


def ends_at(planned: PlannedTrip) -> datetime:
    """When the trip is back at its depot, as planned."""
    return planned.trip.stops[-1].arrive.replace(tzinfo=BEIJING)


def closes_at(planned_end: datetime, run: Run) -> datetime:
    """When links to a trip end: a day after it, as late as it is."""
    return planned_end + timedelta(minutes=run.delay) + GRACE


def wait_after(failed: int) -> timedelta:
    """Since the last of so many wrong codes, until the next one is looked at."""
    if failed < FREE_TRIES:
        return timedelta(0)
    return min(LONGEST_WAIT, timedelta(seconds=2.0 ** min(failed - FREE_TRIES, 20)))


def observation_seats(seats: int, kept_free: int) -> Sequence[int]:
    """The seats that stay free for whoever falls ill: the highest numbered ones."""
    return range(seats - kept_free + 1, seats + 1)


def observation_seats_of(roster: Roster, plan_id: str, trip_id: str) -> Sequence[int]:
    """The same of a planned trip's coach."""
    planned = roster.trip(plan_id, trip_id)
    scenario = roster.plans[planned.plan_id].scenario if planned is not None else None
    fleet = scenario.fleets.get(planned.trip.fleet_id) if scenario and planned else None
    if scenario is None or fleet is None:
        return ()
    return observation_seats(fleet.seats, scenario.policy.trips.observation_seats)


def free_observation_seat(seats: Sequence[int], run: Run) -> int | None:
    taken = set(run.seats.values())
    return next((seat for seat in seats if seat not in taken), None)
