"""``plan.json``: the summary of a plan as JSON, written, strictly read, and checked for contradiction."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, Never

from data.cells import Refused
from data.plan_folder import PLAN_JSON
from data.sources import decoded, file_bytes
from workforce.faults import Fault, Unusable, fault
from workforce.money import to_fen
from workforce.plan import Cost, Status, Summary
from workforce.verdict import Violation

_PARTS = ("trips", "rooms", "transfers", "access", "waiting")


def plain_number(number: Decimal) -> int | float:
    """A whole number as such."""
    return int(number) if number == number.to_integral_value() else float(number)


def summary_text(summary: Summary) -> str:
    """The text of ``plan.json``."""
    cost = {part: getattr(summary.cost, part) / 100 for part in (*_PARTS, "total")}
    content = {
        "scenario": summary.scenario,
        "status": summary.status,
        "workers": summary.workers,
        "served": summary.served,
        "restarted": summary.restarted,
        "weight": plain_number(summary.weight),
        "weight_bound": plain_number(summary.weight_bound),
        "weight_gap": summary.weight_gap,
        "cost_yuan": cost,
        "cost_bound_yuan": summary.cost_bound_fen / 100,
        "gap": summary.gap,
        "seconds": round(summary.seconds, 2),
        "seed": summary.seed,
        "planner": summary.planner,
    }
    if summary.kept is not None:
        content["kept"] = list(summary.kept)
    return json.dumps(content, ensure_ascii=False, indent=2) + "\n"


def violation_row(violation: Violation) -> dict[str, Any]:
    """A broken rule as JSON."""
    v = violation
    return {"rule": v.rule, "subject": v.subject, "zh": v.zh, "en": v.en, "kept": v.kept}


def read_summary(folder: Path, faults: list[Fault]) -> Summary | None:
    """The summary; None where a fault was added."""
    content = _json(folder, faults)
    if content is None:
        return None
    wrong: list[str] = []

    def take(key: str, convert: Callable[[Any], Any]) -> Any:
        try:
            return convert(content.get(key))
        except (ValueError, TypeError, ArithmeticError):
            wrong.append(key)

    def figure(key: str, convert: Callable[[Decimal], Any]) -> Any:
        number = _figure(content, key)
        return take(key, lambda _: convert(_known(number)))

    cost = {part: figure(f"cost_yuan.{part}", to_fen) for part in _PARTS}
    values = {
        "scenario": take("scenario", _name),
        "status": take("status", Status),
        **{key: figure(key, _whole) for key in ("workers", "served", "restarted", "seed")},
        **{key: figure(key, Decimal) for key in ("weight", "weight_bound")},
        "cost_bound_fen": figure("cost_bound_yuan", to_fen),
        "seconds": figure("seconds", float),
        "planner": take("planner", _name),
        "kept": take("kept", _names),
    }
    faults.extend(fault("plan_figure", PLAN_JSON, None, key, key=key) for key in wrong)
    return None if wrong else Summary(cost=Cost(**cost), **values)


def summary_faults(folder: Path) -> tuple[Fault, ...]:
    """Where ``plan.json`` contradicts itself: a total or a gap that its other figures do not give.

    Raises:
        Unusable: it cannot be read.
    """
    faults: list[Fault] = []
    summary, said = read_summary(folder, faults), _json(folder, faults)
    if summary is None or said is None:
        raise Unusable(faults)
    due = {
        "cost_yuan.total": (Decimal(summary.cost.total) / 100, Decimal("0.011")),
        "gap": (Decimal(str(summary.gap)), Decimal("0.0001")),
        "weight_gap": (Decimal(str(summary.weight_gap)), Decimal("0.0001")),
    }
    for key, (value, slack) in due.items():
        figure = _figure(said, key)
        if figure is None:
            faults.append(fault("plan_figure", PLAN_JSON, None, key, key=key))
        elif abs(figure - value) > slack:
            faults.append(fault("figures_disagree", PLAN_JSON, None, key, key=key, said=figure, due=value))
    return tuple(faults)


def _json(folder: Path, faults: list[Fault]) -> dict[str, Any] | None:
    def refuse(constant: str) -> Never:
        raise ValueError(f"{constant} is no number")

    try:
        if not (folder / PLAN_JSON).is_file():
            raise Refused("plan_file_missing", path=folder, file=PLAN_JSON)
        text = decoded(file_bytes(folder / PLAN_JSON), PLAN_JSON)
        content = json.loads(text, parse_float=Decimal, parse_constant=refuse)
        if not isinstance(content, dict):
            raise ValueError("it holds no object")
        return content
    except Refused as refused:
        faults.append(fault(refused.code, PLAN_JSON, **refused.values))
    except (ValueError, ArithmeticError, RecursionError) as failure:
        faults.append(fault("plan_json_broken", PLAN_JSON, why=failure))
    return None


def _figure(content: Mapping[str, Any], key: str) -> Decimal | None:
    """A finite number at a dotted key, if there is one of a sensible size."""
    value: Any = content
    for part in key.split("."):
        value = value.get(part) if isinstance(value, dict) else None
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return None
    return number if abs(number := Decimal(value)) <= 10**15 else None


def _known(number: Decimal | None) -> Decimal:
    if number is None:
        raise ValueError
    return number


def _whole(number: Decimal) -> int:
    if number != number.to_integral_value():
        raise ValueError
    return int(number)


def _name(value: object) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError
    return value


def _names(value: object) -> tuple[str, ...] | None:
    if value is None:
        return None
    if not isinstance(value, list):
        raise TypeError
    return tuple(map(_name, value))
