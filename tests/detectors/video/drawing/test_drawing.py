"""Pictures: what has to be drawn is there, in place and colour, on pictures of any size."""

import numpy as np
import pytest

from detectors.video.camera import Camera, Zone, ZoneKind, named_line
from detectors.video.capture.pictures import Picture
from detectors.video.drawing.annotated import Annotator
from detectors.video.drawing.marks import area, text
from detectors.video.drawing.plan import BACKWARD, FORWARD, LINE, draw_plan
from detectors.video.drawing.rulers import draw_rulers
from detectors.video.drawing.still import enlarged, median_picture
from detectors.video.ground import Ground
from detectors.video.seen import AlarmKind, Crossing, Kind, Seen, TrackView, VideoAlarm, ZoneState

GREY = 90
CAMERA = Camera(
    "c",
    (named_line("北进口", (100.0, 200.0), (300.0, 200.0)),),
    (Zone("wait", ((100.0, 210.0), (200.0, 210.0), (200.0, 260.0)), ZoneKind.PRESENCE, None, (0.0, 1.0)),),
    Ground(((120.0, 120.0), (200.0, 120.0), (300.0, 280.0), (60.0, 280.0)), ((0, 30), (3.5, 30), (3.5, 0), (0, 0))),
    400,
    300,
    ((10.0, 10.0), (390.0, 10.0), (390.0, 290.0)),
    (((300.0, 20.0), (380.0, 20.0), (380.0, 80.0)),),
)


def blank(width: int = 400, height: int = 300) -> np.ndarray:
    return np.full((height, width, 3), GREY, np.uint8)


def near(frame: np.ndarray, colour: tuple[int, int, int]) -> np.ndarray:
    return np.abs(frame.astype(int) - colour).max(axis=2) < 40


@pytest.mark.parametrize("factor", [1, 3])
def test_a_plan_shows_the_line_and_an_arrow_on_each_side(factor: int) -> None:
    frame = blank(400 * factor, 300 * factor)
    draw_plan(frame, Camera("c", CAMERA.lines, width_px=400, height_px=300))
    line = near(frame, LINE)
    assert line[200 * factor, 110 * factor : 290 * factor].mean() > 0.9
    assert near(frame, FORWARD)[202 * factor :].sum() > 20 > near(frame, FORWARD)[: 198 * factor].sum()
    assert near(frame, BACKWARD)[: 198 * factor].sum() > 20 > near(frame, BACKWARD)[202 * factor :].sum()


def test_everything_of_a_camera_file_leaves_a_mark() -> None:
    for part in ("zones", "ground", "region", "ignore"):
        value = getattr(CAMERA, part)
        frame = blank()
        draw_plan(frame, Camera("c", width_px=400, height_px=300, **{part: value}))
        assert (frame != GREY).any(axis=2).sum() > 200, part


def test_marks_beyond_the_picture_do_no_harm() -> None:
    frame = blank(40, 30)
    area(frame, [(-50.0, -50.0), (500.0, -20.0), (20.0, 900.0)], (0, 0, 255), 0.5)
    area(frame, [(100.0, 100.0), (120.0, 100.0), (110.0, 140.0)], (0, 0, 255), 0.5)
    text(frame, "much longer than the picture is wide", (-10.0, 500.0))
    draw_plan(frame, CAMERA)
    assert frame.shape == (30, 40, 3)


def test_text_can_be_read_on_bright_and_dark_ground() -> None:
    for ground in (0, 255):
        frame = np.full((40, 200, 3), ground, np.uint8)
        text(frame, "street 12", (5.0, 5.0))
        assert frame.max() > 200
        assert frame[10, 8].max() < 120 or ground == 0


def test_rulers_have_ticks_at_the_pixels_of_the_video() -> None:
    frame = blank(800, 600)
    draw_rulers(frame, (400, 300), grid=True)
    assert (frame[300, 200] != GREY).any()  # the line of x = 100
    assert (frame[200, 301] != GREY).any()  # the line of y = 100
    assert (frame[233, 333] == GREY).all()


def seen(crossed: bool = False, valid: bool = True) -> Seen:
    crossings = (Crossing(1.0, 10, "北进口", "down", Kind.CAR, 8.0, None, 3),) if crossed else ()
    track = TrackView(3, (150.0, 150.0, 190.0, 190.0), (170.0, 190.0), Kind.CAR, 8.0, False)
    alarms = (VideoAlarm(AlarmKind.STOPPED, 1.0, "wait", 3),) if crossed else ()
    return Seen(crossings, (track,), (ZoneState("wait", True, 12.0, 1),), alarms, valid)


def test_the_annotated_picture_shows_tracks_and_running_counts_and_leaves_the_picture_alone() -> None:
    annotator = Annotator(CAMERA)
    frame = blank()
    first = annotator.drawn(Picture(frame, 9, 0.9), seen())
    second = annotator.drawn(Picture(frame, 10, 1.0), seen(crossed=True))
    assert (frame == GREY).all()
    assert (first[150, 150:190] != GREY).any(axis=1).all()
    assert (first != second).any()
    assert annotator._counts == {("北进口", "down"): 1}
    quiet = annotator.drawn(Picture(frame, 11, 60.0), Seen())
    assert (quiet[150, 165] == GREY).all()
    annotator.forget()


def test_the_median_wipes_out_what_passes() -> None:
    frames = [blank() for _ in range(9)]
    for at, each in enumerate(frames):
        each[:, at * 40 : at * 40 + 40] = 250
    assert (median_picture(frames) == GREY).all()
    assert enlarged(blank(), 1000).shape == (900, 1200, 3)
    assert enlarged(blank(), 100).shape == (300, 400, 3)
