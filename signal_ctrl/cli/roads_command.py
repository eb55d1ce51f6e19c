"""`signal-ctrl roads`: a city as those who watch it get to see it, and the state of its roads."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signal_ctrl.cli.output import number, put_json, put_table
from signal_ctrl.cli.progress import Stretch, watching
from signal_ctrl.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from sumo_scenarios.city_feed.order import Happening

app = typer.Typer(name="roads", help="The roads of a city: what is reported of them, and their state.")
_BLOCK = "ROAD:LANE@FROM-TO"


@app.command()
def record(
    *,
    scenario: Annotated[str, typer.Argument(help="Name from the list, or path of a .sumocfg.")],
    out: Annotated[Path, typer.Option(help="Folder for the recording; must not exist.")],
    controller: Annotated[str, typer.Option(help="Who controls the signals, as for 'run'.")] = "net",
    seed: Annotated[int, typer.Option(help="Seed of the drivers, and of who reports.")] = 1,
    demand_seed: Annotated[int, typer.Option(help="Seed of another demand of the same size; 0: as it is.")] = 0,
    scale: Annotated[float, typer.Option(help="Factor for the demand.")] = 1.0,
    end: Annotated[float | None, typer.Option(help="Last simulation second.", show_default=False)] = None,
    loops_share: Annotated[float, typer.Option(help="Share of the roads with loops.")] = 0.5,
    loop_speeds: Annotated[bool, typer.Option(help="Loops are double and measure speeds.")] = False,
    readers_share: Annotated[float, typer.Option(help="Share of the roads with a reader of tags.")] = 0.0,
    tagged_share: Annotated[float, typer.Option(help="Share of the vehicles with a tag.")] = 0.3,
    positions_share: Annotated[float, typer.Option(help="Share of the vehicles that report positions.")] = 0.05,
    positions_every: Annotated[float, typer.Option(help="Seconds between the positions of a vehicle.")] = 10.0,
    noise: Annotated[float, typer.Option(help="Error of a position in each direction, metres.")] = 8.0,
    lost: Annotated[float, typer.Option(help="Share of the positions lost in outages.")] = 0.0,
    late: Annotated[float, typer.Option(help="Share of the positions with a wrong time.")] = 0.0,
    stray: Annotated[float, typer.Option(help="Share of the positions far off.")] = 0.0,
    twice: Annotated[float, typer.Option(help="Share of the positions sent twice.")] = 0.0,
    breakdown: Annotated[
        list[str] | None,
        typer.Option(help=f"A vehicle stands: {_BLOCK}, lanes from 0 outside, seconds.", show_default=False),
    ] = None,
    closed: Annotated[
        list[str] | None, typer.Option(help=f"A lane is closed, and drivers know: {_BLOCK}.", show_default=False)
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Run a scenario once and write what was reported of its roads, and the truth, minute by minute."""
    from sumo_scenarios.catalogue import resolve
    from sumo_scenarios.city_feed.order import FeedOrder, HappeningKind, Reporting
    from sumo_scenarios.city_feed.recording import watch_run
    from sumo_scenarios.city_feed.road_network import Equipment
    from sumo_scenarios.run_times import times_of
    from sumo_scenarios.settings import RunSettings

    happenings = [_happening(text, HappeningKind.BREAKDOWN) for text in breakdown or ()]
    happenings += [_happening(text, HappeningKind.CLOSED) for text in closed or ()]
    settings = RunSettings(scenario, controller, seed, demand_seed, scale=scale, end_s=end)
    order = FeedOrder(
        settings,
        Equipment(loops_share, readers_share),
        Reporting(positions_share, positions_every, noise, lost, late, stray, twice),
        tuple(happenings),
        loop_speeds=loop_speeds,
        tagged_share=tagged_share,
    )
    times_s = times_of(resolve(scenario), settings)
    with watching([Stretch(scenario, *times_s)], json_) as watch:
        facts = watch_run(order, out, lambda progress: watch(0, progress))
    if json_:
        put_json(facts | {"out": str(out)})
    else:
        minutes = (facts["end_s"] - facts["begin_s"]) / 60
        typer.echo(f"{minutes:.0f} minutes of {scenario}, {facts['vehicles']:,} vehicles: {out}")
    return 0


def _happening(text: str, kind: object) -> "Happening":
    from sumo_scenarios.city_feed.order import Happening, HappeningKind

    assert isinstance(kind, HappeningKind)
    place, _, span = text.rpartition("@")
    road, _, lane = place.rpartition(":")
    begin, _, end = span.partition("-")
    try:
        return Happening(road, int(lane), float(begin), float(end), kind=kind)
    except ValueError as error:
        raise InvalidInputError(f"--{kind.value} wants {_BLOCK}, got '{text}'") from error


@app.command()
def state(
    *,
    folder: Annotated[Path, typer.Argument(help="Folder of a recording.")],
    minute: Annotated[int, typer.Option(help="Minute to show, from 0; -1: the last one.")] = -1,
    worst: Annotated[int, typer.Option(help="How many roads to show, the slowest first.")] = 15,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document, of all roads.")] = False,
) -> int:
    """Estimate the state of the roads of a recording and show one minute of it beside the truth."""
    from signal_ctrl.cli.roads_output import road_rows, table_row
    from signal_ctrl.watch.state.estimator import StateEstimator
    from sumo_scenarios.city_feed.folder import observations, read_feed

    feed = read_feed(folder)
    last = feed.n_minutes - 1
    chosen = last if minute < 0 else minute
    if chosen > last:
        raise InvalidInputError(f"--minute is 0 to {last}")
    estimator = StateEstimator(feed.network)
    found = None
    for at_ms, arriving in observations(feed):
        for each in arriving:
            estimator.take(each, at_ms + 60_000)
        found = estimator.minute(at_ms)
        if at_ms == feed.minute_utc_ms(chosen):
            break
    assert found is not None
    rows = road_rows(feed.network, found, feed.truth.travel_time_s[chosen])
    if json_:
        put_json({"minute_utc_ms": found.minute_utc_ms, "refused": dict(estimator.inbox.refused), "roads": rows})
        return 0
    rows.sort(key=lambda row: -(row["travel_time_s"] / row["free_time_s"]))
    header = ("road", "level", "sources", "flow [veh/h]", "time [s]", "± [s]", "true [s]", "queue [m]", "age [s]")
    put_table(header, [table_row(row) for row in rows[:worst]], numbers_from=3)
    typer.echo(f"{len(rows)} roads; refused: {number(float(sum(estimator.inbox.refused.values())), 0)}")
    return 0
