"""A folder for files that are needed for a moment and may name people: below the data folder, ours alone.

A process that is killed leaves what it had there; the next server clears that away.  Several
processes may have the same data folder, so each has a folder of its own, with a lock that ends
with the process.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

_LOCK = "lock"


@contextmanager
def scratch(parent: Path) -> Iterator[Path]:
    """Let all temporary files of this process be made in a folder of its own below ``parent``."""
    parent.mkdir(mode=0o700, exist_ok=True)
    parent.chmod(0o700)
    with _locked(parent):  # nobody clears away a folder that has no lock yet
        for folder in parent.iterdir():
            if folder.is_dir() and not _in_use(folder):
                # A planner that outlived its server for a moment may be clearing it away, too.
                shutil.rmtree(folder, ignore_errors=True)
        own = Path(tempfile.mkdtemp(dir=parent))
        lock = _locked(own)
    before, tempfile.tempdir = tempfile.tempdir, os.fspath(own.resolve())
    try:
        with lock:
            yield own
    finally:
        tempfile.tempdir = before
        shutil.rmtree(own, ignore_errors=True)


def _locked(folder: Path, wait: bool = True) -> IO[str]:
    """An open file that is the folder's lock, until it is closed.

    Raises:
        BlockingIOError: somebody has it, and ``wait`` is false.
    """
    file = (folder / _LOCK).open("a")
    try:
        fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        file.close()
        raise
    return file


def _in_use(folder: Path) -> bool:
    try:
        _locked(folder, wait=False).close()
    except BlockingIOError:
        return True
    return False
