"""The numbers of certificates of release: each stands for one worker, whoever gives it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, insert, select

from data.loop_states import find_journey
from data.schema import certificate
from data.trip_log import Report, event_with
from workforce.closed_loop import local_day
from workforce.desks import certificate_number, certificate_series
from workforce.triplog import Kind


def next_certificate(c: Connection, hotel_id: str, at: datetime) -> str:
    """The number that the next release from a hotel is given."""
    day = local_day(at)
    of_day = certificate.c.series == certificate_series(hotel_id, day)
    return certificate_number(hotel_id, day, c.execute(select(certificate.c.number).where(of_day)).scalars())


def numbered(c: Connection, reports: Sequence[Report]) -> list[Report | None]:
    """Releases without a number get the next one of their hotel and day; in the place of one with a number
    that is somebody else's stands None."""
    given: dict[str, Report] = {}  # by nonce: the same report twice has one number
    told: list[Report | None] = []
    for report in reports:
        if report.kind is not Kind.RELEASED or report.worker_id is None:
            told.append(report)
            continue
        known = given.get(report.nonce)
        one = known if known is not None and "certificate" not in report.says else _with_number(c, report)
        given[report.nonce] = one
        told.append(one if _enter(c, one) else None)
    return told


def _with_number(c: Connection, report: Report) -> Report:
    if "certificate" in report.says:
        return report
    before = event_with(c, report.nonce)
    hotel_id = report.place_id or find_journey(c, report.worker_id or "").place_id
    if before is not None:
        number = before.says.get("certificate")
    else:
        number = next_certificate(c, hotel_id, report.happened_at) if hotel_id else None
    return report._replace(says={**report.says, "certificate": number}) if number else report


def _enter(c: Connection, report: Report) -> bool:
    """Keep a release's number; False: it is another worker's."""
    number = report.says.get("certificate")
    if number is None:
        return True
    it = select(certificate.c.worker_id).where(certificate.c.number == number)
    holder = c.execute(it).scalar_one_or_none()
    if holder is None:
        series = str(number).rpartition("-")[0]
        c.execute(insert(certificate).values(number=number, series=series, worker_id=report.worker_id))
    return holder in (None, report.worker_id)
