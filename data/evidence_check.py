"""Evidence files looked at without any database: what they prove, and whether the proofs hold.

``docs/trip-log.md`` has the format, and how to check a file with a few lines of one's own.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from data.signed_notes import (
    Checkpoint,
    NotSound,
    PublicKey,
    checkpoint_of,
    decoded,
    public_key_of,
    signed_by,
)
from workforce.faults import Unusable, fault
from workforce.merkle import consistency_holds, inclusion_holds, leaf_hash
from workforce.triplog import Event, Kind, Unsound, commitment_to, event_of

FORMAT = "guicheng evidence 1"
MOST_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class Shown:
    """An event of the evidence.

    Attributes:
        proved: it is in the log of the checkpoint, at this number.
        details: the personal part where it was opened and holds its commitment.
        voided_by: the number of the event that voids it.
    """

    seq: int
    event: Event
    proved: bool
    details: Mapping[str, Any] | None
    voided_by: int | None


@dataclass(slots=True)
class Verdict:
    """What an evidence file shows.

    Attributes:
        wrong: what does not hold, each as a code and what it is about.
    """

    subject: str
    checkpoint: Checkpoint
    key: PublicKey
    shown: list[Shown] = field(default_factory=list)
    earlier: list[Checkpoint] = field(default_factory=list)
    wrong: list[tuple[str, str]] = field(default_factory=list)


def check_evidence(path: Path, trusted: Sequence[PublicKey] | None) -> Verdict:
    """Look at a file.

    Args:
        trusted: keys known from elsewhere; None: that of the file is taken, and whoever reads the
            verdict has to make sure whose it is.

    Raises:
        OSError: it cannot be read.
        Unusable: it is no evidence, or of a key that is not trusted.
    """
    if path.stat().st_size > MOST_BYTES:
        raise Unusable([fault("evidence_unreadable", path=path, why="size")])
    try:
        told = json.loads(path.read_bytes())
        if told["format"] != FORMAT:
            raise NotSound("format")
        _require_names(told, "format", "subject", "checkpoint", "public_key", "earlier", "events")
        verdict = Verdict(
            str(told["subject"]), checkpoint_of(told["checkpoint"]), public_key_of(told["public_key"])
        )
        if trusted is not None and verdict.key.line not in [key.line for key in trusted]:
            raise Unusable([fault("evidence_other_key", given=verdict.key.line)])
        _check_checkpoints(verdict, told["earlier"])
        _check_events(verdict, told["events"])
    except Unusable:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as wrong:
        raise Unusable([fault("evidence_unreadable", path=path, why=type(wrong).__name__)]) from wrong
    return verdict


def _check_checkpoints(verdict: Verdict, earlier: Sequence[Mapping[str, Any]]) -> None:
    newest = verdict.checkpoint
    if signed_by(newest, [verdict.key]) is None:
        verdict.wrong.append(("checkpoint_unsigned", str(newest.size)))
    for told in earlier:
        _require_names(told, "checkpoint", "proof")
        one = checkpoint_of(told["checkpoint"])
        verdict.earlier.append(one)
        if signed_by(one, [verdict.key]) is None:
            verdict.wrong.append(("checkpoint_unsigned", str(one.size)))
        path = [decoded(part) for part in told["proof"]]
        if not consistency_holds(one.size, newest.size, path, one.root, newest.root):
            verdict.wrong.append(("consistency_broken", str(one.size)))


def _check_events(verdict: Verdict, events: Sequence[Mapping[str, Any]]) -> None:
    if not events:
        verdict.wrong.append(("nothing_shown", verdict.subject))
    found: list[tuple[int, Event, bool, Mapping[str, Any] | None]] = []
    for told in events:
        _require_names(told, "seq", "content", "proof", *(["opened"] if "opened" in told else []))
        seq, content = told["seq"], told["content"].encode()
        if not isinstance(seq, int) or isinstance(seq, bool):
            raise NotSound("seq")
        try:
            event = event_of(content)
        except Unsound:
            verdict.wrong.append(("event_unsound", str(seq)))
            continue
        if found and seq <= found[-1][0]:
            verdict.wrong.append(("out_of_order", str(seq)))
        if not _is_about(event, verdict.subject):
            verdict.wrong.append(("about_another", str(seq)))
        path = [decoded(part) for part in told["proof"]]
        size, root = verdict.checkpoint.size, verdict.checkpoint.root
        proved = inclusion_holds(leaf_hash(content), seq - 1, size, path, root)
        if not proved:
            verdict.wrong.append(("inclusion_broken", str(seq)))
        details = None
        if "opened" in told:
            _require_names(told["opened"], "salt", "details")
            salt, opened = bytes.fromhex(told["opened"]["salt"]), told["opened"]["details"]
            if salt.hex() == told["opened"]["salt"] and commitment_to(opened, salt) == event.commitment:
                details = opened
            else:
                verdict.wrong.append(("detail_differs", str(seq)))
        found.append((seq, event, proved, details))
    voided = {e.says.get("event"): seq for seq, e, _, _ in found if e.kind is Kind.VOIDED}
    verdict.shown = [
        Shown(seq, event, proved, details, voided.get(seq)) for seq, event, proved, details in found
    ]


def _require_names(told: Mapping[str, Any], *names: str) -> None:
    """Nothing may stand in the file that nobody looks at."""
    if set(told) != set(names):
        raise NotSound("names")


def _is_about(event: Event, subject: str) -> bool:
    return subject in (event.worker_id, f"{event.plan_id}/{event.trip_id}")
