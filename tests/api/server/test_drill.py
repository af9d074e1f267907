"""A drill: a plan played through a server with faults, after which everything must be where it belongs."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from api.server.drill import Net, Played, played
from api.server.drill_checks import Held, invariants
from api.server.drill_command import drill
from data.generate import KINDS, Generated, generate_with_witness
from data.plan_files import write_plan
from data.reading import write_scenario
from workforce.closed_loop import Flag
from workforce.drill import Rates, Script, script_of
from workforce.journeys import FLAGS_OF_WORKERS
from workforce.loop_rules import LoopRules
from workforce.runs import FLAGS_OF_TRIPS
from workforce.silences import SILENT

MANY = Rates().times(20)
ROUGH = Net(offline=0.3, lost_answer=0.2, doubled=0.2)
SMOOTH = Net(0, 0, 0)


def made(kind: str = "families", workers: int = 60, seed: int = 1) -> Generated:
    return generate_with_witness(replace(KINDS[kind], workers=workers, seed=seed))


def script(case: Generated, seed: int, rates: Rates = MANY) -> Script:
    return script_of(case.witness, case.scenario, LoopRules(), seed, rates)


def outcome(folder: Path, case: Generated, seed: int, rates: Rates, net: Net) -> tuple[Played, list[Held]]:
    steps = script(case, seed, rates)
    with (
        played(folder, case.scenario, case.witness, steps, seed, net) as done,
        done.services.database.read() as c,
    ):
        return done, list(invariants(c, done))


def test_a_script_is_that_of_its_seed() -> None:
    case = made()
    assert script(case, 1) == script(case, 1) != script(case, 2)
    assert not script(case, 1, MANY.times(0)).faults


@pytest.mark.parametrize(("kind", "seed"), [("families", 1), ("tight-rooms", 2), ("seekers", 3)])
def test_after_a_rough_drill_everything_holds(kind: str, seed: int, tmp_path: Path) -> None:
    done, held = outcome(tmp_path / "data", made(kind), seed, MANY, ROUGH)
    assert done.script.faults and done.told.again
    assert [(one.name.en, one.broken) for one in held if one.broken] == []
    assert all(one.checked for one in held)


def test_a_smooth_drill_of_a_smooth_day_lists_no_problem(tmp_path: Path) -> None:
    done, held = outcome(tmp_path / "data", made(), 1, MANY.times(0), SMOOTH)
    assert done.told.again == 0 and done.told.refused == []
    assert [(one.name.en, one.broken) for one in held if one.broken] == []


def test_what_does_not_hold_is_found(tmp_path: Path) -> None:
    """The checks can fail: a step that nobody reports, and a fault that nobody listed."""
    case = made()
    whole = script(case, 1)
    quiet = replace(whole, faults=(), staying_behind=frozenset())
    with played(tmp_path / "data", case.scenario, case.witness, quiet, 1, SMOOTH) as done:
        more = replace(done, nonces={**done.nonces, "drill-missing": whole.steps[0]})
        with done.services.database.read() as c:
            broken = {one.name.en for one in invariants(c, more) if one.broken}
    assert broken == {
        "every report is in the log exactly once",
        "everybody is in one state, and at an end",
        "every fault is on the problem list",
        "the money is in balance",
    }


def test_every_flag_follows_from_a_trip_or_from_a_worker_or_from_neither() -> None:
    assert not FLAGS_OF_TRIPS & FLAGS_OF_WORKERS
    of_traces = {Flag.ROOM_NEEDED, Flag.SEAT_TO_LEAVE, Flag.CREW_EXPOSED}
    others = {
        Flag.FEVER,
        Flag.NO_OBSERVATION_SEAT,
        Flag.CLOCK_WRONG,
        Flag.ROOM_TAKEN,
        Flag.STOCK_SHORT,
    } | of_traces
    assert set(Flag) == FLAGS_OF_TRIPS | FLAGS_OF_WORKERS | SILENT | others


def test_the_command_plays_a_plan(tmp_path: Path) -> None:
    case = made(workers=20)
    write_scenario(case.scenario, tmp_path / "scenario")
    write_plan(case.witness, tmp_path / "plan")
    command = typer.Typer()
    command.command()(drill)
    words = [str(tmp_path / "plan"), "--scenario", str(tmp_path / "scenario"), "--lang", "both"]
    told = CliRunner().invoke(command, [*words, "--faults", "many", "--data", str(tmp_path / "kept")])
    assert told.exit_code == 0, told.output
    assert "没有座位重复 no seat twice" in told.output
    assert (tmp_path / "kept" / "guicheng.sqlite").exists()
    again = CliRunner().invoke(command, [*words, "--data", str(tmp_path / "kept")])
    assert again.exit_code == 2  # a drill goes into a folder of its own
