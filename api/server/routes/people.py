"""Workers of the registry: how each claim stands, and taking one back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field, StringConstraints

from api.server.asks import Asking, Asks
from api.server.paging import Cursor, Limit, Next
from api.server.problems import Problem
from data.finding import record_search
from data.people import ClaimState, withdraw
from data.proposals import lapse
from data.workers import Known, find_worker, list_workers, search_workers
from workforce.sought import sought

router = APIRouter(tags=["workers 人员"])
WorkerId = Annotated[str, Path(max_length=100, examples=["W0123456789ab"])]


class Worker(BaseModel):
    """A worker as the reader knows them; name and numbers are masked."""

    worker_id: str = Field(examples=["W0123456789ab"])
    client_ref: str | None = Field(examples=["1001"])
    state: ClaimState = Field(description="How the claim stands.", examples=["standing"])
    return_plan: str | None = Field(examples=["rp_0123456789ab"])
    cells: dict[str, Any] = Field(description="The row as it was submitted, without what names a person.")
    masked: dict[str, str] = Field(examples=[{"name": "王**", "phone": "*******8000"}])
    claims: dict[str, ClaimState] = Field(description="To the bureau: every claimant; `*` is the bureau.")


class Workers(BaseModel):
    items: list[Worker]
    next: Next


class Search(BaseModel):
    find: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=100)] = Field(
        description="A part of the name, a whole identity or telephone number, or the last four characters "
        "of one. 姓名的一部分、完整的身份证号或电话，或其后四位。",
        examples=["8000"],
    )


@router.get("/workers", name="list_workers", response_model=Workers)
def list_all(asks: Asking, after: Cursor = "", limit: Limit = 100) -> Workers:
    """Workers in the order of their ids; an enterprise sees its own."""
    with asks.read() as c:
        found = list_workers(c, asks.services.vault, asks.enterprise, after, limit + 1)
    return _page(found, limit)


@router.post("/workers/search", name="search_workers", response_model=Workers)
def search_all(asked: Search, asks: Asking, after: Cursor = "", limit: Limit = 100) -> Workers:
    """Those of the list whom a name or number fits. It is asked for in the body, which no log has; that
    somebody searched is on record, what for is not. An `Idempotency-Key` does nothing."""
    with asks.read() as c:
        found = search_workers(c, asks.services.vault, asks.enterprise, sought(asked.find), after, limit + 1)
    with asks.services.database.write() as c:
        record_search(c, asks.by, [known.worker_id for known in found[:limit]])
    return _page(found, limit)


@router.get("/workers/{worker_id}", name="read_worker", response_model=Worker)
def read_one(worker_id: WorkerId, asks: Asking) -> Worker:
    """One worker."""
    return _worker(_own(asks, worker_id))


@router.post("/workers/{worker_id}/withdraw", name="withdraw_worker", status_code=204)
def take_back(worker_id: WorkerId, asks: Asking) -> Response:
    """Say that a worker does not come back after all; the history stays."""
    with asks.write() as c:
        if not withdraw(c, asks.services.vault, asks.by, worker_id, asks.enterprise):
            raise Problem("not_found")
        lapse(c, asks.by, worker_id=worker_id)
        return asks.answer(c, b"", 204)


def _own(asks: Asks, worker_id: str) -> Known:
    with asks.read() as c:
        known = find_worker(c, asks.services.vault, asks.enterprise, worker_id)
    if known is None:
        raise Problem("not_found")
    return known


def _page(found: Sequence[Known], limit: int) -> Workers:
    more = found[limit - 1].worker_id if len(found) > limit else None
    return Workers(items=[_worker(known) for known in found[:limit]], next=more)


def _worker(known: Known) -> Worker:
    return Worker(
        worker_id=known.worker_id,
        client_ref=known.client_ref,
        state=known.state,
        return_plan=known.return_plan,
        cells=dict(known.cells),
        masked=dict(known.masked),
        claims={name: ClaimState(state) for name, state in known.claims.items()},
    )
