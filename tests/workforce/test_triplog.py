"""The bytes of an event: one form, read back as what was written, and nothing else is taken for one."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from workforce.triplog import Event, Kind, Unsound, event_of, read_event, to_the_millisecond, written

AT = datetime(2020, 3, 2, 0, 41, 0, 7000, tzinfo=UTC)
EVENT = Event(
    Kind.BOARDED, "nonce-01", AT, AT, "a_1", "d_1", "p_1", "T1", "W1", None, {"seat": 7}, b"\x01" * 32
)


def changed(**told: Any) -> bytes:
    content = {**json.loads(EVENT.content()), **told}
    return json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def test_an_event_is_read_back_from_its_bytes() -> None:
    assert EVENT.content() == changed() and event_of(EVENT.content()) == EVENT
    assert b'"at":"2020-03-02T00:41:00.007Z"' in EVENT.content() and b"place" not in EVENT.content()
    bare = Event(Kind.NOTED, "nonce-02", AT, AT, "a_1")
    assert event_of(bare.content()) == bare and b"says" not in bare.content()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"\xff" + EVENT.content(),
        EVENT.content() + b" ",
        EVENT.content().decode().encode("utf-16"),
        changed(v=2),
        changed(kind="teleported"),
        changed(more=1),
        changed(says=[]),
        changed(says={}),
        changed(worker=7),
        changed(place=None),
        changed(detail="AA" * 32),
        changed(at="2020-03-02T00:41:00Z"),
        changed(at="2020-03-02T00:41:00.007"),
        changed(at="2020-03-02T08:41:00.007+08:00"),
        changed(at="0001-01-01T00:00:00.000+08:00"),
        EVENT.content().replace(b"a_1", b"\\ud800"),  # half a character
        EVENT.content().replace(b'"seat":7', b'"seat":' + b"[" * 100_000 + b"]" * 100_000),
    ],
)
def test_other_bytes_are_no_event(content: bytes) -> None:
    with pytest.raises(Unsound):
        event_of(content)


def test_bytes_that_were_looked_at_are_read_in_any_form() -> None:
    assert read_event(EVENT.content() + b" ") == EVENT
    with pytest.raises(Unsound):
        read_event(changed(kind="teleported"))


def test_a_moment_is_written_in_one_form_whatever_its_zone() -> None:
    there = AT.astimezone(timezone(timedelta(hours=8)))
    assert written(there) == written(AT) == "2020-03-02T00:41:00.007Z"
    assert written(AT.replace(microsecond=7999)) == "2020-03-02T00:41:00.007Z"
    cut = to_the_millisecond(there.replace(microsecond=7999))
    assert cut == AT and cut.tzinfo is UTC
