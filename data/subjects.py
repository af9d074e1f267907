"""Whether what an account is to be about exists."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import Connection

from data.personal import exists
from data.registry import entries, find
from workforce.faults import Text
from workforce.roles import Role, subject_well_formed

_TABLES = {Role.ENTERPRISE: "enterprises", Role.HOTEL: "hotels"}


def subject_fault(c: Connection, role: Role, subject: str | None, trips: Iterable[str] = ()) -> Text | None:
    """Why a role cannot be about a subject; None: it can.

    Args:
        trips: the published trips that a coordinator may be given, as PLAN/TRIP.
    """
    if not subject_well_formed(role, subject):
        if subject is None:
            return Text("须填写", "it needs one")
        return Text("格式不符或不应填写", "it has another form, or there should be none")
    if subject is None or role is Role.ORIGIN:
        return None
    if role is Role.COORDINATOR:
        known = set(subject.split()) <= set(trips)
    elif role is Role.CARRIER:
        known = any(fleet.body.get("operator") == subject for fleet in entries(c, "fleets"))
    elif role is Role.WORKER:
        known = exists(c, subject)
    else:
        known = find(c, _TABLES[role], subject) is not None
    return None if known else Text("没有这样的对象", "there is none")
