"""Random scenarios of a few workers, small enough for the brute force, full of what can be short.

Every duration is a multiple of an hour, so that the brute force may walk in long steps.
"""

from __future__ import annotations

from datetime import date, time, timedelta
from decimal import Decimal
from itertools import permutations
from random import Random

from tests.builders import (
    HIGH_ADCODE,
    LOW_ADCODE,
    MEDIUM_ADCODE,
    make_enterprise,
    make_fleet,
    make_hotel,
    make_pickup,
    make_policy,
    make_scenario,
    make_vacancy,
    make_worker,
)
from workforce.entities import Busy, Closure, Risk, Worker
from workforce.policy import Policy, Zone
from workforce.scenario import Scenario

FIRST = date(2020, 3, 1)


def tiny(seed: int) -> Scenario:
    """A scenario of one to six workers; the same seed gives the same one."""
    chance = Random(seed)
    policy = _policy(chance)
    pickups = [make_pickup(f"P{n}", lat=38.5 + 0.2 * n) for n in range(chance.randint(1, 2))]
    enterprises = [
        make_enterprise(
            f"E{n}",
            priority=chance.randint(1, 4),
            lat=39.7 + 0.1 * n,
            present=chance.choice([8, 4, 3]),
            budget_fen=chance.choice([None, None, None, 60_000, 150_000, 300_000]),
            adcode=chance.choice([None, MEDIUM_ADCODE]),
        )
        for n in range(chance.randint(1, 2))
    ]
    fleets = [
        make_fleet(
            f"F{n}",
            seats=chance.choice([3, 4, 6]),
            vehicles=chance.randint(1, 2),
            day_fen=chance.randint(600, 1500) * 100,
            km_yuan=Decimal(chance.choice(["3.5", "5", "4.25"])),
            last_day=chance.choice([None, None, FIRST + timedelta(3)]),
            reserved_for=chance.choice([None, None, None, "E0"]) if n else None,
        )
        for n in range(chance.randint(1, 2))
    ]
    hotels = [
        make_hotel(
            f"H{n}",
            lat=39.68 + 0.05 * n,
            single_rooms=chance.randint(0, 2),
            twin_rooms=chance.randint(0, 1),
            single_fen=chance.randint(80, 150) * 100,
            twin_fen=chance.randint(10_000, 20_000),
            first_night=chance.choice([None, None, FIRST + timedelta(1)]),
        )
        for n in range(chance.randint(1, 2))
    ]
    ends = [row.enterprise_id for row in enterprises]
    places = [*(p.pickup_id for p in pickups), *ends, *(h.hotel_id for h in hotels)]
    places += [f.fleet_id for f in fleets]
    far = chance.choice([2, 3, 5])
    minutes = {pair: 60 * chance.randint(1, far) for pair in permutations(places, 2)}
    workers = _workers(chance, ends)
    vacancies = [
        make_vacancy(
            f"V{n}",
            enterprise_id=chance.choice(ends),
            headcount=chance.randint(1, 2),
            fill_by=FIRST + timedelta(chance.randint(1, 5)),
        )
        for n in range(2)
    ]
    busy = [Busy("F0", "1", FIRST, FIRST + timedelta(chance.randint(0, 1)))] * chance.choice([0, 0, 1])
    closed = FIRST + timedelta(chance.randint(0, 2))
    closures = [Closure(chance.choice([*ends, "P0"]), closed, closed)] * chance.choice([0, 0, 0, 1])
    return make_scenario(
        policy=policy,
        enterprises=enterprises,
        vacancies=vacancies,
        workers=workers,
        pickups=pickups,
        fleets=fleets,
        hotels=hotels,
        roads={pair: (m * 1.2 + chance.randint(0, 99) / 100, m) for pair, m in minutes.items()},
        busy=busy,
        closures=closures,
        suppliers=[("E1", "E0")] * (len(ends) == 2 and chance.random() < 0.3),
    )


def _policy(chance: Random) -> Policy:
    return make_policy(
        first_day=FIRST,
        last_day=FIRST + timedelta(chance.randint(0, 2)),
        zones={Risk.MEDIUM: Zone(True, chance.randint(1, 2), Decimal("0.75"))},
        trips={
            "max_pickups": chance.randint(1, 2),
            "max_drops": chance.randint(1, 2),
            "stop_minutes": chance.choice([0, 60]),
            "max_access_km": 40.0,
            "max_ride_minutes": chance.choice([480, 900]),
            "leave_depot": (time(5), time(22)),
            "reception": (time(6), time(chance.choice([12, 20]))),
            "observation_seats": chance.choice([0, 1]),
            "max_fen_per_worker": chance.choice([None, None, 250_000]),
        },
        driving={
            "break_minutes": 60,
            "max_drivers": chance.randint(1, 2),
            "night_ban": chance.choice([None, (time(2), time(5)), (time(23), time(5))]),
        },
        restart_bonus=chance.choice([0, 3, Decimal("0.5")]),
        government_fen=chance.choice([None, None, 20_000]),
    )


def _workers(chance: Random, ends: list[str]) -> list[Worker]:
    workers: list[Worker] = []
    while len(workers) < 6 and (not workers or chance.random() < 0.8):
        number = len(workers)
        zone = chance.choice([LOW_ADCODE] * 4 + [MEDIUM_ADCODE] * 3 + [HIGH_ADCODE])
        seeks = chance.random() < 0.3
        from_day = FIRST + timedelta(chance.randint(-1, 1))
        home = 38.5 + chance.choice([0.0, 0.1, 0.2, 0.25, 1.0 if chance.random() < 0.3 else 0.05])
        employer = chance.choice(ends)
        size = 2 if number < 5 and chance.random() < 0.3 else 1
        for n in range(size):
            workers.append(
                make_worker(
                    f"W{number + n}",
                    adcode=zone,
                    lat=home,
                    lon=106.2 + n / 100,
                    available_from=from_day,
                    arrive_by=FIRST + timedelta(chance.randint(1, 3)),
                    enterprise_id=None if seeks else employer,
                    occupation=chance.choice(["welder", "welder", "cook"]) if seeks else None,
                    party_id=f"A{number}" if size > 1 else None,
                )
            )
    return workers
