"""``kill -9`` of a process that appends to the trip log in batches, at random moments, over and over.

The process tells each batch that was taken; the batch that was under way is sent again by the next
one, as a phone would.  Every acknowledged event is there, once, and the log is whole without a hand.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from data.trip_log import events
from tests.data.loop import make_loop

SEED = int(os.environ.get("GUICHENG_SEED", "11"))
KILLS = int(os.environ.get("GUICHENG_KILLS", "100"))
_ROOT = Path(__file__).parents[2]
_BATCH = 7
_LONGEST = 0.6  # seconds from the first acknowledgement to the kill
_SENDER = """
import sys
from pathlib import Path
from data.published import PublishedPlans
from tests.data.loop import Loop, Database, KeyRing, Publisher, Rosters
from workforce.triplog import Kind

url, folder, plan_id, first = sys.argv[1], Path(sys.argv[2]), sys.argv[3], int(sys.argv[4])
database = Database(url)
publisher = Publisher(folder / "checkpoints", folder / "log-key.txt")
rosters = Rosters(PublishedPlans(database))
loop = Loop(database, folder, KeyRing(folder / "keys.json"), rosters, publisher, plan_id)
while True:
    batch = [
        loop.report(
            Kind.MEASURED, "08:00", nonce=f"nonce-{n:08d}", worker_id=f"W{n % 50}",
            says={"where": "door"}, details={"temperature": "36.5"},
        )
        for n in range(first, first + SIZE)
    ]
    taken = loop.take(*batch)
    assert all(one.seq for one in taken)
    first += SIZE
    print(first, flush=True)
    if first % (5 * SIZE) == 0:
        loop.publish()
""".replace("SIZE", str(_BATCH))


def storm(database_url: str, folder: Path, kills: int) -> None:
    loop = make_loop(database_url, folder)
    chance, acknowledged = Random(SEED), 0
    for _ in range(kills):
        command = [sys.executable, "-c", _SENDER, database_url, str(folder), loop.plan_id, str(acknowledged)]
        with subprocess.Popen(
            command, env={**os.environ, "PYTHONPATH": str(_ROOT)}, stdout=subprocess.PIPE, text=True
        ) as sender:
            assert sender.stdout is not None
            acknowledged = int(sender.stdout.readline())
            time.sleep(chance.uniform(0, _LONGEST))
            sender.kill()
            whole, _, _ = sender.stdout.read().rpartition("\n")  # a line may have been cut
            acknowledged = max([acknowledged, *map(int, whole.split())])
        with loop.database.read() as c:
            found = [one.event.nonce for one in events(c)]
        assert found[:acknowledged] == [f"nonce-{n:08d}" for n in range(acknowledged)]
        assert len(found) in (acknowledged, acknowledged + _BATCH)  # the last one may have been under way
    loop.publish()
    assert loop.codes() == set()
    loop.database.close()


@pytest.mark.parametrize(
    "database_url", ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)], indirect=True
)
def test_the_log_survives_three_kills(database_url: str, tmp_path: Path) -> None:
    storm(database_url, tmp_path / "data", 3)


@pytest.mark.slow
def test_the_log_survives_many_kills(database_url: str, tmp_path: Path) -> None:
    storm(database_url, tmp_path / "data", KILLS)
