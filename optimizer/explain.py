"""Why a worker stays behind: the first reason of the contract that holds, with what it rests on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

import numpy as np

from optimizer.clock import FAR, trip_clock
from optimizer.insertion import best_in_trips, best_new_trip
from optimizer.instance import (
    END_VEHICLE,
    ENTERPRISE,
    FIRST_VEHICLE,
    FLEET_RESERVED,
    HOTEL_RESERVED,
    LATEST,
    NIGHTS,
    RISKS,
    SEATS,
    SIZE,
    Arrays,
    Instance,
    options_of,
)
from optimizer.kernels import kernel
from optimizer.references import Reference
from optimizer.search import State, free_by_fleet, scratch_for
from workforce.eligibility import fitting_vacancies
from workforce.entities import Risk, Worker
from workforce.money import to_yuan
from workforce.plan import Reason, Unserved

_RISK = {Risk.LOW: "低", Risk.MEDIUM: "中", Risk.HIGH: "高"}


@kernel
def can_travel(a, w, risk, nights, size, available, pickups, enterprises, latest, vehicle_open):
    """Whether some fleet can carry ``size`` workers together, all vehicles being free on their fleet's days.

    Args:
        pickups: numbers of the pickups in reach.
        enterprises, latest: where they may go, and the last day of arrival for each.
        vehicle_open: [fleet, day] whether the fleet works that day.

    Returns:
        0: no fleet on any day; 1: some fleet, but never in time; 2: yes.
    """
    answer = 0
    hotels = len(a.hotel_fen)
    for i in range(len(enterprises)):
        e = enterprises[i]
        for h in range(hotels if nights > 0 else 1):
            d = a.drop0 + e
            if nights > 0:
                d = a.hotel0 + h
                if a.hotel_whole[h, HOTEL_RESERVED] >= 0 and a.hotel_whole[h, HOTEL_RESERVED] != e:
                    continue
            factor = min(a.factor[d], a.risk_factor[risk])
            for p in pickups:
                for j in range(len(a.fleet_fen)):
                    k = a.fleet_order[p, j]
                    if (
                        a.cap[k, factor] < size
                        or a.fleet_whole[k, FIRST_VEHICLE] == a.fleet_whole[k, END_VEHICLE]
                    ):
                        continue
                    if a.fleet_whole[k, FLEET_RESERVED] >= 0 and a.fleet_whole[k, FLEET_RESERVED] != e:
                        continue
                    w.route[0], w.route[1] = p, d
                    w.wait[0] = 0.0
                    # Past all closures: a legal clock on any day at all.
                    w.late[0] = FAR
                    money, _, _, length = trip_clock(a, w, k, a.closed.shape[1] - 2, 1, 1)
                    if not np.isfinite(money):
                        continue
                    answer = max(answer, 1)
                    for first in range(available, min(a.horizon, latest[i] + 1)):
                        w.late[0] = latest[i]
                        money, _, _, length = trip_clock(a, w, k, first, 1, 1)
                        if not np.isfinite(money):
                            continue
                        open_ = True
                        for day in range(first, first + length):
                            open_ = open_ and vehicle_open[k, min(day, vehicle_open.shape[1] - 1)]
                        if open_:
                            return 2
    return answer


@kernel
def cheapest_place(a, s, w, u):
    """Where an unserved item could still go: (fen, fleet, first day, drop, option); fen inf: nowhere."""
    best = best_in_trips(a, s, w, u, 0.0, np.inf)
    for seats in np.unique(a.fleet_whole[:, SEATS]):
        found = best_new_trip(a, s, w, u, best.fen, seats, 0.0)
        if found.option < 0:
            continue
        w.route[0], w.route[1] = found.pickup, found.drop
        w.late[0], w.wait[0] = a.option_whole[found.option, LATEST], 0.0
        if trip_clock(a, w, found.fleet, found.first, 1, 1)[0] <= a.max_per_worker * a.item[u, SIZE]:
            best = found
    return best.fen, best.fleet, best.first, best.drop, best.option


class Explainer:
    """Answers for a plan: proofs from the scenario, then what was short."""

    def __init__(self, instance: Instance, state: State) -> None:
        self._instance, self._state = instance, state
        self._arrays, self._scratch = Reference(instance.arrays), Reference(scratch_for(instance.arrays))
        self._item_of = {w: u for u, members in enumerate(instance.items) for w in members}
        scenario, first, a = instance.scenario, instance.first_day, instance.arrays
        self._open = np.ones((max(1, len(scenario.fleets)), a.vehicle_taken.shape[1]), bool)
        for k, fleet in enumerate(scenario.fleets.values()):
            if fleet.first_day:
                self._open[k, : max(0, (fleet.first_day - first).days)] = False
            if fleet.last_day:
                self._open[k, max(0, (fleet.last_day - first).days + 1) :] = False
        vehicles = [
            k for k, row in enumerate(a.fleet_whole) for _ in range(row[FIRST_VEHICLE], row[END_VEHICLE])
        ]
        free_vehicles = ~self._open[vehicles] if len(vehicles) else state.vehicle_taken
        all_back = state._replace(vehicle_taken=free_vehicles, fleet_free=free_by_fleet(a, free_vehicles))
        free_rooms = np.full_like(state.rooms_free, 1 << 20)
        lifts: list[tuple[Reason, Arrays, State]] = [
            (Reason.SEARCH_ENDED, a, state),
            (Reason.NO_SEAT, a, all_back),
            (Reason.NO_ROOM, a, state._replace(rooms_free=free_rooms)),
            (Reason.NO_SEAT, a, all_back._replace(rooms_free=free_rooms)),
            (Reason.OVER_BUDGET, a._replace(has_budgets=False, government=np.inf), state),
            (Reason.NOT_WORTH_IT, a._replace(max_per_worker=np.inf), state),
        ]
        self._lifts = [(reason, Reference(a), Reference(s)) for reason, a, s in lifts]

    def reason(self, worker: Worker) -> tuple[Reason, str]:
        """The first reason of the contract that holds, and what it rests on in Chinese and English."""
        return self._proof(worker) or self._short(worker)

    def _proof(self, worker: Worker) -> tuple[Reason, str] | None:
        alone = self._alone(worker)
        if alone:
            return alone
        scenario = self._instance.scenario
        party = scenario.parties.get(worker.party_id or "", ())
        if len(party) > 1:
            people = [scenario.workers[w] for w in party]
            if any(self._alone(p) for p in people) or self._travel(people) < 2:
                names = ", ".join(party)
                return (
                    Reason.PARTY_SPLIT,
                    _both(
                        f"同行组 {worker.party_id} 无法同行：{names}",
                        f"party cannot travel together: {names}",
                    ),
                )
        return None

    def _alone(self, worker: Worker) -> tuple[Reason, str] | None:
        scenario, reach = self._instance.scenario, self._instance.reach[worker.lat, worker.lon]
        if not scenario.zone_of(worker).admit:
            risk = scenario.risk_of(worker.adcode)
            return (
                Reason.ZONE_NOT_ADMITTED,
                _both(f"{worker.adcode} 为{_RISK[risk]}风险地区", f"zone {worker.adcode} is {risk}"),
            )
        if not reach:
            most = f"{scenario.policy.trips.max_access_km:g} km"
            return Reason.NO_PICKUP_IN_REACH, _both(f"{most} 内无上车点", f"no pickup within {most}")
        if not worker.enterprise_id and not fitting_vacancies(scenario, worker):
            what = worker.occupation or "-"
            agreed = ", ".join(sorted(scenario.intentions.get(worker.worker_id, ())))
            if agreed:
                return (
                    Reason.NO_VACANCY,
                    _both(f"意向岗位均不合适：{agreed}", f"agreed vacancies do not fit: {agreed}"),
                )
            return Reason.NO_VACANCY, _both(f"无合适岗位（{what}）", f"no vacancy fits ({what})")
        answer = self._travel([worker])
        if answer == 2:
            return None
        pickups = ", ".join(self._instance.places[p] for p in sorted(reach))
        if answer == 0:
            return (
                Reason.TOO_FAR,
                _both(f"任何车队均无法从 {pickups} 运达", f"no fleet can make the trip from {pickups}"),
            )
        dates = f"{worker.available_from} … {worker.arrive_by}"
        return (
            Reason.DATES_TOO_TIGHT,
            _both(f"{dates} 之间无法运达（{pickups}）", f"no trip in time, {dates} ({pickups})"),
        )

    def _travel(self, people: Sequence[Worker]) -> int:
        instance, scenario = self._instance, self._instance.scenario
        found = options_of(scenario, list(people))
        pickups = sorted(set.intersection(*(set(instance.reach[p.lat, p.lon]) for p in people)))
        if not found or not pickups:
            return 0
        number = {name: i for i, name in enumerate(scenario.enterprises)}
        return int(
            can_travel(
                self._arrays,
                self._scratch,
                RISKS.index(scenario.risk_of(people[0].adcode)),
                scenario.zone_of(people[0]).quarantine_nights,
                len(people),
                max(0, *((p.available_from - instance.first_day).days for p in people)),
                np.array(pickups, np.int64),
                np.array([number[o[0]] for o in found], np.int64),
                np.array([(o[1] - instance.first_day).days for o in found], np.int64),
                self._open,
            )
        )

    def _short(self, worker: Worker) -> tuple[Reason, str]:
        """What was short: the first thing whose lifting alone would have made room."""
        instance = self._instance
        u = self._item_of.get(worker.worker_id)
        if u is None:
            return (
                Reason.PARTY_SPLIT,
                _both(
                    f"同行组 {worker.party_id} 已有人出行",
                    f"some of party {worker.party_id} ride a kept trip",
                ),
            )
        for reason, a, state in self._lifts:
            if reason is Reason.NO_ROOM and not instance.arrays.item[u, NIGHTS]:
                continue
            fen, fleet, first, drop, option = cheapest_place(a, state, self._scratch, u)
            if not np.isfinite(fen):
                continue
            day = instance.first_day + timedelta(days=int(first))
            coach, place = instance.places[instance.arrays.fleet0 + fleet], instance.places[drop]
            enterprise = instance.places[
                instance.arrays.drop0 + instance.arrays.option_whole[option, ENTERPRISE]
            ]
            if reason is Reason.SEARCH_ENDED:
                return (
                    reason,
                    _both(
                        f"搜索结束时 {coach} {day} 尚可", f"the search stopped; {coach} on {day} was possible"
                    ),
                )
            if reason is Reason.NO_SEAT:
                return reason, _both(f"车辆不足：{coach} 自 {day}", f"no coach free: {coach} from {day}")
            if reason is Reason.NO_ROOM:
                return reason, _both(f"客房不足：{place} 自 {day}", f"no room free: {place}, from {day}")
            if reason is Reason.OVER_BUDGET:
                return (
                    reason,
                    _both(
                        f"预算不足：{enterprise} 或政府补贴", f"budget short: {enterprise} or the government"
                    ),
                )
            most = to_yuan(int(instance.arrays.max_per_worker))
            return reason, _both(f"人均费用超过 {most} 元", f"dearer than {most} yuan a worker")
        return Reason.NO_SEAT, _both("车辆、客房与预算均不足", "coaches, rooms and budgets all short")


def _both(zh: str, en: str) -> str:
    return f"{zh} / {en}"


def unserved_rows(instance: Instance, state: State, workers: Sequence[Worker]) -> tuple[Unserved, ...]:
    explainer = Explainer(instance, state)
    return tuple(Unserved(w.worker_id, *explainer.reason(w)) for w in workers)
