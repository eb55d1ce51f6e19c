"""`signal-ctrl scenarios`: the catalogue."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signal_ctrl.cli import (
    scenarios_calibrate_command,
    scenarios_demand_command,
    scenarios_film_command,
    scenarios_geojson_command,
    scenarios_roads_command,
)
from signal_ctrl.cli.failures import say
from signal_ctrl.cli.output import put_json, put_table
from signal_ctrl.domain.profile import profile_by_name
from sumo_scenarios.town_names import TOWN_NAMES

if TYPE_CHECKING:
    from sumo_scenarios.catalogue import Scenario

app = typer.Typer(name="scenarios", help="The networks that come with the engine.", add_completion=False)

app.command()(scenarios_demand_command.demand)
app.command()(scenarios_demand_command.count)
app.command()(scenarios_calibrate_command.calibrate)
app.command()(scenarios_calibrate_command.saturation)
app.command()(scenarios_film_command.film)
app.command()(scenarios_geojson_command.geojson)
app.command()(scenarios_roads_command.roads)

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.callback(invoke_without_command=True)
def show_help(context: typer.Context) -> None:
    """List the catalogue, or show one of its networks."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


@app.command("list")
def list_all(json_: AsJson = False) -> int:
    """List the scenarios of the catalogue."""
    from sumo_scenarios.catalogue import names, resolve

    scenarios = [resolve(name, build=False) for name in names()]
    if json_:
        put_json([_document(scenario) for scenario in scenarios])
    else:
        put_table(("name", "description"), [(item.name, item.description) for item in scenarios], numbers_from=2)
    return 0


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Name from the list, or path of a .sumocfg.")],
    json_: AsJson = False,
) -> int:
    """Show one scenario: its files, where they come from and what they may be used for."""
    from sumo_scenarios.catalogue import resolve
    from sumo_scenarios.configuration import read_configuration

    scenario = resolve(name)
    configuration = read_configuration(scenario.config)
    document = _document(scenario) | {
        "net": str(configuration.net),
        "routes": [str(path) for path in configuration.routes],
        "begin_s": configuration.begin_s,
        "end_s": configuration.end_s,
        "step_s": configuration.step_s,
    }
    if json_:
        put_json(document)
        return 0
    for key, value in document.items():
        typer.echo(f"{key:14} {', '.join(value) if isinstance(value, list) else value}")
    return 0


def _document(scenario: "Scenario") -> dict[str, object]:
    return {
        "name": scenario.name,
        "description": scenario.description,
        "source": scenario.source,
        "terms": scenario.terms,
        "config": str(scenario.config),
        "from_catalogue": scenario.from_catalogue,
    }


@app.command()
def build(
    name: Annotated[str, typer.Argument(help=f"corridor, or one of the towns {', '.join(TOWN_NAMES)}, or all towns.")],
    out: Annotated[Path, typer.Option(help="Folder for the files; must not exist. With all: one folder each in it.")],
) -> int:
    """Make a synthetic network: plain XML to edit, net, configuration, demand of an hour (corridor: of a day)."""
    if name == "corridor":
        from sumo_scenarios.built_files import export_corridor

        typer.echo(f"10 signals on a trunk road: {export_corridor(out)}")
        return 0
    from sumo_scenarios.made_networks import TOWNS, make_all, make_scenario

    made = make_all(out) if name == "all" else [make_scenario(name, out)]
    for config in made:
        typer.echo(f"{TOWNS[config.stem][1]}: {config}")
    return 0


@app.command("import")
def import_one(
    name: Annotated[str, typer.Argument(help="Name from the list, or path of a .sumocfg.")],
    out: Annotated[Path, typer.Option(help="Folder for the sites and loops; must not exist.")],
    profile: Annotated[str, typer.Option(help="Safety profile: published or street.")] = "published",
    json_: AsJson = False,
) -> int:
    """Read a network's signals and write what the engine makes of them: one site each, and the loops to edit."""
    from sumo_scenarios.import_files import import_scenario

    found = import_scenario(name, profile_by_name(profile), out)
    if json_:
        put_json(found)
        return 0
    put_table(
        ("signal", "groups", "stages", "lanes", "loops"),
        [tuple(str(row[key]) for key in ("signal", "groups", "stages", "lanes", "loops")) for row in found["signals"]],
    )
    for notice in found["notices"]:
        say(notice)
    typer.echo(f"sites and loops: {out}")
    return 0
