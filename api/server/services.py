"""What every request works with; put together once, in ``api/server/app.py``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from api.server.settings import Settings
from data.checkpoints import Publisher
from data.database import Database
from data.published import PublishedPlans
from data.rosters import Rosters
from data.vault import KeyRing, Vault


@dataclass(frozen=True, slots=True)
class Services:
    settings: Settings
    database: Database
    keys: KeyRing
    published: PublishedPlans
    rosters: Rosters
    publisher: Publisher
    now: Callable[[], datetime]

    @property
    def vault(self) -> Vault:
        """The keys as they are now; ask inside the transaction that they are for."""
        return self.keys.current()
