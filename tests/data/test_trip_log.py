"""The trip log in the database: each report once, in order, never changed; states follow from it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import event as hooks
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from data.accounts import By
from data.database import Database
from data.erasure import erase
from data.loop_states import find_journey, find_run
from data.people import Claim, claim_all
from data.reports import take
from data.rotation import rotate
from data.schema import event, event_detail, item, tree_node
from data.trip_log import Refusal, Report, details_of, events, size, subtrees
from tests.data.loop import Loop, coach, filled, lodging, make_loop
from workforce.closed_loop import Flag, Way
from workforce.merkle import inclusion_holds, inclusion_proof, leaf_hash, root, subtrees_of
from workforce.triplog import Kind


def way(loop: Loop, worker_id: str) -> Way:
    with loop.database.read() as c:
        return find_journey(c, worker_id).state


def test_events_are_numbered_and_the_tree_grows_over_them(loop: Loop) -> None:
    reports = [*coach(loop), *lodging(loop)]
    for n in (1, 2, 14, 17, len(reports)):
        loop.take(*reports[:n])  # each again and again: what is known changes nothing
    with loop.database.read() as c:
        found = events(c)
        assert [one.seq for one in found] == list(range(1, len(reports) + 1)) and size(c) == len(reports)
        leaves = [leaf_hash(one.event.content()) for one in found]
        tree = subtrees(c)
        for count in range(len(leaves) + 1):
            assert root(tree, count) == root(subtrees_of(leaves), count)
        for index in range(len(leaves)):
            path = inclusion_proof(tree, index, len(leaves))
            assert inclusion_holds(leaves[index], index, len(leaves), path, root(tree, len(leaves)))
    assert loop.codes() == set()


def test_a_report_that_comes_again_is_known_and_another_under_its_nonce_refused(loop: Loop) -> None:
    one = loop.report(
        Kind.MEASURED,
        "08:40",
        trip="T1",
        worker_id="W1",
        says={"where": "door"},
        details={"temperature": "36.5"},
    )
    (first,) = loop.take(one)
    again, twice = loop.take(one, one)
    assert (again.seq, again.known, twice.known) == (first.seq, True, True)
    for change in (
        {"details": {"temperature": "37.5"}},
        {"says": {"where": "hotel"}},
        {"worker_id": "W2"},
        {"happened_at": one.happened_at.replace(minute=41)},
    ):
        (refused,) = loop.take(Report(**{**one._asdict(), **change}))
        assert (refused.seq, refused.refused) == (None, Refusal.NONCE_REUSED)
    with loop.database.read() as c:
        assert size(c) == 1


def test_the_same_report_twice_in_one_request_is_taken_once(loop: Loop) -> None:
    one = loop.report(Kind.BOARDED, "08:42", trip="T1", worker_id="W1")
    first, second = loop.take(one, one)
    assert (first.seq, second.seq, first.known, second.known) == (1, 1, False, True)


def test_what_comes_late_or_in_another_order_gives_the_same_states(loop: Loop, tmp_path: Path) -> None:
    reports = [*coach(loop), *lodging(loop)]
    Random(5).shuffle(reports)
    for i in range(0, len(reports), 5):
        loop.take(*reports[i : i + 5])
    assert loop.codes() == set()
    with loop.database.read() as c:
        assert find_run(c, loop.plan_id, "T1").stop == 4
        assert {w: find_journey(c, w).state for w in ("W1", "W2", "Q1", "Q2")} == {
            "W1": Way.RETURNED,
            "W2": Way.ABSENT,
            "Q1": Way.RETURNED,
            "Q2": Way.HANDED_OVER,
        }


def test_a_voided_report_no_longer_counts_and_cannot_be_voided_twice(loop: Loop) -> None:
    first, second = loop.take(
        loop.report(Kind.BOARDED, "08:42", trip="T1", worker_id="W1"),
        loop.report(Kind.ALIGHTED, "11:15", trip="T1", worker_id="W1", place_id="E1"),
    )
    assert way(loop, "W1") is Way.HANDED_OVER

    def voiding(seq: int | None) -> Report:
        return loop.report(Kind.VOIDED, "12:00", says={"event": seq}, details={"note": "误报"})

    (void,) = loop.take(voiding(second.seq))
    assert void.seq == 3 and way(loop, "W1") is Way.ABOARD
    for seq in (second.seq, void.seq, 99):
        (refused,) = loop.take(voiding(seq))
        assert refused.refused is Refusal.NOTHING_TO_VOID
    with loop.database.read() as c:
        assert [one.event.worker_id for one in events(c, worker_id="W1")] == ["W1"] * 3
    loop.take(voiding(first.seq))
    assert way(loop, "W1") is Way.EXPECTED and loop.codes() == set()


def open_items(loop: Loop) -> list[tuple[str, str]]:
    with loop.database.read() as c:
        still = select(item.c.code, item.c.subject).where(item.c.settled_at.is_(None))
        return [(row.code, row.subject) for row in c.execute(still.order_by(item.c.code))]


def test_what_a_voided_report_was_flagged_for_is_explained_unless_another_says_the_same(loop: Loop) -> None:
    gone = {"trip": "T1", "worker_id": "W1", "says": {"why": "no_show"}}
    phones = loop.take(loop.report(Kind.MISSING, "08:42", **gone), loop.report(Kind.MISSING, "08:43", **gone))
    for told, left in zip(phones, ([("no_show", "W1")], []), strict=True):
        assert open_items(loop) == [("no_show", "W1")]
        note = {"says": {"event": told.seq}, "details": {"note": "误报"}}
        loop.take(loop.report(Kind.VOIDED, "09:00", **note))
        assert open_items(loop) == left


def test_a_fever_stays_on_the_list_though_its_report_is_voided(loop: Loop) -> None:
    (fever,) = loop.take(
        loop.report(
            Kind.MEASURED, "08:42", worker_id="W1", says={"where": "door"}, details={"temperature": "38.0"}
        )
    )
    loop.take(loop.report(Kind.VOIDED, "09:00", says={"event": fever.seq}, details={"note": "误报"}))
    assert open_items(loop) == [("fever", "W1")]


CHANGES_OF_PRESENCES = (
    "UPDATE presence SET seat = 40 WHERE worker_id = 'W1' AND kind = 'coach'",
    "UPDATE presence SET unit = 'T9' WHERE worker_id = 'W1' AND kind = 'coach'",
    "UPDATE presence SET end_at = NULL WHERE worker_id = 'W1' AND number = 1",
    "UPDATE presence SET begin_at = '2020-03-02 00:00:00.000000' WHERE worker_id = 'W1' AND number = 1",
    "UPDATE presence SET number = 9 WHERE worker_id = 'W1' AND number = 1",
    "UPDATE presence SET worker_id = 'W2' WHERE worker_id = 'W1'",
    "DELETE FROM presence WHERE worker_id = 'W1'",
    "INSERT INTO presence VALUES ('W9', 1, 'room', 'H1', 'S1', NULL, '2020-03-02 00:00:00.000000', NULL)",
)


@pytest.mark.parametrize("change", CHANGES_OF_PRESENCES)
def test_where_a_worker_was_is_derived_again(loop: Loop, change: str) -> None:
    loop.take(*coach(loop))
    assert loop.codes() == set()
    with loop.database.write() as c:
        c.execute(text(change))
    assert loop.codes() == {"presence_differs"}


def test_a_clock_that_runs_ahead_is_flagged(loop: Loop) -> None:
    late = loop.report(Kind.BOARDED, "08:42", trip="T1", worker_id="W1")
    loop.take(loop.report(Kind.NOTED, "00:01", details={"note": "x"}))
    with loop.database.write() as c:
        (taken,) = take(c, loop.vault, By("tests", loop.now), [late], loop.rosters)
    assert Flag.CLOCK_WRONG in {one.flag for one in taken.raised}


def test_the_same_problem_twice_in_one_request_is_one_item(loop: Loop) -> None:
    loop.take(*(loop.report(Kind.WITHDREW, clock, worker_id="W1") for clock in ("07:00", "07:01")))
    loop.take(loop.report(Kind.WITHDREW, "07:02", worker_id="W1"))
    with loop.database.read() as c:
        query = select(item.c.event_seq).where(item.c.code == Flag.WITHDREW)
        assert c.execute(query).scalars().all() == [1]


def test_kits_of_one_request_are_counted_one_after_another(loop: Loop) -> None:
    def kits(kind: Kind, minute: int, count: int) -> Report:
        says = {"kit": "mask", "count": count}
        return loop.report(kind, f"07:0{minute}", trip="T1", place_id="F1", says=says)

    first = loop.take(
        kits(Kind.KITS_RECEIVED, 0, 10), kits(Kind.KITS_ISSUED, 1, 6), kits(Kind.KITS_ISSUED, 2, 6)
    )
    second = loop.take(kits(Kind.KITS_ISSUED, 3, 1))
    short = [[one.values for one in taken.raised] for taken in (*first, *second)]
    assert short == [[], [], [{"kit": "mask", "short": 2}], [{"kit": "mask", "short": 3}]]


FORBIDDEN = {
    "update": "UPDATE {table} SET {column} = {column}",
    "delete": "DELETE FROM {table}",
    "truncate": "TRUNCATE {table} CASCADE",
    "replace": "INSERT OR REPLACE INTO {table} SELECT * FROM {table} LIMIT 1",
    "again": "INSERT INTO {table} SELECT * FROM {table}",
    "upsert": "INSERT INTO {table} SELECT * FROM {table} WHERE true ON CONFLICT ({key}) DO UPDATE "
    "SET {column} = excluded.{column}",
}
ONLY_ADDED_TO = {
    "event": ("kind", "seq"),
    "tree_node": ("hash", "level, position"),
    "checkpoint": ("note", "size"),
}
ON_ONE = {"truncate": "postgresql", "replace": "sqlite"}


@pytest.mark.parametrize("how", FORBIDDEN)
@pytest.mark.parametrize("table", ONLY_ADDED_TO)
def test_the_database_itself_refuses_to_change_the_log(loop: Loop, table: str, how: str) -> None:
    filled(loop)
    kind = "sqlite" if loop.database.is_sqlite else "postgresql"
    statement = FORBIDDEN[how] if ON_ONE.get(how, kind) == kind else FORBIDDEN["delete"]
    column, key = ONLY_ADDED_TO[table]
    with loop.database.read() as c:
        before = c.execute(text(f"SELECT * FROM {table}")).all()
    assert before
    with pytest.raises(DBAPIError), loop.database.write() as c:
        c.execute(text(statement.format(table=table, column=column, key=key)))
    with loop.database.read() as c:
        assert c.execute(text(f"SELECT * FROM {table}")).all() == before


def test_the_database_itself_refuses_a_gap(loop: Loop) -> None:
    filled(loop)
    with loop.database.read() as c:
        row = dict(c.execute(select(event).where(event.c.seq == 42)).one()._mapping)
    for seq in (44, 0, -1, 42):
        with pytest.raises(DBAPIError), loop.database.write() as c:
            c.execute(event.insert().values({**row, "seq": seq, "nonce": f"other-{seq}"}))
    with pytest.raises(DBAPIError), loop.database.write() as c:
        c.execute(event.insert().values({**row, "seq": 43}))  # a nonce twice


def test_forgetting_a_person_leaves_log_states_and_proofs_as_they_are(loop: Loop) -> None:
    with loop.database.write() as c:
        by = By("tests", loop.now)
        claim_all(c, loop.vault, by, "E1", [Claim("r1", {}, {"name": "王小明"}, worker_id="W1")])
    loop.take(
        loop.report(Kind.DELAYED, "07:00", trip="T1", says={"minutes": 5}, details={"note": "等王小明"})
    )
    loop.take(loop.report(Kind.DELAYED, "07:01", trip="T1", says={"minutes": 5}, details={"note": "堵车"}))
    filled(loop)
    with loop.database.write() as c:
        own = [one.seq for one in events(c, worker_id="W1") if one.event.commitment is not None]
        before = (find_journey(c, "W1"), find_run(c, loop.plan_id, "T1"), root(subtrees(c), size(c)))
        kept = set(details_of(c, loop.vault, range(1, 60)))
        assert erase(c, loop.vault, By("tests", loop.now), ["W1"], "asked", loop.keys.erased) == ["W1"]
        after = (find_journey(c, "W1"), find_run(c, loop.plan_id, "T1"), root(subtrees(c), size(c)))
        assert before == after
        assert set(details_of(c, loop.vault, range(1, 60))) == kept - {*own, 1} and {*own, 1} < kept
    assert loop.codes() == set()


def test_a_forgotten_report_that_comes_again_is_still_known(loop: Loop) -> None:
    reports = coach(loop)
    loop.take(*reports)
    with loop.database.write() as c:
        c.execute(event_detail.update().values(sealed=None, key_id=None))
    assert all(one.known for one in loop.take(*reports))


def test_a_change_of_keys_reaches_the_personal_parts(loop: Loop) -> None:
    filled(loop)
    with loop.database.read() as c:
        before = details_of(c, loop.vault, range(1, 60))
    old = loop.vault.newest
    assert (
        before
        and rotate(loop.database, loop.folder / "keys.json", By("tests", loop.now), at_once=True) is None
    )
    with loop.database.read() as c:
        assert details_of(c, loop.vault, range(1, 60)) == before
        assert set(c.execute(select(event_detail.c.key_id)).scalars()) == {loop.vault.newest} != {old}
    assert loop.codes() == set()


# A full disk


@pytest.fixture
def cramped(tmp_path: Path) -> Iterator[tuple[Loop, Callable[[int], None]]]:
    """A log on SQLite, and a function that leaves it room for so many pages."""
    loop = make_loop(f"sqlite:///{tmp_path / 'guicheng.sqlite'}", tmp_path / "data")

    def leave(pages: int) -> None:
        loop.database.close()
        limited = Database(loop.database.url)
        with limited.read() as c:
            used = int(c.execute(text("PRAGMA page_count")).scalar_one())
        limited.close()

        @hooks.listens_for(limited.engine, "connect")
        def limit(connection: Any, _: object) -> None:
            connection.execute(f"PRAGMA max_page_count = {used + pages}")

        loop.database = limited

    yield loop, leave
    loop.database.close()


@pytest.mark.parametrize("pages", range(0, 12, 2))
def test_on_a_full_disk_a_report_fails_whole_and_goes_in_when_there_is_room(
    cramped: tuple[Loop, Callable[[int], None]], pages: int
) -> None:
    loop, leave = cramped
    filled(loop)
    leave(pages)
    note = {"note": "x" * 400}
    failed = None
    for _ in range(40):
        batch = [loop.report(Kind.NOTED, "13:00", worker_id=f"N{n}", details=note) for n in range(10)]
        with loop.database.read() as c:
            before = size(c)
        try:
            loop.take(*batch)
        except DBAPIError as full:
            failed, why = batch, str(full)
            break
    assert failed is not None and "full" in why
    with loop.database.read() as c:
        assert size(c) == before
    assert loop.codes() == set()
    leave(10_000)
    assert [one.known for one in loop.take(*failed)] == [False] * 10
    loop.publish()
    assert loop.codes() == set()
    with loop.database.read() as c:
        assert size(c) == before + 10
        assert c.execute(select(tree_node.c.hash)).first() is not None
