"""A whole scenario into the registry, without losing what only the registry knows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from data.accounts import By
from data.liaisons import ENTERPRISES, sealed_row
from data.people import BUREAU, PERSONAL, Answer, Claim, ClaimState, claim_all
from data.policy_file import policy_toml
from data.problem_list import ask
from data.reading import table_rows
from data.registry import Entry, as_of, find_all, put_all, refers_to, remove
from data.schema import change
from data.schema import plan as plan_table
from data.snapshots import POLICY_KEY, POLICY_KIND, UNNAMED
from data.tables import TABLES, Table
from data.vacancies import KIND as VACANCIES
from data.vacancies import rewritten
from data.vault import Vault
from workforce.faults import Fault, fault
from workforce.problems import Category
from workforce.scenario import Scenario

IMPORTED = "imported"  # what the change of a vacancy is called that came with a scenario
NUMBER_SHARED = "number_shared"  # asks whose an identity number is that two people have


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of an import.

    Attributes:
        changed: how many rows of each table were added, changed or removed.
        notes: what the registry has kept although the scenario lacks it, and what is to be settled.
    """

    changed: Mapping[str, int]
    notes: Sequence[Fault]


def key_of(table: Table, body: Mapping[str, Any]) -> str:
    """How the registry knows a row: its id, or the columns that tell it from others, joined."""
    return "|".join(str(body[name]) for name in key_columns(table))


def key_columns(table: Table) -> list[str]:
    """The columns that tell a row from others."""
    if table.key:
        return [table.key]
    return [c.name for c in table.columns if c.name not in ("km", "minutes", "last_day")]


def import_scenario(c: Connection, vault: Vault, by: By, scenario: Scenario) -> Imported:
    """Make the registry say what a scenario says of its tables.

    Rows that the scenario lacks are removed.  What did not come from a scenario stays, and is told:
    claims of workers, vacancies that were posted or changed in the pool, enterprises that either of
    them names.  A blank contact keeps the one that is known: exports name nobody unless asked.
    """
    rows = {
        table.name: [_body(table, row) for row in table_rows(scenario, table)] for table in TABLES.values()
    }
    claims = [_claim(row) for row in _numbers_apart(rows["workers"])]
    answers = claim_all(c, vault, by, BUREAU, claims)
    # Whom somebody submitted before keeps the id that the registry gave.
    known = {row["worker_id"]: a.worker_id for row, a in zip(rows["workers"], answers, strict=True)}
    notes = [*_shared(c, by, rows["workers"], answers), *_waiting(answers)]
    rows["intentions"] = [{**row, "worker_id": known[row["worker_id"]]} for row in rows["intentions"]]
    changed = {"workers": sum(a.outcome != "unchanged" for a in answers)}
    gone: dict[str, list[str]] = {}
    for table in TABLES.values():
        if table.name == "workers":
            continue
        new = _entries(c, vault, table, rows[table.name], scenario)
        keys = {e.key for e in new}
        gone[table.name] = [e.key for e in as_of(c, table.name, by.at) if e.key not in keys]
        action = IMPORTED if table.name == VACANCIES else None
        changed[table.name] = sum(o != "unchanged" for o in put_all(c, by, new, action))
    pooled = _pooled(c, gone[VACANCIES])
    gone[VACANCIES] = [key for key in gone[VACANCIES] if key not in pooled]
    notes += [fault("vacancy_kept", VACANCIES, None, "vacancy_id", value=key) for key in sorted(pooled)]
    for name in sorted(gone, key=lambda name: name == ENTERPRISES):  # last, when it is known who names them
        for key in gone[name]:
            if name == ENTERPRISES and refers_to(c, key):
                notes.append(fault("enterprise_kept", ENTERPRISES, None, "enterprise_id", value=key))
            else:
                changed[name] += remove(c, by, name, key)
    policy = Entry(POLICY_KIND, POLICY_KEY, {"toml": policy_toml(scenario.policy)})
    changed[POLICY_KIND] = sum(o != "unchanged" for o in put_all(c, by, [policy]))
    if c.execute(select(plan_table.c.id).where(plan_table.c.published_at.is_not(None)).limit(1)).first():
        notes.append(fault("figures_of_the_season"))
    return Imported(changed, notes)


def _numbers_apart(workers: Iterable[dict[str, str]]) -> list[tuple[dict[str, str], bool]]:
    """Each row with whether another row has its identity number, too."""
    rows = list(workers)
    having: dict[str, int] = defaultdict(int)
    for row in rows:
        having[row.get("id_number", "")] += 1
    return [(row, "id_number" in row and having[row["id_number"]] > 1) for row in rows]


def _shared(
    c: Connection, by: By, workers: Sequence[Mapping[str, str]], answers: Sequence[Answer]
) -> list[Fault]:
    """Ask whose an identity number is that several have; all of them are taken in."""
    groups: dict[str, list[Answer]] = defaultdict(list)
    for row, answer in zip(workers, answers, strict=True):
        if "id_number" in row:
            groups[row["id_number"]].append(answer)
    notes = []
    for group in groups.values():
        if len(group) > 1:
            ids = [a.worker_id for a in group]
            notes.append(fault(NUMBER_SHARED, "workers", None, "id_number", workers=", ".join(ids)))
            if any(a.outcome != "unchanged" for a in group):
                told = {"worker_id": ids[0], "others": ids[1:]}
                ask(c, by, Category.WORKERS, NUMBER_SHARED, ids[0], None, told)
    return notes


def _waiting(answers: Sequence[Answer]) -> list[Fault]:
    """The people of whom somebody else says something else, or about whom it is decided."""
    waiting = [a.worker_id for a in answers if a.conflict or a.state is ClaimState.REFUSED]
    return [fault("claims_contradict", "workers", workers=", ".join(waiting))] if waiting else []


def _entries(
    c: Connection, vault: Vault, table: Table, rows: Sequence[Mapping[str, str]], scenario: Scenario
) -> list[Entry]:
    keys = [key_of(table, row) for row in rows]
    if table.name not in (VACANCIES, ENTERPRISES):
        return [
            Entry(table.name, key, row, _owner(table, row, scenario))
            for key, row in zip(keys, rows, strict=True)
        ]
    before = {e.key: e for e in find_all(c, table.name, keys)}
    if table.name == VACANCIES:
        return [rewritten(row, before.get(key)) for key, row in zip(keys, rows, strict=True)]
    return [
        Entry(table.name, key, sealed_row(c, vault, row, before.get(key), blank_keeps=True), key)
        for key, row in zip(keys, rows, strict=True)
    ]


def _pooled(c: Connection, keys: Sequence[str]) -> set[str]:
    """Those vacancies that were posted or changed otherwise than by an import."""
    query = select(change.c.key).where(change.c.kind == VACANCIES, change.c.action != IMPORTED)
    return set(c.execute(query.distinct()).scalars()) & set(keys)


def _body(table: Table, row: list[Any]) -> dict[str, str]:
    pairs = zip(table.columns, row, strict=True)
    return {column.name: column.kind.write(value) for column, value in pairs if value is not None}


def _claim(told: tuple[Mapping[str, str], bool]) -> Claim:
    row, shared = told
    body = {name: value for name, value in row.items() if name not in (*PERSONAL, "worker_id")}
    personal = {name: row[name] for name in PERSONAL if name in row and row[name] != UNNAMED}
    return Claim(row["worker_id"], body, personal, None, row["worker_id"], shared)


def _owner(table: Table, row: Mapping[str, str], scenario: Scenario) -> str | None:
    return scenario.vacancies[row["vacancy_id"]].enterprise_id if table.name == "intentions" else None
