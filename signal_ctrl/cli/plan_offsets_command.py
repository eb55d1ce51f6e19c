"""`signal-ctrl plan offsets`: a plan with other offsets, to see what its own are worth."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.cli.output import put_json, put_table
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import profile_by_name

if TYPE_CHECKING:
    from signal_ctrl.domain.plan import Plan

WAYS = ("zero", "sumo")


def offsets(
    *,
    plan: Annotated[Path, typer.Argument(help="The plan, as 'plan show' and 'run --plan' read it.")],
    scenario: Annotated[str, typer.Argument(help="Name from 'scenarios list', or path of a .sumocfg.")],
    by: Annotated[str, typer.Option(help="zero: none; sumo: those that SUMO's tlsCoordinator.py finds.")],
    out: Annotated[Path, typer.Option(help="The file to write.")],
    profile: Annotated[str, typer.Option(help="Safety profile: published or street.")] = "published",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file that --out names.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Give a plan other offsets and leave the rest, so that both can be compared: 'bench run --set fixed:plan=FILE'."""
    from signal_ctrl.domain.plan import plan_to_json
    from signal_ctrl.gateways.whole_file import check_free, write_whole
    from sumo_scenarios.plan_file import read_plan

    if by not in WAYS:
        raise InvalidInputError(f"--by {by}: choose {' or '.join(WAYS)}")
    check_free(out, overwrite)
    before = read_plan(plan)
    after = _with_offsets(before, scenario, profile, by)
    write_whole(out, plan_to_json(after))
    rows = [
        {"signal": old.signal_id, "before_s": old.offset_ds / 10, "offset_s": new.offset_ds / 10}
        for old, new in zip(before.signals, after.signals, strict=True)
    ]
    if json_:
        put_json({"file": str(out), "plan": after.name, "by": by, "signals": rows})
        return 0
    put_table(
        ("signal", "before [s]", "offset [s]"),
        [(str(row["signal"]), f"{row['before_s']:g}", f"{row['offset_s']:g}") for row in rows],
    )
    typer.echo(f"plan in {out}")
    return 0


def _with_offsets(plan: "Plan", scenario: str, profile: str, by: str) -> "Plan":
    from dataclasses import replace

    from signal_ctrl.engine.acceptance import check_plan
    from sumo_scenarios.catalogue import resolve
    from sumo_scenarios.green_wave.planning import times_of
    from sumo_scenarios.sumo_tools import coordinator_offsets
    from sumo_scenarios.world import build_world

    world = build_world(resolve(scenario), profile_by_name(profile), None, None)
    for notice in world.notices:
        say(notice)
    if by == "sumo":
        made = coordinator_offsets(plan, world, times_of(world))
    else:
        made = replace(plan, signals=tuple(replace(signal, offset_ds=0) for signal in plan.signals))
    made = replace(made, name=f"{plan.name}, offsets {by}")
    check_plan(made, tuple(unit.site for unit in world.units))
    return made
