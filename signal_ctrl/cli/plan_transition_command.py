"""`signal-ctrl plan transition`: how each signal comes from one plan into step with another, or back after a hold."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.cli.failures import CHECK_FAILED, say
from signal_ctrl.cli.output import Overwrite, number, put_json, put_table
from signal_ctrl.cli.plan_schedule_command import world_of
from signal_ctrl.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from signal_ctrl.domain.site import Site


def transition(
    plan_a: Annotated[Path, typer.Argument(help="The plan before.")],
    plan_b: Annotated[Path, typer.Argument(help="The plan after; the same one to see only what a hold does.")],
    *,
    at: Annotated[float, typer.Option(help="Second of the common clock from which PLAN_B is in force.")],
    scenario: Annotated[
        str | None, typer.Option(help="Network of the plans: name, or path of a .sumocfg.", show_default=False)
    ] = None,
    site: Annotated[
        list[Path] | None,
        typer.Option(help="Or site documents, as 'scenarios import' writes them; may be repeated.", show_default=False),
    ] = None,
    method: Annotated[str, typer.Option(help="shortway, dwell or add-only.")] = "shortway",
    shorten: Annotated[float, typer.Option(help="A cycle may be shorter by this share of it.")] = 0.2,
    lengthen: Annotated[
        float | None, typer.Option(help="A cycle may be longer by this share of it.", show_default="0.5, --hold: 0.2")
    ] = None,
    most_cycles: Annotated[
        int | None, typer.Option(help="Cycles within which to be in step.", show_default="3, with --hold 5")
    ] = None,
    signal: Annotated[str | None, typer.Option(help="Only this signal.", show_default=False)] = None,
    hold: Annotated[
        str | None,
        typer.Option(help="STAGE@SECONDS: somebody holds a stage from --at on; with --signal.", show_default=False),
    ] = None,
    diagram: Annotated[
        Path | None, typer.Option(help="Draw the errors of the offsets into FILE.svg or FILE.png.", show_default=False)
    ] = None,
    profile: Annotated[str, typer.Option(help="Safety profile: published or street.")] = "published",
    overwrite: Overwrite = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Try a change of plan, or a hold, on the safety kernel: which cycles follow, and when the offset is right again.

    Every group calls all the time. Exit code 1 if a signal is not in step in time or the kernel objects.
    """
    from optimiser.transition import MOST_CYCLES, RELEASED_CYCLES, TransitionSettings, method_named
    from sumo_scenarios.picture_file import check_picture
    from sumo_scenarios.plan_file import read_plan
    from sumo_scenarios.transition_report import draw_errors, report_of, trials

    check_picture(diagram, overwrite)
    most_cycles = (MOST_CYCLES if hold is None else RELEASED_CYCLES) if most_cycles is None else most_cycles
    settings = TransitionSettings(method_named(method), shorten, _lengthen(lengthen, hold), most_cycles)
    plans = (read_plan(plan_a), read_plan(plan_b))
    sites = _sites(scenario, site or [], profile)
    report = report_of(trials(sites, plans, at, settings, signal, None if hold is None else _hold(hold)))
    if diagram is not None:
        draw_errors(report, method, diagram)
    if json_:
        put_json({"method": method, "at_s": at, "signals": report})
    else:
        _tell(report, at)
    return _judged(report, most_cycles)


def _sites(scenario: str | None, files: list[Path], profile: str) -> "tuple[Site, ...]":
    from sumo_scenarios.transition_report import read_sites

    if (scenario is None) == (not files):
        raise InvalidInputError("say which signals the plans are for: --scenario NAME, or --site FILE")
    if scenario is None:
        return read_sites(files)
    return tuple(unit.site for unit in world_of(scenario, profile).units)


def _lengthen(asked: float | None, hold: str | None) -> float:
    from optimiser.transition import RELEASED

    if hold is None:
        return 0.5 if asked is None else asked
    if asked is not None and asked > RELEASED:
        raise InvalidInputError(
            f"--lengthen {asked:g}: after a hold a cycle is longer by {RELEASED:g} at most (SAFETY C)"
        )
    return RELEASED if asked is None else asked


def _hold(text: str) -> tuple[str, float]:
    stage, at, seconds = text.rpartition("@")
    try:
        long_s = float(seconds)
    except ValueError:
        long_s = -1.0
    if not at or not 0 < long_s <= 3600:
        raise InvalidInputError(f"--hold wants STAGE@SECONDS with 1 to 3600 s, got '{text}'")
    return stage, long_s


def _tell(report: "Sequence[dict[str, Any]]", at_s: float) -> None:
    rows = []
    for row in report:
        for cycle in row["cycles"]:
            if cycle["adjusted"] or cycle["begin_s"] == row["in_step_s"]:
                splits = "  ".join(
                    f"{name} {split_s:g}" for name, split_s in zip(cycle["stages"], cycle["splits_s"], strict=True)
                )
                change = f"{cycle['length_s'] - cycle['plan_s']:+.0f}"
                rows.append((row["signal"], number(cycle["begin_s"], 0), f"{cycle['error_s']:+.0f}", change, splits))
    put_table(("signal", "cycle begins", "behind s", "longer s", "splits s"), rows)
    for row in report:
        when = "never in step" if row["in_step_s"] is None else f"in step at {row['in_step_s']:,.0f} s"
        typer.echo(f"{row['signal']}: {when}, after {row['cycles_adjusted']} adjusted cycles (change at {at_s:,.0f} s)")


def _judged(report: "Sequence[dict[str, Any]]", most_cycles: int) -> int:
    bad = 0
    for row in report:
        if row["in_step_s"] is None or row["cycles_adjusted"] > most_cycles:
            say(f"signal {row['signal']} is not in step within {most_cycles} cycles; the limits do not allow it")
            bad += 1
        if row["violations"] or row["refusals"]:
            objections = f"{row['refusals']} wishes, saw {row['violations']} violations"
            say(f"signal {row['signal']}: the kernel refused {objections}")
            bad += 1
    return CHECK_FAILED if bad else 0
