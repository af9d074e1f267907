"""The tables of a scenario: their columns, what each means, and the Chinese names by which they are known.

This is the one place for all of that: reading, writing, the workbook's template and the
page of formats follow it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from data.cells import (
    ADCODE,
    CREDIT_CODE,
    DAY,
    ID,
    IDENTITY,
    MONEY,
    PHONE,
    RISK,
    SEX,
    SHARE,
    TEXT,
    UNIT,
    Kind,
    decimal,
    real,
    whole,
)
from workforce.faults import Text


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table.

    Attributes:
        chinese: the names that are understood beside ``name``; the first one is written.
        required: neither the column nor a cell of it may be left out.
        refers: the tables of which one has the id.
        field: its name in the domain's record.
    """

    name: str
    kind: Kind
    chinese: tuple[str, ...]
    note: Text
    required: bool
    refers: tuple[str, ...]
    field: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table; ``key`` is the column whose ids are unique in it."""

    name: str
    chinese: tuple[str, ...]
    note: Text
    columns: tuple[Column, ...]
    key: str | None = None
    required: bool = False

    @property
    def by_name(self) -> Mapping[str, Column]:
        return {column.name: column for column in self.columns}


def folded(name: str) -> str:
    """A name of a table or column without case, width, blanks and the marks that people add to it."""
    plain = unicodedata.normalize("NFKC", name).casefold()
    return re.sub(r"[\s_\-*?:]", "", plain)


def _column(
    name: str,
    kind: Kind,
    chinese: str,
    zh: str,
    en: str,
    *,
    optional: bool = False,
    refers: str = "",
    field: str | None = None,
) -> Column:
    return Column(
        name, kind, tuple(chinese.split()), Text(zh, en), not optional, tuple(refers.split()), field or name
    )


_PLACES = "pickups fleets hotels enterprises"
_LAT, _LON = real(-90, 90), real(-180, 180)
_HEADS, _COUNT = whole(0, 10_000_000), whole(0, 100_000)


def _coordinates(zh: str, en: str) -> tuple[Column, Column]:
    return (
        _column("lat", _LAT, "纬度", f"{zh}的纬度（WGS-84，度）", f"latitude of {en} (WGS-84, degrees)"),
        _column("lon", _LON, "经度", f"{zh}的经度（WGS-84，度）", f"longitude of {en} (WGS-84, degrees)"),
    )


def _days(first_zh: str, first_en: str, last_zh: str, last_en: str, optional: bool) -> tuple[Column, Column]:
    return (
        _column("first_day", DAY, "开始日期 起始日期 首日", first_zh, first_en, optional=optional),
        _column("last_day", DAY, "结束日期 截止日期 末日", last_zh, last_en, optional=optional),
    )


def _reserved(zh: str, en: str) -> Column:
    return _column(
        "reserved_for", ID, "专用企业 专供企业 专用企业编号", zh, en, optional=True, refers="enterprises"
    )


_ALL = (
    Table(
        "enterprises",
        ("企业", "企业表", "用工企业", "复工企业"),
        Text("复工企业及其用工需求", "the enterprises and the workers that they need"),
        (
            _column(
                "enterprise_id", ID, "企业编号 企业代码 单位编号 编号", "企业编号", "id of the enterprise"
            ),
            _column("name", TEXT, "企业名称 单位名称 名称", "企业名称", "name of the enterprise"),
            _column(
                "uscc",
                CREDIT_CODE,
                "统一社会信用代码 社会信用代码 信用代码",
                "统一社会信用代码",
                "unified social credit code",
                optional=True,
            ),
            _column("sector", TEXT, "行业 所属行业", "所属行业", "sector", optional=True),
            _column(
                "priority",
                whole(1, 4),
                "优先级 优先等级",
                "优先级，1 最高，4 最低",
                "priority, 1 (highest) to 4",
            ),
            _column(
                "adcode",
                ADCODE,
                "行政区划代码 区划代码 行政区划",
                "所在地行政区划代码，用于判断风险",
                "administrative code of the place; its zone's risk counts",
                optional=True,
            ),
            *_coordinates("企业", "the enterprise"),
            _column("workforce", _HEADS, "用工总数 用工人数 需求人数", "用工总数", "headcount needed"),
            _column("present", _HEADS, "在岗人数 已在岗人数 到岗人数", "已在岗人数", "already at work"),
            _column(
                "restart_share",
                SHARE,
                "复工比例 开工比例",
                "在岗人数达到用工总数的这一比例即可复工",
                "share of the workforce with which it restarts",
            ),
            _column(
                "budget_yuan",
                MONEY,
                "预算 企业预算",
                "企业预算（元），空白为不限",
                "budget in yuan; blank: no limit",
                optional=True,
                field="budget_fen",
            ),
            _column("contact", TEXT, "联系人", "联系人", "contact", optional=True),
            _column("phone", PHONE, "联系电话 电话 手机号", "联系电话", "telephone", optional=True),
        ),
        key="enterprise_id",
        required=True,
    ),
    Table(
        "suppliers",
        ("供应", "供应关系", "供应商", "上下游", "上下游关系"),
        Text("上下游：供应商随其买方提高优先级", "who supplies whom: a supplier gains its buyers' priority"),
        (
            _column(
                "supplier_id",
                ID,
                "供应商编号 供应商 供应企业编号",
                "供应商",
                "supplier",
                refers="enterprises",
            ),
            _column("buyer_id", ID, "买方编号 买方 采购企业编号", "买方", "buyer", refers="enterprises"),
        ),
    ),
    Table(
        "vacancies",
        ("岗位", "岗位表", "空缺岗位", "招聘岗位", "缺工岗位"),
        Text("可供求职者的岗位", "posts for job seekers"),
        (
            _column("vacancy_id", ID, "岗位编号 编号", "岗位编号", "id of the vacancy"),
            _column(
                "enterprise_id", ID, "企业编号 单位编号", "招工企业", "the enterprise", refers="enterprises"
            ),
            _column("occupation", TEXT, "工种 职业 岗位名称", "工种", "occupation"),
            _column("headcount", _HEADS, "招聘人数 人数 缺工人数", "最多录用人数", "how many at most"),
            _column("fill_by", DAY, "最迟到岗日期 到岗期限 到岗日期", "最迟到岗日", "last day to be at work"),
        ),
        key="vacancy_id",
    ),
    Table(
        "intentions",
        ("意向", "就业意向", "意向表"),
        Text("求职者与企业已达成的就业意向", "a job seeker and an enterprise have agreed"),
        (
            _column(
                "worker_id", ID, "工人编号 人员编号 务工人员编号", "求职者", "job seeker", refers="workers"
            ),
            _column("vacancy_id", ID, "岗位编号", "岗位", "vacancy", refers="vacancies"),
        ),
    ),
    Table(
        "workers",
        ("工人", "员工", "务工人员", "返岗人员", "人员", "花名册"),
        Text("返岗员工和求职者", "returning workers and job seekers"),
        (
            _column(
                "worker_id",
                ID,
                "工人编号 员工编号 人员编号 务工人员编号 工号 编号",
                "人员编号",
                "id of the worker",
            ),
            _column("name", TEXT, "姓名", "姓名", "name"),
            _column(
                "id_number",
                IDENTITY,
                "身份证号 身份证号码 身份证 公民身份号码 证件号码",
                "身份证号，须为文本格式",
                "resident identity number, kept as text",
                optional=True,
            ),
            _column(
                "phone", PHONE, "手机号 手机号码 联系电话 电话 手机", "手机号", "telephone", optional=True
            ),
            _column("sex", SEX, "性别", "性别", "sex", optional=True),
            _column(
                "adcode",
                ADCODE,
                "行政区划代码 区划代码 居住地代码 行政区划",
                "现居住地行政区划代码（GB/T 2260）",
                "administrative code of the home (GB/T 2260)",
            ),
            *_coordinates("住处", "the home"),
            _column(
                "enterprise_id",
                ID,
                "企业编号 单位编号 所属企业",
                "返岗企业，空白为求职者",
                "the enterprise to return to; blank: a job seeker",
                optional=True,
                refers="enterprises",
            ),
            _column("occupation", TEXT, "工种 职业", "工种", "occupation", optional=True),
            _column(
                "available_from",
                DAY,
                "最早出发日期 可出发日期 最早出发日",
                "最早出发日",
                "first day to leave",
            ),
            _column("arrive_by", DAY, "最迟到达日期 最迟到达日 到达期限", "最迟到达日", "last day to arrive"),
            _column(
                "party_id",
                ID,
                "同行组 同行组编号 家庭编号 结伴编号",
                "同行组：同组的人同车同点，缺一不行",
                "party: its members travel together or not at all",
                optional=True,
            ),
        ),
        key="worker_id",
        required=True,
    ),
    Table(
        "zones",
        ("风险地区", "风险区", "地区风险", "风险等级"),
        Text("各地风险等级，未列出的为低风险", "risk by place; what is not listed is low"),
        (
            _column(
                "adcode",
                ADCODE,
                "行政区划代码 区划代码 行政区划",
                "区划代码；地市以 00、省以 0000 结尾",
                "administrative code; a prefecture ends in 00, a province in 0000",
            ),
            _column("risk", RISK, "风险 风险等级", "风险等级", "risk"),
        ),
        key="adcode",
    ),
    Table(
        "pickups",
        ("上车点", "集合点", "乘车点"),
        Text("上车点", "where workers board"),
        (
            _column("pickup_id", ID, "上车点编号 集合点编号 编号", "上车点编号", "id of the pickup"),
            _column("name", TEXT, "上车点名称 集合点名称 名称", "名称", "name"),
            _column(
                "adcode",
                ADCODE,
                "行政区划代码 区划代码 行政区划",
                "行政区划代码（仅供参考）",
                "information only",
            ),
            *_coordinates("上车点", "the pickup"),
        ),
        key="pickup_id",
        required=True,
    ),
    Table(
        "fleets",
        ("车队", "车辆", "客运车队", "包车"),
        Text("同一车场、同一车型的包车", "coaches of one kind from one depot"),
        (
            _column("fleet_id", ID, "车队编号 编号", "车队编号", "id of the fleet"),
            _column("operator", TEXT, "承运企业 承运单位 运输公司 客运公司", "承运企业", "operator"),
            *_coordinates("车场", "the depot"),
            _column(
                "seats", whole(1, 500), "座位数 载客座位数 核载人数", "载客座位数", "seats for passengers"
            ),
            _column("vehicles", _COUNT, "车辆数 车数", "车辆数", "number of vehicles"),
            _column(
                "day_yuan",
                MONEY,
                "日租金 每日租金 日租",
                "每车每日（元）",
                "yuan a vehicle and day",
                field="day_fen",
            ),
            _column(
                "km_yuan",
                decimal(0, 100_000),
                "每公里费用 公里单价 公里费",
                "每公里（元）",
                "yuan a kilometre",
            ),
            *_days(
                "最早用车日，空白为不限",
                "first day of service; blank: no limit",
                "最迟用车日，空白为不限",
                "last day of service; blank: no limit",
                optional=True,
            ),
            _reserved("只运送这家企业的人", "carries only this enterprise's workers"),
        ),
        key="fleet_id",
        required=True,
    ),
    Table(
        "hotels",
        ("酒店", "隔离酒店", "隔离点", "宾馆"),
        Text("集中隔离酒店", "hotels for quarantine"),
        (
            _column("hotel_id", ID, "酒店编号 隔离点编号 编号", "酒店编号", "id of the hotel"),
            _column("name", TEXT, "酒店名称 隔离点名称 名称", "名称", "name"),
            _column(
                "adcode",
                ADCODE,
                "行政区划代码 区划代码 行政区划",
                "所在地行政区划代码，用于判断风险",
                "administrative code of the place; its zone's risk counts",
                optional=True,
            ),
            *_coordinates("酒店", "the hotel"),
            _column("single_rooms", _COUNT, "单人间数 单人间 单间数", "单人间数", "single rooms"),
            _column("twin_rooms", _COUNT, "双人间数 双人间 标间数", "双人间数", "twin rooms"),
            _column(
                "single_yuan",
                MONEY,
                "单人间价 单人间价格 单间价",
                "单人间每晚标价（元）",
                "list price of a single a night, yuan",
                field="single_fen",
            ),
            _column(
                "twin_yuan",
                MONEY,
                "双人间价 双人间价格 标间价",
                "双人间每晚标价（元）",
                "list price of a twin a night, yuan",
                field="twin_fen",
            ),
            _column(
                "concession",
                SHARE,
                "让利比例 酒店让利 减免比例",
                "酒店让利比例",
                "share of the price that it waives",
            ),
            _column(
                "first_night",
                DAY,
                "首晚 开始日期 最早入住日",
                "最早一晚，空白为不限",
                "first night; blank: no limit",
                optional=True,
            ),
            _column(
                "last_night",
                DAY,
                "末晚 结束日期 最后一晚",
                "最后一晚，空白为不限",
                "last night; blank: no limit",
                optional=True,
            ),
            _reserved("只接待这家企业的人", "takes only this enterprise's workers"),
        ),
        key="hotel_id",
        required=True,
    ),
    Table(
        "busy",
        ("占用", "已占用", "占用情况"),
        Text("已被占用的车辆和房间", "vehicles and rooms that are taken already"),
        (
            _column(
                "place_id",
                ID,
                "地点编号 车队或酒店编号 编号",
                "车队或酒店",
                "fleet or hotel",
                refers="fleets hotels",
            ),
            _column(
                "unit",
                UNIT,
                "车号或房号 单元 车号 房号",
                "车号 3，或房号 S3、T3",
                "a vehicle 3, or a room S3 or T3",
            ),
            *_days(
                "第一天或第一晚", "first day or night", "最后一天或一晚", "last day or night", optional=False
            ),
        ),
    ),
    Table(
        "distances",
        ("距离", "路程", "里程", "距离表"),
        Text("两地之间的实际路程，每行一个方向", "the road between two places, one direction a row"),
        (
            _column("from_id", ID, "起点编号 起点", "起点", "from", refers=_PLACES),
            _column("to_id", ID, "终点编号 终点", "终点", "to", refers=_PLACES),
            _column("km", real(0, 100_000), "公里 公里数 里程", "公里", "kilometres"),
            _column(
                "minutes", whole(0, 1_000_000), "分钟 分钟数 行车时间", "行车分钟数", "minutes of driving"
            ),
        ),
    ),
    Table(
        "closures",
        ("封闭", "封控", "封闭地点", "停用"),
        Text("在这些日子不能停靠的地点", "places where no vehicle may stop on those days"),
        (
            _column(
                "place_id",
                ID,
                "地点编号 编号",
                "上车点、酒店或企业",
                "pickup, hotel or enterprise",
                refers="pickups hotels enterprises",
            ),
            *_days("第一天", "first day", "最后一天", "last day", optional=False),
        ),
    ),
)

TABLES: Mapping[str, Table] = {table.name: table for table in _ALL}


def titled(*names: str) -> Text:
    """Tables as a message calls them: a sheet may bear the Chinese name."""
    return Text("、".join(f"{TABLES[name].chinese[0]} {name}" for name in names), ", ".join(names))


POLICY = "policy"
POLICY_CHINESE = ("政策", "规则", "政策参数")
POLICY_HEADERS: Mapping[str, tuple[str, ...]] = {
    "key": ("参数", "键", "项目"),
    "value": ("值", "取值", "数值"),
    "note": ("说明", "备注"),
}
NOTES_SHEETS = ("readme", "notes", "说明", "填表说明")  # what people keep beside the tables
