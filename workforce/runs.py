"""A trip's course, from its first stage to the last, taken on by each event that names it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from workforce.closed_loop import BEIJING, Course, Flag, PlannedTrip, Raised, Run
from workforce.kits import kits_for
from workforce.plan import Stop, StopKind
from workforce.triplog import Event, Kind, Missing, Side, written


def advance_run(
    course: Run, event: Event, planned: PlannedTrip | None, drop_id: str | None = None
) -> list[Raised]:
    """Take a course on by an event that names the trip; returns what it raises.

    Args:
        planned: None where no plan has such a trip.
        drop_id: where the worker whom it names is to get off; None: it names nobody who is expected.
    """
    raised: list[Raised] = []
    course.at = written(event.happened_at)
    if planned is None:
        raised.append(_about(event, Flag.UNKNOWN_TRIP))
    else:
        if event.kind in _RUN:
            _RUN[event.kind](course, event, planned, raised)
        if event.kind in (Kind.WITHDREW, Kind.MISSING):
            _does_not_come(course, event, planned, drop_id)
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


def _confirmed(course: Run, event: Event, planned: PlannedTrip, raised: list[Raised]) -> None:
    place, heads = event.place_id or "", event.says["heads"]
    course.declined = tuple(p for p in course.declined if p != place)
    course.receives[place] = heads
    _compare(course, planned)
    fewer = received_fewer(course, planned, place)
    if fewer is not None:
        raised.append(fewer)


def _declined(course: Run, event: Event, planned: PlannedTrip, raised: list[Raised]) -> None:
    raised.append(_about(event, Flag.DESTINATION_DECLINED))
    course.declined = tuple(sorted({*course.declined, event.place_id or ""}))
    course.receives.pop(event.place_id or "", None)
    _compare(course, planned)


def _does_not_come(course: Run, event: Event, planned: PlannedTrip, drop_id: str | None) -> None:
    """Whoever withdraws before the coach is there, or is missing, is not among those who are received."""
    worker = event.worker_id or ""
    if drop_id is not None and worker in planned.seat_of and worker not in {*course.seats, *course.alighted}:
        course.not_coming[worker] = drop_id
        _compare(course, planned)


def _comes_after_all(course: Run, event: Event, planned: PlannedTrip, raised: list[Raised]) -> None:
    place = course.not_coming.pop(event.worker_id or "", None)
    if place is not None and place in course.confirmed:
        _compare(course, planned)
        if place not in course.confirmed:
            riders = _coming(course, planned, place)
            told = _about(event, Flag.CONFIRMED_FEWER, heads=course.receives.get(place, 0), riders=riders)
            raised.append(told._replace(worker_id=None, place_id=place))


def _coming(course: Run, planned: PlannedTrip, place_id: str) -> int:
    return planned.drops.get(place_id, 0) - sum(at == place_id for at in course.not_coming.values())


def received_fewer(run: Run, planned: PlannedTrip, place_id: str) -> Raised | None:
    """That a destination said that it receives fewer than come to it by now; None: it did not."""
    heads, riders = run.receives.get(place_id), _coming(run, planned, place_id)
    if heads is None or heads >= riders:
        return None
    values = {"heads": heads, "riders": riders}
    return Raised(Flag.CONFIRMED_FEWER, None, run.plan_id, run.trip_id, place_id, values)


def _compare(course: Run, planned: PlannedTrip) -> None:
    """Who receives fewer than come has not confirmed: for the others there is no room.

    Where nobody comes any more there is nothing to confirm.
    """
    heads, asked = course.receives, {*course.receives, *course.not_coming.values()}
    course.confirmed = tuple(p for p in sorted(asked) if heads.get(p, 0) >= _coming(course, planned, p))


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


def _vehicle_changed(course: Run, event: Event, _: PlannedTrip, raised: list[Raised]) -> None:
    course.plate, course.crew = event.says["plate"], True
    if event.says.get("cost_fen"):  # whoever sends it names the price; somebody must look at it
        raised.append(_about(event, Flag.SUBSTITUTE_COST, cost_fen=event.says["cost_fen"]))
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
    _comes_after_all(course, event, planned, raised)
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


def _rider_alighted(course: Run, event: Event, planned: PlannedTrip, raised: list[Raised]) -> None:
    worker = event.worker_id or ""
    course.seats.pop(worker, None)
    course.absent.pop(worker, None)
    _comes_after_all(course, event, planned, raised)
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
OF_TRIPS = frozenset({*_RUN, Kind.WITHDREW, Kind.VOIDED})  # the kinds that a trip's course follows from
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
        Flag.CONFIRMED_FEWER,
        Flag.SUBSTITUTE_COST,
    }
)


def _stop(planned: PlannedTrip, seq: int) -> Stop | None:
    return next((s for s in planned.trip.stops if s.seq == seq), None)
