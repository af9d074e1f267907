"""Signed checkpoints of the trip log: kept in the database, and published to files outside it.

Whoever holds the database alone can neither sign a checkpoint, for the key is in a file of its own,
nor take back one that was published or downloaded.  A checkpoint is made only if the log still
begins with what the last ones say.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, insert, select

from data.database import Database
from data.durable import write_new, write_whole
from data.schema import checkpoint
from data.signed_notes import (
    Checkpoint,
    NotSound,
    PublicKey,
    SigningKey,
    checkpoint_of,
    new_signing_key,
    public_keys_of,
    signing_key_of,
)
from data.trip_log import size as size_of
from data.trip_log import subtrees
from workforce.faults import Unusable, fault
from workforce.merkle import root

EVERY = timedelta(minutes=1)  # a checkpoint is due where the log grew
EVENTS = 10_000  # or sooner, where it grew by so many
_KEYS = "public-keys.txt"
_SUFFIX = ".checkpoint"


@dataclass(frozen=True, slots=True)
class Publisher:
    """Makes checkpoints, and publishes them.

    Attributes:
        folder: of the published files: a file for each checkpoint, and the public keys.
        key_file: holds the signing key.
    """

    folder: Path
    key_file: Path

    def due(self, c: Connection, now: datetime) -> bool:
        last, size = newest(c), size_of(c)
        if last is None:
            return size > 0
        return size != last.size and (now >= last.at + EVERY or size >= last.size + EVENTS)

    def publish(self, database: Database, now: datetime) -> Checkpoint | None:
        """Make a checkpoint if the log grew, and publish whatever is not published yet.

        Returns:
            The newest one; None: the log is empty.

        Raises:
            OSError: a file cannot be read or written; another call goes on from there.
            Unusable: the log does not begin with what an earlier checkpoint says, or the key that
                signed it is not there.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        outside = self.newest()
        with database.write() as c:
            last, size = newest(c), size_of(c)
            for earlier in (last, outside):
                _require_beginning(c, earlier, size)
            if last is None or size > last.size:
                if not size:
                    return None
                key = self._signing_key(begun=last or outside)
                at = now if last is None else max(now, last.at)
                last = key.sign(size, root(subtrees(c), size), at)
                row = {"size": size, "root": last.root, "made_at": last.at, "note": last.note}
                c.execute(insert(checkpoint), [row])
            waiting = checkpoints(c, after=outside.size if outside else 0)
        for one in waiting:
            self._write(one)
        return last

    def published(self) -> Iterator[tuple[Path, Checkpoint | None]]:
        """The published files from first to last; None: it is no checkpoint.

        Raises:
            OSError: one cannot be read.
        """
        for path in self._files():
            try:
                yield path, checkpoint_of(path.read_text("utf-8"))
            except (NotSound, UnicodeDecodeError):
                yield path, None

    def newest(self) -> Checkpoint | None:
        """The one published last.

        Raises:
            Unusable: it is none.
        """
        for path in reversed(self._files()):
            try:
                return checkpoint_of(path.read_text("utf-8"))
            except (NotSound, UnicodeDecodeError):
                raise Unusable([fault("checkpoint_unreadable", path=path)]) from None
        return None

    def public_keys(self) -> list[PublicKey]:
        """The keys that have signed, the one in use last.

        Raises:
            Unusable: they cannot be made out.
        """
        path = self.folder / _KEYS
        try:
            return public_keys_of(path.read_text("utf-8"))
        except FileNotFoundError:
            return []
        except (NotSound, UnicodeDecodeError):
            raise Unusable([fault("log_key_unusable", path=path)]) from None

    def new_key(self, now: datetime) -> PublicKey:
        """Begin to sign with another key, under the same name; what older ones signed stays good."""
        known = self.public_keys()
        self.folder.mkdir(parents=True, exist_ok=True)
        key = new_signing_key(known[-1].origin if known else None)
        write_whole(self.key_file, f"{key.line}\n".encode(), 0o600)
        self._tell(key.public)
        return key.public

    def _signing_key(self, begun: Checkpoint | None) -> SigningKey:
        try:
            key = signing_key_of(self.key_file.read_text("utf-8"))
        except FileNotFoundError:
            if begun is not None:
                raise Unusable([fault("log_key_missing", path=self.key_file)]) from None
            key = new_signing_key()
            write_new(self.key_file, f"{key.line}\n".encode(), 0o600)
        except (NotSound, UnicodeDecodeError):
            raise Unusable([fault("log_key_unusable", path=self.key_file)]) from None
        if begun is not None and begun.origin != key.origin:
            raise Unusable([fault("log_key_unusable", path=self.key_file)])
        self._tell(key.public)
        return key

    def _tell(self, key: PublicKey) -> None:
        """Have a key among the published ones before anything that it signed."""
        known = [one.line for one in self.public_keys()]
        if key.line not in known:
            write_whole(self.folder / _KEYS, "".join(f"{line}\n" for line in [*known, key.line]).encode())

    def _write(self, one: Checkpoint) -> None:
        path = self.folder / f"{one.size:019d}{_SUFFIX}"
        try:
            write_new(path, one.note.encode())
        except FileExistsError:  # another process was first
            if path.read_text("utf-8") != one.note:
                raise Unusable([fault("log_rewritten", size=one.size)]) from None

    def _files(self) -> Sequence[Path]:
        return sorted(self.folder.glob(f"*{_SUFFIX}"))


def checkpoints(c: Connection, after: int = 0, limit: int | None = None) -> list[Checkpoint]:
    """Those in the database over more than ``after`` events, first to last."""
    query = select(checkpoint.c.note).where(checkpoint.c.size > after).order_by(checkpoint.c.size)
    return [checkpoint_of(note) for note in c.execute(query.limit(limit)).scalars()]


def newest(c: Connection) -> Checkpoint | None:
    query = select(checkpoint.c.note).order_by(checkpoint.c.size.desc()).limit(1)
    note = c.execute(query).scalar_one_or_none()
    return None if note is None else checkpoint_of(note)


def _require_beginning(c: Connection, earlier: Checkpoint | None, size: int) -> None:
    """Refuse a log that does not begin with what a checkpoint says."""
    if earlier is None:
        return
    if earlier.size > size:
        raise Unusable([fault("log_shrunk", size=size, told=earlier.size)])
    if root(subtrees(c), earlier.size) != earlier.root:
        raise Unusable([fault("log_rewritten", size=earlier.size)])
