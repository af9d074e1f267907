"""The next scenario after some trips of a published plan have left: they are facts, not to be planned again.

What they hold is taken, whom they carry needs no coach any more, and what they used of vacancies
and budgets is gone.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta

from workforce.entities import Busy
from workforce.plan import Plan
from workforce.scenario import Scenario


def after_trips(
    scenario: Scenario, plan: Plan, trip_ids: frozenset[str], counted_on: Mapping[str, date]
) -> Scenario:
    """The scenario without what these trips have done and hold.

    Args:
        scenario: may have lost some of the plan's places and people since.
        plan: a published plan; of its rows only those of these trips matter.
        counted_on: by enterprise the day on which it last said how many are present: who begins
            work later is not among them.  Enterprises that have said nothing since are left out.
    """
    riders = {s.worker_id: s for t in trip_ids for s in plan.riders.get(t, ())}
    placed = Counter(plan.placement_of[w] for w in riders if w in plan.placement_of)
    come: dict[str, int] = defaultdict(int)
    enterprise_pays: dict[str, int] = defaultdict(int)
    government_pays = 0
    for worker in riders:
        shares = plan.shares_of.get(worker, ())
        for share in shares:
            enterprise_pays[share.enterprise_id] += share.enterprise_fen
            government_pays += share.government_fen
        for enterprise in {share.enterprise_id for share in shares}:
            if _first_day_at_work(plan, worker) > counted_on.get(enterprise, date.min):
                come[enterprise] += 1
    policy = scenario.policy
    if policy.government_fen is not None:
        policy = replace(policy, government_fen=max(0, policy.government_fen - government_pays))
    return replace(
        scenario,
        policy=policy,
        workers={w: row for w, row in scenario.workers.items() if w not in riders},
        intentions={w: v for w, v in scenario.intentions.items() if w not in riders},
        vacancies={
            v: replace(row, headcount=max(0, row.headcount - placed[v]))
            for v, row in scenario.vacancies.items()
        },
        enterprises={
            e: replace(
                row,
                present=min(row.workforce, row.present + come[e]) if come[e] else row.present,
                budget_fen=None if row.budget_fen is None else max(0, row.budget_fen - enterprise_pays[e]),
            )
            for e, row in scenario.enterprises.items()
        },
        busy=tuple(dict.fromkeys((*scenario.busy, *_held(scenario, plan, trip_ids)))),
    )


def _first_day_at_work(plan: Plan, worker: str) -> date:
    stay = plan.stay_of.get(worker)
    if stay is not None:
        return stay.check_out
    seat = plan.seat_of[worker]
    stops = plan.trip_by_id[seat.trip_id].stops
    return next(s.arrive.date() for s in reversed(stops) if s.place_id == seat.drop_id)


def _held(scenario: Scenario, plan: Plan, trip_ids: frozenset[str]) -> Iterator[Busy]:
    """Vehicles and rooms that the horizon still meets, as far as the scenario knows them."""
    start = scenario.policy.first_day
    turnover = timedelta(days=scenario.policy.turnover_days)
    for trip_id in sorted(trip_ids):
        trip = plan.trip_by_id[trip_id]
        fleet = scenario.fleets.get(trip.fleet_id)
        if fleet and trip.vehicle_no <= fleet.vehicles and trip.last_day >= start:
            yield Busy(trip.fleet_id, str(trip.vehicle_no), trip.first_day, trip.last_day)
        for seat in plan.riders.get(trip_id, ()):
            stay = plan.stay_of.get(seat.worker_id)
            hotel = scenario.hotels.get(stay.hotel_id) if stay else None
            if stay is None or hotel is None or stay.check_out + turnover <= start:
                continue
            rooms = hotel.single_rooms if stay.room.startswith("S") else hotel.twin_rooms
            if int(stay.room[1:]) <= rooms:
                # Busy names nights: the last is the one before the check-out.
                last = stay.check_out - timedelta(days=1)
                yield Busy(stay.hotel_id, stay.room, stay.check_in, last)
