"""When a temperature is a fever."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

FEVER = Decimal("37.3")  # °C; what the rules of spring 2020 sent people to a fever clinic for


def is_fever(temperature: Decimal) -> bool:
    return temperature >= FEVER


def fever_in(details: Mapping[str, Any]) -> bool:
    """Whether an event's personal part tells of a fever."""
    told = details.get("temperature")
    return isinstance(told, str) and is_fever(Decimal(told))
