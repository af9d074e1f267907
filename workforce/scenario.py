"""A scenario: the vacancy pool, the registry, coaches, rooms and rules of one planning task."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache

from workforce.entities import (
    Busy,
    Closure,
    Enterprise,
    Fleet,
    Hotel,
    Pickup,
    Risk,
    Road,
    Vacancy,
    Worker,
)
from workforce.geodesy import geodesic_km
from workforce.policy import Policy, Zone


@dataclass(frozen=True)
class Scenario:
    """All tables by their ids, and the terms that the contract derives from them."""

    policy: Policy
    enterprises: Mapping[str, Enterprise]
    workers: Mapping[str, Worker]
    pickups: Mapping[str, Pickup]
    fleets: Mapping[str, Fleet]
    hotels: Mapping[str, Hotel]
    vacancies: Mapping[str, Vacancy] = field(default_factory=dict)
    suppliers: tuple[tuple[str, str], ...] = ()  # (supplier, buyer)
    intentions: Mapping[str, frozenset[str]] = field(default_factory=dict)  # worker: vacancies
    zones: Mapping[str, Risk] = field(default_factory=dict)
    busy: tuple[Busy, ...] = ()
    roads: Mapping[tuple[str, str], Road] = field(default_factory=dict)
    closures: tuple[Closure, ...] = ()

    def risk_of(self, adcode: str) -> Risk:
        """Risk of the longest match in ``zones``: county, else prefecture, else province, else low."""
        return risk_in(self.zones, adcode)

    def zone_of(self, worker: Worker) -> Zone:
        return self.policy.zones[self.risk_of(worker.adcode)]

    @cached_property
    def effective_priority(self) -> Mapping[str, int]:
        """By enterprise: the best priority among it and all that it supplies, directly or not."""
        buyers = defaultdict(list)
        for supplier, buyer in self.suppliers:
            buyers[supplier].append(buyer)
        best = {}
        for enterprise in self.enterprises:
            seen, todo = {enterprise}, [enterprise]
            while todo:
                for buyer in buyers[todo.pop()]:
                    if buyer not in seen:
                        seen.add(buyer)
                        todo.append(buyer)
            best[enterprise] = min(self.enterprises[e].priority for e in seen)
        return best

    @cached_property
    def parties(self) -> Mapping[str, tuple[str, ...]]:
        """Worker ids by party, in order of id."""
        members = defaultdict(list)
        for worker in self.workers.values():
            if worker.party_id:
                members[worker.party_id].append(worker.worker_id)
        return {party: tuple(sorted(ids)) for party, ids in members.items()}

    @cached_property
    def coordinates(self) -> Mapping[str, tuple[float, float]]:
        """(lat, lon) of every pickup, fleet, hotel and enterprise."""
        tables = (self.enterprises, self.pickups, self.fleets, self.hotels)
        return {key: (row.lat, row.lon) for rows in tables for key, row in rows.items()}

    @cached_property
    def closed_days(self) -> Mapping[str, tuple[tuple[date, date], ...]]:
        days = defaultdict(list)
        for closure in self.closures:
            days[closure.place_id].append((closure.first_day, closure.last_day))
        return {place: tuple(spans) for place, spans in days.items()}

    @cached_property
    def road(self) -> _Roads:
        """``scenario.road(a, b)``: the Road from place a to place b."""
        return _Roads(self)

    def drop_adcode(self, place_id: str) -> str | None:
        place = self.hotels.get(place_id) or self.enterprises.get(place_id)
        return place.adcode if place else None

    def load_limit(self, fleet: Fleet, risk: Risk, drops: tuple[str, ...]) -> int:
        """Riders that a trip may carry (contract, "Load limit")."""
        risks = {risk} | {self.risk_of(code) for d in drops if (code := self.drop_adcode(d))}
        factor = min(self.policy.zones[r].load_factor for r in risks)
        return min(math.floor(fleet.seats * factor), fleet.seats - self.policy.trips.observation_seats)

    def weight_of(self, enterprise_id: str) -> int | Decimal:
        """Weight of one served worker of the enterprise."""
        return self.policy.priority_weights[self.effective_priority[enterprise_id] - 1]


def risk_in(zones: Mapping[str, Risk], adcode: str) -> Risk:
    """See ``Scenario.risk_of``."""
    matches = (zones.get(code) for code in (adcode, adcode[:4] + "00", adcode[:2] + "0000"))
    return next((risk for risk in matches if risk), Risk.LOW)


class _Roads:
    def __init__(self, scenario: Scenario) -> None:
        self._table, self._places = scenario.roads, scenario.coordinates
        self._detour, self._speed = scenario.policy.detour_factor, scenario.policy.speed_kmh
        self._between = lru_cache(maxsize=None)(self._geodesic_road)

    def __call__(self, from_id: str, to_id: str) -> Road:
        return self._table.get((from_id, to_id)) or self._between(from_id, to_id)

    def _geodesic_road(self, from_id: str, to_id: str) -> Road:
        km = self._detour * float(geodesic_km(*self._places[from_id], *self._places[to_id]))
        return Road(km, minutes_of(km, self._speed))


def minutes_of(km: float, speed_kmh: float) -> int:
    """Whole minutes of a road, rounded up (a millionth of a minute is not a minute)."""
    return math.ceil(km / speed_kmh * 60 - 1e-6)
