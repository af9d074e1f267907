"""What is reported from the road: logged, folded, and put before somebody where it must be looked at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sqlalchemy import Connection, select

from data.accounts import By
from data.certificates import numbered
from data.destinations import follow_destinations
from data.flagged import open_problems
from data.kit_moves import book
from data.loop_states import fold, journeys
from data.observation import BY_SERVER, move_nonce, moves_apart
from data.plan_store import publications
from data.rosters import Rosters
from data.schema import journey
from data.trip_log import Logged, Refusal, Report, Taken, append, events_with, parts
from data.vault import Vault
from workforce.closed_loop import Flag, Journey, Raised
from workforce.desks import IN_ROOMS, is_taken
from workforce.health import fever_in
from workforce.rosters import Roster, party_of
from workforce.triplog import Kind


def take(
    c: Connection,
    vault: Vault,
    by: By,
    reports: Sequence[Report],
    rosters: Rosters,
    device: str | None = None,
) -> list[Taken]:
    """Take reports down, in their order; one that is known already changes nothing."""
    # A plan that was published while this waited for its turn is known here, so it is recorded later.
    by = replace(by, at=max([by.at, *(at for _, at in publications(c)[-1:])]))
    roster = rosters.now(c)
    placed = numbered(c, _all_placed(c, reports, roster))
    good = [report for report in placed if report is not None]
    taken, new = append(c, vault, by, good, device)
    folded = fold(c, new, rosters)
    fevers: dict[int, list[Raised]] = {}
    for one, report in zip(taken, good, strict=True):
        if one.seq is not None and not one.known and fever_in(report.details):
            about = (report.worker_id, report.plan_id, report.trip_id, report.place_id)
            fevers.setdefault(one.seq, []).append(Raised(Flag.FEVER, *about))
    apart = moves_apart(c, new, set(fevers), roster)
    if apart.reports:
        _, moved = append(c, vault, By(BY_SERVER, by.at), apart.reports)
        for seq, flags in fold(c, moved, rosters).new.items():
            folded.new.setdefault(seq, []).extend(flags)
    for found in (fevers, apart.raised, book(c, new), _rooms_taken(c, new, roster)):
        for seq, flags in found.items():
            folded.new.setdefault(seq, []).extend(flags)
    gone = [one.event.says["event"] for one in new if one.event.kind is Kind.VOIDED]
    open_problems(c, by, folded, roster, gone)
    follow_destinations(c, by, new, folded, roster)
    seats = {report.nonce: report.says["seat"] for report in apart.reports}
    done = (
        Taken(
            one.nonce,
            one.seq,
            one.known,
            one.refused,
            raised=() if one.known else tuple(folded.new.get(one.seq or 0, ())),
            seat=seats.get(move_nonce(one.nonce)) if seats else None,
            certificate=report.says.get("certificate") if report.kind is Kind.RELEASED else None,
        )
        for one, report in zip(taken, good, strict=True)
    )
    return [
        Taken(asked.nonce, None, refused=Refusal.CERTIFICATE_TAKEN) if told is None else next(done)
        for asked, told in zip(reports, placed, strict=True)
    ]


def _rooms_taken(c: Connection, new: Sequence[Logged], roster: Roster) -> dict[int, list[Raised]]:
    """By event, whoever came to a room in which others have the bed now."""
    raised: dict[int, list[Raised]] = {}
    guests: dict[str, list[Journey]] = {}
    for one in new:
        e = one.event
        if e.kind not in (Kind.CHECKED_IN, Kind.ROOM_MOVED):
            continue
        place_id, room = e.place_id or "", e.says["room"]
        if place_id not in guests:
            here = journey.c.place_id == place_id, journey.c.state.in_(sorted(IN_ROOMS))
            guests[place_id] = list(journeys(c, *here))
        staying = [way for way in guests[place_id] if way.room == room and way.worker_id != e.worker_id]
        others = [party_of(roster, way.worker_id) for way in staying]
        if is_taken(room, party_of(roster, e.worker_id), others):
            about = (e.worker_id, e.plan_id, e.trip_id, e.place_id, {"room": room})
            raised[one.seq] = [Raised(Flag.ROOM_TAKEN, *about)]
    return raised


def _all_placed(c: Connection, reports: Sequence[Report], roster: Roster) -> list[Report]:
    """Reports with their trips.  One that is sent again is left alone: its worker may be elsewhere by now."""
    unplaced = [r for r in reports if r.worker_id and r.trip_id is None]
    known = {e.nonce for e in events_with(c, (r.nonce for r in unplaced))}
    places = _places_of(c, unplaced)
    return [r if r.nonce in known else _placed(r, roster, places) for r in reports]


def _places_of(c: Connection, reports: Sequence[Report]) -> dict[str, tuple[str | None, str | None]]:
    """By worker whose trip is not named: the trip that the log knows them on."""
    found = {}
    for part in parts(sorted({r.worker_id for r in reports if r.worker_id})):
        query = select(journey.c.worker_id, journey.c.plan_id, journey.c.trip_id)
        for row in c.execute(query.where(journey.c.worker_id.in_(part))):
            found[row.worker_id] = row.plan_id, row.trip_id
    return found


def _placed(report: Report, roster: Roster, places: Mapping[str, tuple[str | None, str | None]]) -> Report:
    """With the plan that tells its trip, which a worker's report may leave out: then it is of the trip
    they are on, or else of the one they are expected on."""
    plan_id, trip_id = report.plan_id, report.trip_id
    if report.worker_id is not None and trip_id is None:
        plan_id, trip_id = places.get(report.worker_id, (None, None))
        expected = roster.expected(report.worker_id)
        if plan_id is None and expected is not None:
            plan_id, trip_id = expected.plan_id, expected.trip_id
    if plan_id and trip_id:
        plan_id, trip_id = roster.teller(plan_id, trip_id)
    if (plan_id, trip_id) == (report.plan_id, report.trip_id):
        return report
    return report._replace(plan_id=plan_id, trip_id=trip_id)
