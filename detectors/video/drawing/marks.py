"""Marks on a picture: lines, arrows, areas and text that can be read on any ground. Pixels of the picture drawn on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import cv2
import numpy as np
from numpy.typing import NDArray

from detectors.video.capture.pictures import Frame
from detectors.video.plane import Point

Colour = tuple[int, int, int]

WHITE: Final[Colour] = (255, 255, 255)
DARK: Final[Colour] = (30, 30, 30)
_FINE: Final = 4
"""Bits of a pixel's fraction that the drawing functions are given."""


@dataclass(frozen=True, slots=True)
class Scale:
    """From pixels of the camera file to those of the picture; `text_px` is the height of letters there."""

    x: float = 1.0
    y: float = 1.0
    text_px: int = 13

    def __call__(self, point: Point) -> Point:
        """Return a point in pixels of the picture."""
        return point[0] * self.x, point[1] * self.y


def path(frame: Frame, points: Sequence[Point], colour: Colour, width_px: int = 2, closed: bool = False) -> None:
    """Draw a path with a dark edge."""
    corners = [_fine(points)]
    for each, width in ((DARK, width_px + 2), (colour, width_px)):
        cv2.polylines(frame, corners, closed, each, width, cv2.LINE_AA, _FINE)


def thin_path(frame: Frame, points: Sequence[Point], colour: Colour) -> None:
    """Draw a path one pixel wide."""
    cv2.polylines(frame, [_fine(points)], False, colour, 1, cv2.LINE_AA, _FINE)


def area(frame: Frame, points: Sequence[Point], colour: Colour, strength: float) -> None:
    """Tint an area. Args: strength, 0 for nothing to 1 for the colour alone."""
    corners = np.array(points, dtype=float)
    left, top = (max(int(each), 0) for each in corners.min(axis=0))
    right, bottom = (int(each) + 1 for each in corners.max(axis=0))
    part = frame[top:bottom, left:right]
    if part.size:
        tint = part.copy()
        cv2.fillPoly(tint, [_fine(corners - (left, top))], colour, cv2.LINE_AA, _FINE)
        cv2.addWeighted(tint, strength, part, 1.0 - strength, 0.0, part)


def arrow(frame: Frame, start: Point, end: Point, colour: Colour, width_px: int = 2) -> None:
    """Draw an arrow with a dark edge."""
    tail, head = (tuple(round(each) for each in point) for point in (start, end))
    tip = 8.0 / max(np.hypot(end[0] - start[0], end[1] - start[1]), 8.0)
    for each, width in ((DARK, width_px + 2), (colour, width_px)):
        cv2.arrowedLine(frame, tail, head, each, width, cv2.LINE_AA, 0, float(tip))


def box(frame: Frame, corners: tuple[float, float, float, float], colour: Colour) -> None:
    """Draw a box (left, top, right, bottom)."""
    left, top, right, bottom = (round(each) for each in corners)
    cv2.rectangle(frame, (left, top), (right, bottom), DARK, 3)
    cv2.rectangle(frame, (left, top), (right, bottom), colour, 1)


def text(frame: Frame, said: str, at: Point, colour: Colour = WHITE, size_px: int = 13, middle: bool = False) -> None:
    """Write a line of text on a dark ground; its top left, or its middle, at a point, moved into the picture."""
    letters = _letters(said, size_px)
    height, width = letters.shape
    x, y = (at[0] - width / 2, at[1] - height / 2) if middle else at
    left = round(min(max(x, 0), max(frame.shape[1] - width, 0)))
    top = round(min(max(y, 0), max(frame.shape[0] - height, 0)))
    part = frame[top : top + height, left : left + width]
    strength = letters[: part.shape[0], : part.shape[1], None].astype(np.float32) / 255.0
    ground = part.astype(np.float32) * 0.35
    part[:] = (ground + strength * (np.array(colour, dtype=np.float32) - ground)).astype(np.uint8)


@lru_cache(maxsize=512)
def _letters(said: str, size_px: int) -> NDArray[np.uint8]:
    """Return how strongly each pixel of a text's ground is covered by letters, (height, width), 0 to 255."""
    canvas = np.zeros((size_px * 2, size_px * (len(said) + 2), 3), np.uint8)
    where, white = (size_px // 3, round(size_px * 1.3)), (255, 255, 255)
    found: Any = cv2
    if hasattr(found, "FontFace"):
        end = found.putText(canvas, said, where, white, found.FontFace("sans"), size_px)[0][0]
    else:
        ascii_only = said.encode("ascii", "replace").decode()
        (length, _), _ = cv2.getTextSize(ascii_only, cv2.FONT_HERSHEY_SIMPLEX, size_px / 26, 1)
        cv2.putText(canvas, ascii_only, where, cv2.FONT_HERSHEY_SIMPLEX, size_px / 26, white, 1, cv2.LINE_AA)
        end = where[0] + length
    return canvas[round(size_px * 0.15) : round(size_px * 1.75), : end + size_px // 3, 0]


def _fine(points: Any) -> NDArray[np.int32]:
    near: NDArray[np.float64] = np.clip(np.array(points, dtype=float), -16_000, 16_000)
    return (near * (1 << _FINE)).round().astype(np.int32)
