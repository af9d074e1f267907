"""What the rules of the road ask of a clock: bans, closed days, reception, driving time.

Minutes count from midnight of the day on which the trip leaves its depot.
"""

from __future__ import annotations

from typing import NamedTuple

from optimizer.kernels import bare
from workforce.policy import Policy

DAY = 1440
NEVER = 1 << 40
LAST_CLOSED = 61 * DAY  # of a mask of closed days


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
def ban_end(clock, rules):
    """When the ban that holds at this minute ends; the minute itself if none holds."""
    if rules.ban_from == rules.ban_until:
        return clock
    length = (rules.ban_until - rules.ban_from) % DAY
    since = (clock - rules.ban_from) % DAY
    return clock + length - since if since < length else clock


@bare
def until_ban(clock, rules):
    """Minutes that may be driven from here before a ban begins."""
    if rules.ban_from == rules.ban_until:
        return NEVER
    return (rules.ban_from - clock - 1) % DAY + 1


@bare
def arrival(clock, rules):
    """The first minute from here at whose end a coach may come driving."""
    end = ban_end(clock - 1, rules)
    return end + 1 if end > clock - 1 else clock


@bare
def closed_until(mask, arrive, depart):
    """When the last closed day that a stop touches ends, or 0; bit d of the mask is the d-th day."""
    if mask == 0:
        return 0
    end = 0
    for day in range(arrive // DAY, min(depart, LAST_CLOSED) // DAY + 1):
        if mask >> day & 1:
            end = (day + 1) * DAY
    return end


@bare
def received(clock, rules):
    """The first minute from here at which a drop receives people."""
    hour = clock % DAY
    if hour < rules.reception_from:
        return clock + rules.reception_from - hour
    if hour > rules.reception_until:
        return clock + DAY - hour + rules.reception_from
    return clock


@bare
def _wheel(clock, minutes, rules):
    """The end of a drive that only bans interrupt."""
    clock = ban_end(clock, rules) if minutes > 0 else clock
    while minutes > 0:
        step = min(minutes, until_ban(clock, rules))
        clock += step
        minutes -= step
        if minutes > 0:
            clock = ban_end(clock, rules)
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
            clock = received(clock, rules)
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
