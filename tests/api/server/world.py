"""A bureau with two sides of like data, Alpha and Beta, and a published plan that pools them on one coach.

T1 carries WA1 and WB1 together; T2 carries WA2 to Alpha's hotel, T3 carries WB2 to Beta's.  Each
side has its enterprise, hotel, carrier, county and people; the names of Beta's begin with 贝.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import insert

from data.accounts import By
from data.imports import import_scenario
from data.plan_files import write_plan
from data.plan_json import summary_text
from data.schema import plan as plan_table
from tests.api.server.conftest import Server
from tests.builders import (
    day,
    make_enterprise,
    make_fleet,
    make_hotel,
    make_pickup,
    make_plan,
    make_scenario,
    make_stay,
    make_trip,
    make_vacancy,
    make_worker,
)
from workforce.entities import Risk, Worker
from workforce.identity import resident_check
from workforce.plan import Plan, Reason, Seat, Unserved
from workforce.roles import Role
from workforce.scenario import Scenario

COUNTIES = {"A": "610702", "B": "620102"}
MEDIUM = {"A": "610703", "B": "620103"}  # counties of medium risk, each in its side's prefecture
PLAN_ID = "p_world"
NAMES = {"A": "阿尔法", "B": "贝塔"}
SUBJECTS: Mapping[Role, str] = {
    Role.ENTERPRISE: "ENT-{}",
    Role.HOTEL: "HOT-{}",
    Role.CARRIER: "车队{}",
    Role.WORKER: "W{}2",
}
TRIP = {"A": "T2", "B": "T3"}


def identity(number: int) -> str:
    body = f"61070219900101{number:03d}"
    return body + resident_check(body)


@dataclass(frozen=True)
class World:
    """The server with its data in place.

    Attributes:
        personal: by worker, what names them.
    """

    server: Server
    scenario_id: str
    personal: Mapping[str, Mapping[str, str]]
    scenario: Scenario
    plan: Plan


def subject_of(role: Role, side: str) -> str | None:
    """What an account of a side is about."""
    if role is Role.COORDINATOR:
        return f"{PLAN_ID}/{TRIP[side]}"
    if role is Role.ORIGIN:
        return COUNTIES[side][:4] + "00"
    return SUBJECTS[role].format(side) if role in SUBJECTS else None


def seeded(server: Server) -> World:
    """Take the two sides into a server, and publish the plan."""
    scenario = _scenario()
    by = By("tests", server.clock())
    with server.services.database.write() as c:
        import_scenario(c, server.services.vault, by, scenario)
    planner = server.role(Role.PLANNER)
    made = server.client.post("/v1/scenarios", json={"name": "world"}, headers=planner)
    assert made.status_code == 201, made.text
    plan = _plan(scenario)
    scenario_id = str(made.json()["scenario_id"])
    publish_as(server, plan, scenario_id, PLAN_ID)
    personal = {
        w.worker_id: {"name": w.name, "id_number": w.id_number or "", "phone": w.phone or ""}
        for w in scenario.workers.values()
    }
    for side in ("A", "B"):  # whom the enterprises submit besides
        for n in (5, 6):
            row = submitted_row(side, n)
            personal[f"{side}{n}"] = {
                "name": row["姓名"],
                "id_number": row["身份证号"],
                "phone": row["手机号"],
            }
    return World(server, scenario_id, personal, scenario, plan)


def submitted_row(side: str, n: int) -> dict[str, str]:
    """A row of an enterprise's own list."""
    number = 10 * (side == "B") + n
    return {
        "姓名": f"{NAMES[side][0]}工{n}号",
        "身份证号": identity(number),
        "手机号": f"138000000{number:02d}",
        "区划代码": COUNTIES[side],
        "住址": "甘肃省兰州市城关区",
        "最早出发日期": "2020-03-01",
        "最迟到达日期": "2020-03-08",
    }


def publish_as(server: Server, plan: Plan, scenario_id: str, plan_id: str) -> None:
    """Store a plan as a published one, whatever the rules of publishing say."""
    now = server.clock()
    with server.services.database.write() as c:
        c.execute(
            insert(plan_table).values(
                id=plan_id,
                scenario_id=scenario_id,
                made_at=now,
                account_id="tests",
                version=1,
                summary={},
                violations=[],
                content=_zipped(plan),
                published_at=now,
                published_by="tests",
                published_for=scenario_id,
            )
        )


def _zipped(plan: Plan) -> bytes:
    buffer = io.BytesIO()
    with TemporaryDirectory() as parent, zipfile.ZipFile(buffer, "w") as archive:
        write_plan(plan, Path(parent) / "plan")
        for path in (Path(parent) / "plan").iterdir():
            archive.write(path, path.name)
    assert summary_text(plan.summary)
    return buffer.getvalue()


def _scenario() -> Scenario:
    sides = ("A", "B")
    enterprises = [
        make_enterprise(
            f"ENT-{s}", name=f"{NAMES[s]}厂", contact=f"{NAMES[s]}联络", phone=f"139000000{i}1", present=8
        )
        for i, s in enumerate(sides)
    ]
    return make_scenario(
        enterprises=enterprises,
        vacancies=[make_vacancy(f"VAC-{s}", enterprise_id=f"ENT-{s}") for s in sides],
        workers=[_worker(s, n) for s in sides for n in (1, 2, 3)],
        pickups=[make_pickup(f"PU-{s}", name=f"{NAMES[s]}站", adcode=COUNTIES[s]) for s in sides],
        fleets=[make_fleet(f"FL-{s}", operator=f"车队{s}") for s in sides],
        hotels=[make_hotel(f"HOT-{s}", name=f"{NAMES[s]}旅馆") for s in sides],
        zones=dict.fromkeys(MEDIUM.values(), Risk.MEDIUM),
        roads={},
    )


def _worker(side: str, n: int) -> Worker:
    number = 10 * (side == "B") + n
    adcode = MEDIUM[side] if n == 2 else COUNTIES[side]
    return make_worker(
        f"W{side}{n}",
        name=f"{NAMES[side][0]}工{n}号",
        id_number=identity(number),
        phone=f"138000000{number:02d}",
        enterprise_id=f"ENT-{side}",
        adcode=adcode,
    )


def _plan(scenario: Scenario) -> Plan:
    def straight(side: str, n: int) -> object:
        rows = (
            ("depart", f"FL-{side}", "08:00"),
            ("pickup", f"PU-{side}", "08:40"),
            ("drop", f"HOT-{side}", "10:40"),
            ("return", f"FL-{side}", "11:15"),
        )
        return make_trip(f"T{n}", rows, fleet_id=f"FL-{side}", vehicle_no=2, risk=Risk.MEDIUM)

    pooled = (
        ("depart", "FL-A", "08:00"),
        ("pickup", "PU-A", "08:40"),
        ("pickup", "PU-B", "09:30"),
        ("drop", "ENT-A", "11:10"),
        ("drop", "ENT-B", "11:40"),
        ("return", "FL-A", "12:20"),
    )
    plan = make_plan(
        scenario,
        trips=(make_trip("T1", pooled, fleet_id="FL-A"), straight("A", 2), straight("B", 3)),
        seats=(
            Seat("T1", 1, "WA1", "PU-A", "ENT-A"),
            Seat("T1", 2, "WB1", "PU-B", "ENT-B"),
            Seat("T2", 1, "WA2", "PU-A", "HOT-A"),
            Seat("T3", 1, "WB2", "PU-B", "HOT-B"),
        ),
        stays=(make_stay("WA2", "S1", hotel_id="HOT-A"), make_stay("WB2", "S1", hotel_id="HOT-B")),
        placements=(),
        unserved=tuple(Unserved(f"W{s}3", Reason.NO_SEAT, "") for s in ("A", "B")),
    )
    assert plan.stays[0].check_in == day("2020-03-02")
    return replace(plan, summary=replace(plan.summary, scenario=scenario.policy.name))
