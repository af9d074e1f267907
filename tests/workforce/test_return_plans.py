"""The states of a return plan, under each way in which a bureau reviews."""

from __future__ import annotations

import pytest

from workforce.return_plans import Review, State, Step, after, counts, may_edit, takes_workers

EVERY = [(state, step, review) for state in State for step in Step for review in Review]
APPROVED = {
    (State.SUBMITTED, Step.APPROVE): State.APPROVED,
    (State.SUBMITTED, Step.SEND_BACK): State.SENT_BACK,
    (State.APPROVED, Step.PLAN): State.PLANNED,
}
FILED = {(State.SUBMITTED, Step.PLAN): State.PLANNED, (State.APPROVED, Step.PLAN): State.PLANNED}
ANYWAY = {
    (State.DRAFT, Step.SUBMIT): State.SUBMITTED,
    (State.SENT_BACK, Step.SUBMIT): State.SUBMITTED,
    (State.PLANNED, Step.SET_OUT): State.UNDER_WAY,
    (State.UNDER_WAY, Step.FINISH): State.DONE,
}


@pytest.mark.parametrize(("state", "step", "review"), EVERY)
def test_only_these_steps_can_be_taken(state: State, step: Step, review: Review) -> None:
    allowed = ANYWAY | (APPROVED if review is Review.APPROVE else FILED)
    assert after(state, step, review) == allowed.get((state, step))


@pytest.mark.parametrize("review", Review)
def test_whose_workers_are_planned(review: Review) -> None:
    waiting = {State.DRAFT, State.SENT_BACK} | ({State.SUBMITTED} if review is Review.APPROVE else set())
    assert {state for state in State if not counts(state, review)} == waiting


def test_what_may_still_be_changed() -> None:
    drafts = {State.DRAFT, State.SENT_BACK}
    assert {state for state in State if may_edit(state)} == drafts
    assert {state for state in State if takes_workers(state, Review.APPROVE)} == drafts
    assert {state for state in State if not takes_workers(state, Review.FILE)} == {State.DONE}
