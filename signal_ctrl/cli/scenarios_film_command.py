"""`signal-ctrl scenarios film`: what a camera on a pole sees of a simulated junction, with the truth of it."""

from pathlib import Path
from typing import Annotated

import typer

from signal_ctrl.cli.output import put_json, put_table
from signal_ctrl.cli.progress import Stretch, watching
from signal_ctrl.domain.errors import InvalidInputError


def film(
    *,
    scenario: Annotated[str, typer.Argument(help="Name from the list, or path of a .sumocfg.")],
    out: Annotated[
        Path | None, typer.Option(help="Folder for the film; must not exist. Without it: what can be filmed.")
    ] = None,
    junction: Annotated[str, typer.Option(help="Signal to be filmed; may be left out where there is only one.")] = "",
    view: Annotated[
        str, typer.Option(help="LEG, LEG-side, LEG-behind, LEG-across or wide; legs are named by the compass.")
    ] = "",
    condition: Annotated[str, typer.Option(help="Light and weather; listed without --out.")] = "day",
    begin: Annotated[
        float | None, typer.Option(help="First simulation second of the film.", show_default=False)
    ] = None,
    end: Annotated[float | None, typer.Option(help="Last simulation second of the film.", show_default=False)] = None,
    rate: Annotated[float, typer.Option(help="Frames a second.")] = 12.5,
    controller: Annotated[str, typer.Option(help="Who controls the signals, as for 'run'.")] = "net",
    seed: Annotated[int, typer.Option(help="Seed of the drivers, the scenery and the weather.")] = 1,
    fcd: Annotated[
        Path | None,
        typer.Option(help="Trajectories that SUMO wrote by --fcd-output, in place of a run.", show_default=False),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Film a junction: film.mp4, camera.toml for 'count', truth.csv of its crossings, zones.csv, still.png."""
    if out is None:
        return _offer(scenario, junction, json_)
    from sumo_scenarios.film_maker import FilmOrder, make_film, plan_film
    from sumo_scenarios.settings import RunSettings

    settings = RunSettings(scenario=scenario, controller=controller, seed=seed)
    order = FilmOrder(settings, junction, view, condition, begin, end, rate, seed, fcd)
    facts = plan_film(order).facts
    with watching([Stretch(f"{facts.view} {facts.condition}", facts.begin_s, facts.end_s)], json_) as watch:
        made = make_film(order, out, lambda progress: watch(0, progress))
    if json_:
        put_json(made | {"out": str(out)})
    else:
        typer.echo(
            f"{made['frames']} frames of {made['junction']}, view {made['view']}, {made['condition']}: "
            f"{made['crossings']} crossings, in {out}"
        )
    return 0


def _offer(scenario: str, junction: str, as_json: bool) -> int:
    """Say which junctions, views and conditions there are."""
    from sumo_scenarios.catalogue import resolve
    from sumo_scenarios.configuration import read_configuration
    from sumo_scenarios.film.conditions import CONDITIONS
    from sumo_scenarios.film.site import site_of
    from sumo_scenarios.film.views import view_names
    from sumo_scenarios.net_reader import read_net

    net = read_net(read_configuration(resolve(scenario).config).net)
    if junction and junction not in net.signal_links:
        raise InvalidInputError(f"no signal '{junction}' in {net.path}; leave --junction out to see all")
    views = {signal: view_names(site_of(net, signal).legs) for signal in ([junction] if junction else net.signal_links)}
    conditions = {condition.name: condition.text for condition in CONDITIONS.values()}
    if as_json:
        put_json({"views": {signal: list(names) for signal, names in views.items()}, "conditions": conditions})
        return 0
    put_table(("junction", "views"), [(signal, ", ".join(names)) for signal, names in views.items()], numbers_from=2)
    typer.echo("")
    put_table(("condition", "what it is"), list(conditions.items()), numbers_from=2)
    return 0
