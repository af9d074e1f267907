"""The states of workers and trips that follow from the log, and what raises a flag."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.builders import make_plan, make_scenario
from workforce.closed_loop import (
    BEIJING,
    Course,
    Flag,
    Journey,
    Raised,
    Run,
    Way,
    advance_journey,
    advance_run,
    expected_times,
    readings_missing,
    unexplained,
)
from workforce.kits import kits_for
from workforce.plan import StopKind
from workforce.rosters import Roster
from workforce.triplog import Event, Kind
from workforce.views import Published

SCENARIO = make_scenario()
ROSTER = Roster([Published("P", SCENARIO, make_plan(SCENARIO))])
STRAIGHT, QUARANTINE = "T1", "T2"  # trips of the base plan: to work, and to the hotel
RIDER, KEPT = "W1", "Q1"


def moment(text: str) -> datetime:
    """``DAY HOUR:MINUTE`` of March 2020, local time."""
    return datetime.strptime(f"2020-03-{text}", "%Y-%m-%d %H:%M").replace(tzinfo=BEIJING)


def happened(kind: Kind, at: str, trip: str | None = None, worker: str | None = None, **more: Any) -> Event:
    says = {name: value for name, value in more.items() if name != "place"}
    plan = "P" if trip else None
    when = moment(at)
    return Event(kind, f"{kind}-{at}", when, when, "a", None, plan, trip, worker, more.get("place"), says)


def way(worker: str, *events: Event) -> tuple[Journey, list[Flag]]:
    """A worker's way after events, and the flags of the last one."""
    now, raised = Journey(worker), list[Raised]()
    for event in events:
        raised = advance_journey(now, event, ROSTER.expected(worker), ROSTER.rules)
    return now, [one.flag for one in raised]


def course(trip: str, *events: Event) -> tuple[Run, list[Flag]]:
    now, raised = Run("P", trip), list[Raised]()
    for event in events:
        raised = advance_run(now, event, ROSTER.trip("P", trip))
    return now, [one.flag for one in raised]


def planned(trip: str) -> Any:
    found = ROSTER.trip("P", trip)
    assert found is not None
    return found


def stop(trip: str, kind: StopKind) -> Any:
    return next(s for s in planned(trip).trip.stops if s.kind is kind)


def boarded(worker: str = RIDER, trip: str = STRAIGHT, at: str = "02 09:00", **more: Any) -> Event:
    return happened(Kind.BOARDED, at, trip, worker, **more)


DROP = ROSTER.expected(RIDER).drop_id if ROSTER.expected(RIDER) else ""
STAY = ROSTER.expected(KEPT).stay if ROSTER.expected(KEPT) else None


def checked_in(at: str = "02 12:00", room: str | None = None) -> Event:
    assert STAY is not None
    return happened(Kind.CHECKED_IN, at, QUARANTINE, KEPT, place=STAY.hotel_id, room=room or STAY.room)


def test_a_rider_without_nights_returns() -> None:
    alighted = happened(Kind.ALIGHTED, "02 11:00", STRAIGHT, RIDER, place=DROP)
    arrived = happened(Kind.ARRIVED, "02 11:30", STRAIGHT, RIDER, place="E1")
    assert way(RIDER)[0].state is Way.EXPECTED
    assert way(RIDER, boarded())[0].state is Way.ABOARD
    assert way(RIDER, boarded())[0].seat == planned(STRAIGHT).seat_of[RIDER]
    assert way(RIDER, boarded(), alighted) == (way(RIDER, boarded(), alighted)[0], [])
    assert way(RIDER, boarded(), alighted)[0].state is Way.HANDED_OVER
    now, flags = way(RIDER, boarded(), alighted, arrived)
    assert now.state is Way.RETURNED and flags == []


def test_a_rider_with_nights_stays_reads_and_returns() -> None:
    assert STAY is not None
    nights = (STAY.check_out - STAY.check_in).days
    way_there = [
        boarded(KEPT, QUARANTINE),
        happened(Kind.ALIGHTED, "02 11:00", QUARANTINE, KEPT, place=STAY.hotel_id),
        checked_in(),
    ]
    readings = [
        happened(Kind.MEASURED, f"{2 + day:02} {hour}:00", None, KEPT, where="hotel")
        for day in range(1, nights)
        for hour in ("08", "18")
    ]
    last = f"{2 + nights:02}"
    home = [
        happened(Kind.RELEASED, f"{last} 09:00", None, KEPT, certificate="C-1"),
        happened(Kind.TRANSFERRED, f"{last} 10:00", None, KEPT),
        happened(Kind.ARRIVED, f"{last} 11:00", None, KEPT, place="E1"),
    ]
    now, flags = way(KEPT, *way_there)
    assert now.state is Way.IN_QUARANTINE and flags == []
    assert (now.room, now.until) == (STAY.room, STAY.check_out.isoformat())
    everything = [*way_there, *readings, *home]
    for count in range(len(everything) - 2, len(everything) + 1):
        assert way(KEPT, *everything[:count])[1] == []
    assert way(KEPT, *everything)[0].state is Way.RETURNED
    # Without the readings, and too early.
    assert way(KEPT, *way_there, home[0])[1] == [Flag.READINGS_MISSING]
    early = happened(Kind.RELEASED, f"{1 + nights:02} 09:00", None, KEPT)
    assert Flag.RELEASED_EARLY in way(KEPT, *way_there, *readings, early)[1]
    assert way(KEPT, *way_there, home[2])[1] == [Flag.NOT_RELEASED]


def test_whole_days_between_check_in_and_today_want_readings() -> None:
    now, _ = way(KEPT, boarded(KEPT, QUARANTINE), checked_in("02 12:00"))
    assert readings_missing(now, moment("05 01:00").date(), 2) == ["2020-03-03", "2020-03-04"]
    one = happened(Kind.MEASURED, "03 08:00", None, KEPT, where="hotel")
    other = happened(Kind.MEASURED, "03 20:00", None, KEPT, where="door")
    now, _ = way(KEPT, boarded(KEPT, QUARANTINE), checked_in("02 12:00"), one, other)
    assert readings_missing(now, moment("04 01:00").date(), 1) == []
    assert readings_missing(now, moment("04 01:00").date(), 2) == ["2020-03-03"]


@pytest.mark.parametrize(
    ("worker", "events", "flags", "state"),
    [
        ("X1", [boarded("X1")], [Flag.BOARDED_WITHOUT_SEAT], Way.ABOARD),
        (RIDER, [boarded(trip=QUARANTINE)], [Flag.WRONG_COACH], Way.ABOARD),
        (
            RIDER,
            [happened(Kind.MISSING, "02 09:00", STRAIGHT, RIDER, why="no_show")],
            [Flag.NO_SHOW],
            Way.ABSENT,
        ),
        (
            RIDER,
            [boarded(), happened(Kind.MISSING, "02 09:05", STRAIGHT, RIDER, why="no_show")],
            [Flag.CONTRADICTED],
            Way.ABOARD,
        ),
        (
            RIDER,
            [boarded(), happened(Kind.MISSING, "02 09:05", STRAIGHT, RIDER, why="other_coach")],
            [],
            Way.ABOARD,
        ),
        (
            RIDER,
            [happened(Kind.MISSING, "02 09:00", STRAIGHT, RIDER, why="no_show"), boarded(at="02 09:05")],
            [],
            Way.ABOARD,
        ),
        (
            RIDER,
            [boarded(), happened(Kind.MISSING, "02 10:00", STRAIGHT, RIDER, why="left_on_way")],
            [Flag.LEFT_ON_WAY],
            Way.LEFT_ON_WAY,
        ),
        (
            RIDER,
            [happened(Kind.ALIGHTED, "02 11:00", STRAIGHT, RIDER, place=DROP)],
            [Flag.NOT_ABOARD],
            Way.HANDED_OVER,
        ),
        (
            RIDER,
            [boarded(), happened(Kind.ALIGHTED, "02 11:00", STRAIGHT, RIDER, place="elsewhere")],
            [Flag.ALIGHTED_ELSEWHERE],
            Way.HANDED_OVER,
        ),
        (RIDER, [happened(Kind.WITHDREW, "01 09:00", None, RIDER)], [Flag.WITHDREW], Way.WITHDRAWN),
        (
            KEPT,
            [boarded(KEPT, QUARANTINE), checked_in(room="S99")],
            [Flag.UNEXPECTED_ROOM],
            Way.IN_QUARANTINE,
        ),
        (
            KEPT,
            [checked_in(), happened(Kind.HOTEL_LEFT, "03 09:00", None, KEPT)],
            [Flag.LEFT_HOTEL],
            Way.LEFT_HOTEL,
        ),
        (
            KEPT,
            [checked_in(), happened(Kind.OBSERVATION_BEGAN, "03 09:00", None, KEPT)],
            [Flag.OBSERVED],
            Way.UNDER_OBSERVATION,
        ),
        (
            KEPT,
            [
                checked_in(),
                happened(Kind.OBSERVATION_BEGAN, "03 09:00", None, KEPT),
                happened(Kind.OBSERVATION_ENDED, "03 19:00", None, KEPT),
            ],
            [],
            Way.IN_QUARANTINE,
        ),
        (
            RIDER,
            [boarded(), happened(Kind.ARRIVED, "02 12:00", None, RIDER, place="E2")],
            [Flag.OTHER_ENTERPRISE],
            Way.RETURNED,
        ),
    ],
)
def test_what_happens_is_taken_and_flagged(
    worker: str, events: list[Event], flags: list[Flag], state: Way
) -> None:
    now, raised = way(worker, *events)
    assert (raised, now.state) == (flags, state)


def test_a_contact_stays_longer_and_the_days_go_on_after_a_walk() -> None:
    extended = happened(Kind.QUARANTINE_EXTENDED, "04 09:00", None, KEPT, until="2020-03-18")
    left = happened(Kind.HOTEL_LEFT, "05 09:00", None, KEPT)
    now, _ = way(KEPT, checked_in(), extended, left, checked_in("05 20:00"))
    assert (now.state, now.until, now.check_in) == (Way.IN_QUARANTINE, "2020-03-18", "2020-03-02")


def ready(trip: str) -> list[Event]:
    """What the first stage asks for."""
    one = planned(trip)
    kits = kits_for(one.trip, len(one.seat_of), one.rules)
    return [
        happened(Kind.VEHICLE_NAMED, "02 06:00", trip, plate="A12345"),
        *(
            happened(Kind.DESTINATION_CONFIRMED, "02 06:01", trip, place=d, heads=n)
            for d, n in one.drops.items()
        ),
        *(happened(Kind.KITS_ISSUED, "02 06:02", trip, place="F1", kit=k, count=n) for k, n in kits.items()),
        happened(Kind.ROSTER_CLOSED, "02 06:03", trip, riders=len(one.seat_of)),
    ]


def test_a_trip_is_organised_when_the_first_stage_has_all_it_asks_for() -> None:
    events = ready(STRAIGHT)
    for count in range(len(events)):
        assert course(STRAIGHT, *events[:count])[0].state is Course.PLANNED
    assert course(STRAIGHT, *events)[0].state is Course.ORGANISED
    left = happened(Kind.LEFT, "02 08:00", STRAIGHT, stop=1)
    assert course(STRAIGHT, *events, left)[1] == []
    now, flags = course(STRAIGHT, left)
    assert now.state is Course.ON_THE_WAY
    assert set(flags) >= {
        Flag.DEPARTED_UNNAMED,
        Flag.DEPARTED_UNCONFIRMED,
        Flag.DEPARTED_ROSTER_OPEN,
        Flag.DEPARTED_WITHOUT_KITS,
    }


def hand_over(trip: str, but: str | None = None) -> list[Event]:
    """The way of a trip from its depot to the last signature, as planned."""
    one = planned(trip)
    events = [*ready(trip), happened(Kind.LEFT, "02 08:00", trip, stop=1)]
    expected = {w: ROSTER.expected(w) for w in one.seat_of}
    riders = [w for w in one.seat_of if w != but]
    events += [boarded(w, trip, "02 08:50") for w in riders]
    for s in one.trip.stops:
        if s.kind is not StopKind.DROP:
            continue
        at = s.arrive.strftime("%d %H:%M")
        here = [w for w in riders if (e := expected[w]) is not None and e.drop_id == s.place_id]
        events.append(happened(Kind.REACHED, at, trip, stop=s.seq))
        events += [happened(Kind.ALIGHTED, at, trip, w, place=s.place_id) for w in here]
        events.append(happened(Kind.COUNTED, at, trip, place=s.place_id, heads=len(here)))
        events += [
            happened(Kind.SIGNED, at, trip, place=s.place_id, side=side) for side in ("carrier", "receiver")
        ]
    return events


def test_a_trip_is_handed_over_when_both_sides_have_signed_everywhere() -> None:
    events = hand_over(STRAIGHT)
    assert course(STRAIGHT, *events[:-1])[0].state is Course.ARRIVED
    now, flags = course(STRAIGHT, *events)
    assert (now.state, flags) == (Course.HANDED_OVER, [])
    assert unexplained(now, planned(STRAIGHT)) == []
    back = happened(Kind.REACHED, "02 23:00", STRAIGHT, stop=len(planned(STRAIGHT).trip.stops))
    assert course(STRAIGHT, *events, back)[0].state is Course.ENDED


def test_a_rider_nobody_explains_is_asked_for() -> None:
    events = hand_over(STRAIGHT, but=RIDER)
    now, flags = course(STRAIGHT, *events)
    assert flags == [Flag.SIGNED_INCOMPLETE] and unexplained(now, planned(STRAIGHT)) == [RIDER]
    absent = happened(Kind.MISSING, "02 08:51", STRAIGHT, RIDER, why="no_show")
    assert course(STRAIGHT, *events[:-1], absent, events[-1])[1] == []


@pytest.mark.parametrize(
    ("event", "flag", "state"),
    [
        (happened(Kind.BROKE_DOWN, "02 10:00", STRAIGHT), Flag.BROKE_DOWN, Course.HALTED),
        (happened(Kind.ROAD_CLOSED, "02 10:00", STRAIGHT), Flag.ROAD_CLOSED, Course.HALTED),
        (happened(Kind.ENTRY_REFUSED, "02 10:00", STRAIGHT, place="E1"), Flag.ENTRY_REFUSED, Course.HALTED),
        (happened(Kind.DELAYED, "02 10:00", STRAIGHT, minutes=60), Flag.LATE, Course.ON_THE_WAY),
        (happened(Kind.REACHED, "02 10:00", STRAIGHT, stop=77), Flag.UNKNOWN_STOP, Course.ON_THE_WAY),
        (happened(Kind.TRIP_CANCELLED, "02 10:00", STRAIGHT), Flag.TRIP_CANCELLED, Course.CANCELLED),
        (
            happened(Kind.COUNTED, "02 10:00", STRAIGHT, place="E1", heads=1),
            Flag.HEADS_DIFFER,
            Course.ON_THE_WAY,
        ),
    ],
)
def test_troubles_on_the_way(event: Event, flag: Flag, state: Course) -> None:
    left = happened(Kind.LEFT, "02 08:00", STRAIGHT, stop=1)
    now, flags = course(STRAIGHT, *ready(STRAIGHT), left, event)
    assert (flags, now.state) == ([flag], state)
    if state is Course.HALTED:
        changed = happened(Kind.VEHICLE_CHANGED, "02 11:00", STRAIGHT, plate="B54321")
        now, _ = course(STRAIGHT, *ready(STRAIGHT), left, event, changed)
        assert (now.state, now.plate) == (Course.ON_THE_WAY, "B54321")


def test_two_on_one_seat() -> None:
    _, flags = course(STRAIGHT, boarded(RIDER, seat=3), boarded("W2", seat=3))
    assert flags == [Flag.SEAT_TAKEN]
    _, flags = course(STRAIGHT, boarded(RIDER, seat=3), boarded(RIDER, seat=3))
    assert flags == []


def test_a_trip_that_no_plan_has() -> None:
    now = Run("P", "T9")
    raised = advance_run(now, happened(Kind.LEFT, "02 08:00", "T9", stop=1), None)
    assert [one.flag for one in raised] == [Flag.UNKNOWN_TRIP] and now.state is Course.PLANNED


def test_what_a_coach_is_behind_is_carried_on_and_made_up_for_at_long_stops() -> None:
    depart = stop(STRAIGHT, StopKind.DEPART)
    late = happened(Kind.LEFT, f"02 {depart.depart:%H}:{depart.depart.minute + 30:02}", STRAIGHT, stop=1)
    now, _ = course(STRAIGHT, late)
    assert now.delay == 30
    ahead = expected_times(now, planned(STRAIGHT))
    assert [s.seq for s, _, _ in ahead] == [s.seq for s in planned(STRAIGHT).trip.stops[1:]]
    behind = [int((arrive - s.arrive).total_seconds() // 60) for s, arrive, _ in ahead]
    assert behind[0] == 30 and behind == sorted(behind, reverse=True)
