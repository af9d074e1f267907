"""How the search's kernels are compiled, and where the compiled code is kept.

Numba looks only at a function's own file to see whether its cached code is stale, but the
code of a kernel holds that of every kernel that it calls, and the values of the constants it
uses.  So the cache has one folder for each state of the sources that kernels are made of.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numba
import numpy as np
from numba import njit


def _cache_folder() -> Path:
    sources = (path.read_bytes() for path in sorted(Path(__file__).parent.glob("*.py")))
    made_of = [source for source in sources if b"optimizer.kernels" in source or b"(NamedTuple)" in source]
    state = hashlib.sha256(b"".join(made_of)).hexdigest()[:16]
    base = Path(
        os.environ.get("GUICHENG_CACHE") or os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    )
    return base / "guicheng" / f"kernels-{state}"


numba.config.CACHE_DIR = str(_cache_folder())

_COMMON: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}

inner = njit(_nrt=True, no_cpython_wrapper=True, **_COMMON)  # called by other kernels only
kernel = njit(_nrt=True, **_COMMON)
# The same for functions that allocate nothing: without the counting of references, which would
# cost more than most calls do, as every array of an instance is counted twice a call.
bare = njit(_nrt=False, no_cpython_wrapper=True, **_COMMON)
bare_kernel = njit(_nrt=False, **_COMMON)


def compiled() -> bool:
    """Whether all kernels were compiled here before, so that a run need not wait for them."""
    return _mark().exists()


def compile_all() -> None:
    """Compile all kernels, on two cores; minutes the first time, seconds after."""
    beside = subprocess.Popen([sys.executable, "-m", "optimizer.kernels", "proof"])
    try:
        warm_up("search")
        beside.wait()
    finally:
        beside.kill()
    warm_up()
    _mark().touch()


def _mark() -> Path:
    # Numba keeps what it compiled by the folder of the sources, and looks at the time of each file.
    here = Path(__file__).parent
    times = "".join(f"{path.name} {path.stat().st_mtime_ns}" for path in sorted(here.glob("*.py")))
    return Path(numba.config.CACHE_DIR) / hashlib.sha256(f"{here}{times}".encode()).hexdigest()[:16]


def warm_up(part: str = "all") -> None:
    """Compile kernels on a scenario of two workers: those of the search, of the proof, or all."""
    from datetime import date, time
    from decimal import Decimal

    from optimizer.instance import build
    from optimizer.options import Options
    from optimizer.proof import Proof
    from optimizer.rounds import Search
    from optimizer.solve import solve
    from workforce.entities import Enterprise, Fleet, Hotel, Pickup, Risk, Worker
    from workforce.policy import Driving, Policy, RoomShares, TripRules, TripShares, Zone
    from workforce.scenario import Scenario

    first, last = date(2020, 2, 24), date(2020, 2, 26)
    policy = Policy(
        name="warm-up",
        first_day=first,
        last_day=last,
        detour_factor=1.3,
        speed_kmh=75.0,
        zones={Risk.LOW: Zone(True, 0, Decimal(1)), Risk.MEDIUM: Zone(True, 1, Decimal("0.5"))},
        trips=TripRules(2, 2, 20, 40.0, Decimal("0.2"), 900, (time(5), time(22)), (time(6), time(23))),
        driving=Driving(480, 240, 20, 480, 60000, 2, (time(2), time(5))),
        turnover_days=1,
        transfer_yuan_per_km=Decimal("0.5"),
        trip_shares=TripShares(Decimal(0), 0, Decimal(0), 0),
        room_shares=RoomShares(0, Decimal(0), 0),
        priority_weights=(8, 4, 2, 1),
        restart_bonus=0,
    )
    people = [Worker(f"W{i}", "", f"15030{i}", 40.0, 106.0, first, last, "E") for i in (2, 3)]
    scenario = Scenario(
        policy,
        {"E": Enterprise("E", "", 1, 39.6, 106.8, 9, 0, Decimal("0.5"), budget_fen=10**9)},
        {w.worker_id: w for w in people},
        {"P": Pickup("P", "", "150302", 40.0, 106.0)},
        {"F": Fleet("F", "", 39.6, 106.8, 19, 2, 100000, Decimal("3.5"))},
        {"H": Hotel("H", "", 39.6, 106.9, 3, 1, 10000, 15000, Decimal(0))},
        zones={"150302": Risk.MEDIUM},
    )
    arrays = build(scenario).arrays
    if part == "search":
        search = Search(arrays, 0)
        search.run(3, 0.0)
        search.settle()
    elif part == "proof":
        proof = Proof(arrays, np.ones(len(arrays.item)), True, 1)
        proof.run(lambda: 2.0, lambda: 0.0, lambda: float(proof.passes > 6))
    else:
        solve(scenario, Options(time_limit=None, work_limit=3))


if __name__ == "__main__":
    # The kernels import this module by its name.
    from optimizer import kernels

    if len(sys.argv) > 1:
        kernels.warm_up(sys.argv[1])
    else:
        kernels.compile_all()
