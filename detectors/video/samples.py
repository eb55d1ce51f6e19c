"""The empty road out of a handful of frames: per pixel the level seen most often, and how much it wavers."""

from collections.abc import Iterator
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.video.tone import Image, as_image, tone_curve

GRID: Final = 6

MOST: Final = 48
BIN_SHIFT: Final = 3  # levels of 8 grey steps
STILL_STEP: Final = 6  # grey steps from one frame to the next that are no motion
NEAR: Final = 12  # grey steps around the level that are averaged


class Samples:
    """Frames spread evenly over all that was shown: when full, every second one goes, the next come half as often."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._stride = 1
        self._shown = 0
        self._frames: list[Image] = []
        self._still: list[NDArray[np.bool_]] = []

    def __len__(self) -> int:
        return len(self._frames)

    def show(self, frame: Image, grey: Image, before: Image | None) -> None:
        """Take a frame (height, width, 3) if it is its turn; its grey picture and that of the frame before."""
        if self._shown % self._stride == 0:
            self._frames.append(frame)
            still = cv2.absdiff(grey, before) <= STILL_STEP if before is not None else np.zeros(grey.shape, bool)
            self._still.append(np.asarray(still))
        self._shown += 1
        if len(self._frames) > self._most:
            self._frames, self._still, self._stride = self._frames[::2], self._still[::2], self._stride * 2

    def road(self) -> tuple[Image, NDArray[np.float32]]:
        """Return the background (height, width, 3) and its noise (height, width): median distance of grey levels."""
        greys = [as_image(cv2.cvtColor(each, cv2.COLOR_BGR2GRAY)) for each in self._frames]
        level = _most_frequent(greys)
        total = np.zeros((*level.shape, 3), np.float32)
        number = np.zeros(level.shape, np.float32)
        for frame, grey in zip(self._frames, greys, strict=True):
            near = (np.abs(grey.astype(np.int16) - level) <= NEAR).astype(np.float32)
            total += frame * near[..., None]
            number += near
        road = (total / np.maximum(number, 1.0)[..., None]).round().astype(np.uint8)
        distance = np.stack([_distance(road, frame) for frame in self._frames])
        middle = len(greys) // 2
        return road, np.partition(distance, middle, axis=0)[middle].astype(np.float32)

    def moving(self) -> Iterator[tuple[Image, NDArray[np.bool_]]]:
        """Yield the frames and where they had not changed since the frame before."""
        yield from zip(self._frames, self._still, strict=True)


def _distance(road: Image, frame: Image) -> Image:
    """Return how far a frame is from the background in its own light, (height, width)."""
    curve = tone_curve(road[::GRID, ::GRID].reshape(-1, 3), frame[::GRID, ::GRID].reshape(-1, 3))
    return largest(as_image(cv2.absdiff(frame, cv2.LUT(road, curve))))


def largest(channels: Image) -> Image:
    """Return the largest of the three channels, (height, width)."""
    blue, green, red = cv2.split(channels)
    return as_image(cv2.max(cv2.max(blue, green), red))


def _most_frequent(greys: list[Image]) -> NDArray[np.int16]:
    """Return the grey level per pixel that was there most often, each stay counting with the root of its length.

    So the road, seen again and again between vehicles, wins against the one vehicle that stood there for long.
    """
    bins = (255 >> BIN_SHIFT) + 3
    votes = np.zeros((bins, greys[0].size), np.float32)
    pixels = np.arange(greys[0].size)
    worth = np.diff(np.sqrt(np.arange(len(greys) + 1, dtype=np.float32)))
    stay = np.zeros(greys[0].size, np.intp)
    last = np.full(greys[0].size, -9, np.int16)
    for grey in greys:
        here = (grey.ravel() >> BIN_SHIFT).astype(np.int16) + 1
        stay = np.where(np.abs(here - last) <= 1, stay + 1, 0)
        votes[here, pixels] += worth[stay]
        last = here
    spread = votes[:-2] + 2 * votes[1:-1] + votes[2:]
    best = spread.argmax(axis=0).reshape(greys[0].shape)
    return np.asarray((best << BIN_SHIFT) + (1 << BIN_SHIFT) // 2, dtype=np.int16)
