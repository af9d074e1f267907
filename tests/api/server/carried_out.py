"""The world's plan carried out through the API, each step by whoever takes it, for tests of what follows."""

from __future__ import annotations

from collections.abc import Sequence

from api.server.drill import body_of
from tests.api.server.world import PLAN_ID, World
from workforce.drill import Rates, Script, Step, script_of
from workforce.loop_rules import LoopRules


def carry_out(world: World, rates: Rates | None = None, but: frozenset[str] = frozenset()) -> Script:
    """Report a whole plan; the clock stands at its end afterwards.

    Args:
        rates: of what goes wrong; nothing, unless told.
        but: kinds of events that nobody reports.
    """
    script = script_of(world.plan, world.scenario, LoopRules(), 1, rates or Rates().times(0))
    play(world, [step for step in script.steps if step.kind not in but], PLAN_ID)
    return script


def play(world: World, steps: Sequence[Step], plan_id: str) -> None:
    """Report steps as those of a plan; the clock stands at the last of them afterwards."""
    server = world.server
    server.clock.at = steps[-1].at
    bodies = [(step.actor, body_of(step, f"{plan_id}-{n:05}", plan_id)) for n, step in enumerate(steps)]
    for actor in dict.fromkeys(step.actor for step in steps):
        key = server.role(actor.role, actor.subject)
        events = [body for who, body in bodies if who == actor]
        for i in range(0, len(events), 500):
            answer = server.client.post("/v1/events", json={"events": events[i : i + 500]}, headers=key)
            assert answer.status_code == 200, answer.text
            assert {one["outcome"] for one in answer.json()["items"]} <= {"recorded"}, answer.text
