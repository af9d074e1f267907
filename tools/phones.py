"""Fifty phones in the field for an hour of simulated time, on connections that come and go.

Two are real browsers in which somebody taps; the others run the same queue (``field-queue.js``) over
simulated time, with requests and answers that are lost or come twice.  Afterwards every tap must be
in the trip log, once, and those of a phone in their order.  Everything stays on this machine.
"""

from __future__ import annotations

import argparse
import logging
import sys
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import structlog
from fastapi.testclient import TestClient
from playwright.sync_api import TimeoutError, sync_playwright
from sqlalchemy import select

from data.observation import move_nonce
from data.schema import event
from tests.api.server.browsers import chromium, launched, phone_of, served
from tests.api.server.coaches import PLAN, coaches, rider, trip_id
from tests.api.server.conftest import Server, running
from workforce.closed_loop import BEIJING
from workforce.roles import Role
from workforce.triplog import event_of

RIDERS, PER_TRIP = 40, 6  # people on a coach, and phones at its doors
BEGIN = datetime(2020, 3, 2, 8, 30, tzinfo=BEIJING)
STEP = timedelta(minutes=2)
KEPT = """async () => {
  const { openStore } = await import("/static/field-store.js");
  return await (await openStore(document.getElementById("app").dataset.link)).all();
}"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--phones", type=int, default=50, help="of which two are real browsers")
    parser.add_argument("--minutes", type=int, default=60)
    parser.add_argument("--taps", type=int, default=40, help="of each simulated phone")
    parser.add_argument("--seed", type=int, default=11)
    asked = parser.parse_args()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    if chromium() is None:
        sys.exit("No chromium is installed. 未安装 chromium。")
    trips = -(-asked.phones // PER_TRIP)
    with tempfile.TemporaryDirectory() as folder:
        where = Path(folder)
        with running(f"sqlite:///{where / 'guicheng.sqlite'}", where) as server:
            coaches(server, trips, RIDERS)
            server.clock.at = BEGIN.astimezone(UTC)
            with served(server) as (_, url), sync_playwright() as playwright:
                browser = launched(playwright)
                found = play(server, url, browser, asked, Random(asked.seed), trips)
                browser.close()
            return judged(server, *found)


def play(
    server: Server, url: str, browser: Any, asked: argparse.Namespace, chance: Random, trips: int
) -> tuple[Mapping[str, Any], Sequence[Sequence[Mapping[str, Any]]]]:
    """What the simulated phones tell, and what each browser has kept."""
    keys = [key_of(server, url, number % (trips - 1)) for number in range(asked.phones - 2)]
    phones = [
        {
            "key": key,
            "device": f"k_{key.split('_')[1]}",
            "reports": taps(chance, number % (trips - 1), asked.taps),
        }
        for number, key in enumerate(keys)
    ]
    simulation = (Path(__file__).parent / "phones.js").read_text("utf-8")
    over = browser.new_context().new_page()
    over.goto(f"{url}/my")
    at = int(BEGIN.timestamp() * 1000)
    told = over.evaluate(
        simulation, {"phones": phones, "seed": asked.seed, "minutes": asked.minutes, "at": at}
    )
    kept = tap_in_browsers(server, url, browser, asked, chance, trips - 1)
    return told, kept


def taps(chance: Random, coach: int, count: int) -> list[dict[str, Any]]:
    """What somebody at a door of a coach reports in an hour."""
    found: list[dict[str, Any]] = []
    for _ in range(count):
        worker = {"worker_id": rider(coach, chance.randrange(RIDERS))}
        found.append(
            chance.choice(
                [
                    {"kind": "boarded", **worker},
                    {"kind": "missing", **worker, "says": {"why": "no_show"}},
                    {"kind": "delayed", "says": {"minutes": chance.randrange(90)}},
                    {
                        "kind": "measured",
                        **worker,
                        "says": {"where": "door"},
                        "details": {"temperature": f"{chance.uniform(36, 38):.1f}"},
                    },
                ]
            )
        )
    return found


def link_to(server: Server, coach: int) -> tuple[str, str]:
    """A new link's secret, and the code of the paper manifest."""
    planner = server.role(Role.PLANNER)
    path = f"/v1/trips/{PLAN}/{trip_id(coach)}"
    made = server.client.post(f"{path}/links", json={"phones": 2}, headers=planner).json()
    code = server.client.get(f"{path}/code", headers=planner).json()["code"]
    return made["url"].rpartition("/")[2], code


def key_of(server: Server, url: str, coach: int) -> str:
    """The key of a phone that was bound as a browser is."""
    secret, code = link_to(server, coach)
    with TestClient(server.client.app) as fresh:
        bound = fresh.post(f"/field/{secret}", data={"code": code}, follow_redirects=False)
        return next(iter(bound.cookies.values()))


def tap_in_browsers(
    server: Server, url: str, browser: Any, asked: argparse.Namespace, chance: Random, coach: int
) -> list[list[dict[str, Any]]]:
    """Two phones at one door: somebody taps every two minutes, the network comes and goes."""
    secret, code = link_to(server, coach)
    contexts = [phone_of(browser) for _ in range(2)]
    pages = []
    for context in contexts:
        page = context.new_page()
        page.clock.install(time=BEGIN)
        page.goto(f"{url}/field/{secret}")
        page.fill("input[name=code]", code)
        page.click("button.main")
        page.wait_for_selector("#unsent.sent")
        pages.append(page)
    steps = int(timedelta(minutes=asked.minutes) / STEP)
    for _ in range(steps):
        server.clock.pass_by(STEP)
        for context, page in zip(contexts, pages, strict=True):
            context.set_offline(chance.random() < 0.6)
            tap(page, chance)
            page.clock.run_for(STEP)
    for context, page in zip(contexts, pages, strict=True):
        context.set_offline(False)
        for _ in range(60):
            page.clock.run_for(60_000)
            if page.locator("#unsent.sent").count():
                break
    kept = [page.evaluate(KEPT) for page in pages]
    for context in contexts:
        context.close()
    return kept


def tap(page: Any, chance: Random) -> None:
    """Board somebody in one tap, or take a temperature."""
    waiting = page.locator("li.expected button.main")
    while waiting.count() and chance.random() < 0.7:
        try:
            waiting.nth(chance.randrange(waiting.count())).click(timeout=3000)
            return
        except TimeoutError:  # the other phone has boarded them meanwhile, and the list is a new one
            continue
    page.locator("li button.who").nth(chance.randrange(RIDERS)).click()
    page.fill("#temperature", f"{chance.uniform(36, 38):.1f}")
    page.get_by_text("仅测温", exact=True).click()


def judged(server: Server, told: Mapping[str, Any], kept: Sequence[Sequence[Mapping[str, Any]]]) -> int:
    """Print what there is to be seen; 0 if every tap is in the log, once and in order."""
    with server.services.database.read() as c:
        rows = c.execute(select(event.c.seq, event.c.nonce, event.c.content).order_by(event.c.seq)).all()
    order: dict[str, list[str]] = {}
    for row in rows:
        order.setdefault(str(event_of(row.content).device), []).append(row.nonce)
    queues = [[one["nonce"] for one in queue] for queue in kept]
    tapped = [nonce for of_phone in [*told["nonces"].values(), *queues] for nonce in of_phone]
    moves = {move_nonce(nonce) for nonce in tapped}  # of the feverish, which the server adds itself
    logged = [row.nonce for row in rows if row.nonce not in moves]
    in_order = all(order.get(device) == nonces for device, nonces in told["nonces"].items()) and all(
        nonces in list(order.values()) for nonces in queues
    )
    left = told["left"] + sum(one["state"] == "waiting" for queue in kept for one in queue)
    refused = [
        *told["refused"],
        *(one["code"] for queue in kept for one in queue if one["state"] == "refused"),
    ]
    print(f"{len(told['nonces'])} simulated phones: {told['taps']} taps in {told['minutes']} min, ", end="")
    print(
        f"{told['batches']} batches, {told['requests']} requests; {told['unreached']} never reached the ",
        end="",
    )
    print(f"server, {told['answers_lost']} answers lost, {told['doubled']} came twice")
    print(f"{len(queues)} browsers: {', '.join(str(len(queue)) for queue in queues)} reports")
    print(f"log: {len(rows)} events, {len(rows) - len(logged)} of them moves of the feverish; ", end="")
    print(f"{len(set(logged))} nonces of the others; tapped: {len(tapped)}")
    print(
        f"missing: {len(set(tapped) - set(logged))}, not tapped: {len(set(logged) - set(tapped))}, ", end=""
    )
    print(f"unsent: {left}, refused: {len(refused)}, in order: {'yes' if in_order else 'no'}")
    good = sorted(tapped) == sorted(logged) and in_order and not left and not refused
    print("every tap arrived exactly once" if good else "FAILED")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
