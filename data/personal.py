"""Readings of what names people, and what people on the way tell of their health."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, insert, select

from data.accounts import By, new_id, record
from data.people import personal_of
from data.schema import claim, health_check, item, person
from data.vault import Vault
from workforce.health import is_fever
from workforce.identity import masked, masked_name
from workforce.views import Naming

HEALTH = "health"  # the category of items for health officers


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


def exists(c: Connection, worker_id: str) -> bool:
    """Whether there is such a worker or seeker, not erased; a liaison, whom nobody claims, is none."""
    query = select(person.c.worker_id).join(claim, claim.c.worker_id == person.c.worker_id)
    alive = person.c.worker_id == worker_id, person.c.erased_at.is_(None)
    return c.execute(query.where(*alive)).first() is not None


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


def open_item(
    c: Connection,
    by: By,
    category: str,
    code: str,
    worker_id: str,
    enterprise_id: str | None = None,
    **values: Any,
) -> None:
    """Ask somebody to decide about a worker, unless that is asked already.

    Args:
        enterprise_id: whom it concerns, too.
    """
    same = item.c.subject == worker_id, item.c.code == code, item.c.settled_at.is_(None)
    if c.execute(select(item.c.id).where(*same)).first() is None:
        c.execute(
            insert(item).values(
                id=new_id("i_"),
                category=category,
                code=code,
                values={"worker_id": worker_id, **values},
                enterprise_id=enterprise_id,
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
