"""Takes the shake of the pole out of the picture: by how much is a frame shifted against the background.

The shift is the least-squares answer of the brightness constancy at all pixels together, from coarse to fine.
Source: B. D. Lucas, T. Kanade, An Iterative Image Registration Technique, IJCAI 1981.
"""

from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.video.tone import Image, as_image

LEVELS: Final = (4, 4, 2, 2)  # the picture is shrunk by these, one after the other
LEAST_PX: Final = 0.25  # a smaller shift is left
MOST_PX: Final = 8.0  # a larger one is no shake
UNLIKE: Final = 25.0  # grey levels: pixels that differ more say nothing of the shift
Plane = NDArray[np.float32]


class Steady:
    """Holds frames against one background."""

    def __init__(self, road: Image) -> None:
        self._road = {level: _detail(road, level) for level in set(LEVELS)}
        self._slopes = {level: _slopes(detail) for level, detail in self._road.items()}

    def shift_px(self, frame: Image, mask: Image | None) -> tuple[float, float]:
        """Return how far a frame (height, width, 3) is shifted right and down; `mask`, where vehicles were. [px]"""
        x = y = 0.0
        details: dict[int, Plane] = {}
        for level in LEVELS:
            if level not in details:
                details[level] = _detail(frame, level)
            seen = details[level]
            if x or y:
                seen = np.asarray(_moved(seen, -x / level, -y / level), dtype=np.float32)
            dx, dy = self._step(seen, mask, level)
            x, y = x + dx * level, y + dy * level
            if max(abs(x), abs(y)) < LEAST_PX:
                return 0.0, 0.0
        return (x, y) if max(abs(x), abs(y)) <= MOST_PX else (0.0, 0.0)

    def _step(self, seen: Plane, mask: Image | None, level: int) -> tuple[float, float]:
        along, down = self._slopes[level]
        off = self._road[level] - seen
        good = np.abs(off) < UNLIKE
        if mask is not None:
            good &= mask[::level, ::level][: off.shape[0], : off.shape[1]] == 0
        a, b, d = along * good, down * good, off * good
        xx, xy, yy = float((a * along).sum()), float((a * down).sum()), float((b * down).sum())
        det = xx * yy - xy * xy
        if not det > 1e-3 * max(xx, yy, 1.0) ** 2:
            return 0.0, 0.0
        dx, dy = float((along * d).sum()), float((down * d).sum())
        return float(np.clip((yy * dx - xy * dy) / det, -3, 3)), float(np.clip((xx * dy - xy * dx) / det, -3, 3))


def steadied(frame: Image, shift: tuple[float, float]) -> Image:
    """Return a frame moved back by a shift; small ones are left. [px]"""
    if max(abs(shift[0]), abs(shift[1])) < LEAST_PX:
        return frame
    return as_image(_moved(frame, -shift[0], -shift[1]))


def _moved(picture: Image | Plane, x: float, y: float) -> NDArray[np.integer[Any] | np.floating[Any]]:
    matrix = np.array([[1.0, 0.0, x], [0.0, 1.0, y]])
    size = (picture.shape[1], picture.shape[0])
    return np.asarray(cv2.warpAffine(picture, matrix, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE))


def _detail(picture: Image, level: int) -> Plane:
    """Return a small grey picture without its broad light and dark."""
    size = (picture.shape[1] // level, picture.shape[0] // level)
    grey = cv2.cvtColor(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY).astype(np.float32)
    return np.asarray(cv2.GaussianBlur(grey, (3, 3), 0) - cv2.blur(grey, (15, 15)))


def _slopes(detail: Plane) -> tuple[Plane, Plane]:
    along = cv2.Sobel(detail, cv2.CV_32F, 1, 0, ksize=3) / 8.0
    down = cv2.Sobel(detail, cv2.CV_32F, 0, 1, ksize=3) / 8.0
    return np.asarray(along), np.asarray(down)
