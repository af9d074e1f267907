"""``docs/trip-log.md`` has every kind of event and every finding, and its program checks evidence."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from data.database import sqlite_url
from data.evidence import as_bytes, evidence
from tests.data.loop import filled, make_loop
from workforce.log_findings import FINDINGS
from workforce.triplog import FORMS

PAGE = (Path(__file__).parents[2] / "docs" / "trip-log.md").read_text("utf-8")
ROWS = [line for line in PAGE.splitlines() if line.startswith("| `")]


def values(told: Mapping[str, type]) -> str:
    return ", ".join(f"`{name}`" for name in told) or "—"


def test_every_kind_of_event_with_what_it_says() -> None:
    wanted = [
        f"| `{kind}` | {form.title.zh} | {form.title.en} | {', '.join(sorted(form.subjects)) or '—'} "
        f"| {values(form.says)} | {values(form.details)} |"
        for kind, form in FORMS.items()
    ]
    assert ROWS[: len(wanted)] == wanted


def test_every_finding_in_both_languages() -> None:
    assert ROWS[len(FORMS) :] == [f"| `{code}` | {text.zh} | {text.en} |" for code, text in FINDINGS.items()]


def test_the_program_of_the_page_accepts_evidence_and_refuses_what_was_changed(tmp_path: Path) -> None:
    loop = make_loop(sqlite_url(tmp_path), tmp_path)
    filled(loop)
    with loop.database.read() as c:
        told = evidence(c, loop.publisher.public_keys(), "Q1", None)
    loop.database.close()
    (program,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    path = tmp_path / "evidence.json"

    def status() -> int:
        path.write_bytes(as_bytes(told))
        return subprocess.run([sys.executable, "-c", program, str(path)], capture_output=True).returncode

    assert status() == 0
    told["events"][2]["content"] = told["events"][2]["content"].replace("T", "t", 1)
    assert status() != 0
