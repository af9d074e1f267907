"""The numbers of a day follow from the events up to it."""

from __future__ import annotations

from datetime import date

import pytest

from tests.builders import make_plan, make_scenario
from workforce.daily_ledger import Counts, Days, days_after, ledger_of
from workforce.rosters import Roster
from workforce.triplog import Kind
from workforce.views import Published

SCENARIO = make_scenario()
ROSTER = Roster([Published("P", SCENARIO, make_plan(SCENARIO))])
DAY = date(2020, 3, 2)


def counted(*kinds: Kind) -> Counts:
    """The day on which one rider did all this and the others did nothing."""
    days = Days()
    for kind in kinds:
        days = days_after(days, kind, DAY)
    riders = len(list(ROSTER.workers))
    total = ledger_of(DAY, ROSTER, SCENARIO.enterprises.values(), {"Q1": days}, 300).total.counts
    assert total.planned == riders
    return total


@pytest.mark.parametrize(
    ("kinds", "departed", "arrived", "in_quarantine", "returned"),
    [
        ([], 0, 0, 0, 0),
        ([Kind.BOARDED], 1, 0, 0, 0),
        ([Kind.ALIGHTED], 1, 1, 0, 0),  # nobody reported that they boarded
        ([Kind.BOARDED, Kind.CHECKED_IN], 1, 1, 1, 0),
        ([Kind.BOARDED, Kind.CHECKED_IN, Kind.HOTEL_LEFT], 1, 1, 0, 0),
        ([Kind.BOARDED, Kind.CHECKED_IN, Kind.HOTEL_LEFT, Kind.CHECKED_IN], 1, 1, 1, 0),
        ([Kind.BOARDED, Kind.CHECKED_IN, Kind.RELEASED, Kind.CHECKED_IN], 1, 1, 1, 0),
        ([Kind.BOARDED, Kind.CHECKED_IN, Kind.TRANSFERRED], 1, 1, 0, 0),
        ([Kind.BOARDED, Kind.CHECKED_IN, Kind.RELEASED, Kind.TRANSFERRED, Kind.ARRIVED], 1, 1, 0, 1),
    ],
)
def test_how_far_a_rider_is_counts(
    kinds: list[Kind], departed: int, arrived: int, in_quarantine: int, returned: int
) -> None:
    total = counted(*kinds)
    assert (total.departed, total.arrived) == (departed, arrived)
    assert (total.in_quarantine, total.returned) == (in_quarantine, returned)
