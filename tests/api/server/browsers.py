"""Real browsers in tests: a server on the loopback, and Debian's chromium."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import uvicorn

from api.server.app import create_app
from tests.api.server.conftest import Server

NAMES = ("chromium", "chromium-browser", "google-chrome")
# A name that is not the loopback's, so that the browser takes the page for one over plain HTTP.
PLAIN_HOST = "phone.test"


def chromium() -> str | None:
    """The program of a chromium; None: there is none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


@contextmanager
def served(server: Server) -> Iterator[tuple[Server, str]]:
    """The same services behind a socket, with links that lead to it."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        settings = replace(
            server.services.settings,
            public_url=url,
            requests_per_minute=10**9,
            requests_per_minute_of_address=10**9,
        )
        app = create_app(replace(server.services, settings=settings))
        behind = uvicorn.Server(
            uvicorn.Config(app, log_level="critical", access_log=False, timeout_graceful_shutdown=1)
        )
        thread = threading.Thread(target=behind.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not behind.started:
            assert thread.is_alive()
            time.sleep(0.02)
        try:
            yield server, url
        finally:
            behind.should_exit = True
            thread.join(60)


def launched(playwright: Any) -> Any:
    """A browser; to a computer's administrator chromium shows no sandbox."""
    options = [f"--host-resolver-rules=MAP {PLAIN_HOST} 127.0.0.1"]
    options += ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=chromium(), args=options)


def phone_of(browser: Any, **settings: Any) -> Any:
    """A browser's context with a phone's screen."""
    shape = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "locale": "zh-CN"}
    context = browser.new_context(**{**shape, **settings})
    context.set_default_timeout(20_000)
    return context
