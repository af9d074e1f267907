"""Parties: what their members must share."""

from __future__ import annotations

import pytest

from workforce.entities import Risk
from workforce.parties import Member, differences

LOW, HIGH = Risk.LOW, Risk.HIGH


@pytest.mark.parametrize(
    ("one", "other", "told"),
    [
        (("E1", LOW), ("E1", LOW), []),
        ((None, LOW), (None, LOW), []),
        (("E1", LOW), ("E2", LOW), ["enterprise"]),
        (("E1", LOW), (None, LOW), ["kind (job seekers and returning workers)"]),
        (("E1", LOW), ("E1", HIGH), ["risk"]),
        (("E1", LOW), ("E2", HIGH), ["enterprise", "risk"]),
        (("E1", None), ("E1", HIGH), []),
    ],
)
def test_members_have_one_firm_and_one_risk(
    one: tuple[str | None, Risk | None], other: tuple[str | None, Risk | None], told: list[str]
) -> None:
    assert [text.en for text in differences(Member(*one), Member(*other))] == told
