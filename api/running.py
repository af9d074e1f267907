"""Run the optimizer so that Ctrl-C stops it with the best plan so far, and a second one gives up."""

from __future__ import annotations

import multiprocessing
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType

from api.console import GivenUp
from optimizer.options import Options
from optimizer.solve import solve
from workforce.plan import Plan
from workforce.scenario import Scenario

SECONDS_BETWEEN_LOOKS = 0.2  # some systems deliver signals only to a main thread that is awake


@contextmanager
def stopping_on_signals(stopping: Callable[[], None]) -> Iterator[threading.Event]:
    """An event that the first SIGINT or SIGTERM sets; what has begun then still comes to its end.

    Args:
        stopping: called once when the first signal has come.

    Raises:
        GivenUp: a second signal came.  A search may still be running: end the process.
    """
    stop = threading.Event()

    def handle(number: int, frame: FrameType | None) -> None:
        if stop.is_set():
            raise GivenUp
        stop.set()
        stopping()

    before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def solve_stoppably(scenario: Scenario, options: Options, stop: threading.Event) -> Plan:
    """``solve``, which returns the best plan so far once the event is set.

    The search runs in a thread of its own, because a signal reaches Python only between two
    steps of the main thread, and one step of a solver may take long.
    """
    pool = ThreadPoolExecutor(1, thread_name_prefix="search")
    search: Future[Plan] = pool.submit(solve, scenario, replace(options, stopped=stop.is_set))
    while not search.done():
        wait([search], timeout=SECONDS_BETWEEN_LOOKS)
    pool.shutdown()
    return search.result()


def end_children() -> None:
    """Kill the processes that an abandoned search has left."""
    for child in multiprocessing.active_children():
        child.kill()
