"""Personal links: who has one looks at the own trip; who has opened it first answers as the worker.

A link's key only reads.  Opening it, with the last characters of the worker's number, gives a second
key that tells and answers, and a link is opened once: whoever made it and opens it before the worker
is found out, because the worker then cannot.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, or_, select

from data.accounts import By, add_account, add_key, list_keys, record, revoke_key
from data.schema import account, api_key, audit
from workforce.roles import Role

LINK, OPENED = "link", "link opened"  # what the two keys of a link are called
TRIES = 5  # wrong ones, then the link ends
_DIGITS = 4
_FIRST_WAIT = timedelta(seconds=10)  # after a wrong try; twice as long after each further one


class Refusal(StrEnum):
    """Why a link is not opened."""

    NO_LINK = "not_found"
    OPENED = "link_opened"
    WAIT = "link_waits"
    UNPROVEN = "link_unproven"  # neither an identity number nor a telephone is known
    WRONG = "link_digits"


@dataclass(frozen=True, slots=True)
class Opening:
    """What came of opening a link.

    Attributes:
        key: that answers as the worker, to be had this once.
        wait: until the next try.
        opened_at: when somebody opened it before.
    """

    key: str | None = None
    expires_at: datetime | None = None
    refusal: Refusal | None = None
    wait: timedelta = timedelta(0)
    opened_at: datetime | None = None


def make_link(c: Connection, by: By, worker_id: str, expires_at: datetime) -> tuple[str, str]:
    """A new link of a worker, in the place of the one before; returns its key's id and the key itself."""
    row = _account_of(c, worker_id)
    account_id = row.id if row is not None else add_account(c, by, Role.WORKER, worker_id, worker_id)
    _revoke_all(c, by, account_id)
    return add_key(c, by, account_id, LINK, ["read"], expires_at)


def revoke_link(c: Connection, by: By, worker_id: str) -> bool:
    """False: there was none that still worked."""
    row = _account_of(c, worker_id)
    return row is not None and _revoke_all(c, by, row.id)


def linked(c: Connection, at: datetime, worker_ids: Iterable[str]) -> set[str]:
    """Those of some workers who have a link that works."""
    works = api_key.c.revoked_at.is_(None), or_(api_key.c.expires_at.is_(None), api_key.c.expires_at > at)
    query = select(account.c.subject).join(api_key, api_key.c.account_id == account.c.id)
    of_links = account.c.role == Role.WORKER, api_key.c.name.in_((LINK, OPENED))
    return set(c.execute(query.where(*of_links, *works)).scalars()) & set(worker_ids)


def open_link(c: Connection, by: By, personal: Mapping[str, str], digits: str, address: str) -> Opening:
    """Open the link of the account that asks; every try is on record.  What is refused must be kept, too.

    Args:
        personal: what names its worker.
        digits: the last four of the identity number or, where none is known, of the telephone.
        address: from where it is opened.
    """
    keys = [key for key in list_keys(c, by.account_id) if _works(key, by.at)]
    link = next((key for key in keys if key.name == LINK), None)
    if link is None:
        return Opening(refusal=Refusal.NO_LINK)
    opened = next((key for key in keys if key.name == OPENED), None)
    if opened is not None:
        return Opening(refusal=Refusal.OPENED, opened_at=opened.created_at)
    proof = (personal.get("id_number") or personal.get("phone") or "").strip()[-_DIGITS:].upper()
    if len(proof) < _DIGITS:
        return Opening(refusal=Refusal.UNPROVEN)
    failed = (
        c.execute(select(audit.c.at).where(audit.c.action == "link_refused", audit.c.subject == link.id))
        .scalars()
        .all()
    )
    wait = max(failed) + _FIRST_WAIT * 2 ** (len(failed) - 1) - by.at if failed else timedelta(0)
    if wait > timedelta(0):
        return Opening(refusal=Refusal.WAIT, wait=wait)
    if not secrets.compare_digest(proof.encode(), digits.upper().encode()):
        record(c, by, "link_refused", link.id, address)
        if len(failed) + 1 >= TRIES:
            revoke_key(c, by, by.account_id, link.id)
        return Opening(refusal=Refusal.WRONG)
    record(c, by, "link_opened", link.id, address)
    _, key = add_key(c, by, by.account_id, OPENED, ["read", "write"], link.expires_at)
    return Opening(key, link.expires_at)


def _works(key: Row[Any], at: datetime) -> bool:
    return key.revoked_at is None and (key.expires_at is None or key.expires_at > at)


def _revoke_all(c: Connection, by: By, account_id: str) -> bool:
    here = [key for key in list_keys(c, account_id) if key.name in (LINK, OPENED) and _works(key, by.at)]
    for key in here:
        revoke_key(c, by, account_id, key.id)
    return bool(here)


def _account_of(c: Connection, worker_id: str) -> Row[Any] | None:
    of_it = account.c.role == Role.WORKER, account.c.subject == worker_id, account.c.disabled_at.is_(None)
    return c.execute(select(account).where(*of_it).order_by(account.c.created_at)).first()
