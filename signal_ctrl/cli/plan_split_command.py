"""`signal-ctrl plan cycle-split`: cycle and splits from counts, without a search; a plan for each demand period."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.cli.output import Overwrite, put_json
from signal_ctrl.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from signal_ctrl.engine.split_periods import Watch

_DRAW_EVERY = 10


def cycle_split(
    source: Annotated[
        str, typer.Argument(help="Catalogue name, .sumocfg, site document, or folder of site documents.")
    ],
    *,
    out: Annotated[
        Path, typer.Option(help="The plan document; of several periods, one file each: NAME-BEGIN-END.json.")
    ],
    counts: Annotated[
        Path | None,
        typer.Option(help="CSV of counts: by turn for a scenario, by group for site documents. Default: its routes."),
    ] = None,
    run: Annotated[Path | None, typer.Option(help="Folder of a finished run whose loops are the counts.")] = None,
    period: Annotated[
        float | None, typer.Option(help="Length of a period [s]. Default: 900, or the periods of --counts.")
    ] = None,
    periods: Annotated[
        str | None, typer.Option(help="Periods as 25200-28800,28800-32400 [s], or as 07:00-08:00,08:00-09:00.")
    ] = None,
    signal: Annotated[list[str] | None, typer.Option(help="Only this signal. May be repeated.")] = None,
    stages: Annotated[
        list[str] | None,
        typer.Option(
            help="Stages of a signal in their order, as SIGNAL=s1,s3. Default: the programme's. May be repeated."
        ),
    ] = None,
    profile: Annotated[str, typer.Option(help="Safety profile of a scenario: published or street.")] = "published",
    saturation_flow: Annotated[
        Path | None, typer.Option(help="CSV signal,group,saturation_veh_h: what one lane lets go, where it is known.")
    ] = None,
    arrival_type: Annotated[
        int, typer.Option(help="How platoons meet the green, 1 (worst) to 6; 3 is random (scenarios).", min=1, max=6)
    ] = 3,
    target: Annotated[float, typer.Option(help="Degree of saturation that no movement is to pass.")] = 0.9,
    cycle_range: Annotated[str, typer.Option(help="Shortest and longest cycle [s].")] = "40-150",
    lost_time: Annotated[
        float, typer.Option(help="What starting up loses of each green more than the amber wins back [s].")
    ] = 2.0,
    fewer_stages: Annotated[
        bool,
        typer.Option("--fewer-stages", help="Scenarios: leave out stages where the rest serves all with less delay."),
    ] = False,
    common: Annotated[bool, typer.Option("--common", help="One cycle for all signals.")] = False,
    isolated: Annotated[
        bool, typer.Option("--isolated", help="Each signal its own cycle, as without --common.")
    ] = False,
    missing_is_zero: Annotated[
        bool, typer.Option("--missing-is-zero", help="A turn or group without a count has none to count.")
    ] = False,
    overwrite: Overwrite = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Make cycle and splits from counts: critical path, Webster and practical cycle, splits that the kernel keeps.

    Prints for each period and signal the degree of saturation, the control delay of the HCM and the level of service
    of each movement; where no cycle is long enough, which movements to hold back, and to which flow. Offsets are 0.
    """
    from signal_ctrl.cli.plan_split_output import document_of, tell
    from signal_ctrl.cli.plan_split_sources import Asked, demands_of, parse_range
    from signal_ctrl.engine.split_periods import plan_periods
    from signal_ctrl.engine.split_values import SplitRules
    from sumo_scenarios.split_files import check_table, check_targets, write_plans

    if common and isolated:
        raise InvalidInputError("give --common or --isolated, not both")
    rules = SplitRules(target, parse_range(cycle_range), lost_time)
    asked = Asked(
        source, counts, run, period, periods, tuple(signal or ()), tuple(stages or ()), profile, saturation_flow,
        arrival_type, missing_is_zero, fewer_stages,
    )  # fmt: skip
    check_table(out, counts, overwrite)
    found = demands_of(asked, rules)
    check_targets(out, found.periods, overwrite)
    for notice in found.notices:
        say(notice)
    results = plan_periods(found.demands, found.periods, rules, common, _progress(json_))
    files = write_plans(out, found.name, results)
    if json_:
        put_json(document_of(found, rules, common, results, files))
    else:
        tell(results, rules, files)
    return 0


def _progress(quiet: bool) -> "Watch":
    """Return what tells on standard error how far it is, every tenth, if there is much to do."""

    def watch(done: int, total: int) -> None:
        if not quiet and total > _DRAW_EVERY and done * 10 // total > (done - 1) * 10 // total:
            typer.echo(f"{done} of {total} signals and periods", err=True)

    return watch
