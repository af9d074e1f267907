"""Numbers for the rooms: which stay gets which unit of its hotel.

The search counts free rooms.  Where units are taken on some days in the middle, the counts can
allow stays that no choice of units fits; then the search is told which items have none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
from ortools.sat.python import cp_model

from optimizer.instance import NIGHTS, Instance
from optimizer.options import Keep
from optimizer.search import DROPS, I_DROP, LONE, PAIRS, PICKUPS, SLOT, STOPS, State
from workforce.plan import Stay


@dataclass(frozen=True, slots=True)
class Booking:
    """Workers who take one room together from a check-in day on."""

    hotel_id: str
    kind: str  # S or T
    check_in: int
    workers: tuple[str, ...]


def stays_of(instance: Instance, s: State, keep: Keep | None) -> tuple[list[Stay], list[int]]:
    """Room rows for all quarantined riders of a state, and the items that no unit fits."""
    a, scenario, first = instance.arrays, instance.scenario, instance.first_day
    bookings: list[Booking] = []
    owners: list[int] = []
    for u in np.nonzero((s.item[:, SLOT] >= 0) & (a.item[:, NIGHTS] > 0))[0]:
        found = _bookings(instance, s, int(u))
        bookings.extend(found)
        owners.extend([int(u)] * len(found))
    turnover = scenario.policy.turnover_days
    taken: dict[tuple[str, str], set[int]] = defaultdict(set)
    for busy in scenario.busy:
        if busy.place_id in scenario.hotels:
            since, until = (busy.first_day - first).days, (busy.last_day - first).days + 1
            taken[busy.place_id, busy.unit].update(range(since, until + turnover))
    if keep:
        riding = {seat.worker_id for seat in keep.plan.seats if seat.trip_id in keep.trip_ids}
        for stay in keep.plan.stays:
            if stay.worker_id in riding:
                since, until = (stay.check_in - first).days, (stay.check_out - first).days
                taken[stay.hotel_id, stay.room].update(range(since, until + turnover))
    rooms = {}
    for h, hotel in scenario.hotels.items():
        rooms[h, "S"], rooms[h, "T"] = hotel.single_rooms, hotel.twin_rooms
    nights = [int(a.item[u, NIGHTS]) for u in owners]
    units = number_rooms(bookings, [n + turnover for n in nights], rooms, taken)
    stays: list[Stay] = []
    for booking, unit, n in zip(bookings, units, nights, strict=True):
        if unit is not None:
            day = first + timedelta(days=booking.check_in)
            out = day + timedelta(days=n)
            stays.extend(Stay(w, booking.hotel_id, unit, day, out) for w in booking.workers)
    return stays, sorted({u for u, unit in zip(owners, units, strict=True) if unit is None})


def _bookings(instance: Instance, s: State, u: int) -> list[Booking]:
    """The rooms of one item: twins for two first, then twins and singles for one."""
    a, row, item = instance.arrays, s.trips[s.item[u, SLOT]], s.item[u]
    drops = row[STOPS + row[PICKUPS] : STOPS + row[PICKUPS] + row[DROPS]].tolist()
    check_in = int(row[STOPS + a.max_pickups + a.max_drops + drops.index(item[I_DROP])])
    hotel, workers = instance.places[item[I_DROP]], instance.items[u]
    pairs, lone = int(item[PAIRS]), int(item[LONE])
    shared = [workers[2 * n : 2 * n + 2] for n in range(pairs)]
    alone = workers[2 * pairs :]
    return [
        *(Booking(hotel, "T", check_in, two) for two in shared),
        *(Booking(hotel, "T" if i < lone else "S", check_in, (w,)) for i, w in enumerate(alone)),
    ]


def number_rooms(
    bookings: Sequence[Booking],
    spans: Sequence[int],
    rooms: Mapping[tuple[str, str], int],
    taken: Mapping[tuple[str, str], Iterable[int]],
) -> list[str | None]:
    """A unit ("S3") for each booking, or None where the taken days leave no way to fit it.

    Args:
        spans: by booking, the days from check-in to the next possible check-in.
        rooms: units by (hotel, kind).
        taken: days that a (hotel, unit) cannot give.
    """
    units: list[str | None] = [None] * len(bookings)
    of_kind = defaultdict(list)
    for i, booking in enumerate(bookings):
        of_kind[booking.hotel_id, booking.kind].append(i)
    for (hotel, kind), chosen in sorted(of_kind.items()):
        names = [f"{kind}{n}" for n in range(1, rooms[hotel, kind] + 1)]
        blocked = {name: set(taken.get((hotel, name), ())) for name in names}
        order = sorted(chosen, key=lambda i: (bookings[i].check_in, -spans[i], bookings[i].workers))
        days = {i: range(bookings[i].check_in, bookings[i].check_in + spans[i]) for i in order}
        found = _first_fit(order, days, names, blocked) or _exact_fit(order, days, names, blocked)
        for i, name in found.items():
            units[i] = name
    return units


def _first_fit(
    order: Sequence[int],
    days: Mapping[int, range],
    names: Sequence[str],
    blocked: Mapping[str, Set[int]],
) -> dict[int, str] | None:
    """Rooms in order of check-in, each booking in the unit that was free for the shortest time."""
    used = {name: set(days_) for name, days_ in blocked.items()}
    found = {}
    for i in order:
        free = [name for name in names if used[name].isdisjoint(days[i])]
        if not free:
            return None
        start = days[i].start
        name = max(free, key=lambda n: max((d for d in used[n] if d < start), default=-1))
        used[name].update(days[i])
        found[i] = name
    return found


def _exact_fit(
    order: Sequence[int],
    days: Mapping[int, range],
    names: Sequence[str],
    blocked: Mapping[str, Set[int]],
) -> dict[int, str]:
    """The most bookings that fit at all; units with the same taken days are tried as one."""
    model = cp_model.CpModel()
    chosen = {}
    for name in names:
        here = []
        for i in order:
            if blocked[name].isdisjoint(days[i]):
                chosen[i, name] = take = model.new_bool_var("")
                here.append(model.new_optional_fixed_size_interval_var(days[i].start, len(days[i]), take, ""))
        model.add_no_overlap(here)
    for i in order:
        model.add_at_most_one(v for (j, _), v in chosen.items() if j == i)
    model.maximize(sum(chosen.values()))
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.max_deterministic_time = 20.0
    # Its own handler would swallow Ctrl-C, and leave the default one behind, which ends the process.
    solver.parameters.catch_sigint_signal = False
    solver.solve(model)
    return {i: name for (i, name), v in chosen.items() if solver.value(v)}
