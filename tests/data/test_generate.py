"""Generated scenarios: sound, deterministic, and as feasible as they promise."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from data.gazetteer import counties
from data.generate import KINDS, Generated, GeneratorSpec, generate, generate_with_witness
from data.reading import read_scenario, write_scenario
from workforce.check import check
from workforce.entities import Risk
from workforce.identity import credit_code_valid, resident_valid
from workforce.plan import Reason
from workforce.scenario import Scenario

SMALL = {
    name: replace(spec, workers=min(spec.workers, 150)) for name, spec in KINDS.items() if name != "wuhai"
}
FULLY_SERVED = ("plain", "pingfang", "turnover", "seekers", "families", "one", "far", "distances", "tiny")
SCARCE = ("tight-rooms", "tight-budgets", "few-coaches", "closures")


@pytest.fixture(scope="module")
def made() -> dict[str, Generated]:
    return {name: generate_with_witness(spec) for name, spec in SMALL.items()}


def admitted(scenario: Scenario) -> set[str]:
    return {w.worker_id for w in scenario.workers.values() if scenario.zone_of(w).admit}


def test_every_kind_is_tested():
    assert {*FULLY_SERVED, *SCARCE, "wuhai"} == set(KINDS)


@pytest.mark.parametrize("kind", SMALL)
def test_scenario_reads_without_a_fault(made: dict[str, Generated], kind: str, tmp_path: Path):
    write_scenario(made[kind].scenario, tmp_path)
    reading = read_scenario(tmp_path)
    assert reading.faults == ()
    assert reading.scenario == made[kind].scenario


@pytest.mark.parametrize("kind", SMALL)
def test_witness_breaks_no_rule(made: dict[str, Generated], kind: str):
    scenario, witness = made[kind]
    verdict = check(scenario, witness)
    assert verdict.violations == ()
    assert verdict.cost == witness.summary.cost
    assert verdict.weight == witness.summary.weight
    assert verdict.served == witness.summary.served > 0


@pytest.mark.parametrize("kind", FULLY_SERVED)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_witness_serves_everybody_admitted(kind: str, seed: int):
    scenario, witness = generate_with_witness(replace(SMALL[kind], seed=seed))
    assert set(witness.seat_of) == admitted(scenario)
    assert {u.reason for u in witness.unserved} <= {Reason.ZONE_NOT_ADMITTED}
    assert check(scenario, witness).holds


@pytest.mark.parametrize("kind", SCARCE)
@pytest.mark.parametrize("seed", [4, 5, 6])
def test_witness_of_a_scarce_scenario_is_legal_and_partial(kind: str, seed: int):
    scenario, witness = generate_with_witness(replace(SMALL[kind], seed=seed))
    assert 0 < len(witness.seats) < len(admitted(scenario))
    assert check(scenario, witness).holds


def test_same_spec_gives_the_same_scenario():
    spec = replace(SMALL["plain"], workers=60)
    assert generate(spec) == generate(spec)
    assert generate_with_witness(spec).witness == generate_with_witness(spec).witness
    assert generate(spec) != generate(replace(spec, seed=2))


@pytest.mark.parametrize("workers", [1, 2, 7, 40, 400])
def test_number_of_workers_is_exact(workers: int):
    assert len(generate(replace(KINDS["plain"], workers=workers)).workers) == workers


def test_pickups_stand_in_real_counties(made: dict[str, Generated]):
    seats = {c.adcode: (c.lat, c.lon) for c in counties()}
    for scenario, _ in made.values():
        firsts = {p.adcode: p for p in reversed(scenario.pickups.values())}
        for adcode, pickup in firsts.items():
            assert (pickup.lat, pickup.lon) == seats[adcode]


def test_people_and_firms_are_plausible_and_impossible(made: dict[str, Generated]):
    scenario = made["plain"].scenario
    assert not any(c.adcode.endswith("99") for c in counties())
    numbers = [w.id_number or "" for w in scenario.workers.values()]
    assert len(set(numbers)) == len(numbers)
    for worker in scenario.workers.values():
        number = worker.id_number or ""
        assert resident_valid(number)
        assert number[:4] == worker.adcode[:4]
        assert number[4:6] == "99"
        assert (int(number[16]) % 2 == 1) == (worker.sex == "M")
        assert 18 <= (date(2020, 2, 24) - date.fromisoformat(number[6:14])).days // 365 <= 60
        assert worker.phone
        assert worker.phone.startswith("154")
        assert len(worker.phone) == 11
    for enterprise in scenario.enterprises.values():
        assert enterprise.uscc
        assert credit_code_valid(enterprise.uscc)
        assert enterprise.uscc[6:8] == "99"
    names = [e.name for e in scenario.enterprises.values()] + [h.name for h in scenario.hotels.values()]
    assert len(set(names)) == len(names)


def test_parties_take_their_part(made: dict[str, Generated]):
    for kind, part in (("plain", 0.25), ("families", 0.8)):
        scenario = generate(replace(KINDS[kind], workers=1000))
        sizes = Counter(len(members) for members in scenario.parties.values())
        assert set(sizes) == {2, 3}
        assert sum(size * n for size, n in sizes.items()) / 1000 == pytest.approx(part, abs=0.06)


def test_seekers_only(made: dict[str, Generated]):
    scenario = made["seekers"].scenario
    assert all(w.enterprise_id is None for w in scenario.workers.values())
    assert 0 < len(scenario.intentions) < len(scenario.workers)
    assert any(len(vacancies) > 1 for vacancies in scenario.intentions.values())


def test_road_table_covers_most_ways_and_is_not_symmetric(made: dict[str, Generated]):
    scenario = made["distances"].scenario
    both = [(a, b) for a, b in scenario.roads if (b, a) in scenario.roads]
    assert both
    assert any(scenario.roads[a, b] != scenario.roads[b, a] for a, b in both)
    ways = [(a, b) for a in scenario.pickups for b in (*scenario.enterprises, *scenario.hotels)]
    missing = [way for way in ways if way not in scenario.roads]
    assert 0 < len(missing) < 0.1 * len(ways)
    assert not any(generated.scenario.roads for kind, generated in made.items() if kind != "distances")


def test_far_is_as_far_as_it_says(made: dict[str, Generated]):
    scenario = made["far"].scenario
    seats = {p.adcode: p.pickup_id for p in reversed(scenario.pickups.values())}
    km = [scenario.road(pickup, e).km for pickup in seats.values() for e in scenario.enterprises]
    assert min(km) > 1600
    assert max(km) < 1950


def test_rooms_turn_over(made: dict[str, Generated]):
    _, witness = made["turnover"]
    nights = {stay.check_out - stay.check_in for stay in witness.stays}
    assert nights == {timedelta(days=7)}
    check_ins = Counter()
    for hotel, room, _ in {(s.hotel_id, s.room, s.check_in) for s in witness.stays}:
        check_ins[hotel, room] += 1
    assert max(check_ins.values()) > 1


def test_scarce_kinds_have_less(made: dict[str, Generated]):
    def beds(scenario: Scenario) -> int:
        return sum(h.single_rooms + 2 * h.twin_rooms for h in scenario.hotels.values())

    tight = made["tight-rooms"].scenario
    quarantined = [
        w for w in tight.workers.values() if tight.zone_of(w).quarantine_nights and tight.zone_of(w).admit
    ]
    assert beds(tight) < 0.8 * len(quarantined)
    coaches = {
        kind: sum(f.vehicles for f in made[kind].scenario.fleets.values())
        for kind in ("plain", "few-coaches")
    }
    assert coaches["few-coaches"] < 0.5 * coaches["plain"]
    assert made["closures"].scenario.closures
    budgets = made["tight-budgets"].scenario
    assert budgets.policy.government_fen is not None
    assert any(e.budget_fen is not None for e in budgets.enterprises.values())


def test_tiny_stays_small_and_has_quarantine_for_some_seeds():
    found = [generate(replace(KINDS["tiny"], seed=seed)) for seed in range(1, 9)]
    for scenario in found:
        assert len(scenario.pickups) <= 2
        assert sum(f.vehicles for f in scenario.fleets.values()) <= 12
    risks = {scenario.risk_of(w.adcode) for scenario in found for w in scenario.workers.values()}
    assert risks == {Risk.LOW, Risk.MEDIUM}


@pytest.mark.parametrize("workers", [0, -1, 32_001])
def test_number_of_workers_has_bounds(workers: int):
    with pytest.raises(ValueError, match=r"人数.*number of workers"):
        GeneratorSpec("too many", workers=workers)


def test_no_county_in_reach_is_told():
    with pytest.raises(ValueError, match=r"没有县.*No county"):
        generate(replace(KINDS["plain"], road_km=(9000.0, 9100.0)))


def test_road_table_of_many_places_is_refused():
    with pytest.raises(ValueError, match=r"距离表过长.*too long"):
        generate(replace(KINDS["distances"], workers=30_000))


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "data.generate", *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=Path(__file__).parents[2],
        env={"PYTHONIOENCODING": "utf-8"},
        check=False,
    )


def test_command_line_writes_a_scenario(tmp_path: Path):
    done = run("plain", str(tmp_path / "out"), "--workers", "20", "--seed", "5")
    assert (done.returncode, done.stderr) == (0, "")
    reading = read_scenario(tmp_path / "out")
    assert reading.scenario == generate(replace(KINDS["plain"], workers=20, seed=5))


@pytest.mark.parametrize(
    "arguments", [("nonsense",), ("plain", "--workers", "99999"), ("plain", "--workers", "0")]
)
def test_command_line_refuses_and_writes_nothing(tmp_path: Path, arguments: tuple[str, ...]):
    kind, *options = arguments
    done = run(kind, str(tmp_path / "out"), *options)
    assert done.returncode == 2
    assert "kind" in done.stderr or "number of workers" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_command_line_tells_what_it_cannot_write(tmp_path: Path):
    (tmp_path / "out").write_text("a file", encoding="utf-8")
    done = run("one", str(tmp_path / "out"))
    assert done.returncode == 2
    assert "cannot be written" in done.stderr
    assert "Traceback" not in done.stderr
    assert (tmp_path / "out").read_text(encoding="utf-8") == "a file"
