"""The pages of a phone in the field: binding it by a code, the page that works without a network,
and plain forms for phones that run no scripts.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any
from urllib.parse import parse_qsl

from fastapi import APIRouter, Depends, Path, Request, Response
from fastapi.responses import HTMLResponse, RedirectResponse
from jinja2 import Environment, PackageLoader, StrictUndefined

from api.language import Language
from api.server.access import Grant
from api.server.asks import Asks, phone_cookie, phone_of, require_same_origin, services_of
from api.server.manifests import manifest_of
from api.server.pages import words
from api.server.plain_reports import reports_of
from api.server.problems import KINDS, Problem, language_of, told_of
from api.server.routes.trip_log import Outcome, outcomes_of
from data.accounts import By
from data.field_links import Binding, Link, bind, link_by_secret
from workforce.closed_loop import Flag

router = APIRouter(include_in_schema=False)
Secret = Annotated[str, Path(max_length=100)]

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "media-src 'self' blob:; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_TEMPLATES = Environment(
    loader=PackageLoader("api.server", "templates"), autoescape=True, undefined=StrictUndefined
)


async def _read_fields(request: Request) -> Mapping[str, str]:
    """The fields of a form, those that were left empty not among them."""
    text = (await request.body()).decode("utf-8", "replace")
    try:
        pairs = parse_qsl(text, max_num_fields=200)
    except ValueError:
        raise Problem("bad_request") from None
    return {name: value.strip() for name, value in pairs if value.strip()}


_FAULTY = "report_faulty"  # which tells whoever writes programs what is wrong
_FILLED_IN = {
    "temperature": "Temperature °C",
    "symptoms": "Symptoms",
    "minutes": "Minutes",
    "heads": "Heads",
    "plate": "Plate",
    "driver_names": "Drivers",
    "name": "Full name",
}
Fields = Annotated[Mapping[str, str], Depends(_read_fields)]
# Until a day after the last trip that anybody plans ahead; the link itself ends sooner.
_COOKIE_SECONDS = 60 * 24 * 3600


@router.get("/field/{secret}", name="page_field")
def field(secret: Secret, request: Request) -> Response:
    """The page of a bound phone; for any other the question for the code."""
    link = _link(request, secret)
    if link is None:
        return _ended(request)
    if _asks(request, link) is None:
        return _page(request, "field-code.html", secret=secret, problem=None)
    # By this header the service worker knows what is worth keeping for when there is no network.
    return _page(request, "field.html", secret=secret, link_id=link.row.id, headers={"X-Keep": "yes"})


@router.post("/field/{secret}", name="bind_phone")
def bind_phone(secret: Secret, request: Request, fields: Fields) -> Response:
    """Bind the phone by the code of the paper manifest."""
    require_same_origin(request, services_of(request))
    link = _link(request, secret)
    if link is None:
        return _ended(request)
    services, code = services_of(request), fields.get("code", "")
    by = By(link.row.account_id, services.now(), request.state.request_id)
    with services.database.write() as c:
        bound = bind(c, services.vault, by, link, code)
    if bound.key is None:
        return _not_bound(request, secret, bound)
    answer = RedirectResponse(f"/field/{secret}", 303)
    answer.set_cookie(
        phone_cookie(link.row.id),
        bound.key,
        max_age=_COOKIE_SECONDS,
        secure=services.settings.is_https,
        httponly=True,
        samesite="lax",  # a link that is opened from a message must find its phone bound
    )
    return answer


@router.get("/field/{secret}/plain", name="page_field_plain")
def plain(secret: Secret, request: Request) -> Response:
    """The trip as forms, for a phone that runs no scripts."""
    return _plain(request, secret, ())


@router.post("/field/{secret}/plain", name="report_plain")
def report_plain(secret: Secret, request: Request, fields: Fields) -> Response:
    """Take a form's reports; sent again, the same form changes nothing."""
    require_same_origin(request, services_of(request))
    link = _link(request, secret)
    asks = _asks(request, link) if link is not None else None
    if asks is None:
        return _ended(request)
    try:
        with asks.write() as c:
            reports = reports_of(asks, c, fields)
            outcomes = outcomes_of(asks, c, reports)
    except Problem as faulty:
        told = " ".join(told_of(faulty.code, asks.language, faulty.values))
        return _plain(request, secret, [_look_again(request, fields) if faulty.code == _FAULTY else told])
    refused = [one for one in outcomes if one.outcome == "refused"]
    fever = _fever(request, outcomes)
    if refused or fever:
        told_each = [f"{one.title} {one.remedy}" for one in refused if one.code != _FAULTY]
        again = [_look_again(request, fields)] if len(told_each) < len(refused) else []
        return _plain(request, secret, [*told_each, *again], fever)
    return RedirectResponse(f"/field/{secret}/plain{_query(request)}", 303)


def _look_again(request: Request, fields: Mapping[str, str]) -> str:
    """Which of the fields that somebody filled in is to be looked at; not those that nobody sees."""
    t = _words(request)
    seen = ", ".join(t(label) for name, label in _FILLED_IN.items() if name in fields)
    return t("This was not recorded: look at it again ({fields}).", fields=seen or "—")


def _fever(request: Request, outcomes: Sequence[Outcome]) -> str | None:
    """What is to be done where a temperature was a fever; None: none was."""
    t, flags = _words(request), {flag for one in outcomes for flag in one.flags}
    if Flag.FEVER not in flags:
        return None
    seat = next((one.seat for one in outcomes if one.seat is not None), None)
    if seat is not None:
        return t("Fever: to observation seat {seat}. The health officer is told.", seat=seat)
    if Flag.NO_OBSERVATION_SEAT in flags:
        return t("Fever: no observation seat is free. Keep apart, and call the desk.")
    return t("Fever: the health officer is told.")


def _plain(request: Request, secret: str, said: Sequence[str], fever: str | None = None) -> Response:
    link = _link(request, secret)
    asks = _asks(request, link) if link is not None else None
    if link is None:
        return _ended(request)
    if asks is None:
        return _page(request, "field-code.html", secret=secret, problem=None)
    manifest = manifest_of(asks, names=True)
    names = {stop.place_id: stop.name for stop in manifest.stops}
    nonces = iter(lambda: secrets.token_hex(16), None)
    return _page(
        request,
        "field-plain.html",
        secret=secret,
        trip=manifest,
        names=names,
        said=said,
        fever=fever,
        nonces=nonces,
    )


def _link(request: Request, secret: str) -> Link | None:
    services = services_of(request)
    with services.database.read() as c:
        return link_by_secret(c, secret, services.now())


def _asks(request: Request, link: Link) -> Asks | None:
    """The phone that asks, if it is bound to the link."""
    services = services_of(request)
    with services.database.read() as c:
        caller = phone_of(c, request, link.row.id)
    if caller is None:
        return None
    request.state.account_id = caller.account_id
    return Asks(request, services, caller, Grant.OWN)


def _not_bound(request: Request, secret: str, bound: Binding) -> Response:
    assert bound.refused is not None
    code, seconds = str(bound.refused), int(bound.wait.total_seconds()) + 1
    said = told_of(code, language_of(request), {"seconds": seconds})
    status = KINDS[code].status
    return _page(request, "field-code.html", status, secret=secret, problem=said)


def _ended(request: Request) -> Response:
    code = "field_link_ended"
    said = told_of(code, language_of(request), {})
    return _page(request, "field-ended.html", KINDS[code].status, problem=said)


def _page(
    request: Request,
    template: str,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
    **values: Any,
) -> Response:
    told = {
        "language": _language(request),
        "query": _query(request),
        "t": _words(request),
        "next": next,
        **values,
    }
    html = _TEMPLATES.get_template(template).render(told)
    policy = {"Content-Security-Policy": _POLICY, "Cache-Control": "no-store"}
    return HTMLResponse(html, status, {**policy, **(headers or {})})


def _words(request: Request) -> Callable[..., str]:
    known = words(_language(request))

    def t(message: str, **filled: object) -> str:
        return known.get(message, message).format(**filled)

    return t


def _language(request: Request) -> str:
    """As the address says, for whom the phone's own setting does not suit; else as the phone is set."""
    asked = request.query_params.get("lang")
    if asked in ("zh", "en"):
        return asked
    return "en" if language_of(request) is Language.EN else "zh"


def _query(request: Request) -> str:
    return f"?lang={_language(request)}" if "lang" in request.query_params else ""
