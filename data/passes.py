"""Where the QR code of a trip's travel pass leads: a token that cannot be guessed, the same for every print.

It lies in the open: what it leads to is what the pass itself says, and names nobody.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from sqlalchemy import Connection, insert, select

from data.schema import trip_pass
from data.trip_log import TripKey, details_of, events
from data.vault import Vault
from workforce.triplog import Kind

_TOKEN_BYTES = 16
_NAMING = (Kind.VEHICLE_NAMED, Kind.VEHICLE_CHANGED, Kind.DRIVERS_CHANGED)


def pass_token(c: Connection, trip: TripKey) -> str:
    """A trip's token; made when first asked for."""
    plan_id, trip_id = trip
    it = trip_pass.c.plan_id == plan_id, trip_pass.c.trip_id == trip_id
    known = c.execute(select(trip_pass.c.token).where(*it)).scalar_one_or_none()
    if known is not None:
        return str(known)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    c.execute(insert(trip_pass).values(plan_id=plan_id, trip_id=trip_id, token=token))
    return token


def trip_of_pass(c: Connection, token: str) -> TripKey | None:
    """The trip that a token stands for; None: it is none."""
    query = select(trip_pass.c.plan_id, trip_pass.c.trip_id).where(trip_pass.c.token == token)
    row = c.execute(query).one_or_none()
    return None if row is None else (row.plan_id, row.trip_id)


def drivers_of(c: Connection, vault: Vault, trip: TripKey) -> Sequence[str]:
    """The names of the drivers, as they were told last."""
    named = [one.seq for one in events(c, trip=trip) if one.event.kind in _NAMING]
    told = details_of(c, vault, named)
    known = [told[seq][1]["driver_names"] for seq in named if seq in told and "driver_names" in told[seq][1]]
    return list(known[-1]) if known else []
