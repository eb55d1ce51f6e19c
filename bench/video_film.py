"""A street as a camera might see it, for measurements of speed: grain, noise, cars of two directions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.video.capture.film_writer import FilmWriter

WIDTH_PX, HEIGHT_PX = 640, 360
FPS: Final = 12.5
_SEED: Final = 1
_CAR_EVERY: Final = 40
_CAR: Final = (46, 30)
_LANES: Final = ((150, 6), (220, -5))


def write_film(path: Path, frames: int, fps: float = FPS) -> Path:
    """Write a film of a street, always the same one; return its path."""
    with FilmWriter(path, fps) as writer:
        for frame in film(frames):
            writer.put(frame)
    return path


def film(frames: int) -> Iterator[NDArray[np.uint8]]:
    """Yield the frames (360, 640, 3): a car every 40 frames in each of two lanes, both ways."""
    dice = np.random.default_rng(_SEED)
    ground: NDArray[np.floating[Any]] = np.asarray(
        cv2.GaussianBlur(dice.integers(60, 140, (HEIGHT_PX, WIDTH_PX, 3)).astype(np.float32), (0, 0), 2.0), np.float32
    )
    for at in range(frames):
        picture = ground + dice.normal(0.0, 3.0, (HEIGHT_PX, WIDTH_PX, 1)).astype(np.float32)
        for number in range(at // _CAR_EVERY + 1):
            for top, step in _LANES:
                _car(picture, number, at - number * _CAR_EVERY, top, step)
        yield np.clip(picture, 0, 255).astype(np.uint8)


def _car(picture: NDArray[np.floating[Any]], number: int, age: int, top: int, step: int) -> None:
    x = age * abs(step) - _CAR[0]
    left = x if step > 0 else WIDTH_PX - _CAR[0] - x
    shade = 30.0 + 190.0 * ((number * 37) % 10) / 9.0
    picture[top : top + _CAR[1], max(left, 0) : max(left + _CAR[0], 0)] = (shade, shade * 0.9, shade * 0.8)
