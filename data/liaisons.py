"""Who speaks for an enterprise: the contact in its row, and the officer of a return plan (一企一员).

Name and telephone are sealed like a worker's, in a ``person`` row of their own.  The registry's row
and its history hold the id of that row alone, so that no scenario, export or back-up names anybody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select

from data.accounts import new_id
from data.people import personal_of
from data.registry import Entry, find_all
from data.schema import change, entry, person
from data.vault import Vault
from workforce.identity import masked, masked_name

ENTERPRISES, RETURN_PLANS = "enterprises", "return_plans"  # the kinds of rows that name somebody so
LIAISON = "liaison"  # where their bodies have the person's id
CELLS: Mapping[str, str] = {"contact": "name", "phone": "phone"}  # of an enterprise's row, as they are sealed


def keep(c: Connection, vault: Vault, owner: str, told: Mapping[str, str]) -> str:
    """The id of a person of this name and telephone; who is known already is not known twice.

    Args:
        owner: the enterprise; a name or a telephone alone may mean somebody else at another one.
    """
    known_by = "|".join((told.get("name", ""), told.get("phone", "")))
    if not (told.get("name") and told.get("phone")):
        known_by = f"{owner}|{known_by}"
    found_by = vault.lookup(f"liaison|{known_by}")
    query = select(person.c.worker_id).where(person.c.identity_hash == found_by)
    known: str | None = c.execute(query).scalar_one_or_none()
    if known is not None:
        return known
    liaison_id = new_id("L")
    sealed = {"sealed": vault.seal(dict(told), liaison_id), "key_id": vault.newest}
    c.execute(insert(person).values(worker_id=liaison_id, identity_hash=found_by, **sealed))
    return liaison_id


def shown(known: Mapping[str, str]) -> dict[str, str]:
    """Name and telephone as a list may show them."""
    return {name: masked_name(told) if name == "name" else masked(told) for name, told in known.items()}


def sealed_row(
    c: Connection, vault: Vault, body: Mapping[str, Any], before: Entry | None, blank_keeps: bool = False
) -> dict[str, Any]:
    """An enterprise's row as the registry keeps it: without the cells that name its contact.

    Args:
        before: the row that it replaces; a cell that is put back as it was shown, masked, is unchanged.
        blank_keeps: a blank cell leaves what is known; else it clears it.
    """
    held = None if before is None else before.body.get(LIAISON)
    known = {} if held is None else personal_of(c, vault, [held]).get(held, {})
    as_shown = shown(known)
    told = {name: body[cell] for cell, name in CELLS.items() if body.get(cell)}
    told = {name: known[name] if value == as_shown.get(name) else value for name, value in told.items()}
    if blank_keeps:
        told = {**known, **told}
    rest = {cell: value for cell, value in body.items() if cell not in CELLS}
    if not told:
        return rest
    return {**rest, LIAISON: held if told == known else keep(c, vault, str(body["enterprise_id"]), told)}


def shown_rows(c: Connection, vault: Vault, bodies: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Enterprises' rows with what names their contacts, masked."""
    known = personal_of(c, vault, {body[LIAISON] for body in bodies if LIAISON in body})
    rows = []
    for body in bodies:
        told = shown(known.get(body.get(LIAISON, ""), {}))
        cells = {cell: told[name] for cell, name in CELLS.items() if name in told}
        rows.append({**{cell: value for cell, value in body.items() if cell != LIAISON}, **cells})
    return rows


def contacts(c: Connection, vault: Vault, enterprise_ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """By enterprise the cells that name its contact, whole.  Whoever calls this records the reading."""
    rows = {e.key: e.body[LIAISON] for e in find_all(c, ENTERPRISES, enterprise_ids) if LIAISON in e.body}
    known = personal_of(c, vault, rows.values())
    return {
        key: {cell: known[liaison_id][name] for cell, name in CELLS.items() if name in known[liaison_id]}
        for key, liaison_id in rows.items()
        if liaison_id in known
    }


def last_days(c: Connection, of_enterprise: Mapping[str, date]) -> dict[str, date]:
    """By liaison the last day for which they were needed.

    That is when the row that names them was last written or replaced, the last day of the return plan,
    and, of who is named today, the last day of anybody of their enterprise.

    Args:
        of_enterprise: by enterprise that last day.
    """
    last: dict[str, date] = {}

    def told(body: Mapping[str, Any] | None, day: date) -> None:
        if body is not None and LIAISON in body:
            last[body[LIAISON]] = max(day, last.get(body[LIAISON], day))

    kinds = (ENTERPRISES, RETURN_PLANS)
    for row in c.execute(select(change).where(change.c.kind.in_(kinds))):
        for side in (row.before, row.after):
            told(None if side is None else side["body"], row.at.date())
    for row in c.execute(select(entry).where(entry.c.kind.in_(kinds))):
        owner = row.key if row.kind == ENTERPRISES else row.enterprise_id
        told(row.body, of_enterprise.get(owner, date.min))
        told(row.body, date.fromisoformat(row.body.get("last_day", date.min.isoformat())))
    return last
