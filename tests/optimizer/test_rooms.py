"""Rooms get numbers also where first fit finds none, and the solver leaves signals to the command."""

from __future__ import annotations

import os
import signal

from optimizer.rooms import Booking, number_rooms

# S1 is free on days 0-1 and 5-9, S2 on 0-9: who comes first must leave S2 to the long stay.
TAKEN = {("H", "S1"): range(2, 5)}
SHORT, LONG = Booking("H", "S", 0, ("W1",)), Booking("H", "S", 1, ("W2",))


def test_units_with_taken_days_are_shared_out_exactly() -> None:
    assert number_rooms([LONG, SHORT], [8, 2], {("H", "S"): 2}, TAKEN) == ["S2", "S1"]
    assert number_rooms([LONG, SHORT], [8, 3], {("H", "S"): 2}, TAKEN).count(None) == 1


def test_ctrl_c_still_reaches_the_command_after_the_exact_fit() -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, frame: heard.append(number))
    try:
        number_rooms([LONG, SHORT], [8, 3], {("H", "S"): 2}, TAKEN)
        os.kill(os.getpid(), signal.SIGINT)
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT]
