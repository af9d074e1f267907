"""The databases of the server's tests, and the closed loop over them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.server import conftest as of_server
from tests.data.loop import Loop, make_loop

database_url, postgres = of_server.database_url, of_server.postgres


@pytest.fixture
def loop(database_url: str, tmp_path: Path) -> Iterator[Loop]:
    it = make_loop(database_url, tmp_path / "data")
    yield it
    it.database.close()
