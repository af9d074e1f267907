"""The state of the search: trips with their riders, and what they take.

A state is always legal; items that no trip carries are unserved.  A trip is one row of whole
numbers: the columns below, then its stops (pickups, then drops) in the order of the ride, the
day on which each drop is reached, and its riders (items).

Everything that a round of the search asks for is kept up to date as trips change (seats left,
what each enterprise pays, the weight), so that a round costs what the trips cost that it
touches, however many others there are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optimizer.clock import DRAWERS, FAR
from optimizer.instance import DAY_FEN, END_VEHICLE, FIRST_VEHICLE, KM_FEN, NIGHTS, SINGLE, SIZE, TWIN, Arrays
from optimizer.road_rules import DAY

# Columns of a trip's row.
COUNT, LOAD, T_RISK, FLEET, VEHICLE, FIRST, LENGTH, DRIVERS, WAY, PICKUPS, DROPS, FROM, WHEEL = range(13)
STOPS = 13  # where the stops begin
# Columns of an item's row.
SLOT, I_PICKUP, I_DROP, I_OPTION, PAIRS, LONE = range(6)  # twins for two of a party, twins for one
# Columns of a trip's money: the trip itself; rooms, transfers and access; waiting.
COST, RIDERS, WAITING = range(3)
TRIPS, UNSERVED = range(2)  # in ``many``

NEAR = 120  # neighbours known of a pickup
CLOCKS = 512  # remembered for each item, so that few are reckoned twice
FEWEST_CLOCKS, MOST_CLOCKS = 1 << 17, 1 << 20  # remembered in all


class State(NamedTuple):
    trips: NDArray[np.int64]  # [slot, …]; a slot with COUNT 0 is free
    due: NDArray[np.int64]  # [slot, drop] last day on which all its riders may reach a drop
    rate: NDArray[np.float64]  # [slot, drop] fen that its riders' waiting weighs a day
    money: NDArray[np.float64]  # [slot, 3] fen
    item: NDArray[np.int64]  # [item, 6]; SLOT -1: unserved
    item_fen: NDArray[np.float64]  # [item] what it weighs but for the trip and the day
    spare: NDArray[np.int64]  # [risk, slot] seats left; -1: no trip of this risk
    used: NDArray[np.int64]  # slots, those with a trip first
    used_at: NDArray[np.int64]  # [slot] position in ``used``
    waiting: NDArray[np.int64]  # items, the unserved first
    waiting_at: NDArray[np.int64]
    many: NDArray[np.int64]  # trips, unserved items
    vehicle_taken: NDArray[np.bool_]
    fleet_free: NDArray[np.int64]  # [fleet, day] vehicles that are not taken
    rooms_free: NDArray[np.int64]
    counts: NDArray[np.int64]  # vacancies left, then served by enterprise
    spent: NDArray[np.float64]  # [enterprise, 2] fen of the enterprise, entitlement of the government
    weight: NDArray[np.float64]  # [1]
    random: NDArray[np.uint64]  # [1]


class Saved(NamedTuple):
    """Trips and their riders as they were."""

    trips: NDArray[np.int64]
    due: NDArray[np.int64]
    rate: NDArray[np.float64]
    money: NDArray[np.float64]
    item: NDArray[np.int64]
    item_fen: NDArray[np.float64]
    spent: NDArray[np.float64]
    marked: NDArray[np.bool_]  # [slot]
    slots: NDArray[np.int64]  # those that are marked
    many: NDArray[np.int64]  # [1] how many


class Scratch(NamedTuple):
    """Room to work in, and what is reckoned once of an instance; a search has one."""

    route: NDArray[np.int64]
    late: NDArray[np.int64]  # by drop
    wait: NDArray[np.float64]
    days: NDArray[np.int64]
    late2: NDArray[np.int64]
    wait2: NDArray[np.float64]
    legs: NDArray[np.int64]
    closed: NDArray[np.int64]
    stop_late: NDArray[np.int64]
    stop_wait: NDArray[np.float64]
    minutes: NDArray[np.int64]
    minutes2: NDArray[np.int64]
    late3: NDArray[np.int64]
    wait3: NDArray[np.float64]
    plain: NDArray[np.int64]  # [3] see clock.plain_limits
    clock_key: NDArray[np.uint64]  # clocks reckoned before, by a hash of what they depend on
    clock_whole: NDArray[np.int64]
    clock_fen: NDArray[np.float64]
    near: NDArray[np.int64]  # [pickup, n] the nearest pickups, itself first
    least_trip: NDArray[np.float64]  # [pickup, drop] fen of a day of the cheapest coach there and back
    hotels: NDArray[np.int64]  # [enterprise, n] hotels, cheapest first
    chosen: NDArray[np.int64]  # trips to try
    bound: NDArray[np.float64]
    free: NDArray[np.int64]  # items to put back
    key: NDArray[np.float64]
    free2: NDArray[np.int64]
    key2: NDArray[np.float64]
    stay: NDArray[np.bool_]
    order: NDArray[np.int64]
    shut: NDArray[np.bool_]  # [pickup] where no coach may newly stop this round
    apart: NDArray[np.float64]
    open: NDArray[np.bool_]  # [fleet]


def empty_state(a: Arrays, slots: int, seed: int) -> State:
    """No trips; every item is unserved."""
    items, drops = len(a.item), max(1, a.max_drops)
    return State(
        trips=np.zeros((slots, row_length(a)), np.int64),
        due=np.full((slots, drops), FAR, np.int64),
        rate=np.zeros((slots, drops)),
        money=np.zeros((slots, 3)),
        item=np.full((items, 6), -1, np.int64),
        item_fen=np.zeros(items),
        spare=np.full((len(a.risk_factor), slots), -1, np.int64),
        used=np.arange(slots),
        used_at=np.arange(slots),
        waiting=np.arange(items),
        waiting_at=np.arange(items),
        many=np.array([0, items], np.int64),
        vehicle_taken=a.vehicle_taken.copy(),
        fleet_free=free_by_fleet(a, a.vehicle_taken),
        rooms_free=a.rooms_free.copy(),
        counts=a.counts.copy(),
        spent=np.zeros((len(a.enterprise), 2)),
        weight=np.zeros(1),
        random=np.array([88172645463325252 + 2654435761 * seed], np.uint64),
    )


def free_by_fleet(a: Arrays, vehicle_taken: NDArray[np.bool_]) -> NDArray[np.int64]:
    """[fleet, day] how many vehicles are not taken."""
    spans = a.fleet_whole[:, [FIRST_VEHICLE, END_VEHICLE]]
    free = [(~vehicle_taken[low:high]).sum(axis=0) for low, high in spans]
    return np.array(free, np.int64).reshape(len(spans), vehicle_taken.shape[1])


def saved_for(a: Arrays, slots: int) -> Saved:
    s = empty_state(a, slots, 0)
    return Saved(
        s.trips, s.due, s.rate, s.money, s.item, s.item_fen, s.spent,
        np.zeros(slots, bool), np.zeros(slots, np.int64), np.zeros(1, np.int64),
    )  # fmt: skip


def row_length(a: Arrays) -> int:
    riders = max(1, int(a.cap.max(initial=1)))
    return STOPS + a.max_pickups + 2 * a.max_drops + riders


def slots_for(a: Arrays) -> int:
    """How many trips a state has room for."""
    people = int(a.item[:, SIZE].sum())
    return max(1, min(len(a.item), 40 + 4 * people // max(1, int(a.cap.max(initial=1)))))


def scratch_for(a: Arrays) -> Scratch:
    slots, items, stops = slots_for(a), max(1, len(a.item)), a.max_pickups + a.max_drops + 2

    def whole() -> NDArray[np.int64]:
        return np.zeros(stops, np.int64)

    remembered = min(MOST_CLOCKS, max(FEWEST_CLOCKS, 1 << (CLOCKS * items).bit_length()))
    roads = a.km[: a.drop0, : a.drop0]
    return Scratch(
        whole(), whole(), np.zeros(stops), whole(), whole(), np.zeros(stops),
        whole(), whole(), whole(), np.zeros(stops), whole(), whole(),
        late3=whole(),
        wait3=np.zeros(stops),
        plain=plain_limits(a),
        clock_key=np.zeros(remembered, np.uint64),
        clock_whole=np.zeros((remembered, 2, DRAWERS + a.max_drops), np.int64),
        clock_fen=np.zeros((remembered, 2)),
        near=np.ascontiguousarray(np.argsort(roads, axis=1, kind="stable")[:, :NEAR]),
        least_trip=_least_trip(a),
        hotels=_hotels(a),
        chosen=np.zeros(slots, np.int64),
        bound=np.zeros(slots),
        free=np.zeros(items, np.int64),
        key=np.zeros(items),
        free2=np.zeros(items, np.int64),
        key2=np.zeros(items),
        stay=np.zeros(row_length(a), bool),
        order=np.zeros(row_length(a), np.int64),
        shut=np.zeros(max(1, a.drop0), bool),
        apart=np.zeros(slots),
        open=np.zeros(max(1, len(a.fleet_fen)), bool),
    )  # fmt: skip


def plain_limits(a: Arrays) -> NDArray[np.int64]:
    """Under which limits a trip needs no clock: (whether any, minutes at the wheel, minute of the end).

    Such a trip leaves at the opening of the window and never has to stand: neither a ban, nor a
    break or rest, nor a reception window, nor midnight comes in between.
    """
    r = a.rules
    end = DAY - 1
    if r.ban_from != r.ban_until:
        covers = (r.leave_from - r.ban_from) % DAY < (r.ban_until - r.ban_from) % DAY
        end = -1 if covers else min(end, r.ban_from if r.ban_from > r.leave_from else end)
    wheel = min(r.duty, r.break_after)
    possible = r.reception_from <= r.leave_from and r.reception_until >= end and r.max_drivers >= 1
    return np.array([possible, wheel, end], np.int64)


def _least_trip(a: Arrays) -> NDArray[np.float64]:
    drops = slice(a.drop0, a.fleet0)
    least = np.full((max(1, a.drop0), max(1, a.fleet0 - a.drop0)), np.inf)
    for k in range(len(a.fleet_fen)):
        if a.fleet_whole[k, FIRST_VEHICLE] < a.fleet_whole[k, END_VEHICLE]:
            depot = a.fleet0 + k
            loop = a.km[depot, : a.drop0, None] + a.km[: a.drop0, drops] + a.km[None, drops, depot]
            np.minimum(least, loop * a.fleet_fen[k, KM_FEN] + a.fleet_fen[k, DAY_FEN], out=least)
    return least


def _hotels(a: Arrays) -> NDArray[np.int64]:
    """By enterprise: the hotels in order of what a typical stay there weighs with the transfer."""
    nights = a.item[:, NIGHTS].max(initial=0)
    room = nights * np.minimum(a.hotel_fen[:, SINGLE], a.hotel_fen[:, TWIN] / 2)
    way = a.transfer_fen_km * a.km[a.drop0 : a.hotel0, a.hotel0 : a.fleet0]
    return np.ascontiguousarray(np.argsort(room[None, :] + way, axis=1, kind="stable"))
