import errno
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

import api
import api.cli
import api.planning
from api.cli import app
from api.console import GivenUp
from data.plan_files import Verbatim, read_plan, write_plan
from data.reading import read_scenario, write_scenario
from tests.api.conftest import Guicheng
from tests.builders import change, make_closure, make_scenario, with_summary

PLAN_FILES = {
    *(f"{n}.csv" for n in ("trips", "stops", "seats", "rooms", "placements", "shares", "unserved")),
    "plan.json",
    "plan.xlsx",
    "report.html",
}


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


# Usage


@pytest.mark.parametrize("command", ["validate", "template", "plan", "replan", "check", "show"])
def test_help_speaks_both_languages_and_gives_an_example(guicheng: Guicheng, command: str) -> None:
    result = guicheng(command, "--help")
    assert result.exit_code == 0
    assert f"guicheng {command}" in result.output
    assert any("\u4e00" <= letter <= "\u9fff" for letter in result.output)


def test_help_lists_the_exit_statuses(guicheng: Guicheng) -> None:
    output = guicheng("--help").output
    assert "Exit status: 0 done" in output
    assert "退出码：0 完成" in output


def test_help_where_the_terminal_knows_no_chinese() -> None:
    command = [sys.executable, "-c", "from api.cli import main; main()", "validate", "--help"]
    environment = {
        **os.environ,
        "PYTHONIOENCODING": "ascii",
        "PYTHONPATH": str(Path(api.__file__ or "").parents[1]),
    }
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "Find every fault" in done.stdout


def test_version(guicheng: Guicheng) -> None:
    result = guicheng("--version")
    assert result.exit_code == 0
    assert result.output.startswith("guicheng")


@pytest.mark.parametrize(
    "words",
    [
        ["fly"],
        ["plan", "somewhere"],
        ["plan", "somewhere", "--out", "x", "--time-limit", "0"],
        ["plan", "somewhere", "--out", "x", "--time-limit", "nan"],
        ["plan", "somewhere", "--out", "x", "--processes", "0"],
        ["replan", "somewhere", "old", "--out", "x"],
        ["validate", "somewhere", "--lang", "fr"],
        ["check", "somewhere"],
    ],
)
def test_wrong_usage(guicheng: Guicheng, words: list[str]) -> None:
    result = guicheng(*words)
    assert result.exit_code == 2
    assert "Traceback" not in result.output


@pytest.mark.parametrize("command", ["validate", "plan", "replan", "check"])
def test_a_scenario_that_is_not_there(
    guicheng: Guicheng, plan_folder: Path, tmp_path: Path, command: str
) -> None:
    rest: dict[str, list[object]] = {
        "validate": [],
        "plan": ["--out", tmp_path / "new"],
        "replan": [plan_folder, "--keep-before", "2020-03-02", "--out", tmp_path / "new"],
        "check": [plan_folder],
    }
    result = guicheng(command, tmp_path / "nowhere", *rest[command])
    assert result.exit_code == 2
    assert "does not exist" in result.output
    assert not (tmp_path / "new").exists()


# validate


def test_validate_a_sound_scenario(guicheng: Guicheng, scenario_folder: Path) -> None:
    result = guicheng("validate", scenario_folder)
    assert result.exit_code == 0
    assert "can be planned" in result.stdout


def test_validate_tells_every_fault_with_its_place(guicheng: Guicheng, scenario_folder: Path) -> None:
    edit(scenario_folder / "workers.csv", "2020-03-08", "soon")
    edit(scenario_folder / "fleets.csv", ",12,", ",a dozen,")
    result = guicheng("validate", scenario_folder)
    assert result.exit_code == 2
    assert "workers, rows 2–8, arrive_by" in result.stdout  # they say the same
    assert "fleets, row 2, seats" in result.stdout
    assert "errors: 8, warnings: 0" in result.stdout
    chinese = guicheng("validate", scenario_folder, "--lang", "zh").stdout
    assert "工人 workers, 第 2–8 行, 最迟到达日期 arrive_by" in chinese
    assert "车队 fleets, 第 2 行, 座位数 seats" in chinese


def test_validate_tells_what_differs_apart(guicheng: Guicheng, scenario_folder: Path) -> None:
    rows = (scenario_folder / "workers.csv").read_text(encoding="utf-8").splitlines()
    days = {1: "soon", 2: "later", 4: "soon", 5: "soon"}
    rows = [row.replace("2020-03-08", days.get(i, "2020-03-08")) for i, row in enumerate(rows)]
    (scenario_folder / "workers.csv").write_text("\n".join(rows), encoding="utf-8")
    told = guicheng("validate", scenario_folder).stdout
    assert "errors: 4, warnings: 0" in told
    assert re.search("rows 2, 5–6, arrive_by .*“soon”", told)
    assert re.search("row 3, arrive_by .*“later”", told)


def test_validate_as_json(guicheng: Guicheng, scenario_folder: Path) -> None:
    edit(scenario_folder / "fleets.csv", ",12,", ",a dozen,")
    result = guicheng("validate", scenario_folder, "--json")
    told = json.loads(result.stdout)
    assert result.exit_code == 2
    assert told["usable"] is False
    (fault,) = told["faults"]
    assert (fault["code"], fault["table"], fault["row"], fault["column"]) == (
        "not_a_number",
        "fleets",
        2,
        "seats",
    )
    assert set(fault["message"]) == set(fault["remedy"]) == {"zh", "en"}


def test_both_languages_where_the_environment_names_none(
    scenario_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    output = CliRunner().invoke(app, ["validate", str(scenario_folder)]).stdout
    assert "没有问题" in output
    assert "No faults" in output


# template


def test_template_is_a_scenario_that_only_lacks_its_rows(guicheng: Guicheng, tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    assert guicheng("template", path).exit_code == 0
    assert {fault.code for fault in read_scenario(path).faults if fault.is_error} <= {"value_missing"}


def test_template_overwrites_nothing(guicheng: Guicheng, tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    path.write_text("dear")
    assert guicheng("template", path).exit_code == 2
    assert path.read_text() == "dear"
    assert guicheng("template", tmp_path / "form.doc").exit_code == 2


def test_template_into_a_file_as_a_folder(guicheng: Guicheng, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = guicheng("template", tmp_path / "file" / "form.xlsx")
    assert result.exit_code == 3
    assert "cannot_write" in result.output


# plan


def test_plan_writes_every_file_and_tells_the_figures(
    guicheng: Guicheng, scenario_folder: Path, known_plan: None, tmp_path: Path
) -> None:
    out = tmp_path / "deep" / "plan"
    result = guicheng("plan", scenario_folder, "--out", out)
    assert result.exit_code == 0
    assert {path.name for path in out.iterdir()} == PLAN_FILES
    summary = read_plan(out).summary
    for figure in (
        "6 / 7",
        f"{summary.weight} ≤ {summary.weight_bound}",
        "weight gap",
        "cost gap over trips alone",
    ):
        assert figure in result.stdout
    assert "keeps every rule" in result.stdout
    assert "building a first plan" in result.stderr
    assert "improving" in result.stderr


def test_plan_of_a_faulty_scenario_writes_nothing(
    guicheng: Guicheng, scenario_folder: Path, known_plan: None, tmp_path: Path
) -> None:
    (scenario_folder / "pickups.csv").unlink()
    result = guicheng("plan", scenario_folder, "--out", tmp_path / "plan")
    assert result.exit_code == 2
    assert "table_missing" in result.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"scenario"}


def test_plan_spares_a_folder_that_is_no_plan(
    guicheng: Guicheng, scenario_folder: Path, known_plan: None
) -> None:
    before = sorted(scenario_folder.iterdir())
    assert guicheng("plan", scenario_folder, "--out", scenario_folder).exit_code == 2
    assert sorted(scenario_folder.iterdir()) == before


def test_plan_below_a_file(
    guicheng: Guicheng, scenario_folder: Path, known_plan: None, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    result = guicheng("plan", scenario_folder, "--out", tmp_path / "file" / "plan")
    assert result.exit_code == 3
    assert "cannot_write" in result.stderr


def test_plan_on_a_full_disk(
    guicheng: Guicheng,
    scenario_folder: Path,
    known_plan: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")  # a full disk names no file

    monkeypatch.setattr(api.planning, "write_report", full)
    result = guicheng("plan", scenario_folder, "--out", tmp_path / "plan")
    assert result.exit_code == 3
    assert f"“{tmp_path / 'plan'}” cannot be written: No space left on device" in result.stderr
    assert {path.name for path in tmp_path.iterdir()} == {"scenario"}


def test_plan_that_the_checker_refuses(
    guicheng: Guicheng, scenario_folder: Path, known_plan: None, tmp_path: Path
) -> None:
    write_scenario(
        change(make_scenario(), "workers", "W1", arrive_by=make_scenario().policy.first_day), scenario_folder
    )
    result = guicheng("plan", scenario_folder, "--out", tmp_path / "plan")
    assert result.exit_code == 1
    assert "arrive-by" in result.stderr
    assert "defect of the planner" in result.stderr


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process is not ended for good, only the command."""

    def ended(status: int) -> None:
        raise SystemExit(status)

    monkeypatch.setattr(os, "_exit", ended)


def test_giving_up_ends_the_process_and_writes_nothing(
    guicheng: Guicheng,
    scenario_folder: Path,
    tmp_path: Path,
    ends: None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def given_up(*_: object) -> None:
        raise GivenUp

    monkeypatch.setattr(api.planning, "solve_stoppably", given_up)
    result = guicheng("plan", scenario_folder, "--out", tmp_path / "plan")
    assert result.exit_code == 130
    assert "nothing was written" in result.stderr
    assert not (tmp_path / "plan").exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize(("signals", "status"), [(1, 0), (2, 130)])
def test_a_signal_while_writing(
    guicheng: Guicheng,
    scenario_folder: Path,
    known_plan: None,
    tmp_path: Path,
    ends: None,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    signals: int,
    status: int,
) -> None:
    """The first lets the plan be written, as one during the search does; the second leaves nothing."""
    write = api.planning.write_report

    def hit(*arguments: Any) -> None:
        for _ in range(signals):
            os.kill(os.getpid(), number)
        write(*arguments)

    monkeypatch.setattr(api.planning, "write_report", hit)
    result = guicheng("plan", scenario_folder, "--out", tmp_path / "plan")
    assert result.exit_code == status
    if status:
        assert "nothing was written" in result.stderr
        assert {path.name for path in tmp_path.iterdir()} == {"scenario"}
    else:
        assert {path.name for path in (tmp_path / "plan").iterdir()} == PLAN_FILES


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_while_reading_gives_up(
    scenario_folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    number: int,
) -> None:
    def hit(path: Path) -> None:
        os.kill(os.getpid(), number)

    monkeypatch.setattr(api.cli, "read_scenario", hit)
    monkeypatch.setattr(
        sys, "argv", ["guicheng", "plan", str(scenario_folder), "--out", str(tmp_path / "plan")]
    )
    before = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        with pytest.raises(SystemExit) as ended:
            api.cli.main()
    finally:
        for n, handler in before.items():
            signal.signal(n, handler)
    assert ended.value.code == 130
    assert "已放弃。\nGiven up." in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"scenario"}


# check


def test_check_a_plan_that_holds(guicheng: Guicheng, scenario_folder: Path, plan_folder: Path) -> None:
    result = guicheng("check", scenario_folder, plan_folder)
    assert result.exit_code == 0
    assert "keeps every rule" in result.stdout


def test_check_a_plan_edited_by_hand(guicheng: Guicheng, scenario_folder: Path, plan_folder: Path) -> None:
    edit(plan_folder / "trips.csv", "T1,F1,1,low,1", "T1,F1,9,low,1")
    result = guicheng("check", scenario_folder, plan_folder)
    assert result.exit_code == 1
    assert "vehicle-number" in result.stdout
    assert "没有 9 号车" in guicheng("check", scenario_folder, plan_folder, "--lang", "zh").stdout


def test_check_as_json(guicheng: Guicheng, scenario_folder: Path, plan_folder: Path) -> None:
    holds = json.loads(guicheng("check", scenario_folder, plan_folder, "--json").stdout)
    summary = read_plan(plan_folder).summary
    assert holds["holds"] is True
    assert holds["violations"] == []
    assert (holds["served"], holds["weight"]) == (summary.served, float(summary.weight))
    edit(plan_folder / "trips.csv", "T1,F1,1,low,1", "T1,F1,9,low,1")
    broken = json.loads(guicheng("check", scenario_folder, plan_folder, "--json").stdout)
    assert broken["holds"] is False
    assert [v["rule"] for v in broken["violations"]] == ["vehicle-number"]


def test_check_finds_a_plan_json_that_contradicts_itself(
    guicheng: Guicheng, scenario_folder: Path, plan_folder: Path
) -> None:
    figures = json.loads((plan_folder / "plan.json").read_text(encoding="utf-8"))
    figures["gap"] += 0.01
    figures["cost_yuan"]["total"] -= 1
    (plan_folder / "plan.json").write_text(json.dumps(figures), encoding="utf-8")
    result = guicheng("check", scenario_folder, plan_folder)
    assert result.exit_code == 1
    assert "keeps every rule" not in result.stdout
    assert result.stdout.count("figures_disagree") == 2
    told = json.loads(guicheng("check", scenario_folder, plan_folder, "--json").stdout)
    assert told["holds"] is False
    assert [fault["column"] for fault in told["faults"]] == ["cost_yuan.total", "gap"]


@pytest.fixture
def next_plan(plan_folder: Path) -> Path:
    """A plan that keeps T2 of the first one."""
    plan = read_plan(plan_folder)
    folder = plan_folder.parent / "next"
    write_plan(with_summary(plan, kept=("T2",)), folder, Verbatim(plan_folder, frozenset({"T2"})))
    return folder


def test_check_that_what_had_to_be_kept_is_kept(
    guicheng: Guicheng, scenario_folder: Path, plan_folder: Path, next_plan: Path
) -> None:
    words = ("check", scenario_folder, next_plan, "--kept", plan_folder)
    for more in ([], ["--keep-trip", "T2"], ["--keep-before", "2020-03-02", "--keep-trip", "T2"]):
        result = guicheng(*words, *more)
        assert result.exit_code == 0, result.output
        assert "1 trips of" in result.stdout
    result = guicheng(*words, "--keep-before", "2020-03-03")  # T1 as well
    assert result.exit_code == 1
    assert "kept-named" in result.stdout
    assert json.loads(guicheng(*words, "--keep-trip", "T2", "--json").stdout)["kept"] == ["T2"]


def test_check_finds_a_kept_row_written_in_other_letters(
    guicheng: Guicheng, scenario_folder: Path, plan_folder: Path, next_plan: Path
) -> None:
    words = ("check", scenario_folder, next_plan, "--kept", plan_folder)
    edit(next_plan / "trips.csv", "T1,F1,1,low,1", '"T1",F1,1,low,1')
    assert guicheng(*words).exit_code == 0  # T1 need not be kept
    edit(next_plan / "trips.csv", "T2,F1,2", '"T2",F1,2')
    result = guicheng(*words, "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert told["violations"] == []
    assert [(f["code"], f["table"], f["row"]) for f in told["faults"]] == [
        ("kept_row_rewritten", "trips.csv", 3)
    ]


def test_check_finds_a_kept_row_that_says_something_else(
    guicheng: Guicheng, scenario_folder: Path, plan_folder: Path, next_plan: Path
) -> None:
    edit(next_plan / "seats.csv", "T2,3,Q3", "T2,4,Q3")
    result = guicheng("check", scenario_folder, next_plan, "--kept", plan_folder, "--json")
    assert result.exit_code == 1
    told = json.loads(result.stdout)
    assert [v["rule"] for v in told["violations"]] == ["kept-changed"]
    assert told["faults"] == []


@pytest.mark.parametrize(
    ("more", "told"),
    [
        (["--keep-before", "2020-03-02"], "name it with --kept"),
        (["--keep-trip", "T2"], "name it with --kept"),
        (["--kept", "OLD", "--keep-before", "soon"], "“soon” is no date"),
        (["--kept", "OLD", "--keep-trip", "T22"], "Did you mean T2"),
        (["--kept", "nowhere"], "does not exist"),
    ],
)
def test_check_with_mistaken_words_about_the_plan_before(
    guicheng: Guicheng, scenario_folder: Path, plan_folder: Path, more: list[str], told: str
) -> None:
    words = [str(plan_folder) if word == "OLD" else word for word in more]
    result = guicheng("check", scenario_folder, plan_folder, *words)
    assert result.exit_code == 2
    assert told in result.stderr


def test_check_what_is_no_plan(guicheng: Guicheng, scenario_folder: Path, tmp_path: Path) -> None:
    result = guicheng("check", scenario_folder, scenario_folder, "--json")
    assert result.exit_code == 2
    assert {fault["code"] for fault in json.loads(result.stdout)["faults"]} == {"plan_file_missing"}
    assert guicheng("check", scenario_folder, tmp_path / "nowhere").exit_code == 2


# show


def test_show_a_plan(guicheng: Guicheng, plan_folder: Path) -> None:
    output = guicheng("show", plan_folder).stdout
    assert "P1 → P2 → E1 → E2" in output
    assert "no seat" in output


def test_show_a_trip_with_names(guicheng: Guicheng, scenario_folder: Path, plan_folder: Path) -> None:
    output = guicheng("show", plan_folder, "T2", "--scenario", scenario_folder).stdout
    assert "town P1 (P1)" in output
    assert "03-02 08:40" in output
    assert "worker Q3 (Q3)" in output


def test_show_masks_telephones(guicheng: Guicheng, scenario_folder: Path, plan_folder: Path) -> None:
    write_scenario(
        change(make_scenario(), "workers", "W1", phone="13800138000", id_number="150302199001011234"),
        scenario_folder,
    )
    output = guicheng("show", plan_folder, "T1", "--scenario", scenario_folder).stdout
    assert "*******8000" in output
    assert "1380013" not in output
    assert "1503021990" not in output


def test_show_a_workers_whole_way(guicheng: Guicheng, scenario_folder: Path, plan_folder: Path) -> None:
    output = guicheng("show", plan_folder, "Q1", "--scenario", scenario_folder).stdout
    steps = ["boards T2, seat 1", "alights", "checks in, room T1", "checks out, transfer", "works E1"]
    places = [output.index(step) for step in steps]
    assert places == sorted(places)
    assert "rooms (list price)" in output
    assert "placed on vacancy V1" in guicheng("show", plan_folder, "J1").stdout


def test_show_why_a_worker_stays_behind(guicheng: Guicheng, plan_folder: Path) -> None:
    output = guicheng("show", plan_folder, "X1").stdout
    assert "stays behind: no seat" in output
    assert "F1 2020-03-02" in output


def test_show_what_the_plan_does_not_have(guicheng: Guicheng, plan_folder: Path) -> None:
    near, far = guicheng("show", plan_folder, "W11"), guicheng("show", plan_folder, "elsewhere")
    assert near.exit_code == far.exit_code == 2
    assert "Did you mean W1" in near.stderr
    assert "lists its trips" in far.stderr


def test_warnings_are_counted_and_do_not_stop_anything(
    guicheng: Guicheng, scenario_folder: Path, plan_folder: Path
) -> None:
    edit(scenario_folder / "pickups.csv", "pickup_id,", "note,pickup_id,")
    edit(scenario_folder / "pickups.csv", "\nP", "\n,P")
    result = guicheng("check", scenario_folder, plan_folder)
    assert result.exit_code == 0
    assert "1 warnings in the scenario" in result.stderr


def test_a_closed_pickup_is_told(guicheng: Guicheng, scenario_folder: Path, plan_folder: Path) -> None:
    closed = make_scenario(closures=[make_closure("P1", "2020-03-02", "2020-03-02")])
    write_scenario(closed, scenario_folder)
    result = guicheng("check", scenario_folder, plan_folder)
    assert result.exit_code == 1
    assert result.stdout.count("closure") == 2
