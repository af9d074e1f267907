"""Fen: reading and writing them, rounding, dividing, and who pays which part."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workforce.money import (
    Claim,
    divide_government,
    half_up,
    room_parts,
    split_evenly,
    to_fen,
    to_yuan,
    trip_parts,
)
from workforce.policy import RoomShares, TripShares

FEN = st.integers(0, 10**9)
RATE = st.decimals(0, 1, places=3)


@pytest.mark.parametrize(
    ("yuan", "fen"),
    [("0", 0), ("12", 1_200), ("12.3", 1_230), ("12.34", 1_234), ("-0.05", -5), (7, 700), ("1e3", 100_000)],
)
def test_to_fen(yuan: str | int, fen: int) -> None:
    assert to_fen(yuan) == fen
    assert to_fen(Decimal(str(yuan))) == fen


@pytest.mark.parametrize("yuan", ["12.345", "0.001", "x", "", "nan", "inf", "-Infinity", "sNaN"])
def test_to_fen_refuses(yuan: str) -> None:
    with pytest.raises(ValueError, match=r"money|decimals"):
        to_fen(yuan)


@pytest.mark.parametrize(
    ("fen", "yuan"), [(0, "0.00"), (5, "0.05"), (1_234, "12.34"), (-5, "-0.05"), (-1_234, "-12.34")]
)
def test_to_yuan(fen: int, yuan: str) -> None:
    assert to_yuan(fen) == yuan


@given(st.integers(-(10**12), 10**12))
def test_yuan_and_fen_round_trip(fen: int) -> None:
    assert to_fen(to_yuan(fen)) == fen


@pytest.mark.parametrize(
    ("value", "rounded"),
    [("0.5", 1), ("1.5", 2), ("2.5", 3), ("2.4999999", 2), ("-0.5", -1), ("-2.5", -3), ("1E+3", 1000)],
)
def test_half_up(value: str, rounded: int) -> None:
    assert half_up(Decimal(value)) == rounded


def test_half_up_takes_a_float_as_it_is_written() -> None:
    """1.005 × 100 is 100.49999999999999 in binary; as written it is a half."""
    assert half_up(2.5) == 3
    assert half_up(Decimal(str(1.005)) * 100) == 101


def test_split_evenly_gives_spare_fen_in_order_of_id_by_code_point() -> None:
    assert split_evenly(11, ["b", "a", "Z"]) == {"Z": 4, "a": 4, "b": 3}
    assert split_evenly(10, ["W10", "W9", "W1"]) == {"W1": 4, "W10": 3, "W9": 3}
    assert split_evenly(0, ["a"]) == {"a": 0}


@given(FEN, st.sets(st.text(max_size=3), min_size=1, max_size=60))
def test_split_evenly_loses_nothing(total: int, ids: set[str]) -> None:
    parts = split_evenly(total, ids)
    assert parts.keys() == ids
    assert sum(parts.values()) == total
    assert max(parts.values()) - min(parts.values()) <= 1


@pytest.mark.parametrize(
    ("part", "worker", "government", "enterprise"),
    [
        (10_000, 1_000, 5_000, 4_000),
        (60_000, 5_000, 20_000, 35_000),  # both caps
        (5, 1, 3, 1),  # 0.5 and 2.5 fen, half up
        (1, 0, 1, 0),  # 0.1 and 0.5 fen
        (0, 0, 0, 0),
    ],
)
def test_trip_parts(part: int, worker: int, government: int, enterprise: int) -> None:
    parts = trip_parts(part, TripShares(Decimal("0.1"), 5_000, Decimal("0.5"), 20_000))
    assert (parts.worker, parts.hotel, parts.government, parts.enterprise) == (
        worker,
        0,
        government,
        enterprise,
    )


def test_the_government_pays_at_most_what_is_left() -> None:
    trip = trip_parts(1_000, TripShares(Decimal("0.9"), 10**6, Decimal("0.5"), 10**6))
    assert (trip.worker, trip.government, trip.enterprise) == (900, 100, 0)
    room = room_parts(1_000, 14, Decimal("0.5"), RoomShares(30, Decimal("0.3"), 10**6))
    assert (room.hotel, room.worker, room.government, room.enterprise) == (500, 420, 80, 0)


@pytest.mark.parametrize(
    ("part", "nights", "hotel", "worker", "government"),
    [
        (22_502, 3, 3_375, 6_000, 6_751),  # 3375.3 and 6750.6
        (36_000, 3, 5_400, 6_000, 10_800),
        (100_000, 3, 15_000, 6_000, 18_000),  # capped at 60 yuan a night
        (3_000, 3, 450, 2_550, 0),  # the worker's part takes all that is left
    ],
)
def test_room_parts(part: int, nights: int, hotel: int, worker: int, government: int) -> None:
    parts = room_parts(part, nights, Decimal("0.15"), RoomShares(2_000, Decimal("0.3"), 6_000))
    assert (parts.hotel, parts.worker, parts.government) == (hotel, worker, government)
    assert parts.enterprise == part - hotel - worker - government


@given(FEN, RATE, FEN, RATE, FEN)
def test_trip_parts_add_up(part: int, w_rate: Decimal, w_cap: int, g_rate: Decimal, g_cap: int) -> None:
    parts = trip_parts(part, TripShares(w_rate, w_cap, g_rate, g_cap))
    assert parts.total == part
    assert min(parts.worker, parts.government, parts.enterprise) >= 0


@given(FEN, st.integers(1, 30), RATE, st.integers(0, 10**5), RATE, st.integers(0, 10**5))
def test_room_parts_add_up(
    part: int, nights: int, concession: Decimal, worker: int, rate: Decimal, cap: int
) -> None:
    parts = room_parts(part, nights, concession, RoomShares(worker, rate, cap))
    assert parts.total == part
    assert min(parts.worker, parts.hotel, parts.government, parts.enterprise) >= 0


def _claim(worker: str, fen: int, enterprise: str = "E1", priority: int = 1) -> Claim:
    return Claim(enterprise, priority, (worker, "trip"), fen)


def test_divide_government_pays_all_when_it_can() -> None:
    claims = [_claim("b", 30), _claim("a", 20)]
    assert divide_government(claims, 50, {}) == [30, 20]
    assert divide_government(claims, 10**9, {}) == [30, 20]
    assert divide_government([], 10, {}) == []


def test_divide_government_goes_by_priority_then_id() -> None:
    claims = [_claim("a", 30, priority=2), _claim("c", 20), _claim("b", 20)]
    assert divide_government(claims, 45, {}) == [5, 20, 20]
    assert divide_government(claims, 30, {}) == [0, 10, 20]


def test_divide_government_keeps_enterprises_within_their_budgets_first() -> None:
    """E2 could pay 5 of its 30 itself, so 25 must come from the government, though E1 is served first."""
    claims = [_claim("a", 30, "E1", 1), _claim("b", 30, "E2", 2)]
    assert divide_government(claims, 40, {"E2": 5}) == [15, 25]
    assert divide_government(claims, 40, {"E2": 500}) == [30, 10]
    assert divide_government(claims, 25, {"E2": 5}) == [0, 25]


@pytest.mark.parametrize(("budget", "spare"), [(24, 5), (60, -1)])
def test_divide_government_refuses_what_cannot_be(budget: int, spare: int) -> None:
    claims = [_claim("a", 30, "E1", 1), _claim("b", 30, "E2", 2)]
    with pytest.raises(ValueError, match="budget"):
        divide_government(claims, budget, {"E2": spare})


@given(
    st.lists(
        st.tuples(st.integers(0, 100), st.sampled_from(["E1", "E2", "E3"]), st.integers(1, 4)), max_size=8
    ),
    st.integers(0, 500),
    st.dictionaries(st.sampled_from(["E1", "E2"]), st.integers(0, 200)),
)
def test_divide_government_is_exact_and_within_bounds(
    rows: list[tuple[int, str, int]], budget: int, spare: dict[str, int]
) -> None:
    claims = [_claim(f"W{n}", fen, e, priority) for n, (fen, e, priority) in enumerate(rows)]
    due = {e: sum(c.entitled_fen for c in claims if c.enterprise_id == e) for e in ("E1", "E2", "E3")}
    possible = sum(max(0, due[e] - fen) for e, fen in spare.items()) <= min(budget, sum(due.values()))
    if not possible:
        with pytest.raises(ValueError, match="budget"):
            divide_government(claims, budget, spare)
        return
    paid = divide_government(claims, budget, spare)
    assert sum(paid) == min(budget, sum(due.values()))
    assert all(0 <= fen <= claim.entitled_fen for fen, claim in zip(paid, claims, strict=True))
    for e, fen in spare.items():
        received = sum(p for p, c in zip(paid, claims, strict=True) if c.enterprise_id == e)
        assert due[e] - received <= fen
