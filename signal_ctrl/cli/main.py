"""The `signal-ctrl` command. Commands import what they need when they run, so that --help is quick."""

import os
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from signal_ctrl.cli import (
    alarms_command,
    audit_command,
    backup_command,
    bench_command,
    bench_report_command,
    buses_command,
    cabinet_command,
    camera_command,
    conditions_command,
    congestion_command,
    count_command,
    demo_command,
    detectors_command,
    dispatch_command,
    diversion_command,
    doctor_command,
    explain_command,
    feed_command,
    forecast_command,
    incidents_command,
    login_command,
    override_command,
    parking_group,
    plan_command,
    response_command,
    roads_centre_command,
    roads_command,
    run_command,
    scenarios_command,
    serve_command,
    shadow_command,
    signs_command,
    special_command,
    units_command,
    user_command,
)
from signal_ctrl.cli.failures import UNREAD, answer
from signal_ctrl.cli.output import put_json
from signal_ctrl.cli.versions import version_line, versions

app = typer.Typer(
    name="signal-ctrl",
    help="Traffic-signal control: compare timing strategies, run them safely.",
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
app.command()(run_command.run)
app.command()(explain_command.explain)
app.command()(demo_command.demo)
app.command()(doctor_command.doctor)
app.command()(count_command.count)
app.command()(serve_command.serve)
app.command()(login_command.login)
app.command("second-factor")(login_command.second_factor)
app.command()(login_command.logout)
app.command()(alarms_command.faults)
app.add_typer(alarms_command.alarms)
app.add_typer(alarms_command.tickets)
app.add_typer(cabinet_command.app)
app.add_typer(camera_command.app)
app.add_typer(scenarios_command.app)
app.add_typer(override_command.app)
app.add_typer(parking_group.app)
app.add_typer(units_command.app)
app.add_typer(buses_command.app)
app.add_typer(dispatch_command.app)
app.add_typer(response_command.app)
app.add_typer(plan_command.app)
app.add_typer(shadow_command.app)
roads_command.app.command("import")(roads_centre_command.import_)
roads_command.app.command()(roads_centre_command.show)
roads_command.app.command()(roads_centre_command.congestion)
app.add_typer(roads_command.app)
app.add_typer(feed_command.app)
app.add_typer(conditions_command.weather)
app.add_typer(conditions_command.events)
app.add_typer(detectors_command.app)
app.add_typer(forecast_command.app)
app.add_typer(congestion_command.app)
app.add_typer(incidents_command.app)
app.add_typer(diversion_command.app)
app.add_typer(signs_command.app)
app.add_typer(special_command.app)
app.add_typer(audit_command.app)
app.add_typer(user_command.app)
app.command()(backup_command.backup)
app.command()(backup_command.restore)
bench_command.app.command()(bench_report_command.report)
bench_command.app.command()(bench_report_command.compare)
bench_command.app.command()(bench_report_command.published)
app.add_typer(bench_command.app)


@app.callback(invoke_without_command=True)
def root(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Show the versions of signal-ctrl and SUMO.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="With --version: print one JSON document.")] = False,
) -> None:
    """Traffic-signal control: compare timing strategies, run them safely."""
    if version:
        put_json(versions()) if json_ else typer.echo(version_line())
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def call(arguments: Sequence[str]) -> int:
    """Carry out one command line and return its exit code; every error has become one line."""
    command = typer.main.get_command(app)
    try:
        with command.make_context("signal-ctrl", list(arguments)) as context:
            code = command.invoke(context)
        sys.stdout.flush()
    except typer.Exit as leaving:
        return leaving.exit_code
    except BrokenPipeError:  # whoever read our output has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return UNREAD
    except (Exception, KeyboardInterrupt) as error:
        return answer(error, "--json" in arguments)
    return code if isinstance(code, int) else 0


def main() -> None:
    """Entry point of the console script."""
    sys.exit(call(sys.argv[1:]))
