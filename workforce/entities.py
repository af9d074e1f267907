"""The rows of a scenario as frozen records: one class a table of the contract.

Money is whole fen, coordinates are WGS-84 degrees, a day is a ``date``.  A rate
that enters money or a threshold is a ``Decimal``, so that no binary rounding
decides who pays a fen.  The records are plain: whether a scenario is sound as a
whole is asked when it is read (``data.reading``), where every fault is reported.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum


class Risk(StrEnum):
    """The risk of a zone, and so of the workers who come from it."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class Enterprise:
    enterprise_id: str
    name: str
    priority: int  # 1 (highest) … 4, its own; see Scenario.effective_priority
    lat: float
    lon: float
    workforce: int
    present: int
    restart_share: Decimal
    adcode: str | None = None
    uscc: str | None = None
    sector: str | None = None
    budget_fen: int | None = None  # None: no limit
    contact: str | None = None
    phone: str | None = None

    @property
    def restarts_with(self) -> int | None:
        """Served workers that restart it; None where it runs already (contract, "Restarted")."""
        need = self.restart_share * self.workforce
        if self.present >= need:
            return None
        return math.ceil(need - self.present)


@dataclass(frozen=True, slots=True)
class Vacancy:
    vacancy_id: str
    enterprise_id: str
    occupation: str
    headcount: int
    fill_by: date


@dataclass(frozen=True, slots=True)
class Worker:
    worker_id: str
    name: str
    adcode: str
    lat: float
    lon: float
    available_from: date
    arrive_by: date
    enterprise_id: str | None = None  # None: a job seeker
    occupation: str | None = None
    party_id: str | None = None
    id_number: str | None = None
    phone: str | None = None
    sex: str | None = None


@dataclass(frozen=True, slots=True)
class Pickup:
    pickup_id: str
    name: str
    adcode: str
    lat: float
    lon: float


@dataclass(frozen=True, slots=True)
class Fleet:
    fleet_id: str
    operator: str
    lat: float
    lon: float
    seats: int
    vehicles: int
    day_fen: int
    km_yuan: Decimal  # may have more than two decimals
    first_day: date | None = None
    last_day: date | None = None
    reserved_for: str | None = None


@dataclass(frozen=True, slots=True)
class Hotel:
    hotel_id: str
    name: str
    lat: float
    lon: float
    single_rooms: int
    twin_rooms: int
    single_fen: int  # list price of a night
    twin_fen: int
    concession: Decimal  # the part of the list price that the hotel waives
    adcode: str | None = None
    first_night: date | None = None
    last_night: date | None = None
    reserved_for: str | None = None


@dataclass(frozen=True, slots=True)
class Busy:
    """A vehicle (unit "3") or a room (unit "S3", "T3") that is taken on these days or nights."""

    place_id: str
    unit: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Closure:
    place_id: str
    first_day: date
    last_day: date


@dataclass(frozen=True, slots=True)
class Road:
    km: float
    minutes: int
