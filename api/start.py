"""The entry point of the installed command: heeds signals before it loads anything that takes time."""

from __future__ import annotations

import os
import signal
import sys
from types import FrameType
from typing import NoReturn

GIVEN_UP = 130  # exit status


def main() -> None:
    """Load the command line and run it; Ctrl-C while it loads ends it as later, with nothing written."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end)
    from api.cli import main as run

    run()


def _end(number: int, frame: FrameType | None) -> NoReturn:
    # An exception might be lost in whatever is being loaded, and the catalogue of texts is not loaded yet.
    print("已放弃。\nGiven up.", file=sys.stderr, flush=True)
    os._exit(GIVEN_UP)
