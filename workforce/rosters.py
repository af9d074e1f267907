"""What published plans say of each trip and each worker, looked up by id."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from workforce.closed_loop import Expected, PlannedTrip
from workforce.loop_rules import LoopRules
from workforce.views import Published, employer


class Roster:
    """Published plans from first to last; of a worker the last word counts."""

    def __init__(self, published: Iterable[Published]) -> None:
        self.plans = {one.plan_id: one for one in published}
        self._trips: dict[tuple[str, str], PlannedTrip] = {}
        self._workers: dict[str, Expected] = {}
        self.rules = LoopRules()
        for one in self.plans.values():
            self.rules = rules_of(one)
            self._take(one)

    def teller(self, plan_id: str, trip_id: str) -> tuple[str, str]:
        """The plan that tells a trip, with the trip: a kept one is told by the plan that had it first."""
        one = self.plans.get(plan_id)
        return plan_id if one is None else one.told_before.get(trip_id, plan_id), trip_id

    def trip(self, plan_id: str | None, trip_id: str | None) -> PlannedTrip | None:
        return self._trips.get(self.teller(plan_id or "", trip_id or ""))

    def expected(self, worker_id: str | None) -> Expected | None:
        return self._workers.get(worker_id or "")

    def drop_of(self, worker_id: str | None) -> str | None:
        """Where somebody is to get off; None: they are not expected."""
        expected = self.expected(worker_id)
        return None if expected is None else expected.drop_id

    @property
    def trips(self) -> Iterable[PlannedTrip]:
        return self._trips.values()

    @property
    def workers(self) -> Iterable[tuple[str, Expected]]:
        return self._workers.items()

    def _take(self, one: Published) -> None:
        plan = one.plan
        for trip in plan.trips:
            seat_of = {seat.worker_id: seat.seat for seat in plan.riders.get(trip.trip_id, ())}
            nights = frozenset(seat_of) & plan.stay_of.keys()
            key = one.plan_id, trip.trip_id
            self._trips[key] = PlannedTrip(one.plan_id, trip, seat_of, self.rules, nights)
        for seat in plan.seats:
            self._workers[seat.worker_id] = Expected(
                plan_id=one.plan_id,
                trip_id=seat.trip_id,
                seat=seat.seat,
                pickup_id=seat.pickup_id,
                drop_id=seat.drop_id,
                enterprise_id=employer(plan, seat.worker_id),
                stay=plan.stay_of.get(seat.worker_id),
            )


def party_of(roster: Roster, worker_id: str | None) -> str | None:
    """The party that a worker travels with, by the plan that expects them."""
    expected = roster.expected(worker_id)
    known = roster.plans[expected.plan_id].scenario.workers if expected is not None else {}
    worker = known.get(worker_id or "")
    return worker.party_id if worker is not None else None


def rules_of(published: Published) -> LoopRules:
    policy = published.scenario.policy
    return replace(
        policy.loop, stop_minutes=policy.trips.stop_minutes, seats_per_row=policy.trips.seats_per_row
    )
