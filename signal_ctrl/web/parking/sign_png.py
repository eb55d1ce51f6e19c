"""The picture of a sign as PNG, drawn by OpenCV with the glyphs that it brings along, Chinese ones too."""

from functools import lru_cache
from threading import Lock
from typing import Any, Final

import cv2
import numpy as np
import numpy.typing as npt

from signal_ctrl.domain.errors import BackendError
from signal_ctrl.parking.signs.picture import BOARD, WIDTH, Box, Sketch, Words

Pixels = npt.NDArray[np.uint8]
SCALE: Final = 2
"""Pixels of the picture for each of the sketch: a preview is looked at closely."""
GLYPHS: Final = "uni"
"""Name of the typeface that OpenCV 5 brings along for all scripts."""
_PLAIN: Final = 400
_BOLD: Final = 700
_drawing = Lock()
"""Glyphs are kept within OpenCV, and nobody says that several threads may draw at once."""


def png_of(sketch: Sketch) -> bytes:
    """Return a sketch as a PNG. Raises: BackendError if it cannot be drawn here."""
    pixels: Pixels = np.empty((SCALE * sketch.height, SCALE * WIDTH, 3), dtype=np.uint8)
    pixels[:] = _bgr(BOARD)
    with _drawing:
        for box in sketch.boxes:
            _fill(pixels, box)
        for words in sketch.words:
            _write(pixels, words)
        done, data = cv2.imencode(".png", pixels)
    if not done:
        raise BackendError("the picture of a sign cannot be packed as PNG")
    return bytes(data)


@lru_cache(1)
def _glyphs() -> Any:
    if not hasattr(cv2, "FontFace"):
        raise BackendError("pictures of signs need OpenCV 5; the SVG needs nothing")
    return cv2.FontFace(GLYPHS)


def _fill(pixels: Pixels, box: Box) -> None:
    left, top = SCALE * box.x, SCALE * box.y
    pixels[top : top + SCALE * box.height, left : left + SCALE * box.width] = _bgr(box.colour)


def _write(pixels: Pixels, words: Words) -> None:
    size, weight = SCALE * words.size, _BOLD if words.bold else _PLAIN
    place = (SCALE * words.x, SCALE * words.y)
    align = cv2.PUT_TEXT_ALIGN_RIGHT if words.ends else cv2.PUT_TEXT_ALIGN_LEFT
    cv2.putText(pixels, words.text, place, _bgr(words.colour), _glyphs(), size, weight, align)


def _bgr(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour[1:])
    return blue, green, red
