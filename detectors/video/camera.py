"""What a camera looks at: counting lines, zones, the ground under them. Pixels, origin top left, y downwards.

A line is directed. Someone who walks from `start` to `end` has the side that `forward` leads to at the right hand:
a line drawn from left to right is crossed forward by what moves down the picture.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Final

from detectors.video.ground import Ground
from detectors.video.plane import Point, area_px2, is_point
from signal_ctrl.domain.errors import InvalidInputError
from signal_ctrl.domain.fields import Fields

Polygon = tuple[Point, ...]

SHORTEST_LINE_PX: Final = 2.0
SMALLEST_AREA_PX2: Final = 1.0
MOST_PIXELS: Final = 16_384


class ZoneKind(Enum):
    """What a zone is for."""

    QUEUE = "queue"  # how long is the queue
    PRESENCE = "presence"  # is a vehicle there, standing or not
    WATCH = "watch"  # alarms only: stopped vehicle, wrong way


@dataclass(frozen=True, slots=True)
class Line:
    """A counting line from `start` to `end`; the names of the two directions, see `named_line`."""

    name: str
    start: Point
    end: Point
    forward: str
    backward: str
    lane: str | None = None

    def __post_init__(self) -> None:
        _require(bool(self.name), "a line needs a name")
        _require(is_point(self.start) and is_point(self.end), f"line '{self.name}': ends have to be two numbers each")
        _require(math.dist(self.start, self.end) >= SHORTEST_LINE_PX, f"line '{self.name}': its two ends are one point")
        _require(bool(self.forward and self.backward), f"line '{self.name}': a direction needs a name")
        _require(self.forward != self.backward, f"line '{self.name}': both directions are named '{self.forward}'")


@dataclass(frozen=True, slots=True)
class Zone:
    """A polygon of the picture; `heading` is the expected motion in it, as a step in the picture (x, y)."""

    name: str
    polygon: Polygon
    kind: ZoneKind
    lane: str | None = None
    heading: Point | None = None

    def __post_init__(self) -> None:
        _require(bool(self.name), "a zone needs a name")
        _require_polygon(self.polygon, f"zone '{self.name}'")
        headed = self.heading is None or (is_point(self.heading) and math.hypot(*self.heading) > 0.0)
        _require(headed, f"zone '{self.name}': 'heading' has to be a step (x, y) that leads somewhere")


@dataclass(frozen=True, slots=True)
class Camera:
    """A fixed camera.

    Args: width_px, height_px, the picture that the coordinates mean, None for the size of the first frame (frames of
    another size are understood as the same picture, scaled); region, only what moves inside it is looked at;
    ignore, polygons where nothing is looked at.
    """

    name: str
    lines: tuple[Line, ...] = ()
    zones: tuple[Zone, ...] = ()
    ground: Ground | None = None
    width_px: int | None = None
    height_px: int | None = None
    region: Polygon | None = None
    ignore: tuple[Polygon, ...] = ()
    stopped_s: float = 20.0
    frozen_s: float = 10.0

    def __post_init__(self) -> None:
        _require(bool(self.name), "a camera needs a name")
        _require_size(self.width_px, self.height_px)
        _require_unique([line.name for line in self.lines], "line")
        _require_unique([zone.name for zone in self.zones], "zone")
        if self.region is not None:
            _require_polygon(self.region, "'region'")
        for polygon in self.ignore:
            _require_polygon(polygon, "'ignore'")
        _require(0.0 < self.stopped_s < math.inf, "'stopped_s' has to be above 0")
        _require(0.0 < self.frozen_s < math.inf, "'frozen_s' has to be above 0")


def named_line(
    name: str,
    start: Point,
    end: Point,
    lane: str | None = None,
    forward: str | None = None,
    backward: str | None = None,
) -> Line:
    """Return a line whose directions are named by the motion in the picture (up, down, left, right) if not named.

    >>> named_line("stop", (0.0, 5.0), (9.0, 5.0)).forward
    'down'
    """
    right_x, right_y = start[1] - end[1], end[0] - start[0]
    if abs(right_y) >= abs(right_x):
        ways = ("down", "up") if right_y >= 0 else ("up", "down")
    else:
        ways = ("right", "left") if right_x > 0 else ("left", "right")
    return Line(name, start, end, forward or ways[0], backward or ways[1], lane)


def camera_of(document: Mapping[str, object]) -> Camera:
    """Return the camera that a parsed TOML document describes.

    Raises: InvalidInputError, one line that names the table and the key.
    """
    top = Fields(dict(document), "camera file")
    head = Fields(top.get("camera", {}), "[camera]")
    size = _size(head)
    camera = Camera(
        head.text("name", "camera"),
        tuple(_line(table, f"[[lines]] {at}") for at, table in enumerate(top.tables("lines", []), 1)),
        tuple(_zone(table, f"[[zones]] {at}") for at, table in enumerate(top.tables("zones", []), 1)),
        _ground(Fields(top.get("ground"), "[ground]")) if top.has("ground") else None,
        size[0] if size else None,
        size[1] if size else None,
        _polygon(head.get("region"), "[camera]: 'region'") if head.has("region") else None,
        tuple(_polygon(each, "[camera]: 'ignore'") for each in head.tables("ignore", [])),
        head.number("stopped_s", 20.0),
        head.number("frozen_s", 10.0),
    )
    head.done()
    top.done()
    return camera


def _line(table: object, where: str) -> Line:
    fields = Fields(table, where)
    name = fields.text("name", f"line{where.rsplit(' ', 1)[1]}")
    line = named_line(
        name,
        _point(fields.get("from"), f"{where}: 'from'"),
        _point(fields.get("to"), f"{where}: 'to'"),
        fields.text("lane", "") or None,
        fields.text("forward", "") or None,
        fields.text("backward", "") or None,
    )
    fields.done()
    return line


def _zone(table: object, where: str) -> Zone:
    fields = Fields(table, where)
    kind = fields.text("kind", ZoneKind.PRESENCE.value)
    kinds = [each.value for each in ZoneKind]
    _require(kind in kinds, f"{where}: 'kind' is '{kind}'; choose of {', '.join(kinds)}")
    zone = Zone(
        fields.text("name", f"zone{where.rsplit(' ', 1)[1]}"),
        _polygon(fields.get("polygon"), f"{where}: 'polygon'"),
        ZoneKind(kind),
        fields.text("lane", "") or None,
        _point(fields.get("heading"), f"{where}: 'heading'") if fields.has("heading") else None,
    )
    fields.done()
    return zone


def _ground(fields: Fields) -> Ground:
    image = _polygon(fields.get("image"), "[ground]: 'image'")
    metres = _polygon(fields.get("metres"), "[ground]: 'metres'")
    fields.done()
    return Ground(image, metres)


def _size(head: Fields) -> tuple[int, int] | None:
    if not head.has("size"):
        return None
    size = _point(head.get("size"), "[camera]: 'size'")
    _require(all(each == int(each) for each in size), "[camera]: 'size' has to be whole pixels, as [640, 360]")
    return int(size[0]), int(size[1])


def _polygon(value: object, where: str) -> Polygon:
    if not isinstance(value, list | tuple):
        raise InvalidInputError(f"{where} has to be a list of points, as [[0, 0], [9, 0], [9, 5]]")
    return tuple(_point(each, where) for each in value)


def _point(value: object, where: str) -> Point:
    numbers = isinstance(value, list | tuple) and len(value) == 2 and all(type(each) in (int, float) for each in value)
    if not isinstance(value, list | tuple) or not numbers or not is_point(tuple(value)):
        raise InvalidInputError(f"{where} has to be two numbers, as [120, 80], got {value!r:.40}")
    return float(value[0]), float(value[1])


def _require(holds: bool, message: str) -> None:
    if not holds:
        raise InvalidInputError(message)


def _require_polygon(polygon: Polygon, where: str) -> None:
    good = len(polygon) >= 3 and all(is_point(each) for each in polygon)
    _require(good and area_px2(polygon) >= SMALLEST_AREA_PX2, f"{where}: a polygon needs three points with area")


def _require_size(width_px: int | None, height_px: int | None) -> None:
    _require((width_px is None) == (height_px is None), "'size' needs width and height")
    for each in (width_px, height_px):
        _require(each is None or 8 <= each <= MOST_PIXELS, f"'size' has to be 8 to {MOST_PIXELS} pixels, got {each}")


def _require_unique(names: list[str], what: str) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    _require(not twice, f"two {what}s are named '{twice[0] if twice else ''}'")
