"""People: masked in lists, unmasked for a reason that is logged, erased on request; personal links."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from itertools import islice
from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, Field, StringConstraints
from sqlalchemy import Connection, Select, false, or_, select

from api.server.access import ACCESS, Grant
from api.server.asks import Asking, Asks
from api.server.paging import Cursor, Limit, Next
from api.server.problems import Problem
from api.server.routes.people import Search
from data.erasure import erase
from data.finding import found_among, record_search
from data.liaisons import LIAISON
from data.links import make_link, revoke_link
from data.people import personal_of
from data.personal import exists, health_checks, read_person, shown
from data.registry import find, find_all
from data.schema import entry as entry_table
from workforce.roles import Role, county_prefix
from workforce.sought import sought
from workforce.triplog import Where
from workforce.views import NAMING, Viewer, may_see

router = APIRouter(tags=["people 人员"])

Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=2, max_length=300)]
AskedReason = Annotated[
    Reason, Query(description="Why; it is logged. 查阅理由，将记录在案。", examples=["体温异常回访"])
]


class MaskedPerson(BaseModel):
    worker_id: str
    name: str | None = Field(examples=["王**"])
    id_number: str | None = Field(examples=["**************1234"])
    phone: str | None = Field(examples=["*******5678"])
    enterprise_id: str | None
    occupation: str | None
    adcode: str | None
    available_from: str | None
    arrive_by: str | None


class MaskedPeople(BaseModel):
    items: list[MaskedPerson]
    next: Next


class Personal(BaseModel):
    worker_id: str
    name: str | None
    id_number: str | None
    phone: str | None


class Contact(BaseModel):
    liaison_id: str = Field(description="By it they can be erased.", examples=["L0123456789ab"])
    name: str | None
    phone: str | None


class Erase(BaseModel):
    reason: Reason = Field(examples=["本人书面申请 2020-04-02"])


class Erased(BaseModel):
    worker_id: str
    erased_at: datetime


class NewLink(BaseModel):
    days: int = Field(30, ge=1, le=90, description="How long it works. 有效天数。")


class Link(BaseModel):
    url: str = Field(
        description="For the worker alone, shown this once. Whoever opens it first answers as the worker. "
        "仅显示这一次；只有首先打开的人才能以本人身份答复。"
    )
    expires_at: datetime


class HealthCheck(BaseModel):
    at: datetime
    where: Where
    temperature: str | None
    symptoms: list[str]
    note: str | None


@router.get("/people", name="list_people", response_model=MaskedPeople)
def list_people(asks: Asking, after: Cursor = "", limit: Limit = 100) -> MaskedPeople:
    """The people of the registry, their names and numbers masked."""
    with asks.read() as c:
        return _page(asks, c, c.execute(_ids(asks, after).limit(limit + 1)).scalars().all(), limit)


@router.post("/people/search", name="search_people", response_model=MaskedPeople)
def search_people(asked: Search, asks: Asking, after: Cursor = "", limit: Limit = 100) -> MaskedPeople:
    """Those of the list whom a name or number fits: who may not read whole names and numbers finds people
    by what the list shows, the family name and last characters. As of workers, it is on record that
    somebody searched, but not what for; an `Idempotency-Key` does nothing."""
    wanted, naming = sought(asked.find), NAMING[asks.caller.role]
    whole = ACCESS["read_personal"].of(asks.caller.role) is not Grant.NO

    def fits(told: Mapping[str, str]) -> bool:
        return wanted.fits(told if whole else shown(told, naming))

    with asks.read() as c:
        with closing(found_among(c, asks.services.vault, _ids(asks, after), fits)) as found:
            ids = list(islice(found, limit + 1))
        page = _page(asks, c, ids, limit)
    with asks.services.database.write() as c:
        record_search(c, asks.by, [one.worker_id for one in page.items])
    return page


@router.get("/workers/{worker_id}/personal", name="read_personal", response_model=Personal)
def read_personal(worker_id: str, reason: AskedReason, asks: Asking) -> Personal:
    """What names a person, unmasked; who read it and why is logged."""
    roster = _roster(asks)
    with asks.write() as c:
        _require_own(asks, c, worker_id, roster)
        found = read_person(c, asks.services.vault, asks.by, worker_id, reason)
    if found is None:
        raise Problem("not_found")
    return Personal(
        worker_id=worker_id,
        name=found.get("name"),
        id_number=found.get("id_number"),
        phone=found.get("phone"),
    )


@router.get("/enterprises/{enterprise_id}/contact", name="read_contact", response_model=Contact)
def read_contact(enterprise_id: str, reason: AskedReason, asks: Asking) -> Contact:
    """Whom an enterprise's row names as its contact, unmasked; who read it and why is logged."""
    with asks.write() as c:
        one = find(c, "enterprises", enterprise_id)
        liaison_id = None if one is None else one.body.get(LIAISON)
        if liaison_id is None or asks.enterprise not in (None, enterprise_id):
            raise Problem("not_found")
        told = read_person(c, asks.services.vault, asks.by, liaison_id, reason)
        if told is None:
            raise Problem("not_found")
    return Contact(liaison_id=liaison_id, name=told.get("name"), phone=told.get("phone"))


@router.post("/workers/{worker_id}/erase", name="erase_worker", response_model=Erased)
def erase_worker(worker_id: str, asked: Erase, asks: Asking) -> Response:
    """Forget what names a person; ids, figures and history stay. It cannot be undone.

    A contact or liaison officer is forgotten by the id that reading them tells.
    """
    with asks.write() as c:
        erased = asks.services.keys.erased
        if not erase(c, asks.services.vault, asks.by, [worker_id], asked.reason, erased):
            raise Problem("not_found")
        return asks.answer(c, Erased(worker_id=worker_id, erased_at=asks.services.now()))


@router.post("/workers/{worker_id}/link", name="make_link", response_model=Link, status_code=201)
def make_worker_link(worker_id: str, asked: NewLink, asks: Asking) -> Response:
    """A personal link for a worker; the one before stops working."""
    expires_at = asks.services.now() + timedelta(days=asked.days)
    with asks.write() as c:
        _require_own(asks, c, worker_id)
        _, key = make_link(c, asks.by, worker_id, expires_at)
        # Behind the #, so that the key is in no server's log and in no Referer.
        url = asks.services.settings.address(f"/my#{key}")
        return asks.answer(c, Link(url=url, expires_at=expires_at), 201)


@router.delete("/workers/{worker_id}/link", name="revoke_link", status_code=204)
def revoke_worker_link(worker_id: str, asks: Asking) -> Response:
    """End a worker's personal link."""
    with asks.write() as c:
        _require_own(asks, c, worker_id)
        if not revoke_link(c, asks.by, worker_id):
            raise Problem("not_found")
    return Response(status_code=204)


@router.get("/workers/{worker_id}/health", name="read_health", response_model=list[HealthCheck])
def read_health(worker_id: str, reason: AskedReason, asks: Asking) -> list[HealthCheck]:
    """A worker's temperatures and symptoms from home to the last night, first to last; the reading is
    logged."""
    with asks.write() as c:
        _require_own(asks, c, worker_id)
        found = health_checks(c, asks.services.vault, asks.by, worker_id, reason)
    blank: dict[str, Any] = {"temperature": None, "symptoms": [], "note": None}
    return [HealthCheck(at=at, where=Where(where), **{**blank, **told}) for at, where, told in found]


def _ids(asks: Asks, after: str) -> Select[Any]:
    """The people of the registry who are the caller's to see, in the order of their ids."""
    beyond = entry_table.c.kind == "workers", entry_table.c.key > after
    query = select(entry_table.c.key).where(*beyond).order_by(entry_table.c.key)
    if asks.enterprise is not None:
        query = query.where(entry_table.c.enterprise_id == asks.enterprise)
    elif asks.caller.role is Role.ORIGIN:
        home = entry_table.c.body["adcode"].as_string()
        parts = (asks.caller.subject or "").split()
        query = query.where(or_(false(), *(home.startswith(county_prefix(part)) for part in parts)))
    return query


def _page(asks: Asks, c: Connection, ids: Sequence[str], limit: int) -> MaskedPeople:
    """The people of these ids, in their order; one more of them than the limit tells that there are more."""
    told = ids[:limit]
    personal = personal_of(c, asks.services.vault, told)
    rows = {one.key: one for one in find_all(c, "workers", told)}
    naming = NAMING[asks.caller.role]
    items = [
        MaskedPerson(
            worker_id=one.key,
            enterprise_id=one.enterprise_id,
            **shown(personal.get(one.key, {}), naming),
            **{name: one.body.get(name) for name in ("occupation", "adcode", "available_from", "arrive_by")},
        )
        for one in (rows[key] for key in told if key in rows)
    ]
    return MaskedPeople(items=items, next=told[-1] if len(ids) > limit else None)


def _require_own(asks: Asks, c: Connection, worker_id: str, roster: frozenset[str] = frozenset()) -> None:
    """Answer as if a worker did not exist who does not, or is not the caller's.

    Raises:
        Problem: so it is.
    """
    own = exists(c, worker_id)
    if asks.enterprise is not None:
        one = find(c, "workers", worker_id)
        own = own and one is not None and one.enterprise_id == asks.enterprise
    elif asks.grant is Grant.OWN:
        own = own and worker_id in roster
    if not own:
        raise Problem("not_found")


def _roster(asks: Asks) -> frozenset[str]:
    """The riders of a coordinator's trips."""
    if asks.caller.role is not Role.COORDINATOR:
        return frozenset()
    viewer = Viewer(asks.caller.role, asks.caller.subject)
    return frozenset(
        seat.worker_id
        for published in asks.services.published.standing()
        for seat in published.plan.seats
        if may_see(viewer, published, seat)
    )
