"""`signal-ctrl incidents detect`: what the detection finds in a recorded folder, without a centre."""

from pathlib import Path
from typing import Annotated, Any

import typer

from signal_ctrl.cli.output import Overwrite, put_json, put_table


def detect(
    folder: Annotated[Path, typer.Argument(help="Folder of a recorded run: roads.json, counts.parquet, ...")],
    history: Annotated[
        list[Path] | None,
        typer.Option(help="Recording of a day without incidents, to learn what is usual; may be repeated."),
    ] = None,
    picture: Annotated[
        Path | None, typer.Option(help="Also draw the scores, as .png or .svg.", show_default=False)
    ] = None,
    overwrite: Overwrite = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Find incidents in a recorded run, minute by minute as the service would.

    Without --history only vehicles that report positions tell: what loops count is compared with what is usual.
    """
    from bench.incidents.detect_folder import detect_in, draw
    from sumo_scenarios.picture_file import check_picture

    check_picture(picture, overwrite)
    detected = detect_in(folder, history or [], lambda done, total: _tell(done, total, json_))
    if picture is not None:
        draw(detected, picture)
    if json_:
        put_json(detected.document())
        return
    rows = [_row(each) for each in detected.document()["findings"]]
    put_table(("found (UTC)", "kind", "road", "place (m)", "sure", "strongest evidence"), rows, 99)
    typer.echo(f"{len(rows)} found in {detected.feed.n_minutes} min; true incidents: {_true(detected.feed.incidents)}")


def _tell(done: int, total: int, quiet: bool) -> None:
    if not quiet and (done == total or done % 10 == 0):
        typer.echo(f"\rminute {done} of {total}", err=True, nl=done == total)


def _row(found: dict[str, Any]) -> tuple[str, ...]:
    from signal_ctrl.cli.times import utc_text

    place_m = found["position_m"]
    return (
        utc_text(found["at_utc_ms"]),
        found["kind"],
        found["road"],
        "–" if place_m is None else f"{place_m:.0f}",
        "confirmed" if found["confirms"] else "suspected",
        found["evidence"][0]["text"].partition(": ")[2],
    )


def _true(incidents: tuple[dict[str, Any], ...]) -> str:
    from signal_ctrl.cli.times import utc_text

    return "; ".join(f"{each['road']} at {utc_text(each['from_utc_ms'])}" for each in incidents) or "none"
