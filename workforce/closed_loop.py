"""What the trip log says of a trip and of a worker: two state machines over the events.

Both are folds: a state is taken on by one event after another, in the order in which things happened.
A state belongs to whoever folds it or has read it, and is changed in place.  Only the public part of
events is looked at, so that forgetting a person changes no state.
Nothing that happened is refused; what breaks a rule or contradicts an earlier fact raises a flag.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from enum import StrEnum
from typing import Any, NamedTuple

from workforce.kits import kits_for
from workforce.loop_rules import LoopRules
from workforce.plan import Stay, Stop, StopKind, Trip
from workforce.triplog import NOTHING, Event, Kind, Missing, Side, Where, written

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
        at: when the last event of it happened.
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
    counted: dict[str, int] = field(default_factory=dict)
    signed: dict[str, tuple[str, ...]] = field(default_factory=dict)


def local_day(moment: datetime) -> date:
    return moment.astimezone(BEIJING).date()


# Workers


def advance_journey(way: Journey, event: Event, expected: Expected | None, rules: LoopRules) -> list[Raised]:
    """Take a way on by an event that names the worker; returns what it raises.

    Args:
        expected: what the plans published when the event was recorded say of the worker.
    """
    flags: list[Flag] = []
    way.at = written(event.happened_at)
    step = _JOURNEY.get(event.kind)
    if step is not None:
        step(way, event, expected, flags, rules)
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


def _owes_nights(way: Journey, expected: Expected | None) -> bool:
    """Whether there is a quarantine that nobody has ended: planned, begun, or ordered for a contact."""
    planned = expected is not None and expected.stay is not None
    return not way.released and (planned or way.check_in is not None or way.until is not None)


def _released(
    way: Journey, event: Event, expected: Expected | None, flags: list[Flag], rules: LoopRules
) -> None:
    day = local_day(event.happened_at)
    never_began = way.check_in is None and _owes_nights(way, expected)
    if never_began or (way.until is not None and day.isoformat() < way.until):
        flags.append(Flag.RELEASED_EARLY)
    if readings_missing(way, day, rules.readings_per_day):
        flags.append(Flag.READINGS_MISSING)
    way.state, way.released, way.certificate = Way.RELEASED, True, event.says.get("certificate")


def _transferred(way: Journey, event: Event, expected: Expected | None, flags: list[Flag], _: Any) -> None:
    if _owes_nights(way, expected):
        flags.append(Flag.NOT_RELEASED)
    way.state, way.room = Way.IN_TRANSFER, None


def _arrived(way: Journey, event: Event, expected: Expected | None, flags: list[Flag], _: Any) -> None:
    if expected is not None and event.place_id != expected.enterprise_id:
        flags.append(Flag.OTHER_ENTERPRISE)
    if _owes_nights(way, expected):
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


# Trips


def advance_run(course: Run, event: Event, planned: PlannedTrip | None) -> list[Raised]:
    """Take a course on by an event that names the trip; returns what it raises.

    Args:
        planned: None where no plan has such a trip.
    """
    raised: list[Raised] = []
    course.at = written(event.happened_at)
    if planned is None:
        raised.append(_about(event, Flag.UNKNOWN_TRIP))
    elif event.kind in _RUN:
        _RUN[event.kind](course, event, planned, raised)
        if course.state in (Course.PLANNED, Course.ORGANISED):
            course.state = Course.PLANNED if lacks(course, planned) else Course.ORGANISED
    return raised


def _about(event: Event, flag: Flag, **values: Any) -> Raised:
    return Raised(flag, event.worker_id, event.plan_id, event.trip_id, event.place_id, values)


def lacks(run: Run, planned: PlannedTrip) -> list[Flag]:
    """What the first stage still asks for."""
    lack = []
    if run.plate is None or not run.crew:
        lack.append(Flag.DEPARTED_UNNAMED)
    if set(planned.drops) - set(run.confirmed):
        lack.append(Flag.DEPARTED_UNCONFIRMED)
    if run.roster is None:
        lack.append(Flag.DEPARTED_ROSTER_OPEN)
    needed = kits_for(planned.trip, len(planned.seat_of), planned.rules)
    if any(run.kits.get(kit, 0) < count for kit, count in needed.items()):
        lack.append(Flag.DEPARTED_WITHOUT_KITS)
    return lack


def _named(course: Run, event: Event, *_: Any) -> None:
    course.plate, course.crew = event.says["plate"], True


def _confirmed(course: Run, event: Event, *_: Any) -> None:
    course.confirmed = tuple(sorted({*course.confirmed, event.place_id or ""}))
    course.declined = tuple(p for p in course.declined if p != event.place_id)


def _declined(course: Run, event: Event, _: PlannedTrip, raised: list[Raised]) -> None:
    raised.append(_about(event, Flag.DESTINATION_DECLINED))
    course.declined = tuple(sorted({*course.declined, event.place_id or ""}))
    course.confirmed = tuple(p for p in course.confirmed if p != event.place_id)


def _kits(course: Run, event: Event, *_: Any) -> None:
    kit = event.says["kit"]
    course.kits[kit] = course.kits.get(kit, 0) + event.says["count"]


def _roster_closed(course: Run, event: Event, *_: Any) -> None:
    course.roster = event.says["riders"]


def _cancelled(course: Run, event: Event, _: PlannedTrip, raised: list[Raised]) -> None:
    raised.append(_about(event, Flag.TRIP_CANCELLED))
    course.state = Course.CANCELLED


def _reached(course: Run, event: Event, planned: PlannedTrip, raised: list[Raised]) -> None:
    stop = _stop(planned, event.says["stop"])
    if stop is None:
        raised.append(_about(event, Flag.UNKNOWN_STOP, stop=event.says["stop"]))
        return
    if stop.seq == course.stop and course.left:  # told again by a second phone, after they went on
        return
    if stop is not planned.trip.stops[0]:  # whoever comes anywhere has left the depot
        _depart(course, event, planned, raised)
    course.stop, course.left = stop.seq, False
    _behind(course, event, planned, stop.arrive, raised)
    if stop.kind is StopKind.RETURN:
        course.state = Course.ENDED
    elif course.state is not Course.HANDED_OVER:
        course.state = Course.ARRIVED if stop.seq >= planned.last_drop else Course.ON_THE_WAY


def _left(course: Run, event: Event, planned: PlannedTrip, raised: list[Raised]) -> None:
    stop = _stop(planned, event.says["stop"])
    if stop is None:
        raised.append(_about(event, Flag.UNKNOWN_STOP, stop=event.says["stop"]))
        return
    _depart(course, event, planned, raised)
    if stop.seq == course.stop and course.left:
        return
    course.stop, course.left = stop.seq, True
    _behind(course, event, planned, stop.depart, raised)
    if course.state not in (Course.HANDED_OVER, Course.ENDED):
        course.state = Course.ARRIVED if stop.seq >= planned.last_drop else Course.ON_THE_WAY


def _depart(course: Run, event: Event, planned: PlannedTrip, raised: list[Raised]) -> None:
    if course.departed_at is None:
        if course.state is Course.CANCELLED:
            raised.append(_about(event, Flag.CANCELLED_MOVED))
        raised += [_about(event, flag) for flag in lacks(course, planned)]
        course.departed_at = course.at


def _behind(course: Run, event: Event, planned: PlannedTrip, due: datetime, raised: list[Raised]) -> None:
    delay = int((event.happened_at - due.replace(tzinfo=BEIJING)).total_seconds() // 60)
    _late(course, event, planned, max(delay, 0), raised)


def _late(course: Run, event: Event, planned: PlannedTrip, delay: int, raised: list[Raised]) -> None:
    if delay >= planned.rules.late_minutes > course.delay:
        raised.append(_about(event, Flag.LATE, minutes=delay))
    course.delay = delay


def _delayed(course: Run, event: Event, planned: PlannedTrip, raised: list[Raised]) -> None:
    _late(course, event, planned, event.says["minutes"], raised)


def _halts(flag: Flag) -> Any:
    def halt(course: Run, event: Event, _: PlannedTrip, raised: list[Raised]) -> None:
        raised.append(_about(event, flag))
        if course.state is Course.ON_THE_WAY:
            course.state = Course.HALTED

    return halt


def _went_on(course: Run, *_: Any) -> None:
    if course.state is Course.HALTED:
        course.state = Course.ON_THE_WAY


def _vehicle_changed(course: Run, event: Event, *_: Any) -> None:
    course.plate, course.crew = event.says["plate"], True
    _went_on(course)


def _drivers_changed(course: Run, *_: Any) -> None:
    course.crew = True


def _rider_boarded(course: Run, event: Event, planned: PlannedTrip, raised: list[Raised]) -> None:
    worker = event.worker_id or ""
    seat = event.says.get("seat") or planned.seat_of.get(worker)
    if seat is not None and any(s == seat and w != worker for w, s in course.seats.items()):
        raised.append(_about(event, Flag.SEAT_TAKEN, seat=seat))
    course.seats[worker] = seat
    course.absent.pop(worker, None)
    course.alighted.pop(worker, None)


def _rider_seated(course: Run, event: Event, _: PlannedTrip, raised: list[Raised]) -> None:
    worker, seat = event.worker_id or "", event.says["seat"]
    if any(s == seat and w != worker for w, s in course.seats.items()):
        raised.append(_about(event, Flag.SEAT_TAKEN, seat=seat))
    if worker in course.seats:
        course.seats[worker] = seat


def _rider_missing(course: Run, event: Event, *_: Any) -> None:
    worker, why = event.worker_id or "", event.says["why"]
    seen = worker in course.seats or worker in course.alighted
    if not seen or why == Missing.LEFT_ON_WAY:
        course.seats.pop(worker, None)
        course.absent[worker] = why


def _rider_alighted(course: Run, event: Event, *_: Any) -> None:
    worker = event.worker_id or ""
    course.seats.pop(worker, None)
    course.alighted[worker] = event.place_id


def _counted(course: Run, event: Event, planned: PlannedTrip, raised: list[Raised]) -> None:
    place, heads = event.place_id or "", event.says["heads"]
    known = sum(at == place for at in course.alighted.values())
    if heads != known:
        raised.append(_about(event, Flag.HEADS_DIFFER, counted=heads, known=known))
    course.counted[place] = heads


def _signed(course: Run, event: Event, planned: PlannedTrip, raised: list[Raised]) -> None:
    place = event.place_id or ""
    course.signed[place] = tuple(sorted({*course.signed.get(place, ()), event.says["side"]}))
    if not all(len(course.signed.get(drop, ())) == len(Side) for drop in planned.drops):
        return
    if unexplained(course, planned):
        raised.append(_about(event, Flag.SIGNED_INCOMPLETE, riders=len(unexplained(course, planned))))
    if course.state is not Course.ENDED:
        course.state = Course.HANDED_OVER


def unexplained(run: Run, planned: PlannedTrip) -> list[str]:
    """Riders of the roster who neither got off nor are explained."""
    return [w for w in planned.seat_of if w not in run.alighted and w not in run.absent]


def expected_times(run: Run, planned: PlannedTrip) -> list[tuple[Stop, datetime, datetime]]:
    """The stops still to come with arrival and departure as they are expected now (local time).

    What the coach is behind is carried on; a stop longer than the policy's least makes up for it.
    """
    rows = planned.trip.stops
    behind = timedelta(minutes=run.delay)
    coming = []
    for stop in rows:
        over = run.left or stop.kind is StopKind.RETURN
        if stop.seq < run.stop or (stop.seq == run.stop and over):
            continue
        arrive = stop.arrive + behind
        pause = stop.depart - stop.arrive
        least = min(pause, timedelta(minutes=planned.rules.stop_minutes))
        if stop.kind is StopKind.REST:
            least = pause  # the drivers' rest is a rule, not a reserve
        depart = max(stop.depart, arrive + least)
        behind = depart - stop.depart
        coming.append((stop, arrive, depart))
    return coming


_RUN: Mapping[Kind, Any] = {
    Kind.VEHICLE_NAMED: _named,
    Kind.DESTINATION_CONFIRMED: _confirmed,
    Kind.DESTINATION_DECLINED: _declined,
    Kind.KITS_ISSUED: _kits,
    Kind.ROSTER_CLOSED: _roster_closed,
    Kind.TRIP_CANCELLED: _cancelled,
    Kind.REACHED: _reached,
    Kind.LEFT: _left,
    Kind.DELAYED: _delayed,
    Kind.BROKE_DOWN: _halts(Flag.BROKE_DOWN),
    Kind.ROAD_CLOSED: _halts(Flag.ROAD_CLOSED),
    Kind.ENTRY_REFUSED: _halts(Flag.ENTRY_REFUSED),
    Kind.WENT_ON: _went_on,
    Kind.VEHICLE_CHANGED: _vehicle_changed,
    Kind.DRIVERS_CHANGED: _drivers_changed,
    Kind.BOARDED: _rider_boarded,
    Kind.SEATED: _rider_seated,
    Kind.MISSING: _rider_missing,
    Kind.ALIGHTED: _rider_alighted,
    Kind.COUNTED: _counted,
    Kind.SIGNED: _signed,
}
OF_TRIPS = frozenset({*_RUN, Kind.VOIDED})  # the kinds that a trip's course follows from
FLAGS_OF_TRIPS = frozenset(
    {
        Flag.DEPARTED_UNNAMED,
        Flag.DEPARTED_UNCONFIRMED,
        Flag.DEPARTED_ROSTER_OPEN,
        Flag.DEPARTED_WITHOUT_KITS,
        Flag.CANCELLED_MOVED,
        Flag.TRIP_CANCELLED,
        Flag.DESTINATION_DECLINED,
        Flag.UNKNOWN_TRIP,
        Flag.UNKNOWN_STOP,
        Flag.LATE,
        Flag.BROKE_DOWN,
        Flag.ROAD_CLOSED,
        Flag.ENTRY_REFUSED,
        Flag.HEADS_DIFFER,
        Flag.SIGNED_INCOMPLETE,
        Flag.SEAT_TAKEN,
    }
)


def _stop(planned: PlannedTrip, seq: int) -> Stop | None:
    return next((s for s in planned.trip.stops if s.seq == seq), None)
