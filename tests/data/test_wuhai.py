"""The bundled case is what its page says, and what the generator makes."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from data.gazetteer import counties
from data.generate import KINDS, Generated, generate_with_witness
from data.reading import read_scenario, write_scenario
from workforce.check import check
from workforce.entities import Risk
from workforce.scenario import Scenario

FOLDER = Path(__file__).parents[2] / "data" / "scenarios" / "wuhai"
HAIBOWAN, HAINAN, WUDA = "150302", "150303", "150304"


@pytest.fixture(scope="module")
def made() -> Generated:
    return generate_with_witness(KINDS["wuhai"])


@pytest.fixture(scope="module")
def wuhai() -> Scenario:
    reading = read_scenario(FOLDER)
    assert reading.faults == ()
    assert reading.scenario is not None
    return reading.scenario


def test_files_are_what_the_generator_makes(made: Generated, tmp_path: Path):
    write_scenario(made.scenario, tmp_path)
    committed = {path.name for path in FOLDER.iterdir()} - {"README.md"}
    assert {path.name for path in tmp_path.iterdir()} == committed
    for path in tmp_path.iterdir():
        assert path.read_bytes() == (FOLDER / path.name).read_bytes(), path.name


def test_districts_have_their_risks(wuhai: Scenario):
    risks = {code: wuhai.risk_of(code) for code in (HAIBOWAN, WUDA, HAINAN)}
    assert risks == {HAIBOWAN: Risk.MEDIUM, WUDA: Risk.LOW, HAINAN: Risk.LOW}
    for table in (wuhai.enterprises, wuhai.hotels):
        assert {place.adcode for place in table.values()} == {HAIBOWAN, WUDA, HAINAN}


def test_drop_in_haibowan_halves_the_load(wuhai: Scenario):
    coach = next(f for f in wuhai.fleets.values() if f.seats == 49)
    by_district = {e.adcode: e.enterprise_id for e in wuhai.enterprises.values()}
    assert wuhai.load_limit(coach, Risk.LOW, (by_district[WUDA], by_district[HAINAN])) == 41
    assert wuhai.load_limit(coach, Risk.LOW, (by_district[WUDA], by_district[HAIBOWAN])) == 24


def test_coal_coking_and_chlor_alkali_come_first(wuhai: Scenario):
    first = [e for e in wuhai.enterprises.values() if e.sector in ("煤炭", "焦化", "氯碱化工")]
    assert len(first) >= 9
    assert all(e.priority <= 2 for e in first)
    assert any(wuhai.effective_priority[e] < wuhai.enterprises[e].priority for e, _ in wuhai.suppliers)


def test_posts_seekers_and_returning_workers(wuhai: Scenario):
    seekers = {w.worker_id for w in wuhai.workers.values() if w.enterprise_id is None}
    assert len(seekers) == len(wuhai.intentions) == 459
    assert seekers == set(wuhai.intentions)
    assert all(len(vacancies) == 1 for vacancies in wuhai.intentions.values())
    assert len(wuhai.workers) - len(seekers) == 2000
    assert sum(v.headcount for v in wuhai.vacancies.values()) == 6000
    wanted = Counter(next(iter(v)) for v in wuhai.intentions.values())
    assert all(wanted[v] <= wuhai.vacancies[v].headcount for v in wanted)


def test_workers_come_from_six_provinces(wuhai: Scenario):
    province = {c.adcode: c.province for c in counties()}
    found = {province[w.adcode] for w in wuhai.workers.values()}
    assert found == {"甘肃省", "宁夏回族自治区", "陕西省", "山西省", "河南省", "四川省"}
    risks = Counter(wuhai.risk_of(adcode) for adcode in {w.adcode for w in wuhai.workers.values()})
    assert risks[Risk.MEDIUM] >= 5
    assert 1 <= risks[Risk.HIGH] <= 2


def test_ways_are_up_to_1100_km(wuhai: Scenario):
    km = [wuhai.road(p, e).km for p in wuhai.pickups for e in wuhai.enterprises]
    assert 250 < min(km) < 350
    assert 1050 < max(km) < 1150
    assert wuhai.policy.driving.max_drivers == 3


def test_a_quarter_travels_in_families(wuhai: Scenario):
    members = sum(map(len, wuhai.parties.values()))
    assert members / len(wuhai.workers) == pytest.approx(0.25, abs=0.03)
    assert {len(m) for m in wuhai.parties.values()} == {2, 3}


def test_every_kind_of_supply_occurs(wuhai: Scenario):
    assert {f.seats for f in wuhai.fleets.values()} == {49, 33, 19}
    assert sum(f.reserved_for is not None for f in wuhai.fleets.values()) == 1
    assert sum(h.reserved_for is not None for h in wuhai.hotels.values()) == 1
    assert any(h.concession > 0 for h in wuhai.hotels.values())
    assert any(f.first_day for f in wuhai.fleets.values())
    assert any(h.last_night for h in wuhai.hotels.values())
    assert {b.unit[0] in "ST" for b in wuhai.busy} == {True, False}
    assert wuhai.closures
    assert wuhai.policy.government_fen
    assert any(e.budget_fen for e in wuhai.enterprises.values())


def test_nearly_everybody_can_be_served(made: Generated):
    scenario, witness = made
    assert check(scenario, witness).holds
    admitted = [w for w in scenario.workers.values() if scenario.zone_of(w).admit]
    assert witness.summary.served >= 0.98 * len(admitted)


def test_page_gives_the_figures(wuhai: Scenario):
    page = (FOLDER / "README.md").read_text(encoding="utf-8")
    chinese, english = page.split("## English")
    homes = {w.adcode for w in wuhai.workers.values()}
    figures = {
        len(wuhai.enterprises),
        len(wuhai.suppliers),
        len(wuhai.vacancies),
        len(wuhai.intentions),
        len(wuhai.parties),
        sum(map(len, wuhai.parties.values())),
        len(homes),
        len(wuhai.pickups),
        len(wuhai.fleets),
        sum(f.vehicles for f in wuhai.fleets.values()),
        len(wuhai.hotels),
        sum(h.single_rooms for h in wuhai.hotels.values()),
        sum(h.twin_rooms for h in wuhai.hotels.values()),
        sum(wuhai.risk_of(adcode) is Risk.MEDIUM for adcode in homes),
        sum(wuhai.risk_of(adcode) is Risk.HIGH for adcode in homes),
        sum(wuhai.risk_of(w.adcode) is Risk.HIGH for w in wuhai.workers.values()),
    }
    for text in (chinese, english):
        table = "\n".join(line for line in text.splitlines() if line.startswith("|"))
        assert figures <= {int(number) for number in re.findall(r"\d+", table.replace(",", ""))}
