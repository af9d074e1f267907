"""Travel passes: whether one is good now, for whoever stops the coach."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from workforce.closed_loop import BEIJING, Course, PlannedTrip, Run
from workforce.field import closes_at, ends_at


class PassState(StrEnum):
    """What a pass is worth."""

    VALID = "valid"
    WITHDRAWN = "withdrawn"  # its trip is planned no longer
    CANCELLED = "cancelled"
    NOT_CONFIRMED = "not_confirmed"  # a destination has taken its word back
    NO_PLATE = "no_plate"
    NOT_YET = "not_yet"
    OVER = "over"


def validity(planned: PlannedTrip, run: Run) -> tuple[datetime, datetime]:
    """From the departure until a day after the return, as late as the trip is."""
    return planned.trip.stops[0].depart.replace(tzinfo=BEIJING), closes_at(ends_at(planned), run)


def pass_state(planned: PlannedTrip | None, run: Run, at: datetime) -> PassState:
    """Whether a trip's pass is good at a moment; ``planned`` is None where no plan has the trip."""
    if planned is None:
        return PassState.WITHDRAWN
    if run.state is Course.CANCELLED:
        return PassState.CANCELLED
    begin, end = validity(planned, run)
    if at >= end:
        return PassState.OVER
    if set(planned.drops) - set(run.confirmed):
        return PassState.NOT_CONFIRMED
    if run.plate is None:
        return PassState.NO_PLATE
    # A coach that has set out early is on its way all the same.
    return PassState.VALID if at >= begin or run.departed_at is not None else PassState.NOT_YET
