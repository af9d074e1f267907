"""Personal data over HTTP: masked, read for a logged reason, linked, erased."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from data.gazetteer import by_code
from data.schema import answered, api_key, change, claim, event, event_detail, item, metadata, person
from data.submissions import find_submission
from tests.api.server.conftest import Server
from tests.api.server.world import MEDIUM, PLAN_ID, World, seeded, submitted_row
from workforce.roles import Role

REASON = {"reason": "fever at the hotel"}


@pytest.fixture
def world(server: Server) -> World:
    return seeded(server)


def everything(server: Server) -> str:
    """All that the database says, as text, unsealed where it is sealed."""
    from data.rotation import SEALED

    vault, told = server.services.vault, []
    with server.services.database.read() as c:
        for table in metadata.sorted_tables:
            told += [str(tuple(row)) for row in c.execute(select(table))]
        for one in SEALED:
            for row in c.execute(select(one.table).where(one.content.is_not(None))):
                content = vault.unseal(getattr(row, one.content.name), row.key_id, one.about(row))
                told.append(json.dumps(content, ensure_ascii=False))
    return "\n".join(told)


def test_a_list_masks_and_a_reading_is_logged_with_reader_and_reason(world: World) -> None:
    server, told = world.server, world.personal["WA2"]
    health, auditor = server.role(Role.HEALTH), server.role(Role.AUDITOR)
    (listed,) = (
        row
        for row in server.client.get("/v1/people", headers=health).json()["items"]
        if row["worker_id"] == "WA2"
    )
    assert listed["name"] == told["name"][0] + "***"
    assert listed["id_number"] == "*" * 14 + told["id_number"][-4:]
    assert listed["phone"] == "*" * 7 + told["phone"][-4:]
    read = server.client.get("/v1/workers/WA2/personal", params=REASON, headers=health)
    assert read.json() == {"worker_id": "WA2", **told}
    me = server.client.get("/v1/me", headers=health).json()["account_id"]
    (logged,) = server.client.get("/v1/audit?action=personal_read", headers=auditor).json()["items"]
    assert (logged["account_id"], logged["subject"], logged["reason"]) == (me, "WA2", REASON["reason"])


@pytest.mark.parametrize("reason", [None, "", "   ", "x", "    x   "])
def test_nothing_is_read_without_a_reason(world: World, reason: str | None) -> None:
    params = {} if reason is None else {"reason": reason}
    health = world.server.role(Role.HEALTH)
    answer = world.server.client.get("/v1/workers/WA2/personal", params=params, headers=health)
    assert answer.status_code == 422


def test_a_roll_call_shows_whole_names_and_last_digits_and_is_logged(world: World) -> None:
    server = world.server
    coordinator = server.role(Role.COORDINATOR, f"{PLAN_ID}/T2")
    (rider,) = server.client.get(f"/v1/trips/{PLAN_ID}/T2", headers=coordinator).json()["people"]
    assert server.client.get("/v1/stays", headers=coordinator).json()["items"]
    told = world.personal["WA2"]
    assert rider["name"] == told["name"] and rider["id_number"] == "*" * 14 + told["id_number"][-4:]
    auditor = server.role(Role.AUDITOR)
    logged = server.client.get("/v1/audit?action=personal_read", headers=auditor).json()["items"]
    assert [(one["subject"], one["reason"]) for one in logged] == [
        (f"{PLAN_ID}/T2", "stays"),
        (f"{PLAN_ID}/T2", "roster"),
    ]


def link(server: Server, worker_id: str, **body: int) -> dict[str, str]:
    planner = server.role(Role.PLANNER)
    made = server.client.post(f"/v1/workers/{worker_id}/link", json=body, headers=planner)
    assert made.status_code == 201, made.text
    return {"Authorization": "Bearer " + made.json()["url"].partition("#")[2]}


def opened(world: World, worker_id: str) -> dict[str, str]:
    """Whoever has opened a link of their own."""
    digits = {"digits": world.personal[worker_id]["id_number"][-4:]}
    made = world.server.client.post("/v1/my/opening", json=digits, headers=link(world.server, worker_id))
    assert made.status_code == 201, made.text
    return {"Authorization": f"Bearer {made.json()['key']}"}


def test_a_worker_sees_the_own_way_back_by_a_link(world: World) -> None:
    server = world.server
    mine = server.client.get("/v1/my/trip", headers=link(server, "WA2")).json()
    ride, room = mine["ride"], mine["room"]
    assert (ride["plate"], ride["seat"], ride["boards_at"]) == ("FL-A-2", 1, "2020-03-02T08:40:00")
    assert ride["pickup"]["name"] == "阿尔法站" and room["hotel"]["name"] == "阿尔法旅馆"
    due = sum(share.worker_fen for share in world.plan.shares_of["WA2"])
    assert mine["pays_yuan"] == due / 100 > 0
    left = server.client.get("/v1/my/trip", headers=link(server, "WA3")).json()
    assert left["ride"] is None and left["reason"] == "no_seat"


def test_a_link_expires_is_revoked_and_is_replaced(world: World) -> None:
    server = world.server

    def works(headers: dict[str, str]) -> bool:
        return bool(server.client.get("/v1/my/trip", headers=headers).status_code == 200)

    first = link(server, "WA2", days=3)
    assert works(first)
    second = link(server, "WA2", days=3)
    assert works(second) and not works(first)
    planner = server.role(Role.PLANNER)
    assert server.client.delete("/v1/workers/WA2/link", headers=planner).status_code == 204
    assert not works(second)
    assert server.client.delete("/v1/workers/WA2/link", headers=planner).status_code == 404
    third = link(server, "WA2", days=3)
    server.clock.pass_by(timedelta(days=3))
    assert not works(third)


def test_a_links_key_is_nowhere_to_be_read_not_even_in_the_kept_answer(world: World) -> None:
    server = world.server
    planner = {**server.role(Role.PLANNER), "Idempotency-Key": "once"}
    made = server.client.post("/v1/workers/WA2/link", json={}, headers=planner).json()
    again = server.client.post("/v1/workers/WA2/link", json={}, headers=planner)
    assert again.json() == made and again.headers["Idempotent-Replayed"] == "true"
    secret = made["url"].rpartition("_")[2].encode()
    with server.services.database.read() as c:
        rows = [*c.execute(select(api_key)), *c.execute(select(answered))]
    stored = b"".join(v if isinstance(v, bytes) else str(v).encode() for row in rows for v in row)
    assert secret not in stored


def test_a_fever_asks_a_health_officer_once(world: World) -> None:
    server, mine = world.server, opened(world, "WA2")

    def tell(temperature: float, *symptoms: str) -> Any:
        body = {"temperature": temperature, "symptoms": symptoms}
        return server.client.post("/v1/my/health", json=body, headers=mine)

    assert tell(37.2).json()["fever"] is False
    with server.services.database.read() as c:
        assert c.execute(select(item)).all() == []
    assert tell(37.3, "cough").json()["fever"] is True
    assert tell(38.0).status_code == 201
    with server.services.database.read() as c:
        (asked,) = c.execute(select(item)).all()
        kept = c.execute(select(event_detail)).all()
        public = [row.content for row in c.execute(select(event))]
    assert (asked.category, asked.code, asked.subject) == ("health", "fever", "WA2")
    assert len(kept) == len(public) == 3
    assert not [b for b in [*public, *(row.sealed for row in kept)] if b"37.3" in b or b"cough" in b]
    officer = server.role(Role.HEALTH)
    told = server.client.get("/v1/workers/WA2/health", params=REASON, headers=officer).json()
    assert [(h["temperature"], h["symptoms"]) for h in told] == [
        ("37.2", []),
        ("37.3", ["cough"]),
        ("38.0", []),
    ]
    auditor = server.role(Role.AUDITOR)
    logged = server.client.get("/v1/audit?action=health_read", headers=auditor).json()["items"]
    assert [row["subject"] for row in logged] == ["WA2"]


@pytest.mark.parametrize("temperature", [33.9, 43.1, 37.25, "hot", None])
def test_what_is_no_temperature_is_refused(world: World, temperature: object) -> None:
    mine = opened(world, "WA2")
    answer = world.server.client.post("/v1/my/health", json={"temperature": temperature}, headers=mine)
    assert answer.status_code == 422


def test_a_worker_accepts_then_withdraws_and_the_bureau_is_asked(world: World) -> None:
    server, mine, planner = world.server, opened(world, "WA2"), world.server.role(Role.PLANNER)

    def say(what: str) -> Any:
        return server.client.post("/v1/my/answer", json={"answer": what}, headers=mine)

    assert say("accept").json()["trip_id"] == "T2"
    assert server.client.get("/v1/my/trip", headers=mine).json()["answer"] == "accept"
    assert say("withdraw").status_code == 200
    (listed,) = server.client.get("/v1/answers", headers=planner).json()["items"]
    assert listed["answer"] == "withdraw"
    assert server.client.get("/v1/records/workers/WA2", headers=planner).status_code == 404
    with server.services.database.read() as c:
        (asked,) = c.execute(select(item)).all()
        actions = c.execute(select(change.c.action).where(change.c.kind == "answers")).scalars().all()
        kinds = c.execute(select(event.c.kind).where(event.c.worker_id == "WA2")).scalars().all()
    assert asked.code == "withdrew" and asked.values["trip_id"] == "T2"
    assert kinds == ["withdrew"]
    assert actions == ["created", "updated"]


def test_nobody_accepts_a_trip_that_there_is_not(world: World) -> None:
    mine = opened(world, "WA3")
    answer = world.server.client.post("/v1/my/answer", json={"answer": "accept"}, headers=mine)
    assert answer.status_code == 409
    assert world.server.client.post("/v1/my/answer", json={"answer": "withdraw"}, headers=mine).is_success


def test_erasing_takes_what_names_a_person_out_of_every_table(world: World) -> None:
    server, planner = world.server, world.server.role(Role.PLANNER)
    mine = opened(world, "WA2")
    server.client.post("/v1/my/health", json={"temperature": 37.5, "symptoms": ["咳嗽在胸"]}, headers=mine)
    plans = server.client.get(f"/v1/trips/{PLAN_ID}/T2", headers=planner).json()
    costs = server.client.get("/v1/costs", headers=planner).json()
    told = world.personal["WA2"]
    before = everything(server)
    assert all(text in before for text in (*told.values(), "咳嗽在胸"))
    erased = server.client.post("/v1/workers/WA2/erase", json=REASON, headers=planner)
    assert erased.status_code == 200
    after = everything(server)
    assert not [text for text in (*told.values(), "咳嗽在胸") if text in after]
    assert all(text in after for text in world.personal["WA1"].values())
    # Nobody reads it, no link works, and today's registry has the worker no more.
    assert server.client.get("/v1/my/trip", headers=mine).status_code == 401
    health = server.role(Role.HEALTH)
    for path in ("personal", "health"):
        assert server.client.get(f"/v1/workers/WA2/{path}", params=REASON, headers=health).status_code == 404
    assert server.client.get("/v1/records/workers/WA2", headers=planner).status_code == 404
    assert server.client.post("/v1/workers/WA2/erase", json=REASON, headers=planner).status_code == 404
    # Figures and history stay, without the name.
    now = server.client.get(f"/v1/trips/{PLAN_ID}/T2", headers=planner).json()
    assert [r["worker_id"] for r in now["people"]] == ["WA2"] and now["people"][0]["name"] == ""
    assert {**plans, "people": None} == {**now, "people": None}
    assert server.client.get("/v1/costs", headers=planner).json() == costs
    history = server.client.get("/v1/records/workers/WA2/history", headers=planner).json()
    assert [row["action"] for row in history] == ["created", "withdrawn"]


def test_erasing_finds_numbers_however_they_were_written_and_spares_the_rows_of_others(world: World) -> None:
    server, planner = world.server, world.server.role(Role.PLANNER)
    own = server.role(Role.ENTERPRISE, "ENT-A")
    mine, other = submitted_row("A", 5), {**submitted_row("A", 6), "工号": "11", "最早出发日期": "明天 1"}
    made = server.client.post("/v1/submissions/workers", json=[{**mine, "工号": "1"}], headers=own).json()
    faulty = {**mine, "最早出发日期": "明天", "身份证号": None}
    phone = mine["手机号"]
    refused = [{**faulty, "手机号": n} for n in (int(phone), f"{phone[:3]} {phone[3:7]} {phone[7:]}")]
    told = [
        server.client.post("/v1/submissions/workers?mode=good", json=[row, other], headers=own).json()
        for row in refused
    ]
    assert [t["counts"]["refused"] for t in told] == [2, 2]
    worker_id = made["rows"][0]["key"]
    assert server.client.post(f"/v1/workers/{worker_id}/erase", json=REASON, headers=planner).is_success
    with server.services.database.read() as c:
        kept = [find_submission(c, server.services.vault, t["submission_id"]) for t in told]
    for one in kept:
        assert one is not None
        assert mine["姓名"] not in one.refused[1] and not {int(phone), *(r["手机号"] for r in refused)} & {
            *one.refused[1]
        }
        assert set(other.values()) <= {*one.refused[2]}


def test_erasing_strikes_names_and_numbers_out_of_texts_and_forgets_where_exactly_somebody_lived(
    world: World,
) -> None:
    server, planner = world.server, world.server.role(Role.PLANNER)
    own, told = server.role(Role.ENTERPRISE, "ENT-A"), world.personal["WA2"]
    phone = told["phone"]
    remarks = f"{told['name']}（{phone[:3]} {phone[3:7]} {phone[7:]}）晕车"
    says = {
        "title": f"含{told['name']}",
        "remarks": remarks,
        "liaison": {"name": "李芳", "phone": "0473-2998888"},
    }
    made = server.client.post("/v1/return-plans", json=says, headers=own).json()
    reason = {"reason": f"{told['name']}书面申请"}
    lat = world.scenario.workers["WA2"].lat
    assert f'"lat": "{lat}"' in everything(server).replace("'", '"')
    server.client.get("/v1/workers/WA2/personal", params={"reason": f"致电{told['name']}"}, headers=planner)
    assert server.client.post("/v1/workers/WA2/erase", json=reason, headers=planner).status_code == 200
    plan = server.client.get(f"/v1/return-plans/{made['return_plan_id']}", headers=own).json()
    assert (plan["title"], plan["remarks"]) == ("含□", "□（□）晕车")
    trail = server.client.get("/v1/audit", headers=server.role(Role.AUDITOR)).json()["items"]
    assert {"□书面申请", "致电□"} <= {row["reason"] for row in trail}
    history = server.client.get("/v1/records/workers/WA2/history", headers=planner).json()
    seat = by_code()[MEDIUM["A"]]
    for row in history:
        for side in (row["before"], row["after"]):
            if side is not None:
                assert side["body"]["lat"] == f"{seat.lat:.1f}" and side["body"]["adcode"] == MEDIUM["A"]
    with server.services.database.read() as c:
        (body,) = c.execute(select(claim.c.body).where(claim.c.worker_id == "WA2")).scalars()
    assert body["lon"] == f"{seat.lon:.1f}"


def test_somebody_erased_who_is_submitted_again_is_somebody_new(world: World) -> None:
    from data.accounts import By
    from data.people import Claim, claim_all

    server, planner = world.server, world.server.role(Role.PLANNER)
    server.client.post("/v1/workers/WA2/erase", json=REASON, headers=planner)
    with server.services.database.write() as c:
        claimed = Claim("row-1", {"arrive_by": "2020-03-08"}, world.personal["WA2"])
        by = By("tests", server.clock())
        (answer,) = claim_all(c, server.services.vault, by, "ENT-A", [claimed])
    assert answer.worker_id != "WA2"


def test_a_kept_answer_that_names_somebody_erased_is_not_given_again(world: World) -> None:
    server, told = world.server, world.personal["WA2"]
    once = {**server.role(Role.ADMINISTRATOR), "Idempotency-Key": "1"}
    body = {"role": "worker", "name": told["name"], "subject": "WA2"}
    made = server.client.post("/v1/accounts", json=body, headers=once)
    assert made.status_code == 201
    assert server.client.post("/v1/accounts", json=body, headers=once).json() == made.json()
    assert server.client.post(
        "/v1/workers/WA2/erase", json=REASON, headers=server.role(Role.PLANNER)
    ).is_success
    again = server.client.post("/v1/accounts", json=body, headers=once)
    assert again.status_code == 410 and again.json()["code"] == "answer_erased"
    assert told["name"] not in everything(server)


def test_claims_keep_no_number_of_a_person_as_their_reference(world: World) -> None:
    from data.accounts import By
    from data.people import Claim, claim_all

    server = world.server
    with server.services.database.write() as c:
        number = world.personal["WA2"]["id_number"]
        personal = {"name": "someone", "id_number": "610702199001019995"}
        by = By("tests", server.clock())
        for _ in range(2):
            (answer,) = claim_all(
                c, server.services.vault, by, "ENT-A", [Claim(number, {"arrive_by": "2020-03-08"}, personal)]
            )
        refs = c.execute(select(claim.c.client_ref).where(claim.c.claimant == "ENT-A")).scalars().all()
        assert c.execute(select(person).where(person.c.worker_id == answer.worker_id)).one()
    assert len(refs) == 1 and number not in str(refs)
