"""The rules of quarantine stays and rooms."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

from workforce.check_case import Case
from workforce.entities import Hotel
from workforce.plan import Stay

ROOM = re.compile(r"([ST])([1-9][0-9]{0,8})")


def check_rooms(case: Case) -> None:
    _check_stays(case)
    rooms: dict[tuple[str, str], list[Stay]] = defaultdict(list)
    for stay in case.plan.stays:
        rooms[stay.hotel_id, stay.room].append(stay)
    for (hotel_id, room), stays in rooms.items():
        hotel = case.scenario.hotels.get(hotel_id)
        if hotel and _exists(hotel, room):
            _check_room(case, hotel, room, stays)
        else:
            kept = {stay.worker_id for stay in stays} <= case.kept_riders
            case.broken("room-unknown", f"{hotel_id} {room}", kept)


def _check_stays(case: Case) -> None:
    """Who has nights to spend has a room for them, from the day of arrival, where the trip drops."""
    scenario, plan = case.scenario, case.plan
    for stay in plan.stays:
        worker = scenario.workers.get(stay.worker_id)
        if worker and (worker.worker_id not in plan.seat_of or not case.zone(worker).quarantine_nights):
            kept = worker.worker_id in case.kept_riders
            case.broken("stay-needless", worker.worker_id, kept, hotel=stay.hotel_id, room=stay.room)
    for worker_id, seat in plan.seat_of.items():
        worker = scenario.workers.get(worker_id)
        if worker is None:
            continue
        kept = seat.trip_id in case.kept
        nights = case.zone(worker).quarantine_nights
        stay_or_none = plan.stay_of.get(worker_id)
        enterprise = case.enterprise_of.get(worker_id)
        for hotel_id in sorted({seat.drop_id} | ({stay_or_none.hotel_id} if stay_or_none else set())):
            owner = scenario.hotels[hotel_id].reserved_for if hotel_id in scenario.hotels else None
            if owner and enterprise and owner != enterprise.enterprise_id:
                case.broken("hotel-reserved", worker_id, kept, hotel=hotel_id, owner=owner)
        if stay_or_none is None:
            if nights:
                case.broken("stay-missing", worker_id, kept, nights=nights)
            continue
        if not nights:
            continue
        if stay_or_none.hotel_id != seat.drop_id:
            case.broken("stay-hotel", worker_id, kept, drop=seat.drop_id, hotel=stay_or_none.hotel_id)
        arrival = case.arrival(worker_id)
        length = (stay_or_none.check_out - stay_or_none.check_in).days
        if arrival and (stay_or_none.check_in != arrival or length != nights):
            case.broken(
                "stay-dates",
                worker_id,
                kept,
                check_in=stay_or_none.check_in,
                check_out=stay_or_none.check_out,
                arrive=arrival,
                nights=nights,
            )


def _exists(hotel: Hotel, room: str) -> bool:
    match = ROOM.fullmatch(room)
    if match is None:
        return False
    return int(match[2]) <= (hotel.single_rooms if match[1] == "S" else hotel.twin_rooms)


@dataclass(frozen=True, slots=True, order=True)
class _Guests:
    """Those who have a room for the same nights."""

    check_in: date
    check_out: date
    workers: tuple[str, ...]


def _check_room(case: Case, hotel: Hotel, room: str, stays: Sequence[Stay]) -> None:
    subject = f"{hotel.hotel_id} {room}"
    together = defaultdict(set)
    for stay in stays:
        together[stay.check_in, stay.check_out].add(stay.worker_id)
    guests = sorted(_Guests(*nights, tuple(sorted(workers))) for nights, workers in together.items())
    turnover = case.scenario.policy.turnover_days

    for group in guests:
        kept = _all_kept(case, group.workers)
        dates = {"check_in": group.check_in, "check_out": group.check_out}
        if not _may_share(case, room, group.workers):
            case.broken("room-shared", subject, kept, workers=group.workers, **dates)
        # The last night begins on the day before check-out.
        if (hotel.first_night and group.check_in < hotel.first_night) or (
            hotel.last_night and (group.check_out - hotel.last_night).days > 1
        ):
            case.broken("hotel-days", subject, kept, first=hotel.first_night, last=hotel.last_night, **dates)
        for busy in case.busy.get((hotel.hotel_id, room), ()):
            # The night of last_day ends on the day after it, and the room is then turned over.
            before = (group.check_in - busy.last_day).days - 1 >= turnover
            after = (busy.first_day - group.check_out).days >= turnover
            if not (before or after):
                case.broken(
                    "room-busy",
                    subject,
                    kept,
                    first=busy.first_day,
                    last=busy.last_day,
                    days=turnover,
                    **dates,
                )
    if not guests:
        return
    longest = guests[0]
    for group in guests[1:]:
        if (group.check_in - longest.check_out).days < turnover:
            case.broken(
                "room-turnover",
                subject,
                _all_kept(case, longest.workers + group.workers),
                check_out=longest.check_out,
                next_in=group.check_in,
                days=turnover,
            )
        longest = max(longest, group, key=lambda g: g.check_out)


def _may_share(case: Case, room: str, workers: Sequence[str]) -> bool:
    if len(workers) == 1:
        return True
    known = case.scenario.workers
    parties = {known[w].party_id if w in known else None for w in workers}
    return room.startswith("T") and len(workers) == 2 and len(parties) == 1 and None not in parties


def _all_kept(case: Case, workers: Collection[str]) -> bool:
    return set(workers) <= case.kept_riders
