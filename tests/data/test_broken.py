"""Two hundred broken scenarios: each is refused with at least one error, none with an exception."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from data.reading import read_scenario, write_scenario
from data.tables import TABLES
from data.workbook import write_scenario_workbook
from tests.data.scenario_files import full_scenario, put_table, table
from workforce.faults import CATALOGUE

Breaking = Callable[[Path, Random], str]

REQUIRED = [t.name for t in TABLES.values() if t.required]
NEEDED = [(t.name, c.name) for t in TABLES.values() for c in t.columns if c.required]
TYPED = [
    (t.name, c.name)
    for t in TABLES.values()
    for c in t.columns
    if not c.kind.as_text or c.kind.choices or c.name == "adcode"
]
NUMBERS = [
    (t.name, c.name)
    for t in TABLES.values()
    for c in t.columns
    if not c.kind.as_text
    and "day" not in c.name
    and "night" not in c.name
    and c.name not in ("fill_by", "available_from", "arrive_by")
]
REFERENCES = [(t.name, c.name) for t in TABLES.values() for c in t.columns if c.refers]
RUBBISH = ("abc", "三十", "12a", "--", "1,2,3", "2020-13-45", "#N/A", "null", "🚌", "0x1F", "1/2")
ABSURD = ("-1", "-0.01", "1e99", "999999999999999999999", "nan", "inf", "-inf", "1e999999999", "１e３０")
BYTES = (b"\x00\x01\x02\x03", b"\xff\xfe\x00", b"\x80\x81\x82\xff\xff", b"PK\x03\x04")


def cell(folder: Path, chance: Random, name: str, column: str, value: str) -> str:
    rows = table(folder, name)
    row = chance.randrange(1, len(rows))
    rows[row][rows[0].index(column)] = value
    put_table(folder, name, rows)
    return f"{name} row {row + 1} {column} = {value!r}"


def missing_table(folder: Path, chance: Random) -> str:
    file = chance.choice([*(f"{name}.csv" for name in REQUIRED), "policy.toml"])
    (folder / file).unlink()
    return f"without {file}"


def missing_column(folder: Path, chance: Random) -> str:
    name, column = chance.choice(NEEDED)
    rows = table(folder, name)
    gone = rows[0].index(column)
    put_table(folder, name, [row[:gone] + row[gone + 1 :] for row in rows])
    return f"{name} without {column}"


def blank_cell(folder: Path, chance: Random) -> str:
    return cell(folder, chance, *chance.choice(NEEDED), chance.choice(("", " ", "\u3000")))


def wrong_type(folder: Path, chance: Random) -> str:
    return cell(folder, chance, *chance.choice(TYPED), chance.choice(RUBBISH))


def absurd_number(folder: Path, chance: Random) -> str:
    name, column = chance.choice([pair for pair in NUMBERS if pair[1] not in ("lat", "lon")])
    return cell(folder, chance, name, column, chance.choice(ABSURD))


def off_the_globe(folder: Path, chance: Random) -> str:
    name, column = chance.choice([pair for pair in NUMBERS if pair[1] in ("lat", "lon")])
    return cell(folder, chance, name, column, chance.choice(("181", "-999", "1e9", "nan", "39°40′")))


def dangling(folder: Path, chance: Random) -> str:
    return cell(folder, chance, *chance.choice(REFERENCES), chance.choice(("NOBODY", "E-1", "0", "甲")))


def repeated_row(folder: Path, chance: Random) -> str:
    name = chance.choice([t.name for t in TABLES.values() if t.key])
    rows = table(folder, name)
    put_table(folder, name, [*rows, chance.choice(rows[1:])])
    return f"{name} repeats a row"


def shifted_row(folder: Path, chance: Random) -> str:
    name = chance.choice(list(TABLES))
    rows = table(folder, name)
    row = chance.choice(rows[1:])
    row.insert(0, "x")
    row[-1] = row[-1] or "x"
    put_table(folder, name, rows)
    return f"{name} has a shifted row"


def bad_bytes(folder: Path, chance: Random) -> str:
    file = chance.choice([*(f"{name}.csv" for name in REQUIRED), "policy.toml"])
    raw = bytearray((folder / file).read_bytes())
    at = chance.randrange(len(raw) // 4)  # in the header or near it
    rubbish = chance.choice(BYTES)
    raw[at:at] = rubbish * 4
    (folder / file).write_bytes(bytes(raw))
    return f"{file} has {rubbish!r} at {at}"


def header_gone(folder: Path, chance: Random) -> str:
    name = chance.choice(REQUIRED)
    put_table(folder, name, table(folder, name)[1:])
    return f"{name} without header"


def cut_file(folder: Path, chance: Random) -> str:
    name = chance.choice(REQUIRED)
    path = folder / f"{name}.csv"
    raw = path.read_bytes()
    path.write_bytes(raw[: chance.randrange(raw.index(b"\n") // 2)])
    return f"{name} cut"


def spoiled_policy(folder: Path, chance: Random) -> str:
    path = folder / "policy.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    keys = [i for i, line in enumerate(lines) if " = " in line and not line.startswith("name")]
    optional = (
        "seats_per_row",
        "observation",
        "max_yuan",
        "max_drivers",
        "night_ban",
        "government_yuan",
        "wait",
    )
    at = chance.choice([i for i in keys if not lines[i].startswith(optional)])
    how = chance.choice(("gone", "rubbish", "negative", "broken", "huge"))
    key = lines[at].partition(" = ")[0]
    if how == "gone":
        del lines[at]
    else:
        lines[at] = (
            key + {"rubbish": ' = "x"', "negative": " = -1", "broken": " = [", "huge": " = 1e999999"}[how]
        )
    path.write_text("\n".join(lines), encoding="utf-8")
    return f"policy {key} {how}"


def a_folder_in_place_of_a_file(folder: Path, chance: Random) -> str:
    file = chance.choice([f"{name}.csv" for name in REQUIRED])
    (folder / file).unlink()
    (folder / file).mkdir()
    return f"{file} is a folder"


IN_FOLDERS: tuple[Breaking, ...] = (
    missing_table,
    missing_column,
    blank_cell,
    wrong_type,
    absurd_number,
    off_the_globe,
    dangling,
    repeated_row,
    shifted_row,
    bad_bytes,
    header_gone,
    cut_file,
    spoiled_policy,
    a_folder_in_place_of_a_file,
)


@pytest.mark.parametrize("seed", range(168))
def test_a_broken_folder(tmp_path: Path, seed: int) -> None:
    write_scenario(full_scenario(), tmp_path)
    breaking = IN_FOLDERS[seed % len(IN_FOLDERS)]
    told = breaking(tmp_path, Random(seed))
    refused_clearly(tmp_path, told)


@pytest.mark.parametrize("seed", range(32))
def test_a_damaged_workbook(tmp_path: Path, seed: int) -> None:
    path = tmp_path / "s.xlsx"
    write_scenario_workbook(full_scenario(), path)
    chance = Random(seed)
    raw = bytearray(path.read_bytes())
    how = ("cut", "hole", "noise", "start")[seed % 4]
    at = chance.randrange(len(raw))
    if how == "cut":
        del raw[at:]
    elif how == "hole":
        del raw[at : at + 500]
    elif how == "noise":
        at = raw.index(b"PK\x01\x02")  # the directory of the archive
        raw[at + 4 : at + 60] = chance.randbytes(56)
    else:
        raw[:4] = chance.randbytes(4)
        del raw[-at // 2 :]
    path.write_bytes(bytes(raw))
    refused_clearly(path, f"{how} at {at}")


def refused_clearly(path: Path, told: str) -> None:
    reading = read_scenario(path)
    wrong = [f for f in reading.faults if f.is_error]
    assert reading.scenario is None, told
    assert wrong, told
    for found in reading.faults:
        assert found.code in CATALOGUE
        assert all((found.message.zh, found.message.en, found.remedy.zh, found.remedy.en)), found
        assert "{" not in found.message.zh.replace(told, "")
