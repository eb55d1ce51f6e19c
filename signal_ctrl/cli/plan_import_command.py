"""`signal-ctrl plan import`: plans from the files of other tools."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.cli.output import number, put_json, put_table
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.profile import profile_by_name

if TYPE_CHECKING:
    from sumo_scenarios.programme_import import SignalImport


def import_(
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
    partial: Annotated[bool, typer.Option("--partial", help="Leave out signals that cannot be expressed.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the plan that --out names.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Read programmes or UTDF into a plan, and name every signal that cannot be expressed, with the reason."""
    if from_ == "tllogic":
        if scenario is None:
            raise InvalidInputError("programmes name links of a network: give its --scenario")
        return _tllogic(
            file, scenario, profile, name or file.name.split(".")[0], program_id, partial, out, overwrite, json_
        )
    if from_ == "utdf":
        raise NotImplementedError
    raise InvalidInputError(f"--from {from_}: choose tllogic or utdf")


def _tllogic(
    file: Path,
    scenario: str,
    profile: str,
    name: str,
    program_id: str | None,
    partial: bool,
    out: Path,
    overwrite: bool,
    json_: bool,
) -> int:
    from signal_ctrl.domain.plan import plan_hash, plan_to_json
    from signal_ctrl.gateways.whole_file import check_free, write_whole
    from sumo_scenarios.catalogue import resolve
    from sumo_scenarios.programme_import import import_programmes, reasons
    from sumo_scenarios.world import build_world

    check_free(out, overwrite)
    world = build_world(resolve(scenario), profile_by_name(profile), None, None)
    found = import_programmes(file, world, program_id)
    if found.failed and not partial:
        raise InvalidInputError(f"{file}: {reasons(found.failed)}; --partial leaves them out")
    plan = found.plan(name)
    write_whole(out, plan_to_json(plan) + "\n")
    for notice in found.notices:
        say(notice)
    if json_:
        rows = [_document(item) for item in found.signals]
        put_json({"plan": name, "plan_sha256": plan_hash(plan), "file": str(out), "signals": rows})
    else:
        put_table(
            ("signal", "cycle [s]", "offset [s]", "stages", "other lamps [s]", "left out"), _rows(found.signals), 1
        )
        typer.echo(f"plan {name} ({plan_hash(plan)[:12]}) in {out}")
    return 0


def _rows(signals: "tuple[SignalImport, ...]") -> list[tuple[str, ...]]:
    rows = []
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
