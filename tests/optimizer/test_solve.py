from dataclasses import replace

import pytest

from data.generate import KINDS, generate
from optimizer.options import Options
from optimizer.solve import solve
from tests.builders import broken


@pytest.mark.parametrize(
    "options",
    [Options(time_limit=60.0, stopped=lambda: True), Options(time_limit=0.0)],
    ids=["stopped at once", "no time"],
)
def test_the_first_plan_is_built_whatever_the_clock_says(options: Options) -> None:
    scenario = generate(replace(KINDS["plain"], workers=40))
    plan = solve(scenario, options)
    assert plan.summary.served > 0
    assert broken(scenario, plan) == []


def test_without_any_work_nobody_travels() -> None:
    scenario = generate(replace(KINDS["plain"], workers=40))
    plan = solve(scenario, Options(time_limit=None, work_limit=0))
    assert plan.seats == ()
    assert broken(scenario, plan) == []
