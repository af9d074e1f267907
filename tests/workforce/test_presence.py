"""Where a worker was, from what was reported of them."""

from __future__ import annotations

from dataclasses import replace

from tests.workforce.loop import RULES, expected_of, happened, track_of
from workforce.triplog import Kind

BOARDED = happened(Kind.BOARDED, 8)
COACH = ("coach", "p", "T1", 1, 8.0, None)
PICKUP = ("pickup", "P1", "", None, 7.5, 8.0)


def test_who_boards_has_waited_and_sits_on_the_coach() -> None:
    assert track_of([BOARDED], expected_of()) == [PICKUP, COACH]


def test_who_never_boarded_is_nowhere() -> None:
    reports = [
        happened(Kind.MEASURED, 7, where="door"),
        happened(Kind.MISSING, 8, why="no_show"),
        happened(Kind.SEATED, 9, seat=4),
        happened(Kind.ALIGHTED, 10),
        happened(Kind.WITHDREW, 11),
    ]
    assert track_of(reports, expected_of()) == []


def test_a_wrong_coach_is_where_they_really_sat() -> None:
    """The seat and the pickup that the plan has are those of another coach: they are not made up."""
    boarded = happened(Kind.BOARDED, 8, place="P9", trip="T2")
    pickup = ("pickup", "P9", "", None, 7.5, 8.0)
    assert track_of([boarded], expected_of()) == [pickup, ("coach", "p", "T2", None, 8.0, None)]
    told = happened(Kind.BOARDED, 8, trip="T2", seat=7)
    assert track_of([told], expected_of()) == [("coach", "p", "T2", 7, 8.0, None)]


def test_another_seat_splits_the_ride() -> None:
    reports = [BOARDED, happened(Kind.SEATED, 9, seat=1), happened(Kind.SEATED, 10, seat=30)]
    rides = track_of(reports, expected_of())[1:]
    assert rides == [("coach", "p", "T1", 1, 8.0, 10.0), ("coach", "p", "T1", 30, 10.0, None)]


def test_boarding_reported_twice_is_one_ride() -> None:
    again = [BOARDED, happened(Kind.BOARDED, 8.2), happened(Kind.BOARDED, 8.4, seat=5)]
    rides = track_of(again, expected_of())
    assert rides == [PICKUP, ("coach", "p", "T1", 1, 8.0, 8.4), ("coach", "p", "T1", 5, 8.4, None)]


def test_getting_off_ends_the_ride_and_waiting_there_is_short() -> None:
    off = happened(Kind.ALIGHTED, 12, place="H1")
    ride = ("coach", "p", "T1", 1, 8.0, 12.0)
    assert track_of([BOARDED, off], expected_of()) == [
        PICKUP,
        ride,
        ("hand_over", "H1", "", None, 12.0, 12.5),
    ]
    into = happened(Kind.CHECKED_IN, 12.25, place="H1", room="S1")
    assert track_of([BOARDED, off, into], expected_of())[2:] == [
        ("hand_over", "H1", "", None, 12.0, 12.25),
        ("room", "H1", "S1", None, 12.25, None),
    ]
    no_wait = replace(RULES, waiting_minutes=0)
    assert track_of([BOARDED, off], expected_of(), no_wait) == [ride]


def test_leaving_on_the_way_ends_the_ride_and_other_absences_do_not() -> None:
    left = happened(Kind.MISSING, 10, why="left_on_way")
    assert track_of([BOARDED, left], expected_of())[-1] == ("coach", "p", "T1", 1, 8.0, 10.0)
    stale = happened(Kind.MISSING, 10, why="no_show")
    assert track_of([BOARDED, stale], expected_of())[-1] == COACH
    elsewhere = happened(Kind.MISSING, 10, why="left_on_way", trip="T2")
    assert track_of([BOARDED, elsewhere], expected_of())[-1] == COACH


def test_a_room_lasts_until_it_is_left_whichever_way() -> None:
    into = happened(Kind.CHECKED_IN, 12, place="H1", room="S1")
    for kind in (Kind.HOTEL_LEFT, Kind.RELEASED, Kind.TRANSFERRED, Kind.ARRIVED):
        assert track_of([into, happened(kind, 20, place="E1")]) == [("room", "H1", "S1", None, 12.0, 20.0)]
    same = happened(Kind.ROOM_MOVED, 14, place="H1", room="S1")
    moved = happened(Kind.ROOM_MOVED, 15, place="H1", room="S2")
    assert track_of([into, same, moved]) == [
        ("room", "H1", "S1", None, 12.0, 15.0),
        ("room", "H1", "S2", None, 15.0, None),
    ]


def test_nobody_waits_at_a_pickup_while_they_are_elsewhere() -> None:
    into = happened(Kind.CHECKED_IN, 7, place="H1", room="S1")
    out = happened(Kind.HOTEL_LEFT, 7.75)
    assert track_of([into, out, BOARDED], expected_of())[1] == ("pickup", "P1", "", None, 7.75, 8.0)
    assert track_of([into, BOARDED], expected_of()) == [("room", "H1", "S1", None, 7.0, 8.0), COACH]
