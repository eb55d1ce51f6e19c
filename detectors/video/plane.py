"""Points and polygons of a picture."""

import math
from collections.abc import Sequence

Point = tuple[float, float]


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
