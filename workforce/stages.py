"""The five stages of a trip: what each asks for, what of it is done, and whether it is handed over."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from workforce.closed_loop import Course, Journey, PlannedTrip, Run, Way, local_day
from workforce.journeys import readings_missing
from workforce.kits import kits_for
from workforce.plan import StopKind
from workforce.runs import unexplained
from workforce.triplog import Side, Stage, Where


class Duty(StrEnum):
    """What a stage asks for."""

    NAMED = "named"
    CONFIRMED = "confirmed"
    KITS = "kits"
    ROSTER = "roster"
    HOME_CHECKS = "home_checks"
    DOOR_CHECKS = "door_checks"
    ROAD_CHECKS = "road_checks"
    DEPARTED = "departed"
    STOPS = "stops"
    GOING = "going"
    COUNTED = "counted"
    EXPLAINED = "explained"
    SIGNED = "signed"
    ROOMS = "rooms"
    READINGS = "readings"
    RELEASES = "releases"
    AT_WORK = "at_work"


OF_PEOPLE = frozenset(
    {
        Duty.HOME_CHECKS,
        Duty.DOOR_CHECKS,
        Duty.ROAD_CHECKS,
        Duty.EXPLAINED,
        Duty.ROOMS,
        Duty.READINGS,
        Duty.RELEASES,
        Duty.AT_WORK,
    }
)


class Standing(StrEnum):
    WAITING = "waiting"  # nothing of it has begun
    UNDER_WAY = "under_way"
    LACKING = "lacking"  # the trip went on, and something is not done
    DONE = "done"  # handed over to the next stage


@dataclass(frozen=True, slots=True)
class Task:
    """A duty with how much of it is done; ``lacks`` names the rest: places, kits or workers."""

    duty: Duty
    done: int
    of: int
    lacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StageOfTrip:
    stage: Stage
    standing: Standing
    tasks: tuple[Task, ...]


def stages_of(
    run: Run, planned: PlannedTrip, journeys: Mapping[str, Journey], now: datetime
) -> tuple[StageOfTrip, ...]:
    """Where a trip stands in each stage.

    Args:
        journeys: of its riders; of whom nothing was reported may be left out.
        now: the moment for which it is asked, aware.
    """
    ways = {w: journeys.get(w, Journey(w)) for w in [*planned.seat_of, *run.seats, *run.alighted]}
    departed, ended = run.departed_at is not None, run.state is Course.ENDED
    there = run.state in (Course.ARRIVED, Course.HANDED_OVER, Course.ENDED)
    arrived = any(ways[w].state not in (Way.ABOARD, Way.EXPECTED) for w in run.alighted)
    checked = any(ways[w].checks for w in planned.seat_of)
    return (
        _stage(Stage.ORGANISED, _organised(run, planned), True, departed),
        _stage(Stage.MONITORED, _monitored(run, planned, ways, now), departed or checked, there, True),
        _stage(Stage.GUARANTEED, _guaranteed(run, planned), departed, there),
        _stage(Stage.HANDED_OVER, _handed_over(run, planned), bool(run.alighted or run.counted), ended),
        _stage(Stage.TRACEABLE, _traceable(run, planned, ways, now), arrived, False),
    )


def _stage(
    stage: Stage, tasks: tuple[Task, ...], begun: bool, over: bool, lasts: bool = False
) -> StageOfTrip:
    """``lasts``: its duties come again and again, so that it is not done before it is over."""
    fulfilled = all(task.done >= task.of for task in tasks)
    if fulfilled and begun and (over or not lasts):
        return StageOfTrip(stage, Standing.DONE, tasks)
    standing = Standing.LACKING if over and not fulfilled else Standing.UNDER_WAY
    return StageOfTrip(stage, standing if begun or over else Standing.WAITING, tasks)


def _of(duty: Duty, all_of: Iterable[str], done: Iterable[str]) -> Task:
    every, fulfilled = list(dict.fromkeys(all_of)), set(done)
    lacks = tuple(one for one in every if one not in fulfilled)
    return Task(duty, len(every) - len(lacks), len(every), lacks)


def _organised(run: Run, planned: PlannedTrip) -> tuple[Task, ...]:
    needed = kits_for(planned.trip, len(planned.seat_of), planned.rules)
    return (
        Task(Duty.NAMED, int(run.plate is not None and run.crew), 1),
        _of(Duty.CONFIRMED, planned.drops, run.confirmed),
        _of(Duty.KITS, map(str, needed), (kit for kit, n in needed.items() if run.kits.get(kit, 0) >= n)),
        Task(Duty.ROSTER, int(run.roster is not None), 1),
    )


def _monitored(
    run: Run, planned: PlannedTrip, ways: Mapping[str, Journey], now: datetime
) -> tuple[Task, ...]:
    days = _check_days(planned, local_day(now))
    owed = [(w, day) for w in planned.seat_of if w not in run.absent for day in days]
    lacking = [w for w, day in owed if not ways[w].checks.get(day)]
    rode = [*run.seats, *run.alighted]
    since = now - timedelta(minutes=planned.rules.measure_every_minutes)
    home = Task(Duty.HOME_CHECKS, len(owed) - len(lacking), len(owed), tuple(dict.fromkeys(lacking)))
    door = _of(Duty.DOOR_CHECKS, rode, (w for w in rode if Where.DOOR in ways[w].measured))
    road = _of(Duty.ROAD_CHECKS, run.seats, (w for w in run.seats if _last(ways[w]) >= since))
    over = bool(run.alighted) and not run.seats  # there is nobody left whose temperature could be due
    return (*([home] if owed else []), door, *([] if over else [road]))


def _check_days(planned: PlannedTrip, today: date) -> list[str]:
    """The days before departure on which a check at home is due by now."""
    leaves = planned.trip.stops[0].depart.date()
    days = (leaves - timedelta(days=n) for n in range(planned.rules.home_check_days, 0, -1))
    return [day.isoformat() for day in days if day <= today]


def _last(way: Journey) -> datetime:
    """When the last temperature was taken on this way; long ago, where none was."""
    times = [datetime.fromisoformat(at) for at in way.measured.values()]
    return max(times, default=datetime.min.replace(tzinfo=UTC))


def _guaranteed(run: Run, planned: PlannedTrip) -> tuple[Task, ...]:
    stops = [s for s in planned.trip.stops if s.kind in (StopKind.PICKUP, StopKind.DROP)]
    return (
        Task(Duty.DEPARTED, int(run.departed_at is not None), 1),
        Task(Duty.STOPS, sum(s.seq <= run.stop for s in stops), len(stops)),
        Task(Duty.GOING, int(run.state is not Course.HALTED), 1),
    )


def _handed_over(run: Run, planned: PlannedTrip) -> tuple[Task, ...]:
    unknown = set(unexplained(run, planned))
    return (
        _of(Duty.COUNTED, planned.drops, run.counted),
        _of(Duty.EXPLAINED, planned.seat_of, (w for w in planned.seat_of if w not in unknown)),
        _of(Duty.SIGNED, planned.drops, (p for p, sides in run.signed.items() if len(sides) == len(Side))),
    )


def _traceable(
    run: Run, planned: PlannedTrip, ways: Mapping[str, Journey], now: datetime
) -> tuple[Task, ...]:
    here = [*run.alighted]
    guests = [w for w in here if w in planned.nights or ways[w].check_in is not None]
    today = local_day(now)
    in_rooms = [w for w in guests if ways[w].state in (Way.IN_QUARANTINE, Way.UNDER_OBSERVATION)]
    full = (w for w in in_rooms if not readings_missing(ways[w], today, planned.rules.readings_per_day))
    return (
        _of(Duty.ROOMS, guests, (w for w in guests if ways[w].check_in is not None)),
        _of(Duty.READINGS, in_rooms, full),
        _of(Duty.RELEASES, guests, (w for w in guests if ways[w].released)),
        _of(Duty.AT_WORK, here, (w for w in here if ways[w].state is Way.RETURNED)),
    )
