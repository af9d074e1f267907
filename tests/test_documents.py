"""The pages for people: links lead somewhere, named files are there, both languages say the same."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.cli import app

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "data/scenarios/wuhai/README.md"])
ENGLISH, CHINESE = (ROOT / "README.md", ROOT / "README.zh.md")


def text(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def code(page: Path) -> list[str]:
    """The blocks of commands and examples of a page."""
    return re.findall(r"^```\w*\n(.*?)^```", text(page), re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", text(page)):
        if target.startswith("https://"):
            continue
        assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_named_files_are_there(page: Path) -> None:
    for name in re.findall(r"\b(?:api|data|docs|optimizer|tests|tools|workforce)/[\w./*-]*\w", text(page)):
        assert any(ROOT.glob(name)), name


@pytest.mark.parametrize("page", [ENGLISH, CHINESE], ids=lambda page: page.name)
def test_every_command_is_shown(page: Path) -> None:
    examples = "\n".join(code(page))
    for command in app.registered_commands:
        assert command.callback
        assert f"guicheng {command.name or command.callback.__name__} " in examples


def test_both_languages_have_the_same_parts() -> None:
    for parts in (r"^(#+) ", r"^\*\*(\d\.)", r"\]\(((?:docs|data)/[^)]*\.md)\)"):
        english, chinese = (re.findall(parts, text(page), re.MULTILINE) for page in (ENGLISH, CHINESE))
        assert english and english == chinese

    def commands(page: Path) -> list[str]:
        found = re.findall(
            r"^(?:\$ )?((?:make|guicheng|python) [^#\n]*)", "\n".join(code(page)), re.MULTILINE
        )
        return [command.replace(" --lang zh", "").strip() for command in found]

    assert len(commands(ENGLISH)) > 8
    assert commands(ENGLISH) == commands(CHINESE)
