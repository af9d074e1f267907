"""A fever aboard leads to an observation seat, or to the problem list where none is free."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select

from data.loop_states import find_journey, find_run
from data.schema import item
from data.trip_log import events
from tests.data.loop import Loop
from workforce.closed_loop import Flag
from workforce.field import observation_seats_of
from workforce.triplog import Kind

FEVER, NONE = {"temperature": "37.3"}, {"temperature": "37.2"}


def measured(
    loop: Loop, clock: str, worker: str, details: Any = None, where: str = "road", **told: Any
) -> Any:
    told = {"worker_id": worker, "says": {"where": where}, "details": details or FEVER, **told}
    return loop.report(Kind.MEASURED, clock, **told)


def boarded(loop: Loop, clock: str, worker: str, **told: Any) -> Any:
    return loop.report(Kind.BOARDED, clock, trip="T1", worker_id=worker, **told)


def seats(loop: Loop) -> dict[str, int | None]:
    with loop.database.read() as c:
        run = find_run(c, loop.plan_id, "T1")
        for worker, seat in run.seats.items():
            assert find_journey(c, worker).seat == seat
        return dict(run.seats)


def kept_free(loop: Loop) -> list[int]:
    with loop.database.read() as c:
        return list(observation_seats_of(loop.rosters.now(c), loop.plan_id, "T1"))


def moves(loop: Loop) -> list[tuple[str, str | None, int]]:
    with loop.database.read() as c:
        found = [one.event for one in events(c) if one.event.kind is Kind.SEATED]
    return [(e.by, e.worker_id, e.says["seat"]) for e in found]


def listed(loop: Loop) -> set[tuple[str, str, str]]:
    with loop.database.read() as c:
        return {(row.code, row.subject, row.category) for row in c.execute(select(item))}


def test_a_fever_on_the_way_moves_whoever_is_aboard(loop: Loop) -> None:
    loop.take(boarded(loop, "08:41", "W1"), boarded(loop, "08:42", "J1"))
    free = kept_free(loop)
    assert len(free) == 2 and not set(free) & set(seats(loop).values())
    report = measured(loop, "09:00", "W1")
    (told,) = loop.take(report, by="the worker")
    assert (told.seat, [r.flag for r in told.raised]) == (free[0], [Flag.FEVER])
    assert seats(loop)["W1"] == free[0] and moves(loop) == [("server", "W1", free[0])]
    (again,) = loop.take(report)  # sent again
    assert again.known and len(moves(loop)) == 1
    (more,) = loop.take(measured(loop, "09:10", "W1"))  # there already
    assert more.seat is None and len(moves(loop)) == 1
    assert loop.take(measured(loop, "09:20", "J1", NONE))[0].seat is None
    assert loop.codes() == set()


def test_whoever_boards_with_an_unsettled_fever_gets_the_seat_at_once(loop: Loop) -> None:
    loop.take(measured(loop, "07:00", "W1", where="home"))
    assert moves(loop) == []
    (told,) = loop.take(boarded(loop, "08:41", "W1"))
    assert told.seat == seats(loop)["W1"] == kept_free(loop)[0]
    door = [measured(loop, "08:45", "J1", where="door"), boarded(loop, "08:45", "J1")]
    assert [one.seat for one in loop.take(*door)] == [None, kept_free(loop)[1]]
    assert seats(loop) == {"W1": kept_free(loop)[0], "J1": kept_free(loop)[1]}


def test_where_the_phone_has_told_the_seat_nobody_is_moved_again(loop: Loop) -> None:
    last = kept_free(loop)[1]
    move = loop.report(Kind.SEATED, "08:42", trip="T1", worker_id="W1", says={"seat": last})
    done = loop.take(measured(loop, "08:42", "W1", where="door"), boarded(loop, "08:42", "W1"), move)
    assert [one.seat for one in done] == [None] * 3
    assert seats(loop)["W1"] == last and moves(loop) == [("tests", "W1", last)]


def test_where_no_seat_is_free_the_fever_is_taken_and_somebody_must_look(loop: Loop) -> None:
    for n, seat in enumerate(kept_free(loop)):
        loop.take(boarded(loop, f"08:3{n}", f"X{n}", says={"seat": seat}))
    loop.take(boarded(loop, "08:41", "W1"))
    before = seats(loop)["W1"]
    (told,) = loop.take(measured(loop, "09:00", "W1"))
    assert told.seq is not None and told.seat is None and seats(loop)["W1"] == before
    assert {r.flag for r in told.raised} == {Flag.FEVER, Flag.NO_OBSERVATION_SEAT}
    health = {("fever", "W1", "health"), ("no_observation_seat", "W1", "health")}
    assert health <= listed(loop) and moves(loop) == []


def test_two_fevers_in_one_request_get_two_seats(loop: Loop) -> None:
    loop.take(boarded(loop, "08:41", "W1"), boarded(loop, "08:42", "J1"))
    done = loop.take(measured(loop, "09:00", "W1"), measured(loop, "09:00", "J1"))
    assert [one.seat for one in done] == kept_free(loop)


def test_a_fever_that_is_reported_late_moves_nobody_into_the_past(loop: Loop) -> None:
    """The seat is free only after all that is known of the trip."""
    loop.take(boarded(loop, "08:41", "W1"), boarded(loop, "08:42", "J1"))
    first = kept_free(loop)[0]
    loop.take(measured(loop, "09:00", "J1"))
    loop.take(loop.report(Kind.ALIGHTED, "10:00", trip="T1", worker_id="J1", place_id="E1"))
    assert loop.take(measured(loop, "09:30", "W1"))[0].seat == first
    with loop.database.read() as c:
        last = [one.event for one in events(c) if one.event.kind is Kind.SEATED][-1]
        assert last.happened_at >= max(
            e.event.happened_at for e in events(c) if e.event.kind is Kind.ALIGHTED
        )


def test_whoever_is_no_longer_aboard_is_not_moved(loop: Loop) -> None:
    loop.take(boarded(loop, "08:41", "W1"))
    loop.take(loop.report(Kind.ALIGHTED, "11:15", trip="T1", worker_id="W1", place_id="E1"))
    (told,) = loop.take(measured(loop, "12:00", "W1"))
    assert told.seat is None and moves(loop) == []
