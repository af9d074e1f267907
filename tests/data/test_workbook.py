"""Workbooks: what is written reads as the same, the form is usable, and cells are judged by their type."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from datetime import datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from python_calamine import CalamineWorkbook

from data.plan_workbook import write_plan_workbook
from data.policy_file import policy_texts
from data.policy_keys import KEYS
from data.reading import Reading, read_scenario, table_rows
from data.tables import TABLES
from data.workbook import write_scenario_workbook, write_template
from tests.builders import make_plan, make_scenario
from tests.data.scenario_files import IDENTITIES, errors, full_scenario, warnings, written
from workforce.loop_rules import LoopRules

# A grid of cells by (row, column); a formula is a pair of its text and its stored result.
Sheets = dict[str, list[list[Any]]]


def sheets_of_full_scenario() -> Sheets:
    scenario = full_scenario()
    sheets: Sheets = {}
    for table in TABLES.values():
        kinds = [column.kind for column in table.columns]
        sheets[table.name] = [[column.name for column in table.columns]]
        for row in table_rows(scenario, table):
            sheets[table.name].append(
                ["" if v is None else k.write(v) for k, v in zip(kinds, row, strict=True)]
            )
    sheets["policy"] = [["key", "value"], *map(list, policy_texts(scenario.policy).items())]
    return sheets


def put(sheets: Sheets, name: str, row: int, column: str, value: Any) -> None:
    """Put a cell; rows count as in a spreadsheet."""
    sheets[name][row - 1][sheets[name][0].index(column)] = value


def read(tmp_path: Path, sheets: Sheets) -> Reading:
    path = tmp_path / "s.xlsx"
    book = xlsxwriter.Workbook(path)
    day = book.add_format({"num_format": 'yyyy"年"m"月"d"日"'})
    clock = book.add_format({"num_format": "hh:mm"})
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for r, row in enumerate(rows):
            for c, value in enumerate(row):
                if isinstance(value, tuple):
                    sheet.write_formula(r, c, value[0], None, value[1])
                elif isinstance(value, datetime):
                    sheet.write_datetime(r, c, value, day)
                elif isinstance(value, time):
                    sheet.write_datetime(r, c, value, clock)
                elif isinstance(value, str):
                    sheet.write_string(r, c, value)
                else:
                    sheet.write(r, c, value)
    book.close()
    return read_scenario(path)


def test_what_was_written_reads_as_the_same(tmp_path: Path) -> None:
    for scenario in (full_scenario(), make_scenario()):
        write_scenario_workbook(scenario, tmp_path / "s.xlsx")
        reading = read_scenario(tmp_path / "s.xlsx")
        assert reading.faults == ()
        assert reading.scenario == scenario
    assert [path.name for path in tmp_path.iterdir()] == ["s.xlsx"]


def test_numbers_that_a_sheet_would_round_survive(tmp_path: Path) -> None:
    scenario = full_scenario()
    hotel = replace(scenario.hotels["H1"], lat=0.1 + 0.2, lon=100 / 3)
    fleet = replace(scenario.fleets["F1"], km_yuan=Decimal("6.12345678901234567890"))
    scenario = replace(scenario, hotels={"H1": hotel}, fleets={"F1": fleet})
    write_scenario_workbook(scenario, tmp_path / "s.xlsx")
    assert read_scenario(tmp_path / "s.xlsx").scenario == scenario


def test_a_workbook_of_texts_reads_like_the_folder(tmp_path: Path) -> None:
    assert read(tmp_path, sheets_of_full_scenario()).scenario == full_scenario()


def test_typed_cells(tmp_path: Path) -> None:
    sheets = sheets_of_full_scenario()
    put(sheets, "workers", 2, "phone", 13800138000)
    put(sheets, "workers", 2, "adcode", 640402)
    put(sheets, "workers", 2, "available_from", datetime(2020, 3, 1))
    put(sheets, "workers", 3, "available_from", 43881)
    put(sheets, "hotels", 2, "concession", 0.1 + 0.05)
    put(sheets, "hotels", 2, "single_yuan", ("=100+20", 120))
    put(sheets, "busy", 2, "unit", 3)
    reading = read(tmp_path, sheets)
    assert reading.faults == ()
    assert reading.scenario == full_scenario()


def test_policy_cells(tmp_path: Path) -> None:
    sheets = sheets_of_full_scenario()
    values = {row[0]: i for i, row in enumerate(sheets["policy"])}
    for key, value in {
        "horizon.first_day": datetime(2020, 3, 1),
        "zones.low.admit": True,
        "zones.high.admit": "否",
        "trips.leave_depot": "5:00-22:00",
        "objective.priority_weights": "8, 4, 2, 1",
        "road.speed_kmh": 75,
        "shares.trip.worker_rate": 0.1,
    }.items():
        sheets["policy"][values[key]][1] = value
    assert read(tmp_path, sheets).scenario == full_scenario()
    sheets["policy"][values["trips.leave_depot"]][1] = time(5)
    sheets["policy"].append(["trips.max_pickups", 3])
    reading = read(tmp_path, sheets)
    assert errors(reading) == {
        ("not_a_window", "policy", values["trips.leave_depot"] + 1, "trips.leave_depot"),
        ("key_twice", "policy", len(sheets["policy"]), "trips.max_pickups"),
    }


@pytest.mark.parametrize(
    ("column", "value", "code"),
    [
        ("id_number", 110105194912310021, "identity_as_number"),
        ("id_number", float(IDENTITIES[1]), "identity_as_number"),
        ("worker_id", datetime(2020, 1, 2), "not_text"),
        ("worker_id", 1234567890123456789, "not_text"),
        ("name", datetime(2020, 1, 2), "not_text"),
        ("sex", True, "not_a_choice"),
        ("lat", True, "not_a_number"),
        ("lat", datetime(2020, 1, 2), "not_a_number"),
        ("arrive_by", datetime(2020, 3, 1, 8, 30), "not_a_date"),
        ("arrive_by", 3.5, "not_a_date"),
        ("enterprise_id", ("=VLOOKUP(1,A:B,2)", "#N/A"), "formula_error"),
    ],
)
def test_a_cell_of_the_wrong_type(tmp_path: Path, column: str, value: Any, code: str) -> None:
    sheets = sheets_of_full_scenario()
    put(sheets, "workers", 2, column, value)
    assert (code, "workers", 2, column) in errors(read(tmp_path, sheets))


def test_cells_merged_downwards_count_for_each_row(tmp_path: Path) -> None:
    path = tmp_path / "s.xlsx"
    sheets = sheets_of_full_scenario()
    book = xlsxwriter.Workbook(path)
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        down = 0
        if name == "workers":  # a title over all, and group headings over the names of the columns
            sheet.merge_range(0, 0, 0, len(rows[0]) - 1, "返岗人员花名册")
            sheet.merge_range(1, 0, 2, 0, rows[0][0])
            sheet.merge_range(1, 1, 1, 4, "个人信息")
            down = 2
        for r, row in enumerate(rows, down):
            for c, value in enumerate(row):
                if value and not (name == "workers" and (r, c) == (2, 0)):
                    sheet.write_string(r, c, value)
        if name == "workers":
            column = rows[0].index("enterprise_id")
            sheet.merge_range(down + 1, column, down + 2, column, "E1")
    book.close()
    reading = read_scenario(path)
    assert reading.faults == ()
    assert reading.scenario == full_scenario()


def test_sheets_known_by_chinese_names_and_others(tmp_path: Path) -> None:
    sheets = {
        TABLES[n].chinese[-1] if n in TABLES else "政策": rows
        for n, rows in sheets_of_full_scenario().items()
    }
    reading = read(tmp_path, sheets | {"说明": [["how to"]], "Sheet1": []})
    assert reading.faults == ()
    assert reading.scenario == full_scenario()
    reading = read(tmp_path, sheets | {"hotel": [["x"]]})
    assert warnings(reading) == {("table_unknown", None, None, None)}
    assert errors(read(tmp_path, sheets | {"workers": [["x"]]})) == {("table_twice", "workers", None, None)}


def _damaged(raw: bytes, how: str) -> bytes:
    if how == "cut":
        return raw[: len(raw) // 2]
    if how == "empty":
        return b""
    if how == "text":
        return b"worker_id,name\nW1,x\n"
    source, target = zipfile.ZipFile(io.BytesIO(raw)), io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            if how == "no sheets" and name.startswith("xl/worksheets"):
                continue
            if how == "bad xml" and name == "xl/workbook.xml":
                content = content[: len(content) // 2]
            archive.writestr(name, content)
    return target.getvalue()


@pytest.mark.parametrize("how", ["cut", "empty", "text", "no sheets", "bad xml"])
def test_a_damaged_workbook(tmp_path: Path, how: str) -> None:
    path = tmp_path / "s.xlsx"
    write_scenario_workbook(full_scenario(), path)
    path.write_bytes(_damaged(path.read_bytes(), how))
    assert errors(read_scenario(path)) == {("workbook_damaged", None, None, None)}


@pytest.mark.parametrize("stray", [(1_048_575, 16_383), (1_000_000, 30)])
def test_a_stray_cell_far_out(tmp_path: Path, stray: tuple[int, int]) -> None:
    path = tmp_path / "s.xlsx"
    book = xlsxwriter.Workbook(path)
    sheet = book.add_worksheet("workers")
    sheet.write(0, 0, "worker_id")
    sheet.write(*stray, "x")
    book.close()
    assert errors(read_scenario(path)) == {("sheet_too_large", None, None, None)}


@pytest.mark.parametrize("place", [b"ZZZZZZZZZZZZ1", b"A99999999999999999999", b"xfd1048577"])
def test_cells_at_impossible_places(tmp_path: Path, place: bytes) -> None:
    path = tmp_path / "s.xlsx"
    write_scenario_workbook(full_scenario(), path)
    source, target = zipfile.ZipFile(path), io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        for name in source.namelist():
            content = source.read(name)
            if name == "xl/worksheets/sheet5.xml":
                content = content.replace(b'<c r="B3"', b"<c r='" + place + b"'", 1)
            archive.writestr(name, content)
    path.write_bytes(target.getvalue())
    assert {place[0] for place in errors(read_scenario(path))} <= {"sheet_too_large", "workbook_damaged"}
    assert read_scenario(path).scenario is None


def test_an_old_or_locked_workbook(tmp_path: Path) -> None:
    path = tmp_path / "s.xls"
    path.write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(512))
    assert errors(read_scenario(path)) == {("workbook_old", None, None, None)}


def test_a_workbook_that_unpacks_to_too_much(tmp_path: Path) -> None:
    path = tmp_path / "s.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    raw = bytearray(path.read_bytes())
    directory = raw.rindex(b"PK\x01\x02")
    raw[directory + 24 : directory + 28] = (2**32 - 2).to_bytes(4, "little")  # the size that it claims
    path.write_bytes(raw)
    assert errors(read_scenario(path)) == {("file_too_large", None, None, None)}


# The form


def test_the_form_reads_as_a_scenario_without_rows(tmp_path: Path) -> None:
    write_template(tmp_path / "form.xlsx")
    reading = read_scenario(tmp_path / "form.xlsx")
    assert reading.faults == ()
    assert reading.scenario is not None
    assert reading.scenario.workers == {}
    # Of the keys that say how a plan is carried out, the form has the defaults.
    planning = {key.name for key in KEYS if not key.field.startswith("loop.")}
    assert set(policy_texts(reading.scenario.policy)) == planning
    assert reading.scenario.policy.loop == LoopRules()


def test_the_form_keeps_identities_as_text_and_offers_choices(tmp_path: Path) -> None:
    path = tmp_path / "form.xlsx"
    write_template(path)
    book = CalamineWorkbook.from_path(path)
    assert book.sheet_names[1:] == [*TABLES, "policy"]
    index = book.sheet_names.index("workers") + 1
    with zipfile.ZipFile(path) as archive:
        sheet = archive.read(f"xl/worksheets/sheet{index}.xml").decode()
        styles = archive.read("xl/styles.xml").decode()
        comments = "".join(archive.read(n).decode() for n in archive.namelist() if "comments" in n)
    formats = re.findall(r'<xf numFmtId="(\d+)"', styles.partition("<cellXfs")[2])
    columns = {int(a): formats[int(s)] for a, s in re.findall(r'<col min="(\d+)"[^>]*style="(\d+)"', sheet)}
    for number, column in enumerate(TABLES["workers"].columns, 1):
        assert (columns.get(number) == "49") is column.kind.as_text, column.name  # 49: text
        assert column.note.zh in comments
        assert column.note.en in comments
    assert '"F,M"' in sheet.replace("&quot;", '"')
    assert "enterprises!$A$2" in sheet


def test_a_workbook_that_cannot_be_written_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "s.xlsx").mkdir()
    with pytest.raises(OSError):
        write_template(tmp_path / "s.xlsx")
    assert [path.name for path in tmp_path.iterdir()] == ["s.xlsx"]


# The plan as a workbook


def test_the_plan_has_names_beside_ids_and_hides_identities(tmp_path: Path) -> None:
    scenario = full_scenario()
    path = tmp_path / "plan.xlsx"
    plan = make_plan(scenario)
    write_plan_workbook(plan, scenario, path)
    book = CalamineWorkbook.from_path(path)
    sheets = {name.split()[1]: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}
    assert list(sheets) == ["Summary", "Trips", "Stops", "Seats", "Rooms", "Placements", "Shares", "Unserved"]
    figures = {row[1]: row[2] for row in sheets["Summary"] if row[1]}
    assert figures["served"] == plan.summary.served
    assert figures["total, yuan"] == plan.summary.cost.total / 100
    header = [str(title).splitlines() for title in sheets["Seats"][0]]
    assert header[:5] == [
        ["trip_id", "车次"],
        ["seat", "座位号"],
        ["worker_id", "人员编号"],
        ["name", "姓名"],
        ["id_number", "身份证号"],
    ]
    assert sheets["Seats"][1][2:7] == ["W1", "worker W1", "**************002X", "P1", "town P1"]
    assert sheets["Trips"][1][-1] == plan.trips[0].cost_fen / 100
    assert "座位不足" in sheets["Unserved"][1][4]
    assert len(sheets["Stops"]) == 1 + sum(len(trip.stops) for trip in plan.trips)
    assert len(sheets["Shares"]) == 1 + len(plan.shares)
    with zipfile.ZipFile(path) as archive:
        content = b"".join(archive.read(name) for name in archive.namelist())
    assert IDENTITIES[0].encode() not in content
    assert content.count(b"<autoFilter") == 7
    assert content.count(b'state="frozen"') == 7


def test_the_plan_may_name_what_the_scenario_has_lost(tmp_path: Path) -> None:
    scenario = full_scenario()
    plan = make_plan(scenario)
    gone = replace(scenario, workers={}, pickups={}, fleets={}, hotels={}, enterprises={}, vacancies={})
    write_plan_workbook(plan, gone, tmp_path / "plan.xlsx")
    sheet = CalamineWorkbook.from_path(tmp_path / "plan.xlsx").get_sheet_by_index(3).to_python()
    assert sheet[1][2:5] == ["W1", "", ""]


def test_folder_and_workbook_agree(tmp_path: Path) -> None:
    folder = read_scenario(written(tmp_path / "folder")).scenario
    assert folder is not None
    write_scenario_workbook(folder, tmp_path / "s.xlsx")
    assert read_scenario(tmp_path / "s.xlsx").scenario == folder
