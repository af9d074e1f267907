"""The rules of the people: who may travel, parties, job seekers, and the reasons for staying behind."""

from __future__ import annotations

from collections import defaultdict

from workforce.check_case import REACH_SLACK_KM, Case
from workforce.entities import Worker
from workforce.plan import Reason, Seat, Unserved


def check_riders(case: Case) -> None:
    _check_everybody(case)
    for seat in case.plan.seats:
        worker = case.scenario.workers.get(seat.worker_id)
        if worker is not None:
            _check_ride(case, seat, worker)
            _check_seeker(case, seat, worker)
    _check_placements(case)
    _check_parties(case)
    for row in case.plan.unserved:
        if row.worker_id in case.scenario.workers:
            _check_reason(case, row, case.scenario.workers[row.worker_id])


def _check_everybody(case: Case) -> None:
    """Every worker has a seat or a reason, never both."""
    left = {row.worker_id for row in case.plan.unserved}
    for worker_id in case.scenario.workers:
        if worker_id in case.plan.seat_of and worker_id in left:
            case.broken("seated-and-unserved", worker_id)
        elif worker_id not in case.plan.seat_of and worker_id not in left:
            case.broken("unaccounted", worker_id)


def _check_ride(case: Case, seat: Seat, worker: Worker) -> None:
    scenario, subject, kept = case.scenario, worker.worker_id, seat.trip_id in case.kept
    zone = case.zone(worker)
    if not zone.admit:
        case.broken("admit", subject, kept, risk=scenario.risk_of(worker.adcode))
    pickup = scenario.pickups.get(seat.pickup_id)
    most_km = scenario.policy.trips.max_access_km
    if pickup:
        km = case.distances.km((worker.lat, worker.lon), (pickup.lat, pickup.lon))
        if km > most_km + REACH_SLACK_KM:
            case.broken("reach", subject, kept, pickup=pickup.pickup_id, km=km, most=most_km)
    leaves = case.leaves(seat.trip_id)
    if leaves and leaves < worker.available_from:
        case.broken("available", subject, kept, leaves=leaves, from_day=worker.available_from)
    arrival = case.arrival(subject)
    if arrival and arrival > worker.arrive_by:
        case.broken("arrive-by", subject, kept, arrive=arrival, by=worker.arrive_by)

    enterprise = case.enterprise_of.get(subject)
    if zone.quarantine_nights and seat.drop_id not in scenario.hotels:
        case.broken("drop", subject, kept, drop=seat.drop_id, due="a quarantine hotel", due_zh="隔离酒店")
    elif not zone.quarantine_nights and enterprise and seat.drop_id != enterprise.enterprise_id:
        due = enterprise.enterprise_id
        case.broken("drop", subject, kept, drop=seat.drop_id, due=due, due_zh=due)
    if enterprise is None:
        return
    trip = case.plan.trip_by_id.get(seat.trip_id)
    fleet = scenario.fleets.get(trip.fleet_id) if trip else None
    if fleet and fleet.reserved_for not in (None, enterprise.enterprise_id):
        case.broken("fleet-reserved", subject, kept, fleet=fleet.fleet_id, owner=fleet.reserved_for)


def _check_seeker(case: Case, seat: Seat, worker: Worker) -> None:
    scenario, subject, kept = case.scenario, worker.worker_id, seat.trip_id in case.kept
    vacancy_id = case.plan.placement_of.get(subject)
    if worker.enterprise_id is not None:
        if vacancy_id is not None:
            case.broken("placement-needless", subject, kept, vacancy=vacancy_id)
        return
    if vacancy_id is None:
        case.broken("placement-missing", subject, kept)
        return
    vacancy = scenario.vacancies.get(vacancy_id)
    if vacancy is None:
        case.broken("vacancy-unknown", subject, kept, vacancy=vacancy_id)
        return
    agreed = scenario.intentions.get(subject)
    if agreed:
        if vacancy_id not in agreed:
            case.broken("intention", subject, kept, vacancy=vacancy_id, agreed=sorted(agreed))
    elif vacancy.occupation != worker.occupation:
        case.broken(
            "occupation",
            subject,
            kept,
            occupation=worker.occupation,
            vacancy=vacancy_id,
            needed=vacancy.occupation,
        )
    arrival, nights = case.arrival(subject), case.zone(worker).quarantine_nights
    if arrival and (vacancy.fill_by - arrival).days < nights:
        case.broken(
            "fill-by", subject, kept, arrive=arrival, nights=nights, vacancy=vacancy_id, by=vacancy.fill_by
        )


def _check_placements(case: Case) -> None:
    placed = defaultdict(set)
    for row in case.plan.placements:
        if row.worker_id in case.plan.seat_of:
            placed[row.vacancy_id].add(row.worker_id)
        elif row.worker_id in case.scenario.workers:
            case.broken("placement-unserved", row.worker_id, vacancy=row.vacancy_id)
    for vacancy_id, workers in placed.items():
        vacancy = case.scenario.vacancies.get(vacancy_id)
        if vacancy and len(workers) > vacancy.headcount:
            kept = workers <= case.kept_riders
            case.broken("headcount", vacancy_id, kept, placed=len(workers), headcount=vacancy.headcount)


def _check_parties(case: Case) -> None:
    for party, members in case.scenario.parties.items():
        seats = [case.plan.seat_of.get(member) for member in members]
        rides = {(seat.trip_id, seat.pickup_id, seat.drop_id) if seat else None for seat in seats}
        # Members who joined after their party was told about a trip cannot board it any more.
        kept = all(member in case.kept_riders for member, seat in zip(members, seats, strict=True) if seat)
        if len(rides) > 1:
            case.broken("party", party, kept, workers=members)
        enterprises = {case.enterprise_of[m].enterprise_id for m in members if m in case.enterprise_of}
        if len(enterprises) > 1:
            case.broken("party-enterprise", party, kept, enterprises=sorted(enterprises))


def _check_reason(case: Case, row: Unserved, worker: Worker) -> None:
    """The reason must hold as far as the scenario tells, and be the first that does."""
    if not row.detail.strip():
        case.broken("reason-detail", row.worker_id, said=row.reason)
    for reason, (may_hold, must_hold) in _proved(case, worker).items():
        if row.reason is reason:
            if not may_hold:
                case.broken("reason-false", row.worker_id, said=row.reason)
            return
        if must_hold:
            case.broken("reason-order", row.worker_id, said=row.reason, due=reason)
            return
    party = case.scenario.parties.get(worker.party_id or "", ())
    budgets = [e for e in case.scenario.enterprises.values() if e.budget_fen is not None]
    if (
        (row.reason is Reason.PARTY_SPLIT and len(party) < 2)
        or (row.reason is Reason.NO_ROOM and not case.zone(worker).quarantine_nights)
        or (row.reason is Reason.OVER_BUDGET and not budgets)
    ):
        case.broken("reason-false", row.worker_id, said=row.reason)


def _proved(case: Case, worker: Worker) -> dict[Reason, tuple[bool, bool]]:
    """The reasons that the scenario alone proves at a glance, in their order: (may hold, must hold).

    The two differ only where a distance is equal to the limit within the slack of a geodesic.
    """
    zone = case.zone(worker)
    home, most_km = (worker.lat, worker.lon), case.scenario.policy.trips.max_access_km
    lacks_vacancy = worker.enterprise_id is None and not _vacancy_fits(case, worker)
    return {
        Reason.ZONE_NOT_ADMITTED: (not zone.admit, not zone.admit),
        Reason.NO_PICKUP_IN_REACH: (
            not case.distances.pickup_within(home, most_km - REACH_SLACK_KM),
            not case.distances.pickup_within(home, most_km + REACH_SLACK_KM),
        ),
        Reason.NO_VACANCY: (lacks_vacancy, lacks_vacancy),
    }


def _vacancy_fits(case: Case, worker: Worker) -> bool:
    """Whether some vacancy takes a seeker who is at work as early as availability and quarantine allow.

    Whether a trip can be that early is another question, and other reasons answer it.
    """
    nights = case.zone(worker).quarantine_nights
    agreed = case.scenario.intentions.get(worker.worker_id)
    return any(
        (vacancy.vacancy_id in agreed if agreed else vacancy.occupation == worker.occupation)
        and vacancy.headcount > 0
        and (vacancy.fill_by - worker.available_from).days >= nights
        for vacancy in case.scenario.vacancies.values()
    )
