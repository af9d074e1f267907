"""What somebody submits, before any database sees it."""

from __future__ import annotations

import pytest

from data.submitted import CSV, JSON, judge_worker, read_submitted
from workforce.faults import Unusable

WINDOW = {"最早出发日期": "2020-02-24", "最迟到达日期": "2020-03-08"}


def test_rows_are_numbered_as_the_submitter_counts_them() -> None:
    rows = [{"姓名": "王", **WINDOW}, {}, {"姓名": "李", "年龄": 30, **WINDOW}]
    assert [row.number for row in read_submitted("workers", JSON, rows).rows] == [1, 3]
    text = "返岗人员名单\n姓名,最早出发日期,最迟到达日期\n王,2020-02-24,2020-03-08\n".encode()
    read = read_submitted("workers", CSV, text)
    assert [row.number for row in read.rows] == [3] and read.given(3) == ["王", "2020-02-24", "2020-03-08"]


def test_both_names_of_a_column_are_one_too_many() -> None:
    with pytest.raises(Unusable) as refused:
        read_submitted("workers", JSON, [{"姓名": "王", "name": "王", **WINDOW}])
    assert [f.code for f in refused.value.faults] == ["column_twice"]


@pytest.mark.parametrize(
    ("cells", "code"),
    [
        ({"phone": "13800138000"}, "home_missing"),
        ({"phone": "13800138000", "address": "朝阳区"}, "home_unknown"),
        ({"address": "甘肃省兰州市城关区"}, "nobody_named"),
    ],
)
def test_a_row_says_what_it_lacks(cells: dict[str, str], code: str) -> None:
    row = read_submitted("workers", JSON, [{"name": "王", **WINDOW, **cells}]).rows[0]
    judge_worker(row)
    assert [f.code for f in row.faults] == [code] and not row.good


def test_nowhere_is_taken_from_the_identity_number() -> None:
    row = read_submitted("workers", JSON, [{"name": "王", "id_number": "11010519491231002X", **WINDOW}]).rows[
        0
    ]
    judge_worker(row)
    assert "adcode" not in row.cells and [f.code for f in row.faults] == ["home_missing"]


def test_a_text_that_no_database_can_hold_is_refused() -> None:
    row = read_submitted("workers", JSON, [{"name": "王\x00", "phone": "13800138000", **WINDOW}]).rows[0]
    assert [(f.column, f.code) for f in row.faults] == [("name", "bad_characters")]
