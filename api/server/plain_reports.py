"""Reports out of the fields of a plain form."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, DecimalException
from typing import Any

from pydantic import ValidationError
from sqlalchemy import Connection

from api.server.asks import Asks
from api.server.problems import Problem
from api.server.routes.trip_log import NewEvent
from data.trip_log import event_with
from workforce.triplog import FORMS, Kind, Temperature, Where

_LISTED = re.compile(r"[,;，；、\n]+")
_FULL_WIDTH = str.maketrans("０１２３４５６７８９．，,。", "0123456789....")


def reports_of(asks: Asks, c: Connection, fields: Mapping[str, str]) -> list[NewEvent]:
    """What a form reports: what it is about, before it a temperature.

    Raises:
        Problem: a field is not as it must be.
    """
    try:
        kind, nonce = Kind(fields.get("kind", "")), fields.get("nonce", "")
        found = [_report(asks, c, kind, nonce, fields)]
        if kind is Kind.BOARDED and "temperature" in fields:
            found.insert(0, _report(asks, c, Kind.MEASURED, f"{nonce}-t", {**fields, "where": Where.DOOR}))
    except (ValueError, ValidationError, DecimalException):
        raise Problem("report_faulty", fields=", ".join(sorted(fields.keys() - {"kind", "nonce"}))) from None
    return found


def _report(asks: Asks, c: Connection, kind: Kind, nonce: str, fields: Mapping[str, str]) -> NewEvent:
    form = FORMS[kind]
    said, told = (
        {
            plain: _typed(of, fields[plain])
            for name, of in part.items()
            if (plain := name.rstrip("?")) in fields
        }
        for part in (form.says, form.details)
    )
    before = event_with(c, nonce)  # a form that is sent again says when it was sent first
    return NewEvent(
        kind=kind,
        nonce=nonce,
        at=before.happened_at if before is not None else asks.services.now(),
        worker_id=fields.get("worker_id"),
        place_id=fields.get("place_id"),
        says=said,
        details=told,
    )


def _typed(of: type, text: str) -> Any:
    if of is int:
        return int(text.translate(_FULL_WIDTH))
    if of is list:
        return [part.strip() for part in _LISTED.split(text) if part.strip()]
    if of is Temperature:
        degrees = Decimal(text.translate(_FULL_WIDTH))
        if not degrees.is_finite():
            raise ValueError(text)
        return f"{degrees:.1f}"
    return text
