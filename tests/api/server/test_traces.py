"""Tracing over HTTP and in the tables: what is found, who is told what, and what applying it does."""

from __future__ import annotations

import csv
import io
import random
from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from sqlalchemy import delete, select

from data.accounts import By
from data.erasure import erase
from data.presences import keep, tracks
from data.reports import take
from data.schema import audit, item, presence, trace
from data.tracing import Asked, traced
from data.trip_log import Report, events, size, voided_among
from tests.api.server.conftest import Server
from tests.api.server.world import PLAN_ID, World, seeded
from tests.workforce.loop import hour, there
from workforce.presence import Ground, Presence, Track, track_after
from workforce.roles import Role
from workforce.rosters import Roster
from workforce.tracing import Closeness, find_contacts
from workforce.triplog import Kind

MORNING = datetime(2020, 3, 2, 0, 0, tzinfo=UTC)  # eight o'clock where the coaches leave


def report(server: Server, kind: Kind, hours: float, worker_id: str, **more: Any) -> int:
    """Report something of the base day; returns its number in the log."""
    place, trip = more.pop("place", None), more.pop("trip", None)
    by = By("tests", server.clock())
    with server.services.database.write() as c:
        plan = PLAN_ID if trip else None
        at = MORNING + timedelta(hours=hours)
        nonce = f"{worker_id}-{kind}-{hours}-{more}"
        one = Report(kind, nonce, at, plan, trip, worker_id, place, more, {})
        (taken,) = take(c, server.services.vault, by, [one], server.services.rosters)
    assert taken.seq is not None
    return taken.seq


def on_the_way(server: Server) -> World:
    """WA1 and WB1 ride T1 together, then both have a room in Alpha's hotel; WA2 has one with them."""
    world = seeded(server)
    server.clock.at = MORNING + timedelta(hours=30)
    report(server, Kind.BOARDED, 1, "WA1", trip="T1", place="PU-A")
    report(server, Kind.BOARDED, 2, "WB1", trip="T1", place="PU-B")
    report(server, Kind.ALIGHTED, 4, "WA1", trip="T1", place="ENT-A")
    report(server, Kind.ALIGHTED, 5, "WB1", trip="T1", place="ENT-B")
    return world


def ask(server: Server, health: Any, worker_id: str = "WA1", **more: Any) -> Any:
    asked = {"worker_id": worker_id, "symptoms_at": "2020-03-02T20:00:00+08:00", **more}
    answer = server.client.post("/v1/traces", json=asked, headers=health)
    assert answer.status_code == 201, answer.text
    return answer.json()


def audited(server: Server) -> list[tuple[str, str | None, str | None]]:
    with server.services.database.read() as c:
        rows = c.execute(select(audit.c.action, audit.c.subject, audit.c.reason).order_by(audit.c.seq))
        return [tuple(row) for row in rows if "trace" in row.action or "personal" in row.action]


def test_a_health_officer_is_told_whom_a_case_met(server: Server) -> None:
    on_the_way(server)
    told = ask(server, server.role(Role.HEALTH))
    (contact,) = told["case"]["contacts"]
    closest = contact["closest"]
    assert (contact["worker_id"], contact["name"], contact["level"], contact["until"]) == (
        "WB1", "贝***", "close", "2020-03-16",
    )  # fmt: skip
    assert (closest["kind"], closest["unit"], closest["minutes"], closest["rows"]) == ("coach", "T1", 120, 0)
    assert (closest["by_seat"], closest["seat"]) == (1, 2)
    assert [(c["plan_id"], c["trip_id"]) for c in told["case"]["crews"]] == [(PLAN_ID, "T1")]
    assert [s["kind"] for s in told["case"]["way"]] == ["pickup", "coach", "hand_over"]
    assert told["nights"][0] == {
        "day": "2020-03-03",
        "needed": 1,
        "held": 0,
        "free": told["nights"][0]["free"],
    }
    assert told["case"]["without_room"] == ["WB1"]


def test_the_planner_is_told_counts_and_rooms_alone(server: Server) -> None:
    on_the_way(server)
    made = ask(server, server.role(Role.HEALTH))
    answer = server.client.get(f"/v1/traces/{made['trace_id']}", headers=server.role(Role.PLANNER))
    told = answer.json()
    assert told["case"] is None and told["counts"] == made["counts"] and told["nights"] == made["nights"]
    assert told["counts"]["close"] == 1 and "WA1" not in answer.text and "WB1" not in answer.text
    listed = server.client.get("/v1/traces", headers=server.role(Role.PLANNER)).json()["items"]
    assert [(one["trace_id"], one["worker_id"]) for one in listed] == [(made["trace_id"], None)]


def test_readings_are_logged_and_names_are_whole_only_for_a_reason(server: Server) -> None:
    world = on_the_way(server)
    health = server.role(Role.HEALTH)
    trace_id = ask(server, health)["trace_id"]
    path = f"/v1/traces/{trace_id}"
    personal = world.personal["WB1"]

    def get(query: str = "") -> str:
        return str(server.client.get(path + query, headers=health).content.decode())

    assert audited(server) == [("traced", "WA1", trace_id), ("trace_read", trace_id, None)]
    for query in ("", "/contacts", "/contacts?reason=", "/picture"):
        assert personal["name"] not in get(query) and personal["phone"] not in get(query)
    for query in ("?reason=电话通知", "/contacts?reason=电话通知"):
        assert personal["name"] in get(query) and personal["phone"] in get(query)
    assert audited(server)[-2:] == 2 * [("personal_read", trace_id, "电话通知")]
    assert ("trace_read", trace_id, None) in audited(server)[2:]


def test_the_line_list_says_what_the_answer_says(server: Server) -> None:
    on_the_way(server)
    health = server.role(Role.HEALTH)
    path = f"/v1/traces/{ask(server, health)['trace_id']}/contacts"
    text = server.client.get(path, headers=health).content.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["编号 worker"] == "WB1" and row["级别 level"] == "密切接触 close"
    assert row["开始 from"] == "2020-03-02 10:00" and row["分钟 minutes"] == "120"
    content = server.client.get(f"{path}?format=xlsx", headers=health).content
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    sheets = [book.get_sheet_by_name(name).to_python() for name in book.sheet_names]
    assert [len(sheet) for sheet in sheets[:2]] == [2, 2] and sheets[0][1][1] == "WB1"
    assert sheets[2][1][1:3] == [1.0, 0.0]


def test_the_picture_has_a_lane_for_each_place_and_the_case_in_red(server: Server) -> None:
    on_the_way(server)
    health = server.role(Role.HEALTH)
    answer = server.client.get(f"/v1/traces/{ask(server, health)['trace_id']}/picture", headers=health)
    assert answer.headers["content-type"] == "image/svg+xml"
    drawn = ElementTree.fromstring(answer.content)
    names = [e.text for e in drawn.iter("{http://www.w3.org/2000/svg}text") if e.text]
    assert {"T1", "阿尔法站 PU-A", "阿尔法厂 ENT-A", "WA1 · 1", "WB1 · 2"} <= set(names)
    bars = [e for e in drawn.iter("{http://www.w3.org/2000/svg}rect") if e.get("rx")]
    assert [e.get("fill") for e in bars].count("#c62828") == 3 and len(bars) == 4


def test_what_was_voided_or_never_happened_makes_no_contact(server: Server) -> None:
    on_the_way(server)
    health = server.role(Role.HEALTH)
    report(server, Kind.MISSING, 1.5, "WA2", trip="T2", why="no_show")
    assert ask(server, health, "WA2")["counts"]["contacts"] == 0
    seq = report(server, Kind.BOARDED, 3, "WB2", trip="T1", seat=9)  # a wrong coach, and where they sat
    contacts = {c["worker_id"]: c for c in ask(server, health)["case"]["contacts"]}
    assert contacts["WB2"]["closest"]["rows"] == 2
    by = By("tests", server.clock())
    with server.services.database.write() as c:
        void = Report(
            Kind.VOIDED, "void-the-boarding", MORNING, says={"event": seq}, details={"note": "typo"}
        )
        take(c, server.services.vault, by, [void], server.services.rosters)
    assert {c["worker_id"] for c in ask(server, health)["case"]["contacts"]} == {"WB1"}


def test_applying_it_begins_the_quarantine_again_once(server: Server) -> None:
    """WB2 shared a room with the case the day before the coach of the plan leaves with their seat."""
    seeded(server)
    health = server.role(Role.HEALTH)
    server.clock.at = MORNING - timedelta(hours=2)
    for worker_id in ("WA1", "WB2"):
        report(server, Kind.CHECKED_IN, -20, worker_id, place="HOT-A", room="T1")
    told = ask(server, health, symptoms_at="2020-03-01T20:00:00+08:00")
    assert [s["trip_id"] for s in told["case"]["seats_to_leave"]] == ["T3"]
    path = f"/v1/traces/{told['trace_id']}/apply"
    for _ in range(2):
        done = server.client.post(path, headers=health)
        assert done.status_code == 200 and done.json()["applied_at"]
    with server.services.database.read() as c:
        extended = [e.event for e in events(c) if e.event.kind is Kind.QUARANTINE_EXTENDED]
        opened = sorted(c.execute(select(item.c.code, item.c.subject)).all())
    assert [(e.worker_id, e.says) for e in extended] == [("WB2", {"until": "2020-03-16"})]
    assert [row for row in opened if row[0] in ("seat_to_leave", "room_needed", "crew_exposed")] == [
        ("room_needed", "WB2"), ("seat_to_leave", "WB2"),
    ]  # fmt: skip
    way = server.client.get("/v1/journeys/WB2", headers=health).json()
    assert way["until"] == "2020-03-16"


def test_a_crew_is_put_before_somebody(server: Server) -> None:
    on_the_way(server)
    health = server.role(Role.HEALTH)
    trace_id = ask(server, health)["trace_id"]
    assert server.client.post(f"/v1/traces/{trace_id}/apply", headers=health).status_code == 200
    with server.services.database.read() as c:
        crew = c.execute(select(item).where(item.c.code == "crew_exposed")).one()
    assert (crew.subject, crew.category) == (f"{PLAN_ID}/T1", "health")


def test_a_forgotten_contact_stays_as_an_id_and_a_forgotten_case_is_gone(server: Server) -> None:
    on_the_way(server)
    health, by = server.role(Role.HEALTH), By("tests", server.clock())
    path = f"/v1/traces/{ask(server, health)['trace_id']}"
    with server.services.database.write() as c:
        erase(c, server.services.vault, by, ["WB1"], "asked in writing", server.services.keys.erased)
    (contact,) = server.client.get(f"{path}?reason=电话通知", headers=health).json()["case"]["contacts"]
    assert (contact["worker_id"], contact["name"], contact["phone"]) == ("WB1", None, None)
    assert ask(server, health)["counts"]["close"] == 1
    with server.services.database.write() as c:
        erase(c, server.services.vault, by, ["WA1"], "asked in writing", server.services.keys.erased)
    assert server.client.get(path, headers=health).status_code == 404
    asked = {"worker_id": "WA1", "symptoms_at": "2020-03-02T20:00:00+08:00"}
    assert server.client.post("/v1/traces", json=asked, headers=health).status_code == 404
    with server.services.database.read() as c:
        assert set(c.execute(select(trace.c.sealed)).scalars()) == {None}


def test_symptoms_do_not_begin_in_the_future(server: Server) -> None:
    on_the_way(server)
    asked = {"worker_id": "WA1", "symptoms_at": "2020-04-02T20:00:00+08:00"}
    answer = server.client.post("/v1/traces", json=asked, headers=server.role(Role.HEALTH))
    assert answer.status_code == 422 and answer.json()["code"] == "symptoms_ahead"


# The table of presences is that of a fold from the beginning, whatever came in which order.

_KINDS: dict[Kind, dict[str, Any]] = {
    Kind.BOARDED: {},
    Kind.SEATED: {"seat": 5},
    Kind.ALIGHTED: {},
    Kind.MISSING: {"why": "left_on_way"},
    Kind.CHECKED_IN: {"room": "S1"},
    Kind.ROOM_MOVED: {"room": "S2"},
    Kind.HOTEL_LEFT: {},
    Kind.RELEASED: {},
    Kind.TRANSFERRED: {},
    Kind.ARRIVED: {},
    Kind.MEASURED: {"where": "hotel"},
}
_STEPS = st.tuples(
    st.sampled_from(list(_KINDS)), st.integers(0, 12), st.sampled_from(["T1", "T2"]), st.booleans()
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(_STEPS, min_size=1, max_size=14), st.integers(1, 4), st.lists(st.integers(0, 13), max_size=3))
def test_presences_are_those_of_a_fold_from_the_beginning(
    server: Server, steps: Sequence[tuple[Kind, int, str, bool]], batch: int, voids: Sequence[int]
) -> None:
    services, by = server.services, By("tests", MORNING + timedelta(days=2))
    with services.database.write() as c:

        def record(*reports: Report) -> list[int]:
            return [t.seq or 0 for t in take(c, services.vault, by, reports, services.rosters)]

        worker_id = f"W-{size(c)}"
        reports = []
        for number, (kind, hours, trip, with_seat) in enumerate(steps):
            says = {**_KINDS[kind], **({"seat": 3} if kind is Kind.BOARDED and with_seat else {})}
            at, nonce = MORNING + timedelta(hours=hours), f"{worker_id}-{number}"
            reports.append(Report(kind, nonce, at, PLAN_ID, trip, worker_id, "HOT-A", says))
        seqs: list[int] = []
        for i in range(0, len(reports), batch):
            seqs += record(*reports[i : i + batch])
        for number in sorted(set(voids) & set(range(len(seqs)))):
            nonce, says = f"{worker_id}-void-{number}", {"event": seqs[number]}
            record(Report(Kind.VOIDED, nonce, MORNING, says=says, details={"note": "x"}))
        roster = services.rosters.now(c)
        found = events(c, worker_id=worker_id)
        gone = voided_among(c, (one.seq for one in found))
        standing = [e for e in found if e.seq not in gone and e.event.kind is not Kind.VOIDED]
        track: Track = ()
        for one in sorted(standing, key=lambda e: (e.event.happened_at, e.seq)):
            track = track_after(track, one.event, roster.expected(worker_id), roster.rules)
        assert tracks(c, [worker_id]).get(worker_id, ()) == track


def _small_world(dice: random.Random) -> dict[str, Track]:
    """People who move between a few places, with seats, for a day."""
    found: dict[str, Track] = defaultdict(tuple)
    for worker_id in "ABCDEFGH":
        hours = sorted(dice.sample(range(24), dice.randint(2, 8)))
        for begin, end in pairwise(hours):
            kind = dice.choice(list(Ground))
            unit = dice.choice(["X1", "X2"]) if kind in (Ground.COACH, Ground.ROOM) else ""
            seat = dice.randint(1, 40) if kind is Ground.COACH else None
            short = kind in (Ground.PICKUP, Ground.HAND_OVER)
            last = begin + dice.choice([0.5, 1]) if short else end
            still = end == hours[-1] and not short and dice.random() < 0.5
            one = there(
                worker_id, kind, unit, begin, None if still else last, seat, dice.choice(["HOT-A", "Y"])
            )
            found[worker_id] += (one,)
    return found


def test_what_the_tables_find_is_what_a_search_through_everything_finds(server: Server) -> None:
    dice, roster = random.Random(7), Roster(())
    closeness = Closeness(roster.rules, lambda plan_id, trip_id: roster.rules.seats_per_row)
    for _ in range(25):
        world = _small_world(dice)
        everything: list[Presence] = [p for track in world.values() for p in track]

        def of(ids: Collection[str], world: dict[str, Track] = world) -> dict[str, Track]:
            return {w: world[w] for w in ids if w in world}

        symptoms, days, steps = hour(dice.randint(0, 30)), dice.randint(0, 1), dice.randint(1, 3)
        with server.services.database.write() as c:
            c.execute(delete(presence))
            keep(c, {}, world)
            found = traced(c, Asked("A", symptoms, days, steps), roster, hour(40))
        since = symptoms - timedelta(days=days)
        expected = find_contacts(
            "A", since, hour(40), steps, closeness, of, lambda spells, all_of_it=everything: all_of_it
        )
        assert list(found.contacts) == expected


def test_a_look_back_of_another_length_may_be_asked_for(server: Server) -> None:
    on_the_way(server)
    health = server.role(Role.HEALTH)
    late = {"symptoms_at": "2020-03-03T13:00:00+08:00"}
    assert ask(server, health, look_back_days=0, **late)["counts"]["contacts"] == 0
    assert ask(server, health, look_back_days=1, **late)["counts"]["contacts"] == 0
    assert ask(server, health, look_back_days=2, **late)["counts"]["contacts"] == 1
    assert ask(server, health, **late)["counts"]["contacts"] == 1  # as the policy has it


@pytest.mark.parametrize("rooms", [("S1", "S2"), ("T1", "S1")])
def test_rooms_taken_in_fact_are_not_free(server: Server, rooms: tuple[str, str]) -> None:
    """HOT-A has two single rooms; the plan has S1 of them for WA2."""
    on_the_way(server)
    free_before = ask(server, server.role(Role.HEALTH))["nights"][0]["free"]
    for worker_id, room in zip(("WA3", "WB3"), rooms, strict=True):
        report(server, Kind.CHECKED_IN, 20, worker_id, place="HOT-A", room=room)
    free = ask(server, server.role(Role.HEALTH))["nights"][0]["free"]
    taken = {"S1", *rooms} & {"S1", "S2"}
    assert free_before == {"HOT-A": 1, "HOT-B": 1}
    assert free == {k: v for k, v in {"HOT-A": 2 - len(taken), "HOT-B": 1}.items() if v}
