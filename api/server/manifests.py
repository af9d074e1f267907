"""The manifest of the trip to which a phone is bound: for its page, and for the page without scripts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy import Connection, select

from api.server.asks import Asks
from api.server.local_time import LocalTime
from api.server.problems import Problem
from data.accounts import Phone, record
from data.loop_states import find_run
from data.people import personal_of
from data.personal import shown
from data.schema import event
from data.trip_log import size
from workforce.closed_loop import Course, Flag, PlannedTrip, Run
from workforce.field import closes_at, observation_seats_of
from workforce.manifest import Line, Presence, besides, lines
from workforce.plan import Stop, StopKind
from workforce.roles import Role
from workforce.runs import expected_times, lacks
from workforce.triplog import Kind, Missing, Side
from workforce.views import NAMING, Naming, TripView, Viewer, trip_view


class ManifestStop(BaseModel):
    seq: int
    kind: StopKind
    place_id: str | None
    name: str | None
    arrive: LocalTime
    depart: LocalTime
    expected: LocalTime | None = Field(description="Arrival as expected now; null: it was there. 预计到达。")
    boarding: int
    alighting: int
    counted: int | None
    signed: list[Side]


class ManifestLine(BaseModel):
    worker_id: str
    name: str | None
    id_number: str | None = Field(description="The last four digits show. 仅显示末四位。")
    seat: int | None
    pickup_id: str
    drop_id: str
    enterprise: str | None
    room: str | None = Field(description="For the hotel. 供酒店查看。")
    state: Presence
    why: Missing | None
    measured: bool = Field(description="Whether a temperature was taken. 是否已测温。")


class Manifest(BaseModel):
    link_id: str
    role: Role
    place_id: str | None = Field(description="A receiver's drop. 接收方所在下车点。")
    plan_id: str
    trip_id: str
    operator: str
    fleet_id: str
    vehicle_no: int
    now: datetime
    seq: int = Field(description="The last event of the log that is in it. 已计入的最后一条日志编号。")
    closes_at: datetime
    state: Course
    plate: str | None
    roster: int | None
    stop: int
    left: bool
    delay_minutes: int
    lacks: list[Flag] = Field(description="What the first stage still asks for. 出发前还缺少的。")
    observation_seats: list[int]
    stops: list[ManifestStop]
    riders: list[ManifestLine]
    besides: dict[str, int | None] = Field(description="Aboard, not on the list; the seat. 名单外乘车人。")


def manifest_of(asks: Asks, names: bool) -> Manifest:
    """The asking phone's manifest.

    Raises:
        Problem: no phone asks, or its trip is planned no longer.
    """
    phone = asks.caller.phone
    if phone is None:
        raise Problem("not_found")
    viewer = Viewer(asks.caller.role, asks.caller.subject)
    naming = NAMING[viewer.role] if names else Naming.NONE
    with asks.write() if naming is Naming.ROSTER else asks.read() as c:
        roster = asks.services.rosters.now(c)
        planned, published = roster.trip(phone.plan_id, phone.trip_id), roster.plans.get(phone.plan_id)
        view = trip_view(viewer, published, phone.trip_id) if published is not None else None
        if planned is None or published is None or view is None:
            raise Problem("not_found")
        run = find_run(c, phone.plan_id, phone.trip_id)
        found = lines(viewer, view, published, run)
        personal = {} if naming is Naming.NONE else _personal(asks, c, found, naming)
        measured = _measured(c, phone)
        seq = size(c)
    people = [_line(one, personal.get(one.worker_id, {}), naming, one.worker_id in measured) for one in found]
    fleet = published.scenario.fleets.get(planned.trip.fleet_id)
    return Manifest(
        link_id=phone.link_id,
        role=viewer.role,
        place_id=phone.place_id,
        plan_id=phone.plan_id,
        trip_id=phone.trip_id,
        operator=fleet.operator if fleet else "",
        fleet_id=planned.trip.fleet_id,
        vehicle_no=planned.trip.vehicle_no,
        now=asks.services.now(),
        seq=seq,
        closes_at=closes_at(phone.ends_at, run),
        state=run.state,
        plate=run.plate,
        roster=run.roster,
        stop=run.stop,
        left=run.left,
        delay_minutes=run.delay,
        lacks=lacks(run, planned),
        observation_seats=list(observation_seats_of(roster, phone.plan_id, phone.trip_id)),
        stops=_stops(view, phone, planned, run),
        riders=people,
        besides=dict(besides(planned, run)) if viewer.role is Role.COORDINATOR else {},
    )


def _line(one: Line, personal: Mapping[str, str], naming: Naming, measured: bool) -> ManifestLine:
    named = shown(personal, naming)
    told: dict[str, Any] = {name: getattr(one, name) for name in _OF_LINE}
    return ManifestLine(**told, name=named["name"], id_number=named["id_number"], measured=measured)


_OF_LINE = ("worker_id", "seat", "pickup_id", "drop_id", "enterprise", "room", "state", "why")


def _personal(
    asks: Asks, c: Connection, found: list[Line], naming: Naming
) -> Mapping[str, Mapping[str, str]]:
    if naming is Naming.ROSTER:
        phone = asks.caller.phone
        assert phone is not None
        record(c, asks.by, "personal_read", f"{phone.plan_id}/{phone.trip_id}", "roster")
    return personal_of(c, asks.services.vault, [one.worker_id for one in found])


def _measured(c: Connection, phone: Phone) -> set[str]:
    of_trip = event.c.plan_id == phone.plan_id, event.c.trip_id == phone.trip_id
    query = select(event.c.worker_id).where(*of_trip, event.c.kind == Kind.MEASURED)
    return set(c.execute(query.distinct()).scalars())


def _stops(view: TripView, phone: Phone, planned: PlannedTrip, run: Run) -> list[ManifestStop]:
    """Of a receiver the own drop alone: where the others board and get off is not theirs to know."""
    coming = {stop.seq: arrive for stop, arrive, _ in expected_times(run, planned)}
    names = {stop.place_id: stop.name for stop in view.stops}
    return [
        _stop(stop, names.get(stop.place_id), coming.get(stop.seq), run)
        for stop in planned.trip.stops
        if phone.place_id is None or (stop.kind is StopKind.DROP and stop.place_id == phone.place_id)
    ]


def _stop(stop: Stop, name: str | None, expected: datetime | None, run: Run) -> ManifestStop:
    place = stop.place_id or ""
    at_drop = stop.kind is StopKind.DROP
    return ManifestStop(
        seq=stop.seq,
        kind=stop.kind,
        place_id=stop.place_id,
        name=name,
        arrive=stop.arrive,
        depart=stop.depart,
        expected=expected,
        boarding=stop.boarding,
        alighting=stop.alighting,
        counted=run.counted.get(place) if at_drop else None,
        signed=[Side(side) for side in run.signed.get(place, ())] if at_drop else [],
    )
