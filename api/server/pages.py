"""The pages for people: shells without data, which ask the API for everything as whoever is signed in.

So a page can show nobody more than the API would.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files

from babel.messages.pofile import read_po
from fastapi import APIRouter, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.language import LABELS, Language, chinese
from api.server.problems import Problem, language_of
from data.tables import TABLES
from workforce.triplog import FORMS

router = APIRouter(include_in_schema=False)

_STATIC = files("api.server").joinpath("static")
_TYPES = {".js": "text/javascript", ".css": "text/css", ".json": "application/json"}
_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_TEMPLATES = Environment(
    loader=PackageLoader("api.server", "templates"), autoescape=True, undefined=StrictUndefined
)


@router.get("/", name="page_bureau")
def bureau(request: Request) -> Response:
    """The page of everybody who signs in."""
    return _page(request, "bureau")


@router.get("/my", name="page_my")
def my(request: Request) -> Response:
    """A worker's own way back; the personal link's key stands behind the #, which no server logs."""
    return _page(request, "my")


@router.get("/static/{name}", name="page_static")
def static(name: str) -> Response:
    """Scripts, styles and the Chinese words."""
    if name in ("words-zh.json", "words-en.json"):
        return Response(json.dumps(words(name[6:8]), ensure_ascii=False), media_type=_TYPES[".json"])
    kind = _TYPES.get("." + name.rpartition(".")[2])
    if kind is None or "/" in name or not _STATIC.joinpath(name).is_file():
        raise Problem("not_found")
    # The worker that keeps the field page for when there is no network looks after that page alone.
    headers = {"Service-Worker-Allowed": "/field/"} if name == "field-worker.js" else None
    return Response(_STATIC.joinpath(name).read_bytes(), media_type=kind, headers=headers)


@cache
def words(language: str) -> dict[str, str]:
    """What stands for each text and code of the pages in a language, ``zh`` or ``en``."""
    catalogue = []
    for name in ("pages.po", "field.po"):
        with files("api").joinpath(f"locale/zh/LC_MESSAGES/{name}").open("rb") as file:
            catalogue += [e for e in read_po(file, locale="zh") if e.id]
    zh, coded = language == "zh", [e for e in catalogue if e.context]
    found = {code: chinese()[label] if zh else label for code, label in LABELS.items()}
    found |= {str(kind): form.title.zh if zh else form.title.en for kind, form in FORMS.items()}
    for table in TABLES.values():
        for column in table.columns if zh else ():
            found.setdefault(column.name, column.chinese[0])
        found[table.name] = table.chinese[0] if zh else table.name
    found |= {str(e.context): str(e.string if zh else e.id) for e in coded}
    return found | {str(e.id): str(e.string) for e in catalogue if zh and not e.context}


def _page(request: Request, script: str) -> Response:
    language = language_of(request)
    html = _TEMPLATES.get_template("shell.html").render(
        script=script, language="en" if language is Language.EN else "zh"
    )
    return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"})
