"""Blobs that hold two motions: vehicles that meet in the picture are told apart by how they move.

The flow between two frames is computed only when a blob is large enough to be two vehicles.
Source of the flow: T. Kroeger et al., Fast Optical Flow using Dense Inverse Search, ECCV 2016, as in OpenCV.
"""

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.video.blobs import Blob
from detectors.video.plane import box_area_px2
from detectors.video.tone import Image, as_image

HALF: Final = 2  # the flow is computed on the picture shrunk by this
LEAST_PX: Final = 0.7  # of the shrunk picture per frame: less is no motion
SHARE: Final = 0.12  # of the blob that each motion has to have
TIGHT: Final = 0.25  # of the distance of two motions: so little may each of them spread
ROUNDS: Final = 6


class Motion:
    """Keeps the last frame for the flow."""

    def __init__(self) -> None:
        self._before: Image | None = None
        self._now: Image | None = None
        self._flow: NDArray[np.float32] | None = None
        self._method = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)

    def show(self, frame: Image) -> None:
        """Take the next frame (height, width, 3)."""
        size = (frame.shape[1] // HALF, frame.shape[0] // HALF)
        self._before, self._flow = self._now, None
        self._now = as_image(cv2.cvtColor(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY))

    def split(self, blob: Blob, mask: Image) -> list[Blob]:
        """Return the parts of a blob that move differently, the blob itself if it moves as one."""
        flow = self._between()
        if flow is None:
            return [blob]
        left, top, right, bottom = (int(each) // HALF for each in blob.box)
        patch = mask[top * HALF : bottom * HALF : HALF, left * HALF : right * HALF : HALF] > 0
        steps = flow[top:bottom, left:right][: patch.shape[0], : patch.shape[1]]
        patch = patch[: steps.shape[0], : steps.shape[1]]
        sides = _two_motions(steps, patch)
        if sides is None:
            return [blob]
        parts = [part for side in sides for part in _regions(side, blob, (left, top))]
        return parts if len(parts) > 1 else [blob]

    def flow(self) -> NDArray[np.float32] | None:
        """Return the steps of the pixels since the last frame, (height, width, 2) of the picture shrunk by `HALF`."""
        return self._between()

    def texture(self) -> Image:
        """Return how rough the last frame was, (height, width) of the picture shrunk by `HALF`. [grey levels]"""
        assert self._before is not None
        kernel = np.ones((3, 3), np.uint8)
        return as_image(cv2.morphologyEx(self._before, cv2.MORPH_GRADIENT, kernel))

    def _between(self) -> NDArray[np.float32] | None:
        if self._flow is None and self._before is not None and self._now is not None:
            self._flow = np.asarray(
                self._method.calc(self._before, self._now, np.zeros((*self._now.shape, 2), np.float32)),
                dtype=np.float32,
            )
        return self._flow


def _two_motions(steps: NDArray[np.float32], patch: NDArray[np.bool_]) -> list[NDArray[np.bool_]] | None:
    """Return where the two motions of a patch are, None if it has one only. Steps are (height, width, 2)."""
    seen = steps[patch]
    if len(seen) < 40:
        return None
    middle = np.median(seen, axis=0)
    _, _, axes = np.linalg.svd(seen[:: max(1, len(seen) // 400)] - middle, full_matrices=False)
    along = (seen - middle) @ axes[0]
    low, high = (float(each) for each in np.percentile(along, (10, 90)))
    for _ in range(ROUNDS):
        upper = along > (low + high) / 2.0
        if not 0.02 < upper.mean() < 0.98:
            return None
        low, high = float(np.median(along[~upper])), float(np.median(along[upper]))
    if not _distinct(along, upper, high - low, seen):
        return None
    first, second = np.zeros_like(patch), np.zeros_like(patch)
    first[patch], second[patch] = ~upper, upper
    return [first, second]


def _distinct(along: NDArray[np.float32], upper: NDArray[np.bool_], apart: float, seen: NDArray[np.float32]) -> bool:
    """Tell whether two groups of steps are two vehicles: each tight and large, and they drive against each other.

    Parts of one vehicle may seem to move at different speeds, by perspective or for want of texture, never backwards.
    """
    one, other = np.median(seen[upper], axis=0), np.median(seen[~upper], axis=0)
    if not float(one @ other) < 0.0 or min(np.hypot(*one), np.hypot(*other)) < LEAST_PX:
        return False
    spreads = [float(np.median(np.abs(along[side] - np.median(along[side])))) for side in (upper, ~upper)]
    return max(spreads) < TIGHT * apart and SHARE < float(upper.mean()) < 1.0 - SHARE


def _regions(side: NDArray[np.bool_], blob: Blob, corner: tuple[int, int]) -> list[Blob]:
    """Return the large regions of one motion as blobs."""
    smooth = cv2.morphologyEx(side.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    smooth = cv2.morphologyEx(smooth, cv2.MORPH_CLOSE, np.ones((7, 7), np.uint8))
    contours, _ = cv2.findContours(smooth, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours:
        hull = (np.asarray(cv2.convexHull(contour)).reshape(-1, 2) + np.array(corner)).astype(float) * HALF
        left, top = hull.min(axis=0)
        right, bottom = hull.max(axis=0) + HALF
        box = (float(left), float(top), float(right), float(bottom))
        if box_area_px2(box) < SHARE * box_area_px2(blob.box):
            continue
        cut = blob.cut and any(abs(one - other) <= 2 * HALF for one, other in zip(box, blob.box, strict=True))
        found.append(Blob(box, int(cv2.contourArea(contour)) * HALF**2 + 1, cut, hull))
    return found
