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

from tests.api.server.world import PLAN_ID, TRIP
from workforce.roles import Role

WHOSE = ("own", "foreign", "none")
EVERYBODY = " ".join(Role)

# By word: the object of the side that asks, of the other side, and one that there is not.
IDS: Mapping[str, tuple[str, str, str]] = {
    "worker": ("WA2", "WB2", "WX2"),
    "enterprise": ("ENT-A", "ENT-B", "ENT-X"),
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
    return what


_VACANCY = {
    "vacancy_id": "{vacancy}", "enterprise_id": "{enterprise}", "occupation": "welder",
    "headcount": 3, "fill_by": "2020-03-09",
}  # fmt: skip
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
        "list_workers", "GET /v1/workers",
        "planner administrator health auditor enterprise origin 200",
    ),
    line(
        "read_personal", "GET /v1/workers/{worker}/personal" + _REASON,
        "planner health 200/200/404; enterprise coordinator 200/404/404",
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
    # A worker's own.
    line("my_trip", "GET /v1/my/trip", "worker 200"),
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
        "put_record", "PUT /v1/records/vacancies/VAC-N",
        "planner 201/201/201; enterprise 201/404/404", {**_VACANCY, "vacancy_id": "VAC-N"}, NEW,
    ),
    line(
        "remove_record", "DELETE /v1/records/vacancies/{vacancy}",
        "planner 204/204/404; enterprise 204/404/404", None, FIRST,
    ),
    # Scenarios, jobs, plans.
    line("import_scenario", "POST /v1/imports", "planner 415"),
    line("make_scenario", "POST /v1/scenarios", "planner 200", {"name": "again"}),
    line("list_scenarios", "GET /v1/scenarios", "planner administrator auditor 200"),
    line("read_scenario", "GET /v1/scenarios/{scenario}", "planner administrator auditor 200/200/404"),
    line("start_job", "POST /v1/plans", "planner 202/202/404", {"scenario_id": "{scenario}"}),
    line("list_jobs", "GET /v1/jobs", "planner administrator auditor 200"),
    line("read_job", "GET /v1/jobs/{job}", "planner administrator auditor 200/200/404"),
    line("follow_job", "GET /v1/jobs/{job}/events", "planner administrator auditor 200/200/404"),
    line("cancel_job", "POST /v1/jobs/{job}/cancel", "planner 202/202/404"),
    line("list_plans", "GET /v1/plans", "planner administrator auditor 200"),
    line("read_plan", "GET /v1/plans/{plan}", "planner administrator auditor 200/200/404"),
    line("publish_plan", "POST /v1/plans/{plan}/publish", "planner 200/200/404", None, FIRST),
)  # fmt: skip
