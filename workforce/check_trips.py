"""The rules of a trip by itself: shape, load, clock, road and cost, drivers."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, time
from decimal import Decimal
from itertools import pairwise

from workforce.check_case import Case, Leg, days_of, minutes_between, rounds_to
from workforce.entities import Fleet
from workforce.money import to_yuan
from workforce.plan import Seat, Stop, StopKind, Trip

DAY_MINUTES = 24 * 60
PLACED = (StopKind.PICKUP, StopKind.DROP)


def check_trips(case: Case) -> None:
    for trip in case.plan.trips:
        _TripCheck(case, trip).run()


class _TripCheck:
    """One trip.  Every part judges what it can, whatever the others found."""

    def __init__(self, case: Case, trip: Trip) -> None:
        self.case, self.trip = case, trip
        self.policy = case.scenario.policy
        self.fleet: Fleet | None = case.scenario.fleets.get(trip.fleet_id)
        self.rows: Sequence[Stop] = sorted(trip.stops, key=lambda stop: stop.seq)
        self.riders: Sequence[Seat] = case.plan.riders.get(trip.trip_id, ())
        self.places = [row for row in self.rows if row.kind is not StopKind.REST]
        self.pickups = [row for row in self.rows if row.kind is StopKind.PICKUP]
        self.drops = [row for row in self.rows if row.kind is StopKind.DROP]
        self.boards: Counter[str | None] = Counter(seat.pickup_id for seat in self.riders)
        self.alights: Counter[str | None] = Counter(seat.drop_id for seat in self.riders)

    def run(self) -> None:
        if self.fleet is None:
            self.broken("trip-fleet", fleet=self.trip.fleet_id)
        self.shape()
        self.places_known()
        self.boarding()
        self.load()
        self.seats()
        if not self.rows:
            return
        self.clock()
        self.days()
        self.closures()
        self.legs()
        self.cost()
        self.driving_time()
        self.night_ban()
        self.riders_rest()

    def broken(self, rule: str, **figures: object) -> None:
        self.case.broken(rule, self.trip.trip_id, self.trip.trip_id in self.case.kept, **figures)

    def shape(self) -> None:
        kinds = [row.kind for row in self.rows]
        due = [
            StopKind.DEPART,
            *[StopKind.PICKUP] * max(1, len(self.pickups)),
            *[StopKind.DROP] * max(1, len(self.drops)),
            StopKind.RETURN,
        ]
        if (
            [row.kind for row in self.places] != due
            or (kinds[0], kinds[-1]) != (StopKind.DEPART, StopKind.RETURN)
            or [row.seq for row in self.rows] != list(range(1, len(self.rows) + 1))
            or any(row.place_id for row in self.rows if row.kind is StopKind.REST)
        ):
            self.broken("trip-shape", rows=[f"{row.seq} {row.kind}" for row in self.rows])
        rules = self.policy.trips
        if len(self.pickups) > rules.max_pickups:
            self.broken("max-pickups", pickups=len(self.pickups), most=rules.max_pickups)
        if len(self.drops) > rules.max_drops:
            self.broken("max-drops", drops=len(self.drops), most=rules.max_drops)
        visits = Counter(row.place_id for row in self.rows if row.kind in PLACED)
        for place, times in visits.items():
            if times > 1:
                self.broken("trip-once", place=place, times=times)

    def places_known(self) -> None:
        scenario = self.case.scenario
        for row in self.places:
            place = row.place_id or ""
            if row.kind is StopKind.PICKUP and place not in scenario.pickups:
                self.broken("trip-place", row=row.seq, place=place, kind="pickup", kind_zh="上客点")
            elif row.kind is StopKind.DROP and not (
                place in scenario.hotels or place in scenario.enterprises
            ):
                self.broken(
                    "trip-place", row=row.seq, place=place, kind="hotel or enterprise", kind_zh="酒店或企业"
                )
            elif row.kind not in PLACED and place != self.trip.fleet_id:
                self.broken("trip-depot", row=row.seq, depot=self.trip.fleet_id, place=place)

    def moves(self, row: Stop) -> tuple[int, int]:
        """How many board and alight at a row, by their seats."""
        up = self.boards[row.place_id] if row.kind is StopKind.PICKUP else 0
        down = self.alights[row.place_id] if row.kind is StopKind.DROP else 0
        return up, down

    def boarding(self) -> None:
        if not self.riders:
            self.broken("empty-trip")
        for row in self.rows:
            up, down = self.moves(row)
            if (row.boarding, row.alighting) != (up, down):
                self.broken(
                    "counts", row=row.seq, boarding=row.boarding, alighting=row.alighting, up=up, down=down
                )
            if row.kind in PLACED and not up + down:
                self.broken("idle-stop", row=row.seq, place=row.place_id)
        for seat in self.riders:
            if seat.pickup_id not in {row.place_id for row in self.pickups}:
                self.seat_stop(seat.worker_id, seat.pickup_id, "pickup", "上客")
            if seat.drop_id not in {row.place_id for row in self.drops}:
                self.seat_stop(seat.worker_id, seat.drop_id, "drop", "下客")

    def seat_stop(self, worker: str, place: str, kind: str, kind_zh: str) -> None:
        self.broken("seat-stop", worker=worker, place=place, kind=kind, kind_zh=kind_zh)

    def load(self) -> None:
        scenario = self.case.scenario
        known = [scenario.workers[s.worker_id] for s in self.riders if s.worker_id in scenario.workers]
        risks = {scenario.risk_of(worker.adcode) for worker in known}
        if len(risks) > 1:
            self.broken("risk-mixing", riders=sorted(risks))
        if risks and self.trip.risk not in risks:
            self.broken("trip-risk", risk=self.trip.risk, riders=sorted(risks))
        if self.fleet is None:
            return
        ends = {scenario.risk_of(c) for row in self.drops if (c := scenario.drop_adcode(row.place_id or ""))}
        zones = self.policy.zones
        factor = min((zones[risk].load_factor for risk in risks | ends if risk in zones), default=Decimal(1))
        seats = self.fleet.seats
        limit = min(math.floor(seats * factor), seats - self.policy.trips.observation_seats)
        if len(self.riders) > limit:
            self.broken("load", riders=len(self.riders), limit=limit)

    def seats(self) -> None:
        for seat, riders in Counter(s.seat for s in self.riders).items():
            if riders > 1:
                self.broken("seat-twice", seat=seat, riders=riders)
        if self.fleet is None:
            return
        free = self.fleet.seats - self.policy.trips.observation_seats
        for taken in self.riders:
            if not 1 <= taken.seat <= self.fleet.seats:
                self.broken("seat-number", worker=taken.worker_id, seat=taken.seat, seats=self.fleet.seats)
            elif taken.seat > free:
                self.broken("observation-seat", worker=taken.worker_id, seat=taken.seat)

    def clock(self) -> None:
        rules = self.policy.trips
        for before, row in zip((None, *self.rows), self.rows, strict=False):
            late = before is not None and row.arrive < before.depart
            ends = row.kind in (StopKind.DEPART, StopKind.RETURN)
            if late or row.depart < row.arrive or (ends and row.depart != row.arrive):
                self.broken("clock", row=row.seq, arrive=row.arrive, depart=row.depart)
        leaves = self.rows[0].depart
        if not _within(leaves, rules.leave_depot):
            opens, closes = rules.leave_depot
            self.broken("leave-depot", leaves=leaves, opens=opens, closes=closes)
        for row in self.drops:
            if not _within(row.arrive, rules.reception):
                opens, closes = rules.reception
                self.broken(
                    "reception",
                    row=row.seq,
                    place=row.place_id,
                    arrive=row.arrive,
                    opens=opens,
                    closes=closes,
                )
        for row in self.rows:
            stood = minutes_between(row.arrive, row.depart)
            if row.kind in PLACED and stood < rules.stop_minutes:
                self.broken("stop-minutes", row=row.seq, minutes=stood, least=rules.stop_minutes)
        if self.pickups and self.drops:
            ride = minutes_between(self.pickups[0].arrive, self.drops[-1].arrive)
            if ride > rules.max_ride_minutes:
                self.broken("ride", minutes=ride, most=rules.max_ride_minutes)

    def days(self) -> None:
        trip, policy = self.trip, self.policy
        leaves, back = days_of(trip)
        if (trip.first_day, trip.last_day) != (leaves, back):
            self.broken("trip-days", first=trip.first_day, last=trip.last_day, leaves=leaves, back=back)
        if not policy.first_day <= leaves <= policy.last_day:
            self.broken("horizon", leaves=leaves, first=policy.first_day, last=policy.last_day)
        fleet = self.fleet
        if fleet is None:
            return
        if (fleet.first_day and leaves < fleet.first_day) or (fleet.last_day and back > fleet.last_day):
            self.broken(
                "fleet-days",
                fleet=fleet.fleet_id,
                leaves=leaves,
                back=back,
                first=fleet.first_day,
                last=fleet.last_day,
            )

    def closures(self) -> None:
        """A rest written at a place, with no driving in between, is part of the stop there."""
        for i, row in enumerate(self.rows):
            if row.kind not in PLACED:
                continue
            start, end = i, i
            while start and self._one_stop(start - 1) and self.rows[start - 1].kind is StopKind.REST:
                start -= 1
            while (
                end + 1 < len(self.rows) and self._one_stop(end) and self.rows[end + 1].kind is StopKind.REST
            ):
                end += 1
            arrive, depart = self.rows[start].arrive, self.rows[end].depart
            for first, last in self.case.scenario.closed_days.get(row.place_id or "", ()):
                if first <= depart.date() and arrive.date() <= last:
                    self.broken(
                        "closure", place=row.place_id, first=first, last=last, arrive=arrive, depart=depart
                    )

    def _one_stop(self, i: int) -> bool:
        """Whether there is no driving between row i and the next."""
        return self.rows[i + 1].arrive <= self.rows[i].depart

    def legs(self) -> None:
        """Each road between two places: its km over the rows in between, and its least minutes."""
        if self.rows[0].km:
            self.broken("leg-km", row=self.rows[0].seq, km=self.rows[0].km, road=0)
        at, km, minutes, rows = self.rows[0].place_id, Decimal(0), 0, 0
        for before, row in pairwise(self.rows):
            km, minutes, rows = km + row.km, minutes + _wheel(before, row), rows + 1
            leg = self.case.distances.leg(at, row.place_id) if row.kind is not StopKind.REST else None
            if row.km < 0:
                self.broken("leg-km", row=row.seq, km=row.km, road="≥ 0")
            elif leg and not _shows(km, rows, leg):
                self.broken("leg-km", row=row.seq, km=km, road=_km(leg.km))
            if leg and minutes < leg.minutes:
                self.broken("leg-minutes", row=row.seq, minutes=minutes, least=leg.minutes)
            if row.kind is not StopKind.REST:
                at, km, minutes, rows = row.place_id, Decimal(0), 0, 0

    def cost(self) -> None:
        legs = [self.case.distances.leg(a.place_id, b.place_id) for a, b in pairwise(self.places)]
        known = [leg for leg in legs if leg]
        if len(known) == len(legs) and legs:
            km = sum((leg.km for leg in known), Decimal(0))
            slack = sum((leg.slack_km for leg in known), Decimal(0))
            if not _shows(self.trip.km, 1, Leg(km, 0, slack)):
                self.broken("trip-km", km=self.trip.km, road=_km(km))
            if self.fleet:
                self.trip_cost(self.fleet, km, slack)
        most = self.policy.trips.max_fen_per_worker
        if most is not None and self.riders and self.trip.cost_fen > most * len(self.riders):
            cost = to_yuan(self.trip.cost_fen)
            self.broken("dear-trip", cost=cost, riders=len(self.riders), most=to_yuan(most))

    def trip_cost(self, fleet: Fleet, km: Decimal, slack: Decimal) -> None:
        leaves, back = days_of(self.trip)
        days = (back - leaves).days + 1
        crew = (self.trip.drivers - 1) * days * self.policy.driving.extra_driver_fen_per_day
        km_fen = fleet.km_yuan * 100
        due = days * fleet.day_fen + km * km_fen + crew
        if not rounds_to(self.trip.cost_fen, due, slack * km_fen):
            self.broken("trip-cost", cost=to_yuan(self.trip.cost_fen), due=f"{due / 100:.4f}")

    def driving_time(self) -> None:
        """Breaks and duties.  Rows with no driving between them are one stop."""
        rules, drivers = self.policy.driving, self.trip.drivers
        if not 1 <= drivers <= rules.max_drivers:
            self.broken("drivers", drivers=drivers, most=rules.max_drivers)
        duty = drivers * rules.max_minutes_per_driver
        since_break = since_rest = 0
        standing_from = self.rows[0].depart
        for before, row in pairwise(self.rows):
            wheel = _wheel(before, row)
            if wheel:
                standing_from = row.arrive
            since_break, since_rest = since_break + wheel, since_rest + wheel
            # Told once, where the limit is passed.
            if since_break - wheel <= rules.break_after_minutes < since_break:
                self.broken("break", row=row.seq, minutes=since_break, most=rules.break_after_minutes)
            if since_rest - wheel <= duty < since_rest:
                self.broken("duty", row=row.seq, minutes=since_rest, drivers=drivers, most=duty)
            stood = minutes_between(standing_from, row.depart)
            if stood >= rules.break_minutes:
                since_break = 0
            if stood >= rules.rest_minutes:
                since_rest = 0

    def night_ban(self) -> None:
        ban = self.policy.driving.night_ban
        if ban is None:
            return
        for before, row in pairwise(self.rows):
            if touches(before.depart, row.arrive, ban):
                self.broken("night-ban", row=row.seq, start=before.depart, end=row.arrive)

    def riders_rest(self) -> None:
        """No stop of rest_minutes with somebody aboard; people board and alight at a row's arrival."""
        limit = self.policy.driving.rest_minutes
        aboard, waited = 0, 0
        waiting_from = self.rows[0].depart
        for before, row in pairwise(self.rows):
            if _wheel(before, row):
                waiting_from, waited = row.arrive, 0
            up, down = self.moves(row)
            if up and not aboard:
                waiting_from, waited = row.arrive, 0
            aboard += up - down
            already, waited = waited, minutes_between(waiting_from, row.depart)
            if aboard > 0 and already < limit <= waited:
                self.broken("riders-rest", row=row.seq, minutes=waited, limit=limit)


def touches(start: datetime, end: datetime, ban: tuple[time, time]) -> bool:
    """Whether driving from start to end enters a daily ban.  It may pass midnight; its ends may be driven."""
    minutes = minutes_between(start, end)
    if minutes <= 0:
        return False
    begins = start.hour * 60 + start.minute
    opens, closes = (clock.hour * 60 + clock.minute for clock in ban)
    length = (closes - opens) % DAY_MINUTES
    nearest = opens - DAY_MINUTES
    return any(
        begins < nearest + shift + length and nearest + shift < begins + minutes
        for shift in range(0, minutes + 2 * DAY_MINUTES, DAY_MINUTES)
    )


def _within(moment: datetime, window: tuple[time, time]) -> bool:
    return window[0] <= moment.time() <= window[1]


def _wheel(before: Stop, row: Stop) -> int:
    """Minutes of driving between two rows; times out of order are told elsewhere."""
    return max(0, minutes_between(before.depart, row.arrive))


def _shows(said: Decimal, rows: int, leg: Leg) -> bool:
    """Whether the km of one row are the road's in two decimals, or those of several rows add up to it."""
    if rows > 1:
        return abs(said - leg.km) <= Decimal("0.005") * rows + leg.slack_km
    hundredths = said * 100
    return hundredths == int(hundredths) and rounds_to(int(hundredths), leg.km * 100, leg.slack_km * 100)


def _km(km: Decimal) -> str:
    return f"{km:.3f}"
