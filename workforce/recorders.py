"""Who may record what in the trip log: a role says what it sees, about what is its own.

The planner and the coordinators of every trip stand at all doors and may record anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workforce.closed_loop import Expected, PlannedTrip
from workforce.plan import StopKind
from workforce.roles import Role
from workforce.triplog import Kind, Side, Where

_OF_HEALTH = frozenset(
    {
        Kind.MEASURED,
        Kind.OBSERVATION_BEGAN,
        Kind.OBSERVATION_ENDED,
        Kind.QUARANTINE_EXTENDED,
        Kind.RELEASED,
        Kind.NOTED,
        Kind.VOIDED,
    }
)
_OF_HOTELS = frozenset(
    {
        Kind.DESTINATION_CONFIRMED,
        Kind.DESTINATION_DECLINED,
        Kind.KITS_RECEIVED,
        Kind.KITS_ISSUED,
        Kind.COUNTED,
        Kind.SIGNED,
        Kind.MEASURED,
        Kind.CHECKED_IN,
        Kind.ROOM_MOVED,
        Kind.OBSERVATION_BEGAN,
        Kind.OBSERVATION_ENDED,
        Kind.HOTEL_LEFT,
        Kind.RELEASED,
        Kind.TRANSFERRED,
        Kind.NOTED,
        Kind.VOIDED,
    }
)
_OF_ENTERPRISES = frozenset(
    {
        Kind.DESTINATION_CONFIRMED,
        Kind.DESTINATION_DECLINED,
        Kind.COUNTED,
        Kind.SIGNED,
        Kind.MISSING,
        Kind.WITHDREW,
        Kind.ARRIVED,
        Kind.NOTED,
        Kind.VOIDED,
    }
)
_OF_CARRIERS = frozenset(
    {
        Kind.VEHICLE_NAMED,
        Kind.VEHICLE_CHANGED,
        Kind.DRIVERS_CHANGED,
        Kind.KITS_RECEIVED,
        Kind.KITS_ISSUED,
        Kind.REACHED,
        Kind.LEFT,
        Kind.DELAYED,
        Kind.BROKE_DOWN,
        Kind.WENT_ON,
        Kind.ROAD_CLOSED,
        Kind.ENTRY_REFUSED,
        Kind.NOTED,
        Kind.VOIDED,
    }
)
ONE_SIDE = frozenset({Role.HOTEL, Role.ENTERPRISE, Role.CARRIER})  # of a trip
_OF_WORKERS = frozenset({Kind.MEASURED, Kind.WITHDREW})

MAY_RECORD: Mapping[Role, frozenset[Kind]] = {
    Role.PLANNER: frozenset(Kind),
    Role.COORDINATOR: frozenset(Kind),
    Role.HEALTH: _OF_HEALTH,
    Role.HOTEL: _OF_HOTELS,
    Role.ENTERPRISE: _OF_ENTERPRISES,
    Role.CARRIER: _OF_CARRIERS,
    Role.WORKER: _OF_WORKERS,
}


def may_say(role: Role, kind: Kind, says: Mapping[str, Any]) -> bool:
    """Whether somebody of a role may say this of what they may record.

    Two sides sign a hand-over, so nobody who receives signs for those who bring; what workers tell of
    themselves takes no place of what was measured at a door, on a coach or in a hotel.
    """
    if kind is Kind.SIGNED and role in (Role.HOTEL, Role.ENTERPRISE):
        return says.get("side") == Side.RECEIVER
    if kind is Kind.MEASURED and role is Role.WORKER:
        return says.get("where") == Where.HOME
    return True


def may_take_back(
    role: Role, subject: str | None, reporter: Role | None, subject_of_reporter: str | None
) -> bool:
    """Whether somebody may void what somebody reported, of what they might have reported themselves.

    What another side of the trip, or whoever stands at all doors, has said of a carrier's delay, of a
    hotel's count or of its kits is not theirs to take back.
    """
    return role not in ONE_SIDE or (reporter, subject_of_reporter) == (role, subject)


def is_own(
    role: Role,
    subject: str | None,
    named: str,
    trip: PlannedTrip | None,
    expected: Expected | None,
    worker_id: str | None,
    place_id: str | None,
    operator: str | None,
) -> bool:
    """Whether what is reported is the reporter's own business.

    Args:
        named: the trip of the report, as PLAN/TRIP.
        trip: the same as it is planned; None: it is not, or was planned anew while it was on its way.
        expected: of the worker whom it names.
        operator: of the trip's fleet.
    """
    if role in (Role.PLANNER, Role.HEALTH):
        return True
    if role is Role.COORDINATOR:
        return subject is None or named in subject.split()
    if not subject:
        return False
    if role is Role.WORKER:
        return worker_id == subject
    if role is Role.CARRIER:
        at_depot = trip is None and worker_id is None and place_id is not None
        return operator == subject or at_depot
    if role is Role.ENTERPRISE and worker_id is not None:
        return expected is not None and expected.enterprise_id == subject and place_id in (None, subject)
    if worker_id is not None:  # a hotel takes in whoever comes to it
        planned = expected is not None and expected.stay is not None and expected.stay.hotel_id == subject
        return place_id == subject or (planned and place_id is None)
    stops_here = trip is None or any(
        s.kind is StopKind.DROP and s.place_id == subject for s in trip.trip.stops
    )
    return place_id == subject and stops_here
