from dataclasses import replace

import numpy as np
import pytest

from data.generate import KINDS, generate
from optimizer import search
from optimizer.instance import build
from optimizer.rounds import Search


def test_what_clocks_are_remembered_does_not_change_the_plan(monkeypatch: pytest.MonkeyPatch) -> None:
    arrays = build(generate(replace(KINDS["plain"], workers=120))).arrays
    found = []
    for most in (1, search.MOST_CLOCKS):
        monkeypatch.setattr(search, "MOST_CLOCKS", most)
        run = Search(arrays, seed=1)
        run.run(200, heat=100.0)
        found.append(run.trips)
    for forgetful, mindful in zip(*found, strict=True):
        np.testing.assert_array_equal(forgetful, mindful)
