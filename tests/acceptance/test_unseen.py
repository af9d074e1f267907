"""Whole runs on unseen scenarios: planned, planned again, and judged by both judges.

Slow: ``make acceptance``, with ``SEED=…`` for scenarios that nobody has seen yet.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.cli import app
from data.plan_files import read_plan
from data.reading import read_scenario, write_scenario
from tests.acceptance.unseen import CHANGES, NOBODY_SERVED, SCENARIOS, a_changed_world, a_disaster
from tests.acceptance.verifier import verify
from workforce.plan import Plan
from workforce.scenario import Scenario

pytestmark = pytest.mark.slow

SEED = int(os.environ.get("GUICHENG_SEED", "11"))
SECONDS = "8"
PLANNED_AGAIN = (
    "tight rooms",
    "tight budgets",
    "few coaches",
    "turnover and tight rooms",
    "only job seekers",
    "families of seekers in quarantine",
    "a table of distances",
)


def _guicheng(*words: object) -> str:
    result = CliRunner().invoke(app, [*map(str, words), "--lang", "en"])
    assert result.exit_code == 0, result.output
    return result.output


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """By name: a folder with the scenario and its plan; each is planned once."""

    @cache
    def planned(name: str) -> Path:
        folder = tmp_path_factory.mktemp("unseen")
        write_scenario(SCENARIOS[name](SEED), folder / "scenario")
        _guicheng("plan", folder / "scenario", "--out", folder / "plan", "--time-limit", SECONDS)
        return folder

    return planned


def _read(folder: Path) -> Scenario:
    reading = read_scenario(folder)
    assert reading.scenario, reading.faults
    return reading.scenario


@pytest.mark.parametrize("name", SCENARIOS)
def test_a_first_plan(plans: Callable[[str], Path], name: str) -> None:
    folder = plans(name)
    _guicheng("check", folder / "scenario", folder / "plan")
    plan = read_plan(folder / "plan")
    assert bool(plan.seats) == (name not in NOBODY_SERVED)
    judgement = verify(folder / "scenario", folder / "plan")
    assert judgement.holds, judgement.text


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.__name__)
@pytest.mark.parametrize("name", PLANNED_AGAIN)
def test_a_second_plan(
    plans: Callable[[str], Path], name: str, change: Callable[[Scenario, Plan], Scenario], tmp_path: Path
) -> None:
    first = plans(name)
    old = read_plan(first / "plan")
    before = _day_in_the_middle(old)
    write_scenario(change(_read(first / "scenario"), _kept(old, before)), tmp_path / "scenario")
    out = _guicheng(
        *("replan", tmp_path / "scenario", first / "plan", "--keep-before", before),
        *("--out", tmp_path / "plan", "--time-limit", SECONDS),
    )
    assert "no longer allows" not in out
    kept = ("--kept", first / "plan", "--keep-before", before)
    _guicheng("check", tmp_path / "scenario", tmp_path / "plan", *kept)
    options = ("--kept", str(first / "plan"), "--before", before.isoformat())
    judgement = verify(tmp_path / "scenario", tmp_path / "plan", *options)
    assert judgement.holds, judgement.text


@pytest.mark.parametrize(
    ("change", "rules"),
    [
        (a_disaster, ("unknown-worker", "closure", "vehicle-busy")),
        (a_changed_world, ("trip-fleet", "trip-place")),
    ],
    ids=["a_disaster", "a_changed_world"],
)
@pytest.mark.parametrize("name", PLANNED_AGAIN)
def test_kept_trips_that_became_illegal_are_told_and_kept(
    plans: Callable[[str], Path],
    name: str,
    change: Callable[[Scenario, Plan], Scenario],
    rules: tuple[str, ...],
    tmp_path: Path,
) -> None:
    first = plans(name)
    old = read_plan(first / "plan")
    before = _day_in_the_middle(old)
    write_scenario(change(_read(first / "scenario"), _kept(old, before)), tmp_path / "scenario")
    out = _guicheng(
        *("replan", tmp_path / "scenario", first / "plan", "--keep-before", before),
        *("--out", tmp_path / "plan", "--time-limit", SECONDS),
    )
    for rule in rules:
        assert rule in out
    kept = ("--kept", first / "plan", "--keep-before", before)
    _guicheng("check", tmp_path / "scenario", tmp_path / "plan", *kept)


def _day_in_the_middle(plan: Plan) -> date:
    """The first day on which a trip leaves, past half of all trips."""
    days = sorted(trip.first_day for trip in plan.trips)
    return next((day for day in days if day > days[0] and days.index(day) >= len(days) // 2), days[-1])


def _kept(plan: Plan, before: date) -> Plan:
    trips = tuple(trip for trip in plan.trips if trip.first_day < before)
    ids = {trip.trip_id for trip in trips}
    seats = tuple(seat for seat in plan.seats if seat.trip_id in ids)
    riders = {seat.worker_id for seat in seats}
    return replace(
        plan,
        trips=trips,
        seats=seats,
        stays=tuple(stay for stay in plan.stays if stay.worker_id in riders),
        placements=tuple(p for p in plan.placements if p.worker_id in riders),
        shares=tuple(share for share in plan.shares if share.worker_id in riders),
    )
