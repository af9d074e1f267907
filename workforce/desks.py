"""What lies on a desk: of a hotel, of an enterprise, of a health officer."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from workforce.closed_loop import BEIJING, Course, Journey, Run, Way, local_day
from workforce.journeys import readings_missing
from workforce.plan import Stay, StopKind
from workforce.rosters import Roster
from workforce.runs import expected_times

IN_ROOMS = frozenset({Way.IN_QUARANTINE, Way.UNDER_OBSERVATION})
_NOT_COMING = frozenset({Way.ABSENT, Way.WITHDRAWN, Way.LEFT_ON_WAY})
STAYED_AWAY = _NOT_COMING | {Way.LEFT_HOTEL}  # who is not on the way to work any more
_SHOWN_FOR = timedelta(days=2)  # a trip that nobody signed for stays on the desk so long


@dataclass(frozen=True, slots=True)
class Coming:
    """A trip that stops at a place.

    Attributes:
        planned, expected: its arrival, local time; ``expected`` None: it was there.
        riders: who gets off there; whoever withdrew or did not come is left out.
        receives: how many the place said that it will receive.
    """

    plan_id: str
    trip_id: str
    state: Course
    plate: str | None
    stop: int
    planned: datetime
    expected: datetime | None
    riders: tuple[str, ...]
    confirmed: bool
    receives: int | None
    declined: bool
    counted: int | None
    signed: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Guest:
    """Somebody who is, or was, in a hotel.

    Attributes:
        today: temperatures taken today.
        missing: whole days with too few of them.
        due: the quarantine is over today or was before.
    """

    worker_id: str
    state: Way
    room: str | None
    check_in: str | None
    until: str | None
    today: int
    lacks_today: int
    missing: tuple[str, ...]
    due: bool


def coming(place_id: str, roster: Roster, runs: Mapping[tuple[str, str], Run], now: datetime) -> list[Coming]:
    """The trips to a place that are not handed over there, and those of today, first to last."""
    found = []
    for planned in roster.trips:
        stop = next(
            (s for s in planned.trip.stops if s.kind is StopKind.DROP and s.place_id == place_id), None
        )
        if stop is None:
            continue
        run = runs.get(planned.key, Run(*planned.key))
        signed = run.signed.get(place_id, ())
        today = stop.arrive.date() == local_day(now)
        old = stop.arrive.replace(tzinfo=BEIJING) < now - _SHOWN_FOR
        if run.state is Course.CANCELLED or ((len(signed) == 2 or old) and not today):
            continue
        ahead = {s.seq: arrive for s, arrive, _ in expected_times(run, planned) if s.seq > run.stop}
        riders = [
            w
            for w in planned.seat_of
            if roster.drop_of(w) == place_id and w not in run.not_coming and w not in run.absent
        ]
        found.append(
            Coming(
                plan_id=planned.plan_id,
                trip_id=planned.trip.trip_id,
                state=run.state,
                plate=run.plate,
                stop=stop.seq,
                planned=stop.arrive,
                expected=ahead.get(stop.seq),
                riders=tuple(riders),
                confirmed=place_id in run.confirmed,
                receives=run.receives.get(place_id),
                declined=place_id in run.declined,
                counted=run.counted.get(place_id),
                signed=signed,
            )
        )
    return sorted(found, key=lambda one: (one.expected or one.planned, one.trip_id))


def guests(hotel_id: str, journeys: Iterable[Journey], per_day: int, today: date) -> list[Guest]:
    """Who is in a hotel, or left it without release, by room."""
    here = [
        j for j in journeys if j.place_id == hotel_id and j.state in (*IN_ROOMS, Way.LEFT_HOTEL, Way.RELEASED)
    ]
    return [guest(j, per_day, today) for j in sorted(here, key=lambda j: (j.room or "", j.worker_id))]


def in_rooms(
    hotel_id: str, day: date, today: date, planned: Iterable[Stay], ways: Mapping[str, Journey]
) -> list[Stay]:
    """Who is or will be in which room of a hotel on a day: as reported, else as planned.

    Args:
        planned: the hotel's stays.
        ways: of these guests and of all who are in the hotel.
    """
    found = {}
    for stay in planned:
        way = ways.get(stay.worker_id, Journey(stay.worker_id))
        elsewhere = way.state in IN_ROOMS and way.place_id != hotel_id
        if way.state not in _NOT_COMING and not elsewhere:
            found[stay.worker_id] = replace(stay, check_out=_day(way.until) or stay.check_out)
    for way in ways.values():
        first, end = _day(way.check_in), _day(way.until)
        if way.place_id == hotel_id and way.room and first and end and way.state in IN_ROOMS:
            end = max(end, today + timedelta(days=1))  # who is there stays there tonight
            found[way.worker_id] = Stay(way.worker_id, hotel_id, way.room, first, end)
    return [stay for stay in found.values() if stay.check_in <= day < stay.check_out]


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def guest(way: Journey, per_day: int, today: date) -> Guest:
    in_room, taken = way.state in IN_ROOMS, way.readings.get(today.isoformat(), 0)
    # On the day of arrival the door's temperature is enough.
    owed = per_day if in_room and way.check_in != today.isoformat() else 0
    return Guest(
        worker_id=way.worker_id,
        state=way.state,
        room=way.room,
        check_in=way.check_in,
        until=way.until,
        today=taken,
        lacks_today=max(owed - taken, 0),
        missing=tuple(readings_missing(way, today, per_day)) if in_room else (),
        due=in_room and way.until is not None and way.until <= today.isoformat(),
    )


def awaited(enterprise_id: str, roster: Roster, journeys: Mapping[str, Journey]) -> list[Journey]:
    """Those of an enterprise's people who are not at work, or not yet, by their ids."""
    found = []
    for worker_id, expected in roster.workers:
        if expected.enterprise_id == enterprise_id:
            way = journeys.get(worker_id, Journey(worker_id))
            if way.state is not Way.RETURNED:
                found.append(way)
    return sorted(found, key=lambda way: way.worker_id)


def may_arrive(way: Journey, enterprise_id: str) -> bool:
    """Whether somebody would be at work with one tap: they are on the way from a hotel, or got off there."""
    got_off = way.state is Way.HANDED_OVER and way.place_id == enterprise_id
    return got_off or way.state in (Way.IN_TRANSFER, Way.RELEASED)


def certificate_number(series: str, last: int) -> str:
    """The number of the next certificate of a series: a serial number from 001 behind it."""
    return f"{series}-{last + 1:03d}"


def certificate_serial(number: str) -> int:
    """The serial number in that of a certificate; 0: whoever chose it chose none."""
    serial = number.rpartition("-")[2]
    return int(serial) if serial.isdecimal() else 0


def certificate_series(hotel_id: str, day: date) -> str:
    """What the numbers of a hotel's certificates of release of a day have in common."""
    return f"{hotel_id}-{day:%Y%m%d}"


def is_taken(room: str, party_id: str | None, others: Sequence[str | None]) -> bool:
    """Whether a room has no bed for somebody of a party beside others, given by their parties.

    A single room (``S…``) has one bed; any other has two, for people of one party.
    """
    if not others:
        return False
    return room.startswith("S") or len(others) > 1 or party_id is None or others[0] != party_id
