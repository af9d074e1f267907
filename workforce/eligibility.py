"""Reasons to stay behind that the tables alone prove: zone, reach, vacancies."""

from __future__ import annotations

from datetime import timedelta

from workforce.entities import Vacancy, Worker
from workforce.scenario import Scenario


def fitting_vacancies(scenario: Scenario, worker: Worker) -> list[Vacancy]:
    """Vacancies that a job seeker could fill alone, were a seat and a room at hand.

    The agreed ones only, where there is an agreement; else those of the same occupation.  The
    day at work is at the earliest the day of becoming available plus the nights of quarantine.
    """
    ready = worker.available_from + timedelta(days=scenario.zone_of(worker).quarantine_nights)
    agreed = scenario.intentions.get(worker.worker_id)
    return [
        v
        for v in scenario.vacancies.values()
        if (v.vacancy_id in agreed if agreed else v.occupation == worker.occupation)
        and v.headcount > 0
        and v.fill_by >= ready
    ]
