"""The page of a phone in a real browser: with and without a network, with and without scripts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from data.schema import event as event_table
from data.trip_log import Logged, events
from tests.api.server.browsers import PLAIN_HOST, phone_of, served
from tests.api.server.coaches import PLAN, coaches
from tests.api.server.conftest import Server, running
from tests.databases import fresh_database
from workforce.closed_loop import BEIJING
from workforce.roles import Role
from workforce.triplog import Kind

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.slow  # each starts a server and a browser; make faults runs them
ABOARD_AT = datetime(2020, 3, 2, 8, 45, tzinfo=BEIJING)


@pytest.fixture
def site(tmp_path: Any, request: pytest.FixtureRequest) -> Iterator[tuple[Server, str]]:
    with fresh_database("sqlite", tmp_path, request) as url, running(url, tmp_path) as server:
        coaches(server, trips=1, riders=6)
        server.clock.at = ABOARD_AT.astimezone(UTC)
        with served(server) as found:
            yield found


@pytest.fixture
def phones(browser: Any, site: tuple[Server, str]) -> Iterator[Callable[..., Any]]:
    """Opens phones, and closes them before the server ends."""
    opened = []

    def one(**settings: Any) -> Any:
        opened.append(phone_of(browser, **settings))
        return opened[-1]

    yield one
    for context in opened:
        context.close()


def link_to(server: Server, url: str, **asked: Any) -> tuple[str, str]:
    """The address of a new link, and the code of the manifest."""
    planner = server.role(Role.PLANNER)
    made = server.client.post(f"/v1/trips/{PLAN}/T1/links", json=asked, headers=planner).json()
    code = server.client.get(f"/v1/trips/{PLAN}/T1/code", headers=planner).json()["code"]
    return f"{url}/field/{made['url'].rpartition('/')[2]}", code


def bound(context: Any, address: str, code: str) -> Any:
    page = context.new_page()
    page.goto(address)
    page.fill("input[name=code]", code)
    page.click("button.main")
    return page


def ready(context: Any, address: str, code: str) -> Any:
    """A bound phone that has its manifest."""
    page = bound(context, address, code)
    page.wait_for_selector("nav")
    return page


def logged(server: Server) -> list[Logged]:
    with server.services.database.read() as c:
        return events(c)


def row(page: Any, worker: str) -> Any:
    return page.locator(f"li[data-worker={worker}]")


def tap(page: Any, button: Any) -> None:
    """Tap what goes away with the tap, and wait until that has been sent."""
    found = button.element_handle()
    button.click()
    found.wait_for_element_state("hidden")
    wait_for(page, "全部已发送")


def wait_for(page: Any, text: str) -> None:
    playwright.expect(page.locator("#unsent")).to_contain_text(text)


def test_check_in_without_a_network_arrives_once_when_it_is_back(phones: Any, site: Any) -> None:
    server, url = site
    address, code = link_to(server, url)
    context = phones()
    page = bound(context, address, f"{(int(code) + 1) % 10_000:04d}")
    assert "设备码不正确" in page.text_content(".problem")
    page.fill("input[name=code]", code)
    page.click("button.main")
    page.wait_for_selector("nav")
    wait_for(page, "全部已发送")
    page.wait_for_selector("#app[data-kept=yes]", state="attached")  # by the service worker
    context.set_offline(True)
    for worker in ("W0101", "W0102"):
        row(page, worker).get_by_text("上车", exact=True).click()
    wait_for(page, "2 条未发送")
    page.reload()  # from what the service worker has kept
    wait_for(page, "2 条未发送")
    assert row(page, "W0101").locator(".state").inner_text() == "在车上"
    row(page, "W0103").locator("button.who").click()
    page.fill("#temperature", "37．6")
    seat = int(re.search(r"留观座位 (\d+)", page.text_content(".fever"))[1])
    page.click("dialog button.main")
    wait_for(page, "5 条未发送")
    assert logged(server) == []
    context.set_offline(False)
    wait_for(page, "全部已发送")
    assert row(page, "W0103").locator(".seat").inner_text() == str(seat) == "13"
    found = logged(server)
    assert [(e.event.kind, e.event.worker_id) for e in found] == [
        (Kind.BOARDED, "W0101"),
        (Kind.BOARDED, "W0102"),
        (Kind.MEASURED, "W0103"),
        (Kind.BOARDED, "W0103"),
        (Kind.SEATED, "W0103"),
    ]
    [device] = {e.event.device for e in found}
    assert device is not None and device.startswith("k_")
    # As the server's clock has it, whatever the phone's says.
    assert all(abs((e.event.happened_at - server.clock.at).total_seconds()) < 600 for e in found)


def test_a_lost_answer_is_no_second_report(phones: Any, site: Any) -> None:
    server, url = site
    context = phones()
    page = ready(context, *link_to(server, url))
    wait_for(page, "全部已发送")
    lost = []

    def lose_the_first_answers(route: Any) -> None:
        if len(lost) < 2:
            lost.append(route.fetch().status)  # the server has it
            route.abort()
        else:
            route.continue_()

    context.route("**/v1/events", lose_the_first_answers)
    row(page, "W0104").get_by_text("上车", exact=True).click()
    wait_for(page, "条未发送")
    wait_for(page, "全部已发送")
    assert lost == [200, 200]
    assert Counter(e.event.worker_id for e in logged(server)) == {"W0104": 1}


def test_two_phones_see_each_other_and_a_stale_absence_takes_nobody_off(phones: Any, site: Any) -> None:
    server, url = site
    link = link_to(server, url)
    contexts = [phones() for _ in range(2)]
    first, second = (ready(context, *link) for context in contexts)
    for page in (first, second):
        wait_for(page, "全部已发送")
    contexts[1].set_offline(True)
    row(second, "W0105").locator("button.who").click()
    second.get_by_text("未到场", exact=True).click()
    wait_for(second, "1 条未发送")
    assert row(second, "W0105").locator(".state").inner_text() == "未到场"
    with first.expect_response("**/v1/events"):
        row(first, "W0105").get_by_text("上车", exact=True).click()
    contexts[1].set_offline(False)
    row(second, "W0105").locator(".state.aboard").wait_for()
    assert [e.event.kind for e in logged(server)] == [Kind.BOARDED, Kind.MISSING]


def test_a_refused_report_stays_in_sight_and_keeps_no_other_back(phones: Any, site: Any) -> None:
    server, url = site
    context = phones()
    page = ready(context, *link_to(server, url))
    wait_for(page, "全部已发送")
    context.set_offline(True)
    page.goto(page.url.partition("#")[0] + "#handover")
    page.fill("#heads-4", "3")
    page.locator("#heads-4").locator("xpath=../..").get_by_text("确认人数").click()
    wait_for(page, "1 条未发送")
    page.evaluate(
        """async () => {  // as a page of an older form would have queued it
          const { openStore } = await import("/static/field-store.js");
          const store = await openStore(document.getElementById("app").dataset.link);
          const [one] = await store.all();
          await store.put([{ ...one, report: { ...one.report, says: { heads: "three" } } }]);
        }"""
    )
    page.click("nav a[href='#checkin']")
    row(page, "W0101").get_by_text("上车", exact=True).click()
    wait_for(page, "2 条未发送")
    context.set_offline(False)
    wait_for(page, "1 条被拒收")
    wait_for(page, "全部已发送")
    page.click("#unsent")
    said = page.locator("li.refused").inner_text()
    assert "heads" in said and "重新发送" in said
    assert [e.event.kind for e in logged(server)] == [Kind.BOARDED]


def test_what_was_tapped_by_mistake_is_taken_back_even_before_it_was_sent(phones: Any, site: Any) -> None:
    server, url = site
    context = phones()
    page = ready(context, *link_to(server, url))
    wait_for(page, "全部已发送")
    context.set_offline(True)
    row(page, "W0102").get_by_text("上车", exact=True).click()
    wait_for(page, "1 条未发送")
    page.click("#unsent")
    page.get_by_text("更正撤回").click()
    page.fill("dialog input", "点错了人")
    page.click("dialog button.main")
    wait_for(page, "2 条未发送")
    page.click("nav a[href='#checkin']")
    assert row(page, "W0102").get_attribute("class") == "expected"
    context.set_offline(False)
    wait_for(page, "全部已发送")
    boarded, voided = logged(server)
    assert (voided.event.kind, voided.event.says["event"]) == (Kind.VOIDED, boarded.seq)
    row(page, "W0102").get_by_text("上车", exact=True).wait_for()


def test_what_is_typed_stays_while_others_report(phones: Any, site: Any) -> None:
    server, url = site
    link = link_to(server, url)
    first, second = (ready(phones(), *link) for _ in range(2))
    second.click("nav a[href='#handover']")
    tap(first, row(first, "W0101").get_by_text("上车", exact=True))
    second.evaluate("dispatchEvent(new Event('online'))")  # looks at what others have reported
    second.locator("summary", has_text="以下人员除外").first.click()
    second.uncheck("#off-W0101")
    second.fill("#carrier-4", "赵带")
    tap(first, row(first, "W0103").get_by_text("上车", exact=True))
    second.evaluate("dispatchEvent(new Event('online'))")
    second.wait_for_selector("#off-W0103")
    assert second.input_value("#carrier-4") == "赵带"
    assert [second.is_checked(f"#off-{worker}") for worker in ("W0101", "W0103")] == [False, True]
    tap(second, second.get_by_text("1 人在此下车"))
    assert {e.event.worker_id for e in logged(server) if e.event.kind is Kind.ALIGHTED} == {"W0103"}


def test_over_plain_http_the_open_page_keeps_its_queue(phones: Any, site: Any) -> None:
    """Without a service worker, a camera or crypto.randomUUID."""
    server, url = site
    address, code = link_to(server, url)
    context = phones(locale="en-GB")
    page = ready(context, address.replace("127.0.0.1", PLAIN_HOST), code)
    wait_for(page, "All sent")
    assert page.evaluate("[window.isSecureContext, 'serviceWorker' in navigator, !!crypto.randomUUID]") == [
        False,
        False,
        False,
    ]
    context.set_offline(True)
    row(page, "W0101").get_by_text("Board", exact=True).click()
    wait_for(page, "1 unsent")
    context.set_offline(False)
    wait_for(page, "All sent")
    assert [e.event.worker_id for e in logged(server)] == ["W0101"]


def test_without_scripts_the_plain_forms_do(phones: Any, site: Any) -> None:
    server, url = site
    context = phones(java_script_enabled=False)
    page = bound(context, *link_to(server, url))
    page.wait_for_url("**/plain")
    form = page.locator("form", has=page.locator("input[name=worker_id][value=W0101]"))
    form.filter(has=page.locator("input[name=kind][value=boarded]")).locator("button").click()
    page.wait_for_url("**/plain")
    assert page.locator("summary", has_text="在车上").count() == 1
    page.go_back()
    with server.services.database.read() as c:
        assert c.execute(select(event_table.c.kind)).scalars().all() == ["boarded"]


def test_a_browser_that_keeps_nothing_is_led_to_the_plain_forms(phones: Any, site: Any) -> None:
    server, url = site
    context = phones()
    context.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
    page = bound(context, *link_to(server, url))
    page.wait_for_url("**/plain")
    assert page.locator("form").count() > 10


def test_the_whole_way_of_a_trip_on_one_phone(phones: Any, site: Any) -> None:
    server, url = site
    context = phones()
    page = ready(context, *link_to(server, url))
    wait_for(page, "全部已发送")

    def next_is(step: str) -> None:
        page.locator("a.next b").get_by_text(step, exact=True).wait_for()

    page.click("nav a[href='#stages']")
    next_is("登记车牌和驾驶员")
    page.fill("#vehicle_named-plate", "陕F12345")
    page.fill("#vehicle_named-drivers", "张三、李四")
    page.get_by_text("登记", exact=True).click()
    page.get_by_text("锁定名单（6 人）").first.click()
    for label in ("驶离出车", "到达汉台客运站"):
        page.locator("button.main.big", has_text=label).click()
    next_is("汉台客运站：还有 3 人待点名")
    page.click("a.next")
    for worker in ("W0101", "W0102"):
        row(page, worker).get_by_text("上车", exact=True).click()
    row(page, "W0103").locator("button.who").click()
    page.get_by_text("未到场", exact=True).click()
    page.click("nav a[href='#stages']")
    for label in ("驶离汉台客运站", "到达南郑汽车站"):
        page.locator("button.main.big", has_text=label).click()
    next_is("南郑汽车站：还有 3 人待点名")
    page.click("a.next")
    for worker in ("W0104", "W0105", "W0106"):
        row(page, worker).get_by_text("上车", exact=True).click()
    page.click("nav a[href='#stages']")
    for label in ("驶离南郑汽车站", "到达云溪快捷酒店"):
        page.locator("button.main.big", has_text=label).click()
    next_is("云溪快捷酒店：2 人下车")
    page.click("a.next")
    page.get_by_text("以下人员除外").first.click()
    page.locator("input[data-worker=W0105]").first.uncheck()
    page.get_by_text("1 人在此下车").click()
    next_is("云溪快捷酒店：1 人下车")
    wait_for(page, "全部已发送")
    kinds = Counter(e.event.kind for e in logged(server))
    assert (kinds[Kind.BOARDED], kinds[Kind.ALIGHTED], kinds[Kind.REACHED], kinds[Kind.LEFT]) == (5, 1, 3, 3)
    assert page.locator("button.main", has_text="0 人在此下车").is_disabled()
    page.locator("input[data-worker=W0105]").check()
    page.get_by_text("1 人在此下车").click()
    playwright.expect(page.locator("#heads-4")).to_have_value("2")
    page.locator("form", has=page.locator("#heads-4")).locator("button").click()
    for side in ("carrier", "receiver"):
        page.fill(f"#{side}-4", "王五")
        page.locator("form", has=page.locator(f"#{side}-4")).locator("button").click()
    next_is("从云溪快捷酒店发车")
    wait_for(page, "全部已发送")
    told = {e.event.kind: e.event for e in logged(server)}
    assert told[Kind.COUNTED].says == {"heads": 2} and told[Kind.SIGNED].says == {"side": "receiver"}
    assert "王五" not in str(told[Kind.SIGNED].content())


QUEUE = (Path(__file__).parent / "field_queue.js").read_text("utf-8")


def test_the_queue_sends_in_order_and_each_once(phones: Any, site: Any) -> None:
    page = phones().new_page()
    page.goto(f"{site[1]}/my")
    told = page.evaluate(QUEUE)
    assert told["waits_for_its_number"] == ["a"]
    assert told["then_goes"] == [["b", 41], ["c", None]]
    assert (told["most"], told["unsent"]) == (2, 2)
    # The bad one of a batch is found by sending one by one, and kept with its reason.
    assert told["sent"] == [["a", "bad", "c"], ["a"], ["bad", "c"], ["bad"], ["c"]]
    assert told["states"] == [
        ["a", "recorded", None],
        ["bad", "refused", "invalid"],
        ["c", "recorded", None],
    ]
    assert told["ends"] is None
    assert told["pauses"] == [1000, 9000, 4000, 60_000]
    # The clock is a little behind the last tap, before it, or was wrong by an hour.
    assert told["moments"] == ["08:00:00.501", "08:00:00.900", "07:00:00.000", "08:00:00.000"]
    assert (told["locked_out"], told["still_waits"]) == ("not_signed_in", 1)
    assert told["last"] == [None, 0, None]
    assert told["longest"] == 60_000 and told["spread"] == [2000, 4000]
    assert told["at_once"] == [[None, None, None], 1]
    assert told["nonces"] == 1000
