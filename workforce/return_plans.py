"""A return plan: what an enterprise tells the bureau of its people's way back, and the states of it.

Some prefectures forbid approvals as a condition of coming back, others demand them in writing; so the
bureau's settings say what a submitted plan waits for (``Review``).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class State(StrEnum):
    DRAFT = "draft"
    SUBMITTED = "submitted"
    APPROVED = "approved"
    SENT_BACK = "sent_back"
    PLANNED = "planned"
    UNDER_WAY = "under_way"
    DONE = "done"


class Review(StrEnum):
    """What becomes of a submitted plan: nothing, it is kept on file, or it waits for an approval."""

    NONE = "none"
    FILE = "file"
    APPROVE = "approve"


class Step(StrEnum):
    SUBMIT = "submit"
    APPROVE = "approve"
    SEND_BACK = "send_back"
    PLAN = "plan"
    SET_OUT = "set_out"
    FINISH = "finish"


_STEPS: Mapping[tuple[State, Step], State] = {
    (State.DRAFT, Step.SUBMIT): State.SUBMITTED,
    (State.SENT_BACK, Step.SUBMIT): State.SUBMITTED,
    (State.SUBMITTED, Step.APPROVE): State.APPROVED,
    (State.SUBMITTED, Step.SEND_BACK): State.SENT_BACK,
    (State.SUBMITTED, Step.PLAN): State.PLANNED,
    (State.APPROVED, Step.PLAN): State.PLANNED,
    (State.PLANNED, Step.SET_OUT): State.UNDER_WAY,
    (State.UNDER_WAY, Step.FINISH): State.DONE,
}


def after(state: State, step: Step, review: Review) -> State | None:
    """The state after a step; None where the step cannot be taken."""
    if step in (Step.APPROVE, Step.SEND_BACK) and review is not Review.APPROVE:
        return None
    if step is Step.PLAN and not counts(state, review):
        return None
    return _STEPS.get((state, step))


def counts(state: State, review: Review) -> bool:
    """Whether the workers of a plan in this state are planned."""
    if state in (State.DRAFT, State.SENT_BACK):
        return False
    return state is not State.SUBMITTED or review is not Review.APPROVE


def may_edit(state: State) -> bool:
    """Whether the enterprise may still change what the plan says."""
    return state in (State.DRAFT, State.SENT_BACK)


def takes_workers(state: State, review: Review) -> bool:
    """Whether workers may be added: what needs an approval was approved with the people it had."""
    return may_edit(state) or (review is not Review.APPROVE and state is not State.DONE)
