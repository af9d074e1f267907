"""The policy's part about carrying a plan out; what it does not say keeps these defaults."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class NoShow(StrEnum):
    """Who pays for the seat of somebody who did not come."""

    OWN = "own"  # the enterprise that they would have returned to
    SHARED = "shared"  # all who ride


class Contact(StrEnum):
    """Who on a coach counts as a close contact."""

    COACH = "coach"
    ROWS = "rows"  # three rows before and behind, and the crew


@dataclass(frozen=True, slots=True)
class LoopRules:
    """
    Attributes:
        stop_minutes, seats_per_row: those of the plan's policy.
        measure_every_minutes: how often temperatures are taken on the way.
        home_checks: whether a check at home is asked for before departure, every day of so many.
        late_minutes: a delay from which on somebody is told.
        masks_per_rider, spare_masks: a mask for so many hours of the way each, and spare ones.
        look_back_days: before the first symptoms, for whom a case met.
        waiting_minutes: before boarding, and where a coach set somebody down.
        large_workforce: from this headcount on an enterprise counts as above the statistical size.
        due_hours: within which a problem must be settled, by its level.
        silent_hours: after which what should have been reported and was not becomes a problem.
    """

    stop_minutes: int = 20
    seats_per_row: int = 4
    measure_every_minutes: int = 240
    home_check_days: int = 0
    readings_per_day: int = 2
    late_minutes: int = 60
    mask_hours: int = 4
    spare_masks_rate: Decimal = Decimal("0.1")
    riders_per_thermometer: int = 25
    riders_per_disinfectant: int = 10
    contact: Contact = Contact.COACH
    contact_rows: int = 3
    look_back_days: int = 2
    waiting_minutes: int = 30
    quarantine_days: int = 14
    due_hours: int = 24
    silent_hours: int = 6
    large_workforce: int = 300
    no_show: NoShow = NoShow.OWN
