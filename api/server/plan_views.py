"""How the API tells a plan: trips, reasons, verdicts, comparisons.  Money in yuan, workers by id."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from pydantic import BaseModel, Field

from api.changes import Change, Kind, Ride
from api.language import Language, halves
from api.server.local_time import LocalTime
from api.server.paging import Next
from data.plan_json import plain_number, violation_row
from data.plan_tables import REASONS
from workforce.faults import Text
from workforce.plan import Plan, Seat, Unserved
from workforce.plan import Trip as PlannedTrip
from workforce.verdict import Verdict


class Trip(BaseModel):
    trip_id: str
    fleet_id: str
    vehicle_no: int
    risk: str
    drivers: int
    first_day: date
    last_day: date
    km: float
    cost_yuan: float
    riders: int
    kept: bool = Field(description="It stands as in the older plan.")


class Trips(BaseModel):
    items: list[Trip]
    next: Next


class TripStop(BaseModel):
    kind: str
    place_id: str | None
    arrive: LocalTime = Field(description="Local time.")
    depart: LocalTime
    km: float
    boarding: int
    alighting: int


class Rider(BaseModel):
    seat: int
    worker_id: str
    pickup_id: str
    drop_id: str


class OneTrip(Trip):
    stops: list[TripStop]
    seats: list[Rider]


class StaysBehind(BaseModel):
    worker_id: str
    reason: str
    message: str
    detail: str


class ReasonCount(BaseModel):
    reason: str
    message: str
    workers: int


class AllUnserved(BaseModel):
    reasons: list[ReasonCount]
    items: list[StaysBehind]
    next: Next


class BrokenRule(BaseModel):
    rule: str
    subject: str
    message: str
    kept: bool = Field(description="It lies in trips that had to stand and does not count against the plan.")


class Judgement(BaseModel):
    holds: bool
    broken_rules: list[BrokenRule]
    served: int
    restarted: int
    weight: float
    cost_yuan: dict[str, float]


class Changed(BaseModel):
    worker_id: str
    change: str = Field(description="moved, joined or fell_out.")
    before: dict[str, Any] | None
    now: dict[str, Any] | None
    reason: str | None


class Figure(BaseModel):
    before: float
    now: float
    more: float


class Comparison(BaseModel):
    """What one plan changes over another."""

    plan_id: str
    compared_with: str
    counts: dict[str, int] = Field(description="How many moved, joined, fell out.")
    served: Figure
    weight: Figure
    cost_yuan: dict[str, Figure]
    items: list[Changed]
    next: Next


def trip(one: PlannedTrip, riders: int, kept: frozenset[str]) -> Trip:
    return Trip(
        trip_id=one.trip_id,
        fleet_id=one.fleet_id,
        vehicle_no=one.vehicle_no,
        risk=one.risk,
        drivers=one.drivers,
        first_day=one.first_day,
        last_day=one.last_day,
        km=float(one.km),
        cost_yuan=one.cost_fen / 100,
        riders=riders,
        kept=one.trip_id in kept,
    )


def one_trip(one: PlannedTrip, riders: Sequence[Seat], kept: frozenset[str]) -> OneTrip:
    stops = [
        TripStop(
            kind=s.kind,
            place_id=s.place_id,
            arrive=s.arrive,
            depart=s.depart,
            km=float(s.km),
            boarding=s.boarding,
            alighting=s.alighting,
        )
        for s in one.stops
    ]
    seats = [
        Rider(seat=s.seat, worker_id=s.worker_id, pickup_id=s.pickup_id, drop_id=s.drop_id) for s in riders
    ]
    return OneTrip(**trip(one, len(riders), kept).model_dump(), stops=stops, seats=seats)


def unserved(row: Unserved, language: Language) -> StaysBehind:
    return StaysBehind(
        worker_id=row.worker_id,
        reason=row.reason,
        message=_of(REASONS[row.reason], language),
        detail=_of(Text(*halves(row.detail)), language),
    )


def reason_counts(rows: Sequence[Unserved], language: Language) -> list[ReasonCount]:
    counts = Counter(row.reason for row in rows)
    return [
        ReasonCount(reason=reason, message=_of(text, language), workers=counts[reason])
        for reason, text in REASONS.items()
        if counts[reason]
    ]


def broken_rule(row: Mapping[str, Any], language: Language) -> BrokenRule:
    """Of a row as ``data.plan_json.violation_row`` makes it."""
    message = _of(Text(row["zh"], row["en"]), language)
    return BrokenRule(rule=row["rule"], subject=row["subject"], message=message, kept=row["kept"])


def judgement(verdict: Verdict, language: Language) -> Judgement:
    cost = verdict.cost
    return Judgement(
        holds=verdict.holds,
        broken_rules=[broken_rule(violation_row(v), language) for v in verdict.violations],
        served=verdict.served,
        restarted=verdict.restarted,
        weight=plain_number(verdict.weight),
        cost_yuan={part: fen / 100 for part, fen in {**asdict(cost), "total": cost.total}.items()},
    )


def comparison(
    plan_id: str, older: str, old: Plan, new: Plan, found: Sequence[Change], after: str, limit: int
) -> Comparison:
    """One page of it; the cursor is the kind and the worker of the last change."""
    counts = Counter(change.kind for change in found)
    ranks = {kind: n for n, kind in enumerate(Kind)}
    keyed = [(f"{ranks[change.kind]}{change.worker_id}", change) for change in found]
    left = [(key, change) for key, change in keyed if key > after]
    before, now = old.summary, new.summary
    parts = ("trips", "rooms", "transfers", "access", "waiting", "total")
    return Comparison(
        plan_id=plan_id,
        compared_with=older,
        counts={kind.value: counts[kind] for kind in Kind},
        served=_figure(before.served, now.served),
        weight=_figure(float(before.weight), float(now.weight)),
        cost_yuan={part: _yuan(getattr(before.cost, part), getattr(now.cost, part)) for part in parts},
        items=[
            Changed(
                worker_id=change.worker_id,
                change=change.kind,
                before=_ride(change.before),
                now=_ride(change.after),
                reason=change.reason,
            )
            for _, change in left[:limit]
        ],
        next=left[limit - 1][0] if len(left) > limit else None,
    )


def _figure(before: float, now: float) -> Figure:
    return Figure(before=before, now=now, more=now - before)


def _yuan(before: int, now: int) -> Figure:
    return Figure(before=before / 100, now=now / 100, more=(now - before) / 100)


def _ride(ride: Ride | None) -> dict[str, Any] | None:
    return None if ride is None else asdict(ride)


def _of(text: Text, language: Language) -> str:
    return text.en if language is Language.EN else text.zh
