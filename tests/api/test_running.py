import os
import signal
import threading
from collections.abc import Callable

import pytest

from api.console import GivenUp
from api.running import solve_stoppably, stopping_on_signals
from optimizer.options import Options
from tests.api.conftest import Solve
from tests.builders import make_plan, make_scenario
from workforce.plan import Plan
from workforce.scenario import Scenario


def patient(scenario: Scenario, options: Options, heard: threading.Event) -> Plan:
    """Searches until it is told to stop."""
    while not options.stopped():
        heard.wait(0.01)
    return make_plan(scenario)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_the_search_with_its_plan(solves: Callable[[Solve], None], number: int) -> None:
    def solve(scenario: Scenario, options: Options) -> Plan:
        os.kill(os.getpid(), number)
        return patient(scenario, options, threading.Event())

    solves(solve)
    told: list[str] = []
    before = signal.getsignal(number)
    with stopping_on_signals(lambda: told.append("stopping")) as stop:
        plan = solve_stoppably(make_scenario(), Options(), stop)
    assert plan.summary.served == 6
    assert told == ["stopping"]
    assert signal.getsignal(number) is before


def test_a_second_signal_gives_up_on_a_search_that_does_not_stop(solves: Callable[[Solve], None]) -> None:
    deaf = threading.Event()

    def solve(scenario: Scenario, options: Options) -> Plan:
        os.kill(os.getpid(), signal.SIGINT)
        patient(scenario, options, threading.Event())
        os.kill(os.getpid(), signal.SIGINT)
        deaf.wait()
        return make_plan(scenario)

    solves(solve)
    with pytest.raises(GivenUp), stopping_on_signals(lambda: None) as stop:
        solve_stoppably(make_scenario(), Options(), stop)
    deaf.set()


def test_an_error_of_the_search_is_raised(solves: Callable[[Solve], None]) -> None:
    def solve(scenario: Scenario, options: Options) -> Plan:
        raise ZeroDivisionError

    solves(solve)
    with pytest.raises(ZeroDivisionError):
        solve_stoppably(make_scenario(), Options(), threading.Event())
