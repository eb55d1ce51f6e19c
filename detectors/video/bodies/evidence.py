"""What a frame says for and against a body at a place."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.video.bodies.shape import Floats, Silhouette
from detectors.video.tone import Image, as_image

FREE: Final = 0  # codes of pixels: the road, what may be shadow, what differs, outside the picture
DIM: Final = 1
SOLID: Final = 2
OUTSIDE: Final = 3
WORTH: Final = np.array([-1.0, 0.15, 1.0, 0.0])  # of a pixel of each code inside a body
BY_NIGHT: Final = np.array([-1.0, -0.3, 1.0, 0.0])  # where a pixel of the second code is a road that lamps light
SPILLS: Final = 0.5  # what differs around a body weighs so much against what is inside
SPILL: Final = np.array([0.0, 0.0, 1.0, 0.0])  # of one around it


@dataclass(slots=True)
class Evidence:
    """Codes of the pixels with an edge of one around them, and which body each belongs to: 0 none, higher is nearer."""

    codes: Image
    labels: Image
    values: Floats

    def at(self, points: Floats) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
        """Return codes and labels at points (..., 2). [px]"""
        height, width = self.codes.shape
        most = np.array((width - 1.0, height - 1.0))
        spots = np.maximum(np.minimum(points + 1.5, most), 0.0).astype(np.intp)
        flat = spots[..., 1] * width + spots[..., 0]
        return self.codes.ravel()[flat], self.labels.ravel()[flat]

    def worth(self, shape: Silhouette, own: int) -> tuple[float, float, float]:
        """Return of a body, not drawn or as `own`: mean worth of what is seen of it, share seen, area gained [px²].

        What a nearer body covers is not seen; what a farther one explains counts as seen but gains nothing.
        """
        codes, labels = self.at(shape.inside)
        mine = (labels == 0) | (labels == own)
        seen = (codes != OUTSIDE) & ((labels <= own) if own else mine)
        number = int(seen.sum())
        if not number:
            return 0.0, 0.0, 0.0
        each = self.values[codes]
        gained = float(each[seen & mine].sum()) / len(codes) * shape.area_px
        return float(each[seen].mean()), number / len(codes), gained

    def of_all(self, points: Floats) -> tuple[Floats, Floats]:
        """Return of bodies with points (k, n, 2) inside them, not drawn: mean worth of what is free, share that is."""
        codes, labels = self.at(points)
        free = (labels == 0) & (codes != OUTSIDE)
        number = free.sum(axis=1)
        worth = np.where(free, self.values[codes], 0.0).sum(axis=1) / np.maximum(number, 1)
        return worth, number / points.shape[1]

    def spill(self, shape: Silhouette) -> float:
        """Return the share of what differs, or is another body, around a body. (0 to 1)"""
        codes, labels = self.at(shape.ring)
        return float(((codes == SOLID) | (labels > 0)).mean())

    def best_step(self, shape: Silhouette, own: int, steps: Floats, doubt: Floats) -> int:
        """Return which of some steps (k, 2) [px] suits a body best, each less its doubt (k,)."""
        return int((self._suits(shape, own, steps) - doubt).argmax())

    def suits(self, shape: Silhouette, own: int) -> float:
        """Return how well a body suits where it is, -1.5 to 1."""
        return float(self._suits(shape, own, np.zeros((1, 2)))[0])

    def _suits(self, shape: Silhouette, own: int, steps: Floats) -> Floats:
        number = len(shape.inside)
        codes, labels = self.at(np.concatenate((shape.inside, shape.ring))[None] + steps[:, None])
        codes_in, codes_around, labels_around = codes[:, :number], codes[:, number:], labels[:, number:]
        inside = np.where(labels[:, :number] <= own, self.values[codes_in], 0.0).mean(axis=1)
        free = (labels_around == 0) | (labels_around == own)
        around = np.where(free, SPILL[codes_around], 0.0).mean(axis=1)
        suits: Floats = inside - SPILLS * around
        return suits


def evidence_of(changed: Image, solid: Image, shapes: Sequence[Silhouette | None], dark: bool) -> Evidence:
    """Return the evidence of a frame; bodies from far to near. Masks are (height, width) of 0 and 255."""
    codes = cv2.max(changed & DIM, solid & SOLID)
    edged = as_image(cv2.copyMakeBorder(codes, 1, 1, 1, 1, cv2.BORDER_CONSTANT, value=(OUTSIDE,)))
    return Evidence(edged, labels_of(edged.shape, shapes), BY_NIGHT if dark else WORTH)


def labels_of(size: tuple[int, ...], shapes: Sequence[Silhouette | None], wide: bool = False) -> Image:
    """Return which body each pixel belongs to; `wide`, with a margin around each."""
    labels = np.zeros(size, np.uint8)
    for at, shape in enumerate(shapes, 1):
        if shape is None:
            continue
        hull = np.round((shape.hull + 1.0) * 16.0).clip(-400_000, 400_000).astype(np.int32)
        cv2.fillConvexPoly(labels, hull, (at,), cv2.LINE_8, 4)
        if wide:
            cv2.polylines(labels, [hull], True, (at,), 2 * round(shape.margin_px) + 1, cv2.LINE_8, 4)
    return labels
