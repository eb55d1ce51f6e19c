"""`signal-ctrl plan`: timing plans are made, judged, exported and brought in."""

import typer

from signal_ctrl.cli import plan_judge_command, plan_network_command

app = typer.Typer(name="plan", help="Timing plans: make, judge, export and import them.", add_completion=False)
app.command()(plan_network_command.network)
app.command()(plan_network_command.dispersion)
app.command()(plan_judge_command.judge)


@app.callback(invoke_without_command=True)
def show_help(context: typer.Context) -> None:
    """Make timing plans from counts, judge them, and bring them from and to other tools."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
