"""Proposals: a published plan places a job seeker where nothing is agreed yet, and both sides are asked.

An enterprise may also offer a vacancy by itself: that is its half, and the seeker is asked.  Once the
worker and the enterprise have accepted, an entry in ``intentions`` says that they agree.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum

from sqlalchemy import Connection, select

from data.accounts import By, record
from data.registry import Entry, Outcome, find, find_all, put, put_all
from data.schema import entry
from workforce.plan import Placement
from workforce.scenario import Scenario

KIND = "proposals"


class State(StrEnum):
    OPEN = "open"
    AGREED = "agreed"
    DECLINED = "declined"
    LAPSED = "lapsed"  # a later plan places the seeker elsewhere, or one of them was withdrawn


class Side(StrEnum):
    WORKER = "worker"
    ENTERPRISE = "enterprise"


WAITING, ACCEPTED, DECLINED = "waiting", "accepted", "declined"


class Over(Exception):
    """The proposal needs no answer any more; ``state`` says why."""

    def __init__(self, state: State) -> None:
        self.state = state


def propose(c: Connection, by: By, plan_id: str, placements: Iterable[Placement], scenario: Scenario) -> int:
    """Ask both sides of every placement that nobody has agreed on; returns how many are asked now.

    Whoever was asked for the same placement before is not asked again, unless it was declined.
    """
    new: list[Entry] = []
    placed = {p.worker_id: p.vacancy_id for p in placements}
    for worker_id, vacancy_id in placed.items():
        if vacancy_id not in scenario.intentions.get(worker_id, ()):
            body = {"worker_id": worker_id, "vacancy_id": vacancy_id, "plan_id": plan_id}
            owner = scenario.vacancies[vacancy_id].enterprise_id
            asked = {Side.WORKER.value: WAITING, Side.ENTERPRISE.value: WAITING}
            new.append(Entry(KIND, _key(worker_id, vacancy_id), {**body, **asked}, owner, State.OPEN))
    before = {e.key: e for e in find_all(c, KIND, [e.key for e in new])}
    new = [e for e in new if e.key not in before or before[e.key].state in (State.DECLINED, State.LAPSED)]
    elsewhere = [
        e
        for e in _open(c)
        if e.body["plan_id"] is not None  # an enterprise's own offer stands until it is answered
        and placed.get(e.body["worker_id"], e.body["vacancy_id"]) != e.body["vacancy_id"]
    ]
    put_all(c, by, [replace(e, state=State.LAPSED) for e in elsewhere], "lapsed")
    put_all(c, by, new, "proposed")
    return len(new)


def offer(
    c: Connection, by: By, worker_id: str, vacancy_id: str, enterprise_id: str | None
) -> tuple[str, Outcome] | None:
    """An enterprise would take a seeker: its half; offered again, nothing changes.

    Returns:
        The proposal's id and what came of it; None: the seeker has declined.
    """
    key = _key(worker_id, vacancy_id)
    before = find(c, KIND, key)
    if find(c, "intentions", f"{worker_id}|{vacancy_id}") is not None:
        return key, Outcome.UNCHANGED
    if before is None or before.state == State.LAPSED:
        body = {"worker_id": worker_id, "vacancy_id": vacancy_id, "plan_id": None}
        halves = {Side.WORKER.value: WAITING, Side.ENTERPRISE.value: ACCEPTED}
        new = Entry(KIND, key, {**body, **halves}, enterprise_id, State.OPEN)
        return key, put(c, by, new, "offered")
    if before.body[Side.WORKER.value] == DECLINED:
        return None
    if before.body[Side.ENTERPRISE.value] == ACCEPTED:
        return key, Outcome.UNCHANGED
    answer(c, by, replace(before, state=State.OPEN), Side.ENTERPRISE, True)
    return key, Outcome.UPDATED


def agree(
    c: Connection, by: By, worker_id: str, vacancy_id: str, enterprise_id: str | None, reason: str
) -> Outcome:
    """The bureau knows that both sides have agreed; the reason is on record."""
    pair = {"worker_id": worker_id, "vacancy_id": vacancy_id}
    key = "|".join(pair.values())
    outcome = put(c, by, Entry("intentions", key, pair, enterprise_id), "agreed")
    if outcome is not Outcome.UNCHANGED:
        record(c, by, "intention_entered", key, reason)
    asked = find(c, KIND, _key(worker_id, vacancy_id))
    if asked is not None and asked.state == State.OPEN:
        put_all(c, by, [replace(asked, state=State.LAPSED)], "lapsed")
    return outcome


def answer(c: Connection, by: By, proposal: Entry, side: Side, accepts: bool) -> Entry:
    """One side accepts or declines; the same answer given again changes nothing.

    Raises:
        Over: it was declined, agreed on or lapsed.
    """
    said = ACCEPTED if accepts else DECLINED
    if proposal.body[side.value] == said:
        return proposal
    if proposal.state != State.OPEN:
        raise Over(State(proposal.state or State.OPEN))
    body = {**proposal.body, side.value: said}
    state = State.OPEN if accepts else State.DECLINED
    if body[Side.WORKER.value] == body[Side.ENTERPRISE.value] == ACCEPTED:
        state = State.AGREED
        pair = {name: body[name] for name in ("worker_id", "vacancy_id")}
        agreed = Entry("intentions", "|".join(pair.values()), pair, proposal.enterprise_id)
        put(c, by, agreed, "agreed")
    put(c, by, Entry(KIND, proposal.key, body, proposal.enterprise_id, state), f"{side}_{said}")
    now = find(c, KIND, proposal.key)
    assert now is not None
    return now


def lapse(c: Connection, by: By, worker_id: str | None = None, vacancy_id: str | None = None) -> None:
    """Ask no more about a worker or a vacancy that was withdrawn."""
    of = [e for e in _open(c) if worker_id == e.body["worker_id"] or vacancy_id == e.body["vacancy_id"]]
    put_all(c, by, [replace(e, state=State.LAPSED) for e in of], "lapsed")


def of_worker(c: Connection, worker_id: str) -> list[Entry]:
    """The proposals that ask a worker, in the order of their keys."""
    query = select(entry.c.key).where(
        entry.c.kind == KIND, entry.c.body["worker_id"].as_string() == worker_id
    )
    return sorted(find_all(c, KIND, c.execute(query).scalars()), key=lambda e: e.key)


def _open(c: Connection) -> list[Entry]:
    query = select(entry.c.key).where(entry.c.kind == KIND, entry.c.state == State.OPEN)
    return list(find_all(c, KIND, c.execute(query).scalars()))


def _key(worker_id: str, vacancy_id: str) -> str:
    return "o_" + hashlib.sha256(f"{worker_id}\n{vacancy_id}".encode()).hexdigest()[:16]
