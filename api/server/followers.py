"""How many streams of events are open: each asks the database again and again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from api.server.problems import Problem

_WAIT = "15"  # seconds


class Followers:
    """Streams in all and by account; of one event loop."""

    def __init__(self, most: int, most_of_account: int) -> None:
        self._most, self._most_of_account = most, most_of_account
        self._of_account: Counter[str] = Counter()

    @contextmanager
    def one(self, account_id: str) -> Iterator[None]:
        """One more, until the block ends.

        Raises:
            Problem: there are as many as there may be.
        """
        full = self._of_account[account_id] >= self._most_of_account
        if full or self._of_account.total() >= self._most:
            raise Problem("too_many_followers", headers={"Retry-After": _WAIT})
        self._of_account[account_id] += 1
        try:
            yield
        finally:
            self._of_account[account_id] -= 1
            self._of_account = +self._of_account
