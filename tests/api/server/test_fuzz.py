"""Requests of every shape that the OpenAPI document allows, and of many that it does not.

In the suite a few for each operation; ``make fuzz`` sends as many as ``GUICHENG_FUZZ_CASES`` says.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from api.server.access import ACCESS, OPEN, Grant
from api.server.exports import XLSX
from tests.api.server.seeded import Seed, seed
from workforce.roles import Role

schemathesis.serializer.alias(["application/zip", XLSX], "application/octet-stream")
CASES = int(os.environ.get("GUICHENG_FUZZ_CASES", "0"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
UNLIMITED = {"requests_per_minute": 10**9, "requests_per_minute_of_address": 10**9}


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Seed:
    return seed(tmp_path_factory.mktemp("seed"))


@pytest.fixture(scope="module")
def server(seeded: Seed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with seeded.server(tmp_path_factory.mktemp("fuzz") / "data", **UNLIMITED) as (app, _):
        yield app


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_no_answer_is_undocumented_and_none_is_the_servers_fault(
    server: Any, seeded: Seed, mode: GenerationMode, capsys: pytest.CaptureFixture[str]
) -> None:
    found = [one.ok() for one in schemathesis.openapi.from_asgi("/openapi.json", server).get_all_operations()]
    assert len(found) == len(ACCESS) + len(OPEN)
    left = max(3 * len(found), CASES // len(GenerationMode))
    failures, sent = [], 0
    # An operation without parameters has few requests to send; the others send what it lacks.
    while found and left > 0:
        each, more = -(-left // len(found)), []
        for operation in found:
            name = operation.definition.raw["operationId"]
            cases: list[Any] = []
            try:
                _send(operation, mode, each, _headers(seeded, name), cases)
            except Unsatisfiable:
                assert mode is GenerationMode.NEGATIVE, (
                    name
                )  # nothing can be wrong with a request without parts
            except (Exception, BaseExceptionGroup) as failure:
                failures.append(f"{name} ({mode}): {failure}")
            sent, left = sent + len(cases), left - len(cases)
            if len(cases) >= each and CASES:
                more.append(operation)
        found = more
    assert not failures, "\n\n".join(failures)
    assert sent >= CASES // len(GenerationMode)
    if CASES:
        with capsys.disabled():
            print(f" {mode}: {sent} requests")


def _send(operation: Any, mode: GenerationMode, most: int, who: dict[str, str], sent: list[Any]) -> None:
    @settings(
        max_examples=most,
        deadline=None,
        database=None,
        derandomize=not CASES,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def send(case: Any) -> None:
        sent.append(case.operation)
        case.validate_response(case.call(headers=who), checks=CHECKS)

    send()


def _headers(seeded: Seed, name: str) -> dict[str, str]:
    """Of the role that may do most."""
    if name in OPEN:
        return {}
    for grant in (Grant.ALL, Grant.OWN):
        for role in Role:
            if ACCESS[name].of(role) is grant:
                return seeded.headers(role)
    raise AssertionError(f"nobody may {name}")
