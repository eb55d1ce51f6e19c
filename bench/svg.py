"""Drawings as SVG text: a canvas that scales with the page, round ticks, colours left to the page."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Final

Point = tuple[float, float]

_STEPS: Final = (1.0, 2.0, 2.5, 5.0, 10.0)
_CLOCK_STEPS_S: Final = (5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)


@dataclass(frozen=True, slots=True)
class Scale:
    """A straight line from values [low, high] to pixels [start, stop]."""

    low: float
    high: float
    start: float
    stop: float

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"need low < high, got {self.low}, {self.high}")

    def at(self, value: float) -> float:
        """Return the pixel of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.stop - self.start)


@dataclass(slots=True)
class Canvas:
    """One drawing of width × height pixels; `title` and `description` are its alt text."""

    name: str
    width: float
    height: float
    title: str
    description: str
    parts: list[str] = field(default_factory=list)

    def line(self, start: Point, stop: Point, style: str) -> None:
        """Draw a straight line of a CSS class."""
        ends = f'x1="{_n(start[0])}" y1="{_n(start[1])}" x2="{_n(stop[0])}" y2="{_n(stop[1])}"'
        self.parts.append(f'<line class="{style}" {ends}/>')

    def polyline(self, points: Sequence[Point], style: str, closed: bool = False, width: float = 0.0) -> None:
        """Draw a line through points of a CSS class, closed to an area or of another width if wished."""
        if len(points) > 1:
            path = "L".join(f"{_n(x)} {_n(y)}" for x, y in points) + ("Z" if closed else "")
            broad = f' stroke-width="{_n(width)}"' if width else ""
            self.parts.append(f'<path class="{style}"{broad} d="M{path}"/>')

    def box(self, corner: Point, size: Point, style: str, hint: str = "") -> None:
        """Draw a rectangle of a CSS class; `hint` shows under the pointer."""
        place = f'x="{_n(corner[0])}" y="{_n(corner[1])}" width="{_n(size[0])}" height="{_n(size[1])}"'
        inner = f"<title>{escape(hint)}</title></rect>" if hint else "</rect>"
        self.parts.append(f'<rect class="{style}" {place}>{inner}')

    def dot(self, centre: Point, radius: float, style: str) -> None:
        """Draw a disc of a CSS class."""
        self.parts.append(f'<circle class="{style}" cx="{_n(centre[0])}" cy="{_n(centre[1])}" r="{_n(radius)}"/>')

    def dots(self, centres: Iterable[Point], style: str) -> None:
        """Draw many discs as one path of a CSS class, whose line is as wide as they are and has round ends."""
        path = "".join(f"M{_n(x)} {_n(y)}h0" for x, y in centres)
        if path:
            self.parts.append(f'<path class="{style}" d="{path}"/>')

    def lines(self, runs: Iterable[Sequence[Point]], style: str) -> None:
        """Draw many lines through points as one path of a CSS class."""
        path = "".join("M" + "L".join(f"{_n(x)} {_n(y)}" for x, y in points) for points in runs if len(points) > 1)
        if path:
            self.parts.append(f'<path class="{style}" d="{path}"/>')

    def text(self, place: Point, words: str, style: str = "", anchor: str = "start") -> None:
        """Write words with their base line at place; anchor start, middle or end."""
        kind = f' class="{style}"' if style else ""
        at = f'x="{_n(place[0])}" y="{_n(place[1])}" text-anchor="{anchor}"'
        self.parts.append(f"<text{kind} {at}>{escape(words)}</text>")

    def arrow_head(self, points: Sequence[Point], size: float, style: str) -> None:
        """Draw a head at the end of a line through points."""
        tip = points[-1]
        behind = next((p for p in reversed(points[:-1]) if math.dist(p, tip) > 0.5 * size), points[0])
        angle = math.atan2(tip[1] - behind[1], tip[0] - behind[0])
        wings = [
            (tip[0] - size * math.cos(angle + turn), tip[1] - size * math.sin(angle + turn)) for turn in (0.5, -0.5)
        ]
        self.polyline([tip, *wings], style, closed=True)

    def render(self, style: str = "") -> str:
        """Return the drawing as an `svg` element with its alt text."""
        labels = f'aria-labelledby="{self.name}-t {self.name}-d"'
        view = f'viewBox="0 0 {_n(self.width)} {_n(self.height)}"'
        head = f'<svg id="{self.name}" class="{style}" role="img" {labels} {view}>'
        words = (
            f'<title id="{self.name}-t">{escape(self.title)}</title>'
            f'<desc id="{self.name}-d">{escape(self.description)}</desc>'
        )
        return head + words + "".join(self.parts) + "</svg>"


def round_ticks(high: float, wanted: int = 5) -> list[float]:
    """Return round values from 0 to the first one that is not below high.

    >>> round_ticks(87.0), round_ticks(0.0)
    ([0.0, 20.0, 40.0, 60.0, 80.0, 100.0], [0.0, 1.0])
    """
    if not high > 0:
        return [0.0, 1.0]
    rough = high / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * k for k in _STEPS if power * k >= rough * 0.999)
    return [step * k for k in range(math.ceil(high / step - 1e-9) + 1)]


def clock_ticks(begin_s: float, end_s: float, wanted: int = 6) -> list[float]:
    """Return round times from begin to end. [s]

    >>> clock_ticks(25200.0, 28800.0)
    [25200.0, 25800.0, 26400.0, 27000.0, 27600.0, 28200.0, 28800.0]
    """
    step_s = next((step for step in _CLOCK_STEPS_S if (end_s - begin_s) / step <= wanted), _CLOCK_STEPS_S[-1])
    first = math.ceil(begin_s / step_s)
    return [float(k * step_s) for k in range(first, math.floor(end_s / step_s) + 1)]


def clock(time_s: float, seconds: bool = False) -> str:
    """Return simulation seconds as hours and minutes. [s]

    >>> clock(25200.0), clock(25230.0, seconds=True)
    ('07:00', '07:00:30')
    """
    whole = round(time_s)
    text = f"{whole // 3600:02d}:{whole // 60 % 60:02d}"
    return f"{text}:{whole % 60:02d}" if seconds else text


def simplified(points: Sequence[Point], tolerance: float) -> list[Point]:
    """Return a line with fewer points that is nowhere further than tolerance from the given one.

    Source: Douglas and Peucker 1973, "Algorithms for the reduction of the number of points".
    >>> simplified([(0, 0), (1, 0.1), (2, 0), (3, 5)], 0.5)
    [(0, 0), (2, 0), (3, 5)]
    """
    kept = {0, len(points) - 1}
    open_spans = [(0, len(points) - 1)]
    while open_spans:
        first, last = open_spans.pop()
        inner = range(first + 1, last)
        far = max(inner, key=lambda k: _off_line(points[k], points[first], points[last]), default=first)
        if far != first and _off_line(points[far], points[first], points[last]) > tolerance:
            kept.add(far)
            open_spans += [(first, far), (far, last)]
    return [points[k] for k in sorted(kept) if k >= 0]


def _off_line(point: Point, start: Point, stop: Point) -> float:
    length = math.dist(start, stop)
    if length == 0:
        return math.dist(point, start)
    across = (stop[0] - start[0]) * (start[1] - point[1]) - (start[0] - point[0]) * (stop[1] - start[1])
    return abs(across) / length


def spread(places: Iterable[float], gap: float, low: float, high: float) -> list[float]:
    """Return places moved apart until labels there do not overlap, in the order given, within [low, high]."""
    given = list(places)
    order = sorted(range(len(given)), key=given.__getitem__)
    moved = list(given)
    floor = low
    for index in order:
        moved[index] = max(given[index], floor)
        floor = moved[index] + gap
    ceiling = high
    for index in reversed(order):
        moved[index] = min(moved[index], ceiling)
        ceiling = moved[index] - gap
    return moved


def _n(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
