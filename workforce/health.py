"""When a temperature is a fever."""

from __future__ import annotations

from decimal import Decimal

FEVER = Decimal("37.3")  # °C; what the rules of spring 2020 sent people to a fever clinic for


def is_fever(temperature: Decimal) -> bool:
    return temperature >= FEVER
