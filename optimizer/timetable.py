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

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.kernels import bare, inner, kernel
from workforce.policy import Policy

DAY = 1440
MAX_ROWS = 400  # rows of a recorded timetable
MAX_NODES = 400  # stands of a search
NEVER = 1 << 40
LAST_CLOSED = 61 * DAY  # of a mask of closed days

DEPART, PICKUP, DROP, REST, RETURN = range(5)

# A node of the search is the moment at which the coach comes to a stand: its clock, minutes driven
# since the last break and rest, minutes left of the leg (0: at the place), since when it stands
# (earlier than its clock where a leg has no minutes) and stands with riders; then how it came: the
# node before, when it came to stand there, boarded or alighted and went, minutes driven from there;
# the last place (a node) and when people boarded or alighted there; whether another node is as good.
(
    CLOCK, SINCE_BREAK, SINCE_REST, LEFT, STILL, SEATED, PARENT, CAME, MOMENT, WENT, DRIVEN, PLACE, MET, DEAD,
) = range(14)  # fmt: skip
NODE = 14


class Rules(NamedTuple):
    """The policy's figures that a clock needs, in minutes."""

    leave_from: int
    leave_until: int
    reception_from: int
    reception_until: int
    stop: int
    max_ride: int
    max_drivers: int
    duty: int  # driving of one driver in one duty
    break_after: int
    break_for: int
    rest_for: int
    ban_from: int  # equal to ban_until: no ban
    ban_until: int


def rules_of(policy: Policy) -> Rules:
    def minute(clock) -> int:
        return clock.hour * 60 + clock.minute

    trips, driving = policy.trips, policy.driving
    ban = driving.night_ban
    return Rules(
        leave_from=minute(trips.leave_depot[0]),
        leave_until=minute(trips.leave_depot[1]),
        reception_from=minute(trips.reception[0]),
        reception_until=minute(trips.reception[1]),
        stop=trips.stop_minutes,
        max_ride=trips.max_ride_minutes,
        max_drivers=driving.max_drivers,
        duty=driving.max_minutes_per_driver,
        break_after=driving.break_after_minutes,
        break_for=driving.break_minutes,
        rest_for=driving.rest_minutes,
        ban_from=minute(ban[0]) if ban else 0,
        ban_until=minute(ban[1]) if ban else 0,
    )


@bare
def _ban_end(clock, rules):
    """When the ban that holds at this minute ends; the minute itself if none holds."""
    if rules.ban_from == rules.ban_until:
        return clock
    length = (rules.ban_until - rules.ban_from) % DAY
    since = (clock - rules.ban_from) % DAY
    return clock + length - since if since < length else clock


@bare
def _until_ban(clock, rules):
    """Minutes that may be driven from here before a ban begins."""
    if rules.ban_from == rules.ban_until:
        return NEVER
    return (rules.ban_from - clock - 1) % DAY + 1


@bare
def _arrival(clock, rules):
    """The first minute from here at whose end a coach may come driving."""
    end = _ban_end(clock - 1, rules)
    return end + 1 if end > clock - 1 else clock


@bare
def _closed_until(mask, arrive, depart):
    """When the last closed day that a stop touches ends, or 0; bit d of the mask is the d-th day."""
    if mask == 0:
        return 0
    end = 0
    for day in range(arrive // DAY, min(depart, LAST_CLOSED) // DAY + 1):
        if mask >> day & 1:
            end = (day + 1) * DAY
    return end


@bare
def _received(clock, rules):
    """The first minute from here at which a drop receives people."""
    hour = clock % DAY
    if hour < rules.reception_from:
        return clock + rules.reception_from - hour
    if hour > rules.reception_until:
        return clock + DAY - hour + rules.reception_from
    return clock


@bare
def _settle(nodes, k, at_least, call, mask, stop, laden, rules):
    """The stand of a coach that comes to a node: (came, moment, went, wall).

    ``call`` is 0 on the road, 1 at a pickup, 2 at a drop, 3 at the last drop.  With riders the coach
    comes later where it would stand for a rest.  ``went`` is -1 where there is no such stand; ``wall``
    is then the end of the ban that riders cannot wait through, or 0.
    """
    clock, whole = nodes[k, CLOCK], nodes[k, STILL] < nodes[k, CLOCK]
    came = clock
    while True:
        moment = _received(came, rules) if call >= 2 else came
        ready = moment + stop
        stood_from = nodes[k, STILL] if came == clock else came
        went = _ban_end(max(ready, stood_from + at_least), rules)
        opens = _closed_until(mask, came, went)
        if opens > 0:
            if at_least > 0 and _closed_until(mask, came, _ban_end(ready, rules)) == 0:
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
        came = _arrival(later, rules)
        if came > clock + LAST_CLOSED + 2 * DAY:  # no hour will do
            return 0, 0, -1, 0
    if laden and came > clock:
        if whole:
            return 0, 0, -1, 0
        if (rules.ban_until - rules.ban_from) % DAY >= rules.rest_for:
            end = _ban_end(clock, rules)
            if end == clock and clock + _until_ban(clock, rules) < came:
                end = _ban_end(clock + _until_ban(clock, rules), rules)
            if end > clock:
                return 0, 0, -1, end
    return came, moment, went, 0


@bare
def _part(clock, driven, came, rules, parts):
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
            start = max(begin, _arrival(until - rules.rest_for + 1, rules))
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
    step = min(minutes, rules.break_after - since_break, duty - since_rest, _until_ban(went, rules))
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
            _, more, fresh = _part(nodes[k, CLOCK], nodes[k, DRIVEN], came, rules, parts)
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
                came, moment, went, wall = _settle(nodes, i, at_least, 0, 0, 0, laden, rules)
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
def _out(out, ahead, pause, duty, rules, nodes, parts):
    """The nodes of the way out; those at the first pickup have nothing left."""
    start = nodes[0]
    for i in range(NODE):
        start[i] = 0
    start[CLOCK] = start[STILL] = start[SEATED] = rules.leave_from
    start[PARENT] = start[PLACE] = -1
    start[DEAD] = 1  # no end of the way out
    clock = rules.leave_from
    went = _ban_end(clock, rules) if out > 0 else clock
    n = _go(nodes, 1, 1, 0, (clock, clock, went), 0, 0, clock, clock, out, pause, True, duty, rules)
    return _leg(nodes, 1, n, ahead, pause, False, duty, rules, parts)[0]


@bare
def _ride(o, leave, legs, back, stops, pickups, closed, duty, rules, nodes, n, parts):
    """The ride of a coach at node ``o``, the first pickup, that leaves it at ``leave`` or soon after.

    Returns (first of the nodes at the last drop, end of them, since when the coach stood at the
    first pickup, when it left it, the end of a ban that stopped riders or NEVER).
    """
    came = nodes[o, CLOCK]
    while True:
        went = _ban_end(max(leave, came + rules.stop), rules)
        opens = _closed_until(closed[0], came, went)
        if opens == 0:
            break
        came = _arrival(opens, rules)
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
                    at, moment, on, wall = _settle(
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
def _home(f, back, mask, duty, rules, nodes, n, parts):
    """Home from node ``f``, the last drop: (when, the node there), or (-1, -1) where it cannot be."""
    first = n
    before = -1
    for kind in range(3):
        # Riders stand until they alight; then the coach is empty.
        at_least = _stands(kind, nodes, f, back, False, duty, rules)
        if at_least < 0:
            continue
        came, moment, went, _ = _settle(nodes, f, at_least, 3, mask, rules.stop, True, rules)
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
def _moments(nodes, f, last_moment, stops, arrivals):
    """When people boarded or alighted at each stop on the way to node ``f``, the last drop."""
    arrivals[stops - 1] = last_moment
    for i in range(stops - 2, -1, -1):
        arrivals[i] = nodes[f, MET]
        f = nodes[f, PLACE]


@bare
def _wheel(clock, minutes, rules):
    """The end of a drive that only bans interrupt."""
    clock = _ban_end(clock, rules) if minutes > 0 else clock
    while minutes > 0:
        step = min(minutes, _until_ban(clock, rules))
        clock += step
        minutes -= step
        if minutes > 0:
            clock = _ban_end(clock, rules)
    return clock


@bare
def soonest(out, legs, back, stops, pickups, duty, rules, arrivals):
    """What no trip comes before: fills ``arrivals`` and returns (the end, rests on the way back)."""
    ride = 0
    for i in range(stops - 1):
        ride += legs[i]
    whole = max(1, duty)
    before = max(0, -((duty - ride - out) // whole))
    after = max(0, max(0, out - before * duty) + ride + back - 1) // whole
    leave = rules.leave_from
    # The stops that are no leg apart may be part of the rest before boarding.
    stood = before * rules.rest_for - (stops - _parted(legs, stops)) * rules.stop
    clock = max(_wheel(leave, out, rules), leave + out + stood)
    for i in range(stops):
        if i > 0:
            clock = _wheel(clock + rules.stop, legs[i - 1], rules)
        if i >= pickups:
            clock = _received(clock, rules)
        arrivals[i] = clock
    # The stop at the last drop may be part of a rest that began before anybody alighted.
    stood = max(rules.stop, after * rules.rest_for - rules.rest_for)
    breaks = (out + ride + back - 1) // max(1, rules.break_after)
    wheel = leave + out + ride + back + max(0, breaks - stops - before - after) * rules.break_for
    return max(
        _wheel(clock + stood, back, rules),
        wheel + stops * rules.stop,
        wheel + (before + after) * rules.rest_for + max(0, _parted(legs, stops) - 1) * rules.stop,
    ), after


@bare
def _parted(legs, stops):
    """How many legs of the ride are driven."""
    n = 0
    for i in range(stops - 1):
        n += legs[i] > 0
    return n


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
        outs = _out(max(out, 1) if to_closed else out, wheel - out, to_closed, duty, rules, nodes, parts)
        for o in range(1, outs):
            if nodes[o, LEFT] > 0 or nodes[o, DEAD] == 1:
                continue
            leave = nodes[o, CLOCK]
            limit = leave + rules.rest_for + (40 * DAY if ever_closed else 0) + 2 * DAY
            while leave <= limit and best > least:
                if rate * ((leave + aboard + home) // DAY + 1) + least_waits >= best:
                    break
                first, n, still, went, later = _ride(
                    o, leave, legs, back, stops, pickups, closed, duty, rules, nodes, outs, parts
                )
                if later <= went:
                    later = went + 1
                for f in range(first, n):
                    if nodes[f, LEFT] > 0 or nodes[f, DEAD] == 1:
                        continue
                    _, moment, gone, wall = _settle(
                        nodes, f, 0, 3, closed[stops - 1], rules.stop, True, rules
                    )
                    if gone < 0:
                        later = min(later, wall) if wall > 0 else later
                        continue
                    short = moment - (went - rules.stop) - rules.max_ride
                    if short > 0:
                        later = min(later, went + short)
                        continue
                    _moments(nodes, f, moment, stops, arrivals)
                    waits = _waits(arrivals, stops, pickups, latest, wait_rate)
                    if waits + rate * ((gone + back) // DAY + 1) >= best:
                        continue
                    end, _ = _home(f, back, closed[stops - 1], duty, rules, nodes, n, parts)
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
            some, _, _ = _part(clock, node[DRIVEN], arrive, rules, parts)
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
    outs = _out(max(out, 1) if to_closed else out, ahead, to_closed, duty, rules, nodes, parts)
    first, n, _, _, _ = _ride(o, leave, legs, back, stops, pickups, closed, duty, rules, nodes, outs, parts)
    f = first + turn
    if not 0 < o < outs or f >= n:
        return 0
    _, moment, _, _ = _settle(nodes, f, 0, 3, closed[stops - 1], rules.stop, True, rules)
    _moments(nodes, f, moment, stops, chosen)
    chosen_end, _ = _home(f, back, closed[stops - 1], duty, rules, nodes, n, parts)
    latest = chosen[pickups] - rules.stop - ahead + back
    for i in range(pickups, stops - 1):
        latest += legs[i]
    for later in range(max(latest + rules.stop, leave), leave - 1, -1):
        first, n, _, _, _ = _ride(
            o, later, legs, back, stops, pickups, closed, duty, rules, nodes, outs, parts
        )
        for f in range(first, n):
            if nodes[f, LEFT] > 0 or nodes[f, DEAD] == 1:
                continue
            _, moment, gone, _ = _settle(nodes, f, 0, 3, closed[stops - 1], rules.stop, True, rules)
            if gone < 0:
                continue
            _moments(nodes, f, moment, stops, moments)
            same = moment - moments[0] <= rules.max_ride
            for i in range(pickups, stops):
                same = same and moments[i] == chosen[i]
            if not same:
                continue
            end, where = _home(f, back, closed[stops - 1], duty, rules, nodes, n, parts)
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
