"""Planning again no worse than before: the old plan's trips that are still legal, and others around them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from optimizer.options import Keep, Options
from workforce.check import check
from workforce.plan import Plan
from workforce.scenario import Scenario

TRIES = 4  # at finding the trips that are legal together


def around_old_trips(
    scenario: Scenario, options: Options, keep: Keep, plan: Callable[[Scenario, Options], Plan]
) -> Plan | None:
    """A plan of the old trips that are still legal and of what fits in beside them; None: none was found.

    Args:
        keep: an older plan and the trips of it that must stand, legal or not.
        plan: plans a scenario.
    """
    old = keep.plan
    trips = frozenset(trip.trip_id for trip in old.trips)
    quick = replace(options, stopped=lambda: True, report=lambda progress: None, save=None)
    for _ in range(TRIES):
        found = plan(scenario, replace(quick, keep=Keep(old, trips)))
        kept = tuple(sorted(keep.trip_ids)) if options.keep else None
        found = replace(found, summary=replace(found.summary, kept=kept))
        verdict = check(scenario, found, old, keep.trip_ids)
        broken = {violation.subject for violation in verdict.violations if not violation.kept}
        if not broken:
            return found
        riders = {seat.trip_id for seat in old.seats if seat.worker_id in broken}
        fewer = trips - ((riders | broken) - keep.trip_ids)
        if fewer == trips:
            return None
        trips = fewer
    return None


def better(plan: Plan, other: Plan) -> Plan:
    """The better of two plans of a scenario, with the bounds of the first."""
    one, two = plan.summary, other.summary
    if (one.weight, -one.cost.total) >= (two.weight, -two.cost.total):
        return plan
    bounded = replace(
        two,
        weight_bound=max(one.weight_bound, two.weight),
        cost_bound_fen=min(one.cost_bound_fen, two.cost.total),
        seconds=one.seconds,
    )
    return replace(other, summary=bounded)
