"""`signal-ctrl detectors`: what detectors tell."""

import typer

from signal_ctrl.cli import detectors_estimate_command, detectors_fuse_command

app = typer.Typer(name="detectors", help="What detectors tell: live, and from logs.", add_completion=False)


@app.callback(invoke_without_command=True)
def show_help(context: typer.Context) -> None:
    """What detectors of the street tell, and which of them can be trusted."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


app.command()(detectors_estimate_command.estimate)
app.command()(detectors_fuse_command.fuse)
