"""Workers as whoever submitted them sees them: their claim, how it stands, and names and numbers masked."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, Select, select, union

from data.finding import found_among
from data.people import BUREAU, ClaimState, personal_of
from data.schema import claim, entry
from data.vault import Vault
from workforce.identity import masked, masked_name
from workforce.sought import Sought

# A claim that does not stand opens nothing that somebody else has told of the person.
_MAY_SEE = (ClaimState.STANDING, ClaimState.AGREED)


@dataclass(frozen=True, slots=True)
class Known:
    """A worker.

    Attributes:
        state: of the claim that is shown: the reader's own or, to the bureau, the one that stands.
        masked: name, id_number and phone as far as they are known; nothing of who was erased, or is disputed.
        claims: to the bureau: every claimant with the state of the claim.
    """

    worker_id: str
    client_ref: str | None
    state: ClaimState
    return_plan: str | None
    cells: Mapping[str, Any]
    masked: Mapping[str, str]
    claims: Mapping[str, str]


def list_workers(
    c: Connection, vault: Vault, enterprise_id: str | None, after: str = "", limit: int = 100
) -> list[Known]:
    """Workers in the order of their ids; of an enterprise those that it or the bureau says are its own."""
    ids = _ids(enterprise_id, after).limit(limit)
    return _known(c, vault, enterprise_id, c.execute(ids).scalars().all())


def search_workers(
    c: Connection, vault: Vault, enterprise_id: str | None, wanted: Sought, after: str = "", limit: int = 100
) -> list[Known]:
    """Those of ``list_workers`` whom it fits and whose name the reader is shown, be it masked."""
    shown: list[Known] = []
    with closing(found_among(c, vault, _ids(enterprise_id, after), wanted.fits)) as found:
        while len(shown) < limit and (part := list(islice(found, limit))):
            shown += [known for known in _known(c, vault, enterprise_id, part) if known.masked]
    return shown[:limit]


def _ids(enterprise_id: str | None, after: str) -> Select[Any]:
    mine = select(claim.c.worker_id).where(claim.c.worker_id > after)
    if enterprise_id is None:
        return mine.distinct().order_by(claim.c.worker_id)
    by_bureau = select(entry.c.key).where(
        entry.c.kind == "workers", entry.c.enterprise_id == enterprise_id, entry.c.key > after
    )
    both = union(mine.where(claim.c.claimant == enterprise_id), by_bureau).subquery()
    return select(both.c[0]).order_by(both.c[0])


def find_worker(c: Connection, vault: Vault, enterprise_id: str | None, worker_id: str) -> Known | None:
    found = _known(c, vault, enterprise_id, [worker_id])
    return found[0] if found else None


def _known(c: Connection, vault: Vault, enterprise_id: str | None, ids: Sequence[str]) -> list[Known]:
    claims: dict[str, list[Row[Any]]] = defaultdict(list)
    for row in c.execute(select(claim).where(claim.c.worker_id.in_(ids))):
        claims[row.worker_id].append(row)
    personal = personal_of(c, vault, ids)
    shown = []
    for worker_id in ids:
        for row in _shown(claims[worker_id], enterprise_id):
            shown.append(
                Known(
                    worker_id,
                    row.client_ref if row.claimant in (enterprise_id, BUREAU) else None,
                    ClaimState(row.state),
                    row.return_plan,
                    row.body,
                    _masked(personal.get(worker_id, {})) if row.state in _MAY_SEE else {},
                    {r.claimant: r.state for r in claims[worker_id]} if enterprise_id is None else {},
                )
            )
    return shown


def _shown(claims: Sequence[Row[Any]], enterprise_id: str | None) -> Sequence[Row[Any]]:
    """The claim that a reader is shown; none, where the worker is no concern of theirs."""
    if enterprise_id is None:
        standing = [r for r in claims if r.state == ClaimState.STANDING]
        return (standing or list(claims))[:1]
    own = [r for r in claims if r.claimant == enterprise_id]
    by_bureau = [
        r
        for r in claims
        if r.claimant == BUREAU
        and r.state == ClaimState.STANDING
        and r.body.get("enterprise_id") == enterprise_id
    ]
    return (own or by_bureau)[:1]


def _masked(personal: Mapping[str, str]) -> dict[str, str]:
    return {name: masked_name(value) if name == "name" else masked(value) for name, value in personal.items()}
