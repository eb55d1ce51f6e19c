"""Random textures that look like stone, grass and clouds."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]


def smooth_noise(generator: np.random.Generator, shape: tuple[int, int], grain: float) -> Plane:
    """Return noise (height, width) of mean 0 and deviation of about 1, with grains of so many pixels."""
    small = (max(int(shape[0] / grain) + 2, 2), max(int(shape[1] / grain) + 2, 2))
    raw = generator.standard_normal(small).astype(np.float32)
    return np.asarray(cv2.resize(raw, (shape[1], shape[0]), interpolation=cv2.INTER_CUBIC), dtype=np.float32)


def octaves(generator: np.random.Generator, shape: tuple[int, int], grains: Sequence[tuple[float, float]]) -> Plane:
    """Return a sum of noises, (grain [px], deviation) each."""
    total = np.zeros(shape, dtype=np.float32)
    for grain, deviation in grains:
        total += deviation * smooth_noise(generator, shape, grain)
    return total
