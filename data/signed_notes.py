"""Checkpoints of the trip log: how large it is and its root, in words that are signed with Ed25519.

The form is that of signed notes and tlog-checkpoints (c2sp.org/signed-note, c2sp.org/tlog-checkpoint),
with the moment as an extension line, so that tools of others read them::

    guicheng-log/0a1b2c3d4e5f6071
    1234
    <root in base64>
    2020-03-02T08:41:00.000Z

    — guicheng-log/0a1b2c3d4e5f6071 <key hash and signature in base64>
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from workforce.triplog import written

_ED25519 = b"\x01"
_SECRET = "PRIVATE+KEY+"
_NOTE = re.compile(
    r"(?P<body>(?P<origin>[^\s+]+)\n(?P<size>0|[1-9]\d{0,18})\n(?P<root>[A-Za-z0-9+/]{43}=)\n"
    r"(?P<at>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z)\n)\n— (?P<name>[^\s+]+) (?P<signature>[A-Za-z0-9+/=]+)\n"
)


class NotSound(ValueError):
    """A text is no checkpoint or key, or its signature does not hold."""


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log said of itself at a moment.

    Attributes:
        root: of the hash tree over the first ``size`` events.
        note: the signed text.
    """

    origin: str
    size: int
    root: bytes
    at: datetime
    note: str


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A key that signatures are checked with.

    Attributes:
        line: its text form, ``name+hash+key``.
    """

    origin: str
    line: str
    key: Ed25519PublicKey

    @property
    def hash(self) -> bytes:
        return _key_hash(self.origin, self.key)


@dataclass(frozen=True, slots=True)
class SigningKey:
    origin: str
    key: Ed25519PrivateKey

    @property
    def public(self) -> PublicKey:
        key = self.key.public_key()
        known = base64.b64encode(_ED25519 + key.public_bytes_raw()).decode()
        return PublicKey(self.origin, f"{self.origin}+{_key_hash(self.origin, key).hex()}+{known}", key)

    @property
    def line(self) -> str:
        """The text form of the secret."""
        secret = base64.b64encode(_ED25519 + self.key.private_bytes_raw()).decode()
        return f"{_SECRET}{self.origin}+{self.public.hash.hex()}+{secret}"

    def sign(self, size: int, root: bytes, at: datetime) -> Checkpoint:
        body = f"{self.origin}\n{size}\n{base64.b64encode(root).decode()}\n{written(at)}\n"
        signature = base64.b64encode(self.public.hash + self.key.sign(body.encode())).decode()
        return checkpoint_of(f"{body}\n— {self.origin} {signature}\n")


def new_signing_key(origin: str | None = None) -> SigningKey:
    """A key for a new log, or another one for a log that has its name."""
    return SigningKey(origin or f"guicheng-log/{secrets.token_hex(8)}", Ed25519PrivateKey.generate())


def signing_key_of(line: str) -> SigningKey:
    """The key of its text form.

    Raises:
        NotSound: it is none.
    """
    if not line.startswith(_SECRET):
        raise NotSound("no signing key")
    origin, told, raw = _parts(line.strip().removeprefix(_SECRET))
    key = SigningKey(origin, Ed25519PrivateKey.from_private_bytes(raw))
    if key.public.hash.hex() != told:
        raise NotSound("the key's hash differs")
    return key


def public_key_of(line: str) -> PublicKey:
    """The key of its text form.

    Raises:
        NotSound: it is none.
    """
    origin, told, raw = _parts(line.strip())
    found = PublicKey(origin, line.strip(), Ed25519PublicKey.from_public_bytes(raw))
    if found.hash.hex() != told:
        raise NotSound("the key's hash differs")
    return found


def public_keys_of(text: str) -> list[PublicKey]:
    """The keys of a text with one a line.

    Raises:
        NotSound: a line is none.
    """
    return [public_key_of(line) for line in text.splitlines() if line.strip()]


def checkpoint_of(note: str) -> Checkpoint:
    """What a signed text says; whether its signature holds is not looked at.

    Raises:
        NotSound: it is no checkpoint.
    """
    found = _NOTE.fullmatch(note)
    if found is None or found["origin"] != found["name"]:
        raise NotSound("no checkpoint")
    try:
        at = datetime.fromisoformat(found["at"])
        root = decoded(found["root"])
    except ValueError as wrong:
        raise NotSound("no checkpoint") from wrong
    return Checkpoint(found["origin"], int(found["size"]), root, at, note)


def signed_by(one: Checkpoint, keys: Iterable[PublicKey]) -> PublicKey | None:
    """The key of these that has signed it; None: none has."""
    found = _NOTE.fullmatch(one.note)
    assert found is not None  # ``checkpoint_of`` has seen it
    try:
        signature = decoded(found["signature"])
    except ValueError:
        return None
    for key in keys:
        if (key.origin, key.hash) == (one.origin, signature[:4]):
            try:
                key.key.verify(signature[4:], found["body"].encode())
            except InvalidSignature:
                continue
            return key
    return None


def _parts(line: str) -> tuple[str, str, bytes]:
    try:
        origin, told, key = line.split("+", 2)
        raw = decoded(key)
    except ValueError as wrong:
        raise NotSound("no key") from wrong
    if raw[:1] != _ED25519 or len(raw) != 33 or not origin or any(ch.isspace() for ch in origin):
        raise NotSound("no key")
    return origin, told, raw[1:]


def decoded(text: str) -> bytes:
    """Base64 that has only one way of being written."""
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error as wrong:
        raise ValueError("no base64") from wrong
    if base64.b64encode(raw).decode() != text:
        raise ValueError("not the usual base64")
    return raw


def _key_hash(origin: str, key: Ed25519PublicKey) -> bytes:
    return hashlib.sha256(origin.encode() + b"\n" + _ED25519 + key.public_bytes_raw()).digest()[:4]
