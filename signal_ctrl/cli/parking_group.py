"""`signal-ctrl parking`: commands about car parks, and the way to a space."""

import typer

from signal_ctrl.cli import (
    parking_evaluate_command,
    parking_facilities_command,
    parking_forecast_command,
    parking_office_command,
    parking_service_command,
)

app = typer.Typer(
    name="parking", help="Car parks: free spaces now and ahead, signs, and the way to a space.", add_completion=False
)
app.command()(parking_service_command.serve)
app.command()(parking_service_command.overview)
app.command()(parking_service_command.send)
app.command()(parking_forecast_command.forecast)
app.command()(parking_forecast_command.backtest)
app.command("make-history")(parking_forecast_command.make_history)
app.command()(parking_evaluate_command.evaluate)
app.command()(parking_evaluate_command.town)
app.command()(parking_evaluate_command.days)
app.add_typer(parking_facilities_command.app)
app.add_typer(parking_office_command.signs)
app.add_typer(parking_office_command.roads)
app.add_typer(parking_office_command.credential)
app.add_typer(parking_office_command.passes)


@app.callback(invoke_without_command=True)
def show_help(context: typer.Context) -> None:
    """Count free spaces, show them on signs, guide drivers; foresee and judge."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
