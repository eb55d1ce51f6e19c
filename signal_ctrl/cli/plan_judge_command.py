"""`signal-ctrl plan judge`: the network model's delay of a plan against the simulation's."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signal_ctrl.cli.output import Overwrite, number, put_json, put_table
from signal_ctrl.cli.progress import watching
from signal_ctrl.domain.profile import profile_by_name

if TYPE_CHECKING:
    from bench.network.judge import Judged

_MOST_ROWS = 24
_HEADER = ("signal", "from edge", "vehicles", "model [s/veh]", "control delay [s/veh]", "time lost [s/veh]", "x")


def judge(
    *,
    plan: Annotated[Path, typer.Argument(help="Plan document.")],
    scenario: Annotated[str, typer.Argument(help="Name from 'scenarios list', or path of a .sumocfg.")],
    seeds: Annotated[str, typer.Option(help="Seeds: 1-3 or 1,4,7.")] = "1-3",
    scale: Annotated[float, typer.Option(help="Demand times this factor.")] = 1.0,
    begin: Annotated[float | None, typer.Option(help="First simulation second.", show_default=False)] = None,
    end: Annotated[float | None, typer.Option(help="Last simulation second.", show_default=False)] = None,
    profile: Annotated[str, typer.Option(help="Safety profile: published or street.")] = "published",
    period: Annotated[float, typer.Option(help="Time over which the model takes demand as steady. [s]")] = 900.0,
    dispersion: Annotated[
        Path | None, typer.Option(help="Fitted dispersion, from 'plan dispersion'.", show_default=False)
    ] = None,
    variants: Annotated[bool, typer.Option("--variants", help="Tell the errors of other ways to count, too.")] = False,
    picture: Annotated[
        Path | None, typer.Option(help="Draw model against simulation (.svg, .png).", show_default=False)
    ] = None,
    overwrite: Overwrite = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Hold the model's delay of a plan against SUMO's, approach by approach, on the same demand and seeds."""
    from bench.matrix_values import integers
    from bench.network.judge import Judging
    from bench.network.judge import judge as judge_plan
    from bench.network.pictures import draw_judged
    from signal_ctrl.cli.run_command import stretch_of
    from sumo_scenarios.dispersion_fit import read_fits
    from sumo_scenarios.network_plans import Asked
    from sumo_scenarios.picture_file import check_picture
    from sumo_scenarios.plan_file import read_plan

    check_picture(picture, overwrite)
    fitted = read_fits(dispersion) if dispersion is not None else None
    how = Judging(integers("--seeds", seeds), period_s=period, variants=variants, fitted=fitted)
    asked = Asked(scenario, profile_by_name(profile), begin, end, scale)
    stretches = [stretch_of(asked.settings(seed), f"seed {seed}") for seed in how.seeds]
    with watching(stretches, json_) as watch:
        judged = judge_plan(read_plan(plan), asked, how, watch)
    if picture is not None:
        draw_judged(judged, picture)
    put_json(judged.document()) if json_ else _put(judged)
    return 0


def _put(judged: "Judged") -> None:
    header = ("seed", "over stop lines", "model [s/veh]", "control delay [s/veh]", "off by", "time lost [s/veh]")
    rows = [
        (
            str(t.seed), number(t.passages, 0), number(t.model_s, 2), number(t.control_s, 2),
            f"{100 * t.error:+.1f} %", number(t.lost_s, 2),
        )
        for t in judged.totals
    ]  # fmt: skip
    put_table(header, rows)
    typer.echo(
        f"total: the model is off by {100 * judged.error:+.1f} % of the simulated control delay; highest degree of "
        f"saturation in any period {judged.highest_saturation:.2f}"
    )
    for name, error in judged.variants.items():
        typer.echo(f"  {name}: {100 * error:+.1f} %")
    typer.echo("")
    shown = judged.approaches[:_MOST_ROWS]
    put_table(
        _HEADER,
        [
            (
                a.signal, a.from_edge, number(a.vehicles, 0), number(a.model_s), number(a.control_s), number(a.lost_s),
                number(a.saturation, 2),
            )
            for a in shown
        ],
        numbers_from=2,
    )  # fmt: skip
    if len(judged.approaches) > len(shown):
        typer.echo(f"the {len(shown)} busiest approaches of {len(judged.approaches)}; --json has them all")
    if judged.left_out:
        typer.echo(f"\nleft out of all figures: {len(judged.left_out)} approaches")
        put_table(
            ("signal", "from edge", "vehicles", "why"),
            [(a.signal, a.from_edge, number(a.vehicles, 0), a.reason) for a in judged.left_out],
            numbers_from=4,
        )
