"""Files that are there whole or not at all, whatever fails on the way, and stay there without power."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def write_whole(path: Path, content: bytes, mode: int = 0o644) -> None:
    """Put a file in its place in one step, flushed to the disk; what was there goes.

    Raises:
        OSError: it could not be written; what was there stays.
    """
    with _part(path, content, mode) as part:
        os.replace(part, path)
    flush_folder(path.parent)


def write_new(path: Path, content: bytes, mode: int = 0o644) -> None:
    """The same where there must be none yet.

    Raises:
        FileExistsError: there is one; it stays.
        OSError: it could not be written.
    """
    with _part(path, content, mode) as part:
        os.link(part, path)
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Have the names of a folder's files on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _part(path: Path, content: bytes, mode: int) -> Iterator[Path]:
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        yield part
    finally:
        part.unlink(missing_ok=True)
