"""The files of a plan: written whole or not at all, kept rows to the byte, read strictly."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

import data.plan_folder as plan_folder
from data.plan_files import Verbatim, read_plan, rewritten_rows, write_plan
from data.plan_folder import require_plan_folder
from data.plan_json import summary_faults
from data.plan_tables import PLAN_TABLES
from tests.builders import make_plan, make_scenario
from workforce.faults import Unusable
from workforce.plan import Plan, Seat, Share, Status, Stay

FILES = {*(f"{name}.csv" for name in PLAN_TABLES), "plan.json"}


def ordered(plan: Plan) -> Plan:
    """The plan with its rows in the order of the files."""
    return replace(
        plan,
        trips=tuple(sorted(plan.trips, key=lambda t: t.trip_id)),
        seats=tuple(sorted(plan.seats, key=lambda s: (s.trip_id, s.seat))),
        stays=tuple(sorted(plan.stays, key=lambda s: s.worker_id)),
        shares=tuple(sorted(plan.shares, key=lambda s: (s.worker_id, s.item))),
        unserved=tuple(sorted(plan.unserved, key=lambda u: u.worker_id)),
    )


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def codes(call: Callable[[], object]) -> set[tuple[str, str | None, int | None, str | None]]:
    with pytest.raises(Unusable) as caught:
        call()
    assert str(caught.value)
    return {(f.code, f.table, f.row, f.column) for f in caught.value.faults}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the base plan."""
    write_plan(make_plan(), tmp_path / "plan")
    return tmp_path / "plan"


# Writing and reading back


def test_what_was_written_reads_as_the_same(folder: Path) -> None:
    assert set(content(folder)) == FILES
    assert read_plan(folder) == ordered(make_plan())


def test_rows_do_not_depend_on_the_order_of_the_plan(folder: Path, tmp_path: Path) -> None:
    plan = make_plan()
    turned = replace(
        plan,
        **{
            name: tuple(reversed(getattr(plan, name)))
            for name in ("trips", "seats", "stays", "shares", "unserved")
        },
    )
    write_plan(turned, tmp_path / "turned")
    assert content(tmp_path / "turned") == content(folder)


def test_an_empty_plan_has_all_files_with_their_headers(tmp_path: Path) -> None:
    plan = make_plan()
    empty = replace(plan, trips=(), seats=(), stays=(), placements=(), shares=(), unserved=())
    write_plan(empty, tmp_path / "new" / "plan")
    for name, table in PLAN_TABLES.items():
        assert (tmp_path / "new" / "plan" / f"{name}.csv").read_text() == ",".join(table.header) + "\n"
    assert read_plan(tmp_path / "new" / "plan") == empty


def test_the_summary_as_json(tmp_path: Path) -> None:
    plan = make_plan()
    summary = replace(
        plan.summary,
        status=Status.OPTIMAL,
        weight=Decimal("61.5"),
        weight_bound=Decimal("123"),
        cost=replace(plan.summary.cost, trips=100, rooms=0, transfers=0, access=0, waiting=1),
        cost_bound_fen=90,
        kept=("T1",),
    )
    write_plan(replace(plan, summary=summary), tmp_path / "p")
    said = json.loads((tmp_path / "p" / "plan.json").read_text(encoding="utf-8"))
    assert said["status"] == "optimal"
    assert (said["weight"], said["weight_bound"]) == (61.5, 123)
    assert [type(said[key]) for key in ("weight", "weight_bound")] == [float, int]
    assert said["cost_yuan"] == {
        "trips": 1.0,
        "rooms": 0,
        "transfers": 0,
        "access": 0,
        "waiting": 0.01,
        "total": 1.01,
    }
    assert said["cost_bound_yuan"] == 0.9
    assert said["gap"] == pytest.approx(11 / 101)
    assert said["weight_gap"] == 0.5
    assert said["kept"] == ["T1"]
    assert read_plan(tmp_path / "p").summary == summary
    assert summary_faults(tmp_path / "p") == ()


def test_texts_with_commas_quotes_and_line_breaks(tmp_path: Path) -> None:
    plan = make_plan()
    odd = replace(plan.unserved[0], detail='F1 2020-03-02, "H1"\nnight 3')
    write_plan(replace(plan, unserved=(odd,)), tmp_path / "p")
    assert read_plan(tmp_path / "p").unserved == (odd,)


# All or nothing


def test_extra_files_come_with_the_plan(tmp_path: Path) -> None:
    def report(folder: Path) -> None:
        assert folder != tmp_path / "p"
        (folder / "report.html").write_text("report")

    write_plan(make_plan(), tmp_path / "p", extras=[report])
    assert set(content(tmp_path / "p")) == FILES | {"report.html"}


@pytest.mark.parametrize("exchange", [True, False])
def test_a_plan_replaces_the_one_before(
    folder: Path, exchange: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not exchange:
        monkeypatch.setattr(plan_folder, "_exchange", lambda one, other: False)
    (folder / "report.html").write_text("of the plan before")
    (folder / "changes.csv").write_text("of the plan before")
    (folder / "notes.txt").write_text("a person's own")
    (folder / "photos").mkdir()
    (folder / "photos" / "1.txt").write_text("x")
    write_plan(replace(make_plan(), unserved=()), folder)
    assert read_plan(folder).unserved == ()
    assert {path.name for path in folder.iterdir()} == FILES | {"notes.txt", "photos"}
    assert (folder / "photos" / "1.txt").read_text() == "x"
    assert [path.name for path in folder.parent.iterdir()] == ["plan"]


def test_a_failed_run_leaves_the_old_plan(folder: Path) -> None:
    before = content(folder)

    def fail(folder: Path) -> None:
        raise RuntimeError("no report")

    with pytest.raises(RuntimeError, match="no report"):
        write_plan(replace(make_plan(), unserved=()), folder, extras=[fail])
    assert content(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["plan"]


def test_a_killed_run_leaves_the_old_plan_and_the_next_clears_up(folder: Path) -> None:
    before = content(folder)
    script = (
        "import os, sys\nfrom pathlib import Path\nfrom data.plan_files import read_plan, write_plan\n"
        "folder = Path(sys.argv[1])\n"
        "write_plan(read_plan(folder), folder, extras=[lambda part: os._exit(9)])\n"
    )
    root = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", script, str(folder)], cwd=root, check=False)
    assert ended.returncode == 9
    assert content(folder) == before
    assert len(list(folder.parent.iterdir())) == 2
    write_plan(make_plan(), folder)
    assert content(folder) == before
    assert [path.name for path in folder.parent.iterdir()] == ["plan"]


def test_a_run_killed_between_two_renames_is_settled(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = content(folder)
    monkeypatch.setattr(plan_folder, "_exchange", lambda one, other: False)
    rename = Path.rename

    def once(path: Path, target: Path) -> Path:
        if path.name.endswith(".part"):
            raise KeyboardInterrupt
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", once)
    with pytest.raises(KeyboardInterrupt):
        write_plan(replace(make_plan(), unserved=()), folder)
    monkeypatch.undo()
    assert not folder.exists()
    assert read_plan(folder) == ordered(make_plan())
    assert content(folder) == before


def test_a_folder_that_is_no_plan_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("precious")
    assert codes(lambda: write_plan(make_plan(), tmp_path)) == {("folder_not_a_plan", None, None, None)}
    assert codes(lambda: require_plan_folder(tmp_path / "thesis.txt")) == {("file_exists", None, None, None)}
    assert codes(lambda: read_plan(tmp_path / "thesis.txt")) == {("plan_file_missing", None, None, None)}
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
    (tmp_path / "empty").mkdir()
    require_plan_folder(tmp_path / "empty")
    require_plan_folder(tmp_path / "new")


# Kept trips


def edit(folder: Path, name: str, change: Callable[[str], str]) -> None:
    path = folder / name
    before = path.read_bytes().decode()
    assert change(before) != before
    path.write_bytes(change(before).encode())


def hand_edited(folder: Path) -> None:
    """The same plan as a person's editor would save it."""
    edit(folder, "trips.csv", lambda text: text.replace("T1,F1", '"T1",F1').replace("\n", "\r\n"))
    edit(folder, "stops.csv", lambda text: "\ufeff" + text.replace(",50.00,", ",50.0,"))
    edit(folder, "shares.csv", lambda text: text.replace("W1,trip,E1,684.58", 'W1,trip,"E1",684.58'))


def test_rows_of_kept_trips_are_the_same_to_the_byte(folder: Path) -> None:
    hand_edited(folder)
    old = read_plan(folder)
    kept_workers = {"W1", "W2", "J1"}
    lines = {
        name: {line for line in (folder / f"{name}.csv").read_bytes().splitlines()[1:] if keep(line)}
        for name, keep in {
            "trips": lambda line: b"T1" in line.split(b",")[0],
            "stops": lambda line: line.startswith(b"T1,"),
            "seats": lambda line: line.startswith(b"T1,"),
            "placements": lambda line: True,
            "shares": lambda line: line.split(b",")[0].decode() in kept_workers,
        }.items()
    }
    assert {name: len(rows) for name, rows in lines.items()} == {
        "trips": 1,
        "stops": 6,
        "seats": 3,
        "placements": 1,
        "shares": 3,
    }
    new = replace(
        old, trips=old.trips[:1], seats=old.seats[:3], stays=(), shares=_of(old.shares, kept_workers)
    )
    write_plan(new, folder, Verbatim(folder, frozenset({"T1"})))
    for name, rows in lines.items():
        assert set((folder / f"{name}.csv").read_bytes().splitlines()[1:]) == rows
    assert read_plan(folder) == new


def _of(shares: tuple[Share, ...], workers: set[str]) -> tuple[Share, ...]:
    return tuple(share for share in shares if share.worker_id in workers)


def test_rows_that_are_not_kept_are_written_anew(folder: Path, tmp_path: Path) -> None:
    before = content(folder)
    hand_edited(folder)
    write_plan(read_plan(folder), tmp_path / "new", Verbatim(folder, frozenset()))
    assert content(tmp_path / "new") == before


def test_stays_of_kept_riders_are_kept(folder: Path, tmp_path: Path) -> None:
    edit(folder, "rooms.csv", lambda text: text.replace("Q1,H1", 'Q1,"H1"'))
    write_plan(read_plan(folder), tmp_path / "new", Verbatim(folder, frozenset({"T2"})))
    assert (tmp_path / "new" / "rooms.csv").read_bytes() == (folder / "rooms.csv").read_bytes()


@pytest.mark.parametrize(
    "changed",
    [
        lambda plan: replace(plan, trips=(replace(plan.trips[0], vehicle_no=3), *plan.trips[1:])),
        lambda plan: replace(plan, seats=(replace(plan.seats[0], seat=7), *plan.seats[1:])),
        lambda plan: replace(plan, placements=()),
        lambda plan: replace(plan, shares=plan.shares[1:]),
    ],
)
def test_a_plan_that_differs_from_what_it_keeps_is_refused(
    folder: Path, tmp_path: Path, changed: Callable[[Plan], Plan]
) -> None:
    with pytest.raises(ValueError, match="kept"):
        write_plan(changed(read_plan(folder)), tmp_path / "new", Verbatim(folder, frozenset({"T1"})))
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]


def test_kept_rows_in_other_letters_are_found(folder: Path, tmp_path: Path) -> None:
    kept = Verbatim(folder, frozenset({"T2"}))
    write_plan(read_plan(folder), tmp_path / "new", kept)
    assert rewritten_rows(kept, tmp_path / "new") == ()
    edit(tmp_path / "new", "rooms.csv", lambda text: text.replace("Q1,H1", 'Q1,"H1"'))
    edit(tmp_path / "new", "trips.csv", lambda text: text.replace("T1,F1", 'T1,"F1"'))  # is not kept
    edit(
        tmp_path / "new", "seats.csv", lambda text: text.replace("T2,3,Q3", "T2,4,Q3")
    )  # says something else
    assert [(f.code, f.table, f.row) for f in rewritten_rows(kept, tmp_path / "new")] == [
        ("kept_row_rewritten", "rooms.csv", 2)
    ]


# Reading strictly

SPOILED: list[tuple[str, str, str, tuple[str, str | None, int | None, str | None]]] = [
    ("trips.csv", "trip_id,fleet_id", "fleet_id,trip_id", ("plan_columns", "trips.csv", None, None)),
    ("seats.csv", "trip_id,seat", "trip_id,Seat", ("plan_columns", "seats.csv", None, None)),
    ("trips.csv", "T1,F1,1", "T1,F1,1,9", ("plan_row_width", "trips.csv", 2, None)),
    ("trips.csv", "T1,F1,1", "T1,F1,01", ("not_plain_whole", "trips.csv", 2, "vehicle_no")),
    ("trips.csv", "T1,F1,1", "T1,F1,1.0", ("not_plain_whole", "trips.csv", 2, "vehicle_no")),
    ("trips.csv", "T1,F1,1", ",F1,1", ("value_missing", "trips.csv", 2, "trip_id")),
    ("trips.csv", "T1,F1,1,low", "T1,F1,1,none", ("not_a_choice", "trips.csv", 2, "risk")),
    ("trips.csv", "2020-03-02", "2020-3-2", ("not_plain_date", "trips.csv", 2, "first_day")),
    ("trips.csv", "2020-03-02", "2020-02-30", ("not_plain_date", "trips.csv", 2, "first_day")),
    ("trips.csv", "2053.75", "2053.755", ("money_decimals", "trips.csv", 2, "cost_yuan")),
    ("trips.csv", "2053.75", "2e3", ("not_a_number", "trips.csv", 2, "cost_yuan")),
    ("trips.csv", "T2,", "T1,", ("id_twice", "trips.csv", None, "trip_id")),
    ("trips.csv", "T2,", '"T2,', ("csv_broken", "trips.csv", None, None)),
    ("stops.csv", "T1,1,depart", "T9,1,depart", ("id_unknown", "stops.csv", None, "trip_id")),
    ("stops.csv", "2020-03-02T08:40", "2020-03-02 08:40", ("not_plain_minute", "stops.csv", 3, "arrive")),
    ("stops.csv", "2020-03-02T08:40", "2020-03-02T25:40", ("not_plain_minute", "stops.csv", 3, "arrive")),
    ("shares.csv", "J1,trip", "J1,tip", ("not_a_choice", "shares.csv", 2, "item")),
    ("unserved.csv", "no_seat", "no seat", ("not_a_choice", "unserved.csv", 2, "reason")),
    ("plan.json", "{", "[", ("plan_json_broken", "plan.json", None, None)),
    ("plan.json", '"seed": 0', '"seed": NaN', ("plan_json_broken", "plan.json", None, None)),
    ("plan.json", '"seed": 0', '"seed": true', ("plan_figure", "plan.json", None, "seed")),
    ("plan.json", '"seed": 0', '"seed": 1e999999', ("plan_figure", "plan.json", None, "seed")),
    ("plan.json", '"workers": 7', '"workers": "7"', ("plan_figure", "plan.json", None, "workers")),
    ("plan.json", '"workers": 7', '"workers": 7.5', ("plan_figure", "plan.json", None, "workers")),
    (
        "plan.json",
        '"waiting": 205.0',
        '"waiting": 205.001',
        ("plan_figure", "plan.json", None, "cost_yuan.waiting"),
    ),
    ("plan.json", '"feasible"', '"infeasible"', ("plan_figure", "plan.json", None, "status")),
    ("plan.json", '"builder 1"', '""', ("plan_figure", "plan.json", None, "planner")),
    ("plan.json", '"builder 1"', '"builder 1", "kept": "T1"', ("plan_figure", "plan.json", None, "kept")),
]


@pytest.mark.parametrize(("name", "before", "after", "place"), SPOILED)
def test_a_spoiled_plan(folder: Path, name: str, before: str, after: str, place: Any) -> None:
    edit(folder, name, lambda text: text.replace(before, after, 1))
    assert place in codes(lambda: read_plan(folder))


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_missing_or_empty_file(folder: Path, name: str) -> None:
    (folder / name).write_text("")
    code = "plan_json_broken" if name == "plan.json" else "header_missing"
    assert (code, name, None, None) in codes(lambda: read_plan(folder))
    (folder / name).unlink()
    assert ("plan_file_missing", name, None, None) in codes(lambda: read_plan(folder))


def test_all_faults_of_a_plan_are_told_at_once(folder: Path) -> None:
    edit(folder, "trips.csv", lambda text: text.replace("T1,F1,1", "T1,F1,x"))
    edit(folder, "rooms.csv", lambda text: text.replace("2020-03-05", "05.03.2020"))
    (folder / "seats.csv").unlink()
    assert {place[:3] for place in codes(lambda: read_plan(folder))} == {
        ("not_plain_whole", "trips.csv", 2),
        ("not_plain_date", "rooms.csv", 2),
        ("not_plain_date", "rooms.csv", 3),
        ("not_plain_date", "rooms.csv", 4),
        ("plan_file_missing", "seats.csv", None),
        ("id_unknown", "stops.csv", None),
    }


def test_no_plan_at_all(tmp_path: Path) -> None:
    assert codes(lambda: read_plan(tmp_path / "none")) == {("path_missing", None, None, None)}


def test_what_a_person_may_change_is_read_for_the_checker_to_judge(folder: Path) -> None:
    edit(
        folder,
        "stops.csv",
        lambda text: text.replace("T1,1,depart,F1", "T1,1,depart,P1").replace(",50.00,", ",-1,"),
    )
    edit(folder, "seats.csv", lambda text: text + "\nT7,1,W1,P1,E1\n")
    edit(folder, "rooms.csv", lambda text: text.replace("Q3,H1,S1", "Q3,H1,X"))
    plan = read_plan(folder)
    assert plan.trips[0].stops[0].place_id == "P1"
    assert plan.trips[0].stops[1].km == -1
    assert plan.seats[-1] == Seat("T7", 1, "W1", "P1", "E1")
    stay = make_plan().stay_of["Q3"]
    assert plan.stay_of["Q3"] == Stay("Q3", "H1", "X", stay.check_in, stay.check_out)


def test_a_summary_that_contradicts_itself(folder: Path) -> None:
    assert summary_faults(folder) == ()
    edit(folder, "plan.json", lambda text: text.replace('"total": 4887.97', '"total": 4887.9'))
    edit(folder, "plan.json", lambda text: text.replace('"weight_gap": 0.01', '"weight_gap": 0.02'))
    assert [(f.code, f.column) for f in summary_faults(folder)] == [
        ("figures_disagree", "cost_yuan.total"),
        ("figures_disagree", "weight_gap"),
    ]
    edit(folder, "plan.json", lambda text: text.replace('"gap"', '"map"'))
    assert ("plan_figure", "gap") in [(f.code, f.column) for f in summary_faults(folder)]
    (folder / "plan.json").write_text("")
    assert codes(lambda: summary_faults(folder)) == {("plan_json_broken", "plan.json", None, None)}


def test_the_base_scenario_is_the_plans_own() -> None:
    """The figures that the tests above replace by text are those of the base plan."""
    plan = make_plan(make_scenario())
    assert (plan.summary.cost.total, plan.summary.workers, plan.trips[0].cost_fen) == (488_797, 7, 205_375)
