"""The events of the trip log: what can happen on the way back, and the bytes that prove it.

An event has a public part, which is hashed into the log for good and names people by their ids alone,
and a personal part (temperatures, names of drivers and signers, free words), of which the log holds a
salted commitment.  So a person can be forgotten while every proof still holds.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson

from workforce.faults import Text

VERSION = 1
NOTHING: Mapping[str, Any] = MappingProxyType({})


class Kind(StrEnum):
    """What happened."""

    # Of a trip.
    VEHICLE_NAMED = "vehicle_named"
    DESTINATION_CONFIRMED = "destination_confirmed"
    DESTINATION_DECLINED = "destination_declined"
    KITS_RECEIVED = "kits_received"
    KITS_ISSUED = "kits_issued"
    ROSTER_CLOSED = "roster_closed"
    TRIP_CANCELLED = "trip_cancelled"
    REACHED = "reached"
    LEFT = "left"
    DELAYED = "delayed"
    BROKE_DOWN = "broke_down"
    WENT_ON = "went_on"
    ROAD_CLOSED = "road_closed"
    ENTRY_REFUSED = "entry_refused"
    VEHICLE_CHANGED = "vehicle_changed"
    DRIVERS_CHANGED = "drivers_changed"
    COUNTED = "counted"
    SIGNED = "signed"
    # Of a worker.
    MEASURED = "measured"
    BOARDED = "boarded"
    SEATED = "seated"
    MISSING = "missing"
    WITHDREW = "withdrew"
    ALIGHTED = "alighted"
    CHECKED_IN = "checked_in"
    ROOM_MOVED = "room_moved"
    OBSERVATION_BEGAN = "observation_began"
    OBSERVATION_ENDED = "observation_ended"
    HOTEL_LEFT = "hotel_left"
    QUARANTINE_EXTENDED = "quarantine_extended"
    RELEASED = "released"
    TRANSFERRED = "transferred"
    ARRIVED = "arrived"
    # Of anything.
    VOIDED = "voided"
    NOTED = "noted"


class Stage(StrEnum):
    """The five stages of the closed loop."""

    ORGANISED = "organised"  # 出发有组织
    MONITORED = "monitored"  # 健康有监测
    GUARANTEED = "guaranteed"  # 运输有保障
    HANDED_OVER = "handed_over"  # 运达有交接
    TRACEABLE = "traceable"  # 全程可追溯


class Where(StrEnum):
    """Where somebody's temperature was taken."""

    HOME = "home"
    DOOR = "door"
    ROAD = "road"
    HOTEL = "hotel"


class Missing(StrEnum):
    """Why somebody on the roster is not there."""

    NO_SHOW = "no_show"
    OTHER_COACH = "other_coach"
    LEFT_ON_WAY = "left_on_way"
    OTHER = "other"


class Side(StrEnum):
    """Who signs a hand-over."""

    CARRIER = "carrier"
    RECEIVER = "receiver"


class Kit(StrEnum):
    MASK = "mask"  # one each
    THERMOMETER = "thermometer"
    DISINFECTANT = "disinfectant"  # bottles of half a litre


class Temperature(str):
    """Degrees Celsius with one decimal, 30.0 to 45.0."""


class Day(str):
    """A local day, ``YYYY-MM-DD``."""


@dataclass(frozen=True, slots=True)
class Form:
    """What an event of a kind must and may say.

    Attributes:
        subjects: those of ``trip``, ``worker``, ``place`` that it must name.
        says: its public values by name: a type, or the enum of their words; names that end in ``?``
            may be absent.
        details: its personal values, likewise.
    """

    stage: Stage
    title: Text
    subjects: frozenset[str]
    says: Mapping[str, type] = field(default_factory=dict)
    details: Mapping[str, type] = field(default_factory=dict)


def _form(
    stage: Stage,
    zh: str,
    en: str,
    subjects: str,
    says: Mapping[str, type] | None = None,
    details: Mapping[str, type] | None = None,
) -> Form:
    return Form(stage, Text(zh, en), frozenset(subjects.split()), says or {}, details or {})


_NOTE = {"note?": str}
_CREW = {"driver_names": list, "driver_phones?": list}
_HEALTH = {"temperature?": Temperature, "symptoms?": list, "note?": str}

FORMS: Mapping[Kind, Form] = {
    Kind.VEHICLE_NAMED: _form(
        Stage.ORGANISED, "车牌和驾驶员已确定", "plate and drivers named", "trip", {"plate": str}, _CREW
    ),
    Kind.DESTINATION_CONFIRMED: _form(
        Stage.ORGANISED,
        "目的地确认接收",
        "destination will receive",
        "trip place",
        {"heads": int},
        {"name?": str},
    ),
    Kind.DESTINATION_DECLINED: _form(
        Stage.ORGANISED, "目的地不能接收", "destination will not receive", "trip place", {}, _NOTE
    ),
    Kind.KITS_RECEIVED: _form(
        Stage.ORGANISED, "防护物资入库", "kits came in", "place", {"kit": Kit, "count": int}, _NOTE
    ),
    Kind.KITS_ISSUED: _form(
        Stage.ORGANISED, "防护物资发放", "kits issued", "place", {"kit": Kit, "count": int}, _NOTE
    ),
    Kind.ROSTER_CLOSED: _form(Stage.ORGANISED, "名单已锁定", "roster closed", "trip", {"riders": int}),
    Kind.TRIP_CANCELLED: _form(Stage.ORGANISED, "车次取消", "trip cancelled", "trip", {}, _NOTE),
    Kind.REACHED: _form(Stage.GUARANTEED, "到达停靠点", "stop reached", "trip", {"stop": int}),
    Kind.LEFT: _form(Stage.GUARANTEED, "驶离停靠点", "stop left", "trip", {"stop": int}),
    Kind.DELAYED: _form(Stage.GUARANTEED, "晚点", "delayed", "trip", {"minutes": int}, _NOTE),
    Kind.BROKE_DOWN: _form(Stage.GUARANTEED, "车辆故障", "broke down", "trip", {}, _NOTE),
    Kind.WENT_ON: _form(Stage.GUARANTEED, "继续行驶", "went on", "trip", {}, _NOTE),
    Kind.ROAD_CLOSED: _form(Stage.GUARANTEED, "道路封闭", "road closed", "trip", {}, _NOTE),
    Kind.ENTRY_REFUSED: _form(Stage.GUARANTEED, "被拒绝进入", "entry refused", "trip place", {}, _NOTE),
    Kind.VEHICLE_CHANGED: _form(
        Stage.GUARANTEED,
        "更换车辆",
        "vehicle changed",
        "trip",
        {"plate": str, "operator?": str, "cost_fen?": int},
        {"driver_names?": list, "driver_phones?": list, "note?": str},
    ),
    Kind.DRIVERS_CHANGED: _form(Stage.GUARANTEED, "更换驾驶员", "drivers changed", "trip", {}, _CREW),
    Kind.COUNTED: _form(Stage.HANDED_OVER, "清点人数", "heads counted", "trip place", {"heads": int}),
    Kind.SIGNED: _form(
        Stage.HANDED_OVER, "交接签字", "hand-over signed", "trip place", {"side": Side}, {"name": str}
    ),
    Kind.MEASURED: _form(Stage.MONITORED, "测体温", "temperature taken", "worker", {"where": Where}, _HEALTH),
    Kind.BOARDED: _form(Stage.GUARANTEED, "上车", "boarded", "trip worker", {"seat?": int}),
    Kind.SEATED: _form(Stage.MONITORED, "换座", "moved to a seat", "trip worker", {"seat": int}),
    Kind.MISSING: _form(
        Stage.HANDED_OVER, "未到说明", "absence explained", "trip worker", {"why": Missing}, _NOTE
    ),
    Kind.WITHDREW: _form(Stage.ORGANISED, "本人放弃", "withdrew", "worker", {}, _NOTE),
    Kind.ALIGHTED: _form(Stage.HANDED_OVER, "下车", "alighted", "trip worker"),
    Kind.CHECKED_IN: _form(Stage.TRACEABLE, "入住", "checked in", "worker place", {"room": str}),
    Kind.ROOM_MOVED: _form(Stage.TRACEABLE, "换房", "moved room", "worker place", {"room": str}),
    Kind.OBSERVATION_BEGAN: _form(
        Stage.TRACEABLE, "开始医学观察", "medical observation began", "worker", {}, _HEALTH
    ),
    Kind.OBSERVATION_ENDED: _form(
        Stage.TRACEABLE, "医学观察结束", "medical observation ended", "worker", {}, _NOTE
    ),
    Kind.HOTEL_LEFT: _form(Stage.TRACEABLE, "离开隔离点", "left the hotel", "worker", {}, _NOTE),
    Kind.QUARANTINE_EXTENDED: _form(
        Stage.TRACEABLE, "隔离顺延", "quarantine extended", "worker", {"until": Day}, _NOTE
    ),
    Kind.RELEASED: _form(Stage.TRACEABLE, "解除隔离", "released", "worker", {"certificate?": str}),
    Kind.TRANSFERRED: _form(Stage.TRACEABLE, "送往企业", "on the way to work", "worker"),
    Kind.ARRIVED: _form(Stage.TRACEABLE, "到岗", "arrived at work", "worker place"),
    Kind.VOIDED: _form(Stage.TRACEABLE, "更正", "voided", "", {"event": int}, {"note": str}),
    Kind.NOTED: _form(Stage.TRACEABLE, "备注", "noted", "", {}, {"note": str}),
}


class Unsound(ValueError):
    """The bytes are not those of an event."""


class Event(NamedTuple):
    """One thing that happened.

    Attributes:
        nonce: chosen by whoever reports it; a repeated report has the same one.
        happened_at: as whoever reports it says.
        recorded_at: when the log took it, by the server's clock.
        by: the account that reports it.
        device: the bound device it was reported from.
        commitment: of the personal part; None: there is none.
    """

    kind: Kind
    nonce: str
    happened_at: datetime
    recorded_at: datetime
    by: str
    device: str | None = None
    plan_id: str | None = None
    trip_id: str | None = None
    worker_id: str | None = None
    place_id: str | None = None
    says: Mapping[str, Any] = NOTHING
    commitment: bytes | None = None

    def content(self) -> bytes:
        """The bytes that are hashed: JSON with sorted names, without spaces, blank members left out."""
        told: dict[str, Any] = {
            "at": written(self.happened_at),
            "by": self.by,
            "kind": self.kind,
            "nonce": self.nonce,
            "recorded": written(self.recorded_at),
            "v": VERSION,
        }
        if self.commitment is not None:
            told["detail"] = self.commitment.hex()
        if self.device is not None:
            told["device"] = self.device
        if self.place_id is not None:
            told["place"] = self.place_id
        if self.plan_id is not None:
            told["plan"] = self.plan_id
        if self.says:
            told["says"] = dict(self.says)
        if self.trip_id is not None:
            told["trip"] = self.trip_id
        if self.worker_id is not None:
            told["worker"] = self.worker_id
        return canonical(told)


_SUBJECTS = {"plan", "trip", "worker", "place"}
_NAMES = _SUBJECTS | {"at", "by", "detail", "device", "kind", "nonce", "recorded", "says", "v"}


def event_of(content: bytes) -> Event:
    """The event of some bytes.

    Raises:
        Unsound: they are not exactly what ``content`` makes of an event.
    """
    told, event = _read(content)
    try:
        again = canonical(told)
    except (ValueError, RecursionError) as wrong:  # a list without end
        raise Unsound(str(wrong)) from wrong
    # What it says is what ``content`` would say: no other names, no blanks, each value in its one form.
    same = (
        again == content
        and told.keys() <= _NAMES
        and told.get("says") != {}
        and written(event.happened_at) == told["at"]
        and written(event.recorded_at) == told["recorded"]
        and (event.commitment is None or event.commitment.hex() == told["detail"])
    )
    if not same:
        raise Unsound("not in canonical form")
    return event


def read_event(content: bytes) -> Event:
    """As ``event_of``, of bytes that are looked at elsewhere, or were when they were written.

    Raises:
        Unsound: they are those of no event.
    """
    return _read(content)[1]


def _read(content: bytes) -> tuple[dict[str, Any], Event]:
    try:
        told = orjson.loads(content)
        if told["v"] != VERSION:
            raise Unsound(f"version {told['v']}")
        get = told.get
        says, detail = get("says", {}), get("detail")
        event = Event(
            _KIND_OF[told["kind"]],
            told["nonce"],
            _moment(told["at"]),
            _moment(told["recorded"]),
            told["by"],
            get("device"),
            get("plan"),
            get("trip"),
            get("worker"),
            get("place"),
            says,
            None if detail is None else bytes.fromhex(detail),
        )
    except Unsound:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as wrong:
        raise Unsound(str(wrong)) from wrong
    if type(says) is not dict or type(told["v"]) is not int:
        raise Unsound("no version, or says nothing")
    if list(map(type, told.values())).count(str) != len(told) - 1 - ("says" in told):
        raise Unsound("a text is none")
    return told, event


_KIND_OF = {str(kind): kind for kind in Kind}
_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def canonical(value: Any) -> bytes:
    """JSON in UTF-8 with sorted names, without spaces, nothing escaped that need not be.

    Raises:
        UnicodeEncodeError: a text has half a character.
    """
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:  # whatever is no plain JSON
        return _ENCODER.encode(value).encode()


def commitment_to(details: Mapping[str, Any], salt: bytes) -> bytes:
    """SHA-256 over a salt of 32 random bytes and the canonical JSON of an event's personal part."""
    return hashlib.sha256(salt + canonical(dict(details))).digest()


def wrong_with(
    kind: Kind, subjects: frozenset[str], says: Mapping[str, Any], details: Mapping[str, Any]
) -> list[str]:
    """The names of values that are missing, too many or of a wrong type for an event of a kind."""
    form = FORMS[kind]
    wrong = sorted(form.subjects - subjects)
    for given, wanted in ((says, form.says), (details, form.details)):
        for name, of in wanted.items():
            plain = name.rstrip("?")
            if plain not in given:
                wrong += [] if name.endswith("?") else [plain]
            elif not _is(given[plain], of):
                wrong.append(plain)
        wrong += sorted(set(given) - {name.rstrip("?") for name in wanted})
    return wrong


def _is(value: Any, of: type) -> bool:
    if issubclass(of, StrEnum):
        return value in list(of)
    if of is int:
        return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31
    if of is list:
        return isinstance(value, list) and len(value) <= 20 and all(_is(part, str) for part in value)
    if not isinstance(value, str) or not 0 < len(value) <= 500:
        return False
    if of is Temperature:
        return re.fullmatch(r"(3[0-9]|4[0-4])\.[0-9]|45\.0", value, re.ASCII) is not None
    if of is Day:
        return _is_day(value)
    return True


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


@lru_cache(maxsize=1 << 12)  # that of a batch is written with each of its events
def written(moment: datetime) -> str:
    """A moment as UTC with milliseconds."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds")[: -len("+00:00")] + "Z"


def to_the_millisecond(moment: datetime) -> datetime:
    """The moment that ``written`` writes: UTC, without what is smaller."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    beyond = utc.microsecond % 1000
    return utc.replace(microsecond=utc.microsecond - beyond) if beyond else utc


@lru_cache(maxsize=1 << 12)
def _moment(text: str) -> datetime:
    """``content`` shows whether it was written as we write it."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is not UTC:
        raise ValueError(text)
    return moment
