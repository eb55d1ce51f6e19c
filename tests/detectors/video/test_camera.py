"""Camera files: what they say, and that what is wrong is one line that names the place."""

import tomllib

import pytest

from detectors.video.camera import Camera, ZoneKind, camera_of, named_line
from signal_ctrl.domain.errors import InvalidInputError

FULL = """
[camera]
name = "north mast"
size = [640, 360]
region = [[0, 100], [640, 100], [640, 360], [0, 360]]
ignore = [[[0, 0], [50, 0], [50, 50]]]
stopped_s = 15
[[lines]]
name = "stop line"
from = [100, 200]
to = [500, 200]
lane = "1"
backward = "out"
[[zones]]
name = "waiting"
kind = "queue"
polygon = [[100, 200], [500, 200], [400, 100], [200, 100]]
heading = [0, 1]
[ground]
image = [[100, 200], [500, 200], [400, 100], [200, 100]]
metres = [[0, 0], [7, 0], [7, 30], [0, 30]]
"""


def read(text: str) -> Camera:
    return camera_of(tomllib.loads(text))


def test_a_full_camera_file_is_read() -> None:
    camera = read(FULL)
    assert (camera.name, camera.width_px, camera.height_px, camera.stopped_s) == ("north mast", 640, 360, 15.0)
    assert [(line.name, line.lane, line.forward, line.backward) for line in camera.lines] == [
        ("stop line", "1", "down", "out")
    ]
    assert camera.zones[0].kind is ZoneKind.QUEUE and camera.zones[0].heading == (0.0, 1.0)
    assert camera.ground is not None and len(camera.ground.image) == 4


def test_nothing_but_lines_is_enough() -> None:
    camera = read("[[lines]]\nfrom = [0, 50]\nto = [0, 10]\n")
    assert (camera.lines[0].name, camera.lines[0].forward, camera.lines[0].backward) == ("line1", "right", "left")
    assert camera.width_px is None


@pytest.mark.parametrize(
    ("end", "forward"), [((90.0, 40.0), "down"), ((10.0, 40.0), "up"), ((50.0, 80.0), "left"), ((50.0, 0.0), "right")]
)
def test_directions_are_named_by_the_motion_in_the_picture(end: tuple[float, float], forward: str) -> None:
    assert named_line("x", (50.0, 40.0), end).forward == forward


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("from = [100, 200]", "from = [100]", r"\[\[lines\]\] 1: 'from' has to be two numbers"),
        ("to = [500, 200]", "to = [100, 200]", "its two ends are one point"),
        ('kind = "queue"', 'kind = "row"', "'kind' is 'row'; choose of queue, presence, watch"),
        ("metres = [[0, 0], [7, 0], [7, 30], [0, 30]]", "metres = [[0, 0], [7, 0], [7, 30]]", "the same four or more"),
        (
            "image = [[100, 200], [500, 200], [400, 100], [200, 100]]",
            "image = [[0, 0], [1, 1], [2, 2], [3, 3]]",
            "span no plane",
        ),
        ("heading = [0, 1]", "headed = [0, 1]", "unknown 'headed'"),
        ("size = [640, 360]", "size = [640.5, 360]", "whole pixels"),
        ("stopped_s = 15", "stopped_s = 0", "'stopped_s' has to be above 0"),
        (
            "polygon = [[100, 200], [500, 200], [400, 100], [200, 100]]",
            "polygon = [[1, 1], [2, 2]]",
            "three points with area",
        ),
        ('backward = "out"', 'backward = "down"', "both directions are named"),
        ("[[lines]]", "[[line]]", "unknown 'line'"),
    ],
)
def test_what_is_wrong_is_named(old: str, new: str, message: str) -> None:
    assert old in FULL
    with pytest.raises(InvalidInputError, match=message) as caught:
        read(FULL.replace(old, new))
    assert "\n" not in str(caught.value)


def test_two_lines_of_one_name_are_refused() -> None:
    line = named_line("a", (0.0, 0.0), (9.0, 0.0))
    with pytest.raises(InvalidInputError, match="two lines are named 'a'"):
        Camera("c", (line, line))
