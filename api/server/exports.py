"""Files that go out: in which format, under what name, and with whose names in them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated

from fastapi import Query, Response

from api.server.asks import Asks
from api.server.problems import Problem
from data.accounts import record
from data.snapshots import named
from workforce.roles import Role
from workforce.scenario import Scenario

ZIP = "application/zip"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
HTML = "text/html; charset=utf-8"

# Who may have names, numbers and telephones in what they export.
READS_PEOPLE = frozenset({Role.PLANNER})

Why = Annotated[
    str | None,
    Query(
        min_length=2,
        max_length=300,
        description="Why names and numbers are needed; without it the file names nobody.",
        examples=["roll call of 24 February"],
    ),
]


def with_people(asks: Asks, scenario: Scenario, about: str, why: str | None) -> Scenario:
    """The scenario with what names its workers and contacts, where whoever asks may read it and says why.

    The reading is on record before anything goes out.

    Raises:
        Problem: the role may not, or the reason is blank.
    """
    if why is None:
        return scenario
    if asks.caller.role not in READS_PEOPLE:
        raise Problem("not_allowed")
    if not why.strip():
        raise Problem("reason_missing")
    with asks.write() as c:
        record(c, asks.by, "people_exported", about, why.strip())
        return named(c, asks.services.vault, scenario)


def written(name: str, write: Callable[[Path], object]) -> bytes:
    """The bytes of a file that ``write`` makes at a path of this name."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        write(path)
        return path.read_bytes()


def attachment(content: bytes, media_type: str, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}
    return Response(content, media_type=media_type, headers=headers)
