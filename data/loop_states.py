"""What the trip log says of trips and workers, kept up to date with it.

Events are folded (``workforce/closed_loop.py``) in the order in which they happened: one that is
reported late, or voids another, makes its trip and its worker be folded anew.  All of it can be
derived from the log again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from functools import partial
from operator import attrgetter
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, select, tuple_

from data.bulk import change_all, found, put_all
from data.presences import keep, tracks
from data.rosters import Rosters
from data.schema import journey, run
from data.trip_log import Logged, TripKey, events, parts, voided_among
from workforce.closed_loop import Course, Flag, Journey, Raised, Run, Way
from workforce.journeys import OF_WORKERS, advance_journey
from workforce.presence import MOVES, Track, track_after
from workforce.rosters import Roster
from workforce.runs import OF_TRIPS, advance_run
from workforce.triplog import Event, Kind

_AHEAD = timedelta(minutes=10)  # a clock that runs ahead by more is wrong
_BESIDES = attrgetter("state", "plan_id", "trip_id", "place_id")  # what a journey's row has beside its body
_WAY_OF = {str(way): way for way in Way}
# What a state has, and what it begins with: of that, its body says nothing.
_NAMES = {kind: tuple(f.name for f in fields(kind)) for kind in (Journey, Run)}
_VALUES = {kind: attrgetter(*names) for kind, names in _NAMES.items()}
_BEGUN = {Journey: _VALUES[Journey](Journey("")), Run: _VALUES[Run](Run("", ""))}


@dataclass(slots=True)
class Followed:
    """A worker's way, and where it led; None: that was not read, for no event says anything of it."""

    journey: Journey
    track: Track | None = ()

    @property
    def at(self) -> str:
        return self.journey.at


_S = TypeVar("_S", Followed, Run)


def find_journey(c: Connection, worker_id: str) -> Journey:
    """A worker's way; of whom nothing was reported, the one that begins."""
    body = c.execute(select(journey.c.body).where(journey.c.worker_id == worker_id)).scalar_one_or_none()
    return Journey(worker_id) if body is None else journey_of(body)


def find_run(c: Connection, plan_id: str, trip_id: str) -> Run:
    it = run.c.plan_id == plan_id, run.c.trip_id == trip_id
    body = c.execute(select(run.c.body).where(*it)).scalar_one_or_none()
    return Run(plan_id, trip_id) if body is None else run_of(body)


def journeys(c: Connection, *where: ColumnElement[bool]) -> Iterator[Journey]:
    """The ways of whom something was reported, in the order of their ids."""
    query = select(journey.c.body).where(*where).order_by(journey.c.worker_id)
    return map(journey_of, c.execute(query).scalars())


def runs(c: Connection, *where: ColumnElement[bool]) -> Iterator[Run]:
    query = select(run.c.body).where(*where).order_by(run.c.plan_id, run.c.trip_id)
    return map(run_of, c.execute(query).scalars())


def departed(c: Connection) -> set[TripKey]:
    """The trips that have left their depots."""
    waiting = run.c.state.in_([Course.PLANNED, Course.ORGANISED, Course.CANCELLED])
    return {
        (row.plan_id, row.trip_id) for row in c.execute(select(run.c.plan_id, run.c.trip_id).where(~waiting))
    }


def journey_of(body: Mapping[str, Any]) -> Journey:
    told = dict(body)
    for name in ("state", "before"):
        if name in told:
            told[name] = _WAY_OF[told[name]]
    return Journey(**told)


def run_of(body: Mapping[str, Any]) -> Run:
    told = dict(body)
    told["state"] = Course(told.get("state", Course.PLANNED))
    told["signed"] = {place: tuple(sides) for place, sides in told.get("signed", {}).items()}
    for name in ("confirmed", "declined"):
        told[name] = tuple(told.get(name, ()))
    return Run(**told)


@dataclass(frozen=True)
class Folded:
    """The flags that events raise, by seq.

    Attributes:
        new: of the events that were folded for the first time.
        of_workers, of_trips: of older events that were folded anew for their worker or their trip:
            all that they raise now, empty where they raise nothing.
        runs: the courses of the trips that events name, as they are now.
    """

    new: dict[int, list[Raised]] = field(default_factory=dict)
    of_workers: dict[int, list[Raised]] = field(default_factory=dict)
    of_trips: dict[int, list[Raised]] = field(default_factory=dict)
    runs: dict[TripKey, Run] = field(default_factory=dict)


def fold(c: Connection, new: Sequence[Logged], rosters: Rosters) -> Folded:
    """Bring journeys and runs up to date."""
    told = Folded()
    fresh = {one.seq for one in new}
    roster, roster_at = rosters.now(c), rosters.history(c)
    for one in new:
        e = one.event
        if e.happened_at > e.recorded_at + _AHEAD:
            about = (e.worker_id, e.plan_id, e.trip_id, e.place_id)
            told.new.setdefault(one.seq, []).append(Raised(Flag.CLOCK_WRONG, *about))

    def note(one: Logged, flags: Sequence[Raised], again: dict[int, list[Raised]]) -> None:
        if one.seq not in fresh:
            again.setdefault(one.seq, []).extend(flags)
        elif flags:
            told.new.setdefault(one.seq, []).extend(flags)

    def roster_of(one: Logged) -> Roster:
        return roster if one.seq in fresh else roster_at(one.event.recorded_at)

    def walk(state: Followed, one: Logged) -> None:
        known = roster_of(one)
        expected = known.expected(one.event.worker_id)
        note(one, advance_journey(state.journey, one.event, expected, known.rules), told.of_workers)
        if state.track is not None:
            state.track = track_after(state.track, one.event, expected, known.rules)

    def ride(state: Run, one: Logged) -> None:
        known = roster_of(one)
        planned = known.trip(one.event.plan_id, one.event.trip_id)
        raised = advance_run(state, one.event, planned, known.drop_of(one.event.worker_id))
        note(one, raised, told.of_trips)

    of_worker = _grouped(new, lambda e: e.worker_id if e.kind in OF_WORKERS else None)
    ways = {row.worker_id: row for row in found(c, select(journey), journey.c.worker_id, of_worker)}
    moved = {w for w, ones in of_worker.items() if any(one.event.kind in MOVES for one in ones)}
    been = tracks(c, moved)
    walked = {}
    for worker_id, ones in of_worker.items():
        begun = journey_of(ways[worker_id].body) if worker_id in ways else Journey(worker_id)
        state = Followed(begun, been.get(worker_id, ()) if worker_id in moved else None)
        anew = partial(_standing, c, OF_WORKERS, worker_id=worker_id)
        walked[worker_id] = _on(state, ones, walk, partial(_not_begun, worker_id), anew)
    _store(c, [one.journey for one in walked.values()], ways)
    there = {w: one.track for w, one in walked.items() if one.track is not None}
    been.update(tracks(c, [worker_id for worker_id in there if worker_id not in moved]))  # folded anew
    keep(c, been, {w: track for w, track in there.items() if track != been.get(w, ())})
    of_trip = _grouped(new, lambda e: _trip_of(e) if e.kind in OF_TRIPS else None)
    courses = {(row.plan_id, row.trip_id): row.body for row in _runs_of(c, list(of_trip))}
    for key, ones in of_trip.items():
        begun_run = run_of(courses[key]) if key in courses else Run(*key)
        anew = partial(_standing, c, OF_TRIPS, trip=key)
        told.runs[key] = _on(begun_run, ones, ride, partial(Run, *key), anew)
    put_all(c, run, [run_row(one) for one in told.runs.values()])
    return told


def _trip_of(e: Event) -> TripKey | None:
    return (e.plan_id, e.trip_id) if e.plan_id and e.trip_id else None


def _on(
    state: _S,
    new: Sequence[Logged],
    step: Callable[[_S, Logged], None],
    begin: Callable[[], _S],
    everything: Callable[[], list[Logged]],
) -> _S:
    """The state after new events; folded anew where one of them lies before what was folded, or voids."""
    last = datetime.fromisoformat(state.at) if state.at else new[0].event.happened_at
    for one in new:
        if one.event.kind is Kind.VOIDED or one.event.happened_at < last:
            state = begin()
            for each in sorted(everything(), key=lambda e: (e.event.happened_at, e.seq)):
                step(state, each)
            return state
        last = one.event.happened_at
    for one in new:
        step(state, one)
    return state


def _not_begun(worker_id: str) -> Followed:
    return Followed(Journey(worker_id))


def _standing(c: Connection, kinds: frozenset[Kind], **whose: Any) -> list[Logged]:
    """The events of a trip or a worker that are not void."""
    known = [one for one in events(c, **whose) if one.event.kind in kinds - {Kind.VOIDED}]
    gone = voided_among(c, (one.seq for one in known))
    return [one for one in known if one.seq not in gone]


def _grouped(new: Sequence[Logged], key: Callable[[Event], Any]) -> dict[Any, list[Logged]]:
    groups: dict[Any, list[Logged]] = {}
    for one in new:
        k = key(one.event)
        if k is not None:
            groups.setdefault(k, []).append(one)
    return groups


def _runs_of(c: Connection, keys: Sequence[TripKey]) -> Iterator[Row[Any]]:
    for part in parts(keys):
        yield from c.execute(select(run).where(tuple_(run.c.plan_id, run.c.trip_id).in_(part)))


def _store(c: Connection, ways: Sequence[Journey], were: Mapping[str, Row[Any]]) -> None:
    """Keep states of workers; where nothing but the body is another, the indexes are left alone."""
    same: list[Mapping[str, Any]] = []
    other: list[Mapping[str, Any]] = []
    for way in ways:
        was = were.get(way.worker_id)
        if was is not None and _BESIDES(was) == _BESIDES(way):
            same.append({"worker_id": way.worker_id, "body": _body(way)})
        else:
            other.append(journey_row(way))
    change_all(c, journey, same)
    put_all(c, journey, other)


def journey_row(one: Journey) -> dict[str, Any]:
    return {
        "worker_id": one.worker_id,
        "state": str(one.state),
        "plan_id": one.plan_id,
        "trip_id": one.trip_id,
        "place_id": one.place_id,
        "body": _body(one),
    }


def run_row(one: Run) -> dict[str, Any]:
    return {"plan_id": one.plan_id, "trip_id": one.trip_id, "state": str(one.state), "body": _body(one)}


def _body(one: Journey | Run) -> dict[str, Any]:
    kind = type(one)
    told = zip(_NAMES[kind], _VALUES[kind](one), _BEGUN[kind], strict=True)
    return {name: value for name, value, begun in told if value != begun}
