"""Returning workers and job seekers: one record a person, however often and by whomever submitted.

What names a person is sealed in the vault and found by the keyed hash of the identity number; the
rest of a row is the claim of whoever submitted it.  The first claim stands.  Another enterprise's
claim of the same person changes nothing: it waits, and an item asks the bureau to settle it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, update

from data.accounts import By, new_id
from data.registry import Entry, Outcome, put_all, remove
from data.schema import claim, item, person
from data.vault import Vault

PERSONAL = ("name", "id_number", "phone")
BUREAU = "*"  # the claimant of whom the bureau itself enters
_BATCH = 400


class ClaimState(StrEnum):
    STANDING = "standing"
    DISPUTED = "disputed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that somebody submitted.

    Attributes:
        client_ref: the claimant's own name of the row, the same whenever it is sent again.
        body: cells of the table ``workers`` but for ``worker_id`` and what names a person.
        personal: what names the person; an identity number, where there is one.
        worker_id: where the bureau itself gives it; else it is found or made.
    """

    client_ref: str
    body: Mapping[str, Any]
    personal: Mapping[str, str]
    return_plan: str | None = None
    worker_id: str | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a claim.

    Attributes:
        disputed_with: the claimant whose claim stands in its place.
    """

    worker_id: str
    outcome: Outcome
    state: ClaimState = ClaimState.STANDING
    disputed_with: str | None = None


def claim_all(c: Connection, vault: Vault, by: By, claimant: str, claims: Sequence[Claim]) -> list[Answer]:
    """Take claims in; nothing that says nothing new leaves a trace.

    The claims are of different persons, each with another ``client_ref``.
    """
    hashes = [
        vault.lookup(one.personal["id_number"]) if one.personal.get("id_number") else None for one in claims
    ]
    people = _People(c, claimant, claims, hashes)
    new_people: list[dict[str, Any]] = []
    sealed_anew: list[dict[str, Any]] = []
    new_claims: list[dict[str, Any]] = []
    changed_claims: list[dict[str, Any]] = []
    entries: list[Entry] = []
    disputes: list[dict[str, Any]] = []
    answers: list[Answer] = []
    for one, lookup in zip(claims, hashes, strict=True):
        worker_id = people.find(one, lookup) or one.worker_id or new_id("W")
        known = people.by_id.get(worker_id)
        personal = {name: one.personal[name] for name in PERSONAL if one.personal.get(name)}
        outcome = Outcome.UNCHANGED
        before = people.claims.get((worker_id, claimant))
        other = people.standing.get(worker_id)
        state = ClaimState.STANDING if other in (None, claimant) else ClaimState.DISPUTED
        if known is None:
            outcome = Outcome.CREATED
            new_people.append(
                {
                    "worker_id": worker_id,
                    "identity_hash": lookup,
                    "sealed": vault.seal(personal, worker_id),
                    "key_id": vault.newest,
                }
            )
        elif state is ClaimState.STANDING and known.sealed is not None:
            told = {**vault.unseal(known.sealed, known.key_id, worker_id), **personal}
            if told != vault.unseal(known.sealed, known.key_id, worker_id):
                outcome = Outcome.UPDATED
                sealed_anew.append(
                    {
                        "it": worker_id,
                        "identity_hash": lookup or known.identity_hash,
                        "sealed": vault.seal(told, worker_id),
                        "key_id": vault.newest,
                    }
                )
        values = {"client_ref": one.client_ref, "return_plan": one.return_plan, "body": dict(one.body)}
        if before is None:
            outcome = Outcome.CREATED
            new_claims.append(
                {"worker_id": worker_id, "claimant": claimant, "state": state, **values, "changed_at": by.at}
            )
            if state is ClaimState.DISPUTED:
                disputes.append(_dispute(by, worker_id, claimant, other or ""))
        else:
            if before.state == ClaimState.REFUSED:
                state = ClaimState.REFUSED
            same = dict(before.body) == dict(one.body) and before.return_plan == one.return_plan
            if not same or before.state == ClaimState.WITHDRAWN:
                outcome = Outcome.UPDATED
                changed_claims.append(
                    {"it": worker_id, "of": claimant, "state": state, **values, "changed_at": by.at}
                )
        if state is ClaimState.STANDING:
            entries.append(_entry(worker_id, claimant, one.body))
        answers.append(Answer(worker_id, outcome, state, other if state is ClaimState.DISPUTED else None))
    if new_people:
        c.execute(insert(person), new_people)
    if sealed_anew:
        names = ("identity_hash", "sealed", "key_id")
        query = update(person).where(person.c.worker_id == bindparam("it"))
        c.execute(query.values({name: bindparam(name) for name in names}), sealed_anew)
    if new_claims:
        c.execute(insert(claim), new_claims)
    if changed_claims:
        names = ("client_ref", "return_plan", "body", "state", "changed_at")
        query = update(claim).where(claim.c.worker_id == bindparam("it"), claim.c.claimant == bindparam("of"))
        c.execute(query.values({name: bindparam(name) for name in names}), changed_claims)
    if disputes:
        c.execute(insert(item), disputes)
    put_all(c, by, entries)
    return answers


def withdraw(c: Connection, by: By, worker_id: str, claimant: str) -> bool:
    """A claimant takes a claim back; the next that waits stands in its place.  False: there was none."""
    mine = c.execute(
        select(claim).where(claim.c.worker_id == worker_id, claim.c.claimant == claimant)
    ).one_or_none()
    if mine is None or mine.state == ClaimState.WITHDRAWN:
        return False
    it = update(claim).where(claim.c.worker_id == worker_id, claim.c.claimant == claimant)
    c.execute(it.values(state=ClaimState.WITHDRAWN, changed_at=by.at))
    if mine.state == ClaimState.STANDING:
        waiting = c.execute(
            select(claim)
            .where(claim.c.worker_id == worker_id, claim.c.state == ClaimState.DISPUTED)
            .order_by(claim.c.changed_at)
        ).all()
        if waiting:
            stand(c, by, worker_id, waiting[0].claimant)
        else:
            remove(c, by, "workers", worker_id, "withdrawn")
    return True


def stand(c: Connection, by: By, worker_id: str, claimant: str) -> None:
    """Settle a dispute: this claim stands, the others are refused."""
    of = claim.c.worker_id == worker_id
    others = (ClaimState.STANDING, ClaimState.DISPUTED)
    c.execute(
        update(claim)
        .where(of, claim.c.claimant != claimant, claim.c.state.in_(others))
        .values(state=ClaimState.REFUSED, changed_at=by.at)
    )
    mine = claim.c.claimant == claimant
    c.execute(update(claim).where(of, mine).values(state=ClaimState.STANDING, changed_at=by.at))
    body = c.execute(select(claim.c.body).where(of, mine)).scalar_one()
    put_all(c, by, [_entry(worker_id, claimant, body)], "settled")
    c.execute(
        update(item)
        .where(item.c.subject == worker_id, item.c.code == "claimed_twice", item.c.settled_at.is_(None))
        .values(settled_at=by.at, settled_by=by.account_id, decision=claimant, version=item.c.version + 1)
    )


def personal_of(c: Connection, vault: Vault, worker_ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """What names these people, by worker; those erased or unknown are left out."""
    found = {}
    ids = list(worker_ids)
    for i in range(0, len(ids), _BATCH):
        for row in c.execute(select(person).where(person.c.worker_id.in_(ids[i : i + _BATCH]))):
            if row.sealed is not None:
                found[row.worker_id] = vault.unseal(row.sealed, row.key_id, row.worker_id)
    return found


def erase(c: Connection, by: By, worker_id: str) -> bool:
    """Forget what names a person; ids, figures and history stay.  False: nothing was known."""
    known = c.execute(
        update(person)
        .where(person.c.worker_id == worker_id, person.c.sealed.is_not(None))
        .values(sealed=None, key_id=None, identity_hash=None, erased_at=by.at)
    )
    return known.rowcount > 0


def seal_anew(c: Connection, vault: Vault, limit: int) -> int:
    """Seal some people with the newest key who are sealed with an older one; returns how many."""
    old = c.execute(select(person).where(person.c.key_id != vault.newest).limit(limit)).all()
    rows = [
        {"it": p.worker_id, "sealed": vault.seal(vault.unseal(p.sealed, p.key_id, p.worker_id), p.worker_id)}
        for p in old
    ]
    if rows:
        query = update(person).where(person.c.worker_id == bindparam("it"))
        c.execute(query.values(sealed=bindparam("sealed"), key_id=vault.newest), rows)
    return len(rows)


class _People:
    """What is known of those whom some claims are about."""

    def __init__(
        self, c: Connection, claimant: str, claims: Sequence[Claim], hashes: Sequence[bytes | None]
    ) -> None:
        refs = [one.client_ref for one in claims]
        given = [one.worker_id for one in claims if one.worker_id]
        lookups = [h for h in hashes if h is not None]
        self._by_ref = {
            row.client_ref: row.worker_id
            for part in _parts(refs)
            for row in c.execute(
                select(claim.c.client_ref, claim.c.worker_id).where(
                    claim.c.claimant == claimant, claim.c.client_ref.in_(part)
                )
            )
        }
        self.by_id = {}
        self._by_hash = {}
        ids = {*self._by_ref.values(), *given}
        for part in _parts(lookups):
            for row in c.execute(select(person).where(person.c.identity_hash.in_(part))):
                self.by_id[row.worker_id] = row
        for part in _parts(sorted(ids - set(self.by_id))):
            for row in c.execute(select(person).where(person.c.worker_id.in_(part))):
                self.by_id[row.worker_id] = row
        self._by_hash = {row.identity_hash: row.worker_id for row in self.by_id.values() if row.identity_hash}
        self.claims, self.standing = {}, {}
        for part in _parts(sorted(self.by_id)):
            for row in c.execute(select(claim).where(claim.c.worker_id.in_(part))):
                self.claims[row.worker_id, row.claimant] = row
                if row.state == ClaimState.STANDING:
                    self.standing[row.worker_id] = row.claimant

    def find(self, one: Claim, lookup: bytes | None) -> str | None:
        """The person's id: by the identity number, else by what the claimant calls the row."""
        if lookup is not None and lookup in self._by_hash:
            return self._by_hash[lookup]
        known = self._by_ref.get(one.client_ref)
        has = self.by_id[known].identity_hash if known in self.by_id else None
        # Another identity number under a known reference is another person.
        return known if lookup is None or has in (None, lookup) else None


def _parts(values: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (values[i : i + _BATCH] for i in range(0, len(values), _BATCH))


def _entry(worker_id: str, claimant: str, body: Mapping[str, Any]) -> Entry:
    owner = None if claimant == BUREAU else claimant
    return Entry("workers", worker_id, {"worker_id": worker_id, **body}, owner)


def _dispute(by: By, worker_id: str, claimant: str, other: str) -> dict[str, Any]:
    return {
        "id": new_id("i_"),
        "category": "workers",
        "code": "claimed_twice",
        "values": {"worker_id": worker_id, "claimants": [other, claimant]},
        "enterprise_id": None,
        "subject": worker_id,
        "opened_at": by.at,
        "version": 1,
    }
