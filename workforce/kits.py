"""How much protective material a trip takes along."""

from __future__ import annotations

import math

from workforce.loop_rules import LoopRules
from workforce.plan import Trip
from workforce.triplog import Kit


def kits_for(trip: Trip, riders: int, rules: LoopRules) -> dict[str, int]:
    """By kit how many: masks for riders and drivers, one for each ``mask_hours`` begun and spare ones;
    a thermometer and a bottle of disinfectant for so many riders each.
    """
    hours = (trip.stops[-1].arrive - trip.stops[0].depart).total_seconds() / 3600
    people = riders + trip.drivers
    masks = people * max(math.ceil(hours / rules.mask_hours), 1)
    return {
        Kit.MASK: math.ceil(masks * (1 + rules.spare_masks_rate)),
        Kit.THERMOMETER: math.ceil(riders / rules.riders_per_thermometer),
        Kit.DISINFECTANT: math.ceil(riders / rules.riders_per_disinfectant),
    }
