"""How much there is: coaches, rooms, money and work, measured by what the plain plan takes."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from random import Random

from data.invention.plain_plan import Ride
from data.invention.spec import GeneratorSpec
from data.invention.witness import entitled_fen, spent_fen
from workforce.entities import Busy, Closure, Fleet, Hotel
from workforce.scenario import Scenario

_ROUND_FEN = 100_00  # budgets are whole hundreds of yuan


def with_workforce(draft: Scenario, chance: Random, rides: Sequence[Ride]) -> Scenario:
    """How many each enterprise needs, has, and restarts with; four of five wait for riders of the rides."""
    returning = Counter(w.enterprise_id for w in draft.workers.values())
    posts: Counter[str] = Counter()
    for vacancy in draft.vacancies.values():
        posts[vacancy.enterprise_id] += vacancy.headcount
    coming = Counter(g.enterprise_id for ride in rides for g in ride.groups for _ in g.workers)
    enterprises = {}
    for enterprise_id, enterprise in draft.enterprises.items():
        absent = returning[enterprise_id] + posts[enterprise_id]
        present = round(absent * chance.uniform(0.6, 2.0)) + chance.randint(0, 3)
        workforce = max(1, absent + present)
        awaited = math.ceil(coming[enterprise_id] * chance.uniform(0.3, 0.9))
        if chance.random() < 0.2:
            awaited = -(present // 5)
        share = (Decimal(present + awaited) / workforce).quantize(Decimal("0.01"), ROUND_HALF_UP)
        enterprises[enterprise_id] = replace(
            enterprise, workforce=workforce, present=present, restart_share=min(share, Decimal(1))
        )
    return replace(draft, enterprises=enterprises)


def with_supply(spec: GeneratorSpec, draft: Scenario, chance: Random, rides: Sequence[Ride]) -> Scenario:
    """Vehicles and rooms as the spec multiplies the need, some busy units, and some spans of service."""
    vehicles: Counter[str] = Counter()
    rooms: Counter[tuple[str, str]] = Counter()
    for ride in rides:
        vehicles[ride.trip.fleet_id] = max(vehicles[ride.trip.fleet_id], ride.trip.vehicle_no)
        for stay in ride.stays:
            key = stay.hotel_id, stay.room[0]
            rooms[key] = max(rooms[key], int(stay.room[1:]))
    if spec.coaches < 1:  # most fleets need one or two: some of all vehicles stay, not a part of each fleet
        left = chance.sample(sorted(vehicles.elements()), math.ceil(spec.coaches * vehicles.total()))
        counts = Counter(left)
    else:
        counts = Counter(
            {
                f: max(math.ceil(spec.coaches * vehicles[f]), fleet.vehicles)
                for f, fleet in draft.fleets.items()
            }
        )
    fleets = {}
    for fleet_id, fleet in draft.fleets.items():
        if count := fleet.vehicles if fleet.reserved_for else counts[fleet_id]:
            fleets[fleet_id] = replace(fleet, vehicles=count)
    hotels = {}
    for hotel_id, hotel in draft.hotels.items():
        if not hotel.reserved_for:
            singles, twins = (math.ceil(spec.rooms * rooms[hotel_id, kind]) for kind in "ST")
            hotel = replace(hotel, single_rooms=singles, twin_rooms=twins)
        hotels[hotel_id] = hotel
    busy = []
    for place in chance.sample([*fleets, *hotels], min(spec.busy, len(fleets) + len(hotels))):
        last = spec.policy.first_day + timedelta(days=chance.randint(1, 4))
        if place in fleets:
            fleets[place] = replace(fleets[place], vehicles=fleets[place].vehicles + 1)
            unit = str(fleets[place].vehicles)
        else:
            hotels[place] = replace(hotels[place], single_rooms=hotels[place].single_rooms + 1)
            unit = f"S{hotels[place].single_rooms}"
        busy.append(Busy(place, unit, spec.policy.first_day, last))
    return replace(
        draft,
        fleets={f: _with_days(chance, fleet, rides) for f, fleet in fleets.items()},
        hotels={h: _with_nights(chance, hotel, rides) for h, hotel in hotels.items()},
        busy=tuple(busy),
    )


def with_closures(spec: GeneratorSpec, draft: Scenario, chance: Random) -> Scenario:
    """Some pickups closed for two to four days, and with them one enterprise and one hotel of many."""
    closures = []
    for places in (draft.pickups, draft.enterprises, draft.hotels):
        for place in sorted(chance.sample(list(places), round(spec.closed * len(places)))):
            length = (spec.policy.last_day - spec.policy.first_day).days
            first = spec.policy.first_day + timedelta(days=chance.randint(0, max(0, length - 3)))
            closures.append(Closure(place, first, first + timedelta(days=chance.randint(1, 3))))
    return replace(draft, closures=tuple(closures))


def with_budgets(spec: GeneratorSpec, draft: Scenario, chance: Random, rides: Sequence[Ride]) -> Scenario:
    """Limits for the government and for some of the enterprises that the plain plan brings workers to."""
    policy, enterprises = draft.policy, dict(draft.enterprises)
    if spec.government is not None:
        policy = replace(policy, government_fen=_rounded(spec.government, entitled_fen(draft, rides)))
    if spec.budgets is not None:
        spent = spent_fen(draft, rides)
        for enterprise in chance.sample(sorted(spent), round(spec.budgeted * len(spent))):
            budget = _rounded(spec.budgets, spent[enterprise])
            enterprises[enterprise] = replace(enterprises[enterprise], budget_fen=budget)
    return replace(draft, policy=policy, enterprises=enterprises)


def _rounded(factor: float, fen: int) -> int:
    steps = factor * fen / _ROUND_FEN
    return (math.ceil(steps) if factor >= 1 else math.floor(steps)) * _ROUND_FEN


def _with_days(chance: Random, fleet: Fleet, rides: Sequence[Ride]) -> Fleet:
    """One fleet of six serves only for a span of days, in which its rides lie."""
    trips = [ride.trip for ride in rides if ride.trip.fleet_id == fleet.fleet_id]
    if not trips or chance.random() > 1 / 6:
        return fleet
    last = max(t.last_day for t in trips) + timedelta(days=2)
    return replace(fleet, first_day=min(t.first_day for t in trips), last_day=last)


def _with_nights(chance: Random, hotel: Hotel, rides: Sequence[Ride]) -> Hotel:
    """One hotel of six opens only for a span of nights, in which its stays lie."""
    stays = [stay for ride in rides for stay in ride.stays if stay.hotel_id == hotel.hotel_id]
    if not stays or chance.random() > 1 / 6:
        return hotel
    last = max(s.check_out for s in stays) + timedelta(days=2)
    return replace(hotel, first_night=min(s.check_in for s in stays), last_night=last)
