"""Parties: people who travel together or not at all, and so must have one firm and one risk."""

from __future__ import annotations

from dataclasses import dataclass

from workforce.entities import Risk
from workforce.faults import Text


@dataclass(frozen=True, slots=True)
class Member:
    """Of a member of a party, what all of them must share.

    Attributes:
        enterprise_id: None: a job seeker.
        risk: None: the home is not known.
    """

    enterprise_id: str | None
    risk: Risk | None


def differences(one: Member, other: Member) -> list[Text]:
    """In what two members of a party differ who must not."""
    found = []
    if (one.enterprise_id is None) != (other.enterprise_id is None):
        found.append(Text("身份（有求职者也有返岗员工）", "kind (job seekers and returning workers)"))
    elif one.enterprise_id != other.enterprise_id:
        found.append(Text("企业", "enterprise"))
    if one.risk and other.risk and one.risk != other.risk:
        found.append(Text("风险等级", "risk"))
    return found
