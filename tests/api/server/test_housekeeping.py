"""What the server does by itself goes on, whatever failed in between."""

from __future__ import annotations

import asyncio
import copy
from datetime import datetime

import pytest
import structlog

from api.server import housekeeping
from api.server.services import Services
from tests.api.server.conftest import Server


def test_a_full_disk_does_not_end_retention_for_good(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []
    # The running server keeps house too, with its own.
    mine = copy.copy(server.services)

    def full(services: Services, now: datetime) -> int:
        if services is mine:
            seen.append("people")
        raise OSError(28, "No space left on device", "/data/王小明")

    def problems(services: Services, now: datetime) -> int:
        if services is mine:
            seen.append("problems")
        return 0

    monkeypatch.setattr(housekeeping, "forget_people", full)
    monkeypatch.setattr(housekeeping, "raise_problems", problems)
    monkeypatch.setattr(housekeeping, "_SECONDS", 0.01)

    async def look() -> None:
        task = asyncio.create_task(housekeeping.keep_house(mine))
        while len(seen) < 4 and not task.done():
            await asyncio.sleep(0.01)
        task.cancel()

    with structlog.testing.capture_logs() as logs:
        asyncio.run(look())
    assert seen[:4] == ["people", "problems"] * 2
    failed = [line for line in logs if line["event"] == "housekeeping_failed"]
    assert [failed[0][name] for name in ("look", "kind")] == ["full", "OSError"]
    assert "王小明" not in str(logs)
