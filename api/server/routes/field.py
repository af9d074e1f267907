"""Phones in the field: links to a trip, its device code, and the manifest that stands on a phone."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated, Literal

import segno
from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.server.asks import Asking, Asks
from api.server.local_time import LocalTime
from api.server.manifests import Manifest, manifest_of
from api.server.problems import Problem
from data.accounts import record
from data.field_links import Link as Kept
from data.field_links import code_of, links_of, make_link, renew_code, revoke_link
from data.field_links import revoke_phone as end_phone
from data.loop_states import find_run
from workforce.closed_loop import PlannedTrip
from workforce.field import MOST_PHONES, closes_at, ends_at
from workforce.roles import Role
from workforce.views import Viewer, trip_view

router = APIRouter(tags=["in the field 现场"])
PathId = Annotated[str, Path(max_length=100)]


class Standing(StrEnum):
    """For whom a link is."""

    COORDINATOR = "coordinator"
    RECEIVER = "receiver"


class NewFieldLink(BaseModel):
    role: Standing = Field(Standing.COORDINATOR, description="Who will hold the phone. 使用人。")
    place_id: Annotated[str, Field(max_length=100)] | None = Field(
        None, description="A receiver's drop. 接收方所在下车点。"
    )
    phones: int = Field(2, ge=1, le=MOST_PHONES, description="How many may be bound. 可绑定手机数。")


class BoundPhone(BaseModel):
    device: str = Field(description="As events have it. 与日志中的设备编号一致。")
    bound_at: datetime


class FieldLink(BaseModel):
    link_id: str
    role: Role
    place_id: str | None
    phones: int
    bound: list[BoundPhone]
    made_by: str
    made_at: datetime
    closes_at: datetime = Field(description="By itself, a day after the trip. 行程结束一天后失效。")
    state: Literal["open", "revoked", "over"]


class MadeFieldLink(BaseModel):
    link_id: str
    url: str = Field(description="Later only on the manifest. 此后仅印在乘车清单上。")
    qr_svg: str = Field(description="The address as a QR code, a data URI. 二维码（矢量）。")
    qr_png: str = Field(description="The same as PNG. 二维码（位图）。")
    closes_at: datetime


class FieldLinks(BaseModel):
    items: list[FieldLink]


class FieldCode(BaseModel):
    plan_id: str
    trip_id: str
    code: str = Field(description="For the paper manifest. 印在纸质名单上的四位设备码。", examples=["0417"])
    leaves: LocalTime


@router.post(
    "/trips/{plan_id}/{trip_id}/links", name="make_field_link", response_model=MadeFieldLink, status_code=201
)
def make(plan_id: PathId, trip_id: PathId, asked: NewFieldLink, asks: Asking) -> Response:
    """A link that opens this trip on a phone, once it is bound by the code of the paper manifest."""
    with asks.write() as c:
        planned = _require(asks, c, plan_id, trip_id)
        role = _role(asks, planned, asked)
        at_drop = asked.place_id if role is not Role.COORDINATOR else None
        link_id, secret = make_link(c, asks.services.vault, asks.by, planned, role, at_drop, asked.phones)
        url = asks.services.settings.address(f"/field/{secret}")
        qr = segno.make(url, error="m")
        made = MadeFieldLink(
            link_id=link_id,
            url=url,
            qr_svg=qr.svg_data_uri(scale=4),
            qr_png=qr.png_data_uri(scale=6),
            closes_at=closes_at(ends_at(planned), find_run(c, *planned.key)),
        )
        return asks.answer(c, made, 201)


@router.get("/trips/{plan_id}/{trip_id}/links", name="list_field_links", response_model=FieldLinks)
def list_all(plan_id: PathId, trip_id: PathId, asks: Asking) -> FieldLinks:
    """The links to a trip and the phones that are bound to them, oldest first."""
    with asks.read() as c:
        planned = _require(asks, c, plan_id, trip_id)
        return FieldLinks(items=[_told(one, asks.services.now()) for one in links_of(c, *planned.key)])


@router.delete("/trips/{plan_id}/{trip_id}/links/{link_id}", name="revoke_field_link", status_code=204)
def revoke(plan_id: PathId, trip_id: PathId, link_id: PathId, asks: Asking) -> Response:
    """End a link with all phones bound to it."""
    with asks.write() as c:
        planned = _require(asks, c, plan_id, trip_id)
        if not revoke_link(c, asks.by, *planned.key, link_id):
            raise Problem("not_found")
    return Response(status_code=204)


@router.delete(
    "/trips/{plan_id}/{trip_id}/links/{link_id}/phones/{device}", name="revoke_phone", status_code=204
)
def revoke_phone(plan_id: PathId, trip_id: PathId, link_id: PathId, device: PathId, asks: Asking) -> Response:
    """End one phone, which makes room for another one."""
    with asks.write() as c:
        planned = _require(asks, c, plan_id, trip_id)
        if not end_phone(c, asks.by, *planned.key, link_id, device):
            raise Problem("not_found")
    return Response(status_code=204)


@router.get("/trips/{plan_id}/{trip_id}/code", name="read_field_code", response_model=FieldCode)
def read_code(plan_id: PathId, trip_id: PathId, asks: Asking) -> FieldCode:
    """The code that binds phones to the trip; the reading is logged."""
    with asks.write() as c:
        planned = _require(asks, c, plan_id, trip_id)
        record(c, asks.by, "field_code_read", "/".join(planned.key))
        return _code(planned, code_of(c, asks.services.vault, *planned.key))


@router.post("/trips/{plan_id}/{trip_id}/code", name="renew_field_code", response_model=FieldCode)
def renew(plan_id: PathId, trip_id: PathId, asks: Asking) -> Response:
    """Another code, where the one before was guessed at or lost; bound phones stay bound."""
    with asks.write() as c:
        planned = _require(asks, c, plan_id, trip_id)
        record(c, asks.by, "field_code_renewed", "/".join(planned.key))
        return asks.answer(c, _code(planned, renew_code(c, asks.services.vault, *planned.key)))


@router.get("/field/manifest", name="read_manifest", response_model=Manifest)
def read_manifest(
    asks: Asking,
    names: Annotated[
        bool, Query(description="Whether to tell names, which is logged. 含姓名，将记录。")
    ] = True,
) -> Manifest:
    """The trip to which the asking phone is bound: its stops, its riders, how far they are."""
    return manifest_of(asks, names)


def _require(asks: Asks, c: Connection, plan_id: str, trip_id: str) -> PlannedTrip:
    """A trip that is the caller's to hand on.

    Raises:
        Problem: there is none, or it is none of theirs.
    """
    roster = asks.services.rosters.now(c)
    plan_id, trip_id = roster.teller(plan_id, trip_id)
    planned, published = roster.trip(plan_id, trip_id), roster.plans.get(plan_id)
    viewer = Viewer(asks.caller.role, asks.caller.subject)
    if planned is None or published is None or trip_view(viewer, published, trip_id) is None:
        raise Problem("not_found")
    return planned


def _role(asks: Asks, planned: PlannedTrip, asked: NewFieldLink) -> Role:
    if asked.role is Standing.COORDINATOR:
        return Role.COORDINATOR
    if asked.place_id not in planned.drops:
        raise Problem("not_a_drop")
    (scenario,) = (p.scenario for p in asks.services.published.standing() if p.plan_id == planned.plan_id)
    return Role.HOTEL if asked.place_id in scenario.hotels else Role.ENTERPRISE


def _told(one: Kept, now: datetime) -> FieldLink:
    row = one.row
    state: Literal["open", "revoked", "over"] = "over" if now >= one.closes_at else "open"
    return FieldLink(
        link_id=row.id,
        role=row.role,
        place_id=row.place_id,
        phones=row.phones,
        bound=[BoundPhone(device=key.id, bound_at=key.created_at) for key in one.phones],
        made_by=row.made_by,
        made_at=row.made_at,
        closes_at=one.closes_at,
        state="revoked" if row.revoked_at is not None else state,
    )


def _code(planned: PlannedTrip, code: str) -> FieldCode:
    leaves = planned.trip.stops[0].depart
    return FieldCode(plan_id=planned.plan_id, trip_id=planned.trip.trip_id, code=code, leaves=leaves)
