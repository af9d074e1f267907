"""A copy of the whole database in one file, made and read back while servers run.

The file is a zip: a line of JSON for each row, a file for each table, and ``manifest.json`` with the
revision of the tables and the SHA-256 of every other file.  It is the same from SQLite and from
PostgreSQL, so that a bureau may move from one to the other.  The key ring is in it only when
asked for: without it a copy shows no name to whoever finds it.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import secrets
import zipfile
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

from alembic.util import CommandError
from sqlalchemy import (
    JSON,
    Column,
    Connection,
    DateTime,
    LargeBinary,
    MetaData,
    Table,
    func,
    insert,
    inspect,
    select,
    text,
)

from data.accounts import By
from data.database import Database, migrate
from data.durable import write_new
from data.erasure import erase_again
from data.vault import Vault, erased_beside, read_vault, write_vault
from workforce.faults import Unusable, fault

_FORMAT = "guicheng backup 1"
_MANIFEST, _KEYS = "manifest.json", "keys.json"
LOG_KEY = "log-key.txt"  # signs the trip log's checkpoints; it lies beside the key ring
_VERSION = "alembic_version"
_BATCH = 500
_PIECE = 1 << 20


def back_up(database: Database, path: Path, at: datetime, keys: Path, with_keys: bool = False) -> int:
    """Write a copy of one state of the database; it appears whole or not at all.

    Args:
        keys: the file of the key ring.

    Returns:
        How many rows it holds.

    Raises:
        OSError: the file cannot be written.
    """
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive, database.read() as c:
                rows = _write(archive, c, at, keys, with_keys)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)
    return rows


def restore(database: Database, path: Path, keys: Path, at: datetime) -> tuple[int, int]:
    """Fill an empty database with a copy; all of it or nothing.  Who was forgotten since is so again.

    Returns:
        How many rows there are, and how many people were forgotten again.

    Raises:
        OSError: the file cannot be read.
        Unusable: it is no whole copy or of a newer release, the database is not empty, or the keys are
            not those of the copy.
    """
    with _opened(path) as archive:
        manifest = _checked(archive, path)
        with database.write() as c:
            _require_empty(c)
            ring = _ring(archive, manifest, keys)
            try:
                migrate(c, manifest["revision"])
            except CommandError:
                raise Unusable([fault("backup_newer", revision=manifest["revision"])]) from None
            rows = sum(_fill(archive, c, table) for table in _tables(c))
            migrate(c)
            if ring is not None:  # before the rows are kept: they are worth nothing without it
                write_vault(keys, ring)
            if LOG_KEY in archive.namelist() and not keys.with_name(LOG_KEY).exists():
                write_new(keys.with_name(LOG_KEY), archive.read(LOG_KEY), 0o600)
            vault = read_vault(keys) if keys.exists() else None  # there is none where nothing was sealed
            again = 0 if vault is None else erase_again(c, vault, By("restore", at), erased_beside(keys))
    return rows, again


# Writing


def _write(archive: zipfile.ZipFile, c: Connection, at: datetime, keys: Path, with_keys: bool) -> int:
    manifest: dict[str, Any] = {
        "format": _FORMAT,
        "made_at": at.astimezone(UTC).isoformat(),
        "revision": c.execute(text(f"SELECT version_num FROM {_VERSION}")).scalar_one(),
        "keys": _fingerprint(read_vault(keys)) if keys.exists() else None,
        "rows": {},
        "sha256": {},
    }
    for table in _tables(c):
        name, count, sha = f"{table.name}.jsonl", 0, hashlib.sha256()
        with archive.open(name, "w", force_zip64=True) as file:
            rows = c.execution_options(yield_per=_BATCH).execute(
                select(table).order_by(*table.primary_key.columns)
            )
            for row in rows:
                told = {column.name: _told(column, row._mapping[column]) for column in table.columns}
                line = json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
                file.write(line)
                sha.update(line)
                count += 1
        manifest["rows"][table.name], manifest["sha256"][name] = count, sha.hexdigest()
    secret = ((_KEYS, keys), (LOG_KEY, keys.with_name(LOG_KEY))) if with_keys else ()
    for name, file_of_it in secret:
        if name == _KEYS or file_of_it.exists():
            content = file_of_it.read_bytes()
            archive.writestr(name, content)
            manifest["sha256"][name] = hashlib.sha256(content).hexdigest()
    archive.writestr(_MANIFEST, json.dumps(manifest, indent=1))
    return sum(manifest["rows"].values())


def _tables(c: Connection) -> list[Table]:
    """The tables as they are, whichever release made them; those that others refer to first."""
    metadata = MetaData()
    metadata.reflect(c)
    return [table for table in metadata.sorted_tables if table.name != _VERSION]


def _told(column: Column[Any], value: Any) -> Any:
    if value is not None and isinstance(column.type, LargeBinary):
        return base64.b64encode(value).decode()
    if value is not None and isinstance(column.type, DateTime):
        return value.isoformat()
    return value


# Reading


def _opened(path: Path) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        raise _damaged(path) from None


def _checked(archive: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    """The manifest of a copy that is whole."""
    try:
        manifest: dict[str, Any] = json.loads(archive.read(_MANIFEST))
        whole = manifest["format"] == _FORMAT and {*manifest["sha256"], _MANIFEST} == {*archive.namelist()}
        for name, told in manifest["sha256"].items():
            with archive.open(name) as file:
                whole = whole and _sha256(file) == told
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile, EOFError, zlib.error):
        whole = False
    if not whole:
        raise _damaged(path)
    return manifest


def _sha256(file: IO[bytes]) -> str:
    sha = hashlib.sha256()
    while piece := file.read(_PIECE):
        sha.update(piece)
    return sha.hexdigest()


def _damaged(path: Path) -> Unusable:
    return Unusable([fault("backup_damaged", path=path)])


def _require_empty(c: Connection) -> None:
    """Refuse a database that holds anything; tables without a row are dropped."""
    tables = _tables(c)
    if any(c.execute(select(func.count()).select_from(table)).scalar_one() for table in tables):
        raise Unusable([fault("database_not_empty")])
    if inspect(c).has_table(_VERSION):
        c.execute(text(f"DROP TABLE {_VERSION}"))
    for table in reversed(tables):
        table.drop(c)


def _ring(archive: zipfile.ZipFile, manifest: dict[str, Any], keys: Path) -> Vault | None:
    """The ring to be written; None: the right one is there.

    Raises:
        Unusable: another one is there, or none and the copy has none.
    """
    wanted = manifest["keys"]
    if keys.exists():
        has = _fingerprint(read_vault(keys))
        if wanted is None or (has["index"] == wanted["index"] and {*wanted["ids"]} <= {*has["ids"]}):
            return None
        raise Unusable([fault("backup_of_other_keys", path=keys)])
    if _KEYS in archive.namelist():
        part = keys.with_name(f".{keys.name}.{secrets.token_hex(8)}")
        try:
            part.touch(0o600)
            part.write_bytes(archive.read(_KEYS))
            return read_vault(part)
        finally:
            part.unlink(missing_ok=True)
    if wanted is not None:
        raise Unusable([fault("backup_without_keys", path=keys)])
    return None


def _fingerprint(vault: Vault) -> dict[str, Any]:
    """Tells rings apart without telling anything of their keys."""
    return {"ids": sorted(vault.keys), "index": vault.lookup("guicheng backup").hex()}


def _fill(archive: zipfile.ZipFile, c: Connection, table: Table) -> int:
    for column in table.columns:
        if isinstance(column.type, JSON) and column.nullable:
            column.type.none_as_null = True
    count = 0
    with archive.open(f"{table.name}.jsonl") as file:
        for batch in _batches(file):
            rows = [
                {column.name: _read(column, told[column.name]) for column in table.columns} for told in batch
            ]
            c.execute(insert(table), rows)
            count += len(rows)
    if c.dialect.name == "postgresql":
        for column in table.primary_key.columns:
            if column.autoincrement is True or column.server_default is not None:
                _count_on(c, table, column)
    return count


def _batches(file: IO[bytes]) -> Iterator[list[dict[str, Any]]]:
    batch: list[dict[str, Any]] = []
    for line in file:
        batch.append(json.loads(line))
        if len(batch) == _BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _read(column: Column[Any], told: Any) -> Any:
    if told is not None and isinstance(column.type, LargeBinary):
        return base64.b64decode(told)
    if told is not None and isinstance(column.type, DateTime):
        return datetime.fromisoformat(told)
    return told


def _count_on(c: Connection, table: Table, column: Column[Any]) -> None:
    """Have PostgreSQL number the next row behind those that were filled in."""
    last = c.execute(select(func.max(column))).scalar()
    if last is not None:
        sequence = func.pg_get_serial_sequence(table.name, column.name)
        c.execute(select(func.setval(sequence, last)))
