"""What each role sees of a published plan: its own, and nothing of others."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from tests.builders import make_pickup, make_plan, make_scenario, make_worker
from workforce.entities import Risk
from workforce.identity import masked_name
from workforce.plan import StopKind
from workforce.roles import Role, lies_in, subject_well_formed
from workforce.views import (
    NAMING,
    Published,
    TripView,
    Viewer,
    cost_views,
    stay_views,
    trip_view,
    trip_views,
)


def published() -> Published:
    """The base plan: T1 carries E1's W1, W2 and E2's J1; T2 the quarantined of E1 to H1."""
    scenario = make_scenario()
    return Published("p_1", scenario, make_plan(scenario))


def told(what: Any) -> str:
    return json.dumps(dataclasses.asdict(what), default=str)


def must_see(role: Role, subject: str | None = None, trip_id: str = "T1") -> TripView:
    view = trip_view(Viewer(role, subject), published(), trip_id)
    assert view is not None
    return view


def test_an_enterprise_sees_of_a_pooled_trip_the_coach_and_its_own_riders() -> None:
    one, two = must_see(Role.ENTERPRISE, "E1"), must_see(Role.ENTERPRISE, "E2")
    assert (one.fleet_id, one.vehicle_no, one.riders) == (two.fleet_id, two.vehicle_no, two.riders)
    assert one.riders == 3
    assert [p.worker_id for p in one.people] == ["W1", "W2"]
    assert [p.worker_id for p in two.people] == ["J1"]
    assert [(s.kind, s.place_id, s.boarding, s.alighting) for s in two.stops] == [
        (StopKind.PICKUP, "P1", 1, 0),
        (StopKind.DROP, "E2", 0, 1),
    ]
    for foreign in ("W1", "W2", "E1", "P2"):
        assert f'"{foreign}"' not in told(two), foreign
    assert "works E1" not in told(two) and "town P2" not in told(two)
    assert '"J1"' not in told(one) and "E2" not in told(one)


def test_the_amounts_of_a_pooled_trip_are_the_enterprises_own() -> None:
    it = published()
    one, two = must_see(Role.ENTERPRISE, "E1"), must_see(Role.ENTERPRISE, "E2")
    assert one.own_fen is not None and two.own_fen is not None
    assert one.own_fen[0] + two.own_fen[0] == it.plan.trip_by_id["T1"].cost_fen
    assert one.cost_fen is None and two.cost_fen is None


def test_an_enterprise_has_no_trip_of_others() -> None:
    assert trip_view(Viewer(Role.ENTERPRISE, "E2"), published(), "T2") is None
    assert [t.trip_id for t in trip_views(Viewer(Role.ENTERPRISE, "E2"), published())] == ["T1"]
    assert list(stay_views(Viewer(Role.ENTERPRISE, "E2"), published())) == []
    assert {c.worker_id for c in cost_views(Viewer(Role.ENTERPRISE, "E2"), published())} == {"J1"}


def test_a_hotel_sees_its_rooms_and_who_arrives_when_not_where_from_or_for_whom() -> None:
    view = must_see(Role.HOTEL, "H1", "T2")
    assert [(s.place_id, s.alighting) for s in view.stops] == [("H1", 3)]
    assert view.riders == 3 and view.people[0].enterprise_id is None and view.people[0].adcode is None
    assert "P1" not in told(view)
    rooms = list(stay_views(Viewer(Role.HOTEL, "H1"), published()))
    assert [(s.worker_id, s.room, s.enterprise_id) for s in rooms] == [
        ("Q3", "S1", None),
        ("Q1", "T1", None),
        ("Q2", "T1", None),
    ]
    costs = list(cost_views(Viewer(Role.HOTEL, "H1"), published()))
    assert len(costs) == 3 and all(c.enterprise_fen is None and c.enterprise_id is None for c in costs)
    assert trip_view(Viewer(Role.HOTEL, "H1"), published(), "T1") is None
    assert list(stay_views(Viewer(Role.HOTEL, "H2"), published())) == []


def test_a_carrier_sees_the_route_with_counts_and_no_people() -> None:
    view = must_see(Role.CARRIER, "coaches F1")
    assert [(s.boarding, s.alighting) for s in view.stops] == [
        (0, 0), (2, 0), (1, 0), (0, 2), (0, 1), (0, 0),
    ]  # fmt: skip
    assert view.people == () and NAMING[Role.CARRIER] == "none"
    assert view.cost_fen == published().plan.trip_by_id["T1"].cost_fen
    assert list(stay_views(Viewer(Role.CARRIER, "coaches F1"), published())) == []
    assert all(c.worker_id is None for c in cost_views(Viewer(Role.CARRIER, "coaches F1"), published()))
    assert trip_view(Viewer(Role.CARRIER, "coaches F2"), published(), "T1") is None


def test_a_coordinator_has_the_roster_of_the_trips_given_and_only_of_that_plan() -> None:
    assert [p.worker_id for p in must_see(Role.COORDINATOR, "p_1/T1").people] == ["W1", "W2", "J1"]
    assert trip_view(Viewer(Role.COORDINATOR, "p_1/T1"), published(), "T2") is None
    assert trip_view(Viewer(Role.COORDINATOR, "p_2/T1"), published(), "T1") is None
    assert must_see(Role.COORDINATOR, None, "T2").riders == 3


def test_a_health_officer_sees_where_everybody_comes_from_and_the_risk() -> None:
    people = must_see(Role.HEALTH, trip_id="T2").people
    assert {(p.adcode, p.risk) for p in people} == {("610702", Risk.MEDIUM)}


def test_an_origin_bureau_sees_its_own_people_and_the_pickups_in_its_counties() -> None:
    scenario = make_scenario(
        pickups=[
            make_pickup("P1", adcode="640402"),
            make_pickup("P2", lat=38.75, lon=106.35, adcode="640300"),
        ],
        workers=[
            make_worker("W1"),
            make_worker("W2", adcode="640301", lat=38.70, lon=106.30),
            *(w for w in make_scenario().workers.values() if w.worker_id not in ("W1", "W2")),
        ],
    )
    it = Published("p_1", scenario, make_plan(scenario))
    view = trip_view(Viewer(Role.ORIGIN, "640300"), it, "T1")
    assert view is not None and [p.worker_id for p in view.people] == ["W2"]
    assert [(s.place_id, s.boarding, s.alighting) for s in view.stops] == [("P2", 1, 0), ("E1", 0, 1)]
    assert view.riders == 3
    assert trip_view(Viewer(Role.ORIGIN, "640300"), it, "T2") is None
    # Everybody boards in the county of this one, though only some live there.
    only_pickup = make_scenario(pickups=[make_pickup("P1", adcode="999999"), make_pickup("P2")])
    left = trip_view(Viewer(Role.ORIGIN, "999999"), Published("p", only_pickup, make_plan(only_pickup)), "T1")
    assert left is not None and left.people == () and [s.place_id for s in left.stops] == ["P1"]


def test_a_worker_sees_one_seat() -> None:
    view = must_see(Role.WORKER, "W1")
    assert [p.worker_id for p in view.people] == ["W1"] and "E2" not in told(view)


@pytest.mark.parametrize("role", [Role.PLANNER, Role.ADMINISTRATOR, Role.AUDITOR])
def test_staff_see_every_row(role: Role) -> None:
    it, viewer = published(), Viewer(role)
    assert [len(t.people) for t in trip_views(viewer, it)] == [3, 3]
    assert len(list(stay_views(viewer, it))) == 3
    assert sum(c.total_fen for c in cost_views(viewer, it)) == sum(s.total_fen for s in it.plan.shares)


def test_a_kept_trip_with_what_the_scenario_no_longer_knows_is_still_seen() -> None:
    it, left = published(), make_scenario(workers=[make_worker("X1", enterprise_id="E2")], fleets=[])
    view = trip_view(Viewer(Role.ENTERPRISE, "E1"), Published("p_1", left, it.plan), "T1")
    assert view is not None and [(p.worker_id, p.adcode) for p in view.people] == [("W1", None), ("W2", None)]
    assert trip_view(Viewer(Role.CARRIER, ""), Published("p_1", left, it.plan), "T1") is None


def test_there_is_a_naming_for_every_role() -> None:
    assert set(NAMING) == set(Role)


@pytest.mark.parametrize(
    ("adcode", "subject", "lies"),
    [
        ("610702", "610702", True),
        ("610702", "610700", True),
        ("610702", "610000", True),
        ("610702", "620000 610700", True),
        ("610702", "610703", False),
        ("610802", "610700", False),
        ("620702", "610000", False),
        ("610702", "", False),
    ],
)
def test_counties_lie_in_prefectures_and_provinces(adcode: str, subject: str, lies: bool) -> None:
    assert lies_in(adcode, subject) is lies


@pytest.mark.parametrize(
    ("role", "subject", "fits"),
    [
        (Role.PLANNER, None, True),
        (Role.PLANNER, "E1", False),
        (Role.ENTERPRISE, None, False),
        (Role.ENTERPRISE, " ", False),
        (Role.ENTERPRISE, "E1", True),
        (Role.COORDINATOR, None, True),
        (Role.COORDINATOR, "p_1/T1 p_1/T2", True),
        (Role.COORDINATOR, "T1", False),
        (Role.ORIGIN, "610700 620102", True),
        (Role.ORIGIN, "6107", False),
        (Role.WORKER, "W1", True),
    ],
)
def test_a_subject_has_the_form_of_its_role(role: Role, subject: str | None, fits: bool) -> None:
    assert subject_well_formed(role, subject) is fits


def test_a_masked_name_is_its_first_character() -> None:
    assert [masked_name(n) for n in ("", "王", "王小明")] == ["", "王", "王**"]
