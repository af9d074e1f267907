"""The papers of trips, hotels and workers: manifest, seats, roster, pass, rooms, certificate of release.

What is on them is only what the reader may see; names come in as they may be shown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from api.server.documents import Document, Grid, both, grid
from workforce.closed_loop import BEIJING, Journey, PlannedTrip, Run
from workforce.entities import Risk
from workforce.faults import Text
from workforce.loop_words import COURSES
from workforce.passes import validity
from workforce.plan import Seat, Stay, StopKind
from workforce.scenario import Scenario

Names = Mapping[str, Mapping[str, str | None]]  # by worker: name, id_number, phone, as they may be shown

STOP_KINDS = {
    StopKind.DEPART: Text("出车", "depart"),
    StopKind.PICKUP: Text("上车点", "pickup"),
    StopKind.DROP: Text("下车点", "drop"),
    StopKind.REST: Text("途中休息", "rest"),
    StopKind.RETURN: Text("返回", "return"),
}

_RISKS = {
    Risk.LOW: Text("低风险", "low"),
    Risk.MEDIUM: Text("中风险", "medium"),
    Risk.HIGH: Text("高风险", "high"),
}


@dataclass(frozen=True, slots=True)
class Binding:
    """What binds a coordinator's phone to a trip.

    Attributes:
        code: the four digits.
        url: of the newest link that works; None: there is none yet.
    """

    code: str
    url: str | None


_NO_LINK = Text(
    "尚无手机链接：在“车次”页打开本车次，在“现场手机”处点“新建链接”，再重新打印本清单。",
    "No link for phones yet: open this trip on the page Trips, make a new link under Phones in the field, "
    "and print this manifest again.",
)
_BINDS = Text(
    "用手机扫描右上角二维码，输入四位设备码即可绑定；请妥善保管本清单。",
    "Scan the QR code with the phone and enter the device code to bind it. Keep this manifest to yourself.",
)


def manifest(
    planned: PlannedTrip,
    run: Run,
    scenario: Scenario,
    seats: Sequence[Seat],
    names: Names,
    binding: Binding | None,
) -> Document:
    """What the coordinator at the door works with.

    Args:
        binding: None: the reader may not bind phones to the trip.
    """
    facts = _trip_facts(planned, run, scenario)
    if binding is not None:
        facts = (*facts, (Text("设备码", "Device code"), binding.code))
    if binding is not None and binding.url is not None:
        facts = (*facts, (Text("手机页面", "Page for phones"), binding.url))
    rows = [
        (
            seat.seat,
            names.get(seat.worker_id, {}).get("name"),
            _last_four(names.get(seat.worker_id, {})),
            place_name(scenario, seat.pickup_id),
            place_name(scenario, seat.drop_id),
            "",
            "",
            "",
        )
        for seat in sorted(seats, key=lambda s: s.seat)
    ]
    columns = [
        ("座位", "Seat"),
        ("姓名", "Name"),
        ("证件末四位", "Id, last four"),
        ("上车点", "Pickup"),
        ("下车点", "Drop"),
        ("体温 °C", "Temp. °C"),
        ("上车", "Aboard"),
        ("下车", "Off"),
    ]
    riders = grid(Text("乘客", "Riders"), columns, rows, right=[0], widths=(6, 14, 14, 22, 22, 9, 7, 7))
    return Document(
        f"manifest-{planned.trip.trip_id}",
        Text("乘车清单", "Trip manifest"),
        facts,
        (_stops(planned, scenario), riders),
        code=binding.url if binding is not None else None,
        signs=(Text("带队人员", "Coordinator"), Text("接收方", "Receiver")),
        notes=(
            Text(
                "体温 37.3 °C 及以上请坐到观察座位并上报。",
                "From 37.3 °C on: to an observation seat, and report.",
            ),
            *((_NO_LINK if binding.url is None else _BINDS,) if binding is not None else ()),
        ),
    )


def seat_plan(
    planned: PlannedTrip, run: Run, scenario: Scenario, seats: Sequence[Seat], names: Names
) -> Document:
    """The coach from above: rows from the front, the observation seats at the back."""
    trips = scenario.policy.trips
    last = scenario.fleets[planned.trip.fleet_id].seats
    by_seat = {seat.seat: seat.worker_id for seat in seats}

    def told(n: int) -> str:
        if n in by_seat:
            return f"{n} {names.get(by_seat[n], {}).get('name') or by_seat[n]}"
        return f"{n} 观察 obs." if n > last - trips.observation_seats else f"{n} —"

    width = trips.seats_per_row
    padded = [
        (row, *(told(n) if n <= last else "" for n in range(first, first + width)))
        for row, first in enumerate(range(1, last + 1, width), 1)
    ]
    columns = [("排", "Row"), *((f"座 {n}", f"seat {n}") for n in range(1, width + 1))]
    plan = grid(
        Text("座位（车头在上）", "Seats, front on top"), columns, padded, right=[0], widths=(6, *[20] * width)
    )
    return Document(
        f"seats-{planned.trip.trip_id}",
        Text("座位图", "Seat plan"),
        _trip_facts(planned, run, scenario),
        (plan,),
    )


def roster(
    planned: PlannedTrip,
    run: Run,
    scenario: Scenario,
    seats: Sequence[Seat],
    names: Names,
    employers: Mapping[str, str | None],
) -> Document:
    """Everybody aboard with where they come from and go to, as checkpoints and destinations ask for it."""
    rows = [
        (
            seat.seat,
            names.get(seat.worker_id, {}).get("name"),
            names.get(seat.worker_id, {}).get("id_number"),
            names.get(seat.worker_id, {}).get("phone"),
            scenario.workers[seat.worker_id].adcode if seat.worker_id in scenario.workers else "",
            place_name(scenario, employers.get(seat.worker_id) or ""),
            place_name(scenario, seat.drop_id),
        )
        for seat in sorted(seats, key=lambda s: s.seat)
    ]
    columns = [
        ("座位", "Seat"),
        ("姓名", "Name"),
        ("证件号", "Identity"),
        ("电话", "Phone"),
        ("来自", "From (adcode)"),
        ("企业", "Enterprise"),
        ("下车点", "Drop"),
    ]
    riders = grid(Text("人员", "People"), columns, rows, right=[0], widths=(6, 12, 20, 16, 10, 20, 20))
    return Document(
        f"roster-{planned.trip.trip_id}",
        Text("随车人员名册", "Roster"),
        _trip_facts(planned, run, scenario),
        (riders,),
        signs=(Text("负责人", "Responsible person"),),
    )


def travel_pass(
    planned: PlannedTrip, run: Run, scenario: Scenario, drivers: Sequence[str], url: str
) -> Document:
    """The pass that lies behind the windscreen; ask first whether every destination has confirmed."""
    trip = planned.trip
    begin, end = (moment.astimezone(BEIJING) for moment in validity(planned, run))
    receive = [place_name(scenario, p) for p in run.confirmed if p in run.receives]
    facts = (
        *_trip_facts(planned, run, scenario),
        (Text("驾驶员", "Drivers"), "、".join(drivers)),
        (Text("有效期", "Valid"), f"{_at(begin)} — {_at(end)}"),
        (Text("目的地已确认接收", "Confirmed by"), "、".join(receive)),
    )
    return Document(
        f"pass-{trip.trip_id}",
        Text("返岗包车通行证", "Charter travel pass"),
        facts,
        (_stops(planned, scenario),),
        code=url,
        notes=(
            Text(
                "点对点直达，途中不上下客；扫码可核验本证是否有效。",
                "Point to point; nobody boards on the way. The code tells whether this pass is good.",
            ),
        ),
    )


def room_list(
    hotel_id: str,
    scenario: Scenario,
    day: date,
    stays: Sequence[Stay],
    names: Names,
) -> Document:
    """Who is or will be in which room."""
    rows = [
        (
            s.room,
            names.get(s.worker_id, {}).get("name"),
            _last_four(names.get(s.worker_id, {})),
            s.check_in,
            s.check_out,
            "",
            "",
        )
        for s in sorted(stays, key=lambda s: (s.room[0], len(s.room), s.room, s.check_in, s.worker_id))
    ]
    columns = [
        ("房间", "Room"),
        ("姓名", "Name"),
        ("证件末四位", "Id, last four"),
        ("入住", "In"),
        ("解除", "Out"),
        ("早 °C", "Morning °C"),
        ("晚 °C", "Evening °C"),
    ]
    return Document(
        f"rooms-{hotel_id}-{day}",
        Text("隔离房间表", "Room list"),
        ((Text("酒店", "Hotel"), place_name(scenario, hotel_id)), (Text("日期", "Day"), day.isoformat())),
        (grid(Text("房间", "Rooms"), columns, rows, widths=(8, 16, 16, 14, 14, 12, 12)),),
        signs=(Text("值班员", "On duty"),),
    )


def certificate(
    way: Journey, place: str, name: Mapping[str, str | None], released: date, number: str
) -> Document:
    """That a worker's quarantine at a place is over; ask first whether it is."""
    return Document(
        f"release-{way.worker_id}",
        Text("解除隔离证明", "Certificate of release"),
        (
            (Text("编号", "Number"), number),
            (Text("姓名", "Name"), name.get("name") or way.worker_id),
            (Text("证件末四位", "Id, last four"), _last_four(name)),
            (Text("隔离地点", "Place"), place),
            (Text("起止", "From — to"), f"{way.check_in} — {released}"),
        ),
        signs=(Text("卫生负责人", "Health officer"),),
        notes=(Text("隔离期满，可以返岗。", "The days of quarantine are over; the bearer may go to work."),),
    )


def _trip_facts(planned: PlannedTrip, run: Run, scenario: Scenario) -> tuple[tuple[Text, str], ...]:
    trip = planned.trip
    fleet = scenario.fleets.get(trip.fleet_id)
    state = COURSES[run.state]
    return (
        (Text("车次", "Trip"), f"{planned.plan_id} / {trip.trip_id}"),
        (Text("承运", "Carrier"), fleet.operator if fleet is not None else trip.fleet_id),
        (Text("车牌", "Plate"), run.plate or f"— ({trip.fleet_id}-{trip.vehicle_no})"),
        (Text("出发", "Leaves"), _at(trip.stops[0].depart)),
        (Text("人数", "Riders"), str(len(planned.seat_of))),
        (Text("风险", "Risk"), both(_RISKS[trip.risk])),
        (Text("状态", "State"), f"{state.zh} {state.en}"),
    )


def _stops(planned: PlannedTrip, scenario: Scenario) -> Grid:
    rows = [
        (
            stop.seq,
            f"{STOP_KINDS[stop.kind].zh} {STOP_KINDS[stop.kind].en}",
            place_name(scenario, stop.place_id or ""),
            _at(stop.arrive),
            _at(stop.depart),
            stop.boarding or "",
            stop.alighting or "",
        )
        for stop in planned.trip.stops
    ]
    columns = [
        ("序", "No."),
        ("类别", "Kind"),
        ("地点", "Place"),
        ("到", "Arrives"),
        ("开", "Leaves"),
        ("上", "On"),
        ("下", "Off"),
    ]
    return grid(Text("行程", "Route"), columns, rows, right=[0, 5, 6], widths=(6, 16, 34, 20, 20, 6, 6))


def place_name(scenario: Scenario, place_id: str) -> str:
    """What a pickup, hotel, enterprise or depot is called; its id where it is none of these."""
    found = (
        scenario.pickups.get(place_id) or scenario.hotels.get(place_id) or scenario.enterprises.get(place_id)
    )
    if found is not None:
        return found.name
    fleet = scenario.fleets.get(place_id)
    return fleet.operator if fleet is not None else place_id


def _last_four(name: Mapping[str, str | None]) -> str:
    return (name.get("id_number") or "")[-4:]


def _at(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M")
