"""`signal-ctrl detectors estimate`: what loops tell beside presence, lane by lane, each with its interval."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signal_ctrl.cli.output import number, put_json, put_table
from signal_ctrl.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from detectors.estimation.interval import Estimate
    from sumo_scenarios.estimating.lanes import LaneEstimate
    from sumo_scenarios.estimating.report import Report
    from sumo_scenarios.estimating.turns import Turn


def estimate(
    log: Annotated[Path, typer.Argument(help="Folder of a run with sensing loops, or a log of hi-res events (CSV).")],
    *,
    scenario: Annotated[
        str | None, typer.Option(help="Network that a log belongs to: a name or a .sumocfg.", show_default=False)
    ] = None,
    loops: Annotated[
        Path | None,
        typer.Option(help="Where the loops of a log lie, as `scenarios import` writes it.", show_default=False),
    ] = None,
    junction: Annotated[str | None, typer.Option(help="One signal only.", show_default=False)] = None,
    every: Annotated[float, typer.Option(help="Width of the intervals of speed. [s]")] = 300.0,
    out: Annotated[Path | None, typer.Option(help="Write everything as one CSV.", show_default=False)] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what --out names.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Estimate saturation flow, start-up loss, speeds, the queue of each cycle and turning counts of every lane."""
    from signal_ctrl.gateways.whole_file import check_free, write_whole
    from sumo_scenarios.estimating.observed import observed_of_log, observed_of_run
    from sumo_scenarios.estimating.report import document_of, report_csv, report_of

    if out is not None:
        check_free(out, overwrite)
    if log.is_dir():
        if scenario is not None or loops is not None:
            raise InvalidInputError("--scenario and --loops are for logs; a run knows its own")
        observed = observed_of_run(log)
    else:
        if scenario is None:
            raise InvalidInputError("a log needs --scenario, the network that it belongs to")
        observed = observed_of_log(log, scenario, loops)
    report = report_of(observed, junction, every)
    if out is not None:
        write_whole(out, report_csv(report))
    if json_:
        put_json(document_of(report))
    else:
        _print(report)
    return 0


def _print(report: "Report") -> None:
    if not report.lanes:
        typer.echo("no lane has loops that tell anything")
        return
    header = (
        *("signal", "lane", "saturation [veh/h]", "running [veh/h]", "start-up loss [s]", "queues"),
        *("speed [m/s]", "longest queue [m]", "mean queue [m]", "held up [s]"),
    )
    put_table(header, [_lane(lane) for lane in report.lanes], numbers_from=2)
    typer.echo()
    turn_header = ("signal", "from lanes", "to", "vehicles", "share", "told by counts")
    put_table(turn_header, [_turn(turn) for turn in report.turns], numbers_from=3)
    unknown = sum(not turn.count.is_told for turn in report.turns)
    if unknown:
        typer.echo(
            f"{unknown} of {len(report.turns)} turns are not told by the counts: their exits have no loops, or lanes "
            "always send together; their shares are first guesses"
        )


def _lane(lane: "LaneEstimate") -> tuple[str, ...]:
    longest = lane.longest
    mean_m = sum(reach.reach_m.value for reach in lane.reaches) / len(lane.reaches) if lane.reaches else None
    known = [speed for each in lane.speeds for _, speed in each.speeds if speed is not None]
    return (
        lane.signal,
        lane.lane,
        _words(lane.saturation, 0),
        _words(lane.running, 0),
        _words(lane.start_up, 2),
        str(lane.queues),
        number(_mean_speed(known), 1),
        "–" if longest is None else _words(longest.reach_m, 0),
        number(mean_m, 1),
        number(sum(to_s - from_s for from_s, to_s in lane.held), 0),
    )


def _mean_speed(known: Sequence["Estimate"]) -> float | None:
    """Return the space mean speed over intervals, weighted by their vehicles. [m/s]"""
    vehicles = sum(each.samples for each in known)
    return vehicles / sum(each.samples / each.value for each in known) if vehicles else None


def _turn(turn: "Turn") -> tuple[str, ...]:
    count = turn.count
    alone = 0.0 < turn.prior < 1.0
    return (
        turn.signal,
        " ".join(turn.lanes),
        turn.to_edge,
        _words(count.vehicles, 0),
        _words(count.share, 2),
        f"{count.told:.0%}" if alone else "only way",
    )


def _words(found: "Estimate | None", digits: int) -> str:
    if found is None:
        return "–"
    if found.at_least:
        return f"≥ {number(found.value, digits)}"
    return f"{number(found.value, digits)} ({number(found.low, digits)} to {number(found.high, digits)})"
