"""The least that a plan can cost, proved with trips as columns.

A linear programme has a column for each trip (who rides, where they stay) and rows for the
people, for each fleet and day and for each kind of room and night; as much weight may stay
behind as the plan leaves.  Prices that no trip beats (its riders are worth no more than it
costs) bound the cost of every plan.  ``price_day`` goes through all trips at given prices and
tells how far they are from that; taken down by so much they are a proof.  The programme only
serves to find good prices.  ``docs/model.md`` has the argument.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from optimizer.instance import (
    AVAILABLE,
    END_VEHICLE,
    ENTERPRISE,
    FIRST_VEHICLE,
    FLEET_RESERVED,
    HOTEL_RESERVED,
    LATEST,
    NIGHTS,
    OPTION,
    OPTION_END,
    REACH,
    REACH_END,
    REACH_FEN,
    REACH_PICKUP,
    RISK,
    SIZE,
    WAIT,
    WAIT_FROM,
    Arrays,
)
from optimizer.lodging import Lodging
from optimizer.master import Column, Duals, Master, Uses
from optimizer.pricing import (
    C_DAYS,
    C_FLEET,
    C_RIDERS,
    MOST,
    R_DAY,
    R_DROP,
    R_ITEM,
    R_PICKUP,
    Desk,
    Prices,
    book_of,
    desk_for,
    price_day,
    tops_of,
)
from optimizer.references import Reference
from optimizer.search import (
    COST,
    COUNT,
    DROPS,
    FIRST,
    FLEET,
    I_DROP,
    I_OPTION,
    I_PICKUP,
    LENGTH,
    LONE,
    PAIRS,
    PICKUPS,
    STOPS,
)

Floats: TypeAlias = NDArray[np.float64]
SHUT = 1e13  # fen: the price of a vehicle that there is not
FEW = 40  # new trips of a pass that say that it is time for more pickups or finer groups
UNTIL = (0.25, 0.4)  # the parts of the time after which trips of one pickup, of two, have had theirs
TIRED = 8  # passes after which it is too
INWARD = 0.9  # prices are first taken this part of the way from the riders' own costs
OUTWARD = 0.5  # how far to go from the best proven prices to those of the programme


def provable(a: Arrays) -> bool:
    """Whether all trips can be gone through."""
    return bool(len(a.item) and len(a.fleet_fen)) and a.max_pickups <= MOST and a.max_drops <= MOST


class Proof:
    """Looks for prices that prove much; may run in a thread beside the search."""

    def __init__(self, a: Arrays, weight: Floats, metric: bool, lanes: int) -> None:
        """Prepare.

        Args:
            weight: [item] the most that serving it weighs.
            metric: no detour is shorter than the road.
            lanes: threads to price with.
        """
        self._a, self._metric = a, metric
        self._lodging = Lodging(a)
        self._nights = {
            int(r): int(a.item[a.item[:, RISK] == r, NIGHTS][0]) for r in np.unique(a.item[:, RISK])
        }
        self._book, self._arrays = book_of(a), Reference(a)
        self._halt = np.zeros(1, np.int64)
        self._desks = [desk_for(a, self._halt) for _ in range(lanes)]
        self._desk_references = [Reference(desk) for desk in self._desks]
        spans = a.fleet_whole[:, [FIRST_VEHICLE, END_VEHICLE]]
        self._vehicles = np.array([(~a.vehicle_taken[low:high]).sum(axis=0) for low, high in spans], float)
        self._weight = weight
        self._own = self._least_own()
        # Earnings and resources' prices of the best proof; one object, as another thread reads it.
        self._learned: tuple[Floats, float] | None = None
        self._best = -np.inf
        self.passes = 0

    def halt(self) -> None:
        """Let a run end soon."""
        self._halt[0] = 1

    def least_fen(self, weight: float) -> float:
        """The least cost, in fen, of any plan whose items weigh at least this; -inf: nothing proved yet."""
        if self._learned is None:
            return -np.inf
        return self._proven(*self._learned, float(self._weight.sum()) - weight)

    def run(self, weight: float, start: list[Column], share: Floats, part_done: Callable[[], float]) -> None:
        """Improve the proof until halted or until ``part_done`` says 1.

        Args:
            weight: that plans must reach, for which the prices are sought.
            start: trips to begin with.
            share: [item] a guess of an item's part of a trip's cost, in fen.
            part_done: how much of the time is over, 0 … 1.
        """
        a = self._a
        allowance = max(0.0, float(self._weight.sum()) - weight)
        nearest = [
            a.reach[row[REACH] + np.argmin(a.reach[row[REACH] : row[REACH_END], REACH_FEN]), REACH_PICKUP]
            for row in a.item
        ]
        _, group = np.unique(np.stack([a.item[:, RISK], nearest]), axis=1, return_inverse=True)
        master = Master(
            a,
            self._vehicles,
            self._own,
            self._weight,
            allowance,
            group.reshape(-1),
            3.0 * share / a.item[:, SIZE],
        )
        for column in start:
            master.add(column)
        most_of_all = min(MOST, a.max_pickups)
        centre: Duals | None = None
        most, passes, stale, bold = 1, 0, 0, False
        while not self._halt[0] and part_done() < 1.0:
            solved = master.solve()
            if solved is None:
                break
            outer = solved.duals
            if most < most_of_all:
                at = outer
            elif centre is None:
                at = Duals(self._own + INWARD * (outer.item - self._own), outer.vehicle, outer.room)
            else:
                at = centre.toward(outer, 1.0 if bold else OUTWARD)
            theta, found = self._price(at, most)
            passes += 1
            self.passes += 1
            if most == most_of_all and theta is not None:
                if self._learn(at, theta, allowance):
                    centre, stale = at, 0
                else:
                    stale += 1
            for column in found:
                master.add(column)
            if self._halt[0]:
                break
            guessed = solved.guessed and len(found) < FEW and master.raise_guesses()
            if len(found) >= FEW and passes <= TIRED and stale <= 3:
                continue
            if most == most_of_all and not found and not bold:
                bold = True  # these prices hold as they are: see how those of the programme do
                continue
            if most < most_of_all and (part_done() > UNTIL[most - 1] or master.fine):
                most, passes = most + 1, 0
            elif not guessed:
                passes, stale, bold = 0, 0, False
                if not master.split(solved.carried) and not found and most == most_of_all:
                    break

    def _learn(self, at: Duals, theta: Floats, allowance: float) -> bool:
        """Keep the proof that prices give when they are taken down to be feasible, if it is the best."""
        earned = self._own + theta * np.maximum(0.0, at.item - self._own)
        resources = float((at.vehicle * self._vehicles).sum() + (at.room * self._a.rooms_free).sum())
        value = self._proven(earned, resources, allowance)
        if value <= self._best:
            return False
        self._best, self._learned = value, (earned, resources)
        return True

    def _proven(self, earned: Floats, resources: float, allowance: float) -> float:
        """The sum of the earnings less the resources' prices and less the dearest that may stay behind."""
        earned = np.maximum(0.0, earned)
        total = float(earned.sum()) - resources
        free = self._weight <= 0
        total -= float(earned[free].sum())
        with np.errstate(divide="ignore", invalid="ignore"):
            order = np.argsort(np.where(free, np.inf, -earned / self._weight))
        weights = np.where(free, 0.0, self._weight)[order]
        before = np.concatenate([[0.0], np.cumsum(weights)[:-1]])
        part = np.clip((allowance - before) / np.where(weights > 0, weights, np.inf), 0.0, 1.0)
        return total - float((part * earned[order]).sum())

    def _price(self, duals: Duals, most: int) -> tuple[Floats | None, list[Column]]:
        """[item] the least ratio of any trip that could carry it (None: halted before the end), and trips."""
        a = self._a
        theta_item = np.ones(len(a.item))
        columns: list[Column] = []
        vehicle = np.zeros((len(a.fleet_fen), a.vehicle_taken.shape[1] + 1))
        np.cumsum(np.where(self._vehicles > 0, duals.vehicle, SHUT), axis=1, out=vehicle[:, 1:])
        for risk, nights in self._nights.items():
            kinds = self._lodging.rooms(duals.room, nights)
            prices = Reference(Prices(duals.item, vehicle, self._lodging.stays(kinds)))
            mine = np.nonzero(a.item[:, RISK] == risk)[0]
            last = max(int(a.option_whole[r[OPTION] : r[OPTION_END], LATEST].max()) for r in a.item[mine])
            top = tops_of(self._arrays, prices, risk, nights > 0, max(1, min(self._lodging.until, last + 1)))

            one_lane = partial(self._price_days, risk, nights, prices, top, kinds, most)
            lanes = range(len(self._desks))
            if len(lanes) == 1:
                parts = [one_lane(0)]
            else:
                with ThreadPoolExecutor(len(lanes)) as pool:
                    parts = list(pool.map(one_lane, lanes))
            theta = np.minimum.reduce([least for least, _ in parts])
            for _, found in parts:
                columns.extend(found)
            for u in mine:
                row = a.item[u]
                theta_item[u] = theta[a.reach[row[REACH] : row[REACH_END], REACH_PICKUP].astype(int)].min()
        return (None if self._halt[0] else theta_item), columns

    def _price_days(
        self, risk: int, nights: int, prices: Reference, top: Floats, kinds: Floats, most: int, lane: int
    ) -> tuple[Floats, list[Column]]:
        """[pickup] the least ratio of the trips on a lane's share of the days, and trips."""
        theta = np.ones(self._a.drop0)
        found: list[Column] = []
        for day in range(lane, self._a.horizon, len(self._desks)):
            own = np.ones(self._a.drop0)
            price_day(
                self._arrays, self._book, prices, top, self._desk_references[lane],
                risk, nights > 0, day, self._metric, most, own,
            )  # fmt: skip
            np.minimum(theta, own, out=theta)
            found.extend(self._columns(self._desks[lane], kinds, nights, day))
        return theta, found

    def _columns(self, desk: Desk, kinds: Floats, nights: int, day: int) -> Iterator[Column]:
        """The trips that ``price_day`` left on the desk."""
        a = self._a
        for bucket in np.nonzero(desk.ratio < 1.0)[0]:
            head = desk.head[bucket]
            k = int(head[C_FLEET])
            owner = int(a.fleet_whole[k, FLEET_RESERVED])
            fen, items = float(desk.cost[bucket]), []
            uses: Uses = defaultdict(float)
            for taken in range(day, min(day + int(head[C_DAYS]), self._vehicles.shape[1])):
                uses[k, taken] = 1.0
            for row in desk.riders[bucket, : head[C_RIDERS]]:
                u, drop, reached = int(row[R_ITEM]), int(row[R_DROP]), int(row[R_DAY])
                reach = a.reach[a.item[u, REACH] : a.item[u, REACH_END]]
                fen += float(reach[reach[:, REACH_PICKUP] == row[R_PICKUP], REACH_FEN][0])
                fen += self._drop_fen(u, drop, reached, nights, owner)
                if nights:
                    single, twin = self._lodging.cheapest(kinds, int(a.item[u, SIZE]), drop, reached)
                    fen += self._lodging.use(drop, reached, nights, single, twin, uses)
                items.append(u)
            yield fen, np.array(items, np.int64), dict(uses)

    def _drop_fen(self, u: int, drop: int, day: int, nights: int, owner: int) -> float:
        """What waiting and transfer of an item weigh by the best of its options there."""
        a, best = self._a, np.inf
        for o in range(a.item[u, OPTION], a.item[u, OPTION_END]):
            e = int(a.option_whole[o, ENTERPRISE])
            if day > a.option_whole[o, LATEST] or (owner >= 0 and owner != e):
                continue
            fen = a.option_fen[o, WAIT] * day - a.option_fen[o, WAIT_FROM]
            if nights:
                if a.hotel_whole[drop, HOTEL_RESERVED] not in (-1, e):
                    continue
                fen += a.item[u, SIZE] * a.transfer_fen_km * a.km[a.hotel0 + drop, a.drop0 + e]
            elif e != drop:
                continue
            best = min(best, float(fen))
        return best

    def _least_own(self) -> Floats:
        """[item] the least that it weighs beside its trip."""
        a = self._a
        least = np.full(len(a.item), np.inf)
        free = np.zeros(a.rooms_free.shape)
        stays = {n: self._lodging.stays(self._lodging.rooms(free, n)) for n in self._nights.values() if n}
        for u, row in enumerate(a.item):
            for o in range(row[OPTION], row[OPTION_END]):
                e = a.option_whole[o, ENTERPRISE]
                last = max(row[AVAILABLE], min(a.option_whole[o, LATEST], self._lodging.until))
                days = np.arange(row[AVAILABLE], last + 1)
                fen = a.option_fen[o, WAIT] * days - a.option_fen[o, WAIT_FROM]
                if row[NIGHTS]:
                    reserved = a.hotel_whole[:, HOTEL_RESERVED]
                    stay = stays[int(row[NIGHTS])][row[SIZE]][:, np.minimum(days, self._lodging.until)]
                    stay = stay + row[SIZE] * a.transfer_fen_km * a.km[a.hotel0 : a.fleet0, [a.drop0 + e]]
                    stay[(reserved >= 0) & (reserved != e)] = np.inf
                    fen = fen + stay.min(axis=0, initial=np.inf)
                least[u] = min(least[u], float(fen.min()))
            least[u] += a.reach[row[REACH] : row[REACH_END], REACH_FEN].min(initial=np.inf)
        return np.where(np.isfinite(least), least, 0.0)


def trips_of(
    a: Arrays, trips: NDArray[np.int64], money: Floats, item: NDArray[np.int64]
) -> tuple[list[Column], Floats]:
    """A search's trips as columns, and each item's equal part of its trip (of the mean where it has none)."""
    columns: list[Column] = []
    share = np.zeros(len(a.item))
    lodging = Lodging(a)
    days_at, riders_at = STOPS + a.max_pickups + a.max_drops, STOPS + a.max_pickups + 2 * a.max_drops
    for t in np.nonzero(trips[:, COUNT])[0]:
        row = trips[t]
        items = row[riders_at : riders_at + row[COUNT]]
        first_drop = STOPS + row[PICKUPS]
        reached = {int(row[first_drop + i]): int(row[days_at + i]) for i in range(row[DROPS])}
        fen = float(money[t, COST])
        share[items] = fen * a.item[items, SIZE] / a.item[items, SIZE].sum()
        uses: Uses = defaultdict(float)
        for day in range(row[FIRST], row[FIRST] + row[LENGTH]):
            uses[int(row[FLEET]), int(day)] = 1.0
        for u in items:
            drop, o = int(item[u, I_DROP]), item[u, I_OPTION]
            reach = a.reach[a.item[u, REACH] : a.item[u, REACH_END]]
            fen += float(reach[reach[:, REACH_PICKUP] == item[u, I_PICKUP], REACH_FEN][0])
            fen += float(a.option_fen[o, WAIT] * reached[drop] - a.option_fen[o, WAIT_FROM])
            if a.item[u, NIGHTS]:
                e = a.option_whole[o, ENTERPRISE]
                fen += float(a.item[u, SIZE] * a.transfer_fen_km * a.km[drop, a.drop0 + e])
                twin = int(item[u, PAIRS] + item[u, LONE])
                single = int(a.item[u, SIZE] - 2 * item[u, PAIRS] - item[u, LONE])
                nights = int(a.item[u, NIGHTS])
                fen += lodging.use(drop - a.hotel0, reached[drop], nights, single, twin, uses)
        columns.append((fen, items.copy(), dict(uses)))
    carried = share > 0
    share[~carried] = share[carried].mean() if carried.any() else 1e5
    return columns, share
