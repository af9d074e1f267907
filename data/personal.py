"""Readings of what names people and of how they are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from data.accounts import By, record
from data.people import personal_of
from data.schema import claim, person
from data.trip_log import details_of, events, voided_among
from data.vault import Vault
from workforce.identity import masked, masked_name
from workforce.triplog import Kind
from workforce.views import Naming


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


def health_checks(
    c: Connection, vault: Vault, by: By, worker_id: str, reason: str
) -> list[tuple[datetime, str, dict[str, Any]]]:
    """When and where a worker's temperature was taken and what was found, first to last; the reading is
    recorded."""
    found = [one for one in events(c, worker_id=worker_id) if one.event.kind is Kind.MEASURED]
    void, details = (
        voided_among(c, (one.seq for one in found)),
        details_of(c, vault, (one.seq for one in found)),
    )
    record(c, by, "health_read", worker_id, reason)
    return [
        (one.event.happened_at, str(one.event.says["where"]), details[one.seq][1])
        for one in sorted(found, key=lambda one: (one.event.happened_at, one.seq))
        if one.seq in details and one.seq not in void
    ]
