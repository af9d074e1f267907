"""Rosters of the published plans, as they stand and as they stood when something was recorded."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime
from itertools import accumulate

from sqlalchemy import Connection

from data.plan_store import publications
from data.published import PublishedPlans
from workforce.rosters import Roster

_REMEMBERED = 4


class Rosters:
    """Makes them from published plans; the last ones are remembered, for published plans never change."""

    def __init__(self, published: PublishedPlans) -> None:
        self._published, self._lock = published, threading.Lock()
        self._made: OrderedDict[tuple[str, ...], Roster] = OrderedDict()

    def now(self, c: Connection) -> Roster:
        """The roster of the plans that are published."""
        return self._of(tuple(plan_id for plan_id, _ in publications(c)))

    def history(self, c: Connection) -> Callable[[datetime], Roster]:
        """Tells of a moment which roster stood then; asks the database once."""
        known = publications(c)
        # From then on as many were published, also where the clock was set back before a later one was.
        moments = list(accumulate((at for _, at in reversed(known)), min))[::-1]
        last: dict[
            int, Roster
        ] = {}  # by how many plans were published; what is asked next is mostly the same

        def roster_at(moment: datetime) -> Roster:
            published = bisect_right(moments, moment)
            if published not in last:
                last.clear()
                last[published] = self._of(tuple(plan_id for plan_id, _ in known[:published]))
            return last[published]

        return roster_at

    def _of(self, ids: tuple[str, ...]) -> Roster:
        with self._lock:
            if ids not in self._made:
                self._made[ids] = Roster(self._published.standing_of(ids))
                while len(self._made) > _REMEMBERED:
                    self._made.popitem(last=False)
            self._made.move_to_end(ids)
            return self._made[ids]
