"""Personal data at rest: sealed with AES-GCM under a key ring, found again by a keyed hash.

The key ring is a file beside the database, never in it: whoever has only the database or a copy
of it reads no name.  New data is sealed with the newest key; older keys open what they sealed
until everything is sealed anew (``data/rotation.py``).
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import re
import secrets
import threading
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from data.json_text import json_text

# Digits of a resident identity or mobile number, however they are separated.
PERSONAL_NUMBER = re.compile(
    r"(?<!\d)(?:(?:\d[\s-]*){17}[\dXx]|(?:(?:00)?86[\s-]*)?1[3-9](?:[\s-]*\d){9})(?!\d)"
)
_OUR_ID = re.compile(r"W[0-9a-f]{12}")  # as the registry calls a worker: its digits are nobody's number
_NONCE = 12  # bytes, as NIST SP 800-38D recommends for GCM


@dataclass(frozen=True)
class Vault:
    """The keys.

    Attributes:
        keys: by id; each 32 bytes.
        newest: the id of the one that seals.
        index: the key of the look-up hash; it stays the same when the others are changed.
        since: when the newest was added to others; None: it is the first.
    """

    keys: dict[str, bytes]
    newest: str
    index: bytes
    since: datetime | None = None

    def seal(self, content: Any, about: str) -> bytes:
        """Encrypt JSON content; it opens only with the same ``about`` (such as a worker's id)."""
        nonce = secrets.token_bytes(_NONCE)
        text = json_text(content).encode()
        return nonce + _cipher(self.keys[self.newest]).encrypt(nonce, text, about.encode())

    def unseal(self, sealed: bytes, key_id: str, about: str) -> Any:
        """What ``seal`` was given.

        Raises:
            KeyError: the ring lacks the key.
            cryptography.exceptions.InvalidTag: the bytes were changed, or are about something else.
        """
        text = _cipher(self.keys[key_id]).decrypt(sealed[:_NONCE], sealed[_NONCE:], about.encode())
        return orjson.loads(text)

    def lookup(self, identity: str) -> bytes:
        """The keyed hash by which a person with this identity number is found."""
        return hmac.digest(self.index, identity.upper().encode(), "sha256")

    def reference(self, given: str) -> str:
        """A submitter's own name of a row as it may be kept: a hash where it holds a person's number."""
        ours = _OUR_ID.fullmatch(given) is not None
        return f"#{self.lookup(given).hex()[:32]}" if PERSONAL_NUMBER.search(given) and not ours else given

    def with_new_key(self, at: datetime) -> Vault:
        name, key = _new_key()
        return replace(self, keys={**self.keys, name: key}, newest=name, since=at)

    def without_old_keys(self) -> Vault:
        return replace(self, keys={self.newest: self.keys[self.newest]}, since=None)


@lru_cache(maxsize=4)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def plain_number(found: str) -> str:
    """A number that ``PERSONAL_NUMBER`` has found, without what separates its digits."""
    plain = "".join(ch for ch in found.upper() if ch.isdigit() or ch == "X")
    return plain if len(plain) == 18 else plain[-11:]


class KeyRing:
    """The keys of a file, read again whenever the file is another: keys are changed while servers run."""

    def __init__(self, path: Path) -> None:
        """Read them; a new ring is made where there is none.

        Raises:
            OSError, ValueError: as of ``read_vault``.
        """
        self._path, self._lock = path, threading.Lock()
        self._vault, self._mark = read_vault(path), _mark(path)

    @property
    def erased(self) -> Path:
        """The list of who was forgotten, which belongs to the ring (``data/erased.py``)."""
        return erased_beside(self._path)

    def current(self) -> Vault:
        """The keys as they are now; ask inside the transaction that they are for."""
        mark = _mark(self._path)
        with self._lock:
            if mark != self._mark:
                self._vault, self._mark = read_vault(self._path), mark
            return self._vault


def erased_beside(ring: Path) -> Path:
    """Where the list of who was forgotten is kept."""
    return ring.with_name("erased.txt")


def new_vault() -> Vault:
    name, key = _new_key()
    return Vault({name: key}, name, secrets.token_bytes(32))


def read_vault(path: Path) -> Vault:
    """The key ring of a file; a new one is made where there is none.

    Raises:
        OSError: it cannot be read or written.
        ValueError: it is no key ring.
    """
    try:
        return _parsed(path.read_text("utf-8"))
    except FileNotFoundError:
        pass
    vault = new_vault()
    try:
        _write_new(path, vault)
    except FileExistsError:  # another process was first
        return _parsed(path.read_text("utf-8"))
    return vault


def write_vault(path: Path, vault: Vault) -> None:
    """Replace the key ring in one step, flushed to the disk."""
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    _write_part(part, vault)
    os.replace(part, path)
    _flush_folder(path.parent)


def _write_new(path: Path, vault: Vault) -> None:
    part = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    _write_part(part, vault)
    try:
        os.link(part, path)  # fails where the ring is there already
    finally:
        part.unlink()
    _flush_folder(path.parent)


def _write_part(part: Path, vault: Vault) -> None:
    keys = {name: base64.b64encode(key).decode() for name, key in vault.keys.items()}
    content = {"newest": vault.newest, "keys": keys, "index": base64.b64encode(vault.index).decode()}
    if vault.since is not None:
        content["since"] = vault.since.isoformat()
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        json.dump(content, file, indent=1)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _parsed(text: str) -> Vault:
    content = json.loads(text)
    keys = {name: base64.b64decode(key) for name, key in content["keys"].items()}
    since = content.get("since")
    return Vault(
        keys,
        content["newest"],
        base64.b64decode(content["index"]),
        None if since is None else datetime.fromisoformat(since),
    )


def _mark(path: Path) -> tuple[int, int, int]:
    """Another one for another content: the ring is replaced, never written over."""
    told = path.stat()
    return told.st_ino, told.st_mtime_ns, told.st_size


def _new_key() -> tuple[str, bytes]:
    return secrets.token_hex(4), AESGCM.generate_key(256)
