"""The camera file: read strictly, then looked over by somebody who knows what goes wrong with such files.

Each error is one line that names the file, the table, the key and the fix. See docs/counting.md.
"""

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import numpy as np

from detectors.video.camera import Camera, camera_of
from detectors.video.ground import homography
from detectors.video.plane import Point
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.fields import read_table

_NAME: Final = re.compile(r"[\w:-][\w .,:/()'+&#~-]{0,79}")
"""Nothing that a spreadsheet takes for a formula may begin a name; ids of lanes may begin with - or :."""
_OTHER_SHAPE: Final = 0.02
_SAMPLES: Final = 21
_Segment = tuple[Point, Point]


def read_camera(text: str, source: str) -> Camera:
    """Return the camera of a TOML document. Raises: InvalidInputError, one line with `source`, table and key."""
    try:
        camera = camera_of(read_table(text, source))
        _check(camera)
    except InvalidInputError as error:
        said = str(error)
        raise InvalidInputError(said if said.startswith(source) else f"{source}: {said}") from error
    return camera


def fitted(camera: Camera, width_px: int, height_px: int) -> Camera:
    """Return the camera with its size: that of its file, else that of the picture.

    Raises: InvalidInputError if the picture has another shape, or the file tells of places outside it.
    """
    if camera.width_px is None or camera.height_px is None:
        whole = replace(camera, width_px=width_px, height_px=height_px)
        _check_inside(whole, width_px, height_px)
        return whole
    shape, drawn = width_px / height_px, camera.width_px / camera.height_px
    if not abs(shape / drawn - 1.0) <= _OTHER_SHAPE:
        sizes = f"{camera.width_px} x {camera.height_px}, the picture is {width_px} x {height_px}"
        raise InvalidInputError(f"[camera]: 'size' is {sizes}: another shape; write a camera file for this picture")
    return camera


def _check(camera: Camera) -> None:
    """Look over a camera. Raises: InvalidInputError with table and key."""
    if not camera.lines and not camera.zones:
        raise InvalidInputError(
            "there is no [[lines]] and no [[zones]]: nothing to count; 'camera draft' proposes some"
        )
    for where, name in _names(camera):
        if not _NAME.fullmatch(name):
            raise InvalidInputError(
                f"{where} is '{name:.40}'; take letters, digits, spaces and .,:/()'+&#~-, at most 80"
            )
    for where, polygon in _polygons(camera):
        crossing = _crossing_sides(polygon)
        if crossing is not None:
            raise InvalidInputError(f"{where}: its sides {crossing} cross; list its corners in order around it")
    if camera.width_px is not None and camera.height_px is not None:
        _check_inside(camera, camera.width_px, camera.height_px)
    _check_seen(camera)
    _check_horizon(camera)


def _names(camera: Camera) -> Iterator[tuple[str, str]]:
    yield "[camera]: 'name'", camera.name
    for at, line in enumerate(camera.lines, 1):
        where = f"[[lines]] {at}"
        yield f"{where}: 'name'", line.name
        yield from ((f"{where}: '{key}'", getattr(line, key)) for key in ("forward", "backward"))
        yield from ((f"{where}: 'lane'", name) for name in [line.lane] if name is not None)
    for at, zone in enumerate(camera.zones, 1):
        yield f"[[zones]] {at}: 'name'", zone.name
        yield from ((f"[[zones]] {at}: 'lane'", name) for name in [zone.lane] if name is not None)


def _polygons(camera: Camera) -> Iterator[tuple[str, Sequence[Point]]]:
    for at, zone in enumerate(camera.zones, 1):
        yield f"[[zones]] {at} ('{zone.name}'): 'polygon'", zone.polygon
    if camera.region is not None:
        yield "[camera]: 'region'", camera.region
    for at, polygon in enumerate(camera.ignore, 1):
        yield f"[camera]: polygon {at} of 'ignore'", polygon


def _points(camera: Camera) -> Iterator[tuple[str, Point]]:
    for at, line in enumerate(camera.lines, 1):
        yield f"[[lines]] {at} ('{line.name}'): 'from'", line.start
        yield f"[[lines]] {at} ('{line.name}'): 'to'", line.end
    for where, polygon in _polygons(camera):
        yield from ((where, point) for point in polygon)
    if camera.ground is not None:
        yield from (("[ground]: 'image'", point) for point in camera.ground.image)


def _check_inside(camera: Camera, width_px: int, height_px: int) -> None:
    for where, (x, y) in _points(camera):
        if not (0.0 <= x <= width_px and 0.0 <= y <= height_px):
            place = f"[{x:g}, {y:g}] lies outside the picture of {width_px} x {height_px} pixels"
            raise InvalidInputError(f"{where}: {place}; x goes from 0 to {width_px}, y from 0 (top) to {height_px}")


def _check_seen(camera: Camera) -> None:
    """Check that lines are where something is looked at."""
    for at, line in enumerate(camera.lines, 1):
        places = [_between(line.start, line.end, k / (_SAMPLES - 1)) for k in range(_SAMPLES)]
        where = f"[[lines]] {at} ('{line.name}')"
        if camera.region is not None and not any(is_inside(place, camera.region) for place in places):
            raise InvalidInputError(f"{where} lies outside 'region' of [camera], where nothing is looked at; move one")
        if all(any(is_inside(place, area) for area in camera.ignore) for place in places):
            raise InvalidInputError(f"{where} lies within 'ignore' of [camera], where nothing is looked at; move one")


def _check_horizon(camera: Camera) -> None:
    """Check that what is counted lies on the visible side of the road's horizon."""
    if camera.ground is None:
        return
    row = homography(camera.ground)[2]
    sides = [float(np.dot(row, (x, y, 1.0))) for x, y in camera.ground.image]
    if not (min(sides) > 0.0 or max(sides) < 0.0):
        raise InvalidInputError("[ground]: the points make no road; list 'image' and 'metres' in the same order")
    for where, (x, y) in _points(camera):
        of_line = "'from'" in where or "'to'" in where
        if of_line and float(np.dot(row, (x, y, 1.0))) * sides[0] <= 0.0:
            raise InvalidInputError(f"{where} lies above the horizon of [ground]; check its 'image' and 'metres'")


def is_inside(point: Point, polygon: Sequence[Point]) -> bool:
    """Tell whether a point lies in a polygon, by the even-odd rule.

    >>> triangle = [(0.0, 0.0), (2.0, 0.0), (2.0, 2.0)]
    >>> is_inside((1.5, 1.0), triangle), is_inside((0.2, 1.0), triangle)
    (True, False)
    """
    x, y = point
    crossed = 0
    for (ax, ay), (bx, by) in _sides(polygon):
        if (ay > y) != (by > y) and x < ax + (y - ay) * (bx - ax) / (by - ay):
            crossed += 1
    return crossed % 2 == 1


def _crossing_sides(polygon: Sequence[Point]) -> str | None:
    """Return two sides of a polygon that cross or touch although they are no neighbours, or None."""
    sides = list(_sides(polygon))
    for (a, one), (b, other) in itertools.combinations(enumerate(sides), 2):
        neighbours = b - a == 1 or b - a == len(sides) - 1
        if not neighbours and _meet(one, other):
            return f"{a + 1} and {b + 1}"
    return None


def _sides(polygon: Sequence[Point]) -> Iterator[_Segment]:
    yield from itertools.pairwise((*polygon, polygon[0]))


def _meet(one: _Segment, other: _Segment) -> bool:
    (a, b), (c, d) = one, other
    apart = _turn(a, b, c) * _turn(a, b, d) > 0.0 or _turn(c, d, a) * _turn(c, d, b) > 0.0
    beside = any(
        max(a[axis], b[axis]) < min(c[axis], d[axis]) or max(c[axis], d[axis]) < min(a[axis], b[axis])
        for axis in (0, 1)
    )
    return not apart and not beside


def _turn(a: Point, b: Point, c: Point) -> float:
    return math.copysign(1.0, area) if (area := (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])) else 0.0


def _between(start: Point, end: Point, share: float) -> Point:
    return start[0] + share * (end[0] - start[0]), start[1] + share * (end[1] - start[1])
