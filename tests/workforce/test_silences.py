"""What nobody reported, and when it becomes somebody's business."""

from __future__ import annotations

import pytest

from tests.workforce.test_closed_loop import (
    DROP,
    KEPT,
    QUARANTINE,
    RIDER,
    ROSTER,
    STAY,
    STRAIGHT,
    boarded,
    checked_in,
    course,
    happened,
    moment,
    way,
)
from workforce.closed_loop import Flag
from workforce.silences import SILENT, silences
from workforce.triplog import Event, Kind

HOTEL = STAY.hotel_id if STAY else ""
NO_SHOWS = [happened(Kind.MISSING, "02 09:00", STRAIGHT, w, why="no_show") for w in ("W1", "W2", "J1")]
LEFT = happened(Kind.LEFT, "02 08:00", STRAIGHT, stop=1)
THERE = happened(Kind.REACHED, "02 13:00", STRAIGHT, stop=5)
SIGNED = [
    happened(Kind.SIGNED, "02 13:00", STRAIGHT, place=place, side=side)
    for place in ("E1", "E2")
    for side in ("carrier", "receiver")
]
OFF_AT_HOTEL = [boarded(KEPT, QUARANTINE), happened(Kind.ALIGHTED, "02 11:00", QUARANTINE, KEPT, place=HOTEL)]
READ = [
    happened(Kind.MEASURED, f"{day} {clock}:00", None, KEPT, where="hotel")
    for day in ("03", "04")
    for clock in ("08", "20")
]


def of_trip(at: str, *events: Event) -> list[Flag]:
    run, _ = course(STRAIGHT, *events)
    return [
        one.flag
        for one in silences(ROSTER, {("P", STRAIGHT): run}, {}, moment(at))
        if one.trip_id == STRAIGHT
    ]


@pytest.mark.parametrize(
    ("events", "before", "after", "flag"),
    [
        ([], "02 13:59", "02 14:00", Flag.DEPARTURE_UNREPORTED),
        ([LEFT], "02 14:00", "02 23:00", Flag.ARRIVAL_UNREPORTED),
        ([LEFT, happened(Kind.DELAYED, "02 10:00", STRAIGHT, minutes=600)], "02 23:00", "03 09:00",
         Flag.ARRIVAL_UNREPORTED),
        ([LEFT, THERE, *SIGNED[:3]], "02 14:00", "02 23:00", Flag.HANDOVER_UNSIGNED),
    ],
)  # fmt: skip
def test_a_trip_of_which_nothing_is_heard(events: list[Event], before: str, after: str, flag: Flag) -> None:
    assert of_trip(before, *events) == []
    assert of_trip(after, *events) == [flag]


def test_a_trip_that_is_over_is_silent_for_good() -> None:
    assert of_trip("09 08:00", LEFT, THERE, *SIGNED) == []
    assert of_trip("09 08:00", happened(Kind.TRIP_CANCELLED, "02 07:00", STRAIGHT)) == []


def of_worker(worker: str, at: str, *events: Event) -> list[tuple[Flag, str | None]]:
    trip = QUARANTINE if worker == KEPT else STRAIGHT
    run, _ = course(trip, *(e for e in events if e.trip_id))
    ways = {worker: way(worker, *events)[0]}
    found = silences(ROSTER, {("P", trip): run}, ways, moment(at))
    return [(one.flag, one.values.get("day")) for one in found if one.worker_id == worker]


@pytest.mark.parametrize(
    ("worker", "events", "before", "after", "told"),
    [
        (
            RIDER,
            [happened(Kind.MISSING, "02 09:00", STRAIGHT, RIDER, why="other_coach")],
            "02 14:59", "02 15:00", (Flag.OTHER_COACH_UNKNOWN, None),
        ),
        (
            RIDER,
            [boarded(), happened(Kind.ALIGHTED, "02 11:00", STRAIGHT, RIDER, place=DROP)],
            "03 16:59", "03 17:00", (Flag.NOT_AT_WORK, "2020-03-03"),
        ),
        (KEPT, OFF_AT_HOTEL, "02 16:59", "02 17:00", (Flag.CHECK_IN_UNREPORTED, None)),
        (KEPT, [*OFF_AT_HOTEL, checked_in()], "04 05:59", "04 06:00", (Flag.READINGS_OVERDUE, "2020-03-03")),
        (KEPT, [*OFF_AT_HOTEL, checked_in(), happened(Kind.RELEASED, "16 09:00", None, KEPT)],
         "17 14:59", "17 15:00", (Flag.NOT_AT_WORK, "2020-03-17")),
    ],
)  # fmt: skip
def test_somebody_of_whom_nothing_is_heard(
    worker: str, events: list[Event], before: str, after: str, told: tuple[Flag, str | None]
) -> None:
    assert of_worker(worker, before, *events) == []
    assert of_worker(worker, after, *events) == [told]


def test_a_guest_whose_nights_are_over_is_still_measured() -> None:
    assert STAY is not None
    guest = [*OFF_AT_HOTEL, checked_in(), *READ]
    assert of_worker(KEPT, "06 05:59", *guest) == []
    overdue = Flag.RELEASE_OVERDUE, STAY.check_out.isoformat()
    unread = Flag.READINGS_OVERDUE, "2020-03-05"
    assert of_worker(KEPT, "06 06:00", *guest) == [overdue, unread]
    # Who is observed, or was told to stay longer, is not to be released yet.
    held = happened(Kind.OBSERVATION_BEGAN, "05 08:00", None, KEPT)
    longer = happened(Kind.QUARANTINE_EXTENDED, "05 08:00", None, KEPT, until="2020-03-30")
    for one in (held, longer):
        assert of_worker(KEPT, "06 06:00", *guest, one) == [unread]


def test_who_is_observed_after_the_release_is_no_guest_any_more() -> None:
    released = happened(Kind.RELEASED, "16 09:00", None, KEPT)
    again = happened(Kind.OBSERVATION_BEGAN, "18 09:00", None, KEPT)
    assert of_worker(KEPT, "25 08:00", *OFF_AT_HOTEL, checked_in(), released, again) == []


def test_who_was_ordered_into_a_room_is_not_missed_at_work() -> None:
    off = [boarded(), happened(Kind.ALIGHTED, "02 11:00", STRAIGHT, RIDER, place=DROP)]
    ordered = happened(Kind.QUARANTINE_EXTENDED, "02 15:00", None, RIDER, until="2020-03-16")
    assert of_worker(RIDER, "04 08:00", *off, ordered) == [(Flag.CHECK_IN_UNREPORTED, None)]


def test_a_temperature_is_no_arrival() -> None:
    off = [boarded(), happened(Kind.ALIGHTED, "02 11:00", STRAIGHT, RIDER, place=DROP)]
    taken = happened(Kind.MEASURED, "03 16:30", None, RIDER, where="home")
    assert of_worker(RIDER, "03 17:00", *off, taken) == [(Flag.NOT_AT_WORK, "2020-03-03")]


def test_of_whom_all_reports_are_void_nothing_is_asked() -> None:
    assert of_worker(RIDER, "09 08:00") == []


def test_who_did_not_come_or_is_back_at_work_is_not_waited_for() -> None:
    arrived = happened(Kind.ARRIVED, "02 11:30", STRAIGHT, RIDER, place="E1")
    assert of_worker(RIDER, "09 08:00", boarded(), arrived) == []
    assert of_worker(RIDER, "09 08:00", NO_SHOWS[0]) == []


def test_every_silence_is_a_flag_of_its_own() -> None:
    raised = {
        Flag.DEPARTURE_UNREPORTED, Flag.ARRIVAL_UNREPORTED, Flag.HANDOVER_UNSIGNED, Flag.OTHER_COACH_UNKNOWN,
        Flag.NOT_AT_WORK, Flag.CHECK_IN_UNREPORTED, Flag.READINGS_OVERDUE, Flag.RELEASE_OVERDUE,
    }  # fmt: skip
    assert raised == SILENT
