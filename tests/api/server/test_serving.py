"""``guicheng serve`` as a process of its own: over TLS, with streams, stopped in good order."""

from __future__ import annotations

import ipaddress
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from typer.testing import CliRunner

from api.server.commands import admin
from api.server.remote import remote
from data import jobs
from data.database import Database
from tests.api.server.seeded import Seed, seed
from workforce.roles import Role


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Seed:
    return seed(tmp_path_factory.mktemp("seed"))


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for 127.0.0.1 that vouches for itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .sign(key, hashes.SHA256())
    )
    cert_file, key_file = folder / "cert.pem", folder / "key.pem"
    cert_file.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    key_file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    return cert_file, key_file


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


@contextmanager
def serving(folder: Path, port: int, *options: object) -> Iterator[subprocess.Popen[str]]:
    words = ["serve", "--data", folder, "--port", port, "--planners", 0, *options]
    code = "import sys; from api.cli import main; sys.argv[0] = 'guicheng'; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, *map(str, words)],
        stderr=subprocess.PIPE,
        text=True,
        env={k: v for k, v in os.environ.items() if k != "GUICHENG_DATABASE_URL"},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def wait_for(client: httpx2.Client) -> None:
    for _ in range(600):
        try:
            client.get("/healthz")
            return
        except httpx2.ConnectError:
            time.sleep(0.1)
    raise AssertionError("the server does not answer")


def test_over_tls_with_its_public_url(seeded: Seed, tmp_path: Path) -> None:
    with seeded.server(tmp_path / "data"):
        pass
    cert, key = certificate(tmp_path)
    port = free_port()
    url = f"https://127.0.0.1:{port}"
    given = ("--tls-cert", cert, "--tls-key", key, "--public-url", url)
    trusting = ssl.create_default_context(cafile=str(cert))
    with (
        serving(tmp_path / "data", port, *given),
        httpx2.Client(base_url=url, verify=trusting) as client,
        httpx2.Client(base_url=url) as wary,
    ):
        wait_for(client)
        assert client.get("/v1/me").json()["type"] == f"{url}/problems/not_signed_in"
        signed_in = client.post("/v1/session", json={"login": "li.planner", "password": "wrong"})
        assert signed_in.status_code == 401
        signed_in = client.post(
            "/v1/session", json={"login": "li.planner", "password": "correct horse battery staple"}
        )
        cookie = signed_in.headers["Set-Cookie"].lower()
        assert "secure" in cookie and "httponly" in cookie and "samesite=strict" in cookie
        with pytest.raises(httpx2.ConnectError, match="certificate"):
            wary.get("/healthz")
        # The command line trusts the certificate that it is given.
        (tmp_path / "secret").write_text(seeded.keys[Role.PLANNER])
        out = tmp_path / "none.zip"
        words = [
            "export",
            "p_none",
            "--out",
            str(out),
            "--server",
            url,
            "--key-file",
            str(tmp_path / "secret"),
        ]
        told = CliRunner().invoke(remote, [*words, "--ca", str(cert), "--lang", "en"])
        assert told.exit_code == 2 and "not_found" in told.stderr, told.output
        told = CliRunner().invoke(remote, [*words, "--lang", "zh"])
        assert told.exit_code == 2 and "server_untrusted" in told.stderr and "self-signed" in told.stderr


def test_a_stream_comes_as_it_happens_and_a_stop_does_not_wait_for_it(seeded: Seed, tmp_path: Path) -> None:
    with seeded.server(tmp_path / "data"):
        pass
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    database = Database(f"sqlite:///{tmp_path / 'data' / 'guicheng.sqlite'}")
    headers = seeded.headers(Role.PLANNER)
    with serving(tmp_path / "data", port) as process, httpx2.Client(base_url=url, headers=headers) as client:
        wait_for(client)
        asked = {"scenario_id": "0123456789abcdef"}
        job = client.post("/v1/plans", json=asked).json()["job_id"]
        assert client.head(f"/v1/jobs/{job}/events").content == b""
        with client.stream("GET", f"/v1/jobs/{job}/events", timeout=60) as stream:
            lines = stream.iter_lines()
            assert next(line for line in lines if line.startswith("event")) == "event: queued"
            with database.write() as c:
                leased = jobs.take_job(c, "tests", datetime.now(UTC))
                assert leased is not None
            assert next(line for line in lines if line.startswith("event")) == "event: running"
            process.send_signal(signal.SIGTERM)
            with suppress(httpx2.RemoteProtocolError):  # it is ended from there
                assert [line for line in lines if line.startswith("event")] == []
        assert process.wait(30) == 0
        assert process.stderr is not None
        told = [json.loads(line) for line in process.stderr.read().splitlines()]
        assert {line["operation"] for line in told if line["event"] == "request"} >= {"follow_job"}


def test_a_back_up_is_taken_while_the_server_runs(seeded: Seed, tmp_path: Path) -> None:
    with seeded.server(tmp_path / "data"):
        pass
    port = free_port()
    headers = seeded.headers(Role.PLANNER)
    guicheng = CliRunner()
    with (
        serving(tmp_path / "data", port),
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client,
    ):
        wait_for(client)
        words = ["backup", str(tmp_path / "copy.zip"), "--data", str(tmp_path / "data")]
        told = guicheng.invoke(admin, [*words, "--lang", "zh"])
        assert told.exit_code == 0 and "已备份到" in told.stdout
        refused = guicheng.invoke(
            admin, ["restore", str(tmp_path / "copy.zip"), "--data", str(tmp_path / "data")]
        )
        assert refused.exit_code == 2 and "database_not_empty" in refused.stderr
        seen = client.get("/v1/plans").json()
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "keys.json").write_bytes((tmp_path / "data" / "keys.json").read_bytes())
    words = ["restore", str(tmp_path / "copy.zip"), "--data", str(tmp_path / "new"), "--lang", "en"]
    told = guicheng.invoke(admin, words)
    assert told.exit_code == 0 and "rows were restored" in told.stdout
    port = free_port()
    with (
        serving(tmp_path / "new", port),
        httpx2.Client(base_url=f"http://127.0.0.1:{port}", headers=headers) as client,
    ):
        wait_for(client)
        assert client.get("/v1/plans").json() == seen
