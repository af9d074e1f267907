"""The page of a phone that runs no scripts: plain forms, each of which counts once."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.server.conftest import Server
from tests.api.server.phones import TRIP_DAY, Phone, make_link, nonces_of, phone
from tests.api.server.world import PLAN_ID, seeded
from workforce.roles import Role


@pytest.fixture
def one(server: Server) -> Phone:
    seeded(server)
    server.clock.at = TRIP_DAY
    return phone(server, make_link(server, server.role(Role.COORDINATOR, f"{PLAN_ID}/T2")))


def logged(one: Phone) -> list[dict[str, Any]]:
    planner = one.server.role(Role.PLANNER)
    found: list[dict[str, Any]] = one.server.client.get("/v1/events", headers=planner).json()["items"]
    return found


def test_a_phone_without_scripts_is_led_to_the_forms(one: Phone) -> None:
    assert f"url={one.path}/plain" in one.client.get(one.path).text
    page = one.client.get(one.path + "/plain")
    assert page.status_code == 200 and "阿工2号" in page.text and "<script" not in page.text
    assert "未点名" in page.text and "not yet" in one.client.get(one.path + "/plain?lang=en").text
    nonces = nonces_of(page)
    assert len(nonces) == len(set(nonces)) == page.text.count("<form") > 10


def test_a_form_that_is_sent_again_changes_nothing(one: Phone) -> None:
    nonce = nonces_of(one.client.get(one.path + "/plain"))[0]
    for minutes in (0, 5):
        one.server.clock.at = TRIP_DAY.replace(minute=30 + minutes)
        answer = one.send(nonce=nonce, kind="boarded", worker_id="WA2", temperature="36.4")
        assert (answer.status_code, answer.headers["location"]) == (303, f"{one.path}/plain")
    assert [e["kind"] for e in logged(one)] == ["measured", "boarded"]
    assert one.state("WA2") == ("aboard", 1)


def test_the_same_nonce_for_something_else_is_refused_in_sight(one: Phone) -> None:
    assert one.send(nonce="of-one-form", kind="boarded", worker_id="WA2").status_code == 303
    answer = one.send(nonce="of-one-form", kind="missing", worker_id="WA2", why="no_show")
    assert answer.status_code == 200 and "此编号已用于另一条上报。" in answer.text
    assert one.state("WA2")[0] == "aboard"


@pytest.mark.parametrize("temperature", ["37.3", "３８，１", "38", "37。6"])
def test_a_fever_moves_whoever_boards_to_a_seat_that_is_kept_free(one: Phone, temperature: str) -> None:
    free = one.manifest(names=False).json()["observation_seats"]
    form = {"nonce": "of-fever-1", "kind": "boarded", "worker_id": "WA2", "temperature": temperature}
    answer = one.send(**form)
    assert answer.status_code == 200 and f"请移至留观座位 {free[0]}" in answer.text
    assert one.send(**form).status_code == 303  # told once
    assert [e["kind"] for e in logged(one)] == ["measured", "boarded", "seated"]
    assert one.state("WA2") == ("aboard", free[0])
    items = one.server.client.get("/v1/items", headers=one.server.role(Role.HEALTH)).json()["items"]
    assert [(i["code"], i["category"]) for i in items] == [("fever", "health")]


def test_the_way_of_a_trip_by_forms_alone(one: Phone) -> None:
    for fields in (
        {"kind": "vehicle_named", "plate": "陕K12345", "driver_names": "张三、李四"},
        {"kind": "roster_closed", "riders": "1"},
        {"kind": "left", "stop": "1"},
        {"kind": "reached", "stop": "2"},
        {"kind": "boarded", "worker_id": "WA2"},
        {"kind": "left", "stop": "2"},
        {"kind": "delayed", "minutes": "２０"},
        {"kind": "reached", "stop": "3"},
        {"kind": "alighted", "worker_id": "WA2", "place_id": "HOT-A"},
        {"kind": "counted", "place_id": "HOT-A", "heads": "1"},
        {"kind": "signed", "place_id": "HOT-A", "side": "carrier", "name": "赵带队"},
        {"kind": "signed", "place_id": "HOT-A", "side": "receiver", "name": "钱前台"},
    ):
        answer = one.send(**fields)
        assert answer.status_code == 303, (fields, answer.text)
    told = one.manifest(names=False).json()
    assert (told["state"], told["plate"], told["roster"]) == ("handed_over", "陕K12345", 1)
    assert [s["signed"] for s in told["stops"] if s["kind"] == "drop"] == [["carrier", "receiver"]]
    assert one.state("WA2")[0] == "alighted"
    assert not any(name in str(logged(one)) for name in ("张三", "赵带队"))  # they are personal


@pytest.mark.parametrize(
    "fields",
    [
        {"kind": "nothing"},
        {"kind": "boarded"},
        {"kind": "boarded", "worker_id": "WA2", "nonce": "short"},
        {"kind": "boarded", "worker_id": "WA2", "temperature": "warm"},
        {"kind": "boarded", "worker_id": "WA2", "temperature": "NaN"},
        {"kind": "delayed", "minutes": "soon"},
        {"kind": "counted", "place_id": "HOT-A"},
        {"kind": "signed", "place_id": "HOT-A", "side": "nobody", "name": "钱"},
    ],
    ids=str,
)
def test_a_faulty_form_is_refused_in_sight_and_takes_nothing(one: Phone, fields: dict[str, str]) -> None:
    answer = one.send(**fields)
    assert answer.status_code == 200 and 'class="problem"' in answer.text
    assert logged(one) == []
    assert not any(code in answer.text for code in ("docs/", ">worker_id", "：worker_id", "：temperature"))


def test_whoever_types_something_wrong_is_told_where(one: Phone) -> None:
    for temperature in ("warm", "55"):
        answer = one.send(kind="boarded", worker_id="WA2", temperature=temperature)
        assert "请检查所填内容（体温（℃））" in answer.text
    assert one.send(kind="delayed", minutes="-5").text.count('role="alert"') == 1
