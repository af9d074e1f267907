"""Zips: scenarios and plans as they are kept and handed out, and those that come from outside.

What comes from outside is not trusted: how much it holds is measured while it is unpacked, its
names must stay inside the folder, and nothing of it is written before all of that is known.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from data.plan_files import Verbatim, read_plan, write_plan
from workforce.faults import Fault, Unusable, fault
from workforce.plan import Plan

MOST_FILES = 1_000
MOST_BYTES = 256 << 20  # unpacked
_EPOCH = (1980, 1, 1, 0, 0, 0)


def zipped(files: Mapping[str, bytes]) -> bytes:
    """A zip that is the same, to the byte, for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in sorted(files):
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), files[name], zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def zipped_folder(folder: Path) -> bytes:
    return zipped({path.name: path.read_bytes() for path in folder.iterdir()})


def digest_of(files: Mapping[str, bytes]) -> str:
    """Tells files with another name or content apart."""
    digest = hashlib.sha256()
    for name in sorted(files):
        digest.update(f"{name}\n{len(files[name])}\n".encode() + files[name])
    return digest.hexdigest()


def unzip(content: bytes, folder: Path) -> None:
    """Put the files of one of our own zips into a folder."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)


def unzip_foreign(content: bytes, folder: Path) -> Path:
    """Put the files of a zip from outside into an empty folder.

    Returns:
        The folder that holds them: the one given, or the only one in the zip.

    Raises:
        Unusable: it is no zip, is damaged or encrypted, holds too much, or names files outside the folder.
    """
    files = dict(_entries(content))
    tops = {PurePosixPath(name).parts[0] for name in files}
    try:
        for name, data in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    except (OSError, ValueError) as failure:  # a name too long, or of a file and a folder at once
        raise Unusable([fault("zip_damaged", why=type(failure).__name__)]) from failure
    inner = folder / next(iter(tops)) if len(tops) == 1 else folder
    return inner if inner.is_dir() else folder


def measured(content: bytes) -> bytes:
    """A zip from outside, packed again from what was measured: an ``.xlsx`` file for a reader that trusts it.

    Raises:
        Unusable: as for ``unzip_foreign``.
    """
    return zipped(dict(_entries(content)))


def _entries(content: bytes) -> Iterator[tuple[str, bytes]]:
    left = MOST_BYTES
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            entries = [e for e in archive.infolist() if not e.is_dir()]
            if len(entries) > MOST_FILES or sum(e.file_size for e in entries) > MOST_BYTES:
                raise Unusable([_too_large()])
            for entry in entries:
                name = _safe(entry)
                with archive.open(entry) as file:
                    data = file.read(left + 1)
                left -= len(data)
                if left < 0:
                    raise Unusable([_too_large()])
                yield name, data
    except Unusable:
        raise
    # Whatever a damaged zip makes the library say.
    except (zipfile.BadZipFile, zlib.error, RuntimeError, OSError, EOFError, ValueError) as failure:
        raise Unusable([fault("zip_damaged", why=failure)]) from failure


def _safe(entry: zipfile.ZipInfo) -> str:
    # Windows packs with backslashes; the library has turned them round only on Windows.
    name = entry.filename.replace("\\", "/")
    path = PurePosixPath(name)
    link = entry.external_attr >> 28 == 0o12
    if not path.parts or path.is_absolute() or ".." in path.parts or ":" in name or link:
        raise Unusable([fault("zip_path", name=name)])
    if entry.flag_bits & 1:
        raise Unusable([fault("zip_encrypted")])
    return str(path)


def _too_large() -> Fault:
    return fault("zip_too_large", files=MOST_FILES, most=MOST_BYTES >> 20)


def packed(plan: Plan, verbatim: Verbatim | None = None) -> bytes:
    """The plan's files, zipped."""
    with TemporaryDirectory() as parent:
        folder = Path(parent) / "plan"
        write_plan(plan, folder, verbatim)
        return zipped_folder(folder)


@lru_cache(maxsize=4)
def unpacked(content: bytes) -> Plan:
    """The plan of its zipped files; several requests ask for the same one after each other.

    Raises:
        Unusable: they are no plan.
    """
    with TemporaryDirectory() as folder:
        unzip(content, Path(folder))
        return read_plan(Path(folder))
