"""What lies on the desks: guests and their temperatures, numbers of certificates, beds."""

from __future__ import annotations

from datetime import date

import pytest

from workforce.closed_loop import Flag, Journey, Way
from workforce.desks import (
    certificate_number,
    certificate_serial,
    certificate_series,
    guest,
    guests,
    is_taken,
    may_arrive,
)
from workforce.problems import UNSERVED, hours_for

TODAY = date(2020, 3, 4)
IN_ROOM = Journey(
    "Q1", Way.IN_QUARANTINE, place_id="H1", room="T1", check_in="2020-03-02", until="2020-03-16"
)


def test_a_guest_lacks_what_was_not_taken_today_and_on_whole_days() -> None:
    told = guest(IN_ROOM, 2, TODAY)
    assert (told.lacks_today, told.missing, told.due) == (2, ("2020-03-03",), False)
    fine = guest(Journey(**{**_told(IN_ROOM), "readings": {"2020-03-03": 2, "2020-03-04": 1}}), 2, TODAY)
    assert (fine.today, fine.lacks_today, fine.missing) == (1, 1, ())
    assert guest(IN_ROOM, 2, date(2020, 3, 2)).lacks_today == 0  # the day of arrival
    assert guest(IN_ROOM, 2, date(2020, 3, 16)).due


def test_guests_are_those_of_the_hotel_by_room() -> None:
    others = [
        Journey("A", Way.IN_QUARANTINE, place_id="H2", room="S1"),
        Journey("B", Way.RETURNED, place_id="H1"),
        Journey("C", Way.LEFT_HOTEL, place_id="H1", room="S1"),
    ]
    assert [g.worker_id for g in guests("H1", [IN_ROOM, *others], 2, TODAY)] == ["C", "Q1"]


@pytest.mark.parametrize(
    ("room", "party", "others", "taken"),
    [
        ("S1", None, [], False),
        ("S1", "P", ["P"], True),
        ("T1", "P", ["P"], False),
        ("T1", "P", ["Q"], True),
        ("T1", None, [None], True),
        ("T1", "P", ["P", "P"], True),
    ],
)
def test_a_bed_is_taken_by_anybody_in_a_single_and_by_others_or_two_in_a_twin(
    room: str, party: str | None, others: list[str | None], taken: bool
) -> None:
    assert is_taken(room, party, others) is taken


def test_certificates_are_numbered_by_hotel_and_day() -> None:
    series = certificate_series("H1", TODAY)
    assert certificate_number(series, 0) == "H1-20200304-001"
    assert [certificate_serial(f"{series}-{serial}") for serial in ("002", "1000", "x")] == [2, 1000, 0]


def test_whoever_got_off_or_was_released_may_arrive() -> None:
    assert may_arrive(Journey("W", Way.HANDED_OVER, place_id="E1"), "E1")
    assert not may_arrive(Journey("W", Way.HANDED_OVER, place_id="H1"), "E1")
    assert may_arrive(Journey("W", Way.IN_TRANSFER, place_id="H1"), "E1")
    assert not may_arrive(IN_ROOM, "E1")


def test_what_cannot_wait_is_due_sooner() -> None:
    assert hours_for(Flag.FEVER, 24) == hours_for(Flag.BROKE_DOWN, 24) == 2
    assert hours_for(UNSERVED, 24) == 24 and hours_for(Flag.FEVER, 1) == 1


def _told(way: Journey) -> dict[str, object]:
    return {name: getattr(way, name) for name in Journey.__dataclass_fields__}
