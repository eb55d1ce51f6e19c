"""`signal-ctrl count`: vehicles that cross lines in the picture of a fixed camera."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from signal_ctrl.cli.failures import INTERRUPTED, say
from signal_ctrl.cli.output import number, put_json, put_table
from signal_ctrl.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from signal_ctrl.cli.count_job import CountJob


def count(
    video: Annotated[
        str,
        typer.Argument(
            metavar="VIDEO|CAMERA-URL", help="A video file, rtsp:// or http:// address, or FILE.url with it."
        ),
    ],
    *,
    camera: Annotated[Path, typer.Option(help="Camera file: lines and zones; 'camera draft' proposes one.")],
    out: Annotated[Path, typer.Option(help="CSV file to write, one row a crossing.")],
    annotate: Annotated[
        Path | None,
        typer.Option(help="Also write a video that shows what was seen (.mp4, .mkv, .avi).", show_default=False),
    ] = None,
    intervals: Annotated[
        Path | None,
        typer.Option(help="Also write counts, occupancy and speed per interval, line and class.", show_default=False),
    ] = None,
    interval_s: Annotated[float, typer.Option(help="Length of an interval. [s]")] = 900.0,
    zones: Annotated[
        Path | None,
        typer.Option(help="Also write presence and queue of each zone, second by second.", show_default=False),
    ] = None,
    alarms: Annotated[
        Path | None, typer.Option(help="Also write alarms: stopped, wrong way, bad picture.", show_default=False)
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="Begin there: seconds or h:m:s of the video.", show_default=False)
    ] = None,
    to: Annotated[
        str | None, typer.Option(help="End there; of a live camera: after so long.", show_default=False)
    ] = None,
    once: Annotated[
        bool, typer.Option("--once", help="Read a file once; else its begin is read twice, to know the empty road.")
    ] = False,
    empty: Annotated[
        str | None,
        typer.Option(
            metavar="FILM",
            help="A film of the place with nobody there, so that parked cars are seen.",
            show_default=False,
        ),
    ] = None,
    keep_trying: Annotated[
        bool, typer.Option("--keep-trying", help="Call a camera for ever, also one that never answered.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Count vehicles in a video or a live picture: which line, which direction, what class, when, how fast.

    Ctrl-C ends it and keeps what was counted.
    """
    from signal_ctrl.cli.camera_files import read_camera_file
    from signal_ctrl.cli.count_job import CountJob
    from signal_ctrl.cli.count_outputs import Files
    from signal_ctrl.cli.count_sources import Span, empty_place, seconds_of, source_of

    files = Files(out, intervals, interval_s, zones, alarms, annotate)
    files.check(overwrite)
    _check_not_itself(video, files.paths())
    span = Span(
        0.0 if from_ is None else seconds_of(from_), None if to is None else seconds_of(to), 0.0 if once else 120.0
    )
    nobody = None if empty is None else empty_place(empty)
    job = CountJob(source_of(video, span, keep_trying), read_camera_file(camera), camera, files, nobody)
    stopped = job.run(quiet=json_)
    for note in job.source.ending().notes:
        say(note)
    if json_:
        put_json(_document(job, stopped))
    else:
        _tell(job)
    if not stopped or job.source.live:
        return 0
    at = f"at {job.summary.last_s:.1f} s; what was counted until then is kept"
    say(f"interrupted {at if job.summary.frames else 'before anything was counted; no file was made'}")
    return INTERRUPTED


def _check_not_itself(video: str, paths: tuple[Path, ...]) -> None:
    for path in paths:
        if path.exists() and Path(video).exists() and path.samefile(video):
            raise InvalidInputError(f"{path} is the video itself; name another file to write")


def _document(job: "CountJob", stopped: bool) -> dict[str, Any]:
    """Return what a program is told."""
    summary = job.summary
    return {
        "source": job.source.name,
        "frames": summary.frames,
        "from_s": summary.first_s,
        "to_s": summary.last_s,
        "invalid_frames": summary.invalid_frames,
        "gap_s": round(summary.gap_s, 3),
        "crossings": summary.crossings,
        "counts": [
            {"line": line.name, "direction": way, "total": sum(kinds.values()), "classes": kinds}
            for line in job.camera.lines
            for way in (line.forward, line.backward)
            for kinds in [summary.classes(line.name, way)]
        ],
        "alarms": dict(summary.alarms),
        "frames_per_s": round(job.rate(), 1),
        "files": [str(path) for path in job.files.paths()],
        "notes": [*job.source.ending().notes],
        "interrupted": stopped,
    }


def _tell(job: "CountJob") -> None:
    """Print the counts and where they are."""
    summary = job.summary
    kinds = sorted({kind for _, _, kind in summary.counts})
    rows = [
        [
            line.name,
            way,
            line.lane or "–",
            str(sum(classes.values())),
            *(str(classes.get(kind, 0)) for kind in kinds),
            number(summary.speed_kmh(line.name, way)),
        ]
        for line in job.camera.lines
        for way in (line.forward, line.backward)
        for classes in [summary.classes(line.name, way)]
    ]
    if rows:
        put_table(("line", "direction", "lane", "count", *kinds, "km/h"), rows, numbers_from=3)
    seen_s = summary.last_s - (summary.first_s or 0.0)
    typer.echo(f"{summary.frames:,} frames, {seen_s:,.1f} s, at {job.rate():,.0f} frames/s; {job.files.out}")
    if summary.gap_s:
        typer.echo(f"nothing was seen for {summary.gap_s:,.1f} s of that: not counted is not zero")
    if summary.invalid_frames:
        typer.echo(f"{summary.invalid_frames:,} frames could not be trusted")
    for alarm, times in summary.alarms.most_common():
        typer.echo(f"alarm: {alarm}, {times} times")
