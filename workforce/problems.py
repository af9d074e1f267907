"""The problem list 问题清单: of what category a problem is."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from workforce.closed_loop import Flag


class Category(StrEnum):
    """Whose business a problem is."""

    WORKERS = "workers"
    HEALTH = "health"
    SUPPLIES = "supplies"
    MATERIALS = "materials"
    TRANSPORT = "transport"
    MONEY = "money"
    OTHER = "other"


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
        ),
        Category.TRANSPORT,
    ),
    Flag.DEPARTED_WITHOUT_KITS: Category.SUPPLIES,
    Flag.STOCK_SHORT: Category.SUPPLIES,
    Flag.FEVER: Category.HEALTH,
    Flag.OBSERVED: Category.HEALTH,
    Flag.READINGS_MISSING: Category.HEALTH,
    Flag.RELEASED_EARLY: Category.HEALTH,
    Flag.NOT_RELEASED: Category.HEALTH,
    Flag.LEFT_HOTEL: Category.HEALTH,
    Flag.ROOM_NEEDED: Category.HEALTH,
    Flag.CREW_EXPOSED: Category.HEALTH,
    Flag.CLOCK_WRONG: Category.OTHER,
}


def category_of(flag: Flag) -> Category:
    return _CATEGORY.get(flag, Category.WORKERS)
