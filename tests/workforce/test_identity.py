import pytest

from workforce.identity import (
    credit_code_valid,
    masked,
    phone_plausible,
    resident_check,
    resident_form,
    resident_valid,
)


@pytest.mark.parametrize("number", ["11010519491231002X", "440524188001010014"])
def test_numbers_of_the_standard_are_valid(number: str) -> None:
    assert resident_valid(number)
    assert resident_check(number) == number[-1]


def test_every_single_wrong_digit_is_found() -> None:
    number = "11010519491231002X"
    for place in range(17):
        for digit in "0123456789":
            if digit != number[place]:
                assert not resident_valid(number[:place] + digit + number[place + 1 :])


@pytest.mark.parametrize(
    "number",
    [
        "",
        "110105194912310",
        "11010519491331002X",
        "11010519490230002X",
        "1101051949123100AX",
        "11010519491231002x",
    ],
)
def test_what_has_not_the_form_of_a_resident_number(number: str) -> None:
    assert not resident_form(number)
    assert not resident_valid(number)


def test_check_needs_seventeen_digits() -> None:
    with pytest.raises(ValueError):
        resident_check("1234")


def test_credit_code_has_a_check_character() -> None:
    assert credit_code_valid("91350100M000100Y43")
    assert not credit_code_valid("91350100M000100Y44")
    assert not credit_code_valid("91350100M000100Y4")
    assert not credit_code_valid("91350100M000100I43")


@pytest.mark.parametrize(
    ("phone", "plausible"),
    [
        ("13800138000", True),
        ("+86 138 0013 8000", True),
        ("0473-2998888", True),
        ("(0473) 2998888", True),
        ("400-800-1234", True),
        ("12800138000", False),
        ("1380013800", False),
        ("1.38E+10", False),
        ("不详", False),
    ],
)
def test_phone(phone: str, plausible: bool) -> None:
    assert phone_plausible(phone) is plausible


def test_masking_leaves_the_last_four() -> None:
    assert masked("11010519491231002X") == "**************002X"
    assert masked("13800138000") == "*******8000"
    assert masked("") == ""
