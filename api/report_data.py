"""What the report shows, counted from a plan and its scenario, as plain values for JSON.

Places and people are given once and named by their index elsewhere, so that a plan of
some ten thousand workers stays a page that a browser opens.  Money is whole fen, days are
``YYYY-MM-DD``.  Identity numbers never enter; telephone numbers enter masked.

Trips kept from an older plan may name workers and places that the scenario has lost since;
those are shown by their ids.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from typing import Any, TypeAlias

from api.language import halves
from api.names import enterprise_of
from workforce.entities import Busy, Enterprise, Fleet, Hotel
from workforce.identity import masked
from workforce.plan import Item, Plan, Reason, Share, Trip
from workforce.scenario import Scenario

Json: TypeAlias = dict[str, object]

PAYERS = ("enterprise", "government", "worker", "hotel")


def report_data(plan: Plan, scenario: Scenario) -> dict[str, Any]:
    """Everything that the page draws; the shapes are those that ``templates/report.js`` reads."""
    places = _places(plan, scenario)
    place_no = {str(place["id"]): i for i, place in enumerate(places)}
    person_no = {seat.worker_id: i for i, seat in enumerate(plan.seats)}
    return {
        "places": places,
        "people": [_person(plan, scenario, worker_id, place_no) for worker_id in person_no],
        "trips": [_trip(plan, scenario, trip, place_no, person_no) for trip in plan.trips],
        "days": _days(plan),
        "fleets": list(_fleets(plan, scenario, place_no)),
        "nights": [night.isoformat() for night in _nights(plan)],
        "hotels": list(_hotels(plan, scenario)),
        "payers": PAYERS,
        "payments": {item.value: _payments(s for s in plan.shares if s.item is item) for item in Item},
        "enterprises": list(_enterprises(plan, scenario)),
        "priorities": list(_priorities(plan, scenario)),
        **_behind(plan, scenario),
    }


def days_between(first: date, last: date) -> Iterator[date]:
    """Each day from the first to the last, both counted."""
    for i in range((last - first).days + 1):
        yield first + timedelta(days=i)


def _places(plan: Plan, scenario: Scenario) -> list[Json]:
    named: list[tuple[str, Mapping[str, str]]] = [
        ("enterprise", {e.enterprise_id: e.name for e in scenario.enterprises.values()}),
        ("pickup", {p.pickup_id: p.name for p in scenario.pickups.values()}),
        ("fleet", {f.fleet_id: f.operator for f in scenario.fleets.values()}),
        ("hotel", {h.hotel_id: h.name for h in scenario.hotels.values()}),
    ]
    found: list[Json] = []
    for kind, names in named:
        for key, name in names.items():
            lat, lon = scenario.coordinates[key]
            found.append({"id": key, "kind": kind, "name": name, "lat": lat, "lon": lon})
    stopped_at = {stop.place_id for trip in plan.trips for stop in trip.stops if stop.place_id}
    stopped_at |= {stay.hotel_id for stay in plan.stays} | {trip.fleet_id for trip in plan.trips}
    for key in sorted(stopped_at - scenario.coordinates.keys()):
        found.append({"id": key, "kind": "lost", "name": key, "lat": None, "lon": None})
    return found


def _person(plan: Plan, scenario: Scenario, worker_id: str, place_no: Mapping[str, int]) -> Json:
    worker = scenario.workers.get(worker_id)
    return {
        "id": worker_id,
        "name": worker.name if worker else "",
        "sex": (worker and worker.sex) or "",
        "phone": masked((worker and worker.phone) or ""),
        "party": (worker and worker.party_id) or "",
        "enterprise": place_no.get(enterprise_of(plan, scenario, worker_id) or ""),
        "stay": _stay(plan, worker_id, place_no),
    }


def _stay(plan: Plan, worker_id: str, place_no: Mapping[str, int]) -> list[object] | None:
    stay = plan.stay_of.get(worker_id)
    if stay is None:
        return None
    return [place_no[stay.hotel_id], stay.room, stay.check_in.isoformat(), stay.check_out.isoformat()]


def _trip(
    plan: Plan, scenario: Scenario, trip: Trip, place_no: Mapping[str, int], person_no: Mapping[str, int]
) -> Json:
    fleet = scenario.fleets.get(trip.fleet_id)
    seats = plan.riders.get(trip.trip_id, ())
    drops = tuple(sorted({seat.drop_id for seat in seats}))
    return {
        "id": trip.trip_id,
        "fleet": place_no[trip.fleet_id],
        "vehicle": trip.vehicle_no,
        "risk": trip.risk.value,
        "drivers": trip.drivers,
        "first": trip.first_day.isoformat(),
        "last": trip.last_day.isoformat(),
        "km": float(trip.km),
        "cost": trip.cost_fen,
        "seats": fleet.seats if fleet else len(seats),
        "limit": scenario.load_limit(fleet, trip.risk, drops) if fleet else len(seats),
        "kept": trip.trip_id in (plan.summary.kept or ()),
        "stops": [
            [
                stop.kind.value,
                None if stop.place_id is None else place_no[stop.place_id],
                stop.arrive.isoformat(timespec="minutes"),
                stop.depart.isoformat(timespec="minutes"),
                float(stop.km),
                stop.boarding,
                stop.alighting,
            ]
            for stop in trip.stops
        ],
        "riders": [
            [seat.seat, person_no[seat.worker_id], place_no[seat.pickup_id], place_no[seat.drop_id]]
            for seat in seats
        ],
    }


def _days(plan: Plan) -> list[str]:
    """Every day on which some coach is out."""
    if not plan.trips:
        return []
    first, last = min(t.first_day for t in plan.trips), max(t.last_day for t in plan.trips)
    return [day.isoformat() for day in days_between(first, last)]


def _taken(busy: Iterable[Busy]) -> Mapping[str, Mapping[date, int]]:
    """How many units of a place are taken on a day by what lies outside the plan."""
    units: dict[str, dict[date, set[str]]] = defaultdict(lambda: defaultdict(set))
    for row in busy:
        for day in days_between(row.first_day, row.last_day):
            units[row.place_id][day].add(row.unit)
    return {place: {day: len(found) for day, found in days.items()} for place, days in units.items()}


def _open(day: date, first: date | None, last: date | None) -> bool:
    return (first is None or first <= day) and (last is None or day <= last)


def _fleets(plan: Plan, scenario: Scenario, place_no: Mapping[str, int]) -> Iterator[Json]:
    """The fleets that the plan uses: by day coaches out and coaches there are, then the trips by vehicle."""
    taken = _taken(scenario.busy)
    trips: dict[str, dict[int, list[int]]] = defaultdict(lambda: defaultdict(list))
    out: dict[str, Counter[date]] = defaultdict(Counter)
    for i, trip in enumerate(plan.trips):
        trips[trip.fleet_id][trip.vehicle_no].append(i)
        out[trip.fleet_id].update(days_between(trip.first_day, trip.last_day))
    days = [date.fromisoformat(day) for day in _days(plan)]

    for fleet_id in sorted(trips, key=lambda key: place_no[key]):
        fleet = scenario.fleets.get(fleet_id)
        yield {
            "place": place_no[fleet_id],
            "seats": fleet.seats if fleet else 0,
            "out": [out[fleet_id][day] for day in days],
            "there": [_coaches(fleet, day, taken.get(fleet_id, {})) if fleet else 0 for day in days],
            "trips": sorted(trips[fleet_id].items()),
        }


def _coaches(fleet: Fleet, day: date, taken: Mapping[date, int]) -> int:
    return fleet.vehicles - taken.get(day, 0) if _open(day, fleet.first_day, fleet.last_day) else 0


def _nights(plan: Plan) -> list[date]:
    if not plan.stays:
        return []
    first, last = min(s.check_in for s in plan.stays), max(s.check_out for s in plan.stays)
    return list(days_between(first, last - timedelta(days=1)))


def _hotels(plan: Plan, scenario: Scenario) -> Iterator[Json]:
    """By hotel and night: guests, single and twin rooms in use, rooms there are."""
    guests: dict[str, Counter[date]] = defaultdict(Counter)
    rooms: dict[str, dict[date, set[str]]] = defaultdict(lambda: defaultdict(set))
    for stay in plan.stays:
        for night in days_between(stay.check_in, stay.check_out - timedelta(days=1)):
            guests[stay.hotel_id][night] += 1
            rooms[stay.hotel_id][night].add(stay.room)
    taken, nights = _taken(scenario.busy), _nights(plan)

    for hotel in scenario.hotels.values():
        used = [rooms[hotel.hotel_id][night] for night in nights]
        yield {
            "id": hotel.hotel_id,
            "name": hotel.name,
            "guests": [guests[hotel.hotel_id][night] for night in nights],
            "singles": [sum(room.startswith("S") for room in found) for found in used],
            "twins": [sum(room.startswith("T") for room in found) for found in used],
            "there": [_rooms(hotel, night, taken.get(hotel.hotel_id, {})) for night in nights],
        }


def _rooms(hotel: Hotel, night: date, taken: Mapping[date, int]) -> int:
    if not _open(night, hotel.first_night, hotel.last_night):
        return 0
    return hotel.single_rooms + hotel.twin_rooms - taken.get(night, 0)


def _payments(shares: Iterable[Share]) -> list[int]:
    """What each of PAYERS pays of some shares."""
    paid = [0] * len(PAYERS)
    for s in shares:
        for i, part in enumerate((s.enterprise_fen, s.government_fen, s.worker_fen, s.hotel_fen)):
            paid[i] += part
    return paid


def _enterprises(plan: Plan, scenario: Scenario) -> Iterator[Json]:
    back = _back(plan, scenario)
    waiting = Counter(worker.enterprise_id for worker in scenario.workers.values() if worker.enterprise_id)
    shares: dict[str, list[Share]] = defaultdict(list)
    for share in plan.shares:
        shares[share.enterprise_id].append(share)
    for e in scenario.enterprises.values():
        yield {
            "id": e.enterprise_id,
            "name": e.name,
            "sector": e.sector or "",
            "own_priority": e.priority,
            "priority": scenario.effective_priority[e.enterprise_id],
            "workforce": e.workforce,
            "present": e.present,
            "waiting": waiting[e.enterprise_id],
            "back": back[e.enterprise_id],
            "restart_share": float(e.restart_share),
            "restart": _restart(e, back[e.enterprise_id]),
            "paid": _payments(shares[e.enterprise_id]),
            "budget": e.budget_fen,
        }


def _back(plan: Plan, scenario: Scenario) -> Counter[str | None]:
    return Counter(enterprise_of(plan, scenario, seat.worker_id) for seat in plan.seats)


def _restart(enterprise: Enterprise, back: int) -> str:
    if enterprise.restarts_with is None:
        return "running"
    return "restarted" if back >= enterprise.restarts_with else "stopped"


def _priorities(plan: Plan, scenario: Scenario) -> Iterator[Json]:
    """By effective priority: workers served and staying behind, enterprises restarted and still stopped."""
    served: Counter[int] = Counter()
    behind: Counter[int] = Counter()
    for worker_id in scenario.workers:
        enterprise = enterprise_of(plan, scenario, worker_id)
        if enterprise is not None:
            count = served if worker_id in plan.seat_of else behind
            count[scenario.effective_priority[enterprise]] += 1
    back = _back(plan, scenario)
    states = Counter(
        (scenario.effective_priority[e.enterprise_id], _restart(e, back[e.enterprise_id]))
        for e in scenario.enterprises.values()
    )
    for priority in sorted(set(scenario.effective_priority.values())):
        yield {
            "priority": priority,
            "served": served[priority],
            "behind": behind[priority],
            **{state: states[priority, state] for state in ("restarted", "stopped", "running")},
        }


def _behind(plan: Plan, scenario: Scenario) -> Json:
    """Who stays behind and why; a detail that many share is written once."""
    details = {detail: i for i, detail in enumerate(dict.fromkeys(row.detail for row in plan.unserved))}
    counts = Counter(row.reason for row in plan.unserved)
    return {
        "reasons": [[reason.value, counts[reason]] for reason in Reason if counts[reason]],
        "details": [halves(detail) for detail in details],
        "behind": [
            [
                row.worker_id,
                scenario.workers[row.worker_id].name,
                scenario.workers[row.worker_id].enterprise_id or "",
                row.reason.value,
                details[row.detail],
            ]
            for row in plan.unserved
        ],
    }
