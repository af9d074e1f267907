"""Proposals: a plan places a job seeker, or an enterprise offers a post; both say whether they agree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.server.asks import Asking, Asks
from api.server.paging import Cursor, Limit, Next
from api.server.problems import Problem
from data.proposals import KIND, Over, Side, State, answer, of_worker
from data.registry import Entry, entries, find, find_all
from workforce.roles import Role

router = APIRouter(tags=["proposals 就业意向"])
ProposalId = Annotated[str, Path(max_length=100, examples=["o_0123456789abcdef"])]


class Proposal(BaseModel):
    proposal_id: str = Field(examples=["o_0123456789abcdef"])
    worker_id: str = Field(examples=["W0123456789ab"])
    vacancy_id: str = Field(examples=["E1-3"])
    occupation: str | None = Field(description="Of the vacancy, as it is today.", examples=["焊工"])
    employer: str | None = Field(description="The enterprise's name.", examples=["乌达焦化厂"])
    plan_id: str | None = Field(
        description="The plan that proposes it; null: the enterprise offers it.", examples=["p_0123456789ab"]
    )
    state: State = Field(examples=["open"])
    worker: str = Field(description="waiting, accepted or declined", examples=["accepted"])
    enterprise: str = Field(description="waiting, accepted or declined", examples=["waiting"])


class Proposals(BaseModel):
    items: list[Proposal]
    next: Next


@router.get("/proposals", name="list_proposals", response_model=Proposals)
def list_all(asks: Asking, after: Cursor = "", limit: Limit = 100) -> Proposals:
    """Proposals; an enterprise sees those of its vacancies, a worker their own."""
    with asks.read() as c:
        if asks.caller.role is Role.WORKER:
            found = [e for e in of_worker(c, asks.own or "") if e.key > after][: limit + 1]
        else:
            found = entries(c, KIND, asks.enterprise, after, limit + 1)
        told = _proposals(c, found[:limit])
    more = found[limit - 1].key if len(found) > limit else None
    return Proposals(items=told, next=more)


@router.get("/proposals/{proposal_id}", name="read_proposal", response_model=Proposal)
def read_one(proposal_id: ProposalId, asks: Asking) -> Proposal:
    """One proposal."""
    with asks.read() as c:
        return _proposals(c, [_own(asks, find(c, KIND, proposal_id))])[0]


@router.post("/proposals/{proposal_id}/accept", name="accept_proposal", response_model=Proposal)
def accept(proposal_id: ProposalId, asks: Asking) -> Response:
    """Agree; once both sides have, the intention is on record."""
    return _answer(asks, proposal_id, True)


@router.post("/proposals/{proposal_id}/decline", name="decline_proposal", response_model=Proposal)
def decline(proposal_id: ProposalId, asks: Asking) -> Response:
    """Do not agree; nobody is asked again unless another plan proposes it."""
    return _answer(asks, proposal_id, False)


def _answer(asks: Asks, proposal_id: str, accepts: bool) -> Response:
    side = Side.WORKER if asks.caller.role is Role.WORKER else Side.ENTERPRISE
    with asks.write() as c:
        proposal = _own(asks, find(c, KIND, proposal_id))
        try:
            now = answer(c, asks.by, proposal, side, accepts)
        except Over as over:
            raise Problem("over", state=over.state) from None
        return asks.answer(c, _proposals(c, [now])[0])


def _own(asks: Asks, proposal: Entry | None) -> Entry:
    if proposal is None:
        raise Problem("not_found")
    whose = proposal.body["worker_id"] if asks.caller.role is Role.WORKER else proposal.enterprise_id
    if asks.own not in (None, whose):
        raise Problem("not_found")
    return proposal


def _proposals(c: Connection, found: Sequence[Entry]) -> list[Proposal]:
    posts = {e.key: e for e in find_all(c, "vacancies", {e.body["vacancy_id"] for e in found})}
    firms = {e.key: e for e in find_all(c, "enterprises", {e.enterprise_id or "" for e in found})}
    told = []
    for e in found:
        said: dict[str, Any] = dict(e.body)
        post, firm = posts.get(said["vacancy_id"]), firms.get(e.enterprise_id or "")
        told.append(
            Proposal(
                proposal_id=e.key,
                state=State(e.state or State.OPEN),
                occupation=None if post is None else post.body.get("occupation"),
                employer=None if firm is None else firm.body.get("name"),
                **said,
            )
        )
    return told
