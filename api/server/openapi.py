"""The OpenAPI document: what FastAPI reads off the routes, and what holds for all of them.

A route declares its parameters, its body and its answer when all goes well.  Added here, once for
all: refusals as problem details, keys and cookies, and the headers of requests and answers.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from fastapi.routing import APIRoute, RouteContext, iter_route_contexts

from api.server.access import OPEN, SEARCHES
from api.server.asks import SESSION_COOKIE
from api.server.problems import KINDS, MEDIA_TYPE, ProblemBody

TITLE = "Guicheng 归程"
_REF = "#/components/schemas/"
_ABOUT = """\
The bureau's server: registry, scenarios, planning jobs, plans. 人社部门的服务器：登记、方案、编制任务、计划。

Send a key as `Authorization: Bearer KEY`, or sign in at `POST /v1/session`. Refusals are problem
details (RFC 9457) in the language of `Accept-Language` (`zh`, `en`). Lists come in pages: pass `next`
as `after` until it is null. Repeat a POST safely by giving it an `Idempotency-Key`.
以 `Authorization: Bearer 密钥` 调用，或先 `POST /v1/session` 登录。出错时按 `Accept-Language`
以中文或英文返回问题详情（RFC 9457）。列表分页返回：把 `next` 作为 `after` 传入，直到为空。
POST 带上 `Idempotency-Key` 即可放心重发。
"""

# Operations that ask for If-Match: somebody else may have changed the thing since it was read.
CONDITIONAL = frozenset(
    [
        "put_record",
        "remove_record",
        "put_plan",
        "publish_plan",
        "fill_vacancy",
        "withdraw_vacancy",
        "settle_item",
        "assign_item",
        "level_item",
        "edit_return_plan",
        "submit_return_plan",
        "approve_return_plan",
        "send_back_return_plan",
        "advance_return_plan",
    ]
)
# Operations whose answer bears the thing's ETag.
VERSIONED = frozenset(
    [
        "read_record",
        "put_record",
        "read_plan",
        "put_plan",
        "publish_plan",
        "fill_vacancy",
        "read_item",
        "note_item",
        "assign_item",
        "level_item",
        "settle_item",
        "read_return_plan",
        "make_return_plan",
        "edit_return_plan",
        "submit_return_plan",
        "approve_return_plan",
        "send_back_return_plan",
        "advance_return_plan",
    ]
)
# Operations whose answer says in Location where what they made is.
LOCATED = frozenset(
    ["make_scenario", "start_job", "submit", "create_account", "make_return_plan", "make_trace"]
)

# Operations that name no object and may find nothing, and readings of what may be withheld for now.
MAY_BE_MISSING = frozenset(["newest_checkpoint", "prove_inclusion", "prove_consistency", "read_manifest"])
WITHHELD = frozenset(["trip_paper", "release_paper"])

# What examples have in an address where the route gives none, and bodies that no model describes.
ADDRESS_EXAMPLES = {
    "table": "pickups",
    "key": "P1",
    "scenario_id": "0123456789abcdef",
    "job_id": "j_0123456789ab",
    "plan_id": "p_0123456789ab",
    "hotel_id": "H1",
    "paper": "manifest",
    "token": "Vb0Xk7QmN2sT5wYz8aBcDe",
    "party": "enterprise",
    "subject": "E1",
    "day": "2020-03-02",
    "form": "html",
    "trip_id": "T1",
    "account_id": "a_0123456789ab",
    "key_id": "k_0123456789ab",
    "session_id": "0123456789abcdef",
    "submission_id": "s_0123456789ab",
    "proposal_id": "W1|V1",
    "worker_id": "W1",
    "trace_id": "t_0123456789ab",
    "enterprise_id": "E1",
    "link_id": "fl_0123456789ab",
    "device": "k_0123456789ab",
    "with": "p_0123456789ab",
    "reason": "roll call of 24 February",
}
BODY_EXAMPLES: Mapping[str, Any] = {
    "assign_item": {"account_id": None},
    "put_record": {"pickup_id": "P1", "name": "汽车站", "adcode": "620102", "lat": 36.06, "lon": 103.84},
}


def api_routes(app: FastAPI) -> Iterator[tuple[RouteContext, APIRoute]]:
    """Every route of the API itself, with its whole path."""
    for context in iter_route_contexts(app.routes):
        if isinstance(context.original_route, APIRoute):
            yield context, context.original_route


def document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document of the application."""
    found = get_openapi(title=TITLE, version=app.version, description=_ABOUT, routes=app.routes)
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):  # FastAPI's own form; ours is Problem
        schemas.pop(name, None)
    problem = ProblemBody.model_json_schema(ref_template=_REF + "{model}")
    schemas.update(problem.pop("$defs"))
    schemas["Problem"] = problem
    components["securitySchemes"] = {
        "key": {"type": "http", "scheme": "bearer", "description": "An API key. API 密钥。"},
        "session": {"type": "apiKey", "in": "cookie", "name": SESSION_COOKIE},
    }
    components["responses"] = {f"Refused{k.status}": _refusal(k.status) for k in KINDS.values()}
    for methods in found["paths"].values():
        for method, operation in methods.items():
            _complete(operation, method)
            _illustrate(operation, schemas)
    return found


def _complete(operation: dict[str, Any], method: str) -> None:
    name = operation["operationId"]
    writes = method != "get" and name not in SEARCHES
    given = operation.setdefault("parameters", [])
    given += [p for p in _request_headers(name, method) if p["name"] not in {q["name"] for q in given}]
    responses = operation["responses"]
    responses.pop("422", None)
    for status, response in responses.items():
        if status.startswith("2"):
            response.setdefault("headers", {}).update(_answer_headers(name, method, status))
    in_path = any(p["in"] == "path" for p in given)
    for status in sorted(_refusals(name, writes, in_path, "requestBody" in operation, bool(given))):
        responses[str(status)] = {"$ref": f"#/components/responses/Refused{status}"}
    operation["security"] = [] if name in OPEN else [{"key": []}, {"session": []}]


def _illustrate(operation: dict[str, Any], schemas: Mapping[str, Any]) -> None:
    """Give every part of a path and every JSON body an example that can be sent as it is."""
    for parameter in operation["parameters"]:
        if parameter.get("required"):
            told = _example(parameter["schema"], schemas) or ADDRESS_EXAMPLES[parameter["name"]]
            parameter["example"] = told
    body = operation.get("requestBody", {}).get("content", {}).get("application/json")
    if body is not None:
        made = BODY_EXAMPLES.get(operation["operationId"]) or _example(body["schema"], schemas)
        body.setdefault("example", made)


def _example(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    """What the fields of a schema give as examples, put together; fields without one are left out."""
    if schema.get("examples"):
        return schema["examples"][0]
    if "$ref" in schema:
        return _example(schemas[schema["$ref"].removeprefix(_REF)], schemas)
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("default") is not None:
        return schema["default"]
    if "anyOf" in schema:
        return _example(schema["anyOf"][0], schemas)
    if schema.get("type") == "array":
        item = _example(schema["items"], schemas)
        return None if item is None else [item]
    told = {name: _example(field, schemas) for name, field in schema.get("properties", {}).items()}
    return {name: value for name, value in told.items() if value is not None} or None


def _request_headers(name: str, method: str) -> Iterator[dict[str, Any]]:
    yield _header("Accept-Language", "`zh` or `en`. 语言。", ["zh", "en"])
    if method == "post" and name not in OPEN | SEARCHES:
        yield _header(
            "Idempotency-Key",
            "A repeated request with the same key gets the first answer. 重发时带同一键，得到首次的答复。",
            pattern=r"^[\x21-\x7e]{1,200}$",
        )
    if name in CONDITIONAL:
        yield _header("If-Match", "The ETag of what was read. 读取时得到的 ETag。", ['"1"'])
    if name == "put_record":
        yield _header("If-None-Match", "`*`: only if there is none yet. `*`：仅当尚不存在。", ["*"])


def _header(
    name: str, description: str, examples: Iterable[str] = (), pattern: str | None = None
) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string"}
    if pattern:
        schema["pattern"] = pattern
    if examples:
        schema["examples"] = list(examples)
    return {"name": name, "in": "header", "required": False, "description": description, "schema": schema}


def _answer_headers(name: str, method: str, status: str) -> dict[str, Any]:
    headers = {"X-Request-ID": _told("As in the server's log. 与服务器日志一致。")}
    if name in VERSIONED:
        headers["ETag"] = _told("The version; send it as If-Match. 版本，修改时作为 If-Match 送回。")
    if name in LOCATED:
        headers["Location"] = _told("Where it is. 所在地址。")
    if method == "post" and name not in OPEN | SEARCHES:
        replayed = _told("`true`: the answer of the first such request. `true`：首次请求的答复。")
        headers["Idempotent-Replayed"] = {**replayed, "required": False}
    return headers


def _told(description: str) -> dict[str, Any]:
    return {"description": description, "required": True, "schema": {"type": "string"}}


def _refusals(name: str, writes: bool, in_path: bool, has_body: bool, has_parameters: bool) -> set[int]:
    statuses = {429, 500, 503}
    if name == "sign_in":
        statuses |= {401}
    if name not in OPEN:
        statuses |= {401, 403}
        if writes:
            statuses |= {409}
    if in_path or writes or name in MAY_BE_MISSING:
        statuses |= {404}
    if name in WITHHELD:
        statuses |= {409}
    if has_body:
        statuses |= {400, 408, 413, 415}
    if has_body or has_parameters or writes:
        statuses |= {422}
    if name in CONDITIONAL:
        statuses |= {412, 428}
    return statuses


def _refusal(status: int) -> dict[str, Any]:
    codes = [f"`{code}`" for code, kind in KINDS.items() if kind.status == status]
    headers: Mapping[str, Any] = {}
    if status in (429, 503):
        headers = {"Retry-After": _told("Seconds to wait. 需等待的秒数。")}
    if status == 401:
        headers = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return {
        "description": f"{HTTPStatus(status).phrase}: {', '.join(codes)}",
        "headers": {**headers, "X-Request-ID": _told("As in the server's log. 与服务器日志一致。")},
        "content": {MEDIA_TYPE: {"schema": {"$ref": _REF + "Problem"}}},
    }
