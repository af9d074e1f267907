"""Who is to be where on a trip, and how far they are: what stands on a coordinator's phone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from workforce.closed_loop import PlannedTrip, Run
from workforce.roles import Role
from workforce.views import Published, RiderView, TripView, Viewer


class Presence(StrEnum):
    """How far somebody is on one trip."""

    EXPECTED = "expected"
    ABOARD = "aboard"
    ABSENT = "absent"
    ALIGHTED = "alighted"


@dataclass(frozen=True, slots=True)
class Line:
    """A rider's line of the manifest.

    Attributes:
        seat: where they sit, or are to sit.
        why: of whoever is absent.
        pickup_id: blank where it is not for the viewer.
        enterprise: its name; None: not for the viewer.
        room: of whoever is to stay at a hotel, for that hotel.
    """

    worker_id: str
    seat: int | None
    pickup_id: str
    drop_id: str
    enterprise: str | None
    room: str | None
    state: Presence
    why: str | None


def lines(viewer: Viewer, view: TripView, published: Published, run: Run) -> list[Line]:
    """The riders of a trip whom its viewer may see, by seat."""
    return [_line(viewer, published, rider, run) for rider in view.people]


def besides(planned: PlannedTrip, run: Run) -> Mapping[str, int | None]:
    """By worker aboard who is not on the roster, the seat."""
    return {worker: seat for worker, seat in run.seats.items() if worker not in planned.seat_of}


def presence(run: Run, worker_id: str) -> tuple[Presence, str | None]:
    """How far somebody is; of whoever is absent, why."""
    if worker_id in run.seats:
        return Presence.ABOARD, None
    if worker_id in run.alighted:
        return Presence.ALIGHTED, None
    if worker_id in run.absent:
        return Presence.ABSENT, run.absent[worker_id]
    return Presence.EXPECTED, None


def _line(viewer: Viewer, published: Published, rider: RiderView, run: Run) -> Line:
    state, why = presence(run, rider.worker_id)
    stay = published.plan.stay_of.get(rider.worker_id) if viewer.role is Role.HOTEL else None
    known = published.scenario.enterprises.get(rider.enterprise_id or "")
    return Line(
        worker_id=rider.worker_id,
        seat=run.seats.get(rider.worker_id) or rider.seat,
        pickup_id=rider.pickup_id,
        drop_id=rider.drop_id,
        enterprise=known.name if known else None,
        room=stay.room if stay is not None else None,
        state=state,
        why=why,
    )
