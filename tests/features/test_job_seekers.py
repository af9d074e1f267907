"""Job seekers travel only to a vacancy that fits."""

from __future__ import annotations

from dataclasses import replace

from tests.builders import (
    LOW_ADCODE,
    broken,
    change,
    day,
    leave_behind,
    make_plan,
    make_scenario,
    make_vacancy,
    settle,
    with_policy,
)
from workforce.entities import Risk
from workforce.plan import Placement, Plan, Reason, Seat

SCENARIO = make_scenario()
PLAN = make_plan(SCENARIO)


def _placed(*placements: tuple[str, str]) -> Plan:
    return replace(PLAN, placements=tuple(Placement(*row) for row in placements))


def test_placement_missing() -> None:
    assert broken(SCENARIO, PLAN) == []
    assert "placement-missing" in broken(SCENARIO, settle(SCENARIO, _placed()))


def test_vacancy_unknown() -> None:
    assert broken(SCENARIO, PLAN) == []
    assert "vacancy-unknown" in broken(SCENARIO, settle(SCENARIO, _placed(("J1", "V9"))))


def test_placement_needless() -> None:
    """Who has an enterprise returns to it and uses no vacancy."""
    roomy = change(SCENARIO, "vacancies", "V1", headcount=2)
    assert broken(roomy, PLAN) == []
    assert broken(roomy, _placed(("J1", "V1"), ("W1", "V1"))) == ["placement-needless"]


def test_placement_unserved() -> None:
    assert broken(SCENARIO, PLAN) == []
    assert broken(SCENARIO, _placed(("J1", "V1"), ("X1", "V1"))) == ["placement-unserved"]


def test_occupation() -> None:
    assert broken(SCENARIO, PLAN) == []
    assert broken(change(SCENARIO, "vacancies", "V1", occupation="cook"), PLAN) == ["occupation"]
    assert broken(change(SCENARIO, "workers", "J1", occupation=None), PLAN) == ["occupation"]


def test_intention() -> None:
    """An agreement overrides the occupation, and binds."""
    vacancies = [make_vacancy("V1", occupation="cook"), make_vacancy("V2")]
    agreed = make_scenario(vacancies=vacancies, intentions={"J1": frozenset({"V1"})})
    assert broken(agreed, PLAN) == []
    agreed_elsewhere = make_scenario(
        vacancies=[make_vacancy("V1"), make_vacancy("V2")], intentions={"J1": frozenset({"V2"})}
    )
    assert broken(agreed_elsewhere, PLAN) == ["intention"]


def test_headcount() -> None:
    seekers = change(SCENARIO, "workers", "X1", enterprise_id=None, occupation="welder")
    both = replace(PLAN, seats=(*PLAN.seats, Seat("T1", 4, "X1", "P1", "E2")), unserved=())
    both = replace(both, placements=(Placement("J1", "V1"), Placement("X1", "V1")))
    roomy = change(seekers, "vacancies", "V1", headcount=2)
    assert broken(roomy, settle(roomy, both)) == []
    assert broken(seekers, settle(seekers, both)) == ["headcount"]


def test_headcount_of_zero() -> None:
    closed = change(SCENARIO, "vacancies", "V1", headcount=0)
    assert broken(closed, PLAN) == ["headcount"]
    nobody = leave_behind(PLAN, "J1", Reason.NO_VACANCY)
    shorter = replace(nobody.trips[0], stops=nobody.trips[0].stops)
    assert "headcount" not in broken(
        closed, settle(closed, replace(nobody, trips=(shorter, nobody.trips[1])))
    )


def test_fill_by() -> None:
    """The day at work is the day of arrival, or of check-out after quarantine."""
    assert broken(change(SCENARIO, "vacancies", "V1", fill_by=day("2020-03-02")), PLAN) == []
    assert broken(change(SCENARIO, "vacancies", "V1", fill_by=day("2020-03-01")), PLAN) == ["fill-by"]


def test_fill_by_after_quarantine() -> None:
    nights = with_policy(SCENARIO, zones={Risk.LOW: SCENARIO.policy.zones[Risk.MEDIUM]})
    assert SCENARIO.risk_of(LOW_ADCODE) is Risk.LOW
    for fill_by, late in (("2020-03-05", False), ("2020-03-04", True)):
        scenario = change(nights, "vacancies", "V1", fill_by=day(fill_by))
        assert ("fill-by" in broken(scenario, PLAN)) is late
