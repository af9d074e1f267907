"""A plain plan: direct coaches from each county seat, no search.

The generator sizes coaches, rooms and budgets by it, so that what it promises to be feasible is so by
construction; and as a legal plan it is a witness against any claim that less can be served, or that no
plan can be as cheap.  It is no plan to carry out: it pools nobody across counties.
"""

from __future__ import annotations

import itertools
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from workforce.entities import Fleet, Risk
from workforce.geodesy import geodesic_km
from workforce.money import half_up
from workforce.plan import Seat, Stay, Stop, StopKind, Trip
from workforce.scenario import Scenario

_NEAR_KM = 250  # geodesic km within which a fleet is looked for


@dataclass(frozen=True, slots=True)
class Group:
    """A party or somebody alone: where they board, on which day, and for which enterprise.

    A job seeker's vacancy stands at the worker's place in ``vacancies``; who returns has None.
    """

    workers: tuple[str, ...]
    pickup_id: str
    leave_on: date
    enterprise_id: str
    vacancies: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class Ride:
    """A trip with all that hangs on it."""

    trip: Trip
    groups: tuple[Group, ...]
    seats: tuple[Seat, ...]
    stays: tuple[Stay, ...]

    @property
    def arrivals(self) -> Mapping[str, date]:
        """Day of arrival by worker."""
        days = {s.place_id: s.arrive.date() for s in self.trip.stops if s.kind is StopKind.DROP}
        return {seat.worker_id: days[seat.drop_id] for seat in self.seats}


def plain_rides(scenario: Scenario, groups: Sequence[Group]) -> tuple[Ride, ...]:
    """Rides that serve the groups, from as many coaches and rooms as it takes.

    Vehicles and rooms are numbered from 1 and used again as soon as they are free; whatever the scenario
    says of their number, and of dates, closures and budgets, is not asked.  Reserved fleets and hotels are
    left alone.  A group from a zone that sends nobody, or for which no coach makes the way, has no ride.
    """
    near = _fleets_near(scenario, {group.pickup_id for group in groups})
    loads = sorted(_loads(scenario, groups, near), key=lambda load: (load[0].leave_on, load[0].pickup_id))
    vehicles, rooms, hotels = _Units(1), _Units(scenario.policy.turnover_days), _Hotels(scenario)
    rides: list[Ride] = []
    for load in loads:
        quarantine = scenario.zone_of(scenario.workers[load[0].workers[0]]).quarantine_nights > 0
        drops = [g.enterprise_id for g in load]
        if quarantine:
            drops = [hotels.take(sum(len(g.workers) for g in load))] * len(load)
        trip = _trip(scenario, f"T{len(rides) + 1:04d}", load, drops, near[load[0].pickup_id])
        if trip is None:
            continue
        number = vehicles.take(trip.fleet_id, trip.first_day, trip.last_day)
        seats = [
            Seat(trip.trip_id, 0, worker, group.pickup_id, drop)
            for group, drop in zip(load, drops, strict=True)
            for worker in group.workers
        ]
        seats = [replace(seat, seat=i) for i, seat in enumerate(seats, 1)]
        ride = Ride(replace(trip, vehicle_no=number), tuple(load), tuple(seats), ())
        rides.append(replace(ride, stays=tuple(_stays(scenario, ride, rooms)) if quarantine else ()))
    return tuple(rides)


def _loads(
    scenario: Scenario, groups: Iterable[Group], near: Mapping[str, Sequence[Fleet]]
) -> Iterator[list[Group]]:
    """Groups that ride together: of one pickup, day and risk, few drops, as many as a large coach takes."""
    together: dict[tuple[str, date, Risk], list[Group]] = defaultdict(list)
    for group in groups:
        worker = scenario.workers[group.workers[0]]
        if scenario.zone_of(worker).admit:
            together[group.pickup_id, group.leave_on, scenario.risk_of(worker.adcode)].append(group)
    for (pickup, _, risk), waiting in together.items():
        largest = max(near[pickup], key=lambda f: f.seats)
        quarantine = scenario.policy.zones[risk].quarantine_nights > 0
        riders = Counter(g.enterprise_id for g in waiting for _ in g.workers)
        waiting.sort(
            key=lambda g: (
                scenario.drop_adcode(g.enterprise_id) or "",
                -riders[g.enterprise_id],
                g.enterprise_id,
            )
        )
        load: list[Group] = []
        for group in waiting:
            more = [*load, group]
            drops = tuple(dict.fromkeys(g.enterprise_id for g in more))
            if quarantine:  # all of a coach go to one hotel, the strictest that there is
                drops = tuple(scenario.hotels)
            crowded = sum(len(g.workers) for g in more) > scenario.load_limit(largest, risk, drops)
            too_many = not quarantine and len(drops) > scenario.policy.trips.max_drops
            if load and (crowded or too_many):
                yield load
                more = [group]
            load = more
        yield load


def _fleets_near(scenario: Scenario, pickups: set[str]) -> Mapping[str, list[Fleet]]:
    """By pickup the fleets that have their depot near, else all; none of them reserved."""
    found = {}
    fleets = [f for f in scenario.fleets.values() if f.reserved_for is None]
    lat, lon = [f.lat for f in fleets], [f.lon for f in fleets]
    for pickup in sorted(pickups):
        km = geodesic_km(*scenario.coordinates[pickup], lat, lon)
        found[pickup] = [f for f, away in zip(fleets, km, strict=True) if away <= _NEAR_KM] or fleets
    return found


def _trip(
    scenario: Scenario, trip_id: str, load: Sequence[Group], drops: Sequence[str], fleets: Sequence[Fleet]
) -> Trip | None:
    """The cheapest of the fleets that hold the load, with as few drivers as the way allows."""
    pickup, risk = load[0].pickup_id, scenario.risk_of(scenario.workers[load[0].workers[0]].adcode)
    riders = Counter(dict.fromkeys(drops, 0))
    for group, drop in zip(load, drops, strict=True):
        riders[drop] += len(group.workers)
    driving = scenario.policy.driving
    ride_minutes = sum(scenario.road(a, b).minutes for a, b in itertools.pairwise((pickup, *riders)))
    fewest = max(1, -(-ride_minutes // driving.max_minutes_per_driver))  # nobody rests with riders aboard
    found = []
    for fleet in fleets:
        if sum(riders.values()) > scenario.load_limit(fleet, risk, tuple(riders)):
            continue
        places = (fleet.fleet_id, pickup, *riders, fleet.fleet_id)
        # Exact decimals, as the table of distances has them: the sum of floats may round the other way.
        km = sum((Decimal(str(scenario.road(a, b).km)) for a, b in itertools.pairwise(places)), Decimal(0))
        for drivers in range(fewest, driving.max_drivers + 1):
            stops = _timetable(scenario, fleet.fleet_id, pickup, riders, load[0].leave_on, drivers)
            if stops is None:
                continue
            first, last = stops[0].depart.date(), stops[-1].arrive.date()
            days = (last - first).days + 1
            fixed = fleet.day_fen + (drivers - 1) * driving.extra_driver_fen_per_day
            cost = half_up(days * fixed + km * fleet.km_yuan * 100)
            shown_km = Decimal(half_up(km * 100)) / 100
            found.append(Trip(trip_id, fleet.fleet_id, 0, risk, drivers, first, last, shown_km, cost, stops))
            break
    return min(found, key=lambda trip: (trip.cost_fen, trip.fleet_id), default=None)


# The clock of a trip


def _timetable(
    scenario: Scenario, depot: str, pickup: str, riders: Mapping[str, int], day: date, drivers: int
) -> tuple[Stop, ...] | None:
    """Stops of a direct trip on the day, leaving at the first hour that makes it legal; None: none does."""
    earliest, latest = (_minute(t) for t in scenario.policy.trips.leave_depot)
    for leave in range(earliest, latest + 1, 60):
        clock = _Clock(scenario, depot, datetime.combine(day, time()) + timedelta(minutes=leave), drivers)
        legal = clock.go(StopKind.PICKUP, pickup, boarding=sum(riders.values())) and all(
            clock.go(StopKind.DROP, drop, alighting=count) for drop, count in riders.items()
        )
        if (
            legal
            and clock.ride_minutes <= scenario.policy.trips.max_ride_minutes
            and clock.go(StopKind.RETURN, depot)
        ):
            return tuple(clock.stops)
    return None


class _Clock:
    """A coach under way: it drives as far as it may, and stands only as long as it must."""

    def __init__(self, scenario: Scenario, depot: str, leave: datetime, drivers: int) -> None:
        self._road, self._rules, self._trips = scenario.road, scenario.policy.driving, scenario.policy.trips
        self._duty = drivers * self._rules.max_minutes_per_driver
        self._since_break = self._since_rest = 0
        self._now, self._aboard = leave, 0
        self.stops = [Stop(1, StopKind.DEPART, depot, leave, leave, Decimal(0))]

    def go(self, kind: StopKind, place: str, boarding: int = 0, alighting: int = 0) -> bool:
        """Drive to the place and stop there; False: no legal way."""
        at = next(s.place_id for s in reversed(self.stops) if s.place_id)
        road = self._road(at, place)
        shown = Decimal(half_up(Decimal(str(road.km)) * 100)) / 100
        driven = 0
        left_km = shown
        while True:
            step = min(road.minutes - driven, self._step())
            self._now += timedelta(minutes=step)
            driven, self._since_break, self._since_rest = (
                driven + step,
                self._since_break + step,
                self._since_rest + step,
            )
            if driven == road.minutes:
                break
            pause = self._pause()
            if self._aboard and pause >= self._rules.rest_minutes:
                return False
            ahead_km = (shown * (road.minutes - driven) / road.minutes).quantize(Decimal("0.01"))
            self._stand(StopKind.REST, None, pause, left_km - ahead_km)
            left_km = ahead_km
        dwell = 0 if kind is StopKind.RETURN else self._trips.stop_minutes
        opens, closes = self._trips.reception
        if kind is StopKind.DROP and not opens <= self._now.time() <= closes:
            return False
        self._stand(kind, place, dwell, left_km, boarding, alighting)
        self._aboard += boarding - alighting
        return True

    @property
    def ride_minutes(self) -> int:
        first = next(s for s in self.stops if s.kind is StopKind.PICKUP)
        last = [s for s in self.stops if s.kind is StopKind.DROP][-1]
        return int((last.arrive - first.arrive).total_seconds()) // 60

    def _step(self) -> int:
        """Minutes that may be driven on from here without a stop."""
        free = min(self._rules.break_after_minutes - self._since_break, self._duty - self._since_rest)
        if self._rules.night_ban is None:
            return free
        start, _ = self._rules.night_ban
        return 0 if self._in_ban() else min(free, (_minute(start) - _minute(self._now.time())) % 1440)

    def _pause(self) -> int:
        """Minutes to stand where no minute may be driven."""
        if self._since_rest >= self._duty:
            return self._rules.rest_minutes
        if self._since_break >= self._rules.break_after_minutes:
            return self._rules.break_minutes
        assert self._rules.night_ban
        return (_minute(self._rules.night_ban[1]) - _minute(self._now.time())) % 1440

    def _in_ban(self) -> bool:
        assert self._rules.night_ban
        start, end = self._rules.night_ban
        now = self._now.time()
        return start <= now < end if start < end else now >= start or now < end

    def _stand(
        self,
        kind: StopKind,
        place: str | None,
        minutes: int,
        km: Decimal,
        boarding: int = 0,
        alighting: int = 0,
    ) -> None:
        leave = self._now + timedelta(minutes=minutes)
        self.stops.append(Stop(len(self.stops) + 1, kind, place, self._now, leave, km, boarding, alighting))
        self._now = leave
        if minutes >= self._rules.break_minutes:
            self._since_break = 0
        if minutes >= self._rules.rest_minutes:
            self._since_rest = 0


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute


# Vehicles and rooms


class _Units:
    """Units of a place, numbered from 1; each free again some days after its last day."""

    def __init__(self, gap_days: int) -> None:
        self._gap = timedelta(days=gap_days)
        self._free_from: dict[str, list[date]] = defaultdict(list)

    def take(self, place: str, first: date, last: date) -> int:
        """The lowest unit of the place that is free from the first day on."""
        units = self._free_from[place]
        index = next((i for i, free in enumerate(units) if free <= first), len(units))
        units[index : index + 1] = [last + self._gap]
        return index + 1


class _Hotels:
    """Whole coaches are spread over the hotels that are reserved for nobody, the emptiest first."""

    def __init__(self, scenario: Scenario) -> None:
        self._guests = {h.hotel_id: 0 for h in scenario.hotels.values() if h.reserved_for is None}

    def take(self, guests: int) -> str:
        hotel = min(self._guests, key=lambda h: (self._guests[h], h))
        self._guests[hotel] += guests
        return hotel


def _stays(scenario: Scenario, ride: Ride, rooms: _Units) -> Iterator[Stay]:
    """Two of a party share a twin, everybody else has a single."""
    arrivals, drop_of = ride.arrivals, {seat.worker_id: seat.drop_id for seat in ride.seats}
    for group in ride.groups:
        for pair in (group.workers[i : i + 2] for i in range(0, len(group.workers), 2)):
            hotel, check_in = drop_of[pair[0]], arrivals[pair[0]]
            nights = scenario.zone_of(scenario.workers[pair[0]]).quarantine_nights
            check_out = check_in + timedelta(days=nights)
            kind = "T" if len(pair) == 2 else "S"
            room = f"{kind}{rooms.take(f'{hotel} {kind}', check_in, check_out)}"
            for worker in pair:
                yield Stay(worker, hotel, room, check_in, check_out)
