"""`signal-ctrl scenarios build` and `picture`: synthetic networks as files to edit, and a map of any network."""

import time
from pathlib import Path
from typing import Annotated

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.cli.given_options import refuse_given
from signal_ctrl.cli.output import Overwrite, put_json
from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.newtown.files import NewTown
from sumo_scenarios.town_names import TOWN_NAMES

NEWTOWN = "newtown"
_OF_NEWTOWN = ("--rows", "--cols", "--seed", "--day", "--midblocks", "--lead", "--schools", "--scrambles")
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def build(
    context: typer.Context,
    *,
    name: Annotated[
        str, typer.Argument(help=f"newtown, corridor, or one of the towns {', '.join(TOWN_NAMES)}, or all towns.")
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for the files; must not exist. With all: one folder each in it. newtown: by size and seed.",
            show_default=False,
        ),
    ] = None,
    rows: Annotated[int, typer.Option(help="newtown: signals from south to north, 2 to 40.")] = 4,
    cols: Annotated[int, typer.Option(help="newtown: signals from west to east, 2 to 40.")] = 4,
    seed: Annotated[int, typer.Option(help="newtown: seed of roads, people and demand.")] = 1,
    day: Annotated[str, typer.Option(help="newtown: demand of a peak, a weekday or a weekend day.")] = "peak",
    midblocks: Annotated[
        int, typer.Option(help="newtown: links with a signal for people on foot in their middle.")
    ] = 0,
    lead: Annotated[
        int, typer.Option(help="newtown: seconds by which WALK goes ahead of vehicles that yield to it.")
    ] = 0,
    schools: Annotated[
        int, typer.Option(help="newtown: seconds by which clearances near schools are longer at their hours.")
    ] = 0,
    scrambles: Annotated[
        int, typer.Option(help="newtown: signals with a stage in which all crossings show WALK at once.")
    ] = 0,
    json_: AsJson = False,
) -> int:
    """Make a synthetic network: plain XML to edit, net, configuration, demand of an hour (corridor: of a day)."""
    if name == NEWTOWN:
        wanted = NewTown(rows, cols, seed, day, midblocks, lead, schools, scrambles)
        return _newtown(out or Path(f"{NEWTOWN}-{rows}x{cols}-seed{seed}"), wanted, json_)
    refuse_given(context, _OF_NEWTOWN, f"is for {NEWTOWN}, not for {name}")
    if out is None:
        raise InvalidInputError(f"--out names the folder for the files of {name}")
    made = {} if name == "corridor" else _towns(name, out)
    if name == "corridor":
        from sumo_scenarios.built_files import export_corridor

        made = {str(export_corridor(out)): "10 signals on a trunk road"}
    if json_:
        put_json({"configurations": list(made)})
        return 0
    for config, text in made.items():
        typer.echo(f"{text}: {config}")
    return 0


def _towns(name: str, out: Path) -> dict[str, str]:
    from sumo_scenarios.made_networks import TOWNS, make_all, make_scenario

    configs = make_all(out) if name == "all" else [make_scenario(name, out)]
    return {str(config): TOWNS[config.stem][1] for config in configs}


def _newtown(out: Path, wanted: NewTown, as_json: bool) -> int:
    import json

    from sumo_scenarios.built_files import export_newtown

    started_s = time.monotonic()
    if not as_json:
        say(f"building {wanted.rows}x{wanted.columns} signals; 8x8 takes about a minute, 40x40 a quarter of an hour")
    config = export_newtown(out, wanted)
    facts = json.loads((config.parent / "town.json").read_text(encoding="utf-8"))
    found = {
        "configuration": str(config), "trips": facts["trips"],
        "signals": wanted.rows * wanted.columns + len(facts.get("midblocks", ())),
        "cycle_s": facts["cycle_s"], "busiest_saturation": facts["busiest_saturation"],
        "wall_s": round(time.monotonic() - started_s, 1),
    }  # fmt: skip
    if as_json:
        put_json(found)
        return 0
    trips = ", ".join(f"{number} by {mode}" for mode, number in facts["trips"].items())
    typer.echo(f"{found['signals']} signals, trips: {trips}")
    typer.echo(
        f"busiest quarter of the signals: degree of saturation {facts['busiest_saturation']:.2f} in a cycle of 120 s"
    )
    typer.echo(f"{config}, in {found['wall_s']} s")
    return 0


def picture(
    name: Annotated[str, typer.Argument(help="Name from the list, or path of a .sumocfg.")],
    out: Annotated[Path, typer.Option(help="File for the map, .png or .svg.")],
    signal: Annotated[str, typer.Option(help="Draw only the surroundings of this signal.")] = "",
    overwrite: Overwrite = False,
    json_: AsJson = False,
) -> int:
    """Draw a map of a network: lanes by who uses them, signals, crossings, stops, car parks and places."""
    from sumo_scenarios.catalogue import resolve
    from sumo_scenarios.configuration import read_configuration
    from sumo_scenarios.net_picture import draw_net
    from sumo_scenarios.picture_file import check_picture, save_picture

    check_picture(out, overwrite)
    config = read_configuration(resolve(name).config)
    save_picture(draw_net(config.net, config.additional, signal), out, 150)
    if json_:
        put_json({"out": str(out)})
    else:
        typer.echo(f"map: {out}")
    return 0


def incidents(
    folder: Annotated[Path, typer.Argument(help="Folder of a new town, whose incidents.json was edited.")],
    json_: AsJson = False,
) -> int:
    """Make incidents.rou.xml of a new town again from its list incidents.json."""
    from sumo_scenarios.newtown.build import rewrite_incidents

    number = rewrite_incidents(folder)
    if json_:
        put_json({"incidents": number})
    else:
        typer.echo(f"{number} incidents: {folder / 'newtown-incidents.sumocfg'}")
    return 0
