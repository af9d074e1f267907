"""Checkpoints of the trip log and proofs under them: what whoever does not trust the server asks for."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.server.asks import Asking
from api.server.paging import Limit
from api.server.problems import Problem
from data.checkpoints import checkpoints, newest
from data.signed_notes import Checkpoint
from data.trip_log import size as size_of
from data.trip_log import subtrees
from workforce.merkle import consistency_proof, inclusion_proof

router = APIRouter(tags=["trip log 行程日志"])
Number = Annotated[int, Query(ge=1, le=2**53, examples=[1])]


class LogCheckpoint(BaseModel):
    size: int = Field(description="The events that it speaks of. 所述的事件数。")
    root: str = Field(description="Of the hash tree over them, in base64. 哈希树的根。")
    at: datetime
    note: str = Field(description="As it was signed. 签名的原文。")


class LogCheckpoints(BaseModel):
    items: list[LogCheckpoint]
    next: int | None = Field(description="Pass it as `after`. 作为 after 传入。")


class PublicKeys(BaseModel):
    keys: list[str] = Field(description="`name+hash+key`; the one in use is the last. 最后一把为现用。")


class InclusionProof(BaseModel):
    seq: int
    size: int
    leaf: str
    proof: list[str]


class ConsistencyProof(BaseModel):
    old: int
    new: int
    proof: list[str]


@router.get("/log/checkpoints", name="list_checkpoints", response_model=LogCheckpoints)
def list_all(
    asks: Asking, after: Annotated[int, Query(ge=0, le=2**53)] = 0, limit: Limit = 100
) -> LogCheckpoints:
    """Signed checkpoints of the trip log, first to last. Keep some: with them anybody can show later
    whether the log was changed."""
    with asks.read() as c:
        found = checkpoints(c, after, limit + 1)
    items = [_told(one) for one in found[:limit]]
    return LogCheckpoints(items=items, next=items[-1].size if len(found) > limit else None)


@router.get("/log/checkpoint", name="newest_checkpoint", response_model=LogCheckpoint)
def read_newest(asks: Asking) -> LogCheckpoint:
    """The newest signed checkpoint."""
    with asks.read() as c:
        one = newest(c)
    if one is None:
        raise Problem("not_found")
    return _told(one)


@router.get("/log/public-key", name="log_public_key", response_model=PublicKeys)
def public_key(asks: Asking) -> PublicKeys:
    """The keys that checkpoints are checked with."""
    return PublicKeys(keys=[key.line for key in asks.services.publisher.public_keys()])


@router.get("/log/proofs/inclusion", name="prove_inclusion", response_model=InclusionProof)
def prove_inclusion(asks: Asking, seq: Number = 1, size: Number = 1) -> InclusionProof:
    """That event `seq` is in the log of the first `size` events: the hashes on its way to the root."""
    with asks.read() as c:
        _require(seq <= size <= size_of(c))
        tree = subtrees(c)
        leaf, proof = tree(0, seq - 1), inclusion_proof(tree, seq - 1, size)
    return InclusionProof(seq=seq, size=size, leaf=_base64(leaf), proof=list(map(_base64, proof)))


@router.get("/log/proofs/consistency", name="prove_consistency", response_model=ConsistencyProof)
def prove_consistency(asks: Asking, old: Number = 1, new: Number = 1) -> ConsistencyProof:
    """That the log of `old` events is the beginning of the log of `new` events."""
    with asks.read() as c:
        _require(old <= new <= size_of(c))
        proof = consistency_proof(subtrees(c), old, new)
    return ConsistencyProof(old=old, new=new, proof=list(map(_base64, proof)))


def _require(there: bool) -> None:
    if not there:
        raise Problem("not_found")


def _told(one: Checkpoint) -> LogCheckpoint:
    return LogCheckpoint(size=one.size, root=_base64(one.root), at=one.at, note=one.note)


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
