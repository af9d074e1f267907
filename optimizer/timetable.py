"""The earliest legal clock of a trip.

A trip is an empty way out (depot to the first pickup), a ride (first pickup to last
drop, riders aboard) and an empty way back.  For a number of drivers the clock follows
these choices, which lose nothing against any legal timetable:

* leave at the opening of the ``leave_depot`` window: whoever could leave later can wait later;
* drive until something forbids it, and only then stand: a break or a rest taken before it
  must be taken can be moved later, past the driving that follows it, without arriving later
  and with fewer minutes since it;
* the exceptions are tried: a rest at the beginning of a night ban, when the coach is empty
  (it overlaps the ban), and a rest at the first pickup before anybody boards (the riders
  may not rest for ``rest_minutes``, so the duty of the ride must begin fresh enough);
* board as soon as it leads to a legal ride: later boarding never arrives earlier.

Minutes count from midnight of the day on which the trip leaves its depot.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.kernels import inner, kernel
from workforce.policy import Policy

DAY = 1440
MAX_BANS = 4  # night bans met on one empty way at which to rest is tried
MAX_ROWS = 400  # rows of a recorded timetable

DEPART, PICKUP, DROP, REST, RETURN = range(5)


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


@inner
def _ban_end(clock, rules):
    """When the ban that holds at this minute ends; the minute itself if none holds."""
    if rules.ban_from == rules.ban_until:
        return clock
    length = (rules.ban_until - rules.ban_from) % DAY
    since = (clock - rules.ban_from) % DAY
    return clock + length - since if since < length else clock


@inner
def _until_ban(clock, rules):
    """Minutes that may be driven from here before a ban begins."""
    if rules.ban_from == rules.ban_until:
        return 1 << 40
    return (rules.ban_from - clock - 1) % DAY + 1


@inner
def _row(rows, n, kind, arrive, depart, wheel):
    """Record a row, or stretch the rest row before it where no driving lies between."""
    if len(rows) == 0:
        return n
    if kind == REST and n > 0 and rows[n - 1, 0] == REST and wheel == 0:
        rows[n - 1, 2] = depart
        return n
    if n < rows.shape[0]:
        rows[n, 0] = kind
        rows[n, 1] = arrive
        rows[n, 2] = depart
        rows[n, 3] = wheel
    return n + 1


@inner
def _drive(minutes, clock, since_break, since_rest, still, drivers, laden, rest_mask, bans, rules, rows, n):
    """Drive a leg as early as may be.

    ``still`` is the minute since which the coach stands.  An empty coach that meets its
    i-th ban rests there if bit i of ``rest_mask`` is set.  Returns the state at the end of
    the leg; clock -1 where riders would have to rest on the way.
    """
    duty = drivers * rules.duty
    wheel = 0  # driven since the last row
    while minutes > 0:
        end = _ban_end(clock, rules)
        if end > clock:
            if not laden and end - still < rules.rest_for:
                if bans < MAX_BANS and rest_mask >> bans & 1:
                    end = max(end, still + rules.rest_for)
                bans += 1
            n = _row(rows, n, REST, clock, end, wheel)
            wheel = 0
            clock = end
            if laden and clock - still >= rules.rest_for:
                return -1, 0, 0, 0, bans, n, wheel
        stood = clock - still
        if stood >= rules.break_for:
            since_break = 0
        if stood >= rules.rest_for:
            since_rest = 0
        if _ban_end(clock, rules) > clock:
            continue
        step = min(minutes, rules.break_after - since_break, duty - since_rest, _until_ban(clock, rules))
        if step > 0:
            clock += step
            wheel += step
            minutes -= step
            since_break += step
            since_rest += step
            still = clock
            continue
        if duty - since_rest <= 0:
            if laden or rules.duty <= 0:
                return -1, 0, 0, 0, bans, n, wheel
            until = still + rules.rest_for
        else:
            if rules.break_after <= 0:
                return -1, 0, 0, 0, bans, n, wheel
            until = still + rules.break_for
        n = _row(rows, n, REST, clock, until, wheel)
        wheel = 0
        clock = until
    return clock, since_break, since_rest, still, bans, n, wheel


@inner
def _closed(mask, arrive, depart):
    """Whether a stop touches a closed day; bit d of the mask is the d-th day of the trip."""
    for day in range(arrive // DAY, depart // DAY + 1):
        if day < 62 and mask >> day & 1:
            return True
    return False


@inner
def _ride(
    board,
    since_break,
    since_rest,
    still,
    legs,
    stops,
    pickups,
    closed,
    drivers,
    rules,
    arrivals,
    rows,
    n,
    wheel,
):
    """The ride from boarding to the last drop.

    Returns (depart from the last drop, state …, short, n): ``short`` is 0 for a legal ride,
    else the minutes by which boarding must at least be later for another try, or -1 where no
    later boarding helps.
    """
    clock = board
    boarded = board  # standing with riders since
    for i in range(stops):
        if i > 0:
            clock, since_break, since_rest, still, _, n, wheel = _drive(
                legs[i - 1], clock, since_break, since_rest, still, drivers, True, 0, 0, rules, rows, n
            )
            if clock < 0:
                return 0, 0, 0, 0, -1, n
            if legs[i - 1] > 0:
                boarded = still
            drop = i >= pickups
            arrive = clock
            for _ in range(70):
                moved = arrive
                if drop:
                    hour = arrive % DAY
                    if hour < rules.reception_from:
                        arrive += rules.reception_from - hour
                    elif hour > rules.reception_until:
                        arrive += DAY - hour + rules.reception_from
                if _closed(closed[i], arrive, _ban_end(arrive + rules.stop, rules)):
                    arrive = (arrive // DAY + 1) * DAY
                if arrive == moved:
                    break
            ban = (rules.ban_until - rules.ban_from) % DAY
            if arrive > clock and _closed(closed[i], clock, arrive):
                return 0, 0, 0, 0, max(1, (clock // DAY + 1) * DAY - clock - ban), n
            waited = arrive - boarded
            if i < stops - 1:
                waited += rules.stop
            if arrive > clock and waited >= rules.rest_for:
                return 0, 0, 0, 0, max(1, waited - rules.rest_for + 1 - ban), n
            if arrive > clock:
                n = _row(rows, n, REST, clock, arrive, wheel)
                wheel = 0
                clock = arrive
        leave = clock + rules.stop
        if i < stops - 1 and legs[i] > 0 and rules.stop < rules.break_for:
            # A stop short of a break is drawn out where that saves a break on the road.
            longer = max(leave, still + rules.break_for)
            whole = max(1, rules.break_after)
            saves = (since_break + legs[i] - 1) // whole > (legs[i] - 1) // whole
            if saves and leave - still < rules.break_for and not _closed(closed[i], clock, longer):
                leave = longer
        arrivals[i] = clock
        n = _row(rows, n, PICKUP if i < pickups else DROP, clock, leave, wheel)
        wheel = 0
        clock = leave
        stood = clock - still
        if stood >= rules.break_for:
            since_break = 0
        if stood >= rules.rest_for:
            since_rest = 0
    ride = arrivals[stops - 1] - board
    if ride > rules.max_ride:
        return 0, 0, 0, 0, ride - rules.max_ride, n
    return clock, since_break, since_rest, still, 0, n


@kernel
def _trip(out, legs, back, stops, pickups, closed, drivers, way, rules, arrivals, rows):
    """One legal clock for the choices in ``way``; returns (end, bans out, bans back, rows), end -1 if none.

    Bit 0 of ``way`` rests before boarding, the next MAX_BANS bits rest at bans on the way
    out, the next at bans on the way back.
    """
    clock = rules.leave_from
    n = _row(rows, 0, DEPART, clock, clock, 0)
    # Who waits at a place that is closed today stops there: wait a minute's drive before it.
    short_of = 1 if closed[0] and out > 0 else 0
    clock, since_break, since_rest, still, bans_out, n, wheel = _drive(
        out - short_of, clock, 0, 0, clock, drivers, False, way >> 1, 0, rules, rows, n
    )
    if clock < 0:
        return -1, 0, 0, 0
    board = clock  # when the coach goes on from where it may wait
    if way & 1:
        board = max(board, still + rules.rest_for)
    ride = (stops - 1) * rules.stop
    ever_closed = 0
    for i in range(stops):
        ever_closed |= closed[i]
        ride += legs[i] if i < stops - 1 else 0
    if ride > rules.max_ride:
        return -1, bans_out, 0, 0
    mark, marked = n, wheel
    # The rules of a ride repeat every day, but for closures.
    limit = board + (40 * DAY if ever_closed else DAY)
    while board <= limit:
        opens = board + short_of
        while board <= limit and _closed(closed[0], opens, _ban_end(opens + rules.stop, rules)):
            opens = (opens // DAY + 1) * DAY
            board = opens - short_of
        n, wheel = mark, marked
        fresh_break, fresh_rest = since_break, since_rest
        if board > clock:
            n = _row(rows, n, REST, clock, board, wheel)
            wheel = 0
            if board - still >= rules.break_for:
                fresh_break = 0
            if board - still >= rules.rest_for:
                fresh_rest = 0
        at, stand = board, still
        if short_of:
            at, fresh_break, fresh_rest, stand, _, n, wheel = _drive(
                short_of, board, fresh_break, fresh_rest, still, drivers, False, 0, 0, rules, rows, n
            )
            if at != opens:  # a ban or a duty's end came in between
                if at < 0:
                    return -1, 0, 0, 0
                board = max(board + 1, at - short_of)
                continue
        leave, b, s, stood, short, n = _ride(
            at, fresh_break, fresh_rest, stand, legs, stops, pickups, closed, drivers, rules,
            arrivals, rows, n, wheel,
        )  # fmt: skip
        if short == 0:
            end, b, s, stood, bans_back, n, wheel = _drive(
                back, leave, b, s, stood, drivers, False, way >> (1 + MAX_BANS), 0, rules, rows, n
            )
            if end < 0:
                return -1, 0, 0, 0
            n = _row(rows, n, RETURN, end, end, wheel)
            return end, bans_out, bans_back, n
        if short < 0:
            return -1, bans_out, 0, 0
        board += short
    return -1, bans_out, 0, 0


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
    no_rows = np.empty((0, 4), np.int64)
    best, best_drivers, best_way, best_days = np.inf, 0, 0, 0
    for drivers in range(1, rules.max_drivers + 1):
        if day_fen + (drivers - 1) * extra_fen >= best:
            break
        bans_out = bans_back = 0
        way_out = 0
        while way_out < 1 << bans_out:
            for rest in range(2):
                way_back = 0
                bans_back = 0
                while way_back < 1 << bans_back:
                    way = rest | way_out << 1 | way_back << (1 + MAX_BANS)
                    end, met_out, met_back, _ = _trip(
                        out, legs, back, stops, pickups, closed, drivers, way, rules, arrivals, no_rows
                    )
                    bans_out = max(bans_out, min(met_out, MAX_BANS))
                    if end < 0:
                        break
                    bans_back = max(bans_back, min(met_back, MAX_BANS))
                    days = end // DAY + 1
                    cost = days * (day_fen + (drivers - 1) * extra_fen)
                    for i in range(pickups, stops):
                        day = arrivals[i] // DAY
                        if day > latest[i]:
                            cost = np.inf
                        cost += wait_rate[i] * day
                    if cost < best:
                        best, best_drivers, best_way, best_days = cost, drivers, way, days
                        best_arrivals[:stops] = arrivals[:stops]
                    way_back += 1
            way_out += 1
    return best, best_drivers, best_way, best_days


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
    """What ``clock_of`` chose, as rows: (kind, arrive, depart, minutes driven since the row before)."""
    rows = np.zeros((MAX_ROWS, 4), np.int64)
    arrivals = np.zeros(len(legs) + 1, np.int64)
    end, _, _, n = _trip(out, legs, back, len(legs) + 1, pickups, closed, drivers, way, rules, arrivals, rows)
    if end < 0 or n > MAX_ROWS:
        raise ValueError("no legal clock for this trip")
    return rows[:n]
