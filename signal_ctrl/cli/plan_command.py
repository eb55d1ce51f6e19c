"""`signal-ctrl plan`: timing plans are made, judged, exported and brought in."""

import typer

from signal_ctrl.cli import (
    plan_ageing_command,
    plan_centre_command,
    plan_check_command,
    plan_dispersion_command,
    plan_export_command,
    plan_green_wave_command,
    plan_import_command,
    plan_judge_command,
    plan_network_command,
    plan_offsets_command,
    plan_schedule_command,
    plan_sheet_command,
    plan_show_command,
    plan_split_command,
    plan_transition_command,
)

app = typer.Typer(name="plan", help="Timing plans: make, judge, export, import and issue them.", add_completion=False)


@app.callback(invoke_without_command=True)
def show_help(context: typer.Context) -> None:
    """Make timing plans from counts, judge them, and bring them from and to other tools."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command()(plan_export_command.export)
app.command("import")(plan_import_command.import_)
app.command()(plan_show_command.show)
app.command()(plan_sheet_command.sheet)
app.command("green-wave")(plan_green_wave_command.green_wave)
app.command()(plan_schedule_command.schedule)
app.command()(plan_transition_command.transition)
app.command()(plan_ageing_command.ageing)
app.command()(plan_check_command.check)
app.command()(plan_split_command.cycle_split)
app.command()(plan_network_command.network)
app.command()(plan_offsets_command.offsets)
app.command()(plan_dispersion_command.dispersion)
app.command()(plan_judge_command.judge)
for _command in ("upload", "library", "issue", "status", "changes", "abandon", "follow", "unfollow"):
    app.command(_command)(getattr(plan_centre_command, _command))
