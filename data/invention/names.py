"""Invented people and firms, and numbers for them that nobody can hold.

The area of an identity number and of a credit code ends in 99 here, as that of no county of the gazetteer
does; birth date and check character are right.  A telephone number begins with 154, which has been given
to no operator.  Any likeness of a name to a person or a firm is chance.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from random import Random

from workforce.identity import credit_code_valid, resident_check

_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_MEN = "伟强磊军洋勇杰涛超明刚平辉鹏华飞鑫波斌宇浩凯健俊帆峰林海山川亮东庆国建志文武"
_WOMEN = "芳娜敏静丽艳娟霞秀燕玲桂英红梅兰萍慧洁琳雪琴云莲倩颖珍月凤香蓉春秋菊淑巧"
_WORDS_FIRST = "晴远素听望扶凌朝长青白云松鹤沧临岚澄雁霁星寒春秋锦墨竹金玉石"
_WORDS_SECOND = "岚帆问松舒摇霜歌风川溪山涛鸣原泉野亭洲雪桥岳江桐林汀峰岭屏舟"

_EARLIEST_BIRTH = date(1962, 1, 1)
_BIRTH_DAYS = (date(2001, 12, 31) - _EARLIEST_BIRTH).days
_CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"


@dataclass(frozen=True, slots=True)
class Person:
    name: str
    sex: str
    id_number: str
    phone: str


@dataclass
class Inventor:
    """Draws people and names of firms from one source of chance, none of them twice."""

    chance: Random
    _taken: set[str] = field(default_factory=set)

    def person(self, adcode: str) -> Person:
        """Somebody from the prefecture of a county, 18 to 58 years old in early 2020."""
        sex = self.chance.choice("FM")
        given = _MEN if sex == "M" else _WOMEN
        name = self.chance.choice(_SURNAMES) + "".join(
            self.chance.sample(given, self.chance.choice((1, 2, 2)))
        )
        while True:
            born = _EARLIEST_BIRTH + timedelta(days=self.chance.randrange(_BIRTH_DAYS))
            order = 2 * self.chance.randrange(500) + (sex == "M")  # odd for men
            number = f"{adcode[:4]}99{born:%Y%m%d}{order:03d}"
            if self._is_new(number):
                return Person(name, sex, number + resident_check(number), self.phone())

    def phone(self) -> str:
        while not self._is_new(number := f"154{self.chance.randrange(10**8):08d}"):
            pass
        return number

    def word(self) -> str:
        """Two characters that no other invented firm, hotel or carrier bears."""
        while True:
            word = self.chance.choice(_WORDS_FIRST) + self.chance.choice(_WORDS_SECOND)
            if word[0] != word[1] and self._is_new(word):
                return word

    def credit_code(self, adcode: str) -> str:
        """A unified social credit code (GB 32100) of an enterprise in the prefecture."""
        while True:
            body = f"91{adcode[:4]}99" + "".join(self.chance.choices(_CREDIT_ALPHABET, k=8))
            body += _organisation_check(body[8:])
            if self._is_new(body):
                return next(body + c for c in _CREDIT_ALPHABET if credit_code_valid(body + c))

    def _is_new(self, text: str) -> bool:
        fresh = text not in self._taken
        self._taken.add(text)
        return fresh


def _organisation_check(code: str) -> str:
    """Check character of the organisation code within a credit code (GB 11714, mod 11)."""
    weights = (3, 7, 9, 10, 5, 8, 4, 2)
    total = sum(w * int(c, 36) for w, c in zip(weights, code, strict=True))
    return "0X987654321"[total % 11]
