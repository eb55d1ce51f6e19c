"""`signal-ctrl detectors`: which detectors of a log can be trusted; what arrives live, and logs played as if it did."""

from pathlib import Path
from typing import Annotated

import typer

from signal_ctrl.cli import (
    detectors_estimate_command,
    detectors_fuse_command,
    detectors_listen_command,
    detectors_replay_command,
)
from signal_ctrl.cli.failures import CHECK_FAILED, say
from signal_ctrl.cli.output import put_json

app = typer.Typer(
    name="detectors", help="Detectors of the street: live data, and who can be trusted.", rich_markup_mode=None
)


@app.callback()
def detectors() -> None:
    """Detectors: live data, and which can be trusted."""


app.command()(detectors_listen_command.listen)
app.command()(detectors_replay_command.replay)
app.command()(detectors_estimate_command.estimate)
app.command()(detectors_fuse_command.fuse)


@app.command()
def check(
    log: Annotated[
        Path,
        typer.Argument(help="CSV of events, of counts by 1, 5 or 15 min, of hi-res events; or the folder of a run."),
    ],
    layout: Annotated[
        Path | None,
        typer.Option(help="CSV of places: detector, approach, lane, to_stop_m (see docs).", show_default=False),
    ] = None,
    history: Annotated[
        list[Path] | None,
        typer.Option(help="Log of earlier days of the same detectors; may be repeated.", show_default=False),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Write the verdicts, with all changes, as JSON.", show_default=False)
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Draw the states over time as PNG or SVG.", show_default=False)
    ] = None,
    show_all: Annotated[bool, typer.Option("--all", help="List the detectors that are in order, too.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what --out and --picture name.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Judge the detectors of a log: ok, suspect or failed, why and since when.

    Exit code 0: none has failed at the end of the log, and each was good for 75 % of each day; 1: some; 2: bad input.
    """
    from signal_ctrl.cli.detectors_output import put_verdicts, working
    from signal_ctrl.gateways.whole_file import check_free, write_whole
    from sumo_scenarios.detector_logs.check import Asked, check_log, document_of
    from sumo_scenarios.picture_file import check_picture

    check_picture(picture, overwrite)
    if out is not None:
        check_free(out, overwrite)
    with working(json_) as told:
        checked = check_log(Asked(log, layout, tuple(history or ())), told)
    if picture is not None:
        from sumo_scenarios.detector_logs.timeline import draw_timeline

        draw_timeline(checked, picture)
    document = document_of(checked)
    if out is not None:
        import json

        write_whole(out, json.dumps(document, indent=1, allow_nan=False, ensure_ascii=False) + "\n")
    for notice in checked.notices:
        say(notice)
    if json_:
        put_json(document)
    else:
        put_verdicts(document, show_all)
    return CHECK_FAILED if document["failed"] or document["bad_days"] else 0
