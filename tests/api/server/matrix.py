"""Who gets which answer: one table over every operation, role, and own, foreign or no object.

A line is an operation, its request, and the roles that get something else than 403 (``not_allowed``)
with the status for an own object, one of the other side and one that does not exist: ``200/404/404``.
A single status stands where the request names no object.  Words in braces are filled in by ``IDS``.
Whoever is not signed in gets 401 everywhere but at ``OPEN`` operations.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.api.server.world import PLAN_ID, TRIP, identity
from workforce.roles import Role

WHOSE = ("own", "foreign", "none")
EVERYBODY = " ".join(Role)

# By word: the object of the side that asks, of the other side, and one that there is not.
IDS: Mapping[str, tuple[str, str, str]] = {
    "worker": ("WA2", "WB2", "WX2"),
    "number": (identity(2), identity(12), identity(99)),
    "enterprise": ("ENT-A", "ENT-B", "ENT-X"),
    "hotel": ("HOT-A", "HOT-B", "HOT-X"),
    "vacancy": ("VAC-A", "VAC-B", "VAC-X"),
    "trip": (TRIP["A"], TRIP["B"], "TX"),
    "plan": (PLAN_ID, PLAN_ID, "p_none"),
}
NEW = {"If-None-Match": "*"}
FIRST = {"If-Match": '"1"'}
SEALED_PASSWORD = "seven quiet coaches at dawn"


@dataclass(frozen=True)
class Line:
    """An operation's request and what comes of it."""

    operation: str
    method: str
    path: str
    answers: Mapping[Role, tuple[int, ...]]
    json: Any = None
    headers: Mapping[str, str] | None = None

    @property
    def names_objects(self) -> bool:
        return any(len(statuses) == 3 for statuses in self.answers.values())


def line(operation: str, request: str, answers: str, json: Any = None, headers: Any = None) -> Line:
    method, _, path = request.partition(" ")
    found: dict[Role, tuple[int, ...]] = {}
    for part in filter(None, map(str.strip, answers.split(";"))):
        *roles, statuses = part.split()
        found |= {Role(role): tuple(map(int, statuses.split("/"))) for role in roles}
    return Line(operation, method, path, found, json, headers)


def filled(what: Any, ids: Mapping[str, str]) -> Any:
    """Text, or all texts of a body, with the words in braces filled in."""
    if isinstance(what, str):
        for word, value in ids.items():
            what = what.replace("{" + word + "}", value)
        return what
    if isinstance(what, dict):
        return {key: filled(value, ids) for key, value in what.items()}
    if isinstance(what, list):
        return [filled(value, ids) for value in what]
    return what


_VACANCY = {
    "vacancy_id": "{vacancy}", "enterprise_id": "{enterprise}", "occupation": "welder",
    "headcount": 3, "fill_by": "2020-03-09",
}  # fmt: skip
_ROW = {
    "姓名": "丙工9号", "手机号": "13811110009", "住址": "甘肃省兰州市城关区",
    "最早出发日期": "2020-03-01", "最迟到达日期": "2020-03-08",
}  # fmt: skip
_LIAISON = {"name": "丙联络", "phone": "13811110008"}
_REASON = "?reason=asked by the family"

TABLE: Sequence[Line] = (
    # Signing in, and what is one's own.
    line("sign_out", "DELETE /v1/session", f"{EVERYBODY} 204"),
    line("who_am_i", "GET /v1/me", f"{EVERYBODY} 200"),
    line("change_password", "PUT /v1/me/password", f"{EVERYBODY} 409", {"old": "x", "new": "y"}),
    line("list_sessions", "GET /v1/me/sessions", f"{EVERYBODY} 200"),
    line("end_session", "DELETE /v1/me/sessions/{session}", f"{EVERYBODY} 404/404/404"),
    # Accounts.
    line("list_accounts", "GET /v1/accounts", "administrator auditor 200"),
    line(
        "create_account", "POST /v1/accounts", "administrator 201/201/422",
        {"role": "enterprise", "name": "liaison", "subject": "{enterprise}"},
    ),
    line("read_account", "GET /v1/accounts/{account}", "administrator auditor 200/200/404"),
    line("disable_account", "POST /v1/accounts/{account}/disable", "administrator 200/200/404"),
    line(
        "set_password", "PUT /v1/accounts/{account}/password", "administrator 409/409/404",
        {"password": SEALED_PASSWORD},
    ),
    line("end_sessions", "DELETE /v1/accounts/{account}/sessions", "administrator 204/204/404"),
    line("list_keys", "GET /v1/accounts/{account}/keys", "administrator auditor 200/200/404"),
    line("create_key", "POST /v1/accounts/{account}/keys", "administrator 201/201/404", {"name": "k"}),
    line("revoke_key", "DELETE /v1/accounts/{account}/keys/{key}", "administrator 204/204/404"),
    line("list_audit", "GET /v1/audit", "administrator auditor 200"),
    # People.
    line(
        "list_people", "GET /v1/people",
        "planner administrator health auditor enterprise origin 200",
    ),
    line("list_workers", "GET /v1/workers", "planner enterprise 200"),
    line("search_workers", "POST /v1/workers/search", "planner enterprise 200", {"find": "{number}"}),
    line(
        "search_people", "POST /v1/people/search",
        "planner administrator health auditor enterprise origin 200", {"find": "{number}"},
    ),
    line("read_worker", "GET /v1/workers/{worker}", "planner 200/200/404; enterprise 200/404/404"),
    line(
        "withdraw_worker", "POST /v1/workers/{worker}/withdraw",
        "planner 204/204/404; enterprise 204/404/404",
    ),
    line(
        "read_personal", "GET /v1/workers/{worker}/personal" + _REASON,
        "planner health 200/200/404; enterprise coordinator 200/404/404",
    ),
    line(
        "read_contact", "GET /v1/enterprises/{enterprise}/contact" + _REASON,
        "planner 200/200/404; enterprise 200/404/404",
    ),
    line(
        "erase_worker", "POST /v1/workers/{worker}/erase", "planner administrator 200/200/404",
        {"reason": "asked in writing"},
    ),
    line(
        "make_link", "POST /v1/workers/{worker}/link", "planner 201/201/404; enterprise 201/404/404",
        {"days": 3},
    ),
    line(
        "revoke_link", "DELETE /v1/workers/{worker}/link",
        "planner 204/204/404; enterprise 204/404/404",
    ),
    line("read_health", "GET /v1/workers/{worker}/health" + _REASON, "health 200/200/404"),
    # What published plans say.
    line(
        "list_trips", "GET /v1/trips",
        "planner administrator health auditor enterprise coordinator hotel carrier origin 200",
    ),
    line(
        "read_trip", "GET /v1/trips/{plan}/{trip}",
        "planner administrator health auditor 200/200/404;"
        "enterprise coordinator hotel carrier origin 200/404/404",
    ),
    line(
        "list_stays", "GET /v1/stays",
        "planner administrator health auditor enterprise coordinator hotel origin 200",
    ),
    line("list_costs", "GET /v1/costs", "planner administrator auditor enterprise hotel carrier 200"),
    # The trip log: who may report gets an answer, which tells of each report whether it was taken.
    line(
        "record_events", "POST /v1/events",
        "planner enterprise coordinator hotel carrier health worker 200",
        {"events": [{"kind": "noted", "nonce": "n-of-matrix", "at": "2020-03-02T08:00:00Z"}]},
    ),
    line("list_checkpoints", "GET /v1/log/checkpoints", f"{EVERYBODY} 200"),
    line("newest_checkpoint", "GET /v1/log/checkpoint", f"{EVERYBODY} 404"),  # nothing was reported yet
    line("log_public_key", "GET /v1/log/public-key", f"{EVERYBODY} 200"),
    line(
        "prove_inclusion", "GET /v1/log/proofs/inclusion?seq=1&size=1",
        "planner administrator auditor 404",
    ),
    line(
        "prove_consistency", "GET /v1/log/proofs/consistency?old=1&new=1",
        "planner administrator auditor 404",
    ),
    line("list_events", "GET /v1/events", "planner administrator auditor health 200"),
    line(
        "list_trip_events", "GET /v1/trips/{plan}/{trip}/events",
        "planner administrator health auditor 200/200/404; coordinator 200/404/404",
    ),
    line(
        "read_course", "GET /v1/trips/{plan}/{trip}/course",
        "planner administrator health auditor 200/200/404;"
        "enterprise coordinator hotel carrier origin 200/404/404",
    ),
    line(
        "list_journeys", "GET /v1/journeys",
        "planner administrator health auditor enterprise coordinator hotel origin worker 200",
    ),
    line(
        "read_journey", "GET /v1/journeys/{worker}",
        "planner administrator health auditor 200/200/404;"
        "enterprise coordinator hotel origin worker 200/404/404",
    ),
    # Tracing.
    line(
        "make_trace", "POST /v1/traces", "health 201/201/404",
        {"worker_id": "{worker}", "symptoms_at": "2020-02-19T20:00:00+08:00"},
    ),
    line("list_traces", "GET /v1/traces", "planner health 200"),
    line("read_trace", "GET /v1/traces/{trace}", "planner health 200/200/404"),
    line("export_contacts", "GET /v1/traces/{trace}/contacts", "health 200/200/404"),
    line("export_contacts", "GET /v1/traces/{trace}/contacts?format=xlsx", "health 200/200/404"),
    line("trace_picture", "GET /v1/traces/{trace}/picture", "health 200/200/404"),
    line("apply_trace", "POST /v1/traces/{trace}/apply", "health 200/200/404"),
    # Papers.
    line(
        "trip_paper", "GET /v1/trips/{plan}/{trip}/papers/manifest.html",
        "planner 200/200/404; enterprise coordinator hotel 200/404/404; carrier 403/404/404",
    ),
    line(
        "trip_paper", "GET /v1/trips/{plan}/{trip}/papers/pass.pdf",
        "planner 409/409/404; enterprise coordinator hotel carrier 409/404/404",
    ),
    line(
        "room_list", "GET /v1/hotels/{hotel}/papers/rooms.csv",
        "planner health 200/200/404; hotel 200/404/404",
    ),
    line(
        "release_paper", "GET /v1/journeys/{worker}/papers/release.pdf",
        "planner health 409/409/404; enterprise hotel worker 409/404/404",
    ),
    # Money and the ledger.
    line("settle", "POST /v1/settlements", "planner 200"),
    line(
        "list_settlements", "GET /v1/settlements",
        "planner administrator auditor enterprise hotel carrier 200",
    ),
    line("list_parties", "GET /v1/settlements/parties", "planner administrator auditor 200"),
    line(
        "read_statement", "GET /v1/settlements/statements/enterprise/{enterprise}.csv",
        "planner administrator auditor 200/200/404; enterprise 200/404/404; hotel carrier 404/404/404",
    ),
    line("read_ledger", "GET /v1/ledger/2020-03-02.json", "planner administrator auditor health 200"),
    # Phones in the field; what a phone itself may ask is in tests/api/server/test_field.py.
    line(
        "make_field_link", "POST /v1/trips/{plan}/{trip}/links",
        "planner 201/201/404; coordinator carrier 201/404/404", {"phones": 1},
    ),
    line(
        "list_field_links", "GET /v1/trips/{plan}/{trip}/links",
        "planner administrator auditor 200/200/404; coordinator carrier 200/404/404",
    ),
    line(
        "revoke_field_link", "DELETE /v1/trips/{plan}/{trip}/links/{link}",
        "planner 204/204/404; coordinator carrier 204/404/404",
    ),
    line(
        "revoke_phone", "DELETE /v1/trips/{plan}/{trip}/links/{link}/phones/{device}",
        "planner 204/204/404; coordinator carrier 204/404/404",
    ),
    line(
        "read_field_code", "GET /v1/trips/{plan}/{trip}/code", "planner 200/200/404; coordinator 200/404/404"
    ),
    line(
        "renew_field_code", "POST /v1/trips/{plan}/{trip}/code",
        "planner 200/200/404; coordinator 200/404/404",
    ),
    line("read_manifest", "GET /v1/field/manifest", "coordinator hotel enterprise 404"),
    # A worker's own.
    line("my_trip", "GET /v1/my/trip", "worker 200"),
    line("open_link", "POST /v1/my/opening", "worker 201", {"digits": identity(2)[-4:]}),
    line("my_health", "POST /v1/my/health", "worker 201", {"temperature": 36.6}),
    line("my_answer", "POST /v1/my/answer", "worker 200", {"answer": "accept"}),
    line("list_answers", "GET /v1/answers", "planner enterprise 200"),
    # The registry.
    line("list_records", "GET /v1/records/pickups", "planner administrator auditor enterprise 200"),
    line("list_records", "GET /v1/records/workers", "planner administrator auditor enterprise 200"),
    line("list_records", "GET /v1/records/enterprises", "planner administrator auditor enterprise 200"),
    line(
        "read_record", "GET /v1/records/vacancies/{vacancy}",
        "planner administrator auditor 200/200/404; enterprise 200/404/404",
    ),
    line(
        "read_record", "GET /v1/records/workers/{worker}",
        "planner administrator auditor 200/200/404; enterprise 200/404/404",
    ),
    line(
        "read_history", "GET /v1/records/enterprises/{enterprise}/history",
        "planner administrator auditor 200/200/404; enterprise 200/404/404",
    ),
    line(
        "put_record", "PUT /v1/records/vacancies/{vacancy}",
        "planner 200/200/412; enterprise 200/404/404", _VACANCY, FIRST,
    ),
    line(
        "put_record", "PUT /v1/records/vacancies/{enterprise}-N",
        "planner 201/201/201; enterprise 201/404/404", {**_VACANCY, "vacancy_id": "{enterprise}-N"}, NEW,
    ),
    line(
        "remove_record", "DELETE /v1/records/vacancies/{vacancy}",
        "planner 204/204/404; enterprise 204/404/404", None, FIRST,
    ),
    line(
        "fill_vacancy", "POST /v1/vacancies/{vacancy}/fill",
        "planner 200/200/404; enterprise 200/404/404", {"count": 1}, FIRST,
    ),
    line(
        "withdraw_vacancy", "POST /v1/vacancies/{vacancy}/withdraw",
        "planner 204/204/404; enterprise 204/404/404", None, FIRST,
    ),
    # What enterprises send, and what is to be decided.
    line(
        "submit", "POST /v1/submissions/workers?enterprise={enterprise}",
        "planner 201/201/409; enterprise 201/404/404", [_ROW],
    ),
    line("submission_form", "GET /v1/submissions/workers/form.xlsx", "planner administrator enterprise 200"),
    line("list_submissions", "GET /v1/submissions", "planner enterprise 200"),
    line(
        "read_submission", "GET /v1/submissions/{submission}",
        "planner 200/200/404; enterprise 200/404/404",
    ),
    line(
        "refused_rows", "GET /v1/submissions/{submission}/refused.xlsx",
        "planner 200/200/404; enterprise 200/404/404",
    ),
    line("list_items", "GET /v1/items", "planner administrator auditor enterprise health 200"),
    line(
        "read_item", "GET /v1/items/{item}",
        "planner administrator auditor 200/200/404; enterprise 200/404/404; health 404/404/404",
    ),
    line(
        "read_item", "GET /v1/items/{fever}",
        "planner administrator auditor health 200/200/404; enterprise 404/404/404",
    ),
    line(
        "settle_item", "POST /v1/items/{item}/settle",
        "planner 200/200/404; health 404/404/404", {"decision": "seen"}, FIRST,
    ),
    line(
        "settle_item", "POST /v1/items/{fever}/settle", "planner health 200/200/404",
        {"decision": "called"}, FIRST,
    ),
    line("list_owners", "GET /v1/items/{item}/owners", "planner 200/200/404"),
    line(
        "hotel_desk", "GET /v1/hotels/{hotel}/desk",
        "planner health 200/200/404; hotel 200/404/404",
    ),
    line(
        "enterprise_desk", "GET /v1/enterprises/{enterprise}/desk",
        "planner 200/200/404; enterprise 200/404/404",
    ),
    line("health_desk", "GET /v1/health/desk", "planner health 200"),
    line(
        "read_stages", "GET /v1/trips/{plan}/{trip}/stages",
        "planner administrator auditor health 200/200/404; coordinator carrier 200/404/404",
    ),
    line("list_kits", "GET /v1/kits", "planner administrator auditor hotel carrier 200"),
    line(
        "list_steps", "GET /v1/journeys/{worker}/steps",
        "planner administrator auditor health 200/200/404; "
        "enterprise coordinator hotel origin worker 200/404/404",
    ),
    line("count_items", "GET /v1/items/counts", "planner administrator auditor enterprise health 200"),
    line(
        "note_item", "POST /v1/items/{item}/notes",
        "planner 201/201/404; enterprise 201/404/404; health 404/404/404", {"text": "called twice"},
    ),
    line(
        "assign_item", "POST /v1/items/{item}/assign", "planner 200/200/404", {"account_id": None}, FIRST,
    ),
    line(
        "level_item", "POST /v1/items/{fever}/level", "planner health 200/200/404",
        {"level": "prefecture"}, FIRST,
    ),
    line("list_proposals", "GET /v1/proposals", "planner administrator auditor enterprise worker 200"),
    line(
        "read_proposal", "GET /v1/proposals/{proposal}",
        "planner administrator auditor 200/200/404; enterprise worker 200/404/404",
    ),
    line("accept_proposal", "POST /v1/proposals/{proposal}/accept", "enterprise worker 200/404/404"),
    line("decline_proposal", "POST /v1/proposals/{proposal}/decline", "enterprise worker 200/404/404"),
    line("list_return_plans", "GET /v1/return-plans", "planner administrator auditor enterprise 200"),
    line(
        "make_return_plan", "POST /v1/return-plans", "planner 201/201/409; enterprise 201/404/404",
        {"title": "second", "enterprise_id": "{enterprise}", "liaison": _LIAISON},
    ),
    line(
        "read_return_plan", "GET /v1/return-plans/{return}",
        "planner administrator auditor 200/200/404; enterprise 200/404/404",
    ),
    line(
        "read_liaison", "GET /v1/return-plans/{return}/liaison" + _REASON,
        "planner 200/200/404; enterprise 200/404/404",
    ),
    line(
        "edit_return_plan", "PATCH /v1/return-plans/{return}",
        "planner 200/200/404; enterprise 200/404/404", {"says": {"title": "third"}}, FIRST,
    ),
    line(
        "submit_return_plan", "POST /v1/return-plans/{return}/submit",
        "planner 200/200/404; enterprise 200/404/404", None, FIRST,
    ),
    line("approve_return_plan", "POST /v1/return-plans/{return}/approve", "planner 409/409/404", None, FIRST),
    line(
        "send_back_return_plan", "POST /v1/return-plans/{return}/send-back", "planner 409/409/404",
        {"reason": "beds are missing"}, FIRST,
    ),
    line(
        "advance_return_plan", "POST /v1/return-plans/{return}/advance", "planner 409/409/404",
        {"step": "set_out"}, FIRST,
    ),
    # Scenarios, jobs, plans.
    line("import_scenario", "POST /v1/imports", "planner 415"),
    line("make_scenario", "POST /v1/scenarios", "planner 201", {"name": "again"}),
    line("list_scenarios", "GET /v1/scenarios", "planner administrator auditor 200"),
    line("read_scenario", "GET /v1/scenarios/{scenario}", "planner administrator auditor 200/200/404"),
    line(
        "export_scenario", "GET /v1/scenarios/{scenario}/export", "planner administrator auditor 200/200/404"
    ),
    line("start_job", "POST /v1/plans", "planner 202/202/404", {"scenario_id": "{scenario}"}),
    line("list_jobs", "GET /v1/jobs", "planner administrator auditor 200"),
    line("read_job", "GET /v1/jobs/{job}", "planner administrator auditor 200/200/404"),
    line("follow_job", "GET /v1/jobs/{job}/events", "planner administrator auditor 200/200/404"),
    line("cancel_job", "POST /v1/jobs/{job}/cancel", "planner 202/202/404"),
    line("list_plans", "GET /v1/plans", "planner administrator auditor 200"),
    line("read_plan", "GET /v1/plans/{plan}", "planner administrator auditor 200/200/404"),
    line("list_plan_trips", "GET /v1/plans/{plan}/trips", "planner administrator auditor 200/200/404"),
    line(
        "read_plan_trip", "GET /v1/plans/{plan}/trips/{trip}", "planner administrator auditor 200/200/404"
    ),
    line("list_unserved", "GET /v1/plans/{plan}/unserved", "planner administrator auditor 200/200/404"),
    line("check_plan", "GET /v1/plans/{plan}/check", "planner administrator auditor 200/200/404"),
    line(
        "compare_plan", "GET /v1/plans/{plan}/compare?with={plan}",
        "planner administrator auditor 200/200/404",
    ),
    line("export_plan", "GET /v1/plans/{plan}/export", "planner administrator auditor 200/200/404"),
    line("put_plan", "PUT /v1/plans/{plan}/content", "planner 415", None, FIRST),
    line("publish_plan", "POST /v1/plans/{plan}/publish", "planner 200/200/404", None, FIRST),
)  # fmt: skip
