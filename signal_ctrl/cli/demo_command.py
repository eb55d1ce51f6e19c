"""`signal-ctrl demo`: three controllers on a real city network, side by side."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signal_ctrl.cli.failures import say
from signal_ctrl.cli.output import number, put_json, put_table
from signal_ctrl.cli.progress import watching
from signal_ctrl.cli.versions import versions

if TYPE_CHECKING:
    from bench.demo import Demo


def demo(
    *,
    out: Annotated[Path, typer.Option(help="Folder of the report and its runs; earlier ones are replaced.")] = Path(
        "out/demo"
    ),
    scenario: Annotated[str, typer.Option(help="Name from 'scenarios list', or path of a .sumocfg.")] = "cologne8",
    seed: Annotated[int, typer.Option(help="SUMO's seed, the same for every controller.")] = 1,
    begin: Annotated[float | None, typer.Option(help="First simulation second.", show_default=False)] = None,
    end: Annotated[float | None, typer.Option(help="Last simulation second.", show_default=False)] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Compare the network's own signals, SUMO's actuated ones and the adaptive engine; report in out/demo."""
    from bench.demo import compare, demo_settings
    from bench.report import write_report
    from signal_ctrl.cli.run_command import stretch_of, tell

    all_settings = demo_settings(scenario, seed, begin, end, ("signal-ctrl", *sys.argv[1:]))
    stretches = [stretch_of(settings, settings.controller) for settings in all_settings]
    with watching(stretches, json_) as watch:
        found = compare(all_settings, out, versions(), watch)
    broken = [result for result in found.results if result.status != "complete"]
    if broken:
        if json_:
            put_json({"runs": [result.document for result in found.results], "report": None})
        return max(tell(result, as_json=False, figures=not json_) for result in broken)
    report = write_report(out)
    _tell(found, report, json_)
    return max(result.exit_code for result in found.results)


def _tell(found: "Demo", report: Path, as_json: bool) -> None:
    for notice in dict.fromkeys(notice for result in found.results for notice in result.notices):
        say(notice)
    if as_json:
        put_json(found.summary | {"report": str(report)})
        return
    rows = [
        (
            run["controller"],
            number(run["delay_s_per_vehicle"]),
            number(run["stops_per_vehicle"], 2),
            number(run["unfinished_veh"], 0),
            _worst(run["worst_junction"]),
        )
        for run in found.summary["runs"]
    ]
    put_table(("controller", "delay [s/veh]", "stops [/veh]", "unfinished", "worst junction (mean queue)"), rows)
    typer.echo(f"report: {report}")


def _worst(found: dict[str, object] | None) -> str:
    return "–" if found is None else f"{found['id']} ({found['mean_queue_veh']} veh)"
