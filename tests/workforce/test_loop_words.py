"""Everything that the closed loop calls by a code has a name in both languages, and in the glossary."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from workforce import loop_words
from workforce.closed_loop import Course, Flag, Way
from workforce.faults import Text
from workforce.problems import Category
from workforce.settlement import Why
from workforce.triplog import FORMS, Kind, Kit, Missing, Stage, Where

NAMED: list[tuple[Any, Mapping[Any, Text]]] = [
    (Stage, loop_words.STAGES),
    (Way, loop_words.WAYS),
    (Course, loop_words.COURSES),
    (Flag, loop_words.FLAGS),
    (Missing, loop_words.ABSENCES),
    (Where, loop_words.PLACES),
    (Kit, loop_words.KITS),
    (Category, loop_words.CATEGORIES),
    (Why, loop_words.SETTLED_FOR),
    (Kind, {kind: form.title for kind, form in FORMS.items()}),
]


@pytest.mark.parametrize(("codes", "names"), NAMED)
def test_every_code_has_a_name(codes: type[StrEnum], names: Mapping[Any, Text]) -> None:
    assert set(names) == set(codes)
    assert all(not text.zh.isascii() and text.en.isascii() for text in names.values())


def test_the_glossary_has_stages_and_states() -> None:
    glossary = (Path(__file__).parents[2] / "docs" / "glossary.md").read_text(encoding="utf-8")
    for names in (loop_words.STAGES, loop_words.WAYS, loop_words.COURSES):
        for text in names.values():
            assert f"| {text.zh} | {text.en} |" in glossary
