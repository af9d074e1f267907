import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import pytest

from api.language import Language
from api.report import render_report
from tests.builders import (
    change,
    leave_behind,
    make_busy,
    make_plan,
    make_scenario,
    settle,
    with_policy,
    with_summary,
)
from workforce.entities import Risk
from workforce.plan import Plan, Reason
from workforce.scenario import Scenario


class Page(HTMLParser):
    """What the tests ask of a page: its attributes, scripts, headings, and its text by language."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.attributes: list[tuple[str, str, str]] = []
        self.scripts: dict[str, str] = {}
        self.headings: list[str] = []
        self.texts: dict[str, list[str]] = {"zh": [], "en": []}
        self._open: list[tuple[str, str]] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        known = {name: value or "" for name, value in attrs}
        self.attributes += [(tag, name, value) for name, value in known.items()]
        if tag == "script":
            self._script = known.get("id", str(len(self.scripts)))
        if tag in ("h1", "h2", "h3"):
            self.headings.append(tag)
        if tag not in ("meta", "link", "input", "br"):
            self._open.append((tag, known.get("lang", "")))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def handle_data(self, text: str) -> None:
        if self._open and self._open[-1][0] == "script":
            self.scripts[self._script] = self.scripts.get(self._script, "") + text
        elif self._open and self._open[-1][1] in self.texts and self._open[-1][0] == "span":
            self.texts[self._open[-1][1]].append(text)


def report_of(plan: Plan, scenario: Scenario) -> tuple[str, Page, dict[str, Any]]:
    html = render_report(plan, scenario)
    page = Page(html)
    return html, page, json.loads(page.scripts["data"])


@pytest.fixture(scope="module")
def base() -> tuple[str, Page, dict[str, Any]]:
    return report_of(make_plan(), make_scenario())


def test_nothing_is_fetched_from_outside(base: tuple[str, Page, dict[str, Any]]) -> None:
    html, page, _ = base
    addresses = set(re.findall(r"(?:https?:)?//(?:www\.)?[a-z0-9-]+(?:\.[a-z0-9-]+)+", html.lower()))
    assert {address for address in addresses if ":" in address} <= {"http://www.w3.org"}
    assert not [tag for tag, _, _ in page.attributes if tag in ("link", "iframe", "object", "embed", "base")]
    loaded = [
        value for _, name, value in page.attributes if name in ("src", "srcset", "href", "action", "data")
    ]
    assert all(value.startswith("#") for value in loaded)
    (policy,) = [v for tag, name, v in page.attributes if tag == "meta" and v.startswith("default-src")]
    assert "default-src 'none'" in policy
    assert "http" not in policy
    assert "@import" not in html.split("</style>")[0]


def test_the_figures_stand_in_the_page_without_any_script(base: tuple[str, Page, dict[str, Any]]) -> None:
    html, _, _ = base
    before_scripts = html.split("<script")[0]
    summary = make_plan().summary
    for figure in (
        f"{summary.served} / {summary.workers}",
        f"{100 * summary.weight_gap:.2f}%",
        f"¥{summary.cost.total / 100:,.0f}",
        summary.planner,
    ):
        assert figure in before_scripts


def test_the_weight_gap_stands_beside_the_cost_gap(base: tuple[str, Page, dict[str, Any]]) -> None:
    html, _, _ = base
    assert html.index('id="card-weight-gap"') < html.index('id="card-gap"') < html.index('id="card-trip-gap"')


def test_a_plan_that_is_proven_best_says_so() -> None:
    plan = make_plan()
    best = with_summary(plan, weight_bound=plan.summary.weight, cost_bound_fen=plan.summary.cost.total)
    html, _, _ = report_of(best, make_scenario())
    assert "no plan that gathers as many points can cost less" in html
    assert "at most 0.00%" not in html


def test_both_languages_are_complete(base: tuple[str, Page, dict[str, Any]]) -> None:
    _, page, _ = base
    assert len(page.texts["zh"]) == len(page.texts["en"]) > 50
    assert not [text for text in page.texts["en"] if re.search("[\u4e00-\u9fff]", text)]
    chinese = json.loads(page.scripts["chinese"])
    assert "Who pays" in chinese
    assert all(text.strip() for text in page.texts["zh"])


@pytest.mark.parametrize(
    ("language", "lang"), [(Language.ZH, "zh"), (Language.EN, "en"), (Language.BOTH, "zh")]
)
def test_the_page_opens_in_a_language(language: Language, lang: str) -> None:
    assert f'<html lang="{lang}">' in render_report(make_plan(), make_scenario(), language)


def test_identity_numbers_are_absent_and_telephones_masked() -> None:
    scenario = change(make_scenario(), "workers", "W1", id_number="150302199001011234", phone="13800138000")
    html, _, data = report_of(make_plan(), scenario)
    assert "150302199001011234" not in html
    assert "13800138000" not in html
    assert next(person["phone"] for person in data["people"] if person["id"] == "W1") == "*******8000"


def test_a_name_cannot_end_the_script() -> None:
    name = "</script><script>alert(1)</script>&lt;"
    html, page, data = report_of(make_plan(), change(make_scenario(), "workers", "W1", name=name))
    assert "alert(1)</script>" not in html
    assert next(person["name"] for person in data["people"] if person["id"] == "W1") == name
    assert len([tag for tag, name, _ in page.attributes if (tag, name) == ("script", "id")]) == 2


def test_a_scenario_name_is_text() -> None:
    plan = with_summary(make_plan(), scenario="<b>spring</b>")
    html, _, _ = report_of(plan, with_policy(make_scenario(), name="<b>spring</b>"))
    assert "<b>spring</b>" not in html
    assert "&lt;b&gt;spring&lt;/b&gt;" in html


def test_trips_riders_and_limits(base: tuple[str, Page, dict[str, Any]]) -> None:
    _, _, data = base
    trips = {trip["id"]: trip for trip in data["trips"]}
    names = [place["id"] for place in data["places"]]
    people = [person["id"] for person in data["people"]]
    assert (trips["T1"]["seats"], trips["T1"]["limit"], trips["T2"]["limit"]) == (12, 10, 6)
    assert [[seat, people[p], names[a], names[b]] for seat, p, a, b in trips["T2"]["riders"]] == [
        [1, "Q1", "P1", "H1"],
        [2, "Q2", "P1", "H1"],
        [3, "Q3", "P1", "H1"],
    ]
    assert [stop[0] for stop in trips["T2"]["stops"]] == ["depart", "pickup", "drop", "return"]
    assert people[0] == "W1"
    assert names[data["people"][2]["enterprise"]] == "E2"  # the seeker J1, through the vacancy


def test_money_adds_up_to_the_fen(base: tuple[str, Page, dict[str, Any]]) -> None:
    _, _, data = base
    total = sum(share.total_fen for share in make_plan().shares)
    assert sum(sum(paid) for paid in data["payments"].values()) == total
    assert sum(sum(e["paid"]) for e in data["enterprises"]) == total


def test_coaches_and_rooms_day_by_day() -> None:
    busy = (
        make_busy("F1", "3", "2020-03-02", "2020-03-02"),
        make_busy("H1", "S2", "2020-03-03", "2020-03-09"),
    )
    scenario = change(make_scenario(busy=busy), "hotels", "H1", last_night=make_scenario().policy.last_day)
    _, _, data = report_of(make_plan(scenario), scenario)
    (fleet,), (hotel,) = data["fleets"], data["hotels"]
    assert (data["days"], fleet["out"], fleet["there"]) == (["2020-03-02"], [2], [2])
    assert fleet["trips"] == [[1, [0]], [2, [1]]]
    assert data["nights"] == ["2020-03-02", "2020-03-03", "2020-03-04"]
    assert (hotel["guests"], hotel["singles"], hotel["twins"]) == ([3] * 3, [1] * 3, [1] * 3)
    assert hotel["there"] == [4, 3, 3]


def test_enterprises_and_priorities(base: tuple[str, Page, dict[str, Any]]) -> None:
    _, _, data = base
    first, second = data["enterprises"]
    assert (first["restart"], first["back"], first["waiting"]) == ("running", 5, 5)
    assert (second["restart"], second["back"], second["waiting"]) == ("restarted", 1, 1)
    assert [(p["priority"], p["served"], p["behind"]) for p in data["priorities"]] == [(1, 5, 0), (4, 1, 1)]


def test_who_stays_behind_and_a_shared_detail_once() -> None:
    detail = "客房不足 / no room free"
    plan = leave_behind(leave_behind(make_plan(), "W1", Reason.NO_ROOM, detail), "W2", Reason.NO_ROOM, detail)
    scenario = make_scenario()
    _, _, data = report_of(settle(scenario, plan), scenario)
    assert data["reasons"] == [["no_seat", 1], ["no_room", 2]]
    short = ["客房不足", "no room free"]
    assert data["details"].count(short) == 1
    assert ["W1", "worker W1", "E1", "no_room", data["details"].index(short)] in data["behind"]


def test_a_plan_that_serves_nobody() -> None:
    scenario = make_scenario()
    plan = make_plan(scenario)
    for worker in scenario.workers:
        plan = leave_behind(plan, worker, Reason.SEARCH_ENDED)
    empty = settle(scenario, replace(plan, trips=()))
    html, _, data = report_of(empty, scenario)
    assert "0 / 7" in html
    assert data["days"] == data["nights"] == data["trips"] == []


def test_kept_trips_may_name_what_the_scenario_has_lost() -> None:
    full = make_scenario()
    plan = with_summary(make_plan(full), kept=("T1", "T2"))
    less = make_scenario(
        workers=[w for w in full.workers.values() if w.worker_id != "W1"],
        pickups=[full.pickups["P2"]],
        hotels=[],
        fleets=[replace(full.fleets["F1"], fleet_id="F2")],
        vacancies=[],
    )
    _, _, data = report_of(plan, less)
    lost = {place["id"] for place in data["places"] if place["kind"] == "lost"}
    assert lost == {"P1", "H1", "F1"}
    assert {trip["id"]: trip["kept"] for trip in data["trips"]} == {"T1": True, "T2": True}
    assert {trip["risk"] for trip in data["trips"]} == {Risk.LOW, Risk.MEDIUM}
    assert next(person for person in data["people"] if person["id"] == "W1")["name"] == ""
