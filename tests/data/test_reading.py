"""Reading a folder: what is understood, and what is refused with which code at which place."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest

from data.policy_file import policy_texts
from data.reading import read_scenario, write_scenario
from data.tables import TABLES
from tests.builders import make_scenario
from tests.data.scenario_files import (
    IDENTITIES,
    errors,
    full_scenario,
    put_cell,
    put_policy,
    put_table,
    table,
    warnings,
    written,
)
from workforce.entities import Risk
from workforce.faults import CATALOGUE, Severity, Text, fault

Place = tuple[str, str | None, int | None, str | None]


# What is understood


def test_what_was_written_reads_as_the_same(tmp_path: Path) -> None:
    for scenario in (full_scenario(), make_scenario()):
        write_scenario(scenario, tmp_path / "s")
        reading = read_scenario(tmp_path / "s")
        assert reading.faults == ()
        assert reading.scenario == scenario


def test_optional_tables_and_columns_may_be_absent(tmp_path: Path) -> None:
    folder = written(tmp_path)
    for name in ("suppliers", "zones", "busy", "distances", "closures"):
        (folder / f"{name}.csv").unlink()
    rows = table(folder, "fleets")
    keep = [i for i, name in enumerate(rows[0]) if name not in ("first_day", "last_day", "reserved_for")]
    put_table(folder, "fleets", [[row[i] for i in keep] for row in rows])
    reading = read_scenario(folder)
    assert reading.faults == ()
    assert reading.scenario is not None
    assert reading.scenario.roads == {}
    assert reading.scenario.fleets["F1"].first_day is None


def test_tables_without_rows_are_legal(tmp_path: Path) -> None:
    folder = written(tmp_path)
    for name in ("workers", "vacancies", "intentions", "hotels", "busy", "distances"):
        put_table(folder, name, table(folder, name)[:1])
    reading = read_scenario(folder)
    assert reading.faults == ()
    assert reading.scenario is not None
    assert reading.scenario.workers == {}


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_encodings(tmp_path: Path, encoding: str) -> None:
    folder = written(tmp_path)
    put_table(folder, "enterprises", table(folder, "enterprises"), encoding)
    assert read_scenario(folder).scenario == full_scenario()


@pytest.mark.parametrize("title", [[], [["返岗人员花名册"]]], ids=["header", "title"])
@pytest.mark.parametrize("separator", ["\t", ";"])
def test_other_separators(tmp_path: Path, separator: str, title: list[list[str]]) -> None:
    folder = written(tmp_path)
    rows = title + table(folder, "workers")
    with (folder / "workers.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=separator).writerows(rows)
    assert read_scenario(folder).scenario == full_scenario()


def test_every_chinese_name_is_understood(tmp_path: Path) -> None:
    for turn in range(max(len(c.chinese) for t in TABLES.values() for c in t.columns)):
        folder = tmp_path / str(turn)
        written(folder)
        for name, described in TABLES.items():
            rows = table(folder, name)
            rows[0] = [c.chinese[min(turn, len(c.chinese) - 1)] for c in described.columns]
            (folder / f"{name}.csv").unlink()
            put_table(folder, described.chinese[min(turn, len(described.chinese) - 1)], rows)
        reading = read_scenario(folder)
        assert reading.faults == ()
        assert reading.scenario == full_scenario()


@pytest.mark.parametrize(
    "header",
    [
        "Worker ID",
        "WORKER_ID*",
        "ｗｏｒｋｅｒ＿ｉｄ",
        " 工人 编号 ",
        "worker_id\n工人编号",
        "工号（必填）",
        "worker-id / 工号",
    ],
)
def test_headers_are_read_with_tolerance(tmp_path: Path, header: str) -> None:
    folder = written(tmp_path)
    put_cell(folder, "workers", 1, "worker_id", header)
    assert read_scenario(folder).scenario == full_scenario()


def test_titles_above_the_header_and_blank_rows(tmp_path: Path) -> None:
    folder = written(tmp_path)
    rows = table(folder, "workers")
    put_table(folder, "workers", [["返岗人员花名册"], [], *rows[:2], ["", "", " "], *rows[2:]])
    assert read_scenario(folder).scenario == full_scenario()
    rows[2][rows[0].index("lat")] = "95"
    put_table(folder, "workers", [["返岗人员花名册"], [], *rows[:2], ["", "", " "], *rows[2:]])
    assert errors(read_scenario(folder)) == {("out_of_range", "workers", 6, "lat")}


@pytest.mark.parametrize(
    "text",
    [
        "2020-03-01",
        "2020/3/1",
        "2020.3.1",
        "2020年3月1日",
        "２０２０－０３－０１",
        "2020-03-01 00:00:00",
        "43891",
        "20200301",
    ],
)
def test_dates(tmp_path: Path, text: str) -> None:
    folder = written(tmp_path)
    put_cell(folder, "workers", 2, "available_from", text)
    scenario = read_scenario(folder).scenario
    assert scenario is not None
    assert scenario.workers["W1"].available_from == date(2020, 3, 1)


@pytest.mark.parametrize(
    ("name", "column", "text", "value"),
    [
        ("fleets", "seats", "12.0", 12),
        ("fleets", "seats", "１２", 12),
        ("fleets", "day_fen", "￥1,800.50", 180_050),
        ("fleets", "km_yuan", "6.12345", Decimal("6.12345")),
        ("hotels", "concession", "15%", Decimal("0.15")),
        ("hotels", "lat", " 39.7 ", 39.7),
    ],
)
def test_numbers(tmp_path: Path, name: str, column: str, text: str, value: object) -> None:
    folder = written(tmp_path)
    put_cell(folder, name, 2, column.replace("fen", "yuan"), text)
    scenario = read_scenario(folder).scenario
    assert scenario is not None
    assert getattr(next(iter(getattr(scenario, name).values())), column) == value


def test_words_and_codes(tmp_path: Path) -> None:
    folder = written(tmp_path)
    put_cell(folder, "zones", 2, "risk", "高风险")
    put_cell(folder, "zones", 3, "risk", "中")
    put_cell(folder, "workers", 2, "sex", "女")
    put_cell(folder, "workers", 2, "id_number", IDENTITIES[0].lower())
    put_cell(folder, "workers", 3, "enterprise_id", "Ｅ１")
    put_cell(folder, "busy", 2, "unit", "3.0")
    put_cell(folder, "busy", 3, "unit", "ｔ2")
    scenario = read_scenario(folder).scenario
    assert scenario is not None
    assert list(scenario.zones.values()) == [Risk.HIGH, Risk.MEDIUM]
    assert scenario.workers["W1"].sex == "F"
    assert scenario.workers["W1"].id_number == IDENTITIES[0]
    assert scenario.workers["W2"].enterprise_id == "E1"
    assert [busy.unit for busy in scenario.busy] == ["3", "T2"]


def test_policy_keeps_numbers_exact_and_has_defaults(tmp_path: Path) -> None:
    folder = written(tmp_path)
    put_policy(folder, lambda text: text.replace("[8, 4, 2, 1]", "[8.1, 4, 2.0, 1]"))
    for line in ("max_drivers = 2", "night_ban", "seats_per_row", "observation_seats", "max_yuan_per_worker"):
        put_policy(
            folder,
            lambda text, line=line: "".join(r for r in text.splitlines(True) if not r.startswith(line)),
        )
    put_policy(folder, lambda text: text[: text.index("[budgets]")] + text[text.index("[objective]") :])
    put_policy(folder, lambda text: text[: text.index("wait_yuan_per_day")])
    reading = read_scenario(folder)
    assert reading.faults == ()
    assert reading.scenario is not None
    policy = reading.scenario.policy
    assert policy.priority_weights == (Decimal("8.1"), 4, 2, 1)
    assert [type(weight) for weight in policy.priority_weights] == [Decimal, int, int, int]
    assert (policy.driving.max_drivers, policy.driving.night_ban) == (2, None)
    assert (policy.trips.seats_per_row, policy.trips.observation_seats) == (4, 0)
    assert (policy.trips.max_fen_per_worker, policy.government_fen) == (None, None)
    assert policy.wait_fen_per_day == (0, 0, 0, 0)


def test_policy_as_a_table(tmp_path: Path) -> None:
    folder = written(tmp_path)
    expected = full_scenario().policy
    (folder / "policy.toml").unlink()
    texts = policy_texts(expected)
    texts |= {"trips.leave_depot": "5:00～22:00", "trips.reception": "06:00，23:00", "zones.low.admit": "是"}
    texts |= {"objective.priority_weights": "8、4、2、1", "driving.max_drivers": ""}  # blank is absent
    rows = [["参数", "值", "说明"], *([key, text, "?"] for key, text in texts.items()), ["", "", "a remark"]]
    put_table(folder, "政策", rows)
    reading = read_scenario(folder)
    assert reading.faults == ()
    assert reading.scenario is not None
    assert reading.scenario.policy == expected
    assert expected.trips.leave_depot == (time(5), time(22))


# What is refused: one change of one cell

CELLS: list[tuple[str, int, str, str, str]] = [
    ("enterprises", 2, "enterprise_id", "", "value_missing"),
    ("enterprises", 2, "priority", "5", "out_of_range"),
    ("enterprises", 2, "priority", "1.5", "not_whole"),
    ("enterprises", 2, "workforce", "-1", "out_of_range"),
    ("enterprises", 2, "workforce", "1e999999", "out_of_range"),
    ("enterprises", 2, "restart_share", "1.2", "out_of_range"),
    ("enterprises", 2, "restart_share", "120%", "out_of_range"),
    ("enterprises", 2, "lat", "91", "out_of_range"),
    ("enterprises", 2, "lon", "-181", "out_of_range"),
    ("enterprises", 2, "lat", "nan", "not_a_number"),
    ("enterprises", 2, "lon", "inf", "not_a_number"),
    ("enterprises", 2, "lat", "1_0", "not_a_number"),
    ("enterprises", 2, "budget_yuan", "12.345", "money_decimals"),
    ("enterprises", 2, "budget_yuan", "约五万", "not_a_number"),
    ("enterprises", 2, "adcode", "15030", "adcode_form"),
    ("enterprises", 2, "name", "#REF!", "formula_error"),
    ("enterprises", 2, "enterprise_id", "E\u200b1", "bad_characters"),
    ("workers", 2, "lat", "#N/A", "formula_error"),
    ("workers", 2, "adcode", "1503021", "adcode_form"),
    ("workers", 2, "sex", "X", "not_a_choice"),
    ("workers", 2, "available_from", "3月1日", "not_a_date"),
    ("workers", 2, "available_from", "2020-02-30", "not_a_date"),
    ("workers", 2, "available_from", "20-3-1", "not_a_date"),
    ("workers", 2, "arrive_by", "1920-03-01", "out_of_range"),
    ("workers", 2, "id_number", "1.50302E+17", "identity_as_number"),
    ("workers", 2, "id_number", "150302199001011000", "identity_as_number"),
    ("workers", 2, "enterprise_id", "E9", "id_unknown"),
    ("workers", 3, "worker_id", "W1", "id_twice"),
    ("vacancies", 2, "enterprise_id", "E9", "id_unknown"),
    ("vacancies", 2, "headcount", "many", "not_a_number"),
    ("intentions", 2, "worker_id", "W9", "id_unknown"),
    ("intentions", 2, "vacancy_id", "V9", "id_unknown"),
    ("suppliers", 2, "supplier_id", "E9", "id_unknown"),
    ("suppliers", 2, "buyer_id", "E9", "id_unknown"),
    ("zones", 2, "risk", "严重", "not_a_choice"),
    ("zones", 3, "adcode", "610702", "id_twice"),
    ("pickups", 2, "pickup_id", "E1", "id_shared"),
    ("fleets", 2, "seats", "0", "out_of_range"),
    ("fleets", 2, "vehicles", "2.5", "not_whole"),
    ("fleets", 2, "last_day", "2020-02-01", "days_reversed"),
    ("fleets", 2, "reserved_for", "E9", "id_unknown"),
    ("hotels", 2, "concession", "-0.1", "out_of_range"),
    ("hotels", 2, "single_yuan", "-5", "out_of_range"),
    ("hotels", 2, "last_night", "2020-02-01", "days_reversed"),
    ("hotels", 2, "reserved_for", "E9", "id_unknown"),
    ("busy", 2, "place_id", "P1", "id_unknown"),
    ("busy", 2, "unit", "4", "unit_unknown"),
    ("busy", 2, "unit", "S1", "unit_unknown"),
    ("busy", 3, "unit", "T3", "unit_unknown"),
    ("busy", 3, "unit", "S0", "unit_unknown"),
    ("busy", 3, "last_day", "2020-02-01", "days_reversed"),
    ("closures", 2, "place_id", "F1", "id_unknown"),
    ("closures", 2, "last_day", "2020-03-01", "days_reversed"),
    ("distances", 2, "from_id", "W1", "id_unknown"),
    ("distances", 2, "minutes", "-1", "out_of_range"),
    ("distances", 2, "km", "1e9", "out_of_range"),
]


@pytest.mark.parametrize(("name", "row", "column", "value", "code"), CELLS)
def test_a_bad_cell(tmp_path: Path, name: str, row: int, column: str, value: str, code: str) -> None:
    folder = written(tmp_path)
    put_cell(folder, name, row, column, value)
    assert (code, name, row, column) in errors(read_scenario(folder))


WARNED: list[tuple[str, int, str, str, str]] = [
    ("workers", 2, "id_number", "110105194912310021", "identity_checksum"),
    ("workers", 2, "id_number", "G12345678", "identity_form"),
    ("workers", 2, "phone", "1380013800", "phone_implausible"),
    ("workers", 3, "id_number", IDENTITIES[0], "identity_shared"),
    ("workers", 2, "arrive_by", "2020-02-01", "dates_crossed"),
    ("enterprises", 2, "uscc", "91350100M000100Y44", "credit_code_invalid"),
    ("enterprises", 2, "present", "11", "present_above_workforce"),
    ("intentions", 2, "worker_id", "W1", "intention_ignored"),
]


@pytest.mark.parametrize(("name", "row", "column", "value", "code"), WARNED)
def test_a_doubtful_cell_is_a_warning(
    tmp_path: Path, name: str, row: int, column: str, value: str, code: str
) -> None:
    folder = written(tmp_path)
    put_cell(folder, name, row, column, value)
    reading = read_scenario(folder)
    assert errors(reading) == set()
    assert warnings(reading) == {(code, name, row, column)}


# What is refused: other changes


def _renamed_column(folder: Path) -> None:
    put_cell(folder, "workers", 1, "arrive_by", "arrive_bye")


def _column_again(folder: Path) -> None:
    put_table(
        folder, "pickups", [[*row, row[0] if i else "编号"] for i, row in enumerate(table(folder, "pickups"))]
    )


def _wide_row(folder: Path) -> None:
    rows = table(folder, "pickups")
    rows[2].append(", more")
    put_table(folder, "pickups", rows)


def _pair_again(folder: Path) -> None:
    rows = table(folder, "distances")
    put_table(folder, "distances", [*rows, [*rows[1][:2], "1", "1"]])


def _supplier_again(folder: Path) -> None:
    rows = table(folder, "suppliers")
    put_table(folder, "suppliers", [*rows, rows[1]])


def _same_person(folder: Path) -> None:
    put_cell(folder, "workers", 3, "id_number", IDENTITIES[0])
    put_cell(folder, "workers", 3, "name", "worker W1")


def _party_with_a_seeker(folder: Path) -> None:
    put_cell(folder, "workers", 4, "party_id", "B")


def _binary(folder: Path) -> None:
    (folder / "pickups.csv").write_bytes(b"pickup_id,name\x00\x01")


def _no_encoding(folder: Path) -> None:
    (folder / "pickups.csv").write_bytes(b"pickup_id,name\xff\xff\n")


def _open_quote(folder: Path) -> None:
    path = folder / "pickups.csv"
    path.write_text(path.read_text() + '"P9,x\n')


def _policy(before: str, after: str) -> Callable[[Path], None]:
    return lambda folder: put_policy(folder, lambda text: text.replace(before, after, 1))


def _policy_table(*rows: list[str]) -> Callable[[Path], None]:
    def spoil(folder: Path) -> None:
        (folder / "policy.toml").unlink()
        put_table(folder, "policy", list(rows))

    return spoil


def _without(name: str) -> Callable[[Path], None]:
    return lambda folder: (folder / name).unlink()


def _stays(folder: Path, name: str, to: str) -> None:
    (folder / to).write_bytes((folder / name).read_bytes())


SPOILED: list[tuple[Callable[[Path], object], Place]] = [
    (_without("workers.csv"), ("table_missing", "workers", None, None)),
    (_without("policy.toml"), ("table_missing", "policy", None, None)),
    (lambda f: _stays(f, "workers.csv", "员工.csv"), ("table_twice", "workers", None, None)),
    (lambda f: (f / "hotels.csv").write_text(""), ("header_missing", "hotels", None, None)),
    (_policy_table(["horizon", "2020"]), ("header_missing", "policy", None, None)),
    (_policy_table(["key", "value"], ["name", "a"], ["name", "b"]), ("key_twice", "policy", 3, "name")),
    (_renamed_column, ("column_missing", "workers", 1, "arrive_by")),
    (_column_again, ("column_twice", "pickups", 1, "pickup_id")),
    (_wide_row, ("row_too_wide", "pickups", 3, None)),
    (_pair_again, ("pair_twice", "distances", 14, "to_id")),
    (_same_person, ("person_twice", "workers", 3, "id_number")),
    (_party_with_a_seeker, ("party_mixed", "workers", 9, "party_id")),
    (lambda f: put_cell(f, "workers", 9, "enterprise_id", "E2"), ("party_mixed", "workers", 10, "party_id")),
    (lambda f: put_cell(f, "workers", 9, "adcode", "610702"), ("party_mixed", "workers", 10, "party_id")),
    (_binary, ("file_binary", "pickups", None, None)),
    (_no_encoding, ("file_encoding", "pickups", None, None)),
    (_open_quote, ("csv_broken", "pickups", None, None)),
    (_policy("[road]", "[road"), ("policy_syntax", "policy", None, None)),
    (_policy("speed_kmh = 75.0\n", ""), ("key_missing", "policy", None, "road.speed_kmh")),
    (_policy("admit = true\n", ""), ("key_missing", "policy", None, "zones.low.admit")),
    (_policy('"small case"', '" "'), ("value_missing", "policy", None, "name")),
    (_policy("admit = true", 'admit = "perhaps"'), ("not_yes_no", "policy", None, "zones.low.admit")),
    (_policy("max_pickups = 2", "max_pickups = 51"), ("out_of_range", "policy", None, "trips.max_pickups")),
    (_policy("max_drops = 2", "max_drops = 0"), ("out_of_range", "policy", None, "trips.max_drops")),
    (_policy("speed_kmh = 75.0", "speed_kmh = nan"), ("not_a_number", "policy", None, "road.speed_kmh")),
    (_policy("speed_kmh = 75.0", "speed_kmh = true"), ("not_a_number", "policy", None, "road.speed_kmh")),
    (
        _policy("load_factor = 1.0", "load_factor = 1.5"),
        ("out_of_range", "policy", None, "zones.low.load_factor"),
    ),
    (_policy("= 2020-03-07", "= 2020-02-07"), ("days_reversed", "policy", None, "horizon.last_day")),
    (_policy("= 2020-03-07", "= 2020-03-07T08:00:00"), ("not_a_date", "policy", None, "horizon.last_day")),
    (
        _policy('["05:00", "22:00"]', '["22:00", "05:00"]'),
        ("window_reversed", "policy", None, "trips.leave_depot"),
    ),
    (
        _policy('["06:00", "23:00"]', '["06:00", "24:00"]'),
        ("not_a_window", "policy", None, "trips.reception"),
    ),
    (
        _policy('["02:00", "05:00"]', '["02:00", "02:00"]'),
        ("window_empty", "policy", None, "driving.night_ban"),
    ),
    (_policy("[8, 4, 2, 1]", "[8, 4, 2]"), ("not_a_list", "policy", None, "objective.priority_weights")),
    (
        _policy("[40, 20, 10, 5]", "[40, -1, 10, 5]"),
        ("out_of_range", "policy", None, "objective.wait_yuan_per_day"),
    ),
]


@pytest.mark.parametrize(("spoil", "place"), SPOILED, ids=[f"{p[0]}-{p[3] or p[1]}" for _, p in SPOILED])
def test_a_spoiled_scenario(tmp_path: Path, spoil: Callable[[Path], object], place: Place) -> None:
    folder = written(tmp_path)
    spoil(folder)
    assert place in errors(read_scenario(folder))


def test_a_risk_that_occurs_needs_its_section(tmp_path: Path) -> None:
    folder = written(tmp_path)
    put_policy(folder, lambda text: text[: text.index("[zones.high]")] + text[text.index("[trips]") :])
    assert errors(read_scenario(folder)) == set()  # a zone that nobody comes from or goes to
    put_cell(folder, "zones", 3, "adcode", "150302")  # where H1 and E1 are
    assert errors(read_scenario(folder)) == {("risk_without_section", "policy", None, "zones.high")}


def test_what_is_not_known_is_a_warning_with_a_guess(tmp_path: Path) -> None:
    folder = written(tmp_path)
    put_table(folder, "hotel", [["x"]])
    put_table(folder, "酒店信息", [["x"]])
    put_table(
        folder,
        "pickups",
        [[*row, "y"] if i else [*row, "hotel_name"] for i, row in enumerate(table(folder, "pickups"))],
    )
    put_policy(folder, lambda text: text.replace("[trips]\n", "[trips]\nmax_dropz = 3\n"))
    _supplier_again(folder)
    (folder / "notes.txt").write_text("not a table")
    reading = read_scenario(folder)
    assert reading.scenario == full_scenario()
    assert warnings(reading) == {
        ("table_unknown", None, None, None),
        ("column_unknown", "pickups", 1, "hotel_name"),
        ("key_unknown", "policy", None, "trips.max_dropz"),
        ("row_repeated", "suppliers", 4, "buyer_id"),
    }
    remedies = {(f.code, f.message.en): f.remedy for f in reading.faults}
    guesses = {
        "“hotel.csv”": "“hotels”",
        "“酒店信息.csv”": "“酒店”",
        "“trips.max_dropz”": "“trips.max_drops”",
    }
    for strange, meant in guesses.items():
        (remedy,) = (remedy for (_, message), remedy in remedies.items() if strange in message)
        assert meant in remedy.zh and meant in remedy.en


def test_a_misspelt_column_and_id_are_guessed(tmp_path: Path) -> None:
    folder = written(tmp_path)
    _renamed_column(folder)
    put_cell(folder, "intentions", 2, "worker_id", "j01")
    remedies = {f.code: f.remedy.en for f in read_scenario(folder).faults}
    assert "“arrive_bye”" in remedies["column_missing"]
    assert "“J1”" in remedies["id_unknown"]


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    folder = written(tmp_path)
    put_cell(folder, "workers", 2, "lat", "x")
    put_cell(folder, "workers", 8, "enterprise_id", "E9")
    put_cell(folder, "fleets", 2, "seats", "")
    (folder / "hotels.csv").unlink()
    put_policy(
        folder,
        lambda text: text.replace("speed_kmh = 75.0\n", "").replace("max_pickups = 2", "max_pickups = 0"),
    )
    assert errors(read_scenario(folder)) == {
        ("table_missing", "hotels", None, None),
        ("not_a_number", "workers", 2, "lat"),
        ("id_unknown", "workers", 8, "enterprise_id"),
        ("value_missing", "fleets", 2, "seats"),
        ("key_missing", "policy", None, "road.speed_kmh"),
        ("out_of_range", "policy", None, "trips.max_pickups"),
    }


def test_paths_that_hold_no_scenario(tmp_path: Path) -> None:
    assert errors(read_scenario(tmp_path / "nowhere")) == {("path_missing", None, None, None)}
    assert errors(read_scenario(tmp_path)) == {("folder_empty", None, None, None)}
    (tmp_path / "a.csv").write_text("x")
    assert errors(read_scenario(tmp_path / "a.csv")) == {("not_a_scenario", None, None, None)}


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path) -> None:
    folder = written(tmp_path)
    with (folder / "pickups.csv").open("r+b") as file:
        file.truncate(300 * 2**20)  # sparse: it takes no room
    assert ("file_too_large", "pickups", None, None) in errors(read_scenario(folder))


def test_a_file_that_may_not_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = written(tmp_path)
    read_bytes = Path.read_bytes

    def locked(path: Path) -> bytes:
        if path.name == "workers.csv":
            raise PermissionError(13, "Permission denied")
        return read_bytes(path)

    monkeypatch.setattr(Path, "read_bytes", locked)
    assert errors(read_scenario(folder)) == {("file_unreadable", "workers", None, None)}


def test_identity_numbers_are_masked_in_messages(tmp_path: Path) -> None:
    folder = written(tmp_path)
    _same_person(folder)
    put_cell(folder, "workers", 4, "id_number", "110105194912310021")
    for found in read_scenario(folder).faults:
        assert IDENTITIES[0][:14] not in str(found)


def test_a_fault_speaks_both_languages() -> None:
    found = fault(
        "id_unknown",
        "workers",
        3,
        "enterprise_id",
        value="E{9}",
        tables="enterprises",
        guess=Text("是", "yes"),
    )
    assert found.message.zh == "“E{9}”不在表 enterprises 中。"
    assert found.remedy.en.endswith("yes")
    assert found.place == "workers, row 3, enterprise_id"
    long = fault("not_a_date", value="x" * 1000 + "\n")
    assert len(long.message.en) < 120
    for kind in CATALOGUE.values():
        assert isinstance(kind.severity, Severity)
        assert all((kind.message.zh, kind.message.en, kind.remedy.zh, kind.remedy.en))


def test_a_scenario_changed_is_not_equal(tmp_path: Path) -> None:
    """The equality that the other tests rely on is one of values."""
    folder = written(tmp_path)
    put_cell(folder, "workers", 2, "name", "someone else")
    changed = read_scenario(folder).scenario
    original = full_scenario()
    assert changed != original
    assert changed == replace(
        original, workers={**original.workers, "W1": replace(original.workers["W1"], name="someone else")}
    )
