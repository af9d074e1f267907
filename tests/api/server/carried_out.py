"""The world's plan carried out through the API, each step by whoever takes it, for tests of what follows."""

from __future__ import annotations

from api.server.drill import body_of
from tests.api.server.world import PLAN_ID, World
from workforce.drill import Actor, Rates, Script, script_of
from workforce.loop_rules import LoopRules


def carry_out(world: World, rates: Rates | None = None, but: frozenset[str] = frozenset()) -> Script:
    """Report a whole plan; the clock stands at its end afterwards.

    Args:
        rates: of what goes wrong; nothing, unless told.
        but: kinds of events that nobody reports.
    """
    script = script_of(world.plan, world.scenario, LoopRules(), 1, rates or Rates().times(0))
    server = world.server
    keys = {actor: server.role(actor.role, actor.subject) for actor in {s.actor for s in script.steps}}
    server.clock.at = script.steps[-1].at
    pending: list[tuple[Actor, dict[str, object]]] = []
    for n, step in enumerate(script.steps):
        if step.kind not in but:
            pending.append((step.actor, body_of(step, f"step-{n:05}", PLAN_ID)))
    for actor, key in keys.items():
        events = [body for who, body in pending if who == actor]
        for i in range(0, len(events), 500):
            answer = server.client.post("/v1/events", json={"events": events[i : i + 500]}, headers=key)
            assert answer.status_code == 200, answer.text
            assert {one["outcome"] for one in answer.json()["items"]} <= {"recorded"}, answer.text
    return script
