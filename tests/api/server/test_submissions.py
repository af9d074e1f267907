"""Submissions: every row answered, files as people have them, nothing twice, nothing of others."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook
from sqlalchemy import select

from data.schema import change, person, submission
from data.submitted import CSV, XLSX
from tests.api.server.conftest import Server
from tests.api.server.lists import (
    LANZHOU,
    as_csv,
    as_workbook,
    codes,
    enterprise,
    identity,
    outcomes,
    post,
    submit,
    worker,
)
from workforce.roles import Role


def test_the_same_list_changes_nothing(server: Server) -> None:
    one = enterprise(server, "E1")
    rows = [worker(n) for n in range(3)]
    first = submit(server, one, rows)
    assert first.status_code == 201 and outcomes(first) == ["created"] * 3
    before = _changes(server)
    again = submit(server, one, rows)
    assert outcomes(again) == ["unchanged"] * 3 and _changes(server) == before
    assert _keys(again) == _keys(first)
    moved = submit(server, one, [worker(0, 最迟到达日期="2020-03-09"), *rows[1:]])
    assert outcomes(moved) == ["updated", "unchanged", "unchanged"] and _keys(moved) == _keys(first)


def test_a_home_is_its_countys_seat_where_only_the_county_is_given(server: Server) -> None:
    one = enterprise(server, "E1")
    rows = [
        worker(0),
        worker(1, 住址=None, 行政区划代码="620102"),
        worker(2, 住址=None, 行政区划代码="620102", 纬度=36.1, 经度=103.9),
        worker(3, 住址="城关区"),
        worker(4, 住址=None),
        worker(5, 住址=None, 行政区划代码="620199"),
        worker(6, 住址=None, 行政区划代码="620102", 纬度=36.1),
    ]
    answer = submit(server, one, rows, mode="good")
    assert codes(answer) == [
        (4, "address", "home_unknown"),
        (5, "adcode", "home_missing"),
        (6, "adcode", "home_unknown"),
        (7, "lon", "value_missing"),
    ]
    first, second, third = (_cells(server, key) for key in _keys(answer)[:3])
    assert first["adcode"] == second["adcode"] == "620102"
    assert (first["lat"], first["lon"]) == (second["lat"], second["lon"]) != (third["lat"], third["lon"])
    assert third["lat"] == "36.1" and "address" not in first


def test_all_or_the_good_rows(server: Server) -> None:
    one = enterprise(server, "E1")
    rows = [worker(0), worker(1, 最迟到达日期="明天"), worker(2, 姓名="")]
    held = submit(server, one, rows)
    assert held.status_code == 200 and held.json()["taken"] is False
    assert outcomes(held) == ["held", "refused", "refused"]
    assert codes(held) == [(2, "arrive_by", "not_a_date"), (3, "name", "value_missing")]
    assert _people(server) == 0
    good = submit(server, one, rows, mode="good")
    assert good.status_code == 201 and outcomes(good) == ["created", "refused", "refused"]
    assert good.json()["counts"] == {"created": 1, "updated": 0, "unchanged": 0, "refused": 2, "held": 0}
    assert _people(server) == 1


def test_a_dry_run_says_the_same_and_takes_nothing(server: Server) -> None:
    one = enterprise(server, "E1")
    submit(server, one, [worker(0)])
    before = _changes(server)
    answer = submit(server, one, [worker(0), worker(1)], dry_run=True)
    assert answer.status_code == 200 and answer.json()["taken"] is False
    assert outcomes(answer) == ["unchanged", "created"] and _keys(answer)[1] is None
    assert _changes(server) == before and _people(server) == 1
    kept = server.client.get(f"/v1/submissions/{answer.json()['submission_id']}", headers=one)
    assert kept.json()["dry_run"] is True and outcomes(kept) == ["unchanged", "created"]


def test_an_enterprises_own_sheet_beside_others(server: Server, tmp_path: Path) -> None:
    one = enterprise(server, "E1")
    head = ["序号", "员工编号", "姓 名", "身份证号码", "联系电话", "家庭住址", "最早出发日期", "最迟到达日期"]
    sheets = {
        "封面": [["返岗人员统计"], ["制表：人事部"]],
        "一车间": [
            ["2020年春节后返岗人员登记表"],
            head,
            [1, "A01", "王小明", identity(1), "13800138000", LANZHOU, "2020年2月24日", "2020.3.8"],
            [],
            [2, "A02", "李四", identity(2), "13800138001", LANZHOU, "2020/2/24", 43898],
        ],
    }
    answer = submit(server, one, as_workbook(tmp_path, sheets), media=XLSX)
    assert answer.status_code == 201, answer.text
    assert [(r["row"], r["client_ref"]) for r in answer.json()["rows"]] == [(3, "A01"), (5, "A02")]
    assert [note["code"] for note in answer.json()["notes"]] == ["column_unknown"]
    assert _cells(server, _keys(answer)[1])["arrive_by"] == "2020-03-08"
    two = {**sheets, "二车间": sheets["一车间"]}
    refused = submit(server, one, as_workbook(tmp_path, two), media=XLSX)
    assert refused.status_code == 422 and refused.json()["faults"][0]["code"] == "table_twice"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030"])
def test_csv_as_spreadsheets_write_it(server: Server, encoding: str) -> None:
    one = enterprise(server, "E1")
    answer = submit(server, one, as_csv([worker(0), worker(1)], encoding), media=CSV)
    assert outcomes(answer) == ["created"] * 2


def test_refused_rows_come_back_mended_and_sent_as_they_are(server: Server, tmp_path: Path) -> None:
    one = enterprise(server, "E1")
    head = ["姓名", "备注", "身份证号", "住址", "最早出发日期", "最迟到达日期"]
    good = ["王小明", "", identity(1), LANZHOU, "2020-02-24", "2020-03-08"]
    bad = ["李四", "夜班", 1.10105194912310e17, LANZHOU, "2020-02-24", "2020-03-08"]
    answer = submit(server, one, as_workbook(tmp_path, {"名单": [head, good, bad]}), media=XLSX, mode="good")
    assert codes(answer) == [(3, "id_number", "identity_as_number")]
    at = f"/v1/submissions/{answer.json()['submission_id']}/refused.xlsx"
    book = server.client.get(at, headers=one)
    rows = CalamineWorkbook.from_filelike(BytesIO(book.content)).get_sheet_by_index(0).to_python()
    assert rows[0][: len(head)] == head and rows[1][0] == "李四" and "身份证号" in rows[1][len(head)]
    unmended = submit(server, one, book.content, media=XLSX, mode="good")
    assert codes(unmended) == [(2, "id_number", "identity_as_number")]
    again = server.client.get(f"/v1/submissions/{unmended.json()['submission_id']}/refused.xlsx", headers=one)
    rows = CalamineWorkbook.from_filelike(BytesIO(again.content)).get_sheet_by_index(0).to_python()
    assert len(rows[0]) == len(head) + 2
    rows[1][2] = identity(2)
    mended = submit(server, one, as_workbook(tmp_path, {"名单": rows}), media=XLSX)
    assert outcomes(mended) == ["created"] and [n["field"] for n in mended.json()["notes"]] == ["备注"]


def test_repeated_rows_name_the_row_that_they_repeat(server: Server) -> None:
    one = enterprise(server, "E1")
    rows = [
        worker(0),
        worker(1, 工号="1000"),
        worker(2, 身份证号=identity(0)),
        worker(3, 工号=None, 身份证号=None),
        worker(4, 姓名="王3", 手机号="13800000003", 身份证号=None),
        worker(5, 工号=None, 身份证号=None, 手机号=None),
    ]
    answer = submit(server, one, rows, mode="good")
    assert codes(answer) == [
        (2, "worker_id", "id_twice"),
        (3, "id_number", "submitted_twice"),
        (5, "phone", "submitted_twice"),
        (6, "id_number", "nobody_named"),
    ]
    told = [f["message"] for row in answer.json()["rows"] for f in row["faults"]]
    assert "row 1" in told[0] and "row 1" in told[1] and "row 4" in told[2]


def test_rows_of_one_known_person_are_one(server: Server) -> None:
    one = enterprise(server, "E1")
    submit(server, one, [worker(0)])
    # One row names the person by the enterprise's own number, the other by the identity number.
    rows = [worker(9, 工号="1000", 身份证号=None), worker(0, 工号="77", 手机号=None)]
    answer = submit(server, one, rows, mode="good")
    assert outcomes(answer)[1] == "refused" and codes(answer)[-1] == (2, None, "submitted_twice")
    assert _people(server) == 1


def test_a_list_without_own_numbers_is_known_again(server: Server) -> None:
    one = enterprise(server, "E1")
    rows = [worker(0, 工号=None), worker(1, 工号=None, 身份证号=None)]
    first = submit(server, one, rows)
    refs = [row["client_ref"] for row in first.json()["rows"]]
    assert refs[0].startswith("i:") and refs[1].startswith("c:")
    assert outcomes(submit(server, one, rows)) == ["unchanged"] * 2
    # Later the identity number is known: the same person.
    more = submit(server, one, [worker(1, 工号=None)])
    assert outcomes(more) == ["updated"] and _keys(more)[0] == _keys(first)[1] and _people(server) == 2


def test_a_corrected_identity_number_is_the_same_person(server: Server) -> None:
    one = enterprise(server, "E1")
    first = submit(server, one, [worker(0)])
    mended = submit(server, one, [worker(0, 身份证号=identity(50))])
    assert outcomes(mended) == ["updated"] and _keys(mended) == _keys(first)
    other = submit(server, one, [worker(0, 姓名="赵六", 身份证号=identity(60))])  # the number went on
    assert outcomes(other) == ["created"] and _keys(other) != _keys(first) and _people(server) == 2


def test_parties_of_two_firms_stay_apart_and_mixed_risks_are_refused(server: Server) -> None:
    one, two = enterprise(server, "E1"), enterprise(server, "E2")
    planner = server.role(Role.PLANNER)
    first = submit(server, one, [worker(0, 同行组="1"), worker(1, 同行组="1")])
    second = submit(server, two, [worker(2, 同行组="1")])
    parties = [_cells(server, key)["party_id"] for key in (*_keys(first), *_keys(second))]
    assert parties == ["E1-1", "E1-1", "E2-1"]
    zone = {"adcode": "420000", "risk": "high"}
    server.client.put("/v1/records/zones/420000", json=zone, headers={**planner, "If-None-Match": "*"})
    mixed = [worker(3, 同行组="9"), worker(4, 同行组="9", 住址="湖北省武汉市江岸区")]
    assert codes(submit(server, one, mixed)) == [(2, "party_id", "party_mixed")]


def test_what_is_doubtful_is_told_and_taken(server: Server) -> None:
    one = enterprise(server, "E1")
    rows = [
        worker(0, 身份证号="110105194912310021"),
        worker(1, 手机号="12345"),
        worker(2, 最迟到达日期="2020-02-20"),
    ]
    answer = submit(server, one, rows)
    assert outcomes(answer) == ["created"] * 3
    assert codes(answer) == [
        (1, "id_number", "identity_checksum"),
        (2, "phone", "phone_implausible"),
        (3, "arrive_by", "dates_crossed"),
    ]
    assert "110105194912310021" not in answer.text


def test_the_bureau_submits_seekers_and_for_an_enterprise(server: Server) -> None:
    one = enterprise(server, "E1")
    planner = server.role(Role.PLANNER)
    rows = [worker(0, 工种="焊工"), worker(1, 企业编号="E1"), worker(2, 企业编号="E9")]
    seekers = submit(server, planner, rows, mode="good")
    assert outcomes(seekers) == ["created", "created", "refused"]
    assert codes(seekers) == [(3, "enterprise_id", "id_unknown")]
    listed = server.client.get("/v1/workers", headers=one).json()["items"]
    assert [w["worker_id"] for w in listed] == _keys(seekers)[1:2]
    theirs = submit(server, planner, [worker(3)], enterprise="E1")
    assert theirs.json()["enterprise_id"] == "E1"
    assert server.client.get("/v1/submissions", headers=one).json()["items"][0]["enterprise_id"] == "E1"
    assert submit(server, planner, [worker(3)], enterprise="E9").json()["code"] == "enterprise_unregistered"


def test_an_enterprise_submits_for_itself_only(server: Server) -> None:
    one, two = enterprise(server, "E1"), enterprise(server, "E2")
    assert submit(server, one, [worker(0)], enterprise="E2").status_code == 404
    foreign = submit(server, one, [worker(0, 企业编号="E2")])
    assert codes(foreign) == [(1, "enterprise_id", "enterprise_foreign")]
    assert outcomes(submit(server, one, [worker(0, 所属企业="E1厂")])) == ["created"]
    at = f"/v1/submissions/{foreign.json()['submission_id']}"
    for path in (at, f"{at}/refused.xlsx"):
        assert server.client.get(path, headers=two).status_code == 404
        assert server.client.get(path, headers=one).status_code == 200
    assert server.client.get("/v1/submissions", headers=two).json()["items"] == []
    unknown = server.role(Role.ENTERPRISE, "E9")
    assert submit(server, unknown, [worker(0)]).json()["code"] == "enterprise_unregistered"


def test_an_intention_of_an_enterprise_is_its_half_and_one_of_the_bureau_has_a_reason(server: Server) -> None:
    one, two = enterprise(server, "E1"), enterprise(server, "E2")
    planner = server.role(Role.PLANNER)
    seeker, returning = _keys(submit(server, planner, [worker(0), worker(1, 企业编号="E1")]))
    vacancy = _keys(submit(server, one, [post(1)], "vacancies"))[0]
    row = {"worker_id": seeker, "vacancy_id": "1"}

    def agreed() -> list[str]:
        return [r["key"] for r in server.client.get("/v1/records/intentions", headers=one).json()["items"]]

    offered = submit(server, one, [row], "intentions")
    assert outcomes(offered) == ["created"] and agreed() == []
    full = [{**row, "vacancy_id": vacancy}]
    assert outcomes(submit(server, one, full, "intentions")) == ["unchanged"]
    (proposal,) = server.client.get("/v1/proposals", headers=one).json()["items"]
    assert proposal["proposal_id"] == offered.json()["rows"][0]["key"]
    assert (proposal["worker"], proposal["enterprise"], proposal["plan_id"]) == ("waiting", "accepted", None)
    wrong = [{**row, "vacancy_id": "2"}, {**row, "worker_id": returning}, row, row]
    assert codes(submit(server, one, wrong, "intentions")) == [
        (1, "vacancy_id", "id_unknown"),
        (2, "worker_id", "id_unknown"),
        (4, "vacancy_id", "submitted_twice"),
    ]
    assert codes(submit(server, two, full, "intentions")) == [(1, "vacancy_id", "id_unknown")]
    for who, params in ((planner, {}), (planner, {"reason": "  "}), (one, {"reason": "they told us"})):
        told = submit(server, who, full, "intentions", **params)
        assert told.json()["code"] == ("not_allowed" if who is one else "agreement_unfounded")
    assert agreed() == []
    entered = submit(server, planner, full, "intentions", reason="signed at the fair")
    assert outcomes(entered) == ["created"] and agreed() == [f"{seeker}|{vacancy}"]
    again = submit(server, planner, full, "intentions", reason="signed at the fair")
    assert outcomes(again) == ["unchanged"] == outcomes(submit(server, one, full, "intentions"))
    trail = server.client.get("/v1/audit?action=intention_entered", headers=server.role(Role.AUDITOR))
    assert [(t["subject"], t["reason"]) for t in trail.json()["items"]] == [
        (f"{seeker}|{vacancy}", "signed at the fair")
    ]


def test_bodies_that_are_no_list_of_rows(server: Server) -> None:
    one = enterprise(server, "E1")
    for body in (b"[1]", b'[{"a": []}]', b'[{"a": NaN}]', b"{", b'{"a": 1}'):
        answer = submit(server, one, body)
        assert (answer.status_code, answer.json()["code"]) == (422, "invalid"), body
    assert submit(server, one, b"x", media="text/html").status_code == 415
    assert submit(server, one, b"PK", media=XLSX).json()["faults"][0]["code"] == "workbook_damaged"
    missing = submit(server, one, [{"姓名": "王"}]).json()["faults"]
    assert {f["field"] for f in missing} == {"available_from", "arrive_by"}
    assert submit(server, one, []).json()["rows"] == []
    many = submit(server, one, b"a,b\n" * 50_020, media=CSV)
    assert many.json()["faults"][0]["code"] == "rows_too_many"
    odd = submit(server, one, [worker(1, 工号=10**30)])
    assert codes(odd) == [(1, "worker_id", "not_text")]
    book = server.client.get(f"/v1/submissions/{odd.json()['submission_id']}/refused.xlsx", headers=one)
    assert book.status_code == 200


def test_a_repeated_request_gets_its_first_answer(server: Server) -> None:
    one = {**enterprise(server, "E1"), "Idempotency-Key": "k1"}
    first = submit(server, one, [worker(0)])
    again = submit(server, one, [worker(0)])
    assert again.json() == first.json() and again.headers["Idempotent-Replayed"] == "true"
    assert submit(server, one, [worker(1)]).json()["code"] == "key_reused"


def test_the_form_is_read_as_it_is(server: Server, tmp_path: Path) -> None:
    one = enterprise(server, "E1")
    for table in ("workers", "vacancies", "intentions"):
        form = server.client.get(f"/v1/submissions/{table}/form.xlsx", headers=one)
        assert form.status_code == 200
        answer = submit(server, one, form.content, table, XLSX)
        assert answer.status_code == 201 and answer.json()["rows"] == [] and answer.json()["notes"] == []


def test_submissions_are_listed_page_by_page_newest_first(server: Server) -> None:
    one = enterprise(server, "E1")
    made = [submit(server, one, [worker(n)]).json()["submission_id"] for n in range(5)]
    seen, after = [], ""
    while after is not None:
        page = server.client.get("/v1/submissions", headers=one, params={"limit": 2, "after": after}).json()
        seen += [s["submission_id"] for s in page["items"]]
        after = page["next"]
    assert sorted(seen) == sorted(made)


def test_nothing_that_names_a_person_lies_open(server: Server) -> None:
    one = enterprise(server, "E1")
    row = worker(0, 身份证号="110105194912310021", 手机号="13912345678", 姓名="欧阳明月")
    submit(
        server, {**one, "Idempotency-Key": "k"}, [row, worker(1, 最迟到达日期=row["身份证号"])], mode="good"
    )
    with server.services.database.read() as c:
        tables = [list(map(repr, c.execute(table.select()))) for table in person.metadata.sorted_tables]
        assert c.execute(select(submission.c.id)).all()
    everything = "\n".join(line for lines in tables for line in lines)
    for secret in ("110105194912310021", "13912345678", "欧阳明月"):
        assert secret not in everything and secret.encode().hex() not in everything


def _keys(answer: object) -> list[str]:
    return [row["key"] for row in answer.json()["rows"]]  # type: ignore[attr-defined]


def _cells(server: Server, key: str) -> dict[str, str]:
    answer = server.client.get(f"/v1/records/workers/{key}", headers=server.role(Role.PLANNER))
    cells: dict[str, str] = answer.json()["cells"]
    return cells


def _changes(server: Server) -> int:
    with server.services.database.read() as c:
        return len(c.execute(select(change.c.seq)).all())


def _people(server: Server) -> int:
    with server.services.database.read() as c:
        return len(c.execute(select(person.c.worker_id)).all())
