"""Scenarios of any size on real county coordinates, with invented people, firms, hotels and coaches.

usage: python -m data.generate KIND OUT [--workers N] [--seed S]

People are drawn first, county by county, then a plain plan is made for them; what it takes of coaches,
rooms and money is multiplied by the factors of the spec.  With factors of at least 1 and nothing closed
everybody from an admitted zone can be served within the driving rules, and the witness is a plan that
serves them.  With less the witness keeps what still fits.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Annotated, NamedTuple

import typer

from data.invention.names import Inventor
from data.invention.people import intentions, people, with_dates
from data.invention.places import firms, fleets, homes, hotels, roads, suppliers, zones
from data.invention.plain_plan import plain_rides
from data.invention.spec import KINDS, GeneratorSpec
from data.invention.supply import with_budgets, with_closures, with_supply, with_workforce
from data.invention.witness import witness
from data.reading import write_scenario
from workforce.plan import Plan
from workforce.scenario import Scenario

__all__ = ["KINDS", "Generated", "GeneratorSpec", "generate", "generate_with_witness"]


class Generated(NamedTuple):
    scenario: Scenario
    witness: Plan


def generate(spec: GeneratorSpec) -> Scenario:
    """The scenario of a spec; the same spec gives the same scenario.

    Raises:
        ValueError: no county lies where the spec says that workers come from, or a table of
            distances would be too long.
    """
    return generate_with_witness(spec).scenario


def generate_with_witness(spec: GeneratorSpec) -> Generated:
    """The scenario, and a legal plan for it as proof that so much can be served.

    Raises:
        ValueError: as ``generate``.
    """
    chance = Random(spec.seed)
    inventor = Inventor(chance)
    found = firms(spec, chance, inventor)
    patron = max(found, key=lambda firm: firm.size).enterprise
    counties = homes(spec, chance)
    workers, groups, vacancies = people(spec, chance, inventor, counties, found)
    draft = Scenario(
        policy=replace(spec.policy, name=spec.policy.name or spec.name),
        enterprises={f.enterprise.enterprise_id: f.enterprise for f in found},
        workers=workers,
        pickups={p.pickup_id: p for county in counties for p in county.pickups},
        fleets={f.fleet_id: f for f in fleets(spec, chance, inventor, counties, patron)},
        hotels={h.hotel_id: h for h in hotels(spec, chance, inventor, patron)},
        vacancies=vacancies,
        suppliers=suppliers(chance, found),
        intentions=intentions(spec, chance, groups, list(vacancies)),
        zones=zones(spec, chance, counties),
    )
    if spec.road_table:
        draft = replace(draft, roads=roads(draft, chance))
    rides = plain_rides(draft, groups)
    draft = with_dates(draft, chance, groups, rides)
    draft = with_workforce(draft, chance, rides)
    draft = with_supply(spec, draft, chance, rides)
    draft = with_closures(spec, draft, chance)
    scenario = with_budgets(spec, draft, chance, rides)
    return Generated(scenario, witness(scenario, rides))


def main(
    kind: Annotated[str, typer.Argument(help=f"种类 kind: {', '.join(KINDS)}")],
    out: Annotated[Path, typer.Argument(help="输出文件夹 folder to write to")],
    workers: Annotated[int | None, typer.Option(help="人数 number of workers")] = None,
    seed: Annotated[int | None, typer.Option(help="随机种子 seed")] = None,
) -> None:
    """生成一个虚构的方案。Write an invented scenario."""
    try:
        if kind not in KINDS:
            raise ValueError(
                f"没有“{kind}”这一种类；可选：{', '.join(KINDS)}。"
                f" There is no kind “{kind}”; choose one of: {', '.join(KINDS)}."
            )
        spec = KINDS[kind]
        spec = replace(
            spec,
            workers=spec.workers if workers is None else workers,
            seed=spec.seed if seed is None else seed,
        )
        write_scenario(generate(spec), out)
    except ValueError as refusal:
        typer.echo(refusal, err=True)
        raise typer.Exit(2) from refusal
    except OSError as refusal:
        typer.echo(f"无法写入“{out}”。 “{out}” cannot be written: {refusal.strerror}.", err=True)
        raise typer.Exit(2) from refusal


if __name__ == "__main__":
    typer.run(main)
