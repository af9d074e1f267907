"""The checker as a whole: it never raises, tells everything, and knows distances by itself."""

from __future__ import annotations

import ast
import json
from dataclasses import asdict, fields, replace
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import (
    EMPTY_SUMMARY,
    broken,
    change,
    make_enterprise,
    make_pickup,
    make_plan,
    make_scenario,
    with_seat,
    with_stop,
    with_summary,
    with_trip,
)
from workforce.check import check
from workforce.check_case import Distances, days_of, rounds_to
from workforce.geodesy import geodesic_km
from workforce.plan import Cost, Plan
from workforce.verdict import MESSAGES

SCENARIO = make_scenario()
PLAN = make_plan(SCENARIO)
TABLES = ("trips", "seats", "stays", "placements", "shares", "unserved")
IDS = ("W1", "W2", "J1", "Q1", "X1", "P1", "E1", "E2", "H1", "F1", "T1", "T2", "V1", "S1", "nobody", "")


def test_the_checker_imports_nothing_above_its_floor() -> None:
    for path in (Path(__file__).parents[2] / "workforce").glob("check*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not {name.split(".")[0] for name in names} & {"optimizer", "data", "api"}


def test_a_verdict_holds_figures_that_json_can_write() -> None:
    bad = with_summary(
        with_trip(with_stop(PLAN, "T1", 2, km=Decimal(7)), "T1", cost_fen=5), weight=Decimal(3)
    )
    verdict = check(SCENARIO, bad)
    assert not verdict.holds
    for violation in verdict.violations:
        told = json.loads(json.dumps(asdict(violation)))
        assert set(told) == {"rule", "subject", "zh", "en", "figures", "kept"}
        assert "{" not in violation.zh + violation.en
    assert len(set(verdict.violations)) == len(verdict.violations)


def test_everything_is_told_at_once() -> None:
    """One fault in each part: trip, vehicle, people, room, money, summary."""
    bad = with_trip(with_seat(PLAN, "W1", seat=99), "T2", vehicle_no=1)
    bad = replace(bad, unserved=(), stays=(*bad.stays[:2], replace(bad.stays[2], room="S9")))
    bad = with_summary(replace(bad, shares=bad.shares[1:]), served=3)
    assert {
        "seat-number",
        "vehicle-overlap",
        "unaccounted",
        "room-unknown",
        "share-missing",
        "summary-count",
    } <= set(broken(SCENARIO, bad))


def test_an_empty_plan_for_nobody() -> None:
    nobody = make_scenario(workers=[])
    empty = Plan((), (), (), (), (), (), replace(EMPTY_SUMMARY, scenario="small case"))
    verdict = check(nobody, empty)
    assert verdict.violations == ()
    assert (verdict.weight, verdict.cost.total, verdict.served) == (Decimal(0), 0, 0)


def test_an_empty_plan_for_somebody() -> None:
    empty = Plan((), (), (), (), (), (), replace(EMPTY_SUMMARY, scenario="small case"))
    found = broken(SCENARIO, empty)
    assert found == ["summary-count"] + ["unaccounted"] * 7


def test_a_risk_without_a_section_does_not_stop_the_checker() -> None:
    zones = {risk: zone for risk, zone in SCENARIO.policy.zones.items() if risk != "medium"}
    scenario = replace(SCENARIO, policy=replace(SCENARIO.policy, zones=zones))
    assert "stay-needless" in broken(scenario, PLAN)


def _other_value(value: Any) -> st.SearchStrategy[Any]:
    """Some value of the same type, the strangest included."""
    if isinstance(value, Enum):
        return st.sampled_from(list(type(value)))
    if isinstance(value, datetime):
        return st.datetimes().map(lambda moment: moment.replace(second=0, microsecond=0))
    if isinstance(value, date):
        return st.dates()
    if isinstance(value, Decimal):
        return st.decimals() | st.sampled_from([Decimal("sNaN"), Decimal("1E+999999"), Decimal("1E-999999")])
    if isinstance(value, float):
        return st.floats()
    if isinstance(value, int):
        return st.integers(-3, 30) | st.integers() | st.just(10**5000)
    return st.sampled_from(IDS) | st.text(max_size=5)


def _edited(draw: Any, plan: Plan) -> Plan:
    """One random edit: a row dropped, repeated or moved, or one cell changed."""
    table = draw(st.sampled_from((*TABLES, "stops", "summary", "cost")))
    if table == "summary":
        return replace(plan, summary=_edited_cell(draw, plan.summary))
    if table == "cost":
        return with_summary(plan, cost=_edited_cell(draw, plan.summary.cost))
    if table == "stops":
        if not plan.trips:
            return plan
        trip = plan.trips[draw(st.integers(0, len(plan.trips) - 1))]
        return with_trip(plan, trip.trip_id, stops=_edited_rows(draw, trip.stops))
    changed: dict[str, Any] = {table: _edited_rows(draw, getattr(plan, table))}
    return replace(plan, **changed)


def _edited_rows(draw: Any, rows: tuple[Any, ...]) -> tuple[Any, ...]:
    if not rows:
        return rows
    n = draw(st.integers(0, len(rows) - 1))
    kind = draw(st.sampled_from(("cell", "cell", "drop", "repeat", "reverse")))
    if kind == "cell":
        return (*rows[:n], _edited_cell(draw, rows[n]), *rows[n + 1 :])
    return {
        "drop": (*rows[:n], *rows[n + 1 :]),
        "repeat": (*rows, rows[n]),
        "reverse": tuple(reversed(rows)),
    }[kind]


def _edited_cell(draw: Any, row: Any) -> Any:
    cells = {f.name: getattr(row, f.name) for f in fields(row)}
    column = draw(st.sampled_from([name for name, v in cells.items() if not isinstance(v, tuple | Cost)]))
    return replace(row, **{column: draw(_other_value(cells[column]))})


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_a_strange_plan_is_judged_and_never_raises(data: st.DataObject) -> None:
    plan = PLAN
    for _ in range(data.draw(st.integers(1, 6))):
        plan = _edited(data.draw, plan)
    with_old = data.draw(st.booleans())
    verdict = check(SCENARIO, plan, PLAN if with_old else None, frozenset({"T1", "T9"}))
    assert {violation.rule for violation in verdict.violations} <= set(MESSAGES)


@pytest.mark.parametrize("table", TABLES)
def test_a_row_left_out_is_told(table: str) -> None:
    rows = getattr(PLAN, table)
    assert rows
    for n in range(len(rows)):
        shorter: dict[str, Any] = {table: rows[:n] + rows[n + 1 :]}
        assert broken(SCENARIO, replace(PLAN, **shorter)), rows[n]


def test_distances_agree_with_the_other_source() -> None:
    places = [(39.7, 106.8), (38.5, 106.2), (45.6, 126.6), (0.0, 179.9), (0.0, -179.9), (-33.0, 18.0)]
    distances = Distances(SCENARIO)
    for a in places:
        for b in places:
            assert distances.km(a, b) == pytest.approx(float(geodesic_km(*a, *b)), abs=1e-9)


def test_a_road_by_table_goes_one_direction() -> None:
    distances = Distances(SCENARIO)
    there, back = distances.leg("H1", "E1"), distances.leg("E1", "H1")
    assert there is not None
    assert back is not None
    assert (there.km, there.minutes, there.slack_km) == (Decimal("8.35"), 10, Decimal(0))
    assert back.slack_km > 0
    assert distances.leg("H1", "nowhere") is None
    assert distances.leg(None, "E1") is None


@pytest.mark.parametrize("home", [(38.6, 106.3), (0.0, 179.95), (80.0, 10.0), (-45.0, 0.0), (89.9, 0.0)])
def test_the_box_around_a_home_loses_no_pickup(home: tuple[float, float]) -> None:
    """Against all geodesics: pickups on a ring of distances, over the date line and the pole as well."""
    pickups = [
        make_pickup(f"P{n}", lat=max(-90, min(90, home[0] + dlat)), lon=(home[1] + dlon + 180) % 360 - 180)
        for n, (dlat, dlon) in enumerate(
            (dlat / 5, dlon) for dlat in range(-5, 6) for dlon in (-180, -20, -1, -0.3, 0, 0.3, 1, 20, 180)
        )
    ]
    for pickup in pickups:
        km = float(geodesic_km(*home, pickup.lat, pickup.lon))
        alone = Distances(make_scenario(pickups=[pickup]))
        assert alone.pickup_within(home, km + 1e-6)
        assert not alone.pickup_within(home, km - 1e-6)


@pytest.mark.parametrize(
    ("said", "exact", "slack", "right"),
    [
        (3, "2.5", "0", True),
        (2, "2.5", "0", False),
        (2, "2.4999", "0", True),
        (2, "2.5", "0.001", True),
        (3, "2.4995", "0.001", True),
        (3, "2.4985", "0.001", False),
    ],
)
def test_rounds_to(said: int, exact: str, slack: str, right: bool) -> None:
    assert rounds_to(said, Decimal(exact), Decimal(slack)) is right


def test_days_of_a_trip_without_stops_are_those_of_its_row() -> None:
    trip = replace(PLAN.trips[0], stops=())
    assert days_of(trip) == (trip.first_day, trip.last_day)


def test_an_own_budget_of_another_enterprise_does_not_matter() -> None:
    scenario = make_scenario(
        enterprises=[*SCENARIO.enterprises.values(), make_enterprise("E3", budget_fen=0)]
    )
    assert broken(scenario, PLAN) == []
    assert broken(change(scenario, "enterprises", "E1", budget_fen=10**9), PLAN) == []
