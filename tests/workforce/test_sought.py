"""What is typed to find a person, and whom it fits."""

from __future__ import annotations

import pytest

from workforce.sought import sought

PERSON = {"name": "阿卜杜拉·买买提", "id_number": "11010519491231002X", "phone": "+86 138-0013-8002"}


@pytest.mark.parametrize(
    "typed",
    [
        "买买提",
        "阿卜杜拉•买买提",
        "拉买",
        " 阿 卜 ",
        "11010519491231002X",
        "１１０１０５１９４９１２３１００２ｘ",
        "110105 19491231 002x",
        "002x",
        "13800138002",
        "0086 138 0013 8002",
        "8002",
    ],
)
def test_a_part_of_the_name_a_whole_number_and_its_last_four_fit(typed: str) -> None:
    assert sought(typed).fits(PERSON)


@pytest.mark.parametrize(
    "typed", ["买提买", "1101051949", "02X", "38002", "1380013800", "2X", "110105194912310029", "", " ·*_"]
)
def test_another_name_and_a_part_of_a_number_do_not(typed: str) -> None:
    assert not sought(typed).fits(PERSON)


def test_capitals_of_a_name_do_not_matter() -> None:
    assert sought("o'NEILL").fits({"name": "Seán O’Neill"})


def test_of_what_is_masked_only_what_is_shown_fits() -> None:
    masked: dict[str, str | None] = {"name": "王**", "id_number": "*" * 14 + "002X", "phone": None}
    assert sought("王").fits(masked) and sought("002x").fits(masked)
    assert not any(sought(typed).fits(masked) for typed in ("王小", "**", "*", "11010519491231002X"))


def test_who_was_told_of_with_nothing_is_not_found() -> None:
    assert not any(sought(typed).fits({}) for typed in ("王", "0000", ""))
