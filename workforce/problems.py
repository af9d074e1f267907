"""The problem list 问题清单: of what category a problem is, at what level, and until when it is settled."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from workforce.closed_loop import Flag
from workforce.plan import Plan, Reason
from workforce.scenario import Scenario


class Category(StrEnum):
    """Whose business a problem is."""

    WORKERS = "workers"
    HEALTH = "health"
    SUPPLIES = "supplies"
    MATERIALS = "materials"
    TRANSPORT = "transport"
    MONEY = "money"
    OTHER = "other"


class Level(StrEnum):
    """Who answers for a problem; what is overdue rises."""

    COUNTY = "county"
    PREFECTURE = "prefecture"


ROWS_REFUSED = "rows_refused"  # of a submission
UNSERVED = "unserved"  # by a published plan
_NAMED_WORKERS = 20  # of more than so many an item tells how many they are, not who

# Hours within which what cannot wait must be settled; for all else the policy's ``problems.due_hours``.
_HOURS: Mapping[str, int] = {
    Flag.FEVER: 2,
    Flag.NO_OBSERVATION_SEAT: 2,
    Flag.LEFT_HOTEL: 2,
    Flag.LEFT_ON_WAY: 2,
    Flag.BROKE_DOWN: 2,
    Flag.ENTRY_REFUSED: 2,
    Flag.ROAD_CLOSED: 4,
    Flag.ROOM_TAKEN: 4,
    Flag.STOCK_SHORT: 4,
    Flag.CONFIRMED_FEWER: 4,
    Flag.OTHER_COACH_UNKNOWN: 4,
}

_CATEGORY: Mapping[Flag, Category] = {
    **dict.fromkeys(
        (
            Flag.DEPARTED_UNNAMED,
            Flag.DEPARTED_UNCONFIRMED,
            Flag.DEPARTED_ROSTER_OPEN,
            Flag.CANCELLED_MOVED,
            Flag.TRIP_CANCELLED,
            Flag.DESTINATION_DECLINED,
            Flag.UNKNOWN_STOP,
            Flag.UNKNOWN_TRIP,
            Flag.LATE,
            Flag.BROKE_DOWN,
            Flag.ROAD_CLOSED,
            Flag.ENTRY_REFUSED,
            Flag.HEADS_DIFFER,
            Flag.SIGNED_INCOMPLETE,
            Flag.SEAT_TAKEN,
            Flag.SEAT_TO_LEAVE,
            Flag.DEPARTURE_UNREPORTED,
            Flag.ARRIVAL_UNREPORTED,
            Flag.HANDOVER_UNSIGNED,
            Flag.CONFIRMED_FEWER,
        ),
        Category.TRANSPORT,
    ),
    Flag.DEPARTED_WITHOUT_KITS: Category.SUPPLIES,
    Flag.STOCK_SHORT: Category.SUPPLIES,
    Flag.FEVER: Category.HEALTH,
    Flag.NO_OBSERVATION_SEAT: Category.HEALTH,
    Flag.OBSERVED: Category.HEALTH,
    Flag.READINGS_MISSING: Category.HEALTH,
    Flag.READINGS_OVERDUE: Category.HEALTH,
    Flag.RELEASE_OVERDUE: Category.HEALTH,
    Flag.SUBSTITUTE_COST: Category.MONEY,
    Flag.RELEASED_EARLY: Category.HEALTH,
    Flag.NOT_RELEASED: Category.HEALTH,
    Flag.LEFT_HOTEL: Category.HEALTH,
    Flag.ROOM_NEEDED: Category.HEALTH,
    Flag.CREW_EXPOSED: Category.HEALTH,
    Flag.CLOCK_WRONG: Category.OTHER,
}


def category_of(flag: Flag) -> Category:
    return _CATEGORY.get(flag, Category.WORKERS)


def hours_for(code: str, usual: int) -> int:
    """Within how many hours a problem must be settled."""
    return min(usual, _HOURS.get(code, usual))


def unserved_groups(plan: Plan, scenario: Scenario) -> dict[tuple[str | None, Reason], dict[str, Any]]:
    """Whom a plan does not serve, by enterprise and reason: what an item says of them.

    One item each: what helps (more beds, other dates, a larger budget) is decided for all of them together.
    """
    groups: dict[tuple[str | None, Reason], list[str]] = {}
    for one in plan.unserved:
        worker = scenario.workers.get(one.worker_id)
        firm = worker.enterprise_id if worker is not None else None
        groups.setdefault((firm, one.reason), []).append(one.worker_id)
    return {
        (firm, reason): {
            "reason": str(reason),
            "workers": len(ids),
            **({"worker_ids": sorted(ids)} if len(ids) <= _NAMED_WORKERS else {}),
        }
        for (firm, reason), ids in groups.items()
    }
