"""The road from above: asphalt, kerbs, pavement, verges and markings, drawn from a network's shapes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from sumo_scenarios.film.roadmap import LaneShape, RoadMap
from sumo_scenarios.film.texture import octaves

Floats = NDArray[np.float64]
Image = NDArray[np.uint8]

METRES_PER_PIXEL: Final = 0.06
PAVEMENT_M: Final = 2.6
KERB_M: Final = 0.28
MARK_M: Final = 0.13
DASH_M: Final = (3.0, 5.0)
SOLID_BEFORE_STOP_M: Final = 22.0
STOP_LINE_M: Final = 0.45
_SHIFT: Final = 4
_GRASS, _PAVING, _KERB, _ASPHALT, _PAINT = (58, 98, 78), (150, 154, 158), (178, 180, 182), (98, 97, 95), (226, 228, 228)


@dataclass(frozen=True)
class GroundPicture:
    """A picture (height, width, 3) of the ground from above, north up; `road` (height, width) is 255 on asphalt.

    `west_m`, `north_m` is the upper left corner. [m]
    """

    picture: Image
    road: Image
    west_m: float
    north_m: float

    def from_metres(self) -> Floats:
        """Return the matrix (3, 3) that takes a place (x, y, 1) [m] to a pixel of this picture."""
        scale = 1.0 / METRES_PER_PIXEL
        return np.array([[scale, 0.0, -self.west_m * scale], [0.0, -scale, self.north_m * scale], [0.0, 0.0, 1.0]])


def draw_ground(
    roads: RoadMap, lanes: Sequence[LaneShape], stops: Iterable[str], box: Floats, seed: int
) -> GroundPicture:
    """Return the ground within a box ((west, south), (east, north)) [m]. Args: stops, lanes that end at a stop line."""
    sketch = _Sketch(box, np.random.default_rng(seed))
    streets = [lane for lane in lanes if not lane.soft and lane.function in ("", "internal")]
    walks = [lane for lane in lanes if lane.soft or lane.function in ("crossing", "walkingarea")]
    sketch.verges()
    sketch.bands(streets, 2.0 * PAVEMENT_M, _PAVING)
    sketch.areas(roads.outlines, _PAVING, round(2.0 * PAVEMENT_M / METRES_PER_PIXEL))
    sketch.bands([lane for lane in walks if lane.function == ""], 0.0, _PAVING)
    sketch.bands(streets, 2.0 * KERB_M, _KERB)
    sketch.areas(roads.outlines, _KERB, round(2.0 * KERB_M / METRES_PER_PIXEL))
    sketch.asphalt(streets, roads.outlines)
    sketch.wear(streets)
    sketch.marks(lanes, frozenset(stops))
    sketch.zebras([lane for lane in walks if lane.function == "crossing"])
    return sketch.finished()


class _Sketch:
    def __init__(self, box: Floats, generator: np.random.Generator) -> None:
        self._west_m, self._north_m = float(box[0, 0]), float(box[1, 1])
        size = (box[1] - box[0]) / METRES_PER_PIXEL
        self._shape = (int(size[1]) + 1, int(size[0]) + 1)
        self._picture: Image = np.zeros((*self._shape, 3), dtype=np.uint8)
        self._road: Image = np.zeros(self._shape, dtype=np.uint8)
        self._generator = generator

    def _pixels(self, points: Floats) -> NDArray[np.int32]:
        """Return pixels, in sixteenths."""
        columns = (points - np.array([self._west_m, self._north_m])) / METRES_PER_PIXEL * np.array([1.0, -1.0])
        pixels: NDArray[np.int32] = np.round(columns * (1 << _SHIFT)).astype(np.int32)
        return pixels

    def verges(self) -> None:
        """Fill the picture with grass."""
        self._picture[:] = _GRASS
        tone = octaves(self._generator, self._shape, ((60.0, 7.0), (9.0, 6.0), (2.0, 9.0)))
        self._tint(tone, np.full(self._shape, 255, dtype=np.uint8))

    def _tint(self, tone: NDArray[np.float32], mask: Image) -> None:
        changed = np.clip(self._picture.astype(np.float32) + tone[:, :, None], 0, 255).astype(np.uint8)
        cv2.copyTo(changed, mask, self._picture)

    def bands(self, lanes: Sequence[LaneShape], more_m: float, colour: tuple[int, int, int]) -> None:
        """Fill the lanes, wider by so much. [m]"""
        for lane in lanes:
            self._line(lane.line, lane.width_m + more_m, colour)

    def _line(self, points: Floats, width_m: float, colour: tuple[int, int, int]) -> None:
        thick = max(round(width_m / METRES_PER_PIXEL), 1)
        cv2.polylines(self._picture, [self._pixels(points)], False, colour, thick, cv2.LINE_AA, _SHIFT)

    def areas(self, outlines: Sequence[Floats], colour: tuple[int, int, int], edge_px: int) -> None:
        """Fill junctions, with an edge around them."""
        for outline in outlines:
            pixels = self._pixels(outline)
            cv2.fillPoly(self._picture, [pixels], colour, cv2.LINE_AA, _SHIFT)
            if edge_px:
                cv2.polylines(self._picture, [pixels], True, colour, edge_px, cv2.LINE_AA, _SHIFT)

    def asphalt(self, lanes: Sequence[LaneShape], outlines: Sequence[Floats]) -> None:
        """Fill what is driven on."""
        for layer, colour in ((self._picture, _ASPHALT), (self._road, (255, 255, 255))):
            for lane in lanes:
                thick = max(round(lane.width_m / METRES_PER_PIXEL), 1)
                cv2.polylines(layer, [self._pixels(lane.line)], False, colour, thick, cv2.LINE_AA, _SHIFT)
            for outline in outlines:
                cv2.fillPoly(layer, [self._pixels(outline)], colour, cv2.LINE_AA, _SHIFT)

    def wear(self, lanes: Sequence[LaneShape]) -> None:
        """Give the asphalt grain, patches, oil in the middle of the lanes and polish under the wheels."""
        tone = octaves(self._generator, self._shape, ((220.0, 3.0), (40.0, 2.5), (6.0, 2.0), (1.0, 3.0)))
        oil = np.zeros(self._shape, dtype=np.uint8)
        polish = np.zeros(self._shape, dtype=np.uint8)
        for lane in lanes:
            self._stroke(oil, lane.line, 0.9)
            for side in (-0.85, 0.85):
                self._stroke(polish, beside(lane.line, side), 0.5)
        blur = (0, 0)
        tone -= 0.045 * cv2.GaussianBlur(oil, blur, 0.3 / METRES_PER_PIXEL).astype(np.float32)
        tone += 0.035 * cv2.GaussianBlur(polish, blur, 0.2 / METRES_PER_PIXEL).astype(np.float32)
        self._patches(tone)
        self._tint(tone, self._road)

    def _stroke(self, layer: Image, points: Floats, width_m: float) -> None:
        thick = max(round(width_m / METRES_PER_PIXEL), 1)
        cv2.polylines(layer, [self._pixels(points)], False, 255, thick, cv2.LINE_8, _SHIFT)

    def _patches(self, tone: NDArray[np.float32]) -> None:
        """Mend the road here and there."""
        height, width = self._shape
        for _ in range(int(height * width * METRES_PER_PIXEL**2 / 250.0)):
            left, top = self._generator.integers(0, width), self._generator.integers(0, height)
            size = self._generator.integers(10, 60, size=2)
            tone[top : top + size[0], left : left + size[1]] += self._generator.normal(0.0, 7.0)

    def marks(self, lanes: Sequence[LaneShape], stops: frozenset[str]) -> None:
        """Draw edge lines, the dashes between lanes, and stop lines."""
        by_edge: dict[str, list[LaneShape]] = {}
        for lane in lanes:
            if lane.function == "" and not lane.soft:
                by_edge.setdefault(lane.edge_id, []).append(lane)
        for own in by_edge.values():
            stops_here = any(lane.lane_id in stops for lane in own)
            self._line(beside(own[0].line, -own[0].width_m / 2 + 0.2), MARK_M, _PAINT)
            self._line(beside(own[-1].line, own[-1].width_m / 2 - 0.1), MARK_M, _PAINT)
            for lane in own[:-1]:
                self._dashes(beside(lane.line, lane.width_m / 2), stops_here)
            for lane in own:
                if lane.lane_id in stops:
                    self._stop_line(lane)

    def _dashes(self, line: Floats, stops_here: bool) -> None:
        total_m = float(np.hypot(*np.diff(line, axis=0).T).sum())
        solid_m = min(SOLID_BEFORE_STOP_M, total_m) if stops_here else 0.0
        if solid_m > 0:
            self._line(stretch(line, total_m - solid_m, total_m), MARK_M, _PAINT)
        at_m = 0.0
        while at_m + DASH_M[0] < total_m - solid_m:
            self._line(stretch(line, at_m, at_m + DASH_M[0]), MARK_M, _PAINT)
            at_m += sum(DASH_M)

    def _stop_line(self, lane: LaneShape) -> None:
        along = lane.direction(True)
        across = np.array([-along[1], along[0]]) * (lane.width_m / 2 - 0.1)
        middle = lane.end - along * STOP_LINE_M / 2
        half = along * STOP_LINE_M / 2
        corners = np.array(
            [middle - across - half, middle + across - half, middle + across + half, middle - across + half]
        )
        cv2.fillPoly(self._picture, [self._pixels(corners)], _PAINT, cv2.LINE_AA, _SHIFT)

    def zebras(self, crossings: Sequence[LaneShape]) -> None:
        """Draw the bars of crossings."""
        for lane in crossings:
            for at_m in np.arange(0.4, lane.long_m - 0.5, 1.0):
                bar = stretch(lane.line, float(at_m), float(at_m) + 0.5)
                corners = np.vstack((beside(bar, lane.width_m / 2), beside(bar, -lane.width_m / 2)[::-1]))
                cv2.fillPoly(self._picture, [self._pixels(corners)], _PAINT, cv2.LINE_AA, _SHIFT)

    def finished(self) -> GroundPicture:
        """Return the picture."""
        return GroundPicture(self._picture, self._road, self._west_m, self._north_m)


def beside(line: Floats, left_m: float) -> Floats:
    """Return a line that runs so far to the left of another one. [m]"""
    steps = np.diff(line, axis=0)
    units = steps / np.maximum(np.hypot(steps[:, 0], steps[:, 1]), 1e-9)[:, None]
    at_points = np.concatenate((units[:1], units[:-1] + units[1:], units[-1:]))
    at_points = at_points / np.maximum(np.hypot(at_points[:, 0], at_points[:, 1]), 1e-9)[:, None]
    moved: Floats = line + np.column_stack((-at_points[:, 1], at_points[:, 0])) * left_m
    return moved


def stretch(line: Floats, from_m: float, to_m: float) -> Floats:
    """Return the part of a line between two distances from its start. [m]"""
    steps = np.diff(line, axis=0)
    ways = np.concatenate(([0.0], np.cumsum(np.hypot(steps[:, 0], steps[:, 1]))))
    inside = (ways > from_m) & (ways < to_m)
    ends = [np.array([np.interp(at, ways, line[:, k]) for k in (0, 1)]) for at in (from_m, to_m)]
    return np.vstack((ends[0], line[inside], ends[1]))


def box_around(points: Floats, margin_m: float) -> Floats:
    """Return ((west, south), (east, north)) around points, with a margin. [m]"""
    lowest, highest = points.min(axis=0) - margin_m, points.max(axis=0) + margin_m
    return np.array([np.floor(lowest), np.ceil(highest)])
