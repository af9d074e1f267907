"""Proposals: what a plan places without an agreement is asked of both sides."""

from __future__ import annotations

from typing import Any

from data.accounts import By
from data.answers import Said
from data.answers import answer as say
from data.proposals import propose
from tests.api.server.conftest import Server
from tests.api.server.lists import enterprise, post, submit, worker
from tests.builders import make_scenario, make_vacancy
from workforce.plan import Placement
from workforce.roles import Role


def test_both_accept_and_the_intention_is_on_record(server: Server) -> None:
    one, two, seeker, vacancies = _pool(server)
    asked = _propose(server, [(seeker, vacancies[0])], vacancies)
    assert asked == 1
    person = server.role(Role.WORKER, seeker)
    other = server.role(Role.WORKER, "W-other")
    (proposal,) = server.client.get("/v1/proposals", headers=one).json()["items"]
    assert proposal["state"] == "open" and proposal["worker"] == proposal["enterprise"] == "waiting"
    vacancy = server.client.get(f"/v1/records/vacancies/{vacancies[0]}", headers=one).json()["cells"]
    firm = server.client.get("/v1/records/enterprises/E1", headers=one).json()["cells"]
    assert (proposal["occupation"], proposal["employer"]) == (vacancy["occupation"], firm["name"])
    at = f"/v1/proposals/{proposal['proposal_id']}"
    for stranger in (two, other):
        assert server.client.get("/v1/proposals", headers=stranger).json()["items"] == []
        assert server.client.get(at, headers=stranger).status_code == 404
        assert server.client.post(f"{at}/accept", headers=stranger).status_code == 404
    assert server.client.post(f"{at}/accept", headers=server.role(Role.PLANNER)).status_code == 403
    assert server.client.post(f"{at}/accept", headers=person).json()["state"] == "open"
    assert _intentions(server) == []
    agreed = server.client.post(f"{at}/accept", headers=one).json()
    assert (agreed["state"], agreed["worker"], agreed["enterprise"]) == ("agreed", "accepted", "accepted")
    assert server.client.post(f"{at}/accept", headers=one).status_code == 200  # said again
    assert server.client.post(f"{at}/decline", headers=one).json()["code"] == "over"
    assert _intentions(server) == [f"{seeker}|{vacancies[0]}"]
    assert server.client.get("/v1/proposals", headers=person).json()["items"] == [agreed]


def test_a_declined_proposal_makes_no_intention(server: Server) -> None:
    one, _, seeker, vacancies = _pool(server)
    _propose(server, [(seeker, vacancies[0])], vacancies)
    (proposal,) = server.client.get("/v1/proposals", headers=one).json()["items"]
    at = f"/v1/proposals/{proposal['proposal_id']}"
    person = server.role(Role.WORKER, seeker)
    assert server.client.post(f"{at}/decline", headers=person).json()["state"] == "declined"
    assert server.client.post(f"{at}/accept", headers=one).status_code == 409
    assert _intentions(server) == []
    # Another plan may ask again.
    assert _propose(server, [(seeker, vacancies[0])], vacancies, "p_2") == 1
    assert server.client.get(at, headers=person).json()["state"] == "open"


def test_a_later_plan_keeps_what_it_repeats_and_drops_the_rest(server: Server) -> None:
    one, two, seeker, vacancies = _pool(server)
    _propose(server, [(seeker, vacancies[0])], vacancies)
    (proposal,) = server.client.get("/v1/proposals", headers=one).json()["items"]
    at = f"/v1/proposals/{proposal['proposal_id']}"
    server.client.post(f"{at}/accept", headers=one)
    assert _propose(server, [(seeker, vacancies[0])], vacancies, "p_2") == 0
    assert server.client.get(at, headers=one).json()["enterprise"] == "accepted"
    assert _propose(server, [(seeker, vacancies[1])], vacancies, "p_3") == 1
    assert server.client.get(at, headers=one).json()["state"] == "lapsed"
    assert len(server.client.get("/v1/proposals", headers=two).json()["items"]) == 1


def test_nobody_is_asked_where_there_is_an_intention(server: Server) -> None:
    _, _, seeker, vacancies = _pool(server)
    agreed = {seeker: frozenset({vacancies[0]})}
    assert _propose(server, [(seeker, vacancies[0])], vacancies, intentions=agreed) == 0


def test_a_withdrawn_vacancy_or_worker_ends_the_asking(server: Server) -> None:
    one, _, seeker, vacancies = _pool(server)
    _propose(server, [(seeker, vacancies[0])], vacancies)
    headers = {**one, "If-Match": '"1"'}
    assert server.client.post(f"/v1/vacancies/{vacancies[0]}/withdraw", headers=headers).status_code == 204
    _propose(server, [(seeker, vacancies[1])], vacancies, "p_2")
    planner = server.role(Role.PLANNER)
    assert server.client.post(f"/v1/workers/{seeker}/withdraw", headers=planner).status_code == 204
    states = [p["state"] for p in server.client.get("/v1/proposals", headers=planner).json()["items"]]
    assert states == ["lapsed", "lapsed"]


def test_what_an_enterprise_offers_counts_once_the_seeker_accepts(server: Server) -> None:
    one, _, seeker, vacancies = _pool(server)
    person, row = server.role(Role.WORKER, seeker), {"worker_id": seeker, "vacancy_id": vacancies[0]}
    assert submit(server, one, [row], "intentions").json()["counts"]["created"] == 1
    (proposal,) = server.client.get("/v1/proposals", headers=person).json()["items"]
    assert proposal["employer"] == "E1厂" and proposal["occupation"] and _intentions(server) == []
    # A plan that places the seeker elsewhere leaves the offer, and one that repeats it asks nobody anew.
    _propose(server, [(seeker, vacancies[1])], vacancies)
    assert _propose(server, [(seeker, vacancies[0])], vacancies, "p_2") == 0
    accept = f"/v1/proposals/{proposal['proposal_id']}/accept"
    assert server.client.post(accept, headers=person).json()["state"] == "agreed"
    assert _intentions(server) == [f"{seeker}|{vacancies[0]}"]
    assert submit(server, one, [row], "intentions").json()["counts"]["unchanged"] == 1


def test_a_seeker_who_declines_is_not_offered_the_same_again(server: Server) -> None:
    one, _, seeker, vacancies = _pool(server)
    row = {"worker_id": seeker, "vacancy_id": vacancies[0]}
    submit(server, one, [row], "intentions")
    (proposal,) = server.client.get("/v1/proposals", headers=one).json()["items"]
    decline = f"/v1/proposals/{proposal['proposal_id']}/decline"
    assert server.client.post(decline, headers=server.role(Role.WORKER, seeker)).is_success
    again = submit(server, one, [row], "intentions")
    assert [f["code"] for f in again.json()["rows"][0]["faults"]] == ["offer_declined"]
    assert _intentions(server) == []


def test_coming_along_agrees_to_the_post_of_the_plan_and_to_no_other(server: Server) -> None:
    one, two, seeker, vacancies = _pool(server)
    for firm, vacancy in zip((one, two), vacancies, strict=True):
        submit(server, firm, [{"worker_id": seeker, "vacancy_id": vacancy}], "intentions")
    with server.services.database.write() as c:
        say(
            c,
            server.services.vault,
            By("tests", server.clock()),
            seeker,
            Said.ACCEPT,
            "p_1",
            "T1",
            vacancies[1],
        )
    assert _intentions(server) == [f"{seeker}|{vacancies[1]}"]


def _pool(server: Server) -> tuple[dict[str, str], dict[str, str], str, list[str]]:
    """Two enterprises with a vacancy each, and a job seeker."""
    one, two = enterprise(server, "E1"), enterprise(server, "E2")
    vacancies = [_key(submit(server, who, [post(1)], "vacancies")) for who in (one, two)]
    return one, two, _key(submit(server, server.role(Role.PLANNER), [worker(0)])), vacancies


def _propose(
    server: Server,
    placed: list[tuple[str, str]],
    vacancies: list[str],
    plan_id: str = "p_1",
    intentions: dict[str, frozenset[str]] | None = None,
) -> int:
    posts = [make_vacancy(key, enterprise_id=f"E{i}") for i, key in enumerate(vacancies, 1)]
    scenario = make_scenario(vacancies=posts, intentions=intentions or {})
    with server.services.database.write() as c:
        placements = [Placement(*pair) for pair in placed]
        return propose(c, By("tests", server.clock()), plan_id, placements, scenario)


def _intentions(server: Server) -> list[str]:
    found = server.client.get("/v1/records/intentions", headers=server.role(Role.PLANNER)).json()["items"]
    return [r["key"] for r in found]


def _key(answer: Any) -> str:
    key: str = answer.json()["rows"][0]["key"]
    return key
