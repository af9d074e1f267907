"""What workers say of the trip that is meant for them: they accept it, or withdraw.

A withdrawal takes the worker out of the registry of today and asks the bureau to look at the plan;
the claims of the worker end, and an enterprise that submits the row again begins anew.
"""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Connection

from data.accounts import By
from data.people import withdraw
from data.problem_list import ask
from data.proposals import Side, State, lapse, of_worker
from data.proposals import answer as answer_proposal
from data.registry import Entry, find, put
from data.vault import Vault
from workforce.problems import Category

KIND = "answers"


class Said(StrEnum):
    ACCEPT = "accept"
    WITHDRAW = "withdraw"


def answer(
    c: Connection,
    vault: Vault,
    by: By,
    worker_id: str,
    said: Said,
    plan_id: str | None,
    trip_id: str | None,
    vacancy_id: str | None = None,
) -> bool:
    """Take an answer down; the one before stays in its history.

    Args:
        vacancy_id: with which the plan places a seeker; whoever comes agrees to that one, and to no other.

    Returns:
        Whether the worker was withdrawn; from a trip, that belongs into the trip log.
    """
    known = find(c, "workers", worker_id)
    before = find(c, KIND, worker_id)
    owner = known.enterprise_id if known is not None else before.enterprise_id if before is not None else None
    body = {"worker_id": worker_id, "said": said, "plan_id": plan_id or "", "trip_id": trip_id or ""}
    put(c, by, Entry(KIND, worker_id, body, owner, str(said)))
    if said is Said.ACCEPT:
        for proposal in of_worker(c, worker_id):
            if proposal.state == State.OPEN and proposal.body["vacancy_id"] == vacancy_id:
                answer_proposal(c, by, proposal, Side.WORKER, True)
        return False
    if not withdraw(c, vault, by, worker_id, None):
        return False
    lapse(c, by, worker_id=worker_id)
    if trip_id is None:  # else the log asks
        ask(c, by, Category.WORKERS, "worker_withdrew", worker_id, owner, {"worker_id": worker_id})
    return True
