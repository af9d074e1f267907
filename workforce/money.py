"""Money in whole fen: rounding, equal division, and the four-way shares of the contract."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from workforce.policy import RoomShares, TripShares


def to_fen(yuan: str | int | Decimal) -> int:
    """Yuan to whole fen.

    Raises:
        ValueError: more than two decimals, or no finite number.
    """
    try:
        fen = Decimal(str(yuan)) * 100
    except ArithmeticError as fault:
        raise ValueError(f"no amount of money: {yuan!r}") from fault
    if not fen.is_finite():
        raise ValueError(f"no amount of money: {yuan!r}")
    if fen != fen.to_integral_value():
        raise ValueError(f"money with more than two decimals: {yuan}")
    return int(fen)


def to_yuan(fen: int) -> str:
    """Whole fen as yuan with two decimals, as the plan's files write it."""
    sign, fen = ("-", -fen) if fen < 0 else ("", fen)
    return f"{sign}{fen // 100}.{fen % 100:02d}"


def half_up(value: Decimal | float) -> int:
    """The nearest whole number, halves away from zero (contract: rounded half up)."""
    return int(Decimal(str(value)).quantize(Decimal(1), ROUND_HALF_UP))


def split_evenly(total_fen: int, worker_ids: Iterable[str]) -> dict[str, int]:
    """Equal parts; fen that do not divide go one each in order of worker id by code point."""
    ids = sorted(worker_ids)
    base, spare = divmod(total_fen, len(ids))
    return {worker: base + (i < spare) for i, worker in enumerate(ids)}


@dataclass(frozen=True, slots=True)
class Parts:
    """Who pays a part, in fen, with the government paying all it is entitled to."""

    total: int
    worker: int
    hotel: int
    government: int

    @property
    def enterprise(self) -> int:
        return self.total - self.worker - self.hotel - self.government


def trip_parts(part_fen: int, rule: TripShares) -> Parts:
    """A worker's part of a trip by the contract's rule."""
    worker = min(half_up(rule.worker_rate * part_fen), rule.worker_cap_fen)
    government = min(half_up(rule.government_rate * part_fen), rule.government_cap_fen, part_fen - worker)
    return Parts(part_fen, worker, 0, government)


def room_parts(part_fen: int, nights: int, concession: Decimal, rule: RoomShares) -> Parts:
    """A worker's part of a stay's list price by the contract's rule."""
    hotel = half_up(concession * part_fen)
    worker = min(rule.worker_fen_per_night * nights, part_fen - hotel)
    government = min(
        half_up(rule.government_rate * part_fen),
        rule.government_cap_fen_per_night * nights,
        part_fen - hotel - worker,
    )
    return Parts(part_fen, worker, hotel, government)


@dataclass(frozen=True, slots=True)
class Claim:
    """One share's entitlement to government money, and the enterprise that pays what is short."""

    enterprise_id: str
    priority: int  # effective, 1 is served first
    order: tuple[str, str]  # (worker id, item): the order within one priority
    entitled_fen: int


def divide_government(claims: Sequence[Claim], budget_fen: int, spare_fen: Mapping[str, int]) -> list[int]:
    """Divide a government budget that does not cover every claim; one amount a claim.

    The contract leaves the rule to the planner.  Ours has two steps, each in order of
    effective priority, then worker id: first an enterprise gets what it needs to stay
    within its own budget; then what is left goes to the claims one after the other.

    Args:
        claims: what each share is entitled to, in fen.
        budget_fen: what the government has left; pays min(budget, all claims) in full.
        spare_fen: what an enterprise could still pay with every claim of its own met;
            an enterprise without a limit is absent.

    Raises:
        ValueError: some enterprise cannot stay within its budget.
    """
    order = sorted(range(len(claims)), key=lambda i: (claims[i].priority, claims[i].order))
    paid = [0] * len(claims)
    left = min(budget_fen, sum(c.entitled_fen for c in claims))
    due: dict[str, int] = {}
    for claim in claims:
        due[claim.enterprise_id] = due.get(claim.enterprise_id, 0) + claim.entitled_fen
    must = {e: max(0, due[e] - spare_fen[e]) for e in due if e in spare_fen}
    if sum(must.values()) > left or any(must[e] > due[e] for e in must):
        raise ValueError("the government budget cannot keep every enterprise within its own")
    for i in order:
        need = min(must.get(claims[i].enterprise_id, 0), claims[i].entitled_fen)
        if need:
            paid[i] += need
            must[claims[i].enterprise_id] -= need
            left -= need
    for i in order:
        more = min(claims[i].entitled_fen - paid[i], left)
        paid[i] += more
        left -= more
    return paid
