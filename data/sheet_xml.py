"""What a workbook's own XML says of its sheets, before they are laid out in memory.

The reader of sheets fills all the room up to the last cell and gives each cell a copy of its text, so
that a file of a few kilobytes may take the whole memory.  What it would take is counted here first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Any
from xml.parsers import expat

from data.cells import Refused

MOST_CELLS = 20_000_000  # of a workbook, blank ones between others, too
MOST_TEXT = 1 << 28  # characters that its cells show, if each cell has its own copy

_SHARED = re.compile(rb"<(?:\w{1,20}:)?si\b")
_DIGITS, _LETTERS = "0123456789", "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz$"


@dataclass(slots=True)
class Sheet:
    """What a sheet's XML says.

    Attributes:
        rows, columns: how far it reaches.
        merged: rows that its merged cells go down, each counted as often as it is merged.
        shared: cells whose text is one of the workbook's shared ones.
        errors: (row, column, text) of cells that hold an error, both from 0.  The reader gives them as
            blanks; a blank enterprise would make a job seeker of a worker whose look-up failed.
    """

    rows: int = 0
    columns: int = 0
    merged: int = 0
    shared: int = 0
    errors: list[tuple[int, int, str]] = field(default_factory=list)


def inspected(sheets: Mapping[str, bytes], others: Callable[[], Iterable[bytes]]) -> dict[str, Sheet]:
    """What each sheet's XML says, by title.

    Args:
        others: the workbook's other files; the shared texts are among them.

    Raises:
        Refused: they would take too much room.
        expat.ExpatError: it is no XML.
    """
    found: dict[str, Sheet] = {}
    left = MOST_CELLS
    for title, xml in sheets.items():
        one = found[title] = _Reading(title).read(xml)
        left -= one.rows * one.columns
        if left < 0 or one.merged > MOST_CELLS:
            raise _too_large(title, one)
    if sum(one.shared for one in found.values()):
        _require_room(sheets, found, _lengths(others()))
    return found


def _require_room(sheets: Mapping[str, bytes], found: Mapping[str, Sheet], lengths: list[int]) -> None:
    """Refuse shared texts that many cells would copy."""
    left, longest = MOST_TEXT, max(lengths, default=0)
    for title, one in found.items():
        if one.shared * longest <= left:
            left -= one.shared * longest
            continue
        for number, times in _Reading(title, count=True).counted(sheets[title]).items():
            known = number.isdecimal() and len(number) < 10 and int(number) < len(lengths)
            left -= times * (lengths[int(number)] if known else longest)
        if left < 0:
            raise Refused("sheet_text_too_long", sheet=title, longest=longest)


class _Reading:
    """Goes through a sheet's XML once."""

    def __init__(self, title: str, count: bool = False) -> None:
        self._title, self._count = title, count
        self._sheet = Sheet()
        self._cells = self._row = self._column = 0
        self._kind: str | None = None
        self._reads = False
        self._columns: dict[str, int] = {}
        self._text: list[str] = []
        self._shown: Counter[str] = Counter()
        self._parser: Any = expat.ParserCreate()
        self._parser.StartElementHandler = self._start

    def read(self, xml: bytes) -> Sheet:
        self._parser.Parse(xml, True)
        self._end_text()
        return self._sheet

    def counted(self, xml: bytes) -> Counter[str]:
        """How often each shared text is shown, by its number."""
        self.read(xml)
        return self._shown

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if self._reads:
            self._end_text()
        if ":" in name:
            name = name.rpartition(":")[2]
        if name == "c":
            self._cell(attributes)
        elif name == "row":
            given = attributes.get("r", "")
            self._row = int(given[:10]) if given.isdecimal() else self._row + 1
            self._column = 0
            self._sheet.rows = max(self._sheet.rows, self._row)
        elif name == "v" and (self._kind == "e" or (self._count and self._kind == "s")):
            self._reads = True
            self._parser.CharacterDataHandler = self._text.append
        elif name == "mergeCell":
            first, _, last = attributes.get("ref", "").partition(":")
            self._sheet.merged += max(1, _number(last.lstrip(_LETTERS)) - _number(first.lstrip(_LETTERS)))

    def _cell(self, attributes: dict[str, str]) -> None:
        sheet, place = self._sheet, attributes.get("r")
        if place:
            letters = place.rstrip(_DIGITS)
            column = self._columns.get(letters)
            if column is None:
                column = self._columns[letters] = _column_number(letters)
            self._column, self._row = column, _number(place[len(letters) :])
        else:
            self._column += 1
        if self._column > sheet.columns:
            sheet.columns = self._column
        if self._row > sheet.rows:
            sheet.rows = self._row
        self._kind = attributes.get("t")
        if self._kind == "s":
            sheet.shared += 1
        self._cells += 1
        if self._cells > MOST_CELLS:
            raise _too_large(self._title, sheet)

    def _end_text(self) -> None:
        """The text of a cell has ended; blanks behind it belong to none."""
        text = "".join(self._text).strip()
        self._text.clear()
        self._parser.CharacterDataHandler, self._reads = None, False
        if self._kind == "e" and text:
            self._sheet.errors.append((self._row - 1, self._column - 1, text))
        elif self._kind == "s":
            self._shown[text] += 1
        self._kind = None


def _lengths(files: Iterable[bytes]) -> list[int]:
    """How long each shared text is, by its number; where readers may count otherwise, the longer one."""
    found: list[int] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        if name.rpartition(":")[2] == "si":
            found.append(0)

    def text(part: str) -> None:
        if found:
            found[-1] += len(part)

    ways: list[list[int]] = []
    for xml in files:
        if _SHARED.search(xml):
            found = []
            parser: Any = expat.ParserCreate()
            parser.buffer_text = True
            parser.StartElementHandler, parser.CharacterDataHandler = start, text
            parser.Parse(xml, True)
            ways += [found, [size for size in found if size]]
    return [max(sizes) for sizes in zip_longest(*ways, fillvalue=0)]


def _too_large(title: str, sheet: Sheet) -> Refused:
    return Refused("sheet_too_large", sheet=title, rows=sheet.rows, columns=sheet.columns)


def _number(digits: str) -> int:
    return int(digits[:10]) if digits.isdecimal() else 0


def _column_number(letters: str) -> int:
    """The number of column A is 1, of AA 27; longer names than a sheet can have are cut."""
    number = 0
    for letter in letters[:6].upper():
        number = number * 26 + max(0, ord(letter) - 64)
    return number
