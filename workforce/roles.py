"""Who uses the bureau's server, and what each role is about."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """A role; the comment says what its ``subject`` names, where it has one."""

    PLANNER = "planner"
    ADMINISTRATOR = "administrator"
    ENTERPRISE = "enterprise"  # an enterprise
    COORDINATOR = "coordinator"  # trips, by a blank; none: those of every published plan
    HOTEL = "hotel"  # a hotel
    CARRIER = "carrier"  # an operator of fleets
    HEALTH = "health"
    AUDITOR = "auditor"
    ORIGIN = "origin"  # adcodes of counties, prefectures or provinces, by a blank
    WORKER = "worker"  # a worker


WITH_SUBJECT = frozenset({Role.ENTERPRISE, Role.HOTEL, Role.CARRIER, Role.ORIGIN, Role.WORKER})
STAFF = frozenset({Role.PLANNER, Role.ADMINISTRATOR, Role.AUDITOR, Role.HEALTH})
