"""Every legal timetable of a route, found by walking through all minutes.

Written from the rules of driving alone, as a judge of the planner's clock.  Time runs in steps.
What is known of a coach at a moment is how long it has driven since its last break and since its
last rest; for each such pair an array over time tells whether the coach can be there, and if so
the latest moment at which its first riders may have boarded (later is better: the ride has a limit).
A coach that drives goes one step further; then it stands any number of steps, which may make a
break or a rest, and drives again.

Two things are left out because they gain nothing: driving a leg for longer than its road, which
could only part two stands (a leg of two steps or more can be parted anyway), and being worse off in
every respect than another coach at the same moment and place.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import time
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from workforce.policy import Policy

DAY = 24 * 60
NEVER = -1  # in an array over time: cannot be there

Times = NDArray[np.int32]
Cells = dict[tuple[int, int], Times]  # by steps driven since the last break and the last rest
Days = tuple[int, ...]  # on which the drops are reached, 0 the day of leaving the depot


@dataclass(frozen=True, slots=True)
class Call:
    """A stop of a route: minutes of the road to it, whether riders alight, days on which it is closed."""

    minutes: int
    drop: bool
    closed: frozenset[int] = frozenset()


def step_for(policy: Policy, roads: Iterable[int]) -> int:
    """Minutes of a step that still find all timetables in whole minutes.

    Limits are sums of the policy's and the roads' minutes.  Where all of these are multiples of g,
    the timetables that reach a limit are too, but for those that stay under one by a minute (a
    stand shorter than a rest, a day that ends).  A fifth of g stands for that minute as well as the
    minute itself, as long as fewer than five such limits bind one another.
    """
    trips, driving = policy.trips, policy.driving
    g = math.gcd(
        DAY,
        *roads,
        *map(_minute, (*trips.leave_depot, *trips.reception, *(driving.night_ban or ()))),
        trips.stop_minutes,
        trips.max_ride_minutes,
        driving.max_minutes_per_driver,
        driving.break_after_minutes,
        driving.break_minutes,
        driving.rest_minutes,
    )
    parts = next((k for k in range(5, g + 1) if g % k == 0), g)
    return g // parts


def _minute(clock: time) -> int:
    return clock.hour * 60 + clock.minute


class Clock:
    """The timetables of routes under one policy.

    Args:
        days: drops are reached on days 0 … days - 1.
        step: minutes; every duration must be a multiple of it.
    """

    def __init__(self, policy: Policy, days: int, step: int) -> None:
        trips, driving = policy.trips, policy.driving
        self._step, self._days, self._day = step, days, DAY // step
        self._length = (days + 2) * self._day
        self._stop = trips.stop_minutes // step
        self._most_ride = trips.max_ride_minutes // step
        self._duty = driving.max_minutes_per_driver // step
        self._break_after = driving.break_after_minutes // step
        self._break = driving.break_minutes // step
        self._rest = driving.rest_minutes // step
        self._leave, self._reception = (
            tuple(_minute(clock) // step for clock in window)
            for window in (trips.leave_depot, trips.reception)
        )
        of_day = np.arange(self._length) % self._day
        self._drivable = np.ones(self._length, bool)
        if driving.night_ban:
            opens, closes = (_minute(clock) // step for clock in driving.night_ban)
            self._drivable = (of_day - opens) % self._day >= (closes - opens) % self._day
        self._left = lru_cache(maxsize=None)(self._uncached_left)

    def timetables(self, calls: tuple[Call, ...], back: int, drivers: int) -> dict[Days, int]:
        """By the days on which the drops can be reached: the fewest days of the whole trip.

        Args:
            calls: pickups, then drops, each after a road of two steps or more.
            back: minutes from the last drop to the depot.
        """
        found = {}
        for days, ready in self._left(calls, drivers, True).items():
            home = self._drive(ready, back, drivers, laden=False)
            moments = [int(np.argmax(times != NEVER)) for times in home.values()]
            if not moments:
                raise ValueError("the days looked at are too few to come home")
            found[days] = min(moments) // self._day + 1
        return found

    def _uncached_left(self, calls: tuple[Call, ...], drivers: int, last: bool) -> dict[Days, Cells]:
        """By days of arrival: coaches that may drive on from the last of these calls."""
        if not calls:
            start = self._nowhere()
            start[self._leave[0] : self._leave[1] + 1] = 0
            return {(): {(0, 0): _smear(start, 0, None)}}
        found: dict[Days, Cells] = {}
        call, before = calls[-1], calls[:-1]
        for days, ready in self._left(before, drivers, False).items():
            arrived = self._drive(ready, call.minutes, drivers, laden=bool(before))
            for day, cells in self._call(arrived, call, first=not before, last=last).items():
                if cells:
                    found[(*days, *day)] = _undominated(cells)
        return found

    def _drive(self, ready: Cells, minutes: int, drivers: int, laden: bool) -> Cells:
        """Coaches at the end of a road, as they come to a stand."""
        cells = self._one_step(ready, drivers)
        for left in range(minutes // self._step - 1, 0, -1):
            stood = self._stand(_undominated(cells), laden)
            if not laden and left > 1:  # who drives on later could as well stand later
                stood = _earliest({s: np.where(self._drivable, t, NEVER) for s, t in stood.items()})
            cells = self._one_step(stood, drivers)
        return cells

    def _one_step(self, ready: Cells, drivers: int) -> Cells:
        found: Cells = {}
        for (since_break, since_rest), times in ready.items():
            if since_break < self._break_after and since_rest < drivers * self._duty:
                moved = _shift(np.where(self._drivable, times, NEVER), 1)
                if moved.max() != NEVER:
                    found[since_break + 1, since_rest + 1] = moved
        return found

    def _stand(self, cells: Cells, laden: bool) -> Cells:
        """Coaches that have stood any number of steps on the road."""
        found: Cells = {}
        for state, times in cells.items():
            for after, least, end in self._stands(state, laden):
                _merge(found, after, _smear(times, least, end))
        return found

    def _stands(
        self, state: tuple[int, int], laden: bool
    ) -> Iterator[tuple[tuple[int, int], int, int | None]]:
        """(state after, from, to) for stands of each length: no break, a break, a rest."""
        cuts: list[int | None] = sorted({0, self._break, self._rest})  # type: ignore[assignment]
        for least, end in zip(cuts, [*cuts[1:], None], strict=True):
            assert least is not None
            if laden:
                end = self._rest if end is None else min(end, self._rest)
                if least >= end:
                    return
            since_break, since_rest = state
            after = (
                0 if least >= self._break else since_break,
                0 if least >= self._rest else since_rest,
            )
            yield after, least, end

    def _call(self, arrived: Cells, call: Call, first: bool, last: bool) -> dict[Days, Cells]:
        """Coaches that drive on after a call, by the day of arrival if it is a drop.

        All rows with no driving between them are one stop, which may touch no closed day.  Riders
        board and alight at one moment of it, and the coach stands for stop_minutes from then on.
        """
        found: dict[Days, Cells] = {}
        for begin, end in self._open(call):
            for state, everywhere in arrived.items():
                times = _only(everywhere, begin, end)
                if first:
                    # Riders who board as late as can be wait aboard for stop_minutes, less than a rest.
                    for after, stood in self._stays(state, times, self._stop, laden=False):
                        boarded = np.where(stood != NEVER, np.arange(self._length) - self._stop, NEVER)
                        if self._stop < self._rest:
                            _merge(found.setdefault((), {}), after, _only(boarded, begin, end))
                elif not call.drop:
                    for after, stood in self._stays(state, times, self._stop, laden=True):
                        _merge(found.setdefault((), {}), after, _only(stood, begin, end))
                else:
                    for day in range(begin // self._day, min(self._days, -(-end // self._day))):
                        cells = found.setdefault((day,), {})
                        for after, stood in self._alight(state, times, day, last):
                            _merge(cells, after, _only(stood, begin, end))
        return found

    def _alight(
        self, state: tuple[int, int], times: Times, day: int, last: bool
    ) -> Iterator[tuple[tuple[int, int], Times]]:
        """Coaches that drive on after a drop reached on a day, as soon as its reception is open."""
        opens, closes = (day * self._day + window for window in self._reception)
        prompt, early = _only(times, opens, closes + 1), _only(times, 0, opens)
        if last:
            moments = np.arange(self._length)
            prompt = np.where((prompt != NEVER) & (moments - prompt <= self._most_ride), 0, NEVER)
            waits = (opens - moments < self._rest) & (opens - early <= self._most_ride)
            early = np.where((early != NEVER) & waits, 0, NEVER)
        yield from self._stays(state, prompt, self._stop, laden=not last)
        for after, stood in self._stays(state, early, 0, laden=not last):
            yield after, _only(stood, opens + self._stop, self._length)

    def _stays(
        self, state: tuple[int, int], times: Times, at_least: int, laden: bool
    ) -> Iterator[tuple[tuple[int, int], Times]]:
        """Coaches that have stood for ``at_least`` steps or more."""
        for after, least, end in self._stands(state, laden):
            if end is None or max(least, at_least) < end:
                yield after, _smear(times, max(least, at_least), end)

    def _open(self, call: Call) -> Iterator[tuple[int, int]]:
        """Spans of moments in which a place is open."""
        begin = 0
        for day in [*sorted(call.closed), self._length // self._day]:
            end = min(day * self._day, self._length)
            if begin < end:
                yield begin, end
            begin = max(begin, (day + 1) * self._day)

    def _nowhere(self) -> Times:
        return np.full(self._length, NEVER, np.int32)


def _only(times: Times, begin: int, end: int) -> Times:
    kept = np.full_like(times, NEVER)
    kept[begin:end] = times[begin:end]
    return kept


def _shift(times: Times, steps: int) -> Times:
    moved = np.full_like(times, NEVER)
    moved[steps:] = times[: len(times) - steps]
    return moved


def _smear(times: Times, least: int, end: int | None) -> Times:
    """By moment: the best of those who began to stand ``least`` … ``end`` - 1 steps before."""
    if end is None:
        return _shift(np.maximum.accumulate(times), least)
    best, width = times, 1
    while width < end - least:
        more = min(width, end - least - width)
        best = np.maximum(best, _shift(best, more))
        width += more
    return _shift(best, least)


def _merge(cells: Cells, state: tuple[int, int], times: Times) -> None:
    if times.max() != NEVER:
        cells[state] = np.maximum(cells[state], times) if state in cells else times


def _earliest(cells: Cells) -> Cells:
    """The first moment of each state, but for those that another state that has driven no longer precedes."""
    found: Cells = {}
    firsts: dict[tuple[int, int], int] = {}
    for state in sorted(cells):
        first = int(np.argmax(cells[state] != NEVER))
        if cells[state][first] != NEVER and not any(
            o[0] <= state[0] and o[1] <= state[1] and t <= first for o, t in firsts.items()
        ):
            firsts[state] = first
            found[state] = _only(cells[state], first, first + 1)
    return found


def _undominated(cells: Cells) -> Cells:
    """Without what is no better than another state that has driven no longer."""
    found: Cells = {}
    for state in sorted(cells):  # whoever dominates a state comes before it
        times = cells[state]
        for other, better in found.items():
            if other[0] <= state[0] and other[1] <= state[1]:
                times = np.where(better >= times, NEVER, times)
        if times.max() != NEVER:
            found[state] = times
    return found
