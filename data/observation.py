"""Whoever is aboard with a fever is moved to a seat that is kept free for that, however it was reported."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection, select

from data.loop_states import find_journey, find_run
from data.schema import item
from data.trip_log import Logged, Report, TripKey, parts
from workforce.closed_loop import Flag, Raised, Run, Way
from workforce.field import free_observation_seat, observation_seats_of
from workforce.rosters import Roster
from workforce.triplog import Kind

BY_SERVER = "server"  # the account that the moves are by: nobody has reported them


@dataclass(frozen=True)
class Moves:
    """What follows from fevers.

    Attributes:
        reports: the moves, to be added to the log.
        raised: by event, what somebody must look at because no seat is free.
    """

    reports: list[Report] = field(default_factory=list)
    raised: dict[int, list[Raised]] = field(default_factory=dict)


def move_nonce(nonce: str) -> str:
    """The nonce of the move that follows from the report with another one."""
    return f"apart-{hashlib.sha256(nonce.encode()).hexdigest()[:32]}"


def moves_apart(c: Connection, new: Sequence[Logged], feverish: set[int], roster: Roster) -> Moves:
    """Who must change seats after new events, which were folded before.

    Whoever reports a fever while aboard must, and whoever boards while nobody has settled the fever
    that was reported of them.

    Args:
        feverish: the new events that tell of a fever.
    """
    boarded = {one.event.worker_id for one in new if one.event.kind is Kind.BOARDED}
    known = _with_open_fever(c, sorted(w for w in boarded if w is not None))
    last: dict[str, Logged] = {}
    for one in new:
        worker = one.event.worker_id
        boards = one.event.kind is Kind.BOARDED and (worker in known or worker in last)
        if worker is not None and (one.seq in feverish or boards):
            last[worker] = one
    moves, runs = Moves(), dict[TripKey, Run]()
    for worker, one in last.items():
        way = find_journey(c, worker)
        if way.state is not Way.ABOARD or way.plan_id is None or way.trip_id is None:
            continue
        trip = way.plan_id, way.trip_id
        run, kept = runs.get(trip) or find_run(c, *trip), observation_seats_of(roster, *trip)
        if run.seats.get(worker) in kept:
            continue
        seat = free_observation_seat(kept, run)
        if seat is None:
            raised = Raised(Flag.NO_OBSERVATION_SEAT, worker, *trip)
            moves.raised.setdefault(one.seq, []).append(raised)
            continue
        runs[trip] = replace(run, seats={**run.seats, worker: seat})
        moves.reports.append(_move(one, worker, trip, seat, run))
    return moves


def _move(one: Logged, worker: str, trip: TripKey, seat: int, run: Run) -> Report:
    """Dated after all that is known of the trip: only then is the seat known to be free."""
    at = max(one.event.happened_at, datetime.fromisoformat(run.at)) if run.at else one.event.happened_at
    return Report(Kind.SEATED, move_nonce(one.event.nonce), at, *trip, worker, says={"seat": seat})


def _with_open_fever(c: Connection, workers: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for part in parts(workers):
        fevers = item.c.code == Flag.FEVER, item.c.settled_at.is_(None), item.c.subject.in_(part)
        found |= set(c.execute(select(item.c.subject).where(*fevers)).scalars())
    return found
