"""The five stages of a trip: what each asks for and when it is handed over."""

from __future__ import annotations

from dataclasses import replace

from tests.workforce.test_closed_loop import (
    DROP,
    KEPT,
    QUARANTINE,
    RIDER,
    ROSTER,
    STAY,
    STRAIGHT,
    boarded,
    course,
    happened,
    moment,
    planned,
    stop,
    way,
)
from workforce.closed_loop import Run
from workforce.kits import kits_for
from workforce.plan import StopKind
from workforce.stages import Duty, StageOfTrip, Standing, Task, stages_of
from workforce.triplog import Event, Kind, Stage


def stages(trip: str, at: str, *events: Event, **rules: int) -> dict[Stage, StageOfTrip]:
    it = planned(trip)
    it = replace(it, rules=replace(it.rules, **rules))
    run, _ = course(trip, *(e for e in events if e.trip_id))
    ways = {e.worker_id: way(e.worker_id, *(x for x in events if x.worker_id == e.worker_id))[0]
            for e in events if e.worker_id}  # fmt: skip
    return {one.stage: one for one in stages_of(run, it, ways, moment(at))}


def task(found: dict[Stage, StageOfTrip], duty: Duty) -> Task:
    return next(t for one in found.values() for t in one.tasks if t.duty is duty)


def prepared(trip: str) -> list[Event]:
    needed = kits_for(planned(trip).trip, len(planned(trip).seat_of), ROSTER.rules)
    return [
        happened(Kind.VEHICLE_NAMED, "01 10:00", trip, plate="X"),
        *(
            happened(Kind.DESTINATION_CONFIRMED, "01 11:00", trip, place=p, heads=heads)
            for p, heads in planned(trip).drops.items()
        ),
        *(
            happened(Kind.KITS_ISSUED, "01 12:00", trip, place="F1", kit=k, count=n)
            for k, n in needed.items()
        ),
        happened(Kind.ROSTER_CLOSED, "01 13:00", trip, riders=3),
    ]


def test_before_anything_happened_the_first_stage_is_under_way() -> None:
    found = stages_of(Run("P", STRAIGHT), planned(STRAIGHT), {}, moment("01 08:00"))
    assert [one.standing for one in found] == [Standing.UNDER_WAY, *[Standing.WAITING] * 4]
    lacking = {t.duty: t.lacks for t in found[0].tasks}
    assert lacking[Duty.CONFIRMED] == tuple(planned(STRAIGHT).drops) and len(lacking[Duty.KITS]) == 3


def test_the_first_stage_is_done_when_nothing_lacks_and_lacking_when_the_coach_left_without() -> None:
    first = stop(STRAIGHT, StopKind.DEPART).seq
    leaves = happened(Kind.LEFT, "02 06:00", STRAIGHT, stop=first)
    assert stages(STRAIGHT, "01 14:00", *prepared(STRAIGHT))[Stage.ORGANISED].standing is Standing.DONE
    assert stages(STRAIGHT, "02 06:30", leaves)[Stage.ORGANISED].standing is Standing.LACKING
    under_way = stages(STRAIGHT, "02 06:30", *prepared(STRAIGHT), leaves)
    assert under_way[Stage.ORGANISED].standing is Standing.DONE
    assert under_way[Stage.GUARANTEED].standing is Standing.UNDER_WAY


def test_temperatures_are_owed_at_home_at_the_door_and_on_the_way() -> None:
    checked = happened(Kind.MEASURED, "01 07:00", None, RIDER, where="home")
    at_home = stages(STRAIGHT, "01 09:00", checked, home_check_days=2)
    riders = planned(STRAIGHT).seat_of
    leaves = planned(STRAIGHT).trip.stops[0].depart.date()
    assert leaves.isoformat() == "2020-03-02"
    assert task(at_home, Duty.HOME_CHECKS).of == 2 * len(riders)
    assert task(at_home, Duty.HOME_CHECKS).done == 1
    assert at_home[Stage.MONITORED].standing is Standing.UNDER_WAY
    door = happened(Kind.MEASURED, "02 09:00", None, RIDER, where="door")
    begun = [boarded(), door]
    assert task(stages(STRAIGHT, "02 10:00", *begun), Duty.DOOR_CHECKS) == Task(Duty.DOOR_CHECKS, 1, 1)
    assert task(stages(STRAIGHT, "02 10:00", *begun), Duty.ROAD_CHECKS).lacks == ()
    assert task(stages(STRAIGHT, "02 13:01", *begun), Duty.ROAD_CHECKS).lacks == (RIDER,)  # every four hours
    off = happened(Kind.ALIGHTED, "02 13:30", STRAIGHT, RIDER, place=DROP)
    over = stages(STRAIGHT, "02 14:00", *begun, off)[Stage.MONITORED]
    assert [one.duty for one in over.tasks] == [Duty.DOOR_CHECKS]  # nobody's temperature is due any more


def test_a_hand_over_needs_heads_everybody_explained_and_both_sides() -> None:
    off = [boarded(), happened(Kind.ALIGHTED, "02 12:00", STRAIGHT, RIDER, place=DROP)]
    heads = happened(Kind.COUNTED, "02 12:05", STRAIGHT, place=DROP, heads=1)
    one_side = happened(Kind.SIGNED, "02 12:06", STRAIGHT, place=DROP, side="carrier")
    found = stages(STRAIGHT, "02 13:00", *off, heads, one_side)
    assert found[Stage.HANDED_OVER].standing is Standing.UNDER_WAY
    assert DROP in task(found, Duty.SIGNED).lacks and DROP not in task(found, Duty.COUNTED).lacks
    assert task(found, Duty.EXPLAINED).done == 1
    both = happened(Kind.SIGNED, "02 12:07", STRAIGHT, place=DROP, side="receiver")
    assert DROP not in task(stages(STRAIGHT, "02 13:00", *off, heads, one_side, both), Duty.SIGNED).lacks


def test_whoever_has_nights_is_traced_to_the_room_the_release_and_work() -> None:
    assert STAY is not None
    off = [
        boarded(KEPT, QUARANTINE),
        happened(Kind.ALIGHTED, "02 11:00", QUARANTINE, KEPT, place=STAY.hotel_id),
    ]
    assert task(stages(QUARANTINE, "02 12:00", *off), Duty.ROOMS).lacks == (KEPT,)
    room = happened(Kind.CHECKED_IN, "02 12:00", None, KEPT, place=STAY.hotel_id, room=STAY.room)
    in_room = stages(QUARANTINE, "04 12:00", *off, room)
    assert task(in_room, Duty.READINGS).lacks == (KEPT,) and task(in_room, Duty.RELEASES).lacks == (KEPT,)
    assert in_room[Stage.TRACEABLE].standing is Standing.UNDER_WAY
    home = [
        happened(Kind.RELEASED, "16 09:00", None, KEPT),
        happened(Kind.ARRIVED, "16 12:00", None, KEPT, place="E1"),
    ]
    assert stages(QUARANTINE, "16 13:00", *off, room, *home)[Stage.TRACEABLE].standing is Standing.DONE
