"""The rows of a timetable, as ``clock_of`` chose it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from optimizer.kernels import bare, inner, kernel
from optimizer.road_rules import Rules
from optimizer.timetable import (
    CAME,
    CLOCK,
    DEAD,
    DRIVEN,
    LEFT,
    MAX_NODES,
    MOMENT,
    NODE,
    PARENT,
    WENT,
    note_moments,
    part_wait,
    rides,
    settled,
    way_home,
    ways_out,
)

MAX_ROWS = 400  # rows of a recorded timetable
DEPART, PICKUP, DROP, REST, RETURN = range(5)


@bare
def _row(rows, n, kind, arrive, depart, wheel):
    """Record a row, or stretch the rest row before it where no driving lies between."""
    if kind == REST and n > 0 and rows[n - 1, 0] == REST and wheel == 0:
        rows[n - 1, 2] = depart
        return n
    if n < len(rows):
        rows[n, 0] = kind
        rows[n, 1] = arrive
        rows[n, 2] = depart
        rows[n, 3] = wheel
    return n + 1


@inner
def _record(nodes, end, pickups, rules, rows):
    """Write the rows of the timetable that ends at node ``end``; returns how many."""
    path = np.empty(MAX_NODES, np.int64)
    length, j = 0, end
    while j >= 0:
        path[length] = j
        length += 1
        j = nodes[j, PARENT]
    parts = np.empty((MAX_ROWS, 2), np.int64)
    n = _row(rows, 0, DEPART, nodes[0, CLOCK], nodes[0, CLOCK], 0)
    went, place = nodes[0, CLOCK], 0
    for k in range(length - 1, -1, -1):
        node = nodes[path[k]]
        if k == length - 1:
            arrive, leave, moment = node[CLOCK], nodes[path[k - 1], WENT], node[CLOCK]
            if leave > arrive:
                n = _row(rows, n, REST, arrive, leave, 0)
            went = leave
            continue
        clock = node[CLOCK]
        if k == 0:
            return _row(rows, n, RETURN, clock, clock, clock - went)
        follower = nodes[path[k - 1]]
        arrive, moment, leave = follower[CAME], follower[MOMENT], follower[WENT]
        laden = place > 0
        if arrive > clock and not laden:
            n = _row(rows, n, REST, clock - 1, arrive - 1, clock - 1 - went)
            went = arrive - 1
        elif arrive > clock:
            some, _, _ = part_wait(clock, node[DRIVEN], arrive, rules, parts)
            for p in range(min(some, MAX_ROWS) - 1, -1, -1):
                n = _row(rows, n, REST, parts[p, 0], parts[p, 1], parts[p, 0] - went)
                went = parts[p, 1]
        if node[LEFT] > 0:
            if leave == arrive and rules.break_for > 0:
                continue
            n = _row(rows, n, REST, arrive, leave, arrive - went)
        else:
            if moment > arrive:
                n = _row(rows, n, REST, arrive, moment, arrive - went)
                arrive = went = moment
            n = _row(rows, n, PICKUP if place < pickups else DROP, moment, leave, arrive - went)
            place += 1
        went = leave
    return n


@kernel
def _rows(out, legs, back, stops, pickups, closed, drivers, way, rules, rows):
    """Write the rows of what ``clock_of`` chose; returns how many, 0 where ``way`` leads nowhere.

    Of the timetables that reach the drops at the same minutes, and the depot no later, the one that
    boards latest at the first pickup is written.
    """
    duty = drivers * rules.duty
    nodes = np.empty((MAX_NODES, NODE), np.int64)
    parts = np.empty((0, 2), np.int64)
    chosen, moments = np.zeros(stops, np.int64), np.zeros(stops, np.int64)
    leave, o, turn = way // MAX_NODES // MAX_NODES, way // MAX_NODES % MAX_NODES, way % MAX_NODES
    to_closed = closed[0] != 0
    ahead = back
    for i in range(stops - 1):
        ahead += legs[i]
    outs = ways_out(max(out, 1) if to_closed else out, ahead, to_closed, duty, rules, nodes, parts)
    first, n, _, _, _ = rides(o, leave, legs, back, stops, pickups, closed, duty, rules, nodes, outs, parts)
    f = first + turn
    if not 0 < o < outs or f >= n:
        return 0
    _, moment, _, _ = settled(nodes, f, 0, 3, closed[stops - 1], rules.stop, True, rules)
    note_moments(nodes, f, moment, stops, chosen)
    chosen_end, _ = way_home(f, back, closed[stops - 1], duty, rules, nodes, n, parts)
    latest = chosen[pickups] - rules.stop - ahead + back
    for i in range(pickups, stops - 1):
        latest += legs[i]
    for later in range(max(latest + rules.stop, leave), leave - 1, -1):
        first, n, _, _, _ = rides(
            o, later, legs, back, stops, pickups, closed, duty, rules, nodes, outs, parts
        )
        for f in range(first, n):
            if nodes[f, LEFT] > 0 or nodes[f, DEAD] == 1:
                continue
            _, moment, gone, _ = settled(nodes, f, 0, 3, closed[stops - 1], rules.stop, True, rules)
            if gone < 0:
                continue
            note_moments(nodes, f, moment, stops, moments)
            same = moment - moments[0] <= rules.max_ride
            for i in range(pickups, stops):
                same = same and moments[i] == chosen[i]
            if not same:
                continue
            end, where = way_home(f, back, closed[stops - 1], duty, rules, nodes, n, parts)
            if 0 <= end <= chosen_end:
                return _record(nodes, where, pickups, rules, rows)
    return 0


def rows_of(
    out: int,
    legs: NDArray[np.int64],
    back: int,
    pickups: int,
    closed: NDArray[np.int64],
    drivers: int,
    way: int,
    rules: Rules,
) -> NDArray[np.int64]:
    """What ``clock_of`` chose, as rows: (kind, arrive, depart, minutes driven since the row before).

    Riders board at the first pickup as late as leads to the same minutes at the drops.
    """
    rows = np.zeros((MAX_ROWS, 4), np.int64)
    n = _rows(out, legs, back, len(legs) + 1, pickups, closed, drivers, way, rules, rows)
    if not 0 < n <= MAX_ROWS:
        raise ValueError("no legal clock for this trip")
    return rows[:n]
