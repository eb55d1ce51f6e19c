"""Queues and turns on drawn roads with a calibrated camera: bodies that hide one another are told apart."""

import numpy as np
import pytest

from detectors.video.camera import Camera, Zone, ZoneKind, named_line
from detectors.video.counter import VideoCounter
from detectors.video.ground import Ground
from tests.detectors.video.drawn import Lane, Pole, Road, drive

POLE = Pole((-14.0, 0.0, 10.0), (14.0, 0.0, 0.0))
CORNERS = ((2.0, -3.0), (2.0, 3.0), (30.0, 3.0), (30.0, -3.0))
FPS, SECONDS = 12.5, 30.0


def pixels(*places: tuple[float, float]) -> tuple[tuple[float, float], ...]:
    return tuple(POLE.pixel(*place) for place in places)


@pytest.mark.slow
def test_a_queue_of_two_lanes_is_counted_when_it_leaves() -> None:
    red = ((0.0, 15.0),)
    lanes = [Lane(y, -1, 60.0, 10.0, 2.5, 0.0, stop=2.0, red=red) for y in (-1.7, 1.7)]
    rng = np.random.default_rng(3)
    cars = [car for lane in lanes for car in drive(lane, SECONDS, FPS, rng)]
    road = Road(POLE, cars, round(SECONDS * FPS), FPS, -4.0, 4.0, seed=3)
    line = named_line("line", *pixels((0.0, -3.4), (0.0, 3.4)), None, "on", "back")
    zones = [
        Zone(f"stop {at}", pixels((2.5, y - 1.2), (2.5, y + 1.2), (6.0, y + 1.2), (6.0, y - 1.2)), ZoneKind.PRESENCE)
        for at, y in enumerate((-1.7, 1.7))
    ]
    ground = Ground(pixels(*CORNERS), CORNERS)
    counter = VideoCounter(Camera("drawn", (line,), tuple(zones), ground))
    frames = list(road.film())
    for index, frame in enumerate(frames[::4]):
        counter.warm(frame, index * 4 / FPS)
    counter.restart()
    seen = [counter.step(frame, index / FPS) for index, frame in enumerate(frames)]
    true = len(road.crossings(0.0))
    ways = [each.direction for every in seen for each in every.crossings]
    way = max(set(ways), key=ways.count)
    assert true >= 10 and abs(len(ways) - true) <= 1 and ways.count(way) == len(ways)
    waiting = seen[round(14.0 * FPS)].zones
    assert all(zone.occupied for zone in waiting)
