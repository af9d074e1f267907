"""No rule of the checker is untested or undocumented, and none is only on paper."""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

from workforce.verdict import MESSAGES

ROOT = Path(__file__).parents[2]
CHECKERS = sorted((ROOT / "workforce").glob("check*.py"))
EMITTED = re.compile(r'(?:broken|seat_stop)\(\s*(?:rule=)?"([a-z-]+)"')
RULE_ROW = re.compile(r"^\| `([a-z-]+)` \| ([^|]+) \| ([^|]+) \| `([^`|]+)` \|$", re.MULTILINE)


def _emitted() -> dict[str, set[str]]:
    """By file: the codes that it reports."""
    return {path.name: set(EMITTED.findall(path.read_text("utf-8"))) for path in CHECKERS}


def _documented() -> list[tuple[str, str, str, str]]:
    return RULE_ROW.findall((ROOT / "docs" / "rules.md").read_text("utf-8"))


def test_every_code_has_messages_and_is_reported_somewhere() -> None:
    assert set().union(*_emitted().values()) == set(MESSAGES)


def test_every_code_is_a_row_of_the_rules_page_with_the_file_that_holds_it() -> None:
    rows = _documented()
    assert [code for code, *_ in rows] == list(dict.fromkeys(code for code, *_ in rows))
    assert {code for code, *_ in rows} == set(MESSAGES)
    for code, zh, en, file in rows:
        assert re.search(r"[\u4e00-\u9fff]", zh), code
        assert re.search(r"[A-Za-z]", en), code
        assert file.startswith("workforce/"), code
        assert code in _emitted()[Path(file).name], code


def _feature_tests() -> dict[str, list[ast.FunctionDef]]:
    """By name, with their decorators."""
    found = defaultdict(list)
    for path in sorted((ROOT / "tests" / "features").glob("test_*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef):
                found[node.name].append(node)
    return found


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_every_code_has_a_test_of_its_name_that_keeps_it_and_breaks_it(code: str) -> None:
    (test,) = _feature_tests()[f"test_{code.replace('-', '_')}"]
    nodes = list(ast.walk(test))
    breaks = [node for node in nodes if isinstance(node, ast.Constant) and node.value == code]
    keeps = [node for node in nodes if isinstance(node, ast.List) and not node.elts]
    assert breaks
    assert keeps


@pytest.mark.parametrize("code", sorted(MESSAGES))
def test_messages_in_both_languages_name_the_same_figures(code: str) -> None:
    zh, en = MESSAGES[code]
    assert re.search(r"[\u4e00-\u9fff]", zh)
    assert not re.search(r"[\u4e00-\u9fff]", en)

    def figures(text: str) -> set[str]:
        return {name.removesuffix("_zh") for name in re.findall(r"{(\w+)}", text)}

    assert figures(zh) == figures(en)
