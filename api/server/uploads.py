"""How much of what is being uploaded may be in memory at the same time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from api.server.problems import Problem

SMALL = 64 << 10  # bytes of a body; as much of each connection is buffered below the application anyway
_WAIT = "5"  # seconds


class Uploads:
    """Bytes of bodies larger than ``SMALL``, in all and by address; of one event loop."""

    def __init__(self, most: int, most_of_address: int) -> None:
        self._most, self._most_of_address = most, most_of_address
        self._of_address: Counter[str] = Counter()

    @contextmanager
    def of(self, address: str) -> Iterator[Upload]:
        """A body from an address, until whatever is done with it is done."""
        upload = Upload(self, address)
        try:
            yield upload
        finally:
            self._of_address[address] -= upload.size
            self._of_address = +self._of_address

    def take(self, address: str, more: int) -> None:
        if self._of_address[address] + more > self._most_of_address:
            raise Problem("too_much_at_once", headers={"Retry-After": _WAIT}, seconds=_WAIT)
        if self._of_address.total() + more > self._most:
            raise Problem("too_busy", headers={"Retry-After": _WAIT}, seconds=_WAIT)
        self._of_address[address] += more


class Upload:
    """One body; ``size``: how much room is set aside for it."""

    def __init__(self, uploads: Uploads, address: str) -> None:
        self._uploads, self._address, self.size = uploads, address, 0

    def grow(self, size: int) -> None:
        """Set room aside for a body of this size.

        Raises:
            Problem: there is none for now.
        """
        if size > self.size:
            self._uploads.take(self._address, size - self.size)
            self.size = size
