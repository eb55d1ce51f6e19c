"""`signal-ctrl scenarios calibrate` and `scenarios saturation`: drivers as measured, and what a run measured."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.cli.output import number, put_json, put_table

if TYPE_CHECKING:
    from sumo_scenarios.calibration.build import Calibration
    from sumo_scenarios.saturation import LaneSaturation

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def calibrate(
    scenario: Annotated[str, typer.Argument(help="Name from the list, or path of a .sumocfg.")],
    out: Annotated[Path, typer.Option(help="Folder for the calibrated scenario; must not exist.")],
    saturation: Annotated[Path | None, typer.Option(help="CSV: signal,lane,saturation_veh_h[,queues].")] = None,
    speeds: Annotated[Path | None, typer.Option(help="CSV: edge,mean_mps[,sd_mps] or p15_mps,p50_mps,p85_mps.")] = None,
    budget: Annotated[int, typer.Option(help="The most simulations of the search.")] = 16,
    json_: AsJson = False,
) -> int:
    """Fit the drivers of a scenario to measured saturation flows and speeds, and write the scenario with them."""
    from sumo_scenarios.calibration.build import calibrate as fit
    from sumo_scenarios.calibration.measured import lanes_from_csv, speeds_from_csv

    lanes = lanes_from_csv(_text(saturation), saturation.name) if saturation is not None else ()
    measured = speeds_from_csv(_text(speeds), speeds.name) if speeds is not None else ()
    made = fit(scenario, (lanes, measured), out, budget, _quiet if json_ else _progress)
    if json_:
        put_json(made.document() | {"config": str(made.config)})
    else:
        _print(made)
    return 0


def saturation(
    run: Annotated[Path, typer.Argument(help="Folder of a run with sensing loops.")],
    csv: Annotated[Path | None, typer.Option(help="Also write them by lane, for calibrate.")] = None,
    groups_csv: Annotated[Path | None, typer.Option(help="Also write them by signal group, for plans.")] = None,
    least: Annotated[int, typer.Option(help="Leave out lanes with fewer queues.")] = 1,
    json_: AsJson = False,
) -> int:
    """Measure saturation flow and start-up loss from the stop-line loops of a run, lane by lane."""
    from sumo_scenarios.saturation import measure_saturation, write_groups, write_saturation

    rows = [row for row in measure_saturation(run) if row.found.queues >= least]
    if csv is not None:
        write_saturation(csv, rows)
    if groups_csv is not None:
        write_groups(groups_csv, run, rows)
    if json_:
        put_json([_document(row) for row in rows])
        return 0
    if not rows:
        typer.echo("no lane has a queue of eight vehicles or more at a green: there is nothing to measure")
        return 0
    header = ("signal", "lane", "", "veh/h", "95 % interval", "start-up loss [s]", "queues", "vehicles")
    put_table(header, [_row(row) for row in rows], numbers_from=3)
    return 0


def _row(row: "LaneSaturation") -> tuple[str, ...]:
    interval = row.found.interval_veh_h
    between = "–" if interval is None else f"{number(interval[0], 0)} to {number(interval[1], 0)}"
    return (
        row.signal,
        row.lane,
        "gives way" if row.gives_way else "" if row.found.is_enough else "few queues",
        number(row.found.saturation_veh_h, 0),
        between,
        number(row.found.start_up_loss_s, 2),
        number(row.found.queues, 0),
        number(row.found.vehicles, 0),
    )


def _document(row: "LaneSaturation") -> dict[str, object]:
    interval = row.found.interval_veh_h
    return {
        "signal": row.signal,
        "lane": row.lane,
        "gives_way": row.gives_way,
        "saturation_veh_h": row.found.saturation_veh_h,
        "interval_veh_h": None if interval is None else list(interval),
        "start_up_loss_s": row.found.start_up_loss_s,
        "queues": row.found.queues,
        "vehicles": row.found.vehicles,
    }


def _text(path: Path) -> str:
    from signal_ctrl.gateways.whole_file import read_whole

    return read_whole(path, "measurements")


def _progress(line: str) -> None:
    typer.echo(f"{line} ...", err=True)


def _quiet(_line: str) -> None:
    """Say nothing: a program reads the output."""


def _print(made: "Calibration") -> None:
    for notice in made.notices:
        say(notice)
    put_table(
        ("figure", "unit", "target", "before", "after", "± 95 %", "off"),
        [
            (
                *(row.figure, row.unit),
                *(_shown(value) for value in (row.target, row.before, row.after, row.after_interval)),
                f"{row.after / row.target - 1.0:+.1%}" if row.target else "–",
            )
            for row in made.rows
        ],
        numbers_from=2,
    )
    drivers = made.fitted.drivers
    spread = "" if drivers.deviation is None else f", speedDev {drivers.deviation:.3f}"
    typer.echo(
        f"tau × {drivers.tau:.3f}, minGap × {drivers.min_gap:.3f}, speedFactor × {drivers.speed:.3f}{spread}, found in "
        f"{made.fitted.simulations} simulations"
    )
    if made.lanes:
        put_table(
            ("signal", "lane", "limit [m/s]", "measured", "before", "after", "residual"),
            [
                (
                    *(lane.signal, lane.lane, number(lane.limit_mps, 1)),
                    *(number(v, 0) for v in (lane.measured_veh_h, lane.before_veh_h, lane.after_veh_h)),
                    f"{lane.residual_veh_h:+,.0f}",
                )
                for lane in made.lanes
            ],
            numbers_from=2,
        )
    typer.echo(f"in {made.config}")


def _shown(value: float) -> str:
    return number(value, 0 if value >= 100 else 2)
