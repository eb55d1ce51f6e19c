"""The shapes of a network: centre lines and widths of lanes, outlines of junctions."""

from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final
from xml.etree.ElementTree import Element

import numpy as np
from numpy.typing import NDArray

from signal_ctrl.domain.errors import InvalidInputError
from sumo_scenarios.xml_input import elements

Floats = NDArray[np.float64]

LANE_WIDTH_M: Final = 3.2
_WALKERS: Final = frozenset({"pedestrian", "bicycle", "wheelchair"})


@dataclass(frozen=True)
class LaneShape:
    """A lane: its centre line (n, 2), n >= 2, in the direction of traffic, and its width. [m]"""

    lane_id: str
    edge_id: str
    function: str
    line: Floats
    width_m: float
    soft: bool

    @property
    def long_m(self) -> float:
        """Length of the centre line. [m]"""
        return float(np.hypot(*np.diff(self.line, axis=0).T).sum())

    @property
    def end(self) -> Floats:
        """Last point, (2,). [m]"""
        last: Floats = self.line[-1]
        return last

    def gap_m(self, point: Floats) -> float:
        """Return how far a place is from the centre line. [m]"""
        return _distance(self.line, point)

    def direction(self, at_end: bool) -> Floats:
        """Return the unit vector of travel over the last, or first, ten metres."""
        line = self.line[::-1] if at_end else self.line
        far = _along(line, 10.0)
        step = (line[0] - far) if at_end else (far - line[0])
        unit: Floats = step / max(float(np.hypot(*step)), 1e-9)
        return unit

    def place(self, to_end_m: float) -> tuple[Floats, Floats]:
        """Return the point that far before the end, and the direction of travel there; straight on outside the lane."""
        line = self.line[::-1]
        if to_end_m <= 0:
            return self.end - self.direction(True) * to_end_m, self.direction(True)
        steps = np.diff(line, axis=0)
        lengths = np.hypot(steps[:, 0], steps[:, 1])
        ends = np.cumsum(lengths)
        at = min(int(np.searchsorted(ends, to_end_m)), len(lengths) - 1)
        unit = steps[at] / max(float(lengths[at]), 1e-9)
        return line[at] + unit * (to_end_m - (ends[at] - lengths[at])), -unit


@dataclass(frozen=True)
class RoadMap:
    """Lanes by id, and outlines (n, 2) of the junctions. [m]"""

    lanes: dict[str, LaneShape]
    outlines: tuple[Floats, ...]

    def near(self, x_m: float, y_m: float, reach_m: float) -> list[LaneShape]:
        """Return the lanes that come within reach of a place. [m]"""
        return [lane for lane in self.lanes.values() if lane.gap_m(np.array([x_m, y_m])) <= reach_m]


def _distance(line: Floats, point: Floats) -> float:
    starts, steps = line[:-1], np.diff(line, axis=0)
    squares = np.maximum((steps**2).sum(axis=1), 1e-12)
    along = np.clip(((point - starts) * steps).sum(axis=1) / squares, 0.0, 1.0)
    gaps = starts + steps * along[:, None] - point
    return float(np.hypot(gaps[:, 0], gaps[:, 1]).min())


def _along(line: Floats, way_m: float) -> Floats:
    """Return the point that far from the first one, or the last one."""
    for here, there in pairwise(line):
        length_m = float(np.hypot(*(there - here)))
        if length_m >= way_m:
            found: Floats = here + (there - here) * (way_m / length_m)
            return found
        way_m -= length_m
    last: Floats = line[-1]
    return last


def read_roadmap(path: Path) -> RoadMap:
    """Return the shapes of a network's file. Raises: InvalidInputError if it cannot be read or has no shapes."""
    lanes: dict[str, LaneShape] = {}
    outlines: list[Floats] = []
    for _, element in elements(path):
        if element.tag == "edge":
            lanes |= {lane.lane_id: lane for lane in _lanes(path, element)}
        elif element.tag == "junction" and element.get("type") != "internal":
            outline = _points(path, element.get("shape", ""))
            outlines += [outline] if len(outline) >= 3 else []
        if element.tag in ("edge", "junction", "tlLogic"):
            element.clear()
    return RoadMap(lanes, tuple(outlines))


def _lanes(path: Path, edge: Element) -> list[LaneShape]:
    found = []
    for lane in edge.findall("lane"):
        line = _points(path, lane.get("shape", ""))
        if len(line) < 2:
            raise InvalidInputError(f"{path}: lane {lane.get('id')} has no shape")
        try:
            width_m = float(lane.get("width", LANE_WIDTH_M))
        except ValueError as error:
            raise InvalidInputError(f"{path}: lane {lane.get('id')} is {lane.get('width')} m wide") from error
        allowed = set(lane.get("allow", "").split())
        soft = bool(allowed) and allowed <= _WALKERS
        name = (lane.get("id", ""), edge.get("id", ""), edge.get("function", ""))
        found.append(LaneShape(*name, line, width_m if width_m > 0 else LANE_WIDTH_M, soft))
    return found


def _points(path: Path, text: str) -> Floats:
    try:
        rows = [[float(part) for part in pair.split(",")[:2]] for pair in text.split()]
        points = np.array(rows, dtype=np.float64).reshape(-1, 2)
    except ValueError as error:
        raise InvalidInputError(f"{path}: '{text[:40]}' is no shape") from error
    if len(points) < 2:
        return points
    kept = np.concatenate(([True], np.hypot(*np.diff(points, axis=0).T) > 1e-6))
    return points[kept] if kept.sum() >= 2 else points
