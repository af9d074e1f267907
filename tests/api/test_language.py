import ast
import re
from pathlib import Path

import pytest

import api
from api.language import LABELS, Language, Words, chinese, halves, language_of_environment
from workforce.entities import Risk
from workforce.faults import Severity
from workforce.plan import Item, Reason, Status, StopKind

API = Path(api.__file__ or "").parent
MESSAGE_AT = {"words": 0, "_words": 0, "say": 0, "tell": 0, "refuse": 1}  # the argument that is a message id


def messages_of_python() -> set[str]:
    found = set(LABELS.values())
    for path in (*API.glob("*.py"), *API.glob("server/*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                message = node.args[MESSAGE_AT[name] :][:1] if name in MESSAGE_AT else []
                found |= {str(text.value) for text in message if isinstance(text, ast.Constant)}
    return found


def messages_of_page() -> set[str]:
    """Of ``_("…")`` in the template and ``t("…")`` in its script."""
    found = set()
    for path in (API / "templates").iterdir():
        call = {".html": "_", ".js": "t"}.get(path.suffix)
        if call:
            text = path.read_text(encoding="utf-8")
            found |= set(re.findall(rf'(?<![\w.]){call}\(\s*"([^"\\]*)"', text))
    return found


def test_every_message_has_its_chinese_and_no_chinese_is_left_over() -> None:
    assert messages_of_python() | messages_of_page() == set(chinese())


def test_a_translation_names_the_same_values() -> None:
    def values(text: str) -> set[str]:
        return set(re.findall(r"\{(\w+)\}", text))

    assert {en for en, zh in chinese().items() if values(en) != values(zh)} == set()


def test_a_translation_is_chinese() -> None:
    assert [en for en, zh in chinese().items() if not re.search("[\u4e00-\u9fff]", zh)] == []


@pytest.mark.parametrize("codes", [Risk, Severity, Item, Reason, Status, StopKind])
def test_every_code_has_a_label(codes: type) -> None:
    assert {code.value for code in codes} <= set(LABELS)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({"LANG": "zh_CN.UTF-8"}, Language.ZH),
        ({"LANG": "en_GB.UTF-8"}, Language.EN),
        ({"LANG": "en_GB.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, Language.ZH),
        ({"LANG": "C.UTF-8"}, Language.BOTH),
        ({}, Language.BOTH),
    ],
)
def test_the_environment_chooses_the_language(environment: dict[str, str], language: Language) -> None:
    assert language_of_environment(environment) is language


def test_words_in_each_language() -> None:
    assert Words(Language.EN)("row {row}", row=3) == "row 3"
    assert Words(Language.ZH)("row {row}", row=3) == "第 3 行"
    assert Words(Language.BOTH)("row {row}", row=3) == "第 3 行 row 3"
    assert (
        Words(Language.BOTH)("The plan keeps every rule.") == "计划符合全部规则。\nThe plan keeps every rule."
    )


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("车辆不足 / no coach free", ("车辆不足", "no coach free")),
        ("ill since Monday", ("ill since Monday", "ill since Monday")),
        ("a / b / c", ("a / b / c", "a / b / c")),
    ],
)
def test_a_detail_has_a_half_for_each_language(text: str, parts: tuple[str, str]) -> None:
    assert halves(text) == parts
