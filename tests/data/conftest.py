"""The closed loop over the databases of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.data.loop import Loop, make_loop


@pytest.fixture
def loop(database_url: str, tmp_path: Path) -> Iterator[Loop]:
    it = make_loop(database_url, tmp_path / "data")
    yield it
    it.database.close()
