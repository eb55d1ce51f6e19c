"""What a camera file says, drawn into the picture: lines with their directions, zones, areas left out, the ground."""

import math
from collections.abc import Mapping
from typing import Final

import numpy as np

from detectors.video.camera import Camera, Line, Zone, ZoneKind
from detectors.video.capture.pictures import Frame
from detectors.video.drawing.marks import Colour, Scale, area, arrow, path, text, thin_path
from detectors.video.ground import Ground, homography
from detectors.video.plane import Point

LINE: Final[Colour] = (60, 220, 255)
FORWARD: Final[Colour] = (120, 255, 120)
BACKWARD: Final[Colour] = (255, 180, 90)
IGNORED: Final[Colour] = (60, 60, 200)
REGION: Final[Colour] = (230, 230, 230)
GROUND: Final[Colour] = (255, 255, 160)
ZONES: Final[Mapping[ZoneKind, Colour]] = {
    ZoneKind.QUEUE: (90, 120, 255),
    ZoneKind.PRESENCE: (255, 120, 230),
    ZoneKind.WATCH: (200, 200, 90),
}
_STEPS_M: Final = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0)
_MOST_GRID: Final = 12
_SAMPLES: Final = 41
_BESIDE: Final = 0.12


def scale_of(camera: Camera, frame: Frame) -> Scale:
    """Return the scale from the camera file to a picture."""
    height_px, width_px = frame.shape[:2]
    text_px = min(max(round(width_px / 80), 11), 22)
    return Scale(width_px / (camera.width_px or width_px), height_px / (camera.height_px or height_px), text_px)


def draw_plan(frame: Frame, camera: Camera) -> None:
    """Draw all that a camera file says."""
    scale = scale_of(camera, frame)
    for polygon in camera.ignore:
        _hatch(frame, [scale(each) for each in polygon], scale)
    if camera.region is not None:
        path(frame, [scale(each) for each in camera.region], REGION, 1, closed=True)
        text(frame, "region", scale(camera.region[0]), REGION, scale.text_px)
    if camera.ground is not None:
        _grid(frame, camera.ground, scale)
    for zone in camera.zones:
        draw_zone(frame, zone, scale, f"{zone.name} ({zone.kind.value})")
    for line in camera.lines:
        draw_line(frame, line, scale, (line.forward, line.backward))


def draw_line(frame: Frame, line: Line, scale: Scale, words: tuple[str, str]) -> None:
    """Draw a line with an arrow and words for each direction."""
    start, end = scale(line.start), scale(line.end)
    path(frame, [start, end], LINE)
    length = math.dist(start, end)
    middle = ((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
    across = (start[1] - end[1]) / length, (end[0] - start[0]) / length
    along = (end[0] - start[0]) / length * length * _BESIDE, (end[1] - start[1]) / length * length * _BESIDE
    reach = scale.text_px * 2.2
    for sign, word, colour in ((1, words[0], FORWARD), (-1, words[1], BACKWARD)):
        tail = middle[0] + sign * along[0], middle[1] + sign * along[1]
        head = tail[0] + sign * across[0] * reach, tail[1] + sign * across[1] * reach
        arrow(frame, tail, head, colour)
        beyond = head[0] + sign * across[0] * scale.text_px, head[1] + sign * across[1] * scale.text_px
        text(frame, word, beyond, colour, scale.text_px, middle=True)
    text(frame, line.name, _outside(start, end, scale.text_px), LINE, scale.text_px, middle=True)


def draw_zone(frame: Frame, zone: Zone, scale: Scale, words: str, strength: float = 0.2) -> None:
    """Tint a zone, and write what it is."""
    corners = [scale(each) for each in zone.polygon]
    colour = ZONES[zone.kind]
    area(frame, corners, colour, strength)
    path(frame, corners, colour, 1, closed=True)
    centre = tuple(np.mean(corners, axis=0))
    text(frame, words, (centre[0], centre[1]), colour, scale.text_px, middle=True)
    if zone.heading is not None:
        size = scale.text_px * 2.5 / math.hypot(*zone.heading)
        below = (centre[0], centre[1] + scale.text_px * 1.5)
        arrow(frame, below, (below[0] + zone.heading[0] * size, below[1] + zone.heading[1] * size), colour)


def _outside(start: Point, end: Point, text_px: int) -> Point:
    """Return a place beside the end of a line that lies more to the left."""
    (x, y), (other_x, other_y) = sorted((start, end))
    length = math.hypot(other_x - x, other_y - y)
    return x - (other_x - x) / length * text_px * 2.5, y - (other_y - y) / length * text_px * 1.2


def _hatch(frame: Frame, corners: list[Point], scale: Scale) -> None:
    area(frame, corners, IGNORED, 0.35)
    path(frame, corners, IGNORED, 1, closed=True)
    centre = np.mean(corners, axis=0)
    text(frame, "ignored", (float(centre[0]), float(centre[1])), IGNORED, scale.text_px, middle=True)


def _grid(frame: Frame, ground: Ground, scale: Scale) -> None:
    """Draw the ground's grid over the place of its points, and a little beyond, and the points."""
    back = np.linalg.inv(homography(ground))
    metres = np.array(ground.metres)
    low, high = metres.min(axis=0), metres.max(axis=0)
    step_m = next((each for each in _STEPS_M if (high - low).max() / each <= _MOST_GRID), _STEPS_M[-1])
    xs, ys = (
        np.arange(math.floor(a / step_m), math.ceil(b / step_m) + 1) * step_m for a, b in zip(low, high, strict=True)
    )
    small = max(scale.text_px - 3, 9)
    for x in xs:
        points = [_pixel(back, (float(x), float(y)), scale) for y in np.linspace(ys[0], ys[-1], _SAMPLES)]
        _grid_line(frame, points, f"x {x:g} m" if x in xs[:: max(len(xs) // 4, 1)] else "", small)
    for y in ys:
        points = [_pixel(back, (float(x), float(y)), scale) for x in np.linspace(xs[0], xs[-1], _SAMPLES)]
        _grid_line(frame, points, f"y {y:g} m" if y in ys[:: max(len(ys) // 4, 1)] else "", small)
    for at, point in enumerate(ground.image, 1):
        x, y = scale(point)
        path(frame, [(x - 5, y), (x + 5, y)], GROUND, 1)
        path(frame, [(x, y - 5), (x, y + 5)], GROUND, 1)
        text(frame, str(at), (x + 6, y - 2.2 * small), GROUND, small)


def _grid_line(frame: Frame, points: list[Point], words: str, size_px: int) -> None:
    """Draw a line of the grid, and words where it comes into the picture."""
    seen = [each for each in points if all(abs(v) < 1e5 for v in each)]
    if len(seen) > 1:
        thin_path(frame, seen, GROUND)
    inside = [(x, y) for x, y in seen if 0.0 <= x < frame.shape[1] and 0.0 <= y < frame.shape[0]]
    if words and inside:
        text(frame, words, inside[0], GROUND, size_px, middle=True)


def _pixel(back: np.ndarray, metres: Point, scale: Scale) -> Point:
    x, y, depth = back @ np.array((metres[0], metres[1], 1.0))
    return (math.inf, math.inf) if abs(depth) < 1e-12 else scale((float(x / depth), float(y / depth)))
