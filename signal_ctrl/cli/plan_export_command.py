"""`signal-ctrl plan export`: a plan in the files of other tools."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.cli.given_options import refuse_given
from signal_ctrl.cli.output import Overwrite, put_json
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import profile_by_name

if TYPE_CHECKING:
    from signal_ctrl.domain.counts import Turn
    from signal_ctrl.domain.plan import Plan
    from sumo_scenarios.world import World


def export(
    context: typer.Context,
    *,
    plan: Annotated[Path, typer.Argument(help="The plan, as 'plan show' and 'run --plan' read it.")],
    scenario: Annotated[str, typer.Option(help="Name from 'scenarios list', or path of a .sumocfg.")],
    to: Annotated[str, typer.Option(help="tllogic: SUMO's additional file; utdf: Synchro's combined CSV.")],
    out: Annotated[Path, typer.Option(help="The file to write.")],
    profile: Annotated[str, typer.Option(help="Safety profile that the plan is made for.")] = "published",
    program_id: Annotated[
        str | None,
        typer.Option(help="tllogic: name of the programmes; by default one that is free.", show_default=False),
    ] = None,
    units: Annotated[str, typer.Option(help="utdf: metric (m, km/h) or us (ft, mph).")] = "metric",
    counts: Annotated[
        Path | None,
        typer.Option(help="utdf: turning counts for the volumes; else the scenario's demand.", show_default=False),
    ] = None,
    overwrite: Overwrite = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Write a plan as SUMO programmes, lamp for lamp as the kernel keeps it, or as UTDF with volumes and lanes."""
    from signal_ctrl.domain.plan import plan_hash
    from signal_ctrl.gateways.whole_file import check_free, write_whole
    from sumo_scenarios.catalogue import resolve
    from sumo_scenarios.plan_file import read_plan
    from sumo_scenarios.world import build_world

    if to not in ("tllogic", "utdf"):
        raise InvalidInputError(f"--to {to}: choose tllogic or utdf")
    if to == "tllogic":
        refuse_given(context, ("--units", "--counts"), "is for --to utdf")
    else:
        refuse_given(context, ("--program-id",), "is for --to tllogic")
    check_free(out, overwrite)
    value = read_plan(plan)
    world = build_world(resolve(scenario), profile_by_name(profile), None, None)
    text, told = _tllogic(value, world, program_id) if to == "tllogic" else _utdf(value, world, units, counts)
    write_whole(out, text)
    for signal, reason in world.left_alone:
        say(f"signal {signal} is left alone: {reason}; the file says nothing of it")
    told |= {"file": str(out), "plan": value.name, "plan_sha256": plan_hash(value)}
    if json_:
        put_json(told)
    else:
        typer.echo(f"{told['signals']} signals of plan {value.name} ({told['plan_sha256'][:12]}) in {out}")
        if "programme" in told:
            typer.echo(f"  programme '{told['programme']}': name {out} in additional-files and SUMO keeps the plan")
    return 0


def _tllogic(plan: "Plan", world: "World", program_id: str | None) -> tuple[str, dict[str, Any]]:
    from sumo_scenarios.plan_programmes import plan_programmes
    from sumo_scenarios.programme_text import programmes_text

    made = plan_programmes(plan, world, program_id)
    told = {
        "format": "tllogic",
        "programme": made.programmes[0].programme_id,
        "signals": len(made.programmes),
        "left_out": [{"id": signal, "reason": reason} for signal, reason in made.left_out],
    }
    return programmes_text(made.programmes, named=True), told


def _utdf(plan: "Plan", world: "World", units: str, counts: Path | None) -> tuple[str, dict[str, Any]]:
    from signal_ctrl.gateways.utdf_writer import exchange_to_utdf
    from sumo_scenarios.utdf_export import world_exchange

    if units not in ("metric", "us"):
        raise InvalidInputError(f"--units {units}: choose metric or us")
    made = world_exchange(world, plan, _flows(world, counts))
    for signal, reason in made.left_out:
        say(f"signal {signal} is left out: {reason}")
    told = {
        "format": "utdf",
        "units": units,
        "signals": len(made.exchange.timings),
        "nodes": len(made.exchange.nodes),
        "movements": len(made.exchange.movements),
        "left_out": [{"id": signal, "reason": reason} for signal, reason in made.left_out],
    }
    return exchange_to_utdf(made.exchange, units == "metric"), told


def _flows(world: "World", counts: Path | None) -> "dict[Turn, float]":
    """Return the flow of each turn, of the first period of the user's counts or of the scenario's demand. [veh/h]"""
    from signal_ctrl.domain.counts import counts_from_csv
    from signal_ctrl.gateways.whole_file import read_whole
    from sumo_scenarios.volumes import count_volumes

    if counts is None:
        times_s = (world.config.begin_s or 0.0, math.inf if world.config.end_s is None else world.config.end_s)
        return count_volumes(world.config, world.net, times_s).turns
    found = counts_from_csv(read_whole(counts, "counts"), str(counts))
    if len(found.periods) > 1:
        say(f"{counts} has {len(found.periods)} periods; the first one is written")
    return found.periods[0].flow_veh_h()
