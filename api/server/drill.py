"""A drill: a whole plan is played through a server of its own, with faults.

The server runs on this machine over a data folder of the drill's own, so that no drill ever enters a
real log.  Everybody who reports has an own key and a queue like that of a phone: it is offline now
and then, requests are sent twice, answers get lost.  Afterwards the database must show that every
report arrived once and that what must hold does.
"""

from __future__ import annotations

import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import uvicorn

from api.server.app import create_app, services_for
from api.server.services import Services
from api.server.settings import settings_for
from data.accounts import By, add_account, add_key
from data.archives import packed
from data.imports import import_scenario
from data.plan_store import store
from data.publishing import publish
from data.settlements import settle
from data.silences import ask_about_silences
from data.snapshots import find_scenario, frozen, known_on, snapshot, store_scenario
from workforce.drill import Actor, Script, Step
from workforce.plan import Plan
from workforce.scenario import Scenario

BATCH = 500  # reports of a request
TICK = timedelta(minutes=60)  # of the drill's time between two looks at the phones
_SENDERS = 4
_UNLIMITED = 10**9
_LONG_AFTER = timedelta(days=2)  # when nothing more can be on its way


@dataclass(frozen=True, slots=True)
class Net:
    """How bad the connections are, each as a part of a phone's tries."""

    offline: float = 0.05  # for one to six hours
    lost_answer: float = 0.03  # the server got it, the phone does not know
    doubled: float = 0.03


@dataclass
class Phone:
    """Somebody's queue of unsent reports."""

    key: str
    random: Random
    queue: deque[dict[str, Any]] = field(default_factory=deque)
    offline_until: datetime | None = None


@dataclass
class Told:
    """What was seen while playing."""

    sent: int = 0
    again: int = 0
    refused: list[str] = field(default_factory=list)
    milliseconds: list[float] = field(default_factory=list)


@dataclass(frozen=True)
class Played:
    """A drill that was played, with the server's database still open."""

    services: Services
    plan_id: str
    script: Script
    nonces: Mapping[str, Step]
    told: Told


class DrillClock:
    """The server's clock, which follows the drill."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at


@contextmanager
def played(
    folder: Path,
    scenario: Scenario,
    plan: Plan,
    script: Script,
    seed: int,
    net: Net,
    speed: float = 0.0,
    progress: Callable[[int, int, datetime], None] = lambda sent, of, at: None,
) -> Iterator[Played]:
    """Play a script through a server over a new data folder.

    Args:
        speed: minutes of the drill in a minute; 0: as fast as it goes.
        progress: is told how many steps were sent of how many, and the drill's time.
    """
    begin = script.steps[0].at - timedelta(days=1)
    clock = DrillClock(begin)
    limits = {"requests_per_minute": _UNLIMITED, "requests_per_minute_of_address": _UNLIMITED}
    services = services_for(settings_for(folder, {}, planners=0, **limits), clock)
    plan_id = _published(services, scenario, plan, begin)
    actors = sorted({step.actor for step in script.steps}, key=str)
    phones = dict(zip(actors, _phones(services, actors, begin, seed), strict=True))
    told = Told()
    with _serving(services) as url, httpx2.Client(base_url=url, timeout=120.0) as client:
        nonces = _play(client, clock, script, plan_id, phones, net, speed, told, progress)
        with services.database.write() as c:
            settle(c, By("drill", clock.at), services.rosters)
        ask_about_silences(services.database, By("drill", clock.at + _LONG_AFTER), services.rosters)
        services.publisher.publish(services.database, clock.at)
        yield Played(services, plan_id, script, nonces, told)


def _published(services: Services, scenario: Scenario, plan: Plan, at: datetime) -> str:
    by = By("drill", at)
    with services.database.write() as c:
        import_scenario(c, services.vault, by, scenario)
        known = known_on(c, at.date())
    shot = snapshot(known)
    with services.database.write() as c:
        store_scenario(c, by, shot, scenario.policy.name, at.date())
        row = find_scenario(c, shot.scenario_id)
        assert row is not None
        plan_id = store(c, by, shot.scenario_id, packed(plan), [])
        publish(c, by, plan_id, 1, frozen(row.content), services.rosters)
    return plan_id


def _phones(services: Services, actors: Sequence[Actor], at: datetime, seed: int) -> Iterator[Phone]:
    by = By("drill", at)
    with services.database.write() as c:
        for actor in actors:
            account = add_account(c, by, actor.role, str(actor.subject or actor.role), actor.subject)
            _, key = add_key(c, by, account, "drill", ("read", "write"), None)
            yield Phone(key, Random(f"{seed} phone {actor.role} {actor.subject}"))


@contextmanager
def _serving(services: Services) -> Iterator[str]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(create_app(services), host="127.0.0.1", port=port, log_config=None, access_log=False)
    )
    thread = threading.Thread(target=server.run, name="drill-server")
    thread.start()
    try:
        while not server.started and thread.is_alive():
            time.sleep(0.02)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def _play(
    client: httpx2.Client,
    clock: DrillClock,
    script: Script,
    plan_id: str,
    phones: Mapping[Actor, Phone],
    net: Net,
    speed: float,
    told: Told,
    progress: Callable[[int, int, datetime], None],
) -> dict[str, Step]:
    nonces: dict[str, Step] = {}
    coming = deque(enumerate(script.steps))
    with ThreadPoolExecutor(_SENDERS) as pool:
        while coming or any(phone.queue for phone in phones.values()):
            began = time.monotonic()
            nothing_due = not coming or coming[0][1].at > clock.at + TICK
            idle = coming and nothing_due and not any(phone.queue for phone in phones.values())
            clock.at = coming[0][1].at if idle and not speed else clock.at + TICK
            while coming and coming[0][1].at <= clock.at:
                n, step = coming.popleft()
                nonce = f"drill-{n:09}"
                nonces[nonce] = step
                phones[step.actor].queue.append(body_of(step, nonce, plan_id))
            ready = [phone for phone in phones.values() if phone.queue]
            send = partial(_send, client, at=clock.at, net=net, told=told, last=not coming)
            list(pool.map(send, ready))
            progress(told.sent, len(script.steps), clock.at)
            if speed:
                time.sleep(max(TICK.total_seconds() / speed - (time.monotonic() - began), 0.0))
    return nonces


def _send(client: httpx2.Client, phone: Phone, *, at: datetime, net: Net, told: Told, last: bool) -> None:
    """Send what a phone has, in order, as far as its connection lets it."""
    random = phone.random
    if not last:
        if phone.offline_until is not None and at < phone.offline_until:
            return
        if random.random() < net.offline:
            phone.offline_until = at + timedelta(hours=random.uniform(1, 6))
            return
    while phone.queue:
        batch = [phone.queue[i] for i in range(min(BATCH, len(phone.queue)))]
        if random.random() < net.doubled:
            _post(client, phone.key, batch, told)
            told.again += len(batch)
        answer = _post(client, phone.key, batch, told)
        if not last and random.random() < net.lost_answer:
            told.again += len(batch)
            return  # it will send the same again
        for one in answer["items"]:
            if one["outcome"] == "refused":
                told.refused.append(f"{one['nonce']} {one['code']}")
            phone.queue.popleft()
        told.sent += len(batch)


def _post(client: httpx2.Client, key: str, batch: Sequence[Mapping[str, Any]], told: Told) -> Any:
    began = time.monotonic()
    answer = client.post("/v1/events", json={"events": batch}, headers={"Authorization": f"Bearer {key}"})
    told.milliseconds.append((time.monotonic() - began) * 1000)
    answer.raise_for_status()
    return answer.json()


def body_of(step: Step, nonce: str, plan_id: str) -> dict[str, Any]:
    told = {
        "kind": step.kind,
        "nonce": nonce,
        "at": step.at.isoformat(),
        "plan_id": plan_id if step.trip_id else None,
        "trip_id": step.trip_id,
        "worker_id": step.worker_id,
        "place_id": step.place_id,
        "says": dict(step.says),
        "details": dict(step.details),
    }
    return {name: value for name, value in told.items() if value}
