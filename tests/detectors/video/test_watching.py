"""Listeners hear every frame once, with the source's own numbers, and gaps begin tracks anew."""

import numpy as np
import pytest

from detectors.video import watching as module
from detectors.video.camera import Camera
from detectors.video.capture.pictures import Gap, Picture
from detectors.video.seen import Crossing, Kind, Seen
from detectors.video.watching import Watching

FRAME = np.zeros((4, 6, 3), np.uint8)


class Counter:
    """Stands for the counter: tells in each frame that somebody crossed `late` frames ago."""

    late = 0

    def __init__(self, camera: Camera, warm_is_empty: bool = False) -> None:
        self.frame = -1
        self.calls: list[str] = []

    def warm(self, frame: object, time_s: float) -> None:
        self.calls.append("warm")

    def restart(self) -> None:
        self.calls.append("restart")
        self.frame = -1

    def resume(self) -> None:
        self.calls.append("resume")
        self.frame = -1

    def step(self, frame: object, time_s: float) -> Seen:
        self.frame += 1
        return Seen((Crossing(time_s, max(self.frame - self.late, 0), "a", "up", Kind.CAR, None, None, 1),))

    def end(self) -> Seen:
        return Seen((Crossing(0.0, self.frame, "a", "up", Kind.CAR, None, None, 2),))


class Ear:
    def __init__(self) -> None:
        self.heard: list[object] = []

    def take(self, picture: Picture, seen: Seen) -> None:
        self.heard.append((picture.index, seen.crossings[0].frame))

    def gap(self, gap: Gap) -> None:
        self.heard.append(gap)

    def end(self, seen: Seen) -> None:
        self.heard.append(("end", seen.crossings[0].frame))


@pytest.fixture
def ear(monkeypatch: pytest.MonkeyPatch) -> Ear:
    monkeypatch.setattr(module, "VideoCounter", Counter)
    return Ear()


def watch(ear: Ear, indexes: list[int]) -> Watching:
    watching = Watching(Camera("c"), (ear,))
    for index in indexes:
        watching.take(Picture(FRAME, index, index / 10))
    return watching


def test_crossings_carry_the_numbers_of_the_source(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counter, "late", 1)
    watch(ear, [100, 103, 104, 109]).end()
    assert ear.heard == [(100, 100), (103, 100), (104, 103), (109, 104), ("end", 109)]


def test_numbers_are_right_after_thousands_of_frames(ear: Ear, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Counter, "late", 700)
    watch(ear, list(range(0, 14_000, 2)))
    assert all(crossed == max(index - 1400, 0) for index, crossed in ear.heard)


def test_a_gap_begins_tracks_anew_and_is_told(ear: Ear) -> None:
    watching = watch(ear, [0, 1])
    gap = Gap(0.1, 5.0, "hung up")
    watching.take(gap)
    watching.take(Picture(FRAME, 50, 5.0))
    assert ear.heard[2:] == [gap, (50, 50)]
    assert watching.counter.calls == ["resume"]


def test_the_first_pass_is_heard_by_nobody(ear: Ear) -> None:
    watching = Watching(Camera("c"), (ear,))
    watching.learn(Picture(FRAME, 0, 0.0))
    watching.restart()
    assert not ear.heard
    assert watching.counter.calls == ["warm", "restart"]
