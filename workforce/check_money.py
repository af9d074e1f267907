"""The rules of money: who pays which part, and the budgets.

With trips kept from an older plan the government's part of their shares is fixed, even where
it was short then.  What must hold is that the rest is paid from what those leave of the budget:
the government pays exactly min(budget − kept, entitlements of the rest), and in all no more than
its budget.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal

from workforce.check_case import Case, rounds_to
from workforce.money import Parts, room_parts, split_evenly, to_yuan, trip_parts
from workforce.plan import Item, Share, Stay

Key = tuple[Item, str]  # item, worker id


def check_money(case: Case, dues: Dues) -> None:
    shares: dict[Key, Share] = {}
    for share in case.plan.shares:
        if share.worker_id not in case.scenario.workers:
            continue  # told as an unknown worker
        shares.setdefault((share.item, share.worker_id), share)
        if (share.item, share.worker_id) not in dues.totals:
            case.broken("share-needless", share.worker_id, _kept(case, share), item=share.item)
    for item, worker_id in dues.totals:
        if worker_id in case.scenario.workers and (item, worker_id) not in shares:
            case.broken("share-missing", worker_id, item=item)
    entitled = {}
    for key, share in shares.items():
        if key in dues.totals:
            entitled[key] = _check_share(case, dues, share)
    _check_enterprises(case)
    _check_government(case, entitled)


def _kept(case: Case, share: Share) -> bool:
    return share.worker_id in case.kept_riders


class Dues:
    """What is to be shared: by item and worker, in fen.

    A trip counts as charged, a stay by its list price, a transfer by its road, which may be a
    geodesic: hence the slack.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self.totals: dict[Key, Decimal] = {}
        self.slack: dict[Key, Decimal] = {}
        # A worker with two stays is told elsewhere; here the last one in a hotel that exists counts.
        self.stays = {s.worker_id: s for s in case.plan.stays if s.hotel_id in case.scenario.hotels}
        for trip in case.plan.trips:
            riders = {seat.worker_id for seat in case.plan.riders.get(trip.trip_id, ())}
            if riders:
                for worker_id, part in split_evenly(trip.cost_fen, riders).items():
                    self.totals[Item.TRIP, worker_id] = Decimal(part)
        for worker_id, part in self._list_prices().items():
            self.totals[Item.ROOM, worker_id] = Decimal(part)
        for worker_id, stay in case.plan.stay_of.items():
            enterprise = case.enterprise_of.get(worker_id)
            leg = case.distances.leg(stay.hotel_id, enterprise.enterprise_id) if enterprise else None
            if leg:
                fen_per_km = case.scenario.policy.transfer_yuan_per_km * 100
                self.totals[Item.TRANSFER, worker_id] = leg.km * fen_per_km
                self.slack[Item.TRANSFER, worker_id] = leg.slack_km * fen_per_km

    def _list_prices(self) -> Mapping[str, int]:
        together: dict[Stay, set[str]] = defaultdict(set)
        for stay in self.case.plan.stays:
            same_nights = Stay("", stay.hotel_id, stay.room, stay.check_in, stay.check_out)
            together[same_nights].add(stay.worker_id)
        prices = {}
        for stay, workers in together.items():
            hotel = self.case.scenario.hotels.get(stay.hotel_id)
            if hotel:
                night = hotel.single_fen if stay.room.startswith("S") else hotel.twin_fen
                prices.update(split_evenly((stay.check_out - stay.check_in).days * night, workers))
        return prices

    def holds(self, share: Share) -> bool:
        """Whether a share's total is the part that is due, in whole fen."""
        key = share.item, share.worker_id
        return rounds_to(share.total_fen, self.totals[key], self.slack.get(key, Decimal(0)))

    def parts(self, item: Item, worker_id: str, total_fen: int) -> Parts:
        """Who pays a part of that size by the rules."""
        policy = self.case.scenario.policy
        if item is Item.TRIP:
            return trip_parts(total_fen, policy.trip_shares)
        if item is Item.ROOM:
            stay = self.stays[worker_id]
            nights = (stay.check_out - stay.check_in).days
            concession = self.case.scenario.hotels[stay.hotel_id].concession
            return room_parts(total_fen, nights, concession, policy.room_shares)
        return Parts(total_fen, 0, 0, 0)


def _check_share(case: Case, dues: Dues, share: Share) -> int:
    """Judge one share; returns what the government is entitled to pay of it, in fen."""
    worker_id, item, kept = share.worker_id, share.item, _kept(case, share)
    if not dues.holds(share):
        said, due = to_yuan(share.total_fen), f"{dues.totals[item, worker_id] / 100:.4f}"
        case.broken("share-total", worker_id, kept, item=item, said=said, due=due)
    paid = (share.enterprise_fen, share.worker_fen, share.hotel_fen, share.government_fen)
    if sum(paid) != share.total_fen or min(paid) < 0:
        total = to_yuan(share.total_fen)
        case.broken("share-sum", worker_id, kept, item=item, sum=to_yuan(sum(paid)), total=total)
    enterprise = case.enterprise_of.get(worker_id)
    if enterprise and share.enterprise_id != enterprise.enterprise_id:
        said, due = share.enterprise_id, enterprise.enterprise_id
        case.broken("share-enterprise", worker_id, kept, item=item, said=said, due=due)
    rule = dues.parts(item, worker_id, share.total_fen)
    if share.worker_fen != rule.worker:
        said, due = to_yuan(share.worker_fen), to_yuan(rule.worker)
        case.broken("share-worker", worker_id, kept, item=item, said=said, due=due)
    if share.hotel_fen != rule.hotel:
        said, due = to_yuan(share.hotel_fen), to_yuan(rule.hotel)
        case.broken("share-hotel", worker_id, kept, item=item, said=said, due=due)
    if share.government_fen > rule.government:
        said, most = to_yuan(share.government_fen), to_yuan(rule.government)
        case.broken("share-government", worker_id, kept, item=item, said=said, most=most)
    return rule.government


def _check_enterprises(case: Case) -> None:
    spent: dict[str, int] = defaultdict(int)
    spent_anew: dict[str, int] = defaultdict(int)
    for share in case.plan.shares:
        spent[share.enterprise_id] += share.enterprise_fen
        if not _kept(case, share):
            spent_anew[share.enterprise_id] += share.enterprise_fen
    for enterprise_id, total in spent.items():
        enterprise = case.scenario.enterprises.get(enterprise_id)
        budget = enterprise.budget_fen if enterprise else None
        if budget is not None and total > budget:
            kept = spent_anew[enterprise_id] <= 0
            case.broken(
                "enterprise-budget", enterprise_id, kept, spent=to_yuan(total), budget=to_yuan(budget)
            )


def _check_government(case: Case, entitled: Mapping[Key, int]) -> None:
    budget = case.scenario.policy.government_fen
    paid = sum(share.government_fen for share in case.plan.shares)
    paid_before = sum(share.government_fen for share in case.plan.shares if _kept(case, share))
    paid_anew = paid - paid_before
    if budget is not None and paid > budget:
        kept = paid_anew <= 0
        case.broken("government-budget", "government", kept, spent=to_yuan(paid), budget=to_yuan(budget))
    due = sum(fen for (_, worker_id), fen in entitled.items() if worker_id not in case.kept_riders)
    if budget is not None:
        due = min(due, max(0, budget - paid_before))
    if paid_anew != due:
        case.broken("government-exact", "government", spent=to_yuan(paid_anew), due=to_yuan(due))
