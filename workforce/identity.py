"""Resident identity numbers, unified social credit codes and telephone numbers: validity and masking."""

from __future__ import annotations

import re
from datetime import date
from operator import mul

_RESIDENT = re.compile(r"[0-9]{17}[0-9X]")
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECKS = "10X98765432"

_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # no I, O, S, V, Z
_CREDIT = re.compile(f"[{_CREDIT_ALPHABET}]{{18}}")

_SEPARATORS = re.compile(r"[\s()\-]|^(?:\+|00)86(?=[\s\-]*[01])")
_PHONE = re.compile(r"1[3-9][0-9]{9}|0[0-9]{2,3}[0-9]{7,8}|[48]00[0-9]{7}")


def resident_form(number: str) -> bool:
    """Whether it has the form of GB 11643: 17 digits with a date of birth, then a digit or X."""
    if not _RESIDENT.fullmatch(number):
        return False
    try:
        date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return False
    return True


def resident_check(number: str) -> str:
    """The check character over the first 17 digits (GB 11643, ISO 7064 MOD 11-2).

    Raises:
        ValueError: the first 17 characters are not digits.
    """
    if len(number) < len(_RESIDENT_WEIGHTS):
        raise ValueError(number)
    total = sum(map(mul, _RESIDENT_WEIGHTS, map(int, number)))
    return _RESIDENT_CHECKS[total % 11]


def resident_valid(number: str) -> bool:
    return resident_form(number) and resident_check(number) == number[17]


def credit_code_valid(code: str) -> bool:
    """Whether it is a unified social credit code with the right check character (GB 32100, mod 31)."""
    if not _CREDIT.fullmatch(code):
        return False
    total = sum(pow(3, i, 31) * _CREDIT_ALPHABET.index(c) for i, c in enumerate(code[:17]))
    return _CREDIT_ALPHABET[-total % 31] == code[17]


def phone_plausible(phone: str) -> bool:
    """A mobile, landline or service number; spaces, dashes, brackets and +86 do not matter."""
    return bool(_PHONE.fullmatch(_SEPARATORS.sub("", phone.strip())))


def masked(number: str, shown: int = 4) -> str:
    """All but the last characters hidden: what a list may show of an identity or telephone number."""
    hidden = max(len(number) - shown, 0)
    return "*" * hidden + number[hidden:]


def masked_name(name: str) -> str:
    """The first character, which mostly is the family name, and how many follow."""
    return name[:1] + "*" * (len(name) - 1)
