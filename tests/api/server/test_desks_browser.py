"""The desks in a real browser, each button once, in both languages, on a screen and on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from sqlalchemy import select

from api.server.asks import SESSION_COOKIE
from api.server.pages import words
from data.accounts import By, add_account
from data.problem_list import ask
from data.schema import item
from data.sessions import open_session
from data.trip_log import events
from tests.api.server.browsers import served
from tests.api.server.conftest import Server, running
from tests.api.server.world import PLAN_ID, World, seeded
from tests.databases import fresh_database
from workforce.problems import Category
from workforce.roles import Role

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.slow  # each starts a server and a browser; make faults runs them
HOTEL, GUEST, TRIP = "HOT-A", "WA2", "T2"
SUBJECTS = {
    Role.HOTEL: HOTEL,
    Role.ENTERPRISE: "ENT-A",
    Role.CARRIER: "车队A",
    Role.COORDINATOR: f"{PLAN_ID}/{TRIP}",
}


@dataclass
class Desk:
    """Somebody at a desk.

    Attributes:
        wrong: what the page logged as an error, and questions of the browser's own.
    """

    page: Any
    url: str
    language: str
    wrong: list[str] = field(default_factory=list)

    def t(self, text: str, **values: object) -> str:
        found = words(self.language).get(text, text)
        for name, value in values.items():
            found = found.replace(f"{{{name}}}", str(value))
        return found

    def go(self, path: str) -> None:
        self.page.goto("about:blank")
        self.page.goto(f"{self.url}/#/{path}")
        self.settled()

    def settled(self) -> None:
        self.page.wait_for_selector("main h1")
        self.page.wait_for_selector("main p.note[role=status]", state="detached")
        assert self.page.locator(".problem").count() == 0, self.page.inner_text(".problem")

    def press(self, text: str, within: str = "main", **values: object) -> None:
        """Press a button that does something, after which the page is drawn again."""
        before = self.page.locator("main > div").element_handle()
        self.button(text, within, **values).click()
        before.wait_for_element_state("hidden")
        self.settled()

    def button(self, text: str, within: str = "main", **values: object) -> Any:
        return self.page.locator(f"{within} button").get_by_text(self.t(text, **values), exact=True).first

    def answer(self, go: str, *values: str, **told: object) -> None:
        """Fill in the dialog that is open, and send it."""
        inputs = self.page.locator("dialog input, dialog select")
        for n, value in enumerate(values):
            inputs.nth(n).fill(value)
        self.button(go, "dialog", **told).click()
        self.page.wait_for_selector("dialog", state="detached")
        self.settled()

    def leave(self, text: str, **values: object) -> None:
        """Open a dialog and leave it, which does nothing."""
        self.button(text, **values).click()
        self.button("Leave it", "dialog").click()
        self.page.wait_for_selector("dialog", state="detached")

    def file_of(self, text: str) -> bytes:
        with self.page.expect_download() as download:
            self.button(text).click()
        return Path(download.value.path()).read_bytes()

    def said(self) -> str:
        told = str(self.page.inner_text(".said span"))
        self.button("Close", ".said").click()
        return told


@dataclass
class Bureau:
    """A server with desks that are opened as they are needed."""

    world: World
    browser: Any
    url: str
    language: str
    width: int
    stack: ExitStack
    desks: list[Desk] = field(default_factory=list)

    @property
    def server(self) -> Server:
        return self.world.server

    def desk(self, role: Role) -> Desk:
        server = self.server
        by = By("tests", server.clock())
        with server.services.database.write() as c:
            account_id = add_account(c, by, role, f"甲 {role}", SUBJECTS.get(role))
            secret = open_session(c, By(account_id, by.at), timedelta(days=90), "tests")
        context = self.browser.new_context(
            viewport={"width": self.width, "height": 900},
            locale="zh-CN" if self.language == "zh" else "en-GB",
            timezone_id="Asia/Shanghai",
        )
        self.stack.callback(context.close)
        context.set_default_timeout(10_000)
        context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": self.url}])
        one = Desk(context.new_page(), self.url, self.language)
        one.page.on("dialog", lambda dialog: (one.wrong.append(dialog.message), dialog.dismiss()))
        one.page.on("pageerror", lambda error: one.wrong.append(str(error)))
        self.desks.append(one)
        return one

    def at(self, day: int, hour: int) -> None:
        """Move all clocks to a local hour of March 2020."""
        self.server.clock.at = datetime(2020, 3, day, hour, tzinfo=UTC) - timedelta(hours=8)
        for one in self.desks:
            one.page.clock.set_fixed_time(self.server.clock.at)

    def kinds(self) -> list[str]:
        with self.server.services.database.read() as c:
            return [str(one.event.kind) for one in events(c)]


@pytest.fixture(params=[("zh", 390), ("en", 1280)], ids=["zh-phone", "en-screen"])
def bureau(browser: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Bureau]:
    language, width = request.param
    with (
        fresh_database("sqlite", tmp_path, request) as database,
        running(database, tmp_path) as server,
        served(server) as (_, url),
        ExitStack() as stack,
    ):
        it = Bureau(seeded(server), browser, url, language, width, stack)
        yield it
        assert [one.wrong for one in it.desks] == [[] for _ in it.desks]
        for one in it.desks:
            assert one.page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_trip_from_the_plate_to_the_last_guest_at_work(bureau: Bureau) -> None:
    planner, hotel, carrier, coordinator = map(
        bureau.desk, (Role.PLANNER, Role.HOTEL, Role.CARRIER, Role.COORDINATOR)
    )
    bureau.at(2, 7)
    way = f"under-way/{PLAN_ID}/{TRIP}"
    carrier.go(way)
    inputs = carrier.page.locator("main form input")
    inputs.nth(0).fill("蒙C12345")
    inputs.nth(1).fill("张三、李四")
    carrier.press("Name them")
    planner.go("kits")
    planner.page.locator("main select").nth(0).select_option("FL-A")
    for kit in ("mask", "thermometer", "disinfectant"):
        planner.page.locator("main select").nth(0).select_option("FL-A")
        planner.page.locator("main select").nth(1).select_option(kit)
        planner.page.fill("main input[type=number]", "20")
        planner.press("Came in")
    coordinator.go(way)
    assert coordinator.t("The travel pass can be had once every destination has confirmed.") in (
        coordinator.page.inner_text("main")
    )
    issue = coordinator.page.locator("main button").get_by_text(coordinator.t("Issue kits"))
    issue.click()
    issue.wait_for(state="detached")
    coordinator.press("Close the roster")
    hotel.go("hotel")
    hotel.leave("We cannot")
    hotel.button("We cannot").click()
    hotel.answer("We cannot", "停水")
    assert hotel.t("flag.destination_declined") in hotel.said()
    hotel.button("We will receive them").click()
    hotel.page.fill("dialog input", "0")  # that is what the other button says
    hotel.button("We will receive them", "dialog").click()
    assert hotel.page.evaluate("document.querySelector('dialog input').validity.rangeUnderflow")
    hotel.answer("We will receive them", "1")
    assert hotel.t("yes") in hotel.page.inner_text("main tbody")
    assert hotel.button("Another number").count() == 1
    coordinator.go(way)
    for paper in ("manifest", "seats", "roster", "pass"):
        assert coordinator.file_of(f"{coordinator.t(f'paper.{paper}')} PDF").startswith(b"%PDF")
    with coordinator.page.context.expect_page() as opened:
        coordinator.page.locator("a[target=_blank]").first.click()
    assert "设备码" in opened.value.inner_text("body")
    report(bureau, "boarded", {"trip_id": TRIP, "plan_id": PLAN_ID, "worker_id": GUEST})
    bureau.at(2, 11)
    report(bureau, "alighted", {"trip_id": TRIP, "plan_id": PLAN_ID, "worker_id": GUEST, "place_id": HOTEL})
    hotel.go("hotel")
    hotel.leave("Count and sign")
    hotel.button("Count and sign").click()
    hotel.answer("Sign", "钱前台", "1")
    assert hotel.button("Another number").count() == 0  # what was signed for stands
    hotel.button("Check in").click()
    hotel.answer("Check in", "S1")
    hotel.page.fill("td input[type=number]", "36.4")
    hotel.press("°C")
    hotel.button("Move").click()
    hotel.answer("Move", "T1")
    assert hotel.t("flag.unexpected_room") not in hotel.page.inner_text("main")
    hotel.leave("Left the hotel")
    hotel.button("Left the hotel").click()
    hotel.answer("Left the hotel")
    assert hotel.t("flag.left_hotel") in hotel.said()
    hotel.press("Came back")
    assert hotel.file_of(f"{hotel.t('Room list')} PDF").startswith(b"%PDF")
    bureau.at(30, 9)
    hotel.go("hotel")
    hotel.press("Release")
    assert f"{HOTEL}-20200330-001" in hotel.said()
    assert hotel.file_of(f"{hotel.t('Certificate')} PDF").startswith(b"%PDF")
    hotel.press("Send to work")
    firm = bureau.desk(Role.ENTERPRISE)
    bureau.at(30, 14)
    firm.go("arrivals")
    firm.leave("All {n} have arrived", n=1)
    firm.button("All {n} have arrived", n=1).click()
    firm.answer("All {n} have arrived", n=1)
    planner.go(f"{way}/{GUEST}")
    assert planner.t("way.returned") in planner.page.inner_text("main")
    assert planner.page.locator("ol.way li").count() >= 9
    told = bureau.kinds()
    for kind in (
        "vehicle_named", "kits_received", "kits_issued", "roster_closed", "destination_declined",
        "destination_confirmed", "counted", "signed", "checked_in", "measured", "room_moved", "hotel_left",
        "released", "transferred", "arrived",
    ):  # fmt: skip
        assert kind in told, kind


def report(bureau: Bureau, kind: str, told: dict[str, Any]) -> None:
    one = {"kind": kind, "nonce": f"browser-{kind}", "at": bureau.server.clock().isoformat(), **told}
    planner = bureau.server.role(Role.PLANNER)
    answer = bureau.server.client.post("/v1/events", json={"events": [one]}, headers=planner)
    assert answer.json()["items"][0]["outcome"] == "recorded", answer.text


def test_a_trip_gets_a_substitute_and_another_is_cancelled_and_a_mistake_taken_back(bureau: Bureau) -> None:
    coordinator, hotel, planner = map(bureau.desk, (Role.COORDINATOR, Role.HOTEL, Role.PLANNER))
    bureau.at(2, 7)
    way = f"under-way/{PLAN_ID}/{TRIP}"
    coordinator.go(way)
    coordinator.leave("Substitute vehicle")
    coordinator.button("Substitute vehicle").click()
    coordinator.answer("Substitute vehicle", "蒙C54321", "车队乙", "1234.50")
    assert "蒙C54321" in coordinator.page.inner_text("main")
    coordinator.leave("Cancel the trip")
    coordinator.button("Cancel the trip").click()
    coordinator.answer("Cancel the trip", "道路封闭")
    assert coordinator.t("flag.trip_cancelled") in coordinator.said()
    assert coordinator.button("Cancel the trip").count() == 0
    hotel.go("hotel")
    hotel.leave("Check in somebody else")
    hotel.button("Check in somebody else").click()
    hotel.answer("Check in", "WB2", "S3")
    assert hotel.t("flag.unexpected_room") in hotel.said()
    assert "WB2" in hotel.page.inner_text("main")
    planner.go(f"{way}/WB2")
    planner.leave("Take back")
    planner.button("Take back").click()
    planner.answer("Take back", "登记有误")
    assert planner.page.locator("ol.way li").count() == 0
    with bureau.server.services.database.read() as c:
        changed, *others = (one.event for one in events(c))
    assert changed.says == {"plate": "蒙C54321", "operator": "车队乙", "cost_fen": 123_450}
    assert [one.kind for one in others] == ["trip_cancelled", "checked_in", "voided"]


def test_a_fever_on_the_desk_of_the_health_officer(bureau: Bureau) -> None:
    hotel, health = bureau.desk(Role.HOTEL), bureau.desk(Role.HEALTH)
    bureau.at(2, 11)
    report(bureau, "checked_in", {"worker_id": GUEST, "place_id": HOTEL, "says": {"room": "S1"}})
    hotel.go("hotel")
    hotel.page.fill("td input[type=number]", "37.9")
    hotel.press("°C")
    assert hotel.t("Fever: the health officer has been told. Let them stay in the room.") in hotel.said()
    bureau.at(4, 9)
    health.go("health")
    health.leave("Look")
    health.button("Look").click()
    health.answer("Look", "发热复核")
    assert "37.9" in health.page.inner_text("#readings")
    health.button("Begin observation").click()
    assert health.t("flag.observed") in health.said()
    health.settled()
    health.press("Observation over")
    health.button("Extend").click()
    health.answer("Extend", "2020-03-25")
    bureau.at(26, 9)
    health.go("health")
    assert "2020-03-25" in health.page.inner_text("main")
    health.press("Release")
    assert bureau.kinds()[2:] == [
        "observation_began", "observation_ended", "quarantine_extended", "released",
    ]  # fmt: skip


def test_a_problem_is_assigned_by_name_and_settled(bureau: Bureau) -> None:
    planner = bureau.desk(Role.PLANNER)
    bureau.desk(Role.ENTERPRISE)
    bureau.at(2, 11)
    by = By("tests", bureau.server.clock())
    with bureau.server.services.database.write() as c:
        item_id = ask(c, by, Category.TRANSPORT, "late", f"{PLAN_ID}/{TRIP}", "ENT-A", {"trip_id": TRIP})
    planner.go("items")
    planner.page.locator(f"a[href='#/items/{item_id}']").click()
    planner.settled()
    planner.page.locator("main form select").select_option(label=chosen(planner, "甲 enterprise"))
    planner.press("Assign")
    assert "甲 enterprise" in planner.page.inner_text("dl")
    planner.page.locator("main form input").first.fill("已通知车队")
    planner.press("Add")
    planner.press("Raise to the prefecture")
    planner.press("Give back to the county")
    planner.page.locator("main form input").nth(1).fill("已改派")
    planner.press("Settle")
    with bureau.server.services.database.read() as c:
        row = c.execute(select(item).where(item.c.id == item_id)).one()
    assert (row.level, row.decision, row.owner is not None) == ("county", "已改派", True)


def test_the_numbers_of_a_destination_are_told_by_their_names(bureau: Bureau) -> None:
    planner = bureau.desk(Role.PLANNER)
    bureau.at(2, 0)
    trip = {"plan_id": PLAN_ID, "trip_id": "T1", "place_id": "ENT-A"}
    report(bureau, "destination_confirmed", {**trip, "says": {"heads": 0}})
    with bureau.server.services.database.read() as c:
        item_id = c.execute(select(item.c.id)).scalar_one()
    report(bureau, "destination_confirmed", {**trip, "nonce": "browser-again", "says": {"heads": 1}})
    planner.go(f"items/{item_id}")
    told = planner.page.inner_text("main table")
    assert f"{planner.t('explained by later reports')} · {planner.t('event')} 2" in told


def chosen(desk: Desk, name: str) -> str:
    return next(o for o in desk.page.locator("main form select option").all_inner_texts() if name in o)


def test_money_and_ledger_are_chosen_from_lists(bureau: Bureau) -> None:
    planner = bureau.desk(Role.PLANNER)
    bureau.at(2, 11)
    planner.go("settlement")
    planner.press("Settle now")
    assert "0" in planner.said()
    for party, option in (("enterprise", "阿尔法"), ("hotel", "阿尔法"), ("carrier", "车队A")):
        planner.page.locator("main select").nth(0).select_option(party)
        names = planner.page.locator("main select").nth(1)
        names.select_option(label=next(o for o in names.locator("option").all_inner_texts() if option in o))
        assert option in planner.file_of("CSV").decode("utf-8-sig") or planner.file_of("XLSX")[:2] == b"PK"
        assert planner.file_of("PDF").startswith(b"%PDF")
    planner.go("ledger")
    assert planner.file_of("XLSX")[:2] == b"PK"


def test_the_longest_menu_fits_and_leads_everywhere(bureau: Bureau) -> None:
    planner = bureau.desk(Role.PLANNER)
    bureau.at(2, 11)
    planner.go("items")
    seen = set()
    for group in range(planner.page.locator("#nav div").first.locator("a").count()):
        planner.page.locator("#nav div").first.locator("a").nth(group).click()
        planner.page.wait_for_selector("main p.note[role=status]", state="detached")
        seen |= set(planner.page.eval_on_selector_all("#nav a", "all => all.map(a => a.hash)"))
        if bureau.width == 1280:
            assert planner.page.eval_on_selector_all(
                "#nav div", "all => all.every(d => d.scrollWidth <= d.clientWidth)"
            )
    paths = "items under-way kits workers return-plans proposals records scenarios jobs plans trips stays"
    assert {f"#/{p}" for p in f"{paths} trace costs settlement ledger overview submit".split()} <= seen


def test_a_plan_that_tells_no_figures_is_shown_without_them(bureau: Bureau) -> None:
    planner = bureau.desk(Role.PLANNER)
    bureau.at(2, 11)
    for path in ("overview", "plans"):
        planner.go(path)
        assert "—" in planner.page.inner_text("main") and "undefined" not in planner.page.inner_text("main")
    planner.page.locator(f"main a[href='#/plans/{PLAN_ID}']").click()
    planner.page.wait_for_selector("main .cards")
    planner.settled()
    assert "—" in planner.page.inner_text("main .cards") and "undefined" not in planner.page.inner_text(
        "main"
    )


def test_a_person_is_found_by_name_and_by_the_last_four(bureau: Bureau) -> None:
    planner, auditor = bureau.desk(Role.PLANNER), bureau.desk(Role.AUDITOR)
    bureau.at(2, 11)
    told = bureau.world.personal[GUEST]
    asked: list[str] = []
    planner.page.on("request", lambda request: asked.append(request.url))
    everybody = {"WA1", "WA2", "WA3", "WB1", "WB2", "WB3"}
    for desk, finds in (
        (planner, {told["name"]: {GUEST}, told["phone"]: {GUEST}, told["id_number"][-4:]: {GUEST}}),
        (
            auditor,
            {told["name"][0]: {"WA1", "WA2", "WA3"}, told["phone"][-4:]: {GUEST}, told["phone"]: set()},
        ),
    ):
        desk.go("workers")
        assert found_by(desk) == everybody
        for find, who in finds.items():
            desk.page.fill("form[role=search] input", find)
            desk.button("Search").click()
            desk.page.wait_for_function(ROWS, arg=len(who))
            assert found_by(desk) == who and desk.page.locator(".problem").count() == 0
    nobody = "Nobody fits. A number is found whole or by its last four characters."
    assert auditor.t(nobody) in auditor.page.inner_text("main")
    planner.page.locator(f"main a[href='#/workers/{GUEST}']").click()
    planner.page.wait_for_selector("main dl")
    planner.page.go_back()  # to what was found
    planner.page.wait_for_selector("form[role=search]")
    planner.page.wait_for_function(ROWS, arg=1)
    assert planner.page.input_value("form[role=search] input") == told["id_number"][-4:]
    planner.page.fill("form[role=search] input", "")
    planner.button("Search").click()
    planner.page.wait_for_function(ROWS, arg=len(everybody))
    paths = [unquote(url.removeprefix(planner.url)) for url in asked]
    assert not [path for path in paths for text in told.values() if text[-4:] in path]


ROWS = "n => document.querySelectorAll('main tbody tr').length === n"


def found_by(desk: Desk) -> set[str]:
    return set(desk.page.locator("main tbody tr td:first-child").all_inner_texts())


def test_the_same_state_under_another_name_is_said_to_have_one(bureau: Bureau) -> None:
    planner = bureau.desk(Role.PLANNER)
    bureau.at(2, 11)
    planner.go("scenarios")
    names = []
    for name in ("第一版", "第二版"):
        planner.page.locator("main form").nth(1).locator("input").fill(name)
        planner.press("Freeze the registry as a scenario")
        names.append(planner.page.locator(".said span").all_inner_texts())
    told = planner.t(
        "The registry is as it was for the scenario “{name}”: it is the same one, and keeps that name.",
        name="第一版",
    )
    assert names == [[], [told]]
