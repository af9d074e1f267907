"""``docs/formats.md`` tells of every table, column, alias, key and code; every code is tested."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from data.plan_tables import PLAN_TABLES
from data.policy_keys import KEYS
from data.tables import POLICY_CHINESE, POLICY_HEADERS, TABLES, folded
from workforce.faults import CATALOGUE
from workforce.plan import Reason, StopKind

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs" / "formats.md").read_text(encoding="utf-8")


def section(heading: str) -> str:
    """The part of the page under a heading, up to the next one of any level."""
    found = re.search(rf"^#+ {re.escape(heading)}.*?$(.*?)(?=^#|\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert found, heading
    return found[1]


@pytest.mark.parametrize("name", TABLES)
def test_every_table_and_column_with_all_its_names(name: str) -> None:
    table = TABLES[name]
    text = section(f"`{table.name}`")
    assert "、".join(table.chinese) in text
    rows = {row.split("`")[1]: row for row in text.splitlines() if row.startswith("| `")}
    assert list(rows) == [column.name for column in table.columns]
    for column in table.columns:
        assert f"| {'、'.join(column.chinese)} |" in rows[column.name]
        assert rows[column.name].startswith(f"| `{column.name}` |") is column.required
        assert column.note.zh in rows[column.name]
        assert column.note.en in rows[column.name]
        assert column.kind.name.en in rows[column.name]


def test_the_page_names_no_table_that_is_not_there() -> None:
    assert re.findall(r"^### `(.*?)`", PAGE, re.MULTILINE) == list(TABLES)


def test_every_key_of_the_policy() -> None:
    text = section("Policy")
    rows = {row.split("`")[1]: row for row in text.splitlines() if row.startswith("| `")}
    assert list(rows) == [key.name for key in KEYS]
    for key in KEYS:
        assert rows[key.name].startswith(f"| `{key.name}` |") is key.required
        assert f"`{key.example}`" in rows[key.name]
        assert key.note.zh in rows[key.name]
        assert key.note.en in rows[key.name]
    for name, chinese in POLICY_HEADERS.items():
        assert f"`{name}` ({'、'.join(chinese)})" in text
    assert POLICY_CHINESE[0] in PAGE


def test_every_code_with_both_its_texts() -> None:
    text = section("Codes")
    rows = {row.split("`")[1]: row for row in text.splitlines() if row.startswith("| `")}
    assert list(rows) == list(CATALOGUE)
    for code, kind in CATALOGUE.items():
        for words in (kind.severity, kind.message.en, kind.message.zh, kind.remedy.en, kind.remedy.zh):
            assert words in rows[code], code


def test_every_code_is_tested() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in HERE.parent.rglob("test_*.py"))
    assert [code for code in CATALOGUE if f'"{code}"' not in tests] == []


def test_every_file_and_column_of_a_plan() -> None:
    text = section("Files of a plan")
    for name, table in PLAN_TABLES.items():
        row = next(line for line in text.splitlines() if line.startswith(f"| `{name}.csv`"))
        assert re.findall(r"`(\w+)`", row.partition("|")[2].partition("|")[2]) == table.header
        assert all(column.chinese in row for column in table.columns)
    for word in (*Reason, *StopKind):
        assert word in text


def test_no_two_columns_of_a_table_share_a_name() -> None:
    for table in TABLES.values():
        names = [folded(name) for column in table.columns for name in (column.name, *column.chinese)]
        assert len(names) == len(set(names)), table.name
    titles = [folded(name) for table in TABLES.values() for name in (table.name, *table.chinese)]
    assert len(titles) == len(set(titles))
