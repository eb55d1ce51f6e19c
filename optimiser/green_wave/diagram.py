"""Time-space diagrams as shapes: where greens and bands lie in time and along the street; drawing is for others."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final

from optimiser.green_wave.band_check import around_s, band_spans
from optimiser.green_wave.model import MAXBAND, MULTIBAND, WaveRules
from optimiser.green_wave.network import Course, Street, WaveNetwork
from optimiser.green_wave.solution import CourseWave
from optimiser.green_wave.whole_seconds import WaveTiming
from optimiser.green_wave.widths import CourseWidths, Timed, passed_stops

WAYS: Final = ("upwards", "downwards")
"""How the two directions run in the picture: distances grow upwards, as the first direction drives."""
Places = dict[tuple[int, int], float]
"""Distances along a street by signal and stop line. [m]"""
Point = tuple[float, float]
"""Time [s] and distance along the street [m]."""


@dataclass(frozen=True, slots=True)
class GreenBar:
    """A green of one direction (index) at a distance along the street. [m], [s]"""

    direction: int
    at_m: float
    from_s: float
    to_s: float


@dataclass(frozen=True, slots=True)
class BandShape:
    """A band of one direction (index): its corners in order."""

    direction: int
    corners: tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class StreetDiagram:
    """One street over some cycles. `places` are names and distances of its signals; `captions` a line a direction."""

    title: str
    captions: tuple[str, ...]
    cycle_s: float
    until_s: float
    places: tuple[tuple[str, float], ...]
    greens: tuple[GreenBar, ...]
    bands: tuple[BandShape, ...]


def street_diagrams(network: WaveNetwork, rules: WaveRules, timing: WaveTiming) -> tuple[StreetDiagram, ...]:
    """Return a diagram for each street."""
    found, k = [], 0
    for street in network.streets:
        waves = timing.wave.courses[k : k + len(street.courses)]
        widths = timing.widths[k : k + len(street.courses)]
        found.append(_diagram(network, rules, timing.timed, street, list(zip(waves, widths, strict=True))))
        k += len(street.courses)
    return tuple(found)


def _diagram(
    network: WaveNetwork,
    rules: WaveRules,
    timed: Timed,
    street: Street,
    found: Sequence[tuple[CourseWave, CourseWidths]],
) -> StreetDiagram:
    at_m = _places_m(street)
    longest_s = max(sum(wave.travel_s) for wave, _ in found)
    until_s = timed.cycle_s * max(2, min(math.ceil(longest_s / timed.cycle_s) + 1, 5))
    greens: list[GreenBar] = []
    bands: list[BandShape] = []
    for direction, (course, (wave, _)) in enumerate(zip(street.courses, found, strict=True)):
        for stop in course.stops:
            begin_s, end_s = (timed.offsets_s[stop.signal] + t for t in timed.greens_s[stop.signal][stop.line])
            greens += [
                GreenBar(direction, at_m[stop.signal, stop.line], max(a, 0.0), min(b, until_s))
                for a, b in _repeated(begin_s, end_s, timed.cycle_s, until_s)
            ]
        for corners in _band_corners(course, rules, timed, wave, at_m):
            bands += _shifted(direction, corners, timed.cycle_s, until_s)
    return StreetDiagram(
        street.name,
        tuple(_caption(direction, widths) for direction, (_, widths) in enumerate(found)),
        timed.cycle_s,
        until_s,
        tuple(
            (network.signals[signal].name, metres)
            for signal, metres in sorted({(signal, metres) for (signal, _), metres in at_m.items()}, key=_along)
        ),
        tuple(greens),
        tuple(bands),
    )


def _caption(direction: int, widths: CourseWidths) -> str:
    text = f"{WAYS[direction]}: through band {widths.through_s:.1f} s"
    return text if len(widths.bands_s) == 1 else f"{text}, {widths.mean_s:.1f} s a link"


def _places_m(street: Street) -> Places:
    """Return distances from the first stop line, as the first direction drives. [m]

    The other direction's stop line lies where the first one's does at the same signal, so that their bars are pairs.
    """
    main = street.courses[0]
    ways_m = _ways_m(main)
    found = {(stop.signal, stop.line): way_m for stop, way_m in zip(main.stops, ways_m, strict=True)}
    if len(street.courses) == 1:
        return found
    back = street.courses[1]
    behind = list(zip(reversed(back.stops), reversed(_ways_m(back)), strict=True))
    waiting = {signal: [m for (own, _), m in found.items() if own == signal] for signal, _ in found}
    known = [(stop, way_m) for stop, way_m in behind if stop.signal in waiting]
    zero_m = waiting[known[0][0].signal][0] + known[0][1] if known else behind[0][1]
    for stop, way_m in behind:
        own_m = waiting.get(stop.signal, [])
        found[stop.signal, stop.line] = own_m.pop(0) if own_m else zero_m - way_m
    return found


def _ways_m(course: Course) -> list[float]:
    return [0.0, *accumulate(link.distance_m for link in course.links)]


def _along(place: tuple[int, float]) -> float:
    return place[1]


def _band_corners(
    course: Course, rules: WaveRules, timed: Timed, wave: CourseWave, at_m: Places
) -> Iterator[tuple[Point, ...]]:
    """Yield the corners of each band, as it leaves the first stop line within the first cycles."""
    last = len(course.stops) - 1
    ends = [(0, last)] if rules.kind == MAXBAND else [(k, k + 1) for k in range(last)]
    for first, end in ends:
        span = _span(course, rules, timed, wave, (first, end))
        if span is None:
            continue
        front, back, ahead_s = [], [], 0.0
        for k in range(first, end + 1):
            place_m = at_m[course.stops[k].signal, course.stops[k].line]
            if k > first:
                arrived_s = ahead_s + wave.travel_s[k - 1]
                front.append((span[0] + arrived_s, place_m))
                back.append((span[1] + arrived_s, place_m))
                ahead_s = arrived_s - course.stops[k].clearance.at(timed.cycle_s)
            if k < end:
                front.append((span[0] + ahead_s, place_m))
                back.append((span[1] + ahead_s, place_m))
        yield (*front, *reversed(back))


def _span(
    course: Course, rules: WaveRules, timed: Timed, wave: CourseWave, ends: tuple[int, int]
) -> tuple[float, float] | None:
    """Return from when to when a band leaves its first stop line, None where there is no band. [s]"""
    passed = passed_stops(course, timed, wave, rules.in_green, ends)
    if rules.kind == MAXBAND:
        spans = band_spans(passed, timed.cycle_s)
        return max(spans, key=lambda span: span[1] - span[0], default=None)
    stop = course.stops[ends[0]]
    line_s = timed.offsets_s[stop.signal] + timed.greens_s[stop.signal][stop.line][0] + wave.lines_s[ends[0]]
    before_s, behind_s = around_s(passed, timed.cycle_s, line_s)
    if rules.kind == MULTIBAND:
        before_s = behind_s = min(before_s, behind_s)
    return (line_s - before_s, line_s + behind_s) if before_s + behind_s > 0 else None


def _repeated(begin_s: float, end_s: float, cycle_s: float, until_s: float) -> Iterator[tuple[float, float]]:
    first = math.floor(-end_s / cycle_s)
    for k in range(first, math.ceil((until_s - begin_s) / cycle_s) + 1):
        span = begin_s + k * cycle_s, end_s + k * cycle_s
        if span[1] > 0.0 and span[0] < until_s:
            yield span


def _shifted(direction: int, corners: tuple[Point, ...], cycle_s: float, until_s: float) -> Iterator[BandShape]:
    times_s = [time_s for time_s, _ in corners]
    for begin_s, _ in _repeated(min(times_s), max(times_s), cycle_s, until_s):
        ahead_s = begin_s - min(times_s)
        yield BandShape(direction, tuple((time_s + ahead_s, metres) for time_s, metres in corners))
