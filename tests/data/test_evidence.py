"""Evidence files: what they show, what is refused, and that a fault while writing leaves no half of one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from data.accounts import By
from data.durable import write_whole
from data.evidence import as_bytes, evidence, open_parts
from data.evidence_check import check_evidence
from data.schema import audit
from data.signed_notes import new_signing_key
from data.trip_log import details_of, events
from tests.data.loop import Loop, filled
from tests.data.test_checkpoints import FAULTS, Killed, failing
from workforce.faults import Unusable
from workforce.triplog import Kind


def evidence_of(loop: Loop, worker_id: str | None = None, trip: tuple[str, str] | None = None) -> Any:
    with loop.database.read() as c:
        return evidence(c, loop.publisher.public_keys(), worker_id, trip)


def verdict(loop: Loop, told: Any, tmp_path: Path) -> list[str]:
    """The codes of what does not hold."""
    path = tmp_path / "evidence.json"
    path.write_bytes(as_bytes(told))
    return [code for code, _ in check_evidence(path, loop.publisher.public_keys()).wrong]


def refusal(path: Path, *keys: Any) -> str:
    with pytest.raises(Unusable) as refused:
        check_evidence(path, keys or None)
    return refused.value.faults[0].code


def test_a_workers_way_is_proved_by_a_file_alone(loop: Loop, tmp_path: Path) -> None:
    filled(loop)
    with loop.database.read() as c:
        own = events(c, worker_id="W1")
    path = tmp_path / "evidence.json"
    path.write_bytes(as_bytes(evidence_of(loop, "W1")))
    found = check_evidence(path, loop.publisher.public_keys())
    assert found.wrong == [] and found.checkpoint.size == 42
    assert [(one.seq, one.event) for one in found.shown] == [(one.seq, one.event) for one in own]
    assert all(one.proved and one.details is None for one in found.shown)
    assert [one.seq for one in found.shown if one.voided_by] == [9]
    assert found.earlier and all(one.size < 42 for one in found.earlier)


def test_a_trips_way_is_proved_likewise(loop: Loop, tmp_path: Path) -> None:
    filled(loop)
    told = evidence_of(loop, trip=(loop.plan_id, "T1"))
    assert told["subject"] == f"{loop.plan_id}/T1"
    assert verdict(loop, told, tmp_path) == []
    with loop.database.read() as c:
        assert len(told["events"]) == len(events(c, trip=(loop.plan_id, "T1")))


def test_personal_parts_are_opened_for_a_reason_that_is_recorded(loop: Loop, tmp_path: Path) -> None:
    filled(loop)
    told = evidence_of(loop, "W1")
    assert "36.5" not in as_bytes(told).decode()
    with loop.database.write() as c:
        open_parts(c, loop.vault, By("li", loop.now), told, "asked by a court")
        (row,) = c.execute(select(audit).where(audit.c.action == "evidence_opened")).all()
    assert (row.subject, row.reason) == ("W1", "asked by a court")
    assert verdict(loop, told, tmp_path) == []
    path = tmp_path / "evidence.json"
    assert {"temperature": "36.5"} in [one.details for one in check_evidence(path, None).shown]
    told["events"][0]["opened"]["details"] = {"temperature": "36.6"}
    assert verdict(loop, told, tmp_path) == ["detail_differs"]


def test_what_is_not_so_is_told(loop: Loop, tmp_path: Path) -> None:
    filled(loop)
    whole = json.dumps(evidence_of(loop, "W1"))

    def wrong(change: Any) -> set[str]:
        told = json.loads(whole)
        change(told)
        return set(verdict(loop, told, tmp_path))

    other = evidence_of(loop, "Q1")
    assert wrong(lambda t: t["events"][0].update(seq=t["events"][0]["seq"] + 1)) >= {"inclusion_broken"}
    assert wrong(lambda t: t["events"].reverse()) == {"out_of_order"}
    assert wrong(lambda t: t["events"].append(other["events"][-1])) == {"about_another"}
    assert wrong(lambda t: t.update(events=[])) == {"nothing_shown"}
    assert wrong(lambda t: t["events"][0].update(content="{}")) == {"event_unsound"}
    assert wrong(lambda t: t["earlier"][0].update(proof=[])) == {"consistency_broken"}
    assert wrong(lambda t: t.update(checkpoint=t["earlier"][0]["checkpoint"])) >= {"inclusion_broken"}
    newest = json.loads(whole)["checkpoint"]
    forged = newest.replace("\n42\n", "\n41\n")
    assert "checkpoint_unsigned" in wrong(lambda t: t.update(checkpoint=forged))


def test_what_is_no_evidence_is_refused(loop: Loop, tmp_path: Path) -> None:
    filled(loop)
    path = tmp_path / "evidence.json"
    told = evidence_of(loop, "W1")
    path.write_bytes(as_bytes(told))
    assert refusal(path, new_signing_key().public) == "evidence_other_key"
    for spoiled in (
        "",
        "[]",
        "{}",
        "[" * 100_000,
        json.dumps({**told, "more": 1}),
        json.dumps({**told, "events": 3}),
    ):
        path.write_text(spoiled)
        assert refusal(path) == "evidence_unreadable"


def test_nobody_is_proved_of_whom_nothing_is_known(loop: Loop) -> None:
    filled(loop)
    with pytest.raises(Unusable) as refused:
        evidence_of(loop, "nobody")
    assert refused.value.faults[0].code == "nothing_to_prove"


def test_what_no_checkpoint_covers_is_left_out(loop: Loop, tmp_path: Path) -> None:
    filled(loop)
    before = len(evidence_of(loop, "W1")["events"])
    loop.take(loop.report(Kind.NOTED, "13:00", worker_id="W1", details={"note": "x"}))
    assert len(evidence_of(loop, "W1")["events"]) == before
    loop.publish()
    told = evidence_of(loop, "W1")
    assert len(told["events"]) == before + 1 and verdict(loop, told, tmp_path) == []


def test_older_evidence_stays_good_after_its_person_was_forgotten_and_the_log_grew(
    loop: Loop, tmp_path: Path
) -> None:
    filled(loop)
    old = evidence_of(loop, "W1")
    with loop.database.write() as c:
        c.exec_driver_sql("UPDATE event_detail SET sealed = NULL, key_id = NULL")
        assert details_of(c, loop.vault, range(100)) == {}
    assert verdict(loop, old, tmp_path) == [] and verdict(loop, evidence_of(loop, "W1"), tmp_path) == []
    assert loop.codes() == set()


@pytest.mark.parametrize(("call", "number"), [fault for fault in FAULTS if fault[0] != "link"])
@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), Killed()])
def test_a_fault_while_writing_leaves_the_evidence_that_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, number: int, error: BaseException
) -> None:
    path = tmp_path / "evidence.json"
    old, new = as_bytes({"events": []}), as_bytes({"events": list(range(1000))})
    write_whole(path, old)
    with failing(monkeypatch, call, number, error), pytest.raises(type(error)):
        write_whole(path, new, 0o600)
    assert path.read_bytes() in (old, new)
    write_whole(path, new, 0o600)
    assert path.read_bytes() == new
