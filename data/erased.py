"""Who was forgotten, by a keyed hash, in a file beside the key ring: older back-ups know them still.

A line is added for each person and never changed.  It names nobody, and only whoever has the key
ring can tell whether somebody is on it.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from data.vault import Vault


def add_erased(path: Path, vault: Vault, worker_ids: Iterable[str]) -> None:
    """Add people, flushed to the disk; who is on it already is not added again.

    Raises:
        OSError: the file cannot be written.
    """
    ids = list(worker_ids)
    there = set(erased_among(path, vault, ids))
    lines = "".join(f"{_mark(vault, one)}\n" for one in ids if one not in there)
    if not lines:
        return
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(handle, lines.encode())
        os.fsync(handle)
    finally:
        os.close(handle)


def erased_among(path: Path, vault: Vault, worker_ids: Sequence[str]) -> list[str]:
    """Those of some people who are on the list.

    Raises:
        OSError: the file is there but cannot be read.
    """
    try:
        there = set(path.read_text("ascii").split())
    except FileNotFoundError:
        return []
    return [one for one in worker_ids if _mark(vault, one) in there]


def _mark(vault: Vault, worker_id: str) -> str:
    return vault.lookup(f"erased|{worker_id}").hex()
