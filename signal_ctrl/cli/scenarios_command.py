"""`signal-ctrl scenarios`: the catalogue."""

from typing import TYPE_CHECKING, Annotated

import typer

from signal_ctrl.cli.output import put_json, put_table

if TYPE_CHECKING:
    from sumo_scenarios.catalogue import Scenario

app = typer.Typer(name="scenarios", help="The networks that come with the engine.", add_completion=False)

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

    scenarios = [resolve(name) for name in names()]
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
