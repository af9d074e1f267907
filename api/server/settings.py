"""How the server is set up: a data folder, and environment variables for the rest."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from data.database import sqlite_url


@dataclass(frozen=True, slots=True)
class Settings:
    """Set once at the start.

    Attributes:
        folder: holds the SQLite database and the key ring.
        public_url: under which others reach the server; links and QR codes use it.
        planners: jobs that are planned at the same time by this process; 0: none.
        planner_processes: cores that one job uses.
        retention_days: after the last arrival, how long a person's data is kept; None: until erased
            on request.
        requests_per_minute: of one account or, without one, of one address.
    """

    folder: Path
    database_url: str
    public_url: str = "http://127.0.0.1:8000"
    planners: int = 1
    planner_processes: int = 2
    max_body_bytes: int = 32 << 20
    requests_per_minute: int = 1200
    session_lasts: timedelta = timedelta(hours=12)
    answers_kept: timedelta = timedelta(days=2)
    submissions_kept: timedelta = timedelta(days=60)
    retention_days: int | None = None

    @property
    def keys_file(self) -> Path:
        return self.folder / "keys.json"

    @property
    def is_https(self) -> bool:
        return self.public_url.startswith("https://")


def settings_for(folder: Path, environment: Mapping[str, str] = os.environ, **given: object) -> Settings:
    """The settings of a data folder, which is made where it is missing.

    Raises:
        OSError: the folder cannot be made.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    url = environment.get("GUICHENG_DATABASE_URL") or sqlite_url(folder)
    if url.startswith(("postgres://", "postgresql://")):
        url = "postgresql+psycopg://" + url.partition("://")[2]
    if environment.get("GUICHENG_RETENTION_DAYS"):
        given = {"retention_days": int(environment["GUICHENG_RETENTION_DAYS"])} | given
    return Settings(folder=folder, database_url=url, **given)  # type: ignore[arg-type]
