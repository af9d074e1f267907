"""What stays cost at prices of rooms."""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from optimizer.instance import NIGHT_FROM, NIGHT_UNTIL, SINGLE, SIZE, TWIN, Arrays

Floats: TypeAlias = NDArray[np.float64]


class Lodging:
    """Prices of stays; days of arrival run to ``until``, where no room has a price any more."""

    def __init__(self, a: Arrays) -> None:
        self._a = a
        self.until = a.rooms_free.shape[2]
        self._largest = int(a.item[:, SIZE].max(initial=1))

    def rooms(self, price: Floats, nights: int) -> Floats:
        """[hotel, single or twin, day of arrival] fen of a room for a stay; inf where there is none.

        ``price`` is by hotel, kind and night, beside the list price less the concession.
        """
        a, span, until = self._a, nights + self._a.turnover, self.until
        hotels = len(a.hotel_fen)

        def over_stay(table: NDArray[Any]) -> NDArray[Any]:
            total = np.zeros((hotels, 2, until + span + 1), table.dtype)
            total[:, :, 1 : until + 1] = np.cumsum(table, axis=2)
            total[:, :, until + 1 :] = total[:, :, until : until + 1]
            return total[:, :, span:] - total[:, :, : until + 1]

        fen = over_stay(price) + nights * a.hotel_fen[:, [SINGLE, TWIN], None]
        fen[over_stay((a.rooms_free == 0).astype(np.int64)) > 0] = np.inf
        day = np.arange(until + 1)
        lets = (day >= a.hotel_whole[:, [NIGHT_FROM]]) & (day + nights - 1 <= a.hotel_whole[:, [NIGHT_UNTIL]])
        fen[np.broadcast_to(~lets[:, None, :], fen.shape)] = np.inf
        fen[:, :, until] = nights * a.hotel_fen[:, [SINGLE, TWIN]]  # later than anything is known of
        return fen

    @staticmethod
    def _ways(size: int) -> list[tuple[int, int]]:
        """(single rooms, twins) that house a party."""
        return [(size - 2 * x - y, x + y) for x in range(size // 2 + 1) for y in range(size - 2 * x + 1)]

    def stays(self, rooms: Floats) -> Floats:
        """[size, hotel, day] fen of the cheapest way to house a party."""
        stay = np.full((self._largest + 1, len(rooms), rooms.shape[2]), np.inf)
        for size in range(1, self._largest + 1):
            for single, twin in self._ways(size):
                np.minimum(stay[size], _of(rooms, single, twin), out=stay[size])
        return stay

    def ways(self, rooms: Floats) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """[size, hotel, day] the single rooms and the twins of the cheapest way to house a party."""
        single = np.zeros((self._largest + 1, len(rooms), rooms.shape[2]), np.int64)
        twin = np.zeros_like(single)
        for size in range(1, self._largest + 1):
            ways = self._ways(size)
            best = np.argmin([_of(rooms, *way) for way in ways], axis=0)
            single[size], twin[size] = np.array(ways)[best].transpose(2, 0, 1)
        return single, twin

    def list_fen(
        self, hotel: NDArray[np.int64], nights: int, single: NDArray[np.int64], twin: NDArray[np.int64]
    ) -> Floats:
        """Fen of stays (by guest: hotel, rooms of each kind) without the prices of rooms."""
        fen = self._a.hotel_fen[hotel]
        return nights * (single * fen[:, SINGLE] + twin * fen[:, TWIN])


def _of(rooms: Floats, single: int, twin: int) -> Floats:
    fen = np.zeros(rooms[:, 0].shape)
    if single:
        fen = fen + single * rooms[:, 0]
    if twin:
        fen = fen + twin * rooms[:, 1]
    return fen
