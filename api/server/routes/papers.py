"""Papers: the same ones as a page to print, PDF, spreadsheet or CSV."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from api.server import papers
from api.server.access import ACCESS, Grant
from api.server.asks import Asking, Asks
from api.server.documents import Document, csv_of, xlsx_of
from api.server.exports import XLSX
from api.server.pages import POLICY, paper_page
from api.server.problems import Problem
from data.accounts import record
from data.field_links import code_of, manifest_secret
from data.loop_states import find_journey, find_run, journeys
from data.passes import drivers_of, pass_token
from data.people import personal_of
from data.personal import shown
from data.schema import journey as journey_table
from data.trip_log import events, parts, voided_among
from workforce.closed_loop import local_day
from workforce.desks import in_rooms
from workforce.plan import Seat
from workforce.roles import Role
from workforce.rosters import Roster
from workforce.triplog import Kind
from workforce.views import NAMING, Naming, Viewer, employer, may_see, trip_view

router = APIRouter(tags=["papers 单据"])
PathId = Annotated[str, Path(max_length=100)]
Why = Annotated[
    str | None,
    Query(min_length=2, max_length=300, description="Why whole numbers are needed. 需要完整号码的理由。"),
]


class Paper(StrEnum):
    MANIFEST = "manifest"
    SEATS = "seats"
    ROSTER = "roster"
    PASS = "pass"


class Form(StrEnum):
    HTML = "html"
    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"


FORMS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/html": {}, "application/pdf": {}, XLSX: {}, "text/csv": {}}}
}


@router.get(
    "/trips/{plan_id}/{trip_id}/papers/{paper}.{form}",
    name="trip_paper",
    response_class=Response,
    responses=FORMS,
)
def trip_paper(
    plan_id: PathId, trip_id: PathId, paper: Paper, form: Form, asks: Asking, why: Why = None
) -> Response:
    """A trip's manifest, seat plan, roster or travel pass. The pass is withheld until every destination has
    confirmed that it will receive."""
    with asks.write() as c:
        roster = asks.services.rosters.now(c)
        plan_id, trip_id = roster.teller(plan_id, trip_id)
        published = roster.plans.get(plan_id)
        viewer = Viewer(asks.caller.role, asks.caller.subject)
        if published is None or trip_view(viewer, published, trip_id) is None:
            raise Problem("not_found")
        planned = roster.trip(plan_id, trip_id)
        assert planned is not None
        run, scenario = find_run(c, plan_id, trip_id), published.scenario
        seats = [s for s in published.plan.riders[trip_id] if may_see(viewer, published, s)]
        if paper is Paper.PASS:
            if set(planned.drops) - set(run.confirmed):
                raise Problem("not_confirmed")
            drivers = drivers_of(c, asks.services.vault, (plan_id, trip_id))
            url = asks.services.settings.address(f"/pass/{pass_token(c, (plan_id, trip_id))}")
            made = papers.travel_pass(planned, run, scenario, drivers, url)
        else:
            made = _with_riders(asks, c, roster, paper, plan_id, trip_id, seats, why)
    return answer(made, form)


@router.get(
    "/hotels/{hotel_id}/papers/rooms.{form}", name="room_list", response_class=Response, responses=FORMS
)
def room_list(
    hotel_id: PathId, form: Form, asks: Asking, day: Annotated[date | None, Query()] = None
) -> Response:
    """Who is or will be in which room of a hotel on a day."""
    if asks.own is not None and asks.own != hotel_id:
        raise Problem("not_found")
    on = day or local_day(asks.services.now())
    with asks.write() as c:
        roster = asks.services.rosters.now(c)
        known = [p for p in roster.plans.values() if hotel_id in p.scenario.hotels]
        if not known:
            raise Problem("not_found")
        planned = [s for p in known for s in p.plan.stays if s.hotel_id == hotel_id]
        ways = {way.worker_id: way for way in journeys(c, journey_table.c.place_id == hotel_id)}
        for part in parts(sorted({s.worker_id for s in planned} - ways.keys())):
            ways |= {way.worker_id: way for way in journeys(c, journey_table.c.worker_id.in_(part))}
        stays = in_rooms(hotel_id, on, local_day(asks.services.now()), planned, ways)
        names = _names(asks, c, [s.worker_id for s in stays], hotel_id, None)
    return answer(papers.room_list(hotel_id, known[-1].scenario, on, stays, names), form)


@router.get(
    "/journeys/{worker_id}/papers/release.{form}",
    name="release_paper",
    response_class=Response,
    responses=FORMS,
)
def release_paper(worker_id: PathId, form: Form, asks: Asking) -> Response:
    """A worker's certificate of release; withheld till the quarantine is over or if it ended early."""
    with asks.write() as c:
        roster = asks.services.rosters.now(c)
        way, expected = find_journey(c, worker_id), roster.expected(worker_id)
        published = roster.plans[expected.plan_id] if expected is not None else None
        if published is None or not _is_theirs(asks, published, way.place_id, worker_id):
            raise Problem("not_found")
        log = events(c, worker_id=worker_id)
        gone = voided_among(c, (one.seq for one in log))
        told = sorted((one for one in log if one.seq not in gone), key=lambda one: one.event.happened_at)
        found = [one for one in told if one.event.kind is Kind.RELEASED]
        if not way.released or not found:
            raise Problem("not_released")
        last = found[-1].event
        lodged = (one.event for one in told if one.event.kind in (Kind.CHECKED_IN, Kind.ROOM_MOVED))
        # By now they may be somewhere else, at work.
        hotels = [e.place_id or "" for e in lodged if e.happened_at <= last.happened_at]
        if way.check_in is None or (way.until is not None and str(local_day(last.happened_at)) < way.until):
            raise Problem("released_early", until=way.until or "—")
        names = _names(asks, c, [worker_id], worker_id, None)
        number = last.says.get("certificate") or str(found[-1].seq)
        day = local_day(last.happened_at)
        hotel = hotels[-1] if hotels else ""  # which only a later plan than theirs may know
        naming = [p.scenario for p in roster.plans.values() if hotel in p.scenario.hotels]
        place = papers.place_name([published.scenario, *naming][-1], hotel)
        made = papers.certificate(way, place, names[worker_id], day, number)
    return answer(made, form)


def _with_riders(
    asks: Asks,
    c: Connection,
    roster: Roster,
    paper: Paper,
    plan_id: str,
    trip_id: str,
    seats: list[Seat],
    why: str | None,
) -> Document:
    published, planned = roster.plans[plan_id], roster.trip(plan_id, trip_id)
    assert planned is not None
    if asks.caller.role is Role.CARRIER:
        raise Problem("not_allowed")  # whoever drives sees the pass, not the people
    run, scenario = find_run(c, plan_id, trip_id), published.scenario
    names = _names(asks, c, [s.worker_id for s in seats], f"{plan_id}/{trip_id}", why)
    if paper is Paper.MANIFEST:
        return papers.manifest(planned, run, scenario, seats, names, _binding(asks, c, plan_id, trip_id))
    if paper is Paper.SEATS:
        return papers.seat_plan(planned, run, scenario, seats, names)
    employers = {s.worker_id: employer(published.plan, s.worker_id) for s in seats}
    return papers.roster(planned, run, scenario, seats, names, employers)


def _binding(asks: Asks, c: Connection, plan_id: str, trip_id: str) -> papers.Binding | None:
    """What binds phones to a trip, for those who may also ask for its code."""
    if ACCESS["read_field_code"].of(asks.caller.role) is Grant.NO:
        return None
    services = asks.services
    record(c, asks.by, "field_code_read", f"{plan_id}/{trip_id}")
    secret = manifest_secret(c, services.vault, plan_id, trip_id, services.now())
    url = services.settings.address(f"/field/{secret}") if secret is not None else None
    return papers.Binding(code_of(c, services.vault, plan_id, trip_id), url)


def _names(asks: Asks, c: Connection, worker_ids: list[str], about: str, why: str | None) -> papers.Names:
    """Names as the role may see them; whole numbers for a reason, where the role may have them at all."""
    found = personal_of(c, asks.services.vault, worker_ids)
    if why is not None:
        if asks.caller.role is not Role.PLANNER:
            raise Problem("not_allowed")
        record(c, asks.by, "personal_read", about, why)
        return {w: {n: v or None for n, v in found.get(w, {}).items()} for w in worker_ids}
    # A paper that calls people without their names would be none.
    naming = Naming.MASKED if NAMING[asks.caller.role] is Naming.NONE else Naming.ROSTER
    if worker_ids:
        record(c, asks.by, "personal_read", about, "paper")
    return {w: shown(found.get(w, {}), naming) for w in worker_ids}


def _is_theirs(asks: Asks, published: Any, place_id: str | None, worker_id: str) -> bool:
    if asks.caller.role is Role.HOTEL and place_id == asks.caller.subject:
        return True
    seat = published.plan.seat_of[worker_id]
    return may_see(Viewer(asks.caller.role, asks.caller.subject), published, seat)


def answer(made: Document, form: Form) -> Response:
    name = made.name.encode("ascii", "replace").decode().replace("?", "_").replace('"', "_")
    if form is Form.HTML:
        return HTMLResponse(paper_page(made), headers={"Content-Security-Policy": POLICY})
    if form is Form.PDF:
        from api.server.pdf import pdf_of  # its fonts take a moment to load

        return _file(pdf_of(made), "application/pdf", f"{name}.pdf")
    if form is Form.XLSX:
        return _file(xlsx_of(made), XLSX, f"{name}.xlsx")
    content = csv_of(made.grids[made.listed]) if made.grids else b""
    return _file(content, "text/csv; charset=utf-8", f"{name}.csv")


def _file(content: bytes, kind: str, name: str) -> Response:
    return Response(content, 200, {"Content-Disposition": f'attachment; filename="{name}"'}, kind)
