"""`signal-ctrl scenarios demand` and `scenarios count`: counts become a demand, a demand becomes counts."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.cli.output import number, put_json, put_table
from signal_ctrl.cli.progress import clock
from signal_ctrl.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from signal_ctrl.domain.geh import GehTable
    from signal_ctrl.domain.place_counts import PlaceCounts
    from sumo_scenarios.counting.build import Demand

KINDS = ("turns", "links")
Kind = Annotated[str, typer.Option(help="What is counted: turns (at signals) or links (edges).")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def demand(
    source: Annotated[str, typer.Argument(help="A network file (.net.xml), a .sumocfg, or a name from the list.")],
    counts: Annotated[Path, typer.Option(help="CSV of the counts.")],
    out: Annotated[Path, typer.Option(help="Folder for the scenario; must not exist.")],
    kind: Kind = "turns",
    seed: Annotated[int, typer.Option(help="Seed of alternatives and departure times.")] = 1,
    verify: Annotated[int, typer.Option(help="Simulate it so many times and compare; 0: do not.")] = 0,
    mid_block: Annotated[
        bool, typer.Option("--mid-block", help="Vehicles may begin and end between counted places everywhere.")
    ] = False,
    json_: AsJson = False,
) -> int:
    """Make a runnable scenario whose demand reproduces counts, period by period, and say how well it does."""
    from bench.counted_picture import counted_picture
    from sumo_scenarios.counting.build import DemandOrder, build_demand

    order = DemandOrder(source, _read(counts, kind), seed, mid_block, verify)
    made = build_demand(order, out, counted_picture, _quiet if json_ else _progress)
    if json_:
        put_json(made.document() | {"config": str(made.config)})
    else:
        _print(made)
    return 0


def count(
    scenario: Annotated[str, typer.Argument(help="Name from the list, or path of a .sumocfg.")],
    out: Annotated[Path, typer.Option(help="CSV file for the counts; must not exist.")],
    kind: Kind = "turns",
    period_s: Annotated[float, typer.Option(help="Length of a period. [s]")] = 900.0,
    json_: AsJson = False,
) -> int:
    """Count the demand of a scenario from its routes, as if nobody were held up: the CSV that `demand` reads."""
    from sumo_scenarios.counting.of_scenario import write_counts

    made = write_counts(scenario, _kind(kind) == "links", period_s, out)
    row = {"periods": len(made.periods), "places": len(made.places()), "vehicles": made.total_veh(), "out": str(out)}
    if json_:
        put_json(row)
    else:
        typer.echo(f"{row['periods']} periods, {row['places']} places, {number(made.total_veh(), 0)} passages: {out}")
    return 0


def _kind(kind: str) -> str:
    if kind not in KINDS:
        raise InvalidInputError(f"unknown kind '{kind}'; choose one of {', '.join(KINDS)}")
    return kind


def _read(path: Path, kind: str) -> "PlaceCounts":
    from signal_ctrl.domain.counts import counts_from_csv
    from signal_ctrl.domain.place_counts import links_from_csv, of_turns
    from signal_ctrl.gateways.whole_file import read_whole

    links = _kind(kind) == "links"
    text = read_whole(path, "counts")
    return links_from_csv(text, path.name) if links else of_turns(counts_from_csv(text, path.name))


def _progress(line: str) -> None:
    typer.echo(f"{line} ...", err=True)


def _quiet(_line: str) -> None:
    """Say nothing: a program reads the output."""


def _print(made: "Demand") -> None:
    for notice in made.notices:
        say(notice)
    rows = [_row("routes", made.routes)]
    rows += [_row("simulated", made.simulated)] if made.simulated is not None else []
    header = ("compared", "counts", "GEH < 5", "largest", "counted", "reproduced", "total")
    put_table(header, rows)
    if made.never_departed:
        typer.echo(f"{number(made.never_departed)} vehicles a run never found room to depart")
    worst = (made.simulated or made.routes).worst(5)
    typer.echo("largest deviations:")
    from signal_ctrl.domain.place_counts import place_name

    put_table(
        ("place", "from", "to", "counted", "reproduced", "GEH"),
        [
            (
                *(place_name(row.place), clock(row.begin_s), clock(row.end_s)),
                *(number(row.counted_veh), number(row.modelled_veh), number(row.geh, 2)),
            )
            for row in worst
        ],
        numbers_from=3,
    )
    if made.contradictions:
        typer.echo("counts that contradict each other, the largest first:")
        put_table(
            ("where", "enter", "leave", "difference"),
            [
                (each.where, number(each.enters_veh, 0), number(each.leaves_veh, 0), number(each.difference_veh, 0))
                for each in made.contradictions[:5]
            ],
        )
    typer.echo(f"{made.vehicles:,} vehicles on {made.candidates:,} candidate routes: {made.config}")


def _row(name: str, table: "GehTable") -> tuple[str, ...]:
    return (
        name,
        number(len(table.rows), 0),
        f"{table.share_good:.1%}",
        number(table.worst(1)[0].geh, 2),
        number(table.counted_veh, 0),
        number(table.modelled_veh, 0),
        f"{table.total_error:+.2%}",
    )
