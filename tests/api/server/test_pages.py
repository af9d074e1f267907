"""The pages: what they say has its Chinese, and they load nothing from elsewhere."""

from __future__ import annotations

import re
from pathlib import Path

import api.server
from api.server.pages import words
from tests.api.server.conftest import Server

STATIC = Path(api.server.__file__ or "").parent / "static"


def texts_of_scripts() -> set[str]:
    found = set()
    for path in STATIC.glob("*.js"):
        text = path.read_text("utf-8")
        found |= set(re.findall(r'(?<![\w.])t\(\s*"((?:[^"\\]|\\.)*)"', text)) | set(
            re.findall(r'label: "([^"]+)"', text)
        )
    return found


def test_every_text_of_the_pages_has_its_chinese() -> None:
    assert texts_of_scripts() - set(words("zh")) == set()
    assert [text for text, zh in words("zh").items() if not re.search("[\u4e00-\u9fff]|[A-Z]", zh)] == []


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
