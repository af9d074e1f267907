"""What a request can be refused for: problem details (RFC 9457) with a stable code, cause and remedy.

Faults of submitted rows keep the codes that the command line gives them; they are listed under
``faults`` of the problem.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import Request
from fastapi.responses import JSONResponse

from api.language import Language
from workforce.faults import Fault, Text

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True, slots=True)
class Kind:
    """A status, and texts that are templates over named values."""

    status: int
    title: Text
    remedy: Text


KINDS: Mapping[str, Kind] = {
    "not_signed_in": Kind(
        401,
        Text("请求没有有效的登录或密钥。", "The request carries no valid session or key."),
        Text("请先登录，或使用未过期的 API 密钥。", "Sign in, or use an API key that has not expired."),
    ),
    "wrong_password": Kind(
        401,
        Text("用户名或密码不正确。", "The login or the password is wrong."),
        Text(
            "请核对后重试；忘记密码请联系管理员。", "Try again, or ask an administrator for a new password."
        ),
    ),
    "wait": Kind(
        429,
        Text(
            "登录失败次数过多，请在 {seconds} 秒后再试。",
            "Too many failed sign-ins: try again in {seconds} seconds.",
        ),
        Text("忘记密码请联系管理员。", "Ask an administrator if the password is lost."),
    ),
    "too_many_requests": Kind(
        429,
        Text("请求过于频繁。", "There are too many requests."),
        Text("请在 {seconds} 秒后再试。", "Try again in {seconds} seconds."),
    ),
    "not_allowed": Kind(
        403,
        Text("该账号无权进行此操作。", "This account may not do that."),
        Text("请由有权限的人员办理。", "Ask somebody whose role covers it."),
    ),
    "scope_missing": Kind(
        403,
        Text("该密钥没有“{scope}”权限。", "This key lacks the scope {scope}."),
        Text("请使用具备该权限的密钥。", "Use a key that has it."),
    ),
    "not_found": Kind(
        404,
        Text("没有这样的内容，或不属于该账号。", "There is no such thing, or it is not this account's."),
        Text("请核对地址中的编号。", "Check the ids in the address."),
    ),
    "method_not_allowed": Kind(
        405,
        Text("此地址不支持 {method}。", "This address does not know {method}."),
        Text("可用的方法见 /docs。", "See /docs for what it knows."),
    ),
    "invalid": Kind(
        422,
        Text("请求内容有误。", "The request is faulty."),
        Text("请按所列各项修改后重发。", "Mend what is listed and send it again."),
    ),
    "media_type": Kind(
        415,
        Text("不支持内容类型“{given}”。", "The content type {given} is not known here."),
        Text("可用的类型：{known}。", "Known are: {known}."),
    ),
    "too_large": Kind(
        413,
        Text("请求超过 {limit} 字节。", "The request is larger than {limit} bytes."),
        Text("请分批提交。", "Send it in parts."),
    ),
    "stale": Kind(
        412,
        Text(
            "内容已被他人修改（现为第 {version} 版）。",
            "Somebody has changed it since (it is at version {version}).",
        ),
        Text("请重新读取后再改。", "Read it again, then change it."),
    ),
    "if_match_missing": Kind(
        428,
        Text("修改须带 If-Match。", "A change needs If-Match."),
        Text("请先读取，并带上返回的 ETag。", "Read it first and send the ETag that came with it."),
    ),
    "key_reused": Kind(
        422,
        Text("此 Idempotency-Key 已用于另一请求。", "This Idempotency-Key was used for another request."),
        Text("请为新请求换一个键。", "Use a new key for a new request."),
    ),
    "conflict": Kind(
        409,
        Text("当前状态不允许：{why_zh}。", "It cannot be done as things stand: {why_en}."),
        Text("请先处理该情况。", "Settle that first."),
    ),
    "enterprise_unregistered": Kind(
        409,
        Text("企业“{enterprise}”尚未登记。", "The enterprise {enterprise} is not registered yet."),
        Text(
            "请先登记企业资料（PUT /v1/records/enterprises/…）。",
            "Register it first (PUT /v1/records/enterprises/…).",
        ),
    ),
    "by_submission": Kind(
        409,
        Text(
            "人员信息只能通过提交登记或撤回。",
            "Workers are submitted and withdrawn, never written one by one.",
        ),
        Text(
            "请用 POST /v1/submissions/workers 或 POST /v1/workers/…/withdraw。",
            "Use POST /v1/submissions/workers, or POST /v1/workers/…/withdraw.",
        ),
    ),
    "not_now": Kind(
        409,
        Text(
            "返岗计划处于“{state}”状态，不能这样做。",
            "The return plan is in the state {state}; it cannot be done.",
        ),
        Text(
            "请先读取计划，看它目前的状态；审核方式由主管部门设定（{review}）。",
            "Read the plan to see where it stands; the bureau sets how plans are reviewed ({review}).",
        ),
    ),
    "no_choice": Kind(
        422,
        Text("“{decision}”不是可选的裁定。", "{decision} is none of the possible decisions."),
        Text("可选：{choices}。", "Possible are: {choices}."),
    ),
    "too_many_filled": Kind(
        409,
        Text("只剩 {open} 个空缺。", "Only {open} posts are open."),
        Text("请重新读取后再填。", "Read the vacancy again."),
    ),
    "over": Kind(
        409,
        Text("此事已了结（{state}）。", "It is over already ({state})."),
        Text("无需再处理。", "Nothing is left to do."),
    ),
    "internal": Kind(
        500,
        Text("服务器内部错误。", "The server failed."),
        Text(
            "请稍后重试；如再出现，请把请求编号告诉管理员。",
            "Try again; if it persists, tell the administrator the request id.",
        ),
    ),
    "not_ready": Kind(
        503,
        Text("数据库暂不可用。", "The database is not available."),
        Text("请稍后重试。", "Try again soon."),
    ),
}


class Problem(Exception):
    """A refusal on its way out."""

    def __init__(
        self,
        code: str,
        faults: Iterable[Fault] = (),
        headers: Mapping[str, str] | None = None,
        **values: object,
    ) -> None:
        super().__init__(code)
        self.code, self.values = code, values
        self.faults, self.headers = tuple(faults), dict(headers or {})


def language_of(request: Request) -> Language:
    """Chinese, unless the reader prefers English."""
    wanted = request.headers.get("accept-language", "").lower()
    ranked = []
    for i, part in enumerate(wanted.split(",")):
        tag, _, q = part.strip().partition(";q=")
        try:
            ranked.append((-float(q or 1), i, tag[:2]))
        except ValueError:
            continue
    for _, _, tag in sorted(ranked):
        if tag in ("zh", "en"):
            return Language(tag)
    return Language.ZH


def picked(text: Text, language: Language) -> str:
    return text.en if language is Language.EN else text.zh


def fault_json(fault: Fault, language: Language) -> dict[str, Any]:
    """A fault of submitted content as the API tells it."""
    return {
        "table": fault.table,
        "row": fault.row,
        "field": fault.column,
        "code": fault.code,
        "severity": str(fault.severity),
        "message": picked(fault.message, language),
        "remedy": picked(fault.remedy, language),
    }


def problem_response(request: Request, problem: Problem) -> JSONResponse:
    kind, language = KINDS[problem.code], language_of(request)
    content: dict[str, Any] = {
        "type": f"/problems/{problem.code}",
        "title": picked(kind.title, language).format(**problem.values),
        "status": kind.status,
        "code": problem.code,
        "remedy": picked(kind.remedy, language).format(**problem.values),
        "request_id": getattr(request.state, "request_id", None),
    }
    if problem.faults:
        content["faults"] = [fault_json(fault, language) for fault in problem.faults]
    headers = {"Content-Language": language.value, **problem.headers}
    return JSONResponse(content, kind.status, headers, MEDIA_TYPE)
