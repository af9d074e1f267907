"""The way between ``policy.toml`` or a sheet and a ``Policy``."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import Any

from data.cells import TEXT, Refused
from data.policy_keys import BY_NAME, KEYS, ZONE_KEYS
from data.sources import Grid, Report, Source, guess
from data.tables import POLICY, POLICY_HEADERS, folded
from workforce.entities import Risk
from workforce.faults import fault
from workforce.loop_rules import LoopRules
from workforce.policy import Driving, Policy, RoomShares, TripRules, TripShares, Zone


def read_policy(source: Source, report: Report) -> Mapping[str, Any] | None:
    """The values of the policy by dotted key, faulty ones left out; None where there is no policy to read."""
    given: Mapping[str, tuple[int | None, Any]]
    if source.policy is not None:
        given = {name: (None, value) for name, value in _flat(source.policy)}
    elif POLICY in source.grids:
        given = _sheet(source.grids[POLICY], report)
    else:
        if POLICY not in source.unreadable:
            report(fault("table_missing", POLICY, name=POLICY, chinese="政策", file="policy.toml"))
        return None
    values = {}
    for name, (row, value) in given.items():
        key = BY_NAME.get(name)
        if key is None:
            by_last = {k.rpartition(".")[2]: k for k in BY_NAME}
            meant = by_last.get(name.rpartition(".")[2])
            report(fault("key_unknown", POLICY, row, name, key=name, guess=guess(meant or name, BY_NAME)))
            continue
        try:
            if isinstance(value, str) and not value.strip():
                raise Refused("value_missing")
            values[name] = key.kind.parse(value)
        except Refused as refused:
            report(fault(refused.code, POLICY, row, name, **refused.values))
    zones_named = {name.split(".")[1] for name in given if name.startswith("zones.")}
    for key in KEYS:
        needed = key.required and (not key.name.startswith("zones.") or key.name.split(".")[1] in zones_named)
        if needed and key.name not in given:
            report(
                fault(
                    "key_missing",
                    POLICY,
                    None,
                    key.name,
                    key=key.name,
                    chinese=key.note.zh,
                    example=key.example,
                )
            )
    first, last = values.get("horizon.first_day"), values.get("horizon.last_day")
    if first and last and last < first:
        report(
            fault(
                "days_reversed",
                POLICY,
                given["horizon.last_day"][0],
                "horizon.last_day",
                first=first,
                last=last,
            )
        )
    return values


def _flat(values: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield prefix + name, value


def _sheet(grid: Grid, report: Report) -> dict[str, tuple[int | None, Any]]:
    """Row and value by key; a row without a value counts as absent."""
    titles = {folded(title): name for name, more in POLICY_HEADERS.items() for title in (name, *more)}
    given: dict[str, tuple[int | None, Any]] = {}
    columns: dict[str, int] = {}
    for number, row in enumerate(grid.rows, 1):
        if not columns:
            found = {titles.get(_title(cell)): i for i, cell in enumerate(row)}
            if "key" in found and "value" in found:
                columns = {"key": found["key"], "value": found["value"]}
            continue
        key, value = (row[i] if i < len(row) else "" for i in (columns["key"], columns["value"]))
        name = str(key).strip()
        if not name or value is None or (isinstance(value, str) and not value.strip()):
            continue
        if name in given:
            report(fault("key_twice", POLICY, number, name, key=name))
        given[name] = (number, value)
    if not columns:
        report(fault("header_missing", POLICY))
    return given


def _title(cell: object) -> str:
    return folded(str(cell).splitlines()[0]) if str(cell).strip() else ""


def policy_of(values: Mapping[str, Any]) -> Policy:
    """The policy of values that were read without a fault; what is absent keeps the record's default."""
    parts: dict[str, dict[str, Any]] = {
        "": {},
        "trips": {},
        "driving": {},
        "trip_shares": {},
        "room_shares": {},
        "loop": {},
    }
    for key in KEYS:
        if key.name in values and not key.name.startswith("zones."):
            part, _, field = key.field.rpartition(".")
            parts[part][field] = values[key.name]
    zones = {
        risk: Zone(*(values[f"zones.{risk}.{of}"] for of in ZONE_KEYS))
        for risk in Risk
        if f"zones.{risk}.admit" in values
    }
    return Policy(
        **parts[""],
        zones=zones,
        trips=TripRules(**parts["trips"]),
        driving=Driving(**parts["driving"]),
        trip_shares=TripShares(**parts["trip_shares"]),
        room_shares=RoomShares(**parts["room_shares"]),
        loop=LoopRules(**parts["loop"]),
    )


def policy_texts(policy: Policy) -> dict[str, str]:
    """The other way: by dotted key the text that the files have; what has no value is left out."""
    texts = {}
    for key in KEYS:
        if key.name.startswith("zones."):
            _, risk, of = key.name.split(".")
            zone = policy.zones.get(Risk(risk))
            value = zone and getattr(zone, of)
        else:
            value = attrgetter(key.field)(policy)
            if key.field.startswith("loop.") and value == attrgetter(key.field[5:])(LoopRules()):
                continue  # these are ours beyond the scenario's format: they stand only where they were set
        if value is not None:
            texts[key.name] = key.kind.write(value)
    return texts


def policy_toml(policy: Policy) -> str:
    """The text of ``policy.toml``."""
    lines, section = [], ""
    for name, text in policy_texts(policy).items():
        above, _, last = name.rpartition(".")
        if above != section:
            lines += ["", f"[{above}]"]
            section = above
        # A string of JSON is one of TOML; every other kind writes itself as TOML does.
        lines.append(
            f"{last} = {json.dumps(text, ensure_ascii=False) if BY_NAME[name].kind is TEXT else text}"
        )
    return "\n".join(lines) + "\n"
