"""The checker: every rule over any plan, also one that a person edited.

It recomputes what a plan says from the scenario, shares no code with the planner but the
words and the money of the domain, lists every broken rule and never stops at the first.
docs/rules.md lists the rules and the file that holds each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import fields, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any, TypeVar

from workforce.check_case import Case
from workforce.check_money import Dues, check_money
from workforce.check_riders import check_riders
from workforce.check_rooms import check_rooms
from workforce.check_summary import check_summary
from workforce.check_trips import check_trips
from workforce.check_vehicles import check_vehicles
from workforce.kept import changed_tables
from workforce.plan import Placement, Plan, Seat, Share, Stay, Trip, Unserved
from workforce.scenario import Scenario
from workforce.verdict import Verdict

ABSURD = 10**12  # no figure of a plan comes near it

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Row = TypeVar("Row", bound="DataclassInstance")


def check(
    scenario: Scenario,
    plan: Plan,
    kept: Plan | None = None,
    kept_trips: frozenset[str] = frozenset(),
) -> Verdict:
    """Judge a plan against its scenario.

    Args:
        scenario: a scenario that was read without faults.
        plan: any plan; unknown ids, missing rows and strange values are told, never raised.
        kept: the older plan of which trips had to be kept.
        kept_trips: the ids of those trips.
    """
    case = Case(scenario, plan)
    case.plan = _without_absurd_figures(case, plan)
    if kept is not None:
        _check_kept(case, kept, kept_trips)
    _check_ids(case)
    check_trips(case)
    check_vehicles(case)
    check_riders(case)
    check_rooms(case)
    dues = Dues(case)
    check_money(case, dues)
    return check_summary(case, dues)


def _without_absurd_figures(case: Case, plan: Plan) -> Plan:
    """The plan with 0 for each figure that is not finite or of no sane size: all can be added up."""

    def trip_row(trip: Trip) -> Trip:
        stops = tuple(_sane(case, trip.trip_id, stop) for stop in trip.stops)
        return replace(_sane(case, trip.trip_id, trip), stops=stops)

    summary = plan.summary
    return replace(
        plan,
        trips=tuple(trip_row(trip) for trip in plan.trips),
        seats=tuple(_sane(case, seat.worker_id, seat) for seat in plan.seats),
        shares=tuple(_sane(case, share.worker_id, share) for share in plan.shares),
        summary=replace(_sane(case, "plan.json", summary), cost=_sane(case, "plan.json", summary.cost)),
    )


def _sane(case: Case, subject: str, row: Row) -> Row:
    absurd: dict[str, Any] = {}
    for column in fields(row):
        value = getattr(row, column.name)
        if isinstance(value, int | float | Decimal) and _is_absurd(value):
            absurd[column.name] = type(value)(0)
            case.broken("figure", subject, column=column.name, value=f"{Decimal(value):.3e}")
    return replace(row, **absurd) if absurd else row


def _is_absurd(value: float | Decimal) -> bool:
    number = Decimal(value)
    return not number.is_finite() or number.copy_abs() >= ABSURD


def _check_kept(case: Case, old: Plan, trip_ids: frozenset[str]) -> None:
    """What had to be kept is unchanged and named."""
    kept, riders = set(), set()
    for trip_id in sorted(trip_ids):
        changed = changed_tables(old, case.plan, trip_id)
        if changed or trip_id not in case.plan.trip_by_id:
            case.broken("kept-changed", trip_id, table=changed or ["trips"])
        else:
            kept.add(trip_id)
            riders |= {seat.worker_id for seat in old.riders.get(trip_id, ())}
    case.kept, case.kept_riders = frozenset(kept), frozenset(riders)
    named = set(case.plan.summary.kept or ())
    if named != trip_ids:
        case.broken("kept-named", "plan.json", trips=sorted(named ^ trip_ids))


def _check_ids(case: Case) -> None:
    """Ids occur once in their table and name what exists."""
    plan = case.plan
    for trip_id, times in Counter(trip.trip_id for trip in plan.trips).items():
        if times > 1:
            case.broken("twice", trip_id, table="trips")
    tables: dict[str, Sequence[Seat | Stay | Placement | Share | Unserved]] = {
        "seats": plan.seats,
        "rooms": plan.stays,
        "placements": plan.placements,
        "shares": plan.shares,
        "unserved": plan.unserved,
    }
    for table, rows in tables.items():
        keys = Counter((row.worker_id, row.item if isinstance(row, Share) else None) for row in rows)
        for (worker_id, _), times in keys.items():
            if times > 1:
                case.broken("twice", worker_id, table=table)
        for worker_id in dict.fromkeys(row.worker_id for row in rows):
            if worker_id not in case.scenario.workers:
                case.broken("unknown-worker", worker_id, worker_id in case.kept_riders, table=table)
    for seat in plan.seats:
        if seat.trip_id not in plan.trip_by_id:
            case.broken("unknown-trip", seat.worker_id, table="seats", trip=seat.trip_id)
