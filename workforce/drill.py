"""A drill: what coordinators, hotels, enterprises, carriers and health officers would report of a plan.

From a plan, a seed and rates of faults follows one list of steps in the order of time, and what
went wrong in it on purpose.  Who plays it and how is not known here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import date, datetime, time, timedelta
from itertools import islice
from random import Random
from typing import Any

from workforce.closed_loop import BEIJING, Flag
from workforce.entities import Hotel
from workforce.kits import kits_for
from workforce.loop_rules import LoopRules
from workforce.plan import Plan, Seat, Stay, Stop, StopKind, Trip
from workforce.roles import Role
from workforce.scenario import Scenario
from workforce.triplog import Kind, Missing
from workforce.views import employer


@dataclass(frozen=True, slots=True)
class Rates:
    """How often something goes wrong, as a part of all trips, riders or stays."""

    # Of trips.
    unnamed: float = 0.01  # left before plate and drivers were named
    unconfirmed: float = 0.01
    delay: float = 0.05
    breakdown: float = 0.01
    closed_road: float = 0.01
    refused_entry: float = 0.005
    # Of riders.
    no_show: float = 0.02
    withdrawal: float = 0.003
    fever: float = 0.003
    left_on_way: float = 0.002
    other_coach: float = 0.003
    # Of stays.
    hotel_fever: float = 0.005
    moved_room: float = 0.005
    left_hotel: float = 0.002
    missed_reading: float = 0.005

    def times(self, factor: float) -> Rates:
        return Rates(*(min(getattr(self, f.name) * factor, 1.0) for f in fields(self)))


@dataclass(frozen=True, slots=True)
class Actor:
    """Who reports: a role and what it is about."""

    role: Role
    subject: str | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A report; see ``workforce.triplog.Event``."""

    at: datetime
    actor: Actor
    kind: Kind
    trip_id: str | None = None
    worker_id: str | None = None
    place_id: str | None = None
    says: Mapping[str, Any] = field(default_factory=dict)
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that goes wrong on purpose, with the flag that must come of it."""

    flag: Flag
    trip_id: str | None = None
    worker_id: str | None = None


@dataclass(frozen=True, slots=True)
class Script:
    """
    Attributes:
        steps: in the order of time.
        staying_behind: riders who do not arrive, by design.
    """

    steps: tuple[Step, ...]
    faults: tuple[Fault, ...]
    staying_behind: frozenset[str]


_DOOR = Actor(Role.COORDINATOR)
_OFFICER = Actor(Role.HEALTH)
_NORMAL, _FEVER = ("36.4", "36.5", "36.6", "36.8"), "37.8"


def script_of(plan: Plan, scenario: Scenario, rules: LoopRules, seed: int, rates: Rates) -> Script:
    """The drill of a plan; the same seed gives the same one."""
    return _Writer(plan, scenario, rules, seed, rates).script()


class _Writer:
    def __init__(self, plan: Plan, scenario: Scenario, rules: LoopRules, seed: int, rates: Rates) -> None:
        self.plan, self.scenario, self.rules, self.seed, self.rates = plan, scenario, rules, seed, rates
        self.steps: list[Step] = []
        self.faults: list[Fault] = []
        self.behind: set[str] = set()
        self.guests: dict[str, list[Seat]] = defaultdict(list)  # by trip: who boards it wrongly
        self.fates: dict[str, str] = {}
        self.spare = {hotel_id: _spare_rooms(plan, scenario, h) for hotel_id, h in scenario.hotels.items()}

    def script(self) -> Script:
        for trip in self.plan.trips:
            self._decide(trip)
        for trip in self.plan.trips:
            _TripWriter(self, trip).write()
        order = sorted(range(len(self.steps)), key=lambda i: (self.steps[i].at, i))
        return Script(tuple(self.steps[i] for i in order), tuple(self.faults), frozenset(self.behind))

    def _decide(self, trip: Trip) -> None:
        """What becomes of each rider, before any trip is written: somebody may board another trip."""
        random = Random(f"{self.seed} riders {trip.trip_id}")
        for seat in self.plan.riders[trip.trip_id]:
            fate = _drawn(
                random, self.rates, ("no_show", "withdrawal", "fever", "left_on_way", "other_coach")
            )
            other = self._other(trip, seat) if fate == "other_coach" else None
            if other is not None:
                self.guests[other.trip_id].append(seat)
            elif fate == "other_coach":
                fate = "as_planned"
            self.fates[seat.worker_id] = fate

    def _other(self, trip: Trip, seat: Seat) -> Trip | None:
        """Another trip that stops at the rider's pickup on that day."""
        for other in self.plan.trips:
            stops = any(s.kind is StopKind.PICKUP and s.place_id == seat.pickup_id for s in other.stops)
            if other.trip_id != trip.trip_id and other.first_day == trip.first_day and stops:
                return other
        return None


class _TripWriter:
    """Writes one trip and the stays of those whom it brings."""

    def __init__(self, whole: _Writer, trip: Trip) -> None:
        self.whole, self.trip = whole, trip
        self.plan, self.rules = whole.plan, whole.rules
        self.random = Random(f"{whole.seed} trip {trip.trip_id}")
        self.riders = self.plan.riders[trip.trip_id]
        self.fleet = whole.scenario.fleets[trip.fleet_id]
        self.carrier = Actor(Role.CARRIER, self.fleet.operator)
        self.shift = timedelta()
        self.aboard: dict[str, Seat] = {}
        self.alighted: dict[str, list[Seat]] = defaultdict(list)
        self.trouble = _drawn(
            self.random, whole.rates, ("delay", "breakdown", "closed_road", "refused_entry")
        )
        self.late_by = self.random.randint(20, 120) if self.trouble == "delay" else 0

    def write(self) -> None:
        self._prepare()
        first_drop = min(s.seq for s in self.trip.stops if s.kind is StopKind.DROP)
        for stop in self.trip.stops:
            if stop.seq == first_drop:
                self._on_the_way(stop)
            {
                StopKind.DEPART: self._depart,
                StopKind.PICKUP: self._pickup,
                StopKind.REST: self._pass,
                StopKind.DROP: self._drop,
                StopKind.RETURN: self._back,
            }[stop.kind](stop)

    def say(
        self, at: datetime, actor: Actor, kind: Kind, details: Mapping[str, Any] | None = None, **about: Any
    ) -> None:
        worker, place = about.pop("worker", None), about.pop("place", None)
        trip = self.trip.trip_id if about.pop("of_trip", True) else None
        self.whole.steps.append(Step(at, actor, kind, trip, worker, place, about, details or {}))

    def fault(self, flag: Flag, worker_id: str | None = None) -> None:
        self.whole.faults.append(Fault(flag, self.trip.trip_id, worker_id))

    # Before departure

    def _prepare(self) -> None:
        leaves = _moment(self.trip.stops[0].depart)
        late = leaves + timedelta(minutes=self.late_by + 10)
        rates, random, depot = self.whole.rates, self.random, self.trip.fleet_id
        unnamed, unconfirmed = random.random() < rates.unnamed, random.random() < rates.unconfirmed
        for kit, count in kits_for(self.trip, len(self.riders), self.rules).items():
            self.say(
                leaves - timedelta(hours=20), self.carrier, Kind.KITS_RECEIVED,
                place=depot, kit=kit, count=count, of_trip=False,
            )  # fmt: skip
            self.say(
                leaves - timedelta(hours=2), self.carrier, Kind.KITS_ISSUED, place=depot, kit=kit, count=count
            )
        crew = {"driver_names": [f"驾驶员{i + 1}" for i in range(self.trip.drivers)]}
        named = late if unnamed else leaves - timedelta(hours=18)
        self.say(named, self.carrier, Kind.VEHICLE_NAMED, crew, plate=self._plate())
        for drop, heads in self._drops().items():
            confirmed = late if unconfirmed else leaves - timedelta(hours=12)
            self.say(confirmed, self._receiver(drop), Kind.DESTINATION_CONFIRMED, place=drop, heads=heads)
        self.say(leaves - timedelta(hours=1), _DOOR, Kind.ROSTER_CLOSED, riders=len(self.riders))
        if unnamed:
            self.fault(Flag.DEPARTED_UNNAMED)
        if unconfirmed:
            self.fault(Flag.DEPARTED_UNCONFIRMED)
        for days in range(self.rules.home_check_days, 0, -1):
            for seat in self.riders:
                self._measure(leaves - timedelta(days=days), _DOOR, seat.worker_id, "home")

    # Stops

    def _depart(self, stop: Stop) -> None:
        if self.trouble == "delay":
            self.say(_moment(stop.depart), _DOOR, Kind.DELAYED, minutes=self.late_by)
            self.shift += timedelta(minutes=self.late_by)
            if self.late_by >= self.rules.late_minutes:
                self.fault(Flag.LATE)
        self.say(self._at(stop.depart), _DOOR, Kind.LEFT, stop=stop.seq)

    def _pickup(self, stop: Stop) -> None:
        at = self._at(stop.arrive)
        self.say(at, _DOOR, Kind.REACHED, stop=stop.seq)
        for seat in self.riders:
            if seat.pickup_id == stop.place_id:
                at += timedelta(seconds=15)
                self._door(at, seat)
        for seat in self.whole.guests[self.trip.trip_id]:
            if seat.pickup_id == stop.place_id:
                at += timedelta(seconds=15)
                self.say(at, _DOOR, Kind.BOARDED, worker=seat.worker_id, place=stop.place_id)
                self.fault(Flag.WRONG_COACH, seat.worker_id)
                self.aboard[seat.worker_id] = seat
        self.say(max(self._at(stop.depart), at), _DOOR, Kind.LEFT, stop=stop.seq)

    def _door(self, at: datetime, seat: Seat) -> None:
        fate, worker = self.whole.fates[seat.worker_id], seat.worker_id
        if fate in ("no_show", "withdrawal"):
            if fate == "withdrawal":
                before = _moment(self.trip.stops[0].depart) - timedelta(hours=6)
                firm = Actor(Role.ENTERPRISE, employer(self.plan, worker))
                self.say(before, firm, Kind.WITHDREW, worker=worker)
                self.fault(Flag.WITHDREW, worker)
            self.say(at, _DOOR, Kind.MISSING, worker=worker, why=Missing.NO_SHOW)
            self.fault(Flag.NO_SHOW, worker)
            self.whole.behind.add(worker)
            return
        if fate == "other_coach":
            self.say(at, _DOOR, Kind.MISSING, worker=worker, why=Missing.OTHER_COACH)
            return
        self._measure(at, _DOOR, worker, "door", _FEVER if fate == "fever" else None)
        self.say(at, _DOOR, Kind.BOARDED, worker=worker, place=seat.pickup_id, seat=seat.seat)
        self.aboard[worker] = seat
        if fate == "fever":  # the server moves them to an observation seat
            self.fault(Flag.FEVER, worker)

    def _on_the_way(self, first_drop: Stop) -> None:
        """Between the last pickup and the first drop: temperatures, troubles, people who get off."""
        begin = self._at(next(s for s in reversed(self.trip.stops) if s.kind is StopKind.PICKUP).depart)
        for worker in [w for w in self.aboard if self.whole.fates[w] == "left_on_way"]:
            at = begin + timedelta(minutes=5)
            self.say(at, _DOOR, Kind.MISSING, worker=worker, why=Missing.LEFT_ON_WAY)
            self.fault(Flag.LEFT_ON_WAY, worker)
            self.whole.behind.add(worker)
            del self.aboard[worker]
        at, end = begin + timedelta(minutes=self.rules.measure_every_minutes), self._at(first_drop.arrive)
        while at < end:
            for worker in self.aboard:
                self._measure(at, _DOOR, worker, "road")
            at += timedelta(minutes=self.rules.measure_every_minutes)
        at = begin + (end - begin) / 2
        if self.trouble == "breakdown":
            self.say(at, _DOOR, Kind.BROKE_DOWN, {"note": "发动机故障"})
            crew = {"driver_names": ["替班驾驶员"]}
            self._goes_on(
                at, 90, Kind.VEHICLE_CHANGED, crew, plate=self._plate("T"), cost_fen=self.fleet.day_fen
            )
            self.fault(Flag.BROKE_DOWN)
            self.fault(Flag.SUBSTITUTE_COST)
        elif self.trouble == "closed_road":
            self.say(at, _DOOR, Kind.ROAD_CLOSED, {"note": "道路管制"})
            self._goes_on(at, 45, Kind.WENT_ON)
            self.fault(Flag.ROAD_CLOSED)
        elif self.trouble == "refused_entry":
            self.say(at, _DOOR, Kind.ENTRY_REFUSED, {"note": "卡口不予放行"}, place=first_drop.place_id)
            self._goes_on(at, 30, Kind.WENT_ON)
            self.fault(Flag.ENTRY_REFUSED)

    def _goes_on(
        self, at: datetime, minutes: int, kind: Kind, details: Mapping[str, Any] | None = None, **says: Any
    ) -> None:
        self.shift += timedelta(minutes=minutes)
        self.say(at + timedelta(minutes=minutes), _DOOR, kind, details, **says)

    def _pass(self, stop: Stop) -> None:
        self.say(self._at(stop.arrive), _DOOR, Kind.REACHED, stop=stop.seq)
        self.say(self._at(stop.depart), _DOOR, Kind.LEFT, stop=stop.seq)

    def _drop(self, stop: Stop) -> None:
        at, place = self._at(stop.arrive), stop.place_id or ""
        self.say(at, _DOOR, Kind.REACHED, stop=stop.seq)
        last = stop.seq == max(s.seq for s in self.trip.stops if s.kind is StopKind.DROP)
        guests = {s.worker_id for s in self.whole.guests[self.trip.trip_id]}
        here = [
            s
            for w, s in self.aboard.items()
            if (s.drop_id == place and w not in guests) or (w in guests and last)
        ]
        for seat in here:
            at += timedelta(seconds=5)
            self.say(at, _DOOR, Kind.ALIGHTED, worker=seat.worker_id, place=place)
            if seat.worker_id in guests and seat.drop_id != place:
                self.fault(Flag.ALIGHTED_ELSEWHERE, seat.worker_id)
            del self.aboard[seat.worker_id]
        self.say(at, _DOOR, Kind.COUNTED, place=place, heads=len(here))
        self.say(at, _DOOR, Kind.SIGNED, {"name": "带队人员"}, place=place, side="carrier")
        self.say(at, self._receiver(place), Kind.SIGNED, {"name": "接收人"}, place=place, side="receiver")
        for seat in here:
            stay = self.plan.stay_of.get(seat.worker_id)
            if stay is None:
                firm = employer(self.plan, seat.worker_id)
                self._arrive(at + timedelta(minutes=5 if seat.drop_id == place else 60), seat.worker_id, firm)
            else:
                self._stay(at + timedelta(minutes=10 if seat.drop_id == place else 60), seat.worker_id, stay)
        self.say(max(self._at(stop.depart), at), _DOOR, Kind.LEFT, stop=stop.seq)

    def _back(self, stop: Stop) -> None:
        self.say(self._at(stop.arrive), _DOOR, Kind.REACHED, stop=stop.seq)

    # After arrival

    def _stay(self, at: datetime, worker: str, stay: Stay) -> None:
        hotel, room = Actor(Role.HOTEL, stay.hotel_id), stay.room
        trouble = _drawn(
            self.random, self.whole.rates, ("hotel_fever", "moved_room", "left_hotel", "missed_reading")
        )
        nights = (stay.check_out - stay.check_in).days
        first = at.astimezone(BEIJING).date()
        odd = self.random.randrange(1, nights) if nights > 1 else 0  # the day on which it happens
        self.say(at, hotel, Kind.CHECKED_IN, worker=worker, place=stay.hotel_id, room=room)
        for day in range(1, nights):
            for reading in range(self.rules.readings_per_day):
                when = _at(
                    first + timedelta(days=day), 8 + reading * 10 // max(self.rules.readings_per_day - 1, 1)
                )
                here = day == odd and reading == 0
                if here and trouble == "missed_reading":
                    self.fault(Flag.READINGS_MISSING, worker)
                    continue
                fever = here and trouble == "hotel_fever"
                self._measure(when, hotel, worker, "hotel", _FEVER if fever else None)
                if fever:
                    self._observed(when, worker)
            if day == odd and trouble == "left_hotel":
                gone = _at(first + timedelta(days=day), 10)
                self.say(gone, hotel, Kind.HOTEL_LEFT, worker=worker)
                back = gone + timedelta(hours=3)
                self.say(back, hotel, Kind.CHECKED_IN, worker=worker, place=stay.hotel_id, room=room)
                self.fault(Flag.LEFT_HOTEL, worker)
            if day == odd and trouble == "moved_room" and self.whole.spare[stay.hotel_id]:
                room = self.whole.spare[stay.hotel_id].pop()
                moved = _at(first + timedelta(days=day), 11)
                self.say(moved, hotel, Kind.ROOM_MOVED, worker=worker, place=stay.hotel_id, room=room)
        last = first + timedelta(days=nights)
        certificate = f"{stay.hotel_id}-{worker}"
        self.say(_at(last, 9), hotel, Kind.RELEASED, worker=worker, certificate=certificate)
        self.say(_at(last, 10), hotel, Kind.TRANSFERRED, worker=worker)
        self._arrive(_at(last, 14), worker, employer(self.plan, worker))

    def _observed(self, at: datetime, worker: str) -> None:
        self.fault(Flag.FEVER, worker)
        self.fault(Flag.OBSERVED, worker)
        begun = at + timedelta(minutes=30)
        self.say(begun, _OFFICER, Kind.OBSERVATION_BEGAN, {"symptoms": ["发热"]}, worker=worker)
        self.say(begun + timedelta(hours=6), _OFFICER, Kind.OBSERVATION_ENDED, worker=worker)

    def _arrive(self, at: datetime, worker: str, firm: str | None) -> None:
        self.say(at, Actor(Role.ENTERPRISE, firm), Kind.ARRIVED, worker=worker, place=firm)

    def _measure(
        self, at: datetime, actor: Actor, worker: str, where: str, temperature: str | None = None
    ) -> None:
        shown = {"temperature": temperature or self.random.choice(_NORMAL)}
        self.say(at, actor, Kind.MEASURED, shown, worker=worker, where=where)

    # Words

    def _at(self, planned: datetime) -> datetime:
        return _moment(planned) + self.shift

    def _drops(self) -> dict[str, int]:
        return {s.place_id or "": s.alighting for s in self.trip.stops if s.kind is StopKind.DROP}

    def _receiver(self, place: str) -> Actor:
        return Actor(Role.HOTEL if place in self.whole.scenario.hotels else Role.ENTERPRISE, place)

    def _plate(self, mark: str = "C") -> str:
        number = Random(f"{self.trip.fleet_id} {self.trip.vehicle_no} {mark}").randrange(10**5)
        return f"蒙{mark}{number:05d}"


def _drawn(random: Random, rates: Rates, names: Sequence[str]) -> str:
    """One of some troubles, each as often as its rate says, or ``as_planned``."""
    point = random.random()
    for name in names:
        point -= getattr(rates, name)
        if point < 0:
            return name
    return "as_planned"


def _spare_rooms(plan: Plan, scenario: Scenario, hotel: Hotel) -> list[str]:
    """Some rooms that nobody has at any time."""
    taken = {stay.room for stay in plan.stays if stay.hotel_id == hotel.hotel_id}
    taken |= {busy.unit for busy in scenario.busy if busy.place_id == hotel.hotel_id}

    def free() -> Iterator[str]:
        for kind, count in (("S", hotel.single_rooms), ("T", hotel.twin_rooms)):
            yield from (f"{kind}{n}" for n in range(1, count + 1) if f"{kind}{n}" not in taken)

    return list(islice(free(), 50))


def _moment(local: datetime) -> datetime:
    return local.replace(tzinfo=BEIJING)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), BEIJING)
