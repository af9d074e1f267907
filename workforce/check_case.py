"""What the parts of the checker share: the plan under judgement, its distances, its findings.

Distances come from geopy here and from PROJ in ``workforce.geodesy``: two sources, so that
a slip in either shows.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import cached_property

from geopy.distance import geodesic

from workforce.entities import Busy, Enterprise, Worker
from workforce.money import half_up
from workforce.plan import Plan, StopKind, Trip
from workforce.policy import Zone
from workforce.scenario import Scenario, minutes_of
from workforce.verdict import MESSAGES, Figure, Violation

REACH_SLACK_KM = 1e-6  # two computations of one geodesic differ in the ninth digit
ROAD_SLACK_KM = Decimal("1e-6")

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Leg:
    """A road as the checker knows it; ``slack_km`` is 0 where a table gives its length."""

    km: Decimal
    minutes: int
    slack_km: Decimal


class Distances:
    """Geodesics and roads of a scenario, each computed once."""

    def __init__(self, scenario: Scenario) -> None:
        self._scenario = scenario
        self._geodesics: dict[tuple[Point, Point], float] = {}
        self._legs: dict[tuple[str, str], Leg | None] = {}
        self._by_latitude = sorted((p.lat, p.lon, p.pickup_id) for p in scenario.pickups.values())

    def km(self, a: Point, b: Point) -> float:
        if (a, b) not in self._geodesics:
            self._geodesics[a, b] = float(geodesic(a, b).km)
        return self._geodesics[a, b]

    def leg(self, from_id: str | None, to_id: str | None) -> Leg | None:
        """The road between two places; None where one of them is unknown."""
        if from_id is None or to_id is None:
            return None
        if (from_id, to_id) not in self._legs:
            self._legs[from_id, to_id] = self._road(from_id, to_id)
        return self._legs[from_id, to_id]

    def _road(self, from_id: str, to_id: str) -> Leg | None:
        row = self._scenario.roads.get((from_id, to_id))
        if row is not None:
            return Leg(Decimal(str(row.km)), row.minutes, Decimal(0))
        places, policy = self._scenario.coordinates, self._scenario.policy
        if from_id not in places or to_id not in places:
            return None
        km = policy.detour_factor * self.km(places[from_id], places[to_id])
        return Leg(Decimal(str(km)), minutes_of(km, policy.speed_kmh), ROAD_SLACK_KM)

    def pickup_within(self, home: Point, most_km: float) -> bool:
        """Whether some pickup is at most that far from a home."""
        return any(self.km(home, pickup) <= most_km for pickup in self._nearby(home, most_km))

    def _nearby(self, home: Point, within_km: float) -> Iterator[Point]:
        """Pickups that could be within reach, the likeliest first: geodesics are slow.

        A degree of latitude is at least 110.5 km, and on a sphere of 6,371 km a distance
        differs from the ellipsoid's by less than one in a hundred.
        """
        degrees = within_km / 110.5
        start = bisect_left(self._by_latitude, (home[0] - degrees,))
        found = []
        for lat, lon, _ in self._by_latitude[start:]:
            if lat > home[0] + degrees:
                break
            km = _sphere_km(home, (lat, lon))
            if km * 0.99 <= within_km:
                found.append((km, lat, lon))
        return ((lat, lon) for _, lat, lon in sorted(found))


def _sphere_km(a: Point, b: Point) -> float:
    lat1, lon1, lat2, lon2 = map(math.radians, (*a, *b))
    chord = (
        math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * 6371.0 * math.asin(min(1.0, math.sqrt(chord)))


def minutes_between(start: datetime, end: datetime) -> int:
    return (end - start) // timedelta(minutes=1)


def rounds_to(said: int, exact: Decimal, slack: Decimal) -> bool:
    """Whether a whole number is the exact value rounded half up, the value being known to ± slack."""
    return half_up(exact - slack) <= said <= half_up(exact + slack)


class Case:
    """A plan under judgement.

    Attributes:
        kept: trips that had to be kept and are unchanged.
        kept_riders: the workers on them.
    """

    def __init__(self, scenario: Scenario, plan: Plan) -> None:
        self.scenario = scenario
        self.plan = plan
        self.distances = Distances(scenario)
        self.kept: frozenset[str] = frozenset()
        self.kept_riders: frozenset[str] = frozenset()
        self.violations: list[Violation] = []

    def broken(self, rule: str, subject: str, kept: bool = False, **figures: object) -> None:
        """Write down a broken rule; ``figures`` fill its messages."""
        plain = {name: _figure(value) for name, value in figures.items()}
        zh, en = (text.format(**plain) for text in MESSAGES[rule])
        self.violations.append(Violation(rule, subject, zh, en, plain, kept))

    def zone(self, worker: Worker) -> Zone:
        """The rules of a worker's zone; a risk without a section is the scenario's fault, not the plan's."""
        zones = self.scenario.policy.zones
        return zones.get(self.scenario.risk_of(worker.adcode)) or Zone(True, 0, Decimal(1))

    @cached_property
    def enterprise_of(self) -> Mapping[str, Enterprise]:
        """By seated worker of the scenario: the enterprise that it works for, where that is known."""
        found = {}
        for worker_id in self.plan.seat_of:
            worker = self.scenario.workers.get(worker_id)
            if worker is None:
                continue
            enterprise_id = worker.enterprise_id
            if enterprise_id is None:
                vacancy = self.scenario.vacancies.get(self.plan.placement_of.get(worker_id, ""))
                enterprise_id = vacancy.enterprise_id if vacancy else None
            if enterprise_id is not None and enterprise_id in self.scenario.enterprises:
                found[worker_id] = self.scenario.enterprises[enterprise_id]
        return found

    @cached_property
    def reached(self) -> Mapping[tuple[str, str | None], datetime]:
        """By trip and drop: when the trip arrives there."""
        return {
            (trip.trip_id, stop.place_id): stop.arrive
            for trip in self.plan.trips
            for stop in trip.stops
            if stop.kind is StopKind.DROP
        }

    @cached_property
    def busy(self) -> Mapping[tuple[str, str], Sequence[Busy]]:
        """By fleet and vehicle number, or hotel and room: when it is taken already."""
        found = defaultdict(list)
        for busy in self.scenario.busy:
            found[busy.place_id, busy.unit].append(busy)
        return found

    def leaves(self, trip_id: str) -> date | None:
        """The day on which a trip leaves its depot; None for an unknown trip."""
        trip = self.plan.trip_by_id.get(trip_id)
        return days_of(trip)[0] if trip else None

    def arrival(self, worker_id: str) -> date | None:
        """The day on which a seated worker arrives; None where no trip brings the worker to the drop."""
        seat = self.plan.seat_of[worker_id]
        moment = self.reached.get((seat.trip_id, seat.drop_id))
        return moment.date() if moment else None


def days_of(trip: Trip) -> tuple[date, date]:
    """From leaving the depot to being back, both counted; as the trip's row says if it has no stops."""
    if not trip.stops:
        return trip.first_day, trip.last_day
    rows = sorted(trip.stops, key=lambda stop: stop.seq)
    return rows[0].depart.date(), rows[-1].arrive.date()


def _figure(value: object) -> Figure:
    if isinstance(value, int):
        return value
    if isinstance(value, str):
        return str(value)  # an enum's own value
    if isinstance(value, datetime):
        return value.isoformat(timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, time):
        return value.isoformat("minutes")
    if isinstance(value, list | tuple | set | frozenset):
        return ", ".join(str(item) for item in value)
    if isinstance(value, float):
        return f"{value:.2f}"
    if value is None:
        return "…"
    return str(value)
