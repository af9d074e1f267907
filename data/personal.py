"""Readings of what names people, personal links, and what people on the way tell through them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Row, insert, select

from data.accounts import By, add_account, add_key, list_keys, new_id, record, revoke_key
from data.people import personal_of
from data.schema import account, health_check, item, person
from data.vault import Vault
from workforce.health import is_fever
from workforce.identity import masked, masked_name
from workforce.roles import Role
from workforce.views import Naming

HEALTH = "health"  # the category of items for health officers
LINK = "link"  # what the key of a personal link is called


def read_person(c: Connection, vault: Vault, by: By, worker_id: str, reason: str) -> Mapping[str, str] | None:
    """What names a person, unmasked; the reading is recorded.  None: nothing is known, or no longer."""
    found = personal_of(c, vault, [worker_id]).get(worker_id)
    if found is not None:
        record(c, by, "personal_read", worker_id, reason)
    return found


def shown(personal: Mapping[str, str], naming: Naming) -> dict[str, str | None]:
    """A person's name and numbers as a naming lets them be seen."""
    if naming is Naming.NONE:
        return {"name": None, "id_number": None, "phone": None}
    name, numbers = personal.get("name", ""), ("id_number", "phone")
    told: dict[str, str | None] = {
        field: masked(personal[field]) if personal.get(field) else None for field in numbers
    }
    return {"name": name if naming is Naming.ROSTER else masked_name(name), **told}


# Personal links


def make_link(c: Connection, by: By, worker_id: str, expires_at: datetime) -> tuple[str, str]:
    """A new key of a worker's own account, in the place of the one before; returns its id and itself."""
    row = _account_of(c, worker_id)
    account_id = row.id if row is not None else add_account(c, by, Role.WORKER, worker_id, worker_id)
    _revoke_all(c, by, account_id)
    return add_key(c, by, account_id, LINK, ["read", "write"], expires_at)


def revoke_link(c: Connection, by: By, worker_id: str) -> bool:
    """False: there was none that still worked."""
    row = _account_of(c, worker_id)
    return row is not None and _revoke_all(c, by, row.id)


def _revoke_all(c: Connection, by: By, account_id: str) -> bool:
    here = [
        key
        for key in list_keys(c, account_id)
        if key.name == LINK and key.revoked_at is None and (key.expires_at is None or key.expires_at > by.at)
    ]
    for key in here:
        revoke_key(c, by, account_id, key.id)
    return bool(here)


def _account_of(c: Connection, worker_id: str) -> Row[Any] | None:
    of_it = account.c.role == Role.WORKER, account.c.subject == worker_id, account.c.disabled_at.is_(None)
    return c.execute(select(account).where(*of_it).order_by(account.c.created_at)).first()


def exists(c: Connection, worker_id: str) -> bool:
    """Whether there is such a person, not erased."""
    alive = person.c.worker_id == worker_id, person.c.erased_at.is_(None)
    return c.execute(select(person.c.worker_id).where(*alive)).first() is not None


# Health checks


def add_health_check(
    c: Connection, vault: Vault, by: By, worker_id: str, temperature: Decimal, symptoms: list[str]
) -> bool:
    """Take a health check down; a fever opens an item for the health officers.  Returns whether it is one."""
    content = {"temperature": str(temperature), "symptoms": symptoms}
    c.execute(
        insert(health_check).values(
            worker_id=worker_id,
            at=by.at,
            account_id=by.account_id,
            sealed=vault.seal(content, worker_id),
            key_id=vault.newest,
        )
    )
    fever = is_fever(temperature)
    if fever:
        open_item(c, by, HEALTH, "fever", worker_id)
    return fever


def open_item(c: Connection, by: By, category: str, code: str, worker_id: str, **values: Any) -> None:
    """Ask somebody to decide about a worker, unless that is asked already."""
    same = item.c.subject == worker_id, item.c.code == code, item.c.settled_at.is_(None)
    if c.execute(select(item.c.id).where(*same)).first() is None:
        c.execute(
            insert(item).values(
                id=new_id("i_"),
                category=category,
                code=code,
                values={"worker_id": worker_id, **values},
                subject=worker_id,
                opened_at=by.at,
                version=1,
            )
        )


def health_checks(
    c: Connection, vault: Vault, by: By, worker_id: str, reason: str
) -> list[tuple[datetime, dict[str, Any]]]:
    """A worker's health checks, first to last; the reading is recorded."""
    query = select(health_check).where(
        health_check.c.worker_id == worker_id, health_check.c.sealed.is_not(None)
    )
    rows = c.execute(query.order_by(health_check.c.seq)).all()
    record(c, by, "health_read", worker_id, reason)
    return [(row.at, vault.unseal(row.sealed, row.key_id, worker_id)) for row in rows]
