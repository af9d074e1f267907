"""Who pays which part, to the fen, and the budgets."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.builders import (
    broken,
    change,
    make_plan,
    make_scenario,
    settle,
    with_policy,
    with_share,
    with_trip,
)
from workforce.plan import Item, Plan, Share

SCENARIO = make_scenario()
PLAN = make_plan(SCENARIO)


def _share(plan: Plan, worker_id: str, item: Item) -> Share:
    return next(share for share in plan.shares_of[worker_id] if share.item is item)


def _moved(worker_id: str, item: Item, giver: str, taker: str, fen: int = 1) -> Plan:
    """The plan with some fen of a share moved from one payer to another."""
    share = _share(PLAN, worker_id, item)
    changes = {giver: getattr(share, giver) - fen, taker: getattr(share, taker) + fen}
    return with_share(PLAN, worker_id, item, **changes)


def test_share_missing() -> None:
    assert broken(SCENARIO, PLAN) == []
    for item in Item:
        left = tuple(s for s in PLAN.shares if (s.worker_id, s.item) != ("Q3", item))
        assert "share-missing" in broken(SCENARIO, replace(PLAN, shares=left))


def test_share_needless() -> None:
    assert broken(SCENARIO, PLAN) == []
    for worker_id, item in (("W1", Item.ROOM), ("W1", Item.TRANSFER), ("X1", Item.TRIP)):
        more = Share(worker_id, item, "E1", 0, 0, 0, 0, 0)
        assert broken(SCENARIO, replace(PLAN, shares=(*PLAN.shares, more))) == ["share-needless"]


def test_share_total() -> None:
    """T1 costs 2,053.75 yuan for J1, W1, W2 in this order: 684.59, 684.58, 684.58."""
    assert [_share(PLAN, w, Item.TRIP).total_fen for w in ("J1", "W1", "W2")] == [68_459, 68_458, 68_458]
    assert broken(SCENARIO, PLAN) == []
    swapped = with_share(PLAN, "J1", Item.TRIP, total_fen=68_458)
    swapped = with_share(swapped, "W1", Item.TRIP, total_fen=68_459)
    assert broken(SCENARIO, swapped).count("share-total") == 2


def test_share_total_of_a_room() -> None:
    """Three nights of a twin at 150.01 are 450.03 yuan for Q1 and Q2: 225.02 and 225.01; a single 360."""
    assert [_share(PLAN, w, Item.ROOM).total_fen for w in ("Q1", "Q2", "Q3")] == [22_502, 22_501, 36_000]
    assert "share-total" in broken(SCENARIO, with_share(PLAN, "Q3", Item.ROOM, total_fen=36_001))


def test_share_total_of_a_transfer() -> None:
    """8.35 km from H1 to E1 at 0.5 yuan are 4.175 yuan, half up 4.18."""
    assert _share(PLAN, "Q3", Item.TRANSFER).total_fen == 418
    down = with_share(PLAN, "Q3", Item.TRANSFER, total_fen=417, enterprise_fen=417)
    assert broken(SCENARIO, down) == ["share-total", "summary-cost"]


def test_share_sum() -> None:
    assert broken(SCENARIO, PLAN) == []
    share = _share(PLAN, "W1", Item.TRIP)
    short = with_share(PLAN, "W1", Item.TRIP, enterprise_fen=share.enterprise_fen - 1)
    assert broken(SCENARIO, short) == ["share-sum"]


def test_share_sum_has_no_negative_part() -> None:
    share = _share(PLAN, "Q3", Item.TRANSFER)
    assert "share-sum" in broken(
        SCENARIO, with_share(PLAN, "Q3", Item.TRANSFER, enterprise_fen=share.total_fen + 5, worker_fen=-5)
    )


def test_share_enterprise() -> None:
    """The enterprise of a seeker is that of the vacancy."""
    assert _share(PLAN, "J1", Item.TRIP).enterprise_id == "E2"
    assert broken(SCENARIO, PLAN) == []
    for other in ("E1", "E9"):
        found = broken(SCENARIO, with_share(PLAN, "J1", Item.TRIP, enterprise_id=other))
        assert found == ["share-enterprise"]


def test_share_worker() -> None:
    """Of 684.58 yuan the worker's rate takes 68.458, capped at 50.00; of a stay 20 a night."""
    assert _share(PLAN, "W1", Item.TRIP).worker_fen == 5_000
    assert _share(PLAN, "Q3", Item.ROOM).worker_fen == 6_000
    assert broken(SCENARIO, PLAN) == []
    for item in Item:
        assert broken(SCENARIO, _moved("Q3", item, "enterprise_fen", "worker_fen")) == ["share-worker"]


def test_share_hotel() -> None:
    """The hotel waives 15 % of 225.02: 33.753, half up 33.75; nothing of trips and transfers."""
    assert [_share(PLAN, "Q1", item).hotel_fen for item in Item] == [0, 3_375, 0]
    assert broken(SCENARIO, PLAN) == []
    for item in Item:
        assert broken(SCENARIO, _moved("Q1", item, "enterprise_fen", "hotel_fen")) == ["share-hotel"]


def test_share_government() -> None:
    """Half of a trip up to 200 yuan, 30 % of a stay up to 60 a night; nothing of a transfer."""
    assert [_share(PLAN, "Q3", item).government_fen for item in Item] == [20_000, 10_800, 0]
    assert broken(SCENARIO, PLAN) == []
    for item in Item:
        found = broken(SCENARIO, _moved("Q3", item, "enterprise_fen", "government_fen"))
        assert found == ["government-exact", "share-government"]


def test_enterprise_budget() -> None:
    spent = sum(share.enterprise_fen for share in PLAN.shares if share.enterprise_id == "E1")
    assert broken(change(SCENARIO, "enterprises", "E1", budget_fen=spent), PLAN) == []
    assert broken(change(SCENARIO, "enterprises", "E1", budget_fen=spent - 1), PLAN) == ["enterprise-budget"]
    assert broken(change(SCENARIO, "enterprises", "E2", budget_fen=0), PLAN) == ["enterprise-budget"]


def test_government_budget() -> None:
    paid = sum(share.government_fen for share in PLAN.shares)
    assert broken(with_policy(SCENARIO, government_fen=paid), PLAN) == []
    found = broken(with_policy(SCENARIO, government_fen=paid - 1), PLAN)
    assert found == ["government-budget", "government-exact"]


@pytest.mark.parametrize("budget", [0, 1, 50_000, 10**9])
def test_government_exact(budget: int) -> None:
    """It pays the smaller of its budget and what it owes, whatever the split."""
    scenario = with_policy(SCENARIO, government_fen=budget)
    plan = settle(scenario, PLAN)
    assert broken(scenario, plan) == []
    if budget:
        stingy = _moved("Q3", Item.TRIP, "government_fen", "enterprise_fen") if budget > 50_000 else None
        payer = next(share for share in plan.shares if share.government_fen)
        less = with_share(
            plan,
            payer.worker_id,
            payer.item,
            government_fen=payer.government_fen - 1,
            enterprise_fen=payer.enterprise_fen + 1,
        )
        assert broken(scenario, less) == ["government-exact"]
        assert stingy is None or broken(scenario, stingy) == ["government-exact"]


def test_government_split_is_free_when_it_is_short() -> None:
    scenario = with_policy(SCENARIO, government_fen=50_000)
    plan = settle(scenario, PLAN)
    giver = next(share for share in plan.shares if share.government_fen)
    taker = next(s for s in plan.shares if s.item is Item.TRIP and not s.government_fen)
    for share, fen in ((giver, -100), (taker, 100)):
        plan = with_share(
            plan,
            share.worker_id,
            share.item,
            government_fen=share.government_fen + fen,
            enterprise_fen=share.enterprise_fen - fen,
        )
    assert broken(scenario, plan) == []


def test_shares_follow_the_cost_that_the_trip_charges() -> None:
    """A wrong cost shows once at the trip, and at each share that no longer adds up to it."""
    found = broken(SCENARIO, with_trip(PLAN, "T1", cost_fen=205_378))
    assert found == ["share-total"] * 3 + ["summary-cost", "trip-cost"]
