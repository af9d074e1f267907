"""The numbers of certificates of release: each stands for one worker, whoever gives it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from sqlalchemy import Connection, select

from data.bulk import found, insert_all
from data.schema import certificate, journey
from data.trip_log import Report, events_with
from workforce.closed_loop import local_day
from workforce.desks import certificate_number, certificate_serial, certificate_series
from workforce.triplog import Kind


def next_certificate(c: Connection, hotel_id: str, at: datetime) -> str:
    """The number that the next release from a hotel is given."""
    series = certificate_series(hotel_id, local_day(at))
    numbers = c.execute(select(certificate.c.number).where(certificate.c.series == series)).scalars()
    return certificate_number(series, max(map(certificate_serial, numbers), default=0))


def numbered(c: Connection, reports: Sequence[Report]) -> list[Report | None]:
    """Releases without a number get the next one of their hotel and day; in the place of one with a number
    that is somebody else's stands None."""
    releases = [r for r in reports if r.kind is Kind.RELEASED and r.worker_id is not None]
    if not releases:
        return list(reports)
    unnamed = [r for r in releases if "certificate" not in r.says]
    before = {e.nonce: e.says.get("certificate") for e in events_with(c, (r.nonce for r in unnamed))}
    series_of = _series(c, [r for r in unnamed if r.nonce not in before])
    named = (r.says.get("certificate") for r in releases)
    holders = _holders(c, series_of.values(), [*before.values(), *named])
    last: dict[str, int] = {}
    for known in holders:
        _count(last, known)
    told: list[Report | None] = []
    new = []
    for report in reports:
        worker_id = report.worker_id
        if report.kind is not Kind.RELEASED or worker_id is None:
            told.append(report)
            continue
        if "certificate" not in report.says:
            series = series_of.get(report.nonce)
            if series is not None and report.nonce not in before:  # the same report twice has one number
                before[report.nonce] = certificate_number(series, last.get(series, 0))
            given = before.get(report.nonce)
            report = report._replace(says={**report.says, "certificate": given}) if given else report
        number = report.says.get("certificate")
        if number is not None and number not in holders:
            holders[number] = worker_id
            new.append({"number": number, "series": _count(last, number), "worker_id": worker_id})
        told.append(report if number is None or holders[number] == worker_id else None)
    insert_all(c, certificate, new)
    return told


def _series(c: Connection, releases: Sequence[Report]) -> dict[str, str]:
    """By nonce, the series of the hotel that each is from: the one it names, or where its worker is."""
    asked = (r.worker_id for r in releases if r.place_id is None)
    where = found(c, select(journey.c.worker_id, journey.c.place_id), journey.c.worker_id, asked)
    hotel_of = {row.worker_id: row.place_id for row in where}
    hotels = ((r, r.place_id or hotel_of.get(r.worker_id)) for r in releases)
    return {r.nonce: certificate_series(hotel, local_day(r.happened_at)) for r, hotel in hotels if hotel}


def _holders(c: Connection, series: Iterable[str], numbers: Iterable[str | None]) -> dict[str, str]:
    """Whose the numbers of these series are, and these numbers."""
    query = select(certificate.c.number, certificate.c.worker_id)
    rows = [*found(c, query, certificate.c.series, series), *found(c, query, certificate.c.number, numbers)]
    return {row.number: row.worker_id for row in rows}


def _count(last: dict[str, int], number: str) -> str:
    """Keep the highest serial number of each series; returns the one that a number is of."""
    series = number.rpartition("-")[0]
    last[series] = max(last.get(series, 0), certificate_serial(number))
    return series
