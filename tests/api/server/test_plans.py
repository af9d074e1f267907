"""Plans over HTTP: read, compared, checked, exported, edited, published."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import insert, select

from data.accounts import By
from data.archives import packed, unpacked, unzip, zipped
from data.plan_files import read_plan
from data.plan_store import Keeps
from data.proposals import of_worker
from data.registry import Entry, find, put
from data.schema import audit, claim
from tests.api.server.conftest import Server
from tests.api.server.planning import ZIP, freeze, keep_plan, publish, take_in
from tests.builders import leave_behind, make_plan, make_scenario, settle, with_seat, with_summary
from tests.data.scenario_files import full_scenario
from workforce.plan import Plan, Reason
from workforce.roles import Role

Made = tuple[dict[str, str], str, str]


@pytest.fixture
def made(server: Server) -> Made:
    """The headers of a planner, the base scenario's id and the base plan's."""
    planner = {**server.role(Role.PLANNER), "Accept-Language": "en"}
    take_in(server, make_scenario(), planner)
    scenario_id = freeze(server, planner)["scenario_id"]
    return planner, scenario_id, keep_plan(server, scenario_id, make_scenario(), make_plan())


def worse() -> Plan:
    """The base plan without W2, and W1 boards elsewhere."""
    plan = leave_behind(make_plan(), "W2", Reason.SEARCH_ENDED, "两人 / two of them")
    return settle(make_scenario(), with_seat(plan, "W1", pickup_id="P2"))


def test_trips_are_listed_in_parts_and_told_with_timetable_and_riders(server: Server, made: Made) -> None:
    planner, _, plan_id = made
    first = server.client.get(f"/v1/plans/{plan_id}/trips?limit=1", headers=planner).json()
    assert [t["trip_id"] for t in first["items"]] == ["T1"]
    rest = server.client.get(f"/v1/plans/{plan_id}/trips?after={first['next']}", headers=planner).json()
    assert [t["trip_id"] for t in rest["items"]] == ["T2"] and rest["next"] is None
    one = server.client.get(f"/v1/plans/{plan_id}/trips/T1", headers=planner).json()
    assert one["riders"] == 3 and {s["worker_id"] for s in one["seats"]} == {"W1", "W2", "J1"}
    assert [one["stops"][0]["kind"], one["stops"][-1]["kind"]] == ["depart", "return"]
    assert one["cost_yuan"] == make_plan().trip_by_id["T1"].cost_fen / 100
    assert server.client.get(f"/v1/plans/{plan_id}/trips/T9", headers=planner).status_code == 404
    assert server.client.get("/v1/plans/p_none/trips", headers=planner).status_code == 404


def test_reasons_are_told_in_the_language_asked_for(server: Server, made: Made) -> None:
    planner, scenario_id, _ = made
    plan_id = keep_plan(server, scenario_id, make_scenario(), worse())
    told = server.client.get(f"/v1/plans/{plan_id}/unserved", headers=planner).json()
    row = next(r for r in told["items"] if r["worker_id"] == "W2")
    assert (row["reason"], row["detail"]) == ("search_ended", "two of them")
    assert sum(r["workers"] for r in told["reasons"]) == len(told["items"]) == 2
    chinese = server.client.get(
        f"/v1/plans/{plan_id}/unserved", headers={**planner, "Accept-Language": "zh"}
    ).json()
    assert [r["detail"] for r in chinese["items"] if r["worker_id"] == "W2"] == ["两人"]


def test_the_checker_is_asked_anew(server: Server, made: Made) -> None:
    planner, scenario_id, plan_id = made
    good = server.client.get(f"/v1/plans/{plan_id}/check", headers=planner).json()
    assert good["holds"] and good["broken_rules"] == [] and good["served"] == 6
    assert good["cost_yuan"]["total"] == make_plan().summary.cost.total / 100
    seated = replace(
        make_plan(), seats=(*make_plan().seats[:1], *make_plan().seats[:1], *make_plan().seats[2:])
    )
    bad = server.client.get(
        f"/v1/plans/{keep_plan(server, scenario_id, make_scenario(), seated)}/check", headers=planner
    ).json()
    assert not bad["holds"] and {"twice"} <= {r["rule"] for r in bad["broken_rules"]}


def test_a_comparison_says_who_moved_and_what_it_costs_more(server: Server, made: Made) -> None:
    planner, scenario_id, plan_id = made
    other = keep_plan(server, scenario_id, make_scenario(), worse())
    at = f"/v1/plans/{other}/compare?with={plan_id}"
    told = server.client.get(at, headers=planner).json()
    assert told["counts"]["fell_out"] == 1 and told["counts"]["joined"] == 0
    changes = {(row["worker_id"], row["change"]) for row in told["items"]}
    assert {("W1", "moved"), ("W2", "fell_out")} <= changes
    before, now = make_plan().summary, worse().summary
    assert told["cost_yuan"]["total"]["more"] == (now.cost.total - before.cost.total) / 100
    assert told["served"] == {"before": 6, "now": 5, "more": -1}
    paged, after = [], ""
    while after is not None:
        page = server.client.get(f"{at}&limit=1&after={after}", headers=planner).json()
        paged += page["items"]
        after = page["next"]
    assert paged == told["items"]


def test_exports_have_the_files_of_the_command_line(server: Server, tmp_path: Path) -> None:
    planner, auditor = server.role(Role.PLANNER), server.role(Role.AUDITOR)
    take_in(server, full_scenario(), planner)
    scenario_id = freeze(server, planner)["scenario_id"]
    plan_id = keep_plan(server, scenario_id, full_scenario(), make_plan(full_scenario()))
    at = f"/v1/plans/{plan_id}/export"
    unzip(server.client.get(at, headers=auditor).content, tmp_path)
    assert read_plan(tmp_path).summary == make_plan(full_scenario()).summary
    name = full_scenario().workers["W1"].name
    for kind in ("xlsx", "html"):
        plain = server.client.get(f"{at}?format={kind}", headers=auditor)
        named = server.client.get(f"{at}?format={kind}&reason=roll+call", headers=planner)
        assert plain.status_code == named.status_code == 200
        assert name.encode() not in _texts(plain.content) and name.encode() in _texts(named.content)
        assert server.client.get(f"{at}?format={kind}&reason=why", headers=auditor).status_code == 403
    with server.services.database.read() as c:
        rows = c.execute(select(audit.c.reason).where(audit.c.subject == f"plan {plan_id}")).scalars().all()
    assert rows == ["roll call"] * 2


def _texts(content: bytes) -> bytes:
    if not content.startswith(b"PK"):
        return content
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.read("xl/sharedStrings.xml")


def put_content(server: Server, made: Made, content: bytes, version: int = 1) -> object:
    planner, _, plan_id = made
    headers = {**planner, "Content-Type": ZIP, "If-Match": f'"{version}"'}
    return server.client.put(f"/v1/plans/{plan_id}/content", content=content, headers=headers)


def test_an_edited_plan_is_checked_and_the_one_before_stays(server: Server, made: Made) -> None:
    planner = made[0]
    answer = put_content(server, made, packed(worse()))
    assert answer.status_code == 200, answer.text
    told = answer.json()
    assert (told["version"], told["violations"]) == (2, len(told["broken_rules"]))
    assert answer.headers["ETag"] == '"2"' and told["summary"]["served"] == 5
    before = server.client.get(f"/v1/plans/{told['edited_from']}", headers=planner).json()
    assert before["summary"]["served"] == 6 and before["version"] == 1
    assert put_content(server, made, packed(make_plan())).status_code == 412


def test_an_edit_that_breaks_rules_is_kept_but_never_published(server: Server, made: Made) -> None:
    planner, _, plan_id = made
    plan = make_plan()
    told = put_content(server, made, packed(replace(plan, seats=plan.seats[:-1]))).json()
    assert told["violations"] > 0 and all(rule["message"] for rule in told["broken_rules"])
    refused = publish(server, plan_id, planner, version=2)
    assert refused.status_code == 409 and refused.json()["code"] == "plan_breaks_rules"
    assert str(told["violations"]) in refused.json()["title"]


def test_what_is_no_plan_is_refused_with_its_faults(server: Server, made: Made) -> None:
    planner, _, plan_id = made
    files = {"trips.csv": b"trip_id\nT1\n"}
    answer = put_content(server, made, zipped(files))
    assert answer.status_code == 422 and len(answer.json()["faults"]) > 1
    assert put_content(server, made, b"no zip").json()["faults"][0]["code"] == "zip_damaged"
    assert server.client.get(f"/v1/plans/{plan_id}", headers=planner).json()["version"] == 1


def test_a_kept_row_in_other_words_is_refused(server: Server, made: Made) -> None:
    planner, scenario_id, older = made
    plan = replace(make_plan(), summary=replace(make_plan().summary, kept=("T1",)))
    keeps = Keeps(older, frozenset({"T1"}))
    newer = keep_plan(server, scenario_id, make_scenario(), plan, keeps)
    content = unpacked(packed(plan))
    assert content.trips
    with zipfile.ZipFile(io.BytesIO(packed(plan))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["seats.csv"] = files["seats.csv"].replace(b"T1,1,", b'"T1",1,')
    answer = put_content(server, (planner, scenario_id, newer), zipped(files))
    assert answer.status_code == 422
    assert {f["code"] for f in answer.json()["faults"]} == {"kept_row_rewritten"}
    moved = with_seat(plan, "W1", seat=9)
    told = put_content(server, (planner, scenario_id, newer), packed(moved)).json()
    assert told["violations"] > 0


def test_a_plan_that_names_kept_trips_though_it_keeps_none_is_not_published(
    server: Server, made: Made
) -> None:
    """Else what was reported of the trips of the plan before would be taken for reports of these."""
    planner, _, plan_id = made
    publish(server, plan_id, planner)
    scenario_id = freeze(server, planner)["scenario_id"]
    newer = keep_plan(server, scenario_id, make_scenario(), make_plan())
    edited = with_summary(settle(make_scenario(), with_seat(make_plan(), "W1", seat=9)), kept=("T1",))
    told = put_content(server, (planner, scenario_id, newer), packed(edited)).json()
    assert [rule["rule"] for rule in told["broken_rules"]] == ["kept-named"]
    for language, word in (("en", "differs from the trips to be kept by T1"), ("zh", "应保留的车次不同")):
        headers = {**planner, "Accept-Language": language}
        [rule] = server.client.get(f"/v1/plans/{newer}/check", headers=headers).json()["broken_rules"]
        assert word in rule["message"], rule
        refused = publish(server, newer, headers, version=2)
        assert (refused.status_code, refused.json()["code"]) == (409, "plan_breaks_rules")
    honest = put_content(server, (planner, scenario_id, newer), packed(with_summary(edited, kept=())), 2)
    assert honest.json()["violations"] == 0
    assert publish(server, newer, planner, version=3).status_code == 200


def test_a_plan_that_leaves_out_a_trip_on_its_way_is_not_published(server: Server, made: Made) -> None:
    planner, _, plan_id = made
    publish(server, plan_id, planner)
    scenario_id = freeze(server, planner)["scenario_id"]
    newer = keep_plan(server, scenario_id, make_scenario(), make_plan())
    left = {"kind": "left", "nonce": "left-0001", "at": "2020-03-02T08:00:00+08:00", "says": {"stop": 1}}
    left |= {"plan_id": plan_id, "trip_id": "T1", "place_id": "F1"}
    told = server.client.post("/v1/events", json={"events": [left]}, headers=planner).json()["items"]
    assert told[0]["outcome"] == "recorded"
    refused = publish(server, newer, planner).json()
    assert (
        refused["code"] == "departed_not_kept" and "T1" in refused["title"] and "T2" not in refused["title"]
    )
    asked = {"scenario_id": scenario_id, "keep_trips": ["T2"]}
    job = server.client.post("/v1/plans", json=asked, headers=planner).json()
    assert job["keeps"] == {"plan_id": plan_id, "trip_ids": ["T1", "T2"]}


def test_publishing_freezes_and_is_done_once(server: Server, made: Made) -> None:
    planner, scenario_id, plan_id = made
    other = keep_plan(server, scenario_id, make_scenario(), worse())
    assert server.client.post(f"/v1/plans/{plan_id}/publish", headers=planner).status_code == 428
    assert publish(server, plan_id, planner, version=7).status_code == 412
    done = publish(server, plan_id, planner)
    assert done.status_code == 200 and done.json()["published_at"]
    assert publish(server, plan_id, planner).json() == done.json()
    assert put_content(server, made, packed(worse())).json()["code"] == "plan_frozen"
    assert publish(server, other, planner).json()["code"] == "another_published"


def test_publishing_asks_whom_it_places_and_their_enterprise(server: Server, made: Made) -> None:
    planner, _, plan_id = made
    assert server.client.get("/v1/proposals", headers=planner).json()["items"] == []
    publish(server, plan_id, planner)
    for who in (server.role(Role.ENTERPRISE, "E2"), server.role(Role.WORKER, "J1")):
        (asked,) = server.client.get("/v1/proposals", headers=who).json()["items"]
        assert (asked["worker_id"], asked["vacancy_id"], asked["plan_id"]) == ("J1", "V1", plan_id)
        accepted = server.client.post(f"/v1/proposals/{asked['proposal_id']}/accept", headers=who)
        assert accepted.status_code == 200
    assert accepted.json()["state"] == "agreed"
    found = server.client.get("/v1/records/intentions", headers=planner).json()["items"]
    assert [r["key"] for r in found] == ["J1|V1"]


def test_a_scenario_made_before_a_publication_is_overtaken(server: Server, made: Made) -> None:
    planner, _, plan_id = made
    put_row = {"If-None-Match": "*", **planner}
    cells = {"pickup_id": "P9", "name": "站", "adcode": "640402", "lat": 38.0, "lon": 106.0}
    assert server.client.put("/v1/records/pickups/P9", json=cells, headers=put_row).status_code == 201
    late = freeze(server, planner)["scenario_id"]
    rival = keep_plan(server, late, make_scenario(), make_plan())
    publish(server, plan_id, planner)
    assert publish(server, rival, planner).json()["code"] == "scenario_overtaken"


def test_publishing_marks_the_return_plans_of_the_riders(server: Server, made: Made) -> None:
    planner, _, plan_id = made
    by = By("tests", server.clock())
    with server.services.database.write() as c:
        for key, worker in (("R1", "W1"), ("R2", "X1")):
            put(c, by, Entry("return_plans", key, {"return_plan": key}, "E1", "submitted"))
            c.execute(
                insert(claim).values(
                    worker_id=worker, claimant=f"E-{key}", client_ref=key, return_plan=key,
                    state="standing", body={}, changed_at=by.at,
                )
            )  # fmt: skip
    publish(server, plan_id, planner)
    with server.services.database.read() as c:
        states = {key: find(c, "return_plans", key).state for key in ("R1", "R2")}  # type: ignore[union-attr]
    assert states == {"R1": "planned", "R2": "submitted"}


def test_publishing_asks_seekers_and_enterprises_who_have_agreed_on_nothing(
    server: Server, made: Made
) -> None:
    planner, _, plan_id = made
    publish(server, plan_id, planner)
    with server.services.database.read() as c:
        (asked,) = of_worker(c, "J1")
    assert (asked.body["vacancy_id"], asked.body["plan_id"], asked.state) == ("V1", plan_id, "open")


def test_plans_are_listed_in_parts(server: Server, made: Made) -> None:
    planner, scenario_id, plan_id = made
    others = {keep_plan(server, scenario_id, make_scenario(), make_plan()) for _ in range(3)}
    seen, after = [], ""
    while after is not None:
        page = server.client.get(
            f"/v1/plans?scenario={scenario_id}&limit=2&after={after}", headers=planner
        ).json()
        seen += [row["plan_id"] for row in page["items"]]
        after = page["next"]
    assert len(seen) == 4 and set(seen) == {plan_id, *others}
    assert server.client.get("/v1/plans?scenario=none", headers=planner).json()["items"] == []
