"""`signal-ctrl parking`: commands about car parks, and the way to a space."""

import typer

from signal_ctrl.cli import parking_evaluate_command, parking_forecast_command

app = typer.Typer(name="parking", help="Car parks: free spaces ahead, and the way to one.", add_completion=False)
app.command()(parking_forecast_command.forecast)
app.command()(parking_forecast_command.backtest)
app.command()(parking_evaluate_command.evaluate)
app.command("make-history")(parking_forecast_command.make_history)


@app.callback(invoke_without_command=True)
def show_help(context: typer.Context) -> None:
    """Forecast free spaces, and judge guidance in simulation."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
