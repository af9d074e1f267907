"""What a person types or names wrongly: a code, both languages, a remedy, status 2, and nothing written."""

from __future__ import annotations

import errno
import os
import re
import shutil
import sys
from pathlib import Path

import pytest

import api.cli
from data.reading import write_scenario
from tests.api.conftest import Guicheng
from tests.builders import make_scenario, with_policy
from workforce.faults import CATALOGUE


def assert_told(output: str, code: str) -> None:
    assert code in output
    assert "Traceback" not in output
    assert CATALOGUE[code].remedy.zh[-4:] in output  # the remedy, in Chinese as well


@pytest.mark.parametrize(
    ("words", "zh", "en"),
    [
        (["fly"], "fly", "No such command"),
        (["plan", "S"], "缺少 --out", "Missing option"),
        (["plan", "S", "--out", "new", "--time-limit", "-3"], "--time-limit 的值不合适", "greater than"),
        (["plan", "S", "--out", "new", "--time-limit", "soon"], "--time-limit 的值不合适", "number"),
        (["plan", "S", "--out", "new", "--time-limit", "inf"], "--time-limit 是秒数", "number of seconds"),
        (["plan", "S", "--out", "new", "--speed", "9"], "没有选项 --speed", "No such option"),
        (["template", "form.doc"], ".xlsx 结尾", "must end in .xlsx"),
        (["check", "S", "P", "--keep-trip", "T1"], "--kept 指明", "name it with --kept"),
        (["remote", "watch"], "缺少 JOB", "guicheng remote watch --help"),
    ],
)
def test_wrong_usage(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    words: list[str],
    zh: str,
    en: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "240")
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(sys, "argv", ["guicheng", *words])
    with pytest.raises(SystemExit) as ended:
        api.cli.main()
    assert ended.value.code == 2
    told = capsys.readouterr().err
    assert zh in told and en in told
    assert_told(told, "wrong_usage")
    assert list(tmp_path.iterdir()) == []


def test_no_words_at_all_show_the_help(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["guicheng"])
    with pytest.raises(SystemExit) as ended:
        api.cli.main()
    assert not ended.value.code
    assert "replan" in capsys.readouterr().out


@pytest.mark.parametrize("command", ["validate", "plan", "check"])
def test_a_plan_is_no_scenario(guicheng: Guicheng, plan_folder: Path, tmp_path: Path, command: str) -> None:
    more = {"validate": [], "plan": ["--out", tmp_path / "new"], "check": [plan_folder]}[command]
    result = guicheng(command, plan_folder, *more, "--lang", "both")
    assert result.exit_code == 2
    assert_told(result.output, "plan_as_scenario")
    assert "table_missing" not in result.output
    assert not (tmp_path / "new").exists()


def test_a_scenario_is_no_plan(guicheng: Guicheng, scenario_folder: Path) -> None:
    result = guicheng("show", scenario_folder, "--lang", "both")
    assert result.exit_code == 2
    assert_told(result.stderr, "plan_file_missing")
    assert result.stderr.count("plan_file_missing") == 1


@pytest.mark.parametrize("wanted", ["W11", "nobody"])
def test_nobody_of_that_name(guicheng: Guicheng, plan_folder: Path, wanted: str) -> None:
    result = guicheng("show", plan_folder, wanted, "--lang", "both")
    assert result.exit_code == 2
    assert_told(result.stderr, "not_in_plan")
    assert ("是否想写 W1" in result.stderr) == (wanted == "W11")


def test_a_template_over_a_file(guicheng: Guicheng, tmp_path: Path) -> None:
    (tmp_path / "form.xlsx").write_text("dear")
    result = guicheng("template", tmp_path / "form.xlsx", "--lang", "both")
    assert result.exit_code == 2
    assert_told(result.stderr, "file_exists")


def test_the_root_of_the_file_system_is_no_place_for_a_plan(
    guicheng: Guicheng, scenario_folder: Path, known_plan: None
) -> None:
    result = guicheng("plan", scenario_folder, "--out", scenario_folder.anchor, "--lang", "both")
    assert result.exit_code == 2
    assert_told(result.stderr, "folder_not_a_plan")


def test_a_folder_that_may_not_be_written(
    guicheng: Guicheng,
    scenario_folder: Path,
    known_plan: None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "locked").mkdir()

    def refuse(**asked: object) -> None:  # for root all is open
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), asked["dir"])

    monkeypatch.setattr("api.planning.TemporaryDirectory", refuse)
    result = guicheng("plan", scenario_folder, "--out", tmp_path / "locked" / "plan", "--lang", "both")
    assert result.exit_code == 3
    assert_told(result.stderr, "cannot_write")
    assert list((tmp_path / "locked").iterdir()) == []


def test_a_plan_that_may_not_be_read(
    guicheng: Guicheng, plan_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def locked(folder: Path) -> None:
        raise PermissionError(13, "Permission denied", str(folder))

    monkeypatch.setattr(api.cli, "read_plan", locked)
    result = guicheng("show", plan_folder, "--lang", "both")
    assert result.exit_code == 2
    assert_told(result.stderr, "cannot_read")


def test_a_plan_of_another_scenario(guicheng: Guicheng, plan_folder: Path, tmp_path: Path) -> None:
    write_scenario(with_policy(make_scenario(), name="another case"), tmp_path / "other")
    replan = (
        "replan",
        tmp_path / "other",
        plan_folder,
        "--keep-before",
        "2020-03-03",
        "--out",
        tmp_path / "new",
    )
    for words in (replan, ("show", plan_folder, "T1", "--scenario", tmp_path / "other")):
        result = guicheng(*words, "--lang", "both")
        assert result.exit_code == 2
        assert_told(result.stderr, "plan_of_another_scenario")
    assert not (tmp_path / "new").exists()


DAMAGE = [
    ("seats.csv", "T1,1,W1", None),
    ("stops.csv", "T1,2,", None),
    ("stops.csv", "T1,6,", None),
    ("shares.csv", "W1,trip", None),
    ("shares.csv", "Q1,room", None),
    ("rooms.csv", "Q1,", None),
    ("trips.csv", r"(T1,F1,.*),[\d.]+$", r"\1,1.00"),  # its cost
    ("seats.csv", "T2,3,Q3,P1,H1", "T2,3,Q3,P1,E1"),
]


@pytest.mark.parametrize(("file", "row", "becomes"), DAMAGE)
def test_an_old_plan_that_has_lost_rows_is_not_kept(
    guicheng: Guicheng,
    scenario_folder: Path,
    plan_folder: Path,
    tmp_path: Path,
    file: str,
    row: str,
    becomes: str | None,
) -> None:
    path = plan_folder / file
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    (at,) = [n for n, line in enumerate(lines) if re.match(row, line)]
    new = [] if becomes is None else [re.sub(row, becomes, lines[at])]
    path.write_text("".join([*lines[:at], *new, *lines[at + 1 :]]), encoding="utf-8")
    words = ("replan", scenario_folder, plan_folder, "--keep-before", "2020-03-03", "--out", tmp_path / "new")
    result = guicheng(*words, "--lang", "both")
    assert result.exit_code == 2
    assert_told(result.stderr, "kept_trip_damaged")
    assert not (tmp_path / "new").exists()
    assert guicheng(*words[:3], "--keep-before", "2020-03-02", *words[5:]).exit_code == 0  # keeps none of it


def test_an_old_plan_without_a_table(
    guicheng: Guicheng, scenario_folder: Path, plan_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(plan_folder, tmp_path / "old")
    (tmp_path / "old" / "shares.csv").unlink()
    result = guicheng(
        *("replan", scenario_folder, tmp_path / "old", "--keep-before", "2020-03-03"),
        *("--out", tmp_path / "new", "--lang", "both"),
    )
    assert result.exit_code == 2
    assert_told(result.stderr, "plan_file_missing")
    assert not (tmp_path / "new").exists()
