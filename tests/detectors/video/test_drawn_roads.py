"""Roads drawn here with exact truth: a street from a mast by day, and the camera that opens its iris meanwhile."""

import numpy as np
import pytest

from detectors.video.camera import Camera, named_line
from detectors.video.counter import VideoCounter
from tests.detectors.video.drawn import Lane, Pole, Road, Scene, drive, scene


def quiet(seed: int, light: np.ndarray) -> Scene:
    """A two-lane street with a vehicle every six seconds in each lane."""
    rng, fps, seconds = np.random.default_rng(seed), 12.5, 24.0
    lanes = (Lane(-2.0, 1, -20.0, 10.0, 6.0, 0.0), Lane(2.0, -1, 70.0, 10.0, 6.0, 0.0))
    cars = [car for lane in lanes for car in drive(lane, seconds, fps, rng)]
    pole = Pole((0.0, 0.0, 9.0), (30.0, 0.0, 0.0), 320, 192, 260.0)
    return scene(Road(pole, cars, round(seconds * fps), fps, -4.0, 4.0, seed=seed, light=light), 20.0)


EXTRA = {"steady": 0, "iris": 1}  # a grey car in the dark falls into two pieces that are not joined
LIGHTS = {"steady": np.ones(1), "iris": 1.0 - 0.4 * np.clip(np.sin(np.arange(300) / 20.0), 0.0, 1.0)}


@pytest.mark.slow
@pytest.mark.parametrize("light", LIGHTS)
def test_a_quiet_street_is_counted(light: str) -> None:
    drawn = quiet(4, LIGHTS[light])
    frames = list(drawn.road.film())
    counter = VideoCounter(Camera("drawn", (named_line("line", drawn.start, drawn.end, None, "there", "back"),)))
    for index, frame in enumerate(frames):
        counter.warm(frame, index / drawn.road.fps)
    counter.restart()
    found = [
        each for index, frame in enumerate(frames) for each in counter.step(frame, index / drawn.road.fps).crossings
    ]
    names = {1: "back", -1: "there"}  # the line is drawn from left to right: who comes nearer moves down, forward
    end_s = len(frames) / drawn.road.fps - 0.5  # a roof may lead its bumper over the end of the film
    found = [each for each in found if each.time_s < end_s]
    expected = [(time_s, names[way]) for time_s, way in drawn.truth if time_s < end_s]
    assert len(expected) >= 5
    assert len(found) <= len(expected) + EXTRA[light]
    for time_s, way in expected:
        assert any(each.direction == way and abs(each.time_s - time_s) < 1.0 for each in found), (time_s, way)
