"""A small legal scenario that has every table, and ways to spoil its files."""

from __future__ import annotations

import csv
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

from data.reading import Reading, write_scenario
from tests.builders import (
    make_busy,
    make_closure,
    make_enterprise,
    make_hotel,
    make_policy,
    make_scenario,
    make_worker,
)
from workforce.scenario import Scenario

IDENTITIES = ("11010519491231002X", "440524188001010014")


def full_scenario() -> Scenario:
    """Every table has rows, every optional column a value somewhere."""
    base = make_scenario()
    workers = [*base.workers.values(), make_worker("P1-1", party_id="B"), make_worker("P1-2", party_id="B")]
    for i, identity in enumerate(IDENTITIES):
        workers[i] = replace(
            workers[i], id_number=identity, phone="13800138000", sex="FM"[i], occupation="焊工"
        )
    return make_scenario(
        enterprises=[
            make_enterprise(
                "E1",
                name="甲化工厂",
                uscc="91350100M000100Y43",
                sector="chemicals",
                adcode="150302",
                budget_fen=1_234_567,
                contact="王",
                phone="0473-2998888",
            ),
            make_enterprise(
                "E2", priority=4, lat=39.75, lon=106.85, present=4, restart_share=Decimal("0.55")
            ),
        ],
        workers=workers,
        hotels=[
            make_hotel(
                adcode="150302",
                first_night=base.policy.first_day,
                last_night=base.policy.last_day,
                reserved_for="E1",
            )
        ],
        fleets=[
            replace(
                base.fleets["F1"],
                first_day=base.policy.first_day,
                last_day=base.policy.last_day,
                reserved_for="E1",
                km_yuan=Decimal("5.125"),
            )
        ],
        suppliers=[("E1", "E2"), ("E2", "E1")],
        intentions={"J1": frozenset({"V1"})},
        busy=[
            make_busy("F1", "3", "2020-03-01", "2020-03-02"),
            make_busy("H1", "T2", "2020-03-01", "2020-03-02"),
        ],
        closures=[make_closure("P2", "2020-03-03", "2020-03-04")],
        policy=make_policy(government_fen=5_000_050, trips={"max_fen_per_worker": 250_000}),
    )


def written(folder: Path) -> Path:
    """The folder of the full scenario."""
    write_scenario(full_scenario(), folder)
    return folder


def table(folder: Path, name: str) -> list[list[str]]:
    with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def put_table(folder: Path, name: str, rows: list[list[str]], encoding: str = "utf-8") -> None:
    with (folder / f"{name}.csv").open("w", encoding=encoding, newline="") as file:
        csv.writer(file, lineterminator="\n").writerows(rows)


def put_cell(folder: Path, name: str, row: int, column: str, value: str) -> None:
    """Change a cell; rows count as in a spreadsheet, so that 1 is the header."""
    rows = table(folder, name)
    rows[row - 1][rows[0].index(column)] = value
    put_table(folder, name, rows)


def put_policy(folder: Path, change: Callable[[str], str]) -> None:
    path = folder / "policy.toml"
    before = path.read_text(encoding="utf-8")
    after = change(before)
    assert after != before
    path.write_text(after, encoding="utf-8")


def errors(reading: Reading) -> set[tuple[str, str | None, int | None, str | None]]:
    """(code, table, row, column) of each error; with one there is no scenario."""
    found = {(f.code, f.table, f.row, f.column) for f in reading.faults if f.is_error}
    assert (reading.scenario is None) == bool(found)
    return found


def warnings(reading: Reading) -> set[tuple[str, str | None, int | None, str | None]]:
    return {(f.code, f.table, f.row, f.column) for f in reading.faults if not f.is_error}
