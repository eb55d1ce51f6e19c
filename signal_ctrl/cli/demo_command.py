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
    city: Annotated[
        bool, typer.Option("--city", help="Show a simulated city on the page of a centre, until Ctrl-C.")
    ] = False,
    speed: Annotated[float, typer.Option(help="With --city: so many times as fast as the wall's clock.")] = 1.0,
    port: Annotated[int, typer.Option(help="With --city: port of the page; 0: any that is free.")] = 8080,
    host: Annotated[str, typer.Option(help="With --city: address of the page, of this machine alone.")] = "127.0.0.1",
    minutes: Annotated[
        float | None, typer.Option(help="With --city: end after so long.", show_default="when the demand ends")
    ] = None,
    warm_up: Annotated[
        float, typer.Option(help="With --city: seconds of the simulation that go by first, to fill the streets.")
    ] = 180.0,
    reports: Annotated[Path | None, typer.Option(help="With --city: folder of reports, as with 'serve'.")] = None,
    pictures: Annotated[Path | None, typer.Option(help="With --city: pictures of junctions, as with 'serve'.")] = None,
    parking: Annotated[str, typer.Option(help="With --city: a parking service to look at, as with 'serve'.")] = "",
    parking_credential: Annotated[Path | None, typer.Option(help="With --city: credential for it.")] = None,
    parking_authority: Annotated[Path | None, typer.Option(help="With --city: certificate that signs its own.")] = None,
    browser: Annotated[
        bool | None,
        typer.Option(
            "--browser/--no-browser",
            help="With --city: open the page, or do not.",
            show_default="open it where somebody sits at a terminal with windows",
        ),
    ] = None,
    json_: Annotated[bool, typer.Option("--json", help="Print JSON: one document, with --city one a line.")] = False,
) -> int:
    """Compare the network's own signals, SUMO's actuated ones and the adaptive engine; report in out/demo.

    With --city: start a centre and the scenario, every signal a cabinet over HTTP, and show it all on the centre's
    page. Nobody is asked for an account, so it is served on this machine alone.
    """
    if city:
        from signal_ctrl.cli.demo_city import show_city
        from signal_ctrl.cli.page_opening import somebody_looks
        from signal_ctrl.cli.parking_link import parking_at

        shown, beside = (reports, pictures), parking_at(parking, parking_credential, parking_authority)
        opens = not json_ and somebody_looks() if browser is None else browser
        how = (speed, warm_up, minutes)
        return show_city(scenario, seed, begin, end, (host, port), how, json_, shown, parking=beside, opens=opens)
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
