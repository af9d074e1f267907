"""Lists as enterprises send them, and an enterprise that may send them."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import xlsxwriter
from httpx2 import Response

from data.submitted import JSON
from tests.api.server.conftest import Server
from workforce.identity import resident_check
from workforce.roles import Role

LANZHOU = "甘肃省兰州市城关区"


def identity(n: int) -> str:
    """The identity number of the n-th person."""
    body = f"110105{1950 + n % 50}{1 + n % 12:02}{1 + n % 28:02}{n // 12 % 1000:03}"
    return body + resident_check(body)


def worker(n: int, **cells: Any) -> dict[str, Any]:
    """The n-th worker as an enterprise's own sheet has it; None takes a column out."""
    row = {
        "工号": str(1000 + n),
        "姓名": f"王{n}",
        "身份证号": identity(n),
        "手机号": f"138{n:08}",
        "住址": LANZHOU,
        "最早出发日期": "2020-02-24",
        "最迟到达日期": "2020-03-08",
        **cells,
    }
    return {name: value for name, value in row.items() if value is not None}


def post(n: int, **cells: Any) -> dict[str, Any]:
    """The n-th vacancy of an enterprise."""
    row = {"编号": str(n), "工种": f"工种{n}", "招聘人数": 5, "最迟到岗日期": "2020-03-01", **cells}
    return {name: value for name, value in row.items() if value is not None}


def enterprise(server: Server, name: str) -> dict[str, str]:
    """The headers of an enterprise's account; the enterprise is registered."""
    cells = {"enterprise_id": name, "name": f"{name}厂", "priority": 1, "lat": 39.6, "lon": 106.8,
             "workforce": 10, "present": 0, "restart_share": 0.5}  # fmt: skip
    planner = {**server.role(Role.PLANNER), "If-None-Match": "*"}
    answer = server.client.put(f"/v1/records/enterprises/{name}", json=cells, headers=planner)
    assert answer.status_code == 201, answer.text
    return server.role(Role.ENTERPRISE, name)


def submit(
    server: Server,
    who: Mapping[str, str],
    rows: Sequence[Mapping[str, Any]] | bytes,
    table: str = "workers",
    media: str = JSON,
    **params: Any,
) -> Response:
    at, headers = f"/v1/submissions/{table}", {**who, "Content-Type": media, "Accept-Language": "en"}
    if isinstance(rows, bytes):
        return server.client.post(at, content=rows, headers=headers, params=params)
    return server.client.post(at, json=rows, headers={**who, "Accept-Language": "en"}, params=params)


def outcomes(answer: Response) -> list[str]:
    return [row["outcome"] for row in answer.json()["rows"]]


def codes(answer: Response) -> list[tuple[int, str | None, str]]:
    """(row, field, code) of every fault of a row."""
    return [(row["row"], f["field"], f["code"]) for row in answer.json()["rows"] for f in row["faults"]]


def as_csv(rows: Sequence[Mapping[str, Any]], encoding: str = "utf-8") -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode(encoding)


def as_workbook(folder: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> bytes:
    """A workbook of these sheets, cell by cell."""
    path = folder / "own.xlsx"
    with xlsxwriter.Workbook(path) as book:
        for title, rows in sheets.items():
            sheet = book.add_worksheet(title)
            for i, cells in enumerate(rows):
                for j, cell in enumerate(cells):
                    sheet.write(i, j, cell)
    return path.read_bytes()
