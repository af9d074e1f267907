"""One person is one record: who claims a worker, what contradicts it, and how it is settled."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from sqlalchemy import select

from data.accounts import By
from data.imports import import_scenario
from data.schema import change
from tests.api.server.conftest import Server
from tests.api.server.lists import codes, enterprise, identity, outcomes, submit, worker
from tests.builders import make_scenario, make_worker
from workforce.roles import Role


def test_the_first_claim_stands_and_the_second_becomes_an_item(server: Server) -> None:
    one, two = enterprise(server, "E1"), enterprise(server, "E2")
    planner = server.role(Role.PLANNER)
    worker_id = _key(submit(server, one, [worker(0)]))
    answer = submit(server, two, [worker(0, 工号="B7", 手机号="13900000000")])
    assert _key(answer) == worker_id and outcomes(answer) == ["created"]
    assert codes(answer) == [(1, None, "claimed_elsewhere")]
    assert _entry(server, worker_id)["enterprise_id"] == "E1"
    again = submit(server, two, [worker(0, 工号="B7", 手机号="13900000000")])
    assert outcomes(again) == ["unchanged"] and codes(again) == [(1, None, "claimed_elsewhere")]
    items = _items(server, planner)
    assert [i["code"] for i in items] == ["claimed_twice"]
    assert items[0]["values"] == {"worker_id": worker_id, "claimants": ["E1", "E2"]}
    # Nobody but the bureau learns who the other is, nor what the other has told of the worker.
    for who, other in ((one, "E2"), (two, "E1")):
        seen = server.client.get("/v1/items", headers=who)
        assert [i["code"] for i in seen.json()["items"]] == ["claimed_twice"] and other not in seen.text
    theirs = server.client.get(f"/v1/workers/{worker_id}", headers=two).json()
    assert theirs["state"] == "disputed" and theirs["masked"] == {} and theirs["client_ref"] == "B7"
    assert server.client.get(f"/v1/records/workers/{worker_id}", headers=two).status_code == 404
    third = enterprise(server, "E3")
    assert server.client.get("/v1/items", headers=third).json()["items"] == []
    assert server.client.get(f"/v1/items/{items[0]['item_id']}", headers=third).status_code == 404


def test_a_settlement_moves_the_worker_and_is_kept(server: Server) -> None:
    one, two = enterprise(server, "E1"), enterprise(server, "E2")
    planner = server.role(Role.PLANNER)
    worker_id = _key(submit(server, one, [worker(0)]))
    submit(server, two, [worker(0, 工号="B7")])
    item = _items(server, planner)[0]
    at = f"/v1/items/{item['item_id']}"
    assert server.client.post(f"{at}/settle", json={"decision": "E2"}, headers=planner).status_code == 428
    assert _settle(server, planner, item, "E2", version=9).status_code == 412
    wrong = _settle(server, planner, item, "E9")
    assert wrong.status_code == 422 and "E1, E2" in wrong.json()["remedy"]
    assert _settle(server, one, item, "E1").status_code == 403
    done = _settle(server, planner, item, "E2")
    assert done.status_code == 200 and done.json()["decision"] == "E2" and done.headers["ETag"] == '"2"'
    assert _settle(server, planner, done.json(), "E1").json()["code"] == "over"
    assert _entry(server, worker_id)["enterprise_id"] == "E2"
    told = {name: server.client.get(at, headers=who).json() for name, who in (("one", one), ("two", two))}
    assert told["one"]["decision"] == "not_yours" and told["two"]["decision"] == "yours"
    assert told["one"]["settled_by"] is None
    assert codes(submit(server, one, [worker(0)])) == [(1, None, "claim_refused")]
    assert _entry(server, worker_id)["enterprise_id"] == "E2"
    with server.services.database.read() as c:
        kinds = c.execute(select(change.c.kind, change.c.action).order_by(change.c.seq)).all()
    assert (
        ("claims", "refused") in kinds and ("items", "settled") in kinds and ("workers", "settled") in kinds
    )
    history = server.client.get(f"/v1/records/workers/{worker_id}/history", headers=two)
    assert [h["action"] for h in history.json()] == ["settled"] and "E1" not in history.text


def test_days_that_bureau_and_enterprise_tell_differently(server: Server) -> None:
    one, planner = enterprise(server, "E1"), server.role(Role.PLANNER)
    by_bureau = {"企业编号": "E1", "工号": None}
    worker_id = _key(submit(server, planner, [worker(0, **by_bureau)]))
    answer = submit(server, one, [worker(0, 最迟到达日期="2020-03-20")])
    assert codes(answer) == [(1, None, "windows_differ")] and _key(answer) == worker_id
    assert _entry(server, worker_id)["arrive_by"] == "2020-03-08"
    item = _items(server, planner)[0]
    assert item["code"] == "windows_differ" and item["values"]["claimants"] == ["*", "E1"]
    assert _settle(server, planner, item, "E1").status_code == 200
    assert _entry(server, worker_id)["arrive_by"] == "2020-03-20"
    # Of its own list the enterprise is the master from now on.
    later = submit(server, one, [worker(0, 最迟到达日期="2020-03-21")])
    assert outcomes(later) == ["updated"] and codes(later) == []
    assert outcomes(submit(server, planner, [worker(0, **by_bureau)])) == ["unchanged"]
    assert _items(server, planner, open=True) == []


def test_an_enterprise_that_says_the_same_takes_its_worker_over(server: Server) -> None:
    one, planner = enterprise(server, "E1"), server.role(Role.PLANNER)
    worker_id = _key(submit(server, planner, [worker(0, 企业编号="E1", 工号=None)]))
    answer = submit(server, one, [worker(0, 工种="焊工")])
    assert codes(answer) == [] and _items(server, planner) == []
    assert _entry(server, worker_id)["occupation"] == "焊工"
    claims = server.client.get(f"/v1/workers/{worker_id}", headers=planner).json()["claims"]
    assert claims == {"*": "agreed", "E1": "standing"}


def test_a_dispute_ends_when_both_say_the_same(server: Server) -> None:
    one, planner = enterprise(server, "E1"), server.role(Role.PLANNER)
    submit(server, planner, [worker(0, 企业编号="E1", 工号=None)])
    submit(server, one, [worker(0, 最迟到达日期="2020-03-20")])
    submit(server, one, [worker(0)])
    assert _items(server, planner)[0]["decision"] == "agreed"


def test_a_withdrawn_worker_goes_to_whoever_waits(server: Server) -> None:
    one, two = enterprise(server, "E1"), enterprise(server, "E2")
    planner = server.role(Role.PLANNER)
    worker_id = _key(submit(server, one, [worker(0)]))
    submit(server, two, [worker(0)])
    at = f"/v1/workers/{worker_id}/withdraw"
    assert server.client.post(at, headers=enterprise(server, "E3")).status_code == 404
    assert server.client.post(at, headers=one).status_code == 204
    assert server.client.post(at, headers=one).status_code == 404
    assert _entry(server, worker_id)["enterprise_id"] == "E2"
    assert _items(server, planner)[0]["decision"] == "withdrawn"
    server.clock.pass_by(timedelta(days=1))
    assert server.client.post(at, headers=two).status_code == 204
    gone = server.client.get(f"/v1/records/workers/{worker_id}", headers=planner)
    assert gone.status_code == 404
    past = server.client.get("/v1/records/workers", params={"on": "2020-02-20"}, headers=planner).json()
    assert [r["key"] for r in past["items"]] == [worker_id]
    today = server.client.get("/v1/records/workers", params={"on": "2020-02-21"}, headers=planner).json()
    assert today["items"] == []
    assert outcomes(submit(server, one, [worker(0)])) == ["updated"]
    assert _entry(server, worker_id)["enterprise_id"] == "E1"


def test_an_enterprise_withdraws_whom_the_bureau_entered_for_it(server: Server) -> None:
    one, planner = enterprise(server, "E1"), server.role(Role.PLANNER)
    worker_id = _key(submit(server, planner, [worker(0, 企业编号="E1", 工号=None)]))
    submit(server, one, [worker(0)])
    assert server.client.post(f"/v1/workers/{worker_id}/withdraw", headers=one).status_code == 204
    assert server.client.get(f"/v1/records/workers/{worker_id}", headers=planner).status_code == 404


def test_without_an_identity_number_two_firms_people_are_two(server: Server) -> None:
    one, two = enterprise(server, "E1"), enterprise(server, "E2")
    first = submit(server, one, [worker(0, 身份证号=None)])
    second = submit(server, two, [worker(0, 身份证号=None)])
    assert _key(first) != _key(second)


def test_an_imported_intention_names_the_worker_as_the_registry_does(server: Server) -> None:
    planner = server.role(Role.PLANNER)
    worker_id = _key(submit(server, planner, [worker(0, 工种="welder", 工号=None)]))
    seeker = make_worker("J1", enterprise_id=None, occupation="welder", id_number=identity(0))
    scenario = make_scenario(workers=[seeker], intentions={"J1": frozenset({"V1"})})
    with server.services.database.write() as c:
        import_scenario(c, server.services.vault, By("tests", server.clock()), scenario)
    found = server.client.get("/v1/records/intentions", headers=planner).json()["items"]
    assert [r["key"] for r in found] == [f"{worker_id}|V1"]
    assert server.client.get("/v1/records/workers/J1", headers=planner).status_code == 404


def test_workers_are_listed_masked_and_only_ones_own(server: Server) -> None:
    one, two = enterprise(server, "E1"), enterprise(server, "E2")
    mine = submit(server, one, [worker(n) for n in range(3)])
    submit(server, two, [worker(n) for n in range(3, 5)])
    page = server.client.get("/v1/workers", params={"limit": 2}, headers=one).json()
    rest = server.client.get("/v1/workers", params={"limit": 2, "after": page["next"]}, headers=one).json()
    seen = page["items"] + rest["items"]
    assert sorted(w["worker_id"] for w in seen) == sorted(r["key"] for r in mine.json()["rows"])
    assert rest["next"] is None
    masked = next(w["masked"] for w in seen if w["client_ref"] == "1001")
    assert masked == {
        "name": "王*",
        "id_number": "*" * 14 + identity(1)[-4:],
        "phone": "*" * 7 + "0001",
    }
    assert len(server.client.get("/v1/workers", headers=server.role(Role.PLANNER)).json()["items"]) == 5
    foreign = next(r["key"] for r in submit(server, two, [worker(3)]).json()["rows"])
    assert server.client.get(f"/v1/workers/{foreign}", headers=one).status_code == 404


def test_a_telephone_does_not_go_with_a_worker_to_another_firm(server: Server) -> None:
    one, two = enterprise(server, "E1"), enterprise(server, "E2")
    worker_id = _key(submit(server, one, [worker(0)]))
    assert server.client.post(f"/v1/workers/{worker_id}/withdraw", headers=one).status_code == 204
    own = worker(0, 手机号=None)
    assert _key(submit(server, two, [own])) == worker_id
    shown = {"name": "王*", "id_number": "*" * 14 + identity(0)[-4:]}
    assert _masked(server, two, worker_id) == shown
    told = server.client.get(f"/v1/workers/{worker_id}/personal?reason=to call them", headers=two).json()
    assert told["phone"] is None
    submit(server, two, [worker(0, 手机号="13900000009")])
    submit(server, two, [own])  # what it has told itself stays, whatever its next list leaves out
    assert _masked(server, two, worker_id) == {**shown, "phone": "*" * 7 + "0009"}


def test_a_firm_that_takes_its_worker_back_keeps_the_telephone(server: Server) -> None:
    one = enterprise(server, "E1")
    worker_id = _key(submit(server, one, [worker(7)]))
    server.client.post(f"/v1/workers/{worker_id}/withdraw", headers=one)
    submit(server, one, [worker(7, 手机号=None)])
    assert _masked(server, one, worker_id)["phone"] == "*" * 7 + "0007"


def test_a_claim_that_comes_to_stand_does_not_show_the_telephone_of_the_one_before(server: Server) -> None:
    one, two, planner = enterprise(server, "E1"), enterprise(server, "E2"), server.role(Role.PLANNER)
    settled, left = (_key(submit(server, one, [worker(n)])) for n in (1, 2))
    submit(server, two, [worker(1, 手机号=None), worker(2, 手机号=None)])
    item = next(i for i in _items(server, planner) if i["values"]["worker_id"] == settled)
    assert _settle(server, planner, item, "E2").status_code == 200
    assert server.client.post(f"/v1/workers/{left}/withdraw", headers=one).status_code == 204
    for worker_id in (settled, left):
        assert _masked(server, two, worker_id).keys() == {"name", "id_number"}
        history = server.client.get(f"/v1/workers/{worker_id}", headers=planner).json()
        assert "phone" not in history["masked"] and history["claims"]["E2"] == "standing"


def test_what_the_bureau_told_of_its_worker_the_enterprise_still_sees(server: Server) -> None:
    one, planner = enterprise(server, "E1"), server.role(Role.PLANNER)
    worker_id = _key(submit(server, planner, [worker(5, 企业编号="E1", 工号=None)]))
    submit(server, one, [worker(5, 手机号=None)])
    assert _masked(server, one, worker_id)["phone"] == "*" * 7 + "0005"


def test_workers_are_never_written_one_by_one(server: Server) -> None:
    planner = server.role(Role.PLANNER)
    at, new = "/v1/records/workers/W1", {"If-None-Match": "*"}
    refused = server.client.put(at, json={"worker_id": "W1", "name": "王"}, headers={**planner, **new})
    assert refused.status_code == 409 and refused.json()["code"] == "by_submission"
    assert server.client.delete(at, headers={**planner, "If-Match": '"1"'}).status_code == 409


def _masked(server: Server, who: dict[str, str], worker_id: str) -> dict[str, str]:
    told: dict[str, str] = server.client.get(f"/v1/workers/{worker_id}", headers=who).json()["masked"]
    return told


def _key(answer: Any) -> str:
    key: str = answer.json()["rows"][0]["key"]
    return key


def _entry(server: Server, key: str) -> dict[str, str]:
    answer = server.client.get(f"/v1/records/workers/{key}", headers=server.role(Role.PLANNER))
    cells: dict[str, str] = answer.json()["cells"]
    return cells


def _items(server: Server, who: dict[str, str], **params: Any) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = server.client.get("/v1/items", headers=who, params=params).json()["items"]
    return items


def _settle(
    server: Server, who: dict[str, str], item: dict[str, Any], decision: str, version: int | None = None
) -> Any:
    headers = {**who, "If-Match": f'"{version or item["version"]}"', "Accept-Language": "en"}
    return server.client.post(
        f"/v1/items/{item['item_id']}/settle", json={"decision": decision}, headers=headers
    )
