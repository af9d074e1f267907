"""The objective recomputed, and what the summary says of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import fields
from decimal import Decimal

from workforce.check_case import Case, rounds_to
from workforce.check_money import Dues
from workforce.entities import Enterprise
from workforce.money import half_up, to_yuan
from workforce.plan import Cost, Item, Status
from workforce.verdict import Verdict

ACCESS_SLACK_FEN = Decimal("0.001")  # of a sum of geodesics


def check_summary(case: Case, dues: Dues) -> Verdict:
    """Compute what the plan is worth, compare what its summary says, and conclude."""
    scenario, said = case.scenario, case.plan.summary
    served = [worker_id for worker_id in case.plan.seat_of if worker_id in scenario.workers]
    back = Counter(enterprise.enterprise_id for enterprise in case.enterprise_of.values())
    restarted = [e for e in scenario.enterprises.values() if _restarts(e, back[e.enterprise_id])]
    bonus = Decimal(str(scenario.policy.restart_bonus))
    weight = sum((n * _weight(case, enterprise_id) for enterprise_id, n in back.items()), Decimal(0))
    weight += sum((bonus * _weight(case, e.enterprise_id) for e in restarted), Decimal(0))
    cost = _cost(case, dues)

    if said.scenario != scenario.policy.name:
        case.broken("summary-scenario", "plan.json", said=said.scenario, due=scenario.policy.name)
    counts = {"workers": len(scenario.workers), "served": len(served), "restarted": len(restarted)}
    for name, due in counts.items():
        if getattr(said, name) != due:
            case.broken("summary-count", "plan.json", name=name, said=getattr(said, name), due=due)
    if said.weight != weight:
        case.broken("summary-weight", "plan.json", said=said.weight, due=weight)
    for part in fields(Cost):
        fen, due = getattr(said.cost, part.name), getattr(cost, part.name)
        if fen != due:
            case.broken("summary-cost", "plan.json", name=part.name, said=to_yuan(fen), due=to_yuan(due))
    _check_bounds(case, weight, cost)
    return Verdict(tuple(case.violations), cost, weight, len(served), len(restarted))


def _check_bounds(case: Case, weight: Decimal, cost: Cost) -> None:
    """A bound better than the plan is wrong, and a gap below 0 with it; an optimal plan meets both."""
    said = case.plan.summary
    bound, total = to_yuan(said.cost_bound_fen), to_yuan(cost.total)
    if said.weight_bound < weight:
        case.broken("weight-bound", "plan.json", bound=said.weight_bound, weight=weight)
    if said.cost_bound_fen > cost.total:
        case.broken("cost-bound", "plan.json", bound=bound, cost=total)
    met = (said.weight_bound, said.cost_bound_fen) == (weight, cost.total)
    if said.status is Status.OPTIMAL and not met:
        case.broken(
            "optimal",
            "plan.json",
            weight=weight,
            weight_bound=said.weight_bound,
            cost=total,
            bound=bound,
        )


def _restarts(enterprise: Enterprise, back: int) -> bool:
    need = enterprise.restart_share * enterprise.workforce
    return enterprise.present < need <= enterprise.present + back


def _weight(case: Case, enterprise_id: str) -> Decimal:
    priority = case.scenario.effective_priority[enterprise_id]
    return Decimal(str(case.scenario.policy.priority_weights[priority - 1]))


def _cost(case: Case, dues: Dues) -> Cost:
    """The cost of the objective: trips as charged, transfers as shared out, the rest by rule.

    Rooms of kept trips cost what was agreed then, whatever their hotel asks now.

    A sum of geodesics may lie so near half a fen that either fen is right; then the summary's stands.
    """
    rooms = 0
    for (item, worker_id), part in dues.totals.items():
        if item is Item.ROOM and worker_id not in case.kept_riders:
            rooms += int(part) - dues.parts(item, worker_id, int(part)).hotel
    for share in case.plan.shares:
        if share.item is Item.ROOM and share.worker_id in case.kept_riders:
            rooms += share.total_fen - share.hotel_fen
    access, said = _access_fen(case), case.plan.summary.cost.access
    return Cost(
        trips=sum(trip.cost_fen for trip in case.plan.trips),
        rooms=rooms,
        transfers=sum(share.total_fen for share in case.plan.shares if share.item is Item.TRANSFER),
        access=said if rounds_to(said, access, ACCESS_SLACK_FEN) else half_up(access),
        waiting=_waiting_fen(case),
    )


def _access_fen(case: Case) -> Decimal:
    """From home to pickup, summed over the served and rounded once."""
    km = Decimal(0)
    for worker_id, seat in case.plan.seat_of.items():
        worker = case.scenario.workers.get(worker_id)
        pickup = case.scenario.pickups.get(seat.pickup_id)
        if worker and pickup:
            way = case.distances.km((worker.lat, worker.lon), (pickup.lat, pickup.lon))
            km += Decimal(str(way))
    return km * case.scenario.policy.trips.access_yuan_per_km * 100


def _waiting_fen(case: Case) -> int:
    policy = case.scenario.policy
    fen = 0
    for worker_id, enterprise in case.enterprise_of.items():
        arrival = case.arrival(worker_id)
        if arrival:
            ready = max(policy.first_day, case.scenario.workers[worker_id].available_from)
            priority = case.scenario.effective_priority[enterprise.enterprise_id]
            fen += policy.wait_fen_per_day[priority - 1] * (arrival - ready).days
    return fen
