"""Drawings of what happened on the road: time-space diagram, coordination diagram, map of delays."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from bench.reports.plots import WIDTH
from bench.reports.records import ArrivalRow, BandRow, CycleRow, EdgeRow, LampRow, PlaceRow, ShapeRow
from bench.svg import Canvas, Point, Scale, clock, clock_ticks, round_ticks, simplified
from sumo_scenarios.measures.corridor import StopLine

DELAY_CLASSES_S: Final = (2.0, 5.0, 10.0, 20.0, 40.0)
"""Upper limits of the colours of the map; above the last one is one more. [s/veh]"""
_HEIGHT: Final = 320.0
_MAP_LARGEST: Final = 460.0


@dataclass(frozen=True, slots=True)
class Drive:
    """What one time-space diagram shows: one direction of an arterial under one controller. [s]"""

    stop_lines: Sequence[StopLine]
    lamps: Sequence[LampRow]
    bands: Sequence[BandRow]
    places: Sequence[PlaceRow]
    span: tuple[float, float]


def time_space_chart(name: str, title: str, drive: Drive) -> str:
    """Return distance over time: stop lines with their greens, bands at the speed limit, a line per vehicle."""
    length_m = max([line.distance_m for line in drive.stop_lines] + [place.distance_m for place in drive.places])
    canvas = Canvas(
        name, WIDTH, _HEIGHT, title,
        f"{len(drive.stop_lines)} stop lines, {len({place.vehicle for place in drive.places})} vehicles, "
        f"{len(drive.bands)} green bands of {sum(band.to_s - band.from_s for band in drive.bands):.0f} s in all.",
    )  # fmt: skip
    ticks = round_ticks(length_m)
    x, y = Scale(*drive.span, 48.0, WIDTH - 24.0), Scale(0.0, max(length_m * 1.02, 1.0), _HEIGHT - 28.0, 22.0)
    for tick in ticks:
        if tick <= y.high:
            canvas.text((x.start - 6, y.at(tick) + 4), f"{tick:g}", "tick", "end")
    canvas.text((4, 14), "distance [m]", "unit")
    _clock_axis(canvas, x, y.start)
    for band in drive.bands:
        canvas.polyline(_band_shape(band, drive, x, y), "band", closed=True)
    for line in drive.stop_lines:
        _stop_line(canvas, line, drive.lamps, x, y)
    canvas.lines(_drives(drive.places, x, y), "drive")
    return canvas.render("chart")


def _clock_axis(canvas: Canvas, x: Scale, bottom: float) -> None:
    canvas.line((x.start, bottom), (x.stop, bottom), "axis")
    for time_s in clock_ticks(x.low, x.high, 4):
        canvas.line((x.at(time_s), bottom), (x.at(time_s), bottom + 4), "axis")
        canvas.text((x.at(time_s), bottom + 17), clock(time_s), "tick", "middle")


def _band_shape(band: BandRow, drive: Drive, x: Scale, y: Scale) -> list[Point]:
    """Return the outline of a band: up along its front, down along its back, cut at the end of the drawing."""
    first_s = drive.stop_lines[0].free_s

    def side(start_s: float) -> list[Point]:
        times_s = [start_s + line.free_s - first_s for line in drive.stop_lines]
        return [
            (min(x.at(time_s), x.stop), y.at(line.distance_m))
            for time_s, line in zip(times_s, drive.stop_lines, strict=True)
        ]

    return [*side(band.from_s), *reversed(side(band.to_s))]


def _stop_line(canvas: Canvas, line: StopLine, lamps: Sequence[LampRow], x: Scale, y: Scale) -> None:
    at = y.at(line.distance_m)
    canvas.line((x.start, at), (x.stop, at), "shown-red")
    for aspect in ("green", "amber"):
        shown = [lamp for lamp in lamps if lamp.distance_m == line.distance_m and lamp.aspect == aspect]
        ends = [(max(lamp.from_s, x.low), min(lamp.to_s, x.high)) for lamp in shown]
        canvas.lines([[(x.at(a), at), (x.at(b), at)] for a, b in ends if b > a], f"shown-{aspect}")


def _drives(places: Sequence[PlaceRow], x: Scale, y: Scale) -> list[list[Point]]:
    runs: dict[tuple[str, int], list[Point]] = {}
    for place in places:
        runs.setdefault((place.vehicle, place.part), []).append((x.at(place.time_s), y.at(place.distance_m)))
    return [simplified(points, 0.5) for points in runs.values() if len(points) > 1]


def coordination_chart(name: str, title: str, cycles: Sequence[CycleRow], arrivals: Sequence[ArrivalRow]) -> str:
    """Return the Purdue coordination diagram: a dot per arrival by its time in the cycle, which begins with red."""
    on = {aspect: sum(each.aspect == aspect for each in arrivals) for aspect in ("green", "amber", "red")}
    canvas = Canvas(
        name, WIDTH, 280.0, title,
        f"{len(arrivals)} arrivals: {on['green']} on green, {on['amber']} on amber, {on['red']} on red.",
    )  # fmt: skip
    whole = [cycle for cycle in cycles if math.isfinite(cycle.cycle_s)]
    high = max([cycle.cycle_s for cycle in whole] + [each.in_cycle_s for each in arrivals] + [1.0])
    times_s = [each.at_s for each in arrivals] + [cycle.from_s for cycle in cycles]
    ticks = round_ticks(high)
    x, y = Scale(min(times_s), max(times_s) + 1.0, 44.0, WIDTH - 24.0), Scale(0.0, ticks[-1], 252.0, 26.0)
    for tick in ticks:
        canvas.line((x.start, y.at(tick)), (x.stop, y.at(tick)), "grid" if tick else "axis")
        canvas.text((x.start - 6, y.at(tick) + 4), f"{tick:g}", "tick", "end")
    canvas.text((4, 14), "time in cycle [s], from the start of red", "unit")
    _clock_axis(canvas, x, y.start)
    for style, value in (("begin-green", "green_after_s"), ("end-green", "cycle_s")):
        canvas.lines(_steps(whole, value, x, y), style)
    for aspect in ("red", "amber", "green"):
        points = [(x.at(each.at_s), y.at(each.in_cycle_s)) for each in arrivals if each.aspect == aspect]
        canvas.dots(points, f"arrival on-{aspect}")
    return canvas.render("chart")


def _steps(cycles: Sequence[CycleRow], value: str, x: Scale, y: Scale) -> list[list[Point]]:
    return [
        [(x.at(c.from_s), y.at(getattr(c, value))), (x.at(c.from_s + c.cycle_s), y.at(getattr(c, value)))]
        for c in cycles
    ]


def map_chart(name: str, title: str, shapes: Sequence[ShapeRow], edges: Sequence[EdgeRow]) -> str:
    """Return the network, each street in the colour of the delay of those who drove it; north is up."""
    lines = {row.edge: [_point(text) for text in row.shape.split()] for row in shapes}
    points = [point for line in lines.values() for point in line]
    low, high = (
        (min(p[0] for p in points), min(p[1] for p in points)),
        (max(p[0] for p in points), max(p[1] for p in points)),
    )
    wide, tall = max(high[0] - low[0], 1.0), max(high[1] - low[1], 1.0)
    scale = min((WIDTH - 16.0) / wide, _MAP_LARGEST / tall)
    worst = max(edges, key=lambda row: row.delay_s_per_vehicle, default=None)
    said = f"Slowest: {worst.edge} with {worst.delay_s_per_vehicle:.0f} s per vehicle." if worst else "Nobody drove."
    canvas = Canvas(name, WIDTH, max(tall * scale, 60.0) + 16.0, title, said)

    def place(point: Point) -> Point:
        return (WIDTH - wide * scale) / 2 + (point[0] - low[0]) * scale, 8.0 + (high[1] - point[1]) * scale

    canvas.lines([[place(point) for point in line] for line in lines.values()], "street")
    for level in range(len(DELAY_CLASSES_S) + 1):
        members = [row.edge for row in edges if delay_class(row.delay_s_per_vehicle) == level and row.edge in lines]
        canvas.lines([[place(point) for point in lines[edge]] for edge in members], f"late m{level}")
    return canvas.render("chart")


def delay_class(delay_s: float) -> int:
    """Return the colour of a delay, 0 the least.

    >>> [delay_class(value) for value in (0.0, 2.0, 39.0, 400.0)]
    [0, 1, 4, 5]
    """
    return sum(delay_s >= limit_s for limit_s in DELAY_CLASSES_S)


def _point(text: str) -> Point:
    x, _, y = text.partition(",")
    return float(x), float(y)
