"""What the trip log says of a trip and of a worker: the states of two machines, and what raises a flag.

Both machines are folds (``workforce.journeys``, ``workforce.runs``): a state is taken on by one event after
another, in the order in which things happened.  A state belongs to whoever folds it or has read it, and is
changed in place.  Only the public part of events is looked at, so that forgetting a person changes no state.
Nothing that happened is refused; what breaks a rule or contradicts an earlier fact raises a flag.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any, NamedTuple

from workforce.loop_rules import LoopRules
from workforce.plan import Stay, StopKind, Trip
from workforce.triplog import NOTHING

BEIJING = timezone(timedelta(hours=8))  # plans are in local time, and the country has one


class Way(StrEnum):
    """How far a worker is; everybody is in exactly one of these."""

    EXPECTED = "expected"
    ABSENT = "absent"
    WITHDRAWN = "withdrawn"
    ABOARD = "aboard"
    LEFT_ON_WAY = "left_on_way"
    HANDED_OVER = "handed_over"
    IN_QUARANTINE = "in_quarantine"
    UNDER_OBSERVATION = "under_observation"
    LEFT_HOTEL = "left_hotel"
    RELEASED = "released"
    IN_TRANSFER = "in_transfer"
    RETURNED = "returned"


class Course(StrEnum):
    """How far a trip is."""

    PLANNED = "planned"
    ORGANISED = "organised"  # everything that the first stage asks for is there
    CANCELLED = "cancelled"
    ON_THE_WAY = "on_the_way"
    HALTED = "halted"
    ARRIVED = "arrived"  # at its last drop
    HANDED_OVER = "handed_over"  # both sides have signed at every drop
    ENDED = "ended"  # back at its depot


class Flag(StrEnum):
    """What somebody must look at; the problem list says whose it is."""

    DEPARTED_UNNAMED = "departed_unnamed"
    DEPARTED_UNCONFIRMED = "departed_unconfirmed"
    DEPARTED_ROSTER_OPEN = "departed_roster_open"
    DEPARTED_WITHOUT_KITS = "departed_without_kits"
    CANCELLED_MOVED = "cancelled_moved"
    TRIP_CANCELLED = "trip_cancelled"
    DESTINATION_DECLINED = "destination_declined"
    UNKNOWN_STOP = "unknown_stop"
    LATE = "late"
    BROKE_DOWN = "broke_down"
    ROAD_CLOSED = "road_closed"
    ENTRY_REFUSED = "entry_refused"
    HEADS_DIFFER = "heads_differ"
    SIGNED_INCOMPLETE = "signed_incomplete"
    SEAT_TAKEN = "seat_taken"
    BOARDED_WITHOUT_SEAT = "boarded_without_seat"
    WRONG_COACH = "wrong_coach"
    NO_SHOW = "no_show"
    LEFT_ON_WAY = "left_on_way"
    ABSENT_OTHERWISE = "absent_otherwise"
    CONTRADICTED = "contradicted"
    WITHDREW = "withdrew"
    NOT_ABOARD = "not_aboard"
    ALIGHTED_ELSEWHERE = "alighted_elsewhere"
    UNEXPECTED_ROOM = "unexpected_room"
    ROOM_TAKEN = "room_taken"
    OBSERVED = "observed"
    LEFT_HOTEL = "left_hotel"
    RELEASED_EARLY = "released_early"
    READINGS_MISSING = "readings_missing"
    NOT_RELEASED = "not_released"
    OTHER_ENTERPRISE = "other_enterprise"
    FEVER = "fever"
    NO_OBSERVATION_SEAT = "no_observation_seat"
    CLOCK_WRONG = "clock_wrong"
    UNKNOWN_TRIP = "unknown_trip"
    STOCK_SHORT = "stock_short"
    SEAT_TO_LEAVE = "seat_to_leave"
    ROOM_NEEDED = "room_needed"
    CREW_EXPOSED = "crew_exposed"
    # What nobody reported; see ``workforce.silences``.
    DEPARTURE_UNREPORTED = "departure_unreported"
    ARRIVAL_UNREPORTED = "arrival_unreported"
    HANDOVER_UNSIGNED = "handover_unsigned"
    OTHER_COACH_UNKNOWN = "other_coach_unknown"
    CHECK_IN_UNREPORTED = "check_in_unreported"
    READINGS_OVERDUE = "readings_overdue"
    RELEASE_OVERDUE = "release_overdue"
    NOT_AT_WORK = "not_at_work"
    # What somebody has to agree to.
    CONFIRMED_FEWER = "confirmed_fewer"
    SUBSTITUTE_COST = "substitute_cost"


class Raised(NamedTuple):
    """A flag with what it is about."""

    flag: Flag
    worker_id: str | None = None
    plan_id: str | None = None
    trip_id: str | None = None
    place_id: str | None = None
    values: Mapping[str, Any] = NOTHING


@dataclass(frozen=True, slots=True)
class Expected:
    """What a published plan says of a worker."""

    plan_id: str
    trip_id: str
    seat: int
    pickup_id: str
    drop_id: str
    enterprise_id: str | None
    stay: Stay | None


@dataclass(frozen=True, slots=True)
class PlannedTrip:
    """What a published plan says of a trip; ``seat_of`` has its riders in order of their seats, ``nights``
    those of them who go into quarantine."""

    plan_id: str
    trip: Trip
    seat_of: Mapping[str, int]
    rules: LoopRules
    nights: frozenset[str] = frozenset()

    @property
    def key(self) -> tuple[str, str]:
        return self.plan_id, self.trip.trip_id

    @property
    def drops(self) -> dict[str, int]:
        """Riders by drop, in the order of the stops."""
        return {s.place_id: s.alighting for s in self.trip.stops if s.kind is StopKind.DROP and s.place_id}

    @property
    def last_drop(self) -> int:
        return max(s.seq for s in self.trip.stops if s.kind is StopKind.DROP)


@dataclass(slots=True)
class Journey:
    """A worker's way so far.

    Attributes:
        at: when the last event of it happened; blank: there is none.
        since: when it came to its state, on its trip.
        place_id: the hotel or enterprise where the worker is, or was last.
        check_in, until: local days of the quarantine; ``until`` is that of release.
        readings: by local day, temperatures taken at the hotel.
        checks: by local day, those taken at home.
        measured: by where it was taken, when the last temperature was.
        certificate: the number of the release's.
        before: the state in which a medical observation began.
    """

    worker_id: str
    state: Way = Way.EXPECTED
    at: str = ""
    since: str = ""
    plan_id: str | None = None
    trip_id: str | None = None
    seat: int | None = None
    place_id: str | None = None
    room: str | None = None
    check_in: str | None = None
    until: str | None = None
    released: bool = False
    readings: dict[str, int] = field(default_factory=dict)
    checks: dict[str, int] = field(default_factory=dict)
    measured: dict[str, str] = field(default_factory=dict)
    certificate: str | None = None
    before: Way | None = None


@dataclass(slots=True)
class Run:
    """A trip's course so far.

    Attributes:
        stop: the seq of the stop reached last; ``left``: and left again.
        delay: minutes behind the plan, as last said or measured.
        seats: by worker aboard, the seat.
        alighted: by worker who got off, where.
        absent: by worker who is not there, why.
        not_coming: by worker who withdrew before, or is missing, where they were to get off.
        receives: by destination, how many it said that it will receive; ``confirmed``: where that is all
            who come, or nobody comes.
        signed: by place, the sides that have signed.
    """

    plan_id: str
    trip_id: str
    state: Course = Course.PLANNED
    at: str = ""
    plate: str | None = None
    crew: bool = False
    confirmed: tuple[str, ...] = ()
    declined: tuple[str, ...] = ()
    kits: dict[str, int] = field(default_factory=dict)
    roster: int | None = None
    stop: int = 0
    left: bool = False
    departed_at: str | None = None
    delay: int = 0
    seats: dict[str, int | None] = field(default_factory=dict)
    alighted: dict[str, str | None] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)
    not_coming: dict[str, str] = field(default_factory=dict)
    receives: dict[str, int] = field(default_factory=dict)
    counted: dict[str, int] = field(default_factory=dict)
    signed: dict[str, tuple[str, ...]] = field(default_factory=dict)


def local_day(moment: datetime) -> date:
    return moment.astimezone(BEIJING).date()
