"""A bureau with full coaches: people of two counties on their way to a quarantine hotel and a factory."""

from __future__ import annotations

from random import Random

from data.accounts import By
from data.imports import import_scenario
from data.invention.names import Inventor
from tests.api.server.conftest import Server
from tests.api.server.world import publish_as
from tests.builders import (
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
from workforce.entities import Risk
from workforce.plan import Seat
from workforce.roles import Role

PLAN = "p_coaches"
COUNTY, MEDIUM = "610702", "610703"
_ROWS = (
    ("depart", "FL", "08:00"),
    ("pickup", "PU1", "08:40"),
    ("pickup", "PU2", "09:30"),
    ("drop", "HOT", "11:10"),
    ("drop", "ENT", "11:40"),
    ("return", "FL", "12:20"),
)


def trip_id(n: int) -> str:
    return f"T{n + 1}"


def rider(coach: int, n: int) -> str:
    return f"W{coach + 1:02d}{n + 1:02d}"


def coaches(server: Server, trips: int, riders: int, seed: int = 5) -> None:
    """Publish a plan of coaches; the first half of each gets on at PU1, every other one off at HOT."""
    inventor = Inventor(Random(seed))
    people = {rider(k, n): inventor.person(COUNTY) for k in range(trips) for n in range(riders)}
    workers = [
        make_worker(
            worker, name=p.name, id_number=p.id_number, phone=p.phone, enterprise_id="ENT", adcode=COUNTY
        )
        for worker, p in people.items()
    ]
    scenario = make_scenario(
        enterprises=[make_enterprise("ENT", name="海勃湾云溪机械厂", present=8)],
        vacancies=[make_vacancy("VAC", enterprise_id="ENT")],
        workers=workers,
        pickups=[
            make_pickup("PU1", name="汉台客运站", adcode=COUNTY),
            make_pickup("PU2", name="南郑汽车站", adcode=COUNTY),
        ],
        fleets=[make_fleet("FL", operator="渤海湾客运", seats=riders + 8, vehicles=trips)],
        hotels=[make_hotel("HOT", name="云溪快捷酒店", single_rooms=trips * riders)],
        zones={MEDIUM: Risk.MEDIUM},
        roads={},
    )
    by = By("tests", server.clock())
    with server.services.database.write() as c:
        import_scenario(c, server.services.vault, by, scenario)
    made = server.client.post("/v1/scenarios", json={"name": "coaches"}, headers=server.role(Role.PLANNER))
    assert made.status_code == 201, made.text
    seats = [
        Seat(trip_id(k), n + 1, rider(k, n), "PU1" if 2 * n < riders else "PU2", ("HOT", "ENT")[n % 2])
        for k in range(trips)
        for n in range(riders)
    ]
    plan = make_plan(
        scenario,
        trips=tuple(make_trip(trip_id(k), _ROWS, fleet_id="FL", vehicle_no=k + 1) for k in range(trips)),
        seats=tuple(seats),
        stays=tuple(
            make_stay(s.worker_id, f"S{i}", hotel_id="HOT")
            for i, s in enumerate((s for s in seats if s.drop_id == "HOT"), 1)
        ),
        placements=(),
        unserved=(),
    )
    publish_as(server, plan, str(made.json()["scenario_id"]), PLAN)
