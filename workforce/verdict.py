"""What the checker says of a plan: the rules it breaks, in Chinese and English, and what it is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from workforce.plan import Cost

Figure = str | int


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule.

    Attributes:
        rule: stable code, a key of ``MESSAGES`` and a row of docs/rules.md.
        subject: id of the trip, worker, room, vacancy, enterprise or file that it is about.
        zh: what is wrong, in Chinese.
        en: what is wrong, in English.
        figures: the values named in the messages; days and times in ISO form, money in yuan.
        kept: it lies wholly in trips that had to be kept from an older plan, so that no
            new plan could avoid it; it is reported, but does not count against the plan.
    """

    rule: str
    subject: str
    zh: str
    en: str
    figures: Mapping[str, Figure] = field(hash=False)
    kept: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """Every broken rule, and the plan's worth as the checker computes it (cost in fen)."""

    violations: tuple[Violation, ...]
    cost: Cost
    weight: Decimal
    served: int
    restarted: int

    @property
    def holds(self) -> bool:
        """Whether nothing is broken but what lies in kept trips."""
        return all(violation.kept for violation in self.violations)


# By rule: what is wrong, in Chinese and in English.  The rules themselves stand in docs/rules.md.
MESSAGES: dict[str, tuple[str, str]] = {
    # The plan as a whole
    "figure": ("{column} 的数值 {value} 不合理", "{column} has the absurd value {value}"),
    "twice": ("在 {table} 中重复出现", "appears more than once in {table}"),
    "unknown-trip": (
        "{table} 提到的车次 {trip} 不在 trips 中",
        "{table} names trip {trip}, which trips lacks",
    ),
    "unknown-worker": ("{table} 中的人员不在方案数据里", "{table} names a worker whom the scenario lacks"),
    "unaccounted": ("既无座位，也无未成行原因", "has neither a seat nor a reason for staying behind"),
    "seated-and-unserved": ("既有座位，又列为未成行", "has a seat and is listed as unserved"),
    "kept-changed": ("应保留的车次在 {table} 中有变动", "was to be kept, but its {table} differ"),
    "kept-named": (
        "plan.json 的 kept 与应保留的车次不同：{trips}",
        "kept of plan.json differs from the trips to be kept by {trips}",
    ),
    # The shape of a trip
    "trip-fleet": ("没有车队 {fleet}", "there is no fleet {fleet}"),
    "trip-shape": (
        "行次应为：出车、上客点、下客点、返回，序号连续，途中休息无地点；实为 {rows}",
        "rows must be depart, pickups, drops, return, numbered from 1, rests without a place; are {rows}",
    ),
    "trip-depot": (
        "第 {row} 行应在车场 {depot}，实为 {place}",
        "row {row} must be at depot {depot}, is at {place}",
    ),
    "trip-place": ("第 {row} 行：{place} 不是{kind_zh}", "row {row}: {place} is no {kind}"),
    "trip-once": ("在 {place} 停靠 {times} 次", "stops {times} times at {place}"),
    "max-pickups": ("上客点 {pickups} 个，至多 {most} 个", "makes {pickups} pickups, at most {most} may be"),
    "max-drops": ("下客点 {drops} 个，至多 {most} 个", "makes {drops} drops, at most {most} may be"),
    "empty-trip": ("没有乘客", "carries nobody"),
    "seat-stop": (
        "不在 {place} {kind_zh}，{worker} 的座位却写此处",
        "makes no {kind} at {place}, where {worker} should have it",
    ),
    "counts": (
        "第 {row} 行：写明上 {boarding} 下 {alighting}，座位表为上 {up} 下 {down}",
        "row {row}: says +{boarding} −{alighting}, the seats say +{up} −{down}",
    ),
    "idle-stop": ("第 {row} 行：在 {place} 无人上下车", "row {row}: nobody boards or alights at {place}"),
    # Its clock
    "clock": (
        "第 {row} 行：时刻不合理（到 {arrive}，发 {depart}）",
        "row {row}: times out of order ({arrive} to {depart})",
    ),
    "leave-depot": (
        "{leaves} 出车，应在 {opens}–{closes}",
        "leaves its depot at {leaves}, not within {opens}–{closes}",
    ),
    "reception": (
        "第 {row} 行：{arrive} 到达 {place}，接收时段为 {opens}–{closes}",
        "row {row}: reaches {place} at {arrive}, reception is {opens}–{closes}",
    ),
    "stop-minutes": (
        "第 {row} 行：停 {minutes} 分钟，至少 {least} 分钟",
        "row {row}: stops {minutes} min, at least {least} are due",
    ),
    "closure": (
        "{place} 于 {first} 至 {last} 关闭，车辆 {arrive} 至 {depart} 停靠",
        "{place} is closed {first} to {last}, the vehicle stands there {arrive} to {depart}",
    ),
    "ride": ("乘车 {minutes} 分钟，至多 {most} 分钟", "rides {minutes} min, at most {most} may be"),
    "trip-days": (
        "写明 {first} 至 {last}，实际 {leaves} 至 {back}",
        "says {first} to {last}, runs {leaves} to {back}",
    ),
    "horizon": (
        "{leaves} 出车，计划期为 {first} 至 {last}",
        "leaves on {leaves}, the horizon is {first} to {last}",
    ),
    "fleet-days": (
        "{leaves} 至 {back} 用车，车队 {fleet} 可用期为 {first} 至 {last}",
        "runs {leaves} to {back}, fleet {fleet} serves {first} to {last}",
    ),
    # Its road and cost
    "leg-km": (
        "第 {row} 行：写明 {km} 公里，路程为 {road} 公里",
        "row {row}: says {km} km, the road is {road} km",
    ),
    "leg-minutes": (
        "第 {row} 行：行驶 {minutes} 分钟，路程至少需 {least} 分钟",
        "row {row}: drives {minutes} min, the road takes {least}",
    ),
    "trip-km": ("写明 {km} 公里，路程合计 {road} 公里", "says {km} km, its roads add up to {road} km"),
    "trip-cost": ("写明 {cost} 元，按规则为 {due} 元", "says {cost} yuan, the rule gives {due}"),
    "dear-trip": (
        "{cost} 元载 {riders} 人，每人至多 {most} 元",
        "costs {cost} yuan for {riders} riders, at most {most} each",
    ),
    # Its drivers
    "drivers": ("驾驶员 {drivers} 名，应为 1–{most} 名", "has {drivers} drivers, 1 to {most} may be"),
    "night-ban": (
        "第 {row} 行：{start} 至 {end} 行驶，触及禁行时段",
        "row {row}: drives {start} to {end}, into the night ban",
    ),
    "break": (
        "第 {row} 行：连续行驶 {minutes} 分钟未休息，至多 {most} 分钟",
        "row {row}: {minutes} min driven without a break, at most {most}",
    ),
    "duty": (
        "第 {row} 行：一个班次行驶 {minutes} 分钟，{drivers} 名驾驶员至多 {most} 分钟",
        "row {row}: {minutes} min driven in one duty, {drivers} drivers may drive {most}",
    ),
    "riders-rest": (
        "第 {row} 行：乘客在车上等候 {minutes} 分钟，须少于 {limit} 分钟",
        "row {row}: riders wait {minutes} min aboard, it must be under {limit}",
    ),
    # Its load
    "trip-risk": ("写明风险 {risk}，乘客为 {riders}", "says risk {risk}, its riders are {riders}"),
    "risk-mixing": ("乘客风险等级混杂：{riders}", "mixes riders of the risks {riders}"),
    "load": ("乘客 {riders} 人，限载 {limit} 人", "carries {riders} riders, its load limit is {limit}"),
    "seat-number": (
        "{worker} 的座位号 {seat} 不在 1–{seats}",
        "seat {seat} of {worker} is not within 1–{seats}",
    ),
    "observation-seat": ("{worker} 坐在留观座位 {seat}", "{worker} sits on observation seat {seat}"),
    "seat-twice": ("座位 {seat} 有 {riders} 人", "seat {seat} is given to {riders} riders"),
    # Vehicles
    "vehicle-number": ("车队 {fleet} 没有 {vehicle} 号车", "fleet {fleet} has no vehicle {vehicle}"),
    "vehicle-overlap": (
        "车队 {fleet} 的 {vehicle} 号车同日已用于车次 {other}",
        "vehicle {vehicle} of fleet {fleet} is on trip {other} on the same day",
    ),
    "vehicle-busy": (
        "车队 {fleet} 的 {vehicle} 号车 {first} 至 {last} 已被占用",
        "vehicle {vehicle} of fleet {fleet} is taken {first} to {last}",
    ),
    "fleet-reserved": (
        "乘坐车队 {fleet}，该车队专供 {owner}",
        "rides with fleet {fleet}, which is kept for {owner}",
    ),
    # Workers
    "admit": ("来自 {risk} 风险区，该区不予放行", "comes from a {risk} zone, which sends nobody"),
    "reach": (
        "距上客点 {pickup} {km} 公里，至多 {most} 公里",
        "lives {km} km from pickup {pickup}, at most {most}",
    ),
    "available": ("{leaves} 出车，{from_day} 起才可出行", "leaves on {leaves}, is available from {from_day}"),
    "arrive-by": ("{arrive} 到达，最迟 {by}", "arrives on {arrive}, is due by {by}"),
    "drop": ("在 {drop} 下车，应为{due_zh}", "is dropped at {drop}, must be at {due}"),
    "party": ("同行组 {workers} 未同车同上同下", "its members {workers} do not share one ride"),
    "party-enterprise": (
        "同行组成员去往不同企业：{enterprises}",
        "its members go to different enterprises: {enterprises}",
    ),
    # Job seekers
    "placement-missing": ("求职者乘车而未安排岗位", "is a job seeker and travels without a vacancy"),
    "placement-needless": (
        "已有企业，不应再占岗位 {vacancy}",
        "has an enterprise and takes vacancy {vacancy}",
    ),
    "placement-unserved": ("未成行，却占用岗位 {vacancy}", "is not served and takes vacancy {vacancy}"),
    "vacancy-unknown": ("没有岗位 {vacancy}", "there is no vacancy {vacancy}"),
    "intention": ("安排到 {vacancy}，意向为 {agreed}", "is placed on {vacancy}, has agreed to {agreed}"),
    "occupation": (
        "工种为 {occupation}，岗位 {vacancy} 需要 {needed}",
        "is a {occupation}, vacancy {vacancy} asks for {needed}",
    ),
    "headcount": (
        "安排 {placed} 人，名额 {headcount} 人",
        "takes {placed} workers, its headcount is {headcount}",
    ),
    "fill-by": (
        "{arrive} 到达并隔离 {nights} 晚，岗位 {vacancy} 须于 {by} 前到岗",
        "arrives on {arrive} and spends {nights} nights, vacancy {vacancy} is to be filled by {by}",
    ),
    # Why workers stay behind
    "reason-false": ("原因 {said} 不成立", "the reason {said} does not hold"),
    "reason-order": ("原因写为 {said}，应先报 {due}", "says {said}, but {due} holds and comes before it"),
    "reason-detail": ("未说明原因 {said} 的依据", "the reason {said} comes without its detail"),
    # Rooms
    "stay-missing": ("须隔离 {nights} 晚而无房间", "owes {nights} nights and has no room"),
    "stay-needless": (
        "无座位或无须隔离，却占用 {hotel} 的 {room}",
        "takes {room} of {hotel} without a seat or without nights to spend",
    ),
    "stay-hotel": ("在 {drop} 下车，却入住 {hotel}", "is dropped at {drop} and stays at {hotel}"),
    "stay-dates": (
        "{check_in} 至 {check_out} 入住，应自 {arrive} 起 {nights} 晚",
        "stays {check_in} to {check_out}, owes {nights} nights from {arrive}",
    ),
    "room-unknown": ("酒店没有这个房间", "there is no such room"),
    "room-shared": (
        "{check_in} 至 {check_out} 由 {workers} 合住；单间 1 人，双人间 1 人或同行 2 人",
        "is shared by {workers} {check_in} to {check_out}; a single takes one, a twin two of one party",
    ),
    "room-turnover": (
        "{check_out} 退房后 {next_in} 即入住，至少间隔 {days} 天",
        "is left on {check_out} and taken again on {next_in}, {days} days must lie between",
    ),
    "room-busy": (
        "{check_in} 至 {check_out} 入住，{first} 至 {last} 各晚已被占用（间隔 {days} 天）",
        "is taken the nights {first} to {last}, {days} days must lie between, stay {check_in} to {check_out}",
    ),
    "hotel-days": (
        "{check_in} 至 {check_out} 入住，酒店可用 {first} 至 {last} 各晚",
        "is used {check_in} to {check_out}, its hotel serves the nights {first} to {last}",
    ),
    "hotel-reserved": (
        "入住或下车于 {hotel}，该酒店专供 {owner}",
        "goes to hotel {hotel}, which is kept for {owner}",
    ),
    # Shares
    "share-missing": ("缺少 {item} 的分摊", "has no share of the {item}"),
    "share-needless": ("有无依据的 {item} 分摊", "has a share of a {item} that there is not"),
    "share-total": ("{item}：总额 {said} 元，应为 {due} 元", "{item}: total {said} yuan, must be {due}"),
    "share-sum": (
        "{item}：各方之和 {sum} 元，总额 {total} 元，各方不得为负",
        "{item}: the parts make {sum} of {total} yuan, none may be negative",
    ),
    "share-enterprise": ("{item}：记在 {said} 名下，应为 {due}", "{item}: is on {said}, must be on {due}"),
    "share-worker": (
        "{item}：本人付 {said} 元，应为 {due} 元",
        "{item}: the worker pays {said} yuan, must pay {due}",
    ),
    "share-hotel": (
        "{item}：酒店让 {said} 元，应为 {due} 元",
        "{item}: the hotel waives {said} yuan, must waive {due}",
    ),
    "share-government": (
        "{item}：政府付 {said} 元，至多 {most} 元",
        "{item}: the government pays {said} yuan, at most {most} are due",
    ),
    "enterprise-budget": ("须付 {spent} 元，预算 {budget} 元", "pays {spent} yuan of a budget of {budget}"),
    "government-budget": (
        "政府付 {spent} 元，预算 {budget} 元",
        "the government pays {spent} yuan of a budget of {budget}",
    ),
    "government-exact": (
        "政府付 {spent} 元，应恰为 {due} 元（预算余额与应补总额中较小者）",
        "the government pays {spent} yuan, must pay {due}: the smaller of its budget and what it owes",
    ),
    # The summary
    "summary-scenario": ("写明方案 {said}，应为 {due}", "says scenario {said}, must be {due}"),
    "summary-count": ("{name} 写明 {said}，应为 {due}", "{name}: says {said}, is {due}"),
    "summary-weight": ("权重写明 {said}，应为 {due}", "weight: says {said}, is {due}"),
    "summary-cost": (
        "费用 {name} 写明 {said} 元，应为 {due} 元",
        "cost of {name}: says {said} yuan, is {due}",
    ),
    "weight-bound": (
        "权重上界 {bound} 低于已达到的 {weight}",
        "the weight bound {bound} is below the weight {weight} reached",
    ),
    "cost-bound": (
        "费用下界 {bound} 元高于方案费用 {cost} 元",
        "the cost bound {bound} is above the plan's cost {cost}",
    ),
    "optimal": (
        "自称最优，但权重 {weight}（上界 {weight_bound}）、费用 {cost}（下界 {bound}）未相等",
        "says optimal, but weight {weight} (bound {weight_bound}) and cost {cost} (bound {bound}) differ",
    ),
}
