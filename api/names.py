"""What people and places are called: their names where a scenario is at hand, else their ids."""

from __future__ import annotations

from workforce.plan import Plan
from workforce.scenario import Scenario


class Names:
    """Names with ids behind them; an id that the scenario does not know stands alone."""

    def __init__(self, scenario: Scenario | None) -> None:
        self._places: dict[str, str] = {}
        self._workers: dict[str, str] = {}
        if scenario:
            self._places |= {e.enterprise_id: e.name for e in scenario.enterprises.values()}
            self._places |= {p.pickup_id: p.name for p in scenario.pickups.values()}
            self._places |= {f.fleet_id: f.operator for f in scenario.fleets.values()}
            self._places |= {h.hotel_id: h.name for h in scenario.hotels.values()}
            self._workers |= {w.worker_id: w.name for w in scenario.workers.values()}

    def place(self, place_id: str) -> str:
        name = self._places.get(place_id)
        return f"{name} ({place_id})" if name else place_id

    def worker(self, worker_id: str) -> str:
        name = self._workers.get(worker_id)
        return f"{name} ({worker_id})" if name else worker_id


def enterprise_of(plan: Plan, scenario: Scenario, worker_id: str) -> str | None:
    """The enterprise that a worker returns to or is placed with; None for a seeker without a place."""
    vacancy = scenario.vacancies.get(plan.placement_of.get(worker_id, ""))
    worker = scenario.workers.get(worker_id)
    return vacancy.enterprise_id if vacancy else worker.enterprise_id if worker else None
