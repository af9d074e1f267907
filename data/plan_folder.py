"""A plan's folder that appears whole: written beside the old one, then put in its place in one step."""

from __future__ import annotations

import ctypes
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workforce.faults import Unusable, fault

PLAN_JSON = "plan.json"

_HERE = -100  # AT_FDCWD
_EXCHANGE = 2  # RENAME_EXCHANGE


def require_plan_folder(folder: Path) -> None:
    """Refuse a folder that a plan may not replace: one with files in it that is no plan.

    Raises:
        Unusable: it has files and no ``plan.json``, or is no folder.
    """
    settle(folder)
    if folder.is_dir() and ((folder / PLAN_JSON).exists() or not any(folder.iterdir())):
        return
    if folder.is_file():
        raise Unusable([fault("file_exists", path=folder)])
    if folder.exists() or folder.is_symlink():
        raise Unusable([fault("folder_not_a_plan", path=folder)])


@contextmanager
def new_plan_folder(folder: Path, ours: frozenset[str]) -> Iterator[Path]:
    """An empty folder to write a plan into; once it is left without an error it stands at ``folder``.

    A run that is killed leaves either the old plan or the new one there.  Files of the old
    folder that are none of ``ours`` stay in it.

    Raises:
        Unusable: ``folder`` has files and is no plan.
        OSError: it cannot be written.
    """
    require_plan_folder(folder)
    folder = folder.resolve()
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)  # of a run that was killed
    part.mkdir(parents=True)
    try:
        yield part
        if folder.exists():
            _carry_over(folder, part, ours)
        _flush(part)
        _put_in_place(part, folder)
    finally:
        shutil.rmtree(part, ignore_errors=True)  # by now the old plan


def settle(folder: Path) -> None:
    """Put the old plan back where a run was killed between the two steps of a swap."""
    if not folder.resolve().name:
        return  # the root of a file system is never swapped
    old = _aside(folder)
    if old.exists() and not folder.exists():
        old.rename(folder)


def _aside(folder: Path) -> Path:
    folder = folder.resolve()
    return folder.with_name(f".{folder.name}.old")


def _carry_over(folder: Path, part: Path, ours: frozenset[str]) -> None:
    shutil.copymode(folder, part)
    for found in folder.iterdir():
        if found.name in ours or (part / found.name).exists():
            continue
        if found.is_dir() and not found.is_symlink():
            shutil.copytree(found, part / found.name, symlinks=True)
        else:
            shutil.copy2(found, part / found.name, follow_symlinks=False)


def _flush(folder: Path) -> None:
    """Have the disk hold all of a folder: a rename may reach it before the content does."""
    for path in [*folder.rglob("*"), folder]:
        if path.is_symlink():
            continue
        handle = os.open(path, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _put_in_place(part: Path, folder: Path) -> None:
    if not folder.exists():
        part.rename(folder)
    elif not _exchange(part, folder):
        old = _aside(folder)
        shutil.rmtree(old, ignore_errors=True)
        folder.rename(old)
        part.rename(folder)
        shutil.rmtree(old, ignore_errors=True)
    handle = os.open(folder.parent, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _exchange(one: Path, other: Path) -> bool:
    """Swap two folders in one step; False where system or file system cannot (then it takes two)."""
    try:
        renameat2 = ctypes.CDLL(None, use_errno=True).renameat2
    except (AttributeError, OSError, TypeError):
        return False
    return bool(renameat2(_HERE, os.fsencode(one), _HERE, os.fsencode(other), _EXCHANGE) == 0)
