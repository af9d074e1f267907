"""``guicheng log``, and the checkpoints and proofs of the API."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import Result
from sqlalchemy import text
from structlog.testing import capture_logs
from typer.testing import CliRunner

from api.server.housekeeping import make_checkpoint
from api.server.log_commands import log
from data.database import sqlite_url
from data.signed_notes import checkpoint_of, public_keys_of, signed_by
from tests.api.server.conftest import Server
from tests.data.loop import Loop, filled, make_loop
from workforce.merkle import consistency_holds, inclusion_holds
from workforce.roles import Role

Run = Callable[..., Result]


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    it = make_loop(sqlite_url(tmp_path), tmp_path)
    filled(it)
    yield it
    it.database.close()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG", "GUICHENG_DATABASE_URL", "GUICHENG_CHECKPOINTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("COLUMNS", "250")

    def run(*arguments: str, folder: bool = True) -> Result:
        return CliRunner().invoke(log, [*arguments, *(["--data", str(tmp_path)] if folder else [])])

    return run


def test_a_sound_log_is_told_so(loop: Loop, run: Run) -> None:
    told = run("verify", "--lang", "en")
    assert told.exit_code == 0, told.output
    assert "events: 42, checkpoints: 4, published: 4" in told.output and "The log is sound." in told.output
    assert "日志完好" in run("verify", "--lang", "zh").output


def test_what_is_wrong_is_listed_with_its_code_and_the_status_is_1(loop: Loop, run: Run) -> None:
    with loop.database.write() as c:
        c.execute(text("UPDATE journey SET state = 'returned' WHERE worker_id = 'W2'"))
        c.execute(text("DELETE FROM voided"))
    told = run("verify", "--lang", "both")
    assert told.exit_code == 1
    for part in (
        "journey_differs",
        "W2",
        "voided_differs",
        "工人状态与日志不符",
        "the state of a worker differs",
    ):
        assert part in told.output


def test_evidence_is_written_and_accepted_without_a_database(loop: Loop, run: Run, tmp_path: Path) -> None:
    out, keys = tmp_path / "W1.json", tmp_path / "keys.txt"
    assert run("prove", "W1", "--out", str(out)).exit_code == 0
    keys.write_text(run("public-key").output)
    told = run("check-evidence", str(out), "--public-key", str(keys), "--lang", "zh", folder=False)
    assert told.exit_code == 0, told.output
    for part in ("上车", "下车", "到岗", "已密封", "✓", "被 23 号更正"):
        assert part in told.output.replace("\n", ""), part
    trip = run("prove", "--trip", f"{loop.plan_id}/T1", "--out", str(tmp_path / "T1.json"))
    assert trip.exit_code == 0
    changed = json.loads(out.read_text())
    changed["events"][0]["content"] = changed["events"][1]["content"]
    out.write_text(json.dumps(changed))
    told = run("check-evidence", str(out), "--lang", "en", folder=False)
    assert told.exit_code == 1 and "inclusion_broken" in told.output


def test_personal_parts_are_opened_for_a_reason_only(loop: Loop, run: Run, tmp_path: Path) -> None:
    out = tmp_path / "W1.json"
    refused = run("prove", "W1", "--open", "--out", str(out))
    assert refused.exit_code == 2 and "reason_required" in refused.output and not out.exists()
    assert run("prove", "W1", "--open", "--reason", "court", "--out", str(out)).exit_code == 0
    assert "36.5" in run("check-evidence", str(out), folder=False).output
    nobody = run("prove", "nobody", "--out", str(out))
    assert nobody.exit_code == 2 and "nothing_to_prove" in nobody.output


def test_a_checkpoint_is_made_on_request(loop: Loop, run: Run) -> None:
    made = run("checkpoint")
    assert made.exit_code == 0 and checkpoint_of(made.output).size == 42
    assert run("checkpoint", "--new-key").exit_code == 0
    assert len(public_keys_of(run("public-key").output)) == 2


def test_the_server_makes_checkpoints_and_anybody_may_check_them(server: Server) -> None:
    staff, hotel = server.role(Role.AUDITOR), server.role(Role.HOTEL, "H1")
    planner = server.role(Role.PLANNER)

    def note(n: int) -> None:
        one = {
            "kind": "noted",
            "nonce": f"nonce-{n:06d}",
            "at": "2020-03-02T08:00:00Z",
            "details": {"note": "x"},
        }
        answer = server.client.post("/v1/events", json={"events": [one]}, headers=planner)
        assert answer.json()["items"][0]["outcome"] == "recorded"

    sizes = []
    for n in range(5):
        note(n)
        server.clock.pass_by(timedelta(minutes=2))
        assert make_checkpoint(server.services, server.clock())
        sizes.append(n + 1)
    listed = server.client.get("/v1/log/checkpoints?limit=3", headers=hotel).json()
    rest = server.client.get(f"/v1/log/checkpoints?after={listed['next']}", headers=hotel).json()
    items = [*listed["items"], *rest["items"]]
    assert [one["size"] for one in items] == sizes and rest["next"] is None
    newest = server.client.get("/v1/log/checkpoint", headers=hotel).json()
    assert newest == items[-1]
    keys = public_keys_of("\n".join(server.client.get("/v1/log/public-key", headers=hotel).json()["keys"]))
    roots = {}
    for one in items:
        assert signed_by(checkpoint_of(one["note"]), keys)
        roots[one["size"]] = base64.b64decode(one["root"])
    for seq in sizes:
        told = server.client.get(f"/v1/log/proofs/inclusion?seq={seq}&size=5", headers=staff).json()
        path = list(map(base64.b64decode, told["proof"]))
        assert inclusion_holds(base64.b64decode(told["leaf"]), seq - 1, 5, path, roots[5])
        told = server.client.get(f"/v1/log/proofs/consistency?old={seq}&new=5", headers=staff).json()
        assert consistency_holds(seq, 5, list(map(base64.b64decode, told["proof"])), roots[seq], roots[5])
    for query in ("inclusion?seq=6&size=5", "inclusion?seq=1&size=6", "consistency?old=3&new=2"):
        assert server.client.get(f"/v1/log/proofs/{query}", headers=staff).status_code == 404


def test_a_checkpoint_that_is_refused_does_not_end_the_server(server: Server) -> None:
    planner = server.role(Role.PLANNER)
    one = {"kind": "noted", "nonce": "nonce-000001", "at": "2020-03-02T08:00:00Z", "details": {"note": "x"}}
    server.client.post("/v1/events", json={"events": [one]}, headers=planner)
    assert make_checkpoint(server.services, server.clock())
    server.services.settings.log_key_file.unlink()
    server.client.post("/v1/events", json={"events": [{**one, "nonce": "nonce-000002"}]}, headers=planner)
    server.clock.pass_by(timedelta(minutes=2))
    with capture_logs() as told:
        assert not make_checkpoint(server.services, server.clock())
    assert [line["code"] for line in told if line["event"] == "checkpoint_refused"] == ["log_key_missing"]
    assert server.client.get("/healthz").status_code == 200
