"""Random changes of what is stored, by somebody who holds the database's file: each is found.

The guards of the database are taken away first.  ``GUICHENG_CHANGES`` says how many changes are
tried, ``GUICHENG_SEED`` draws others.  Every change really changes something; what is changed is put
back after each.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Connection, text

from data.accounts import By
from data.evidence import as_bytes, evidence, open_parts
from data.evidence_check import check_evidence
from data.log_parts import JOURNEYS, RUNS, States, events_by_key, row_of, track_of
from data.trip_log import STORED_LEVELS
from tests.data.loop import Loop, filled, make_loop
from workforce.faults import Unusable
from workforce.merkle import leaf_hash, node_hash, root, subtrees_of
from workforce.triplog import canonical, event_of

SEED = int(os.environ.get("GUICHENG_SEED", "11"))
CHANGES = int(os.environ.get("GUICHENG_CHANGES", "300"))
_AT_ONCE = 50
_FAR = 10**6


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Loop:
    folder = tmp_path_factory.mktemp("tamper")
    loop = make_loop(f"sqlite:///{folder / 'guicheng.sqlite'}", folder / "data")
    filled(loop)
    assert loop.codes() == set()
    return loop


class Attacker:
    """Changes the database of one transaction, or the files beside it."""

    def __init__(self, c: Connection, loop: Loop, chance: Random) -> None:
        self.c, self.loop, self.chance = c, loop, chance
        self.size = self.value("SELECT MAX(seq) FROM event")
        for name in c.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all():
            c.execute(text(f"DROP TRIGGER {name}"))
        c.execute(text("PRAGMA defer_foreign_keys = ON"))

    def run(self, query: str, **values: Any) -> None:
        self.c.execute(text(query), values)

    def value(self, query: str, **values: Any) -> Any:
        return self.c.execute(text(query), values).scalar_one()

    def any_of(self, query: str) -> Any:
        return self.chance.choice(self.c.execute(text(query)).all())

    def spoiled(self, content: bytes) -> bytes:
        """Other bytes: one flipped, dropped, doubled or added."""
        i = self.chance.randrange(len(content))
        ways = (
            content[:i] + bytes([content[i] ^ 1 << self.chance.randrange(8)]) + content[i + 1 :],
            content[:i] + content[i + 1 :],
            content + bytes([self.chance.randrange(256)]),
        )
        return self.chance.choice(ways)

    def other_event(self, content: bytes) -> bytes:
        """Another sound event in its place."""
        told = json.loads(content)
        name = self.chance.choice(("by", "at", "worker", "place", "nonce", "recorded"))
        if name in ("at", "recorded"):
            told[name] = told[name][:-3] + f"{(int(told[name][-3]) + 1) % 10}9Z"
        else:
            told[name] = f"{told.get(name, '')}x{self.chance.randrange(_FAR)}"
        return canonical(told)

    # Of the events.

    def bytes_of_an_event(self) -> None:
        row = self.any_of("SELECT seq, content FROM event")
        self.run(
            "UPDATE event SET content = :new WHERE seq = :seq", seq=row.seq, new=self.spoiled(row.content)
        )

    def another_event(self) -> None:
        row = self.any_of("SELECT seq, content FROM event")
        new = self.other_event(row.content)
        self.run("UPDATE event SET content = :new WHERE seq = :seq", seq=row.seq, new=new)

    def another_event_with_its_leaf(self) -> None:
        self._rewrite(self.any_of("SELECT seq, content FROM event"))

    def leaf(self) -> None:
        row = self.any_of("SELECT seq, leaf FROM event")
        self.run("UPDATE event SET leaf = :new WHERE seq = :seq", seq=row.seq, new=self.spoiled(row.leaf))

    def column(self) -> None:
        row = self.any_of("SELECT * FROM event")
        name = self.chance.choice(("nonce", "kind", "happened_at", "plan_id", "trip_id", "worker_id"))
        new = f"{getattr(row, name) or ''}{self.chance.randrange(_FAR)}"
        self.run(f"UPDATE event SET {name} = :new WHERE seq = :seq", seq=row.seq, new=new)

    def removed(self) -> None:
        self.run("DELETE FROM event WHERE seq = :seq", seq=self.chance.randint(1, self.size))

    def moved(self) -> None:
        """Two events change places with all their columns."""
        a, b = self.chance.sample(range(1, self.size + 1), 2)
        for old, new in ((a, -1), (b, a), (-1, b)):
            self.run("UPDATE event SET seq = :new WHERE seq = :old", old=old, new=new)

    def slipped_in(self) -> None:
        """One more event, at the end or where those behind it make room."""
        row = self.any_of("SELECT seq, content FROM event")
        content = self.other_event(row.content)
        at = self.chance.randint(1, self.size + 1)
        self.run("UPDATE event SET seq = -seq - 1 WHERE seq >= :at", at=at)
        self.run("UPDATE event SET seq = -seq WHERE seq < 0")
        self._insert(at, content)

    def _insert(self, seq: int, content: bytes) -> None:
        e = event_of(content)
        self.run(
            "INSERT INTO event VALUES (:seq, :content, :leaf, :nonce, :kind, :at, :plan, :trip, :worker)",
            seq=seq,
            content=content,
            leaf=leaf_hash(content),
            nonce=f"{e.nonce}-{self.chance.randrange(_FAR)}",
            kind=str(e.kind),
            at=e.happened_at.replace(tzinfo=None).isoformat(" ", "microseconds"),
            plan=e.plan_id,
            trip=e.trip_id,
            worker=e.worker_id,
        )

    def history_rewritten(self) -> None:
        """An event is another one, and leaf, tree, states and columns are made to agree with it."""
        self._rewrite(self.any_of("SELECT seq, content FROM event"))
        self._agree()

    def history_cut(self) -> None:
        """The last events are gone, and the tree, states and checkpoints of the database with them."""
        left = self.size - self.chance.randint(1, 12)
        for table in ("event_detail", "voided", "event"):
            self.run(f"DELETE FROM {table} WHERE seq > :left", left=left)
        self.run("DELETE FROM checkpoint WHERE size > :left", left=left)
        self._agree()

    def _rewrite(self, row: Any) -> None:
        content = self.other_event(row.content)
        e = event_of(content)
        self.run(
            "UPDATE event SET content = :content, leaf = :leaf, nonce = :nonce, happened_at = :at, "
            "worker_id = :worker WHERE seq = :seq",
            seq=row.seq,
            content=content,
            leaf=leaf_hash(content),
            nonce=e.nonce,
            at=e.happened_at.replace(tzinfo=None).isoformat(" ", "microseconds"),
            worker=e.worker_id,
        )

    def _agree(self) -> None:
        leaves = self.c.execute(text("SELECT leaf FROM event ORDER BY seq")).scalars().all()
        tree, width = subtrees_of(leaves), 1 << STORED_LEVELS
        self.run("DELETE FROM tree_node")
        for position in range(len(leaves) // width):
            self.run(
                "INSERT INTO tree_node VALUES (:level, :position, :hash)",
                level=STORED_LEVELS,
                position=position,
                hash=tree(STORED_LEVELS, position),
            )
        for states in (JOURNEYS, RUNS):
            self._agree_on(states)

    def _agree_on(self, states: States) -> None:
        for table in states.tables:
            self.run(f"DELETE FROM {table}")
        ends = {"a0": "", "a1": "", "b0": "\uffff", "b1": "\uffff"}
        at = self.loop.rosters.history(self.c)
        for key, events in list(events_by_key(self.c, states, ends)):
            if all(key) and "None" not in key:
                row = row_of(states, key, events, at)
                row["body"] = row["body"].decode()
                names = ", ".join(row)
                values = ", ".join(f":{name}" for name in row)
                self.run(f"INSERT INTO {states.table} ({names}) VALUES ({values})", **row)
            if states.beside:
                for there in track_of(events, at):
                    told = {f"v{i}": value for i, value in enumerate((*key, *there))}
                    self.run(f"INSERT INTO {states.beside} VALUES (:{', :'.join(told)})", **told)

    # Of the tree, the checkpoints, and what lies beside the log.

    def node(self) -> None:
        row = self.any_of("SELECT level, position, hash FROM tree_node")
        it = {"level": row.level, "position": row.position}
        way = self.chance.randrange(3)
        if way == 0:
            query = "UPDATE tree_node SET hash = :new WHERE level = :level AND position = :position"
            self.run(query, new=self.spoiled(row.hash), **it)
        elif way == 1:
            self.run("DELETE FROM tree_node WHERE level = :level AND position = :position", **it)
        else:
            level, position = self.chance.choice((4, 8, 5)), self.chance.randint(100, _FAR)
            new = node_hash(row.hash, row.hash)
            self.run("INSERT INTO tree_node VALUES (:l, :p, :h)", l=level, p=position, h=new)

    def checkpoint(self) -> None:
        row = self.any_of("SELECT * FROM checkpoint")
        name = self.chance.choice(("size", "root", "made_at", "note", "gone"))
        if name == "gone":
            self.run("DELETE FROM checkpoint WHERE size = :size", size=row.size)
            return
        new = {
            "size": row.size + self.chance.choice((-1, 1, _FAR)),
            "root": self.spoiled(row.root),
            "made_at": row.made_at[:17] + f"{(int(row.made_at[17:19]) + 1) % 60:02d}" + row.made_at[19:],
            "note": self.spoiled_text(row.note),
        }[name]
        self.run(f"UPDATE checkpoint SET {name} = :new WHERE size = :size", size=row.size, new=new)

    def spoiled_text(self, told: str) -> str:
        i = self.chance.randrange(len(told))
        new = self.chance.choice([ch for ch in "0189ABcdZ+/=- \n—" if ch != told[i]])
        return told[:i] + self.chance.choice((new, "", told[i] + new)) + told[i + 1 :]

    def forged_checkpoint(self) -> None:
        """A checkpoint over a changed history, with the signature of the true one."""
        self.history_rewritten()
        leaves = self.c.execute(text("SELECT leaf FROM event ORDER BY seq")).scalars().all()
        row = self.any_of("SELECT size, note FROM checkpoint WHERE size = (SELECT MAX(size) FROM checkpoint)")
        new_root = root(subtrees_of(leaves), row.size)
        self.run("UPDATE checkpoint SET root = :root WHERE size = :size", root=new_root, size=row.size)

    def personal_part(self) -> None:
        row = self.any_of("SELECT * FROM event_detail")
        way = self.chance.randrange(4)
        if way == 0:
            new = self.spoiled(row.sealed)
            self.run("UPDATE event_detail SET sealed = :new WHERE seq = :seq", seq=row.seq, new=new)
        elif way == 1:
            self.run("DELETE FROM event_detail WHERE seq = :seq", seq=row.seq)
        elif way == 2:
            other = self.any_of(f"SELECT sealed FROM event_detail WHERE seq <> {row.seq}").sealed
            self.run("UPDATE event_detail SET sealed = :new WHERE seq = :seq", seq=row.seq, new=other)
        else:
            vault = self.loop.vault
            content = {"salt": "00" * 32, "details": {"temperature": f"{self.chance.randint(34, 42)}"}}
            new = vault.seal(content, str(row.seq))
            self.run("UPDATE event_detail SET sealed = :new WHERE seq = :seq", seq=row.seq, new=new)

    def voiding(self) -> None:
        way = self.chance.randrange(3)
        if way == 0:
            self.run("DELETE FROM voided")
        elif way == 1:
            self.run("UPDATE voided SET by_seq = by_seq + :n", n=self.chance.randint(1, 9))
        else:
            seq = self.any_of("SELECT seq FROM event WHERE seq NOT IN (SELECT seq FROM voided)").seq
            self.run("INSERT INTO voided VALUES (:seq, :by)", seq=seq, by=self.chance.randint(1, self.size))

    def state(self) -> None:
        table = self.chance.choice(("journey", "run"))
        key = "worker_id" if table == "journey" else "trip_id"
        row = self.any_of(f"SELECT * FROM {table}")
        it = getattr(row, key)
        way = self.chance.randrange(3)
        if way == 0:
            self.run(f"DELETE FROM {table} WHERE {key} = :it", it=it)
        elif way == 1:
            self.run(f"UPDATE {table} SET state = state || 'x' WHERE {key} = :it", it=it)
        else:
            body = json.loads(row.body)
            body[self.chance.choice(sorted(body))] = self.chance.randrange(_FAR)
            self.run(f"UPDATE {table} SET body = :new WHERE {key} = :it", it=it, new=json.dumps(body))

    def presence(self) -> None:
        row = self.any_of("SELECT * FROM presence")
        it = {"worker": row.worker_id, "number": row.number}
        where = "WHERE worker_id = :worker AND number = :number"
        name = self.chance.choice((*row._fields, "gone", "more", "nobody"))
        if name == "gone":
            self.run(f"DELETE FROM presence {where}", **it)
        elif name in ("more", "nobody"):
            new = row.worker_id if name == "more" else self.chance.choice(("W0", "~", b"W1"))
            names = ", ".join(row._fields)
            values = names.replace("worker_id", ":new").replace("number", "number + 100")
            self.run(f"INSERT INTO presence ({names}) SELECT {values} FROM presence {where}", new=new, **it)
        else:
            new = f"{getattr(row, name) or ''}{self.chance.randrange(_FAR)}"
            self.run(f"UPDATE presence SET {name} = :new {where}", new=new, **it)

    def published_file(self) -> Callable[[], None]:
        """A file outside the database; returns how it is put back."""
        path = self.chance.choice(sorted(self.loop.publisher.folder.glob("*.checkpoint"))[:-1])
        was = path.read_text("utf-8")
        if self.chance.random() < 0.3:
            path.unlink()
        else:
            path.write_text(self.spoiled_text(was), "utf-8")
        return lambda: (path.write_text(was, "utf-8"), None)[1]


CHANGE_OF: Mapping[str, Callable[[Attacker], Callable[[], None] | None]] = {
    name: change
    for name, change in vars(Attacker).items()
    if not name.startswith(("_", "spoiled", "other_event")) and name not in ("run", "value", "any_of")
}


@pytest.mark.parametrize("part", range(-(-CHANGES // _AT_ONCE)))
def test_every_change_of_what_is_stored_is_found(world: Loop, part: int) -> None:
    names = sorted(CHANGE_OF)
    for n in range(part * _AT_ONCE, min((part + 1) * _AT_ONCE, CHANGES)):
        chance = Random(f"{SEED} {n}")
        name = names[n % len(names)]
        with world.database.engine.connect() as c, c.begin() as transaction:
            restore = CHANGE_OF[name](Attacker(c, world, chance))
            found = world.examine(c).findings
            transaction.rollback()
        if restore:
            restore()
        assert found, f"{name}, change {n} of seed {SEED}"


def test_what_was_changed_was_put_back(world: Loop) -> None:
    assert world.codes() == set()


@pytest.mark.parametrize("part", range(max(1, CHANGES // 10 // _AT_ONCE)))
def test_every_change_of_an_evidence_file_is_found(world: Loop, part: int, tmp_path: Path) -> None:
    keys = world.publisher.public_keys()
    with world.database.write() as c:
        told = evidence(c, keys, "W1", None)
        open_parts(c, world.vault, By("tests", world.now), told, "a test")
    whole, path = as_bytes(told), tmp_path / "evidence.json"
    path.write_bytes(whole)
    assert check_evidence(path, keys).wrong == []
    for n in range(part * _AT_ONCE, (part + 1) * _AT_ONCE):
        chance = Random(f"{SEED} {n}")
        i = chance.randrange(len(whole))
        spoiled = whole[:i] + bytes([whole[i] ^ 1 << chance.randrange(8)]) + whole[i + 1 :]
        path.write_bytes(spoiled)
        try:
            found = check_evidence(path, keys).wrong
        except Unusable:
            continue
        assert found or json.loads(spoiled) == told, f"byte {i}, change {n} of seed {SEED}"
