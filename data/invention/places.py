"""Where everything is: enterprises and hotels at the destination, pickups and coaches where workers live."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from data.gazetteer import County, counties
from data.invention.names import Inventor
from data.invention.spec import GeneratorSpec, Sector
from workforce.entities import Enterprise, Fleet, Hotel, Pickup, Risk, Road
from workforce.geodesy import geodesic_km
from workforce.scenario import Scenario, minutes_of

_MOST_PLACES_IN_TABLE = 500
_CONCESSIONS = tuple(map(Decimal, ("0", "0.1", "0.15", "0.2", "0.3")))


@dataclass(frozen=True, slots=True)
class Firm:
    """An enterprise whose workforce is not known yet."""

    enterprise: Enterprise
    sector: Sector
    size: float  # against the other firms


@dataclass(frozen=True, slots=True)
class Home:
    """A county that workers come from; its seat is the first of its pickups."""

    county: County
    pickups: tuple[Pickup, ...]


def firms(spec: GeneratorSpec, chance: Random, inventor: Inventor) -> tuple[Firm, ...]:
    """The enterprises, scattered over the counties of the destination."""
    places, found = _destination(spec), []
    shares = [sector.share for sector in spec.sectors]
    for number in range(1, spec.enterprise_count + 1):
        every_sector_once = spec.sectors[number - 1 : number]
        sector = every_sector_once[0] if every_sector_once else chance.choices(spec.sectors, shares)[0]
        county = chance.choices(places, [share for _, share in spec.destination])[0]
        lat, lon = _near(chance, county.lat, county.lon, 4.0)
        enterprise = Enterprise(
            enterprise_id=f"E{number:03d}",
            name=f"{_short(county.name)}{inventor.word()}{sector.word}",
            priority=chance.choice(sector.priorities),
            lat=lat,
            lon=lon,
            workforce=0,
            present=0,
            restart_share=Decimal(0),
            adcode=county.adcode,
            uscc=inventor.credit_code(county.adcode),
            sector=sector.name,
            contact=inventor.person(county.adcode).name,
            phone=inventor.phone(),
        )
        found.append(Firm(enterprise, sector, sector.share * chance.lognormvariate(0, 0.6)))
    return tuple(found)


def suppliers(chance: Random, found: Sequence[Firm]) -> tuple[tuple[str, str], ...]:
    """Each firm of a supplying sector supplies one or two firms that buy from it."""
    pairs = []
    for firm in found:
        buyers = [f.enterprise.enterprise_id for f in found if f.sector.word in firm.sector.supplies]
        for buyer in chance.sample(buyers, min(len(buyers), chance.choice((1, 2)))):
            pairs.append((firm.enterprise.enterprise_id, buyer))
    return tuple(pairs)


def hotels(spec: GeneratorSpec, chance: Random, inventor: Inventor, patron: Enterprise) -> Iterator[Hotel]:
    """The hotels, their rooms still to be counted; the patron is the enterprise that has one of its own."""
    places = _destination(spec)
    for number in range(1, spec.hotel_count + 1):
        county = chance.choices(places, [share for _, share in spec.destination])[0]
        lat, lon = _near(chance, county.lat, county.lon, 3.0)
        single_yuan = chance.randrange(110, 242, 2)
        yield Hotel(
            hotel_id=f"H{number:02d}",
            name=f"{_short(county.name)}{inventor.word()}宾馆",
            lat=lat,
            lon=lon,
            single_rooms=0,
            twin_rooms=0,
            single_fen=single_yuan * 100,
            twin_fen=round(single_yuan * 1.25) * 100,
            concession=chance.choice(_CONCESSIONS),
            adcode=county.adcode,
        )
    if spec.reserved:
        lat, lon = _near(chance, patron.lat, patron.lon, 1.0)
        yield Hotel(
            hotel_id=f"H{spec.hotel_count + 1:02d}",
            name=f"{patron.name}员工公寓",
            lat=lat,
            lon=lon,
            single_rooms=2 + spec.workers // 150,
            twin_rooms=1 + spec.workers // 400,
            single_fen=80_00,
            twin_fen=100_00,
            concession=Decimal("0.2"),
            adcode=patron.adcode,
            reserved_for=patron.enterprise_id,
        )


def homes(spec: GeneratorSpec, chance: Random) -> tuple[Home, ...]:
    """Counties within the spec's distance, taken in turn from their prefectures, each with its pickups.

    Raises:
        ValueError: there is none.
    """
    centre = _destination(spec)[0]
    by_prefecture = defaultdict(list)
    for county in counties():
        if county.adcode.startswith(spec.origins):
            km = spec.policy.detour_factor * float(
                geodesic_km(centre.lat, centre.lon, county.lat, county.lon)
            )
            if spec.road_km[0] <= km <= spec.road_km[1]:
                by_prefecture[county.adcode[:4]].append(county)
    lists = [chance.sample(group, len(group)) for group in by_prefecture.values()]
    chance.shuffle(lists)
    in_turn = [group[i] for i in range(max(map(len, lists), default=0)) for group in lists if i < len(group)]
    if not in_turn:
        raise ValueError(
            f"在所给范围内没有县：{spec.origins}，{spec.road_km} 公里。"
            f" No county lies within what the spec gives: {spec.origins}, {spec.road_km} km."
        )
    found, number = [], 0
    for county in sorted(in_turn[: spec.county_count], key=lambda c: c.adcode):
        pickups = []
        for place in range(spec.towns + 1):
            number += 1
            lat, lon = (
                (county.lat, county.lon) if place == 0 else _around(chance, county.lat, county.lon, 8.0, 24.0)
            )
            label = "县城集合点" if place == 0 else f"乡镇集合点{place}"
            pickups.append(Pickup(f"P{number:04d}", county.name + label, county.adcode, lat, lon))
        found.append(Home(county, tuple(pickups)))
    return tuple(found)


def zones(spec: GeneratorSpec, chance: Random, found: Sequence[Home]) -> Mapping[str, Risk]:
    """The risks that the spec gives, and those drawn for the counties that workers come from."""
    risks = dict(spec.risks)
    drawn = chance.sample([home.county.adcode for home in found], len(found))
    high, medium = round(spec.high * len(drawn)), round(spec.medium * len(drawn))
    risks |= dict.fromkeys(drawn[:high], Risk.HIGH) | dict.fromkeys(drawn[high : high + medium], Risk.MEDIUM)
    return dict(sorted(risks.items()))


def fleets(
    spec: GeneratorSpec, chance: Random, inventor: Inventor, found: Sequence[Home], patron: Enterprise
) -> Iterator[Fleet]:
    """Coaches at the destination and where workers come from, as many as there are whether needed or not.

    The largest size is in every prefecture.
    """
    first = _destination(spec)[0]
    bases = {first.adcode[:4]: (first, len(spec.seats))}
    for home in found:
        bases.setdefault(home.county.adcode[:4], (_seat_of(home.county), min(spec.fleets, len(spec.seats))))
    number = 0
    for county, sizes in bases.values():
        operator = f"{county.prefecture or county.name}{inventor.word()}客运"
        level = chance.uniform(0.92, 1.12)
        for seats in (spec.seats[0], *sorted(chance.sample(spec.seats[1:], sizes - 1), reverse=True)):
            number += 1
            lat, lon = _near(chance, county.lat, county.lon, 3.0)
            yield Fleet(
                fleet_id=f"D{number:03d}",
                operator=f"{operator} {seats} 座",
                lat=lat,
                lon=lon,
                seats=seats,
                vehicles=1 + spec.workers // 400 if county is first else 1,
                day_fen=round((330 + 30 * seats) * level / 10) * 1000,
                km_yuan=Decimal(round((1.8 + 0.096 * seats) * level * 20)) / 20,
            )
    if spec.reserved:
        lat, lon = _near(chance, patron.lat, patron.lon, 1.0)
        yield Fleet(
            fleet_id=f"D{number + 1:03d}",
            operator=f"{patron.name}班车 {spec.seats[0]} 座",
            lat=lat,
            lon=lon,
            seats=spec.seats[0],
            vehicles=1 + spec.workers // 1000,
            day_fen=300_00,
            km_yuan=Decimal(4),
            reserved_for=patron.enterprise_id,
        )


def roads(scenario: Scenario, chance: Random) -> Mapping[tuple[str, str], Road]:
    """A table for most pairs of places between which a coach or a transfer may go, each direction its own.

    Raises:
        ValueError: it would be too long.
    """
    places = scenario.coordinates
    if len(places) > _MOST_PLACES_IN_TABLE:
        raise ValueError(
            f"{len(places)} 个地点的距离表过长（最多 {_MOST_PLACES_IN_TABLE} 个）。"
            f" A table of distances is too long for {len(places)} places (at most {_MOST_PLACES_IN_TABLE})."
        )
    drops = (*scenario.enterprises, *scenario.hotels)
    ways = [(a, b) for a in scenario.fleets for b in scenario.pickups]
    ways += [(a, b) for a in scenario.pickups for b in (*scenario.pickups, *drops) if a != b]
    ways += [(a, b) for a in drops for b in (*drops, *scenario.fleets) if a != b]
    table = {}
    for start, end in ways:
        if chance.random() < 0.95:
            km = round(float(geodesic_km(*places[start], *places[end])) * chance.uniform(1.15, 1.45), 1)
            table[start, end] = Road(
                km, minutes_of(km, scenario.policy.speed_kmh * chance.uniform(0.85, 1.1))
            )
    return table


def near_home(chance: Random, pickup: Pickup) -> tuple[float, float]:
    """(lat, lon) of somebody's home by a pickup."""
    return _around(chance, pickup.lat, pickup.lon, 0.3, 12.0)


def _destination(spec: GeneratorSpec) -> list[County]:
    by_code = {county.adcode: county for county in counties()}
    return [by_code[code] for code, _ in spec.destination]


def _seat_of(county: County) -> County:
    """The county of the same prefecture in which its government sits: by custom that of the lowest code."""
    return next(c for c in counties() if c.adcode[:4] == county.adcode[:4])


def _short(name: str) -> str:
    return name[:-1] if len(name) > 2 else name


def _near(chance: Random, lat: float, lon: float, spread_km: float) -> tuple[float, float]:
    return _shifted(lat, lon, chance.gauss(0, spread_km), chance.gauss(0, spread_km))


def _around(chance: Random, lat: float, lon: float, least_km: float, most_km: float) -> tuple[float, float]:
    km, angle = chance.uniform(least_km, most_km), chance.uniform(0, 2 * math.pi)
    return _shifted(lat, lon, km * math.cos(angle), km * math.sin(angle))


def _shifted(lat: float, lon: float, north_km: float, east_km: float) -> tuple[float, float]:
    return round(lat + north_km / 111.2, 5), round(lon + east_km / (111.2 * math.cos(math.radians(lat))), 5)
