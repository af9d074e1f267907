"""The vacancy pool: posted, changed, filled and withdrawn, and as it was on any past day."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.api.server.conftest import Server
from tests.api.server.lists import codes, enterprise, outcomes, post, submit
from workforce.roles import Role


def test_every_change_has_its_name_and_any_past_day_is_known(server: Server) -> None:
    one, planner = enterprise(server, "E1"), server.role(Role.PLANNER)
    key = _keys(submit(server, one, [post(1)], "vacancies"))[0]
    server.clock.pass_by(timedelta(days=1))
    submit(server, one, [post(1, 招聘人数=8)], "vacancies")
    server.clock.pass_by(timedelta(days=1))
    assert _act(server, one, key, "fill", 2, {"count": 9}).json()["code"] == "too_many_filled"
    filled = _act(server, one, key, "fill", 2, {"count": 6})
    assert filled.status_code == 200 and filled.json()["cells"]["headcount"] == "2"
    assert filled.headers["ETag"] == '"3"'
    assert _act(server, one, key, "fill", 3, {"count": 2}).json()["state"] == "filled"
    server.clock.pass_by(timedelta(days=1))
    assert _act(server, one, key, "withdraw", 1).status_code == 412
    assert _act(server, one, key, "withdraw", 4).status_code == 204
    history = server.client.get(f"/v1/records/vacancies/{key}/history", headers=planner).json()
    assert [h["action"] for h in history] == ["posted", "changed", "filled", "filled", "withdrawn"]
    for day, heads in (("19", []), ("20", ["5"]), ("21", ["8"]), ("22", ["0"]), ("23", [])):
        past = server.client.get(f"/v1/records/vacancies?on=2020-02-{day}", headers=one).json()["items"]
        assert [r["cells"]["headcount"] for r in past] == heads


def test_the_same_list_undoes_nothing_that_was_filled(server: Server) -> None:
    one = enterprise(server, "E1")
    key = _keys(submit(server, one, [post(1)], "vacancies"))[0]
    _act(server, one, key, "fill", 1, {"count": 3})
    assert outcomes(submit(server, one, [post(1)], "vacancies")) == ["unchanged"]
    assert outcomes(submit(server, one, [post(1, 招聘人数=6)], "vacancies")) == ["updated"]
    record = server.client.get(f"/v1/records/vacancies/{key}", headers=one).json()
    assert record["cells"]["headcount"] == "3"


def test_two_firms_may_give_the_same_number(server: Server) -> None:
    one, two = enterprise(server, "E1"), enterprise(server, "E2")
    rows = [post(1), post(2, 编号=None)]
    first, second = submit(server, one, rows, "vacancies"), submit(server, two, rows, "vacancies")
    assert outcomes(first) == outcomes(second) == ["created"] * 2
    assert not set(_keys(first)) & set(_keys(second)) and _keys(first)[0] == "E1-1"
    # What the registry calls it is understood as well.
    again = submit(server, one, [post(1, 编号="E1-1"), post(2, 编号=None)], "vacancies")
    assert outcomes(again) == ["unchanged"] * 2
    # A key that looks like another firm's is still one's own.
    stolen = submit(server, one, [post(9, 编号="E2-1")], "vacancies")
    assert outcomes(stolen) == ["created"] and _keys(stolen) == ["E1-E2-1"]
    assert server.client.get("/v1/records/vacancies/E2-1", headers=two).json()["version"] == 1


def test_repeated_and_foreign_rows_are_refused(server: Server) -> None:
    one = enterprise(server, "E1")
    enterprise(server, "E2")
    rows = [post(1), post(1, 工种="钳工"), post(2, 编号=None), post(2, 编号=None), post(3, 企业编号="E2")]
    answer = submit(server, one, rows, "vacancies", mode="good")
    assert codes(answer) == [
        (2, "vacancy_id", "id_twice"),
        (4, "occupation", "submitted_twice"),
        (5, "enterprise_id", "enterprise_foreign"),
    ]
    planner = server.role(Role.PLANNER)
    by_bureau = submit(server, planner, [post(7), post(8, 企业编号="E2")], "vacancies", mode="good")
    assert codes(by_bureau) == [(1, "enterprise_id", "value_missing")] and _keys(by_bureau)[1] == "8"


def test_nobody_touches_anothers_vacancy(server: Server) -> None:
    one, two = enterprise(server, "E1"), enterprise(server, "E2")
    key = _keys(submit(server, one, [post(1)], "vacancies"))[0]
    assert _act(server, two, key, "fill", 1, {"count": 1}).status_code == 404
    assert _act(server, two, key, "withdraw", 1).status_code == 404
    assert _act(server, server.role(Role.AUDITOR), key, "withdraw", 1).status_code == 403
    assert server.client.get("/v1/records/vacancies?on=2020-02-20", headers=two).json()["items"] == []


def _keys(answer: Any) -> list[str]:
    return [row["key"] for row in answer.json()["rows"]]


def _act(server: Server, who: dict[str, str], key: str, what: str, version: int, body: Any = None) -> Any:
    headers = {**who, "If-Match": f'"{version}"'}
    return server.client.post(f"/v1/vacancies/{key}/{what}", json=body, headers=headers)
