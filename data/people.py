"""Returning workers and job seekers: one record a person, however often and by whomever submitted.

What names a person is sealed in the vault and found by the keyed hash of the identity number or,
within what one claimant submits, of name and telephone; the rest of a row is the claim of whoever
submitted it.  The first claim stands and is the entry in ``workers``.  A claim that contradicts it
changes nothing: it waits, and an item asks the bureau to settle it.  A telephone is known for the firm
that told it, or the bureau; it does not go with the person to another firm.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select, update

from data.accounts import By, new_id
from data.bulk import found, insert_all
from data.links import linked, revoke_link
from data.problem_list import New, add
from data.registry import Entry, Outcome, find_all, note, put_all, remove
from data.schema import change, claim, item, person
from data.vault import Vault
from workforce.problems import Category

PERSONAL = ("name", "id_number", "phone")
WINDOW = ("available_from", "arrive_by")
BUREAU = "*"  # the claimant of whom the bureau itself enters
CLAIMED_TWICE, WINDOWS_DIFFER = "claimed_twice", "windows_differ"  # what an item asks
AGREED, WITHDRAWN = "agreed", "withdrawn"  # how an item of a worker ends without a decision
_BATCH = 400


class ClaimState(StrEnum):
    """A claim stands, says the same as the one that stands, waits, or is over."""

    STANDING = "standing"
    AGREED = "agreed"
    DISPUTED = "disputed"
    REFUSED = "refused"
    WITHDRAWN = "withdrawn"


_LIVE = (ClaimState.STANDING, ClaimState.AGREED, ClaimState.DISPUTED)


@dataclass(frozen=True, slots=True)
class Claim:
    """A row that somebody submitted.

    Attributes:
        client_ref: the claimant's own name of the row, the same whenever it is sent again.
        body: cells of the table ``workers`` but for ``worker_id`` and what names a person.
        personal: what names the person; an identity number, where there is one.
        return_plan: None keeps the one that it had.
        worker_id: where the bureau itself gives it; else it is found or made.
        number_shared: somebody else has the same identity number: nobody is found by it.
    """

    client_ref: str
    body: Mapping[str, Any]
    personal: Mapping[str, str]
    return_plan: str | None = None
    worker_id: str | None = None
    number_shared: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a claim.

    Attributes:
        conflict: the code of the item that asks which claim stands.
        repeats: which of the claims before it was of the same person; nothing came of this one.
    """

    worker_id: str
    outcome: Outcome
    state: ClaimState = ClaimState.STANDING
    conflict: str | None = None
    repeats: int | None = None


def contact_of(personal: Mapping[str, str]) -> str | None:
    """By which a person is found within what one claimant submits, where no identity number is known."""
    name, phone = personal.get("name"), personal.get("phone")
    if not name or not phone:
        return None
    return f"{''.join(name.split())}|{''.join(filter(str.isdigit, phone))[-11:]}"


def claim_all(c: Connection, vault: Vault, by: By, claimant: str, claims: Sequence[Claim]) -> list[Answer]:
    """Take claims in, each with another ``client_ref``; what says nothing new leaves no trace."""
    refs = [vault.reference(one.client_ref) for one in claims]
    claims = [
        one if ref == one.client_ref else replace(one, client_ref=ref)
        for one, ref in zip(claims, refs, strict=True)
    ]
    identities = [
        vault.lookup(one.personal["id_number"])
        if one.personal.get("id_number") and not one.number_shared
        else None
        for one in claims
    ]
    told = [contact_of(one.personal) for one in claims]
    contacts = [None if contact is None else vault.lookup(contact) for contact in told]
    people = _People(c, vault, claimant, claims, identities, contacts)
    writes = _Writes(vault, by, claimant)
    seen: dict[str, int] = {}
    answers: list[Answer] = []
    for i, (one, identity, contact) in enumerate(zip(claims, identities, contacts, strict=True)):
        worker_id = people.find(one, identity, contact) or one.worker_id or new_id("W")
        if worker_id in seen:
            answers.append(Answer(worker_id, Outcome.UNCHANGED, repeats=seen[worker_id]))
            continue
        seen[worker_id] = i
        people.learn(worker_id, identity)
        answers.append(_take(people, writes, one, worker_id, identity, contact))
    writes.carry_out(c)
    return answers


def _take(
    people: _People,
    writes: _Writes,
    one: Claim,
    worker_id: str,
    identity: bytes | None,
    contact: bytes | None,
) -> Answer:
    before = people.claims.get((worker_id, writes.claimant))
    standing = people.standing.get(worker_id)
    ref = one.client_ref
    if before is not None and before.client_ref is not None and ref == worker_id:
        ref = before.client_ref  # the bureau's id of the worker is understood, too, and changes no name
    return_plan = one.return_plan or (before.return_plan if before is not None else None)
    same = (
        before is not None
        and before.state != ClaimState.WITHDRAWN
        and dict(before.body) == dict(one.body)
        and (before.client_ref, before.return_plan) == (ref, return_plan)
    )
    state, conflict = _state(writes.claimant, one, before, standing)
    if same and before is not None:
        state = ClaimState(before.state)
        conflict = conflict if state is ClaimState.DISPUTED else None
    known = people.by_id.get(worker_id)
    from_others = people.told_by_others(worker_id, _enterprise(writes.claimant, one.body))
    outcome = Outcome.UNCHANGED
    if known is None:
        outcome = Outcome.CREATED
        writes.new_person(worker_id, identity, one.personal)
    elif state is ClaimState.STANDING and writes.renamed(known, identity, one.personal, from_others):
        outcome = Outcome.UPDATED
    if not same:
        outcome = Outcome.CREATED if before is None else Outcome.UPDATED
        holder = people.holder_of(ref)
        if holder not in (None, worker_id):
            writes.freed.append({"it": holder, "of": writes.claimant})
        values = {
            "client_ref": ref,
            "contact_hash": contact,
            "return_plan": return_plan,
            "body": dict(one.body),
        }
        writes.claim(worker_id, before, state, values)
        if state is ClaimState.STANDING:
            writes.entries.append(_entry(worker_id, writes.claimant, one.body, return_plan))
            if standing is not None and standing.claimant != writes.claimant:
                writes.agreed(standing)
        was_open = before is not None and before.state == ClaimState.DISPUTED
        if conflict and not was_open:
            others = [standing.claimant] if standing is not None else []
            writes.items.append(_item(worker_id, conflict, [*others, writes.claimant]))
        elif was_open and not conflict:
            writes.settled.append(worker_id)
    return Answer(worker_id, outcome, state, conflict)


def _state(
    claimant: str, one: Claim, before: Row[Any] | None, standing: Row[Any] | None
) -> tuple[ClaimState, str | None]:
    """Whether a claim stands beside the one that does, and what contradicts it."""
    if standing is None or standing.claimant == claimant:
        return ClaimState.STANDING, None
    if before is not None and before.state == ClaimState.REFUSED:
        return ClaimState.REFUSED, None
    if _enterprise(claimant, one.body) != _enterprise(standing.claimant, standing.body):
        return ClaimState.DISPUTED, CLAIMED_TWICE
    if [one.body.get(name) for name in WINDOW] != [standing.body.get(name) for name in WINDOW]:
        return ClaimState.DISPUTED, WINDOWS_DIFFER
    # The bureau and the enterprise say the same: what else there is to say, the enterprise knows better.
    return (ClaimState.AGREED if claimant == BUREAU else ClaimState.STANDING), None


def withdraw(c: Connection, vault: Vault, by: By, worker_id: str, enterprise_id: str | None) -> bool:
    """Take back that a worker returns; a claim of somebody else that waits stands then.

    Args:
        enterprise_id: who takes it back; None: the bureau takes the worker out, whoever claims.

    Returns:
        False: there was nothing to take back.
    """
    rows = list(
        c.execute(select(claim).where(claim.c.worker_id == worker_id, claim.c.state.in_(_LIVE))),
    )
    mine = [r for r in rows if enterprise_id in (None, _enterprise(r.claimant, r.body))]
    if not mine:
        return False
    for row in mine:
        _move(c, by, row, ClaimState.WITHDRAWN, "withdrawn")
    left = sorted((r for r in rows if r not in mine), key=lambda r: r.changed_at)
    if left and all(r.state != ClaimState.STANDING for r in left):
        heir = left.pop(0)
        _move(c, by, heir, ClaimState.STANDING, "stands")
        _forget_phone(c, vault, by, mine, heir)
        _put_workers(c, by, [_entry(worker_id, heir.claimant, heir.body, heir.return_plan)], "settled")
    elif not left:
        remove(c, by, "workers", worker_id, "withdrawn")
    if not any(r.state == ClaimState.DISPUTED for r in left):
        _settle_items(c, by, [worker_id], WITHDRAWN)
    return True


def stand(c: Connection, vault: Vault, by: By, worker_id: str, claimant: str) -> bool:
    """Settle a dispute: this claim stands, the others are refused.  False: there is no such claim."""
    rows = {
        row.claimant: row
        for row in c.execute(select(claim).where(claim.c.worker_id == worker_id, claim.c.state.in_(_LIVE)))
    }
    if claimant not in rows:
        return False
    mine = rows.pop(claimant)
    for name, row in rows.items():
        if _enterprise(name, row.body) == _enterprise(claimant, mine.body):
            _move(c, by, row, ClaimState.AGREED, "agreed")  # only its days were wrong
        else:
            _move(c, by, row, ClaimState.REFUSED, "refused")
    if mine.state != ClaimState.STANDING:
        _move(c, by, mine, ClaimState.STANDING, "stands")
        _forget_phone(c, vault, by, rows.values(), mine)
    _put_workers(c, by, [_entry(worker_id, claimant, mine.body, mine.return_plan)], "settled")
    _settle_items(c, by, [worker_id], claimant)
    return True


def personal_of(c: Connection, vault: Vault, worker_ids: Iterable[str]) -> dict[str, dict[str, str]]:
    """What names these people, by worker; those erased or unknown are left out."""
    found = {}
    ids = list(worker_ids)
    for i in range(0, len(ids), _BATCH):
        for row in c.execute(select(person).where(person.c.worker_id.in_(ids[i : i + _BATCH]))):
            if row.sealed is not None:
                found[row.worker_id] = vault.unseal(row.sealed, row.key_id, row.worker_id)
    return found


class _People:
    """What is known of those whom some claims are about."""

    def __init__(
        self,
        c: Connection,
        vault: Vault,
        claimant: str,
        claims: Sequence[Claim],
        identities: Sequence[bytes | None],
        contacts: Sequence[bytes | None],
    ) -> None:
        self._vault, self._claimant = vault, claimant
        refs, mine = [one.client_ref for one in claims], claim.c.claimant == claimant
        self.by_id = {
            row.worker_id: row for row in found(c, select(person), person.c.identity_hash, identities)
        }
        self._by_hash: dict[bytes, str] = {row.identity_hash: row.worker_id for row in self.by_id.values()}
        by_ref = select(claim.c.client_ref, claim.c.worker_id).where(mine)
        self._by_ref = dict(map(tuple, found(c, by_ref, claim.c.client_ref, refs)))
        lost = [i for i, known in enumerate(identities) if known not in self._by_hash]
        by_contact = select(claim.c.contact_hash, claim.c.worker_id).where(mine)
        told = [contacts[i] for i in lost]
        self._by_contact = dict(map(tuple, found(c, by_contact, claim.c.contact_hash, told)))
        # The bureau's own id of a worker is understood, too.
        given = [refs[i] for i in lost] + [one.worker_id for one in claims if one.worker_id]
        ids = {*self._by_ref.values(), *self._by_contact.values(), *given} - set(self.by_id)
        self.by_id |= {
            row.worker_id: row for row in found(c, select(person), person.c.worker_id, sorted(ids))
        }
        self.claims, self.standing = {}, {}
        self._firms: dict[str, set[str | None]] = {}
        for row in found(c, select(claim), claim.c.worker_id, sorted(self.by_id)):
            self.claims[row.worker_id, row.claimant] = row
            self._firms.setdefault(row.worker_id, set()).add(_enterprise(row.claimant, row.body))
            if row.state == ClaimState.STANDING:
                self.standing[row.worker_id] = row

    def find(self, one: Claim, identity: bytes | None, contact: bytes | None) -> str | None:
        """The person's id: by the identity number, else by what the claimant has said before."""
        if identity is not None and identity in self._by_hash:
            return self._by_hash[identity]
        by_ref = self._by_ref.get(one.client_ref)
        own_id = one.client_ref if (one.client_ref, self._claimant) in self.claims else None
        by_contact = self._by_contact.get(contact) if contact is not None else None
        for worker_id in (by_ref, own_id, by_contact):
            if worker_id is not None and self._may_be(worker_id, one, identity):
                return worker_id
        return None

    def learn(self, worker_id: str, identity: bytes | None) -> None:
        """A row of this call named the person."""
        if identity is not None:
            self._by_hash[identity] = worker_id

    def holder_of(self, client_ref: str) -> str | None:
        """Whose claim has this reference so far."""
        return self._by_ref.get(client_ref)

    def told_by_others(self, worker_id: str, firm: str | None) -> bool:
        """Whether what is known of a person may be the word of another firm than the one that stands now."""
        return worker_id not in self.standing and bool(self._firms.get(worker_id, set()) - {None, firm})

    def _may_be(self, worker_id: str, one: Claim, identity: bytes | None) -> bool:
        """Whether a row may be of this person, as far as identity number and name go."""
        known = self.by_id.get(worker_id)
        if known is None or known.sealed is None:  # erased: nobody is found again
            return False
        if identity is None or identity == known.identity_hash:
            return True
        # A number that was added or corrected leaves the name; else the reference went to another person.
        told = self._vault.unseal(known.sealed, known.key_id, worker_id)
        return bool(told.get("name") == one.personal.get("name"))


@dataclass(slots=True)
class _Writes:
    """What taking claims in changes, carried out in one go."""

    vault: Vault
    by: By
    claimant: str
    people: list[dict[str, Any]] = field(default_factory=list)
    sealed: list[dict[str, Any]] = field(default_factory=list)
    freed: list[dict[str, Any]] = field(default_factory=list)  # claims whose reference is now another's
    new: list[dict[str, Any]] = field(default_factory=list)
    changed: list[dict[str, Any]] = field(default_factory=list)
    moved: list[dict[str, Any]] = field(default_factory=list)
    entries: list[Entry] = field(default_factory=list)
    items: list[New] = field(default_factory=list)
    settled: list[str] = field(default_factory=list)
    changes: list[dict[str, Any]] = field(default_factory=list)

    def new_person(self, worker_id: str, identity: bytes | None, personal: Mapping[str, str]) -> None:
        told = {name: personal[name] for name in PERSONAL if personal.get(name)}
        sealed = {"sealed": self.vault.seal(told, worker_id), "key_id": self.vault.newest}
        self.people.append({"worker_id": worker_id, "identity_hash": identity, **sealed})

    def renamed(
        self, known: Row[Any], identity: bytes | None, personal: Mapping[str, str], from_others: bool
    ) -> bool:
        """Seal a person anew where name, number or telephone have changed; others' telephone is forgotten."""
        if known.sealed is None:
            return False
        before = self.vault.unseal(known.sealed, known.key_id, known.worker_id)
        kept = {name: value for name, value in before.items() if not (from_others and name == "phone")}
        told = {**kept, **{name: personal[name] for name in PERSONAL if personal.get(name)}}
        if told == before and identity in (None, known.identity_hash):
            return False
        self.sealed.append(
            {
                "it": known.worker_id,
                "identity_hash": identity or known.identity_hash,
                "sealed": self.vault.seal(told, known.worker_id),
                "key_id": self.vault.newest,
            }
        )
        fields = [name for name in PERSONAL if told.get(name) != before.get(name)]
        # A number that is no longer somebody else's, too, is found again.
        self._note("people", known.worker_id, "renamed", None, {"fields": fields or ["id_number"]})
        return True

    def claim(
        self, worker_id: str, before: Row[Any] | None, state: ClaimState, values: dict[str, Any]
    ) -> None:
        row = {"state": state, **values, "changed_at": self.by.at}
        if before is None:
            self.new.append({"worker_id": worker_id, "claimant": self.claimant, **row})
        else:
            self.changed.append({"it": worker_id, "of": self.claimant, **row})
        if state is not ClaimState.STANDING:  # what stands is told by its entry
            told = {"state": state, "body": values["body"], "return_plan": values["return_plan"]}
            action = "claimed" if before is None else "claimed_anew"
            self._note("claims", f"{worker_id}|{self.claimant}", action, before and claim_told(before), told)

    def agreed(self, other: Row[Any]) -> None:
        """The bureau's claim gives way to the enterprise's that says the same."""
        self.moved.append({"it": other.worker_id, "of": other.claimant, "state": ClaimState.AGREED})
        told = claim_told(other)
        after = {**told, "state": ClaimState.AGREED}
        self._note("claims", f"{other.worker_id}|{other.claimant}", "agreed", told, after)

    def carry_out(self, c: Connection) -> None:
        it = update(claim).where(claim.c.worker_id == bindparam("it"), claim.c.claimant == bindparam("of"))
        insert_all(c, person, self.people)
        if self.sealed:
            query = update(person).where(person.c.worker_id == bindparam("it"))
            c.execute(query.values(_bound("identity_hash", "sealed", "key_id")), self.sealed)
        if self.freed:
            c.execute(it.values(client_ref=None), self.freed)
        if self.moved:
            c.execute(it.values(_bound("state")), self.moved)
        insert_all(c, claim, self.new)
        if self.changed:
            names = ("state", "client_ref", "contact_hash", "return_plan", "body", "changed_at")
            c.execute(it.values(_bound(*names)), self.changed)
        add(c, self.by, self.items)
        insert_all(c, change, self.changes)
        _put_workers(c, self.by, self.entries)
        _settle_items(c, self.by, self.settled, AGREED)

    def _note(
        self, kind: str, key: str, action: str, before: Mapping[str, Any] | None, after: Mapping[str, Any]
    ) -> None:
        who = {"at": self.by.at, "account_id": self.by.account_id, "request_id": self.by.request_id}
        self.changes.append(
            {**who, "kind": kind, "key": key, "action": action, "before": before, "after": dict(after)}
        )


def _bound(*names: str) -> dict[str, Any]:
    return {name: bindparam(name) for name in names}


def claim_told(row: Row[Any]) -> dict[str, Any]:
    """What history keeps of a claim."""
    return {"state": row.state, "body": dict(row.body), "return_plan": row.return_plan}


def _move(c: Connection, by: By, row: Row[Any], state: ClaimState, action: str) -> None:
    it = claim.c.worker_id == row.worker_id, claim.c.claimant == row.claimant
    c.execute(update(claim).where(*it).values(state=state, changed_at=by.at))
    told = claim_told(row)
    note(c, by, "claims", f"{row.worker_id}|{row.claimant}", action, told, {**told, "state": state})


def _forget_phone(c: Connection, vault: Vault, by: By, others: Iterable[Row[Any]], heir: Row[Any]) -> None:
    """Of a worker who comes to another firm: what the one before told is not for the next to see."""
    firm = _enterprise(heir.claimant, heir.body)
    before = {_enterprise(r.claimant, r.body) for r in others if r.state == ClaimState.STANDING}
    told = personal_of(c, vault, [heir.worker_id]).get(heir.worker_id, {})
    if before - {None, firm} and "phone" in told:
        del told["phone"]
        sealed = {"sealed": vault.seal(told, heir.worker_id), "key_id": vault.newest}
        c.execute(update(person).where(person.c.worker_id == heir.worker_id).values(sealed))
        note(c, by, "people", heir.worker_id, "renamed", None, {"fields": ["phone"]})


def _put_workers(c: Connection, by: By, workers: Sequence[Entry], action: str | None = None) -> None:
    """Write entries of workers; who was another firm's, or nobody's, loses the link that was made there."""
    links = linked(c, by.at, (e.key for e in workers))
    before = {e.key: e.enterprise_id for e in find_all(c, "workers", links)}
    for one in workers:
        if one.key in links and (one.key not in before or before[one.key] != one.enterprise_id):
            revoke_link(c, by, one.key)
    put_all(c, by, workers, action)


def _settle_items(c: Connection, by: By, worker_ids: Sequence[str], decision: str) -> None:
    asked = select(item.c.id, item.c.subject).where(
        item.c.code.in_((CLAIMED_TWICE, WINDOWS_DIFFER)), item.c.settled_at.is_(None)
    )
    for row in list(found(c, asked, item.c.subject, worker_ids)):
        c.execute(
            update(item)
            .where(item.c.id == row.id)
            .values(settled_at=by.at, settled_by=by.account_id, decision=decision, version=item.c.version + 1)
        )
        note(c, by, "items", row.id, "settled", None, {"decision": decision})


def _enterprise(claimant: str, body: Mapping[str, Any]) -> str | None:
    """To whom a claim says that the worker returns; None: a job seeker."""
    named: str | None = body.get("enterprise_id")
    return named if claimant == BUREAU else claimant


def _entry(worker_id: str, claimant: str, body: Mapping[str, Any], return_plan: str | None) -> Entry:
    told = {"worker_id": worker_id, **body}
    if return_plan is not None:
        told["return_plan"] = return_plan
    return Entry("workers", worker_id, told, _enterprise(claimant, body))


def _item(worker_id: str, code: str, claimants: Sequence[str]) -> New:
    told = {"worker_id": worker_id, "claimants": list(claimants)}
    return New(Category.WORKERS, code, worker_id, told)
