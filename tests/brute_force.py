"""The best plan of a tiny scenario, by trying everything; and the reasons that the scenario proves.

A judge of the planner, with which it shares only the records, distances and money of the domain.
Workers who move as one (a party, or one alone) are an *item*.  All ways in which a set of items can
share a trip are listed; then, from the greatest weight down, every division of the items over trips
is tried against vehicles, rooms, vacancies and budgets.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import cached_property, lru_cache
from itertools import combinations, pairwise, permutations, product

from tests.brute_clock import Call, Clock, Days, step_for
from workforce.eligibility import fitting_vacancies
from workforce.entities import Worker
from workforce.geodesy import geodesic_km
from workforce.money import half_up, room_parts, split_evenly, trip_parts
from workforce.plan import Reason
from workforce.scenario import Scenario

Item = tuple[str, ...]  # worker ids
Span = tuple[int, int]  # days taken, the last not counted


@dataclass(frozen=True, slots=True)
class Way:
    """Where an item goes: enterprise, vacancy of each member (none if they have work), drop."""

    enterprise: str
    vacancies: tuple[str, ...]
    drop: str


@dataclass(frozen=True, slots=True)
class Ride:
    """A trip with its riders' rooms: what it costs (access apart), takes, and makes enterprises pay.

    Attributes:
        vehicle: (fleet, days).
        rooms: (hotel, kind, days up to the next check-in) of each room.
        dues: by enterprise, fen that it pays if the government pays nothing, and fen to which it is entitled.
    """

    fen: int
    access_km: float
    vehicle: tuple[str, Span]
    rooms: tuple[tuple[str, str, Span], ...]
    vacancies: tuple[str, ...]
    dues: tuple[tuple[str, int, int], ...]


@dataclass(frozen=True, slots=True)
class Best:
    """Weight and cost of the best plan, and the workers whom it serves."""

    weight: Decimal
    cost_fen: int
    served: frozenset[str]


def best_plan(scenario: Scenario) -> Best:
    """The most weight, then the least cost, that any legal plan without kept trips has."""
    case = _Case(scenario)
    levels = defaultdict(list)
    for enterprises in product(*([None, *case.enterprises(item)] for item in case.items)):
        chosen = {item: e for item, e in zip(case.items, enterprises, strict=True) if e}
        levels[case.weight(chosen)].append(chosen)
    for weight in sorted(levels, reverse=True):
        best = None
        for chosen in levels[weight]:
            cost = _Division(case, chosen).least_cost(math.inf if best is None else best.cost_fen)
            if cost is not None and (best is None or cost < best.cost_fen):
                best = Best(weight, cost, frozenset(w for item in chosen for w in item))
        if best:
            return best
    raise AssertionError("the empty plan is always legal")


def proven_reasons(scenario: Scenario) -> dict[str, Reason]:
    """By worker: the first of the reasons that holds whatever the plan, for whom one holds."""
    case = _Case(scenario)
    alone = {w: _reason_alone(case, worker) for w, worker in scenario.workers.items()}
    found = {}
    for w, worker in scenario.workers.items():
        party = scenario.parties.get(worker.party_id or "", (w,))
        reason = alone[w]
        if reason is None and len(party) > 1 and not case.can_travel(party, in_time=True):
            reason = Reason.PARTY_SPLIT
        if reason:
            found[w] = reason
    return found


def _reason_alone(case: _Case, worker: Worker) -> Reason | None:
    scenario, item = case.scenario, (worker.worker_id,)
    if not scenario.zone_of(worker).admit:
        return Reason.ZONE_NOT_ADMITTED
    if not case.reach(item):
        return Reason.NO_PICKUP_IN_REACH
    if worker.enterprise_id is None and not fitting_vacancies(scenario, worker):
        return Reason.NO_VACANCY
    if not case.can_travel(item, in_time=False):
        return Reason.TOO_FAR
    return None if case.can_travel(item, in_time=True) else Reason.DATES_TOO_TIGHT


class _Case:
    """A scenario with days as numbers from the horizon's first."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario, self.policy = scenario, scenario.policy
        lone = [(w.worker_id,) for w in scenario.workers.values() if not w.party_id]
        self.items: list[Item] = [
            item
            for item in sorted([*lone, *scenario.parties.values()])
            if all(scenario.zone_of(scenario.workers[w]).admit for w in item)
            and self.reach(item)
            and self.ways(item)
        ]
        last = max((self.day(w.arrive_by) for w in scenario.workers.values()), default=0)
        self.step = step_for(self.policy, (road.minutes for road in scenario.roads.values()))
        self.clock = Clock(self.policy, last + 1, self.step)
        self.rides = lru_cache(maxsize=None)(self._rides)

    def day(self, day: date) -> int:
        return (day - self.policy.first_day).days

    @property
    def horizon(self) -> range:
        return range(self.day(self.policy.last_day) + 1)

    def people(self, item: Iterable[str]) -> list[Worker]:
        return [self.scenario.workers[w] for w in item]

    def nights(self, item: Item) -> int:
        return self.scenario.zone_of(self.people(item)[0]).quarantine_nights

    def reach(self, item: Item) -> dict[str, float]:
        """By pickup that all of an item reach: km of their ways there together."""
        found = {}
        for p in self.scenario.pickups.values():
            ways = [float(geodesic_km(w.lat, w.lon, p.lat, p.lon)) for w in self.people(item)]
            if max(ways) <= self.policy.trips.max_access_km:
                found[p.pickup_id] = math.fsum(ways)
        return found

    def ways(self, item: Item) -> list[Way]:
        people = self.people(item)
        if people[0].enterprise_id is not None:
            jobs: list[tuple[str, tuple[str, ...]]] = [(people[0].enterprise_id, ())]
        else:
            jobs = []
            for chosen in product(*(fitting_vacancies(self.scenario, p) for p in people)):
                employers = {v.enterprise_id for v in chosen}
                many = Counter(chosen)
                if len(employers) == 1 and all(n <= v.headcount for v, n in many.items()):
                    jobs.append((employers.pop(), tuple(v.vacancy_id for v in chosen)))
        if not self.nights(item):
            return [Way(enterprise, vacancies, enterprise) for enterprise, vacancies in jobs]
        return [
            Way(enterprise, vacancies, hotel.hotel_id)
            for enterprise, vacancies in jobs
            for hotel in self.scenario.hotels.values()
            if hotel.reserved_for in (None, enterprise)
        ]

    def enterprises(self, item: Item) -> list[str]:
        return sorted({way.enterprise for way in self.ways(item)})

    def latest(self, item: Item, way: Way) -> int:
        """The last day on which an item may be at its drop."""
        last = min(self.day(w.arrive_by) for w in self.people(item))
        fill_by = [self.day(self.scenario.vacancies[v].fill_by) - self.nights(item) for v in way.vacancies]
        return min(last, *fill_by) if fill_by else last

    def available(self, item: Iterable[str]) -> int:
        return max(self.day(w.available_from) for w in self.people(item))

    def weight(self, chosen: Mapping[Item, str]) -> Decimal:
        back: Counter[str] = Counter()
        for item, enterprise in chosen.items():
            back[enterprise] += len(item)
        weight = Decimal(0)
        for e, many in back.items():
            restarts_with = self.scenario.enterprises[e].restarts_with
            restarted = restarts_with is not None and many >= restarts_with
            weight += self.scenario.weight_of(e) * (
                many + (Decimal(self.policy.restart_bonus) if restarted else 0)
            )
        return weight

    def timetables(
        self, fleet: str, pickups: Sequence[str], drops: Sequence[str], first: int, closures: bool = True
    ) -> Iterator[tuple[int, Days, int]]:
        """(drivers, days on which the drops are reached, days) of a route that leaves on a day."""
        route = [fleet, *pickups, *drops, fleet]
        minutes = [self.scenario.road(a, b).minutes for a, b in pairwise(route)]
        calls = tuple(
            Call(m, place in drops, self._closed(place, first) if closures else frozenset())
            for m, place in zip(minutes, [*pickups, *drops], strict=False)
        )
        one_duty = self.policy.driving.max_minutes_per_driver
        for drivers in range(1, self.policy.driving.max_drivers + 1):
            for days, length in self.clock.timetables(calls, minutes[-1], drivers).items():
                yield drivers, tuple(first + day for day in days), length
            if sum(minutes) <= one_duty * drivers:  # more drivers change nothing
                return

    def _closed(self, place: str, first: int) -> frozenset[int]:
        days: set[int] = set()
        for a, b in self.scenario.closed_days.get(place, ()):
            days.update(range(max(0, self.day(a) - first), self.day(b) - first + 1))
        return frozenset(days)

    def serves(self, fleet: str, first: int, length: int) -> bool:
        row = self.scenario.fleets[fleet]
        return (row.first_day is None or self.day(row.first_day) <= first) and (
            row.last_day is None or first + length - 1 <= self.day(row.last_day)
        )

    def can_travel(self, item: Item, in_time: bool) -> bool:
        """Whether some trip can carry an item, every vehicle and room being free."""
        risk = self.scenario.risk_of(self.people(item)[0].adcode)
        for way, fleet, pickup in product(self.ways(item), self.scenario.fleets.values(), self.reach(item)):
            if fleet.reserved_for not in (None, way.enterprise) or fleet.vehicles == 0:
                continue
            if self.scenario.load_limit(fleet, risk, (way.drop,)) < len(item):
                continue
            if not in_time:
                if any(
                    self._anytime.timetables(*self._one_way(fleet.fleet_id, pickup, way.drop), drivers)
                    for drivers in range(1, self.policy.driving.max_drivers + 1)
                ):
                    return True
                continue
            for first in self.horizon:
                for _, (day,), length in self.timetables(fleet.fleet_id, [pickup], [way.drop], first):
                    if (
                        first >= self.available(item)
                        and day <= self.latest(item, way)
                        and self.serves(fleet.fleet_id, first, length)
                    ):
                        return True
        return False

    @cached_property
    def _anytime(self) -> Clock:
        return Clock(self.policy, 6, self.step)

    def _one_way(self, fleet: str, pickup: str, drop: str) -> tuple[tuple[Call, Call], int]:
        road = self.scenario.road
        calls = (Call(road(fleet, pickup).minutes, False), Call(road(pickup, drop).minutes, True))
        return calls, road(drop, fleet).minutes

    def _rides(self, items: tuple[Item, ...], enterprises: tuple[str, ...]) -> list[Ride]:
        """Every trip of these items to these enterprises that could be in a best plan, cheapest first."""
        risks = {self.scenario.risk_of(self.people(item)[0].adcode) for item in items}
        if len(risks) > 1:
            return []
        found: dict[tuple[object, ...], list[Ride]] = defaultdict(list)
        choices = [
            [way for way in self.ways(item) if way.enterprise == e]
            for item, e in zip(items, enterprises, strict=True)
        ]
        for ways in product(*choices):
            for ride in self._rides_of(items, ways):
                key = (ride.vehicle, ride.rooms, tuple(sorted(ride.vacancies)))
                if not any(_no_worse(other, ride) for other in found[key]):
                    found[key] = [r for r in found[key] if not _no_worse(ride, r)] + [ride]
        return sorted((r for rides in found.values() for r in rides), key=self.real_fen)

    def real_fen(self, ride: Ride) -> Decimal:
        return ride.fen + self.access_fen(ride.access_km)

    def access_fen(self, km: float) -> Decimal:
        return Decimal(str(km)) * self.policy.trips.access_yuan_per_km * 100

    def _rides_of(self, items: tuple[Item, ...], ways: tuple[Way, ...]) -> Iterator[Ride]:
        scenario, rules = self.scenario, self.policy.trips
        workers = [w for item in items for w in item]
        risk = scenario.risk_of(self.people(items[0])[0].adcode)
        places = sorted({way.drop for way in ways})
        if len(places) > rules.max_drops:
            return
        latest = {
            d: min(self.latest(i, way) for i, way in zip(items, ways, strict=True) if way.drop == d)
            for d in places
        }
        owners = {way.enterprise for way in ways}
        for pickups, fleet in product(self._pickup_sets(items), scenario.fleets.values()):
            access_km = self._access(items, pickups)
            if len(workers) > scenario.load_limit(fleet, risk, tuple(places)):
                continue
            if fleet.reserved_for is not None and owners != {fleet.reserved_for}:
                continue
            for order, drops, first in product(permutations(pickups), permutations(places), self.horizon):
                if first < self.available(workers):
                    continue
                for drivers, days, length in self.timetables(fleet.fleet_id, order, drops, first):
                    reached = dict(zip(drops, days, strict=True))
                    if any(reached[d] > latest[d] for d in places):
                        continue
                    if not self.serves(fleet.fleet_id, first, length):
                        continue
                    cost = self._trip_fen(fleet.fleet_id, [*order, *drops], drivers, length)
                    most = rules.max_fen_per_worker
                    if most is not None and cost > most * len(workers):
                        continue
                    vehicle = (fleet.fleet_id, (first, first + length))
                    yield from self._with_rooms(items, ways, reached, cost, access_km, vehicle)

    def _pickup_sets(self, items: tuple[Item, ...]) -> Iterator[tuple[str, ...]]:
        for many in range(1, self.policy.trips.max_pickups + 1):
            for pickups in combinations(self.scenario.pickups, many):
                if self._access(items, pickups) < math.inf:
                    yield pickups

    def _access(self, items: tuple[Item, ...], pickups: tuple[str, ...]) -> float:
        """The shortest ways to these pickups, each of which somebody uses."""
        reach = [self.reach(item) for item in items]
        return min(
            (
                math.fsum(r[p] for r, p in zip(reach, chosen, strict=True))
                for chosen in product(pickups, repeat=len(items))
                if set(chosen) == set(pickups) and all(p in r for r, p in zip(reach, chosen, strict=True))
            ),
            default=math.inf,
        )

    def _trip_fen(self, fleet_id: str, stops: list[str], drivers: int, days: int) -> int:
        fleet = self.scenario.fleets[fleet_id]
        roads = (self.scenario.road(a, b).km for a, b in pairwise([fleet_id, *stops, fleet_id]))
        km = sum((Decimal(str(road)) for road in roads), Decimal(0))
        crew = (drivers - 1) * days * self.policy.driving.extra_driver_fen_per_day
        return half_up(days * fleet.day_fen + km * fleet.km_yuan * 100 + crew)

    def _with_rooms(
        self,
        items: tuple[Item, ...],
        ways: tuple[Way, ...],
        reached: Mapping[str, int],
        trip_fen: int,
        access_km: float,
        vehicle: tuple[str, Span],
    ) -> Iterator[Ride]:
        scenario, policy = self.scenario, self.policy
        employer = {w: way.enterprise for item, way in zip(items, ways, strict=True) for w in item}
        dues: dict[str, list[int]] = {e: [0, 0] for e in sorted(set(employer.values()))}
        fen = trip_fen
        for worker_id, part in split_evenly(trip_fen, employer).items():
            parts = trip_parts(part, policy.trip_shares)
            dues[employer[worker_id]][0] += part - parts.worker
            dues[employer[worker_id]][1] += parts.government
        for item, way in zip(items, ways, strict=True):
            rate = policy.wait_fen_per_day[scenario.effective_priority[way.enterprise] - 1]
            for worker in self.people(item):
                fen += rate * (reached[way.drop] - max(0, self.day(worker.available_from)))
        stays = [self._stays(item, way, reached[way.drop]) for item, way in zip(items, ways, strict=True)]
        for rooms in product(*stays):
            more, owed = fen, {e: list(due) for e, due in dues.items()}
            taken: list[tuple[str, str, Span]] = []
            for way, (room_fen, pays, entitled, booked) in zip(ways, rooms, strict=True):
                more += room_fen
                owed[way.enterprise][0] += pays
                owed[way.enterprise][1] += entitled
                taken += booked
            yield Ride(
                more,
                access_km,
                vehicle,
                tuple(sorted(taken)),
                tuple(v for way in ways for v in way.vacancies),
                tuple((e, pays, entitled) for e, (pays, entitled) in owed.items()),
            )

    def _stays(
        self, item: Item, way: Way, check_in: int
    ) -> list[tuple[int, int, int, list[tuple[str, str, Span]]]]:
        """(cost, paid without the government, entitlement, rooms) of each way to lodge an item."""
        nights, policy = self.nights(item), self.policy
        if not nights:
            return [(0, 0, 0, [])]
        hotel = self.scenario.hotels[way.drop]
        if (hotel.first_night and check_in < self.day(hotel.first_night)) or (
            hotel.last_night and check_in + nights - 1 > self.day(hotel.last_night)
        ):
            return []
        km = Decimal(str(self.scenario.road(way.drop, way.enterprise).km))
        transfers = len(item) * half_up(km * policy.transfer_yuan_per_km * 100)
        span = (check_in, check_in + nights + policy.turnover_days)
        found = []
        for pairs in range(len(item) // 2 + 1):
            for lone in range(len(item) - 2 * pairs + 1):
                singles = len(item) - 2 * pairs - lone
                shares = [*[(hotel.twin_fen, 2)] * pairs, *[(hotel.twin_fen, 1)] * lone]
                shares += [(hotel.single_fen, 1)] * singles
                fen, pays, entitled = transfers, transfers, 0
                for price, guests in shares:
                    for part in split_evenly(nights * price, map(str, range(guests))).values():
                        parts = room_parts(part, nights, hotel.concession, policy.room_shares)
                        fen += part - parts.hotel
                        pays += part - parts.hotel - parts.worker
                        entitled += parts.government
                kinds = ["T"] * (pairs + lone) + ["S"] * singles
                found.append((fen, pays, entitled, [(way.drop, kind, span) for kind in kinds]))
        return found


def _no_worse(a: Ride, b: Ride) -> bool:
    return (
        a.fen <= b.fen
        and a.access_km <= b.access_km
        and all(x[1] <= y[1] and x[2] >= y[2] for x, y in zip(a.dues, b.dues, strict=True))
    )


class _Division:
    """All divisions of chosen items over trips."""

    def __init__(self, case: _Case, chosen: Mapping[Item, str]) -> None:
        self._case, self._chosen = case, chosen
        self._least = lru_cache(maxsize=None)(self._uncached_least)

    def least_cost(self, below: float) -> int | None:
        """The least cost in fen, if there is a legal plan that costs less than ``below``."""
        self._best: Decimal | None = None
        self._below = below
        self._extend(tuple(self._chosen), [])
        return None if self._best is None else half_up(self._best)

    def _rides(self, items: tuple[Item, ...]) -> list[Ride]:
        return self._case.rides(items, tuple(self._chosen[item] for item in items))

    def _groups(self, items: tuple[Item, ...]) -> Iterator[tuple[tuple[Item, ...], tuple[Item, ...]]]:
        """(with the first item on a trip, the others)."""
        head, *tail = items
        for many in range(len(tail) + 1):
            for others in combinations(tail, many):
                yield (head, *others), tuple(i for i in tail if i not in others)

    def _uncached_least(self, items: tuple[Item, ...]) -> Decimal:
        """What these items cost at least, if nothing were short."""
        if not items:
            return Decimal(0)
        return min(
            (
                self._case.real_fen(self._rides(group)[0]) + self._least(rest)
                for group, rest in self._groups(items)
                if self._rides(group)
            ),
            default=Decimal("Infinity"),
        )

    def _extend(self, items: tuple[Item, ...], rides: list[Ride]) -> None:
        so_far = sum((self._case.real_fen(r) for r in rides), Decimal(0))
        if not items:
            if self._affordable(rides) and self._promising(so_far):
                fen = sum(r.fen for r in rides)
                self._best = fen + self._case.access_fen(math.fsum(r.access_km for r in rides))
            return
        for group, rest in self._groups(items):
            for ride in self._rides(group):
                if not self._promising(so_far + self._case.real_fen(ride) + self._least(rest)):
                    break
                if self._fits([*rides, ride]):
                    self._extend(rest, [*rides, ride])

    def _promising(self, fen: Decimal) -> bool:
        return fen < Decimal("Infinity") and (
            half_up(fen) < self._below if self._best is None else fen < self._best
        )

    def _fits(self, rides: list[Ride]) -> bool:
        """Whether vehicles, rooms and vacancies suffice."""
        scenario, case = self._case.scenario, self._case
        placed = Counter(v for ride in rides for v in ride.vacancies)
        if any(n > scenario.vacancies[v].headcount for v, n in placed.items()):
            return False
        wanted: dict[tuple[str, str], list[Span]] = defaultdict(list)
        for ride in rides:
            wanted[ride.vehicle[0], ""].append(ride.vehicle[1])
            for hotel, kind, span in ride.rooms:
                wanted[hotel, kind].append(span)
        for (place, kind), spans in wanted.items():
            if not kind:
                many, spare = scenario.fleets[place].vehicles, 1
            else:
                row = scenario.hotels[place]
                many = row.single_rooms if kind == "S" else row.twin_rooms
                spare = 1 + case.policy.turnover_days
            taken: list[list[Span]] = [[] for _ in range(many)]
            for busy in scenario.busy:
                if busy.place_id == place and busy.unit.startswith(kind):
                    unit = int(busy.unit.removeprefix(kind))
                    if unit <= many:
                        taken[unit - 1].append((case.day(busy.first_day), case.day(busy.last_day) + spare))
            if not _packs(sorted(spans), taken):
                return False
        return True

    def _affordable(self, rides: list[Ride]) -> bool:
        """Whether the government can pay what the enterprises' own budgets lack."""
        pays: Counter[str] = Counter()
        entitled: Counter[str] = Counter()
        for ride in rides:
            for enterprise, due, right in ride.dues:
                pays[enterprise] += due
                entitled[enterprise] += right
        needs = 0
        for e, due in pays.items():
            budget = self._case.scenario.enterprises[e].budget_fen
            need = 0 if budget is None else max(0, due - budget)
            if need > entitled[e]:
                return False
            needs += need
        government = self._case.policy.government_fen
        return government is None or needs <= government


def _packs(spans: list[Span], taken: list[list[Span]]) -> bool:
    """Whether each span finds a unit that is free for it."""
    if not spans:
        return True
    (begin, end), *others = spans
    for unit in taken:
        if all(end <= a or b <= begin for a, b in unit):
            unit.append((begin, end))
            if _packs(others, taken):
                return True
            unit.pop()
    return False
