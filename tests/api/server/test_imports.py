"""Whole scenarios into the registry: what only the registry knows stays, and is told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.api.server.conftest import Server
from tests.api.server.lists import enterprise, identity, post, submit
from tests.api.server.planning import ZIP, freeze, keep_plan, publish, zip_of
from tests.api.server.test_personal import REASON
from tests.builders import make_plan, make_scenario, make_vacancy, make_worker
from workforce.roles import Role
from workforce.scenario import Scenario


def imported(server: Server, planner: dict[str, str], scenario: Scenario) -> dict[str, Any]:
    headers = {**planner, "Content-Type": ZIP, "Accept-Language": "en"}
    answer = server.client.post("/v1/imports", content=zip_of(scenario), headers=headers)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def codes(told: dict[str, Any]) -> list[str]:
    return [note["code"] for note in told["notes"]]


def keys(server: Server, planner: dict[str, str], table: str) -> list[str]:
    return [r["key"] for r in server.client.get(f"/v1/records/{table}", headers=planner).json()["items"]]


def test_vacancies_of_the_pool_stay_and_are_told_and_those_of_a_scenario_go(server: Server) -> None:
    planner = server.role(Role.PLANNER)
    three = [make_vacancy(key, enterprise_id="E1") for key in ("V1", "V2", "V3")]
    imported(server, planner, make_scenario(vacancies=three))
    own = server.role(Role.ENTERPRISE, "E1")
    (posted,) = submit(server, own, [post(7)], "vacancies").json()["rows"]
    cells = server.client.get("/v1/records/vacancies/V3", headers=own)
    changed = {**cells.json()["cells"], "headcount": 9}
    match = {**own, "If-Match": cells.headers["ETag"]}
    assert server.client.put("/v1/records/vacancies/V3", json=changed, headers=match).status_code == 200
    told = imported(server, planner, make_scenario(vacancies=three[:1]))
    assert codes(told) == ["vacancy_kept", "vacancy_kept"] and told["changed"]["vacancies"] == 1
    assert posted["key"] in told["notes"][0]["message"] and told["notes"][0]["remedy"]
    assert keys(server, planner, "vacancies") == sorted(["V1", "V3", posted["key"]])


def test_what_was_filled_stays_filled(server: Server) -> None:
    planner, own = server.role(Role.PLANNER), server.role(Role.ENTERPRISE, "E1")
    scenario = make_scenario(vacancies=[make_vacancy("V1", enterprise_id="E1", headcount=5)])
    imported(server, planner, scenario)
    match = {**own, "If-Match": '"1"'}
    assert server.client.post("/v1/vacancies/V1/fill", json={"count": 2}, headers=match).status_code == 200
    imported(server, planner, scenario)
    assert server.client.get("/v1/records/vacancies/V1", headers=own).json()["cells"]["filled"] == "2"


def test_an_enterprise_that_workers_or_vacancies_name_stays(server: Server) -> None:
    planner = server.role(Role.PLANNER)
    imported(server, planner, make_scenario())
    other = enterprise(server, "E7")
    submit(server, other, [post(1)], "vacancies")
    enterprise(server, "E8")
    told = imported(server, planner, make_scenario())
    assert codes(told) == ["vacancy_kept", "enterprise_kept"]
    assert "E7" in keys(server, planner, "enterprises") and "E8" not in keys(server, planner, "enterprises")
    freeze(server, planner)


def test_two_workers_of_one_identity_are_both_taken_in_and_the_bureau_is_asked(server: Server) -> None:
    planner = server.role(Role.PLANNER)
    people = [make_worker(f"W{n}", name=f"王{n}", id_number=identity(1)) for n in (1, 2)]
    scenario = make_scenario(workers=people, intentions={}, vacancies=[])
    told = imported(server, planner, scenario)
    assert codes(told) == ["number_shared"] and "W1, W2" in told["notes"][0]["message"]
    assert told["changed"]["workers"] == 2
    for n in (1, 2):
        read = server.client.get(f"/v1/workers/W{n}/personal", params=REASON, headers=planner).json()
        assert (read["name"], read["id_number"]) == (f"王{n}", identity(1))
    (item,) = server.client.get("/v1/items", headers=planner).json()["items"]
    assert (item["code"], item["values"]) == ("number_shared", {"worker_id": "W1", "others": ["W2"]})
    assert freeze(server, planner)["counts"]["workers"] == 2
    # Again, nothing is new; whoever turns out to have the number is found by it.
    assert imported(server, planner, scenario)["changed"]["workers"] == 0
    assert len(server.client.get("/v1/items", headers=planner).json()["items"]) == 1
    mended = replace(scenario, workers={"W1": people[0], "W2": replace(people[1], id_number=identity(2))})
    assert codes(imported(server, planner, mended)) == []
    own = server.role(Role.ENTERPRISE, "E1")
    row = {"姓名": "王1", "身份证号": identity(1), "住址": "甘肃省兰州市城关区",
           "最早出发日期": "2020-03-01", "最迟到达日期": "2020-03-08"}  # fmt: skip
    assert submit(server, own, [row]).json()["rows"][0]["key"] == "W1"


def test_whoever_is_claimed_otherwise_is_told(server: Server) -> None:
    planner = server.role(Role.PLANNER)
    imported(server, planner, make_scenario(workers=[], intentions={}, vacancies=[]))
    own = server.role(Role.ENTERPRISE, "E1")
    row = {"姓名": "王1", "身份证号": identity(1), "住址": "甘肃省兰州市城关区",
           "最早出发日期": "2020-03-01", "最迟到达日期": "2020-03-08"}  # fmt: skip
    (known,) = submit(server, own, [row]).json()["rows"]
    other = make_worker("W1", name="王1", id_number=identity(1), enterprise_id="E2")
    told = imported(server, planner, make_scenario(workers=[other], intentions={}, vacancies=[]))
    assert codes(told) == ["claims_contradict"] and known["key"] in told["notes"][0]["message"]


def test_once_plans_are_published_an_import_says_whose_figures_it_asks_for(server: Server) -> None:
    planner = server.role(Role.PLANNER)
    assert codes(imported(server, planner, make_scenario())) == []
    made = freeze(server, planner)
    plan_id = keep_plan(server, made["scenario_id"], make_scenario(), make_plan())
    assert publish(server, plan_id, planner).status_code == 200
    assert codes(imported(server, planner, make_scenario())) == ["figures_of_the_season"]
