"""The pages for people: shells without data, which ask the API for everything as whoever is signed in.

So a page can show nobody more than the API would.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

from babel.messages.pofile import read_po
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.language import LABELS, Language, chinese
from api.server.asks import SESSION_COOKIE
from api.server.documents import Document, both, qr_svg
from api.server.problems import Problem, language_of
from data.imports import key_columns
from data.submitted import FORMS
from data.tables import TABLES
from workforce import loop_words

router = APIRouter(include_in_schema=False)

_STATIC = files("api.server").joinpath("static")
_TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
TEMPLATES = Environment(
    loader=PackageLoader("api.server", "templates"), autoescape=True, undefined=StrictUndefined
)


@router.get("/", name="page_bureau")
def bureau(request: Request) -> Response:
    """The page of everybody who signs in."""
    return _page(request, "bureau")


@router.get("/trace", name="page_trace")
def trace() -> Response:
    """Where health officers trace a case: a view of the page of everybody who signs in."""
    return RedirectResponse("/#/trace", 303)


@router.get("/my", name="page_my")
def my(request: Request) -> Response:
    """A worker's own way back; the personal link's key stands behind the #, which no server logs."""
    return _page(request, "my")


@router.get("/static/{name}", name="page_static")
def static(name: str) -> Response:
    """Scripts, styles, the words and the columns of tables."""
    if name in ("words-zh.json", "words-en.json"):
        return Response(json.dumps(words(name[6:8]), ensure_ascii=False), media_type=_TYPES[".json"])
    if name == "columns.json":
        return Response(json.dumps(columns()), media_type=_TYPES[".json"])
    kind = _TYPES.get("." + name.rpartition(".")[2])
    if kind is None or "/" in name or not _STATIC.joinpath(name).is_file():
        raise Problem("not_found")
    return Response(_STATIC.joinpath(name).read_bytes(), media_type=kind)


@cache
def words(language: str) -> dict[str, str]:
    """What stands for each text and code of the pages in a language, ``zh`` or ``en``."""
    with files("api").joinpath("locale/zh/LC_MESSAGES/pages.po").open("rb") as file:
        catalogue = [e for e in read_po(file, locale="zh") if e.id]
    zh, coded = language == "zh", [e for e in catalogue if e.context]
    found = {code: chinese()[label] if zh else label for code, label in LABELS.items()}
    for table in (*TABLES.values(), *FORMS.values()):
        for column in table.columns:
            label = column.chinese[0] if zh else column.name.replace("_", " ")
            found.setdefault(column.name, label)
            found.setdefault(f"{table.name}.{column.name}", label)
        found[table.name] = table.chinese[0] if zh else table.name
    found |= {name: told.zh if zh else told.en for name, told in loop_words.by_name().items()}
    found |= {str(e.context): str(e.string if zh else e.id) for e in coded}
    return found | {str(e.id): str(e.string) for e in catalogue if zh and not e.context}


def columns() -> dict[str, dict[str, list[Any]]]:
    """By table, its columns and those whose cells, joined by a bar, are the key of a row."""
    return {
        table.name: {
            "columns": [{"name": column.name, "required": column.required} for column in table.columns],
            "key": key_columns(table),
        }
        for table in TABLES.values()
    }


def paper_page(paper: Document) -> str:
    """A paper as a page to print."""
    return TEMPLATES.get_template("paper.html").render(paper=paper, both=both, qr_svg=qr_svg)


def _page(request: Request, script: str) -> Response:
    language = language_of(request)
    html = TEMPLATES.get_template("shell.html").render(
        script=script,
        language="en" if language is Language.EN else "zh",
        signed_in=SESSION_COOKIE in request.cookies,  # else the script need not ask who it is
    )
    return HTMLResponse(html, headers={"Content-Security-Policy": POLICY, "Cache-Control": "no-store"})
