"""The pictures of docs/field.md: the page of a phone, on a server with invented people."""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from tests.api.server.browsers import chromium, launched, phone_of, served
from tests.api.server.coaches import PLAN, coaches
from tests.api.server.conftest import running
from workforce.closed_loop import BEIJING
from workforce.roles import Role


def main() -> None:
    if chromium() is None:
        sys.exit("No chromium is installed. 未安装 chromium。")
    out = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        with running(f"sqlite:///{where / 'guicheng.sqlite'}", where) as server:
            coaches(server, trips=1, riders=12)
            server.clock.at = datetime(2020, 3, 2, 8, 45, tzinfo=BEIJING).astimezone(UTC)
            planner = server.role(Role.PLANNER)
            path = f"/v1/trips/{PLAN}/T1"
            made = server.client.post(f"{path}/links", json={}, headers=planner).json()
            code = server.client.get(f"{path}/code", headers=planner).json()["code"]
            with served(server) as (_, url), sync_playwright() as playwright:
                browser = launched(playwright)
                address = f"{url}/field/{made['url'].rpartition('/')[2]}"
                offline_in_chinese(browser, address, code, out / "field-zh.png")
                handed_over_in_english(browser, address, code, out / "field-en.png")
                browser.close()


def opened(browser: Any, address: str, code: str, locale: str) -> Any:
    page = phone_of(browser, locale=locale).new_page()
    page.goto(address)
    page.fill("input[name=code]", code)
    page.click("button.main")
    page.wait_for_selector("#unsent.sent")
    return page


def offline_in_chinese(browser: Any, address: str, code: str, picture: Path) -> None:
    page = opened(browser, address, code, "zh-CN")
    page.click("nav a[href='#stages']")
    page.fill("#vehicle_named-plate", "蒙C12345")
    page.fill("#vehicle_named-drivers", "张三")
    page.get_by_text("登记", exact=True).click()
    page.get_by_text("锁定名单（12 人）").first.click()
    for label in ("驶离出车", "到达汉台客运站"):
        page.locator("button.main.big", has_text=label).click()
    page.click("nav a[href='#checkin']")
    page.wait_for_selector("#unsent.sent")
    page.context.set_offline(True)
    for worker in ("W0101", "W0102", "W0103"):
        page.locator(f"li[data-worker={worker}] button.main").click()
    page.locator("li[data-worker=W0104] button.who").click()
    page.fill("#temperature", "37.6")
    page.click("dialog button.main")
    page.wait_for_selector("li[data-worker=W0104].aboard")
    page.get_by_text("无网络").wait_for()
    page.screenshot(path=picture)
    page.context.set_offline(False)
    page.wait_for_selector("#unsent.sent")
    page.context.close()


def handed_over_in_english(browser: Any, address: str, code: str, picture: Path) -> None:
    page = opened(browser, address, code, "en-GB")
    page.click("nav a[href='#stages']")
    for stop, label in (("汉台", "Left"), ("南郑", "Reached"), ("南郑", "Left"), ("快捷", "Reached")):
        page.locator(".stops li", has_text=stop).get_by_text(label, exact=True).click()
    page.click("nav a[href='#handover']")
    page.locator("section button.main").first.click()
    page.locator("form", has=page.locator("#heads-4")).locator("button").click()
    page.fill("#carrier-4", "Zhang San")
    page.locator("form", has=page.locator("#carrier-4")).locator("button").click()
    page.wait_for_selector("#unsent.sent")
    page.evaluate("scrollTo(0, 0)")
    page.screenshot(path=picture)
    page.context.close()


if __name__ == "__main__":
    main()
