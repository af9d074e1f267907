"""Who uses the bureau's server, and what each role is about."""

from __future__ import annotations

import re
from enum import StrEnum


class Role(StrEnum):
    """A role; the comment says what its ``subject`` names, where it has one."""

    PLANNER = "planner"
    ADMINISTRATOR = "administrator"
    ENTERPRISE = "enterprise"  # an enterprise
    COORDINATOR = "coordinator"  # trips as PLAN/TRIP, by a blank; none: those of every published plan
    HOTEL = "hotel"  # a hotel
    CARRIER = "carrier"  # an operator of fleets
    HEALTH = "health"
    AUDITOR = "auditor"
    ORIGIN = "origin"  # adcodes of counties, prefectures or provinces, by a blank
    WORKER = "worker"  # a worker


WITH_SUBJECT = frozenset({Role.ENTERPRISE, Role.HOTEL, Role.CARRIER, Role.ORIGIN, Role.WORKER})
MAY_HAVE_SUBJECT = WITH_SUBJECT | {Role.COORDINATOR}
STAFF = frozenset({Role.PLANNER, Role.ADMINISTRATOR, Role.AUDITOR, Role.HEALTH})

_ADCODE = re.compile(r"[1-9][0-9]{5}")
_TRIP = re.compile(r"[^\s/]+/[^\s/]+")


def subject_well_formed(role: Role, subject: str | None) -> bool:
    """Whether a role can be about this subject, as far as its form tells."""
    parts = (subject or "").split()
    if role is Role.ORIGIN:
        return bool(parts) and all(_ADCODE.fullmatch(part) for part in parts)
    if role is Role.COORDINATOR:
        return subject is None or (bool(parts) and all(_TRIP.fullmatch(part) for part in parts))
    return bool(parts) if role in WITH_SUBJECT else subject is None


def lies_in(adcode: str, subject: str) -> bool:
    """Whether a county is one of these, or lies in one of these prefectures (…00) or provinces (…0000)."""
    return any(adcode.startswith(county_prefix(part)) for part in subject.split())


def county_prefix(adcode: str) -> str:
    """What the adcodes of all counties of a prefecture or province begin with; a county's is its own."""
    if adcode.endswith("0000"):
        return adcode[:2]
    return adcode[:4] if adcode.endswith("00") else adcode
