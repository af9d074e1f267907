"""The bundled counties, and the conversion from GCJ-02 that made them."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from data.gazetteer import counties, county_of
from workforce.geodesy import geodesic_km

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def build() -> ModuleType:
    spec = importlib.util.spec_from_file_location("build_counties", ROOT / "tools" / "build_counties.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def metres(a: tuple[float, float], b: tuple[float, float]) -> float:
    return float(geodesic_km(*a, *b)) * 1000


def test_counties_are_many_and_unique():
    found = counties()
    assert len(found) > 2700
    assert len({c.adcode for c in found}) == len(found)
    assert [c.adcode for c in found] == sorted(c.adcode for c in found)


def test_every_row_is_complete_and_in_china():
    for county in counties():
        assert len(county.adcode) == 6 and county.adcode.isdigit() and county.adcode[4:] != "00"
        assert county.name and county.province and county.source
        assert county.datum == "WGS-84"
        assert 18 < county.lat < 54 and 73 < county.lon < 136


def test_a_prefecture_hangs_together():
    """No county lies further from the first of its prefecture than the largest prefecture is long."""
    first = {}
    for county in counties():
        if county.prefecture:
            seat = first.setdefault(county.adcode[:4], county)
            assert metres((seat.lat, seat.lon), (county.lat, county.lon)) < 800_000, county


def test_districts_of_wuhai():
    names = {c.adcode: (c.name, c.prefecture, c.province) for c in counties()}
    assert names["150302"] == ("海勃湾区", "乌海市", "内蒙古自治区")
    assert names["150303"] == ("海南区", "乌海市", "内蒙古自治区")
    assert names["150304"] == ("乌达区", "乌海市", "内蒙古自治区")


def test_county_that_became_a_city_is_found_under_its_new_code():
    shenmu = next(c for c in counties() if c.adcode == "610881")
    assert (shenmu.name, shenmu.source) == ("神木市", "cpca 0.5.5 as 610821")
    assert "610821" not in {c.adcode for c in counties()}


def test_pingfang_is_where_it_is():
    """Pingfang is 45.5979, 126.6376 on a Chinese map service and about 45.5959, 126.6317 on the ground."""
    pingfang = next(c for c in counties() if c.adcode == "230108")
    assert metres((pingfang.lat, pingfang.lon), (45.5959, 126.6317)) < 20


def test_conversion_of_pingfang(build):
    lat, lon = build.gcj02_to_wgs84(45.5979, 126.6376)
    assert metres((lat, lon), (45.5959, 126.6317)) < 20


def test_conversion_inverts_the_shift_everywhere(build):
    for county in counties()[::7]:
        back = build.gcj02_to_wgs84(*build.wgs84_to_gcj02(county.lat, county.lon))
        assert metres(back, (county.lat, county.lon)) < 0.1


def test_shift_has_its_known_size(build):
    for county in counties()[::7]:
        shift = metres(build.wgs84_to_gcj02(county.lat, county.lon), (county.lat, county.lon))
        assert 50 < shift < 800, county


def test_shift_agrees_with_another_implementation(build):
    prcoords = pytest.importorskip(
        "prcoords", reason="prcoords, the oracle of the conversion, is not installed"
    )
    for county in counties()[::7]:
        theirs = prcoords.wgs_gcj((county.lat, county.lon))
        assert metres(build.wgs84_to_gcj02(county.lat, county.lon), tuple(theirs)) < 0.01


@pytest.mark.parametrize(
    ("address", "adcode"),
    [
        ("甘肃省兰州市城关区张掖路1号", "620102"),
        ("甘肃 兰州市 城关区", "620102"),
        ("北京市东城区", "110101"),
        ("甘肃省榆中县", "620123"),  # the name is told by its province
        ("榆中县城关镇", "620123"),  # and here stands alone
        ("山西省朔州市朔城区北京市东城区路", "140602"),  # a street named after another county
        ("城关区", None),  # many have one
        ("吉林省长春市朝阳区", "220104"),
        ("长沙市区", None),  # 沙市区 is in 荆州市
        ("乌海市", None),
        ("", None),
    ],
)
def test_the_county_of_an_address(address: str, adcode: str | None) -> None:
    county = county_of(address)
    assert (county.adcode if county else None) == adcode


def test_every_county_is_found_by_its_full_name() -> None:
    for county in counties():
        assert county_of(county.province + county.prefecture + county.name) == county
