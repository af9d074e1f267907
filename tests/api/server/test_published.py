"""Published plans are read once, however many there are and whoever asks at the same time."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import insert

from data import published
from data.published import PublishedPlans
from data.schema import scenario as scenario_table
from tests.api.server.conftest import Server
from tests.api.server.world import PLAN_ID, publish_as, seeded


def test_a_season_of_plans_is_read_once(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    world = seeded(server)
    chain = [PLAN_ID]
    for n in range(11):
        with server.services.database.write() as c:
            row = c.execute(scenario_table.select().limit(1)).one()._mapping
            follower = {**row, "id": f"s_{n}", "based_on": [chain[-1]]}
            c.execute(insert(scenario_table).values(**follower))
        chain.append(f"p_{n}")
        publish_as(server, world.plan, f"s_{n}", chain[-1])
    reads: Counter[str] = Counter()
    read = PublishedPlans._read

    def counted(self: PublishedPlans, plan_id: str) -> Any:
        reads[plan_id] += 1
        return read(self, plan_id)

    monkeypatch.setattr(published.PublishedPlans, "_read", counted)
    plans = PublishedPlans(server.services.database)
    with ThreadPoolExecutor(6) as several:
        told = list(several.map(lambda _: plans.standing(), range(18)))
    assert reads == dict.fromkeys(chain, 1)
    assert all([p.plan_id for p in found] == chain for found in told)
    assert {seat.worker_id for seat in told[0][-1].plan.seats} == {s.worker_id for s in world.plan.seats}
    # Of a plan that is followed, whoever does not travel by it is not remembered.
    assert [p.scenario.workers for p in told[0][:-1]] == [{}] * 11
    past = plans.standing_of(chain[:3])
    assert [p.plan_id for p in past] == chain[:3]
    assert past[-1].plan.seats == world.plan.seats  # the last word of that moment
    plans.standing()
    assert reads == {**dict.fromkeys(chain, 1), chain[2]: 2}
