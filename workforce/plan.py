"""A plan as the contract writes it: trips with stops and seats, rooms, placements, shares, reasons."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import cached_property

from workforce.entities import Risk


class StopKind(StrEnum):
    DEPART = "depart"
    PICKUP = "pickup"
    DROP = "drop"
    REST = "rest"
    RETURN = "return"


class Item(StrEnum):
    """What a share pays for."""

    TRIP = "trip"
    ROOM = "room"
    TRANSFER = "transfer"


class Reason(StrEnum):
    """Why a worker stays behind, in the order in which the reasons are tried."""

    ZONE_NOT_ADMITTED = "zone_not_admitted"
    NO_PICKUP_IN_REACH = "no_pickup_in_reach"
    NO_VACANCY = "no_vacancy"
    TOO_FAR = "too_far"
    DATES_TOO_TIGHT = "dates_too_tight"
    PARTY_SPLIT = "party_split"
    NO_SEAT = "no_seat"
    NO_ROOM = "no_room"
    OVER_BUDGET = "over_budget"
    NOT_WORTH_IT = "not_worth_it"
    SEARCH_ENDED = "search_ended"


class Status(StrEnum):
    OPTIMAL = "optimal"
    FEASIBLE = "feasible"


@dataclass(frozen=True, slots=True)
class Stop:
    seq: int
    kind: StopKind
    place_id: str | None  # None: a rest on the road
    arrive: datetime
    depart: datetime
    km: Decimal  # road since the row before, two decimals
    boarding: int = 0
    alighting: int = 0


@dataclass(frozen=True, slots=True)
class Trip:
    trip_id: str
    fleet_id: str
    vehicle_no: int
    risk: Risk
    drivers: int
    first_day: date
    last_day: date
    km: Decimal  # two decimals
    cost_fen: int
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class Seat:
    trip_id: str
    seat: int
    worker_id: str
    pickup_id: str
    drop_id: str


@dataclass(frozen=True, slots=True)
class Stay:
    """A row of rooms.csv."""

    worker_id: str
    hotel_id: str
    room: str
    check_in: date
    check_out: date


@dataclass(frozen=True, slots=True)
class Placement:
    worker_id: str
    vacancy_id: str


@dataclass(frozen=True, slots=True)
class Share:
    worker_id: str
    item: Item
    enterprise_id: str
    total_fen: int
    enterprise_fen: int
    worker_fen: int
    hotel_fen: int
    government_fen: int


@dataclass(frozen=True, slots=True)
class Unserved:
    worker_id: str
    reason: Reason
    detail: str


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of the objective in fen, by part."""

    trips: int = 0
    rooms: int = 0
    transfers: int = 0
    access: int = 0
    waiting: int = 0

    @property
    def total(self) -> int:
        return self.trips + self.rooms + self.transfers + self.access + self.waiting


@dataclass(frozen=True, slots=True)
class Summary:
    """plan.json; cost in fen, weights as the policy's weights are (whole or decimal)."""

    scenario: str
    status: Status
    workers: int
    served: int
    restarted: int
    weight: Decimal
    weight_bound: Decimal
    cost: Cost
    cost_bound_fen: int
    seconds: float
    seed: int
    planner: str
    kept: tuple[str, ...] | None = None  # None: not made with an older plan

    @property
    def gap(self) -> float:
        """(cost − bound) / cost, 0 where nothing costs anything."""
        return (self.cost.total - self.cost_bound_fen) / self.cost.total if self.cost.total else 0.0

    @property
    def weight_gap(self) -> float:
        return float((self.weight_bound - self.weight) / self.weight_bound) if self.weight_bound else 0.0

    @property
    def trip_gap(self) -> float:
        """(cost − bound) over the cost of trips alone, since rooms hide the gap."""
        return (self.cost.total - self.cost_bound_fen) / self.cost.trips if self.cost.trips else 0.0


@dataclass(frozen=True)
class Plan:
    trips: tuple[Trip, ...]
    seats: tuple[Seat, ...]
    stays: tuple[Stay, ...]
    placements: tuple[Placement, ...]
    shares: tuple[Share, ...]
    unserved: tuple[Unserved, ...]
    summary: Summary

    @cached_property
    def trip_by_id(self) -> Mapping[str, Trip]:
        return {trip.trip_id: trip for trip in self.trips}

    @cached_property
    def riders(self) -> Mapping[str, tuple[Seat, ...]]:
        """Seats by trip, in order of seat number."""
        found = defaultdict(list)
        for seat in self.seats:
            found[seat.trip_id].append(seat)
        return {t: tuple(sorted(seats, key=lambda s: s.seat)) for t, seats in found.items()}

    @cached_property
    def seat_of(self) -> Mapping[str, Seat]:
        return {seat.worker_id: seat for seat in self.seats}

    @cached_property
    def stay_of(self) -> Mapping[str, Stay]:
        return {stay.worker_id: stay for stay in self.stays}

    @cached_property
    def shares_of(self) -> Mapping[str, tuple[Share, ...]]:
        found = defaultdict(list)
        for share in self.shares:
            found[share.worker_id].append(share)
        return {w: tuple(shares) for w, shares in found.items()}

    @cached_property
    def placement_of(self) -> Mapping[str, str]:
        return {p.worker_id: p.vacancy_id for p in self.placements}
