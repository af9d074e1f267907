"""The cheapest legal clock of a trip.

A trip is an empty way out (depot to the first pickup), a ride (first pickup to last drop, riders
aboard) and an empty way back.  Cost are the days of the vehicle and its drivers and the days on
which the drops are reached, so a clock is sought among all legal timetables.  What follows gives
away none of them that is cheaper:

* The coach leaves the depot as early as it may: whoever could leave later can wait later.
* It stands on the road only where it must: where driving is at its limit (of a break or a duty) or
  a night ban begins, and a minute before a place that has closed days.  Any other stand can be moved
  later, past the driving that follows it, until it meets such a moment or the next place: nothing
  is reached later, and less has been driven since.  Stands there and at places are as short as they
  may be, long enough for a break, or, with an empty coach, long enough for a rest; all are tried.
* Of two coaches, one that has come at least as far, no later, with no more driven since its
  break and its rest and no drop reached on a later day, makes the other needless: it can wait.
* Riders may not stand for ``rest_for``, but a longer wait may be parted by a minute of driving, so
  an earlier coach can wait for a later one with riders as well, except through a ban that lasts
  ``rest_for`` or that the ride must not outlast ``max_ride``.  Both ask for later boarding: the ride
  is tried from the earliest leaving of the first pickup, from where the stop there makes a break or
  a rest, and as much later as the least of what the tried rides were short of.

Corners: a wait with riders that has to be parted on legs of a minute or two is driven longer than
the road (that is legal), but which of two such short legs takes it is not sought; and a search of
more than MAX_NODES stands, far beyond what rules of the field give, is cut.

Minutes count from midnight of the day on which the trip leaves its depot.
"""

from __future__ import annotations

import numpy as np

from optimizer.kernels import bare, inner
from optimizer.road_rules import (
    DAY,
    LAST_CLOSED,
    NEVER,
    arrival,
    ban_end,
    closed_until,
    received,
    soonest,
    until_ban,
)

MAX_NODES = 400  # stands of a search

# A node of the search is the moment at which the coach comes to a stand: its clock, minutes driven
# since the last break and rest, minutes left of the leg (0: at the place), since when it stands
# (earlier than its clock where a leg has no minutes) and stands with riders; then how it came: the
# node before, when it came to stand there, boarded or alighted and went, minutes driven from there;
# the last place (a node) and when people boarded or alighted there; whether another node is as good.
(
    CLOCK, SINCE_BREAK, SINCE_REST, LEFT, STILL, SEATED, PARENT, CAME, MOMENT, WENT, DRIVEN, PLACE, MET, DEAD,
) = range(14)  # fmt: skip
NODE = 14


@bare
def settled(nodes, k, at_least, call, mask, stop, laden, rules):
    """The stand of a coach that comes to a node: (came, moment, went, wall).

    ``call`` is 0 on the road, 1 at a pickup, 2 at a drop, 3 at the last drop.  With riders the coach
    comes later where it would stand for a rest.  ``went`` is -1 where there is no such stand; ``wall``
    is then the end of the ban that riders cannot wait through, or 0.
    """
    clock, whole = nodes[k, CLOCK], nodes[k, STILL] < nodes[k, CLOCK]
    came = clock
    while True:
        moment = received(came, rules) if call >= 2 else came
        ready = moment + stop
        stood_from = nodes[k, STILL] if came == clock else came
        went = ban_end(max(ready, stood_from + at_least), rules)
        opens = closed_until(mask, came, went)
        if opens > 0:
            if at_least > 0 and closed_until(mask, came, ban_end(ready, rules)) == 0:
                return 0, 0, -1, 0
            later = opens
        elif laden:
            until = moment if call == 3 else went
            seated = nodes[k, SEATED] if came == clock else came
            if until - seated < rules.rest_for:
                break
            if whole:
                return 0, 0, -1, 0
            later = max(came + 1, until - rules.rest_for + 1)
        else:
            break
        came = arrival(later, rules)
        if came > clock + LAST_CLOSED + 2 * DAY:  # no hour will do
            return 0, 0, -1, 0
    if laden and came > clock:
        if whole:
            return 0, 0, -1, 0
        if (rules.ban_until - rules.ban_from) % DAY >= rules.rest_for:
            end = ban_end(clock, rules)
            if end == clock and clock + until_ban(clock, rules) < came:
                end = ban_end(clock + until_ban(clock, rules), rules)
            if end > clock:
                return 0, 0, -1, end
    return came, moment, went, 0


@bare
def part_wait(clock, driven, came, rules, parts):
    """Part the wait of a coach with riders that could come at ``clock`` but comes later.

    The stands are laid from behind, with a minute of driving after each.  Returns (how many, minutes
    driven more than needed, minutes driven since the last that is a break, or NEVER);
    ``parts`` gets (from, until) of each, the last first.
    """
    turns, since, fresh = 0, 0, False
    until, n = came, 0
    first = clock - driven + 1  # a minute is driven before the first of them
    while True:
        until -= 1
        turns += 1
        if not fresh:
            since += 1
        begin = max(clock - turns, first)
        start = begin
        if until - begin >= rules.rest_for:
            start = max(begin, arrival(until - rules.rest_for + 1, rules))
        if until > start:
            fresh = fresh or until - start >= rules.break_for
            if n < len(parts):
                parts[n, 0], parts[n, 1] = start, until
            n += 1
        until = start
        if until <= begin:
            break
    return n, max(0, turns + 1 - driven), since if fresh else NEVER


@bare
def _no_later(nodes, j, x):
    """Whether node j, on the same ride as node x, reached every drop before on no later a day."""
    while nodes[j, PLACE] != nodes[x, PLACE]:
        if nodes[j, MET] // DAY > nodes[x, MET] // DAY:
            return False
        j, x = nodes[j, PLACE], nodes[x, PLACE]
    return nodes[j, MET] // DAY <= nodes[x, MET] // DAY


@bare
def _as_good(nodes, j, x):
    if (
        nodes[j, LEFT] > nodes[x, LEFT]
        or nodes[j, CLOCK] > nodes[x, CLOCK]
        or nodes[j, SINCE_BREAK] > nodes[x, SINCE_BREAK]
        or nodes[j, SINCE_REST] > nodes[x, SINCE_REST]
    ):
        return False
    stands = nodes[j, STILL] < nodes[j, CLOCK] or nodes[x, STILL] < nodes[x, CLOCK]
    if stands and (nodes[j, STILL] > nodes[x, STILL] or nodes[j, SEATED] < nodes[x, SEATED]):
        return False
    return _no_later(nodes, j, x)


@bare
def _go(
    nodes, first, n, parent, stand, since_break, since_rest, still, seated, minutes, pause, place, duty, rules
):
    """Drive on from a stand (came, moment, went) until a limit, a ban, a pause or the end of the leg.

    The node there joins those from ``first``, unless one of them is as good; returns how many there are.
    """
    came, moment, went = stand
    step = min(minutes, rules.break_after - since_break, duty - since_rest, until_ban(went, rules))
    if pause and minutes > 1:
        step = min(step, minutes - 1)
    if step < 0 or (step == 0 and minutes > 0) or n >= MAX_NODES:
        return n
    nodes[n, CLOCK] = went + step
    nodes[n, SINCE_BREAK], nodes[n, SINCE_REST] = since_break + step, since_rest + step
    nodes[n, LEFT] = minutes - step
    nodes[n, STILL] = nodes[n, CLOCK] if step > 0 else still
    nodes[n, SEATED] = nodes[n, CLOCK] if step > 0 else seated
    nodes[n, PARENT], nodes[n, CAME], nodes[n, MOMENT], nodes[n, WENT] = parent, came, moment, went
    nodes[n, DRIVEN] = step if place or went > came else step + nodes[parent, DRIVEN]
    if place:
        nodes[n, PLACE], nodes[n, MET] = parent, moment
    else:
        nodes[n, PLACE], nodes[n, MET] = nodes[parent, PLACE], nodes[parent, MET]
    nodes[n, DEAD] = 0
    for j in range(first, n):
        if nodes[j, DEAD] == 0:
            if _as_good(nodes, j, n):
                return n
            if _as_good(nodes, n, j):
                nodes[j, DEAD] = 1
    return n + 1


@bare
def _stands(kind, nodes, k, ahead, laden, duty, rules):
    """How long to stand at least: 0; a break; a rest.  -1 where that gains nothing."""
    if kind == 0:
        return 0
    if kind == 1:
        if nodes[k, SINCE_BREAK] + ahead <= rules.break_after or (
            laden and rules.break_for >= rules.rest_for
        ):
            return -1
        return rules.break_for
    return -1 if laden or nodes[k, SINCE_REST] + ahead <= duty else rules.rest_for


@bare
def _after(nodes, k, stand, laden, duty, rules, parts):
    """Minutes driven since the last break and the last rest when the coach goes on from a stand."""
    came, _, went = stand
    since_break, since_rest = nodes[k, SINCE_BREAK], nodes[k, SINCE_REST]
    still = nodes[k, STILL]
    if came > nodes[k, CLOCK]:
        still = came
        if laden:
            _, more, fresh = part_wait(nodes[k, CLOCK], nodes[k, DRIVEN], came, rules, parts)
            since_rest += more
            since_break = min(since_break, fresh) + more
            if since_rest > duty or since_break > rules.break_after:
                return NEVER, NEVER
    if went - still >= rules.break_for:
        since_break = 0
    if went - still >= rules.rest_for:
        since_rest = 0
    return since_break, since_rest


@bare
def _leg(nodes, first, n, ahead, pause, laden, duty, rules, parts):
    """Drive the nodes from ``first`` to the end of their leg; ``ahead`` is the driving after it.

    Returns (how many nodes, the end of a ban that stopped riders or NEVER).
    """
    blocked = NEVER
    i = first
    while i < n:
        if nodes[i, LEFT] > 0 and nodes[i, DEAD] == 0:
            before = -1
            for kind in range(3):
                at_least = _stands(kind, nodes, i, nodes[i, LEFT] + ahead, laden, duty, rules)
                if at_least < 0:
                    continue
                came, moment, went, wall = settled(nodes, i, at_least, 0, 0, 0, laden, rules)
                if wall > 0:
                    blocked = min(blocked, wall)
                if went < 0 or went == before:
                    continue
                before = went
                since_break, since_rest = _after(nodes, i, (came, moment, went), laden, duty, rules, parts)
                n = _go(
                    nodes, first, n, i, (came, moment, went), since_break, since_rest, went, went,
                    nodes[i, LEFT], pause, False, duty, rules,
                )  # fmt: skip
        i += 1
    return n, blocked


@bare
def ways_out(out, ahead, pause, duty, rules, nodes, parts):
    """The nodes of the way out; those at the first pickup have nothing left."""
    start = nodes[0]
    for i in range(NODE):
        start[i] = 0
    start[CLOCK] = start[STILL] = start[SEATED] = rules.leave_from
    start[PARENT] = start[PLACE] = -1
    start[DEAD] = 1  # no end of the way out
    clock = rules.leave_from
    went = ban_end(clock, rules) if out > 0 else clock
    n = _go(nodes, 1, 1, 0, (clock, clock, went), 0, 0, clock, clock, out, pause, True, duty, rules)
    return _leg(nodes, 1, n, ahead, pause, False, duty, rules, parts)[0]


@bare
def rides(o, leave, legs, back, stops, pickups, closed, duty, rules, nodes, n, parts):
    """The ride of a coach at node ``o``, the first pickup, that leaves it at ``leave`` or soon after.

    Returns (first of the nodes at the last drop, end of them, since when the coach stood at the
    first pickup, when it left it, the end of a ban that stopped riders or NEVER).
    """
    came = nodes[o, CLOCK]
    while True:
        went = ban_end(max(leave, came + rules.stop), rules)
        opens = closed_until(closed[0], came, went)
        if opens == 0:
            break
        came = arrival(opens, rules)
    since_break, since_rest, still = nodes[o, SINCE_BREAK], nodes[o, SINCE_REST], nodes[o, STILL]
    if came > nodes[o, CLOCK]:  # it stood a minute's drive before the place
        stood = came - 1 - nodes[nodes[o, PARENT], CLOCK] if nodes[o, DRIVEN] == 1 else came - nodes[o, CLOCK]
        since_break = 1 if stood >= rules.break_for else since_break
        since_rest = 1 if stood >= rules.rest_for else since_rest
        still = came
    if went - still >= rules.break_for:
        since_break = 0
    if went - still >= rules.rest_for:
        since_rest = 0
    ahead = back
    for i in range(stops - 1):
        ahead += legs[i]
    blocked = NEVER
    if since_rest + ahead - back > duty:
        return n, n, still, went, blocked
    boarded = went - rules.stop
    first, end = n, n
    for i in range(stops - 1):
        before, before_end = first, end
        first = n
        ahead -= legs[i]
        pause = closed[i + 1] != 0
        # Two stops without driving between them are one; a minute of driving parts them.
        for minutes in range(legs[i], max(legs[i], 1) + 1):
            if i == 0:
                n = _go(
                    nodes, first, n, o, (came, boarded, went), since_break, since_rest, still, boarded,
                    minutes, pause, True, duty, rules,
                )  # fmt: skip
                continue
            for j in range(before, before_end):
                if nodes[j, LEFT] > 0 or nodes[j, DEAD] == 1:
                    continue
                last_went = -1
                for kind in range(2):
                    at_least = _stands(kind, nodes, j, legs[i] + ahead, True, duty, rules)
                    if at_least < 0:
                        continue
                    call = 1 if i < pickups else 2
                    at, moment, on, wall = settled(
                        nodes, j, at_least, call, closed[i], rules.stop, True, rules
                    )
                    if wall > 0:
                        blocked = min(blocked, wall)
                    if on < 0 or on == last_went:
                        continue
                    last_went = on
                    b, r = _after(nodes, j, (at, moment, on), True, duty, rules, parts)
                    stands = nodes[j, STILL] if at == nodes[j, CLOCK] else at
                    seated = nodes[j, SEATED] if at == nodes[j, CLOCK] else at
                    n = _go(
                        nodes, first, n, j, (at, moment, on), b, r, stands, seated, minutes, pause, True,
                        duty, rules,
                    )  # fmt: skip
        n, wall = _leg(nodes, first, n, ahead, pause, True, duty, rules, parts)
        blocked = min(blocked, wall)
        end = n
        if first == end:
            break
    return first, end, still, went, blocked


@bare
def way_home(f, back, mask, duty, rules, nodes, n, parts):
    """Home from node ``f``, the last drop: (when, the node there), or (-1, -1) where it cannot be."""
    first = n
    before = -1
    for kind in range(3):
        # Riders stand until they alight; then the coach is empty.
        at_least = _stands(kind, nodes, f, back, False, duty, rules)
        if at_least < 0:
            continue
        came, moment, went, _ = settled(nodes, f, at_least, 3, mask, rules.stop, True, rules)
        if went < 0 or went == before:
            continue
        before = went
        b, r = _after(nodes, f, (came, moment, went), True, duty, rules, parts)
        n = _go(nodes, first, n, f, (came, moment, went), b, r, went, went, back, False, True, duty, rules)
    n, _ = _leg(nodes, first, n, 0, False, False, duty, rules, parts)
    best, where = -1, -1
    for j in range(first, n):
        if nodes[j, LEFT] == 0 and nodes[j, DEAD] == 0 and (best < 0 or nodes[j, CLOCK] < best):
            best, where = nodes[j, CLOCK], j
    return best, where


@bare
def note_moments(nodes, f, last_moment, stops, arrivals):
    """When people boarded or alighted at each stop on the way to node ``f``, the last drop."""
    arrivals[stops - 1] = last_moment
    for i in range(stops - 2, -1, -1):
        arrivals[i] = nodes[f, MET]
        f = nodes[f, PLACE]


@bare
def _waits(arrivals, stops, pickups, latest, wait_rate):
    """The weight of the days on which the drops are reached; inf where one is too late."""
    waits = 0.0
    for i in range(pickups, stops):
        day = arrivals[i] // DAY
        if day > latest[i]:
            return np.inf
        waits += wait_rate[i] * day
    return waits


@inner
def clock_of(
    out,
    legs,
    back,
    stops,
    pickups,
    closed,
    latest,
    wait_rate,
    day_fen,
    extra_fen,
    rules,
    arrivals,
    best_arrivals,
):
    """The cheapest legal clock of a trip.

    Args:
        out, back: minutes of the empty ways.
        legs: minutes between the stops of the ride, one less than its stops.
        stops: of the ride.
        pickups: how many of the stops are pickups.
        closed: by stop, a bit mask of closed days (bit 0: the day of leaving the depot).
        latest: by stop, the last day on which it may be reached (0: the day of leaving).
        wait_rate: by stop, the weight in fen of reaching it a day later.
        day_fen, extra_fen: of the vehicle and of each driver beyond the first, a day.
        arrivals, best_arrivals: scratch and result, minutes by stop.

    Returns:
        (cost, drivers, way, days): cost is that of the days plus wait_rate x day reached, or
        infinity where no clock is legal.  ``best_arrivals`` holds the minutes of arrival.
    """
    best, best_drivers, best_way, best_days = np.inf, 0, 0, 0
    ever_closed, ride = 0, 0
    for i in range(stops):
        ever_closed |= closed[i]
        ride += legs[i] if i < stops - 1 else 0
    aboard = ride + (stops - 1) * rules.stop
    wheel = out + ride + back
    if aboard > rules.max_ride or rules.stop >= rules.rest_for:
        return best, best_drivers, best_way, best_days
    nodes = np.empty((MAX_NODES, NODE), np.int64)
    parts = np.empty((0, 2), np.int64)
    to_closed = closed[0] != 0
    for drivers in range(1, rules.max_drivers + 1):
        rate = day_fen + (drivers - 1) * extra_fen
        if rate >= best:
            break
        duty = drivers * rules.duty
        if ride > duty:
            continue
        end, rests_back = soonest(out, legs, back, stops, pickups, duty, rules, arrivals)
        least_waits = _waits(arrivals, stops, pickups, latest, wait_rate)
        least = rate * (end // DAY + 1) + least_waits
        if least >= best:
            continue
        # A rest may begin while riders stand before they alight, but lasts longer.
        home = max(rules.stop, (rests_back - 1) * rules.rest_for) + back
        outs = ways_out(max(out, 1) if to_closed else out, wheel - out, to_closed, duty, rules, nodes, parts)
        for o in range(1, outs):
            if nodes[o, LEFT] > 0 or nodes[o, DEAD] == 1:
                continue
            leave = nodes[o, CLOCK]
            limit = leave + rules.rest_for + (40 * DAY if ever_closed else 0) + 2 * DAY
            while leave <= limit and best > least:
                if rate * ((leave + aboard + home) // DAY + 1) + least_waits >= best:
                    break
                first, n, still, went, later = rides(
                    o, leave, legs, back, stops, pickups, closed, duty, rules, nodes, outs, parts
                )
                if later <= went:
                    later = went + 1
                for f in range(first, n):
                    if nodes[f, LEFT] > 0 or nodes[f, DEAD] == 1:
                        continue
                    _, moment, gone, wall = settled(
                        nodes, f, 0, 3, closed[stops - 1], rules.stop, True, rules
                    )
                    if gone < 0:
                        later = min(later, wall) if wall > 0 else later
                        continue
                    short = moment - (went - rules.stop) - rules.max_ride
                    if short > 0:
                        later = min(later, went + short)
                        continue
                    note_moments(nodes, f, moment, stops, arrivals)
                    waits = _waits(arrivals, stops, pickups, latest, wait_rate)
                    if waits + rate * ((gone + back) // DAY + 1) >= best:
                        continue
                    end, _ = way_home(f, back, closed[stops - 1], duty, rules, nodes, n, parts)
                    if end < 0:
                        continue
                    cost = waits + rate * (end // DAY + 1)
                    if cost < best:
                        best, best_drivers, best_days = cost, drivers, end // DAY + 1
                        best_way = (went * MAX_NODES + o) * MAX_NODES + f - first
                        for i in range(stops):
                            best_arrivals[i] = arrivals[i]
                # The stop at the first pickup may as well be a break or a rest.
                if nodes[o, SINCE_BREAK] + wheel - out > rules.break_after and still + rules.break_for > went:
                    later = min(later, still + rules.break_for)
                if nodes[o, SINCE_REST] + wheel - out > duty and still + rules.rest_for > went:
                    later = min(later, still + rules.rest_for)
                leave = later
    return best, best_drivers, best_way, best_days
