"""Which workers may travel, where they are dropped, and parties."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import (
    HIGH_ADCODE,
    broken,
    change,
    day,
    leave_behind,
    make_plan,
    make_scenario,
    make_stay,
    make_vacancy,
    make_worker,
    settle,
    with_policy,
    with_seat,
)
from workforce.entities import Risk
from workforce.plan import Placement, Reason, Seat, Unserved

SCENARIO = make_scenario()
PLAN = make_plan(SCENARIO)


@pytest.mark.parametrize("zones", [{"640402": Risk.HIGH}, {"640400": Risk.HIGH}, {"640000": Risk.HIGH}])
def test_admit(zones: dict[str, Risk]) -> None:
    assert broken(SCENARIO, PLAN) == []
    assert broken(replace(SCENARIO, zones={**SCENARIO.zones, HIGH_ADCODE: Risk.HIGH}), PLAN) == []
    sends_nobody = replace(SCENARIO, zones={**SCENARIO.zones, **zones})
    assert broken(sends_nobody, PLAN).count("admit") == 3


def test_admit_follows_the_longest_match() -> None:
    """The county is low, though its prefecture and province are high."""
    zones = {"640402": Risk.LOW, "640400": Risk.HIGH, "640000": Risk.HIGH}
    assert broken(replace(SCENARIO, zones={**SCENARIO.zones, **zones}), PLAN) == []


def test_reach() -> None:
    """W2 lives 7.058 km from P2 and J1 5.551 km from P1."""
    assert broken(with_policy(SCENARIO, trips={"max_access_km": 7.06}), PLAN) == []
    found = broken(with_policy(SCENARIO, trips={"max_access_km": 7.0}), PLAN)
    assert found == ["reach"]


def test_available() -> None:
    """The trip leaves on 2 March."""
    on_the_day = change(SCENARIO, "workers", "X1", available_from=day("2020-03-02"))
    for worker_id in ("W1", "J1", "Q1"):
        on_the_day = change(on_the_day, "workers", worker_id, available_from=day("2020-03-02"))
    assert broken(on_the_day, settle(on_the_day, PLAN)) == []
    later = change(SCENARIO, "workers", "W1", available_from=day("2020-03-03"))
    assert broken(later, settle(later, PLAN)) == ["available"]


def test_arrive_by() -> None:
    """Arriving counts, not the end of quarantine."""
    in_time = change(SCENARIO, "workers", "Q1", arrive_by=day("2020-03-02"))
    assert broken(in_time, PLAN) == []
    late = change(SCENARIO, "workers", "Q1", arrive_by=day("2020-03-01"))
    assert broken(late, PLAN) == ["arrive-by"]


def test_drop() -> None:
    """The hotel for who has nights to spend, else the enterprise."""
    assert broken(SCENARIO, PLAN) == []
    other_works = settle(SCENARIO, with_seat(PLAN, "W1", drop_id="E2"))
    assert broken(SCENARIO, other_works) == ["drop"]
    past_the_hotel = with_policy(SCENARIO, zones={Risk.MEDIUM: SCENARIO.policy.zones[Risk.LOW]})
    assert "drop" in broken(past_the_hotel, PLAN)


def test_drop_of_the_quarantined_is_a_hotel() -> None:
    owes_nights = with_policy(SCENARIO, zones={Risk.LOW: SCENARIO.policy.zones[Risk.MEDIUM]})
    found = broken(owes_nights, PLAN)
    assert found.count("drop") == 3
    assert found.count("stay-missing") == 3


def test_party() -> None:
    """One trip, one pickup, one drop, or none of them."""
    assert broken(SCENARIO, PLAN) == []
    nobody = leave_behind(leave_behind(PLAN, "Q1", Reason.NO_ROOM), "Q2", Reason.NO_ROOM)
    assert broken(SCENARIO, settle(SCENARIO, nobody)) == []
    one = leave_behind(PLAN, "Q1", Reason.NO_ROOM)
    assert broken(SCENARIO, settle(SCENARIO, one)) == ["party"]


def test_party_shares_pickup_and_drop() -> None:
    low_party = make_scenario(
        workers=[
            replace(worker, party_id="B") if worker.worker_id in ("W1", "W2") else worker
            for worker in SCENARIO.workers.values()
        ]
    )
    assert broken(low_party, PLAN) == ["party"]  # W1 boards at P1, W2 at P2
    reach = with_policy(low_party, trips={"max_access_km": 60.0})
    moved = settle(reach, with_seat(with_seat(PLAN, "W1", pickup_id="P2"), "J1", pickup_id="P1"))
    assert broken(reach, moved) == []


def test_party_enterprise() -> None:
    """Seekers of one party are placed with one enterprise."""
    scenario = make_scenario(
        vacancies=[
            make_vacancy("V1"),
            make_vacancy("V2", occupation="cook"),
            make_vacancy("V3", occupation="cook", enterprise_id="E1"),
        ],
        workers=[
            *(w for w in SCENARIO.workers.values() if w.worker_id not in ("J1", "Q1", "Q2")),
            make_worker("J1", adcode="610702", enterprise_id=None, occupation="welder", party_id="B"),
            make_worker("J2", adcode="610702", enterprise_id=None, occupation="cook", party_id="B"),
        ],
    )
    base = {
        "trips": (replace(PLAN.trips[1]),),
        "seats": (Seat("T2", 1, "J1", "P1", "H1"), Seat("T2", 2, "J2", "P1", "H1")),
        "stays": (make_stay("J1", "T1"), make_stay("J2", "T1")),
        "unserved": tuple(
            Unserved(w, Reason.NO_SEAT, "detail") for w in scenario.workers if not w.startswith("J")
        ),
    }
    together = make_plan(scenario, placements=(Placement("J1", "V1"), Placement("J2", "V2")), **base)
    apart = make_plan(scenario, placements=(Placement("J1", "V1"), Placement("J2", "V3")), **base)
    roads = {**scenario.roads, ("H1", "E2"): scenario.roads["H1", "E1"]}
    scenario = replace(scenario, roads=roads)
    assert broken(scenario, settle(scenario, together)) == []
    assert broken(scenario, settle(scenario, apart)) == ["party-enterprise"]
