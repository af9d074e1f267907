"""Every operation × every role × own, foreign and no object: the answers are those of one table.

The foreign side's data is like one's own, so that a leak shows as a word of theirs in an answer.
"""

from __future__ import annotations

import io
import itertools
import re
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import pytest
from fastapi.routing import APIRoute, iter_route_contexts
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Connection, select

from api.server.access import ACCESS, OPEN, READ_ENOUGH, Grant
from api.server.app import create_app
from data.accounts import By, add_account, add_key
from data.database import Database
from data.field_links import links_of
from data.links import make_link
from data.problem_list import ask
from data.registry import Entry, put
from data.schema import item
from tests.api.server.conftest import running
from tests.api.server.matrix import IDS, TABLE, WHOSE, Line, filled
from tests.api.server.phones import make_link as make_field_link
from tests.api.server.phones import phone
from tests.api.server.world import (
    COUNTIES,
    MEDIUM,
    NAMES,
    PLAN_ID,
    TRIP,
    World,
    seeded,
    subject_of,
    submitted_row,
)
from tests.databases import fresh_database
from workforce.problems import Category
from workforce.roles import Role


class Rehearsal(Database):
    """A database on which everything is tried and nothing stays."""

    class _Over(Exception):
        pass

    @contextmanager
    def write(self) -> Iterator[Connection]:
        try:
            with super().write() as c:
                yield c
                raise self._Over
        except self._Over:
            pass


@dataclass(frozen=True)
class Stage:
    """The world, on which requests leave no trace.

    Attributes:
        keys: the headers of an account of Alpha's side, by role.
        ids: by word: Alpha's object, Beta's, and none.
    """

    world: World
    client: TestClient
    keys: Mapping[Role, Mapping[str, str]]
    read_only: Mapping[Role, Mapping[str, str]]
    write_only: Mapping[Role, Mapping[str, str]]
    ids: Mapping[str, tuple[str, str, str]]
    _answers: dict[tuple[str, str, Role, int], Response] = field(default_factory=dict)

    def answer(self, one: Line, role: Role, whose: int) -> Response:
        """What a role is answered; asked once, for the same request is answered the same."""
        key = (one.operation, one.path, role, whose)
        if key not in self._answers:
            self._answers[key] = self.ask(one, self.keys[role], whose)
        return self._answers[key]

    def ask(self, one: Line, headers: Mapping[str, str], whose: int = 0) -> Response:
        ids = {word: values[whose] for word, values in self.ids.items()}
        return self.client.request(
            one.method,
            filled(one.path, ids),
            json=filled(one.json, ids),
            headers={**headers, **(one.headers or {})},
        )


# Rights know no database; make faults asks the whole table on PostgreSQL, too.
@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)])
def stage(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    with fresh_database(request.param, folder, request) as url, running(url, folder) as server:
        world = seeded(server)
        keys, read_only, write_only = (
            {role: server.role(role, subject_of(role, "A"), scopes) for role in Role}
            for scopes in (("read", "write"), ("read",), ("write",))
        )
        ids = {**IDS, **_more_ids(world)}
        rehearsal = Rehearsal(url)
        settings = replace(server.services.settings, requests_per_minute=10**6)
        services = replace(server.services, settings=settings, database=rehearsal)
        with TestClient(create_app(services), raise_server_exceptions=False) as client:
            yield Stage(world, client, keys, read_only, write_only, ids)


def _more_ids(world: World) -> dict[str, tuple[str, str, str]]:
    """Objects whose ids are made by the server."""
    server = world.server
    by = By("tests", server.clock())
    accounts, keys = [], []
    with server.services.database.write() as c:
        for side in ("A", "B"):
            make_link(c, by, f"W{side}2", server.clock().replace(year=2030))
            account_id = add_account(c, by, Role.ENTERPRISE, f"{NAMES[side]}联络", f"ENT-{side}")
            accounts.append(account_id)
            keys.append(add_key(c, by, account_id, "export", ["read"], None)[0])
    planner = server.role(Role.PLANNER)
    made = _made_by_enterprises(world)
    job = server.client.post("/v1/plans", json={"scenario_id": world.scenario_id}, headers=planner).json()
    server.client.post(f"/v1/jobs/{job['job_id']}/cancel", headers=planner)
    scenario = world.scenario_id
    health = server.role(Role.HEALTH)
    asked = [{"worker_id": f"W{side}2", "symptoms_at": "2020-02-19T20:00:00Z"} for side in ("A", "B")]
    traces = [server.client.post("/v1/traces", json=one, headers=health).json()["trace_id"] for one in asked]
    return {
        **made,
        **_field_links(world),
        "account": (accounts[0], accounts[1], "a_none"),
        "key": (keys[0], keys[1], "k_none"),
        "trace": (traces[0], traces[1], "t_none"),
        "session": ("0" * 16, "1" * 16, "2" * 16),
        "scenario": (scenario, scenario, "0" * 16),
        "job": (job["job_id"], job["job_id"], "j_none"),
    }


def _field_links(world: World) -> dict[str, tuple[str, str, str]]:
    """A link to a trip of each side, and the phone that is bound to it."""
    links, devices = [], []
    for side in ("A", "B"):
        link = make_field_link(world.server, world.server.role(Role.PLANNER), trip=TRIP[side])
        phone(world.server, link)
        links.append(link["link_id"])
        with world.server.services.database.read() as c:
            [one] = links_of(c, PLAN_ID, TRIP[side])
        devices.append(one.phones[0].id)
    return {"link": (links[0], links[1], "fl_none"), "device": (devices[0], devices[1], "k_none")}


def _made_by_enterprises(world: World) -> dict[str, tuple[str, str, str]]:
    """A submission, a return plan, items and a proposal of each side."""
    server = world.server
    by = By("tests", server.clock())
    found: dict[str, list[str]] = {word: [] for word in ("submission", "return", "item", "fever", "proposal")}
    for side in ("A", "B"):
        firm = server.role(Role.ENTERPRISE, f"ENT-{side}")
        rows = [submitted_row(side, 5), {**submitted_row(side, 6), "住址": ""}]
        told = server.client.post("/v1/submissions/workers?mode=good", json=rows, headers=firm)
        assert told.status_code == 201, told.text
        found["submission"].append(told.json()["submission_id"])
        liaison = {"name": f"{NAMES[side][0]}工长", "phone": "13811110007"}
        told = server.client.post(
            "/v1/return-plans", json={"title": NAMES[side], "liaison": liaison}, headers=firm
        )
        assert told.status_code == 201, told.text
        found["return"].append(told.json()["return_plan_id"])
        proposal = {
            "worker_id": f"W{side}2", "vacancy_id": f"VAC-{side}", "plan_id": PLAN_ID,
            "worker": "waiting", "enterprise": "waiting",
        }  # fmt: skip
        with server.services.database.write() as c:
            found["proposal"].append(f"o_{side}")
            put(c, by, Entry("proposals", f"o_{side}", proposal, f"ENT-{side}", "open"))
            about = f"W{side}3", f"ENT-{side}", {"worker_id": f"W{side}3"}
            ask(c, by, Category.WORKERS, "worker_withdrew", *about)
            ask(c, by, Category.HEALTH, "fever", about[0], None, about[2])
            for word, code in (("item", "worker_withdrew"), ("fever", "fever")):
                of_it = item.c.code == code, item.c.subject == f"W{side}3"
                found[word].append(c.execute(select(item.c.id).where(*of_it)).scalar_one())
    return {word: (ids[0], ids[1], "x_none") for word, ids in found.items()}


def test_every_operation_has_a_line(stage: Stage) -> None:
    told = {one.operation for one in TABLE}
    suggested = _suggested(stage)
    missing = [suggested[name] for name in sorted(suggested.keys() - told)]
    assert not missing, "add to TABLE in tests/api/server/matrix.py:\n" + "\n".join(missing)
    assert told <= suggested.keys(), f"lines of operations that are gone: {told - suggested.keys()}"


def _suggested(stage: Stage) -> dict[str, str]:
    """A line for each operation of the application, as its row in ACCESS would have it."""
    found = {}
    for context in iter_route_contexts(stage.client.app.routes):
        route = context.original_route
        if not isinstance(route, APIRoute) or not route.include_in_schema or route.name in OPEN:
            continue
        access = ACCESS[route.name]
        told = [
            f"{' '.join(sorted(roles))} {statuses}"
            for roles, statuses in ((access.everything, "200/200/404"), (access.own, "200/404/404"))
            if roles
        ]
        request = f"{min(route.methods)} {context.path}"
        found[route.name] = f'    line("{route.name}", "{request}", "{"; ".join(told)}"),'
    return found


def _id(one: Line) -> str:
    return f"{one.operation}-{one.path.removeprefix('/v1/')}"


@pytest.mark.parametrize("one", TABLE, ids=_id)
def test_the_answers_are_those_of_the_table(stage: Stage, one: Line) -> None:
    wrong = []
    for role in Role:
        expected = one.answers.get(role, (403,))
        for whose, word in enumerate(WHOSE if len(expected) == 3 or one.names_objects else WHOSE[:1]):
            status = expected[whose] if len(expected) == 3 else expected[0]
            answer = stage.answer(one, role, whose)
            if answer.status_code != status:
                wrong.append(f"{role} {word}: {answer.status_code}, not {status}: {answer.text[:300]}")
            _require_bilingual_code(answer)
    assert not wrong, "\n".join(wrong)


def _require_bilingual_code(answer: Response) -> None:
    if answer.status_code >= 400:
        told = answer.json()
        assert answer.headers["content-type"] == "application/problem+json"
        assert told["code"] and told["title"] and told["remedy"], told


@pytest.mark.parametrize("one", TABLE, ids=_id)
def test_whoever_is_not_signed_in_is_told_so(stage: Stage, one: Line) -> None:
    for headers in ({}, {"Authorization": "Bearer gk_000000000000_x"}, {"Cookie": "guicheng_session=x"}):
        for whose in range(3):
            assert stage.ask(one, headers, whose).status_code == 401


@pytest.mark.parametrize("one", TABLE, ids=_id)
def test_a_key_does_only_what_its_scopes_cover(stage: Stage, one: Line) -> None:
    reads = one.method == "GET" or one.operation in READ_ENOUGH
    for role in one.answers:
        lacking = stage.write_only[role] if reads else stage.read_only[role]
        answer = stage.ask(one, lacking)
        assert answer.status_code == 403 and answer.json()["code"] == "scope_missing"


def test_the_table_and_the_grants_name_the_same_roles() -> None:
    for one in TABLE:
        granted = {role for role in Role if ACCESS[one.operation].of(role) is not Grant.NO}
        assert set(one.answers) == granted, one.operation


# What must never be in an answer to somebody of Alpha's side.

_BETA_PEOPLE = ["WB1", "WB2", "WB3", "贝工"]
_BETA = [
    *_BETA_PEOPLE, "ENT-B", "VAC-B", "HOT-B", "PU-B", "FL-B", "车队B", NAMES["B"], COUNTIES["B"], MEDIUM["B"],
]  # fmt: skip
FORBIDDEN: Mapping[Role, list[str]] = {
    Role.ENTERPRISE: _BETA,
    Role.COORDINATOR: _BETA,
    Role.ORIGIN: _BETA,
    Role.HOTEL: [*_BETA, "WA1", "WA3", "ENT-A", "PU-A"],
    Role.WORKER: [*_BETA, "WA1", "WA3"],
    # A carrier drives to Beta's places, but knows nobody.
    Role.CARRIER: [*_BETA_PEOPLE, "WA1", "WA2", "WA3", "阿工", "FL-B", "车队B", "HOT-B", NAMES["B"] + "旅馆"],
}


def _told(answer: Response) -> str:
    """All that an answer says, what is packed in a zip or a workbook, too."""
    text = answer.text
    if answer.content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            text = "\n".join(archive.read(name).decode("utf-8", "replace") for name in archive.namelist())
    # In the random bytes of a QR code's picture any short word may stand.
    text = re.sub(r"base64,[A-Za-z0-9+/=]+", "", text)
    return text + "\n" + "\n".join(f"{k}: {v}" for k, v in answer.headers.items())


@pytest.mark.parametrize("role", FORBIDDEN, ids=str)
def test_nothing_of_the_other_side_is_in_any_answer(stage: Stage, role: Role) -> None:
    leaks = [
        f"{_id(one)} {WHOSE[whose]}: {word}"
        for one, whose in itertools.product(TABLE, range(3))
        for told in [_told(stage.answer(one, role, whose))]
        for word in FORBIDDEN[role]
        if word in told
    ]
    assert not leaks, "\n".join(leaks)


def test_the_other_side_would_be_seen(stage: Stage) -> None:
    """Whoever may see everything is told every word that others must not be told."""
    told = "".join(
        _told(stage.answer(one, Role.PLANNER, whose))
        for one, whose in itertools.product(TABLE, range(3))
        if Role.PLANNER in one.answers
    )
    assert not [
        word for word in {*_BETA, *FORBIDDEN[Role.HOTEL], *FORBIDDEN[Role.CARRIER]} if word not in told
    ]


# Whole numbers are read one by one, whole names also by who calls the roll.
_UNMASKED = {"read_contact", "read_personal", "refused_rows"}
# A paper without names would be none; who prints one is logged.
_ROSTERS = {
    (Role.COORDINATOR, "read_trip"),
    (Role.COORDINATOR, "list_stays"),
    *itertools.product(
        (Role.PLANNER, Role.COORDINATOR, Role.ENTERPRISE, Role.HOTEL, Role.HEALTH),
        ("trip_paper", "room_list", "release_paper"),
    ),
}


@pytest.mark.parametrize("role", Role, ids=str)
def test_names_and_numbers_are_masked_but_where_a_reading_is_logged(stage: Stage, role: Role) -> None:
    for one, whose in itertools.product(TABLE, range(3)):
        told = _told(stage.answer(one, role, whose))
        for worker_id, personal in stage.world.personal.items():
            if one.operation in _UNMASKED:
                continue
            assert personal["id_number"] not in told, (_id(one), worker_id)
            assert personal["phone"] not in told, (_id(one), worker_id)
            if (role, one.operation) not in _ROSTERS:
                assert personal["name"] not in told, (_id(one), worker_id)
