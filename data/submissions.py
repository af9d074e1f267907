"""Take in what somebody submits: every row answered, all of it or the good rows, and nothing twice.

What came of it is kept, sealed, so that the refused rows can be had as a workbook.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, and_, insert, or_, select
from sqlalchemy import Row as Found

from data.accounts import By, new_id
from data.people import BUREAU, PERSONAL, Answer, Claim, ClaimState, claim_all, contact_of
from data.problem_list import ask
from data.proposals import agree, offer
from data.registry import Outcome, entries, find, find_all, put_all
from data.schema import claim, submission
from data.submitted import Row, Submitted, hide_numbers
from data.vacancies import vacancy, vacancy_keys
from data.vault import Vault
from workforce.entities import Risk
from workforce.faults import Fault, Severity, Text
from workforce.identity import resident_form
from workforce.parties import Member, differences
from workforce.problems import ROWS_REFUSED, Category
from workforce.scenario import risk_in


class Mode(StrEnum):
    """Whether one refused row keeps all others out."""

    ALL = "all"
    GOOD = "good"


class RowOutcome(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"
    HELD = "held"  # good, but another row was refused and all or nothing was asked for


@dataclass(frozen=True, slots=True)
class Asked:
    """How a table is to be taken in.

    Attributes:
        enterprise_id: whose list it is; None: the bureau's own.
        agreed_because: of intentions, why the bureau knows that the seekers have agreed, too.
    """

    kind: str
    enterprise_id: str | None
    dry_run: bool = False
    mode: Mode = Mode.GOOD
    return_plan: str | None = None
    agreed_because: str | None = None


@dataclass(slots=True)
class RowAnswer:
    """What came of a row; ``key`` is the registry's id of it, None while there is none."""

    number: int
    client_ref: str | None
    key: str | None
    outcome: RowOutcome
    faults: list[Fault] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of a submission.

    Attributes:
        taken: whether the registry was changed, or would have been but for there being nothing new.
        header, refused: the submitter's titles, and the cells of the refused rows under them.
    """

    submission_id: str
    asked: Asked
    at: Any
    taken: bool
    counts: Mapping[str, int]
    notes: tuple[Fault, ...]
    rows: list[RowAnswer]
    header: list[str]
    refused: Mapping[int, list[Any]]


def take(c: Connection, vault: Vault, by: By, asked: Asked, submitted: Submitted) -> Taken:
    """Take a table in, and keep what came of it.

    A dry run, and all or nothing with a refused row, does the same and goes back on it.
    """
    taker = {"workers": _take_workers, "vacancies": _take_vacancies, "intentions": _take_intentions}[
        asked.kind
    ]
    with c.begin_nested() as attempt:
        answers = taker(c, vault, by, asked, submitted.rows)
        refused = any(a.outcome is RowOutcome.REFUSED for a in answers)
        held = refused and asked.mode is Mode.ALL
        if asked.dry_run or held:
            attempt.rollback()
            for a in answers:
                if a.outcome is RowOutcome.CREATED:
                    a.key = None  # there is none yet
                if held and a.outcome is not RowOutcome.REFUSED:
                    a.outcome = RowOutcome.HELD
    for a in answers:
        if a.faults:
            a.faults = hide_numbers(a.faults)
    done = Taken(
        new_id("s_"),
        asked,
        by.at,
        not asked.dry_run and not held,
        {outcome.value: 0 for outcome in RowOutcome} | Counter(a.outcome.value for a in answers),
        submitted.notes,
        answers,
        submitted.header,
        {a.number: submitted.given(a.number) for a in answers if a.outcome is RowOutcome.REFUSED},
    )
    _keep(c, vault, by, done)
    if refused and not asked.dry_run:
        told = {"submission_id": done.submission_id, "table": asked.kind, "rows": len(done.refused)}
        ask(c, by, Category.WORKERS, ROWS_REFUSED, done.submission_id, asked.enterprise_id, told)
    return done


def find_submission(c: Connection, vault: Vault, submission_id: str) -> Taken | None:
    row = c.execute(select(submission).where(submission.c.id == submission_id)).one_or_none()
    return None if row is None else _opened(vault, row)


def list_submissions(
    c: Connection, enterprise_id: str | None = None, after: str | None = None, limit: int | None = None
) -> list[Found[Any]]:
    """Submissions without their rows, newest first.

    Args:
        after: only those beyond the one with this id.
    """
    columns = [column for column in submission.c if column.name not in ("rows", "key_id")]
    query = select(*columns).order_by(submission.c.at.desc(), submission.c.id.desc()).limit(limit)
    if enterprise_id is not None:
        query = query.where(submission.c.enterprise_id == enterprise_id)
    if after:
        last = c.execute(
            select(submission.c.at, submission.c.id).where(submission.c.id == after)
        ).one_or_none()
        if last is None:
            return []
        same = and_(submission.c.at == last.at, submission.c.id < last.id)
        query = query.where(or_(submission.c.at < last.at, same))
    return list(c.execute(query))


# Workers


def _take_workers(c: Connection, vault: Vault, by: By, asked: Asked, rows: Sequence[Row]) -> list[RowAnswer]:
    _own_rows(c, asked, rows)
    refs = [_worker_ref(vault, row) for row in rows]
    for number, row in _repeats(rows, refs):
        row.refuse("id_twice", "workers", "worker_id", value=row.cells.get("worker_id", "—"), first=number)
    for number, row in _repeats(rows, [row.cells.get("id_number") for row in rows]):
        row.refuse("submitted_twice", "workers", "id_number", first=number, what=_IDENTITY)
    _same_contact(rows)
    _mixed_parties(c, asked, rows, refs)
    good = [i for i, row in enumerate(rows) if row.good]
    claims = [_claim(asked, rows[i], refs[i] or "") for i in good]
    claimant = asked.enterprise_id or BUREAU
    answered = dict(zip(good, claim_all(c, vault, by, claimant, claims), strict=True))
    answers = []
    for i, (row, ref) in enumerate(zip(rows, refs, strict=True)):
        answer = answered.get(i)
        if answer is not None and answer.repeats is not None:
            first = rows[good[answer.repeats]].number
            row.refuse("submitted_twice", "workers", None, first=first, what=_PERSON)
            answer = None
        if answer is not None:
            _tell_conflict(row, answer)
        answers.append(
            RowAnswer(row.number, ref, answer.worker_id, RowOutcome(answer.outcome), row.faults)
            if answer is not None
            else RowAnswer(row.number, ref, None, RowOutcome.REFUSED, row.faults)
        )
    return answers


_IDENTITY, _CONTACT = Text("身份证号", "identity number"), Text("姓名和手机号", "name and telephone")
_PERSON, _POST = Text("人员", "person"), Text("工种和到岗期限", "occupation and last day")
_PAIR = Text("人员和岗位", "worker and vacancy")
_CONFLICTS = {"claimed_twice": "claimed_elsewhere", "windows_differ": "windows_differ"}


def _worker_ref(vault: Vault, row: Row) -> str | None:
    """The submitter's own name of a row; nothing that names a person is in it."""
    own, number = row.cells.get("worker_id"), row.cells.get("id_number")
    if own and not resident_form(own.upper()):
        return own
    if number or own:
        return "i:" + vault.lookup(number or own or "").hex()[:24]
    contact = contact_of(row.cells)
    return None if contact is None else "c:" + vault.lookup(contact).hex()[:24]


def _claim(asked: Asked, row: Row, ref: str) -> Claim:
    cells = dict(row.cells)
    personal = {name: cells.pop(name) for name in PERSONAL if name in cells}
    given = cells.pop("worker_id", None)
    if asked.enterprise_id is not None:
        given = None  # only the bureau says which person of its registry it means
        cells["enterprise_id"] = asked.enterprise_id
        if "party_id" in cells:
            cells["party_id"] = _party(asked, cells["party_id"])
    return Claim(ref, cells, personal, asked.return_plan, given if given == ref else None)


def _tell_conflict(row: Row, answer: Answer) -> None:
    if answer.conflict is not None:
        row.refuse(_CONFLICTS[answer.conflict], "workers")
    elif answer.state is ClaimState.REFUSED:
        row.refuse("claim_refused", "workers")


def _same_contact(rows: Sequence[Row]) -> None:
    """Two rows of one name and telephone are one person, unless identity numbers tell them apart."""
    first: dict[str, Row] = {}
    for row in rows:
        contact = contact_of(row.cells)
        if contact is None:
            continue
        other = first.setdefault(contact, row)
        if other is not row and not ("id_number" in row.cells and "id_number" in other.cells):
            row.refuse("submitted_twice", "workers", "phone", first=other.number, what=_CONTACT)


def _mixed_parties(c: Connection, asked: Asked, rows: Sequence[Row], refs: Sequence[str | None]) -> None:
    """A party of two firms or two risks would make the whole scenario unusable."""
    if not any("party_id" in row.cells for row in rows):
        return
    zones = {str(e.body["adcode"]): Risk(e.body["risk"]) for e in entries(c, "zones")}
    known = _parties(c, asked, refs)
    first: dict[str, Row] = {}
    for row in rows:
        party = row.cells.get("party_id")
        if party is None:
            continue
        other = first.setdefault(party, row)
        member = _member(zones, row.cells)
        mixed = differences(member, _member(zones, other.cells))
        for what in mixed:
            row.refuse("party_mixed", "workers", "party_id", party=party, what=what, first=other.number)
        registered = known.get(_party(asked, party))
        if registered is not None and not mixed:
            for what in differences(member, _member(zones, registered)):
                row.refuse("party_differs", "workers", "party_id", party=party, what=what)


def _member(zones: Mapping[str, Risk], cells: Mapping[str, str]) -> Member:
    return Member(cells.get("enterprise_id"), risk_in(zones, cells["adcode"]) if "adcode" in cells else None)


def _parties(c: Connection, asked: Asked, refs: Sequence[str | None]) -> dict[str, Mapping[str, str]]:
    """By party a registered member; not one of those who are submitted again."""
    query = select(claim.c.client_ref, claim.c.worker_id)
    mine = c.execute(query.where(claim.c.claimant == (asked.enterprise_id or BUREAU)))
    again, sent = set(), set(refs)
    for ref, worker_id in mine:
        if ref in sent or worker_id in sent:
            again.add(worker_id)
    members = entries(c, "workers", asked.enterprise_id)
    return {e.body["party_id"]: e.body for e in members if "party_id" in e.body and e.key not in again}


def _party(asked: Asked, named: str) -> str:
    """What the registry calls a party: another firm may call its parties so, too."""
    owner = asked.enterprise_id
    return named if owner is None or named.startswith(f"{owner}-") else f"{owner}-{named}"


# Vacancies and intentions


def _take_vacancies(
    c: Connection, vault: Vault, by: By, asked: Asked, rows: Sequence[Row]
) -> list[RowAnswer]:
    _own_rows(c, asked, rows)
    for row in rows:
        if row.good and "enterprise_id" not in row.cells:
            row.refuse("value_missing", "vacancies", "enterprise_id")
    refs = [row.cells.get("vacancy_id") or _post(vault, row) for row in rows]
    owners = [row.cells.get("enterprise_id", "") for row in rows]
    for number, row in _repeats(rows, [r and f"{o}|{r}" for o, r in zip(owners, refs, strict=True)]):
        if own := row.cells.get("vacancy_id"):
            row.refuse("id_twice", "vacancies", "vacancy_id", value=own, first=number)
        else:
            row.refuse("submitted_twice", "vacancies", "occupation", first=number, what=_POST)
    good = [i for i, row in enumerate(rows) if row.good and refs[i]]
    keys = vacancy_keys(c, [(owners[i], refs[i] or "") for i in good], asked.enterprise_id is None)
    before = {e.key: e for e in find_all(c, "vacancies", keys)}
    new = [vacancy(key, owners[i], rows[i].cells, before.get(key)) for i, key in zip(good, keys, strict=True)]
    outcomes = dict(zip(good, zip(keys, put_all(c, by, new), strict=True), strict=True))
    return [
        RowAnswer(row.number, refs[i], outcomes[i][0], RowOutcome(outcomes[i][1]), row.faults)
        if i in outcomes
        else RowAnswer(row.number, refs[i], None, RowOutcome.REFUSED, row.faults)
        for i, row in enumerate(rows)
    ]


def _post(vault: Vault, row: Row) -> str | None:
    """What tells a vacancy without a number from others of its enterprise."""
    occupation, day = row.cells.get("occupation"), row.cells.get("fill_by")
    return "p:" + vault.lookup(f"{occupation}|{day}").hex()[:12] if occupation and day else None


def _take_intentions(
    c: Connection, vault: Vault, by: By, asked: Asked, rows: Sequence[Row]
) -> list[RowAnswer]:
    """An enterprise's word is its half: the seeker is asked.  The bureau's, with a reason, is both."""
    workers = {e.key: e for e in find_all(c, "workers", [row.cells.get("worker_id", "") for row in rows])}
    named = [(asked.enterprise_id or "", row.cells.get("vacancy_id", "")) for row in rows]
    keys = vacancy_keys(c, named, asked.enterprise_id is None)
    vacancies = {e.key: e for e in find_all(c, "vacancies", keys)}
    for row, key in zip(rows, keys, strict=True):
        vacancy, worker = vacancies.get(key), workers.get(row.cells.get("worker_id", ""))
        foreign = asked.enterprise_id is not None and vacancy and vacancy.enterprise_id != asked.enterprise_id
        if row.good and (vacancy is None or foreign):
            _unknown(row, "intentions", "vacancy_id", "vacancies")
        if row.good and (worker is None or worker.body.get("enterprise_id")):
            _unknown(row, "intentions", "worker_id", "workers")
    pairs = [f"{row.cells.get('worker_id')}|{key}" for row, key in zip(rows, keys, strict=True)]
    for number, row in _repeats(rows, pairs):
        row.refuse("submitted_twice", "intentions", "vacancy_id", first=number, what=_PAIR)
    answers = []
    for row, pair, key in zip(rows, pairs, keys, strict=True):
        made: tuple[str, Outcome] | None = None
        if row.good:
            worker_id, owner = row.cells["worker_id"], vacancies[key].enterprise_id
            if asked.agreed_because is not None:
                made = pair, agree(c, by, worker_id, key, owner, asked.agreed_because)
            else:
                made = offer(c, by, worker_id, key, owner)
                if made is None:
                    row.refuse("offer_declined", "intentions", "worker_id", value=worker_id)
        answers.append(
            RowAnswer(row.number, pair if row.good else None, None, RowOutcome.REFUSED, row.faults)
            if made is None
            else RowAnswer(row.number, pair, made[0], RowOutcome(made[1]), row.faults)
        )
    return answers


# Of every table


def _own_rows(c: Connection, asked: Asked, rows: Sequence[Row]) -> None:
    """Whose each row is: the enterprise's that submits, or the one that the bureau's sheet names."""
    if asked.enterprise_id is None:
        known = {e.key for e in entries(c, "enterprises")}
        for row in rows:
            named = row.cells.get("enterprise_id")
            if named is not None and named not in known:
                _unknown(row, asked.kind, "enterprise_id", "enterprises")
        return
    own = find(c, "enterprises", asked.enterprise_id)
    names = {asked.enterprise_id, own.body.get("name") if own is not None else None}
    for row in rows:
        named = row.cells.get("enterprise_id", asked.enterprise_id)
        if named not in names:
            row.refuse("enterprise_foreign", asked.kind, "enterprise_id", value=named)
        row.cells["enterprise_id"] = asked.enterprise_id


def _unknown(row: Row, table: str, column: str, where: str) -> None:
    row.refuse("id_unknown", table, column, value=row.cells.get(column, ""), tables=where, guess="")


def _repeats(rows: Sequence[Row], names: Sequence[str | None]) -> Iterator[tuple[int, Row]]:
    """Each row whose name an earlier row has, with the number of that row."""
    first: dict[str, Row] = {}
    for row, name in zip(rows, names, strict=True):
        other = first.setdefault(name, row) if name is not None else row
        if other is not row:
            yield other.number, row


# Keeping


def _keep(c: Connection, vault: Vault, by: By, done: Taken) -> None:
    content = {
        "mode": done.asked.mode,
        "return_plan": done.asked.return_plan,
        "notes": [_packed(f) for f in done.notes],
        "rows": [
            [a.number, a.client_ref, a.key, a.outcome, [_packed(f) for f in a.faults]] for a in done.rows
        ],
        "header": done.header,
        "refused": [[number, cells] for number, cells in done.refused.items()],
    }
    c.execute(
        insert(submission).values(
            id=done.submission_id,
            account_id=by.account_id,
            enterprise_id=done.asked.enterprise_id,
            kind=done.asked.kind,
            at=by.at,
            dry_run=done.asked.dry_run,
            taken=done.taken,
            counts=dict(done.counts),
            rows=vault.seal(content, done.submission_id),
            key_id=vault.newest,
        )
    )


def _opened(vault: Vault, row: Found[Any]) -> Taken:
    content = vault.unseal(row._mapping["rows"], row.key_id, row.id)
    asked = Asked(row.kind, row.enterprise_id, row.dry_run, Mode(content["mode"]), content["return_plan"])
    return Taken(
        row.id,
        asked,
        row.at,
        row.taken,
        row.counts,
        tuple(map(_unpacked, content["notes"])),
        [
            RowAnswer(number, ref, key, RowOutcome(outcome), list(map(_unpacked, faults)))
            for number, ref, key, outcome, faults in content["rows"]
        ],
        content["header"],
        dict(content["refused"]),
    )


def _packed(f: Fault) -> list[Any]:
    texts = [f.message.zh, f.message.en, f.remedy.zh, f.remedy.en]
    return [f.code, f.severity, f.table, f.row, f.column, *texts]


def _unpacked(told: list[Any]) -> Fault:
    code, severity, table, row, column, zh, en, remedy_zh, remedy_en = told
    return Fault(code, Severity(severity), Text(zh, en), Text(remedy_zh, remedy_en), table, row, column)
