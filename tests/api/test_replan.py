import csv
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import Result

from data.reading import write_scenario
from optimizer.options import Keep, Options
from tests.api.conftest import Guicheng, Solve
from tests.builders import (
    T1_ROWS,
    at,
    leave_behind,
    make_closure,
    make_plan,
    make_scenario,
    make_trip,
    settle,
    with_seat,
    with_summary,
)
from workforce.plan import Plan, Reason, Seat
from workforce.scenario import Scenario


@pytest.fixture
def asked(solves: Callable[[Solve], None]) -> list[Options]:
    """Fills with the options of each call; the second plan keeps T2 and changes T1.

    W1 boards at P2 instead of P1 now, X1 joins, W2 falls out.
    """
    found: list[Options] = []

    def solve(scenario: Scenario, options: Options) -> Plan:
        found.append(options)
        plan = with_seat(make_plan(scenario), "W1", pickup_id="P2")
        plan = leave_behind(plan, "W2", Reason.NO_SEAT)
        seats = (*plan.seats, Seat("T1", 4, "X1", "P1", "E2"))
        unserved = tuple(row for row in plan.unserved if row.worker_id != "X1")
        changed = settle(scenario, replace(plan, seats=seats, unserved=unserved))
        assert options.keep
        return with_summary(changed, kept=tuple(sorted(options.keep.trip_ids)))

    solves(solve)
    return found


def replan(guicheng: Guicheng, scenario: Path, old: Path, *more: str, before: str = "2020-03-02") -> Result:
    out = old.parent / "new"
    return guicheng("replan", scenario, old, "--keep-before", before, "--out", out, *more)


def test_it_says_who_moved_joined_and_fell_out(
    guicheng: Guicheng, scenario_folder: Path, plan_folder: Path, asked: list[Options]
) -> None:
    result = replan(guicheng, scenario_folder, plan_folder, "--keep-trip", "T2")
    assert result.exit_code == 0, result.output
    (keep,) = [options.keep for options in asked]
    assert isinstance(keep, Keep)
    assert keep.trip_ids == {"T2"}
    with (plan_folder.parent / "new" / "changes.csv").open(encoding="utf-8") as file:
        rows = {row["worker_id"]: row for row in csv.DictReader(file)}
    assert {worker: row["change"] for worker, row in rows.items()} == {
        "W1": "moved",
        "X1": "joined",
        "W2": "fell_out",
    }
    assert (rows["W1"]["before_pickup_id"], rows["W1"]["now_pickup_id"]) == ("P1", "P2")
    assert rows["W1"]["now_boards"] == at("09:30").isoformat(timespec="minutes")
    assert rows["W2"]["reason"] == "no_seat"
    assert "worker W1 (W1)" in result.stdout
    assert "trips kept" in result.stdout


def test_kept_rows_stay_to_the_byte(
    guicheng: Guicheng, scenario_folder: Path, plan_folder: Path, asked: list[Options]
) -> None:
    replan(guicheng, scenario_folder, plan_folder, "--keep-trip", "T2")

    def lines(folder: Path) -> list[str]:
        text = (folder / "stops.csv").read_text(encoding="utf-8")
        return [line for line in text.splitlines() if line.startswith("T2,")]

    assert lines(plan_folder) == lines(plan_folder.parent / "new")


def test_a_day_keeps_every_trip_that_leaves_before_it(
    guicheng: Guicheng, scenario_folder: Path, plan_folder: Path, solves: Callable[[Solve], None]
) -> None:
    kept: list[frozenset[str]] = []

    def solve(scenario: Scenario, options: Options) -> Plan:
        assert options.keep
        kept.append(options.keep.trip_ids)
        return with_summary(options.keep.plan, kept=tuple(sorted(options.keep.trip_ids)))

    solves(solve)
    assert replan(guicheng, scenario_folder, plan_folder).exit_code == 0
    assert replan(guicheng, scenario_folder, plan_folder, before="2020-03-03").exit_code == 0
    assert kept == [frozenset(), frozenset({"T1", "T2"})]


def test_a_kept_trip_that_became_illegal_is_told_and_kept(
    guicheng: Guicheng, scenario_folder: Path, plan_folder: Path, solves: Callable[[Solve], None]
) -> None:
    solves(lambda scenario, options: with_summary(options.keep.plan, kept=("T1", "T2")))  # type: ignore[union-attr]
    write_scenario(make_scenario(closures=[make_closure("P2", "2020-03-02", "2020-03-02")]), scenario_folder)
    result = replan(guicheng, scenario_folder, plan_folder, before="2020-03-03")
    assert result.exit_code == 0, result.output
    assert "Kept trips that the scenario no longer allows" in result.stderr
    assert "closure" in result.stderr


def test_a_worker_whom_the_scenario_lost(
    guicheng: Guicheng, scenario_folder: Path, plan_folder: Path, solves: Callable[[Solve], None]
) -> None:
    workers = [worker for worker in make_scenario().workers.values() if worker.worker_id != "W1"]
    write_scenario(make_scenario(workers=workers), scenario_folder)

    def solve(scenario: Scenario, options: Options) -> Plan:
        riders = [Seat("T1", 2, "W2", "P2", "E1"), Seat("T1", 3, "J1", "P1", "E2")]
        others = [seat for seat in make_plan().seats if seat.trip_id == "T2"]
        trips = (make_trip("T1", T1_ROWS), make_plan().trip_by_id["T2"])
        return with_summary(make_plan(scenario, trips=trips, seats=(*riders, *others)), kept=())

    solves(solve)
    result = replan(guicheng, scenario_folder, plan_folder)
    assert result.exit_code == 0, result.output
    assert "no longer in the scenario" in result.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [(["--keep-trip", "T22"], "Did you mean"), (["--keep-before", "tomorrow"], "“tomorrow” is no date")],
)
def test_mistakes(
    guicheng: Guicheng, scenario_folder: Path, plan_folder: Path, words: list[str], told: str
) -> None:
    result = replan(guicheng, scenario_folder, plan_folder, *words)
    assert result.exit_code == 2
    assert told in result.stderr
    assert not (plan_folder.parent / "new").exists()


def test_the_old_plan_must_be_one(guicheng: Guicheng, scenario_folder: Path) -> None:
    result = replan(guicheng, scenario_folder, scenario_folder)
    assert result.exit_code == 2
    assert "plan_file_missing" in result.stderr
