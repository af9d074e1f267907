"""What somebody types to find a person, and whom it fits."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

LAST = 4  # characters by which a number is found as well as by the whole: those that a list shows
_NUMBERS = ("id_number", "phone")
_DIGITS = re.compile(r"[0-9]+x?")
_BETWEEN = re.compile(r"[\W_]+")  # what stands for nothing, a mask's stars among it
_ABROAD = re.compile(r"(?:00)?86(?=1[3-9][0-9]{9}$)")  # China's code before a mobile number


@dataclass(frozen=True, slots=True)
class Sought:
    """A part of a name, a whole identity or telephone number, or the last characters of one."""

    text: str

    def fits(self, told: Mapping[str, str | None]) -> bool:
        """Whether it is of a person: ``told`` has the name and the numbers as far as they may be searched."""
        if not _DIGITS.fullmatch(self.text):
            return bool(self.text) and self.text in _plain(told.get("name") or "")
        numbers = (_number(told.get(name) or "") for name in _NUMBERS)
        return any(self.text in (number, number[-LAST:]) for number in numbers)


def sought(typed: str) -> Sought:
    """However it is written: full-width, in capitals or not, with blanks, dots or dashes."""
    return Sought(_number(typed))


def _number(text: str) -> str:
    return _ABROAD.sub("", _plain(text))


def _plain(text: str) -> str:
    return _BETWEEN.sub("", unicodedata.normalize("NFKC", text).casefold())
