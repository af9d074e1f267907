"""Scenarios over HTTP: in and out, who is named, what published plans hold."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from data.archives import unzip
from data.reading import read_scenario
from data.schema import audit
from data.snapshots import find_scenario, frozen
from tests.api.server.conftest import Server
from tests.api.server.planning import ZIP, freeze, keep_plan, publish, take_in, zip_of
from tests.builders import DAY, change, make_plan, make_scenario, with_policy
from tests.data.scenario_files import IDENTITIES, full_scenario
from workforce.plan import Reason, Unserved
from workforce.roles import Role
from workforce.scenario import Scenario

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def exported(server: Server, scenario_id: str, headers: dict[str, str], **query: str) -> Any:
    return server.client.get(f"/v1/scenarios/{scenario_id}/export", params=query, headers=headers)


def read_zip(content: bytes, folder: Path) -> Scenario:
    folder.mkdir()
    unzip(content, folder)
    scenario = read_scenario(folder).scenario
    assert scenario is not None
    return scenario


def stored(server: Server, scenario_id: str) -> Scenario:
    with server.services.database.read() as c:
        row = find_scenario(c, scenario_id)
    assert row is not None
    return frozen(row.content)


def readings(server: Server) -> list[tuple[str, str]]:
    with server.services.database.read() as c:
        rows = c.execute(select(audit.c.subject, audit.c.reason).where(audit.c.action == "people_exported"))
        return [(row.subject, row.reason) for row in rows]


def test_the_same_state_is_the_same_scenario_and_a_change_another(server: Server) -> None:
    planner = server.role(Role.PLANNER)
    take_in(server, make_scenario(), planner)
    first, again = freeze(server, planner), freeze(server, planner)
    assert first == again
    assert first["counts"] == {"workers": 7, "enterprises": 2, "vacancies": 1}
    assert take_in(server, make_scenario(), planner)["workers"] == 0
    server.clock.pass_by(timedelta(hours=1))
    take_in(server, change(make_scenario(), "enterprises", "E1", present=1), planner)
    assert freeze(server, planner)["scenario_id"] != first["scenario_id"]


def test_a_second_name_of_the_same_state_is_answered_with_the_first(server: Server) -> None:
    planner = server.role(Role.PLANNER)
    take_in(server, make_scenario(), planner)
    answers = [
        server.client.post("/v1/scenarios", json={"name": name}, headers=planner) for name in ("one", "two")
    ]
    assert [(a.status_code, a.json()["name"]) for a in answers] == [(201, "one"), (200, "one")]
    assert answers[0].headers["Location"] == answers[1].headers["Location"]
    listed = server.client.get("/v1/scenarios", headers=planner).json()["items"]
    assert [one["name"] for one in listed] == ["one"]


def test_an_export_names_people_only_for_a_reason_that_is_on_record(server: Server, tmp_path: Path) -> None:
    planner, auditor = server.role(Role.PLANNER), server.role(Role.AUDITOR)
    take_in(server, full_scenario(), planner)
    scenario_id = freeze(server, planner)["scenario_id"]
    for headers in (planner, auditor):
        answer = exported(server, scenario_id, headers)
        assert answer.headers["Content-Type"] == ZIP
        for one in read_zip(answer.content, tmp_path / str(id(headers))).workers.values():
            assert (one.name, one.id_number, one.phone) == ("—", None, None)
    assert readings(server) == []
    assert exported(server, scenario_id, auditor, reason="curious").status_code == 403
    assert exported(server, scenario_id, planner, reason="   ").json()["code"] == "reason_missing"
    assert readings(server) == []
    named = exported(server, scenario_id, planner, reason="roll call")
    assert read_zip(named.content, tmp_path / "named") == full_scenario()
    assert readings(server) == [(f"scenario {scenario_id}", "roll call")]


def test_a_workbook_goes_out_and_comes_in_again_unchanged(server: Server, tmp_path: Path) -> None:
    planner = server.role(Role.PLANNER)
    take_in(server, full_scenario(), planner)
    scenario_id = freeze(server, planner)["scenario_id"]
    answer = exported(server, scenario_id, planner, format="xlsx", reason="to mend it")
    assert answer.headers["Content-Type"] == XLSX
    headers = {**planner, "Content-Type": XLSX}
    again = server.client.post("/v1/imports", content=answer.content, headers=headers).json()["changed"]
    assert again.pop("policy") in (0, 1)  # a workbook writes 1 for the 1.0 of the text
    assert set(again.values()) == {0}
    once_more = server.client.post("/v1/imports", content=answer.content, headers=headers).json()["changed"]
    assert set(once_more.values()) == {0}
    assert IDENTITIES[0].encode() not in exported(server, scenario_id, planner, format="xlsx").content


def test_scenarios_are_listed_in_parts_newest_first(server: Server) -> None:
    planner = server.role(Role.PLANNER)
    made = []
    for present in (1, 2, 3):
        take_in(server, change(make_scenario(), "enterprises", "E1", present=present), planner)
        made.append(freeze(server, planner)["scenario_id"])
        server.clock.pass_by(timedelta(hours=1))
    first = server.client.get("/v1/scenarios?limit=2", headers=planner).json()
    rest = server.client.get(f"/v1/scenarios?limit=2&after={first['next']}", headers=planner).json()
    assert [s["scenario_id"] for s in first["items"] + rest["items"]] == made[::-1]
    assert rest["next"] is None


@pytest.mark.parametrize(
    ("kind", "content", "code"),
    [
        (ZIP, b"no zip", "zip_damaged"),
        (XLSX, b"no workbook", "zip_damaged"),
        (ZIP, None, "zip_path"),
        (ZIP, zip_of(make_scenario())[:500], "zip_damaged"),
    ],
)
def test_a_wrong_file_is_refused_with_cause_and_remedy(
    server: Server, kind: str, content: bytes | None, code: str
) -> None:
    planner = server.role(Role.PLANNER)
    if content is None:
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            archive.writestr("../policy.toml", "x")
        content = buffer.getvalue()
    for language in ("zh", "en"):
        headers = {**planner, "Content-Type": kind, "Accept-Language": language}
        answer = server.client.post("/v1/imports", content=content, headers=headers)
        assert answer.status_code == 422
        (fault,) = answer.json()["faults"]
        assert fault["code"] == code and fault["message"] and fault["remedy"]


def test_a_faulty_scenario_changes_nothing_and_tells_every_fault(server: Server) -> None:
    planner = server.role(Role.PLANNER)
    take_in(server, make_scenario(), planner)
    before = freeze(server, planner)
    lost = replace(make_scenario(), pickups={}, enterprises={})
    answer = server.client.post("/v1/imports", content=zip_of(lost), headers={**planner, "Content-Type": ZIP})
    assert answer.status_code == 422 and len(answer.json()["faults"]) > 1
    assert freeze(server, planner) == before


def test_only_a_planner_imports_and_only_what_is_known(server: Server) -> None:
    body = zip_of(make_scenario())
    for role, subject in ((Role.ENTERPRISE, "E1"), (Role.AUDITOR, None), (Role.ADMINISTRATOR, None)):
        headers = {**server.role(role, subject), "Content-Type": ZIP}
        assert server.client.post("/v1/imports", content=body, headers=headers).status_code == 403
    planner = server.role(Role.PLANNER)
    answer = server.client.post("/v1/imports", content=body, headers={**planner, "Content-Type": "text/csv"})
    assert answer.status_code == 415


def test_a_plan_in_force_is_known_to_the_next_scenario(server: Server) -> None:
    planner = server.role(Role.PLANNER)
    take_in(server, make_scenario(), planner)
    first = freeze(server, planner)
    plan_id = keep_plan(server, first["scenario_id"], make_scenario(), make_plan())
    assert publish(server, plan_id, planner).status_code == 200
    second = freeze(server, planner)
    # Nothing has left before the horizon: the trips are open, and a job keeps them.
    assert second["based_on"] == [plan_id] and second["scenario_id"] != first["scenario_id"]
    assert stored(server, second["scenario_id"]).busy == ()
    job = server.client.post("/v1/plans", json={"scenario_id": second["scenario_id"]}, headers=planner)
    assert job.status_code == 202
    assert job.json()["keeps"] == {"plan_id": plan_id, "trip_ids": ["T1", "T2"]}


def test_trips_that_left_before_the_horizon_are_facts_also_two_plans_later(server: Server) -> None:
    planner = server.role(Role.PLANNER)
    take_in(server, make_scenario(), planner)
    first = freeze(server, planner)
    one = keep_plan(server, first["scenario_id"], make_scenario(), make_plan())
    publish(server, one, planner)
    server.clock.pass_by(timedelta(days=1))
    moved_on = with_policy(make_scenario(), first_day=DAY + timedelta(1), last_day=DAY + timedelta(9))
    take_in(server, moved_on, planner)
    second = freeze(server, planner)
    known = stored(server, second["scenario_id"])
    assert set(known.workers) == {"X1"} and known.vacancies["V1"].headcount == 0
    assert {b.place_id for b in known.busy} == {"H1"}  # the coaches are back, the rooms are not
    job = server.client.post("/v1/plans", json={"scenario_id": second["scenario_id"]}, headers=planner)
    assert job.json()["keeps"] is None
    left = (Unserved("X1", Reason.NO_SEAT, "F1"),)
    nobody = make_plan(known, trips=(), seats=(), stays=(), placements=(), unserved=left)
    two = keep_plan(server, second["scenario_id"], known, nobody)
    assert publish(server, two, planner).status_code == 200
    third = stored(server, freeze(server, planner)["scenario_id"])
    assert set(third.workers) == {"X1"} and third.busy == known.busy


def test_budgets_of_the_registry_are_the_seasons_whatever_policy_is_in_force(server: Server) -> None:
    """What trips that have left cost is subtracted once, from whichever budget the registry has."""
    planner = server.role(Role.PLANNER)
    season = with_policy(
        change(make_scenario(), "enterprises", "E1", budget_fen=9_000_00), government_fen=8_000_00
    )
    take_in(server, season, planner)
    first = freeze(server, planner)
    plan = make_plan(season)
    publish(server, keep_plan(server, first["scenario_id"], season, plan), planner)
    shares = [share for worker_id in plan.seat_of for share in plan.shares_of.get(worker_id, ())]
    government = sum(share.government_fen for share in shares)
    firm = sum(share.enterprise_fen for share in shares if share.enterprise_id == "E1")
    assert firm > 0

    def left(government_fen: int, budget_fen: int, days: int) -> tuple[int | None, int | None]:
        """Of a new version of the policy, whose horizon begins some days later."""
        server.clock.pass_by(timedelta(hours=1))
        later = with_policy(
            change(season, "enterprises", "E1", budget_fen=budget_fen),
            government_fen=government_fen,
            first_day=DAY + timedelta(days),
            last_day=DAY + timedelta(days + 8),
        )
        take_in(server, later, planner)
        known = stored(server, freeze(server, planner)["scenario_id"])
        return known.policy.government_fen, known.enterprises["E1"].budget_fen

    assert left(8_000_00, 9_000_00, 1) == (8_000_00 - government, 9_000_00 - firm)
    # Another version of the policy, a later horizon, another budget: subtracted once, not again, nor undone.
    assert left(8_000_00, 9_000_00, 2) == (8_000_00 - government, 9_000_00 - firm)
    assert left(8_500_00, 9_900_00, 2) == (8_500_00 - government, 9_900_00 - firm)
    # A second plan that holds nothing of the first does not count the first anew.
    scenario_id = freeze(server, planner)["scenario_id"]
    known = stored(server, scenario_id)
    waiting = tuple(Unserved(worker_id, Reason.NO_SEAT, "F1") for worker_id in known.workers)
    nobody = make_plan(known, trips=(), seats=(), stays=(), placements=(), unserved=waiting)
    assert publish(server, keep_plan(server, scenario_id, known, nobody), planner).status_code == 200
    assert left(8_500_00, 9_900_00, 3) == (8_500_00 - government, 9_900_00 - firm)
