"""Chinese and English for everything a person reads on the command line and in the report.

English texts are the message ids; ``locale/zh/LC_MESSAGES/guicheng.po`` holds their Chinese.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from enum import StrEnum
from functools import cache
from importlib.resources import files

from babel.messages.pofile import read_po


class Language(StrEnum):
    ZH = "zh"
    EN = "en"
    BOTH = "both"


@cache
def chinese() -> Mapping[str, str]:
    """Chinese text by message id."""
    with files("api").joinpath("locale/zh/LC_MESSAGES/guicheng.po").open("rb") as file:
        catalogue = read_po(file, locale="zh", ignore_obsolete=True)
    return {str(entry.id): str(entry.string) for entry in catalogue if entry.id and entry.string}


def language_of_environment(environment: Mapping[str, str] = os.environ) -> Language:
    """What LC_ALL, LC_MESSAGES or LANG ask for; both where they ask for neither Chinese nor English."""
    names = ("LC_ALL", "LC_MESSAGES", "LANG")
    locale = next((environment[name] for name in names if environment.get(name)), "")
    return {"zh": Language.ZH, "en": Language.EN}.get(locale[:2].lower(), Language.BOTH)


class Words:
    """``words("{n} trips", n=3)``: a text in the language of the reader."""

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, message: str, **values: object) -> str:
        return self.pick(chinese().get(message, message).format(**values), message.format(**values))

    def pick(self, zh: str, en: str) -> str:
        """One of two texts, or both: sentences on lines of their own, labels side by side."""
        if self.language is not Language.BOTH:
            return zh if self.language is Language.ZH else en
        if zh == en:
            return zh
        return f"{zh}\n{en}" if zh.endswith(("。", "？")) or "\n" in zh else f"{zh} {en}"


def halves(text: str) -> tuple[str, str]:
    """The Chinese and the English of a detail that the planner wrote as ``中文 / English``.

    What a person has written in its place stands for both.
    """
    parts = text.split(" / ")
    return (parts[0], parts[1]) if len(parts) == 2 else (text, text)


# The words for what plans and scenarios call by a code.
LABELS: Mapping[str, str] = {
    "low": "low risk",
    "medium": "medium risk",
    "high": "high risk",
    "enterprise": "enterprise",
    "government": "government",
    "worker": "the worker",
    "hotel": "hotel (waives)",
    "trip": "coach trips",
    "room": "rooms (list price)",
    "transfer": "transfers",
    "restarted": "restarts",
    "stopped": "still stopped",
    "running": "was running",
    "depart": "leaves depot",
    "pickup": "pickup",
    "drop": "drop",
    "rest": "rest",
    "return": "back at depot",
    "optimal": "proven best",
    "feasible": "feasible",
    "zone_not_admitted": "zone not admitted",
    "no_pickup_in_reach": "no pickup in reach",
    "no_vacancy": "no vacancy that fits",
    "too_far": "too far",
    "dates_too_tight": "dates too tight",
    "party_split": "party cannot travel together",
    "no_seat": "no seat",
    "no_room": "no room",
    "over_budget": "over budget",
    "not_worth_it": "not worth it",
    "search_ended": "search ended",
    "moved": "moved",
    "joined": "joined",
    "fell_out": "fell out",
    "error": "error",
    "warning": "warning",
    "prepare": "preparing",
    "construct": "building a first plan",
    "improve": "improving",
    "bound": "proving the bound",
    "finish": "finishing",
}
