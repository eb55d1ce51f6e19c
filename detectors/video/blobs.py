"""Connected regions of a mask."""

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.video.plane import Box
from detectors.video.tone import Image, as_image

SPECK: Final = np.ones((3, 3), np.uint8)
LEAST_AREA: Final = 6e-5  # of the picture
CLOSE_SHARE: Final = 0.012  # of the picture's longer side: gaps within a vehicle that are closed
EDGE_PX: Final = 2


@dataclass(frozen=True, slots=True)
class Blob:
    """A region: its box (left, top, right, bottom), pixels, whether it touches the picture's edge, its hull (n, 2)."""

    box: Box
    area_px: int
    cut: bool
    hull: NDArray[np.float64]


def clean(mask: Image) -> Image:
    """Return a mask without specks and with the gaps within vehicles closed."""
    height, width = mask.shape
    reach = max(3, int(CLOSE_SHARE * max(height, width)) | 1)
    opened = cv2.morphologyEx(mask, cv2.MORPH_OPEN, SPECK)
    return as_image(cv2.morphologyEx(opened, cv2.MORPH_CLOSE, np.ones((reach, reach), np.uint8)))


def blobs_of(mask: Image) -> list[Blob]:
    """Return the regions of a clean mask that are larger than a speck."""
    height, width = mask.shape
    contours, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours:
        x, y, w, h = cv2.boundingRect(contour)
        if w * h < LEAST_AREA * mask.size:
            continue
        area = int(cv2.contourArea(contour)) + 1
        if area >= LEAST_AREA * mask.size:
            cut = x < EDGE_PX or y < EDGE_PX or x + w > width - EDGE_PX or y + h > height - EDGE_PX
            hull = np.asarray(cv2.convexHull(contour)).reshape(-1, 2).astype(float)
            found.append(Blob((float(x), float(y), float(x + w), float(y + h)), area, cut, hull))
    return found
