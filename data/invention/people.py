"""Who wants to come: households of the counties, each with an enterprise and one of its county's days."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from random import Random

from data.invention.names import Inventor
from data.invention.places import Firm, Home, near_home
from data.invention.plain_plan import Group, Ride
from data.invention.spec import GeneratorSpec
from workforce.entities import Vacancy, Worker
from workforce.scenario import Scenario

_RIDERS_A_DAY = 40  # for so many of a county's workers there is one day on which it sends
_PARTY = 2.4  # members of a party on average: three of five have two, the others three


@dataclass(frozen=True, slots=True)
class Sending:
    """A county that sends workers on some days to some firms."""

    home: Home
    days: tuple[date, ...]
    firms: tuple[Firm, ...]  # countrymen follow each other: the first has most


def people(
    spec: GeneratorSpec, chance: Random, inventor: Inventor, homes: Sequence[Home], firms: Sequence[Firm]
) -> tuple[Mapping[str, Worker], tuple[Group, ...], Mapping[str, Vacancy]]:
    """Workers whose dates are still to be set, how they group, and the vacancy pool."""
    pool = _pool(firms)
    weights = [chance.lognormvariate(0, 0.5) for _ in homes]
    sendings = [
        _sending(spec, chance, home, spec.workers * weight / sum(weights), firms)
        for home, weight in zip(homes, weights, strict=True)
    ]
    seekers = round(spec.seekers * spec.workers)
    households = [(size, True) for size in _household_sizes(spec, chance, seekers)]
    households += [(size, False) for size in _household_sizes(spec, chance, spec.workers - seekers)]
    chance.shuffle(households)
    workers: dict[str, Worker] = {}
    groups: list[Group] = []
    numbers = itertools.count(1)
    for size, seeking in households:
        sending = chance.choices(sendings, weights)[0]
        firm = chance.choices(sending.firms, [0.55**rank for rank in range(len(sending.firms))])[0]
        enterprise_id = firm.enterprise.enterprise_id
        lat, lon = near_home(chance, chance.choice(sending.home.pickups))
        members: list[str] = []
        vacancies: list[str | None] = []
        for _ in range(size):
            person = inventor.person(sending.home.county.adcode)
            vacancy = chance.choice(pool[enterprise_id]) if seeking else None
            worker = Worker(
                worker_id=f"W{next(numbers):05d}",
                name=person.name,
                adcode=sending.home.county.adcode,
                lat=lat,
                lon=lon,
                available_from=spec.policy.first_day,
                arrive_by=spec.policy.last_day,
                enterprise_id=None if seeking else enterprise_id,
                occupation=vacancy.occupation if vacancy else chance.choice(firm.sector.occupations),
                party_id=f"F{len(groups) + 1:05d}" if size > 1 else None,
                id_number=person.id_number,
                phone=person.phone,
                sex=person.sex,
            )
            workers[worker.worker_id] = worker
            members.append(worker.worker_id)
            vacancies.append(vacancy.vacancy_id if vacancy else None)
        day, pickup = chance.choice(sending.days), sending.home.pickups[0].pickup_id
        groups.append(Group(tuple(members), pickup, day, enterprise_id, tuple(vacancies)))
    return workers, tuple(groups), _with_headcounts(spec, chance, pool, groups, firms)


def with_dates(draft: Scenario, chance: Random, groups: Sequence[Group], rides: Sequence[Ride]) -> Scenario:
    """Dates that allow the rides, with some days to spare; who has no ride gets dates of the same kind."""
    arrival = {worker: day for ride in rides for worker, day in ride.arrivals.items()}
    workers = dict(draft.workers)
    at_work: dict[str, date] = {}
    for group in groups:
        arrives = arrival.get(group.workers[0], group.leave_on + timedelta(days=1))
        earliest = max(
            draft.policy.first_day, group.leave_on - timedelta(days=chance.choice((0, 0, 1, 1, 2, 3)))
        )
        latest = arrives + timedelta(days=chance.randint(1, 5))
        for worker, placed in zip(group.workers, group.vacancies, strict=True):
            workers[worker] = replace(workers[worker], available_from=earliest, arrive_by=latest)
            if placed is not None:
                ready = arrives + timedelta(days=draft.zone_of(workers[worker]).quarantine_nights)
                at_work[placed] = max(ready, at_work.get(placed, ready))
    vacancies = {}
    for vacancy_id, vacancy in draft.vacancies.items():
        soonest = draft.policy.first_day + timedelta(days=7)
        fill_by = at_work.get(vacancy_id, soonest) + timedelta(days=chance.randint(1, 14))
        vacancies[vacancy_id] = replace(vacancy, fill_by=fill_by)
    return replace(draft, workers=workers, vacancies=vacancies)


def intentions(
    spec: GeneratorSpec, chance: Random, groups: Sequence[Group], vacancies: Sequence[str]
) -> Mapping[str, frozenset[str]]:
    """Vacancies that seekers have agreed on; the first is that on which the plain plan places them."""
    seekers = [(w, v) for g in groups for w, v in zip(g.workers, g.vacancies, strict=True) if v is not None]
    agreed, second = spec.agreed
    found = {}
    for worker, vacancy in chance.sample(seekers, round(agreed * len(seekers))):
        more = {chance.choice(vacancies)} if chance.random() < second else set()
        found[worker] = frozenset({vacancy} | more)
    return dict(sorted(found.items()))


def _sending(
    spec: GeneratorSpec, chance: Random, home: Home, expected: float, firms: Sequence[Firm]
) -> Sending:
    count = max(1, min(4, round(expected / _RIDERS_A_DAY)))
    last = max(0, (spec.policy.last_day - spec.policy.first_day).days - 3)
    days = sorted({int(chance.triangular(0, last + 1, 0.35 * last)) for _ in range(count)})
    ties: list[Firm] = []
    for _ in range(min(len(firms), chance.randint(3, 6))):
        others = [firm for firm in firms if firm not in ties]
        ties.append(chance.choices(others, [firm.size for firm in others])[0])
    return Sending(
        home, tuple(spec.policy.first_day + timedelta(days=min(day, last)) for day in days), tuple(ties)
    )


def _household_sizes(spec: GeneratorSpec, chance: Random, workers: int) -> Iterator[int]:
    """Sizes that add up to the workers, so that the spec's part of them is in parties."""
    party = spec.in_parties / (_PARTY - (_PARTY - 1) * spec.in_parties)
    while workers > 0:
        size = min(workers, chance.choice((2, 2, 2, 3, 3)) if chance.random() < party else 1)
        workers -= size
        yield size


def _pool(firms: Sequence[Firm]) -> Mapping[str, list[Vacancy]]:
    """By enterprise one vacancy for each occupation of its sector, headcount and date still to be set."""
    pool: dict[str, list[Vacancy]] = {}
    numbers = itertools.count(1)
    for firm in firms:
        enterprise_id = firm.enterprise.enterprise_id
        pool[enterprise_id] = [
            Vacancy(f"V{next(numbers):04d}", enterprise_id, occupation, 0, date.min)
            for occupation in firm.sector.occupations
        ]
    return pool


def _with_headcounts(
    spec: GeneratorSpec,
    chance: Random,
    pool: Mapping[str, Sequence[Vacancy]],
    groups: Sequence[Group],
    firms: Sequence[Firm],
) -> Mapping[str, Vacancy]:
    """The vacancies with at least the posts that the plain plan fills; those without a post are left out."""
    heads = Counter(v for group in groups for v in group.vacancies if v is not None)
    vacancies = [vacancy for firm in firms for vacancy in pool[firm.enterprise.enterprise_id]]
    sizes = [firm.size for firm in firms for _ in pool[firm.enterprise.enterprise_id]]
    spare = max(0, round(spec.posts * spec.workers) - heads.total())
    heads.update(v.vacancy_id for v in chance.choices(vacancies, sizes, k=spare))
    return {v.vacancy_id: replace(v, headcount=heads[v.vacancy_id]) for v in vacancies if heads[v.vacancy_id]}
