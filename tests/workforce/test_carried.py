"""What trips that have left do to the next scenario."""

from __future__ import annotations

from datetime import date, timedelta

from tests.builders import DAY, change, make_plan, make_scenario, with_policy
from workforce.carried import after_trips
from workforce.scenario import Scenario

T1, T2 = frozenset({"T1"}), frozenset({"T2"})


def later(days: int) -> Scenario:
    """The base scenario with a horizon that begins so many days after the base plan's trips."""
    return with_policy(make_scenario(), first_day=DAY + timedelta(days), last_day=DAY + timedelta(days + 5))


def test_riders_need_no_coach_any_more() -> None:
    after = after_trips(later(1), make_plan(), T2, {})
    assert set(after.workers) == {"W1", "W2", "J1", "X1"}


def test_a_coach_is_busy_while_it_is_away_and_free_when_it_is_back() -> None:
    plan = make_plan()
    trip = plan.trip_by_id["T1"]
    assert trip.last_day == DAY
    on_the_day = [b for b in after_trips(later(0), plan, T1, {}).busy if b.place_id == trip.fleet_id]
    assert [(b.unit, b.first_day, b.last_day) for b in on_the_day] == [(str(trip.vehicle_no), DAY, DAY)]
    assert after_trips(later(1), plan, T1, {}).busy == ()


def test_a_room_is_busy_to_the_night_before_it_is_left_and_until_it_is_clean() -> None:
    plan = make_plan()
    stay = plan.stay_of["Q3"]
    nights = (stay.check_out - DAY).days
    turnover = make_scenario().policy.turnover_days
    held = {(b.unit, b.first_day, b.last_day) for b in after_trips(later(1), plan, T2, {}).busy}
    assert (stay.room, stay.check_in, stay.check_out - timedelta(1)) in held
    assert after_trips(later(nights + turnover - 1), plan, T2, {}).busy
    assert after_trips(later(nights + turnover), plan, T2, {}).busy == ()


def test_places_that_were_filled_and_money_that_was_spent_are_gone() -> None:
    plan = make_plan()
    spent = sum(
        s.enterprise_fen for s in plan.shares if s.enterprise_id == "E1" and s.worker_id in ("W1", "W2")
    )
    state = sum(s.government_fen for s in plan.shares if s.worker_id in ("W1", "W2", "J1"))
    assert spent > 0 and state > 0
    scenario = change(
        with_policy(later(1), government_fen=1_000_000), "enterprises", "E1", budget_fen=5_000_000
    )
    after = after_trips(scenario, plan, T1, {})
    assert after.vacancies["V1"].headcount == scenario.vacancies["V1"].headcount - 1
    assert after.enterprises["E1"].budget_fen == 5_000_000 - spent
    assert after.enterprises["E2"].budget_fen is None
    assert after.policy.government_fen == 1_000_000 - state


def test_who_has_come_is_present_unless_the_enterprise_has_counted_since() -> None:
    plan, scenario = make_plan(), later(1)
    before = scenario.enterprises["E1"].present

    def present(counted_on: dict[str, date]) -> int:
        return after_trips(scenario, plan, T1, counted_on).enterprises["E1"].present

    assert present({}) == before + 2
    assert present({"E1": DAY - timedelta(1)}) == before + 2
    assert present({"E1": DAY}) == before  # W1 and W2 arrive on that day


def test_what_the_scenario_has_lost_since_holds_nothing() -> None:
    scenario = later(0)
    shrunk = change(scenario, "hotels", "H1", single_rooms=0, twin_rooms=0)
    assert {b.place_id for b in after_trips(shrunk, make_plan(), T1 | T2, {}).busy} == {"F1"}
