"""The states of workers and trips that follow from the log, and what raises a flag."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.builders import make_plan, make_scenario
from workforce.closed_loop import BEIJING, Course, Flag, Journey, Raised, Run, Way
from workforce.desks import coming
from workforce.journeys import advance_journey, readings_missing
from workforce.kits import kits_for
from workforce.plan import StopKind
from workforce.rosters import Roster
from workforce.runs import advance_run, expected_times, unexplained
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
        expected = ROSTER.expected(event.worker_id)
        drop_id = expected.drop_id if expected is not None else None
        raised = advance_run(now, event, ROSTER.trip("P", trip), drop_id)
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


def test_a_contact_whose_days_were_ordered_on_the_way_is_checked_in_all_the_same() -> None:
    ordered = happened(Kind.QUARANTINE_EXTENDED, "02 10:00", None, KEPT, until="2020-03-20")
    now, flags = way(KEPT, boarded(KEPT, QUARANTINE), ordered, checked_in())
    assert (now.check_in, now.until, flags) == ("2020-03-02", "2020-03-20", [])
    assert readings_missing(now, moment("05 01:00").date(), 2) == ["2020-03-03", "2020-03-04"]
    # The planned nights are owed whatever was ordered before.
    assert STAY is not None
    shorter = happened(Kind.QUARANTINE_EXTENDED, "02 10:00", None, KEPT, until="2020-03-03")
    assert way(KEPT, shorter, checked_in())[0].until == STAY.check_out.isoformat()


def test_who_was_released_and_is_ordered_back_begins_another_quarantine() -> None:
    free = [checked_in(), happened(Kind.RELEASED, "20 09:00", None, KEPT)]
    ordered = happened(Kind.QUARANTINE_EXTENDED, "22 09:00", None, KEPT, until="2020-04-05")
    work = happened(Kind.ARRIVED, "22 12:00", None, KEPT, place="E1")
    assert way(KEPT, *free, ordered, work)[1] == [Flag.NOT_RELEASED]
    now, _ = way(KEPT, *free, ordered, checked_in("23 12:00"))
    assert (now.check_in, now.until, now.released) == ("2020-03-23", "2020-04-05", False)
    assert readings_missing(now, moment("24 01:00").date(), 2) == []
    # Whoever owes nothing by the plan may be ordered as well.
    one = happened(Kind.QUARANTINE_EXTENDED, "01 09:00", None, RIDER, until="2020-03-15")
    assert way(RIDER, one, happened(Kind.TRANSFERRED, "02 09:00", None, RIDER))[1] == [Flag.NOT_RELEASED]


def test_nobody_is_released_from_a_quarantine_that_never_began() -> None:
    released = happened(Kind.RELEASED, "28 09:00", None, KEPT)
    assert way(KEPT, released)[1] == [Flag.RELEASED_EARLY]
    assert way(RIDER, happened(Kind.RELEASED, "28 09:00", None, RIDER))[1] == []


def test_whoever_is_free_may_leave_the_hotel() -> None:
    released = happened(Kind.RELEASED, "28 09:00", None, KEPT)
    left = happened(Kind.HOTEL_LEFT, "28 10:00", None, KEPT)
    now, flags = way(KEPT, checked_in(), released, left)
    assert (now.state, flags) == (Way.RELEASED, [])


def test_nobody_leaves_a_coach_on_the_way_who_is_known_to_be_elsewhere() -> None:
    gone = happened(Kind.MISSING, "02 13:00", QUARANTINE, KEPT, why="left_on_way")
    now, flags = way(KEPT, boarded(KEPT, QUARANTINE), checked_in(), gone)
    assert (now.state, flags) == (Way.IN_QUARANTINE, [Flag.CONTRADICTED])
    now, flags = way(KEPT, boarded(KEPT, STRAIGHT), gone)
    assert (now.state, now.trip_id, flags) == (Way.ABOARD, STRAIGHT, [Flag.CONTRADICTED])
    assert way(KEPT, boarded(KEPT, QUARANTINE), gone)[0].state is Way.LEFT_ON_WAY


def test_who_is_under_observation_on_the_coach_gets_off_like_anybody() -> None:
    watched = happened(Kind.OBSERVATION_BEGAN, "02 10:00", None, RIDER)
    off = happened(Kind.ALIGHTED, "02 11:00", STRAIGHT, RIDER, place=DROP)
    now, flags = way(RIDER, boarded(), watched, off)
    assert (now.state, flags) == (Way.HANDED_OVER, [])
    assert way(RIDER, watched, off)[1] == [Flag.NOT_ABOARD]


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
    ended, _ = course(STRAIGHT, *events, back)
    assert ended.state is Course.ENDED and expected_times(ended, planned(STRAIGHT)) == []


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


def test_a_stop_that_a_second_phone_tells_of_later_changes_nothing() -> None:
    pickup = stop(STRAIGHT, StopKind.PICKUP)
    begun = [
        happened(Kind.LEFT, "02 08:00", STRAIGHT, stop=1),
        happened(Kind.REACHED, f"02 {pickup.arrive:%H:%M}", STRAIGHT, stop=pickup.seq),
        happened(Kind.LEFT, f"02 {pickup.depart:%H:%M}", STRAIGHT, stop=pickup.seq),
    ]
    now, _ = course(STRAIGHT, *begun)
    for kind in (Kind.REACHED, Kind.LEFT):
        again, flags = course(STRAIGHT, *begun, happened(kind, "02 23:00", STRAIGHT, stop=pickup.seq))
        assert (again.stop, again.left, again.delay, flags) == (now.stop, True, now.delay, [])


def test_a_coach_that_comes_to_a_stop_has_departed_whoever_failed_to_say_so() -> None:
    pickup = stop(STRAIGHT, StopKind.PICKUP)
    now, flags = course(STRAIGHT, happened(Kind.REACHED, "02 08:40", STRAIGHT, stop=pickup.seq))
    assert Flag.DEPARTED_UNCONFIRMED in flags and now.departed_at is not None
    waits, flags = course(STRAIGHT, happened(Kind.REACHED, "02 07:40", STRAIGHT, stop=1))
    assert flags == [] and waits.departed_at is None


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


def test_whoever_receives_fewer_than_come_has_not_confirmed() -> None:
    heads = planned(STRAIGHT).drops["E1"]
    fewer = happened(Kind.DESTINATION_CONFIRMED, "01 11:00", STRAIGHT, place="E1", heads=heads - 1)
    enough = happened(Kind.DESTINATION_CONFIRMED, "01 12:00", STRAIGHT, place="E1", heads=heads)
    run, flags = course(STRAIGHT, fewer)
    assert (run.confirmed, flags) == ((), [Flag.CONFIRMED_FEWER])
    run, flags = course(STRAIGHT, fewer, enough)
    assert (run.confirmed, flags) == (("E1",), [])
    assert course(STRAIGHT, enough, happened(
        Kind.DESTINATION_CONFIRMED, "01 13:00", STRAIGHT, place="E1", heads=0
    ))[0].confirmed == ()  # fmt: skip


def test_whoever_withdrew_needs_no_room() -> None:
    def confirmed(heads: int) -> Event:
        return happened(Kind.DESTINATION_CONFIRMED, "01 12:00", STRAIGHT, place=DROP, heads=heads)

    heads = planned(STRAIGHT).drops[DROP]
    withdrew = happened(Kind.WITHDREW, "01 10:00", STRAIGHT, RIDER)
    later = happened(Kind.WITHDREW, "01 13:00", STRAIGHT, RIDER)
    other = happened(Kind.WITHDREW, "01 10:00", STRAIGHT, "J1")  # who gets off elsewhere
    assert course(STRAIGHT, withdrew, confirmed(heads - 1))[0].confirmed == (DROP,)
    assert course(STRAIGHT, confirmed(heads - 1), later)[0].confirmed == (DROP,)
    assert course(STRAIGHT, other, confirmed(heads - 1))[1] == [Flag.CONFIRMED_FEWER]
    assert course(STRAIGHT, other)[0].confirmed == ("E2",)  # to which nobody else comes
    assert course(STRAIGHT, other, boarded("J1"))[1] == [Flag.CONFIRMED_FEWER]
    run, flags = course(STRAIGHT, withdrew, confirmed(heads - 1), boarded())
    assert (run.confirmed, flags) == ((), [Flag.CONFIRMED_FEWER])  # they came all the same
    run, flags = course(STRAIGHT, withdrew, confirmed(heads), boarded())
    assert (run.confirmed, flags) == ((DROP,), [])
    aboard, _ = course(STRAIGHT, boarded(), happened(Kind.WITHDREW, "02 10:00", STRAIGHT, RIDER))
    assert aboard.not_coming == {} and RIDER in aboard.seats


def test_who_is_missing_needs_no_room_and_the_desk_counts_alike() -> None:
    heads = planned(STRAIGHT).drops[DROP]
    missing = happened(Kind.MISSING, "02 09:00", STRAIGHT, "W2", why="no_show")
    enough = happened(Kind.DESTINATION_CONFIRMED, "02 10:00", STRAIGHT, place=DROP, heads=heads - 1)
    run, flags = course(STRAIGHT, missing, enough)
    [told] = coming(DROP, ROSTER, {("P", STRAIGHT): run}, moment("02 10:00"))
    assert (told.confirmed, told.receives, len(told.riders), flags) == (True, heads - 1, heads - 1, [])
    # Whoever gets off was aboard, whatever was said.
    off = happened(Kind.ALIGHTED, "02 11:00", STRAIGHT, "W2", place=DROP)
    run, flags = course(STRAIGHT, missing, enough, off)
    [told] = coming(DROP, ROSTER, {("P", STRAIGHT): run}, moment("02 11:00"))
    assert (set(told.riders), flags) == ({RIDER, "W2"}, [Flag.CONFIRMED_FEWER])


def test_what_a_substitute_costs_on_top_is_put_before_somebody() -> None:
    costly = happened(Kind.VEHICLE_CHANGED, "02 10:00", STRAIGHT, plate="Y", cost_fen=90000)
    assert course(STRAIGHT, costly)[1] == [Flag.SUBSTITUTE_COST]
    assert course(STRAIGHT, happened(Kind.VEHICLE_CHANGED, "02 10:00", STRAIGHT, plate="Y"))[1] == []
