"""Numbers of certificates: given by the server, once each; a number that is somebody else's is refused."""

from __future__ import annotations

from typing import Any

from data.certificates import next_certificate
from data.loop_states import find_journey
from data.trip_log import Refusal, Report
from tests.data.loop import Loop, at
from workforce.triplog import Kind

FIRST, SECOND = "H1-20200302-001", "H1-20200302-002"


def released(loop: Loop, worker: str, clock: str = "09:00", number: str | None = None, **told: Any) -> Report:
    says = {} if number is None else {"certificate": number}
    return loop.report(Kind.RELEASED, clock, worker_id=worker, says=says, **{"place_id": "H1", **told})


def number_of(loop: Loop, worker: str) -> str | None:
    with loop.database.read() as c:
        return find_journey(c, worker).certificate


def test_two_tablets_that_name_no_number_get_different_ones(loop: Loop) -> None:
    one, other = released(loop, "Q1"), released(loop, "Q2", "09:01")
    assert [loop.take(r)[0].certificate for r in (one, other)] == [FIRST, SECOND]
    assert (number_of(loop, "Q1"), number_of(loop, "Q2")) == (FIRST, SECOND)
    (again,) = loop.take(one)  # a retry keeps its number and changes nothing
    assert again.known and number_of(loop, "Q1") == FIRST
    with loop.database.read() as c:
        assert next_certificate(c, "H1", at("23:59")) == "H1-20200302-003"
        assert next_certificate(c, "H1", at("00:00", 1)) == "H1-20200303-001"


def test_a_number_that_is_somebody_elses_is_refused_and_the_others_are_taken(loop: Loop) -> None:
    loop.take(released(loop, "Q1", number=FIRST))
    refused, taken = loop.take(released(loop, "Q2", number=FIRST), released(loop, "Q3"))
    assert (refused.seq, refused.refused) == (None, Refusal.CERTIFICATE_TAKEN)
    assert taken.seq is not None and taken.certificate == SECOND
    assert number_of(loop, "Q2") is None
    assert loop.take(released(loop, "Q1", "09:05", number=FIRST))[0].seq is not None  # one's own
    assert loop.codes() == set()


def test_one_request_gives_no_number_twice(loop: Loop) -> None:
    one = released(loop, "Q1")
    done = loop.take(one, one, released(loop, "Q2"), released(loop, "Q3", number=SECOND))
    assert [t.certificate for t in done] == [FIRST, FIRST, SECOND, None]
    assert [t.known for t in done] == [False, True, False, False]
    assert done[3].refused is Refusal.CERTIFICATE_TAKEN


def test_the_officer_names_no_hotel_and_the_number_is_that_of_the_room(loop: Loop) -> None:
    loop.take(loop.report(Kind.CHECKED_IN, "08:00", worker_id="Q1", place_id="H1", says={"room": "T1"}))
    assert loop.take(released(loop, "Q1", place_id=None))[0].certificate == FIRST
    assert loop.take(released(loop, "Q2", place_id=None))[0].certificate is None  # of no hotel: no number
