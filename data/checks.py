"""What must hold between the rows and tables of a scenario: one function a rule, all of them asked."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from data.rows import Rows
from data.sources import Report
from data.tables import TABLES, titled
from workforce.entities import Risk
from workforce.faults import Text, fault
from workforce.identity import credit_code_valid, masked, phone_plausible, resident_form, resident_valid
from workforce.parties import Member, differences
from workforce.scenario import risk_in


@dataclass(frozen=True, slots=True)
class Draft:
    """A scenario as far as it could be read.

    Attributes:
        tables: every table; one that is absent has no rows.
        broken: tables that are required or there, but could not be read: nothing can be said of their ids.
        policy: values by dotted key; None: no policy could be read.
    """

    tables: Mapping[str, Rows]
    broken: frozenset[str]
    policy: Mapping[str, Any] | None


def check(draft: Draft, report: Report) -> None:
    """Report whatever breaks a rule between rows, tables and policy."""
    for rule in RULES:
        rule(draft, report)


def _unique_ids(draft: Draft, report: Report) -> None:
    for rows in draft.tables.values():
        key = rows.table.key
        first: dict[str, int] = {}
        for number, value in rows.each(key) if key else ():
            if value is not None and first.setdefault(value, number) != number:
                report(fault("id_twice", rows.table.name, number, key, value=value, first=first[value]))


def _places_apart(draft: Draft, report: Report) -> None:
    owner: dict[str, tuple[str, int]] = {}
    for name in ("enterprises", "pickups", "fleets", "hotels"):
        rows = draft.tables[name]
        key = rows.table.key or ""
        for number, value in rows.each(key):
            other, first = owner.setdefault(value, (name, number))
            if value is not None and other != name:
                report(fault("id_shared", name, number, key, value=value, other=titled(other), first=first))


def _pairs(draft: Draft, report: Report) -> None:
    for name, code in (
        ("distances", "pair_twice"),
        ("suppliers", "row_repeated"),
        ("intentions", "row_repeated"),
    ):
        rows = draft.tables[name]
        first: dict[tuple[str, str], int] = {}
        columns = [column.name for column in rows.table.columns[:2]]
        for number, *pair in rows.each(*columns):
            known = first.setdefault((pair[0], pair[1]), number)
            if None not in pair and known != number:
                report(fault(code, name, number, columns[1], value=" → ".join(pair), first=known))


def _loose(identifier: str) -> str:
    """What two spellings of one id have in common: case, leading zeros and a spreadsheet's .0 aside."""
    plain = re.sub(r"[\s_\-]|\.0$", "", identifier.casefold())
    return re.sub(r"(?<![0-9])0+(?=[0-9])", "", plain)


def _references(draft: Draft, report: Report) -> None:
    for rows in draft.tables.values():
        for column in rows.table.columns:
            if not column.refers or draft.broken.intersection(column.refers):
                continue
            known = {i for other in column.refers for i in draft.tables[other][TABLES[other].key or ""]}
            loose: dict[str, str] | None = None
            for number, value in rows.each(column.name):
                if value is None or value in known:
                    continue
                if loose is None:
                    loose = {_loose(i): i for i in known if i is not None}
                near = loose.get(_loose(value))
                guess = Text(f"是否指“{near}”？", f"Did you mean “{near}”?") if near else Text("", "")
                report(
                    fault(
                        "id_unknown",
                        rows.table.name,
                        number,
                        column.name,
                        value=value,
                        tables=titled(*column.refers),
                        guess=guess,
                    )
                )


def _units(draft: Draft, report: Report) -> None:
    fleets, hotels = draft.tables["fleets"], draft.tables["hotels"]
    vehicles = dict(zip(fleets["fleet_id"], fleets["vehicles"], strict=True))
    rooms = {
        hotel: {"S": s, "T": t} for _, hotel, s, t in hotels.each("hotel_id", "single_rooms", "twin_rooms")
    }
    for number, place, unit in draft.tables["busy"].each("place_id", "unit"):
        if unit is None or (place not in vehicles and place not in rooms):
            continue
        if place in vehicles:
            most, digits, expected = vehicles[place], unit, f"1–{vehicles[place]}"
        else:
            most, digits = rooms[place].get(unit[:1], 0), unit[1:]
            expected = (
                ", ".join(f"{kind}1–{kind}{count}" for kind, count in rooms[place].items() if count) or "–"
            )
        if most is not None and not (re.fullmatch("[1-9][0-9]{0,8}", digits) and int(digits) <= most):
            report(fault("unit_unknown", "busy", number, "unit", place=place, value=unit, expected=expected))


def _days(draft: Draft, report: Report) -> None:
    spans = (("fleets", "day"), ("hotels", "night"), ("busy", "day"), ("closures", "day"))
    for name, what in spans:
        for number, first, last in draft.tables[name].each(f"first_{what}", f"last_{what}"):
            if first and last and last < first:
                report(fault("days_reversed", name, number, f"last_{what}", first=first, last=last))
    for number, first, last in draft.tables["workers"].each("available_from", "arrive_by"):
        if first and last and last < first:
            report(fault("dates_crossed", "workers", number, "arrive_by", first=first, last=last))


def _identities(draft: Draft, report: Report) -> None:
    first: dict[str, tuple[int, str, str]] = {}
    for number, worker, name, identity in draft.tables["workers"].each("worker_id", "name", "id_number"):
        if identity is None:
            continue
        if not resident_valid(identity):
            code = "identity_checksum" if resident_form(identity) else "identity_form"
            report(fault(code, "workers", number, "id_number", value=masked(identity)))
        row, other, other_name = first.setdefault(identity, (number, worker, name))
        if row != number:
            code = "person_twice" if name == other_name else "identity_shared"
            values = {"value": masked(identity), "other": other, "first": row}
            report(fault(code, "workers", number, "id_number", **values))


def _codes_and_phones(draft: Draft, report: Report) -> None:
    for name in ("enterprises", "workers"):
        for number, phone in draft.tables[name].each("phone"):
            if phone is not None and not phone_plausible(phone):
                report(fault("phone_implausible", name, number, "phone", value=masked(phone)))
    for number, code in draft.tables["enterprises"].each("uscc"):
        if code is not None and not credit_code_valid(code):
            report(fault("credit_code_invalid", "enterprises", number, "uscc", value=code))


def _head_counts(draft: Draft, report: Report) -> None:
    for number, workforce, present in draft.tables["enterprises"].each("workforce", "present"):
        if workforce is not None and present is not None and present > workforce:
            values = {"present": present, "workforce": workforce}
            report(fault("present_above_workforce", "enterprises", number, "present", **values))


def _intentions(draft: Draft, report: Report) -> None:
    returning = {w for _, w, e in draft.tables["workers"].each("worker_id", "enterprise_id") if e is not None}
    for number, worker in draft.tables["intentions"].each("worker_id"):
        if worker in returning:
            report(fault("intention_ignored", "intentions", number, "worker_id", worker=worker))


def _risks(draft: Draft) -> Callable[[str], Risk]:
    """The risk of a place by its code, as ``Scenario.risk_of`` has it."""
    zones = draft.tables["zones"]
    listed = dict(zip(zones["adcode"], zones["risk"], strict=True))

    return lambda adcode: risk_in(listed, adcode)


def _parties(draft: Draft, report: Report) -> None:
    risk_of = _risks(draft)
    first: dict[str, tuple[int, Member]] = {}
    for number, party, enterprise, adcode in draft.tables["workers"].each(
        "party_id", "enterprise_id", "adcode"
    ):
        if party is None:
            continue
        member = Member(enterprise, risk_of(adcode) if adcode else None)
        row, other = first.setdefault(party, (number, member))
        for what in differences(member, other):
            report(fault("party_mixed", "workers", number, "party_id", party=party, what=what, first=row))


def _risk_sections(draft: Draft, report: Report) -> None:
    if draft.policy is None:
        return
    risk_of = _risks(draft)
    told = set()
    for where, number, adcode in _adcodes(draft):
        risk = risk_of(adcode)
        if risk not in told and not any(key.startswith(f"zones.{risk}.") for key in draft.policy):
            told.add(risk)
            report(
                fault(
                    "risk_without_section",
                    "policy",
                    None,
                    f"zones.{risk}",
                    risk=risk,
                    where=titled(where),
                    first=number,
                )
            )


def _adcodes(draft: Draft) -> Iterator[tuple[str, int, str]]:
    """(table, row, adcode) of everybody who may travel and of every place that may be a drop."""
    for name in ("workers", "hotels", "enterprises"):
        for number, adcode in draft.tables[name].each("adcode"):
            if adcode is not None:
                yield name, number, adcode


RULES = (
    _unique_ids,
    _places_apart,
    _pairs,
    _references,
    _units,
    _days,
    _identities,
    _codes_and_phones,
    _head_counts,
    _intentions,
    _parties,
    _risk_sections,
)
