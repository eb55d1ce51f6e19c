"""`signal-ctrl camera`: camera files are proposed from a video, and looked at."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from signal_ctrl.cli.camera_files import fitted_to, read_camera_file
from signal_ctrl.cli.output import number, put_json, put_table
from signal_ctrl.domain.errors import InvalidInputError

if TYPE_CHECKING:
    from detectors.video.camera import Camera, Line
    from detectors.video.capture.pictures import Frame
    from detectors.video.draft.proposal import Proposed

PICTURES = (".png", ".jpg", ".jpeg")
_STILLS = 31
_STILL_SPAN_S = 60.0
_WIDTH_PX = 1280

app = typer.Typer(
    name="camera",
    help="Camera files: propose one from a video, look at one.",
    no_args_is_help=True,
    rich_markup_mode=None,
)


@app.command()
def show(
    *,
    camera: Annotated[
        Path | None,
        typer.Argument(help="The camera file; without it only a grid of pixels is drawn.", show_default=False),
    ] = None,
    video: Annotated[str, typer.Option(help="A video of this camera, or its address.")],
    out: Annotated[Path, typer.Option(help="The picture to write (.png, .jpg).")],
    at: Annotated[
        str | None,
        typer.Option(
            help="Time of the video: seconds or h:m:s; without it the road without what moves.", show_default=False
        ),
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the picture.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Draw what a camera file says into the picture: lines and their directions, zones, what is ignored, the ground."""
    from signal_ctrl.gateways.whole_file import check_free

    _check_picture(out)
    check_free(out, overwrite)
    known = None if camera is None else read_camera_file(camera)
    frame = _still(video, at)
    if known is not None and camera is not None:
        known = fitted_to(known, camera, frame)
    _write_picture(out, _drawn(frame, known))
    if known is None:
        return _tell_grid(out, frame, json_)
    rows = [_line_row(line, known) for line in known.lines]
    if json_:
        put_json({"picture": str(out), "size": [known.width_px, known.height_px], "lines": rows})
        return 0
    if rows:
        header = ("line", "forward", "backward", "lane", "from", "to", "length m")
        put_table(header, [[str(cell) for cell in _shown(row)] for row in rows], numbers_from=4)
    typer.echo(f"{len(known.lines)} lines, {len(known.zones)} zones, drawn into {out}")
    return 0


@app.command()
def draft(
    *,
    video: Annotated[str, typer.Argument(help="A video of the camera: some minutes of usual traffic.")],
    out: Annotated[Path, typer.Option(help="The camera file to write.")],
    picture: Annotated[
        Path | None, typer.Option(help="Also draw it into a picture (.png, .jpg).", show_default=False)
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="Begin there: seconds or h:m:s of the video.", show_default=False)
    ] = None,
    to: Annotated[str, typer.Option(help="Watch as far as there.")] = "10:00",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that exist.")] = False,
    json_: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> int:
    """Propose a camera file: watch what moves, and lay a line across each flow where vehicles are best apart.

    It cannot know which lines you want, their names, or metres on the ground. The file says why each line is there.
    """
    from detectors.video.draft.document import draft_text
    from detectors.video.draft.proposal import propose
    from signal_ctrl.cli.camera_watch import watch_paths
    from signal_ctrl.gateways.whole_file import check_free, write_whole

    check_free(out, overwrite)
    if picture is not None:
        _check_picture(picture)
        check_free(picture, overwrite)
    seen = watch_paths(video, from_, to, quiet=json_)
    proposed = propose(tuple(seen.paths), seen.shape)
    if not any(not each.doubt for each in proposed):
        raise InvalidInputError(
            f"{video}: no flow of vehicles is clear enough ({len(seen.paths)} could be followed); take a longer video"
        )
    text = draft_text(proposed, _name_of(video), _said(video), seen.shape, seen.seen_s, len(seen.paths))
    write_whole(out, text)
    if picture is not None:
        _draw_draft(out, video, picture)
    if json_:
        names = [each.line.name for each in proposed if not each.doubt]
        put_json({"file": str(out), "vehicles": len(seen.paths), "lines": names})
    else:
        rows = [_draft_row(each) for each in proposed]
        put_table(("line", "forward", "seen", "backward", "seen", "left out, for"), rows, numbers_from=6)
        typer.echo(f"{len(seen.paths)} vehicles followed in {seen.seen_s:,.0f} s; {out}")
    return 0


def _draft_row(proposed: "Proposed") -> list[str]:
    line = proposed.line
    return [
        line.name,
        line.forward,
        str(proposed.forward),
        line.backward,
        str(proposed.backward),
        proposed.doubt or "–",
    ]


def _draw_draft(camera: Path, video: str, picture: Path) -> None:
    frame = _still(video, None)
    _write_picture(picture, _drawn(frame, fitted_to(read_camera_file(camera), camera, frame)))


def _drawn(frame: "Frame", camera: "Camera | None") -> "Frame":
    """Return the picture, large enough to read, with what a camera file says, or with a grid of pixels."""
    from detectors.video.drawing.plan import draw_plan
    from detectors.video.drawing.rulers import draw_rulers
    from detectors.video.drawing.still import enlarged

    size = (frame.shape[1], frame.shape[0])
    drawn = enlarged(frame, _WIDTH_PX)
    if camera is not None:
        size = (camera.width_px or size[0], camera.height_px or size[1])
        draw_plan(drawn, camera)
    draw_rulers(drawn, size, grid=camera is None)
    return drawn


def _tell_grid(out: Path, frame: "Frame", as_json: bool) -> int:
    height_px, width_px = frame.shape[:2]
    if as_json:
        put_json({"picture": str(out), "size": [width_px, height_px], "lines": []})
    else:
        typer.echo(f"a picture of {width_px} x {height_px} pixels with a grid: {out}")
    return 0


def _still(video: str, at: str | None) -> "Frame":
    """Return the picture at a time, or the median of pictures of the first minute."""
    import contextlib

    from detectors.video.capture.pictures import Picture
    from detectors.video.drawing.still import median_picture
    from signal_ctrl.cli.count_sources import Span, seconds_of, source_of

    begin_s = None if at is None else seconds_of(at)
    span = Span(begin_s or 0.0, _STILL_SPAN_S + (begin_s or 0.0))
    kept: list[tuple[float, Frame]] = []
    step_s = 0.0
    with contextlib.closing(source_of(video, span).pictures()) as items:
        for item in items:
            if not isinstance(item, Picture):
                continue
            if begin_s is not None:
                return item.frame
            if not kept or item.time_s >= kept[-1][0] + step_s:
                kept.append((item.time_s, item.frame))
            if len(kept) > 2 * _STILLS:
                kept = kept[::2]
                step_s = kept[1][0] - kept[0][0]
    if not kept:
        raise InvalidInputError(f"{video} sent no picture; try again")
    return median_picture([frame for _, frame in kept])


def _check_picture(path: Path) -> None:
    if path.suffix.lower() not in PICTURES:
        raise InvalidInputError(f"{path}: the name of a picture has to end in {', '.join(PICTURES)}")


def _write_picture(path: Path, frame: "Frame") -> None:
    import cv2

    found, data = cv2.imencode(path.suffix.lower(), frame)
    if not found:
        raise InvalidInputError(f"cannot write {path}: no encoder for {path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise InvalidInputError(f"cannot write {path}: {error.strerror or error}") from error


def _line_row(line: "Line", camera: "Camera") -> dict[str, object]:
    return {
        "name": line.name,
        "forward": line.forward,
        "backward": line.backward,
        "lane": line.lane,
        "from": list(line.start),
        "to": list(line.end),
        "length_m": _length_m(line, camera),
    }


def _length_m(line: "Line", camera: "Camera") -> float | None:
    """Return how long a line is on the ground, None without one. [m]"""
    import numpy as np

    from detectors.video.ground import homography

    if camera.ground is None:
        return None
    ends = [homography(camera.ground) @ np.array((*point, 1.0)) for point in (line.start, line.end)]
    return round(float(np.hypot(*(ends[0][:2] / ends[0][2] - ends[1][:2] / ends[1][2]))), 2)


def _shown(row: dict[str, object]) -> list[object]:
    length_m = row["length_m"]
    places = [" ".join(f"{each:g}" for each in row[key]) for key in ("from", "to") if isinstance(row[key], list)]  # type: ignore[attr-defined]
    return [
        row["name"],
        row["forward"],
        row["backward"],
        row["lane"] or "–",
        *places,
        number(length_m if isinstance(length_m, float) else None),
    ]


def _said(video: str) -> str:
    """Return a video's name as it may stand in a comment."""
    from detectors.video.capture.live import is_address, without_password

    name = without_password(video) if is_address(video) else Path(video).name
    return "".join(letter if letter.isprintable() else "?" for letter in name)[:120]


def _name_of(video: str) -> str:
    from detectors.video.capture.live import is_address

    stem = "camera" if is_address(video) else Path(video).stem
    name = "".join(letter if letter.isalnum() or letter in "-_ ." else "_" for letter in stem)[:60].lstrip("-. ")
    return name or "camera"
