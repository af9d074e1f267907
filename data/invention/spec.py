"""What a generated scenario is to be like: the spec, and the kinds that have a name."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import date, time, timedelta
from decimal import Decimal

from workforce.entities import Risk
from workforce.policy import Driving, Policy, RoomShares, TripRules, TripShares, Zone

MOST_WORKERS = 32_000


@dataclass(frozen=True, slots=True)
class Sector:
    """A branch of trade.

    Attributes:
        word: what the names of its enterprises end in.
        priorities: of which each enterprise has one as its own.
        share: how many of the enterprises, and how large they are, against the other sectors.
        supplies: words of the sectors that buy from it.
    """

    name: str
    word: str
    priorities: tuple[int, ...]
    share: float
    occupations: tuple[str, ...]
    supplies: tuple[str, ...] = ()


WUHAI_SECTORS = (
    Sector("煤炭", "煤矿", (1,), 3, ("采煤工", "掘进工", "矿井电工", "皮带司机")),
    Sector("焦化", "焦化厂", (1,), 3, ("炉前工", "化验员", "推焦车司机", "焊工")),
    Sector("氯碱化工", "氯碱厂", (1, 2), 3, ("电解工", "聚合操作工", "仪表工", "焊工")),
    Sector("电力热力", "热电厂", (1,), 1, ("锅炉工", "电工", "巡检员")),
    Sector("电石", "电石厂", (2, 3), 1.5, ("电炉工", "出炉工", "行车司机"), ("氯碱厂",)),
    Sector("煤炭洗选", "洗煤厂", (2, 3), 1.5, ("洗煤工", "装载机司机", "电工"), ("焦化厂",)),
    Sector("矿山机械", "矿山机械厂", (3,), 0.7, ("机修工", "焊工", "车工"), ("煤矿", "洗煤厂")),
    Sector("包装材料", "编织袋厂", (3, 4), 0.7, ("挡车工", "包装工"), ("氯碱厂",)),
    Sector("道路运输", "货运公司", (3,), 0.5, ("货车司机", "装卸工"), ("煤矿", "焦化厂", "电石厂")),
    Sector("建筑材料", "水泥厂", (3, 4), 0.8, ("窑工", "包装工", "电工")),
    Sector("食品", "食品厂", (2,), 0.5, ("面点工", "包装工")),
    Sector("葡萄酒", "葡萄酒庄", (4,), 0.4, ("酿酒工", "包装工")),
    Sector("商贸服务", "商贸公司", (4,), 0.6, ("营业员", "仓管员")),
)

WUHAI = (("150302", 0.3), ("150304", 0.4), ("150303", 0.3))

PINGFANG_SECTORS = (
    Sector("航空制造", "航空部件厂", (1, 2), 2, ("铣工", "钳工", "装配工")),
    Sector("汽车零部件", "汽车部件厂", (2, 3), 3, ("冲压工", "焊工", "装配工")),
    Sector("医药", "制药厂", (1,), 1, ("制剂工", "化验员", "包装工")),
    Sector("食品", "食品厂", (1, 2), 2, ("面点工", "包装工", "冷库工")),
    Sector("机械加工", "机械厂", (3, 4), 3, ("车工", "铣工", "焊工"), ("航空部件厂", "汽车部件厂")),
    Sector("塑料包装", "包装厂", (3, 4), 1.5, ("注塑工", "包装工"), ("制药厂", "食品厂")),
    Sector("建筑", "建筑公司", (3, 4), 1.5, ("钢筋工", "木工", "电工")),
    Sector("物业服务", "物业公司", (4,), 1, ("保洁员", "电工")),
)

POLICY = Policy(
    name="",
    first_day=date(2020, 2, 24),
    last_day=date(2020, 3, 8),
    detour_factor=1.3,
    speed_kmh=75.0,
    zones={
        Risk.LOW: Zone(True, 0, Decimal("1.0")),
        Risk.MEDIUM: Zone(True, 14, Decimal("0.5")),
        Risk.HIGH: Zone(False, 14, Decimal("0.5")),
    },
    trips=TripRules(
        max_pickups=3,
        max_drops=3,
        stop_minutes=20,
        max_access_km=60.0,
        access_yuan_per_km=Decimal("0.2"),
        max_ride_minutes=1440,
        leave_depot=(time(5), time(22)),
        reception=(time(6), time(23)),
        observation_seats=8,
    ),
    driving=Driving(
        max_minutes_per_driver=480,
        break_after_minutes=240,
        break_minutes=20,
        rest_minutes=480,
        extra_driver_fen_per_day=600_00,
        max_drivers=3,
        night_ban=(time(2), time(5)),
    ),
    turnover_days=1,
    transfer_yuan_per_km=Decimal("0.5"),
    trip_shares=TripShares(Decimal("0.0"), 0, Decimal("0.5"), 200_00),
    room_shares=RoomShares(20_00, Decimal("0.3"), 60_00),
    priority_weights=(8, 4, 2, 1),
    restart_bonus=20,
    wait_fen_per_day=(40_00, 20_00, 10_00, 5_00),
)


@dataclass(frozen=True, slots=True)
class GeneratorSpec:
    """A scenario to be generated; counts that are None follow from the number of workers.

    Attributes:
        name: of the kind, and of the scenario where the policy has none.
        seekers: the part of the workers who are job seekers.
        agreed: the part of the seekers with an agreed intention, and of these with a second one.
        posts: in all vacancies together, for each worker of the scenario.
        in_parties: the part of the workers who travel in families of two or three.
        destination: adcodes of the counties where the enterprises and hotels are, with their parts of them.
        origins: beginnings of the adcodes of the counties where workers live.
        counties: how many of these counties, taken in turn from their prefectures.
        road_km: the least and the longest road from such a county's seat to the destination.
        towns: pickups of a county beside its seat.
        risks: rows of ``zones`` that are there whatever is drawn.
        medium, high: the part of the counties that get this risk.
        seats: of the coaches, the most first.
        fleets: how many of these sizes, the first among them, a prefecture has that workers come from.
        coaches, rooms: times what the plain plan needs.
        government, budgets: times what the plain plan costs it and the enterprises; None: no limit.
        budgeted: the part of the enterprises that have a limit.
        closed: the part of the pickups that are closed for some days.
        busy: units taken at the beginning, beside those that the plain plan needs.
        reserved: whether the largest enterprise has coaches and a hotel of its own.
        road_table: whether to write a table of distances.
    """

    name: str
    seed: int = 1
    workers: int = 300
    seekers: float = 0.1
    agreed: tuple[float, float] = (0.3, 0.2)
    posts: float = 0.3
    in_parties: float = 0.25
    destination: tuple[tuple[str, float], ...] = WUHAI
    sectors: tuple[Sector, ...] = WUHAI_SECTORS
    enterprises: int | None = None
    hotels: int | None = None
    origins: tuple[str, ...] = ("62", "64", "61", "14", "41", "51")
    counties: int | None = None
    road_km: tuple[float, float] = (300.0, 1100.0)
    towns: int = 2
    risks: tuple[tuple[str, Risk], ...] = ()
    medium: float = 0.3
    high: float = 0.06
    policy: Policy = POLICY
    seats: tuple[int, ...] = (49, 33, 19)
    fleets: int = 2
    coaches: float = 1.3
    rooms: float = 1.1
    government: float | None = None
    budgets: float | None = None
    budgeted: float = 0.3
    closed: float = 0.0
    busy: int = 4
    reserved: bool = True
    road_table: bool = False

    def __post_init__(self) -> None:
        if not 1 <= self.workers <= MOST_WORKERS:
            raise ValueError(
                f"人数须在 1 到 {MOST_WORKERS} 之间，而不是 {self.workers}。"
                f" The number of workers must be 1 to {MOST_WORKERS}, not {self.workers}."
            )

    @property
    def enterprise_count(self) -> int:
        return self.enterprises or max(2, round(0.75 * math.sqrt(self.workers)))

    @property
    def hotel_count(self) -> int:
        return self.hotels or max(2, round(0.25 * math.sqrt(self.workers)))

    @property
    def county_count(self) -> int:
        return self.counties or max(1, round(0.7 * math.sqrt(self.workers)))


def _with_nights(nights: int, days: int) -> Policy:
    """The policy with another length of quarantine and of the horizon."""
    zones = {risk: replace(zone, quarantine_nights=nights) for risk, zone in POLICY.zones.items()}
    zones[Risk.LOW] = POLICY.zones[Risk.LOW]
    return replace(POLICY, zones=zones, last_day=POLICY.first_day + timedelta(days=days - 1))


_TINY = replace(
    _with_nights(2, 4),
    trips=replace(POLICY.trips, max_pickups=2, max_drops=2, observation_seats=1),
    driving=replace(POLICY.driving, max_drivers=2),
)

_FAR = replace(
    POLICY,
    speed_kmh=90.0,
    trips=replace(POLICY.trips, max_ride_minutes=2880),
    driving=replace(POLICY.driving, max_drivers=4),
)

_SPECS = (
    GeneratorSpec(
        "wuhai",
        seed=2020,
        workers=2459,
        seekers=459 / 2459,
        agreed=(1.0, 0.0),
        posts=6000 / 2459,
        enterprises=36,
        hotels=12,
        origins=(
            *("6204", "6206", "6208", "6210", "6211", "6205"),  # Gansu
            *("6403", "6404", "6405"),  # Ningxia
            *("6103", "6104", "6106", "6107", "6108"),  # Shaanxi
            *("1409", "1410", "1411"),  # Shanxi
            *("4108", "4112"),  # Henan
            *("5108", "5119"),  # Sichuan
        ),
        counties=36,
        risks=(("150302", Risk.MEDIUM), ("150303", Risk.LOW), ("150304", Risk.LOW), ("420000", Risk.HIGH)),
        medium=0.25,
        high=0.04,
        policy=replace(
            POLICY,
            name="乌海市 2020 年春季返岗复工 · Wuhai return to work, spring 2020",
            trips=replace(POLICY.trips, max_fen_per_worker=2500_00),
        ),
        government=1.05,
        budgets=1.15,
        budgeted=0.2,
        closed=0.02,
        busy=8,
    ),
    GeneratorSpec("plain"),
    GeneratorSpec(
        "pingfang",
        workers=6000,
        destination=(("230108", 1.0),),
        sectors=PINGFANG_SECTORS,
        origins=("15", "21", "22", "23"),
        road_km=(100.0, 1000.0),
    ),
    GeneratorSpec("tight-rooms", medium=0.6, rooms=0.5),
    GeneratorSpec("tight-budgets", government=0.5, budgets=0.8, budgeted=0.6),
    GeneratorSpec("few-coaches", coaches=0.4),
    GeneratorSpec("closures", closed=0.3),
    GeneratorSpec("turnover", medium=0.8, rooms=1.0, policy=_with_nights(7, 35)),
    GeneratorSpec("seekers", seekers=1.0, posts=1.5),
    GeneratorSpec("families", in_parties=0.8),
    GeneratorSpec("one", workers=1),
    GeneratorSpec("far", workers=120, origins=("",), road_km=(1700.0, 1850.0), policy=_FAR),
    GeneratorSpec("distances", workers=150, road_table=True),
    GeneratorSpec(
        "tiny",
        workers=6,
        seekers=0.35,
        agreed=(0.5, 0.5),
        posts=0.7,
        enterprises=2,
        hotels=1,
        counties=2,
        towns=0,
        road_km=(150.0, 450.0),
        medium=0.5,
        policy=_TINY,
        seats=(6,),
        fleets=1,
        coaches=1.0,
        rooms=1.0,
        busy=0,
        reserved=False,
    ),
)

KINDS = {spec.name: spec for spec in _SPECS}
