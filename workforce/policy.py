"""The policy of a scenario: what ``policy.toml`` says, as frozen records.

Durations are whole minutes, money whole fen, rates exact decimals; a time of day
is a ``datetime.time``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, time
from decimal import Decimal

from workforce.entities import Risk
from workforce.loop_rules import LoopRules


@dataclass(frozen=True, slots=True)
class Zone:
    admit: bool
    quarantine_nights: int
    load_factor: Decimal


@dataclass(frozen=True, slots=True)
class TripRules:
    max_pickups: int
    max_drops: int
    stop_minutes: int
    max_access_km: float
    access_yuan_per_km: Decimal
    max_ride_minutes: int
    leave_depot: tuple[time, time]
    reception: tuple[time, time]
    seats_per_row: int = 4
    observation_seats: int = 0
    max_fen_per_worker: int | None = None


@dataclass(frozen=True, slots=True)
class Driving:
    max_minutes_per_driver: int
    break_after_minutes: int
    break_minutes: int
    rest_minutes: int
    extra_driver_fen_per_day: int
    max_drivers: int = 2
    night_ban: tuple[time, time] | None = None


@dataclass(frozen=True, slots=True)
class TripShares:
    worker_rate: Decimal
    worker_cap_fen: int
    government_rate: Decimal
    government_cap_fen: int


@dataclass(frozen=True, slots=True)
class RoomShares:
    worker_fen_per_night: int
    government_rate: Decimal
    government_cap_fen_per_night: int


@dataclass(frozen=True, slots=True)
class Policy:
    name: str
    first_day: date
    last_day: date
    detour_factor: float
    speed_kmh: float
    zones: Mapping[Risk, Zone]
    trips: TripRules
    driving: Driving
    turnover_days: int
    transfer_yuan_per_km: Decimal
    trip_shares: TripShares
    room_shares: RoomShares
    priority_weights: tuple[int | Decimal, ...]  # by effective priority 1 … 4
    restart_bonus: int | Decimal
    wait_fen_per_day: tuple[int, int, int, int] = (0, 0, 0, 0)
    government_fen: int | None = None  # None: no limit
    loop: LoopRules = field(default_factory=LoopRules)  # how the plan is carried out
