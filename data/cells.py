"""From the cell of a spreadsheet or a value of the policy to a value of the domain, or a refusal.

A parser takes a cell that is not blank and returns its value or raises ``Refused``.
A cell of a CSV file is always a text; a workbook and TOML also know numbers, dates and times.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from workforce.entities import Risk
from workforce.faults import Text
from workforce.identity import resident_check, resident_form
from workforce.money import to_fen, to_yuan

Parser = Callable[[Any], Any]

FORMULA_ERRORS = frozenset({"#N/A", "#NAME?", "#DIV/0!", "#REF!", "#VALUE!", "#NUM!", "#NULL!", "#SPILL!"})

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]*)?")
_SCIENTIFIC = re.compile(r"[0-9](?:\.[0-9]+)?[eE]\+?[0-9]+")
_DAY = re.compile(
    r"([0-9]{4})(?:([-/.])([0-9]{1,2})\2([0-9]{1,2})|年([0-9]{1,2})月([0-9]{1,2})日?)"
    r"(?:[T ]0?0:00(?::00(?:\.0+)?)?)?"  # midnight, as databases export a day
)
_COMPACT_DAY = re.compile(r"(20[0-9]{2})([0-9]{2})([0-9]{2})")
_CLOCK = re.compile(r"([0-9]{1,2}):([0-9]{2})(?::00)?")
_INVISIBLE = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060\ufeff]")
_BRACKETED = re.compile(r"\[(.*)\]", re.DOTALL)

_FULL_WIDTH = {
    wide: wide - 0xFEE0 for wide in (*range(0xFF10, 0xFF1A), *range(0xFF21, 0xFF3B), *range(0xFF41, 0xFF5B))
}

_FIRST_DAY, _LAST_DAY = date(2000, 1, 1), date(2099, 12, 31)
_SERIAL_ZERO = date(1899, 12, 30)  # day 0 of the spreadsheets' count, with their leap day of 1900
_MOST_EXACT = 10**15  # a spreadsheet keeps 15 digits of a number


class Refused(Exception):
    """A cell that cannot be taken: a code of the catalogue and the values of its texts."""

    def __init__(self, code: str, **values: Any) -> None:
        self.code, self.values = code, values
        super().__init__(code)


@dataclass(frozen=True, slots=True)
class Kind:
    """How the values of a column are read, written and described.

    Attributes:
        parse: from a cell that is not blank.
        write: to the text of a CSV file.
        as_text: a workbook keeps the column as text, so that no digit is lost.
        choices: the values that a drop-down offers.
    """

    name: Text
    parse: Parser
    write: Callable[[Any], str] = str
    as_text: bool = False
    choices: tuple[str, ...] = ()


def narrow(text: str) -> str:
    """Full-width digits, letters and signs as plain ones, without surrounding blanks."""
    return text.strip() if text.isascii() else unicodedata.normalize("NFKC", text).strip()


def show(cell: object) -> str:
    """A cell as a message quotes it."""
    return f"{cell:.15g}" if isinstance(cell, float) else str(cell)


# Numbers


def _exact(cell: object) -> Decimal:
    if isinstance(cell, str):
        text = narrow(cell)
        if _THOUSANDS.fullmatch(text):
            text = text.replace(",", "")
        if not _NUMBER.fullmatch(text):
            raise Refused("not_a_number", value=cell)
        try:
            return Decimal(text)
        except ArithmeticError:
            raise Refused("not_a_number", value=cell) from None
    if isinstance(cell, bool) or not isinstance(cell, int | float | Decimal):
        raise Refused("not_a_number", value=show(cell))
    # A sheet's 0.1 + 0.2 is 0.3 to whoever looks at it: 15 digits are what it shows.
    number = Decimal(f"{cell:.15g}") if isinstance(cell, float) else Decimal(cell)
    if not number.is_finite():
        raise Refused("not_a_number", value=show(cell))
    return number


def _within(number: Decimal | float, least: float, most: float, cell: object) -> None:
    if not least <= number <= most:
        raise Refused("out_of_range", value=show(cell), least=f"{least:,}", most=f"{most:,}")


def _plain(number: Decimal) -> str:
    return f"{number:f}"


def whole(least: int, most: int) -> Kind:
    def parse(cell: Any) -> int:
        number = _exact(cell)
        _within(number, least, most, cell)  # first: the whole part of 1e999999 would fill the memory
        if number != number.to_integral_value():
            raise Refused("not_whole", value=show(cell))
        return int(number)

    return Kind(Text(f"整数，{least:,}–{most:,}", f"whole number, {least:,} to {most:,}"), parse)


def real(least: float, most: float) -> Kind:
    """A measure, in which binary rounding does no harm."""

    def parse(cell: Any) -> float:
        number = cell if type(cell) is float and math.isfinite(cell) else float(_exact(cell))
        _within(number, least, most, cell)
        return number

    return Kind(Text(f"数字，{least:,}–{most:,}", f"number, {least:,} to {most:,}"), parse, repr)


def decimal(least: float, most: float) -> Kind:
    """A rate that enters money or a threshold: exact."""

    def parse(cell: Any) -> Decimal:
        number = _exact(cell)
        _within(number, least, most, cell)
        return number

    return Kind(Text(f"数字，{least:,}–{most:,}", f"number, {least:,} to {most:,}"), parse, _plain)


def _share(cell: Any) -> Decimal:
    if isinstance(cell, str) and (text := narrow(cell)).endswith("%"):
        number = _exact(text[:-1]) / 100
    else:
        number = _exact(cell)
    _within(number, 0, 1, cell)
    return number


def _money(cell: Any) -> int:
    number = _exact(narrow(cell).lstrip("¥") if isinstance(cell, str) else cell)
    _within(number, 0, 10**12, cell)
    try:
        return to_fen(number)
    except ValueError:
        raise Refused("money_decimals", value=show(cell)) from None


def _weight(cell: Any) -> int | Decimal:
    number = _exact(cell)
    _within(number, 0, 10**9, cell)
    return int(number) if number == number.to_integral_value() else number


def _yuan(fen: int) -> str:
    return to_yuan(fen).removesuffix(".00")


SHARE = Kind(Text("比例，0–1 或百分数", "share, 0 to 1 or a percentage"), _share, _plain)
MONEY = Kind(Text("金额（元），最多两位小数", "amount in yuan, at most two decimals"), _money, _yuan)
WEIGHT = Kind(Text("数字，0–1,000,000,000", "number, 0 to 1,000,000,000"), _weight, str)


# Days and times


def _day(cell: Any) -> date:
    if isinstance(cell, datetime):
        if cell.time() != time():
            raise Refused("not_a_date", value=show(cell))
        day = cell.date()
    elif isinstance(cell, date):
        day = cell
    else:
        text = narrow(cell) if isinstance(cell, str) else show(cell)
        if not isinstance(cell, bool) and re.fullmatch(r"[0-9]{5}(\.0)?", text):
            day = _SERIAL_ZERO + timedelta(days=int(text[:5]))
        elif match := _DAY.fullmatch(text) or _COMPACT_DAY.fullmatch(text.removesuffix(".0")):
            numbers = [int(part) for part in match.groups() if part and part.isdigit()]
            try:
                day = date(*numbers)
            except ValueError:
                raise Refused("not_a_date", value=show(cell)) from None
        else:
            raise Refused("not_a_date", value=show(cell))
    if not _FIRST_DAY <= day <= _LAST_DAY:
        raise Refused("out_of_range", value=show(cell), least=_FIRST_DAY, most=_LAST_DAY)
    return day


DAY = Kind(Text("日期 YYYY-MM-DD", "date YYYY-MM-DD"), _day, date.isoformat)


def _clock(part: Any, cell: object) -> time:
    if isinstance(part, str) and (match := _CLOCK.fullmatch(narrow(part))):
        hour, minute = int(match[1]), int(match[2])
        if hour < 24 and minute < 60:
            return time(hour, minute)
    if isinstance(part, time) and not part.second and not part.microsecond:
        return part
    raise Refused("not_a_window", value=show(cell))


def _span(cell: Any) -> tuple[time, time]:
    parts = _listed(cell, r"[,、;~—–\-至]+")
    if len(parts) != 2:
        raise Refused("not_a_window", value=show(cell))
    return _clock(parts[0], cell), _clock(parts[1], cell)


def _window(cell: Any) -> tuple[time, time]:
    start, end = _span(cell)
    if start > end:
        raise Refused("window_reversed", value=f"{start:%H:%M}–{end:%H:%M}")
    return start, end


def _night(cell: Any) -> tuple[time, time]:
    start, end = _span(cell)
    if start == end:
        raise Refused("window_empty", value=f"{start:%H:%M}")
    return start, end


def _show_span(span: tuple[time, time]) -> str:
    return f'["{span[0]:%H:%M}", "{span[1]:%H:%M}"]'


WINDOW = Kind(Text("一天内的起止时刻", "two times of one day"), _window, _show_span)
NIGHT = Kind(Text("起止时刻，可以跨夜", "two times, which may pass midnight"), _night, _show_span)


# Lists and choices


def _listed(cell: Any, separator: str) -> list[Any]:
    if isinstance(cell, list):
        return cell
    if not isinstance(cell, str):
        return [cell]
    text = narrow(cell)
    if bracketed := _BRACKETED.fullmatch(text):
        text = bracketed[1]
    return [part.strip().strip("\"'“”") for part in re.split(separator, text)]


def four(of: Kind) -> Kind:
    """Four values, one for each priority."""

    def parse(cell: Any) -> tuple[Any, ...]:
        parts = _listed(cell, r"[,、;\s]\s*")
        if len(parts) != 4:
            raise Refused("not_a_list", value=show(cell), count=4)
        return tuple(of.parse(part) for part in parts)

    def write(values: tuple[Any, ...]) -> str:
        return f"[{', '.join(map(of.write, values))}]"

    return Kind(Text("四个数字，按优先级 1–4", "four numbers, by priority 1 to 4"), parse, write)


def choice(name: Text, spellings: dict[str, str]) -> Kind:
    """One of a few words; ``spellings`` maps what is understood, in lower case, to what is meant."""
    choices = tuple(dict.fromkeys(spellings.values()))

    def parse(cell: Any) -> str:
        word = narrow(cell).casefold() if isinstance(cell, str) else None
        if word not in spellings:
            raise Refused("not_a_choice", value=show(cell), choices=", ".join(choices))
        return spellings[word]

    return Kind(name, parse, str, True, choices)


_RISKS = {
    **dict.fromkeys(("low", "低", "低风险", "低风险地区"), Risk.LOW),
    **dict.fromkeys(("medium", "中", "中风险", "中风险地区"), Risk.MEDIUM),
    **dict.fromkeys(("high", "高", "高风险", "高风险地区"), Risk.HIGH),
}
_SEXES = {"f": "F", "女": "F", "女性": "F", "female": "F", "m": "M", "男": "M", "男性": "M", "male": "M"}
RISK = choice(Text("风险等级 low、medium、high（低、中、高）", "risk: low, medium or high"), dict(_RISKS))
SEX = choice(Text("性别 F 或 M（女、男）", "sex: F or M"), _SEXES)


def _yes_no(cell: Any) -> bool:
    word = narrow(cell).casefold() if isinstance(cell, str) else cell
    if word in (True, "true", "yes", "是", "1"):  # True is 1 as well
        return True
    if word in (False, "false", "no", "否", "0"):
        return False
    raise Refused("not_yes_no", value=show(cell))


YES_NO = Kind(
    Text("true 或 false（是、否）", "true or false"),
    _yes_no,
    lambda value: str(value).lower(),
    choices=("true", "false"),
)


# Texts


_A_NUMBER, _A_DATE = Text("数字", "a number"), Text("日期", "a date")


def _text_of(cell: Any) -> str:
    if isinstance(cell, str):
        if "\x00" in cell:  # no database of ours can hold it in a text
            raise Refused("bad_characters", value=cell)
        return cell.strip()
    if isinstance(cell, bool):
        return str(cell).upper()
    if isinstance(cell, int | float):
        if abs(cell) >= _MOST_EXACT:
            raise Refused("not_text", value=show(cell), what=_A_NUMBER)
        return show(cell)
    raise Refused("not_text", value=show(cell), what=_A_DATE)


def _identifier(cell: Any) -> str:
    text = _text_of(cell)
    if not text.isascii():
        text = text.translate(_FULL_WIDTH)
    if _INVISIBLE.search(text):
        raise Refused("bad_characters", value=text)
    return text


def _adcode(cell: Any) -> str:
    text = narrow(_text_of(cell)).removesuffix(".0")
    if not re.fullmatch("[0-9]{6}", text):
        raise Refused("adcode_form", value=text)
    return text


def _identity(cell: Any) -> str:
    text = re.sub(r"\s", "", narrow(cell)).upper() if isinstance(cell, str) else ""
    cut_off = text.endswith("000") and resident_form(text) and resident_check(text) != "0"
    if not text or cut_off or _SCIENTIFIC.fullmatch(text):
        raise Refused("identity_as_number")
    return text


def _code(cell: Any) -> str:
    return narrow(_text_of(cell))


def _unit(cell: Any) -> str:
    return narrow(_text_of(cell)).upper().removesuffix(".0")


TEXT = Kind(Text("文字", "text"), _text_of, as_text=True)
ID = Kind(Text("编号", "id"), _identifier, as_text=True)
ADCODE = Kind(Text("六位行政区划代码", "administrative code, six digits"), _adcode, as_text=True)
IDENTITY = Kind(Text("身份证号（文本格式）", "identity number, as text"), _identity, as_text=True)
CREDIT_CODE = Kind(Text("统一社会信用代码", "unified social credit code"), _code, as_text=True)
PHONE = Kind(Text("电话（文本格式）", "telephone number, as text"), _code, as_text=True)
UNIT = Kind(Text("车号 3，房号 S3 或 T3", "vehicle 3, room S3 or T3"), _unit, as_text=True)
