"""Rulers in pixels of the video along a picture's edges, so that people can read coordinates off it."""

from typing import Final

from detectors.video.capture.pictures import Frame
from detectors.video.drawing.marks import DARK, WHITE, Colour, Scale, path, text, thin_path

_STEPS_PX: Final = (10, 20, 50, 100, 200, 500, 1000)
_MOST: Final = 16
_TICK: Final = 8.0
_GRID: Final[Colour] = (190, 190, 190)


def draw_rulers(frame: Frame, size: tuple[int, int], grid: bool) -> None:
    """Draw ticks with figures along the top and the left. Args: size, width and height that the figures mean. [px]"""
    height_px, width_px = frame.shape[:2]
    scale = Scale(width_px / size[0], height_px / size[1])
    step = next((each for each in _STEPS_PX if max(size) / each <= _MOST), _STEPS_PX[-1])
    letters_px = min(max(round(width_px / 110), 9), 16)
    for x in range(step, size[0], step):
        at = x * scale.x
        if grid:
            _grid_line(frame, [(at, 0.0), (at, float(height_px))])
        path(frame, [(at, 0.0), (at, _TICK)], WHITE, 1)
        text(frame, str(x), (at, _TICK + letters_px), WHITE, letters_px, middle=True)
    for y in range(step, size[1], step):
        at = y * scale.y
        if grid:
            _grid_line(frame, [(0.0, at), (float(width_px), at)])
        path(frame, [(0.0, at), (_TICK, at)], WHITE, 1)
        text(frame, str(y), (_TICK + 2.0, at - letters_px), WHITE, letters_px)


def _grid_line(frame: Frame, ends: list[tuple[float, float]]) -> None:
    thin_path(frame, [(x + 1.0, y + 1.0) for x, y in ends], DARK)
    thin_path(frame, ends, _GRID)
