"""Return plans of enterprises, with their liaison officer (一企一员), in the registry.

The officer's name and telephone are sealed (``data/liaisons.py``).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, select

from data.accounts import By, new_id
from data.liaisons import keep
from data.people import personal_of
from data.registry import Entry, as_of, entries, find, put
from data.schema import claim
from data.vault import Vault
from workforce.return_plans import Review, State, Step, after, counts, may_edit

KIND = "return_plans"
SETTINGS, REVIEW = "settings", "review"


class NotNow(Exception):
    """The plan's state, or how the bureau reviews, does not allow it; ``state`` is the plan's."""

    def __init__(self, state: State, review: Review) -> None:
        self.state, self.review = state, review


def review_of(c: Connection) -> Review:
    """How the bureau reviews submitted plans."""
    return _review(find(c, SETTINGS, REVIEW))


def list_plans(
    c: Connection, enterprise_id: str | None = None, after_key: str = "", limit: int | None = None
) -> list[Entry]:
    return entries(c, KIND, enterprise_id, after_key, limit)


def find_plan(c: Connection, plan_id: str) -> Entry | None:
    return find(c, KIND, plan_id)


def make(
    c: Connection,
    vault: Vault,
    by: By,
    enterprise_id: str,
    says: Mapping[str, Any],
    liaison: Mapping[str, str],
) -> Entry:
    """A new plan, a draft.

    Args:
        says: its title, days and remarks.
        liaison: name and phone.
    """
    body = {**says, "enterprise_id": enterprise_id, "liaison": keep(c, vault, enterprise_id, liaison)}
    new = Entry(KIND, new_id("rp_"), body, enterprise_id, State.DRAFT)
    put(c, by, new, version=0)
    return _again(c, new)


def edit(
    c: Connection,
    vault: Vault,
    by: By,
    plan: Entry,
    says: Mapping[str, Any] | None,
    liaison: Mapping[str, str] | None,
    version: int,
) -> Entry:
    """Change what a plan says, or its liaison officer, who may change until the end.

    Raises:
        NotNow: the plan is submitted, or at its end.
        Stale: it was changed since it was read.
    """
    state, body = state_of(plan), dict(plan.body)
    if says is not None:
        kept = ("enterprise_id", "liaison", "reason", "submitted_on")
        body = {**says, **{name: body[name] for name in kept if name in body}}
    if state is State.DONE or (body != plan.body and not may_edit(state)):
        raise NotNow(state, review_of(c))
    if liaison is not None and personal_of(c, vault, [body["liaison"]]).get(body["liaison"]) != dict(liaison):
        body["liaison"] = keep(c, vault, plan.enterprise_id or "", liaison)
    put(c, by, Entry(KIND, plan.key, body, plan.enterprise_id, plan.state), version=version)
    return _again(c, plan)


def step(c: Connection, by: By, plan: Entry, what: Step, version: int, reason: str | None = None) -> Entry:
    """Bring a plan to its next state.

    Args:
        reason: why it is sent back.

    Raises:
        NotNow: not from the state that it is in.
        Stale: it was changed since it was read.
    """
    state, review = state_of(plan), review_of(c)
    to = after(state, what, review)
    if to is None:
        raise NotNow(state, review)
    body = {name: value for name, value in plan.body.items() if name != "reason"}
    if what is Step.SUBMIT and review is not Review.NONE:
        body["submitted_on"] = by.at.date().isoformat()  # by which it is found on file
    if reason is not None:
        body["reason"] = reason
    put(c, by, Entry(KIND, plan.key, body, plan.enterprise_id, to), str(what), version)
    return _again(c, plan)


def state_of(plan: Entry) -> State:
    return State(plan.state or State.DRAFT)


def worker_counts(c: Connection, plan_ids: list[str]) -> dict[str, int]:
    """How many workers each plan has."""
    query = (
        select(claim.c.return_plan, func.count())
        .where(claim.c.return_plan.in_(plan_ids), claim.c.state != "withdrawn")
        .group_by(claim.c.return_plan)
    )
    return {row[0]: row[1] for row in c.execute(query)}


def not_ready(c: Connection, moment: datetime) -> set[str]:
    """The plans whose workers were not to be planned yet at a moment."""
    settings = {e.key: e for e in as_of(c, SETTINGS, moment)}
    review = _review(settings.get(REVIEW))
    return {e.key for e in as_of(c, KIND, moment) if not counts(state_of(e), review)}


def _review(setting: Entry | None) -> Review:
    return Review(setting.body["value"]) if setting is not None else Review.FILE


def _again(c: Connection, plan: Entry) -> Entry:
    found = find(c, KIND, plan.key)
    assert found is not None
    return found
