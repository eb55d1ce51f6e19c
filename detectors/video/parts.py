"""Blobs made into vehicles by what is usual there: pieces of one are joined, several that hang together are cut."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import cv2
import numpy as np

from detectors.video.blobs import Blob
from detectors.video.motion import Motion
from detectors.video.plane import Box, box_area_px2, union
from detectors.video.sizes import Sizes
from detectors.video.tone import Image, as_image

ROOM: Final = 1.1  # times the usual width and height: what fits into it is one vehicle
PIECE: Final = 0.6  # of the usual area: what is larger is no piece
TWO: Final = 1.3  # usual areas: what is larger may be two vehicles, one hiding part of the other
SPECK: Final = 0.03  # of the usual area: what is smaller is not even a piece
NEAR: Final = 0.2  # of the usual width or height: pieces are no further apart
WIDE: Final = 1.45  # times the usual width or height: what is larger may be several
NECK: Final = 0.35  # of the usual width or height, whichever is less: bridges so thick are cut
LEAST: Final = 0.2  # of the usual area: what the cut leaves has to be as large


def vehicles_of(mask: Image, blobs: Sequence[Blob], sizes: Sizes, motion: Motion) -> list[Blob]:
    """Return blobs that are one vehicle each as far as their size and motion tell. The mask is (height, width)."""
    cut = [part for blob in blobs for part in _cut(mask, blob, sizes)]
    apart = [part for blob in cut for part in (motion.split(blob, mask) if _large(blob, sizes) else [blob])]
    return _joined(apart, sizes)


def _large(blob: Blob, sizes: Sizes) -> bool:
    """Tell whether a blob may be two vehicles that overlap."""
    usual = sizes.at(blob.box)
    return usual is None or box_area_px2(blob.box) > TWO * usual[0] * usual[1]


def _joined(blobs: list[Blob], sizes: Sizes) -> list[Blob]:
    """Return the blobs with pieces joined that together are no larger than a usual vehicle, nearest first."""
    whole = sorted(blobs, key=lambda blob: -box_area_px2(blob.box))
    at = 0
    while at < len(whole):
        usual = sizes.at(whole[at].box)
        mate = None if usual is None else _mate(whole, at, usual)
        if mate is None:
            at += 1
        else:
            whole[at] = merged(whole[at], whole.pop(mate))
    return whole


def _mate(blobs: list[Blob], at: int, usual: tuple[float, float]) -> int | None:
    """Return the piece after `at` that fits into one vehicle with it and wastes the least room."""
    best, least = None, np.inf
    for other in range(at + 1, len(blobs)):
        box = union(blobs[at].box, blobs[other].box)
        share = box_area_px2(blobs[other].box) / (usual[0] * usual[1])
        small = SPECK < share <= PIECE and _gap(blobs[at].box, blobs[other].box, usual) < NEAR
        if small and box[2] - box[0] <= ROOM * usual[0] and box[3] - box[1] <= ROOM * usual[1]:
            waste = box_area_px2(box) - box_area_px2(blobs[at].box) - box_area_px2(blobs[other].box)
            if waste < least:
                best, least = other, waste
    return best


def merged(one: Blob, other: Blob) -> Blob:
    """Return two blobs as one."""
    hull = np.concatenate([one.hull, other.hull])
    return Blob(union(one.box, other.box), one.area_px + other.area_px, one.cut or other.cut, hull)


def _cut(mask: Image, blob: Blob, sizes: Sizes) -> list[Blob]:
    """Return a large blob in parts if thin bridges alone hold it together."""
    usual = sizes.at(blob.box)
    width, height = blob.box[2] - blob.box[0], blob.box[3] - blob.box[1]
    if usual is None or (width <= WIDE * usual[0] and height <= WIDE * usual[1]):
        return [blob]
    left, top, right, bottom = (int(each) for each in blob.box)
    patch = np.pad(mask[top:bottom, left:right], 1)
    deepest = int(NECK * min(usual)) | 1
    for reach in range(3, deepest + 1, 2):
        eroded = as_image(cv2.erode(patch, np.ones((reach, reach), np.uint8)))
        parts = _parts(eroded, blob, reach // 2, LEAST * usual[0] * usual[1])
        if len(parts) > 1:
            return parts
    return [blob]


def _parts(eroded: Image, blob: Blob, reach: int, least_px: float) -> list[Blob]:
    """Return the parts of a blob after thinning, grown back by `reach`."""
    contours, _ = cv2.findContours(eroded, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    found = []
    for contour in contours:
        x, y, w, h = cv2.boundingRect(contour)
        if (w + 2 * reach) * (h + 2 * reach) < least_px:
            continue
        x, y = x + int(blob.box[0]) - 1, y + int(blob.box[1]) - 1
        box: Box = (float(x - reach), float(y - reach), float(x + w + reach), float(y + h + reach))
        hull = np.asarray(cv2.convexHull(contour)).reshape(-1, 2) + np.array([blob.box[0] - 1, blob.box[1] - 1])
        centre = hull.mean(axis=0)
        spread = np.sign(hull - centre) * reach
        cut = blob.cut and _touches(box, blob.box)
        found.append(replace(blob, box=box, area_px=int(cv2.contourArea(contour)) + 1, cut=cut, hull=hull + spread))
    return found


def _gap(one: Box, other: Box, usual: tuple[float, float]) -> float:
    """Return how far two boxes are apart, in usual widths and heights."""
    across = max(one[0], other[0]) - min(one[2], other[2])
    along = max(one[1], other[1]) - min(one[3], other[3])
    return max(across / usual[0], along / usual[1], 0.0)


def _touches(box: Box, outer: Box) -> bool:
    return any(abs(one - other) <= 2.0 for one, other in zip(box, outer, strict=True))
