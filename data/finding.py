"""People found by name or number, which are nowhere to be read but sealed.

Each record is opened and looked at.  That takes a fraction of a second for all of a city's workers,
and needs no hash of four digits beside the record, of which there are too few to hide anything.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Select, select

from data.accounts import By, record
from data.schema import person
from data.vault import Vault

_AT_ONCE = 500


def found_among(
    c: Connection, vault: Vault, ids: Select[Any], fits: Callable[[Mapping[str, str]], bool]
) -> Generator[str]:
    """Those of some people whom what names them fits, in the order of their ids.

    Args:
        ids: of all of them, in its one column.
    """
    theirs = ids.order_by(None).subquery()
    query = (
        select(person.c.worker_id, person.c.sealed, person.c.key_id)
        .join(theirs, theirs.c[0] == person.c.worker_id)
        .where(person.c.sealed.is_not(None))
        .order_by(person.c.worker_id)
    )
    with c.execute(query.execution_options(yield_per=_AT_ONCE)) as rows:
        for worker_id, sealed, key_id in rows:
            if fits(vault.unseal(sealed, key_id, worker_id)):
                yield worker_id


def record_search(c: Connection, by: By, worker_ids: Sequence[str]) -> None:
    """Put on record that somebody searched and how many, or whom alone, they found; never what for."""
    record(c, by, "people_searched", worker_ids[0] if len(worker_ids) == 1 else str(len(worker_ids)))
