"""How large a vehicle is at a place of the picture, learnt from what moved there alone."""

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from detectors.video.plane import Box

LEAST: Final = 8  # vehicles that have to be known before a size is trusted
MOST: Final = 400
NEAREST: Final = 24  # of the known vehicles that lie nearest to the place


class Sizes:
    """Widths and heights of boxes by their lower edge: near ones stand low in the picture and are large."""

    def __init__(self) -> None:
        self._rows: list[tuple[float, float, float, float]] = []
        self._array: NDArray[np.float64] | None = None

    def learn(self, box: Box) -> None:
        """Take the box of a vehicle that is wholly in the picture and alone."""
        self._rows.append(((box[0] + box[2]) / 2.0, box[3], box[2] - box[0], box[3] - box[1]))
        if len(self._rows) > MOST:
            del self._rows[0]
        self._array = None

    @property
    def known(self) -> bool:
        """Tell whether enough vehicles were seen to trust a size."""
        return len(self._rows) >= LEAST

    def at(self, box: Box) -> tuple[float, float] | None:
        """Return the width and height that are usual where this box is, None if too little is known. [px]"""
        if not self.known:
            return None
        if self._array is None:
            self._array = np.array(self._rows)
        across, low = (box[0] + box[2]) / 2.0, box[3]
        far = np.abs(self._array[:, 1] - low) + 0.5 * np.abs(self._array[:, 0] - across)
        near = self._array[np.argpartition(far, min(NEAREST, len(far)) - 1)[:NEAREST]]
        weights = near[:, 2] * near[:, 3]
        return _middle(near[:, 2], weights), _middle(near[:, 3], weights)

    def usual_px(self, box: Box) -> float | None:
        """Return the side of a square as large as a usual vehicle there. [px]"""
        size = self.at(box)
        return None if size is None else math.sqrt(size[0] * size[1])


def _middle(values: NDArray[np.float64], weights: NDArray[np.float64]) -> float:
    """Return the weighted median: by area, so that many pieces do not outvote whole vehicles."""
    order = np.argsort(values)
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2.0)])
