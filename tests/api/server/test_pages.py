"""The pages: what they say has its Chinese, and they load nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

from babel.messages.pofile import read_po

import api.server
from api.server.asks import SESSION_COOKIE
from api.server.pages import words
from data.jobs import JobState
from data.observation import BY_SERVER
from data.people import ClaimState
from data.proposals import State as ProposalState
from data.submissions import RowOutcome
from data.tables import TABLES
from tests.api.server.conftest import Server
from workforce.return_plans import State as PlanState
from workforce.roles import Role

STATIC = Path(api.server.__file__ or "").parent / "static"
ROOT = STATIC.parents[2]


def texts_of_scripts() -> set[str]:
    found = set()
    for path in STATIC.glob("*.js"):
        text = path.read_text("utf-8")
        found |= set(re.findall(r'(?<![\w.])t\(\s*"((?:[^"\\]|\\.)*)"', text)) | set(
            re.findall(r'(?:label|group): "([^"]+)"', text)
        )
        # What a condition chooses between is a text, too.
        chosen = re.findall(r"(?<![\w.])t\(([^()]*\?[^()]*)\)", text)
        found |= {told for one in chosen for told in re.findall(r'"([^"]+)"', one)}
    return found


def test_every_text_of_the_pages_has_its_chinese() -> None:
    assert texts_of_scripts() - set(words("zh")) == set()
    assert [text for text, zh in words("zh").items() if not re.search("[\u4e00-\u9fff]|[A-Z]", zh)] == []


def test_no_text_has_two_chinese_words() -> None:
    told: dict[str, set[str]] = {}
    for name in ("pages.po", "field.po"):
        with (STATIC.parents[1] / "locale/zh/LC_MESSAGES" / name).open("rb") as file:
            for entry in read_po(file, locale="zh"):
                told.setdefault(str(entry.context or entry.id), set()).add(str(entry.string))
    assert [text for text, chinese in told.items() if len(chinese) > 1 and text] == []


def test_scripts_import_only_what_there_is() -> None:
    missing = []
    for path in STATIC.glob("*.js"):
        for names, module in re.findall(r'import \{([^}]+)\} from "\./([^"]+)"', path.read_text("utf-8")):
            source = (STATIC / module).read_text("utf-8")
            given = set(re.findall(r"export (?:async )?(?:function|const|class|let) (\w+)", source))
            missing += [
                (path.name, name.split()[0])
                for name in names.split(",")
                if name.strip() and name.split()[0] not in given
            ]
    assert missing == []


def test_pages_load_nothing_from_elsewhere(server: Server) -> None:
    for path in ("/", "/my"):
        page = server.client.get(path, headers={"Accept-Language": "en"})
        assert page.status_code == 200 and 'lang="en"' in page.text
        assert "default-src 'none'" in page.headers["Content-Security-Policy"]
        for address in re.findall(r'(?:src|href)="([^"]+)"', page.text):
            assert address.startswith(("/", "data:,"))
            if address.startswith("/static/"):
                assert server.client.get(address).status_code == 200
    assert server.client.get("/static/nothing.js").status_code == 404
    assert server.client.get("/static/..%2Fpages.py").status_code == 404


def test_every_code_of_the_audit_and_of_states_has_its_words() -> None:
    source = "".join(
        path.read_text("utf-8") for top in ("api", "data") for path in (ROOT / top).rglob("*.py")
    )
    actions = set(re.findall(r'record\(c, [\w.]+, "(\w+)"', source)) | set(
        re.findall(r'action="(\w+)"', source)
    )
    assert {"signed_in", "sign_in_failed", "personal_read"} <= actions
    reasons = set(re.findall(r'"personal_read", [^"]*(?:f"[^"]*", )?"([^"]+)"\)', source))
    accounts = set(re.findall(r'\bBy\("(\w+)"', source)) | {BY_SERVER}
    assert {"roster", "paper", "refused rows"} <= reasons and {"housekeeping", "retention"} <= accounts
    actions |= reasons | accounts | {"stays"}
    states = {*PlanState, *ClaimState, *RowOutcome, *ProposalState, *JobState, *Role}
    assert {str(code) for code in actions | states} - set(words("zh")) == set()
    assert actions - set(words("en")) == set()
    assert {"heads", "riders", "day", "cost_fen"} <= set(words("zh")) & set(words("en"))  # of problems


def test_forms_of_the_registry_know_every_column(server: Server) -> None:
    told = server.client.get("/static/columns.json").json()
    assert set(told) == set(TABLES)
    assert told["hotels"]["key"] == ["hotel_id"] and told["suppliers"]["key"] == ["supplier_id", "buyer_id"]
    for name, table in TABLES.items():
        assert [c["name"] for c in told[name]["columns"]] == [c.name for c in table.columns]
        assert {f"{name}.{c.name}" for c in table.columns} <= set(words("zh")) & set(words("en"))


def test_a_page_asks_who_it_is_only_with_a_session(server: Server) -> None:
    assert "data-signed-in" not in server.client.get("/").text
    server.client.cookies.set(SESSION_COOKIE, "s")
    assert "data-signed-in" in server.client.get("/").text
