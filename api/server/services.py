"""What every request works with; put together once, in ``api/server/app.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from api.server.settings import Settings
from data.database import Database
from data.vault import Vault


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    database: Database
    vault: Vault
    now: Callable[[], datetime]
