"""How the server is set up: a data folder, and environment variables for the rest."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from data.database import sqlite_url


@dataclass(frozen=True, slots=True)
class Settings:
    """Set once at the start.

    Attributes:
        folder: holds the SQLite database, the key ring and, while it runs, temporary files.
        public_url: under which others reach the server; links and QR codes use it.
        planners: jobs that are planned at the same time by this process; 0: none.
        planner_processes: cores that one job uses.
        retention_days: after the last arrival, how long a person's data is kept; None: until erased
            on request.
        checkpoints_folder: of published checkpoints of the trip log; None: ``checkpoints`` in the folder.
        max_body_bytes: a list of 31,478 workers is 4 MB as CSV, 1.5 MB as a workbook and 9 MB as JSON.
        requests_per_minute: of one account or, without one, of one address.
        requests_per_minute_of_address: of all accounts behind one address together.
        body_seconds: within which a request's body must have arrived.
        followers, followers_of_account: streams of events that are open at the same time.
    """

    folder: Path
    database_url: str
    public_url: str = "http://127.0.0.1:8000"
    planners: int = 1
    planner_processes: int = 2
    max_body_bytes: int = 32 << 20
    requests_per_minute: int = 1200
    requests_per_minute_of_address: int = 12_000
    body_seconds: float = 120.0
    session_lasts: timedelta = timedelta(hours=12)
    answers_kept: timedelta = timedelta(days=2)
    submissions_kept: timedelta = timedelta(days=60)
    followers: int = 100
    followers_of_account: int = 20
    retention_days: int | None = None
    checkpoints_folder: Path | None = None

    @property
    def keys_file(self) -> Path:
        return self.folder / "keys.json"

    @property
    def scratch(self) -> Path:
        return self.folder / "tmp"

    @property
    def upload_bytes(self) -> int:
        """Of large bodies that are in memory at the same time."""
        return 4 * self.max_body_bytes

    @property
    def upload_bytes_of_address(self) -> int:
        return 2 * self.max_body_bytes

    @property
    def log_key_file(self) -> Path:
        return self.folder / "log-key.txt"

    @property
    def checkpoints(self) -> Path:
        return self.checkpoints_folder or self.folder / "checkpoints"

    def address(self, path: str) -> str:
        """Of a page, as others reach it."""
        return self.public_url.rstrip("/") + path

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")


_NUMBERS = {
    "requests_per_minute": "GUICHENG_REQUESTS_PER_MINUTE",
    "requests_per_minute_of_address": "GUICHENG_REQUESTS_PER_MINUTE_OF_ADDRESS",
    "max_body_bytes": "GUICHENG_MAX_BODY_BYTES",
    "retention_days": "GUICHENG_RETENTION_DAYS",
}


def settings_for(folder: Path, environment: Mapping[str, str] = os.environ, **given: Any) -> Settings:
    """The settings of a data folder, which is made where it is missing.

    Raises:
        OSError: the folder cannot be made.
        ValueError: a number in the environment is none.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    url = environment.get("GUICHENG_DATABASE_URL") or sqlite_url(folder)
    if url.startswith(("postgres://", "postgresql://")):
        url = "postgresql+psycopg://" + url.partition("://")[2]
    given = {name: int(environment[v]) for name, v in _NUMBERS.items() if environment.get(v)} | given
    if environment.get("GUICHENG_CHECKPOINTS"):
        given = {"checkpoints_folder": Path(environment["GUICHENG_CHECKPOINTS"])} | given
    return Settings(folder=folder, database_url=url, **given)
