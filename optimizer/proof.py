"""The least that a plan can cost, proved with trips as columns.

A linear programme has a column for each trip (who rides, where they stay) and rows for the
people, for each fleet and day and for each kind of room and night; as much weight may stay
behind as the plan leaves.  Prices that no trip beats (its riders are worth no more than it
costs) bound the cost of every plan.  ``price_day`` goes through all trips at given prices and
tells how far they are from that; taken down by so much they are a proof.  The programme only
serves to find good prices.  ``docs/model.md`` has the argument.

Most passes are quick ones that look for good trips and prove nothing; what they find gives a
guess of the proof that prices are good for.  Now and then the best prices are gone through
thoroughly.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from math import comb, inf
from operator import itemgetter
from threading import TIMEOUT_MAX, Timer
from time import monotonic
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from optimizer.bounds import shortened
from optimizer.columns import column_of, trips_of
from optimizer.full_coach import vehicles_of
from optimizer.instance import (
    AVAILABLE,
    ENTERPRISE,
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
from optimizer.least_clock import least_clocks
from optimizer.loads import MOST, book_of, desk_for, prices_of, tops_of
from optimizer.lodging import Lodging
from optimizer.master import Column, Duals, Master, Solved, proven_fen
from optimizer.pickup_sets import Sets, sets_of
from optimizer.pricing import THOROUGH, price_day
from optimizer.references import Reference
from optimizer.routes import (
    C_DAYS,
    C_FLEET,
    C_RIDERS,
    R_DAY,
    R_DROP,
    R_ITEM,
    Found,
    clocks_for,
    found_for,
)

Floats: TypeAlias = NDArray[np.float64]
Whole: TypeAlias = NDArray[np.int64]
SHUT = 1e13  # fen: the price of a vehicle that there is not
ALONE = 400  # items that have a row each
MOST_SETS, MOST_PICKUPS = 6_000_000, 1000  # that can be gone through
MOST_KEYS = 1 << 62  # routes that can be told apart
FIRST_PROOF = 0.3  # the part of the time after which prices are first gone through thoroughly
LEAST_TRIES, TRIES, MOST_TRIES = 10, 100, 100_000  # sets of pickups that a quick pass takes up on a day
FEW, LONG_PASS = 20, 0.02  # trips found that ask for more tries; a part of the time that asks for fewer
ENOUGH = 4  # trips of a pass that an item needs
TURNS, QUICK_TURNS = 6, 2  # times that the riders of a set's best trip alone are taken down
PROOFS = 3  # times that a thorough pass has taken, until the next one
LAST_PROOF = 1.4  # such times before the end: when the last one begins
PROOF, LAST = 0.2, 0.8  # of the time, and of what is left: after which a thorough pass ends in haste
CLOSE = 0.015  # of the trips' part of the cost: prices that are as good as their groups allow
CLOSEST, CLOSER = 1e-6, 8.0  # where that ends, and how much stricter it gets when no group is left to split
SHARE = 1e5  # fen: a guess of an item's part of a trip where there is no plan
GUESS = 8.0  # times its part of a trip: what a seat costs at most, as far as the programme knows
INWARD = 0.7  # prices are first taken this part of the way from the riders' own costs
RAISE, RAISED = 1.1, 1.002  # how much dearer full coaches' seats are tried, while that proves so much more
RAISES = 4  # passes in which they are, at most
STEP = 0.3  # the part of the way from the best prices to those of the programme


def provable(a: Arrays) -> bool:
    """Whether all trips can be gone through."""
    if not len(a.item) or not len(a.fleet_fen) or a.max_pickups > MOST or a.max_drops > MOST:
        return False
    routes = len(a.fleet_fen) * ((a.drop0 + 1) * (a.fleet0 - a.drop0 + 1)) ** MOST
    sets = sum(comb(a.drop0, n) for n in range(1, a.max_pickups + 1))
    return a.drop0 <= MOST_PICKUPS and sets <= MOST_SETS and routes <= MOST_KEYS


class _Lane:
    """What one thread needs to price trips."""

    def __init__(self, a: Arrays, halt: Whole, least: Reference | None) -> None:
        self.least = least or Reference(least_clocks(a))
        self.clocks, self.desk = Reference(clocks_for()), Reference(desk_for(a))
        self.trips = found_for(a, halt)
        self.found = Reference(self.trips)


@contextmanager
def _haste_after(found: Found, seconds: float) -> Iterator[None]:
    """Let a pass go on in haste from then on."""
    found.haste[0] = seconds <= 0.0
    timer = Timer(min(seconds, TIMEOUT_MAX), found.haste.fill, [1])
    if seconds < inf:
        timer.start()
    yield
    timer.cancel()


class Proof:
    """Looks for prices that prove much; may run in a thread beside the search."""

    def __init__(
        self, a: Arrays, weight: Floats, metric: bool, lanes: int, least: Reference | None = None
    ) -> None:
        """Prepare.

        Args:
            weight: [item] the most that serving it weighs.
            metric: no detour is shorter than the road; if not, trips may take the shortest ways.
            lanes: threads to price with.
            least: clocks that no trip beats, as far as they are reckoned; no other thread may use them.
        """
        if not metric:
            a = shortened(a)
        self._a = a
        self._lodging = Lodging(a)
        self._nights = {
            int(r): int(a.item[a.item[:, RISK] == r, NIGHTS][0]) for r in np.unique(a.item[:, RISK])
        }
        self._book, self._arrays = Reference(book_of(a)), Reference(a)
        self._halt = np.zeros(1, np.int64)
        self._lanes = [_Lane(a, self._halt, None if n else least) for n in range(lanes)]
        self._sets: dict[int, Reference] = {}
        self.vehicles = vehicles_of(a)
        self._weight = weight
        self._whole = np.zeros(len(a.item))  # [item] how far prices are taken down: not at all
        self.own = self._least_own()  # [item] the least that it weighs beside its trip, in fen
        self.proved: Duals | None = None  # the prices of the best proof: no trip is worth more than it costs
        self._best = -np.inf
        self._offers: deque[tuple[Whole, Floats, Whole]] = deque()
        self.passes = 0

    def halt(self) -> None:
        """Let a run end soon."""
        self._halt[0] = 1

    def least_fen(self, weight: float) -> float:
        """The least cost, in fen, of any plan whose items weigh at least this; -inf: nothing proved yet."""
        proved = self.proved  # another thread may replace it
        if proved is None:
            return -np.inf
        return self._value(proved, self._whole, float(self._weight.sum()) - weight)

    def offer(self, trips: Whole, money: Floats, item: Whole) -> None:
        """Let the programme use the trips of a search's state (copies of its tables); from any thread."""
        self._offers.append((trips, money, item))

    def run(
        self,
        weight: Callable[[], float],
        known: Callable[[], float],
        part_done: Callable[[], float],
        start: Duals | None = None,
        seconds_left: Callable[[], float] = lambda: inf,
        lone: Callable[[Floats, Floats], Floats] | None = None,
    ) -> None:
        """Improve the proof until halted or until ``part_done`` says 1.

        Args:
            weight: that plans must reach, for which the prices are sought; may grow.
            known: fen that such plans are known to cost; less is not worth proving.
            part_done: how much of the time is over, 0 … 1.
            start: prices that no trip beats.
            seconds_left: of the time.
            lone: [item] prices that no trip beats at such prices of vehicles and rooms, found without a
                look at trips (``FullCoach.prices``).
        """
        for risk in self._nights:
            self.sets(risk)
        allowance = max(0.0, float(self._weight.sum()) - weight())
        seen: set[bytes] = set()
        offered, share = self._offered(seen)
        master = self._master(allowance, share)
        for column in offered:
            master.add(column)
        centre, guess, raising = self._centre(share), -np.inf, start is not None
        if start is not None:
            centre = self._within(start, self._whole)
            guess = self._value(centre, self._whole, allowance)
        proof_due, tries, step, close = FIRST_PROOF, TRIES, STEP, CLOSE
        while not self._halt[0] and part_done() < 1.0:
            left = max(0.0, float(self._weight.sum()) - weight())
            if left < allowance:
                allowance = left
                master.allow(allowance)
                if self.proved is not None:
                    self._best = self._value(self.proved, self._whole, allowance)
                guess = self._value(centre, self._whole, allowance) if guess > -np.inf else guess
            solved = master.solve()
            if solved is None:
                break
            at = centre.toward(solved.duals, step) if guess > -np.inf else centre
            if raising:
                at = Duals(self.own + RAISE * (centre.item - self.own), centre.vehicle, centre.room)
            begun = part_done()
            down, found = self.price(at, self._whole, tries)
            value = self._value(at, down, allowance)
            raising = raising and value > RAISED * guess and self.passes < RAISES
            if value > guess:
                centre, guess = self._within(at, down), value
            for column in (*found, *self._offered(seen)[0]):
                master.add(column)
            settled, done = self._settled(solved, guess, close), part_done()
            due = done >= proof_due and guess > max(known(), self._best)
            if (settled or due) and not self._halt[0]:
                whole = seconds_left() / max(1e-9, 1.0 - done)
                floor = lone(centre.vehicle, centre.room) if lone else self.own
                seconds = min(PROOF * whole, LAST * seconds_left())
                down, found = self._prove(centre, floor, allowance, seconds)
                guess = self._value(centre, down, allowance)
                centre = self._within(centre, down)
                for column in found:
                    master.add(column)
                settled = self._settled(solved, guess, close)
                took = part_done() - done
                proof_due = part_done() + PROOFS * took
                if proof_due > 1.0 - took:
                    proof_due = max(part_done(), 1.0 - LAST_PROOF * took)
                raised = settled and solved.guessed and master.raise_guesses()
                if settled and not raised and not master.split(solved.carried):
                    if close < CLOSEST:
                        break
                    close /= CLOSER
            if done - begun > LONG_PASS and seconds_left() < inf:
                tries = max(LEAST_TRIES, tries // 2)
            elif len(found) < FEW:
                tries = min(MOST_TRIES, 2 * tries)
            step = STEP if found else 1.0

    def _offered(self, seen: set[bytes]) -> tuple[list[Column], Floats]:
        """The trips that were offered and are not ``seen`` yet; their items' parts of a trip."""
        columns: list[Column] = []
        share = np.zeros(len(self._a.item))
        while self._offers:
            more, share = trips_of(self._a, self._lodging, *self._offers.popleft(), seen)
            columns.extend(more)
        carried = share > 0
        share[~carried] = share[carried].mean() if carried.any() else SHARE
        return columns, share

    def _centre(self, share: Floats) -> Duals:
        """Prices to begin with: a part of what people's trips cost them in a plan."""
        free = np.zeros(self.vehicles.shape), np.zeros(self._a.rooms_free.shape)
        return Duals(self.own + INWARD * share, *free)

    def _master(self, allowance: float, share: Floats) -> Master:
        a = self._a
        group = np.arange(len(a.item))
        if len(group) > ALONE:
            nearest = [
                a.reach[row[REACH] + np.argmin(a.reach[row[REACH] : row[REACH_END], REACH_FEN]), REACH_PICKUP]
                for row in a.item
            ]
            place = a.option_whole[a.item[:, OPTION], ENTERPRISE]
            _, group = np.unique(np.stack([a.item[:, RISK], nearest, place]), axis=1, return_inverse=True)
        guess = GUESS * share / a.item[:, SIZE]
        return Master(a, self.vehicles, self.own, self._weight, allowance, group.reshape(-1), guess)

    def _prove(
        self, at: Duals, floor: Floats, allowance: float, seconds: float
    ) -> tuple[Floats, list[Column]]:
        """Go through all trips at these prices and keep what that proves, if it is the best.

        No trip carries people of two risks, so those of a risk may have the prices of ``floor``
        instead, which no trip beats either.
        """
        quick, found = self.price(at, self._whole, TRIES)
        guess, risk = self._within(at, quick).item, self._a.item[:, RISK]
        hopeful = [r for r in self._nights if guess[risk == r].sum() > floor[risk == r].sum()]
        down, more = self.price(at, quick, THOROUGH, seconds, hopeful)
        item = self._within(at, down).item.copy()
        for r in self._nights:
            mine = risk == r
            if r not in hopeful or item[mine].sum() < floor[mine].sum():
                item[mine] = floor[mine]
        proved = Duals(item, at.vehicle, at.room)
        value = self._value(proved, self._whole, allowance)
        if not self._halt[0] and value > self._best:
            self._best, self.proved = value, proved
        return down, found + more

    def _settled(self, solved: Solved, guess: float, close: float) -> bool:
        return solved.fen - guess < close * (solved.fen - float(self.own.sum()))

    def _within(self, at: Duals, down: Floats) -> Duals:
        """Prices taken down."""
        return Duals(np.maximum(self.own, at.item - down), at.vehicle, at.room)

    def _value(self, at: Duals, down: Floats, allowance: float) -> float:
        prices = self._within(at, down)
        return proven_fen(prices, self._weight, allowance, self.vehicles, self._a.rooms_free)

    def sets(self, risk: int) -> Sets:
        """The sets of pickups where workers of a risk could board, reckoned when first asked for."""
        if risk not in self._sets:
            least, nights = self._lanes[0].least, self._nights[risk]
            self._sets[risk] = Reference(sets_of(self._a, self._arrays, least, risk, nights, self._halt))
        sets: Sets = self._sets[risk].fields
        return sets

    def price(
        self, duals: Duals, down: Floats, tries: int, seconds: float = inf, risks: Sequence[int] | None = None
    ) -> tuple[Floats, list[Column]]:
        """[item] how far its price has to be taken down, no less than ``down``, and trips.

        Only people of these risks are looked at, else all.  A thorough pass of more than so many
        seconds goes on in haste: further than it would have to.
        """
        deadline = monotonic() + seconds
        self.passes += 1
        a = self._a
        columns: list[tuple[float, Column]] = []
        down = down.copy()
        vehicle = np.zeros((len(a.fleet_fen), a.vehicle_taken.shape[1] + 1))
        np.cumsum(np.where(self.vehicles > 0, duals.vehicle, SHUT), axis=1, out=vehicle[:, 1:])
        risks = list(self._nights) if risks is None else risks
        for part, risk in enumerate(risks):
            nights = self._nights[risk]
            rooms = self._lodging.rooms(duals.room, nights)
            stay = self._lodging.stays(rooms)
            self.sets(risk)
            mine = np.nonzero(a.item[:, RISK] == risk)[0]
            prices = prices_of(a, self._arrays, duals.item, vehicle, stay, mine, nights > 0)
            last = max(int(a.option_whole[r[OPTION] : r[OPTION_END], LATEST].max()) for r in a.item[mine])
            until = max(1, min(self._lodging.until, last + 1))
            top = tops_of(self._arrays, prices, mine, nights > 0, until)
            later = len(risks) - 1 - part
            one = partial(
                self._price_days, risk, nights, prices, stay, rooms, top, tries, down, deadline, later
            )
            if len(self._lanes) == 1:
                parts = [one(0)]
            else:
                with ThreadPoolExecutor(len(self._lanes)) as pool:
                    parts = list(pool.map(one, range(len(self._lanes))))
            for least, found in parts:
                np.maximum(down, least, out=down)
                columns.extend(found)
        return down, self._different(columns)

    def _different(self, columns: list[tuple[float, Column]]) -> list[Column]:
        """Of trips with their ratios, those that carry somebody whom few better ones carry."""
        carried = np.zeros(len(self._a.item), np.int64)
        chosen = []
        for _, column in sorted(columns, key=itemgetter(0)):
            if carried[column.items].min(initial=ENOUGH) < ENOUGH:
                carried[column.items] += 1
                chosen.append(column)
        return chosen

    def _price_days(
        self, risk: int, nights: int, prices: Reference, stay: Floats, rooms: Floats, top: Floats,
        tries: int, start: Floats, deadline: float, later: int, lane: int,
    ) -> tuple[Floats, list[tuple[float, Column]]]:  # fmt: skip
        """[item] how far a lane's days take its price down, and trips with their ratios."""
        down = start.copy()
        columns: list[tuple[float, Column]] = []
        mine = self._lanes[lane]
        own = mine.desk.fields.down
        days = range(lane, self._a.horizon, len(self._lanes))
        for n, day in enumerate(days):
            if self._halt[0]:
                break
            # A thorough pass is spared by what other days found; else each day is to have its own trips.
            own[:] = down if tries == THOROUGH else start
            with _haste_after(mine.trips, (deadline - monotonic()) / (len(days) * (1 + later) - n)):
                price_day(
                    self._arrays, self._book, prices, top, self._sets[risk], mine.least, mine.clocks,
                    mine.desk, mine.found, day, tries, TURNS if tries == THOROUGH else QUICK_TURNS,
                )  # fmt: skip
            np.maximum(down, own, out=down)
            columns.extend(self._columns(mine.trips, stay, rooms, nights, day))
        return down, columns

    def _columns(
        self, found: Found, stay: Floats, rooms: Floats, nights: int, day: int
    ) -> Iterator[tuple[float, Column]]:
        """The trips that ``price_day`` left, with their ratios."""
        a = self._a
        single, twin = self._lodging.ways(rooms)
        for bucket in np.nonzero(found.ratio < 1.0)[0]:
            fleet, days, count = (found.head[bucket, i] for i in (C_FLEET, C_DAYS, C_RIDERS))
            riders = found.riders[bucket, :count]
            items = riders[:, R_ITEM].copy()
            guests = None
            fen = float(found.fen[bucket] + found.rider_fen[bucket, :count].sum())
            if nights:
                at = a.item[items, SIZE], riders[:, R_DROP], np.minimum(riders[:, R_DAY], self._lodging.until)
                fen -= float(stay[at].sum())
                guests = riders[:, R_DROP], riders[:, R_DAY], single[at], twin[at]
            vehicle = int(fleet), day, int(days)
            column = column_of(a, self._lodging, fen, items, vehicle, nights, guests)
            yield float(found.ratio[bucket]), column

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
