"""Words for one plan, one trip, or one worker's whole way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from rich.console import RenderableType
from rich.text import Text

from api.console import money, reason_table, summary_table, table
from api.language import LABELS, Words, halves
from api.names import Names, enterprise_of
from workforce.identity import masked
from workforce.plan import Plan, Seat, StopKind, Trip
from workforce.scenario import Scenario


def show_plan(plan: Plan, scenario: Scenario | None, words: Words) -> Iterator[RenderableType]:
    """The figures, the trips, and how many stay behind."""
    names = Names(scenario)
    yield summary_table(plan, words)
    yield table(
        words("Trips"),
        words("trip"),
        words("leaves"),
        words("back on"),
        words("risk"),
        words("coach"),
        words("way"),
        words("riders"),
        "km",
        words("yuan"),
        rows=(
            (
                trip.trip_id,
                f"{trip.stops[0].depart:%m-%d %H:%M}" if trip.stops else f"{trip.first_day:%m-%d}",
                f"{trip.last_day:%m-%d}",
                words(LABELS[trip.risk]),
                f"{names.place(trip.fleet_id)} / {trip.vehicle_no}",
                _way(trip, names),
                len(plan.riders.get(trip.trip_id, ())),
                f"{trip.km:,}",
                money(trip.cost_fen),
            )
            for trip in plan.trips
        ),
        right=(6, 7, 8),
    )
    reasons = reason_table(plan, words)
    if reasons:
        yield reasons


def _way(trip: Trip, names: Names) -> str:
    return " → ".join(
        names.place(stop.place_id) for stop in trip.stops if stop.place_id and stop.kind in _ABOARD
    )


_ABOARD = (StopKind.PICKUP, StopKind.DROP)


def show_trip(plan: Plan, trip_id: str, scenario: Scenario | None, words: Words) -> Iterator[RenderableType]:
    """A trip's timetable and manifest."""
    names, trip, riders = Names(scenario), plan.trip_by_id[trip_id], plan.riders.get(trip_id, ())
    kept = f" ({words('kept')})" if trip_id in (plan.summary.kept or ()) else ""
    yield Text(f"{words('trip')} {trip_id}{kept}", style="bold")
    facts = (
        (words("coach"), f"{names.place(trip.fleet_id)} / {trip.vehicle_no}"),
        (words("days"), f"{trip.first_day} – {trip.last_day}"),
        (words("risk"), words(LABELS[trip.risk])),
        (words("drivers"), trip.drivers),
        ("km", f"{trip.km:,}"),
        (words("cost in yuan"), money(trip.cost_fen)),
        (words("riders"), len(riders)),
    )
    for name, value in facts:
        yield Text(f"  {name}: {value}")
    yield table(
        words("Timetable"),
        words("stop"),
        words("place"),
        words("arrives"),
        words("leaves"),
        "km",
        words("on"),
        words("off"),
        rows=(
            (
                words(LABELS[stop.kind]),
                names.place(stop.place_id) if stop.place_id else "",
                "" if stop.kind is StopKind.DEPART else _clock(stop.arrive),
                "" if stop.kind is StopKind.RETURN else _clock(stop.depart),
                f"{stop.km:,}",
                stop.boarding or "",
                stop.alighting or "",
            )
            for stop in trip.stops
        ),
        right=(4, 5, 6),
    )
    yield table(
        words("Riders"),
        words("seat"),
        words("worker"),
        words("telephone"),
        words("boards at"),
        words("alights at"),
        words("enterprise"),
        words("room"),
        rows=(_rider(plan, seat, scenario, names) for seat in riders),
        right=(0,),
    )


def _clock(moment: datetime) -> str:
    return f"{moment:%m-%d %H:%M}"


def _rider(plan: Plan, seat: Seat, scenario: Scenario | None, names: Names) -> tuple[object, ...]:
    worker = scenario.workers.get(seat.worker_id) if scenario else None
    enterprise = enterprise_of(plan, scenario, seat.worker_id) if scenario else _billed(plan, seat.worker_id)
    stay = plan.stay_of.get(seat.worker_id)
    return (
        seat.seat,
        names.worker(seat.worker_id),
        masked(worker.phone) if worker and worker.phone else "",
        names.place(seat.pickup_id),
        names.place(seat.drop_id),
        names.place(enterprise) if enterprise else "",
        stay.room if stay else "",
    )


def _billed(plan: Plan, worker_id: str) -> str | None:
    """The enterprise on a worker's shares: the only place where a plan names it."""
    return next((share.enterprise_id for share in plan.shares_of.get(worker_id, ())), None)


def show_worker(
    plan: Plan, worker_id: str, scenario: Scenario | None, words: Words
) -> Iterator[RenderableType]:
    """One worker's whole way from boarding to work, and who pays for it; or why the worker stays behind."""
    names = Names(scenario)
    yield Text(f"{words('worker')} {names.worker(worker_id)}", style="bold")
    reason = next((row for row in plan.unserved if row.worker_id == worker_id), None)
    if reason:
        detail = words.pick(*halves(reason.detail))
        yield Text(f"{words('stays behind')}: {words(LABELS[reason.reason])}\n{detail}".rstrip())
    seat = plan.seat_of.get(worker_id)
    if seat is None:
        return
    yield table(
        words("The way"),
        words("when"),
        words("what"),
        words("where"),
        rows=_steps(plan, seat, scenario, names, words),
    )
    yield table(
        words("Who pays what (yuan)"),
        words("for"),
        words("in all"),
        words(LABELS["enterprise"]),
        words(LABELS["worker"]),
        words(LABELS["hotel"]),
        words(LABELS["government"]),
        rows=(
            (
                words(LABELS[s.item]),
                *map(money, (s.total_fen, s.enterprise_fen, s.worker_fen, s.hotel_fen, s.government_fen)),
            )
            for s in plan.shares_of.get(worker_id, ())
        ),
        right=(1, 2, 3, 4, 5),
    )


def _steps(
    plan: Plan, seat: Seat, scenario: Scenario | None, names: Names, words: Words
) -> Iterator[tuple[str, str, str]]:
    trip = plan.trip_by_id.get(seat.trip_id)
    enterprise = enterprise_of(plan, scenario, seat.worker_id) if scenario else _billed(plan, seat.worker_id)
    work = names.place(enterprise) if enterprise else ""
    if vacancy := plan.placement_of.get(seat.worker_id):
        yield "", words("placed on vacancy {vacancy}", vacancy=vacancy), work
    aboard = False
    for stop in trip.stops if trip else ():
        place = names.place(stop.place_id) if stop.place_id else ""
        if stop.kind is StopKind.PICKUP and stop.place_id == seat.pickup_id:
            aboard = True
            yield (
                _clock(stop.arrive),
                words("boards {trip}, seat {seat}", trip=seat.trip_id, seat=seat.seat),
                place,
            )
        elif stop.kind is StopKind.DROP and stop.place_id == seat.drop_id:
            aboard = False
            yield _clock(stop.arrive), words("alights"), place
        elif aboard:
            yield f"{_clock(stop.arrive)} – {stop.depart:%H:%M}", words(LABELS[stop.kind]), place
    stay = plan.stay_of.get(seat.worker_id)
    if stay:
        yield (
            f"{stay.check_in:%m-%d}",
            words("checks in, room {room}", room=stay.room),
            names.place(stay.hotel_id),
        )
        yield f"{stay.check_out:%m-%d}", words("checks out, transfer to the enterprise"), work
