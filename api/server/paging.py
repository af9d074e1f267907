"""Lists in pages: an opaque cursor says where the next page begins, whatever was added since.

A list is ordered by keys that never change and asks its rows behind a key.  A route takes
``after: Cursor`` and ``limit: Limit``, and its answer has ``next: Next``; both hold the plain key
inside, and a caller sees only what to pass back.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated

from fastapi import Query
from pydantic import AfterValidator, PlainSerializer


def _opaque(key: str | None) -> str | None:
    return None if key is None else base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")


def _plain(cursor: str) -> str:
    try:
        key = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True).decode()
    except (binascii.Error, UnicodeError):
        raise ValueError("it is no cursor that a list gave") from None
    if "\0" in key:
        raise ValueError("it is no cursor that a list gave")
    return key


Cursor = Annotated[
    str,
    Query(max_length=1000, description="`next` of the page before; blank: from the first. 上一页的 next。"),
    AfterValidator(_plain),
]
Limit = Annotated[int, Query(ge=1, le=1000, description="At most so many. 每页条数。")]
Next = Annotated[str | None, PlainSerializer(_opaque, return_type=str | None)]
