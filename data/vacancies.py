"""The vacancy pool: posts that enterprises post, change, fill and withdraw, each by its name in history."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection

from data.accounts import By
from data.proposals import lapse
from data.registry import Entry, find, find_all, put, remove

KIND = "vacancies"
FILLED = "filled"
UNNUMBERED = "p:"  # begins what stands in the place of an enterprise's own number


class TooMany(Exception):
    """More are filled than are open; ``open`` are."""

    def __init__(self, still_open: int) -> None:
        self.open = still_open


def vacancy_keys(c: Connection, named: Sequence[tuple[str, str]], by_bureau: bool) -> list[str]:
    """The registry's ids of vacancies by (enterprise, its own number).

    A number is an id of the registry already where this enterprise has such a vacancy or the bureau
    gives it; else the enterprise is put before it, because others number their vacancies, too.
    """
    tries = [[ref, f"{owner}-{ref}", f"{owner}--{ref}"] for owner, ref in named]
    owned = {e.key: e.enterprise_id for e in find_all(c, KIND, [key for keys in tries for key in keys])}
    chosen = []
    for (owner, ref), keys in zip(named, tries, strict=True):
        if owned.get(ref) == owner or (by_bureau and not ref.startswith(UNNUMBERED)):
            chosen.append(ref)
        else:
            chosen.append(next(key for key in keys[1:] if owned.get(key, owner) == owner))
    return chosen


def vacancy(key: str, owner: str, cells: Mapping[str, str], before: Entry | None) -> Entry:
    """The entry of a submitted vacancy; what was filled since it was posted stays filled."""
    filled = int(before.body.get("filled", 0)) if before is not None else 0
    body = {**cells, "vacancy_id": key, "enterprise_id": owner}
    if filled:
        body |= {"filled": str(filled), "headcount": str(max(0, int(cells["headcount"]) - filled))}
    return Entry(KIND, key, body, owner, _state(body))


def rewritten(body: Mapping[str, str], before: Entry | None) -> Entry:
    """The entry of a vacancy whose cells are written one by one: what was filled stays on record."""
    filled = {} if before is None else {n: before.body[n] for n in (FILLED,) if n in before.body}
    now = {**body, **filled}
    return Entry(KIND, body["vacancy_id"], now, body["enterprise_id"], _state(now))


def may_be_named(key: str, enterprise_id: str) -> bool:
    """Whether an enterprise may post a vacancy of this id: others' ids are not for it to try."""
    return key.startswith(f"{enterprise_id}-")


def fill(c: Connection, by: By, post: Entry, count: int, version: int) -> Entry:
    """So many of its posts are taken; the rest stays open.

    Raises:
        TooMany: fewer are open.
        Stale: it was changed since it was read.
    """
    still_open = int(post.body["headcount"])
    if count > still_open:
        raise TooMany(still_open)
    filled = int(post.body.get("filled", 0)) + count
    body = {**post.body, "headcount": str(still_open - count), "filled": str(filled)}
    put(c, by, Entry(KIND, post.key, body, post.enterprise_id, _state(body)), "filled", version)
    now = find(c, KIND, post.key)
    assert now is not None
    return now


def withdraw_vacancy(c: Connection, by: By, post: Entry, version: int) -> None:
    """Take a vacancy out of the pool; nobody is asked about it any more.

    Raises:
        Stale: it was changed since it was read.
    """
    remove(c, by, KIND, post.key, "withdrawn", version)
    lapse(c, by, vacancy_id=post.key)


def _state(body: Mapping[str, str]) -> str | None:
    return FILLED if "filled" in body and body["headcount"] == "0" else None
