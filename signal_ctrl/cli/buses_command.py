"""`signal-ctrl buses`: lines and registered vehicles, where they are, and how regularly they run."""

from pathlib import Path
from typing import Annotated, Any

import typer

from signal_ctrl.cli.output import number, put_json, put_table

app = typer.Typer(name="buses", help="Buses: import lines and vehicles, see where they are and how regularly they run.")

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="Document of lines and runs, buses.json (docs/file-formats.md).")],
    json_: Json = False,
) -> None:
    """Import lines and registered vehicles: only these can ask signals for anything, each through its own feed."""
    import json

    from signal_ctrl.cli.centre_session import connected
    from signal_ctrl.domain.bus_lines_json import buses_from_json, buses_to_json
    from signal_ctrl.gateways.whole_file import read_whole
    from signal_ctrl.web.body_limit import BUSES_MAX_BYTES, BUSES_PATH

    service = buses_from_json(read_whole(file, "document of buses", BUSES_MAX_BYTES))
    with connected() as client:
        found = client.post(BUSES_PATH, json.loads(buses_to_json(service)))
    if json_:
        put_json(found)
    else:
        typer.echo(f"in force: {found['lines']} lines, {found['runs']} runs of {found['vehicles']} vehicles")


@app.command("list")
def list_(
    line: Annotated[str, typer.Option(help="Only of this line.")] = "",
    json_: Json = False,
) -> None:
    """List the buses under way, the foremost of each line first, with advice to wait at a stop."""
    from signal_ctrl.cli.centre_session import connected

    with connected() as client:
        found = client.get("/v1/buses", **({"line": line} if line else {}))
    if json_:
        put_json(found)
        return
    header = ("bus", "line", "road", "stop", "load", "late [s]", "headway [s]", "usual [s]", "wait [s]", "heard [s]")
    put_table(header, [_row(each) for each in found], numbers_from=4)


@app.command("lines")
def lines(json_: Json = False) -> None:
    """List the lines with the regularity of their headways in the last hour, and who has caught up."""
    from signal_ctrl.cli.centre_session import connected

    with connected() as client:
        found = client.get("/v1/bus-lines")
    if json_:
        put_json(found)
        return
    header = ("line", "bunched", "buses", "usual [s]", "headways", "mean [s]", "spread", "excess wait [s]")
    put_table(header, [_line_row(each) for each in found], numbers_from=2)


@app.command("export")
def export(
    scenario: Annotated[str, typer.Argument(help="Catalogue name or .sumocfg.")],
    out: Annotated[Path, typer.Option(help="File to be written.")],
    feed: Annotated[str, typer.Option(help="Feed that reports the vehicles.")] = "buses",
    midnight_utc_ms: Annotated[int, typer.Option(help="Instant of second 0 of the scenario. [ms]")] = 0,
    json_: Json = False,
) -> None:
    """Write lines and runs of a scenario as buses.json, its vehicles registered under the name of a feed."""
    from signal_ctrl.domain.bus_lines_json import buses_to_json
    from signal_ctrl.gateways.whole_file import write_whole
    from sumo_scenarios.buses.service import registered_under, service_of_scenario

    service = registered_under(service_of_scenario(scenario, midnight_utc_ms), feed)
    write_whole(out, buses_to_json(service))
    if json_:
        put_json({"out": str(out), "lines": len(service.lines), "runs": len(service.runs)})
    else:
        typer.echo(f"{out}: {len(service.lines)} lines, {len(service.runs)} runs")


def _row(found: dict[str, Any]) -> tuple[str, ...]:
    stop = f"at {found['at_stop']}" if found["at_stop"] else f"to {found['next_stop'] or 'the end'}"
    load = "–" if found["load"] is None else str(found["load"])
    times = (found[name] for name in ("late_s", "before_s", "usual_s", "hold_s", "heard_s"))
    return found["vehicle"], found["line"], found["road"], stop, load, *(_whole(each) for each in times)


def _line_row(found: dict[str, Any]) -> tuple[str, ...]:
    own = found["regularity"]
    figures = ("–",) * 4
    if own is not None:
        figures = (str(own["headways"]), _whole(own["mean_s"]), number(own["spread"], 2), _whole(own["excess_wait_s"]))
    return found["line"], ", ".join(found["bunched"]) or "–", str(found["buses"]), _whole(found["headway_s"]), *figures


def _whole(value: float | None) -> str:
    return "–" if value is None else number(value, 0)
