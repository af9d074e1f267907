"""Links that open one trip on a phone, the code that binds a phone to them, and the bound phones.

A link acts by an account of its own, of a coordinator with this trip alone or of the hotel or
enterprise that receives; a bound phone is a key of that account.  So a link ends by disabling its
account, and a phone by revoking its key.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, Select, insert, select, update

from data.accounts import (
    By,
    add_account,
    add_key,
    disable_account,
    find_account,
    hashed,
    list_keys,
    new_id,
    new_secret,
    record,
    revoke_key,
)
from data.loop_states import find_run
from data.schema import account, field_link, trip_code
from data.vault import Vault
from workforce.closed_loop import PlannedTrip
from workforce.field import MOST_TRIES, closes_at, ends_at, wait_after
from workforce.recorders import ONE_SIDE
from workforce.roles import Role

PHONE = "phone"  # what the key of a bound phone is called


@dataclass(frozen=True, slots=True)
class Link:
    """
    Attributes:
        row: of ``field_link``.
        phones: the keys of bound phones, oldest first; those that were revoked are left out.
    """

    row: Row[Any]
    closes_at: datetime
    phones: Sequence[Row[Any]]


class NotBound(StrEnum):
    """Why a phone was not bound; codes of problems."""

    WRONG = "field_code_wrong"
    WAIT = "field_code_wait"
    SPENT = "field_code_spent"  # too many wrong ones: the desk must make another code
    FULL = "field_phones_full"


@dataclass(frozen=True, slots=True)
class Binding:
    """A phone's key, or why there is none."""

    key: str | None
    refused: NotBound | None = None
    wait: timedelta = timedelta(0)


# Codes


def code_of(c: Connection, vault: Vault, plan_id: str, trip_id: str) -> str:
    """The four digits that stand on a trip's paper manifest; made when first asked for."""
    row = _code(c, plan_id, trip_id)
    if row is None:
        return renew_code(c, vault, plan_id, trip_id)
    return str(vault.unseal(row.sealed, row.key_id, f"{plan_id}/{trip_id}"))


def renew_code(c: Connection, vault: Vault, plan_id: str, trip_id: str) -> str:
    """Another code; phones that are bound stay so."""
    code = f"{secrets.randbelow(10_000):04d}"
    values = {"sealed": vault.seal(code, f"{plan_id}/{trip_id}"), "key_id": vault.newest, "failed": 0}
    if _code(c, plan_id, trip_id) is None:
        c.execute(insert(trip_code).values(plan_id=plan_id, trip_id=trip_id, **values))
    else:
        c.execute(update(trip_code).where(*_of_trip(trip_code, plan_id, trip_id)).values(values))
    return code


# Links


def lets_void(c: Connection, account_id: str, reporter_id: str) -> bool:
    """Whether the link by which an account acts, if any, lets it void what another account reported.

    On a link that one side of the trip made, such as its carrier, that is what this side reported itself,
    or a phone of the same role on a link that it made.
    """
    link = _maker_of(c, account_id)
    if link is None or link.role not in ONE_SIDE:
        return True
    other = _maker_of(c, reporter_id)
    told_by = other or find_account(c, reporter_id)
    same_side = told_by is not None and (told_by.role, told_by.subject) == (link.role, link.subject)
    return same_side and (other is None or other.of_phone == link.of_phone)


def _maker_of(c: Connection, account_id: str) -> Row[Any] | None:
    """Who made the link by which an account acts; None: it acts by none."""
    query: Select[Any] = select(account.c.role, account.c.subject, field_link.c.role.label("of_phone"))
    made = query.join(field_link, field_link.c.made_by == account.c.id)
    return c.execute(made.where(field_link.c.account_id == account_id)).one_or_none()


def make_link(
    c: Connection, vault: Vault, by: By, planned: PlannedTrip, role: Role, place_id: str | None, phones: int
) -> tuple[str, str]:
    """Returns the link's id, and its secret, which from now on only the paper manifest tells.

    Args:
        role: of a coordinator, or of the hotel or enterprise at ``place_id`` that receives.
        phones: how many may be bound at once.
    """
    plan_id, trip_id = planned.plan_id, planned.trip.trip_id
    link_id, secret = new_id("fl_"), new_secret()
    subject = f"{plan_id}/{trip_id}" if role is Role.COORDINATOR else place_id
    account_id = add_account(c, by, role, f"{trip_id} {role}", subject)
    c.execute(
        insert(field_link).values(
            id=link_id,
            account_id=account_id,
            secret_hash=hashed(secret),
            sealed=vault.seal(secret, link_id),
            key_id=vault.newest,
            plan_id=plan_id,
            trip_id=trip_id,
            role=role,
            place_id=place_id,
            phones=phones,
            ends_at=ends_at(planned),
            made_by=by.account_id,
            made_at=by.at,
        )
    )
    record(c, by, "field_link_made", link_id, f"{plan_id}/{trip_id}")
    return link_id, secret


def links_of(c: Connection, plan_id: str, trip_id: str) -> list[Link]:
    """All that were made for a trip, oldest first, the ended ones, too."""
    query = select(field_link).where(*_of_trip(field_link, plan_id, trip_id))
    return [_link(c, row) for row in c.execute(query.order_by(field_link.c.made_at, field_link.c.id))]


def manifest_secret(c: Connection, vault: Vault, plan_id: str, trip_id: str, at: datetime) -> str | None:
    """The secret of the newest link of a trip's coordinators that works; None: there is none."""
    for one in reversed(links_of(c, plan_id, trip_id)):
        if one.row.role == Role.COORDINATOR and one.row.revoked_at is None and at < one.closes_at:
            return str(vault.unseal(one.row.sealed, one.row.key_id, one.row.id))
    return None


def link_by_secret(c: Connection, secret: str, at: datetime) -> Link | None:
    """The link that a secret opens; None: it is none, was revoked, or its trip is long over."""
    row = c.execute(select(field_link).where(field_link.c.secret_hash == hashed(secret))).one_or_none()
    if row is None or row.revoked_at is not None:
        return None
    link = _link(c, row)
    return link if at < link.closes_at else None


def is_over(c: Connection, plan_id: str, trip_id: str, planned_end: datetime, at: datetime) -> bool:
    """Whether links to a trip have ended by themselves."""
    return at >= closes_at(planned_end, find_run(c, plan_id, trip_id))


def revoke_link(c: Connection, by: By, plan_id: str, trip_id: str, link_id: str) -> bool:
    """End a link and all phones bound to it; False: the trip has no such link, or it was revoked before."""
    it = field_link.c.id == link_id, field_link.c.revoked_at.is_(None)
    row = c.execute(select(field_link).where(*it, *_of_trip(field_link, plan_id, trip_id))).one_or_none()
    if row is None:
        return False
    c.execute(update(field_link).where(field_link.c.id == link_id).values(revoked_at=by.at))
    disable_account(c, by, row.account_id)
    record(c, by, "field_link_revoked", link_id)
    return True


def revoke_phone(c: Connection, by: By, plan_id: str, trip_id: str, link_id: str, device: str) -> bool:
    """End one phone, which makes room for another one; False: there is none."""
    it = field_link.c.id == link_id, *_of_trip(field_link, plan_id, trip_id)
    row = c.execute(select(field_link).where(*it)).one_or_none()
    return row is not None and revoke_key(c, by, row.account_id, device)


def bind(c: Connection, vault: Vault, by: By, link: Link, code: str) -> Binding:
    """Bind a phone to a link; ``by`` is the link's account.  A try counts before it is looked at."""
    row = link.row
    right = code_of(c, vault, row.plan_id, row.trip_id)
    tries = _code(c, row.plan_id, row.trip_id)
    assert tries is not None
    if tries.failed >= MOST_TRIES:
        return Binding(None, NotBound.SPENT)
    wait = tries.failed_at + wait_after(tries.failed) - by.at if tries.failed_at else timedelta(0)
    if wait > timedelta(0):
        return Binding(None, NotBound.WAIT, wait)
    of_trip = _of_trip(trip_code, row.plan_id, row.trip_id)
    if not secrets.compare_digest(code.encode(), right.encode()):
        failed = {"failed": tries.failed + 1, "failed_at": by.at}
        c.execute(update(trip_code).where(*of_trip).values(failed))
        record(c, by, "field_code_wrong", row.id)
        return Binding(None, NotBound.WRONG)
    c.execute(update(trip_code).where(*of_trip).values(failed=0, failed_at=None))
    if len(link.phones) >= row.phones:
        return Binding(None, NotBound.FULL)
    device, key = add_key(c, by, row.account_id, PHONE, ["read", "write"], None)
    record(c, by, "phone_bound", device, row.id)
    return Binding(key)


def _link(c: Connection, row: Row[Any]) -> Link:
    phones = [key for key in list_keys(c, row.account_id) if key.revoked_at is None]
    return Link(row, closes_at(row.ends_at, find_run(c, row.plan_id, row.trip_id)), phones)


def _code(c: Connection, plan_id: str, trip_id: str) -> Row[Any] | None:
    return c.execute(select(trip_code).where(*_of_trip(trip_code, plan_id, trip_id))).one_or_none()


def _of_trip(table: Any, plan_id: str, trip_id: str) -> tuple[Any, Any]:
    return table.c.plan_id == plan_id, table.c.trip_id == trip_id
