"""Points and polygons of a picture."""

import math
from collections.abc import Sequence

Point = tuple[float, float]
Box = tuple[float, float, float, float]  # left, top, right, bottom


def is_point(value: object) -> bool:
    """Tell whether a value is two finite numbers."""
    return isinstance(value, tuple) and len(value) == 2 and all(math.isfinite(each) for each in value)


def area_px2(polygon: Sequence[Point]) -> float:
    """Return the area of a polygon (shoelace). [px²]

    >>> area_px2([(0.0, 0.0), (2.0, 0.0), (2.0, 3.0)])
    3.0
    """
    pairs = zip(polygon, [*polygon[1:], polygon[0]], strict=True)
    return abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in pairs)) / 2.0


def overlap_px2(one: Box, other: Box) -> float:
    """Return the area that two boxes share. [px²]"""
    width = min(one[2], other[2]) - max(one[0], other[0])
    height = min(one[3], other[3]) - max(one[1], other[1])
    return max(0.0, width) * max(0.0, height)


def box_area_px2(box: Box) -> float:
    """Return the area of a box. [px²]"""
    return (box[2] - box[0]) * (box[3] - box[1])


def union(one: Box, other: Box) -> Box:
    """Return the smallest box around two."""
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def middle(box: Box) -> Point:
    """Return the middle of a box."""
    return (box[0] + box[2]) / 2.0, (box[1] + box[3]) / 2.0


def moved(box: Box, dx: float, dy: float) -> Box:
    """Return a box shifted by a step."""
    return box[0] + dx, box[1] + dy, box[2] + dx, box[3] + dy
