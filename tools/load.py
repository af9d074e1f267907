"""Many clients at once against ``guicheng serve``, and the same against a bare endpoint.

Each client writes a vacancy of its own enterprise and reads it back, again and again without a
pause, for the given time; the bare endpoint writes and reads a row of one table with FastAPI and
SQLAlchemy alone, on a database of the same settings.  Afterwards every row that was acknowledged
must be there, once.  Everything stays on this machine and in a folder that is removed.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx2
import uvicorn
from fastapi import FastAPI, HTTPException
from sqlalchemy import Column, Integer, MetaData, String, Table, insert, select

from data.accounts import By, add_account, add_key
from data.database import Database, sqlite_url
from data.registry import Entry, put
from workforce.roles import Role

ROWS = Table("row", MetaData(), Column("key", String, primary_key=True), Column("headcount", Integer))
UNLIMITED = str(10**9)


@dataclass
class Told:
    """What the clients saw."""

    seconds: dict[str, list[float]] = field(default_factory=lambda: {"write": [], "read": []})
    errors: list[str] = field(default_factory=list)
    acknowledged: dict[str, int] = field(default_factory=dict)


Client = Callable[[httpx2.AsyncClient, int, Told, float], Awaitable[None]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument(
        "--bare", metavar="FOLDER", help=argparse.SUPPRESS
    )  # how it starts its own other side
    parser.add_argument("--port", type=int, default=0, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.bare:
        serve_bare(Path(asked.bare), asked.port)
        return
    print(f"{asked.clients} clients, {asked.seconds:.0f} s each, {os.cpu_count()} cores")
    print(f"{'':10}{'':7}{'requests':>10}{'a second':>10}{'p50 ms':>9}{'p95 ms':>9}{'p99 ms':>9}")
    with TemporaryDirectory() as parent:
        folder = Path(parent) / "guicheng"
        keys = prepare(folder, asked.clients)
        words = ["-c", "from api.cli import main; main()", "serve", "--data", str(folder), "--planners", "0"]
        with serving(words, folder) as url:
            ours = asyncio.run(drive(url, asked, vacancies(keys)))
            found = asyncio.run(kept(url, keys))
        bare = Path(parent) / "bare"
        bare.mkdir()
        with serving([__file__, "--bare", str(bare)], bare) as url:
            theirs = asyncio.run(drive(url, asked, bare_rows))
        with Database(sqlite_url(bare)).read() as c:
            bare_found = {row.key: row.headcount for row in c.execute(select(ROWS))}
    print_table("guicheng", ours, asked.seconds)
    print_table("bare", theirs, asked.seconds)
    failed = False
    for name, told, rows in (("guicheng", ours, found), ("bare", theirs, bare_found)):
        lost = [key for key, value in told.acknowledged.items() if rows.get(key) != value]
        print(
            f"{name}: {len(told.acknowledged)} rows acknowledged, {len(lost)} lost, {len(told.errors)} errors"
        )
        for error in sorted(set(told.errors))[:5]:
            print(f"  {error}")
        failed = failed or bool(lost or told.errors) or not told.acknowledged
    sys.exit(failed)


def prepare(folder: Path, clients: int) -> list[str]:
    """A data folder with an enterprise's key for each client."""
    folder.mkdir()
    database = Database(sqlite_url(folder))
    database.migrate()
    keys = []
    by = By("load", datetime.now(UTC))
    with database.write() as c:
        for n in range(clients):
            cells = {
                "name": f"企业 {n}",
                "priority": "2",
                "lat": "39.7",
                "lon": "106.8",
                "workforce": "9",
                "present": "1",
            }
            put(c, by, Entry("enterprises", f"E{n:04}", cells))
            account = add_account(c, by, Role.ENTERPRISE, f"client {n}", f"E{n:04}")
            keys.append(add_key(c, by, account, "load", ("read", "write"), None)[1])
    database.close()
    return keys


@contextmanager
def serving(words: list[str], folder: Path) -> Iterator[str]:
    """A server as a process of its own; its address."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    limits = ("GUICHENG_REQUESTS_PER_MINUTE", "GUICHENG_REQUESTS_PER_MINUTE_OF_ADDRESS")
    environment = {**os.environ, **dict.fromkeys(limits, UNLIMITED)}
    environment.pop("GUICHENG_DATABASE_URL", None)
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, *words, "--port", str(port)], env=environment, stdout=log, stderr=log
        )
        try:
            for _ in range(600):
                if process.poll() is not None:
                    raise SystemExit((folder / "log").read_text())
                with socket.socket() as trial:
                    if trial.connect_ex(("127.0.0.1", port)) == 0:
                        break
                time.sleep(0.1)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(30)


async def drive(url: str, asked: argparse.Namespace, client: Client) -> Told:
    told, until = Told(), time.monotonic() + asked.seconds
    limits = httpx2.Limits(max_connections=asked.clients, max_keepalive_connections=asked.clients)
    async with httpx2.AsyncClient(base_url=url, timeout=60.0, limits=limits) as http:
        await asyncio.gather(*(client(http, n, told, until) for n in range(asked.clients)))
    return told


async def ask(http: httpx2.AsyncClient, told: Told, kind: str, method: str, path: str, **sent: Any) -> Any:
    """The answer; None: it was none, and is among the errors."""
    begun = time.perf_counter()
    try:
        answer = await http.request(method, path, **sent)
    except httpx2.TransportError as error:
        told.errors.append(f"{kind}: {type(error).__name__}")
        return None
    told.seconds[kind].append(time.perf_counter() - begun)
    if answer.is_error:
        told.errors.append(f"{kind}: {answer.status_code} {answer.text[:200]}")
        return None
    return answer.json()


def vacancies(keys: list[str]) -> Client:
    async def client(http: httpx2.AsyncClient, n: int, told: Told, until: float) -> None:
        headers = {"Authorization": f"Bearer {keys[n]}"}
        new = {**headers, "If-None-Match": "*"}
        count = 0
        while time.monotonic() < until:
            count += 1
            key = f"E{n:04}-{count}"
            cells = {
                "vacancy_id": key, "enterprise_id": f"E{n:04}", "occupation": "焊工", "headcount": count,
                "fill_by": "2030-03-01",
            }  # fmt: skip
            path = f"/v1/records/vacancies/{key}"
            if await ask(http, told, "write", "PUT", path, json=cells, headers=new) is not None:
                told.acknowledged[key] = count
                seen = await ask(http, told, "read", "GET", path, headers=headers)
                if seen is not None and int(seen["cells"]["headcount"]) != count:
                    told.errors.append("read: another row than was written")

    return client


async def bare_rows(http: httpx2.AsyncClient, n: int, told: Told, until: float) -> None:
    count = 0
    while time.monotonic() < until:
        count += 1
        key = f"V{n:04}-{count}"
        row = {"key": key, "headcount": count}
        if await ask(http, told, "write", "POST", "/rows", json=row) is not None:
            told.acknowledged[key] = count
            seen = await ask(http, told, "read", "GET", f"/rows/{key}")
            if seen is not None and seen["headcount"] != count:
                told.errors.append("read: another row than was written")


async def kept(url: str, keys: list[str]) -> dict[str, int]:
    """Every vacancy that the server has, asked of it page by page."""
    found: dict[str, int] = {}
    async with httpx2.AsyncClient(base_url=url, timeout=60.0) as http:
        for key in keys:
            after: str | None = ""
            while after is not None:
                query = {"after": after, "limit": "1000"}
                headers = {"Authorization": f"Bearer {key}"}
                page = (await http.get("/v1/records/vacancies", params=query, headers=headers)).json()
                for record in page["items"]:
                    assert record["key"] not in found, "a row is there twice"
                    found[record["key"]] = int(record["cells"]["headcount"])
                after = page["next"]
    return found


def print_table(name: str, told: Told, seconds: float) -> None:
    for kind, taken in told.seconds.items():
        ranked = sorted(taken) or [0.0]
        p50, p95, p99 = (1000 * ranked[min(len(ranked) - 1, int(q * len(ranked)))] for q in (0.5, 0.95, 0.99))
        rate = len(taken) / seconds
        print(f"{name:10}{kind:7}{len(taken):10}{rate:10.1f}{p50:9.1f}{p95:9.1f}{p99:9.1f}")


def serve_bare(folder: Path, port: int) -> None:
    """FastAPI and SQLAlchemy alone."""
    database = Database(sqlite_url(folder))
    ROWS.metadata.create_all(database.engine)
    app = FastAPI()

    @app.post("/rows", status_code=201)
    def write(row: dict[str, Any]) -> dict[str, Any]:
        with database.write() as c:
            c.execute(insert(ROWS).values(row))
        return row

    @app.get("/rows/{key}")
    def read(key: str) -> dict[str, Any]:
        with database.read() as c:
            found = c.execute(select(ROWS).where(ROWS.c.key == key)).one_or_none()
        if found is None:
            raise HTTPException(404)
        return {"key": found.key, "headcount": found.headcount}

    uvicorn.run(app, host="127.0.0.1", port=port, log_level="error", timeout_keep_alive=75)


if __name__ == "__main__":
    main()
