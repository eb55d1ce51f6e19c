"""`signal-ctrl plan import`: plans from the files of other tools."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.cli.given_options import refuse_given
from signal_ctrl.cli.output import Overwrite, number, put_json, put_table
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import profile_by_name

if TYPE_CHECKING:
    from signal_ctrl.gateways.exchange import Exchange
    from sumo_scenarios.programme_import import SignalImport


def import_(
    context: typer.Context,
    *,
    file: Annotated[Path, typer.Argument(help="The file of the other tool.")],
    from_: Annotated[str, typer.Option("--from", help="tllogic: SUMO's programmes; utdf: Synchro's combined CSV.")],
    out: Annotated[Path, typer.Option(help="tllogic: the plan to write; utdf: the folder to write.")],
    scenario: Annotated[
        str | None,
        typer.Option(help="Name or .sumocfg of the signals; with utdf optional.", show_default=False),
    ] = None,
    profile: Annotated[str, typer.Option(help="Safety profile that the plan is to be made for.")] = "published",
    name: Annotated[str | None, typer.Option(help="Name of the plan; else the file's.", show_default=False)] = None,
    program_id: Annotated[
        str | None,
        typer.Option(help="tllogic: which programme; else the last of each signal.", show_default=False),
    ] = None,
    map_: Annotated[
        Path | None,
        typer.Option("--map", help="utdf: CSV from node and movement to signal and edges.", show_default=False),
    ] = None,
    begin: Annotated[float, typer.Option(help="utdf: begin of the hour that the volumes are of [s].")] = 0.0,
    partial: Annotated[bool, typer.Option("--partial", help="Leave out signals that cannot be expressed.")] = False,
    overwrite: Overwrite = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Read programmes or UTDF into a plan, and name every signal that cannot be expressed, with the reason."""
    if from_ == "tllogic":
        refuse_given(context, ("--map", "--begin"), "is for --from utdf")
        if scenario is None:
            raise InvalidInputError("programmes name links of a network: give its --scenario")
        asked = _Asked(file, scenario, profile, name or file.name.split(".")[0], partial, out, json_)
        return _tllogic(asked, program_id, overwrite)
    if from_ == "utdf":
        refuse_given(context, ("--program-id",), "is for --from tllogic")
        return _utdf(_Asked(file, scenario or "", profile, name or file.stem, partial, out, json_), map_, begin)
    raise InvalidInputError(f"--from {from_}: choose tllogic or utdf")


@dataclass(frozen=True, slots=True)
class _Asked:
    """What both kinds of import are asked for; `scenario` is empty where there is none."""

    file: Path
    scenario: str
    profile: str
    name: str
    partial: bool
    out: Path
    json_: bool


def _tllogic(asked: _Asked, program_id: str | None, overwrite: bool) -> int:
    from signal_ctrl.domain.plan import plan_hash
    from signal_ctrl.gateways.whole_file import check_free
    from sumo_scenarios.catalogue import resolve
    from sumo_scenarios.plan_file import write_plan
    from sumo_scenarios.programme_import import import_programmes, reasons
    from sumo_scenarios.world import build_world

    check_free(asked.out, overwrite)
    world = build_world(resolve(asked.scenario), profile_by_name(asked.profile), None, None)
    found = import_programmes(asked.file, world, program_id)
    if found.failed and not asked.partial:
        raise InvalidInputError(f"{asked.file}: {reasons(found.failed)}; --partial leaves them out")
    plan = found.plan(asked.name)
    write_plan(asked.out, plan)
    for notice in found.notices:
        say(notice)
    if asked.json_:
        rows = [_document(item) for item in found.signals]
        put_json({"plan": plan.name, "plan_sha256": plan_hash(plan), "file": str(asked.out), "signals": rows})
    else:
        put_table(
            ("signal", "cycle [s]", "offset [s]", "stages", "other lamps [s]", "left out"), _rows(found.signals), 1
        )
        typer.echo(f"plan {plan.name} ({plan_hash(plan)[:12]}) in {asked.out}")
    return 0


def _utdf(asked: _Asked, map_: Path | None, begin_s: float) -> int:
    from signal_ctrl.domain.counts import counts_to_csv
    from signal_ctrl.gateways.exchange_json import exchange_to_json
    from signal_ctrl.gateways.utdf_reader import exchange_from_utdf
    from signal_ctrl.gateways.whole_file import read_whole, write_folder
    from sumo_scenarios.utdf_import import neutral_counts

    if asked.out.exists():
        raise InvalidInputError(f"{asked.out} exists; name a folder that does not")
    if map_ is not None and not asked.scenario:
        raise InvalidInputError("--map leads to the signals of a --scenario; name it")
    exchange = exchange_from_utdf(read_whole(asked.file, "UTDF"), str(asked.file))
    texts = {"exchange.json": exchange_to_json(exchange)}
    told: dict[str, Any] = {
        "folder": str(asked.out),
        "nodes": len(exchange.nodes),
        "movements": len(exchange.movements),
        "timed_nodes": len(exchange.timings),
        "volume_veh_h": sum(movement.volume_veh_h for movement in exchange.movements),
    }
    if not asked.scenario:
        texts["counts.csv"] = counts_to_csv(neutral_counts(exchange, begin_s))
    else:
        more, said = _laid_onto(exchange, asked, map_, begin_s)
        texts |= more
        told |= said
    write_folder(asked.out, texts)
    told["files"] = sorted(texts)
    _tell(told, asked.json_)
    return 0


def _laid_onto(
    exchange: "Exchange", asked: _Asked, map_: Path | None, begin_s: float
) -> tuple[dict[str, str], dict[str, Any]]:
    from signal_ctrl.domain.counts import counts_to_csv
    from signal_ctrl.domain.plan import plan_hash, plan_to_json
    from signal_ctrl.gateways.whole_file import read_whole
    from sumo_scenarios.catalogue import resolve
    from sumo_scenarios.utdf_import import lay_onto, said
    from sumo_scenarios.utdf_map import map_from_csv, map_to_csv
    from sumo_scenarios.world import build_world

    world = build_world(resolve(asked.scenario), profile_by_name(asked.profile), None, None)
    given = None if map_ is None else map_from_csv(read_whole(map_, "map"), str(map_), world.units, world.net)
    found = lay_onto(exchange, world, given, begin_s)
    if found.left_out and not asked.partial:
        raise InvalidInputError(f"{said(found.left_out)}; --partial leaves them out")
    plan = found.plan(asked.name)
    texts = {
        "counts.csv": counts_to_csv(found.counts),
        "map.csv": map_to_csv(found.map),
        "plan.json": plan_to_json(plan) + "\n",
    }
    told = {
        "plan": plan.name,
        "plan_sha256": plan_hash(plan),
        "signals": len(plan.signals),
        "left_out": [{"who": who, "reason": why} for who, why in found.left_out],
    }
    return texts, told


def _tell(told: dict[str, Any], json_: bool) -> None:
    if json_:
        put_json(told)
        return
    for row in told.get("left_out", ()):
        say(f"{row['who']} is left out: {row['reason']}")
    typer.echo(
        f"{told['nodes']} nodes, {told['timed_nodes']} of them with timing, {told['movements']} movements with "
        f"{number(told['volume_veh_h'], 0)} veh/h"
    )
    if "plan" in told:
        typer.echo(f"plan {told['plan']} ({told['plan_sha256'][:12]}) for {told['signals']} signals")
    typer.echo(f"in {told['folder']}: {', '.join(told['files'])}")


def _rows(signals: "tuple[SignalImport, ...]") -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for item in signals:
        plan = item.plan
        if plan is None:
            rows.append((item.signal, "–", "–", "–", "–", item.reason or "one stage, needs no plan"))
        else:
            times = (number(plan.cycle_ds / 10, 0), number(plan.offset_ds / 10, 0))
            rows.append((item.signal, *times, " ".join(plan.stages), number(item.differs_s), ""))
    return rows


def _document(item: "SignalImport") -> dict[str, Any]:
    return {
        "signal": item.signal,
        "expressed": item.plan is not None,
        "reason": item.reason or None,
        "differs_s": item.differs_s if item.plan is not None else None,
    }
