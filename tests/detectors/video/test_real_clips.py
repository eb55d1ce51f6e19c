"""The two real clips with hand-counted truth: nothing missed, nothing twice, direction right, within a second.

Needs the clips: the folder named by SIGNAL_CTRL_VIDEO, or shared/data/video beside a parent folder of this checkout.
"""

import csv
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from detectors.video.camera import Camera, named_line
from detectors.video.counter import VideoCounter
from detectors.video.seen import Crossing


def _folder() -> Path | None:
    if os.environ.get("SIGNAL_CTRL_VIDEO"):
        return Path(os.environ["SIGNAL_CTRL_VIDEO"])
    beside = (parent / "shared" / "data" / "video" for parent in Path(__file__).resolve().parents)
    return next((each for each in beside if each.is_dir()), None)


FOLDER = _folder()
pytestmark = [pytest.mark.slow, pytest.mark.skipif(FOLDER is None, reason="the real clips are not here")]

Picture = Callable[[np.ndarray], np.ndarray]


def frames(clip: str, every: int, change: Picture) -> Iterator[tuple[np.ndarray, float]]:
    assert FOLDER is not None
    film = cv2.VideoCapture(str(FOLDER / clip))
    rate, index = film.get(cv2.CAP_PROP_FPS), 0
    while True:
        there, frame = film.read()
        if not there:
            return
        if index % every == 0:
            yield change(frame), index / rate
        index += 1


def truth(clip: str) -> list[dict[str, str]]:
    assert FOLDER is not None
    with (FOLDER / "truth.csv").open(encoding="utf-8") as file:
        return [row for row in csv.DictReader(file) if row["clip"] == clip]


def counted(clip: str, every: int, change: Picture) -> tuple[list[Crossing], list[tuple[float, str]]]:
    rows = truth(clip)
    ends = [float(rows[0][key]) for key in ("x1", "y1", "x2", "y2")]
    size = next(iter(frames(clip, 1, lambda frame: frame)))[0].shape
    line = named_line("line", (ends[0], ends[1]), (ends[2], ends[3]))
    counter = VideoCounter(Camera(clip, (line,), width_px=size[1], height_px=size[0]))
    for frame, time_s in frames(clip, every, change):
        counter.warm(frame, time_s)
    counter.restart()
    found = [each for frame, time_s in frames(clip, every, change) for each in counter.step(frame, time_s).crossings]
    assert FOLDER is not None
    rate = cv2.VideoCapture(str(FOLDER / clip)).get(cv2.CAP_PROP_FPS)
    return sorted(found, key=lambda each: each.time_s), [(int(row["frame"]) / rate, row["direction"]) for row in rows]


CHANGES: dict[str, tuple[int, Picture]] = {
    "as it is": (1, lambda frame: frame),
    "every second frame": (2, lambda frame: frame),
}


@pytest.mark.parametrize("clip", ["car_park_aisle.mp4", "street.mp4"])
@pytest.mark.parametrize("change", CHANGES)
def test_every_vehicle_once(clip: str, change: str) -> None:
    found, expected = counted(clip, *CHANGES[change])
    assert [each.direction for each in found] == [direction for _, direction in expected]
    late_s = [each.time_s - time_s for each, (time_s, _) in zip(found, expected, strict=True)]
    assert max(abs(each) for each in late_s) <= 1.0, late_s
