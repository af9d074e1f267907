"""The trip log in the database: events are added, each once, and a hash tree grows over them.

``seq`` numbers the events without a gap from 1; event ``seq`` is leaf ``seq - 1`` of the tree.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, TypeAlias, TypeVar

from sqlalchemy import Connection, insert, select

from data.accounts import By
from data.bulk import found, insert_all
from data.schema import event, event_detail, tree_node, voided
from data.vault import Vault
from workforce.closed_loop import Raised
from workforce.merkle import Subtree, leaf_hash, node_hash
from workforce.triplog import (
    NOTHING,
    Event,
    Kind,
    commitment_to,
    event_of,
    to_the_millisecond,
    written,
)

STORED_LEVELS = 4  # of the tree, every fourth level is stored
_BATCH = 400
_T = TypeVar("_T")
TripKey: TypeAlias = tuple[str, str]


class Refusal(StrEnum):
    """Why a report was not taken."""

    NONCE_REUSED = "nonce_reused"  # the nonce stands for something else already
    NOTHING_TO_VOID = "nothing_to_void"  # there is no such event, or it is void already
    CERTIFICATE_TAKEN = "certificate_taken"  # its number is somebody else's


class Report(NamedTuple):
    """What somebody reports; see ``workforce.triplog.Event``."""

    kind: Kind
    nonce: str
    happened_at: datetime
    plan_id: str | None = None
    trip_id: str | None = None
    worker_id: str | None = None
    place_id: str | None = None
    says: Mapping[str, Any] = NOTHING
    details: Mapping[str, Any] = NOTHING


class Taken(NamedTuple):
    """The outcome of a report.

    Attributes:
        seq: None: it was refused.
        known: it was reported before; nothing was changed.
        raised: what somebody must look at.
        seat: whither its worker must move, because of a fever.
        certificate: the number of a release.
    """

    nonce: str
    seq: int | None
    known: bool = False
    refused: Refusal | None = None
    raised: tuple[Raised, ...] = ()
    seat: int | None = None
    certificate: str | None = None


class Logged(NamedTuple):
    seq: int
    event: Event


def append(
    c: Connection, vault: Vault, by: By, reports: Sequence[Report], device: str | None = None
) -> tuple[list[Taken], list[Logged]]:
    """Add reports to the log, in their order; one that is known already changes nothing.

    Returns:
        What became of each report, and the events that are new.
    """
    known = _known(c, [r.nonce for r in reports])
    seq, last = _end(c)
    at = to_the_millisecond(by.at)
    at = at if last is None else max(at, last)
    taken: list[Taken] = []
    new: dict[str, Logged] = {}
    rows, details = [], []
    for report in reports:
        old = known.get(report.nonce) or new.get(report.nonce)
        if old is not None:
            if _is_same(c, vault, old, report):
                taken.append(Taken(report.nonce, old.seq, known=True))
            else:
                taken.append(Taken(report.nonce, None, refused=Refusal.NONCE_REUSED))
            continue
        told = _voiding(c, report, seq + 1) if report.kind is Kind.VOIDED else report
        if told is None:
            taken.append(Taken(report.nonce, None, refused=Refusal.NOTHING_TO_VOID))
            continue
        seq += 1
        salt = secrets.token_bytes(32) if told.details else b""
        one = _event(told, by, at, device, salt)
        content = one.content()
        new[report.nonce] = Logged(seq, one)
        taken.append(Taken(report.nonce, seq))
        rows.append(_row(seq, one, content))
        if report.details:
            sealed = vault.seal({"salt": salt.hex(), "details": dict(report.details)}, str(seq))
            details.append({"seq": seq, "sealed": sealed, "key_id": vault.newest})
    if rows:
        insert_all(c, event, rows)
        _grow(c, rows)
    insert_all(c, event_detail, details)
    return taken, list(new.values())


def events(
    c: Connection,
    after: int = 0,
    limit: int | None = None,
    trip: TripKey | None = None,
    worker_id: str | None = None,
) -> list[Logged]:
    """Events in the order of the log, of a trip or a worker where one is given."""
    query = select(event.c.seq, event.c.content).where(event.c.seq > after)
    if trip is not None:
        query = query.where(event.c.plan_id == trip[0], event.c.trip_id == trip[1])
    if worker_id is not None:
        query = query.where(event.c.worker_id == worker_id)
    rows = c.execute(query.order_by(event.c.seq).limit(limit))
    return [Logged(row.seq, event_of(row.content)) for row in rows]


def event_at(c: Connection, seq: int) -> Event | None:
    content = c.execute(select(event.c.content).where(event.c.seq == seq)).scalar_one_or_none()
    return None if content is None else event_of(content)


def event_with(c: Connection, nonce: str) -> Event | None:
    """What was reported under a nonce."""
    return next(iter(events_with(c, [nonce])), None)


def events_with(c: Connection, nonces: Iterable[str]) -> list[Event]:
    """What was reported under these nonces."""
    return [one.event for one in _known(c, nonces).values()]


def details_of(c: Connection, vault: Vault, seqs: Iterable[int]) -> dict[int, tuple[bytes, dict[str, Any]]]:
    """The salt and the personal part of events, by seq; those forgotten, or without one, are left out."""
    opened = {}
    query = select(event_detail).where(event_detail.c.sealed.is_not(None))
    for row in found(c, query, event_detail.c.seq, seqs):
        told = vault.unseal(row.sealed, row.key_id, str(row.seq))
        opened[row.seq] = bytes.fromhex(told["salt"]), told["details"]
    return opened


def voided_among(c: Connection, seqs: Iterable[int]) -> set[int]:
    return {row.seq for row in found(c, select(voided.c.seq), voided.c.seq, seqs)}


def size(c: Connection) -> int:
    """How many events there are."""
    return _end(c)[0]


def last_recorded(c: Connection) -> datetime | None:
    """When the last event was recorded; None: there is none."""
    return _end(c)[1]


def subtrees(c: Connection) -> Subtree:
    """The full subtrees of the log's hash tree, read as they are asked for."""

    def subtree(level: int, position: int) -> bytes:
        if level % STORED_LEVELS:
            return node_hash(subtree(level - 1, 2 * position), subtree(level - 1, 2 * position + 1))
        if level == 0:
            query = select(event.c.leaf).where(event.c.seq == position + 1)
        else:
            query = select(tree_node.c.hash).where(
                tree_node.c.level == level, tree_node.c.position == position
            )
        return bytes(c.execute(query).scalar_one())

    return subtree


# Taking down


def _known(c: Connection, nonces: Iterable[str]) -> dict[str, Logged]:
    rows = found(c, select(event.c.seq, event.c.content), event.c.nonce, nonces)
    return {one.event.nonce: one for one in (Logged(row.seq, event_of(row.content)) for row in rows)}


def _end(c: Connection) -> tuple[int, datetime | None]:
    """The last seq and when it was recorded."""
    row = c.execute(select(event.c.seq, event.c.content).order_by(event.c.seq.desc()).limit(1)).one_or_none()
    return (0, None) if row is None else (row.seq, event_of(row.content).recorded_at)


def _is_same(c: Connection, vault: Vault, old: Logged, report: Report) -> bool:
    """A repeated report says what the first one said; what the server filled in does not count."""
    e = old.event
    same = (e.kind, written(e.happened_at), dict(e.says)) == (
        report.kind,
        written(report.happened_at),
        dict(report.says),
    ) and all(
        asked in (None, has)
        for asked, has in (
            (report.plan_id, e.plan_id),
            (report.trip_id, e.trip_id),
            (report.worker_id, e.worker_id),
            (report.place_id, e.place_id),
        )
    )
    if same and e.commitment is not None:
        # A forgotten personal part can no longer be compared.
        kept = details_of(c, vault, [old.seq]).get(old.seq)
        return kept is None or commitment_to(report.details, kept[0]) == e.commitment
    return same and not report.details


def _voiding(c: Connection, report: Report, by_seq: int) -> Report | None:
    """The report, about what its event was about, which is void from now on; None: nothing to void."""
    seq = report.says["event"]
    row = c.execute(select(event.c.content).where(event.c.seq == seq)).one_or_none()
    if row is None or voided_among(c, [seq]):
        return None
    old = event_of(row.content)
    if old.kind is Kind.VOIDED:
        return None
    c.execute(insert(voided).values(seq=seq, by_seq=by_seq))
    subjects = ("plan_id", "trip_id", "worker_id", "place_id")
    return report._replace(**{name: getattr(old, name) for name in subjects})


def _event(report: Report, by: By, at: datetime, device: str | None, salt: bytes) -> Event:
    return Event(
        kind=report.kind,
        nonce=report.nonce,
        happened_at=to_the_millisecond(report.happened_at),
        recorded_at=at,
        by=by.account_id,
        device=device,
        plan_id=report.plan_id,
        trip_id=report.trip_id,
        worker_id=report.worker_id,
        place_id=report.place_id,
        says=dict(report.says),
        commitment=commitment_to(report.details, salt) if report.details else None,
    )


def _row(seq: int, one: Event, content: bytes) -> dict[str, Any]:
    return {
        "seq": seq,
        "content": content,
        "leaf": leaf_hash(content),
        "nonce": one.nonce,
        "kind": str(one.kind),
        "happened_at": one.happened_at,
        "plan_id": one.plan_id,
        "trip_id": one.trip_id,
        "worker_id": one.worker_id,
    }


def _grow(c: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store the hashes of the full subtrees that new leaves complete."""
    width = 1 << STORED_LEVELS
    first, hashes = rows[0]["seq"] - 1, [row["leaf"] for row in rows]
    level = 0
    new = []
    while hashes:
        begin = first - first % width
        if begin < first:  # the part of the first subtree that was there
            hashes = _stored(c, level, begin, first) + hashes
        level += STORED_LEVELS
        full = len(hashes) // width
        above = [_joined(hashes[i * width : (i + 1) * width]) for i in range(full)]
        first = begin // width
        new += [{"level": level, "position": first + i, "hash": h} for i, h in enumerate(above)]
        hashes = above
    insert_all(c, tree_node, new)


def _stored(c: Connection, level: int, begin: int, end: int) -> list[bytes]:
    if level == 0:
        query = select(event.c.leaf).where(event.c.seq > begin, event.c.seq <= end).order_by(event.c.seq)
    else:
        of_it = tree_node.c.level == level, tree_node.c.position >= begin, tree_node.c.position < end
        query = select(tree_node.c.hash).where(*of_it).order_by(tree_node.c.position)
    return [bytes(one) for one in c.execute(query).scalars()]


def _joined(hashes: Sequence[bytes]) -> bytes:
    while len(hashes) > 1:
        hashes = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
    return hashes[0]


def parts(values: Sequence[_T]) -> Iterator[Sequence[_T]]:
    return (values[i : i + _BATCH] for i in range(0, len(values), _BATCH))
