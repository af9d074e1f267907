"""Rosters of the published plans, as they stand and as they stood when something was recorded."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime

from sqlalchemy import Connection

from data.plan_store import publication_times, published_ids
from data.published import PublishedPlans
from workforce.rosters import Roster

_REMEMBERED = 4


class Rosters:
    """Makes them from published plans; the last ones are remembered, for published plans never change."""

    def __init__(self, published: PublishedPlans) -> None:
        self._published, self._lock = published, threading.Lock()
        self._made: OrderedDict[tuple[str, ...], Roster] = OrderedDict()

    def at(self, c: Connection, moment: datetime | None) -> Roster:
        """The roster of the plans that were published by then; None: by now."""
        ids = tuple(published_ids(c, moment))
        with self._lock:
            if ids not in self._made:
                self._made[ids] = Roster(self._published.standing_of(ids))
                while len(self._made) > _REMEMBERED:
                    self._made.popitem(last=False)
            self._made.move_to_end(ids)
            return self._made[ids]

    def through_time(self, c: Connection) -> Callable[[datetime], Roster]:
        """``at`` for many moments, with one look at when plans were published."""
        times = publication_times(c)
        made: dict[int, Roster] = {}

        def at(moment: datetime) -> Roster:
            n = bisect_right(times, moment)
            if n not in made:
                made[n] = self.at(c, moment)
            return made[n]

        return at
