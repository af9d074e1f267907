"""The keys of the policy: names, kinds, examples and notes, and the place of each in a ``Policy``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from data.cells import (
    DAY,
    MONEY,
    NIGHT,
    SHARE,
    TEXT,
    WEIGHT,
    WINDOW,
    YES_NO,
    Kind,
    choice,
    decimal,
    four,
    real,
    whole,
)
from workforce.entities import Risk
from workforce.faults import Text

_MINUTES, _RATE = whole(0, 10_000_000), decimal(0, 100_000)
_FOUR_AMOUNTS = four(MONEY)
_CONTACT = choice(
    Text(
        "coach（全车）或 rows（前后几排和司乘）",
        "coach (everybody aboard) or rows (those near, and the crew)",
    ),
    {"coach": "coach", "全车": "coach", "rows": "rows", "前后排": "rows"},
)
_NO_SHOW = choice(
    Text("own（本企业）或 shared（同车分摊）", "own (their enterprise) or shared (all who ride)"),
    {"own": "own", "本企业": "own", "shared": "shared", "分摊": "shared"},
)


@dataclass(frozen=True, slots=True)
class Key:
    """A dotted key of the policy; a ``required`` one has no default.

    Attributes:
        field: where its value is in a ``Policy``; money is fen there.
    """

    name: str
    kind: Kind
    example: str
    note: Text
    required: bool
    field: str


_PARTS = {
    "trips": "trips.",
    "driving": "driving.",
    "shares.trip": "trip_shares.",
    "shares.room": "room_shares.",
    **dict.fromkeys(("health", "transport", "kits", "tracing", "problems", "settlement", "ledger"), "loop."),
}


def _key(name: str, kind: Kind, example: str, zh: str, en: str, *, required: bool = True) -> Key:
    section, _, last = name.rpartition(".")
    field = last.replace("yuan", "fen") if kind in (MONEY, _FOUR_AMOUNTS) else last
    return Key(name, kind, example, Text(zh, en), required, _PARTS.get(section, "") + field)


ZONE_KEYS = ("admit", "quarantine_nights", "load_factor")
_ZONE_EXAMPLES = {
    Risk.LOW: ("true", "0", "1.0"),
    Risk.MEDIUM: ("true", "14", "0.5"),
    Risk.HIGH: ("false", "14", "0.5"),
}
_ZONE_CHINESE = {Risk.LOW: "低风险地区", Risk.MEDIUM: "中风险地区", Risk.HIGH: "高风险地区"}


def _zone_keys() -> Iterator[Key]:
    for risk, (admit, nights, load) in _ZONE_EXAMPLES.items():
        zh, en = _ZONE_CHINESE[risk], f"from a zone of {risk} risk"
        yield _key(f"zones.{risk}.admit", YES_NO, admit, f"{zh}的人能否出发", f"may people {en} travel")
        yield _key(
            f"zones.{risk}.quarantine_nights",
            whole(0, 365),
            nights,
            f"{zh}来人隔离几晚",
            f"nights of quarantine {en}",
        )
        yield _key(
            f"zones.{risk}.load_factor",
            SHARE,
            load,
            f"{zh}来人的车辆载客率上限",
            f"share of the seats used {en}",
        )


KEYS: tuple[Key, ...] = (
    _key("name", TEXT, "Wuhai return to work, spring 2020", "方案名称", "name of the scenario"),
    _key("horizon.first_day", DAY, "2020-02-24", "发车的第一天", "first day on which trips leave"),
    _key("horizon.last_day", DAY, "2020-03-08", "发车的最后一天", "last day on which trips leave"),
    _key(
        "road.detour_factor",
        real(0.001, 100),
        "1.30",
        "没有实际路程时：路程 = 系数 × 椭球面距离",
        "without a distances row: road km = factor x geodesic km",
    ),
    _key(
        "road.speed_kmh",
        real(0.001, 1000),
        "75",
        "没有实际路程时的车速（公里/小时）",
        "speed there, km an hour",
    ),
    *_zone_keys(),
    _key("trips.max_pickups", whole(1, 50), "3", "每趟最多上车点数", "pickups of a trip at most"),
    _key("trips.max_drops", whole(1, 1_000), "3", "每趟最多下车点数", "drops of a trip at most"),
    _key(
        "trips.seats_per_row",
        whole(1, 20),
        "4",
        "每排座位数，缺省 4",
        "seats in a row; absent: 4",
        required=False,
    ),
    _key(
        "trips.observation_seats",
        whole(0, 500),
        "8",
        "后排留空的观察座位数，缺省 0",
        "seats kept free at the back; absent: 0",
        required=False,
    ),
    _key(
        "trips.max_yuan_per_worker",
        MONEY,
        "2500",
        "每趟费用最多为此数 × 乘客数（元），缺省不限",
        "dearest trip that is made, yuan a rider; absent: no limit",
        required=False,
    ),
    _key(
        "trips.stop_minutes",
        _MINUTES,
        "20",
        "每个上下车点至少停几分钟",
        "minutes at each pickup and drop, at least",
    ),
    _key(
        "trips.max_access_km",
        real(0, 1_000_000),
        "60",
        "住处到上车点的最远距离（公里）",
        "geodesic km from home to pickup",
    ),
    _key(
        "trips.access_yuan_per_km",
        _RATE,
        "0.2",
        "到上车点路程在目标中的权重（元/公里），不收费",
        "what a km of that way weighs in the objective; charged to nobody",
    ),
    _key(
        "trips.max_ride_minutes",
        _MINUTES,
        "1440",
        "从首个上车点到末个下车点的最长分钟数",
        "minutes from the first pickup to the last drop, at most",
    ),
    _key("trips.leave_depot", WINDOW, '["05:00", "22:00"]', "出车时段", "when coaches leave their depot"),
    _key("trips.reception", WINDOW, '["06:00", "23:00"]', "接收时段", "when drops receive people"),
    _key(
        "driving.max_drivers",
        whole(1, 100),
        "2",
        "每车最多驾驶员数，缺省 2",
        "drivers at most; absent: 2",
        required=False,
    ),
    _key(
        "driving.max_minutes_per_driver",
        _MINUTES,
        "480",
        "每名驾驶员一次当班最多驾驶分钟数",
        "minutes of driving in one duty, each driver",
    ),
    _key(
        "driving.break_after_minutes",
        _MINUTES,
        "240",
        "连续驾驶最多分钟数",
        "minutes of driving before a break",
    ),
    _key("driving.break_minutes", _MINUTES, "20", "中途休息至少分钟数", "minutes of a break"),
    _key("driving.rest_minutes", _MINUTES, "480", "停这么久即结束一次当班", "a stop this long ends a duty"),
    _key(
        "driving.night_ban",
        NIGHT,
        '["02:00", "05:00"]',
        "夜间禁行时段，缺省无",
        "nobody drives then; absent: no ban",
        required=False,
    ),
    _key(
        "driving.extra_driver_yuan_per_day",
        MONEY,
        "600",
        "第二名起每名驾驶员每天费用（元）",
        "yuan a day for each driver beyond the first",
    ),
    _key(
        "rooms.turnover_days",
        whole(0, 365),
        "1",
        "退房到下次入住至少间隔几天",
        "days from a check-out to the next check-in, at least",
    ),
    _key(
        "rooms.transfer_yuan_per_km",
        _RATE,
        "0.5",
        "解除隔离后送到企业，每人每公里（元）",
        "yuan a km and worker, hotel to enterprise",
    ),
    _key("shares.trip.worker_rate", SHARE, "0.0", "车费中个人承担的比例", "worker's share of a trip part"),
    _key(
        "shares.trip.worker_cap_yuan",
        MONEY,
        "0",
        "车费中个人承担上限（元）",
        "the most a worker pays of it, yuan",
    ),
    _key(
        "shares.trip.government_rate",
        SHARE,
        "0.5",
        "车费中政府补贴的比例",
        "government's share of a trip part",
    ),
    _key(
        "shares.trip.government_cap_yuan",
        MONEY,
        "200",
        "车费中政府补贴上限（元）",
        "the most the government pays of it, yuan",
    ),
    _key(
        "shares.room.worker_yuan_per_night", MONEY, "20", "住宿中个人每晚承担（元）", "worker's yuan a night"
    ),
    _key("shares.room.government_rate", SHARE, "0.3", "住宿中政府补贴的比例", "government's share of a stay"),
    _key(
        "shares.room.government_cap_yuan_per_night",
        MONEY,
        "60",
        "住宿中政府每晚补贴上限（元）",
        "the most it pays a night, yuan",
    ),
    _key(
        "budgets.government_yuan",
        MONEY,
        "3000000",
        "政府预算（元），缺省不限",
        "absent: no limit",
        required=False,
    ),
    _key(
        "objective.priority_weights",
        four(WEIGHT),
        "[8, 4, 2, 1]",
        "按有效优先级 1–4 每送达一人的权重",
        "weight of a served worker, by effective priority",
    ),
    _key(
        "objective.restart_bonus",
        WEIGHT,
        "20",
        "每家复工企业加此数 × 优先级权重",
        "what a restart adds, times the enterprise's priority weight",
    ),
    _key(
        "objective.wait_yuan_per_day",
        _FOUR_AMOUNTS,
        "[40, 20, 10, 5]",
        "按有效优先级每人每等一天的权重（元），缺省为零",
        "weight of a day of waiting, by effective priority; absent: zeros",
        required=False,
    ),
    *(
        _key(name, kind, example, f"{zh}，缺省 {example}", f"{en}; absent: {example}", required=False)
        for name, kind, example, zh, en in (
            (
                "health.measure_every_minutes",
                whole(1, 10_000),
                "240",
                "途中每隔几分钟测一次体温",
                "minutes between two temperatures on the way",
            ),
            (
                "health.home_check_days",
                whole(0, 60),
                "0",
                "出发前几天每天在家测体温",
                "days before departure with a daily check at home",
            ),
            (
                "health.readings_per_day",
                whole(0, 24),
                "2",
                "隔离期间每天测几次体温",
                "temperatures taken on each day of quarantine",
            ),
            (
                "transport.late_minutes",
                whole(1, 10_000),
                "60",
                "晚点几分钟起须处理",
                "delay that becomes a problem",
            ),
            ("kits.mask_hours", whole(1, 240), "4", "一只口罩用几小时", "hours for which a mask is good"),
            (
                "kits.spare_masks_rate",
                decimal(0, 100),
                "0.1",
                "备用口罩的比例",
                "spare masks, as a part of those needed",
            ),
            (
                "kits.riders_per_thermometer",
                whole(1, 1000),
                "25",
                "每几名乘客一支体温计",
                "riders for each thermometer",
            ),
            (
                "kits.riders_per_disinfectant",
                whole(1, 1000),
                "10",
                "每几名乘客一瓶消毒液",
                "riders for each bottle of disinfectant",
            ),
            (
                "tracing.contact",
                _CONTACT,
                "coach",
                "同车人员中谁是密切接触者",
                "who aboard is a close contact",
            ),
            (
                "tracing.contact_rows",
                whole(0, 50),
                "3",
                "前后几排算密切接触",
                "rows around that count as near",
            ),
            (
                "tracing.look_back_days",
                whole(0, 60),
                "2",
                "发病前追溯几天",
                "days looked back before the first symptoms",
            ),
            (
                "tracing.waiting_minutes",
                whole(0, 240),
                "30",
                "上车前、下车后在站点算停留几分钟",
                "minutes at a pickup before boarding and at a drop after getting off",
            ),
            (
                "tracing.quarantine_days",
                whole(0, 60),
                "14",
                "密切接触者重新隔离几天",
                "days that a contact begins again",
            ),
            (
                "problems.due_hours",
                whole(1, 1000),
                "24",
                "问题须在几小时内办结",
                "hours to settle a problem in",
            ),
            (
                "problems.silent_hours",
                whole(1, 1000),
                "6",
                "应报未报几小时后列为问题",
                "hours after which what nobody reported becomes a problem",
            ),
            (
                "ledger.large_workforce",
                whole(1, 10_000_000),
                "300",
                "用工几人起算规模以上企业",
                "headcount from which an enterprise is above the statistical size",
            ),
            (
                "settlement.no_show",
                _NO_SHOW,
                "own",
                "未到人员的座位由谁付费",
                "who pays the seat of somebody who did not come",
            ),
        )
    ),
)
BY_NAME = {key.name: key for key in KEYS}
