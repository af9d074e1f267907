"""Evidence: what the trip log says of a worker or a trip, in one file that is checked without a database."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from data.accounts import By, record
from data.checkpoints import checkpoints
from data.evidence_check import FORMAT
from data.signed_notes import PublicKey, signed_by
from data.trip_log import Logged, TripKey, details_of, events, subtrees
from data.vault import Vault
from workforce.faults import Unusable, fault
from workforce.merkle import Subtree, consistency_proof, inclusion_proof


def evidence(c: Connection, keys: Sequence[PublicKey], worker_id: str | None, trip: TripKey | None) -> Any:
    """The evidence of a worker or a trip under the newest checkpoint, as JSON.

    Of the older checkpoints of the same key it holds those that were the first to cover one of the events.

    Args:
        keys: the published ones.

    Raises:
        Unusable: the log has nothing of it that a checkpoint covers, or the checkpoint's key is unknown.
    """
    subject = worker_id if trip is None else "/".join(trip)
    known = checkpoints(c)
    found = [one for one in events(c, trip=trip, worker_id=worker_id) if known and one.seq <= known[-1].size]
    if not found:
        raise Unusable([fault("nothing_to_prove", subject=subject)])
    newest, tree = known[-1], subtrees(c)
    key = signed_by(newest, keys)
    if key is None:
        raise Unusable([fault("log_key_unusable", path="public-keys.txt")])
    first = {next(one.size for one in known if one.size >= event.seq) for event in found}
    return {
        "format": FORMAT,
        "subject": subject,
        "checkpoint": newest.note,
        "public_key": key.line,
        "earlier": [
            {
                "checkpoint": one.note,
                "proof": _written(consistency_proof(tree, one.size, newest.size)),
            }
            for one in known
            if one.size in first and one is not newest and signed_by(one, [key]) is not None
        ],
        "events": [_event(one, tree, newest.size) for one in found],
    }


def open_parts(c: Connection, vault: Vault, by: By, told: Any, reason: str) -> None:
    """Add to evidence the personal parts that are not forgotten; the reading is recorded."""
    seqs = [one["seq"] for one in told["events"]]
    details = details_of(c, vault, seqs)
    for one in told["events"]:
        if one["seq"] in details:
            salt, opened = details[one["seq"]]
            one["opened"] = {"salt": salt.hex(), "details": opened}
    record(c, by, "evidence_opened", told["subject"], reason)


def as_bytes(told: Any) -> bytes:
    return json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n"


def _event(one: Logged, tree: Subtree, size: int) -> dict[str, Any]:
    return {
        "seq": one.seq,
        "content": one.event.content().decode(),
        "proof": _written(inclusion_proof(tree, one.seq - 1, size)),
    }


def _written(proof: Sequence[bytes]) -> list[str]:
    return [base64.b64encode(part).decode() for part in proof]
