"""`signal-ctrl detectors`: what loops and cameras tell, live and from logs."""

import typer

from signal_ctrl.cli import detectors_listen_command, detectors_replay_command

app = typer.Typer(name="detectors", help="What detectors tell: live, and from logs.", add_completion=False)


@app.callback(invoke_without_command=True)
def show_help(context: typer.Context) -> None:
    """Take in detector events from the street, and play logs of them."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command()(detectors_listen_command.listen)
app.command()(detectors_replay_command.replay)
