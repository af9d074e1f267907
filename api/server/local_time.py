"""Times of a plan: local and without a zone, as its files have them; no ``date-time`` of RFC 3339."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import WithJsonSchema

LocalTime = Annotated[
    datetime,
    WithJsonSchema(
        {
            "type": "string",
            "pattern": r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}$",
            "description": "Local time. 当地时间。",
            "examples": ["2020-03-02T08:00:00"],
        }
    ),
]
