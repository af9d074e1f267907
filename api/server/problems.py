"""What a request can be refused for: problem details (RFC 9457) with a stable code, cause and remedy.

Faults of submitted rows keep the codes that the command line gives them; they are listed under
``faults`` of the problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from api.language import Language
from api.server.problem_kinds import KINDS as KINDS
from workforce.faults import Fault, Text

MEDIA_TYPE = "application/problem+json"


class Problem(Exception):
    """A refusal on its way out."""

    def __init__(
        self,
        code: str,
        faults: Iterable[Fault] = (),
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> None:
        super().__init__(code)
        self.code, self.values = code, values
        self.faults, self.headers = tuple(faults), dict(headers or {})


class FaultBody(BaseModel):
    """One fault of what was sent; its code is that of the command line."""

    table: str | None = Field(None, examples=["workers"])
    row: int | None = Field(None, description="As a spreadsheet numbers it.", examples=[5])
    field: str | None = Field(None, examples=["arrive_by"])
    code: str = Field(examples=["not_a_date"])
    severity: str = Field(examples=["error"])
    message: str
    remedy: str


class ProblemBody(BaseModel):
    """A refusal (RFC 9457). A client goes by `code`; title and remedy are for people."""

    type: str = Field(description="A page about the code.", json_schema_extra={"format": "uri"})
    title: str
    status: int
    code: str = Field(examples=["not_found"])
    remedy: str
    request_id: str | None = Field(None, description="As in the server's log.")
    faults: list[FaultBody] | None = None


def language_of(request: Request) -> Language:
    """Chinese, unless the reader prefers English."""
    ranked = []
    for i, part in enumerate(request.headers.get("accept-language", "").lower().split(",")):
        tag, *parameters = (piece.strip() for piece in part.split(";"))
        weight = next((p[2:] for p in parameters if p.startswith("q=")), "1")
        if re.fullmatch(r"[01](\.\d{0,3})?", weight) and float(weight) > 0:
            ranked.append((-float(weight), i, tag.partition("-")[0]))
    known = (tag for _, _, tag in sorted(ranked) if tag in ("zh", "en"))
    return Language(next(known, Language.ZH))


def picked(text: Text, language: Language) -> str:
    return text.en if language is Language.EN else text.zh


def told_of(code: str, language: Language, values: Mapping[str, Any]) -> tuple[str, str]:
    """A problem's title and remedy, for where it is part of an answer."""
    kind = KINDS[code]
    return picked(kind.title, language).format(**values), picked(kind.remedy, language).format(**values)


def fault_json(fault: Fault, language: Language) -> dict[str, Any]:
    """A fault of submitted content as the API tells it."""
    return {
        "table": fault.table,
        "row": fault.row,
        "field": fault.column,
        "code": fault.code,
        "severity": str(fault.severity),
        "message": picked(fault.message, language),
        "remedy": picked(fault.remedy, language),
    }


def problem_response(request: Request, problem: Problem) -> JSONResponse:
    kind, language = KINDS[problem.code], language_of(request)
    content: dict[str, Any] = {
        "type": f"{request.app.state.services.settings.public_url.rstrip('/')}/problems/{problem.code}",
        "title": picked(kind.title, language).format(**problem.values),
        "status": kind.status,
        "code": problem.code,
        "remedy": picked(kind.remedy, language).format(**problem.values),
        "request_id": getattr(request.state, "request_id", None),
    }
    if problem.faults:
        content["faults"] = [fault_json(fault, language) for fault in problem.faults]
    headers = {"Content-Language": language.value, **problem.headers}
    return JSONResponse(content, kind.status, headers, MEDIA_TYPE)
