"""The names of stages, states, flags and absences, in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from workforce.closed_loop import Course, Flag, Way
from workforce.faults import Text
from workforce.problems import ROWS_REFUSED, UNSERVED, Category, Level
from workforce.settlement import Why
from workforce.stages import Duty, Standing
from workforce.triplog import FORMS, Kit, Missing, Side, Stage, Where

STAGES: Mapping[Stage, Text] = {
    Stage.ORGANISED: Text("出发有组织", "departure organised"),
    Stage.MONITORED: Text("健康有监测", "health monitored"),
    Stage.GUARANTEED: Text("运输有保障", "transport guaranteed"),
    Stage.HANDED_OVER: Text("运达有交接", "arrival handed over"),
    Stage.TRACEABLE: Text("全程可追溯", "traceable to the end"),
}

WAYS: Mapping[Way, Text] = {
    Way.EXPECTED: Text("待出发", "expected"),
    Way.ABSENT: Text("未到", "absent"),
    Way.WITHDRAWN: Text("已放弃", "withdrawn"),
    Way.ABOARD: Text("在车上", "aboard"),
    Way.LEFT_ON_WAY: Text("途中离开", "left on the way"),
    Way.HANDED_OVER: Text("已交接", "handed over"),
    Way.IN_QUARANTINE: Text("隔离中", "in quarantine"),
    Way.UNDER_OBSERVATION: Text("医学观察中", "under medical observation"),
    Way.LEFT_HOTEL: Text("擅离隔离点", "left the hotel"),
    Way.RELEASED: Text("已解除隔离", "released"),
    Way.IN_TRANSFER: Text("送往企业途中", "on the way to work"),
    Way.RETURNED: Text("已返岗", "returned"),
}

COURSES: Mapping[Course, Text] = {
    Course.PLANNED: Text("筹备中", "planned"),
    Course.ORGANISED: Text("准备就绪", "organised"),
    Course.CANCELLED: Text("已取消", "cancelled"),
    Course.ON_THE_WAY: Text("行驶中", "on the way"),
    Course.HALTED: Text("途中受阻", "halted"),
    Course.ARRIVED: Text("已到终点", "arrived"),
    Course.HANDED_OVER: Text("已交接", "handed over"),
    Course.ENDED: Text("已返回", "ended"),
}

FLAGS: Mapping[Flag, Text] = {
    Flag.DEPARTED_UNNAMED: Text("车牌或驾驶员未定即出发", "departed before plate and drivers were named"),
    Flag.DEPARTED_UNCONFIRMED: Text("目的地未确认即出发", "departed before the destination confirmed"),
    Flag.DEPARTED_ROSTER_OPEN: Text("名单未锁定即出发", "departed with the roster open"),
    Flag.DEPARTED_WITHOUT_KITS: Text("防护物资不足即出发", "departed short of kits"),
    Flag.CANCELLED_MOVED: Text("已取消的车次仍出发", "a cancelled trip departed"),
    Flag.TRIP_CANCELLED: Text("车次取消", "trip cancelled"),
    Flag.DESTINATION_DECLINED: Text("目的地不能接收", "the destination will not receive"),
    Flag.UNKNOWN_STOP: Text("没有这个停靠点", "no such stop"),
    Flag.UNKNOWN_TRIP: Text("没有这个车次", "no such trip"),
    Flag.LATE: Text("晚点", "late"),
    Flag.BROKE_DOWN: Text("车辆故障", "broke down"),
    Flag.ROAD_CLOSED: Text("道路封闭", "road closed"),
    Flag.ENTRY_REFUSED: Text("被拒绝进入", "entry refused"),
    Flag.HEADS_DIFFER: Text("清点人数不符", "head count differs"),
    Flag.SIGNED_INCOMPLETE: Text("交接时有人去向不明", "signed with riders unexplained"),
    Flag.SEAT_TAKEN: Text("一座两人", "two on one seat"),
    Flag.BOARDED_WITHOUT_SEAT: Text("不在计划中却上了车", "boarded without a seat"),
    Flag.WRONG_COACH: Text("上错车", "wrong coach"),
    Flag.NO_SHOW: Text("未到", "no-show"),
    Flag.LEFT_ON_WAY: Text("途中离开", "left on the way"),
    Flag.ABSENT_OTHERWISE: Text("因其他原因未到", "absent for another reason"),
    Flag.CONTRADICTED: Text("上报互相矛盾", "reports contradict each other"),
    Flag.WITHDREW: Text("本人放弃", "withdrew"),
    Flag.NOT_ABOARD: Text("没有上车记录却下车", "alighted without having boarded"),
    Flag.ALIGHTED_ELSEWHERE: Text("在别处下车", "alighted elsewhere"),
    Flag.UNEXPECTED_ROOM: Text("入住房间与计划不符", "another room than planned"),
    Flag.ROOM_TAKEN: Text("房间已有人住", "the room is taken"),
    Flag.OBSERVED: Text("进入医学观察", "under medical observation"),
    Flag.LEFT_HOTEL: Text("擅离隔离点", "left the hotel"),
    Flag.RELEASED_EARLY: Text("提前解除隔离", "released early"),
    Flag.READINGS_MISSING: Text("体温漏测", "temperatures missing"),
    Flag.NOT_RELEASED: Text("未解除隔离即离开", "moved on without release"),
    Flag.OTHER_ENTERPRISE: Text("到了别的企业", "arrived at another enterprise"),
    Flag.FEVER: Text("发热", "fever"),
    Flag.NO_OBSERVATION_SEAT: Text("发热而车上无空闲观察座位", "fever, and no observation seat is free"),
    Flag.CLOCK_WRONG: Text("设备时间不准", "the device's clock is wrong"),
    Flag.SEAT_TO_LEAVE: Text("须退出后续车次", "must leave a later trip"),
    Flag.ROOM_NEEDED: Text("需要隔离房间", "a room is needed"),
    Flag.CREW_EXPOSED: Text("司乘人员是接触者", "the crew is exposed"),
    Flag.STOCK_SHORT: Text("库存不足", "stock is short"),
    Flag.DEPARTURE_UNREPORTED: Text("到时未报发车", "no departure was reported"),
    Flag.ARRIVAL_UNREPORTED: Text("到时未报到达", "no arrival was reported"),
    Flag.HANDOVER_UNSIGNED: Text("到达后双方未签字交接", "the hand-over is not signed by both sides"),
    Flag.OTHER_COACH_UNKNOWN: Text(
        "说在另一辆车上，却没有上车记录", "said to be on another coach, but seen on none"
    ),
    Flag.CHECK_IN_UNREPORTED: Text(
        "应入住隔离点，未报入住", "was to go into a room, but no check-in was reported"
    ),
    Flag.READINGS_OVERDUE: Text("隔离期间漏测体温", "temperatures of a day in quarantine are missing"),
    Flag.RELEASE_OVERDUE: Text("隔离期满未解除", "the quarantine is over, but there is no release"),
    Flag.NOT_AT_WORK: Text("尚未报到岗", "no arrival at work was reported"),
    Flag.CONFIRMED_FEWER: Text("目的地只能接收部分人员", "the destination receives fewer than come"),
    Flag.SUBSTITUTE_COST: Text("替换车辆的加价待确认", "what the substitute costs on top must be agreed"),
}

ABSENCES: Mapping[Missing, Text] = {
    Missing.NO_SHOW: Text("没有来", "did not come"),
    Missing.OTHER_COACH: Text("乘坐另一辆车", "on another coach"),
    Missing.LEFT_ON_WAY: Text("途中离开", "left on the way"),
    Missing.OTHER: Text("其他", "other"),
}

PLACES: Mapping[Where, Text] = {
    Where.HOME: Text("家中", "at home"),
    Where.DOOR: Text("上车时", "at the door"),
    Where.ROAD: Text("途中", "on the way"),
    Where.HOTEL: Text("隔离酒店", "at the hotel"),
}

KITS: Mapping[Kit, Text] = {
    Kit.MASK: Text("口罩", "masks"),
    Kit.THERMOMETER: Text("体温计", "thermometers"),
    Kit.DISINFECTANT: Text("消毒液", "disinfectant"),
}

DUTIES: Mapping[Duty, Text] = {
    Duty.NAMED: Text("车牌和驾驶员", "plate and drivers"),
    Duty.CONFIRMED: Text("目的地确认", "destinations confirmed"),
    Duty.KITS: Text("防护物资", "kits issued"),
    Duty.ROSTER: Text("名单锁定", "roster closed"),
    Duty.HOME_CHECKS: Text("出发前健康打卡", "checks at home"),
    Duty.DOOR_CHECKS: Text("上车测温", "temperatures at the door"),
    Duty.ROAD_CHECKS: Text("途中测温", "temperatures on the way"),
    Duty.DEPARTED: Text("已出发", "departed"),
    Duty.STOPS: Text("停靠点", "stops reached"),
    Duty.GOING: Text("行驶无阻", "not held up"),
    Duty.COUNTED: Text("清点人数", "heads counted"),
    Duty.EXPLAINED: Text("去向已明", "riders accounted for"),
    Duty.SIGNED: Text("双方签字", "signed by both sides"),
    Duty.ROOMS: Text("入住", "checked in"),
    Duty.READINGS: Text("每日测温", "daily temperatures"),
    Duty.RELEASES: Text("解除隔离", "released"),
    Duty.AT_WORK: Text("返岗", "at work"),
}

STANDINGS: Mapping[Standing, Text] = {
    Standing.WAITING: Text("未开始", "not begun"),
    Standing.UNDER_WAY: Text("进行中", "under way"),
    Standing.LACKING: Text("有缺项", "something is lacking"),
    Standing.DONE: Text("已完成", "done"),
}

LEVELS: Mapping[Level, Text] = {
    Level.COUNTY: Text("县级", "county"),
    Level.PREFECTURE: Text("市级", "prefecture"),
}

# What is on the problem list without a flag of the log.
PROBLEMS: Mapping[str, Text] = {
    ROWS_REFUSED: Text("提交中有被拒收的行", "rows of a submission were refused"),
    UNSERVED: Text("计划未能安排", "not served by the plan"),
    "budget_overrun": Text("超出预算", "over budget"),
}

SIDES: Mapping[Side, Text] = {
    Side.CARRIER: Text("送方", "carrier"),
    Side.RECEIVER: Text("接方", "receiver"),
}

CATEGORIES: Mapping[Category, Text] = {
    Category.WORKERS: Text("人员", "workers"),
    Category.HEALTH: Text("健康", "health"),
    Category.SUPPLIES: Text("物资", "supplies"),
    Category.MATERIALS: Text("原材料", "materials"),
    Category.TRANSPORT: Text("运输", "transport"),
    Category.MONEY: Text("资金", "money"),
    Category.OTHER: Text("其他", "other"),
}

SETTLED_FOR: Mapping[Why, Text] = {
    Why.AS_PLANNED: Text("按计划", "as planned"),
    Why.NO_SHOW: Text("座位空置", "empty seat"),
    Why.SHARED: Text("分摊空座", "empty seats shared"),
    Why.SUBSTITUTE: Text("替换车辆", "substitute vehicle"),
    Why.CANCELLED: Text("车次取消", "trip cancelled"),
    Why.OTHER_NIGHTS: Text("住宿与计划不同", "other nights than planned"),
    Why.NOT_USED: Text("未使用", "not used"),
}


def by_name() -> dict[str, Text]:
    """Every word by its kind and code, as ``way.returned``: some codes stand for more than one thing."""
    words: Mapping[str, Mapping[Any, Text]] = {
        "stage": STAGES,
        "way": WAYS,
        "course": COURSES,
        "flag": {**FLAGS, **PROBLEMS},
        "why": ABSENCES,
        "where": PLACES,
        "kit": KITS,
        "side": SIDES,
        "duty": DUTIES,
        "standing": STANDINGS,
        "level": LEVELS,
        "category": CATEGORIES,
        "kind": {kind: form.title for kind, form in FORMS.items()},
    }
    return {f"{name}.{code}": told for name, texts in words.items() for code, told in texts.items()}
